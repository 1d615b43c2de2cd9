//! Types that have others in them: in which of them there may be data, and which prove that a check was made.

use std::collections::{BTreeMap, BTreeSet};

use super::seeds::Seeds;
use crate::ir::items::TypeKind;
use crate::link::program::{Program, TypeId};
use crate::link::ty::{Ty, field_ty, inner};
use crate::model::ModelSet;

/// Types that are labelled or have a field, at any depth, that is.
pub(super) fn carrying(p: &Program, models: &ModelSet, seeds: &Seeds) -> BTreeSet<TypeId> {
    let labelled = seeds.types.keys().chain(seeds.fields.keys().map(|(t, ..)| t));
    let mut out = holding(p, models, labelled.copied().collect());
    // A generic type may be given a labelled one.
    let generic = |t: &TypeId| p.type_def(*t).is_some_and(|d| d.generics.iter().any(|g| !g.name.starts_with('\'')));
    out.extend((0..p.types.len() as u32).map(TypeId).filter(generic));
    out
}

/// These types, and those that have a field, at any depth, of one of them.
pub(super) fn holding(p: &Program, models: &ModelSet, of: BTreeSet<TypeId>) -> BTreeSet<TypeId> {
    let mut out = of;
    let mut holders: BTreeMap<TypeId, BTreeSet<TypeId>> = BTreeMap::new();
    for i in 0..p.types.len() as u32 {
        let t = TypeId(i);
        inner(p, models, t, &mut |x| {
            holders.entry(x).or_default().insert(t);
        });
    }
    let mut todo: Vec<TypeId> = out.iter().copied().collect();
    while let Some(t) = todo.pop() {
        for h in holders.get(&t).into_iter().flatten() {
            if out.insert(*h) {
                todo.push(*h);
            }
        }
    }
    out
}

/// Types of which holding a value establishes guards: those that are bound, and structs that have a field of one.
pub(super) fn proofs(p: &Program, models: &ModelSet, seeds: &Seeds) -> BTreeMap<TypeId, BTreeSet<u32>> {
    let mut out: BTreeMap<TypeId, BTreeSet<u32>> = BTreeMap::new();
    for (t, g) in &seeds.guard_types {
        out.entry(*t).or_default().insert(*g);
    }
    if out.is_empty() {
        return out;
    }
    loop {
        let mut more: Vec<(TypeId, BTreeSet<u32>)> = Vec::new();
        for i in 0..p.types.len() as u32 {
            let t = TypeId(i);
            let Some(TypeKind::Struct(fields)) = p.type_def(t).map(|d| &d.kind) else { continue };
            let owner = Ty::Adt(t, [].into());
            let of_fields: BTreeSet<u32> = fields
                .iter()
                .filter_map(|f| match field_ty(p, models, &owner, None, &f.name) {
                    Ty::Adt(inner, _) => out.get(&inner),
                    _ => None,
                })
                .flatten()
                .copied()
                .collect();
            if !of_fields.is_subset(out.get(&t).unwrap_or(&BTreeSet::new())) {
                more.push((t, of_fields));
            }
        }
        if more.is_empty() {
            return out;
        }
        for (t, guards) in more {
            out.entry(t).or_default().extend(guards);
        }
    }
}
