//! From a statement to the edges between columns, bind parameters and result columns.
//!
//! Scopes and names are resolved here against one schema: aliases, `*`, common table expressions, subqueries, views.
//! Only data is followed; what a condition decides is recorded as a use or as a guard of the rows.

mod eval;
mod functions;
mod json;
mod modify;
mod people;
mod routines;
mod rows;
mod scope;
#[cfg(test)]
mod tests;

use crate::ir::Name;
use crate::ir::sql::{Define, Does, Item, Kind, Query, QueryBody, Statement, has_hole};
use crate::limits;
use crate::link::schema::Schemas;
use crate::link::sqlfn::{ColumnId, ColumnUse, Flowing, Output, SqlFn};
use crate::source::{FileId, Span};

use routines::{Event, Frame};
use scope::Rel;
pub(crate) use scope::shown_name;

/// Lowers a statement against one schema of the list.
#[must_use]
pub fn lower(statement: &Statement, schemas: &Schemas, schema: usize) -> SqlFn {
    let mut cx = Lower::new(schemas, schema, statement.span);
    match &statement.kind {
        Kind::Query(query) => cx.whole(query),
        Kind::Define(Define::View { query, columns, .. }) => {
            cx.whole(query);
            for (output, name) in cx.out.outputs.iter_mut().zip(columns) {
                output.name = name.clone();
            }
        }
        Kind::Define(Define::Table { query: Some(query), name, .. }) => {
            let rows = cx.query(query, None, true);
            cx.fill(name, rows);
        }
        Kind::Define(Define::Routine(routine)) => cx.alone(routine),
        Kind::Define(Define::Trigger(trigger)) => {
            if let (Does::Body(steps), Some(table)) = (&trigger.does, cx.table_index(&trigger.table)) {
                cx.alone_at(steps, table);
            }
        }
        Kind::Define(_) | Kind::Inert | Kind::Unknown => {}
    }
    cx.out.param_names.clone_from(&statement.named);
    cx.finish()
}

/// Lowers a query that stands for itself, such as a view's.
#[must_use]
pub fn query(query: &Query, schemas: &Schemas, schema: usize) -> SqlFn {
    let mut cx = Lower::new(schemas, schema, Span::new(FileId(0), 0, 0));
    cx.whole(query);
    cx.finish()
}

/// What a row has established.
type Guards = Vec<people::Guard>;

/// A statement in the making.
struct Lower<'a> {
    schemas: &'a Schemas,
    schema: usize,
    span: Span,
    out: SqlFn,
    /// Common table expressions in reach, the nearest last.
    ctes: Vec<(Name, Rel)>,
    steps: u32,
    depth: u32,
    /// Recursive queries being settled: nothing is recorded meanwhile.
    rounds: u32,
    stopped: bool,
    /// Routines that are being evaluated, the outermost first.
    frames: Vec<Frame>,
    /// Names under which the next routine sees the rows that a statement changes.
    transition: Vec<(Name, Rel)>,
    /// Why the trigger that is being evaluated runs.
    event: Option<Event>,
    /// What conditions say is equal.
    equal: Vec<(people::Node, people::Node)>,
}

impl<'a> Lower<'a> {
    fn new(schemas: &'a Schemas, schema: usize, span: Span) -> Self {
        Self {
            schemas,
            schema,
            span,
            out: SqlFn::default(),
            ctes: Vec::new(),
            steps: 0,
            depth: 0,
            rounds: 0,
            stopped: false,
            frames: Vec::new(),
            transition: Vec::new(),
            event: None,
            equal: Vec::new(),
        }
    }

    /// The query of the whole statement: its rows are the result.
    fn whole(&mut self, query: &Query) {
        let rows = self.query(query, None, true);
        let shows =
            !matches!(query.body, QueryBody::Insert { .. } | QueryBody::Update { .. } | QueryBody::Delete { .. })
                || !rows.cols.is_empty();
        if shows {
            self.out.star = shows_all(&query.body);
            self.out.outputs = rows
                .cols
                .into_iter()
                .map(|c| Output { name: c.name, from: c.from, keys: c.keys, by_star: c.star, span: c.span })
                .collect();
        }
        self.out.row_guards = established(&rows.guards);
    }

