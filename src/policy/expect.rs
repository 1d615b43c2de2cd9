//! The tests of a policy: `allow` asks about exactly the things named, `deny` about them and everything beneath.

use std::collections::BTreeSet;

use super::compile::{all_targets, list, target_list};
use super::decide::{decide, excludes, violations};
use super::resolved::*;
use super::set::{Set, Tree};
use super::types::*;

/// More flows than this are not enumerated for one expectation.
const MAX_FLOWS: usize = 20_000_000;

/// Runs all tests of a policy, as of `day`.
#[must_use]
pub fn run_tests(policy: &Policy, day: Date) -> Vec<TestResult> {
    let mut out = Vec::new();
    for test in &policy.tests {
        for expectation in &test.expectations {
            let mut result = TestResult {
                test: test.text.clone(),
                span: expectation.span,
                allow: expectation.allow,
                passed: true,
                flows: 0,
                counterexample: None,
                verdict: None,
                codes: Vec::new(),
                weak: false,
                notes: Vec::new(),
            };
            match (expectation.flow.longer, expectation.allow) {
                (Some(limit), allow) => longer(policy, &expectation.flow, limit, allow, &mut result),
                (None, true) => allow(policy, &expectation.flow, day, &mut result),
                (None, false) => deny(policy, &expectation.flow, day, &mut result),
            }
            out.push(result);
        }
    }
    out
}

/// Whether each expectation holds.
pub(crate) fn outcomes(policy: &Policy, day: Date) -> Vec<bool> {
    run_tests(policy, day).into_iter().map(|r| r.passed).collect()
}

/// The flows that a sentence names, exactly: what `explain` asks and an `allow` asserts.
///
/// A list with `except` names each of its members whose parts are not excepted; without `of` the people are those
/// the purpose is about.
#[must_use]
pub fn claims(policy: &Policy, flow: &FlowQuestion, day: Date) -> Vec<Claim> {
    let guards: BTreeSet<GuardId> = flow.given.iter().copied().collect();
    let purposes: Vec<Option<PurposeId>> = match &flow.purposes {
        None => vec![None],
        Some(p) => exact(&policy.purposes, p).into_iter().map(Some).collect(),
    };
    let targets = targets(policy, flow, false);
    let mut out = Vec::new();
    for &purpose in &purposes {
        for category in exact(&policy.categories, &flow.what) {
            for subject in people(policy, flow, purpose) {
                for &target in &targets {
                    out.push(Claim {
                        verb: flow.verb,
                        label: Label { category, subject },
                        target,
                        purpose,
                        guards: guards.clone(),
                        origin: flow.from,
                        day,
                    });
                }
            }
        }
    }
    out
}

/// The names of a list themselves; of `anything` the topmost; with `except`, all members that lost nothing.
fn exact<I: Id, T>(tree: &Tree<I, T>, picks: &Picks<I>) -> Vec<I> {
    if picks.except.is_empty() {
        if picks.any {
            return tree.ids().filter(|&i| tree.up(i).len() == 1).collect();
        }
        return picks.names.clone();
    }
    let set = list(tree, picks);
    tree.ids().filter(|&i| tree.down(i).within(&set)).collect()
}

fn people(policy: &Policy, flow: &FlowQuestion, purpose: Option<PurposeId>) -> Vec<Option<SubjectId>> {
    let people = match (&flow.whose, purpose) {
        (Some(whose), _) => exact(&policy.subjects, whose),
        (None, Some(p)) => policy.about(p),
        (None, None) => policy.subjects.ids().collect(),
    };
    if people.is_empty() { vec![None] } else { people.into_iter().map(Some).collect() }
}

