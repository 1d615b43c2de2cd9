//! A file is lexed, parsed and lowered in pieces of whole items: the tokens and the tree of a piece stay in the caches of
//! a processor, those of a long file do not.
//!
//! [`super::scan`] tells where items end. In the place of what stands before a piece, and of what is left out
//! ([`super::unread`]), stand blanks, so that every token keeps its line and its column.

use std::ops::Range;

use super::scan::Scan;

/// Bytes from which on a piece may end.
const LEAST: usize = 16 << 10;
/// How many pieces a file has at most, since each counts the lines before it once more.
const MOST: usize = 16;

/// How long a piece of a text of this length is at least.
pub(super) fn least(len: usize) -> usize {
    LEAST.max(len / MOST)
}

/// The pieces of a text of this length, in order, each at least so long.
pub(super) fn pieces(len: usize, seen: &Scan, least: usize) -> Vec<Range<usize>> {
    let mut out = Vec::new();
    let mut lo = 0;
    for end in seen.ends.iter().map(|end| *end as usize) {
        if end - lo >= least {
            out.push(lo..end);
            lo = end;
        }
    }
    out.push(lo..len);
    out
}

/// What is read of a piece, at its lines and columns.
pub(super) fn text_of(text: &str, piece: &Range<usize>, seen: &Scan) -> String {
    let (before, part) = (text.get(..piece.start).unwrap_or(""), text.get(piece.clone()).unwrap_or(""));
    let column = before.len() - before.rfind('\n').map_or(0, |at| at + 1);
    let lines = before.len() - column;
    let mut out = String::with_capacity(part.len() + before.len() / 16);
    out.extend(before.bytes().take(lines).filter(|b| *b == b'\n').map(char::from));
    out.extend(before.get(lines..).unwrap_or("").chars().map(|_| ' '));
    let mut done = piece.start;
    let first = seen.unread.partition_point(|(lo, _)| (*lo as usize) < piece.start);
    for &(lo, hi) in seen.unread.iter().skip(first) {
        let (lo, hi) = (lo as usize, hi as usize);
        if hi > piece.end {
            break;
        }
        out.push_str(text.get(done..lo).unwrap_or(""));
        let blank = |c: char| if c == '\n' { '\n' } else { ' ' };
        out.extend(text.get(lo..hi).unwrap_or("").chars().map(blank));
        done = hi;
    }
    out.push_str(text.get(done..piece.end).unwrap_or(""));
    out
}
