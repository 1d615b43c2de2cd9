//! From flows to items: one label of one flow, with the rules it breaks.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::Case;
use super::gaps::{Gaps, verb};
use super::law::Law;
use super::rules::headline;
use super::words;
use crate::flow::{Action, Arriving, Confidence, Entry, Flow, Step, Transform};
use crate::policy::{
    AudienceId, Claim, GuardId, Label, PurposeId, RecipientId, Rule, StoreId, Target, TransformId, Verb, Verdict,
    Violation,
};
use crate::source::Span;

/// One label of one flow and what is wrong with it. Errors and warnings are separate items.
#[derive(Clone, Debug)]
pub(super) struct Item<'a> {
    pub flow: &'a Flow,
    pub claim: Claim,
    pub warning: bool,
    pub violations: Vec<Violation>,
    pub nearest: Option<Span>,
    pub permitted_for: Vec<PurposeId>,
    pub paths_total: u32,
    /// Guards on which it depends, of which it could not be told whether they are of the same person.
    pub unsure: Vec<GuardId>,
    /// Guards of which a method was asked that may be theirs: with them it would be permitted.
    pub perhaps: Vec<GuardId>,
}

impl Item<'_> {
    /// The more telling of two items that say the same: sure before unsure, short before long. Where both are alike the
    /// name decides and not the line, so that it is the same one after code has moved.
    pub(super) fn order(&self) -> (Reverse<Confidence>, usize, &str, Span, &[Arc<Step>]) {
        let site = &self.flow.site;
        (Reverse(self.confidence()), self.flow.path.len(), &site.function, site.span, &self.flow.path)
    }

    /// How sure it is.
    pub(super) fn confidence(&self) -> Confidence {
        let most = match (self.perhaps.as_slice(), self.unsure.as_slice()) {
            ([], []) => Confidence::Certain,
            ([], _) => Confidence::Likely,
            _ => Confidence::Possible,
        };
        self.flow.confidence.min(most)
    }

    /// Takes over what `other` adds: rules and the number of paths.
    pub(super) fn absorb(&mut self, other: Item<'_>) {
        self.paths_total = self.paths_total.saturating_add(other.paths_total);
        for violation in other.violations {
            if !self.violations.contains(&violation) {
                self.violations.push(violation);
            }
        }
        sort(&mut self.violations);
    }
}

fn sort(violations: &mut [Violation]) {
    violations.sort_by(|a, b| {
        (a.rule.rank(), a.clause, &a.missing_guards).cmp(&(b.rule.rank(), b.clause, &b.missing_guards))
    });
}

/// What the law says, asked once for each claim: many flows claim the same.
#[derive(Default)]
struct Answers(FxHashMap<Claim, Rc<Verdict>>);

impl Answers {
    fn decide(&mut self, law: &dyn Law, claim: &Claim) -> Rc<Verdict> {
        if let Some(known) = self.0.get(claim) {
            return Rc::clone(known);
        }
        let verdict = Rc::new(law.decide(claim));
        self.0.insert(claim.clone(), Rc::clone(&verdict));
        verdict
    }
}

/// All items that break a rule. What cannot be decided goes to `gaps`.
pub(super) fn items<'a>(case: &Case<'a>, gaps: &mut Gaps) -> Vec<Item<'a>> {
    let assumed = case.law.plain_guards();
    let (mut items, mut answers) = (Vec::new(), Answers::default());
    for flow in case.flows {
        let target = match &flow.target {
            Arriving::Internal => continue,
            Arriving::Code => Target::None,
            Arriving::Bound(number) => bound(flow.action, *number),
            Arriving::Host(_) | Arriving::Vendor(_) => Target::Undeclared,
            Arriving::UnknownHost | Arriving::Unbound(_) => {
                undecided(case, flow, gaps);
                continue;
            }
        };
        let labels = labels_of(case.law, case.labels, flow);
        if flow.home.as_ref().is_some_and(Vec::is_empty) && !labels.is_empty() && flow.confidence >= case.confidence {
            gaps.unlabelled(flow, names(case, &labels));
        }
        for label in labels {
            let purpose = flow.purpose.map(PurposeId);
            let guards = BTreeSet::new();
            let claim = Claim { verb: verb(flow.action), label, target, purpose, guards, origin: None, day: case.day };
            let with = |guards: &BTreeSet<u32>| {
                let mut guards: BTreeSet<GuardId> = guards.iter().map(|g| GuardId(*g)).collect();
                if flow.load {
                    guards.extend(&assumed);
                }
                Claim { guards, ..claim.clone() }
            };
            let claims: Vec<Claim> = match flow.guards.cases.as_slice() {
                [] => vec![with(&BTreeSet::new())],
                cases => cases.iter().map(with).collect(),
            };
            judge_claims(case, flow, &claims, &mut answers, gaps, &mut items);
        }
    }
    outermost(items)
}

