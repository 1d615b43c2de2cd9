//! What a value behind an object is where it is asked for as a type: `downcast_ref::<Refused>()`.
//!
//! What is of another type is not that, and neither is a text. What the caller gave, or what has no type for another
//! reason, may be.

use super::beside::beside;
use super::interp::Cx;
use super::joins::{join, joined};
use super::must::When;
use super::value::{Info, V, Value};
use crate::limits::WRAPPERS;
use crate::link::program::TypeId;
use crate::link::ty::{Ty, peel};
use crate::model::CAUSE;

/// What it is of an error, or of one that is behind it.
pub(super) fn cast(cx: Cx<'_>, v: &V, ty: &Ty) -> V {
    let asked = match peel(cx.models, ty) {
        Ty::Adt(t, _) => Asked::Of(*t),
        Ty::Ext(n, args) if args.is_empty() && cx.models.type_model(n).is_none_or(|m| !m.transparent) => Asked::Foreign,
        _ => return v.clone(),
    };
    let mut found = Vec::new();
    let mut at = Some(v.clone());
    for _ in 0..WRAPPERS {
        let Some(error) = at.take() else { break };
        at = error.listed(CAUSE).cloned();
        let mut own = (*error).clone();
        own.fields.retain(|(n, _)| n != CAUSE);
        own.refs.clear();
        let of = asked.of(cx, &own.into());
        found.extend((!of.is_empty() || of.own).then_some(of));
    }
    match found.is_empty() {
        true => Value { when: Some(Box::new(When::always(false))), ..Value::default() }.into(),
        false => joined(&found),
    }
}

/// The type that is asked for.
#[derive(Clone, Copy)]
enum Asked {
    Of(TypeId),
    /// One of another crate.
    Foreign,
}

impl Asked {
    fn is(self, cx: Cx<'_>, t: TypeId) -> bool {
        match self {
            Asked::Of(of) => cx.program.may_be_another(of, t),
            Asked::Foreign => false,
        }
    }

    /// What of a value is of that type.
    fn of(self, cx: Cx<'_>, v: &V) -> V {
        if v.has_kinds() {
            let rest = self.of(cx, &v.without_kinds());
            let kind = match self {
                Asked::Of(t) => v.only_kind(t),
                Asked::Foreign => None,
            };
            return kind.map_or(rest.clone(), |kind| join(&kind, &rest));
        }
        match (v.adt, self) {
            (Some(t), _) if !v.mixed && self.is(cx, t) => v.clone(),
            (Some(_), _) if !v.mixed => V::default(),
            (_, Asked::Of(_)) => no_text(v),
            (_, Asked::Foreign) => v.clone(),
        }
    }
}

/// What of a value may be of a type of the workspace that nothing says it is of.
fn no_text(v: &V) -> V {
    let mut out = (**v).clone();
    // Data that a text was made of, unless by code of which nothing is known.
    let is_text = |i: &Info| i.doubt.is_none() && (i.derived || !v.mixed && !v.unknown);
    out.facts.retain(|(f, i)| f.origin.is_symbolic() || !is_text(i));
    out.texts.clear();
    if !v.unknown && !v.mixed {
        out.fields.retain(|(n, _)| beside(n));
    }
    out.into()
}
