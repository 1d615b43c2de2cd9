//! Log and trace macros: messages and fields.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Expr, Ident, LitStr, Meta, Token};

use super::body::{Body, Dst};
use super::{attrs, keys};
use crate::ir::body::{Callee, Operand, Piece, Rvalue, View};
use crate::ir::items::Path;
use crate::source::Span;

/// One part of a call.
enum Entry {
    /// The message and its arguments.
    Message(Vec<Expr>),
    /// A field's value.
    Field(View, Expr),
    /// A field's value as it is, without `%` or `?`: of an error the errors behind it are written too.
    Recorded(View, Expr),
    /// `target: ..`, a level: no data.
    Aside(Expr),
}

/// What a log macro expects.
#[derive(Clone, Copy)]
pub(super) struct Form {
    /// A level comes first.
    level: bool,
    /// Its text is the name of a span, without arguments.
    span: bool,
    /// A name alone is a field that is empty, and not the variable of that name.
    declared: bool,
}

/// The form of a log macro of this name.
pub(super) fn known(name: &str) -> Option<Form> {
    let (level, span) = match name {
        "trace" | "debug" | "info" | "warn" | "error" => (false, false),
        "trace_span" | "debug_span" | "info_span" | "warn_span" | "error_span" => (false, true),
        "event" | "log" => (true, false),
        "span" => (true, true),
        _ => return None,
    };
    Some(Form { level, span, declared: false })
}

