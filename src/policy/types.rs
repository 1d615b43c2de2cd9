//! The resolved policy: what the rest of the house sees of a `*.purlin` file.
//!
//! Names are resolved to ids; every element keeps the span of its clause, because every finding shows it.
//! The policy as a whole is in `resolved`.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::source::Span;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name(pub u32);

        impl Id for $name {
            fn new(index: u32) -> Self {
                Self(index)
            }

            fn index(self) -> usize {
                self.0 as usize
            }
        }
    )*};
}

/// A number that names one declaration of one kind.
pub trait Id: Copy + Ord + std::fmt::Debug {
    /// The id of the `index`th declaration of its kind.
    fn new(index: u32) -> Self;
    /// Which declaration of its kind.
    fn index(self) -> usize;
}

ids! {
    /// A category of personal data (Art. 4(1) GDPR), by index into [`Policy::categories`](super::Policy::categories).
    CategoryId,
    /// A group of people (data subjects), by index into [`Policy::subjects`](super::Policy::subjects).
    SubjectId,
    /// A region, by index into [`Policy::regions`](super::Policy::regions).
    RegionId,
    /// A recipient (Art. 4(9)), by index into [`Policy::recipients`](super::Policy::recipients).
    RecipientId,
    /// A store, by index into [`Policy::stores`](super::Policy::stores).
    StoreId,
    /// An audience, by index into [`Policy::audiences`](super::Policy::audiences).
    AudienceId,
    /// A guard, by index into [`Policy::guards`](super::Policy::guards).
    GuardId,
    /// A transform, by index into [`Policy::transforms`](super::Policy::transforms).
    TransformId,
    /// A purpose (Art. 5(1)(b)), by index into [`Policy::purposes`](super::Policy::purposes).
    PurposeId,
}

/// A calendar day, compared chronologically.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Date {
    /// Year.
    pub year: u16,
    /// Month, 1 to 12.
    pub month: u8,
    /// Day of the month.
    pub day: u8,
}

/// A node of one of the name hierarchies.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Full dotted name.
    pub name: String,
    /// The text after the name.
    pub text: Option<String>,
    /// Direct parents: the dotted one and those given by `also`.
    pub parents: Vec<u32>,
    /// Place of the name in its declaration.
    pub span: Span,
}

/// What happens to data: the four verbs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verb {
    /// Processed.
    Use,
    /// Disclosed to a recipient.
    Share,
    /// Shown to an audience.
    Show,
    /// Stored.
    Keep,
}

/// Personal data of somebody: `contact.email of customer`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Label {
    /// What.
    pub category: CategoryId,
    /// Whose; `None` where it is not known.
    pub subject: Option<SubjectId>,
}

/// Where data goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Target {
    /// No target: `use`.
    None,
    /// A recipient.
    Recipient(RecipientId),
    /// A store.
    Store(StoreId),
    /// An audience.
    Audience(AudienceId),
    /// A target that no binding names.
    Undeclared,
}

/// A rule of section 2.8 of the language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[allow(missing_docs, reason = "each is described by its page in docs/rules")]
pub enum Rule {
    R01,
    R02,
    R03,
    R04,
    R05,
    R06,
    R07,
    R08,
    R09,
    R10,
    R11,
    R12,
    R13,
}

/// One flow, as a question to the policy.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Claim {
    /// What happens.
    pub verb: Verb,
    /// To which data of whom.
    pub label: Label,
    /// Where it goes.
    pub target: Target,
    /// For which purpose; `None` where none is known.
    pub purpose: Option<PurposeId>,
    /// Guards established on every path.
    pub guards: BTreeSet<GuardId>,
    /// Where the data comes from; `None` is home.
    pub origin: Option<RegionId>,
    /// The day of the run.
    pub day: Date,
}

/// One rule that a claim violates.
#[derive(Clone, Debug, PartialEq)]
pub struct Violation {
    /// Which.
    pub rule: Rule,
    /// `must not` and everything else is an error, `should not` a warning.
    pub warning: bool,
    /// The clause that decides: the promise, the nearest permission, the contract, the purpose.
    pub clause: Option<Span>,
    /// For R07: the guards that are missing; one of each group would have to be established.
    pub missing_guards: Vec<Vec<GuardId>>,
}

/// The answer of [`super::decide`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Verdict {
    /// Violations: errors before warnings, and each worst first
    /// (R10, R12, R03, R01, R02, R04 to R06, R08, R09, R07), then by place of the clause.
    pub violations: Vec<Violation>,
    /// Where the subject is unknown: rules that hold for some declared subjects only, with those subjects (G06).
    pub for_some_subjects: Vec<(Rule, Vec<SubjectId>)>,
    /// The nearest permission: same verb, fewest failing dimensions.
    pub nearest: Option<Span>,
    /// Purposes for which the same flow would be permitted (with every guard they require).
    pub permitted_for: Vec<PurposeId>,
    /// The established guards rule this flow out: what they say of the person and the label exclude each other.
    /// There are no violations then.
    pub cannot_happen: bool,
    /// Guards that narrow to people who have nothing in common, so that nothing is left: the caller's G03.
    /// There are no violations then.
    pub contradiction: Vec<GuardId>,
}

