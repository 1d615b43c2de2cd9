//! Cases: Markdown files in which every heading with code blocks is a test.
//!
//! The blocks are files (`purlin`, `rust`, `sql`, `yaml`, `toml`), read in memory; those under the title of a file are part of
//! each of its cases. A comment that begins with `$` says what must be found on its line; everything that is found
//! must be said. `docs/cases.md` describes the format.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use purlin::cli::Answer;
use purlin::engine::{Options, unused};
use purlin::flow::Confidence;
use purlin::judge::{Finding, Gap};
use purlin::policy::Date;
use purlin::project::Inputs;
use purlin::report::text::{Style, Text};
use purlin::source::Span;

/// One file of cases.
#[derive(Debug)]
pub struct CaseFile {
    /// Its cases, in order.
    pub cases: Vec<Case>,
}

/// One heading and its blocks.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// The heading, without `#`.
    pub heading: String,
    /// The lines of text before the first block.
    pub text: Vec<String>,
    /// Files: path and text.
    pub files: Vec<(String, String)>,
    /// The `report` block: its text, and its lines in the Markdown file (first, after the last).
    pub report: Option<(String, usize, usize)>,
    /// The day of the run.
    pub day: Date,
    /// Findings below this are not shown.
    pub confidence: Confidence,
    /// What is wrong with the case itself.
    pub problem: Option<String>,
}

/// What a marker says of its finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// It must be found.
    Found,
    /// It should be found and is not: a known false negative.
    Missing,
    /// It should not be found and is: a known false positive.
    Spurious,
    /// Nothing is to be found here: said where it is what the case is about.
    Clean,
}

/// What is expected, or was found, at a line: path, line, text.
type Mark = (String, usize, String);

const DEFAULT_DAY: &str = "2026-11-22";

/// Reads the cases of a Markdown file.
pub fn parse(markdown: &str) -> CaseFile {
    let day = Date::parse(DEFAULT_DAY).expect("the default day is a day");
    let fresh = |heading: &str| Case {
        heading: heading.to_owned(),
        text: Vec::new(),
        files: Vec::new(),
        report: None,
        day,
        confidence: Confidence::Likely,
        problem: None,
    };
    let mut cases: Vec<Case> = Vec::new();
    let mut shared = Vec::new();
    let mut case = fresh("");
    let mut titled = false;
    let mut lines = markdown.lines().enumerate();
    while let Some((_, line)) = lines.next() {
        if let Some(heading) = line.strip_prefix('#') {
            let mut done = std::mem::replace(&mut case, fresh(heading.trim_start_matches('#').trim()));
            if titled {
                shared.append(&mut done.files);
            }
            cases.push(done);
            titled = line.starts_with("# ");
        } else if let Some(setting) = line.strip_prefix("<!-- ").and_then(|l| l.strip_suffix(" -->")) {
            set(&mut case, setting);
        } else if let Some(language) = line.strip_prefix("```") {
            let mut block = Vec::new();
            let mut span = (0, 0);
            let mut closed = false;
            for (number, line) in lines.by_ref() {
                if span.0 == 0 {
                    span.0 = number;
                }
                span.1 = number;
                if line.trim_end() == "```" {
                    closed = true;
                    break;
                }
                block.push(line);
            }
            if !closed {
                case.problem = Some("a code block is not closed".to_owned());
            }
            add_block(&mut case, language.trim(), &block, span);
        } else if case.files.is_empty() && !line.trim().is_empty() {
            case.text.push(line.to_owned());
        }
    }
    cases.push(case);
    cases.retain(|c| !c.files.is_empty() || c.report.is_some() || c.problem.is_some());
    for case in &mut cases {
        add_shared(case, &shared);
    }
    CaseFile { cases }
}

/// What stands under the title follows what the case itself says of a file, so that its lines keep their numbers.
fn add_shared(case: &mut Case, shared: &[(String, String)]) {
    for (path, text) in shared {
        match case.files.iter_mut().find(|(p, _)| p == path) {
            Some((_, own)) => own.push_str(text),
            None => case.files.push((path.clone(), text.clone())),
        }
    }
}

fn set(case: &mut Case, setting: &str) {
    match setting.split_once(": ") {
        Some(("today", text)) => match Date::parse(text) {
            Some(day) => case.day = day,
            None => case.problem = Some(format!("`{text}` is not a day")),
        },
        Some(("confidence", "possible")) => case.confidence = Confidence::Possible,
        Some(("confidence", "certain")) => case.confidence = Confidence::Certain,
        _ => {}
    }
}

