//! What an attribute macro of the workspace puts around an error that a function returns: nobody has read what the macro
//! writes, but an error that is no answer (`anyhow::Error`) has to be inside one that is.

use super::answers::{Answer, answer_of, answer_of_type};
use super::places::field_name;
use super::value::{V, Value};
use crate::ir::Name;
use crate::ir::items::TypeKind;
use crate::link::program::{FuncId, Program, TypeId};
use crate::link::ty::{Ty, all_fields, field_ty, peel};
use crate::model::ModelSet;

/// A type that may stand around an error, and the field that holds this.
#[derive(Clone, Debug)]
pub struct Around {
    of: TypeId,
    field: Name,
    /// Whether it has other fields beside that.
    pub(super) more: bool,
    /// How it becomes an answer.
    pub(super) answer: Answer,
}

impl Around {
    /// A value of the type around an error.
    pub(super) fn put(&self, error: &V) -> V {
        let mut out = Value { adt: Some(self.of), ..Value::default() };
        out.set_field(&self.field, error.clone());
        out.into()
    }

    /// The type.
    pub(super) fn ty(&self) -> Ty {
        Ty::Adt(self.of, [].into())
    }
}

/// Whether a macro of the workspace writes around a function which returns an error that is no answer by itself.
pub(super) fn is_wrapped(p: &Program, models: &ModelSet, f: FuncId, error: &Ty) -> bool {
    let plain = match error {
        Ty::Ext(n, _) => !n.contains("::") || models.is_plain(n),
        Ty::Adt(..) => true,
        _ => false,
    };
    plain && p.is_written_by_macro(f) && answer_of(p, models, error).is_none()
}

/// The types of the workspace that are answers.
pub(super) fn answering(p: &Program, models: &ModelSet) -> Vec<(TypeId, Answer)> {
    let types = (0..p.types.len() as u32).map(TypeId);
    let types = types.filter(|t| p.type_def(*t).is_some_and(|d| !matches!(d.kind, TypeKind::Alias(_))));
    types.filter_map(|t| Some((t, answer_of_type(p, models, t)?))).collect()
}

/// What may stand around an error that a function returns: those of these types that hold one.
pub(super) fn around(
    p: &Program,
    models: &ModelSet,
    f: FuncId,
    error: &Ty,
    answering: &[(TypeId, Answer)],
) -> Vec<Around> {
    let seen = |t: TypeId| match (p.crate_of(p.func_module(f)), p.crate_of(p.type_module(t))) {
        (Some(own), Some(of)) => own.name == of.name || own.needs(&of.name),
        _ => false,
    };
    let held = peel(models, error);
    let mut out = Vec::new();
    for (t, answer) in answering.iter().filter(|(t, _)| seen(*t)) {
        let of = Ty::Adt(*t, [].into());
        let holds =
            |(variant, name): &(Option<u32>, Name)| peel(models, &field_ty(p, models, &of, *variant, name)) == held;
        let fields = all_fields(p, *t);
        if let Some((variant, name)) = fields.iter().find(|field| holds(field)) {
            let more = fields.iter().any(|(v, other)| v == variant && other != name);
            out.push(Around { of: *t, field: field_name(p, &of, *variant, name), more, answer: *answer });
        }
    }
    out
}
