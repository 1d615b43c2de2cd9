//! Functions by their paths: which of several a path names, and what it says of their types.

use super::unify::Instance;
use super::{Brought, Walk};
use crate::ir::Name;
use crate::ir::body::Func;
use crate::link::program::{Def, FuncId, ImplId, Res, TypeId};
use crate::link::ty::{Ty, lower};

impl Walk<'_> {
    /// The methods of a type that a path may mean: `<T as Trait>::f` only that of the trait.
    pub(super) fn methods_by_path(&self, path: u32, t: TypeId, name: &Name) -> Vec<FuncId> {
        match self.path_trait(path).and_then(|of| self.p.trait_method(of, name)) {
            Some(m) => self.methods_of_path_trait(path, t, m),
            None => {
                let asked = self.asked_methods(t, name);
                if asked.is_empty() { self.p.methods_of(t, name) } else { asked }
            }
        }
    }

    /// The trait that a path names before the method.
    fn path_trait(&self, path: u32) -> Option<crate::link::program::TraitId> {
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
        let Some(of) = self.f.paths.get(path as usize).filter(|p| found.len() > 1 && !p.args.is_empty()) else {
            return found;
        };
        let written: Vec<Ty> = of.args.iter().map(|a| lower(self.p, self.models, &self.cx, a)).collect();
        let fits = |i: ImplId| {
            let args = self.p.impl_trait_args.get(i.0 as usize).map_or(&[][..], Vec::as_slice);
            args.len() == written.len() && args.iter().zip(&written).all(|(a, w)| self.may_fit(a, w))
        };
        let fitting: Vec<FuncId> = found.iter().copied().filter(|f| self.p.func_impl(*f).is_some_and(fits)).collect();
        if fitting.is_empty() { found } else { fitting }
    }

    /// What a path gives to the generic parameters of the function that it names.
    pub(super) fn written_generics(&mut self, f: FuncId, path: u32) -> Instance {
        let (Some(def), Some(path)) = (self.p.func(f), self.f.paths.get(path as usize)) else { return Instance::new() };
        let written = self.written(&path.args);
        written_for(def, &written)
    }

    /// What the functions are that paths name as values, now that all types are known: a trait's method is that of the
    /// type that it is called with.
    pub(super) fn name_values(&mut self) {
        for (path, f, of) in std::mem::take(&mut self.values) {
            if self.p.func_trait(f).is_none() {
                if self.p.is_generic(f) {
                    let generics = of.iter().map(|(n, t)| (n.clone(), self.sure(t))).collect();
                    self.out.values.push((path, Brought { to: f, generics, args: [].into() }));
                }
                continue;
            }
            let own = of.iter().find(|(n, _)| n == "Self").map(|(_, t)| self.sure(t)).unwrap_or_default();
            let found = match (self.through_pointers(&own), self.p.func(f)) {
                (Ty::Adt(t, _), _) => self.p.methods_of_trait(t, f),
                (Ty::Ext(n, _), Some(def)) => {
                    let mut found = self.p.methods_of_ext(&n, &def.name);
                    found.retain(|f| self.p.func_impl(*f).is_none_or(|i| self.is_for(i, &own)));
                    found
                }
                _ => continue,
            };
            if let ([one], Some(res)) = (found.as_slice(), self.out.paths.get_mut(path as usize)) {
                *res = Res { def: Some(Def::Func(*one)), rest: Vec::new() };
            }
        }
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
