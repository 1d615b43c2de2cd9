//! Questions to a policy: what a change of it permits, who may see what, the record of processing in plain words.
//!
//! No code is needed for any of them. Every answer comes from the same clauses that [`crate::policy::decide`] reads,
//! and is both data and text here: a lawyer reads it, a merge request carries it, a program parses it.

mod activity;
pub mod diff;
mod diff_text;
pub mod docs;
pub mod page;
pub mod table;
#[cfg(test)]
mod tests;
mod words;

pub use diff::{Change, Diff, Findings, diff};
