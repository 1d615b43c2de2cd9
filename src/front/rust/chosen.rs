//! What `#[cfg(..)]` chooses inside of a body: statements, fields of struct literals and arms.
//!
//! Every `cfg` but `test` is read, so what stands under one is a branch of which it is not known whether it is taken.

use proc_macro2::{Span as TokenSpan, TokenStream, TokenTree};
use syn::{Attribute, Expr, ExprStruct, FieldValue, Stmt as Statement};

use super::annotate::Site;
use super::body::{Body, Dst, Var};
use super::{Cx, attrs, keys, pat, types};
use crate::ir::Name;
use crate::ir::body::{Cond, Local, Operand, Place, Rvalue, Stmt};
use crate::source::Span;

/// Whether a part of a body is there.
#[derive(Clone, Copy)]
pub(super) enum Stands {
    Always,
    /// As the attribute at this place decides.
    Perhaps(TokenSpan),
    /// It is for tests only.
    Never,
}

/// What its attributes say of a part of a body.
pub(super) fn stands(list: &[Attribute]) -> Stands {
    if list.is_empty() {
        return Stands::Always;
    }
    if attrs::for_test(list) {
        return Stands::Never;
    }
    match list.first() {
        // `not(test)` holds of all code that is read.
        Some(first) if attrs::predicates(list).iter().any(|of| attrs::denied(of).is_none_or(|of| of != "test")) => {
            Stands::Perhaps(first.pound_token.span)
        }
        _ => Stands::Always,
    }
}

/// The attributes of a statement. Before an expression they are those of its first part.
pub(super) fn of_statement(stmt: &Statement) -> &[Attribute] {
    match stmt {
        Statement::Local(local) => &local.attrs,
        Statement::Macro(m) => &m.attrs,
        Statement::Expr(e, _) => of_expr(e),
        // Items know of theirs.
        Statement::Item(_) => &[],
    }
}

fn of_expr(e: &Expr) -> &[Attribute] {
    let mut e = e;
    loop {
        e = match e {
            Expr::Assign(inner) => &inner.left,
            Expr::Binary(inner) => &inner.left,
            Expr::Cast(inner) => &inner.expr,
            _ => break,
        }
    }
    match e {
        Expr::Async(e) => &e.attrs,
        Expr::Await(e) => &e.attrs,
        Expr::Block(e) => &e.attrs,
        Expr::Break(e) => &e.attrs,
        Expr::Call(e) => &e.attrs,
        Expr::Closure(e) => &e.attrs,
        Expr::Continue(e) => &e.attrs,
        Expr::Field(e) => &e.attrs,
        Expr::ForLoop(e) => &e.attrs,
        Expr::If(e) => &e.attrs,
        Expr::Index(e) => &e.attrs,
        Expr::Lit(e) => &e.attrs,
        Expr::Loop(e) => &e.attrs,
        Expr::Macro(e) => &e.attrs,
        Expr::Match(e) => &e.attrs,
        Expr::MethodCall(e) => &e.attrs,
        Expr::Paren(e) => &e.attrs,
        Expr::Path(e) => &e.attrs,
        Expr::Reference(e) => &e.attrs,
        Expr::Return(e) => &e.attrs,
        Expr::Struct(e) => &e.attrs,
        Expr::Try(e) => &e.attrs,
        Expr::Tuple(e) => &e.attrs,
        Expr::Unary(e) => &e.attrs,
        Expr::Unsafe(e) => &e.attrs,
        Expr::While(e) => &e.attrs,
        _ => &[],
    }
}

/// From where on each statement may be the last that there is.
pub(super) fn tail(list: &[Statement]) -> usize {
    let given = |stmt: &Statement| matches!(stands(of_statement(stmt)), Stands::Always);
    list.iter().rposition(given).unwrap_or(0)
}

