//! What a function does, in terms of its parameters.

use std::cmp::Ordering;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::bounds::facts;
use super::bundles::Bundle;
use super::cells::Cell;
use super::doubt::Doubt;
use super::far::Far;
use super::must::Must;
use super::ran::{self, Ran, Unread};
use super::text::{Shelf, Text};
use super::trace::Tracks;
use super::types::Action;
use super::value::{Fact, Info, V, join};
use crate::ir::Name;
use crate::ir::body::{ClosureId, Local, View};
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
    /// At an audience, if the answers of those who call this tell it less surely.
    Elsewhere(u32),
    /// At the host of one of these texts.
    Http(Vec<Text>),
    /// At a vendor's client.
    Vendor(Name),
    /// At something that no binding names.
    Unbound(Name),
    /// At a probe.
    Probe(u32),
    /// At code of which nothing is known: in that crate.
    Opaque(Outsider),
    /// At a statement that reads it for code which has no purpose of its own.
    Loaded,
}

/// Whose code it is of which nothing is known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outsider {
    /// A crate outside the workspace.
    Crate(Name),
    /// Nobody knows: the crate of the workspace that calls it.
    Unknown(Name),
}

/// A place in the code.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct At {
    /// The function.
    pub func: FuncId,
    /// The place.
    pub span: Span,
    /// What is called or written there.
    pub symbol: Name,
}

/// What an arrival is, its data aside. All that arrives there shares it, in every summary on the way.
#[derive(Clone, Debug, PartialEq, Eq)]
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

impl Kind {
    /// Whether it is done for the purpose of who calls: it has none of its own, and is not given to code that nobody
    /// knows, where that makes no difference.
    pub(super) fn is_for_caller(&self) -> bool {
        self.purpose.is_none() && !matches!(self.target, Tgt::Opaque(_))
    }

    /// The same done for a purpose, unless it has one.
    pub(super) fn for_purpose(self: &Arc<Self>, purpose: Option<(u32, Span)>) -> Arc<Self> {
        match purpose.is_some() && self.is_for_caller() {
            true => Arc::new(Kind { purpose, ..(**self).clone() }),
            false => self.clone(),
        }
    }
}

/// Field by field; one that is shared needs no look.
impl Ord for Kind {
    fn cmp(&self, other: &Self) -> Ordering {
        fn key(k: &Kind) -> impl Ord + '_ {
            let Kind { action, target, at, purpose, load, home, view } = k;
            (action, target, at, purpose, load, home, view)
        }
        if std::ptr::eq(self, other) { Ordering::Equal } else { key(self).cmp(&key(other)) }
    }
}

impl PartialOrd for Kind {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// An arrival that depends on the caller.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// What and where.
    pub kind: Arc<Kind>,
    /// What arrives.
    pub data: V,
}

/// A use that depends on the caller: code touches a part of what it was given.
#[derive(Clone, Debug)]
pub struct Touch {
    /// What and where.
    pub kind: Arc<Kind>,
    /// What is touched.
    pub fact: Fact,
    /// How it got there.
    pub info: Info,
}

/// A flow whose entry is known.
#[derive(Clone, Debug)]
pub struct Closed {
    /// What and where.
    pub kind: Arc<Kind>,
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
    /// A library has it and runs it, on values of its own.
    Run,
    /// It is the text of a statement.
    Statement {
        /// No statement is known that it may be.
        open: bool,
    },
    /// One more argument is bound to the statement that it is.
    Bind {
        /// How many were bound by the same call before.
        nth: u32,
    },
    /// An argument is bound to the statement that it is, at the position or by the name that stands behind it.
    BindAt,
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
    /// It is called again and again.
    pub often: bool,
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
    /// The call with the fewest of them: by whom, and where.
    pub at: (FuncId, Span),
    /// Parameters of the caller, and parameters of the one that is called which are given what they stand for.
    pub handed: Vec<(u32, u32)>,
}

/// A call that is made only if what the caller gave is something: which call it is for depends on who calls.
#[derive(Clone, Debug)]
pub struct WaitingCall {
    /// The call.
    pub call: CallOf,
    /// What is to be of what the caller gave.
    pub given: Must,
}

/// Calls that are made only if what the caller gave is something, by who is called, who calls, and where.
pub type WaitingCalls = BTreeMap<(FuncId, FuncId, Span), WaitingCall>;

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
    /// Arrivals that depend on the caller, of values with parts.
    pub arrivals: Vec<Arrival>,
    /// Those of single facts, by the fact.
    pub bundles: Vec<Bundle>,
    /// Its closures that others may call: parameters are their own, then what they took along.
    pub closures: BTreeMap<ClosureId, Arc<Summary>>,
    /// Of a closure: the locals that it takes along.
    pub(super) captures: Arc<[Local]>,
    /// Uses that depend on the caller.
    pub touches: Vec<Touch>,
    /// Flows within it and below.
    pub closed: Vec<Closed>,
    /// Those that happen only if what the caller gave is something: for the callers to tell.
    pub waiting: Vec<Closed>,
    /// Names in statements that are written as calls, and what is to be of what the caller gave for them to be written.
    pub reached: BTreeMap<Span, Must>,
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
    /// More of it depends on what callers give than they are asked for: the rest is taken to happen, and a gap says so.
    pub crowded: bool,
    /// How many of its effects that are only possible were left out, which a gap says.
    pub left_out: usize,
    /// It is part of so many recursive functions (itself included) that did not settle and were made coarse.
    pub coarse: u32,
    /// Texts that it puts into fields and statics, its callers' only where they depend on them: what the text there may
    /// be where the value comes from afar.
    pub kept_texts: BTreeSet<(Shelf, Text)>,
    /// The same of those that depend on the caller.
    pub asked_texts: Vec<(Shelf, Text)>,
    /// Routers that it serves.
    pub served: Vec<V>,
    /// Whom it calls (and the purpose of the statement around the call, if it has one), with the guards there.
    pub calls: Calls,
    /// Those of these calls that are made only if what the caller gave is something.
    pub waiting_calls: WaitingCalls,
    /// What was noted for a trace.
    pub tracks: Tracks,
    /// Statements that it runs, or that others run through it.
    pub ran: Ran,
    /// What is not known of statements that it runs.
    pub unread: Unread,
}

