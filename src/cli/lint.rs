//! `purlin lint`: what is wrong or odd about a policy, without any code.

use super::Exit;
use super::args::{Format, Lint};
use super::ask;
use super::check::diagnostics;
use super::out::{self, Out};
use crate::diag::{Diagnostic, Severity};
use crate::report::lint::{Linted, json};

pub(super) fn run(args: &Lint, out: &Out) -> Exit {
    let roots = match ask::policies(&args.paths, &args.policy, out) {
        Ok(roots) => roots,
        Err(exit) => return exit,
    };
    let day = args.today.unwrap_or_else(out::today);
    let problems: Vec<Vec<Diagnostic>> = roots.iter().map(|inputs| ask::lint(inputs, day)).collect();
    let count = |severity| problems.iter().flatten().filter(|d| d.severity == severity).count();
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    let exit = match (errors, warnings) {
        (1.., _) => Exit::Usage,
        (0, 1..) if args.strict => Exit::Violations,
        _ => Exit::Clean,
    };
    match args.format {
        Format::Text => {
            let mut text = String::new();
            for (inputs, found) in roots.iter().zip(&problems).filter(|(_, found)| !found.is_empty()) {
                text.push_str(&diagnostics(inputs, found, Severity::Warning, out.style()));
                text.push_str("\n\n");
            }
            let files: usize = roots.iter().map(|r| r.policy_entries.len()).sum();
            let (e, w) = (plural(errors, "error"), plural(warnings, "warning"));
            text.push_str(&format!("{e} and {w} in {} on {day}\n", plural(files, "policy file")));
            out.print(&text, exit)
        }
        Format::Json => {
            let linted: Vec<Linted<'_>> = roots
                .iter()
                .zip(&problems)
                .map(|(inputs, problems)| Linted { root: &inputs.root, sources: &inputs.sources, problems })
                .collect();
            match json(&linted, &day.to_string()) {
                Ok(text) => out.print(&text, exit),
                Err(error) => {
                    out.note(&format!("error: cannot write the result: {error}"));
                    Exit::Usage
                }
            }
        }
    }
}

fn plural(n: usize, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}
