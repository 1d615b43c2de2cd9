//! Every row about a function of SQL has an example that is run in each dialect of its file.
//!
//! It is written from the signature: `SELECT f(c0, c1) FROM people`, where each column has a label of its own, and rows
//! go to a recipient. What must arrive, and through which transform, is worked out here from the text of the effects.
//! Others stand in the files, beside the rows: an expression, and behind `-- $` what arrives of it. The first line
//! `-- instead: why` puts them in place of the one from the signature.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use purlin::engine::{Stage, dump};
use purlin::project::Inputs;

/// What arrives: columns, and the kinds of transform that they went through.
type Seen = BTreeSet<(String, String)>;

/// An expression and what must arrive of it.
struct Example {
    of: String,
    code: String,
    seen: Seen,
}

const COLUMNS: usize = 6;

/// A row's name, parameters, and whether others may follow.
fn signature(text: &str) -> (&str, Vec<&str>, bool) {
    let (name, params) = text.strip_suffix(')').and_then(|t| t.split_once('(')).expect("a signature");
    let params: Vec<&str> = params.split(", ").filter(|p| !p.is_empty()).collect();
    let rest = params.last() == Some(&"..");
    (name, params.into_iter().filter(|p| *p != "..").collect(), rest)
}

/// The example that a signature is.
fn derived(of: &str, effects: &str) -> Example {
    let (name, params, rest) = signature(of);
    let count = params.len() + if rest { 2 } else { 0 };
    let args: Vec<String> = (0..count).map(|i| format!("c{i}")).collect();
    let mut seen = Seen::new();
    for effect in effects.split(';').map(str::trim).filter(|e| *e != "none") {
        let words: Vec<&str> = effect.split_whitespace().collect();
        let (ports, kind): (Vec<&str>, &str) = match words.as_slice() {
            ["kind", kind, from, "->", "ret"] => (vec![from], kind),
            [from, "->" | "~>", "ret"] => (vec![from], ""),
            // Of keys that are not known all of the value arrives, and a key is no part of it.
            ["object" | "merge" | "record", of] | ["get" | "drop", of, _] => (vec![of], ""),
            ["put", of, _, with] => (vec![of, with], ""),
            other => panic!("{of}: {other:?}"),
        };
        for port in ports {
            let at = params.iter().position(|p| *p == port);
            let columns = at.map_or(params.len()..count, |i| i..i + 1);
            seen.extend(columns.map(|i| (format!("c{i}"), kind.to_owned())));
        }
    }
    Example { of: of.to_owned(), code: format!("{name}({})", args.join(", ")), seen }
}

/// `f(c0) -- $ c0 md5`: columns, each followed by its kind.
fn written(of: &str, line: &str) -> Example {
    let (code, marker) = line.split_once(" -- $ ").expect("a marker");
    let mut seen: Vec<(String, String)> = Vec::new();
    for word in marker.split_whitespace().filter(|w| *w != "clean") {
        let column = word.strip_prefix('c').is_some_and(|n| n.parse::<usize>().is_ok());
        match (column, seen.last_mut()) {
            (false, Some(last)) => last.1 = word.to_owned(),
            _ => seen.push((word.to_owned(), String::new())),
        }
    }
    Example { of: of.to_owned(), code: code.to_owned(), seen: seen.into_iter().collect() }
}

/// The examples of one file, and its dialects.
fn read(path: &Path) -> (Vec<String>, Vec<Example>) {
    let text = std::fs::read_to_string(path).expect("models are UTF-8");
    let yaml: serde_yaml::Value = serde_yaml::from_str(&text).expect("models are YAML");
    let texts = |key: &str| -> Vec<(String, String)> {
        let all = yaml.get(key).and_then(|v| v.as_mapping()).into_iter().flatten();
        all.map(|(k, v)| (k.as_str().expect("a text").to_owned(), v.as_str().expect("a text").to_owned())).collect()
    };
    let dialects = yaml.get("dialects").and_then(|d| d.as_sequence()).expect("dialects");
    let dialects = dialects.iter().map(|d| d.as_str().expect("a text").to_owned()).collect();
    let by_hand: BTreeMap<String, String> = texts("examples").into_iter().collect();
    let rows = texts("rows");
    for of in by_hand.keys() {
        assert!(rows.iter().any(|(r, _)| r == of), "{}: no row has the signature of {of}", path.display());
    }
    let mut out = Vec::new();
    for (of, effects) in &rows {
        let own = by_hand.get(of).map_or("", String::as_str);
        if !own.starts_with("-- instead: ") {
            out.push(derived(of, effects));
        }
        out.extend(own.lines().filter(|l| !l.starts_with("-- instead: ")).map(|l| written(of, l)));
    }
    (dialects, out)
}

