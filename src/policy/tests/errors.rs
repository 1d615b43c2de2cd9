//! What a privacy lawyer reads when a sentence is wrong.
//!
//! In `errors.txt` stand the errors that the language was designed with, in their order, and then what else people
//! write.

use super::*;

/// What the sentences below may refer to.
const BASE: &str = "purlin 1\nsubject customer\ncategory name\ncategory contact { email, phone, address }\n\
                    category location { coarse }\naudience agents\nstore crm\n\
                    recipient mailgate { acts as controller }\nguard news_opt_in\nguard cobrowse_consent\n\
                    guard location_consent\n";

/// Errors of a text that stands below [`BASE`], as one block; lines are counted from the text.
fn errors(text: &str) -> String {
    let whole = format!("{BASE}{text}\n");
    let (policy, found) = try_load(&whole);
    assert!(policy.is_none(), "no error in\n{text}");
    // Lines are counted from the text; lines of the base keep a minus sign.
    let base = BASE.matches('\n').count() as i64;
    let mut out = String::new();
    for line in show(&whole, &found).lines() {
        let number = line.trim_start().split_once(':').and_then(|(n, rest)| Some((n.parse::<i64>().ok()?, rest)));
        match number {
            Some((n, rest)) => out.push_str(&std::format!("  {}:{rest}\n", n - base)),
            None => out.push_str(&std::format!("{line}\n")),
        }
    }
    out
}

/// The twelfth is advice: the policy is valid, and lawyers may have their reasons.
#[test]
fn consent_that_nothing_checks() {
    let text = std::format!("{BASE}purpose marketing {{ basis consent uses name }}\n");
    let (policy, _) = try_load(&text);
    let found: Vec<Diagnostic> = lint(&policy.unwrap(), today()).into_iter().filter(|d| d.code == "P25").collect();
    assert_eq!(
        show(&text, &found),
        "warning[P25]: purpose `marketing` rests on consent but nothing checks it\n  \
         12:21 `basis consent` add: requires <guard>\n  \
         = be able to demonstrate consent (GDPR Art. 7(1))\n  \
         = guards declared so far: news_opt_in, cobrowse_consent, location_consent\n"
    );
}

#[test]
fn every_message_reads_well() {
    let golden = include_str!("errors.txt");
    let mut actual = String::new();
    for case in golden.split("====\n").skip(1) {
        let text = case.split("\n----\n").next().unwrap();
        actual.push_str(&std::format!("====\n{text}\n----\n{}", errors(text)));
    }
    assert_eq!(golden, actual, "errors.txt should be:\n{actual}<<<");
}

#[test]
fn the_header() {
    let (_, found) = try_load("category x\n");
    assert_eq!(found[0].message, "a policy begins with the version of its language");
    let (_, found) = try_load("");
    assert_eq!(found[0].code, "P09");
    let (_, found) = try_load("purlin 2\n");
    assert_eq!(found[0].message, "this file is written in version 2 of the language");
    let (_, found) = try_load("purlin 1\ncategory x\npurlin 1\n");
    assert_eq!(found[0].code, "P09");
}

#[test]
fn one_bad_declaration_costs_one_error() {
    let text = "purlin 1\ncategory name\ncategroy x\npurpose p {\n  basis contract\n  usses name\n\
                purpose q {\n  basis contract\n  uses nmae\n}\nmust not use x for p, q, z \"r\"\n";
    let (_, found) = try_load(text);
    let said: Vec<&str> = found.iter().map(|d| d.message.as_str()).collect();
    assert_eq!(
        said,
        [
            "I don't know the declaration `categroy`",
            "I don't know the clause `usses`",
            "there is no category `nmae`",
            "there is no purpose `z`",
        ]
    );
}
