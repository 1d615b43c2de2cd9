//! Expressions: [`Body::run`] puts a value somewhere, [`Body::operand`] names it without a copy where it can.

use syn::{BinOp, Expr, ExprForLoop, RangeLimits, UnOp};

use super::body::{Body, Dst, Frame, Var};
use super::cond::bare;
use super::literal::written;
use super::pat::{Polar, polar};
use super::{keys, macros, types};
use crate::ir::GapKind;
use crate::ir::body::{
    Aggregate, Arith, ArithTrait, BinOp as Op, Cond, Index, Lit, Operand, Place, Rvalue, Sel, Stmt, Test,
};
use crate::ir::items::TypeRef;
use crate::source::Span;

impl Body<'_, '_> {
    /// Lowers an expression; its value goes to `dst`.
    pub(super) fn run(&mut self, dst: Dst<'_>, e: &Expr) {
        match e {
            Expr::Paren(e) => self.run(dst, &e.expr),
            Expr::Group(e) => self.run(dst, &e.expr),
            Expr::Block(e) => match &e.label {
                None => self.block(dst, &e.block),
                Some(label) => {
                    let name = Some(self.cx.var(&label.name.ident));
                    self.labelled(name, dst, false, |b, label| {
                        let (body, ()) = b.buffer(|b| b.block(dst, &e.block));
                        Stmt::Block { label, body }
                    });
                }
            },
            Expr::Unsafe(e) => self.block(dst, &e.block),
            Expr::Const(e) => self.block(dst, &e.block),
            Expr::If(e) => self.if_(dst, e),
            Expr::Match(e) => self.match_(dst, e),
            Expr::While(e) => self.while_(e),
            Expr::Loop(e) => {
                let name = e.label.as_ref().map(|l| self.cx.var(&l.name.ident));
                self.labelled(name, dst, true, |b, label| {
                    let (body, ()) = b.buffer(|b| b.block(None, &e.body));
                    Stmt::Loop { label, body }
                });
            }
            Expr::ForLoop(e) => self.for_(e),
            Expr::Let(_) => self.truth_of(dst, e),
            Expr::Assign(e) => self.assignment(&e.left, &e.right),
            Expr::Binary(b) => self.binary(dst, b),
            Expr::Unary(u) => match u.op {
                UnOp::Not(t) => {
                    let operand = self.operand(&u.expr);
                    let span = self.cx.span(t.span);
                    self.assign(dst, Rvalue::Not(operand), span);
                }
                UnOp::Neg(t) => {
                    if let Expr::Lit(l) = bare(&u.expr)
                        && matches!(l.lit, syn::Lit::Int(_) | syn::Lit::Float(_))
                    {
                        let span = self.cx.span(t.span).to(self.cx.span(l.lit.span()));
                        let number = self.cx.source(l.lit.span(), || written(&l.lit));
                        let number = Lit::Num(format!("-{number}"));
                        return self.assign(dst, Rvalue::Use(Operand::Lit(number)), span);
                    }
                    let operand = self.operand(&u.expr);
                    let span = self.cx.span(t.span);
                    self.assign(dst, Rvalue::Neg(operand), span);
                }
                _ => self.plain(dst, e),
            },
            Expr::Cast(c) => {
                let operand = self.operand(&c.expr);
                let span = keys::expr(self.cx, &c.expr);
                self.assign(dst, Rvalue::Cast(operand, types::ty(self.cx, &c.ty)), span);
            }
            Expr::Reference(r) if r.mutability.is_some() => self.borrow(dst, &r.expr),
            Expr::RawAddr(r) if matches!(r.mutability, syn::PointerMutability::Mut(_)) => self.borrow(dst, &r.expr),
            Expr::RawAddr(r) => self.run(dst, &r.expr),
            Expr::Reference(r) => self.run(dst, &r.expr),
            Expr::Call(c) => self.call(dst, c),
            Expr::MethodCall(m) => {
                let recv = self.operand(&m.receiver);
                let span = self.cx.word(&m.method);
                self.method(dst, m, recv, span);
            }
            Expr::Macro(m) => macros::call(self, dst, &m.mac, false),
            Expr::Struct(s) => self.struct_literal(dst, s),
            Expr::Tuple(t) if t.elems.is_empty() => {
                if dst.is_some() {
                    let span = self.cx.span(t.paren_token.span.join());
                    self.assign(dst, Rvalue::Use(Operand::Lit(Lit::Unit)), span);
                }
            }
            Expr::Tuple(t) => {
                let span = self.cx.span(t.paren_token.span.join());
                let fields = self
                    .parts(t.elems.iter())
                    .into_iter()
                    .enumerate()
                    .map(|(i, (operand, span))| (Some(types::position(i)), operand, span))
                    .collect();
                self.assign(dst, Rvalue::Aggregate { kind: Aggregate::Tuple, fields, base: None }, span);
            }
            Expr::Array(a) => {
                let span = self.cx.span(a.bracket_token.span.join());
                let fields = self.parts(a.elems.iter()).into_iter().map(|(o, s)| (None, o, s)).collect();
                self.assign(dst, Rvalue::Aggregate { kind: Aggregate::List, fields, base: None }, span);
            }
            Expr::Repeat(r) => {
                let span = self.cx.span(r.bracket_token.span.join());
                let operand = self.operand(&r.expr);
                let at = keys::expr(self.cx, &r.expr);
                let fields = vec![(None, operand, at)];
                self.assign(dst, Rvalue::Aggregate { kind: Aggregate::List, fields, base: None }, span);
            }
            Expr::Range(r) => {
                let span = self.cx.span(match &r.limits {
                    RangeLimits::HalfOpen(t) => t.spans[0],
                    RangeLimits::Closed(t) => t.spans[0],
                });
                let ends = [("start", &r.start), ("end", &r.end)];
                let given: Vec<(&str, &Expr)> = ends.iter().filter_map(|(n, e)| Some((*n, e.as_deref()?))).collect();
                let values = self.list(given.iter().map(|(_, e)| *e));
                let fields = given.iter().zip(values).map(|((n, _), (o, s))| (Some((*n).into()), o, s)).collect();
                self.assign(dst, Rvalue::Aggregate { kind: Aggregate::Range, fields, base: None }, span);
            }
            Expr::Closure(c) => {
                let id = self.closure_expr(c);
                let span = self.cx.span(c.inputs_begin.span).to(self.cx.span(c.inputs_end.span));
                self.assign(dst, Rvalue::Closure(id), span);
            }
            Expr::Async(a) => {
                let id = self.async_block(a);
                let span = self.cx.span(a.async_token.span);
                self.assign(dst, Rvalue::Closure(id), span);
            }
            Expr::TryBlock(t) => {
                self.trying(dst, |b| b.block(dst, &t.block));
            }
            Expr::Return(r) => {
                if let Some(value) = &r.expr {
                    let ret = Place::from(self.ret);
                    self.run(Some(&ret), value);
                }
                self.leave();
            }
            Expr::Break(b) => self.break_(b),
            Expr::Continue(c) => {
                let name = c.label.as_ref().map(|l| self.cx.var(&l.ident));
                let frame = self.frames.iter().rev().find(|f| match &name {
                    Some(name) => f.name.as_ref() == Some(name),
                    None => f.is_loop,
                });
                if let Some(label) = frame.map(|f| f.label) {
                    self.out.push(Stmt::Continue(label));
                }
            }
            Expr::Yield(y) => {
                let operands: Vec<Operand> = y.expr.iter().map(|e| self.operand(e)).collect();
                let span = self.cx.span(y.yield_token.span);
                match (self.items, operands.as_slice()) {
                    (Some(items), [one]) => {
                        self.assign(Some(&super::stream::item(items)), Rvalue::Use(one.clone()), span);
                    }
                    _ => self.assign(dst, Rvalue::Opaque(operands), span),
                }
            }
            Expr::Path(p) if p.qself.is_none() && polar(self.cx, &p.path) == Some(Polar::None) => {
                let span = keys::path(self.cx, &p.path);
                self.assign(dst, Rvalue::Negative, span);
            }
            Expr::Await(a)
                if matches!(bare(&a.base), Expr::Call(_) | Expr::MethodCall(_) | Expr::Macro(_))
                    && !self.may_be_block(&a.base) =>
            {
                self.run(dst, &a.base);
            }
            Expr::Path(_) | Expr::Lit(_) | Expr::Field(_) | Expr::Index(_) | Expr::Try(_) | Expr::Await(_) => {
                self.plain(dst, e);
            }
            Expr::Infer(_) => {}
            // A lone `;`.
            Expr::Verbatim(tokens) if tokens.is_empty() => {}
            other => {
                let span = keys::expr(self.cx, other);
                self.cx.gap(span, GapKind::Code, "this expression is not known");
                self.assign(dst, Rvalue::Opaque(Vec::new()), span);
            }
        }
    }

