//! Conditions and branches: `if`, `match`, `while`, `let .. else`, `&&`, `||`, `!`, `matches!`.
//!
//! A condition is lowered to tests that jump away: what follows runs only where it holds. [`Body::guarded`] then
//! turns the usual shapes into plain `If`s.

use syn::spanned::Spanned;
use syn::{BinOp, Expr, ExprIf, ExprMatch, ExprWhile, Pat, UnOp};

use super::annotate::Site;
use super::body::{Body, Dst, Frame};
use super::chosen::{self, Stands};
use super::pat::Scrutinee;
use super::{keys, macros};
use crate::ir::body::{Cond, LabelId, Operand, Place, Rvalue, Stmt};
use crate::ir::items::TypeRef;
use crate::source::Span;

/// `(a)` is `a`.
pub(super) fn bare(e: &Expr) -> &Expr {
    let mut e = e;
    loop {
        e = match e {
            Expr::Paren(inner) => &inner.expr,
            Expr::Group(inner) => &inner.expr,
            _ => return e,
        };
    }
}

/// Operands of `a && b && c`, in order; of `||` if `or`.
fn flat(e: &Expr, or: bool) -> Vec<&Expr> {
    let mut out = Vec::new();
    let mut e = bare(e);
    loop {
        match e {
            Expr::Binary(b) if matches!((&b.op, or), (BinOp::And(_), false) | (BinOp::Or(_), true)) => {
                out.push(&*b.right);
                e = bare(&b.left);
            }
            _ => break,
        }
    }
    out.push(e);
    out.reverse();
    out
}

impl Body<'_, '_> {
    /// Jumps to `fail` unless `e` holds; variables of its `let`s are bound after.
    pub(super) fn unless(&mut self, e: &Expr, fail: LabelId) {
        self.decide(e, false, fail);
    }

    /// Jumps to `to` if the truth of `e` is `on`; falls through otherwise.
    fn decide(&mut self, e: &Expr, on: bool, to: LabelId) {
        let e = bare(e);
        match e {
            Expr::Unary(u) if matches!(u.op, UnOp::Not(_)) => self.decide(&u.expr, !on, to),
            Expr::Binary(b) if matches!(b.op, BinOp::And(_) | BinOp::Or(_)) => {
                let or = matches!(b.op, BinOp::Or(_));
                let parts = flat(e, or);
                if or == on {
                    // `a || b` jumps if either is true, `a && b` jumps if either is false.
                    for part in parts {
                        self.decide(part, on, to);
                    }
                } else {
                    let stay = self.label();
                    let (body, ()) = self.buffer(|b| {
                        for (i, part) in parts.iter().enumerate() {
                            if i + 1 == parts.len() {
                                b.decide(part, on, to);
                            } else {
                                b.decide(part, !on, stay);
                            }
                        }
                    });
                    self.out.push(Stmt::Block { label: stay, body });
                }
            }
            Expr::Let(l) => {
                let from = self.scrutinee(&l.expr);
                self.matched(&l.pat, &from, on, to);
            }
            Expr::Macro(m) if macros::name_is(&m.mac, "matches") => match macros::matches(&m.mac) {
                Some((scrutinee, pat)) => {
                    let from = self.scrutinee(&scrutinee);
                    self.scope(|b| b.matched(&pat, &from, on, to));
                }
                None => self.atom(e, on, to),
            },
            Expr::Macro(m) if macros::name_is(&m.mac, "cfg") => {
                let span = self.cx.span(keys::last(&m.mac.path));
                self.fork(Cond::Unknown, on, to, span);
            }
            Expr::Lit(l) if matches!(l.lit, syn::Lit::Bool(_)) => {
                if matches!(&l.lit, syn::Lit::Bool(b) if b.value == on) {
                    let jump = self.jump(to);
                    self.out.push(jump);
                }
            }
            _ => self.atom(e, on, to),
        }
    }

    fn atom(&mut self, e: &Expr, on: bool, to: LabelId) {
        let operand = self.operand(e);
        let span = keys::expr(self.cx, e);
        self.fork(Cond::True(operand), on, to, span);
    }

    fn fork(&mut self, cond: Cond, on: bool, to: LabelId, span: Span) {
        let jump = vec![self.jump(to)];
        let (then, els) = if on { (jump, Vec::new()) } else { (Vec::new(), jump) };
        self.out.push(Stmt::If { cond, then, els, span });
    }

    /// Jumps to `to` if `from` matches (`on`) or if it does not.
    fn matched(&mut self, pat: &Pat, from: &Scrutinee, on: bool, to: LabelId) {
        if !on {
            return self.pattern(pat, from, Some(to));
        }
        let no = self.label();
        let (mut body, ()) = self.buffer(|b| b.pattern(pat, from, Some(no)));
        let jump = self.jump(to);
        match body.as_mut_slice() {
            [Stmt::If { then, els, .. }]
                if then.is_empty() && matches!(els.as_slice(), [Stmt::Break(l)] if *l == no) =>
            {
                then.push(jump);
                els.clear();
                self.out.append(&mut body);
            }
            _ => {
                body.push(jump);
                self.out.push(Stmt::Block { label: no, body });
            }
        }
    }

