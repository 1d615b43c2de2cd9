//! For whom code runs: purposes and guards, from callers to callees; and who starts it.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use super::actual::Actual;
use super::extract::{admitted, extractors};
use super::interp::{Cx, Interp, PurposeAt};
use super::must::{Held, Must, Of, What};
use super::roots::{Cover, Place, Root, Roots};
use super::routes::{Routed, is_route};
use super::served::has_served;
use super::state::State;
use super::summary::{CallOf, Summary, WaitingCall};
use super::types::HandOver;
use super::unnamed::is_used_unnamed;
use super::value::V;
use crate::limits::{CONTEXT_ROOTS, WAITING_CALLS};
use crate::link::program::{Def, FuncId};
use crate::link::specialise::named;
use crate::source::Span;

/// For whom a function runs.
#[derive(Clone, Debug, Default)]
pub(super) struct Context {
    /// By purpose.
    pub(super) runs: BTreeMap<Option<u32>, Run>,
    /// The roots from which it is reached without a purpose on the way, the first few.
    pub(super) purposeless: BTreeSet<FuncId>,
}

/// How a function runs for one purpose.
#[derive(Clone, Debug, Default)]
pub(super) struct Run {
    /// Guards that hold whenever it is called.
    pub(super) guards: Must,
    /// Where the purpose was found.
    pub(super) at: Option<Span>,
    /// The call with the fewest guards: who makes it, and where. Nothing where it is called from outside.
    pub(super) caller: Option<(FuncId, Span)>,
}

impl Run {
    /// Takes in another way to be called: the less guarded one is the one to show.
    pub(super) fn join(&mut self, other: &Run) {
        let before = self.guards.clone();
        self.guards.or(&other.guards);
        if !self.guards.says(&before) {
            self.caller = other.caller;
        }
    }
}

impl Context {
    fn add(&mut self, purpose: Option<u32>, run: Run) {
        match self.runs.get_mut(&purpose) {
            Some(have) => have.join(&run),
            None => {
                self.runs.insert(purpose, run);
            }
        }
    }
}

impl Interp<'_> {
    /// Notes a call, with what is established there in terms of the function that is called.
    pub(super) fn called(&mut self, f: FuncId, params: &[V], span: Span, st: &State) {
        let (guards, handed) = if self.cx.guarded { self.handed(params, st) } else { Default::default() };
        self.note_call(f, CallOf { guards, at: (self.id, span), handed }, st.guards.clone());
    }

    /// A call is made if this is so, here or below. Where a purpose is known, whoever calls makes no difference.
    fn note_call(&mut self, f: FuncId, call: CallOf, if_so: Must) {
        let scope = self.scopes.last().copied();
        let purpose = scope.or(self.own);
        let (by, at) = call.at;
        let waits = purpose.is_none() && if_so.asks_caller();
        let room = self.waiting_calls.len() < WAITING_CALLS || self.waiting_calls.contains_key(&(f, by, at));
        self.crowded |= waits && !room;
        if waits && room {
            let waiting = WaitingCall { given: if_so.of_given(), call };
            match self.waiting_calls.entry((f, by, at)) {
                Entry::Vacant(e) => {
                    e.insert(waiting);
                }
                Entry::Occupied(mut e) => {
                    let have = e.get_mut();
                    have.call.join(&waiting.call);
                    have.given.or(&waiting.given);
                }
            }
            return;
        }
        self.calls.entry((f, scope)).and_modify(|have| have.join(&call)).or_insert(call);
    }

    /// What a callee calls if what it is given is something: it calls it from here, or does not.
    pub(super) fn calls_below(
        &mut self,
        f: FuncId,
        callee: &Summary,
        actual: &Actual<'_>,
        params: &[V],
        span: Span,
        st: &State,
    ) {
        if callee.waiting_calls.is_empty() {
            return;
        }
        let (guards, handed) = if self.cx.guarded { self.handed(params, st) } else { Default::default() };
        let here = CallOf { guards, at: (self.id, span), handed };
        for ((g, ..), waiting) in &callee.waiting_calls {
            let mut given = actual.must(&waiting.given);
            given.and(&st.guards);
            if given.is_everything() {
                continue;
            }
            let call = &waiting.call;
            let mut guards = call.guards.clone();
            guards.and(&handed_on(&here.guards, call, Roots::new(self.cx, f)));
            let through = |(i, j): &(u32, u32)| {
                let next = call.handed.iter().filter(move |(k, _)| k == j);
                next.map(|(_, on)| (*i, *on)).collect::<Vec<_>>()
            };
            let handed = here.handed.iter().flat_map(through).collect();
            self.note_call(*g, CallOf { guards, at: call.at, handed }, given);
        }
    }

    /// What is established, and which parameters are handed on as which.
    pub(super) fn handed(&self, params: &[V], st: &State) -> (Must, Vec<(u32, u32)>) {
        let roots = self.roots();
        let each: Vec<Vec<Place>> = params.iter().map(|v| v.places()).collect();
        let given = |asked: &[Place]| {
            let covered =
                |(_, data): &(usize, &Vec<Place>)| !data.is_empty() && roots.covers(asked, data, true) == Cover::Yes;
            each.iter().enumerate().filter(covered).map(|(j, _)| j as u32).collect::<Vec<u32>>()
        };
        let mut guards = renamed(&st.guards, &|asked| given(asked), &|p| roots.sorts(p));
        let mut handed = Vec::new();
        for (j, (v, places)) in params.iter().zip(&each).enumerate() {
            // What is established of an argument wherever it goes.
            let own = v.facts.iter().map(|(_, i)| i.guards.clone()).reduce(|mut a, b| {
                a.or(&b);
                a
            });
            guards.and(&own.unwrap_or_default().of_param(j as u32));
            let of = |p: &Place| {
                let mut of = BTreeSet::new();
                p.params(&mut of);
                of
            };
            let of_all = places.iter().map(of).reduce(|a, b| &a & &b);
            handed.extend(of_all.into_iter().flatten().map(|i| (i, j as u32)));
        }
        (guards, handed)
    }
}

