//! Closures that a library keeps and runs by itself: handlers, layers, hooks.

use std::sync::Arc;

use super::callables::Times;
use super::callee::Callable;
use super::interp::Interp;
use super::must::{Held, Must};
use super::routes::{is_rest, route};
use super::rows::RowCall;
use super::state::State;
use super::summary::{Asked, Tgt};
use super::types::Action;
use super::value::{V, Value, join};
use super::waiting::value_open;
use crate::link::infer::bound_of;
use crate::link::ty::{Ty, peel};
use crate::model::{Effect, Port, PortBase, Predicate, Row};
use crate::source::Span;

impl Interp<'_> {
    /// Runs the closures of which a row only says that the library has them, once, on values of its own.
    pub(super) fn run_kept(&mut self, call: RowCall<'_>, st: &mut State) {
        for (i, a) in (0..).zip(call.args) {
            let own = i == 0 && call.row.self_ty.is_some() || call.row.drops(i as usize);
            if !own && is_kept(call.row, i) {
                self.keeps_end(a, st);
            }
            let callable = matches!(peel(self.cx.models, &a.ty), Ty::Fn(..) | Ty::Param(_)) && value_open(&a.v);
            if a.v.callees.is_empty() && a.v.refs.is_empty() && !callable || !is_kept(call.row, i) {
                continue;
            }
            let kept = self.load(st, &a.v);
            let routed = call.row.effects.iter().any(|e| matches!(e, Effect::Route(p) if is(p, i)));
            let around = call.row.effects.iter().any(|e| matches!(e, Effect::Layer(p) if is(p, i)));
            let answers = routed || around && self.runs_the_rest(&kept);
            let held = st.guards.clone();
            if routed && self.cx.guarded {
                st.guards.and(&Must::of(Held::routed(route(call.span))));
            }
            let answer = self.run_on_its_own(&kept, callable, call.span, st);
            st.guards = held;
            let seeds = self.cx.seeds;
            let audience = seeds.audiences.get(&self.id).or_else(|| seeds.around.get(&self.id));
            if let Some(audience) = audience.filter(|_| answers) {
                let data = self.whole(st, &answer).data();
                let kind = self.kind(Action::Show, Tgt::Bound(*audience), call.span, self.f.name.clone());
                self.arrive(Arc::new(kind), data, st);
            }
        }
    }

    /// Runs what code of which nothing is known is given to run, beside closures that are written in its place: those
    /// that others made, or that the caller gave, and what is in a value. Walked as far as the value has any.
    pub(super) fn run_within(&mut self, v: &V, ty: &Ty, span: Span, st: &mut State) -> V {
        let open = value_open(v) && self.is_code(peel(self.cx.models, ty));
        let mut out = V::default();
        if open || v.callees.iter().any(|c| matches!(c, Callable::Taken(_))) {
            let made = v.callees.iter().filter(|c| matches!(c, Callable::Taken(_))).cloned().collect();
            let made = Arc::new(Value { facts: v.facts.clone(), callees: made, ..Value::default() });
            out = self.run_on_its_own(&made, open, span, st);
        }
        join(&out, &self.run_parts(v, span, st))
    }

    /// Runs the closures that are in parts of a value.
    pub(super) fn run_parts(&mut self, v: &V, span: Span, st: &mut State) -> V {
        let mut out = V::default();
        for (_, part) in v.fields.iter().filter(|(_, part)| has_code(part)) {
            let own = self.run_on_its_own(part, false, span, st);
            out = join(&out, &join(&own, &self.run_parts(part, span, st)));
        }
        out
    }

    /// Whether a closure is a middleware: it is given the rest, to run it or to answer in its place.
    fn runs_the_rest(&self, v: &V) -> bool {
        v.callees.iter().any(|c| {
            let (func, id) = match c {
                Callable::Closure(id) => (self.id, *id),
                Callable::Taken(t) => (t.func, t.id),
                _ => return false,
            };
            let closure = self.cx.program.func(func).and_then(|f| f.closures.get(id.0 as usize));
            let Some((closure, typed)) = closure.zip(self.cx.typed.get(func.0 as usize)) else { return false };
            closure.params.iter().any(|l| is_rest(typed.locals.get(l.0 as usize)))
        })
    }

    /// Whether values of a type are called: closures, and parameters that are said to be.
    pub(super) fn is_code(&self, ty: &Ty) -> bool {
        match ty {
            Ty::Fn(..) => true,
            Ty::Param(name) => matches!(bound_of(self.cx.program, self.cx.models, self.id, name), Ty::Fn(..)),
            _ => false,
        }
    }

    /// Runs what a value may call, on values of the types of its parameters; `open` if it may be something that the
    /// caller gave.
    pub(super) fn run_on_its_own(&mut self, kept: &V, open: bool, span: Span, st: &mut State) -> V {
        let mut out = V::default();
        for c in &kept.callees {
            let (func, id) = match c {
                Callable::Closure(id) => (self.id, *id),
                Callable::Taken(t) => (t.func, t.id),
                _ => continue,
            };
            let (program, all) = (self.cx.program, self.cx.typed);
            let closure = program.func(func).and_then(|f| f.closures.get(id.0 as usize));
            let types = all.get(func.0 as usize).map_or(&[][..], |t| t.locals.as_slice());
            let mut given = Vec::new();
            for l in closure.map_or(&[][..], |c| c.params.as_slice()) {
                given.push(self.fresh(types.get(l.0 as usize).unwrap_or(&Ty::Unknown), Vec::new(), span));
            }
            let answer = match c {
                Callable::Taken(t) => self.call_taken(t, &given, span, Times::Perhaps, st),
                _ => self.closure(id, &given, Times::Perhaps, st),
            };
            out = join(&out, &answer);
        }
        if open && let Some(answer) = self.given((Asked::Run, &Ty::Unknown), kept, &[], span, st) {
            out = join(&out, &answer);
        }
        out
    }
}

/// Whether a closure is in a value.
pub(super) fn has_code(v: &Value) -> bool {
    let closure = |c: &Callable| matches!(c, Callable::Closure(_) | Callable::Taken(_));
    v.callees.iter().any(closure) || v.fields.iter().any(|(_, part)| has_code(part))
}

fn is(port: &Port, arg: u32) -> bool {
    match port.base {
        PortBase::Arg(i) => i == arg,
        PortBase::Rest(from) => from <= arg,
        PortBase::Ret => false,
    }
}

/// Whether an argument stays with the library: the row neither calls it nor hands it on as it is. What does nothing at
/// all (`drop`) does not run it.
fn is_kept(row: &Row, arg: u32) -> bool {
    fn used(effect: &Effect, arg: u32) -> bool {
        let asked = |p: &Predicate| is(&p.f, arg) || p.args.iter().any(|p| is(p, arg));
        match effect {
            Effect::Flow { from, derived, .. } => is(from, arg) && !derived,
            Effect::Call { f, args, .. } => is(f, arg) || args.iter().any(|p| is(p, arg)),
            Effect::Filter { of, .. } | Effect::Place(of) | Effect::Every(of) => asked(of),
            Effect::If { then, .. } => used(then, arg),
            Effect::Same(p) | Effect::Alias { of: p, .. } => is(p, arg),
            _ => false,
        }
    }
    !row.effects.is_empty() && !row.effects.iter().any(|e| used(e, arg))
}
