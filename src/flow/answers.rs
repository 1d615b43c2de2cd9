//! Answers: what a framework makes of what a handler returns, and which functions give any.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::around::{answering, around, is_wrapped};
use super::beside::without;
use super::calls::Arg;
use super::doubt::Why;
use super::extract::Refusing;
use super::interp::Interp;
use super::places::field_name;
use super::routes::handlers;
use super::seeds::Seeds;
use super::served::{Served, served};
use super::state::State;
use super::summary::doubted;
use super::value::{V, Value, join};
use crate::ir::Name;
use crate::ir::body::{Operand, Rvalue, View};
use crate::ir::items::{TypeDef, TypeKind};
use crate::limits::{POINTERS_BEHIND, PRINTED_DEPTH};
use crate::link::infer::{Target, Typed};
use crate::link::program::{Def, FuncId, ModId, Program, TypeId};
use crate::link::ty::{Ty, all_fields, content, field_ty, fields_of, peel};
use crate::model::{ModelSet, Row};
use crate::source::Span;

/// How a value of a type becomes an answer.
#[derive(Clone, Copy, Debug)]
pub(super) enum Answer {
    By(FuncId),
    Printed,
}

pub(super) fn answer_of(p: &Program, models: &ModelSet, ty: &Ty) -> Option<Answer> {
    match ty {
        Ty::Adt(t, _) => answer_of_type(p, models, *t),
        // `impl IntoResponse for Box<dyn Failure>`.
        Ty::Ext(n, _) => {
            let own = |f: &FuncId| p.func_impl(*f).and_then(|i| p.impl_self.get(i.0 as usize)) == Some(ty);
            let method = |(_, name): (&str, &str)| p.methods_of_ext(n, name).into_iter().find(own);
            models.answers().find_map(method).map(Answer::By)
        }
        _ => None,
    }
}

pub(super) fn answer_of_type(p: &Program, models: &ModelSet, t: TypeId) -> Option<Answer> {
    let method = |(of, name): (&str, &str)| p.impls_for(t, of).iter().find_map(|i| p.impl_method(*i, name));
    let made = models.answers().find_map(method);
    let filled_in = || p.type_def(t).is_some_and(|d| d.derives.iter().any(|d| d == "Template"));
    let printed = || models.printed().any(|of| !p.impls_for(t, of).is_empty()) || filled_in();
    made.map(Answer::By).or_else(|| printed().then_some(Answer::Printed))
}

/// How a value of this type becomes an answer; behind `impl IntoResponse` the value knows its type.
fn answer_for(p: &Program, models: &ModelSet, ty: &Ty, v: &Value) -> Option<Answer> {
    match ty {
        Ty::Ext(n, _) if is_answer_trait(models, n) => answer_of_type(p, models, v.adt?),
        _ => answer_of(p, models, ty),
    }
}

fn is_answer_trait(models: &ModelSet, path: &str) -> bool {
    let last = path.rsplit("::").next().unwrap_or(path);
    models.trait_model(last).is_some_and(|t| !t.answers.is_empty())
}

/// Whether a function makes an answer of a value, by its name: what returns such a value does not say that it is called.
pub(super) fn is_maker(models: &ModelSet, name: &str) -> bool {
    models.answers().any(|(_, method)| method == name)
}

/// A result behind the future that has it, in a box or there already; anything else is itself.
fn awaited(ty: &Ty) -> &Ty {
    let mut output = ty;
    while let Ty::Ext(n, args) = output
        && matches!(n.rsplit("::").next(), Some("Box" | "Pin" | "Ready"))
        && let Some(inner) = args.first()
    {
        output = inner;
    }
    if matches!(output, Ty::Ext(n, _) if n == "Result") { output } else { ty }
}

/// The parts of a result that are answers for themselves: what `Ok` holds, the parts of a tuple, the error.
fn parts(ret: &Ty) -> (Vec<&Ty>, Option<&Ty>) {
    let ret = awaited(ret);
    let error = match ret {
        Ty::Ext(n, args) if n == "Result" => args.get(1),
        _ => None,
    };
    match content(ret) {
        Ty::Tuple(ts) => (ts.iter().collect(), error),
        one => (vec![one], error),
    }
}

