//! Permissions that nobody needs, given everything that some code does (Art. 5(1)(c)).

use std::collections::{BTreeMap, BTreeSet};

use super::compile::CompiledGrant;
use super::decide::Ask;
use super::resolved::*;
use super::set::Set;
use super::types::*;
use crate::source::Span;

/// A permission of which nothing, or not all, is needed.
#[derive(Clone, Debug, PartialEq)]
pub struct Spare {
    /// The clause.
    pub span: Span,
    /// Whose it is.
    pub purpose: PurposeId,
    /// What it permits.
    pub verb: Verb,
    /// What is not needed of it.
    pub what: Unneeded,
}

/// How much of a permission is not needed.
#[derive(Clone, Debug, PartialEq)]
pub enum Unneeded {
    /// All of it.
    All,
    /// Data that is there, and targets that are named.
    Some(Vec<Label>, Vec<Target>),
}

/// For each clause: the data for which it is needed, and the targets.
type Needed = BTreeMap<Span, (BTreeSet<Label>, BTreeSet<Target>)>;

/// The permissions that none of these flows needs, of purposes for which some code is bound. `held` is the data that is
/// there: of other data nothing can be said.
#[must_use]
pub fn spare(policy: &Policy, flows: &[Claim], held: &BTreeSet<Label>, bound: &BTreeSet<PurposeId>) -> Vec<Spare> {
    let needed = needed(policy, flows);
    let nothing = Default::default();
    let mut out = Vec::new();
    for purpose in policy.purposes.ids().filter(|p| bound.iter().any(|b| policy.purposes.leq(*b, *p))) {
        let own = policy.purposes.info(purpose).map_or(&[][..], |i| &i.grants);
        let compiled = policy.compiled.purposes.get(purpose.index()).map_or(&[][..], |c| &c.grants);
        for (grant, set) in own.iter().filter_map(|g| Some((g, compiled.iter().find(|c| c.own && c.span == g.span)?))) {
            let (data, targets) = needed.get(&grant.span).unwrap_or(&nothing);
            let what = if data.is_empty() {
                Unneeded::All
            } else {
                let unused = |l: &&Label| permits(policy, set, **l) && !data.iter().any(|d| meet(policy, **l, *d));
                // What is kept may be made where it is written, and then it flows from nowhere.
                let data: Vec<Label> = match grant.verb {
                    Verb::Keep => Vec::new(),
                    _ => held.iter().filter(unused).copied().collect(),
                };
                let targets: Vec<Target> =
                    named(grant).into_iter().filter(|t| !targets.iter().any(|u| lies_in(policy, *u, *t))).collect();
                if data.is_empty() && targets.is_empty() {
                    continue;
                }
                Unneeded::Some(data, targets)
            };
            out.push(Spare { span: grant.span, purpose, verb: grant.verb, what });
        }
    }
    out.sort_by_key(|s| (s.span, s.purpose));
    out
}

fn needed(policy: &Policy, flows: &[Claim]) -> Needed {
    let mut needed = Needed::new();
    for claim in flows {
        let ask = Ask::new(policy, claim, people(policy, claim.label));
        for grant in ask.purpose.map_or(&[][..], |p| &p.grants) {
            let speaks = (grant.verb == Verb::Use || grant.verb == claim.verb)
                && ask.reaches(grant, grant.verb)
                && grant.what.meets(ask.what)
                && grant.whose.meets(&ask.whose);
            if speaks {
                let (data, targets) = needed.entry(grant.span).or_default();
                data.insert(claim.label);
                targets.insert(claim.target);
            }
        }
    }
    needed
}

/// Whose a label may be.
fn people(policy: &Policy, label: Label) -> Set {
    label.subject.map_or_else(|| Set::below(policy.subjects.top() + 1), |s| policy.subjects.down(s).clone())
}

fn permits(policy: &Policy, grant: &CompiledGrant, label: Label) -> bool {
    grant.what.contains(label.category.index()) && grant.whose.meets(&people(policy, label))
}

/// Whether two labels may be of the same data.
fn meet(policy: &Policy, one: Label, other: Label) -> bool {
    let (a, b) = (one.category, other.category);
    (policy.categories.leq(a, b) || policy.categories.leq(b, a)) && people(policy, one).meets(&people(policy, other))
}

/// The targets that a permission names one by one.
fn named(grant: &Grant) -> Vec<Target> {
    match &grant.targets {
        Some(Targets::Recipients(p)) => p.names.iter().map(|r| Target::Recipient(*r)).collect(),
        Some(Targets::Audiences(p)) => p.names.iter().map(|a| Target::Audience(*a)).collect(),
        Some(Targets::Stores(p)) => p.names.iter().map(|s| Target::Store(*s)).collect(),
        None => Vec::new(),
    }
}

fn lies_in(policy: &Policy, target: Target, wide: Target) -> bool {
    match (target, wide) {
        (Target::Recipient(a), Target::Recipient(b)) => policy.recipients.leq(a, b),
        (Target::Audience(a), Target::Audience(b)) => policy.audiences.leq(a, b),
        (Target::Store(a), Target::Store(b)) => policy.stores.leq(a, b),
        _ => false,
    }
}
