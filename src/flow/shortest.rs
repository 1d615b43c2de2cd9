//! The shortest ways through a circle: where a fact arrives that a function has, and by which steps.
//!
//! For what something is done is said by the last step that has a purpose. So a way for a purpose is put together: to
//! such a step, which goes any way, and from there on steps without a purpose. How far it is from anywhere without a
//! purpose is looked for once for each place, how far it is to anywhere once for each function that has data.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rustc_hash::FxHashMap;

use super::circle::{Places, Way};
use super::interp::PurposeAt;
use super::path::Path;
use super::summary::Kind;
use super::types::Action;
use crate::link::program::FuncId;

/// Where a fact arrives, with the steps to there.
pub type Place = (Arc<Kind>, Path);

/// What functions do with facts, and to whom they hand them on.
#[derive(Default)]
pub(super) struct Graph {
    pub nodes: Vec<Node>,
    pub purposes: Purposes,
}

/// A fact of a function, or of a closure in it.
pub(super) struct Node {
    pub func: FuncId,
    pub here: Vec<Place>,
    pub steps: Vec<Step>,
    /// Ways to other circles.
    pub others: Vec<(Way, Path)>,
}

/// It is handed on.
pub(super) struct Step {
    pub to: u32,
    /// The number of the purpose for which that is done.
    pub own: Option<u32>,
    /// What the function there shows itself is told otherwise.
    pub unshown: bool,
    pub path: Path,
}

/// Purposes of steps, by their numbers.
#[derive(Default)]
pub(super) struct Purposes {
    list: Vec<PurposeAt>,
    numbers: BTreeMap<PurposeAt, u32>,
}

impl Purposes {
    pub fn number(&mut self, of: PurposeAt) -> u32 {
        *self.numbers.entry(of).or_insert_with(|| {
            self.list.push(of);
            self.list.len() as u32 - 1
        })
    }

    pub fn get(&self, number: u32) -> Option<PurposeAt> {
        self.list.get(number as usize).copied()
    }
}

impl Node {
    pub fn of(func: FuncId) -> Self {
        Node { func, here: Vec::new(), steps: Vec::new(), others: Vec::new() }
    }
}

impl Graph {
    pub fn node(&self, number: u32) -> Option<&Node> {
        self.nodes.get(number as usize)
    }
}

/// Whether a function shows that itself.
pub(super) fn is_shown(kind: &Kind, by: FuncId) -> bool {
    kind.action == Action::Show && kind.at.func == by
}

/// A graph laid out for searches. A node is one spot, or two if its function shows anything: in the second that is left
/// out.
pub(super) struct Map {
    /// By node, whose it is and its first spot.
    nodes: Vec<(FuncId, u32)>,
    edges: Vec<Edge>,
    /// By spot, the numbers of the edges from there.
    after: Vec<Vec<u32>>,
    /// Of those to there.
    before: Vec<Vec<u32>>,
    /// Those that have a purpose.
    gates: Vec<Gate>,
    purposes: Vec<PurposeAt>,
    ends: Vec<End>,
}

/// A step from spot to spot.
struct Edge {
    from: u32,
    to: u32,
    own: Option<u32>,
    path: Path,
}

/// An edge that has a purpose.
struct Gate {
    edge: u32,
    to: u32,
    own: u32,
}

/// Something that is done with facts.
struct End {
    what: What,
    /// At which spots, with the steps from there.
    at: Vec<(u32, Path)>,
    back: OnceLock<Back>,
}

enum What {
    /// They arrive.
    Arrives(Places),
    /// They are handed to another circle.
    Goes(Way),
}

impl Map {
    pub fn of(graph: &Graph) -> Self {
        let mut map = Map {
            nodes: Vec::with_capacity(graph.nodes.len()),
            edges: Vec::new(),
            after: Vec::new(),
            before: Vec::new(),
            gates: Vec::new(),
            purposes: graph.purposes.list.clone(),
            ends: Vec::new(),
        };
        let mut spots = Vec::with_capacity(graph.nodes.len());
        for node in &graph.nodes {
            map.nodes.push((node.func, spots.len() as u32));
            spots.push((node, false));
            if node.here.iter().any(|(kind, _)| is_shown(kind, node.func)) {
                spots.push((node, true));
            }
        }
        map.after.resize_with(spots.len(), Vec::new);
        map.before.resize_with(spots.len(), Vec::new);
        let (mut kinds, mut ways): (BTreeMap<_, usize>, BTreeMap<_, usize>) = Default::default();
        for (spot, (node, unshown)) in (0..).zip(spots) {
            node.steps.iter().for_each(|step| map.link(spot, step));
            for (kind, rest) in node.here.iter().filter(|(kind, _)| !unshown || !is_shown(kind, node.func)) {
                let number = *kinds.entry(kind).or_insert(map.ends.len());
                let arrives = || What::Arrives(Arc::from([(kind.clone(), Path::default())]));
                map.end(number, arrives, (spot, rest.clone()));
            }
            for (way, before) in &node.others {
                let number = *ways.entry(way).or_insert(map.ends.len());
                map.end(number, || What::Goes(way.clone()), (spot, before.clone()));
            }
        }
        map
    }

