//! Statements counted: how many are lowered, and why the others are not.
//!
//! A statement is *lowered* when it was parsed and every table and column that it names is known. What carries no
//! rows and defines no table (`GRANT`, `SET`, `COMMENT`, `DO`, bodies of routines) is counted apart, so that it cannot
//! make the share look better than it is.

use std::collections::BTreeMap;

use super::Schemas;
use super::find::{self, Role};
use crate::ir::sql::{Define, Kind, Statement, has_hole};
use crate::ir::{Content, GapKind, Unit};
use crate::link::lineage;
use crate::source::Span;

/// What a statement is, for counting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Defines tables, columns, views.
    Definition,
    /// Reads or writes rows.
    Query,
    /// Neither: rights, settings, comments, blocks, bodies of routines.
    Apart,
    /// Has holes that are filled at run time; its known part is followed.
    Dynamic,
    /// Belongs to the way back of a migration, which is never replayed.
    WayBack,
}

/// A statement and what is wrong with it.
#[derive(Clone, Debug, PartialEq)]
pub struct Counted {
    /// Where.
    pub span: Span,
    /// What it is.
    pub class: Class,
    /// Why it is not lowered: the parser's reason, or a name that nothing explains. Empty where it is.
    pub why: Vec<String>,
}

/// Shares of lowered statements.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// Lowered.
    pub lowered: usize,
    /// All.
    pub all: usize,
}

/// The shares of each class.
#[must_use]
pub fn shares(list: &[Counted]) -> BTreeMap<Class, Share> {
    let mut out: BTreeMap<Class, Share> = BTreeMap::new();
    for counted in list {
        let share = out.entry(counted.class).or_default();
        share.all += 1;
        share.lowered += usize::from(counted.why.is_empty());
    }
    out
}

/// Whether a name stands for something that is only known at run time, which is a gap of its own: a hole in a statement
/// of Rust, or in a template.
#[must_use]
pub fn is_hole(name: &str) -> bool {
    has_hole(name) || name.contains("template__")
}

/// Every statement of these units (with their paths) in the order of the files. `words` gives the text of a place.
#[must_use]
pub fn census<'a>(
    units: &[Unit],
    schemas: &Schemas,
    path: &dyn Fn(&Unit) -> &'a str,
    words: &dyn Fn(Span) -> &'a str,
) -> Vec<Counted> {
    let mut out = Vec::new();
    for unit in units {
        let gaps: BTreeMap<Span, &str> =
            unit.gaps.iter().filter(|g| g.kind != GapKind::Annotation).map(|g| (g.span, g.what.as_str())).collect();
        match &unit.content {
            Content::Sql(sql) => {
                let replayed = schemas.of_file(unit.file).and_then(|i| schemas.list.get(i));
                let down = replayed.is_none() && find::role(path(unit), false) == Role::Down;
                for (i, statement) in sql.statements.iter().enumerate() {
                    let mut why: Vec<String> = Vec::new();
                    match replayed {
                        Some(schema) => {
                            let unknown = schema.unknown.get(&(unit.file, i as u32));
                            why.extend(unknown.into_iter().flatten().map(|(name, _)| name.clone()));
                        }
                        None => why.extend(unresolved(schemas, path(unit), statement)),
                    }
                    if let (Kind::Define(define), Some(index)) = (&statement.kind, schemas.of_file(unit.file))
                        && stands(schemas, index, define)
                    {
                        let body = lineage::lower(statement, schemas, index);
                        why.extend(body.unresolved.into_iter().map(|(name, _)| name));
                    }
                    why.extend(gaps.get(&statement.span).map(|s| (*s).to_owned()));
                    let class = if down { Class::WayBack } else { class(&statement.kind, words(statement.span)) };
                    if down {
                        why.clear();
                    }
                    out.push(Counted { span: statement.span, class, why });
                }
            }
            Content::Rust(rust) => {
                for embedded in &rust.embedded {
                    for statement in &embedded.unit.statements {
                        let mut why = unresolved(schemas, path(unit), statement);
                        let holes = why.iter().any(|name| has_hole(name));
                        let class = if holes { Class::Dynamic } else { class(&statement.kind, "") };
                        why.retain(|name| !has_hole(name));
                        out.push(Counted { span: statement.span, class, why });
                    }
                }
                let unread = unit.gaps.iter().filter(|g| g.kind == GapKind::Statement);
                out.extend(unread.map(|g| Counted { span: g.span, class: Class::Query, why: vec![g.what.clone()] }));
            }
        }
    }
    out
}

/// Whether this routine or trigger is the one that there is at the end.
fn stands(schemas: &Schemas, index: usize, define: &Define) -> bool {
    let Some(schema) = schemas.list.get(index) else { return false };
    match define {
        Define::Routine(r) => schema.routine(&r.name.name, r.params.len()) == Some(r),
        Define::Trigger(t) => schema.tables.iter().any(|table| !table.dropped && table.triggers.contains(t)),
        _ => false,
    }
}

/// The names that stay unknown in the schema that knows most of them.
fn unresolved(schemas: &Schemas, path: &str, statement: &Statement) -> Vec<String> {
    if !matches!(statement.kind, Kind::Query(_)) {
        return Vec::new();
    }
    let names = |schema| {
        let lowered = lineage::lower(statement, schemas, schema);
        lowered.unresolved.into_iter().map(|(name, _)| name).collect::<Vec<_>>()
    };
    let picked = schemas.pick(path, statement);
    if picked.is_empty() {
        return names(usize::MAX);
    }
    picked.into_iter().map(names).min_by_key(Vec::len).unwrap_or_default()
}

fn class(kind: &Kind, text: &str) -> Class {
    match kind {
        Kind::Define(
            Define::Comment { .. }
            | Define::Mask { .. }
            | Define::Path(_)
            | Define::Routine(_)
            | Define::DropRoutine(_)
            | Define::Trigger(_)
            | Define::DropTrigger(_),
        )
        | Kind::Inert => Class::Apart,
        Kind::Define(_) => Class::Definition,
        Kind::Query(_) => Class::Query,
        Kind::Unknown => {
            let lower = text.get(..text.len().min(400)).unwrap_or(text).to_lowercase();
            let mut words = lower.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|w| !w.is_empty());
            match words.next() {
                Some("create" | "alter" | "drop") => {
                    let routine = words.take(5).any(|w| matches!(w, "function" | "procedure" | "trigger" | "event"));
                    if routine { Class::Apart } else { Class::Definition }
                }
                Some("do" | "comment" | "grant" | "revoke" | "set") => Class::Apart,
                _ => Class::Query,
            }
        }
    }
}
