//! The decision: is this flow permitted?
//!
//! A pure function of policy and claim, the only judge of permission: findings in code, the tests of a policy and
//! `explain` all ask here, so they cannot disagree. No clause has priority over another; a promise beats every
//! permission.

use std::collections::BTreeSet;

use crate::source::Span;

use super::compile::{CompiledGrant, CompiledPurpose};
use super::resolved::*;
use super::set::Set;
use super::types::*;

/// Decides one flow.
#[must_use]
pub fn decide(policy: &Policy, claim: &Claim) -> Verdict {
    let mut verdict = violations(policy, claim);
    if verdict.violations.iter().any(|v| !v.warning) || !verdict.for_some_subjects.is_empty() {
        verdict.nearest = nearest_anywhere(policy, claim);
        verdict.permitted_for = permitted_for(policy, claim);
    }
    verdict
}

/// The verdict without advice: what tests ask, a great many times.
pub(crate) fn violations(policy: &Policy, claim: &Claim) -> Verdict {
    let mut verdict = Verdict::default();
    match people(policy, claim.label.subject, &claim.guards) {
        People::Nobody => verdict.cannot_happen = true,
        People::Contradiction(guards) => verdict.contradiction = guards,
        People::Known(whose) => verdict.violations = Ask::new(policy, claim, whose).violations(),
        People::OneOf(candidates) => {
            let each: Vec<(SubjectId, Vec<Violation>)> =
                candidates.into_iter().map(|(s, whose)| (s, Ask::new(policy, claim, whose).violations())).collect();
            (verdict.violations, verdict.for_some_subjects) = for_all(&each);
        }
    }
    verdict
}

/// Whose data a label may be, once the established guards are taken into account.
enum People {
    /// Somebody of this set.
    Known(Set),
    /// The subject is not known; it may be any of these.
    OneOf(Vec<(SubjectId, Set)>),
    /// One guard excludes all of them: such a flow does not happen.
    Nobody,
    /// These guards cannot hold of one person.
    Contradiction(Vec<GuardId>),
}

fn people(policy: &Policy, subject: Option<SubjectId>, guards: &BTreeSet<GuardId>) -> People {
    let narrowing: Vec<(GuardId, SubjectId, SubjectId)> =
        guards.iter().filter_map(|&g| policy.guards.info(g)?.narrows.map(|(from, to)| (g, from, to))).collect();
    let Some(subject) = subject else {
        if policy.subjects.is_empty() {
            return People::Known(Set::from_iter([policy.subjects.top()]));
        }
        let mut left = Set::below(policy.subjects.top());
        for (_, _, to) in &narrowing {
            left.keep(policy.subjects.down(*to));
        }
        if left.is_empty() {
            return People::Contradiction(narrowing.into_iter().map(|(g, ..)| g).collect());
        }
        let one = |s: SubjectId| {
            let mut set = policy.subjects.down(s).clone();
            set.keep(&left);
            (s, set)
        };
        return People::OneOf(left.iter().map(|i| one(SubjectId(i as u32))).collect());
    };
    let mut left = policy.subjects.down(subject).clone();
    let mut used = Vec::new();
    let mut excluded = false;
    for (guard, from, to) in narrowing {
        let out = ruled_out(policy, from, to);
        if policy.subjects.down(subject).meets(&out) {
            used.push(guard);
            excluded |= policy.subjects.down(subject).within(&out);
            left.minus(&out);
        }
    }
    match left.is_empty() {
        false => People::Known(left),
        true if excluded => People::Nobody,
        true => People::Contradiction(used),
    }
}

/// The people whom a guard that narrows `from` to `to` excludes. It says nothing about anybody else: a check on
/// patients leaves data of staff what it is.
fn ruled_out(policy: &Policy, from: SubjectId, to: SubjectId) -> Set {
    let mut out = policy.subjects.down(from).clone();
    out.minus(policy.subjects.down(to));
    out
}

/// Whether establishing `guard` of a person of `subject` excludes that very person.
pub(crate) fn excludes(policy: &Policy, guard: GuardId, subject: SubjectId) -> bool {
    policy
        .guards
        .info(guard)
        .and_then(|g| g.narrows)
        .is_some_and(|(from, to)| ruled_out(policy, from, to).contains(subject.index()))
}

