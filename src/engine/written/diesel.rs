//! Diesel: the calls of its query builder as SQL.

use super::render::{Token, Tokens, joined, quoted};
use super::tables::{ColumnRef, Table, TableRef};
use super::{Body, Call, Does, Node, Query};
use crate::ir::Name;
use crate::ir::body::{Operand, Place, Sel};
use crate::link::program::TypeId;
use crate::link::ty::{Ty, fields_of, payload, peel};
use crate::source::Span;

/// Calls that run a statement.
const RUNS: &[&str] =
    &["load", "get_results", "first", "get_result", "load_iter", "load_stream", "execute", "save_changes"];

/// Operators of SQL by the names of their methods.
fn operator(name: &str) -> Option<&'static str> {
    Some(match name {
        "eq" | "is_not_distinct_from" => "=",
        "ne" | "is_distinct_from" => "<>",
        "gt" => ">",
        "ge" => ">=",
        "lt" => "<",
        "le" => "<=",
        "like" | "ilike" | "not_like" | "not_ilike" | "similar_to" | "not_similar_to" => "LIKE",
        "and" => "AND",
        "or" => "OR",
        "concat" => "||",
        _ => return None,
    })
}

impl Body<'_, '_> {
    /// A call of a row of Diesel's.
    pub(super) fn diesel(&mut self, path: &str, call: Call<'_>) -> Option<Node> {
        let name = path.rsplit("::").next().unwrap_or(path);
        match name {
            "insert_into" | "insert_or_ignore_into" | "replace_into" if !call.info.method => {
                self.begin(Does::Insert, call)
            }
            "update" if !call.info.method => self.begin(Does::Update, call),
            "delete" | "uplete" if !call.info.method => self.begin(Does::Delete, call),
            "as_select" | "as_returning" => match call.info.ret.args() {
                [Ty::Adt(t, _)] => Some(Node::Selects(*t)),
                _ => None,
            },
            "query" | "belonging_to" => match call.info.ret.args() {
                [Ty::Adt(t, _)] => {
                    let mut query = Query::new(Does::Select, self.table_of(*t, call.span)?);
                    query.shown = (name == "query").then_some(Node::Selects(*t));
                    Some(Node::Query(Box::new(query)))
                }
                _ => None,
            },
            "save_changes" => self.save_changes(call),
            // A text of SQL: read where it stands.
            "sql_query" => Some(Node::Text(Tokens::new())),
            "debug_query" => None,
            _ if RUNS.contains(&name) && call.info.method => {
                self.run(name, call);
                None
            }
            _ => match self.arg(call, 0)? {
                node @ (Node::Table(_) | Node::On(..) | Node::Query(_)) => self.goes_on(node, name, call),
                text @ Node::Text(_) if matches!(name, "bind" | "sql") => Some(text),
                first => self.expression(first, name, call),
            },
        }
    }

    fn begin(&mut self, does: Does, call: Call<'_>) -> Option<Node> {
        let query = match self.arg(call, 0)? {
            Node::Table(t) => Query::new(does, t),
            Node::Query(q) => Query { does, shown: None, ..*q },
            // `update(&user)`: the row of a struct that is of a table.
            Node::Value(op, at) => {
                let ty = self.ty(&op);
                let Ty::Adt(t, _) = peel(self.walk.models, &ty) else { return None };
                Query::new(does, self.table_of(*t, at)?)
            }
            _ => return None,
        };
        Some(Node::Query(Box::new(query)))
    }

    fn table_of(&self, t: TypeId, place: Span) -> Option<TableRef> {
        let index = self.walk.tables.of_type(self.walk.p, t)?;
        let name = self.walk.tables.list.get(index)?.name.clone();
        Some(TableRef { index, name, place })
    }

    fn table(&self, t: &TableRef) -> Option<&Table> {
        self.walk.tables.list.get(t.index)
    }

