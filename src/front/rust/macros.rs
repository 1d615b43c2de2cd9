//! Macro calls that this front end knows: formatted texts, errors, assertions, logs, JSON, queries and the like.

use proc_macro2::{TokenStream, TokenTree};
use syn::parse::{ParseStream, Parser};
use syn::{Block, Expr, Macro, Pat, Token};

use super::body::{Body, Dst};
use super::by_example::Not;
use super::items::At;
use super::{Cx, item_macros, keys, log, tables, types, unknown};
use crate::ir::Name;
use crate::ir::body::{Aggregate, BinOp, Callee, Cond, Lit, Operand, Piece, Place, Positive, Rvalue, Stmt, View};
use crate::ir::items::{Path, TypeRef};
use crate::source::Span;

/// Whether the last name of a macro's path is `name`.
pub(super) fn name_is(mac: &Macro, name: &str) -> bool {
    mac.path.segments.last().is_some_and(|s| s.ident == name)
}

/// Arguments separated by `,`, `;` or `=>`.
pub(super) fn exprs(mac: &Macro) -> Option<Vec<Expr>> {
    list.parse2(mac.tokens.clone()).ok()
}

pub(super) fn list(input: ParseStream<'_>) -> syn::Result<Vec<Expr>> {
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

/// A macro call, as a statement or not; its value goes to `dst`. A macro of the workspace that is in scope comes
/// before those of libraries that are known by their names, any other comes after them.
pub(super) fn call(b: &mut Body<'_, '_>, dst: Dst<'_>, mac: &Macro, statement: bool) {
    let near = b.expand(dst, mac, statement, false);
    if near.is_ok() {
        return;
    }
    let token = keys::last(&mac.path);
    let at = b.cx.span(token);
    let name = mac.path.segments.last().map(|s| types::name(&s.ident)).unwrap_or_default();
    if known(b, dst, mac, &name, at).is_some() {
        return;
    }
    if near == Err(Not::Possible) || b.expand(dst, mac, statement, true).is_err() {
        unknown::unknown(b, dst, mac, at);
    }
}

pub(super) fn callee(b: &mut Body<'_, '_>, mac: &Macro) -> Callee {
    let mut path = types::path(b.cx, &mac.path);
    if let Some(plain) = path.segments.last().and_then(|name| plain(name)) {
        path.segments = vec![plain.into()];
    }
    Callee::Macro(b.path_id(path))
}

/// The macro of std that one is, but for the blanks at the beginnings of the lines of its text.
fn plain(name: &str) -> Option<&'static str> {
    Some(match name {
        "printdoc" => "print",
        "eprintdoc" => "eprint",
        "writedoc" => "write",
        "formatdoc" => "format",
        _ => return None,
    })
}

/// Lowers a macro by its name; nothing if it is not known or has another form.
fn known(b: &mut Body<'_, '_>, dst: Dst<'_>, mac: &Macro, name: &str, at: Span) -> Option<()> {
    let name = plain(name).unwrap_or(name);
    message(b, dst, mac, name, at)
        .or_else(|| check(b, dst, mac, name, at))
        .or_else(|| value(b, dst, mac, name, at))
        .or_else(|| control(b, dst, mac, name, at))
}