/// What holds for every subject, and what holds for some only.
fn for_all(each: &[(SubjectId, Vec<Violation>)]) -> (Vec<Violation>, Vec<(Rule, Vec<SubjectId>)>) {
    let Some((_, first)) = each.first() else { return (Vec::new(), Vec::new()) };
    let has = |found: &[Violation], v: &Violation| found.iter().any(|o| o.rule == v.rule && o.warning == v.warning);
    let same = |found: &[Violation], v: &Violation| {
        found.iter().any(|o| o.rule == v.rule && o.warning == v.warning && o.clause == v.clause)
    };
    let mut kept: Vec<Violation> = Vec::new();
    for v in first.iter().filter(|v| each.iter().all(|(_, found)| has(found, v))) {
        // Where one clause decides for all, that is the one to show; else the one of the first subject.
        let everywhere = each.iter().all(|(_, found)| same(found, v));
        let other = first
            .iter()
            .any(|o| o.rule == v.rule && o.warning == v.warning && each.iter().all(|(_, found)| same(found, o)));
        if everywhere || (!other && !has(&kept, v)) {
            kept.push(v.clone());
        }
    }
    let mut some: Vec<(Rule, Vec<SubjectId>)> = Vec::new();
    for rule in Rule::ALL {
        let with =
            |(s, found): &(SubjectId, Vec<Violation>)| found.iter().any(|v| v.rule == rule && !v.warning).then_some(*s);
        let hit: Vec<SubjectId> = each.iter().filter_map(with).collect();
        if !hit.is_empty() && hit.len() < each.len() {
            some.push((rule, hit));
        }
    }
    (kept, some)
}

/// Whether what is required is established.
pub(crate) fn met(groups: &Guards, guards: &BTreeSet<GuardId>) -> bool {
    groups.iter().all(|group| group.iter().any(|g| guards.contains(g)))
}

/// One claim with the people it is about.
pub(super) struct Ask<'a> {
    policy: &'a Policy,
    claim: &'a Claim,
    pub(super) what: &'a Set,
    pub(super) whose: Set,
    pub(super) purpose: Option<&'a CompiledPurpose>,
}

impl<'a> Ask<'a> {
    pub(super) fn new(policy: &'a Policy, claim: &'a Claim, whose: Set) -> Self {
        let what = policy.categories.down(claim.label.category);
        let purpose = claim.purpose.and_then(|p| policy.compiled.purposes.get(p.index()));
        Self { policy, claim, what, whose, purpose }
    }

    fn violations(&self) -> Vec<Violation> {
        let mut out = Vec::new();
        self.promises(&mut out);
        match self.purpose {
            None => out.push(plain(Rule::R01, None)),
            Some(purpose) => self.purpose(purpose, &mut out),
        }
        if self.claim.verb == Verb::Share && self.claim.target == Target::Undeclared {
            out.push(plain(Rule::R03, None));
        }
        let (target, origin) = (self.claim.target, self.claim.origin);
        out.extend(self.policy.transfer_missing(target, origin).into_iter().map(|s| plain(Rule::R08, Some(s))));
        out.extend(self.policy.contract_missing(target, self.claim.day).map(|s| plain(Rule::R09, Some(s))));
        out.sort_by_key(|v| (v.warning, v.rule.rank(), v.clause));
        out
    }

    /// R10.
    fn promises(&self, out: &mut Vec<Violation>) {
        if let Some(span) = self.purpose.and_then(|p| p.forbidden) {
            out.push(plain(Rule::R10, Some(span)));
        }
        if let Target::Recipient(r) = self.claim.target
            && let Some(span) = self.policy.forbidden_recipient(r)
        {
            out.push(plain(Rule::R10, Some(span)));
        }
        for compiled in &self.policy.compiled.promises {
            let Some(promise) = self.policy.promises.get(compiled.index) else { continue };
            let verb = promise.verb == Verb::Use || promise.verb == self.claim.verb;
            let data = compiled.what.meets(self.what) && compiled.whose.meets(&self.whose);
            let target = promise.verb == Verb::Use || self.meets_targets(&compiled.targets);
            let purpose = match self.claim.purpose {
                None => compiled.without_purpose,
                Some(p) => compiled.purposes.meets(self.policy.purposes.down(p)),
            };
            let lifted = !promise.unless.is_empty() && met(&promise.unless, &self.claim.guards);
            if verb
                && data
                && target
                && purpose
                && !lifted
                && self.policy.is_outside(self.claim.verb, self.claim.target, promise.outside)
            {
                out.push(Violation { warning: !promise.must, ..plain(Rule::R10, Some(promise.span)) });
            }
        }
    }

    fn meets_targets(&self, targets: &Set) -> bool {
        let policy = self.policy;
        match self.claim.target {
            Target::Recipient(r) => targets.meets(policy.recipients.down(r)),
            Target::Store(s) => targets.meets(policy.stores.down(s)),
            Target::Audience(a) => targets.meets(policy.audiences.down(a)),
            Target::None | Target::Undeclared => {
                // What no binding names is none of the declared ones: only `anyone` speaks of it.
                let top = super::compile::all_targets(policy, self.claim.verb).len();
                top.checked_sub(1).is_some_and(|top| targets.contains(top))
            }
        }
    }

