//! The walk: types of places, operands and statements.

use std::sync::Arc;

use super::implied::{EQUAL, Implied, NEG, NOT, ORDERED, implied_at};
use super::patterns::newtype_variant;
use super::unify::Kind;
use super::{Conversion, Walk, Wanted, assoc_bound, bound_of, signature};
use crate::ir::Name;
use crate::ir::body::{
    Aggregate, BinOp, ClosureId, Cond, Lit, Local, Operand, Piece, Place, Positive, RET, Rvalue, Sel, Stmt,
};
use crate::limits::CLOSURE_DEPTH;
use crate::link::names::is_primitive;
use crate::link::program::{ConstId, Def, FuncId, TypeId};
use crate::link::ty::{self, Ty, TyCx, foreign_variant, is_map, is_tuple_wrapper, lower, payload, peel, project};
use crate::source::Span;

impl Walk<'_> {
    pub(super) fn local(&self, l: Local) -> Ty {
        self.out.locals.get(l.0 as usize).cloned().unwrap_or_default()
    }

    // ---- places

    pub(super) fn place(&mut self, place: &Place) -> Ty {
        let mut ty = self.local(place.base);
        let mut variant = None;
        for (i, sel) in place.path.iter().enumerate() {
            ty = self.head(&ty);
            match sel {
                Sel::Field(_) if matches!(&ty, Ty::Ext(n, _) if is_map(n)) => ty = self.index(&ty),
                Sel::Field(name) => {
                    if i == 0 {
                        self.released(place.base, &ty, name);
                    }
                    ty = self.field(&ty, variant, name);
                    variant = None;
                }
                Sel::Index(_) => ty = self.index(&ty),
                Sel::As(path) => {
                    let pattern = self.out.paths.get(path.0 as usize);
                    if let Some(Def::Variant(_, v)) = pattern.and_then(|r| r.def.as_ref()) {
                        variant = Some(*v);
                    }
                    if let Some(newtype) = newtype_variant(self.p, self.models, pattern) {
                        ty = newtype;
                        continue;
                    }
                    ty = self.named_by(&ty, *path);
                    let pattern = self.out.paths.get(path.0 as usize);
                    ty = pattern.and_then(|r| foreign_variant(self.models, &ty, r)).unwrap_or(ty);
                }
                Sel::Some => {
                    ty = match self.wrapped(&ty, place.path.get(i + 1)) {
                        Some(inner) => inner,
                        None => self.payload_of(&ty, 0),
                    }
                }
                Sel::Err => ty = self.payload_of(&ty, 1),
                Sel::Deref => {}
            }
        }
        ty
    }

    /// What `Some`, `Ok` (0) or `Err` (1) holds. A mere pointer to it is looked through.
    pub(super) fn payload_of(&mut self, ty: &Ty, side: usize) -> Ty {
        let mut at = ty.clone();
        for _ in 0..4 {
            match &at {
                Ty::Ext(n, args) if matches!(n.as_str(), "Option" | "Result" | "Poll" | "ControlFlow") => {
                    return args.get(side).cloned().unwrap_or_else(|| self.fresh());
                }
                _ => match self.deref(&at) {
                    Some(t) => at = self.head(&t),
                    None => break,
                },
            }
        }
        // A foreign function that is said to give the value itself, as `new` mostly does, gave it wrapped.
        if side == 0 && matches!(ty, Ty::Ext(..) | Ty::Adt(..)) { ty.clone() } else { self.fresh() }
    }

    /// An element; of text and JSON a part.
    fn index(&mut self, ty: &Ty) -> Ty {
        let mut at = ty.clone();
        for _ in 0..6 {
            at = self.through_bounds(&at);
            match &at {
                Ty::Adt(..) => {
                    if let Some(t) = project(self.p, self.models, &at, "Output") {
                        return t;
                    }
                }
                Ty::Ext(n, args) if is_map(n) => return args.get(1).cloned().unwrap_or_default(),
                Ty::Ext(n, _) if n.ends_with("::Value") => return at,
                Ty::Ext(n, args) if matches!(n.as_str(), "Vec" | "slice" | "VecDeque") => {
                    return args.first().cloned().unwrap_or_default();
                }
                _ => {}
            }
            match self.deref(&at) {
                Some(t) => at = self.head(&t),
                None => break,
            }
        }
        payload(self.models, ty).cloned().unwrap_or_default()
    }

    /// A field, through pointers and `Deref` where the type itself has none of the name.
    fn field(&mut self, ty: &Ty, variant: Option<u32>, name: &str) -> Ty {
        let mut at = ty.clone();
        for _ in 0..8 {
            at = self.through_bounds(&at);
            if name == "0" && is_tuple_wrapper(self.models, &at) {
                return payload(self.models, &at).cloned().unwrap_or_default();
            }
            match &at {
                // A literal key.
                Ty::Ext(n, _) if is_map(n) || n.ends_with("::Value") => return self.index(&at),
                _ => {
                    let found = self.field_of(&at, variant, name);
                    if !matches!(found, Ty::Var(_)) || self.has_field(&at, variant, name) {
                        return found;
                    }
                }
            }
            match self.deref(&at) {
                Some(t) => at = self.head(&t),
                None => break,
            }
        }
        // A pattern on a wrapper that is not a pointer: the variant's own.
        match peel(self.models, ty) {
            inner if inner != ty && variant.is_some() => self.field_of(&inner.clone(), variant, name),
            _ => Ty::Unknown,
        }
    }

    /// What a method of a foreign wrapper gave of which nothing is known is what the wrapper holds, if that has the
    /// field that is asked for.
    fn released(&mut self, l: Local, ty: &Ty, field: &str) {
        let Some(by) = self.made_by.get(&l).and_then(|site| self.out.sites.get(*site as usize)) else { return };
        if !matches!(ty, Ty::Var(_)) || !by.targets.is_empty() || !by.method {
            return;
        }
        let wrapper = self.known(&by.recv);
        let held = peel(self.models, &wrapper);
        if ty::is_foreign(self.models, &wrapper) && self.has_field(held, None, field) {
            self.unify(ty, held);
        }
    }

    fn has_field(&self, ty: &Ty, variant: Option<u32>, name: &str) -> bool {
        match ty {
            Ty::Tuple(ts) => name.parse::<usize>().is_ok_and(|i| i < ts.len()),
            Ty::Adt(t, _) => ty::fields_of(self.p, *t, variant).is_some_and(|fs| fs.iter().any(|f| f.name == name)),
            _ => false,
        }
    }

    /// One step of auto-deref.
    pub(super) fn deref(&self, ty: &Ty) -> Option<Ty> {
        match ty {
            Ty::Ext(n, args) => {
                let m = self.models.type_model(n)?;
                let d = m.deref.as_ref()?;
                let s: ty::Subst = m.vars.iter().cloned().zip(args.iter().cloned()).collect();
                Some(ty::from_model(self.models, d, ty).subst(&s))
            }
            Ty::Adt(..) => self.user_deref(ty),
            _ => None,
        }
    }

    /// What a type of the workspace derefs to.
    pub(super) fn user_deref(&self, ty: &Ty) -> Option<Ty> {
        let Ty::Adt(t, args) = ty else { return None };
        if let Some(i) = self.p.impls_for(*t, "Deref").first() {
            return self.p.impl_assoc(self.models, *i, "Target", args);
        }
        // `#[derive(Deref)]` of a struct of one field.
        let def = self.p.type_def(*t)?;
        match ty::fields_of(self.p, *t, None)? {
            [only] if def.derives.iter().any(|d| d == "Deref") => {
                Some(ty::field_ty(self.p, self.models, ty, None, &only.name))
            }
            _ => None,
        }
    }

    /// A generic parameter, or an associated type of one, as its bounds.
    pub(super) fn through_bounds(&mut self, ty: &Ty) -> Ty {
        let ty = self.head(ty);
        match &ty {
            Ty::Param(n) if !self.bounds.contains_key(n) => {
                let bound = bound_of(self.p, self.models, self.id, n);
                self.bounds.insert(n.clone(), bound);
            }
            Ty::Param(_) | Ty::Assoc(_) => {}
            _ => return ty,
        }
        match self.bound(&ty) {
            Ty::Unknown => ty,
            bound => bound,
        }
    }

    /// As [`Walk::through_bounds`]; unknown where there are none.
    pub(super) fn bound(&self, ty: &Ty) -> Ty {
        match ty {
            Ty::Param(n) => match self.bounds.get(n) {
                Some(b) => b.clone(),
                None => bound_of(self.p, self.models, self.id, n),
            },
            Ty::Assoc(of) => {
                let base = match self.head(&of.0) {
                    Ty::Param(n) => self.bound(&Ty::Param(n)),
                    t => t,
                };
                match &base {
                    Ty::Traits(ts) => ts
                        .iter()
                        .map(|t| assoc_bound(self.p, self.models, *t, &of.1))
                        .find(|t| *t != Ty::Unknown)
                        .unwrap_or_default(),
                    _ => Ty::Unknown,
                }
            }
            t => t.clone(),
        }
    }

    // ---- operands

    pub(super) fn operand(&mut self, op: &Operand) -> Ty {
        match op {
            Operand::Place(p) => self.place(p),
            Operand::Lit(Lit::Str(_)) => Ty::ext("str"),
            Operand::Lit(Lit::Bool(_)) => Ty::ext("bool"),
            Operand::Lit(Lit::Num(n)) => self.number(n),
            Operand::Lit(Lit::Unit) => Ty::Tuple([].into()),
            Operand::Path(id) => self.path_value(id.0),
        }
    }

    /// A number by its suffix, else one of no certain type.
    fn number(&mut self, text: &str) -> Ty {
        let hex = text.starts_with("0x");
        let suffix = text.rfind(|c| c == 'u' || c == 'i' || (c == 'f' && !hex)).and_then(|at| text.get(at..));
        match suffix {
            Some(s) if is_primitive(s) => Ty::ext(s),
            _ if !hex && text.contains(['.', 'e', 'E']) => self.vars.fresh(Kind::Float),
            _ => self.vars.fresh(Kind::Int),
        }
    }

    /// The type of a path used as a value.
    fn path_value(&mut self, id: u32) -> Ty {
        let Some(res) = self.out.paths.get(id as usize).cloned() else { return Ty::Unknown };
        match (&res.def, res.rest.first()) {
            (Some(Def::Const(c)), _) => self.const_ty(*c),
            (Some(Def::Func(f)), _) => self.func_value(*f, None, id),
            (Some(Def::Variant(t, v)), _) => self.ctor_value(*t, Some(*v)),
            (Some(Def::Type(t)), None) => self.ctor_value(*t, None),
            (Some(Def::Type(t)), Some(name)) => {
                if let Some(c) = self.p.assoc_const(*t, name) {
                    return self.const_ty(c);
                }
                let own = self.path_self(id);
                if let Some(f) = self.p.methods_of(*t, name).first() {
                    return self.func_value(*f, own.as_ref(), id);
                }
                match self.row_of_type(*t, name, &[Ty::Unknown]) {
                    Some(row) => self.row_of_path(id, row, own),
                    None => Ty::Unknown,
                }
            }
            (Some(Def::Trait(t)), Some(name)) => match self.p.trait_method(*t, name) {
                Some(f) => self.func_value(f, None, id),
                None => Ty::Unknown,
            },
            (Some(Def::Ext(n)), rest) => {
                let full = rest.map_or_else(|| n.to_string(), |r| format!("{n}::{r}"));
                self.ext_value(&full, id)
            }
            _ => match self.f.paths.get(id as usize).and_then(|path| self.row_of_unread(path, 1)) {
                Some(row) => {
                    let own = self.path_self(id);
                    self.row_of_path(id, row, own)
                }
                None => Ty::Unknown,
            },
        }
    }

    fn const_ty(&self, c: ConstId) -> Ty {
        let (Some(def), Some((u, _))) = (self.p.const_def(c), self.p.consts.get(c.0 as usize)) else {
            return Ty::Unknown;
        };
        let self_ty = match def.owner {
            crate::ir::items::Owner::Impl(i) => self.p.impl_self.get(self.p.impl_id(*u, i).0 as usize).cloned(),
            _ => None,
        };
        let cx = TyCx { module: Some(self.p.module_at(*u, def.module)), self_ty, ..TyCx::default() };
        lower(self.p, self.models, &cx, &def.ty)
    }

    /// The type of a function as a value, named by a path.
    fn func_value(&mut self, f: FuncId, own: Option<&Ty>, path: u32) -> Ty {
        let (params, ret) = signature(self.p, self.models, f);
        let mut of = self.written_generics(f, path);
        of.extend(own.map(|t| (Name::from("Self"), t.clone())));
        let params = params.iter().map(|t| self.vars.instance(t, &mut of)).collect();
        let ty = Ty::Fn(params, Arc::new(self.vars.instance(ret, &mut of)));
        if own.is_none() {
            self.values.push((path, f, of));
        }
        ty
    }

    /// A unit struct or variant, or the constructor of a tuple.
    fn ctor_value(&mut self, t: TypeId, variant: Option<u32>) -> Ty {
        let own = self.own_shape(t);
        let tuple = ty::fields_of(self.p, t, variant)
            .is_some_and(|fs| fs.first().is_some_and(|f| f.name == "0"))
            .then(|| ty::fields_of(self.p, t, variant).map_or(0, <[_]>::len));
        match tuple {
            None => own,
            Some(n) => {
                let params = (0..n).map(|i| self.field_of(&own, variant, &i.to_string())).collect();
                Ty::Fn(params, Arc::new(own))
            }
        }
    }

    /// A type of the workspace with variables for its arguments.
    pub(super) fn own_shape(&mut self, t: TypeId) -> Ty {
        let n = self.p.type_def(t).map_or(0, |d| d.generics.len());
        Ty::Adt(t, (0..n).map(|_| self.fresh()).collect())
    }

    /// A conversion into a type that is not of the workspace, as a value: by which impl, what it is called with says.
    fn conversion_value(&mut self, path: u32) -> Ty {
        let (from, made) = (self.fresh(), self.fresh());
        self.wanted(&from, Wanted::Given(path, made.clone()));
        Ty::Fn([from].into(), Arc::new(made))
    }

    /// A row as a value, as a path names it. What the function of a trait makes for a type is of that:
    /// `<User as Deserialize>::deserialize`.
    fn row_of_path(&mut self, path: u32, row: u32, own: Option<Ty>) -> Ty {
        let Some(named) = self.f.paths.get(path as usize) else { return Ty::Unknown };
        let generics = self.written(&named.args);
        let of_trait = named.qself.is_some() && named.segments.len() > 1;
        let own = own.unwrap_or_default();
        let ty = self.row_as_value(path, row, &own, &generics);
        if let Ty::Fn(_, ret) = &ty
            && (of_trait || matches!(own, Ty::Adt(..)))
            && own != Ty::Unknown
            && let made @ Ty::Var(var) = self.innermost(ret)
            && !self.vars.occurs(var, &own, 0)
        {
            self.unify(&made, &own);
        }
        ty
    }

    /// A path outside the workspace as a value: a function that a model knows.
    fn ext_value(&mut self, full: &str, path: u32) -> Ty {
        match full {
            "Some" | "Ok" => {
                let t = self.fresh();
                let args = if full == "Some" { vec![t.clone()] } else { vec![t.clone(), self.fresh()] };
                let name = if full == "Some" { "Option" } else { "Result" };
                return Ty::Fn([t].into(), Arc::new(Ty::Ext(name.into(), args.into())));
            }
            "Into::into" | "From::from" | "TryInto::try_into" | "TryFrom::try_from" => {
                let (from, to) = (self.fresh(), self.fresh());
                self.wanted(&to, Wanted::Conversion(Conversion::By(path), from.clone()));
                let ret = if full.contains("try_") {
                    let error = self.fresh();
                    Ty::Ext("Result".into(), [to, error].into())
                } else {
                    to
                };
                return Ty::Fn([from].into(), Arc::new(ret));
            }
            _ => {}
        }
        if let Some((of, name @ ("from" | "try_from"))) = full.rsplit_once("::")
            && (self.models.find(full, 1).is_none() || !self.p.methods_of_ext(of, name).is_empty())
        {
            return self.conversion_value(path);
        }
        let name = full.rsplit("::").next().unwrap_or(full);
        let constant = !name.contains(|c: char| c.is_ascii_lowercase());
        let row = self.ext_row(full, 1);
        match row.and_then(|r| self.p.row_signature(self.models, r)) {
            Some(sig) if row.and_then(|r| self.models.row(r)).is_some_and(|r| r.constant) => self.vars.filled(&sig.ret),
            Some(_) => {
                // `Into::into` is of the type that it gets.
                let of_type = |t: &Ty| matches!(t, Ty::Ext(n, _) if self.models.type_model(n).is_some());
                let named = self.f.paths.get(path as usize).is_some_and(|p| p.qself.is_some());
                let own = self.path_self(path).filter(|own| named || of_type(own));
                row.map_or(Ty::Unknown, |row| self.row_of_path(path, row, own))
            }
            None => {
                let is_type = |s: &str| s.starts_with(|c: char| c.is_ascii_uppercase());
                let of = full.rsplit_once("::").map(|(ty, _)| ty);
                let found = match of {
                    // A constant or unit variant of a foreign type: `Ordering::Less`, `Method::GET`.
                    Some(ty) if is_type(name) && ty.rsplit("::").next().is_some_and(is_type) => ty,
                    // A unit struct.
                    _ if is_type(name) && !constant => full,
                    _ => return Ty::Unknown,
                };
                let ty = ty::ext(self.models, found.into(), Vec::new(), 0);
                self.vars.filled(&ty)
            }
        }
    }

    // ---- statements

    pub(super) fn block(&mut self, block: &[Stmt]) {
        for stmt in block {
            match stmt {
                Stmt::Assign { dst, src, span } => self.assign(dst, src, *span),
                Stmt::If { cond, then, els, span } => {
                    self.tested(cond);
                    // What is no truth was negated: the condition is `!a`.
                    if let Cond::True(Operand::Place(p)) = cond {
                        let of = self.place(p);
                        if of != Ty::ext("bool") {
                            let at = implied_at(*span, &Operand::Place(p.clone()));
                            self.implied.push((at, Implied::Asked(of, None, NOT)));
                        }
                    }
                    self.block(then);
                    self.block(els);
                }
                Stmt::Loop { body, .. } | Stmt::Block { body, .. } | Stmt::Scope { body, .. } => self.block(body),
                Stmt::Break(_) | Stmt::Continue(_) | Stmt::Return | Stmt::Unreachable => {}
            }
        }
    }

    fn assign(&mut self, dst: &Place, src: &Rvalue, span: Span) {
        let around = std::mem::replace(&mut self.at, span);
        let ty = self.rvalue(src);
        self.at = around;
        if !self.is_set(dst, &ty) {
            let want = self.place(dst);
            self.unify(&want, &ty);
        }
        match src {
            Rvalue::Binary(BinOp::Arith(op), a, b) => {
                let at = implied_at(span, a);
                let (a, b) = (self.operand(a), self.operand(b));
                self.implied.push((at, Implied::Operator(*op, a, b)));
            }
            Rvalue::Binary(BinOp::Compare(equal), a, b) => {
                let at = implied_at(span, a);
                let (a, b) = (self.operand(a), self.operand(b));
                self.implied.push((at, Implied::Asked(a, Some(b), if *equal { EQUAL } else { ORDERED })));
            }
            Rvalue::Not(op) => {
                let of = self.operand(op);
                self.implied.push((implied_at(span, op), Implied::Asked(of, None, NOT)));
            }
            Rvalue::Neg(op) => {
                let of = self.operand(op);
                self.implied.push((implied_at(span, op), Implied::Asked(of, None, NEG)));
            }
            Rvalue::Elem(op) => {
                let over = self.operand(op);
                self.implied.push((implied_at(span, op), Implied::Loop(over)));
            }
            Rvalue::Err(Operand::Place(p)) if p.path.last() == Some(&Sel::Err) => {
                let from = self.place(p);
                let by = self.made_by.get(&p.base).and_then(|site| self.out.sites.get(*site as usize));
                let by = by.map(|site| site.symbol.clone()).unwrap_or_default();
                let to = self.place(dst);
                self.implied.push(((span, Some(p.base)), Implied::Error(from, to, by)));
            }
            _ => {}
        }
        if dst.path.is_empty() {
            let site = match src {
                Rvalue::Call { site, .. } => Some(*site),
                Rvalue::Use(Operand::Place(p)) | Rvalue::Await(Operand::Place(p)) if p.is_whole() => {
                    self.made_by.get(&p.base).copied()
                }
                _ => None,
            };
            if let Some(site) = site {
                self.made_by.insert(dst.base, site);
            } else if let Rvalue::Use(Operand::Place(p)) | Rvalue::Await(Operand::Place(p)) = src
                && let Some(site) = self.made_by.get(&p.base).or_else(|| self.taken_from.get(&p.base)).copied()
            {
                self.taken_from.insert(dst.base, site);
            }
            let held = match src {
                Rvalue::Closure(c) => Some(*c),
                Rvalue::Use(op) => self.closure_of(op),
                _ => None,
            };
            if let Some(c) = held {
                self.closures.insert(dst.base, c);
            }
        }
        self.settle(false);
    }

    fn rvalue(&mut self, src: &Rvalue) -> Ty {
        match src {
            Rvalue::Use(op) | Rvalue::Neg(op) | Rvalue::Await(op) => self.operand(op),
            Rvalue::RefMut(p) => self.place(p),
            Rvalue::Not(op) => match self.operand(op) {
                Ty::Unknown => Ty::ext("bool"),
                t => t,
            },
            Rvalue::Test(cond) => {
                self.tested(cond);
                Ty::ext("bool")
            }
            Rvalue::Binary(BinOp::Compare(_), a, b) => {
                let (a, b) = (self.operand(a), self.operand(b));
                self.unify(&a, &b);
                Ty::ext("bool")
            }
            Rvalue::Binary(BinOp::Arith(_), a, b) => self.arithmetic(a, b),
            Rvalue::Cast(_, t) => {
                let t = lower(self.p, self.models, &self.cx, t);
                self.vars.filled(&t)
            }
            Rvalue::Aggregate { kind, fields, base } => self.aggregate(kind, fields, base.as_ref()),
            // `?`: the error of another type becomes that of the function.
            Rvalue::Err(Operand::Place(p)) if p.path.last() == Some(&Sel::Err) => self.failed(p),
            Rvalue::Err(op) => {
                let (t, e) = (self.fresh(), self.operand(op));
                Ty::Ext("Result".into(), [t, e].into())
            }
            Rvalue::Positive(Positive::Some, op) => Ty::Ext("Option".into(), [self.operand(op)].into()),
            Rvalue::Positive(Positive::Ok, op) => {
                let (t, e) = (self.operand(op), self.fresh());
                Ty::Ext("Result".into(), [t, e].into())
            }
            Rvalue::Negative => Ty::Ext("Option".into(), [self.fresh()].into()),
            Rvalue::Elem(op) => {
                let t = self.operand(op);
                self.item(&t).unwrap_or_default()
            }
            Rvalue::Closure(c) => self.closure_value(*c),
            Rvalue::Call { callee, args, site, .. } => self.call(callee, args, *site),
            Rvalue::Format(pieces) => {
                for piece in pieces {
                    if let Piece::Arg(op, ..) = piece {
                        self.operand(op);
                    }
                }
                Ty::ext("String")
            }
            Rvalue::Opaque(_) => Ty::Unknown,
        }
    }

    /// What `?` returns early.
    fn failed(&mut self, error: &Place) -> Ty {
        let whole = Place { base: error.base, path: error.path.split_last().map_or(&[][..], |(_, p)| p).to_vec() };
        let ty = self.place(&whole);
        match self.head(&ty) {
            Ty::Ext(n, args) if matches!(n.as_str(), "Option" | "Result") => {
                Ty::Ext(n, (0..args.len()).map(|_| self.fresh()).collect())
            }
            _ => Ty::Unknown,
        }
    }

    /// The result of an operator: that of the left side's own, else its type.
    fn arithmetic(&mut self, a: &Operand, b: &Operand) -> Ty {
        let (left, right) = (self.operand(a), self.operand(b));
        let (left, right) = (self.head(&left), self.head(&right));
        match (&left, &right) {
            (Ty::Adt(..), _) => project(self.p, self.models, &left, "Output").unwrap_or(left),
            // Points in time are only ever subtracted.
            (Ty::Ext(n, _), Ty::Ext(m, _)) if n == m && ty::is_moment(n) => Ty::Unknown,
            (Ty::Ext(n, _), _) if !is_primitive(n) => left,
            (Ty::Var(_) | Ty::Ext(..), Ty::Var(_) | Ty::Ext(..)) => {
                self.unify(&left, &right);
                let number = self.vars.kind(&left) != Kind::Any;
                // `2 * duration`
                if number && matches!(right, Ty::Ext(..)) { right } else { left }
            }
            (Ty::Unknown, _) => right,
            _ => left,
        }
    }

    fn aggregate(&mut self, kind: &Aggregate, fields: &[(Option<Name>, Operand, Span)], base: Option<&Operand>) -> Ty {
        match kind {
            Aggregate::Tuple => Ty::Tuple(fields.iter().map(|(_, op, _)| self.operand(op)).collect()),
            Aggregate::List | Aggregate::Range => {
                let item = self.fresh();
                for (_, op, _) in fields {
                    let t = self.operand(op);
                    self.unify(&item, &t);
                }
                let name = if *kind == Aggregate::List { "Vec" } else { "Iter" };
                Ty::Ext(name.into(), [item].into())
            }
            Aggregate::Map => Ty::ext("serde_json::Value"),
            Aggregate::Adt(path) => {
                let (t, variant) = match self.out.paths.get(path.0 as usize).and_then(|r| r.def.clone()) {
                    Some(Def::Type(t)) => (t, None),
                    Some(Def::Variant(t, v)) => (t, Some(v)),
                    Some(Def::Ext(n)) => {
                        let t = ty::ext(self.models, n, Vec::new(), 0);
                        return self.vars.filled(&t);
                    }
                    _ => return Ty::Unknown,
                };
                let own = self.own_shape(t);
                for (name, op, _) in fields {
                    let ty = self.operand(op);
                    if let Some(name) = name {
                        let want = self.field_of(&own, variant, name);
                        self.given(op, &want, &ty);
                    }
                }
                if let Some(op) = base {
                    let ty = self.operand(op);
                    self.unify(&own, &ty);
                }
                own
            }
        }
    }

    /// The value of a call of a constructor.
    pub(super) fn construct(&mut self, t: TypeId, variant: Option<u32>, args: &[Operand], tys: &[Ty]) -> Ty {
        let own = self.own_shape(t);
        for (i, (op, ty)) in args.iter().zip(tys).enumerate() {
            let want = self.field_of(&own, variant, &i.to_string());
            self.given(op, &want, ty);
        }
        own
    }

    // ---- closures

    /// A closure as a value: what its parameters and result are is found where it is given away. A future is what
    /// comes out of it.
    fn closure_value(&mut self, c: ClosureId) -> Ty {
        let Some(def) = self.f.closures.get(c.0 as usize) else { return Ty::Unknown };
        if def.is_async {
            return self.closure(c);
        }
        let params = def.params.iter().map(|l| self.local(*l)).collect();
        Ty::Fn(params, Arc::new(self.local(def.ret)))
    }

    /// Walks a closure, unless this walk did; the type of its result.
    pub(super) fn closure(&mut self, c: ClosureId) -> Ty {
        let Some(def) = self.f.closures.get(c.0 as usize) else { return Ty::Unknown };
        let walked = self.walked.get_mut(c.0 as usize).is_none_or(|w| std::mem::replace(w, true));
        if !walked && self.depth < CLOSURE_DEPTH {
            self.depth += 1;
            self.block(&def.body);
            self.depth -= 1;
        }
        self.local(def.ret)
    }

    pub(super) fn closure_of(&self, op: &Operand) -> Option<ClosureId> {
        match op {
            Operand::Place(p) if p.path.is_empty() && p.base != RET => self.closures.get(&p.base).copied(),
            _ => None,
        }
    }

    /// An argument goes where a type is asked for; a closure is walked now that its parameters are known.
    pub(super) fn given(&mut self, op: &Operand, want: &Ty, ty: &Ty) {
        let closure = self.closure_of(op);
        // Of what is only to be iterable the closure itself says what it is.
        if let (Some(c), Ty::Fn(ins, ret)) = (closure, want)
            && matches!(self.head(ret), Ty::Ext(n, _) if n == "Iter")
        {
            let any = Arc::new(self.fresh());
            self.unify(&Ty::Fn(ins.clone(), any), ty);
            self.closure(c);
        }
        self.unify(want, ty);
        if let Some(c) = closure {
            self.closure(c);
        }
    }
}
