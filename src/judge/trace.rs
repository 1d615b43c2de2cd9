//! One value as a trace tells of it: flows to and from it, named and put together.
//!
//! Nothing is judged here. Of several paths between the same ends the surest and shortest is told, the others are
//! counted.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::items::{bound, labels_of};
use super::law::Law;
use super::words;
use crate::flow::{Action, Arriving, Confidence, End, Ending, Flow, Point, Reason, Run, Step};
use crate::policy::{GuardId, Label, PurposeId};
use crate::source::Span;

/// What a trace tells.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Told {
    /// The values at the place, in their order.
    pub values: Vec<Trace>,
    /// Limits that were hit and functions that failed: paths through them may be missing.
    pub limits: Vec<Stop>,
}

/// What a trace says of one value.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    /// Where it stands.
    pub place: Span,
    /// As it is written there; a column with its table.
    pub name: String,
    /// Its type, as far as it is understood.
    pub ty: Option<String>,
    /// The function that it stands in; nothing for a column.
    pub function: Option<String>,
    /// Whether no run comes there, as far as the code is understood.
    pub unreached: bool,
    /// For what the code there runs.
    pub runs: Vec<Runs>,
    /// Labelled data that reaches it.
    pub reaches: Vec<Reach>,
    /// What else reaches it: columns, parameters, values that libraries make.
    pub unlabelled: Vec<Reach>,
    /// Where it arrives.
    pub leaves: Vec<Leave>,
    /// Where it is not followed further.
    pub ends: Vec<Stop>,
    /// Calls in its function that are not understood, or by name alone.
    pub unclear: Vec<Stop>,
}

/// For what code runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Runs {
    /// The purpose.
    pub purpose: Option<String>,
    /// Where it was found.
    pub at: Option<Span>,
    /// Guards that are established on every path.
    pub guards: Vec<String>,
}

/// What kind of source a value without a label has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// A labelled place.
    Label,
    /// A column.
    Column,
    /// A parameter of a function that nothing here calls.
    Parameter,
    /// A value that a library makes.
    Made,
    /// The result of a call that is not understood.
    Unknown,
}

/// Something that reaches a value.
#[derive(Clone, Debug, PartialEq)]
pub struct Reach {
    /// What kind of source it is.
    pub origin: Origin,
    /// The source, as people call it.
    pub name: String,
    /// Its labels, as they arrive.
    pub labels: Vec<String>,
    /// Where it was labelled.
    pub labelled: Option<Span>,
    /// How it gets there.
    pub way: Way,
}

/// Somewhere a value arrives.
#[derive(Clone, Debug, PartialEq)]
pub struct Leave {
    /// What happens: `use`, `share`, `show`, `keep`.
    pub verb: &'static str,
    /// Where it goes, as people call it.
    pub target: Option<String>,
    /// The column that is written.
    pub column: Option<String>,
    /// Whether the target is one of the policy.
    pub bound: bool,
    /// For which purpose.
    pub purpose: Option<String>,
    /// As a fragment: `` shared with `mailgate` ``.
    pub what: String,
    /// How it gets there.
    pub way: Way,
}

/// The way between two ends.
#[derive(Clone, Debug, PartialEq)]
pub struct Way {
    /// Through what it went.
    pub transforms: Vec<String>,
    /// Whether only something derived arrives.
    pub derived: bool,
    /// Guards that are established for it at its end.
    pub guards: Vec<String>,
    /// How sure it is.
    pub confidence: Confidence,
    /// Why not certain.
    pub reason: Option<Reason>,
    /// The surest and shortest path.
    pub path: Vec<Step>,
    /// How many paths there are.
    pub paths_total: usize,
}

impl Way {
    /// The same with other words at its first step.
    fn begins(mut self, what: Option<&str>) -> Self {
        if let (Some(step), Some(what)) = (self.path.first_mut(), what) {
            step.what = what.into();
        }
        self
    }
}

/// A place where something stops.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stop {
    /// Where.
    pub at: Span,
    /// What, as a fragment.
    pub what: String,
    /// In which function.
    pub function: String,
}

