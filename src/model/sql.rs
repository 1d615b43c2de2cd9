//! What SQL functions do with their arguments.
//!
//! The rows of `models/sql` are written as those of Rust libraries are, without types:
//!
//! ```yaml
//! "left(x, n)": "kind truncate x -> ret"
//! ```
//!
//! A function is named without its schema, unless the schema is part of what it means (`anon.partial`). An argument
//! that no effect names is looked at and yields nothing. Effects, separated by `;`:
//! - `none` no data comes out; `a -> ret` the value itself, `a ~> ret` something derived from it;
//! - `kind sha256 a -> ret` a transform, which a policy may bind by that name or by the function's;
//! - `object a` the result is a JSON object of these keys and values by turns (`rest`), or a record of its columns;
//! - `get a key` the part of a JSON value under a key or path, `drop a key` the value without it, `put a key b` the
//!   value with `b` there, `merge a` several objects as one, `record a` a row whose columns are the keys of `a`.

use std::sync::OnceLock;

use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use super::sig::parse_sql_row;
use super::{Effect, PortBase};

/// A modelled function.
#[derive(Clone, Debug, PartialEq)]
pub struct Function {
    /// Its name, lower case, with its schema if that is part of it.
    pub name: SmolStr,
    /// Number of named parameters.
    pub params: usize,
    /// Whether any number of further arguments may follow.
    pub rest: bool,
    /// What it does.
    pub effects: Vec<Does>,
}

/// What a function does with its arguments.
#[derive(Clone, Debug, PartialEq)]
pub enum Does {
    /// The result holds an argument.
    Pass {
        /// Which.
        from: PortBase,
        /// Only something derived from it.
        derived: bool,
        /// The transform that it went through.
        kind: Option<SmolStr>,
    },
    /// The result is an object of these keys and values by turns, or of the columns of a row.
    Object(PortBase),
    /// The result is a part of a JSON value.
    Get(PortBase, PortBase),
    /// The result is a JSON value without a part.
    Drop(PortBase, PortBase),
    /// The result is a JSON value in which a part is another.
    Put(PortBase, PortBase, PortBase),
    /// The result has the keys of several objects; of one key the last counts.
    Merge(PortBase),
    /// The result has a column for each key of a JSON value.
    Record(PortBase),
}

impl Does {
    /// What an effect of a row means for a function of SQL; `None` if nothing.
    pub(super) fn of(effect: Effect) -> Option<Does> {
        match effect {
            Effect::Flow { from, to, derived, replace: false } if to.base == PortBase::Ret => {
                Some(Does::Pass { from: from.base, derived, kind: None })
            }
            Effect::Kind { name, from, to, replace: false } if to.base == PortBase::Ret => {
                Some(Does::Pass { from: from.base, derived: true, kind: Some(name) })
            }
            _ => None,
        }
    }
}

impl Function {
    /// Whether it takes so many arguments.
    #[must_use]
    pub fn takes(&self, args: usize) -> bool {
        if self.rest { self.params <= args } else { self.params == args }
    }
}

/// A row as it is written, understood when it is first asked for.
#[derive(Clone, Debug)]
struct Written {
    signature: &'static str,
    effects: &'static str,
    row: OnceLock<Option<Function>>,
}

/// All functions.
#[derive(Clone, Debug, Default)]
pub struct Functions {
    rows: Vec<Written>,
    by_name: FxHashMap<&'static str, Vec<u32>>,
}

impl Functions {
    /// Adds a row.
    pub(super) fn add(&mut self, signature: &'static str, effects: &'static str) {
        let name = signature.split('(').next().unwrap_or(signature);
        self.by_name.entry(name).or_default().push(self.rows.len() as u32);
        self.rows.push(Written { signature, effects, row: OnceLock::new() });
    }

    fn row(&self, id: u32) -> Option<&Function> {
        let written = self.rows.get(id as usize)?;
        written.row.get_or_init(|| parse_sql_row(written.signature, written.effects).ok()).as_ref()
    }

    /// The first row of this name that takes so many arguments, else the first of this name. One under its schema
    /// comes before one without.
    #[must_use]
    pub fn find(&self, schema: Option<&str>, name: &str, args: usize) -> Option<&Function> {
        let qualified = schema.map(|s| format!("{s}.{name}"));
        let ids = qualified.and_then(|q| self.by_name.get(q.as_str())).or_else(|| self.by_name.get(name))?;
        let rows = || ids.iter().filter_map(|id| self.row(*id));
        rows().find(|r| r.takes(args)).or_else(|| rows().next())
    }

    /// Whether there is a row of this name.
    #[must_use]
    pub fn knows(&self, name: &str) -> bool {
        self.by_name.contains_key(name)
    }

    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Rows that are not understood, and those that never apply because another before them says something else.
    #[cfg(test)]
    pub(super) fn broken(&self) -> Vec<String> {
        let mut out: Vec<String> = self
            .rows
            .iter()
            .filter_map(|r| parse_sql_row(r.signature, r.effects).err().map(|e| format!("{}: {e}", r.signature)))
            .collect();
        for id in 0..self.rows.len() as u32 {
            let Some(row) = self.row(id) else { continue };
            let same = self.by_name.get(row.name.as_str()).into_iter().flatten();
            let mut before = same.take_while(|b| **b != id).filter_map(|b| self.row(*b));
            if before.any(|b| b.takes(row.params) && (b.rest || !row.rest) && b.effects != row.effects) {
                out.push(format!("{} of {} parameters never applies", row.name, row.params));
            }
        }
        out.sort();
        out
    }
}
