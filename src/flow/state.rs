//! The state at a point of a function: a value for each local, and what guards are established.

use std::sync::Arc;

use super::locals::Locals;
use super::value::{Must, V, Value, When, join};
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
        self.guards.or(&other.guards);
    }

    /// Whether another state says the same.
    #[must_use]
    pub fn same(&self, other: &State) -> bool {
        self.dead == other.dead && self.guards == other.guards && self.locals.same(&other.locals)
    }
}
