//! Tracing a value: what reaches it, what leaves it, where its trail ends.
//!
//! A probe stands at a place of the code. What the value there is made of arrives at the probe as at any other
//! arrival; from there on the value carries an entry of the probe's own, which is followed as any label is. So a
//! trace sees what a check sees. While a trace runs nothing else is noted.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Seeds;
use super::calls::Arg;
use super::contexts::{Context, runs};
use super::interp::{Cx, Interp, PurposeAt, is_temp};
use super::must::Must;
use super::roots::Roots;
use super::solve::Solved;
use super::state::State;
use super::summary::{At, Closed, Kind, Tgt};
use super::types::{Action, Flow};
use super::value::{Fact, Info, Origin, V, Value};
use super::waiting::closed_leaves;
use crate::ir::Name;
use crate::ir::body::{Func, Local, Place, Stmt, each};
use crate::link::infer::{Site, Target};
use crate::link::program::FuncId;
use crate::link::sqlfn::ColumnId;
use crate::link::ty::{Ty, show};
use crate::model::{Effect, PortBase};
use crate::source::Span;

/// Where a probe stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Spot {
    /// At the values that a function computes, binds or hands on at this place.
    Value(FuncId, Span),
    /// At a column.
    Column(ColumnId),
}

/// A place whose value is traced.
#[derive(Clone, Debug)]
pub struct Probe {
    /// Where.
    pub spot: Spot,
    /// The entry that its value is from there on; none if only what reaches it is asked.
    pub entry: Option<u32>,
}

/// Entries of values that come from outside of what is read. They have no label; only a trace asks for them.
#[derive(Clone, Copy, Debug)]
pub struct Outside {
    /// Parameters of functions that nothing here calls.
    pub params: u32,
    /// Values that a library makes: deserialised, extracted, read.
    pub made: u32,
    /// Results of calls that are not understood.
    pub unknown: u32,
}

/// What a trace found of one probe.
#[derive(Clone, Debug, Default)]
pub struct Traced {
    /// What is known at the place; nothing if no run comes there, or if it is a column.
    pub point: Option<Point>,
    /// From entries to the probe.
    pub reaches: Vec<Flow>,
    /// From the probe to arrivals, with the column where one is written.
    pub leaves: Vec<(Flow, Option<ColumnId>)>,
    /// Where its value is not followed further, in the order of places.
    pub ends: Vec<End>,
}

/// What is known at a traced place.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// The type of the value, as far as it is known.
    pub ty: Option<String>,
    /// The function.
    pub function: String,
    /// For what the code there runs.
    pub runs: Vec<Run>,
}

/// For what code runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// The purpose, by the caller's number.
    pub purpose: Option<u32>,
    /// Where the purpose was found.
    pub at: Option<Span>,
    /// Guards that are established on every path.
    pub guards: BTreeSet<u32>,
}

/// Where a value is not followed further.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct End {
    /// The place.
    pub at: Span,
    /// How.
    pub how: Ending,
    /// In which function.
    pub function: String,
}

/// How a trail ends.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ending {
    /// Given to a call of which nothing is known.
    Unknown(Name),
    /// Given to a call that hands nothing of it on.
    Dropped(Name),
    /// Put into something that no variable here holds.
    Stored(Name),
    /// Compared with something.
    Compared,
    /// Decides what runs.
    Decides,
    /// Something else is written in its place.
    Overwritten,
}

/// What the interpretation of a function notes for a trace.
#[derive(Clone, Debug, Default)]
pub struct Tracks {
    /// Probes that a run comes to: guards, purpose and type there.
    points: BTreeMap<u32, (Must, Option<PurposeAt>, Ty)>,
    /// Where the values of probes end.
    ends: BTreeSet<(u32, Span, Ending)>,
    /// How often the value of a probe was noted to arrive.
    noted: u64,
}

impl Seeds {
    /// Probes in a function, by their places.
    pub(super) fn probes_within(&self, f: FuncId) -> Vec<(Span, u32)> {
        let here = |(n, p): (usize, &Probe)| match p.spot {
            Spot::Value(func, span) if func == f => Some((span, n as u32)),
            _ => None,
        };
        self.probes.iter().enumerate().filter_map(here).collect()
    }

    /// Probes at a column.
    pub(super) fn probes_at(&self, column: ColumnId) -> Vec<u32> {
        let here = |(n, p): (usize, &Probe)| (p.spot == Spot::Column(column)).then_some(n as u32);
        self.probes.iter().enumerate().filter_map(here).collect()
    }

