//! One test for each rule of section 2.8, and for what later decisions added to it.

use std::collections::BTreeSet;

use super::*;

/// The claim that a sentence names; it must name one.
fn claim(policy: &Policy, sentence: &str) -> Claim {
    let span = crate::source::Span::new(FileId(9), 0, sentence.len() as u32);
    let flow = parse_flow(policy, sentence, span).unwrap_or_else(|e| panic!("{}", show(sentence, &[e])));
    let mut claims = claims(policy, &flow, today());
    assert_eq!(claims.len(), 1, "{sentence}");
    claims.remove(0)
}

fn ask(policy: &Policy, sentence: &str) -> Verdict {
    decide(policy, &claim(policy, sentence))
}

fn codes(verdict: &Verdict) -> Vec<&'static str> {
    verdict.violations.iter().map(|v| v.rule.code()).collect()
}

#[track_caller]
fn check(policy: &Policy, sentence: &str, expected: &[&str]) {
    assert_eq!(codes(&ask(policy, sentence)), expected, "{sentence}");
}

#[test]
fn the_mail_that_a_regulator_asked_about() {
    let p = example();
    let verdict = ask(&p, "use contact.email of shopper for marketing.newsletter");
    assert_eq!(codes(&verdict), ["R10", "R02", "R07"]);
    assert_eq!(verdict.outcome(), Outcome::Forbidden);
    let text = |span: crate::source::Span| &PRIVACY[span.lo as usize..span.hi as usize];
    let clause = |i: usize| text(verdict.violations[i].clause.unwrap());
    assert!(clause(0).starts_with("must not use anything of shopper for marketing"));
    assert_eq!(clause(1), "uses     name, contact.email");
    assert_eq!(clause(2), "requires news_opt_in");
    assert_eq!(text(verdict.nearest.unwrap()), "uses     name, contact.email");
    let names: Vec<&str> = verdict.permitted_for.iter().map(|&p2| p.purpose_name(p2)).collect();
    assert_eq!(names, ["checkout", "checkout.delivery", "support"]);
}

#[test]
fn r01_and_what_holds_without_a_purpose() {
    let p = example();
    let mut c = claim(&p, "share contact.email of customer with mailgate for marketing.newsletter");
    c.purpose = None;
    assert_eq!(codes(&decide(&p, &c)), ["R01"]);
    c.target = Target::Undeclared;
    assert_eq!(codes(&decide(&p, &c)), ["R03", "R01"]);
    // `for marketing` says nothing of code without a purpose, and neither does `for anything except fraud`.
    c.label = claim(&p, "use contact.email of shopper for marketing").label;
    c.verb = Verb::Use;
    c.target = Target::None;
    assert_eq!(codes(&decide(&p, &c)), ["R01"]);
    c.label = claim(&p, "use location.precise of customer for fraud").label;
    assert_eq!(codes(&decide(&p, &c)), ["R01"]);
    // A promise without `for` holds everywhere.
    let mut c = claim(&p, "keep payment.card.pin of customer in crm for checkout");
    c.purpose = None;
    assert_eq!(codes(&decide(&p, &c)), ["R10", "R01"]);
}

#[test]
fn r02_names_the_narrower_purpose() {
    let p = example();
    check(&p, "use contact.email of customer for marketing given news_opt_in", &["R02"]);
    check(&p, "use contact.email of customer for marketing.newsletter given news_opt_in", &[]);
    // The address is also the home, so a vague label over-reports.
    check(&p, "use contact of customer for bookkeeping", &["R02"]);
    // `compatible with checkout` lends its data, and none of its targets.
    check(&p, "use order of customer for fraud", &[]);
    check(&p, "share order of customer with merchant for fraud", &["R04"]);
    check(&p, "use order of shopper for fraud", &["R02"]);
}

#[test]
fn r03_to_r06() {
    let p = example();
    check(&p, "share name of customer with courier for checkout", &["R04"]);
    check(&p, "share name of customer with courier for checkout.delivery", &[]);
    check(&p, "show name of customer to quality for support", &["R05"]);
    check(&p, "keep name of customer in crm for bookkeeping", &["R06"]);
    let mut c = claim(&p, "share name of customer with courier for checkout");
    c.target = Target::Undeclared;
    assert_eq!(codes(&decide(&p, &c)), ["R03"]);
    // Where a store or an audience is not known there is a gap, not a violation.
    for (sentence, expected) in [
        ("keep name of customer in crm for bookkeeping", &[][..]),
        ("show name of customer to quality for support", &[]),
        ("show payment.card.pin of customer to quality for support", &["R10", "R02"]),
        ("keep screen of customer in crm for support", &["R02"]),
    ] {
        let mut c = claim(&p, sentence);
        c.target = Target::Undeclared;
        assert_eq!(codes(&decide(&p, &c)), expected, "{sentence}");
    }
}

