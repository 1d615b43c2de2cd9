//! What the engine answers: which data arrives where, along which steps.
//!
//! The engine knows nothing of policy. Labels, purposes, guards, transforms and targets are numbers that the
//! caller chose ([`crate::policy`] ids, in practice); it hands them back.

use std::collections::BTreeSet;
use std::ops::Deref;
use std::sync::Arc;

use crate::ir::Name;
use crate::source::Span;

/// How sure the engine is of a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// Some hop was guessed, opaque or collapsed.
    Possible,
    /// Some hop was dispatched over several targets, or guard roots could not be compared.
    Likely,
    /// Every hop was resolved or modelled.
    Certain,
}

impl Confidence {
    /// As people and programs write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Confidence::Possible => "possible",
            Confidence::Likely => "likely",
            Confidence::Certain => "certain",
        }
    }
}

/// What happens at an arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// Code that runs for a purpose touches the data.
    Use,
    /// It leaves to a third party.
    Share,
    /// It is shown to an audience.
    Show,
    /// It is stored.
    Keep,
}

/// Where it arrives.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Arriving {
    /// At the code itself (`use`).
    Code,
    /// At a recipient, store or audience of the policy, by the caller's number and the kind of [`Action`].
    Bound(u32),
    /// At a host that no binding covers.
    Host(String),
    /// At a vendor's client crate that no binding covers.
    Vendor(String),
    /// At a host that could not be determined (G02).
    UnknownHost,
    /// At a table, log, router or sink that no binding names (G07): its name.
    Unbound(String),
    /// Loopback, private or `ours`: counted only.
    Internal,
}

/// One labelled place where data enters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Entry {
    /// The labels there, as an index into [`Seeds::labels`](super::Seeds).
    pub labels: u32,
    /// The place as people call it: `orders.email`, `Customer.email`.
    pub name: Name,
    /// Where the data is read: the column in the query, the field, the parameter.
    pub span: Span,
    /// Where it was labelled: the bind line or annotation.
    pub labelled: Span,
}

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Step {
    /// Where.
    pub span: Span,
    /// What happens there, as a fragment: `returned to newsletter::run`.
    pub what: Name,
    /// In which function, as `crate::module::Type::function`.
    pub function: Name,
}

/// A transform that the data passed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transform {
    /// One of the policy's, by the caller's number.
    Bound(u32),
    /// A kind that a model names: `sha256`, `mask`.
    Kind(Name),
}

/// Where an arrival stands in the code.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Site {
    /// The place: the call, the column written, the returned value. What a macro of the workspace writes stands where
    /// that is called.
    pub span: Span,
    /// Where the definition of such a macro has it.
    pub written: Option<Span>,
    /// The function, as `crate::module::Type::function`.
    pub function: Name,
    /// Its crate's name.
    pub krate: Name,
    /// The symbol called or written (`reqwest::RequestBuilder::send`, `crm.email`).
    pub symbol: Name,
}

/// Why a flow is not certain.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reason {
    /// What is in doubt, as a fragment.
    pub what: String,
    /// The call or expression, if it is one.
    pub at: Option<Span>,
}

/// The guards at an arrival.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Established {
    /// What holds in each case that was told apart, and there is one that holds: as a rule there is only one.
    pub cases: Vec<BTreeSet<u32>>,
    /// Those that count although it could not be compared whom they are about.
    pub unsure: BTreeSet<u32>,
    /// Those that would hold in every case if what is asked by their name, of a value of an unknown type, was them.
    pub perhaps: BTreeSet<u32>,
    /// Those that hold on another path only.
    pub elsewhere: BTreeSet<u32>,
    /// Those that hold of another person only.
    pub of_another: BTreeSet<u32>,
    /// Of several callers one that makes the call without: the step at the call.
    pub caller: Option<Step>,
}

impl Established {
    /// Those that hold in every case.
    #[must_use]
    pub fn always(&self) -> BTreeSet<u32> {
        in_each(&self.cases)
    }
}

/// What is in each of several sets.
pub(super) fn in_each(cases: &[BTreeSet<u32>]) -> BTreeSet<u32> {
    cases.iter().cloned().reduce(|a, b| &a & &b).unwrap_or_default()
}

