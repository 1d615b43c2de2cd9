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
}