#[test]
fn r07_for_what_a_purpose_requires() {
    let p = example();
    check(&p, "use location.coarse of customer for shopfinder", &["R07"]);
    check(&p, "use location.coarse of customer for shopfinder given location_consent", &[]);
    let p = policy(
        "category a subject s guard g guard h guard i\n\
         purpose q { about s basis contract requires g, h or i uses a }",
    );
    let v = ask(&p, "use a of s for q given g");
    assert_eq!(v.violations[0].missing_guards, [vec![GuardId(1), GuardId(2)]]);
    check(&p, "use a of s for q given g, i", &[]);
}

#[test]
fn r07_in_place_of_what_more_guards_would_cure() {
    let p = policy(
        "category health category name subject patient audience doctor guard treats guard emergency\n\
         purpose care { about patient basis contract uses name, health\n\
           shows health to doctor given treats or emergency\n\
           shows name to doctor given treats, emergency }",
    );
    let v = ask(&p, "show health of patient to doctor for care");
    assert_eq!(codes(&v), ["R07"]);
    assert_eq!(v.violations[0].missing_guards, [vec![GuardId(0), GuardId(1)]]);
    let v = ask(&p, "show name of patient to doctor for care");
    assert_eq!(codes(&v), ["R07"]);
    assert_eq!(v.violations[0].missing_guards, [vec![GuardId(0)], vec![GuardId(1)]]);
    check(&p, "show health of patient to doctor for care given emergency", &[]);
    check(&p, "show name of patient to doctor for care given emergency, treats", &[]);
}

#[test]
fn guards_narrow_people() {
    let p = policy(
        "category email subject consumer subject consumer.customer subject consumer.shopper subject staff\n\
         guard has_account narrows consumer to consumer.customer\n\
         guard pays_only narrows consumer to consumer.shopper\n\
         purpose news { about consumer.customer basis contract uses email }",
    );
    check(&p, "use email of consumer for news", &["R07"]);
    check(&p, "use email of consumer for news given has_account", &[]);
    check(&p, "use email of consumer.shopper for news", &["R02"]);
    // One guard excludes these people: such a flow does not happen.
    let v = ask(&p, "use email of consumer.shopper for news given has_account");
    assert!(v.cannot_happen && v.violations.is_empty());
    // Two guards exclude each other.
    let v = ask(&p, "use email of consumer for news given has_account, pays_only");
    assert_eq!(v.contradiction, [GuardId(0), GuardId(1)]);
    assert!(!v.cannot_happen && v.violations.is_empty());
    // A guard on consumers says nothing about staff.
    check(&p, "use email of staff for news given has_account", &["R02"]);
    // It says who an unknown person is.
    let mut c = claim(&p, "use email of consumer for news given has_account");
    c.label.subject = None;
    assert_eq!(decide(&p, &c), Verdict::default());
}

#[test]
fn an_unknown_subject_never_accuses() {
    let p = example();
    let mut c = claim(&p, "use contact.email of customer for marketing.newsletter given news_opt_in");
    c.label.subject = None;
    let v = decide(&p, &c);
    assert_eq!(v.violations, []);
    let shopper = p.subject("shopper").unwrap();
    assert_eq!(v.for_some_subjects, [(Rule::R02, vec![shopper]), (Rule::R10, vec![shopper])]);
    // What holds for everybody is a violation.
    c.guards = BTreeSet::new();
    assert_eq!(codes(&decide(&p, &c)), ["R07"]);
    // With no subject declared at all, nobody is the only person.
    let p = policy("category a category b purpose q { basis contract uses a }");
    check(&p, "use a for q", &[]);
    check(&p, "use b for q", &["R02"]);
}

#[test]
fn r08_transfers() {
    let p = policy(
        "category a subject s\n\
         region eea home region eea.se region uk adequate \"Decision\" region us region us.ca\n\
         recipient r1 { acts as controller located in us }\n\
         recipient r2 { acts as controller located in us transfer \"SCC\" }\n\
         recipient r3 { acts as controller located in eea.se, uk }\n\
         recipient r4 { acts as controller located in eea located in us }\n\
         recipient r5 { acts as controller }\n\
         recipient r1.sub\n\
         store here { located locally }\n\
         purpose q { about s basis contract uses a shares a with anyone keeps a in here for 1 day }",
    );
    check(&p, "share a of s with r1 for q", &["R08"]);
    check(&p, "share a of s with r1.sub for q", &["R08"]);
    check(&p, "share a of s with r1 for q from us", &[]);
    check(&p, "share a of s with r1 for q from us.ca", &["R08"]);
    check(&p, "share a of s with r2 for q", &[]);
    check(&p, "share a of s with r3 for q", &[]);
    check(&p, "share a of s with r4 for q", &["R08"]);
    check(&p, "share a of s with r5 for q", &[]);
    check(&p, "keep a of s in here for q from us", &[]);
}

