//! Stages as text, for bug reports and for people who want to see what Purlin saw.

use std::fmt::Write as _;

use super::bind::Bound;
use super::callsites::{CallSite, Form};
use super::statements::inside;
use super::{Linked, Ready};
use crate::flow::print::{Words, print_summary};
use crate::flow::solve::Summed;
use crate::flow::{Action, Arriving, Solved, Transform};
use crate::ir::sql::{Kind, SqlUnit};
use crate::ir::{Content, Unit};
use crate::link::census::MethodCall;
use crate::link::infer::How;
use crate::link::program::{FuncId, Program};
use crate::link::schema::census;
use crate::link::sqlfn::{ColumnId, Flowing, SqlFn, SqlSource};
use crate::link::ty::show;
use crate::model::ModelSet;
use crate::policy::{AudienceId, GuardId, Policy, PurposeId, RecipientId, StoreId, Target, TransformId};
use crate::source::{SourceMap, Span};

/// What the front ends made of the files.
#[must_use]
pub fn units(units: &[Unit], sources: &SourceMap) -> String {
    let mut out = String::new();
    for u in units {
        let _ = writeln!(out, "# {}", sources.path(u.file));
        match &u.content {
            Content::Rust(r) => {
                for f in &r.funcs {
                    out.push_str(&crate::ir::print::print_func(f));
                    out.push('\n');
                }
                r.embedded.iter().for_each(|e| sql(&mut out, &e.unit, sources));
            }
            Content::Sql(s) => sql(&mut out, s, sources),
        }
        for a in &u.annotations {
            let _ = writeln!(out, "annotation at {}: {} on {:?}", sources.show(a.span), a.text, a.target);
        }
        for g in &u.gaps {
            let _ = writeln!(out, "gap at {}: {}", sources.show(g.span), g.what);
        }
    }
    out
}

/// The statements of a unit of SQL, as written.
fn sql(out: &mut String, unit: &SqlUnit, sources: &SourceMap) {
    for s in &unit.statements {
        let kind = match &s.kind {
            Kind::Query(_) => "query",
            Kind::Define(_) => "definition",
            Kind::Inert => "no data",
            Kind::Unknown => "not understood",
        };
        let text = sources.text(s.span).split_whitespace().collect::<Vec<_>>().join(" ");
        let _ = writeln!(out, "sql at {}, {kind}: {text}", sources.show(s.span));
    }
}

/// What each statement inside Rust, and each that runs by itself, reads, returns and writes; with a name only those that have it in their text.
#[must_use]
pub fn statements(ready: &Ready, sources: &SourceMap, name: Option<&str>) -> String {
    let mut out = String::new();
    let mut one = |f: &SqlFn, at: Span| {
        let mut text = format!("statement  at {}\n", sources.show(at));
        statement(&mut text, ready, f);
        if name.is_none_or(|name| text.contains(name)) {
            out.push_str(&text);
        }
    };
    inside(&ready.sql).for_each(|(span, f)| one(f, span));
    ready.jobs.iter().for_each(|job| one(&job.sql, job.span));
    out
}

/// What one statement returns, names and writes.
fn statement(out: &mut String, ready: &Ready, f: &SqlFn) {
    let column = |c: ColumnId| ready.schemas.show(c);
    let from = |list: &[Flowing]| {
        let one = |f: &Flowing| match f.source {
            SqlSource::Column(c) => column(c),
            SqlSource::Param(n) => format!("${}", n + 1),
            SqlSource::Hole(_) => "{}".to_owned(),
        };
        let list: Vec<String> = list.iter().map(one).collect();
        if list.is_empty() { "nothing".to_owned() } else { list.join(" + ") }
    };
    let mut line = |text: String| {
        let _ = writeln!(out, "  {text}");
    };
    f.outputs.iter().for_each(|o| line(format!("returns {} <- {}", o.name, from(&o.from))));
    f.uses.iter().for_each(|u| line(format!("names {}", column(u.column))));
    f.writes.iter().for_each(|w| line(format!("writes {} <- {}", column(w.column), from(&w.from))));
    f.row_guards.iter().for_each(|(c, truth)| line(format!("rows have {} {truth}", column(*c))));
    f.unresolved.iter().for_each(|(what, _)| line(format!("not known: {what}")));
}

