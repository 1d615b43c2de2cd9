//! Summaries as text: what a function returns, writes, hands on and establishes, in terms of its parameters. For dumps
//! and bug reports.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::bundles::each;
use super::callee::Callable;
use super::cells::Cell;
use super::must::{Answer, Held, Must, What};
use super::roots::Root;
use super::seeds::Seeds;
use super::summary::{Asked, GivenCall, Kind, Outsider, Summary, Tgt};
use super::text::{Shelf, Text, TextPiece};
use super::types::Action;
use super::value::{Base, Fact, Info, Origin, V, Value};
use crate::ir::Name;
use crate::link::program::{FuncId, Program, short};
use crate::model::ModelSet;
use crate::source::{SourceMap, Span};

/// Names for the numbers that summaries hold.
pub struct Words<'a> {
    /// The program.
    pub program: &'a Program,
    /// Library models.
    pub models: &'a ModelSet,
    /// What the bindings name.
    pub seeds: &'a Seeds,
    /// The texts.
    pub sources: &'a SourceMap,
    /// Name of a guard.
    pub guard: &'a dyn Fn(u32) -> String,
    /// Name of a purpose.
    pub purpose: &'a dyn Fn(u32) -> String,
    /// Name of a recipient, store or audience.
    pub target: &'a dyn Fn(Action, u32) -> String,
    /// Name of a transform.
    pub transform: &'a dyn Fn(u32) -> String,
}

/// Prints the summary of a function: one effect a line.
#[must_use]
pub fn print_summary(words: &Words<'_>, f: FuncId, summary: &Summary) -> String {
    let mut out = String::new();
    let Some(def) = words.program.func(f) else { return out };
    let params: Vec<&str> = def.params.iter().map(|p| p.name.as_deref().unwrap_or("_")).collect();
    let at = words.sources.show(def.span);
    let _ = writeln!(out, "fn {}({})  at {at}", words.program.func_path(f), params.join(", "));
    for line in words.bound(f).into_iter().chain(words.effects(summary)) {
        let _ = writeln!(out, "  {line}");
    }
    out
}