    /// The probe whose value enters by a seed.
    pub(super) fn probe_of(&self, seed: u32) -> Option<u32> {
        self.probes.iter().position(|p| p.entry == Some(seed)).map(|n| n as u32)
    }

    /// The probe whose value a fact is of.
    pub(super) fn probe_in(&self, fact: &Fact) -> Option<u32> {
        if let Origin::Source(seed, _) = fact.origin { self.probe_of(seed) } else { None }
    }

    /// Whether values of probes are followed.
    pub(super) fn follows(&self) -> bool {
        self.probes.iter().any(|p| p.entry.is_some())
    }

    /// Whether an arrival is noted at all: while a trace runs only those at its probes and of their values.
    pub(super) fn wanted(&self, target: &Tgt, fact: Option<&Fact>) -> bool {
        self.probes.is_empty()
            || matches!(target, Tgt::Probe(_))
            || fact.map_or_else(|| self.follows(), |f| self.probe_in(f).is_some())
    }

    /// Numbers of the probes whose values are in a value.
    fn probes_in(&self, v: &Value, out: &mut BTreeSet<u32>) {
        out.extend(v.facts.iter().filter_map(|(f, _)| self.probe_in(f)));
        // What is bound to a statement is said where it is bound.
        for (_, part) in v.fields.iter().filter(|(name, _)| !name.starts_with('$')) {
            self.probes_in(part, out);
        }
    }
}

impl Interp<'_> {
    /// A value at a place where a probe may stand: it arrives there, and carries the probe's entry from there on.
    pub(super) fn probed(&mut self, v: V, span: Span, place: Option<&Place>, st: &State) -> V {
        if self.probes.is_empty() {
            return v;
        }
        let here: Vec<u32> = self.probes.iter().filter(|(s, _)| *s == span).map(|(_, n)| *n).collect();
        here.into_iter().fold(v, |v, n| self.probe(n, &v, span, place, st))
    }

    /// The same at the name of a variable that is bound to the value here; a later assignment is another value.
    pub(super) fn bound(&mut self, v: V, span: Span, dst: &Place, st: &State) -> V {
        match self.f.locals.get(dst.base.0 as usize) {
            Some(l) if l.span != span && dst.path.is_empty() && self.bindings.contains(&(dst.base, span)) => {
                self.probed(v, l.span, Some(dst), st)
            }
            _ => v,
        }
    }

    fn probe(&mut self, n: u32, v: &V, span: Span, place: Option<&Place>, st: &State) -> V {
        let ty = place.map(|p| self.place_ty(p).into_owned()).unwrap_or_default();
        let purpose = self.purpose();
        self.tracks
            .points
            .entry(n)
            .and_modify(|(guards, _, known)| {
                guards.or(&st.guards);
                if *known == Ty::Unknown {
                    known.clone_from(&ty);
                }
            })
            .or_insert_with(|| (st.guards.clone(), purpose, ty));
        let kind = self.kind(Action::Keep, Tgt::Probe(n), span, Name::default());
        let kind = Arc::new(Kind { view: None, ..kind });
        self.arrive(kind, self.load(st, v).data(), st);
        let Some(seed) = self.cx.seeds.probes.get(n as usize).and_then(|p| p.entry) else { return v.clone() };
        self.entered(v, seed, span)
    }

    /// A value with an entry in every part of it: parts that are listed do not take it from the whole.
    fn entered(&self, v: &V, seed: u32, span: Span) -> V {
        let mut out = (**v).clone();
        self.add_entry(&mut out, seed, span, v.places());
        for (_, part) in out.fields.iter_mut().filter(|(name, _)| name != "Err" && !name.starts_with('$')) {
            *part = self.entered(part, seed, span);
        }
        out.items = out.items.iter().map(|item| self.entered(item, seed, span)).collect();
        Arc::new(out)
    }

    /// Counts that the value of a probe was noted to arrive somewhere.
    pub(super) fn noted(&mut self, fact: &Fact) {
        self.tracks.noted += u64::from(self.cx.seeds.probe_in(fact).is_some());
    }

    /// How often values of probes were noted so far.
    pub(super) fn notes(&self) -> u64 {
        self.tracks.noted
    }

    /// Numbers of the probes whose values are in a value, borrows included.
    fn probes_of(&self, v: &V, st: &State) -> BTreeSet<u32> {
        let mut out = BTreeSet::new();
        self.cx.seeds.probes_in(&self.load(st, v), &mut out);
        out
    }

    /// Values of probes that end here.
    pub(super) fn ends(&mut self, v: &V, span: Span, how: &Ending, st: &State) {
        if self.probes_follow {
            let found = self.probes_of(v, st);
            self.tracks.ends.extend(found.into_iter().map(|n| (n, span, how.clone())));
        }
    }

    /// A call was made: values of probes among its arguments end there if nothing of them is handed on. `before` is
    /// what [`Interp::notes`] said before the call.
    pub(super) fn called_with(&mut self, info: &Site, args: &[Arg], out: &V, span: Span, before: u64, st: &State) {
        if !self.probes_follow {
            return;
        }
        let name = || match info.targets.first() {
            Some(Target::Row(r)) if info.symbol.is_empty() => self.cx.models.row(*r).map(|r| r.path.clone()),
            _ => None,
        };
        let name = name().unwrap_or_else(|| info.symbol.clone());
        let how = if info.targets.is_empty() {
            Ending::Unknown(name)
        } else {
            let mut written = BTreeSet::new();
            let known = info.targets.iter().all(|t| self.writes(t, &mut written));
            let stays = |i: &usize| args.get(*i).is_some_and(|a| !self.is_passing(a));
            if !known || before != self.notes() || written.iter().any(stays) {
                return;
            }
            if written.is_empty() { Ending::Dropped(name) } else { Ending::Stored(name) }
        };
        let given: BTreeSet<u32> = args.iter().flat_map(|a| self.probes_of(&a.v, st)).collect();
        let on = if info.targets.is_empty() { BTreeSet::new() } else { self.probes_of(out, st) };
        self.tracks.ends.extend(given.difference(&on).map(|n| (*n, span, how.clone())));
    }

    /// Adds the arguments that a function may write to; false if it may also do something else with what it is given.
    fn writes(&self, target: &Target, out: &mut BTreeSet<usize>) -> bool {
        match target {
            Target::Func(f) => {
                let Some(summary) = self.summary(*f) else { return true };
                out.extend(summary.outs.iter().map(|(i, _)| *i as usize));
                summary.given.is_empty()
            }
            Target::Row(r) => self.cx.models.row(*r).is_some_and(|r| r.effects.iter().all(|e| written_by(e, out))),
            Target::Ctor(..) => false,
        }
    }

    /// Whether an argument is a value that nothing here holds: what is written to it cannot be read again.
    fn is_passing(&self, a: &Arg) -> bool {
        let unnamed = |p: &Place| self.f.locals.get(p.base.0 as usize).is_some_and(|l| l.name.is_none());
        a.v.refs.is_empty() && a.place.as_ref().is_none_or(unnamed)
    }

    /// Something is written to a place that held the value of a probe.
    pub(super) fn overwritten(&mut self, dst: &Place, v: &V, span: Span, st: &mut State) {
        if !self.probes_follow || is_temp(self.f, dst) {
            return;
        }
        let old = self.read(dst, st);
        let had = self.probes_of(&old, st);
        let has = self.probes_of(v, st);
        self.tracks.ends.extend(had.difference(&has).map(|n| (*n, span, Ending::Overwritten)));
    }
}

