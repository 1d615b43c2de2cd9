//! The definitions of the language, written as naively as they can be, and what follows from them.
//!
//! Everything here works on names and sets of pairs of names, one flow at a time, and tries every set of guards. The
//! decision, the tests of a policy and the cells must agree with it on random policies; a policy is made from a tape
//! of numbers, so that a failure shrinks to a small one.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;

const CATEGORIES: [&str; 6] = ["a", "a.x", "a.y", "b", "b.z", "c"];
const SUBJECTS: [&str; 4] = ["s", "s.t", "s.u", "w"];
const PURPOSES: [&str; 5] = ["p", "p.q", "r", "o", "never"];
const RECIPIENTS: [&str; 6] = ["home", "home.sub", "far", "safe", "late", "banned"];
const STORES: [&str; 3] = ["near", "away", "everywhere"];
const AUDIENCES: [&str; 2] = ["all", "all.some"];
const GUARDS: [&str; 5] = ["g", "h", "i", "j", "k"];
const REGIONS: [&str; 4] = ["eu", "eu.se", "uk", "us"];

const BASE: &str = "purlin 1
category a { x, y }
category b { z also a.x }
category c special
subject s subject s.t subject s.u subject w
region eu home region eu.se region uk adequate \"decision\" region us
recipient home { acts as controller located in eu.se }
recipient home.sub { acts as processor contract \"c\" until 2020-01-01 }
recipient far { acts as controller located in us }
recipient safe { acts as processor located in us, uk contract \"c\" transfer \"t\" }
recipient late { acts as processor located in uk }
forbidden recipient banned
store near { located in eu } store away { located in us } store everywhere { located locally }
audience all audience all.some
guard g guard h guard k guard i narrows s to s.t guard j narrows s to s.u
forbidden purpose never
";

/// Numbers that decide; past the end they are zero.
struct Tape<'a> {
    numbers: &'a [u8],
    at: usize,
}

impl Tape<'_> {
    fn roll(&mut self, sides: usize) -> usize {
        let n = self.numbers.get(self.at).copied().unwrap_or(0);
        self.at += 1;
        usize::from(n) % sides
    }

    fn one<'t>(&mut self, of: &[&'t str]) -> &'t str {
        of[self.roll(of.len())]
    }

    fn some(&mut self, of: &[&str]) -> String {
        let first = self.one(of).to_owned();
        if self.roll(3) == 1 { std::format!("{first}, {}", self.one(of)) } else { first }
    }

    fn list(&mut self, any: &str, of: &[&str]) -> String {
        let mut out = if self.roll(5) == 1 { any.to_owned() } else { self.some(of) };
        if self.roll(4) == 1 {
            let _ = write!(out, " except {}", self.some(of));
        }
        out
    }

    fn guards(&mut self) -> String {
        let group = |tape: &mut Self| {
            let first = tape.one(&GUARDS).to_owned();
            if tape.roll(3) == 1 { std::format!("{first} or {}", tape.one(&GUARDS)) } else { first }
        };
        let first = group(self);
        if self.roll(4) == 1 { std::format!("{first}, {}", group(self)) } else { first }
    }

    fn act(&mut self, third: bool) -> (Verb, String) {
        let s = if third { "s" } else { "" };
        let mut what = self.list("anything", &CATEGORIES);
        if self.roll(3) == 1 {
            let _ = write!(what, " of {}", self.list("anyone", &SUBJECTS));
        }
        match self.roll(4) {
            1 => (Verb::Share, std::format!("share{s} {what} with {}", self.list("anyone", &RECIPIENTS[..5]))),
            2 => (Verb::Keep, std::format!("keep{s} {what} in {}", self.list("anywhere", &STORES))),
            3 => (Verb::Show, std::format!("show{s} {what} to {}", self.list("anyone", &AUDIENCES))),
            _ => (Verb::Use, std::format!("use{s} {what}")),
        }
    }

    fn grant(&mut self) -> String {
        let (verb, mut out) = self.act(true);
        if verb == Verb::Keep {
            out.push_str(" for 1 year");
        }
        if self.roll(3) == 1 {
            let _ = write!(out, " given {}", self.guards());
        }
        out
    }

    fn promise(&mut self) -> String {
        let modal = if self.roll(5) == 1 { "should" } else { "must" };
        let (verb, mut out) = self.act(false);
        if matches!(verb, Verb::Share | Verb::Keep) && self.roll(3) == 1 {
            let _ = write!(out, " outside {}", self.one(&REGIONS));
        }
        if self.roll(2) == 1 {
            let _ = write!(out, " for {}", self.list("anything", &PURPOSES));
        }
        if self.roll(3) == 1 {
            let _ = write!(out, " unless {}", self.guards());
        }
        std::format!("{modal} not {out} \"why\"\n")
    }

    fn policy(&mut self) -> String {
        let mut out = BASE.to_owned();
        for name in &PURPOSES[..4] {
            let _ = write!(out, "purpose {name} {{ basis contract ");
            if self.roll(3) == 1 {
                let _ = write!(out, "about {} ", self.list("anyone", &SUBJECTS));
            }
            if self.roll(3) == 1 {
                let _ = write!(out, "requires {} ", self.guards());
            }
            if self.roll(4) == 1 {
                out.push_str("condition \"Art. 9(2)\" ");
            }
            if *name == "o" && self.roll(2) == 1 {
                out.push_str("compatible with p.q \"assessed\" ");
            }
            for _ in 0..=self.roll(4) {
                let _ = write!(out, "{} ", self.grant());
            }
            out.push_str("}\n");
        }
        for _ in 0..self.roll(4) {
            let promise = self.promise();
            out.push_str(&promise);
        }
        out
    }

    fn claim(&mut self, policy: &Policy) -> Claim {
        let (verb, target) = match self.roll(4) {
            1 => (Verb::Share, policy.recipient(self.one(&RECIPIENTS)).map_or(Target::Undeclared, Target::Recipient)),
            2 => (Verb::Keep, policy.store(self.one(&STORES)).map_or(Target::Undeclared, Target::Store)),
            3 => (Verb::Show, policy.audience(self.one(&AUDIENCES)).map_or(Target::Undeclared, Target::Audience)),
            _ => (Verb::Use, Target::None),
        };
        let target = if verb != Verb::Use && self.roll(6) == 1 { Target::Undeclared } else { target };
        let all: Vec<GuardId> = policy.guards.ids().collect();
        Claim {
            verb,
            target,
            label: Label {
                category: policy.category(self.one(&CATEGORIES)).unwrap(),
                subject: policy.subject(self.one(&SUBJECTS)),
            },
            purpose: if self.roll(7) == 1 { None } else { policy.purpose(self.one(&PURPOSES)) },
            guards: all.into_iter().filter(|_| self.roll(3) == 1).collect(),
            origin: if self.roll(4) == 1 { policy.region(self.one(&REGIONS)) } else { None },
            day: today(),
        }
    }
}

