//! What `.await` waits for: what is a future already, or may be, or have in it, a block that is written elsewhere.

use syn::Expr;

use super::body::Body;
use super::cond::bare;
use crate::ir::body::{Callee, Operand, Rvalue};
use crate::source::Span;

impl Body<'_, '_> {
    /// What a future comes to: a block of code is run.
    pub(super) fn waited(&mut self, future: Operand, e: &Expr, span: Span) -> Operand {
        let Operand::Place(place) = &future else { return future };
        if place.path.is_empty() && (matches!(bare(e), Expr::Async(_)) || self.futures.contains(&place.base)) {
            let call = Rvalue::Call { callee: Callee::Value(future), args: Vec::new(), spans: Vec::new(), site: 0 };
            return self.value(call, span);
        }
        match self.may_be_block(e) {
            true => self.value(Rvalue::Await(future), span),
            false => future,
        }
    }

    /// Whether what is waited for may be a future of one's own, or may be, or have in it, a block that is written
    /// elsewhere: what is kept somewhere or taken out of that, what a branch, a block or a call gives.
    pub(super) fn may_be_block(&self, e: &Expr) -> bool {
        match bare(e) {
            Expr::Path(_) | Expr::Field(_) | Expr::Index(_) => true,
            Expr::MethodCall(_) | Expr::If(_) | Expr::Match(_) | Expr::Block(_) => true,
            Expr::Reference(r) => self.may_be_block(&r.expr),
            Expr::Call(_) | Expr::Struct(_) => true,
            e => self.has_block(e),
        }
    }

    fn has_block(&self, e: &Expr) -> bool {
        match bare(e) {
            Expr::Async(_) => true,
            Expr::Path(p) => {
                let local = p.path.get_ident().and_then(|i| self.lookup(&self.cx.var(i)));
                local.is_some_and(|l| self.futures.contains(&l))
            }
            Expr::MethodCall(m) => self.has_block(&m.receiver) || m.args.iter().any(|e| self.has_block(e)),
            Expr::Call(c) => c.args.iter().any(|e| self.has_block(e)),
            Expr::Tuple(t) => t.elems.iter().any(|e| self.has_block(e)),
            Expr::Array(a) => a.elems.iter().any(|e| self.has_block(e)),
            Expr::Reference(r) => self.has_block(&r.expr),
            Expr::Macro(m) => super::macros::name_is(&m.mac, "vec") && writes_block(&m.mac),
            _ => false,
        }
    }
}

/// Whether an `async` block stands in a list that a macro makes.
fn writes_block(mac: &syn::Macro) -> bool {
    let word = |t: proc_macro2::TokenTree| matches!(t, proc_macro2::TokenTree::Ident(i) if i == "async");
    mac.tokens.clone().into_iter().any(word)
}
