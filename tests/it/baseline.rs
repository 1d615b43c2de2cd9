//! Old findings do not block new work: the baseline file, mistakes, and comparison with where a branch began.

use std::path::Path;
use std::process::Command;

use crate::run::{Ran, folder, run, write};

const POLICY: &str = "purlin 1\ncontroller \"Shop\"\nsubject customer\ncategory name\ncategory email\ncategory phone\n\
                      purpose delivery \"Deliver\" {\n  about    customer\n  basis    contract\n  notice   \"n\"\n  uses     name\n}\n";
const BINDINGS: &str = "purlin 1\nbind rust { crate::deliver as purpose delivery }\nbind sql {\n  customers.email as email of customer\n  \
                        customers.phone as phone of customer\n}\n";
const SQL: &str = "CREATE TABLE customers (id int, email text, phone text);\n";

/// A module in which each of so many functions reads a column that it may not.
fn code(functions: usize, column: &str) -> String {
    let function = |n: usize| {
        format!(
            "pub fn f{n}(db: &Db) {{\n    let row = sqlx::query!(\"SELECT {column} FROM customers\").fetch_one(db);\n    \
             drop(row);\n}}\n"
        )
    };
    (0..functions).map(function).collect()
}

fn project(functions: usize) -> tempfile::TempDir {
    let at = folder(&[
        ("privacy.purlin", POLICY),
        ("bindings.purlin", BINDINGS),
        ("Cargo.toml", "[package]\nname = \"shop\"\n"),
        ("migrations/1.sql", SQL),
        ("src/lib.rs", "mod deliver;\n"),
    ]);
    write(at.path(), "src/deliver.rs", code(functions, "email").as_bytes());
    at
}

fn purlin(at: &Path, arguments: &[&str]) -> Ran {
    run(at, &[arguments, &["--today", "2026-11-22"]].concat())
}

fn json(at: &Path, arguments: &[&str]) -> serde_json::Value {
    let ran = purlin(at, &[&["check", "--format", "json"][..], arguments].concat());
    serde_json::from_str(&ran.stdout).unwrap_or_else(|e| panic!("{e}: {}{}", ran.stdout, ran.stderr))
}

fn git(at: &Path, arguments: &[&str]) {
    let settings = ["user.name=a", "user.email=a@b.example", "init.defaultBranch=main", "protocol.file.allow=always"];
    let settings = settings.iter().flat_map(|s| ["-c", s]);
    let ran = Command::new("git").current_dir(at).args(settings).args(arguments).output().expect("git starts");
    assert!(ran.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&ran.stderr));
}

fn commit(at: &Path, what: &str) {
    git(at, &["add", "-A"]);
    git(at, &["commit", "-qm", what]);
}

