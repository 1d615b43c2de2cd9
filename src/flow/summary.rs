//! What a function does, in terms of its parameters; and what that means at a call.

use std::cell::RefCell;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::bounds::{bounded, unnested, unnested_fact};
use super::callee::{Callable, Taken, unite};
use super::cells::{Cell, Far};
use super::doubt::{self, Doubt, Why};
use super::must::{Held, Must, Of, What};
use super::path::Path;
use super::ran::{self, Ran};
use super::roots::{Place, Record, Root, Services};
use super::settle::Contents;
use super::trace::Tracks;
use super::types::Action;
use super::value::{
    Fact, Info, MAX_PATH, MAX_TEXTS, Many, Origin, Text, TextPiece, V, Value, beside, join, joined, many,
};
use super::waiting::{symbolic, text_open, value_held};
use crate::ir::Name;
use crate::ir::body::{ClosureId, View};
use crate::link::program::{FuncId, TypeId};
use crate::link::sqlfn::ColumnId;
use crate::link::ty::Ty;
use crate::source::Span;

/// Where data arrives, as far as it is known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tgt {
    /// At the code itself.
    Code,
    /// At something bound.
    Bound(u32),
    /// At the host of one of these texts.
    Http(Vec<Text>),
    /// At a vendor's client.
    Vendor(Name),
    /// At something that no binding names.
    Unbound(Name),
    /// At a probe.
    Probe(u32),
}

/// A place in the code.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct At {
    /// The function.
    pub func: FuncId,
    /// The place.
    pub span: Span,
    /// What is called or written there.
    pub symbol: Name,
}

/// What an arrival is, its data aside.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Kind {
    /// What happens.
    pub action: Action,
    /// Where to.
    pub target: Tgt,
    /// Where.
    pub at: At,
    /// The purpose of the code there, if it has one of its own or a caller on the way gave it one.
    pub purpose: Option<(u32, Span)>,
    /// Reading a column by a statement: no guard is judged there.
    pub load: bool,
    /// The column written.
    pub home: Option<ColumnId>,
    /// As what the value is seen.
    pub view: Option<View>,
}

/// An arrival that depends on the caller.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// What and where.
    pub kind: Kind,
    /// What arrives.
    pub data: V,
}

/// A use that depends on the caller: code touches a part of what it was given.
#[derive(Clone, Debug)]
pub struct Touch {
    /// What and where.
    pub kind: Kind,
    /// What is touched.
    pub fact: Fact,
    /// How it got there.
    pub info: Info,
}

/// A flow whose entry is known.
#[derive(Clone, Debug)]
pub struct Closed {
    /// What and where.
    pub kind: Kind,
    /// The entry, and what happened since.
    pub fact: Fact,
    /// How it got there.
    pub info: Info,
}

/// What is done with something that the caller gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Asked {
    /// It is called.
    Call,
    /// It is the text of a statement.
    Statement,
    /// One more argument is bound to the statement that it is.
    Bind {
        /// How many were bound by the same call before.
        nth: u32,
    },
    /// All that is in a list is bound to the statement that it is.
    BindAll,
    /// The statement that it is runs: its rows, or the first column of them.
    Rows {
        /// Only the first column.
        scalar: bool,
    },
}

/// A call of something that the caller gave, or that a cell holds.
#[derive(Clone, Debug)]
pub struct GivenCall {
    /// What is done with it.
    pub what: Asked,
    /// The callable: a part of a parameter or of what a cell holds.
    pub callee: V,
    /// Its arguments.
    pub args: Vec<V>,
    /// Those of them that are lent to be written.
    pub lent: BTreeSet<usize>,
    /// Where.
    pub span: Span,
    /// Guards there.
    pub guards: Must,
    /// The type of what comes of it, as far as it is known.
    pub ty: Ty,
}

/// Whom a function calls, and the purpose of the statement around the call.
pub type Calls = BTreeMap<(FuncId, Option<(u32, Span)>), CallOf>;

