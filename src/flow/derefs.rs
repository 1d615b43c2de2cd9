//! `Deref` and `Index` as the workspace writes them: what a value leads to.

use super::calls::Arg;
use super::interp::Interp;
use super::places::field_name;
use super::state::State;
use super::value::{Origin, V, Way1, joined};
use crate::ir::Name;
use crate::ir::body::{Index, Sel};
use crate::link::infer::{Site, Through};
use crate::link::names::is_primitive;
use crate::link::program::{FuncId, ImplId, TypeId};
use crate::link::ty::{Ty, all_fields, field_ty, fields_of, peel};

/// What a `Deref` gives.
pub(super) enum Leads {
    /// A part of the value.
    To(Vec<Name>),
    /// What a function makes of it.
    Through(FuncId),
}

impl Interp<'_> {
    /// Where the `Deref` of a type leads, and the type there.
    pub(super) fn leads(&self, t: TypeId) -> Option<(Leads, Ty)> {
        let (p, models) = (self.cx.program, self.cx.models);
        let Some(i) = p.impls_for(t, "Deref").first() else {
            // `#[derive(Deref)]` of a struct of one field.
            let def = p.type_def(t)?;
            return match fields_of(p, t, None)? {
                [only] if def.derives.iter().any(|d| d == "Deref") => {
                    let ty = field_ty(p, models, &Ty::Adt(t, [].into()), None, &only.name);
                    Some((Leads::To(vec![only.name.clone()]), ty))
                }
                _ => None,
            };
        };
        let f = p.impl_method(*i, "deref")?;
        let ty = self.cx.typed.get(f.0 as usize)?.ret.clone();
        Some((self.part_given(f).map_or(Leads::Through(f), Leads::To), ty))
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
        let Ty::Adt(t, _) = ty else { return None };
        let (leads, ty) = self.leads(*t)?;
        let out = match leads {
            Leads::To(way) => v.part(&way),
            Leads::Through(f) => self.inline(f, std::slice::from_ref(v), self.f.span, st),
        };
        Some((out, peel(self.cx.models, &ty).clone()))
    }

    /// A receiver as what it leads to.
    pub(super) fn go_through(&mut self, a: &mut Arg, step: Through, st: &mut State) {
        match step {
            Through::Deref(t) => self.deref_arg(a, t, st),
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

    /// A receiver as what its `Deref` leads to: an alias of a part of it where it is one.
    fn deref_arg(&mut self, a: &mut Arg, t: TypeId, st: &mut State) {
        let Some((leads, ty)) = self.leads(t) else { return };
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
