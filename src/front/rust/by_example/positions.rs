//! Expansions where they stand: values, statements, items, patterns, types.

use proc_macro2::TokenStream;
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Block, Expr, Macro, Pat, Stmt, Token, Type};

use super::super::body::{Body, Dst};
use super::super::items::{self, At};
use super::super::{Cx, types};
use super::{Expanded, Not};
use crate::ir::GapKind;
use crate::ir::body::Cond;
use crate::ir::items::TypeRef;

/// Code in a body.
enum Code {
    Value(Expr),
    Statements(Vec<Stmt>),
}

/// A value, a semicolon after it notwithstanding.
fn value(expanded: &Expanded) -> Option<Code> {
    if expanded.several {
        return None;
    }
    let read = |input: ParseStream<'_>| {
        let e = input.parse()?;
        let _: Option<Token![;]> = input.parse()?;
        Ok(e)
    };
    read.parse2(expanded.tokens.clone()).ok().map(Code::Value)
}

fn statements(tokens: &TokenStream) -> Option<Code> {
    Block::parse_within.parse2(tokens.clone()).ok().map(Code::Statements)
}

/// Items of an impl or trait.
fn members<T: Parse>(tokens: &TokenStream) -> Option<Vec<T>> {
    let read = |input: ParseStream<'_>| {
        let mut out = Vec::new();
        while !input.is_empty() {
            out.push(input.parse()?);
        }
        Ok(out)
    };
    read.parse2(tokens.clone()).ok()
}

impl Cx<'_> {
    /// Reads expansions; if one cannot be read, none is taken.
    fn read<T>(
        &self,
        mac: &Macro,
        test: bool,
        list: Vec<Expanded>,
        read: impl Fn(&Expanded) -> Option<T>,
    ) -> Result<Vec<(Expanded, T)>, Not> {
        let mut out = Vec::with_capacity(list.len());
        for expanded in list {
            match read(&expanded) {
                Some(code) => out.push((expanded, code)),
                None => {
                    let why = "what it writes cannot be read here";
                    return Err(self.not_expanded(mac, test, GapKind::Macro, why));
                }
            }
        }
        Ok(out)
    }

    /// Reads the one expansion of a call where there is no way to read several.
    fn read_one<T>(
        &self,
        mac: &Macro,
        test: bool,
        read: impl Fn(&TokenStream) -> Option<T>,
    ) -> Result<(Expanded, T), Not> {
        let list = self.expand_any(mac, test)?;
        let mut all = self.read(mac, test, list, |expanded| read(&expanded.tokens))?;
        match (all.pop(), all.is_empty()) {
            (Some(one), true) => Ok(one),
            _ => Err(self.not_expanded(mac, test, GapKind::Macro, "a `cfg` chooses one of its definitions")),
        }
    }

    /// Lowers something inside an expansion, to which no annotation of the file speaks.
    fn within<R>(&mut self, expanded: &Expanded, f: impl FnOnce(&mut Self) -> R) -> R {
        let notes = self.notes.take();
        let height = self.macros.enter(expanded);
        let result = f(self);
        self.macros.leave(height);
        self.notes = notes;
        result
    }

    /// Lowers the items that a call writes.
    pub(in super::super) fn expand_items(&mut self, at: At, mac: &Macro, far: bool) -> Result<(), Not> {
        let list = if far { self.expand_far(mac, at.test) } else { self.expand_near(mac, at.test) };
        for (expanded, file) in self.read(mac, at.test, list?, |e| syn::parse2::<syn::File>(e.tokens.clone()).ok())? {
            self.within(&expanded, |cx| items::all(cx, at, &file.items));
        }
        Ok(())
    }

    /// Lowers the members of an impl or trait that a call writes.
    pub(in super::super) fn expand_members<T: Parse>(
        &mut self,
        at: At,
        mac: &Macro,
        mut f: impl FnMut(&mut Cx<'_>, &T),
    ) -> Result<(), Not> {
        let list = self.expand_any(mac, at.test)?;
        for (expanded, items) in self.read(mac, at.test, list, |e| members::<T>(&e.tokens))? {
            self.within(&expanded, |cx| items.iter().for_each(|item| f(cx, item)));
        }
        Ok(())
    }

    /// The type that a call stands for.
    pub(in super::super) fn expand_type(&self, mac: &Macro) -> Option<TypeRef> {
        let (expanded, ty) = self.read_one(mac, false, |t| syn::parse2::<Type>(t.clone()).ok()).ok()?;
        let height = self.macros.enter(&expanded);
        let ty = types::ty(self, &ty);
        self.macros.leave(height);
        Some(ty)
    }
}

impl Body<'_, '_> {
    fn within(&mut self, expanded: &Expanded, f: impl FnOnce(&mut Self)) {
        let notes = self.cx.notes.take();
        let height = self.cx.macros.enter(expanded);
        f(self);
        self.cx.macros.leave(height);
        self.cx.notes = notes;
    }

    /// Lowers what a call becomes, as a statement or as a value.
    pub(in super::super) fn expand(
        &mut self,
        dst: Dst<'_>,
        mac: &Macro,
        statement: bool,
        far: bool,
    ) -> Result<(), Not> {
        let test = self.at.test;
        let list = if far { self.cx.expand_far(mac, test) } else { self.cx.expand_near(mac, test) };
        let read = |expanded: &Expanded| {
            if statement {
                statements(&expanded.tokens).or_else(|| value(expanded))
            } else {
                value(expanded).or_else(|| statements(&expanded.tokens))
            }
        };
        let all = self.cx.read(mac, test, list?, read)?;
        let several = all.len() > 1;
        let at = self.cx.span(super::super::keys::last(&mac.path));
        for (expanded, code) in all {
            self.within(&expanded, |b| match code {
                _ if several => {
                    b.guarded(|b, to| b.require(Cond::Unknown, to, at), |b| b.code(dst, &code), None::<fn(&mut Self)>)
                }
                // What a statement binds is seen by those after it.
                Code::Statements(_) if statement => b.code(dst, &code),
                _ => b.scope(|b| b.code(dst, &code)),
            });
        }
        Ok(())
    }

    fn code(&mut self, dst: Dst<'_>, code: &Code) {
        match code {
            Code::Value(e) => self.run(dst, e),
            Code::Statements(list) => self.statements(dst, list),
        }
    }

    /// Hands the pattern that a call stands for to `f`.
    pub(in super::super) fn expand_pattern(&mut self, mac: &Macro, f: impl FnOnce(&mut Self, &Pat)) -> Result<(), Not> {
        let read = |tokens: &TokenStream| Pat::parse_multi_with_leading_vert.parse2(tokens.clone()).ok();
        let (expanded, pat) = self.cx.read_one(mac, self.at.test, read)?;
        self.within(&expanded, |b| f(b, &pat));
        Ok(())
    }
}
