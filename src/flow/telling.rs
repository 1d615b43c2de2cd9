//! Flows in words: one for all that differ in their steps alone, with the shortest way.

use std::cell::OnceCell;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use smol_str::format_smolstr;

use super::attribute::{INSTRUMENT_ERR, INSTRUMENT_RET};
use super::finish::{entry_of, krate, transforms_of};
use super::interp::Cx;
use super::path::{Hop, What};
use super::solve::Solved;
use super::summary::{At, Closed, Tgt};
use super::trace;
use super::types::{Action, Arriving, Confidence, Entry, Established, Flow, Journey, Site, Step, Transform};
use crate::ir::Name;
use crate::link::program::FuncId;
use crate::link::sqlfn::ColumnId;
use crate::source::Span;

/// Steps shown of a path.
const MAX_STEPS: usize = 64;

/// What arrives, and where: what is told of it for each purpose that the code runs for.
pub(super) struct Arrived<'c> {
    closed: &'c Closed,
    entry: &'c Entry,
    targets: Vec<(&'c Arriving, OnceCell<Arc<Journey>>)>,
}

impl<'c> Arrived<'c> {
    pub(super) fn of(closed: &'c Closed, entry: &'c Entry, targets: &'c [Arriving]) -> Self {
        Arrived { closed, entry, targets: targets.iter().map(|t| (t, OnceCell::new())).collect() }
    }

    /// How many steps it has at least, as they are told: those at one place may be one.
    fn least(&self) -> usize {
        let hops = self.closed.info.path.hops(MAX_STEPS);
        let same = hops.iter().zip(hops.iter().skip(1)).filter(|(a, b)| a.span == b.span).count();
        hops.len() - same
    }
}

/// What flows say that differ in their steps alone.
#[derive(PartialEq, Eq, Hash)]
struct Said {
    entry: Entry,
    transforms: Vec<Transform>,
    action: Action,
    target: Arriving,
    at: At,
    load: bool,
    home: Option<ColumnId>,
    confidence: Confidence,
    purpose: Option<u32>,
    purpose_at: Option<Span>,
    guards: Arc<Established>,
}

/// Puts what arrives into words.
pub(super) struct Telling<'a> {
    journeys: Journeys<'a>,
    /// Which flow says that.
    said: FxHashMap<Said, usize>,
}

impl<'a> Telling<'a> {
    pub(super) fn new(cx: Cx<'a>) -> Self {
        Telling {
            journeys: Journeys { cx, steps: FxHashMap::default(), functions: FxHashMap::default() },
            said: FxHashMap::default(),
        }
    }

    /// Takes in what arrives for a purpose. Of those that differ in their steps alone the shortest way is told, and how
    /// many there are.
    pub(super) fn take_in(
        &mut self,
        arrived: &Arrived<'_>,
        (purpose, purpose_at): (Option<u32>, Option<Span>),
        guards: &Arc<Established>,
        out: &mut Solved,
    ) {
        let (seeds, closed, kind) = (self.journeys.cx.seeds, arrived.closed, &arrived.closed.kind);
        for (target, told) in &arrived.targets {
            let target = *target;
            let mut journey = || told.get_or_init(|| Arc::new(self.journeys.tell(closed, target.clone()))).clone();
            let flow = |journey| Flow { journey, purpose, purpose_at, guards: guards.clone(), paths_total: 1 };
            if !seeds.probes.is_empty() {
                let to = if let Tgt::Probe(n) = kind.target { Some(n) } else { None };
                trace::put(seeds.probe_in(&closed.fact), to, kind.home, flow(journey()), out);
                continue;
            }
            if *target == Arriving::Internal {
                out.stats.internal_arrivals += 1;
                continue;
            }
            let said = Said {
                entry: arrived.entry.clone(),
                transforms: transforms_of(closed),
                action: kind.action,
                target: target.clone(),
                at: kind.at.clone(),
                load: kind.load,
                home: kind.home,
                confidence: closed.info.confidence(),
                purpose,
                purpose_at,
                guards: guards.clone(),
            };
            let known = self.said.get(&said).and_then(|n| out.flows.get_mut(*n));
            let Some(known) = known else {
                let flow = flow(journey());
                self.said.insert(said, out.flows.len());
                out.flows.push(flow);
                continue;
            };
            known.paths_total = known.paths_total.saturating_add(1);
            if arrived.least() <= known.path.len() {
                let other = journey();
                if (other.path.len(), &other.path) < (known.path.len(), &known.path) {
                    known.journey = other;
                }
            }
        }
    }
}

