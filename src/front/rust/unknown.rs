//! Macro calls that this front end does not know.
//!
//! They are read as a list of expressions, else as statements, else as JSON-like entries, else as blocks after
//! names; what has none of these forms is scanned for names of variables and counted.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::parse::Parser;
use syn::{Block, Expr, Macro};

use super::body::{Body, Dst, Var};
use super::macros::{callee, exprs, list};
use super::{format, keys, types};
use crate::ir::GapKind;
use crate::ir::body::{Cond, Lit, Operand, Place, Rvalue, Sel};
use crate::source::Span;

/// A call of a macro that a model may know; `before` and `after` are operands that are already made.
pub(super) fn macro_call(
    b: &mut Body<'_, '_>,
    dst: Dst<'_>,
    mac: &Macro,
    before: &[(Operand, Span)],
    args: &[Expr],
    after: &[(Operand, Span)],
    at: Span,
) {
    let (mut operands, mut spans): (Vec<_>, Vec<_>) = before.iter().cloned().unzip();
    for arg in args {
        // `name = value` is an argument here, not an assignment.
        let arg = match arg {
            Expr::Assign(a) => &*a.right,
            arg => arg,
        };
        spans.push(keys::expr(b.cx, arg));
        operands.push(match b.cx.text_of(arg) {
            Some(text) => {
                b.cx.embed(&text);
                Operand::Lit(Lit::Str(text.text))
            }
            None => b.operand(arg),
        });
    }
    for (operand, span) in after {
        operands.push(operand.clone());
        spans.push(*span);
    }
    let callee = callee(b, mac);
    b.assign(dst, Rvalue::Call { callee, args: operands, spans, site: 0 }, at);
}

/// Variables that the texts among the arguments of an unknown macro capture: it may format them. SQL does not.
fn captured(b: &mut Body<'_, '_>, mac: &Macro, args: &[Expr]) -> Vec<(Operand, Span)> {
    let mut out = Vec::new();
    if mac.path.segments.last().is_some_and(|s| s.ident.to_string().starts_with("query")) {
        return out;
    }
    for arg in args {
        let Some(text) = b.cx.text_of(arg).filter(|t| t.text.contains('{')) else { continue };
        for (name, lo, hi) in format::captures(&text.text) {
            if let Some(local) = b.lookup(&Var { name, by: text.by }) {
                out.push((Operand::Place(local.into()), text.map.span(lo as u32, hi as u32)));
            }
        }
    }
    out
}

/// A macro that is not known.
pub(super) fn unknown(b: &mut Body<'_, '_>, dst: Dst<'_>, mac: &Macro, at: Span) {
    if let Some(args) = exprs(mac) {
        let captured = captured(b, mac, &args);
        return macro_call(b, dst, mac, &[], &args, &captured, at);
    }
    if let Ok(stmts) = Block::parse_within.parse2(mac.tokens.clone()) {
        return b.scope(|b| b.statements(dst, &stmts));
    }
    if b.json(dst, &mac.tokens, false, at) || b.json(dst, &mac.tokens, true, at) {
        return;
    }
    if blocks(b, dst, &mac.tokens, at) {
        return;
    }
    if !b.at.test && !b.cx.macros.said(at) {
        let name = types::path(b.cx, &mac.path).segments.join("::");
        b.cx.gap(at, GapKind::Macro, format!("macro `{name}!` was only scanned for names of variables"));
    }
    let mut found = Vec::new();
    scan(b, &mac.tokens, at, &mut found);
    b.assign(dst, Rvalue::Opaque(found), at);
}

/// `run! { conn: { .. } }`, `run! { @a { .. } @b { .. } }`: blocks of statements after names; `false` if there is
/// anything else.
fn blocks(b: &mut Body<'_, '_>, dst: Dst<'_>, tokens: &TokenStream, at: Span) -> bool {
    let mut list = Vec::new();
    for token in tokens.clone() {
        match token {
            TokenTree::Ident(_) => {}
            TokenTree::Punct(p) if matches!(p.as_char(), ':' | '@' | ',' | ';') => {}
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                match Block::parse_within.parse2(group.stream()) {
                    Ok(stmts) => list.push(stmts),
                    Err(_) => return false,
                }
            }
            _ => return false,
        }
    }
    match list.as_slice() {
        [] => return false,
        [one] => b.scope(|b| b.statements(dst, one)),
        several => {
            for stmts in several {
                b.guarded(
                    |b, to| b.require(Cond::Unknown, to, at),
                    |b| b.scope(|b| b.statements(dst, stmts)),
                    None::<fn(&mut Body<'_, '_>)>,
                );
            }
        }
    }
    true
}

/// Names of variables in a stream, with the fields that follow them, and captures in its strings.
fn scan(b: &mut Body<'_, '_>, tokens: &TokenStream, at: Span, found: &mut Vec<Operand>) {
    let mut add = |operand: Operand| {
        if !found.contains(&operand) {
            found.push(operand);
        }
    };
    let all: Vec<TokenTree> = tokens.clone().into_iter().collect();
    let punct = |i: usize, c: char| matches!(all.get(i), Some(TokenTree::Punct(p)) if p.as_char() == c);
    let mut groups = Vec::new();
    let mut i = 0;
    while i < all.len() {
        match &all[i] {
            TokenTree::Group(group) => groups.push((group.delimiter(), group.stream())),
            TokenTree::Ident(ident) => {
                if !b.at.test {
                    b.cx.unread(ident);
                }
                let after_dot = i > 0 && (punct(i - 1, '.') || punct(i - 1, ':'));
                let path = punct(i + 1, ':') && punct(i + 2, ':');
                if !after_dot
                    && !path
                    && !punct(i + 1, '!')
                    && let Some(local) = b.lookup(&b.cx.var(ident))
                {
                    let mut place = Place::from(local);
                    while punct(i + 1, '.')
                        && let Some(TokenTree::Ident(field)) = all.get(i + 2)
                        && !matches!(all.get(i + 3), Some(TokenTree::Group(g)) if g.delimiter() == Delimiter::Parenthesis)
                    {
                        place.path.push(Sel::Field(types::name(field)));
                        i += 2;
                    }
                    add(Operand::Place(place));
                }
            }
            TokenTree::Literal(literal) => {
                if let Some(text) = b.cx.token_text(literal.span(), || literal.to_string())
                    && matches!(syn::Lit::new(literal.clone()), syn::Lit::Str(_))
                {
                    b.cx.embed(&text);
                    for (name, ..) in format::captures(&text.text) {
                        if let Some(local) = b.lookup(&Var { name, by: text.by }) {
                            add(Operand::Place(local.into()));
                        }
                    }
                }
            }
            TokenTree::Punct(_) => {}
        }
        i += 1;
    }
    for (delimiter, group) in groups {
        // Code inside markup: `{ mask(&user.email) }`, `(user.name)`.
        if delimiter == Delimiter::Brace
            && let Ok(stmts) = Block::parse_within.parse2(group.clone())
            && matches!(stmts.last(), Some(syn::Stmt::Expr(e, None)) if !matches!(e, Expr::Lit(_)))
        {
            let temp = Place::from(b.temp(at));
            b.scope(|b| b.statements(Some(&temp), &stmts));
            found.push(Operand::Place(temp));
        } else if delimiter == Delimiter::Parenthesis
            && let Ok(args) = list.parse2(group.clone())
        {
            for arg in &args {
                let operand = b.operand(arg);
                if matches!(operand, Operand::Place(_)) && !found.contains(&operand) {
                    found.push(operand);
                }
            }
        } else {
            scan(b, &group, at, found);
        }
    }
}
