//! From offsets in a decoded text (a string literal's value, a concatenation) back to the file it stands in.

use crate::source::{FileId, Span};

/// Where the pieces of a decoded text stand in their file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextMap {
    /// The file.
    pub file: FileId,
    /// `(offset in the decoded text, offset in the file)`, sorted by the first.
    pub pieces: Vec<(u32, u32)>,
}

impl TextMap {
    /// The map of a text that is the file itself.
    #[must_use]
    pub fn identity(file: FileId) -> Self {
        Self { file, pieces: vec![(0, 0)] }
    }

    /// The place in the file of an offset in the decoded text: that of the last piece that begins at or before it.
    #[must_use]
    pub fn at(&self, offset: u32) -> u32 {
        let after = self.pieces.partition_point(|p| p.0 <= offset);
        match self.pieces.get(after.saturating_sub(1)) {
            Some(&(from, to)) => to.saturating_add(offset.saturating_sub(from)),
            None => offset,
        }
    }

    /// The span in the file of the decoded text's bytes `lo..hi`.
    #[must_use]
    pub fn span(&self, lo: u32, hi: u32) -> Span {
        let end = if hi > lo { self.at(hi - 1).saturating_add(1) } else { self.at(lo) };
        Span::new(self.file, self.at(lo), end)
    }
}
