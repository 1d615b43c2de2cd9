//! The sources of an expression's value.

use std::sync::Arc;

use super::functions::{Call, passed};
use super::people::{Guard, keep};
use super::scope::{Col, Found, Rel, Scope, find};
use super::{Guards, Lower, add, json};
use crate::ir::Name;
use crate::ir::sql::{Expr, TestExpr, has_hole};
use crate::limits;
use crate::link::sqlfn::{ColumnId, Flowing, Keys, SqlSource};
use crate::source::Span;

/// What an expression yields.
#[derive(Clone, Debug, Default)]
pub(super) struct Value {
    pub from: Vec<Flowing>,
    /// The column of a table that it is, unchanged.
    pub id: Option<ColumnId>,
    /// Columns that would be named by naming it, where nothing named them yet.
    pub touch: Vec<ColumnId>,
    /// Whether everything in it came along with a row.
    pub star: bool,
    /// What is known of its keys, where it is a JSON object or a record.
    pub keys: Option<Arc<Keys>>,
}

impl Value {
    pub(super) fn join(&mut self, other: Value) {
        self.keys = match (self.keys.take(), other.keys) {
            (Some(a), Some(b)) => json::known(json::either(&a, &b)),
            // What holds nothing has no other keys.
            (a @ Some(_), None) if other.from.is_empty() => a,
            (None, b @ Some(_)) if self.from.is_empty() => b,
            _ => None,
        };
        if !other.from.is_empty() {
            self.star = other.star && (self.from.is_empty() || self.star);
        }
        for flow in other.from {
            add(&mut self.from, flow);
        }
        for id in other.touch {
            if !self.touch.contains(&id) {
                self.touch.push(id);
            }
        }
    }
}