/// Judges a flow in each of the cases of what is established there: one that is not permitted suffices.
fn judge_claims<'a>(
    case: &Case<'a>,
    flow: &'a Flow,
    claims: &[Claim],
    answers: &mut Answers,
    gaps: &mut Gaps,
    items: &mut Vec<Item<'a>>,
) {
    let mut found = in_each_case(case, flow, claims, answers, gaps);
    let numbered = |guards: &BTreeSet<u32>| -> BTreeSet<GuardId> { guards.iter().map(|g| GuardId(*g)).collect() };
    let (unsure, perhaps) = (numbered(&flow.guards.unsure), numbered(&flow.guards.perhaps));
    // What is wrong whether that was checked or not does not depend on it.
    let mut differs = |item: &Item<'_>, with: &dyn Fn(&Claim) -> BTreeSet<GuardId>| {
        let claims: Vec<Claim> = claims.iter().map(|c| Claim { guards: with(c), ..c.clone() }).collect();
        let other = in_each_case(case, flow, &claims, answers, &mut Gaps::default());
        let holds =
            |i: &Item<'_>| i.warning == item.warning && item.violations.iter().all(|v| i.violations.contains(v));
        !other.iter().any(holds)
    };
    for item in &mut found {
        if !unsure.is_empty() && differs(item, &|c| &c.guards - &unsure) {
            item.unsure = unsure.iter().copied().collect();
        }
        if !perhaps.is_empty() && differs(item, &|c| &c.guards | &perhaps) {
            item.perhaps = perhaps.iter().copied().collect();
        }
    }
    items.append(&mut found);
}

fn in_each_case<'a>(
    case: &Case<'a>,
    flow: &'a Flow,
    claims: &[Claim],
    answers: &mut Answers,
    gaps: &mut Gaps,
) -> Vec<Item<'a>> {
    let mut found: Vec<Item<'a>> = Vec::new();
    for claim in claims {
        for item in judge_claim(case, flow, claim, &answers.decide(case.law, claim), gaps) {
            match found.iter_mut().find(|i| i.warning == item.warning) {
                Some(known) => known.absorb(Item { paths_total: 0, ..item }),
                None => found.push(item),
            }
        }
    }
    found
}

fn judge_claim<'a>(
    case: &Case<'a>,
    flow: &'a Flow,
    claim: &Claim,
    verdict: &Verdict,
    gaps: &mut Gaps,
) -> Vec<Item<'a>> {
    let mut items = Vec::new();
    if flow.confidence >= case.confidence {
        if !verdict.contradiction.is_empty() {
            let guards: Vec<String> =
                verdict.contradiction.iter().map(|g| format!("`{}`", case.law.guard(*g))).collect();
            let what = format!("guards {} narrow to people who have nothing in common", guards.join(" and "));
            gaps.add("G03", what, flow.site.span);
        }
        for (rule, subjects) in &verdict.for_some_subjects {
            let names: Vec<String> = subjects.iter().map(|s| case.law.subject(*s)).collect();
            let what = format!(
                "{} is {}: {} if it is that of {} ({})",
                words::label(case.law, claim.label),
                words::deed(claim.verb, words::target_name(case.law, flow, claim.target).as_deref()),
                headline(*rule),
                words::any_of(&names),
                rule.code(),
            );
            gaps.add("G06", what, flow.site.span);
        }
    }
    for warning in [false, true] {
        let mut violations: Vec<Violation> = verdict
            .violations
            .iter()
            .filter(|v| v.warning == warning)
            // Code without a purpose is reported once for each root; checks are judged after the load.
            .filter(|v| v.rule != Rule::R01 && !(flow.load && v.rule == Rule::R07))
            .cloned()
            .collect();
        if violations.is_empty() {
            continue;
        }
        sort(&mut violations);
        items.push(Item {
            flow,
            claim: claim.clone(),
            warning,
            violations,
            nearest: verdict.nearest,
            permitted_for: verdict.permitted_for.clone(),
            paths_total: flow.paths_total.max(1),
            unsure: Vec::new(),
            perhaps: Vec::new(),
        });
    }
    items
}

