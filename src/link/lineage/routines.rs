//! Functions, procedures and triggers: what a statement sets off in the database.
//!
//! A routine is evaluated where it is called, with what its arguments hold, so that two calls stay apart. The order of
//! its steps is kept, branches and loops are not: a variable holds what any step may have put into it.

use std::rc::Rc;

use super::rows::Rows;
use super::scope::{Col, Rel, Scope};
use super::{Lower, add};
use crate::ir::Name;
use crate::ir::sql::{Does, Events, Into, Routine, Runs, Step};
use crate::limits;
use crate::link::schema::Table;
use crate::link::sqlfn::{ColumnId, Flowing};
use crate::source::Span;

/// A column and what a statement puts into it.
pub(super) type Written = (Name, Vec<Flowing>);

/// A routine that is being evaluated.
pub(super) struct Frame {
    name: Name,
    args: Vec<Vec<Flowing>>,
    /// Where the statement stands that set it off.
    at: Span,
}

/// What happens to the rows of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    Insert,
    Update,
    Delete,
}

impl Event {
    fn among(self, events: Events) -> bool {
        match self {
            Event::Insert => events.insert,
            Event::Update => events.update,
            Event::Delete => events.delete,
        }
    }
}

/// Names that PL/pgSQL gives to what holds no data of a row.
const GIVEN: [&str; 12] = [
    "tg_op",
    "tg_name",
    "tg_when",
    "tg_level",
    "tg_nargs",
    "tg_argv",
    "tg_relid",
    "tg_table_name",
    "tg_table_schema",
    "found",
    "sqlstate",
    "sqlerrm",
];

