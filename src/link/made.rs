//! Types of which there may be a value: a call of a trait's method reaches no impl for any other.

use std::collections::BTreeSet;

use rustc_hash::FxHashSet;

use super::infer::{Target, Typed, func_cx};
use super::program::{Def, Program, TypeId};
use super::ty::{Ty, field_ty, lower};
use crate::ir::body::{Callee, Rvalue};
use crate::ir::items::{FieldDef, TypeKind, TypeRef};
use crate::ir::{Content, Name};
use crate::model::ModelSet;

/// The types of which a function outside tests has a value beside its own `self`, that others hold, that a call is told
/// of, or that a derive, an attribute, a macro that was not read or whoever uses a library may make.
pub(super) fn made(p: &Program, models: &ModelSet, typed: &[Typed]) -> FxHashSet<TypeId> {
    let mut found = Found::default();
    for (f, t) in p.all_ids().zip(typed) {
        let receiver = p.func(f).filter(|d| d.has_self).and_then(|d| d.params.first()).map(|p| p.local.0 as usize);
        for (_, ty) in t.locals.iter().enumerate().filter(|(l, _)| Some(*l) != receiver) {
            mentioned(ty, &mut found);
        }
        for res in &t.paths {
            match res.def {
                Some(Def::Variant(t, _)) => found.add(t),
                Some(Def::Type(t)) if res.rest.is_empty() => found.add(t),
                _ => {}
            }
        }
        let Some(def) = p.func(f) else { continue };
        let mut told: Vec<&TypeRef> = def.paths.iter().flat_map(|path| &path.args).collect();
        def.each(&mut |src, _| {
            if let Rvalue::Call { callee: Callee::Method { generics, .. }, .. } = src {
                told.extend(generics);
            }
        });
        if !told.is_empty() {
            let cx = func_cx(p, f);
            told.into_iter().for_each(|ty| mentioned(&lower(p, models, &cx, ty), &mut found));
        }
    }
    let unread: BTreeSet<&Name> = p
        .units
        .iter()
        .flat_map(|u| match &u.content {
            Content::Rust(r) => r.unread.iter().collect(),
            Content::Sql(_) => Vec::new(),
        })
        .collect();
    let used = p.crates_of_programs();
    for t in (0..p.types.len() as u32).map(TypeId) {
        let Some(def) = p.type_def(t) else { continue };
        let empty = matches!(&def.kind, TypeKind::Struct(fields) if fields.is_empty());
        let of_library = || p.module(p.type_module(t)).is_some_and(|m| !used.contains(&m.krate));
        let derived = !def.derives.iter().all(|d| makes_nothing(d));
        if derived || !def.attrs.is_empty() || unread.contains(&def.name) || def.public && empty && of_library() {
            found.add(t);
        }
    }
    while let Some(t) = found.todo.pop() {
        held(p, models, t, &mut found);
    }
    found.all
}

/// Types that were found, and those of them whose fields are still to be looked at.
#[derive(Default)]
struct Found {
    all: FxHashSet<TypeId>,
    todo: Vec<TypeId>,
}

impl Found {
    fn add(&mut self, t: TypeId) {
        if self.all.insert(t) {
            self.todo.push(t);
        }
    }
}

/// Takes methods of other types out of a call that reaches several.
pub(super) fn keep_made(p: &Program, made: &FxHashSet<TypeId>, targets: &mut Vec<Target>) {
    let exists = |t: &Target| match t {
        Target::Func(f) if p.func(*f).is_some_and(|d| d.has_self) => {
            match p.func_impl(*f).and_then(|i| p.impl_self.get(i.0 as usize)) {
                Some(Ty::Adt(of, _)) => made.contains(of),
                _ => true,
            }
        }
        _ => true,
    };
    if targets.len() > 1 && targets.iter().any(exists) {
        targets.retain(exists);
    }
}

/// Derives that make no value where there is none.
fn makes_nothing(derive: &str) -> bool {
    matches!(derive, "Clone" | "Copy" | "Debug" | "PartialEq" | "Eq" | "PartialOrd" | "Ord" | "Hash" | "Serialize")
}

/// The types of the fields of a type.
fn held(p: &Program, models: &ModelSet, t: TypeId, out: &mut Found) {
    let owner = Ty::Adt(t, [].into());
    let fields: Vec<(Option<u32>, &FieldDef)> = match p.type_def(t).map(|d| &d.kind) {
        Some(TypeKind::Struct(fields)) => fields.iter().map(|f| (None, f)).collect(),
        Some(TypeKind::Enum(variants)) => {
            (0..).zip(variants).flat_map(|(v, d)| d.fields.iter().map(move |f| (Some(v), f))).collect()
        }
        _ => Vec::new(),
    };
    for (variant, field) in fields {
        mentioned(&field_ty(p, models, &owner, variant, &field.name), out);
    }
}

/// The types of the workspace in a type.
fn mentioned(ty: &Ty, out: &mut Found) {
    if let Ty::Adt(t, _) = ty {
        out.add(*t);
    }
    ty.args().iter().for_each(|t| mentioned(t, out));
}
