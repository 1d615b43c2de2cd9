//! Comparisons that go through impls of the workspace, wherever in what is compared such a value is: in a list, in a
//! struct that derives its own. So do sorting, searching and looking up.

use std::collections::BTreeSet;
use std::iter::successors;

use super::beside::keys_of;
use super::calls::Arg;
use super::holders::holding;
use super::interp::Interp;
use super::places::field_name;
use super::rows::RowCall;
use super::state::State;
use super::value::V;
use crate::ir::Name;
use crate::limits::{PRINTED_DEPTH, WRAPPERS};
use crate::link::infer::{Asks, EQUAL, ORDERED, signature};
use crate::link::names::is_primitive;
use crate::link::program::{FuncId, Program, TypeId};
use crate::link::ty::{Ty, all_fields, field_ty, payload, peel};
use crate::model::{Act, Asked, ModelSet, Port, PortBase};
use crate::source::Span;

/// By what impls values of a type are compared, sorted and looked up.
pub(super) const COMPARES: [(&str, &str); 4] =
    [("PartialEq", "eq"), ("PartialOrd", "partial_cmp"), ("Ord", "cmp"), ("Hash", "hash")];

/// What runs where a value is looked up by its hash.
const HASHED: Asks = &[&[("Hash", "hash")], &[("PartialEq", "eq")]];

/// What is asked of values by a trait.
fn asks(by: Asked) -> Asks {
    match by {
        Asked::Eq => EQUAL,
        Asked::Ord => ORDERED,
        Asked::Hash => HASHED,
    }
}

/// The type that is asked where a function of a library asks an argument: of a container that of what is in it, of a
/// callable that of what it gives.
pub(super) fn asked_in(ty: &Ty) -> Option<&Ty> {
    match ty {
        Ty::Ext(_, types) => types.first(),
        Ty::Fn(_, given) => Some(given),
        Ty::Adt(..) | Ty::Tuple(_) => Some(ty),
        _ => None,
    }
}

/// The container that a type is, whatever it is wrapped in, and what that asks of what is put into it.
fn kept_by<'t>(models: &ModelSet, ty: &'t Ty) -> Option<(&'t Ty, Asked)> {
    let mut inside = successors(Some(ty), |ty| payload(models, ty)).take(WRAPPERS);
    inside.find_map(|ty| match ty {
        Ty::Ext(n, _) => Some((ty, models.type_model(n)?.asks?)),
        _ => None,
    })
}

/// The type of the keys of a map, and how they are asked.
pub(super) fn key_of<'t>(models: &ModelSet, map: &'t Ty) -> Option<(&'t Ty, Asked)> {
    let (container, by) = kept_by(models, map)?;
    asked_in(container).map(|ty| (ty, by))
}

