//! A comment on a merge request: what is new, with its path folded away, and what was seen.
//!
//! The first line is a mark by which a bot finds its earlier comment and replaces it. Hosts refuse long comments, so
//! only so many findings are written out.

use std::fmt::Write as _;

use super::rows::{Row, rows};
use super::text::{coverage_line, result_line};
use super::{Rendered, Report, Wish, severity};
use crate::source::Span;

/// Findings that are written out.
const SHOWN: usize = 40;
/// Length at which no further finding is written out: GitHub refuses comments of 65,536 characters.
const LONG: usize = 50_000;

/// The comment for one or several policy roots.
///
/// # Errors
/// Never.
pub fn render(reports: &[Report<'_>], _: Wish) -> Rendered {
    let mut out = String::from("<!-- purlin -->\n");
    for report in reports {
        let rows = rows(std::slice::from_ref(report));
        let _ = writeln!(out, "### Purlin: {}\n", escape(&result_line(report)));
        let mut shown = 0;
        for row in rows.iter().take(SHOWN) {
            if out.len() > LONG {
                break;
            }
            entry(&mut out, row);
            shown += 1;
        }
        if shown < rows.len() {
            let _ = writeln!(out, "and {} more in the log\n", rows.len() - shown);
        }
        for waived in &report.judged.waived {
            let _ = writeln!(
                out,
                "- waived until {} ({}, {}): {}",
                waived.until,
                escape(&waived.owner),
                escape(&waived.waiver),
                escape(&waived.finding.message)
            );
        }
        if !report.judged.waived.is_empty() {
            out.push('\n');
        }
        let _ = writeln!(out, "<sub>{}</sub>\n", escape(&coverage_line(report)));
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    Ok(out)
}

fn entry(out: &mut String, row: &Row<'_>) {
    let place = |span: Span| code(&format!("{}:{}", row.sources.path(span.file), row.sources.start(span).line));
    let at = row.at.map_or_else(String::new, |at| format!(" at {}", place(at)));
    let _ = writeln!(out, "**{}[{}]** {}{at}\n", severity(row.severity), row.code, escape(&row.message));
    let mut detail = String::new();
    for (i, step) in row.path().iter().enumerate() {
        let _ = writeln!(detail, "{}. {} {}", i + 1, place(step.span), escape(&step.what));
    }
    if let Some((text, span)) = row.clause() {
        let _ = writeln!(detail, "\nclause: {} ({})", code(&text), place(span));
    }
    if let Some(finding) = row.finding {
        let _ = writeln!(detail, "\nfingerprint: {}", code(&finding.fingerprint));
    }
    for help in &row.help {
        let _ = writeln!(detail, "\ndo: {}", escape(help));
    }
    if !detail.is_empty() {
        let _ = writeln!(out, "<details><summary>path and clause</summary>\n\n{detail}\n</details>\n");
    }
}

/// A text in which only what stands between backticks is set as code, and nothing is HTML or a mention.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let is_paired = text.matches('`').count().is_multiple_of(2);
    let mut in_code = false;
    for c in text.chars() {
        match c {
            '`' if is_paired => {
                in_code = !in_code;
                out.push(c);
            }
            '\n' | '\r' => out.push(' '),
            _ if in_code => out.push(c),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '@' => out.push_str("&#64;"),
            '\\' | '*' | '_' | '[' | ']' | '#' | '|' | '`' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

/// A text set as code, whatever backticks it holds.
fn code(text: &str) -> String {
    let text = text.replace(['\n', '\r'], " ");
    if text.contains('`') { format!("`` {text} ``") } else { format!("`{text}`") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_neither_html_nor_mentions() {
        assert_eq!(escape("`a_b<T>` of <x> @all *"), "`a_b<T>` of &lt;x&gt; &#64;all \\*");
        assert_eq!(escape("odd ` tick"), "odd \\` tick");
        assert_eq!(code("a`b"), "`` a`b ``");
    }
}
