//! The walk: types of places, operands and statements.

use std::sync::Arc;

use super::implied::{EQUAL, Implied, NEG, NOT, ORDERED, implied_at};
use super::patterns::newtype_variant;
use super::unify::Kind;
use super::{Walk, assoc_bound, bound_of};
use crate::ir::Name;
use crate::ir::body::{
    Aggregate, BinOp, ClosureId, Cond, Lit, Local, Operand, Piece, Place, Positive, RET, Rvalue, Sel, Stmt,
};
use crate::limits::CLOSURE_DEPTH;
use crate::link::derefs;
use crate::link::names::is_primitive;
use crate::link::program::{Def, TypeId};
use crate::link::ty::{self, Ty, foreign_variant, is_map, is_tuple_wrapper, lower, payload, peel, project};
use crate::model::ModelSet;
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
                Sel::Deref | Sel::Slice(_) => {}
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
                // What another crate calls a result of one type is one with an error of its own.
                Ty::Ext(n, args) if args.len() == 1 && is_result_alias(self.models, n) => {
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
        derefs::deref(self.p, self.models, ty)
    }

    /// What a type of the workspace derefs to.
    pub(super) fn user_deref(&self, ty: &Ty) -> Option<Ty> {
        derefs::own_deref(self.p, self.models, ty)
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

    /// A type of the workspace with variables for its arguments.
    pub(super) fn own_shape(&mut self, t: TypeId) -> Ty {
        let n = self.p.type_def(t).map_or(0, |d| d.generics.len());
        Ty::Adt(t, (0..n).map(|_| self.fresh()).collect())
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
        self.note_theirs(dst, src);
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
            Rvalue::Use(op) | Rvalue::Neg(op) => self.operand(op),
            Rvalue::Await(op) => {
                let ty = self.operand(op);
                self.waited(op, ty)
            }
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

/// Whether a type of another crate of which nothing is known is called a result (`CliResult<T>`).
fn is_result_alias(models: &ModelSet, name: &str) -> bool {
    name.contains("::") && name.ends_with("Result") && models.type_model(name).is_none()
}
