//! Functions by their paths: which of several a path names, and what it says of their types.

use super::unify::Instance;
use super::{Brought, Walk, signature};
use crate::ir::Name;
use crate::ir::body::Func;
use crate::ir::items::TypeRef;
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

    /// A path is a conversion into a type that is not of the workspace, of what is now known: if an impl here is for
    /// that, it is this.
    pub(super) fn named_for(&mut self, path: u32, from: &Ty, made: &Ty) {
        let given = [from.clone()];
        let own = self.path_self(path).unwrap_or_default();
        let mut found = match self.out.paths.get(path as usize).and_then(|res| res.def.clone()) {
            Some(Def::Ext(full)) => match full.rsplit_once("::") {
                Some((of, name)) => self.meant_of_ext(of, name, &own, &given),
                None => Vec::new(),
            },
            _ => Vec::new(),
        };
        if found.is_empty() {
            found.extend(self.conversion_to_unread(path, from));
        }
        match found.as_slice() {
            [one] if self.surely_takes(&found, &given) => {
                let ret = signature(self.p, self.models, *one).1.clone();
                let ret = self.vars.filled(&ret);
                self.unify(made, &ret);
                if let Some(res) = self.out.paths.get_mut(path as usize) {
                    *res = Res { def: Some(Def::Func(*one)), rest: Vec::new() };
                }
            }
            // Of a conversion that may fail it is not known what else it gives.
            _ if self.f.paths.get(path as usize).and_then(|p| p.segments.last()).is_some_and(|n| n == "from") => {
                self.unify(made, &own);
            }
            _ => {}
        }
    }

    /// The conversion that a path names into a type that no text here has (one that is only included), of a type of the
    /// workspace: the one impl for both, by what it is written for.
    pub(super) fn conversion_to_unread(&self, path: u32, from: &Ty) -> Option<FuncId> {
        let path = self.f.paths.get(path as usize).filter(|p| p.qself.is_none())?;
        let [.., of, name] = path.segments.as_slice() else { return None };
        let Ty::Adt(t, _) = self.head(from) else { return None };
        let is_written_for = |f: &FuncId| {
            let def = self.p.func_impl(*f).and_then(|i| self.p.impl_def(i));
            def.is_some_and(|i| matches!(&i.self_ty, TypeRef::Path(own) if own.segments.last() == Some(of)))
        };
        let named = |f: &FuncId| self.p.func(*f).is_some_and(|def| def.name == *name);
        let all = self.p.conversions_from(t).iter().filter(|(to, _)| *to == Ty::Unknown).map(|(_, f)| *f);
        let found: Vec<FuncId> = all.filter(|f| named(f) && is_written_for(f)).collect();
        if let [one] = found.as_slice() { Some(*one) } else { None }
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