/// What is known wherever a function calls another.
#[derive(Clone, Debug)]
pub struct CallOf {
    /// Guards, in terms of the one that is called.
    pub guards: Must,
    /// The call with the fewest of them.
    pub at: Span,
    /// Parameters of the caller, and parameters of the one that is called which are given what they stand for.
    pub handed: Vec<(u32, u32)>,
}

impl CallOf {
    /// Takes in another call: the one with fewer guards is the one to show.
    pub fn join(&mut self, other: &CallOf) {
        let before = self.guards.clone();
        self.guards.or(&other.guards);
        if !self.guards.says(&before) {
            self.at = other.at;
        }
        self.handed.retain(|h| other.handed.contains(h));
    }
}

/// A cell that a function made and hands out.
#[derive(Clone, Debug)]
pub struct HandedOut {
    /// What it holds.
    pub content: V,
    /// It is a channel; of messages of this type, where it is ours.
    pub channel: Option<Option<TypeId>>,
}

/// What a function does.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// What it returns.
    pub ret: V,
    /// What it leaves in parameters that it may write through.
    pub outs: Vec<(u32, V)>,
    /// Cells that it made and hands out, with what they hold.
    pub cells: BTreeMap<Cell, HandedOut>,
    /// What it writes to cells that others can reach, and to those that it was given.
    pub writes: BTreeMap<Far, V>,
    /// Arrivals that depend on the caller.
    pub arrivals: Vec<Arrival>,
    /// Its closures that others may call: parameters are their own, then what they took along.
    pub closures: BTreeMap<ClosureId, Arc<Summary>>,
    /// Uses that depend on the caller.
    pub touches: Vec<Touch>,
    /// Flows within it and below.
    pub closed: Vec<Closed>,
    /// Arrivals of what cells hold that others can reach.
    pub held: Vec<Arrival>,
    /// Calls of what the caller gave.
    pub given: Vec<GivenCall>,
    /// Calls of what cells hold.
    pub asked: Vec<GivenCall>,
    /// Guards established whenever it returns.
    pub must: Must,
    /// It never returns.
    pub diverges: bool,
    /// The engine failed on it: a defect of ours, reported as a gap.
    pub failed: bool,
    /// It was more work than is allowed for one function: some of its flows are missing, and a gap says so.
    pub limited: bool,
    /// It is part of so many recursive functions (itself included) that did not settle and were made coarse.
    pub coarse: u32,
    /// Texts that it puts into fields, its callers' only where they depend on them: what a field's text may be where
    /// the value comes from afar.
    pub field_texts: BTreeSet<((TypeId, Name), Text)>,
    /// Routers that it serves.
    pub served: Vec<V>,
    /// Whom it calls (and the purpose of the statement around the call, if it has one), with the guards there.
    pub calls: Calls,
    /// What was noted for a trace.
    pub tracks: Tracks,
    /// Statements that it runs, or that others run through it.
    pub ran: Ran,
}

impl Summary {
    /// Takes in what a closure of the function does that depends on no one.
    pub(super) fn absorb(&mut self, closure: &Summary) {
        let mut closed: BTreeMap<(Kind, Fact), Info> = BTreeMap::new();
        for c in self.closed.drain(..).chain(closure.closed.iter().cloned()) {
            match closed.entry((c.kind, c.fact)) {
                Entry::Vacant(e) => {
                    e.insert(c.info);
                }
                Entry::Occupied(mut e) => {
                    let fact = e.key().1.clone();
                    e.get_mut().join(&fact, &c.info);
                }
            }
        }
        self.closed = closed.into_iter().map(|((kind, fact), info)| Closed { kind, fact, info }).collect();
        self.held.extend(closure.held.iter().cloned());
        self.asked.extend(closure.asked.iter().cloned());
        self.limited |= closure.limited;
        ran::join(&mut self.ran, &closure.ran);
        self.field_texts.extend(closure.field_texts.iter().filter(|(_, t)| !text_open(t)).cloned());
        for (called, call) in &closure.calls {
            // Parameters of the closure are none of the function.
            let call = CallOf { handed: Vec::new(), ..call.clone() };
            self.calls.entry(*called).and_modify(|have| have.join(&call)).or_insert(call);
        }
    }

