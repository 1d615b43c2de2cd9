//! A table for spreadsheets (RFC 4180): one line for each finding, those that are waived or in the baseline included.
//!
//! Columns of places count characters. A cell that a spreadsheet would take for a formula begins with `'`.

use super::rows::{Row, State, rows, suppressed};
use super::{Rendered, Report, Wish, severity};

const HEAD: [&str; 20] = [
    "state",
    "severity",
    "code",
    "name",
    "file",
    "line",
    "column",
    "end_line",
    "end_column",
    "function",
    "verb",
    "data",
    "purpose",
    "target",
    "confidence",
    "message",
    "clause",
    "law",
    "fingerprint",
    "owner_until",
];

/// The table for one or several policy roots.
///
/// # Errors
/// Never.
pub fn render(reports: &[Report<'_>], _: Wish) -> Rendered {
    let mut out = String::new();
    line(&mut out, HEAD.iter().map(|h| (*h).to_owned()));
    for row in rows(reports).iter().chain(&suppressed(reports)) {
        line(&mut out, cells(row).into_iter());
    }
    Ok(out)
}

fn cells(row: &Row<'_>) -> [String; 20] {
    let number = |n: Option<u32>| n.map(|n| n.to_string()).unwrap_or_default();
    let place = row.place();
    let finding = row.finding;
    let (state, owner) = match row.state {
        State::New => ("new", String::new()),
        State::Waived(waived) => ("waived", format!("{} until {}", waived.owner, waived.until)),
        State::Known(known) => (known.why.word(), String::new()),
    };
    [
        state.to_owned(),
        severity(row.severity).to_owned(),
        row.code.to_owned(),
        row.name.to_owned(),
        row.file().unwrap_or_default().to_owned(),
        number(place.map(|p| p.0.line)),
        number(place.map(|p| p.0.column)),
        number(place.map(|p| p.1.line)),
        number(place.map(|p| p.1.column)),
        row.function().to_owned(),
        finding.map(|f| f.verb.word().to_owned()).unwrap_or_default(),
        row.data().join("; "),
        finding.and_then(|f| f.purpose_name.clone()).unwrap_or_default(),
        finding.and_then(|f| f.target_name.clone()).unwrap_or_default(),
        finding.map(|f| f.confidence.name().to_owned()).unwrap_or_default(),
        row.message.to_string(),
        row.clause().map(|(text, _)| text).unwrap_or_default(),
        finding.map(|f| f.law.join("; ")).unwrap_or_default(),
        row.fingerprint.clone(),
        owner,
    ]
}

fn line(out: &mut String, cells: impl Iterator<Item = String>) {
    for (i, text) in cells.enumerate() {
        if i > 0 {
            out.push(',');
        }
        out.push_str(&cell(&text));
    }
    out.push_str("\r\n");
}

fn cell(text: &str) -> String {
    let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    if guard.is_empty() && !text.contains(['"', ',', '\n', '\r']) {
        return text.to_owned();
    }
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_where_they_must_be() {
        assert_eq!(cell("plain é"), "plain é");
        assert_eq!(cell("a, \"b\"\n"), "\"a, \"\"b\"\"\n\"");
        assert_eq!(cell("=HYPERLINK(1)"), "\"'=HYPERLINK(1)\"");
    }
}
