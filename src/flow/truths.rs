//! What library functions make of truths: predicates that let elements pass, closures that run only where a value is
//! `Some`, results that are true only where a check was.

use std::sync::Arc;

use super::callables::Times;
use super::conditions::people;
use super::interp::Interp;
use super::must::{Answer, Held, Must, When, Within};
use super::places::is_answer;
use super::roots::{Cover, Place, Roots};
use super::rows::RowCall;
use super::state::State;
use super::value::{V, Value, join};
use crate::link::ty::{Ty, asked};
use crate::model::{Effect, ModelSet, ModelTy, Port, PortBase, Predicate};

impl RowCall<'_> {
    /// A value from an argument as the result, or as a part of it: its truth is that of the argument only where both
    /// can be asked. That there is a list tells nothing of its first element.
    pub(super) fn with_truth(&self, models: &ModelSet, v: V, from: &Port, to: &Port) -> V {
        if v.when.is_none() && !v.own || to.base != PortBase::Ret || !to.path.is_empty() {
            return v;
        }
        let told = can_be_asked(models, self.ty(from)) && can_be_asked(models, &self.info.ret);
        let own = v.own
            && *self.ty(from) != Ty::Unknown
            && self.keeps_truth(models, from)
            && !may_change(models, self.ty(from), &self.info.ret);
        // What was around an answer is around it no more.
        let shape = |ty| asked(models, ty).map(|of| if let Ty::Ext(n, _) = of { n.as_str() } else { "" });
        let kept = shape(self.ty(from)) == shape(&self.info.ret);
        let own = own && (kept || is_answer(models, self.ty(from)));
        let loses = !kept && v.when.as_ref().is_some_and(|w| w.within != Within::Untold);
        if told && own == v.own && !loses {
            return v;
        }
        let mut when = v.when.clone().filter(|_| told);
        if let Some(when) = when.as_mut().filter(|_| loses) {
            when.within = Within::Untold;
        }
        Arc::new(Value { when, own, ..(*v).clone() })
    }

    /// What a closure gave for one of many as the result (`find_map`): that there is none may be because there are none
    /// of them. An error is only there if the closure gave one.
    pub(super) fn of_any(&self, given: &[Port], to: Option<&Port>, v: V) -> V {
        let whole = to.is_some_and(|to| to.base == PortBase::Ret && to.path.is_empty());
        let fails = matches!(&self.info.ret, Ty::Ext(n, _) if n == "Result");
        if !whole || fails || self.is_many_back() || !given.iter().any(|p| self.is_many(p)) {
            return v;
        }
        match v.told() {
            Some(when) => {
                let when = When { yes: when.yes, ..When::default() };
                Arc::new(Value { when: Some(Box::new(when)), own: false, ..(*v).clone() })
            }
            None => v,
        }
    }

    /// Whether an argument and the result are both `Option` or `Result`, or neither.
    pub(super) fn keeps_truth(&self, models: &ModelSet, of: &Port) -> bool {
        asked(models, self.ty(of)).is_some() == asked(models, &self.info.ret).is_some()
    }
}

/// Whether a value of this type may itself be true, or a variant.
fn can_be_asked(models: &ModelSet, ty: &Ty) -> bool {
    !matches!(ty, Ty::Ext(n, _) if n != "bool" && asked(models, ty).is_none())
}

/// Whether others may write to a value, so that what it gives at one time (an atomic, a watched value) need not be what
/// it gave before.
fn may_change(models: &ModelSet, ty: &Ty, given: &Ty) -> bool {
    let shared = |n: &str| models.is_cell(n) || models.is_channel(n) || models.type_model(n).is_some_and(|m| m.shared);
    let asks = matches!(given, Ty::Ext(..)) && can_be_asked(models, given);
    matches!(ty, Ty::Ext(n, _) if shared(n)) || asks && !can_be_asked(models, ty)
}

