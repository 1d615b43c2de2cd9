//! The whole program: crates, modules, items, and what belongs to whom.
//!
//! Built once from all units, in their order; ids are positions, so they are deterministic.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::{SmolStr, format_smolstr};

use super::infer::Target;
use super::instances::Instance;
use super::names::Asked;
use super::ty::Ty;
use crate::ir::body::Func;
use crate::ir::items::{ConstDef, ImplDef, Owner, RustUnit, TraitDef, TypeDef, TypeKind, TypeRef};
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
    pub(super) deps: BTreeMap<Name, Name>,
}

impl Crate {
    /// Whether another crate is a dependency of it.
    #[must_use]
    pub fn needs(&self, name: &Name) -> bool {
        self.deps.values().any(|dep| dep == name)
    }
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
    pub(super) items: FxHashMap<Name, Vec<Def>>,
    pub(super) uses: FxHashMap<Name, Vec<Vec<Name>>>,
    pub(super) globs: Vec<Vec<Name>>,
    /// The scope around it, for the scope of a function that has `use`s of its own.
    pub(super) around: Option<ModId>,
    /// What the globs name, once it is known.
    pub(super) glob_targets: Vec<Def>,
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
    /// Crates that declare a file of another as a module of theirs, and that other.
    pub(super) shares: BTreeSet<(CrateId, CrateId)>,
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
    pub(super) first: Vec<First>,
    pub(super) mod_of: FxHashMap<(u32, u32), ModId>,
    /// Scopes of functions that have `use`s of their own.
    pub(super) scopes: FxHashMap<FuncId, ModId>,
    /// Types of impls (`Self`), lowered.
    pub impl_self: Vec<Ty>,
    /// The trait of an impl: of the workspace, or by canonical path.
    pub impl_trait: Vec<Option<Def>>,
    /// Generic arguments of the trait of an impl.
    pub impl_trait_args: Vec<Vec<Ty>>,
    pub(super) methods: FxHashMap<(TypeId, Name), Vec<FuncId>>,
    /// Methods that impls here give to types outside the workspace, by the type and the name.
    pub(super) ext_methods: FxHashMap<Name, FxHashMap<Name, Vec<FuncId>>>,
    /// Methods that impls here give to tuples, by the name.
    pub(super) tuple_methods: FxHashMap<Name, Vec<FuncId>>,
    pub(super) blanket: FxHashMap<Name, Vec<FuncId>>,
    pub(super) trait_methods: FxHashMap<(TraitId, Name), FuncId>,
    pub(super) trait_impls: BTreeMap<TraitId, Vec<ImplId>>,
    /// Whom the calls of each method of a trait may reach, once that is asked.
    pub(super) dispatched: FxHashMap<FuncId, OnceLock<Arc<[Target]>>>,
    pub(super) by_name: FxHashMap<Name, Vec<FuncId>>,
    pub(super) impl_funcs: FxHashMap<(ImplId, Name), FuncId>,
    /// Functions of one path of which a `cfg` chooses one, by each of them.
    pub(super) alternatives: BTreeMap<FuncId, Vec<FuncId>>,
    /// Methods that are parts of an answer, by the types whose values they show something of.
    pub(super) offered: BTreeMap<TypeId, Vec<FuncId>>,
    /// Methods of such impls that are left out.
    pub(super) left_out: BTreeSet<FuncId>,
    /// Functions that a module imports under one name, of which a `cfg` chooses one.
    pub(super) imported: BTreeMap<(ModId, FuncId), Vec<FuncId>>,
    /// Types of one path of which a `cfg` chooses one.
    pub(super) alternative_types: BTreeMap<TypeId, Vec<TypeId>>,
    /// Functions that are read once more.
    pub(super) instances: BTreeMap<FuncId, Instance>,
    /// Those of generic functions, by what is known of them.
    pub(super) instance_ids: BTreeMap<Instance, FuncId>,
    /// The first of them for what is written.
    pub(super) read_as: BTreeMap<FuncId, FuncId>,
    /// What is only run as one of its instances.
    pub(super) templates: BTreeSet<FuncId>,
    /// Functions that nobody wrote, which call all that a call may reach (see [`super::dispatch`]).
    pub(super) dispatchers: BTreeMap<FuncId, Func>,
    /// What functions return that declare by traits alone what that is.
    pub(super) hidden: BTreeMap<FuncId, Ty>,
    /// How many functions are written.
    pub(super) written: u32,
    pub(super) type_impls: FxHashMap<(TypeId, Name), Vec<ImplId>>,
    /// Files that no `mod` declaration reaches.
    pub orphans: Vec<FileId>,
    /// Traits that a type implements, for their default methods.
    pub(super) traits_of: FxHashMap<TypeId, Vec<TraitId>>,
    /// Impls of a type that say what an associated type of this name is.
    pub(super) assoc: FxHashMap<(TypeId, Name), Vec<ImplId>>,
    /// Traits of the workspace whose calls an enum hands on to what its variants hold (`enum_dispatch`).
    pub(super) handed_on: FxHashMap<TypeId, Vec<TraitId>>,
    /// Traits outside the workspace that a type implements, by canonical path.
    pub(super) foreign_traits: FxHashMap<TypeId, Vec<Name>>,
    /// The types that implement a trait outside the workspace, by its canonical path.
    pub(super) implementors: FxHashMap<Name, Vec<TypeId>>,
    /// Methods of impls here of traits outside the workspace, by the trait and the name.
    pub(super) foreign_methods: FxHashMap<Name, FxHashMap<Name, Vec<FuncId>>>,
    /// Traits of the workspace that types outside it implement, with the impls.
    pub(super) ext_traits: FxHashMap<Name, Vec<(TraitId, ImplId)>>,
    /// Associated constants of a type.
    pub(super) assoc_consts: FxHashMap<(TypeId, Name), Vec<ConstId>>,
    /// Derives and attributes that crates of the workspace make, with the crate.
    pub(super) macros_made: FxHashMap<Name, Name>,
    /// What functions give that macros of a crate here write, by the crate and the name; nothing if they differ.
    pub(super) quoted: FxHashMap<(Name, Name), Option<TypeRef>>,
    /// Functions that are methods of whatever is given with a value of a type, by the name and that type.
    pub(super) by_argument: FxHashMap<Name, FxHashMap<TypeId, FuncId>>,
    /// `impl From<X> for T` by X: T, and the function.
    pub(super) conversions: FxHashMap<TypeId, Vec<(Ty, FuncId)>>,
    /// Paths that the models know below those outside the workspace that are imported as a whole, and what the policy names.
    pub(super) foreign: FxHashSet<Name>,
    /// Paths under which foreign crates show items of another place, and that place, by the crate; longer ones first.
    pub(super) reexports: FxHashMap<Name, Vec<(Name, Name)>>,
    /// All that is known of libraries.
    pub(super) models: Option<&'static ModelSet>,
    /// What paths mean, by module, once what all of them could mean is known.
    pub(super) asked: Vec<Asked>,
    /// Signatures of model rows, lowered when first asked for.
    pub(super) rows: Vec<OnceLock<RowSignature>>,
    /// Signatures, lowered when first asked for.
    pub(super) signatures: Vec<OnceLock<Signature>>,
    /// Functions of which a caller may decide what they call.
    pub(super) generic: Vec<bool>,
    /// Paths of functions, put together when first asked for.
    pub(super) func_paths: Vec<OnceLock<Name>>,
    /// Modules of test code.
    pub(super) tests: Vec<bool>,
    /// Types of fields, by variant and position, lowered when first asked for.
    pub(super) fields: Vec<OnceLock<Vec<Vec<Ty>>>>,
    /// The errors that a question mark turns into one of this type, and by what, once that is asked for.
    pub(super) errors: Vec<OnceLock<Vec<(Ty, Target)>>>,
}

