//! Types of locals and targets of calls, function by function.
//!
//! One forward walk over the body with declared types, signatures, literals and models, then one look back from
//! declared types to the calls whose results they take. Closures are walked where they are called, because
//! there the types of their parameters are known.

mod back;
mod calls;
mod methods;
mod models;
mod names;
mod site;
mod walk;

use std::sync::Arc;

use rustc_hash::FxHashMap;
pub use site::{How, Site, Target, number_sites};

use super::program::{FuncId, Program, Res};
use super::ty::{Ty, TyCx, lower, lower_bounds};
use crate::ir::Name;
use crate::ir::body::{ClosureId, Func, Local, Place, RET};
use crate::ir::items::TypeRef;
use crate::model::ModelSet;

/// What is known of a function's body.
#[derive(Clone, Debug, Default)]
pub struct Typed {
    /// Types of the locals.
    pub locals: Vec<Ty>,
    /// Calls, by number.
    pub sites: Vec<Site>,
    /// What the function's paths mean.
    pub paths: Vec<Res>,
    /// Types that the function's paths name, with their arguments.
    pub path_tys: Vec<Ty>,
    /// The declared result.
    pub ret: Ty,
}

/// The context of a function's types.
#[must_use]
pub fn func_cx(p: &Program, id: FuncId) -> TyCx {
    let Some(f) = p.func(id) else { return TyCx::default() };
    let mut generics: Vec<Name> = f.generics.iter().map(|g| g.name.clone()).collect();
    let impl_ = p.func_impl(id);
    if let Some(i) = impl_.and_then(|i| p.impl_def(i)) {
        generics.extend(i.generics.iter().map(|g| g.name.clone()));
    }
    if let Some(t) = p.func_trait(id).and_then(|t| p.trait_def(t)) {
        generics.extend(t.generics.iter().map(|g| g.name.clone()));
    }
    let self_ty = match (impl_, p.func_trait(id)) {
        (Some(i), _) => p.impl_self.get(i.0 as usize).cloned(),
        (None, Some(t)) => Some(Ty::Traits(Arc::from([t]))),
        _ => None,
    };
    TyCx { module: Some(p.func_module(id)), generics, self_ty, impl_ }
}

/// Types of a function's parameters and result, parameters of generics left in.
#[must_use]
pub fn signature(p: &Program, models: &ModelSet, id: FuncId) -> (Vec<Ty>, Ty) {
    match p.signatures.get(id.0 as usize) {
        Some(slot) => slot.get_or_init(|| lower_signature(p, models, id)).clone(),
        None => (Vec::new(), Ty::Unknown),
    }
}

fn lower_signature(p: &Program, models: &ModelSet, id: FuncId) -> (Vec<Ty>, Ty) {
    let cx = func_cx(p, id);
    let Some(f) = p.func(id) else { return (Vec::new(), Ty::Unknown) };
    let params = f
        .params
        .iter()
        .enumerate()
        .map(|(i, param)| {
            if i == 0 && f.has_self && matches!(param.ty, TypeRef::Infer) {
                cx.self_ty.clone().unwrap_or_default()
            } else {
                lower(p, models, &cx, &param.ty)
            }
        })
        .collect();
    (params, lower(p, models, &cx, &f.ret))
}

/// Bounds of a generic parameter in scope of a function, as a type (`Fn(A) -> R`, traits, `Iter<T>`).
#[must_use]
pub fn bound_of(p: &Program, models: &ModelSet, id: FuncId, name: &str) -> Ty {
    let cx = func_cx(p, id);
    let Some(f) = p.func(id) else { return Ty::Unknown };
    let of = |gs: &[crate::ir::items::Generic]| {
        gs.iter().find(|g| g.name == name).map(|g| lower_bounds(p, models, &cx, &g.bounds, 0))
    };
    of(&f.generics)
        .or_else(|| p.func_impl(id).and_then(|i| p.impl_def(i)).and_then(|i| of(&i.generics)))
        .unwrap_or_default()
}

/// Infers the types of one function.
#[must_use]
pub fn infer(p: &Program, models: &ModelSet, id: FuncId) -> Typed {
    let Some(f) = p.func(id) else { return Typed::default() };
    let cx = func_cx(p, id);
    let (params, ret) = signature(p, models, id);
    let mut walk = Walk {
        p,
        models,
        id,
        f,
        cx,
        out: Typed::default(),
        closures: FxHashMap::default(),
        walked: Vec::new(),
        depth: 0,
        positive: Default::default(),
    };
    walk.walked = vec![false; f.closures.len()];
    walk.out.locals =
        f.locals.iter().map(|l| l.ty.as_ref().map_or(Ty::Unknown, |t| lower(p, models, &walk.cx, t))).collect();
    for (param, ty) in f.params.iter().zip(&params) {
        walk.set(param.local, ty);
    }
    walk.set(RET, &ret);
    walk.out.ret = ret;
    for path in &f.paths {
        let res = walk.resolve_path(path);
        walk.out.paths.push(res);
        let ty = if path.segments.is_empty() {
            Ty::Unknown
        } else {
            lower(p, models, &walk.cx, &TypeRef::Path(path.clone()))
        };
        walk.out.path_tys.push(ty);
    }
    if let Some(body) = &f.body {
        walk.block(body);
        for c in 0..f.closures.len() as u32 {
            walk.closure(ClosureId(c), &[]);
        }
        // Declared types tell what earlier calls returned; a second walk uses it.
        for _ in 0..2 {
            walk.back(body);
            for c in &f.closures {
                walk.back(&c.body);
            }
            walk.walked.fill(false);
            walk.block(body);
            for c in 0..f.closures.len() as u32 {
                walk.closure(ClosureId(c), &[]);
            }
        }
    }
    walk.out
}

struct Walk<'a> {
    p: &'a Program,
    models: &'a ModelSet,
    id: FuncId,
    f: &'a Func,
    cx: TyCx,
    out: Typed,
    /// Closures that locals hold.
    closures: FxHashMap<Local, ClosureId>,
    walked: Vec<bool>,
    depth: u32,
    /// Places found to be `Some` or `Ok`: what is read of them is the content.
    positive: rustc_hash::FxHashSet<Place>,
}

/// Whether a type's values are pairs of a key and a value.
#[must_use]
pub fn is_map(n: &str) -> bool {
    matches!(n.rsplit("::").next().unwrap_or(n), "HashMap" | "BTreeMap" | "IndexMap" | "DashMap" | "FxHashMap")
}
