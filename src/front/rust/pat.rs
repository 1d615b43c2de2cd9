//! Patterns: tests that jump away where they fail, and variables.

use syn::Pat;
use syn::punctuated::Punctuated;

use super::body::{Body, Var};
use super::{Cx, keys, types};
use crate::ir::GapKind;
use crate::ir::body::{Aggregate, Cond, Index, LabelId, Operand, Place, Rvalue, Sel, Stmt, Test};
use crate::ir::items::{TypeRef, Use};
use crate::source::Span;

/// What a pattern is matched against.
#[derive(Clone)]
pub(super) enum Scrutinee {
    /// A place; variables borrow from it mutably if set.
    Place(Place, bool),
    /// A tuple written on the spot: `match (a, b)`.
    Tuple(Vec<Scrutinee>, Span),
}

/// How the library's own variants are seen.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Polar {
    /// `Some`, `Ok`.
    Positive,
    /// `Err`.
    Err,
    /// `None`.
    None,
}

/// Whether a path names a variant of `Option` or `Result`, or of Rocket's `Outcome`, which is a `Result` with a
/// second way of not succeeding.
pub(super) fn polar(cx: &Cx<'_>, path: &syn::Path) -> Option<Polar> {
    let mut back = path.segments.iter().rev();
    let last = &back.next()?.ident;
    let before = back.next().map(|s| &s.ident);
    let of = |names: &[&str]| before.is_none_or(|b| names.iter().any(|n| b == n));
    match types::name(last).as_str() {
        "Some" if of(&["Option"]) => Some(Polar::Positive),
        "Ok" if of(&["Result"]) => Some(Polar::Positive),
        "None" if of(&["Option"]) => Some(Polar::None),
        "Err" if of(&["Result"]) => Some(Polar::Err),
        "Success" if is_outcome(cx, path) => Some(Polar::Positive),
        "Error" | "Failure" | "Forward" if is_outcome(cx, path) => Some(Polar::Err),
        _ => None,
    }
}

/// Whether a path is one of a variant of Rocket's `Outcome`, as far as this file says.
fn is_outcome(cx: &Cx<'_>, path: &syn::Path) -> bool {
    let (Some(first), Some(of)) = (path.segments.first(), path.segments.iter().rev().nth(1)) else { return false };
    let first = types::name(&first.ident);
    let of_rocket = |u: &Use| u.name.as_ref() == Some(&first) && u.path.first().is_some_and(|c| c == "rocket");
    of.ident == "Outcome" && (first == "rocket" || cx.unit.uses.iter().any(of_rocket))
}

/// `Ok(a) | Err(_)`, `None | Some(a)`: what is asked of the content, if there is any. It binds nothing, as the other does.
fn or_nothing<'a>(cx: &Cx<'_>, cases: &'a Punctuated<Pat, syn::Token![|]>) -> Option<&'a Pat> {
    let nothing = |pat: &Pat| match pat {
        Pat::TupleStruct(p) => {
            polar(cx, &p.path) == Some(Polar::Err) && p.elems.iter().all(|e| matches!(e, Pat::Wild(_)) || is_rest(e))
        }
        Pat::Path(p) => polar(cx, &p.path) == Some(Polar::None),
        Pat::Ident(p) => p.ident == "None",
        _ => false,
    };
    let content = match (cases.first()?, cases.get(1)?, cases.len()) {
        (a, b, 2) if nothing(b) => a,
        (a, b, 2) if nothing(a) => b,
        _ => return None,
    };
    match content {
        Pat::TupleStruct(p) if polar(cx, &p.path) == Some(Polar::Positive) && p.elems.len() == 1 => p.elems.first(),
        _ => None,
    }
}

