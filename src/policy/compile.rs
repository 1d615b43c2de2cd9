//! The sets behind the clauses, computed once when a policy is loaded.
//!
//! For each purpose everything that counts for it stands in one list: its own clauses, those of its parents, and
//! the `uses` of what it is compatible with, each already restricted to the people the purpose is about.

use crate::source::Span;

use super::resolved::*;
use super::set::{Set, Tree};
use super::types::*;

/// Everything that [`super::decide`] looks up.
#[derive(Clone, Debug, Default)]
pub(crate) struct Compiled {
    /// Special categories and everything below them.
    pub special: Set,
    /// By purpose.
    pub purposes: Vec<CompiledPurpose>,
    /// The promises that speak of flows, by index into [`Policy::promises`].
    pub promises: Vec<CompiledPromise>,
    /// By transform: what each step turns.
    pub transforms: Vec<Vec<Set>>,
}

/// What counts for one purpose.
#[derive(Clone, Debug, Default)]
pub(crate) struct CompiledPurpose {
    /// The people it is about; everybody, known or not, if it does not say.
    pub about: Set,
    /// Its permissions.
    pub grants: Vec<CompiledGrant>,
    /// The guards it requires, with the clause.
    pub requires: Vec<(Guards, Span)>,
    /// It, or a parent, is forbidden: where that is said.
    pub forbidden: Option<Span>,
    /// It, or a parent, states a condition of Art. 9(2).
    pub condition: bool,
    /// `purpose name` in its declaration.
    pub head: Option<Span>,
}

/// A permission as sets.
#[derive(Clone, Debug)]
pub(crate) struct CompiledGrant {
    pub verb: Verb,
    pub what: Set,
    pub whose: Set,
    pub targets: Set,
    pub given: Guards,
    /// For how long it may be kept.
    pub limit: Option<Duration>,
    pub span: Span,
    /// Stands in the purpose itself.
    pub own: bool,
}

/// A promise as sets.
#[derive(Clone, Debug)]
pub(crate) struct CompiledPromise {
    /// Index into [`Policy::promises`].
    pub index: usize,
    pub what: Set,
    pub whose: Set,
    pub targets: Set,
    pub purposes: Set,
    /// Whether it also holds where no purpose is known.
    pub without_purpose: bool,
}

/// The members of a list. ⊤ is one of them only for `anything`.
pub(crate) fn list<I: Id, T>(tree: &Tree<I, T>, picks: &Picks<I>) -> Set {
    let mut set = if picks.any { Set::below(tree.top() + 1) } else { Set::new() };
    for &name in &picks.names {
        set.add(tree.down(name));
    }
    for &name in &picks.except {
        set.minus(tree.down(name));
    }
    set
}

/// Everything, known or not.
pub(crate) fn all<I: Id, T>(tree: &Tree<I, T>) -> Set {
    Set::below(tree.top() + 1)
}

/// The members of a list of targets.
pub(crate) fn target_list(policy: &Policy, targets: &Targets) -> Set {
    match targets {
        Targets::Recipients(p) => list(&policy.recipients, p),
        Targets::Audiences(p) => list(&policy.audiences, p),
        Targets::Stores(p) => list(&policy.stores, p),
    }
}

/// All targets that a verb can have, known or not.
pub(crate) fn all_targets(policy: &Policy, verb: Verb) -> Set {
    match verb {
        Verb::Use => Set::new(),
        Verb::Share => all(&policy.recipients),
        Verb::Show => all(&policy.audiences),
        Verb::Keep => all(&policy.stores),
    }
}

