//! Types as far as they are known without a compiler.

use std::iter::successors;
use std::ops::Deref;
use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::program::{Def, ImplId, ModId, Program, Res, TraitId, TypeId};
use crate::ir::Name;
use crate::ir::items::{FieldDef, Generic, Path, TypeDef, TypeKind, TypeRef};
use crate::limits::WRAPPERS;
use crate::model::{ModelSet, ModelTy};

/// A list of types. Most are empty, and take no memory.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Tys(Option<Arc<[Ty]>>);

impl Deref for Tys {
    type Target = [Ty];

    fn deref(&self) -> &[Ty] {
        self.0.as_deref().unwrap_or_default()
    }
}

impl std::fmt::Debug for Tys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl From<Vec<Ty>> for Tys {
    fn from(list: Vec<Ty>) -> Self {
        Tys((!list.is_empty()).then(|| list.into()))
    }
}

impl From<&[Ty]> for Tys {
    fn from(list: &[Ty]) -> Self {
        Tys((!list.is_empty()).then(|| list.into()))
    }
}

impl<const N: usize> From<[Ty; N]> for Tys {
    fn from(list: [Ty; N]) -> Self {
        Tys((N > 0).then(|| list.into()))
    }
}

impl FromIterator<Ty> for Tys {
    fn from_iter<I: IntoIterator<Item = Ty>>(list: I) -> Self {
        let list = list.into_iter();
        if list.size_hint() == (0, Some(0)) {
            return Tys::default();
        }
        Tys(Some(list.collect()).filter(|list: &Arc<[Ty]>| !list.is_empty()))
    }
}

/// A type. References are dropped; futures are their output.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Ty {
    /// Not known.
    #[default]
    Unknown,
    /// A type of the workspace.
    Adt(TypeId, Tys),
    /// Another type, by its canonical path; `slice` and primitives too.
    Ext(Name, Tys),
    /// A tuple.
    Tuple(Tys),
    /// Something callable.
    Fn(Tys, Arc<Ty>),
    /// A generic parameter.
    Param(Name),
    /// `impl` or `dyn` of traits of the workspace.
    Traits(Arc<[TraitId]>),
    /// An associated type of a type that is not yet known: `T::Out`.
    Assoc(Arc<(Ty, Name)>),
    /// A type that inference has not yet found.
    Var(u32),
}

/// How high a type may be to count as closed; below the heights at which any walk over types stops.
const CLOSED_DEPTH: u32 = 4;

/// What generic parameters stand for.
pub type Subst = Vec<(Name, Ty)>;

impl Ty {
    /// A type without arguments outside the workspace.
    #[must_use]
    pub fn ext(name: &str) -> Ty {
        Ty::Ext(name.into(), [].into())
    }

    /// Its generic arguments.
    #[must_use]
    pub fn args(&self) -> &[Ty] {
        match self {
            Ty::Adt(_, a) | Ty::Ext(_, a) | Ty::Tuple(a) => a,
            _ => &[],
        }
    }

    /// The types of the workspace that it names, itself among them.
    pub fn each(&self, found: &mut dyn FnMut(TypeId)) {
        if let Ty::Adt(t, _) = self {
            found(*t);
        }
        self.args().iter().for_each(|t| t.each(found));
    }

    /// Whether one of these is among the types of the workspace that it names.
    pub fn names(&self, is: &dyn Fn(TypeId) -> bool) -> bool {
        matches!(self, Ty::Adt(t, _) if is(*t)) || self.args().iter().any(|t| t.names(is))
    }

