//! Functions, constants and types of one path, and imports of one name, of which a `cfg` chooses one: whoever names that
//! may mean each.

use std::collections::BTreeMap;

use super::program::{ConstId, Def, FuncId, ModId, Program, TypeId};
use crate::ir::Name;
use crate::ir::items::Owner;

impl Program {
    /// Finds the functions and constants that stand beside others of the same path, all of them under a `cfg`.
    pub(super) fn index_alternatives(&mut self) {
        let mut by_path: BTreeMap<(u32, &str, &str, bool), Vec<FuncId>> = BTreeMap::new();
        for id in self.func_ids() {
            let Some(f) = self.func(id).filter(|f| f.owner == Owner::Module && f.parent.is_none()) else { continue };
            let Some(m) = self.module(self.func_module(id)) else { continue };
            by_path.entry((m.krate.0, &m.path, &f.name, self.is_initialiser(id))).or_default().push(id);
        }
        let chosen = |f: &FuncId| !self.is_test(*f) && self.cfgs_of(*f).next().is_some();
        let mut found = BTreeMap::new();
        // Few paths have several functions: only of these it is asked what they stand under.
        for mut all in by_path.into_values().filter(|all| all.len() > 1) {
            all.retain(chosen);
            if all.len() > 1 {
                found.extend(all.iter().map(|f| (*f, all.clone())));
            }
        }
        self.alternatives = found;
        self.imported = self.imported_alternatives();
        self.alternative_types = self.types_of_one_path();
    }

    /// The functions that a module imports under one name: of two, a `cfg` chooses one.
    fn imported_alternatives(&self) -> BTreeMap<(ModId, FuncId), Vec<FuncId>> {
        let mut found = BTreeMap::new();
        for m in (0..self.mods.len() as u32).map(ModId) {
            let mut several: Vec<&Vec<Vec<Name>>> =
                self.module(m).into_iter().flat_map(|m| m.uses.values()).filter(|paths| paths.len() > 1).collect();
            several.sort_unstable();
            for paths in several {
                let named = |path: &Vec<Name>| match self.resolve(m, path) {
                    res if !res.rest.is_empty() => None,
                    res => {
                        if let Some(Def::Func(f)) = res.def {
                            Some(f)
                        } else {
                            None
                        }
                    }
                };
                let mut all: Vec<FuncId> = paths.iter().filter_map(named).collect();
                all.sort_unstable();
                all.dedup();
                if all.len() > 1 {
                    found.extend(all.iter().map(|f| ((m, *f), all.clone())));
                }
            }
        }
        found
    }

    /// The types that stand beside others of the same path, all of them under a `cfg`.
    fn types_of_one_path(&self) -> BTreeMap<TypeId, Vec<TypeId>> {
        let mut by_path: BTreeMap<(u32, &str, &str), Vec<TypeId>> = BTreeMap::new();
        for id in (0..self.types.len() as u32).map(TypeId) {
            let Some(def) = self.type_def(id).filter(|d| d.parent.is_none() && !d.test) else { continue };
            let Some(m) = self.module(self.type_module(id)) else { continue };
            by_path.entry((m.krate.0, &m.path, &def.name)).or_default().push(id);
        }
        let chosen = |t: &TypeId| {
            let own = self.type_def(*t).is_some_and(|d| d.attrs.iter().any(|a| a.path == "cfg"));
            own || self.cfgs_around(self.type_module(*t)).next().is_some()
        };
        let mut found = BTreeMap::new();
        for mut all in by_path.into_values().filter(|all| all.len() > 1) {
            all.retain(chosen);
            if all.len() > 1 {
                found.extend(all.iter().map(|t| (*t, all.clone())));
            }
        }
        found
    }

    /// A function, with those that a `cfg` may put in its place.
    #[must_use]
    pub fn alternatives_of<'a>(&'a self, f: &'a FuncId) -> &'a [FuncId] {
        self.alternatives.get(f).map_or(std::slice::from_ref(f), Vec::as_slice)
    }

    /// What a call of a function by its path may be in another, if a `cfg` may put others in its place: all of these, but
    /// where the caller stands under the same.
    #[must_use]
    pub fn called_as(&self, f: FuncId, caller: FuncId) -> Option<Vec<FuncId>> {
        if let Some(all) = self.imported.get(&(self.body_scope(caller), f)) {
            return Some(all.clone());
        }
        let all = self.alternatives.get(&f)?;
        let from = self.func_module(caller);
        let with_caller = |g: &FuncId| *g == f || !self.apart(f, *g).is_some_and(|m| self.is_within(from, m));
        let all: Vec<FuncId> = all.iter().copied().filter(with_caller).collect();
        let under = |g: &FuncId| self.cfgs_of(*g).any(|cfg| self.cfgs_of(caller).any(|own| own == cfg));
        let same: Vec<FuncId> = all.iter().copied().filter(under).collect();
        Some(if same.is_empty() { all } else { same })
    }

    /// What a constant that is named may be in another, if a `cfg` may put others in its place.
    #[must_use]
    pub fn named_as(&self, c: ConstId, by: FuncId) -> Option<Vec<ConstId>> {
        let all = self.called_as(self.initialiser(c)?, by)?;
        Some(all.into_iter().filter_map(|f| self.initialised_by(f)).collect())
    }

    /// Whether a type is another, or a `cfg` chooses between them.
    #[must_use]
    pub fn may_be_another(&self, t: TypeId, other: TypeId) -> bool {
        t == other || self.alternative_types.get(&t).is_some_and(|all| all.contains(&other))
    }

    /// The outermost module around a function that is not around another, if there is one.
    fn apart(&self, f: FuncId, other: FuncId) -> Option<ModId> {
        let beside = self.func_module(other);
        let mut at = self.func_module(f);
        if self.is_within(beside, at) {
            return None;
        }
        while let Some(up) = self.module(at).and_then(|m| m.parent).filter(|up| !self.is_within(beside, *up)) {
            at = up;
        }
        Some(at)
    }

    /// The `cfg`s that a function stands under, its own first.
    fn cfgs_of(&self, f: FuncId) -> impl Iterator<Item = &str> {
        let own = self.func(f).into_iter().flat_map(|f| &f.attrs).filter(|a| a.path == "cfg").map(|a| a.args.as_str());
        own.chain(self.cfgs_around(self.func_module(f)))
    }

    /// The `cfg`s that a module stands under.
    fn cfgs_around(&self, module: ModId) -> impl Iterator<Item = &str> {
        let around = std::iter::successors(self.module(module), |m| self.module(m.parent?));
        around.flat_map(|m| {
            // That of a file stands where it is declared.
            let (unit, declared) = match m.parent.filter(|_| m.index == 0).and_then(|up| self.module(up)) {
                Some(up) => (up.unit, Some(up.index)),
                None => (m.unit, None),
            };
            let name = m.path.rsplit("::").next().unwrap_or("");
            let list = self.rust(unit).map_or(&[][..], |r| &r.modules);
            let is = move |(i, d): &(usize, &crate::ir::items::Module)| match declared {
                Some(parent) => d.external && d.name == name && d.parent == parent,
                None => *i == m.index as usize,
            };
            list.iter().enumerate().filter(is).flat_map(|(_, d)| d.cfgs.iter().map(String::as_str))
        })
    }
}
