//! Grouping, wording, waivers and fingerprints, against a law of a few lines.

use super::{Law, Place, Waiver, *};
use crate::diag::Severity;
use std::sync::Arc;

use crate::flow::{Action, Arriving, Entry, Established, Handled, Journey, Site, Step, Transform};
use crate::ir::{self, GapKind};
use crate::policy::{
    CategoryId, Claim, Date, GuardId, Label, PurposeId, Rule, SubjectId, Target, TransformId, Verb, Verdict, Violation,
};
use crate::source::{FileId, Span};

const EMAIL: Label = Label { category: CategoryId(0), subject: Some(SubjectId(0)) };
const NAME: Label = Label { category: CategoryId(1), subject: Some(SubjectId(0)) };
const HASHED: Label = Label { category: CategoryId(2), subject: Some(SubjectId(0)) };
const DAY: Date = Date { year: 2026, month: 11, day: 22 };

/// What is broken is a list: (verb, category, rules).
#[derive(Default)]
struct Rules {
    broken: Vec<(Verb, CategoryId, Vec<Rule>)>,
    warn: bool,
    some: Vec<(Rule, Vec<SubjectId>)>,
    waivers: Vec<Waiver>,
}

impl Law for Rules {
    fn decide(&self, claim: &Claim) -> Verdict {
        let found = self.broken.iter().find(|(v, c, _)| *v == claim.verb && *c == claim.label.category);
        let rules = found.map_or(&[][..], |(_, _, r)| r);
        let violation = |rule: &Rule| Violation {
            rule: *rule,
            warning: self.warn,
            // Which clause comes nearest may depend on what is checked.
            clause: Some(if *rule == Rule::R12 && claim.guards.is_empty() { at(8, 9) } else { at(9, 10) }),
            missing_guards: if *rule == Rule::R07 { vec![vec![GuardId(0)]] } else { Vec::new() },
        };
        Verdict {
            violations: rules.iter().filter(|r| **r != Rule::R07 || claim.guards.is_empty()).map(violation).collect(),
            for_some_subjects: self.some.clone(),
            permitted_for: vec![PurposeId(7)],
            ..Verdict::default()
        }
    }
    fn transform(&self, transform: TransformId, label: Label) -> Vec<Label> {
        match transform.0 {
            0 => vec![HASHED],
            1 => vec![],
            _ => vec![label],
        }
    }
    fn covers(&self, wide: Label, narrow: Label) -> bool {
        wide == narrow
    }
    fn plain_guards(&self) -> std::collections::BTreeSet<GuardId> {
        [GuardId(0)].into()
    }
    fn label(&self, label: Label) -> (String, Option<String>) {
        let names = ["contact.email", "name", "contact.email.hashed"];
        (names[label.category.0 as usize].to_owned(), label.subject.map(|_| "customer".to_owned()))
    }
    fn purpose(&self, purpose: PurposeId) -> String {
        format!("purpose{}", purpose.0)
    }
    fn is_narrower(&self, _: PurposeId, _: PurposeId) -> bool {
        false
    }
    fn target(&self, target: Target) -> Option<String> {
        match target {
            Target::Recipient(r) => Some(format!("recipient{}", r.0)),
            Target::Store(s) => Some(format!("store{}", s.0)),
            _ => None,
        }
    }
    fn guard(&self, _: GuardId) -> String {
        "news_opt_in".to_owned()
    }
    fn guard_places(&self, _: GuardId) -> Vec<String> {
        vec!["crate::prefs::wants_news".to_owned()]
    }
    fn transform_name(&self, _: TransformId) -> String {
        "hash".to_owned()
    }
    fn subject(&self, _: SubjectId) -> String {
        "shopper".to_owned()
    }
    fn contact(&self) -> Option<String> {
        Some("dpo@shop.example".to_owned())
    }
    fn waivers(&self) -> Vec<Waiver> {
        self.waivers.clone()
    }
    fn waives(&self, _: usize, claim: &Claim) -> bool {
        claim.label == EMAIL
    }
}

fn at(lo: u32, hi: u32) -> Span {
    Span::new(FileId(0), lo, hi)
}

