//! What cells hold that several functions can reach: all writes of all functions, joined.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use rustc_hash::FxHashMap;

use super::actual::Actual;
use super::bounds::{deep, facts, folded, room};
use super::cells::{Cell, initial, stored, told_of_one};
use super::doubt::Why;
use super::far::{Far, far_cells, part_of};
use super::interp::Cx;
use super::runs::HeldCall;
use super::sharing::parameters;
use super::summary::{GivenCall, Summary, doubted};
use super::types::Confidence;
use super::value::{Base, Fact, Info, Origin, V, Value, Way1, join, joined, write};
use super::waiting::{closed_part, closure_open, value_held, value_open};
use crate::ir::Name;
use crate::ir::body::View;
use crate::limits::{
    SHARED_CHANGES, SHARED_END, SHARED_FLAT, SHARED_ROUNDS, SHARED_SOURCES, SHARED_WORK, TRACE_SOURCES,
};
use crate::link::program::FuncId;

/// Rounds that are left for the others when cells are merged that do not settle.
const MERGED_ROUNDS: usize = 4;

/// What cells hold.
#[derive(Debug, Default)]
pub struct Contents {
    held: BTreeMap<Cell, V>,
    /// For the ends of channels in fields: any channel of such messages, if no better is known.
    messages: BTreeMap<Cell, Cell>,
    /// A cell that still changed when it was given up.
    pub unsettled: Option<Cell>,
    /// How deep what a cell holds is told apart, if it once was too much: so it settles.
    depths: BTreeMap<Cell, usize>,
    /// When a cell last changed, by the number of the change.
    changed: BTreeMap<Cell, u32>,
    /// Changes so far.
    changes: u32,
    /// Facts that were written so far.
    work: usize,
    /// Cells that are not told apart any more.
    pub merged: BTreeSet<Cell>,
    /// What was written to them in this round.
    more: V,
    /// What was read since the last write.
    known: Mutex<Known>,
    /// What that comes to as a whole: many writes ask for one.
    flat: Mutex<Flat>,
    /// In a trace, what is followed: everything else is a source, and a place remembers some of them.
    followed: Option<BTreeSet<u32>>,
    /// A cell that more sources come to than it remembers.
    pub crowded: Option<Cell>,
}

/// What values come to as a whole, by their addresses and how they are seen. Each is kept, so that no other takes its
/// address.
type Flat = FxHashMap<(usize, View), (V, V)>;

/// What parts of cells hold.
type Known = FxHashMap<(Cell, Vec<Name>), V>;

/// A write: the cell, the part of it, and what is written.
pub(super) type Write = (Cell, Vec<Name>, V);

/// All that functions do to cells that others reach.
#[derive(Default)]
pub(super) struct Shared {
    writes: Vec<Write>,
    pub(super) calls: Vec<HeldCall>,
}

impl Shared {
    /// Of all functions; the parameters of those that nothing here calls come from outside.
    pub(super) fn of(cx: Cx<'_>, roots: &[FuncId]) -> Self {
        let mut out = Shared::default();
        for (i, s) in cx.summaries.iter().enumerate() {
            let Some(s) = s else { continue };
            for ((base, path), v) in s.closures.values().map(|c| &c.writes).chain([&s.writes]).flatten() {
                // What depends on a caller was noted there.
                if let Base::Cell(c) = base {
                    out.writes.push((*c, path.to_vec(), closed_part(v)));
                }
            }
            let func = FuncId(i as u32);
            out.calls.extend(s.asked.iter().map(|call| HeldCall { func, call: call.clone() }));
        }
        for c in &cx.sharing.statics {
            let init = cx.program.initialiser(*c).and_then(|f| cx.summaries.get(f.0 as usize)?.clone());
            out.writes.extend(init.map(|s| (Cell::Static(*c), Vec::new(), initial(&s))));
        }
        for r in roots {
            out.root(cx, *r);
        }
        out
    }

    fn root(&mut self, cx: Cx<'_>, r: FuncId) {
        let Some(summary) = cx.summaries.get(r.0 as usize).cloned().flatten() else { return };
        let open = |v: &V| value_open(v) || closure_open(v);
        let closed = |((base, _), v): (&Far, &V)| matches!(base, Base::Cell(_)) && !open(v);
        if summary.given.is_empty() && summary.writes.iter().all(closed) {
            return;
        }
        let params = parameters(cx, r);
        let actual = Actual { params: &params, called: from_cells(&summary), ..Actual::default() };
        for (far, v) in &summary.writes {
            let v = stored(&actual.value(v));
            self.writes.extend(places(far, &params).into_iter().map(|(c, path)| (c, path, v.clone())));
        }
        for g in &summary.given {
            let callee = actual.value(&g.callee);
            if value_held(&callee) {
                let args = g.args.iter().map(|a| actual.value(a)).collect();
                self.calls.push(HeldCall { func: r, call: GivenCall { callee, args, ..g.clone() } });
            }
        }
    }
}

