//! Types of locals and targets of calls, function by function.
//!
//! One forward walk over the body with declared types, signatures, literals and models, then one look back from
//! declared types to the calls whose results they take. Closures are walked where they are called, because
//! there the types of their parameters are known.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::program::{Def, FuncId, Program, Res, TypeId};
use super::ty::{Subst, Ty, TyCx, field_ty, from_model, lower, lower_bounds, merge, payload, peel, unify};
use crate::ir::Name;
use crate::ir::body::{
    Aggregate, BinOp, Callee, ClosureId, Cond, Func, Lit, Local, Operand, Place, RET, Rvalue, Sel, Stmt, Test,
};
use crate::ir::items::{Owner, TypeKind, TypeRef};
use crate::model::ModelSet;

/// How a call was understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum How {
    /// Nothing is known of it.
    #[default]
    Unknown,
    /// By name alone.
    Guessed,
    /// By a model.
    Modelled,
    /// By name and type.
    Resolved,
}

/// Whom a call reaches.
#[derive(Clone, Debug, PartialEq)]
pub enum Target {
    /// A function of the workspace.
    Func(FuncId),
    /// A row of the models.
    Row(u32),
    /// A constructor of a type, and the variant.
    Ctor(TypeId, Option<u32>),
}

/// What is known of one call.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Site {
    /// Whom it reaches.
    pub targets: Vec<Target>,
    /// How that is known.
    pub how: How,
    /// The type of its result.
    pub ret: Ty,
    /// The path that it names, for calls outside the workspace: `reqwest::Client::post`.
    pub symbol: Name,
    /// The receiver's type, wrappers included.
    pub recv: Ty,
    /// Whether it is a method call.
    pub method: bool,
}

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
            let written = if let TypeRef::RefMut(t) = &param.ty { t } else { &param.ty };
            if i == 0 && f.has_self && *written == TypeRef::Infer {
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

impl Walk<'_> {
    fn local(&self, l: Local) -> Ty {
        self.out.locals.get(l.0 as usize).cloned().unwrap_or_default()
    }

    fn set(&mut self, l: Local, ty: &Ty) {
        if let Some(slot) = self.out.locals.get_mut(l.0 as usize) {
            *slot = merge(slot, ty);
        }
    }

    fn resolve_path(&self, path: &crate::ir::items::Path) -> Res {
        let Some(module) = self.cx.module else { return Res::default() };
        if let Some(q) = &path.qself {
            let ty = lower(self.p, self.models, &self.cx, q);
            let rest = path.segments.last().cloned().into_iter().collect();
            return match peel(self.models, &ty) {
                Ty::Adt(t, _) => Res { def: Some(Def::Type(*t)), rest },
                Ty::Ext(n, _) => Res { def: Some(Def::Ext(n.clone())), rest },
                _ => self.p.resolve(module, &path.segments),
            };
        }
        let first = path.segments.first();
        if first.is_some_and(|s| s == "Self") {
            let rest: Vec<Name> = path.segments.iter().skip(1).cloned().collect();
            return match &self.cx.self_ty {
                Some(Ty::Adt(t, _)) => match rest.first().and_then(|n| self.p.variant(*t, n)) {
                    Some(v) => Res { def: Some(Def::Variant(*t, v)), rest: rest.into_iter().skip(1).collect() },
                    None => Res { def: Some(Def::Type(*t)), rest },
                },
                Some(Ty::Ext(n, _)) => Res { def: Some(Def::Ext(n.clone())), rest },
                Some(Ty::Traits(ts)) => Res { def: ts.first().map(|t| Def::Trait(*t)), rest },
                _ => Res::default(),
            };
        }
        if path.segments.len() == 1
            && let Some(name) = first
            && let Some(nested) = self.nested(name)
        {
            return Res { def: Some(Def::Func(nested)), rest: Vec::new() };
        }
        if path.segments.len() >= 2
            && let Some(name) = first
            && self.cx.generics.contains(name)
        {
            let rest = path.segments.iter().skip(1).cloned().collect();
            return match bound_of(self.p, self.models, self.id, name) {
                Ty::Traits(ts) => Res { def: ts.first().map(|t| Def::Trait(*t)), rest },
                _ => Res::default(),
            };
        }
        let mut res = self.p.resolve(module, &path.segments);
        // An alias of a type outside the workspace.
        if let Some(Def::Type(t)) = res.def
            && let Some(def) = self.p.type_def(t)
            && matches!(def.kind, TypeKind::Alias(_))
        {
            let alias = crate::ir::items::Path {
                segments: path.segments.iter().take(path.segments.len() - res.rest.len()).cloned().collect(),
                args: path.args.clone(),
                ..Default::default()
            };
            match lower(self.p, self.models, &self.cx, &TypeRef::Path(alias)) {
                Ty::Adt(x, _) => {
                    res.def = Some(Def::Type(x));
                    if let Some(v) = res.rest.first().and_then(|n| self.p.variant(x, n)) {
                        res.def = Some(Def::Variant(x, v));
                        res.rest.remove(0);
                    }
                }
                Ty::Ext(n, _) => res.def = Some(Def::Ext(n)),
                _ => {}
            }
        }
        res
    }

    /// A function written inside this one or one around it.
    fn nested(&self, name: &str) -> Option<FuncId> {
        let (u, mut i) = *self.p.funcs.get(self.id.0 as usize)?;
        let crate::ir::Content::Rust(r) = &self.p.units.get(u as usize)?.content else { return None };
        for _ in 0..8 {
            let hit = r.funcs.iter().position(|f| f.parent == Some(i) && f.owner == Owner::Module && f.name == name);
            if let Some(h) = hit {
                return Some(self.p.func_id(u, h as u32));
            }
            i = r.funcs.get(i as usize)?.parent?;
        }
        None
    }

    fn place(&self, place: &Place) -> Ty {
        let mut ty = self.local(place.base);
        let mut variant = None;
        for sel in &place.path {
            match sel {
                Sel::Field(name) => {
                    let wrapper_zero = name == "0" && super::ty::is_tuple_wrapper(self.models, &ty);
                    if wrapper_zero {
                        ty = payload(self.models, &ty).cloned().unwrap_or_default();
                    } else {
                        ty = self.through_param(peel(self.models, &ty));
                        ty = self.field(&ty, variant, name);
                    }
                    variant = None;
                }
                Sel::Index => ty = payload(self.models, &ty).cloned().unwrap_or_default(),
                Sel::As(path) => {
                    if let Some(Res { def: Some(Def::Variant(_, v)), .. }) = self.out.paths.get(path.0 as usize) {
                        variant = Some(*v);
                        ty = peel(self.models, &ty).clone();
                    }
                }
                Sel::Err => ty = ty.args().get(1).cloned().unwrap_or_default(),
                Sel::Deref => {}
            }
        }
        ty
    }

    /// A field, through user-written `Deref` where the type itself has none of the name.
    fn field(&self, ty: &Ty, variant: Option<u32>, name: &str) -> Ty {
        let mut at = ty.clone();
        for _ in 0..4 {
            let found = field_ty(self.p, self.models, &at, variant, name);
            if found != Ty::Unknown {
                return found;
            }
            match self.user_deref(&at) {
                Some(t) => at = t,
                None => break,
            }
        }
        Ty::Unknown
    }

    fn user_deref(&self, ty: &Ty) -> Option<Ty> {
        let Ty::Adt(t, _) = ty else { return None };
        let i = self.p.impls_for(*t, "Deref").first()?;
        let def = self.p.impl_def(*i)?;
        let (_, target) = def.assoc.iter().find(|(n, _)| n == "Target")?;
        let (u, _) = *self.p.impls.get(i.0 as usize)?;
        let cx = TyCx { module: Some(self.p.module_at(u, def.module)), ..TyCx::default() };
        Some(peel(self.models, &lower(self.p, self.models, &cx, target)).clone())
    }

    /// A generic parameter as its bounds.
    fn through_param(&self, ty: &Ty) -> Ty {
        match ty {
            Ty::Param(n) => bound_of(self.p, self.models, self.id, n),
            t => t.clone(),
        }
    }

    fn operand(&self, op: &Operand) -> Ty {
        match op {
            Operand::Place(p) => {
                let temp = self.f.locals.get(p.base.0 as usize).is_some_and(|l| l.name.is_none());
                if temp { self.content(p) } else { self.place(p) }
            }
            Operand::Lit(Lit::Str(_)) => Ty::ext("str"),
            Operand::Lit(Lit::Bool(_)) => Ty::ext("bool"),
            Operand::Lit(Lit::Num(n)) => Ty::ext(if n.contains('.') && !n.starts_with("0x") { "f64" } else { "i32" }),
            Operand::Lit(Lit::Unit) => Ty::Tuple(Arc::from([])),
            Operand::Path(id) => match self.out.paths.get(id.0 as usize) {
                Some(Res { def: Some(Def::Const(c)), .. }) => {
                    let Some(def) = self.p.const_def(*c) else { return Ty::Unknown };
                    let Some((u, _)) = self.p.consts.get(c.0 as usize) else { return Ty::Unknown };
                    let cx = TyCx { module: Some(self.p.module_at(*u, def.module)), ..TyCx::default() };
                    lower(self.p, self.models, &cx, &def.ty)
                }
                Some(Res { def: Some(Def::Func(f)), .. }) => {
                    let (params, ret) = signature(self.p, self.models, *f);
                    Ty::Fn(params.into(), Arc::new(ret))
                }
                Some(Res { def: Some(Def::Variant(t, _)), .. }) => Ty::Adt(*t, Arc::from([])),
                Some(Res { def: Some(Def::Type(t)), rest }) => match rest.first() {
                    Some(name) => match self.p.methods_of(*t, name).first() {
                        Some(f) => {
                            let (params, ret) = signature(self.p, self.models, *f);
                            Ty::Fn(params.into(), Arc::new(ret))
                        }
                        None => Ty::Unknown,
                    },
                    None => Ty::Adt(*t, Arc::from([])),
                },
                _ => Ty::Unknown,
            },
        }
    }

    /// The type of what a place holds where it was found to be `Some` or `Ok`.
    fn content(&self, place: &Place) -> Ty {
        let ty = self.place(place);
        match &ty {
            Ty::Ext(n, args) if matches!(n.as_str(), "Option" | "Result") && self.positive.contains(place) => {
                args.first().cloned().unwrap_or_default()
            }
            _ => ty,
        }
    }

    fn block(&mut self, block: &[Stmt]) {
        for stmt in block {
            self.stmt(stmt);
        }
    }

    fn stmt(&mut self, stmt: &Stmt) {
        match stmt {
            Stmt::Assign { dst, src, .. } => {
                let ty = self.rvalue(src);
                if dst.path.is_empty() {
                    self.set(dst.base, &ty);
                    match src {
                        Rvalue::Closure(c) => {
                            self.closures.insert(dst.base, *c);
                        }
                        Rvalue::Use(Operand::Place(p)) if p.path.is_empty() => {
                            if let Some(c) = self.closures.get(&p.base).copied() {
                                self.closures.insert(dst.base, c);
                            }
                        }
                        _ => {}
                    }
                }
            }
            Stmt::If { cond, then, els, .. } => {
                self.cond(cond);
                self.block(then);
                self.block(els);
            }
            Stmt::Loop { body, .. } | Stmt::Block { body, .. } | Stmt::Scope { body, .. } => self.block(body),
            Stmt::Break(_) | Stmt::Continue(_) | Stmt::Return | Stmt::Unreachable => {}
        }
    }

    fn cond(&mut self, cond: &Cond) {
        match cond {
            Cond::True(_)
            | Cond::Unknown
            | Cond::Is(_, Test::Positive | Test::Negative | Test::Path(_) | Test::Literal) => {}
        }
    }

    fn rvalue(&mut self, src: &Rvalue) -> Ty {
        match src {
            Rvalue::Use(Operand::Place(p)) => self.content(p),
            Rvalue::Use(op) => self.operand(op),
            Rvalue::RefMut(p) => self.place(p),
            Rvalue::Neg(op) => self.operand(op),
            Rvalue::Not(_) | Rvalue::Binary(BinOp::Compare(_), ..) | Rvalue::Test(_) => Ty::ext("bool"),
            Rvalue::Binary(BinOp::Arith, a, b) => {
                let t = self.operand(a);
                if t == Ty::Unknown { self.operand(b) } else { t }
            }
            Rvalue::Cast(_, t) => lower(self.p, self.models, &self.cx, t),
            Rvalue::Aggregate { kind, fields, base } => self.aggregate(kind, fields, base.as_ref()),
            Rvalue::Err(op) => Ty::Ext("Result".into(), Arc::from([Ty::Unknown, self.operand(op)])),
            Rvalue::Positive(op) => self.operand(op),
            Rvalue::Negative => Ty::Unknown,
            Rvalue::Elem(op) => {
                let t = self.operand(op);
                self.element(&t)
            }
            Rvalue::Closure(c) => {
                let params: Vec<Ty> = match self.f.closures.get(c.0 as usize) {
                    Some(def) => def.params.iter().map(|l| self.local(*l)).collect(),
                    None => Vec::new(),
                };
                Ty::Fn(params.into(), Arc::new(Ty::Unknown))
            }
            Rvalue::Call { callee, args, site, .. } => self.call(callee, args, *site),
            Rvalue::Format(_) => Ty::ext("String"),
            Rvalue::Opaque(_) => Ty::Unknown,
        }
    }

    /// The type of an element of an iterable.
    fn element(&self, ty: &Ty) -> Ty {
        let mut t = ty.clone();
        for _ in 0..6 {
            match &t {
                Ty::Ext(n, args) if is_map(n) => {
                    return Ty::Tuple(args.iter().take(2).cloned().collect());
                }
                Ty::Ext(n, args) if matches!(n.as_str(), "Arc" | "Rc" | "Box" | "Result" | "Pin" | "Cow") => {
                    t = args.first().cloned().unwrap_or_default();
                }
                _ => return payload(self.models, &t).cloned().unwrap_or_default(),
            }
        }
        Ty::Unknown
    }

    fn aggregate(
        &mut self,
        kind: &Aggregate,
        fields: &[(Option<Name>, Operand, crate::source::Span)],
        base: Option<&Operand>,
    ) -> Ty {
        match kind {
            Aggregate::Tuple => Ty::Tuple(fields.iter().map(|(_, op, _)| self.operand(op)).collect()),
            Aggregate::List => {
                let t = fields.iter().map(|(_, op, _)| self.operand(op)).find(|t| *t != Ty::Unknown);
                Ty::Ext("Vec".into(), Arc::from([t.unwrap_or_default()]))
            }
            Aggregate::Map => Ty::ext("serde_json::Value"),
            Aggregate::Adt(path) => {
                let _ = base;
                match self.out.paths.get(path.0 as usize).and_then(|r| r.def.clone()) {
                    Some(Def::Type(t)) => {
                        let list: Vec<(Name, Ty)> =
                            fields.iter().filter_map(|(n, op, _)| Some((n.clone()?, self.operand(op)))).collect();
                        self.adt(t, None, &list)
                    }
                    Some(Def::Variant(t, v)) => {
                        let list: Vec<(Name, Ty)> =
                            fields.iter().filter_map(|(n, op, _)| Some((n.clone()?, self.operand(op)))).collect();
                        self.adt(t, Some(v), &list)
                    }
                    Some(Def::Ext(n)) => super::ty::ext(self.models, n, Vec::new(), 0),
                    _ => Ty::Unknown,
                }
            }
        }
    }

    /// A type built from fields: its arguments follow from theirs.
    fn adt(&self, t: TypeId, variant: Option<u32>, fields: &[(Name, Ty)]) -> Ty {
        let Some(def) = self.p.type_def(t) else { return Ty::Unknown };
        if def.generics.is_empty() {
            return Ty::Adt(t, Arc::from([]));
        }
        let args: Vec<Ty> = def.generics.iter().map(|g| Ty::Param(g.name.clone())).collect();
        let shape = Ty::Adt(t, args.into());
        let mut s = Subst::new();
        for (name, ty) in fields {
            unify(&field_ty(self.p, self.models, &shape, variant, name), ty, &mut s);
        }
        shape.subst(&s).erase()
    }

    /// Walks a closure with the types of its arguments; returns the type of its result.
    fn closure(&mut self, c: ClosureId, args: &[Ty]) -> Ty {
        let Some(def) = self.f.closures.get(c.0 as usize) else { return Ty::Unknown };
        let (params, ret) = (def.params.clone(), def.ret);
        for (l, t) in params.iter().zip(args) {
            self.set(*l, t);
        }
        let first = !std::mem::replace(self.walked.get_mut(c.0 as usize).unwrap_or(&mut false), true);
        if (first || args.iter().any(|t| *t != Ty::Unknown)) && self.depth < 16 {
            self.depth += 1;
            let body = &def.body;
            self.block(body);
            self.depth -= 1;
        }
        self.local(ret)
    }

    fn closure_of(&self, op: &Operand) -> Option<ClosureId> {
        match op {
            Operand::Place(p) if p.path.is_empty() => self.closures.get(&p.base).copied(),
            _ => None,
        }
    }

    fn call(&mut self, callee: &Callee, args: &[Operand], site: u32) -> Ty {
        let mut out = Site::default();
        let tys: Vec<Ty> = args.iter().map(|a| self.operand(a)).collect();
        match callee {
            Callee::Path(id) => self.path_call(id.0, args, &tys, &mut out),
            Callee::Macro(id) => {
                let path = self.f.paths.get(id.0 as usize).map(|p| p.segments.clone()).unwrap_or_default();
                self.macro_call(&path, args, &tys, &mut out);
            }
            Callee::Value(op) => {
                out.how = How::Resolved;
                if let Some(c) = self.closure_of(op) {
                    out.ret = self.closure(c, &tys);
                } else if let Ty::Fn(_, r) = self.through_param(&self.operand(op)) {
                    out.ret = (*r).clone();
                }
            }
            Callee::Method { name, generics } => {
                out.method = true;
                self.method_call(name, generics, args, &tys, &mut out);
            }
        }
        let i = site as usize;
        if self.out.sites.len() <= i {
            self.out.sites.resize(i + 1, Site::default());
        }
        if let Some(slot) = self.out.sites.get_mut(i) {
            // What later code says of the result is kept.
            out.ret = merge(&out.ret, &slot.ret);
            *slot = out.clone();
        }
        out.ret
    }

    fn macro_call(&mut self, path: &[Name], args: &[Operand], tys: &[Ty], out: &mut Site) {
        let Some(module) = self.cx.module else { return };
        let joined = path.join("::");
        let mut name = match self.p.resolve(module, path).def {
            Some(Def::Ext(n)) => n,
            _ => Name::from(joined.as_str()),
        };
        // `#[macro_use] extern crate log;`: by the crates that this one depends on.
        if path.len() == 1 && self.models.find(&format!("{name}!"), args.len()).is_none() {
            for dep in ["tracing", "log"] {
                let full = format!("{dep}::{name}");
                if self.p.depends_on(module, dep) && self.models.find(&format!("{full}!"), args.len()).is_some() {
                    name = full.into();
                    break;
                }
            }
        }
        let key = format!("{name}!");
        out.symbol = key.as_str().into();
        if let Some(row) = self.models.find(&key, args.len()) {
            out.targets.push(Target::Row(row));
            out.how = How::Modelled;
            self.apply_row(row, args, tys, &[], out);
        }
    }

    /// Calls through a path: functions, constructors, associated functions.
    fn path_call(&mut self, id: u32, args: &[Operand], tys: &[Ty], out: &mut Site) {
        let Some(res) = self.out.paths.get(id as usize).cloned() else { return };
        let path = self.f.paths.get(id as usize).cloned().unwrap_or_default();
        let turbofish: Vec<Ty> = path
            .args
            .iter()
            .filter(|a| !matches!(a, TypeRef::Assoc(..)))
            .map(|a| lower(self.p, self.models, &self.cx, a))
            .collect();
        match (&res.def, res.rest.first()) {
            (Some(Def::Func(f)), _) => self.func_targets(&[*f], args, tys, &turbofish, How::Resolved, out),
            (Some(Def::Type(t)), None) => {
                let list: Vec<(Name, Ty)> =
                    tys.iter().enumerate().map(|(i, t)| (i.to_string().into(), t.clone())).collect();
                out.targets.push(Target::Ctor(*t, None));
                out.how = How::Resolved;
                out.ret = self.adt(*t, None, &list);
            }
            (Some(Def::Variant(t, v)), _) => {
                let list: Vec<(Name, Ty)> =
                    tys.iter().enumerate().map(|(i, t)| (i.to_string().into(), t.clone())).collect();
                out.targets.push(Target::Ctor(*t, Some(*v)));
                out.how = How::Resolved;
                out.ret = self.adt(*t, Some(*v), &list);
            }
            (Some(Def::Type(t)), Some(name)) => {
                let self_ty = match self.out.path_tys.get(id as usize) {
                    Some(Ty::Adt(x, a)) if x == t => Ty::Adt(*x, a.clone()),
                    _ => Ty::Adt(*t, Arc::from([])),
                };
                let found = self.narrow(self.p.methods_of(*t, name), tys);
                if !found.is_empty() {
                    self.func_targets(&found, args, tys, &turbofish, How::Resolved, out);
                    if out.ret == Ty::Unknown && matches!(name.as_str(), "default" | "from" | "new") {
                        out.ret = self_ty;
                    }
                    return;
                }
                out.symbol = format!("{}::{name}", self.p.type_path(*t)).into();
                if let Some(row) = self.models.find(&format!("_::{name}"), args.len()) {
                    out.targets.push(Target::Row(row));
                    out.how = How::Modelled;
                    self.apply_row(row, args, tys, &turbofish, out);
                }
                if matches!(
                    name.as_str(),
                    "default" | "from" | "from_row" | "try_from" | "from_str" | "parse" | "deserialize"
                ) {
                    out.ret = self_ty;
                    if name == "default" {
                        out.how = How::Modelled;
                    }
                }
            }
            (Some(Def::Trait(t)), Some(name)) => {
                if let Some(m) = self.p.trait_method(*t, name) {
                    let recv = tys.first().map(|t| peel(self.models, t).clone()).unwrap_or_default();
                    let found = match &recv {
                        Ty::Adt(x, _) => self.p.methods_of(*x, name),
                        _ => Vec::new(),
                    };
                    let found = if found.is_empty() { self.p.dispatch(m) } else { found };
                    self.func_targets(&found, args, tys, &turbofish, How::Resolved, out);
                    if out.ret == Ty::Unknown {
                        out.ret = signature(self.p, self.models, m).1.erase();
                    }
                }
            }
            (Some(Def::Ext(n)), rest) => {
                let full = match rest {
                    Some(r) => format!("{n}::{r}"),
                    None => n.to_string(),
                };
                self.ext_call(&full, args, tys, &turbofish, out);
            }
            _ => out.symbol = path.segments.join("::").into(),
        }
    }

    /// A function outside the workspace, or one that a trait of ours gives to a type outside it.
    fn ext_call(&mut self, full: &str, args: &[Operand], tys: &[Ty], turbofish: &[Ty], out: &mut Site) {
        out.symbol = full.into();
        if let Some((ty, name)) = full.rsplit_once("::") {
            let found = self.p.methods_of_ext(ty, name);
            if !found.is_empty() {
                self.func_targets(&found, args, tys, turbofish, How::Resolved, out);
                return;
            }
        }
        let row = self.models.find(full, args.len()).or_else(|| {
            let (ty, name) = full.rsplit_once("::")?;
            let mut at = super::ty::ext(self.models, ty.into(), Vec::new(), 0);
            for _ in 0..4 {
                if let Ty::Ext(n, _) = &at
                    && let Some(r) = self.models.find(&format!("{n}::{name}"), args.len())
                {
                    return Some(r);
                }
                let Ty::Ext(n, _) = &at else { break };
                let Some(deref) = self.models.type_model(n).and_then(|m| m.deref.clone()) else { break };
                at = from_model(self.models, &deref, &Ty::Unknown);
            }
            let is_type = ty.rsplit("::").next().is_some_and(|s| s.starts_with(|c: char| c.is_ascii_uppercase()));
            if is_type { self.models.find(&format!("_::{name}"), args.len()) } else { None }
        });
        if let Some(row) = row {
            out.targets.push(Target::Row(row));
            out.how = How::Modelled;
            self.apply_row(row, args, tys, turbofish, out);
        }
        if let Some((ty, "default" | "new" | "from" | "with_capacity" | "parse_str")) = full.rsplit_once("::")
            && out.ret == Ty::Unknown
        {
            out.ret = super::ty::ext(self.models, ty.into(), Vec::new(), 0);
        }
    }

    /// Of several functions (impls of `From` for one type), those that take what is given.
    fn narrow(&self, found: Vec<FuncId>, tys: &[Ty]) -> Vec<FuncId> {
        if found.len() < 2 {
            return found;
        }
        let fits: Vec<FuncId> = found
            .iter()
            .copied()
            .filter(|f| {
                let (params, _) = signature(self.p, self.models, *f);
                params.len() == tys.len()
                    && params.iter().zip(tys).all(|(p, a)| compatible(peel(self.models, p), peel(self.models, a)))
            })
            .collect();
        if fits.is_empty() { found } else { fits }
    }

    fn func_targets(
        &mut self,
        found: &[FuncId],
        args: &[Operand],
        tys: &[Ty],
        turbofish: &[Ty],
        how: How,
        out: &mut Site,
    ) {
        out.how = how;
        for f in found {
            let targets = match self.p.func_trait(*f) {
                Some(_) => self.p.dispatch(*f),
                None => vec![*f],
            };
            out.targets.extend(targets.into_iter().map(Target::Func));
            let ret = self.instantiate(*f, args, tys, turbofish);
            out.ret = merge(&out.ret, &ret);
        }
        if let Some(f) = found.first() {
            out.symbol = self.p.func_path(*f);
        }
    }

    /// The type of a call's result, generics bound by arguments and turbofish; walks closures given as arguments.
    fn instantiate(&mut self, f: FuncId, args: &[Operand], tys: &[Ty], turbofish: &[Ty]) -> Ty {
        let (params, ret) = signature(self.p, self.models, f);
        let mut s = Subst::new();
        if let Some(def) = self.p.func(f) {
            for (g, t) in def.generics.iter().filter(|g| !g.name.starts_with('\'')).zip(turbofish) {
                if *t != Ty::Unknown {
                    s.push((g.name.clone(), t.clone()));
                }
            }
        }
        // Methods of a trait say `Self` as the trait.
        for (p, a) in params.iter().zip(tys) {
            unify(p, a, &mut s);
            unify(peel(self.models, p), peel(self.models, a), &mut s);
        }
        for (i, p) in params.iter().enumerate() {
            let shape = match p {
                Ty::Param(n) => bound_of(self.p, self.models, f, n),
                t => t.clone(),
            };
            let Ty::Fn(ins, r) = shape else { continue };
            let ins: Vec<Ty> = ins.iter().map(|t| t.subst(&s).erase()).collect();
            if let Some(c) = args.get(i).and_then(|a| self.closure_of(a)) {
                let got = self.closure(c, &ins);
                unify(&r, &got, &mut s);
            } else if let Some(Ty::Fn(_, got)) = tys.get(i) {
                unify(&r, got, &mut s);
            }
        }
        ret.subst(&s).erase()
    }

    /// Applies a model's signature: binds its variables, walks closures, yields the result's type.
    fn apply_row(&mut self, row: u32, args: &[Operand], tys: &[Ty], turbofish: &[Ty], out: &mut Site) {
        let Some(r) = self.models.row(row) else { return };
        let recv = tys.first().cloned().unwrap_or_default();
        let self_pattern = r.self_ty.as_ref().map(|t| from_model(self.models, t, &Ty::Unknown));
        let mut s = Subst::new();
        let mut self_ty = self_pattern.clone().unwrap_or_default();
        if r.has_self {
            if let Some(pattern) = &self_pattern
                && r.path.starts_with(|c: char| c != '_')
            {
                // The receiver, or what it derefs to.
                let mut at = recv.clone();
                for _ in 0..6 {
                    if head(&at) == head(pattern) {
                        break;
                    }
                    match self.deref_step(&at) {
                        Some(t) => at = t,
                        None => break,
                    }
                }
                unify(pattern, &at, &mut s);
                self_ty = at;
            } else {
                self_ty = recv.clone();
            }
        }
        for (g, t) in vars_of(&self_ty_vars(r)).into_iter().zip(turbofish.iter().rev().take(1)) {
            // `query_as::<_, T>`, `from_str::<T>`: the last argument is the type of interest.
            if !r.has_self && *t != Ty::Unknown {
                s.push((g, t.clone()));
            }
        }
        for (i, (_, pt)) in r.params.iter().enumerate() {
            if i == 0 && r.has_self {
                continue;
            }
            let pattern = from_model(self.models, pt, &self_ty);
            let given = tys.get(i).cloned().unwrap_or_default();
            match &pattern {
                Ty::Fn(ins, ret) => {
                    let ins: Vec<Ty> = ins.iter().map(|t| t.subst(&s).erase()).collect();
                    let got = match args.get(i).and_then(|a| self.closure_of(a)) {
                        Some(c) => self.closure(c, &ins),
                        None => match &given {
                            Ty::Fn(_, r) => (**r).clone(),
                            _ => Ty::Unknown,
                        },
                    };
                    unify(ret, &got, &mut s);
                    // `and_then(|x| Some(y))`: wrappers are transparent, so the result may come without.
                    if let Some(inner) = payload(self.models, ret) {
                        unify(inner, peel(self.models, &got), &mut s);
                    }
                }
                _ => {
                    unify(&pattern, &given, &mut s);
                    if let Some(c) = args.get(i).and_then(|a| self.closure_of(a)) {
                        self.closure(c, &[]);
                    }
                }
            }
        }
        // Closures beyond the declared parameters.
        for a in args.iter().skip(r.params.len()) {
            if let Some(c) = self.closure_of(a) {
                self.closure(c, &[]);
            }
        }
        // What is pushed into a container tells its elements' type.
        if r.has_self
            && !s.is_empty()
            && let Some(Operand::Place(place)) = args.first()
            && place.path.is_empty()
            && let Some(pattern) = &self_pattern
            && head(&recv) == head(pattern)
        {
            let filled = merge(&recv, &pattern.subst(&s).erase());
            self.set(place.base, &filled);
        }
        let ret = from_model(self.models, &r.ret, &self_ty).subst(&s).erase();
        out.ret = merge(&ret, &out.ret);
        let single_fn = !r.has_self && turbofish.len() == 1 && out.ret == Ty::Unknown;
        if single_fn {
            out.ret = turbofish.first().cloned().unwrap_or_default();
        }
    }

    /// One step of auto-deref.
    fn deref_step(&self, ty: &Ty) -> Option<Ty> {
        match ty {
            Ty::Ext(n, args) => {
                let m = self.models.type_model(n)?;
                let d = m.deref.as_ref()?;
                let s: Subst = m.vars.iter().cloned().zip(args.iter().cloned()).collect();
                Some(from_model(self.models, d, ty).subst(&s))
            }
            Ty::Adt(..) => self.user_deref(ty),
            _ => None,
        }
    }

    fn method_call(&mut self, name: &Name, generics: &[TypeRef], args: &[Operand], tys: &[Ty], out: &mut Site) {
        let recv = tys.first().cloned().unwrap_or_default();
        out.recv = recv.clone();
        let turbofish: Vec<Ty> = generics.iter().map(|g| lower(self.p, self.models, &self.cx, g)).collect();
        let mut at = self.through_param(&recv);
        let mut head_ext: Option<Name> = None;
        for _ in 0..8 {
            match &at {
                Ty::Adt(t, _) => {
                    let found = self.narrow(self.p.methods_of(*t, name), tys);
                    if !found.is_empty() {
                        self.func_targets(&found, args, tys, &turbofish, How::Resolved, out);
                        self.bind_receiver(&at, &found, args, tys, out);
                        return;
                    }
                    if matches!(name.as_str(), "into" | "try_into")
                        && let Some(f) = self.conversion(*t, out)
                    {
                        self.func_targets(&f, args, tys, &turbofish, How::Resolved, out);
                        return;
                    }
                    // A field that is called is not a method; a derived trait's method is modelled below.
                }
                Ty::Ext(n, _) => {
                    head_ext.get_or_insert_with(|| n.clone());
                    let found = self.p.methods_of_ext(n, name);
                    if !found.is_empty() {
                        self.func_targets(&found, args, tys, &turbofish, How::Resolved, out);
                        return;
                    }
                    if let Some(row) = self.models.find(&format!("{n}::{name}"), args.len()) {
                        out.symbol = format!("{n}::{name}").into();
                        out.targets.push(Target::Row(row));
                        out.how = How::Modelled;
                        self.apply_row(row, args, tys, &turbofish, out);
                        self.expected_from_turbofish(name, &turbofish, out);
                        return;
                    }
                }
                Ty::Traits(ts) => {
                    for t in ts.iter() {
                        if let Some(m) = self.p.trait_method(*t, name) {
                            self.func_targets(&[m], args, tys, &turbofish, How::Resolved, out);
                            return;
                        }
                    }
                }
                _ => {}
            }
            match self.deref_step(&at) {
                Some(t) => at = self.through_param(&t),
                None => break,
            }
        }
        // A wrapper whose content was not seen to be taken out.
        if let Some(inner) = head_ext
            .as_ref()
            .filter(|n| matches!(n.as_str(), "Option" | "Result"))
            .and_then(|_| payload(self.models, &recv))
            .cloned()
            && inner != Ty::Unknown
            && self.models.find(&format!("_::{name}"), args.len()).is_none()
        {
            let mut inner_tys = tys.to_vec();
            if let Some(first) = inner_tys.first_mut() {
                *first = inner;
            }
            self.method_call(name, generics, args, &inner_tys, out);
            return;
        }
        let blanket = self.p.blanket_methods(name);
        if !blanket.is_empty() {
            self.func_targets(&blanket, args, tys, &turbofish, How::Resolved, out);
            return;
        }
        if let Some(row) = self.models.find(&format!("_::{name}"), args.len()) {
            out.symbol = match &head_ext {
                Some(n) => format!("{n}::{name}").into(),
                None => name.clone(),
            };
            out.targets.push(Target::Row(row));
            out.how = How::Modelled;
            self.apply_row(row, args, tys, &turbofish, out);
            self.expected_from_turbofish(name, &turbofish, out);
            return;
        }
        out.symbol = match (&head_ext, peel(self.models, &recv)) {
            (Some(n), _) => format!("{n}::{name}").into(),
            (None, Ty::Adt(t, _)) => format!("{}::{name}", self.p.type_path(*t)).into(),
            _ => name.clone(),
        };
        if recv == Ty::Unknown || matches!(recv, Ty::Param(_)) {
            let named: Vec<FuncId> = self
                .p
                .methods_named(name)
                .iter()
                .copied()
                .filter(|f| self.p.func(*f).is_some_and(|f| f.has_self && f.params.len() == args.len()))
                .collect();
            if !named.is_empty() && named.len() <= 4 {
                self.func_targets(&named, args, tys, &turbofish, How::Guessed, out);
                return;
            }
        }
        for a in args.iter().skip(1) {
            if let Some(c) = self.closure_of(a) {
                self.closure(c, &[]);
            }
        }
    }

    /// `x.into()`: the impls of `From` that take it, by what is expected where that is known.
    fn conversion(&self, t: TypeId, out: &Site) -> Option<Vec<FuncId>> {
        let all = self.p.conversions_from(t);
        let wanted = peel(self.models, &out.ret);
        let fits: Vec<FuncId> = all.iter().filter(|(ty, _)| head(ty) == head(wanted)).map(|(_, f)| *f).collect();
        if !fits.is_empty() {
            return Some(fits);
        }
        let list: Vec<FuncId> = all.into_iter().map(|(_, f)| f).collect();
        if list.is_empty() { None } else { Some(list) }
    }

    fn expected_from_turbofish(&self, name: &str, turbofish: &[Ty], out: &mut Site) {
        if matches!(name, "collect" | "parse" | "into" | "sum" | "get" | "try_get" | "json" | "deserialize" | "extract")
            && let Some(t) = turbofish.iter().find(|t| **t != Ty::Unknown)
        {
            out.ret = merge(t, &out.ret);
        }
    }

    /// Arguments of a generic type flow into its methods' results: `Wrapper<T>::get(&self) -> T`.
    fn bind_receiver(&self, recv: &Ty, found: &[FuncId], _args: &[Operand], _tys: &[Ty], out: &mut Site) {
        let Some(f) = found.first() else { return };
        let Some(self_ty) = self.p.func_impl(*f).and_then(|i| self.p.impl_self.get(i.0 as usize)) else { return };
        let mut s = Subst::new();
        unify(self_ty, recv, &mut s);
        if s.is_empty() {
            return;
        }
        let (_, ret) = signature(self.p, self.models, *f);
        out.ret = merge(&out.ret, &ret.subst(&s).erase());
    }

    /// Looks back: what a declared local says of the value it takes.
    fn back(&mut self, block: &[Stmt]) {
        for stmt in block.iter().rev() {
            match stmt {
                Stmt::Assign { dst, src, .. } => {
                    let want = self.place(dst);
                    if want == Ty::Unknown {
                        continue;
                    }
                    match src {
                        Rvalue::Use(Operand::Place(p)) | Rvalue::Positive(Operand::Place(p)) if p.path.is_empty() => {
                            let have = self.local(p.base);
                            if !have.is_known() {
                                let wanted = fit(self.models, &have, &want);
                                self.set(p.base, &wanted);
                            }
                        }
                        Rvalue::Call { site, .. } => {
                            if let Some(slot) = self.out.sites.get_mut(*site as usize)
                                && !slot.ret.is_known()
                            {
                                slot.ret = fit(self.models, &slot.ret, &want);
                            }
                        }
                        Rvalue::Aggregate { fields, kind: Aggregate::Adt(_), .. } => {
                            for (name, op, _) in fields {
                                if let (Some(name), Operand::Place(p)) = (name, op)
                                    && p.path.is_empty()
                                    && !self.local(p.base).is_known()
                                {
                                    let t = self.field(peel(self.models, &want), None, name);
                                    if t != Ty::Unknown {
                                        let wanted = fit(self.models, &self.local(p.base), &t);
                                        self.set(p.base, &wanted);
                                    }
                                }
                            }
                        }
                        _ => {}
                    }
                }
                Stmt::If { then, els, .. } => {
                    self.back(els);
                    self.back(then);
                }
                Stmt::Loop { body, .. } | Stmt::Block { body, .. } | Stmt::Scope { body, .. } => self.back(body),
                _ => {}
            }
        }
    }
}

