//! The theorems of the language, on random policies: order does not matter, precision and guards never add a
//! violation, a permission never adds one and a promise never removes one; and the decision agrees with a slow
//! reading of the definitions.

use std::collections::BTreeSet;

use super::hostile::Dice;
use super::*;

const CATEGORIES: [&str; 6] = ["a", "a.x", "a.y", "b", "b.z", "c"];
const SUBJECTS: [&str; 4] = ["s", "s.t", "s.u", "w"];
const PURPOSES: [&str; 4] = ["p", "p.q", "r", "o"];
const TARGETS: [&str; 3] = ["m", "m.n", "k"];
const GUARDS: [&str; 4] = ["g", "h", "i", "j"];

fn some(dice: &mut Dice, of: &[&str]) -> String {
    let first = of[dice.roll(of.len())];
    if dice.roll(3) == 0 { std::format!("{first}, {}", of[dice.roll(of.len())]) } else { first.to_owned() }
}

fn data(dice: &mut Dice) -> String {
    let mut out = if dice.roll(6) == 0 { "anything".to_owned() } else { some(dice, &CATEGORIES) };
    if dice.roll(3) == 0 {
        out.push_str(&std::format!(" except {}", some(dice, &CATEGORIES)));
    }
    out
}

fn act(dice: &mut Dice, third: bool) -> String {
    let s = if third { "s" } else { "" };
    let mut what = data(dice);
    if dice.roll(4) == 0 {
        what.push_str(&std::format!(" of {}", some(dice, &SUBJECTS)));
    }
    if dice.roll(2) == 0 {
        std::format!("use{s} {what}")
    } else {
        let to = if dice.roll(4) == 0 { "anyone".to_owned() } else { some(dice, &TARGETS) };
        std::format!("share{s} {what} with {to}")
    }
}

/// The clauses of a random policy: fixed declarations, then purposes as lists of clauses, then promises.
struct Parts {
    purposes: Vec<Vec<String>>,
    promises: Vec<String>,
}

fn parts(dice: &mut Dice) -> Parts {
    let mut purposes = Vec::new();
    for p in 0..PURPOSES.len() {
        let mut clauses = vec!["basis contract".to_owned()];
        if dice.roll(2) == 0 {
            clauses.push(std::format!("about {}", some(dice, &SUBJECTS)));
        }
        if dice.roll(3) == 0 {
            clauses.push(std::format!("requires {}", GUARDS[dice.roll(2)]));
        }
        if p == 3 && dice.roll(2) == 0 {
            clauses.push("compatible with p.q \"assessment\"".to_owned());
        }
        for _ in 0..dice.roll(4) {
            let given = if dice.roll(4) == 0 { std::format!(" given {}", GUARDS[dice.roll(4)]) } else { String::new() };
            clauses.push(std::format!("{}{given}", act(dice, true)));
        }
        purposes.push(clauses);
    }
    let mut promises = Vec::new();
    for _ in 0..dice.roll(3) {
        let modal = if dice.roll(4) == 0 { "should" } else { "must" };
        let done = act(dice, false);
        let purpose = if dice.roll(2) == 0 { std::format!(" for {}", some(dice, &PURPOSES)) } else { String::new() };
        let unless = if dice.roll(4) == 0 { std::format!(" unless {}", GUARDS[dice.roll(4)]) } else { String::new() };
        promises.push(std::format!("{modal} not {done}{purpose}{unless} \"promised\""));
    }
    Parts { purposes, promises }
}

fn text(parts: &Parts) -> String {
    let mut out = String::from(
        "purlin 1\ncategory a { x, y }\ncategory b { z also a.x }\ncategory c special\n\
         subject s subject s.t subject s.u subject w\nregion home_region home\n\
         recipient m { acts as controller located in home_region } recipient m.n recipient k { acts as processor }\n\
         guard g guard h guard i narrows s to s.t guard j narrows s to s.u\n",
    );
    for (name, clauses) in PURPOSES.iter().zip(&parts.purposes) {
        out.push_str(&std::format!("purpose {name} {{\n  {}\n}}\n", clauses.join("\n  ")));
    }
    out.push_str(&parts.promises.join("\n"));
    out.push('\n');
    out
}