    fn link(&mut self, from: u32, step: &Step) {
        let (edge, to) = (self.edges.len() as u32, self.spot(step.to, step.unshown));
        self.edges.push(Edge { from, to, own: step.own, path: step.path.clone() });
        for (lists, spot) in [(&mut self.after, from), (&mut self.before, to)] {
            lists.get_mut(spot as usize).into_iter().for_each(|list| list.push(edge));
        }
        self.gates.extend(step.own.map(|own| Gate { edge, to, own }));
    }

    fn end(&mut self, number: usize, what: impl FnOnce() -> What, at: (u32, Path)) {
        match self.ends.get_mut(number) {
            Some(end) => end.at.push(at),
            None => self.ends.push(End { what: what(), at: vec![at], back: OnceLock::new() }),
        }
    }

    /// Whose a node is.
    pub fn func(&self, node: u32) -> Option<FuncId> {
        self.nodes.get(node as usize).map(|(func, _)| *func)
    }

    /// How many nodes there are.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    fn spot(&self, node: u32, unshown: bool) -> u32 {
        let first = |node: u32| self.nodes.get(node as usize).map_or(self.after.len() as u32, |(_, first)| *first);
        first(node) + u32::from(unshown && first(node + 1) > first(node) + 1)
    }

    fn edge(&self, number: u32) -> Option<&Edge> {
        self.edges.get(number as usize)
    }

    /// Edges at a spot.
    fn edges<'m>(&'m self, lists: &'m [Vec<u32>], spot: u32) -> impl Iterator<Item = (u32, &'m Edge)> {
        let numbers = lists.get(spot as usize).into_iter().flatten();
        numbers.filter_map(|n| Some((*n, self.edge(*n)?)))
    }

    /// Where a fact arrives that is at a node, on the shortest ways; `unshown` leaves out what the function there shows.
    pub fn places(&self, node: u32, unshown: bool) -> Vec<Place> {
        let (mut out, mut ahead) = (Vec::new(), Ahead::new(self, self.spot(node, unshown)));
        for end in &self.ends {
            let Some(nearest) = ahead.nearest(end) else { continue };
            let places = match &end.what {
                What::Arrives(there) => there.clone(),
                What::Goes(way) => way.places(),
            };
            let (mut any, mut each) = (None, None);
            for (kind, rest) in &*places {
                if !kind.is_for_caller() || self.gates.is_empty() {
                    let path = any.get_or_insert_with(|| ahead.path(nearest.0).then(&nearest.1));
                    out.push((kind.clone(), path.then(rest)));
                } else {
                    let each = each.get_or_insert_with(|| ahead.for_each_purpose(end));
                    out.extend(each.iter().map(|(own, path)| (kind.for_purpose(*own), path.then(rest))));
                }
            }
        }
        out
    }
}

/// How far a spot is, and by which edge; by none where the search began.
#[derive(Clone, Copy)]
struct Far {
    len: u32,
    by: Option<u32>,
}

/// How far all spots are that can be reached from some, by edges and what is at their other ends.
fn distances<'m, I: Iterator<Item = (u32, &'m Edge, u32)>>(
    spots: usize,
    from: impl Iterator<Item = (u32, u32)>,
    edges: impl Fn(u32) -> I,
) -> Vec<Option<Far>> {
    let mut out: Vec<Option<Far>> = vec![None; spots];
    let mut next: BTreeMap<u32, Vec<(u32, Option<u32>)>> = BTreeMap::new();
    from.for_each(|(spot, len)| next.entry(len).or_default().push((spot, None)));
    while let Some((len, some)) = next.pop_first() {
        for (spot, by) in some {
            let Some(far @ None) = out.get_mut(spot as usize) else { continue };
            *far = Some(Far { len, by });
            for (number, edge, to) in edges(spot) {
                if let Some(None) = out.get(to as usize) {
                    next.entry(len.saturating_add(edge.path.len())).or_default().push((to, Some(number)));
                }
            }
        }
    }
    out
}

