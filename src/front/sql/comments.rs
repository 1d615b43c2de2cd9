//! `purlin:` comments: which table, column or statement each one speaks of.
//!
//! A comment after a column's definition, or on lines of its own above it, speaks of the column; one above or behind
//! `CREATE TABLE` of the table; one above or inside a query of the query; one on top of a file, with an empty line
//! below, of the file. Texts of `COMMENT ON` and `COMMENT '..'` may end in `purlin: ..` as well.

use sqlparser::tokenizer::Token;

use super::locate::Cx;
use super::split::Comment;
use crate::front::text_map::TextMap;
use crate::ir::sql::{AlterOp, Define, Expr, Item, Kind, Query, QueryBody, Statement, UserType};
use crate::ir::{Annotation, Gap, GapKind, Name, Target};
use crate::source::Span;

/// The place inside the quotes of a statement's last string.
pub(super) fn last_string(cx: &Cx<'_>) -> Option<Span> {
    let token = cx.tokens.iter().rev().find(|t| {
        matches!(
            t.token,
            Token::SingleQuotedString(_)
                | Token::EscapedStringLiteral(_)
                | Token::DollarQuotedString(_)
                | Token::DoubleQuotedString(_)
                | Token::NationalStringLiteral(_)
        )
    })?;
    let (lo, hi) = cx.token_bytes(token)?;
    let raw = cx.text.get(lo as usize..hi as usize)?;
    let skip = raw.find(['\'', '"']).map_or(0, |n| n as u32 + 1);
    Some(cx.bytes((lo + skip).min(hi), hi.saturating_sub(1).max(lo + skip)))
}