fn add_block(case: &mut Case, language: &str, block: &[&str], span: (usize, usize)) {
    let (comment, default) = match language {
        "rust" => ("//", "src/lib.rs"),
        "sql" => ("--", "migrations/0001_schema.sql"),
        "purlin" => ("#", "privacy.purlin"),
        "proto" => ("//", "proto/messages.proto"),
        "toml" => ("#", "Cargo.toml"),
        "yaml" => ("#", "models/schema.yml"),
        "html" => ("<!--", "templates/page.html"),
        "report" => {
            case.report = Some((block.iter().map(|l| format!("{l}\n")).collect(), span.0, span.1));
            return;
        }
        _ => return,
    };
    let named = block.first().and_then(|l| l.trim().strip_prefix(comment)?.trim().strip_prefix("path: "));
    let named = named.map(|path| path.trim_end_matches("-->").trim());
    let mut text: String = block.iter().map(|l| format!("{l}\n")).collect();
    if named.is_some() {
        // Lines keep their numbers, and the policy's first line stays its first word.
        text = text.split_once('\n').map_or_else(String::new, |(_, rest)| format!("\n{rest}"));
    }
    let path = named.unwrap_or(default).to_owned();
    if case.files.iter().any(|(p, _)| *p == path) {
        case.problem = Some(format!("two blocks are `{path}`; name one with a first line `{comment} path: ..`"));
    }
    case.files.push((path, text));
}

/// The markers of a case.
pub fn markers(case: &Case) -> Result<Vec<(Kind, Mark)>, String> {
    let mut out = Vec::new();
    for (path, text) in &case.files {
        for (index, line) in text.lines().enumerate() {
            let start = ["// $", "-- $", "# $"].iter().filter_map(|s| Some(line.find(s)? + s.len())).max();
            let Some(start) = start else { continue };
            let rest = &line[start..];
            let (number, rest) = match rest.chars().next() {
                Some('^') => (index, &rest[1..]),
                Some('v') => (index + 2, &rest[1..]),
                _ => (index + 1, rest),
            };
            let before = out.len();
            let mut kind = Kind::Found;
            for word in rest.split_whitespace() {
                match word {
                    "MISSING:" => kind = Kind::Missing,
                    "SPURIOUS:" => kind = Kind::Spurious,
                    "clean" => out.push((Kind::Clean, (path.clone(), number, word.to_owned()))),
                    word => {
                        out.push((kind, (path.clone(), number, word.to_owned())));
                        kind = Kind::Found;
                    }
                }
            }
            let said = &out[before..];
            if said.is_empty() {
                return Err(format!("{path}:{}: a marker without a word", index + 1));
            }
            if said.len() > 1 && said.iter().any(|(kind, _)| *kind == Kind::Clean) {
                return Err(format!("{path}:{}: `clean` stands alone", index + 1));
            }
        }
    }
    Ok(out)
}

/// Runs a case.
pub fn run<'a>(inputs: &'a Inputs, case: &Case) -> Answer<'a> {
    Answer::new(inputs, &options(case))
}

fn options(case: &Case) -> Options {
    Options { day: case.day, confidence: case.confidence }
}

/// The inputs of a case. Without a `Cargo.toml` they are one package called `app`.
pub fn inputs(case: &Case) -> Inputs {
    let mut files = case.files.clone();
    if !files.iter().any(|(p, _)| p.ends_with("Cargo.toml")) {
        files.push(("Cargo.toml".to_owned(), "[package]\nname = \"app\"\n".to_owned()));
    }
    Inputs::from_memory(files, purlin::cli::shipped)
}

/// What was found, as markers would say it.
fn found(inputs: &Inputs, answer: &Answer<'_>, unused: &[Gap], asked: &[(Kind, Mark)]) -> Vec<Mark> {
    let at = |span: Span| (inputs.sources.path(span.file).to_owned(), inputs.sources.start(span).line as usize);
    let mut out: Vec<Mark> = Vec::new();
    let mut add = |span: Option<Span>, text: String| {
        let (path, line) = span.map_or_else(|| ("?".to_owned(), 0), at);
        out.push((path, line, text));
    };
    for finding in &answer.judged.findings {
        add(Some(finding.arrival.span), word(finding));
    }
    for waived in &answer.judged.waived {
        add(Some(waived.finding.arrival.span), format!("waived:{}", word(&waived.finding)));
    }
    // Remarks of other kinds are expected only where a case is about them.
    let asks = |code: &str| asked.iter().any(|(_, (.., word))| word == code);
    for gap in answer.judged.gaps.iter().chain(unused) {
        if gap.code != "G04" || asks(gap.code) {
            add(gap.span, gap.code.to_owned());
        }
    }
    let problems = answer.policy_problems.iter().chain(&answer.code_problems).chain(&answer.judged.notes);
    for problem in problems {
        if problem.severity == purlin::diag::Severity::Error || asks(problem.code) {
            add(problem.labels.first().map(|l| l.span), problem.code.to_owned());
        }
    }
    out
}

