//! A page of headings, sentences, lists and tables, as Markdown, HTML or CSV.

use std::fmt::Write as _;

/// One part of a page.
#[derive(Clone, Debug, PartialEq)]
pub enum Block {
    /// A heading and its level, from 1.
    Heading(usize, String),
    /// A paragraph.
    Text(String),
    /// A list.
    List(Vec<String>),
    /// A table: its head and its rows.
    Table(Vec<String>, Vec<Vec<String>>),
}

/// The page as Markdown.
#[must_use]
pub fn markdown(page: &[Block]) -> String {
    let mut out = String::new();
    for block in page {
        if !out.is_empty() {
            out.push('\n');
        }
        match block {
            Block::Heading(level, text) => {
                let _ = writeln!(out, "{} {}", "#".repeat(*level), plain(text));
            }
            Block::Text(text) => {
                let _ = writeln!(out, "{}", plain(text));
            }
            Block::List(items) => {
                for item in items {
                    let _ = writeln!(out, "- {}", plain(item));
                }
            }
            Block::Table(head, rows) => {
                let row = |cells: &[String]| {
                    let cells: Vec<String> = cells.iter().map(|c| plain(c).replace('|', "\\|")).collect();
                    format!("| {} |\n", cells.join(" | "))
                };
                out.push_str(&row(head));
                let _ = writeln!(out, "|{}", "---|".repeat(head.len()));
                for cells in rows {
                    out.push_str(&row(cells));
                }
            }
        }
    }
    out
}

/// Texts of a policy are words, not Markdown.
fn plain(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if matches!(c, '*' | '_' | '`' | '<' | '[' | ']' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// The page as one HTML file that needs nothing else.
#[must_use]
pub fn html(title: &str, page: &[Block]) -> String {
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{}</title>\n<style>\n\
         body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 75rem; margin: 2rem auto; padding: 0 1rem; }}\n\
         table {{ border-collapse: collapse; margin: 1rem 0; font-size: 0.9rem; }}\n\
         th, td {{ border: 1px solid #888; padding: 0.3rem 0.5rem; text-align: left; vertical-align: top; }}\n\
         thead th {{ background: #eee; color: #111; }}\n\
         div {{ overflow-x: auto; }}\n</style>\n</head>\n<body>\n",
        escape(title)
    );
    for block in page {
        match block {
            Block::Heading(level, text) => {
                let _ = writeln!(out, "<h{level}>{}</h{level}>", escape(text));
            }
            Block::Text(text) => {
                let _ = writeln!(out, "<p>{}</p>", escape(text));
            }
            Block::List(items) => {
                out.push_str("<ul>\n");
                for item in items {
                    let _ = writeln!(out, "<li>{}</li>", escape(item));
                }
                out.push_str("</ul>\n");
            }
            Block::Table(head, rows) => {
                let cells = |cells: &[String], tag: &str| -> String {
                    cells.iter().map(|c| format!("<{tag}>{}</{tag}>", escape(c))).collect()
                };
                let head: String = head.iter().map(|c| format!("<th scope=\"col\">{}</th>", escape(c))).collect();
                let _ = writeln!(out, "<div><table>\n<thead><tr>{head}</tr></thead>\n<tbody>");
                for row in rows {
                    let _ = writeln!(out, "<tr>{}</tr>", cells(row, "td"));
                }
                out.push_str("</tbody>\n</table></div>\n");
            }
        }
    }
    out.push_str("</body>\n</html>\n");
    out
}

fn escape(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// The first table of the page as CSV (RFC 4180). A cell that a spreadsheet would take for a formula begins with an
/// apostrophe.
#[must_use]
pub fn csv(page: &[Block]) -> String {
    let mut out = String::new();
    let table = page.iter().find_map(|b| if let Block::Table(head, rows) = b { Some((head, rows)) } else { None });
    let Some((head, rows)) = table else { return out };
    for row in std::iter::once(head).chain(rows) {
        let cells: Vec<String> = row.iter().map(|c| cell(c)).collect();
        out.push_str(&cells.join(","));
        out.push_str("\r\n");
    }
    out
}

fn cell(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = if formula { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\n', '\r', ';', '\'']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_is_taken_for_markup() {
        let page = [
            Block::Heading(1, "A <b> & *c*".to_owned()),
            Block::Table(vec!["a|b".to_owned()], vec![vec!["=1+1, \"x\"".to_owned()]]),
            Block::List(vec!["it's".to_owned()]),
        ];
        assert_eq!(markdown(&page), "# A \\<b> & \\*c\\*\n\n| a\\|b |\n|---|\n| =1+1, \"x\" |\n\n- it's\n");
        let html = html("t", &page);
        assert!(html.contains("<h1>A &lt;b&gt; &amp; *c*</h1>") && html.contains("<li>it&#39;s</li>"), "{html}");
        assert_eq!(csv(&page), "a|b\r\n\"'=1+1, \"\"x\"\"\"\r\n");
    }
}