/// The wanted type for a value whose own is partly known: its wrapper is kept and filled.
fn fit(models: &ModelSet, have: &Ty, want: &Ty) -> Ty {
    match have {
        Ty::Ext(n, args) if head(have) != head(want) && args.first() == Some(&Ty::Unknown) => {
            let inner = if payload(models, have).is_some() { want.clone() } else { return have.clone() };
            let mut list: Vec<Ty> = args.to_vec();
            if let Some(first) = list.first_mut() {
                *first = inner;
            }
            Ty::Ext(n.clone(), list.into())
        }
        _ => merge(have, want),
    }
}

/// What distinguishes types at first sight.
fn head(t: &Ty) -> Option<Ty> {
    match t {
        Ty::Adt(id, _) => Some(Ty::Adt(*id, Arc::from([]))),
        Ty::Ext(n, _) => Some(Ty::Ext(n.clone(), Arc::from([]))),
        Ty::Tuple(_) => Some(Ty::Tuple(Arc::from([]))),
        _ => None,
    }
}

fn compatible(a: &Ty, b: &Ty) -> bool {
    match (head(a), head(b)) {
        (Some(x), Some(y)) => x == y || (is_text(&x) && is_text(&y)),
        _ => true,
    }
}

fn is_text(t: &Ty) -> bool {
    matches!(t, Ty::Ext(n, _) if matches!(n.as_str(), "str" | "String"))
}

