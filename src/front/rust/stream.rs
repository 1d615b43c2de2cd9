//! `stream! { .. yield item; .. }`: its block runs where the stream is made, and what it yields are the stream's items.

use proc_macro2::{Group, TokenStream, TokenTree};
use syn::parse::Parser;
use syn::{Block, Macro};

use super::body::{Body, Dst};
use crate::ir::body::{Aggregate, Callee, Operand, Place, Rvalue, Sel};
use crate::source::Span;

/// Lowers a stream; `false` if the macro is not one. Where `?` ends it (`tried`), the error is its last item.
pub(super) fn stream(b: &mut Body<'_, '_>, dst: Dst<'_>, mac: &Macro, tried: bool, at: Span) -> bool {
    if !yields(&mac.tokens) {
        return false;
    }
    let Ok(stmts) = Block::parse_within.parse2(without_await(mac.tokens.clone())) else { return false };
    let items = b.local(None, None, at);
    b.assign(Some(&items.into()), Rvalue::Aggregate { kind: Aggregate::List, fields: Vec::new(), base: None }, at);
    let block = b.closure(Vec::new(), at, None, |b, _| {
        let outer = b.items.replace(items);
        b.statements(None, &stmts);
        b.items = outer;
    });
    let block = b.value(Rvalue::Closure(block), at);
    let call = Rvalue::Call { callee: Callee::Value(block), args: Vec::new(), spans: Vec::new(), site: 0 };
    let end = b.value(call, at);
    if tried {
        b.assign(Some(&item(items)), Rvalue::Use(end), at);
    }
    b.assign(dst, Rvalue::Use(Operand::Place(items.into())), at);
    true
}

/// Some item of the stream.
pub(super) fn item(items: crate::ir::body::Local) -> Place {
    Place { base: items, path: vec![Sel::Index(None)] }
}

fn yields(tokens: &TokenStream) -> bool {
    tokens.clone().into_iter().any(|t| match t {
        TokenTree::Ident(i) => i == "yield",
        TokenTree::Group(g) => yields(&g.stream()),
        _ => false,
    })
}

/// `for await item in stream`, as it stands in these macros, is a loop over what the stream gives.
fn without_await(tokens: TokenStream) -> TokenStream {
    let is = |t: &TokenTree, word: &str| matches!(t, TokenTree::Ident(i) if i == word);
    let mut out: Vec<TokenTree> = Vec::new();
    for token in tokens {
        match token {
            t if is(&t, "await") && out.last().is_some_and(|last| is(last, "for")) => {}
            TokenTree::Group(g) => {
                let mut inner = Group::new(g.delimiter(), without_await(g.stream()));
                inner.set_span(g.span());
                out.push(inner.into());
            }
            t => out.push(t),
        }
    }
    out.into_iter().collect()
}
