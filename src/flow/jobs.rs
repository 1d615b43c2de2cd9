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
use crate::link::sqlfn::{Passed, SqlFn, SqlSource};
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
        let guards: BTreeSet<u32> = job
            .sql
            .row_guards
            .iter()
            .filter_map(|(c, truth)| cx.seeds.guard_columns.get(c).and_then(|(g, neg)| (*truth != *neg).then_some(*g)))
            .collect();
        let guards: Arc<Established> = Arc::new(guards.into());
        let file = Name::from(&job.file);
        let step = |span: Span, what: String| Arc::new(Step { span, what: what.into(), function: file.clone() });
        let journey = |e: Entry, at: Span, symbol: Name, what: &str| Journey {
            action: Action::Use,
            path: vec![step(e.span, format!("`{}` enters here", e.name)), step(at, what.to_owned())],
            entry: e,
            transforms: Vec::new(),
            derived: false,
            target: Arriving::Code,
            site: Site { span: at, function: file.clone(), krate: Name::default(), symbol },
            paths_total: 1,
            confidence: Confidence::Certain,
            reason: None,
            load: false,
            home: None,
        };
        let flow = |journey: Journey| Flow {
            journey: Arc::new(journey),
            purpose: job.purpose.map(|(p, _)| p),
            purpose_at: job.purpose.map(|(_, s)| s),
            guards: guards.clone(),
        };
        for u in &job.sql.uses {
            if let Some(seed) = cx.seeds.columns.get(&u.column) {
                let e = entry(cx, *seed, u.span);
                let name = e.name.clone();
                put(cx.seeds, cx.seeds.probe_of(*seed), None, None, flow(journey(e, u.span, name, "used here")), out);
            }
        }
        if let Some((action, target)) = job.target {
            for output in &job.sql.outputs {
                for from in &output.from {
                    let SqlSource::Column(c) = from.source else { continue };
                    let Some(seed) = cx.seeds.columns.get(&c) else { continue };
                    let e = entry(cx, *seed, from.span);
                    let name = output.name.clone();
                    let what = format!("is a column `{name}` of the result");
                    let given = Journey {
                        action,
                        target: Arriving::Bound(target),
                        transforms: transforms(cx.seeds, &from.functions),
                        derived: from.derived,
                        ..journey(e, output.span, name, &what)
                    };
                    put(cx.seeds, cx.seeds.probe_of(*seed), None, None, flow(given), out);
                }
            }
        }
        for w in &job.sql.writes {
            let table = (w.column.schema, w.column.table);
            let name = cx.seeds.table_names.get(&table).cloned().unwrap_or_default();
            let target = match cx.seeds.tables.get(&table) {
                Some(s) => Arriving::Bound(*s),
                None => Arriving::Unbound(name.clone()),
            };
            let home =
                cx.seeds.columns.get(&w.column).and_then(|s| cx.seeds.entries.get(*s as usize)).map(|e| e.labels);
            for from in &w.from {
                let SqlSource::Column(c) = from.source else { continue };
                let Some(seed) = cx.seeds.columns.get(&c) else { continue };
                let written = Journey {
                    action: Action::Keep,
                    target: target.clone(),
                    transforms: transforms(cx.seeds, &from.functions),
                    derived: from.derived,
                    home: Some(home),
                    ..journey(
                        entry(cx, *seed, from.span),
                        w.span,
                        name.as_str().into(),
                        &format!("written to `{name}`"),
                    )
                };
                let written = flow(written);
                for n in cx.seeds.probes_at(w.column) {
                    put(cx.seeds, cx.seeds.probe_of(*seed), Some(n), None, written.clone(), out);
                }
                put(cx.seeds, cx.seeds.probe_of(*seed), None, Some(w.column), written, out);
            }
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
        bound.map(|t| Transform::Bound(*t)).or_else(|| Some(Transform::Kind(f.kind.as_ref()?.to_string())))
    };
    functions.iter().filter_map(transform).collect()
}