    /// A statement, or a table, and a call that says more of it.
    fn goes_on(&mut self, node: Node, name: &str, call: Call<'_>) -> Option<Node> {
        let at = call.span;
        if name == "on"
            && let Node::Table(t) | Node::On(t, _) = node
        {
            let on = self.tokens_of(call, 1)?;
            return Some(Node::On(t, on));
        }
        let mut q = match node {
            Node::Table(t) | Node::On(t, _) => Query::new(Does::Select, t),
            Node::Query(q) => *q,
            _ => return None,
        };
        match name {
            "filter" | "or_filter" | "having" | "or_having" | "filter_target" => {
                q.filters.extend(self.tokens_of(call, 1))
            }
            "find" => {
                let key = self.table(q.tables.first()?).and_then(|t| Some(t.column(t.key()?, at)));
                if let (Some(key), Some(value)) = (key, self.tokens_of(call, 1)) {
                    q.filters.push(joined(&[key.tokens(), value], " = ", at));
                }
            }
            "order" | "order_by" | "then_order_by" | "distinct_on" | "group_by" => {
                q.order.extend(self.tokens_of(call, 1))
            }
            "select" | "returning" => q.shown = self.arg(call, 1),
            "count" => q.counts = true,
            "inner_join" | "left_join" | "left_outer_join" => self.join(&mut q, name != "inner_join", call),
            "values" | "set" => match (self.arg(call, 1)?, &mut q.conflict) {
                (Node::Query(inner), None) => {
                    q.sets = self.inner_columns(&inner, at);
                    q.shown = None;
                }
                (node, conflict) => {
                    let in_conflict = conflict.is_some() && name == "set";
                    let table = q.tables.first()?.clone();
                    let sets = self.sets(&table, node, q.does == Does::Update || in_conflict);
                    match &mut q.conflict {
                        Some(c) if in_conflict => c.extend(sets),
                        _ => q.sets.extend(sets),
                    }
                }
            },
            "do_update" => q.conflict = Some(Vec::new()),
            "union" | "union_all" | "intersect" | "except" | "single_value" | "nullable" | "field" | "fields" => {
                if matches!(name, "single_value" | "nullable") {
                    let inner = self.select(&q, None, at);
                    return Some(Node::Expr(wrapped("(", inner, ")", at)));
                }
            }
            _ => {}
        }
        Some(Node::Query(Box::new(q)))
    }

    /// `INSERT .. SELECT`: its columns by position, each a subquery of its own.
    fn inner_columns(&mut self, inner: &Query, at: Span) -> Vec<(ColumnRef, Tokens)> {
        let table = inner.tables.first().and_then(|t| self.table(t));
        let columns: Vec<ColumnRef> =
            table.map(|t| t.columns.iter().map(|c| t.column(c, at)).collect()).unwrap_or_default();
        let Some(Node::List(shown)) = &inner.shown else { return Vec::new() };
        columns.into_iter().zip(shown.iter().filter_map(expression_of)).collect()
    }

    fn join(&mut self, q: &mut Query, left: bool, call: Call<'_>) {
        let at = call.span;
        let (table, on) = match self.arg(call, 1) {
            Some(Node::Table(t)) => (t, None),
            Some(Node::On(t, on)) => (t, Some(on)),
            Some(Node::Query(inner)) => {
                q.filters.extend(inner.filters);
                let Some(first) = inner.tables.into_iter().next() else { return };
                (first, None)
            }
            _ => return,
        };
        q.from.push(Token::text(if left { " LEFT JOIN " } else { " INNER JOIN " }, at));
        q.from.extend(table.tokens());
        q.from.push(Token::text(" ON ", at));
        q.from.extend(on.unwrap_or_else(|| vec![Token::text("(1 = 1)", at)]));
        q.tables.push(table);
    }

