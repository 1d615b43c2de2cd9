//! Places of expressions, statements and patterns, taken from single tokens.
//!
//! `Spanned::span()` prints its node to tokens; it is asked only of small nodes, or where annotations need it.

use proc_macro2::Span as TokenSpan;
use syn::spanned::Spanned;
use syn::{Expr, Pat, Stmt};

use super::Cx;
use crate::source::Span;

/// Place of an expression: all of a path, a field of it or a literal, else the token that says what it does.
pub(super) fn expr(cx: &Cx<'_>, e: &Expr) -> Span {
    let mut e = e;
    loop {
        e = match e {
            Expr::Paren(inner) => &inner.expr,
            Expr::Group(inner) => &inner.expr,
            Expr::Reference(inner) => &inner.expr,
            Expr::RawAddr(inner) => &inner.expr,
            Expr::Await(inner) => &inner.base,
            Expr::Try(inner) => &inner.expr,
            Expr::Cast(inner) => &inner.expr,
            Expr::Unary(inner) => &inner.expr,
            _ => break,
        }
    }
    let token = match e {
        Expr::Path(p) => return path(cx, &p.path),
        Expr::Lit(l) => l.lit.span(),
        Expr::Field(_) | Expr::Index(_) => return chain(cx, e),
        Expr::MethodCall(m) => return cx.word(&m.method),
        Expr::Call(c) => match &*c.func {
            Expr::Path(p) => return name(cx, &p.path),
            func => return expr(cx, func),
        },
        Expr::Macro(m) if ["concat", "stringify"].iter().any(|name| super::macros::name_is(&m.mac, name)) => {
            return cx.text_of(e).map_or_else(|| cx.span(last(&m.mac.path)), |text| text.span);
        }
        Expr::Macro(m) => last(&m.mac.path),
        Expr::Struct(s) => return name(cx, &s.path),
        Expr::Binary(b) => match cx.text_of(e) {
            Some(text) => return text.span,
            None => operator(&b.op),
        },
        Expr::Array(a) => a.bracket_token.span.join(),
        Expr::Assign(a) => a.eq_token.span,
        Expr::Async(a) => a.async_token.span,
        Expr::Block(b) => b.block.brace_token.span.open(),
        Expr::Break(b) => b.break_token.span,
        Expr::Closure(c) => return cx.span(c.inputs_begin.span).to(cx.span(c.inputs_end.span)),
        Expr::Const(c) => c.const_token.span,
        Expr::Continue(c) => c.continue_token.span,
        Expr::ForLoop(f) => f.for_token.span,
        Expr::If(i) => i.if_token.span,
        Expr::Infer(i) => i.underscore_token.span,
        Expr::Let(l) => l.let_token.span,
        Expr::Loop(l) => l.loop_token.span,
        Expr::Match(m) => m.match_token.span,
        Expr::Range(r) => match &r.limits {
            syn::RangeLimits::HalfOpen(t) => t.spans[0],
            syn::RangeLimits::Closed(t) => t.spans[0],
        },
        Expr::Repeat(r) => r.bracket_token.span.join(),
        Expr::Return(r) => r.return_token.span,
        Expr::TryBlock(t) => t.try_token.span,
        Expr::Tuple(t) => t.paren_token.span.join(),
        Expr::Unsafe(u) => u.unsafe_token.span,
        Expr::While(w) => w.while_token.span,
        Expr::Yield(y) => y.yield_token.span,
        other => other.span(),
    };
    cx.span(token)
}

/// From the base of `a.b[c].d` to its end; only the end if it is on another line, only the base if a macro wrote the
/// rest.
fn chain(cx: &Cx<'_>, e: &Expr) -> Span {
    let end = match e {
        Expr::Field(f) => match &f.member {
            syn::Member::Named(ident) => ident.span(),
            syn::Member::Unnamed(index) => index.span,
        },
        Expr::Index(i) => i.bracket_token.span.close(),
        other => other.span(),
    };
    let written = cx.places.writer(end) != 0;
    let end = cx.span(end);
    let mut base = e;
    loop {
        base = match base {
            Expr::Field(f) => &f.base,
            Expr::Index(i) => &i.expr,
            Expr::Paren(p) => &p.expr,
            _ => break,
        };
    }
    // `$user.email`: the part that the caller wrote says more than the call as a whole.
    if written {
        return expr(cx, base);
    }
    let whole = expr(cx, base).to(end);
    if cx.slice(whole).contains('\n') { end } else { whole }
}

