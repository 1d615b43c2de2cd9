//! Who is who: names, types, calls, tables and columns.

pub mod lineage;
pub mod schema;
pub mod sqlfn;
