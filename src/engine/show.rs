//! Stages as text, for bug reports and for people who want to see what Purlin saw.

use std::fmt::Write as _;

use super::bind::Bound;
use crate::flow::{Arriving, Solved};
use crate::ir::{Content, Unit};
use crate::link::census::MethodCall;
use crate::link::infer::How;
use crate::link::program::Program;
use crate::link::ty::show;
use crate::model::ModelSet;
use crate::policy::Policy;
use crate::source::SourceMap;

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
                for e in &r.embedded {
                    let _ = writeln!(out, "sql at {}: {:?}", sources.show(e.span), e.unit);
                }
            }
            Content::Sql(s) => {
                for st in &s.statements {
                    let _ = writeln!(out, "{}: {:?}", sources.show(st.span), st.kind);
                }
            }
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
            Arriving::Bound(n) => format!("{:?} #{n}", f.action),
            t => format!("{:?} {t:?}", f.action),
        };
        let purpose = f
            .purpose
            .map_or("no purpose".to_string(), |p| policy.purposes.name(crate::policy::PurposeId(p)).to_string());
        let _ = writeln!(
            out,
            "{} ({}) -> {target} at {} in {} for {purpose}, guards {:?}, {:?}{}",
            f.entry.name,
            labels.join(", "),
            sources.show(f.site.span),
            f.site.function,
            f.guards.cases,
            f.confidence,
            if f.load { ", load" } else { "" }
        );
        for s in &f.path {
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
