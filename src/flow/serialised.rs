//! What serde writes of a value, and what it reads back.
//!
//! A struct that is written is a value of its own: without a type of the workspace, with the names that serde gives
//! its fields. So keys are looked up in it, and another type is read out of it, by the names that are there.

use super::beside::beside;
use super::doubt::Why;
use super::fetched::rename_all;
use super::interp::Interp;
use super::path::{Path, What};
use super::state::State;
use super::summary::doubted;
use super::value::{V, Value, join, joined};
use crate::ir::Name;
use crate::ir::body::View;
use crate::ir::case::renamed;
use crate::ir::items::{FieldDef, TypeDef, TypeKind};
use crate::limits::{READ_BACK_DEPTH, WRITTEN_FIELDS};
use crate::link::infer::signature;
use crate::link::names::is_primitive;
use crate::link::program::{Def, FuncId, TypeId};
use crate::link::ty::{Ty, Tys, def_cx, field_ty, is_map, is_moment, payload, peel};
use crate::source::Span;

/// Under which name a field is written.
fn written_name(def: &TypeDef, field: &FieldDef) -> Name {
    field.attrs.serde_rename.clone().unwrap_or_else(|| name_by_rule(def, field, "serialize"))
}

/// Under which name a field is read, beside others that its attributes say.
fn read_name(def: &TypeDef, field: &FieldDef) -> Name {
    field.attrs.serde_rename.clone().unwrap_or_else(|| name_by_rule(def, field, "deserialize"))
}

fn name_by_rule(def: &TypeDef, field: &FieldDef, way: &str) -> Name {
    let name = field.name.strip_prefix("r#").unwrap_or(&field.name);
    match rename_all(def, "serde", way) {
        Some(case) => renamed(case, name).into(),
        None => name.into(),
    }
}

