//! Where facts arrive that functions hand to each other in a circle.
//!
//! Each function of a circle has the arrivals of all the others. So each arrival is kept once, where it happens, and what
//! a function hands on is a step; where a fact gets to by all these steps is looked for only when somebody wants to know,
//! the nearest first.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use super::bundles::{End, Ends, Key, nearest};
use super::interp::PurposeAt;
use super::path::Path;
use super::shortest::{Graph, Map, Node, Place, Step};
use super::summary::Summary;
use crate::ir::body::ClosureId;
use crate::link::program::FuncId;

/// All places where a fact arrives, sorted by where.
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
    map: Map,
    /// What was looked for, of each node all, and all but what its function shows.
    found: Vec<[OnceLock<Places>; 2]>,
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
            set(graph, *n, Node::of(f));
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
                let done = self.done(graph, f, &before, &bundle.ends);
                set(graph, node, done);
                let to = Turn { node, own: None, unshown: false };
                let way = Way { circle: self.clone(), to };
                bundle.ends = Arc::from([(End::Beyond(way), Path::default())]);
            }
        }
    }

    /// What a function does behind these steps.
    fn done(self: &Arc<Self>, graph: &mut Graph, f: FuncId, before: &Path, ends: &Ends) -> Node {
        let mut done = Node::of(f);
        for (end, rest) in &**ends {
            let path = before.then(rest);
            match end {
                End::At(kind) => done.here.push((kind.clone(), path)),
                End::Beyond(way) if Arc::ptr_eq(&way.circle, self) => {
                    let Turn { node: to, own, unshown } = way.to;
                    let own = own.map(|own| graph.purposes.number(own));
                    done.steps.push(Step { to, own, unshown, path });
                }
                End::Beyond(way) => done.others.push((way.clone(), path)),
            }
        }
        done
    }

    /// Functions that asked where facts arrive and were not told all that is known now, or not the nearest way.
    pub(super) fn outdated(&self) -> BTreeSet<u32> {
        let mut all = self.growing();
        let asked: BTreeSet<(u32, bool)> = all.asked.values().flatten().copied().collect();
        if asked.is_empty() {
            return BTreeSet::new();
        }
        let map = Map::of(&all.graph);
        let mut more = BTreeSet::new();
        for at in asked {
            let now = places(&map, at.0, at.1);
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
        let map = Map::of(&std::mem::take(&mut *self.growing()).graph);
        let found = (0..map.len()).map(|_| Default::default()).collect();
        self.settled.get_or_init(|| Settled { map, found });
    }

    /// Where a fact arrives. While not all is known, what is told will be told again.
    fn places(&self, node: u32, unshown: bool) -> Places {
        if let Some(Settled { map, found }) = self.settled.get() {
            let found = found.get(node as usize).and_then(|both| both.get(usize::from(unshown)));
            return found.map(|p| p.get_or_init(|| places(map, node, unshown)).clone()).unwrap_or_default();
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
        let Some(node) = all.graph.node(node) else { return Ends::default() };
        let here = node.here.iter().map(|(kind, path)| (End::At(kind.clone()), path.clone()));
        let steps = node.steps.iter().map(|s| {
            let to = Turn { node: s.to, own: s.own.and_then(|own| all.graph.purposes.get(own)), unshown: s.unshown };
            (End::Beyond(Way { circle: self.clone(), to }), s.path.clone())
        });
        let others = node.others.iter().map(|(way, path)| (End::Beyond(way.clone()), path.clone()));
        let mut out = here.chain(steps).chain(others).collect();
        nearest(&mut out);
        out.into()
    }
}

fn set(graph: &mut Graph, node: u32, to: Node) {
    if let Some(node) = graph.nodes.get_mut(node as usize) {
        *node = to;
    }
}

/// Where a fact arrives that is at a node, in order.
fn places(map: &Map, node: u32, unshown: bool) -> Places {
    let mut out = map.places(node, unshown);
    nearest(&mut out);
    out.into()
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
        if self.to.own.is_none() || all.iter().all(|(kind, _)| !kind.is_for_caller()) {
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
        let func = match self.settled.get() {
            Some(settled) => settled.map.func(node),
            None => self.growing().graph.node(node).map(|n| n.func),
        };
        func == Some(f)
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
