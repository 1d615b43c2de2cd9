//! Values of locals, shared between states until they differ: a branch copies a pointer for every sixteen locals, and
//! a join looks only at those that one side has written.

use std::sync::Arc;

use super::value::V;
use crate::ir::body::Local;

/// Locals that are copied together.
const TOGETHER: usize = 16;

type Chunk = [V; TOGETHER];

/// A value for each local of a function.
#[derive(Clone, Debug)]
pub struct Locals {
    chunks: Vec<Arc<Chunk>>,
}

impl Locals {
    /// `n` locals of which nothing is known.
    #[must_use]
    pub fn new(n: usize) -> Self {
        let nothing = V::default();
        let chunk: Arc<Chunk> = Arc::new(std::array::from_fn(|_| nothing.clone()));
        Locals { chunks: vec![chunk; n.div_ceil(TOGETHER)] }
    }

    /// The value of a local.
    #[must_use]
    pub fn get(&self, l: Local) -> Option<&V> {
        let at = l.0 as usize;
        self.chunks.get(at / TOGETHER)?.get(at % TOGETHER)
    }

    /// Sets the value of a local.
    pub fn set(&mut self, l: Local, v: V) {
        let at = l.0 as usize;
        if let Some(slot) = self.chunks.get_mut(at / TOGETHER).and_then(|c| Arc::make_mut(c).get_mut(at % TOGETHER)) {
            *slot = v;
        }
    }

    /// Changes those of the values that are others than before for which there is another.
    pub fn change(&mut self, before: &Locals, mut to: impl FnMut(&V) -> Option<V>) {
        for (mine, old) in self.chunks.iter_mut().zip(&before.chunks) {
            if Arc::ptr_eq(mine, old) {
                continue;
            }
            for (v, old) in Arc::make_mut(mine).iter_mut().zip(old.iter()) {
                if !Arc::ptr_eq(v, old)
                    && let Some(new) = to(v)
                {
                    *v = new;
                }
            }
        }
    }

    /// Changes every value that the other side has another of.
    pub fn merge(&mut self, other: &Locals, mut with: impl FnMut(&V, &V) -> V) {
        for (mine, theirs) in self.chunks.iter_mut().zip(&other.chunks) {
            if Arc::ptr_eq(mine, theirs) {
                continue;
            }
            for (a, b) in Arc::make_mut(mine).iter_mut().zip(theirs.iter()) {
                if !Arc::ptr_eq(a, b) {
                    *a = with(a, b);
                }
            }
        }
    }

    /// Whether both sides say the same of every local.
    #[must_use]
    pub fn same(&self, other: &Locals) -> bool {
        self.chunks
            .iter()
            .zip(&other.chunks)
            .all(|(a, b)| Arc::ptr_eq(a, b) || a.iter().zip(b.iter()).all(|(x, y)| Arc::ptr_eq(x, y) || x.same(y)))
    }
}