fn read(input: ParseStream<'_>, form: Form) -> syn::Result<Vec<Entry>> {
    let mut out = Vec::new();
    let Form { mut level, span, declared } = form;
    while !input.is_empty() {
        if input.peek(Token![%]) || input.peek(Token![?]) {
            let view = view(input)?;
            out.push(Entry::Field(view, input.parse()?));
        } else if input.peek(syn::token::Brace) {
            let group: proc_macro2::Group = input.parse()?;
            if input.peek(Token![=]) {
                // `{ CONSTANT } = value`
                let _: Token![=] = input.parse()?;
                field(input, &mut out)?;
            } else if group.delimiter() == Delimiter::Brace {
                out.extend(
                    (|input: ParseStream<'_>| read(input, Form { level: false, ..form })).parse2(group.stream())?,
                );
            }
        } else if input.peek(LitStr) && input.peek2(Token![=]) && !input.peek2(Token![==]) && !input.peek2(Token![=>]) {
            let _: LitStr = input.parse()?;
            let _: Token![=] = input.parse()?;
            field(input, &mut out)?;
        } else if input.peek(LitStr) && input.peek2(Token![=>]) {
            // slog's `"key" => value`
            let _: LitStr = input.parse()?;
            let _: Token![=>] = input.parse()?;
            field(input, &mut out)?;
        } else if is_key(input) {
            if input.peek2(Token![:]) && !input.peek2(Token![::]) {
                let _: Ident = input.call(Ident::parse_any)?;
                let _: Token![:] = input.parse()?;
                if input.peek(Token![?]) || input.peek(Token![%]) {
                    // log's `key:? = value`
                    let view = view(input)?;
                    let _: Token![=] = input.parse()?;
                    out.push(Entry::Field(view, input.parse()?));
                } else {
                    let value: Expr = input.parse()?;
                    match value {
                        Expr::Assign(a) => {
                            let view = match &*a.left {
                                Expr::Path(p) if p.path.is_ident("debug") => View::Debug,
                                Expr::Path(p) if p.path.is_ident("serde") => View::Serialize,
                                _ => View::Display,
                            };
                            out.push(Entry::Field(view, *a.right));
                        }
                        value => out.push(Entry::Aside(value)),
                    }
                }
            } else {
                loop {
                    let _: Ident = input.call(Ident::parse_any)?;
                    if input.peek(Token![.]) {
                        let _: Token![.] = input.parse()?;
                    } else {
                        break;
                    }
                }
                let _: Token![=] = input.parse()?;
                field(input, &mut out)?;
            }
        } else {
            let value: Expr = input.parse()?;
            if level {
                out.push(Entry::Aside(value));
                level = false;
            } else if is_shorthand(&value) {
                if !declared {
                    out.push(Entry::Recorded(View::Display, value));
                }
            } else if span {
                out.push(Entry::Aside(value));
            } else {
                let mut message = vec![value];
                while input.peek(Token![,]) {
                    let _: Token![,] = input.parse()?;
                    if input.is_empty() {
                        break;
                    }
                    message.push(input.parse()?);
                }
                out.push(Entry::Message(message));
            }
        }
        if input.peek(Token![,]) {
            let _: Token![,] = input.parse()?;
        } else if input.peek(Token![;]) {
            let _: Token![;] = input.parse()?;
        } else if !input.is_empty() {
            return Err(input.error("expected `,`"));
        }
    }
    Ok(out)
}

/// Whether `key =`, `a.b.key =` or `key:` stands here.
fn is_key(input: ParseStream<'_>) -> bool {
    if !input.peek(Ident::peek_any) {
        return false;
    }
    if input.peek2(Token![:]) {
        return !input.peek2(Token![::]);
    }
    if input.peek2(Token![=]) {
        return !input.peek2(Token![==]) && !input.peek2(Token![=>]);
    }
    if !input.peek2(Token![.]) {
        return false;
    }
    let fork = input.fork();
    loop {
        if fork.call(Ident::parse_any).is_err() {
            return false;
        }
        if fork.peek(Token![.]) {
            if fork.parse::<Token![.]>().is_err() {
                return false;
            }
        } else {
            return fork.peek(Token![=]) && !fork.peek(Token![==]);
        }
    }
}

fn is_shorthand(e: &Expr) -> bool {
    match e {
        Expr::Path(p) => {
            p.path.get_ident().is_some_and(|i| i.to_string().starts_with(|c: char| c.is_lowercase() || c == '_'))
        }
        Expr::Field(f) => is_shorthand(&f.base),
        _ => false,
    }
}

fn view(input: ParseStream<'_>) -> syn::Result<View> {
    if input.peek(Token![?]) {
        let _: Token![?] = input.parse()?;
        Ok(View::Debug)
    } else {
        let _: Token![%] = input.parse()?;
        Ok(View::Display)
    }
}

fn field(input: ParseStream<'_>, out: &mut Vec<Entry>) -> syn::Result<()> {
    let entry = if input.peek(Token![%]) || input.peek(Token![?]) {
        Entry::Field(view(input)?, input.parse()?)
    } else {
        match input.parse()? {
            value @ Expr::Lit(_) => Entry::Field(View::Display, value),
            value if is_shorthand(&value) => Entry::Recorded(View::Display, value),
            value => Entry::Recorded(View::Full, value),
        }
    };
    out.push(entry);
    Ok(())
}

/// The tokens of `fields(..)` in `#[tracing::instrument(..)]`.
fn span_fields(attrs: &[Attribute]) -> Option<TokenStream> {
    let mut out = None;
    attrs::each(attrs, |meta| {
        if let Meta::List(list) = meta
            && list.path.segments.last().is_some_and(|s| s.ident == "instrument")
        {
            let mut tokens = list.tokens.clone().into_iter();
            while let Some(token) = tokens.next() {
                if matches!(&token, TokenTree::Ident(i) if i == "fields")
                    && let Some(TokenTree::Group(g)) = tokens.next()
                {
                    out = Some(g.stream());
                }
            }
        }
    });
    out
}

impl Body<'_, '_> {
    /// The fields that `#[tracing::instrument(fields(..))]` gives the span of a function: computed when it begins.
    pub(super) fn span_fields(&mut self, attrs: &[Attribute], at: Span) {
        let Some(tokens) = span_fields(attrs) else { return };
        let segments = ["tracing", "instrument"].map(Into::into).to_vec();
        let callee = Callee::Macro(self.path_id(Path { segments, args: Vec::new(), global: true, ..Path::default() }));
        self.log(None, callee, &tokens, Form { level: false, span: true, declared: true }, at);
    }

    /// A call of a log macro; `false` if its tokens have another form.
    pub(super) fn log(&mut self, dst: Dst<'_>, callee: Callee, tokens: &TokenStream, form: Form, at: Span) -> bool {
        let Ok(entries) = (|input: ParseStream<'_>| read(input, form)).parse2(tokens.clone()) else {
            return false;
        };
        let mut args: Vec<Operand> = Vec::with_capacity(entries.len());
        let mut spans = Vec::with_capacity(entries.len());
        for entry in entries {
            match entry {
                Entry::Message(message) => {
                    let (operand, span) = self.formatted(&message);
                    args.push(operand);
                    spans.push(span);
                }
                Entry::Field(view, value) => {
                    let span = keys::expr(self.cx, &value);
                    let operand = self.operand(&value);
                    args.push(self.value(Rvalue::Format(vec![Piece::Arg(operand, view, span)]), span));
                    spans.push(span);
                }
                Entry::Recorded(view, value) => {
                    let span = keys::expr(self.cx, &value);
                    let operand = self.operand(&value);
                    let behind = Piece::Arg(operand.clone(), View::Sources, span);
                    args.push(self.value(Rvalue::Format(vec![Piece::Arg(operand, view, span), behind]), span));
                    spans.push(span);
                }
                Entry::Aside(value) => drop(self.operand(&value)),
            }
        }
        self.assign(dst, Rvalue::Call { callee, args, spans, site: 0 }, at);
        true
    }
}