/// Functions of the workspace that make an answer of what a function returns. Behind `impl IntoResponse` it may be any
/// type that the function names.
pub(super) fn makers(p: &Program, models: &ModelSet, typed: &Typed) -> Vec<FuncId> {
    let (given, error) = parts(&typed.ret);
    let hidden = given.iter().any(|ty| matches!(ty, Ty::Ext(n, _) if is_answer_trait(models, n)));
    let named = typed.paths.iter().filter(|_| hidden).filter_map(|res| match res.def {
        Some(Def::Type(t) | Def::Variant(t, _)) => answer_of_type(p, models, t),
        _ => None,
    });
    let offered = given.iter().filter_map(|ty| if let Ty::Adt(t, _) = peel(models, ty) { Some(*t) } else { None });
    let offered: Vec<FuncId> = offered.flat_map(|t| p.offered_of(t)).copied().collect();
    let said = given.into_iter().chain(error).filter_map(|ty| answer_of(p, models, ty));
    let made = said.chain(named).filter_map(|answer| match answer {
        Answer::By(f) => Some(f),
        Answer::Printed => None,
    });
    let made = made.flat_map(|f| std::iter::once(f).chain(p.for_kinds(f)));
    made.chain(offered).collect()
}

impl Interp<'_> {
    /// What is shown of a value that this function returns.
    pub(super) fn answer_made(&mut self, ret: &V, span: Span, st: &mut State) -> V {
        let ty = self.typed.ret.clone();
        let (given, error) = parts(&ty);
        let mut out = ret.clone();
        match given.as_slice() {
            [one] => {
                if let Some(shown) = self.answered(&without(&out, &["Err"]), one, span, st) {
                    out = with(&shown, "Err", ret.field("Err"));
                }
            }
            several => {
                for (i, ty) in several.iter().enumerate() {
                    let name = i.to_string();
                    if let Some(shown) = self.answered(&out.field(&name), ty, span, st) {
                        out = with(&out, &name, shown);
                    }
                }
            }
        }
        let refused = error.and_then(|error| {
            let have = ret.field("Err");
            let own = self.answered_around(&have, span, st).or_else(|| self.answered(&have, error, span, st));
            own.or_else(|| self.answered_within(&have, error, span, st))
        });
        match refused {
            Some(shown) => with(&out, "Err", shown),
            None => out,
        }
    }

    /// What an audience is shown of a value: what others share with it is kept, and asked for later, unless it is
    /// written out.
    pub(super) fn unshared(&mut self, v: &V, ty: &Ty, depth: usize, st: &State) -> V {
        let (p, models) = (self.cx.program, self.cx.models);
        let ty = behind_pointers(ty);
        let Ty::Adt(t, _) = ty else { return v.clone() };
        if is_shown(p, models, *t) || !p.offered_of(*t).is_empty() {
            return self.offered(v, ty, PRINTED_DEPTH, st);
        }
        let Some(TypeKind::Struct(fields)) = p.type_def(*t).map(|d| &d.kind) else { return v.clone() };
        if depth > POINTERS_BEHIND {
            return v.clone();
        }
        let mut out: Option<Value> = None;
        for field in fields {
            let of = field_ty(p, models, ty, None, &field.name);
            let (of, have) = (behind_pointers(&of), v.field(&field.name));
            let left = if is_shared(models, of) { V::default() } else { self.unshared(&have, of, depth + 1, st) };
            if !Arc::ptr_eq(&have, &left) {
                out.get_or_insert_with(|| (**v).clone()).set_field(&field.name, left);
            }
        }
        out.map_or_else(|| v.clone(), Arc::new)
    }

    /// What a derive offers of a value: not the fields that it leaves out, also inside of others; and what methods do that
    /// are parts of the answer.
    fn offered(&mut self, v: &V, ty: &Ty, depth: u32, st: &State) -> V {
        let (p, models) = (self.cx.program, self.cx.models);
        let ty = peel(models, ty);
        let Ty::Adt(t, _) = ty else { return v.clone() };
        if depth == 0 || !v.has_data() {
            return v.clone();
        }
        let methods = p.offered_of(*t);
        let by_methods =
            !methods.is_empty() && !is_shown(p, models, *t) && methods.iter().all(|f| self.summary(*f).is_some());
        let left_out = |variant, name: &Name| {
            let of = fields_of(p, *t, variant).into_iter().flatten();
            by_methods || of.filter(|f| f.name == *name).any(|f| f.attrs.answer_skip)
        };
        let mut out: Option<Value> = None;
        for (variant, name) in all_fields(p, *t) {
            let key = field_name(p, ty, variant, &name);
            let have = v.field(&key);
            let left = match left_out(variant, &name) {
                true => V::default(),
                false => self.offered(&have, &field_ty(p, models, ty, variant, &name), depth - 1, st),
            };
            if !Arc::ptr_eq(&have, &left) {
                out.get_or_insert_with(|| (**v).clone()).set_field(&key, left);
            }
        }
        for f in methods {
            let (Some(def), true) = (p.func(*f), self.summary(*f).is_some()) else { continue };
            let shown = self.func_call(*f, &[Arg::of(v, self.at)], self.at, None, &mut st.clone());
            // One that is the audience's own shows it itself.
            if shown.has_data() && !self.cx.seeds.audiences.contains_key(f) {
                out.get_or_insert_with(|| (**v).clone()).set_field(&def.name, shown);
            }
        }
        out.map_or_else(|| v.clone(), Arc::new)
    }

    /// What is given to a row that makes an answer of several values, without those that go to nobody who is answered.
    pub(super) fn answered_with<'a>(&self, row: &Row, args: Cow<'a, [Arg]>) -> Cow<'a, [Arg]> {
        let models = self.cx.models;
        let Some((Arg { ty: Ty::Tuple(parts), .. }, true)) = args.first().map(|a| (a, row.has_self)) else {
            return args;
        };
        let kept: Vec<usize> = (0..).zip(parts.iter()).filter(|(_, ty)| is_kept(models, ty)).map(|(i, _)| i).collect();
        if kept.is_empty() || !row.path.rsplit("::").next().is_some_and(|name| is_maker(models, name)) {
            return args;
        }
        let mut args = args.into_owned();
        if let Some(tuple) = args.first_mut() {
            tuple.v = kept.iter().fold(tuple.v.clone(), |v, i| with(&v, &i.to_string(), V::default()));
        }
        args.into()
    }

    /// What a function makes of a value that is an answer: of an object, what it makes of each type that may be in it.
    fn answered_by(&mut self, f: FuncId, v: &V, span: Span, st: &mut State) -> V {
        let mut out = V::default();
        for (of, v) in v.by_types() {
            let own = of.map_or(f, |t| self.cx.program.for_kind(f, t));
            let f = if self.summary(own).is_some() { own } else { f };
            out = join(&out, &self.func_call(f, &[Arg::of(&v, span)], span, None, &mut st.clone()));
        }
        out
    }

    /// What an answer shows of an error that a macro of the workspace puts into a type which is one.
    fn answered_around(&mut self, error: &V, span: Span, st: &mut State) -> Option<V> {
        let seeds = self.cx.seeds;
        let all = seeds.wrapped.get(&self.id).filter(|_| error.has_data())?;
        let doubt = Why::Several(all.len()).at(span);
        let error = if all.len() > 1 { doubted(error, &doubt) } else { error.clone() };
        let shown = all.iter().map(|found| {
            let v = found.put(&error);
            let shown = match found.answer {
                Answer::By(f) if self.summary(f).is_none() => v,
                Answer::By(f) => self.answered_by(f, &v, span, st),
                Answer::Printed => self.view(&v, &found.ty(), View::Display, span, st),
            };
            if found.more { doubted(&shown, &Why::Beside.at(span)) } else { shown }
        });
        shown.reduce(|a, b| join(&a, &b))
    }

    /// What an answer shows of an error in which a framework keeps another (`actix_web::Error`): what that says itself.
    fn answered_within(&mut self, error: &V, ty: &Ty, span: Span, st: &mut State) -> Option<V> {
        if !error.has_data() || !keeps_errors(self.cx.models, ty) {
            return None;
        }
        let (mut out, mut known) = (V::default(), false);
        for (of, v) in error.by_types() {
            let answer = of.and_then(|t| Some((t, answer_of_type(self.cx.program, self.cx.models, t)?)));
            let shown = match answer {
                Some((_, Answer::By(f))) if self.summary(f).is_some() => self.answered_by(f, &v, span, st),
                Some((t, Answer::Printed)) => self.view(&v, &Ty::Adt(t, [].into()), View::Display, span, st),
                _ => {
                    out = join(&out, &v);
                    continue;
                }
            };
            known = true;
            out = join(&out, &shown);
        }
        known.then_some(out)
    }

    /// What an answer shows of a value, if its type says that itself.
    fn answered(&mut self, v: &V, ty: &Ty, span: Span, st: &mut State) -> Option<V> {
        if is_kept(self.cx.models, ty) {
            return Some(V::default());
        }
        match answer_for(self.cx.program, self.cx.models, ty, v).filter(|_| v.has_data())? {
            Answer::By(f) if self.summary(f).is_none() => None,
            Answer::By(f) => Some(self.answered_by(f, v, span, st)),
            Answer::Printed => Some(self.view(v, ty, View::Display, span, st)),
        }
    }
}

