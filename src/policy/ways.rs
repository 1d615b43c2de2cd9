//! Under which guards something holds: the smallest sets of guards that suffice.
//!
//! Establishing a guard never forbids anything, so a condition is known by its minimal sets: none (never), the
//! empty set alone (always), or several of which none contains another. The sets are kept once, in a [`Table`],
//! and conditions are numbers: equal conditions have equal numbers.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

/// Sets beyond this many are not kept; see [`Table::overflowed`].
const MAX_SETS: usize = 64;

/// A condition: a number in a [`Table`].
pub type Way = u32;

/// Never.
pub const NEVER: Way = 0;
/// Always.
pub const ALWAYS: Way = 1;

/// One set of guards, by numbers that the user of the table gives them.
pub type GuardSet = BTreeSet<u32>;

/// All conditions met so far, and how they combine.
#[derive(Clone, Debug)]
pub struct Table {
    sets: Vec<Vec<GuardSet>>,
    index: BTreeMap<Vec<GuardSet>, Way>,
    both: FxHashMap<(Way, Way), Way>,
    either: FxHashMap<(Way, Way), Way>,
    overflowed: bool,
}

impl Default for Table {
    fn default() -> Self {
        let sets = vec![Vec::new(), vec![GuardSet::new()]];
        let index = sets.iter().cloned().zip([NEVER, ALWAYS]).collect();
        Self { sets, index, both: FxHashMap::default(), either: FxHashMap::default(), overflowed: false }
    }
}

impl Table {
    /// The minimal sets of a condition, in order.
    #[must_use]
    pub fn sets(&self, way: Way) -> &[GuardSet] {
        self.sets.get(way as usize).map_or(&[], Vec::as_slice)
    }

    /// Whether some condition had more minimal sets than are kept; what is said of it is then too strict.
    #[must_use]
    pub fn overflowed(&self) -> bool {
        self.overflowed
    }

    /// The condition that one of these sets is established.
    pub fn of(&mut self, sets: impl IntoIterator<Item = GuardSet>) -> Way {
        let mut all: Vec<GuardSet> = sets.into_iter().collect();
        all.sort_by(|a, b| (a.len(), a).cmp(&(b.len(), b)));
        all.dedup();
        let mut least: Vec<GuardSet> = Vec::new();
        for set in all {
            if !least.iter().any(|l| l.is_subset(&set)) {
                least.push(set);
            }
        }
        if least.len() > MAX_SETS {
            self.overflowed = true;
            least.truncate(MAX_SETS);
        }
        if let Some(&way) = self.index.get(&least) {
            return way;
        }
        let way = self.sets.len() as Way;
        self.sets.push(least.clone());
        self.index.insert(least, way);
        way
    }

    /// Both hold.
    pub fn and(&mut self, a: Way, b: Way) -> Way {
        match (a.min(b), a.max(b)) {
            (NEVER, _) => NEVER,
            (ALWAYS, other) => other,
            (a, b) if a == b => a,
            key => match self.both.get(&key) {
                Some(&way) => way,
                None => {
                    let (a, b) = (self.sets(key.0), self.sets(key.1));
                    let made: Vec<GuardSet> = a.iter().flat_map(|x| b.iter().map(move |y| x | y)).collect();
                    let way = self.of(made);
                    self.both.insert(key, way);
                    way
                }
            },
        }
    }

    /// One of the two holds.
    pub fn or(&mut self, a: Way, b: Way) -> Way {
        match (a.min(b), a.max(b)) {
            (NEVER, other) => other,
            (ALWAYS, _) => ALWAYS,
            (a, b) if a == b => a,
            key => match self.either.get(&key) {
                Some(&way) => way,
                None => {
                    let made: Vec<GuardSet> = self.sets(key.0).iter().chain(self.sets(key.1)).cloned().collect();
                    let way = self.of(made);
                    self.either.insert(key, way);
                    way
                }
            },
        }
    }

    /// Whether some set of guards meets `a` and not `b`.
    #[must_use]
    pub fn exceeds(&self, a: Way, b: Way) -> bool {
        self.sets(a).iter().any(|x| !self.sets(b).iter().any(|y| y.is_subset(x)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(guards: &[u32]) -> GuardSet {
        guards.iter().copied().collect()
    }

    #[test]
    fn conditions_are_known_by_their_smallest_sets() {
        let mut table = Table::default();
        let (a, b) = (table.of([set(&[1])]), table.of([set(&[2])]));
        let both = table.and(a, b);
        assert_eq!(table.sets(both), [set(&[1, 2])]);
        let either = table.or(a, b);
        assert_eq!(table.sets(either), [set(&[1]), set(&[2])]);
        assert_eq!(table.or(a, both), a);
        assert_eq!(table.and(either, a), a);
        assert_eq!((table.and(NEVER, a), table.or(ALWAYS, a), table.and(ALWAYS, a)), (NEVER, ALWAYS, a));
        assert!(table.exceeds(either, a) && !table.exceeds(both, a) && table.exceeds(ALWAYS, a));
        assert!(!table.exceeds(NEVER, a) && !table.overflowed());
    }

    #[test]
    fn too_many_sets_are_said() {
        let mut table = Table::default();
        let many = table.of((0..65).map(|g| set(&[g])));
        assert_eq!(table.sets(many).len(), MAX_SETS);
        assert!(table.overflowed());
    }
}
