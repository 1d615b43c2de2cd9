//! Finite sets of names, and the hierarchy they come from.
//!
//! The semantics of the language is "a name means itself and everything below it"; permission is `⊆` and
//! prohibition is `∩ ≠ ∅`. Both are a handful of word operations on a [`Set`]. A [`Tree`] holds all names of one
//! kind with their ancestors and everything below them computed once, when the policy is loaded.

use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::ops::Deref;

use super::types::{Id, Node};

/// A set of small numbers.
///
/// Sets of one universe may have different lengths; missing words count as empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Set {
    words: Vec<u64>,
}

impl Set {
    /// The empty set.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The set of all numbers below `n`.
    #[must_use]
    pub fn below(n: usize) -> Self {
        let mut set = Self { words: vec![u64::MAX; n / 64] };
        for i in (n / 64) * 64..n {
            set.insert(i);
        }
        set
    }

    /// Adds `i`.
    pub fn insert(&mut self, i: usize) {
        if self.words.len() <= i / 64 {
            self.words.resize(i / 64 + 1, 0);
        }
        if let Some(word) = self.words.get_mut(i / 64) {
            *word |= 1 << (i % 64);
        }
    }

    /// Removes `i`.
    pub fn remove(&mut self, i: usize) {
        if let Some(word) = self.words.get_mut(i / 64) {
            *word &= !(1 << (i % 64));
        }
    }

    /// Whether `i` is a member.
    #[must_use]
    pub fn contains(&self, i: usize) -> bool {
        self.words.get(i / 64).is_some_and(|w| w >> (i % 64) & 1 == 1)
    }

    /// Adds all members of `other`.
    pub fn add(&mut self, other: &Set) {
        if self.words.len() < other.words.len() {
            self.words.resize(other.words.len(), 0);
        }
        for (a, b) in self.words.iter_mut().zip(&other.words) {
            *a |= b;
        }
    }

    /// Removes all members of `other`.
    pub fn minus(&mut self, other: &Set) {
        for (a, b) in self.words.iter_mut().zip(&other.words) {
            *a &= !b;
        }
    }

    /// Keeps only what is also in `other`.
    pub fn keep(&mut self, other: &Set) {
        self.words.truncate(other.words.len());
        for (a, b) in self.words.iter_mut().zip(&other.words) {
            *a &= b;
        }
    }

    /// Whether every member is also in `other`.
    #[must_use]
    pub fn within(&self, other: &Set) -> bool {
        self.words.iter().enumerate().all(|(i, w)| w & !other.words.get(i).copied().unwrap_or(0) == 0)
    }

    /// Whether the two share a member.
    #[must_use]
    pub fn meets(&self, other: &Set) -> bool {
        self.words.iter().zip(&other.words).any(|(a, b)| a & b != 0)
    }

    /// Whether there is no member.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|w| *w == 0)
    }

    /// Number of members.
    #[must_use]
    pub fn len(&self) -> usize {
        self.words.iter().map(|w| w.count_ones() as usize).sum()
    }

    /// The members in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.words.iter().enumerate().flat_map(|(i, w)| {
            let mut rest = *w;
            std::iter::from_fn(move || {
                if rest == 0 {
                    return None;
                }
                let bit = rest.trailing_zeros() as usize;
                rest &= rest - 1;
                Some(i * 64 + bit)
            })
        })
    }
}

impl<I: Id> Extend<I> for Set {
    fn extend<T: IntoIterator<Item = I>>(&mut self, ids: T) {
        for id in ids {
            self.insert(id.index());
        }
    }
}

impl FromIterator<usize> for Set {
    fn from_iter<T: IntoIterator<Item = usize>>(iter: T) -> Self {
        let mut set = Set::new();
        for i in iter {
            set.insert(i);
        }
        set
    }
}

/// All names of one kind with what each declaration says, and the order `≤` ("is a kind of") between them.
///
/// It can be used as the slice of its [`Node`]s.
#[derive(Clone, Debug)]
pub struct Tree<I, T> {
    nodes: Vec<Node>,
    info: Vec<T>,
    up: Vec<Set>,
    down: Vec<Set>,
    index: BTreeMap<String, u32>,
    nothing: Set,
    kind: PhantomData<I>,
}

impl<I, T> Default for Tree<I, T> {
    fn default() -> Self {
        Self {
            nodes: Vec::new(),
            info: Vec::new(),
            up: Vec::new(),
            down: Vec::new(),
            index: BTreeMap::new(),
            nothing: Set::new(),
            kind: PhantomData,
        }
    }
}