/// The flows that were found, permitted or not.
#[must_use]
pub fn flows(policy: &Policy, bound: &Bound, solved: &Solved, sources: &SourceMap) -> String {
    let mut out = String::new();
    for f in &solved.flows {
        let labels: Vec<String> = bound
            .labels
            .get(f.entry.labels as usize)
            .map(|ls| ls.iter().map(|l| policy.label_text(*l)).collect())
            .unwrap_or_default();
        let target = match &f.target {
            Arriving::Bound(n) => format!("{:?} {}", f.action, target(policy, f.action, *n)),
            t => format!("{:?} {t:?}", f.action),
        };
        let purpose = f.purpose.map_or("no purpose", |p| policy.purpose_name(PurposeId(p)));
        let always = f.guards.always();
        let guards: Vec<&str> = always.iter().map(|g| policy.guard_name(GuardId(*g))).collect();
        let transforms: Vec<&str> = f.transforms.iter().map(|t| transform(policy, t)).collect();
        let _ = writeln!(
            out,
            "{} ({}) -> {target} at {} in {} for {purpose}, guards [{}], {}{}{}{}",
            f.entry.name,
            labels.join(", "),
            sources.show(f.site.span),
            f.site.function,
            guards.join(", "),
            f.confidence.name(),
            f.reason.as_ref().map_or_else(String::new, |r| format!(" ({})", r.what)),
            if f.load { ", load" } else { "" },
            if transforms.is_empty() { String::new() } else { format!(", through [{}]", transforms.join(", ")) }
        );
        for s in f.path.iter() {
            let _ = writeln!(out, "    {} {} ({})", sources.show(s.span), s.what, s.function);
        }
    }
    for p in &solved.purposeless {
        let _ = writeln!(out, "no purpose: {} at {}", p.function, sources.show(p.span));
    }
    for (symbol, count, at) in solved.methods.unknowns.iter().take(40) {
        let _ = writeln!(out, "unknown method: {symbol} ({count}), as at {}", sources.show(*at));
    }
    out
}

/// The name of a transform, or what kind it is.
fn transform<'a>(policy: &'a Policy, transform: &'a Transform) -> &'a str {
    match transform {
        Transform::Bound(n) => policy.transform_name(TransformId(*n)),
        Transform::Kind(kind) => kind,
    }
}

/// The name of a recipient, store or audience.
fn target(policy: &Policy, action: Action, number: u32) -> &str {
    let target = match action {
        Action::Use => Target::None,
        Action::Share => Target::Recipient(RecipientId(number)),
        Action::Show => Target::Audience(AudienceId(number)),
        Action::Keep => Target::Store(StoreId(number)),
    };
    policy.target_name(target).unwrap_or("?")
}

/// What every function does, in the order of the files; with a name only of those that have it in their paths.
#[must_use]
pub fn summaries(
    policy: &Policy,
    ready: &Ready,
    summed: &Summed<'_>,
    sources: &SourceMap,
    name: Option<&str>,
) -> String {
    let words = Words {
        program: &ready.program,
        models: ready.models,
        seeds: &ready.bound.seeds,
        sources,
        guard: &|n| policy.guard_name(GuardId(n)).to_owned(),
        purpose: &|n| policy.purpose_name(PurposeId(n)).to_owned(),
        target: &|action, n| target(policy, action, n).to_owned(),
        transform: &|n| policy.transform_name(TransformId(n)).to_owned(),
    };
    let wanted = |f: &FuncId| name.is_none_or(|name| ready.program.func_path(*f).contains(name));
    let one = |f: FuncId| summed.summary(ready.program.read_as(f)).map(|s| print_summary(&words, f, s));
    ready.program.func_ids().filter(wanted).filter_map(one).collect()
}