/// The project in which examples are run: a file for each dialect, a line for each example.
fn project(files: &[(String, &[Example])]) -> Vec<(String, String)> {
    let mut policy = String::from(
        "purlin 1\nsubject person\nregion eea home\nrecipient partner { acts as controller located in eea }\n\
         bind path { \"rows/**\" as recipient partner }\nbind sql {\n",
    );
    (0..COLUMNS).for_each(|i| policy.push_str(&format!("  people.c{i} as l{i} of person\n")));
    policy.push_str("}\n");
    (0..COLUMNS).for_each(|i| policy.push_str(&format!("category l{i}\n")));
    let columns: Vec<String> = (0..COLUMNS).map(|i| format!("c{i} text")).collect();
    let mut out = vec![
        ("privacy.purlin".to_owned(), policy),
        ("migrations/1.sql".to_owned(), format!("CREATE TABLE people ({});\n", columns.join(", "))),
    ];
    for (name, examples) in files {
        let lines: Vec<String> = examples.iter().map(|e| format!("SELECT {} FROM people;", e.code)).collect();
        out.push((format!("rows/{name}.sql"), lines.join("\n")));
    }
    out
}

/// What arrives from each line of each file.
fn run(files: Vec<(String, String)>) -> BTreeMap<(String, usize), Seen> {
    let inputs = Inputs::from_memory(files, purlin::cli::shipped);
    let text = dump(&inputs, Stage::Flow, None).expect("the policy is right");
    let mut out: BTreeMap<(String, usize), Seen> = BTreeMap::new();
    for line in text.lines().filter(|l| l.contains(" -> Share partner at ")) {
        let (column, rest) = line.split_once(" (").expect("a column");
        let (_, rest) = rest.split_once(" at ").expect("a place");
        let mut place = rest.split(':');
        let file = place.next().unwrap_or_default().to_owned();
        let number = place.next().and_then(|n| n.parse().ok()).expect("a line");
        let kind = rest.split_once(", through [").and_then(|(_, k)| k.split_once(']')).map_or("", |(k, _)| k);
        let column = column.rsplit('.').next().unwrap_or(column).to_owned();
        out.entry((file, number)).or_default().insert((column, kind.to_owned()));
    }
    out
}

fn wrong(name: &str, examples: &[Example], said: &BTreeMap<(String, usize), Seen>) -> Vec<String> {
    let nothing = Seen::new();
    let mut out = Vec::new();
    for (i, e) in examples.iter().enumerate() {
        let got = said.get(&(format!("rows/{name}.sql"), i + 1)).unwrap_or(&nothing);
        if *got != e.seen {
            out.push(format!("{name}: {}: `{}` shows {got:?} and should show {:?}", e.of, e.code, e.seen));
        }
    }
    out
}

#[test]
fn every_function_of_sql_does_what_its_row_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/sql");
    let mut paths: Vec<_> =
        std::fs::read_dir(folder).expect("the folder of models").map(|e| e.expect("a file").path()).collect();
    paths.sort();
    let mut files: Vec<(String, Vec<Example>)> = Vec::new();
    for path in paths {
        let (dialects, examples) = read(&path);
        let stem = path.file_stem().expect("a name").to_string_lossy().into_owned();
        assert!(!examples.is_empty(), "{stem}");
        let again = |e: &Example| Example { of: e.of.clone(), code: e.code.clone(), seen: e.seen.clone() };
        files.extend(dialects.iter().map(|d| (format!("{d}/{stem}"), examples.iter().map(again).collect())));
    }
    let all: Vec<(String, &[Example])> = files.iter().map(|(n, e)| (n.clone(), e.as_slice())).collect();
    let said = run(project(&all));
    let wrong: Vec<String> = all.iter().flat_map(|(name, examples)| wrong(name, examples, &said)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn an_example_of_a_function_that_shows_something_else_is_found_out() {
    let shows = |example: Example| {
        let examples = [example];
        let said = run(project(&[("a".to_owned(), &examples[..])]));
        wrong("a", &examples, &said).len()
    };
    assert_eq!(shows(derived("left(x, n)", "kind truncate x -> ret")), 0);
    assert_eq!(shows(derived("left(x, n)", "kind mask x -> ret")), 1);
    assert_eq!(shows(derived("left(x, n)", "x -> ret")), 1);
    assert_eq!(shows(derived("left(x, n)", "kind truncate x -> ret; n -> ret")), 1);
    assert_eq!(shows(derived("left(x, n)", "none")), 1);
    assert_eq!(shows(written("left(x, n)", "left(c0, c1) -- $ c0 truncate")), 0);
    assert_eq!(shows(written("left(x, n)", "left(c0, c1) -- $ c0 c1")), 1);
}
