//! `purlin lint`: what is wrong or odd about a policy, which of its bindings name nothing, and which of its permissions the
//! code does not use.

use super::Exit;
use super::args::{Format, Lint};
use super::ask;
use super::check::{diagnostics, with_threads};
use super::out::Out;
use super::progress::Progress;
use crate::diag::{Diagnostic, Severity, count};
use crate::engine::{self, Options};
use crate::flow::Confidence;
use crate::judge::Gap;
use crate::policy::Date;
use crate::project::{self, Inputs};
use crate::report::lint::{Linted, json};

pub(super) fn run(args: &Lint, out: &Out) -> Exit {
    with_threads(None, out, || match read(args) {
        Ok(roots) => say(args, &roots, out),
        Err(problem) => out.fail(&problem),
    })
}

fn read(args: &Lint) -> Result<Vec<Inputs>, String> {
    let request = args.about.request();
    if args.no_code { ask::policies(&request) } else { project::discover(&request).map_err(|fatal| fatal.to_string()) }
}

fn say(args: &Lint, roots: &[Inputs], out: &Out) -> Exit {
    let day = args.day.date();
    let mut problems: Vec<Vec<Diagnostic>> = roots.iter().map(|inputs| ask::lint(inputs, day)).collect();
    let progress = Progress::new(out.watched());
    let of_code = roots.iter().map(|inputs| unused(inputs, day, &progress));
    let (of_bindings, unused): (Vec<Vec<Diagnostic>>, Vec<Vec<Gap>>) = of_code.unzip();
    drop(progress);
    problems.iter_mut().zip(of_bindings).for_each(|(all, more)| all.extend(more));
    let number = |severity| problems.iter().flatten().filter(|d| d.severity == severity).count();
    let (errors, warnings) = (number(Severity::Error), number(Severity::Warning));
    let exit = match (errors, warnings) {
        (1.., _) => Exit::Usage,
        (0, 1..) if args.strict => Exit::Violations,
        _ => Exit::Clean,
    };
    let linted = roots.iter().zip(&problems).zip(&unused);
    if args.format == Format::Json {
        let linted: Vec<Linted<'_>> = linted
            .map(|((inputs, problems), unused)| Linted {
                root: &inputs.root,
                sources: &inputs.sources,
                problems,
                unused,
            })
            .collect();
        return match json(&linted, &day.to_string()) {
            Ok(text) => out.print(&text, exit),
            Err(error) => out.fail(&format!("cannot write the result: {error}")),
        };
    }
    let mut text = String::new();
    for ((inputs, problems), unused) in linted {
        if !problems.is_empty() {
            text.push_str(&diagnostics(inputs, problems, Severity::Warning, out.style()));
            text.push_str("\n\n");
        }
        for gap in unused {
            let at = gap.span.map_or_else(String::new, |s| format!("{}: ", inputs.sources.show(s)));
            text.push_str(&format!("{} {at}{}\n", gap.code, gap.what));
        }
        if !unused.is_empty() {
            text.push('\n');
        }
    }
    let files: usize = roots.iter().map(|r| r.policy_entries.len()).sum();
    let spare = match unused.iter().map(Vec::len).sum() {
        0 => String::new(),
        n => format!("; {} that no code uses in full (G05)", count(n, "permission")),
    };
    let (e, w) = (count(errors, "error"), count(warnings, "warning"));
    text.push_str(&format!("{e} and {w} in {} on {day}{spare}\n", count(files, "policy file")));
    out.print(&text, exit)
}

/// Which lines of a policy the code does not have, and what it permits that the code does not use; nothing where there is
/// no code, or only a part of it was asked for.
fn unused(inputs: &Inputs, day: Date, progress: &Progress) -> (Vec<Diagnostic>, Vec<Gap>) {
    if inputs.is_empty() || inputs.partial {
        return Default::default();
    }
    // What is only possible may be what a permission is for.
    let options = Options { day, confidence: Confidence::Possible };
    engine::unused(inputs, &options, &|phase| progress.phase(phase))
}
