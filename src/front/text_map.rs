//! From offsets in a decoded text (a string literal's value, a concatenation) back to where it stands.

use crate::source::{FileId, Span};

/// Where the pieces of a decoded text stand in their file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextMap {
    /// The file.
    pub file: FileId,
    /// Sorted by their offset in the decoded text.
    pub pieces: Vec<Piece>,
}

/// A piece of a decoded text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Where it begins in the decoded text.
    pub offset: u32,
    /// Where it begins in the file.
    pub lo: u32,
    /// The place that stands for all of it, if its bytes do not stand in the file one by one: a text that a macro
    /// wrote, or a name that was written elsewhere.
    pub place: Option<Span>,
}

impl Piece {
    /// A piece whose bytes stand in the file.
    #[must_use]
    pub fn new(offset: u32, lo: u32) -> Self {
        Self { offset, lo, place: None }
    }

    /// A piece that one place stands for.
    #[must_use]
    pub fn written(offset: u32, place: Span) -> Self {
        Self { offset, lo: place.lo, place: Some(place) }
    }

    /// The place of the character at an offset.
    fn at(self, offset: u32, file: FileId) -> Span {
        self.place.unwrap_or_else(|| {
            let at = self.lo.saturating_add(offset.saturating_sub(self.offset));
            Span::new(file, at, at.saturating_add(1))
        })
    }
}

impl TextMap {
    /// The map of a text that is the file itself.
    #[must_use]
    pub fn identity(file: FileId) -> Self {
        Self { file, pieces: vec![Piece::new(0, 0)] }
    }

    /// The place in the file of an offset in the decoded text: that of the last piece that begins at or before it.
    #[must_use]
    pub fn at(&self, offset: u32) -> u32 {
        self.byte(offset).lo
    }

    /// The span of the decoded text's bytes `lo..hi`, in the file where they begin.
    #[must_use]
    pub fn span(&self, lo: u32, hi: u32) -> Span {
        let start = self.byte(lo);
        let end = if hi > lo { self.byte(hi - 1) } else { Span { hi: start.lo, ..start } };
        if end.file == start.file { Span { hi: end.hi, ..start } } else { start }
    }

    fn byte(&self, offset: u32) -> Span {
        self.piece(offset).unwrap_or(Piece::new(0, 0)).at(offset, self.file)
    }

    /// What stands at an offset, as a piece of another text that begins at `to` there.
    #[must_use]
    pub fn moved(&self, offset: u32, to: u32) -> Piece {
        match self.piece(offset) {
            Some(piece) if piece.place.is_some() => Piece { offset: to, ..piece },
            _ => Piece::new(to, self.at(offset)),
        }
    }

    /// The last piece that begins at or before an offset.
    fn piece(&self, offset: u32) -> Option<Piece> {
        let after = self.pieces.partition_point(|p| p.offset <= offset);
        self.pieces.get(after.saturating_sub(1)).copied()
    }
}
