//! `purlin test`: what a policy says it must always mean.

use super::Exit;
use super::args::Test;
use super::ask;
use super::check::diagnostics;
use super::out::Out;
use crate::diag::Severity;

pub(super) fn run(args: &Test, out: &Out) -> Exit {
    let roots = match ask::policies(&args.about.request()) {
        Ok(roots) => roots,
        Err(problem) => return out.fail(&problem),
    };
    let day = args.day.date();
    let mut text = String::new();
    let mut exit = Exit::Clean;
    for inputs in &roots {
        let tested = ask::test(inputs, day, args.coverage);
        let shown = diagnostics(inputs, &tested.diagnostics, Severity::Warning, out.note_style());
        if !shown.is_empty() {
            out.note(&shown);
        }
        if tested.diagnostics.iter().any(|d| d.severity == Severity::Error) {
            exit = Exit::Usage;
            continue;
        }
        for failed in &tested.failed {
            text.push_str(failed);
            text.push('\n');
        }
        let root = if inputs.root.is_empty() { String::new() } else { format!("{}: ", inputs.root) };
        let passed = tested.total - tested.failed.len();
        text.push_str(&format!("{root}{passed} of {} expectations hold\n", tested.total));
        if let Some((clauses, untested)) = &tested.untested {
            let tested = clauses - untested.len();
            text.push_str(&format!(
                "{root}{tested} of {clauses} clauses are tested: some expectation fails without them\n"
            ));
            for clause in untested {
                text.push_str(&format!("  not tested: {clause}\n"));
            }
        }
        if !tested.failed.is_empty() && exit == Exit::Clean {
            exit = Exit::Violations;
        }
    }
    out.print(&text, exit)
}