    /// Whether it is all known, and no higher than types usually are: what looks for open parts of it is done.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.is_closed_at(0)
    }

    fn is_closed_at(&self, depth: u32) -> bool {
        let parts = |ts: &Tys| depth < CLOSED_DEPTH && ts.iter().all(|t| t.is_closed_at(depth + 1));
        match self {
            Ty::Adt(_, a) | Ty::Ext(_, a) | Ty::Tuple(a) => a.is_empty() || parts(a),
            Ty::Traits(_) => true,
            Ty::Unknown | Ty::Fn(..) | Ty::Param(_) | Ty::Assoc(_) | Ty::Var(_) => false,
        }
    }

    /// Replaces parameters.
    #[must_use]
    pub fn subst(&self, s: &Subst) -> Ty {
        if s.is_empty() || self.is_closed() {
            return self.clone();
        }
        let list = |a: &Tys| -> Tys { a.iter().map(|t| t.subst(s)).collect() };
        match self {
            Ty::Param(n) => s.iter().rev().find(|(p, _)| p == n).map_or_else(|| self.clone(), |(_, t)| t.clone()),
            Ty::Adt(t, a) if !a.is_empty() => Ty::Adt(*t, list(a)),
            Ty::Ext(n, a) if !a.is_empty() => Ty::Ext(n.clone(), list(a)),
            Ty::Tuple(a) if !a.is_empty() => Ty::Tuple(list(a)),
            Ty::Fn(a, r) => Ty::Fn(list(a), Arc::new(r.subst(s))),
            Ty::Assoc(of) => Ty::Assoc(Arc::new((of.0.subst(s), of.1.clone()))),
            _ => self.clone(),
        }
    }
}

/// A type as text, for people.
#[must_use]
pub fn show(p: &Program, ty: &Ty) -> String {
    let list = |ts: &[Ty]| ts.iter().map(|t| show(p, t)).collect::<Vec<_>>().join(", ");
    let named = |name: &str, args: &[Ty]| {
        if args.is_empty() { name.to_owned() } else { format!("{name}<{}>", list(args)) }
    };
    match ty {
        Ty::Unknown => "_".to_owned(),
        Ty::Adt(t, args) => named(&p.type_path(*t), args),
        Ty::Ext(name, args) => named(name, args),
        Ty::Tuple(ts) => format!("({})", list(ts)),
        Ty::Fn(args, ret) => format!("fn({}) -> {}", list(args), show(p, ret)),
        Ty::Param(name) => name.to_string(),
        Ty::Assoc(of) => format!("<{}>::{}", show(p, &of.0), of.1),
        Ty::Var(_) => "_".to_owned(),
        Ty::Traits(ts) => format!("impl {}", ts.iter().map(|t| p.trait_path(*t)).collect::<Vec<_>>().join(" + ")),
    }
}

/// What distinguishes types at first sight.
pub(super) fn head(t: &Ty) -> Option<Ty> {
    match t {
        Ty::Adt(id, _) => Some(Ty::Adt(*id, [].into())),
        Ty::Ext(n, _) => Some(Ty::Ext(n.clone(), [].into())),
        Ty::Tuple(_) => Some(Ty::Tuple([].into())),
        _ => None,
    }
}

/// Where a type is written.
#[derive(Clone, Debug, Default)]
pub struct TyCx {
    /// The module.
    pub module: Option<ModId>,
    /// Generic parameters in scope.
    pub generics: Vec<Name>,
    /// `Self`.
    pub self_ty: Option<Ty>,
    /// The impl, for its associated types.
    pub impl_: Option<ImplId>,
    /// What is known of the generic parameters.
    pub known: Subst,
}

/// Lowers a written type.
#[must_use]
pub fn lower(p: &Program, models: &ModelSet, cx: &TyCx, ty: &TypeRef) -> Ty {
    lower_depth(p, models, cx, ty, 0)
}

fn lower_depth(p: &Program, models: &ModelSet, cx: &TyCx, ty: &TypeRef, depth: u32) -> Ty {
    if depth > 16 {
        return Ty::Unknown;
    }
    let go = |t: &TypeRef| lower_depth(p, models, cx, t, depth + 1);
    match ty {
        TypeRef::Path(path) => lower_path(p, models, cx, path, depth),
        TypeRef::RefMut(t) => go(t),
        TypeRef::Tuple(ts) => Ty::Tuple(ts.iter().map(go).collect()),
        TypeRef::Slice(t) => Ty::Ext("slice".into(), [go(t)].into()),
        TypeRef::Bounds { bounds, .. } => lower_bounds(p, models, cx, bounds, depth),
        TypeRef::Fn(args, ret) => Ty::Fn(args.iter().map(go).collect(), Arc::new(go(ret))),
        TypeRef::Assoc(_, t) => go(t),
        TypeRef::Never | TypeRef::Infer => Ty::Unknown,
    }
}