    /// A value that [`Body::operand`] names.
    fn plain(&mut self, dst: Dst<'_>, e: &Expr) {
        let operand = self.operand(e);
        let Some(place) = dst else { return };
        let span = keys::expr(self.cx, e);
        let given_back = place.is_whole() && place.base == self.ret;
        let src = if given_back { Rvalue::Use(operand) } else { self.handed_on(e, operand) };
        self.assign(dst, src, span);
    }

    /// What is kept or given of what an expression names: of a mutable borrow that is declared as one, a borrow of the
    /// same.
    fn handed_on(&self, e: &Expr, operand: Operand) -> Rvalue {
        match operand {
            Operand::Place(place)
                if place.is_whole()
                    && matches!(bare(e), Expr::Path(_))
                    && matches!(self.declared(place.base), Some(TypeRef::RefMut(_))) =>
            {
                Rvalue::RefMut(place)
            }
            operand => Rvalue::Use(operand),
        }
    }

    /// The operand of an expression that is put into something.
    pub(super) fn kept(&mut self, e: &Expr) -> Operand {
        let operand = self.operand(e);
        match self.handed_on(e, operand) {
            Rvalue::Use(operand) => operand,
            src => {
                let span = keys::expr(self.cx, e);
                self.value(src, span)
            }
        }
    }

