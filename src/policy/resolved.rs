//! The resolved policy as a whole: what `load` gives when nothing is wrong.
//!
//! Everything here is data that the rest of the house may read. What only the decision needs, the sets a clause
//! stands for, is private to `policy` and computed once, in `compile`.

use std::collections::BTreeMap;

use crate::source::Span;

use super::compile::Compiled;
use super::set::Tree;
use super::types::*;

/// A policy without errors: names are unique, known and of the right kind.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// Who answers (Art. 30(1)(a)).
    pub controller: Option<Controller>,
    /// Kinds of personal data.
    pub categories: Tree<CategoryId, Category>,
    /// Groups of people.
    pub subjects: Tree<SubjectId, Subject>,
    /// Places.
    pub regions: Tree<RegionId, Region>,
    /// Who receives data.
    pub recipients: Tree<RecipientId, Recipient>,
    /// Where copies live.
    pub stores: Tree<StoreId, Store>,
    /// Who sees data.
    pub audiences: Tree<AudienceId, Audience>,
    /// Facts that code must establish.
    pub guards: Tree<GuardId, Guard>,
    /// Functions that change what data is.
    pub transforms: Tree<TransformId, Transform>,
    /// What data is used for.
    pub purposes: Tree<PurposeId, Purpose>,
    /// `must not` and `should not`, in the order of the files.
    pub promises: Vec<Promise>,
    /// All `bind` lines, in the order of the files.
    pub bindings: Vec<Binding>,
    /// Dialects of SQL that `bind sql` names, in the order of the files.
    pub dialects: Vec<SqlDialect>,
    /// All tests.
    pub tests: Vec<Test>,
    /// All waivers.
    pub waivers: Vec<Waiver>,
    /// The sets behind the clauses.
    pub(crate) compiled: Compiled,
    /// Path of each file, for messages.
    pub(crate) paths: BTreeMap<u32, String>,
}

/// `controller "…" dpo "…"`.
#[derive(Clone, Debug, PartialEq)]
pub struct Controller {
    /// Name of the organisation.
    pub name: String,
    /// How to reach the data protection officer.
    pub dpo: Option<String>,
    /// Place of the declaration.
    pub span: Span,
}

/// What a `category` says beside its name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Category {
    /// Marked `special` here (Art. 9, 10); see [`Policy::is_special`] for what is inherited.
    pub special: bool,
}

/// What a `subject` says beside its name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Subject {
    /// The rights these people must be able to exercise.
    pub rights: Vec<Right>,
}

/// One right of a group of people.
#[derive(Clone, Debug, PartialEq)]
pub struct Right {
    /// `access`, `rectification`, `erasure`, `restriction`, `portability` or `objection`.
    pub name: String,
    /// Purposes whose copies are excepted, each with the article.
    pub except: Vec<(PurposeId, String)>,
    /// Place of the right's name.
    pub span: Span,
}

/// What a `region` says beside its name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Region {
    /// Assumed where the origin is unknown.
    pub home: bool,
    /// The adequacy decision.
    pub adequate: Option<String>,
}

/// The role of a recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Art. 28.
    Processor,
    /// Art. 4(7).
    Controller,
    /// Art. 26.
    JointController,
}

/// Where a recipient or store is.
#[derive(Clone, Debug, PartialEq)]
pub struct Located {
    /// The region; `None` is `locally`: wherever the data comes from.
    pub region: Option<RegionId>,
    /// Place of the clause.
    pub span: Span,
}

/// A contract of Art. 28(3).
#[derive(Clone, Debug, PartialEq)]
pub struct Contract {
    /// Its reference.
    pub text: String,
    /// Its last day.
    pub until: Option<Date>,
    /// Place of the clause.
    pub span: Span,
}

/// What a `recipient` says beside its name. Each clause that is missing is taken from the nearest parent, see
/// [`Policy::acts`], [`Policy::located`], [`Policy::contract`], [`Policy::transfer`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recipient {
    /// `forbidden recipient`: the place of that declaration.
    pub forbidden: Option<Span>,
    /// `acts as …`.
    pub acts: Option<(Role, Span)>,
    /// `located …`; all of them must pass.
    pub located: Vec<Located>,
    /// `contract "…" until …`.
    pub contract: Option<Contract>,
    /// `transfer "…"`: the safeguard of Art. 46 or 49.
    pub transfer: Option<(String, Span)>,
}

/// What a `store` says beside its name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Store {
    /// `located …`; all of them must pass.
    pub located: Vec<Located>,
    /// `transfer "…"`.
    pub transfer: Option<(String, Span)>,
}

/// What an `audience` says beside its name: nothing yet.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Audience {}

/// What a `guard` says beside its name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Guard {
    /// `narrows s to s.child`.
    pub narrows: Option<(SubjectId, SubjectId)>,
}