/// A text from its first to after its last byte, and what it speaks of; `None` for what is not replayed.
type Placed = (usize, usize, Result<Option<Target>, &'static str>);

/// The annotations of a file and what of them hangs in the air.
pub(super) fn attach(
    text: &str,
    map: &TextMap,
    statements: &[Statement],
    comments: &[Comment],
) -> (Vec<Annotation>, Vec<Gap>) {
    let (mut out, mut gaps) = (Vec::new(), Vec::new());
    let mut found: Vec<Placed> = Vec::new();
    for comment in comments {
        found.push((comment.text_lo, comment.text_hi, place(text, statements, comment)));
    }
    in_strings(text, statements, comments, &mut found);
    found.sort_by_key(|f| f.0);
    for (lo, hi, target) in found {
        let span = map.span(lo as u32, hi as u32);
        match target {
            Ok(Some(target)) => {
                let text = text.get(lo..hi).unwrap_or_default().replace("''", "'");
                out.push(Annotation { text, span, target });
            }
            Ok(None) => {}
            Err(what) => gaps.push(Gap { span, what: what.to_string(), kind: GapKind::Annotation }),
        }
    }
    (out, gaps)
}

/// The columns that a statement defines, with the offsets of their names.
fn columns(kind: &Kind) -> Vec<(Name, usize)> {
    match kind {
        Kind::Define(Define::Table { columns, query, .. }) => {
            let mut out: Vec<(Name, usize)> = columns.iter().map(|c| (c.name.clone(), c.span.lo as usize)).collect();
            out.extend(query.iter().flat_map(items));
            out
        }
        Kind::Define(Define::View { query, .. }) => items(query),
        Kind::Define(Define::Type { made: UserType::Composite(parts), .. }) => {
            parts.iter().map(|c| (c.name.clone(), c.span.lo as usize)).collect()
        }
        Kind::Define(Define::Alter { ops, .. }) => ops
            .iter()
            .filter_map(|op| match op {
                AlterOp::Add(c) => Some((c.name.clone(), c.span.lo as usize)),
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    }
}

fn items(query: &Query) -> Vec<(Name, usize)> {
    match &query.body {
        QueryBody::Select(select) => select
            .items
            .iter()
            .filter_map(|item| match item {
                Item::Expr { alias: Some(name), span, .. } => Some((name.clone(), span.lo as usize)),
                Item::Expr { expr: Expr::Column { name, .. }, span, .. } => Some((name.clone(), span.lo as usize)),
                _ => None,
            })
            .collect(),
        QueryBody::Set(left, _) => items(left),
        QueryBody::Nested(inner) => items(inner),
        _ => Vec::new(),
    }
}

fn index(i: usize) -> u32 {
    i as u32
}

fn place(text: &str, statements: &[Statement], c: &Comment) -> Result<Option<Target>, &'static str> {
    let meaning = text.get(c.text_lo..c.text_hi).unwrap_or_default();
    if meaning.is_empty() {
        return Err("this `purlin:` comment says nothing");
    }
    let inside = statements.iter().rposition(|s| (s.span.lo as usize) <= c.lo && c.lo < s.span.hi as usize);
    if let Some(i) = inside.and_then(|i| statements.get(i).map(|s| (i, s))) {
        return within(text, i.0, i.1, c, meaning);
    }
    let line_start = text.get(..c.lo).unwrap_or_default().rfind('\n').map_or(0, |n| n + 1);
    let before = statements.iter().rposition(|s| s.span.hi as usize <= c.lo && s.span.hi as usize > line_start);
    if let Some((i, s)) = before.and_then(|i| statements.get(i).map(|s| (i, s))) {
        return whole(i, s, meaning, true);
    }
    let next = statements.iter().position(|s| s.span.lo as usize >= c.hi);
    let Some((i, s)) = next.and_then(|i| statements.get(i).map(|s| (i, s))) else {
        return if statements.is_empty() {
            Ok(Some(Target::File))
        } else {
            Err("nothing follows this `purlin:` comment that it could speak of")
        };
    };
    let gap = text.get(c.hi..s.span.lo as usize).unwrap_or_default();
    let apart = gap.lines().skip(1).any(|l| l.trim().is_empty()) && gap.matches('\n').count() > 1;
    let on_top = i == 0 && apart && !matches!(s.kind, Kind::Define(_) if !about_code(meaning));
    if on_top {
        return Ok(Some(Target::File));
    }
    whole(i, s, meaning, false)
}

/// Whether a meaning speaks of statements rather than of tables.
fn about_code(meaning: &str) -> bool {
    ["purpose", "recipient", "audience"].iter().any(|w| meaning.starts_with(w))
}

fn whole(i: usize, s: &Statement, meaning: &str, behind: bool) -> Result<Option<Target>, &'static str> {
    let i = index(i);
    Ok(Some(match &s.kind {
        Kind::Define(Define::Table { query: Some(_), .. } | Define::View { .. }) if about_code(meaning) => {
            Target::Sql(i)
        }
        Kind::Define(Define::Table { .. } | Define::View { .. }) => Target::Table(i),
        Kind::Define(Define::Alter { .. }) => {
            let mut added = columns(&s.kind);
            match added.pop() {
                Some((name, _)) if behind || added.is_empty() => Target::Column(i, name),
                _ => Target::Table(i),
            }
        }
        Kind::Query(_) | Kind::Unknown => Target::Sql(i),
        Kind::Define(Define::Routine(_)) if meaning.starts_with("transform") => Target::Sql(i),
        Kind::Define(
            Define::Drop(_)
            | Define::Comment { .. }
            | Define::Type { .. }
            | Define::Mask { .. }
            | Define::Path(_)
            | Define::DropSchema(_)
            | Define::RenameSchema(..)
            | Define::Routine(_)
            | Define::DropRoutine(_)
            | Define::Trigger(_)
            | Define::DropTrigger(_),
        )
        | Kind::Inert => {
            return Err("the statement beside this `purlin:` comment has no data that it could speak of");
        }
    }))
}

const CONSTRAINTS: [&str; 9] =
    ["constraint", "primary", "foreign", "unique", "check", "exclude", "index", "key", "like"];

fn within(text: &str, i: usize, s: &Statement, c: &Comment, meaning: &str) -> Result<Option<Target>, &'static str> {
    let columns = columns(&s.kind);
    let defines = matches!(s.kind, Kind::Define(Define::Table { .. } | Define::View { .. } | Define::Alter { .. }))
        || !columns.is_empty();
    if !defines || about_code(meaning) {
        return whole(i, s, meaning, false);
    }
    let line_start = text.get(..c.lo).unwrap_or_default().rfind('\n').map_or(0, |n| n + 1);
    let before = text.get(line_start..c.lo).unwrap_or_default().trim();
    let column = |found: Option<&(Name, usize)>| found.map(|(name, _)| Target::Column(index(i), name.clone()));
    if before.is_empty() {
        return match column(columns.iter().find(|(_, at)| *at >= c.hi)) {
            Some(target) => Ok(Some(target)),
            None => Err("no column follows this `purlin:` comment"),
        };
    }
    if let Some(target) = column(columns.iter().rfind(|(_, at)| *at >= line_start && *at < c.lo)) {
        return Ok(Some(target));
    }
    let first = before.split(|ch: char| !ch.is_alphanumeric()).next().unwrap_or_default().to_lowercase();
    if CONSTRAINTS.contains(&first.as_str()) {
        return Err("this `purlin:` comment stands behind a constraint, not a column");
    }
    let earlier = columns.iter().rfind(|(_, at)| *at < c.lo);
    if before.starts_with(')') || earlier.is_none() {
        return Ok(Some(Target::Table(index(i))));
    }
    Ok(column(earlier))
}

