//! The whole program: crates, modules, items, and what belongs to whom.
//!
//! Built once from all units, in their order; ids are positions, so they are deterministic.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use rustc_hash::FxHashMap;
use smol_str::{SmolStr, format_smolstr};

use super::ty::Ty;
use crate::ir::body::Func;
use crate::ir::items::{ConstDef, ImplDef, Module, Owner, RustUnit, TraitDef, TypeDef, TypeKind};
use crate::ir::{Content, Name, Unit};
use crate::model::ModelSet;
use crate::source::FileId;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u32);
    )*};
}

ids! {
    /// A crate target.
    CrateId,
    /// A module.
    ModId,
    /// A struct, enum, union or alias.
    TypeId,
    /// A trait.
    TraitId,
    /// An impl block.
    ImplId,
    /// A function.
    FuncId,
    /// A constant or static.
    ConstId,
}

/// A crate, as the caller found it.
#[derive(Clone, Debug)]
pub struct CrateInput {
    /// Its name, with underscores.
    pub name: Name,
    /// The root file of this target.
    pub root: FileId,
    /// Whether other crates can name it.
    pub lib: bool,
    /// Dependencies: the name it uses, the crate's own name.
    pub deps: Vec<(Name, Name)>,
}

/// A crate target.
#[derive(Clone, Debug)]
pub struct Crate {
    /// Its name.
    pub name: Name,
    /// Its root module.
    pub root: ModId,
    /// Whether other crates can name it.
    pub lib: bool,
    deps: BTreeMap<Name, Name>,
}

/// A module of the program.
#[derive(Clone, Debug)]
pub struct Mod {
    /// Its crate.
    pub krate: CrateId,
    /// Its parent.
    pub parent: Option<ModId>,
    /// Path within the crate, `a::b`; empty for the root.
    pub path: Name,
    /// The unit it stands in.
    pub unit: u32,
    /// Its index in that unit.
    pub index: u32,
    items: BTreeMap<Name, Vec<Def>>,
    uses: BTreeMap<Name, Vec<Vec<Name>>>,
    globs: Vec<Vec<Name>>,
    /// What the globs name, once it is known.
    glob_targets: Vec<Def>,
}

/// What a name means.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Def {
    /// A module.
    Mod(ModId),
    /// A type.
    Type(TypeId),
    /// A variant of an enum.
    Variant(TypeId, u32),
    /// A trait.
    Trait(TraitId),
    /// A function.
    Func(FuncId),
    /// A constant or static.
    Const(ConstId),
    /// Something outside the workspace, by its canonical path.
    Ext(Name),
}

/// What a path means: the item it names, and what of the path was left over (`Type::method`).
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Res {
    /// The item.
    pub def: Option<Def>,
    /// Segments after it.
    pub rest: Vec<Name>,
}