fn flow(action: Action, labels: u32, site: u32) -> Flow {
    let entry = Entry { labels, name: format!("customers.c{labels}").into(), span: at(1, 2), labelled: at(0, 1) };
    let step = |span, what: &str| Arc::new(Step { span, what: what.into(), function: "crate::news::run".into() });
    let journey = Journey {
        action,
        entry,
        transforms: Vec::new(),
        derived: false,
        target: if action == Action::Use { Arriving::Code } else { Arriving::Bound(0) },
        site: Site {
            span: at(site, site + 1),
            written: None,
            function: "crate::news::Mailer::send".into(),
            krate: "shop".into(),
            symbol: "mail::send".into(),
        },
        path: vec![step(at(1, 2), "reads"), step(at(site, site + 1), "sends")],
        confidence: Confidence::Certain,
        reason: None,
        load: false,
        home: None,
    };
    Flow { journey: Arc::new(journey), purpose: Some(0), purpose_at: None, guards: Arc::default(), paths_total: 1 }
}

/// A flow with another journey.
fn changed(mut flow: Flow, change: impl FnOnce(&mut Journey)) -> Flow {
    change(Arc::make_mut(&mut flow.journey));
    flow
}

fn run(law: &Rules, flows: &[Flow], purposeless: &[Purposeless]) -> Judged {
    run_from(Confidence::Likely, law, flows, purposeless)
}

fn run_from(confidence: Confidence, law: &Rules, flows: &[Flow], purposeless: &[Purposeless]) -> Judged {
    let mut sources = SourceMap::default();
    sources.add("src/lib.rs", "fn main() { let x = 1; }\n");
    let crates = ["bound".to_owned()].into();
    judge(Case {
        missed: &[],
        law,
        labels: &[vec![EMAIL], vec![NAME], vec![EMAIL, NAME]],
        flows,
        given_away: &BTreeSet::new(),
        purposeless,
        bound_crates: &crates,
        sources: &sources,
        day: DAY,
        confidence,
    })
}

fn codes(judged: &Judged) -> Vec<&'static str> {
    judged.findings.iter().map(|f| f.rule.code()).collect()
}

#[test]
fn data_that_arrives_together_is_one_finding() {
    let law = Rules {
        broken: vec![
            (Verb::Share, CategoryId(0), vec![Rule::R04, Rule::R02]),
            (Verb::Share, CategoryId(1), vec![Rule::R10]),
        ],
        ..Rules::default()
    };
    let judged = run(&law, &[flow(Action::Share, 2, 12)], &[]);
    assert_eq!(codes(&judged), ["R10"]);
    let found = &judged.findings[0];
    assert_eq!(found.data.len(), 2);
    assert_eq!(found.data[0].codes, [Rule::R10]);
    assert_eq!(found.also.iter().map(|a| a.rule).collect::<Vec<_>>(), [Rule::R02, Rule::R04]);
    let said =
        "this breaks a promise: `name of customer` (from `customers.c2`) is shared with `recipient0` for `purpose0`";
    assert_eq!(found.message, said, "what breaks a weaker rule is listed, and no reason for the headline");
    assert_eq!(found.law[0], "GDPR Art. 5(1)(a)");
}

#[test]
fn use_is_one_finding_for_each_entry_at_the_shortest_path() {
    let law = Rules { broken: vec![(Verb::Use, CategoryId(0), vec![Rule::R02])], ..Rules::default() };
    let far = changed(flow(Action::Use, 0, 5), |far| far.path.insert(0, far.path[0].clone()));
    let judged = run(&law, &[far, flow(Action::Use, 0, 12)], &[]);
    assert_eq!(codes(&judged), ["R02"]);
    assert_eq!(judged.findings[0].arrival.span, at(12, 13));
    assert_eq!(judged.findings[0].data[0].paths_total, 2);
}

#[test]
fn checks_are_not_judged_at_a_load() {
    let law = Rules { broken: vec![(Verb::Use, CategoryId(0), vec![Rule::R07])], ..Rules::default() };
    let load = changed(flow(Action::Use, 0, 5), |f| {
        f.load = true;
    });
    assert_eq!(codes(&run(&law, std::slice::from_ref(&load), &[])), [""; 0]);
    let judged = run(&law, &[load, flow(Action::Use, 0, 12)], &[]);
    assert_eq!(codes(&judged), ["R07"]);
    assert!(judged.findings[0].message.ends_with("without `news_opt_in`"), "{}", judged.findings[0].message);
    assert!(judged.findings[0].help[0].contains("`crate::prefs::wants_news`"));
    let guarded = Flow { guards: Arc::new(std::collections::BTreeSet::from([0]).into()), ..flow(Action::Use, 0, 12) };
    assert_eq!(codes(&run(&law, &[guarded], &[])), [""; 0]);
}

