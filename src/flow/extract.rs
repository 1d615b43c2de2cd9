//! What a function is given that nothing here calls: values of unknown origin, or what the extractors of the
//! workspace make of a request.

use std::collections::{BTreeMap, BTreeSet};

use super::actual::Actual;
use super::answers::is_extractor;
use super::doubt::Why;
use super::fresh::{fresh, fresh_read, made, only_made};
use super::interp::Cx;
use super::joins::joined;
use super::must::Must;
use super::routes::outside;
use super::sharing::{in_state, shared_with};
use super::summary::{Summary, doubted};
use super::trace::from_outside;
use super::value::{V, join};
use crate::ir::Name;
use crate::limits::DISPATCH;
use crate::link::infer::{Typed, said_by_impls, signature};
use crate::link::program::{FuncId, Program};
use crate::link::ty::{Ty, peel};
use crate::model::{ModelSet, TypeModel};
use crate::source::Span;

/// What a framework hands a parameter. Where its type is what an impl says (`S::Who`), it may be what any of them does.
pub(super) fn handed(cx: Cx<'_>, f: FuncId, ty: &Ty, span: Span) -> V {
    let said = said_by_impls(cx.program, cx.models, f, ty, DISPATCH);
    if said.is_empty() {
        return given(cx, f, ty, span, true);
    }
    let parts: Vec<V> = said.iter().map(|ty| given(cx, f, ty, span, true)).collect();
    let v = joined(&parts);
    match said.len() {
        1 => v,
        targets => doubted(&v, &Why::Dispatch { targets, name: named(ty), of_trait: true }.at(span)),
    }
}

/// What an associated type is called.
fn named(ty: &Ty) -> Name {
    if let Ty::Assoc(of) = ty { of.1.clone() } else { Name::default() }
}

/// What a parameter is when it comes from outside. `extracted` if an extractor may have made it.
pub(super) fn given(cx: Cx<'_>, f: FuncId, ty: &Ty, span: Span, extracted: bool) -> V {
    let v = match extracted {
        true if let Some(found) = in_state(cx.models, ty) => only_made(cx, fresh(cx, f, ty, span), found),
        true if is_read(cx.models, ty) => fresh_read(cx, f, ty, span),
        _ => fresh(cx, f, ty, span),
    };
    let v = if extracted { with_parts(v, cx, f, ty, span) } else { v };
    let v = from_outside(cx, f, &v, |o| o.params, span);
    let v = if cx.guarded { made(&v, peel(cx.models, ty), Vec::new(), span) } else { v };
    let Some((maker, summary)) = extractor(cx, ty).filter(|_| extracted) else { return v };
    let (tys, _) = signature(cx.program, cx.models, maker);
    let param = |(i, t): (usize, &Ty)| join(&given(cx, maker, t, span, false), &shared_with(cx, maker, i, t));
    let params: Vec<V> = tys.iter().enumerate().map(param).collect();
    let actual = Actual { params: &params, site: cx.guarded.then_some(span), ..Actual::default() };
    let made = actual.value(&summary.ret);
    // What the extractor makes of nothing that is known is of unknown origin all the same.
    if made.has_data() { made } else { join(&v, &made) }
}

/// Whether a framework reads the body or the query of a request as a type: what it hands over in a wrapper of its own,
/// and shares with nobody.
fn is_read(models: &ModelSet, ty: &Ty) -> bool {
    let Ty::Ext(n, _) = ty else { return false };
    let hands_over = |m: &TypeModel| m.transparent && !m.state && !m.shared;
    n.contains("::") && models.type_model(n).is_some_and(hands_over)
}

/// What an extractor inside another makes: in a tuple, in `Option` or `Result`.
fn with_parts(v: V, cx: Cx<'_>, f: FuncId, ty: &Ty, span: Span) -> V {
    match ty {
        Ty::Tuple(ts) => {
            let mut out = (*v).clone();
            for (i, t) in ts.iter().enumerate() {
                out.set_field(&i.to_string(), given(cx, f, t, span, true));
            }
            out.into()
        }
        Ty::Ext(n, args) if matches!(n.as_str(), "Option" | "Result") => {
            let inner = args.first().map(|t| given(cx, f, t, span, true));
            inner.filter(|inner| inner.has_data()).unwrap_or(v)
        }
        _ => v,
    }
}

