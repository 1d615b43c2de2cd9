//! Borrows that values hold: a struct with a `&mut` in a field writes to what that borrows, whoever writes through it.

use std::iter::successors;
use std::sync::Arc;

use super::borrowers::{holds_lent, lends, pointee};
use super::calls::Arg;
use super::cells::Cell;
use super::elements;
use super::interp::Interp;
use super::places::field_name;
use super::state::State;
use super::value::{Base, Fact, Info, Many, Origin, V, Value, Way, Way1, many};
use crate::ir::Name;
use crate::ir::body::{Local, Param};
use crate::ir::items::{Generic, TypeKind, TypeRef};
use crate::limits::{BORROWS_DEPTH, WRAPPERS};
use crate::link::program::FuncId;
use crate::link::ty::{Ty, field_ty, payload, peel};
use crate::source::Span;

/// The places here of what a function gives that are parts of its parameters.
type Ways<'a> = &'a dyn Fn(&Value, &Ty) -> Many<(Base, Way)>;

impl Value {
    /// Whether it or a part of it is a borrow that may be written through.
    pub fn borrows(&self) -> bool {
        !self.refs.is_empty() || self.fields.iter().any(|(_, v)| v.borrows())
    }
}

impl Interp<'_> {
    /// What a call left in a value that holds borrows or writers is written to what they borrow, or out.
    pub(super) fn through_borrows(&mut self, before: &V, after: V, span: Span, st: &mut State) -> V {
        if !before.fields.iter().any(|(_, part)| part.leads_out()) {
            return after;
        }
        let mut out = (*after).clone();
        for (name, part) in before.fields.iter().filter(|(_, part)| part.leads_out()) {
            let left = after.field(name);
            let there = self.load(st, part);
            let left = match part.refs.is_empty() {
                _ if there.writers().next().is_some() => {
                    self.put_into_writer(&there, &added(&there, &left), span, st);
                    part.clone()
                }
                true => self.through_borrows(part, left, span, st),
                false => {
                    if !left.same(&there) {
                        self.put_all(&part.refs, &[], &left.data(), false, span, st);
                    }
                    part.clone()
                }
            };
            out.set_field(name, left);
        }
        Arc::new(out)
    }

    /// A result as an alias of what it borrows: of an argument or a part of one, by itself or in its fields.
    pub(super) fn with_borrows(&mut self, f: FuncId, ret: V, args: &[Arg], st: &mut State) -> V {
        let Some(def) = self.cx.program.func(f) else { return ret };
        let Some(typed) = self.cx.typed.get(f.0 as usize) else { return ret };
        if self.is_lock(&typed.ret) {
            return self.locked(f, ret, args, st);
        }
        let gives = lends(&def.generics, &def.ret);
        if !gives && !args.iter().any(|a| a.v.borrows()) && !def.params.iter().any(|p| lends(&def.generics, &p.ty)) {
            return ret;
        }
        let Some(summary) = self.summary(f) else { return ret };
        let ways = |given: &Value, ty: &Ty| self.given_ways(f, given, ty, args, st);
        let mut out = ret;
        if gives && let Some((lent, refs)) = lent_in(&def.generics, &def.ret, &summary.ret, &typed.ret, &out, &ways) {
            self.lend(&refs);
            return lent;
        }
        // What is given back borrows what it did.
        for (fact, _) in &summary.ret.facts {
            if let (Origin::Param(i, path), None) = (&fact.origin, fact.deep)
                && let Some(a) = args.get(*i as usize).filter(|a| a.v.borrows())
            {
                out = still_borrowing(&a.v.part(path), out);
            }
        }
        self.borrowing(&summary.ret, &typed.ret, out, &ways, BORROWS_DEPTH)
    }

    /// Whether a value of a type is access to what a lock holds, as long as it is there.
    fn is_lock(&self, ty: &Ty) -> bool {
        let models = self.cx.models;
        let lock = |n: &str| models.type_model(n).is_some_and(|m| m.lock);
        let mut inside = successors(Some(ty), |ty| payload(models, ty)).take(WRAPPERS);
        inside.any(|ty| matches!(ty, Ty::Ext(n, _) if lock(n)))
    }

    /// What a function gives that has locked a part of an argument: what is written to it is written there.
    fn locked(&mut self, f: FuncId, ret: V, args: &[Arg], st: &mut State) -> V {
        let Some(summary) = self.summary(f) else { return ret };
        let params: Vec<V> = args.iter().map(|a| self.whole(st, &a.v)).collect();
        let mut refs = Many::new();
        for (fact, _) in &summary.ret.facts {
            if let (Origin::Param(i, path), None) = (&fact.origin, fact.deep) {
                refs.extend(self.param_places(*i, path, &params, args, st));
            }
        }
        refs.sort();
        refs.dedup();
        if refs.is_empty() {
            return ret;
        }
        self.lend(&refs);
        Arc::new(Value { refs, ..(*ret).clone() })
    }

    /// What a function leaves in an argument, with the borrows that it was given beside it and put in there.
    pub(super) fn with_kept_borrows(&self, f: FuncId, kept_in: u32, told: &Value, v: V, args: &[Arg], st: &State) -> V {
        if args.len() < 2 {
            return v;
        }
        let Some(param) = self.cx.program.func(f).and_then(|d| d.params.get(kept_in as usize)) else { return v };
        let Some(typed) = self.cx.typed.get(f.0 as usize) else { return v };
        let Some(ty) = typed.locals.get(param.local.0 as usize) else { return v };
        let beside = |(fact, _): &&(Fact, Info)| !matches!(fact.origin, Origin::Param(i, _) if i == kept_in);
        let ways = |given: &Value, ty: &Ty| {
            let given = Value { facts: given.facts.iter().filter(beside).cloned().collect(), ..Value::default() };
            self.given_ways(f, &given, ty, args, st)
        };
        self.borrowing(told, ty, v, &ways, BORROWS_DEPTH)
    }

    /// A struct with the borrows in its fields that a function was given; `ways` are those that a part of it may be.
    fn borrowing(&self, told: &Value, ty: &Ty, v: V, ways: Ways<'_>, depth: u32) -> V {
        let (p, models) = (self.cx.program, self.cx.models);
        let ty = peel(models, ty);
        let Ty::Adt(t, _) = ty else { return v };
        let Some(TypeKind::Struct(fields)) = p.type_def(*t).map(|d| &d.kind) else { return v };
        let mut out: Option<Value> = None;
        for field in fields {
            let Some(part) = told.listed(&field.name) else { continue };
            let (of, have) = (field_ty(p, models, ty, None, &field.name), v.field(&field.name));
            let held = match lends(&[], &field.ty) {
                true => {
                    let mut refs = ways(part, &of);
                    if refs.is_empty() {
                        continue;
                    }
                    refs.extend(have.refs.iter().filter(|r| !refs.contains(r)).cloned().collect::<Many<_>>());
                    Arc::new(Value { refs, adt: have.adt, mixed: have.mixed, ..Value::default() })
                }
                false if depth > 0 => self.borrowing(part, &of, have.clone(), ways, depth - 1),
                false => continue,
            };
            if !Arc::ptr_eq(&held, &have) {
                out.get_or_insert_with(|| (*v).clone()).set_field(&field.name, held);
            }
        }
        out.map_or(v, Arc::new)
    }

    /// The places here of what a function gives that are parts of its parameters.
    fn given_ways(&self, f: FuncId, given: &Value, ty: &Ty, args: &[Arg], st: &State) -> Many<(Base, Way)> {
        let mut out = Many::new();
        for (fact, _) in &given.facts {
            let (Origin::Param(i, path), None) = (&fact.origin, fact.deep) else { continue };
            let Some(a) = args.get(*i as usize) else { continue };
            let way = self.way_of(f, *i, path, ty);
            let held = a.v.part(path);
            if a.v.refs.is_empty() && a.place.is_none() {
                out.extend(held.refs.iter().cloned());
            }
            for from in self.arg_ways(a, st) {
                out.extend(self.followed(from, &way, st));
            }
        }
        out.sort();
        out.dedup();
        out
    }

    /// The way into a parameter: one out of many where it goes through a list.
    fn way_of(&self, f: FuncId, param: u32, path: &[Name], to: &Ty) -> Way {
        let (p, models) = (self.cx.program, self.cx.models);
        let local = p.func(f).and_then(|d| d.params.get(param as usize)).map(|p| p.local.0 as usize);
        let declared = local.and_then(|l| self.cx.typed.get(f.0 as usize)?.locals.get(l));
        let mut ty = declared.cloned().unwrap_or_default();
        let mut out = Way::new();
        for (n, name) in path.iter().enumerate() {
            out.push(Way1::Field(name.clone()));
            ty = field_ty(p, models, peel(models, &ty), None, name);
            if elements::many(&ty) && (n + 1 < path.len() || !elements::many(to)) {
                out.push(Way1::Element);
            }
        }
        out
    }

    /// The places that a way from a place leads to, borrows followed.
    fn followed(&self, from: (Base, Way), way: &[Way1], st: &State) -> Many<(Base, Way)> {
        let mut at: Many<(Base, Way)> = Many::new();
        at.push(from);
        let borrowed = |at: Many<(Base, Way)>| {
            let mut next = Many::new();
            for (base, way) in at {
                let refs = self.refs_at(&base, &way, st);
                if refs.is_empty() { next.push((base, way)) } else { next.extend(refs) }
            }
            next
        };
        for step in way {
            at = borrowed(at);
            at.iter_mut().for_each(|(_, way)| way.push(step.clone()));
        }
        borrowed(at)
    }

    /// What a parameter is that is given by value and has borrows as parts, if it is one: each lends what it borrows,
    /// and so does whoever takes it out. Asked once for each parameter; `number` tells them apart.
    pub(super) fn lent_parts(&self, v: &V, param: &Param, number: &mut u32, st: &mut State) -> Option<V> {
        let of = self.local_ty(param.local);
        match (&param.ty, of) {
            (TypeRef::Tuple(parts), of) => {
                let parts = parts.iter().zip(0_usize..).map(|(written, i)| {
                    let ty = if let Ty::Tuple(ts) = of { ts.get(i).cloned() } else { None };
                    (Name::from(i.to_string()), written, ty.unwrap_or_default())
                });
                self.lent_among(v, parts.collect(), param.span, BORROWS_DEPTH, number, st)
            }
            (_, of) if !param.lent && self.holds_borrow(of) => {
                self.lent_fields(v, peel(self.cx.models, of), param.span, BORROWS_DEPTH, number, st)
            }
            _ => None,
        }
    }

    fn lent_fields(&self, v: &V, of: &Ty, at: Span, depth: u32, number: &mut u32, st: &mut State) -> Option<V> {
        let (p, models) = (self.cx.program, self.cx.models);
        let Ty::Adt(t, _) = of else { return None };
        let parts = p.type_def(*t)?.fields().map(|(variant, f)| {
            (field_name(p, of, variant, &f.name), &f.ty, field_ty(p, models, of, variant, &f.name))
        });
        self.lent_among(v, parts.collect(), at, depth, number, st)
    }

    /// A value of whose parts those lend what they borrow that are written as borrows, or have such fields.
    fn lent_among(
        &self,
        v: &V,
        parts: Vec<(Name, &TypeRef, Ty)>,
        at: Span,
        depth: u32,
        number: &mut u32,
        st: &mut State,
    ) -> Option<V> {
        let mut out: Option<Value> = None;
        for (key, written, ty) in parts {
            let part = if pointee(written).is_some() || holds_lent(written) {
                let cell = Cell::Lent(at, *number);
                *number += 1;
                Some(lent(cell, v.field(&key), st))
            } else if depth > 0 {
                self.lent_fields(&v.field(&key), peel(self.cx.models, &ty), at, depth - 1, number, st)
            } else {
                None
            };
            if let Some(part) = part {
                out.get_or_insert_with(|| (**v).clone()).set_field(&key, part);
            }
        }
        out.map(Arc::new)
    }
}

