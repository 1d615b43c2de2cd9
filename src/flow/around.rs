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
pub(super) struct Around {
    of: TypeId,
    field: Name,
    /// Whether it has other fields beside that.
    pub more: bool,
    /// How it becomes an answer.
    pub answer: Answer,
}

impl Around {
    /// A value of the type around an error.
    pub fn put(&self, error: &V) -> V {
        let mut out = Value { adt: Some(self.of), ..Value::default() };
        out.set_field(&self.field, error.clone());
        out.into()
    }

    /// The type.
    pub fn ty(&self) -> Ty {
        Ty::Adt(self.of, [].into())
    }
}

/// What may stand around an error that a function returns: of the types which are answers those that hold one, if a macro
/// of the workspace writes the function that is called, and the error is no answer by itself.
pub(super) fn around(p: &Program, models: &ModelSet, f: FuncId, error: &Ty) -> Vec<Around> {
    let plain = match error {
        Ty::Ext(n, _) => !n.contains("::") || models.is_plain(n),
        Ty::Adt(..) => true,
        _ => false,
    };
    if !plain || !p.is_written_by_macro(f) || answer_of(p, models, error).is_some() {
        return Vec::new();
    }
    let seen = |t: TypeId| match (p.crate_of(p.func_module(f)), p.crate_of(p.type_module(t))) {
        (Some(own), Some(of)) => own.name == of.name || own.needs(&of.name),
        _ => false,
    };
    let held = peel(models, error);
    let mut out = Vec::new();
    for t in (0..p.types.len() as u32).map(TypeId) {
        if p.type_def(t).is_none_or(|d| matches!(d.kind, TypeKind::Alias(_))) || !seen(t) {
            continue;
        }
        let Some(answer) = answer_of_type(p, models, t) else { continue };
        let of = Ty::Adt(t, [].into());
        let holds =
            |(variant, name): &(Option<u32>, Name)| peel(models, &field_ty(p, models, &of, *variant, name)) == held;
        let fields = all_fields(p, t);
        if let Some((variant, name)) = fields.iter().find(|field| holds(field)) {
            let more = fields.iter().any(|(v, other)| v == variant && other != name);
            out.push(Around { of: t, field: field_name(p, &of, *variant, name), more, answer });
        }
    }
    out
}

/// The functions of the workspace by which these become answers.
pub(super) fn makers_around(p: &Program, models: &ModelSet, f: FuncId, error: &Ty) -> Vec<FuncId> {
    let by = |found: Around| if let Answer::By(f) = found.answer { Some(f) } else { None };
    around(p, models, f, error).into_iter().filter_map(by).collect()
}
