//! Before a commit: what is staged, single files, a text that is not saved yet, and a run that watches.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::run::{Ran, folder, purlin, ran, run, write};

const POLICY: &str = "purlin 1\ncontroller \"Shop\"\nsubject customer\ncategory name\ncategory email\n\
                      purpose delivery \"Deliver\" {\n  about    customer\n  basis    contract\n  notice   \"n\"\n  uses     name\n}\n\
                      bind rust { crate::a as purpose delivery, crate::b as purpose delivery }\n\
                      bind sql { customers.email as email of customer, customers.name as name of customer }\n";

fn reads(column: &str) -> String {
    format!("pub fn f(db: &Db) {{\n    let _ = sqlx::query!(\"SELECT {column} FROM customers\").fetch_one(db);\n}}\n")
}

/// Two modules, of which one reads what it may not.
fn project() -> tempfile::TempDir {
    let at = folder(&[
        ("privacy.purlin", POLICY),
        ("Cargo.toml", "[package]\nname = \"shop\"\n"),
        ("migrations/1.sql", "CREATE TABLE customers (id int, name text, email text);\n"),
        ("src/lib.rs", "mod a;\nmod b;\n"),
        ("src/a.rs", &reads("email")),
        ("src/b.rs", &reads("name")),
        ("README.md", "a shop\n"),
    ]);
    git(at.path(), &["init", "-q"]);
    git(at.path(), &["add", "-A"]);
    git(at.path(), &["commit", "-qm", "first"]);
    at
}

fn git(at: &Path, arguments: &[&str]) {
    let ran = Command::new("git")
        .current_dir(at)
        .args(["-c", "user.name=a", "-c", "user.email=a@b.example"])
        .args(arguments)
        .output()
        .expect("git starts");
    assert!(ran.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&ran.stderr));
}

fn check(at: &Path, arguments: &[&str]) -> Ran {
    run(at, &[&["check", "--format", "concise", "--today", "2026-11-22"][..], arguments].concat())
}

#[test]
fn a_file_is_checked_within_its_workspace() {
    let at = project();
    let at = at.path();
    let ran = check(at, &["src/a.rs"]);
    assert_eq!(ran.code, 1, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.starts_with("src/a.rs:2:"), "{}", ran.stdout);
    assert!(ran.stdout.contains("seen: 3 Rust files and 1 SQL file"), "all of it was read: {}", ran.stdout);
    let ran = check(at, &["src/b.rs"]);
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    assert!(ran.stdout.contains("no violations, 1 elsewhere"), "{}", ran.stdout);
    // The policy and the tables are on the way of the finding too.
    for file in ["privacy.purlin", "migrations/1.sql"] {
        assert_eq!(check(at, &[file, "src/b.rs"]).code, i32::from(file == "privacy.purlin"), "{file}");
    }
    // From a folder below; a folder stays a folder.
    assert_eq!(check(&at.join("src"), &["a.rs"]).code, 1);
    assert!(check(at, &["src"]).stdout.contains("seen: 3 Rust files and 0 SQL files"));
    // Files that are never read.
    let ran = check(at, &["README.md"]);
    assert!(ran.code == 0 && ran.stdout.contains("no violations, 1 elsewhere"), "{}{}", ran.stdout, ran.stderr);
}

