//! Calls of what cells hold: who runs, what that writes, and where data arrives by it. Known when all functions are.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::actual::Actual;
use super::bundles::at_ends;
use super::callee::Callable;
use super::cells::{Cell, stored};
use super::doubt::Why;
use super::interp::Cx;
use super::path::{Path, What};
use super::roots::Roots;
use super::settle::{Contents, Shared, Write, places};
use super::summary::{Arrival, Asked, At, GivenCall, Kind, Summary, Tgt, doubted};
use super::taken::of_args;
use super::value::{Fact, Info, Origin, V, Value, join};
use crate::ir::body::View;
use crate::limits::{CALLABLES_FOLLOWED, HELD_RUNS};
use crate::link::program::FuncId;
use crate::source::Span;

/// A call of what a cell holds, and where it stands.
pub(super) struct HeldCall {
    pub(super) func: FuncId,
    pub(super) call: GivenCall,
}

impl HeldCall {
    /// Its arguments, with what is established there of those whose they are.
    fn args(&self, cx: Cx<'_>, contents: &Contents) -> Vec<V> {
        let roots = Roots::new(cx, self.func);
        let guarded = |fact: &Fact, info: &mut Info| {
            info.guards.and(&self.call.guards);
            info.guards = roots.about(&info.guards, &fact.places(info), true);
        };
        self.call.args.iter().map(|a| contents.value(a).map_facts(&guarded)).collect()
    }
}

/// Something that such a call runs: itself, or by what it runs.
struct Run {
    /// The function, or the one that wrote the closure.
    func: FuncId,
    /// Whether it is the function itself.
    by_name: bool,
    /// Where it is called.
    at: (FuncId, Span),
    params: Vec<V>,
    /// What its calls of what it was given came to.
    called: BTreeMap<u32, V>,
    summary: Option<Arc<Summary>>,
}

impl Run {
    /// What its summary means here.
    fn actual(&self) -> Actual<'_> {
        let hop = Path::hop(self.at.0, self.at.1, What::Called);
        let hops = vec![hop; self.params.len()];
        Actual { params: &self.params, hops, called: self.called.clone(), ..Actual::default() }
    }
}

impl Contents {
    /// What runs by a call.
    fn runs(&self, cx: Cx<'_>, call: &HeldCall) -> Vec<Run> {
        let mut out = Vec::new();
        let at = (call.func, call.call.span);
        self.run(cx, &self.value(&call.call.callee), &call.args(cx, self), at, &mut Vec::new(), &mut out);
        out
    }

    /// Runs what a value may call, and what that calls of what it was given or took along; gives what comes back. At the
    /// limit it leaves out the rest.
    fn run(
        &self,
        cx: Cx<'_>,
        callee: &V,
        args: &[V],
        at: (FuncId, Span),
        within: &mut Vec<Callable>,
        out: &mut Vec<Run>,
    ) -> V {
        let mut back = V::default();
        for c in callee.callees.iter().take(CALLABLES_FOLLOWED) {
            if within.contains(c) || out.len() + within.len() > HELD_RUNS {
                continue;
            }
            let Some(mut run) = self.begun(cx, c, args, at) else { continue };
            within.push(c.clone());
            let given = run.summary.clone();
            let given = given.iter().flat_map(|s| &s.given);
            for (n, asked) in (0..).zip(given).filter(|(_, g)| matches!(g.what, Asked::Call | Asked::Run)) {
                let actual = run.actual();
                let callee = self.value(&actual.value_with_callables(&asked.callee));
                let args: Vec<V> = asked.args.iter().map(|a| self.value(&actual.value(a))).collect();
                let mut gave = self.run(cx, &callee, &args, (run.func, asked.span), within, out);
                if matches!(c, Callable::Taken(t) if t.ran) {
                    gave = out_of(&gave, &args, callee.callees.len() > 1);
                }
                run.called.insert(n, gave);
            }
            within.pop();
            if let Some(summary) = &run.summary {
                back = join(&back, &run.actual().value(&summary.ret));
            }
            out.push(run);
        }
        back
    }

