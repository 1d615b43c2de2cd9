//! Calls that a model answers.

use std::sync::Arc;

use super::calls::Args;
use super::unify::Instance;
use super::{How, Site, Target, Walk};
use crate::link::ty::{Ty, head};
use crate::model::ModelTy;

impl Walk<'_> {
    /// A call of a modelled function: its signature binds variables and tells what closures get and what comes
    /// back. `own` is the type that the row was found for.
    pub(super) fn row_call(&mut self, row: u32, own: &Ty, args: Args<'_>, out: &mut Site) {
        let row = self.of_arguments(row, args.tys);
        out.targets.push(Target::Row(row));
        out.how = How::Modelled;
        let Some((wants, ret)) = self.row_types(row, own, args.generics) else { return };
        let skip = usize::from(self.models.row(row).is_some_and(|r| r.has_self));
        // Closures come last: what they are called with is known by then.
        let is_closure: Vec<bool> = args.ops.iter().map(|op| self.closure_of(op).is_some()).collect();
        for closures in [false, true] {
            for (i, (op, ty)) in args.ops.iter().zip(args.tys).enumerate().skip(skip) {
                if is_closure.get(i) != Some(&closures) {
                    continue;
                }
                match wants.get(i) {
                    Some(want) => {
                        self.given(op, want, ty);
                        self.iterated(op, want, ty);
                    }
                    None => self.unseen(std::slice::from_ref(op)),
                }
            }
        }
        out.ret = ret;
    }

    /// Of several rows of one path, the one that names the type of an argument: `get(2..)` gives a slice.
    fn of_arguments(&self, row: u32, args: &[Ty]) -> u32 {
        let named = |want: &ModelTy, ty: &Ty| match (want, self.head(ty)) {
            (ModelTy::Path(want, _), Ty::Ext(is, _)) => *want == is,
            _ => false,
        };
        let fits = |id: &&u32| {
            self.models.row(**id).is_some_and(|r| {
                let wants = r.params.iter().map(|(_, want)| want).zip(args);
                r.takes(args.len()) && wants.skip(usize::from(r.has_self)).any(|(want, ty)| named(want, ty))
            })
        };
        self.models.beside(row).iter().find(fits).copied().unwrap_or(row)
    }

    /// A modelled function as a value, named by a path: of the same type wherever that is asked.
    pub(super) fn row_as_value(&mut self, path: u32, row: u32, own: &Ty, generics: &[Ty]) -> Ty {
        if let Some((_, ty)) = self.out.rows.get(&path) {
            return (**ty).clone();
        }
        let Some((params, ret)) = self.row_types(row, own, generics) else { return Ty::Unknown };
        let ty = Ty::Fn(params.into(), Arc::new(ret));
        self.out.rows.insert(path, (row, Arc::new(ty.clone())));
        ty
    }

    /// The types of what a row takes and gives, as one use of it has them.
    fn row_types(&mut self, row: u32, own: &Ty, generics: &[Ty]) -> Option<(Vec<Ty>, Ty)> {
        let (r, sig) = (self.models.row(row)?, self.p.row_signature(self.models, row)?);
        let mut of = Instance::new();
        let own = self.head(own);
        if own != Ty::Unknown {
            of.push(("Self".into(), own.clone()));
        }
        if let Some(pattern) = &sig.self_ty {
            let any = matches!(pattern, Ty::Ext(n, _) if n == "_");
            let pattern = self.vars.instance(pattern, &mut of);
            if !any {
                // The receiver, or what it derefs to.
                let mut at = own;
                for _ in 0..6 {
                    if head(&at) == head(&pattern) {
                        break;
                    }
                    match self.deref(&at) {
                        Some(t) => at = self.head(&t),
                        None => break,
                    }
                }
                self.unify(&pattern, &at);
            }
        }
        let ret = self.vars.instance(&sig.ret, &mut of);
        if !r.has_self
            && let Some(last) = generics.last()
        {
            self.told_by_generics(&ret, generics, last, &of);
        }
        let wants = sig.params.iter().map(|t| self.vars.instance(t, &mut of)).collect();
        Some((wants, ret))
    }

    /// The type of interest in what a row gives: the first argument of the first argument, and so on.
    pub(super) fn innermost(&self, ret: &Ty) -> Ty {
        let mut at = self.head(ret);
        for _ in 0..4 {
            match at.args().first() {
                Some(t) => at = self.head(t),
                None => break,
            }
        }
        at
    }

    /// `query_as::<_, T>`, `from_str::<T>`: the last argument is the type of interest, unless the arguments of the
    /// type itself were written, which its pattern has taken.
    fn told_by_generics(&mut self, ret: &Ty, generics: &[Ty], last: &Ty, of: &Instance) {
        let open = |w: &Self, t: &Ty| matches!(w.head(t), Ty::Var(_));
        let vars: Vec<Ty> = of.iter().filter(|(n, _)| n != "Self").map(|(_, t)| t.clone()).collect();
        if generics.len() == 1 || vars.len() != generics.len() {
            let at = self.innermost(ret);
            let hole = if open(self, &at) { Some(at) } else { vars.into_iter().find(|t| open(self, t)) };
            if let Some(hole) = hole {
                self.unify(&hole, last);
            }
            return;
        }
        for (var, t) in vars.iter().zip(generics) {
            self.unify(var, t);
        }
    }
}
