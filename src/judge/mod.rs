//! What it means: turns flows into claims, asks the policy about each, and says the answers in as few findings
//! as carry them all.
//!
//! A pure function of flows, labels, policy and day. It knows neither how flows are found (`flow`) nor what is
//! permitted (`policy::decide`); it owns grouping, confidence, waivers, fingerprints and wording.

mod coverage;
pub mod duties;
mod finding;
mod fingerprint;
mod gaps;
mod group;
mod items;
mod law;
mod policy_law;
mod relied;
pub mod rules;
pub mod tables;
pub mod trace;
mod unbound;
mod waive;
mod words;

pub use coverage::Coverage;
pub use finding::{Also, Checked, Datum, Finding, GAPS, Gap, Relied, Waived};
pub use fingerprint::fingerprint_of;
pub use gaps::{masked, of_analysis};
pub use law::{Law, Place, Waiver};
pub use relied::{Line, relied_on};
pub use unbound::unbound;

use std::collections::BTreeSet;

use crate::diag::Diagnostic;
use crate::flow::{Confidence, Flow, Purposeless};
use crate::policy::{Date, Label};
use crate::source::SourceMap;

/// What there is to judge.
#[derive(Clone, Copy)]
pub struct Case<'a> {
    /// The policy.
    pub law: &'a dyn Law,
    /// Sets of labels, by the number that entries carry.
    pub labels: &'a [Vec<Label>],
    /// What happens.
    pub flows: &'a [Flow],
    /// Roots that handle labelled data without a purpose.
    pub purposeless: &'a [Purposeless],
    /// What bound duties leave behind.
    pub missed: &'a [duties::Missed],
    /// Crates in which some code is bound to a purpose.
    pub bound_crates: &'a BTreeSet<String>,
    /// The texts; only for the paths that waivers name.
    pub sources: &'a SourceMap,
    /// The day of the run.
    pub day: Date,
    /// Findings below this are counted and not shown.
    pub confidence: Confidence,
}

/// The answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Judged {
    /// What the policy does not allow, in the order of places.
    pub findings: Vec<Finding>,
    /// What could not be decided.
    pub gaps: Vec<Gap>,
    /// What a waiver permits for now.
    pub waived: Vec<Waived>,
    /// What engineers' lines decide.
    pub relied_on: Vec<Relied>,
    /// Findings that were not shown because no path is sure enough.
    pub hidden: usize,
    /// Waivers that end soon, have ended, or waive nothing.
    pub notes: Vec<Diagnostic>,
}

/// Judges all flows. What was relied on is not a matter of flows: see [`relied_on`].
#[must_use]
pub fn judge(case: Case<'_>) -> Judged {
    let mut gaps = gaps::Gaps::default();
    let items = items::items(&case, &mut gaps);
    let (findings, hidden) = group::findings(&case, items);
    let (findings, waived, notes) = waive::waive(&case, findings);
    Judged { findings, gaps: gaps.into_sorted(), waived, relied_on: Vec::new(), hidden, notes }
}

#[cfg(test)]
mod tests;
