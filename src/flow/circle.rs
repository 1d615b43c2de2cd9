//! Where facts arrive that functions hand to each other in a circle.
//!
//! Each function of a circle has the arrivals of all the others. So each arrival is kept once, where it happens, and what
//! a function hands on is a step; where a fact gets to by all these steps is looked for only when somebody wants to know,
//! the nearest first.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use rustc_hash::{FxHashMap, FxHashSet};

use super::bundles::{End, Ends, Key, nearest};
use super::interp::PurposeAt;
use super::path::Path;
use super::summary::{Kind, Summary};
use super::types::Action;
use crate::ir::body::ClosureId;
use crate::link::program::FuncId;

/// Where a fact arrives, with the steps to there.
type Place = (Arc<Kind>, Path);
/// All such places, sorted by where.
pub type Places = Arc<[Place]>;

/// What functions that call each other do with facts that they are given.
pub struct Circle {
    /// The first of them, by which circles are told apart.
    first: u32,
    growing: Mutex<Growing>,
    settled: OnceLock<Settled>,
}

/// The way to what a function of a circle does with a fact.
#[derive(Clone, Debug)]
pub struct Way {
    circle: Arc<Circle>,
    to: Turn,
}

/// Where in the circle a way goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Turn {
    node: u32,
    /// The purpose of what is done there, unless it has one of its own.
    own: Option<PurposeAt>,
    /// What the function there shows itself is told otherwise.
    unshown: bool,
}

/// A circle whose functions are not all known.
#[derive(Default)]
struct Growing {
    graph: Graph,
    known: BTreeMap<FuncId, BTreeMap<(Option<ClosureId>, Key), u32>>,
    /// The function that is interpreted, and who has asked for places so far.
    at: Option<FuncId>,
    asked: BTreeMap<FuncId, BTreeSet<(u32, bool)>>,
    told: BTreeMap<(u32, bool), Places>,
}

/// A circle whose functions are known.
struct Settled {
    graph: Graph,
    layout: Layout,
    /// What was looked for, of each node all, and all but what its function shows.
    found: Vec<[OnceLock<Places>; 2]>,
}

#[derive(Default)]
struct Graph {
    nodes: Vec<Node>,
    /// Purposes of steps.
    owns: Vec<PurposeAt>,
    numbers: BTreeMap<PurposeAt, u32>,
}

/// A fact of a function, or of a closure in it.
struct Node {
    func: FuncId,
    here: Vec<Place>,
    steps: Vec<Step>,
    /// Ways to other circles.
    others: Vec<(Way, Path)>,
}

/// It is handed on.
struct Step {
    to: u32,
    /// The number of the purpose for which that is done; 0 if there is none.
    own: u32,
    unshown: bool,
    path: Path,
}

impl Circle {
    /// Functions of which nothing is known yet.
    pub(super) fn new(first: u32) -> Arc<Self> {
        Arc::new(Circle { first, growing: Mutex::default(), settled: OnceLock::new() })
    }

    fn growing(&self) -> MutexGuard<'_, Growing> {
        self.growing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A function is interpreted: what it asks for it asks anew.
    pub(super) fn begin(&self, f: FuncId) {
        let mut all = self.growing();
        all.at = Some(f);
        all.asked.remove(&f);
    }

    /// Takes in what a function does with what it is given; its summary has only the ways there from now on.
    pub(super) fn tie(self: &Arc<Self>, f: FuncId, summary: &mut Summary) {
        let mut all = self.growing();
        let Growing { graph, known, .. } = &mut *all;
        let known = known.entry(f).or_default();
        for n in known.values() {
            graph.set(*n, Node::of(f));
        }
        let closures = summary.closures.iter_mut().filter(|(_, closure)| !closure.bundles.is_empty());
        let of_closures = closures.map(|(id, closure)| (Some(*id), &mut Arc::make_mut(closure).bundles));
        for (closure, bundles) in [(None, &mut summary.bundles)].into_iter().chain(of_closures) {
            for bundle in bundles {
                let node = *known.entry((closure, bundle.key())).or_insert_with(|| {
                    graph.nodes.push(Node::of(f));
                    graph.nodes.len() as u32 - 1
                });
                let before = std::mem::take(&mut bundle.info.path);
                graph.put(self, node, f, &before, &bundle.ends);
                let to = Turn { node, own: None, unshown: false };
                let way = Way { circle: self.clone(), to };
                bundle.ends = Arc::from([(End::Beyond(way), Path::default())]);
            }
        }
    }