type Atoms = BTreeSet<(String, String)>;

/// `a ≤ b`, straight from its definition; `b.z` is also an `a.x`.
fn below(a: &str, b: &str) -> bool {
    a == b || a.strip_prefix(b).is_some_and(|rest| rest.starts_with('.')) || (a == "b.z" && below("a.x", b))
}

fn down<'a>(name: &str, all: &'a [&'a str]) -> Vec<&'a str> {
    all.iter().copied().filter(|n| below(n, name)).collect()
}

/// The naive reader: names of a policy's lists, and one flow.
struct Naive<'a> {
    policy: &'a Policy,
    claim: &'a Claim,
    guards: BTreeSet<GuardId>,
}

impl Naive<'_> {
    /// The members of a list; `⊤` is one of `anything`.
    fn list<I: Id, T>(tree: &Tree<I, T>, picks: &Picks<I>, all: &[&str]) -> BTreeSet<String> {
        let named = |name: &str, ids: &[I]| ids.iter().any(|i| below(name, tree.name(*i)));
        let mut out: BTreeSet<String> = all
            .iter()
            .filter(|n| (picks.any || named(n, &picks.names)) && !named(n, &picks.except))
            .map(|n| (*n).to_owned())
            .collect();
        if picks.any {
            out.insert("⊤".to_owned());
        }
        out
    }

    fn met(&self, groups: &Guards) -> bool {
        groups.iter().all(|group| group.iter().any(|g| self.guards.contains(g)))
    }

    fn about(&self, p: PurposeId) -> BTreeSet<String> {
        let mut out: BTreeSet<String> = SUBJECTS.iter().map(|s| (*s).to_owned()).collect();
        for q in self.policy.purposes.chain(p) {
            if let Some(picks) = &self.policy.purposes.info(q).unwrap().about {
                let people = Self::list(&self.policy.subjects, picks, &SUBJECTS);
                out.retain(|s| people.contains(s));
            }
        }
        out
    }

    /// |ℓ|: the pairs that a label stands for, without people whom a guard excludes.
    fn label(&self) -> Atoms {
        let policy = self.policy;
        let subject = policy.subject_name(self.claim.label.subject.unwrap());
        let mut people: Vec<&str> = down(subject, &SUBJECTS);
        for g in &self.guards {
            if let Some((from, to)) = policy.guards.info(*g).unwrap().narrows {
                let (from, to) = (policy.subject_name(from), policy.subject_name(to));
                people.retain(|s| !below(s, from) || below(s, to));
            }
        }
        let data = down(policy.category_name(self.claim.label.category), &CATEGORIES);
        data.iter().flat_map(|c| people.iter().map(move |s| ((*c).to_owned(), (*s).to_owned()))).collect()
    }

    /// ↓t: the names that the target stands for.
    fn target(&self) -> BTreeSet<String> {
        let policy = self.policy;
        let names = |name: &str, all: &[&str]| down(name, all).into_iter().map(str::to_owned).collect();
        match self.claim.target {
            Target::None => BTreeSet::new(),
            Target::Undeclared => BTreeSet::from(["⊤".to_owned()]),
            Target::Recipient(r) => names(policy.recipient_name(r), &RECIPIENTS),
            Target::Store(s) => names(policy.store_name(s), &STORES),
            Target::Audience(a) => names(policy.audience_name(a), &AUDIENCES),
        }
    }

    fn targets(&self, targets: Option<&Targets>) -> Option<BTreeSet<String>> {
        Some(match targets? {
            Targets::Recipients(p) => Self::list(&self.policy.recipients, p, &RECIPIENTS),
            Targets::Stores(p) => Self::list(&self.policy.stores, p, &STORES),
            Targets::Audiences(p) => Self::list(&self.policy.audiences, p, &AUDIENCES),
        })
    }

    /// The pairs of one clause of purpose `q`, as it counts for `p`.
    fn clause(&self, p: PurposeId, q: PurposeId, grant: &Grant, compatible: bool) -> Atoms {
        let what = Self::list(&self.policy.categories, &grant.what, &CATEGORIES);
        let whose = match &grant.whose {
            Some(list) => Self::list(&self.policy.subjects, list, &SUBJECTS),
            None => self.about(q),
        };
        let about = self.about(p);
        let people: Vec<&String> = whose.iter().filter(|s| about.contains(*s)).collect();
        what.iter()
            // Special data is never lent.
            .filter(|c| !compatible || c.as_str() != "c")
            .flat_map(|c| people.iter().map(move |s| (c.clone(), (*s).clone())))
            .collect()
    }

    /// U(p, K) for `use`, Gᵥ(p, t, K) for the others.
    fn permitted(&self, p: PurposeId, verb: Verb) -> Atoms {
        let mut out = Atoms::new();
        let target = self.target();
        let counts = |g: &Grant| {
            let reaches = verb == Verb::Use || self.targets(g.targets.as_ref()).is_some_and(|t| target.is_subset(&t));
            g.verb == verb && reaches && self.met(&g.given)
        };
        for q in self.policy.purposes.chain(p) {
            let info = self.policy.purposes.info(q).unwrap();
            for grant in info.grants.iter().filter(|g| counts(g)) {
                out.extend(self.clause(p, q, grant, false));
            }
            for with in info.compatible.iter().filter(|_| verb == Verb::Use) {
                for r in self.policy.purposes.chain(with.with) {
                    for grant in self.policy.purposes.info(r).unwrap().grants.iter().filter(|g| counts(g)) {
                        out.extend(self.clause(p, r, grant, true));
                    }
                }
            }
        }
        out
    }

    fn required(&self, p: PurposeId) -> Vec<Guards> {
        let mut out = Vec::new();
        for q in self.policy.purposes.chain(p) {
            let info = self.policy.purposes.info(q).unwrap();
            out.extend(info.requires.iter().map(|r| r.guards.clone()));
            for with in &info.compatible {
                for r in self.policy.purposes.chain(with.with) {
                    out.extend(self.policy.purposes.info(r).unwrap().requires.iter().map(|r| r.guards.clone()));
                }
            }
        }
        out
    }

    fn broken(&self, promise: &Promise) -> bool {
        let what = Self::list(&self.policy.categories, &promise.what, &CATEGORIES);
        let whose = promise.whose.as_ref().map(|w| Self::list(&self.policy.subjects, w, &SUBJECTS));
        let data = self.label().iter().any(|(c, s)| what.contains(c) && whose.as_ref().is_none_or(|w| w.contains(s)));
        let verb = promise.verb == Verb::Use || promise.verb == self.claim.verb;
        // A store or an audience that no binding names may be one of the excepted ones.
        let excepted = match &promise.targets {
            Some(Targets::Audiences(p)) => !p.except.is_empty(),
            Some(Targets::Stores(p)) => !p.except.is_empty(),
            Some(Targets::Recipients(_)) | None => false,
        };
        let named = |t: BTreeSet<String>| t.into_iter().filter(|n| !excepted || n != "⊤").collect::<BTreeSet<String>>();
        let target = promise.verb == Verb::Use
            || self.targets(promise.targets.as_ref()).is_none_or(|t| !named(t).is_disjoint(&self.target()));
        let purpose = match (&promise.purposes, self.claim.purpose) {
            (None, _) => true,
            // Of code without a purpose only what holds for all of them is said.
            (Some(list), None) => list.any && list.except.is_empty(),
            (Some(list), Some(p)) => {
                let names = Self::list(&self.policy.purposes, list, &PURPOSES);
                down(self.policy.purpose_name(p), &PURPOSES).iter().any(|n| names.contains(*n))
            }
        };
        let lifted = !promise.unless.is_empty() && self.met(&promise.unless);
        verb && data && target && purpose && !lifted && self.outside(promise.outside)
    }

    fn outside(&self, region: Option<RegionId>) -> bool {
        let Some(region) = region else { return true };
        match self.claim.target {
            Target::None | Target::Audience(_) => false,
            Target::Undeclared => self.claim.verb == Verb::Share,
            Target::Recipient(_) | Target::Store(_) => {
                let located = self.policy.located(self.claim.target);
                let is_there = |r: RegionId| below(self.policy.region_name(r), self.policy.region_name(region));
                // Nobody knows where it is.
                located.is_empty() || located.iter().any(|l| l.region.is_some_and(|r| !is_there(r)))
            }
        }
    }

    /// V(f) as its codes; what more guards would cure counts as R07. `None`: the guards exclude everybody.
    fn codes(&self) -> Option<BTreeSet<Rule>> {
        let label = self.label();
        if label.is_empty() {
            return None;
        }
        let (policy, claim) = (self.policy, self.claim);
        let mut out = BTreeSet::new();
        let forbidden = claim.purpose.is_some_and(|p| policy.purpose_name(p) == "never")
            || matches!(claim.target, Target::Recipient(r) if policy.recipient_name(r) == "banned");
        if forbidden || policy.promises.iter().any(|p| p.must && self.broken(p)) {
            out.insert(Rule::R10);
        }
        if claim.verb == Verb::Share && claim.target == Target::Undeclared {
            out.insert(Rule::R03);
        }
        match claim.purpose {
            None => {
                out.insert(Rule::R01);
            }
            Some(p) => self.purpose(p, &label, &mut out),
        }
        let home = |r: &str| below(r, "eu") || below(r, "uk");
        let origin = claim.origin.map(|r| policy.region_name(r));
        let places = policy.located(claim.target);
        let uncovered = places.iter().filter_map(|l| l.region).map(|r| policy.region_name(r));
        let mut uncovered = uncovered.filter(|r| !home(r) && !origin.is_some_and(|o| below(r, o)));
        if policy.transfer(claim.target).is_none() && uncovered.next().is_some() {
            out.insert(Rule::R08);
        }
        // `home.sub` has a contract that ended, `late` has none.
        if matches!(claim.target, Target::Recipient(r) if ["home.sub", "late"].contains(&policy.recipient_name(r))) {
            out.insert(Rule::R09);
        }
        Some(out)
    }

    fn purpose(&self, p: PurposeId, label: &Atoms, out: &mut BTreeSet<Rule>) {
        let condition =
            self.policy.purposes.chain(p).iter().any(|q| self.policy.purposes.info(*q).unwrap().condition.is_some());
        if !condition && label.iter().any(|(c, _)| c == "c") {
            out.insert(Rule::R12);
        }
        if !self.required(p).iter().all(|r| self.met(r)) {
            out.insert(Rule::R07);
        }
        let declared = !matches!(self.claim.target, Target::None | Target::Undeclared);
        let rules =
            [(Rule::R02, Verb::Use), (Rule::R04, Verb::Share), (Rule::R05, Verb::Show), (Rule::R06, Verb::Keep)];
        for (rule, verb) in rules {
            if verb != Verb::Use && (verb != self.claim.verb || !declared) {
                continue;
            }
            if !label.is_subset(&self.permitted(p, verb)) {
                out.insert(if self.curable(p, verb) { Rule::R07 } else { rule });
            }
        }
    }

    /// Whether some larger set of guards lets the clauses of a verb suffice, and does not exclude everybody.
    fn curable(&self, p: PurposeId, verb: Verb) -> bool {
        subsets(self.policy).into_iter().any(|more| {
            let guards: BTreeSet<GuardId> = self.guards.union(&more).copied().collect();
            let larger = Naive { guards, ..*self };
            let label = larger.label();
            !label.is_empty() && label.is_subset(&larger.permitted(p, verb))
        })
    }
}

