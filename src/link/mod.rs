//! Who is who: names, types, calls, tables and columns.

pub mod infer;
pub mod program;
pub mod resolve;
pub mod sqlfn;
pub mod ty;
