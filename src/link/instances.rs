//! Instances: functions that are read once more with something known of their types.
//!
//! A default method whose body asks its own type for something is a function of each impl that does not replace it:
//! `fn shown(&self) { self.text() }` calls what the type itself says. A function that is generic is one for the types
//! that a caller brings, where these decide what it calls (see [`super::specialise`]).

use std::collections::BTreeSet;
use std::sync::OnceLock;

use super::program::{FuncId, ImplId, Program, TraitId, TypeId};
use super::ty::{Subst, Ty};
use crate::ir::Name;
use crate::ir::body::{Callee, Func};
use crate::limits::INSTANCES;

/// A function that is read once more.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Instance {
    /// What is written.
    written: FuncId,
    /// The impl that it is of.
    impl_: Option<ImplId>,
    /// What is known of its types.
    known: Known,
}

/// What is known of the types of an instance.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Known {
    /// What generic parameters stand for.
    pub generics: Subst,
    /// What is given for parameters that are declared by their traits alone.
    pub params: Vec<(u32, Ty)>,
}

impl Program {
    /// Adds the default methods of impls.
    pub(super) fn add_instances(&mut self) {
        let traits: Vec<(TraitId, Vec<ImplId>)> = self.trait_impls.iter().map(|(t, i)| (*t, i.clone())).collect();
        for (t, impls) in traits {
            for f in self.asking_defaults(t) {
                self.add_instances_of(f, &impls);
            }
            self.add_blanket_defaults(t, &impls);
        }
    }

    /// Default methods that an impl for every type, or for all with a bound, gives: `impl<T> Ext for T {}`.
    fn add_blanket_defaults(&mut self, t: TraitId, impls: &[ImplId]) {
        let blanket = |i: &&ImplId| matches!(self.impl_self.get(i.0 as usize), Some(Ty::Param(_)));
        let blanket: Vec<ImplId> = impls.iter().filter(blanket).copied().collect();
        if blanket.is_empty() {
            return;
        }
        let own = self
            .trait_methods
            .iter()
            .filter(|((of, _), f)| *of == t && self.func(**f).is_some_and(|d| d.body.is_some()));
        let mut defaults: Vec<(FuncId, Name)> = own.map(|((_, name), f)| (*f, name.clone())).collect();
        defaults.sort();
        for (f, name) in defaults {
            let Some(body) = self.funcs.get(f.0 as usize).copied() else { continue };
            for i in &blanket {
                if self.instances.len() >= INSTANCES || self.impl_funcs.contains_key(&(*i, name.clone())) {
                    continue;
                }
                let id = FuncId(self.funcs.len() as u32);
                self.funcs.push(body);
                self.instances.insert(id, Instance { written: f, impl_: Some(*i), known: Known::default() });
                self.impl_funcs.insert((*i, name.clone()), id);
                self.blanket.entry(name.clone()).or_default().push(id);
            }
        }
    }

    /// Default methods of a trait that call methods of it, or of one that it builds on.
    fn asking_defaults(&self, t: TraitId) -> Vec<FuncId> {
        let asked = self.trait_methods.keys().filter(|(of, _)| self.builds_on(t, *of));
        let names: BTreeSet<Name> = asked.map(|(_, name)| name.clone()).collect();
        let own = self.trait_methods.iter().filter(|((of, _), _)| *of == t).map(|(_, f)| *f);
        let mut out: Vec<FuncId> = own.filter(|f| self.asks_self(*f, &names)).collect();
        out.sort();
        out
    }

    fn asks_self(&self, f: FuncId, names: &BTreeSet<Name>) -> bool {
        let Some(def) = self.func(f).filter(|d| d.body.is_some()) else { return false };
        let of_self =
            |p: &crate::ir::items::Path| p.segments.len() > 1 && p.segments.first().is_some_and(|s| s == "Self");
        def.paths.iter().any(of_self)
            || def
                .calls()
                .iter()
                .any(|(_, callee, _)| matches!(callee, Callee::Method { name, .. } if names.contains(name)))
    }