/// Types of parameters and result, parameters of generics left in.
pub type Signature = (Vec<Ty>, Ty);

/// A model row's types. Its variables are parameters, and so is `Self`.
#[derive(Clone, Debug, Default)]
pub struct RowSignature {
    /// The type that it belongs to.
    pub self_ty: Option<Ty>,
    /// Of its parameters.
    pub params: Vec<Ty>,
    /// Of its result.
    pub ret: Ty,
}

/// Where the items of a unit begin in the program's lists.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct First {
    pub(super) funcs: u32,
    pub(super) types: u32,
    pub(super) traits: u32,
    pub(super) impls: u32,
    pub(super) consts: u32,
}
impl Program {
    /// Builds the program. `paths` gives each unit's path, relative to the run.
    #[must_use]
    pub fn build(units: Vec<Unit>, paths: &[String], crates: &[CrateInput], models: &'static ModelSet) -> Self {
        let mut p = Program { units, models: Some(models), ..Program::default() };
        p.number();
        p.signatures = (0..p.funcs.len()).map(|_| OnceLock::new()).collect();
        p.fields = (0..p.types.len()).map(|_| OnceLock::new()).collect();
        p.errors = (0..p.types.len()).map(|_| OnceLock::new()).collect();
        p.reexports = models.reexports();
        p.rows = (0..models.len()).map(|_| OnceLock::new()).collect();
        p.build_modules(paths, crates);
        p.fill_scopes();
        p.resolve_globs();
        p.find_foreign(models);
        p.asked = p.mods.iter().map(|_| Asked::default()).collect();
        p.tests = (0..p.mods.len() as u32).map(|m| p.is_test_module(ModId(m))).collect();
        super::resolve::index_impls(&mut p, models);
        p.written = p.funcs.len() as u32;
        p.index_alternatives();
        p.add_instances();
        p.dispatched = p.func_ids().filter(|f| p.func_trait(*f).is_some()).map(|f| (f, OnceLock::new())).collect();
        p.signatures.extend((p.signatures.len()..p.funcs.len()).map(|_| OnceLock::new()));
        p.func_paths = (0..p.funcs.len()).map(|_| OnceLock::new()).collect();
        p.generic = super::specialise::generic(&p);
        p
    }

