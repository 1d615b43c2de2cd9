//! What the answers say of the example of the documentation, and of a hospital's policy.

use super::*;
use crate::policy::{Date, Policy, PolicyFile, load};
use crate::source::FileId;

pub(super) const PRIVACY: &str = include_str!("../policy/tests/privacy.purlin");

pub(super) fn today() -> Date {
    Date::parse("2026-06-01").unwrap()
}

pub(super) fn policy(text: &str) -> Policy {
    let (policy, found) = load(&[PolicyFile { file: FileId(0), path: "privacy.purlin", text }]);
    policy.unwrap_or_else(|| panic!("{found:#?}"))
}

/// The example with some words replaced, each of which must be there.
fn edited(edits: &[(&str, &str)]) -> Policy {
    let mut text = PRIVACY.to_owned();
    for (from, to) in edits {
        assert!(text.contains(from), "{from}");
        text = text.replace(from, to);
    }
    policy(&text)
}

fn said(edits: &[(&str, &str)]) -> String {
    diff(&policy(PRIVACY), &edited(edits), today()).text("2026-06-01")
}

const PROMISE: &str = "must not use anything of shopper for marketing\n  \
                       \"Privacy notice 4: if you only pay at a checkout, we never market to you\"\n";
const MARKETING: (&str, &str) = (
    "purpose marketing \"Tell people about our own products\" {\n  about    customer\n",
    "purpose marketing \"Tell people about our own products\" {\n  about    customer, shopper\n",
);

#[test]
fn an_edit_without_effect() {
    let last = "the same flows are permitted; 4,140 flows compared, on 2026-06-01\n";
    assert_eq!(said(&[]), last);
    // The promise holds.
    assert_eq!(said(&[MARKETING]), last);
}

#[test]
fn the_promise_is_deleted() {
    // A test of the example would fail; it is not asked here.
    assert_eq!(
        said(&[MARKETING, (PROMISE, "")]),
        "newly permitted: 5 flows\n  \
           + use name, contact.email of shopper for marketing.newsletter  given news_opt_in\n  \
           + share name, contact.email of shopper with mailgate for marketing.newsletter  given news_opt_in\n  \
           + keep contact.email of shopper in crm for marketing.newsletter  given news_opt_in\n\
         4,140 flows compared, on 2026-06-01\n"
    );
}

#[test]
fn a_transfer_is_no_longer_covered() {
    let transfer = "\n  transfer \"Standard clauses (EU) 2021/914, module 2\"";
    let found = diff(&policy(PRIVACY), &edited(&[(transfer, "")]), today());
    assert!(!found.is_wider());
    assert_eq!(
        found.text("2026-06-01"),
        "no longer permitted: 2 flows\n  \
           - share name, contact.email of customer with mailgate for marketing.newsletter  given news_opt_in\n\
         nothing is newly permitted; 4,140 flows compared, on 2026-06-01\n"
    );
}

#[test]
fn the_home_is_a_place_too() {
    let promise = "must not share location.coarse, location.precise ";
    assert_eq!(
        said(&[(promise, "must not share location ")]),
        "no longer permitted: 6 flows\n  \
           - share contact.address of customer, shopper with courier for checkout.delivery\n  \
           - share contact.address of customer, shopper with merchant for checkout, checkout.delivery\n\
         nothing is newly permitted; 4,140 flows compared, on 2026-06-01\n"
    );
}

#[test]
fn guards_and_times_are_part_of_it() {
    let text = said(&[
        ("requires location_consent", "requires location_consent or news_opt_in"),
        ("in recordings for 30 days", "in recordings for 60 days"),
        ("in ledger for 7 years", "in ledger for 5 years"),
    ]);
    assert_eq!(
        text,
        "newly permitted: 1 flow\n  \
           + use location.coarse of customer for shopfinder  \
             given news_opt_in or given location_consent, before given location_consent\n\
         kept longer: 1 flow\n  \
           + keep screen.redacted of customer in recordings for support.cobrowse  60 days, before 30 days\n\
         kept shorter: 10 flows\n  \
           - keep name, contact.address, order of customer, shopper in ledger for bookkeeping  5 years, before 7 years\n\
         4,140 flows compared, on 2026-06-01\n"
    );
}

#[test]
fn a_finer_name_is_no_change_and_a_new_one_is() {
    let finer = ("{ email, phone,", "{ email { work }, phone,");
    let found = diff(&policy(PRIVACY), &edited(&[finer]), today());
    assert!(found.is_empty(), "{}", found.text("x"));
    let back = diff(&edited(&[finer]), &policy(PRIVACY), today());
    assert!(back.is_empty(), "{}", back.text("x"));
    let new = ("category name\n", "category name\ncategory photo\n");
    let used = ("uses     location.precise\n", "uses     location.precise, photo\n");
    assert_eq!(
        said(&[new, used]),
        "newly permitted: 1 flow\n  + use photo of customer for fraud\n4,320 flows compared, on 2026-06-01\n"
    );
}