    /// A call about an expression.
    pub(super) fn expression(&mut self, first: Node, name: &str, call: Call<'_>) -> Option<Node> {
        let at = call.span;
        match name {
            "eq" => {
                let second = self.arg(call, 1)?;
                Some(Node::Equal(Box::new(first), Box::new(second)))
            }
            "asc" | "desc" | "nulls_first" | "nulls_last" | "nullable" | "assume_not_null" | "into_sql" => Some(first),
            "is_null" | "is_not_null" => {
                let test = if name == "is_null" { " IS NULL)" } else { " IS NOT NULL)" };
                Some(Node::Expr(wrapped("(", self.tokens(first), test, at)))
            }
            "eq_any" | "ne_all" | "eq_all" => {
                let list = self.tokens_of(call, 1)?;
                let mut out = wrapped("(", self.tokens(first), " = ANY(", at);
                out.extend(wrapped("", list, "))", at));
                Some(Node::Expr(out))
            }
            "exists" => match first {
                Node::Query(q) => {
                    let inner = self.select(&q, None, at);
                    Some(Node::Expr(wrapped("EXISTS (", inner, ")", at)))
                }
                _ => None,
            },
            "not" => Some(Node::Expr(wrapped("(NOT ", self.tokens(first), ")", at))),
            "excluded" => match first {
                Node::Column(c) => Some(Node::Expr(vec![Token::Text(format!("excluded.{}", quoted(&c.name)), at)])),
                _ => None,
            },
            _ => match operator(name) {
                Some(op) => {
                    let second = self.tokens_of(call, 1)?;
                    let mut out = wrapped("(", self.tokens(first), &format!(" {op} "), at);
                    out.extend(wrapped("", second, ")", at));
                    Some(Node::Expr(out))
                }
                None => {
                    let mut parts = vec![first];
                    parts.extend((1..call.args.len()).filter_map(|i| self.arg(call, i)));
                    Some(Node::Expr(self.function_of(name, &parts, at)))
                }
            },
        }
    }

    /// A function of SQL over these.
    pub(super) fn function_of(&mut self, name: &str, parts: &[Node], at: Span) -> Tokens {
        let parts: Vec<Tokens> = parts.iter().map(|n| self.tokens(n.clone())).collect();
        wrapped(&format!("{name}("), joined(&parts, ", ", at), ")", at)
    }

    fn tokens_of(&mut self, call: Call<'_>, i: usize) -> Option<Tokens> {
        let node = self.arg(call, i)?;
        Some(self.tokens(node))
    }

    /// A node as an expression.
    pub(super) fn tokens(&mut self, node: Node) -> Tokens {
        match node {
            Node::Column(c) => c.tokens(),
            Node::Expr(t) => t,
            Node::Text(t) => {
                let text: String = t.iter().map(Token::as_text).collect();
                let at = t.first().map_or(self.f.span, Token::place);
                vec![Token::Text(format!("'{}'", text.replace('\'', "''")), at)]
            }
            Node::Equal(a, b) => {
                let at = self.f.span;
                let (a, b) = (self.tokens(*a), self.tokens(*b));
                let at = a.first().map_or(at, Token::place);
                wrapped("(", joined(&[a, b], " = ", at), ")", at)
            }
            Node::List(list) => {
                let parts: Vec<Tokens> = list.into_iter().map(|n| self.tokens(n)).collect();
                joined(&parts, ", ", self.f.span)
            }
            Node::Query(q) => {
                let at = q.tables.first().map_or(self.f.span, |t| t.place);
                let inner = self.select(&q, None, at);
                wrapped("(", inner, ")", at)
            }
            Node::Value(op, at) => vec![Token::Value(op, at)],
            _ => vec![Token::text("NULL", self.f.span)],
        }
    }

