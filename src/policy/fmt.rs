//! How a policy file should look: layout, comments, columns. What each sentence says is in `fmt_items`.
//!
//! There are no options. Comments and single blank lines stay where they were; a comment inside a sentence moves
//! above it. The result is read again and compared with what was read before: formatting never changes a meaning.

use crate::diag::{Diagnostic, Severity};
use crate::source::{FileId, Span};

use super::fmt_items as items;
use super::lex::{self, Comment, Kind, Scan};
use super::parse;

/// Lines are broken, and blocks that stood on one line are opened, beyond this many columns.
const WIDTH: usize = 110;

/// Formats one file.
///
/// # Errors
/// The diagnostics of a file that cannot be read. Should formatting change what it means, that is an error too,
/// and the file is left alone.
pub fn format(text: &str) -> Result<String, Vec<Diagnostic>> {
    let id = FileId(0);
    let parsed = parse::file(id, text);
    if parsed.diagnostics.iter().any(|d| d.severity == Severity::Error) {
        return Err(parsed.diagnostics);
    }
    let scan = lex::scan(text);
    let mut out = Printer::new(text, &scan);
    for placed in &parsed.items {
        items::item(&mut out, placed);
    }
    let made = out.finish();
    let again = parse::file(id, &made);
    if again.items != parsed.items || comments(text, &scan) != comments(&made, &lex::scan(&made)) {
        let message = "formatting would change what this file says, so it is left as it is";
        let problem = Diagnostic::error("P01", message, Span::new(id, 0, 0), "")
            .help("this is a mistake of the formatter; please report the file");
        return Err(vec![problem]);
    }
    Ok(made)
}

fn comments(text: &str, scan: &Scan) -> Vec<String> {
    let said = |c: &Comment| text.get(c.lo as usize..c.hi as usize).unwrap_or("").trim_end().to_owned();
    let mut all: Vec<String> = scan.comments.iter().map(said).collect();
    all.sort();
    all
}

/// A line whose cells stand below those of its neighbours.
struct Row {
    indent: usize,
    cells: Vec<String>,
    trailing: Option<String>,
    group: &'static str,
}

/// Writes lines and weaves the comments in.
pub(super) struct Printer<'a> {
    text: &'a str,
    scan: &'a Scan,
    out: Vec<String>,
    rows: Vec<Row>,
    /// The next comment to write.
    comment: usize,
    /// End of what was written, in the source.
    last: u32,
    /// Nothing was written since a brace was opened, or at all.
    fresh: bool,
    indent: usize,
}

impl<'a> Printer<'a> {
    fn new(text: &'a str, scan: &'a Scan) -> Self {
        Self { text, scan, out: Vec::new(), rows: Vec::new(), comment: 0, last: 0, fresh: true, indent: 0 }
    }

    fn finish(mut self) -> String {
        self.lead(self.text.len() as u32);
        self.flush();
        let mut made = self.out.join("\n");
        made.push('\n');
        made
    }

