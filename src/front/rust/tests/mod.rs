//! Tests of the Rust front end.

mod bodies;

use super::lower;
use crate::ir::body::Func;
use crate::ir::items::RustUnit;
use crate::ir::print::print_func;
use crate::ir::{Content, Unit};
use crate::source::FileId;

fn unit(text: &str) -> Unit {
    lower(FileId(0), text)
}

fn rust(unit: &Unit) -> &RustUnit {
    match &unit.content {
        Content::Rust(unit) => unit,
        Content::Sql(_) => panic!("a Rust file became SQL"),
    }
}

#[allow(dead_code)]
fn func<'u>(unit: &'u Unit, name: &str) -> &'u Func {
    rust(unit).funcs.iter().find(|f| f.name == name).unwrap_or_else(|| panic!("no function {name}"))
}

/// The first function of a text, printed; gaps are not expected.
fn show(text: &str) -> String {
    let unit = unit(text);
    assert_eq!(unit.gaps, []);
    print_func(&rust(&unit).funcs[0])
}