    fn finish(mut self) -> SqlFn {
        let outputs = self.out.outputs.iter_mut().map(|o| &mut o.from);
        outputs.chain(self.out.writes.iter_mut().map(|w| &mut w.from)).for_each(of_any_row);
        let mut guards = std::mem::take(&mut self.out.row_guards);
        guards.sort_unstable();
        guards.dedup();
        self.out.row_guards = guards;
        let uses = &mut self.out.uses;
        uses.sort_unstable_by_key(|u| (u.span, u.column, !u.returned));
        uses.dedup_by_key(|u| (u.span, u.column));
        let unresolved = &mut self.out.unresolved;
        unresolved.sort_unstable_by(|a, b| (a.1, &a.0).cmp(&(b.1, &b.0)));
        unresolved.dedup();
        self.out
    }

    /// Takes a step; false once the statement has had its share.
    fn step(&mut self) -> bool {
        self.steps = self.steps.saturating_add(1);
        if self.steps > limits::SQL_STEPS && !self.stopped {
            self.stopped = true;
            self.out.unresolved.push(("this statement is too large to be followed".into(), self.span));
        }
        !self.stopped
    }

    /// Goes one level down; false where it is too deep.
    fn enter(&mut self) -> bool {
        self.depth += 1;
        if self.depth > limits::SQL_DEPTH {
            self.depth -= 1;
            self.unresolved("this statement is nested too deeply to be followed", self.span);
            return false;
        }
        true
    }

    fn leave(&mut self) {
        self.depth -= 1;
    }

    fn unresolved(&mut self, name: &str, span: Span) {
        if self.rounds == 0 && self.frames.is_empty() {
            self.out.unresolved.push((name.to_string(), span));
        }
    }

    /// What is read, written or given goes by a name that is only known at run time.
    fn loose(&mut self, name: &str) {
        self.out.loose |= has_hole(name);
    }

    fn used(&mut self, columns: &[ColumnId], span: Span, returned: bool) {
        if self.rounds == 0 {
            let span = self.place(span);
            self.out.uses.extend(columns.iter().map(|&column| ColumnUse { column, span, returned }));
        }
    }
}

/// What rows have established, of whichever row of a table it is.
fn established(guards: &[people::Guard]) -> Vec<(ColumnId, bool)> {
    guards.iter().map(|g| g.of).collect()
}

/// Whether `*` stands among what a query selects or returns.
fn shows_all(body: &QueryBody) -> bool {
    match body {
        QueryBody::Select(select) => select.items.iter().any(|item| matches!(item, Item::Star { .. })),
        QueryBody::Set(a, b) => shows_all(&a.body) || shows_all(&b.body),
        QueryBody::Nested(inner) => shows_all(&inner.body),
        QueryBody::Insert { returning, .. }
        | QueryBody::Update { returning, .. }
        | QueryBody::Delete { returning, .. } => returning.iter().any(|item| matches!(item, Item::Star { .. })),
        QueryBody::Values(_) => false,
    }
}

/// Sources, each once: which rows they are of matters no more when all is known that is established of these.
fn of_any_row(from: &mut Vec<Flowing>) {
    let mut out: Vec<Flowing> = Vec::with_capacity(from.len());
    for flow in from.drain(..) {
        if !out.iter().any(|f| f.is(&flow)) {
            out.push(flow);
        }
    }
    *from = out;
}

/// Adds a source unless it is there; keeps the number in bounds.
fn add(to: &mut Vec<Flowing>, flow: Flowing) {
    let there = to.iter().any(|f| f.is(&flow) && f.row == flow.row);
    if !there && to.len() < limits::SQL_SOURCES {
        to.push(flow);
    }
}