/// A value that lends what is in it, which is kept where whoever has it may write to.
pub(super) fn lent(cell: Cell, v: V, st: &mut State) -> V {
    st.lend(cell, v.clone());
    Arc::new(Value { refs: many![(Base::Cell(cell), Vec::new())], ..(*v).clone() })
}

/// What is in a parameter, or in what it or a part of it lends, as that was when the function began.
pub(super) fn left_in(param: Local, began: &State, st: &State) -> V {
    let content = |lent: &V| match lent.refs.as_slice() {
        [(Base::Cell(cell @ Cell::Lent(..)), way)] if way.is_empty() => st.cell(*cell).map(|made| made.content.clone()),
        _ => None,
    };
    left_of(&began.get(param), st.get(param), &content)
}

fn left_of(given: &V, left: V, content: &dyn Fn(&V) -> Option<V>) -> V {
    if let Some(all) = content(given) {
        return all;
    }
    let mut out: Option<Value> = None;
    for (name, part) in given.fields.iter().filter(|(_, part)| part.borrows()) {
        let have = left.field(name);
        let kept = left_of(part, have.clone(), content);
        if !Arc::ptr_eq(&kept, &have) {
            out.get_or_insert_with(|| (*left).clone()).set_field(name, kept);
        }
    }
    out.map_or(left, Arc::new)
}

