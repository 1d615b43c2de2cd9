//! A finding becomes a dated exception in the policy, is seen in every report while it lasts, and comes back after.

use std::path::Path;

use crate::run::{Ran, folder, run, write};

const POLICY: &str = "purlin 1\ncontroller \"Shop\" dpo \"dpo@shop.example\"\nsubject customer\ncategory name\ncategory email\n\
                      recipient mailgate {\n  acts as processor\n  contract \"C\" until 2030-01-01\n}\n\
                      purpose delivery \"Deliver\" {\n  about    customer\n  basis    contract\n  notice   \"n\"\n  uses     name, email\n}\n";
const BINDINGS: &str = "purlin 1\nbind rust { crate::deliver as purpose delivery }\nbind host { \"api.mailgate.example\" as recipient mailgate }\n\
                        bind sql { customers.email as email of customer }\n";
const CODE: &str = "pub async fn tell(db: &Db, http: &reqwest::Client) {\n    \
                    let row = sqlx::query!(\"SELECT email FROM customers\").fetch_one(db).await;\n    \
                    http.post(\"https://api.mailgate.example/v1\").json(&row.email).send().await;\n}\n";

fn project() -> tempfile::TempDir {
    folder(&[
        ("privacy.purlin", POLICY),
        ("bindings.purlin", BINDINGS),
        ("Cargo.toml", "[package]\nname = \"shop\"\n"),
        ("migrations/1.sql", "CREATE TABLE customers (id int, email text);\n"),
        ("src/lib.rs", "mod deliver;\n"),
        ("src/deliver.rs", CODE),
    ])
}

fn on(at: &Path, day: &str, arguments: &[&str]) -> Ran {
    run(at, &[arguments, &["--today", day]].concat())
}