    /// Runs `then` where the tests that `tests` emits hold, `els` where one of them jumps to the label it got.
    pub(super) fn guarded(
        &mut self,
        tests: impl FnOnce(&mut Self, LabelId),
        then: impl FnOnce(&mut Self),
        els: Option<impl FnOnce(&mut Self)>,
    ) {
        let fail = self.label();
        let (mut body, tests) = self.buffer(|b| {
            b.scope(|b| {
                tests(b, fail);
                let tests = b.out.len();
                then(b);
                tests
            })
        });
        let uses = self.uses(fail);
        if uses == 0 {
            return self.out.append(&mut body);
        }
        let mut els = match els {
            Some(els) => self.buffer(els).0,
            None => Vec::new(),
        };
        if uses == 1
            && let Some(at) = body.iter().take(tests).position(|s| jumps(s, fail).is_some())
        {
            let mut rest = body.split_off(at + 1);
            let Some(Stmt::If { cond, then: mut yes, els: _, span }) = body.pop() else { return };
            let on_then = !yes.is_empty();
            self.out.append(&mut body);
            yes.clear();
            let (then, els) = if on_then { (els, rest) } else { (std::mem::take(&mut rest), els) };
            return self.out.push(Stmt::If { cond, then, els, span });
        }
        if els.is_empty() {
            return self.out.push(Stmt::Block { label: fail, body });
        }
        let end = self.label();
        if !ends(&body) {
            body.push(self.jump(end));
        }
        let mut whole = vec![Stmt::Block { label: fail, body }];
        whole.append(&mut els);
        self.out.push(Stmt::Block { label: end, body: whole });
    }

    /// `if`.
    pub(super) fn if_(&mut self, dst: Dst<'_>, e: &ExprIf) {
        self.guarded(
            |b, fail| b.unless(&e.cond, fail),
            |b| b.block(dst, &e.then_branch),
            e.else_branch.as_ref().map(|(_, els)| move |b: &mut Self| b.run(dst, els)),
        );
    }

    /// `a && b`, `a || b` as a value.
    pub(super) fn both(&mut self, dst: Dst<'_>, e: &syn::ExprBinary) {
        let span = self.cx.span(keys::operator(&e.op));
        let temp;
        let dst = match dst {
            Some(dst) => dst,
            None => {
                temp = Place::from(self.temp(span));
                &temp
            }
        };
        if matches!(e.op, BinOp::And(_)) {
            self.guarded(
                |b, fail| b.unless(&e.left, fail),
                |b| b.run(Some(dst), &e.right),
                Some(|b: &mut Self| b.truth(Some(dst), false, span)),
            );
        } else {
            self.guarded(
                |b, fail| b.unless(&e.left, fail),
                |b| b.truth(Some(dst), true, span),
                Some(|b: &mut Self| b.run(Some(dst), &e.right)),
            );
        }
    }

    /// A condition as a value: `matches!(..)`, `let` where it cannot stand.
    pub(super) fn truth_of(&mut self, dst: Dst<'_>, e: &Expr) {
        let span = keys::expr(self.cx, e);
        let fail = self.label();
        let (body, ()) = self.buffer(|b| b.scope(|b| b.unless(e, fail)));
        match body.as_slice() {
            [Stmt::If { cond, then, els, .. }] if then.is_empty() && els.len() == 1 => {
                let test = Rvalue::Test(Box::new(cond.clone()));
                self.assign(dst, test, span);
            }
            _ => {
                let temp = dst.cloned().unwrap_or_else(|| Place::from(self.temp(span)));
                let end = self.label();
                let (whole, ()) = self.buffer(|b| {
                    let (mut body, ()) = b.buffer(|b| {
                        b.out = body;
                        b.truth(Some(&temp), true, span);
                    });
                    body.push(b.jump(end));
                    b.out.push(Stmt::Block { label: fail, body });
                    b.truth(Some(&temp), false, span);
                });
                self.out.push(Stmt::Block { label: end, body: whole });
            }
        }
    }

    /// `let PAT = from else { .. }`.
    pub(super) fn let_else(&mut self, pat: &Pat, from: &Scrutinee, diverge: &Expr) {
        let (els, ()) = self.buffer(|b| {
            b.run(None, diverge);
            if !ends(&b.out) {
                b.out.push(Stmt::Unreachable);
            }
        });
        let fail = self.label();
        let (mut body, ()) = self.buffer(|b| b.pattern(pat, from, Some(fail)));
        let uses = self.uses(fail);
        if uses == 0 {
            return self.out.append(&mut body);
        }
        if uses == 1
            && let Some(at) = body.iter().position(|s| jumps(s, fail).is_some())
        {
            if let Some(Stmt::If { then, els: no, .. }) = body.get_mut(at) {
                *(if then.is_empty() { no } else { then }) = els;
            }
            return self.out.append(&mut body);
        }
        let end = self.label();
        body.push(self.jump(end));
        let mut whole = vec![Stmt::Block { label: fail, body }];
        whole.extend(els);
        self.out.push(Stmt::Block { label: end, body: whole });
    }