fn undecided(case: &Case<'_>, flow: &Flow, gaps: &mut Gaps) {
    let labels = labels_of(case.law, case.labels, flow);
    if labels.is_empty() || flow.confidence < case.confidence {
        return;
    }
    match (&flow.target, flow.home.as_deref()) {
        (Arriving::Unbound(name), Some([])) => {
            gaps.unlabelled(flow, names(case, &labels));
            gaps.unbound(flow, name);
        }
        // A column for this very data is where it belongs.
        (Arriving::Unbound(_), Some(home)) if is_home(case, home, &labels) => {}
        (Arriving::Unbound(name), _) => gaps.unbound(flow, name),
        _ => gaps.unknown_host(flow, names(case, &labels)),
    }
}

/// Whether every one of the labels lies within one of a column's own.
fn is_home(case: &Case<'_>, home: &[u32], labels: &BTreeSet<Label>) -> bool {
    let own = home.iter().filter_map(|set| case.labels.get(*set as usize)).flatten();
    labels.iter().all(|l| own.clone().any(|o| case.law.covers(*o, *l)))
}

pub(super) fn names(case: &Case<'_>, labels: &BTreeSet<Label>) -> Vec<String> {
    labels.iter().map(|l| words::label(case.law, *l)).collect()
}

/// The labels that arrive: those of the entry, through the policy's transforms.
pub(super) fn labels_of(law: &dyn Law, sets: &[Vec<Label>], flow: &Flow) -> BTreeSet<Label> {
    labels_through(law, sets, &flow.entry, &flow.transforms)
}

/// The labels of an entry, through the policy's transforms.
pub(super) fn labels_through(
    law: &dyn Law,
    sets: &[Vec<Label>],
    entry: &Entry,
    transforms: &[Transform],
) -> BTreeSet<Label> {
    let mut labels: BTreeSet<Label> = sets.get(entry.labels as usize).into_iter().flatten().copied().collect();
    for transform in transforms {
        if let Transform::Bound(number) = transform {
            labels = labels.into_iter().flat_map(|l| law.transform(TransformId(*number), l)).collect();
        }
    }
    labels
}

pub(super) fn bound(action: Action, number: u32) -> Target {
    match action {
        Action::Use => Target::None,
        Action::Share => Target::Recipient(RecipientId(number)),
        Action::Show => Target::Audience(AudienceId(number)),
        Action::Keep => Target::Store(StoreId(number)),
    }
}

/// Data that code uses for a purpose is reported once for each entry, at the outermost place.
fn outermost(items: Vec<Item<'_>>) -> Vec<Item<'_>> {
    let mut out = Vec::new();
    let mut uses: BTreeMap<(Label, Span, &str, Option<PurposeId>, bool), Item<'_>> = BTreeMap::new();
    for item in items {
        if item.claim.verb != Verb::Use {
            out.push(item);
            continue;
        }
        let entry = &item.flow.entry;
        let key = (item.claim.label, entry.span, entry.name.as_str(), item.claim.purpose, item.warning);
        match uses.remove(&key) {
            None => {
                uses.insert(key, item);
            }
            Some(mut known) => {
                let mut item = item;
                if item.order() < known.order() {
                    std::mem::swap(&mut known, &mut item);
                }
                known.absorb(item);
                uses.insert(key, known);
            }
        }
    }
    out.extend(uses.into_values());
    out
}