    /// Assignments: an equation, several, or a struct with a field for each column.
    fn sets(&mut self, table: &TableRef, node: Node, update: bool) -> Vec<(ColumnRef, Tokens)> {
        match node {
            Node::Equal(column, value) => match *column {
                Node::Column(c) => vec![(c, self.tokens(*value))],
                _ => Vec::new(),
            },
            Node::List(list) => list.into_iter().flat_map(|n| self.sets(table, n, update)).collect(),
            Node::Value(Operand::Place(p), at) => {
                let ty = self.ty(&Operand::Place(p.clone()));
                let Ty::Adt(t, _) = self.element(&ty) else { return Vec::new() };
                let Some(table) = self.table(table) else { return Vec::new() };
                let mut columns = Vec::new();
                self.columns_of(t, &[], true, &mut columns);
                let key = table.key().filter(|_| update);
                let field = |way: Vec<Name>| {
                    let path = p.path.iter().cloned().chain(way.into_iter().map(Sel::Field)).collect();
                    Operand::Place(Place { base: p.base, path })
                };
                columns
                    .into_iter()
                    .filter_map(|(way, c)| Some((way, table.called(&c, at)?)))
                    .filter(|(_, c)| key.is_none_or(|k| *k != c.name))
                    .map(|(way, c)| (c, vec![Token::Value(field(way), at)]))
                    .collect()
            }
            _ => Vec::new(),
        }
    }

    /// The type behind wrappers and collections.
    pub(super) fn element(&self, ty: &Ty) -> Ty {
        let mut at = peel(self.walk.models, ty).clone();
        for _ in 0..4 {
            match payload(self.walk.models, &at) {
                Some(inner) => at = peel(self.walk.models, inner).clone(),
                None => break,
            }
        }
        at
    }

    fn save_changes(&mut self, call: Call<'_>) -> Option<Node> {
        let node = self.arg(call, 0)?;
        let Node::Value(op, at) = &node else { return None };
        let ty = self.ty(op);
        let Ty::Adt(t, _) = self.element(&ty) else { return None };
        let table = self.table_of(t, *at)?;
        let mut q = Query::new(Does::Update, table.clone());
        q.sets = self.sets(&table, node.clone(), true);
        let tokens = self.statement(&q, Some(&row_type(&call.info.ret)), call.span);
        self.complete(&tokens, call.span, true, true);
        None
    }

    /// A call that runs a statement.
    fn run(&mut self, name: &str, call: Call<'_>) {
        let query = match self.arg(call, 0) {
            Some(Node::Query(q)) => *q,
            Some(Node::Table(t)) => Query::new(Does::Select, t),
            // A statement of text, or one that is not known here.
            _ => {
                let text = matches!(self.known_receiver(call), Some(Node::Text(_)));
                if !text {
                    self.walk.found.open.push(call.span);
                }
                return;
            }
        };
        let row = (name != "execute").then(|| row_type(&call.info.ret));
        let along = matches!(&query.shown, None | Some(Node::Selects(_)));
        let tokens = self.statement(&query, row.as_ref(), call.span);
        self.complete(&tokens, call.span, true, along);
    }

    fn known_receiver(&mut self, call: Call<'_>) -> Option<Node> {
        self.known(call.args.first()?, call.at(0))
    }

