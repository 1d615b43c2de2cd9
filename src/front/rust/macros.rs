//! Macro calls: those that this front end knows, and how the others are read.
//!
//! A macro that is not known is read as a list of expressions, else as statements, else as JSON-like entries;
//! what has none of these forms is scanned for names of variables and counted.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::parse::{ParseStream, Parser};
use syn::{Block, Expr, Item, ItemMacro, Macro, Pat, Token};

use super::body::{Body, Dst};
use super::items::{self, At};
use super::{Cx, format, keys, log, tables, types};
use crate::ir::GapKind;
use crate::ir::body::{Aggregate, BinOp, Callee, Cond, Lit, Operand, Piece, Place, Rvalue, Sel, Stmt, View};
use crate::ir::items::Owner;
use crate::source::Span;

/// Whether the last name of a macro's path is `name`.
pub(super) fn name_is(mac: &Macro, name: &str) -> bool {
    mac.path.segments.last().is_some_and(|s| s.ident == name)
}

/// Arguments separated by `,`, `;` or `=>`.
pub(super) fn exprs(mac: &Macro) -> Option<Vec<Expr>> {
    list.parse2(mac.tokens.clone()).ok()
}

fn list(input: ParseStream<'_>) -> syn::Result<Vec<Expr>> {
    let mut out = Vec::new();
    while !input.is_empty() {
        out.push(input.parse()?);
        if input.peek(Token![=>]) {
            let _: Token![=>] = input.parse()?;
        } else if input.peek(Token![;]) {
            let _: Token![;] = input.parse()?;
        } else if !input.is_empty() {
            let _: Token![,] = input.parse()?;
        }
    }
    Ok(out)
}

/// `matches!(e, pat if guard)`.
pub(super) fn matches(mac: &Macro) -> Option<(Expr, Pat)> {
    let read = |input: ParseStream<'_>| {
        let e: Expr = input.parse()?;
        let _: Token![,] = input.parse()?;
        let pat = Pat::parse_multi_with_leading_vert(input)?;
        let pat = if input.peek(Token![if]) {
            let if_token = input.parse()?;
            let guard = Box::new(input.parse()?);
            Pat::Guard(syn::PatGuard { attrs: Vec::new(), pat: Box::new(pat), if_token, guard })
        } else {
            pat
        };
        let _: Option<Token![,]> = input.parse()?;
        Ok((e, pat))
    };
    Parser::parse2(read, mac.tokens.clone()).ok()
}

/// Type and arguments of `query_as!(Type, "..", ..)`.
fn typed(mac: &Macro) -> Option<(syn::Type, Vec<Expr>)> {
    let read = |input: ParseStream<'_>| {
        let ty = input.parse()?;
        let _: Token![,] = input.parse()?;
        Ok((ty, list(input)?))
    };
    Parser::parse2(read, mac.tokens.clone()).ok()
}

// Items.

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
        return;
    }
    if last == "thread_local" || last == "lazy_static" || last == "task_local" {
        if statics(cx, at, &mac.tokens) {
            return;
        }
    } else if last == "cfg_if" {
        for tokens in braces(&mac.tokens) {
            if let Ok(file) = syn::parse2::<syn::File>(tokens) {
                items::all(cx, at, &file.items);
            }
        }
        return;
    } else if (last == "table" && tables::table(cx, mac)) || WITHOUT_ITEMS.iter().any(|known| last == known) {
        return;
    }
    // `pin_project! { struct .. }` and the like: the items are those written, and perhaps more.
    if let Ok(file) = syn::parse2::<syn::File>(mac.tokens.clone()) {
        let ordinary =
            !file.items.is_empty() && file.items.iter().all(|i| !matches!(i, Item::Macro(_) | Item::Verbatim(_)));
        if ordinary {
            cx.unit.hidden_items = true;
            return items::all(cx, at, &file.items);
        }
    }
    if at.test {
        return literals(cx, &mac.tokens);
    }
    hidden(cx, mac);
}

/// An item macro that may define anything.
pub(super) fn hidden(cx: &mut Cx<'_>, mac: &Macro) {
    cx.unit.hidden_items = true;
    let span = cx.span(keys::last(&mac.path));
    let name = types::path(&mac.path).segments.join("::");
    cx.gap(span, GapKind::Macro, format!("the items of macro `{name}!` were not read"));
    literals(cx, &mac.tokens);
}

