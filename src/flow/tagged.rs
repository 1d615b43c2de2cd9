//! Enums as serde writes them: which variant it is stands around, in or beside what the variant holds, or nowhere.

use super::beside::by_position;
use super::fetched::{for_way, rename_all};
use super::interp::Interp;
use super::places::field_name;
use super::state::State;
use super::value::{V, Value, join};
use crate::ir::Name;
use crate::ir::body::View;
use crate::ir::case::{renamed, renamed_variant};
use crate::ir::items::{FieldDef, TypeDef, VariantDef};
use crate::limits::WRITTEN_FIELDS;
use crate::link::ty::{Ty, field_ty};
use crate::source::Span;

/// The way of serde that rules may be for by itself.
const WRITTEN: &str = "serialize";

/// Where it stands which variant a value is (<https://serde.rs/enum-representations.html>).
enum Tag<'d> {
    /// `{"Mail": {..}}`.
    Around,
    /// `{"type": "Mail", ..}`: with the fields of what the variant holds, or nowhere.
    Within,
    /// `{"type": "Mail", "content": {..}}`: what the variant holds, under that name.
    Beside(&'d str),
}

impl<'d> Tag<'d> {
    fn of(def: &'d TypeDef) -> Self {
        match (def.said("serde", "content").next(), def.said("serde", "tag").next()) {
            (Some(content), _) => Tag::Beside(content),
            (None, Some(_)) => Tag::Within,
            (None, None) if def.said("serde", "untagged").next().is_some() => Tag::Within,
            (None, None) => Tag::Around,
        }
    }
}

/// Under which name a variant is written.
fn variant_name(def: &TypeDef, variant: &VariantDef) -> Name {
    match (for_way(variant.said("serde", "rename"), WRITTEN), rename_all(def, "serde", WRITTEN)) {
        (Some(name), _) => name.into(),
        (None, Some(rule)) => renamed_variant(rule, &variant.name).into(),
        (None, None) => variant.name.clone(),
    }
}

/// Under which name a field of a variant is written.
fn field_of_variant(def: &TypeDef, variant: &VariantDef, field: &FieldDef) -> Name {
    let own = variant.said("serde", "rename_all").chain(def.said("serde", "rename_all_fields"));
    match (&field.attrs.serde_rename, for_way(own, WRITTEN)) {
        (Some(name), _) => name.clone(),
        (None, Some(rule)) => renamed(rule, &field.name).into(),
        (None, None) => field.name.clone(),
    }
}

impl Interp<'_> {
    /// What is written of an enum whose `Serialize` is derived.
    pub(super) fn serialised_enum(
        &mut self,
        own: &Ty,
        def: &TypeDef,
        variants: &[VariantDef],
        v: &V,
        (span, depth): (Span, u32),
        st: &mut State,
    ) -> V {
        let fields: usize = variants.iter().map(|v| v.fields.len()).sum();
        let given = v.facts.iter().any(|(f, _)| f.is_given());
        let around = if given && fields > WRITTEN_FIELDS { None } else { self.narrow_room(fields) };
        // Too many to tell apart: under which name which part is, is not known.
        let Some(around) = around else {
            return v.flat(View::Serialize).map_info(&|i| i.within = true);
        };
        let (tag, mut out) = (Tag::of(def), self.without_type(v));
        let skipped = |v: &VariantDef| ["skip", "skip_serializing"].iter().any(|s| v.said("serde", s).next().is_some());
        for (n, variant) in (0..).zip(variants).filter(|(_, v)| !v.fields.is_empty() && !skipped(v)) {
            let held = self.held_by_variant(own, def, (n, variant), v, (span, depth), st);
            let name = match tag {
                Tag::Around if variant.said("serde", "untagged").next().is_none() => variant_name(def, variant),
                Tag::Beside(name) => name.into(),
                Tag::Around | Tag::Within => {
                    out = (*join(&out.into(), &held)).clone();
                    continue;
                }
            };
            let held = out.listed(&name).map_or_else(|| held.clone(), |have| join(have, &held));
            out.set_field(&name, held);
        }
        self.room = around;
        out.into()
    }

    /// What is written of the fields of a variant: one without a name is written as it is.
    fn held_by_variant(
        &mut self,
        own: &Ty,
        def: &TypeDef,
        (n, variant): (u32, &VariantDef),
        v: &V,
        (span, depth): (Span, u32),
        st: &mut State,
    ) -> V {
        let mut out = Value::default();
        for field in variant.fields.iter().filter(|f| !f.attrs.serde_skip) {
            let part = v.field(&field_name(self.cx.program, own, Some(n), &field.name));
            let ty = field_ty(self.cx.program, self.cx.models, own, Some(n), &field.name);
            let part = match (&field.attrs.serde_with, own) {
                (Some(path), Ty::Adt(t, _)) => self.serialised_with(*t, path, &part, span, st),
                _ => self.view_depth(&part, &ty, View::Serialize, span, st, depth + 1),
            };
            if variant.fields.len() == 1 && by_position(&field.name) {
                return part;
            }
            if field.attrs.flatten {
                out = self.with_all(out, &part, &ty);
            } else {
                out.set_field(&field_of_variant(def, variant, field), part);
            }
        }
        out.into()
    }
}
