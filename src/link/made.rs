//! Types of which there may be a value: a call of a trait's method reaches no impl for any other.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use super::infer::{Target, Targets, Typed, func_cx};
use super::program::{Def, Program, TypeId};
use super::ty::{Ty, inner, lower};
use crate::ir::body::{Callee, Rvalue};
use crate::ir::items::{TypeKind, TypeRef};
use crate::ir::{Content, Name};
use crate::model::ModelSet;

/// Types of which there may be a value.
pub(super) struct Made {
    /// By the number of the type.
    is: Vec<bool>,
    /// Those of which it is not yet said what a value of them holds.
    new: Vec<TypeId>,
}

impl Made {
    fn add(&mut self, t: TypeId) {
        if let Some(is @ false) = self.is.get_mut(t.0 as usize) {
            *is = true;
            self.new.push(t);
        }
    }

    pub(super) fn contains(&self, t: TypeId) -> bool {
        self.is.get(t.0 as usize) == Some(&true)
    }
}

/// The types of which a function outside tests has a value beside its own `self`, that others hold, that a call is told
/// of, or that a derive, an attribute, a macro that was not read or whoever uses a library may make.
pub(super) fn made(p: &Program, models: &ModelSet, typed: &[Typed]) -> Made {
    let mut out = Made { is: vec![false; p.types.len()], new: Vec::new() };
    for (f, t) in p.all_ids().zip(typed) {
        let receiver = p.func(f).filter(|d| d.has_self).and_then(|d| d.params.first()).map(|p| p.local.0 as usize);
        for (_, ty) in t.locals.iter().enumerate().filter(|(l, _)| Some(*l) != receiver) {
            ty.each(&mut |t| out.add(t));
        }
        for res in &t.paths {
            match res.def {
                Some(Def::Variant(t, _)) => out.add(t),
                Some(Def::Type(t)) if res.rest.is_empty() => out.add(t),
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
            told.into_iter().for_each(|ty| lower(p, models, &cx, ty).each(&mut |t| out.add(t)));
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
        if derived
            || def.attrs.iter().any(|a| a.path != "serde")
            || unread.contains(&def.name)
            || def.public && empty && of_library()
        {
            out.add(t);
        }
    }
    while let Some(t) = out.new.pop() {
        inner(p, models, t, &mut |t| out.add(t));
    }
    out
}

/// Lists that calls have in common, as they are without methods of other types; by where they were.
pub(super) type Kept = FxHashMap<usize, Targets>;

/// Takes methods of other types out of a call that reaches several.
pub(super) fn keep_made(p: &Program, made: &Made, targets: &mut Targets, kept: &mut Kept) {
    let Some(at) = targets.common() else { return only_made(p, made, targets) };
    let known = kept.entry(at).or_insert_with(|| {
        let mut left = targets.clone();
        only_made(p, made, &mut left);
        if let Targets::Own(list) = left { Targets::Common(list.into()) } else { left }
    });
    targets.clone_from(known);
}

fn only_made(p: &Program, made: &Made, targets: &mut Targets) {
    let exists = |t: &Target| match t {
        Target::Func(f) if p.func(*f).is_some_and(|d| d.has_self) => {
            match p.func_impl(*f).and_then(|i| p.impl_self.get(i.0 as usize)) {
                Some(Ty::Adt(of, _)) => made.contains(*of),
                _ => true,
            }
        }
        _ => true,
    };
    if targets.len() > 1 && targets.iter().any(exists) {
        targets.to_mut().retain(exists);
    }
}

/// Derives that make no value where there is none.
#[must_use]
pub fn makes_nothing(derive: &str) -> bool {
    matches!(derive, "Clone" | "Copy" | "Debug" | "PartialEq" | "Eq" | "PartialOrd" | "Ord" | "Hash" | "Serialize")
}