/// Computes the sets of a policy whose names are resolved.
pub(crate) fn compile(policy: &Policy) -> Compiled {
    let mut special = Set::new();
    for id in policy.categories.ids().filter(|&c| policy.categories.info(c).is_some_and(|i| i.special)) {
        special.add(policy.categories.down(id));
    }
    let abouts: Vec<Set> = policy.purposes.ids().map(|p| about(policy, p)).collect();
    let purposes = policy.purposes.ids().map(|p| purpose(policy, p, &abouts, &special)).collect();
    let promises = policy.promises.iter().enumerate().filter(|(_, p)| p.longer.is_none());
    let promises = promises.map(|(index, p)| promise(policy, index, p)).collect();
    let transforms = policy
        .transforms
        .ids()
        .map(|t| {
            let steps = policy.transforms.info(t).map_or(&[][..], |t| &t.steps);
            steps.iter().map(|s| list(&policy.categories, &s.from)).collect()
        })
        .collect();
    Compiled { special, purposes, promises, transforms }
}

/// The people that a purpose and all its parents are about.
fn about(policy: &Policy, purpose: PurposeId) -> Set {
    let mut set = all(&policy.subjects);
    for q in policy.purposes.chain(purpose) {
        if let Some(picks) = policy.purposes.info(q).and_then(|i| i.about.as_ref()) {
            set.keep(&list(&policy.subjects, picks));
        }
    }
    set
}

fn purpose(policy: &Policy, p: PurposeId, abouts: &[Set], special: &Set) -> CompiledPurpose {
    let nothing = Set::new();
    let about = |p: PurposeId| abouts.get(p.index()).unwrap_or(&nothing);
    let mut out = CompiledPurpose { about: about(p).clone(), head: policy.purpose_head(p), ..Default::default() };
    for q in policy.purposes.chain(p) {
        let Some(info) = policy.purposes.info(q) else { continue };
        out.forbidden = out.forbidden.or(info.forbidden);
        out.condition |= info.condition.is_some();
        out.requires.extend(info.requires.iter().map(|r| (r.guards.clone(), r.span)));
        for grant in &info.grants {
            out.grants.push(compiled_grant(policy, grant, about(q), about(p), q == p));
        }
        for compatible in &info.compatible {
            for r in policy.purposes.chain(compatible.with) {
                let Some(other) = policy.purposes.info(r) else { continue };
                out.requires.extend(other.requires.iter().map(|r| (r.guards.clone(), r.span)));
                for grant in other.grants.iter().filter(|g| g.verb == Verb::Use) {
                    let mut made = compiled_grant(policy, grant, about(r), about(p), false);
                    made.what.minus(special);
                    out.grants.push(made);
                }
            }
        }
    }
    out
}

fn compiled_grant(policy: &Policy, grant: &Grant, default: &Set, restrict: &Set, own: bool) -> CompiledGrant {
    let mut whose = grant.whose.as_ref().map_or_else(|| default.clone(), |w| list(&policy.subjects, w));
    whose.keep(restrict);
    CompiledGrant {
        verb: grant.verb,
        what: list(&policy.categories, &grant.what),
        whose,
        targets: grant.targets.as_ref().map_or_else(Set::new, |t| target_list(policy, t)),
        given: grant.given.clone(),
        limit: grant.limit,
        span: grant.span,
        own,
    }
}

fn promise(policy: &Policy, index: usize, promise: &Promise) -> CompiledPromise {
    let targets = match &promise.targets {
        None => all_targets(policy, promise.verb),
        Some(targets) => {
            let mut set = target_list(policy, targets);
            let excepted = match targets {
                Targets::Recipients(_) => false,
                Targets::Audiences(p) => !p.except.is_empty(),
                Targets::Stores(p) => !p.except.is_empty(),
            };
            // A store that no binding names may be one of the excepted ones: imprecision never accuses. A host
            // that no binding names is none of the declared recipients.
            if excepted {
                set.remove(all_targets(policy, promise.verb).len().saturating_sub(1));
            }
            set
        }
    };
    CompiledPromise {
        index,
        what: list(&policy.categories, &promise.what),
        whose: promise.whose.as_ref().map_or_else(|| all(&policy.subjects), |w| list(&policy.subjects, w)),
        targets,
        purposes: promise.purposes.as_ref().map_or_else(|| all(&policy.purposes), |p| list(&policy.purposes, p)),
        without_purpose: promise.purposes.as_ref().is_none_or(|p| p.any && p.except.is_empty()),
    }
}
