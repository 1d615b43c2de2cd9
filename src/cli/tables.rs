//! `purlin tables`: the tables with their labels.

use super::Exit;
use super::args::{Tables, TablesFormat};
use super::check::{diagnostics, with_threads};
use super::out::Out;
use super::trace::discover;
use crate::diag::Severity;
use crate::engine::tables::tables;
use crate::report::tables as report;

pub(super) fn run(args: &Tables, out: &Out) -> Exit {
    with_threads(None, out, || in_pool(args, out))
}

fn in_pool(args: &Tables, out: &Out) -> Exit {
    let roots = match discover(args.about.request(), out) {
        Ok(roots) => roots,
        Err(fatal) => return out.fail(&fatal.to_string()),
    };
    let mut text = String::new();
    for inputs in &roots {
        let schemas = match tables(inputs) {
            Ok(schemas) => schemas,
            Err(problems) => {
                out.note(&diagnostics(inputs, &problems, Severity::Error, out.note_style()));
                return out.fail("the policy is broken");
            }
        };
        match args.format {
            TablesFormat::Text => text.push_str(&report::text(&inputs.sources, &schemas)),
            TablesFormat::Mermaid => text.push_str(&report::mermaid(&schemas)),
            TablesFormat::Json => match report::json(&inputs.sources, &schemas) {
                Ok(json) => text.push_str(&json),
                Err(error) => return out.fail(&format!("cannot write the tables: {error}")),
            },
        }
    }
    out.print(&text, Exit::Clean)
}
