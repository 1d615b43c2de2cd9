//! SQL: from a text to statements in relational form. The only place that knows `sqlparser`.
//!
//! A file is cut into statements before any is parsed, each is parsed alone and in the first dialect that takes it,
//! and what none takes is a gap of its own: one bad statement never loses a file. Nothing is resolved here.

mod body;
mod comments;
mod dbt;
mod ddl;
mod dialect;
mod dml;
mod expr;
mod fallback;
mod holes;
mod jinja;
mod locate;
mod mend;
mod parse;
mod path;
mod query;
mod reworded;
mod routine;
mod split;
mod statement;
#[cfg(test)]
mod tests;

pub use dbt::{describe, seed};
pub use dialect::Dialect;
pub use holes::{Part, in_order, named, parse_parts};

pub use jinja::Macros;
use jinja::{Branch, Template};

use crate::front::text_map::TextMap;
use crate::ir::sql::{Expr, Item, Kind, Query, QueryBody, SqlUnit, Statement};
use crate::ir::{Content, Gap, GapKind, Unit};
use crate::source::{FileId, Span};

/// Lowers a file of statements. Never fails: what is not understood is a gap of the unit. `macros` are those that its
/// templates may call.
#[must_use]
pub fn lower(file: FileId, path: &str, text: &str, dialect_hint: Option<Dialect>, macros: &Macros) -> Unit {
    let identity = TextMap::identity(file);
    if !jinja::is_template(text) {
        return lower_plain(text, text, &identity, dialect_hint, true);
    }
    // Of a template either rendering is tried, with backslashes that escape or do not: what loses least is taken.
    let lost = |u: &Unit| u.gaps.iter().filter(|g| g.kind == GapKind::Statement).count();
    let template = Template { file, path, text, macros };
    let mut best: Option<Unit> = None;
    for (branch, hint) in
        [Branch::First, Branch::Last].into_iter().flat_map(|b| [(b, dialect_hint), (b, Some(Dialect::Snowflake))])
    {
        let Some((body, map)) = jinja::render(template, branch) else { break };
        let mut unit = lower_plain(text, &body, &map, hint, true);
        unit.gaps.extend(jinja::holes(text, &body, &map).into_iter().map(|(lo, hi)| Gap {
            span: Span::new(file, lo as u32, hi as u32),
            what: "this part of the template is not rendered".into(),
            kind: GapKind::Code,
        }));
        unit.gaps.sort_by_key(|g| (g.span, g.kind));
        if best.as_ref().is_none_or(|b| lost(&unit) < lost(b)) {
            best = Some(unit);
        }
        if best.as_ref().is_some_and(|b| lost(b) == 0) {
            break;
        }
    }
    best.unwrap_or_else(|| lower_plain(text, text, &identity, dialect_hint, true))
}

/// Lowers a file of which nothing is asked, as the way back of a migration: its statements are told apart, and not read.
/// Nothing for a template, and for a file with annotations.
#[must_use]
pub fn lower_unasked(file: FileId, text: &str, dialect_hint: Option<Dialect>) -> Option<Unit> {
    let plain = !jinja::is_template(text) && !text.contains("purlin");
    plain.then(|| lower_plain(text, text, &TextMap::identity(file), dialect_hint, false))
}

/// `body` is what is parsed, if it is `asked` for, and `map` where it stands in `text`, which was written.
fn lower_plain(text: &str, body: &str, map: &TextMap, dialect_hint: Option<Dialect>, asked: bool) -> Unit {
    let mysql = dialect_hint.is_some_and(Dialect::escapes) || (dialect_hint.is_none() && split::looks_mysql(body));
    let split = split::split(body, split::Lexis { mysql, file: true });
    let dialects = Dialect::order(dialect_hint);
    let (mut statements, mut gaps) = (Vec::new(), Vec::new());
    for piece in &split.pieces {
        let part = body.get(piece.lo..piece.hi).unwrap_or_default();
        if piece.down || !asked {
            let span = map.span(piece.lo as u32, piece.hi as u32);
            statements.push(Statement { span, kind: Kind::Inert, named: Vec::new() });
            continue;
        }
        let mut lowered = statement::lower(part, piece.lo as u32, map, &dialects);
        statements.append(&mut lowered.statements);
        gaps.extend(lowered.gap);
    }
    // Comments are those of the file; what a macro wrote has none.
    let written: Vec<split::Comment> = split.comments.iter().filter_map(|c| c.written(map)).collect();
    let (annotations, mut misplaced) = comments::attach(text, &TextMap::identity(map.file), &statements, &written);
    gaps.append(&mut misplaced);
    gaps.sort_by_key(|g| (g.span, g.kind));
    Unit { file: map.file, content: Content::Sql(SqlUnit { statements }), annotations, gaps }
}

