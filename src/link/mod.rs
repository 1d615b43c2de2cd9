//! Who is who: names, types, calls, tables and columns.

pub mod sqlfn;