/// `impl A + B`, `dyn A`, or the bounds of a parameter, as a type.
#[must_use]
pub fn lower_bounds(p: &Program, models: &ModelSet, cx: &TyCx, bounds: &[TypeRef], depth: u32) -> Ty {
    let mut traits = Vec::new();
    // Of foreign traits the first that is no mere marker stands for the type.
    let mut foreign: Option<(bool, Ty)> = None;
    for b in bounds {
        match b {
            TypeRef::Fn(..) => return lower_depth(p, models, cx, b, depth + 1),
            TypeRef::Path(path) => {
                let assoc = |name: &str| {
                    path.args.iter().find_map(|a| match a {
                        TypeRef::Assoc(n, t) if n == name => Some(lower_depth(p, models, cx, t, depth + 1)),
                        _ => None,
                    })
                };
                let first = || path.args.first().map(|a| lower_depth(p, models, cx, a, depth + 1));
                if is_future(b) {
                    return assoc("Output").unwrap_or_default();
                }
                match path.segments.last().map(Name::as_str) {
                    Some("Iterator" | "IntoIterator" | "Stream" | "DoubleEndedIterator" | "ExactSizeIterator") => {
                        return Ty::Ext("Iter".into(), [assoc("Item").unwrap_or_default()].into());
                    }
                    Some("Into" | "AsRef" | "Borrow" | "Deref") => {
                        if let Some(t) = first() {
                            return t;
                        }
                    }
                    Some("ToString") => return Ty::ext("str"),
                    _ => {}
                }
                match cx.module.and_then(|m| p.resolve(m, &path.segments).def) {
                    Some(Def::Trait(t)) => traits.push(t),
                    Some(Def::Ext(name)) => {
                        let marker = is_marker(&name);
                        if foreign.as_ref().is_none_or(|(had, _)| *had && !marker) {
                            let plain = path.args.iter().filter(|a| !matches!(a, TypeRef::Assoc(..)));
                            let args = plain.map(|a| lower_depth(p, models, cx, a, depth + 1)).collect();
                            foreign = Some((marker, ext(models, name, args, 0)));
                        }
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }
    if traits.is_empty() { foreign.map_or(Ty::Unknown, |(_, t)| t) } else { Ty::Traits(traits.into()) }
}

/// Whether a bound says that something is waited for.
pub fn is_future(bound: &TypeRef) -> bool {
    matches!(bound, TypeRef::Path(p) if matches!(p.segments.last().map(Name::as_str), Some("Future" | "IntoFuture")))
}

/// Traits whose methods, if any, every type may have.
fn is_marker(name: &str) -> bool {
    let last = name.rsplit("::").next().unwrap_or(name);
    matches!(
        last,
        "Send"
            | "Sync"
            | "Sized"
            | "Unpin"
            | "Copy"
            | "Clone"
            | "Debug"
            | "Display"
            | "Default"
            | "Eq"
            | "PartialEq"
            | "Ord"
            | "PartialOrd"
            | "Hash"
            | "Any"
            | "Serialize"
            | "Deserialize"
            | "DeserializeOwned"
    )
}

/// An associated type: what it stands for if that is known, else its name.
fn assoc(p: &Program, models: &ModelSet, of: Ty, name: &Name) -> Ty {
    project(p, models, &of, name).unwrap_or_else(|| Ty::Assoc(Arc::new((of, name.clone()))))
}

/// What an associated type of a known type stands for.
#[must_use]
pub fn project(p: &Program, models: &ModelSet, of: &Ty, name: &str) -> Option<Ty> {
    match of {
        Ty::Adt(t, args) => {
            let mut found = p.assoc_impls(*t, name).iter().map(|i| p.impl_assoc(models, *i, name, args));
            let Some(first) = found.next() else { return beside(p, *t, name) };
            let first = first?;
            found.all(|other| other.as_ref() == Some(&first)).then_some(first)
        }
        Ty::Ext(n, args) => match name {
            "Item" if is_map(n) => Some(Ty::Tuple(args.iter().take(2).cloned().collect())),
            "Item" => payload(models, of).cloned(),
            _ => None,
        },
        _ => None,
    }
}

/// What a derive of SeaORM says by its place: the model of an entity, and of what is set of it, stands beside it, and
/// so does what is set of a model, unless that is named.
fn beside(p: &Program, entity: TypeId, name: &str) -> Option<Ty> {
    let def = p.type_def(entity)?;
    let derives = ["DeriveEntity", "DeriveActiveModel", "DeriveEntityModel", "DeriveModel", "DeriveIntoActiveModel"];
    if !def.derives.iter().any(|d| derives.contains(&d.as_str())) {
        return None;
    }
    let module = def_cx(p, entity, &[]).module?;
    let said = def.said("sea_orm", "active_model").next().filter(|_| name == "ActiveModel");
    let found = match said {
        Some(path) => p.resolve(module, &path.split("::").map(|s| s.trim().into()).collect::<Vec<Name>>()).def,
        None => p.lookup(module, name, true),
    };
    match found? {
        Def::Type(t) => Some(Ty::Adt(t, [].into())),
        _ => None,
    }
}

/// Whether it is a tree of keys and values of another crate: one of JSON, YAML or the like.
#[must_use]
pub fn is_tree(ty: &Ty) -> bool {
    matches!(ty, Ty::Ext(n, _) if n.ends_with("::Value"))
}

/// Whether a type's values are pairs of a key and a value.
#[must_use]
pub fn is_map(n: &str) -> bool {
    matches!(n.rsplit("::").next().unwrap_or(n), "HashMap" | "BTreeMap" | "IndexMap" | "DashMap" | "FxHashMap")
}

fn lower_path(p: &Program, models: &ModelSet, cx: &TyCx, path: &Path, depth: u32) -> Ty {
    match (cx.module, &path.qself, path.segments.last()) {
        (Some(_), Some(of), Some(name)) => assoc(p, models, lower_depth(p, models, cx, of, depth + 1), name),
        _ => lower_named(p, models, cx, (&path.segments, &path.args), depth),
    }
}

/// Lowers a type that is written as a path with these segments and arguments.
#[must_use]
pub fn lower_named(p: &Program, models: &ModelSet, cx: &TyCx, path: (&[Name], &[TypeRef]), depth: u32) -> Ty {
    let (segments, args) = path;
    let (Some(module), Some(first)) = (cx.module, segments.first()) else { return Ty::Unknown };
    if cx.generics.contains(first) {
        let param = Ty::Param(first.clone()).subst(&cx.known);
        return match segments.get(1) {
            None => param,
            Some(name) => assoc(p, models, param, name),
        };
    }
    if first == "Self" {
        if segments.len() == 1 {
            return cx.self_ty.clone().unwrap_or_default();
        }
        if let (Some(i), Some(name)) = (cx.impl_.and_then(|i| p.impl_def(i)), segments.get(1))
            && let Some((_, t)) = i.assoc.iter().find(|(n, _)| n == name)
        {
            return lower_depth(p, models, cx, t, depth + 1);
        }
        return match (&cx.self_ty, segments.get(1)) {
            (Some(t), Some(name)) => assoc(p, models, t.clone(), name),
            _ => Ty::Unknown,
        };
    }
    let args: Vec<Ty> = args
        .iter()
        .filter(|a| !matches!(a, TypeRef::Assoc(..)))
        .map(|a| lower_depth(p, models, cx, a, depth + 1))
        .collect();
    let mut res = p.resolve(module, segments);
    // No type is a function or a constant that has its name.
    if let (Some(Def::Func(_) | Def::Const(_)), [name]) = (&res.def, segments) {
        res.def = p.lookup(module, name, true).or(res.def);
    }
    match res.def {
        Some(Def::Type(t)) if res.rest.is_empty() => {
            let Some(def) = p.type_def(t) else { return Ty::Unknown };
            if let TypeKind::Alias(target) = &def.kind {
                let inner = def_cx(p, t, &def.generics);
                let lowered = lower_depth(p, models, &inner, target, depth + 1);
                let args = defaulted(p, models, t, args, depth);
                let s: Subst = def.generics.iter().map(|g| g.name.clone()).zip(args.iter().cloned()).collect();
                return lowered.subst(&s);
            }
            Ty::Adt(t, defaulted(p, models, t, args, depth))
        }
        Some(Def::Trait(t)) => Ty::Traits(Arc::from([t])),
        Some(Def::Ext(name)) => ext(models, name, args, 0),
        _ => Ty::Unknown,
    }
}

/// The arguments of a type of the workspace as written, and what it says of those that are not.
fn defaulted(p: &Program, models: &ModelSet, t: TypeId, mut args: Vec<Ty>, depth: u32) -> Tys {
    let Some(def) = p.type_def(t) else { return args.into() };
    let missing = def.generics.iter().skip(args.len());
    let unwritten: Vec<Ty> = match missing.clone().any(|g| g.default.is_some()) {
        false => missing.map(|_| Ty::Unknown).collect(),
        true => {
            let cx = def_cx(p, t, &def.generics);
            let of = |g: &Generic| g.default.as_ref().map(|d| lower_depth(p, models, &cx, d, depth + 1));
            missing.map(|g| of(g).unwrap_or_default()).collect()
        }
    };
    // A default may speak of the parameters before it.
    let s: Subst = def.generics.iter().map(|g| g.name.clone()).zip(args.iter().cloned()).collect();
    args.extend(unwritten.iter().map(|t| t.subst(&s)));
    args.truncate(def.generics.len());
    args.into()
}

fn pad(mut args: Vec<Ty>, n: usize) -> Tys {
    args.resize(n, Ty::Unknown);
    args.into()
}

/// A type outside the workspace, aliases seen through.
#[must_use]
pub fn ext(models: &ModelSet, name: Name, args: Vec<Ty>, depth: u32) -> Ty {
    if let Some(m) = models.type_model(&name) {
        if let Some(alias) = &m.alias
            && depth < 8
        {
            let args = pad(args, m.vars.len());
            let s: Subst = m.vars.iter().cloned().zip(args.iter().cloned()).collect();
            return from_model(models, alias, &Ty::Unknown).subst(&s);
        }
        if args.len() < m.vars.len() {
            let n = m.vars.len();
            return Ty::Ext(name, pad(args, n));
        }
    }
    // What a crate calls its result is one of whatever error.
    if name.ends_with("::Result") && !args.is_empty() && models.type_model(&name).is_none() {
        return ext(models, "Result".into(), args, depth);
    }
    Ty::Ext(name, args.into())
}

/// A type of a model row; variables become parameters.
#[must_use]
pub fn from_model(models: &ModelSet, ty: &ModelTy, self_ty: &Ty) -> Ty {
    let go = |t: &ModelTy| from_model(models, t, self_ty);
    match ty {
        ModelTy::Path(n, args) => ext(models, n.clone(), args.iter().map(go).collect(), 1),
        ModelTy::Var(n) => Ty::Param(n.clone()),
        ModelTy::Assoc(of, name) if of == "Self" => Ty::Assoc(Arc::new((self_ty.clone(), name.clone()))),
        ModelTy::Assoc(of, name) => Ty::Assoc(Arc::new((Ty::Param(of.clone()), name.clone()))),
        ModelTy::Tuple(ts) => Ty::Tuple(ts.iter().map(go).collect()),
        ModelTy::Fn(args, ret) => Ty::Fn(args.iter().map(go).collect(), Arc::new(go(ret))),
        ModelTy::SelfTy => self_ty.clone(),
        ModelTy::Unknown => Ty::Unknown,
    }
}

/// The context of a type definition.
#[must_use]
pub fn def_cx(p: &Program, t: TypeId, generics: &[Generic]) -> TyCx {
    let module = match (p.types.get(t.0 as usize), p.type_def(t)) {
        (Some((u, _)), Some(d)) => Some(p.scope_at(*u, d.module, d.parent)),
        _ => None,
    };
    TyCx { module, generics: generics.iter().map(|g| g.name.clone()).collect(), ..TyCx::default() }
}

/// The content of a transparent wrapper (`Option<T>`, `Vec<T>`, `Arc<T>`), or `None` for anything else.
#[must_use]
pub fn payload<'a>(models: &ModelSet, ty: &'a Ty) -> Option<&'a Ty> {
    let Ty::Ext(n, args) = ty else { return None };
    let Some(m) = models.type_model(n) else { return held(models, ty) };
    if !m.transparent {
        return None;
    }
    // Maps are their values.
    args.get(m.vars.len().saturating_sub(1).min(usize::from(m.vars.first().is_some_and(|v| v == "K")))).or(args.first())
}

/// Whether nothing is known of a type but that it is another crate's: it is taken for a wrapper (`Valid<Form>`).
#[must_use]
pub fn is_foreign(models: &ModelSet, ty: &Ty) -> bool {
    matches!(ty, Ty::Ext(n, _) if n.contains("::") && models.type_model(n).is_none())
}

/// What such a type holds: its only argument, else the one type of the workspace among them.
fn held<'a>(models: &ModelSet, ty: &'a Ty) -> Option<&'a Ty> {
    let mut ours = ty.args().iter().filter(|t| matches!(peel(models, t), Ty::Adt(..)));
    match ty.args() {
        _ if !is_foreign(models, ty) => None,
        [only] => Some(only),
        _ => ours.next().filter(|_| ours.next().is_none()),
    }
}

