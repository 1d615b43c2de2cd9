//! One value traced: what reaches it, what leaves it, where its trail ends.
//!
//! Two runs. The first is that of a check, with the policy's labels, and says which of them reach the value. In the
//! second no label counts: every other column, every parameter from outside and every value that a library makes is a
//! source, and the value itself is followed to wherever it arrives.

use super::probe::{Map, Missed, Position, file, find};
use super::{Ready, ready};
use crate::diag::Diagnostic;
use crate::flow::solve::{Summed, passed_over};
use crate::flow::{EntrySeed, Flow, Outside, Probe, Seeds, Spot, Traced};
use crate::ir::Gap;
use crate::ir::body::Callee;
use crate::judge::trace::{Found, Origin, Stop, Told, Trace, trace as named};
use crate::link::infer::{How, Typed};
use crate::link::program::{FuncId, short};
use crate::link::sqlfn::ColumnId;
use crate::policy::Policy;
use crate::project::Inputs;
use crate::source::Span;

/// Why there is no trace.
#[derive(Debug)]
pub enum Untraced {
    /// The policy is broken.
    Policy(Vec<Diagnostic>),
    /// No value stands at the place.
    Missed(Missed),
}

/// Kinds of sources in the second run; an entry has that of its own in the place of labels.
const KINDS: [Origin; 4] = [Origin::Column, Origin::Parameter, Origin::Made, Origin::Unknown];

/// Traces the values at a place. Without a policy only what needs no label is told.
///
/// # Errors
/// If the policy is broken, or no value stands there.
pub fn trace(inputs: &Inputs, at: &Position) -> Result<Told, Untraced> {
    let file = file(inputs, &at.file).map_err(Untraced::Missed)?;
    let policy = super::policy_or_none(inputs).map_err(Untraced::Policy)?;
    let ready = ready(inputs, &policy, super::link(inputs, &policy, &|_| {}), &|_| {});
    let Ready { program, schemas, models, bound, sql, jobs, .. } = &ready;
    let spots = find(&Map { inputs, program, schemas, sql, jobs }, file, at).map_err(Untraced::Missed)?;
    let typed = passed_over(program, ready.typed.clone(), &bound.seeds);
    let run = |seeds: &Seeds| {
        Summed::new(program, models, &typed, seeds, &bound.audience_mods, sql).interpreted().flows(jobs)
    };
    let probe = |(_, spot): &(Span, Spot)| Probe { spot: spot.clone(), entry: None };
    let labelled = run(&Seeds { probes: spots.iter().map(probe).collect(), ..bound.seeds.clone() });
    let open = run(&unlabelled(&ready, inputs, &spots));
    let teller = Teller { ready: &ready, inputs, policy: &policy, typed: &typed };
    let values = spots.iter().zip(labelled.traced.iter().zip(&open.traced));
    let limit = |g: &Gap| Stop { at: g.span, what: g.what.clone(), function: String::new() };
    Ok(Told {
        values: values.map(|((place, spot), found)| teller.tell(*place, spot, found)).collect(),
        limits: open.gaps.iter().map(limit).collect(),
    })
}

/// Seeds of the second run: everything without a label is a source, and the probes are followed.
fn unlabelled(ready: &Ready, inputs: &Inputs, spots: &[(Span, Spot)]) -> Seeds {
    let mut seeds = Seeds {
        entries: Vec::new(),
        fields: Default::default(),
        foreign_fields: Default::default(),
        params: Default::default(),
        results: Default::default(),
        ext_results: Default::default(),
        types: Default::default(),
        columns: Default::default(),
        locals: Default::default(),
        ..ready.bound.seeds.clone()
    };
    let mut enter = |kind: usize, name: String, span: Span| {
        seeds.entries.push(EntrySeed { labels: kind as u32, name: name.into(), span, labelled: span });
        seeds.entries.len() as u32 - 1
    };
    let nowhere = Span::new(crate::source::FileId(0), 0, 0);
    let mut outside = |kind: usize| enter(kind, "a value".to_owned(), nowhere);
    let all = Outside { params: outside(1), made: outside(2), unknown: outside(3) };
    let mut columns = Vec::new();
    for (s, schema) in ready.schemas.list.iter().enumerate() {
        for (t, table) in schema.tables.iter().enumerate().filter(|(_, t)| !t.dropped) {
            for (column, def) in table.live() {
                let id = ColumnId { schema: s as u32, table: t as u32, column, part: 0 };
                if ready.bound.seeds.labels_column(id) {
                    continue;
                }
                columns.push((id, enter(0, format!("{}.{}", table.name, def.name), def.span)));
            }
        }
    }
    let mut probes = Vec::new();
    for (span, spot) in spots {
        let entry = enter(KINDS.len(), name(ready, inputs, *span, spot), *span);
        if let Spot::Column(c) = spot {
            columns.push((*c, entry));
        }
        probes.push(Probe { spot: spot.clone(), entry: Some(entry) });
    }
    seeds.outside = Some(all);
    seeds.columns = columns.into_iter().collect();
    seeds.probes = probes;
    seeds
}

