//! Generic functions by the types that their callers bring.
//!
//! A function is read once for all its callers, as a rule: a call of a bound's method goes to every impl. Where a
//! caller brings a type that decides which impl it is, the function is read once more with that type in the place of
//! its parameter, and the caller calls this instance. What an instance brings to others is known in turn. `impl Trait`
//! and `dyn Trait` of a parameter are taken like a generic parameter of their own.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::infer::{Brought, ImpliedAt, Target, Typed};
use super::instances::Known;
use super::made::{Kept, Made, keep_made, made};
use super::program::{Def, FuncId, Program, TraitId, TypeId};
use super::ty::{Ty, any_within, peel};
use crate::ir::Name;
use crate::ir::body::Func;
use crate::ir::items::{FieldDef, Generic, Path, TypeKind, TypeRef};
use crate::limits::{HIDDEN_ROUNDS, INSTANCE_DEPTH};
use crate::model::ModelSet;

/// Something of a function that a caller decides.
struct Open {
    at: At,
    /// What is asked of it: traits, and types that it is to become.
    asked: Vec<Def>,
}

enum At {
    Generic(Name),
    Param(u32),
}

/// Gives each caller the instance that it asks for. `infer` finds the types of one function.
pub fn specialise(
    p: &mut Program,
    models: &ModelSet,
    typed: &mut Vec<Typed>,
    infer: &(dyn Fn(&Program, FuncId) -> Typed + Sync),
) {
    let made = made(p, models, typed);
    let mut kept = Kept::default();
    let mut open: BTreeMap<FuncId, Vec<Open>> = BTreeMap::new();
    let mut replaced: BTreeSet<FuncId> = BTreeSet::new();
    by_kinds(p, models, &made);
    read_new(p, typed, infer);
    let mut done = 0;
    while done < typed.len() {
        let mut asked: Vec<(FuncId, Known)> = Vec::new();
        let mut at: Vec<(usize, usize, usize)> = Vec::new();
        let mut values: Vec<(usize, u32, FuncId, Known)> = Vec::new();
        let mut raised: Vec<(usize, ImpliedAt, FuncId, Known)> = Vec::new();
        for (f, t) in typed.iter_mut().enumerate().skip(done) {
            for (s, site) in t.sites.iter_mut().enumerate() {
                keep_made(p, &made, &mut site.targets, &mut kept);
                for b in std::mem::take(&mut site.brought) {
                    let open = open.entry(b.to).or_insert_with(|| deciding(p, b.to));
                    let known = decided(p, models, open, &b);
                    let target = site.targets.iter().position(|t| *t == Target::Func(b.to));
                    if let (Some(known), Some(target)) = (known, target) {
                        asked.push((b.to, known));
                        at.push((f, s, target));
                    }
                }
            }
            for (path, b) in std::mem::take(&mut t.values) {
                let open = open.entry(b.to).or_insert_with(|| deciding(p, b.to));
                values.extend(decided(p, models, open, &b).map(|known| (f, path, b.to, known)));
            }
            for (at, b) in std::mem::take(&mut t.raised) {
                let open = open.entry(b.to).or_insert_with(|| deciding(p, b.to));
                raised.extend(decided(p, models, open, &b).map(|known| (f, at, b.to, known)));
            }
        }
        done = typed.len();
        for (f, at, to, known) in raised {
            let instance = p.specialised(to, known);
            let targets = typed.get_mut(f).and_then(|t| t.implied.get_mut(&at));
            for slot in targets.into_iter().flatten().filter(|t| **t == Target::Func(to)) {
                *slot = Target::Func(instance);
                replaced.insert(to);
            }
        }
        for (f, path, to, known) in values {
            let instance = p.specialised(to, known);
            if let Some(res) = typed.get_mut(f).and_then(|t| t.paths.get_mut(path as usize)) {
                res.def = Some(Def::Func(instance));
                replaced.insert(to);
            }
        }
        for ((to, known), (f, s, target)) in asked.into_iter().zip(at) {
            let instance = p.specialised(to, known);
            let site = typed.get_mut(f).and_then(|t| t.sites.get_mut(s));
            if let Some(slot) = site.and_then(|s| s.targets.to_mut().get_mut(target)) {
                *slot = Target::Func(instance);
                replaced.insert(to);
            }
        }
        read_new(p, typed, infer);
    }
    let of_programs = p.crates_of_programs();
    // What is of a trait of another crate is called by that crate too, and what a library offers by whoever uses it.
    replaced.retain(|f| !p.is_of_foreign_trait(*f) && !p.is_offered(*f, &of_programs));
    drop_used(p, typed, &mut replaced);
    p.templates.extend(replaced);
}

