//! The last lines of a run: what it came to, and what was seen.

use super::Report;
use crate::diag::{Severity, count, thousands};

/// What is said where nothing is to complain about.
pub(super) const CLEAN: &str = "no violations";

/// What a run came to: the number of violations, and the rest.
pub(super) fn result(report: &Report<'_>) -> (String, String) {
    let judged = report.judged;
    let of = |severity| report.severities().filter(|s| *s == severity).count();
    let gaps: usize = judged.gaps.iter().map(|g| g.count).sum();
    let violations = match of(Severity::Error) {
        0 => CLEAN.to_owned(),
        errors => count(errors, "violation"),
    };
    let mut parts = Vec::new();
    if of(Severity::Warning) > 0 {
        parts.push(count(of(Severity::Warning), "warning"));
    }
    if !judged.waived.is_empty() {
        parts.push(format!("{} waived", judged.waived.len()));
    }
    let base = judged.branch.as_ref().map_or("the base", |b| b.base.as_str());
    let old =
        [("baseline", "in the baseline"), ("base", &format!("known at {base}")), ("mistaken", "said to be mistaken")];
    for (word, said) in old {
        let n = judged.known.iter().filter(|k| k.why.word() == word).count();
        if n > 0 {
            parts.push(format!("{n} {said}"));
        }
    }
    if judged.elsewhere > 0 {
        parts.push(format!("{} elsewhere", judged.elsewhere));
    }
    parts.push(count(gaps, "gap"));
    if judged.hidden > 0 {
        parts.push(format!("{} hidden as only possible (--confidence possible)", judged.hidden));
    }
    (violations, parts.into_iter().map(|p| format!(", {p}")).collect())
}

/// `2 violations, 1 warning, 3 gaps`.
pub(super) fn result_line(report: &Report<'_>) -> String {
    let root = if report.root.is_empty() { String::new() } else { format!("{}: ", report.root) };
    let (violations, rest) = result(report);
    format!("{root}{violations}{rest}")
}

/// What was seen. "No violations" is only as strong as this line.
pub(super) fn coverage_line(report: &Report<'_>) -> String {
    let c = report.coverage;
    let e = &c.engine;
    let mut parts = vec![
        format!("{} and {} read", count(c.rust_files, "Rust file"), count(c.sql_files, "SQL file")),
        count(e.functions, "function"),
        format!(
            "calls {} resolved / {} modelled / {} guessed / {} unknown",
            thousands(e.calls_resolved),
            thousands(e.calls_modelled),
            thousands(e.calls_guessed),
            thousands(e.calls_unknown)
        ),
        format!("{} ({} unresolved)", count(e.sql_statements, "SQL statement"), e.sql_unresolved),
        count(e.labelled_places, "labelled place"),
        count(e.arrivals, "arrival"),
    ];
    if c.unread_files > 0 {
        parts.push(format!("{} not read", count(c.unread_files, "file")));
    }
    if c.skipped_test_files > 0 {
        parts.push(format!("{} left out", count(c.skipped_test_files, "test file")));
    }
    if c.excluded_files > 0 {
        parts.push(format!("{} excluded", count(c.excluded_files, "file")));
    }
    if e.test_functions > 0 {
        parts.push(format!("{} left out", count(e.test_functions, "test function")));
    }
    if e.macros_unknown > 0 {
        parts.push(format!("{} not understood", count(e.macros_unknown, "macro")));
    }
    if e.limits_hit > 0 {
        parts.push(format!("{} hit", count(e.limits_hit, "limit")));
    }
    parts.push(format!("on {}", c.today));
    format!("seen: {}", parts.join("; "))
}