impl Lower<'_> {
    /// Whether the schema has a routine of this name with a body that is known.
    pub(super) fn knows_routine(&self, name: &str) -> bool {
        let schema = self.schemas.list.get(self.schema);
        schema.and_then(|s| s.routine(name, 0)).is_some_and(|r| !r.body.is_empty())
    }

    /// What a parameter holds inside the routine that is being evaluated.
    pub(super) fn argument(&self, n: u32) -> Option<Vec<Flowing>> {
        let frame = self.frames.last()?;
        Some(frame.args.get(n as usize).cloned().unwrap_or_default())
    }

    /// The place that stands for one inside a routine: that of the statement which set it off.
    pub(super) fn place(&self, span: Span) -> Span {
        self.frames.first().map_or(span, |f| f.at)
    }

    /// The rows that a routine of the schema yields for these arguments; `None` where there is none of this name.
    pub(super) fn call_routine(&mut self, name: &str, args: &[Vec<Flowing>], at: Span) -> Option<Rows> {
        let schemas = self.schemas;
        let routine = schemas.list.get(self.schema)?.routine(name, args.len())?;
        if !self.push(&routine.name.name, args.to_vec(), at) {
            return Some(Rows::default());
        }
        let mut known = vec![variables(routine, args, at)];
        let outer = self.event.take();
        let mut rows = self.run(&routine.body, &mut known);
        self.event = outer;
        if rows.cols.is_empty() && !routine.results.is_empty() {
            // Results that were assigned under their names.
            let vars = known.first();
            rows.cols = routine.results.iter().filter_map(|n| vars.and_then(|v| v.col(n)).cloned()).collect();
        }
        for (col, name) in rows.cols.iter_mut().zip(&routine.results) {
            col.name = name.clone();
        }
        self.frames.pop();
        Some(rows)
    }

    /// Steps that run by themselves: a block, or a routine of which only its own names are asked.
    pub(super) fn alone(&mut self, routine: &Routine) {
        let mut known = vec![variables(routine, &[], self.span)];
        // It may be run by triggers of any table.
        known.extend(["new", "old"].map(|alias| Rel {
            alias: alias.into(),
            open: Some(Vec::new()),
            ..nothing(self.span)
        }));
        self.run(&routine.body, &mut known);
    }

    /// The same for what a trigger of this table runs.
    pub(super) fn alone_at(&mut self, steps: &[Step], table: u32) {
        let schemas = self.schemas;
        let Some(t) = schemas.list.get(self.schema).and_then(|s| s.tables.get(table as usize)) else { return };
        let mut known = vec![nothing(self.span)];
        known.extend(["new", "old"].map(|alias| self.row_of(table, t, alias, None)));
        self.run(steps, &mut known);
    }

    fn push(&mut self, name: &Name, args: Vec<Vec<Flowing>>, at: Span) -> bool {
        let again = self.frames.iter().any(|f| f.name == *name);
        if again || self.frames.len() >= limits::SQL_CALLS || !self.step() {
            return false;
        }
        self.frames.push(Frame { name: name.clone(), args, at });
        true
    }

    /// Evaluates steps, once to learn what variables hold and once more to record what happens.
    fn run(&mut self, body: &[Step], known: &mut Vec<Rel>) -> Rows {
        let ctes = std::mem::take(&mut self.ctes);
        self.ctes = std::mem::take(&mut self.transition);
        let targets = body.iter().filter_map(|s| if let Into::Variables(names) = &s.into { Some(names) } else { None });
        for name in targets.flatten() {
            if let ([name], Some(vars)) = (name.as_slice(), known.first_mut())
                && vars.col(name).is_none()
            {
                Rc::make_mut(&mut vars.cols).push(empty(name.clone(), vars_span(body)));
            }
        }
        let mut result = Rows::default();
        if self.rounds == 0 && body.iter().any(|s| s.runs == Runs::Again) {
            self.rounds += 1;
            self.round(body, known);
            self.rounds -= 1;
        }
        for rows in self.round(body, known) {
            if result.cols.is_empty() {
                result = rows;
            } else {
                for (col, more) in result.cols.iter_mut().zip(rows.cols) {
                    col.keys = None;
                    more.from.into_iter().for_each(|f| add(&mut col.from, f));
                }
                result.guards.retain(|g| rows.guards.iter().any(|o| o.of == g.of));
            }
        }
        self.ctes = ctes;
        result
    }

    fn round(&mut self, body: &[Step], known: &mut Vec<Rel>) -> Vec<Rows> {
        let mut results = Vec::new();
        let event = self.event;
        for step in body.iter().filter(|s| event.is_none_or(|e| e.among(s.only))) {
            if !self.step() {
                break;
            }
            let mut scope = Scope::new(None);
            scope.rels.clone_from(known);
            let rows = self.query(&step.query, Some(&scope), true);
            match &step.into {
                Into::Nothing => {}
                Into::Result => results.push(rows),
                Into::Variables(names) => assign(known, names, rows, step.runs == Runs::Once),
            }
        }
        results
    }

    /// Runs the triggers of a table. `written` are the values that the statement gives to columns.
    pub(super) fn fire(&mut self, table: u32, event: Event, written: &[Written], at: Span) {
        let schemas = self.schemas;
        let Some(schema) = schemas.list.get(self.schema) else { return };
        let Some(t) = schema.tables.get(table as usize) else { return };
        for trigger in t.triggers.iter().filter(|trigger| event.among(trigger.on)) {
            let steps = match &trigger.does {
                Does::Body(steps) => steps,
                Does::Call(name) => match schema.routine(&name.name, 0) {
                    Some(routine) => &routine.body,
                    None => continue,
                },
            };
            let at = self.place(at);
            if !self.push(&trigger.name, Vec::new(), at) {
                continue;
            }
            let new = self.row_of(table, t, "new", Some((event, written)));
            let old = self.row_of(table, t, "old", None);
            self.transition =
                trigger.tables.iter().map(|name| (name.clone(), Rel { alias: name.clone(), ..new.clone() })).collect();
            let mut known = vec![nothing(at), new.clone(), old];
            let outer = self.event.replace(event);
            self.run(steps, &mut known);
            self.event = outer;
            // `NEW.a := ..` before the row is written changes what is written.
            let after = known.get(1).cloned();
            for (before, now) in new.cols.iter().zip(after.iter().flat_map(|r| r.cols.iter())) {
                let more: Vec<Flowing> = now.from.iter().filter(|f| !before.from.contains(f)).cloned().collect();
                if let (Some(i), false) = (t.column(&now.name), more.is_empty()) {
                    let id = ColumnId { schema: self.schema as u32, table, column: i, part: 0 };
                    self.write(id, more, at, false);
                }
            }
            self.frames.pop();
        }
    }

    /// A row of a table as a trigger sees it.
    fn row_of(&mut self, table: u32, t: &Table, alias: &str, written: Option<(Event, &[Written])>) -> Rel {
        let mut cols = self.columns(table, t, self.span);
        for col in &mut cols {
            // The statement itself names what it names; the trigger only hands it on.
            col.touch.clear();
            col.late = false;
            if let Some((event, written)) = written {
                match written.iter().find(|(name, _)| name.eq_ignore_ascii_case(&col.name)) {
                    Some((_, from)) => {
                        col.from.clone_from(from);
                        col.keys = None;
                    }
                    None if event == Event::Insert => col.from.clear(),
                    None => {}
                }
            }
        }
        Rel {
            alias: alias.into(),
            schema: None,
            cols: Rc::new(cols),
            open: None,
            guards: Vec::new(),
            hidden: Vec::new(),
            open_of: Vec::new(),
        }
    }
}