impl<I, T> Deref for Tree<I, T> {
    type Target = [Node];

    fn deref(&self) -> &[Node] {
        &self.nodes
    }
}

impl<I: Id, T> Tree<I, T> {
    /// Builds the order from the parents of the nodes. Parents that would close a circle are ignored; the
    /// resolver has reported them.
    #[must_use]
    pub(crate) fn build(nodes: Vec<Node>, info: Vec<T>) -> Self {
        let n = nodes.len();
        let mut children: Vec<Vec<usize>> = vec![Vec::new(); n];
        let mut waiting: Vec<usize> = vec![0; n];
        for (i, node) in nodes.iter().enumerate() {
            for &p in node.parents.iter().filter(|&&p| (p as usize) < n) {
                children[p as usize].push(i);
                waiting[i] += 1;
            }
        }
        let mut order: Vec<usize> = (0..n).filter(|&i| waiting[i] == 0).collect();
        let mut next = 0;
        while let Some(&i) = order.get(next) {
            next += 1;
            for &c in &children[i] {
                waiting[c] -= 1;
                if waiting[c] == 0 {
                    order.push(c);
                }
            }
        }
        let mut up: Vec<Set> = (0..n).map(|i| Set::from_iter([i])).collect();
        let mut down = up.clone();
        for &i in &order {
            for &p in nodes[i].parents.iter().filter(|&&p| (p as usize) < n) {
                let above = up[p as usize].clone();
                up[i].add(&above);
            }
        }
        for &i in order.iter().rev() {
            for &c in &children[i] {
                let below = down[c].clone();
                down[i].add(&below);
            }
        }
        let index = nodes.iter().enumerate().map(|(i, node)| (node.name.clone(), i as u32)).collect();
        Self { nodes, info, up, down, index, nothing: Set::new(), kind: PhantomData }
    }

    /// All ids in the order of declaration.
    pub fn ids(&self) -> impl Iterator<Item = I> + use<I, T> {
        (0..self.nodes.len() as u32).map(I::new)
    }

    /// The node of an id.
    #[must_use]
    pub fn node(&self, id: I) -> Option<&Node> {
        self.nodes.get(id.index())
    }

    /// Full dotted name of an id; `?` for an id of another policy.
    #[must_use]
    pub fn name(&self, id: I) -> &str {
        self.node(id).map_or("?", |n| &n.name)
    }

    /// What the declaration says beside name and text.
    #[must_use]
    pub fn info(&self, id: I) -> Option<&T> {
        self.info.get(id.index())
    }

    /// The same, to be changed.
    pub(crate) fn info_mut(&mut self, id: I) -> Option<&mut T> {
        self.info.get_mut(id.index())
    }

    /// The id of a full dotted name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<I> {
        self.index.get(name).map(|&i| I::new(i))
    }

    /// `a ≤ b`: whether `a` is `b` or a kind of `b`.
    #[must_use]
    pub fn leq(&self, a: I, b: I) -> bool {
        self.up.get(a.index()).is_some_and(|u| u.contains(b.index()))
    }

    /// Everything that is `id` or a kind of it.
    #[must_use]
    pub fn down(&self, id: I) -> &Set {
        self.down.get(id.index()).unwrap_or(&self.nothing)
    }

    /// `id` and everything above it.
    #[must_use]
    pub fn up(&self, id: I) -> &Set {
        self.up.get(id.index()).unwrap_or(&self.nothing)
    }

    /// `id` and everything above it, the nearest first (by depth, then by order of declaration).
    #[must_use]
    pub fn chain(&self, id: I) -> Vec<I> {
        let mut above: Vec<usize> = self.up(id).iter().collect();
        above.sort_by_key(|&i| (std::cmp::Reverse(self.up.get(i).map_or(0, Set::len)), i));
        above.into_iter().map(|i| I::new(i as u32)).collect()
    }

    /// The number that stands for "not known more precisely" (⊤) in sets over this tree.
    #[must_use]
    pub fn top(&self) -> usize {
        self.nodes.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_do_not_matter() {
        let mut a = Set::from_iter([1, 70]);
        let b = Set::from_iter([1]);
        assert!(b.within(&a) && !a.within(&b) && a.meets(&b));
        a.keep(&b);
        assert_eq!(a.iter().collect::<Vec<_>>(), [1]);
        assert_eq!(Set::below(65).len(), 65);
        a.minus(&b);
        assert!(a.is_empty());
    }
}
