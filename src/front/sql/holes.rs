//! Texts of SQL with holes that are filled at run time: what may stand in each is tried until the whole is a statement.

use super::{Dialect, parse_embedded};
use crate::front::text_map::{Piece, TextMap};
use crate::ir::sql::{SqlUnit, hole};
use crate::limits;
use crate::source::{FileId, Span};

/// A part of a text.
#[derive(Clone, Debug)]
pub enum Part {
    /// What is known of it, with the pieces that it stands in: their offsets are those in it.
    Text(String, Vec<Piece>),
    /// What is only known at run time, at its place.
    Hole(Span),
}

/// Parts in order, what stands side by side as one.
#[must_use]
pub fn in_order(parts: impl IntoIterator<Item = Part>) -> Vec<Part> {
    let mut out: Vec<Part> = Vec::new();
    for part in parts {
        match (out.last_mut(), part) {
            (Some(Part::Text(before, places)), Part::Text(text, more)) => {
                let start = before.len() as u32;
                places.extend(more.into_iter().map(|p| Piece { offset: p.offset + start, ..p }));
                before.push_str(&text);
            }
            (_, part) => out.push(part),
        }
    }
    out
}

/// The text with a name in each of its holes.
#[must_use]
pub fn named(parts: &[Part]) -> String {
    filled(FileId(0), parts, 0).0
}

/// Lowers a text with holes; [`None`] where it is no SQL whatever stands in them.
#[must_use]
pub fn parse_parts(file: FileId, parts: &[Part], dialect: Option<Dialect>) -> Option<SqlUnit> {
    forms(parts).into_iter().find_map(|blank| {
        let (text, map) = filled(file, parts, blank);
        parse_embedded(&text, &map, dialect)
    })
}

/// Which holes are nothing, by their bits: first none, then all, then those that look like it, then any; few before
/// many.
fn forms(parts: &[Part]) -> Vec<u64> {
    let holes = parts.iter().filter(|p| matches!(p, Part::Hole(_))).count();
    let all = if holes < 64 { (1 << holes) - 1 } else { u64::MAX };
    let mut out = vec![0, all, optional(parts)];
    if holes <= limits::SQL_HOLES && goes_on(parts) {
        let mut any: Vec<u64> = (0..=all).collect();
        any.sort_by_key(|blank| (blank.count_ones(), *blank));
        out.extend(any);
    }
    let mut seen = Vec::new();
    out.retain(|blank| {
        let new = !seen.contains(blank);
        seen.push(*blank);
        new
    });
    out
}

/// Whether a text has a second word of a statement: a sentence that begins like one is seldom worth many attempts.
fn goes_on(parts: &[Part]) -> bool {
    const SECOND: [&str; 5] = ["from", "into", "set", "table", "values"];
    (0..parts.len()).any(|i| {
        let mut words = text(parts, i).split(|c: char| !c.is_alphanumeric() && c != '_');
        words.any(|word| SECOND.iter().any(|w| word.eq_ignore_ascii_case(w)))
    })
}

/// The holes that stand where a statement may have one more clause: at its end, or before a clause, and behind nothing
/// that asks for a name.
fn optional(parts: &[Part]) -> u64 {
    const ASKS: [&str; 18] = [
        "and", "as", "by", "delete", "from", "having", "in", "insert", "into", "join", "like", "limit", "offset", "on",
        "or", "select", "set", "where",
    ];
    const CLAUSES: [&str; 14] = [
        "and",
        "from",
        "group",
        "having",
        "join",
        "left",
        "limit",
        "offset",
        "on",
        "or",
        "order",
        "returning",
        "union",
        "where",
    ];
    let is = |words: &[&str], word: &str| words.iter().any(|w| word.eq_ignore_ascii_case(w));
    let mut out = 0;
    let mut number = 0;
    for (i, part) in parts.iter().enumerate() {
        if !matches!(part, Part::Hole(_)) {
            continue;
        }
        let before = i.checked_sub(1).map_or("", |i| text(parts, i)).trim_end();
        let after = text(parts, i + 1).trim_start();
        let last = before.rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
        let next = after.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
        let open = before.is_empty() || before.ends_with(['=', '<', '>', ',', '(', '.', '\'', '"', '`', '%']);
        let ends = after.is_empty() || after.starts_with([')', ';']) || is(&CLAUSES, next);
        if ends && !open && !is(&ASKS, last) && number < 64 {
            out |= 1 << number;
        }
        number += 1;
    }
    out
}

fn text(parts: &[Part], i: usize) -> &str {
    match parts.get(i) {
        Some(Part::Text(text, _)) => text,
        Some(Part::Hole(_)) | None => "",
    }
}

/// The text, nothing in the holes of `blank` and names in the others, `purlin_hole_0` ..
fn filled(file: FileId, parts: &[Part], blank: u64) -> (String, TextMap) {
    let mut out = String::new();
    let mut map = TextMap { file, pieces: Vec::new() };
    let mut number = 0;
    for (i, part) in parts.iter().enumerate() {
        let start = out.len() as u32;
        match part {
            Part::Text(text, pieces) => {
                map.pieces.extend(pieces.iter().map(|p| Piece { offset: p.offset + start, ..*p }));
                out.push_str(text);
            }
            Part::Hole(place) => {
                map.pieces.push(Piece::written(start, *place));
                let is_blank = number < 64 && blank >> number & 1 == 1;
                let stands = stands_for(&out, text(parts, i + 1), number, is_blank);
                out.push_str(&stands);
                number += 1;
            }
        }
    }
    (out, map)
}

/// What stands in a hole between what is before and after it.
fn stands_for(before: &str, after: &str, number: usize, blank: bool) -> String {
    if before.ends_with(['$', '?', ':', '@']) {
        return (number + 1).to_string();
    }
    if blank {
        return " ".to_owned();
    }
    let words = before.trim_end().to_ascii_uppercase();
    let assigns = after.trim_start().starts_with('=');
    let hole = hole(number);
    // What stands for whole assignments and rows is bound, wherever it stands, or written there.
    let any = format!("coalesce(${}, {hole})", limits::SQL_OPEN_PARAM);
    let row = words.strip_suffix('(').map(str::trim_end).and_then(|b| b.strip_suffix("VALUES")).map(str::trim_end);
    if words.ends_with(" SET") && !assigns {
        format!("{hole} = {any}")
    } else if row.is_some_and(|b| !b.ends_with('=')) && after.trim_start().starts_with(')') {
        any
    } else if words.ends_with("VALUES") {
        format!("({any})")
    } else if words.ends_with(" IN") {
        format!("({hole})")
    } else {
        hole
    }
}
