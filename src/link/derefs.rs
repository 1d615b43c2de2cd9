//! Steps of auto-deref: by the pointers of libraries, and by the `Deref` that the workspace writes or derives.

use super::program::{Program, TypeId};
use super::ty::{Subst, Ty, field_ty, fields_of, from_model, payload, peel};
use crate::ir::Name;
use crate::limits::DEREFS;
use crate::model::ModelSet;

/// What a value of a type leads to by one step.
#[must_use]
pub fn deref(p: &Program, models: &ModelSet, ty: &Ty) -> Option<Ty> {
    match ty {
        Ty::Ext(..) => pointer(models, ty),
        Ty::Adt(..) => own_deref(p, models, ty),
        _ => None,
    }
}

/// What a pointer of a library leads to.
fn pointer(models: &ModelSet, ty: &Ty) -> Option<Ty> {
    let Ty::Ext(n, args) = ty else { return None };
    let m = models.type_model(n)?;
    let d = m.deref.as_ref()?;
    let s: Subst = m.vars.iter().cloned().zip(args.iter().cloned()).collect();
    Some(from_model(models, d, ty).subst(&s))
}

/// What a value of a type of the workspace leads to.
#[must_use]
pub fn own_deref(p: &Program, models: &ModelSet, ty: &Ty) -> Option<Ty> {
    let Ty::Adt(t, args) = ty else { return None };
    if let Some(i) = p.impls_for(*t, "Deref").first() {
        return p.impl_assoc(models, *i, "Target", args);
    }
    derived_deref(p, *t).map(|only| field_ty(p, models, ty, None, only))
}

/// The field that `#[derive(Deref)]` of a struct of one field leads to.
#[must_use]
pub fn derived_deref(p: &Program, t: TypeId) -> Option<&Name> {
    match fields_of(p, t, None)? {
        [only] if p.type_def(t)?.derives.iter().any(|d| d == "Deref") => Some(&only.name),
        _ => None,
    }
}

/// Whether a value of a type of the workspace leads to another by a step of its own.
#[must_use]
pub fn leads_on(p: &Program, ty: &Ty) -> bool {
    matches!(ty, Ty::Adt(t, _) if !p.impls_for(*t, "Deref").is_empty() || derived_deref(p, *t).is_some())
}

/// The types that a value is taken for, one after the other, until it goes where another type is asked for (deref
/// coercion); none if it is of that type, or never comes to it.
#[must_use]
pub fn coercion(p: &Program, models: &ModelSet, have: &Ty, want: &Ty) -> Vec<Ty> {
    let (mut at, want) = (peel(models, have).clone(), peel(models, want));
    let mut steps = Vec::new();
    if !leads_on(p, &at) || !matches!(want, Ty::Adt(..) | Ty::Ext(..) | Ty::Tuple(_)) {
        return steps;
    }
    for _ in 0..DEREFS {
        if is_same(p, &at, want) {
            return steps;
        }
        let Some(next) = deref(p, models, &at) else { break };
        if matches!(at, Ty::Adt(..)) {
            steps.push(at);
        }
        at = peel(models, &next).clone();
    }
    Vec::new()
}

/// Whether two types are one, whatever their arguments; of texts it does not matter which.
fn is_same(p: &Program, a: &Ty, b: &Ty) -> bool {
    let text = |n: &str| matches!(n, "str" | "String");
    match (a, b) {
        (Ty::Adt(a, _), Ty::Adt(b, _)) => p.may_be_another(*a, *b),
        (Ty::Ext(a, _), Ty::Ext(b, _)) => a == b || text(a) && text(b),
        (Ty::Tuple(_), Ty::Tuple(_)) => true,
        _ => false,
    }
}

/// Whether a type of the workspace has no field of a name. One whose type is not known it has.
#[must_use]
pub fn lacks(p: &Program, owner: &Ty, variant: Option<u32>, name: &str) -> bool {
    let Ty::Adt(t, _) = owner else { return false };
    fields_of(p, *t, variant).is_none_or(|fields| fields.iter().all(|f| f.name != name))
}

/// The type of a field, of the type itself or of what it leads to.
#[must_use]
pub fn field_behind(p: &Program, models: &ModelSet, owner: &Ty, variant: Option<u32>, name: &str) -> Ty {
    let found = field_ty(p, models, owner, variant, name);
    if found != Ty::Unknown {
        return found;
    }
    let mut at = owner.clone();
    for _ in 0..DEREFS {
        if !lacks(p, &at, variant, name) {
            return field_ty(p, models, &at, variant, name);
        }
        let Some(next) = own_deref(p, models, &at) else { break };
        at = peel(models, &next).clone();
    }
    Ty::Unknown
}

/// The type behind pointers of libraries; a list is none.
#[must_use]
pub fn pointed<'a>(models: &ModelSet, mut ty: &'a Ty) -> &'a Ty {
    for _ in 0..DEREFS {
        match payload(models, ty) {
            Some(held) if pointer(models, ty).as_ref() == Some(held) => ty = held,
            _ => break,
        }
    }
    ty
}

/// What has the elements of a value of a type of the workspace, where that leads to it and nothing here says what
/// `x[i]` is.
#[must_use]
pub fn indexed(p: &Program, models: &ModelSet, ty: &Ty) -> Option<Ty> {
    let first = pointed(models, ty);
    if !matches!(first, Ty::Adt(..)) {
        return None;
    }
    let mut at = first.clone();
    let mut behind = None;
    for _ in 0..DEREFS {
        match &at {
            Ty::Adt(t, _) if p.impls_for(*t, "Index").is_empty() => {}
            _ => break,
        }
        let Some(next) = own_deref(p, models, &at) else { break };
        at = pointed(models, &next).clone();
        behind = Some(next);
    }
    behind
}
