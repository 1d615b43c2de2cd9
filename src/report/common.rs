//! Places that many findings have in common: one change there may end them all.

use std::collections::{BTreeMap, BTreeSet};

use crate::flow::Step;
use crate::judge::Finding;
use crate::source::Span;

/// Arrivals that are behind one place for that to be said.
const MANY: usize = 8;
/// Places that are said.
const PLACES: usize = 3;

/// A place that findings have in common.
pub(super) struct Common<'a> {
    /// The step there.
    pub step: &'a Step,
    /// How many findings come past it with all their data.
    pub findings: usize,
}

/// Steps by their places, with their numbers on a path.
type Steps<'a> = BTreeMap<Span, (usize, &'a Step)>;

/// The places past which many findings come, those of most first: of each finding the last that it has in common with so
/// many. Where data enters is none: that is what the findings are about.
pub(super) fn common(findings: &[Finding]) -> Vec<Common<'_>> {
    let ways: Vec<(Span, Steps<'_>)> = findings.iter().map(|f| (f.arrival.span, on_every_path(f))).collect();
    let mut behind: BTreeMap<Span, BTreeSet<Span>> = BTreeMap::new();
    for (arrival, steps) in &ways {
        steps.keys().for_each(|at| behind.entry(*at).or_default().extend([*arrival]));
    }
    let is_shared = |at: &Span| behind.get(at).is_some_and(|arrivals| arrivals.len() >= MANY);
    let mut last: BTreeMap<Span, (Common<'_>, BTreeSet<Span>)> = BTreeMap::new();
    for (arrival, steps) in &ways {
        let found = steps.iter().filter(|(at, _)| is_shared(at)).max_by_key(|(_, (nth, _))| *nth);
        let Some((at, (_, step))) = found else { continue };
        let place = last.entry(*at).or_insert_with(|| (Common { step, findings: 0 }, BTreeSet::new()));
        place.0.findings += 1;
        place.1.insert(*arrival);
    }
    let many = last.into_values().filter(|(_, arrivals)| arrivals.len() >= MANY);
    let mut out: Vec<Common<'_>> = many.map(|(common, _)| common).collect();
    out.sort_by_key(|c| std::cmp::Reverse(c.findings));
    out.truncate(PLACES);
    out
}

/// The steps that all data of a finding goes through on the way to where it arrives, by their places, with their numbers
/// on the first path.
fn on_every_path(finding: &Finding) -> Steps<'_> {
    let [first, others @ ..] = finding.data.as_slice() else { return BTreeMap::new() };
    let mut out: Steps<'_> = (1..).zip(between(&first.path)).map(|(n, s)| (s.span, (n, s))).collect();
    for datum in others {
        out.retain(|at, _| between(&datum.path).iter().any(|s| s.span == *at));
    }
    out
}

/// The steps behind the first and before the last.
fn between(path: &[Step]) -> &[Step] {
    path.get(1..path.len().saturating_sub(1)).unwrap_or_default()
}