/// `static [ref] NAME: Type [= init];` of `thread_local!` and `lazy_static!`.
fn statics(cx: &mut Cx<'_>, at: At, tokens: &TokenStream) -> bool {
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
    let Ok(found) = Parser::parse2(read, tokens.clone()) else { return false };
    for (name, ty, init) in found {
        items::constant(cx, at, Owner::Module, &name, types::ty(&ty), init.as_ref(), true);
    }
    true
}

/// Contents of the braces at the top of a stream.
fn braces(tokens: &TokenStream) -> Vec<TokenStream> {
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
                    && let Some(text) = cx.token_text(cx.span(literal.span()))
                {
                    cx.embed(&text);
                }
            }
            _ => {}
        }
    }
}

// Expressions and statements.

/// A macro call; its value goes to `dst`.
pub(super) fn call(b: &mut Body<'_, '_>, dst: Dst<'_>, mac: &Macro) {
    let token = keys::last(&mac.path);
    let at = b.cx.span(token);
    let name = mac.path.segments.last().map(|s| types::name(&s.ident)).unwrap_or_default();
    if !known(b, dst, mac, &name, at) {
        unknown(b, dst, mac, at);
    }
}

fn callee(b: &mut Body<'_, '_>, mac: &Macro) -> Callee {
    Callee::Macro(b.path_id(types::path(&mac.path)))
}

