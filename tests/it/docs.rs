//! Documents say what the code does: commands in the README run, links lead somewhere, pages exist.

use crate::run::{purlin, ran, repository, run};

fn read(path: &str) -> String {
    std::fs::read_to_string(repository().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// The blocks of a language in a Markdown text.
fn blocks(markdown: &str, language: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut lines = markdown.lines();
    while let Some(line) = lines.next() {
        if line.trim() == format!("```{language}") {
            out.push(lines.by_ref().take_while(|l| l.trim() != "```").map(|l| format!("{l}\n")).collect());
        }
    }
    out
}

#[test]
fn every_command_of_the_readme_is_run() {
    let mut seen = 0;
    for block in blocks(&read("README.md"), "sh") {
        for line in block.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#')) {
            let words: Vec<&str> = line.split_whitespace().collect();
            let arguments = match words.as_slice() {
                ["cargo", "run", "--release", "--", rest @ ..] | ["purlin", rest @ ..] => rest,
                // The tests are running already; the rest would change this machine.
                ["cargo", "test"] | ["cargo", "install", "--path", "."] => continue,
                [".ci/run"] => {
                    assert!(repository().join(".ci/run").exists());
                    continue;
                }
                other => panic!("nothing checks the command `{}`", other.join(" ")),
            };
            let ran = ran(purlin(repository()).args(unquoted(arguments)).output().expect("the command starts"));
            assert!(ran.code <= 1, "`{line}` ends with {}:\n{}", ran.code, ran.stderr);
            seen += 1;
        }
    }
    assert!(seen > 0);
}

/// Words with those between quotes joined.
fn unquoted(words: &[&str]) -> Vec<String> {
    let line = words.join(" ");
    let parts = line.split('"').enumerate().flat_map(|(i, part)| {
        if i % 2 == 1 { vec![part.to_owned()] } else { part.split_whitespace().map(str::to_owned).collect() }
    });
    parts.collect()
}

#[test]
fn the_picture_in_the_readme_is_what_is_printed() {
    let lumo = repository().join("examples/lumo");
    let printed = run(&lumo, &["check", "--today", "2026-11-22"]).stdout;
    let pictures: Vec<String> =
        blocks(&read("README.md"), "text").into_iter().filter(|b| b.starts_with("error[")).collect();
    assert_eq!(pictures.len(), 1);
    assert!(printed.contains(&pictures[0]), "README.md shows\n{}\nand examples/lumo gives\n{printed}", pictures[0]);
}

#[test]
fn the_first_policy_of_the_readme_holds() {
    let policies: Vec<String> =
        blocks(&read("README.md"), "purlin").into_iter().filter(|b| b.starts_with("purlin 1")).collect();
    assert!(!policies.is_empty());
    for policy in policies {
        let folder = crate::run::folder(&[("privacy.purlin", &policy)]);
        let ran = run(folder.path(), &["test", "--today", "2026-11-22"]);
        assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
        assert_eq!(run(folder.path(), &["fmt", "--check"]).code, 0, "it is not formatted");
    }
}

#[test]
fn links_between_documents_lead_somewhere() {
    for document in ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"] {
        let text = read(document);
        for (_, rest) in text.match_indices("](").map(|(i, _)| text.split_at(i + 2)) {
            let target = rest.split(')').next().unwrap_or("").split('#').next().unwrap_or("");
            if !target.is_empty() && !target.contains("://") {
                assert!(repository().join(target).exists(), "{document} links to {target}");
            }
        }
    }
}

#[test]
fn every_code_has_its_page_under_both_keys() {
    for rule in purlin::policy::Rule::ALL {
        // These two have no check yet, and so no page.
        if matches!(rule.code(), "R11" | "R13") {
            continue;
        }
        let (by_code, by_name) =
            (run(repository(), &["explain", rule.code()]), run(repository(), &["explain", rule.name()]));
        assert_eq!((by_code.code, &by_code.stdout), (0, &by_name.stdout), "{}", by_code.stderr);
        assert!(by_code.stdout.starts_with(&format!("# {} {}: ", rule.code(), rule.name())));
    }
    for (code, name, _) in purlin::judge::GAPS {
        let page = run(repository(), &["explain", code]).stdout;
        assert!(page.starts_with(&format!("# {code} {name}: ")), "{page}");
        assert_eq!(run(repository(), &["explain", name]).stdout, page);
    }
    for info in purlin::policy::codes().iter().filter(|c| c.code.starts_with('P')) {
        let page = run(repository(), &["explain", info.code]).stdout;
        assert!(page.starts_with(&format!("{} {}: ", info.code, info.name)), "{page}");
        assert_eq!(run(repository(), &["explain", info.name]).stdout, page);
    }
    for code in ["B01", "B02", "W02", "P", "policy"] {
        assert_eq!(run(repository(), &["explain", code]).code, 0, "{code}");
    }
}