/// The parts of cells that a value is made of.
fn read_by(v: &Value) -> BTreeSet<(Cell, Arc<[Name]>)> {
    fn gather(v: &Value, out: &mut BTreeSet<(Cell, Arc<[Name]>)>) {
        out.extend(v.facts.iter().filter_map(|(f, _)| match &f.origin {
            Origin::Held(c, path) => Some((*c, path.clone())),
            _ => None,
        }));
        v.fields.iter().for_each(|(_, part)| gather(part, out));
        v.taken().for_each(|t| t.with.iter().for_each(|v| gather(v, out)));
    }
    let mut out = BTreeSet::new();
    gather(v, &mut out);
    out
}

/// Results of calls of what a function is given, where it is given cells: what is in them is called.
pub(super) fn from_cells(summary: &Summary) -> BTreeMap<u32, V> {
    let result = |g: &GivenCall| Value::of(Fact::new(Origin::Held(Cell::Called(g.span), [].into())), Info::default());
    (0..).zip(summary.given.iter().map(result)).collect()
}

impl Contents {
    /// Joins what all functions write.
    #[must_use]
    pub(super) fn of(cx: Cx<'_>, shared: &Shared) -> Self {
        let followed = cx.seeds.outside.is_some().then(|| cx.seeds.probes.iter().filter_map(|p| p.entry).collect());
        let mut out = Contents { messages: cx.sharing.messages().collect(), followed, ..Contents::default() };
        // When a write was last made: it is made again if a cell has changed since that it goes to or reads.
        let mut made: Vec<Option<u32>> = vec![None; shared.writes.len()];
        let read: Vec<BTreeSet<(Cell, Arc<[Name]>)>> = shared.writes.iter().map(|(.., v)| read_by(v)).collect();
        let (mut rounds, mut last) = (BTreeMap::<Cell, usize>::new(), SHARED_ROUNDS);
        // Of one round, too, which makes all of a large program's writes for the first time.
        let mut room = SHARED_WORK;
        'rounds: for round in 0..SHARED_ROUNDS {
            out.unsettled = None;
            let before = out.changes;
            for (((cell, path, v), made), read) in shared.writes.iter().zip(&mut made).zip(&read) {
                if made.is_none_or(|made| out.concerned_since(made, *cell, path, read)) {
                    *made = Some(out.changes);
                    out.put(*cell, path, v);
                }
                if out.work > room {
                    room = out.work + SHARED_WORK;
                    out.merge(out.changed_since(before).collect());
                    last = last.min(round + MERGED_ROUNDS);
                }
                if out.work > SHARED_END && out.unsettled.is_some() {
                    break 'rounds;
                }
            }
            for call in &shared.calls {
                for (cell, path, v) in out.writes_of(cx, call) {
                    out.put(cell, &path, &v);
                }
                if out.work > SHARED_END && out.unsettled.is_some() {
                    break 'rounds;
                }
            }
            out.take_more();
            if out.unsettled.is_none() {
                break;
            }
            let restless: BTreeSet<Cell> = out
                .changed_since(before)
                .filter(|c| {
                    let rounds = rounds.entry(*c).or_insert(0);
                    *rounds += 1;
                    *rounds > SHARED_CHANGES || out.work > SHARED_WORK
                })
                .collect();
            if round >= last {
                break;
            }
            if restless.iter().any(|c| !out.merged.contains(c)) {
                out.merge(restless);
                last = last.min(round + MERGED_ROUNDS);
            }
        }
        // Of a round that was left, too.
        out.take_more();
        out
    }

    /// The same without what texts they may be: for data.
    #[must_use]
    pub fn untold(&self) -> Contents {
        let held = self.held.iter().map(|(c, v)| (*c, v.untold())).collect();
        Contents {
            held,
            messages: self.messages.clone(),
            unsettled: self.unsettled,
            crowded: self.crowded,
            merged: self.merged.clone(),
            ..Contents::default()
        }
    }

    /// Cells that have changed since that change.
    fn changed_since(&self, change: u32) -> impl Iterator<Item = Cell> {
        self.changed.iter().filter(move |(_, at)| **at > change).map(|(c, _)| *c)
    }

    /// Tells cells apart no more that still change: each may hold what any of them does. So it comes to an end where
    /// half a program shares its state with the other half.
    fn merge(&mut self, more: BTreeSet<Cell>) {
        self.merged.extend(more);
        let held: Vec<V> = self.merged.iter().filter_map(|c| self.held.get(c)).map(|v| folded(v, 0)).collect();
        let all = doubted(&joined(&held), &Why::Merged.anywhere());
        self.all_hold(&all);
    }

    /// What was written to cells that are not told apart is in all of them from the next round on.
    fn take_more(&mut self) {
        let more = std::mem::take(&mut self.more);
        let Some(first) = self.merged.first().copied() else { return };
        let old = self.held.get(&first).cloned().unwrap_or_default();
        let all = self.thinned(first, &few_possible(&join(&old, &more)));
        if !all.same(&old) {
            self.unsettled = Some(first);
            self.all_hold(&all);
        }
    }

    /// All cells hold this that are not told apart.
    fn all_hold(&mut self, all: &V) {
        let Some(first) = self.merged.first().copied() else { return };
        let all = self.thinned(first, &few_possible(all));
        for c in self.merged.clone() {
            self.changes(c);
            self.held.insert(c, all.clone());
        }
    }

    /// A value with no more sources in a trace than one place remembers, the first ones by their order: so what is kept
    /// is the same however it came together.
    fn thinned(&mut self, cell: Cell, v: &V) -> V {
        let Some(followed) = &self.followed else { return v.clone() };
        let is_source = |f: &Fact| matches!(f.origin, Origin::Source(seed, _) if !followed.contains(&seed));
        let node = |v: &Value| {
            let mut last = v.facts.iter().filter(|(f, _)| is_source(f)).skip(TRACE_SOURCES).map(|(f, _)| f);
            let beyond = last.next()?.clone();
            let mut out = v.clone();
            out.facts.retain(|(f, _)| !is_source(f) || *f < beyond);
            Some(out)
        };
        match v.rewritten(&node) {
            Some(fewer) => {
                self.crowded.get_or_insert(cell);
                fewer
            }
            None => v.clone(),
        }
    }

    fn changes(&mut self, c: Cell) {
        self.changes += 1;
        self.changed.insert(c, self.changes);
        self.known.get_mut().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Whether a cell has changed that a write goes to or reads.
    fn concerned_since(&self, made: u32, cell: Cell, path: &[Name], read: &BTreeSet<(Cell, Arc<[Name]>)>) -> bool {
        if made == self.changes {
            return false;
        }
        // What one of those holds that are not told apart, all of them hold.
        let among = !self.merged.is_empty() && self.reach(cell, path).iter().all(|(c, ..)| self.merged.contains(c));
        let changed =
            |c: &Cell| self.changed.get(c).is_some_and(|at| *at > made) && !(among && self.merged.contains(c));
        let reached = |cell, path: &[Name]| self.reach(cell, path).iter().any(|(c, ..)| changed(c));
        reached(cell, path) || read.iter().any(|(c, path)| reached(*c, path))
    }

    /// Writes a value to a part of a cell, and to all cells that this is.
    fn put(&mut self, cell: Cell, path: &[Name], v: &V) {
        let v = self.value(v);
        // Access to a cell that is kept somewhere is what makes both one; it is not handed on as content.
        let content = v.without_cells();
        for (n, (c, rest, sure)) in self.reach(cell, path).into_iter().enumerate() {
            let v = if n == 0 { &v } else { &content };
            self.work += facts(v);
            let v = if sure { v.clone() } else { doubted(v, &Why::Channel.anywhere()) };
            let old = self.held.get(&c).cloned().unwrap_or_default();
            if self.merged.contains(&c) {
                self.more = join(&self.more, &few_possible(&doubted(&folded(&v, 0), &Why::Merged.anywhere())));
                continue;
            }
            let way: Vec<Way1> = rest.iter().cloned().map(Way1::Field).collect();
            let new = self.kept(c, &old, write(&old, &way, &v, true, 0));
            if !new.same(&old) {
                self.unsettled = Some(c);
                self.changes(c);
                self.held.insert(c, new);
            }
        }
    }

    /// A value as a cell keeps it: never deeper than it was kept before, and no deeper than what was joined to it left
    /// it, so that what is folded does not come apart again.
    fn kept(&mut self, cell: Cell, old: &V, v: V) -> V {
        let v = self.thinned(cell, &few_possible(&v));
        let left = Some(deep(&v)).filter(|depth| *depth < deep(old));
        let before = self.depths.get(&cell).copied();
        let Some(depth) = room(&v).into_iter().chain(left).chain(before).min() else { return v };
        self.depths.insert(cell, depth);
        few_possible(&folded(&v, depth))
    }

    /// The cells that a part of a cell is: the cell itself, and those to which it holds access; the parts there; and
    /// whether it is sure to be them.
    fn reach(&self, cell: Cell, path: &[Name]) -> Vec<(Cell, Vec<Name>, bool)> {
        let mut out: Vec<(Cell, Vec<Name>, bool)> = vec![(cell, path.to_vec(), true)];
        let mut seen: BTreeSet<(Cell, Vec<Name>)> = [(cell, path.to_vec())].into();
        let mut i = 0;
        while let Some((c, path, sure)) = out.get(i).cloned() {
            i += 1;
            let mut node = self.held.get(&c).cloned().unwrap_or_default();
            let mut next: Vec<(Cell, Vec<Name>, bool)> = Vec::new();
            if !node.is_cell()
                && let Some(any) = self.messages.get(&c)
            {
                next.push((*any, path.clone(), false));
            }
            // Which of the channels of such messages it is, is not known.
            let sure = sure && !matches!(c, Cell::Messages(_));
            for (k, n) in path.iter().map(Some).chain([None]).enumerate() {
                let rest = path.get(k..).unwrap_or(&[]);
                next.extend(node.cells().map(|c| (c, rest.to_vec(), sure)));
                // What is not listed gives access to nothing.
                node = match n {
                    Some(n) if !node.fields.is_empty() => part_of(&node, n),
                    _ => V::default(),
                };
            }
            for (c, rest, sure) in next {
                if seen.insert((c, rest.clone())) {
                    out.push((c, rest, sure));
                }
            }
        }
        out
    }

    /// What a part of a cell holds.
    #[must_use]
    pub fn read(&self, cell: Cell, path: &[Name]) -> V {
        let key = (cell, path.to_vec());
        if let Some(known) = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return known.clone();
        }
        let mut out = V::default();
        for (c, rest, sure) in self.reach(cell, path) {
            let Some(node) = self.held.get(&c) else { continue };
            let v = node.part(&rest).without_cells();
            out = join(&out, &if sure { v } else { doubted(&v, &Why::Channel.anywhere()) });
        }
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(key, out.clone());
        out
    }

    /// What a value comes to as a whole.
    pub(super) fn flat(&self, v: &V, view: View) -> V {
        let mut flat = self.flat.lock().unwrap_or_else(PoisonError::into_inner);
        if flat.len() > SHARED_FLAT {
            flat.clear();
        }
        flat.entry((Arc::as_ptr(v) as usize, view)).or_insert_with(|| (v.clone(), v.flat(view))).1.clone()
    }

    /// A value with what cells hold put in.
    #[must_use]
    pub fn value(&self, v: &V) -> V {
        if !value_held(v) {
            return v.clone();
        }
        let actual = Actual { held: Some(self), ..Actual::default() };
        match self.merged.first() {
            Some(first) => actual.value(&told_of_one(v, *first, &|c| self.merged.contains(&c))),
            None => actual.value(v),
        }
    }
}

