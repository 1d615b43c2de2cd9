//! The program as text: modules, types, traits, impls, functions with their calls, tables. For dumps and bug reports.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::infer::{How, Site, Target, Typed, signature};
use super::program::{Def, FuncId, ImplId, ModId, Program, TraitId, TypeId};
use super::schema::Schemas;
use super::ty::{Ty, field_ty, show};
use crate::ir::Name;
use crate::ir::body::Callee;
use crate::ir::items::{FieldDef, TypeKind};
use crate::model::ModelSet;
use crate::source::{SourceMap, Span};

/// Prints what was linked; with a name only what has it in its path.
#[must_use]
pub fn print_program(
    p: &Program,
    models: &ModelSet,
    typed: &[Typed],
    schemas: &Schemas,
    sources: &SourceMap,
    name: Option<&str>,
) -> String {
    let mut printer = Printer { p, models, typed, sources, name, out: String::new() };
    printer.modules();
    printer.types();
    printer.traits();
    printer.impls();
    printer.funcs();
    printer.tables(schemas);
    printer.out
}

struct Printer<'a> {
    p: &'a Program,
    models: &'a ModelSet,
    typed: &'a [Typed],
    sources: &'a SourceMap,
    name: Option<&'a str>,
    out: String,
}

impl Printer<'_> {
    fn wanted(&self, path: &str) -> bool {
        self.name.is_none_or(|name| path.contains(name))
    }

    fn line(&mut self, text: &str, at: Span) {
        let at = self.sources.show(at);
        let _ = writeln!(self.out, "{text}  at {at}");
    }

    fn modules(&mut self) {
        for (i, m) in self.p.mods.iter().enumerate() {
            let path = self.p.mod_path(ModId(i as u32));
            let file = self.p.units.get(m.unit as usize).map_or("?", |u| self.sources.path(u.file));
            let kind = match self.p.crate_of(ModId(i as u32)) {
                Some(c) if m.path.is_empty() => {
                    if c.lib {
                        "library"
                    } else {
                        "program"
                    }
                }
                _ => "mod",
            };
            if self.wanted(&path) {
                let _ = writeln!(self.out, "{kind} {path}  in {file}");
            }
        }
    }

    fn types(&mut self) {
        for t in (0..self.p.types.len() as u32).map(TypeId) {
            let path = self.p.type_path(t);
            let Some(def) = self.p.type_def(t).filter(|_| self.wanted(&path)) else { continue };
            match &def.kind {
                TypeKind::Struct(fields) => {
                    self.line(&format!("struct {path}"), def.span);
                    self.fields(t, None, "", fields);
                }
                TypeKind::Enum(variants) => {
                    self.line(&format!("enum {path}"), def.span);
                    for (i, v) in variants.iter().enumerate() {
                        if v.fields.is_empty() {
                            let _ = writeln!(self.out, "  {}", v.name);
                        }
                        self.fields(t, Some(i as u32), &format!("{}.", v.name), &v.fields);
                    }
                }
                TypeKind::Alias(to) => {
                    self.line(&format!("type {path} = {}", crate::ir::print::print_type(to)), def.span);
                }
            }
        }
    }

    fn fields(&mut self, t: TypeId, variant: Option<u32>, lead: &str, fields: &[FieldDef]) {
        for f in fields {
            let ty = field_ty(self.p, self.models, &Ty::Adt(t, [].into()), variant, &f.name);
            let _ = writeln!(self.out, "  {lead}{}: {}", f.name, show(self.p, &ty));
        }
    }

    /// Traits, with what a call of each method may reach.
    fn traits(&mut self) {
        for t in (0..self.p.traits.len() as u32).map(TraitId) {
            let path = self.p.trait_path(t);
            let Some(def) = self.p.trait_def(t).filter(|_| self.wanted(&path)) else { continue };
            self.line(&format!("trait {path}"), def.span);
            let methods: Vec<FuncId> = self.p.func_ids().filter(|f| self.p.func_trait(*f) == Some(t)).collect();
            for m in methods {
                let name = self.p.func(m).map(|f| f.name.clone()).unwrap_or_default();
                let targets: Vec<String> =
                    self.p.dispatch(m).iter().map(|f| self.p.func_path(*f).to_string()).collect();
                let reaches = if targets.is_empty() { "nothing".to_owned() } else { targets.join(", ") };
                let _ = writeln!(self.out, "  {name} -> {reaches}");
            }
        }
    }

    fn impls(&mut self) {
        let mut methods: BTreeMap<ImplId, Vec<Name>> = BTreeMap::new();
        for f in self.p.func_ids() {
            if let (Some(i), Some(def)) = (self.p.func_impl(f), self.p.func(f)) {
                methods.entry(i).or_default().push(def.name.clone());
            }
        }
        for i in (0..self.p.impls.len() as u32).map(ImplId) {
            let Some(def) = self.p.impl_def(i) else { continue };
            let of = self.p.impl_self.get(i.0 as usize).map(|t| show(self.p, t)).unwrap_or_default();
            let what = match self.p.impl_trait.get(i.0 as usize).and_then(Option::as_ref) {
                Some(Def::Trait(t)) => format!("{} for {of}", self.p.trait_path(*t)),
                Some(Def::Ext(name)) => format!("{name} for {of}"),
                _ => of,
            };
            if self.wanted(&what) {
                self.line(&format!("impl {what}: {}", methods.remove(&i).unwrap_or_default().join(", ")), def.span);
            }
        }
    }

    fn funcs(&mut self) {
        for f in self.p.func_ids() {
            let path = self.p.func_path(f);
            let Some(def) = self.p.func(f).filter(|_| self.wanted(&path)) else { continue };
            let (params, ret) = signature(self.p, self.models, f);
            let params: Vec<String> = def
                .params
                .iter()
                .zip(params)
                .map(|(p, t)| format!("{}: {}", p.name.as_deref().unwrap_or("_"), show(self.p, t)))
                .collect();
            let test = if self.p.is_test(f) { "test " } else { "" };
            let ret = show(self.p, ret);
            self.line(&format!("{test}fn {path}({}) -> {ret}", params.join(", ")), def.span);
            let none = Site::default();
            for (site, callee, span) in def.calls() {
                let known = self.typed.get(f.0 as usize).and_then(|t| t.sites.get(site as usize)).unwrap_or(&none);
                // A value that is called is found where it flows from.
                if !matches!(callee, Callee::Value(_)) && !self.p.is_test(f) {
                    self.call(known, span);
                }
            }
        }
    }

    fn call(&mut self, site: &Site, span: Span) {
        let at = self.sources.start(span);
        let written = self.sources.text(span);
        let one = |t: &Target| match t {
            Target::Func(f) => self.p.func_path(*f).to_string(),
            Target::Row(r) => self.models.row(*r).map_or_else(String::new, |r| format!("model of {}", r.path)),
            Target::Ctor(t, None) => format!("a {}", self.p.type_path(*t)),
            Target::Ctor(t, Some(v)) => {
                let variant = self.p.type_def(*t).and_then(|d| match &d.kind {
                    TypeKind::Enum(vs) => vs.get(*v as usize).map(|v| v.name.clone()),
                    _ => None,
                });
                format!("a {}::{}", self.p.type_path(*t), variant.unwrap_or_default())
            }
        };
        let targets: Vec<String> = site.targets.iter().map(one).collect();
        let how = match site.how {
            How::Unknown => format!("not understood: {}", site.symbol),
            How::Guessed => format!("by its name alone {}", targets.join(", ")),
            How::Resolved | How::Modelled => targets.join(", "),
        };
        let _ = writeln!(self.out, "  {}:{} {written} -> {how}", at.line, at.column);
    }

    fn tables(&mut self, schemas: &Schemas) {
        for table in schemas.list.iter().flat_map(|s| &s.tables).filter(|t| !t.dropped) {
            if !self.wanted(&table.name) {
                continue;
            }
            let kind = if table.view.is_some() && !table.stored { "view" } else { "table" };
            self.line(&format!("{kind} {}", table.name), table.span);
            for (_, c) in table.live() {
                let _ = writeln!(self.out, "  {} {}", c.name, if c.ty.is_empty() { "_" } else { &c.ty });
            }
        }
    }
}
