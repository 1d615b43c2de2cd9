//! `purlin check`: read, analyse, report.

use std::time::Instant;

use super::Exit;
use super::answer::Answer;
use super::args::{Check, Format};
use super::ask;
use super::out::{self, Out};
use super::stats;
use crate::diag::{Diagnostic, Severity};
use crate::engine::Options;
use crate::limits::STACK_BYTES;
use crate::project::{self, Inputs, Request};
use crate::report::text::{Style, Text};
use crate::report::{Report, json};

pub(super) fn run(args: &Check, out: &Out) -> Exit {
    let started = Instant::now();
    let exit = with_threads(args.jobs, out, || in_pool(args, out));
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
        Err(error) => {
            out.note(&format!("error: cannot start threads: {error}"));
            Exit::Usage
        }
    }
}

fn in_pool(args: &Check, out: &Out) -> Exit {
    let request =
        Request { paths: args.paths.clone(), policy: args.policy.clone(), code_only: false, shipped: ask::shipped };
    let roots = match project::discover(&request) {
        Ok(roots) => roots,
        Err(fatal) => {
            out.note(&format!("error: {fatal}"));
            return Exit::Usage;
        }
    };
    if roots.iter().all(Inputs::is_empty) {
        out.note("note: there is no Rust or SQL file to check; the policy alone was read");
    }
    let options = Options { day: args.today.unwrap_or_else(out::today), confidence: args.confidence.into() };
    let answers: Vec<Answer<'_>> = roots.iter().map(|inputs| Answer::new(inputs, &options)).collect();

    let broken: Vec<&Answer<'_>> = answers.iter().filter(|a| a.policy_is_broken()).collect();
    if !broken.is_empty() {
        for answer in broken {
            out.note(&diagnostics(answer.inputs, &answer.policy_problems, Severity::Error, out.note_style()));
        }
        out.note("error: the policy is broken, so nothing was checked");
        return Exit::Usage;
    }
    let remarks: usize = answers.iter().map(|a| a.policy_problems.len()).sum();
    if remarks > 0 && !args.quiet {
        let verb = if remarks == 1 { "1 remark" } else { &format!("{remarks} remarks") };
        out.note(&format!("note: {verb} on the policy; `purlin lint` shows them"));
    }

    let reports: Vec<Report<'_>> = answers.iter().map(Answer::report).collect();
    let exit = exit(args, &reports);
    let style = Style { all_gaps: args.gaps, quiet: args.quiet, ..out.style() };
    match args.format {
        Format::Text => {
            let mut text = String::new();
            for (report, answer) in reports.iter().zip(&answers) {
                // Writing to a string cannot fail.
                let _ = Text::new(report.sources, style).report(&mut text, report);
                if args.stats {
                    text.push_str(&stats::text(report.coverage, &answer.methods, report.sources));
                }
            }
            out.print(&text, exit)
        }
        Format::Json => match json::render(&reports) {
            Ok(text) => out.print(&text, exit),
            Err(error) => {
                out.note(&format!("error: cannot write the report: {error}"));
                Exit::Usage
            }
        },
    }
}

/// Violations come before an incomplete run.
fn exit(args: &Check, reports: &[Report<'_>]) -> Exit {
    let is_error = |s: Severity| s == Severity::Error;
    let violations = reports.iter().any(|r| {
        r.judged.findings.iter().any(|f| is_error(f.severity)) || r.diagnostics.iter().any(|d| is_error(d.severity))
    });
    let incomplete = reports.iter().any(|r| r.judged.gaps.iter().any(|g| matches!(g.code, "G02" | "G03")));
    match (violations, args.strict && incomplete) {
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
