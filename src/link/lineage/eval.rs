//! The sources of an expression's value.

use super::functions::{keeps_data, yields_no_data};
use super::scope::{Found, Rel, Scope, find};
use super::{Guards, Lower, add};
use crate::ir::Name;
use crate::ir::sql::{Expr, TestExpr};
use crate::limits;
use crate::link::sqlfn::{ColumnId, Flowing, SqlSource};
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
}

impl Value {
    fn join(&mut self, other: Value) {
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

    fn all(&mut self, list: &[Expr], scope: &Scope<'_>, returned: bool) -> Value {
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
                self.out.params = self.out.params.max(n.saturating_add(1));
                let flow = Flowing { source: SqlSource::Param(*n), derived: false, functions: Vec::new(), span: *span };
                Value { from: vec![flow], ..Value::default() }
            }
            Expr::Const => Value::default(),
            Expr::Same(list) => self.all(list, scope, returned),
            Expr::Derived(list) => {
                let mut value = self.all(list, scope, returned);
                value.from.iter_mut().for_each(|f| f.derived = true);
                merged(value)
            }
            Expr::Call { name, args, span } => self.call(name, args, *span, scope, returned),
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
                    value.join(Value { from: col.from, id: None, touch: col.touch, star: col.star });
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

    fn call(&mut self, name: &Name, args: &[Expr], at: Span, scope: &Scope<'_>, returned: bool) -> Value {
        if name == "values" {
            // MySQL: `ON DUPLICATE KEY UPDATE a = VALUES(a)`.
            if let ([Expr::Column { name, span, .. }], Some(rel)) = (args, scope.rel(&["excluded".into()])) {
                let from = rel.col(name).map(|c| c.at(*span)).unwrap_or_default();
                return Value { from, ..Value::default() };
            }
        }
        if self.knows_routine(name) {
            let given: Vec<Vec<Flowing>> = args.iter().map(|a| self.eval(a, scope, returned).from).collect();
            if let Some(rows) = self.call_routine(name, &given, at) {
                let mut value = Value::default();
                for col in rows.cols {
                    value.join(Value { from: col.from, ..Value::default() });
                }
                return merged(value);
            }
        }
        if yields_no_data(name) {
            self.all(args, scope, false);
            return Value::default();
        }
        let mut value = self.all(args, scope, returned);
        let derived = !keeps_data(name);
        for flow in &mut value.from {
            flow.derived |= derived;
            if flow.functions.len() < limits::SQL_FUNCTIONS {
                flow.functions.push(name.clone());
            }
        }
        merged(value)
    }

    fn column(&mut self, qualifier: &[Name], name: &Name, span: Span, scope: &Scope<'_>, returned: bool) -> Value {
        match find(scope, qualifier, name) {
            Found::Col(col) => {
                self.used(&col.touch, span, returned);
                Value { from: col.at(span), id: col.id, touch: Vec::new(), star: false }
            }
            Found::Part(col) => {
                self.used(&col.touch, span, returned);
                let mut from = col.at(span);
                from.iter_mut().for_each(|f| f.derived = true);
                Value { from, ..Value::default() }
            }
            Found::Open(rel) => {
                if let [table] = rel.open_of.as_slice()
                    && self.rounds == 0
                {
                    self.out.unlisted.push((*table, name.clone(), span));
                }
                let mut from = rel.open.clone().unwrap_or_default();
                from.iter_mut().for_each(|f| f.span = span);
                Value { from, ..Value::default() }
            }
            Found::Row(rel) => row(rel, span),
            Found::Nothing => Value::default(),
            Found::Unknown => {
                let shown: Vec<&str> = qualifier.iter().chain([name]).map(Name::as_str).collect();
                self.unresolved(&shown.join("."), span);
                Value::default()
            }
        }
    }

    /// A top-level conjunct: evaluates it and tells what it establishes of a row.
    pub(super) fn condition(&mut self, e: &Expr, scope: &Scope<'_>) -> Guards {
        match e {
            Expr::Test(TestExpr::IsTrue(inner)) => {
                self.eval(inner, scope, false).id.map(|id| (id, true)).into_iter().collect()
            }
            Expr::Test(TestExpr::IsFalse(inner)) => {
                self.eval(inner, scope, false).id.map(|id| (id, false)).into_iter().collect()
            }
            // A row of a subquery that must exist is as good as a joined one.
            Expr::Exists(query, parts) => {
                self.all(parts, scope, false);
                self.query(query, Some(scope), false).guards
            }
            other => {
                self.eval(other, scope, false);
                Vec::new()
            }
        }
    }
}

/// A whole row as a value: its columns come along.
fn row(rel: &Rel, span: Span) -> Value {
    let mut value = Value { star: true, ..Value::default() };
    for col in rel.cols.iter() {
        let (from, touch) = (col.at(span), col.touch.clone());
        value.join(Value { from, id: None, touch, star: true });
    }
    for flow in rel.open.iter().flatten() {
        add(&mut value.from, Flowing { span, ..flow.clone() });
    }
    value
}

/// Sources that have become equal are one.
fn merged(mut value: Value) -> Value {
    for flow in std::mem::take(&mut value.from) {
        add(&mut value.from, flow);
    }
    value.id = None;
    value
}