    /// A statement as SQL; `row` is the type that takes its rows.
    pub(super) fn statement(&mut self, q: &Query, row: Option<&Ty>, at: Span) -> Tokens {
        match q.does {
            Does::Select => self.select(q, Some(row.unwrap_or(&Ty::Unknown)), at),
            Does::Insert => {
                let mut out = wrapped("INSERT INTO ", table_tokens(q), " (", at);
                for (i, (c, _)) in q.sets.iter().enumerate() {
                    let comma = if i == 0 { "" } else { ", " };
                    out.push(Token::Text(format!("{comma}{}", quoted(&c.name)), c.place));
                }
                let values: Vec<Tokens> = q.sets.iter().map(|(_, v)| v.clone()).collect();
                out.extend(wrapped(") VALUES (", joined(&values, ", ", at), ")", at));
                if let Some(sets) = q.conflict.as_ref().filter(|s| !s.is_empty()) {
                    out.push(Token::text(" ON CONFLICT DO UPDATE SET ", at));
                    out.extend(assignments(sets, at));
                }
                // Without columns nothing is known of what is written.
                if q.sets.is_empty() {
                    out = wrapped("INSERT INTO ", table_tokens(q), " DEFAULT VALUES", at);
                }
                self.returning(q, row, at, &mut out);
                out
            }
            Does::Update => {
                let mut out = wrapped("UPDATE ", table_tokens(q), " SET ", at);
                match q.sets.is_empty() {
                    true => {
                        let column = q.tables.first().and_then(|t| self.table(t)?.key()).map(|c| quoted(c));
                        let column = column.unwrap_or_default();
                        out.push(Token::Text(format!("{column} = {column}"), at));
                    }
                    false => out.extend(assignments(&q.sets, at)),
                }
                self.filters(q, at, &mut out);
                self.returning(q, row, at, &mut out);
                out
            }
            Does::Delete => {
                let mut out = wrapped("DELETE FROM ", table_tokens(q), "", at);
                self.filters(q, at, &mut out);
                self.returning(q, row, at, &mut out);
                out
            }
        }
    }

    fn filters(&mut self, q: &Query, at: Span, out: &mut Tokens) {
        if !q.filters.is_empty() {
            out.push(Token::text(" WHERE ", at));
            out.extend(joined(&q.filters, " AND ", at));
        }
    }

    fn returning(&mut self, q: &Query, row: Option<&Ty>, at: Span, out: &mut Tokens) {
        let Some(row) = row else { return };
        let shown = self.shown(q, Some(row), at);
        if !shown.is_empty() {
            out.push(Token::text(" RETURNING ", at));
            out.extend(shown);
        }
    }

    /// `SELECT`; with the type of its rows each column is named by its way into the row.
    fn select(&mut self, q: &Query, row: Option<&Ty>, at: Span) -> Tokens {
        let shown = if q.counts { vec![Token::text("count(*) AS \".\"", at)] } else { self.shown(q, row, at) };
        self.select_tokens(q, shown, at)
    }

    /// `SELECT` of these, each with its way into the row.
    pub(super) fn select_items(&mut self, q: &Query, items: Vec<(Vec<Name>, Tokens)>, at: Span) -> Tokens {
        self.select_tokens(q, named(items, at), at)
    }

    fn select_tokens(&mut self, q: &Query, shown: Tokens, at: Span) -> Tokens {
        let shown = if shown.is_empty() { vec![Token::text("1", at)] } else { shown };
        let mut out = wrapped("SELECT ", shown, " FROM ", at);
        out.extend(q.from.iter().cloned());
        self.filters(q, at, &mut out);
        if !q.order.is_empty() {
            out.push(Token::text(" ORDER BY ", at));
            out.extend(joined(&q.order, ", ", at));
        }
        out
    }

    fn shown(&mut self, q: &Query, row: Option<&Ty>, at: Span) -> Tokens {
        let node = match &q.shown {
            Some(node) => node.clone(),
            None => {
                let all =
                    |t: &Table, at: Span| Node::List(t.columns.iter().map(|c| Node::Column(t.column(c, at))).collect());
                let tables: Vec<Node> =
                    q.tables.iter().filter_map(|t| Some(all(self.walk.tables.list.get(t.index)?, t.place))).collect();
                match tables.as_slice() {
                    [one] => one.clone(),
                    _ => Node::List(tables),
                }
            }
        };
        let mut items = Vec::new();
        self.items(&node, row.unwrap_or(&Ty::Unknown), &mut Vec::new(), at, &mut items);
        match row {
            Some(_) => named(items, at),
            None => joined(&items.into_iter().map(|(_, tokens)| tokens).collect::<Vec<Tokens>>(), ", ", at),
        }
    }

