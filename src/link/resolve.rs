//! Methods: whose they are, and which one a call means.

use super::program::{Def, FuncId, ImplId, Program, TraitId, TypeId};
use super::ty::{Ty, TyCx, lower};
use crate::ir::items::Owner;
use crate::ir::{Content, Name};
use crate::model::ModelSet;

/// Indexes impls and their methods.
pub(super) fn index_impls(p: &mut Program, models: &ModelSet) {
    let mut selfs = Vec::new();
    let mut traits = Vec::new();
    let mut trait_args = Vec::new();
    for i in 0..p.impls.len() as u32 {
        let id = ImplId(i);
        let (Some((u, _)), Some(def)) = (p.impls.get(i as usize).copied(), p.impl_def(id)) else { continue };
        let cx = TyCx {
            module: Some(p.module_at(u, def.module)),
            generics: def.generics.iter().map(|g| g.name.clone()).collect(),
            self_ty: None,
            impl_: Some(id),
        };
        let self_ty = lower(p, models, &cx, &def.self_ty);
        let cx = TyCx { self_ty: Some(self_ty.clone()), ..cx };
        selfs.push(self_ty);
        let (t, args) = match &def.trait_ {
            Some(path) => (
                cx.module
                    .and_then(|m| p.resolve(m, &path.segments).def)
                    .or_else(|| path.segments.last().map(|n| Def::Ext(n.clone()))),
                path.args.iter().map(|a| lower(p, models, &cx, a)).collect(),
            ),
            None => (None, Vec::new()),
        };
        traits.push(t);
        trait_args.push(args);
    }
    p.impl_self = selfs;
    p.impl_trait = traits;
    p.impl_trait_args = trait_args;
    for i in 0..p.impls.len() as u32 {
        let id = ImplId(i);
        if p.impl_def(id).is_some_and(|d| d.test) {
            continue;
        }
        if let Some(Some(Def::Trait(t))) = p.impl_trait.get(i as usize) {
            let t = *t;
            p.trait_impls.entry(t).or_default().push(id);
            if let Some(Ty::Adt(ty, _)) = p.impl_self.get(i as usize) {
                let ty = *ty;
                p.traits_of.entry(ty).or_default().push(t);
            }
        }
        let last = match p.impl_trait.get(i as usize) {
            Some(Some(Def::Trait(t))) => p.trait_def(*t).map(|t| t.name.clone()),
            Some(Some(Def::Ext(n))) => n.rsplit("::").next().map(Name::from),
            _ => None,
        };
        if let (Some(Ty::Adt(t, _)), Some(last)) = (p.impl_self.get(i as usize), last) {
            let t = *t;
            p.type_impls.entry((t, last)).or_default().push(id);
        }
    }
    let mut rows: Vec<(FuncId, Owner, Name, u32)> = Vec::new();
    for (u, unit) in p.units.iter().enumerate() {
        if let Content::Rust(r) = &unit.content {
            for (i, f) in r.funcs.iter().enumerate() {
                rows.push((p.func_id(u as u32, i as u32), f.owner, f.name.clone(), u as u32));
            }
        }
    }
    for (f, owner, name, u) in rows {
        match owner {
            Owner::Module => {}
            Owner::Trait(t) => {
                let t = p.trait_id(u, t);
                p.trait_methods.insert((t, name.clone()), f);
            }
            Owner::Impl(i) => {
                let id = p.impl_id(u, i);
                p.impl_funcs.insert((id, name.clone()), f);
                if p.impl_def(id).is_some_and(|d| d.test) {
                    continue;
                }
                match p.impl_self.get(id.0 as usize) {
                    Some(Ty::Adt(t, _)) => {
                        let key = (*t, name.clone());
                        let inherent = matches!(p.impl_trait.get(id.0 as usize), Some(None));
                        let list = p.methods.entry(key).or_default();
                        // Inherent methods come before those of traits.
                        if inherent { list.insert(0, f) } else { list.push(f) }
                    }
                    Some(Ty::Ext(n, _)) => {
                        let key = (n.clone(), name.clone());
                        p.ext_methods.entry(key).or_default().push(f);
                    }
                    Some(Ty::Param(_) | Ty::Traits(_) | Ty::Unknown) => {
                        p.blanket.entry(name.clone()).or_default().push(f);
                    }
                    _ => {}
                }
                p.by_name.entry(name).or_default().push(f);
            }
        }
    }
}