/// Guards in terms of a function that is called: of which of its parameters they are; of others only the sort is
/// known there.
fn renamed(m: &Must, given: &dyn Fn(&[Place]) -> Vec<u32>, sorts: &dyn Fn(&Place) -> Vec<super::roots::Sort>) -> Must {
    m.map(&mut |h| match (&h.what, &h.of) {
        (What::Given(..), _) => Some(Must::default()),
        (What::Guard(_), Of::Everyone) | (What::Routed(_), _) => None,
        (What::Guard(_), Of::People(asked)) => {
            let held = |root: Root| Must::of(Held { of: Of::People([root.into()].into()), ..h.clone() });
            let mut out = Must::default();
            for j in given(asked) {
                out.and(&held(Root::Param(j)));
            }
            if out.is_nothing() {
                let outside: BTreeSet<_> = asked.iter().flat_map(sorts).collect();
                out = held(Root::Outside(outside.into_iter().collect()));
            }
            Some(out)
        }
    })
}

/// What is established for a function, in terms of one that it calls.
fn handed_on(m: &Must, call: &CallOf, roots: Roots<'_>) -> Must {
    let given = |asked: &[Place]| {
        let handed = |i: u32| call.handed.iter().filter(move |(k, _)| *k == i).map(|(_, j)| *j);
        let params = asked.iter().filter_map(|p| if let Root::Param(i) = p.root { Some(i) } else { None });
        params.flat_map(handed).collect()
    };
    renamed(m, &given, &|p| roots.sorts(p))
}

/// For what a place runs: its own purpose, or those that the callers give it.
pub(super) fn runs(own: Option<PurposeAt>, context: Option<&Context>) -> Vec<(Option<u32>, Run)> {
    let by_purpose = || context.into_iter().flat_map(|c| c.runs.iter().map(|(p, r)| (*p, r.clone())));
    if let Some((p, at)) = own {
        let joined = by_purpose().map(|(_, run)| run).reduce(|mut a, b| {
            a.join(&b);
            a
        });
        return vec![(Some(p), Run { at: Some(at), ..joined.unwrap_or_default() })];
    }
    let all: Vec<(Option<u32>, Run)> = by_purpose().collect();
    if all.is_empty() { vec![(None, Run::default())] } else { all }
}

pub(super) fn contexts(cx: Cx<'_>, order: &[Vec<u32>], roots: &[FuncId], routed: &Routed) -> Vec<Context> {
    let mut out = vec![Context::default(); cx.program.funcs.len()];
    let mut start = |f: FuncId, root: FuncId, own: Option<PurposeAt>, guards: Must, caller: Option<(FuncId, Span)>| {
        if let Some(c) = out.get_mut(f.0 as usize) {
            c.add(own.map(|(p, _)| p), Run { guards, at: own.map(|(_, s)| s), caller });
            if own.is_none() {
                c.purposeless.insert(root);
            }
        }
    };
    let run: BTreeSet<FuncId> = roots.iter().flat_map(|r| extractors(cx, *r)).collect();
    for r in roots.iter().filter(|r| !run.contains(r)) {
        let own = cx.seeds.purposes.get(r).copied();
        let mut guards = routed.handlers.get(r).cloned().unwrap_or_default();
        guards.and(&admitted(cx, *r));
        start(*r, *r, own, guards, None);
        // An extractor runs for whom the handler runs.
        let caller = cx.program.func(*r).map(|d| (*r, d.span));
        for f in extractors(cx, *r) {
            start(f, *r, cx.seeds.purposes.get(&f).copied().or(own), Must::default(), caller);
        }
    }
    let others_call = called_by_others(cx);
    // Two passes: the second carries what a cycle hands back.
    for _ in 0..2 {
        for f in order.iter().rev().flatten() {
            let Some(summary) = cx.summaries.get(*f as usize).cloned().flatten() else { continue };
            let here = out.get(*f as usize).cloned().unwrap_or_default();
            let starting = roots;
            let roots = Roots::new(cx, FuncId(*f));
            let waiting = summary.waiting_calls.iter().map(|((callee, ..), w)| ((*callee, None), &w.call));
            let waiting = waiting.filter(|_| starting.contains(&FuncId(*f)) || others_call(FuncId(*f)));
            for ((callee, scope), call) in summary.calls.iter().map(|(c, call)| (*c, call)).chain(waiting) {
                let own = cx.seeds.purposes.get(&callee).copied();
                let Some(c) = out.get_mut(callee.0 as usize) else { continue };
                if own.is_none() && scope.is_none() && c.purposeless.len() < CONTEXT_ROOTS {
                    c.purposeless.extend(here.purposeless.iter().copied());
                }
                for (p, run) in &here.runs {
                    let mut guards = routed.told(&call.guards);
                    guards.and(&handed_on(&run.guards, call, roots));
                    let (p, at) = match (own, scope) {
                        (Some((p, s)), _) | (None, Some((p, s))) => (Some(p), Some(s)),
                        (None, None) => (*p, run.at),
                    };
                    c.add(p, Run { guards, at, caller: Some(call.at) });
                }
            }
        }
    }
    out
}

