//! `purlin schema-of`: the JSON Schemas of what is printed for programs.

use super::Exit;
use super::args::Schema;
use super::out::Out;

pub(super) fn run(what: Schema, out: &Out) -> Exit {
    let text = match what {
        Schema::Json => include_str!("../../docs/json-v1.schema.json"),
        Schema::Tables => include_str!("../../docs/tables-v1.schema.json"),
        Schema::Trace => include_str!("../../docs/trace-v1.schema.json"),
    };
    out.print(text, Exit::Clean)
}
