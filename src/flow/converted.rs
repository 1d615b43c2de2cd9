//! What a derive of another crate makes of a struct as another of the workspace, where an attribute of one names the
//! other: `#[from_owned(Row)]`.
//!
//! Fields of one name go along, and those that an attribute of the field names. Of what another field is made is known to
//! the derive alone: it may be any part of the value.

use super::beside::beside;
use super::doubt::{Doubt, Why};
use super::interp::Interp;
use super::joins::joined;
use super::path::{Path, What};
use super::rows::RowCall;
use super::value::{Info, Many, V, Value};
use crate::ir::Name;
use crate::ir::body::View;
use crate::limits::CONVERTED;
use crate::link::program::short;
use crate::link::ty::{Ty, field_ty, peel};

/// How a conversion is told.
struct Told {
    doubt: Doubt,
    hop: Path,
}

impl Interp<'_> {
    /// The result of a call of a conversion that no impl here is of, where a derive writes it.
    pub(super) fn converted(&self, v: V, call: RowCall<'_>) -> V {
        let [given] = call.args else { return v };
        let (Ty::Adt(of, _), Ty::Adt(to, _)) = (peel(self.cx.models, &given.ty), peel(self.cx.models, &call.info.ret))
        else {
            return v;
        };
        let name = call.row.path.rsplit("::").next();
        if of == to || !matches!(name, Some("from" | "into" | "try_from" | "try_into")) {
            return v;
        }
        let symbol = match call.info.symbol.is_empty() {
            true => &call.row.path,
            false => &call.info.symbol,
        };
        let told = Told {
            doubt: Why::Unknown(symbol.clone()).at(call.span),
            hop: Path::hop(self.id, call.span, What::Through(short(symbol))),
        };
        self.derived_of(&v, &given.ty, &call.info.ret, &told, 0).unwrap_or(v)
    }

    /// A value of one struct as another; nothing if no derive is known to convert them.
    fn derived_of(&self, v: &V, from: &Ty, into: &Ty, told: &Told, depth: usize) -> Option<V> {
        let (p, models) = (self.cx.program, self.cx.models);
        let (owner @ Ty::Adt(of, _), made @ Ty::Adt(to, _)) = (peel(models, from), peel(models, into)) else {
            return None;
        };
        if depth > CONVERTED || v.has_kinds() || !p.converts(*of, *to) {
            return None;
        }
        let (had, fields) = (p.named_fields(*of)?, p.named_fields(*to)?);
        let mut out = Value {
            adt: Some(*to),
            own: false,
            texts: Many::new(),
            refs: Many::new(),
            items: Many::new(),
            ..(**v).clone()
        };
        out.facts.retain(|(fact, _)| !fact.is_data());
        out.fields.retain(|(n, _)| beside(n));
        let passed = |i: &mut Info| {
            i.derived = true;
            i.doubt(&told.doubt);
            i.path = i.path.then(&told.hop);
        };
        let mut any: Option<V> = None;
        for field in fields {
            let is_had = |name: &Name| had.iter().any(|f| f.name == *name);
            let of_name = |of: &Ty| field_ty(p, models, of, None, &field.name);
            let mut parts: Vec<V> = Vec::new();
            if is_had(&field.name) {
                let part = v.field(&field.name);
                let within = self.derived_of(&part, &of_name(owner), &of_name(made), told, depth + 1);
                parts.push(within.unwrap_or(part));
            }
            let others = field.attrs.named.iter().filter(|name| **name != field.name && is_had(name));
            parts.extend(others.map(|name| v.field(name).map_info(&|i| i.derived = true)));
            if parts.is_empty() {
                let whole = any.get_or_insert_with(|| {
                    let mut all = Value::default();
                    v.flatten_into(View::Full, &mut all);
                    V::new(all).map_info(&passed)
                });
                parts.push(self.cx.as_chosen(whole.clone(), &of_name(made)));
            }
            let part = joined(&parts);
            if !part.is_empty() {
                out.set_field(&field.name, part);
            }
        }
        Some(out.into())
    }
}
