//! What cells hold that several functions can reach: all writes of all functions, joined.

use std::collections::{BTreeMap, BTreeSet};

use super::cells::{Cell, Far, initial, param_cells};
use super::interp::Cx;
use super::sharing::from_outside;
use super::summary::{Actual, value_held, value_open};
use super::types::Confidence;
use super::value::{Base, V, Way1, bounded, join, write};
use crate::ir::Name;
use crate::link::program::FuncId;

/// Rounds before what still changes is left as it is.
const MAX_ROUNDS: usize = 12;

/// What cells hold.
#[derive(Debug, Default)]
pub struct Contents {
    held: BTreeMap<Cell, V>,
    /// For the ends of channels in fields: any channel of such messages, if no better is known.
    messages: BTreeMap<Cell, Cell>,
    /// It was given up before nothing changed any more.
    pub unsettled: bool,
}

/// A write: the cell, the part of it, and what is written.
type Write = (Cell, Vec<Name>, V);

impl Contents {
    /// Joins what all functions write.
    #[must_use]
    pub(super) fn of(cx: Cx<'_>, roots: &[FuncId]) -> Self {
        let mut writes: Vec<Write> = Vec::new();
        for s in cx.summaries.iter().flatten().flat_map(|s| [s].into_iter().chain(s.closures.values())) {
            for ((base, path), v) in &s.writes {
                if let Base::Cell(c) = base {
                    writes.push((*c, path.to_vec(), v.clone()));
                }
            }
        }
        for c in &cx.sharing.statics {
            let init = cx.program.initialiser(*c).and_then(|f| cx.summaries.get(f.0 as usize)?.clone());
            writes.extend(init.map(|s| (Cell::Static(*c), Vec::new(), initial(&s))));
        }
        for r in roots {
            let Some(summary) = cx.summaries.get(r.0 as usize).cloned().flatten() else { continue };
            if summary.writes.iter().all(|((base, _), v)| matches!(base, Base::Cell(_)) && !value_open(v)) {
                continue;
            }
            let params = from_outside(cx, *r);
            let actual = Actual { params: &params, ..Actual::default() };
            for (far, v) in &summary.writes {
                let v = actual.value(v);
                writes.extend(places(far, &params).into_iter().map(|(c, path)| (c, path, v.clone())));
            }
        }
        let mut out = Contents::default();
        for (c, _, _) in &writes {
            out.note_messages(cx, *c);
        }
        out.settle(&writes);
        out
    }

    fn note_messages(&mut self, cx: Cx<'_>, cell: Cell) {
        if let Cell::Field(t, n) = cell
            && let Some(m) = cx.sharing.messages(t, n)
        {
            self.messages.insert(cell, Cell::Messages(m));
        }
    }

    fn settle(&mut self, writes: &[Write]) {
        for _ in 0..MAX_ROUNDS {
            let mut changed = false;
            for (cell, path, v) in writes {
                let v = self.value(v);
                // Access to a cell that is kept somewhere is what makes both one; it is not handed on as content.
                let content = v.without_cells();
                for (n, (c, rest, sure)) in self.reach(*cell, path).into_iter().enumerate() {
                    let v = if n == 0 { &v } else { &content };
                    let v = if sure { v.clone() } else { super::summary::doubt(v, Confidence::Likely) };
                    let old = self.held.get(&c).cloned().unwrap_or_default();
                    let way: Vec<Way1> = rest.iter().cloned().map(Way1::Field).collect();
                    let new = bounded(&write(&old, &way, &v, true, 0));
                    if !new.same(&old) {
                        changed = true;
                        self.held.insert(c, new);
                    }
                }
            }
            if !changed {
                return;
            }
        }
        self.unsettled = true;
    }

    /// The cells that a part of a cell is: the cell itself, and those to which it holds access; the parts there; and
    /// whether it is sure to be them.
    fn reach(&self, cell: Cell, path: &[Name]) -> Vec<(Cell, Vec<Name>, bool)> {
        let mut out: Vec<(Cell, Vec<Name>, bool)> = vec![(cell, path.to_vec(), true)];
        let mut seen: BTreeSet<(Cell, Vec<Name>)> = [(cell, path.to_vec())].into();
        let mut i = 0;
        while let Some((c, path, sure)) = out.get(i).cloned() {
            i += 1;
            let mut node = self.held.get(&c).cloned().unwrap_or_default();
            let mut next: Vec<(Cell, Vec<Name>, bool)> = Vec::new();
            if !node.is_cell()
                && let Some(any) = self.messages.get(&c)
            {
                next.push((*any, path.clone(), false));
            }
            // Which of the channels of such messages it is, is not known.
            let sure = sure && !matches!(c, Cell::Messages(_));
            for (k, n) in path.iter().map(Some).chain([None]).enumerate() {
                let rest = path.get(k..).unwrap_or(&[]);
                next.extend(node.cells().map(|c| (c, rest.to_vec(), sure)));
                if let Some(n) = n {
                    node = node.field(n);
                }
            }
            for (c, rest, sure) in next {
                if seen.insert((c, rest.clone())) {
                    out.push((c, rest, sure));
                }
            }
        }
        out
    }

    /// What a part of a cell holds.
    #[must_use]
    pub fn read(&self, cell: Cell, path: &[Name]) -> V {
        let mut out = V::default();
        for (c, rest, sure) in self.reach(cell, path) {
            let Some(node) = self.held.get(&c) else { continue };
            let v = rest.iter().fold(node.clone(), |v, n| v.field(n)).without_cells();
            out = join(&out, &if sure { v } else { super::summary::doubt(&v, Confidence::Likely) });
        }
        out
    }

    /// A value with what cells hold put in.
    #[must_use]
    pub fn value(&self, v: &V) -> V {
        if !value_held(v) {
            return v.clone();
        }
        Actual { held: Some(self), ..Actual::default() }.value(v)
    }
}

/// The cells of a place outside of a function that nothing here calls.
fn places((base, path): &Far, params: &[V]) -> Vec<(Cell, Vec<Name>)> {
    match base {
        Base::Cell(c) => vec![(*c, path.to_vec())],
        Base::Param(i) => params.get(*i as usize).map(|p| param_cells(p, path)).unwrap_or_default(),
        Base::Local(_) => Vec::new(),
    }
}
