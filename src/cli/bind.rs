//! `purlin bind --collect`: the annotations in code as `bind` lines.

use std::fmt::Write as _;

use super::Exit;
use super::args::{Bind, Named};
use super::check::with_threads;
use super::out::Out;
use super::trace;
use crate::engine::collect::{BoundPlace, Collected, collect};
use crate::policy;
use crate::project::{Inputs, Request};

pub(super) fn run(args: &Bind, out: &Out) -> Exit {
    if !args.collect {
        return out.fail("say what to do: purlin bind --collect");
    }
    with_threads(None, out, || print(args, out))
}

fn print(args: &Bind, out: &Out) -> Exit {
    let request = Request { paths: args.paths.clone(), code_only: true, ..Named::default().request() };
    let roots = match trace::discover(request, out) {
        Ok(roots) => roots,
        Err(fatal) => return out.fail(&fatal.to_string()),
    };
    let mut text = String::from("purlin 1\n");
    for inputs in &roots {
        text.push_str(&lines(inputs, &collect(inputs)));
    }
    // An annotation that is not one (B02 of `check`) leaves a text that does not parse: print it as it is.
    let text = policy::format(&text).unwrap_or(text);
    out.print(&text, Exit::Clean)
}

fn lines(inputs: &Inputs, all: &[Collected]) -> String {
    let mut out = String::new();
    let block = |out: &mut String, kind: &str, left: &dyn Fn(&BoundPlace) -> Option<String>| {
        let mut file = None;
        let found = all.iter().filter_map(|c| Some((left(c.place.as_ref()?)?, c)));
        for (place, c) in found {
            if file.is_none() {
                let _ = write!(out, "\nbind {kind} {{\n");
            }
            if file != Some(c.span.file) {
                let _ = writeln!(out, "  # {}", inputs.sources.path(c.span.file));
            }
            file = Some(c.span.file);
            let _ = writeln!(out, "  {place} as {}", c.meaning);
        }
        if file.is_some() {
            out.push_str("}\n");
        }
    };
    block(&mut out, "rust", &|p| if let BoundPlace::Rust(path) = p { Some(path.clone()) } else { None });
    block(&mut out, "sql", &|p| if let BoundPlace::Sql(name) = p { Some(name.clone()) } else { None });
    block(&mut out, "path", &|p| if let BoundPlace::Path(path) = p { Some(format!("\"{path}\"")) } else { None });
    let stay: Vec<&Collected> = all.iter().filter(|c| c.place.is_none()).collect();
    if !stay.is_empty() {
        out.push_str("\n# No line can name these places: the comments have to stay.\n");
        for c in stay {
            let _ = writeln!(out, "#   {}: {}", inputs.sources.show(c.span), c.meaning);
        }
    }
    out
}