    /// Functions that asked where facts arrive and were not told all that is known now, or not the nearest way.
    pub(super) fn outdated(&self) -> BTreeSet<u32> {
        let mut all = self.growing();
        let asked: BTreeSet<(u32, bool)> = all.asked.values().flatten().copied().collect();
        if asked.is_empty() {
            return BTreeSet::new();
        }
        let layout = Layout::of(&all.graph);
        let mut more = BTreeSet::new();
        for at in asked {
            let now = all.graph.places(&layout, at.0, at.1);
            let nearer = |(a, b): (&Place, &Place)| a.0 != b.0 || a.1.len() < b.1.len();
            if all.told.get(&at).is_none_or(|t| t.len() != now.len() || now.iter().zip(&**t).any(nearer)) {
                all.told.insert(at, now);
                more.insert(at);
            }
        }
        all.asked.iter().filter(|(_, asked)| !asked.is_disjoint(&more)).map(|(f, _)| f.0).collect()
    }

    /// All is known.
    pub(super) fn settle(&self) {
        let graph = std::mem::take(&mut *self.growing()).graph;
        let found = graph.nodes.iter().map(|_| Default::default()).collect();
        let layout = Layout::of(&graph);
        self.settled.get_or_init(|| Settled { graph, layout, found });
    }

    /// Where a fact arrives. While not all is known, what is told will be told again.
    fn places(&self, node: u32, unshown: bool) -> Places {
        if let Some(Settled { graph, layout, found }) = self.settled.get() {
            let found = found.get(node as usize).and_then(|both| both.get(usize::from(unshown)));
            return found.map(|p| p.get_or_init(|| graph.places(layout, node, unshown)).clone()).unwrap_or_default();
        }
        let mut all = self.growing();
        if let Some(by) = all.at {
            all.asked.entry(by).or_default().insert((node, unshown));
        }
        all.told.get(&(node, unshown)).cloned().unwrap_or_default()
    }

    /// What is done at a node, as ends.
    fn ends(self: &Arc<Self>, node: u32) -> Ends {
        let all = self.growing();
        let Some(node) = all.graph.nodes.get(node as usize) else { return Ends::default() };
        let here = node.here.iter().map(|(kind, path)| (End::At(kind.clone()), path.clone()));
        let steps = node.steps.iter().map(|s| {
            let to = Turn { node: s.to, own: all.graph.own(s.own), unshown: s.unshown };
            (End::Beyond(Way { circle: self.clone(), to }), s.path.clone())
        });
        let others = node.others.iter().map(|(way, path)| (End::Beyond(way.clone()), path.clone()));
        let mut out = here.chain(steps).chain(others).collect();
        nearest(&mut out);
        out.into()
    }
}

impl Way {
    /// The same seen from a caller: done for its purpose, without what the function shows that is hidden.
    pub(super) fn seen(&self, own: Option<PurposeAt>, hidden: Option<FuncId>) -> Way {
        let mut out = self.clone();
        out.to.own = out.to.own.or(own);
        out.to.unshown |= hidden.is_some_and(|f| self.circle.is_of(self.to.node, f));
        out
    }

    /// Whether all is known of the functions there.
    pub(super) fn is_settled(&self) -> bool {
        self.circle.settled.get().is_some()
    }

    /// Where it leads.
    pub(super) fn places(&self) -> Places {
        let all = self.circle.places(self.to.node, self.to.unshown);
        if self.to.own.is_none() || all.iter().all(|(kind, _)| kind.purpose.is_some()) {
            return all;
        }
        let mut out = all.iter().map(|(kind, path)| (kind.for_purpose(self.to.own), path.clone())).collect();
        nearest(&mut out);
        out.into()
    }

    /// What is done where it leads first.
    pub(super) fn ends(&self) -> Ends {
        self.circle.ends(self.to.node)
    }
}

impl Circle {
    fn is_of(&self, node: u32, f: FuncId) -> bool {
        let func = |graph: &Graph| graph.nodes.get(node as usize).is_some_and(|n| n.func == f);
        match self.settled.get() {
            Some(settled) => func(&settled.graph),
            None => func(&self.growing().graph),
        }
    }
}

/// One circle is another wherever it begins.
impl Ord for Way {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.circle.first, self.to).cmp(&(other.circle.first, other.to))
    }
}

impl PartialOrd for Way {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Way {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Way {}

impl std::fmt::Debug for Circle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Circle").field("first", &self.first).finish_non_exhaustive()
    }
}

impl Node {
    fn of(func: FuncId) -> Self {
        Node { func, here: Vec::new(), steps: Vec::new(), others: Vec::new() }
    }
}

impl Graph {
    /// What is done at a node, behind these steps.
    fn put(&mut self, circle: &Arc<Circle>, node: u32, func: FuncId, before: &Path, ends: &Ends) {
        let mut done = Node::of(func);
        for (end, rest) in &**ends {
            let path = before.then(rest);
            match end {
                End::At(kind) => done.here.push((kind.clone(), path)),
                End::Beyond(way) if Arc::ptr_eq(&way.circle, circle) => {
                    let Turn { node, own, unshown } = way.to;
                    let own = own.map_or(0, |own| {
                        *self.numbers.entry(own).or_insert_with(|| {
                            self.owns.push(own);
                            self.owns.len() as u32
                        })
                    });
                    done.steps.push(Step { to: node, own, unshown, path });
                }
                End::Beyond(way) => done.others.push((way.clone(), path)),
            }
        }
        self.set(node, done);
    }

