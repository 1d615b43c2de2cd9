//! Statements that stand for another one: the text that `PREPARE` is given, and what only some database can say.

use crate::ir::Name;
use crate::ir::sql::{Expr, Item, Kind, Query, QueryBody, Statement};
use crate::source::Span;

/// `PREPARE s FROM 'SELECT ..'` of MySQL: the statement in the text, and where it begins.
pub(super) fn prepared<'t>(text: &'t str, words: &[String]) -> Option<(&'t str, usize)> {
    let [first, _, third, ..] = words else { return None };
    if first != "prepare" || third != "from" {
        return None;
    }
    let open = text.find(['\'', '"'])?;
    let quote = text.get(open..)?.chars().next()?;
    let inside = text.get(open + 1..)?;
    let (inner, rest) = inside.split_once(quote)?;
    let ends = rest.chars().all(|c| c.is_whitespace() || c == ';');
    (ends && !inner.contains('\\')).then_some((inner, open + 1))
}

/// `INSERT INTO t BY NAME SELECT ..` of DuckDB without the two words, all else at its place.
pub(super) fn by_name(text: &str, words: &[String]) -> Option<String> {
    if words.first()? != "insert" || !words.windows(2).any(|w| w == ["by", "name"]) {
        return None;
    }
    let lower = text.to_ascii_lowercase();
    let select = lower.find("select").unwrap_or(lower.len());
    let lo = lower.get(..select)?.rfind(" by ")? + 1;
    let name = lower.get(lo + 2..select)?;
    let hi = lo + 2 + name.find("name")? + 4;
    name.trim_start().starts_with("name").then(|| format!("{}{}{}", &text[..lo], " ".repeat(hi - lo), &text[hi..]))
}

/// Gives an insert the columns that its query names; whether each of them has a name.
pub(super) fn named(statements: &mut [Statement]) -> bool {
    let [Statement { kind: Kind::Query(query), .. }] = statements else { return false };
    let QueryBody::Insert { columns, source: Some(source), .. } = &mut query.body else { return false };
    match names(source) {
        Some(found) => *columns = found,
        None => return false,
    }
    true
}

fn names(source: &Query) -> Option<Vec<(Name, Span)>> {
    let QueryBody::Select(select) = &source.body else { return None };
    let one = |item: &Item| match item {
        Item::Expr { alias: Some(alias), span, .. } => Some((alias.clone(), *span)),
        Item::Expr { expr: Expr::Column { name, .. }, span, .. } => Some((name.clone(), *span)),
        _ => None,
    };
    select.items.iter().map(one).collect()
}