    /// What is selected, each with its way into a row of this type.
    fn items(&mut self, node: &Node, ty: &Ty, way: &mut Vec<Name>, at: Span, out: &mut Vec<(Vec<Name>, Tokens)>) {
        match node {
            Node::Selects(t) => {
                let Some(index) = self.walk.tables.of_type(self.walk.p, *t) else { return };
                let mut columns = Vec::new();
                self.columns_of(*t, way, false, &mut columns);
                let Some(table) = self.walk.tables.list.get(index) else { return };
                // A field with an expression of its own is no column.
                out.extend(columns.into_iter().filter_map(|(way, c)| Some((way, table.called(&c, at)?.tokens()))));
            }
            Node::List(list) => {
                let names: Vec<(Name, Ty)> = match peel(self.walk.models, ty) {
                    Ty::Adt(t, _) => {
                        let fields = fields_of(self.walk.p, *t, None).unwrap_or_default();
                        let of = |f: &crate::ir::items::FieldDef| {
                            let ty = crate::link::ty::field_ty(self.walk.p, self.walk.models, ty, None, &f.name);
                            (f.name.clone(), ty)
                        };
                        fields.iter().map(of).collect()
                    }
                    Ty::Tuple(ts) => {
                        (0..).zip(ts.iter()).map(|(i, t): (u32, _)| (i.to_string().into(), t.clone())).collect()
                    }
                    _ => (0..list.len()).map(|i| (i.to_string().into(), Ty::Unknown)).collect(),
                };
                for (n, (name, ty)) in list.iter().zip(&names) {
                    way.push(name.clone());
                    self.items(n, ty, way, at, out);
                    way.pop();
                }
            }
            Node::Table(t) => {
                let all = self.table(t).map(|t| t.columns.iter().map(|c| Node::Column(t.column(c, at))).collect());
                self.items(&Node::List(all.unwrap_or_default()), ty, way, at, out);
            }
            other => out.push((way.clone(), self.tokens(other.clone()))),
        }
    }
}

/// The type of a row in what a call gives: `T` of `Result<Vec<T>, E>`.
pub(super) fn row_type(ret: &Ty) -> Ty {
    let mut at = ret;
    while let Ty::Ext(n, args) = at
        && matches!(n.as_str(), "Result" | "Vec" | "Option" | "Iter")
        && let Some(inner) = args.first()
    {
        at = inner;
    }
    at.clone()
}

/// Items of a select list, each named by its way into the row.
fn named(items: Vec<(Vec<Name>, Tokens)>, at: Span) -> Tokens {
    let one = |(way, mut tokens): (Vec<Name>, Tokens)| {
        let name = if way.is_empty() { ".".to_owned() } else { way.join(".") };
        tokens.push(Token::Text(format!(" AS {}", quoted(&name)), at));
        tokens
    };
    joined(&items.into_iter().map(one).collect::<Vec<Tokens>>(), ", ", at)
}

fn expression_of(node: &Node) -> Option<Tokens> {
    match node {
        Node::Column(c) => Some(c.tokens()),
        Node::Expr(t) => Some(t.clone()),
        Node::Value(op, at) => Some(vec![Token::Value(op.clone(), *at)]),
        _ => None,
    }
}

fn table_tokens(q: &Query) -> Tokens {
    q.tables.first().map(TableRef::tokens).unwrap_or_default()
}

fn assignments(sets: &[(ColumnRef, Tokens)], at: Span) -> Tokens {
    let one = |(c, v): &(ColumnRef, Tokens)| {
        let mut out = vec![Token::Text(format!("{} = ", quoted(&c.name)), c.place)];
        out.extend(v.iter().cloned());
        out
    };
    joined(&sets.iter().map(one).collect::<Vec<Tokens>>(), ", ", at)
}

pub(super) fn wrapped(before: &str, inside: Tokens, after: &str, at: Span) -> Tokens {
    let mut out = vec![Token::text(before, at)];
    out.extend(inside);
    out.push(Token::text(after, at));
    out
}
