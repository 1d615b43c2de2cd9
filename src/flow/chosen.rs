//! Values that can only be one of some constants: a truth, an enum without fields. What they were chosen by is not in
//! them, as it is not in what a comparison gives.

use super::doubt::Why;
use super::interp::Cx;
use super::places::field_name;
use super::value::{INSIDE, Info, V};
use crate::ir::Name;
use crate::ir::items::TypeKind;
use crate::limits::{CHOICES, CHOICES_DEPTH};
use crate::link::ty::{Ty, all_fields, field_ty, peel};

impl Cx<'_> {
    /// Whether values of a type of the workspace are one of some constants.
    pub(super) fn is_choice(&self, ty: &Ty) -> bool {
        match peel(self.models, ty) {
            Ty::Adt(t, _) => match self.program.type_def(*t).map(|d| &d.kind) {
                Some(TypeKind::Enum(variants)) => variants.iter().all(|v| v.fields.is_empty()),
                _ => false,
            },
            _ => false,
        }
    }

    /// What is of this type of what code made of which nothing is known: of a choice, and of those in it, not what that
    /// was given.
    pub(super) fn as_chosen(&self, v: V, ty: &Ty) -> V {
        let any = |v: &V| v.facts.iter().any(|(_, i)| by_unknown(i));
        if !any(&v) && !v.listed(INSIDE).is_some_and(any) {
            return v;
        }
        self.with_choices(&v, ty, 0, &mut { CHOICES }).unwrap_or(v)
    }

    /// The value with the choices that are in it as parts of their own; nothing if there is none.
    fn with_choices(&self, v: &V, ty: &Ty, depth: usize, room: &mut usize) -> Option<V> {
        // What is around a truth, a map or a result, may have other data.
        if *ty == Ty::ext("bool") || self.is_choice(ty) {
            return Some(without_given(v));
        }
        if depth >= CHOICES_DEPTH {
            return None;
        }
        let mut parts: Vec<(Name, V)> = Vec::new();
        let owner = peel(self.models, ty);
        let fields = match owner {
            Ty::Adt(t, _) => all_fields(self.program, *t),
            Ty::Tuple(ts) => (0..ts.len()).map(|i| (None, i.to_string().into())).collect(),
            _ => return None,
        };
        for (variant, name) in fields {
            *room = room.checked_sub(1)?;
            let key = field_name(self.program, owner, variant, &name);
            if v.listed(&key).is_none() {
                let of = field_ty(self.program, self.models, owner, variant, &name);
                parts.extend(self.with_choices(&v.field(&key), &of, depth + 1, room).map(|part| (key, part)));
            }
        }
        if parts.is_empty() {
            return None;
        }
        let mut out = (**v).clone();
        parts.into_iter().for_each(|(key, part)| out.set_field(&key, part));
        Some(out.into())
    }
}

/// The value without what code was given of which nothing is known.
fn without_given(v: &V) -> V {
    let mut out = (**v).clone();
    out.facts.retain(|(_, i)| !by_unknown(i));
    if let Some(inside) = v.listed(INSIDE) {
        out.set_field(INSIDE, without_given(inside));
    }
    out.into()
}

/// Whether it only may be there, as what code was given of which nothing is known.
fn by_unknown(i: &Info) -> bool {
    i.derived && i.doubt.as_ref().is_some_and(|d| matches!(d.why, Why::Unknown(_)))
}