/// The program.
#[derive(Debug, Default)]
pub struct Program {
    /// All units, by file.
    pub units: Vec<Unit>,
    /// Crate targets.
    pub crates: Vec<Crate>,
    /// Modules.
    pub mods: Vec<Mod>,
    /// Functions: unit and index, which runs on over the initialisers of the unit's constants.
    pub funcs: Vec<(u32, u32)>,
    /// Types: unit and index.
    pub types: Vec<(u32, u32)>,
    /// Traits: unit and index.
    pub traits: Vec<(u32, u32)>,
    /// Impls: unit and index.
    pub impls: Vec<(u32, u32)>,
    /// Constants: unit and index.
    pub consts: Vec<(u32, u32)>,
    first: Vec<First>,
    mod_of: FxHashMap<(u32, u32), ModId>,
    /// Types of impls (`Self`), lowered.
    pub impl_self: Vec<Ty>,
    /// The trait of an impl: of the workspace, or by canonical path.
    pub impl_trait: Vec<Option<Def>>,
    /// Generic arguments of the trait of an impl.
    pub impl_trait_args: Vec<Vec<Ty>>,
    pub(super) methods: FxHashMap<(TypeId, Name), Vec<FuncId>>,
    pub(super) ext_methods: FxHashMap<(Name, Name), Vec<FuncId>>,
    pub(super) blanket: FxHashMap<Name, Vec<FuncId>>,
    pub(super) trait_methods: FxHashMap<(TraitId, Name), FuncId>,
    pub(super) trait_impls: BTreeMap<TraitId, Vec<ImplId>>,
    pub(super) by_name: FxHashMap<Name, Vec<FuncId>>,
    pub(super) impl_funcs: FxHashMap<(ImplId, Name), FuncId>,
    pub(super) type_impls: FxHashMap<(TypeId, Name), Vec<ImplId>>,
    /// Files that no `mod` declaration reaches.
    pub orphans: Vec<FileId>,
    /// Traits that a type implements, for their default methods.
    pub(super) traits_of: FxHashMap<TypeId, Vec<TraitId>>,
    /// Signatures, lowered when first asked for.
    pub(super) signatures: Vec<OnceLock<Signature>>,
    /// Types of fields, by variant and position, lowered when first asked for.
    pub(super) fields: Vec<OnceLock<Vec<Vec<Ty>>>>,
}

/// Types of parameters and result, parameters of generics left in.
pub type Signature = (Vec<Ty>, Ty);

/// Where the items of a unit begin in the program's lists.
#[derive(Clone, Copy, Debug, Default)]
struct First {
    funcs: u32,
    types: u32,
    traits: u32,
    impls: u32,
    consts: u32,
}

/// Names that every module sees.
const PRELUDE: &[&str] = &[
    "Option",
    "Result",
    "Vec",
    "String",
    "Box",
    "Some",
    "None",
    "Ok",
    "Err",
    "ToString",
    "ToOwned",
    "Into",
    "From",
    "TryFrom",
    "TryInto",
    "Iterator",
    "IntoIterator",
    "Clone",
    "Default",
    "Drop",
    "AsRef",
    "AsMut",
    "Send",
    "Sync",
    "Fn",
    "FnMut",
    "FnOnce",
    "Debug",
    "Display",
];

/// The canonical form of a path outside the workspace: standard items go by their last segments.
#[must_use]
pub fn canonical(path: &str) -> Name {
    let mut segments = path.split("::");
    if !matches!(segments.next(), Some("std" | "core" | "alloc")) {
        return path.into();
    }
    let rest: Vec<&str> = segments.collect();
    let from = rest
        .iter()
        .position(|s| s.starts_with(|c: char| c.is_ascii_uppercase()))
        .unwrap_or(rest.len().saturating_sub(2));
    rest.get(from..).unwrap_or(&[]).join("::").into()
}

impl Program {
    /// Builds the program. `paths` gives each unit's path, relative to the run.
    #[must_use]
    pub fn build(units: Vec<Unit>, paths: &[String], crates: &[CrateInput], models: &ModelSet) -> Self {
        let mut p = Program { units, ..Program::default() };
        p.number();
        p.signatures = (0..p.funcs.len()).map(|_| OnceLock::new()).collect();
        p.fields = (0..p.types.len()).map(|_| OnceLock::new()).collect();
        p.build_modules(paths, crates);
        p.fill_scopes();
        p.resolve_globs();
        super::resolve::index_impls(&mut p, models);
        p
    }

    fn rust(&self, unit: u32) -> Option<&RustUnit> {
        match &self.units.get(unit as usize)?.content {
            Content::Rust(r) => Some(r),
            Content::Sql(_) => None,
        }
    }

