//! Building the module tree: which file is which module, and what each module names.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;
use smol_str::format_smolstr;

use super::program::{ConstId, Crate, CrateId, CrateInput, Def, First, FuncId, Mod, ModId, Program, TraitId, TypeId};
use crate::ir::items::{Module, Owner};
use crate::ir::{Content, Name};
use crate::model::ModelSet;
use crate::source::FileId;

impl Program {
    pub(super) fn number(&mut self) {
        for (u, unit) in self.units.iter().enumerate() {
            self.first.push(First {
                funcs: self.funcs.len() as u32,
                types: self.types.len() as u32,
                traits: self.traits.len() as u32,
                impls: self.impls.len() as u32,
                consts: self.consts.len() as u32,
            });
            let Content::Rust(r) = &unit.content else { continue };
            let u = u as u32;
            // After the functions of a unit come the initialisers of its constants.
            self.funcs.extend((0..(r.funcs.len() + r.consts.len()) as u32).map(|i| (u, i)));
            self.types.extend((0..r.types.len() as u32).map(|i| (u, i)));
            self.traits.extend((0..r.traits.len() as u32).map(|i| (u, i)));
            self.impls.extend((0..r.impls.len() as u32).map(|i| (u, i)));
            self.consts.extend((0..r.consts.len() as u32).map(|i| (u, i)));
        }
    }

    pub(super) fn build_modules(&mut self, paths: &[String], crates: &[CrateInput]) {
        let by_path: FxHashMap<&str, u32> = paths.iter().enumerate().map(|(i, p)| (p.as_str(), i as u32)).collect();
        let unit_of: FxHashMap<FileId, u32> = self.units.iter().enumerate().map(|(i, u)| (u.file, i as u32)).collect();
        let mut inputs: Vec<CrateInput> = crates.to_vec();
        // Libraries first: a file that a library and a binary both declare belongs to the library.
        inputs.sort_by(|a, b| (!a.lib, &a.name, a.root).cmp(&(!b.lib, &b.name, b.root)));
        let mut claimed: FxHashMap<u32, ModId> = FxHashMap::default();
        for c in &inputs {
            if let Some(&unit) = unit_of.get(&c.root)
                && self.rust(unit).is_some()
            {
                self.add_crate(c, unit, paths, &by_path, &mut claimed);
            }
        }
        for u in 0..self.units.len() as u32 {
            if claimed.contains_key(&u) || self.rust(u).is_none() {
                continue;
            }
            let path = paths.get(u as usize).map_or("", String::as_str);
            let stem = path.rsplit('/').next().unwrap_or(path).trim_end_matches(".rs").replace(['-', '.'], "_");
            if let Some(unit) = self.units.get(u as usize) {
                self.orphans.push(unit.file);
                let file = unit.file;
                let alone = CrateInput { name: stem.into(), root: file, lib: true, deps: Vec::new() };
                self.add_crate(&alone, u, paths, &by_path, &mut claimed);
            }
        }
    }

    fn add_crate(
        &mut self,
        input: &CrateInput,
        unit: u32,
        paths: &[String],
        by_path: &FxHashMap<&str, u32>,
        claimed: &mut FxHashMap<u32, ModId>,
    ) {
        let krate = CrateId(self.crates.len() as u32);
        if claimed.contains_key(&unit) {
            return;
        }
        let root = ModId(self.mods.len() as u32);
        self.crates.push(Crate {
            name: input.name.clone(),
            root,
            lib: input.lib,
            deps: input.deps.iter().cloned().collect(),
        });
        let path = paths.get(unit as usize).cloned().unwrap_or_default();
        let dir = path.rsplit_once('/').map_or("", |(d, _)| d).to_string();
        self.add_file(krate, None, "", unit, &dir, paths, by_path, claimed);
    }