#[test]
fn where_a_missing_check_is_made_is_said() {
    let law = Rules { broken: vec![(Verb::Use, CategoryId(0), vec![Rule::R07])], ..Rules::default() };
    let finding = |guards: Established| {
        let judged = run(&law, &[Flow { guards: Arc::new(guards), ..flow(Action::Use, 0, 12) }], &[]);
        judged.findings.into_iter().next().expect("a finding")
    };
    let on = finding(Established { elsewhere: [0].into(), ..Established::default() });
    assert!(on.message.ends_with("without `news_opt_in` on this path"), "{}", on.message);
    assert_eq!(on.checked.expect("said").text, "on another path to here, not on this one");
    let of = finding(Established { of_another: [0].into(), ..Established::default() });
    assert!(of.message.ends_with("without `news_opt_in` of this person"), "{}", of.message);
    let call = Step { span: at(7, 8), what: "`send` is called".into(), function: "crate::resend".into() };
    let by = finding(Established { elsewhere: [0].into(), caller: Some(call), ..Established::default() });
    let said = by.checked.expect("said");
    assert_eq!(said.text, "by other callers; `send` is called without it by `crate::resend`");
    assert_eq!(said.at, Some(at(7, 8)));
    let nowhere = finding(Established::default());
    assert_eq!(nowhere.checked, None);
}

#[test]
fn one_case_without_a_check_suffices() {
    let law = Rules { broken: vec![(Verb::Use, CategoryId(0), vec![Rule::R07])], ..Rules::default() };
    let judged = |cases: Vec<std::collections::BTreeSet<u32>>| {
        let guards = Established { cases, ..Established::default() };
        run(&law, &[Flow { guards: Arc::new(guards), ..flow(Action::Use, 0, 12) }], &[])
    };
    assert_eq!(codes(&judged(vec![[0].into(), [1].into()])), [""; 0]);
    assert_eq!(codes(&judged(vec![[0].into(), [].into()])), ["R07"]);
}

#[test]
fn what_depends_on_an_unsure_check_is_likely() {
    let guards = || Established { unsure: [0].into(), ..std::collections::BTreeSet::from([0]).into() };
    let judged = |rules: Vec<Rule>| {
        let law = Rules { broken: vec![(Verb::Use, CategoryId(0), rules)], ..Rules::default() };
        run(&law, &[Flow { guards: Arc::new(guards()), ..flow(Action::Use, 0, 12) }], &[])
    };
    // Without the check another clause is broken.
    let found = judged(vec![Rule::R12, Rule::R07]);
    assert_eq!(codes(&found), ["R12"]);
    let data = &found.findings[0].data[0];
    assert_eq!(data.confidence, Confidence::Likely);
    let why = &data.reason.as_ref().expect("a reason").what;
    assert_eq!(why, "whether guard `news_opt_in` is of the same person could not be told");
    assert_eq!(found.findings[0].checked.as_ref().expect("said").text, "`news_opt_in` on every path");
    // What is wrong with it and without it is certain.
    let found = judged(vec![Rule::R02, Rule::R07]);
    assert_eq!(codes(&found), ["R02"]);
    assert_eq!(found.findings[0].data[0].confidence, Confidence::Certain);
}

#[test]
fn what_the_policy_causes_is_said_once_for_each_recipient_and_purpose() {
    let law = Rules {
        broken: vec![
            (Verb::Share, CategoryId(0), vec![Rule::R08, Rule::R09]),
            (Verb::Share, CategoryId(1), vec![Rule::R08, Rule::R07]),
        ],
        ..Rules::default()
    };
    let flows = [flow(Action::Share, 0, 12), flow(Action::Share, 0, 20), flow(Action::Share, 1, 20)];
    let judged = run(&law, &flows, &[]);
    assert_eq!(codes(&judged), ["R08", "R07"]);
    assert_eq!(judged.findings[0].sites, 2);
    assert_eq!(judged.findings[0].also[0].rule, Rule::R09);
    assert!(judged.findings[0].message.ends_with("(at 2 places)"));
    // Where something weightier is wrong at a place, it is named there as well.
    let law = Rules { broken: vec![(Verb::Share, CategoryId(0), vec![Rule::R04, Rule::R08])], ..Rules::default() };
    let judged = run(&law, &flows[..1], &[]);
    assert_eq!(codes(&judged), ["R04"]);
    assert_eq!(judged.findings[0].also[0].rule, Rule::R08);
}

#[test]
fn transforms_are_applied_before_the_policy_is_asked() {
    let law = Rules {
        broken: vec![(Verb::Keep, CategoryId(0), vec![Rule::R06]), (Verb::Keep, CategoryId(2), vec![Rule::R10])],
        ..Rules::default()
    };
    let through = |t| {
        changed(flow(Action::Keep, 0, 12), |f| {
            f.transforms = vec![t];
        })
    };
    assert_eq!(codes(&run(&law, &[through(Transform::Bound(0))], &[])), ["R10"]);
    assert_eq!(codes(&run(&law, &[through(Transform::Bound(1))], &[])), [""; 0]);
    let judged = run(&law, &[through(Transform::Kind("sha256".into()))], &[]);
    assert_eq!(codes(&judged), ["R06"]);
    assert_eq!(judged.findings[0].data[0].transforms, ["sha256"]);
}

