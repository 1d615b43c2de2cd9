//! Values of unknown origin and of constructors: what their types say of them.

use std::sync::Arc;

use super::beside::{beside, has_keys};
use super::by_type::found_by;
use super::doubt::Why;
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
use crate::ir::items::{FieldDef, TypeKind};
use crate::limits::{FRESH_DEPTH, FRESH_PARTS, FRESH_RECURSIVE};
use crate::link::program::{FuncId, TypeId};
use crate::link::ty::{Ty, all_fields, field_ty, fields_of, peel};
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
        self.enters(fresh(self.cx, self.id, ty, span), ty, from, span)
    }

    /// The same of a value that serde reads: it leaves out fields.
    pub(super) fn fresh_read(&mut self, ty: &Ty, from: Vec<Rooted>, span: Span) -> V {
        self.enters(fresh_read(self.cx, self.id, ty, span), ty, from, span)
    }

    /// The same of a value that is found by its type.
    pub(super) fn fresh_found(&mut self, ty: &Ty, from: Vec<Rooted>, span: Span) -> V {
        let v = only_made(self.cx, fresh(self.cx, self.id, ty, span), found_by(self.cx.models, ty));
        self.enters(v, ty, from, span)
    }

    fn enters(&mut self, v: V, ty: &Ty, from: Vec<Rooted>, span: Span) -> V {
        if !self.cx.guarded {
            return v;
        }
        self.made_at((span, false));
        made(&v, peel(self.cx.models, ty), from, span)
    }

    /// What a column holds, as the type that it is decoded into. A label of the column covers all that is in it; where
    /// it has none, what the fields of a type of the workspace hold is of unknown origin, and their labels stand.
    pub(super) fn decoded(&mut self, column: &V, ty: &Ty, span: Span) -> V {
        let column = &self.decoded_by_parts(column, ty, span).unwrap_or_else(|| column.clone());
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
        let v = self.of_foreign_type(v, ty, span);
        if !v.unknown || v.adt.is_some() {
            return v;
        }
        let v = self.cx.as_chosen(v, ty);
        match peel(self.cx.models, ty) {
            Ty::Adt(t, _) if self.cx.carrying.contains(t) => {
                let mut fresh = match v.read {
                    true => self.fresh_read(ty, v.places(), span),
                    false => self.fresh(ty, v.places(), span),
                };
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
        let owner = Ty::Adt(t, [].into());
        let when = variant.map(|i| Box::new(When::is_variant(i)));
        let mut out = Value { adt: Some(t), when, ..Value::default() };
        let fields = fields_of(self.cx.program, t, variant).unwrap_or_default();
        for (i, a) in args.iter().enumerate() {
            // An error that is made of another may have it under a name.
            let name = fields.get(i).map_or_else(|| i.to_string().into(), |f| f.name.clone());
            let v = self.put_in_field(a, &owner, variant, &name, span, st);
            out.set_field(&field_name(self.cx.program, &owner, variant, &name), v);
        }
        self.type_label(&mut out, t, &Place::from(RET));
        Arc::new(out)
    }

    /// What a derived `Default` gives: `None` and `false` in the fields.
    pub(super) fn by_default(&self, v: V, ty: &Ty) -> V {
        let Ty::Adt(t, _) = ty else { return v };
        let derived = self.cx.program.type_def(*t).filter(|d| d.derives.iter().any(|n| n == "Default"));
        let Some(TypeKind::Struct(fields)) = derived.map(|d| &d.kind) else { return v };
        let mut out = (*v).clone();
        for field in fields.iter().filter(|f| v.listed(&f.name).is_none()) {
            let of = field_ty(self.cx.program, self.cx.models, ty, None, &field.name);
            if is_nothing_by_default(&of) {
                out.set_field(&field.name, nothing());
            }
        }
        out.into()
    }
}

/// Whether the `Default` of a type is `None` or `false`.
fn is_nothing_by_default(ty: &Ty) -> bool {
    matches!(ty, Ty::Ext(n, _) if n == "Option" || n == "bool")
}

/// `None`, `false`.
fn nothing() -> V {
    Arc::new(Value { when: Some(Box::new(When::always(false))), ..Value::default() })
}

impl Cx<'_> {
    /// Whether serde does not read a field, or its variant, as the derive of its type says.
    pub(super) fn is_unread(&self, t: TypeId, variant: Option<u32>, name: &str) -> bool {
        let Some(def) = self.program.type_def(t).filter(|d| d.derives.iter().any(|n| n == "Deserialize")) else {
            return false;
        };
        let (of, fields) = match (&def.kind, variant) {
            (TypeKind::Struct(fields), _) => (None, fields),
            (TypeKind::Enum(variants), Some(i)) => match variants.get(i as usize) {
                Some(v) => (Some(v), &v.fields),
                None => return false,
            },
            _ => return false,
        };
        let says = |name| of.is_some_and(|v| v.said("serde", name).next().is_some());
        ["skip", "skip_deserializing"].into_iter().any(says)
            || fields.iter().any(|f| f.name == name && f.attrs.serde_unread)
    }

    /// What a field is that serde does not read: the default of its type, or what a function gives.
    pub(super) fn unread(&self, t: TypeId, ty: &Ty, field: &FieldDef) -> V {
        let of_all = self.program.type_def(t).is_some_and(|d| d.said("serde", "default").next().is_some());
        let by_type = !of_all && !field.attrs.serde_default && is_nothing_by_default(ty);
        if by_type { nothing() } else { V::default() }
    }
}

