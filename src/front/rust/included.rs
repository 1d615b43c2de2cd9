//! What a build script writes and code includes: the Rust of messages of protocol buffers.

use std::str::FromStr;

use proc_macro2::{Group, Span as TokenSpan, TokenStream, TokenTree};
use syn::Macro;

use super::items::{self, At};
use super::{Cx, keys};
use crate::front::proto::Messages;

/// Lowers the items that a call includes, if they are known; false if there may be others as well, of which nothing has
/// been said.
pub(super) fn items(cx: &mut Cx<'_>, at: At, mac: &Macro) -> bool {
    let Some(written) = written(cx, mac) else { return false };
    let Ok(tokens) = TokenStream::from_str(&written.text) else { return false };
    // All of it stands where it is included.
    let Ok(file) = syn::parse2::<syn::File>(placed(tokens, keys::last(&mac.path))) else { return false };
    let notes = cx.notes.take();
    items::all(cx, at, &file.items);
    cx.notes = notes;
    // Of services only the messages are read.
    cx.unit.hidden_items |= written.serves;
    !written.broken
}

/// What is included by `include_proto!("package")`, or `include!(concat!(env!("OUT_DIR"), "/package.rs"))`.
fn written<'t>(cx: &Cx<'t>, mac: &Macro) -> Option<&'t Messages> {
    let mut texts = Vec::new();
    strings(&mac.tokens, &mut texts);
    let last = mac.path.segments.last()?;
    let file = texts.last()?.rsplit('/').next()?;
    let package = match texts.as_slice() {
        [_] if last.ident == "include_proto" => file,
        [dir, _] if last.ident == "include" && dir == "OUT_DIR" => file.strip_suffix(".rs")?,
        _ => return None,
    };
    cx.macros.written_of(if package == "_" { "" } else { package })
}

fn strings(tokens: &TokenStream, out: &mut Vec<String>) {
    for token in tokens.clone() {
        match token {
            TokenTree::Group(group) => strings(&group.stream(), out),
            TokenTree::Literal(literal) => {
                if let syn::Lit::Str(text) = syn::Lit::new(literal) {
                    out.push(text.value());
                }
            }
            TokenTree::Ident(_) | TokenTree::Punct(_) => {}
        }
    }
}

/// Tokens that all stand at one place.
fn placed(tokens: TokenStream, at: TokenSpan) -> TokenStream {
    let place = |token: TokenTree| {
        let mut token = match token {
            TokenTree::Group(group) => TokenTree::Group(Group::new(group.delimiter(), placed(group.stream(), at))),
            token => token,
        };
        token.set_span(at);
        token
    };
    tokens.into_iter().map(place).collect()
}
