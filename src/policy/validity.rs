//! Conflicts between clauses that are each well-formed: the policy is rejected.

use crate::diag::{Diagnostic, Severity};

use super::compile::{list, target_list};
use super::names::Names;
use super::resolved::*;
use super::types::*;

/// Checks a compiled policy.
pub(crate) fn check(cx: &mut Names<'_>, policy: &Policy) {
    for p in policy.purposes.ids() {
        basis(cx, policy, p);
        ways(cx, policy, p);
        compatible(cx, policy, p);
    }
    transforms(cx, policy);
    limits(cx, policy);
}

/// Every purpose that permits something rests on a legal basis.
fn basis(cx: &mut Names<'_>, policy: &Policy, p: PurposeId) {
    let (Some(info), Some(node)) = (policy.purposes.info(p), policy.purposes.node(p)) else { return };
    let leaf = policy.purposes.down(p).len() == 1;
    let says = !info.grants.is_empty() || !info.compatible.is_empty() || leaf;
    if policy.forbidden_purpose(p).is_some() || !says || policy.basis(p).is_some() || policy.on_behalf_of(p).is_some() {
        return;
    }
    let problem = Diagnostic::error(
        "P13",
        format!("purpose `{}` has no legal basis", node.name),
        node.span,
        "add: basis consent, contract, legal obligation, vital interests, public task or legitimate interests",
    )
    .help("processing is lawful only on one of the six grounds of GDPR Art. 6(1); a child may inherit its parent's")
    .help("if you only process for somebody else write: on behalf of <controller>");
    cx.report(problem);
}

/// How many combinations of guards a purpose may accept.
const MAX_WAYS: usize = 64;

/// `or` between guards multiplies; a purpose that can be entered in very many ways is several purposes.
fn ways(cx: &mut Names<'_>, policy: &Policy, p: PurposeId) {
    let count = policy.required_guards(p).iter().map(Vec::len).fold(1, usize::saturating_mul);
    let Some(node) = policy.purposes.node(p).filter(|_| count > MAX_WAYS) else { return };
    let message = format!("purpose `{}` accepts {count} combinations of guards", node.name);
    let problem = Diagnostic::error("P14", message, node.span, format!("at most {MAX_WAYS}"))
        .help("write sub-purposes, each with the guards that it requires");
    cx.report(problem);
}

/// Reuse is assessed against a basis that allows it, and against another purpose.
fn compatible(cx: &mut Names<'_>, policy: &Policy, p: PurposeId) {
    let Some(info) = policy.purposes.info(p) else { return };
    for clause in &info.compatible {
        let with = policy.purpose_name(clause.with).to_owned();
        if policy.forbidden_purpose(clause.with).is_some() {
            let message = format!("nothing is compatible with `{with}`, which is forbidden");
            cx.report(Diagnostic::error("P08", message, clause.span, "remove this clause"));
            continue;
        }
        if policy.purposes.leq(p, clause.with) {
            let message = format!("`{}` is `{with}` already", policy.purpose_name(p));
            let problem = Diagnostic::error("P08", message, clause.span, "remove this clause")
                .help("a purpose has everything that its parents may do");
            cx.report(problem);
            continue;
        }
        for r in policy.purposes.chain(clause.with) {
            let uses = policy.purposes.info(r).is_some_and(|i| i.grants.iter().any(|g| g.verb == Verb::Use));
            if r != clause.with && !uses {
                continue;
            }
            let Some(basis) = policy.basis(r) else { continue };
            let word = match basis.ground {
                Ground::Consent => "consent",
                Ground::LegalObligation => "a legal obligation",
                Ground::Contract | Ground::VitalInterests | Ground::PublicTask | Ground::LegitimateInterests => {
                    continue;
                }
            };
            let problem = Diagnostic::error(
                "P08",
                format!("nothing can be compatible with `{}`, which rests on {word}", policy.purpose_name(r)),
                clause.span,
                "name the data under `uses`, on a basis of its own",
            )
            .help(
                "whoever agreed to one purpose, or must accept it by law, was not asked about another (GDPR Art. 6(4))",
            )
            .help(format!("its basis is stated in {}", cx.place(basis.span)));
            cx.report(problem);
            break;
        }
    }
}

/// What one transform turns does not overlap.
fn transforms(cx: &mut Names<'_>, policy: &Policy) {
    for t in policy.transforms.ids() {
        let steps = policy.transforms.info(t).map_or(&[][..], |t| &t.steps);
        for (i, step) in steps.iter().enumerate() {
            let set = list(&policy.categories, &step.from);
            let before = steps.iter().take(i).find(|s| list(&policy.categories, &s.from).meets(&set));
            if let Some(before) = before {
                let message = format!("transform `{}` turns the same data into two things", policy.transform_name(t));
                let problem = Diagnostic::error("P16", message, step.from.span, "this overlaps")
                    .help(format!("with what is said in {}; except the common part", cx.place(before.span)));
                cx.report(problem);
            }
        }
    }
}

/// `must not keep contact longer than 24 months` against every longer `keeps`.
fn limits(cx: &mut Names<'_>, policy: &Policy) {
    for promise in &policy.promises {
        let Some(most) = promise.longer else { continue };
        let what = list(&policy.categories, &promise.what);
        let whose = promise.whose.as_ref().map(|w| list(&policy.subjects, w));
        let targets = promise.targets.as_ref().map(|t| target_list(policy, t));
        let purposes = promise.purposes.as_ref().map(|p| list(&policy.purposes, p));
        for p in policy.purposes.ids().filter(|p| purposes.as_ref().is_none_or(|s| s.contains(p.index()))) {
            let grants = policy.purposes.info(p).map_or(&[][..], |i| &i.grants);
            let compiled = policy.compiled.purposes.get(p.index()).map_or(&[][..], |c| &c.grants);
            for grant in grants.iter().filter(|g| g.limit.is_some_and(|l| l.hours() > most.hours())) {
                let meets = compiled.iter().filter(|c| c.own && c.span == grant.span).any(|c| {
                    c.what.meets(&what)
                        && whose.as_ref().is_none_or(|w| c.whose.meets(w))
                        && targets.as_ref().is_none_or(|t| c.targets.meets(t))
                        && outside(policy, grant, promise.outside)
                });
                if !meets {
                    continue;
                }
                let limit = grant.limit.map_or(String::new(), |l| l.to_string());
                let said = promise.text.as_deref().map_or(String::new(), |t| format!(": \"{t}\""));
                let mut problem = Diagnostic::error(
                    "P12",
                    format!("`{}` keeps this longer than was promised", policy.purpose_name(p)),
                    grant.span,
                    format!("{limit}, and the promise is at most {most}"),
                )
                .help(format!("promised in {}{said}", cx.place(promise.span)));
                if !promise.must {
                    problem.severity = Severity::Warning;
                }
                cx.report(problem);
            }
        }
    }
}

fn outside(policy: &Policy, grant: &Grant, region: Option<RegionId>) -> bool {
    let (Some(region), Some(Targets::Stores(stores))) = (region, &grant.targets) else { return true };
    list(&policy.stores, stores).iter().filter(|&i| i < policy.stores.top()).any(|i| {
        let located = policy.located(Target::Store(StoreId(i as u32)));
        located.is_empty() || located.iter().any(|l| l.region.is_some_and(|r| !policy.regions.leq(r, region)))
    })
}