fn load_parts(parts: &Parts) -> Policy {
    let text = text(parts);
    let (policy, found) = try_load(&text);
    policy.unwrap_or_else(|| panic!("{text}\n{}", show(&text, &found)))
}

fn random_claim(dice: &mut Dice, policy: &Policy) -> Claim {
    let share = dice.roll(2) == 0;
    let mut guards = BTreeSet::new();
    for g in 0..4 {
        if dice.roll(3) == 0 {
            guards.insert(GuardId(g));
        }
    }
    Claim {
        verb: if share { Verb::Share } else { Verb::Use },
        label: Label {
            category: policy.category(CATEGORIES[dice.roll(6)]).unwrap(),
            subject: Some(policy.subject(SUBJECTS[dice.roll(4)]).unwrap()),
        },
        target: if share { Target::Recipient(policy.recipient(TARGETS[dice.roll(3)]).unwrap()) } else { Target::None },
        purpose: (dice.roll(8) > 0).then(|| policy.purpose(PURPOSES[dice.roll(4)]).unwrap()),
        guards,
        origin: None,
        day: today(),
    }
}

/// The error codes; what guards would cure counts as what it stands for, since it is violated all the same.
fn codes(verdict: &Verdict) -> BTreeSet<Rule> {
    verdict.violations.iter().filter(|v| !v.warning).map(|v| v.rule).collect()
}

fn fine(verdict: &Verdict) -> bool {
    verdict.outcome() == Outcome::Permitted
}

fn impossible(verdict: &Verdict) -> bool {
    verdict.cannot_happen || !verdict.contradiction.is_empty()
}

#[test]
fn precision_guards_permissions_and_promises_are_monotone() {
    let mut dice = Dice(11);
    for _ in 0..50 {
        let base = parts(&mut dice);
        let policy = load_parts(&base);
        let mut wider = Parts { purposes: base.purposes.clone(), promises: base.promises.clone() };
        wider.purposes[dice.roll(4)].push(act(&mut dice, true));
        let wider = load_parts(&wider);
        let mut stricter = Parts { purposes: base.purposes.clone(), promises: base.promises.clone() };
        stricter.promises.push(std::format!("must not {} \"more\"", act(&mut dice, false)));
        let stricter = load_parts(&stricter);
        for _ in 0..40 {
            let claim = random_claim(&mut dice, &policy);
            let verdict = decide(&policy, &claim);
            // 3. A more precise label is permitted where a vague one is.
            for c in policy.categories.ids().filter(|&c| policy.categories.leq(c, claim.label.category)) {
                for s in policy.subjects.ids().filter(|&s| policy.subjects.leq(s, claim.label.subject.unwrap())) {
                    let label = Label { category: c, subject: Some(s) };
                    let finer = decide(&policy, &Claim { label, ..claim.clone() });
                    assert!(!fine(&verdict) || fine(&finer) || impossible(&verdict), "{claim:?} {label:?}");
                    if !codes(&verdict).contains(&Rule::R10) && !impossible(&verdict) {
                        assert!(!codes(&finer).contains(&Rule::R10));
                    }
                }
            }
            // 6. A guard never forbids.
            for g in policy.guards.ids() {
                let mut more = claim.clone();
                more.guards.insert(g);
                assert!(!fine(&verdict) || fine(&decide(&policy, &more)), "{claim:?} {g:?}");
            }
            // 4 and 5. A permission only permits, a promise only forbids; 7. no permission defeats a promise.
            assert!(!fine(&verdict) || fine(&decide(&wider, &claim)));
            assert!(fine(&verdict) || !fine(&decide(&stricter, &claim)));
            let broken = |v: &Verdict| v.outcome() == Outcome::Forbidden;
            assert_eq!(broken(&verdict), broken(&decide(&wider, &claim)));
        }
    }
}