/// Whether a value is taken for one of the workspace only because such a type names that.
#[must_use]
pub fn is_guess(models: &ModelSet, ty: &Ty) -> bool {
    let mut inside = successors(Some(ty), |ty| payload(models, ty)).take(WRAPPERS);
    matches!(peel(models, ty), Ty::Adt(..)) && inside.any(|ty| is_foreign(models, ty))
}

/// The type of another crate around a value of which nothing says whether it prints what it holds.
#[must_use]
pub fn veil<'a>(models: &ModelSet, ty: &'a Ty) -> Option<&'a Name> {
    successors(Some(ty), |ty| payload(models, ty)).take(WRAPPERS).find_map(|ty| match ty {
        Ty::Ext(n, _) if is_foreign(models, ty) && !models.is_plain(n) => Some(n),
        _ => None,
    })
}

/// The `Option` or `Result` that a type is or leads to: a boxed future of one is awaited and asked like it.
#[must_use]
pub fn asked<'a>(models: &ModelSet, mut ty: &'a Ty) -> Option<&'a Ty> {
    for _ in 0..8 {
        match ty {
            Ty::Ext(n, _) if matches!(n.as_str(), "Option" | "Result" | "Poll") => return Some(ty),
            _ => ty = payload(models, ty)?,
        }
    }
    None
}

