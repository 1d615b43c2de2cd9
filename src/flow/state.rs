//! The state at a point of a function: a value for each local, and what guards are established.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::cells::Cell;
use super::locals::Locals;
use super::value::{Must, V, Value, When, join};
use crate::ir::body::Local;

/// What a cell that was made here holds.
#[derive(Clone, Debug)]
pub struct Held {
    /// The content.
    pub content: V,
    /// There may be several of it: what is written to one may not be in the other.
    pub many: bool,
}

/// What is known at a point.
#[derive(Clone, Debug)]
pub struct State {
    locals: Locals,
    cells: BTreeMap<Cell, Held>,
    /// Guards established on every path to here.
    pub guards: Must,
    /// Nothing gets here.
    pub dead: bool,
}

impl State {
    /// A state in which nothing is known of `n` locals.
    #[must_use]
    pub fn new(n: usize) -> Self {
        State { locals: Locals::new(n), cells: BTreeMap::new(), guards: Must::default(), dead: false }
    }

    /// A state that is never reached.
    #[must_use]
    pub fn unreached(n: usize) -> Self {
        State { locals: Locals::new(n), cells: BTreeMap::new(), guards: Must::everything(), dead: true }
    }

    /// The value of a local.
    #[must_use]
    pub fn get(&self, l: Local) -> V {
        self.locals.get(l).cloned().unwrap_or_default()
    }

    /// Sets the value of a local.
    pub fn set(&mut self, l: Local, v: V) {
        self.locals.set(l, v);
    }

    /// What a cell of this function holds.
    #[must_use]
    pub fn held(&self, cell: Cell) -> Option<&Held> {
        self.cells.get(&cell)
    }

    /// Sets what a cell of this function holds.
    pub fn hold(&mut self, cell: Cell, content: V) {
        if let Some(h) = self.cells.get_mut(&cell) {
            h.content = content;
        }
    }

    /// A cell is made; if it was made before, there are several.
    pub fn make(&mut self, cell: Cell, content: V) {
        match self.cells.get_mut(&cell) {
            Some(h) => {
                h.many = true;
                h.content = join(&h.content, &content);
            }
            None => {
                self.cells.insert(cell, Held { content, many: false });
            }
        }
    }

    /// A value is lent for a call.
    pub fn lend(&mut self, cell: Cell, content: V) {
        self.cells.insert(cell, Held { content, many: false });
    }

    /// What is left of a value that was lent.
    pub fn take_back(&mut self, cell: Cell) -> Option<V> {
        self.cells.remove(&cell).map(|h| h.content)
    }

    /// What may hold after either state.
    pub fn join(&mut self, other: &State) {
        if other.dead {
            return;
        }
        if self.dead {
            self.clone_from(other);
            return;
        }
        let (here, there) = (&self.guards, &other.guards);
        self.locals.merge(&other.locals, |a, b| {
            let joined = join(a, b);
            // What a truth tells includes what held on the way to it.
            let when = match (&a.when, &b.when) {
                (Some(x), Some(y)) if x != y => {
                    let with = |m: &Must, held: &Must| {
                        let mut m = m.clone();
                        if !m.all {
                            m.and(held);
                        }
                        m
                    };
                    let mut yes = with(&x.yes, here);
                    yes.or(&with(&y.yes, there));
                    let mut no = with(&x.no, here);
                    no.or(&with(&y.no, there));
                    Some(Box::new(When { yes, no }))
                }
                (Some(x), Some(_)) => Some(x.clone()),
                _ => None,
            };
            if joined.when == when {
                return joined;
            }
            let mut v: Value = (*joined).clone();
            v.when = when;
            Arc::new(v)
        });
        for (cell, theirs) in &other.cells {
            match self.cells.get_mut(cell) {
                Some(h) => {
                    h.content = join(&h.content, &theirs.content);
                    h.many |= theirs.many;
                }
                None => {
                    self.cells.insert(*cell, theirs.clone());
                }
            }
        }
        self.guards.or(&other.guards);
    }

    /// Whether another state says the same.
    #[must_use]
    pub fn same(&self, other: &State) -> bool {
        self.dead == other.dead
            && self.guards == other.guards
            && self.locals.same(&other.locals)
            && self.cells.len() == other.cells.len()
            && self
                .cells
                .iter()
                .zip(&other.cells)
                .all(|((c, a), (d, b))| c == d && a.many == b.many && a.content.same(&b.content))
    }
}
