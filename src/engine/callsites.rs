//! Statements of SQL in Rust counted: which of them are understood together with the calls that run them.
//!
//! A statement is understood when it is lowered, a call is known to run it, its parameters are matched to the
//! arguments that are bound, in order or by name, and its rows are taken as something whose type is known.

use std::collections::BTreeMap;

use super::Ready;
use crate::flow::ran::{Ran, Run};
use crate::ir::sql::{Kind, has_hole};
use crate::ir::{Content, GapKind, Unit};
use crate::link::census::mix;
use crate::link::sqlfn::{SqlFn, SqlSource};
use crate::source::Span;

/// How a statement is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// As a text that is known.
    Text,
    /// As a text with holes that are filled at run time.
    Holes,
    /// As calls.
    Calls,
}

/// A statement of SQL in Rust outside of tests.
#[derive(Clone, Debug)]
pub struct CallSite {
    /// Where it is written.
    pub span: Span,
    /// How it is written.
    pub form: Form,
    /// The call that runs it.
    pub call: Option<Span>,
    /// Index in [`crate::flow::SqlIndex`], where it is lowered.
    pub statement: Option<u32>,
    /// Why it is not understood.
    pub why: Option<String>,
}

/// All of them, in the order of the files.
#[must_use]
pub fn call_sites(ready: &Ready, ran: &Ran) -> Vec<CallSite> {
    let mut by_place: BTreeMap<Span, Vec<u32>> = BTreeMap::new();
    for (id, place) in (0..).zip(&ready.sql.places) {
        by_place.entry(*place).or_default().push(id);
    }
    let mut out = Vec::new();
    for unit in &ready.program.units {
        let Content::Rust(rust) = &unit.content else { continue };
        let tests: Vec<Span> = rust.funcs.iter().filter(|f| f.test).map(|f| f.extent).collect();
        let tested = |s: Span| tests.iter().any(|t| t.lo <= s.lo && s.hi <= t.hi);
        let statements = rust.embedded.iter().flat_map(|e| &e.unit.statements);
        for statement in statements.filter(|s| matches!(s.kind, Kind::Query(_)) && !tested(s.span)) {
            let ids = by_place.get(&statement.span).map_or(&[][..], Vec::as_slice);
            out.push(call_site(ready, ran, statement.span, ids));
        }
        out.extend(unread(unit).filter(|s| !tested(*s) && !ready.sql.parts.contains(s)).map(|span| CallSite {
            span,
            form: Form::Text,
            call: None,
            statement: None,
            why: Some("it does not parse".to_owned()),
        }));
    }
    out.extend(as_calls(ready, ran));
    out.sort_by_key(|c| c.span);
    out
}

/// Statements that are written as calls.
fn as_calls(ready: &Ready, ran: &Ran) -> Vec<CallSite> {
    let mut calls: BTreeMap<Span, Vec<u32>> = BTreeMap::new();
    for id in ready.sql.by_call.values().flatten().map(|call| call.statement) {
        if let Some(at) = ready.sql.at.get(id as usize) {
            calls.entry(*at).or_default().push(id);
        }
    }
    calls.values_mut().for_each(|ids| ids.sort_unstable());
    let known = calls.iter().map(|(at, ids)| CallSite { form: Form::Calls, ..call_site(ready, ran, *at, ids) });
    let why = Some("its tables and columns are not known".to_owned());
    let open = ready.sql.open.iter().map(|span| CallSite {
        span: *span,
        form: Form::Calls,
        call: None,
        statement: None,
        why: why.clone(),
    });
    known.chain(open).collect()
}

fn unread(unit: &Unit) -> impl Iterator<Item = Span> {
    unit.gaps.iter().filter(|g| g.kind == GapKind::Statement).map(|g| g.span)
}

/// Of the schemas that a statement may speak of, what is known with the one that explains most.
fn call_site(ready: &Ready, ran: &Ran, span: Span, ids: &[u32]) -> CallSite {
    let lowered = ids.iter().filter_map(|id| Some((*id, ready.sql.fns.get(*id as usize)?)));
    let best = lowered.min_by_key(|(_, f)| f.unresolved.len());
    let Some((id, sql)) = best else {
        let why = Some("no schema is known".to_owned());
        return CallSite { span, form: Form::Text, call: None, statement: None, why };
    };
    let unknown: Vec<&str> = sql.unresolved.iter().map(|(n, _)| n.as_str()).filter(|n| !has_hole(n)).collect();
    let run = ran.get(&id);
    let why = match unknown.as_slice() {
        [] => not_run(sql, run),
        names => Some(format!("not known: {}", names.join(", "))),
    };
    let form = if sql.unresolved.iter().any(|(n, _)| has_hole(n)) { Form::Holes } else { Form::Text };
    CallSite { span, form, call: run.map(|r| r.at), statement: Some(id), why }
}

/// What is not known of the call that runs a statement.
fn not_run(sql: &SqlFn, run: Option<&Run>) -> Option<String> {
    let Some(run) = run else { return Some("no call is known to run it".to_owned()) };
    if run.guessed {
        return Some("that the call runs it is only a guess".to_owned());
    }
    if run.bound < sql.params {
        return Some(format!("of {} parameters {} are bound", sql.params, run.bound));
    }
    let returns = sql.outputs.iter().flat_map(|o| &o.from).any(|f| matches!(f.source, SqlSource::Column(_)));
    match run.taken {
        _ if !returns => None,
        Some(true) => None,
        Some(false) if run.typed => None,
        Some(false) => Some("the type of its rows is not known".to_owned()),
        None => Some("no call is known to take its rows".to_owned()),
    }
}

/// So many of the understood ones, the same for the same seed, in their order.
#[must_use]
pub fn sample(sites: Vec<CallSite>, size: usize, seed: u64) -> Vec<CallSite> {
    let understood = sites.into_iter().filter(|c| c.why.is_none());
    let mut drawn: Vec<(u64, CallSite)> = understood.enumerate().map(|(i, c)| (mix(seed, i), c)).collect();
    drawn.sort_by_key(|(rank, c)| (*rank, c.span));
    drawn.truncate(size);
    drawn.sort_by_key(|(_, c)| c.span);
    drawn.into_iter().map(|(_, c)| c).collect()
}