/// A value that is what a call was told: its type is declared, or a part of it is read.
pub(super) fn as_told(v: V) -> V {
    let told = |i: &Info| i.doubt.as_ref().is_some_and(|d| matches!(d.why, Why::Told(_)));
    let any = |v: &Value| v.facts.iter().any(|(_, i)| told(i));
    if !any(&v) && !v.fields.iter().any(|(_, part)| any(part)) {
        return v;
    }
    v.map_info(&|i| {
        if told(i) {
            i.doubt = None;
        }
    })
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
pub fn fresh(cx: Cx<'_>, func: FuncId, ty: &Ty, span: Span) -> V {
    of_unknown_origin(cx, func, ty, (span, false))
}

/// A value of unknown origin that is found by its type: where functions here put such values there, it is no variant
/// that none of them makes.
#[must_use]
pub(super) fn only_made(cx: Cx<'_>, v: V, found: &Ty) -> V {
    let Ty::Adt(t, _) = found else { return v };
    let gone = |(variant, name): &(Option<u32>, Name)| {
        variant.filter(|n| cx.sharing.is_unmade(found, *n)).map(|_| field_name(cx.program, found, *variant, name))
    };
    let gone: Vec<Name> = all_fields(cx.program, *t).iter().filter_map(gone).collect();
    if gone.is_empty() {
        return v;
    }
    let mut out = (*v).clone();
    out.fields.retain(|(n, _)| !gone.contains(n));
    out.into()
}

/// The same of a value that serde reads: fields that it does not read have their defaults.
#[must_use]
pub(super) fn fresh_read(cx: Cx<'_>, func: FuncId, ty: &Ty, span: Span) -> V {
    of_unknown_origin(cx, func, ty, (span, true))
}

fn of_unknown_origin(cx: Cx<'_>, func: FuncId, ty: &Ty, (span, read): (Span, bool)) -> V {
    let fits = |depth: &usize| {
        let mut room = FRESH_PARTS;
        unfold(cx, ty, *depth, &mut Vec::new(), &mut room);
        room > 0
    };
    let depth = (FRESH_RECURSIVE..FRESH_DEPTH).rev().find(fits).unwrap_or(FRESH_RECURSIVE);
    Unknown { cx, func, depth, read }.value(ty, span, 0, &mut Vec::new())
}

/// Counts the parts of a value of unknown origin that would be looked at, as long as there is room.
fn unfold(cx: Cx<'_>, ty: &Ty, depth: usize, around: &mut Vec<TypeId>, room: &mut usize) {
    let owner = peel(cx.models, ty);
    if let Ty::Tuple(parts) = owner {
        for part in parts.iter() {
            *room = room.saturating_sub(1);
            if *room > 0 {
                unfold(cx, part, depth, around, room);
            }
        }
    }
    let Ty::Adt(t, _) = owner else { return };
    if !cx.carrying.contains(t) {
        return;
    }
    let known = looks_into(*t, around, depth);
    around.push(*t);
    for (variant, name) in all_fields(cx.program, *t) {
        *room = room.saturating_sub(1);
        if *room > 0 && known {
            unfold(cx, &field_ty(cx.program, cx.models, owner, variant, &name), depth, around, room);
        }
    }
    around.pop();
}

/// Whether a value in a value of unknown origin is looked into: one of a kind that is around it already is not for ever.
fn looks_into(t: TypeId, around: &[TypeId], depth: usize) -> bool {
    around.len() < depth && (around.len() < FRESH_RECURSIVE || !around.contains(&t))
}

/// Makes values of unknown origin.
struct Unknown<'a> {
    cx: Cx<'a>,
    func: FuncId,
    /// How deep fields are told apart.
    depth: usize,
    /// Whether serde reads it.
    read: bool,
}

