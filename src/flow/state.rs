//! The state at a point of a function: a value for each local, and what guards are established.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::locals::Locals;
use super::must::{Must, When};
use super::roots::{Roots, Site};
use super::value::{Info, V, Value, join};
use crate::ir::body::Local;

/// What is known at a point.
#[derive(Clone, Debug)]
pub struct State {
    locals: Locals,
    /// Guards established on every path to here.
    pub guards: Must,
    /// Nothing gets here.
    pub dead: bool,
}

impl State {
    /// A state in which nothing is known of `n` locals.
    #[must_use]
    pub fn new(n: usize) -> Self {
        State { locals: Locals::new(n), guards: Must::default(), dead: false }
    }

    /// A state that is never reached.
    #[must_use]
    pub fn unreached(n: usize) -> Self {
        State { locals: Locals::new(n), guards: Must::everything(), dead: true }
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

    /// What may hold after either state. What is established in one of them only is kept with the data that is only
    /// there.
    pub fn join(&mut self, other: &State, roots: Roots<'_>) {
        if other.dead {
            return;
        }
        if self.dead {
            self.clone_from(other);
            return;
        }
        let agree = self.guards == other.guards;
        let (here, there) = (&self.guards, &other.guards);
        self.locals.merge(&other.locals, |a, b| {
            let joined = if agree { join(a, b) } else { join(&roots.kept(a, here), &roots.kept(b, there)) };
            let when = joined_when(a, b, here, there);
            if joined.when == when {
                return joined;
            }
            let mut v: Value = (*joined).clone();
            v.when = when;
            Arc::new(v)
        });
        self.guards.or(&other.guards);
    }

    /// Whether another state says the same.
    #[must_use]
    pub fn same(&self, other: &State) -> bool {
        self.dead == other.dead && self.guards == other.guards && self.locals.same(&other.locals)
    }

    /// The state when the next round of a loop begins that was entered with another state: what was made at these
    /// places is of an earlier round now. What was established of it stays with its data.
    pub fn age(&mut self, since: &State, made: &BTreeSet<Site>, roots: Roots<'_>) {
        if self.dead {
            return;
        }
        let held = &self.guards;
        self.locals.change(&since.locals, |v| aged(v, held, made, roots));
        self.guards = forgotten(&self.guards, made);
    }
}

/// What the truth of either value tells, which includes what held on the way to it.
fn joined_when(a: &Value, b: &Value, held_a: &Must, held_b: &Must) -> Option<Box<When>> {
    if a.when == b.when {
        return a.when.clone();
    }
    let on_the_way = |v: &Value, held: &Must| {
        let all = |m: &Must| {
            let mut m = m.clone();
            m.and(held);
            m
        };
        v.when.as_deref().cloned().unwrap_or_default().map(&all)
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
    m.map(&mut |h| if h.places().iter().any(|p| p.stale(made)) { Must::default() } else { Must::of(h.clone()) })
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