    /// R12, R02, R04 to R06, R07.
    fn purpose(&self, purpose: &CompiledPurpose, out: &mut Vec<Violation>) {
        let guards = &self.claim.guards;
        let special = &self.policy.compiled.special;
        if !purpose.condition && special.meets(self.what) {
            out.push(plain(Rule::R12, purpose.head));
        }
        for (groups, span) in &purpose.requires {
            let missing: Vec<Vec<GuardId>> =
                groups.iter().filter(|g| !g.iter().any(|g| guards.contains(g))).cloned().collect();
            if !missing.is_empty() {
                out.push(Violation { missing_guards: missing, ..plain(Rule::R07, Some(*span)) });
            }
        }
        let declared = !matches!(self.claim.target, Target::None | Target::Undeclared);
        let checks = [
            (Rule::R02, Verb::Use, true),
            (Rule::R04, Verb::Share, self.claim.verb == Verb::Share && declared),
            (Rule::R05, Verb::Show, self.claim.verb == Verb::Show && declared),
            (Rule::R06, Verb::Keep, self.claim.verb == Verb::Keep && declared),
        ];
        for (rule, verb, asked) in checks {
            if !asked || self.covered(purpose, verb, guards, &self.whose) {
                continue;
            }
            match self.cure(purpose, verb) {
                Some((missing, span)) => {
                    out.push(Violation { missing_guards: missing, ..plain(Rule::R07, Some(span)) });
                }
                None => {
                    let clause = self.nearest(purpose, verb).map(|(_, g)| g.span).or(purpose.head);
                    out.push(plain(rule, clause));
                }
            }
        }
        merge_guards(out);
    }

    /// Whether a permission speaks of the target.
    pub(super) fn reaches(&self, grant: &CompiledGrant, verb: Verb) -> bool {
        let policy = self.policy;
        verb == Verb::Use
            || match self.claim.target {
                Target::Recipient(r) => policy.recipients.down(r).within(&grant.targets),
                Target::Store(s) => policy.stores.down(s).within(&grant.targets),
                Target::Audience(a) => policy.audiences.down(a).within(&grant.targets),
                Target::None | Target::Undeclared => false,
            }
    }

    /// Whether the permissions of a verb, together, cover data and people.
    fn covered(&self, purpose: &CompiledPurpose, verb: Verb, guards: &BTreeSet<GuardId>, whose: &Set) -> bool {
        let counting: Vec<&CompiledGrant> = purpose
            .grants
            .iter()
            .filter(|g| g.verb == verb && met(&g.given, guards) && self.reaches(g, verb))
            .collect();
        if counting.iter().any(|g| self.what.within(&g.what) && whose.within(&g.whose)) {
            return true;
        }
        self.what.iter().all(|c| {
            let mut left = whose.clone();
            for grant in counting.iter().filter(|g| g.what.contains(c)) {
                left.minus(&grant.whose);
            }
            left.is_empty()
        })
    }

    /// The guards that would make the permissions of a verb suffice: groups of which one each is missing, and the
    /// clause that names them. `None` if no guards would.
    fn cure(&self, purpose: &CompiledPurpose, verb: Verb) -> Option<(Vec<Vec<GuardId>>, Span)> {
        let near: Vec<&CompiledGrant> = purpose
            .grants
            .iter()
            .filter(|g| g.verb == verb && self.reaches(g, verb) && g.what.meets(self.what))
            .collect();
        let mut candidates: BTreeSet<GuardId> = near.iter().flat_map(|g| g.given.iter().flatten().copied()).collect();
        for guard in self.policy.guards.ids() {
            let narrows = self.policy.guards.info(guard).and_then(|g| g.narrows);
            let helps = narrows.is_some_and(|(from, to)| self.whose.meets(&ruled_out(self.policy, from, to)));
            if helps && near.iter().any(|g| g.whose.meets(&self.whose)) {
                candidates.insert(guard);
            }
        }
        let candidates: Vec<GuardId> = candidates.difference(&self.claim.guards).copied().collect();
        let sets = smallest(&candidates, |more| {
            let guards: BTreeSet<GuardId> = self.claim.guards.iter().chain(more).copied().collect();
            let left = self.narrowed(more);
            !left.is_empty() && self.covered(purpose, verb, &guards, &left)
        });
        let first = sets.first()?;
        let groups = if first.len() == 1 {
            vec![sets.iter().filter(|s| s.len() == 1).flatten().copied().collect()]
        } else {
            first.iter().map(|g| vec![*g]).collect()
        };
        let names = |g: &&&CompiledGrant| g.given.iter().flatten().any(|g| first.contains(g));
        let span = near.iter().find(names).or(near.first()).map(|g| g.span)?;
        Some((groups, span))
    }

    /// The people that remain if these guards are established too.
    fn narrowed(&self, more: &[GuardId]) -> Set {
        let mut left = self.whose.clone();
        for guard in more {
            if let Some((from, to)) = self.policy.guards.info(*guard).and_then(|g| g.narrows) {
                left.minus(&ruled_out(self.policy, from, to));
            }
        }
        left
    }

