//! What code of which nothing is known may have made of what it was lent: another text, another truth, anything that it
//! was given.

use std::sync::Arc;

use super::calls::Arg;
use super::cells::part;
use super::interp::Interp;
use super::state::State;
use super::value::{Base, Info, Many, V, Value, Way, Way1, write};
use crate::ir::body::{Place, View};
use crate::ir::items::TypeRef;
use crate::link::infer::Site;
use crate::link::ty::{Ty, asked, peel};

impl Interp<'_> {
    /// What a call of which nothing is known leaves in its arguments, one after the other: what was given, where it may
    /// write that to one. `answers` says whether data is in what the call gives, and `passed` what becomes of data.
    pub(super) fn left_by_unknown(
        &mut self,
        info: &Site,
        args: &[Arg],
        site: u32,
        answers: bool,
        passed: &dyn Fn(&mut Info),
        st: &mut State,
    ) {
        let fills = answers || self.is_made_elsewhere(info, args, st);
        for (i, a) in args.iter().enumerate() {
            self.keeps_end(a, st);
            let receiver = i == 0 && info.method;
            self.lent_to_unknown(a, receiver, !receiver, st);
            if matches!(peel(self.cx.models, &a.ty), Ty::Ext(n, _) if self.cx.models.is_hollow(n)) {
                continue;
            }
            let lent = !a.v.refs.is_empty() && if receiver { answers } else { fills };
            let others = args.get(1..).unwrap_or_default();
            let written = match lent {
                true => args,
                false if receiver && self.may_keep(a, others, site, st) => others,
                false => continue,
            };
            let mut all = Value::default();
            written.iter().for_each(|w| self.load(st, &w.v).flatten_into(View::Full, &mut all));
            all.facts.iter_mut().for_each(|(_, i)| passed(i));
            self.write_arg(a, &[], &Arc::new(all), true, st);
        }
    }

    /// Whether a method is called on a value of a type that is not here, which was made with data.
    fn is_made_elsewhere(&self, info: &Site, args: &[Arg], st: &State) -> bool {
        let made = |a: &Arg| a.place.is_some() && self.is_elsewhere(&a.ty) && self.load(st, &a.v).has_data();
        info.method && args.first().is_some_and(made)
    }

    /// An argument was given to code of which nothing is known: what it lends may be something else afterwards, and so
    /// may what a method is called on. If that code may have `filled` it, it may have anything in it that comes from
    /// outside. Asked once for each argument of such a call; nothing is built where nothing was said, or filled.
    pub(super) fn lent_to_unknown(&self, a: &Arg, receiver: bool, filled: bool, st: &mut State) {
        let mut lent = Many::new();
        borrowed(&a.v, st, &mut lent);
        if lent.is_empty()
            && let Some(place) = &a.place
            && self.is_lent(place, receiver)
            && self.says(&a.ty)
        {
            (lent, _) = self.ways(place, st);
        }
        lent.iter().for_each(|(base, way)| self.filled(base, way, filled, st));
    }

    /// Whether a call may change what is at a place that it is given: a `&mut` that is handed on, or what a method is
    /// called on, if that may be changed.
    fn is_lent(&self, place: &Place, receiver: bool) -> bool {
        let Some(decl) = self.f.locals.get(place.base.0 as usize) else { return false };
        decl.mutable && (receiver || place.path.is_empty() && matches!(decl.ty.as_deref(), Some(TypeRef::RefMut(_))))
    }

    /// Whether a text or a truth of a value of this type is asked for: not of what a library keeps to itself.
    fn says(&self, ty: &Ty) -> bool {
        let of_library = |ty: &Ty| matches!(ty, Ty::Ext(n, _) if n.contains("::"));
        asked(self.cx.models, ty).is_some() || !of_library(peel(self.cx.models, ty))
    }

    /// What is lent may be true or false afterwards, and so may each part of it. Who is lent what a cell holds writes to
    /// the cell.
    pub(super) fn forget_truth(&self, base: &Base, way: &[Way1], st: &mut State) {
        if matches!(base, Base::Cell(_)) {
            return;
        }
        self.lent_as(base, way, &|v| if v.tells() { v.without_truth() } else { v.clone() }, st);
    }

    /// What is lent to what nothing is known of: it may be another text afterwards, too.
    fn filled(&self, base: &Base, way: &[Way1], filled: bool, st: &mut State) {
        let change = |v: &V| {
            let v = if v.tells() || v.tells_text() { v.unsaid() } else { v.clone() };
            let outside = v.unknown && !v.read;
            if !filled || outside { v } else { Arc::new(Value { unknown: true, read: false, ..(*v).clone() }) }
        };
        self.lent_as(base, way, &change, st);
    }

    /// Puts another value in the place of what is lent.
    fn lent_as(&self, base: &Base, way: &[Way1], change: &dyn Fn(&V) -> V, st: &mut State) {
        let whole = match base {
            Base::Local(l) => st.get(*l),
            Base::Cell(c) => match st.cell(*c) {
                Some(held) => held.content.clone(),
                None => return,
            },
            Base::Param(_) => return,
        };
        let v = part(&whole, way);
        let new = change(&v);
        if Arc::ptr_eq(&v, &new) {
            return;
        }
        let new = write(&whole, way, &new, false, 0);
        match base {
            Base::Local(l) => st.set(*l, new),
            Base::Cell(c) => st.hold(*c, new),
            Base::Param(_) => {}
        }
    }
}

/// The places that a value borrows, by itself or in its parts, and those that they borrow.
fn borrowed(v: &Value, st: &State, out: &mut Many<(Base, Way)>) {
    for at in &v.refs {
        if out.contains(at) {
            continue;
        }
        out.push(at.clone());
        if let (Base::Local(l), way) = at {
            borrowed(&part(&st.get(*l), way), st, out);
        }
    }
    v.fields.iter().filter(|(_, part)| part.borrows()).for_each(|(_, part)| borrowed(part, st, out));
}