#[test]
fn order_does_not_matter() {
    let mut dice = Dice(5);
    for _ in 0..60 {
        let base = parts(&mut dice);
        let policy = load_parts(&base);
        let mut turned = Parts { purposes: base.purposes.clone(), promises: base.promises.clone() };
        for clauses in &mut turned.purposes {
            clauses.reverse();
        }
        turned.promises.reverse();
        // All declarations backwards as well; the header stays first.
        let text = text(&turned);
        let mut blocks: Vec<String> = Vec::new();
        for line in text.lines().skip(1) {
            match blocks.last_mut() {
                Some(open) if open.contains("{\n") && !open.contains("\n}") => open.push_str(&std::format!("{line}\n")),
                _ => blocks.push(std::format!("{line}\n")),
            }
        }
        let backwards: String = blocks.iter().rev().map(String::as_str).collect();
        let text = std::format!("purlin 1\n{backwards}");
        let (other, found) = try_load(&text);
        let other = other.unwrap_or_else(|| panic!("{text}\n{}", show(&text, &found)));
        for _ in 0..40 {
            let claim = random_claim(&mut dice, &policy);
            let mut same = claim.clone();
            let name = |c| policy.category_name(c);
            same.label.category = other.category(name(claim.label.category)).unwrap();
            same.label.subject = claim.label.subject.map(|s| other.subject(policy.subject_name(s)).unwrap());
            same.purpose = claim.purpose.map(|p| other.purpose(policy.purpose_name(p)).unwrap());
            same.guards = claim.guards.iter().map(|&g| other.guard(policy.guard_name(g)).unwrap()).collect();
            if let Target::Recipient(r) = claim.target {
                same.target = Target::Recipient(other.recipient(policy.recipient_name(r)).unwrap());
            }
            assert_eq!(codes(&decide(&policy, &claim)), codes(&decide(&other, &same)), "{text}\n{claim:?}");
        }
    }
}

/// `≤` on names, straight from its definition; `b.z` is also an `a.x`.
fn below(a: &str, b: &str) -> bool {
    a == b || a.strip_prefix(b).is_some_and(|r| r.starts_with('.')) || (a == "b.z" && below("a.x", b))
}

fn listed(policy: &Policy, picks: &Picks<CategoryId>, name: &str) -> bool {
    let in_any = |list: &[CategoryId]| list.iter().any(|&c| below(name, policy.category_name(c)));
    (picks.any || in_any(&picks.names)) && !in_any(&picks.except)
}

/// Whether each cell of a label is permitted, read off the clauses one by one.
fn slowly(policy: &Policy, claim: &Claim, verb: Verb) -> bool {
    let purpose = claim.purpose.unwrap();
    let label = policy.category_name(claim.label.category);
    let whose = policy.subject_name(claim.label.subject.unwrap());
    let people: Vec<&str> = SUBJECTS.into_iter().filter(|s| below(s, whose)).collect();
    let about = |p: PurposeId, s: &str| {
        policy.purposes.ids().filter(|&q| policy.purposes.leq(p, q)).all(|q| {
            let about = policy.purposes.info(q).unwrap().about.as_ref();
            about.is_none_or(|a| a.names.iter().any(|&n| below(s, policy.subject_name(n))))
        })
    };
    CATEGORIES.into_iter().filter(|c| below(c, label)).all(|c| {
        people.iter().all(|s| {
            let clause = |q: PurposeId, g: &Grant, compatible: bool| {
                let target = match (&g.targets, claim.target) {
                    _ if verb == Verb::Use => true,
                    (Some(Targets::Recipients(list)), Target::Recipient(r)) => {
                        list.any || list.names.iter().any(|&n| policy.recipients.leq(r, n))
                    }
                    _ => false,
                };
                let people = match &g.whose {
                    Some(w) => w.names.iter().any(|&n| below(s, policy.subject_name(n))),
                    None => about(q, s),
                };
                g.verb == verb
                    && target
                    && people
                    && about(purpose, s)
                    && listed(policy, &g.what, c)
                    && !(compatible && c == "c")
                    && g.given.iter().all(|group| group.iter().any(|g| claim.guards.contains(g)))
            };
            policy.purposes.chain(purpose).into_iter().any(|q| {
                let info = policy.purposes.info(q).unwrap();
                info.grants.iter().any(|g| clause(q, g, false))
                    || (verb == Verb::Use
                        && info.compatible.iter().any(|k| {
                            policy
                                .purposes
                                .chain(k.with)
                                .into_iter()
                                .any(|r| policy.purposes.info(r).unwrap().grants.iter().any(|g| clause(r, g, true)))
                        }))
            })
        })
    })
}

