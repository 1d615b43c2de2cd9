//! What bound functions and statements delete: whether a right is fulfilled and a store is purged.
//!
//! From a bound function every call is followed; the statements that stand in what it reaches, with their triggers
//! and the foreign keys that cascade, are what it deletes or clears. What has a label of the people, or a limit in
//! the store, and is not among it, is left behind.

use std::collections::{BTreeMap, BTreeSet};

use super::Ready;
use super::bind::{Duty, Start};
use super::statements::inside;
use crate::flow::{Action, Job, Site, Step, Transform, transforms};
use crate::ir::Gap;
use crate::ir::GapKind;
use crate::ir::Name;
use crate::ir::sql::OnDelete;
use crate::judge::duties::{Left, Missed};
use crate::link::infer::{How, Target as Reached, Typed};
use crate::link::program::{Def, FuncId};
use crate::link::sqlfn::{ColumnId, Flowing, SqlFn, SqlSource, Write};
use crate::policy::{
    Ground, Label, Policy, Rule, StoreId, SubjectId, Target, TransformId, Transformed, apply_transform, law_of_right,
};
use crate::source::Span;

/// What the bound duties leave behind, and where that could not be seen.
pub(super) fn missed(ready: &Ready, policy: &Policy, typed: &[Typed]) -> (Vec<Missed>, Vec<Gap>) {
    let (mut out, mut gaps) = (Vec::new(), Vec::new());
    let mut duties: BTreeMap<String, (&Duty, Vec<&Start>)> = BTreeMap::new();
    for (duty, start, _) in &ready.bound.duties {
        duties.entry(name(policy, duty)).or_insert_with(|| (duty, Vec::new())).1.push(start);
    }
    for (name, (duty, starts)) in duties {
        // Several functions may fulfil one duty together.
        let mut done = Done::default();
        for start in &starts {
            done.start(ready, policy, typed, start);
        }
        done.cascade(ready);
        let (stores, left): (Vec<_>, Vec<_>) = left(ready, policy, duty, &done).into_iter().unzip();
        let Some(site) = starts.first().map(|s| site(ready, s)) else { continue };
        if left.is_empty() {
            continue;
        }
        let mut unknown = done.unknown.iter().filter(|(_, symbol)| !goes_elsewhere(ready, policy, symbol, &stores));
        if let Some((span, symbol)) = unknown.next() {
            let what =
                format!("whether `{name}` is complete is not known: the call of `{symbol}` below it is not understood");
            gaps.push(Gap { span: *span, what, kind: GapKind::Code });
            continue;
        }
        let (rule, clause, law) = match duty {
            Duty::Right(right, subject) => {
                let rights = policy.rights(*subject);
                let clause = rights.iter().find(|r| r.name == *right).map(|r| r.span);
                (Rule::R11, clause, law_of_right(right).map(str::to_owned))
            }
            Duty::Purge(store) => {
                let first = left.first().and_then(|l| policy.limits(l.label, *store).first().map(|(_, g)| g.span));
                (Rule::R13, first, None)
            }
        };
        let target = match duty {
            Duty::Purge(store) => Target::Store(*store),
            Duty::Right(..) => Target::None,
        };
        let target_name = policy.target_name(target).map(str::to_owned);
        out.push(Missed { rule, duty: name, clause, law, target, target_name, site, left, seen: done.seen });
    }
    (out, gaps)
}

fn name(policy: &Policy, duty: &Duty) -> String {
    match duty {
        Duty::Right(right, subject) => format!("{right} of {}", policy.subject_name(*subject)),
        Duty::Purge(store) => format!("purge of {}", policy.target_name(Target::Store(*store)).unwrap_or_default()),
    }
}

fn site(ready: &Ready, start: &Start) -> Site {
    match start {
        Start::Func(f) => {
            let p = &ready.program;
            let krate = p.crate_of(p.func_module(*f)).map(|c| c.name.clone()).unwrap_or_default();
            let function = p.func_path(*f);
            let span = p.func(*f).map_or(Span::new(crate::source::FileId(0), 0, 0), |d| d.span);
            Site { span, written: None, symbol: function.clone(), function, krate }
        }
        Start::File(file) | Start::Statement(file, _) => {
            let job = ready.jobs.iter().find(|j| runs(start, j));
            let span = job.map_or(Span::new(*file, 0, 0), |j| j.span);
            let function = job.map(|j| Name::from(&j.file)).unwrap_or_default();
            Site { span, written: None, symbol: function.clone(), function, krate: Name::default() }
        }
    }
}