fn vars_span(body: &[Step]) -> Span {
    body.iter()
        .find_map(|s| match &s.query.body {
            crate::ir::sql::QueryBody::Select(select) => select.items.first().map(|i| match i {
                crate::ir::sql::Item::Expr { span, .. } | crate::ir::sql::Item::Star { span, .. } => *span,
            }),
            _ => None,
        })
        .unwrap_or(Span::new(crate::source::FileId(0), 0, 0))
}

fn empty(name: Name, span: Span) -> Col {
    Col { name, from: Vec::new(), touch: Vec::new(), late: false, star: false, id: None, keys: None, span }
}

/// The variables that every routine has.
fn nothing(at: Span) -> Rel {
    let cols = GIVEN.iter().map(|name| empty((*name).into(), at)).collect();
    Rel {
        alias: Name::default(),
        schema: None,
        cols: Rc::new(cols),
        open: None,
        guards: Vec::new(),
        hidden: Vec::new(),
        open_of: Vec::new(),
    }
}

/// The parameters of a routine, and the variables that every one has.
fn variables(routine: &Routine, args: &[Vec<Flowing>], at: Span) -> Rel {
    let mut rel = nothing(at);
    rel.alias = routine.name.name.clone();
    let cols = Rc::make_mut(&mut rel.cols);
    for (i, name) in routine.params.iter().enumerate().filter(|(_, n)| !n.is_empty()) {
        let from = args.get(i).cloned().unwrap_or_default();
        cols.push(Col { from, ..empty(name.clone(), at) });
    }
    for name in &routine.results {
        if !name.is_empty() && !cols.iter().any(|c| c.name == *name) {
            cols.push(empty(name.clone(), at));
        }
    }
    rel
}

/// Puts the columns of rows into variables.
fn assign(known: &mut Vec<Rel>, names: &[Vec<Name>], rows: Rows, once: bool) {
    if let [one] = names
        && let [name] = one.as_slice()
        && (rows.cols.len() > 1 || known.iter().skip(1).any(|r| r.alias == *name))
    {
        // A record: it has the columns of the rows.
        match known.iter_mut().skip(1).find(|r| r.alias == *name) {
            Some(record) => rows.cols.into_iter().for_each(|col| join(record, col.name.clone(), col, once)),
            None => {
                let mut record = rows.into_rel(name.clone(), &[]);
                Rc::make_mut(&mut record.cols).iter_mut().for_each(|c| c.touch.clear());
                known.push(record);
            }
        }
        return;
    }
    for (path, col) in names.iter().zip(rows.cols) {
        match path.as_slice() {
            [name] => {
                if let Some(vars) = known.first_mut() {
                    join(vars, name.clone(), col, once);
                }
            }
            [.., record, field] => {
                let found = known.iter().position(|r| r.alias == *record);
                if let Some(rel) = found.and_then(|i| known.get_mut(i)) {
                    join(rel, field.clone(), col, once);
                }
            }
            [] => {}
        }
    }
}

/// What a variable holds after an assignment; one more thing that it may hold, unless this happens `once`.
fn join(rel: &mut Rel, name: Name, value: Col, once: bool) {
    let cols = Rc::make_mut(&mut rel.cols);
    match cols.iter_mut().find(|c| c.name == name) {
        Some(col) if once => {
            col.from = value.from;
            col.keys = value.keys;
            col.id = None;
        }
        Some(col) => {
            value.from.into_iter().for_each(|f| add(&mut col.from, f));
            col.keys = None;
            col.id = None;
        }
        None => cols.push(Col { touch: Vec::new(), late: false, star: false, id: None, name, ..value }),
    }
}
