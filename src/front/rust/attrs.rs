//! Attributes: what `#[cfg(test)]`, `#[derive]`, serde, sqlx, diesel and thiserror say.

use std::borrow::Cow;

use proc_macro2::{TokenStream, TokenTree};
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, ExprLit, Lit, Meta, Token};

use super::cond::bare;
use super::literal::written;
use super::{Cx, types};
use crate::ir::Name;
use crate::ir::attr::Attr;
use crate::ir::items::FieldAttrs;

/// The metas in the parentheses of a list, if they have that form.
pub(super) fn nested(meta: &Meta) -> Vec<Meta> {
    match meta {
        Meta::List(list) => list
            .parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated)
            .map(|list| list.into_iter().collect())
            .unwrap_or_default(),
        _ => Vec::new(),
    }
}

/// The string of `name = "string"`.
pub(super) fn string(meta: &Meta) -> Option<String> {
    match meta {
        Meta::NameValue(nv) => match bare(&nv.value) {
            Expr::Lit(ExprLit { lit: Lit::Str(s), .. }) => Some(s.value()),
            Expr::Path(p) => p.path.segments.last().map(|s| types::name(&s.ident).to_string()),
            _ => None,
        },
        _ => None,
    }
}

fn is(meta: &Meta, name: &str) -> bool {
    meta.path().is_ident(name)
}

/// Whether something stands only in tests.
pub(super) fn for_test(attrs: &[Attribute]) -> bool {
    said(attrs).for_test()
}

/// Whether a `cfg` can hold only under `test`.
fn requires_test(meta: &Meta) -> bool {
    if is(meta, "test") {
        return true;
    }
    let parts = nested(meta);
    if is(meta, "all") {
        parts.iter().any(requires_test)
    } else if is(meta, "any") {
        !parts.is_empty() && parts.iter().all(requires_test)
    } else {
        false
    }
}

/// The predicates of the `cfg`s of something.
pub(super) fn predicates(attrs: &[Attribute]) -> Vec<TokenStream> {
    let mut found = Vec::new();
    each(attrs, |meta| {
        if let Meta::List(list) = meta
            && is(meta, "cfg")
        {
            found.push(list.tokens.clone());
        }
    });
    found
}

/// What `not(..)` denies, if a predicate is one.
pub(super) fn denied(predicate: &TokenStream) -> Option<String> {
    let mut tokens = predicate.clone().into_iter();
    match (tokens.next()?, tokens.next()?, tokens.next()) {
        (TokenTree::Ident(not), TokenTree::Group(group), None) if not == "not" => Some(group.stream().to_string()),
        _ => None,
    }
}

/// The metas of attributes that are no documentation, those inside `cfg_attr(.., ..)` included, which are parsed for it.
pub(super) struct Said<'a>(Vec<Cow<'a, Meta>>);

/// What attributes say.
pub(super) fn said(attrs: &[Attribute]) -> Said<'_> {
    let mut metas = Vec::new();
    for attr in attrs {
        if attr.path().is_ident("doc") {
            continue;
        }
        if attr.path().is_ident("cfg_attr") {
            metas.extend(nested(&attr.meta).into_iter().skip(1).map(Cow::Owned));
        } else {
            metas.push(Cow::Borrowed(&attr.meta));
        }
    }
    Said(metas)
}

/// Calls `f` with each meta that attributes say.
pub(super) fn each(attrs: &[Attribute], f: impl FnMut(&Meta)) {
    said(attrs).each(f);
}

