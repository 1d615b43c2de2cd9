//! `purlin baseline`: findings that stood before do not block new work.

use std::fmt::Write as _;

use super::Exit;
use super::analysis::{self, Analysis, Reading, baseline_file};
use super::args::{BaselineAction, BaselineArgs};
use super::baseline_file::{read, render};
use super::check::with_threads;
use super::config::Said;
use super::out::Out;
use crate::diag::suggest;
use crate::judge::{Baseline, Entry, Finding, Mistake, trail};
use crate::project;

pub(super) fn run(action: &BaselineAction, out: &Out) -> Exit {
    let args = match action {
        BaselineAction::Create { args, .. }
        | BaselineAction::Update { args, .. }
        | BaselineAction::Show { args }
        | BaselineAction::Mistaken { args, .. } => args,
    };
    with_threads(args.ask.jobs, out, || {
        let said = Said { confidence: args.ask.confidence, ..Said::default() };
        let reading = Reading { ask: &args.ask, said, place: args.ask.place(), last: true };
        analysis::with(&reading, out, |analysis| act(action, args, &analysis, out))
    })
}

fn act(action: &BaselineAction, args: &BaselineArgs, analysis: &Analysis<'_>, out: &Out) -> Exit {
    let (file, shown) = baseline_file(args.baseline.as_ref(), &analysis.settings);
    let before = match read(&file, &shown) {
        Ok(before) => before,
        Err(problem) => {
            return out.fail(&problem);
        }
    };
    let found: Vec<&Finding> = analysis.answers.iter().flat_map(|a| a.judged.all_findings()).collect();
    let standing = || analysis.answers.iter().flat_map(|a| &a.judged.findings);
    let write = |baseline: &Baseline, said: String| {
        if let Err(error) = project::write(&file, &render(baseline)) {
            return out.fail(&format!("cannot write {shown}: {error}"));
        }
        out.print(&format!("{shown}: {said}\n"), Exit::Clean)
    };
    match (action, before) {
        (BaselineAction::Create { force: false, .. }, Some(_)) => out.fail(&format!(
            "{shown} is there already: `purlin baseline update` takes out what is gone, `create --force` begins anew"
        )),
        (BaselineAction::Create { .. }, before) => {
            let mistaken = before.map(|b| b.mistaken).unwrap_or_default();
            let known = Baseline::of(standing().filter(|f| !mistaken.contains_key(&f.fingerprint))).known;
            let baseline = Baseline { known, mistaken };
            let said = format!("{} findings in {} entries", count(&baseline, standing()), baseline.known.len());
            write(&baseline, said)
        }
        (_, None) => {
            // The first mistake makes the file.
            if let BaselineAction::Mistaken { fingerprint, because, .. } = action {
                return mistaken(Baseline::default(), fingerprint, because, standing(), out, write);
            }
            out.fail(&format!("there is no {shown}: `purlin baseline create` makes one"))
        }
        (BaselineAction::Update { add, .. }, Some(mut baseline)) => {
            let updated =
                if *add { baseline.update(standing(), true) } else { baseline.update(found.iter().copied(), false) };
            let said = format!(
                "{} entries gone, {} smaller, {} new; {} findings in {} entries",
                updated.gone,
                updated.smaller,
                updated.new,
                count(&baseline, found.iter().copied()),
                baseline.known.len()
            );
            write(&baseline, said)
        }
        (BaselineAction::Show { .. }, Some(baseline)) => out.print(&show(&baseline, &found), Exit::Clean),
        (BaselineAction::Mistaken { fingerprint, because, .. }, Some(baseline)) => {
            mistaken(baseline, fingerprint, because, standing(), out, write)
        }
    }
}

/// How many of some findings a baseline stands for.
fn count<'a>(baseline: &Baseline, findings: impl Iterator<Item = &'a Finding>) -> usize {
    findings.filter(|f| baseline.known.contains_key(&f.fingerprint)).count()
}

fn mistaken<'a>(
    mut baseline: Baseline,
    fingerprint: &str,
    because: &str,
    standing: impl Iterator<Item = &'a Finding>,
    out: &Out,
    write: impl FnOnce(&Baseline, String) -> Exit,
) -> Exit {
    let all: Vec<&Finding> = standing.collect();
    let Some(finding) = all.iter().find(|f| f.fingerprint == fingerprint) else {
        let near = suggest(fingerprint, all.iter().map(|f| f.fingerprint.as_str()));
        let hint = near.map_or_else(|| "`--format concise` prints them".to_owned(), |n| format!("did you mean {n}?"));
        return out.fail(&format!("no finding has the fingerprint {fingerprint}; {hint}"));
    };
    let alike = Baseline::of([*finding]);
    let Some(entry) = alike.known.into_values().next() else { return Exit::Usage };
    let said = format!("{} in `{}` is said to be mistaken, as long as its path stays as it is", entry.rule, entry.at);
    let mistake = Mistake { entry, because: because.trim().to_owned(), trail: trail(finding) };
    baseline.known.remove(fingerprint);
    baseline.mistaken.insert(fingerprint.to_owned(), mistake);
    write(&baseline, said)
}

/// Every entry, and whether it is still found.
fn show(baseline: &Baseline, found: &[&Finding]) -> String {
    let gone = baseline.gone(found.iter().copied());
    let left = |fingerprint: &str| gone.iter().find(|g| g.fingerprint == fingerprint).map(|g| g.left);
    let mut out = String::new();
    let mut line = |fingerprint: &str, entry: &Entry, note: &str| {
        let state = match left(fingerprint) {
            None => String::new(),
            Some(0) => " (gone)".to_owned(),
            Some(n) => format!(" ({n} of {} left)", entry.count),
        };
        let times = if entry.count > 1 { format!(" {}×", entry.count) } else { String::new() };
        let _ = writeln!(out, "{fingerprint} {}{times} in `{}`{state}: {}{note}", entry.rule, entry.at, entry.what);
    };
    for (fingerprint, entry) in &baseline.known {
        line(fingerprint, entry, "");
    }
    for (fingerprint, mistake) in &baseline.mistaken {
        line(fingerprint, &mistake.entry, &format!("\n  said to be mistaken: {}", mistake.because));
    }
    let _ = writeln!(
        out,
        "{} findings in {} entries, {} said to be mistaken, {} entries gone or smaller",
        count(baseline, found.iter().copied()),
        baseline.known.len(),
        baseline.mistaken.len(),
        gone.len()
    );
    out
}