/// Lowers a macro by its name; `false` if it is not known or has another form.
fn known(b: &mut Body<'_, '_>, dst: Dst<'_>, mac: &Macro, name: &str, at: Span) -> bool {
    match name {
        "format" | "format_args" | "anyhow" | "eyre" | "format_err" | "miette" | "err_msg" | "formatcp"
        | "concatcp" | "format_ident" => {
            let Some(args) = exprs(mac) else { return false };
            let src = error_value(b, &args);
            b.assign(dst, src, at);
        }
        "print" | "println" | "eprint" | "eprintln" => {
            let Some(args) = exprs(mac) else { return false };
            message_call(b, dst, mac, &args, at);
        }
        "panic" | "unreachable" | "todo" | "unimplemented" => {
            let Some(args) = exprs(mac) else { return false };
            message_call(b, None, mac, &args, at);
            b.out.push(Stmt::Unreachable);
        }
        "compile_error" => b.out.push(Stmt::Unreachable),
        "write" | "writeln" => {
            let Some(args) = exprs(mac) else { return false };
            let Some((to, rest)) = args.split_first() else { return false };
            let target = b.operand(to);
            let target_at = keys::expr(b.cx, to);
            let mut operands = vec![target];
            let mut spans = vec![target_at];
            if !rest.is_empty() {
                let (text, span) = b.formatted(rest);
                operands.push(text);
                spans.push(span);
            }
            let callee = callee(b, mac);
            b.assign(dst, Rvalue::Call { callee, args: operands, spans, site: 0 }, at);
        }
        "bail" => {
            let Some(args) = exprs(mac) else { return false };
            fail(b, &args, at);
        }
        "ensure" => {
            let Some(args) = exprs(mac) else { return false };
            let Some((cond, rest)) = args.split_first() else { return false };
            b.guarded(|b, to| b.unless(cond, to), |_| {}, Some(|b: &mut Body<'_, '_>| fail(b, rest, at)));
        }
        "assert" | "debug_assert" | "assert_matches" | "debug_assert_matches" => {
            if name.ends_with("matches") {
                let Some((e, pat)) = matches(mac) else { return false };
                let from = b.scrutinee(&e);
                b.guarded(|b, to| b.pattern(&pat, &from, Some(to)), |_| {}, Some(stop));
                return true;
            }
            let Some(args) = exprs(mac) else { return false };
            let Some((cond, rest)) = args.split_first() else { return false };
            b.guarded(
                |b, to| b.unless(cond, to),
                |_| {},
                Some(|b: &mut Body<'_, '_>| {
                    if !rest.is_empty() {
                        message_call(b, None, mac, rest, at);
                    }
                    stop(b);
                }),
            );
        }
        "assert_eq" | "assert_ne" | "debug_assert_eq" | "debug_assert_ne" => {
            let Some(args) = exprs(mac) else { return false };
            let [left, right, rest @ ..] = args.as_slice() else { return false };
            assert_equal(b, mac, (left, right), rest, name.ends_with("eq"), at);
        }
        "vec" | "smallvec" | "array_vec" | "vec_deque" => {
            let Some(args) = exprs(mac) else { return false };
            let repeat = has_semicolon(&mac.tokens);
            let list = if repeat { args.get(..1).unwrap_or(&[]) } else { &args[..] };
            let fields = b.list(list.iter()).into_iter().map(|(o, s)| (None, o, s)).collect();
            b.assign(dst, Rvalue::Aggregate { kind: Aggregate::List, fields, base: None }, at);
        }
        "json" | "json_internal" | "bson" => return b.json(dst, &mac.tokens, false, at),
        "doc" | "rawdoc" | "named_params" | "hashmap" | "btreemap" => return b.json(dst, &mac.tokens, true, at),
        "matches" => match matches(mac) {
            Some(_) => {
                let e = Expr::Macro(syn::ExprMacro { attrs: Vec::new(), mac: mac.clone() });
                b.truth_of(dst, &e);
            }
            None => return false,
        },
        "dbg" => {
            let Some(args) = exprs(mac) else { return false };
            let list = b.list(args.iter());
            let callee = callee(b, mac);
            let (args, spans): (Vec<_>, Vec<_>) = list.iter().cloned().unzip();
            let value = match list.as_slice() {
                [(one, _)] => Rvalue::Use(one.clone()),
                _ => tuple(list),
            };
            b.assign(None, Rvalue::Call { callee, args, spans, site: 0 }, at);
            b.assign(dst, value, at);
        }
        "concat" => {
            let e = Expr::Macro(syn::ExprMacro { attrs: Vec::new(), mac: mac.clone() });
            let Some(text) = b.cx.text_of(&e) else { return false };
            b.cx.embed(&text);
            b.assign(dst, Rvalue::Use(Operand::Lit(Lit::Str(text.text))), text.span);
        }
        "include_str" | "include_bytes" | "include" => b.assign(dst, Rvalue::Opaque(Vec::new()), at),
        "line"
        | "column"
        | "file"
        | "module_path"
        | "stringify"
        | "quote"
        | "quote_spanned"
        | "parse_quote"
        | "parse_quote_spanned"
        | "offset_of"
        | "function_name" => b.assign(dst, Rvalue::Opaque(Vec::new()), at),
        "cfg" => b.assign(dst, Rvalue::Test(Box::new(Cond::Unknown)), at),
        "select" | "select_biased" => return select(b, dst, mac, at),
        "join" | "try_join" => {
            let Some(args) = exprs(mac) else { return false };
            let list = args.iter().map(|e| (awaited(b, e), keys::expr(b.cx, e))).collect();
            b.assign(dst, tuple(list), at);
        }
        "pin" | "ready" | "addr_of" => {
            let Some(args) = exprs(mac) else { return false };
            if let Some(one) = args.first() {
                b.run(dst, one);
            }
        }
        "addr_of_mut" => {
            let Some(args) = exprs(mac) else { return false };
            let Some(one) = args.first() else { return false };
            let operand = b.operand(one);
            let place = b.place_of(operand, at);
            b.assign(dst, Rvalue::RefMut(place), at);
        }
        "try" | "r#try" => {
            let Some(args) = exprs(mac) else { return false };
            let Some(one) = args.first() else { return false };
            let operand = b.operand(one);
            let operand = b.question(operand, at);
            b.assign(dst, Rvalue::Use(operand), at);
        }
        "cfg_if" => {
            for tokens in braces(&mac.tokens) {
                if let Ok(stmts) = Block::parse_within.parse2(tokens) {
                    b.guarded(
                        |b, to| b.require(Cond::Unknown, to, at),
                        |b| b.scope(|b| b.statements(dst, &stmts)),
                        None::<fn(&mut Body<'_, '_>)>,
                    );
                }
            }
        }
        "thread_local" | "lazy_static" | "task_local" => {
            let place = At { func: b.func.or(b.at.func), ..b.at };
            return statics(b.cx, place, &mac.tokens);
        }
        "macro_rules" => {}
        "query_as" | "query_as_unchecked" | "query_file_as" | "query_file_as_unchecked" => {
            let Some((ty, args)) = typed(mac) else { return false };
            let path = match types::ty(&ty) {
                crate::ir::items::TypeRef::Path(path) => path,
                _ => return false,
            };
            let row = Operand::Path(b.path_id(path));
            let span = match &ty {
                syn::Type::Path(p) => keys::path(b.cx, &p.path),
                _ => at,
            };
            macro_call(b, dst, mac, vec![(row, span)], &args, at);
        }
        _ => match log::known(name) {
            Some(form) => {
                let callee = callee(b, mac);
                return b.log(dst, callee, &mac.tokens, form, at);
            }
            None => return false,
        },
    }
    true
}

