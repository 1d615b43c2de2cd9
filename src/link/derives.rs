//! What macros write for types: which crate of the workspace does, and what the functions give; of derives of other
//! crates what models say of that.

use super::program::{Def, FuncId, Program, TypeId};
use super::ty::{Subst, Ty, def_cx, from_model, lower_named};
use crate::ir::attr::args;
use crate::ir::items::{FieldDef, TypeKind, TypeRef};
use crate::ir::{Content, Name};
use crate::model::ModelSet;

/// Indexes the derives and attributes that crates here make, and the functions that these quote.
pub(super) fn index_macros(p: &mut Program) {
    for f in (0..p.funcs.len() as u32).map(FuncId) {
        let Some(def) = p.func(f) else { continue };
        let name = def.attrs.iter().find_map(|a| match a.name() {
            "proc_macro_derive" => args(&a.args).next().map(|arg| Name::from(arg.name)),
            "proc_macro_attribute" => Some(def.name.clone()),
            _ => None,
        });
        if let (Some(name), Some(krate)) = (name, p.crate_of(p.func_module(f)).map(|c| c.name.clone())) {
            p.macros_made.insert(name, krate);
        }
    }
    let mut quoted: Vec<(Name, Name, TypeRef)> = Vec::new();
    for (u, unit) in (0..).zip(&p.units) {
        let Content::Rust(r) = &unit.content else { continue };
        let Some(krate) = p.crate_of(p.module_at(u, 0)).filter(|_| !r.quoted.is_empty()) else { continue };
        quoted.extend(r.quoted.iter().map(|q| (krate.name.clone(), q.name.clone(), q.ret.clone())));
    }
    for (krate, name, ret) in quoted {
        let said = p.quoted.entry((krate, name)).or_insert_with(|| Some(ret.clone()));
        // Several of one name are for several types.
        said.take_if(|said| *said != ret);
    }
}

impl Program {
    /// The crates of the workspace whose macros may write functions for a type.
    pub fn macro_crates_of(&self, t: TypeId) -> Vec<&Name> {
        let (Some(def), scope) = (self.type_def(t), self.type_module(t)) else { return Vec::new() };
        if self.macros_made.is_empty() {
            return Vec::new();
        }
        let by = |path: Vec<Name>| {
            let made = self.macros_made.get(path.last()?)?;
            let nobodys = self.resolve(scope, &path).def.is_none();
            (nobodys && self.crate_of(scope)?.needs(made)).then_some(made)
        };
        def.macros().filter_map(by).collect()
    }

    /// Whether an attribute of a function is a macro of the workspace, which may write something around it.
    #[must_use]
    pub fn is_written_by_macro(&self, f: FuncId) -> bool {
        let (Some(def), false) = (self.func(f), self.macros_made.is_empty()) else { return false };
        let scope = self.func_module(f);
        let is_macro = |res| match res {
            Some(Def::Func(f)) => {
                self.func(f).is_some_and(|f| f.attrs.iter().any(|a| a.name() == "proc_macro_attribute"))
            }
            other => other.is_none(),
        };
        def.attrs.iter().any(|a| {
            let path: Vec<Name> = a.path.split("::").map(Name::from).collect();
            let made = path.last().and_then(|name| self.macros_made.get(name));
            let needs = |made| self.crate_of(scope).is_some_and(|krate| krate.needs(made));
            made.is_some_and(needs) && is_macro(self.resolve(scope, &path).def)
        })
    }

    /// What a function gives that a macro here writes for a type, as it is quoted.
    pub fn quoted_result(&self, t: TypeId, name: &Name) -> Option<&TypeRef> {
        let krates = self.macro_crates_of(t);
        krates.into_iter().find_map(|krate| self.quoted.get(&(krate.clone(), name.clone()))?.as_ref())
    }

    /// Whether an attribute of one of two structs names the other: that of a derive which converts between them.
    pub fn converts(&self, of: TypeId, to: TypeId) -> bool {
        let names = |one: TypeId, other: TypeId| {
            let (Some(def), Some(other)) = (self.type_def(one), self.type_def(other)) else { return false };
            let is_part = |c: char| c.is_alphanumeric() || c == '_';
            def.attrs.iter().any(|a| a.args.split(|c| !is_part(c)).any(|word| word == other.name))
        };
        of != to
            && self.named_fields(of).is_some()
            && self.named_fields(to).is_some()
            && (names(of, to) || names(to, of))
    }

    /// The fields of a struct that have names.
    pub fn named_fields(&self, t: TypeId) -> Option<&[FieldDef]> {
        match self.type_def(t).map(|d| &d.kind) {
            Some(TypeKind::Struct(fields)) => {
                let named = fields.first().is_some_and(|f| !f.name.starts_with(|c: char| c.is_ascii_digit()));
                named.then_some(fields)
            }
            _ => None,
        }
    }

    /// What a function gives that a derive of another crate writes for a type, as models say: of what an attribute names.
    pub fn derived_result(&self, models: &ModelSet, t: TypeId, name: &str) -> Option<Ty> {
        let (def, scope) = (self.type_def(t)?, self.type_module(t));
        let model = def.macros().find_map(|path| match self.resolve(scope, &path).def {
            Some(Def::Ext(path)) => models.derive(&path),
            _ => None,
        })?;
        let ret = model.result(name)?;
        let cx = def_cx(self, t, &def.generics);
        let named = |(attribute, argument): &(Name, Name)| {
            let segments: Vec<Name> = def.said(attribute, argument).next()?.split("::").map(Name::from).collect();
            Some(lower_named(self, models, &cx, (&segments, &[]), 0))
        };
        let of: Subst = model.of.iter().map(|(var, at)| (var.clone(), named(at).unwrap_or_default())).collect();
        Some(from_model(models, ret, &Ty::Unknown).subst(&of))
    }
}
