//! Columns whose parts are known: the keys of JSON objects, and records such as `(a, b)`.

use super::interp::Interp;
use super::roots::Place as Rooted;
use super::value::{V, Value};
use crate::ir::items::TypeKind;
use crate::link::sqlfn::{Flowing, Keys, SqlFn};
use crate::link::ty::{Ty, field_ty, peel};
use crate::source::Span;

/// The parts of a record without names, as databases call them: `f1`, `f2`.
fn is_record(keys: &Keys) -> bool {
    (1..).zip(keys).all(|(i, (name, _))| name.strip_prefix('f') == Some(&i.to_string()))
}

/// Whether what a value has in it is known to stand under one of its keys.
pub(super) fn stands_below(keys: &Keys, from: &Flowing) -> bool {
    // Of a column of which only parts have labels there is nothing else to know.
    let same = |part: &Flowing| part.source.whole() == from.source.whole() && part.functions == from.functions;
    keys.iter().any(|(_, part)| {
        part.from.iter().any(same) || part.keys.as_ref().is_some_and(|inner| stands_below(inner, from))
    })
}

impl Interp<'_> {
    /// Adds what the parts of a column hold; those of a record by their positions.
    pub(super) fn with_keys(&self, f: &SqlFn, keys: &Keys, query: &V, row: Option<&Rooted>, out: &mut Value) {
        let placed = is_record(keys);
        for (i, (name, part)) in keys.iter().enumerate() {
            let mut v = Value::default();
            part.from.iter().for_each(|from| self.flowing(f, from, query, row, &mut v));
            if let Some(keys) = &part.keys {
                self.with_keys(f, keys, query, row, &mut v);
            }
            match placed {
                true => out.set_field(&i.to_string(), v.into()),
                false => out.set_field(name, v.into()),
            }
        }
    }

    /// A column whose parts are known, as the type that it is decoded into: a record by positions, JSON by its keys.
    pub(super) fn decoded_by_parts(&self, column: &V, ty: &Ty, span: Span) -> Option<V> {
        if column.fields.is_empty() || column.adt.is_some() {
            return None;
        }
        match peel(self.cx.models, ty) {
            owner @ Ty::Adt(t, _) => {
                if column.listed("0").is_none() {
                    return Some(self.read_back(column, &Ty::Unknown, ty, span, false));
                }
                let TypeKind::Struct(fields) = &self.cx.program.type_def(*t)?.kind else { return None };
                let mut out = Value { adt: Some(*t), ..Value::default() };
                for (i, field) in fields.iter().enumerate() {
                    let part = column.field(&i.to_string());
                    let ty = field_ty(self.cx.program, self.cx.models, owner, None, &field.name);
                    out.set_field(&field.name, self.decoded_by_parts(&part, &ty, span).unwrap_or(part));
                }
                Some(out.into())
            }
            Ty::Tuple(parts) => {
                let mut out = Value::default();
                for (i, ty) in parts.iter().enumerate() {
                    let part = column.field(&i.to_string());
                    out.set_field(&i.to_string(), self.decoded_by_parts(&part, ty, span).unwrap_or(part));
                }
                Some(out.into())
            }
            _ => None,
        }
    }
}
