//! reviewdog's format. Columns are bytes of UTF-8, from 1; the path is in the related locations.

use serde::Serialize;

use super::columns::{BytePlace, bytes};
use super::rows::{Row, rows};
use super::{Rendered, Report, Wish};
use crate::diag::Severity;
use crate::source::{SourceMap, Span};

#[derive(Serialize)]
struct Document {
    source: Source,
    diagnostics: Vec<Entry>,
}

#[derive(Serialize)]
struct Source {
    name: &'static str,
}

#[derive(Serialize)]
struct Entry {
    message: String,
    location: Location,
    severity: &'static str,
    code: Code,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Related>,
}

#[derive(Serialize)]
struct Code {
    value: &'static str,
}

#[derive(Serialize)]
struct Location {
    path: String,
    range: Range,
}

#[derive(Serialize)]
struct Range {
    start: BytePlace,
    end: BytePlace,
}

#[derive(Serialize)]
struct Related {
    message: String,
    location: Location,
}

/// The document for one or several policy roots.
///
/// # Errors
/// Only if serialising fails, which it cannot for these types.
pub fn render(reports: &[Report<'_>], _: Wish) -> Rendered {
    let diagnostics = rows(reports).iter().filter_map(entry).collect();
    let mut text = serde_json::to_string_pretty(&Document { source: Source { name: "purlin" }, diagnostics })?;
    text.push('\n');
    Ok(text)
}

fn entry(row: &Row<'_>) -> Option<Entry> {
    let at = row.at?;
    let steps = row.path().iter().map(|s| (s.span, s.what.to_string()));
    let clause = row.clause().map(|(text, span)| (span, text));
    let related = steps.chain(clause).map(|(span, message)| Related { message, location: location(row.sources, span) });
    let mut message = row.message.to_string();
    for help in &row.help {
        message.push_str("\ndo: ");
        message.push_str(help);
    }
    Some(Entry {
        message,
        location: location(row.sources, at),
        severity: match row.severity {
            Severity::Error => "ERROR",
            Severity::Warning => "WARNING",
        },
        code: Code { value: row.code },
        related_locations: related.collect(),
    })
}

fn location(sources: &SourceMap, span: Span) -> Location {
    let (start, end) = bytes(sources, span);
    Location { path: sources.path(span.file).to_owned(), range: Range { start, end } }
}
