//! `paste!`: names that are joined of several words.

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};

use crate::ir::case::{pascal, snake};

/// Tokens in which each `[<get_ name>]` is the one name that it joins.
pub(super) fn joined(tokens: TokenStream) -> TokenStream {
    let one = |token: TokenTree| match token {
        TokenTree::Group(group) => match name_of(&group) {
            Some(name) => TokenTree::Ident(name),
            None => {
                let mut inner = Group::new(group.delimiter(), joined(group.stream()));
                inner.set_span(group.span());
                TokenTree::Group(inner)
            }
        },
        token => token,
    };
    tokens.into_iter().map(one).collect()
}

/// The name that stands in `[< >]`.
fn name_of(group: &Group) -> Option<Ident> {
    let tokens: Vec<TokenTree> = group.stream().into_iter().collect();
    let is = |token: &TokenTree, sign: char| matches!(token, TokenTree::Punct(p) if p.as_char() == sign);
    let [first, words @ .., last] = tokens.as_slice() else { return None };
    if group.delimiter() != Delimiter::Bracket || !is(first, '<') || !is(last, '>') {
        return None;
    }
    let (mut name, mut place) = (String::new(), None);
    let mut rest = words;
    while let Some((token, after)) = rest.split_first() {
        rest = after;
        let mut word = match token {
            TokenTree::Ident(ident) => {
                place = place.or(Some(ident.span()));
                ident.to_string().trim_start_matches("r#").to_owned()
            }
            TokenTree::Literal(text) => text.to_string().trim_matches('"').to_owned(),
            _ => return None,
        };
        while let [sign, TokenTree::Ident(how), after @ ..] = rest
            && is(sign, ':')
        {
            word = match how.to_string().as_str() {
                "lower" => word.to_lowercase(),
                "upper" => word.to_uppercase(),
                "snake" => snake(&word),
                "camel" | "upper_camel" => pascal(&word),
                _ => return None,
            };
            rest = after;
        }
        name.push_str(&word);
    }
    let begins = name.starts_with(|c: char| c.is_alphabetic() || c == '_') && name != "_";
    let is_name = begins && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    is_name.then(|| Ident::new(&name, place.unwrap_or_else(|| group.span())))
}
