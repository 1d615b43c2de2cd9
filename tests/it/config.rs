//! `purlin.toml`: what it changes, what it cannot change, and where `config show` says that a value comes from.

use crate::run::{Ran, folder, repository, run};

const POLICY: &str = "purlin 1\ncontroller \"Shop\"\nsubject customer\ncategory name\ncategory email\n\
                      purpose delivery \"Deliver\" {\n  about    customer\n  basis    contract\n  notice   \"n\"\n  uses     name, email\n}\n\
                      should not use email for delivery\n  \"We promised\"\n\
                      bind rust { crate::deliver as purpose delivery }\nbind sql { customers.email as email of customer }\n";
const SQL: &str = "CREATE TABLE customers (id int, email text);\n";
const CODE: &str = "pub fn deliver(db: &Db) {\n    let row = sqlx::query!(\"SELECT email FROM customers\").fetch_one(db);\n    \
                    take(row.email);\n}\n";

fn check(config: &str, more: &[(&str, &str)], arguments: &[&str]) -> Ran {
    let files = [
        &[
            ("purlin.toml", config),
            ("privacy.purlin", POLICY),
            ("Cargo.toml", "[package]\nname = \"a\"\n"),
            ("migrations/1.sql", SQL),
            ("src/lib.rs", CODE),
        ][..],
        more,
    ]
    .concat();
    let at = folder(&files);
    std::fs::create_dir(at.path().join(".git")).expect("a folder");
    run(at.path(), &[&["check", "--today", "2026-11-22"][..], arguments].concat())
}

