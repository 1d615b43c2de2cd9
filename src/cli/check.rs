//! `purlin check`: read, analyse, report.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::Exit;
use super::analysis::{self, Analysis, Reading, baseline_file};
use super::answer::Answer;
use super::args::{Check, FailOn};
use super::baseline_file;
use super::config::{Said, Settings};
use super::diff_base;
use super::out::{self, Out};
use super::scope;
use super::stats;
use crate::diag::{Diagnostic, Severity};
use crate::judge::{Judged, Old};
use crate::limits::STACK_BYTES;
use crate::project::{self, BASELINE_FILE, Inputs, Place, Stamp};
use crate::report::text::{Style, Text};
use crate::report::{Format, Report, Wish};

pub(super) fn run(args: &Check, out: &Out) -> Exit {
    if !args.watch {
        return once(args, out);
    }
    let (request, place) = (args.ask.request(), Place { whole: true, ..args.ask.place() });
    let more: Vec<PathBuf> = args.baseline.iter().cloned().chain([PathBuf::from(BASELINE_FILE)]).collect();
    loop {
        let asked = Instant::now();
        let before = Stamp::now(&request, &place, &more);
        // Looking takes at most a tenth of the time.
        let pause = (asked.elapsed() * 10).max(LOOK);
        out.clear();
        once(args, out);
        out.note("watching for changes");
        while Stamp::now(&request, &place, &more) == before {
            std::thread::sleep(pause);
        }
    }
}

/// How often a watch looks whether a file has changed, at most.
const LOOK: Duration = Duration::from_millis(200);

fn once(args: &Check, out: &Out) -> Exit {
    let started = Instant::now();
    let exit = with_threads(args.ask.jobs, out, || in_pool(args, out));
    if out.watched() && !args.quiet {
        out.note(&format!("{:.2} s", started.elapsed().as_secs_f64()));
    }
    exit
}

/// Does something on so many threads; all cores if it is not said.
pub(super) fn with_threads(jobs: Option<u16>, out: &Out, work: impl FnOnce() -> Exit + Send) -> Exit {
    let mut pool = rayon::ThreadPoolBuilder::new().stack_size(STACK_BYTES);
    if let Some(jobs) = jobs {
        pool = pool.num_threads(usize::from(jobs));
    }
    match pool.build() {
        Ok(pool) => pool.install(work),
        Err(error) => out.fail(&format!("cannot start threads: {error}")),
    }
}

fn in_pool(args: &Check, out: &Out) -> Exit {
    let said = Said { strict: args.strict, fail_on: args.fail_on, confidence: args.ask.confidence };
    let scope = match scope::of(args, out) {
        Ok(Some(scope)) => scope,
        Ok(None) => {
            out.note("note: nothing that is staged is Rust, SQL, a policy or a setting");
            return Exit::Clean;
        }
        Err(problem) => {
            return out.fail(&problem);
        }
    };
    let reading =
        Reading { ask: &scope.ask, said, place: scope.place.clone(), last: !args.watch && args.diff_base.is_none() };
    analysis::with(&reading, out, |mut analysis| {
        if let Err(problem) = take_out_the_old(args, &mut analysis, out) {
            return out.fail(&problem);
        }
        for answer in &mut analysis.answers {
            answer.focus();
        }
        let remarks: usize = analysis.answers.iter().map(|a| a.policy_problems.len()).sum();
        if remarks > 0 && !args.quiet {
            let verb = if remarks == 1 { "1 remark" } else { &format!("{remarks} remarks") };
            out.note(&format!("note: {verb} on the policy; `purlin lint` shows them"));
        }
        let reports: Vec<Report<'_>> = analysis.answers.iter().map(Answer::report).collect();
        let exit = exit(&analysis.settings, &reports);
        say(args, out, &reports, &analysis.answers, exit)
    })
}

/// Sorts out what the baseline knows, and what was there where the branch began.
fn take_out_the_old(args: &Check, analysis: &mut Analysis<'_>, out: &Out) -> Result<(), String> {
    let (file, shown) = baseline_file(args.baseline.as_ref(), &analysis.settings);
    let baseline = if args.no_baseline { None } else { baseline_file::read(&file, &shown)? };
    if baseline.is_none() && args.baseline.is_some() {
        return Err(format!("no such file: {shown}"));
    }
    let baseline = baseline.unwrap_or_default();
    if !baseline.is_empty() {
        let gone = baseline.gone(analysis.answers.iter().flat_map(|a| a.judged.all_findings()));
        let mut run: Vec<&mut Judged> = analysis.answers.iter_mut().map(|a| &mut a.judged).collect();
        baseline.sift(&mut run, &Old::Baseline);
        if let Some(first) = run.first_mut() {
            first.gone = gone;
        }
    }
    match &args.diff_base {
        Some(revision) => diff_base::compare(revision, &args.ask, &baseline, analysis, out),
        None => Ok(()),
    }
}

/// Writes the report in every format that is asked for.
fn say(args: &Check, out: &Out, reports: &[Report<'_>], answers: &[Answer<'_>], exit: Exit) -> Exit {
    let plain = Style { color: false, unicode: true, all_gaps: args.gaps, quiet: args.quiet };
    for (format, file) in &args.output {
        let wish = Wish { style: plain, suppressed: args.report_suppressed };
        let written = format.render(reports, wish).map_err(|e| e.to_string());
        let written = written.and_then(|text| project::write(file, &text).map_err(|e| e.to_string()));
        if let Err(error) = written {
            return out.fail(&format!("cannot write {}: {error}", file.display()));
        }
    }
    let style = Style { all_gaps: args.gaps, quiet: args.quiet, ..out.style() };
    let wish = Wish { style, suppressed: args.report_suppressed };
    let mut text = match args.format.unwrap_or(Format::Text).render(reports, wish) {
        Ok(text) => text,
        Err(error) => {
            return out.fail(&format!("cannot write the report: {error}"));
        }
    };
    if args.format.is_none()
        && out::in_github_actions()
        && let Ok(annotations) = Format::Github.render(reports, wish)
    {
        text.push_str(&annotations);
    }
    if args.stats && matches!(args.format, None | Some(Format::Text | Format::Concise)) {
        for answer in answers {
            text.push_str(&stats::text(&answer.coverage, &answer.methods, &answer.inputs.sources));
        }
    }
    out.print(&text, exit)
}

/// Violations come before an incomplete run.
fn exit(settings: &Settings, reports: &[Report<'_>]) -> Exit {
    let fails = |severity: Severity| match settings.fail_on {
        FailOn::Error => severity == Severity::Error,
        FailOn::Warning => true,
        FailOn::Never => false,
    };
    let violations = reports.iter().flat_map(Report::severities).any(fails);
    let incomplete = reports.iter().any(|r| r.judged.gaps.iter().any(|g| matches!(g.code, "G02" | "G03")));
    match (violations, settings.strict && incomplete) {
        (true, _) => Exit::Violations,
        (false, true) => Exit::Incomplete,
        (false, false) => Exit::Clean,
    }
}

/// Problems of a policy as text, those at least this bad.
pub(super) fn diagnostics(inputs: &Inputs, all: &[Diagnostic], least: Severity, style: Style) -> String {
    let text = Text::new(&inputs.sources, style);
    let mut out = String::new();
    for diagnostic in all.iter().filter(|d| d.severity <= least) {
        let _ = text.diagnostic(&mut out, diagnostic);
    }
    out.truncate(out.trim_end().len());
    out
}
