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
    let json: serde_json::Value = serde_json::from_str(&found.json("2026-06-01").unwrap()).unwrap();
    assert_eq!((&json["version"], &json["flows"]["newly_permitted"]), (&1.into(), &5.into()));
    assert_eq!(json["newly_permitted"][0]["purposes"][0], "marketing.newsletter");
    assert_eq!(json["newly_permitted"][0]["before"], serde_json::json!([]));
}
