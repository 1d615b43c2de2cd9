//! The language-neutral form of a program.
//!
//! A front end turns a text into a [`Unit`]: items ([`items`]) and bodies ([`body`]) for Rust, statements
//! ([`sql`]) for SQL. Everything is owned and `Send`: the trees of the parsers never leave the front end.
//! Bodies are *structured* (blocks, `If`, `Loop`, labelled `Break`) and not a graph of basic blocks: Rust has
//! no other control flow, and a structured body is interpreted by plain recursion.
//!
//! Nothing here is resolved: paths are as written. `link` knows what they mean.

pub mod attr;
pub mod body;
pub mod case;
pub mod items;
pub mod print;
pub mod sql;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use crate::source::{FileId, Span};

/// An identifier, a field, a column.
pub type Name = SmolStr;

/// One `purlin:` comment or attribute, attached to a place of its unit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Annotation {
    /// The text after `purlin:`; the grammar rule `meaning` of the policy language.
    pub text: String,
    /// The text's place.
    pub span: Span,
    /// What it speaks of.
    pub target: Target,
}

/// What an annotation speaks of. Indices are those of the [`items::RustUnit`] of the same file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Target {
    /// The whole file.
    File,
    /// A module written inline (`mod x { .. }`), by index into `modules`.
    Module(u32),
    /// A struct, enum or union, by index into `types`.
    Type(u32),
    /// A field: type, variant (for enums) and field.
    Field(u32, Option<Name>, Name),
    /// A variant of an enum.
    Variant(u32, Name),
    /// A trait, by index into `traits`.
    Trait(u32),
    /// An `impl` block, by index into `impls`.
    Impl(u32),
    /// A function, by index into `funcs`.
    Func(u32),
    /// A parameter of a function, by position (the receiver counts).
    Param(u32, u32),
    /// A local of a function: the variable of a `let` (labels).
    Local(u32, body::Local),
    /// A statement of a function: the [`body::Stmt::Scope`] that carries this annotation's index.
    Statement(u32),
    /// A constant or static, by index into `consts`.
    Const(u32),
    /// A table of a SQL unit, by index of its statement.
    Table(u32),
    /// A column: index of the statement, name of the column.
    Column(u32, Name),
    /// A SQL statement, by index.
    Sql(u32),
}

/// One parsed file.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Unit {
    /// The file.
    pub file: FileId,
    /// What was in it.
    pub content: Content,
    /// Its `purlin:` comments and attributes.
    pub annotations: Vec<Annotation>,
    /// What was not understood, for the coverage of the run.
    pub gaps: Vec<Gap>,
}

/// What a file holds.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[allow(clippy::large_enum_variant, reason = "most units are of Rust")]
pub enum Content {
    /// A Rust source file.
    Rust(items::RustUnit),
    /// A file of SQL statements.
    Sql(sql::SqlUnit),
}

/// Something that a front end did not understand.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Gap {
    /// Where.
    pub span: Span,
    /// What, as a fragment: ``cannot parse this file: expected `;` ``.
    pub what: String,
    /// Kind, for counting.
    pub kind: GapKind,
}

/// Kinds of [`Gap`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum GapKind {
    /// A whole file.
    File,
    /// A SQL statement.
    Statement,
    /// A macro call whose tokens were only scanned.
    Macro,
    /// A misplaced or dangling annotation (B02).
    Annotation,
    /// Anything else that was read past.
    Code,
    /// A limit was hit.
    Limit,
    /// The analyser itself failed here; a defect of ours.
    Panic,
}
