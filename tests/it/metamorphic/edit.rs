//! New texts out of the pieces of old ones, and the way back from a place in the new to that in the old.

/// Path and text.
pub type File = (String, String);

/// A piece of a new text.
#[derive(Clone, Debug)]
pub enum Piece {
    /// Bytes of the old file with this number.
    Old { file: usize, lo: usize, hi: usize },
    /// A text that stands for this place of an old file.
    New { text: String, file: usize, at: usize },
}

/// A part of one old file that becomes something else.
#[derive(Clone, Debug)]
pub struct Edit {
    pub lo: usize,
    pub hi: usize,
    pub with: Vec<Piece>,
}

/// A new file: its path and pieces.
pub type Rewritten = (String, Vec<Piece>);

/// Edits of one file.
pub struct Editor<'a> {
    pub file: usize,
    pub text: &'a str,
    pub edits: Vec<Edit>,
}

impl<'a> Editor<'a> {
    pub fn new(file: usize, text: &'a str) -> Self {
        Editor { file, text, edits: Vec::new() }
    }

    pub fn new_piece(&self, at: usize, text: impl Into<String>) -> Piece {
        Piece::New { text: text.into(), file: self.file, at }
    }

    pub fn old_piece(&self, lo: usize, hi: usize) -> Piece {
        Piece::Old { file: self.file, lo, hi }
    }

    pub fn insert(&mut self, at: usize, text: impl Into<String>) {
        self.replace(at, at, text);
    }

    pub fn replace(&mut self, lo: usize, hi: usize, text: impl Into<String>) {
        let with = vec![self.new_piece(lo, text)];
        self.edits.push(Edit { lo, hi, with });
    }

    /// The pieces of the new text. Of edits that overlap the one that begins first is made.
    pub fn done(mut self) -> Vec<Piece> {
        self.edits.sort_by_key(|e| (e.lo, e.hi));
        let mut out = Vec::new();
        let mut at = 0;
        for edit in std::mem::take(&mut self.edits) {
            if edit.lo < at {
                continue;
            }
            out.push(self.old_piece(at, edit.lo));
            out.extend(edit.with);
            at = edit.hi;
        }
        out.push(self.old_piece(at, self.text.len()));
        out
    }
}

/// The text of a new file.
pub fn text(pieces: &[Piece], old: &[File]) -> String {
    let write = |p: &Piece| match p {
        Piece::Old { file, lo, hi } => old[*file].1[*lo..*hi].to_owned(),
        Piece::New { text, .. } => text.clone(),
    };
    pieces.iter().map(write).collect()
}

/// Where the byte of a new file stood: number of the old file and byte.
pub fn origin(pieces: &[Piece], mut offset: usize) -> (usize, usize) {
    let mut last = (0, 0);
    for piece in pieces {
        let length = match piece {
            Piece::Old { lo, hi, .. } => hi - lo,
            Piece::New { text, .. } => text.len(),
        };
        if offset < length {
            return match piece {
                Piece::Old { file, lo, .. } => (*file, lo + offset),
                Piece::New { file, at, .. } => (*file, *at),
            };
        }
        offset -= length;
        last = match piece {
            Piece::Old { file, hi, .. } => (*file, *hi),
            Piece::New { file, at, .. } => (*file, *at),
        };
    }
    last
}