#[test]
fn fifty_old_findings_do_not_block_and_the_next_does() {
    let at = project(50);
    let at = at.path();
    assert_eq!(purlin(at, &["check"]).code, 1);
    let created = purlin(at, &["baseline", "create"]);
    assert_eq!((created.code, created.stdout.as_str()), (0, "purlin-baseline.toml: 50 findings in 50 entries\n"));
    let ran = purlin(at, &["check"]);
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    assert!(ran.stdout.contains("no violations, 50 in the baseline, "), "{}", ran.stdout);
    write(at, "src/deliver.rs", code(51, "email").as_bytes());
    let ran = purlin(at, &["check"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stdout.contains("1 violation, 50 in the baseline, "), "{}", ran.stdout);
    assert!(ran.stdout.contains("src/deliver.rs:202"), "the new one is shown: {}", ran.stdout);
    assert_eq!(ran.stdout.matches("error[R02]").count(), 1);
    assert!(purlin(at, &["check", "--no-baseline"]).stdout.contains("51 violations"));
    // It is not overwritten by chance.
    let again = purlin(at, &["baseline", "create"]);
    assert_eq!(again.code, 2);
    assert!(again.stderr.contains("is there already"), "{}", again.stderr);
    assert_eq!(purlin(at, &["baseline", "create", "--force"]).code, 0);
    assert_eq!(purlin(at, &["check"]).code, 0);
}

#[test]
fn new_data_at_an_old_place_is_new() {
    let at = project(1);
    let at = at.path();
    assert_eq!(purlin(at, &["baseline", "create"]).code, 0);
    write(at, "src/deliver.rs", code(1, "email, phone").as_bytes());
    let report = json(at, &[]);
    assert_eq!(report["findings"].as_array().map(Vec::len), Some(1), "{report:#}");
    assert_eq!(report["known"].as_array().map(Vec::len), Some(0));
    assert_eq!(report["gone"].as_array().map(Vec::len), Some(0), "the entry is not gone, it is exceeded");
}

#[test]
fn more_of_the_same_is_new() {
    let at = project(1);
    let at = at.path();
    assert_eq!(purlin(at, &["baseline", "create"]).code, 0);
    // The same function name in another module has the same fingerprint.
    write(at, "src/deliver.rs", format!("pub mod again;\n{}", code(1, "email")).as_bytes());
    write(at, "src/deliver/again.rs", code(1, "email").as_bytes());
    let report = json(at, &[]);
    assert_eq!(report["findings"].as_array().map(Vec::len), Some(2), "which of the two is old cannot be told");
}

#[test]
fn code_that_moves_stays_old() {
    let at = project(3);
    let at = at.path();
    assert_eq!(purlin(at, &["baseline", "create"]).code, 0);
    // To another line, file and module, with other names and another layout.
    std::fs::remove_file(at.join("src/deliver.rs")).expect("it is there");
    write(at, "src/deliver/mod.rs", b"pub mod parcels;\n");
    let moved = code(3, "email").replace("row", "record").replace("    ", "\n\t// a comment with é\n  ");
    write(at, "src/deliver/parcels.rs", moved.as_bytes());
    let report = json(at, &[]);
    assert_eq!(report["findings"], serde_json::json!([]));
    assert_eq!(report["known"].as_array().map(Vec::len), Some(3));
    assert_eq!(report["known"][0]["why"], "baseline");
}

#[test]
fn a_line_that_is_broken_stays_old() {
    let at = project(0);
    let at = at.path();
    let code = "struct Row { email: String, phone: String }\npub fn f(db: &Db) {\n    let row: Row = \
                sqlx::query_as!(Row, \"SELECT * FROM customers\").fetch_one(db);\n    let both = (row.email, row.phone);\n    drop(both);\n}\n";
    write(at, "src/deliver.rs", code.as_bytes());
    assert_eq!(json(at, &[])["findings"].as_array().map(Vec::len), Some(1), "both on one line");
    assert_eq!(purlin(at, &["baseline", "create"]).code, 0);
    write(at, "src/deliver.rs", code.replace(", row.phone", ",\n        row.phone").as_bytes());
    let report = json(at, &[]);
    assert_eq!((&report["findings"], &report["gone"]), (&serde_json::json!([]), &serde_json::json!([])));
    assert_eq!(report["known"].as_array().map(Vec::len), Some(2));
    write(at, "src/deliver.rs", code.replace("drop(both);", "drop(both);\n    drop(row.email);").as_bytes());
    assert_eq!(purlin(at, &["check"]).code, 0, "what is used is used once for a purpose");
}

#[test]
fn what_is_gone_is_named_and_no_error() {
    let at = project(3);
    let at = at.path();
    assert_eq!(purlin(at, &["baseline", "create"]).code, 0);
    write(at, "src/deliver.rs", code(2, "email").as_bytes());
    let ran = purlin(at, &["check", "--strict"]);
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    assert!(
        ran.stdout.contains("gone from the baseline (1): `purlin baseline update` takes them out"),
        "{}",
        ran.stdout
    );
    assert!(ran.stdout.contains("  R02 in `shop::deliver::f2`: "), "{}", ran.stdout);
    let shown = purlin(at, &["baseline", "show"]);
    assert!(shown.stdout.contains(" R02 in `shop::deliver::f2` (gone): "), "{}", shown.stdout);
    // An update only takes out, unless it is told to take in.
    write(at, "src/deliver.rs", format!("{}\npub mod new;\n", code(2, "email")).as_bytes());
    write(at, "src/deliver/new.rs", code(1, "phone").replace("f0", "g").as_bytes());
    let updated = purlin(at, &["baseline", "update"]);
    let said = "purlin-baseline.toml: 1 entries gone, 0 smaller, 0 new; 2 findings in 2 entries\n";
    assert_eq!(updated.stdout, said, "{}", updated.stderr);
    assert_eq!(purlin(at, &["check"]).code, 1);
    let updated = purlin(at, &["baseline", "update", "--add"]);
    assert!(updated.stdout.contains("0 entries gone, 0 smaller, 1 new"), "{}", updated.stdout);
    assert_eq!(purlin(at, &["check"]).code, 0);
}

#[test]
fn a_mistake_has_a_reason_and_is_shown_again_when_its_path_changes() {
    let at = project(2);
    let at = at.path();
    let fingerprint = json(at, &[])["findings"][0]["fingerprint"].as_str().expect("a fingerprint").to_owned();
    let said = purlin(at, &["baseline", "mistaken", &fingerprint, "--because", " "]);
    assert_eq!(said.code, 2);
    assert!(said.stderr.contains("a reason is needed"), "{}", said.stderr);
    let unknown = purlin(at, &["baseline", "mistaken", &format!("{}0", &fingerprint[1..]), "--because", "x"]);
    assert_eq!(unknown.code, 2);
    assert_eq!(purlin(at, &["baseline", "mistaken", &fingerprint, "--because", "the row is a test's"]).code, 0);
    let ran = purlin(at, &["check"]);
    assert!(ran.stdout.contains("1 violation, 1 said to be mistaken, "), "{}", ran.stdout);
    let report = json(at, &[]);
    assert_eq!(
        (&report["known"][0]["why"], &report["known"][0]["because"]),
        (&"mistaken".into(), &"the row is a test's".into())
    );
    // Creating a baseline beside it keeps it.
    assert_eq!(purlin(at, &["baseline", "create", "--force"]).code, 0);
    let both = json(at, &[]);
    let why: Vec<_> = both["known"].as_array().expect("a list").iter().map(|k| k["why"].clone()).collect();
    assert_eq!(why, ["mistaken", "baseline"]);
    // It was said of another path.
    let file = std::fs::read_to_string(at.join("purlin-baseline.toml")).expect("it is there");
    let (head, _) = file.split_once("path = ").expect("a mistake has a path");
    write(at, "purlin-baseline.toml", format!("{head}path = \"0123456789abcdef\"\n").as_bytes());
    let report = json(at, &[]);
    assert_eq!(report["findings"].as_array().map(Vec::len), Some(1), "{report:#}");
    assert_eq!(report["findings"][0]["fingerprint"], fingerprint.as_str());
}

#[test]
fn a_baseline_that_cannot_be_read_ends_with_2() {
    let at = project(1);
    let at = at.path();
    write(at, "purlin-baseline.toml", b"version = 1\n\n[[finding]]\nfingerprnt = \"a\"\n");
    let ran = purlin(at, &["check"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
    assert!(ran.stderr.contains("purlin-baseline.toml:4: unknown field `fingerprnt`"), "{}", ran.stderr);
    assert_eq!(purlin(at, &["check", "--no-baseline"]).code, 1);
    assert_eq!(purlin(at, &["check", "--baseline", "other.toml"]).code, 2);
    assert_eq!(purlin(at, &["baseline", "show", "--baseline", "other.toml"]).code, 2);
}

#[test]
fn a_branch_is_judged_by_what_it_brings() {
    let at = project(3);
    let at = at.path();
    git(at, &["init", "-q"]);
    commit(at, "old");
    git(at, &["checkout", "-qb", "branch"]);
    // Main goes on meanwhile: what it mends is no news of the branch.
    git(at, &["checkout", "-q", "main"]);
    write(at, "src/deliver.rs", code(2, "email").as_bytes());
    commit(at, "mended");
    git(at, &["checkout", "-q", "branch"]);
    let clean = purlin(at, &["check", "--diff-base", "main"]);
    assert_eq!(clean.code, 0, "{}{}", clean.stdout, clean.stderr);
    assert!(clean.stdout.contains("no violations, 3 known at main, "), "{}", clean.stdout);
    write(at, "src/deliver.rs", code(4, "email").as_bytes());
    write(at, "bindings.purlin", format!("{BINDINGS}bind rust {{ serde as library }}\n").as_bytes());
    assert_eq!(purlin(at, &["baseline", "create"]).code, 0);
    write(at, "src/deliver.rs", code(5, "email").as_bytes());
    let before = std::fs::read(at.join(".git/index")).expect("there is an index");
    let ran = purlin(at, &["check", "--diff-base", "main"]);
    assert_eq!(ran.code, 1, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("1 violation, 4 in the baseline, "), "{}", ran.stdout);
    assert!(ran.stdout.contains("relied on, new since main: library (bindings.purlin:7)"), "{}", ran.stdout);
    assert!(ran.stdout.contains("added to the baseline since main: R02 in `shop::deliver::f3`: "), "{}", ran.stdout);
    assert_eq!(std::fs::read(at.join(".git/index")).expect("there is an index"), before, "the index is untouched");
    let report = json(at, &["--diff-base", "main", "--no-baseline"]);
    assert_eq!(report["findings"].as_array().map(Vec::len), Some(2));
    assert_eq!((&report["known"][0]["why"], &report["branch"]["base"]), (&"base".into(), &"main".into()));
    // From a folder below, with a path.
    let below = run(&at.join("src"), &["check", "--diff-base", "main", "--no-baseline", "--today", "2026-11-22", ".."]);
    assert!(below.stdout.contains("2 violations, 3 known at main, "), "{}{}", below.stdout, below.stderr);
}

#[test]
fn each_side_has_its_own_policy() {
    let at = project(2);
    let at = at.path();
    git(at, &["init", "-q"]);
    let lax = POLICY.replace("uses     name", "uses     name, email");
    write(at, "privacy.purlin", lax.as_bytes());
    commit(at, "the purpose still uses it");
    write(at, "privacy.purlin", POLICY.as_bytes());
    let ran = purlin(at, &["check", "--diff-base", "HEAD"]);
    assert!(ran.code == 1 && ran.stdout.contains("2 violations, "), "a narrowed purpose is news: {}", ran.stdout);
    write(at, "privacy.purlin", lax.replace("purpose", "purose").as_bytes());
    commit(at, "broken");
    write(at, "privacy.purlin", POLICY.as_bytes());
    let ran = purlin(at, &["check", "--diff-base", "HEAD"]);
    assert!(ran.stderr.contains("the policy at HEAD is broken"), "{}", ran.stderr);
    assert_eq!(ran.code, 1);
}

#[test]
fn a_base_that_is_not_here_ends_with_2() {
    let at = project(1);
    let at = at.path();
    let ran = purlin(at, &["check", "--diff-base", "main"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("this is no git repository"), "{}", ran.stderr);
    git(at, &["init", "-q"]);
    commit(at, "first");
    for revision in ["no-such-branch", "--version", "1234567"] {
        let ran = purlin(at, &["check", &format!("--diff-base={revision}")]);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{revision}");
        assert!(ran.stderr.contains("fetch-depth: 0"), "{revision}: {}", ran.stderr);
    }
    // Two histories that never meet, as in a shallow clone.
    git(at, &["checkout", "-q", "--orphan", "other"]);
    commit(at, "apart");
    let ran = purlin(at, &["check", "--diff-base", "main"]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr.contains("have no common commit here") && ran.stderr.contains("fetch-depth: 0"),
        "{}",
        ran.stderr
    );
}

#[test]
fn calls_into_code_of_another_purpose_are_relied_on() {
    let at = project(0);
    let at = at.path();
    let policy = format!(
        "{POLICY}purpose survey \"Ask\" {{\n  about    customer\n  basis    consent\n  notice   \"n\"\n  uses     email\n}}\n"
    );
    write(at, "privacy.purlin", format!("{policy}purpose survey.phone \"Ask by phone\" {{\n}}\n").as_bytes());
    let more = "bind rust { crate::survey as purpose survey crate::phone as purpose survey.phone }\n";
    write(at, "bindings.purlin", format!("{BINDINGS}{more}").as_bytes());
    write(at, "src/lib.rs", b"mod deliver;\nmod survey;\nmod phone;\n");
    write(at, "src/survey.rs", code(1, "email").as_bytes());
    write(at, "src/phone.rs", b"pub fn ask(db: &Db) { crate::survey::f0(db) }\n");
    write(at, "src/deliver.rs", b"pub fn run(db: &Db) {}\n");
    git(at, &["init", "-q"]);
    commit(at, "apart");
    let none = json(at, &[]);
    assert_eq!(none["relied_on"], serde_json::json!([]), "a purpose and its parent are no strangers");
    write(at, "src/deliver.rs", b"\npub fn run(db: &Db) {\n    crate::survey::f0(db)\n}\n");
    let report = json(at, &[]);
    let relied = &report["relied_on"][0];
    assert_eq!((&relied["kind"], &relied["name"]), (&"hand-over".into(), &"delivery to survey".into()), "{report:#}");
    assert_eq!((&relied["places"][0]["file"], &relied["places"][0]["line"]), (&"src/deliver.rs".into(), &3.into()));
    let ran = purlin(at, &["check", "--diff-base", "HEAD"]);
    assert!(ran.stdout.contains("relied on, as engineers' lines say: hand-over 1\n"), "{}", ran.stdout);
    let new = "relied on, new since HEAD: hand-over delivery to survey (src/deliver.rs:3)";
    assert!(ran.stdout.contains(new), "{}", ran.stdout);
    commit(at, "together");
    write(at, "src/deliver.rs", b"pub fn run(db: &Db) {\n    crate::survey::f0(\n        db)\n}\n");
    let ran = purlin(at, &["check", "--diff-base", "HEAD"]);
    assert!(!ran.stdout.contains("new since"), "{}", ran.stdout);
}

/// A repository with the project as a submodule in `shop`.
fn around(project: &Path) -> tempfile::TempDir {
    git(project, &["init", "-q"]);
    commit(project, "old");
    let at = folder(&[(".gitignore", "/wt\n")]);
    git(at.path(), &["init", "-q"]);
    git(at.path(), &["submodule", "--quiet", "add", &project.to_string_lossy(), "shop"]);
    commit(at.path(), "first");
    at
}

#[test]
fn a_submodule_is_compared_with_what_it_was() {
    let project = project(2);
    let at = around(project.path());
    let at = at.path();
    let old = purlin(at, &["check", "--diff-base", "HEAD"]);
    assert!(old.code == 0 && old.stdout.contains("no violations, 2 known at HEAD, "), "{}{}", old.stdout, old.stderr);
    write(at, "shop/src/deliver.rs", code(3, "email").as_bytes());
    commit(&at.join("shop"), "one more");
    let new = purlin(at, &["check", "--diff-base", "HEAD"]);
    assert!(new.code == 1 && new.stdout.contains("1 violation, 2 known at HEAD, "), "{}{}", new.stdout, new.stderr);
    // What is staged is the commit, and not the work tree of the submodule.
    git(at, &["add", "shop"]);
    write(at, "shop/src/deliver.rs", code(9, "email").as_bytes());
    let staged = purlin(at, &["check", "--staged"]);
    assert!(staged.code == 1 && staged.stdout.contains("3 violations, "), "{}{}", staged.stdout, staged.stderr);
    // Within it, it is a repository like any other.
    let inside = purlin(&at.join("shop"), &["check", "--diff-base", "HEAD~1"]);
    assert!(inside.stdout.contains("7 violations, 2 known at HEAD~1, "), "{}{}", inside.stdout, inside.stderr);
}

#[test]
fn a_submodule_that_is_not_here_is_said() {
    let project = project(1);
    let around = around(project.path());
    let clone = tempfile::tempdir().expect("a folder");
    let source = format!("file://{}", around.path().display());
    git(clone.path(), &["clone", "-q", &source, "."]);
    std::fs::create_dir_all(clone.path().join("own")).expect("a folder");
    write(clone.path(), "own/p.purlin", POLICY.as_bytes());
    write(clone.path(), "own/lib.rs", b"");
    let ran = purlin(clone.path(), &["check", "--diff-base", "HEAD"]);
    assert!(ran.stderr.contains("the submodule shop is not here as it was at HEAD"), "{}{}", ran.stdout, ran.stderr);
    assert_eq!(ran.code, 0);
}

#[test]
fn worktrees_and_shallow_clones_are_repositories() {
    let project = project(2);
    let at = project.path();
    git(at, &["init", "-q"]);
    commit(at, "old");
    write(at, "src/deliver.rs", code(3, "email").as_bytes());
    commit(at, "new");
    git(at, &["worktree", "add", "-q", "--detach", "wt", "HEAD"]);
    let ran = purlin(&at.join("wt"), &["check", "--diff-base", "HEAD~1"]);
    assert!(ran.stdout.contains("1 violation, 2 known at HEAD~1, "), "{}{}", ran.stdout, ran.stderr);
    let shallow = tempfile::tempdir().expect("a folder");
    git(shallow.path(), &["clone", "-q", "--depth", "1", &format!("file://{}", at.display()), "."]);
    let ran = purlin(shallow.path(), &["check", "--diff-base", "HEAD~1"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("fetch-depth: 0"), "{}", ran.stderr);
    let ran = purlin(shallow.path(), &["check", "--diff-base", "HEAD"]);
    assert!(ran.stdout.contains("no violations, 3 known at HEAD, "), "{}{}", ran.stdout, ran.stderr);
}