/// What was found of one value, before it is named.
pub struct Found<'a> {
    /// Where it stands.
    pub place: Span,
    /// As it is written there.
    pub name: String,
    /// For a column its type.
    pub ty: Option<String>,
    /// The function that it stands in; nothing for a column.
    pub function: Option<String>,
    /// What is known there.
    pub point: Option<&'a Point>,
    /// From labelled places.
    pub labelled: &'a [Flow],
    /// From other sources, by their kinds and names.
    pub unlabelled: Vec<(Origin, String, &'a Flow)>,
    /// To arrivals, with the column written.
    pub leaves: Vec<(&'a Flow, Option<String>)>,
    /// Where it is not followed further.
    pub ends: &'a [End],
    /// Calls in its function that are not understood.
    pub unclear: Vec<Stop>,
}

/// Names what was found.
#[must_use]
pub fn trace(law: &dyn Law, labels: &[Vec<Label>], found: Found<'_>) -> Trace {
    let namer = Namer { law, labels };
    let point = found.point;
    Trace {
        place: found.place,
        name: found.name,
        ty: found.ty.or_else(|| point.and_then(|p| p.ty.clone())),
        unreached: found.function.is_some() && point.is_none(),
        function: found.function,
        runs: point.map(|p| p.runs.iter().map(|r| namer.runs(r)).collect()).unwrap_or_default(),
        reaches: namer.labelled(found.labelled),
        unlabelled: namer.unlabelled(&found.unlabelled),
        leaves: namer.leaves(&found.leaves),
        ends: found.ends.iter().map(end).collect(),
        unclear: found.unclear,
    }
}

fn end(e: &End) -> Stop {
    let called = |name: &str| if name.is_empty() { "a call".to_owned() } else { format!("`{name}`") };
    let what = match &e.how {
        Ending::Unknown(name) => format!("given to {}, which is not understood", called(name)),
        Ending::Dropped(name) => format!("given to {}, which hands nothing of it on", called(name)),
        Ending::Stored(name) => format!("put away by {}, from where it is not followed", called(name)),
        Ending::Compared => "compared: the result holds no data".to_owned(),
        Ending::Decides => "decides what runs: what depends on it is not followed".to_owned(),
        Ending::Overwritten => "overwritten here".to_owned(),
    };
    Stop { at: e.at, what, function: e.function.clone() }
}

struct Namer<'a> {
    law: &'a dyn Law,
    labels: &'a [Vec<Label>],
}

