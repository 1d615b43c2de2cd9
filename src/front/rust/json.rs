//! `json!` and its kin: values with literal keys.

use proc_macro2::TokenStream;
use syn::parse::{ParseStream, Parser};
use syn::{Expr, Ident, LitStr, Token, token};

use super::body::{Body, Dst};
use super::keys;
use crate::ir::Name;
use crate::ir::body::{Aggregate, Callee, Lit, Operand, Place, Rvalue};
use crate::ir::items::{Path, TypeRef};
use crate::source::Span;

enum Value {
    Null,
    List(Vec<Value>),
    Map(Vec<(Key, Value)>),
    Leaf(Expr),
}

enum Key {
    Known(Name),
    Computed(Expr),
}

fn value(input: ParseStream<'_>) -> syn::Result<Value> {
    if input.peek(token::Brace) {
        let content;
        syn::braced!(content in input);
        return map(&content);
    }
    if input.peek(token::Bracket) {
        let fork = input.fork();
        let _: proc_macro2::Group = fork.parse()?;
        if fork.is_empty() || fork.peek(Token![,]) {
            let content;
            syn::bracketed!(content in input);
            let mut out = Vec::new();
            while !content.is_empty() {
                out.push(value(&content)?);
                comma(&content)?;
            }
            return Ok(Value::List(out));
        }
    }
    if input.peek(Ident) && !input.peek2(Token![.]) && !input.peek2(Token![::]) {
        let fork = input.fork();
        if let Ok(ident) = fork.parse::<Ident>()
            && ident == "null"
            && (fork.is_empty() || fork.peek(Token![,]))
        {
            let _: Ident = input.parse()?;
            return Ok(Value::Null);
        }
    }
    // `name = value` is a value that has a name, not an assignment.
    Ok(Value::Leaf(match input.parse()? {
        Expr::Assign(named) => *named.right,
        value => value,
    }))
}

fn map(input: ParseStream<'_>) -> syn::Result<Value> {
    let mut out = Vec::new();
    while !input.is_empty() {
        let key = if input.peek(LitStr) && (input.peek2(Token![:]) || input.peek2(Token![=>])) {
            Key::Known(input.parse::<LitStr>()?.value().into())
        } else {
            Key::Computed(input.parse()?)
        };
        if input.peek(Token![=>]) {
            let _: Token![=>] = input.parse()?;
        } else {
            let _: Token![:] = input.parse()?;
        }
        out.push((key, value(input)?));
        comma(input)?;
    }
    Ok(Value::Map(out))
}

/// What a template is filled in with: `user, mail => user.mail, name: "x", ..more`; other forms are an error.
fn entries(input: ParseStream<'_>) -> syn::Result<Vec<(Option<Name>, Expr)>> {
    let mut out = Vec::new();
    while !input.is_empty() {
        if input.peek(Token![..]) {
            let _: Token![..] = input.parse()?;
            out.push((None, input.parse()?));
        } else {
            let name: Ident = input.parse()?;
            let key = Some(Name::from(name.to_string().trim_start_matches("r#")));
            let value = if input.peek(Token![=>]) {
                let _: Token![=>] = input.parse()?;
                input.parse()?
            } else if input.peek(Token![:]) {
                let _: Token![:] = input.parse()?;
                input.parse()?
            } else {
                Expr::Path(syn::ExprPath { attrs: Vec::new(), qself: None, path: name.into() })
            };
            out.push((key, value));
        }
        comma(input)?;
    }
    Ok(out)
}

fn comma(input: ParseStream<'_>) -> syn::Result<()> {
    if !input.is_empty() {
        let _: Token![,] = input.parse()?;
    }
    Ok(())
}

impl Body<'_, '_> {
    /// `json!(value)`, or with `entries` the body of a map (`doc! { .. }`); `false` if the tokens have another form.
    pub(super) fn json(&mut self, dst: Dst<'_>, tokens: &TokenStream, entries: bool, at: Span) -> bool {
        let read = |input: ParseStream<'_>| {
            let read = if entries { map(input)? } else { value(input)? };
            comma(input)?;
            Ok(read)
        };
        match Parser::parse2(read, tokens.clone()) {
            Ok(value) => {
                let mut src = self.json_value(&value, at);
                if matches!(value, Value::List(_)) {
                    // It is no `Vec`.
                    let segments = ["serde_json", "Value"].map(Name::from).to_vec();
                    let ty = TypeRef::Path(Path { segments, ..Path::default() });
                    let list = Place::from(self.local(None, Some(ty), at));
                    self.assign(Some(&list), src, at);
                    src = Rvalue::Use(Operand::Place(list));
                }
                self.assign(dst, src, at);
                true
            }
            Err(_) => false,
        }
    }

    /// `context! { .. }`: a map of what the macro makes of each value; `false` if the tokens have another form.
    pub(super) fn context(&mut self, dst: Dst<'_>, callee: &Callee, tokens: &TokenStream, at: Span) -> bool {
        let Ok(entries) = Parser::parse2(entries, tokens.clone()) else { return false };
        let mut fields = Vec::with_capacity(entries.len());
        for (key, e) in entries {
            let span = keys::expr(self.cx, &e);
            let args = vec![self.operand(&e)];
            let made = self.value(Rvalue::Call { callee: callee.clone(), args, spans: vec![span], site: 0 }, span);
            fields.push((key, made, span));
        }
        self.assign(dst, Rvalue::Aggregate { kind: Aggregate::Map, fields, base: None }, at);
        true
    }

    fn json_value(&mut self, value: &Value, at: Span) -> Rvalue {
        match value {
            Value::Null => Rvalue::Use(Operand::Lit(Lit::Unit)),
            Value::Leaf(e) => Rvalue::Use(self.operand(e)),
            Value::List(list) => {
                let fields = list
                    .iter()
                    .map(|v| {
                        let (operand, span) = self.json_operand(v, at);
                        (None, operand, span)
                    })
                    .collect();
                Rvalue::Aggregate { kind: Aggregate::List, fields, base: None }
            }
            Value::Map(entries) => {
                let mut fields = Vec::with_capacity(entries.len());
                for (key, value) in entries {
                    let name = match key {
                        Key::Known(name) => Some(name.clone()),
                        Key::Computed(e) => {
                            let span = keys::expr(self.cx, e);
                            let key = self.operand(e);
                            if let Operand::Place(_) = &key {
                                fields.push((None, key, span));
                            }
                            None
                        }
                    };
                    let (operand, span) = self.json_operand(value, at);
                    fields.push((name, operand, span));
                }
                Rvalue::Aggregate { kind: Aggregate::Map, fields, base: None }
            }
        }
    }

    fn json_operand(&mut self, value: &Value, at: Span) -> (Operand, Span) {
        match value {
            Value::Null => (Operand::Lit(Lit::Unit), at),
            Value::Leaf(e) => (self.operand(e), keys::expr(self.cx, e)),
            _ => {
                let src = self.json_value(value, at);
                (self.value(src, at), at)
            }
        }
    }
}