fn fingerprint(at: &Path) -> String {
    let ran = on(at, "2026-11-22", &["check", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).expect("JSON");
    assert_eq!(report["findings"].as_array().map(Vec::len), Some(1), "{report:#}");
    report["findings"][0]["fingerprint"].as_str().expect("a fingerprint").to_owned()
}

fn waive(at: &Path, more: &[&str]) -> Ran {
    let print = fingerprint(at);
    let said =
        ["waive", &print, "--owner", "anna@shop.example", "--until", "2026-12-31", "--because", "moving \"out\""];
    on(at, "2026-11-22", &[&said[..], more].concat())
}

#[test]
fn a_finding_becomes_an_exception_that_is_seen_until_it_ends() {
    let at = project();
    let at = at.path();
    let ran = waive(at, &["--name", "PRIV-7"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("written to waivers.purlin, for 39 days"), "{}", ran.stdout);
    assert!(ran.stdout.contains("once dpo@shop.example has agreed"), "{}", ran.stdout);
    let written = std::fs::read_to_string(at.join("waivers.purlin")).expect("it is there");
    let expected = "purlin 1\n\nwaiver \"PRIV-7\" {\n  permits share email of customer with mailgate for delivery\n  \
                    at      shop::deliver::tell\n  owner   \"anna@shop.example\"\n  until   2026-12-31\n  because \"moving 'out'\"\n}\n";
    assert_eq!(written, expected);
    assert_eq!(run(at, &["fmt", "--check"]).code, 0, "it is formatted");

    // In every report, with its owner and the days that are left.
    let text = on(at, "2026-11-22", &["check"]);
    assert_eq!(text.code, 0, "{}", text.stdout);
    assert!(text.stdout.contains("waived[R04]"), "{}", text.stdout);
    assert!(
        text.stdout.contains("PRIV-7: moving 'out' (anna@shop.example, until 2026-12-31, 39 days left)"),
        "{}",
        text.stdout
    );
    assert!(text.stdout.contains("no violations, 1 waived"), "{}", text.stdout);
    for (format, said) in [
        ("concise", "waived[R04]"),
        ("json", "\"days_left\": 39"),
        ("jsonl", "\"days_left\":39"),
        ("csv", "anna@shop.example until 2026-12-31"),
        ("markdown", "waived until 2026-12-31"),
        ("junit", "<skipped message=\"waived until 2026-12-31 (anna@shop.example)"),
    ] {
        let ran = on(at, "2026-11-22", &["check", "--format", format]);
        assert!(ran.code == 0 && ran.stdout.contains(said), "{format}: {}", ran.stdout);
    }
    let sarif = |more: &[&str]| on(at, "2026-11-22", &[&["check", "--format", "sarif"], more].concat()).stdout;
    assert!(!sarif(&[]).contains("suppressions"));
    assert!(sarif(&["--report-suppressed"]).contains("\"justification\": \"PRIV-7: moving 'out'"));

    // It ends soon, is over, and is not needed any more.
    assert!(on(at, "2026-12-20", &["check"]).stdout.contains("warning[W03]: waiver `PRIV-7` ends on 2026-12-31"));
    let last = on(at, "2026-12-31", &["check"]);
    assert!(last.code == 0 && last.stdout.contains("its last day"), "{}", last.stdout);
    let over = on(at, "2027-01-01", &["check"]);
    assert_eq!(over.code, 1);
    assert!(over.stdout.contains("error[R04]") && over.stdout.contains("warning[W01]"), "{}", over.stdout);
    write(at, "src/deliver.rs", b"pub fn tell() {}\n");
    let unused = on(at, "2026-11-22", &["check"]);
    assert!(unused.code == 0 && unused.stdout.contains("warning[W02]"), "{}", unused.stdout);
    assert_eq!(on(at, "2026-11-22", &["check", "--fail-on", "warning"]).code, 1);
}

#[test]
fn another_waiver_stands_beside_the_first() {
    let at = project();
    let at = at.path();
    assert_eq!(waive(at, &[]).code, 0);
    let other = CODE.replace("tell", "remind").replace("/v1", "/v2");
    write(at, "src/deliver.rs", format!("{CODE}{other}").as_bytes());
    let ran = waive(at, &[]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let written = std::fs::read_to_string(at.join("waivers.purlin")).expect("it is there");
    assert_eq!(written.matches("\nwaiver \"").count(), 2, "{written}");
    assert_eq!(on(at, "2026-11-22", &["check"]).code, 0);
}

#[test]
fn what_cannot_be_waived_changes_nothing() {
    let at = project();
    let at = at.path();
    let said = |fingerprint: &str, until: &str, because: &str| {
        let said = ["waive", fingerprint, "--owner", "a", "--until", until, "--because", because];
        on(at, "2026-11-22", &said)
    };
    let print = fingerprint(at);
    for (ran, why) in [
        (said("0000000000000000", "2026-12-31", "x"), "no finding has the fingerprint"),
        (said(&print, "2026-11-21", "x"), "2026-11-21 has passed"),
        (said(&print, "2026-12-31", " "), "a reason is needed"),
    ] {
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{why}");
        assert!(ran.stderr.contains(why), "{why}: {}", ran.stderr);
    }
    // Nobody can permit what has no name.
    write(at, "bindings.purlin", BINDINGS.replace("api.mailgate", "other").as_bytes());
    let ran = waive(at, &[]);
    assert!(ran.code == 2 && ran.stderr.contains("declare the recipient first"), "{}", ran.stderr);
    assert!(!at.join("waivers.purlin").exists());
    // Once is enough.
    write(at, "bindings.purlin", BINDINGS.as_bytes());
    assert_eq!(waive(at, &[]).code, 0);
    let again = said(&print, "2026-12-31", "x");
    assert!(again.code == 2 && again.stderr.contains("is waived already"), "{}", again.stderr);
}

#[test]
fn a_malformed_or_wide_waiver_is_reported() {
    let at = project();
    let at = at.path();
    write(
        at,
        "waivers.purlin",
        b"purlin 1\nwaiver \"w\" {\n  permits share email of customer with mailgate for delivery\n}\n",
    );
    let ran = on(at, "2026-11-22", &["check"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
    assert!(ran.stderr.contains("does not say"), "{}", ran.stderr);
    let wide = "purlin 1\nwaiver \"w\" {\n  permits share email of customer with mailgate for anything\n  at shop\n  owner \"a\"\n  \
                until 2026-12-31\n  because \"b\"\n}\n";
    write(at, "waivers.purlin", wide.as_bytes());
    let ran = on(at, "2026-11-22", &["lint"]);
    assert!(ran.stdout.contains("warning[P31]"), "{}{}", ran.stdout, ran.stderr);
}
