//! What is wrong or odd about a policy, for programs: JSON, version 1, described by `docs/lint-v1.schema.json`.

use serde::Serialize;

use super::json::{PlaceOut, Places};
use crate::diag::{Diagnostic, Severity};
use crate::judge::Gap;
use crate::policy::codes;
use crate::source::SourceMap;

/// Version of the format; counts up when a reader of the old one would misread the new one.
const VERSION: u32 = 1;

/// One policy root and its problems, in the order of their places.
#[derive(Clone, Copy, Debug)]
pub struct Linted<'a> {
    /// Folder of the policy; empty for the root of the run.
    pub root: &'a str,
    /// The texts.
    pub sources: &'a SourceMap,
    /// Problems and advice.
    pub problems: &'a [Diagnostic],
    /// Permissions that the code does not use.
    pub unused: &'a [Gap],
}

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    today: String,
    errors: usize,
    warnings: usize,
    policies: Vec<PolicyOut<'a>>,
}

#[derive(Serialize)]
struct PolicyOut<'a> {
    root: &'a str,
    problems: Vec<ProblemOut<'a>>,
    unused: Vec<UnusedOut<'a>>,
}

#[derive(Serialize)]
struct ProblemOut<'a> {
    code: &'static str,
    name: &'static str,
    severity: Severity,
    message: &'a str,
    labels: Vec<LabelOut<'a>>,
    help: &'a [String],
}

#[derive(Serialize)]
struct UnusedOut<'a> {
    code: &'static str,
    message: &'a str,
    #[serde(flatten)]
    place: Option<PlaceOut>,
}

#[derive(Serialize)]
struct LabelOut<'a> {
    #[serde(flatten)]
    place: PlaceOut,
    text: &'a str,
}

/// The document for one or several policies, as of a day.
///
/// # Errors
/// Only if serialising fails, which it cannot for these types.
pub fn json(policies: &[Linted<'_>], today: &str) -> Result<String, serde_json::Error> {
    let count = |severity| policies.iter().flat_map(|p| p.problems).filter(|d| d.severity == severity).count();
    let document = Document {
        version: VERSION,
        today: today.to_owned(),
        errors: count(Severity::Error),
        warnings: count(Severity::Warning),
        policies: policies.iter().map(policy).collect(),
    };
    let mut text = serde_json::to_string_pretty(&document)?;
    text.push('\n');
    Ok(text)
}

fn policy<'a>(linted: &Linted<'a>) -> PolicyOut<'a> {
    let places = Places(linted.sources);
    let problem = |d: &'a Diagnostic| ProblemOut {
        code: d.code,
        name: codes().iter().find(|c| c.code == d.code).map_or("", |c| c.name),
        severity: d.severity,
        message: &d.message,
        labels: d.labels.iter().map(|l| LabelOut { place: places.place(l.span), text: &l.text }).collect(),
        help: &d.help,
    };
    PolicyOut {
        root: if linted.root.is_empty() { "." } else { linted.root },
        problems: linted.problems.iter().map(problem).collect(),
        unused: linted
            .unused
            .iter()
            .map(|g| UnusedOut { code: g.code, message: &g.what, place: g.span.map(|s| places.place(s)) })
            .collect(),
    }
}