    fn source(&self, lo: u32, hi: u32) -> &'a str {
        self.text.get(lo as usize..hi as usize).unwrap_or("")
    }

    /// Whether a block of the source stands on one line and has no comment in it.
    pub(super) fn one_line(&self, span: Span) -> bool {
        !self.source(span.lo, span.hi).contains(['\n', '\r'])
    }

    /// Whether a line of this text fits here.
    pub(super) fn fits(&self, text: &str) -> bool {
        self.indent + text.chars().count() <= WIDTH
    }

    /// Where the first brace within a span is opened: the end of it.
    pub(super) fn opening(&self, span: Span) -> u32 {
        let from = self.scan.at(span.lo);
        let tokens = self.scan.tokens.get(from..).unwrap_or(&[]);
        tokens.iter().take_while(|t| t.hi <= span.hi).find(|t| t.kind == Kind::Open).map_or(span.hi, |t| t.hi)
    }

    /// Writes the comments that stand before `lo`, each on its line, and keeps one blank line where there were some.
    fn lead(&mut self, lo: u32) {
        while let Some(comment) = self.scan.comments.get(self.comment).copied().filter(|c| c.lo < lo) {
            self.comment += 1;
            self.gap(comment.lo);
            self.flush();
            let said = self.source(comment.lo, comment.hi).trim_end();
            self.out.push(format!("{}{said}", " ".repeat(self.indent)));
            self.last = comment.hi;
            self.fresh = false;
        }
    }

    /// A blank line, if there was one before `lo`.
    fn gap(&mut self, lo: u32) {
        let between = self.source(self.last, lo);
        let lines = between.matches('\n').count().max(between.matches('\r').count());
        if lines > 1 && !self.fresh {
            self.flush();
            self.out.push(String::new());
        }
    }

    /// The comment that stands behind `hi` on the same line.
    fn trailing(&mut self, hi: u32) -> Option<String> {
        let comment = self.scan.comments.get(self.comment).copied()?;
        if comment.first || self.source(hi, comment.lo).contains(['\n', '\r']) {
            return None;
        }
        // Something else may stand between: then the comment belongs to that.
        if self
            .scan
            .tokens
            .get(self.scan.at(hi))
            .is_some_and(|t| t.lo >= hi && t.hi <= comment.lo && t.kind != Kind::Comma)
        {
            return None;
        }
        self.comment += 1;
        self.last = comment.hi;
        Some(self.source(comment.lo, comment.hi).trim_end().to_owned())
    }

    /// Before something that stands at `lo..hi`: comments and blank lines; comments inside move above it.
    fn begin(&mut self, lo: u32, hi: u32) {
        self.lead(lo);
        self.gap(lo);
        self.last = lo;
        let inside = self.scan.comments.get(self.comment).is_some_and(|c| c.lo < hi);
        if inside {
            self.fresh = true;
            self.lead(hi);
        }
        self.last = hi;
        self.fresh = false;
    }

    /// Writes a sentence in words that may be broken apart; `from` is the column where further lines begin.
    pub(super) fn sentence(&mut self, span: Span, words: &[String], from: usize) {
        self.begin(span.lo, span.hi);
        let trailing = self.trailing(span.hi);
        self.flush();
        let margin = " ".repeat(self.indent);
        let mut line = margin.clone();
        let mut empty = true;
        for word in words {
            // A word that begins with a newline asks for a line of its own.
            let (own, word) = match word.strip_prefix('\n') {
                Some(word) => (true, word),
                None => (false, word.as_str()),
            };
            let wide = line.chars().count() + 1 + word.chars().count() > WIDTH;
            if !empty && (own || wide) {
                self.out.push(std::mem::take(&mut line));
                line = format!("{margin}{}", " ".repeat(from));
                empty = true;
            }
            if !empty {
                line.push(' ');
            }
            line.push_str(word);
            empty = false;
        }
        push_comment(&mut line, trailing);
        self.out.push(line);
    }

    /// Writes a line with cells that are aligned with those of its neighbours of the same group.
    pub(super) fn row(&mut self, span: Span, group: &'static str, cells: Vec<String>) {
        self.begin(span.lo, span.hi);
        let trailing = self.trailing(span.hi);
        if self.rows.last().is_some_and(|r| r.group != group || r.indent != self.indent) {
            self.flush();
        }
        self.rows.push(Row { indent: self.indent, cells, trailing, group });
    }

    /// Opens a block: its first line ends with the brace.
    pub(super) fn open(&mut self, span: Span, head: &str) {
        let hi = self.opening(span);
        self.begin(span.lo, hi);
        let trailing = self.trailing(hi);
        self.flush();
        let mut line = format!("{}{head} {{", " ".repeat(self.indent));
        push_comment(&mut line, trailing);
        self.out.push(line);
        self.indent += 2;
        self.fresh = true;
    }

    /// Closes a block that ends at `hi`.
    pub(super) fn close(&mut self, hi: u32) {
        self.lead(hi.saturating_sub(1));
        self.flush();
        self.indent = self.indent.saturating_sub(2);
        self.last = hi;
        self.fresh = false;
        let trailing = self.trailing(hi);
        let mut line = format!("{}}}", " ".repeat(self.indent));
        push_comment(&mut line, trailing);
        self.out.push(line);
    }

    /// Writes the rows that wait for their neighbours.
    fn flush(&mut self) {
        let rows = std::mem::take(&mut self.rows);
        let columns = rows.iter().map(|r| r.cells.len()).max().unwrap_or(0);
        let mut widths = vec![0; columns];
        for row in &rows {
            for (width, cell) in widths.iter_mut().zip(&row.cells) {
                // One cell that is very long does not push all others away.
                *width = (*width).max(Some(cell.chars().count()).filter(|n| *n <= 64).unwrap_or(0));
            }
        }
        for row in rows {
            let mut line = " ".repeat(row.indent);
            let mut column = 0;
            let mut written = 0;
            for (cell, width) in row.cells.iter().zip(&widths) {
                if !cell.is_empty() {
                    let count = cell.chars().count();
                    line.push_str(&" ".repeat(column - written));
                    line.push_str(cell);
                    written = column + count;
                }
                if *width > 0 || !cell.is_empty() {
                    column = (column + width + 1).max(written + 1);
                }
            }
            push_comment(&mut line, row.trailing);
            self.out.push(line);
        }
    }
}

fn push_comment(line: &mut String, comment: Option<String>) {
    if let Some(comment) = comment {
        line.push_str("  ");
        line.push_str(&comment);
    }
}
