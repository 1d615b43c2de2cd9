//! How it is said: for people ([`text`]) and for programs ([`json`]); what a trace tells in both ways ([`trace`]).
//!
//! Both render the same [`Report`]; neither decides anything. No clock, no environment, no terminal is asked
//! here: the command says what it found out about them.

pub mod json;
pub mod text;
pub mod trace;

use crate::diag::{Diagnostic, Severity};
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

impl Report<'_> {
    /// The severities of everything that has one: findings, problems, remarks on waivers, gaps that were raised.
    pub fn severities(&self) -> impl Iterator<Item = Severity> {
        let findings = self.judged.findings.iter().map(|f| f.severity);
        let problems = self.diagnostics.iter().chain(&self.judged.notes).map(|d| d.severity);
        let gaps = self.judged.gaps.iter().filter_map(|g| self.judged.severities.of_gap(g.code));
        findings.chain(problems).chain(gaps)
    }
}

#[cfg(test)]
mod tests;
