//! What is iterated over: where something iterable is asked for, what `IntoIterator` makes of it goes in.

use std::borrow::Cow;

use super::calls::Arg;
use super::interp::Interp;
use super::state::State;
use super::value::V;
use crate::ir::body::Operand;
use crate::link::infer::{Site, bound_of, implied_at, signature};
use crate::link::program::FuncId;
use crate::link::ty::{Ty, payload};
use crate::model::{ModelTy, Port, PortBase, Row};
use crate::source::Span;

/// Whether a declared type is that of something iterable, and what it is to give.
fn asked(declared: &ModelTy) -> Option<&ModelTy> {
    match declared {
        ModelTy::Path(n, args) if n == "Iter" => args.first(),
        _ => None,
    }
}

impl Interp<'_> {
    /// The arguments of a modelled call, as it iterates over them.
    pub(super) fn iterated<'a>(&mut self, row: &Row, args: &'a [Arg], at: Span, st: &mut State) -> Cow<'a, [Arg]> {
        let mut out = Cow::Borrowed(args);
        for (i, ((_, declared), arg)) in row.params.iter().zip(args).enumerate() {
            let v = match asked(declared) {
                Some(_) if i > 0 || !row.has_self => {
                    self.by_impl(arg, at, st).or_else(|| self.each_of(&arg.v, declared, &arg.ty, at, st))
                }
                Some(inner) => payload(self.cx.models, &arg.ty).and_then(|ty| self.each_of(&arg.v, inner, ty, at, st)),
                None => None,
            };
            if let Some(v) = v
                && let Some(slot) = out.to_mut().get_mut(i)
            {
                *slot = Arg { v, place: None, span: arg.span, ty: Ty::Unknown };
            }
        }
        out
    }

    /// What a closure gives that a modelled call iterates over.
    pub(super) fn given_back(&mut self, row: &Row, args: &[Arg], f: &Port, v: V, at: Span, st: &mut State) -> V {
        let PortBase::Arg(i) = f.base else { return v };
        match (row.params.get(i as usize), args.get(i as usize).map(|a| &a.ty)) {
            (Some((_, ModelTy::Fn(_, declared))), Some(Ty::Fn(_, ty))) => {
                self.each_of(&v, declared, ty, at, st).unwrap_or(v)
            }
            _ => v,
        }
    }

    /// An argument of a function of the workspace, as that iterates over it. One that is read for the type which the
    /// caller brings asks for just that.
    pub(super) fn iterated_by(&mut self, f: FuncId, i: usize, arg: &Arg, at: Span, st: &mut State) -> Option<V> {
        let has_pairs = matches!(&arg.ty, Ty::Ext(n, _) if self.has_pairs(n));
        if !has_pairs && !matches!(arg.ty, Ty::Adt(..)) {
            return None;
        }
        let iterable = |ty: &Ty| matches!(ty, Ty::Ext(n, _) if n == "Iter");
        let asks = match signature(self.cx.program, self.cx.models, f).0.get(i)? {
            Ty::Param(n) => iterable(&bound_of(self.cx.program, self.cx.models, f, n)),
            ty => iterable(ty),
        };
        match asks {
            false => None,
            true if has_pairs => self.elements_of(&arg.v, &arg.ty, at, st),
            true => self.by_impl(arg, at, st),
        }
    }

    /// By the impl of a type of the workspace, where the call is known to iterate over it.
    fn by_impl(&mut self, arg: &Arg, at: Span, st: &mut State) -> Option<V> {
        if !matches!(arg.ty, Ty::Adt(..)) {
            return None;
        }
        let by = Operand::Place(arg.place.clone()?);
        self.typed.implied.contains_key(&implied_at(at, &by)).then(|| self.through_implied(arg.v.clone(), &by, at, st))
    }

    /// Whether what values of a type of another crate are iterated over is not what they are by themselves.
    fn has_pairs(&self, ty: &str) -> bool {
        self.cx.models.is_keyed(ty) || self.cx.models.is_cell(ty)
    }

    /// What a value gives where elements of some kind are declared, which may be iterable themselves.
    fn each_of(&mut self, v: &V, declared: &ModelTy, ty: &Ty, at: Span, st: &mut State) -> Option<V> {
        let inner = asked(declared)?;
        match self.elements_of(v, ty, at, st) {
            None => {
                let ty = payload(self.cx.models, ty)?;
                self.each_of(v, inner, ty, at, st)
            }
            found => found,
        }
    }

    /// The elements of a value of a type of another crate, if they are not what it is by itself: the pairs of a map.
    fn elements_of(&mut self, v: &V, ty: &Ty, at: Span, st: &mut State) -> Option<V> {
        let Ty::Ext(n, _) = ty else { return None };
        if !self.has_pairs(n) {
            return None;
        }
        let name = if v.refs.is_empty() { "into_iter" } else { "iter_mut" };
        let row = self.cx.models.find(&format!("{n}::{name}"), 1)?;
        let arg = Arg { v: v.clone(), place: None, span: at, ty: ty.clone() };
        Some(self.row_call(row, &Site::default(), &[arg], at, st))
    }
}