/// What cells hold, with no more than so many sources of each label of what is only possible in a part: those with the
/// fewest transforms, then the first by their order. A whole program may come to what is kept in one place by some way
/// that is not understood, and nobody reads of each.
fn few_possible(v: &V) -> V {
    let node = |v: &Value| {
        let mut of: BTreeMap<u32, Vec<(usize, usize)>> = BTreeMap::new();
        for (n, (fact, info)) in v.facts.iter().enumerate() {
            if let Origin::Source(seed, _) | Origin::Declared(seed, ..) = fact.origin
                && info.confidence() == Confidence::Possible
            {
                of.entry(seed).or_default().push((fact.transforms.len() + info.kinds.len(), n));
            }
        }
        let mut beyond: Vec<usize> = Vec::new();
        for mut found in of.into_values().filter(|found| found.len() > SHARED_SOURCES) {
            found.sort_unstable();
            beyond.extend(found.iter().skip(SHARED_SOURCES).map(|(_, n)| *n));
        }
        beyond.sort_unstable();
        if beyond.is_empty() {
            return None;
        }
        let stay = v.facts.iter().enumerate().filter(|(n, _)| beyond.binary_search(n).is_err());
        Some(Value { facts: stay.map(|(_, told)| told.clone()).collect(), ..v.clone() })
    };
    v.rewritten(&node).unwrap_or_else(|| v.clone())
}

/// The cells of a place outside of a function that nothing here calls.
pub(super) fn places((base, path): &Far, params: &[V]) -> Vec<(Cell, Vec<Name>)> {
    match base {
        Base::Cell(c) => vec![(*c, path.to_vec())],
        Base::Param(i) => params.get(*i as usize).map(|p| far_cells(p, path)).unwrap_or_default(),
        Base::Local(_) => Vec::new(),
    }
}
