//! A statement in the making, written as SQL.

use super::Body;
use super::node::{Does, Node, Query};
use super::render::{Token, Tokens, joined, quoted, wrapped};
use super::tables::{ColumnRef, TableRef};
use crate::ir::Name;
use crate::link::program::{Def, TypeId};
use crate::link::ty::{Ty, def_cx, field_ty, fields_of, peel};
use crate::source::Span;

impl Body<'_, '_> {
    /// A statement as SQL; `row` is the type that takes its rows.
    pub(super) fn statement(&mut self, q: &Query, row: Option<&Ty>, at: Span) -> Tokens {
        match q.does {
            Does::Select => self.select(q, Some(row.unwrap_or(&Ty::Unknown)), at),
            Does::Insert => {
                let mut out = wrapped("INSERT INTO ", table_tokens(q), "", at);
                self.inserted(q, at, &mut out);
                if let Some(sets) = q.conflict.as_ref().filter(|s| !s.is_empty()) {
                    out.push(Token::text(" ON CONFLICT DO UPDATE SET ", at));
                    out.extend(assignments(sets, at));
                }
                self.returning(q, row, at, &mut out);
                out
            }
            Does::Update => {
                let mut out = wrapped("UPDATE ", table_tokens(q), " SET ", at);
                match q.sets.is_empty() {
                    true => {
                        let column = q.tables.first().and_then(|t| self.table(t)?.columns.first()).map(|c| quoted(c));
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

    /// The columns of an insert, and what it puts into them: values, or the rows of a query.
    fn inserted(&mut self, q: &Query, at: Span, out: &mut Tokens) {
        let columns = |of: &mut dyn Iterator<Item = &ColumnRef>| {
            let names: Vec<Tokens> = of.map(|c| vec![Token::Text(quoted(&c.name), c.place)]).collect();
            wrapped(" (", joined(&names, ", ", at), ") ", at)
        };
        match &q.source {
            Some((into, source)) => {
                out.extend(columns(&mut into.iter()));
                out.extend(self.select(source, None, at));
            }
            None if q.sets.is_empty() => out.push(Token::text(" DEFAULT VALUES", at)),
            None => {
                out.extend(columns(&mut q.sets.iter().map(|(c, _)| c)));
                let values: Vec<Tokens> = q.sets.iter().map(|(_, v)| v.clone()).collect();
                out.extend(wrapped("VALUES (", joined(&values, ", ", at), ")", at));
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
        let Some(row) = row.filter(|_| !q.counts) else { return };
        let shown = self.shown(q, Some(row), at);
        if !shown.is_empty() {
            out.push(Token::text(" RETURNING ", at));
            out.extend(shown);
        }
    }

    /// `SELECT`; with the type of its rows each column is named by its way into the row.
    pub(super) fn select(&mut self, q: &Query, row: Option<&Ty>, at: Span) -> Tokens {
        let shown = if q.counts { vec![Token::text("count(*) AS \".\"", at)] } else { self.shown(q, row, at) };
        self.select_tokens(q, shown, at)
    }

    /// `SELECT` of these, each with its way into the row.
    pub(super) fn select_items(&mut self, q: &Query, items: Vec<(Vec<Name>, Tokens)>, at: Span) -> Tokens {
        self.select_tokens(q, named(items, at), at)
    }

    pub(super) fn select_tokens(&mut self, q: &Query, shown: Tokens, at: Span) -> Tokens {
        let shown = if shown.is_empty() { vec![Token::text("1", at)] } else { shown };
        let mut out = wrapped("SELECT ", shown, "", at);
        if !q.from.is_empty() {
            out.extend(wrapped(" FROM ", q.from.clone(), "", at));
        }
        self.filters(q, at, &mut out);
        if !q.order.is_empty() {
            out.push(Token::text(" ORDER BY ", at));
            out.extend(joined(&q.order, ", ", at));
        }
        if !q.others.is_empty() {
            out = wrapped("(", out, ")", at);
            for (operator, other) in &q.others {
                out.push(Token::text(operator, at));
                out.extend(wrapped("(", other.clone(), ")", at));
            }
        }
        out
    }

    /// The columns of a table, by the name that the statement calls it.
    pub(super) fn all_columns(&self, t: &TableRef, at: Span) -> Node {
        let columns = self.table(t).map_or(&[][..], |table| table.columns.as_slice());
        Node::List(columns.iter().map(|c| Node::Column(t.column(c, at))).collect())
    }

    /// What a struct selects: a column for each field, what the field says, or what a struct in it selects.
    fn selected(&mut self, t: TypeId, way: &mut Vec<Name>, at: Span, out: &mut Vec<(Vec<Name>, Tokens)>) {
        let (p, models, tables) = (self.walk.p, self.walk.models, self.walk.tables);
        let owner = Ty::Adt(t, [].into());
        let table = tables.of_type(p, t).and_then(|index| tables.list.get(index));
        for field in fields_of(p, t, None).unwrap_or_default() {
            way.push(field.name.clone());
            let ty = field_ty(p, models, &owner, None, &field.name);
            let name = field.attrs.sql_rename.as_ref().unwrap_or(&field.name);
            let column = || table?.called(name.strip_prefix("r#").unwrap_or(name), at);
            match (&field.attrs.sql_expression, peel(models, &ty)) {
                (Some(named), _) => match self.expression_of(t, named, at) {
                    Some(node) => self.items(&node, &ty, way, at, out),
                    None => self.unclear = true,
                },
                (None, Ty::Adt(inner, _)) if field.attrs.flatten && way.len() < super::DEPTH => {
                    self.selected(*inner, way, at, out);
                }
                (None, Ty::Tuple(ts)) if field.attrs.flatten => match self.selects(&Ty::Tuple(ts.clone())) {
                    Some(node) => self.items(&node, &ty, way, at, out),
                    None => self.unclear = true,
                },
                _ => match column() {
                    Some(column) => out.push((way.clone(), column.tokens())),
                    // It is no column, and has its default.
                    None if field.attrs.sql_skip => {}
                    None => self.unclear = true,
                },
            }
            way.pop();
        }
    }

    /// What the constant is that a field names as its expression.
    fn expression_of(&mut self, t: TypeId, name: &Name, at: Span) -> Option<Node> {
        let module = def_cx(self.walk.p, t, &[]).module?;
        match self.walk.p.resolve(module, std::slice::from_ref(name)).def? {
            Def::Const(c) => self.constant(c, at),
            _ => None,
        }
    }

    fn shown(&mut self, q: &Query, row: Option<&Ty>, at: Span) -> Tokens {
        let node = match &q.shown {
            Some(node) => node.clone(),
            None => {
                let tables: Vec<Node> = q.tables.iter().map(|t| self.all_columns(t, t.place)).collect();
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
            Node::Selects(t) => self.selected(*t, way, at, out),
            Node::Ways(list) => {
                let whole = |inner: &[Name]| way.iter().chain(inner).cloned().collect();
                out.extend(list.iter().map(|(inner, c)| (whole(inner), c.tokens())));
            }
            Node::List(list) => {
                let names: Vec<(Name, Ty)> = match peel(self.walk.models, ty) {
                    Ty::Adt(t, _) => {
                        let fields = fields_of(self.walk.p, *t, None).unwrap_or_default();
                        let of = |f: &crate::ir::items::FieldDef| {
                            let ty = field_ty(self.walk.p, self.walk.models, ty, None, &f.name);
                            (f.name.clone(), ty)
                        };
                        fields.iter().map(of).collect()
                    }
                    Ty::Tuple(ts) => {
                        (0..).zip(ts.iter()).map(|(i, t): (u32, _)| (i.to_string().into(), t.clone())).collect()
                    }
                    _ => Vec::new(),
                };
                // A row of unknown form is all of them.
                if names.len() < list.len() {
                    list.iter().for_each(|n| self.items(n, &Ty::Unknown, way, at, out));
                    return;
                }
                for (n, (name, ty)) in list.iter().zip(&names) {
                    way.push(name.clone());
                    self.items(n, ty, way, at, out);
                    way.pop();
                }
            }
            Node::Table(t) => {
                let all = self.all_columns(t, at);
                self.items(&all, ty, way, at, out);
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
