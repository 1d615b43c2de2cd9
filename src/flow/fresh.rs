//! Values of unknown origin and of constructors: what their types say of them.

use std::sync::Arc;

use super::beside::{beside, has_keys};
use super::interp::{Cx, Interp};
use super::must::{Must, When};
use super::path::{Path, What};
use super::places::field_name;
use super::roots::{Place as Rooted, Record, sort};
use super::state::State;
use super::value::{Fact, Info, Origin, V, Value, join};
use super::waiting::fact_open;
use crate::ir::Name;
use crate::ir::body::{Place, RET};
use crate::ir::items::TypeKind;
use crate::link::program::{FuncId, TypeId};
use crate::link::ty::{Ty, all_fields, field_ty, peel};
use crate::model::KEY;
use crate::source::Span;

impl Interp<'_> {
    /// A type bound to a category: every value of it carries the label.
    pub(super) fn type_label(&self, out: &mut Value, t: TypeId, _dst: &Place) {
        if let Some(seed) = self.cx.seeds.types.get(&t)
            && let Some(entry) = self.cx.seeds.entries.get(*seed as usize)
        {
            let info = Info { path: Path::hop(self.id, entry.span, What::Enters(*seed)), ..Info::default() };
            spread(out, &Fact::new(Origin::Declared(*seed, entry.span, None)), &info);
        }
    }

    /// A value of unknown origin: the labelled fields of its type are entries.
    pub(super) fn fresh(&mut self, ty: &Ty, from: Vec<Rooted>, span: Span) -> V {
        let v = fresh(self.cx, self.id, ty, span, 0);
        if !self.cx.guarded {
            return v;
        }
        self.made_at((span, false));
        made(&v, peel(self.cx.models, ty), from, span)
    }

    /// What a column holds, as the type that it is decoded into. A label of the column covers all that is in it; where
    /// it has none, what the fields of a type of the workspace hold is of unknown origin, and their labels stand.
    pub(super) fn decoded(&mut self, column: &V, ty: &Ty, span: Span) -> V {
        let labelled = matches!(peel(self.cx.models, ty), Ty::Adt(t, _) if self.cx.carrying.contains(t));
        let open = column.facts.iter().any(|(f, _)| fact_open(f));
        if !labelled || column.has_data() && !open {
            return column.clone();
        }
        let fresh = self.fresh(ty, column.places(), span);
        match open {
            true => join(column, &declared(&fresh)),
            false => join(column, &fresh),
        }
    }

    /// A value as it is put into a local of a known type: where nothing is known of its origin (an unresolved call,
    /// an ORM's query), the labelled fields of the type are entries here.
    pub(super) fn settled(&mut self, v: V, ty: &Ty, span: Span) -> V {
        if !v.unknown || v.adt.is_some() {
            return v;
        }
        match peel(self.cx.models, ty) {
            Ty::Adt(t, _) if self.cx.carrying.contains(t) => {
                let mut fresh = self.fresh(ty, v.places(), span);
                // What was there without a type is there with one now.
                if let [known] = v.places().as_slice() {
                    fresh = fresh.rooted(&known.typed(peel(self.cx.models, ty)));
                }
                join(&v, &fresh)
            }
            _ => v,
        }
    }

    /// A value of a type, from its constructor's arguments.
    pub(super) fn construct(&mut self, t: TypeId, variant: Option<u32>, args: &[V], span: Span, st: &mut State) -> V {
        let owner = Ty::Adt(t, Arc::from([]));
        let when = variant.map(|i| Box::new(When::is_variant(i)));
        let mut out = Value { adt: Some(t), when, ..Value::default() };
        for (i, a) in args.iter().enumerate() {
            let name: Name = i.to_string().into();
            let v = self.put_in_field(a, &owner, variant, &name, span, st);
            out.set_field(&field_name(self.cx.program, &owner, variant, &name), v);
        }
        self.type_label(&mut out, t, &Place::from(RET));
        Arc::new(out)
    }
}