    /// Adds the modules of a file; `dir` is where its child modules' files are sought.
    #[allow(clippy::too_many_arguments, reason = "one recursive walk; a struct would only rename them")]
    fn add_file(
        &mut self,
        krate: CrateId,
        parent: Option<ModId>,
        path: &str,
        unit: u32,
        dir: &str,
        paths: &[String],
        by_path: &FxHashMap<&str, u32>,
        claimed: &mut FxHashMap<u32, ModId>,
    ) -> ModId {
        let top = ModId(self.mods.len() as u32);
        claimed.insert(unit, top);
        let modules: Vec<Module> = self.rust(unit).map(|r| r.modules.clone()).unwrap_or_default();
        let new = |index: u32, parent, path: Name| Mod {
            krate,
            parent,
            path,
            unit,
            index,
            items: FxHashMap::default(),
            uses: FxHashMap::default(),
            globs: Vec::new(),
            around: None,
            glob_targets: Vec::new(),
        };
        self.mods.push(new(0, parent, path.into()));
        self.mod_of.insert((unit, 0), top);
        // Per module of this file: its id and the folder of its children.
        let mut placed: Vec<(ModId, String)> = vec![(top, dir.to_string())];
        let file_dir = paths.get(unit as usize).and_then(|p| p.rsplit_once('/')).map_or("", |(d, _)| d).to_string();
        for (i, m) in modules.iter().enumerate().skip(1) {
            let (up, up_dir) = placed.get(m.parent as usize).cloned().unwrap_or((top, dir.to_string()));
            let up_path = self.mods.get(up.0 as usize).map(|m| m.path.clone()).unwrap_or_default();
            let child_path = if up_path.is_empty() { m.name.clone() } else { format_smolstr!("{up_path}::{}", m.name) };
            let join = |d: &str, n: &str| if d.is_empty() { n.to_string() } else { format!("{d}/{n}") };
            let own_dir = join(&up_dir, &m.name);
            if !m.external {
                let id = ModId(self.mods.len() as u32);
                self.mods.push(new(i as u32, Some(up), child_path));
                self.mod_of.insert((unit, i as u32), id);
                self.define(up, &m.name, Def::Mod(id));
                placed.push((id, own_dir));
                continue;
            }
            placed.push((up, own_dir.clone()));
            let candidates = match &m.path_attr {
                Some(p) => vec![normalise(&join(&file_dir, p)), normalise(&join(&up_dir, p))],
                None => vec![format!("{own_dir}.rs"), format!("{own_dir}/mod.rs")],
            };
            let Some((file, found)) = candidates.iter().find_map(|c| by_path.get(c.as_str()).map(|u| (c, *u))) else {
                continue;
            };
            let id = match claimed.get(&found) {
                Some(id) => {
                    self.shares.extend(self.mods.get(id.0 as usize).map(|m| (krate, m.krate)));
                    *id
                }
                None => {
                    let child_dir = if file.ends_with("/mod.rs") || m.path_attr.is_some() {
                        file.rsplit_once('/').map_or("", |(d, _)| d).to_string()
                    } else {
                        own_dir
                    };
                    self.add_file(krate, Some(up), &child_path, found, &child_dir, paths, by_path, claimed)
                }
            };
            self.define(up, &m.name, Def::Mod(id));
        }
        top
    }

    fn define(&mut self, module: ModId, name: &Name, def: Def) {
        if let Some(m) = self.mods.get_mut(module.0 as usize) {
            m.items.entry(name.clone()).or_default().push(def);
        }
    }

    /// Globs may be reached through other globs: what is found in one round helps the next.
    pub(super) fn resolve_globs(&mut self) {
        for _ in 0..4 {
            let found: Vec<Vec<Def>> = (0..self.mods.len() as u32)
                .map(|i| {
                    let id = ModId(i);
                    let globs = self.module(id).map(|m| m.globs.as_slice()).unwrap_or(&[]);
                    let mut defs: Vec<Def> = globs
                        .iter()
                        .filter_map(|g| self.resolve_leading(id, g))
                        .filter(|d| matches!(d, Def::Mod(m) if *m != id) || matches!(d, Def::Type(_) | Def::Ext(_)))
                        .collect();
                    defs.dedup();
                    defs
                })
                .collect();
            let mut changed = false;
            for (m, defs) in self.mods.iter_mut().zip(found) {
                changed |= m.glob_targets != defs;
                m.glob_targets = defs;
            }
            if !changed {
                break;
            }
        }
    }

    /// What the models know below foreign paths that are imported as a whole, and beside foreign preludes.
    pub(super) fn find_foreign(&mut self, models: &ModelSet) {
        let mut wholes: BTreeSet<Name> = BTreeSet::new();
        for target in self.mods.iter().flat_map(|m| &m.glob_targets) {
            if let Def::Ext(of) = target {
                let beside = of.strip_suffix("::prelude");
                wholes.extend([Some(of.as_str()), beside].into_iter().flatten().map(|p| self.shown_path(p)));
            }
        }
        self.foreign = wholes.iter().flat_map(|w| models.below(w)).collect();
    }

