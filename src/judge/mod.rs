//! What it means: turns flows into claims, asks the policy about each, and says the answers in as few findings
//! as carry them all.
//!
//! A pure function of flows, labels, policy and day. It knows neither how flows are found (`flow`) nor what is
//! permitted (`policy::decide`); it owns grouping, confidence, waivers, fingerprints and wording.

mod baseline;
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
mod severity;
pub mod tables;
pub mod trace;
mod unbound;
mod unused;
mod waive;
mod words;

pub use baseline::{Baseline, Entry, Gone, Mistake, Updated, trail, without};
pub use coverage::Coverage;
pub use finding::{Also, Checked, Datum, Finding, GAPS, Gap, Known, Old, Relied, Waived};
pub use fingerprint::fingerprint_of;
pub use gaps::{Alike, Unseen, alike, masked, of_analysis, unmet, unseen};
pub use law::{Law, Place, Waiver};
pub use relied::{Line, relied_on};
pub use severity::Severities;
pub use unbound::unbound;
pub use unused::unused;

use std::collections::BTreeSet;

use crate::diag::Diagnostic;
use crate::flow::{Confidence, Flow, GivenAway, Purposeless};
use crate::policy::{Date, Label};
use crate::source::{FileId, SourceMap};

/// What there is to judge.
#[derive(Clone, Copy)]
pub struct Case<'a> {
    /// The policy.
    pub law: &'a dyn Law,
    /// Sets of labels, by the number that entries carry.
    pub labels: &'a [Vec<Label>],
    /// What happens.
    pub flows: &'a [Flow],
    /// What is given to code of which nothing is known.
    pub given_away: &'a BTreeSet<GivenAway>,
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
    /// What is old.
    pub known: Vec<Known>,
    /// Entries of the baseline that are gone, in the run's first policy root.
    pub gone: Vec<Gone>,
    /// What a branch asks for beside its code, compared with where it began.
    pub branch: Option<Branch>,
    /// Findings that touch none of the files that were asked about.
    pub elsewhere: usize,
    /// What engineers' lines decide.
    pub relied_on: Vec<Relied>,
    /// Findings that were not shown because no path is sure enough.
    pub hidden: usize,
    /// Waivers that end soon, have ended, or waive nothing.
    pub notes: Vec<Diagnostic>,
    /// Codes that are taken more seriously here.
    pub severities: Severities,
}

/// What a branch adds that decides something, compared with where it began.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Branch {
    /// The revision with which it is compared, as it was named.
    pub base: String,
    /// Lines of engineers that are new.
    pub relied_on: Vec<Relied>,
    /// Entries that are new in the baseline: rule, message and function.
    pub baseline: Vec<Entry>,
}

impl Judged {
    /// Everything that is found, whether it counts or not.
    pub fn all_findings(&self) -> impl Iterator<Item = &Finding> {
        let waived = self.waived.iter().map(|w| &w.finding);
        self.findings.iter().chain(waived).chain(self.known.iter().map(|k| &k.finding))
    }

    /// Takes out what touches none of some files.
    pub fn focus(&mut self, files: &BTreeSet<FileId>) {
        let all = self.findings.len();
        self.findings.retain(|f| f.places().any(|s| files.contains(&s.file)));
        self.elsewhere += all - self.findings.len();
        self.waived.retain(|w| w.finding.places().any(|s| files.contains(&s.file)));
        self.known.retain(|k| k.finding.places().any(|s| files.contains(&s.file)));
        self.notes.retain(|n| n.labels.iter().any(|l| files.contains(&l.span.file)));
        self.gaps.retain(|g| g.span.is_some_and(|s| files.contains(&s.file)));
    }

    /// Takes some codes more seriously.
    pub fn raise(&mut self, severities: &Severities) {
        severities.apply(self);
        self.severities = severities.clone();
    }
}

/// Judges all flows. What was relied on is not a matter of flows: see [`relied_on`].
#[must_use]
pub fn judge(case: Case<'_>) -> Judged {
    let mut gaps = gaps::Gaps::default();
    let items = items::items(&case, &mut gaps);
    gaps.given_away(&case);
    let (findings, hidden) = group::findings(&case, items);
    let (findings, waived, notes) = waive::waive(&case, findings);
    Judged { findings, gaps: gaps.into_sorted(), waived, hidden, notes, ..Judged::default() }
}

#[cfg(test)]
mod tests;