/// Finds the types of the instances that are new.
fn read_new(p: &Program, typed: &mut Vec<Typed>, infer: &(dyn Fn(&Program, FuncId) -> Typed + Sync)) {
    let new: Vec<FuncId> = (typed.len() as u32..p.funcs.len() as u32).map(FuncId).collect();
    typed.par_extend(new.par_iter().map(|id| infer(p, *id)));
}

/// What makes an answer of an object (`impl IntoResponse for Box<dyn Failure>`) is called by nobody here who could bring
/// the type of what is in it: it is read once more for each type that may be.
fn by_kinds(p: &mut Program, models: &ModelSet, made: &Made) {
    let of_object = |f: FuncId| {
        let (def, own) = (p.func(f)?, p.impl_self.get(p.func_impl(f)?.0 as usize)?);
        let answers = def.has_self && models.answers().any(|(_, method)| method == def.name);
        match own.args() {
            [Ty::Traits(ts)] if answers => Some((f, ts.first().copied()?)),
            _ => None,
        }
    };
    let found: Vec<(FuncId, TraitId)> = p.func_ids().filter_map(of_object).collect();
    for (f, of) in found {
        let kinds: Vec<TypeId> = (0..p.types.len() as u32).map(TypeId).filter(|t| made.contains(*t)).collect();
        for t in kinds.into_iter().filter(|t| p.implements(*t, of) || p.is_by_blanket(*t, of)).collect::<Vec<_>>() {
            let known = Known { params: vec![(0, Ty::Adt(t, [].into()))], ..Known::default() };
            p.specialised(f, known);
        }
    }
}

/// Tells callers what functions return that declare by traits alone what that is.
pub fn unhide(p: &mut Program, typed: &mut [Typed], infer: &(dyn Fn(&Program, FuncId) -> Typed + Sync)) {
    for _ in 0..HIDDEN_ROUNDS {
        let mut found: BTreeSet<FuncId> = BTreeSet::new();
        for (f, t) in (0..).map(FuncId).zip(typed.iter()) {
            if let Some(ty) = &t.hidden
                && p.hidden.get(&f) != Some(ty)
            {
                p.hidden.insert(f, ty.clone());
                found.insert(f);
            }
        }
        if found.is_empty() {
            return;
        }
        let read = &*p;
        typed.par_iter_mut().enumerate().for_each(|(f, t)| {
            if t.reached().any(|callee| found.contains(&callee)) {
                *t = infer(read, FuncId(f as u32));
            }
        });
    }
}

/// For each function, whether a caller may decide what it calls.
pub(super) fn generic(p: &Program) -> Vec<bool> {
    p.all_ids().map(|f| !deciding(p, f).is_empty()).collect()
}

/// The generic parameters of a function and of its impl.
fn generics<'p>(p: &'p Program, f: FuncId, def: &'p Func) -> impl Iterator<Item = &'p Generic> {
    let of_impl = p.func_impl(f).and_then(|i| p.impl_def(i)).map_or(&[][..], |i| &i.generics);
    def.generics.iter().chain(of_impl)
}

/// The traits of the objects and hidden types in a written type.
pub(super) fn bounds_in(ty: &TypeRef) -> Vec<&Path> {
    let mut out = Vec::new();
    let mut todo = vec![ty];
    while let Some(ty) = todo.pop() {
        match ty {
            TypeRef::Bounds { bounds, .. } => out.extend(paths(bounds)),
            TypeRef::Path(path) => todo.extend(&path.args),
            TypeRef::RefMut(t) | TypeRef::Slice(t) => todo.push(t),
            TypeRef::Tuple(ts) => todo.extend(ts),
            TypeRef::Fn(..) | TypeRef::Assoc(..) | TypeRef::Never | TypeRef::Infer => {}
        }
    }
    out
}

/// The traits that are named among bounds.
fn paths(bounds: &[TypeRef]) -> impl Iterator<Item = &Path> {
    bounds.iter().filter_map(|b| if let TypeRef::Path(path) = b { Some(path) } else { None })
}