/// Texts that are made, shown or given back as errors.
fn message(b: &mut Body<'_, '_>, dst: Dst<'_>, mac: &Macro, name: &str, at: Span) -> Option<()> {
    match name {
        "format" | "format_args" | "anyhow" | "eyre" | "format_err" | "miette" | "report" | "err_msg" | "formatcp"
        | "concatcp" | "format_ident" => {
            let src = error_value(b, &exprs(mac)?);
            b.assign(dst, src, at);
        }
        "print" | "println" | "eprint" | "eprintln" => message_call(b, dst, mac, &exprs(mac)?, at),
        "panic" | "unreachable" | "todo" | "unimplemented" => {
            message_call(b, None, mac, &exprs(mac)?, at);
            stop(b);
        }
        "compile_error" => stop(b),
        "write" | "writeln" => {
            let args = exprs(mac)?;
            let (to, rest) = args.split_first()?;
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
        "bail" => fail(b, &exprs(mac)?, at),
        "whatever" => {
            let args = exprs(mac)?;
            let (first, text) = args.split_first()?;
            if text.is_empty() || b.cx.text_of(first).is_some() {
                fail(b, &args, at);
                return Some(());
            }
            // `whatever!(result, "..", ..)`: with that text before its error.
            let result = (b.operand(first), keys::expr(b.cx, first));
            let text = b.formatted(text);
            let callee = Callee::Method { name: "whatever_context".into(), generics: Vec::new() };
            let (args, spans) = [result, text].into_iter().unzip();
            let told = b.value(Rvalue::Call { callee, args, spans, site: 0 }, at);
            let value = b.question(told, at);
            b.assign(dst, Rvalue::Use(value), at);
        }
        _ => {
            let form = log::known(name)?;
            let callee = callee(b, mac);
            return b.log(dst, callee, &mac.tokens, form, at).then_some(());
        }
    }
    Some(())
}

/// Conditions, and what happens where they do not hold.
fn check(b: &mut Body<'_, '_>, dst: Dst<'_>, mac: &Macro, name: &str, at: Span) -> Option<()> {
    match name {
        "ensure" | "ensure_whatever" => {
            let args = exprs(mac)?;
            let (cond, rest) = args.split_first()?;
            let by_selector = rest.len() == 1 && is_of(b.cx, mac, "snafu");
            let fails = |b: &mut Body<'_, '_>| if by_selector { selected(b, rest, at) } else { fail(b, rest, at) };
            b.guarded(|b, to| b.unless(cond, to), |_| {}, Some(fails));
        }
        // In a release build nothing is checked.
        "debug_assert" | "debug_assert_matches" | "debug_assert_eq" | "debug_assert_ne" => {
            let (then, read) = b.buffer(|b| check(b, dst, mac, name.trim_start_matches("debug_"), at));
            read?;
            b.out.push(Stmt::If { cond: Cond::Unknown, then, els: Vec::new(), span: at });
        }
        "assert_matches" => {
            let (e, pat) = matches(mac)?;
            let from = b.scrutinee(&e);
            b.guarded(|b, to| b.pattern(&pat, &from, Some(to)), |_| {}, Some(stop));
        }
        "assert" => {
            let args = exprs(mac)?;
            let (cond, rest) = args.split_first()?;
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
        "assert_eq" | "assert_ne" => {
            let args = exprs(mac)?;
            let [left, right, rest @ ..] = args.as_slice() else { return None };
            assert_equal(b, mac, (left, right), rest, name.ends_with("eq"), at);
        }
        "matches" => {
            matches(mac)?;
            b.truth_of(dst, &as_expr(mac));
        }
        "cfg" => b.assign(dst, Rvalue::Test(Box::new(Cond::Unknown)), at),
        _ => return None,
    }
    Some(())
}

/// Values of other forms than calls have.
fn value(b: &mut Body<'_, '_>, dst: Dst<'_>, mac: &Macro, name: &str, at: Span) -> Option<()> {
    match name {
        "vec" | "smallvec" | "array_vec" | "vec_deque" => {
            let args = exprs(mac)?;
            let repeat = has_semicolon(&mac.tokens);
            let list = if repeat { args.get(..1).unwrap_or(&[]) } else { &args[..] };
            let fields = b.parts(list.iter()).into_iter().map(|(o, s)| (None, o, s)).collect();
            b.assign(dst, Rvalue::Aggregate { kind: Aggregate::List, fields, base: None }, at);
        }
        "context" => {
            let callee = callee(b, mac);
            return b.context(dst, &callee, &mac.tokens, at).then_some(());
        }
        "json" | "json_internal" | "bson" => return b.json(dst, &mac.tokens, false, at).then_some(()),
        "doc" | "rawdoc" | "named_params" | "hashmap" | "btreemap" => {
            return b.json(dst, &mac.tokens, true, at).then_some(());
        }
        // MySQL's, with names; without them it is a list that a model knows.
        "params" if has_arrow(&mac.tokens) => return b.json(dst, &mac.tokens, true, at).then_some(()),
        "dbg" => {
            let list = b.list(exprs(mac)?.iter());
            let callee = callee(b, mac);
            let (args, spans): (Vec<_>, Vec<_>) = list.iter().cloned().unzip();
            let value = match list.as_slice() {
                [(one, _)] => Rvalue::Use(one.clone()),
                _ => tuple(list),
            };
            b.assign(None, Rvalue::Call { callee, args, spans, site: 0 }, at);
            b.assign(dst, value, at);
        }
        "concat" | "stringify" => {
            let text = b.cx.text_of(&as_expr(mac))?;
            b.cx.embed(&text);
            b.assign(dst, Rvalue::Use(Operand::Lit(Lit::Str(text.text))), text.span);
        }
        // Both go over tuples of what each of their arguments goes over.
        "izip" | "iproduct" => {
            let list = exprs(mac)?.iter().map(|e| (b.operand(e), keys::expr(b.cx, e))).collect();
            let all = b.value(tuple(list), at);
            let segments = ["itertools", "multizip"].map(Name::from).to_vec();
            let callee = Callee::Path(b.path_id(Path { segments, ..Path::default() }));
            b.assign(dst, Rvalue::Call { callee, args: vec![all], spans: vec![at], site: 0 }, at);
        }
        // A statement in a file of its own; what another file holds is not read.
        "include_str" => {
            let text = b.cx.text_of(exprs(mac)?.first()?).filter(|t| t.text.ends_with(".sql"))?;
            b.assign(dst, Rvalue::Use(Operand::Lit(Lit::Str(text.text))), text.span);
        }
        "quote" => {
            super::quoted::quoted(b.cx, &mac.tokens);
            b.assign(dst, Rvalue::Opaque(Vec::new()), at);
        }
        "line"
        | "column"
        | "file"
        | "module_path"
        | "quote_spanned"
        | "parse_quote"
        | "parse_quote_spanned"
        | "offset_of"
        | "Coercion"
        | "function_name" => b.assign(dst, Rvalue::Opaque(Vec::new()), at),
        "pin" | "ready" | "addr_of" => {
            if let Some(one) = exprs(mac)?.first() {
                b.run(dst, one);
            }
        }
        "addr_of_mut" => {
            let operand = b.operand(exprs(mac)?.first()?);
            let place = b.place_of(operand, at);
            b.assign(dst, Rvalue::RefMut(place), at);
        }
        "query_as" | "query_as_unchecked" | "query_file_as" | "query_file_as_unchecked" => {
            let (ty, args) = typed(mac)?;
            let TypeRef::Path(path) = types::ty(b.cx, &ty) else { return None };
            let row = Operand::Path(b.path_id(path));
            let span = match &ty {
                syn::Type::Path(p) => keys::path(b.cx, &p.path),
                _ => at,
            };
            unknown::macro_call(b, dst, mac, &[(row, span)], &args, &[], at);
        }
        "alias" => return tables::alias_values(b, dst, mac, at).then_some(()),
        _ => return None,
    }
    Some(())
}

/// What decides how the code around it runs, and items.
fn control(b: &mut Body<'_, '_>, dst: Dst<'_>, mac: &Macro, name: &str, at: Span) -> Option<()> {
    match name {
        "stream" | "try_stream" => return super::stream::stream(b, dst, mac, name == "try_stream", at).then_some(()),
        "select" | "select_biased" => return super::select::select(b, dst, mac, at).then_some(()),
        "join" => {
            let list = exprs(mac)?.iter().map(|e| (super::select::awaited(b, e), keys::expr(b.cx, e))).collect();
            b.assign(dst, tuple(list), at);
        }
        "try_join" => {
            let args = exprs(mac)?;
            b.trying(dst, |b| {
                let one = |e: &Expr| (super::select::awaited(b, e), keys::expr(b.cx, e));
                let list = args.iter().map(one).collect::<Vec<_>>();
                let list = list.into_iter().map(|(future, span)| (b.question(future, span), span)).collect();
                let all = b.value(tuple(list), at);
                b.assign(dst, Rvalue::Positive(Positive::Ok, all), at);
            });
        }
        "try" | "r#try" => {
            let operand = b.operand(exprs(mac)?.first()?);
            let operand = b.question(operand, at);
            b.assign(dst, Rvalue::Use(operand), at);
        }
        "cfg_if" => {
            for tokens in item_macros::braces(&mac.tokens) {
                if let Ok(stmts) = Block::parse_within.parse2(tokens) {
                    b.guarded(
                        |b, to| b.require(Cond::Unknown, to, at),
                        |b| b.scope(|b| b.statements(dst, &stmts)),
                        None::<fn(&mut Body<'_, '_>)>,
                    );
                }
            }
        }
        "paste" => {
            let stmts = Block::parse_within.parse2(super::paste::joined(mac.tokens.clone())).ok()?;
            b.scope(|b| b.statements(dst, &stmts));
        }
        "define_sql_function" | "sql_function" => {
            let place = At { func: b.func.or(b.at.func), ..b.at };
            tables::functions(b.cx, place, mac);
        }
        "thread_local" | "lazy_static" | "task_local" => {
            let place = At { func: b.func.or(b.at.func), ..b.at };
            return item_macros::statics(b.cx, place, mac).then_some(());
        }
        "macro_rules" => {}
        _ => return None,
    }
    Some(())
}

/// A macro call as an expression.
fn as_expr(mac: &Macro) -> Expr {
    Expr::Macro(syn::ExprMacro { attrs: Vec::new(), mac: mac.clone() })
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

/// Returns what a selector fails with.
fn selected(b: &mut Body<'_, '_>, args: &[Expr], at: Span) {
    let (args, spans): (Vec<_>, Vec<_>) = b.list(args.iter()).into_iter().unzip();
    let callee = Callee::Method { name: "fail".into(), generics: Vec::new() };
    let ret = Place::from(b.ret);
    b.assign(Some(&ret), Rvalue::Call { callee, args, spans, site: 0 }, at);
    b.leave();
}

/// Whether a macro is one of this crate: by its path, or by what is imported under its name, or else as a whole.
fn is_of(cx: &Cx<'_>, mac: &Macro, krate: &str) -> bool {
    let path = types::path(cx, &mac.path);
    let [name] = path.segments.as_slice() else { return path.segments.first().is_some_and(|first| first == krate) };
    let of = |path: &[Name]| path.first().is_some_and(|first| first == krate);
    match cx.unit.uses.iter().find(|u| u.name.as_ref() == Some(name)) {
        Some(named) => of(&named.path),
        None => {
            let all = cx.unit.uses.iter().any(|u| u.name.is_none() && of(&u.path));
            all || cx.unit.macro_crates.iter().any(|c| c == krate)
        }
    }
}

fn stop(b: &mut Body<'_, '_>) {
    b.out.push(Stmt::Unreachable);
}

pub(super) fn tuple(list: Vec<(Operand, Span)>) -> Rvalue {
    let fields = list.into_iter().enumerate().map(|(i, (o, s))| (Some(types::position(i)), o, s)).collect();
    Rvalue::Aggregate { kind: Aggregate::Tuple, fields, base: None }
}

fn has_arrow(tokens: &TokenStream) -> bool {
    let mut tokens = tokens.clone().into_iter();
    let equals = |t: TokenTree| matches!(t, TokenTree::Punct(p) if p.as_char() == '=');
    while let Some(token) = tokens.next() {
        if equals(token) {
            return matches!(tokens.next(), Some(TokenTree::Punct(p)) if p.as_char() == '>');
        }
    }
    false
}

fn has_semicolon(tokens: &TokenStream) -> bool {
    tokens.clone().into_iter().any(|t| matches!(t, TokenTree::Punct(p) if p.as_char() == ';'))
}

/// `assert_eq!` and `assert_ne!`: a failure prints both sides.
fn assert_equal(b: &mut Body<'_, '_>, mac: &Macro, sides: (&Expr, &Expr), rest: &[Expr], equal: bool, at: Span) {
    let (left, right) = (b.operand(sides.0), b.operand(sides.1));
    let (left_at, right_at) = (keys::expr(b.cx, sides.0), keys::expr(b.cx, sides.1));
    let test = Rvalue::Binary(BinOp::Compare(true), left.clone(), right.clone());
    let holds = b.value(test, at);
    let (fails, ()) = b.buffer(|b| {
        let mut pieces = vec![Piece::Arg(left, View::Debug, left_at), Piece::Arg(right, View::Debug, right_at)];
        if !rest.is_empty() {
            pieces.extend(b.pieces(rest).0);
        }
        let text = b.value(Rvalue::Format(pieces), at);
        let callee = callee(b, mac);
        b.assign(None, Rvalue::Call { callee, args: vec![text], spans: vec![left_at], site: 0 }, at);
        stop(b);
    });
    let (then, els) = if equal { (Vec::new(), fails) } else { (fails, Vec::new()) };
    b.out.push(Stmt::If { cond: Cond::True(holds), then, els, span: at });
}