/// `format!`'s text; a single argument that is no text is the value itself (`anyhow!(error)`).
fn error_value(b: &mut Body<'_, '_>, args: &[Expr]) -> Rvalue {
    if let [one] = args
        && b.cx.text_of(one).is_none()
    {
        return Rvalue::Use(b.operand(one));
    }
    let (pieces, _) = b.pieces(args);
    Rvalue::Format(pieces)
}

/// A call whose only argument is a formatted text.
fn message_call(b: &mut Body<'_, '_>, dst: Dst<'_>, mac: &Macro, args: &[Expr], at: Span) {
    let (args, spans) = match args {
        [] => (Vec::new(), Vec::new()),
        args => {
            let (text, span) = b.formatted(args);
            (vec![text], vec![span])
        }
    };
    let callee = callee(b, mac);
    b.assign(dst, Rvalue::Call { callee, args, spans, site: 0 }, at);
}

/// `bail!(..)`: returns an error.
fn fail(b: &mut Body<'_, '_>, args: &[Expr], at: Span) {
    let error = match args {
        [] => Operand::Lit(Lit::Unit),
        args => {
            let src = error_value(b, args);
            b.value(src, at)
        }
    };
    let ret = Place::from(b.ret);
    b.assign(Some(&ret), Rvalue::Err(error), at);
    b.leave();
}

fn stop(b: &mut Body<'_, '_>) {
    b.out.push(Stmt::Unreachable);
}

fn tuple(list: Vec<(Operand, Span)>) -> Rvalue {
    let fields = list.into_iter().enumerate().map(|(i, (o, s))| (Some(types::position(i)), o, s)).collect();
    Rvalue::Aggregate { kind: Aggregate::Tuple, fields, base: None }
}

fn has_semicolon(tokens: &TokenStream) -> bool {
    tokens.clone().into_iter().any(|t| matches!(t, TokenTree::Punct(p) if p.as_char() == ';'))
}

/// `assert_eq!` and `assert_ne!`: a failure prints both sides.
fn assert_equal(b: &mut Body<'_, '_>, mac: &Macro, sides: (&Expr, &Expr), rest: &[Expr], equal: bool, at: Span) {
    let (left, right) = (b.operand(sides.0), b.operand(sides.1));
    let (left_at, right_at) = (keys::expr(b.cx, sides.0), keys::expr(b.cx, sides.1));
    let test = Rvalue::Binary(BinOp::Compare(equal), left.clone(), right.clone());
    let holds = b.value(test, at);
    let (els, ()) = b.buffer(|b| {
        let mut pieces = vec![Piece::Arg(left, View::Debug, left_at), Piece::Arg(right, View::Debug, right_at)];
        if !rest.is_empty() {
            pieces.extend(b.pieces(rest).0);
        }
        let text = b.value(Rvalue::Format(pieces), at);
        let callee = callee(b, mac);
        b.assign(None, Rvalue::Call { callee, args: vec![text], spans: vec![left_at], site: 0 }, at);
        stop(b);
    });
    b.out.push(Stmt::If { cond: Cond::True(holds), then: Vec::new(), els, span: at });
}

