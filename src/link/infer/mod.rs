//! Types of locals and targets of calls, function by function.
//!
//! One walk over the body in the order of its text, as a compiler's would be: what is not yet known is a
//! variable (`unify`), and declared types, signatures, literals and models bind them. Closures are walked where
//! they are given away, because there the types of their parameters are known. Types are a help and never a
//! check: what does not fit is left as it is.
//!
//! Where the type of a receiver was not known when it was needed, a second walk knows what the first found out
//! later, and goes by names where even that does not help.

mod actors;
mod by_name;
mod calls;
mod conversions;
mod futures;
mod goals;
mod implied;
mod methods;
mod models;
mod names;
mod objects;
mod paths;
mod patterns;
mod site;
mod theirs;
mod unify;
mod values;
mod walk;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures::Futures;
use implied::Implied;
pub use implied::{Asks, EQUAL, ImpliedAt, ORDERED, implied_at};
pub use patterns::newtype_variant;
use rustc_hash::FxHashMap;
pub use site::{Brought, How, Site, Target, Targets, Through, number_sites};
use unify::{Instance, Vars};

use super::program::{FuncId, Program, Res, Signature, TraitId, TypeId};
use super::ty::{Ty, TyCx, is_future, lower, lower_bounds};
use crate::ir::Name;
use crate::ir::body::{ClosureId, Func, Local, RET};
use crate::ir::items::{Generic, TypeRef};
use crate::model::ModelSet;
use crate::source::Span;

/// What is known of a function's body.
#[derive(Clone, Debug, Default)]
pub struct Typed {
    /// Types of the locals.
    pub locals: Vec<Ty>,
    /// Calls, by number.
    pub sites: Vec<Site>,
    /// What the function's paths mean.
    pub paths: Vec<Res>,
    /// The declared result.
    pub ret: Ty,
    /// What it returns, where it declares by traits alone what that is.
    pub hidden: Option<Ty>,
    /// Its paths that are functions as values, with what their generic parameters stand for; kept until the instances
    /// are found.
    pub values: Vec<(u32, Brought)>,
    /// Its paths that are rows of the models as values: the row, and its type here as a function.
    pub rows: BTreeMap<u32, (u32, Arc<Ty>)>,
    /// The types that question marks bring to generic functions that make an error of another; kept until the instances
    /// are found.
    pub raised: Vec<(ImpliedAt, Brought)>,
    /// Calls of its trait's method that could mean it go to what it calls instead.
    pub passed_over: bool,
    /// What operators, loops and question marks reach; nothing where an error becomes another that is not known.
    pub implied: BTreeMap<ImpliedAt, Vec<Target>>,
}

impl Typed {
    /// Whom the calls and the places that imply one reach.
    pub fn reached(&self) -> impl Iterator<Item = FuncId> {
        let named = self.sites.iter().flat_map(|s| &s.targets).chain(self.implied.values().flatten());
        let through = self.sites.iter().flat_map(|s| &s.through);
        let called = named.filter_map(|t| if let Target::Func(f) = t { Some(*f) } else { None });
        called.chain(through.filter_map(|t| if let Through::Call(f) = t { Some(*f) } else { None }))
    }
}

/// The context of a function's types.
#[must_use]
pub fn func_cx(p: &Program, id: FuncId) -> TyCx {
    let Some(f) = p.func(id) else { return TyCx::default() };
    let names = |gs: &[Generic]| gs.iter().map(|g| g.name.clone()).collect::<Vec<_>>();
    let mut generics = names(&f.generics);
    let impl_ = p.func_impl(id);
    if let Some(i) = impl_.and_then(|i| p.impl_def(i)) {
        generics.extend(names(&i.generics));
    }
    let trait_ = p.func_trait(id);
    if let Some(t) = trait_.and_then(|t| p.trait_def(t)) {
        generics.extend(names(&t.generics));
    }
    let known = p.known(id).map(|k| k.generics.clone()).unwrap_or_default();
    let self_ty = match (impl_, trait_) {
        (Some(i), _) => p.impl_self.get(i.0 as usize).map(|t| t.subst(&known)),
        (None, Some(_)) => Some(Ty::Param("Self".into())),
        _ => None,
    };
    TyCx { module: Some(p.body_scope(id)), generics, self_ty, impl_, known }
}

