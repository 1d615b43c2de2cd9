//! Workflow commands of GitHub Actions, which show findings beside the lines of a change.
//!
//! GitHub shows ten errors and ten warnings of a step and drops the rest without a word, so the rest is counted in a
//! notice. A file that could not be read is a warning. Columns count characters and are given where a finding is within one line, as GitHub asks.

use std::fmt::Write as _;

use super::rows::{Row, rows, unread};
use super::{Rendered, Report, Wish, severity};
use crate::diag::Severity;

/// Annotations of each severity that GitHub shows.
const SHOWN: usize = 10;

/// The commands for one or several policy roots.
///
/// # Errors
/// Never.
pub fn render(reports: &[Report<'_>], _: Wish) -> Rendered {
    let mut rows = rows(reports);
    rows.extend(unread(reports));
    let mut out = String::new();
    let mut hidden = 0;
    for level in [Severity::Error, Severity::Warning] {
        let of_level: Vec<&Row<'_>> = rows.iter().filter(|r| r.severity == level).collect();
        hidden += of_level.len().saturating_sub(SHOWN);
        for row in of_level.iter().take(SHOWN) {
            command(&mut out, row);
        }
    }
    if hidden > 0 {
        let _ = writeln!(out, "::notice title=purlin::{hidden} more findings are in the log");
    }
    Ok(out)
}

fn command(out: &mut String, row: &Row<'_>) {
    let mut properties = vec![("title", format!("purlin {}", row.rule()))];
    if let (Some(file), Some((start, end))) = (row.file(), row.place()) {
        properties.push(("file", file.to_owned()));
        properties.push(("line", start.line.to_string()));
        properties.push(("endLine", end.line.to_string()));
        if start.line == end.line {
            properties.push(("col", start.column.to_string()));
            properties.push(("endColumn", end.column.to_string()));
        }
    }
    let properties: Vec<String> = properties.iter().map(|(key, value)| format!("{key}={}", property(value))).collect();
    let mut text = row.message.to_string();
    for help in &row.help {
        let _ = write!(text, "\ndo: {help}");
    }
    let _ = writeln!(out, "::{} {}::{}", severity(row.severity), properties.join(","), data(&text));
}

/// A text after the `::`.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_end_a_command_is_escaped() {
        assert_eq!(data("100 %\r\n::error::x"), "100 %25%0D%0A::error::x");
        assert_eq!(property("a,b:c%"), "a%2Cb%3Ac%25");
    }
}
