//! The errors behind an error: what `source()` gives, `chain()` goes through, and is written where an error is recorded
//! as such.

use std::sync::Arc;

use super::actual::Actual;
use super::interp::Interp;
use super::path::{Path, What};
use super::places::field_name;
use super::state::State;
use super::value::{V, Value, join, joined};
use crate::ir::Name;
use crate::ir::body::View;
use crate::ir::items::{TypeDef, TypeKind};
use crate::limits::SOURCES_DEPTH;
use crate::link::ty::{Ty, field_ty, peel};
use crate::model::CAUSE;
use crate::source::Span;

impl Interp<'_> {
    /// What the errors behind an error say of themselves, all of them.
    pub(super) fn sources(&mut self, v: &V, ty: &Ty, span: Span, st: &mut State, depth: u32) -> V {
        if depth > SOURCES_DEPTH {
            return V::default();
        }
        if v.has_kinds() {
            let each = v.alternatives();
            let each = each.iter().map(|v| self.sources(v, ty, span, st, depth));
            return joined(&each.collect::<Vec<_>>());
        }
        let peeled = peel(self.cx.models, ty).clone();
        let mut out = V::default();
        // What `context` was put before.
        let cause = match &peeled {
            Ty::Ext(n, _) if n.ends_with("Error") || n.ends_with("Report") => Some(v.field(CAUSE)),
            _ => v.listed(CAUSE).cloned(),
        };
        if let Some(cause) = cause.filter(|c| c.has_data()) {
            out = self.said(&cause, &Ty::Unknown, span, st, depth);
        }
        let (t, args) = match (&peeled, v.adt) {
            (Ty::Adt(t, args), _) => (*t, args.clone()),
            (_, Some(t)) => (t, [].into()),
            // Some error: whatever it has, also behind what it prints.
            (any, None) if matches!(any, Ty::Traits(_)) || matches!(any, Ty::Ext(n, _) if n == "Error") => {
                return join(&out, &join(v, &v.flat(View::Full)));
            }
            _ => return out,
        };
        let (of, method) = View::Sources.method();
        let written = self.cx.program.impls_for(t, of).first().and_then(|i| self.cx.program.impl_method(*i, method));
        if let Some(f) = written {
            let Some(summary) = self.summary(f) else { return out };
            let params = [v.clone()];
            let hops = vec![Path::hop(self.id, span, What::Into(f))];
            let source = Actual { params: &params, hops, ..Actual::default() }.value(&summary.ret);
            return join(&out, &self.said(&source, &Ty::Unknown, span, st, depth));
        }
        let owner = Ty::Adt(t, args);
        let prints = !self.cx.program.impls_for(t, "Display").is_empty();
        let behind = self.cx.program.type_def(t).map(|def| derived(def, prints)).unwrap_or_default();
        for (variant, name, transparent) in behind {
            let part = v.field(&field_name(self.cx.program, &owner, variant, &name));
            let part_ty = field_ty(self.cx.program, self.cx.models, &owner, variant, &name);
            let said = match transparent {
                true => self.sources(&part, &part_ty, span, st, depth + 1),
                false => self.said(&part, &part_ty, span, st, depth),
            };
            out = join(&out, &said);
        }
        out
    }

    /// What an error behind an error says, and those behind it.
    fn said(&mut self, v: &V, ty: &Ty, span: Span, st: &mut State, depth: u32) -> V {
        let shown = self.view_depth(v, ty, View::Display, span, st, depth);
        let mut out = Value::default();
        shown.flatten_into(View::Display, &mut out);
        join(&Arc::new(out), &self.sources(v, ty, span, st, depth + 1))
    }
}

/// The fields of a derived error that are the error behind it: variant, name, and whether the error is nothing but
/// what the field holds (`#[error(transparent)]`), so that those behind this are behind it. `prints`: its `Display` is
/// written by hand.
fn derived(def: &TypeDef, prints: bool) -> Vec<(Option<u32>, Name, bool)> {
    let derives = |name: &str| def.derives.iter().any(|d| d == name);
    if !derives("Error") && !derives("Snafu") {
        return Vec::new();
    }
    let variants = match &def.kind {
        TypeKind::Struct(fields) => vec![(None, def.display.as_deref(), fields)],
        TypeKind::Enum(vs) => (0..).zip(vs).map(|(i, v)| (Some(i), v.display.as_deref(), &v.fields)).collect(),
        TypeKind::Alias(_) => Vec::new(),
    };
    let mut out = Vec::new();
    for (variant, display, fields) in variants {
        let transparent = !prints && display.is_none() && fields.len() == 1;
        let behind = fields.iter().filter(|f| transparent || f.attrs.source || f.name == "source");
        out.extend(behind.map(|f| (variant, f.name.clone(), transparent)));
    }
    out
}
