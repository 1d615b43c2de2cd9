//! What waits for the callers, beyond what is kept of it: found all the same, and a gap.

use serde_json::Value;

use crate::run::{folder, run};

const POLICY: &str = r#"purlin 1
subject   customer
category  contact { email }
region    eea home
recipient partner { acts as controller located in eea }
purpose   support "Help" {
  about   customer
  basis   contract
  notice  "n"
  uses    contact.email
}
bind rust {
  crate::support as purpose support
  crate::email   as contact.email of customer
  crate::out     as recipient partner
}
"#;

/// More calls than a function keeps.
const CALLS: usize = 1030;
/// Places where data is used and shared: more flows than a function keeps.
const PLACES: usize = 600;

/// Those that are sure, behind as many that are only possible.
const FEW: usize = 10;

/// How many findings there are, surely or perhaps, and of which functions a gap says that they do too much.
fn found(given: &str, work: &str) -> (usize, usize, Vec<String>) {
    let lib = format!(
        "pub fn out<T>(_: T) {{}}\n\
         pub fn email() -> String {{ String::new() }}\n\
         pub mod support {{ pub fn run() {{ crate::work({given}) }} }}\n{work}"
    );
    let files = [("privacy.purlin", POLICY), ("src/lib.rs", &lib), ("Cargo.toml", "[package]\nname = \"shop\"\n")];
    let folder = folder(&files);
    let ran = run(folder.path(), &["check", "--format", "json", "--confidence", "possible"]);
    let report: Value = serde_json::from_str(&ran.stdout).expect("JSON");
    let findings = report["findings"].as_array().expect("findings");
    let possible = findings.iter().filter(|f| f["confidence"] == "possible").count();
    let gaps = report["gaps"].as_array().expect("gaps").iter().filter_map(|g| g["what"].as_str());
    let limits = gaps.filter(|what| what.contains("depends on what it is given")).map(str::to_owned).collect();
    (findings.len() - possible, possible, limits)
}

fn flows() -> String {
    format!("pub fn work(of: Option<u8>) {{ if of.is_some() {{\n{}}} }}\n", "    out(email());\n".repeat(PLACES))
}

/// Flows that are only possible, before a few that are sure.
fn doubtful() -> String {
    let (first, last) = ("    out(unread::of(email()));\n".repeat(PLACES), "    out(email());\n".repeat(FEW));
    format!("pub fn work(of: Option<u8>) {{ if of.is_some() {{\n{first}{last}}} }}\n")
}

fn calls() -> String {
    let functions: String = (0..CALLS).map(|n| format!("fn f{n}() {{ out(email()) }}\n")).collect();
    let calls: String = (0..CALLS).map(|n| format!("    f{n}();\n")).collect();
    format!("pub fn work(of: Option<u8>) {{ if of.is_some() {{\n{calls}}} }}\n{functions}")
}

#[test]
fn flows_beyond_those_that_wait_are_possible_and_a_gap() {
    let (sure, possible, gaps) = found("Some(1)", &flows());
    assert_eq!(sure + possible, PLACES);
    assert!(sure > 0 && possible > 0 && gaps.len() == 1, "{sure} {possible} {gaps:?}");
    let (sure, possible, gaps) = found("None", &flows());
    assert!(sure == 0 && possible > 0 && gaps.len() == 1, "{sure} {possible} {gaps:?}");
}

#[test]
fn what_is_sure_has_room_before_what_is_only_possible() {
    let (sure, possible, gaps) = found("Some(1)", &doubtful());
    assert!(sure == FEW && possible > 0 && gaps.len() == 1, "{sure} {possible} {gaps:?}");
}

#[test]
fn calls_beyond_those_that_wait_are_made_and_a_gap() {
    let (sure, possible, gaps) = found("Some(1)", &calls());
    assert_eq!((sure, possible, gaps.len()), (CALLS, 0, 1));
    let (sure, possible, gaps) = found("None", &calls());
    assert!(sure + possible < 16 && gaps.len() == 1, "{sure} {possible} {gaps:?}");
}
