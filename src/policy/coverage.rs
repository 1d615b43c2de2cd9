//! Which clauses the tests of a policy exercise.
//!
//! A clause is tested if some expectation would come out otherwise without it. So each is taken away in turn and the
//! tests are run: a few thousand evaluations for a policy of ordinary size.

use crate::source::Span;

use super::compile::compile;
use super::expect::outcomes;
use super::resolved::*;
use super::types::*;

/// One clause, and whether a test would notice its absence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Covered {
    /// Place of the clause.
    pub span: Span,
    /// Whether some expectation depends on it.
    pub tested: bool,
}

/// Where a clause is, so that it can be taken away.
#[derive(Clone, Copy)]
enum Clause {
    Grant(PurposeId, usize),
    Requires(PurposeId, usize),
    Compatible(PurposeId, usize),
    Condition(PurposeId),
    Promise(usize),
    Contract(RecipientId),
    RecipientTransfer(RecipientId),
    StoreTransfer(StoreId),
}

/// All clauses that a test could depend on, in the order of their places.
///
/// `should not` decides nothing, and a promise about how long data is kept is checked when the policy is read.
#[must_use]
pub fn coverage(policy: &Policy, day: Date) -> Vec<Covered> {
    let whole = outcomes(policy, day);
    let mut out: Vec<Covered> = clauses(policy)
        .into_iter()
        .map(|(clause, span)| Covered { span, tested: outcomes(&without(policy, clause), day) != whole })
        .collect();
    out.sort_by_key(|c| c.span);
    out
}

fn clauses(policy: &Policy) -> Vec<(Clause, Span)> {
    let mut out = Vec::new();
    for p in policy.purposes.ids() {
        let Some(info) = policy.purposes.info(p) else { continue };
        out.extend(info.grants.iter().enumerate().map(|(i, g)| (Clause::Grant(p, i), g.span)));
        out.extend(info.requires.iter().enumerate().map(|(i, r)| (Clause::Requires(p, i), r.span)));
        out.extend(info.compatible.iter().enumerate().map(|(i, c)| (Clause::Compatible(p, i), c.span)));
        out.extend(info.condition.iter().map(|(_, span)| (Clause::Condition(p), *span)));
    }
    let promises = policy.promises.iter().enumerate().filter(|(_, p)| p.must && p.longer.is_none());
    out.extend(promises.map(|(i, p)| (Clause::Promise(i), p.span)));
    for r in policy.recipients.ids() {
        let Some(info) = policy.recipients.info(r) else { continue };
        out.extend(info.contract.iter().map(|c| (Clause::Contract(r), c.span)));
        out.extend(info.transfer.iter().map(|(_, span)| (Clause::RecipientTransfer(r), *span)));
    }
    for s in policy.stores.ids() {
        let transfer = policy.stores.info(s).and_then(|i| i.transfer.as_ref());
        out.extend(transfer.map(|(_, span)| (Clause::StoreTransfer(s), *span)));
    }
    out
}

/// The policy as it would be without a clause.
fn without(policy: &Policy, clause: Clause) -> Policy {
    let mut left = policy.clone();
    let purpose = |left: &mut Policy, p, change: &dyn Fn(&mut Purpose)| {
        if let Some(info) = left.purposes.info_mut(p) {
            change(info);
        }
    };
    match clause {
        Clause::Grant(p, i) => purpose(&mut left, p, &|q| drop(q.grants.remove(i))),
        Clause::Requires(p, i) => purpose(&mut left, p, &|q| drop(q.requires.remove(i))),
        Clause::Compatible(p, i) => purpose(&mut left, p, &|q| drop(q.compatible.remove(i))),
        Clause::Condition(p) => purpose(&mut left, p, &|q| q.condition = None),
        Clause::Promise(i) => drop(left.promises.remove(i)),
        Clause::Contract(r) => left.recipients.info_mut(r).map_or((), |i| i.contract = None),
        Clause::RecipientTransfer(r) => left.recipients.info_mut(r).map_or((), |i| i.transfer = None),
        Clause::StoreTransfer(s) => left.stores.info_mut(s).map_or((), |i| i.transfer = None),
    }
    left.compiled = compile(&left);
    left
}
