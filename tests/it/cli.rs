//! The command: exit codes, streams, and inputs that are wrong in every way we could think of.

use std::io::Read as _;
use std::process::Stdio;

use crate::run::{Ran, folder, purlin, ran, run, write};

const POLICY: &str = "purlin 1\ncontroller \"Shop\"\nsubject customer\ncategory name\n\
                      purpose delivery \"Deliver\" {\n  about    customer\n  basis    contract\n  notice   \"n\"\n  uses     name\n}\n\
                      test \"t\" {\n  allow use name of customer for delivery\n}\n";
const CODE: &str = "pub fn f() {}\n";

fn check(files: &[(&str, &str)], arguments: &[&str]) -> Ran {
    let folder = folder(files);
    run(folder.path(), &[&["check", "--today", "2026-11-22"][..], arguments].concat())
}

#[test]
fn clean_code_ends_with_0_and_says_what_was_seen() {
    let ran = check(&[("privacy.purlin", POLICY), ("src/lib.rs", CODE)], &[]);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("no violations"), "{}", ran.stdout);
    assert!(ran.stdout.contains("seen: 1 Rust file and 0 SQL files read"), "{}", ran.stdout);
    assert!(ran.stdout.contains("on 2026-11-22"), "{}", ran.stdout);
    assert_eq!(ran.stderr, "");
}

#[test]
fn a_broken_policy_ends_with_2_shows_every_error_and_checks_nothing() {
    let broken = POLICY.replace("uses     name", "uses     nmae").replace("about    customer", "about    custmer");
    let ran = check(&[("privacy.purlin", &broken), ("src/lib.rs", CODE)], &[]);
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
    assert!(ran.stderr.contains("nmae") && ran.stderr.contains("custmer"), "{}", ran.stderr);
    assert!(ran.stderr.contains("did you mean `name`?"), "{}", ran.stderr);
    assert!(ran.stderr.contains("privacy.purlin:"), "{}", ran.stderr);
}

