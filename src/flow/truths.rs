//! What library functions make of truths: predicates that let elements pass, closures that run only where a value is
//! `Some`, results that are true only where a check was.

use std::sync::Arc;

use super::interp::Interp;
use super::must::{Held, Must, Of, What, When};
use super::roots::{Cover, Place, Roots};
use super::rows::RowCall;
use super::state::State;
use super::value::{V, Value, join};
use crate::model::{Effect, Port};

impl Interp<'_> {
    /// What a predicate accepts flows on, with what its acceptance tells.
    pub(super) fn filtered(
        &mut self,
        f: &Port,
        from: &Port,
        to: &Port,
        call: RowCall<'_>,
        ret: &mut V,
        st: &mut State,
    ) {
        let v = self.port(from, call.args, ret, st);
        let element = self.looked_at(from, &v, call);
        let yes = self.accepted(f, &v, element.as_ref(), call, st);
        let out = match &element {
            Some(place) if call.is_many_back() => kept_of(&v, place, &yes, self.roots()),
            Some(place) => self.roots().kept(&v.rooted(place), &yes),
            None => self.roots().kept(&v, &yes),
        };
        // A filter of what it writes to (`retain`) leaves nothing else there.
        self.put(to, out, from == to, call, ret, st);
        if !call.is_many_back() {
            let mut yes = yes;
            if element.is_none() {
                yes.and(&self.if_positive(&v, call.ty(from), true));
            }
            let mut out = (**ret).clone();
            out.when = Some(Box::new(When { yes, ..When::default() }));
            *ret = Arc::new(out);
        }
    }

    /// The result is true only if all elements are accepted.
    pub(super) fn all_accepted(&mut self, f: &Port, of: &Port, call: RowCall<'_>, ret: &mut V, st: &mut State) {
        let v = self.port(of, call.args, ret, st);
        let element = self.looked_at(of, &v, call);
        let yes = self.accepted(f, &v, element.as_ref(), call, st);
        let Some(element) = element else { return };
        let all: Of = super::conditions::people(v.places());
        let roots = self.roots();
        let yes = yes.map(&mut |h| match (&h.what, &h.of) {
            (What::Guard(_), Of::People(asked))
                if roots.covers(asked, std::slice::from_ref(&element), false) == Cover::Yes =>
            {
                Must::of(Held { of: all.clone(), ..h.clone() })
            }
            _ => Must::of(h.clone()),
        });
        *ret = Arc::new(Value { when: Some(Box::new(When { yes, ..When::default() })), ..(**ret).clone() });
    }

    /// The result is an index: it says of which element, and what is established of that.
    pub(super) fn place_of_accepted(&mut self, f: &Port, of: &Port, call: RowCall<'_>, ret: &mut V, st: &mut State) {
        let v = self.port(of, call.args, ret, st);
        let element = self.looked_at(of, &v, call);
        let yes = self.accepted(f, &v, element.as_ref(), call, st);
        let Some(element) = element else { return };
        let mut out = (**ret).clone();
        let about = self.roots().about(&yes, std::slice::from_ref(&element), false);
        out.add_bare(element, &about);
        out.when = Some(Box::new(When { yes, ..When::default() }));
        *ret = Arc::new(out);
    }

    /// What follows from a predicate's yes.
    fn accepted(&mut self, f: &Port, v: &V, element: Option<&Place>, call: RowCall<'_>, st: &mut State) -> Must {
        let callee = self.port_raw(f, call.args, st);
        let one = element.map_or_else(|| v.clone(), |place| v.rooted(place));
        let verdict = self.call_value(&callee, &[one], call.span, true, st);
        self.if_true(&verdict, true)
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
        let mut kept = (*self.roots().kept(&part, &follows)).clone();
        let mut yes = self.if_true(&kept, true);
        yes.and(&follows);
        kept.when = Some(Box::new(When { yes, ..When::default() }));
        let kept = Arc::new(kept);
        *ret = if ret.is_empty() { kept } else { join(ret, &kept) };
    }
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