    /// Operands of expressions in order, with their places. One that a later expression could change is copied.
    pub(super) fn list<'e>(&mut self, list: impl ExactSizeIterator<Item = &'e Expr>) -> Vec<(Operand, Span)> {
        self.each(list, Self::operand)
    }

    /// The same of expressions that are parts of one value.
    pub(super) fn parts<'e>(&mut self, list: impl ExactSizeIterator<Item = &'e Expr>) -> Vec<(Operand, Span)> {
        self.each(list, Self::kept)
    }

    fn each<'e>(
        &mut self,
        list: impl ExactSizeIterator<Item = &'e Expr>,
        operand: impl Fn(&mut Self, &Expr) -> Operand,
    ) -> Vec<(Operand, Span)> {
        let list: Vec<&Expr> = list.collect();
        let last_busy = list.iter().rposition(|e| is_busy(e)).unwrap_or(0);
        let mut out = Vec::with_capacity(list.len());
        for (i, e) in list.into_iter().enumerate() {
            let span = keys::expr(self.cx, e);
            let mut operand = operand(self, e);
            if i < last_busy && matches!(&operand, Operand::Place(_)) && !is_busy(e) {
                operand = self.value(Rvalue::Use(operand), span);
            }
            out.push((operand, span));
        }
        out
    }

    /// The operand of an expression. Chains of fields, calls, `?` and `.await` are followed in a loop.
    pub(super) fn operand(&mut self, e: &Expr) -> Operand {
        let mut links = Vec::new();
        let mut base = e;
        loop {
            base = match base {
                Expr::Paren(e) => &e.expr,
                Expr::Group(e) => &e.expr,
                Expr::Reference(e) if e.mutability.is_none() => &e.expr,
                Expr::RawAddr(e) if matches!(e.mutability, syn::PointerMutability::Const(_)) => &e.expr,
                Expr::Field(e) => {
                    links.push(base);
                    &e.base
                }
                Expr::Index(e) => {
                    links.push(base);
                    &e.expr
                }
                Expr::Try(e) => {
                    links.push(base);
                    &e.expr
                }
                Expr::Await(e) => {
                    links.push(base);
                    &e.base
                }
                Expr::MethodCall(e) => {
                    links.push(base);
                    &e.receiver
                }
                Expr::Cast(e) => {
                    links.push(base);
                    &e.expr
                }
                Expr::Unary(e) if matches!(e.op, UnOp::Deref(_)) => {
                    links.push(base);
                    &e.expr
                }
                _ => break,
            };
        }
        let mut operand = self.base(base);
        while let Some(link) = links.pop() {
            operand = self.link(operand, link);
        }
        operand
    }

    /// The operand at the beginning of a chain.
    fn base(&mut self, e: &Expr) -> Operand {
        match e {
            Expr::Lit(l) => Operand::Lit(self.cx.literal(&l.lit)),
            Expr::Path(p) if !(p.qself.is_none() && polar(self.cx, &p.path) == Some(Polar::None)) => {
                self.valued(p.qself.as_ref(), &p.path)
            }
            Expr::Macro(m) if macros::name_is(&m.mac, "concat") || macros::name_is(&m.mac, "stringify") => {
                match self.cx.text_of(e) {
                    Some(text) => {
                        self.cx.embed(&text);
                        Operand::Lit(Lit::Str(text.text))
                    }
                    None => self.in_temp(e),
                }
            }
            Expr::Tuple(t) if t.elems.is_empty() => Operand::Lit(Lit::Unit),
            _ => self.in_temp(e),
        }
    }

    fn in_temp(&mut self, e: &Expr) -> Operand {
        let span = keys::expr(self.cx, e);
        let temp = Place::from(self.temp(span));
        self.run(Some(&temp), e);
        Operand::Place(temp)
    }

    /// What is called: a local, or a path.
    pub(super) fn named(&mut self, qself: Option<&syn::QSelf>, path: &syn::Path) -> Operand {
        let path_id = |b: &mut Self| Operand::Path(b.path_id(types::qualified(b.cx, qself, path)));
        self.local_named(qself, path).unwrap_or_else(|| path_id(self))
    }

    /// A local, or a path as a value.
    fn valued(&mut self, qself: Option<&syn::QSelf>, path: &syn::Path) -> Operand {
        if let Some(local) = self.local_named(qself, path) {
            return local;
        }
        let path = types::qualified(self.cx, qself, path);
        let is_function = path.segments.last().is_some_and(|n| n.starts_with(char::is_lowercase));
        Operand::Path(if is_function { self.new_path_id(path) } else { self.path_id(path) })
    }

    fn local_named(&self, qself: Option<&syn::QSelf>, path: &syn::Path) -> Option<Operand> {
        let ident = path.get_ident().filter(|_| qself.is_none())?;
        Some(Operand::Place(self.lookup(&self.cx.var(ident))?.into()))
    }

    /// One link of a chain.
    fn link(&mut self, base: Operand, link: &Expr) -> Operand {
        match link {
            Expr::Field(f) => self.step(base, Sel::Field(types::member(&f.member)), link),
            Expr::Index(i) => {
                let key = match bare(&i.index) {
                    Expr::Lit(l) => match &l.lit {
                        syn::Lit::Str(s) => Some(s.value()),
                        _ => None,
                    },
                    _ => None,
                };
                let sel = match key {
                    Some(key) => Sel::Field(key.into()),
                    // A part of the same kind.
                    None if let Expr::Range(range) = bare(&i.index) => {
                        self.operand(&i.index);
                        Sel::Slice(ends(range))
                    }
                    None => {
                        let index = self.operand(&i.index);
                        let at = match &index {
                            Operand::Lit(Lit::Num(n)) => Some(Index::Number(n.as_str().into())),
                            Operand::Place(p) if p.path.is_empty() => Some(Index::Local(p.base)),
                            _ => None,
                        };
                        // Data is touched by looking something up with it.
                        if matches!(&index, Operand::Place(p) if !p.path.is_empty()) {
                            let span = keys::expr(self.cx, &i.index);
                            self.value(Rvalue::Use(index), span);
                        }
                        Sel::Index(at)
                    }
                };
                self.step(base, sel, link)
            }
            Expr::Unary(_) => self.step(base, Sel::Deref, link),
            Expr::Try(t) => {
                let span = self.cx.span(t.question_token.span);
                self.question(base, span)
            }
            Expr::Await(a) => {
                let span = self.cx.span(a.await_token.span);
                self.waited(base, &a.base, span)
            }
            Expr::Cast(c) => {
                let span = keys::expr(self.cx, &c.expr);
                self.value(Rvalue::Cast(base, types::ty(self.cx, &c.ty)), span)
            }
            Expr::MethodCall(m) => {
                let span = self.cx.word(&m.method);
                let temp = Place::from(self.temp(span));
                self.method(Some(&temp), m, base, span);
                Operand::Place(temp)
            }
            _ => base,
        }
    }

    fn step(&mut self, base: Operand, sel: Sel, link: &Expr) -> Operand {
        let place = match base {
            Operand::Place(place) => place,
            other => {
                let span = keys::expr(self.cx, link);
                self.place_of(other, span)
            }
        };
        Operand::Place(place.part(sel))
    }

    /// Code in which a question mark leads to its end.
    pub(super) fn trying(&mut self, dst: Dst<'_>, run: impl FnOnce(&mut Self)) {
        let end = self.label();
        let outer = self.try_to.replace((dst.cloned(), end));
        let (body, ()) = self.buffer(run);
        self.try_to = outer;
        self.out.push(Stmt::Block { label: end, body });
    }

    /// `?`.
    pub(super) fn question(&mut self, base: Operand, span: Span) -> Operand {
        let place = self.place_of(base, span);
        let error = Rvalue::Err(Operand::Place(place.clone().part(Sel::Err)));
        let els = match self.try_to.clone() {
            Some((dst, end)) => {
                let jump = self.jump(end);
                self.buffer(|b| {
                    b.assign(dst.as_ref(), error, span);
                    b.out.push(jump);
                })
                .0
            }
            None => vec![Stmt::Assign { dst: self.ret.into(), src: error, span }, Stmt::Return],
        };
        let cond = Cond::Is(place.clone(), Test::Positive);
        self.out.push(Stmt::If { cond, then: Vec::new(), els, span });
        Operand::Place(place.part(Sel::Some))
    }

    /// `&mut e`.
    fn borrow(&mut self, dst: Dst<'_>, e: &Expr) {
        let span = keys::expr(self.cx, e);
        let operand = self.operand(e);
        let place = self.place_of(operand, span);
        self.assign(dst, Rvalue::RefMut(place), span);
    }

    fn binary(&mut self, dst: Dst<'_>, e: &syn::ExprBinary) {
        let span = self.cx.span(keys::operator(&e.op));
        let op = match e.op {
            BinOp::And(_) | BinOp::Or(_) => return self.both(dst, e),
            BinOp::Eq(_) | BinOp::Ne(_) => Op::Compare(true),
            BinOp::Lt(_) | BinOp::Le(_) | BinOp::Gt(_) | BinOp::Ge(_) => Op::Compare(false),
            _ => Op::Arith(arithmetic(&e.op).unwrap_or(Arith { of: ArithTrait::Add, assigns: true })),
        };
        // `a += b`
        if let Op::Arith(Arith { assigns: true, .. }) = op {
            let right = self.operand(&e.right);
            let left = self.operand(&e.left);
            let place = self.place_of(left, span);
            let src = Rvalue::Binary(op, Operand::Place(place.clone()), right);
            return self.assign(Some(&place), src, span);
        }
        // The left spine of a long sum, in a loop.
        let mut spine = vec![(op, &*e.right, span)];
        let mut first = bare(&e.left);
        while let Expr::Binary(b) = first {
            let Some(of) = arithmetic(&b.op).filter(|of| !of.assigns) else { break };
            let op = Op::Arith(of);
            spine.push((op, &*b.right, self.cx.span(keys::operator(&b.op))));
            first = bare(&b.left);
        }
        let mut left = self.operand(first);
        while let Some((op, right, span)) = spine.pop() {
            if is_busy(right) && matches!(left, Operand::Place(_)) {
                left = self.value(Rvalue::Use(left), span);
            }
            let right = self.operand(right);
            let sum = Rvalue::Binary(op, left, right);
            if spine.is_empty() {
                let sum = if matches!(e.op, BinOp::Ne(_)) { Rvalue::Not(self.value(sum, span)) } else { sum };
                return self.assign(dst, sum, span);
            }
            left = self.value(sum, span);
        }
    }

    /// `left = right`, also with a pattern on the left.
    fn assignment(&mut self, left: &Expr, right: &Expr) {
        match bare(left) {
            Expr::Infer(_) => self.run(None, right),
            Expr::Tuple(_) | Expr::Array(_) | Expr::Struct(_) | Expr::Call(_) => {
                let span = keys::expr(self.cx, right);
                let temp = Place::from(self.temp(span));
                self.run(Some(&temp), right);
                self.scatter(left, &temp);
            }
            left => {
                if let Expr::Path(p) = left
                    && let Some(local) = p.path.get_ident().and_then(|i| self.lookup(&self.cx.var(i)))
                {
                    if matches!(bare(right), Expr::Async(_)) {
                        self.futures.insert(local);
                    }
                    return self.run(Some(&local.into()), right);
                }
                let value = self.operand(right);
                let span = keys::expr(self.cx, right);
                let place = self.target(left, span);
                self.assign(Some(&place), Rvalue::Use(value), span);
            }
        }
    }

    /// The place that an assignment writes to; of a static, that which it names.
    fn target(&mut self, left: &Expr, span: Span) -> Place {
        let target = self.operand(left);
        let is_static = matches!(target, Operand::Path(_));
        let place = self.place_of(target, span);
        if is_static { place.part(Sel::Deref) } else { place }
    }

    /// Takes a value apart into the places of the left side of an assignment.
    fn scatter(&mut self, left: &Expr, from: &Place) {
        let part = |sel: Sel| from.clone().part(sel);
        match bare(left) {
            Expr::Infer(_) => {}
            Expr::Range(_) => {}
            Expr::Tuple(t) => {
                for (i, e) in t.elems.iter().enumerate() {
                    self.scatter(e, &part(Sel::Field(types::position(i))));
                }
            }
            Expr::Array(a) => a.elems.iter().for_each(|e| self.scatter(e, &part(Sel::Index(None)))),
            Expr::Call(c) => {
                for (i, e) in c.args.iter().enumerate() {
                    let sel = match &*c.func {
                        Expr::Path(p) if polar(self.cx, &p.path).is_some() => None,
                        _ => Some(Sel::Field(types::position(i))),
                    };
                    self.scatter(e, &sel.map_or_else(|| from.clone(), part));
                }
            }
            Expr::Struct(s) => {
                for f in &s.fields {
                    self.scatter(&f.expr, &part(Sel::Field(types::member(&f.member))));
                }
            }
            left => {
                let span = keys::expr(self.cx, left);
                let place = self.target(left, span);
                self.assign(Some(&place), Rvalue::Use(Operand::Place(from.clone())), span);
            }
        }
    }

    /// A loop or block with a frame.
    fn labelled(
        &mut self,
        name: Option<Var>,
        dst: Dst<'_>,
        is_loop: bool,
        body: impl FnOnce(&mut Self, crate::ir::body::LabelId) -> Stmt,
    ) {
        let label = self.label();
        self.frames.push(Frame { name, label, dst: dst.cloned(), is_loop });
        let stmt = body(self, label);
        self.frames.pop();
        self.out.push(stmt);
    }

    fn break_(&mut self, e: &syn::ExprBreak) {
        let name = e.label.as_ref().map(|l| self.cx.var(&l.ident));
        let frame = self.frames.iter().rev().find(|f| match &name {
            Some(name) => f.name.as_ref() == Some(name),
            None => f.is_loop,
        });
        let Some((label, dst)) = frame.map(|f| (f.label, f.dst.clone())) else { return };
        if let Some(value) = &e.expr {
            self.run(dst.as_ref(), value);
        }
        let jump = self.jump(label);
        self.out.push(jump);
    }

    /// `for`.
    fn for_(&mut self, e: &ExprForLoop) {
        let over = self.operand(&e.expr);
        let span = keys::expr(self.cx, &e.expr);
        let name = e.label.as_ref().map(|l| self.cx.var(&l.name.ident));
        self.labelled(name, None, true, |b, label| {
            let (body, ()) = b.buffer(|b| {
                b.require(Cond::Unknown, label, span);
                b.scope(|b| {
                    match super::body::simple(&e.pat) {
                        Some(ident) => {
                            let at = b.cx.word(ident);
                            let var = b.cx.var(ident);
                            let local = b.local(Some(var.name.clone()), None, at);
                            b.changeable(local);
                            b.assign(Some(&local.into()), Rvalue::Elem(over), span);
                            b.bind(var, local);
                        }
                        None => {
                            let elem = Place::from(b.temp(span));
                            b.assign(Some(&elem), Rvalue::Elem(over), span);
                            b.destructure(&e.pat, &elem);
                        }
                    }
                    b.block(None, &e.body);
                });
            });
            Stmt::Loop { label, body }
        });
    }
}

