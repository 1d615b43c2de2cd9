//! Calls, method calls and struct literals.

use syn::{Expr, ExprCall, ExprMethodCall, ExprStruct};

use super::body::{Body, Dst};
use super::cond::bare;
use super::pat::{Polar, polar};
use super::{chosen, keys, types};
use crate::ir::body::{Aggregate, Callee, Operand, Positive, Rvalue};
use crate::source::Span;

impl Body<'_, '_> {
    /// `f(..)`.
    pub(super) fn call(&mut self, dst: Dst<'_>, e: &ExprCall) {
        let func = bare(&e.func);
        if let Expr::Path(p) = func
            && p.qself.is_none()
            && let Some(found) = polar(self.cx, &p.path)
            && let (Some(arg), 1) = (e.args.first(), e.args.len())
        {
            let span = keys::name(self.cx, &p.path);
            let operand = self.kept(arg);
            let src = match found {
                Polar::Err => Rvalue::Err(operand),
                _ if p.path.segments.last().is_some_and(|s| s.ident == "Some") => {
                    Rvalue::Positive(Positive::Some, operand)
                }
                _ => Rvalue::Positive(Positive::Ok, operand),
            };
            return self.assign(dst, src, span);
        }
        let (callee, span) = match func {
            Expr::Path(p) => {
                let span = keys::name(self.cx, &p.path);
                match self.named(p.qself.as_ref(), &p.path) {
                    Operand::Path(id) => (Callee::Path(id), span),
                    local => (Callee::Value(local), span),
                }
            }
            func => {
                let span = keys::expr(self.cx, func);
                (Callee::Value(self.operand(func)), span)
            }
        };
        let (args, spans) = self.list(e.args.iter()).into_iter().unzip();
        self.assign(dst, Rvalue::Call { callee, args, spans, site: 0 }, span);
    }

    /// `recv.name(..)`, the receiver being lowered and the name at `span`.
    pub(super) fn method(&mut self, dst: Dst<'_>, e: &ExprMethodCall, recv: Operand, span: Span) {
        let mut args = Vec::with_capacity(e.args.len() + 1);
        let mut spans = Vec::with_capacity(e.args.len() + 1);
        args.push(recv);
        spans.push(keys::expr(self.cx, &e.receiver));
        for (operand, span) in self.list(e.args.iter()) {
            args.push(operand);
            spans.push(span);
        }
        let generics = e.turbofish.as_ref().map(|t| types::arguments(self.cx, &t.args)).unwrap_or_default();
        let callee = Callee::Method { name: types::name(&e.method), generics };
        self.assign(dst, Rvalue::Call { callee, args, spans, site: 0 }, span);
    }

    /// `Type { a, b: c, ..base }`.
    pub(super) fn struct_literal(&mut self, dst: Dst<'_>, e: &ExprStruct) {
        let id = self.path_id(types::qualified(self.cx, e.qself.as_ref(), &e.path));
        let fields = match chosen::fields(e) {
            Some(fields) => self.chosen_fields(fields),
            None => {
                let values = self.parts(e.fields.iter().map(|f| &f.expr).collect::<Vec<_>>().into_iter());
                let names = e.fields.iter().map(|f| Some(types::member(&f.member)));
                names.zip(values).map(|(name, (operand, span))| (name, operand, span)).collect()
            }
        };
        let base = e.rest.as_ref().map(|rest| self.operand(rest));
        let span = keys::name(self.cx, &e.path);
        self.assign(dst, Rvalue::Aggregate { kind: Aggregate::Adt(id), fields, base }, span);
    }
}
