//! What locals are, with a way back to what they were: branches are walked from one state.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::node::Node;
use crate::ir::body::Local;

/// What locals are, of those that are more than values.
#[derive(Debug, Default)]
pub(super) struct Env {
    now: FxHashMap<Local, Node>,
    /// What was there before each change, in order.
    before: Vec<(Local, Option<Node>)>,
}

/// A state that an [`Env`] was in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark(usize);

/// What locals were that have changed since a state.
pub(super) type Changed = BTreeMap<Local, Option<Node>>;

impl Env {
    pub(super) fn get(&self, local: Local) -> Option<&Node> {
        self.now.get(&local)
    }

    /// A local is now this, or nothing that is known.
    pub(super) fn set(&mut self, local: Local, node: Option<Node>) {
        let known = node.is_some();
        let before = match node {
            Some(node) => self.now.insert(local, node),
            None => self.now.remove(&local),
        };
        if known || before.is_some() {
            self.before.push((local, before));
        }
    }

    /// The state that it is in.
    pub(super) fn mark(&self) -> Mark {
        Mark(self.before.len())
    }

    /// Goes back to a state; what has changed since then.
    pub(super) fn back_to(&mut self, mark: Mark) -> Changed {
        let mut changed = Changed::new();
        while self.before.len() > mark.0
            && let Some((local, before)) = self.before.pop()
        {
            let after = match before {
                Some(node) => self.now.insert(local, node),
                None => self.now.remove(&local),
            };
            // The first one met is the last that it was.
            changed.entry(local).or_insert(after);
        }
        changed
    }
}