/// `outside-purpose=contact.email,name>marketing`.
fn word(finding: &Finding) -> String {
    let mut data: Vec<&str> = finding.data.iter().map(|d| d.category.as_str()).collect();
    data.sort_unstable();
    data.dedup();
    let destination = finding.target_name.as_ref().or(finding.purpose_name.as_ref());
    let destination = destination.map_or_else(String::new, |d| format!(">{d}"));
    format!("{}={}{destination}", finding.rule.name(), data.join(","))
}

/// Checks a case: what differs from its markers, with the paths of what should not be there.
pub fn check(case: &Case) -> Result<(), String> {
    if let Some(problem) = &case.problem {
        return Err(problem.clone());
    }
    let asked = markers(case)?;
    if asked.is_empty() && case.report.is_none() && !case.heading.split_whitespace().any(|w| w == "clean") {
        return Err("a case without markers must say `clean` in its heading".to_owned());
    }
    if asked.iter().any(|(kind, _)| matches!(kind, Kind::Missing | Kind::Spurious)) && case.text.len() < 2 {
        return Err("a known error needs a line of text of its own that says why".to_owned());
    }
    let inputs = inputs(case);
    let answer = run(&inputs, case);
    let mut diff = String::new();
    // Another run, so only where a case is about it.
    let unused = match asked.iter().any(|(_, (.., word))| word == "G05") {
        true => unused(&inputs, &options(case), &|_| ()).1,
        false => Vec::new(),
    };
    compare(&asked, found(&inputs, &answer, &unused, &asked), &mut diff);
    if let Some((expected, ..)) = &case.report {
        let text = report(&inputs, &answer);
        if text.trim_end() != expected.trim_end() {
            let _ = writeln!(diff, "the report differs (PURLIN_BLESS=1 writes it):\n{text}");
        }
    }
    if diff.is_empty() {
        return Ok(());
    }
    let shown = report(&inputs, &answer);
    if !shown.is_empty() && case.report.is_none() {
        let _ = writeln!(diff, "\n{shown}");
    }
    Err(diff)
}

/// Says in `diff` what was expected and not found, and what was found and not expected.
pub fn compare(asked: &[(Kind, Mark)], found: Vec<Mark>, diff: &mut String) {
    let mut left: BTreeMap<Mark, usize> = BTreeMap::new();
    for mark in found {
        *left.entry(mark).or_default() += 1;
    }
    let mut take = |mark: &Mark| match left.get_mut(mark) {
        Some(n) if *n > 0 => {
            *n -= 1;
            true
        }
        _ => false,
    };
    let mut sorted: Vec<&(Kind, Mark)> = asked.iter().collect();
    sorted.sort();
    for (kind, mark) in sorted {
        let (path, line, word) = mark;
        match (kind, take(mark)) {
            (Kind::Found | Kind::Spurious, true) | (Kind::Missing, false) | (Kind::Clean, _) => {}
            (Kind::Found, false) => {
                let _ = writeln!(diff, "- {path}:{line}: {word} was expected and not found");
            }
            (Kind::Missing, true) => {
                let _ = writeln!(diff, "! {path}:{line}: {word} is found now: remove `MISSING:`");
            }
            (Kind::Spurious, false) => {
                let _ = writeln!(diff, "! {path}:{line}: {word} is gone: remove the `SPURIOUS:` marker");
            }
        }
    }
    for ((path, line, word), n) in left {
        for _ in 0..n {
            let _ = writeln!(diff, "+ {path}:{line}: {word} was found and not expected");
        }
    }
}

/// The findings and problems of a case as they are printed, without coverage.
pub fn report(inputs: &Inputs, answer: &Answer<'_>) -> String {
    let style = Style { color: false, unicode: true, all_gaps: false, quiet: false };
    let text = Text::new(&inputs.sources, style);
    let mut out = String::new();
    text.findings(&mut out, &answer.judged.findings).expect("strings can be written");
    for problem in answer.policy_problems.iter().chain(&answer.code_problems) {
        if problem.severity == purlin::diag::Severity::Error {
            text.diagnostic(&mut out, problem).expect("strings can be written");
        }
    }
    out
}

/// A Markdown text with the report blocks of its cases rewritten. Markers are never touched: people write them.
#[allow(dead_code, reason = "only the cases themselves are blessed")]
pub fn bless(markdown: &str) -> String {
    let mut lines: Vec<String> = markdown.lines().map(str::to_owned).collect();
    let mut blocks: Vec<(usize, usize, String)> = Vec::new();
    for case in parse(markdown).cases {
        if let Some((_, first, after)) = case.report {
            let inputs = inputs(&Case { report: None, ..case.clone() });
            let text = report(&inputs, &run(&inputs, &case));
            blocks.push((first, after, text.trim_end().to_owned()));
        }
    }
    for (first, after, text) in blocks.into_iter().rev() {
        let text = text.lines().map(str::to_owned);
        lines.splice(first..after, text);
    }
    let mut out = lines.join("\n");
    out.push('\n');
    out
}
