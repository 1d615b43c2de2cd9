//! `purlin tables`: the tables with their labels.

use super::Exit;
use super::args::{Tables, TablesFormat};
use super::ask;
use super::check::{diagnostics, with_threads};
use super::out::Out;
use super::trace::discover;
use crate::diag::Severity;
use crate::engine::tables::tables;
use crate::project::Request;
use crate::report::tables as report;

pub(super) fn run(args: &Tables, out: &Out) -> Exit {
    with_threads(None, out, || in_pool(args, out))
}

fn in_pool(args: &Tables, out: &Out) -> Exit {
    let request =
        Request { paths: args.paths.clone(), policy: args.policy.clone(), code_only: false, shipped: ask::shipped };
    let roots = match discover(request, out) {
        Ok(roots) => roots,
        Err(fatal) => {
            out.note(&format!("error: {fatal}"));
            return Exit::Usage;
        }
    };
    let mut text = String::new();
    for inputs in &roots {
        let schemas = match tables(inputs) {
            Ok(schemas) => schemas,
            Err(problems) => {
                out.note(&diagnostics(inputs, &problems, Severity::Error, out.note_style()));
                out.note("error: the policy is broken");
                return Exit::Usage;
            }
        };
        match args.format {
            TablesFormat::Text => text.push_str(&report::text(&inputs.sources, &schemas)),
            TablesFormat::Mermaid => text.push_str(&report::mermaid(&schemas)),
            TablesFormat::Json => match report::json(&inputs.sources, &schemas) {
                Ok(json) => text.push_str(&json),
                Err(error) => {
                    out.note(&format!("error: cannot write the tables: {error}"));
                    return Exit::Usage;
                }
            },
        }
    }
    out.print(&text, Exit::Clean)
}