impl Lower<'_> {
    /// The value of `e`. `returned` says whether it stands in a select list, as data.
    pub(super) fn eval(&mut self, e: &Expr, scope: &Scope<'_>, returned: bool) -> Value {
        if !self.step() || !self.enter() {
            return Value::default();
        }
        let value = self.eval_inner(e, scope, returned);
        self.leave();
        value
    }

    pub(super) fn all(&mut self, list: &[Expr], scope: &Scope<'_>, returned: bool) -> Value {
        let mut out = Value::default();
        for e in list {
            let value = self.eval(e, scope, returned);
            out.join(value);
        }
        out
    }

    fn eval_inner(&mut self, e: &Expr, scope: &Scope<'_>, returned: bool) -> Value {
        match e {
            Expr::Column { qualifier, name, span } => self.column(qualifier, name, *span, scope, returned),
            Expr::Param(n, span) => {
                if let Some(from) = self.argument(*n) {
                    return Value { from, ..Value::default() };
                }
                let count = n.saturating_add(1);
                if count < limits::SQL_OPEN_PARAM {
                    self.out.params = self.out.params.max(count);
                }
                Value { from: vec![Flowing::of(SqlSource::Param(*n), *span)], ..Value::default() }
            }
            Expr::Hole(span) => put_in(*span),
            Expr::Const | Expr::Text(_) => Value::default(),
            Expr::Same(list) => self.all(list, scope, returned),
            Expr::Derived(list) => {
                let mut value = self.all(list, scope, returned);
                value.keys = None;
                value.derived()
            }
            Expr::Call { schema, name, args, span } => {
                self.call(Call { schema: schema.as_ref(), name, args, at: *span }, scope, returned)
            }
            Expr::Test(test) => {
                match test {
                    TestExpr::IsTrue(e) | TestExpr::IsFalse(e) => {
                        self.eval(e, scope, false);
                    }
                    TestExpr::Equal(a, b) => {
                        self.eval(a, scope, false);
                        self.eval(b, scope, false);
                    }
                    TestExpr::Other(list) => {
                        self.all(list, scope, false);
                    }
                }
                Value::default()
            }
            Expr::Sub(query) => {
                let rows = self.query(query, Some(scope), returned);
                let mut value = Value::default();
                for col in rows.cols {
                    value.join(Value { from: col.from, id: None, touch: col.touch, star: col.star, keys: col.keys });
                }
                value
            }
            Expr::Exists(query, parts) => {
                self.all(parts, scope, false);
                self.query(query, Some(scope), false);
                Value::default()
            }
            Expr::Row(name, span) => match scope.rel(std::slice::from_ref(name)) {
                Some(rel) => row(rel, *span),
                // `count(t.*)` of what is a column after all.
                None => self.column(&[], name, *span, scope, returned),
            },
        }
    }

    fn call(&mut self, call: Call<'_>, scope: &Scope<'_>, returned: bool) -> Value {
        let Call { name, args, at, .. } = call;
        if name == "values" {
            // MySQL: `ON DUPLICATE KEY UPDATE a = VALUES(a)`.
            if let ([Expr::Column { name, span, .. }], Some(rel)) = (args, scope.rel(&["excluded".into()])) {
                let from = rel.col(name).map(|c| c.at(*span)).unwrap_or_default();
                return Value { from, ..Value::default() };
            }
        }
        if self.knows_routine(name) {
            let given: Vec<Vec<Flowing>> = args.iter().map(|a| self.eval(a, scope, returned).from).collect();
            if let Some(mut rows) = self.call_routine(name, &given, at) {
                keep(&mut rows.cols, &rows.guards);
                let mut value = Value::default();
                for col in rows.cols {
                    value.join(Value { from: col.from, keys: col.keys, ..Value::default() });
                }
                passed(&mut value.from, name, None);
                return value.merged();
            }
        }
        self.modelled(call, scope, returned)
    }

    fn column(&mut self, qualifier: &[Name], name: &Name, span: Span, scope: &Scope<'_>, returned: bool) -> Value {
        match find(scope, qualifier, name) {
            Found::Col(col) => {
                let value = col.value(span);
                self.settled_at(value, span, returned)
            }
            Found::Part(col) => {
                let value = col.value(span);
                let value = match &value.keys {
                    Some(keys) => json::under(keys, name).unwrap_or_default(),
                    None => value.derived(),
                };
                self.settled_at(value, span, returned)
            }
            Found::Open(rel) => {
                if let [table] = rel.open_of.as_slice()
                    && self.rounds == 0
                {
                    self.out.unlisted.push((*table, name.clone(), span));
                }
                if returned {
                    self.loose(name);
                }
                // The one value that a function yields goes by several names.
                if let [col @ Col { keys: Some(_), .. }] = rel.cols.as_slice() {
                    let value = col.value(span);
                    return self.settled_at(value, span, returned);
                }
                let mut from = rel.open.clone().unwrap_or_default();
                from.iter_mut().for_each(|f| f.span = span);
                let mut value = Value { from, ..Value::default() };
                if has_hole(name) {
                    value.join(put_in(span));
                }
                value
            }
            Found::Row(rel) => row(rel, span),
            Found::Nothing => Value::default(),
            Found::Unknown => {
                if returned {
                    self.loose(name);
                }
                let shown: Vec<&str> = qualifier.iter().chain([name]).map(Name::as_str).collect();
                self.unresolved(&shown.join("."), span);
                if has_hole(name) { put_in(span) } else { Value::default() }
            }
        }
    }

    /// A top-level conjunct: evaluates it and tells what it establishes of a row.
    pub(super) fn condition(&mut self, e: &Expr, scope: &Scope<'_>) -> Guards {
        match e {
            Expr::Test(TestExpr::IsTrue(inner)) => {
                let value = self.eval(inner, scope, false);
                let own = Guard::of(&value, true);
                // Where a column is there, so is the row of an outer join that it is of.
                let joined = match &**inner {
                    Expr::Column { qualifier, .. } => scope.rel(qualifier).map(|rel| rel.guards.clone()),
                    _ => None,
                };
                own.into_iter().chain(joined.into_iter().flatten()).collect()
            }
            Expr::Test(TestExpr::IsFalse(inner)) => {
                let value = self.eval(inner, scope, false);
                Guard::of(&value, false).into_iter().collect()
            }
            // A row of a subquery that must exist is as good as a joined one.
            Expr::Exists(query, parts) => {
                let given = self.all(parts, scope, false);
                let rows = self.query(query, Some(scope), false);
                if let ([_], [col]) = (parts.as_slice(), rows.cols.as_slice()) {
                    self.is_equal(&given.from, &col.from);
                }
                rows.guards
            }
            Expr::Test(TestExpr::Equal(a, b)) => {
                let (a, b) = (self.eval(a, scope, false), self.eval(b, scope, false));
                self.is_equal(&a.from, &b.from);
                Vec::new()
            }
            other => {
                self.eval(other, scope, false);
                Vec::new()
            }
        }
    }
}

/// What is put into the text of the statement at a place.
fn put_in(span: Span) -> Value {
    Value { from: vec![Flowing::of(SqlSource::Hole(span), span)], ..Value::default() }
}

/// A whole row as a value: its columns come along.
fn row(rel: &Rel, span: Span) -> Value {
    let mut value = Value { star: true, ..Value::default() };
    let mut keys = Keys::new();
    for col in rel.cols.iter() {
        let part = Value { star: true, id: None, ..col.value(span) };
        json::insert(&mut keys, col.name.clone(), part.clone().into_part());
        value.join(part);
    }
    value.keys = rel.open.is_none().then(|| json::known(keys)).flatten();
    for flow in rel.open.iter().flatten() {
        add(&mut value.from, Flowing { span, ..flow.clone() });
    }
    value
}