/// `purlin:` inside the strings of definitions: `COMMENT ON`, `COMMENT '..'`, `OPTIONS (description = '..')`.
fn in_strings(text: &str, statements: &[Statement], comments: &[Comment], out: &mut Vec<Placed>) {
    for (i, s) in statements.iter().enumerate() {
        let Kind::Define(define) = &s.kind else { continue };
        let (lo, hi) = (s.span.lo as usize, s.span.hi as usize);
        let Some(body) = text.get(lo..hi) else { continue };
        let columns = columns(&s.kind);
        // `purlin: ..` inside a string, and Snowflake's `TAG (purlin = '..')`.
        let tags = body.match_indices("purlin").filter_map(|(at, marker)| {
            let rest = body.get(at + marker.len()..)?;
            let value = rest.trim_start().strip_prefix('=')?.trim_start().strip_prefix('\'')?;
            Some((at, body.len() - value.len()))
        });
        let strings = body.match_indices("purlin:").map(|(at, marker)| (at, at + marker.len()));
        for (at, from) in strings.chain(tags) {
            let from = lo + from;
            if comments.iter().any(|c| c.lo <= from && from <= c.hi) {
                continue;
            }
            let Some(quote) = open_quote(body, from - lo) else { continue };
            let rest = text.get(from..hi).unwrap_or_default();
            let len = string_end(rest, quote);
            let meaning = rest.get(..len).unwrap_or_default();
            let text_lo = from + (meaning.len() - meaning.trim_start().len());
            let text_hi = text_lo + meaning.trim().len();
            let target = match define {
                Define::Comment { column: Some(column), .. } => Target::Column(index(i), column.clone()),
                Define::Comment { column: None, .. } => Target::Table(index(i)),
                _ if depth(body, at) == 0 && !matches!(define, Define::Alter { .. }) => Target::Table(index(i)),
                _ => match columns.iter().rfind(|(_, lo)| *lo < from) {
                    Some((name, _)) => Target::Column(index(i), name.clone()),
                    None => Target::Table(index(i)),
                },
            };
            out.push((text_lo, text_hi, Ok(Some(target))));
        }
    }
}

/// The quote that is open at `at`, if one is.
fn open_quote(body: &str, at: usize) -> Option<u8> {
    let mut open = None;
    let mut dollars = 0;
    for b in body.bytes().take(at) {
        match (open, b) {
            (None, b'\'' | b'"') => open = Some(b),
            (None, b'$') => dollars += 1,
            (Some(quote), _) if quote == b => open = None,
            _ => {}
        }
    }
    open.or((dollars >= 2).then_some(b'$'))
}

fn string_end(rest: &str, quote: u8) -> usize {
    let bytes = rest.as_bytes();
    let mut i = 0;
    while let Some(b) = bytes.get(i) {
        if *b == quote {
            if bytes.get(i + 1) != Some(&quote) || quote == b'$' {
                return i;
            }
            i += 1;
        }
        i += 1;
    }
    rest.len()
}

fn depth(body: &str, at: usize) -> i32 {
    let mut open = None;
    let mut depth = 0;
    for b in body.bytes().take(at) {
        match (open, b) {
            (None, b'\'' | b'"' | b'`') => open = Some(b),
            (Some(quote), _) if quote == b => open = None,
            (None, b'(') => depth += 1,
            (None, b')') => depth -= 1,
            _ => {}
        }
    }
    depth
}