/// The types of the parts of a tuple that is written somewhere in a type, borrows aside.
fn parts_of(ty: &TypeRef) -> Option<&[TypeRef]> {
    match ty {
        TypeRef::Tuple(ts) => Some(ts),
        TypeRef::Path(path) => path.args.iter().find_map(parts_of),
        TypeRef::Bounds { bounds, .. } => bounds.iter().find_map(parts_of),
        TypeRef::Assoc(_, t) => parts_of(t),
        _ => None,
    }
}

/// A value that a function gives as an alias of what it borrows, and these places: as a whole, or in the parts of a
/// tuple.
fn lent_in(
    generics: &[Generic],
    written: &TypeRef,
    told: &V,
    ty: &Ty,
    v: &V,
    ways: Ways<'_>,
) -> Option<(V, Many<(Base, Way)>)> {
    let Some(parts) = parts_of(written) else {
        let refs = ways(told, ty);
        return (!refs.is_empty()).then(|| (Arc::new(Value { refs: refs.clone(), ..(**v).clone() }), refs));
    };
    let (mut out, mut all) = ((**v).clone(), Many::new());
    for (i, part) in parts.iter().enumerate().filter(|(_, part)| lends(generics, part)) {
        let name = i.to_string();
        let Some(given) = told.listed(&name) else { continue };
        if let Some((held, refs)) = lent_in(generics, part, given, &Ty::Unknown, &v.field(&name), ways) {
            out.set_field(&name, held);
            all.extend(refs);
        }
    }
    (!all.is_empty()).then(|| (Arc::new(out), all))
}

/// What was put beside what is there.
fn added(there: &Value, left: &V) -> V {
    let is_new = |(fact, _): &(Fact, Info)| !there.facts.iter().any(|(f, _)| f == fact);
    let facts = left.facts.iter().filter(|f| is_new(f)).cloned().collect();
    let fields = left.fields.iter().filter(|(name, _)| there.listed(name).is_none()).cloned().collect();
    Arc::new(Value { facts, fields, ..Value::default() })
}

/// What was made of a value that holds borrows, which it still does.
fn still_borrowing(before: &V, after: V) -> V {
    if !before.fields.iter().any(|(_, part)| part.borrows()) {
        return after;
    }
    let mut out = (*after).clone();
    for (name, part) in before.fields.iter().filter(|(_, part)| part.borrows()) {
        let held = if part.refs.is_empty() { still_borrowing(part, after.field(name)) } else { part.clone() };
        out.set_field(name, held);
    }
    Arc::new(out)
}