#[test]
fn r09_contracts() {
    let p = policy(
        "category a subject s\n\
         recipient none { acts as processor }\n\
         recipient old { acts as processor contract \"DPA\" until 2026-05-31 }\n\
         recipient last { acts as processor contract \"DPA\" until 2026-06-01 }\n\
         recipient own { acts as controller }\n\
         purpose q { about s basis contract uses a shares a with anyone }",
    );
    check(&p, "share a of s with none for q", &["R09"]);
    check(&p, "share a of s with old for q", &["R09"]);
    check(&p, "share a of s with last for q", &[]);
    check(&p, "share a of s with own for q", &[]);
}

#[test]
fn r10_promises() {
    let p = policy(
        "category a { b } subject s subject t guard g region eea home region us audience all audience all.some\n\
         recipient in { acts as controller located in eea }\n\
         recipient out { acts as controller located in us transfer \"SCC\" }\n\
         recipient unknown { acts as controller }\n\
         store here { located locally } store there { located in us transfer \"SCC\" }\n\
         forbidden purpose ads forbidden recipient broker\n\
         purpose q { basis contract uses a shares a with anyone shows a to all keeps a in anywhere for 1 day }\n\
         must not share a.b with anyone outside eea \"promise\"\n\
         must not show a of s to all.some unless g\n\
         must not keep a of t in anywhere outside eea\n\
         should not use a of s for q",
    );
    let warned = |sentence: &str, errors: &[&str], warnings: &[&str]| {
        let v = ask(&p, sentence);
        let of = |w: bool| v.violations.iter().filter(|v| v.warning == w).map(|v| v.rule.code()).collect::<Vec<_>>();
        assert_eq!((of(false), of(true)), (errors.to_vec(), warnings.to_vec()), "{sentence}");
    };
    warned("share a.b of t with in for q", &[], &[]);
    warned("share a.b of t with out for q", &["R10"], &[]);
    warned("share a of t with out for q", &["R10"], &[]);
    warned("share a.b of t with unknown for q", &["R10"], &[]);
    warned("share a.b of s with in for q", &[], &["R10"]);
    warned("show a of s to all for q", &["R10"], &["R10"]);
    warned("show a of s to all for q given g", &[], &["R10"]);
    warned("show a of t to all for q", &[], &[]);
    warned("keep a of t in here for q", &[], &[]);
    warned("keep a of t in there for q", &["R10"], &[]);
    warned("use a of t for ads", &["R10", "R02"], &[]);
    warned("share a of t with broker for q", &["R10", "R10"], &[]);
    assert_eq!(ask(&p, "share a.b of s with in for q").outcome(), Outcome::Permitted);
}

#[test]
fn a_promise_beats_every_permission() {
    let p = policy("category a subject s purpose q { about s basis contract uses a } must not use a \"never\"");
    let v = ask(&p, "use a of s for q");
    assert_eq!((codes(&v), v.outcome()), (vec!["R10"], Outcome::Forbidden));
}

#[test]
fn r12_special_data() {
    let p = policy(
        "category health special { blood } category person { diet special, name } subject s\n\
         purpose q { basis contract uses health, person }\n\
         purpose care { basis contract condition \"Art. 9(2)(h)\" uses health, person }\n\
         purpose other { basis contract compatible with care \"CA\" }",
    );
    check(&p, "use health.blood of s for q", &["R12"]);
    check(&p, "use person of s for q", &["R12"]);
    check(&p, "use person.name of s for q", &[]);
    check(&p, "use health of s for care", &[]);
    // Compatible use is never of special data.
    check(&p, "use person.name of s for other", &[]);
    check(&p, "use health of s for other", &["R12", "R02"]);
}

#[test]
fn about_restricts_everything() {
    let p = policy(
        "category a category b subject s subject t\n\
         purpose q { basis contract uses a, b }\n\
         purpose q.r { about s uses a of s, t }\n\
         purpose z { about t basis contract compatible with q.r \"CA\" }\n\
         purpose y { about s basis contract requires g compatible with w \"CA\" }\n\
         purpose w { about s, t basis contract requires h uses a } guard g guard h",
    );
    check(&p, "use a of t for q", &[]);
    check(&p, "use a of t for q.r", &["R02"]);
    check(&p, "use b of s for q.r", &[]);
    // Compatible clauses come with what they are about, restricted to whom the other purpose is about.
    check(&p, "use b of t for z", &[]);
    check(&p, "use b of s for z", &["R02"]);
    check(&p, "use a of t for y given g, h", &["R02"]);
    // And with the guards that they require.
    check(&p, "use a of s for y given g", &["R07"]);
}