#[test]
fn what_is_staged_counts_and_not_the_work_tree() {
    let at = project();
    let at = at.path();
    let staged = || check(at, &["--staged"]);
    let nothing = staged();
    assert_eq!((nothing.code, nothing.stdout.as_str()), (0, ""));
    assert!(nothing.stderr.contains("nothing that is staged"), "{}", nothing.stderr);
    // A mistake that is staged is found, though the work tree has none any more.
    write(at, "src/b.rs", reads("email").as_bytes());
    git(at, &["add", "src/b.rs"]);
    write(at, "src/b.rs", reads("name").as_bytes());
    let before = std::fs::read(at.join(".git/index")).expect("an index");
    let ran = staged();
    assert_eq!(ran.code, 1, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.starts_with("src/b.rs:2:") && ran.stdout.contains("1 violation, 1 elsewhere"), "{}", ran.stdout);
    assert_eq!(std::fs::read(at.join(".git/index")).expect("an index"), before, "the index is untouched");
    assert_eq!(check(&at.join("src"), &["--staged", ".."]).code, 1, "from a folder below");
    // And the other way around.
    git(at, &["add", "src/b.rs"]);
    write(at, "src/lib.rs", b"mod a;\nmod b; // \n");
    git(at, &["add", "src/lib.rs"]);
    write(at, "src/b.rs", reads("email").as_bytes());
    assert_eq!(staged().code, 0);
    // A file that was never committed, and one with a name of its own.
    write(at, "src/lib.rs", "mod a;\nmod b;\npub mod é;\n".as_bytes());
    write(at, "src/é.rs", reads("email").replace("pub fn f", "// purlin: purpose delivery\npub fn f").as_bytes());
    git(at, &["add", "src/lib.rs", "src/é.rs"]);
    let ran = staged();
    assert!(ran.code == 1 && ran.stdout.starts_with("src/é.rs:3:"), "{}{}", ran.stdout, ran.stderr);
    // Settings and the baseline are those that are staged.
    write(at, "purlin.toml", b"exclude = [\"src/\"]\n");
    assert_eq!(staged().code, 1);
    git(at, &["add", "purlin.toml"]);
    assert_eq!(staged().code, 0);
    // Where there is no repository.
    let apart = folder(&[("privacy.purlin", POLICY)]);
    let ran = check(apart.path(), &["--staged"]);
    assert!(ran.code == 2 && ran.stderr.contains("this is no git repository"), "{}", ran.stderr);
}

fn with_input(at: &Path, text: &str, arguments: &[&str]) -> Ran {
    let mut child = purlin(at)
        .args(["check", "--format", "concise", "--today", "2026-11-22"])
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command starts");
    // It may refuse its arguments before it reads.
    let written = child.stdin.take().expect("it is piped").write_all(text.as_bytes());
    let ran = ran(child.wait_with_output().expect("it ends"));
    assert!(written.is_ok() || ran.code == 2);
    ran
}

#[test]
fn standard_input_stands_for_a_file_of_the_workspace() {
    let at = project();
    let at = at.path();
    let ran = with_input(at, &reads("email"), &["--stdin-filename", "src/b.rs"]);
    assert_eq!(ran.code, 1, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.starts_with("src/b.rs:2:") && ran.stdout.contains("1 violation, 1 elsewhere"), "{}", ran.stdout);
    assert_eq!(with_input(at, &reads("name"), &["-", "--stdin-filename", "src/a.rs"]).code, 0);
    // A file that is not saved yet.
    let new = reads("email").replace("pub fn f", "// purlin: purpose delivery\npub fn f");
    let ran = with_input(at, &new, &["--stdin-filename", "src/main.rs"]);
    assert!(ran.code == 1 && ran.stdout.starts_with("src/main.rs:3:"), "{}{}", ran.stdout, ran.stderr);
    // A policy that is being written.
    let ran = with_input(
        at,
        &POLICY.replace("uses     name", "uses     name, email"),
        &["--stdin-filename", "privacy.purlin"],
    );
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    let ran = with_input(at, "", &["-"]);
    assert!(ran.code == 2 && ran.stderr.contains("needs --stdin-filename"), "{}", ran.stderr);
}

#[test]
fn a_watch_runs_again_when_a_file_changes() {
    let at = project();
    let at = at.path();
    let mut child = purlin(at)
        .args(["check", "--watch", "--format", "concise", "--today", "2026-11-22"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the command starts");
    let mut said = BufReader::new(child.stdout.take().expect("it is piped"));
    let mut until = |what: &str| {
        let mut line = String::new();
        while !line.contains(what) {
            line.clear();
            assert!(said.read_line(&mut line).expect("it is text") > 0, "it ended before it said `{what}`");
        }
    };
    until("1 violation,");
    write(at, "src/a.rs", reads("id, name").as_bytes());
    until("no violations,");
    write(at, "privacy.purlin", POLICY.replace("uses     name\n", "uses     email\n").as_bytes());
    until("2 violations,");
    child.kill().expect("it can be ended");
    child.wait().expect("it ends");
}

/// Whoever does not watch hears nothing of the way.
#[test]
fn progress_is_for_terminals() {
    let at = project();
    let ran = check(at.path(), &[]);
    assert_eq!(ran.stderr, "");
    assert!(!ran.stdout.contains('\r'));
}
