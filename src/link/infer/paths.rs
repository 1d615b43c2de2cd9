//! Functions by their paths: which of several a path names, and what it says of their types.

use super::Walk;
use super::unify::Instance;
use crate::ir::Name;
use crate::ir::body::Func;
use crate::limits::DEREFS;
use crate::link::program::{Def, FuncId, ImplId, TraitId, TypeId};
use crate::link::ty::{Ty, lower};

impl Walk<'_> {
    /// The methods of a type that a path may mean: `<T as Trait>::f` only that of the trait.
    pub(super) fn methods_by_path(&self, path: u32, t: TypeId, name: &Name) -> Vec<FuncId> {
        match self.path_trait(path).and_then(|of| self.p.trait_method(of, name)) {
            Some(m) => self.methods_of_path_trait(path, t, m),
            None => self.methods_asked(t, name),
        }
    }

    /// The trait that a path names before the method.
    fn path_trait(&self, path: u32) -> Option<TraitId> {
        let path = self.f.paths.get(path as usize)?;
        path.qself.as_ref()?;
        let (_, of) = path.segments.split_last()?;
        match self.p.resolve(self.cx.module?, of).def {
            Some(Def::Trait(t)) => Some(t),
            _ => None,
        }
    }

    /// What the impls of a type for the trait of a method make of it; of impls for several traits of one name those
    /// for the arguments that a path gives to the trait.
    pub(super) fn methods_of_path_trait(&self, path: u32, t: TypeId, method: FuncId) -> Vec<FuncId> {
        let found = self.p.methods_of_trait(t, method);
        match self.told_by_path(path, found.clone()) {
            Some(fitting) if !fitting.is_empty() => fitting,
            _ => found,
        }
    }

    /// Of several methods those of impls for the arguments that a path gives to their trait, if it gives any.
    pub(super) fn told_by_path(&self, path: u32, mut found: Vec<FuncId>) -> Option<Vec<FuncId>> {
        let of = self.f.paths.get(path as usize).filter(|p| !p.args.is_empty())?;
        let written: Vec<Ty> = of.args.iter().map(|a| lower(self.p, self.models, &self.cx, a)).collect();
        let fits = |i: ImplId| {
            let args = self.p.impl_trait_args.get(i.0 as usize).map_or(&[][..], Vec::as_slice);
            args.len() == written.len() && args.iter().zip(&written).all(|(a, w)| self.may_fit(a, w))
        };
        found.retain(|f| self.p.func_impl(*f).is_some_and(fits));
        Some(found)
    }

    /// What the impls here of a trait make of a method of it for a type of another crate, or for what that points to; and
    /// for which it was found. A function is none that it calls so: references are left out of types, and it may be called
    /// for what is inside.
    pub(super) fn methods_of_their_type(&mut self, recv: &Ty, (t, method): (TraitId, FuncId)) -> (Ty, Vec<FuncId>) {
        let Some(name) = self.p.func(method).map(|def| def.name.clone()) else { return Default::default() };
        let of_trait =
            |i: ImplId| matches!(self.p.impl_trait.get(i.0 as usize), Some(Some(Def::Trait(of))) if *of == t);
        let mut at = self.through_bounds(recv);
        for _ in 0..DEREFS {
            let Ty::Ext(n, _) = &at else { break };
            let mut found = self.p.methods_of_ext(n, &name);
            found.retain(|f| self.p.func_impl(*f).is_some_and(|i| of_trait(i) && self.is_for(i, &at)));
            if found.is_empty() {
                let defaults = self.p.defaults_of_ext(n, &name);
                found =
                    defaults.filter(|(f, i)| *f == method && self.is_for(*i, &at)).map(|(f, _)| f).take(1).collect();
            }
            found.retain(|f| *f != self.p.as_written(self.id));
            self.prefer_sure(&mut found, &at);
            if !found.is_empty() {
                return (at, found);
            }
            let Some(below) = self.deref(&at) else { break };
            at = self.through_bounds(&below);
        }
        Default::default()
    }
}

/// What written arguments say of the generic parameters of a function, if they are all there.
pub(super) fn written_for(def: &Func, written: &[Ty]) -> Instance {
    let generics = def.generics.iter().filter(|g| !g.name.starts_with('\''));
    if written.len() != generics.clone().count() {
        return Instance::new();
    }
    generics.zip(written).map(|(g, t)| (g.name.clone(), t.clone())).collect()
}
