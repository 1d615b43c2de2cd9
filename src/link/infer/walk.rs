//! The forward walk: types of places, operands and statements.

use std::sync::Arc;

use super::{Walk, bound_of, is_map, signature};
use crate::ir::Name;
use crate::ir::body::{Aggregate, BinOp, ClosureId, Cond, Lit, Local, Operand, Place, Rvalue, Sel, Stmt, Test};
use crate::link::program::{Def, Res, TypeId};
use crate::link::ty::{self, Subst, Ty, TyCx, field_ty, is_tuple_wrapper, lower, merge, payload, peel, unify};

impl Walk<'_> {
    pub(super) fn local(&self, l: Local) -> Ty {
        self.out.locals.get(l.0 as usize).cloned().unwrap_or_default()
    }

    pub(super) fn set(&mut self, l: Local, ty: &Ty) {
        if let Some(slot) = self.out.locals.get_mut(l.0 as usize) {
            *slot = merge(slot, ty);
        }
    }

    pub(super) fn place(&self, place: &Place) -> Ty {
        let mut ty = self.local(place.base);
        let mut variant = None;
        for sel in &place.path {
            match sel {
                Sel::Field(name) => {
                    let wrapper_zero = name == "0" && is_tuple_wrapper(self.models, &ty);
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
    pub(super) fn field(&self, ty: &Ty, variant: Option<u32>, name: &str) -> Ty {
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

    pub(super) fn user_deref(&self, ty: &Ty) -> Option<Ty> {
        let Ty::Adt(t, _) = ty else { return None };
        let i = self.p.impls_for(*t, "Deref").first()?;
        let def = self.p.impl_def(*i)?;
        let (_, target) = def.assoc.iter().find(|(n, _)| n == "Target")?;
        let (u, _) = *self.p.impls.get(i.0 as usize)?;
        let cx = TyCx { module: Some(self.p.module_at(u, def.module)), ..TyCx::default() };
        Some(peel(self.models, &lower(self.p, self.models, &cx, target)).clone())
    }

    /// A generic parameter as its bounds.
    pub(super) fn through_param(&self, ty: &Ty) -> Ty {
        match ty {
            Ty::Param(n) => bound_of(self.p, self.models, self.id, n),
            t => t.clone(),
        }
    }

    pub(super) fn operand(&self, op: &Operand) -> Ty {
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
    pub(super) fn content(&self, place: &Place) -> Ty {
        let ty = self.place(place);
        match &ty {
            Ty::Ext(n, args) if matches!(n.as_str(), "Option" | "Result") && self.positive.contains(place) => {
                args.first().cloned().unwrap_or_default()
            }
            _ => ty,
        }
    }

    pub(super) fn block(&mut self, block: &[Stmt]) {
        for stmt in block {
            self.stmt(stmt);
        }
    }

    pub(super) fn stmt(&mut self, stmt: &Stmt) {
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

    pub(super) fn cond(&mut self, cond: &Cond) {
        match cond {
            Cond::True(_)
            | Cond::Unknown
            | Cond::Is(_, Test::Positive | Test::Negative | Test::Path(_) | Test::Literal) => {}
        }
    }

    pub(super) fn rvalue(&mut self, src: &Rvalue) -> Ty {
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
    pub(super) fn element(&self, ty: &Ty) -> Ty {
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

    pub(super) fn aggregate(
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
                    Some(Def::Ext(n)) => ty::ext(self.models, n, Vec::new(), 0),
                    _ => Ty::Unknown,
                }
            }
        }
    }

    /// A type built from fields: its arguments follow from theirs.
    pub(super) fn adt(&self, t: TypeId, variant: Option<u32>, fields: &[(Name, Ty)]) -> Ty {
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
    pub(super) fn closure(&mut self, c: ClosureId, args: &[Ty]) -> Ty {
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

    pub(super) fn closure_of(&self, op: &Operand) -> Option<ClosureId> {
        match op {
            Operand::Place(p) if p.path.is_empty() => self.closures.get(&p.base).copied(),
            _ => None,
        }
    }
}
