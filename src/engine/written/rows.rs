//! What rows of the models say of calls that have to do with statements.

use std::cell::OnceCell;

use crate::model::{Effect, ModelSet, Port, PortBase, Row};

/// Methods that derives of Diesel make, whatever the type.
pub(super) const DIESEL: &[&str] =
    &["as_select", "as_returning", "query", "table", "belonging_to", "save_changes", "insert_into"];
/// Methods that derives of SeaORM make.
const SEA: &[&str] = &[
    "find",
    "find_linked",
    "find_related",
    "find_by_id",
    "delete_by_id",
    "delete_many",
    "update_many",
    "insert_many",
    "load_many",
    "load_one",
];

/// What a row says, worked out once for all its calls.
#[derive(Clone, Copy)]
pub(super) struct Says<'a> {
    pub row: &'a Row,
    /// It is about statements that are written as calls.
    pub concerns: bool,
    /// It is about those of SeaORM.
    pub sea: bool,
    /// The parameter that it takes the text of a statement in.
    pub prepares: Option<usize>,
    /// The parameter that it calls, where its result is handed on.
    pub hands_result: Option<usize>,
    /// It gives the statement that it is called on, whatever is said of it.
    pub unwraps: bool,
    /// It hands on its receiver.
    pub hands_on: bool,
    /// It was found by its name alone.
    pub by_name: bool,
}

impl<'a> Says<'a> {
    fn of(row: &'a Row) -> Self {
        Says {
            row,
            concerns: concerns(&row.path),
            sea: row.path.starts_with("sea_orm::"),
            prepares: prepares(row),
            hands_result: row.effects.iter().find_map(hands_result),
            unwraps: unwraps(row),
            hands_on: hands_on(row),
            by_name: by_name(row),
        }
    }
}

/// What the rows of the models say, by their numbers.
pub(super) struct Rows<'a> {
    models: &'a ModelSet,
    said: Vec<OnceCell<Option<Says<'a>>>>,
}

impl<'a> Rows<'a> {
    pub(super) fn new(models: &'a ModelSet) -> Self {
        Rows { models, said: vec![OnceCell::new(); models.len()] }
    }

    pub(super) fn get(&self, row: u32) -> Option<Says<'a>> {
        *self.said.get(row as usize)?.get_or_init(|| self.models.row(row).map(Says::of))
    }
}

/// Whether a row is about statements that are written as calls.
fn concerns(path: &str) -> bool {
    ["diesel", "sea_orm::", "sea_query::", "sqlx::QueryBuilder"].iter().any(|p| path.starts_with(p))
        || path.strip_prefix("_::").is_some_and(|name| DIESEL.contains(&name) || SEA.contains(&name))
}

/// Whether a row hands on its receiver.
fn hands_on(row: &Row) -> bool {
    let same = |e: &Effect| match e {
        Effect::Flow { from, to, derived: false, .. } => {
            from.base == PortBase::Arg(0) && from.path.is_empty() && to.base == PortBase::Ret && to.path.is_empty()
        }
        Effect::Same(p) | Effect::Alias { of: p, .. } => p.base == PortBase::Arg(0),
        _ => false,
    };
    row.has_self && row.effects.iter().any(same)
}

/// Methods that give what they are called on, whatever the type.
const UNWRAPS: &[&str] = &[
    "as_mut",
    "as_ref",
    "clone",
    "collect",
    "context",
    "expect",
    "into",
    "into_column_ref",
    "into_condition",
    "into_iden",
    "into_simple_expr",
    "into_table_ref",
    "into_iter",
    "iter",
    "map_err",
    "ok",
    "to_owned",
    "unwrap",
];

/// Whether a call gives the statement that it is made on, whatever is said of it.
fn unwraps(row: &Row) -> bool {
    let name = row.path.rsplit("::").next().unwrap_or_default();
    hands_on(row) && (!by_name(row) || UNWRAPS.contains(&name))
}

/// The parameter that a row calls, where its result is handed on.
fn hands_result(e: &Effect) -> Option<usize> {
    match e {
        Effect::Call { f: Port { base: PortBase::Arg(i), path, .. }, part, to: Some(to), .. }
            if path.is_empty() && part.is_empty() && to.base == PortBase::Ret && to.path.is_empty() =>
        {
            Some(*i as usize)
        }
        Effect::If { then, .. } => hands_result(then),
        _ => None,
    }
}

/// Whether a row was found by its name alone.
fn by_name(row: &Row) -> bool {
    row.path.starts_with("_::")
}

/// The parameter that a row takes the text of a statement in.
fn prepares(row: &Row) -> Option<usize> {
    row.effects.iter().find_map(|e| match e {
        Effect::Sql { text, .. } if text.path.is_empty() => match text.base {
            PortBase::Arg(i) => Some(i as usize),
            _ => None,
        },
        _ => None,
    })
}