/// Tells journeys. Many share their first steps, and each step is told once.
struct Journeys<'a> {
    cx: Cx<'a>,
    steps: FxHashMap<Hop, Arc<Step>>,
    functions: FxHashMap<FuncId, Name>,
}

impl Journeys<'_> {
    /// What arrives, for no purpose yet and with nothing established.
    fn tell(&mut self, c: &Closed, target: Arriving) -> Journey {
        let cx = self.cx;
        let at = &c.kind.at;
        let hops = c.info.path.hops(MAX_STEPS);
        let mut path: Vec<Arc<Step>> = Vec::with_capacity(hops.len() + 1);
        path.extend(hops.into_iter().map(|h| self.step(h)));
        path.dedup();
        let function = self.function(at.func);
        let (span, written) = (cx.program.shown_at(at.span), cx.program.call_written(at.span));
        if path.last().is_none_or(|s| s.span != span) || c.kind.action != Action::Use {
            if let Some(w) = written.filter(|_| c.kind.action != Action::Use) {
                let what = format_smolstr!("the macro `{}!` has it here", w.by);
                path.push(Arc::new(Step { span: w.at, what, function: function.clone() }));
            }
            path.push(Arc::new(Step { span, what: arrival_text(c, &target), function: function.clone() }));
        }
        Journey {
            action: c.kind.action,
            entry: entry_of(cx, c),
            transforms: transforms_of(c),
            derived: c.info.derived,
            target,
            site: Site {
                span,
                written: written.map(|w| w.at),
                function,
                krate: krate(cx.program, at.func),
                symbol: at.symbol.clone(),
            },
            path,
            confidence: c.info.confidence(),
            reason: c.info.doubt.as_ref().map(|d| d.reason()),
            load: c.kind.load,
            home: c.kind.home.map(|h| cx.seeds.labels_of_column(h).collect()),
        }
    }

    fn step(&mut self, hop: &Hop) -> Arc<Step> {
        if let Some(told) = self.steps.get(hop) {
            return told.clone();
        }
        let what = what_happens(self.cx, hop);
        let step = Arc::new(Step { span: self.cx.program.shown_at(hop.span), what, function: self.function(hop.func) });
        self.steps.insert(hop.clone(), step.clone());
        step
    }

    fn function(&mut self, f: FuncId) -> Name {
        self.functions.entry(f).or_insert_with(|| self.cx.program.func_path(f)).clone()
    }
}

fn arrival_text(c: &Closed, target: &Arriving) -> Name {
    let symbol = &c.kind.at.symbol;
    if matches!(c.kind.target, Tgt::Probe(_)) {
        return "the value".into();
    }
    match c.kind.action {
        Action::Use => "used here".into(),
        Action::Share => match target {
            Arriving::Host(h) => format_smolstr!("sent to {h}"),
            _ => format_smolstr!("sent by `{}`", crate::link::program::short(symbol)),
        },
        Action::Show => format_smolstr!("returned by `{symbol}`"),
        Action::Keep => match symbol.as_str() {
            INSTRUMENT_RET => "the result is logged by `#[instrument(ret)]`".into(),
            INSTRUMENT_ERR => "the error is logged by `#[instrument(err)]`".into(),
            by if by.ends_with('!') => format_smolstr!("written by `{by}`"),
            to => format_smolstr!("written to `{to}`"),
        },
    }
}

fn what_happens(cx: Cx<'_>, h: &Hop) -> Name {
    let name = |f: FuncId| cx.program.func_local_name(f);
    match &h.what {
        What::Enters(seed) => {
            let e = cx.seeds.entries.get(*seed as usize).map_or("data", |e| e.name.as_str());
            format_smolstr!("`{e}` enters here")
        }
        What::Came(ty) if ty.is_empty() => "comes from outside here".into(),
        What::Came(ty) => format_smolstr!("a `{ty}` comes from outside here"),
        What::Into(f) => format_smolstr!("passed to `{}`", name(*f)),
        What::From(f) => format_smolstr!("returned by `{}`", name(*f)),
        What::Field(n) => format_smolstr!("put into `{n}`"),
        What::Kept(n) => format_smolstr!("kept in {n}"),
        What::Formatted => "formatted into a text".into(),
        What::Through(n) if n.is_empty() => "passed through a call".into(),
        What::Through(n) => format_smolstr!("passed through `{n}`"),
        What::Column(n) => format_smolstr!("bound to `{n}`"),
        What::Called => "passed to a closure".into(),
        What::Transformed(n) => format_smolstr!("transformed by `{n}`"),
    }
}