/// What a verdict comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// No violation; there may be warnings.
    Permitted,
    /// No purpose allows it.
    NotPermitted,
    /// It breaks a promise.
    Forbidden,
}

impl Verdict {
    /// Permitted, not permitted or forbidden. Warnings (`should not`) do not count.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        let errors = || self.violations.iter().filter(|v| !v.warning);
        if errors().any(|v| v.rule == Rule::R10) {
            Outcome::Forbidden
        } else if errors().next().is_some() {
            Outcome::NotPermitted
        } else {
            Outcome::Permitted
        }
    }
}

/// What a transform makes of a label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transformed {
    /// The transform does not concern it.
    Unchanged,
    /// It is this now.
    Replaced(Label),
    /// It may still be what it was, and may also be these.
    Both(Vec<Label>),
    /// It is anonymous now.
    Dropped,
}

/// The right-hand side of a `bind` line, or an annotation in code, resolved.
#[derive(Clone, Debug, PartialEq)]
pub enum Meaning {
    /// The place holds this data.
    Data(Vec<Label>),
    /// Code here runs for this purpose.
    Purpose(PurposeId),
    /// Establishes a guard; with `true` when the result is false or negative.
    Guard(GuardId, bool),
    /// Transforms what passes.
    Transform(TransformId),
    /// A recipient.
    Recipient(RecipientId),
    /// A store.
    Store(StoreId),
    /// An audience.
    Audience(AudienceId),
    /// Data here is about these people.
    Subject(SubjectId),
    /// Implements a right (`erasure of customer`); the right as written.
    Right(String, SubjectId),
    /// Purges a store.
    Purge(StoreId),
    /// Someone looked, and it is not personal data.
    NotPersonal,
    /// An internal service of ours.
    Ours,
    /// A library that keeps nothing and sends nothing.
    Library,
}

impl Meaning {
    /// Every kind of meaning, as a configuration names it.
    pub const KINDS: [&'static str; 13] = [
        "data",
        "purpose",
        "guard",
        "transform",
        "recipient",
        "store",
        "audience",
        "subject",
        "right",
        "purge",
        "not personal",
        "ours",
        "library",
    ];

    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Meaning::Data(_) => "data",
            Meaning::Purpose(_) => "purpose",
            Meaning::Guard(..) => "guard",
            Meaning::Transform(_) => "transform",
            Meaning::Recipient(_) => "recipient",
            Meaning::Store(_) => "store",
            Meaning::Audience(_) => "audience",
            Meaning::Subject(_) => "subject",
            Meaning::Right(..) => "right",
            Meaning::Purge(_) => "purge",
            Meaning::NotPersonal => "not personal",
            Meaning::Ours => "ours",
            Meaning::Library => "library",
        }
    }
}

/// The left-hand side of a `bind` line.
#[derive(Clone, Debug, PartialEq)]
pub enum BindTarget {
    /// A Rust path.
    Rust {
        /// Segments; `crate` stands for every crate of the policy root. A trailing `*` is `glob`.
        segments: Vec<String>,
        /// `<T as Trait>::f`: segments of the type and of the trait; `segments` then holds the rest.
        qself: Option<(Vec<String>, Vec<String>)>,
        /// `.field` (or `.0`).
        field: Option<String>,
        /// `(param)`: a name or a position.
        param: Option<String>,
        /// A trailing `::*`.
        glob: bool,
    },
    /// A table or column: up to four parts; lower-cased unless quoted.
    Sql {
        /// The parts.
        parts: Vec<String>,
        /// A trailing `.*` or a bare `*`.
        glob: bool,
        /// `column->key`.
        json: Option<String>,
        /// `bind sql in "folder"`.
        within: Option<String>,
    },
    /// A host, perhaps `*.x.example`.
    Host(String),
    /// An environment variable that holds a host or URL.
    Env(String),
    /// A folder or file glob.
    Path(String),
}

/// `bind sql in "folder" dialect mysql`: the dialect of the SQL there, in files and in strings of Rust.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqlDialect {
    /// The folder; all of them if there is none.
    pub within: Option<String>,
    /// Its name, whatever that stands for.
    pub name: String,
    /// Place of the name.
    pub span: Span,
}

/// One `bind` line.
#[derive(Clone, Debug, PartialEq)]
pub struct Binding {
    /// What is bound.
    pub target: BindTarget,
    /// What it means.
    pub meaning: Meaning,
    /// Place of the left-hand side.
    pub target_span: Span,
    /// Place of the whole line.
    pub span: Span,
}