impl Said<'_> {
    fn each(&self, mut f: impl FnMut(&Meta)) {
        self.0.iter().for_each(|meta| f(meta));
    }

    /// Whether something stands only in tests: `#[cfg(test)]`, `#[test]`, `#[tokio::test]`, `#[rstest]` ...
    pub(super) fn for_test(&self) -> bool {
        let mut found = false;
        self.each(|meta| {
            if is(meta, "cfg") {
                found |= nested(meta).iter().any(requires_test);
            } else if let Some(last) = meta.path().segments.last() {
                found |= ["test", "rstest", "test_case", "bench"].iter().any(|name| last.ident == name);
            }
        });
        found
    }

    /// The last segments of derived traits; and those that are written as paths, as attributes of these paths.
    pub(super) fn derives(&self) -> (Vec<Name>, Vec<Attr>) {
        let (mut names, mut by_path) = (Vec::new(), Vec::new());
        self.each(|meta| {
            if !is(meta, "derive") {
                return;
            }
            for derived in nested(meta) {
                let segments = &derived.path().segments;
                names.extend(segments.last().map(|s| types::name(&s.ident)));
                if segments.len() > 1 {
                    let path = segments.iter().map(|s| s.ident.to_string()).collect::<Vec<_>>().join("::");
                    by_path.push(Attr { path, args: String::new() });
                }
            }
        });
        (names, by_path)
    }

    /// The format string of `#[error("..")]`, `#[display("..")]` or `#[snafu(display(".."))]`: in place of its arguments
    /// the fields that they name.
    pub(super) fn display(&self) -> Option<String> {
        let mut out = None;
        self.each(|meta| {
            if is(meta, "error") || is(meta, "display") {
                out = message(meta).or(out.take());
            } else if is(meta, "snafu") {
                let parts = nested(meta);
                let said = parts.iter().find(|part| is(part, "display"));
                out = said.and_then(message).or(out.take());
            }
        });
        out
    }
}

/// The text of a message, with the fields that its arguments are.
fn message(meta: &Meta) -> Option<String> {
    let Meta::List(list) = meta else { return None };
    let mut tokens = list.tokens.clone().into_iter();
    let Some(TokenTree::Literal(literal)) = tokens.find(|t| matches!(t, TokenTree::Literal(_))) else { return None };
    let Lit::Str(text) = Lit::new(literal) else { return None };
    Some(filled(&text.value(), &arguments(tokens)))
}

/// An argument of a message: its name, and the field that it is, or is made of: `.who`, `.who.trim()`, `n = .0`, `who`,
/// `self.who`, `_0`. What is written otherwise may be made of any.
#[derive(Default)]
struct Argument {
    name: Option<String>,
    field: Option<String>,
}

/// The arguments behind the text of a message.
fn arguments(tokens: impl Iterator<Item = TokenTree>) -> Vec<Argument> {
    let tokens: Vec<TokenTree> = tokens.collect();
    let comma = |t: &TokenTree| matches!(t, TokenTree::Punct(p) if p.as_char() == ',');
    let mut lists = tokens.split(comma);
    // Behind the text comes the first comma.
    lists.next();
    lists.filter(|list| !list.is_empty()).map(argument).collect()
}

fn argument(tokens: &[TokenTree]) -> Argument {
    let is = |t: &TokenTree, c: char| matches!(t, TokenTree::Punct(p) if p.as_char() == c);
    let (name, value) = match tokens {
        [TokenTree::Ident(name), equals, value @ ..] if is(equals, '=') => (Some(name.to_string()), value),
        value => (None, value),
    };
    // derive_more took expressions as texts once.
    if let [TokenTree::Literal(literal)] = value
        && let Lit::Str(code) = Lit::new(literal.clone())
    {
        let tokens: Vec<TokenTree> = code.value().parse::<TokenStream>().into_iter().flatten().collect();
        return Argument { name, ..argument(&tokens) };
    }
    // `*name`, `&self.name`.
    let around = |t: &TokenTree| is(t, '*') || is(t, '&') || matches!(t, TokenTree::Ident(i) if i == "self");
    let value = value.get(value.iter().take_while(|t| around(t)).count()..).unwrap_or_default();
    let (field, rest) = match value {
        [dot, field, rest @ ..] if is(dot, '.') => (field, rest),
        [field @ TokenTree::Ident(_), rest @ ..] => (field, rest),
        _ => return Argument { name, field: None },
    };
    if rest.first().is_some_and(empty) {
        return Argument { name, field: None };
    }
    // Another field, or an operator, may bring more.
    let alone = rest.iter().all(|t| is(t, '.') || is(t, '?') || matches!(t, TokenTree::Ident(_)) || empty(t));
    // How long it is says nothing of what is in it.
    let asked = matches!(rest, [.., TokenTree::Ident(of), call] if empty(call) && (of == "len" || of == "is_empty"));
    let field = match field {
        _ if !alone => None,
        _ if asked => Some("_".to_owned()),
        TokenTree::Ident(field) => Some(field.to_string()),
        TokenTree::Literal(at) => at.to_string().split('.').next().map(str::to_owned),
        _ => None,
    };
    Argument { name, field }
}