/// Whether exactly one of two statements is there. Variables of a `let` may be both, one after the other.
pub(super) fn either_or(a: &Statement, b: &Statement) -> bool {
    let (of_a, of_b) = (of_statement(a), of_statement(b));
    !of_a.is_empty()
        && !of_b.is_empty()
        && !matches!((a, b), (Statement::Local(_), _) | (_, Statement::Local(_)))
        && !attrs::for_test(of_a)
        && !attrs::for_test(of_b)
        && matches!((&*attrs::predicates(of_a), &*attrs::predicates(of_b)), ([a], [b]) if opposite(a, b))
}

/// How many of these statements are one `let` in as many ways: they bind the same variables, and what they stand under
/// holds of one of them alone.
pub(super) fn ways_of_let<'s>(cx: &Cx<'_>, list: impl Iterator<Item = &'s Statement>) -> usize {
    let mut names: Vec<Var> = Vec::new();
    let mut under: Vec<TokenStream> = Vec::new();
    for stmt in list {
        let Statement::Local(local) = stmt else { break };
        let (Stands::Perhaps(_), [predicate]) = (stands(&local.attrs), &*attrs::predicates(&local.attrs)) else {
            break;
        };
        let mut bound = Vec::new();
        pat::variables(cx, &local.pat, &mut bound);
        let noted = || keys::statement(cx, stmt).is_some_and(|key| cx.has_note(Site::Statement, key));
        if bound.is_empty()
            || !under.is_empty() && bound != names
            || !under.iter().all(|other| excludes(other, predicate))
            || noted()
        {
            break;
        }
        names = bound;
        under.push(predicate.clone());
    }
    under.len()
}

/// Whether two predicates do not hold together: one denies the other, or they are two values of one key. Several
/// features may be on at once, but a variable that each of them declares is meant for one.
fn excludes(a: &TokenStream, b: &TokenStream) -> bool {
    let values = || match (key_and_value(a), key_and_value(b)) {
        (Some((key, x)), Some((other, y))) => key == other && x != y,
        _ => false,
    };
    denies(a, &b.to_string()) || denies(b, &a.to_string()) || values()
}

/// Whether a predicate is `not(..)` of another, or asks for that among the rest (`all(unix, not(..))`).
fn denies(predicate: &TokenStream, of: &str) -> bool {
    let tokens: Vec<TokenTree> = predicate.clone().into_iter().collect();
    tokens.windows(2).any(|pair| match pair {
        [TokenTree::Ident(not), TokenTree::Group(group)] if not == "not" => group.stream().to_string() == of,
        [TokenTree::Ident(all), TokenTree::Group(group)] if all == "all" => denies(&group.stream(), of),
        _ => false,
    })
}

/// `feature = "postgres"`.
fn key_and_value(predicate: &TokenStream) -> Option<(String, String)> {
    match predicate.clone().into_iter().collect::<Vec<_>>().as_slice() {
        [TokenTree::Ident(key), TokenTree::Punct(is), TokenTree::Literal(value)] if is.as_char() == '=' => {
            Some((key.to_string(), value.to_string()))
        }
        _ => None,
    }
}

/// Whether one predicate is `not(..)` of the other.
fn opposite(a: &TokenStream, b: &TokenStream) -> bool {
    let denies = |a: &TokenStream, b: &TokenStream| attrs::denied(a).is_some_and(|of| of == b.to_string());
    denies(a, b) || denies(b, a)
}

/// The fields of a struct literal, if a `cfg` speaks of one.
pub(super) fn fields(e: &ExprStruct) -> Option<Vec<(Stands, &FieldValue)>> {
    let fields: Vec<_> = e.fields.iter().map(|f| (stands(&f.attrs), f)).collect();
    fields.iter().any(|(stands, _)| !matches!(stands, Stands::Always)).then_some(fields)
}

impl Body<'_, '_> {
    fn branch(&mut self, at: TokenSpan, then: Vec<Stmt>, els: Vec<Stmt>) {
        let span = self.cx.span(at);
        self.out.push(Stmt::If { cond: Cond::Unknown, then, els, span });
    }

