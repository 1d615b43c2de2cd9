//! `purlin waive`: writes a dated exception into the policy, for the privacy team to review.
//!
//! The exception is as narrow as the finding: its data, target and purpose, at its function. It is tried before it is
//! written: a waiver that does not take the finding is no waiver.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::Exit;
use super::analysis::{self, Analysis, Reading, answers};
use super::answer::Answer;
use super::args::Waive;
use super::ask;
use super::check::with_threads;
use super::config::Said;
use super::out::Out;
use crate::diag::suggest;
use crate::judge::Finding;
use crate::policy::Target;
use crate::project;
use crate::source::{FileId, SourceFile};

/// The first line of a policy.
const HEAD: &str = "purlin 1\n";
/// The file that waivers are written to where the policy has none yet.
const WAIVERS_FILE: &str = "waivers.purlin";

pub(super) fn run(args: &Waive, out: &Out) -> Exit {
    with_threads(args.ask.jobs, out, || {
        let said = Said { confidence: args.ask.confidence, ..Said::default() };
        let reading = Reading { ask: &args.ask, said, place: args.ask.place(), last: false };
        analysis::with(&reading, out, |analysis| match waive(args, &analysis) {
            Ok(written) => out.print(&written, Exit::Clean),
            Err(problem) => out.fail(&problem),
        })
    })
}

/// Tries and writes the waiver; gives what was written and where.
fn waive(args: &Waive, analysis: &Analysis<'_>) -> Result<String, String> {
    let (answer, finding) = find(args, &analysis.answers)?;
    let day = args.ask.day.date();
    let left = day.days_until(args.until);
    if left < 0 {
        return Err(format!("{} has passed", args.until));
    }
    let (path, old) = file(answer);
    let formatted = |text: String| {
        ask::format(FileId(0), &SourceFile::new(path.as_str(), text))
            .map_err(|_| "this finding cannot be written as a waiver".to_owned())
    };
    let alone = formatted(format!("{HEAD}{}", stanzas(args, finding, answer)?))?;
    let stanzas = alone.strip_prefix(HEAD).unwrap_or(&alone).trim_start();
    let text = formatted(format!("{}\n\n{stanzas}", old.trim_end()))?;

    let mut place = args.ask.place();
    let full = answer.inputs.base.join(&path);
    place.instead = vec![(full.clone(), text.clone())];
    let reading = Reading { ask: &args.ask, said: Said::default(), place, last: true };
    let (_, inputs) = reading.inputs().map_err(|problems| problems.join("; "))?;
    let tried = answers(&inputs, &analysis.settings, &reading, &|_| ());
    let stays = |a: &Answer<'_>| a.judged.findings.iter().any(|f| f.fingerprint == finding.fingerprint);
    if tried.iter().any(|a| a.policy_is_broken() || stays(a)) {
        return Err(format!("a waiver of its own does not take this finding; it would be\n{stanzas}"));
    }
    project::write(&full, &text).map_err(|e| format!("cannot write {path}: {e}"))?;
    let whom = ask::contact(answer.inputs).unwrap_or_else(|| "the privacy team".to_owned());
    Ok(format!("{stanzas}\nwritten to {path}, for {left} days; it counts once {whom} has agreed to the change\n"))
}

/// The finding with the fingerprint, and the policy root in which it is.
fn find<'a>(args: &Waive, answers: &'a [Answer<'a>]) -> Result<(&'a Answer<'a>, &'a Finding), String> {
    let has = |f: &&Finding| f.fingerprint == args.fingerprint;
    if let Some(found) = answers.iter().find_map(|a| a.judged.findings.iter().find(has).map(|f| (a, f))) {
        return Ok(found);
    }
    if answers.iter().any(|a| a.judged.waived.iter().any(|w| w.finding.fingerprint == args.fingerprint)) {
        return Err(format!("{} is waived already", args.fingerprint));
    }
    let all = answers.iter().flat_map(|a| a.judged.findings.iter().map(|f| f.fingerprint.as_str()));
    let hint = suggest(&args.fingerprint, all)
        .map_or_else(|| "`purlin check --format concise` prints them".to_owned(), |n| format!("did you mean {n}?"));
    Err(format!("no finding has the fingerprint {}; {hint}", args.fingerprint))
}

/// One waiver for each group of people whose data is in the finding.
fn stanzas(args: &Waive, finding: &Finding, answer: &Answer<'_>) -> Result<String, String> {
    let Some(purpose) = &finding.purpose_name else {
        return Err("code without a purpose cannot be waived: bind it to one first".to_owned());
    };
    if finding.target == Target::Undeclared {
        return Err("what nobody has declared cannot be waived: declare the recipient first".to_owned());
    }
    let target = match (finding.verb.preposition(), &finding.target_name) {
        (Some(preposition), Some(name)) => format!(" {preposition} {name}"),
        _ => String::new(),
    };
    let mut groups: BTreeMap<Option<&str>, Vec<&str>> = BTreeMap::new();
    for datum in &finding.data {
        let categories = groups.entry(datum.subject.as_deref()).or_default();
        if !categories.contains(&datum.category.as_str()) {
            categories.push(&datum.category);
        }
    }
    let many = groups.len() > 1;
    let mut out = String::new();
    for (subject, categories) in groups {
        let of = subject.map_or_else(String::new, |s| format!(" of {s}"));
        let name = args.name.clone().unwrap_or_else(|| format!("waiver-{}", finding.fingerprint));
        let name = if many { format!("{name}{of}") } else { name };
        let _ = write!(
            out,
            "\nwaiver {} {{\n  permits {} {}{of}{target} for {purpose}\n  at {}\n  owner {}\n  until {}\n  because {}\n}}\n",
            text(&name),
            finding.verb.word(),
            categories.join(", "),
            place(finding, answer),
            text(&args.owner),
            args.until,
            text(&args.because),
        );
    }
    Ok(out)
}

/// The function of a finding, or its file where the function has no path.
fn place(finding: &Finding, answer: &Answer<'_>) -> String {
    let function = &finding.arrival.function;
    let is_path = function.contains("::")
        && function.split("::").all(|s| !s.is_empty() && s.chars().all(|c| c.is_alphanumeric() || c == '_'));
    if is_path { function.to_string() } else { text(answer.inputs.sources.path(finding.arrival.span.file)) }
}

/// A text of the policy language, which knows no escapes.
fn text(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "'").split_whitespace().collect::<Vec<_>>().join(" "))
}

/// The file that waivers go to, and its text: the last that has some, else one of their own beside the policy.
fn file(answer: &Answer<'_>) -> (String, String) {
    let sources = &answer.inputs.sources;
    let entries = answer.inputs.policy_entries.iter().rev().filter_map(|id| sources.get(*id));
    let with_waivers = entries.clone().find(|f| f.text.lines().any(|l| l.trim_start().starts_with("waiver ")));
    let named = entries.into_iter().find(|f| f.path.rsplit('/').next() == Some(WAIVERS_FILE));
    if let Some(file) = with_waivers.or(named) {
        return (file.path.to_string(), file.text.to_string());
    }
    let folder = answer.inputs.policy_entries.first().and_then(|id| sources.path(*id).rsplit_once('/'));
    let path = folder.map_or_else(|| WAIVERS_FILE.to_owned(), |(folder, _)| format!("{folder}/{WAIVERS_FILE}"));
    (path, HEAD.to_owned())
}
