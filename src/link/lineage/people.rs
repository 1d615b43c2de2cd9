//! Whose check it is: of a table that is joined with itself, or asked about in a subquery, there are several rows, and
//! what is established of one is not of the others, unless a condition says that it is the same one.

use std::collections::BTreeSet;

use super::Lower;
use super::eval::Value;
use super::rows::Rows;
use super::scope::{Col, Scope};
use crate::link::sqlfn::{ColumnId, Flowing, SqlSource};
use crate::source::Span;

/// A column that is established as true or not, and the row that it is of: the place where its table is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Guard {
    pub of: (ColumnId, bool),
    pub row: Span,
}

impl Guard {
    /// What it says of a row that this value of it is true, or is not.
    pub(super) fn of(value: &Value, truth: bool) -> Option<Guard> {
        let of = (value.id?, truth);
        Some(Guard { of, row: value.from.first()?.row })
    }
}

/// What may be equal to something: a column of a row, or a parameter, whose row is of no account.
pub(super) type Node = (SqlSource, Option<Span>);

fn node(value: &[Flowing]) -> Option<Node> {
    match value {
        [Flowing { source: source @ SqlSource::Column(_), derived: false, row, .. }] => Some((*source, Some(*row))),
        [Flowing { source: source @ SqlSource::Param(_), derived: false, .. }] => Some((*source, None)),
        _ => None,
    }
}

/// Notes of values what is established of them alone, and not of what else stands in their place.
pub(super) fn keep(cols: &mut [Col], guards: &[Guard]) {
    for flow in cols.iter_mut().flat_map(|col| &mut col.from) {
        for guard in guards {
            if !flow.lacks.contains(&guard.of) && !flow.has.contains(&guard.of) {
                flow.has.push(guard.of);
            }
        }
    }
}

impl Lower<'_> {
    /// A condition says that two values are equal.
    pub(super) fn is_equal(&mut self, a: &[Flowing], b: &[Flowing]) {
        if let (Some(a), Some(b)) = (node(a), node(b)) {
            self.equal.push((a, b));
        }
    }

    /// `USING` and `NATURAL`: the columns that the last relation hides are those of one before it.
    pub(super) fn joined_by(&mut self, scope: &Scope<'_>) {
        let Some((last, before)) = scope.rels.split_last() else { return };
        for name in &last.hidden {
            let there = before.iter().rev().find_map(|rel| rel.col(name));
            if let (Some(a), Some(b)) = (last.col(name), there) {
                self.is_equal(&a.from, &b.from);
            }
        }
    }

    /// Notes of each value of the result what is only established of another row of its table.
    pub(super) fn tell_apart(&self, rows: &mut Rows) {
        let guards = &rows.guards;
        for flow in rows.cols.iter_mut().flat_map(|col| &mut col.from) {
            let SqlSource::Column(column) = flow.source else { continue };
            let of_table = |g: &&Guard| (g.of.0.schema, g.of.0.table) == (column.schema, column.table);
            for guard in guards.iter().filter(of_table) {
                let own = guards.iter().any(|g| g.of == guard.of && self.is_same(g.row, flow.row, column));
                if !own && !flow.lacks.contains(&guard.of) {
                    flow.lacks.push(guard.of);
                }
            }
        }
    }

    /// Whether two rows of a table are one: some column of it is the same in both.
    fn is_same(&self, a: Span, b: Span, of: ColumnId) -> bool {
        if a == b {
            return true;
        }
        let of_a = |(source, row): &&Node| {
            let SqlSource::Column(c) = source else { return false };
            *row == Some(a) && (c.schema, c.table) == (of.schema, of.table)
        };
        let named: BTreeSet<Node> = self.equal.iter().flat_map(|(x, y)| [x, y]).filter(of_a).copied().collect();
        named.into_iter().any(|from| self.leads(from, (from.0, Some(b))))
    }

    /// Whether conditions say, one after the other, that two values are equal.
    fn leads(&self, from: Node, to: Node) -> bool {
        let (mut seen, mut todo) = (BTreeSet::from([from]), vec![from]);
        while let Some(at) = todo.pop() {
            if at == to {
                return true;
            }
            for (a, b) in &self.equal {
                let next = if *a == at {
                    *b
                } else if *b == at {
                    *a
                } else {
                    continue;
                };
                if seen.insert(next) {
                    todo.push(next);
                }
            }
        }
        false
    }
}