/// Whether a token is the parentheses of a call without arguments.
fn empty(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Group(g) if g.stream().is_empty())
}

/// The text of a message with the fields that stand at its holes; where one is not known, all may.
fn filled(text: &str, arguments: &[Argument]) -> String {
    if arguments.is_empty() {
        return text.to_owned();
    }
    let (mut out, mut rest, mut next) = (String::new(), text, 0);
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        out.push('{');
        if let Some(escaped) = after.strip_prefix('{') {
            out.push('{');
            rest = escaped;
            continue;
        }
        let end = after.find([':', '}']).unwrap_or(after.len());
        let (name, behind) = after.split_at(end);
        let of = match name.trim() {
            "" => {
                next += 1;
                arguments.get(next - 1)
            }
            name => match name.parse::<usize>() {
                // A field, if there is one of this position.
                Ok(at) => {
                    out.push_str(name);
                    arguments.get(at).filter(|a| a.name.is_none()).inspect(|_| out.push_str("}{"))
                }
                Err(_) => {
                    let of = arguments.iter().find(|a| a.name.as_deref() == Some(name));
                    out.push_str(if of.is_none() { name } else { "" });
                    of
                }
            },
        };
        out.push_str(of.and_then(|of| of.field.as_deref()).unwrap_or_default());
        rest = behind;
    }
    out.push_str(rest);
    out
}

/// What a field's attributes say.
pub(super) fn field(attrs: &[Attribute]) -> FieldAttrs {
    let mut out = FieldAttrs::default();
    each(attrs, |meta| {
        // poem's `#[oai(..)]` says of JSON what serde's attribute does.
        if is(meta, "serde") || is(meta, "oai") {
            for part in nested(meta) {
                let both = is(&part, "skip");
                if both || is(&part, "skip_deserializing") {
                    out.serde_unread = true;
                }
                if both || is(&part, "skip_serializing") || is(&part, "write_only") {
                    out.serde_skip = true;
                } else if is(&part, "flatten") {
                    out.flatten = true;
                } else if is(&part, "rename") {
                    let written =
                        string(&part).or_else(|| nested(&part).iter().find(|m| is(m, "serialize")).and_then(string));
                    out.serde_rename = written.map(Name::from).or(out.serde_rename.take());
                    let read = nested(&part).iter().find(|m| is(m, "deserialize")).and_then(string);
                    out.serde_alias.extend(read.map(Name::from));
                } else if is(&part, "default") {
                    out.serde_default = true;
                } else if is(&part, "alias") {
                    out.serde_alias.extend(string(&part).map(Name::from));
                } else if is(&part, "with") || is(&part, "serialize_with") {
                    out.serde_with = string(&part).or(out.serde_with.take());
                }
            }
        } else if is(meta, "from") {
            out.from = true;
            out.source = true;
            out.named.extend(names_in(meta));
        } else if is(meta, "source") {
            out.source = true;
        } else if is(meta, "graphql") {
            out.answer_skip |=
                nested(meta).iter().any(|part| ["skip", "skip_output", "ignore"].iter().any(|w| is(part, w)));
        } else if is(meta, "validate") {
            let with_message = |part: &Meta| nested(part).iter().any(|m| is(m, "message"));
            out.refused_silently = (!out.validated || out.refused_silently) && nested(meta).iter().all(with_message);
            out.validated = true;
        } else if is(meta, "redact") {
            out.debug_skip = true;
        } else if is(meta, "debug") {
            out.debug_skip |= nested(meta).iter().any(|part| is(part, "skip") || is(part, "ignore"));
        } else if is(meta, "derivative") || is(meta, "educe") {
            let ignored = |part: &Meta| {
                string(part).is_some_and(|s| s == "ignore") || nested(part).iter().any(|m| is(m, "ignore"))
            };
            out.debug_skip |= nested(meta).iter().any(|part| is(part, "Debug") && ignored(part));
        } else if is(meta, "sqlx") {
            for part in nested(meta) {
                if is(&part, "rename") {
                    out.sql_rename = string(&part).map(Name::from);
                } else if is(&part, "flatten") {
                    out.flatten = true;
                } else if is(&part, "skip") {
                    out.sql_skip = true;
                }
            }
        } else if is(meta, "diesel") {
            for part in nested(meta) {
                if is(&part, "column_name") {
                    out.sql_rename = string(&part).map(Name::from);
                } else if is(&part, "embed") {
                    out.flatten = true;
                } else if is(&part, "skip_insertion") || is(&part, "skip_update") {
                    out.sql_skip = true;
                }
            }
        } else if is(meta, "sea_orm") {
            for part in nested(meta) {
                if ["column_name", "from_col", "from_alias"].iter().any(|named| is(&part, named)) {
                    out.sql_rename = string(&part).map(Name::from);
                } else if is(&part, "nested") {
                    out.flatten = true;
                } else if is(&part, "ignore") {
                    out.sql_skip = true;
                } else if is(&part, "primary_key") {
                    out.sql_key = true;
                }
            }
        } else {
            out.named.extend(names_in(meta));
        }
    });
    out
}