impl Unknown<'_> {
    fn value(&self, ty: &Ty, span: Span, depth: usize, around: &mut Vec<TypeId>) -> V {
        let Unknown { cx, func, .. } = *self;
        let mut out = Value { unknown: depth == 0, read: depth == 0 && self.read, ..Value::default() };
        let deeper = depth < self.depth;
        let parts: Vec<(Name, V)> = match peel(cx.models, ty) {
            Ty::Adt(t, _) if !cx.carrying.contains(t) => {
                out.adt = Some(*t);
                Vec::new()
            }
            owner @ Ty::Adt(t, _) => {
                out.adt = Some(*t);
                if let Some(seed) = cx.seeds.types.get(t) {
                    enter(&mut out, func, *seed, span, Vec::new());
                }
                self.fields(*t, owner, depth, around)
            }
            Ty::Tuple(ts) if deeper => {
                let parts = ts.iter().enumerate();
                parts.map(|(i, t)| (Name::from(i.to_string()), self.value(t, span, depth + 1, around))).collect()
            }
            ty @ Ty::Ext(n, _) if deeper => {
                let fields = cx.models.type_model(n).into_iter().flat_map(|m| m.fields.keys());
                let of = |f: &Name| field_ty(cx.program, cx.models, ty, None, f);
                fields.map(|f| (f.clone(), self.value(&of(f), span, depth + 1, around))).collect()
            }
            _ => Vec::new(),
        };
        let parts: Vec<(Name, V)> = parts.into_iter().filter(|(_, v)| v.has_data() || v.when.is_some()).collect();
        // A field enters where it is declared; which value it came with is said once, of the whole.
        let came = (depth == 0 && parts.iter().any(|(_, v)| v.has_data())).then(|| {
            let name = out.adt.and_then(|t| cx.program.type_def(t)).map(|d| d.name.clone());
            Path::hop(func, span, What::Came(name.unwrap_or_default()))
        });
        for (n, v) in parts {
            let v = came.as_ref().map_or(v.clone(), |came| v.map_info(&|i| i.path = i.path.then(came)));
            out.set_field(&n, v);
        }
        Arc::new(out)
    }

    fn fields(&self, t: TypeId, owner: &Ty, depth: usize, around: &mut Vec<TypeId>) -> Vec<(Name, V)> {
        let Unknown { cx, func, .. } = *self;
        let fields: Vec<(Option<u32>, &FieldDef)> = match cx.program.type_def(t).map(|d| &d.kind) {
            Some(TypeKind::Struct(fs)) => fs.iter().map(|f| (None, f)).collect(),
            Some(TypeKind::Enum(vs)) => {
                (0..).zip(vs).flat_map(|(i, v)| v.fields.iter().map(move |f| (Some(i), f))).collect()
            }
            _ => Vec::new(),
        };
        let known = looks_into(t, around, self.depth) && depth < self.depth;
        around.push(t);
        let mut out = Vec::new();
        for (variant, field) in fields {
            let ty = field_ty(cx.program, cx.models, owner, variant, &field.name);
            if self.read && cx.is_unread(t, variant, &field.name) {
                out.push((field_name(cx.program, owner, variant, &field.name), cx.unread(t, &ty, field)));
                continue;
            }
            let mut v = match known {
                true => (*self.value(&ty, field.span, depth + 1, around)).clone(),
                false => Value::default(),
            };
            if let Some(seed) = cx.seeds.fields.get(&(t, variant, field.name.clone())) {
                let enters = |v: &mut Value| enter(v, func, *seed, field.span, Vec::new());
                enters(&mut v);
                with_keys(cx, &mut v, &ty, &enters, depth);
            }
            out.push((field_name(cx.program, owner, variant, &field.name), Arc::new(v)));
        }
        around.pop();
        out
    }
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
