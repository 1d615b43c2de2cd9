//! JUnit's XML: every finding is a test that fails, every warning one that passes with an output, what is waived one
//! that is skipped, a file that could not be read one that ends in an error, and one more test passes where there is no
//! violation. What was seen is the output of the suite.

use std::fmt::Write as _;

use super::rows::{Row, rows, unread};
use super::summary::coverage_line;
use super::{Rendered, Report, Wish};
use crate::diag::Severity;

/// The document for one or several policy roots.
///
/// # Errors
/// Never.
pub fn render(reports: &[Report<'_>], _: Wish) -> Rendered {
    let mut suites = String::new();
    let (mut tests, mut failures, mut errors) = (0, 0, 0);
    for report in reports {
        let rows = rows(std::slice::from_ref(report));
        let failed = rows.iter().filter(|r| r.severity == Severity::Error).count();
        let waived = &report.judged.waived;
        let unread = unread(std::slice::from_ref(report));
        let count = rows.len() + unread.len() + waived.len() + usize::from(failed == 0);
        let name = if report.root.is_empty() { "purlin".to_owned() } else { format!("purlin {}", report.root) };
        let _ = writeln!(
            suites,
            "  <testsuite name=\"{}\" tests=\"{count}\" failures=\"{failed}\" errors=\"{}\" skipped=\"{}\">",
            escape(&name),
            unread.len(),
            waived.len()
        );
        if failed == 0 {
            let _ = writeln!(suites, "    <testcase classname=\"purlin\" name=\"no violations\"/>");
        }
        for row in &rows {
            let (tag, what) = match row.severity {
                Severity::Error => ("failure", ""),
                Severity::Warning => ("system-out", "warning: "),
            };
            case(&mut suites, row, tag, what);
        }
        for row in &unread {
            case(&mut suites, row, "error", "");
        }
        for waived in waived {
            let (finding, place) = (&waived.finding, report.sources.show(waived.finding.arrival.span));
            let name = format!("{} {} {place}", finding.rule.code(), finding.rule.name());
            let why = format!("waived until {} ({}): {}", waived.until, waived.owner, waived.because);
            let _ = writeln!(
                suites,
                "    <testcase classname=\"{}\" name=\"{}\"><skipped message=\"{}\"/></testcase>",
                escape(report.sources.path(finding.arrival.span.file)),
                escape(&name),
                escape(&why)
            );
        }
        let _ = writeln!(suites, "    <system-out>{}</system-out>", escape(&coverage_line(report)));
        suites.push_str("  </testsuite>\n");
        tests += count;
        failures += failed;
        errors += unread.len();
    }
    Ok(format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <testsuites name=\"purlin\" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\">\n{suites}</testsuites>\n"
    ))
}

/// A test that ends in `failure` or `error`, or passes with an output.
fn case(out: &mut String, row: &Row<'_>, tag: &str, what: &str) {
    let file = row.file().unwrap_or("purlin");
    let place = row.at.map_or_else(String::new, |at| row.sources.show(at));
    let name = format!("{} {}", row.rule(), place);
    let _ = write!(out, "    <testcase classname=\"{}\" name=\"{}\"", escape(file), escape(name.trim_end()));
    if let Some((start, _)) = row.place() {
        let _ = write!(out, " file=\"{}\" line=\"{}\"", escape(file), start.line);
    }
    out.push_str(">\n");
    let mut text = String::new();
    for step in row.path() {
        let _ = writeln!(text, "{}: {}", row.sources.show(step.span), step.what);
    }
    for help in &row.help {
        let _ = writeln!(text, "do: {help}");
    }
    let (message, text) = (escape(&row.message), escape(&text));
    let _ = match tag {
        "system-out" => writeln!(out, "      <{tag}>{what}{message}\n{text}</{tag}>"),
        _ => writeln!(out, "      <{tag} type=\"{}\" message=\"{message}\">{text}</{tag}>", row.code),
    };
    out.push_str("    </testcase>\n");
}

/// A text as XML holds it; characters that XML cannot hold are replaced.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(c),
            c if c < ' ' || matches!(c, '\u{FFFE}' | '\u{FFFF}') => out.push('\u{FFFD}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn xml_holds_every_text() {
        assert_eq!(escape("a<b> & \"é𐐀\"\u{1}\u{FFFF}"), "a&lt;b&gt; &amp; &quot;é𐐀&quot;\u{FFFD}\u{FFFD}");
    }
}