static NO_SIGNATURE: Signature = (Vec::new(), Ty::Unknown);

/// Types of a function's parameters and result, parameters of generics left in.
#[must_use]
pub fn signature<'p>(p: &'p Program, models: &ModelSet, id: FuncId) -> &'p Signature {
    match p.signatures.get(id.0 as usize) {
        Some(slot) => slot.get_or_init(|| lower_signature(p, models, id)),
        None => &NO_SIGNATURE,
    }
}

fn lower_signature(p: &Program, models: &ModelSet, id: FuncId) -> Signature {
    let cx = func_cx(p, id);
    let Some(f) = p.func(id) else { return (Vec::new(), Ty::Unknown) };
    let given = p.known(id).map_or(&[][..], |k| &k.params);
    let params = f
        .params
        .iter()
        .enumerate()
        .map(|(i, param)| {
            if let Some((_, ty)) = given.iter().find(|(at, _)| *at as usize == i) {
                return ty.clone();
            }
            let receiver = match &param.ty {
                TypeRef::RefMut(t) => t,
                t => t,
            };
            if i == 0 && f.has_self && *receiver == TypeRef::Infer {
                cx.self_ty.clone().unwrap_or_default()
            } else {
                let ty = lower(p, models, &cx, &param.ty);
                match said_by_impls(p, models, id, &ty, 1).as_slice() {
                    [one] => one.clone(),
                    _ => ty,
                }
            }
        })
        .collect();
    // Diesel finds out what a function returns: a statement or a part of one.
    if f.ret == TypeRef::Infer && f.attrs.iter().any(|a| a.name() == "auto_type") {
        return (params, Ty::Ext("diesel::Query".into(), [Ty::Unknown].into()));
    }
    (params, lower(p, models, &cx, &f.ret))
}

/// Bounds of a generic parameter in scope of a function, as a type (`Fn(A) -> R`, traits, `Iter<T>`).
#[must_use]
pub fn bound_of(p: &Program, models: &ModelSet, id: FuncId, name: &str) -> Ty {
    let trait_ = p.func_trait(id);
    if name == "Self" {
        return trait_.map_or(Ty::Unknown, |t| Ty::Traits([t].into()));
    }
    generic(p, id, name).map_or(Ty::Unknown, |g| lower_bounds(p, models, &func_cx(p, id), &g.bounds, 0))
}