    pub(super) fn rust(&self, unit: u32) -> Option<&RustUnit> {
        match &self.units.get(unit as usize)?.content {
            Content::Rust(r) => Some(r),
            Content::Sql(_) => None,
        }
    }

    /// A function, or the initialiser of a constant.
    #[must_use]
    pub fn func(&self, id: FuncId) -> Option<&Func> {
        if !self.dispatchers.is_empty()
            && let Some(f) = self.dispatchers.get(&id)
        {
            return Some(f);
        }
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

    /// The constant to which a function gives its value.
    #[must_use]
    pub fn initialised_by(&self, id: FuncId) -> Option<ConstId> {
        let (u, i) = *self.funcs.get(id.0 as usize)?;
        Some(self.const_id(u, i.checked_sub(self.rust(u)?.funcs.len() as u32)?))
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

    /// Where the names of an item of a unit are looked up: in the function that it is written in, or in its module.
    #[must_use]
    pub fn scope_at(&self, unit: u32, module: u32, parent: Option<u32>) -> ModId {
        parent.map_or_else(|| self.module_at(unit, module), |f| self.body_scope(self.func_id(unit, f)))
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

    /// Whether a trait has a method of this name, as it is written.
    #[must_use]
    pub fn declares(&self, of: TraitId, name: &Name) -> bool {
        self.trait_methods.contains_key(&(of, name.clone()))
    }

    /// Where the names in a function's body are looked up: the module, or a scope with the `use`s written in it.
    #[must_use]
    pub fn body_scope(&self, id: FuncId) -> ModId {
        let Some((u, mut i)) = self.funcs.get(id.0 as usize).copied() else { return ModId(0) };
        loop {
            if let Some(scope) = self.scopes.get(&self.func_id(u, i)) {
                return *scope;
            }
            match self.rust(u).and_then(|r| r.funcs.get(i as usize)).and_then(|f| f.parent) {
                Some(parent) if parent != i => i = parent,
                _ => return self.func_module(id),
            }
        }
    }

    /// The type of the workspace whose method a function is.
    #[must_use]
    pub fn type_of(&self, id: FuncId) -> Option<TypeId> {
        match self.impl_self.get(self.func_impl(id)?.0 as usize)? {
            Ty::Adt(t, _) => Some(*t),
            _ => None,
        }
    }

    /// The impl that a function belongs to.
    #[must_use]
    pub fn func_impl(&self, id: FuncId) -> Option<ImplId> {
        if let Some(i) = self.instance_impl(id) {
            return Some(i);
        }
        let (u, _) = *self.funcs.get(id.0 as usize)?;
        match self.func(id)?.owner {
            Owner::Impl(i) => Some(self.impl_id(u, i)),
            _ => None,
        }
    }

    /// The trait that a function is declared in.
    #[must_use]
    pub fn func_trait(&self, id: FuncId) -> Option<TraitId> {
        if self.instance_impl(id).is_some() {
            return None;
        }
        let (u, _) = *self.funcs.get(id.0 as usize)?;
        match self.func(id)?.owner {
            Owner::Trait(i) => Some(TraitId(self.first.get(u as usize)?.traits + i)),
            _ => None,
        }
    }

    /// The trait of the workspace that a method is of: that its impl is of, or that it is declared in.
    #[must_use]
    pub fn trait_of_method(&self, id: FuncId) -> Option<TraitId> {
        match self.func_impl(id) {
            Some(i) => match self.impl_trait.get(i.0 as usize)? {
                Some(Def::Trait(t)) => Some(*t),
                _ => None,
            },
            None => self.func_trait(id),
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
        (0..self.written).map(FuncId)
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

    /// The module that a type stands in.
    #[must_use]
    pub fn type_module(&self, id: TypeId) -> ModId {
        match (self.types.get(id.0 as usize), self.type_def(id)) {
            (Some((u, _)), Some(t)) => self.module_at(*u, t.module),
            _ => ModId(0),
        }
    }

    /// `crate::module::Type` of a type.
    #[must_use]
    pub fn type_path(&self, id: TypeId) -> Name {
        let Some(t) = self.type_def(id) else { return Name::default() };
        format_smolstr!("{}::{}", self.mod_path(self.type_module(id)), t.name)
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
        match self.func_paths.get(id.0 as usize) {
            Some(slot) => slot.get_or_init(|| self.write_func_path(id)).clone(),
            None => self.write_func_path(id),
        }
    }

    fn write_func_path(&self, id: FuncId) -> Name {
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
        self.tests.get(self.func_module(id).0 as usize).copied().unwrap_or(false)
    }

    /// Whether a module or one around it is test code.
    fn is_test_module(&self, id: ModId) -> bool {
        let mut at = Some(id);
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

    /// The index of a variant.
    #[must_use]
    pub fn variant(&self, ty: TypeId, name: &str) -> Option<u32> {
        match &self.type_def(ty)?.kind {
            TypeKind::Enum(vs) => vs.iter().position(|v| v.name == name).map(|i| i as u32),
            _ => None,
        }
    }

    /// Whether a method is one of a trait of another crate, which calls it too.
    #[must_use]
    pub fn is_of_foreign_trait(&self, f: FuncId) -> bool {
        let of = self.func_impl(f).and_then(|i| self.impl_trait.get(i.0 as usize));
        matches!(of, Some(Some(Def::Ext(_))))
    }

    /// The crates outside the workspace that manifests call by a name: what stands under `package` there, the name itself
    /// where nothing says more.
    #[must_use]
    pub fn crates_called(&self, name: &str) -> std::collections::BTreeSet<Name> {
        let called = self.crates.iter().filter_map(|c| c.deps.get(name)).cloned();
        let called: std::collections::BTreeSet<Name> = called.collect();
        if called.is_empty() { [name.into()].into() } else { called }
    }

    /// Whether whoever uses a library may call a function: it is public, and of none of the crates of the programs here.
    #[must_use]
    pub fn is_offered(&self, f: FuncId, of_programs: &std::collections::BTreeSet<CrateId>) -> bool {
        let of_trait = self.func_impl(f).is_some_and(|i| !matches!(self.impl_trait.get(i.0 as usize), Some(None)));
        let krate = self.module(self.func_module(f)).map(|m| m.krate);
        self.func(f).is_some_and(|d| d.public) && !of_trait && krate.is_some_and(|c| !of_programs.contains(&c))
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

    /// Crates whose macros are in scope everywhere in the crate of a module.
    #[must_use]
    pub fn macro_crates(&self, module: ModId) -> &[Name] {
        let root = self.crate_of(module).and_then(|c| self.module(c.root)).and_then(|m| self.rust(m.unit));
        root.map_or(&[], |r| &r.macro_crates)
    }
}
/// A symbol for messages: the last two segments.
#[must_use]
pub fn short(path: &str) -> SmolStr {
    let parts: Vec<&str> = path.rsplitn(3, "::").take(2).collect();
    parts.into_iter().rev().collect::<Vec<_>>().join("::").into()
}