/// The declared targets of a sentence; `beneath` with everything below them.
fn targets(policy: &Policy, flow: &FlowQuestion, beneath: bool) -> Vec<Target> {
    let make = |i: usize| match flow.verb {
        Verb::Use => Target::None,
        Verb::Share => Target::Recipient(RecipientId(i as u32)),
        Verb::Show => Target::Audience(AudienceId(i as u32)),
        Verb::Keep => Target::Store(StoreId(i as u32)),
    };
    if flow.verb == Verb::Use {
        return vec![Target::None];
    }
    let count = all_targets(policy, flow.verb).len().saturating_sub(1);
    let all: Vec<usize> = match &flow.targets {
        Some(t) if beneath => target_list(policy, t).iter().filter(|&i| i < count).collect(),
        Some(Targets::Recipients(p)) => exact(&policy.recipients, p).into_iter().map(|r| r.index()).collect(),
        Some(Targets::Audiences(p)) => exact(&policy.audiences, p).into_iter().map(|a| a.index()).collect(),
        Some(Targets::Stores(p)) => exact(&policy.stores, p).into_iter().map(|s| s.index()).collect(),
        None => (0..count).collect(),
    };
    let outside = |t: &Target| {
        let Some(region) = flow.outside else { return true };
        let located = policy.located(*t);
        located.is_empty() || located.iter().any(|l| l.region.is_some_and(|r| !policy.regions.leq(r, region)))
    };
    all.into_iter().map(make).filter(outside).collect()
}

fn allow(policy: &Policy, flow: &FlowQuestion, day: Date, result: &mut TestResult) {
    let claims = claims(policy, flow, day);
    result.flows = claims.len();
    for claim in claims {
        let verdict = decide(policy, &claim);
        let impossible = verdict.cannot_happen || !verdict.contradiction.is_empty();
        if verdict.outcome() == Outcome::Permitted && !impossible && verdict.for_some_subjects.is_empty() {
            continue;
        }
        if impossible {
            result.notes.push("the guards after `given` exclude these people, so this flow cannot happen".to_owned());
        }
        result.passed = false;
        result.counterexample = Some(claim);
        result.verdict = Some(verdict);
        return;
    }
    if result.flows == 0 {
        result.passed = false;
        result.notes.push("this sentence names no flow".to_owned());
    }
}

/// A universal claim, by enumeration. Guards are monotone, so the largest set of them decides for all smaller ones.
fn deny(policy: &Policy, flow: &FlowQuestion, day: Date, result: &mut TestResult) {
    let members = |set: Set, top: usize| set.iter().filter(|&i| i < top).collect::<Vec<_>>();
    let what = members(list(&policy.categories, &flow.what), policy.categories.top());
    let whose: Vec<Option<SubjectId>> = match &flow.whose {
        Some(w) => members(list(&policy.subjects, w), policy.subjects.top())
            .into_iter()
            .map(|i| Some(SubjectId(i as u32)))
            .collect(),
        None if policy.subjects.is_empty() => vec![None],
        None => policy.subjects.ids().map(Some).collect(),
    };
    let purposes: Vec<Option<PurposeId>> = match &flow.purposes {
        Some(p) => members(list(&policy.purposes, p), policy.purposes.top())
            .into_iter()
            .map(|i| Some(PurposeId(i as u32)))
            .collect(),
        None => vec![None],
    };
    let targets = targets(policy, flow, true);
    let count = [whose.len(), purposes.len(), targets.len()].into_iter().fold(what.len(), usize::saturating_mul);
    result.flows = count;
    if count == 0 {
        result.notes.push("this sentence names no flow".to_owned());
        return;
    }
    if count > MAX_FLOWS {
        result.passed = false;
        result.notes.push(format!("this sentence stands for {count} flows, more than can be tried: say it in parts"));
        return;
    }
    let mut codes = BTreeSet::new();
    for &subject in &whose {
        let guards = established(policy, flow, subject);
        for &purpose in &purposes {
            for &category in &what {
                for &target in &targets {
                    let label = Label { category: CategoryId(category as u32), subject };
                    let claim = Claim {
                        verb: flow.verb,
                        label,
                        target,
                        purpose,
                        guards: guards.clone(),
                        origin: flow.from,
                        day,
                    };
                    let verdict = violations(policy, &claim);
                    if verdict.cannot_happen || !verdict.contradiction.is_empty() {
                        continue;
                    }
                    if verdict.outcome() == Outcome::Permitted {
                        result.passed = false;
                        result.counterexample = Some(claim);
                        result.verdict = Some(verdict);
                        return;
                    }
                    let found: BTreeSet<Rule> =
                        verdict.violations.iter().filter(|v| !v.warning).map(|v| v.rule).collect();
                    result.weak |= found.iter().all(|r| matches!(r, Rule::R08 | Rule::R09));
                    codes.extend(found);
                }
            }
        }
    }
    result.codes = codes.into_iter().collect();
    result.codes.sort_by_key(|r| (r.rank(), *r));
    if result.weak {
        let note = "only a contract or a transfer stands in the way for some of these; say it with `must not`";
        result.notes.push(note.to_owned());
    }
}