    fn number(&mut self) {
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

    fn build_modules(&mut self, paths: &[String], crates: &[CrateInput]) {
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
            items: BTreeMap::new(),
            uses: BTreeMap::new(),
            globs: Vec::new(),
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
                Some(id) => *id,
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
    fn resolve_globs(&mut self) {
        for _ in 0..4 {
            let found: Vec<Vec<Def>> = (0..self.mods.len() as u32)
                .map(|i| {
                    let id = ModId(i);
                    let globs = self.module(id).map(|m| m.globs.as_slice()).unwrap_or(&[]);
                    let mut defs: Vec<Def> = globs
                        .iter()
                        .filter_map(|g| self.resolve_depth(id, g, 1).def)
                        .filter(|d| matches!(d, Def::Mod(m) if *m != id) || matches!(d, Def::Type(_)))
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

    fn fill_scopes(&mut self) {
        for u in 0..self.units.len() as u32 {
            let Some(first) = self.first.get(u as usize).copied() else { continue };
            let mut defs: Vec<(u32, Name, Def)> = Vec::new();
            let mut uses: Vec<crate::ir::items::Use> = Vec::new();
            if let Some(r) = self.rust(u) {
                for (i, t) in r.types.iter().enumerate() {
                    defs.push((t.module, t.name.clone(), Def::Type(TypeId(first.types + i as u32))));
                }
                for (i, t) in r.traits.iter().enumerate() {
                    defs.push((t.module, t.name.clone(), Def::Trait(TraitId(first.traits + i as u32))));
                }
                for (i, f) in r.funcs.iter().enumerate() {
                    if f.owner == Owner::Module && f.parent.is_none() {
                        defs.push((f.module, f.name.clone(), Def::Func(FuncId(first.funcs + i as u32))));
                    }
                }
                for (i, c) in r.consts.iter().enumerate() {
                    if c.owner == Owner::Module {
                        defs.push((c.module, c.name.clone(), Def::Const(ConstId(first.consts + i as u32))));
                    }
                }
                uses.clone_from(&r.uses);
            }
            for (module, name, def) in defs {
                if let Some(id) = self.mod_of.get(&(u, module)).copied() {
                    self.define(id, &name, def);
                }
            }
            for used in uses {
                let Some(id) = self.mod_of.get(&(u, used.module)).copied() else { continue };
                let Some(m) = self.mods.get_mut(id.0 as usize) else { continue };
                match used.name {
                    Some(n) => m.uses.entry(n).or_default().push(used.path),
                    None => m.globs.push(used.path),
                }
            }
        }
    }

    /// A function, or the initialiser of a constant.
    #[must_use]
    pub fn func(&self, id: FuncId) -> Option<&Func> {
        let (u, i) = *self.funcs.get(id.0 as usize)?;
        let (r, i) = (self.rust(u)?, i as usize);
        r.funcs.get(i).or_else(|| r.consts.get(i.checked_sub(r.funcs.len())?)?.init.as_deref())
    }

    /// The function that gives a constant its value.
    #[must_use]
    pub fn initialiser(&self, c: ConstId) -> Option<FuncId> {
        let (u, i) = *self.consts.get(c.0 as usize)?;
        let id = self.func_id(u, self.rust(u)?.funcs.len() as u32 + i);
        self.func(id).map(|_| id)
    }

    /// Whether a function is the initialiser of a constant.
    #[must_use]
    pub fn is_initialiser(&self, id: FuncId) -> bool {
        let unit = |(u, i): &(u32, u32)| self.rust(*u).is_some_and(|r| *i as usize >= r.funcs.len());
        self.funcs.get(id.0 as usize).is_some_and(unit)
    }

    /// A type.
    #[must_use]
    pub fn type_def(&self, id: TypeId) -> Option<&TypeDef> {
        let (u, i) = *self.types.get(id.0 as usize)?;
        self.rust(u)?.types.get(i as usize)
    }

    /// A trait.
    #[must_use]
    pub fn trait_def(&self, id: TraitId) -> Option<&TraitDef> {
        let (u, i) = *self.traits.get(id.0 as usize)?;
        self.rust(u)?.traits.get(i as usize)
    }

    /// An impl.
    #[must_use]
    pub fn impl_def(&self, id: ImplId) -> Option<&ImplDef> {
        let (u, i) = *self.impls.get(id.0 as usize)?;
        self.rust(u)?.impls.get(i as usize)
    }

    /// A constant.
    #[must_use]
    pub fn const_def(&self, id: ConstId) -> Option<&ConstDef> {
        let (u, i) = *self.consts.get(id.0 as usize)?;
        self.rust(u)?.consts.get(i as usize)
    }

    /// The module at this index of a unit.
    #[must_use]
    pub fn module_at(&self, unit: u32, index: u32) -> ModId {
        self.mod_of.get(&(unit, index)).copied().unwrap_or(ModId(0))
    }

    /// The module with this id.
    #[must_use]
    pub fn module(&self, id: ModId) -> Option<&Mod> {
        self.mods.get(id.0 as usize)
    }

    /// The module that a function stands in.
    #[must_use]
    pub fn func_module(&self, id: FuncId) -> ModId {
        match (self.funcs.get(id.0 as usize), self.func(id)) {
            (Some((u, _)), Some(f)) => self.module_at(*u, f.module),
            _ => ModId(0),
        }
    }

    /// The impl that a function belongs to.
    #[must_use]
    pub fn func_impl(&self, id: FuncId) -> Option<ImplId> {
        let (u, _) = *self.funcs.get(id.0 as usize)?;
        match self.func(id)?.owner {
            Owner::Impl(i) => Some(self.impl_id(u, i)),
            _ => None,
        }
    }

    /// The trait that a function is declared in.
    #[must_use]
    pub fn func_trait(&self, id: FuncId) -> Option<TraitId> {
        let (u, _) = *self.funcs.get(id.0 as usize)?;
        match self.func(id)?.owner {
            Owner::Trait(i) => Some(TraitId(self.first.get(u as usize)?.traits + i)),
            _ => None,
        }
    }

    /// Program-wide ids of a unit's items.
    #[must_use]
    pub fn func_id(&self, unit: u32, index: u32) -> FuncId {
        FuncId(self.first.get(unit as usize).map_or(0, |f| f.funcs) + index)
    }

    /// See [`Program::func_id`].
    #[must_use]
    pub fn type_id(&self, unit: u32, index: u32) -> TypeId {
        TypeId(self.first.get(unit as usize).map_or(0, |f| f.types) + index)
    }

    /// See [`Program::func_id`].
    #[must_use]
    pub fn trait_id(&self, unit: u32, index: u32) -> TraitId {
        TraitId(self.first.get(unit as usize).map_or(0, |f| f.traits) + index)
    }

    /// See [`Program::func_id`].
    #[must_use]
    pub fn impl_id(&self, unit: u32, index: u32) -> ImplId {
        ImplId(self.first.get(unit as usize).map_or(0, |f| f.impls) + index)
    }

    /// See [`Program::func_id`].
    #[must_use]
    pub fn const_id(&self, unit: u32, index: u32) -> ConstId {
        ConstId(self.first.get(unit as usize).map_or(0, |f| f.consts) + index)
    }

    /// All function ids.
    pub fn func_ids(&self) -> impl Iterator<Item = FuncId> + use<> {
        (0..self.funcs.len() as u32).map(FuncId)
    }

    /// The crate of a module.
    #[must_use]
    pub fn crate_of(&self, module: ModId) -> Option<&Crate> {
        self.crates.get(self.module(module)?.krate.0 as usize)
    }

    /// `crate::module` of a module.
    #[must_use]
    pub fn mod_path(&self, id: ModId) -> Name {
        let Some(m) = self.module(id) else { return Name::default() };
        let krate = self.crates.get(m.krate.0 as usize).map_or("?", |c| &c.name);
        if m.path.is_empty() { krate.into() } else { format_smolstr!("{krate}::{}", m.path) }
    }

    /// `crate::module::Type` of a type.
    #[must_use]
    pub fn type_path(&self, id: TypeId) -> Name {
        let Some((u, _)) = self.types.get(id.0 as usize) else { return Name::default() };
        let Some(t) = self.type_def(id) else { return Name::default() };
        format_smolstr!("{}::{}", self.mod_path(self.module_at(*u, t.module)), t.name)
    }

    /// `crate::module::Trait` of a trait.
    #[must_use]
    pub fn trait_path(&self, id: TraitId) -> Name {
        let Some((u, _)) = self.traits.get(id.0 as usize) else { return Name::default() };
        let Some(t) = self.trait_def(id) else { return Name::default() };
        format_smolstr!("{}::{}", self.mod_path(self.module_at(*u, t.module)), t.name)
    }

    /// `Type::function` or `function`, without the module.
    #[must_use]
    pub fn func_local_name(&self, id: FuncId) -> Name {
        let Some(f) = self.func(id) else { return Name::default() };
        if let Some(i) = self.func_impl(id) {
            match self.impl_self.get(i.0 as usize) {
                Some(Ty::Adt(t, _)) => {
                    if let Some(def) = self.type_def(*t) {
                        return format_smolstr!("{}::{}", def.name, f.name);
                    }
                }
                Some(Ty::Ext(n, _)) => {
                    return format_smolstr!("{}::{}", n.rsplit("::").next().unwrap_or(n), f.name);
                }
                _ => {}
            }
        }
        if let Some(t) = self.func_trait(id).and_then(|t| self.trait_def(t)) {
            return format_smolstr!("{}::{}", t.name, f.name);
        }
        f.name.clone()
    }

    /// `crate::module::Type::function`.
    #[must_use]
    pub fn func_path(&self, id: FuncId) -> Name {
        // A method is known by the module of its type.
        let module = match self.func_impl(id).and_then(|i| self.impl_self.get(i.0 as usize)) {
            Some(Ty::Adt(t, _)) => {
                let (u, m) = match (self.types.get(t.0 as usize), self.type_def(*t)) {
                    (Some((u, _)), Some(d)) => (*u, d.module),
                    _ => (0, 0),
                };
                self.module_at(u, m)
            }
            _ => self.func_module(id),
        };
        format_smolstr!("{}::{}", self.mod_path(module), self.func_local_name(id))
    }

    /// Whether a function is test code.
    #[must_use]
    pub fn is_test(&self, id: FuncId) -> bool {
        let Some(f) = self.func(id) else { return true };
        if f.test {
            return true;
        }
        if self.func_impl(id).and_then(|i| self.impl_def(i)).is_some_and(|i| i.test) {
            return true;
        }
        let mut at = Some(self.func_module(id));
        while let Some(m) = at.and_then(|m| self.module(m)) {
            let test = self.rust(m.unit).and_then(|r| r.modules.get(m.index as usize)).is_some_and(|m| m.test);
            if test {
                return true;
            }
            // `#[cfg(test)] mod x;` is recorded on the declaration in the parent's file.
            if m.index == 0
                && let Some(up) = m.parent.and_then(|p| self.module(p))
                && let Some(r) = self.rust(up.unit)
            {
                let name = m.path.rsplit("::").next().unwrap_or("");
                if r.modules.iter().any(|d| d.external && d.test && d.name == name && d.parent == up.index) {
                    return true;
                }
            }
            at = m.parent;
        }
        false
    }

    /// Resolves a path as written in a module.
    #[must_use]
    pub fn resolve(&self, module: ModId, segments: &[Name]) -> Res {
        let mut res = self.resolve_depth(module, segments, 0);
        if let Some(Def::Ext(p)) = &res.def {
            res.def = Some(Def::Ext(canonical(p)));
        }
        res
    }

    fn resolve_depth(&self, module: ModId, segments: &[Name], depth: u32) -> Res {
        let Some(first) = segments.first() else { return Res::default() };
        if depth > 24 {
            return Res::default();
        }
        let Some(m) = self.module(module) else { return Res::default() };
        let (mut def, mut next) = match first.as_str() {
            "crate" | "$crate" => (self.crates.get(m.krate.0 as usize).map(|c| Def::Mod(c.root)), 1),
            "self" => (Some(Def::Mod(module)), 1),
            "super" => (m.parent.map(Def::Mod), 1),
            _ => (self.lookup_depth(module, first, segments.len() > 1, depth + 1), 1),
        };
        if def.is_none() {
            def = self.extern_crate(m.krate, first);
            if def.is_none() {
                if PRELUDE.contains(&first.as_str()) || segments.len() > 1 || is_primitive(first) {
                    let joined = segments.join("::");
                    return Res { def: Some(Def::Ext(joined.as_str().into())), rest: Vec::new() };
                }
                return Res::default();
            }
        }
        while let Some(segment) = segments.get(next) {
            let step = match &def {
                Some(Def::Mod(id)) if segment == "super" => self.module(*id).and_then(|m| m.parent).map(Def::Mod),
                Some(Def::Mod(id)) if segment == "self" => Some(Def::Mod(*id)),
                Some(Def::Mod(id)) => self.lookup_depth(*id, segment, segments.len() > next + 1, depth + 1),
                Some(Def::Type(t)) => self.variant(*t, segment).map(|v| Def::Variant(*t, v)),
                Some(Def::Ext(p)) => Some(Def::Ext(format_smolstr!("{p}::{segment}"))),
                _ => None,
            };
            match step {
                Some(d) => def = Some(d),
                None => {
                    if matches!(def, Some(Def::Mod(_))) {
                        return Res::default();
                    }
                    break;
                }
            }
            next += 1;
        }
        Res { def, rest: segments.get(next..).unwrap_or(&[]).to_vec() }
    }

    /// What a name means in a module; `more` prefers what can be followed by `::`.
    #[must_use]
    pub fn lookup(&self, module: ModId, name: &str, more: bool) -> Option<Def> {
        self.lookup_in(module, name, more, 0, &mut Vec::new())
    }

    fn lookup_depth(&self, module: ModId, name: &str, more: bool, depth: u32) -> Option<Def> {
        self.lookup_in(module, name, more, depth, &mut Vec::new())
    }

    /// `seen` holds the modules that this name was sought in: globs may go in circles.
    fn lookup_in(&self, module: ModId, name: &str, more: bool, depth: u32, seen: &mut Vec<ModId>) -> Option<Def> {
        if depth > 24 || seen.contains(&module) {
            return None;
        }
        seen.push(module);
        let m = self.module(module)?;
        let mut found: Vec<Def> = m.items.get(name).cloned().unwrap_or_default();
        if let Some(paths) = m.uses.get(name) {
            for path in paths {
                // `use a::b as a;` must not resolve through itself.
                if path.first().is_some_and(|f| f == name) && path.len() == 1 {
                    if let Some(d) = self.extern_crate(m.krate, name) {
                        found.push(d);
                    }
                    continue;
                }
                let through_itself = path.first().is_some_and(|f| f == name) && !m.items.contains_key(name);
                let res = if through_itself {
                    self.resolve_extern(m.krate, path)
                } else {
                    self.resolve_depth(module, path, depth + 1)
                };
                if res.rest.is_empty()
                    && let Some(d) = res.def
                {
                    found.push(d);
                }
            }
        }
        if found.is_empty() {
            for target in &m.glob_targets {
                let hit = match target {
                    Def::Mod(id) => self.lookup_in(*id, name, more, depth + 1, seen),
                    Def::Type(t) => self.variant(*t, name).map(|v| Def::Variant(*t, v)),
                    _ => None,
                };
                if let Some(d) = hit {
                    found.push(d);
                }
            }
        }
        let rank = |d: &Def| match d {
            Def::Type(_) | Def::Mod(_) | Def::Trait(_) => u8::from(!more),
            Def::Func(_) | Def::Const(_) | Def::Variant(..) => u8::from(more),
            Def::Ext(_) => 2,
        };
        found.into_iter().min_by_key(|d| (rank(d), d.clone()))
    }

    fn resolve_extern(&self, krate: CrateId, path: &[Name]) -> Res {
        let Some(first) = path.first() else { return Res::default() };
        match self.extern_crate(krate, first) {
            Some(Def::Mod(root)) => {
                let mut rest: Vec<Name> = vec!["self".into()];
                rest.extend(path.iter().skip(1).cloned());
                self.resolve_depth(root, &rest, 1)
            }
            Some(Def::Ext(p)) => {
                let mut joined = p.to_string();
                for s in path.iter().skip(1) {
                    joined.push_str("::");
                    joined.push_str(s);
                }
                Res { def: Some(Def::Ext(joined.as_str().into())), rest: Vec::new() }
            }
            _ => Res { def: Some(Def::Ext(path.join("::").into())), rest: Vec::new() },
        }
    }

    /// A crate by the name that another crate uses for it.
    fn extern_crate(&self, krate: CrateId, name: &str) -> Option<Def> {
        if matches!(name, "std" | "core" | "alloc") {
            return Some(Def::Ext(name.into()));
        }
        let c = self.crates.get(krate.0 as usize)?;
        let real = c.deps.get(name).map_or(name, Name::as_str);
        if let Some(lib) = self.crates.iter().find(|c| c.lib && c.name == real) {
            return Some(Def::Mod(lib.root));
        }
        c.deps.contains_key(name).then(|| Def::Ext(real.into()))
    }

    /// The index of a variant.
    #[must_use]
    pub fn variant(&self, ty: TypeId, name: &str) -> Option<u32> {
        match &self.type_def(ty)?.kind {
            TypeKind::Enum(vs) => vs.iter().position(|v| v.name == name).map(|i| i as u32),
            _ => None,
        }
    }

    /// Programs and the crates that they use.
    #[must_use]
    pub fn crates_of_programs(&self) -> std::collections::BTreeSet<CrateId> {
        let mut out = std::collections::BTreeSet::new();
        let mut todo: Vec<CrateId> =
            self.crates.iter().enumerate().filter(|(_, c)| !c.lib).map(|(i, _)| CrateId(i as u32)).collect();
        while let Some(c) = todo.pop() {
            if !out.insert(c) {
                continue;
            }
            let Some(krate) = self.crates.get(c.0 as usize) else { continue };
            for real in krate.deps.values() {
                let lib = self.crates.iter().position(|x| x.lib && x.name == *real);
                todo.extend(lib.map(|i| CrateId(i as u32)));
            }
        }
        out
    }

    /// Whether a module is another or lies below it.
    #[must_use]
    pub fn is_within(&self, mut module: ModId, outer: ModId) -> bool {
        loop {
            if module == outer {
                return true;
            }
            match self.module(module).and_then(|m| m.parent) {
                Some(up) => module = up,
                None => return false,
            }
        }
    }

    /// Whether a crate of the workspace has this dependency (or any has, with `None`).
    #[must_use]
    pub fn depends_on(&self, module: ModId, name: &str) -> bool {
        self.crate_of(module).is_some_and(|c| c.deps.contains_key(name))
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

/// Primitive types.
#[must_use]
pub fn is_primitive(name: &str) -> bool {
    matches!(
        name,
        "str"
            | "bool"
            | "char"
            | "u8"
            | "u16"
            | "u32"
            | "u64"
            | "u128"
            | "usize"
            | "i8"
            | "i16"
            | "i32"
            | "i64"
            | "i128"
            | "isize"
            | "f32"
            | "f64"
    )
}

/// A symbol for messages: the last two segments.
#[must_use]
pub fn short(path: &str) -> SmolStr {
    let parts: Vec<&str> = path.rsplitn(3, "::").take(2).collect();
    parts.into_iter().rev().collect::<Vec<_>>().join("::").into()
}
