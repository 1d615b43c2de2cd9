//! `purlin explain`: the page of a code, or the policy's answer to a flow.

use super::Exit;
use super::args::Explain;
use super::ask;
use super::check::diagnostics;
use super::out::Out;
use crate::diag::{Severity, suggest};
use crate::report::pages;

pub(super) fn run(args: &Explain, out: &Out) -> Exit {
    let what = args.what.join(" ");
    if let Some(page) = pages::find(&what) {
        return out.print(&format!("{}\n", page.trim_end()), Exit::Clean);
    }
    if !what.trim().contains(' ') {
        let near = suggest(&what.to_uppercase(), pages::keys()).or_else(|| suggest(&what, pages::keys()));
        let hint = near.map_or_else(String::new, |n| format!("; did you mean `{n}`?"));
        out.note(&format!("error: there is no code `{what}`{hint}"));
        out.note("a flow is a sentence: purlin explain \"use contact.email of customer for newsletter\"");
        return Exit::Usage;
    }
    let roots = match ask::policies(&args.named.request()) {
        Ok(roots) => roots,
        Err(problem) => return out.fail(&problem),
    };
    let day = args.day.date();
    let mut text = String::new();
    for inputs in &roots {
        match ask::question(inputs, &what, day) {
            Ok(answer) => {
                if !inputs.root.is_empty() {
                    text.push_str(&format!("{}:\n", inputs.root));
                }
                text.push_str(&answer);
            }
            Err(ask::Problem::Policy(problems)) => {
                out.note(&diagnostics(inputs, &problems, Severity::Error, out.note_style()));
                return Exit::Usage;
            }
            Err(ask::Problem::Sentence(problem)) => {
                out.note(&format!("error: {}", problem.message));
                if let Some(label) = problem.labels.first() {
                    let start = what.get(..label.span.lo as usize).map_or(0, |s| s.chars().count());
                    let len = what.get(label.span.lo as usize..label.span.hi as usize).map_or(1, |s| s.chars().count());
                    out.note(&format!("  {what}\n  {:start$}{} {}", "", "^".repeat(len.max(1)), label.text));
                }
                for help in &problem.help {
                    out.note(&format!("  {help}"));
                }
                return Exit::Usage;
            }
        }
    }
    out.print(&text, Exit::Clean)
}