/// What is reached from a spot.
struct Ahead<'m> {
    map: &'m Map,
    start: u32,
    far: Vec<Option<Far>>,
    /// How far it is through each gate.
    gates: Vec<Option<u32>>,
    paths: FxHashMap<u32, Path>,
}

impl<'m> Ahead<'m> {
    fn new(map: &'m Map, start: u32) -> Self {
        let edges = |spot| map.edges(&map.after, spot).map(|(n, edge)| (n, edge, edge.to));
        let far = distances(map.after.len(), [(start, 0)].into_iter(), edges);
        let through = |gate: &Gate| {
            let edge = map.edge(gate.edge)?;
            let Far { len, .. } = (*far.get(edge.from as usize)?)?;
            Some(len.saturating_add(edge.path.len()))
        };
        let gates = map.gates.iter().map(through).collect();
        Ahead { map, start, far, gates, paths: FxHashMap::default() }
    }

    /// The nearest spot where an end is, with the steps from there.
    fn nearest<'e>(&self, end: &'e End) -> Option<&'e (u32, Path)> {
        let len = |(spot, rest): &(u32, Path)| {
            let far = self.far.get(*spot as usize).copied().flatten()?;
            Some(far.len.saturating_add(rest.len()))
        };
        end.at.iter().filter_map(|at| Some((len(at)?, at))).min_by_key(|(len, _)| *len).map(|(_, at)| at)
    }

    /// The steps to a spot.
    fn path(&mut self, spot: u32) -> Path {
        let (mut at, mut behind) = (spot, Vec::new());
        let mut path = loop {
            if let Some(known) = self.paths.get(&at) {
                break known.clone();
            }
            let far = self.far.get(at as usize).copied().flatten();
            let Some(edge) = far.and_then(|far| self.map.edge(far.by?)) else { break Path::default() };
            behind.push((at, &edge.path));
            at = edge.from;
        };
        while let Some((at, step)) = behind.pop() {
            path = path.then(step);
            self.paths.insert(at, path.clone());
        }
        path
    }

    /// The steps to an end for which nothing else says the purpose: without any, and for each for which it is reached.
    fn for_each_purpose(&mut self, end: &End) -> Vec<(Option<PurposeAt>, Path)> {
        let map = self.map;
        let back = end.back.get_or_init(|| Back::new(map, end));
        let mut best: Vec<Option<(u32, &Gate)>> = vec![None; map.purposes.len()];
        for (gate, before) in map.gates.iter().zip(&self.gates) {
            let (Some(before), Some(Some(behind))) = (before, back.far.get(gate.to as usize)) else { continue };
            let len = before.saturating_add(behind.len);
            if let Some(best) = best.get_mut(gate.own as usize)
                && best.is_none_or(|(shortest, _)| len < shortest)
            {
                *best = Some((len, gate));
            }
        }
        let mut out = Vec::new();
        if let Some(Some(_)) = back.far.get(self.start as usize) {
            out.push((None, back.path(map, end, self.start)));
        }
        for (own, best) in map.purposes.iter().zip(best) {
            if let Some((gate, edge)) = best.and_then(|(_, gate)| Some((gate, map.edge(gate.edge)?))) {
                let path = self.path(edge.from).then(&edge.path).then(&back.path(map, end, gate.to));
                out.push((Some(*own), path));
            }
        }
        out
    }
}

/// From where an end is reached without a purpose.
struct Back {
    far: Vec<Option<Far>>,
    paths: Mutex<FxHashMap<u32, Path>>,
}

impl Back {
    fn new(map: &Map, end: &End) -> Self {
        let edges = |spot| {
            let before = map.edges(&map.before, spot).filter(|(_, edge)| edge.own.is_none());
            before.map(|(n, edge)| (n, edge, edge.from))
        };
        let from = end.at.iter().map(|(spot, rest)| (*spot, rest.len()));
        Back { far: distances(map.after.len(), from, edges), paths: Mutex::default() }
    }

    /// The steps from a spot.
    fn path(&self, map: &Map, end: &End, spot: u32) -> Path {
        let mut paths = self.paths.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut at, mut before) = (spot, Vec::new());
        let mut path = loop {
            if let Some(known) = paths.get(&at) {
                break known.clone();
            }
            let far = self.far.get(at as usize).copied().flatten();
            let Some(edge) = far.and_then(|far| map.edge(far.by?)) else {
                let here = end.at.binary_search_by_key(&at, |(spot, _)| *spot);
                break here.ok().and_then(|n| end.at.get(n)).map(|(_, rest)| rest.clone()).unwrap_or_default();
            };
            before.push((at, &edge.path));
            at = edge.to;
        };
        while let Some((at, step)) = before.pop() {
            path = step.then(&path);
            paths.insert(at, path.clone());
        }
        path
    }
}