impl From<BTreeSet<u32>> for Established {
    fn from(guards: BTreeSet<u32>) -> Self {
        Established { cases: vec![guards], ..Established::default() }
    }
}

/// Data from an entry arrives somewhere: one for all purposes that the code runs for.
#[derive(Clone, Debug, PartialEq)]
pub struct Journey {
    /// What happens.
    pub action: Action,
    /// Where the data entered.
    pub entry: Entry,
    /// Through which transforms: those of the policy in order, then the kinds that models name and no policy binds.
    pub transforms: Vec<Transform>,
    /// Whether only something derived from it arrives.
    pub derived: bool,
    /// Where it arrives.
    pub target: Arriving,
    /// Where in the code.
    pub site: Site,
    /// From the entry to the arrival. Journeys share their steps.
    pub path: Vec<Arc<Step>>,
    /// How sure.
    pub confidence: Confidence,
    /// Why not certain; nothing if it is.
    pub reason: Option<Reason>,
    /// A statement only reads the column here: guards are judged where the data is touched.
    pub load: bool,
    /// For data written to a column: the sets of labels of that column and its parts, which may be none.
    pub home: Option<Vec<u32>>,
}

/// One flow: a journey, and for whom the code runs that takes part in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Flow {
    /// What arrives where.
    pub journey: Arc<Journey>,
    /// The purpose for which that code runs, by the caller's number; `None` where none is known.
    pub purpose: Option<u32>,
    /// Where the purpose was found: the place of the bind line or annotation.
    pub purpose_at: Option<Span>,
    /// Guards established on every path to the arrival, of the people whose data it is.
    pub guards: Arc<Established>,
    /// How many paths there are; the shortest is shown.
    pub paths_total: u32,
}

impl Deref for Flow {
    type Target = Journey;

    fn deref(&self) -> &Journey {
        &self.journey
    }
}

/// Labelled data that is given to code of which nothing is known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct GivenAway {
    /// The crate outside the workspace that it is given to; the one that gives it, where nobody knows to whom.
    pub krate: Name,
    /// Whether it is a crate outside the workspace.
    pub outside: bool,
    /// What is called.
    pub symbol: Name,
    /// Where.
    pub span: Span,
    /// Where the data entered.
    pub entry: Entry,
    /// Through which transforms, as in [`Journey`].
    pub transforms: Vec<Transform>,
    /// How sure it is that it gets there.
    pub confidence: Confidence,
}

/// A root of the call graph that handles labelled data without a purpose (R01).
#[derive(Clone, Debug, PartialEq)]
pub struct Purposeless {
    /// The root: a handler, job, `main`.
    pub function: Name,
    /// Its crate.
    pub krate: Name,
    /// Its name's place.
    pub span: Span,
    /// What it handles: entries first touched there or below.
    pub entries: Vec<Handled>,
}

/// What a root handles.
#[derive(Clone, Debug, PartialEq)]
pub struct Handled {
    /// Where it enters.
    pub entry: Entry,
    /// How sure it is that it comes there: of several ways the surest.
    pub confidence: Confidence,
    /// Why that is not certain.
    pub reason: Option<Reason>,
}

/// A call from code that runs for one purpose into code that is bound to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HandOver {
    /// For what the caller runs.
    pub from: u32,
    /// To what the called function is bound.
    pub to: u32,
    /// The call.
    pub at: Span,
}

/// Numbers for the coverage of a run.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
#[allow(missing_docs, reason = "names say it")]
pub struct Stats {
    pub functions: usize,
    pub test_functions: usize,
    pub calls_resolved: usize,
    pub calls_modelled: usize,
    pub calls_guessed: usize,
    pub calls_unknown: usize,
    pub methods_resolved: usize,
    pub methods_modelled: usize,
    pub methods_guessed: usize,
    pub methods_unknown: usize,
    pub macros_unknown: usize,
    pub sql_statements: usize,
    pub sql_unresolved: usize,
    pub labelled_places: usize,
    pub arrivals: usize,
    pub internal_arrivals: usize,
    pub limits_hit: usize,
}