impl Interp<'_> {
    /// What a predicate accepts flows on, with what its acceptance tells.
    pub(super) fn filtered(&mut self, of: &Predicate, to: &Port, call: RowCall<'_>, ret: &mut V, st: &mut State) {
        let Some(seen) = self.accepted(of, call, ret, st) else { return };
        let out = match &seen.element {
            Some(place) if call.is_many_back() => kept_of(&seen.whole, place, &seen.yes, self.roots()),
            Some(place) => self.roots().kept(&seen.whole.rooted(place), &seen.yes),
            None => self.roots().kept(&seen.whole, &seen.yes),
        };
        // That one of many is there, or is not, says nothing of all of them.
        let many = of.args.last().is_some_and(|from| call.is_many(from));
        let out = if many { out.one_of_many() } else { out };
        let refs = of.args.last().map(|from| self.lends_on(from, to, call, st)).unwrap_or_default();
        let out = if refs.is_empty() { out } else { Arc::new(Value { refs, ..(*out).clone() }) };
        // A filter of what it writes to (`retain`) leaves nothing else there.
        let in_place = of.args.last() == Some(to);
        self.put(to, out, in_place, call, ret, st);
        if !in_place && !call.is_many_back() {
            let mut yes = seen.yes;
            if seen.element.is_none()
                && let Some(port) = of.args.last()
            {
                yes.and(&self.if_positive(&seen.whole, call.ty(port), true));
            }
            *ret = true_if(ret, yes);
        }
    }

    /// The result is true only if all elements are accepted.
    pub(super) fn all_accepted(&mut self, of: &Predicate, call: RowCall<'_>, ret: &mut V, st: &mut State) {
        let Some(Seen { whole, element: Some(element), yes }) = self.accepted(of, call, ret, st) else { return };
        let all = people(whole.places());
        let roots = self.roots();
        let yes = yes.map(&mut |h| {
            let of_it = roots.covers(h.places(), std::slice::from_ref(&element), false) == Cover::Yes;
            of_it.then(|| Must::of(Held { of: all.clone(), ..h.clone() }))
        });
        *ret = true_if(ret, yes);
    }

    /// The result is an index: it says of which element, and what is established of that.
    pub(super) fn place_of_accepted(&mut self, of: &Predicate, call: RowCall<'_>, ret: &mut V, st: &mut State) {
        let Some(Seen { element: Some(element), yes, .. }) = self.accepted(of, call, ret, st) else { return };
        let mut out = (**ret).clone();
        let about = self.roots().about(&yes, std::slice::from_ref(&element), false);
        out.add_bare(element, &about);
        *ret = true_if(&Arc::new(out), yes);
    }

    /// Asks a predicate of an argument, or of each element of it.
    fn accepted(&mut self, of: &Predicate, call: RowCall<'_>, ret: &V, st: &mut State) -> Option<Seen> {
        let last = of.args.last()?;
        let whole = self.port(last, call.args, ret, st);
        let element = self.looked_at(last, &whole, call);
        let mut given = Vec::new();
        for (i, port) in of.args.iter().enumerate() {
            let v = self.port(port, call.args, ret, st);
            let v = call.taken_out(self.cx.models, v, port, call.declared_given(&of.f, i)).inside();
            given.push(match &element {
                Some(place) if port.base == last.base => v.rooted(&place.part(&port.path)),
                _ => v,
            });
        }
        let callee = call.arg(&of.f).map(|a| a.v.clone()).unwrap_or_default();
        let times = if element.is_some() || call.is_many(last) { Times::Often } else { Times::Perhaps };
        let verdict = self.call_value(&callee, &given, call.span, times, st);
        Some(Seen { yes: self.if_true(&verdict, true), whole, element })
    }

    /// What of the caller's follows where a function runs that is given what is in an `Option`.
    pub(super) fn if_there(&mut self, given: &[Port], call: RowCall<'_>, st: &mut State) -> Must {
        let mut out = Must::default();
        for p in given.iter().filter(|p| p.path.is_empty() && !p.held && !call.is_many(p)) {
            let PortBase::Arg(i) = p.base else { continue };
            if matches!(call.row.params.get(i as usize), Some((_, ModelTy::Path(of, _))) if of == "Option") {
                out.and(&self.port(p, call.args, &V::default(), st).if_it_is(Answer::Truth(true)).of_given());
            }
        }
        out
    }

    /// An effect that happens only where a value is true, or is not; then, the result is true only there.
    pub(super) fn effect_if(
        &mut self,
        of: &Port,
        truth: bool,
        then: &Effect,
        call: RowCall<'_>,
        ret: &mut V,
        st: &mut State,
    ) {
        let v = self.port(of, call.args, ret, st);
        let ty = call.ty(of);
        if *then == Effect::Exit {
            // What always stops here is a stub more often than the end of everything.
            let left = self.if_positive(&v, ty, !truth);
            if !left.is_everything() {
                st.guards.and(&left);
            }
            return;
        }
        let follows = self.if_positive(&v, ty, truth);
        if follows.is_everything() {
            return;
        }
        let held = st.guards.clone();
        st.guards.and(&follows);
        let mut part = V::default();
        self.effect(then, call, &mut part, st);
        st.guards = held;
        let kept = self.roots().kept(&part, &follows);
        let told = |answer| {
            let mut told = self.if_true(&kept, answer);
            told.and(&follows);
            told
        };
        // Where the result is something else besides, that it is not true tells nothing of this part.
        let whole =
            call.row.effects.iter().any(|e| matches!(e, Effect::If { of: o, truth: t, .. } if o == of && *t != truth));
        let no = if whole { told(false) } else { Must::default() };
        let kept = Arc::new(Value {
            when: Some(Box::new(When { yes: told(true), no, ..When::default() })),
            ..(*kept).clone()
        });
        *ret = if ret.is_empty() { kept } else { join(ret, &kept) };
    }
}

/// What a predicate was asked about.
struct Seen {
    /// All of it.
    whole: V,
    /// The root of one element, if it is a list.
    element: Option<Place>,
    /// What follows from a yes.
    yes: Must,
}

/// A result with what follows if it is true.
fn true_if(ret: &V, yes: Must) -> V {
    Arc::new(Value { when: Some(Box::new(When { yes, ..When::default() })), own: false, ..(**ret).clone() })
}

/// A list with what is established of its elements, which the predicate saw at a place.
fn kept_of(v: &V, place: &Place, held: &Must, roots: Roots<'_>) -> V {
    if held.is_nothing() || !v.has_facts() {
        return v.clone();
    }
    let mut out = (**v).clone();
    for (_, info) in &mut out.facts {
        info.guards.and(&roots.about(held, std::slice::from_ref(place), false));
    }
    for (name, part) in &mut out.fields {
        *part = kept_of(part, &place.field(name), held, roots);
    }
    Arc::new(out)
}