impl Words<'_> {
    /// What the bindings say of a function.
    fn bound(&self, f: FuncId) -> Vec<String> {
        let seeds = self.seeds;
        let entry = |n: &u32| seeds.entries.get(*n as usize).map_or("?", |e| e.name.as_str());
        let mut out = Vec::new();
        out.extend(seeds.purposes.get(&f).map(|(p, _)| format!("is bound to purpose {}", (self.purpose)(*p))));
        out.extend(seeds.guard_funcs.get(&f).map(|(g, negated)| {
            format!("is bound as guard {}{}", (self.guard)(*g), if *negated { " if false" } else { "" })
        }));
        out.extend(seeds.transforms.get(&f).map(|t| format!("is bound as transform {}", (self.transform)(*t))));
        out.extend(seeds.sinks.get(&f).map(|(a, n)| format!("is bound to {}", (self.target)(*a, *n))));
        out.extend(seeds.audiences.get(&f).map(|n| format!("is shown to {}", (self.target)(Action::Show, *n))));
        out.extend(seeds.results.get(&f).map(|e| format!("returns `{}`", entry(e))));
        let params = seeds.params.iter().filter(|((func, _), _)| *func == f);
        out.extend(params.map(|((_, i), e)| format!("param {i} is `{}`", entry(e))));
        out
    }

    fn effects(&self, s: &Summary) -> Vec<String> {
        let mut out = Vec::new();
        self.value("ret", &s.ret, &mut out);
        for (i, v) in &s.outs {
            self.value(&format!("param {i}"), v, &mut out);
        }
        for (cell, made) in &s.cells {
            out.push(format!("makes {}", self.cell(*cell)));
            self.value(&self.cell(*cell), &made.content, &mut out);
        }
        for ((base, path), v) in &s.writes {
            let place = match base {
                Base::Local(l) => format!("local {}", l.0),
                Base::Param(i) => format!("what is held by param {i}"),
                Base::Cell(c) => self.cell(*c),
            };
            self.value(&format!("{place}{}", way(path)), v, &mut out);
        }
        for a in each(&s.arrivals, &s.bundles).iter().chain(&s.held) {
            let mut data = Vec::new();
            self.facts("", &a.data, &mut data);
            out.push(format!("{} <- {}{}", self.arrival(&a.kind), data.join(" + "), self.terms(&a.kind)));
        }
        for t in &s.touches {
            out.push(format!("use <- {}{}", self.fact(&t.fact, &t.info), self.terms(&t.kind)));
        }
        for c in s.closed.iter().chain(&s.waiting) {
            out.push(format!("{} <- {}{}", self.arrival(&c.kind), self.fact(&c.fact, &c.info), self.terms(&c.kind)));
        }
        for (n, g) in s.given.iter().enumerate() {
            out.push(format!("given {n}: {}", self.call(g)));
        }
        out.extend(s.asked.iter().map(|g| self.call(g)));
        for (id, closure) in &s.closures {
            out.extend(self.effects(closure).into_iter().map(|line| format!("closure {}: {line}", id.0)));
        }
        for (shelf, text) in s.kept_texts.iter().chain(&s.asked_texts).collect::<BTreeSet<_>>() {
            let name = match shelf {
                Shelf::Field(t, field) => format!("{}.{field}", self.program.type_path(*t)),
                Shelf::Static(c) => self.program.const_def(*c).map_or_else(String::new, |c| c.name.to_string()),
            };
            out.push(format!("text {name} <- {}", self.text(text)));
        }
        if !s.must.says_nothing() {
            out.push(format!("establishes {}", self.must(&s.must)));
        }
        let flags = [
            (s.diverges, "never returns"),
            (s.failed, "failed: a defect of Purlin"),
            (s.limited, "limited: some of its flows are missing"),
            (s.crowded, "crowded: some of its flows are only possible"),
            (s.left_out > 0, "left out: some of what is only possible"),
            (s.coarse > 0, "coarse: recursion that did not settle"),
        ];
        out.extend(flags.iter().filter(|(is, _)| *is).map(|(_, text)| (*text).to_owned()));
        out
    }

    fn call(&self, g: &GivenCall) -> String {
        let mut callee = Vec::new();
        self.facts("", &g.callee, &mut callee);
        let args: Vec<String> = g
            .args
            .iter()
            .map(|a| {
                let mut data = Vec::new();
                self.facts("", a, &mut data);
                data.join(" + ")
            })
            .collect();
        let what = match g.what {
            Asked::Call => "calls",
            Asked::Run => "has a library run",
            Asked::Statement { .. } => "runs the statement",
            Asked::Bind { .. } | Asked::BindAt | Asked::BindAll => "binds to",
            Asked::Rows { scalar: false } => "reads rows of",
            Asked::Rows { scalar: true } => "reads a value of",
        };
        format!("{what} {}({}){}", callee.join(" + "), args.join(", "), self.if_(&g.guards))
    }

    fn cell(&self, cell: Cell) -> String {
        let name = cell.name(self.program);
        match cell {
            Cell::Made(at, n) => format!("cell {n} of {}", self.sources.show(at)),
            Cell::Called(at) => format!("what is returned at {}", self.sources.show(at)),
            Cell::Pool(f) => format!("all that `{}` writes", self.program.func_path(f)),
            Cell::Lent(at, n) | Cell::Given(at, n) => format!("argument {n} of {}", self.sources.show(at)),
            Cell::Static(_) | Cell::Field(..) | Cell::Messages(_) | Cell::Behind(_) | Cell::Found(_) => {
                name.to_string()
            }
        }
    }

    /// A value that goes to a place: one line for each part of which something is known.
    fn value(&self, to: &str, v: &V, out: &mut Vec<String>) {
        let mut known: Vec<String> = v.facts.iter().map(|(f, i)| self.fact(f, i)).collect();
        known.extend(v.texts.iter().filter(|t| says_something(t)).map(|t| format!("text {}", self.text(t))));
        known.extend(v.callees.iter().map(|c| self.callable(c)));
        if !known.is_empty() {
            out.push(format!("{to} <- {}", known.join(" + ")));
        }
        if let Some(w) = &v.when {
            for (truth, must) in [("true", &w.yes), ("false", &w.no)] {
                if must.is_everything() {
                    out.push(format!("{to} is never {truth}"));
                } else if !must.says_nothing() {
                    out.push(format!("{to} is {truth}: establishes {}", self.must(must)));
                }
            }
        }
        for (name, part) in &v.fields {
            if part.is_empty() {
                out.push(format!("{to}.{name} <- nothing"));
            }
            self.value(&format!("{to}.{name}"), part, out);
        }
    }

    /// The facts of a value and its parts, those of parts with their names.
    fn facts(&self, part: &str, v: &Value, out: &mut Vec<String>) {
        let lead = if part.is_empty() { String::new() } else { format!("{part}: ") };
        out.extend(v.facts.iter().map(|(f, i)| format!("{lead}{}", self.fact(f, i))));
        for (name, inner) in &v.fields {
            let part = if part.is_empty() { name.to_string() } else { format!("{part}.{name}") };
            self.facts(&part, inner, out);
        }
    }

    fn fact(&self, fact: &Fact, info: &Info) -> String {
        let seed = |n: u32| self.seeds.entries.get(n as usize).map_or("?", |e| e.name.as_str());
        let mut out = match &fact.origin {
            Origin::Bare => "whose it is".to_owned(),
            Origin::Param(i, path) => format!("param {i}{}", way(path)),
            Origin::Called(n, path) => format!("result of given {n}{}", way(path)),
            Origin::Source(n, at) => format!("`{}` of {}", seed(*n), self.sources.show(*at)),
            Origin::Declared(n, ..) => format!("`{}` as declared", seed(*n)),
            Origin::Held(c, path) => format!("{}{}", self.cell(*c), way(path)),
            Origin::Cell(c) => format!("access to {}", self.cell(*c)),
        };
        if fact.deep.is_some() {
            out.push_str(" and all in it");
        }
        let bound = fact.transforms.iter().map(|t| (self.transform)(*t));
        for name in bound.chain(info.kinds.iter().map(ToString::to_string)) {
            let _ = write!(out, " through {name}");
        }
        if info.derived {
            out.push_str(", derived");
        }
        if info.folded {
            out.push_str(", of some part");
        }
        if !info.guards.says_nothing() {
            let _ = write!(out, ", with {}", self.must(&info.guards));
        }
        if let Some(doubt) = &info.doubt {
            let _ = write!(out, ", {}", info.confidence().name());
            let _ = write!(out, " ({})", doubt.reason().what);
        }
        out
    }

    fn arrival(&self, kind: &Kind) -> String {
        let verb = match kind.action {
            Action::Use => "use",
            Action::Share => "share",
            Action::Show => "show",
            Action::Keep => "keep",
        };
        match &kind.target {
            Tgt::Code => verb.to_owned(),
            Tgt::Bound(n) | Tgt::Elsewhere(n) => format!("{verb} {}", (self.target)(kind.action, *n)),
            Tgt::Http(texts) if texts.is_empty() => format!("{verb} host ?"),
            Tgt::Http(texts) => {
                format!("{verb} host {}", texts.iter().map(|t| self.text(t)).collect::<Vec<_>>().join(" or "))
            }
            Tgt::Vendor(name) | Tgt::Unbound(name) => format!("{verb} {name}"),
            Tgt::Probe(n) => format!("probe {n}"),
            Tgt::Opaque(Outsider::Crate(name)) => format!("give to {name}"),
            Tgt::Opaque(Outsider::Unknown(_)) => "give to what is not known".to_owned(),
            Tgt::Loaded => "load".to_owned(),
        }
    }

    /// Where and for which purpose something arrives.
    fn terms(&self, kind: &Kind) -> String {
        let purpose = kind.purpose.map_or_else(String::new, |(p, _)| format!(", for {}", (self.purpose)(p)));
        let load = if kind.load { ", a load" } else { "" };
        format!("{purpose}{load}  at {}", self.place(kind.at.span))
    }

    fn place(&self, span: Span) -> String {
        self.sources.show(span)
    }

    fn if_(&self, must: &Must) -> String {
        if must.says_nothing() { String::new() } else { format!(", if {}", self.must(must)) }
    }

    fn must(&self, must: &Must) -> String {
        if must.is_everything() {
            return "everything".to_owned();
        }
        let one = |held: &Held| {
            let mut params = std::collections::BTreeSet::new();
            held.places().iter().for_each(|p| p.params(&mut params));
            let of: Vec<String> = params.iter().map(|i| format!("param {i}")).collect();
            let of = if of.is_empty() { String::new() } else { format!("({})", of.join(", ")) };
            match &held.what {
                What::Guard(g) => format!("{}{of}", (self.guard)(*g)),
                What::Routed(route) => format!("what is around {route}"),
                What::Given(place, answer) => {
                    let given = match &place.root {
                        Root::Param(i) => format!("param {i}{}", way(&place.path)),
                        _ => "what is given".to_owned(),
                    };
                    match answer {
                        Answer::Truth(truth) => format!("{given} is {truth}"),
                        Answer::There(true) => format!("{given} is there"),
                        Answer::There(false) => format!("{given} is not there"),
                        Answer::Within(truth) => format!("what is in {given} is {truth}"),
                        Answer::WithinThere(true) => format!("what is in {given} is there"),
                        Answer::WithinThere(false) => format!("what is in {given} is not there"),
                        Answer::Variant(n, true) => format!("{given} is variant {n}"),
                        Answer::Variant(n, false) => format!("{given} is not variant {n}"),
                    }
                }
            }
        };
        let mut said: Vec<String> = must.facts().map(one).collect();
        said.sort();
        said.dedup();
        said.join(" and ")
    }

    fn callable(&self, c: &Callable) -> String {
        match c {
            Callable::Closure(n) => format!("closure {}", n.0),
            Callable::Taken(t) => format!("closure {} of {}", t.id.0, self.program.func_path(t.func)),
            Callable::Func(f) => format!("fn {}", self.program.func_path(*f)),
            Callable::Row(r, _) => format!("fn {}", self.models.row(*r).map_or("?", |r| r.path.as_str())),
            Callable::Ctor(t, _) => format!("constructor {}", self.program.type_path(*t)),
            Callable::Writer(ty) => format!("a writer of {ty}"),
            Callable::Sql(n, bound) => format!("statement {n} with {bound} arguments"),
        }
    }

    fn text(&self, text: &Text) -> String {
        let piece = |p: &TextPiece| match p {
            TextPiece::Lit(s) => s.to_string(),
            TextPiece::Hole => "{}".to_owned(),
            TextPiece::Param(i, path, _) => {
                format!("{{param {i}{}}}", path.iter().map(|n| format!(".{n}")).collect::<String>())
            }
            TextPiece::Field(t, n) => format!("{{{}.{n}}}", short(&self.program.type_path(*t))),
            TextPiece::Const(c) => {
                format!("{{{}}}", self.program.const_def(*c).map_or("?", |c| c.name.as_str()))
            }
            TextPiece::Env(name) => format!("{{env {name}}}"),
            TextPiece::EnvOf(i, _) => format!("{{env named by param {i}}}"),
        };
        format!("{:?}", text.pieces.iter().map(piece).collect::<String>())
    }
}

/// A way into a value, as it is written.
fn way(path: &[Name]) -> String {
    path.iter().map(|n| format!(".{n}")).collect()
}

/// Whether a text is more than what follows from where it comes.
fn says_something(text: &Text) -> bool {
    !matches!(&*text.pieces, [] | [TextPiece::Param(..) | TextPiece::Field(..) | TextPiece::Hole])
}
