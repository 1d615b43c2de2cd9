//! The policy language: grammar, syntax tree, resolution, formatter, and the decision.
//!
//! `load` reads files into a [`Policy`]; [`decide`] answers whether one flow is permitted. The way there: `lex`
//! cuts a file into declarations, `parse` (with `parse_items`, `parse_bind`) asks the grammar and gives a tree
//! (`ast`), `messages` (with `stop`, `messages_fixed`, `messages_missing`) explains what could not be read, `resolve` (with `names`,
//! `resolve_clauses`, `resolve_flows`, `validity`) gives every name its meaning, `compile` computes the sets that
//! `decide` looks up. `cells` (with `ways`) gives the answers of `decide` for all flows at once, `expect` runs a policy's own tests, `coverage` says what they leave out, `lint` gives advice that decides nothing, `spare` names the permissions that some code does not need, `fmt` (with
//! `fmt_items`) writes a file as it should look.

mod advice;
mod ast;
pub mod cells;
mod compile;
mod coverage;
mod decide;
mod expect;
mod fmt;
mod fmt_items;
mod globs;
mod law;
mod lex;
mod lint;
mod lint_grants;
mod lint_unused;
mod load;
mod messages;
mod messages_fixed;
mod messages_missing;
mod names;
mod packs;
mod parse;
mod parse_bind;
mod parse_items;
mod query;
mod resolve;
mod resolve_clauses;
mod resolve_flows;
mod resolved;
mod set;
mod spare;
mod stop;
#[cfg(test)]
mod tests;
mod transform;
pub mod types;
mod validity;
pub mod ways;

pub use advice::{Nearest, nearest, permitting};
pub use coverage::{Covered, coverage};
pub use decide::decide;
pub use expect::{claims, permits, run_tests};
pub use fmt::format;
pub use globs::glob_matches;
pub use law::{law, law_of_right};
pub use lint::{CodeInfo, codes, lint, weak};
pub use load::{PolicyFile, imports, load, parse_flow, parse_meaning, target};
pub use packs::{names as packs, pack};
pub use resolved::*;
pub use set::{Set, Tree};
pub use spare::{Spare, Unneeded, spare};
pub use transform::apply_transform;
pub use types::*;