/// The value of a future: an `async` block is run.
fn awaited(b: &mut Body<'_, '_>, e: &Expr) -> Operand {
    let span = keys::expr(b.cx, e);
    let operand = b.operand(e);
    let is_block = matches!(super::cond::bare(e), Expr::Async(_))
        || matches!(&operand, Operand::Place(p) if p.path.is_empty() && b.futures.contains(&p.base));
    if is_block {
        let call = Rvalue::Call { callee: Callee::Value(operand), args: Vec::new(), spans: Vec::new(), site: 0 };
        return b.value(call, span);
    }
    operand
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
fn select(b: &mut Body<'_, '_>, dst: Dst<'_>, mac: &Macro, at: Span) -> bool {
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
                        b.pattern(pat, &super::pat::Scrutinee::Place(place, false), Some(to));
                    }
                },
                |b| {
                    b.run(dst, &branch.then);
                    if !super::cond::ends(&b.out) {
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

/// A call of a macro that a model may know, after operands that are already made.
fn macro_call(b: &mut Body<'_, '_>, dst: Dst<'_>, mac: &Macro, before: Vec<(Operand, Span)>, args: &[Expr], at: Span) {
    let (mut operands, mut spans): (Vec<_>, Vec<_>) = before.into_iter().unzip();
    for arg in args {
        // `name = value` is an argument here, not an assignment.
        let arg = match arg {
            Expr::Assign(a) => &*a.right,
            arg => arg,
        };
        let span = keys::expr(b.cx, arg);
        let operand = match b.cx.text_of(arg) {
            Some(text) => {
                b.cx.embed(&text);
                Operand::Lit(Lit::Str(text.text))
            }
            None => b.operand(arg),
        };
        operands.push(operand);
        spans.push(span);
    }
    let callee = callee(b, mac);
    b.assign(dst, Rvalue::Call { callee, args: operands, spans, site: 0 }, at);
}

/// A macro that is not known.
fn unknown(b: &mut Body<'_, '_>, dst: Dst<'_>, mac: &Macro, at: Span) {
    if let Some(args) = exprs(mac) {
        return macro_call(b, dst, mac, Vec::new(), &args, at);
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
    if !b.at.test {
        let name = types::path(&mac.path).segments.join("::");
        b.cx.gap(at, GapKind::Macro, format!("macro `{name}!` was only scanned for names of variables"));
    }
    let mut found = Vec::new();
    scan(b, &mac.tokens, &mut found);
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
fn scan(b: &mut Body<'_, '_>, tokens: &TokenStream, found: &mut Vec<Operand>) {
    let mut add = |operand: Operand| {
        if !found.contains(&operand) {
            found.push(operand);
        }
    };
    let list: Vec<TokenTree> = tokens.clone().into_iter().collect();
    let punct = |i: usize, c: char| matches!(list.get(i), Some(TokenTree::Punct(p)) if p.as_char() == c);
    let mut groups = Vec::new();
    let mut i = 0;
    while i < list.len() {
        match &list[i] {
            TokenTree::Group(group) => groups.push(group.stream()),
            TokenTree::Ident(ident) => {
                let after_dot = i > 0 && (punct(i - 1, '.') || punct(i - 1, ':'));
                let path = punct(i + 1, ':') && punct(i + 2, ':');
                if !after_dot
                    && !path
                    && !punct(i + 1, '!')
                    && let Some(local) = b.lookup(&types::name(ident))
                {
                    let mut place = Place::from(local);
                    while punct(i + 1, '.')
                        && let Some(TokenTree::Ident(field)) = list.get(i + 2)
                        && !matches!(list.get(i + 3), Some(TokenTree::Group(g)) if g.delimiter() == Delimiter::Parenthesis)
                    {
                        place.path.push(Sel::Field(types::name(field)));
                        i += 2;
                    }
                    add(Operand::Place(place));
                }
            }
            TokenTree::Literal(literal) => {
                if let Some(text) = b.cx.token_text(b.cx.span(literal.span()))
                    && matches!(syn::Lit::new(literal.clone()), syn::Lit::Str(_))
                {
                    b.cx.embed(&text);
                    for (name, ..) in format::captures(&text.text) {
                        if let Some(local) = b.lookup(&name) {
                            add(Operand::Place(local.into()));
                        }
                    }
                }
            }
            TokenTree::Punct(_) => {}
        }
        i += 1;
    }
    for group in groups {
        scan(b, &group, found);
    }
}