/// The calls by which code of one purpose has code of another do something.
pub(super) fn hand_overs(cx: Cx<'_>, contexts: &[Context]) -> BTreeSet<HandOver> {
    let mut out = BTreeSet::new();
    for (f, summary) in cx.summaries.iter().enumerate() {
        let context = contexts.get(f);
        for ((callee, scope), call) in summary.iter().flat_map(|s| &s.calls) {
            let Some((to, _)) = cx.seeds.purposes.get(callee) else { continue };
            let callers = runs(*scope, context).into_iter().filter_map(|(from, _)| from);
            out.extend(callers.filter(|from| from != to).map(|from| HandOver { from, to: *to, at: call.at.1 }));
        }
    }
    out
}

/// Functions that nothing here calls: functions that call each other are called where one of them is from elsewhere.
pub(super) fn find_roots(cx: Cx<'_>, order: &[Vec<u32>]) -> Vec<FuncId> {
    let mut component_of = vec![0u32; cx.program.funcs.len()];
    for (i, scc) in order.iter().enumerate() {
        for f in scc {
            if let Some(c) = component_of.get_mut(*f as usize) {
                *c = i as u32;
            }
        }
    }
    let component = |f: u32| component_of.get(f as usize).copied().unwrap_or_default();
    let mut called = vec![false; order.len()];
    for (i, s) in cx.summaries.iter().enumerate() {
        let waiting = s.iter().flat_map(|s| s.waiting_calls.keys()).map(|(f, ..)| f);
        for f in s.iter().flat_map(|s| s.calls.keys()).map(|(f, _)| f).chain(waiting) {
            if component(f.0) != component(i as u32)
                && let Some(c) = called.get_mut(component(f.0) as usize)
            {
                *c = true;
            }
        }
    }
    cx.program
        .all_ids()
        .filter(|f| {
            let def = cx.program.func(*f);
            let alone = !called.get(component(f.0) as usize).copied().unwrap_or(true);
            (alone || cx.seeds.routed.contains_key(f) || cx.seeds.served.contains(f))
                && !cx.typed.get(f.0 as usize).is_some_and(|t| t.passed_over)
                && def.is_some_and(|d| d.body.is_some())
                && !cx.program.is_test(*f)
                && !cx.program.is_template(*f)
        })
        .collect()
}

/// Roots that something outside starts: `main`, what is passed by value to a library, methods of foreign traits,
/// public functions of crates that no program here uses.
pub(super) fn entry_points(cx: Cx<'_>, roots: &[FuncId]) -> BTreeSet<FuncId> {
    let p = cx.program;
    let passed = handed_out(cx);
    let used = p.crates_of_programs();
    roots
        .iter()
        .copied()
        .filter(|f| {
            let Some(def) = p.func(*f) else { return false };
            if def.name == "main" || passed.contains(f) {
                return true;
            }
            let routed = def.attrs.iter().any(|a| is_route(a) || matches!(a.name(), "handler" | "main"));
            let foreign = match p.func_impl(*f).and_then(|i| p.impl_trait.get(i.0 as usize)) {
                Some(Some(Def::Ext(of))) => {
                    of.split_once("::").is_some_and(|(krate, _)| !matches!(krate, "serde" | "sqlx" | "diesel"))
                }
                _ => false,
            };
            routed || has_served(p, cx.models, *f) || foreign || p.is_offered(*f, &used)
        })
        .collect()
}

/// Whether others call a function too: it is named as a value, a method of a trait of another crate, or runs unnamed.
pub(super) fn called_by_others(cx: Cx<'_>) -> impl Fn(FuncId) -> bool {
    let (p, handed_out) = (cx.program, handed_out(cx));
    move |f| handed_out.contains(&f) || p.is_of_foreign_trait(f) || is_used_unnamed(p, cx.models, f)
}

/// Functions that are named as values: others call them too.
fn handed_out(cx: Cx<'_>) -> BTreeSet<FuncId> {
    let all = cx.program.all_ids().zip(cx.typed);
    all.flat_map(|(f, t)| named(cx.program, f, t, &|_| true)).collect()
}
