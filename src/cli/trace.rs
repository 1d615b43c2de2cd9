//! `purlin trace`: what reaches and leaves the value at a place.

use super::Exit;
use super::args::{Format, Trace};
use super::check::{diagnostics, with_threads};
use super::out::Out;
use crate::diag::Severity;
use crate::engine::probe::Missed;
use crate::engine::trace::{Untraced, trace};
use crate::project::{self, Fatal, Inputs, Request};
use crate::report::trace as report;

pub(super) fn run(args: &Trace, out: &Out) -> Exit {
    with_threads(None, out, || in_pool(args, out))
}

/// Reads the code with its policies, or without where there are none.
pub(super) fn discover(request: Request, out: &Out) -> Result<Vec<Inputs>, Fatal> {
    project::discover(&request).or_else(|fatal| match fatal {
        Fatal::NoPolicy(_) => {
            out.note("note: there is no policy, so nothing has a label, a purpose or a name");
            project::discover(&Request { code_only: true, ..request })
        }
        other => Err(other),
    })
}

fn in_pool(args: &Trace, out: &Out) -> Exit {
    let roots = match discover(args.named.request(), out) {
        Ok(roots) => roots,
        Err(fatal) => return out.fail(&fatal.to_string()),
    };
    let mut missed = None;
    for inputs in &roots {
        match trace(inputs, &args.at) {
            Ok(told) => {
                let text = match args.format {
                    Format::Text => Ok(report::text(&inputs.sources, out.style(), &told)),
                    Format::Json => report::json(&inputs.sources, &told),
                };
                return match text {
                    Ok(text) => out.print(&text, Exit::Clean),
                    Err(error) => out.fail(&format!("cannot write the trace: {error}")),
                };
            }
            Err(Untraced::Policy(problems)) => {
                out.note(&diagnostics(inputs, &problems, Severity::Error, out.note_style()));
                return out.fail("the policy is broken, so nothing was traced");
            }
            // It may be a file of another policy.
            Err(Untraced::Missed(found @ Missed::File { .. })) => {
                missed.get_or_insert(found);
            }
            Err(Untraced::Missed(found)) => {
                missed = Some(found);
                break;
            }
        }
    }
    missed.map_or(Exit::Usage, |missed| out.fail(&missed.to_string()))
}