fn runs(start: &Start, job: &Job) -> bool {
    match start {
        Start::Func(_) => false,
        Start::File(file) => job.span.file == *file,
        Start::Statement(_, span) => job.span == *span,
    }
}

/// What is deleted and cleared.
#[derive(Default)]
struct Done {
    tables: BTreeSet<(u32, u32)>,
    columns: BTreeSet<ColumnId>,
    seen: Vec<Step>,
    unknown: Vec<(Span, String)>,
}

impl Done {
    fn start(&mut self, ready: &Ready, policy: &Policy, typed: &[Typed], start: &Start) {
        let Start::Func(root) = start else {
            for job in ready.jobs.iter().filter(|j| runs(start, j)) {
                self.statement(ready, policy, &job.sql, job.span, &job.file);
            }
            return;
        };
        let p = &ready.program;
        for f in self.reached(ready, typed, *root) {
            let Some(def) = p.func(f) else { continue };
            let function = p.func_path(f).to_string();
            let within = |s: &Span| s.file == def.extent.file && def.extent.lo <= s.lo && s.hi <= def.extent.hi;
            for (span, sql) in inside(&ready.sql).filter(|(span, _)| within(span)) {
                self.statement(ready, policy, sql, span, &function);
            }
        }
    }

    /// The functions that a call of `root` may run, with the initialisers of the constants they name.
    fn reached(&mut self, ready: &Ready, typed: &[Typed], root: FuncId) -> BTreeSet<FuncId> {
        let p = &ready.program;
        let mut seen = BTreeSet::from([root]);
        let mut todo = vec![root];
        while let Some(f) = todo.pop() {
            let Some(t) = typed.get(f.0 as usize) else { continue };
            let mut next: Vec<FuncId> = Vec::new();
            let calls = p.func(f).map(crate::ir::body::Func::calls).unwrap_or_default();
            for (number, _, span) in &calls {
                let Some(site) = t.sites.get(*number as usize) else { continue };
                let funcs = site.targets.iter().filter_map(|t| if let Reached::Func(g) = t { Some(*g) } else { None });
                next.extend(funcs);
                if site.how == How::Unknown && site.targets.is_empty() && !site.symbol.is_empty() {
                    self.unknown.push((*span, site.symbol.to_string()));
                }
            }
            for res in &t.paths {
                match &res.def {
                    Some(Def::Func(g)) => next.push(*g),
                    Some(Def::Const(c)) => next.extend(p.initialiser(*c)),
                    _ => {}
                }
            }
            todo.extend(next.into_iter().filter(|g| seen.insert(*g)));
        }
        seen
    }

    fn statement(&mut self, ready: &Ready, policy: &Policy, sql: &SqlFn, span: Span, function: &str) {
        let mut step = |what: String| {
            let step = Step { span, what: what.into(), function: function.into() };
            if !self.seen.contains(&step) {
                self.seen.push(step);
            }
        };
        for (schema, table, _) in &sql.deletes {
            let id = ColumnId { schema: *schema, table: *table, column: 0, part: 0 };
            if let Some(t) = ready.schemas.table(id) {
                step(format!("deletes from `{}`", t.name));
            }
            self.tables.insert((*schema, *table));
        }
        for w in sql.writes.iter().filter(|w| w.replaces && clears(ready, policy, sql, w)) {
            step(format!("clears `{}`", ready.schemas.show(w.column)));
            self.columns.insert(w.column);
        }
    }

    /// What foreign keys delete and clear with it.
    fn cascade(&mut self, ready: &Ready) {
        loop {
            let before = (self.tables.len(), self.columns.len());
            for (s, schema) in (0u32..).zip(&ready.schemas.list) {
                for (t, table) in (0u32..).zip(&schema.tables).filter(|(_, t)| !t.dropped) {
                    for key in &table.foreign {
                        let to = schema.table(&key.table).map(|to| (s, to));
                        if !to.is_some_and(|to| self.tables.contains(&to)) {
                            continue;
                        }
                        match key.on_delete {
                            OnDelete::Cascade => {
                                self.tables.insert((s, t));
                            }
                            OnDelete::Clear => {
                                let columns = key.columns.iter().filter_map(|c| table.column(c));
                                self.columns.extend(columns.map(|column| ColumnId {
                                    schema: s,
                                    table: t,
                                    column,
                                    part: 0,
                                }));
                            }
                            OnDelete::Nothing => {}
                        }
                    }
                }
            }
            if (self.tables.len(), self.columns.len()) == before {
                return;
            }
        }
    }

    fn erases(&self, c: ColumnId) -> bool {
        self.tables.contains(&(c.schema, c.table)) || self.columns.contains(&c.whole())
    }
}

