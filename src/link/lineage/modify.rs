//! Statements that change rows: what is written from where, what is deleted, what they return.

use std::rc::Rc;

use super::routines::{Event, Written};
use super::rows::Rows;
use super::scope::{Col, Rel, Scope};
use super::{Lower, established};
use crate::ir::Name;
use crate::ir::sql::{Assignment, Expr, Item, Query, QueryBody, Relation, TableName, has_hole};
use crate::limits;
use crate::link::schema::{ANY_COLUMN, Table};
use crate::link::sqlfn::{ColumnId, Flowing, SqlSource, Write};
use crate::source::Span;

/// The parts that `UPDATE` and `DELETE` share.
struct Change<'q> {
    table: &'q TableName,
    alias: Option<&'q Name>,
    from: &'q [Relation],
    filters: &'q [Expr],
    returning: &'q [Item],
}

impl Lower<'_> {
    /// The rows that a data-modifying body returns.
    pub(super) fn modify(&mut self, body: &QueryBody, parent: Option<&Scope<'_>>, returned: bool) -> Rows {
        match body {
            QueryBody::Insert { table, alias, columns, source, on_conflict, returning } => {
                self.insert(table, alias.as_ref(), columns, source.as_deref(), on_conflict, returning, parent)
            }
            QueryBody::Update { table, alias, set, from, filters, returning } => {
                let change = Change { table, alias: alias.as_ref(), from, filters, returning };
                self.change(&change, set, parent, returned)
            }
            QueryBody::Delete { table, alias, from, filters, returning } => {
                if let Some((index, _)) = self.target(table)
                    && self.rounds == 0
                {
                    let span = self.place(table.span);
                    self.out.deletes.push((self.schema as u32, index, span));
                }
                let change = Change { table, alias: alias.as_ref(), from, filters, returning };
                self.change(&change, &[], parent, returned)
            }
            QueryBody::Select(_) | QueryBody::Values(_) | QueryBody::Set(..) | QueryBody::Nested(_) => Rows::default(),
        }
    }

    fn target(&self, name: &TableName) -> Option<(u32, &Table)> {
        let schema = self.schemas.list.get(self.schema)?;
        let index = schema.table(name)?;
        Some((index, schema.tables.get(index as usize)?))
    }

    /// The column that is written under this name; through a view that of its table.
    fn written(&mut self, table: &TableName, column: &str, span: Span) -> Option<ColumnId> {
        let (index, t) = self.target(table)?;
        let any = || t.column(ANY_COLUMN).filter(|_| t.implied);
        let Some(i) = t.column(column).or_else(any) else {
            let closed = !t.implied && !t.columns.is_empty();
            self.loose(column);
            if closed {
                let shown = format!("{}.{column}", table.name);
                self.unresolved(&shown, span);
            }
            return None;
        };
        Some(self.through(index, i))
    }

    fn through(&self, table: u32, column: u32) -> ColumnId {
        let own = ColumnId { schema: self.schema as u32, table, column, part: 0 };
        let inherited = self.schemas.column(own).filter(|c| !c.opaque).and_then(|c| c.inherited);
        let own = inherited.unwrap_or(own);
        let shown = self.schemas.table(own).filter(|t| !t.stored).and_then(|t| {
            let opaque = t.columns.get(column as usize).is_none_or(|c| c.opaque);
            t.view.as_ref().filter(|_| !opaque)?.outputs.get(column as usize)
        });
        match shown.map(|o| o.from.as_slice()) {
            Some([Flowing { source: SqlSource::Column(id), derived: false, .. }]) => *id,
            _ => own,
        }
    }

    pub(super) fn table_index(&self, name: &TableName) -> Option<u32> {
        self.target(name).map(|(index, _)| index)
    }

    pub(super) fn write(&mut self, column: ColumnId, from: Vec<Flowing>, span: Span, replaces: bool) {
        if self.rounds == 0 {
            let span = self.place(span);
            self.out.writes.push(Write { column, from, replaces, somewhere: false, span });
        }
    }

    /// Writes to a column of which it is only known at run time which one it is.
    fn write_somewhere(&mut self, table: &TableName, from: Vec<Flowing>, span: Span) {
        let first = self.target(table).and_then(|(index, t)| Some(self.through(index, t.live().next()?.0)));
        if let Some(column) = first.filter(|_| self.rounds == 0) {
            let span = self.place(span);
            self.out.writes.push(Write { column, from, replaces: false, somewhere: true, span });
        }
    }

    /// The table that a statement changes, as a relation; never a common table expression.
    fn changed(&mut self, table: &TableName, alias: Option<&Name>) -> Rel {
        let ctes = std::mem::take(&mut self.ctes);
        let rel = self.table(table, alias, &[]);
        self.ctes = ctes;
        rel
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of an INSERT")]
    fn insert(
        &mut self,
        table: &TableName,
        alias: Option<&Name>,
        columns: &[(Name, Span)],
        source: Option<&Query>,
        on_conflict: &[Assignment],
        returning: &[Item],
        parent: Option<&Scope<'_>>,
    ) -> Rows {
        let rel = self.changed(table, alias);
        let mut rows = source.map(|q| self.query(q, parent, true)).unwrap_or_default();
        let targets: Vec<(Name, Option<Span>)> = if columns.is_empty() {
            match self.target(table) {
                Some((_, t)) if t.implied => rows.cols.iter().map(|_| (Name::new(ANY_COLUMN), None)).collect(),
                Some((_, t)) => t.live().map(|(_, c)| (c.name.clone(), None)).collect(),
                None => Vec::new(),
            }
        } else {
            columns.iter().map(|(n, s)| (n.clone(), Some(*s))).collect()
        };
        let mut values: Vec<Written> = Vec::new();
        if let Some(any) = stands_for_all(&rows, &targets) {
            self.write_somewhere(table, any, rows.cols.first().map_or(table.span, |c| c.span));
            rows.cols.clear();
        }
        for ((name, place), col) in targets.iter().zip(&rows.cols) {
            let span = place.unwrap_or(col.span);
            match self.written(table, name, span) {
                Some(id) => {
                    self.write(id, col.from.clone(), span, false);
                    values.push((name.clone(), col.from.clone()));
                }
                None if has_hole(name) => self.write_somewhere(table, col.from.clone(), span),
                None => {}
            }
        }
        // Columns for which the source has no value (`DEFAULT VALUES`) are still named.
        for (name, place) in targets.iter().skip(rows.cols.len()) {
            if let Some(span) = place {
                self.written(table, name, *span);
            }
        }
        let mut scope = Scope::new(parent);
        scope.rels.push(rel);
        let index = self.table_index(table);
        if let Some(index) = index {
            self.fire(index, Event::Insert, &values, table.span);
        }
        if !on_conflict.is_empty() {
            let mut conflict = Scope::new(parent);
            conflict.rels.clone_from(&scope.rels);
            conflict.rels.push(excluded(&targets, &rows));
            let set: Vec<_> = on_conflict.iter().filter_map(|set| self.assign(table, set, &conflict, false)).collect();
            if let Some(index) = index {
                self.fire(index, Event::Update, &set, table.span);
            }
        }
        let mut out = Rows { guards: rows.guards, ..Rows::default() };
        self.items(returning, &mut scope, &mut out, true);
        out
    }

    /// The column that was assigned, with what.
    fn assign(&mut self, table: &TableName, set: &Assignment, scope: &Scope<'_>, replaces: bool) -> Option<Written> {
        let from = self.eval(&set.value, scope, false).from;
        let Some(id) = self.written(table, &set.column, set.span) else {
            if has_hole(&set.column) {
                self.write_somewhere(table, from, set.span);
            }
            return None;
        };
        self.write(id, from.clone(), set.span, replaces);
        Some((set.column.clone(), from))
    }

    fn change(&mut self, c: &Change<'_>, set: &[Assignment], parent: Option<&Scope<'_>>, returned: bool) -> Rows {
        let rel = self.changed(c.table, c.alias);
        let mut rows = Rows { guards: rel.guards.clone(), ..Rows::default() };
        let mut scope = Scope::new(parent);
        scope.rels.push(rel);
        let mut guards = self.from(c.from, &mut scope);
        rows.guards.append(&mut guards);
        for filter in c.filters {
            let mut guards = self.condition(filter, &scope);
            rows.guards.append(&mut guards);
        }
        let written: Vec<_> = set.iter().filter_map(|a| self.assign(c.table, a, &scope, true)).collect();
        if let Some(index) = self.table_index(c.table) {
            let event = if set.is_empty() { Event::Delete } else { Event::Update };
            self.fire(index, event, &written, c.table.span);
        }
        self.items(c.returning, &mut scope, &mut rows, returned);
        rows
    }

    /// `CREATE TABLE t AS SELECT ..`: the rows are written into the new table.
    pub(super) fn fill(&mut self, table: &TableName, rows: Rows) {
        let Some((index, t)) = self.target(table) else {
            self.out.row_guards = established(&rows.guards);
            return;
        };
        let columns: Vec<u32> = t.live().map(|(i, _)| i).collect();
        for (column, col) in columns.into_iter().zip(rows.cols) {
            let id = ColumnId { schema: self.schema as u32, table: index, column, part: 0 };
            self.write(id, col.from, col.span, false);
        }
        self.out.row_guards = established(&rows.guards);
    }
}