#[test]
fn the_decision_agrees_with_the_definitions() {
    let mut dice = Dice(23);
    let (mut permitted, mut not) = (0, 0);
    for _ in 0..200 {
        let policy = load_parts(&parts(&mut dice));
        for _ in 0..40 {
            let mut claim = random_claim(&mut dice, &policy);
            // Guards that narrow people are tested elsewhere.
            claim.guards.retain(|g| g.0 < 2);
            if claim.purpose.is_none() {
                continue;
            }
            let found = codes(&decide(&policy, &claim));
            let uses = slowly(&policy, &claim, Verb::Use);
            let shares = claim.verb == Verb::Use || slowly(&policy, &claim, Verb::Share);
            let missing = found.contains(&Rule::R02) || found.contains(&Rule::R04) || found.contains(&Rule::R07);
            assert!(uses && shares || missing, "{claim:?} {found:?}");
            assert!(!(found.contains(&Rule::R02) && uses), "{claim:?} {found:?}");
            assert!(!(found.contains(&Rule::R04) && shares), "{claim:?} {found:?}");
            if uses && shares { permitted += 1 } else { not += 1 }
        }
    }
    assert!(permitted > 300 && not > 300, "{permitted} {not}");
}

/// For every flow and every set of guards the cells say what the decision says.
#[test]
fn all_flows_at_once_are_what_the_decision_says_of_each() {
    use crate::policy::cells::{Cells, Spot};
    use crate::policy::ways::Table;
    let mut dice = Dice(31);
    let (mut permitted, mut not) = (0, 0);
    let mut policies: Vec<Policy> = (0..40).map(|_| load_parts(&parts(&mut dice))).collect();
    policies.push(example());
    for policy in policies {
        let mut table = Table::default();
        let number = |name: &str| policy.guard(name).unwrap().0;
        let cells = Cells::new(&policy, number, None, today());
        let guards: Vec<GuardId> = policy.guards.ids().collect();
        let recipients = policy.recipients.ids().map(|r| (Verb::Share, Target::Recipient(r)));
        let stores = policy.stores.ids().map(|s| (Verb::Keep, Target::Store(s)));
        let targets: Vec<(Verb, Target)> =
            std::iter::once((Verb::Use, Target::None)).chain(recipients).chain(stores).collect();
        for purpose in policy.purposes.ids() {
            let row = cells.row(&mut table, Spot::Named(purpose));
            for &(verb, target) in &targets {
                let plane = cells.plane(&mut table, &row, verb, Spot::Named(target));
                for category in policy.categories.ids() {
                    for subject in policy.subjects.ids() {
                        let way = cells.ways(&mut table, &row, &plane, Spot::Named(category), Spot::Named(subject));
                        for chosen in 0..1_u32 << guards.len() {
                            let set: BTreeSet<GuardId> =
                                guards.iter().copied().filter(|g| chosen >> g.0 & 1 == 1).collect();
                            let numbers: BTreeSet<u32> = set.iter().map(|g| g.0).collect();
                            let label = Label { category, subject: Some(subject) };
                            let (purpose, origin, day) = (Some(purpose), None, today());
                            let claim = Claim { verb, label, target, purpose, guards: set, origin, day };
                            let verdict = super::super::decide::violations(&policy, &claim);
                            if impossible(&verdict) {
                                continue;
                            }
                            let said = table.sets(way).iter().any(|s| s.is_subset(&numbers));
                            assert_eq!(said, fine(&verdict), "{} {:?}", policy.claim_text(&claim), verdict);
                            if said { permitted += 1 } else { not += 1 }
                        }
                    }
                }
            }
        }
    }
    assert!(permitted > 1_000 && not > 1_000, "{permitted} {not}");
}
