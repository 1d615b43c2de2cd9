//! What a function is given that nothing here calls: values of unknown origin, or what the extractors of the
//! workspace make of a request.

use super::fresh::{fresh, made};
use super::interp::Cx;
use super::must::Must;
use super::routes::outside;
use super::summary::{Actual, Summary};
use super::trace::from_outside;
use super::value::{V, join};
use crate::link::infer::signature;
use crate::link::program::FuncId;
use crate::link::ty::{Ty, peel};
use crate::source::Span;

/// Traits by which a web framework makes what a handler takes, and their methods.
const EXTRACTORS: [(&str, &str); 4] = [
    ("FromRequestParts", "from_request_parts"),
    ("FromRequest", "from_request"),
    ("OptionalFromRequestParts", "from_request_parts"),
    ("OptionalFromRequest", "from_request"),
];

/// What a parameter is when it comes from outside. `extracted` if an extractor may have made it.
pub(super) fn given(cx: Cx<'_>, f: FuncId, ty: &Ty, span: Span, extracted: bool) -> V {
    let v = fresh(cx, f, ty, span, 0);
    let v = from_outside(cx, f, &v, |o| o.params, span);
    let v = if cx.guarded { made(&v, peel(cx.models, ty), Vec::new(), span) } else { v };
    let Some((maker, summary)) = extractor(cx, ty).filter(|_| extracted) else { return v };
    let (tys, _) = signature(cx.program, cx.models, maker);
    let params: Vec<V> = tys.iter().map(|t| given(cx, maker, t, span, false)).collect();
    let actual = Actual { params: &params, site: cx.guarded.then_some(span), ..Actual::default() };
    let made = actual.value(&summary.ret);
    // What the extractor makes of nothing that is known is of unknown origin all the same.
    if made.has_data() { made } else { join(&v, &made) }
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
    let Ty::Adt(t, _) = ty else { return None };
    EXTRACTORS.iter().find_map(|(name, method)| {
        let i = *cx.program.impls_for(*t, name).first()?;
        let f = cx.program.impl_method(i, method)?;
        Some((f, cx.summaries.get(f.0 as usize)?.as_deref()?))
    })
}
