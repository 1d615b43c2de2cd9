//! Statements of `.sql` files that run by themselves.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::finish::entry;
use super::interp::Cx;
use super::seeds::Seeds;
use super::solve::Solved;
use super::trace::put;
use super::types::{Action, Arriving, Confidence, Entry, Established, Flow, Journey, Site, Step, Transform};
use crate::ir::Name;
use crate::link::sqlfn::{ColumnId, Flowing, Passed, SqlFn, SqlSource};
use crate::source::Span;

/// A statement of a `.sql` file that runs by itself.
#[derive(Clone, Debug)]
pub struct Job {
    /// What it does.
    pub sql: SqlFn,
    /// Its purpose, by comment or binding.
    pub purpose: Option<(u32, Span)>,
    /// Where its rows go, by comment or binding.
    pub target: Option<(Action, u32)>,
    /// Its file.
    pub file: String,
    /// Its place.
    pub span: Span,
}

/// Flows of statements that run by themselves.
pub(super) fn job_flows(cx: Cx<'_>, jobs: &[Job], out: &mut Solved) {
    for job in jobs {
        let running = Running::of(cx, job);
        running.uses(out);
        if let Some((action, target)) = job.target {
            running.results(action, target, out);
        }
        running.writes(out);
    }
}

/// A statement that runs by itself.
struct Running<'a> {
    cx: Cx<'a>,
    job: &'a Job,
    file: Name,
    /// What every row that it reads has established.
    guards: Arc<Established>,
}

impl<'a> Running<'a> {
    fn of(cx: Cx<'a>, job: &'a Job) -> Self {
        let established = |(c, truth): &(ColumnId, bool)| {
            let (guard, negative) = cx.seeds.guard_columns.get(c)?;
            (truth != negative).then_some(*guard)
        };
        let guards: BTreeSet<u32> = job.sql.row_guards.iter().filter_map(established).collect();
        Running { cx, job, file: Name::from(&job.file), guards: Arc::new(guards.into()) }
    }

    /// The columns that it names.
    fn uses(&self, out: &mut Solved) {
        for u in &self.job.sql.uses {
            for seed in self.cx.seeds.of_column(u.column) {
                let e = entry(self.cx, seed, u.span);
                let name = e.name.clone();
                self.put(seed, (None, None), self.journey(e, u.span, name, "used here"), out);
            }
        }
    }

    /// The columns of its result, which goes somewhere.
    fn results(&self, action: Action, target: u32, out: &mut Solved) {
        for output in &self.job.sql.outputs {
            for (from, seed) in output.from.iter().flat_map(|from| self.seeds(from)) {
                let name = output.name.clone();
                let what = format!("is a column `{name}` of the result");
                let given = Journey {
                    action,
                    target: Arriving::Bound(target),
                    ..self.carried(from, seed, output.span, name, &what)
                };
                self.put(seed, (None, None), given, out);
            }
        }
    }

    /// The columns that it writes.
    fn writes(&self, out: &mut Solved) {
        let seeds = self.cx.seeds;
        for w in &self.job.sql.writes {
            let table = (w.column.schema, w.column.table);
            let name = seeds.table_names.get(&table).cloned().unwrap_or_default();
            let target = match seeds.tables.get(&table) {
                Some(s) => Arriving::Bound(*s),
                None => Arriving::Unbound(name.clone()),
            };
            let home: Vec<u32> = seeds.labels_of_column(w.column).collect();
            for (from, seed) in w.from.iter().flat_map(|from| self.seeds(from)) {
                let written = Journey {
                    action: Action::Keep,
                    target: target.clone(),
                    home: Some(home.clone()),
                    ..self.carried(from, seed, w.span, name.as_str().into(), &format!("written to `{name}`"))
                };
                for n in seeds.probes_at(w.column) {
                    self.put(seed, (Some(n), None), written.clone(), out);
                }
                self.put(seed, (None, Some(w.column)), written, out);
            }
        }
    }

    /// The labels of the column that something comes from.
    fn seeds<'f>(&self, from: &'f Flowing) -> impl Iterator<Item = (&'f Flowing, u32)> {
        let column = if let SqlSource::Column(c) = from.source { Some(c) } else { None };
        column.into_iter().flat_map(|c| self.cx.seeds.of_column(c)).map(move |seed| (from, seed))
    }

    /// The way of what comes from a column.
    fn carried(&self, from: &Flowing, seed: u32, at: Span, symbol: Name, what: &str) -> Journey {
        Journey {
            transforms: transforms(self.cx.seeds, &from.functions),
            derived: from.derived,
            ..self.journey(entry(self.cx, seed, from.span), at, symbol, what)
        }
    }

    fn journey(&self, e: Entry, at: Span, symbol: Name, what: &str) -> Journey {
        let step = |span, what: String| Arc::new(Step { span, what: what.into(), function: self.file.clone() });
        Journey {
            action: Action::Use,
            path: vec![step(e.span, format!("`{}` enters here", e.name)), step(at, what.to_owned())],
            entry: e,
            transforms: Vec::new(),
            derived: false,
            target: Arriving::Code,
            site: Site { span: at, written: None, function: self.file.clone(), krate: Name::default(), symbol },
            confidence: Confidence::Certain,
            reason: None,
            load: false,
            home: None,
        }
    }

    /// A flow, at a probe or into a column if it is one there.
    fn put(&self, seed: u32, to: (Option<u32>, Option<ColumnId>), journey: Journey, out: &mut Solved) {
        let flow = Flow {
            journey: Arc::new(journey),
            purpose: self.job.purpose.map(|(p, _)| p),
            purpose_at: self.job.purpose.map(|(_, s)| s),
            guards: self.guards.clone(),
            paths_total: 1,
        };
        match self.cx.seeds.probes.is_empty() {
            true => out.flows.push(flow),
            false => put(self.cx.seeds.probe_of(seed), to.0, to.1, flow, out),
        }
    }
}

/// The transforms among SQL functions: those that a policy binds by their own name or by their kind, and the kinds.
#[must_use]
pub fn transforms(seeds: &Seeds, functions: &[Passed]) -> Vec<Transform> {
    let transform = |f: &Passed| {
        let bare = f.name.rsplit('.').next().unwrap_or_default();
        let own = seeds.transform_sql.get(&f.name).or_else(|| seeds.transform_sql.get(bare));
        let kind = || seeds.transform_ext.get(bare).or_else(|| seeds.transform_ext.get(f.kind.as_ref()?));
        let bound = own.or_else(|| kind().filter(|_| f.kind.is_some()));
        bound.map(|t| Transform::Bound(*t)).or_else(|| Some(Transform::Kind(f.kind.clone()?)))
    };
    functions.iter().filter_map(transform).collect()
}