#[test]
fn what_cannot_be_decided_is_a_gap_and_accuses_nobody() {
    let law = Rules {
        broken: vec![(Verb::Keep, CategoryId(0), vec![Rule::R06])],
        some: vec![(Rule::R10, vec![SubjectId(0)])],
        ..Rules::default()
    };
    let to = |target, site| changed(flow(Action::Keep, 0, site), |f| f.target = target);
    let flows = [
        to(Arriving::Unbound("audit".to_owned()), 3),
        to(Arriving::Unbound("audit".to_owned()), 4),
        to(Arriving::UnknownHost, 5),
        to(Arriving::Internal, 6),
        flow(Action::Share, 0, 7),
    ];
    let judged = run(&law, &flows, &[]);
    assert!(judged.findings.is_empty());
    let gaps: Vec<(&str, usize)> = judged.gaps.iter().map(|g| (g.code, g.count)).collect();
    assert_eq!(gaps, [("G02", 1), ("G06", 1), ("G07", 2)]);
    // A column for this very data is its home; one without a label is listed.
    let home = |labels| changed(to(Arriving::Unbound("customers".to_owned()), 3), |f| f.home = Some(labels));
    assert!(run(&law, &[home(vec![0])], &[]).gaps.is_empty());
    assert_eq!(run(&law, &[home(vec![1])], &[]).gaps[0].code, "G07");
    assert_eq!(run(&law, &[home(vec![])], &[]).gaps[0].code, "G01");
    assert!(judged.gaps[1].what.contains("if it is that of shopper (R10)"), "{}", judged.gaps[1].what);
}

#[test]
fn guesses_are_hidden_and_counted() {
    let law = Rules { broken: vec![(Verb::Share, CategoryId(0), vec![Rule::R04])], ..Rules::default() };
    let guess = changed(flow(Action::Share, 0, 12), |f| {
        f.confidence = Confidence::Possible;
    });
    let judged = run(&law, &[guess], &[]);
    assert_eq!((judged.findings.len(), judged.hidden), (0, 1));
}

#[test]
fn a_guess_leads_no_finding_of_what_is_known() {
    let law = Rules {
        broken: vec![(Verb::Share, CategoryId(0), vec![Rule::R04]), (Verb::Share, CategoryId(1), vec![Rule::R10])],
        ..Rules::default()
    };
    let with = |confidence| {
        let flows = [
            flow(Action::Share, 0, 12),
            changed(flow(Action::Share, 1, 12), |f| {
                f.confidence = confidence;
            }),
        ];
        let found = run_from(Confidence::Possible, &law, &flows, &[]).findings;
        let also: Vec<&str> = found[0].also.iter().map(|a| a.rule.code()).collect();
        (found[0].rule.code(), found[0].confidence, also.join(" "))
    };
    assert_eq!(with(Confidence::Possible), ("R04", Confidence::Certain, "R10".to_owned()));
    assert_eq!(with(Confidence::Likely), ("R10", Confidence::Likely, "R04".to_owned()));
}

#[test]
fn warnings_and_errors_never_share_a_finding() {
    let law = Rules { broken: vec![(Verb::Keep, CategoryId(0), vec![Rule::R10])], warn: true, ..Rules::default() };
    let judged = run(&law, &[flow(Action::Keep, 0, 12)], &[]);
    assert_eq!(judged.findings[0].severity, Severity::Warning);
    assert!(judged.findings[0].message.starts_with("this goes against a preference"));
}

#[test]
fn code_without_a_purpose_is_said_once_for_each_root_or_crate() {
    let root = |name: &str, krate: &str, lo: u32| Purposeless {
        function: name.into(),
        krate: krate.into(),
        span: at(lo, lo + 1),
        entries: vec![Handled {
            entry: flow(Action::Use, 0, 1).entry.clone(),
            confidence: Confidence::Certain,
            reason: None,
        }],
    };
    let roots = [
        root("crate::a", "bound", 3),
        root("crate::b", "bound", 4),
        root("crate::c", "free", 5),
        root("crate::d", "free", 6),
    ];
    let judged = run(&Rules::default(), &[], &roots);
    assert_eq!(codes(&judged), ["R01", "R01", "R01"]);
    assert_eq!(judged.findings[2].sites, 2);
    assert!(judged.findings[2].message.contains("2 functions of `free`"), "{}", judged.findings[2].message);
}

