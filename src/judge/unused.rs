//! Permissions that no code uses (G05): what `lint` says once it has seen the code.

use std::collections::BTreeSet;

use super::finding::Gap;
use super::gaps::verb;
use super::items::{bound, labels_of};
use super::relied::Line;
use super::{Case, words};
use crate::flow::{Arriving, Flow};
use crate::policy::{Claim, Label, Meaning, Policy, PurposeId, Target, Unneeded, Verb, spare};

/// The permissions of a policy that none of the flows needs, whether they are permitted or not, given every line that
/// binds something.
#[must_use]
pub fn unused(policy: &Policy, case: &Case<'_>, lines: &[Line]) -> Vec<Gap> {
    let flows: BTreeSet<(PurposeId, Verb, Label, Target)> = case.flows.iter().flat_map(|f| asked(case, f)).collect();
    let claim = |(purpose, verb, label, target)| Claim {
        verb,
        label,
        target,
        purpose: Some(purpose),
        guards: BTreeSet::new(),
        origin: None,
        day: case.day,
    };
    let flows: Vec<Claim> = flows.into_iter().map(claim).collect();
    let (mut held, mut purposes) = (BTreeSet::new(), BTreeSet::new());
    for line in lines {
        match &line.meaning {
            Meaning::Data(labels) => held.extend(labels.iter().copied()),
            Meaning::Purpose(p) => {
                purposes.insert(*p);
            }
            _ => {}
        }
    }
    let gap = |s: crate::policy::Spare| {
        let what = format!("no code for `{}` {}", policy.purpose_name(s.purpose), what(policy, s.verb, &s.what));
        Gap::at("G05", s.span, what)
    };
    spare(policy, &flows, &held, &purposes).into_iter().map(gap).collect()
}

/// What a flow asks of the permissions of its purpose.
fn asked(case: &Case<'_>, flow: &Flow) -> Vec<(PurposeId, Verb, Label, Target)> {
    let Some(purpose) = flow.purpose.map(PurposeId) else { return Vec::new() };
    let target = match &flow.target {
        Arriving::Bound(number) => bound(flow.action, *number),
        Arriving::Code => Target::None,
        // Something is used, and where it goes no permission can name.
        _ => Target::Undeclared,
    };
    let labels = labels_of(case.law, case.labels, flow);
    labels.into_iter().map(|label| (purpose, verb(flow.action), label, target)).collect()
}

/// `uses what this permits`, `shares contact.email of customer`, `shares anything with mailgate`.
fn what(policy: &Policy, verb: Verb, unneeded: &Unneeded) -> String {
    let (does, to) = match verb {
        Verb::Use => ("uses", ""),
        Verb::Share => ("shares", "with"),
        Verb::Show => ("shows", "to"),
        Verb::Keep => ("keeps", "in"),
    };
    let (data, targets) = match unneeded {
        Unneeded::All => return format!("{does} what this permits"),
        Unneeded::Some(data, targets) => (data, targets),
    };
    let mut said = Vec::new();
    if !data.is_empty() {
        let names: Vec<String> = data.iter().map(|l| words::label(policy, *l)).collect();
        said.push(format!("{does} {}", words::any_of(&names)));
    }
    if !targets.is_empty() {
        let names: Vec<String> = targets.iter().filter_map(|t| policy.target_name(*t)).map(str::to_owned).collect();
        said.push(format!("{does} anything {to} {}", words::any_of(&names)));
    }
    said.join(", or ")
}
