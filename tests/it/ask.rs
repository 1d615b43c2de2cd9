//! Questions to a policy from the command line.

use std::process::Command;

use crate::run::{folder, repository, run, write};

const POLICY: &str = include_str!("../../src/policy/tests/privacy.purlin");

fn git(folder: &std::path::Path, arguments: &[&str]) {
    let ran = Command::new("git")
        .current_dir(folder)
        .args(["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"])
        .args(arguments)
        .output()
        .expect("git runs");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
}

#[test]
fn a_policy_is_compared_with_a_file_and_with_a_revision() {
    let at = folder(&[("policy/privacy.purlin", POLICY), ("old/privacy.purlin", POLICY)]);
    let at = at.path();
    git(at, &["init", "-q"]);
    git(at, &["add", "."]);
    git(at, &["commit", "-qm", "first"]);
    let wider = POLICY
        .replace("shows    screen.redacted to agents, quality", "shows    screen.redacted, screen to agents, quality");
    let wider = wider.replace("must not show screen except screen.redacted \"Co-browsing is redacted by default\"", "");
    write(at, "policy/privacy.purlin", wider.as_bytes());
    let said = "newly permitted: 2 flows\n  + show screen of customer to agents for support.cobrowse  given cobrowse_consent\n  \
                + show screen of customer to quality for support.cobrowse  given cobrowse_consent\n";
    for against in ["old", "old/privacy.purlin", "HEAD"] {
        let ran = run(at, &["diff", "policy", "--against", against, "--today", "2026-06-01"]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        assert!(ran.stdout.starts_with(said), "{}", ran.stdout);
    }
    assert_eq!(run(at, &["diff", "policy", "--against", "HEAD", "--fail-on-widening"]).code, 1);
    let ran = run(at, &["diff", "old", "--against", "HEAD", "--fail-on-widening"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.starts_with("the same flows are permitted"), "{}", ran.stdout);
    let ran = run(at, &["diff", "policy", "--against", "nowhere"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("fetch-depth: 0"), "{}", ran.stderr);
    let ran = run(at, &["diff", "policy", "--against", "HEAD", "--format", "json", "--today", "2026-06-01"]);
    let json: serde_json::Value = serde_json::from_str(&ran.stdout).expect("it is JSON");
    assert_eq!(json["flows"]["newly_permitted"], 2);
    let ran = run(at, &["diff", "policy", "--against", "HEAD", "--format", "markdown"]);
    assert!(ran.stdout.contains("| show | `screen` | `customer` | to `agents` |"), "{}", ran.stdout);
}

#[test]
fn the_findings_that_a_change_creates_and_silences() {
    let lumo = repository().join("examples/lumo");
    let privacy = std::fs::read_to_string(lumo.join("privacy.purlin")).expect("the policy");
    let bindings = std::fs::read_to_string(lumo.join("bindings.purlin")).expect("the bindings");
    let changed = privacy.replace("should not keep contact in logs", "must not keep contact in logs");
    assert_ne!(changed, privacy);
    let at = folder(&[("privacy.purlin", &changed), ("bindings.purlin", &bindings)]);
    let new = at.path().to_str().expect("the path is UTF-8");
    let ran = run(&lumo, &["diff", "--policy", new, "--against", ".", "--code", ".", "--today", "2026-06-01"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("other sentences:\n  - should not keep contact in logs"), "{}", ran.stdout);
    let findings = ran.stdout.split("findings:\n").nth(1).expect("a list of findings");
    assert!(findings.lines().any(|l| l.starts_with("  + R10 ") || l.starts_with("  - R10 ")), "{findings}");
    let asked = ["diff", "--policy", new, "--against", ".", "--code", ".", "--today", "2026-06-01", "--format", "json"];
    let json: serde_json::Value = serde_json::from_str(&run(&lumo, &asked).stdout).expect("it is JSON");
    let told = |part: &str, sign: char| {
        let list = json["findings"][part].as_array().expect("a list");
        list.iter().map(|l| format!("  {sign} {}", l.as_str().expect("a line"))).collect::<Vec<_>>()
    };
    let all = [told("silenced", '-'), told("created", '+')].concat();
    assert_eq!(all, findings.lines().collect::<Vec<_>>());
}

#[test]
fn a_question_is_answered_with_what_decides_and_what_is_missing() {
    let at = folder(&[("privacy.purlin", POLICY)]);
    let ask = |what: &str| {
        let ran = run(at.path(), &["explain", what, "--today", "2026-06-01"]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        ran.stdout
    };
    assert_eq!(
        ask("share contact.email of customer with mailgate for marketing.newsletter given news_opt_in"),
        "share contact.email of customer with mailgate for marketing.newsletter given news_opt_in: permitted\n  \
           because requires news_opt_in  (privacy.purlin:101)\n  \
           because uses name, contact.email  (privacy.purlin:104)\n  \
           because shares name, contact.email with mailgate  (privacy.purlin:105)\n\
         (on 2026-06-01; guards established: as given)\n"
    );
    let said = ask("share contact.phone of shopper with mailgate for marketing.newsletter");
    for part in [
        ": forbidden\n",
        "R10 promise: must not use anything of shopper for marketing",
        "[GDPR Art. 5(1)(a)]",
        "R07 guard-missing, needs news_opt_in: requires news_opt_in  (privacy.purlin:101)",
        "nearest permission: shares name, contact.email with mailgate  (privacy.purlin:105)\n    \
         it does not name contact.phone; it is not about shopper\n",
    ] {
        assert!(said.contains(part), "{part}\n{said}");
    }
    let said = ask("show payment.card.last4 of customer to quality for support");
    assert!(said.contains("    it does not say `to quality`\n"), "{said}");
    let said = ask("use location.coarse of customer for marketing.newsletter given news_opt_in");
    assert!(said.contains("permitted for: shopfinder given location_consent\n"), "{said}");
}

#[test]
fn tables_and_documents() {
    let at = folder(&[("privacy.purlin", POLICY)]);
    let ran = run(at.path(), &["who", "contact.email", "of", "shopper", "--today", "2026-06-01"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.starts_with("Verb"), "{}", ran.stdout);
    assert!(!ran.stdout.contains("mailgate"), "{}", ran.stdout);
    assert_eq!(run(at.path(), &["who", "everything"]).code, 2);
    let ran = run(at.path(), &["why", "mailgate", "--today", "2028-01-01"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, "nothing is permitted\n"), "its contract has ended");
    for arguments in [&["docs"][..], &["docs", "--ropa"], &["docs", "--notice"]] {
        for format in ["markdown", "html"] {
            let ran = run(at.path(), &[arguments, &["--format", format, "--today", "2026-06-01"]].concat());
            assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
            assert!(ran.stdout.contains("newsletter"), "{}", ran.stdout);
        }
    }
    let ran = run(at.path(), &["docs", "--ropa", "--format", "csv", "--today", "2026-06-01"]);
    assert_eq!(ran.stdout.lines().count(), 9, "{}", ran.stdout);
    assert_eq!(run(at.path(), &["docs", "--format", "csv"]).code, 2);
}

/// Comments moved into `bind` lines say the same.
#[test]
fn annotations_become_bind_lines_and_nothing_changes() {
    let lumo = repository().join("examples/lumo");
    let mut texts: Vec<(String, String)> = Vec::new();
    for entry in walkdir::WalkDir::new(&lumo).into_iter().filter_entry(|e| e.file_name() != "target") {
        let entry = entry.expect("the example can be read");
        let path = entry.path().strip_prefix(&lumo).expect("it lies below").to_string_lossy().replace('\\', "/");
        if entry.file_type().is_file() && ["rs", "sql", "toml", "purlin"].iter().any(|e| path.ends_with(e)) {
            texts.push((path, std::fs::read_to_string(entry.path()).expect("files are UTF-8")));
        }
    }
    let findings = |folder: &std::path::Path| {
        let ran = run(folder, &["check", "--format", "json", "--today", "2026-11-22"]);
        let report: serde_json::Value = serde_json::from_str(&ran.stdout).expect("the report is JSON");
        let all = report["findings"].as_array().expect("a list").clone();
        let mut keys: Vec<String> =
            all.iter().map(|f| format!("{} {} {}", f["rule"], f["fingerprint"], f["arrival"]["file"])).collect();
        keys.sort();
        keys
    };
    let before = findings(&lumo);
    assert!(before.len() >= 7, "{before:?}");
    let ran = run(&lumo, &["bind", "--collect"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    assert!(!ran.stdout.contains("have to stay"), "{}", ran.stdout);
    let bare: Vec<(String, String)> = texts
        .into_iter()
        .map(|(path, text)| {
            let strip = |line: &str| {
                let mark = if path.ends_with(".sql") { "-- purlin" } else { "// purlin" };
                line.split_once(mark).map_or(line, |(code, _)| code).trim_end().to_owned() + "\n"
            };
            let code = path.ends_with(".rs") || path.ends_with(".sql");
            let text = if code { text.lines().map(strip).collect() } else { text };
            (path, text)
        })
        .collect();
    let moved = format!("{}import \"privacy.purlin\"\n", ran.stdout);
    let mut files: Vec<(&str, &str)> = bare.iter().map(|(p, t)| (p.as_str(), t.as_str())).collect();
    let without = folder(&files);
    assert_ne!(findings(without.path()), before, "the comments matter");
    files.push(("collected.purlin", &moved));
    let with = folder(&files);
    assert_eq!(findings(with.path()), before);
}

#[test]
fn other_vocabularies_come_in_and_go_out() {
    let yaml = "dataset:\n  - fides_key: db\n    collections:\n      - name: customers\n        fields:\n          \
                - {name: email, data_categories: [user.contact.email]}\n";
    let at = folder(&[("db.yml", yaml), ("policy/privacy.purlin", POLICY)]);
    let ran = run(at.path(), &["import", "fides", "db.yml"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("customers.email as contact.email\n"), "{}", ran.stdout);
    assert_eq!(run(at.path(), &["import", "fides", "none.yml"]).code, 2);
    let ran = run(at.path(), &["export", "fides", "policy"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("legal_basis_for_processing: Consent"), "{}", ran.stdout);
    let ran = run(at.path(), &["export", "dpv", "policy"]);
    let json: serde_json::Value = serde_json::from_str(&ran.stdout).expect("it is JSON");
    assert_eq!(json["@context"]["pd"], "https://w3id.org/dpv/pd#");
}