/// Whether an error of a type may be one of the workspace: that of a library which sends answers.
fn keeps_errors(models: &ModelSet, ty: &Ty) -> bool {
    matches!(ty, Ty::Ext(n, _) if n.contains("::") && !models.is_plain(n))
}

/// Whether what a type holds is there for the program that answers (`Extension<T>`), and no part of the answer.
fn is_kept(models: &ModelSet, ty: &Ty) -> bool {
    matches!(ty, Ty::Ext(n, _) if models.type_model(n).is_some_and(|m| m.state))
}

/// A value with another part.
fn with(v: &V, name: &str, part: V) -> V {
    let mut out = (**v).clone();
    out.set_field(name, part);
    out.into()
}

/// Whether a method reads a value out of a request, whose errors alone are answers.
pub(super) fn is_extractor(p: &Program, models: &ModelSet, f: FuncId) -> bool {
    let model = foreign_trait(p, f).and_then(|of| models.trait_model(of));
    model.is_some_and(|t| !t.extracts.is_empty())
}

/// The last segment of the trait outside the workspace that a method is of.
fn foreign_trait(p: &Program, f: FuncId) -> Option<&str> {
    match p.impl_trait.get(p.func_impl(f)?.0 as usize)? {
        Some(Def::Ext(n)) => n.rsplit("::").next(),
        _ => None,
    }
}

