//! A trace: for people as text, for programs as JSON, version 1 (`docs/trace-v1.schema.json`).

use std::fmt::{self, Write as _};

use serde::Serialize;

use super::json::{PlaceOut, Places, ReasonOut, StepOut};
use super::text::{Label, Style, Text};
use crate::diag::Severity;
use crate::flow::Confidence;
use crate::judge::trace::{Leave, Origin, Reach, Runs, Stop, Told, Trace, Way};
use crate::source::{SourceMap, Span};

/// Ways of each kind that are drawn; further ones are named.
const DRAWN: usize = 8;
/// Ways and places of each kind that are named.
const NAMED: usize = 40;

/// As text.
#[must_use]
pub fn text(sources: &SourceMap, style: Style, told: &Told) -> String {
    let mut out = String::new();
    let text = Text::new(sources, style);
    // Writing to a string cannot fail.
    let _ = told.values.iter().try_for_each(|value| text.value(&mut out, value));
    let _ = told.limits.iter().try_for_each(|limit| text.stop(&mut out, "limit", limit));
    out
}

impl Text<'_> {
    /// One value with everything that is known of it.
    fn value(&self, out: &mut String, value: &Trace) -> fmt::Result {
        self.tagged(out, "value", "36;1", &format!("`{}`", value.name))?;
        let label = Label { span: value.place, text: "this value".to_owned(), primary: true };
        self.snippet(out, value.place.file, vec![label], Severity::Warning)?;
        if let Some(ty) = &value.ty {
            self.row(out, "type", ty, None)?;
        }
        if let Some(function) = &value.function {
            self.row(out, "in", function, None)?;
        }
        for runs in &value.runs {
            let guards = if runs.guards.is_empty() { "no guard".to_owned() } else { runs.guards.join(", ") };
            let purpose = runs.purpose.as_deref().unwrap_or("no purpose");
            self.row(out, "runs for", &format!("{purpose}, with {guards} established"), runs.at)?;
        }
        if value.unreached {
            self.row(out, "note", "as far as the code is understood nothing runs here", None)?;
        }
        writeln!(out)?;
        let reached = |reach| (source(reach), reach.labelled.map(|at| (&*reach.name, at)), &reach.way);
        self.ways(out, "reached by", "nothing that has a label", &value.reaches, reached)?;
        let none = "no column, no parameter and nothing made by a library";
        self.ways(out, "reached without a label by", none, &value.unlabelled, reached)?;
        self.ways(out, "leaves", "nothing further", &value.leaves, |leave| (goal(leave), None, &leave.way))?;
        self.stops(out, "ends", &value.ends)?;
        if value.reaches.is_empty() || value.leaves.is_empty() {
            self.stops(out, "not understood", &value.unclear)?;
        }
        Ok(())
    }

    /// The ways of one kind: those that are drawn, then those that are only named.
    fn ways<'t, T>(
        &self,
        out: &mut String,
        tag: &str,
        none: &str,
        all: &'t [T],
        say: impl Fn(&'t T) -> (String, Option<(&'t str, Span)>, &'t Way),
    ) -> fmt::Result {
        if all.is_empty() {
            self.tagged(out, tag, "33;1", none)?;
            return writeln!(out);
        }
        for (i, one) in all.iter().take(NAMED).enumerate() {
            let (what, labelled, way) = say(one);
            let paths = if way.paths_total > 1 { format!(", on {} paths", way.paths_total) } else { String::new() };
            self.tagged(out, tag, "32;1", &format!("{what}{paths}"))?;
            if i >= DRAWN {
                continue;
            }
            self.path(out, &way.path, std::iter::empty(), Severity::Warning)?;
            if let Some((name, at)) = labelled {
                self.row(out, "labelled", name, Some(at))?;
            }
            self.way(out, way)?;
            writeln!(out)?;
        }
        if all.len() > NAMED {
            self.tagged(out, tag, "32;1", &format!("{} more; --format json has them", all.len() - NAMED))?;
        }
        if all.len() > DRAWN { writeln!(out) } else { Ok(()) }
    }

    fn way(&self, out: &mut String, way: &Way) -> fmt::Result {
        if !way.transforms.is_empty() {
            self.row(out, "through", &way.transforms.join(", "), None)?;
        }
        if way.derived {
            self.row(out, "derived", "something made of it, not the value itself", None)?;
        }
        if !way.guards.is_empty() {
            self.row(out, "guards", &way.guards.join(", "), None)?;
        }
        let Some(reason) = &way.reason else { return Ok(()) };
        self.row(out, "confidence", &format!("{}: {}", way.confidence.name(), reason.what), reason.at)
    }

    fn stops(&self, out: &mut String, tag: &str, stops: &[Stop]) -> fmt::Result {
        for stop in stops.iter().take(NAMED) {
            self.stop(out, tag, stop)?;
        }
        if stops.len() > NAMED {
            self.tagged(out, tag, "33;1", &format!("{} more; --format json has them", stops.len() - NAMED))?;
        }
        if stops.is_empty() { Ok(()) } else { writeln!(out) }
    }

    fn stop(&self, out: &mut String, tag: &str, stop: &Stop) -> fmt::Result {
        let function = if stop.function.is_empty() { String::new() } else { format!(", in {}", stop.function) };
        let text = format!("{}{function}  ({})", stop.what, self.place_of_line(stop.at));
        self.tagged(out, tag, "33;1", &text)
    }

    fn tagged(&self, out: &mut String, tag: &str, sgr: &str, text: &str) -> fmt::Result {
        self.wrapped(out, &format!("{} {text}", self.paint(sgr, &format!("{tag}:"))), 2)
    }
}