    /// `match`.
    pub(super) fn match_(&mut self, dst: Dst<'_>, e: &ExprMatch) {
        let from = self.scrutinee(&e.expr);
        let end = self.label();
        let (mut body, open) = self.buffer(|b| {
            let mut open = true;
            for arm in &e.arms {
                let stands = chosen::stands(&arm.attrs);
                if let Stands::Never = stands {
                    continue;
                }
                let before = b.uses.len();
                let noted = b.func.is_some() && b.cx.notes.is_some();
                b.guarded(
                    |b, fail| {
                        if let Stands::Perhaps(at) = stands {
                            let at = b.cx.span(at);
                            b.require(Cond::Unknown, fail, at);
                        }
                        b.pattern(&arm.pat, &from, Some(fail));
                    },
                    |b| {
                        let key = if noted { Some(b.cx.span(arm.pat.span()).lo) } else { None };
                        match key {
                            Some(key) if b.cx.has_note(Site::Arm, key) => {
                                let (stmts, ()) = b.buffer(|b| b.run(dst, &arm.body));
                                b.wrap(Site::Arm, key, None, stmts);
                            }
                            _ => b.run(dst, &arm.body),
                        }
                        if !ends(&b.out) {
                            let jump = b.jump(end);
                            b.out.push(jump);
                        }
                    },
                    None::<fn(&mut Self)>,
                );
                // The first label of the arm is that of its failure: unused, the arm takes all that is left.
                if b.uses.get(before) == Some(&0) {
                    open = false;
                    break;
                }
            }
            open
        });
        if open {
            body.push(Stmt::Unreachable);
        } else if self.uses(end) == 1 && matches!(body.last(), Some(Stmt::Break(l)) if *l == end) {
            // Only the end of the last arm: nothing to leave.
            body.pop();
            return self.out.append(&mut body);
        }
        self.out.push(Stmt::Block { label: end, body });
    }

    /// `while`.
    pub(super) fn while_(&mut self, e: &ExprWhile) {
        let label = self.label();
        let name = e.label.as_ref().map(|l| self.cx.var(&l.name.ident));
        let (body, ()) = self.buffer(|b| {
            b.scope(|b| {
                b.unless(&e.cond, label);
                b.frames.push(Frame { name, label, dst: None, is_loop: true });
                b.block(None, &e.body);
                b.frames.pop();
            });
        });
        self.out.push(Stmt::Loop { label, body });
    }

    /// What a pattern is matched against: a place without a copy, where it is one.
    pub(super) fn scrutinee(&mut self, e: &Expr) -> Scrutinee {
        match bare(e) {
            Expr::Reference(r) => {
                let inner = bare(&r.expr);
                let by_mut = r.mutability.is_some();
                match self.scrutinee(inner) {
                    Scrutinee::Place(place, was) => Scrutinee::Place(place, by_mut || was),
                    tuple => tuple,
                }
            }
            Expr::Tuple(t) if !t.elems.is_empty() => {
                let span = self.cx.span(t.paren_token.span.join());
                Scrutinee::Tuple(t.elems.iter().map(|e| self.scrutinee(e)).collect(), span)
            }
            e => {
                let span = keys::expr(self.cx, e);
                let operand = self.operand(e);
                let place = self.place_of(operand, span);
                let by_mut = place.path.is_empty()
                    && matches!(e, Expr::Path(_))
                    && matches!(self.declared(place.base), Some(TypeRef::RefMut(_)));
                Scrutinee::Place(place, by_mut)
            }
        }
    }

    /// As [`Body::scrutinee`]; with a declared type it is a temporary of that type.
    pub(super) fn scrutinee_as(&mut self, e: &Expr, ty: Option<TypeRef>) -> Scrutinee {
        let Some(ty) = ty else { return self.scrutinee(e) };
        let span = keys::expr(self.cx, e);
        let by_mut = matches!(ty, TypeRef::RefMut(_));
        let place = Place::from(self.local(None, Some(ty), span));
        self.run(Some(&place), e);
        Scrutinee::Place(place, by_mut)
    }

    /// The place of an operand, made if need be.
    pub(super) fn place_of(&mut self, operand: Operand, span: Span) -> Place {
        match operand {
            Operand::Place(place) => place,
            other => {
                let temp = Place::from(self.temp(span));
                self.assign(Some(&temp), Rvalue::Use(other), span);
                temp
            }
        }
    }
}

/// Whether a statement is a test that only jumps to `to`: `Some(true)` if it jumps where it holds.
fn jumps(stmt: &Stmt, to: LabelId) -> Option<bool> {
    match stmt {
        Stmt::If { then, els, .. } => match (then.as_slice(), els.as_slice()) {
            ([], [Stmt::Break(l)]) if *l == to => Some(false),
            ([Stmt::Break(l)], []) if *l == to => Some(true),
            _ => None,
        },
        _ => None,
    }
}

/// Whether control never comes past the end of these statements, as far as the last one shows.
pub(super) fn ends(body: &[Stmt]) -> bool {
    matches!(body.last(), Some(Stmt::Break(_) | Stmt::Continue(_) | Stmt::Return | Stmt::Unreachable))
}