/// Whether a type's values are pairs of a key and a value.
#[must_use]
pub fn is_map(n: &str) -> bool {
    matches!(n.rsplit("::").next().unwrap_or(n), "HashMap" | "BTreeMap" | "IndexMap" | "DashMap" | "FxHashMap")
}

fn self_ty_vars(r: &crate::model::Row) -> Vec<crate::model::ModelTy> {
    let mut out = vec![r.ret.clone()];
    if let Some(t) = &r.self_ty {
        out.push(t.clone());
    }
    out
}

/// Variables in types, in order of appearance.
fn vars_of(tys: &[crate::model::ModelTy]) -> Vec<Name> {
    fn go(t: &crate::model::ModelTy, out: &mut Vec<Name>) {
        use crate::model::ModelTy as M;
        match t {
            M::Var(n) if !out.contains(n) => out.push(n.clone()),
            M::Path(_, a) | M::Tuple(a) => a.iter().for_each(|t| go(t, out)),
            M::Fn(a, r) => {
                a.iter().for_each(|t| go(t, out));
                go(r, out);
            }
            _ => {}
        }
    }
    let mut out = Vec::new();
    tys.iter().for_each(|t| go(t, &mut out));
    out
}

/// Numbers the calls of every function of a unit.
pub fn number_sites(unit: &mut crate::ir::Unit) {
    fn block(stmts: &mut [Stmt], next: &mut u32) {
        for s in stmts {
            match s {
                Stmt::Assign { src: Rvalue::Call { site, .. }, .. } => {
                    *site = *next;
                    *next += 1;
                }
                Stmt::If { then, els, .. } => {
                    block(then, next);
                    block(els, next);
                }
                Stmt::Loop { body, .. } | Stmt::Block { body, .. } | Stmt::Scope { body, .. } => block(body, next),
                _ => {}
            }
        }
    }
    let crate::ir::Content::Rust(r) = &mut unit.content else { return };
    let consts = r.consts.iter_mut().filter_map(|c| c.init.as_deref_mut());
    for f in r.funcs.iter_mut().chain(consts) {
        let mut next = 0;
        if let Some(body) = &mut f.body {
            block(body, &mut next);
        }
        for c in &mut f.closures {
            block(&mut c.body, &mut next);
        }
    }
}