#[test]
fn a_difference_for_a_merge_request_and_for_programs() {
    let found = diff(&policy(PRIVACY), &edited(&[MARKETING, (PROMISE, "")]), today());
    let markdown = found.markdown("2026-06-01");
    assert!(markdown.contains("**Newly permitted** (5 flows)"), "{markdown}");
    assert!(
        markdown
            .contains("| keep | `contact.email` | `shopper` | in `crm` | `marketing.newsletter` | given news_opt_in |"),
        "{markdown}"
    );
    let json: serde_json::Value = serde_json::from_str(&found.json("2026-06-01", None).unwrap()).unwrap();
    assert_eq!((&json["version"], &json["flows"]["newly_permitted"]), (&1.into(), &5.into()));
    assert_eq!(json["newly_permitted"][0]["purposes"][0], "marketing.newsletter");
    assert_eq!(json["newly_permitted"][0]["before"], serde_json::json!([]));
}

#[test]
fn who_may_see_it_what_goes_there_and_why() {
    let p = policy(PRIVACY);
    let table = |rows: Result<Vec<Change>, String>| table::text(&rows.unwrap());
    insta::assert_snapshot!("who", table(table::who(&p, "contact.email", Some("customer"), today())));
    insta::assert_snapshot!("who_card", table(table::who(&p, "payment.card", None, today())));
    insta::assert_snapshot!("where", table(table::there(&p, "us", today())));
    insta::assert_snapshot!("why", table(table::why(&p, "merchant", today())));
    assert!(table::who(&p, "contact.emial", None, today()).unwrap_err().contains("did you mean `contact.email`?"));
    assert!(table::there(&p, "usa", today()).unwrap_err().contains("did you mean `us`?"));
    assert!(table::why(&p, "nobody", today()).unwrap_err().contains("there are: merchant, courier, mailgate"));
    let json: serde_json::Value =
        serde_json::from_str(&table::json(&table::there(&p, "us", today()).unwrap()).unwrap()).unwrap();
    assert_eq!(json["rows"][0]["given"][0][0], "news_opt_in");
}

/// What covers the asked name is shown as the asked name, what lies below it by its own.
#[test]
fn tables_say_what_the_decision_says() {
    use crate::policy::{Claim, Label, Outcome, decide};
    let p = policy(PRIVACY);
    for category in p.categories.ids() {
        let name = p.category_name(category);
        let rows = table::who(&p, name, None, today()).unwrap();
        for purpose in p.purposes.ids() {
            for subject in p.subjects.ids() {
                let said = rows.iter().any(|r| {
                    r.target.is_none()
                        && r.data.iter().any(|d| d == name)
                        && r.people.iter().any(|s| s == p.subject_name(subject))
                        && r.purposes.iter().any(|q| q == p.purpose_name(purpose))
                });
                let claim = Claim {
                    verb: crate::policy::Verb::Use,
                    label: Label { category, subject: Some(subject) },
                    target: crate::policy::Target::None,
                    purpose: Some(purpose),
                    guards: p.guards.ids().collect(),
                    origin: None,
                    day: today(),
                };
                assert_eq!(said, decide(&p, &claim).outcome() == Outcome::Permitted, "{}", p.claim_text(&claim));
            }
        }
    }
}

#[test]
fn the_policy_for_people_who_do_not_read_policies() {
    let p = policy(PRIVACY);
    let place =
        |span: crate::source::Span| format!("privacy.purlin:{}", PRIVACY[..span.lo as usize].matches('\n').count() + 1);
    insta::assert_snapshot!("plain", page::markdown(&docs::plain(&p, today())));
    insta::assert_snapshot!("record_csv", page::csv(&docs::record(&p, today(), &place)));
    insta::assert_snapshot!("notice", page::markdown(&docs::notice(&p, today())));
    let html = page::html("Record", &docs::record(&p, today(), &place));
    assert_eq!(html.matches("<tr>").count(), 1 + 8);
    let newsletter = "Send the monthly newsletter. On the basis of consent, checked each time \
                      (Switched on 'News and offers' in the preference centre) we use name and contact email of \
                      customer (Has a Lumo account or the app). We share name and contact email with mailgate \
                      (processor, US, DPA-2024-117, Standard clauses (EU) 2021/914, module 2). We keep contact email \
                      in crm (Customer accounts) for 24 months after the last newsletter was opened. People are told \
                      at privacy-notice#marketing.";
    assert!(docs::plain(&p, today()).contains(&page::Block::Text(newsletter.to_owned())));
}

/// What is done for somebody else, special data, exceptions to rights, and what must never be.
#[test]
fn a_processor_and_its_record() {
    let p = policy(
        "purlin 1\ncontroller \"Lab AB\"\nsubject patient { right erasure except for billing \"Art. 17(3)(b)\" }\n\
         category name category health \"Health\" special { notes } region eea home\n\
         recipient clinic { acts as controller located in eea }\n\
         recipient partner { acts as joint controller located in eea }\n\
         audience staff guard on_duty \"Is on duty\" store files { located in eea }\n\
         forbidden recipient insurer \"We never talk to insurers\"\n\
         purpose tests \"Test samples\" { about patient on behalf of clinic condition \"Art. 9(2)(h)\"\n\
           uses name, health except health.notes shares health except health.notes with partner\n\
           shows name to staff given on_duty }\n\
         purpose billing \"Send the invoice\" { about patient basis legal obligation \"VAT Act\" notice \"n\" uses name\n\
           keeps name in files for 7 years \"VAT Act 4\" }\n\
         must not use health for billing unless on_duty \"Invoices name no tests\"",
    );
    let place = |_: crate::source::Span| "p:1".to_owned();
    insta::assert_snapshot!("processor", page::markdown(&docs::plain(&p, today())));
    insta::assert_snapshot!("processor_csv", page::csv(&docs::record(&p, today(), &place)));
}