/// A source as people call it.
fn source(reach: &Reach) -> String {
    let name = &reach.name;
    match reach.origin {
        Origin::Label => format!("{} from {name}", reach.labels.join(", ")),
        Origin::Column => format!("the column {name}"),
        Origin::Parameter => format!("the parameter {name}, which nothing here calls"),
        Origin::Made => format!("what `{name}` makes"),
        Origin::Unknown => format!("the result of `{name}`, which is not understood"),
    }
}

/// Where a value goes, as people call it.
fn goal(leave: &Leave) -> String {
    let purpose = leave.purpose.as_ref().map_or_else(String::new, |p| format!(" for `{p}`"));
    let bound = if leave.bound { "" } else { " (bound to nothing)" };
    format!("{}{bound}{purpose}", leave.what)
}

/// Version of the format; counts up when a reader of the old one would misread the new one.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Document<'t> {
    version: u32,
    values: Vec<ValueOut<'t>>,
    limits: Vec<StopOut<'t>>,
}

#[derive(Serialize)]
struct ValueOut<'t> {
    name: &'t str,
    place: PlaceOut,
    #[serde(rename = "type")]
    ty: Option<&'t str>,
    function: Option<&'t str>,
    unreached: bool,
    runs: Vec<RunsOut<'t>>,
    reaches: Vec<ReachOut<'t>>,
    unlabelled: Vec<ReachOut<'t>>,
    leaves: Vec<LeaveOut<'t>>,
    ends: Vec<StopOut<'t>>,
    not_understood: Vec<StopOut<'t>>,
}

#[derive(Serialize)]
struct RunsOut<'t> {
    purpose: Option<&'t str>,
    place: Option<PlaceOut>,
    guards: &'t [String],
}

#[derive(Serialize)]
struct ReachOut<'t> {
    source: Origin,
    name: &'t str,
    labels: &'t [String],
    labelled: Option<PlaceOut>,
    #[serde(flatten)]
    way: WayOut<'t>,
}

#[derive(Serialize)]
struct LeaveOut<'t> {
    verb: &'static str,
    target: Option<&'t str>,
    column: Option<&'t str>,
    bound: bool,
    purpose: Option<&'t str>,
    what: &'t str,
    #[serde(flatten)]
    way: WayOut<'t>,
}

#[derive(Serialize)]
struct WayOut<'t> {
    transforms: &'t [String],
    derived: bool,
    guards: &'t [String],
    confidence: Confidence,
    reason: Option<ReasonOut>,
    path: Vec<StepOut>,
    paths_total: usize,
}

#[derive(Serialize)]
struct StopOut<'t> {
    what: &'t str,
    place: PlaceOut,
    function: &'t str,
}

/// As JSON.
///
/// # Errors
/// Only if serialising fails, which it cannot for these types.
pub fn json(sources: &SourceMap, told: &Told) -> Result<String, serde_json::Error> {
    let places = Places(sources);
    let document = Document {
        version: VERSION,
        values: told.values.iter().map(|v| places.value(v)).collect(),
        limits: places.stops(&told.limits),
    };
    let mut text = serde_json::to_string_pretty(&document)?;
    text.push('\n');
    Ok(text)
}

impl Places<'_> {
    fn value<'t>(&self, value: &'t Trace) -> ValueOut<'t> {
        let runs = |r: &'t Runs| RunsOut {
            purpose: r.purpose.as_deref(),
            place: r.at.map(|s| self.place(s)),
            guards: &r.guards,
        };
        ValueOut {
            name: &value.name,
            place: self.place(value.place),
            ty: value.ty.as_deref(),
            function: value.function.as_deref(),
            unreached: value.unreached,
            runs: value.runs.iter().map(runs).collect(),
            reaches: value.reaches.iter().map(|r| self.reach(r)).collect(),
            unlabelled: value.unlabelled.iter().map(|r| self.reach(r)).collect(),
            leaves: value.leaves.iter().map(|l| self.leave(l)).collect(),
            ends: self.stops(&value.ends),
            not_understood: self.stops(&value.unclear),
        }
    }

    fn reach<'t>(&self, reach: &'t Reach) -> ReachOut<'t> {
        ReachOut {
            source: reach.origin,
            name: &reach.name,
            labels: &reach.labels,
            labelled: reach.labelled.map(|s| self.place(s)),
            way: self.way(&reach.way),
        }
    }

    fn leave<'t>(&self, leave: &'t Leave) -> LeaveOut<'t> {
        LeaveOut {
            verb: leave.verb,
            target: leave.target.as_deref(),
            column: leave.column.as_deref(),
            bound: leave.bound,
            purpose: leave.purpose.as_deref(),
            what: &leave.what,
            way: self.way(&leave.way),
        }
    }

    fn way<'t>(&self, way: &'t Way) -> WayOut<'t> {
        WayOut {
            transforms: &way.transforms,
            derived: way.derived,
            guards: &way.guards,
            confidence: way.confidence,
            reason: way.reason.as_ref().map(|r| self.reason(r)),
            path: way.path.iter().map(|s| self.step(s)).collect(),
            paths_total: way.paths_total,
        }
    }

    fn stops<'t>(&self, stops: &'t [Stop]) -> Vec<StopOut<'t>> {
        let stop = |s: &'t Stop| StopOut { what: &s.what, place: self.place(s.at), function: &s.function };
        stops.iter().map(stop).collect()
    }
}