    /// A statement that may be there. A variable that it binds is otherwise what had that name before.
    pub(super) fn perhaps(&mut self, dst: Dst<'_>, stmt: &Statement, at: TokenSpan) -> Option<Local> {
        let ((then, local), bound) = self.binding(|b| b.buffer(|b| b.certainly(dst, stmt)));
        let span = self.cx.span(at);
        let (els, ()) = self.buffer(|b| {
            for (variable, before) in bound {
                let Some(before) = before else { continue };
                if b.futures.contains(&before) {
                    b.futures.insert(variable);
                }
                b.assign(Some(&variable.into()), Rvalue::Use(Operand::Place(before.into())), span);
            }
        });
        self.branch(at, then, els);
        local
    }

    /// Two statements of which one is there.
    pub(super) fn either_or(&mut self, dst: Dst<'_>, a: &Statement, b: &Statement) {
        let Stands::Perhaps(at) = stands(of_statement(a)) else { return };
        let [then, els] = [a, b].map(|stmt| self.buffer(|b| b.certainly(dst, stmt)).0);
        self.branch(at, then, els);
    }

    /// One `let` in several ways, of which one is there. Each sees what its variables meant before.
    pub(super) fn one_of(&mut self, ways: &[&Statement]) {
        let mut first: Vec<(Var, Local)> = Vec::new();
        let mut read = Vec::with_capacity(ways.len());
        for way in ways {
            let Stands::Perhaps(at) = stands(of_statement(way)) else { continue };
            let (body, bound) = self.buffer(|b| {
                b.apart(|b| {
                    b.certainly(None, way);
                })
            });
            read.push((at, body));
            if first.is_empty() {
                first = bound;
                continue;
            }
            for (var, local) in bound {
                let Some((_, shared)) = first.iter().find(|(of, _)| *of == var) else { continue };
                self.changeable(*shared);
                if self.futures.contains(&local) {
                    self.futures.insert(*shared);
                }
                let span = self.cx.span(at);
                let value = Rvalue::Use(Operand::Place(local.into()));
                if let Some((_, body)) = read.last_mut() {
                    body.push(Stmt::Assign { dst: Place::from(*shared), src: value, span });
                }
            }
        }
        let mut last = read.pop().map(|(_, body)| body).unwrap_or_default();
        while let Some((at, then)) = read.pop() {
            last = vec![Stmt::If { cond: Cond::Unknown, then, els: last, span: self.cx.span(at) }];
        }
        self.out.append(&mut last);
        for (var, local) in first {
            self.bind(var, local);
        }
    }

    /// Fields of a struct literal, of which some may not be there; those of one name are alternatives.
    pub(super) fn chosen_fields(&mut self, list: Vec<(Stands, &FieldValue)>) -> Vec<(Option<Name>, Operand, Span)> {
        let mut out: Vec<(Option<Name>, Operand, Span)> = Vec::with_capacity(list.len());
        for (stands, field) in list {
            let name = Some(types::member(&field.member));
            let span = keys::expr(self.cx, &field.expr);
            match stands {
                Stands::Never => {}
                Stands::Always => {
                    let value = Place::from(self.temp(span));
                    self.run(Some(&value), &field.expr);
                    out.push((name, Operand::Place(value), span));
                }
                Stands::Perhaps(at) => {
                    let known = out.iter().find_map(|(of, value, _)| match value {
                        Operand::Place(value) if *of == name => Some(value.clone()),
                        _ => None,
                    });
                    let value = known.clone().unwrap_or_else(|| Place::from(self.temp(span)));
                    let (then, ()) = self.buffer(|b| b.run(Some(&value), &field.expr));
                    self.branch(at, then, Vec::new());
                    if known.is_none() {
                        out.push((name, Operand::Place(value), span));
                    }
                }
            }
        }
        out
    }
}