#[test]
fn transforms() {
    let p = policy(
        "category card { number, last4, pin } category screen { redacted }\n\
         transform mask turns card.number into card.last4\n\
         transform mask turns screen into screen.redacted\n\
         transform count turns anything except screen into anonymous",
    );
    let label = |name: &str| Label { category: p.category(name).unwrap(), subject: None };
    let through = |t: &str, name: &str| apply_transform(&p, p.transform(t).unwrap(), label(name));
    assert_eq!(through("mask", "card.number"), Transformed::Replaced(label("card.last4")));
    assert_eq!(through("mask", "card.pin"), Transformed::Unchanged);
    assert_eq!(through("mask", "card"), Transformed::Both(vec![label("card.last4")]));
    assert_eq!(through("mask", "screen.redacted"), Transformed::Replaced(label("screen.redacted")));
    assert_eq!(through("count", "card"), Transformed::Dropped);
    assert_eq!(through("count", "screen"), Transformed::Unchanged);
}

#[test]
fn a_failing_test_shows_its_counterexample() {
    let text = PRIVACY.replace(
        "about    customer\n  basis    consent\n  notice   \"privacy-notice#marketing\"",
        "about    customer, shopper\n  basis    consent\n  notice   \"privacy-notice#marketing\"",
    );
    assert_ne!(text, PRIVACY);
    // The promise holds, whatever the purpose says.
    let (p, _) = try_load(&text);
    assert!(run_tests(&p.unwrap(), today()).iter().all(|r| r.passed));
    let text = text.replace("must not use anything of shopper for marketing\n  \"Privacy notice 4: if you only pay at a checkout, we never market to you\"", "");
    let (p, _) = try_load(&text);
    let p = p.unwrap();
    let results = run_tests(&p, today());
    let failed: Vec<&TestResult> = results.iter().filter(|r| !r.passed).collect();
    assert_eq!(failed.len(), 1);
    assert_eq!(
        p.claim_text(failed[0].counterexample.as_ref().unwrap()),
        "use contact.email of shopper for marketing.newsletter given news_opt_in, cobrowse_consent, location_consent"
    );
    // Once the contract and the transfer are gone, only they stand in the way.
    let p = policy(
        "category a subject s recipient r { acts as processor }\n\
         purpose q { about s basis contract uses a shares a with r }\n\
         test \"weak\" { deny share a of s with r for q }\n\
         test \"long\" { deny keep a longer than 1 day allow share a of s with r for q }",
    );
    let results = run_tests(&p, today());
    assert!(results[0].passed && results[0].weak);
    assert_eq!(results[0].codes, [Rule::R09]);
    assert!(results[1].passed && !results[2].passed);
}

#[test]
fn annotations_in_code() {
    let p = example();
    let span = |t: &str| crate::source::Span::new(FileId(3), 100, 100 + t.len() as u32);
    let read = |t: &str| parse_meaning(&p, t, span(t));
    let email = p.category("contact.email").unwrap();
    let customer = p.subject("customer");
    assert_eq!(
        read("contact.email of customer"),
        Ok(Meaning::Data(vec![Label { category: email, subject: customer }]))
    );
    assert_eq!(read("guard news_opt_in if false"), Ok(Meaning::Guard(p.guard("news_opt_in").unwrap(), true)));
    assert_eq!(read("not personal"), Ok(Meaning::NotPersonal));
    assert_eq!(read("erasure of customer"), Ok(Meaning::Right("erasure".to_owned(), customer.unwrap())));
    let wrong = read("contact.emial of customer").unwrap_err();
    assert_eq!((wrong.code, wrong.labels[0].span.lo, wrong.labels[0].span.hi), ("B02", 100, 113));
    assert_eq!(wrong.labels[0].text, "did you mean `contact.email`?");
    assert_eq!(read("hello there").unwrap_err().code, "B02");
    assert_eq!(read("anything of customer").unwrap_err().code, "B02");
    assert_eq!(read("").unwrap_err().code, "B02");
    assert_eq!(read("category {").unwrap_err().code, "B02");
}

#[test]
fn a_waiver_permits_what_lies_in_its_sentence() {
    let p = example();
    let waived = |sentence: &str| permits(&p, &p.waivers[0].permits, &claim(&p, sentence));
    assert!(waived("use contact.email of shopper for marketing.newsletter"));
    assert!(!waived("use contact.email of customer for marketing.newsletter"));
    assert!(!waived("use contact of shopper for marketing.newsletter"));
    assert!(!waived("use contact.email of shopper for marketing"));
    assert!(!waived("share contact.email of shopper with mailgate for marketing.newsletter"));
    assert!(p.waivers[0].applies_on(Date::parse("2026-12-31").unwrap()));
    assert!(!p.waivers[0].applies_on(Date::parse("2027-01-01").unwrap()));
}
