//! From the lexer's spans to byte offsets.
//!
//! The lexer counts characters and converts with a growing tree of offsets, about a microsecond a span. Its
//! lines and columns are cheap, so we ask for those and keep our own tables.
//!
//! A token that a macro of the workspace wrote does not stand in the file. It gets a span on a line *below the last
//! line of the text*, and [`Places`] knows for each such line what place in the file stands for it (that of the
//! call) and which expansion wrote it.

use std::cell::RefCell;
use std::str::FromStr;

use proc_macro2::{LineColumn, Span as TokenSpan, TokenStream};

use super::scan;
use crate::source::{FileId, Span};

/// Bytes between two marks of [`Places::marks`], in characters.
const STEP: usize = 64;

/// Tables of one text.
pub(super) struct Places<'t> {
    file: FileId,
    text: &'t str,
    /// Byte offset of each line.
    lines: Vec<u32>,
    /// Only for texts that are not ASCII: characters before each line.
    line_chars: Vec<u32>,
    /// Only for texts that are not ASCII: byte offset of every 64th character.
    marks: Vec<u32>,
    /// The lines below the text.
    below: RefCell<Below>,
}

/// Lines below a text, for tokens that expansions wrote.
#[derive(Default)]
struct Below {
    /// Spans of lines that are not yet given out, the next one last.
    free: Vec<TokenSpan>,
    /// By line: the place in the file that stands for it, and the expansion.
    written: Vec<(Span, u32)>,
}

impl<'t> Places<'t> {
    pub(super) fn new(file: FileId, text: &'t str) -> Self {
        let mut places =
            Places { file, text, lines: vec![0], line_chars: Vec::new(), marks: Vec::new(), below: RefCell::default() };
        if text.is_ascii() {
            for (i, b) in text.bytes().enumerate() {
                if b == b'\n' {
                    places.lines.push(i as u32 + 1);
                }
            }
        } else {
            places.line_chars.push(0);
            for (n, (i, c)) in text.char_indices().enumerate() {
                if n % STEP == 0 {
                    places.marks.push(i as u32);
                }
                if c == '\n' {
                    places.lines.push(i as u32 + 1);
                    places.line_chars.push(n as u32 + 1);
                }
            }
        }
        places
    }

    pub(super) fn file(&self) -> FileId {
        self.file
    }

    pub(super) fn text(&self) -> &'t str {
        self.text
    }

    /// 0-based line of a byte.
    pub(super) fn line(&self, at: u32) -> usize {
        self.lines.partition_point(|&lo| lo <= at).saturating_sub(1)
    }

    /// The text of a 0-based line, and where it begins.
    pub(super) fn line_text(&self, line: usize) -> (u32, &'t str) {
        let lo = self.lines.get(line).copied().unwrap_or(self.text.len() as u32);
        let hi = self.lines.get(line + 1).copied().unwrap_or(self.text.len() as u32);
        (lo, self.text.get(lo as usize..hi as usize).unwrap_or(""))
    }

    pub(super) fn span(&self, span: TokenSpan) -> Span {
        let start = span.start();
        match self.below(start) {
            Some((place, _)) => place,
            None => Span::new(self.file, self.offset(start), self.offset(span.end())),
        }
    }

    /// As [`Places::span`], of a name: the lexer is asked only where it begins, as its end is seen in the text.
    pub(super) fn word(&self, span: TokenSpan) -> Span {
        let start = span.start();
        if let Some((place, _)) = self.below(start) {
            return place;
        }
        let lo = self.offset(start);
        let rest = self.text.as_bytes().get(lo as usize..).unwrap_or(&[]);
        let raw = if rest.starts_with(b"r#") { 2 } else { 0 };
        match rest.iter().skip(raw).take_while(|b| scan::is_name(**b)).count() {
            // Read out of a literal, whose place it has.
            0 => self.span(span),
            len => Span::new(self.file, lo, lo + (raw + len) as u32),
        }
    }

    /// A span for tokens that an expansion writes; `place` stands for it.
    pub(super) fn write(&self, place: Span, expansion: u32) -> TokenSpan {
        let mut below = self.below.borrow_mut();
        if below.free.is_empty() {
            let given = below.written.len();
            let more = given.max(32);
            let ruler = "\n".repeat(self.lines.len() + given) + &";\n".repeat(more);
            let tokens = TokenStream::from_str(&ruler).unwrap_or_default();
            below.free.extend(tokens.into_iter().map(|t| t.span()));
            below.free.reverse();
        }
        below.written.push((place, expansion));
        below.free.pop().unwrap_or_else(TokenSpan::call_site)
    }

    /// The expansion that wrote a token; 0 for one that stands in the file.
    pub(super) fn writer(&self, span: TokenSpan) -> u32 {
        if self.below.borrow().written.is_empty() {
            return 0;
        }
        self.below(span.start()).map_or(0, |(_, expansion)| expansion)
    }

    fn below(&self, at: LineColumn) -> Option<(Span, u32)> {
        let line = at.line.checked_sub(1 + self.lines.len())?;
        self.below.borrow().written.get(line).copied()
    }

    fn offset(&self, at: LineColumn) -> u32 {
        let line = at.line.saturating_sub(1);
        let start = self.lines.get(line).copied().unwrap_or(0);
        let Some(&chars) = self.line_chars.get(line) else {
            return start.saturating_add(at.column as u32).min(self.text.len() as u32);
        };
        let n = chars as usize + at.column;
        let Some(&mark) = self.marks.get(n / STEP) else { return self.text.len() as u32 };
        let rest = self.text.get(mark as usize..).unwrap_or("");
        rest.char_indices().nth(n % STEP).map_or(self.text.len() as u32, |(i, _)| mark + i as u32)
    }
}
