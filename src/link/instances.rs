//! Default methods by the types that take them: `fn shown(&self) { self.text() }` calls what the type itself says.
//!
//! A default method whose body asks its own type for something is a function of each impl that does not replace it:
//! the same text, in which `Self` is known.

use std::collections::BTreeSet;

use super::program::{FuncId, ImplId, Program, TraitId};
use super::ty::Ty;
use crate::ir::Name;
use crate::ir::body::Callee;
use crate::limits::INSTANCES;

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
                self.instances.insert(id, (f, *i));
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
            self.instances.insert(id, (f, i));
            self.impl_funcs.insert((i, name.clone()), id);
            match of {
                Some(Ty::Adt(t, _)) => self.methods.entry((t, name.clone())).or_default().push(id),
                Some(Ty::Ext(n, _)) => self.ext_methods.entry((n, name.clone())).or_default().push(id),
                _ => {}
            }
            self.read_as.entry(f).or_insert(id);
        }
        if replaced && self.read_as.contains_key(&f) {
            self.templates.insert(f);
        }
    }

    /// Functions as written, and then the default methods of impls.
    pub fn all_ids(&self) -> impl Iterator<Item = FuncId> + use<> {
        (0..self.funcs.len() as u32).map(FuncId)
    }

    /// Default methods of impls, with what is written of them.
    pub fn instances(&self) -> impl Iterator<Item = (FuncId, FuncId)> {
        self.instances.iter().map(|(id, (f, _))| (*id, *f))
    }

    /// The function as it is written.
    #[must_use]
    pub fn as_written(&self, id: FuncId) -> FuncId {
        self.instances.get(&id).map_or(id, |(f, _)| *f)
    }

    /// A function in which what it says can be read: the first default method of an impl, or itself.
    #[must_use]
    pub fn read_as(&self, id: FuncId) -> FuncId {
        self.read_as.get(&id).copied().unwrap_or(id)
    }

    /// Whether nothing runs it but as a default method of an impl.
    #[must_use]
    pub fn is_template(&self, id: FuncId) -> bool {
        self.templates.contains(&id)
    }

    /// The impl that a default method is of.
    pub(super) fn instance_impl(&self, id: FuncId) -> Option<ImplId> {
        self.instances.get(&id).map(|(_, i)| *i)
    }
}