    fn set(&mut self, node: u32, to: Node) {
        if let Some(node) = self.nodes.get_mut(node as usize) {
            *node = to;
        }
    }

    fn own(&self, number: u32) -> Option<PurposeAt> {
        self.owns.get((number as usize).checked_sub(1)?).copied()
    }

    /// Where a fact arrives that is at a node, on the shortest way to each place; `unshown` leaves out what the function
    /// there shows.
    fn places(&self, layout: &Layout, node: u32, unshown: bool) -> Places {
        let mut out = Vec::new();
        for first in (0..self.owns.len().max(1) as u32).step_by(TOGETHER as usize) {
            Search::new(self, layout, first).run(layout.slot(node, unshown), &mut out);
        }
        nearest(&mut out);
        out.into()
    }
}

/// Whether a function shows that itself.
pub(super) fn is_shown(kind: &Kind, by: FuncId) -> bool {
    kind.action == Action::Show && kind.at.func == by
}

/// What a search has to know of each node.
struct Layout {
    /// Whether anything is done from there on for the purpose for which it was reached.
    open: Vec<bool>,
    /// Whether its function shows anything.
    shows: Vec<bool>,
}

impl Layout {
    fn of(graph: &Graph) -> Self {
        let purposeless = |n: &Node| {
            n.here.iter().any(|(kind, _)| kind.purpose.is_none())
                || n.others.iter().any(|(way, _)| way.to.own.is_none())
        };
        let mut open: Vec<bool> = graph.nodes.iter().map(purposeless).collect();
        let mut before: Vec<Vec<usize>> = vec![Vec::new(); graph.nodes.len()];
        for (i, node) in graph.nodes.iter().enumerate() {
            for step in node.steps.iter().filter(|s| s.own == 0) {
                before.get_mut(step.to as usize).into_iter().for_each(|list| list.push(i));
            }
        }
        let mut todo: Vec<usize> = open.iter().enumerate().filter(|(_, open)| **open).map(|(i, _)| i).collect();
        while let Some(i) = todo.pop() {
            for caller in before.get(i).into_iter().flatten() {
                if let Some(slot @ false) = open.get_mut(*caller) {
                    *slot = true;
                    todo.push(*caller);
                }
            }
        }
        let shows = |n: &Node| n.here.iter().any(|(kind, _)| is_shown(kind, n.func));
        Layout { open, shows: graph.nodes.iter().map(shows).collect() }
    }

    /// A node has two slots if it makes a difference whether it is shown.
    fn slot(&self, node: u32, unshown: bool) -> u32 {
        let shows = self.shows.get(node as usize).copied().unwrap_or_default();
        node * 2 + u32::from(shows && unshown)
    }

    fn is_open(&self, slot: u32) -> bool {
        self.open.get(slot as usize / 2).copied().unwrap_or_default()
    }
}

/// Purposes that are looked for together, each a bit. The lowest bit is that no purpose is known yet, the highest that it is
/// one which is not looked for.
const TOGETHER: u32 = 62;
const NONE: u64 = 1;
const OTHER: u64 = 1 << 63;

/// A slot is reached, for some purposes for which it was not before.
struct Reached {
    slot: u32,
    bits: u64,
    /// The slot before, and the number of its step.
    from: Option<(u32, u32)>,
}

/// A search from a node, nearest first.
struct Search<'g> {
    graph: &'g Graph,
    layout: &'g Layout,
    /// The number of the purposes before the first that is looked for.
    first: u32,
    /// By slot: for which purposes it was reached, and the last time of these.
    seen: Vec<(u64, Option<u32>)>,
    /// What was reached, in this order, with the time before at the same slot.
    log: Vec<(Reached, Option<u32>)>,
    paths: FxHashMap<(u32, u64), Path>,
    /// What was found, by its address and the purpose.
    found: FxHashSet<(usize, u64)>,
}

impl<'g> Search<'g> {
    fn new(graph: &'g Graph, layout: &'g Layout, first: u32) -> Self {
        Search {
            graph,
            layout,
            first,
            seen: vec![(0, None); graph.nodes.len() * 2],
            log: Vec::new(),
            paths: FxHashMap::default(),
            found: FxHashSet::default(),
        }
    }

