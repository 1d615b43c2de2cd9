//! The names in a statement: its tables and its functions.

use crate::ir::Name;
use crate::ir::sql::{
    Assignment, But, Define, Does, Expr, Item, Kind, Query, QueryBody, Relation, Statement, TableName, TestExpr,
};
use crate::limits;

/// What a statement names.
#[derive(Debug, Default)]
pub struct Mentions {
    /// Tables, without the statement's own common table expressions.
    pub tables: Vec<TableName>,
    /// Functions, with and without the schemas that are written before them.
    pub functions: Vec<Name>,
    ctes: Vec<Name>,
}

impl Mentions {
    /// What a statement names.
    #[must_use]
    pub fn of(statement: &Statement) -> Mentions {
        let mut out = Mentions::default();
        match &statement.kind {
            Kind::Query(q) => out.query(q, 0),
            Kind::Define(Define::Table { query: Some(q), .. } | Define::View { query: q, .. }) => out.query(q, 0),
            Kind::Define(Define::Alter { name, .. }) => out.tables.push(name.clone()),
            Kind::Define(_) | Kind::Inert | Kind::Unknown => {}
        }
        out
    }

    /// What a query names.
    #[must_use]
    pub fn of_query(query: &Query) -> Mentions {
        let mut out = Mentions::default();
        out.query(query, 0);
        out
    }

    /// The functions that a statement names, in the bodies of routines and triggers too.
    #[must_use]
    pub fn functions_of(statement: &Statement) -> Vec<Name> {
        let mut out = Mentions::of(statement);
        match &statement.kind {
            Kind::Define(Define::Routine(routine)) => routine.body.iter().for_each(|s| out.query(&s.query, 0)),
            Kind::Define(Define::Trigger(trigger)) => {
                if let Does::Body(steps) = &trigger.does {
                    steps.iter().for_each(|s| out.query(&s.query, 0));
                }
            }
            _ => {}
        }
        out.functions
    }

    fn query(&mut self, q: &Query, depth: u32) {
        if depth > limits::SQL_DEPTH {
            return;
        }
        let before = self.ctes.len();
        for cte in &q.ctes {
            if cte.recursive {
                self.ctes.push(cte.name.clone());
            }
            self.query(&cte.query, depth + 1);
            self.ctes.push(cte.name.clone());
        }
        match &q.body {
            QueryBody::Select(s) => {
                self.relations(&s.from, depth);
                self.items(&s.items, depth);
                self.exprs(&s.filters, depth + 1);
                self.exprs(&s.uses, depth + 1);
            }
            QueryBody::Values(rows) => rows.iter().for_each(|r| self.exprs(r, depth + 1)),
            QueryBody::Set(a, b) => {
                self.query(a, depth + 1);
                self.query(b, depth + 1);
            }
            QueryBody::Nested(inner) => self.query(inner, depth + 1),
            QueryBody::Insert { table, source, on_conflict, returning, .. } => {
                self.table(table);
                if let Some(source) = source {
                    self.query(source, depth + 1);
                }
                self.assigned(on_conflict, depth);
                self.items(returning, depth);
            }
            QueryBody::Update { table, from, filters, set, returning, .. } => {
                self.table(table);
                self.relations(from, depth);
                self.exprs(filters, depth + 1);
                self.assigned(set, depth);
                self.items(returning, depth);
            }
            QueryBody::Delete { table, from, filters, returning, .. } => {
                self.table(table);
                self.relations(from, depth);
                self.exprs(filters, depth + 1);
                self.items(returning, depth);
            }
        }
        self.ctes.truncate(before);
    }

    fn items(&mut self, items: &[Item], depth: u32) {
        for item in items {
            match item {
                Item::Expr { expr, .. } => self.exprs(std::slice::from_ref(expr), depth + 1),
                Item::Star { but, .. } => {
                    for (_, but) in but {
                        if let But::Instead(expr, _) = but {
                            self.exprs(std::slice::from_ref(expr), depth + 1);
                        }
                    }
                }
            }
        }
    }

    fn assigned(&mut self, set: &[Assignment], depth: u32) {
        set.iter().for_each(|a| self.exprs(std::slice::from_ref(&a.value), depth + 1));
    }

    fn table(&mut self, table: &TableName) {
        let own = table.schema.is_none() && self.ctes.contains(&table.name);
        let known = |t: &TableName| t.name == table.name && t.schema == table.schema;
        if !own && !table.name.is_empty() && !self.tables.iter().any(known) {
            self.tables.push(table.clone());
        }
    }

    fn relations(&mut self, from: &[Relation], depth: u32) {
        for relation in from {
            match relation {
                Relation::Table { name, .. } => self.table(name),
                Relation::Sub { query, .. } => self.query(query, depth + 1),
                Relation::Function { args, name, .. } => {
                    self.functions.push(name.clone());
                    self.exprs(args, depth + 1);
                }
                Relation::Optional(inner) => self.relations(std::slice::from_ref(inner), depth),
                Relation::Using(_) => {}
            }
        }
    }

    fn exprs(&mut self, list: &[Expr], depth: u32) {
        if depth > limits::SQL_DEPTH {
            return;
        }
        for e in list {
            match e {
                Expr::Sub(q) => self.query(q, depth + 1),
                Expr::Exists(q, parts) => {
                    self.query(q, depth + 1);
                    self.exprs(parts, depth + 1);
                }
                Expr::Call { schema, name, args, .. } => {
                    self.functions.push(name.clone());
                    self.functions.extend(schema.as_ref().map(|s| Name::new(format!("{s}.{name}"))));
                    self.exprs(args, depth + 1);
                }
                Expr::Same(parts) | Expr::Derived(parts) | Expr::Test(TestExpr::Other(parts)) => {
                    self.exprs(parts, depth + 1);
                }
                Expr::Test(TestExpr::IsTrue(e) | TestExpr::IsFalse(e)) => {
                    self.exprs(std::slice::from_ref(e), depth + 1);
                }
                Expr::Test(TestExpr::Equal(a, b)) => {
                    self.exprs(std::slice::from_ref(a), depth + 1);
                    self.exprs(std::slice::from_ref(b), depth + 1);
                }
                Expr::Column { .. } | Expr::Param(..) | Expr::Hole(_) | Expr::Const | Expr::Text(_) | Expr::Row(..) => {
                }
            }
        }
    }
}