/// Adds the arguments that an effect writes to; false if it may also do something else with what is given.
fn written_by(effect: &Effect, out: &mut BTreeSet<usize>) -> bool {
    match effect {
        Effect::Flow { to, .. } | Effect::Kind { to, .. } | Effect::Under { to, .. } => {
            out.extend(if let PortBase::Arg(i) = to.base { Some(i as usize) } else { None });
            true
        }
        Effect::If { then, .. } => written_by(then, out),
        Effect::Fresh
        | Effect::State(_)
        | Effect::Extract
        | Effect::Read { .. }
        | Effect::Fill { .. }
        | Effect::Template { .. }
        | Effect::Taps { .. }
        | Effect::Env(_)
        | Effect::Get { .. }
        | Effect::Truth { .. }
        | Effect::Cast
        | Effect::Exit => true,
        _ => false,
    }
}

/// The assignments by which the variables of a function are bound: on no path to them was anything assigned before.
pub(super) fn bindings(f: &Func) -> BTreeSet<(Local, Span)> {
    let mut out = BTreeSet::new();
    for body in f.body.iter().chain(f.closures.iter().map(|c| &c.body)) {
        bound_in(body, &mut BTreeSet::new(), &mut out);
    }
    out
}

/// The same for a block, given what is assigned before it; whether what follows it is reached from its end.
fn bound_in(stmts: &[Stmt], assigned: &mut BTreeSet<Local>, out: &mut BTreeSet<(Local, Span)>) -> bool {
    for stmt in stmts {
        match stmt {
            Stmt::Assign { dst, span, .. } => {
                if dst.path.is_empty() && assigned.insert(dst.base) {
                    out.insert((dst.base, *span));
                }
            }
            Stmt::If { then, els, .. } => {
                let mut other = assigned.clone();
                match (bound_in(then, assigned, out), bound_in(els, &mut other, out)) {
                    (true, true) => assigned.extend(other),
                    (true, false) => {}
                    (false, true) => *assigned = other,
                    (false, false) => return false,
                }
            }
            Stmt::Loop { body, .. } | Stmt::Block { body, .. } | Stmt::Scope { body, .. } => {
                bound_in(body, &mut assigned.clone(), out);
                // It is left from anywhere inside.
                each(body, &mut |s| {
                    if let Stmt::Assign { dst, .. } = s {
                        assigned.insert(dst.base);
                    }
                });
            }
            Stmt::Break(_) | Stmt::Continue(_) | Stmt::Return | Stmt::Unreachable => return false,
        }
    }
    true
}

