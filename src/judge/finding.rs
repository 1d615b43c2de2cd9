//! What a run says about the code: findings, gaps, waived findings, what was relied on.

use crate::diag::Severity;
use crate::flow::{Confidence, Reason, Site, Step};
use crate::policy::{Claim, Date, PurposeId, Rule, Target, Verb};
use crate::source::Span;

/// One place where data arrives although the policy does not allow it.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The weightiest rule that is broken.
    pub rule: Rule,
    /// `should not` gives a warning, everything else an error.
    pub severity: Severity,
    /// The best of its data.
    pub confidence: Confidence,
    /// One sentence that names data, target and purpose.
    pub message: String,
    /// What happens.
    pub verb: Verb,
    /// For which purpose.
    pub purpose: Option<PurposeId>,
    /// Its name.
    pub purpose_name: Option<String>,
    /// Where the purpose was found: a bind line or an annotation.
    pub purpose_at: Option<Span>,
    /// Where the data goes.
    pub target: Target,
    /// The target as people call it: a name of the policy, a host, a crate.
    pub target_name: Option<String>,
    /// Stable under edits elsewhere.
    pub fingerprint: String,
    /// The clause of the policy that decides.
    pub clause: Option<Span>,
    /// Articles.
    pub law: Vec<String>,
    /// Where a missing guard is checked, or which guards are checked on every path.
    pub checked: Option<Checked>,
    /// What to do, one line each.
    pub help: Vec<String>,
    /// The other rules that are broken.
    pub also: Vec<Also>,
    /// Where the data arrives.
    pub arrival: Site,
    /// At how many places: more than one only for findings that the policy causes (R08, R09) and for R01.
    pub sites: usize,
    /// What arrives.
    pub data: Vec<Datum>,
}

impl Finding {
    /// Every place that it names.
    pub fn places(&self) -> impl Iterator<Item = Span> {
        let data = self.data.iter().flat_map(|d| d.path.iter().map(|s| s.span).chain([d.labelled]));
        let lines = [self.purpose_at, self.clause, self.checked.as_ref().and_then(|c| c.at)];
        let also = self.also.iter().filter_map(|a| a.clause);
        [self.arrival.span].into_iter().chain(lines.into_iter().flatten()).chain(also).chain(data)
    }
}

/// What is known of checks.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked {
    /// `on another path to here, not on this one`.
    pub text: String,
    /// The call that comes without, if callers differ.
    pub at: Option<Span>,
}

/// A further rule that a finding breaks.
#[derive(Clone, Debug, PartialEq)]
pub struct Also {
    /// The rule.
    pub rule: Rule,
    /// The clause that decides.
    pub clause: Option<Span>,
    /// What is broken, where the clause does not say it: `guard news_opt_in is not established`.
    pub note: Option<String>,
}

/// One kind of data of one group of people from one entry.
#[derive(Clone, Debug, PartialEq)]
pub struct Datum {
    /// The category.
    pub category: String,
    /// Whose; nothing where it is not known.
    pub subject: Option<String>,
    /// The place where it enters, as people call it: `orders.email`.
    pub entry: String,
    /// Where that place was labelled.
    pub labelled: Span,
    /// Which rules this item breaks, the weightiest first.
    pub codes: Vec<Rule>,
    /// Through what it went.
    pub transforms: Vec<String>,
    /// Whether only something derived from it arrives.
    pub derived: bool,
    /// How sure the path is.
    pub confidence: Confidence,
    /// Why not certain; nothing if it is.
    pub reason: Option<Reason>,
    /// The shortest path, from the entry to the arrival.
    pub path: Vec<Step>,
    /// How many paths there are.
    pub paths_total: u32,
    /// The question that was put to the policy; waivers are asked again with it.
    pub claim: Claim,
}

impl Datum {
    /// `contact.email of shopper`.
    #[must_use]
    pub fn label(&self) -> String {
        match &self.subject {
            Some(subject) => format!("{} of {subject}", self.category),
            None => self.category.clone(),
        }
    }
}

/// A finding, or some of its data, that a waiver permits for a while.
#[derive(Clone, Debug, PartialEq)]
pub struct Waived {
    /// What is waived.
    pub finding: Finding,
    /// The waiver's name.
    pub waiver: String,
    /// Who answers for it.
    pub owner: String,
    /// Its last day.
    pub until: Date,
    /// Days left, counting from the day of the run; 0 on the last day.
    pub days_left: i64,
    /// Why.
    pub because: String,
    /// The waiver in the policy.
    pub span: Span,
}

/// A finding that does not count because it is old.
#[derive(Clone, Debug, PartialEq)]
pub struct Known {
    /// What is found.
    pub finding: Finding,
    /// How it is known.
    pub why: Old,
}

/// Why a finding does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Old {
    /// It stands in the baseline.
    Baseline,
    /// It was there at the revision with which this run compares.
    Base,
    /// The tool is said to be mistaken, for this reason.
    Mistaken(String),
}

impl Old {
    /// One word for programs.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Old::Baseline => "baseline",
            Old::Base => "base",
            Old::Mistaken(_) => "mistaken",
        }
    }
}

/// Something that could not be decided.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gap {
    /// `G01` to `G07`.
    pub code: &'static str,
    /// Where; the first place, if there are several.
    pub span: Option<Span>,
    /// What, as a fragment.
    pub what: String,
    /// At how many places.
    pub count: usize,
    /// Whether a limit of ours or a defect of ours is the cause.
    pub ours: bool,
    /// Whether a file could not be read, or not be parsed: what is in it was not seen.
    pub unread: bool,
}

impl Gap {
    /// One at one place, which nothing of ours is the cause of.
    #[must_use]
    pub fn at(code: &'static str, span: Span, what: String) -> Gap {
        Gap { code, span: Some(span), what, count: 1, ours: false, unread: false }
    }
}

/// Codes of gaps and their names.
pub const GAPS: [(&str, &str, &str); 7] = [
    ("G01", "unlabelled", "looks like personal data and has no label"),
    ("G02", "unknown-host", "personal data leaves to a host that could not be determined"),
    ("G03", "not-understood", "not understood"),
    ("G04", "unbound", "declared and bound to no code"),
    ("G05", "unused-permission", "a permission that no code uses"),
    ("G06", "unknown-subject", "whose data it is decides, and is not known"),
    ("G07", "unbound-target", "where personal data arrives and no binding says what it is"),
];

/// What engineers' lines decide, and how often they say it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Relied {
    /// `transform`, `guard`, `purpose in code`, `hand-over`, `not personal`, `library`, `ours`, `exclude`.
    pub kind: &'static str,
    /// Name in the policy, of a hand-over `one purpose to another`, of an exclude the pattern; empty for the others.
    pub name: String,
    /// Places of the lines.
    pub places: Vec<Span>,
}
