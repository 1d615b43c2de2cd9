//! Channels of which a function and its closures alone have the ends, where one of them may run beside the others: what
//! is received may be anything that is sent, whatever comes first in the text.
//!
//! So a function is read again with what it sends in the channel from the start, until no more comes of it. What is
//! sent for one caller is then received for that caller. A channel of which others have an end, and one where this does
//! not settle, is shared: what is sent there, whoever calls, meets at the end ([`super::settle`]).

use std::collections::{BTreeMap, BTreeSet};

use super::cells::{Cell, stored};
use super::interp::Interp;
use super::summary::Summary;
use super::value::{V, Way1, join, write};
use crate::limits::CHANNEL_ROUNDS;

/// The channels of a function whose messages come in no certain order.
#[derive(Debug, Default)]
pub(super) struct Unordered {
    /// What was sent, when the function was read before.
    before: BTreeMap<Cell, V>,
    /// What is sent.
    sent: BTreeMap<Cell, V>,
    /// Those that others reach.
    shared: BTreeSet<Cell>,
    /// Those that are made here are not told from those of other calls.
    all_shared: bool,
}

impl Unordered {
    /// Of a body that is read only once.
    pub(super) fn shared() -> Self {
        Unordered { all_shared: true, ..Unordered::default() }
    }

    /// A channel is made; gives what is sent there, unless others reach it.
    pub(super) fn made(&mut self, cell: Cell) -> Option<V> {
        if self.all_shared || self.shared.contains(&cell) {
            return None;
        }
        self.sent.entry(cell).or_default();
        Some(self.before.get(&cell).cloned().unwrap_or_default())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.sent.is_empty()
    }

    pub(super) fn has(&self, cell: Cell) -> bool {
        self.sent.contains_key(&cell)
    }

    /// Something is sent.
    pub(super) fn send(&mut self, cell: Cell, way: &[Way1], v: &V) {
        if let Some(sent) = self.sent.get_mut(&cell) {
            *sent = write(sent, way, &stored(v), true, 0);
        }
    }

    /// What is to be known when the function is read again, if it has to be.
    fn next(&self, escaped: &BTreeSet<Cell>, summary: &Summary, last: bool) -> Option<Self> {
        let others_reach = |c: &Cell| escaped.contains(c) || summary.cells.contains_key(c);
        let known = |(c, v): (&Cell, &V)| self.before.get(c).map_or_else(|| v.says_nothing(), |before| before.same(v));
        if self.sent.is_empty() || !self.sent.keys().any(others_reach) && self.sent.iter().all(known) {
            return None;
        }
        let mut shared = self.shared.clone();
        shared.extend(self.sent.keys().filter(|c| last || others_reach(c)));
        let mut before = self.before.clone();
        for (c, v) in self.sent.iter().filter(|(c, _)| !shared.contains(c)) {
            let have = before.entry(*c).or_default();
            *have = join(have, v);
        }
        Some(Unordered { before, shared, ..Unordered::default() })
    }
}

impl Interp<'_> {
    /// The summary of the function, read until what it sends is known where it is received.
    pub(super) fn in_any_order(&mut self) -> Summary {
        let mut summary = self.function();
        for round in 1..=CHANNEL_ROUNDS {
            let Some(next) = self.unordered.next(&self.escaped, &summary, round == CHANNEL_ROUNDS) else { break };
            let Some(again) = Interp::new(self.cx, self.id) else { break };
            *self = Interp { unordered: next, made_for: std::mem::take(&mut self.made_for), ..again };
            summary = self.function();
        }
        summary
    }
}
