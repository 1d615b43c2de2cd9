//! `purlin dump`: what a stage of the analysis made of a file or folder.

use super::Exit;
use super::args::{Dump, Stage};
use super::check::{diagnostics, with_threads};
use super::out::Out;
use super::trace::discover;
use crate::diag::Severity;
use crate::engine;
use crate::project::{self, Request};

pub(super) fn run(args: &Dump, out: &Out) -> Exit {
    with_threads(None, out, || in_pool(args, out))
}

fn in_pool(args: &Dump, out: &Out) -> Exit {
    let request = Request {
        paths: vec![args.file.clone()],
        code_only: !matches!(args.stage, Stage::Summary | Stage::Flow),
        ..args.named.request()
    };
    // A summary says much without a policy; without labels there is no flow.
    let roots = if args.stage == Stage::Summary { discover(request, out) } else { project::discover(&request) };
    let roots = match roots {
        Ok(roots) => roots,
        Err(fatal) => return out.fail(&fatal.to_string()),
    };
    let mut text = String::new();
    for inputs in &roots {
        match engine::dump(inputs, args.stage(), args.name.as_deref()) {
            Ok(more) => text.push_str(&more),
            Err(problems) => {
                out.note(&diagnostics(inputs, &problems, Severity::Error, out.note_style()));
                return out.fail("the policy is broken");
            }
        }
    }
    out.print(&text, Exit::Clean)
}