    /// How much it says.
    #[must_use]
    pub fn effects(&self) -> usize {
        self.arrivals.len() + self.touches.len() + self.given.len() + self.writes.len() + self.ret.facts.len()
    }

    /// Tells nothing apart that lies inside itself: what recursion adds to it round by round comes to an end.
    pub fn unnest(&mut self) {
        self.each_value(&|v| unnested(v).unwrap_or_else(|| v.clone()));
        let mut touched: BTreeMap<(Fact, Option<(u32, Span)>), Touch> = BTreeMap::new();
        for t in self.touches.drain(..) {
            let (fact, info) = unnested_fact(t.fact, t.info);
            match touched.entry((fact, t.kind.purpose)) {
                Entry::Occupied(mut e) => {
                    let Touch { fact, info: have, .. } = e.get_mut();
                    have.join(fact, &info);
                }
                Entry::Vacant(e) => {
                    let fact = e.key().0.clone();
                    e.insert(Touch { kind: t.kind, fact, info });
                }
            }
        }
        self.touches = touched.into_values().collect();
    }

    /// Changes each value that it speaks of.
    fn each_value(&mut self, change: &dyn Fn(&V) -> V) {
        let outs = self.outs.iter_mut().map(|(_, v)| v);
        let cells = self.cells.values_mut().map(|made| &mut made.content);
        let arrivals = self.arrivals.iter_mut().map(|a| &mut a.data);
        let given = self.given.iter_mut().flat_map(|g| &mut g.args);
        for v in outs.chain(self.writes.values_mut()).chain(cells).chain(arrivals).chain(given) {
            *v = change(v);
        }
        self.ret = change(&self.ret);
    }

    /// Forgets which part of a parameter a fact speaks of, so that recursion comes to an end: parameters reach whatever
    /// parts of them did, as `possible`.
    pub fn coarsen(&mut self) {
        self.each_value(&coarse);
        let near = |f: &Fact| !matches!(&f.origin, Origin::Param(_, p) | Origin::Called(_, p) if p.len() > 1);
        self.touches.retain(|t| near(&t.fact));
    }

    /// Whether another summary says the same.
    #[must_use]
    pub fn same(&self, other: &Summary) -> bool {
        self.ret.same(&other.ret)
            && self.arrivals.len() == other.arrivals.len()
            && self.touches.len() == other.touches.len()
            && self.closed.len() == other.closed.len()
            && self.given.len() == other.given.len()
            && self.asked.len() == other.asked.len()
            && self.must == other.must
            && self.diverges == other.diverges
            && self.held.len() == other.held.len()
            && self.closures.len() == other.closures.len()
            && self.closures.iter().zip(&other.closures).all(|((a, x), (b, y))| a == b && x.same(y))
            && same_values(&self.writes, &other.writes)
            && self.cells.len() == other.cells.len()
            && self.cells.iter().zip(&other.cells).all(|((c, a), (d, b))| c == d && a.content.same(&b.content))
            && self.outs.len() == other.outs.len()
            && self.outs.iter().zip(&other.outs).all(|((i, a), (j, b))| i == j && a.same(b))
            && self.arrivals.iter().zip(&other.arrivals).all(|(a, b)| a.kind == b.kind && a.data.same(&b.data))
            && self.touches.iter().zip(&other.touches).all(|(a, b)| a.info.guards == b.info.guards)
            && self.closed.iter().zip(&other.closed).all(|(a, b)| a.info.guards == b.info.guards)
    }
}

fn same_values<K: PartialEq>(a: &BTreeMap<K, V>, b: &BTreeMap<K, V>) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|((k, v), (l, w))| k == l && v.same(w))
}