/// Whether a pattern asks for a truth of its own where `Some(..)` around it does, too.
fn asks(cx: &Cx<'_>, pat: &Pat) -> bool {
    match pat {
        Pat::Paren(p) => asks(cx, &p.pat),
        Pat::Reference(p) => asks(cx, &p.pat),
        Pat::TupleStruct(p) => polar(cx, &p.path).is_some(),
        Pat::Path(p) => polar(cx, &p.path).is_some(),
        Pat::Ident(p) => p.ident == "None",
        Pat::Lit(p) => matches!(p.lit, syn::Lit::Bool(_)),
        Pat::Or(p) => p.cases.iter().any(|p| asks(cx, p)),
        _ => false,
    }
}

/// Names of a pattern's variables.
pub(super) fn variables(cx: &Cx<'_>, pat: &Pat, out: &mut Vec<Var>) {
    match pat {
        Pat::Ident(p) => {
            if !(p.subpat.is_none() && is_constant(p)) {
                let var = cx.var(&p.ident);
                if !out.contains(&var) {
                    out.push(var);
                }
            }
            if let Some((_, sub)) = &p.subpat {
                variables(cx, sub, out);
            }
        }
        Pat::Guard(p) => variables(cx, &p.pat, out),
        Pat::Or(p) => p.cases.iter().for_each(|p| variables(cx, p, out)),
        Pat::Paren(p) => variables(cx, &p.pat, out),
        Pat::Reference(p) => variables(cx, &p.pat, out),
        Pat::Slice(p) => p.elems.iter().for_each(|p| variables(cx, p, out)),
        Pat::Struct(p) => p.fields.iter().for_each(|f| variables(cx, &f.pat, out)),
        Pat::Tuple(p) => p.elems.iter().for_each(|p| variables(cx, p, out)),
        Pat::TupleStruct(p) => p.elems.iter().for_each(|p| variables(cx, p, out)),
        Pat::Type(p) => variables(cx, &p.pat, out),
        _ => {}
    }
}

/// A name in a pattern that, by its case, is a constant or unit variant and no variable.
fn is_constant(p: &syn::PatIdent) -> bool {
    p.by_ref.is_none() && p.mutability.is_none() && {
        let name = types::name(&p.ident);
        name.starts_with(|c: char| c.is_uppercase())
    }
}

impl Scrutinee {
    /// A part of it.
    fn step(&self, steps: &[Sel]) -> Scrutinee {
        match self {
            Scrutinee::Place(place, by_mut) => {
                let path = [place.path.as_slice(), steps].concat();
                Scrutinee::Place(Place { base: place.base, path }, *by_mut)
            }
            Scrutinee::Tuple(..) => self.clone(),
        }
    }
}

impl Body<'_, '_> {
    /// Matches a pattern that cannot fail.
    pub(super) fn destructure(&mut self, pat: &Pat, place: &Place) {
        let by_mut = place.path.is_empty() && matches!(self.declared(place.base), Some(TypeRef::RefMut(_)));
        self.pattern(pat, &Scrutinee::Place(place.clone(), by_mut), None);
    }

    /// Matches a pattern that cannot fail against a scrutinee.
    pub(super) fn bind_all(&mut self, pat: &Pat, from: &Scrutinee) {
        self.pattern(pat, from, None);
    }

    /// Variables of a `let` without a value.
    pub(super) fn declare(&mut self, pat: &Pat) {
        let span = keys::pattern(self.cx, pat);
        let mut vars = Vec::new();
        variables(self.cx, pat, &mut vars);
        for var in vars {
            let local = self.local(Some(var.name.clone()), None, span);
            self.bind(var, local);
        }
    }

    /// The place of a scrutinee, made if need be.
    pub(super) fn whole(&mut self, from: &Scrutinee) -> Place {
        match from {
            Scrutinee::Place(place, _) => place.clone(),
            Scrutinee::Tuple(parts, span) => {
                let fields = parts
                    .iter()
                    .enumerate()
                    .map(|(i, part)| (Some(types::position(i)), Operand::Place(self.whole(part)), *span))
                    .collect();
                let made = self.value(Rvalue::Aggregate { kind: Aggregate::Tuple, fields, base: None }, *span);
                self.place_of(made, *span)
            }
        }
    }

