//! Values of locals, shared between states until they differ: a branch copies a pointer for every sixteen locals, and
//! a join looks only at those that one side has written.

use std::sync::Arc;

use super::live::Needed;
use super::value::V;
use crate::ir::body::Local;

/// Locals that are copied together.
const TOGETHER: usize = 16;

type Chunk = [V; TOGETHER];

/// A value for each local of a function.
#[derive(Clone, Debug, Default)]
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

    /// Changes those of the values that are others than before for which there is another; it is told both.
    pub fn change(&mut self, before: &Locals, mut to: impl FnMut(&V, &V) -> Option<V>) {
        for (mine, old) in self.chunks.iter_mut().zip(&before.chunks) {
            if Arc::ptr_eq(mine, old) {
                continue;
            }
            for (v, old) in Arc::make_mut(mine).iter_mut().zip(old.iter()) {
                if !Arc::ptr_eq(v, old)
                    && let Some(new) = to(v, old)
                {
                    *v = new;
                }
            }
        }
    }

    /// Changes every value that is needed and that the other side has another of.
    pub fn merge(&mut self, other: &Locals, needed: Needed<'_>, mut with: impl FnMut(&V, &V) -> V) {
        for (n, (mine, theirs)) in self.chunks.iter_mut().zip(&other.chunks).enumerate() {
            if Arc::ptr_eq(mine, theirs) {
                continue;
            }
            for (i, b) in theirs.iter().enumerate() {
                let Some(a) = mine.get(i).filter(|a| !Arc::ptr_eq(a, b)) else { continue };
                if needed(Local((n * TOGETHER + i) as u32)) {
                    let new = with(a, b);
                    if let Some(slot) = Arc::make_mut(mine).get_mut(i) {
                        *slot = new;
                    }
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