/// Adds the entry of a value from outside.
pub(super) fn from_outside(cx: Cx<'_>, func: FuncId, v: &V, which: fn(&Outside) -> u32, span: Span) -> V {
    let Some(seed) = cx.seeds.outside.as_ref().map(which) else { return v.clone() };
    let mut out = (**v).clone();
    super::fresh::enter(&mut out, func, seed, span, v.places());
    Arc::new(out)
}

/// Whether a flow is asked for: in a trace only what comes to a probe, or is the value of one and goes on. The value of
/// one probe at another is said there.
pub(super) fn asks_for(seeds: &Seeds, closed: &Closed) -> bool {
    seeds.probes.is_empty() || seeds.probe_in(&closed.fact).is_some() != matches!(closed.kind.target, Tgt::Probe(_))
}

/// Puts a flow to those of a probe. `of` is the probe whose value it is, `to` the one at which it arrives.
pub(super) fn put(of: Option<u32>, to: Option<u32>, column: Option<ColumnId>, flow: Flow, out: &mut Solved) {
    let Some(traced) = of.or(to).and_then(|n| out.traced.get_mut(n as usize)) else { return };
    if to.is_some() {
        traced.reaches.push(flow);
    } else {
        traced.leaves.push((flow, column));
    }
}

/// Values of probes that functions return which nothing here calls.
pub(super) fn returned(cx: Cx<'_>, root: FuncId) -> Vec<Closed> {
    let (Some(summary), Some(def)) =
        (cx.summaries.get(root.0 as usize).and_then(Option::as_deref), cx.program.func(root))
    else {
        return Vec::new();
    };
    if !cx.seeds.follows() || cx.seeds.audiences.contains_key(&root) {
        return Vec::new();
    }
    let kind = Arc::new(Kind {
        action: Action::Show,
        target: Tgt::Unbound(cx.program.func_path(root)),
        at: At { func: root, span: def.span, symbol: def.name.clone() },
        purpose: cx.seeds.purposes.get(&root).copied(),
        load: false,
        home: None,
        view: None,
    });
    let mut leaves = Vec::new();
    closed_leaves(cx, &summary.ret, true, &|_, _| false, &mut leaves);
    leaves.retain(|(f, _)| cx.seeds.probe_in(f).is_some());
    let roots = Roots::new(cx, root);
    let closed = |(fact, mut info): (Fact, Info)| {
        info.guards = roots.about(&info.guards, &fact.places(&info), true);
        Closed { kind: kind.clone(), fact, info }
    };
    leaves.into_iter().map(closed).collect()
}

/// What the functions noted, put together.
pub(super) fn collect(cx: Cx<'_>, contexts: &[Context], out: &mut Solved) {
    for (i, summary) in cx.summaries.iter().enumerate() {
        let Some(tracks) = summary.as_ref().map(|s| &s.tracks) else { continue };
        let function = || cx.program.func_path(FuncId(i as u32)).to_string();
        for (n, (guards, purpose, ty)) in &tracks.points {
            let run = |(purpose, run): (Option<u32>, super::contexts::Run)| {
                let mut held = guards.clone();
                held.and(&run.guards);
                Run { purpose, at: run.at, guards: held.always() }
            };
            let runs = runs(*purpose, contexts.get(i)).into_iter().map(run).collect();
            if let Some(t) = out.traced.get_mut(*n as usize) {
                let ty = (*ty != Ty::Unknown).then(|| show(cx.program, ty));
                t.point = Some(Point { ty, function: function(), runs });
            }
        }
        for (n, at, how) in &tracks.ends {
            if let Some(t) = out.traced.get_mut(*n as usize) {
                t.ends.push(End { at: *at, how: how.clone(), function: function() });
            }
        }
    }
    out.traced.iter_mut().for_each(|t| t.ends.sort());
}