/// The traits of the workspace that a function asks of what its callers decide.
pub(super) fn traits_asked(p: &Program, f: FuncId) -> Vec<TraitId> {
    let ours = |d: Def| if let Def::Trait(t) = d { Some(t) } else { None };
    open_of(p, f).into_iter().flat_map(|o| o.asked).filter_map(ours).collect()
}

/// What callers of a function decide.
fn open_of(p: &Program, f: FuncId) -> Vec<Open> {
    let Some(def) = p.func(f) else { return Vec::new() };
    let scope = p.body_scope(f);
    let named = |path: &Path| p.resolve(scope, &path.segments).def;
    let asked = |bounds: &mut dyn Iterator<Item = &Path>| -> Vec<Def> {
        bounds.flat_map(|path| [named(path), becomes(path).and_then(named)]).flatten().collect()
    };
    let mut out: Vec<Open> = generics(p, f, def)
        .map(|g| Open { at: At::Generic(g.name.clone()), asked: asked(&mut paths(&g.bounds)) })
        .collect();
    for (i, param) in (0..).zip(&def.params) {
        out.push(Open { at: At::Param(i), asked: asked(&mut bounds_in(&param.ty).into_iter()) });
    }
    out.retain(|o| !o.asked.is_empty());
    out
}

/// What a bound says that a value becomes: `Into<Fault>`.
fn becomes(bound: &Path) -> Option<&Path> {
    match (bound.segments.last()?.as_str(), bound.args.as_slice()) {
        ("Into", [TypeRef::Path(to)]) => Some(to),
        _ => None,
    }
}

/// What callers of a function decide that may make a difference: a trait with one impl does not unless that says what
/// types are, nor does a type that is made in one way.
fn deciding(p: &Program, f: FuncId) -> Vec<Open> {
    let mut out = open_of(p, f);
    for open in &mut out {
        open.asked.retain(|of| match of {
            Def::Trait(t) => several(p, *t) || names_types(p, *t),
            Def::Type(t) => p.impls_for(*t, "From").len() > 1,
            _ => true,
        });
    }
    out
}

/// What a call decides for the function that it calls, if that makes a difference.
fn decided(p: &Program, models: &ModelSet, open: &[Open], b: &Brought) -> Option<Known> {
    let mut known = Known::default();
    for o in open {
        let ty = match &o.at {
            At::Generic(name) => b.generics.iter().find(|(n, _)| n == name).map(|(_, t)| t),
            At::Param(i) => b.args.get(*i as usize),
        };
        let Some(ty) = ty.filter(|t| o.asked.iter().any(|of| differs(p, models, of, peel(models, t)))) else {
            continue;
        };
        let ty = closed(ty, 0)?;
        match &o.at {
            At::Generic(name) => known.generics.push((name.clone(), ty)),
            At::Param(i) => known.params.push((*i, ty)),
        }
    }
    (known != Known::default()).then_some(known)
}

/// Whether a type says more of what a trait's methods do than the trait says.
fn differs(p: &Program, models: &ModelSet, of: &Def, ty: &Ty) -> bool {
    let ours = |t: &TypeId, of: &str| !p.impls_for(*t, of).is_empty();
    match (of, ty) {
        (Def::Trait(_) | Def::Type(_), Ty::Adt(..) | Ty::Ext(..) | Ty::Tuple(_)) => true,
        (Def::Ext(name), Ty::Adt(t, _)) => match name.rsplit("::").next().unwrap_or(name) {
            "Into" | "TryInto" => !p.conversions_from(*t).is_empty() || ours(t, "Into"),
            "ToString" | "Display" | "Debug" | "Error" => hides(p, models, ty),
            "Serialize" => hides(p, models, ty) || renames(p, models, ty),
            // By the names of its fields.
            "Deserialize" | "DeserializeOwned" | "FromRow" => true,
            of => ours(t, of),
        },
        _ => false,
    }
}