fn waiver(until: Date, place: Place) -> Waiver {
    Waiver {
        name: "PRIV-1".to_owned(),
        owner: "anna".to_owned(),
        until,
        because: "soon gone".to_owned(),
        at: Some(place),
        span: at(0, 1),
    }
}

#[test]
fn a_waiver_takes_what_it_covers_and_leaves_the_rest() {
    let broken = vec![(Verb::Share, CategoryId(0), vec![Rule::R04]), (Verb::Share, CategoryId(1), vec![Rule::R04])];
    let place = Place::Rust(vec!["crate".to_owned(), "news".to_owned()]);
    let law = Rules { broken: broken.clone(), waivers: vec![waiver(DAY, place.clone())], ..Rules::default() };
    let judged = run(&law, &[flow(Action::Share, 2, 12)], &[]);
    assert_eq!((judged.findings.len(), judged.waived.len()), (1, 1));
    assert_eq!(judged.findings[0].data[0].category, "name");
    assert_eq!((judged.waived[0].finding.data.len(), judged.waived[0].days_left), (1, 0));
    assert_eq!(judged.notes[0].code, "W03");
    // The day after its last one it waives nothing.
    let over = Date { day: 21, ..DAY };
    let law = Rules { broken: broken.clone(), waivers: vec![waiver(over, place)], ..Rules::default() };
    let judged = run(&law, &[flow(Action::Share, 2, 12)], &[]);
    assert_eq!((judged.findings[0].data.len(), judged.waived.len(), judged.notes[0].code), (2, 0, "W01"));
    let elsewhere = Place::Rust(vec!["crate".to_owned(), "other".to_owned()]);
    let law = Rules { broken, waivers: vec![waiver(DAY, elsewhere)], ..Rules::default() };
    assert_eq!(run(&law, &[flow(Action::Share, 2, 12)], &[]).notes[0].code, "W02");
}

#[test]
fn fingerprints_survive_moves_and_tell_findings_apart() {
    let law = Rules {
        broken: vec![(Verb::Share, CategoryId(0), vec![Rule::R04]), (Verb::Keep, CategoryId(0), vec![Rule::R04])],
        ..Rules::default()
    };
    let print = |flow: Flow| run(&law, &[flow], &[]).findings[0].fingerprint.clone();
    let base = print(flow(Action::Share, 0, 12));
    let moved = changed(flow(Action::Share, 0, 20), |moved| moved.site.function = "crate::other::Mailer::send".into());
    assert_eq!(base, print(moved));
    let mut other = flow(Action::Share, 0, 12);
    other.purpose = Some(3);
    assert_ne!(base, print(other));
    assert_ne!(base, print(flow(Action::Keep, 0, 12)));
    assert_eq!(base.len(), 16);
}

#[test]
fn the_order_of_flows_does_not_matter() {
    let law = Rules {
        broken: vec![
            (Verb::Share, CategoryId(0), vec![Rule::R04]),
            (Verb::Use, CategoryId(0), vec![Rule::R02]),
            (Verb::Use, CategoryId(1), vec![Rule::R10]),
        ],
        ..Rules::default()
    };
    let mut flows: Vec<Flow> = [(Action::Share, 0, 12), (Action::Use, 2, 5), (Action::Use, 1, 5), (Action::Use, 0, 7)]
        .into_iter()
        .map(|(a, l, s)| flow(a, l, s))
        .collect();
    let forwards = run(&law, &flows, &[]);
    flows.reverse();
    assert_eq!(forwards, run(&law, &flows, &[]));
}

#[test]
fn a_macro_that_is_not_understood_is_one_gap() {
    let gap = |lo, what: &str, kind| ir::Gap { span: Span::new(FileId(0), lo, lo + 1), what: what.to_owned(), kind };
    let gaps = [
        gap(9, "macro `html!`", GapKind::Macro),
        gap(5, "macro `html!`", GapKind::Macro),
        gap(7, "macro `view!`", GapKind::Macro),
        gap(1, "this", GapKind::Code),
        gap(3, "this", GapKind::Code),
    ];
    let (found, _) = of_analysis(&gaps);
    let said: Vec<_> = found.iter().map(|g| (g.span.map(|s| s.lo), g.what.as_str(), g.count)).collect();
    let code = [(Some(1), "this", 1), (Some(3), "this", 1)];
    assert_eq!(said, [&code[..], &[(Some(5), "macro `html!`", 2), (Some(7), "macro `view!`", 1)]].concat());
}
