//! `Deref` and `Index` as the workspace writes them: what a value leads to.

use std::borrow::Cow;

use super::calls::Arg;
use super::interp::Interp;
use super::places::field_name;
use super::state::State;
use super::value::{Origin, V, Way1, joined};
use crate::ir::Name;
use crate::ir::body::{Aggregate, Index, Local, Operand, PathId, Place, RET, Rvalue, Sel};
use crate::limits::DEREFS;
use crate::link::derefs::{coercion, derived_deref, indexed, lacks, leads_on, own_deref, pointed};
use crate::link::infer::{Site, Through};
use crate::link::names::is_primitive;
use crate::link::program::{Def, FuncId, ImplId, TypeId};
use crate::link::ty::{Ty, all_fields, field_ty, peel};
use crate::source::Span;

/// What a `Deref` gives.
pub(super) enum Leads {
    /// A part of the value.
    To(Vec<Name>),
    /// What a function makes of it.
    Through(FuncId),
}

impl Interp<'_> {
    /// Where the `Deref` of a type leads, and the type there.
    pub(super) fn leads(&self, ty: &Ty) -> Option<(Leads, Ty)> {
        let (p, models) = (self.cx.program, self.cx.models);
        let Ty::Adt(t, _) = ty else { return None };
        let Some(i) = p.impls_for(*t, "Deref").first() else {
            let only = derived_deref(p, *t)?;
            return Some((Leads::To(vec![only.clone()]), field_ty(p, models, ty, None, only)));
        };
        let f = p.impl_method(*i, "deref")?;
        let to = own_deref(p, models, ty).or_else(|| Some(self.cx.typed.get(f.0 as usize)?.ret.clone()))?;
        Some((self.part_given(f).map_or(Leads::Through(f), Leads::To), to))
    }

    /// The part of its receiver that a function gives, if that is all that it gives.
    fn part_given(&self, f: FuncId) -> Option<Vec<Name>> {
        let summary = self.summary(f)?;
        match summary.ret.facts.as_slice() {
            [(fact, _)] if fact.deep.is_none() && summary.ret.fields.is_empty() => match &fact.origin {
                Origin::Param(0, path) if !path.is_empty() => Some(path.to_vec()),
                _ => None,
            },
            _ => None,
        }
    }

    /// What the workspace writes for `x[i]`, by the type of the index as far as it is known.
    pub(super) fn indexers(&self, ty: &Ty, index: Option<&Index>, (of, name): (&str, &str)) -> Vec<FuncId> {
        let p = self.cx.program;
        let Ty::Adt(t, _) = peel(self.cx.models, ty) else { return Vec::new() };
        let by = match index {
            Some(Index::Local(l)) => self.local_ty(*l).clone(),
            Some(Index::Number(_)) => Ty::ext("usize"),
            None => Ty::Unknown,
        };
        let fits = |i: &&ImplId| match p.impl_trait_args.get(i.0 as usize).and_then(|args| args.first()) {
            Some(Ty::Ext(n, _)) => match &by {
                Ty::Ext(m, _) => m == n || is_primitive(m) && is_primitive(n) && n != "str" && m != "str",
                Ty::Adt(..) | Ty::Tuple(_) => false,
                _ => !matches!(index, Some(Index::Number(_))),
            },
            Some(Ty::Adt(a, _)) => !matches!(&by, Ty::Adt(b, _) if a != b) && !matches!(by, Ty::Ext(..)),
            _ => true,
        };
        p.impls_for(*t, of).iter().filter(fits).filter_map(|i| p.impl_method(*i, name)).collect()
    }

    /// The parts that a write to `x[i]` goes to, if the workspace says that and they are known.
    pub(super) fn index_writes(&self, ty: &Ty, index: Option<&Index>) -> Option<Vec<Vec<Name>>> {
        let found = self.indexers(ty, index, ("IndexMut", "index_mut"));
        let parts: Option<Vec<Vec<Name>>> = found.into_iter().map(|f| self.part_given(f)).collect();
        parts.filter(|p| !p.is_empty())
    }

    /// What a value of a type of the workspace leads to, and the type there.
    pub(super) fn user_deref(&mut self, ty: &Ty, v: &V, st: &mut State) -> Option<(V, Ty)> {
        let (leads, ty) = self.leads(ty)?;
        let out = match leads {
            Leads::To(way) => v.part(&way),
            Leads::Through(f) => self.inline(f, std::slice::from_ref(v), self.f.span, st),
        };
        Some((out, peel(self.cx.models, &ty).clone()))
    }

    /// What a value leads to that has a field, and its type; nothing if nothing has it.
    pub(super) fn having(
        &mut self,
        (owner, variant, name): (&Ty, Option<u32>, &Name),
        v: &V,
        st: &mut State,
    ) -> Option<(V, Ty)> {
        let (mut v, mut ty) = (v.clone(), owner.clone());
        for _ in 0..DEREFS {
            if !lacks(self.cx.program, &ty, variant, name) {
                return Some((v, ty));
            }
            (v, ty) = self.user_deref(&ty, &v, st)?;
        }
        None
    }

    /// A value as what has its elements: it leads to that if nothing here says what `x[i]` or a loop over it is.
    pub(super) fn of_elements(&mut self, v: &V, ty: &Ty, st: &mut State) -> Option<(V, Ty)> {
        let to = indexed(self.cx.program, self.cx.models, ty)?;
        let (mut v, mut at) = (self.load(st, v), ty.clone());
        for _ in 0..DEREFS {
            let owner = pointed(self.cx.models, &at);
            v = self.user_deref(owner, &v, st)?.0;
            at = self.leads(owner)?.1;
            if at == to {
                return Some((v, to));
            }
        }
        None
    }

    /// A value that goes where a type is asked for, as what it leads to of that type (deref coercion).
    pub(super) fn coerced(&mut self, a: &mut Arg, want: &Ty, st: &mut State) {
        for step in coercion(self.cx.program, self.cx.models, &a.ty, want) {
            self.deref_arg(a, &step, st);
        }
    }

    /// The same of a value that stands nowhere; what is asked for is only looked up if the value leads on.
    fn coerced_value(&mut self, (v, span): (V, Span), have: &Ty, want: impl FnOnce() -> Ty, st: &mut State) -> V {
        if !leads_on(self.cx.program, peel(self.cx.models, have)) {
            return v;
        }
        let mut a = Arg { v, place: None, span, ty: have.clone() };
        self.coerced(&mut a, &want(), st);
        a.v
    }

    /// The arguments of a function as what its parameters ask for, if one is of another type.
    pub(super) fn coerced_args(&mut self, f: FuncId, args: &[Arg], st: &mut State) -> Option<Vec<Arg>> {
        let (p, models) = (self.cx.program, self.cx.models);
        if !args.iter().any(|a| leads_on(p, peel(models, &a.ty))) {
            return None;
        }
        let (def, typed) = (p.func(f)?, self.cx.typed.get(f.0 as usize)?);
        let mut out = args.to_vec();
        for (a, param) in out.iter_mut().zip(&def.params) {
            if let Some(want) = typed.locals.get(param.local.0 as usize) {
                self.coerced(a, want, st);
            }
        }
        Some(out)
    }

    /// What a struct or variant of positions is made of, as its fields ask for.
    pub(super) fn coerced_parts(
        &mut self,
        (t, variant): (TypeId, Option<u32>),
        args: &[Arg],
        st: &mut State,
    ) -> Vec<V> {
        let (p, models) = (self.cx.program, self.cx.models);
        let mut out = Vec::with_capacity(args.len());
        for (i, a) in args.iter().enumerate() {
            let want = || field_ty(p, models, &Ty::Adt(t, [].into()), variant, &i.to_string());
            out.push(self.coerced_value((a.v.clone(), a.span), &a.ty, want, st));
        }
        out
    }

    /// A value that is put into a field, as what the field asks for.
    pub(super) fn coerced_in(
        &mut self,
        v: V,
        op: &Operand,
        (owner, variant, name): (&Ty, Option<u32>, &Name),
        st: &mut State,
    ) -> V {
        let ty = self.operand_ty(op);
        let (p, models) = (self.cx.program, self.cx.models);
        match owner {
            Ty::Adt(..) => self.coerced_value((v, self.at), &ty, || field_ty(p, models, owner, variant, name), st),
            _ => v,
        }
    }

    /// The type of what is assigned, where that may lead on.
    fn made_ty(&self, src: &Rvalue) -> Cow<'_, Ty> {
        match src {
            Rvalue::Use(op) | Rvalue::Positive(_, op) | Rvalue::Await(op) => self.operand_ty(op),
            Rvalue::RefMut(place) => self.place_ty(place),
            Rvalue::Aggregate { kind: Aggregate::Adt(path), .. } => {
                match self.typed.paths.get(path.0 as usize).and_then(|r| r.def.as_ref()) {
                    Some(Def::Type(t) | Def::Variant(t, _)) => Cow::Owned(Ty::Adt(*t, [].into())),
                    _ => Cow::Borrowed(&Ty::Unknown),
                }
            }
            Rvalue::Call { site, .. } => self
                .typed
                .sites
                .get(*site as usize)
                .map_or(Cow::Borrowed(&Ty::Unknown), |info| Cow::Borrowed(&info.ret)),
            _ => Cow::Borrowed(&Ty::Unknown),
        }
    }

    /// The part that `*x = y` writes to, where `x` leads to what `y` is.
    pub(super) fn written_behind(&self, dst: &Place, src: &Rvalue) -> Option<Place> {
        if dst.path.last() != Some(&Sel::Deref) {
            return None;
        }
        let (p, models) = (self.cx.program, self.cx.models);
        let mut out = dst.clone();
        for step in coercion(p, models, &self.place_ty(dst), &self.made_ty(src)) {
            let (Leads::To(way), _) = self.leads(&step)? else { return None };
            out.path.extend(way.into_iter().map(Sel::Field));
        }
        Some(out)
    }

    /// A value as what it leads to that a pattern names a variant of.
    pub(super) fn named_behind(&mut self, path: PathId, ty: &Ty, v: &V, st: &mut State) -> Option<V> {
        let named = self.typed.paths.get(path.0 as usize)?.def.as_ref();
        let Some(Def::Variant(t, _)) = named else { return None };
        let mut out: Option<V> = None;
        for step in coercion(self.cx.program, self.cx.models, ty, &Ty::Adt(*t, [].into())) {
            let v = self.load(st, out.as_ref().unwrap_or(v));
            out = Some(self.user_deref(&step, &v, st)?.0);
        }
        out
    }

    /// What is assigned to a place whose type is written: a variable with one, the result, a field.
    pub(super) fn coerced_to(&mut self, v: V, src: &Rvalue, dst: &Place, st: &mut State) -> V {
        let written = |l: Local| l == RET || self.f.locals.get(l.0 as usize).is_some_and(|d| d.ty.is_some());
        if dst.path.is_empty() && !written(dst.base) {
            return v;
        }
        let have = self.made_ty(src);
        if !leads_on(self.cx.program, peel(self.cx.models, &have)) {
            return v;
        }
        let want = self.place_ty(dst);
        let mut a = Arg { v, place: None, span: self.at, ty: have.into_owned() };
        self.coerced(&mut a, &want, st);
        a.v
    }

    /// A receiver as what it leads to.
    pub(super) fn go_through(&mut self, a: &mut Arg, step: Through, st: &mut State) {
        match step {
            Through::Deref(t) => {
                let of = match peel(self.cx.models, &a.ty) {
                    of @ Ty::Adt(own, _) if *own == t => of.clone(),
                    _ => Ty::Adt(t, [].into()),
                };
                self.deref_arg(a, &of, st);
            }
            // Which of them is for the method that is called to say.
            Through::Variants(_) => {}
            Through::Call(f) => {
                let receiver = std::slice::from_ref(&*a);
                a.v = self.func_call(f, receiver, a.span, None, st);
                a.place = None;
            }
        }
    }

    /// The arguments of a method of what the variants of an enum hold: its own variants are its receiver.
    pub(super) fn handed_on(&mut self, f: FuncId, info: &Site, args: &[Arg], st: &State) -> Option<Vec<Arg>> {
        let (Some(Through::Variants(t)), [receiver, rest @ ..]) = (info.through.last(), args) else { return None };
        let p = self.cx.program;
        let own = p.func_impl(f).and_then(|i| p.impl_self.get(i.0 as usize));
        let of = Ty::Adt(*t, [].into());
        let v = self.load(st, &receiver.v);
        let held = |(variant, name): (Option<u32>, Name)| {
            let fits = match (own, field_ty(p, self.cx.models, &of, variant, &name)) {
                (Some(Ty::Adt(own, _)), Ty::Adt(held, _)) => *own == held,
                _ => true,
            };
            fits.then(|| field_name(p, &of, variant, &name))
        };
        let keys: Vec<Name> = all_fields(p, *t).into_iter().filter_map(held).collect();
        let parts: Vec<V> = keys.iter().map(|key| v.field(key)).collect();
        // What is written to it is written to the variant.
        let mut part = (*joined(&parts)).clone();
        for (base, way) in self.arg_ways(receiver, st) {
            part.refs.extend(keys.iter().map(|key| {
                let mut to = way.clone();
                to.push(Way1::Field(key.clone()));
                (base.clone(), to)
            }));
        }
        self.lend(&part.refs);
        let mut out = vec![Arg { v: part.into(), place: None, span: receiver.span, ty: Ty::Unknown }];
        out.extend(rest.iter().map(|a| Arg { v: a.v.clone(), place: a.place.clone(), span: a.span, ty: a.ty.clone() }));
        Some(out)
    }

    /// A value as what its `Deref` leads to: an alias of a part of it where it is one.
    fn deref_arg(&mut self, a: &mut Arg, of: &Ty, st: &mut State) {
        let Some((leads, ty)) = self.leads(of) else { return };
        match (leads, &mut a.place) {
            (Leads::To(way), _) if !a.v.refs.is_empty() => {
                let mut v = (*a.v).clone();
                for (_, to) in &mut v.refs {
                    to.extend(way.iter().cloned().map(Way1::Field));
                }
                a.v = v.into();
                a.place = None;
            }
            (Leads::To(way), Some(place)) => {
                place.path.extend(way.into_iter().map(Sel::Field));
                let place = place.clone();
                a.v = self.read(&place, st);
            }
            (Leads::To(way), None) => a.v = a.v.part(&way),
            (Leads::Through(f), _) => {
                let v = self.load(st, &a.v);
                a.v = self.inline(f, &[v], a.span, st);
                a.place = None;
            }
        }
        a.ty = ty;
    }
}