#[test]
fn every_page_has_what_why_example_and_fix() {
    let mut pages = 0;
    for entry in std::fs::read_dir(repository().join("docs/rules")).expect("the pages") {
        let path = entry.expect("a page").path();
        let text = std::fs::read_to_string(&path).expect("pages are UTF-8");
        if path.file_stem().is_some_and(|s| s == "policy") {
            continue;
        }
        for part in ["# ", "## What", "## Why", "## Example", "## Fix"] {
            assert!(text.lines().any(|l| l.starts_with(part)), "{} has no `{part}`", path.display());
        }
        pages += 1;
    }
    assert!(pages >= 20);
}

#[test]
fn the_schema_of_the_report_names_its_keys() {
    let schema: serde_json::Value =
        serde_json::from_str(&read("docs/json-v1.schema.json")).expect("the schema is JSON");
    let lumo = repository().join("examples/lumo");
    let report: serde_json::Value =
        serde_json::from_str(&run(&lumo, &["check", "--format", "json"]).stdout).expect("the report is JSON");
    let mut wrong = Vec::new();
    conforms(&schema, &schema, &report, "report", &mut wrong);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_schema_of_a_lint_names_its_keys() {
    let schema: serde_json::Value =
        serde_json::from_str(&read("docs/lint-v1.schema.json")).expect("the schema is JSON");
    let lumo = repository().join("examples/lumo");
    let ran = run(&lumo, &["lint", "--today", "2030-01-01", "--format", "json"]);
    let lint: serde_json::Value = serde_json::from_str(&ran.stdout).expect("the result is JSON");
    assert!(lint["policies"][0]["problems"].as_array().is_some_and(|list| !list.is_empty()));
    let mut wrong = Vec::new();
    conforms(&schema, &schema, &lint, "lint", &mut wrong);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_schema_of_a_trace_names_its_keys() {
    let schema: serde_json::Value =
        serde_json::from_str(&read("docs/trace-v1.schema.json")).expect("the schema is JSON");
    let lumo = repository().join("examples/lumo");
    let ran = run(&lumo, &["trace", "crates/api/src/routes/risk.rs:54", "--format", "json"]);
    let trace: serde_json::Value = serde_json::from_str(&ran.stdout).expect("the trace is JSON");
    let value = &trace["values"][0];
    for key in ["reaches", "unlabelled", "leaves", "ends"] {
        assert!(value[key].as_array().is_some_and(|list| !list.is_empty()), "the example has no {key}");
    }
    let mut wrong = Vec::new();
    conforms(&schema, &schema, &trace, "trace", &mut wrong);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// As much of JSON Schema as ours uses: types, properties, required ones, items, references, enums, constants.
fn conforms(
    root: &serde_json::Value,
    schema: &serde_json::Value,
    value: &serde_json::Value,
    at: &str,
    wrong: &mut Vec<String>,
) {
    use serde_json::Value;
    if let Some(reference) = schema["$ref"].as_str() {
        let target = root.pointer(reference.trim_start_matches('#')).expect("references lead somewhere");
        return conforms(root, target, value, at, wrong);
    }
    if let Some(any) = schema["anyOf"].as_array() {
        let fits = |s: &Value| {
            let mut none = Vec::new();
            conforms(root, s, value, at, &mut none);
            none.is_empty()
        };
        if !any.iter().any(fits) {
            wrong.push(format!("{at}: fits none of anyOf"));
        }
        return;
    }
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let kinds: Vec<&str> = match &schema["type"] {
        Value::String(one) => vec![one],
        Value::Array(many) => many.iter().filter_map(Value::as_str).collect(),
        _ => vec![kind],
    };
    if !kinds.contains(&kind) {
        wrong.push(format!("{at}: is {kind}, not {}", kinds.join(" or ")));
    }
    if let Some(allowed) = schema["enum"].as_array()
        && !allowed.contains(value)
    {
        wrong.push(format!("{at}: {value} is not listed"));
    }
    if !schema["const"].is_null() && schema["const"] != *value {
        wrong.push(format!("{at}: is not {}", schema["const"]));
    }
    if let (Some(properties), Value::Object(object)) = (schema["properties"].as_object(), value) {
        for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if !object.contains_key(name) {
                wrong.push(format!("{at}: lacks {name}"));
            }
        }
        for (name, inner) in object {
            match properties.get(name) {
                Some(schema) => conforms(root, schema, inner, &format!("{at}.{name}"), wrong),
                None if schema["additionalProperties"] == false => wrong.push(format!("{at}: {name} is not described")),
                None => {}
            }
        }
    }
    if let (Some(items), Value::Array(list)) = (schema.get("items"), value) {
        for (i, inner) in list.iter().enumerate() {
            conforms(root, items, inner, &format!("{at}[{i}]"), wrong);
        }
    }
}