#[test]
fn a_missing_path_or_policy_ends_with_2() {
    let ran = check(&[("privacy.purlin", POLICY)], &["no/such/folder"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("no such file or folder: no/such/folder"), "{}", ran.stderr);
    let folder = folder(&[("src/lib.rs", CODE)]);
    std::fs::create_dir(folder.path().join(".git")).expect("a folder");
    let ran = run(folder.path(), &["check"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("no policy found"), "{}", ran.stderr);
    let ran = run(folder.path(), &["check", "--policy", "src"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("there is no *.purlin file in src"), "{}", ran.stderr);
}

#[test]
fn nothing_to_check_is_not_an_error() {
    let ran = check(&[("privacy.purlin", POLICY), ("README.md", "x")], &["README.md"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("no Rust or SQL file"), "{}", ran.stderr);
}

#[test]
fn wrong_usage_ends_with_2_and_help_with_0() {
    let folder = folder(&[]);
    for arguments in [
        &["chekc"][..],
        &["check", "--format", "xml"],
        &["check", "-j", "0"],
        &["check", "--today", "2026-02-30"],
        &["explain", "R99"],
    ] {
        let ran = run(folder.path(), arguments);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{arguments:?}");
        assert!(!ran.stderr.is_empty());
    }
    for arguments in [&["--help"][..], &["--version"], &["check", "--help"]] {
        let ran = run(folder.path(), arguments);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{arguments:?}");
        assert!(!ran.stdout.is_empty());
    }
}

/// Files that cannot be read are gaps: the rest goes on, `--strict` fails with 3.
#[test]
fn what_cannot_be_read_is_a_gap() {
    let folder = folder(&[("privacy.purlin", POLICY), ("src/lib.rs", CODE)]);
    let at = folder.path();
    write(at, "src/latin1.rs", b"// caf\xe9\n");
    write(at, "src/binary.sql", b"SELECT 1;\0\0");
    write(at, "src/large.sql", &vec![b' '; 9 << 20]);
    write(at, "Cargo.toml", b"[package\n");
    let ran = run(at, &["check", "--gaps"]);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    for expected in [
        "src/latin1.rs:1:1: is not UTF-8 (first bad byte at offset 6)",
        "src/binary.sql:1:1: is a binary file",
        "src/large.sql:1:1: is larger than 8 MiB",
        "Cargo.toml:1:",
        "4 files not read",
    ] {
        assert!(ran.stdout.contains(expected), "{expected}\n{}", ran.stdout);
    }
    assert_eq!(run(at, &["check", "--strict"]).code, 3);
    // A policy that cannot be read is another matter.
    write(at, "other.purlin", b"\xff");
    assert_eq!(run(at, &["check"]).code, 2);
}

#[cfg(unix)]
#[test]
fn links_and_locked_files_are_survived() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let folder = folder(&[("privacy.purlin", POLICY), ("src/lib.rs", CODE), ("src/locked.rs", CODE)]);
    let at = folder.path();
    symlink(at, at.join("src/up")).expect("a link");
    symlink("self.rs", at.join("src/self.rs")).expect("a link");
    symlink("nowhere.rs", at.join("src/dangling.rs")).expect("a link");
    symlink("lib.rs", at.join("src/again.rs")).expect("a link");
    std::fs::set_permissions(at.join("src/locked.rs"), std::fs::Permissions::from_mode(0o0)).expect("permissions");
    let ran = run(at, &["check", "--gaps"]);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("src/up:1:1: is a symbolic link to a folder above it"), "{}", ran.stdout);
    assert!(ran.stdout.contains("src/dangling.rs:1:1: cannot be read: no such file or directory"), "{}", ran.stdout);
    assert!(ran.stdout.contains("src/self.rs:1:1: "), "{}", ran.stdout);
    // The administrator of a machine reads everything.
    let locked = std::fs::read(at.join("src/locked.rs")).is_err();
    let files = if locked { 1 } else { 2 };
    assert!(
        ran.stdout.contains(&format!("seen: {files} Rust file")),
        "the link to lib.rs is read once\n{}",
        ran.stdout
    );
    assert_eq!(ran.stdout.contains("src/locked.rs:1:1: cannot be read: permission denied"), locked);
}

#[test]
fn hostile_code_ends_the_run_like_any_other() {
    let nested = format!("fn f() {{ let x = {}1{}; }}", "(".repeat(100_000), ")".repeat(100_000));
    let chain = format!("fn f() {{ let x = 1{}; }}", " + 1".repeat(50_000));
    let generics = format!("type T = {}u8{};", "Vec<".repeat(20_000), ">".repeat(20_000));
    let line = format!("// {}\n", "x".repeat(7 << 20));
    let sql = format!("SELECT * FROM t WHERE {}a = 1;", "a = 1 AND ".repeat(100_000));
    for (name, text) in [
        ("src/lib.rs", &nested),
        ("src/lib.rs", &chain),
        ("src/lib.rs", &generics),
        ("src/lib.rs", &line),
        ("a.sql", &sql),
    ] {
        let ran = check(&[("privacy.purlin", POLICY), (name, text)], &[]);
        assert_eq!(ran.code, 0, "{name} {}…\n{}{}", &text[..30], ran.stdout, ran.stderr);
    }
}

#[test]
fn what_multiplies_itself_ends_too() {
    let steps: String = (1..40)
        .map(|n| format!(", j{n} AS (SELECT jsonb_build_object('a', j, 'b', j) AS j FROM j{})", n - 1))
        .collect();
    let objects = format!("WITH j0 AS (SELECT to_jsonb(t) AS j FROM t){steps} SELECT j FROM j39;");
    let table = "CREATE TABLE t (a text, b text);";
    let execute = format!(
        "{table} CREATE FUNCTION f() RETURNS void AS $$ BEGIN EXECUTE 'SELECT {}1' USING {}; END $$ LANGUAGE plpgsql;",
        "$1, ".repeat(10_000),
        "a + ".repeat(10_000) + "1"
    );
    let calls = |n: usize| format!("fn f{n}(c: &str) {{ {} }}\n", format!("f{}(c);", n + 1).repeat(8));
    let code: String = (0..9).map(calls).chain(["fn f9(c: &str) { drop(c.to_owned()); }".to_owned()]).collect();
    let sink = format!("{POLICY}\nregion eea home\nrecipient partner {{ acts as controller located in eea }}\n");
    let sink = format!("{sink}bind rust {{ crate::f0 as recipient partner }}\n");
    for (policy, files) in [
        (POLICY, [("a/schema.sql", table), ("a/query.sql", &objects)]),
        (POLICY, [("schema.sql", &execute), ("other.sql", "")]),
        (&sink, [("src/lib.rs", &code), ("other.sql", "")]),
    ] {
        let started = std::time::Instant::now();
        let ran = check(&[("privacy.purlin", policy), files[0], files[1]], &[]);
        assert_eq!(ran.code, 0, "{}\n{}{}", files[0].0, ran.stdout, ran.stderr);
        assert!(started.elapsed().as_secs() < 60, "{}", files[0].0);
    }
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let folder = folder(&[("privacy.purlin", POLICY), ("src/lib.rs", CODE)]);
    for arguments in [&["check", "--format", "json"][..], &["explain", "R07"], &["--help"]] {
        let mut child = purlin(folder.path())
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the command starts");
        drop(child.stdout.take());
        let mut stderr = String::new();
        child.stderr.take().expect("standard error").read_to_string(&mut stderr).expect("it is read");
        assert_eq!((child.wait().expect("it ends").code(), stderr.as_str()), (Some(0), ""), "{arguments:?}");
    }
}

#[test]
fn colours_are_for_those_who_ask() {
    let folder = folder(&[("privacy.purlin", POLICY), ("src/lib.rs", CODE)]);
    let with = |set: &[(&str, &str)], arguments: &[&str]| {
        let mut command = purlin(folder.path());
        command.args(["check", "--today", "2026-11-22"]).args(arguments).envs(set.iter().copied());
        ran(command.output().expect("the command starts")).stdout.contains('\u{1b}')
    };
    assert!(!with(&[], &[]));
    assert!(with(&[("CLICOLOR_FORCE", "1")], &[]));
    assert!(!with(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], &[]));
    assert!(with(&[("NO_COLOR", "1")], &["--color", "always"]));
    assert!(!with(&[("CLICOLOR_FORCE", "1")], &["--color", "never"]));
}

#[test]
fn policies_are_searched_upwards_and_deeper_ones_are_apart() {
    let other = POLICY.replace("delivery", "billing");
    let files = [
        ("privacy.purlin", POLICY),
        ("src/lib.rs", CODE),
        ("services/billing/billing.purlin", other.as_str()),
        ("services/billing/src/main.rs", CODE),
        ("services/billing/src/db.rs", CODE),
    ];
    let folder = folder(&files);
    std::fs::create_dir(folder.path().join(".git")).expect("a folder");
    let both = run(folder.path(), &["check"]);
    assert!(both.stdout.contains("\nno violations, "), "{}", both.stdout);
    assert!(both.stdout.contains("\nservices/billing: no violations, "), "{}", both.stdout);
    assert!(both.stdout.contains("seen: 2 Rust files"), "{}", both.stdout);
    let upwards = run(&folder.path().join("src"), &["check"]);
    assert!(upwards.stdout.contains("seen: 1 Rust file "), "{}{}", upwards.stdout, upwards.stderr);
    let json: serde_json::Value =
        serde_json::from_str(&run(folder.path(), &["check", "--format", "json"]).stdout).expect("JSON");
    assert_eq!(json["coverage"]["policy_roots"], serde_json::json!([".", "services/billing"]));
    assert_eq!(json["coverage"]["rust_files"], 3);
    // One named policy governs everything.
    let named = run(folder.path(), &["check", "--policy", "privacy.purlin"]);
    assert!(named.stdout.contains("seen: 3 Rust files"), "{}", named.stdout);
}

#[test]
fn test_targets_are_left_out_and_counted_unless_asked_for() {
    let files = [
        ("privacy.purlin", POLICY),
        ("Cargo.toml", "[package]\nname = \"a\"\n"),
        ("src/lib.rs", CODE),
        ("src/tests/helper.rs", CODE),
        ("tests/it.rs", CODE),
        ("benches/b.rs", CODE),
        ("examples/nested/Cargo.toml", "[package]\nname = \"nested\"\n"),
        ("examples/nested/src/lib.rs", CODE),
    ];
    let ran = check(&files, &[]);
    assert!(ran.stdout.contains("seen: 3 Rust files"), "{}", ran.stdout);
    assert!(ran.stdout.contains("2 test files left out"), "{}", ran.stdout);
    let ran = check(&files, &["src", "tests"]);
    assert!(ran.stdout.contains("seen: 3 Rust files"), "{}", ran.stdout);
}

#[test]
fn ignored_folders_are_not_read() {
    let files = [
        ("privacy.purlin", POLICY),
        (".gitignore", "generated/\n"),
        ("src/lib.rs", CODE),
        ("generated/a.rs", CODE),
        ("target/CACHEDIR.TAG", ""),
        ("target/debug/a.rs", CODE),
    ];
    let ran = check(&files, &[]);
    assert!(ran.stdout.contains("seen: 1 Rust file "), "{}", ran.stdout);
}

#[test]
fn tests_of_a_policy_fail_with_1() {
    let fails = POLICY.replace("allow use", "deny use");
    let at = folder(&[("privacy.purlin", &fails)]);
    let ran = run(at.path(), &["test"]);
    assert_eq!(ran.code, 1, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("0 of 1 expectations hold"), "{}", ran.stdout);
    assert!(ran.stdout.contains("deny use name of customer for delivery"), "{}", ran.stdout);
    let at = folder(&[("privacy.purlin", POLICY)]);
    let ran = run(at.path(), &["test"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, "1 of 1 expectations hold\n"), "{}", ran.stderr);
}

#[test]
fn a_flow_is_explained() {
    let at = folder(&[("privacy.purlin", POLICY)]);
    let ran = run(at.path(), &["explain", "use name of customer for delivery"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("use name of customer for delivery: permitted"), "{}", ran.stdout);
    let ran = run(at.path(), &["explain", "use nam of customer for delivery"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("    ^^^ did you mean `name`?"), "{}", ran.stderr);
}

#[test]
fn formatting_is_checked_before_it_is_done() {
    let messy = POLICY.replace("  uses     name", "uses name");
    let at = folder(&[("privacy.purlin", &messy), ("other/fine.purlin", POLICY)]);
    let ran = run(at.path(), &["fmt", "--check"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, "not formatted: privacy.purlin\n"), "{}", ran.stderr);
    assert_eq!(std::fs::read_to_string(at.path().join("privacy.purlin")).expect("it is there"), messy);
    assert_eq!(run(at.path(), &["fmt"]).code, 0);
    assert_eq!(std::fs::read_to_string(at.path().join("privacy.purlin")).expect("it is there"), POLICY);
    assert_eq!(run(at.path(), &["fmt", "--check"]).code, 0);
}

#[test]
fn lint_says_what_is_odd_and_fails_only_when_asked() {
    let files = [("privacy.purlin", POLICY), ("src/lib.rs", CODE)];
    let at = folder(&files);
    let ran = run(at.path(), &["lint", "--today", "2026-11-22", "--strict"]);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    assert_eq!(ran.stdout, "0 errors and 0 warnings in 1 policy file on 2026-11-22\n");
    let odd = POLICY.replace("  notice   \"n\"\n", "");
    write(at.path(), "privacy.purlin", odd.as_bytes());
    let ran = run(at.path(), &["lint", "--today", "2026-11-22"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("nobody is told of purpose `delivery`"), "{}", ran.stdout);
    assert!(ran.stdout.ends_with("0 errors and 1 warning in 1 policy file on 2026-11-22\n"), "{}", ran.stdout);
    assert_eq!(run(at.path(), &["lint", "--strict"]).code, 1);
    write(at.path(), "privacy.purlin", odd.replace("uses     name", "uses     nmae").as_bytes());
    let ran = run(at.path(), &["lint", "--format", "json"]);
    assert_eq!(ran.code, 2);
    let json: serde_json::Value = serde_json::from_str(&ran.stdout).expect("it is JSON");
    assert_eq!((&json["errors"], &json["version"]), (&1.into(), &1.into()));
    assert_eq!(json["policies"][0]["problems"][0]["code"], "P02");
    assert_eq!(json["policies"][0]["problems"][0]["labels"][0]["line"], 8);
}

#[test]
fn lint_names_the_permissions_that_no_code_uses() {
    let policy = format!("{POLICY}bind rust {{\n  crate::f as purpose delivery\n}}\n");
    let at = folder(&[("privacy.purlin", &policy), ("src/lib.rs", CODE)]);
    let ran = run(at.path(), &["lint", "--today", "2026-11-22", "--strict"]);
    assert_eq!(ran.code, 0, "it is a remark: {}{}", ran.stdout, ran.stderr);
    assert_eq!(
        ran.stdout,
        "G05 privacy.purlin:9:3: no code for `delivery` uses what this permits\n\n0 errors and 0 warnings in 1 policy file on \
         2026-11-22; 1 permission that no code uses in full (G05)\n"
    );
    let ran = run(at.path(), &["lint", "--today", "2026-11-22", "--no-code"]);
    assert_eq!(ran.stdout, "0 errors and 0 warnings in 1 policy file on 2026-11-22\n");
    // A line that names nothing is what `check` says it is.
    write(at.path(), "privacy.purlin", policy.replace("crate::f as", "crate::ff as").as_bytes());
    let ran = run(at.path(), &["lint", "--today", "2026-11-22"]);
    assert_eq!(ran.code, 2, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("B01") && ran.stdout.contains("1 error and 0 warnings"), "{}", ran.stdout);
    assert_eq!(run(at.path(), &["lint", "--no-code"]).code, 0);
    write(at.path(), "privacy.purlin", policy.as_bytes());
    let ran = run(at.path(), &["lint", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&ran.stdout).expect("it is JSON");
    assert_eq!((&json["policies"][0]["unused"][0]["line"], &json["warnings"]), (&9.into(), &0.into()));
}

const CALLS: &str = "struct Row { email: String }\nimpl Row { fn mail(&self) -> &str { self.email.as_str() } }\n\
                     pub fn f(rows: Vec<Row>, other: elsewhere::Other) {\n    rows[0].mail().trim();\n    other.unheard_of();\n}\n\
                     #[test]\nfn t() { String::new().trim(); }\n";

#[test]
fn every_method_call_is_listed_without_a_policy() {
    let folder = folder(&[("src/lib.rs", CALLS)]);
    let ran = run(folder.path(), &["dump", "--stage", "calls", "."]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let lines: Vec<Vec<&str>> = ran.stdout.lines().map(|l| l.split('\t').collect()).collect();
    let expected = [
        ["src/lib.rs:2:48", "String", "as_str", "modelled", "model String::as_str"],
        ["src/lib.rs:4:13", "lib::Row", "mail", "resolved", "lib::Row::mail"],
        ["src/lib.rs:4:20", "str", "trim", "modelled", "model str::trim"],
        ["src/lib.rs:5:11", "elsewhere::Other", "unheard_of", "unknown", "elsewhere::Other::unheard_of"],
    ];
    assert_eq!(lines, expected);
}

#[test]
fn a_draw_of_calls_is_that_of_its_seed() {
    let code: String = (0..50).map(|i| format!("pub fn f{i}(x: String) {{ x.trim(); }}\n")).collect();
    let folder = folder(&[("src/lib.rs", &code)]);
    let draw =
        |seed: &str| run(folder.path(), &["dump", "--stage", "calls", "--sample", "7", "--seed", seed, "."]).stdout;
    assert_eq!(draw("3").lines().count(), 7);
    assert_eq!(draw("3"), draw("3"));
    assert_ne!(draw("3"), draw("4"));
}

#[test]
fn statistics_count_method_calls_and_name_what_is_unknown() {
    let ran = check(&[("privacy.purlin", POLICY), ("src/lib.rs", CALLS)], &["--stats"]);
    assert!(ran.stdout.contains("method calls           4\n"), "{}", ran.stdout);
    assert!(ran.stdout.contains("modelled             2 (50.0 %)\n"), "{}", ran.stdout);
    assert!(ran.stdout.contains("unknown              1 (25.0 %)\n"), "{}", ran.stdout);
    assert!(ran.stdout.contains("1 elsewhere::Other::unheard_of, as at src/lib.rs:5:11\n"), "{}", ran.stdout);
}

#[test]
fn a_place_that_many_findings_come_past_is_named() {
    let policy = "purlin 1\nsubject user\ncategory name\nregion eea home\naudience visitors\npurpose work {\n  about user\n  \
                  basis contract\n  notice \"n\"\n  uses name\n}\nbind rust {\n  crate as purpose work\n  crate::name as name of \
                  user\n  crate::web as audience visitors\n}\n";
    let code = |routes: usize| {
        let mut text = String::from(
            "pub fn name() -> String { String::new() }\npub fn check() -> Result<(), String> { Err(format!(\"no {}\", name())) }\n\
             pub fn other() -> String { name() }\npub mod web {\n",
        );
        for n in 0..routes {
            text += &format!("    pub fn r{n}() -> Result<(), String> {{ crate::check()?; Ok(()) }}\n");
        }
        text + "    pub fn last() -> String { crate::other() }\n}\n"
    };
    for (routes, said) in [(8, true), (7, false)] {
        let ran = check(&[("privacy.purlin", policy), ("src/lib.rs", &code(routes))], &[]);
        assert!(ran.stdout.contains(&format!("\n{} violations", routes + 1)), "{}", ran.stdout);
        let line = "8 of these come past one place, where a change may end them all: src/lib.rs:2:";
        assert_eq!(ran.stdout.contains(line), said, "{}", ran.stdout);
        assert_eq!(ran.stdout.matches("come past one place").count(), usize::from(said));
    }
}
