//! The formats as they leave the command: in files and pipes, one and several at once, and without any influence on
//! the exit code. What each says is in the snapshots of `report`; other programs read them in `.ci/formats`.

use std::io::Read as _;
use std::process::Stdio;

use purlin::report::Format;

use crate::run::{folder, purlin, ran, repository, run};

const DAY: [&str; 2] = ["--today", "2026-11-22"];

/// A project with one function.
fn small(body: &str) -> tempfile::TempDir {
    let policy = "purlin 1\ncontroller \"x\"\nsubject s\ncategory email\ncategory id\npurpose p \"p\" {\n  about s\n  basis consent\n  \
                  uses id\n}\nbind rust { crate as purpose p }\nbind sql { c.email as email of s }\n";
    let code = format!("pub fn f(db: &Db) {{\n    {body}\n}}\n");
    folder(&[("p.purlin", policy), ("1.sql", "CREATE TABLE c (id int, email text);\n"), ("src/lib.rs", &code)])
}

#[test]
fn the_exit_code_is_the_same_in_every_format() {
    for (code, body) in [(1, "db.run(\"SELECT email FROM c\")"), (0, "db.run(\"SELECT id FROM c\")")] {
        let project = small(body);
        for format in Format::ALL {
            let ran = run(project.path(), &[&["check", "--format", format.name()][..], &DAY].concat());
            assert_eq!(ran.code, code, "{}: {}{}", format.name(), ran.stdout, ran.stderr);
            assert!(!ran.stdout.contains('\u{1b}'), "{} has colours in a pipe", format.name());
        }
    }
}

#[test]
fn several_formats_are_written_at_once() {
    let there = tempfile::tempdir().expect("a temporary folder");
    let file = |name: &str| there.path().join(name);
    let outputs: Vec<String> =
        Format::ALL.iter().map(|f| format!("{}={}", f.name(), file(&format!("deep/{}", f.name())).display())).collect();
    let mut arguments = vec!["check", "--color", "always", "--format", "concise"];
    arguments.extend(DAY);
    for output in &outputs {
        arguments.extend(["--output", output]);
    }
    let lumo = repository().join("examples/lumo");
    let first = run(&lumo, &arguments);
    assert_eq!(first.code, 1, "{}", first.stderr);
    assert!(first.stdout.contains('\u{1b}'), "colours were asked for on standard output");
    for format in Format::ALL {
        let written = std::fs::read_to_string(file(&format!("deep/{}", format.name()))).expect("it was written");
        let printed = run(&lumo, &[&["check", "--format", format.name()][..], &DAY].concat()).stdout;
        assert_eq!(written, printed, "{}", format.name());
    }
    // Again over what is there.
    assert_eq!(run(&lumo, &arguments).code, 1);
}

#[test]
fn an_output_that_is_wrong_ends_with_2() {
    let lumo = repository().join("examples/lumo");
    for (output, said) in [
        ("sarif", "it is written FORMAT=FILE"),
        ("sarf=a", "there is no format `sarf`; did you mean `sarif`?"),
        ("json=/dev/null/x", "cannot write /dev/null/x"),
    ] {
        let ran = run(&lumo, &["check", "--output", output]);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{output}");
        assert!(ran.stderr.contains(said), "{output}: {}", ran.stderr);
    }
}

#[test]
fn actions_get_annotations_beside_the_text_unless_a_format_is_named() {
    let lumo = repository().join("examples/lumo");
    let with = |arguments: &[&str]| {
        let mut command = purlin(&lumo);
        command.arg("check").args(DAY).args(arguments).env("GITHUB_ACTIONS", "true");
        ran(command.output().expect("the command starts")).stdout
    };
    let both = with(&[]);
    assert!(
        both.contains("violations, ") && both.contains("\n::error title=purlin R10 promise,file=crates/"),
        "{both}"
    );
    for format in ["text", "json", "concise"] {
        assert!(!with(&["--format", format]).contains("::error "), "{format}");
    }
}

/// Whoever reads only the beginning ends nothing but the reading.
#[cfg(unix)]
#[test]
fn a_closed_pipe_ends_quietly() {
    let project = small("db.run(\"SELECT email FROM c\")");
    for format in Format::ALL {
        let mut child = purlin(project.path())
            .args(["check", "--format", format.name()])
            .args(DAY)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the command starts");
        drop(child.stdout.take());
        let mut said = String::new();
        child.stderr.take().expect("it is piped").read_to_string(&mut said).expect("it is text");
        assert_eq!((child.wait().expect("it ends").code(), said.as_str()), (Some(1), ""), "{}", format.name());
    }
}

#[test]
fn paths_of_sarif_are_relative_and_every_step_has_a_place() {
    let lumo = repository().join("examples/lumo");
    let sarif: serde_json::Value =
        serde_json::from_str(&run(&lumo, &[&["check", "--format", "sarif"][..], &DAY].concat()).stdout).expect("JSON");
    let json: serde_json::Value =
        serde_json::from_str(&run(&lumo, &[&["check", "--format", "json"][..], &DAY].concat()).stdout).expect("JSON");
    let list = |v: &serde_json::Value| v.as_array().expect("a list").clone();
    let results = list(&sarif["runs"][0]["results"]);
    let findings = list(&json["findings"]);
    assert_eq!(results.len(), findings.len());
    let rules = list(&sarif["runs"][0]["tool"]["driver"]["rules"]);
    for (result, finding) in results.iter().zip(&findings) {
        let index = result["ruleIndex"].as_u64().expect("a rule") as usize;
        assert_eq!((&result["ruleId"], &rules[index]["id"]), (&finding["rule"], &finding["rule"]));
        assert_eq!(result["partialFingerprints"]["purlin/v1"], finding["fingerprint"]);
        for (flow, datum) in list(&result["codeFlows"]).iter().zip(list(&finding["data"])) {
            let steps = list(&flow["threadFlows"][0]["locations"]);
            let path = list(&datum["path"]);
            assert_eq!(steps.len(), path.len());
            for (step, ours) in steps.iter().zip(path) {
                let place = &step["location"]["physicalLocation"];
                assert_eq!(place["artifactLocation"]["uri"], ours["file"]);
                assert_eq!(place["region"]["startColumn"], ours["column"]);
            }
        }
    }
    for rule in rules {
        assert!(rule["properties"]["tags"].as_array().is_some_and(|t| t.len() <= 20 && t[0] == "privacy"));
        assert!(!rule["help"]["text"].as_str().expect("help").is_empty());
    }
}

#[test]
fn schemas_are_printed() {
    let all = [
        ("json", "purlin check --format json, version 1"),
        ("tables", "purlin tables --format json"),
        ("trace", "purlin trace"),
    ];
    for (what, title) in all {
        let ran = run(repository(), &["schema-of", what]);
        let schema: serde_json::Value = serde_json::from_str(&ran.stdout).expect("JSON");
        assert!(schema["title"].as_str().is_some_and(|t| t.starts_with(title)), "{}", schema["title"]);
    }
}