    /// A function or a closure with its parameters.
    fn begun(&self, cx: Cx<'_>, c: &Callable, args: &[V], at: (FuncId, Span)) -> Option<Run> {
        let summary = |f: FuncId| cx.summaries.get(f.0 as usize).cloned().flatten();
        let called = BTreeMap::new();
        match c {
            Callable::Func(f) => {
                Some(Run { func: *f, by_name: true, at, params: args.to_vec(), called, summary: summary(*f) })
            }
            Callable::Taken(t) => {
                let own = cx.program.func(t.func)?.closures.get(t.id.0 as usize)?.params.len();
                let mut params = args.to_vec();
                params.resize(own, V::default());
                params.extend(
                    t.with
                        .iter()
                        .map(|v| if t.ran { self.value(v).without_those(&|f, _| f.is_data()) } else { self.value(v) }),
                );
                let summary = Some(summary(t.func)?.closures.get(&t.id)?.clone());
                Some(Run { func: t.func, by_name: false, at, params, called, summary })
            }
            _ => None,
        }
    }

    /// What runs by a call writes, and what comes back.
    pub(super) fn writes_of(&self, cx: Cx<'_>, call: &HeldCall) -> Vec<Write> {
        let at = (call.func, call.call.span);
        let mut out = Vec::new();
        for run in self.runs(cx, call) {
            let Some(summary) = &run.summary else { continue };
            let actual = run.actual();
            if run.at == at {
                out.push((Cell::Called(at.1), Vec::new(), stored(&actual.value(&summary.ret))));
            }
            for (far, v) in &summary.writes {
                let v = stored(&actual.value(v));
                out.extend(places(far, &run.params).into_iter().map(|(c, path)| (c, path, v.clone())));
            }
        }
        out
    }

    /// What comes of the calls of what cells hold.
    pub(super) fn ran(&self, cx: Cx<'_>, shared: &Shared) -> Ran {
        let mut out = Ran::default();
        for call in &shared.calls {
            let runs = self.runs(cx, call);
            if runs.len() > HELD_RUNS {
                out.cut.push(call.call.span);
            }
            for run in &runs {
                out.called.insert(run.func);
                self.arrives(cx, run, &mut out.arrivals);
            }
        }
        out
    }

    fn arrives(&self, cx: Cx<'_>, run: &Run, out: &mut Vec<(FuncId, Arrival)>) {
        if run.by_name {
            out.extend(bound(cx, run));
        }
        let Some(summary) = &run.summary else { return };
        let actual = run.actual();
        for a in &summary.arrivals {
            out.push((run.func, Arrival { kind: actual.kind(&a.kind), data: self.value(&actual.value(&a.data)) }));
        }
        for bundle in &summary.bundles {
            let data = self.value(&actual.value(&bundle.data()));
            let there = at_ends(&bundle.ends, data);
            out.extend(there.map(|(kind, data)| (run.func, Arrival { kind: actual.kind(&kind), data })));
        }
    }
}

/// What comes of the calls of what cells hold.
#[derive(Default)]
pub(super) struct Ran {
    /// Functions that run, and those that wrote closures that run.
    pub(super) called: BTreeSet<FuncId>,
    /// Where data arrives, and in which function.
    pub(super) arrivals: Vec<(FuncId, Arrival)>,
    /// Calls that run more than is followed.
    pub(super) cut: Vec<Span>,
}

/// What arrives by a call of a bound function.
fn bound(cx: Cx<'_>, run: &Run) -> Option<(FuncId, Arrival)> {
    let (action, target) = *cx.seeds.sinks.get(&run.func)?;
    let (func, span) = run.at;
    let kind = Kind {
        action,
        target: Tgt::Bound(target),
        at: At { func, span, symbol: cx.program.func_path(run.func) },
        purpose: cx.seeds.purposes.get(&func).copied(),
        load: false,
        home: None,
        view: Some(View::Serialize),
    };
    let data = of_args(&run.params, cx.seeds.taken.get(&run.func).map(Vec::as_slice));
    Some((func, Arrival { kind: Arc::new(kind), data }))
}

/// What of a result was in the arguments: the rest came back where the closure was sent. Of several callables, which run
/// for whoever sent them, it is not known for whom it is.
fn out_of(gave: &V, args: &[V], several: bool) -> V {
    fn origins(v: &Value, out: &mut BTreeSet<Origin>) {
        out.extend(v.facts.iter().map(|(f, _)| f.origin.clone()));
        v.fields.iter().for_each(|(_, part)| origins(part, out));
    }
    let mut given = BTreeSet::new();
    args.iter().for_each(|a| origins(a, &mut given));
    let out = gave.without_those(&|f, _| f.is_data() && !given.contains(&f.origin));
    if several { doubted(&out, &Why::Merged.anywhere()) } else { out }
}
