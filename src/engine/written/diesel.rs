//! Diesel: the calls of its query builder as SQL.

use super::node::{Does, Node, Query};
use super::render::{Token, Tokens, joined, quoted, wrapped};
use super::statement::row_type;
use super::tables::{ColumnRef, Table, TableRef};
use super::{Body, Call};
use crate::ir::Name;
use crate::ir::attr::args;
use crate::ir::body::{Operand, Place, Sel};
use crate::ir::case::snake;
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

/// Calls that change neither what is selected or written nor which rows it is about.
const PASSES: &[&str] = &[
    "as_query",
    "as_ref",
    "assume_not_null",
    "borrow",
    "clone",
    "default_values",
    "distinct",
    "do_nothing",
    "for_key_share",
    "for_no_key_update",
    "for_share",
    "for_update",
    "into",
    "into_boxed",
    "into_update_target",
    "limit",
    "no_wait",
    "offset",
    "on_conflict",
    "on_conflict_do_nothing",
    "on_conflict_on_constraint",
    "reborrow",
    "skip_locked",
    "to_owned",
];

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
            "as_select" | "as_returning" => self.selects(call.info.ret.args().first()?),
            "query" | "belonging_to" => match call.info.ret.args() {
                [Ty::Adt(t, _)] => {
                    let mut query = Query::new(Does::Select, self.table_of(*t, call.span)?);
                    if name == "query" {
                        query.shown = Some(Node::Selects(*t));
                        for index in self.walk.tables.joined(self.walk.p, *t) {
                            self.also_from(&mut query, index, call.span);
                        }
                    } else if let Some(of) = self.arg(call, 0) {
                        self.belong(&mut query, *t, &of, call.span);
                    }
                    Some(Node::Query(Box::new(query)))
                }
                _ => None,
            },
            // `User::table()`, of `HasTable`.
            "table" if !call.info.method => match call.info.ret.args() {
                [Ty::Adt(t, _)] => Some(Node::Table(self.table_of(*t, call.span)?)),
                _ => None,
            },
            "save_changes" => self.save_changes(call),
            // `new.insert_into(users::table)`.
            "insert_into" => {
                let (Some(Node::Table(t)), Some(values)) = (self.arg(call, 1), self.arg(call, 0)) else { return None };
                let mut query = Query::new(Does::Insert, t);
                self.values(&mut query, values, false, call.span)?;
                Some(Node::Query(Box::new(query)))
            }
            // A text of SQL: read where it stands.
            "sql_query" => Some(Node::Text(Tokens::new())),
            // A text of SQL inside a statement; what is not known of it makes it a value.
            "sql" if !call.info.method => match self.arg(call, 0)? {
                Node::Text(text) => Some(Node::Expr(wrapped("(", text, ")", call.span))),
                _ => None,
            },
            "count_star" => Some(Node::Expr(vec![Token::text("count(*)", call.span)])),
            // `select(exists(..))`: of no table of its own.
            "select" if !call.info.method => match self.arg(call, 0)? {
                Node::Value(Operand::Place(_), _) => None,
                shown => Some(Node::Query(Box::new(Query::of_nothing(shown)))),
            },
            // An alias of a table, as `alias!` makes it.
            "alias" if !call.info.method => match (self.arg(call, 0)?, self.arg(call, 1)?) {
                (Node::Table(t), Node::Text(name)) => {
                    let alias = Some(name.iter().map(Token::as_text).collect());
                    Some(Node::Table(TableRef { alias, ..t }))
                }
                _ => None,
            },
            "exists" | "not" if !call.info.method => {
                let first = self.arg(call, 0)?;
                self.expression(first, name, call)
            }
            "debug_query" => None,
            _ if RUNS.contains(&name) && call.info.method => {
                self.run(name, call);
                None
            }
            _ => match self.arg(call, 0)? {
                node @ (Node::Table(_) | Node::On(..) | Node::Query(_)) => self.goes_on(node, name, call),
                text @ Node::Text(_) if matches!(name, "bind" | "sql") => Some(text),
                // `sql("plan = ").bind(..)`: goes on inside its brackets.
                Node::Expr(mut text) if matches!(name, "bind" | "sql") => {
                    let end = text.pop()?;
                    match self.arg(call, 1)? {
                        Node::Text(more) if name == "sql" => text.extend(more),
                        more => text.extend(self.tokens(more)),
                    }
                    text.push(end);
                    Some(Node::Expr(text))
                }
                first => self.expression(first, name, call),
            },
        }
    }

    /// What a type selects: a struct, an optional one, or several.
    pub(super) fn selects(&self, ty: &Ty) -> Option<Node> {
        match peel(self.walk.models, ty) {
            Ty::Adt(t, _) => {
                let fields = fields_of(self.walk.p, *t, None).unwrap_or_default();
                let says = fields.iter().any(|f| f.attrs.flatten || f.attrs.sql_expression.is_some());
                (says || self.walk.tables.of_type(self.walk.p, *t).is_some()).then_some(Node::Selects(*t))
            }
            Ty::Tuple(ts) => Some(Node::List(ts.iter().map(|t| self.selects(t)).collect::<Option<_>>()?)),
            _ => None,
        }
    }

    /// One more table that rows come from, whatever joins it.
    fn also_from(&mut self, query: &mut Query, index: usize, at: Span) {
        let Some(table) = self.walk.tables.list.get(index) else { return };
        query.from.push(Token::Text(format!(" LEFT JOIN {} ON (1 = 1)", table.name), at));
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
        self.walk.tables.named(self.walk.tables.of_type(self.walk.p, t)?, place)
    }

    pub(super) fn table(&self, t: &TableRef) -> Option<&Table> {
        self.walk.tables.list.get(t.index)
    }

    /// A statement, or a table, and a call that says more of it.
    fn goes_on(&mut self, node: Node, name: &str, call: Call<'_>) -> Option<Node> {
        let at = call.span;
        if let (Node::Table(t), "field" | "fields") = (&node, name) {
            return called_by(t, self.arg(call, 1)?);
        }
        let mut q = match node {
            Node::Table(t) => Query::new(Does::Select, t),
            Node::On(q, _) | Node::Query(q) => *q,
            _ => return None,
        };
        match name {
            "on" => return Some(Node::On(Box::new(q), self.tokens_of(call, 1)?)),
            "filter" | "filter_target" => q.filters.extend(self.tokens_of(call, 1)),
            "or_filter" => q.or(self.tokens_of(call, 1)?, at),
            // What is asked of groups says nothing of a row.
            "having" | "or_having" => q.order.extend(self.tokens_of(call, 1)),
            "find" => {
                let table = q.tables.first()?.clone();
                let key = self.table(&table)?.key.clone();
                let values = match self.arg(call, 1)? {
                    Node::List(list) => list,
                    one => vec![one],
                };
                // Of several columns that one value is compared with, none is known.
                if key.len() == values.len() {
                    for (column, value) in key.iter().zip(values) {
                        let value = self.tokens(value);
                        q.filters.push(joined(&[table.column(column, at).tokens(), value], " = ", at));
                    }
                }
            }
            // Rows of which nothing else is left are deleted; what is asked for is how many.
            "set_null" => {
                let Some(Node::Column(c)) = self.arg(call, 1) else { return None };
                (q.does, q.counts) = (Does::Update, true);
                q.sets.push((c, vec![Token::text("NULL", at)]));
            }
            "order" | "order_by" | "then_order_by" | "distinct_on" | "group_by" => {
                let by = self.arg(call, 1)?;
                let by = if let Node::List(list) = by { list } else { vec![by] };
                q.order.extend(by.into_iter().map(|n| unbracketed(self.tokens(n))));
            }
            // What is selected must be known, or nothing is.
            "select" | "returning" => {
                q.shown = Some(
                    self.arg(call, 1).filter(|n| !matches!(n, Node::Value(Operand::Place(_), _) | Node::Lost(_)))?,
                );
            }
            "count" => q.counts = true,
            "inner_join" | "left_join" | "left_outer_join" => self.join(&mut q, name != "inner_join", call),
            "values" | "set" => {
                let node = self.arg(call, 1)?;
                self.values(&mut q, node, name == "set", at)?;
            }
            "into_columns" => match (self.arg(call, 1)?, &mut q.source) {
                (Node::Column(c), Some((columns, _))) => *columns = vec![c],
                (Node::List(list), Some((columns, _))) if list.iter().all(|n| matches!(n, Node::Column(_))) => {
                    *columns = list.into_iter().filter_map(Node::column).collect();
                }
                _ => q.lost = true,
            },
            "do_update" => q.conflict = Some(Vec::new()),
            "single_value" | "nullable" => {
                let inner = self.select(&q, None, at);
                return Some(Node::Expr(wrapped("(", inner, ")", at)));
            }
            _ if set_operator(name).is_some() => {
                let other = match self.arg(call, 1)? {
                    Node::Query(other) if !other.lost => Some(*other),
                    Node::Table(t) => Some(Query::new(Does::Select, t)),
                    _ => None,
                };
                match (set_operator(name), other) {
                    (Some(operator), Some(other)) => q.others.push((operator, self.select(&other, None, at))),
                    _ => q.lost = true,
                }
            }
            _ => q.lost |= !PASSES.contains(&name),
        }
        Some(Node::Query(Box::new(q)))
    }

    /// What is written: values, or the rows of a query, by the position of columns that are not named.
    fn values(&mut self, q: &mut Query, node: Node, set: bool, at: Span) -> Option<()> {
        let table = q.tables.first()?.clone();
        match (node, &q.conflict) {
            (Node::Query(inner), None) => {
                let Node::List(columns) = self.all_columns(&table, at) else { return None };
                q.lost |= inner.lost;
                q.source = Some((columns.into_iter().filter_map(Node::column).collect(), inner));
            }
            (node, conflict) => {
                let in_conflict = conflict.is_some() && set;
                let (sets, whole) = self.sets(&table, node, q.does == Does::Update || in_conflict);
                q.lost |= !whole;
                match &mut q.conflict {
                    Some(c) if in_conflict => c.extend(sets),
                    _ => q.sets.extend(sets),
                }
            }
        }
        Some(())
    }

    fn join(&mut self, q: &mut Query, left: bool, call: Call<'_>) {
        let at = call.span;
        let (inner, on) = match self.arg(call, 1) {
            Some(Node::Table(t)) => (Query::new(Does::Select, t), None),
            Some(Node::On(inner, on)) => (*inner, Some(on)),
            Some(Node::Query(inner)) => (*inner, None),
            _ => {
                q.lost = true;
                return;
            }
        };
        q.filters.extend(inner.filters);
        q.lost |= inner.lost;
        q.from.push(Token::text(if left { " LEFT JOIN " } else { " INNER JOIN " }, at));
        match inner.tables.len() {
            0 | 1 => q.from.extend(inner.from),
            _ => q.from.extend(wrapped("(", inner.from, ")", at)),
        }
        q.from.push(Token::text(" ON ", at));
        q.from.extend(on.unwrap_or_else(|| vec![Token::text("(1 = 1)", at)]));
        q.tables.extend(inner.tables);
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
            "exists" => {
                let query = match first {
                    Node::Query(q) => *q,
                    Node::Table(t) => Query::new(Does::Select, t),
                    _ => return None,
                };
                // Whether there is a row, whatever is in it.
                let inner = self.select_tokens(&query, Tokens::new(), at);
                Some(Node::Expr(wrapped("EXISTS (", inner, ")", at)))
            }
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
            Node::Condition { any, parts } => {
                let at = parts.first().and_then(|p| p.first()).map_or(self.f.span, Token::place);
                match parts.as_slice() {
                    [] => vec![Token::text("TRUE", at)],
                    parts => wrapped("(", joined(parts, if any { " OR " } else { " AND " }, at), ")", at),
                }
            }
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
            Node::Lost(at) => vec![Token::Lost(at)],
            _ => vec![Token::text("NULL", self.f.span)],
        }
    }

    /// Assignments: an equation, several, or a struct with a field for each column; and whether that is all.
    fn sets(&mut self, table: &TableRef, node: Node, update: bool) -> (Vec<(ColumnRef, Tokens)>, bool) {
        match node {
            Node::Equal(column, value) => match *column {
                Node::Column(c) => (vec![(c, self.tokens(*value))], true),
                _ => (Vec::new(), false),
            },
            Node::List(list) => {
                let (mut sets, mut whole) = (Vec::new(), true);
                for n in list {
                    let (more, all) = self.sets(table, n, update);
                    sets.extend(more);
                    whole &= all;
                }
                (sets, whole)
            }
            node => {
                let (mut sets, whole) = self.fields_set(table, &node);
                if update {
                    let key = self.key_of(&node);
                    sets.retain(|(c, _)| !key.contains(&c.name));
                }
                (sets, whole)
            }
        }
    }

    /// The key of a struct that a changeset leaves out: `id`, unless the struct says another.
    fn key_of(&self, node: &Node) -> Vec<String> {
        let Node::Value(op, _) = node else { return Vec::new() };
        let Ty::Adt(t, _) = self.element(&self.ty(op)) else { return Vec::new() };
        let said = self.walk.p.type_def(t).and_then(|d| d.said("diesel", "primary_key").next());
        args(said.unwrap_or("id")).map(|name| name.name.to_owned()).collect()
    }

    /// Rows of a struct that belong to others are those in which the column for these has the key of one of them.
    fn belong(&self, query: &mut Query, rows: TypeId, of: &Node, at: Span) -> Option<()> {
        let Node::Value(op @ Operand::Place(place), _) = of else { return None };
        let ty = self.ty(op);
        let Ty::Adt(others, _) = self.element(&ty) else { return None };
        let name = &self.walk.p.type_def(others)?.name;
        let [key] = &self.key_of(of)[..] else { return None };
        let is_other = |said: &&str| args(said).next().is_some_and(|a| a.name.rsplit("::").next() == Some(name));
        let said = self.walk.p.type_def(rows)?.said("diesel", "belongs_to").find(is_other)?;
        let column = args(said).find(|a| a.name == "foreign_key").map(|a| a.value.to_owned());
        let column = column.unwrap_or_else(|| format!("{}_id", snake(name)));
        let column = self.table(query.tables.first()?)?.called(&column, at)?.tokens();
        let path = place.path.iter().cloned().chain([Sel::Field(key.into())]).collect();
        let value = vec![Token::Value(Operand::Place(Place { base: place.base, path }), at)];
        query.filters.push(match peel(self.walk.models, &ty) {
            Ty::Adt(..) => joined(&[column, value], " = ", at),
            _ => joined(&[column, wrapped("(", value, ")", at)], " IN ", at),
        });
        Some(())
    }

    /// What a struct with a field for each column sets, and whether that is all.
    pub(super) fn fields_set(&self, table: &TableRef, node: &Node) -> (Vec<(ColumnRef, Tokens)>, bool) {
        let Node::Value(op @ Operand::Place(p), at) = node else { return (Vec::new(), false) };
        let part = |name: Name| {
            let path = p.path.iter().cloned().chain([Sel::Field(name)]).collect();
            Node::Value(Operand::Place(Place { base: p.base, path }), *at)
        };
        let (t, table) = match (self.element(&self.ty(op)), self.table(table)) {
            (Ty::Adt(t, _), Some(table)) => (t, table),
            // Each part of a tuple may be such a struct.
            (Ty::Tuple(ts), Some(_)) => {
                let (mut sets, mut whole) = (Vec::new(), !ts.is_empty());
                for i in 0..ts.len() {
                    let (more, all) = self.fields_set(table, &part(i.to_string().into()));
                    sets.extend(more);
                    whole &= all;
                }
                return (sets, whole);
            }
            _ => return (Vec::new(), false),
        };
        let mut columns = Vec::new();
        self.columns_of(t, &[], true, &mut columns);
        let fields = columns.len();
        let field = |way: Vec<Name>| {
            let path = p.path.iter().cloned().chain(way.into_iter().map(Sel::Field)).collect();
            Token::Value(Operand::Place(Place { base: p.base, path }), *at)
        };
        let sets: Vec<(ColumnRef, Tokens)> =
            columns.into_iter().filter_map(|(way, c)| Some((table.called(&c, *at)?, vec![field(way)]))).collect();
        let whole = fields > 0 && sets.len() == fields;
        (sets, whole)
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
        self.values(&mut q, node.clone(), true, call.span)?;
        self.runs(q, Some(&row_type(&call.info.ret)), true, call.span);
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
                    self.open(call.span);
                }
                return;
            }
        };
        let row = (name != "execute").then(|| row_type(&call.info.ret));
        let along = matches!(&query.shown, None | Some(Node::Selects(_)));
        self.runs(query, row.as_ref(), along, call.span);
    }

    /// A statement runs; what is not understood of it is a gap.
    fn runs(&mut self, q: Query, row: Option<&Ty>, along: bool, at: Span) {
        let (lost, known) = (q.lost || q.writes_lost(), q.is_known());
        self.unclear = false;
        if known {
            let tokens = self.statement(&q.sure_part(), row, at);
            self.complete(&tokens, at, true, along);
        }
        if lost || self.unclear {
            self.open(at);
        }
    }

    fn known_receiver(&mut self, call: Call<'_>) -> Option<Node> {
        self.known(call.args.first()?, call.at(0))
    }
}

/// Operators of SQL between queries, by the names of their methods.
fn set_operator(name: &str) -> Option<&'static str> {
    Some(match name {
        "union" | "union_all" => " UNION ALL ",
        "intersect" | "intersect_all" => " INTERSECT ",
        "except" | "except_all" => " EXCEPT ",
        _ => return None,
    })
}

/// What stands in brackets, as what is sorted by may end in `DESC`.
fn unbracketed(mut tokens: Tokens) -> Tokens {
    if let ([Token::Text(open, _), .., Token::Text(close, _)], true) = (tokens.as_slice(), tokens.len() > 2)
        && open == "("
        && close == ")"
    {
        tokens.pop();
        tokens.remove(0);
    }
    tokens
}

/// Columns of a table as those of an alias of it.
fn called_by(t: &TableRef, node: Node) -> Option<Node> {
    match node {
        Node::Column(c) => Some(Node::Column(t.column(&c.name, c.place))),
        Node::List(list) => Some(Node::List(list.into_iter().map(|n| called_by(t, n)).collect::<Option<_>>()?)),
        _ => None,
    }
}
