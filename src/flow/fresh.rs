//! Values of unknown origin and of constructors: what their types say of them.

use std::sync::Arc;

use super::interp::{Cx, Interp};
use super::path::{Path, What};
use super::places::field_name;
use super::value::{Fact, Info, Origin, V, Value, join};
use crate::ir::Name;
use crate::ir::body::{Place, RET};
use crate::ir::items::TypeKind;
use crate::link::program::{FuncId, TypeId};
use crate::link::ty::{Ty, field_ty, peel};
use crate::source::Span;

impl Interp<'_> {
    /// A type bound to a category: every value of it carries the label.
    pub(super) fn type_label(&self, out: &mut Value, t: TypeId, _dst: &Place) {
        if let Some(seed) = self.cx.seeds.types.get(&t)
            && let Some(entry) = self.cx.seeds.entries.get(*seed as usize)
        {
            let info = Info { path: Path::hop(self.id, entry.span, What::Enters(*seed)), ..Info::default() };
            out.add(Fact::new(Origin::Declared(*seed, entry.span)), info);
        }
    }

    /// A value of unknown origin: the labelled fields of its type are entries.
    pub(super) fn fresh(&self, ty: &Ty, span: Span) -> V {
        fresh(self.cx, self.id, ty, span, 0)
    }

    /// A value as it is put into a local of a known type: where nothing is known of its origin (an unresolved call,
    /// an ORM's query), the labelled fields of the type are entries here.
    pub(super) fn settled(&self, v: V, ty: &Ty, span: Span) -> V {
        if !v.unknown || v.adt.is_some() {
            return v;
        }
        match peel(self.cx.models, ty) {
            Ty::Adt(t, _) if self.cx.carrying.contains(t) => join(&v, &self.fresh(ty, span)),
            _ => v,
        }
    }

    /// A value of a type, from its constructor's arguments.
    pub(super) fn construct(&mut self, t: TypeId, variant: Option<u32>, args: &[V], span: Span) -> V {
        let owner = Ty::Adt(t, Arc::from([]));
        let mut out = Value { adt: Some(t), ..Value::default() };
        for (i, a) in args.iter().enumerate() {
            let name: Name = i.to_string().into();
            let v = self.put_in_field(a, &owner, variant, &name, span);
            out.set_field(&field_name(self.cx.program, &owner, variant, &name), v);
        }
        self.type_label(&mut out, t, &Place::from(RET));
        Arc::new(out)
    }
}

/// A value enters here.
pub(super) fn enter(v: &mut Value, func: FuncId, seed: u32, span: Span) {
    let info = Info { path: Path::hop(func, span, What::Enters(seed)), ..Info::default() };
    v.add(Fact::new(Origin::Source(seed, span)), info);
}

/// A value of unknown origin of a type: its labelled fields are entries.
#[must_use]
pub fn fresh(cx: Cx<'_>, func: FuncId, ty: &Ty, span: Span, depth: usize) -> V {
    let mut out = Value { unknown: depth == 0, ..Value::default() };
    let parts: Vec<(Name, V)> = match peel(cx.models, ty) {
        Ty::Adt(t, _) if !cx.carrying.contains(t) => {
            out.adt = Some(*t);
            Vec::new()
        }
        Ty::Adt(t, args) => {
            out.adt = Some(*t);
            if let Some(seed) = cx.seeds.types.get(t) {
                enter(&mut out, func, *seed, span);
            }
            let owner = Ty::Adt(*t, args.clone());
            let fields: Vec<(Option<u32>, Name, Span)> = match cx.program.type_def(*t).map(|d| &d.kind) {
                Some(TypeKind::Struct(fs)) => fs.iter().map(|f| (None, f.name.clone(), f.span)).collect(),
                Some(TypeKind::Enum(vs)) => vs
                    .iter()
                    .enumerate()
                    .flat_map(|(i, v)| v.fields.iter().map(move |f| (Some(i as u32), f.name.clone(), f.span)))
                    .collect(),
                _ => Vec::new(),
            };
            fields
                .into_iter()
                .filter_map(|(variant, name, at)| {
                    let mut v = if depth < 3 {
                        let inner = field_ty(cx.program, cx.models, &owner, variant, &name);
                        (*fresh(cx, func, &inner, at, depth + 1)).clone()
                    } else {
                        Value::default()
                    };
                    if let Some(seed) = cx.seeds.fields.get(&(*t, variant, name.clone())) {
                        enter(&mut v, func, *seed, at);
                    }
                    v.has_data().then(|| (field_name(cx.program, &owner, variant, &name), Arc::new(v)))
                })
                .collect()
        }
        Ty::Tuple(ts) if depth < 3 => ts
            .iter()
            .enumerate()
            .map(|(i, t)| (Name::from(i.to_string()), fresh(cx, func, t, span, depth + 1)))
            .filter(|(_, v)| v.has_data())
            .collect(),
        _ => Vec::new(),
    };
    for (n, v) in parts {
        out.set_field(&n, v);
    }
    Arc::new(out)
}