/// What `Some` or `Ok` of a type holds; anything else holds itself.
#[must_use]
pub fn content(ty: &Ty) -> &Ty {
    match ty {
        Ty::Ext(n, args) if matches!(n.as_str(), "Option" | "Result" | "Poll") => args.first().unwrap_or(&Ty::Unknown),
        // A boxed future is its output.
        Ty::Ext(n, args) if matches!(n.as_str(), "Box" | "Pin") => match args.first().map(|t| (t, content(t))) {
            Some((inner, held)) if !std::ptr::eq(inner, held) => held,
            _ => ty,
        },
        _ => ty,
    }
}

/// Whether `.0` of a value of this type is its content: extractors such as `Json<T>`, but not `Arc<T>`.
#[must_use]
pub fn is_tuple_wrapper(models: &ModelSet, ty: &Ty) -> bool {
    let Ty::Ext(n, _) = ty else { return false };
    let is_tuple = || n.contains("::") || models.type_model(n).is_some_and(|m| m.fields.contains_key("0"));
    payload(models, ty).is_some() && is_tuple()
}

/// A variant of a type of another crate, as a wrapper of what it holds, where the models say what that is.
#[must_use]
pub fn foreign_variant(models: &ModelSet, of: &Ty, variant: &Res) -> Option<Ty> {
    let (Ty::Ext(n, args), Some(Def::Ext(path))) = (of, &variant.def) else { return None };
    let name = variant.rest.last().map_or_else(|| path.rsplit("::").next(), |n| Some(n.as_str()))?;
    let path = format!("{n}::{name}");
    models.type_model(&path)?;
    Some(ext(models, path.into(), args.to_vec(), 0))
}