    /// Matches; where the match fails it leaves `fail`. Without one the pattern cannot fail.
    pub(super) fn pattern(&mut self, pat: &Pat, from: &Scrutinee, fail: Option<LabelId>) {
        match pat {
            Pat::Wild(_) | Pat::Rest(_) => {}
            Pat::Paren(p) => self.pattern(&p.pat, from, fail),
            Pat::Type(p) => self.pattern(&p.pat, from, fail),
            Pat::Guard(p) => {
                self.pattern(&p.pat, from, fail);
                match fail {
                    Some(fail) => self.unless(&p.guard, fail),
                    None => self.run(None, &p.guard),
                }
            }
            Pat::Ident(p) if p.subpat.is_none() && fail.is_some() && is_constant(p) => {
                let span = self.cx.word(&p.ident);
                self.constant(&syn::Path::from(p.ident.clone()), None, from, fail, span);
            }
            Pat::Ident(p) => {
                if let Some((_, sub)) = &p.subpat {
                    self.pattern(sub, from, fail);
                }
                self.variable(p, from);
            }
            Pat::Path(p) => {
                let span = keys::path(self.cx, &p.path);
                self.constant(&p.path, p.qself.as_ref(), from, fail, span);
            }
            Pat::Lit(p) => {
                let span = self.cx.span(p.lit.span());
                match &p.lit {
                    syn::Lit::Bool(b) => self.truth_is(from, b.value, fail, span),
                    _ => self.test(from, Test::Literal, fail, span),
                }
            }
            Pat::Range(_) | Pat::Const(_) => {
                let span = keys::pattern(self.cx, pat);
                self.test(from, Test::Literal, fail, span);
            }
            Pat::Reference(p) if p.mutability.is_some() => self.pattern(&p.pat, &from.step(&[Sel::Deref]), fail),
            Pat::Reference(p) => self.pattern(&p.pat, from, fail),
            Pat::Tuple(p) => match from {
                Scrutinee::Tuple(parts, _)
                    if parts.len() == p.elems.len() && !p.elems.iter().any(|e| matches!(e, Pat::Rest(_))) =>
                {
                    for (pat, part) in p.elems.iter().zip(parts) {
                        self.pattern(pat, part, fail);
                    }
                }
                _ => {
                    let whole = self.anchored(from);
                    self.positions(&p.elems, &whole, fail);
                }
            },
            Pat::TupleStruct(p) => self.tuple_struct(p, from, fail),
            Pat::Struct(p) => {
                let span = keys::path(self.cx, &p.path);
                let id = self.path_id(types::qualified(self.cx, p.qself.as_ref(), &p.path));
                let from = self.anchored(from);
                self.test(&from, Test::Path(id), fail, span);
                for field in &p.fields {
                    let part = from.step(&[Sel::As(id), Sel::Field(types::member(&field.member))]);
                    self.pattern(&field.pat, &part, fail);
                }
            }
            Pat::Slice(p) => {
                let from = self.anchored(from);
                let open = p.elems.iter().all(is_rest) && !p.elems.is_empty();
                if !open {
                    let span = keys::pattern(self.cx, pat);
                    self.test(&from, Test::Literal, fail, span);
                }
                let rest = p.elems.iter().position(is_rest).unwrap_or(p.elems.len());
                for (i, elem) in p.elems.iter().enumerate() {
                    // Behind `..` they are counted from the end.
                    let at = if i < rest { types::position(i) } else { format!("-{}", p.elems.len() - i).into() };
                    let step = if is_rest(elem) { Sel::Index(None) } else { Sel::Index(Some(Index::Number(at))) };
                    self.pattern(elem, &from.step(&[step]), fail);
                }
            }
            Pat::Or(p) => self.either(&p.cases, from, fail),
            Pat::Macro(p) if self.expand_pattern(&p.mac, |b, pat| b.pattern(pat, from, fail)).is_ok() => {}
            Pat::Macro(p) => {
                let span = self.cx.span(keys::last(&p.mac.path));
                self.cx.gap(span, GapKind::Macro, "this macro in a pattern was not read");
                self.unknown(fail, span);
            }
            other => {
                let span = keys::pattern(self.cx, other);
                self.cx.gap(span, GapKind::Code, "this pattern is not known");
                self.unknown(fail, span);
            }
        }
    }

