//! What a value may call.

use std::sync::Arc;

use super::value::{Many, V, Value, join};
use crate::ir::Name;
use crate::ir::body::ClosureId;
use crate::limits::CLOSURES_WITHIN;
use crate::link::program::{FuncId, TypeId};
use crate::link::ty::Ty;

/// A closure away from the function that wrote it, with what it took along.
#[derive(Clone, Debug)]
pub struct Taken {
    /// The function.
    pub func: FuncId,
    /// The closure.
    pub id: ClosureId,
    /// What it took along, in the order of [`super::closures::Spoken::captures`].
    pub with: Vec<V>,
    /// It was run where it was sent (see [`super::sent`]): elsewhere only what it is given counts.
    pub ran: bool,
}

impl Taken {
    /// What it took along, where there are few closures in it: of many it is not known what they took along.
    pub(super) fn bounded(mut self) -> Self {
        let mut room = CLOSURES_WITHIN;
        if !self.with.iter().all(|v| has_room(v, &mut room)) {
            self.with.iter_mut().for_each(|v| *v = alone(v));
        }
        self
    }

    pub(super) fn key(&self) -> (FuncId, ClosureId) {
        (self.func, self.id)
    }
}

/// Two values of one closure are one callable, whatever they took along.
impl PartialEq for Taken {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Taken {}

impl PartialOrd for Taken {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Taken {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

/// Something that can be called.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Callable {
    /// A closure of the function at hand.
    Closure(ClosureId),
    /// A closure of another function, or that went away and came back.
    Taken(Taken),
    /// A function.
    Func(FuncId),
    /// A row of the models, and its type as a function where it is named.
    Row(u32, Arc<Ty>),
    /// A constructor.
    Ctor(TypeId, Option<u32>),
    /// A SQL statement: index of the statement (or [`UNREAD`]), arguments bound so far.
    Sql(u32, u32),
    /// What is put into it is written out: a writer, by its type.
    Writer(Name),
}

/// A statement of which it is not known what it reads and writes.
pub const UNREAD: u32 = u32::MAX;

impl Value {
    /// The types of the writers that it is.
    pub fn writers(&self) -> impl Iterator<Item = &Name> {
        self.callees.iter().filter_map(|c| if let Callable::Writer(ty) = c { Some(ty) } else { None })
    }

    /// Closures among what it may call that were taken away from their function.
    pub fn taken(&self) -> impl Iterator<Item = &Taken> {
        self.callees.iter().filter_map(|c| if let Callable::Taken(t) = c { Some(t) } else { None })
    }
}

/// Whether there is room for the closures in a value and for those that they took along.
fn has_room(v: &Value, room: &mut usize) -> bool {
    let taken = v.taken().all(|t| {
        let has = *room > 0;
        *room = room.saturating_sub(1);
        has && t.with.iter().all(|v| has_room(v, room))
    });
    taken && v.fields.iter().all(|(_, part)| has_room(part, room))
}

/// A value with its closures alone, without what they took along.
fn alone(v: &V) -> V {
    let node = |v: &Value| {
        v.taken().next()?;
        let mut out = v.clone();
        for c in &mut out.callees {
            if let Callable::Taken(t) = c {
                t.with.iter_mut().for_each(|v| *v = V::default());
            }
        }
        Some(out)
    };
    v.rewritten(&node).unwrap_or_else(|| v.clone())
}

/// The callables of two values; what a closure took along is joined.
#[must_use]
pub fn unite(a: &[Callable], b: &[Callable]) -> Many<Callable> {
    if b.is_empty() {
        return a.into();
    }
    let mut out = Many::from(a);
    for c in b {
        match (out.iter_mut().find(|have| *have == c), c) {
            (Some(Callable::Taken(have)), Callable::Taken(more)) => {
                have.ran &= more.ran;
                have.with = have.with.iter().zip(&more.with).map(|(a, b)| join(a, b)).collect();
            }
            (Some(_), _) => {}
            (None, _) => out.push(c.clone()),
        }
    }
    out.sort();
    out
}