    fn add_instances_of(&mut self, f: FuncId, impls: &[ImplId]) {
        let (Some(body), Some(name)) = (self.funcs.get(f.0 as usize).copied(), self.func(f).map(|d| d.name.clone()))
        else {
            return;
        };
        let mut replaced = true;
        for i in
            impls.iter().filter(|i| !self.impl_funcs.contains_key(&(**i, name.clone()))).copied().collect::<Vec<_>>()
        {
            let of = self.impl_self.get(i.0 as usize).cloned();
            if self.instances.len() >= INSTANCES || !matches!(of, Some(Ty::Adt(..) | Ty::Ext(..))) {
                replaced = false;
                continue;
            }
            let id = FuncId(self.funcs.len() as u32);
            self.funcs.push(body);
            self.instances.insert(id, Instance { written: f, impl_: Some(i), known: Known::default() });
            self.impl_funcs.insert((i, name.clone()), id);
            match of {
                Some(Ty::Adt(t, _)) => self.methods.entry((t, name.clone())).or_default().push(id),
                Some(Ty::Ext(n, _)) => self.ext_methods.entry(n).or_default().entry(name.clone()).or_default().push(id),
                _ => {}
            }
            self.read_as.entry(f).or_insert(id);
        }
        if replaced && self.read_as.contains_key(&f) {
            self.templates.insert(f);
        }
    }

    /// The function as it is where this is known of its types; itself if there are too many of them.
    pub(super) fn specialised(&mut self, f: FuncId, known: Known) -> FuncId {
        let Some(body) = self.funcs.get(f.0 as usize).copied() else { return f };
        let instance = Instance { written: self.as_written(f), impl_: self.func_impl(f), known };
        if let Some(id) = self.instance_ids.get(&instance) {
            return *id;
        }
        if self.instances.len() >= INSTANCES {
            return f;
        }
        let id = FuncId(self.funcs.len() as u32);
        self.funcs.push(body);
        self.signatures.push(OnceLock::new());
        self.func_paths.push(OnceLock::new());
        self.generic.push(self.is_generic(f));
        self.instance_ids.insert(instance.clone(), id);
        self.instances.insert(id, instance);
        id
    }

    /// The instance of a function for what is in the object that it is a method of; itself if there is none.
    #[must_use]
    pub fn for_kind(&self, f: FuncId, t: TypeId) -> FuncId {
        let known = Known { params: vec![(0, Ty::Adt(t, [].into()))], ..Known::default() };
        let instance = Instance { written: self.as_written(f), impl_: self.func_impl(f), known };
        self.instance_ids.get(&instance).copied().unwrap_or(f)
    }

    /// The instances of a function for the types that may be in the object that it is a method of.
    pub fn for_kinds(&self, f: FuncId) -> impl Iterator<Item = FuncId> {
        let first = Instance { written: f, impl_: None, known: Known::default() };
        self.instance_ids.range(first..).take_while(move |(i, _)| i.written == f).map(|(_, id)| *id)
    }

    /// Adds a function that calls all that a call of a declared method may reach.
    pub(super) fn add_dispatcher(&mut self, declared: FuncId, calling: Func) -> Option<FuncId> {
        let place = self.funcs.get(declared.0 as usize).copied()?;
        let id = FuncId(self.funcs.len() as u32);
        self.funcs.push(place);
        self.signatures.push(OnceLock::new());
        self.func_paths.push(OnceLock::new());
        self.generic.push(false);
        self.instances.insert(id, Instance { written: declared, impl_: None, known: Known::default() });
        self.dispatchers.insert(id, calling);
        Some(id)
    }

    /// Whether nobody wrote it: it calls all that a call may reach.
    #[must_use]
    pub fn is_dispatcher(&self, id: FuncId) -> bool {
        self.dispatchers.contains_key(&id)
    }

    /// Whether a caller may decide what a function calls.
    pub(super) fn is_generic(&self, f: FuncId) -> bool {
        self.generic.get(f.0 as usize).copied().unwrap_or(false)
    }

    /// What is known of the types of an instance.
    #[must_use]
    pub fn known(&self, id: FuncId) -> Option<&Known> {
        self.instances.get(&id).map(|i| &i.known)
    }

    /// Functions as written, and then their instances.
    pub fn all_ids(&self) -> impl Iterator<Item = FuncId> + use<> {
        (0..self.funcs.len() as u32).map(FuncId)
    }

    /// Instances, with what is written of them.
    pub fn instances(&self) -> impl Iterator<Item = (FuncId, FuncId)> {
        self.instances.iter().map(|(id, i)| (*id, i.written))
    }

    /// The function as it is written.
    #[must_use]
    pub fn as_written(&self, id: FuncId) -> FuncId {
        self.instances.get(&id).map_or(id, |i| i.written)
    }

    /// A function in which what it says can be read: the first default method of an impl, or itself.
    #[must_use]
    pub fn read_as(&self, id: FuncId) -> FuncId {
        self.read_as.get(&id).copied().unwrap_or(id)
    }

    /// Whether nothing runs it but as an instance.
    #[must_use]
    pub fn is_template(&self, id: FuncId) -> bool {
        self.templates.contains(&id)
    }

    /// The impl that an instance is of.
    pub(super) fn instance_impl(&self, id: FuncId) -> Option<ImplId> {
        self.instances.get(&id)?.impl_
    }
}