fn subsets(policy: &Policy) -> Vec<BTreeSet<GuardId>> {
    let all: Vec<GuardId> = policy.guards.ids().collect();
    let chosen = |n: u32| all.iter().copied().filter(|g| n >> g.0 & 1 == 1).collect();
    (0..1_u32 << all.len()).map(chosen).collect()
}

fn naive(policy: &Policy, claim: &Claim) -> Option<BTreeSet<Rule>> {
    Naive { policy, claim, guards: claim.guards.clone() }.codes()
}

fn codes(verdict: &Verdict) -> Option<BTreeSet<Rule>> {
    let impossible = verdict.cannot_happen || !verdict.contradiction.is_empty();
    (!impossible).then(|| verdict.violations.iter().filter(|v| !v.warning).map(|v| v.rule).collect())
}

fn load_text(text: &str) -> Policy {
    let (policy, found) = try_load(text);
    policy.unwrap_or_else(|| panic!("{text}\n{}", show(text, &found)))
}

fn tape() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(any::<u8>(), 0..260)
}

/// A claim is permitted: nothing is violated, and it can happen.
fn fine(policy: &Policy, claim: &Claim) -> bool {
    codes(&decide(policy, claim)).is_some_and(|c| c.is_empty())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_decision_is_what_the_definitions_say(numbers in tape()) {
        let mut tape = Tape { numbers: &numbers, at: 0 };
        let text = tape.policy();
        let policy = load_text(&text);
        for _ in 0..12 {
            let claim = tape.claim(&policy);
            prop_assert_eq!(codes(&decide(&policy, &claim)), naive(&policy, &claim), "{}\n{}", text, policy.claim_text(&claim));
        }
    }

    /// 1. Totality and determinism; 3. precision; 4. permissions only permit; 5. promises and requirements only forbid;
    /// 6. guards never forbid; 7. no permission defeats a promise. (2., order, is tested in `laws`; 8., termination, by
    /// every test that ends.)
    #[test]
    fn the_theorems_hold(numbers in tape()) {
        let mut tape = Tape { numbers: &numbers, at: 0 };
        let text = tape.policy();
        let policy = load_text(&text);
        let again = load_text(&text);
        let grant = tape.grant();
        let wider = load_text(&text.replacen("purpose r {", &std::format!("purpose r {{ {grant} "), 1));
        let promise = tape.promise();
        let stricter = load_text(&std::format!("{text}{promise}"));
        let requires = tape.guards();
        let checked = load_text(&text.replacen("purpose p {", &std::format!("purpose p {{ requires {requires} "), 1));
        for _ in 0..8 {
            let claim = tape.claim(&policy);
            let verdict = decide(&policy, &claim);
            prop_assert_eq!(&verdict, &decide(&again, &claim));
            let is_fine = fine(&policy, &claim);
            for c in policy.categories.ids().filter(|&c| policy.categories.leq(c, claim.label.category)) {
                for s in policy.subjects.ids().filter(|&s| policy.subjects.leq(s, claim.label.subject.unwrap())) {
                    let finer = Claim { label: Label { category: c, subject: Some(s) }, ..claim.clone() };
                    let worse = codes(&decide(&policy, &finer)).is_some_and(|c| !c.is_empty());
                    prop_assert!(!is_fine || !worse, "{}\n{}", text, policy.claim_text(&finer));
                }
            }
            for g in policy.guards.ids() {
                let mut more = claim.clone();
                more.guards.insert(g);
                let worse = codes(&decide(&policy, &more)).is_some_and(|c| !c.is_empty());
                prop_assert!(!is_fine || !worse, "{}\n{}", text, policy.claim_text(&more));
            }
            prop_assert!(!is_fine || fine(&wider, &claim));
            prop_assert!(is_fine || !fine(&stricter, &claim));
            prop_assert!(is_fine || !fine(&checked, &claim));
            let broken = |p: &Policy| codes(&decide(p, &claim)).is_some_and(|c| c.contains(&Rule::R10));
            prop_assert_eq!(broken(&policy), broken(&wider));
        }
    }

    /// `deny` is universal: it holds iff no flow that it covers is permitted with any guards that it admits.
    #[test]
    fn a_deny_is_what_trying_everything_says(numbers in tape()) {
        let mut tape = Tape { numbers: &numbers, at: 0 };
        let text = tape.policy();
        let (what, whose) = (tape.one(&CATEGORIES), tape.one(&SUBJECTS));
        let purpose = tape.one(&PURPOSES[..4]);
        let without = tape.one(&GUARDS);
        let (tail, allowed): (String, fn(&str, &str) -> bool) = match tape.roll(2) {
            1 => (std::format!("without {without}"), |g, w| g != w),
            _ => (String::new(), |_, _| true),
        };
        let whole = std::format!("{text}test \"t\" {{ deny share {what} of {whose} with safe for {purpose} {tail} }}\n");
        let policy = load_text(&whole);
        let mut permitted: BTreeMap<String, BTreeSet<Rule>> = BTreeMap::new();
        for guards in subsets(&policy) {
            if !guards.iter().all(|g| allowed(policy.guard_name(*g), without)) {
                continue;
            }
            for c in down(what, &CATEGORIES) {
                for s in down(whose, &SUBJECTS) {
                    for p in down(purpose, &PURPOSES) {
                        let claim = Claim {
                            verb: Verb::Share,
                            label: Label { category: policy.category(c).unwrap(), subject: policy.subject(s) },
                            target: Target::Recipient(policy.recipient("safe").unwrap()),
                            purpose: policy.purpose(p),
                            guards: guards.clone(),
                            origin: None,
                            day: today(),
                        };
                        if let Some(codes) = naive(&policy, &claim).filter(BTreeSet::is_empty) {
                            permitted.insert(policy.claim_text(&claim), codes);
                        }
                    }
                }
            }
        }
        let result = run_tests(&policy, today()).remove(0);
        prop_assert_eq!(result.passed, permitted.is_empty(), "{}\n{:?}", whole, permitted.keys().next());
    }
}

/// The random flows are of every kind, so that agreement means something.
#[test]
fn the_tapes_give_flows_of_every_kind() {
    let mut dice = super::hostile::Dice(3);
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for _ in 0..60 {
        let numbers: Vec<u8> = (0..260).map(|_| dice.roll(256) as u8).collect();
        let mut tape = Tape { numbers: &numbers, at: 0 };
        let policy = load_text(&tape.policy());
        for _ in 0..12 {
            let claim = tape.claim(&policy);
            match naive(&policy, &claim) {
                None => *seen.entry("impossible").or_default() += 1,
                Some(codes) if codes.is_empty() => *seen.entry("permitted").or_default() += 1,
                Some(codes) => codes.iter().for_each(|c| *seen.entry(c.code()).or_default() += 1),
            }
        }
    }
    let kinds =
        ["permitted", "impossible", "R01", "R02", "R03", "R04", "R05", "R06", "R07", "R08", "R09", "R10", "R12"];
    for kind in kinds {
        assert!(seen.get(kind).is_some_and(|n| *n > 5), "{kind} {seen:?}");
    }
}