/// Whether what a function returns may be an answer.
fn may_answer(p: &Program, models: &ModelSet, typed: &[Typed], f: FuncId) -> bool {
    if p.is_left_out(f) {
        return false;
    }
    // What makes an answer of a value does so for whoever returns one.
    if let Some(of) = foreign_trait(p, f) {
        return !models.is_local(of) && !is_answer_trait(models, of);
    }
    // What makes a value that nothing writes out: it is kept, and asked later.
    let own = p.func_impl(f).and_then(|i| p.impl_self.get(i.0 as usize));
    let Some(ret) = typed.get(f.0 as usize).map(|t| &t.ret) else { return true };
    match (own, content(ret)) {
        (Some(Ty::Adt(own, _)), Ty::Adt(made, _)) if own == made => is_shown(p, models, *made),
        _ => true,
    }
}

/// Whether others share what a value of a type holds: a lock, a channel, a pool.
fn is_shared(models: &ModelSet, ty: &Ty) -> bool {
    matches!(ty, Ty::Ext(name, _) if models.is_cell(name) || models.type_model(name).is_some_and(|m| m.shared))
}

/// A type behind the pointers to it.
fn behind_pointers(mut ty: &Ty) -> &Ty {
    while let Ty::Ext(name, args) = ty
        && matches!(name.as_str(), "Arc" | "Rc" | "Box" | "Option")
        && let Some(inner) = args.first()
    {
        ty = inner;
    }
    ty
}

fn is_shown(p: &Program, models: &ModelSet, t: TypeId) -> bool {
    let derived = |d: &TypeDef| d.derives.iter().any(|name| models.shows(name));
    let written = |of: &str| !p.impls_for(t, of).is_empty();
    p.type_def(t).is_some_and(derived) || written("Serialize") || models.answers().any(|(of, _)| written(of))
}

