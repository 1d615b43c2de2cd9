//! Texts and places in them.
//!
//! Owns the text of every file that was read and the conversion of byte offsets to lines and columns.
//! It reads nothing by itself: `project` (or a test) hands the texts in, sorted by path, so that ids are
//! deterministic.

use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};

/// A file of the [`SourceMap`]; ids follow the order of the normalised relative paths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FileId(pub u32);

/// A range of bytes in one file. `lo` is the first byte, `hi` the one after the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// Offset in bytes of the first byte.
    pub lo: u32,
    /// Offset in bytes after the last byte.
    pub hi: u32,
}

impl Span {
    /// A span of `file` from byte `lo` up to but not including byte `hi`.
    #[must_use]
    pub fn new(file: FileId, lo: u32, hi: u32) -> Self {
        Self { file, lo, hi: hi.max(lo) }
    }

    /// The smallest span that covers both; `self` where they stand in different files.
    #[must_use]
    pub fn to(self, other: Span) -> Span {
        if self.file == other.file { Span::new(self.file, self.lo.min(other.lo), self.hi.max(other.hi)) } else { self }
    }

    /// Whether `other` lies within this span.
    #[must_use]
    pub fn contains(self, other: Span) -> bool {
        self.file == other.file && self.lo <= other.lo && other.hi <= self.hi
    }
}

/// A place for people: 1-based line, 1-based column counted in Unicode scalar values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct LineCol {
    /// 1-based line.
    pub line: u32,
    /// 1-based column in Unicode scalar values.
    pub column: u32,
}

/// One text and where its lines begin.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// Path relative to the root of the run, with `/`.
    pub path: Arc<str>,
    /// The whole text.
    pub text: Arc<str>,
    /// Where lines begin; few files are ever asked.
    line_starts: OnceLock<Vec<u32>>,
}

impl SourceFile {
    /// A file with this text.
    #[must_use]
    pub fn new(path: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> Self {
        Self { path: path.into(), text: text.into(), line_starts: OnceLock::new() }
    }

    fn line_starts(&self) -> &[u32] {
        self.line_starts.get_or_init(|| {
            let after = self.text.bytes().zip(1..).filter(|(b, _)| *b == b'\n').map(|(_, after)| after);
            std::iter::once(0).chain(after).collect()
        })
    }

    /// 0-based index of the line that holds byte `offset`.
    #[must_use]
    pub fn line_index(&self, offset: u32) -> usize {
        self.line_starts().partition_point(|&s| s <= offset).saturating_sub(1)
    }

    /// Byte range of a 0-based line, without its line end.
    #[must_use]
    pub fn line_range(&self, line: usize) -> (usize, usize) {
        let lo = self.line_starts().get(line).copied().unwrap_or(self.text.len() as u32) as usize;
        let hi = self.line_starts().get(line + 1).map_or(self.text.len(), |&n| n as usize);
        let line = self.text.get(lo..hi).unwrap_or("");
        (lo, lo + line.trim_end_matches(['\n', '\r']).len())
    }

    /// Number of lines.
    #[must_use]
    pub fn line_count(&self) -> usize {
        self.line_starts().len()
    }

    /// The place of byte `offset` for people.
    #[must_use]
    pub fn line_col(&self, offset: u32) -> LineCol {
        let line = self.line_index(offset);
        let start = self.line_starts().get(line).copied().unwrap_or(0) as usize;
        let mut end = (offset as usize).min(self.text.len());
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        let column = self.text.get(start..end).map_or(0, |s| s.chars().count());
        LineCol { line: line as u32 + 1, column: column as u32 + 1 }
    }
}

/// All texts of a run.
#[derive(Clone, Debug, Default)]
pub struct SourceMap {
    files: Vec<SourceFile>,
}

impl SourceMap {
    /// Adds a file and gives it the next id.
    pub fn add(&mut self, path: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> FileId {
        let id = FileId(self.files.len() as u32);
        self.files.push(SourceFile::new(path, text));
        id
    }

    /// The file with this id, if it was added.
    #[must_use]
    pub fn get(&self, id: FileId) -> Option<&SourceFile> {
        self.files.get(id.0 as usize)
    }

    /// Path of a file, or `?`.
    #[must_use]
    pub fn path(&self, id: FileId) -> &str {
        self.get(id).map_or("?", |f| &f.path)
    }

    /// The text under a span.
    #[must_use]
    pub fn text(&self, span: Span) -> &str {
        self.get(span.file).and_then(|f| f.text.get(span.lo as usize..span.hi as usize)).unwrap_or("")
    }

    /// The place where a span begins.
    #[must_use]
    pub fn start(&self, span: Span) -> LineCol {
        self.get(span.file).map_or(LineCol { line: 1, column: 1 }, |f| f.line_col(span.lo))
    }

    /// The place after the end of a span.
    #[must_use]
    pub fn end(&self, span: Span) -> LineCol {
        self.get(span.file).map_or(LineCol { line: 1, column: 1 }, |f| f.line_col(span.hi))
    }

    /// `path:line:column` of the beginning of a span.
    #[must_use]
    pub fn show(&self, span: Span) -> String {
        let at = self.start(span);
        format!("{}:{}:{}", self.path(span.file), at.line, at.column)
    }

    /// All files in the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        self.files.iter().enumerate().map(|(i, f)| (FileId(i as u32), f))
    }

    /// Number of files.
    #[must_use]
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether there is no file.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }
}
