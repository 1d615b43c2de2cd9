//! GitLab's code quality report: a list of findings with a line each. GitLab shows one finding for each fingerprint,
//! so that those of like findings are numbered.

use serde::Serialize;

use super::rows::rows;
use super::{Rendered, Report, Wish};
use crate::diag::Severity;

#[derive(Serialize)]
struct Entry {
    description: String,
    check_name: String,
    fingerprint: String,
    severity: &'static str,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
    end: u32,
}

/// The list for one or several policy roots.
///
/// # Errors
/// Only if serialising fails, which it cannot for these types.
pub fn render(reports: &[Report<'_>], _: Wish) -> Rendered {
    let entry = |row: &super::rows::Row<'_>| {
        let (start, end) = row.place()?;
        Some(Entry {
            description: row.message.to_string(),
            check_name: row.rule(),
            fingerprint: row.unique(),
            severity: match row.severity {
                Severity::Error => "major",
                Severity::Warning => "minor",
            },
            location: Location {
                path: row.file().unwrap_or_default().to_owned(),
                lines: Lines { begin: start.line, end: end.line },
            },
        })
    };
    let entries: Vec<Entry> = rows(reports).iter().filter_map(entry).collect();
    let mut text = serde_json::to_string_pretty(&entries)?;
    text.push('\n');
    Ok(text)
}