/// Method calls, one a line: place, receiver, method, how it was understood, whom it reaches.
#[must_use]
pub fn calls(calls: &[MethodCall<'_>], p: &Program, models: &ModelSet, sources: &SourceMap) -> String {
    let mut out = String::new();
    for call in calls {
        let recv = call.site.map_or_else(|| "_".to_owned(), |s| show(p, &s.recv));
        let how = match call.how() {
            How::Resolved => "resolved",
            How::Modelled => "modelled",
            How::Guessed => "guessed",
            How::Unknown => "unknown",
        };
        let target = call.targets(p, models);
        let target = if target.is_empty() { call.symbol().to_string() } else { target };
        let _ = writeln!(out, "{}\t{recv}\t{}\t{how}\t{target}", sources.show(call.span), call.method);
    }
    out
}

/// Statements of SQL that are not lowered, each with the reason, then the share of each class.
#[must_use]
pub fn census(linked: &Linked, sources: &SourceMap) -> String {
    let mut out = String::new();
    let counted =
        census::census(&linked.program.units, &linked.schemas, &|u| sources.path(u.file), &|span| sources.text(span));
    for c in counted.iter().filter(|c| !c.why.is_empty()) {
        let text = beginning(c.span, sources);
        let _ = writeln!(out, "{} {}: {} | {text}", sources.show(c.span), class(c.class), c.why.join(", "));
    }
    for (of, share) in census::shares(&counted) {
        share_line(&mut out, class(of), share.lowered, share.all, "lowered");
    }
    out
}

fn share_line(out: &mut String, of: &str, part: usize, all: usize, what: &str) {
    let tenths = (part * 1000 + all / 2).checked_div(all).unwrap_or(0);
    let _ = writeln!(out, "{of}: {part} of {all} {what} ({}.{} %)", tenths / 10, tenths % 10);
}

/// Statements in Rust that are not understood, each with the reason, then the shares.
#[must_use]
pub fn call_sites(sites: &[CallSite], sources: &SourceMap) -> String {
    let mut out = String::new();
    for c in sites {
        if let Some(why) = &c.why {
            let _ = writeln!(out, "{} in Rust: {why} | {}", sources.show(c.span), beginning(c.span, sources));
        }
    }
    let forms = [(Form::Text, "in Rust"), (Form::Holes, "in Rust, with holes"), (Form::Calls, "in Rust, as calls")];
    for (form, of) in forms {
        let these: Vec<&CallSite> = sites.iter().filter(|c| c.form == form).collect();
        let understood = these.iter().filter(|c| c.why.is_none()).count();
        if !these.is_empty() {
            share_line(&mut out, of, understood, these.len(), "understood");
        }
    }
    out
}

/// Statements in Rust with the calls that run them, what they return, name and write.
#[must_use]
pub fn understood(ready: &Ready, sites: &[CallSite], sources: &SourceMap) -> String {
    let mut out = String::new();
    for c in sites {
        let call = c.call.map_or_else(|| "?".to_owned(), |s| sources.show(s));
        let _ = writeln!(out, "{} run by {call} | {}", sources.show(c.span), beginning(c.span, sources));
        if let Some(f) = c.statement.and_then(|id| ready.sql.fns.get(id as usize)) {
            statement(&mut out, ready, f);
        }
    }
    out
}

/// How a statement begins, on one line.
fn beginning(span: Span, sources: &SourceMap) -> String {
    sources.text(span).split_whitespace().collect::<Vec<_>>().join(" ").chars().take(120).collect()
}

fn class(class: census::Class) -> &'static str {
    match class {
        census::Class::Definition => "definitions",
        census::Class::Query => "queries",
        census::Class::Apart => "apart",
        census::Class::Dynamic => "with holes",
        census::Class::WayBack => "ways back",
    }
}