/// From the first to the last name of a path.
pub(super) fn path(cx: &Cx<'_>, path: &syn::Path) -> Span {
    match (path.segments.first(), path.segments.last()) {
        (Some(first), Some(last)) if path.segments.len() > 1 => cx.word(&first.ident).to(cx.word(&last.ident)),
        (_, Some(last)) => cx.word(&last.ident),
        _ => cx.span(TokenSpan::call_site()),
    }
}

/// The place of the last name of a path.
pub(super) fn name(cx: &Cx<'_>, path: &syn::Path) -> Span {
    path.segments.last().map_or_else(|| cx.span(TokenSpan::call_site()), |s| cx.word(&s.ident))
}

/// The last name of a path.
pub(super) fn last(path: &syn::Path) -> TokenSpan {
    path.segments.last().map_or_else(TokenSpan::call_site, |s| s.ident.span())
}

/// An operator's token.
pub(super) fn operator(op: &syn::BinOp) -> TokenSpan {
    use syn::BinOp as B;
    match op {
        B::Add(t) => t.span,
        B::Sub(t) => t.span,
        B::Mul(t) => t.span,
        B::Div(t) => t.span,
        B::Rem(t) => t.span,
        B::BitXor(t) => t.span,
        B::BitAnd(t) => t.span,
        B::BitOr(t) => t.span,
        B::Lt(t) => t.span,
        B::Gt(t) => t.span,
        B::And(t) => t.spans[0],
        B::Or(t) => t.spans[0],
        B::Shl(t) => t.spans[0],
        B::Shr(t) => t.spans[0],
        B::Eq(t) => t.spans[0],
        B::Le(t) => t.spans[0],
        B::Ne(t) => t.spans[0],
        B::Ge(t) => t.spans[0],
        B::AddAssign(t) => t.spans[0],
        B::SubAssign(t) => t.spans[0],
        B::MulAssign(t) => t.spans[0],
        B::DivAssign(t) => t.spans[0],
        B::RemAssign(t) => t.spans[0],
        B::BitXorAssign(t) => t.spans[0],
        B::BitAndAssign(t) => t.spans[0],
        B::BitOrAssign(t) => t.spans[0],
        other => other.span(),
    }
}

/// Place of a pattern: its distinguishing token.
pub(super) fn pattern(cx: &Cx<'_>, pat: &Pat) -> Span {
    let token = match pat {
        Pat::Ident(p) => return cx.word(&p.ident),
        Pat::Path(p) => return path(cx, &p.path),
        Pat::TupleStruct(p) => return path(cx, &p.path),
        Pat::Struct(p) => return path(cx, &p.path),
        Pat::Lit(p) => p.lit.span(),
        Pat::Wild(p) => p.underscore_token.span,
        Pat::Tuple(p) => p.paren_token.span.open(),
        Pat::Slice(p) => p.bracket_token.span.open(),
        Pat::Paren(p) => return pattern(cx, &p.pat),
        Pat::Reference(p) => return pattern(cx, &p.pat),
        Pat::Type(p) => return pattern(cx, &p.pat),
        Pat::Guard(p) => return pattern(cx, &p.pat),
        Pat::Or(p) => match p.cases.first() {
            Some(first) => return pattern(cx, first),
            None => TokenSpan::call_site(),
        },
        other => other.span(),
    };
    cx.span(token)
}

/// The byte by which a statement is known to annotations.
pub(super) fn statement(cx: &Cx<'_>, stmt: &Stmt) -> Option<u32> {
    let token = match stmt {
        Stmt::Local(local) => local.let_token.span,
        Stmt::Expr(e, _) => e.span(),
        Stmt::Macro(m) => m.mac.path.span(),
        Stmt::Item(_) => return None,
    };
    Some(cx.span(token).lo)
}