/// What impls of the bounds of a generic parameter say that an associated type of it is (`S::Who`), each once; none if
/// that is more than `most`.
#[must_use]
pub fn said_by_impls(p: &Program, models: &ModelSet, id: FuncId, ty: &Ty, most: usize) -> Vec<Ty> {
    let Ty::Assoc(of) = ty else { return Vec::new() };
    match &**of {
        (Ty::Param(param), name) if param != "Self" => match bound_of(p, models, id, param) {
            Ty::Traits(ts) => p.said_of_assoc(models, &ts, name, most),
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

/// A generic parameter in scope of a function.
fn generic<'p>(p: &'p Program, id: FuncId, name: &str) -> Option<&'p Generic> {
    let find = |gs: &'p [Generic]| gs.iter().find(|g| g.name == name);
    find(&p.func(id)?.generics)
        .or_else(|| p.func_impl(id).and_then(|i| p.impl_def(i)).and_then(|i| find(&i.generics)))
        .or_else(|| p.func_trait(id).and_then(|t| p.trait_def(t)).and_then(|t| find(&t.generics)))
}

/// What the generic parameters in scope of a function come to that are waited for.
fn promised(p: &Program, models: &ModelSet, id: FuncId) -> Vec<(Name, Ty)> {
    let of_func = p.func(id).map(|f| &f.generics);
    let of_impl = p.func_impl(id).and_then(|i| p.impl_def(i)).map(|i| &i.generics);
    let generics = of_func.into_iter().chain(of_impl).flatten();
    let futures = generics.filter_map(|g| Some((g, g.bounds.iter().find(|b| is_future(b))?)));
    futures
        .map(|(g, b)| (g.name.clone(), lower_bounds(p, models, &func_cx(p, id), std::slice::from_ref(b), 0)))
        .filter(|(_, ty)| *ty != Ty::Unknown)
        .collect()
}

/// Bounds of an associated type of a trait, as a type.
fn assoc_bound(p: &Program, models: &ModelSet, t: TraitId, name: &str) -> Ty {
    let (Some(def), Some((u, _))) = (p.trait_def(t), p.traits.get(t.0 as usize)) else { return Ty::Unknown };
    let cx = TyCx {
        module: Some(p.module_at(*u, def.module)),
        generics: def.generics.iter().map(|g| g.name.clone()).collect(),
        self_ty: Some(Ty::Traits([t].into())),
        ..TyCx::default()
    };
    let found = def.assoc.iter().find(|g| g.name == name);
    found.map_or(Ty::Unknown, |g| lower_bounds(p, models, &cx, &g.bounds, 0))
}

/// Infers the types of one function.
#[must_use]
pub fn infer(p: &Program, models: &ModelSet, id: FuncId) -> Typed {
    let Some(f) = p.func(id) else { return Typed::default() };
    let mut walk = Walk {
        p,
        models,
        id,
        f,
        cx: func_cx(p, id),
        out: Typed::default(),
        vars: Vars::default(),
        closures: FxHashMap::default(),
        made_by: FxHashMap::default(),
        taken_from: FxHashMap::default(),
        handed_on: FxHashMap::default(),
        theirs: FxHashMap::default(),
        walked: vec![false; f.closures.len()],
        goals: Vec::new(),
        implied: Vec::new(),
        at: f.span,
        bounds: FxHashMap::default(),
        promised: promised(p, models, id),
        values: Vec::new(),
        asked: Vec::new(),
        objects: objects::set_once(f),
        given_back: Vec::new(),
        futures: None,
        by_name: false,
        missed: false,
        depth: 0,
    };
    walk.begin();
    if let Some(body) = &f.body {
        walk.body(body);
        if walk.missed {
            walk.by_name = true;
            walk.body(body);
        }
    }
    walk.finish()
}

/// Something to be done once a type is known.
struct Goal {
    /// The type.
    on: Ty,
    /// What.
    what: Wanted,
}

enum Wanted {
    /// It is collected from items of this type.
    Items(Ty),
    /// It is what `into` makes of a value of this type.
    Conversion(Conversion, Ty),
    /// It implements a trait with these arguments.
    Implemented(TraitId, Vec<Ty>),
    /// It is what the function of a type is called with that this path names: what that makes.
    Given(u32, Ty),
    /// A function of a trait of the workspace, asked for at this site with arguments of these types, is its.
    Of(u32, FuncId, Vec<Ty>),
    /// It is what a method of a foreign trait that is asked for at this site makes: the trait, and the method.
    Made(u32, (&'static str, &'static str)),
}

/// A conversion.
struct Conversion {
    at: Converts,
    /// Whether it may fail: what cannot is never by `TryFrom`.
    may_fail: bool,
}

/// Where something is converted.
enum Converts {
    /// By a call.
    At(u32),
    /// By whoever calls the function that this path is (`Into::into`).
    By(u32),
}

/// The walk over one function.
struct Walk<'a> {
    p: &'a Program,
    models: &'a ModelSet,
    id: FuncId,
    f: &'a Func,
    cx: TyCx,
    out: Typed,
    vars: Vars,
    /// Closures that locals hold.
    closures: FxHashMap<Local, ClosureId>,
    /// The calls whose results locals hold.
    made_by: FxHashMap<Local, u32>,
    /// The call that gave what each local was taken out of.
    taken_from: FxHashMap<Local, u32>,
    /// Calls that hand on what a call of another crate gave, by what it is called.
    handed_on: FxHashMap<u32, Name>,
    /// Locals that hold what other crates made, and which types of the workspace may be in it.
    theirs: FxHashMap<Local, BTreeSet<TypeId>>,
    /// Closures whose bodies this walk has seen.
    walked: Vec<bool>,
    goals: Vec<Goal>,
    /// Places that may imply a call.
    implied: Vec<(ImpliedAt, Implied)>,
    /// The statement at hand.
    at: Span,
    /// Bounds of the generic parameters in scope, as far as they were asked for.
    bounds: FxHashMap<Name, Ty>,
    /// Those that are futures, and what each comes to.
    promised: Vec<(Name, Ty)>,
    /// Paths that are functions as values, with what their generic parameters stand for.
    values: Vec<(u32, FuncId, Instance)>,
    /// Traits that stand for a type which is known here: their methods come before the type's own.
    asked: Vec<TraitId>,
    /// Locals that are declared as an object and set once: they hold what they are set to.
    objects: BTreeSet<Local>,
    /// The types of what it returns.
    given_back: Vec<Ty>,
    /// What becomes of what calls give, once it is asked whether that is a future.
    futures: Option<Futures>,
    /// Whether receivers of unknown type are looked up by the name of the method alone.
    by_name: bool,
    /// Whether a receiver's type was not known when it was needed.
    missed: bool,
    depth: u32,
}

