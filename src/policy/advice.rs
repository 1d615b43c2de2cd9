//! Beside the verdict: which clauses permit a flow, and how far the nearest permission is from one.

use super::compile::CompiledGrant;
use super::decide::{Ask, advice, met};
use super::resolved::*;
use super::set::{Set, Tree};
use super::types::*;
use crate::source::Span;

/// The clause that comes nearest to permitting a flow, and in which respects it does not.
#[derive(Clone, Debug, PartialEq)]
pub struct Nearest {
    /// Place of the clause.
    pub span: Span,
    /// The purpose that it belongs to, if that is not the one asked about or above it.
    pub purpose: Option<PurposeId>,
    /// Data that it does not name: the topmost names.
    pub data: Vec<CategoryId>,
    /// People whom it is not about: the topmost names.
    pub people: Vec<SubjectId>,
    /// Whether it does not name the target.
    pub target: bool,
    /// Guards that it asks for: one of each group.
    pub guards: Guards,
}

/// The nearest permission: same verb, fewest respects in which it fails; of the purpose itself, else of any.
#[must_use]
pub fn nearest(policy: &Policy, claim: &Claim) -> Option<Nearest> {
    let ask = Ask::new(policy, claim, advice(policy, claim)?);
    let own = ask.purpose.and_then(|p| ask.nearest(p, claim.verb)).map(|(_, grant)| (grant, None));
    let (grant, purpose) = own.or_else(|| {
        let all = policy.purposes.ids().filter_map(|p| {
            let compiled = policy.compiled.purposes.get(p.index())?;
            ask.nearest(compiled, claim.verb).map(|(fails, grant)| (fails, grant, p))
        });
        // Children have the clauses of their parents: the one that says it is named.
        let best = all.min_by_key(|(fails, grant, _)| (*fails, grant.span, !grant.own))?;
        Some((best.1, Some(best.2)))
    })?;
    let left = |mut whole: Set, part: &Set| {
        whole.minus(part);
        whole
    };
    Some(Nearest {
        span: grant.span,
        purpose,
        data: topmost(&policy.categories, &left(ask.what.clone(), &grant.what)),
        people: topmost(&policy.subjects, &left(ask.whose.clone(), &grant.whose)),
        target: claim.target != Target::None && !ask.reaches(grant, claim.verb),
        guards: if met(&grant.given, &claim.guards) { Vec::new() } else { grant.given.clone() },
    })
}

/// The clauses that together permit a flow: what lets the data be used, and what lets it go where it goes.
#[must_use]
pub fn permitting(policy: &Policy, claim: &Claim) -> Vec<Span> {
    let Some(whose) = advice(policy, claim) else { return Vec::new() };
    let ask = Ask::new(policy, claim, whose);
    let Some(purpose) = ask.purpose else { return Vec::new() };
    let counts = |g: &&CompiledGrant| {
        (g.verb == Verb::Use || g.verb == claim.verb)
            && met(&g.given, &claim.guards)
            && ask.reaches(g, g.verb)
            && g.what.meets(ask.what)
            && g.whose.meets(&ask.whose)
    };
    let mut out: Vec<Span> = purpose.grants.iter().filter(counts).map(|g| g.span).collect();
    out.extend(purpose.requires.iter().map(|(_, span)| *span));
    out.sort();
    out.dedup();
    out
}

/// Of a set, the names of which no parent is in it.
fn topmost<I: Id, T>(tree: &Tree<I, T>, set: &Set) -> Vec<I> {
    let inside = |id: &I| set.contains(id.index());
    let is_top = |id: &I| !tree.up(*id).iter().any(|u| u != id.index() && set.contains(u));
    tree.ids().filter(inside).filter(is_top).collect()
}
