//! Tests of the Rust front end.

mod annotations;
mod bodies;
mod by_example;
mod items;
mod literals;
mod macros;
mod pieces;
mod robust;
mod spans;
mod unread;

use std::sync::Arc;

use super::{Definitions, Package, RustFile, definitions, lower};
use crate::ir::body::Func;
use crate::ir::items::RustUnit;
use crate::ir::print::print_func;
use crate::ir::{Content, Unit};
use crate::source::{FileId, Span};

/// A file that is a package of its own.
fn unit(text: &str) -> Unit {
    let file = FileId(0);
    let macros = definitions(file, &Arc::from(text));
    let package = Package { name: "app".into(), lib: true, ..Package::default() };
    let files = vec![RustFile { file, path: "src/lib.rs".into(), package: 0, macros }];
    lower(file, text, &Definitions::new(vec![package], files), None)
}

fn rust(unit: &Unit) -> &RustUnit {
    match &unit.content {
        Content::Rust(unit) => unit,
        Content::Sql(_) => panic!("a Rust file became SQL"),
    }
}

fn func<'u>(unit: &'u Unit, name: &str) -> &'u Func {
    rust(unit).funcs.iter().find(|f| f.name == name).unwrap_or_else(|| panic!("no function {name}"))
}

fn under(text: &str, span: Span) -> &str {
    text.get(span.lo as usize..span.hi as usize).unwrap_or_else(|| panic!("{span:?} is no place in the text"))
}

/// The body of the first function of a text, printed without its head; gaps are not expected.
fn body(text: &str) -> String {
    let unit = unit(text);
    assert_eq!(unit.gaps, []);
    let printed = print_func(&rust(&unit).funcs[0]);
    printed.split_once('\n').map(|(_, body)| body.to_owned()).unwrap_or_default()
}

/// Asserts that the first function of `text` has this body; both are compared without their common indentation.
#[track_caller]
fn lowers(text: &str, expected: &str) {
    let got = body(text);
    let indent = expected.lines().filter(|l| !l.trim().is_empty()).map(|l| l.len() - l.trim_start().len()).min();
    let expected: Vec<&str> =
        expected.lines().filter(|l| !l.trim().is_empty()).map(|l| &l[indent.unwrap_or(0)..]).collect();
    let got: Vec<&str> = got.lines().map(|l| l.strip_prefix("  ").unwrap_or(l)).collect();
    assert_eq!(got.join("\n"), expected.join("\n"), "for {text}");
}