impl Namer<'_> {
    fn runs(&self, run: &Run) -> Runs {
        Runs {
            purpose: run.purpose.map(|p| self.law.purpose(PurposeId(p))),
            at: run.at,
            guards: self.guards(&run.guards),
        }
    }

    fn guards(&self, guards: &BTreeSet<u32>) -> Vec<String> {
        guards.iter().map(|g| self.law.guard(GuardId(*g))).collect()
    }

    fn labelled(&self, flows: &[Flow]) -> Vec<Reach> {
        let keyed = flows.iter().map(|f| {
            let labels = labels_of(self.law, self.labels, f);
            let text = |l: Label| match self.law.label(l) {
                (category, Some(subject)) => format!("{category} of {subject}"),
                (category, None) => category,
            };
            ((labels.into_iter().map(text).collect::<Vec<_>>(), f.entry.name.to_string(), f.entry.labelled), f)
        });
        let reach = |((labels, name, at), way): ((Vec<String>, String, Span), Way)| Reach {
            origin: Origin::Label,
            name,
            labels,
            labelled: Some(at),
            way,
        };
        self.ways(keyed).into_iter().map(reach).collect()
    }

    fn unlabelled(&self, flows: &[(Origin, String, &Flow)]) -> Vec<Reach> {
        let keyed = flows.iter().map(|(origin, name, f)| ((*origin, name.clone()), *f));
        let reach = |((origin, name), way): ((Origin, String), Way)| {
            let begins = match origin {
                Origin::Label | Origin::Column => None,
                Origin::Parameter => Some("comes from outside"),
                Origin::Made => Some("made here"),
                Origin::Unknown => Some("made here, by a call that is not understood"),
            };
            Reach { origin, name, labels: Vec::new(), labelled: None, way: way.begins(begins) }
        };
        self.ways(keyed).into_iter().map(reach).collect()
    }

    fn leaves(&self, flows: &[(&Flow, Option<String>)]) -> Vec<Leave> {
        // Code without a purpose uses data for nothing that could be said.
        let said = flows.iter().filter(|(f, _)| f.action != Action::Use || f.purpose.is_some());
        let keyed = said.map(|(f, column)| ((f.action, self.arrival(f, column.as_deref()), f.purpose), *f));
        let leave = |((action, arrival, purpose), way): ((Action, Arrival, Option<u32>), Way)| Leave {
            verb: verb(action),
            target: arrival.target,
            column: arrival.column,
            bound: arrival.bound,
            purpose: purpose.map(|p| self.law.purpose(PurposeId(p))),
            what: arrival.what,
            way: way.begins(Some("the value")),
        };
        self.ways(keyed).into_iter().map(leave).collect()
    }

    fn arrival(&self, f: &Flow, column: Option<&str>) -> Arrival {
        let name = match &f.target {
            Arriving::Bound(n) => self.law.target(bound(f.action, *n)),
            Arriving::Host(name) | Arriving::Vendor(name) | Arriving::Unbound(name) => Some(name.clone()),
            Arriving::Code | Arriving::UnknownHost | Arriving::Internal => None,
        };
        let is_bound = matches!(f.target, Arriving::Bound(_) | Arriving::Code | Arriving::Internal);
        let named = name.as_ref().map_or_else(String::new, |n| format!("`{n}`"));
        let what = match (f.action, &f.target, column) {
            (Action::Use, ..) => "used".to_owned(),
            (Action::Share, Arriving::UnknownHost, _) => "sent to a host that is not known".to_owned(),
            (Action::Share, Arriving::Internal, _) => "sent to a service inside".to_owned(),
            (Action::Share, ..) => format!("shared with {named}"),
            (Action::Show, Arriving::Unbound(_), _) => format!("returned by {named}, which nothing here calls"),
            (Action::Show, ..) => format!("shown to {named}"),
            (Action::Keep, Arriving::Bound(_), Some(column)) => format!("written to `{column}`, kept in {named}"),
            (Action::Keep, _, Some(column)) => format!("written to `{column}`"),
            (Action::Keep, ..) => format!("kept in {named}"),
        };
        Arrival { what, target: name, column: column.map(str::to_owned), bound: is_bound }
    }

    /// Of the flows between the same ends the surest and shortest path, and how many paths there are.
    fn ways<'f, K: Ord>(&self, flows: impl Iterator<Item = (K, &'f Flow)>) -> Vec<(K, Way)> {
        let mut groups: BTreeMap<K, Vec<&Flow>> = BTreeMap::new();
        for (key, flow) in flows {
            groups.entry(key).or_default().push(flow);
        }
        let way = |(key, flows): (K, Vec<&Flow>)| {
            let paths: BTreeSet<&[Arc<Step>]> = flows.iter().map(|f| &*f.path).collect();
            let best = flows.into_iter().min_by_key(|f| (Reverse(f.confidence), f.path.len(), &f.path, &f.guards))?;
            let way = Way {
                transforms: best.transforms.iter().map(|t| words::transform(self.law, t)).collect(),
                derived: best.derived,
                guards: self.guards(&best.guards.always()),
                confidence: best.confidence,
                reason: best.reason.clone(),
                path: best.path.iter().map(|step| (**step).clone()).collect(),
                paths_total: paths.len(),
            };
            Some((key, way))
        };
        groups.into_iter().filter_map(way).collect()
    }
}

/// Where something arrives, named.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Arrival {
    what: String,
    target: Option<String>,
    column: Option<String>,
    bound: bool,
}

fn verb(action: Action) -> &'static str {
    match action {
        Action::Use => "use",
        Action::Share => "share",
        Action::Show => "show",
        Action::Keep => "keep",
    }
}
