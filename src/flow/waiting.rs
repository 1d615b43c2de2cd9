//! What of a value is known, and what waits: for the caller, or for what cells hold.

use std::sync::Arc;

use super::callee::Callable;
use super::faint::is_faint;
use super::interp::Cx;
use super::summary::{Closed, Tgt};
use super::text::{Text, TextPiece};
use super::types::Confidence;
use super::value::{Fact, Info, Origin, V, Value};
use crate::ir::Name;
use crate::limits::WAITING_FLOWS;

/// Whether anything in a target depends on the caller.
#[must_use]
pub fn target_open(t: &Tgt) -> bool {
    matches!(t, Tgt::Http(texts) if texts.iter().any(text_open))
}

/// Whether a fact depends on the caller.
#[must_use]
pub fn fact_open(f: &Fact) -> bool {
    matches!(f.origin, Origin::Param(..) | Origin::Called(..))
}

/// Whether a value means something else at each call: it has facts, texts, roots or guards of the function, or a
/// closure.
pub(super) fn symbolic(v: &Value) -> bool {
    let of_caller = |o: &Origin| matches!(o, Origin::Declared(_, _, Some(of)) if **of != Origin::Bare);
    let asks = |f: &Fact| fact_open(f) || of_caller(&f.origin);
    v.facts.iter().any(|(f, i)| asks(f) || i.whose.is_some() || i.read.is_some() || i.guards.is_symbolic())
        || v.texts.iter().any(text_open)
        || v.when.as_ref().is_some_and(|w| w.is_symbolic())
        || v.callees.iter().any(calls_other)
        || !v.refs.is_empty()
        || v.fields.iter().any(|(_, part)| symbolic(part))
}

/// Whether a callable is another one at each call, or has taken something along that is.
fn calls_other(c: &Callable) -> bool {
    match c {
        Callable::Closure(_) => true,
        Callable::Taken(t) => t.with.iter().any(|v| symbolic(v) || v.reaches()),
        _ => false,
    }
}

/// Whether a text depends on the caller.
#[must_use]
pub fn text_open(t: &Text) -> bool {
    t.pieces.iter().any(|p| matches!(p, TextPiece::Param(..) | TextPiece::EnvOf(..)))
}

/// Whether anything in a value depends on the caller.
#[must_use]
pub fn value_open(v: &Value) -> bool {
    v.facts.iter().any(|(f, _)| fact_open(f)) || v.fields.iter().any(|(_, v)| value_open(v))
}

/// Whether a closure in it took something along that depends on the caller.
#[must_use]
pub fn closure_open(v: &Value) -> bool {
    let open = |v: &V| value_open(v) || closure_open(v);
    v.taken().any(|t| t.with.iter().any(open)) || v.fields.iter().any(|(_, v)| closure_open(v))
}

/// Whether a fact waits for what a cell holds.
#[must_use]
pub fn fact_held(f: &Fact) -> bool {
    matches!(f.origin, Origin::Held(..))
}

/// Whether anything in a value waits for what a cell holds.
#[must_use]
pub fn value_held(v: &Value) -> bool {
    v.facts.iter().any(|(f, _)| fact_held(f)) || v.fields.iter().any(|(_, v)| value_held(v))
}

/// The value without facts whose entry is known, where the value around them is known as well.
#[must_use]
pub fn open_part(v: &V) -> V {
    waiting_part(v, fact_open)
}

/// The value with only those facts that wait for something, and declared labels beside them: these wait as well.
#[must_use]
pub fn waiting_part(v: &V, waits: fn(&Fact) -> bool) -> V {
    let mut out = Value { adt: v.adt, mixed: v.mixed, ..Value::default() };
    let waiting = v.facts.iter().any(|(f, _)| waits(f));
    for (f, i) in &v.facts {
        if waits(f) || waiting && matches!(f.origin, Origin::Declared(..)) {
            out.facts.push((f.clone(), i.clone()));
        }
    }
    out.facts.shrink_to_fit();
    for (n, part) in &v.fields {
        let part = waiting_part(part, waits);
        // A part that is known and closed still stands in place of what the facts above would say.
        if waiting || part.has_data() {
            out.fields.push((n.clone(), part));
        }
    }
    Arc::new(out)
}

/// The value without what depends on the caller, and without declared labels that wait with it.
#[must_use]
pub fn closed_part(v: &V) -> V {
    if !value_open(v) && !closure_open(v) {
        return v.clone();
    }
    let mut out = (**v).clone();
    let waiting = out.facts.iter().any(|(f, _)| fact_open(f));
    out.facts.retain(|(f, _)| !(fact_open(f) || waiting && matches!(f.origin, Origin::Declared(..))));
    out.facts.shrink_to_fit();
    for c in &mut out.callees {
        if let Callable::Taken(t) = c {
            t.with.iter_mut().for_each(|v| *v = closed_part(v));
        }
    }
    for (_, part) in &mut out.fields {
        *part = closed_part(part);
    }
    Arc::new(out)
}

/// Leaves of a value: facts whose entry is known. Declared labels yield to entries at the same leaf; in a text of
/// several data, where an entry is only possible, or where nobody said what the field was given, to those of the same
/// labels that are as sure. Where something of the caller is still missing they wait, unless this is the last chance.
pub fn closed_leaves(cx: Cx<'_>, v: &V, last: bool, skip: &dyn Fn(&Value, &Name) -> bool, out: &mut Vec<(Fact, Info)>) {
    let labels = |seed: u32| cx.seeds.entries.get(seed as usize).map(|e| e.labels);
    let sourced = |declared: u32, info: &Info, nobody: bool| {
        v.facts.iter().any(|(f, i)| match f.origin {
            Origin::Source(seed, _) => {
                let known = !(nobody || info.derived && i.derived) && i.confidence() != Confidence::Possible;
                known || labels(seed) == labels(declared) && i.confidence() >= info.confidence()
            }
            _ => false,
        })
    };
    let nobody = |of: &Option<Arc<Origin>>| of.as_deref() == Some(&Origin::Bare);
    let open = v.facts.iter().any(|(f, _)| fact_open(f) || fact_held(f));
    for (f, i) in &v.facts {
        match &f.origin {
            Origin::Source(..) => out.push((f.clone(), i.clone())),
            Origin::Declared(seed, span, of) if (last || !open) && !sourced(*seed, i, nobody(of)) => {
                let mut f = f.clone();
                f.origin = Origin::Source(*seed, *span);
                out.push((f, i.clone()));
            }
            _ => {}
        }
    }
    for (n, part) in &v.fields {
        if !skip(v, n) {
            closed_leaves(cx, part, last, skip, out);
        }
    }
}

/// The flows that may wait for what callers give, and those for which there is no room: first those that are only
/// possible anyway.
pub(super) fn with_room(waiting: Vec<Closed>) -> (Vec<Closed>, Vec<Closed>) {
    if waiting.len() <= WAITING_FLOWS {
        return (waiting, Vec::new());
    }
    let (sure, mut rest): (Vec<Closed>, Vec<Closed>) = waiting.into_iter().partition(|c| !is_faint(&c.info));
    rest.splice(0..0, sure);
    let further = rest.split_off(WAITING_FLOWS);
    (rest, further)
}
