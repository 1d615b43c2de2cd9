//! From the lexer's spans to byte offsets.
//!
//! The lexer counts characters and converts with a growing tree of offsets, about a microsecond a span. Its
//! lines and columns are cheap, so we ask for those and keep our own tables.

use proc_macro2::{LineColumn, Span as TokenSpan};

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
}

impl<'t> Places<'t> {
    pub(super) fn new(file: FileId, text: &'t str) -> Self {
        let mut places = Places { file, text, lines: vec![0], line_chars: Vec::new(), marks: Vec::new() };
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
        Span::new(self.file, self.offset(span.start()), self.offset(span.end()))
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