/// The ends of a range, if they are written out.
fn ends(range: &syn::ExprRange) -> Option<(u32, Option<u32>)> {
    let number = |e: &Expr| match bare(e) {
        Expr::Lit(l) => {
            if let syn::Lit::Int(n) = &l.lit {
                n.base10_parse::<u32>().ok()
            } else {
                None
            }
        }
        _ => None,
    };
    let from = range.start.as_deref().map_or(Some(0), number)?;
    let Some(end) = range.end.as_deref() else { return Some((from, None)) };
    let past = u32::from(matches!(range.limits, RangeLimits::Closed(_)));
    Some((from, Some(number(end)?.checked_add(past)?)))
}

/// Whether evaluating an expression may change variables named before it in the same list.
fn is_busy(e: &Expr) -> bool {
    let mut e = bare(e);
    loop {
        e = match e {
            Expr::Reference(r) => bare(&r.expr),
            Expr::Try(t) => bare(&t.expr),
            Expr::Await(a) => bare(&a.base),
            Expr::Cast(c) => bare(&c.expr),
            _ => break,
        };
    }
    matches!(e, Expr::Block(_) | Expr::Unsafe(_) | Expr::If(_) | Expr::Match(_) | Expr::Loop(_) | Expr::Assign(_))
}

/// An operator of arithmetic.
fn arithmetic(op: &BinOp) -> Option<Arith> {
    use ArithTrait as T;
    let (of, assigns) = match op {
        BinOp::Add(_) => (T::Add, false),
        BinOp::Sub(_) => (T::Sub, false),
        BinOp::Mul(_) => (T::Mul, false),
        BinOp::Div(_) => (T::Div, false),
        BinOp::Rem(_) => (T::Rem, false),
        BinOp::BitXor(_) => (T::BitXor, false),
        BinOp::BitAnd(_) => (T::BitAnd, false),
        BinOp::BitOr(_) => (T::BitOr, false),
        BinOp::Shl(_) => (T::Shl, false),
        BinOp::Shr(_) => (T::Shr, false),
        BinOp::AddAssign(_) => (T::Add, true),
        BinOp::SubAssign(_) => (T::Sub, true),
        BinOp::MulAssign(_) => (T::Mul, true),
        BinOp::DivAssign(_) => (T::Div, true),
        BinOp::RemAssign(_) => (T::Rem, true),
        BinOp::BitXorAssign(_) => (T::BitXor, true),
        BinOp::BitAndAssign(_) => (T::BitAnd, true),
        BinOp::BitOrAssign(_) => (T::BitOr, true),
        BinOp::ShlAssign(_) => (T::Shl, true),
        BinOp::ShrAssign(_) => (T::Shr, true),
        _ => return None,
    };
    Some(Arith { of, assigns })
}
