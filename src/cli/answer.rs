//! What one policy root comes to: the engine's outcome, sorted for the report and the exit code.

use crate::diag::{Diagnostic, Severity};
use crate::engine::{self, Census, Options, Outcome, Watch};
use crate::judge::{self, Coverage, Judged, Relied, Severities};
use crate::project::Inputs;
use crate::report::Report;

/// One policy root with everything that its report needs.
pub struct Answer<'a> {
    /// What was read.
    pub inputs: &'a Inputs,
    /// Problems of the policy and remarks on it (`P..`).
    pub policy_problems: Vec<Diagnostic>,
    /// Stale bindings and bad annotations (`B..`).
    pub code_problems: Vec<Diagnostic>,
    /// Findings, gaps, waived.
    pub judged: Judged,
    /// How much was seen.
    pub coverage: Coverage,
    /// Method calls by how they were understood.
    pub methods: Census,
}

impl<'a> Answer<'a> {
    /// Checks one policy root.
    #[must_use]
    pub fn new(inputs: &'a Inputs, options: &Options) -> Answer<'a> {
        Answer::of(inputs, options, engine::analyze(inputs, options))
    }

    /// Checks one policy root, saying which phase begins; at last, if the process ends after it.
    pub(super) fn watched(inputs: &'a Inputs, options: &Options, watch: Watch<'_>, last: bool) -> Answer<'a> {
        let analyze = if last { engine::analyze_at_last } else { engine::analyze_watched };
        Answer::of(inputs, options, analyze(inputs, options, watch))
    }

    /// Takes out what touches none of the files that were asked about, if any were.
    pub(super) fn focus(&mut self) {
        if let Some(files) = &self.inputs.asked {
            self.judged.focus(files);
            self.code_problems.retain(|d| d.labels.iter().any(|l| files.contains(&l.span.file)));
        }
    }

    /// What an outcome of the engine comes to.
    #[must_use]
    pub fn of(inputs: &'a Inputs, options: &Options, outcome: Outcome) -> Answer<'a> {
        let (policy_problems, mut code_problems): (Vec<_>, Vec<_>) =
            outcome.diagnostics.into_iter().partition(|d| d.code.starts_with('P'));
        let mut judged = outcome.judged;
        let (gaps, bad) = judge::of_analysis(&outcome.gaps);
        code_problems.extend(bad);
        code_problems.sort_by_key(|d| d.labels.first().map(|l| l.span));
        judged.gaps.extend(gaps);
        judged.gaps.extend(inputs.problems.iter().map(|p| judge::Gap {
            ours: p.limit,
            unread: true,
            ..judge::Gap::at("G03", p.span, p.what.clone())
        }));
        judged.gaps.sort();
        judged.relied_on.extend(inputs.excludes.iter().filter(|e| e.files > 0).map(|e| Relied {
            kind: "exclude",
            name: e.pattern.clone(),
            places: vec![e.span],
        }));
        judged.relied_on.sort();
        let coverage = Coverage {
            today: options.day.to_string(),
            policy_files: inputs.policy.len(),
            rust_files: inputs.rust.len(),
            sql_files: inputs.sql.len(),
            unread_files: inputs.problems.len(),
            skipped_test_files: inputs.skipped_tests,
            excluded_files: inputs.excludes.iter().map(|e| e.files).sum(),
            engine: outcome.stats,
            hidden_possible: judged.hidden,
            confidence: options.confidence.name().to_owned(),
        };
        Answer { inputs, policy_problems, code_problems, judged, coverage, methods: outcome.methods }
    }

    /// Takes some codes more seriously.
    pub fn raise(&mut self, severities: &Severities) {
        self.judged.raise(severities);
        for problem in &mut self.code_problems {
            severities.apply_to(problem);
        }
    }

    /// Whether the policy decides nothing.
    #[must_use]
    pub fn policy_is_broken(&self) -> bool {
        self.policy_problems.iter().any(|d| d.severity == Severity::Error)
    }

    /// All that a report shows.
    #[must_use]
    pub fn report(&self) -> Report<'_> {
        Report {
            root: &self.inputs.root,
            sources: &self.inputs.sources,
            diagnostics: &self.code_problems,
            judged: &self.judged,
            coverage: &self.coverage,
        }
    }
}