impl Interp<'_> {
    /// What is written of a struct whose `Serialize` is derived; nothing where its fields are written as they are.
    pub(super) fn serialised(
        &mut self,
        t: TypeId,
        args: &Tys,
        v: &V,
        span: Span,
        st: &mut State,
        depth: u32,
    ) -> Option<V> {
        let def = self.cx.program.type_def(t)?;
        let TypeKind::Struct(fields) = &def.kind else { return None };
        if let Some(into) = def.said("serde", "into").next() {
            return self.serialised_as(t, into, v, span, st, depth);
        }
        let own = Ty::Adt(t, args.clone());
        let symbolic = v.facts.iter().any(|(f, _)| f.origin.is_symbolic() && f.deep.is_none());
        if symbolic && fields.len() > WRITTEN_FIELDS {
            return None;
        }
        let mut out = self.without_type(v);
        for field in fields.iter().filter(|f| !f.attrs.serde_skip) {
            let ty = field_ty(self.cx.program, self.cx.models, &own, None, &field.name);
            let part = v.field(&field.name);
            let part = match &field.attrs.serde_with {
                Some(path) => self.serialised_with(t, path, &part, span, st),
                None => self.view_depth(&part, &ty, View::Serialize, span, st, depth + 1),
            };
            if only_content(def, fields) {
                return Some(join(&out.into(), &part));
            }
            if field.attrs.flatten {
                out = self.with_all(out, &part, &ty);
            } else {
                out.set_field(&written_name(def, field), part);
            }
        }
        Some(out.into())
    }

    /// What holds of the whole, and what is beside it.
    fn without_type(&self, v: &V) -> Value {
        let mut out = Value { unknown: v.unknown, ..Value::default() };
        out.facts.extend(v.facts.iter().filter(|(f, _)| !f.origin.is_symbolic() || f.deep.is_some()).cloned());
        out.fields.extend(v.fields.iter().filter(|(n, _)| beside(n)).cloned());
        out
    }

    /// A value with the parts of another as its own: `#[serde(flatten)]`.
    fn with_all(&self, out: Value, part: &V, ty: &Ty) -> Value {
        let mut flat = (**part).clone();
        flat.adt = None;
        // A struct that the caller gives: its fields by their names.
        if let Ty::Adt(t, args) = peel(self.cx.models, ty)
            && let Some(TypeKind::Struct(fields)) = self.cx.program.type_def(*t).map(|d| &d.kind)
            && flat.facts.iter().any(|(f, _)| f.origin.is_symbolic() && f.deep.is_none())
        {
            let own = Ty::Adt(*t, args.clone());
            let named = fields.iter().filter(|f| f.attrs.serde_rename.is_none() && part.listed(&f.name).is_none());
            let of_field = |f: &FieldDef| {
                let ty = field_ty(self.cx.program, self.cx.models, &own, None, &f.name);
                (f.name.clone(), self.field(part, &own, None, &f.name, &ty))
            };
            let parts: Vec<(Name, V)> = named.map(of_field).collect();
            flat = Value { fields: flat.fields, ..self.without_type(part) };
            parts.into_iter().for_each(|(name, v)| flat.set_field(&name, v));
        }
        let mut out = out;
        for (name, v) in std::mem::take(&mut flat.fields) {
            let v = out.listed(&name).map_or_else(|| v.clone(), |have| join(have, &v));
            out.set_field(&name, v);
        }
        (*join(&out.into(), &flat.into())).clone()
    }

    /// `#[serde(into = "Short")]`: what the conversion makes of it is written.
    fn serialised_as(&mut self, t: TypeId, into: &str, v: &V, span: Span, st: &mut State, depth: u32) -> Option<V> {
        let p = self.cx.program;
        let module = def_cx(p, t, &[]).module?;
        let path: Vec<Name> = into.split("::").map(|s| s.trim().into()).collect();
        let Some(Def::Type(to)) = p.resolve(module, &path).def else { return None };
        let takes = |f: &FuncId| {
            let from = signature(p, self.cx.models, *f).0.first();
            matches!(from, Some(Ty::Adt(from, _)) if *from == t)
        };
        let made = p.impls_for(to, "From").iter().filter_map(|i| p.impl_method(*i, "from")).find(takes)?;
        self.summary(made)?;
        let made = self.inline(made, std::slice::from_ref(v), span, st);
        Some(self.view_depth(&made, &Ty::Adt(to, [].into()), View::Serialize, span, st, depth + 1))
    }

    /// `#[serde(serialize_with = "f")]`, `#[serde(with = "module")]`: what the function writes.
    fn serialised_with(&mut self, t: TypeId, path: &str, part: &V, span: Span, st: &mut State) -> V {
        let p = self.cx.program;
        let find = |path: &str| {
            let path: Vec<Name> = path.split("::").map(|s| s.trim().into()).collect();
            match p.resolve(def_cx(p, t, &[]).module?, &path) {
                found if !found.rest.is_empty() => None,
                found => match found.def {
                    Some(Def::Func(f)) => Some(f),
                    _ => None,
                },
            }
        };
        match find(path).or_else(|| find(&format!("{path}::serialize"))) {
            Some(f) if self.summary(f).is_some() => self.printed(f, part, span, st),
            _ => part.clone(),
        }
    }

    /// What is read out of a text or a value of JSON as a type: by its keys, as far as they are known. Of a text that
    /// only has the data in it, the whole has that, and so have the fields that are labelled; of others it is only
    /// possible, unless there is but one that takes a text.
    pub(super) fn read_back(&self, v: &V, ty: &Ty, span: Span) -> V {
        let read = self.read_depth(v, ty, span, 0);
        let hop = Path::hop(self.id, span, What::Through("deserialize".into()));
        read.map_info(&|i| {
            i.derived = true;
            i.path = i.path.then(&hop);
        })
    }

    fn read_depth(&self, v: &V, ty: &Ty, span: Span, depth: usize) -> V {
        let models = self.cx.models;
        let mut at = ty;
        while let Some(inner) = payload(models, at).filter(|_| !is_keyed(at)) {
            at = inner;
        }
        let keys = v.adt.is_none() && v.fields.iter().any(|(n, _)| !beside(n));
        match at {
            Ty::Ext(n, _) if keys && (n.ends_with("::Value") || is_keyed(at)) => {
                let values = payload(models, at).map(|t| peel(models, t));
                if matches!(values, Some(Ty::Adt(..))) { flat(v) } else { v.data() }
            }
            Ty::Adt(t, _) if depth < READ_BACK_DEPTH => match self.cx.program.type_def(*t) {
                Some(def) if is_read_by_name(def) => self.read_fields(v, (*t, at), def, keys, span, depth),
                _ => flat(v),
            },
            _ => flat(v),
        }
    }

    fn read_fields(&self, v: &V, (t, of): (TypeId, &Ty), def: &TypeDef, keys: bool, span: Span, depth: usize) -> V {
        let TypeKind::Struct(fields) = &def.kind else { return flat(v) };
        let ty = |f: &FieldDef| field_ty(self.cx.program, self.cx.models, of, None, &f.name);
        let takes = |f: &FieldDef| f.attrs.serde_with.is_some() || !self.is_no_text(&ty(f));
        let labelled = |f: &FieldDef| self.cx.seeds.fields.contains_key(&(t, None, f.name.clone()));
        let one = fields.iter().filter(|f| takes(f)).count() == 1;
        let mut out = if keys { Value::default() } else { Value { unknown: false, ..(*flat(v)).clone() } };
        for field in fields {
            let inside = |v: &V| self.read_depth(v, &ty(field), span, depth + 1);
            let sure = labelled(field) || one && takes(field);
            let part = if only_content(def, fields) || field.attrs.flatten {
                inside(v)
            } else if field.attrs.serde_with.is_some() {
                flat(v)
            } else if keys {
                let names = std::iter::once(read_name(def, field)).chain(field.attrs.serde_alias.iter().cloned());
                let parts: Vec<V> = names.map(|name| v.field(&name)).collect();
                inside(&joined(&parts))
            } else if sure {
                inside(v)
            } else {
                doubted(&inside(v), &Why::Key.at(span))
            };
            out.set_field(&field.name, part);
        }
        out.into()
    }

    /// Whether a type has no room for a text.
    fn is_no_text(&self, ty: &Ty) -> bool {
        match peel(self.cx.models, ty) {
            Ty::Ext(n, _) => {
                let last = n.rsplit("::").next().unwrap_or(n);
                is_primitive(n) && n != "str" && n != "char" || is_moment(n) || last == "Uuid"
            }
            Ty::Adt(t, _) => match self.cx.program.type_def(*t).map(|d| &d.kind) {
                Some(TypeKind::Enum(variants)) => variants.iter().all(|v| v.fields.is_empty()),
                _ => false,
            },
            _ => false,
        }
    }
}

/// A struct that is written as what it holds.
fn only_content(def: &TypeDef, fields: &[FieldDef]) -> bool {
    let written = fields.iter().filter(|f| !f.attrs.serde_skip).count();
    written == 1
        && (fields.iter().any(|f| f.name == "0") && fields.len() == 1
            || def.said("serde", "transparent").next().is_some())
}

/// Whether a struct is read by the names of its fields, as its derive says.
fn is_read_by_name(def: &TypeDef) -> bool {
    let derived = def.derives.iter().any(|d| d == "Deserialize");
    derived && !["from", "try_from", "remote"].iter().any(|name| def.said("serde", name).next().is_some())
}

/// Whether values of a type of another crate are kept by keys.
fn is_keyed(ty: &Ty) -> bool {
    matches!(ty, Ty::Ext(n, _) if is_map(n) || n.ends_with("::Map"))
}

/// All that is in a value, with nothing told apart.
fn flat(v: &V) -> V {
    let mut out = Value { unknown: v.unknown, ..Value::default() };
    v.flatten_into(View::Full, &mut out);
    out.into()
}