/// The type below all wrappers.
#[must_use]
pub fn peel<'a>(models: &ModelSet, mut ty: &'a Ty) -> &'a Ty {
    for _ in 0..WRAPPERS {
        match payload(models, ty) {
            Some(t) => ty = t,
            None => break,
        }
    }
    ty
}

/// Whether a foreign type is a point in time.
#[must_use]
pub fn is_moment(name: &str) -> bool {
    let last = name.rsplit("::").next().unwrap_or(name);
    last.ends_with("DateTime")
        || matches!(last, "Instant" | "SystemTime" | "NaiveDate" | "Timestamp" | "Date" | "Zoned")
}

/// The fields of a struct or variant.
#[must_use]
pub fn fields_of(p: &Program, t: TypeId, variant: Option<u32>) -> Option<&[FieldDef]> {
    match (&p.type_def(t)?.kind, variant) {
        (TypeKind::Struct(f), _) => Some(f),
        (TypeKind::Enum(vs), Some(v)) => vs.get(v as usize).map(|v| v.fields.as_slice()),
        _ => None,
    }
}

/// The fields of a type by their names, those of an enum with their variants.
#[must_use]
pub fn all_fields(p: &Program, t: TypeId) -> Vec<(Option<u32>, Name)> {
    let fields = p.type_def(t).into_iter().flat_map(TypeDef::fields);
    fields.map(|(variant, f)| (variant, f.name.clone())).collect()
}