/// All names in the parentheses of an attribute.
fn names_in(meta: &Meta) -> Vec<Name> {
    fn gather(tokens: TokenStream, out: &mut Vec<Name>) {
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => out.push(types::name(&ident)),
                TokenTree::Group(group) => gather(group.stream(), out),
                TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            }
        }
    }
    let mut out = Vec::new();
    if let Meta::List(list) = meta {
        gather(list.tokens.clone(), &mut out);
    }
    out
}

/// The entity that a relation of SeaORM leads to: `#[sea_orm(has_many = "super::note::Entity")]`.
pub(super) fn relates(attrs: &[Attribute]) -> Option<String> {
    let mut found = None;
    each(attrs, |meta| {
        if is(meta, "sea_orm") {
            let leads = |m: &Meta| ["belongs_to", "has_many", "has_one"].iter().any(|name| is(m, name));
            found = nested(meta).iter().find(|m| leads(m)).and_then(string).or(found.take());
        }
    });
    found
}

impl Cx<'_> {
    /// The text between the parentheses of an attribute, or its value.
    fn attr_text(&self, meta: &Meta) -> String {
        match meta {
            Meta::Path(_) => String::new(),
            Meta::List(list) => {
                let delim = list.delimiter.span();
                if self.places.writer(delim.open()) != 0 {
                    return list.tokens.to_string();
                }
                let (open, close) = (self.span(delim.open()), self.span(delim.close()));
                self.text().get(open.hi as usize..close.lo as usize).unwrap_or("").trim().to_owned()
            }
            Meta::NameValue(nv) => match bare(&nv.value) {
                Expr::Lit(ExprLit { lit: Lit::Str(s), .. }) => s.value(),
                Expr::Lit(ExprLit { lit, .. }) => self.source(lit.span(), || written(lit)).into_owned(),
                Expr::Path(p) => types::path(self, &p.path).segments.join("::"),
                _ => String::new(),
            },
        }
    }

    /// Attributes without documentation.
    pub(super) fn attr_list(&self, said: &Said<'_>) -> Vec<Attr> {
        let mut out = Vec::new();
        said.each(|meta| {
            let path = types::path(self, meta.path()).segments.join("::");
            out.push(Attr { path, args: self.attr_text(meta) });
        });
        out
    }

    /// The value of `#[path = ".."]`.
    pub(super) fn path_attr(&self, attrs: &[Attribute]) -> Option<String> {
        let mut out = None;
        each(attrs, |meta| {
            if is(meta, "path") {
                out = string(meta);
            }
        });
        out
    }
}
