//! Who is who: names, types, calls, tables and columns.

mod alternatives;
pub mod callgraph;
pub mod census;
pub mod derefs;
mod derives;
pub mod dispatch;
pub mod infer;
pub mod instances;
pub mod lineage;
pub mod made;
mod modules;
pub mod names;
pub mod print;
pub mod program;
pub mod programs;
pub mod resolve;
pub mod schema;
pub mod specialise;
pub mod sqlfn;
pub mod ty;
mod written;