    /// The clause of a purpose that comes nearest to permitting this, and in how many respects it fails.
    pub(super) fn nearest<'p>(&self, purpose: &'p CompiledPurpose, verb: Verb) -> Option<(usize, &'p CompiledGrant)> {
        purpose
            .grants
            .iter()
            .filter(|g| g.verb == verb)
            .map(|g| {
                let fails = [!self.what.within(&g.what), !self.whose.within(&g.whose), !self.reaches(g, verb)];
                (fails.into_iter().filter(|f| *f).count(), g)
            })
            .min_by_key(|(n, g)| (*n, g.span))
    }
}

fn plain(rule: Rule, clause: Option<Span>) -> Violation {
    Violation { rule, warning: false, clause, missing_guards: Vec::new() }
}

/// One R07 for each clause: the same clause may lack guards for `uses` and for the verb.
fn merge_guards(out: &mut Vec<Violation>) {
    let mut kept: Vec<Violation> = Vec::with_capacity(out.len());
    for v in out.drain(..) {
        match kept.iter_mut().find(|k| v.rule == Rule::R07 && k.rule == v.rule && k.clause == v.clause) {
            Some(same) => {
                for group in v.missing_guards {
                    if !same.missing_guards.contains(&group) {
                        same.missing_guards.push(group);
                    }
                }
            }
            None => kept.push(v),
        }
    }
    *out = kept;
}

/// The smallest sets of `candidates` for which `works`: all of one element, else the first of two, of three, and
/// at last all together. More combinations are not tried: nobody writes them, and the answer is only advice.
fn smallest(candidates: &[GuardId], works: impl Fn(&[GuardId]) -> bool) -> Vec<Vec<GuardId>> {
    let ones: Vec<Vec<GuardId>> = candidates.iter().map(|g| vec![*g]).filter(|s| works(s)).collect();
    if !ones.is_empty() {
        return ones;
    }
    let few = candidates.get(..candidates.len().min(16)).unwrap_or(&[]);
    for (i, a) in few.iter().enumerate() {
        for b in few.iter().skip(i + 1) {
            if works(&[*a, *b]) {
                return vec![vec![*a, *b]];
            }
        }
    }
    for (i, a) in few.iter().enumerate() {
        for (j, b) in few.iter().enumerate().skip(i + 1) {
            for c in few.iter().skip(j + 1) {
                if works(&[*a, *b, *c]) {
                    return vec![vec![*a, *b, *c]];
                }
            }
        }
    }
    if candidates.len() > 3 && works(candidates) { vec![candidates.to_vec()] } else { Vec::new() }
}

/// The set of people for advice: as they are, or everybody the label may be about.
pub(super) fn advice(policy: &Policy, claim: &Claim) -> Option<Set> {
    match people(policy, claim.label.subject, &claim.guards) {
        People::Known(set) => Some(set),
        People::OneOf(each) => {
            let mut all = Set::new();
            for (_, set) in each {
                all.add(&set);
            }
            Some(all)
        }
        People::Nobody | People::Contradiction(_) => None,
    }
}

/// The nearest permission: among those of the purpose, else among those of all.
fn nearest_anywhere(policy: &Policy, claim: &Claim) -> Option<Span> {
    let ask = Ask::new(policy, claim, advice(policy, claim)?);
    let own = ask.purpose.and_then(|p| ask.nearest(p, claim.verb)).map(|(_, g)| g.span);
    own.or_else(|| {
        let all = policy.compiled.purposes.iter().filter_map(|p| ask.nearest(p, claim.verb));
        all.min_by_key(|(n, g)| (*n, g.span)).map(|(_, g)| g.span)
    })
}

/// The purposes for which the flow would be permitted, with every guard that they require.
fn permitted_for(policy: &Policy, claim: &Claim) -> Vec<PurposeId> {
    let possible =
        |g: &GuardId| claim.guards.contains(g) || claim.label.subject.is_none_or(|s| !excludes(policy, *g, s));
    let guards: BTreeSet<GuardId> = policy.guards.ids().filter(possible).collect();
    policy
        .purposes
        .ids()
        .filter(|&p| {
            // With an unknown subject all guards together may contradict each other; those required will do.
            let guards = match claim.label.subject {
                Some(_) => guards.clone(),
                None => claim.guards.iter().copied().chain(policy.required_guards(p).into_iter().flatten()).collect(),
            };
            let asked = Claim { purpose: Some(p), guards, ..claim.clone() };
            let found = violations(policy, &asked);
            found.outcome() == Outcome::Permitted
                && !found.cannot_happen
                && found.contradiction.is_empty()
                && found.for_some_subjects.is_empty()
        })
        .collect()
}