/// Whether nothing of a person is left where a statement writes: what stands there comes from no labelled column, or
/// is anonymous now. What is bound from outside may be anything.
fn clears(ready: &Ready, policy: &Policy, sql: &SqlFn, w: &Write) -> bool {
    let seeds = &ready.bound.seeds;
    let clean = |f: &Flowing| match f.source {
        SqlSource::Param(_) | SqlSource::Hole(_) => false,
        SqlSource::Column(c) => {
            let mut labels = seeds.labels_of_column(c).filter_map(|set| ready.bound.labels.get(set as usize)).flatten();
            let through = transforms(seeds, &f.functions);
            labels.all(|l| is_dropped(policy, *l, &through))
        }
    };
    w.from.iter().all(clean) && (!w.from.is_empty() || sql.unresolved.is_empty())
}

/// Whether a label is anonymous after these transforms.
fn is_dropped(policy: &Policy, label: Label, through: &[Transform]) -> bool {
    let mut label = label;
    for t in through {
        let Transform::Bound(t) = t else { continue };
        match apply_transform(policy, TransformId(*t), label) {
            Transformed::Dropped => return true,
            Transformed::Replaced(now) => label = now,
            Transformed::Unchanged | Transformed::Both(_) => {}
        }
    }
    false
}

/// Whether a call that is not understood goes to a recipient, or to a store in which none of these tables are.
fn goes_elsewhere(ready: &Ready, policy: &Policy, symbol: &str, tables: &[Option<StoreId>]) -> bool {
    match ready.bound.seeds.sink_of(symbol) {
        Some((Action::Keep, store)) => {
            let apart = |s: StoreId| !policy.stores.leq(s, StoreId(store)) && !policy.stores.leq(StoreId(store), s);
            tables.iter().all(|table| table.is_some_and(apart))
        }
        Some((Action::Share, _)) => true,
        _ => false,
    }
}

/// The columns that a duty is about and that are not erased, with the stores that their tables are in.
fn left(ready: &Ready, policy: &Policy, duty: &Duty, done: &Done) -> Vec<(Option<StoreId>, Left)> {
    let seeds = &ready.bound.seeds;
    let mut out = Vec::new();
    for (c, seed) in &seeds.columns {
        let (Some(table), Some(column)) = (ready.schemas.table(*c), ready.schemas.column(*c)) else { continue };
        let elsewhere = (table.view.is_some() && !table.stored) || column.inherited.is_some();
        if table.dropped || column.dropped || table.temporary || elsewhere || done.erases(*c) {
            continue;
        }
        let Some(entry) = seeds.entries.get(*seed as usize) else { continue };
        let store = seeds.tables.get(&(c.schema, c.table)).map(|s| StoreId(*s));
        let labels = ready.bound.labels.get(entry.labels as usize).map_or(&[][..], Vec::as_slice);
        for label in labels.iter().filter(|l| concerns(policy, duty, **l, store)) {
            let left = Left {
                name: ready.schemas.show(*c),
                table: table.name.to_string(),
                label: *label,
                span: column.span,
                labelled: entry.labelled,
            };
            out.push((store, left));
        }
    }
    out
}

/// Whether a duty is about data with this label in this store.
fn concerns(policy: &Policy, duty: &Duty, label: Label, store: Option<StoreId>) -> bool {
    match duty {
        Duty::Right(right, subject) => {
            let theirs = label.subject.is_some_and(|s| policy.subjects.leq(s, *subject));
            theirs && !excepted(policy, right, *subject, label, store)
        }
        Duty::Purge(purged) => {
            let inside = store.is_some_and(|s| policy.stores.leq(s, *purged));
            inside && store.is_some_and(|s| policy.limits(label, s).iter().any(|(_, g)| g.limit.is_some()))
        }
    }
}

/// Whether a purpose that the right excepts, or one that the law demands, keeps this data in this store.
fn excepted(policy: &Policy, right: &str, subject: SubjectId, label: Label, store: Option<StoreId>) -> bool {
    let rights = policy.rights(subject);
    let except = rights.iter().filter(|r| r.name == right).flat_map(|r| &r.except);
    let keeps = store.map(|s| policy.limits(label, s)).unwrap_or_default();
    let excepted: Vec<_> = except.map(|(purpose, _)| *purpose).collect();
    keeps.iter().any(|(p, _)| {
        let demanded = policy.basis(*p).is_some_and(|b| b.ground == Ground::LegalObligation);
        demanded || excepted.iter().any(|e| policy.purposes.leq(*p, *e))
    })
}