/// Lowers SQL inside a string of a program; `None` where the text is not SQL in any dialect.
#[must_use]
pub fn parse_embedded(text: &str, map: &TextMap, dialect_hint: Option<Dialect>) -> Option<SqlUnit> {
    let first = first_word(text)?;
    let sure = is_sure(first) && text.trim().len() > first.len();
    if !sure && !is_shouted(first) {
        return None;
    }
    let mysql = dialect_hint.is_some_and(Dialect::escapes);
    let split = split::split(text, split::Lexis { mysql, file: false });
    let dialects = Dialect::order(dialect_hint);
    let mut statements = Vec::new();
    for piece in &split.pieces {
        let part = text.get(piece.lo..piece.hi).unwrap_or_default();
        let mut lowered = statement::lower(part, piece.lo as u32, map, &dialects);
        let harmless = lowered.gap.as_ref().is_none_or(|g| g.kind != GapKind::Statement || looks_like_sql(part));
        if !harmless || prose(part, &lowered.statements) {
            return None;
        }
        statements.append(&mut lowered.statements);
    }
    let any = statements.iter().any(|s| s.kind != Kind::Unknown);
    any.then_some(SqlUnit { statements })
}

/// Whether SQL may begin with a text: more of it may follow.
#[must_use]
pub fn may_begin(text: &str) -> bool {
    let text = text.trim_start_matches(|c: char| c.is_whitespace() || c == '(' || c == ';');
    let word = text.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
    text.starts_with("--") || text.starts_with("/*") || is_sure(word) || is_shouted(word)
}

fn is_sure(word: &str) -> bool {
    SURE.iter().any(|w| word.eq_ignore_ascii_case(w))
}

fn is_shouted(word: &str) -> bool {
    word.bytes().all(|b| b.is_ascii_uppercase()) && SHOUTED.iter().any(|w| word.eq_ignore_ascii_case(w))
}

/// Whether a text is meant to be SQL that reads or writes rows, although it may not parse: what a front end reports
/// as a gap when [`parse_embedded`] refuses it.
#[must_use]
pub fn looks_like_sql(text: &str) -> bool {
    let words = parse::words(text);
    let word = |i: usize| words.get(i).map(String::as_str);
    let lower = text.to_lowercase();
    let has = |w: &str| lower.split(|c: char| !c.is_alphanumeric() && c != '_').any(|x| x == w);
    match (word(0), word(1)) {
        (Some("select"), _) => has("from") && text.starts_with(|c: char| c.is_uppercase() || lower.contains("where")),
        (Some("insert" | "replace"), Some("into" | "or" | "ignore")) => has("values") || has("select"),
        (Some("update"), _) => has("set") && text.contains('='),
        (Some("delete"), Some("from")) => has("where"),
        (Some("with"), _) => has("as") && has("select") && text.contains('('),
        (Some("create" | "alter" | "drop"), Some("table" | "view")) => true,
        (Some("create"), Some("temp" | "temporary" | "or" | "materialized")) => has("table") || has("view"),
        _ => false,
    }
}

/// First words with which statements begin that read, write or define.
const SURE: [&str; 15] = [
    "select", "insert", "update", "delete", "with", "replace", "merge", "truncate", "create", "alter", "drop", "copy",
    "values", "explain", "comment",
];

/// First words of other statements, which are ordinary words unless written in capitals.
const SHOUTED: [&str; 23] = [
    "begin",
    "commit",
    "rollback",
    "savepoint",
    "release",
    "pragma",
    "prepare",
    "set",
    "lock",
    "vacuum",
    "analyze",
    "listen",
    "notify",
    "attach",
    "detach",
    "grant",
    "revoke",
    "declare",
    "do",
    "refresh",
    "call",
    "start",
    "reindex",
];

fn first_word(text: &str) -> Option<&str> {
    let mut rest = text.trim_start_matches(|c: char| c.is_whitespace() || c == '(' || c == ';');
    loop {
        if let Some(comment) = rest.strip_prefix("--") {
            rest = comment.split_once('\n')?.1.trim_start();
        } else if let Some(comment) = rest.strip_prefix("/*") {
            rest = comment.split_once("*/")?.1.trim_start();
        } else {
            break;
        }
    }
    let end = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
    let word = rest.get(..end)?;
    // A statement is more than its first word, but for a few that are written alone.
    let alone = rest.get(end..)?.trim().is_empty() && word.chars().any(|c| c.is_ascii_lowercase());
    (!word.is_empty() && !alone).then_some(word)
}

/// Whether this parses only because English is close to SQL: "select a file", "delete user".
fn prose(text: &str, statements: &[Statement]) -> bool {
    statements.iter().any(|s| match &s.kind {
        Kind::Query(Query { ctes, body: QueryBody::Select(select), .. }) => {
            ctes.is_empty()
                && select.from.is_empty()
                && select.items.iter().any(|item| match item {
                    Item::Expr { expr, .. } => names_column(expr),
                    Item::Star { .. } => true,
                })
        }
        Kind::Query(Query { body: QueryBody::Delete { table, .. }, .. }) => {
            table.name.is_empty()
                || !text
                    .split(|c: char| !c.is_alphanumeric())
                    .any(|w| w.eq_ignore_ascii_case("from") || w.eq_ignore_ascii_case("truncate"))
        }
        _ => false,
    })
}

fn names_column(e: &Expr) -> bool {
    match e {
        Expr::Column { .. } => true,
        Expr::Same(list) | Expr::Derived(list) | Expr::Call { args: list, .. } => list.iter().any(names_column),
        _ => false,
    }
}
