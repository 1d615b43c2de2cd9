//! Types through which no cell is reached: numbers, texts, structs of such. What is lent of them is only read.

use super::beside::left_behind;
use super::borrowers::lends;
use super::interp::Interp;
use super::value::{Base, Way, Way1};
use crate::ir::items::{FieldDef, TypeDef};
use crate::limits::SHARED_DEPTH;
use crate::link::ty::{Ty, any_within, field_ty, fields_of, peel};
use crate::model::ModelSet;

impl Interp<'_> {
    /// Whether a place is in what was lent to the function to be read, and no cell or borrow is on the way there or in it:
    /// nobody writes to it.
    pub(super) fn is_only_read(&self, (base, way): &(Base, Way)) -> bool {
        // Parameters of a closure have numbers of their own.
        let Base::Param(i) = base else { return false };
        let Some(param) = self.f.params.get(*i as usize).filter(|p| p.lent && self.active.is_empty()) else {
            return false;
        };
        let (p, models) = (self.cx.program, self.cx.models);
        let mut ty = self.local_ty(param.local).clone();
        if lends(&self.f.generics, &param.ty) {
            return false;
        }
        for step in way {
            let Way1::Field(name) = step else { return false };
            if left_behind(name).is_some() {
                continue;
            }
            let Ty::Adt(t, _) = peel(models, &ty) else { return false };
            let lent = |f: &FieldDef| f.name == *name && !lends(&[], &f.ty);
            if !is_plain_outside(models, &ty) || !fields_of(p, *t, None).unwrap_or_default().iter().any(lent) {
                return false;
            }
            ty = field_ty(p, models, peel(models, &ty), None, name);
        }
        self.is_plain(&ty)
    }

    /// Whether no cell can be reached through a value of a type, nor what is borrowed to write to it.
    pub(super) fn is_plain(&self, ty: &Ty) -> bool {
        let (p, models) = (self.cx.program, self.cx.models);
        let open = |ty: &Ty, _, def: &TypeDef| {
            let field = |(variant, f): (Option<u32>, &FieldDef)| {
                lends(&[], &f.ty) || !is_plain_outside(models, &field_ty(p, models, ty, variant, &f.name))
            };
            Some(def.fields().any(field))
        };
        is_plain_outside(models, ty) && !any_within(p, models, ty, SHARED_DEPTH, &open)
    }
}

/// The same of a type without those of the workspace in it.
fn is_plain_outside(models: &ModelSet, ty: &Ty) -> bool {
    match ty {
        Ty::Adt(_, args) | Ty::Tuple(args) => args.iter().all(|t| is_plain_outside(models, t)),
        Ty::Ext(n, args) => {
            let known = models.type_model(n);
            let leads = known.is_some_and(|m| m.shared || m.lock || m.outlived) || models.is_cell(n);
            let copies = args.is_empty() || known.is_some_and(|m| m.transparent);
            !leads && copies && args.iter().all(|t| is_plain_outside(models, t))
        }
        _ => false,
    }
}