/// A value as people call it: a column by its table, anything else as it is written.
fn name(ready: &Ready, inputs: &Inputs, span: Span, spot: &Spot) -> String {
    match spot {
        Spot::Column(c) => ready.schemas.show(*c),
        Spot::Value(..) => inputs.sources.text(span).split_whitespace().collect::<Vec<_>>().join(" "),
    }
}

/// Puts what the two runs found into words.
struct Teller<'a> {
    ready: &'a Ready,
    inputs: &'a Inputs,
    policy: &'a Policy,
    typed: &'a [Typed],
}

impl Teller<'_> {
    fn tell(&self, place: Span, spot: &Spot, (labelled, open): (&Traced, &Traced)) -> Trace {
        let (function, ty) = match spot {
            Spot::Value(f, _) => (Some(self.ready.program.func_path(*f).to_string()), None),
            Spot::Column(c) => {
                let ty = self.ready.schemas.column(*c).map(|c| c.ty.clone()).filter(|t| !t.is_empty());
                (None, ty)
            }
        };
        let written = |c: ColumnId| self.ready.schemas.show(c);
        let found = Found {
            place,
            name: name(self.ready, self.inputs, place, spot),
            ty,
            function,
            point: open.point.as_ref(),
            labelled: &labelled.reaches,
            unlabelled: open.reaches.iter().filter_map(|f| self.source(f)).collect(),
            leaves: open.leaves.iter().map(|(f, column)| (f, column.map(written))).collect(),
            ends: &open.ends,
            unclear: if let Spot::Value(f, _) = spot { self.unclear(*f) } else { Vec::new() },
        };
        named(self.policy, &self.ready.bound.labels, found)
    }

    /// The source of a flow of the second run.
    fn source<'f>(&self, flow: &'f Flow) -> Option<(Origin, String, &'f Flow)> {
        let origin = *KINDS.get(flow.entry.labels as usize)?;
        let text = self.inputs.sources.text(flow.entry.span);
        let name = match origin {
            Origin::Label => return None,
            Origin::Column => flow.entry.name.to_string(),
            Origin::Parameter => {
                let function = flow.path.first().map_or("", |s| s.function.as_str());
                format!("{text} of {function}")
            }
            Origin::Made | Origin::Unknown => text.to_owned(),
        };
        Some((origin, name, flow))
    }

    /// Calls of a function that are not understood, or by name alone.
    fn unclear(&self, f: FuncId) -> Vec<Stop> {
        let (Some(func), Some(typed)) =
            (self.ready.program.func(f), self.typed.get(self.ready.program.read_as(f).0 as usize))
        else {
            return Vec::new();
        };
        let stop = |(site, _, at): (u32, &Callee, Span)| {
            let site = typed.sites.get(site as usize)?;
            let what = match site.how {
                How::Unknown if !site.symbol.is_empty() => format!("`{}` is not understood", short(&site.symbol)),
                How::Guessed => format!("`{}` is known by its name alone", short(&site.symbol)),
                _ => return None,
            };
            Some(Stop { at, what, function: self.ready.program.func_path(f).to_string() })
        };
        let mut out: Vec<Stop> = func.calls().into_iter().filter_map(stop).collect();
        out.sort();
        out.dedup();
        out
    }
}
