//! JSON lines: one finding, gap or waived finding a line, each with its `type`, and what was seen in the last.
//!
//! Each is what version 1 of the report holds in its lists, so that one schema describes both.

use serde::Serialize;

use super::json::Document;
use super::{Rendered, Report, Wish};

#[derive(Serialize)]
struct Line<'a, T> {
    #[serde(rename = "type")]
    kind: &'a str,
    #[serde(flatten)]
    value: &'a T,
}

/// The lines for one or several policy roots.
///
/// # Errors
/// Only if serialising fails, which it cannot for these types.
pub fn render(reports: &[Report<'_>], _: Wish) -> Rendered {
    let document = Document::new(reports);
    let mut out = String::new();
    lines(&mut out, "finding", &document.findings)?;
    lines(&mut out, "gap", &document.gaps)?;
    lines(&mut out, "waived", &document.waived)?;
    lines(&mut out, "known", &document.known)?;
    lines(&mut out, "gone", &document.gone)?;
    lines(&mut out, "relied_on", &document.relied_on)?;
    lines(&mut out, "branch", document.branch.as_slice())?;
    lines(&mut out, "coverage", std::slice::from_ref(&document.coverage))?;
    Ok(out)
}

fn lines<T: Serialize>(out: &mut String, kind: &str, values: &[T]) -> Result<(), serde_json::Error> {
    for value in values {
        out.push_str(&serde_json::to_string(&Line { kind, value })?);
        out.push('\n');
    }
    Ok(())
}
