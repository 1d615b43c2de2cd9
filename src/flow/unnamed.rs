//! What a body uses without calling it: the code by which values are printed, serialised and dereferenced.

use std::collections::BTreeSet;

use super::answers::is_maker;
use super::order::callees;
use super::places::step_ty;
use crate::ir::Name;
use crate::ir::body::{Func, Operand, Piece, Rvalue, View};
use crate::ir::items::TypeRef;
use crate::limits::PRINTED_DEPTH;
use crate::link::infer::{Site, Target, Through, Typed};
use crate::link::program::{Def, FuncId, Program, TypeId};
use crate::link::ty::{Ty, all_fields, field_ty, peel};
use crate::model::{ModelSet, PortBase};

/// Whether a function runs without being called: a method of values that are printed, dereferenced, indexed, read from
/// rows or answered, or what a field is serialised with.
pub(super) fn is_used_unnamed(p: &Program, f: FuncId) -> bool {
    let named = |name: &str| {
        matches!(name, "fmt" | "source" | "deref" | "serialize" | "from_row" | "index" | "index_mut") || is_maker(name)
    };
    let of_serde = |bound: &TypeRef| match bound {
        TypeRef::Path(path) => path.segments.last().is_some_and(|s| s == "Serializer"),
        _ => false,
    };
    // `#[serde(into = "Short")]`: the conversion.
    let written_as = |d: &Func| match d.params.first().map(|p| &p.ty) {
        Some(TypeRef::Path(path)) if d.name == "from" => match p.resolve(p.body_scope(f), &path.segments).def {
            Some(Def::Type(t)) => p.type_def(t).is_some_and(|d| d.said("serde", "into").next().is_some()),
            _ => false,
        },
        _ => false,
    };
    p.func(f).is_some_and(|d| match p.func_impl(f) {
        Some(_) => named(&d.name) || written_as(d),
        None => d.generics.iter().flat_map(|g| &g.bounds).any(of_serde),
    })
}

/// Whom a function needs to be known: those that it calls or names, and those that it uses without doing so.
pub(super) fn needs(p: &Program, models: &ModelSet, typed: &Typed, f: FuncId) -> Vec<u32> {
    let mut out = callees(p, typed);
    let Some(func) = p.func(f) else { return out };
    let mut body = Body { p, models, typed, found: Vec::new() };
    func.each(&mut |src, _| body.rvalue(src));
    for site in &typed.sites {
        for step in &site.through {
            if let Through::Deref(t) = step {
                body.method(*t, "Deref", "deref");
            }
        }
    }
    for ty in &typed.locals {
        if let Ty::Adt(t, _) = peel(models, ty) {
            body.method(*t, "Deref", "deref");
        }
        if let Ty::Adt(t, _) = ty {
            body.method(*t, "Drop", "drop");
        }
    }
    out.extend(body.found.iter().map(|g| g.0).filter(|g| *g != f.0));
    out.sort_unstable();
    out.dedup();
    out
}

struct Body<'a> {
    p: &'a Program,
    models: &'a ModelSet,
    typed: &'a Typed,
    found: Vec<FuncId>,
}

impl Body<'_> {
    fn rvalue(&mut self, src: &Rvalue) {
        match src {
            Rvalue::Format(pieces) => {
                for piece in pieces {
                    if let Piece::Arg(op, view, _) = piece {
                        self.viewed(op, *view);
                    }
                }
            }
            Rvalue::Call { args, site, .. } => {
                if let Some(site) = self.typed.sites.get(*site as usize) {
                    self.rows(site, args);
                }
            }
            _ => {}
        }
    }

    /// What rows look at as it is printed.
    fn rows(&mut self, site: &Site, args: &[Operand]) {
        for target in &site.targets {
            let Target::Row(row) = target else { continue };
            for (base, view) in self.models.row(*row).into_iter().flat_map(|row| row.views()) {
                let skipped = match base {
                    PortBase::Arg(i) => (i as usize, 1),
                    PortBase::Rest(i) => (i as usize, args.len()),
                    PortBase::Ret => continue,
                };
                for op in args.iter().skip(skipped.0).take(skipped.1) {
                    self.viewed(op, view);
                }
            }
        }
    }

    fn viewed(&mut self, op: &Operand, view: View) {
        let Operand::Place(place) = op else { return };
        let mut ty = self.typed.locals.get(place.base.0 as usize).cloned().unwrap_or_default();
        let mut variant = None;
        for sel in &place.path {
            (ty, variant) = step_ty(self.p, self.models, self.typed, &ty, variant, sel);
        }
        self.printed(&ty, view);
    }

    /// The impls by which a value of a type is printed: its own, or those of its fields. Level by level: a type that
    /// was met is not looked at again.
    fn printed(&mut self, ty: &Ty, view: View) {
        let (of, method) = view.method();
        let mut level = BTreeSet::from([peel(self.models, ty).clone()]);
        let mut met: BTreeSet<Ty> = BTreeSet::new();
        for _ in 0..=PRINTED_DEPTH {
            let mut next = BTreeSet::new();
            for owner in std::mem::take(&mut level) {
                let Ty::Adt(t, _) = &owner else { continue };
                let written = self.method(*t, of, method);
                // An error behind an error is printed, and has errors behind it.
                let behind = view == View::Sources;
                if behind {
                    self.method(*t, "Display", "fmt");
                }
                if written && !behind || met.contains(&owner) {
                    continue;
                }
                let fields = all_fields(self.p, *t).into_iter();
                let of_field = |(variant, name): (Option<u32>, Name)| {
                    peel(self.models, &field_ty(self.p, self.models, &owner, variant, &name)).clone()
                };
                next.extend(fields.map(of_field));
                met.insert(owner);
            }
            level = next;
        }
    }

    /// A method of a type by its trait, if it is written out.
    fn method(&mut self, t: TypeId, of: &str, name: &str) -> bool {
        let found = self.p.impls_for(t, of).first().and_then(|i| self.p.impl_method(*i, name));
        self.found.extend(found);
        found.is_some()
    }
}