/// What a `transform` says beside its name: one step for each declaration of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Transform {
    /// The steps; what they turn does not overlap.
    pub steps: Vec<TransformStep>,
}

/// `turns a into b`.
#[derive(Clone, Debug, PartialEq)]
pub struct TransformStep {
    /// What it turns.
    pub from: Picks<CategoryId>,
    /// Into what; `None` is `anonymous`.
    pub into: Option<CategoryId>,
    /// Place of the declaration.
    pub span: Span,
}

/// A list of names: each of them, `anything`, and what is excepted.
#[derive(Clone, Debug, PartialEq)]
pub struct Picks<I> {
    /// `anything`, `anyone` or `anywhere`.
    pub any: bool,
    /// The names, where it is not `any`.
    pub names: Vec<I>,
    /// After `except`.
    pub except: Vec<I>,
    /// Place of the list.
    pub span: Span,
}

/// A list of targets of the kind that the verb asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Targets {
    /// `share … with`.
    Recipients(Picks<RecipientId>),
    /// `show … to`.
    Audiences(Picks<AudienceId>),
    /// `keep … in`.
    Stores(Picks<StoreId>),
}

/// Guards that must hold: each group needs one of its guards.
pub type Guards = Vec<Vec<GuardId>>;

/// A unit of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "names say it")]
pub enum Unit {
    Hour,
    Day,
    Week,
    Month,
    Year,
}

/// A length of time, as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Duration {
    /// How many.
    pub count: u32,
    /// Of what.
    pub unit: Unit,
}

impl Duration {
    /// In hours: 1 month is 30 days, 1 year 365 days and 12 months are a year.
    #[must_use]
    pub fn hours(self) -> u64 {
        let n = u64::from(self.count);
        match self.unit {
            Unit::Hour => n,
            Unit::Day => n * 24,
            Unit::Week => n * 24 * 7,
            Unit::Month => ((n / 12) * 365 + (n % 12) * 30) * 24,
            Unit::Year => n * 365 * 24,
        }
    }
}

impl std::fmt::Display for Duration {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let unit = match self.unit {
            Unit::Hour => "hour",
            Unit::Day => "day",
            Unit::Week => "week",
            Unit::Month => "month",
            Unit::Year => "year",
        };
        write!(f, "{} {unit}{}", self.count, if self.count == 1 { "" } else { "s" })
    }
}

/// The legal grounds of Art. 6(1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ground {
    /// 6(1)(a).
    Consent,
    /// 6(1)(b).
    Contract,
    /// 6(1)(c).
    LegalObligation,
    /// 6(1)(d).
    VitalInterests,
    /// 6(1)(e).
    PublicTask,
    /// 6(1)(f).
    LegitimateInterests,
}

impl Ground {
    /// As a policy writes it.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Ground::Consent => "consent",
            Ground::Contract => "contract",
            Ground::LegalObligation => "legal obligation",
            Ground::VitalInterests => "vital interests",
            Ground::PublicTask => "public task",
            Ground::LegitimateInterests => "legitimate interests",
        }
    }
}

/// `basis consent "…"`.
#[derive(Clone, Debug, PartialEq)]
pub struct Basis {
    /// Which.
    pub ground: Ground,
    /// The statute, the assessment, the contract.
    pub text: Option<String>,
    /// Place of the clause.
    pub span: Span,
}

/// What a `purpose` says: only its own clauses. What it inherits is behind the methods of [`Policy`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Purpose {
    /// `forbidden purpose`: the place of that declaration.
    pub forbidden: Option<Span>,
    /// Place of the whole declaration.
    pub declared: Option<Span>,
    /// `about …`.
    pub about: Option<Picks<SubjectId>>,
    /// `basis …`.
    pub basis: Option<Basis>,
    /// `on behalf of …`.
    pub on_behalf_of: Option<(RecipientId, Span)>,
    /// `condition "…"` (Art. 9(2)).
    pub condition: Option<(String, Span)>,
    /// `notice "…"`.
    pub notice: Option<(String, Span)>,
    /// `requires …`, one entry for each clause.
    pub requires: Vec<Requires>,
    /// `compatible with …`.
    pub compatible: Vec<Compatible>,
    /// `uses`, `shares`, `shows`, `keeps`.
    pub grants: Vec<Grant>,
}

/// `requires g1, g2 or g3`.
#[derive(Clone, Debug, PartialEq)]
pub struct Requires {
    /// The guards.
    pub guards: Guards,
    /// Place of the clause.
    pub span: Span,
}

/// `compatible with p "assessment"`.
#[derive(Clone, Debug, PartialEq)]
pub struct Compatible {
    /// With which purpose.
    pub with: PurposeId,
    /// The assessment.
    pub text: String,
    /// Place of the clause.
    pub span: Span,
}

