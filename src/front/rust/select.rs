//! `tokio::select!` and the futures given to `join!`.

use syn::parse::{ParseStream, Parser};
use syn::{Expr, Macro, Pat, Token};

use super::body::{Body, Dst};
use super::cond::ends;
use super::keys;
use super::pat::Scrutinee;
use crate::ir::body::{Cond, Operand, Stmt};
use crate::source::Span;

/// The value of a future: an `async` block is run.
pub(super) fn awaited(b: &mut Body<'_, '_>, e: &Expr) -> Operand {
    let span = keys::expr(b.cx, e);
    let operand = b.operand(e);
    b.waited(operand, e, span)
}

/// One branch of `select!`.
struct Branch {
    on: Option<(Pat, Expr, Option<Expr>)>,
    then: Expr,
}

fn branches(input: ParseStream<'_>) -> syn::Result<Vec<Branch>> {
    let mut out = Vec::new();
    if input.peek(syn::Ident) && input.peek2(Token![;]) {
        let _: syn::Ident = input.parse()?;
        let _: Token![;] = input.parse()?;
    }
    while !input.is_empty() {
        let bare = input.peek(Token![else]) || (input.peek(syn::Ident) && input.peek2(Token![=>]));
        let on = if bare {
            let _: proc_macro2::TokenTree = input.parse()?;
            None
        } else {
            let pat = Pat::parse_multi_with_leading_vert(input)?;
            let _: Token![=] = input.parse()?;
            let future: Expr = input.parse()?;
            let cond = if input.peek(Token![,]) {
                let _: Token![,] = input.parse()?;
                let _: Token![if] = input.parse()?;
                Some(input.parse()?)
            } else {
                None
            };
            Some((pat, future, cond))
        };
        let _: Token![=>] = input.parse()?;
        let then = Expr::parse_with_earlier_boundary_rule(input)?;
        let _: Option<Token![,]> = input.parse()?;
        out.push(Branch { on, then });
    }
    Ok(out)
}

/// `tokio::select!`: any branch may be taken.
pub(super) fn select(b: &mut Body<'_, '_>, dst: Dst<'_>, mac: &Macro, at: Span) -> bool {
    let Ok(list) = branches.parse2(mac.tokens.clone()) else { return false };
    let end = b.label();
    let (mut body, ()) = b.buffer(|b| {
        for branch in &list {
            b.guarded(
                |b, to| {
                    b.require(Cond::Unknown, to, at);
                    if let Some((pat, future, cond)) = &branch.on {
                        if let Some(cond) = cond {
                            b.unless(cond, to);
                        }
                        let value = awaited(b, future);
                        let place = b.place_of(value, at);
                        b.pattern(pat, &Scrutinee::Place(place, false), Some(to));
                    }
                },
                |b| {
                    b.run(dst, &branch.then);
                    if !ends(&b.out) {
                        let jump = b.jump(end);
                        b.out.push(jump);
                    }
                },
                None::<fn(&mut Body<'_, '_>)>,
            );
        }
    });
    body.push(Stmt::Unreachable);
    b.out.push(Stmt::Block { label: end, body });
    true
}
