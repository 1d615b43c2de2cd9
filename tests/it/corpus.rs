//! Real services: their policies hold, and, where clones of them are at hand, which of the flows that were written
//! down by reading are found.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::run::{repository, run};

/// A row of a table in `flows.md`.
struct Row {
    id: String,
    flow: bool,
    verb: String,
    data: String,
    dest: String,
    file: String,
    line: u64,
}

/// The folders of the services.
pub fn services() -> Vec<PathBuf> {
    let mut out: Vec<PathBuf> = std::fs::read_dir(repository().join("tests/corpus"))
        .expect("the corpus")
        .map(|e| e.expect("a folder").path())
        .filter(|p| p.is_dir())
        .collect();
    out.sort();
    out
}

fn rows(service: &Path) -> Vec<Row> {
    let text = std::fs::read_to_string(service.join("flows.md")).expect("flows are written down");
    text.lines()
        .filter_map(|line| {
            let cells: Vec<&str> = line.strip_prefix('|')?.split('|').map(str::trim).collect();
            let [id, truth, verb, data, dest, place, ..] = cells.as_slice() else { return None };
            let flow = match *truth {
                "flow" => true,
                "absent" => false,
                _ => return None,
            };
            let (file, line) = place.rsplit_once(':').expect("file:line");
            let text = |s: &str| s.to_owned();
            Some(Row {
                id: text(id),
                flow,
                verb: text(verb),
                data: text(data),
                dest: text(dest),
                file: text(file),
                line: line.parse().expect("a line number"),
            })
        })
        .collect()
}

fn covers(broad: &str, narrow: &str) -> bool {
    narrow == broad || narrow.strip_prefix(broad).is_some_and(|rest| rest.starts_with('.'))
}

/// Lines before and after the written one at which the same arrival may be shown.
const NEAR: u64 = 3;
/// For flows, lines after it: the head of an instrumented function stands below its attribute, the column inside a
/// statement below the call.
const BELOW: u64 = 12;

/// How sure a finding says that this data arrives there. The place of a flow may be a step on the way, since a wrapper
/// around the call is as good a place to report; a look-alike must not arrive at its place itself.
fn found(report: &serde_json::Value, row: &Row) -> Option<String> {
    let text = |v: &serde_json::Value| v.as_str().unwrap_or("").to_owned();
    let at = |step: &serde_json::Value| {
        let line = step["line"].as_u64().unwrap_or(0);
        let end = step["end_line"].as_u64().unwrap_or(line);
        let below = if row.flow { BELOW } else { NEAR };
        step["file"] == row.file.as_str() && line <= row.line + below && row.line <= end + NEAR
    };
    report["findings"].as_array()?.iter().find_map(|f| {
        let to = if f["target"].is_null() { &f["purpose"] } else { &f["target"] };
        if f["verb"] != row.verb.as_str() || text(to) != row.dest {
            return None;
        }
        f["data"].as_array()?.iter().find_map(|d| {
            let category = text(&d["category"]);
            let same = covers(&row.data, &category) || covers(&category, &row.data);
            let place = at(&f["arrival"]) || row.flow && d["path"].as_array().is_some_and(|p| p.iter().any(at));
            (same && place).then(|| text(&d["confidence"]))
        })
    })
}

#[test]
fn policies_of_the_corpus_hold() {
    for service in services() {
        let ran = run(&service, &["test", "--today", "2026-11-22"]);
        assert_eq!(ran.code, 0, "{}: {}{}", service.display(), ran.stdout, ran.stderr);
        let ran = run(&service, &["fmt", "--check"]);
        assert_eq!(ran.code, 0, "{}: {}{}", service.display(), ran.stdout, ran.stderr);
        assert!(rows(&service).iter().any(|r| r.flow) && rows(&service).iter().any(|r| !r.flow));
    }
}

#[test]
fn flows_of_the_corpus() {
    let Some(clones) = std::env::var_os("PURLIN_CORPUS").map(PathBuf::from) else { return };
    let mut out = String::new();
    for service in services() {
        let name = service.file_name().expect("a name").to_string_lossy().into_owned();
        let clone = clones.join(&name);
        if !clone.is_dir() {
            writeln!(out, "{name}: no clone").expect("text");
            continue;
        }
        let policy = service.to_string_lossy().into_owned();
        let args = ["check", "--policy", &policy, "--format", "json", "--confidence", "possible"];
        let ran = run(&clone, &args);
        let report: serde_json::Value = serde_json::from_str(&ran.stdout).expect("the report is JSON");
        let all = report["findings"].as_array().map_or(0, Vec::len);
        writeln!(out, "{name}: {all} findings, {} gaps", report["gaps"].as_array().map_or(0, Vec::len)).expect("text");
        for row in rows(&service) {
            let verdict = match (row.flow, found(&report, &row)) {
                (true, Some(how)) => format!("found ({how})"),
                (true, None) => "MISSED".to_owned(),
                (false, None) => "clean".to_owned(),
                (false, Some(how)) => format!("FALSE ALARM ({how})"),
            };
            let Row { id, verb, data, dest, file, line, .. } = row;
            writeln!(out, "  {id:4} {verb} {data} > {dest}: {verdict}  {file}:{line}").expect("text");
        }
    }
    println!("{out}");
}
