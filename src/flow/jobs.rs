//! Statements of `.sql` files that run by themselves.

use std::collections::BTreeSet;

use super::finish::entry;
use super::interp::Cx;
use super::solve::Solved;
use super::types::{Action, Arriving, Confidence, Entry, Flow, Site, Step, Transform};
use crate::link::sqlfn::{SqlFn, SqlSource};
use crate::source::Span;

/// A statement of a `.sql` file that runs by itself.
#[derive(Clone, Debug)]
pub struct Job {
    /// What it does.
    pub sql: SqlFn,
    /// Its purpose, by comment or binding.
    pub purpose: Option<(u32, Span)>,
    /// Its file.
    pub file: String,
    /// Its place.
    pub span: Span,
}

/// Flows of statements that run by themselves.
pub(super) fn job_flows(cx: Cx<'_>, jobs: &[Job], out: &mut Solved) {
    for job in jobs {
        let site = |span: Span, symbol: String| Site { span, function: job.file.clone(), krate: String::new(), symbol };
        let source =
            |c: crate::link::sqlfn::ColumnId, span: Span| cx.seeds.columns.get(&c).map(|s| entry(cx, *s, span));
        let guards: BTreeSet<u32> = job
            .sql
            .row_guards
            .iter()
            .filter_map(|(c, truth)| cx.seeds.guard_columns.get(c).and_then(|(g, neg)| (*truth != *neg).then_some(*g)))
            .collect();
        let mut flow =
            |action: Action, e: Entry, target: Arriving, site: Site, transforms, derived, load, home, what: &str| {
                let path = vec![
                    Step { span: e.span, what: format!("`{}` enters here", e.name), function: job.file.clone() },
                    Step { span: site.span, what: what.to_string(), function: job.file.clone() },
                ];
                out.flows.push(Flow {
                    action,
                    entry: e,
                    transforms,
                    derived,
                    target,
                    site,
                    purpose: job.purpose.map(|(p, _)| p),
                    purpose_at: job.purpose.map(|(_, s)| s),
                    guards: guards.clone().into(),
                    path,
                    paths_total: 1,
                    confidence: Confidence::Certain,
                    reason: String::new(),
                    load,
                    home,
                });
            };
        for u in &job.sql.uses {
            if let Some(e) = source(u.column, u.span) {
                let name = e.name.clone();
                flow(Action::Use, e, Arriving::Code, site(u.span, name), Vec::new(), false, false, None, "used here");
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
                if let Some(e) = source(c, from.span) {
                    let transforms: Vec<Transform> = from
                        .functions
                        .iter()
                        .filter_map(|n| {
                            let kind = crate::link::lineage::is_transform_function(n)?;
                            Some(match cx.seeds.transform_ext.get(n) {
                                Some(t) => Transform::Bound(*t),
                                None => Transform::Kind(kind.to_string()),
                            })
                        })
                        .collect();
                    let what = format!("written to `{name}`");
                    flow(
                        Action::Keep,
                        e,
                        target.clone(),
                        site(w.span, name.clone()),
                        transforms,
                        from.derived,
                        false,
                        Some(home),
                        &what,
                    );
                }
            }
        }
    }
}
