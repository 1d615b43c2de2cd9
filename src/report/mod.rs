//! How it is said: for people ([`text`]) and for programs ([`json`]); what a trace tells in both ways ([`trace`]),
//! and the tables there are ([`tables`]).
//!
//! Both render the same [`Report`]; neither decides anything. No clock, no environment, no terminal is asked
//! here: the command says what it found out about them.

pub mod json;
pub mod tables;
pub mod text;
pub mod trace;

use crate::diag::Diagnostic;
use crate::judge::{Coverage, Judged};
use crate::source::SourceMap;

/// One policy root and what was found there.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    /// Folder of the policy; empty for the root of the run.
    pub root: &'a str,
    /// All texts.
    pub sources: &'a SourceMap,
    /// Problems with the inputs: `P..` and `B..`.
    pub diagnostics: &'a [Diagnostic],
    /// Findings, gaps, waived.
    pub judged: &'a Judged,
    /// How much was seen.
    pub coverage: &'a Coverage,
}

#[cfg(test)]
mod tests;
