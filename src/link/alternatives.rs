//! Functions, constants and types of one path, and imports of one name, of which a `cfg` chooses one: whoever names that
//! may mean each.

use std::collections::{BTreeMap, BTreeSet};

use super::program::{ConstId, Def, FuncId, ModId, Program, TypeId};
use crate::ir::Name;
use crate::ir::items::Owner;

/// How many modules a name may be imported through that a `cfg` chooses.
const HANDED_ON: usize = 8;

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

    /// The functions that a module has or imports under one name: of two, a `cfg` chooses one.
    fn imported_alternatives(&self) -> BTreeMap<(ModId, FuncId), Vec<FuncId>> {
        let mut found = BTreeMap::new();
        for m in self.mod_ids() {
            for (name, paths) in self.imports(m) {
                let mut all: Vec<FuncId> = paths.iter().filter_map(|path| self.function_at(m, path)).collect();
                all.extend(self.own_functions(m, name));
                add_alternatives(m, all, &mut found);
            }
            self.globbed_alternatives(m, &mut found);
        }
        self.handed_on(&mut found);
        found
    }

    fn mod_ids(&self) -> impl Iterator<Item = ModId> + use<> {
        (0..self.mods.len() as u32).map(ModId)
    }

    /// What a module imports by its name, in order.
    fn imports(&self, m: ModId) -> Vec<(&Name, &Vec<Vec<Name>>)> {
        let mut all: Vec<_> = self.module(m).into_iter().flat_map(|m| &m.uses).collect();
        all.sort_unstable();
        all
    }

    /// What a whole path names.
    fn named_at(&self, m: ModId, path: &[Name]) -> Option<Def> {
        let res = self.resolve(m, path);
        res.def.filter(|_| res.rest.is_empty())
    }

    /// The function that a path names.
    fn function_at(&self, m: ModId, path: &[Name]) -> Option<FuncId> {
        if let Some(Def::Func(f)) = self.named_at(m, path) { Some(f) } else { None }
    }

    /// The functions of a name that stand in a module.
    fn own_functions(&self, m: ModId, name: &Name) -> impl Iterator<Item = FuncId> {
        let items = self.module(m).and_then(|m| m.items.get(name));
        items.into_iter().flatten().filter_map(|def| if let Def::Func(f) = def { Some(*f) } else { None })
    }

    /// The same of modules that stand under a `cfg` each and of which all is imported.
    fn globbed_alternatives(&self, m: ModId, found: &mut BTreeMap<(ModId, FuncId), Vec<FuncId>>) {
        let globs = self.module(m).map_or(&[][..], |m| &m.glob_targets);
        let chosen = |def: &Def| match def {
            Def::Mod(of) => self.cfgs_around(*of).next().map(|_| *of),
            _ => None,
        };
        let of: Vec<ModId> = globs.iter().filter_map(chosen).collect();
        if of.len() < 2 {
            return;
        }
        let mut by_name: BTreeMap<&Name, Vec<FuncId>> = BTreeMap::new();
        for glob in of {
            let mut names: Vec<&Name> = self.module(glob).into_iter().flat_map(|m| m.items.keys()).collect();
            names.sort_unstable();
            for name in names {
                by_name.entry(name).or_default().extend(self.own_functions(glob, name));
            }
        }
        by_name.into_values().for_each(|all| add_alternatives(m, all, found));
    }

    /// Who imports a name from a module in which a `cfg` chooses what it is may mean each as well.
    fn handed_on(&self, found: &mut BTreeMap<(ModId, FuncId), Vec<FuncId>>) {
        let mut names: BTreeSet<&Name> = found.keys().filter_map(|(_, f)| self.func(*f)).map(|f| &f.name).collect();
        for _ in 0..HANDED_ON {
            let mut more = Vec::new();
            for m in self.mod_ids().filter(|_| !names.is_empty()) {
                let named = |path: &&Vec<Name>| path.last().is_some_and(|n| names.contains(n));
                for path in self.imports(m).into_iter().flat_map(|(_, paths)| paths).filter(named) {
                    let Some(f) = self.function_at(m, path).filter(|f| !found.contains_key(&(m, *f))) else { continue };
                    let Some((_, from)) = path.split_last() else { continue };
                    let all = self.module_at_path(m, from).and_then(|from| found.get(&(from, f)));
                    more.extend(all.map(|all| ((m, f), all.clone())));
                }
            }
            if more.is_empty() {
                return;
            }
            found.extend(more);
            names = found.keys().filter_map(|(_, f)| self.func(*f)).map(|f| &f.name).collect();
        }
    }

    /// The module that a path leads to.
    fn module_at_path(&self, m: ModId, path: &[Name]) -> Option<ModId> {
        if let Some(Def::Mod(of)) = self.named_at(m, path) { Some(of) } else { None }
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

    /// What a path that names a function may be in another, if a `cfg` may put others in its place: all of these, but
    /// where the caller stands under the same.
    #[must_use]
    pub fn named_by(&self, path: &[Name], f: FuncId, caller: FuncId) -> Option<Vec<FuncId>> {
        let scope = self.body_scope(caller);
        if let Some((_, from @ [_, ..])) = path.split_last().filter(|_| !self.imported.is_empty())
            && let Some(all) = self.module_at_path(scope, from).and_then(|m| self.imported.get(&(m, f)))
        {
            return Some(all.clone());
        }
        self.called_as(f, caller)
    }

    /// The same of a function whatever path names it.
    #[must_use]
    pub fn called_as(&self, f: FuncId, caller: FuncId) -> Option<Vec<FuncId>> {
        let mut scopes = std::iter::successors(Some(self.body_scope(caller)), |m| self.module(*m)?.around);
        if let Some(all) = scopes.find_map(|m| self.imported.get(&(m, f))) {
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

/// Notes functions of which a module has one under one name.
fn add_alternatives(m: ModId, mut all: Vec<FuncId>, found: &mut BTreeMap<(ModId, FuncId), Vec<FuncId>>) {
    all.sort_unstable();
    all.dedup();
    if all.len() > 1 {
        found.extend(all.iter().map(|f| ((m, *f), all.clone())));
    }
}
