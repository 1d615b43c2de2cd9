//! Names of the policy that no line connects to any code (G04).

use std::collections::BTreeSet;

use super::finding::Gap;
use super::relied::Line;
use crate::policy::{Id, Meaning, Policy, Tree};
use crate::source::Span;

/// The names of a policy to which nothing is bound, given every line that binds something.
///
/// A name is bound when it or something below it is; what is `forbidden` must not be bound at all.
#[must_use]
pub fn unbound(policy: &Policy, lines: &[Line]) -> Vec<Gap> {
    let mut gaps = Vec::new();
    let said = |pick: &dyn Fn(&Meaning) -> Option<u32>| -> BTreeSet<u32> {
        lines.iter().filter_map(|l| pick(&l.meaning)).collect()
    };
    let purposes = said(&|m| if let Meaning::Purpose(p) = m { Some(p.0) } else { None });
    let recipients = said(&|m| if let Meaning::Recipient(r) = m { Some(r.0) } else { None });
    let stores = said(&|m| if let Meaning::Store(s) = m { Some(s.0) } else { None });
    let audiences = said(&|m| if let Meaning::Audience(a) = m { Some(a.0) } else { None });
    let guards = said(&|m| if let Meaning::Guard(g, _) = m { Some(g.0) } else { None });
    let transforms = said(&|m| if let Meaning::Transform(t) = m { Some(t.0) } else { None });
    list(&mut gaps, "purpose", &policy.purposes, &purposes, |p| policy.forbidden_purpose(p).is_some());
    list(&mut gaps, "recipient", &policy.recipients, &recipients, |r| policy.forbidden_recipient(r).is_some());
    list(&mut gaps, "store", &policy.stores, &stores, |_| false);
    list(&mut gaps, "audience", &policy.audiences, &audiences, |_| false);
    list(&mut gaps, "guard", &policy.guards, &guards, |_| false);
    list(&mut gaps, "transform", &policy.transforms, &transforms, |_| false);
    for subject in policy.subjects.ids() {
        for right in policy.rights(subject) {
            let bound = lines.iter().any(|l| match &l.meaning {
                Meaning::Right(name, whose) => {
                    *name == right.name
                        && (policy.subjects.leq(subject, *whose) || policy.subjects.leq(*whose, subject))
                }
                _ => false,
            });
            if !bound {
                gaps.push(gap(format!("right `{} of {}`", right.name, policy.subject_name(subject)), right.span));
            }
        }
    }
    for (store, clause) in policy.limited_stores() {
        let purged = |l: &Line| matches!(&l.meaning, Meaning::Purge(s) if policy.stores.leq(store, *s));
        if !lines.iter().any(purged) {
            gaps.push(gap(format!("purge of `{}`", policy.stores.name(store)), clause));
        }
    }
    gaps.sort();
    gaps.dedup();
    gaps
}

fn list<I: Id, T>(gaps: &mut Vec<Gap>, kind: &str, tree: &Tree<I, T>, bound: &BTreeSet<u32>, skip: impl Fn(I) -> bool) {
    for id in tree.ids().filter(|id| !skip(*id)) {
        let is_bound = bound.iter().any(|b| tree.leq(I::new(*b), id));
        if let Some(node) = tree.node(id)
            && !is_bound
        {
            gaps.push(gap(format!("{kind} `{}`", node.name), node.span));
        }
    }
}

fn gap(what: String, span: Span) -> Gap {
    Gap::at("G04", span, format!("{what} is bound to no code"))
}