/// What parameters and calls stand for at one call.
#[derive(Default)]
pub struct Actual<'a> {
    /// Arguments.
    pub params: &'a [V],
    /// Results of calls of given callables.
    pub called: BTreeMap<u32, V>,
    /// The step into the function, for each argument that holds data.
    pub hops: Vec<Path>,
    /// What the call leaves in doubt.
    pub doubt: Option<Doubt>,
    /// The place of the call, by which what the function makes is known. Nothing where roots are not told apart, or
    /// where nobody calls.
    pub site: Option<Span>,
    /// Which of the arguments are services.
    pub services: Services,
    /// What records of the function are here, by their addresses: many facts share one.
    pub records: RefCell<FxHashMap<usize, Root>>,
    /// What the cells that it made are here.
    pub cells: BTreeMap<Cell, Cell>,
    /// What cells hold, when all functions are done.
    pub held: Option<&'a Contents>,
}

impl Actual<'_> {
    fn at(&self, origin: &Origin) -> Option<V> {
        if let (Origin::Held(c, path), Some(held)) = (origin, self.held) {
            return Some(held.read(*c, path));
        }
        let (mut v, path) = match origin {
            Origin::Param(i, path) => (self.params.get(*i as usize)?.clone(), path),
            Origin::Called(n, path) => (self.called.get(n)?.clone(), path),
            _ => return None,
        };
        for n in path.iter() {
            v = v.field(n);
        }
        Some(v)
    }

    /// The step of an origin into the function; what a callable returned goes with the first.
    fn hop(&self, origin: &Origin) -> Option<&Path> {
        match origin {
            Origin::Param(i, _) => self.hops.get(*i as usize),
            _ => self.hops.iter().find(|h| !h.is_empty()),
        }
    }

    /// Facts of the caller that a fact of the callee stands for, with how they got to the call and what is in doubt
    /// of the part. Nothing is built for the parts in between: there are more touches than all other effects together.
    pub fn each_fact(&self, fact: &Fact, mut found: impl FnMut(Fact, &Info, Option<Why>)) {
        let (start, path) = match &fact.origin {
            Origin::Param(i, path) => (self.params.get(*i as usize), path),
            Origin::Called(n, path) => (self.called.get(n), path),
            _ => return,
        };
        let (Some(mut v), mut rest) = (start, &path[..]) else { return };
        while let Some((name, tail)) = rest.split_first()
            && let Some(part) = v.listed(name)
        {
            (v, rest) = (part, tail);
        }
        for (have, info) in &v.facts {
            let symbolic = have.origin.is_symbolic() && have.deep.is_none();
            if symbolic || !rest.iter().any(|n| beside(n)) {
                let (have, cut) = have.project(rest);
                let merged = info.folded && !rest.is_empty();
                found(have, info, if cut { Some(Why::Cut(MAX_PATH)) } else { merged.then_some(Why::Merged) });
            }
        }
    }

    /// How a fact of the caller got to where a fact of the callee is; of that, in terms of the caller.
    #[must_use]
    pub fn composed(&self, fact: &Fact, have: &Info, info: &Info) -> Info {
        let mut out = have.clone();
        self.compose(&mut out, self.hop(&fact.origin), info);
        out
    }

    fn compose(&self, have: &mut Info, hop: Option<&Path>, info: &Info) {
        if let Some(hop) = hop {
            have.path = have.path.then(hop);
        }
        have.path = have.path.then(&info.path);
        doubt::add(&mut have.doubt, self.doubt.as_ref());
        doubt::add(&mut have.doubt, info.doubt.as_ref());
        have.derived |= info.derived;
        have.folded |= info.folded;
        have.guards.and(&info.guards);
        if info.whose.is_some() {
            have.whose.clone_from(&info.whose);
        }
    }

    /// What is known of a fact of the callee, in terms of the caller.
    #[must_use]
    pub fn info(&self, info: &Info) -> Info {
        let mut out = info.clone();
        out.guards = self.must(&out.guards);
        if let Some(whose) = out.whose.take() {
            out.set_whose(self.places(&whose));
            let of_keys = whose.iter().map(|p| self.of_keys(p)).reduce(|mut a, b| {
                a.or(&b);
                a
            });
            out.guards.and(&of_keys.unwrap_or_default());
        }
        out
    }

    /// What is established of the keys that the caller gave, and so of the record that was reached by them.
    fn of_keys(&self, place: &Place) -> Must {
        let mut out = Must::default();
        for key in place.keys() {
            let origin = match &key.root {
                Root::Param(i) => Origin::Param(*i, key.path.clone()),
                Root::Called(n) => Origin::Called(*n, key.path.clone()),
                Root::Record(_) | Root::Outside(_) => continue,
            };
            let guards = self.at(&origin).and_then(|v| {
                v.facts.iter().map(|(_, i)| i.guards.clone()).reduce(|mut a, b| {
                    a.or(&b);
                    a
                })
            });
            out.and(&guards.unwrap_or_default());
        }
        out
    }

    /// A value of the callee as a value of the caller.
    #[must_use]
    pub fn value(&self, v: &V) -> V {
        match self.unchanged(v) {
            Some(same) => same,
            None => bounded(&self.substituted(v, None)),
        }
    }

    /// What the callee left in a parameter. What it did not write stays as it was: it never went there.
    #[must_use]
    pub fn left(&self, param: u32, v: &V) -> V {
        match self.unchanged(v) {
            Some(same) => same,
            None => bounded(&self.substituted(v, Some((param, &[])))),
        }
    }

    /// The value itself, doubts of the call aside, if it means the same at each call.
    fn unchanged(&self, v: &V) -> Option<V> {
        let told = !self.cells.is_empty() && v.reaches() || self.held.is_some() && value_held(v);
        if told || symbolic(v) {
            return None;
        }
        Some(self.doubt.as_ref().map_or_else(|| v.clone(), |d| doubted(v, d)))
    }

    /// `at`: of which part of a parameter it is what was left there.
    fn substituted(&self, v: &V, at: Option<(u32, &[Name])>) -> V {
        let mut parts: Vec<V> = Vec::with_capacity(v.facts.len());
        for (fact, info) in &v.facts {
            let part = match &fact.origin {
                Origin::Cell(c) => {
                    let cell = *self.cells.get(c).unwrap_or(c);
                    Value::of(Fact::new(Origin::Cell(cell)), info.clone())
                }
                Origin::Held(..) if self.held.is_some() => match self.at(&fact.origin) {
                    Some(actual) => self.carry(&actual, None, fact, info),
                    None => continue,
                },
                Origin::Source(..) | Origin::Declared(..) | Origin::Bare | Origin::Held(..) => {
                    let mut info = self.info(info);
                    doubt::add(&mut info.doubt, self.doubt.as_ref());
                    Value::of(fact.clone(), info)
                }
                origin => match self.at(origin) {
                    Some(actual) if at.is_some_and(|(i, way)| fact.is_part(i, way)) && info.is_nothing() => actual,
                    Some(actual) => self.carry(&actual, self.hop(origin), fact, info),
                    None => continue,
                },
            };
            parts.push(part);
        }
        let mut tree = (*joined(&parts)).clone();
        tree.unknown |= v.unknown;
        for (n, part) in &v.fields {
            let part = self.unchanged(part).unwrap_or_else(|| match at {
                Some((i, way)) => self.substituted(part, Some((i, &[way, std::slice::from_ref(n)].concat()))),
                None => self.substituted(part, None),
            });
            tree.set_field(n, part);
        }
        tree.adt = v.adt.or(tree.adt);
        let mut texts: Many<Text> = Many::new();
        for t in &v.texts {
            for alternative in self.text(t) {
                if texts.len() < MAX_TEXTS && !texts.contains(&alternative) {
                    texts.push(alternative);
                }
            }
        }
        tree.texts = texts;
        if let Some(w) = &v.when {
            tree.when = Some(Box::new(w.map(&|m| self.must(m))));
        }
        for c in &v.callees {
            let here = match c {
                // A closure lives in the function that wrote it.
                Callable::Closure(_) => continue,
                Callable::Taken(t) => {
                    let with = t.with.iter().map(|v| self.substituted(v, None)).collect();
                    Callable::Taken(Taken { func: t.func, id: t.id, with })
                }
                other => other.clone(),
            };
            tree.callees = unite(&tree.callees, &[here]);
        }
        Arc::new(tree)
    }

    /// A callable of the callee: what the caller gave, closures included.
    #[must_use]
    pub fn value_with_callables(&self, v: &V) -> V {
        let mut out = V::default();
        for (fact, _) in &v.facts {
            if let Some(actual) = self.at(&fact.origin) {
                out = join(&out, &actual);
            }
        }
        out
    }

    /// What an argument brings where the callee has a fact about the parameter.
    fn carry(&self, actual: &V, hop: Option<&Path>, fact: &Fact, info: &Info) -> V {
        let mut own = self.info(info);
        let whose = own.whose.take();
        let actual = match whose.as_deref() {
            Some([place]) => &actual.rooted(place),
            Some(_) => &actual.map_info(&|i| i.whose.clone_from(&whose)),
            None => actual,
        };
        let compose = |have: &mut Info| self.compose(have, hop, &own);
        let Some(view) = fact.deep else {
            let tree = actual.map_info(&compose);
            if tree.refs.is_empty() {
                return tree;
            }
            let mut plain = (*tree).clone();
            plain.refs.clear();
            return Arc::new(plain);
        };
        let mut flat = Value::default();
        actual.flatten_into(view, &mut flat);
        let mut out = Value::default();
        for (mut f, mut i) in flat.facts {
            for t in &fact.transforms {
                f.push_transform(t);
            }
            compose(&mut i);
            out.add(f, i);
        }
        Arc::new(out)
    }

    fn places(&self, places: &[Place]) -> Vec<Place> {
        let mut out = Vec::new();
        for p in places {
            match &p.root {
                Root::Param(i) => {
                    out.extend(self.at(&Origin::Param(*i, p.path.clone())).map(|v| v.places()).unwrap_or_default())
                }
                Root::Called(n) => {
                    out.extend(self.at(&Origin::Called(*n, p.path.clone())).map(|v| v.places()).unwrap_or_default())
                }
                Root::Record(r) => out.push(Place { root: self.record(r), path: p.path.clone() }),
                Root::Outside(_) => out.push(p.clone()),
            }
        }
        out
    }

    fn record(&self, r: &Arc<Record>) -> Root {
        let Some(site) = self.site else { return Root::Record(r.clone()) };
        let key = Arc::as_ptr(r) as usize;
        if let Some(known) = self.records.borrow().get(&key) {
            return known.clone();
        }
        let root = r.behind(site, self.places(r.from()), || self.services.asked_about(self.params));
        self.records.borrow_mut().insert(key, root.clone());
        root
    }

    /// Guards of the callee as guards of the caller.
    #[must_use]
    pub fn must(&self, m: &Must) -> Must {
        if m.is_nothing() {
            return Must::default();
        }
        m.map(&mut |held| match (&held.what, &held.of) {
            (What::Truth(place, truth), _) => self.truth(place, *truth),
            (What::Guard(_), Of::Everyone) => Must::of(held.clone()),
            (What::Guard(_), Of::People(people)) => {
                let people = self.places(people);
                let of = if people.is_empty() { Of::Everyone } else { Of::People(people.into()) };
                Must::of(Held { of, ..held.clone() })
            }
        })
    }

    /// What follows from the truth of something that the caller gave.
    fn truth(&self, place: &Place, truth: bool) -> Must {
        let origin = match &place.root {
            Root::Param(i) => Origin::Param(*i, place.path.clone()),
            Root::Called(n) => Origin::Called(*n, place.path.clone()),
            Root::Record(_) | Root::Outside(_) => return Must::default(),
        };
        let Some(v) = self.at(&origin) else { return Must::default() };
        match &v.when {
            Some(w) if truth => w.yes.clone(),
            Some(w) => w.no.clone(),
            None => v.asked(truth),
        }
    }

    /// What the text of a part of an argument may be.
    fn texts_at(&self, param: u32, path: &[Name]) -> Many<Text> {
        let Some(mut v) = self.params.get(param as usize) else { return Many::new() };
        for (i, name) in path.iter().enumerate() {
            match v.listed(name) {
                Some(part) => v = part,
                None => return v.texts_of(path.get(i..).unwrap_or_default()),
            }
        }
        v.texts.clone()
    }

    /// A text of the callee: what it may be here.
    #[must_use]
    pub fn text(&self, t: &Text) -> Many<Text> {
        if !text_open(t) {
            return many![t.clone()];
        }
        let mut out = many![Text { pieces: Arc::default(), span: t.span }];
        for piece in t.pieces.iter() {
            let alternatives: Vec<Arc<[TextPiece]>> = match piece {
                TextPiece::Param(i, path, field) => {
                    let mut texts = self.texts_at(*i, path);
                    if let Some(field) = field {
                        texts.iter_mut().for_each(|t| t.stands_in(field, false));
                    }
                    if texts.is_empty() {
                        let unknown = field.as_ref().map_or(TextPiece::Hole, |(t, n)| TextPiece::Field(*t, n.clone()));
                        vec![Arc::from([unknown])]
                    } else {
                        if t.pieces.len() == 1 {
                            return texts;
                        }
                        texts.into_iter().map(|t| t.pieces).collect()
                    }
                }
                TextPiece::EnvOf(i, path) => {
                    let names = self.texts_at(*i, path);
                    let known = |t: &Text| match &*t.pieces {
                        [TextPiece::Lit(s)] => TextPiece::Env(s.clone()),
                        [TextPiece::Param(i, path, _)] => TextPiece::EnvOf(*i, path.clone()),
                        _ => TextPiece::Hole,
                    };
                    if names.is_empty() {
                        vec![Arc::from([TextPiece::Hole])]
                    } else {
                        names.iter().map(|t| Arc::from([known(t)])).collect()
                    }
                }
                p => vec![Arc::from([p.clone()])],
            };
            let mut next = Many::new();
            for have in &out {
                for alternative in &alternatives {
                    if next.len() < MAX_TEXTS {
                        next.push(have.then(alternative));
                    }
                }
            }
            out = next;
        }
        out
    }

    /// A target of the callee as one of the caller.
    #[must_use]
    pub fn target(&self, t: &Tgt) -> Tgt {
        match t {
            Tgt::Http(texts) => {
                let mut out: Vec<Text> = texts.iter().flat_map(|t| self.text(t)).collect();
                out.sort();
                out.dedup();
                out.truncate(MAX_TEXTS);
                Tgt::Http(out)
            }
            other => other.clone(),
        }
    }
}

fn coarse(v: &V) -> V {
    let mut flat = Value::default();
    v.flatten_into(View::Display, &mut flat);
    let mut out = Value { fields: Many::new(), texts: Many::new(), facts: Many::new(), ..(**v).clone() };
    for (mut fact, mut info) in flat.facts {
        if let Origin::Param(_, path) | Origin::Called(_, path) | Origin::Held(_, path) = &mut fact.origin {
            *path = Arc::from([]);
            info.doubt(&Why::Recursion.anywhere());
        } else {
            info.folded |= !v.fields.is_empty();
        }
        out.add(fact, info);
    }
    Arc::new(out)
}

/// Puts everything in a value in doubt.
#[must_use]
pub fn doubted(v: &V, doubt: &Doubt) -> V {
    v.map_info(&|i| i.doubt(doubt))
}