/// A permission: one `uses`, `shares`, `shows` or `keeps` clause.
#[derive(Clone, Debug, PartialEq)]
pub struct Grant {
    /// Which verb.
    pub verb: Verb,
    /// Which data.
    pub what: Picks<CategoryId>,
    /// Whose; `None` is the `about` of the purpose.
    pub whose: Option<Picks<SubjectId>>,
    /// With, to, in which; `None` for `uses`.
    pub targets: Option<Targets>,
    /// For how long (`keeps`).
    pub limit: Option<Duration>,
    /// After which event.
    pub after: Option<String>,
    /// `given …`.
    pub given: Guards,
    /// The text at its end.
    pub text: Option<String>,
    /// Place of the clause.
    pub span: Span,
}

/// `must not …` or `should not …`.
#[derive(Clone, Debug, PartialEq)]
pub struct Promise {
    /// `must`; `false` is `should`.
    pub must: bool,
    /// Which verb; `use` stands for all four.
    pub verb: Verb,
    /// Which data.
    pub what: Picks<CategoryId>,
    /// Whose; `None` is everybody.
    pub whose: Option<Picks<SubjectId>>,
    /// With, to, in which; `None` is all.
    pub targets: Option<Targets>,
    /// `outside r`.
    pub outside: Option<RegionId>,
    /// `longer than …`: a limit on `keeps` clauses, not on flows.
    pub longer: Option<Duration>,
    /// `for …`; `None` is every purpose and none.
    pub purposes: Option<Picks<PurposeId>>,
    /// `unless …`.
    pub unless: Guards,
    /// The promise in words.
    pub text: Option<String>,
    /// Place of the rule.
    pub span: Span,
}

/// A flow sentence, resolved: what a test asserts, a waiver permits and `explain` asks.
#[derive(Clone, Debug, PartialEq)]
pub struct FlowQuestion {
    /// Which verb.
    pub verb: Verb,
    /// Which data.
    pub what: Picks<CategoryId>,
    /// Whose.
    pub whose: Option<Picks<SubjectId>>,
    /// With, to, in which.
    pub targets: Option<Targets>,
    /// `outside r`.
    pub outside: Option<RegionId>,
    /// `longer than …`.
    pub longer: Option<Duration>,
    /// `for …`; only missing with `longer than`.
    pub purposes: Option<Picks<PurposeId>>,
    /// `given …`.
    pub given: Vec<GuardId>,
    /// `without …`.
    pub without: Vec<GuardId>,
    /// `from …`.
    pub from: Option<RegionId>,
    /// Place of the sentence.
    pub span: Span,
}

/// `test "…" { … }`.
#[derive(Clone, Debug, PartialEq)]
pub struct Test {
    /// What it shows.
    pub text: String,
    /// Its expectations.
    pub expectations: Vec<Expectation>,
    /// Place of the declaration.
    pub span: Span,
}

/// `allow …` or `deny …`.
#[derive(Clone, Debug, PartialEq)]
pub struct Expectation {
    /// `allow`.
    pub allow: bool,
    /// The sentence.
    pub flow: FlowQuestion,
    /// Place of the expectation.
    pub span: Span,
}

/// How one expectation of a test came out.
#[derive(Clone, Debug, PartialEq)]
pub struct TestResult {
    /// Text of the test.
    pub test: String,
    /// Place of the expectation.
    pub span: Span,
    /// `allow`; `false` is `deny`.
    pub allow: bool,
    /// Whether it holds.
    pub passed: bool,
    /// How many flows it speaks of.
    pub flows: usize,
    /// A flow that shows it does not hold.
    pub counterexample: Option<Claim>,
    /// Why: for `allow` the violations of the counterexample, for a `deny` that failed the clause that permits.
    pub verdict: Option<Verdict>,
    /// For a `deny` that holds: the rules that made it true, over all flows.
    pub codes: Vec<Rule>,
    /// A `deny` that holds for some flow only because of R08 or R09: it fails once the contract is signed.
    pub weak: bool,
    /// Words for people: why it failed, or what is odd. Empty if nothing is.
    pub notes: Vec<String>,
}

/// Where a waiver applies.
#[derive(Clone, Debug, PartialEq)]
pub enum WaiverAt {
    /// A Rust path.
    Rust(BindTarget),
    /// One word or `table.column`: a crate, a table or a column.
    Name(String),
    /// `"path/glob"`.
    Path(String),
}

/// `waiver "…" { … }`.
#[derive(Clone, Debug, PartialEq)]
pub struct Waiver {
    /// Its reference.
    pub text: String,
    /// What it permits.
    pub permits: FlowQuestion,
    /// Where.
    pub at: Option<WaiverAt>,
    /// Who answers for it.
    pub owner: String,
    /// Its last day.
    pub until: Date,
    /// Why.
    pub because: String,
    /// Place of the declaration.
    pub span: Span,
}

impl Waiver {
    /// Whether it still applies on `day`; its last day counts.
    #[must_use]
    pub fn applies_on(&self, day: Date) -> bool {
        day <= self.until
    }
}