/// Seeds with the functions that give answers: those of a module bound as audience that it does not only call itself,
/// those that are handlers, and those that nobody here calls.
pub(super) fn with_answers(
    p: &Program,
    models: &ModelSet,
    typed: &[Typed],
    seeds: &Seeds,
    mods: &[(ModId, u32)],
) -> Seeds {
    let mut out = seeds.clone();
    out.routed = handlers(p, models, typed);
    let mut callers: BTreeMap<FuncId, Vec<FuncId>> = BTreeMap::new();
    let mut kept: BTreeSet<FuncId> = BTreeSet::new();
    for f in p.all_ids() {
        let Some(t) = typed.get(f.0 as usize) else { continue };
        let given = passed(p, models, t, f);
        kept.extend(given.iter().filter(|(_, called)| !called).map(|(callee, _)| p.as_written(*callee)));
        let called = t.reached().chain(given.into_iter().filter(|(_, called)| *called).map(|(callee, _)| callee));
        called.for_each(|callee| callers.entry(p.as_written(callee)).or_default().push(p.as_written(f)));
    }
    // Of modules within one another the innermost says whose a function is.
    let audience_of = |f: FuncId| {
        let around = mods.iter().filter(|(module, _)| p.is_within(p.func_module(f), *module));
        around.reduce(|a, b| if p.is_within(b.0, a.0) { b } else { a })
    };
    for f in p.func_ids().filter(|f| !p.is_test(*f)) {
        let served = callers.contains_key(&f).then(|| served(p, models, f)).flatten();
        if served == Some(Served::Registered) {
            out.served.insert(f);
        }
        let Some((module, audience)) = audience_of(f) else { continue };
        out.around.insert(f, *audience);
        // Code of another module of the same audience is not yet the audience, nor is that of a module within: what it
        // answers is.
        let within = |by: &&FuncId| {
            p.is_within(p.func_module(**by), *module) || audience_of(**by).is_some_and(|(_, of)| of == audience)
        };
        let by = callers.get(&f).map_or(&[][..], Vec::as_slice);
        // What code of another audience answers is told of that, unless it is less sure that this has it.
        let told = |by: &FuncId| within(&by) || audience_of(*by).is_some();
        let outside = by.is_empty() || !by.iter().all(told);
        let sure = outside || out.routed.contains_key(&f) || kept.contains(&f);
        let elsewhere = !by.iter().all(|by| within(&by));
        if !(sure || elsewhere || served.is_some()) || !may_answer(p, models, typed, f) {
            continue;
        }
        match served {
            None if !sure => {
                out.elsewhere.insert(f, *audience);
                continue;
            }
            Some(Served::Perhaps(by)) if !sure && !out.audiences.contains_key(&f) => {
                out.perhaps_served.insert(f, by);
            }
            _ => {}
        }
        out.audiences.entry(f).or_insert(*audience);
        out.within.extend(by.iter().filter(within).map(|by| (*by, f)));
    }
    // What an extractor refuses with answers for the handlers that ask for one, whoever calls it besides.
    let first = |f: &FuncId| {
        !callers.contains_key(f) || out.routed.contains_key(f) || kept.contains(f) || out.served.contains(f)
    };
    let refusing = Refusing::of(p, models, typed, first);
    let shown: Vec<(FuncId, u32)> = refusing.told(|handler| out.audiences.get(&handler).copied()).collect();
    for (extractor, audience) in shown {
        out.audiences.entry(extractor).or_insert(audience);
    }
    let mut known = None;
    for f in p.func_ids().filter(|f| out.audiences.contains_key(f) || first(f)) {
        let error = typed.get(f.0 as usize).and_then(|t| parts(&t.ret).1);
        let Some(error) = error.filter(|error| is_wrapped(p, models, f, error)) else { continue };
        let found = around(p, models, f, error, known.get_or_insert_with(|| answering(p, models)));
        if !found.is_empty() {
            out.wrapped.insert(f, found);
        }
    }
    let answers = |f: &FuncId| {
        let asked = refusing.asks(*f).unwrap_or(!callers.contains_key(f));
        let says = |t: &Typed| out.wrapped.contains_key(f) || !makers(p, models, t).is_empty();
        let kept = |t: &Typed| is_extractor(p, models, *f) && parts(&t.ret).1.is_some_and(|e| keeps_errors(models, e));
        asked && typed.get(f.0 as usize).is_some_and(|t| says(t) || kept(t))
    };
    out.answering = p.func_ids().filter(answers).collect();
    out
}

/// Functions that a body passes by value to another crate, and whether that calls them at once; otherwise it keeps them,
/// as a router does.
fn passed(p: &Program, models: &ModelSet, typed: &Typed, f: FuncId) -> Vec<(FuncId, bool)> {
    let mut out = Vec::new();
    let Some(func) = p.func(f) else { return out };
    func.each(&mut |src, _| {
        let Rvalue::Call { args, site, .. } = src else { return };
        let Some(site) = typed.sites.get(*site as usize).filter(|_| args.iter().any(is_path)) else { return };
        if site.targets.iter().any(|t| matches!(t, Target::Func(_))) {
            return;
        }
        let rows = site.targets.iter().filter_map(|t| if let Target::Row(row) = t { models.row(*row) } else { None });
        let called: BTreeSet<u32> = rows.flat_map(|row| row.called()).collect();
        for (i, op) in (0..).zip(args) {
            out.extend(named(p, typed, op).into_iter().map(|f| (f, called.contains(&i))));
        }
    });
    out
}

/// Whether an operand names something that is not a local.
pub(super) fn is_path(op: &Operand) -> bool {
    matches!(op, Operand::Path(_))
}

/// Functions that an operand names.
pub(super) fn named(p: &Program, typed: &Typed, op: &Operand) -> Vec<FuncId> {
    let Operand::Path(id) = op else { return Vec::new() };
    match typed.paths.get(id.0 as usize).map(|res| (&res.def, res.rest.first())) {
        Some((Some(Def::Func(f)), None)) => vec![*f],
        Some((Some(Def::Type(t)), Some(name))) => p.methods_of(*t, name),
        _ => Vec::new(),
    }
}