/// The guards to assume: those given; else all that may hold of such a person, but for those after `without`.
fn established(policy: &Policy, flow: &FlowQuestion, subject: Option<SubjectId>) -> BTreeSet<GuardId> {
    if !flow.given.is_empty() {
        return flow.given.iter().filter(|g| !flow.without.contains(g)).copied().collect();
    }
    policy
        .guards
        .ids()
        .filter(|g| !flow.without.contains(g))
        .filter(|&g| subject.is_none_or(|s| !excludes(policy, g, s)))
        .collect()
}

/// `keep contact in crm longer than 24 months`: whether some clause lets it be kept for longer.
fn longer(policy: &Policy, flow: &FlowQuestion, limit: Duration, allow: bool, result: &mut TestResult) {
    let what = list(&policy.categories, &flow.what);
    let whose = flow.whose.as_ref().map(|w| list(&policy.subjects, w));
    let targets = flow.targets.as_ref().map(|t| target_list(policy, t));
    let purposes = flow.purposes.as_ref().map(|p| list(&policy.purposes, p));
    let mut found = None;
    for p in policy.purposes.ids().filter(|p| purposes.as_ref().is_none_or(|s| s.contains(p.index()))) {
        let grants = policy.purposes.info(p).map_or(&[][..], |i| &i.grants);
        let compiled = policy.compiled.purposes.get(p.index()).map_or(&[][..], |c| &c.grants);
        for grant in compiled.iter().filter(|g| g.verb == Verb::Keep) {
            let meets = grant.what.meets(&what)
                && whose.as_ref().is_none_or(|w| grant.whose.meets(w))
                && targets.as_ref().is_none_or(|t| grant.targets.meets(t));
            let Some(said) = grants.iter().find(|g| g.span == grant.span).and_then(|g| g.limit) else { continue };
            result.flows += usize::from(meets);
            if meets && said.hours() > limit.hours() {
                found.get_or_insert((p, said, grant.span));
            }
        }
    }
    result.passed = found.is_some() == allow;
    match found {
        Some((p, said, span)) if !allow => {
            result.notes.push(format!("`{}` keeps it for {said}", policy.purpose_name(p)));
            result.verdict = Some(Verdict { nearest: Some(span), ..Verdict::default() });
        }
        None if allow => result.notes.push(format!("nothing keeps it longer than {limit}")),
        Some(_) | None => {}
    }
}

/// Whether a claim lies in a sentence: same verb, and data, people, target and purpose all within it. What a waiver
/// permits. The guards after `given` must be established; the day is not asked.
#[must_use]
pub fn permits(policy: &Policy, flow: &FlowQuestion, claim: &Claim) -> bool {
    let data = policy.categories.down(claim.label.category).within(&list(&policy.categories, &flow.what));
    let people = match (&flow.whose, claim.label.subject) {
        (None, _) => true,
        (Some(whose), Some(s)) => policy.subjects.down(s).within(&list(&policy.subjects, whose)),
        (Some(whose), None) => policy.subjects.ids().all(|s| list(&policy.subjects, whose).contains(s.index())),
    };
    let target = match (&flow.targets, claim.target) {
        (None, _) => true,
        (Some(t), Target::Recipient(r)) => policy.recipients.down(r).within(&target_list(policy, t)),
        (Some(t), Target::Store(s)) => policy.stores.down(s).within(&target_list(policy, t)),
        (Some(t), Target::Audience(a)) => policy.audiences.down(a).within(&target_list(policy, t)),
        (Some(t), Target::Undeclared) => {
            all_targets(policy, claim.verb).len().checked_sub(1).is_some_and(|top| target_list(policy, t).contains(top))
        }
        (Some(_), Target::None) => false,
    };
    let purpose = match (&flow.purposes, claim.purpose) {
        (None, _) => true,
        (Some(p), Some(q)) => policy.purposes.down(q).within(&list(&policy.purposes, p)),
        (Some(p), None) => p.any && p.except.is_empty(),
    };
    let given = flow.given.iter().all(|g| claim.guards.contains(g));
    let origin = flow.from.is_none() || flow.from == claim.origin;
    flow.verb == claim.verb && data && people && target && purpose && origin && given
}
