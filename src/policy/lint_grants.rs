//! Permissions that can never count: a promise forbids all they permit, or nothing lets the data be used.

use crate::diag::Diagnostic;

use super::compile::{CompiledGrant, CompiledPurpose};
use super::resolved::*;
use super::set::Set;
use super::types::*;

/// Finds dead permissions.
pub(super) fn dead(policy: &Policy, out: &mut Vec<Diagnostic>) {
    for p in policy.purposes.ids() {
        let Some(info) = policy.purposes.info(p) else { continue };
        for grant in &info.grants {
            let below: Vec<(PurposeId, &CompiledPurpose, &CompiledGrant)> = policy
                .purposes
                .ids()
                .filter(|&q| policy.purposes.leq(q, p))
                .filter_map(|q| {
                    let compiled = policy.compiled.purposes.get(q.index())?;
                    let grant = compiled.grants.iter().find(|g| g.span == grant.span)?;
                    Some((q, compiled, grant))
                })
                .collect();
            one(policy, grant, &below, out);
        }
    }
}

/// One clause, with what it comes to in each purpose that has it.
fn one(
    policy: &Policy,
    grant: &Grant,
    below: &[(PurposeId, &CompiledPurpose, &CompiledGrant)],
    out: &mut Vec<Diagnostic>,
) {
    if let Some(promise) = below.iter().map(|(q, _, g)| forbidden(policy, *q, g, &g.what)).reduce(Option::and).flatten()
    {
        out.push(warning(policy, grant, promise, "a promise forbids all that this clause permits".to_owned()));
        return;
    }
    for &name in &grant.what.names {
        let part = |g: &CompiledGrant| {
            let mut part = policy.categories.down(name).clone();
            part.keep(&g.what);
            part
        };
        let word = policy.category_name(name);
        let found = below.iter().map(|(q, _, g)| forbidden(policy, *q, g, &part(g))).reduce(Option::and).flatten();
        if let Some(promise) = found {
            out.push(warning(
                policy,
                grant,
                promise,
                format!("a promise forbids what this clause permits of `{word}`"),
            ));
        } else if grant.verb != Verb::Use && below.iter().all(|(_, purpose, g)| !used(purpose, g, &part(g))) {
            let message = format!("nothing lets `{word}` be used here, so it cannot be {}", participle(grant.verb));
            let problem = Diagnostic::warning("P20", message, grant.span, format!("add: uses {word}"));
            out.push(problem.help("`shares`, `shows` and `keeps` never exceed `uses`"));
        }
    }
}

fn participle(verb: Verb) -> &'static str {
    match verb {
        Verb::Use => "used",
        Verb::Share => "shared",
        Verb::Show => "shown",
        Verb::Keep => "kept",
    }
}

fn warning(policy: &Policy, grant: &Grant, promise: &Promise, message: String) -> Diagnostic {
    let problem = Diagnostic::warning("P20", message, grant.span, "this permission never counts");
    let said = promise.text.as_deref().map_or(String::new(), |t| format!(": \"{t}\""));
    if promise.span.file == grant.span.file {
        problem.label(promise.span, "the promise")
    } else {
        problem.help(format!("the promise stands in {}{said}", policy.path(promise.span)))
    }
}

/// Whether some permission lets a part of this be used, of some of the same people.
fn used(purpose: &CompiledPurpose, grant: &CompiledGrant, part: &Set) -> bool {
    purpose.grants.iter().any(|g| g.verb == Verb::Use && g.what.meets(part) && g.whose.meets(&grant.whose))
}

/// A promise without condition that forbids every flow of `what` under a permission, if there is one.
fn forbidden<'p>(policy: &'p Policy, p: PurposeId, grant: &CompiledGrant, what: &Set) -> Option<&'p Promise> {
    if what.is_empty() || grant.whose.is_empty() {
        return None;
    }
    let hit = |promise: &Promise, data: &Set, whose: &Set, targets: &Set, purposes: &Set| {
        promise.must
            && promise.unless.is_empty()
            && promise.outside.is_none()
            && (promise.verb == Verb::Use || (promise.verb == grant.verb && grant.targets.within(targets)))
            && purposes.meets(policy.purposes.down(p))
            && grant.whose.within(whose)
            && what
                .iter()
                .filter(|&c| c < policy.categories.top())
                .all(|c| policy.categories.down(CategoryId(c as u32)).meets(data))
    };
    policy.compiled.promises.iter().find_map(|c| {
        let promise = policy.promises.get(c.index)?;
        hit(promise, &c.what, &c.whose, &c.targets, &c.purposes).then_some(promise)
    })
}