    fn anchored(&mut self, from: &Scrutinee) -> Scrutinee {
        match from {
            Scrutinee::Place(..) => from.clone(),
            Scrutinee::Tuple(..) => Scrutinee::Place(self.whole(from), false),
        }
    }

    /// Jumps to `fail` unless a test holds.
    fn test(&mut self, from: &Scrutinee, test: Test, fail: Option<LabelId>, span: Span) {
        if let Some(fail) = fail {
            let place = self.whole(from);
            self.require(Cond::Is(place, test), fail, span);
        }
    }

    /// Jumps to `fail` unless a place has a truth value.
    fn truth_is(&mut self, from: &Scrutinee, truth: bool, fail: Option<LabelId>, span: Span) {
        let Some(fail) = fail else { return };
        let cond = Cond::True(Operand::Place(self.whole(from)));
        let jump = vec![self.jump(fail)];
        let (then, els) = if truth { (Vec::new(), jump) } else { (jump, Vec::new()) };
        self.out.push(Stmt::If { cond, then, els, span });
    }

    fn unknown(&mut self, fail: Option<LabelId>, span: Span) {
        if let Some(fail) = fail {
            self.require(Cond::Unknown, fail, span);
        }
    }

    /// Jumps to `fail` unless a condition holds.
    pub(super) fn require(&mut self, cond: Cond, fail: LabelId, span: Span) {
        let els = vec![self.jump(fail)];
        self.out.push(Stmt::If { cond, then: Vec::new(), els, span });
    }

    fn constant(
        &mut self,
        path: &syn::Path,
        qself: Option<&syn::QSelf>,
        from: &Scrutinee,
        fail: Option<LabelId>,
        span: Span,
    ) {
        let test = match polar(self.cx, path) {
            Some(Polar::None) => Test::Negative,
            _ => Test::Path(self.path_id(types::qualified(self.cx, qself, path))),
        };
        self.test(from, test, fail, span);
    }

    fn variable(&mut self, p: &syn::PatIdent, from: &Scrutinee) {
        let span = self.cx.word(&p.ident);
        let var = self.cx.var(&p.ident);
        let known = self.shared.as_ref().and_then(|s| s.iter().find(|(v, _)| *v == var).map(|(_, l)| *l));
        let local = match known {
            Some(local) => local,
            None => {
                let local = self.local(Some(var.name.clone()), None, span);
                if let Some(shared) = &mut self.shared {
                    shared.push((var.clone(), local));
                }
                local
            }
        };
        if p.mutability.is_some() {
            self.changeable(local);
        }
        let ref_mut = p.by_ref.is_some() && p.mutability.is_some();
        let src = match from {
            Scrutinee::Place(place, by_mut) if *by_mut || ref_mut => Rvalue::RefMut(place.clone()),
            _ => Rvalue::Use(Operand::Place(self.whole(from))),
        };
        self.assign(Some(&local.into()), src, span);
        self.bind(var, local);
    }