/// A value enters here.
pub(super) fn enter(v: &mut Value, func: FuncId, seed: u32, span: Span, whose: Vec<Rooted>) {
    let mut info = Info { path: Path::hop(func, span, What::Enters(seed)), ..Info::default() };
    info.set_whose(whose);
    v.add(Fact::new(Origin::Source(seed, span)), info);
}

/// A value of unknown origin as a record that comes to be here, of a type without wrappers.
#[must_use]
pub(super) fn made(v: &V, ty: &Ty, from: Vec<Rooted>, span: Span) -> V {
    let place: Rooted = Record::made(span, from, sort(ty).into_iter().collect()).into();
    let mut out = (*v.rooted(&place)).clone();
    out.add_bare(place, &Must::default());
    Arc::new(out)
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
                enter(&mut out, func, *seed, span, Vec::new());
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
                        enter(&mut v, func, *seed, at, Vec::new());
                        let ty = field_ty(cx.program, cx.models, &owner, variant, &name);
                        with_keys(cx, &mut v, &ty, &|v| enter(v, func, *seed, at, Vec::new()), depth);
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
        ty @ Ty::Ext(n, _) if depth < 3 => {
            let fields = cx.models.type_model(n).into_iter().flat_map(|m| m.fields.keys());
            fields
                .map(|f| (f.clone(), fresh(cx, func, &field_ty(cx.program, cx.models, ty, None, f), span, depth + 1)))
                .filter(|(_, v)| v.has_data())
                .collect()
        }
        _ => Vec::new(),
    };
    // A field enters where it is declared; which value it came with is said once, of the whole.
    let came = (depth == 0 && !parts.is_empty()).then(|| {
        let name = out.adt.and_then(|t| cx.program.type_def(t)).map(|d| d.name.clone());
        Path::hop(func, span, What::Came(name.unwrap_or_default()))
    });
    for (n, v) in parts {
        let v = came.as_ref().map_or(v.clone(), |came| v.map_info(&|i| i.path = i.path.then(came)));
        out.set_field(&n, v);
    }
    Arc::new(out)
}

/// Entries that stand only where nothing better is known.
fn declared(v: &V) -> V {
    let mut out = Value { unknown: false, ..(**v).clone() };
    for (fact, _) in &mut out.facts {
        if let Origin::Source(seed, span) = fact.origin {
            fact.origin = Origin::Declared(seed, span, None);
        }
    }
    out.facts.sort_by(|a, b| a.0.cmp(&b.0));
    for (_, part) in &mut out.fields {
        *part = declared(part);
    }
    Arc::new(out)
}

/// What a value of a type is, its keys are as well: those of the map that it is, or that its fields are.
fn with_keys(cx: Cx<'_>, v: &mut Value, ty: &Ty, enter: &dyn Fn(&mut Value), depth: usize) {
    if has_keys(cx.models, ty) {
        let mut key = Value::default();
        enter(&mut key);
        v.set_field(KEY, Arc::new(key));
    } else if let owner @ Ty::Adt(t, _) = peel(cx.models, ty)
        && depth < 3
    {
        for (variant, name) in all_fields(cx.program, *t) {
            let ty = field_ty(cx.program, cx.models, owner, variant, &name);
            let key = field_name(cx.program, owner, variant, &name);
            let mut part = (*v.field(&key)).clone();
            let before = part.fields.len();
            with_keys(cx, &mut part, &ty, enter, depth + 1);
            if part.fields.len() > before {
                v.set_field(&key, Arc::new(part));
            }
        }
    }
}

/// Adds a fact to a value and to each of its parts.
pub(super) fn spread(v: &mut Value, fact: &Fact, info: &Info) {
    v.add(fact.clone(), info.clone());
    for (_, part) in v.fields.iter_mut().filter(|(n, _)| !beside(n)) {
        let mut labelled = (**part).clone();
        spread(&mut labelled, fact, info);
        *part = Arc::new(labelled);
    }
}