    /// Names what the policy says of a library: an import of all that is there means these, too.
    pub fn name_foreign<'n>(&mut self, paths: impl Iterator<Item = &'n Name>) {
        for path in paths {
            let ends = path.match_indices("::").skip(1).map(|(end, _)| end).chain([path.len()]);
            self.foreign.extend(ends.filter_map(|end| path.get(..end)).map(Name::from));
        }
    }

    /// The scope of a function, made when first asked for.
    fn scope(&mut self, func: FuncId, module: ModId) -> ModId {
        if let Some(scope) = self.scopes.get(&func) {
            return *scope;
        }
        let Some(m) = self.module(module) else { return module };
        let scope = Mod {
            krate: m.krate,
            parent: m.parent,
            path: m.path.clone(),
            unit: m.unit,
            index: m.index,
            items: FxHashMap::default(),
            uses: FxHashMap::default(),
            globs: Vec::new(),
            around: Some(module),
            glob_targets: Vec::new(),
        };
        let id = ModId(self.mods.len() as u32);
        self.mods.push(scope);
        self.scopes.insert(func, id);
        id
    }

    /// Functions written in functions see the `use`s of those around them.
    fn nest_scopes(&mut self) {
        let outer: Vec<(ModId, ModId)> = (0..self.funcs.len() as u32)
            .filter_map(|i| {
                let id = FuncId(i);
                let scope = *self.scopes.get(&id)?;
                let (u, _) = *self.funcs.get(i as usize)?;
                let parent = self.func_id(u, self.func(id)?.parent?);
                Some((scope, self.body_scope(parent)))
            })
            .collect();
        for (scope, around) in outer {
            if let Some(m) = self.mods.get_mut(scope.0 as usize).filter(|_| scope != around) {
                m.around = Some(around);
            }
        }
    }

    pub(super) fn fill_scopes(&mut self) {
        for u in 0..self.units.len() as u32 {
            let Some(first) = self.first.get(u as usize).copied() else { continue };
            let mut defs: Vec<(u32, Option<u32>, Name, Def)> = Vec::new();
            let mut uses: Vec<crate::ir::items::Use> = Vec::new();
            if let Some(r) = self.rust(u) {
                for (i, t) in r.types.iter().enumerate() {
                    defs.push((t.module, t.parent, t.name.clone(), Def::Type(TypeId(first.types + i as u32))));
                }
                for (i, t) in r.traits.iter().enumerate() {
                    defs.push((t.module, None, t.name.clone(), Def::Trait(TraitId(first.traits + i as u32))));
                }
                for (i, f) in r.funcs.iter().enumerate() {
                    if f.owner == Owner::Module && f.parent.is_none() {
                        defs.push((f.module, None, f.name.clone(), Def::Func(FuncId(first.funcs + i as u32))));
                    }
                }
                for (i, c) in r.consts.iter().enumerate() {
                    if c.owner == Owner::Module {
                        let parent = c.init.as_ref().and_then(|f| f.parent);
                        defs.push((c.module, parent, c.name.clone(), Def::Const(ConstId(first.consts + i as u32))));
                    }
                }
                uses.clone_from(&r.uses);
            }
            for (module, parent, name, def) in defs {
                let Some(id) = self.mod_of.get(&(u, module)).copied() else { continue };
                // Bindings name what is written in a function as if it stood beside it.
                self.define(id, &name, def.clone());
                if let Some(f) = parent {
                    let scope = self.scope(FuncId(first.funcs + f), id);
                    self.define(scope, &name, def);
                }
            }
            for used in uses {
                let Some(id) = self.mod_of.get(&(u, used.module)).copied() else { continue };
                let id = used.func.map_or(id, |f| self.scope(FuncId(first.funcs + f), id));
                let Some(m) = self.mods.get_mut(id.0 as usize) else { continue };
                match used.name {
                    Some(n) => m.uses.entry(n).or_default().push(used.path),
                    None => m.globs.push(used.path),
                }
            }
        }
        self.nest_scopes();
    }
}

fn normalise(path: &str) -> String {
    let mut out: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "." | "" => {}
            ".." => {
                out.pop();
            }
            p => out.push(p),
        }
    }
    out.join("/")
}