/// The containers that a result is, or that are the parts of the tuple that it is; each with the name of the part.
pub(super) fn kept_in<'t>(
    models: &'t ModelSet,
    ty: &'t Ty,
) -> impl Iterator<Item = (Option<Name>, &'t Ty, Asked)> + use<'t> {
    let (whole, parts) = if let Ty::Tuple(parts) = ty { (None, &parts[..]) } else { (Some(ty), &[][..]) };
    let parts = (0_usize..).zip(parts).map(|(i, part)| (Some(Name::from(i.to_string())), part));
    let each = whole.map(|ty| (None, ty)).into_iter().chain(parts);
    each.filter_map(|(name, ty)| kept_by(models, ty).map(|(container, by)| (name, container, by)))
}

/// Types that are compared by an impl of their own, or of a type in them.
pub(super) fn comparing(p: &Program, models: &ModelSet) -> BTreeSet<TypeId> {
    let own = |t: &TypeId| COMPARES.iter().any(|(of, _)| !p.impls_for(*t, of).is_empty());
    let own: BTreeSet<TypeId> = (0..p.types.len() as u32).map(TypeId).filter(own).collect();
    if own.is_empty() { own } else { holding(p, models, own) }
}

impl Interp<'_> {
    /// Two values of a type are compared.
    pub(super) fn compared(&mut self, ty: &Ty, x: &V, y: &V, how: (Asks, Span), st: &mut State) {
        self.compared_depth(ty, x, y, how, 0, st);
    }

    fn compared_depth(&mut self, ty: &Ty, x: &V, y: &V, how: (Asks, Span), depth: u32, st: &mut State) {
        let (p, models) = (self.cx.program, self.cx.models);
        let ty = peel(models, ty);
        match ty {
            Ty::Tuple(ts) if depth < PRINTED_DEPTH => {
                for (i, ty) in ts.iter().enumerate() {
                    let (x, y) = (self.load(st, x).field(&i.to_string()), self.load(st, y).field(&i.to_string()));
                    self.compared_depth(ty, &x, &y, how, depth + 1, st);
                }
            }
            Ty::Adt(t, _) if depth < PRINTED_DEPTH && self.compares(ty) => {
                let (x, y) = (self.load(st, x), self.load(st, y));
                let own = self.own_of(*t, how.0);
                for f in &own {
                    let takes = p.func(*f).map_or(0, |d| d.params.len());
                    let args = [Arg::of(&x, how.1), Arg::of(&y, how.1)];
                    let hashes = p.func(*f).is_some_and(|d| d.name == "hash");
                    let given = if hashes { args.get(..1) } else { args.get(..takes) };
                    self.func_call(*f, given.unwrap_or_default(), how.1, None, st);
                }
                // What runs there may do something whatever it is given.
                let parts = all_fields(p, *t).into_iter().map(|(variant, name)| {
                    (field_ty(p, models, ty, variant, &name), field_name(p, ty, variant, &name))
                });
                let parts: Vec<(Ty, Name)> = parts.filter(|(part, _)| self.compares(part)).collect();
                if own.is_empty()
                    && let Some(around) = self.narrow_room(parts.len())
                {
                    for (part, key) in parts {
                        self.compared_depth(&part, &x.field(&key), &y.field(&key), how, depth + 1, st);
                    }
                    self.room = around;
                }
            }
            _ => {}
        }
    }

    /// Whether values of a type are compared by an impl of their own, or of a type in them or among its arguments.
    fn compares(&self, ty: &Ty) -> bool {
        ty.names(&|t| self.cx.comparing.contains(&t))
    }

    /// The methods of a type by which its values are asked so, if they are written out: between values of that type.
    fn own_of(&self, t: TypeId, asks: Asks) -> Vec<FuncId> {
        let (p, models) = (self.cx.program, self.cx.models);
        let with_own = |f: &FuncId| match signature(p, models, *f).0.get(1) {
            Some(Ty::Adt(other, _)) => *other == t,
            _ => true,
        };
        let methods = |(of, name): &(&str, &str)| -> Option<FuncId> {
            p.impls_for(t, of).iter().filter_map(|i| p.impl_method(*i, name)).find(with_own)
        };
        asks.iter().filter_map(|group| group.iter().find_map(methods)).collect()
    }

    /// What a callable gave to a function of a library is asked.
    pub(super) fn asked_of_given(&mut self, f: &Port, v: &V, call: RowCall<'_>, st: &mut State) {
        let asked = |act: &Act| match act {
            Act::Asks { by: Some(by), of, .. } if of == f => Some(*by),
            _ => None,
        };
        if !self.cx.comparing.is_empty()
            && let Some(by) = call.row.acts.iter().find_map(asked)
            && let Some(Ty::Fn(_, ty)) = call.arg(f).map(|a| &a.ty)
        {
            self.compared(ty, v, v, (asks(by), call.span), st);
        }
    }

    /// A key is looked up in a map by its index.
    pub(super) fn looked_up(&mut self, map: &Ty, held: &V, key: &V, st: &mut State) {
        if self.cx.comparing.is_empty() {
            return;
        }
        let Some((ty, by)) = key_of(self.cx.models, map) else { return };
        let (keys, how) = (held.field(keys_of(self.cx.models, map)), (asks(by), self.at));
        self.compared(ty, &keys, key, how, st);
        self.compared(ty, key, &keys, how, st);
    }

    /// A function of a library compares what is in a container, looks something up, or fills a container that is asked.
    pub(super) fn compared_by_row(&mut self, call: RowCall<'_>, ret: &V, st: &mut State) {
        if self.cx.comparing.is_empty() {
            return;
        }
        let models = self.cx.models;
        for act in &call.row.acts {
            let Act::Asks { by, of, with } = act else { continue };
            for (name, container, by) in kept_in(models, &call.info.ret).filter(|_| of.base == PortBase::Ret) {
                let Some(ty) = asked_in(container) else { continue };
                let held = name.map_or_else(|| ret.clone(), |name| ret.field(&name));
                let keyed = matches!(container, Ty::Ext(n, _) if models.is_keyed(n));
                let held = if keyed { held.field(keys_of(models, container)) } else { held };
                self.compared(ty, &held, &held, (asks(by), call.span), st);
            }
            let Some(by) = by else { continue };
            // What a callable gives is asked where it is called.
            let asked = call.arg(of).filter(|a| !matches!(a.ty, Ty::Fn(..))).and_then(|a| asked_in(&a.ty));
            let is_primitive = |ty: &&Ty| matches!(ty, Ty::Ext(n, _) if is_primitive(n));
            let Some(ty) = asked.filter(|ty| !is_primitive(ty)) else { continue };
            let how = (asks(*by), call.span);
            let held = self.port(of, call.args, &V::default(), st);
            let Some(with) = with else {
                self.compared(ty, &held, &held, how, st);
                continue;
            };
            let given = self.port(with, call.args, &V::default(), st);
            self.compared(ty, &held, &given, how, st);
            // What is put in is compared with what is there, and is asked itself.
            if *by != Asked::Eq {
                self.compared(ty, &given, &held, how, st);
            }
        }
    }
}