impl Walk<'_> {
    /// Locals as they are declared, and what the paths mean.
    fn begin(&mut self) {
        let (params, ret) = signature(self.p, self.models, self.id);
        self.out.sites = vec![Site::default(); self.f.sites as usize];
        self.out.locals.reserve_exact(self.f.locals.len());
        self.out.paths.reserve_exact(self.f.paths.len());
        for decl in &self.f.locals {
            let declared = decl.ty.as_deref().map(|t| lower(self.p, self.models, &self.cx, t));
            let ty = self.vars.filled(&declared.unwrap_or_default());
            self.out.locals.push(ty);
        }
        for (param, ty) in self.f.params.iter().zip(params) {
            self.declare(param.local, ty);
        }
        self.declare(RET, ret);
        self.out.ret = ret.clone();
        self.asked = self.traits_seen_through();
        for path in &self.f.paths {
            let res = self.resolve_path(path);
            self.out.paths.push(res);
        }
    }

    fn declare(&mut self, l: Local, ty: &Ty) {
        let ty = self.vars.filled(ty);
        if let Some(slot) = self.out.locals.get_mut(l.0 as usize) {
            *slot = ty;
        }
    }

    /// One walk over the body and every closure in it.
    fn body(&mut self, body: &[crate::ir::body::Stmt]) {
        self.walked.fill(false);
        self.goals.clear();
        self.given_back.clear();
        self.values.clear();
        self.out.rows.clear();
        self.block(body);
        for c in 0..self.f.closures.len() as u32 {
            self.closure(ClosureId(c));
        }
        self.settle(true);
    }

    /// What was found, without variables.
    fn finish(mut self) -> Typed {
        let implied = self.reached_unnamed();
        let hidden = self.hidden();
        self.name_values();
        let mut out = std::mem::take(&mut self.out);
        out.implied = implied;
        out.hidden = hidden;
        for (_, ty) in out.rows.values_mut() {
            *ty = Arc::new(self.known(ty));
        }
        for ty in &mut out.locals {
            *ty = self.known(ty);
        }
        for site in &mut out.sites {
            site.ret = self.known(&site.ret);
            site.recv = self.known(&site.recv);
            for b in &mut site.brought {
                b.generics.iter_mut().for_each(|(_, t)| *t = self.sure(t));
                b.args = b.args.iter().map(|t| self.sure(t)).collect();
            }
        }
        out
    }
}
