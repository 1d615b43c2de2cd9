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
    let part = |lo: usize, hi: usize| text.get(lo..hi).unwrap_or("");
    let mut out = String::with_capacity(piece.len() + piece.start / 16);
    blank(text, 0..piece.start, &mut out);
    let mut done = piece.start;
    let first = seen.unread.partition_point(|(lo, _)| (*lo as usize) < piece.start);
    for &(lo, hi) in seen.unread.iter().skip(first) {
        let (lo, hi) = (lo as usize, hi as usize);
        if hi > piece.end {
            break;
        }
        out.push_str(part(done, lo));
        blank(text, lo..hi, &mut out);
        done = hi;
    }
    out.push_str(part(done, piece.end));
    out
}

/// The items of a text that are asked for, at their lines and columns.
pub(super) fn some(text: &str, seen: &Scan, asked: impl Fn(&str) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    for piece in pieces(text.len(), seen, 0) {
        match text.get(piece.clone()) {
            Some(item) if asked(item) => out.push_str(item),
            _ => blank(text, piece, &mut out),
        }
    }
    out
}

/// As many lines as the text of a range has, and on the last one as many columns, if anything follows on it.
fn blank(text: &str, of: Range<usize>, out: &mut String) {
    let (part, rest) = (text.get(of.clone()).unwrap_or(""), text.get(of.end..).unwrap_or(""));
    let (lines, last) = part.split_at(part.rfind('\n').map_or(0, |at| at + 1));
    out.extend(lines.bytes().filter(|b| *b == b'\n').map(char::from));
    if !rest.starts_with('\n') {
        out.extend(last.chars().map(|_| ' '));
    }
}