/// The extractors of the workspace that a framework runs for a handler.
pub(super) fn extractors(cx: Cx<'_>, handler: FuncId) -> Vec<FuncId> {
    fn each(cx: Cx<'_>, ty: &Ty, out: &mut Vec<FuncId>) {
        match ty {
            Ty::Adt(..) => out.extend(extractor(cx, ty).map(|(f, _)| f)),
            Ty::Tuple(ts) => ts.iter().for_each(|t| each(cx, t, out)),
            Ty::Ext(n, args) if matches!(n.as_str(), "Option" | "Result") => {
                args.first().into_iter().for_each(|t| each(cx, t, out));
            }
            _ => {}
        }
    }
    let mut out = Vec::new();
    for ty in &signature(cx.program, cx.models, handler).0 {
        each(cx, ty, &mut out);
        let said = said_by_impls(cx.program, cx.models, handler, ty, DISPATCH);
        said.iter().for_each(|ty| each(cx, ty, &mut out));
    }
    out
}

/// What holds when a handler runs because an extractor has not refused: if what it made says nothing of whom it asked.
pub(super) fn admitted(cx: Cx<'_>, f: FuncId) -> Must {
    let mut out = Must::default();
    if !cx.guarded {
        return out;
    }
    let (tys, _) = signature(cx.program, cx.models, f);
    for ty in tys {
        if let Some((_, summary)) = extractor(cx, ty)
            && let Some(w) = &summary.ret.when
            && summary.ret.places().is_empty()
            && !w.yes.is_everything()
        {
            out.and(&outside(&w.yes));
        }
    }
    out
}

/// The function of the workspace that makes values of a type for handlers.
fn extractor<'a>(cx: Cx<'a>, ty: &Ty) -> Option<(FuncId, &'a Summary)> {
    let f = maker(cx, ty)?;
    Some((f, cx.summaries.get(f.0 as usize)?.as_deref()?))
}

/// The same by its name alone.
pub(super) fn maker(cx: Cx<'_>, ty: &Ty) -> Option<FuncId> {
    maker_in(cx.program, cx.models, ty)
}

/// The same of a program.
pub(super) fn maker_in(p: &Program, models: &ModelSet, ty: &Ty) -> Option<FuncId> {
    let Ty::Adt(t, _) = ty else { return None };
    models.extractors().find_map(|(name, method)| p.impl_method(*p.impls_for(*t, name).first()?, method))
}

/// Who asks extractors of the workspace for a value, of the functions that a framework may call.
#[derive(Default)]
pub(super) struct Refusing {
    /// Those who are not called if one refuses, by extractor.
    by: BTreeMap<FuncId, Vec<FuncId>>,
    /// Those that somebody asks whether there is a value: nothing is refused then.
    asked: BTreeSet<FuncId>,
}

impl Refusing {
    /// `first` is whether a framework may call a function.
    pub fn of(p: &Program, models: &ModelSet, typed: &[Typed], first: impl Fn(&FuncId) -> bool) -> Self {
        let mut out = Refusing::default();
        // No type has an extractor if no function is one.
        if !p.func_ids().any(|f| is_extractor(p, models, f)) {
            return out;
        }
        for f in p.func_ids().filter(|f| !p.is_test(*f) && first(f)) {
            let (Some(def), Some(typed)) = (p.func(f), typed.get(f.0 as usize)) else { continue };
            for param in &def.params {
                let Some(ty) = typed.locals.get(param.local.0 as usize) else { continue };
                if let Some(maker) = maker_in(p, models, ty) {
                    out.by.entry(maker).or_default().push(f);
                } else if let Ty::Ext(n, args) = ty
                    && matches!(n.as_str(), "Option" | "Result")
                {
                    out.asked.extend(args.first().and_then(|ty| maker_in(p, models, ty)));
                }
            }
        }
        out
    }

    /// Whether somebody is not called if an extractor refuses; nothing of what no function asks.
    pub fn asks(&self, extractor: FuncId) -> Option<bool> {
        let refused = self.by.contains_key(&extractor);
        (refused || self.asked.contains(&extractor)).then_some(refused)
    }

    /// Whom extractors refuse, as those say who ask them.
    pub fn told<T>(&self, told: impl Fn(FuncId) -> Option<T>) -> impl Iterator<Item = (FuncId, T)> {
        self.by.iter().filter_map(move |(extractor, by)| Some((*extractor, by.iter().find_map(|f| told(*f))?)))
    }
}