impl Program {
    /// Methods of a type of the workspace: inherent ones, else those of traits, else their defaults.
    #[must_use]
    pub fn methods_of(&self, ty: TypeId, name: &str) -> Vec<FuncId> {
        if let Some(list) = self.methods.get(&(ty, Name::from(name))) {
            let inherent: Vec<FuncId> = list
                .iter()
                .copied()
                .filter(|f| self.func_impl(*f).is_some_and(|i| matches!(self.impl_trait.get(i.0 as usize), Some(None))))
                .collect();
            return if inherent.is_empty() { list.clone() } else { inherent };
        }
        // A default method of a trait that the type implements.
        let name = Name::from(name);
        let traits = self.traits_of.get(&ty).map_or(&[][..], Vec::as_slice);
        let mut out: Vec<FuncId> =
            traits.iter().filter_map(|t| self.trait_methods.get(&(*t, name.clone())).copied()).collect();
        out.sort();
        out.dedup();
        out
    }

    /// Methods that traits of the workspace give to a type outside it.
    #[must_use]
    pub fn methods_of_ext(&self, ty: &str, name: &str) -> Vec<FuncId> {
        self.ext_methods.get(&(Name::from(ty), Name::from(name))).cloned().unwrap_or_default()
    }

    /// Methods of `impl<T> Trait for T`.
    #[must_use]
    pub fn blanket_methods(&self, name: &str) -> Vec<FuncId> {
        self.blanket.get(name).cloned().unwrap_or_default()
    }

    /// All methods of this name.
    #[must_use]
    pub fn methods_named(&self, name: &str) -> &[FuncId] {
        self.by_name.get(name).map_or(&[], Vec::as_slice)
    }

    /// The method of a trait as declared there.
    #[must_use]
    pub fn trait_method(&self, t: TraitId, name: &str) -> Option<FuncId> {
        self.trait_methods.get(&(t, Name::from(name))).copied().or_else(|| {
            // Of a supertrait.
            let def = self.trait_def(t)?;
            let (u, _) = *self.traits.get(t.0 as usize)?;
            let module = self.module_at(u, def.module);
            def.supers.iter().find_map(|s| match s {
                crate::ir::items::TypeRef::Path(path) => match self.resolve(module, &path.segments).def {
                    Some(Def::Trait(sup)) if sup != t => self.trait_methods.get(&(sup, Name::from(name))).copied(),
                    _ => None,
                },
                _ => None,
            })
        })
    }

    /// What a call of a trait's method may reach: every impl's own method, or the default where one lacks it.
    #[must_use]
    pub fn dispatch(&self, method: FuncId) -> Vec<FuncId> {
        let (Some(t), Some(f)) = (self.func_trait(method), self.func(method)) else { return vec![method] };
        let mut out = Vec::new();
        let mut default = self.trait_impls.get(&t).is_none_or(Vec::is_empty);
        for i in self.trait_impls.get(&t).into_iter().flatten() {
            match self.impl_funcs.get(&(*i, f.name.clone())) {
                Some(own) => out.push(*own),
                None => default = true,
            }
        }
        if default && f.body.is_some() {
            out.push(method);
        }
        out.sort();
        out.dedup();
        out
    }

    /// A method of an impl.
    #[must_use]
    pub fn impl_method(&self, i: ImplId, name: &str) -> Option<FuncId> {
        self.impl_funcs.get(&(i, Name::from(name))).copied()
    }

    /// Impls of a trait, known by its last segment, for a type of the workspace.
    #[must_use]
    pub fn impls_for(&self, ty: TypeId, trait_name: &str) -> &[ImplId] {
        self.type_impls.get(&(ty, Name::from(trait_name))).map_or(&[], Vec::as_slice)
    }

    /// `From<X> for T` impls where X is this type: `(T, from)`.
    #[must_use]
    pub fn conversions_from(&self, ty: TypeId) -> Vec<(Ty, FuncId)> {
        let mut out = Vec::new();
        for i in 0..self.impls.len() {
            let is_from =
                matches!(self.impl_trait.get(i), Some(Some(Def::Ext(n))) if matches!(n.as_str(), "From" | "TryFrom"));
            if !is_from {
                continue;
            }
            let takes = self.impl_trait_args.get(i).and_then(|a| a.first());
            if matches!(takes, Some(Ty::Adt(t, _)) if *t == ty) {
                let id = ImplId(i as u32);
                let f = self.impl_method(id, "from").or_else(|| self.impl_method(id, "try_from"));
                if let (Some(f), Some(target)) = (f, self.impl_self.get(i)) {
                    out.push((target.clone(), f));
                }
            }
        }
        out
    }
}