/// Whether a type of the workspace that a value of a type has in it, itself among them, is one that is asked for: each
/// is asked about once, the nearest first, and those so many fields down last. Of what is answered by nothing the
/// fields are not looked at.
pub fn any_within(
    p: &Program,
    models: &ModelSet,
    ty: &Ty,
    depth: usize,
    asked: &dyn Fn(&Ty, TypeId, &TypeDef) -> Option<bool>,
) -> bool {
    let mut seen: FxHashSet<Ty> = FxHashSet::default();
    let mut level = vec![peel(models, ty).clone()];
    for _ in 0..=depth {
        let mut below = Vec::new();
        for ty in level {
            let Ty::Adt(t, _) = &ty else { continue };
            let Some(def) = p.type_def(*t).filter(|_| !seen.contains(&ty)) else { continue };
            match asked(&ty, *t, def) {
                Some(true) => return true,
                Some(false) => below.extend(
                    all_fields(p, *t).iter().map(|(v, name)| peel(models, &field_ty(p, models, &ty, *v, name)).clone()),
                ),
                None => {}
            }
            seen.insert(ty);
        }
        level = below;
    }
    false
}

/// The types of the workspace that the fields of a type name.
pub fn inner(p: &Program, models: &ModelSet, t: TypeId, found: &mut dyn FnMut(TypeId)) {
    let owner = Ty::Adt(t, [].into());
    for (variant, name) in all_fields(p, t) {
        field_ty(p, models, &owner, variant, &name).each(found);
    }
}

/// The declared type of a field of a struct or variant, with the type's arguments put in.
#[must_use]
pub fn field_ty(p: &Program, models: &ModelSet, ty: &Ty, variant: Option<u32>, field: &str) -> Ty {
    match ty {
        Ty::Tuple(ts) => field.parse::<usize>().ok().and_then(|i| ts.get(i).cloned()).unwrap_or_default(),
        Ty::Adt(t, args) => {
            let Some(def) = p.type_def(*t) else { return Ty::Unknown };
            let Some(fields) = fields_of(p, *t, variant) else { return Ty::Unknown };
            let group = if matches!(def.kind, TypeKind::Struct(_)) { 0 } else { variant.unwrap_or(0) as usize };
            let Some(at) = fields.iter().position(|f| f.name == field) else { return Ty::Unknown };
            let Some(slot) = p.fields.get(t.0 as usize) else { return Ty::Unknown };
            let all = slot.get_or_init(|| {
                let cx = def_cx(p, *t, &def.generics);
                let lower_all = |fs: &[FieldDef]| fs.iter().map(|f| lower(p, models, &cx, &f.ty)).collect();
                match &def.kind {
                    TypeKind::Struct(fs) => vec![lower_all(fs)],
                    TypeKind::Enum(vs) => vs.iter().map(|v| lower_all(&v.fields)).collect(),
                    TypeKind::Alias(_) => Vec::new(),
                }
            });
            let ty = all.get(group).and_then(|g| g.get(at)).cloned().unwrap_or_default();
            if args.is_empty() {
                return ty;
            }
            let s: Subst = def.generics.iter().map(|g| g.name.clone()).zip(args.iter().cloned()).collect();
            ty.subst(&s)
        }
        Ty::Ext(n, args) => {
            let Some(model) = models.type_model(n) else { return Ty::Unknown };
            let Some(of) = model.fields.get(field) else { return Ty::Unknown };
            let s: Subst = model.vars.iter().cloned().zip(args.iter().cloned()).collect();
            from_model(models, of, ty).subst(&s)
        }
        _ => Ty::Unknown,
    }
}
