//! How it is said: for people ([`text`], [`concise`], [`markdown`]), for programs of ours ([`json`], [`jsonl`]) and for
//! those of others; what a trace tells ([`trace`]); what is odd about a policy ([`lint`]); the
//! tables there are ([`tables`]).
//!
//! One file for each format and a line in the table below. All render the same [`Report`]; none decides anything. No
//! clock, no environment, no terminal is asked here: the command says what it found out about them.

mod columns;
mod common;
pub mod concise;
pub mod csv;
pub mod github;
pub mod gitlab;
pub mod json;
pub mod jsonl;
pub mod junit;
pub mod lint;
pub mod markdown;
pub mod pages;
pub mod rdjson;
mod rows;
pub mod sarif;
mod summary;
pub mod tables;
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

/// What a format is told beside the report.
#[derive(Clone, Copy, Debug)]
pub struct Wish {
    /// How texts for people are drawn.
    pub style: text::Style,
    /// Whether SARIF holds what is waived or in the baseline.
    pub suppressed: bool,
}

macro_rules! formats {
    ($($format:ident $name:literal $about:literal $render:path;)*) => {
        /// A format of the report.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Format {
            $(#[doc = $about] $format,)*
        }

        impl Format {
            /// All of them.
            pub const ALL: &[Format] = &[$(Format::$format),*];

            /// Its name on the command line.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Format::$format => $name,)* }
            }

            /// What it is for.
            #[must_use]
            pub fn about(self) -> &'static str {
                match self { $(Format::$format => $about,)* }
            }

            /// The report of one or several policy roots.
            ///
            /// # Errors
            /// Only if serialising fails, which it cannot for the types that are used.
            pub fn render(self, reports: &[Report<'_>], wish: Wish) -> Rendered {
                match self { $(Format::$format => $render(reports, wish),)* }
            }
        }
    };
}

/// What a format gives: an error only if serialising fails, which it cannot for the types that are used.
pub type Rendered = Result<String, serde_json::Error>;

formats! {
    Text "text" "For people: every path with its code." text::render;
    Concise "concise" "One line for each finding." concise::render;
    Json "json" "For programs, version 1." json::render;
    Jsonl "jsonl" "The same, one entry a line." jsonl::render;
    Sarif "sarif" "SARIF 2.1.0, for code scanning." sarif::render;
    Github "github" "Annotations of GitHub Actions." github::render;
    Gitlab "gitlab" "Code quality of GitLab." gitlab::render;
    Junit "junit" "JUnit's XML." junit::render;
    Rdjson "rdjson" "For reviewdog." rdjson::render;
    Markdown "markdown" "A comment on a merge request." markdown::render;
    Csv "csv" "A table." csv::render;
}

/// `error`, `warning`: the words that most formats use.
fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
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