impl Summary {
    /// Takes in what a closure of the function does that depends on no one.
    pub(super) fn absorb(&mut self, closure: &Summary) {
        // What the closure is given nobody tells of here.
        let waiting = closure.waiting.iter().map(|c| {
            let info = Info { guards: c.info.guards.of_policy(), ..c.info.clone() };
            Closed { info, ..c.clone() }
        });
        let both = self.closed.drain(..).chain(closure.closed.iter().cloned()).chain(waiting);
        self.closed = joined_flows(both);
        self.held.extend(closure.held.iter().cloned());
        self.asked.extend(closure.asked.iter().cloned());
        self.limited |= closure.limited;
        self.crowded |= closure.crowded;
        ran::join(&mut self.ran, &closure.ran);
        self.unread.extend(closure.unread.iter().cloned());
        self.kept_texts.extend(closure.kept_texts.iter().cloned());
        let waiting = closure.waiting_calls.iter().map(|((f, ..), w)| ((*f, None), &w.call));
        for (called, call) in closure.calls.iter().map(|(called, call)| (*called, call)).chain(waiting) {
            // Parameters of the closure are none of the function.
            let call = CallOf { handed: Vec::new(), ..call.clone() };
            self.calls.entry(called).and_modify(|have| have.join(&call)).or_insert(call);
        }
    }

    /// How much it says.
    #[must_use]
    pub fn effects(&self) -> usize {
        let bundled: usize = self.bundles.iter().map(|b| b.ends.len()).sum();
        bundled + self.arrivals.len() + self.touches.len() + self.given.len() + self.writes.len() + self.ret.facts.len()
    }

    /// The values that it gives to others.
    pub(super) fn given_back(&self) -> impl Iterator<Item = &V> {
        self.outs.iter().map(|(_, v)| v).chain(self.writes.values()).chain([&self.ret])
    }

    /// How many facts they say.
    #[must_use]
    pub fn facts(&self) -> usize {
        self.given_back().map(|v| facts(v)).sum()
    }

    /// Whether another summary says the same.
    #[must_use]
    pub fn same(&self, other: &Summary) -> bool {
        self.ret.same(&other.ret)
            && self.arrivals.len() == other.arrivals.len()
            && self.bundles.len() == other.bundles.len()
            && self.touches.len() == other.touches.len()
            && self.closed.len() == other.closed.len()
            && self.waiting.len() == other.waiting.len()
            && self.waiting_calls.len() == other.waiting_calls.len()
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
            && self.bundles.iter().zip(&other.bundles).all(|(a, b)| a.same(b))
            && self.arrivals.iter().zip(&other.arrivals).all(|(a, b)| a.kind == b.kind && a.data.same(&b.data))
            && self.touches.iter().zip(&other.touches).all(|(a, b)| a.info.guards == b.info.guards)
            && self.closed.iter().zip(&other.closed).all(|(a, b)| a.info.guards == b.info.guards)
            && self.waiting.iter().zip(&other.waiting).all(|(a, b)| a.info.guards == b.info.guards)
    }
}

fn same_values<K: PartialEq>(a: &BTreeMap<K, V>, b: &BTreeMap<K, V>) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|((k, v), (l, w))| k == l && v.same(w))
}

/// Flows whose entry is known, those of one fact to one place as one, in their order.
pub(super) fn joined_flows(flows: impl Iterator<Item = Closed>) -> Vec<Closed> {
    let mut out: BTreeMap<(Arc<Kind>, Fact), Info> = BTreeMap::new();
    for c in flows {
        match out.entry((c.kind, c.fact)) {
            Entry::Vacant(e) => {
                e.insert(c.info);
            }
            Entry::Occupied(mut e) => {
                let fact = e.key().1.clone();
                e.get_mut().join(&fact, &c.info);
            }
        }
    }
    out.into_iter().map(|((kind, fact), info)| Closed { kind, fact, info }).collect()
}

/// Arrivals, those at one place as one, in their order.
pub(super) fn joined_arrivals(arrivals: impl Iterator<Item = (Arc<Kind>, V)>) -> Vec<Arrival> {
    let mut out: BTreeMap<Arc<Kind>, V> = BTreeMap::new();
    for (kind, data) in arrivals {
        match out.entry(kind) {
            Entry::Vacant(e) => {
                e.insert(data);
            }
            Entry::Occupied(mut e) => *e.get_mut() = join(e.get(), &data),
        }
    }
    out.into_iter().map(|(kind, data)| Arrival { kind, data }).collect()
}

/// Puts everything in a value in doubt.
#[must_use]
pub fn doubted(v: &V, doubt: &Doubt) -> V {
    v.map_info(&|i| i.doubt(doubt))
}
