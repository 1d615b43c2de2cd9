//! What serde writes of a value, and what it reads back.
//!
//! A struct that is written is a value of its own: without a type of the workspace, with the names that serde gives
//! its fields. So keys are looked up in it, and another type is read out of it, by the names that are there.

use std::sync::Arc;

use smol_str::format_smolstr;

use super::beside::beside;
use super::doubt::Why;
use super::elements::many;
use super::fetched::rename_all;
use super::interp::Interp;
use super::keyed::is_at;
use super::path::{Path, What};
use super::places::may_be_outside;
use super::rvalues::peel_outer;
use super::state::State;
use super::summary::doubted;
use super::value::{Fact, ONLY, Origin, TYPED, V, Value, WHOLE, join, joined};
use super::waiting::fact_open;
use crate::ir::Name;
use crate::ir::body::View;
use crate::ir::case::renamed;
use crate::ir::items::{FieldDef, TypeDef, TypeKind};
use crate::limits::{READ_BACK_DEPTH, WRITTEN_FIELDS};
use crate::link::infer::signature;
use crate::link::names::is_primitive;
use crate::link::program::{Def, FuncId, TypeId};
use crate::link::ty::{Ty, Tys, def_cx, field_ty, is_map, is_moment, is_tree, payload, peel};
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
    /// What is written of a type whose `Serialize` is derived; nothing where its fields are written as they are.
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
        if let Some(into) = def.said("serde", "into").next() {
            return self.serialised_as(t, into, v, span, st, depth);
        }
        let own = Ty::Adt(t, args.clone());
        let fields = match &def.kind {
            TypeKind::Struct(fields) => fields,
            TypeKind::Enum(variants) => {
                return Some(self.serialised_enum(&own, def, variants, v, (span, depth), st));
            }
            TypeKind::Alias(_) => return None,
        };
        let symbolic = v.facts.iter().any(|(f, _)| f.is_given());
        if symbolic && fields.len() > WRITTEN_FIELDS {
            return None;
        }
        let around = self.narrow_room(fields.len())?;
        let mut out = self.without_type(v);
        for field in fields.iter().filter(|f| !f.attrs.serde_skip) {
            let ty = field_ty(self.cx.program, self.cx.models, &own, None, &field.name);
            let content = only_content(def, fields);
            let part = match v.field(&field.name) {
                part if content || field.attrs.flatten => part,
                // Under its name it is no longer among other things.
                part => part.map_info(&|i| i.within = false),
            };
            let part = match &field.attrs.serde_with {
                Some(path) => self.serialised_with(t, path, &part, span, st),
                None => self.view_depth(&part, &ty, View::Serialize, span, st, depth + 1),
            };
            if content {
                self.room = around;
                return Some(join(&out.into(), &part));
            }
            if field.attrs.flatten {
                out = self.with_all(out, &part, &ty);
            } else {
                out.set_field(&written_name(def, field), part);
            }
        }
        self.room = around;
        Some(out.into())
    }

    /// What is written of a value of another crate's type: of a map or a list, what is not told apart is only within it.
    pub(super) fn written_of(&self, v: &V, ty: &Ty) -> V {
        let content = match peel_outer(ty) {
            list if is_keyed(list) || many(list) => payload(self.cx.models, list).map(|t| peel(self.cx.models, t)),
            _ => None,
        };
        let told_apart = content.is_none_or(|t| matches!(t, Ty::Adt(..) | Ty::Tuple(_) | Ty::Param(_) | Ty::Unknown));
        if told_apart || v.facts.iter().all(|(_, i)| i.within) {
            return v.clone();
        }
        let mut out = (**v).clone();
        out.facts.iter_mut().for_each(|(_, i)| i.within = true);
        out.into()
    }

    /// What holds of the whole, and what is beside it.
    pub(super) fn without_type(&self, v: &V) -> Value {
        let mut out = Value { unknown: v.unknown, ..Value::default() };
        out.facts.extend(v.facts.iter().filter(|(f, _)| !f.origin.is_symbolic() || f.deep.is_some()).cloned());
        out.fields.extend(v.fields.iter().filter(|(n, _)| beside(n)).cloned());
        out
    }

    /// A value with the parts of another as its own: `#[serde(flatten)]`.
    pub(super) fn with_all(&self, out: Value, part: &V, ty: &Ty) -> Value {
        let mut flat = (**part).clone();
        flat.adt = None;
        // A struct that the caller gives: its fields by their names.
        if let Ty::Adt(t, args) = peel(self.cx.models, ty)
            && let Some(TypeKind::Struct(fields)) = self.cx.program.type_def(*t).map(|d| &d.kind)
            && flat.facts.iter().any(|(f, _)| f.is_given())
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
    pub(super) fn serialised_with(&mut self, t: TypeId, path: &str, part: &V, span: Span, st: &mut State) -> V {
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

    /// What is read as a type out of a text or a value of JSON, which `of` is the type of: by its keys, as far as they
    /// are known. What the text is as a whole each of its parts is, but for fields that are labelled themselves; what
    /// was only put into it may be any of them, and what has no room for a text may be of it, but for a truth. With
    /// `among`, what the text is as a whole is not what is in it, but a text there may be.
    pub(super) fn read_back(&self, v: &V, of: &Ty, ty: &Ty, span: Span, among: bool) -> V {
        let v = if among { &v.map_info(&|i| i.within = true) } else { v };
        let by_name = has_keys(v) || is_open(v) && self.is_text(of);
        // A message that another crate has read already: of its type, it is no text.
        let same = matches!(peel(self.cx.models, ty), Ty::Adt(t, _) if v.adt == Some(*t));
        let read = match same {
            true => v.clone(),
            false => self.read_depth(&if by_name { v.clone() } else { flat(v) }, ty, (span, among), 0),
        };
        let hop = Path::hop(self.id, span, What::Through("deserialize".into()));
        read.map_info(&|i| {
            i.derived = true;
            i.path = i.path.then(&hop);
        })
    }

    /// What enters with a value that is read out of a text: nothing of what was written into that here, of which the
    /// origin is known. Where the caller gives the text, it is for him to say.
    pub(super) fn read_anew(&self, fresh: V, text: &V, of: &Ty, ty: &Ty) -> V {
        let by_name = has_keys(text) || is_open(text) && self.is_text(of);
        match by_name && fresh.has_data() {
            true => self.read_anew_depth(&fresh, text, ty, &mut Vec::new()),
            false => fresh,
        }
    }

    fn read_anew_depth(&self, fresh: &V, text: &V, ty: &Ty, way: &mut Vec<Name>) -> V {
        let models = self.cx.models;
        let mut at = ty;
        while let Some(inner) = payload(models, at).filter(|_| !is_keyed(at)) {
            at = inner;
        }
        let Ty::Adt(t, _) = at else { return fresh.clone() };
        let Some(def) = self.cx.program.type_def(*t).filter(|def| is_read_by_name(def)) else { return fresh.clone() };
        let TypeKind::Struct(fields) = &def.kind else { return fresh.clone() };
        // Whether more of it is not known, the text says.
        let mut out = Value { unknown: fresh.unknown && text.unknown, ..(**fresh).clone() };
        let by_one_name =
            |f: &&FieldDef| !f.attrs.flatten && f.attrs.serde_alias.is_empty() && way.len() < READ_BACK_DEPTH;
        let named = fields.iter().filter(by_one_name).filter(|_| !only_content(def, fields));
        let parts: Vec<(&FieldDef, V)> = named.filter_map(|f| Some((f, fresh.listed(&f.name)?.clone()))).collect();
        for (field, part) in parts {
            way.push(format_smolstr!("{ONLY}{}", read_name(def, field)));
            let ty = field_ty(self.cx.program, models, at, None, &field.name);
            let mut part = (*self.read_anew_depth(&part, text, &ty, way)).clone();
            match reading(text, way) {
                Reading::Unknown => {}
                Reading::Written => part.facts.retain(|(f, _)| !f.is_data()),
                Reading::Given(of) => {
                    let of = Arc::new(of);
                    part.facts.iter_mut().for_each(|(_, i)| i.read = Some(of.clone()));
                }
            }
            way.pop();
            out.set_field(&field.name, part.into());
        }
        out.into()
    }

    fn read_depth(&self, v: &V, ty: &Ty, read: (Span, bool), depth: usize) -> V {
        let models = self.cx.models;
        let mut at = ty;
        while let Some(inner) = payload(models, at).filter(|_| !is_keyed(at)) {
            at = inner;
        }
        match at {
            tree if is_tree(tree) && (has_keys(v) || is_open(v)) => v.data(),
            Ty::Ext(..) if is_keyed(at) && has_keys(v) => {
                let values = payload(models, at).map(|t| peel(models, t));
                if matches!(values, Some(Ty::Adt(..))) { flat(v) } else { v.data() }
            }
            // The fields of another crate's type mostly have the names of the keys.
            Ty::Ext(n, _) if n.contains("::") && has_keys(v) && !self.is_text(at) && !self.is_no_text(at) => {
                let parts = v.fields.iter().filter(|(n, _)| !beside(n) && !is_at(n));
                let mut out = Arc::unwrap_or_clone(doubted(&flat(v), &Why::Key.at(read.0)));
                parts.for_each(|(n, part)| out.set_field(n, flat(part)));
                out.into()
            }
            // Each caller has a type of its own.
            Ty::Param(_) | Ty::Assoc(_) => picked(&flat(v), read.0),
            Ty::Adt(t, _) if depth < READ_BACK_DEPTH => match self.cx.program.type_def(*t) {
                Some(def) if is_read_by_name(def) => self.read_fields(v, (*t, at), def, read, depth),
                _ => flat(v),
            },
            _ => flat(v),
        }
    }

    fn read_fields(&self, v: &V, (t, of): (TypeId, &Ty), def: &TypeDef, read: (Span, bool), depth: usize) -> V {
        let (span, among) = read;
        let TypeKind::Struct(fields) = &def.kind else { return flat(v) };
        let whole = v.field(WHOLE);
        let mut out = Value { unknown: false, ..(*flat(&whole)).clone() };
        for field in fields {
            let ty = field_ty(self.cx.program, self.cx.models, of, None, &field.name);
            if field.attrs.serde_unread {
                out.set_field(&field.name, self.cx.unread(t, &ty, field));
                continue;
            }
            let part = if only_content(def, fields) || field.attrs.flatten {
                self.read_depth(v, &ty, read, depth + 1)
            } else {
                let names = std::iter::once(read_name(def, field)).chain(field.attrs.serde_alias.iter().cloned());
                let mut names: Vec<Name> = match self.is_labelled(t, field, &ty) {
                    true => names.map(|n| format_smolstr!("{ONLY}{n}")).collect(),
                    false => names.collect(),
                };
                // What a helper wrote that does not know the type still has it.
                if is_open(v) && read_name(def, field) != field.name {
                    names.push(format_smolstr!("{TYPED}{}", field.name));
                }
                let part = joined(&names.iter().map(|n| v.field(n)).collect::<Vec<_>>());
                let part = match field.attrs.serde_with {
                    Some(_) => flat(&part),
                    None => self.read_depth(&part, &ty, read, depth + 1),
                };
                if names.iter().any(|n| v.listed(n).is_some()) {
                    part
                } else if *peel(self.cx.models, &ty) == Ty::ext("bool") {
                    V::default()
                } else if self.is_no_text(&ty) {
                    if among { V::default() } else { doubted(&part, &Why::Key.at(span)) }
                } else {
                    picked(&self.told_by_another(part, t, fields, of, span), span)
                }
            };
            out.set_field(&field.name, part);
        }
        out.into()
    }

    /// What a text is as a whole and another field of the struct is said to be this one is only perhaps.
    fn told_by_another(&self, part: V, t: TypeId, fields: &[FieldDef], of: &Ty, span: Span) -> V {
        let seeds = self.cx.seeds;
        let labels = |seed: u32| seeds.entries.get(seed as usize).map(|e| e.labels);
        let own = |f: &FieldDef| {
            let of_type = || match peel(self.cx.models, &field_ty(self.cx.program, self.cx.models, of, None, &f.name)) {
                Ty::Adt(t, _) => seeds.types.get(t).copied(),
                _ => None,
            };
            seeds.fields.get(&(t, None, f.name.clone())).copied().or_else(of_type).and_then(labels)
        };
        let said = |fact: &Fact| match fact.origin {
            Origin::Source(seed, _) | Origin::Declared(seed, ..) => {
                labels(seed).is_some_and(|all| fields.iter().any(|f| own(f) == Some(all)))
            }
            _ => false,
        };
        if !part.facts.iter().any(|(fact, _)| said(fact)) {
            return part;
        }
        part.map_facts(&|fact, info| {
            if said(fact) {
                info.doubt(&Why::Key.at(span));
            }
        })
    }

    /// Whether a field has a label of its own, or its type has.
    fn is_labelled(&self, t: TypeId, field: &FieldDef, ty: &Ty) -> bool {
        let of_type = matches!(peel(self.cx.models, ty), Ty::Adt(of, _) if self.cx.seeds.types.contains_key(of));
        of_type || self.cx.seeds.fields.contains_key(&(t, None, field.name.clone()))
    }

    /// Whether values of a type are nothing but a text: with what is in it, no parts by other names.
    fn is_text(&self, ty: &Ty) -> bool {
        let ty = peel(self.cx.models, ty);
        is_tree(ty)
            || matches!(ty, Ty::Ext(n, _) if matches!(n.as_str(), "str" | "String" | "u8") || n.ends_with("::Bytes"))
    }

    /// Whether a type has no room for a text.
    fn is_no_text(&self, ty: &Ty) -> bool {
        match peel(self.cx.models, ty) {
            Ty::Ext(n, _) => {
                let last = n.rsplit("::").next().unwrap_or(n);
                is_primitive(n) && n != "str" && n != "char" || is_moment(n) || last == "Uuid"
            }
            ty => self.cx.is_choice(ty),
        }
    }
}

/// What is known of a part of a text, by the keys that lead to it.
pub(super) enum Reading {
    /// It was written by code that is here: of what, its own value says.
    Written,
    /// The caller knows.
    Given(Origin),
    /// It may come from anywhere.
    Unknown,
}

/// What is known of a part of a value that is, or has in it, a text.
pub(super) fn reading(v: &V, way: &[Name]) -> Reading {
    let mut at = v.clone();
    for (i, name) in way.iter().enumerate() {
        let rest = way.get(i..).unwrap_or_default();
        let mut given = at.facts.iter().map(|(f, _)| f).filter(|f| f.origin.is_symbolic());
        at = match (at.listed(name), given.next(), given.next()) {
            (Some(part), ..) => part.clone(),
            (None, Some(f), None) if f.is_given() && f.transforms.is_empty() && fact_open(f) && !at.unknown => {
                let (f, cut) = f.project(rest);
                return if cut { Reading::Unknown } else { Reading::Given(f.origin) };
            }
            (None, Some(_), _) => return Reading::Unknown,
            // What no key says is not in it.
            (None, None, _) if name.starts_with(ONLY) => {
                return if has_keys(&at) && !at.unknown { Reading::Written } else { Reading::Unknown };
            }
            (None, None, _) => at.field(name),
        };
    }
    if may_be_outside(&at) { Reading::Unknown } else { Reading::Written }
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

/// Whether a value has parts by the names that were written.
fn has_keys(v: &V) -> bool {
    v.adt.is_none() && v.fields.iter().any(|(n, _)| !beside(n) && !is_at(n))
}

/// Whether the caller says what parts a value has.
fn is_open(v: &V) -> bool {
    v.adt.is_none() && v.fields.is_empty() && v.facts.iter().any(|(f, _)| f.is_given())
}

/// A part of a text whose name is not written in it: of what was put into the text it is not known which part that is.
fn picked(v: &V, span: Span) -> V {
    v.map_facts(&|f, i| match f.origin.is_symbolic() {
        _ if i.within => i.doubt(&Why::Key.at(span)),
        symbolic => i.picked |= symbolic,
    })
}

/// All that is in a value, with nothing told apart.
fn flat(v: &V) -> V {
    let mut out = Value { unknown: v.unknown, ..Value::default() };
    v.flatten_into(View::Full, &mut out);
    out.into()
}