    fn run(mut self, start: u32, out: &mut Vec<Place>) {
        let (graph, layout) = (self.graph, self.layout);
        let mut next: BTreeMap<u32, Vec<Reached>> = BTreeMap::new();
        next.entry(0).or_default().push(Reached { slot: start, bits: NONE, from: None });
        let mut ways: BTreeSet<(u32, Turn, u64)> = BTreeSet::new();
        while let Some((len, some)) = next.pop_first() {
            for at in some {
                let Some(node) = graph.nodes.get(at.slot as usize / 2) else { continue };
                let slot = at.slot;
                let Some((bits, once)) = self.reach(at) else { continue };
                let unshown = slot % 2 == 1;
                for (kind, rest) in node.here.iter().filter(|(kind, _)| !unshown || !is_shown(kind, node.func)) {
                    self.find(slot, bits, once, (kind, rest), &Path::default(), out);
                }
                for (way, before) in node.others.iter().filter(|(w, _)| ways.insert((w.circle.first, w.to, bits))) {
                    for (kind, rest) in &*way.places() {
                        self.find(slot, bits, once, (kind, rest), before, out);
                    }
                }
                for (i, step) in (0..).zip(&node.steps) {
                    let bits = match step.own {
                        0 => bits,
                        own if once => self.bit(own),
                        _ => continue,
                    };
                    let to = Reached { slot: layout.slot(step.to, step.unshown), bits, from: Some((slot, i)) };
                    if self.fresh(&to) != 0 {
                        next.entry(len.saturating_add(step.path.len())).or_default().push(to);
                    }
                }
            }
        }
    }

    /// The bit of a purpose.
    fn bit(&self, own: u32) -> u64 {
        match own.checked_sub(self.first) {
            Some(n @ 1..=TOGETHER) => 1 << n,
            _ => OTHER,
        }
    }

    /// The purposes for which a slot is reached for the first time. Where none is asked for, the first time counts.
    fn fresh(&self, at: &Reached) -> u64 {
        let seen = self.seen.get(at.slot as usize).map_or(u64::MAX, |(seen, _)| *seen);
        if seen == 0 || self.layout.is_open(at.slot) { at.bits & !seen } else { 0 }
    }

    /// Notes that a slot is reached: for which purposes, and whether that is the first time. Nothing if it was before.
    fn reach(&mut self, at: Reached) -> Option<(u64, bool)> {
        let bits = self.fresh(&at);
        let (seen, last) = self.seen.get_mut(at.slot as usize).filter(|_| bits != 0)?;
        let once = *seen == 0;
        *seen |= bits;
        let before = last.replace(self.log.len() as u32);
        self.log.push((Reached { bits, ..at }, before));
        Some((bits, once))
    }

    /// An arrival at a slot that is reached for these purposes.
    fn find(
        &mut self,
        slot: u32,
        bits: u64,
        once: bool,
        (kind, rest): (&Arc<Kind>, &Path),
        before: &Path,
        out: &mut Vec<Place>,
    ) {
        let address = Arc::as_ptr(kind) as usize;
        if kind.purpose.is_some() {
            if once && self.first == 0 && self.found.insert((address, 0)) {
                out.push((kind.clone(), self.path(slot, bits).then(&before.then(rest))));
            }
            return;
        }
        let mut left = bits & !OTHER;
        if self.first > 0 {
            left &= !NONE;
        }
        while left != 0 {
            let bit = left & left.wrapping_neg();
            left ^= bit;
            if self.found.insert((address, bit)) {
                let own = if bit == NONE { None } else { self.graph.own(self.first + bit.trailing_zeros()) };
                out.push((kind.for_purpose(own), self.path(slot, bit).then(&before.then(rest))));
            }
        }
    }

    /// The steps to a slot that is reached for one of these purposes.
    fn path(&mut self, slot: u32, bits: u64) -> Path {
        let (mut at, mut behind) = ((slot, bits), Vec::new());
        let mut path = loop {
            if let Some(known) = self.paths.get(&at) {
                break known.clone();
            }
            let Some((from, step)) = self.came(at.0, at.1) else { break Path::default() };
            let Some(step) = self.graph.nodes.get(from as usize / 2).and_then(|n| n.steps.get(step as usize)) else {
                break Path::default();
            };
            behind.push((at, &step.path));
            // For whom the function itself runs makes no difference if it has a purpose of its own.
            at = (from, if step.own == 0 { at.1 } else { u64::MAX });
        };
        while let Some((at, step)) = behind.pop() {
            path = path.then(step);
            self.paths.insert(at, path.clone());
        }
        path
    }

    /// From where a slot was reached for one of these purposes first.
    fn came(&self, slot: u32, bits: u64) -> Option<(u32, u32)> {
        let (mut at, mut first) = (self.seen.get(slot as usize)?.1, None);
        while let Some((reached, before)) = at.and_then(|n| self.log.get(n as usize)) {
            if reached.bits & bits != 0 {
                first = Some(reached.from);
            }
            at = *before;
        }
        first.flatten()
    }
}
