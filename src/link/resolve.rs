//! Methods: whose they are, and which one a call means.

use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::infer::Target;
use super::program::{ConstId, CrateId, Def, FuncId, ImplId, Program, RowSignature, TraitId, TypeId};
use super::ty::{Subst, Ty, TyCx, def_cx, from_model, lower, lower_bounds};
use crate::ir::attr::{Attr, args};
use crate::ir::items::{Generic, Owner, TraitDef, TypeKind, TypeRef, VariantDef};
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
            module: Some(p.scope_at(u, def.module, def.parent)),
            generics: def.generics.iter().map(|g| g.name.clone()).collect(),
            impl_: Some(id),
            ..TyCx::default()
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
            match p.impl_self.get(i as usize) {
                Some(Ty::Adt(ty, _)) => {
                    let ty = *ty;
                    p.traits_of.entry(ty).or_default().push(t);
                }
                Some(Ty::Ext(n, _)) => {
                    let n = n.clone();
                    p.ext_traits.entry(n).or_default().push((t, id));
                }
                _ => {}
            }
        }
        if let Some(Ty::Adt(ty, _)) = p.impl_self.get(i as usize) {
            let ty = *ty;
            let names: Vec<Name> =
                p.impl_def(id).map(|d| d.assoc.iter().map(|(n, _)| n.clone()).collect()).unwrap_or_default();
            for name in names {
                p.assoc.entry((ty, name)).or_default().push(id);
            }
            if let Some(Some(Def::Ext(n))) = p.impl_trait.get(i as usize) {
                let n = n.clone();
                p.implementors.entry(n.clone()).or_default().push(ty);
                p.foreign_traits.entry(ty).or_default().push(n);
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
    index_handed_on(p);
    index_consts(p);
    index_methods(p);
    index_by_argument(p);
    index_conversions(p);
    index_offered(p, models);
    super::derives::index_macros(p);
}

/// Indexes methods that are parts of an answer: those of an impl with an attribute that says so, unless they are left out
/// (`#[graphql(skip)]`).
fn index_offered(p: &mut Program, models: &ModelSet) {
    let offers =
        |i: &ImplId| p.impl_def(*i).is_some_and(|d| !d.test && d.attrs.iter().any(|a| models.offers(a.name())));
    let skipped = |a: &Attr| args(&a.args).any(|arg| arg.name == "skip");
    let mut found = Vec::new();
    for f in (0..p.funcs.len() as u32).map(FuncId) {
        let Some(i) = p.func_impl(f).filter(offers) else { continue };
        let left_out = p.func(f).is_some_and(|d| d.attrs.iter().any(skipped));
        if let Some(Ty::Adt(t, _)) = p.impl_self.get(i.0 as usize) {
            found.push((*t, f, left_out));
        }
    }
    for (t, f, left_out) in found {
        match left_out {
            true => drop(p.left_out.insert(f)),
            false => p.offered.entry(t).or_default().push(f),
        }
    }
}

/// Indexes the enums that hand calls of a trait on: either names the other, by `#[enum_dispatch(Name)]`.
fn index_handed_on(p: &mut Program) {
    let is = |a: &&Attr| a.name() == "enum_dispatch";
    let named = |attrs: &[Attr], other: &str| attrs.iter().filter(is).any(|a| types_named(&a.args).any(|n| n == other));
    let says = |attrs: &[Attr]| attrs.iter().any(|a| is(&a));
    let traits: Vec<(TraitId, &TraitDef)> =
        (0..p.traits.len() as u32).map(TraitId).filter_map(|of| Some((of, p.trait_def(of)?))).collect();
    let (handed_on, others): (Vec<_>, Vec<_>) = traits.into_iter().partition(|(_, def)| says(&def.attrs));
    let mut found: Vec<(TypeId, TraitId)> = Vec::new();
    for t in (0..p.types.len() as u32).map(TypeId) {
        let Some(def) = p.type_def(t).filter(|d| matches!(d.kind, TypeKind::Enum(_))) else { continue };
        let others = if says(&def.attrs) { others.as_slice() } else { &[] };
        let names = |of: &TraitDef| named(&of.attrs, &def.name) || named(&def.attrs, &of.name);
        found.extend(handed_on.iter().chain(others).filter(|(_, of)| names(of)).map(|(of, _)| (t, *of)));
    }
    found.sort();
    for (t, of) in found {
        p.handed_on.entry(t).or_default().push(of);
        p.traits_of.entry(t).or_default().push(of);
    }
}

/// The types and traits that a text lists, without what they are given: `Cache` of `Cache<K, V>`.
fn types_named(text: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0i32;
    let parts = text.split(move |c| {
        match c {
            '<' => depth += 1,
            '>' => depth -= 1,
            _ => {}
        }
        c == ',' && depth == 0
    });
    parts.filter_map(|part| part.split('<').next()).map(str::trim)
}

/// Indexes associated constants: of impls, and of traits those that an impl leaves as they are.
fn index_consts(p: &mut Program) {
    let mut of_traits = Vec::new();
    let mut said: FxHashSet<(ImplId, Name)> = FxHashSet::default();
    for c in 0..p.consts.len() as u32 {
        let id = ConstId(c);
        let (Some((u, _)), Some(def)) = (p.consts.get(c as usize).copied(), p.const_def(id)) else { continue };
        let name = def.name.clone();
        match def.owner {
            Owner::Impl(i) => {
                let i = p.impl_id(u, i);
                said.insert((i, name.clone()));
                if let Some(Ty::Adt(t, _)) = p.impl_self.get(i.0 as usize) {
                    p.assoc_consts.entry((*t, name)).or_default().push(id);
                }
            }
            Owner::Trait(t) if def.init.is_some() => of_traits.push((p.trait_id(u, t), name, id)),
            Owner::Trait(_) | Owner::Module => {}
        }
    }
    for (t, name, id) in of_traits {
        for i in p.trait_impls.get(&t).cloned().unwrap_or_default() {
            if let Some(Ty::Adt(of, _)) = p.impl_self.get(i.0 as usize)
                && !said.contains(&(i, name.clone()))
            {
                p.assoc_consts.entry((*of, name.clone())).or_default().push(id);
            }
        }
    }
}

/// Indexes methods by the types that have them.
fn index_methods(p: &mut Program) {
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
                if let Some(Some(Def::Ext(of))) = p.impl_trait.get(id.0 as usize)
                    && of.contains("::")
                {
                    let of = of.clone();
                    p.foreign_methods.entry(of).or_default().entry(name.clone()).or_default().push(f);
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
                        let n = n.clone();
                        p.ext_methods.entry(n).or_default().entry(name.clone()).or_default().push(f);
                    }
                    Some(Ty::Tuple(_)) => p.tuple_methods.entry(name.clone()).or_default().push(f),
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

/// Indexes the functions that are methods of whatever is given with a value of a type.
fn index_by_argument(p: &mut Program) {
    let mut found = Vec::new();
    for (u, unit) in (0..).zip(&p.units) {
        let Content::Rust(r) = &unit.content else { continue };
        found.extend(r.by_argument.iter().map(|f| p.func_id(u, *f)));
    }
    for f in found {
        let of = p.func_impl(f).and_then(|i| p.impl_self.get(i.0 as usize));
        if let (Some(Ty::Adt(t, _)), Some(def)) = (of, p.func(f)) {
            let (t, name) = (*t, def.name.clone());
            p.by_argument.entry(name).or_default().insert(t, f);
        }
    }
}

/// Indexes `impl From<X> for T` by X.
fn index_conversions(p: &mut Program) {
    for i in 0..p.impls.len() {
        let is_from =
            matches!(p.impl_trait.get(i), Some(Some(Def::Ext(n))) if matches!(n.as_str(), "From" | "TryFrom"));
        let takes = p.impl_trait_args.get(i).and_then(|a| a.first());
        if let (true, Some(Ty::Adt(from, _))) = (is_from, takes) {
            let (from, id) = (*from, ImplId(i as u32));
            let f = p.impl_method(id, "from").or_else(|| p.impl_method(id, "try_from"));
            if let (Some(f), Some(target)) = (f, p.impl_self.get(i).cloned()) {
                p.conversions.entry(from).or_default().push((target, f));
            }
        }
    }
}

impl Program {
    /// Whether a function may be called as a method in another one: one of a type's own that is not `pub` only within
    /// its crate.
    #[must_use]
    pub fn is_visible(&self, f: FuncId, from: FuncId) -> bool {
        let of_trait = self.func_impl(f).is_none_or(|i| !matches!(self.impl_trait.get(i.0 as usize), Some(None)));
        let krate = |f| self.module(self.func_module(f)).map(|m| m.krate);
        // What no module reaches may be of any crate.
        let reached = |k: CrateId| {
            let root = self.crates.get(k.0 as usize).and_then(|c| self.module(c.root));
            let unit = root.and_then(|m| self.units.get(m.unit as usize));
            unit.is_some_and(|unit| !self.orphans.contains(&unit.file))
        };
        let within = || match (krate(from), krate(f)) {
            (Some(from), Some(of)) => from == of || self.shares.contains(&(from, of)) || !reached(from) || !reached(of),
            _ => true,
        };
        of_trait || self.func(f).is_some_and(|def| def.exported) || within()
    }

    /// Methods of a type that are parts of an answer.
    #[must_use]
    pub fn offered_of(&self, t: TypeId) -> &[FuncId] {
        self.offered.get(&t).map_or(&[], Vec::as_slice)
    }

    /// Whether a method is left out of the answers that others of its impl are parts of.
    #[must_use]
    pub fn is_left_out(&self, f: FuncId) -> bool {
        self.left_out.contains(&f)
    }

    /// Methods of a type of the workspace: inherent ones, else those of traits, else their defaults.
    #[must_use]
    pub fn methods_of(&self, ty: TypeId, name: &str) -> Vec<FuncId> {
        match self.alternative_types.get(&ty) {
            None => self.methods_of_one(ty, name),
            // Its own first: what they give is told by that.
            Some(all) => {
                let others = all.iter().filter(|t| **t != ty);
                std::iter::once(&ty).chain(others).flat_map(|t| self.methods_of_one(*t, name)).collect()
            }
        }
    }

    fn methods_of_one(&self, ty: TypeId, name: &str) -> Vec<FuncId> {
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

    /// The variants of an enum that hands calls on, with the types that they hold.
    #[must_use]
    pub fn variants_of(&self, ty: TypeId) -> Vec<(u32, TypeId)> {
        let (true, Some(TypeKind::Enum(variants)), Some(module)) =
            (self.handed_on.contains_key(&ty), self.type_def(ty).map(|d| &d.kind), def_cx(self, ty, &[]).module)
        else {
            return Vec::new();
        };
        // A variant without content holds the type of its name.
        let held = |(i, v): (u32, &VariantDef)| {
            let def = match v.fields.first().map(|f| &f.ty) {
                Some(TypeRef::Path(path)) => self.resolve(module, &path.segments).def,
                Some(_) => None,
                None => self.resolve(module, std::slice::from_ref(&v.name)).def,
            };
            if let Some(Def::Type(t)) = def { Some((i, t)) } else { None }
        };
        (0..).zip(variants).filter_map(held).collect()
    }

    /// The methods that a call on an enum is handed on to: those of what its variants hold.
    #[must_use]
    pub fn methods_of_variants(&self, ty: TypeId, name: &str) -> Option<Vec<FuncId>> {
        self.handed_on.get(&ty)?.iter().find(|t| self.trait_method(**t, name).is_some())?;
        if self.methods.contains_key(&(ty, Name::from(name))) {
            return None;
        }
        let types = self.variants_of(ty).into_iter().map(|(_, t)| t);
        let mut out: Vec<FuncId> = types.flat_map(|t| self.methods_of(t, name)).collect();
        out.sort();
        out.dedup();
        (!out.is_empty()).then_some(out)
    }

    /// What a type makes of a trait's method: its impls' own, else the trait's default.
    #[must_use]
    pub fn methods_of_trait(&self, ty: TypeId, method: FuncId) -> Vec<FuncId> {
        let (Some(of), Some(def)) = (self.func_trait(method), self.func(method)) else { return Vec::new() };
        let here = |f: &FuncId| {
            let of_impl = self.func_impl(*f).and_then(|i| self.impl_trait.get(i.0 as usize));
            matches!(of_impl, Some(Some(Def::Trait(t))) if *t == of)
        };
        let list = self.methods.get(&(ty, def.name.clone())).map_or(&[][..], Vec::as_slice);
        let found: Vec<FuncId> = list.iter().copied().filter(here).collect();
        if found.is_empty() && self.implements(ty, of) { vec![method] } else { found }
    }

    /// Methods that traits of the workspace give to a type outside it.
    #[must_use]
    pub fn methods_of_ext(&self, ty: &str, name: &str) -> Vec<FuncId> {
        self.ext_methods.get(ty).and_then(|of| of.get(name)).cloned().unwrap_or_default()
    }

    /// Methods that traits of the workspace give to tuples.
    #[must_use]
    pub fn methods_of_tuples(&self, name: &str) -> &[FuncId] {
        self.tuple_methods.get(name).map_or(&[], Vec::as_slice)
    }

    /// Default methods that traits of the workspace give to a type outside it, with the impls that give them.
    pub fn defaults_of_ext(&self, ty: &str, name: &str) -> impl Iterator<Item = (FuncId, ImplId)> {
        let method = move |t: &TraitId| self.trait_methods.get(&(*t, Name::from(name))).copied();
        self.ext_traits.get(ty).into_iter().flatten().filter_map(move |(t, i)| Some((method(t)?, *i)))
    }

    /// Methods that impls here give to a trait outside the workspace.
    #[must_use]
    pub fn methods_of_foreign_trait(&self, of: &str, name: &str) -> &[FuncId] {
        self.foreign_methods.get(of).and_then(|of| of.get(name)).map_or(&[], Vec::as_slice)
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

    /// The method of a trait as declared there or in one that it builds on.
    #[must_use]
    pub fn trait_method(&self, t: TraitId, name: &str) -> Option<FuncId> {
        let name = Name::from(name);
        if let Some(f) = self.trait_methods.get(&(t, name.clone())) {
            return Some(*f);
        }
        self.all_supertraits(t).into_iter().find_map(|t| self.trait_methods.get(&(t, name.clone())).copied())
    }

    /// Whether a trait is another or builds on it.
    #[must_use]
    pub fn builds_on(&self, t: TraitId, base: TraitId) -> bool {
        t == base || self.all_supertraits(t).contains(&base)
    }

    /// The impls of a trait.
    pub(super) fn impls_of(&self, t: TraitId) -> &[ImplId] {
        self.trait_impls.get(&t).map_or(&[], Vec::as_slice)
    }

    /// What impls of traits say that an associated type is, each once, as far as they know; none if that is more than
    /// `most`.
    #[must_use]
    pub fn said_of_assoc(&self, models: &ModelSet, traits: &[TraitId], name: &str, most: usize) -> Vec<Ty> {
        let mut out = Vec::new();
        for i in traits.iter().flat_map(|t| self.impls_of(*t)).filter(|i| !self.is_test_impl(**i)) {
            let args = self.impl_self.get(i.0 as usize).map_or(&[][..], Ty::args);
            let known = |ty: &Ty| matches!(ty, Ty::Adt(..) | Ty::Ext(..) | Ty::Tuple(_));
            let said = self.impl_assoc(models, *i, name, args).filter(|ty| known(ty) && !out.contains(ty));
            out.extend(said);
            if out.len() > most {
                return Vec::new();
            }
        }
        out
    }

    /// Whether an impl is test code.
    fn is_test_impl(&self, i: ImplId) -> bool {
        let (Some(def), Some((unit, _))) = (self.impl_def(i), self.impls.get(i.0 as usize)) else { return false };
        def.test || self.tests.get(self.module_at(*unit, def.module).0 as usize).copied().unwrap_or(false)
    }

    /// A trait and the traits of the workspace that it builds on, itself first.
    pub(super) fn all_supertraits(&self, t: TraitId) -> Vec<TraitId> {
        let mut seen = vec![t];
        let mut at = 0;
        while let Some(t) = seen.get(at).copied() {
            for sup in self.supertraits(t) {
                if !seen.contains(&sup) {
                    seen.push(sup);
                }
            }
            at += 1;
        }
        seen
    }

    /// The bounds that an impl has for a parameter of its, as a type.
    #[must_use]
    pub fn impl_bound(&self, models: &ModelSet, i: ImplId, of: &Generic) -> Ty {
        let (Some(def), Some((u, _))) = (self.impl_def(i), self.impls.get(i.0 as usize)) else { return Ty::Unknown };
        let cx = TyCx {
            module: Some(self.module_at(*u, def.module)),
            generics: def.generics.iter().map(|g| g.name.clone()).collect(),
            self_ty: self.impl_self.get(i.0 as usize).cloned(),
            impl_: Some(i),
            ..TyCx::default()
        };
        lower_bounds(self, models, &cx, &of.bounds, 0)
    }

    /// Whether a type implements a trait of the workspace.
    #[must_use]
    pub fn implements(&self, ty: TypeId, t: TraitId) -> bool {
        self.traits_of.get(&ty).is_some_and(|ts| ts.contains(&t))
    }

    /// Whether an impl for all types with a bound of another crate (`impl<E: Error> Failure for E`) is for a type, as far
    /// as its impls and derives tell.
    #[must_use]
    pub fn is_by_blanket(&self, ty: TypeId, t: TraitId) -> bool {
        let bound = |of: &TypeRef| match of {
            TypeRef::Path(path) => path.segments.last().is_some_and(|last| {
                !self.impls_for(ty, last).is_empty()
                    || self.type_def(ty).is_some_and(|def| def.derives.iter().any(|d| d == last))
            }),
            _ => false,
        };
        let blanket = |i: &ImplId| {
            let (Some(Ty::Param(name)), Some(def)) = (self.impl_self.get(i.0 as usize), self.impl_def(*i)) else {
                return false;
            };
            def.generics.iter().find(|g| g.name == *name).is_some_and(|g| g.bounds.iter().any(bound))
        };
        self.impls_of(t).iter().any(blanket)
    }

    /// Traits of the workspace that a trait builds on directly.
    fn supertraits(&self, t: TraitId) -> Vec<TraitId> {
        let (Some(def), Some((u, _))) = (self.trait_def(t), self.traits.get(t.0 as usize)) else { return Vec::new() };
        let module = self.module_at(*u, def.module);
        let of = |s: &TypeRef| match s {
            TypeRef::Path(path) => match self.resolve(module, &path.segments).def {
                Some(Def::Trait(sup)) => Some(sup),
                _ => None,
            },
            _ => None,
        };
        def.supers.iter().filter_map(of).collect()
    }

    /// What a call of a trait's method may reach, as the list that all its calls have in common; nothing for another
    /// function.
    #[must_use]
    pub fn dispatched(&self, method: FuncId) -> Option<&Arc<[Target]>> {
        let slot = self.dispatched.get(&method)?;
        Some(slot.get_or_init(|| self.dispatch(method).into_iter().map(Target::Func).collect()))
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

    /// What a call of a function may reach: itself, or for a trait's method what [`Program::dispatch`] says.
    #[must_use]
    pub fn reached(&self, f: FuncId) -> Vec<FuncId> {
        match self.func_trait(f) {
            Some(_) => self.dispatch(f),
            None => vec![f],
        }
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
    pub fn conversions_from(&self, ty: TypeId) -> &[(Ty, FuncId)] {
        self.conversions.get(&ty).map_or(&[], Vec::as_slice)
    }

    /// Impls of a type that say what an associated type of this name is.
    #[must_use]
    pub fn assoc_impls(&self, ty: TypeId, name: &str) -> &[ImplId] {
        self.assoc.get(&(ty, Name::from(name))).map_or(&[], Vec::as_slice)
    }

    /// What an impl says an associated type is, for these arguments of its type.
    #[must_use]
    pub fn impl_assoc(&self, models: &ModelSet, i: ImplId, name: &str, args: &[Ty]) -> Option<Ty> {
        let def = self.impl_def(i)?;
        let (_, ty) = def.assoc.iter().find(|(n, _)| n == name)?;
        let (u, _) = *self.impls.get(i.0 as usize)?;
        let self_ty = self.impl_self.get(i.0 as usize)?;
        let cx = TyCx {
            module: Some(self.scope_at(u, def.module, def.parent)),
            generics: def.generics.iter().map(|g| g.name.clone()).collect(),
            self_ty: Some(self_ty.clone()),
            impl_: Some(i),
            ..TyCx::default()
        };
        let s: Subst = self_ty
            .args()
            .iter()
            .zip(args)
            .filter_map(|(p, a)| if let Ty::Param(n) = p { Some((n.clone(), a.clone())) } else { None })
            .collect();
        Some(lower(self, models, &cx, ty).subst(&s))
    }

    /// Traits outside the workspace that a type implements, by canonical path.
    #[must_use]
    pub fn foreign_traits(&self, ty: TypeId) -> &[Name] {
        self.foreign_traits.get(&ty).map_or(&[], Vec::as_slice)
    }

    /// The types that implement a trait outside the workspace, by its canonical path.
    #[must_use]
    pub fn implementors(&self, of: &str) -> &[TypeId] {
        self.implementors.get(of).map_or(&[], Vec::as_slice)
    }

    /// Associated constants of a type: several, where a `cfg` chooses one or traits of it have one each.
    #[must_use]
    pub fn assoc_consts(&self, ty: TypeId, name: &str) -> &[ConstId] {
        self.assoc_consts.get(&(ty, Name::from(name))).map_or(&[], Vec::as_slice)
    }

    /// The types of a model row.
    #[must_use]
    pub fn row_signature(&self, models: &ModelSet, row: u32) -> Option<&RowSignature> {
        let slot = self.rows.get(row as usize)?;
        Some(slot.get_or_init(|| {
            let this = Ty::Param("Self".into());
            models.row(row).map_or_else(RowSignature::default, |r| RowSignature {
                self_ty: r.self_ty.as_ref().map(|t| from_model(models, t, &this)),
                params: r.params.iter().map(|(_, t)| from_model(models, t, &this)).collect(),
                ret: from_model(models, &r.ret, &this),
            })
        }))
    }
}
