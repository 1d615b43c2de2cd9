//! How much of the code a run has seen: without it, "no violations" says nothing.

use serde::Serialize;

use crate::flow::Stats;

/// Numbers that stand in the last line of every report.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Coverage {
    /// The day for which contracts and waivers were judged, `2026-11-22`.
    pub today: String,
    /// Policy files, imports included.
    pub policy_files: usize,
    /// Rust files read.
    pub rust_files: usize,
    /// SQL files read.
    pub sql_files: usize,
    /// Files that could not be read.
    pub unread_files: usize,
    /// Files left out because they belong to tests, benches or examples.
    pub skipped_test_files: usize,
    /// Files left out because `purlin.toml` excludes them.
    pub excluded_files: usize,
    /// What the engine saw.
    #[serde(flatten)]
    pub engine: Stats,
    /// Findings that were not shown because they are only possible.
    pub hidden_possible: usize,
    /// The least confidence that was shown.
    pub confidence: String,
}

impl Coverage {
    /// Adds the numbers of another policy root of the same run.
    pub fn add(&mut self, other: &Coverage) {
        self.today.clone_from(&other.today);
        self.confidence.clone_from(&other.confidence);
        self.policy_files += other.policy_files;
        self.rust_files += other.rust_files;
        self.sql_files += other.sql_files;
        self.unread_files += other.unread_files;
        self.skipped_test_files += other.skipped_test_files;
        self.excluded_files += other.excluded_files;
        self.hidden_possible += other.hidden_possible;
        let (sum, more) = (&mut self.engine, &other.engine);
        sum.functions += more.functions;
        sum.test_functions += more.test_functions;
        sum.calls_resolved += more.calls_resolved;
        sum.calls_modelled += more.calls_modelled;
        sum.calls_guessed += more.calls_guessed;
        sum.calls_unknown += more.calls_unknown;
        sum.methods_resolved += more.methods_resolved;
        sum.methods_modelled += more.methods_modelled;
        sum.methods_guessed += more.methods_guessed;
        sum.methods_unknown += more.methods_unknown;
        sum.macros_unknown += more.macros_unknown;
        sum.sql_statements += more.sql_statements;
        sum.sql_unresolved += more.sql_unresolved;
        sum.labelled_places += more.labelled_places;
        sum.arrivals += more.arrivals;
        sum.internal_arrivals += more.internal_arrivals;
        sum.limits_hit += more.limits_hit;
    }
}
