//! What a macro of the workspace writes for a type, as far as its `quote!` says it: the functions of an impl, and what
//! they give.

use proc_macro2::{Delimiter, Ident, Span, TokenStream, TokenTree};

use super::{Cx, types};
use crate::ir::items::{Quoted, TypeRef};

/// Notes the functions of the impls for the type at hand in quoted code.
pub(super) fn quoted(cx: &mut Cx<'_>, tokens: &TokenStream) {
    let tokens: Vec<TokenTree> = tokens.clone().into_iter().collect();
    let mut rest = tokens.as_slice();
    while let Some(at) = rest.iter().position(|t| is(t, "impl")) {
        rest = rest.get(at + 1..).unwrap_or(&[]);
        let Some(end) = rest.iter().position(|t| braced(t).is_some()) else { return };
        let header = rest.get(..end).unwrap_or(&[]);
        if let (Some(own), Some(items)) = (subject(header), rest.get(end).and_then(braced)) {
            let found = functions(cx, &items.into_iter().collect::<Vec<_>>(), &own);
            cx.unit.quoted.extend(found);
        }
        rest = rest.get(end + 1..).unwrap_or(&[]);
    }
}

/// The variable that stands for the type which an impl is for: `#name` of `impl #name`, of `impl Trait for #name` and of
/// `impl #generics #name #arguments #bounds`.
fn subject(header: &[TokenTree]) -> Option<Ident> {
    let behind = header.iter().position(|t| is(t, "for")).map_or(0, |at| at + 1);
    let of_trait = behind > 0;
    let put_in: Vec<&Ident> = variables(header.get(behind..)?);
    match put_in.as_slice() {
        [own] => Some((*own).clone()),
        [own, ..] if of_trait => Some((*own).clone()),
        [_, own, _, ..] => Some((*own).clone()),
        _ => None,
    }
}

/// What is put into quoted code: `#name`.
fn variables(tokens: &[TokenTree]) -> Vec<&Ident> {
    let pairs = tokens.iter().zip(tokens.iter().skip(1));
    let named = pairs.filter_map(|(sign, name)| match (sign, name) {
        (TokenTree::Punct(p), TokenTree::Ident(name)) if p.as_char() == '#' => Some(name),
        _ => None,
    });
    named.collect()
}

fn functions(cx: &Cx<'_>, items: &[TokenTree], own: &Ident) -> Vec<Quoted> {
    let mut out = Vec::new();
    let mut rest = items;
    while let Some(at) = rest.iter().position(|t| is(t, "fn")) {
        rest = rest.get(at + 1..).unwrap_or(&[]);
        let Some(TokenTree::Ident(name)) = rest.first() else { continue };
        let end = rest.iter().position(|t| braced(t).is_some()).unwrap_or(rest.len());
        let signature = rest.get(..end).unwrap_or(&[]);
        let ret = match arrow(signature) {
            None => Some(TypeRef::Tuple(Vec::new())),
            Some(ret) => syn::parse2(filled(ret, own)).ok().map(|t| types::ty(cx, &t)),
        };
        out.extend(ret.map(|ret| Quoted { name: types::name(name), ret }));
        rest = rest.get(end..).unwrap_or(&[]);
    }
    out
}

/// What stands between the arrow of a signature and what follows the type.
fn arrow(signature: &[TokenTree]) -> Option<&[TokenTree]> {
    let punct = |t: &TokenTree, c: char| matches!(t, TokenTree::Punct(p) if p.as_char() == c);
    let end = signature.iter().position(|t| is(t, "where")).unwrap_or(signature.len());
    let before = signature.get(..end)?;
    // Bounds before it may have arrows of their own.
    let at = before.windows(2).rposition(|w| matches!(w, [a, b] if punct(a, '-') && punct(b, '>')))?;
    before.get(at + 2..)
}

/// Quoted code with the type at hand as `Self`, and of what else is put in nothing.
fn filled(tokens: &[TokenTree], own: &Ident) -> TokenStream {
    let mut out = Vec::new();
    let mut rest = tokens.iter().peekable();
    while let Some(token) = rest.next() {
        match (token, rest.peek()) {
            (TokenTree::Punct(p), Some(TokenTree::Ident(name))) if p.as_char() == '#' => {
                let stands_for = if name == own { "Self" } else { "_" };
                out.push(TokenTree::Ident(Ident::new(stands_for, Span::call_site())));
                rest.next();
            }
            (TokenTree::Group(g), _) => {
                let inner: Vec<TokenTree> = g.stream().into_iter().collect();
                let group = proc_macro2::Group::new(g.delimiter(), filled(&inner, own));
                out.push(TokenTree::Group(group));
            }
            (token, _) => out.push(token.clone()),
        }
    }
    out.into_iter().collect()
}

fn is(token: &TokenTree, word: &str) -> bool {
    matches!(token, TokenTree::Ident(ident) if ident == word)
}

fn braced(token: &TokenTree) -> Option<TokenStream> {
    match token {
        TokenTree::Group(g) if g.delimiter() == Delimiter::Brace => Some(g.stream()),
        _ => None,
    }
}
