//! The state at a point of a function: a value for each local, and what guards are established.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::bounds::unnested;
use super::cells::Cell;
use super::live::Needed;
use super::locals::Locals;
use super::must::{Must, When};
use super::roots::{Roots, Site};
use super::value::{Info, V, Value, join};
use super::widen::widened;
use crate::ir::body::Local;

/// A cell that was made here.
#[derive(Clone, Debug)]
pub struct Made {
    /// What it holds.
    pub content: V,
    /// There may be several of it: what is written to one may not be in the other.
    pub many: bool,
}

/// What is known at a point.
#[derive(Clone, Debug)]
pub struct State {
    locals: Locals,
    cells: BTreeMap<Cell, Made>,
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

    /// A state that is never reached: it has no locals, as nothing looks at them.
    #[must_use]
    pub fn unreached() -> Self {
        State { locals: Locals::default(), cells: BTreeMap::new(), guards: Must::everything(), dead: true }
    }

    /// Control leaves here: the state, behind which nothing is reached.
    pub fn leave(&mut self) -> State {
        std::mem::replace(self, State::unreached())
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

    /// A cell of this function.
    #[must_use]
    pub fn cell(&self, cell: Cell) -> Option<&Made> {
        self.cells.get(&cell)
    }

    /// Sets what a cell of this function holds.
    pub fn hold(&mut self, cell: Cell, content: V) {
        if let Some(made) = self.cells.get_mut(&cell) {
            made.content = content;
        }
    }

    /// A cell is made; if it was made before, there are several.
    pub fn make(&mut self, cell: Cell, content: V) {
        match self.cells.get_mut(&cell) {
            Some(made) => {
                made.many = true;
                made.content = join(&made.content, &content);
            }
            None => {
                self.cells.insert(cell, Made { content, many: false });
            }
        }
    }

    /// A value is lent for a call.
    pub fn lend(&mut self, cell: Cell, content: V) {
        self.cells.insert(cell, Made { content, many: false });
    }

    /// What is left of a value that was lent.
    pub fn take_back(&mut self, cell: Cell) -> Option<V> {
        self.cells.remove(&cell).map(|made| made.content)
    }

    /// What may hold after either state, of the locals that are needed. What is established in one of them only is kept
    /// with the data that is only there.
    pub fn join(&mut self, other: &State, needed: Needed<'_>, roots: Roots<'_>) {
        if other.dead {
            return;
        }
        if self.dead {
            self.clone_from(other);
            return;
        }
        let agree = self.guards == other.guards;
        let (here, there) = (&self.guards, &other.guards);
        let either = |a: &V, b: &V| {
            if agree || Arc::ptr_eq(a, b) {
                return join(a, b);
            }
            join(&roots.kept_but(a, here, b), &roots.kept_but(b, there, a))
        };
        self.locals.merge(&other.locals, needed, |a, b| {
            let joined = either(a, b);
            let when = joined_when(a, b, here, there);
            if joined.when == when {
                return joined;
            }
            let mut v: Value = (*joined).clone();
            v.when = when;
            Arc::new(v)
        });
        for (cell, theirs) in &other.cells {
            match self.cells.get_mut(cell) {
                Some(made) => {
                    made.content = either(&made.content, &theirs.content);
                    made.many |= theirs.many;
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

    /// Whether another state says the same of some locals, and of what cells hold.
    #[must_use]
    pub fn same_in(&self, other: &State, locals: &[Local]) -> bool {
        let same = |l: &Local| match (self.locals.get(*l), other.locals.get(*l)) {
            (Some(a), Some(b)) => Arc::ptr_eq(a, b) || a.same(b),
            _ => true,
        };
        let held = |c: &Cell| self.cells.get(c).map(|made| &made.content);
        locals.iter().all(same)
            && other.cells.iter().all(|(c, theirs)| held(c).is_some_and(|v| v.same(&theirs.content)))
    }

    /// Tells nothing apart that lies inside itself, in what is not as it was in another state.
    pub fn unnest(&mut self, since: &State) {
        self.locals.change(&since.locals, |v, _| unnested(v));
        for made in self.cells.values_mut() {
            if let Some(content) = unnested(&made.content) {
                made.content = content;
            }
        }
    }

    /// Forgets what grows with every round of a loop.
    pub fn widen(&mut self, before: &State) {
        self.locals.change(&before.locals, widened);
        for (cell, made) in &mut self.cells {
            if let Some(content) = before.cells.get(cell).and_then(|old| widened(&made.content, &old.content)) {
                made.content = content;
            }
        }
    }

    /// The state when the next round of a loop begins that was entered with another state: what was made at these
    /// places is of an earlier round now. What was established of it stays with its data.
    pub fn age(&mut self, since: &State, made: &BTreeSet<Site>, roots: Roots<'_>) {
        if self.dead {
            return;
        }
        let held = &self.guards;
        self.locals.change(&since.locals, |v, _| aged(v, held, made, roots));
        for cell in self.cells.values_mut() {
            if let Some(content) = aged(&cell.content, held, made, roots) {
                cell.content = content;
            }
        }
        self.guards = forgotten(&self.guards, made);
    }
}

/// What the truth of either value tells, which includes what held on the way to it.
fn joined_when(a: &Value, b: &Value, held_a: &Must, held_b: &Must) -> Option<Box<When>> {
    if a.when == b.when && a.own == b.own {
        return a.when.clone();
    }
    // What tells nothing on a way on which nothing is known leaves nothing to tell.
    let silent = |v: &Value, held: &Must| held.is_nothing() && v.when.is_none() && !v.own;
    if silent(a, held_a) || silent(b, held_b) {
        return None;
    }
    let on_the_way = |v: &Value, held: &Must| {
        let all = |m: &Must| {
            let mut m = m.clone();
            m.and(held);
            m
        };
        v.told().unwrap_or_default().map(&all)
    };
    let mut out = on_the_way(a, held_a);
    out.or(&on_the_way(b, held_b));
    (out != When::default()).then(|| Box::new(out))
}

/// What is established of others than what was made at these places.
pub(super) fn forgotten(m: &Must, made: &BTreeSet<Site>) -> Must {
    if !m.speaks_of(&|p| p.stale(made)) {
        return m.clone();
    }
    m.map(&mut |h| h.places().iter().any(|p| p.stale(made)).then(Must::default))
}

/// A value in the next round, if anything of it changes.
fn aged(v: &V, held: &Must, made: &BTreeSet<Site>, roots: Roots<'_>) -> Option<V> {
    let mut out: Option<Value> = None;
    let stale = |i: &Info| {
        i.whose.iter().flat_map(|w| w.iter()).any(|p| p.stale(made)) || i.guards.speaks_of(&|p| p.stale(made))
    };
    if v.facts.iter().any(|(_, i)| stale(i)) {
        let out = out.get_or_insert_with(|| (**v).clone());
        for (fact, info) in &mut out.facts {
            if stale(info) {
                info.guards.and(&roots.about(held, &fact.places(info), false));
                info.guards = forgotten(&info.guards, made);
                if let Some(whose) = info.whose.take() {
                    info.set_whose(whose.iter().map(|p| p.aged(made)).collect());
                }
            }
        }
    }
    if let Some(w) = &v.when {
        let new = w.map(&|m| forgotten(m, made));
        if new != **w {
            out.get_or_insert_with(|| (**v).clone()).when = Some(Box::new(new));
        }
    }
    for (i, (_, part)) in v.fields.iter().enumerate() {
        if let Some(part) = aged(part, held, made, roots)
            && let Some(slot) = out.get_or_insert_with(|| (**v).clone()).fields.get_mut(i)
        {
            slot.1 = part;
        }
    }
    for (i, item) in v.items.iter().enumerate() {
        if let Some(item) = aged(item, held, made, roots)
            && let Some(slot) = out.get_or_insert_with(|| (**v).clone()).items.get_mut(i)
        {
            *slot = item;
        }
    }
    out.map(Arc::new)
}