/// Whether a value of a type, or of one of its fields, may show less of itself than all that it has.
fn hides(p: &Program, models: &ModelSet, ty: &Ty) -> bool {
    any_within(p, models, ty, INSTANCE_DEPTH, &|_, t, def| {
        let written = ["Display", "Debug", "Serialize"].iter().any(|of| !p.impls_for(t, of).is_empty());
        let variants: Vec<(bool, &[FieldDef])> = match &def.kind {
            TypeKind::Struct(fields) => vec![(def.display.is_some(), &fields[..])],
            TypeKind::Enum(vs) => vs.iter().map(|v| (v.display.is_some(), &v.fields[..])).collect(),
            TypeKind::Alias(_) => Vec::new(),
        };
        let less = |f: &FieldDef| f.attrs.serde_skip || f.attrs.debug_skip;
        let hidden =
            |(message, fields): &(bool, &[FieldDef])| *message && !fields.is_empty() || fields.iter().any(less);
        Some(written || variants.iter().any(hidden))
    })
}

/// Whether what serde writes of a value of a type, or of one of its fields, has other names than its fields have.
fn renames(p: &Program, models: &ModelSet, ty: &Ty) -> bool {
    any_within(p, models, ty, INSTANCE_DEPTH, &|_, _, def| {
        let fields = match &def.kind {
            TypeKind::Struct(fields) => fields,
            // What a variant holds stands under its name.
            TypeKind::Enum(vs) => {
                let written = def.derives.iter().any(|d| d == "Serialize");
                return Some(written && vs.iter().any(|v| !v.fields.is_empty()));
            }
            TypeKind::Alias(_) => return None,
        };
        let other = |f: &FieldDef| {
            f.attrs.serde_rename.is_some()
                || f.attrs.flatten
                || f.attrs.serde_with.is_some()
                || f.name.starts_with("r#")
        };
        let all = ["rename_all", "into", "transparent"].iter().any(|name| def.said("serde", name).next().is_some());
        Some(all || fields.iter().any(other))
    })
}

/// Whether a trait, or one that it builds on, has several impls.
fn several(p: &Program, t: TraitId) -> bool {
    p.all_supertraits(t).into_iter().any(|t| p.impls_of(t).len() > 1)
}

/// Whether the impls of a trait say what types are.
fn names_types(p: &Program, t: TraitId) -> bool {
    p.trait_def(t).is_some_and(|def| !def.assoc.is_empty()) && !p.impls_of(t).is_empty()
}

/// A type without what only its function knows; none if it is too deep to end.
fn closed(ty: &Ty, depth: usize) -> Option<Ty> {
    if depth > INSTANCE_DEPTH {
        return None;
    }
    let list = |ts: &[Ty]| ts.iter().map(|t| closed(t, depth + 1)).collect::<Option<_>>();
    Some(match ty {
        Ty::Param(_) | Ty::Assoc(_) | Ty::Var(_) | Ty::Unknown => Ty::Unknown,
        Ty::Adt(t, a) => Ty::Adt(*t, list(a)?),
        Ty::Ext(n, a) => Ty::Ext(n.clone(), list(a)?),
        Ty::Tuple(a) => Ty::Tuple(list(a)?),
        Ty::Fn(..) | Ty::Traits(_) => ty.clone(),
    })
}

/// Takes functions out that are still called, or named as values, as they are written, by what is not itself replaced.
fn drop_used(p: &Program, typed: &[Typed], functions: &mut BTreeSet<FuncId>) {
    let mut todo: Vec<FuncId> = p.all_ids().filter(|f| !functions.contains(f)).collect();
    while let Some(f) = todo.pop() {
        if functions.is_empty() {
            return;
        }
        let Some(t) = typed.get(f.0 as usize) else { continue };
        let used = t.reached().chain(named(p, f, t, &|f| functions.contains(&f)));
        todo.extend(used.filter(|f| functions.remove(f)));
    }
}

/// Which functions another names as values, of those that are asked about.
pub fn named(p: &Program, f: FuncId, t: &Typed, asked: &dyn Fn(FuncId) -> bool) -> Vec<FuncId> {
    let mut named: Vec<(u32, FuncId)> = Vec::new();
    for (n, res) in (0..).zip(&t.paths) {
        match (&res.def, res.rest.first()) {
            (Some(Def::Func(f)), _) => named.push((n, *f)),
            (Some(Def::Type(t)), Some(name)) => named.extend(p.methods_of(*t, name).into_iter().map(|f| (n, f))),
            _ => {}
        }
    }
    named.retain(|(_, f)| asked(*f));
    let Some(def) = p.func(f).filter(|_| !named.is_empty()) else { return Vec::new() };
    let called = def.called_paths();
    named.into_iter().filter(|(n, _)| !called.contains(n)).map(|(_, f)| f).collect()
}