    fn tuple_struct(&mut self, p: &syn::PatTupleStruct, from: &Scrutinee, fail: Option<LabelId>) {
        let span = keys::path(self.cx, &p.path);
        let from = self.anchored(from);
        match polar(self.cx, &p.path).filter(|_| p.elems.len() == 1) {
            Some(Polar::Positive | Polar::None) => {
                // The layers are one place: what counts is whether all of them are positive.
                if p.elems.iter().any(|p| asks(self.cx, p)) {
                    self.unknown(fail, span);
                } else {
                    self.test(&from, Test::Positive, fail, span);
                }
                for elem in &p.elems {
                    self.pattern(elem, &from.step(&[Sel::Some]), fail);
                }
            }
            Some(Polar::Err) => {
                self.test(&from, Test::Negative, fail, span);
                for elem in &p.elems {
                    self.pattern(elem, &from.step(&[Sel::Err]), fail);
                }
            }
            None => {
                let id = self.path_id(types::qualified(self.cx, p.qself.as_ref(), &p.path));
                self.test(&from, Test::Path(id), fail, span);
                self.positions(&p.elems, &from.step(&[Sel::As(id)]), fail);
            }
        }
    }

    /// Parts by position; what follows `..` may be any of them.
    fn positions(&mut self, elems: &Punctuated<Pat, syn::Token![,]>, from: &Scrutinee, fail: Option<LabelId>) {
        let mut after_rest = false;
        for (i, elem) in elems.iter().enumerate() {
            if is_rest(elem) {
                after_rest = true;
            } else {
                let step = if after_rest { Sel::Index(None) } else { Sel::Field(types::position(i)) };
                self.pattern(elem, &from.step(&[step]), fail);
            }
        }
    }

    /// `a | b`: the alternatives bind the same variables.
    fn either(&mut self, cases: &Punctuated<Pat, syn::Token![|]>, from: &Scrutinee, fail: Option<LabelId>) {
        if let Some(fail) = fail
            && !cases.is_empty()
            && cases
                .iter()
                .all(|c| matches!(c, Pat::Lit(l) if !matches!(l.lit, syn::Lit::Bool(_))) || matches!(c, Pat::Range(_)))
        {
            let span = cases.first().map_or(Span::new(self.cx.file, 0, 0), |c| keys::pattern(self.cx, c));
            return self.test(from, Test::Literal, Some(fail), span);
        }
        let from = &self.anchored(from);
        if let Some(fail) = fail
            && let Some(inner) = or_nothing(self.cx, cases)
        {
            let held = from.step(&[Sel::Some]);
            let (then, ()) = self.buffer(|b| b.pattern(inner, &held, Some(fail)));
            if asks(self.cx, inner) {
                // The layers are one place.
                return self.out.extend(then);
            }
            let (place, span) = (self.whole(from), keys::pattern(self.cx, inner));
            return self.out.push(Stmt::If { cond: Cond::Is(place, Test::Positive), then, els: Vec::new(), span });
        }
        let outermost = self.shared.is_none();
        if outermost {
            self.shared = Some(Vec::new());
        }
        let done = self.label();
        let (body, ()) = self.buffer(|b| {
            for (i, case) in cases.iter().enumerate() {
                if i + 1 == cases.len() {
                    b.pattern(case, from, fail);
                } else {
                    let next = b.label();
                    let (mut stmts, ()) = b.buffer(|b| b.pattern(case, from, Some(next)));
                    let jump = b.jump(done);
                    match stmts.as_mut_slice() {
                        // One test and no variable.
                        [Stmt::If { then, els, .. }]
                            if then.is_empty() && matches!(els.as_slice(), [Stmt::Break(_)]) =>
                        {
                            then.push(jump);
                            els.clear();
                            b.out.append(&mut stmts);
                        }
                        _ => {
                            stmts.push(jump);
                            b.out.push(Stmt::Block { label: next, body: stmts });
                        }
                    }
                }
            }
        });
        self.out.push(Stmt::Block { label: done, body });
        if outermost {
            self.shared = None;
        }
    }
}

fn is_rest(pat: &Pat) -> bool {
    match pat {
        Pat::Rest(_) => true,
        Pat::Ident(p) => p.subpat.as_ref().is_some_and(|(_, sub)| matches!(**sub, Pat::Rest(_))),
        _ => false,
    }
}
