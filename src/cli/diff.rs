//! `purlin diff`: what a change of the policy permits, and which findings it creates or silences.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::Exit;
use super::args::{Diff, DiffFormat};
use super::ask;
use super::check::{diagnostics, with_threads};
use super::out::{self, Out};
use crate::ask::diff;
use crate::diag::Severity;
use crate::engine::{self, Options};
use crate::flow::Confidence;
use crate::policy::{Date, Policy};
use crate::project::{self, Inputs, Request};

pub(super) fn run(args: &Diff, out: &Out) -> Exit {
    match compare(args, out) {
        Ok(exit) => exit,
        Err(message) => {
            out.note(&format!("error: {message}"));
            Exit::Usage
        }
    }
}

fn compare(args: &Diff, out: &Out) -> Result<Exit, String> {
    let day = args.today.unwrap_or_else(out::today);
    let after = one(request(args.policy.iter().cloned().collect(), args.path.iter().cloned().collect()))?;
    let before = if Path::new(&args.against).exists() {
        one(request(vec![PathBuf::from(&args.against)], Vec::new()))?
    } else {
        let base = std::env::current_dir().map_err(|e| format!("the current folder: {e}"))?;
        project::policy_at(&base, &after.root, &args.against, ask::shipped).map_err(|e| e.to_string())?
    };
    let (old, new) = (policy(&before, &args.against, out)?, policy(&after, "the policy now", out)?);
    let diff = diff(&old, &new, day);
    let today = day.to_string();
    let mut text = match args.format {
        DiffFormat::Text => diff.text(&today),
        DiffFormat::Markdown => diff.markdown(&today),
        DiffFormat::Json => diff.json(&today).map_err(|e| format!("cannot write the difference: {e}"))?,
    };
    if args.format != DiffFormat::Json {
        let beside = beside((&before, &old), (&after, &new));
        if !beside.is_empty() {
            text.push_str(&section(args.format, "other sentences", &beside));
        }
    }
    if let Some(code) = &args.code {
        if args.format == DiffFormat::Json {
            return Err(
                "findings are not part of the JSON: compare two runs of `purlin check --format json`".to_owned()
            );
        }
        text.push_str(&section(args.format, "findings", &findings(code, &before, &after, day, out)?));
    }
    let wider = args.fail_on_widening && diff.is_wider();
    Ok(out.print(&text, if wider { Exit::Violations } else { Exit::Clean }))
}

fn request(policy: Vec<PathBuf>, paths: Vec<PathBuf>) -> Request {
    Request { paths, policy, code_only: false, shipped: ask::shipped }
}

/// The one policy that is asked for.
fn one(request: Request) -> Result<Inputs, String> {
    let mut roots = project::discover_policy(&request).map_err(|e| e.to_string())?;
    match (roots.len(), roots.pop()) {
        (1, Some(root)) => Ok(root),
        (n, _) => Err(format!("there are {n} policies here; name the folder of one")),
    }
}

fn policy(inputs: &Inputs, whose: &str, out: &Out) -> Result<Policy, String> {
    let (policy, problems) = ask::load(inputs);
    policy.ok_or_else(|| {
        out.note(&diagnostics(inputs, &problems, Severity::Error, out.note_style()));
        format!("{whose} is broken, so nothing can be compared")
    })
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
    lines(&sentences(before), &sentences(after))
}

/// What one count has more than the other, with its sign.
fn lines(before: &BTreeMap<String, i64>, after: &BTreeMap<String, i64>) -> Vec<String> {
    let mut out = Vec::new();
    for (line, n) in before {
        if *n > after.get(line).copied().unwrap_or(0) {
            out.push(format!("- {line}"));
        }
    }
    for (line, n) in after {
        if *n > before.get(line).copied().unwrap_or(0) {
            out.push(format!("+ {line}"));
        }
    }
    out
}

/// The findings in code that one policy has and the other has not.
fn findings(code: &Path, before: &Inputs, after: &Inputs, day: Date, out: &Out) -> Result<Vec<String>, String> {
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
    let mut told = Vec::new();
    let exit = with_threads(None, out, || {
        told = lines(&under(before), &under(after));
        Exit::Clean
    });
    if exit != Exit::Clean {
        return Err("the code could not be analysed".to_owned());
    }
    if told.is_empty() {
        told.push("none is created, none is silenced".to_owned());
    }
    Ok(told)
}
