//! Macros in item position: statics, wrappers of items, schemas, and those that may define anything.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Expr, Item, ItemMacro, Macro, Token};

use super::by_example::Not;
use super::items::{self, At};
use super::{Cx, included, keys, paste, tables, types};
use crate::ir::GapKind;
use crate::ir::items::{Owner, Path, Storage, TypeRef};

/// Macros in item position that define nothing to be named.
const WITHOUT_ITEMS: &[&str] = &[
    "joinable",
    "allow_tables_to_appear_in_same_query",
    "allow_columns_to_appear_in_same_group_by_clause",
    "static_assertions",
    "const_assert",
    "compile_error",
    "criterion_group",
    "criterion_main",
    "forward_ready",
    "embed_migrations",
    "submit",
];

/// A macro in item position.
pub(super) fn item(cx: &mut Cx<'_>, at: At, i: &ItemMacro) {
    let mac = &i.mac;
    let Some(last) = mac.path.segments.last() else { return };
    let last = &last.ident;
    if last == "macro_rules" {
        return cx.define(i, None);
    }
    let near = cx.expand_items(at, mac, false);
    if near.is_ok() {
        return;
    }
    if last == "thread_local" || last == "lazy_static" || last == "task_local" {
        if statics(cx, at, mac) {
            return;
        }
    } else if last == "cfg_if" || last == "cfg_select" {
        for tokens in braces(&mac.tokens) {
            if let Ok(file) = syn::parse2::<syn::File>(tokens) {
                items::all(cx, at, &file.items);
            }
        }
        return;
    } else if (last == "table" && tables::table(cx, at.module, mac)) || WITHOUT_ITEMS.iter().any(|known| last == known)
    {
        return names(cx, &mac.tokens);
    }
    if last == "paste"
        && near == Err(Not::Ours)
        && let Ok(file) = syn::parse2::<syn::File>(paste::joined(mac.tokens.clone()))
    {
        return items::all(cx, at, &file.items);
    }
    if last == "define_sql_function" || last == "sql_function" {
        return tables::functions(cx, at, mac);
    }
    if last == "alias" && tables::named_aliases(cx, at, mac) {
        return;
    }
    if near == Err(Not::Ours) && cx.expand_items(at, mac, true).is_ok() {
        return;
    }
    // `pin_project! { struct .. }` and the like: the items are those written, and perhaps more.
    if let Ok(file) = syn::parse2::<syn::File>(mac.tokens.clone()) {
        let ordinary =
            !file.items.is_empty() && file.items.iter().all(|i| !matches!(i, Item::Macro(_) | Item::Verbatim(_)));
        if ordinary {
            cx.unit.hidden_items = true;
            let before = cx.unit.types.len() as u32;
            items::all(cx, at, &file.items);
            if last == "pin_project" {
                (before..cx.unit.types.len() as u32).for_each(|index| super::derived::projection(cx, at, index));
            }
            return;
        }
    }
    if at.test {
        return literals(cx, &mac.tokens);
    }
    if !included::items(cx, at, mac) {
        hidden(cx, mac);
    }
}

/// A macro among the members of an impl or trait, each of which goes to `f`.
pub(super) fn members<T: Parse>(cx: &mut Cx<'_>, at: At, mac: &Macro, mut f: impl FnMut(&mut Cx<'_>, &T)) {
    let read = |input: ParseStream<'_>| {
        let mut all: Vec<T> = Vec::new();
        while !input.is_empty() {
            all.push(input.parse()?);
        }
        Ok(all)
    };
    if mac.path.segments.last().is_some_and(|s| s.ident == "paste")
        && let Ok(all) = read.parse2(paste::joined(mac.tokens.clone()))
    {
        return all.iter().for_each(|one| f(cx, one));
    }
    if cx.expand_members(at, mac, f).is_err() {
        hidden(cx, mac);
    }
}

/// An item macro that may define anything.
fn hidden(cx: &mut Cx<'_>, mac: &Macro) {
    cx.unit.hidden_items = true;
    let span = cx.span(keys::last(&mac.path));
    if !cx.macros.said(span) {
        let name = types::path(cx, &mac.path).segments.join("::");
        cx.gap(span, GapKind::Macro, format!("the items of macro `{name}!` were not read"));
    }
    literals(cx, &mac.tokens);
    names(cx, &mac.tokens);
}

/// Notes what a macro names that is not read.
fn names(cx: &mut Cx<'_>, tokens: &TokenStream) {
    for token in tokens.clone() {
        match token {
            TokenTree::Group(group) => names(cx, &group.stream()),
            TokenTree::Ident(ident) => cx.unread(&ident),
            TokenTree::Literal(_) | TokenTree::Punct(_) => {}
        }
    }
}

/// The type of a static of `thread_local!` or `task_local!`, by which its value is reached.
fn key_of(key: &[&str], ty: TypeRef) -> TypeRef {
    let segments = key.iter().map(|s| (*s).into()).collect();
    TypeRef::Path(Path { segments, args: vec![ty], global: true, ..Path::default() })
}

/// `static [ref] NAME: Type [= init];` of `thread_local!`, `task_local!` and `lazy_static!`.
pub(super) fn statics(cx: &mut Cx<'_>, at: At, mac: &Macro) -> bool {
    let name = mac.path.segments.last().map(|s| s.ident.to_string());
    let key: Option<&[&str]> = match name.as_deref() {
        Some("thread_local") => Some(&["std", "thread", "LocalKey"]),
        Some("task_local") => Some(&["tokio", "task", "LocalKey"]),
        _ => None,
    };
    let read = |input: ParseStream<'_>| {
        let mut out = Vec::new();
        while !input.is_empty() {
            input.call(syn::Attribute::parse_outer)?;
            let _: syn::Visibility = input.parse()?;
            let _: Token![static] = input.parse()?;
            let _: Option<Token![ref]> = input.parse()?;
            let name: syn::Ident = input.parse()?;
            let _: Token![:] = input.parse()?;
            let ty: syn::Type = input.parse()?;
            let init: Option<Expr> = if input.peek(Token![=]) {
                let _: Token![=] = input.parse()?;
                Some(input.parse()?)
            } else {
                None
            };
            let _: Option<Token![;]> = input.parse()?;
            out.push((name, ty, init));
        }
        Ok(out)
    };
    let Ok(found) = Parser::parse2(read, mac.tokens.clone()) else { return false };
    for (name, ty, init) in found {
        let ty = types::ty(cx, &ty);
        let ty = if let Some(key) = key { key_of(key, ty) } else { ty };
        items::constant(cx, at, Owner::Module, &name, ty, init.as_ref(), Storage::Static);
    }
    true
}

/// Contents of the braces at the top of a stream.
pub(super) fn braces(tokens: &TokenStream) -> Vec<TokenStream> {
    let mut out = Vec::new();
    for token in tokens.clone() {
        if let TokenTree::Group(group) = token
            && group.delimiter() == Delimiter::Brace
        {
            out.push(group.stream());
        }
    }
    out
}

/// Looks for SQL in every string literal of a stream.
fn literals(cx: &mut Cx<'_>, tokens: &TokenStream) {
    for token in tokens.clone() {
        match token {
            TokenTree::Group(group) => literals(cx, &group.stream()),
            TokenTree::Literal(literal) => {
                if let syn::Lit::Str(_) = syn::Lit::new(literal.clone())
                    && let Some(text) = cx.token_text(literal.span(), || literal.to_string())
                {
                    cx.embed(&text);
                }
            }
            _ => {}
        }
    }
}
