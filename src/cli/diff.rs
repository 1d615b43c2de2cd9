//! `purlin diff`: what a change of the policy permits, and which findings it creates or silences.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::Exit;
use super::args::{Diff, DiffFormat};
use super::ask;
use super::check::with_threads;
use super::out::Out;
use crate::ask::{Findings, diff};
use crate::engine::{self, Options};
use crate::flow::Confidence;
use crate::policy::{Date, Policy};
use crate::project::{self, Inputs, Repository, Request};

pub(super) fn run(args: &Diff, out: &Out) -> Exit {
    match compare(args, out) {
        Ok(exit) => exit,
        Err(message) => out.fail(&message),
    }
}

fn compare(args: &Diff, out: &Out) -> Result<Exit, String> {
    let day = args.day.date();
    let after = ask::one(&request(args.policy.iter().cloned().collect(), args.path.iter().cloned().collect()))?;
    let before = if Path::new(&args.against).exists() {
        ask::one(&request(vec![PathBuf::from(&args.against)], Vec::new()))?
    } else {
        at(&args.against, &after.root)?
    };
    let so = "nothing can be compared";
    let (old, new) = (ask::sound(&before, so, out)?, ask::sound(&after, so, out)?);
    let diff = diff(&old, &new, day);
    let today = day.to_string();
    let found = match &args.code {
        Some(code) => Some(findings(code, &before, &after, day, out)?),
        None => None,
    };
    let mut text = match args.format {
        DiffFormat::Text => diff.text(&today),
        DiffFormat::Markdown => diff.markdown(&today),
        DiffFormat::Json => {
            diff.json(&today, found.as_ref()).map_err(|e| format!("cannot write the difference: {e}"))?
        }
    };
    if args.format != DiffFormat::Json {
        let beside = beside((&before, &old), (&after, &new));
        if !beside.is_empty() {
            text.push_str(&section(args.format, "other sentences", &beside));
        }
    }
    if let Some(found) = found.filter(|_| args.format != DiffFormat::Json) {
        text.push_str(&section(args.format, "findings", &found.lines()));
    }
    let wider = args.fail_on_widening && diff.is_wider();
    Ok(out.print(&text, if wider { Exit::Violations } else { Exit::Clean }))
}

fn request(policy: Vec<PathBuf>, paths: Vec<PathBuf>) -> Request {
    Request { paths, policy, code_only: false, shipped: ask::shipped }
}

/// The policy of a folder as it was at a revision.
fn at(revision: &str, folder: &str) -> Result<Inputs, String> {
    let repository = Repository::here().map_err(|e| e.to_string())?;
    let state = repository.commit(revision).map_err(|e| e.to_string())?;
    let copy = repository.copy(&state).map_err(|e| e.to_string())?;
    let there = copy.at().join(folder);
    if !there.is_dir() {
        return Err(format!("there is no folder {folder} at {revision}"));
    }
    ask::one(&request(vec![there], Vec::new()))
}

fn section(format: DiffFormat, title: &str, lines: &[String]) -> String {
    let mut out = String::new();
    if format == DiffFormat::Markdown {
        let _ = writeln!(
            out,
            "\n**{}{}**\n\n```diff",
            title.get(..1).unwrap_or("").to_uppercase(),
            title.get(1..).unwrap_or("")
        );
    } else {
        let _ = writeln!(out, "{title}:");
    }
    let margin = if format == DiffFormat::Markdown { "" } else { "  " };
    for line in lines {
        let _ = writeln!(out, "{margin}{line}");
    }
    if format == DiffFormat::Markdown {
        out.push_str("```\n");
    }
    out
}

/// What is said of code, people and exceptions, and shows in no flow: bindings, waivers, preferences, tests.
fn beside(before: (&Inputs, &Policy), after: (&Inputs, &Policy)) -> Vec<String> {
    let sentences = |(inputs, policy): (&Inputs, &Policy)| {
        let mut counts: BTreeMap<String, i64> = BTreeMap::new();
        let spans = policy.bindings.iter().map(|b| ("bind ", b.span));
        let spans = spans
            .chain(policy.waivers.iter().map(|w| ("", w.span)))
            .chain(policy.promises.iter().filter(|p| !p.must).map(|p| ("", p.span)))
            .chain(policy.tests.iter().flat_map(|t| &t.expectations).map(|e| ("test: ", e.span)));
        for (kind, span) in spans {
            let words = inputs.sources.text(span).split_whitespace().collect::<Vec<_>>().join(" ");
            *counts.entry(format!("{kind}{words}")).or_default() += 1;
        }
        counts
    };
    let (before, after) = (sentences(before), sentences(after));
    let gone = more(&before, &after).map(|line| format!("- {line}"));
    gone.chain(more(&after, &before).map(|line| format!("+ {line}"))).collect()
}

/// What one count has more than another.
fn more<'a>(one: &'a BTreeMap<String, i64>, other: &'a BTreeMap<String, i64>) -> impl Iterator<Item = &'a String> {
    one.iter().filter(|(line, n)| **n > other.get(*line).copied().unwrap_or(0)).map(|(line, _)| line)
}

/// The findings in code that one policy has and the other has not.
fn findings(code: &Path, before: &Inputs, after: &Inputs, day: Date, out: &Out) -> Result<Findings, String> {
    let found = project::discover(&Request { code_only: true, ..request(Vec::new(), vec![code.to_path_buf()]) });
    let mut found = found.map_err(|e| e.to_string())?;
    let code = found.pop().ok_or("there is no code")?;
    let under = |policy: &Inputs| {
        let is_policy = |path: &str| path.ends_with(".purlin") || path.starts_with("purlin:");
        let texts = code.sources.iter().filter(|(_, f)| !is_policy(&f.path));
        let own =
            policy.policy.iter().filter_map(|id| policy.sources.get(*id)).filter(|f| !f.path.starts_with("purlin:"));
        let all = texts.map(|(_, f)| f).chain(own).map(|f| (f.path.to_string(), f.text.to_string()));
        let inputs = Inputs::from_memory(all.collect(), ask::shipped);
        let outcome = engine::analyze(&inputs, &Options { day, confidence: Confidence::Likely });
        let mut counts: BTreeMap<String, i64> = BTreeMap::new();
        for f in &outcome.judged.findings {
            let place = inputs.sources.show(f.arrival.span);
            *counts.entry(format!("{} {place}: {}", f.rule.code(), f.message)).or_default() += 1;
        }
        counts
    };
    let mut told = Findings::default();
    let exit = with_threads(None, out, || {
        let (before, after) = (under(before), under(after));
        told.created = more(&after, &before).cloned().collect();
        told.silenced = more(&before, &after).cloned().collect();
        Exit::Clean
    });
    if exit != Exit::Clean {
        return Err("the code could not be analysed".to_owned());
    }
    Ok(told)
}