#[test]
fn code_that_is_excluded_is_counted_and_relied_on() {
    let more = [("generated/a.rs", "pub fn a() {}\n"), ("src/b.pb.rs", "pub fn b() {}\n")];
    let ran = check("exclude = [\"generated/\", \"*.pb.rs\", \"nothing/\"]\n", &more, &[]);
    assert!(ran.stdout.contains("seen: 1 Rust file "), "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("2 files excluded"), "{}", ran.stdout);
    assert!(ran.stdout.contains("exclude 2"), "{}", ran.stdout);
    let json: serde_json::Value =
        serde_json::from_str(&check("exclude = [\"src/\"]\n", &[], &["--format", "json"]).stdout).expect("JSON");
    let relied: Vec<_> =
        json["relied_on"].as_array().expect("a list").iter().filter(|r| r["kind"] == "exclude").collect();
    assert_eq!(relied.len(), 1);
    assert_eq!((&relied[0]["name"], &relied[0]["places"][0]["file"]), (&"src/".into(), &"purlin.toml".into()));
}

#[test]
fn paths_policy_and_tests_are_settled() {
    let more = [("other/src/main.rs", "fn main() {}\n"), ("tests/t.rs", "fn t() {}\n")];
    let ran = check("", &more, &[]);
    assert!(ran.stdout.contains("seen: 2 Rust files"), "{}", ran.stdout);
    assert!(ran.stdout.contains("1 test file left out"), "{}", ran.stdout);
    let ran = check("tests = true\n", &more, &[]);
    assert!(ran.stdout.contains("seen: 3 Rust files"), "{}", ran.stdout);
    let ran = check("paths = [\"other\"]\n", &more, &[]);
    assert!(ran.stdout.contains("seen: 1 Rust file "), "{}", ran.stdout);
    // What is typed comes first.
    let ran = check("paths = [\"other\"]\n", &more, &["src", "other"]);
    assert!(ran.stdout.contains("seen: 2 Rust files"), "{}", ran.stdout);
    let ran = check("policy = [\"law\"]\n", &[("law/p.purlin", POLICY), ("law/sub/q.purlin", "purlin 1\n")], &[]);
    assert!(ran.stdout.contains("\nno violations, 1 warning"), "{}{}", ran.stdout, ran.stderr);
    let ran = check("paths = [\"nowhere\"]\n", &[], &[]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("no such file or folder: nowhere, named in purlin.toml:1"), "{}", ran.stderr);
}

#[test]
fn a_severity_is_raised_and_never_lowered() {
    assert_eq!(check("", &[], &[]).code, 0, "a `should not` is a warning");
    let ran = check("[severity]\npromise = \"error\"\n", &[], &[]);
    assert_eq!(ran.code, 1, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("error[R10]"), "{}", ran.stdout);
    let gap = check("[severity]\nG03 = \"error\"\n", &[("src/bad.rs", "fn {"), ("src/lib.rs", "mod bad;")], &[]);
    assert_eq!(gap.code, 1, "{}{}", gap.stdout, gap.stderr);
    assert!(gap.stdout.contains("error[G03] not-understood"), "{}", gap.stdout);
    let ran = check("[severity]\nR02 = \"warning\"\n", &[], &[]);
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
    assert!(ran.stderr.contains("purlin.toml:2: `R02` is a warning or more already"), "{}", ran.stderr);
}

#[test]
fn a_run_fails_from_the_severity_on_that_is_asked_for() {
    assert_eq!(check("", &[], &["--fail-on", "warning"]).code, 1);
    assert_eq!(check("fail-on = \"warning\"\n", &[], &[]).code, 1);
    assert_eq!(check("fail-on = \"warning\"\n", &[], &["--fail-on", "error"]).code, 0);
    let never = check("fail-on = \"never\"\n[severity]\nR10 = \"error\"\n", &[], &[]);
    assert!(never.code == 0 && never.stdout.contains("1 violation"), "{}", never.stdout);
    assert_eq!(check("strict = true\n", &[("src/bad.rs", "fn {"), ("src/lib.rs", "mod bad;")], &[]).code, 3);
}

#[test]
fn comments_say_only_what_they_may() {
    let code = "// purlin: purpose delivery\npub fn deliver() {}\n";
    let with = |config: &str| check(config, &[("src/lib.rs", code)], &[]);
    assert_eq!(with("annotations = [\"data\", \"purpose\"]\n").code, 0);
    let ran = with("annotations = [\"data\"]\n");
    assert_eq!(ran.code, 1);
    assert!(ran.stdout.contains("comments may not say `purpose` here"), "{}", ran.stdout);
}

#[test]
fn a_dialect_is_used_where_it_is_said() {
    let odd = "SELECT a FROM t TIMESTAMP AS OF x LATERAL VIEW explode(y) z AS w;\n";
    let gaps = |config: &str| {
        let said = check(config, &[("warehouse/t.sql", odd)], &["--gaps"]).stdout;
        said.contains("warehouse/t.sql") && said.contains("cannot parse")
    };
    assert!(gaps(""));
    assert!(!gaps("[dialects]\n\"warehouse/\" = \"databricks\"\n"));
}

#[test]
fn what_is_not_understood_ends_with_2() {
    for (config, said) in [
        ("pahts = []\n", "purlin.toml:1:1: there is no key `pahts`; did you mean `paths`?"),
        ("strict = 1\n", "purlin.toml:1:10: this must be true or false"),
        ("fail-on = \"errors\"\n", "purlin.toml:1: there is no `errors`; did you mean `error`?"),
        ("[dialects]\n\"*\" = \"postgers\"\n", "purlin.toml:2: there is no `postgers`; did you mean `postgres`?"),
        ("[severity]\nR99 = \"error\"\n", "purlin.toml:2: there is no `R99`"),
        ("annotations = [\"purposes\"]\n", "purlin.toml:1: there is no `purposes`; did you mean `purpose`?"),
    ] {
        let ran = check(config, &[], &[]);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{config}");
        assert!(ran.stderr.contains(said), "{config}: {}", ran.stderr);
        assert_eq!(check(config, &[], &["--no-config"]).code, 0);
    }
}

#[test]
fn the_nearest_file_within_the_repository_counts() {
    let at =
        folder(&[("purlin.toml", "strict = true\n"), ("repo/a/b/c.rs", ""), ("repo/a/purlin.toml", "tests = true\n")]);
    std::fs::create_dir(at.path().join("repo/.git")).expect("a folder");
    let show = |folder: &str, arguments: &[&str]| {
        run(&at.path().join(folder), &[&["config", "show"][..], arguments].concat()).stdout
    };
    let nearest = show("repo/a/b", &[]);
    assert!(nearest.contains("tests = true  # ../purlin.toml:1\n"), "{nearest}");
    assert!(nearest.contains("strict = false  # default\n"), "{nearest}");
    assert!(
        show("repo", &[]).contains("tests = false  # default\nstrict = false  # default\n"),
        "it stops at the root"
    );
    assert!(show("repo", &["a/b/c.rs"]).contains("tests = true  # a/purlin.toml:1\n"));
    assert!(show("repo/a", &["--no-config"]).contains("tests = false  # default\n"));
    assert!(show("repo/a", &["--config", "../../purlin.toml"]).contains("strict = true  # ../../purlin.toml:1\n"));
    assert!(show("", &[]).contains("strict = true  # purlin.toml:1\n"));
}

/// What is shown can be written into the file as it is.
#[test]
fn what_is_shown_is_a_configuration() {
    let config = "exclude = [\"a/\"]\n[dialects]\n\"w/**\" = \"bigquery\"\n[severity]\nW01 = \"error\"\n";
    let at = folder(&[("purlin.toml", config)]);
    let shown = run(at.path(), &["config", "show"]);
    assert_eq!((shown.code, shown.stderr.as_str()), (0, ""));
    let again = folder(&[("purlin.toml", &shown.stdout)]);
    let strip = |text: &str| -> Vec<String> {
        text.lines().filter_map(|l| l.split_once("  #")).map(|(l, _)| l.to_owned()).collect()
    };
    let second = run(again.path(), &["config", "show"]);
    assert_eq!(strip(&second.stdout), strip(&shown.stdout), "{}", second.stderr);
}

#[test]
fn the_page_of_the_file_names_every_key() {
    let page = std::fs::read_to_string(repository().join("docs/purlin-toml.md")).expect("the page");
    for (key, _) in purlin::project::KEYS {
        assert!(page.contains(&format!("| `{key}` |")), "docs/purlin-toml.md says nothing of `{key}`");
    }
}