#[cfg(test)]
mod tests {
    use super::super::path::What;
    use super::super::summary::{At, Tgt};
    use super::*;
    use crate::source::{FileId, Span};

    fn span(n: u32) -> Span {
        Span::new(FileId(0), n, n)
    }

    fn purpose(n: u32) -> PurposeAt {
        (n, span(n))
    }

    /// Some nodes with some steps of some lengths, without a pattern.
    fn graph(nodes: u32, purposes: u32, mut seed: u64) -> Graph {
        let mut below = |n: u32| {
            seed = seed.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
            (seed >> 33) as u32 % n
        };
        let mut graph = Graph::default();
        for from in 0..nodes {
            let mut node = Node::of(FuncId(from));
            for _ in 0..below(4) {
                let (to, len) = (below(nodes), below(3) + 1);
                let hop = Path::hop(FuncId(from), span(0), What::Into(FuncId(to)));
                let path = (1..len).fold(hop.clone(), |path, _| path.then(&hop));
                let own = (below(3) == 0).then(|| graph.purposes.number(purpose(below(purposes))));
                node.steps.push(Step { to, own, unshown: below(4) == 0, path });
            }
            for n in 0..below(3) {
                let kind = Kind {
                    action: if below(3) == 0 { Action::Show } else { Action::Keep },
                    target: Tgt::Code,
                    at: At { func: FuncId(from), span: span(n), symbol: "there".into() },
                    purpose: (below(3) == 0).then(|| purpose(below(purposes))),
                    load: false,
                    home: None,
                    view: None,
                };
                node.here.push((Arc::new(kind), Path::hop(FuncId(from), span(0), What::Called)));
            }
            graph.nodes.push(node);
        }
        graph
    }

    /// How far all places are, by going on until nothing is nearer.
    fn slowly(graph: &Graph, node: u32, unshown: bool) -> BTreeMap<Arc<Kind>, u32> {
        let mut far = BTreeMap::from([((node, unshown, None), 0)]);
        loop {
            let before = far.clone();
            for ((node, _, own), len) in &before {
                for step in graph.node(*node).into_iter().flat_map(|n| &n.steps) {
                    let there = (step.to, step.unshown, step.own.and_then(|n| graph.purposes.get(n)).or(*own));
                    let len = len + step.path.len();
                    far.entry(there).and_modify(|have| *have = len.min(*have)).or_insert(len);
                }
            }
            if far == before {
                break;
            }
        }
        let mut out = BTreeMap::new();
        for ((node, unshown, own), len) in far {
            let Some(node) = graph.node(node) else { continue };
            for (kind, rest) in node.here.iter().filter(|(kind, _)| !unshown || !is_shown(kind, node.func)) {
                let len = len + rest.len();
                out.entry(kind.for_purpose(own)).and_modify(|have| *have = len.min(*have)).or_insert(len);
            }
        }
        out
    }

    /// Whether each step begins where the one before ended.
    fn is_a_way(path: &Path, from: FuncId, to: FuncId) -> bool {
        let (mut at, mut next) = (from, from);
        path.hops(usize::MAX).into_iter().all(|hop| {
            let goes_on = hop.func == at || hop.func == next;
            at = hop.func;
            next = if let What::Into(f) = hop.what { f } else { at };
            goes_on
        }) && at == to
    }

    #[test]
    fn all_places_are_found_on_the_shortest_ways_for_each_purpose() {
        for (nodes, purposes) in [(6, 2), (20, 5), (30, 90)] {
            for seed in 0..8 {
                let graph = graph(nodes, purposes, seed);
                let map = Map::of(&graph);
                for (node, unshown) in (0..nodes).flat_map(|n| [(n, false), (n, true)]) {
                    let found = map.places(node, unshown);
                    assert!(found.iter().all(|(kind, path)| is_a_way(path, FuncId(node), kind.at.func)));
                    let count = found.len();
                    let found: BTreeMap<_, _> = found.into_iter().map(|(kind, path)| (kind, path.len())).collect();
                    assert_eq!(found, slowly(&graph, node, unshown));
                    assert_eq!(count, found.len());
                }
            }
        }
    }
}