/// What stands for all values of a row, and is any of them: a hole, or a parameter that is written as often as there are
/// columns (`vec!["?"; n].join(", ")`).
fn stands_for_all(rows: &Rows, targets: &[(Name, Option<Span>)]) -> Option<Vec<Flowing>> {
    let ([col], [(_, listed), _, ..]) = (rows.cols.as_slice(), targets) else { return None };
    let hole = col.from.iter().any(|f| matches!(f.source, SqlSource::Hole(_)));
    let again = col.from.iter().find(|f| matches!(f.source, SqlSource::Param(_)) && listed.is_some());
    let others = again.map(|f| Flowing { source: SqlSource::Param(limits::SQL_OPEN_PARAM - 1), ..f.clone() });
    (hole || others.is_some()).then(|| col.from.iter().cloned().chain(others).collect())
}

/// `excluded`: the row that would have been inserted.
fn excluded(targets: &[(Name, Option<Span>)], rows: &Rows) -> Rel {
    let cols: Vec<Col> = targets
        .iter()
        .zip(&rows.cols)
        .map(|((name, _), col)| Col {
            name: name.clone(),
            touch: Vec::new(),
            late: false,
            star: false,
            id: None,
            ..col.clone()
        })
        .collect();
    Rel {
        alias: "excluded".into(),
        schema: None,
        cols: Rc::new(cols),
        open: Some(Vec::new()),
        guards: Vec::new(),
        hidden: Vec::new(),
        open_of: Vec::new(),
    }
}
