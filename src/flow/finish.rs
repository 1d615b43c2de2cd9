//! From summaries to flows: contexts put in, paths told.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rayon::prelude::*;
use smol_str::format_smolstr;

use super::actual::Actual;
use super::address::{KeptTexts, arriving};
use super::bundles::at_ends;
use super::cells::{Cell, initial_texts};
use super::contexts::{Context, Run, called_by_others, contexts, entry_points, find_roots, hand_overs, runs};
use super::doubt::{self, Doubt, Why, confidence};
use super::elsewhere::Elsewhere;
use super::fresh::fresh;
use super::interp::Cx;
use super::must::Lost;
use super::opaque::{given_at, gives};
use super::roots::Roots;
use super::routes::Routed;
use super::seeds::PERHAPS;
use super::settle::{Contents, Shared, from_cells};
use super::sharing::parameters;
use super::solve::Solved;
use super::summary::{Asked, Closed, Kind, Outsider, Tgt};
use super::telling::{Arrived, Telling};
use super::text::{MAX_TEXTS, Shelf, Text};
use super::trace::{self, Traced};
use super::types::{Action, Entry, Established, GivenAway, Handled, Purposeless, Step, Transform, in_each};
use super::value::{Fact, Info, Origin, V, Value, join};
use super::views::skipped;
use super::waiting::closed_leaves;
use super::writers::into_any;
use crate::ir::{Gap, GapKind, Name};
use crate::limits::{CONTEXT_ROOTS, ROOTS_TOGETHER, TRACE_SOURCES};
use crate::link::program::{Def, FuncId, Program};
use crate::link::programs::Together;
use crate::link::ty::Ty;
use crate::source::Span;

pub(super) fn finish(cx: Cx<'_>, order: &[Vec<u32>]) -> Solved {
    let roots = find_roots(cx, order);
    let routed = Routed::of(cx, &roots);
    let contexts = contexts(cx, order, &roots, &routed);
    let shared = Shared::of(cx, &roots);
    let contents = Contents::of(cx, &shared);
    let data = contents.untold();
    let entry_points = entry_points(cx, &roots);
    let others_call = called_by_others(cx);
    let uncalled = roots.iter().copied().filter(|r| !entry_points.contains(r) && !others_call(*r)).collect();
    let mut all = Arrivals {
        cx,
        contexts: &contexts,
        routed: &routed,
        entry_points,
        uncalled,
        kept: kept_texts(cx),
        telling: Telling::new(cx),
        together: cx.program.together(),
        guards: Arc::default(),
        purposeless: BTreeMap::new(),
        elsewhere: Elsewhere::default(),
        out: Solved { traced: vec![Traced::default(); cx.seeds.probes.len()], ..Solved::default() },
    };
    for (f, s) in (0..).map(FuncId).zip(cx.summaries) {
        let Some(s) = s else { continue };
        if s.held.is_empty() {
            s.closed.iter().for_each(|c| all.add(f, c));
            continue;
        }
        let mut found: BTreeMap<(Arc<Kind>, Fact), Info> =
            s.closed.iter().map(|c| ((c.kind.clone(), c.fact.clone()), c.info.clone())).collect();
        for a in &s.held {
            leaves(cx, f, &a.kind, &data.value(&a.data), &mut found);
        }
        all.add_all(f, found);
    }
    // Nobody here calls a root: its parameters come from outside.
    for some in roots.chunks(ROOTS_TOGETHER) {
        let flows = |r: &FuncId| (*r, root_flows(cx, *r, &data));
        let found: Vec<(FuncId, Vec<Closed>)> = some.par_iter().map(flows).collect();
        for (r, flows) in found {
            all.out.unread.extend(statements_of_callers(cx, r));
            waiting_of(cx, r).iter().for_each(|c| all.add(r, c));
            flows.iter().chain(&trace::returned(cx, r)).for_each(|c| all.add(r, c));
        }
    }
    waiting_for_others(cx, &roots).into_iter().for_each(|(f, c)| all.add(f, c));
    let ran = contents.ran(cx, &shared);
    for f in ran.called {
        waiting_of(cx, f).iter().for_each(|c| all.add(f, c));
    }
    let mut called: BTreeMap<FuncId, BTreeMap<(Arc<Kind>, Fact), Info>> = BTreeMap::new();
    for (f, a) in ran.arrivals {
        leaves(cx, f, &a.kind, &a.data, called.entry(f).or_default());
    }
    called.into_iter().for_each(|(f, found)| all.add_all(f, found));
    for (f, closed) in std::mem::take(&mut all.elsewhere).left(cx) {
        all.add(f, &closed);
    }
    let Arrivals { purposeless, mut out, .. } = all;
    out.gaps.extend(too_much_shared(cx, &contents));
    let what = "more may be called here than is followed";
    out.gaps.extend(ran.cut.into_iter().map(|span| Gap { span, what: what.into(), kind: GapKind::Limit }));
    trace::collect(cx, &contexts, &mut out);
    out.hand_overs = hand_overs(cx, &contexts).into_iter().collect();
    out.purposeless = purposeless
        .into_iter()
        .map(|(f, entries)| Purposeless {
            function: cx.program.func_path(f),
            krate: krate(cx.program, f),
            span: cx.program.func(f).map_or(Span::new(crate::source::FileId(0), 0, 0), |d| d.span),
            entries: entries.into_iter().map(handled).collect(),
        })
        .collect();
    out
}

/// The texts that fields and statics are given anywhere.
fn kept_texts(cx: Cx<'_>) -> KeptTexts {
    let mut out = KeptTexts::new();
    let mut add = |shelf: &Shelf, text: &Text| {
        let list = out.entry(shelf.clone()).or_default();
        if !list.contains(text) && list.len() < MAX_TEXTS {
            list.push(text.clone());
        }
    };
    cx.summaries.iter().flatten().flat_map(|s| &s.kept_texts).for_each(|(shelf, text)| add(shelf, text));
    for c in &cx.sharing.statics {
        let init = cx.program.initialiser(*c).and_then(|f| cx.summaries.get(f.0 as usize)?.as_ref());
        init.into_iter().flat_map(|s| initial_texts(s)).for_each(|text| add(&Shelf::Static(*c), text));
    }
    out
}

/// Where what is shared was too much to tell apart: a gap for each way in which it was.
fn too_much_shared(cx: Cx<'_>, contents: &Contents) -> Vec<Gap> {
    let mut out = Vec::new();
    let mut say = |c: Cell, what: String| out.push(Gap { span: c.span(cx.program), what, kind: GapKind::Limit });
    if let Some(c) = contents.unsettled {
        let name = c.name(cx.program);
        say(c, format!("what is kept in {name} grows without end: some flows through it are missing"));
    }
    if let Some(c) = contents.crowded {
        let name = c.name(cx.program);
        say(c, format!("more than {TRACE_SOURCES} values come to what is kept in {name}: further ones are not told"));
    }
    if let Some(c) = contents.merged.first() {
        let name = c.name(cx.program);
        let others = match contents.merged.len() {
            1 => String::new(),
            n => format!(" and {} more places", n - 1),
        };
        say(*c, format!("what is kept in {name}{others} runs together: flows through it are only possible"));
    }
    out
}

/// What arrives, made into flows.
struct Arrivals<'a> {
    cx: Cx<'a>,
    contexts: &'a [Context],
    routed: &'a Routed,
    entry_points: BTreeSet<FuncId>,
    /// Roots that nothing starts, as far as is seen.
    uncalled: BTreeSet<FuncId>,
    kept: KeptTexts,
    telling: Telling<'a>,
    /// Crates of one program.
    together: Together,
    /// What was established where something arrived last: nearly everywhere the same, nothing.
    guards: Arc<Established>,
    purposeless: BTreeMap<FuncId, BTreeMap<Entry, Option<Doubt>>>,
    elsewhere: Elsewhere,
    out: Solved,
}

impl Arrivals<'_> {
    fn add_all(&mut self, f: FuncId, found: BTreeMap<(Arc<Kind>, Fact), Info>) {
        found.into_iter().for_each(|((kind, fact), info)| self.add(f, &Closed { kind, fact, info }));
    }

    /// Whether what arrives may have entered in a program that a function is a part of: what another has put somewhere is
    /// not there in this one.
    fn may_be_in(&self, f: FuncId, closed: &Closed) -> bool {
        let (Origin::Source(_, span) | Origin::Declared(_, span, _)) = closed.fact.origin else { return true };
        let here = self.cx.program.module(self.cx.program.func_module(f)).map(|m| m.krate);
        here.is_none_or(|here| self.together.may(span.file, here))
    }

    fn add(&mut self, f: FuncId, closed: &Closed) {
        let cx = self.cx;
        if !trace::asks_for(cx.seeds, closed) {
            return;
        }
        if !self.may_be_in(closed.kind.at.func, closed) {
            return;
        }
        let context = self.contexts.get(f.0 as usize);
        let runs = runs(closed.kind.purpose, context);
        if runs.is_empty() {
            return;
        }
        if let Tgt::Opaque(to) = &closed.kind.target {
            self.out.given_away.insert(given_away(cx, closed, to));
            return;
        }
        // Those from whom it is run without a purpose.
        let roots: Vec<FuncId> = context
            .into_iter()
            .flat_map(|c| c.purposeless.intersection(&self.entry_points).copied())
            .filter(|root| self.may_be_in(*root, closed))
            .collect();
        if closed.kind.target == Tgt::Loaded {
            for r in roots.iter().filter(|_| runs.iter().any(|(purpose, _)| purpose.is_none())) {
                handles(&mut self.purposeless, *r, entry_of(cx, closed), closed);
            }
            return;
        }
        if closed.kind.action == Action::Show && !cx.seeds.elsewhere.is_empty() && self.elsewhere.take_in(f, cx, closed)
        {
            return;
        }
        let targets = arriving(cx, &self.kept, &closed.kind.target, closed.kind.action);
        // For whom it runs is known where it has a purpose.
        let only_from =
            context.filter(|c| c.purposeless.len() < CONTEXT_ROOTS && c.purposeless.is_subset(&self.uncalled));
        let idle = only_from.and_then(|c| c.purposeless.first()).map(|root| {
            let mut closed = closed.clone();
            doubt::add(&mut closed.info.doubt, Some(&Why::Uncalled(cx.program.func_local_name(*root)).anywhere()));
            closed
        });
        let entry = entry_of(cx, closed);
        let (active, idle) =
            (Arrived::of(closed, &entry, &targets), idle.as_ref().map(|c| Arrived::of(c, &entry, &targets)));
        for (purpose, run) in runs {
            let arrived = idle.as_ref().filter(|_| purpose.is_none()).unwrap_or(&active);
            let found = established(cx, f, closed, &run, self.routed);
            if *self.guards != found {
                self.guards = Arc::new(found);
            }
            for r in roots.iter().filter(|r| purpose.is_none() && !targets.is_empty() && !is_own(cx, **r, closed)) {
                handles(&mut self.purposeless, *r, entry.clone(), closed);
            }
            self.telling.take_in(arrived, (purpose, run.at), &self.guards, &mut self.out);
        }
    }
}

/// Notes what a root handles: of two ways the surer one.
fn handles(all: &mut BTreeMap<FuncId, BTreeMap<Entry, Option<Doubt>>>, root: FuncId, entry: Entry, c: &Closed) {
    let doubt = &c.info.doubt;
    let have = all.entry(root).or_default().entry(entry).or_insert_with(|| doubt.clone());
    if confidence(doubt.as_ref()) > confidence(have.as_ref()) {
        have.clone_from(doubt);
    }
}

fn handled((entry, doubt): (Entry, Option<Doubt>)) -> Handled {
    Handled { entry, confidence: confidence(doubt.as_ref()), reason: doubt.map(|d| d.reason()) }
}

/// Whether a method only touches what it is a method of (`Zeroize` of a token), and is of a trait of which no library
/// calls any of its own accord: whoever calls it has that already.
fn is_own(cx: Cx<'_>, root: FuncId, c: &Closed) -> bool {
    let p = cx.program;
    let Some(i) = p.func_impl(root).map(|i| i.0 as usize) else { return false };
    let (Some(Some(Def::Ext(of))), Some(Ty::Adt(t, _))) = (p.impl_trait.get(i), p.impl_self.get(i)) else {
        return false;
    };
    if !cx.models.is_passive(of) {
        return false;
    }
    let Origin::Source(seed, _) = c.fact.origin else { return false };
    let its = cx.seeds.types.get(t) == Some(&seed)
        || cx.seeds.fields.iter().any(|((of, ..), label)| of == t && *label == seed);
    its && c.kind.action == Action::Use && c.kind.at.func == root
}

/// What a root's open arrivals are when its parameters come from outside.
fn root_flows(cx: Cx<'_>, r: FuncId, contents: &Contents) -> Vec<Closed> {
    let Some(summary) = cx.summaries.get(r.0 as usize).cloned().flatten() else { return Vec::new() };
    let params = parameters(cx, r);
    let mut called = from_cells(&summary);
    for (n, asked) in (0..).zip(&summary.given) {
        // Nobody says which statement it is: its rows are what their type says.
        if let (Asked::Rows { .. }, Some(rows)) = (asked.what, called.get_mut(&n)) {
            *rows = join(rows, &fresh(cx, r, &asked.ty, asked.span));
        }
    }
    let told = Actual { params: &params, ..Actual::default() };
    // Texts are of the targets.
    let params: Vec<V> = params.iter().map(Value::untold).collect();
    let actual = Actual { params: &params, called, ..Actual::default() };
    let mut found: BTreeMap<(Arc<Kind>, Fact), Info> = BTreeMap::new();
    for a in &summary.arrivals {
        let data = contents.value(&actual.value(&a.data));
        leaves(cx, r, &told.kind(&a.kind), &data, &mut found);
    }
    for bundle in &summary.bundles {
        let data = contents.value(&actual.value(&bundle.data()));
        for (kind, data) in at_ends(&bundle.ends, data) {
            leaves(cx, r, &told.kind(&kind), &data, &mut found);
        }
    }
    for t in &summary.touches {
        let at = actual.entering(&t.fact, &t.info);
        actual.each_fact(&t.fact, |fact, info, _| {
            let touched = contents.value(&Value::of(fact, actual.composed(info, &at)));
            leaves(cx, r, &t.kind, &touched, &mut found);
        });
    }
    // Nobody says which writer it is.
    for (kind, data) in into_any(cx, r, &summary) {
        leaves(cx, r, &kind, &contents.value(&actual.value(&data)), &mut found);
    }
    // Nobody says which function it is that is called.
    for asked in summary.given.iter().filter(|g| g.what == Asked::Call && is_param(&g.callee)) {
        let kind = gives(r, Outsider::Unknown(krate(cx.program, r)), Name::default(), asked.span);
        for a in &asked.args {
            leaves(cx, r, &kind, &contents.value(&actual.value(a)), &mut found);
        }
    }
    found.into_iter().map(|((kind, fact), info)| Closed { kind, fact, info }).collect()
}

/// Flows of a function, and below it, that happen if what it is given is something; that may be, as nobody here says
/// what it is.
fn waiting_of(cx: Cx<'_>, f: FuncId) -> &[Closed] {
    cx.summaries.get(f.0 as usize).and_then(Option::as_deref).map_or(&[], |s| &s.waiting)
}

/// Flows of functions that are called here, which wait for what these are given, where others call them too and may give
/// anything: who is named as a value, implements a trait of another crate, runs unnamed, or is offered to whoever uses a
/// library. For what it is used there, nobody knows: what has no purpose of its own has none of the callers here.
fn waiting_for_others<'a>(cx: Cx<'a>, roots: &[FuncId]) -> Vec<(FuncId, &'a Closed)> {
    let p = cx.program;
    let used = p.crates_of_programs();
    let roots: BTreeSet<FuncId> = roots.iter().copied().collect();
    let waits = |f: &FuncId| !waiting_of(cx, *f).is_empty() && !roots.contains(f);
    let waiting = p.all_ids().filter(waits).filter(|f| !p.is_test(*f) && !p.is_template(*f));
    let others_call = called_by_others(cx);
    let (called, here): (Vec<FuncId>, Vec<FuncId>) = waiting.partition(|f| others_call(*f));
    let offered = here.into_iter().filter(|f| p.is_offered(*f, &used));
    let own = |(_, c): &(FuncId, &Closed)| c.kind.purpose.is_some();
    let of = |f: FuncId| waiting_of(cx, f).iter().map(move |c| (f, c));
    called.into_iter().flat_map(of).chain(offered.flat_map(of).filter(own)).collect()
}

/// Calls below a root that run a text which the root is given: nobody says what it is.
fn statements_of_callers(cx: Cx<'_>, root: FuncId) -> impl Iterator<Item = (Span, Option<Name>)> {
    let summary = cx.summaries.get(root.0 as usize).and_then(Option::as_deref);
    let asked = summary.into_iter().flat_map(|s| &s.given);
    asked.filter(|g| g.what == (Asked::Statement { open: true }) && is_param(&g.callee)).map(|g| (g.span, None))
}

/// Whether a value is something that the caller gave.
fn is_param(v: &Value) -> bool {
    v.facts.iter().any(|(f, _)| matches!(f.origin, Origin::Param(..)))
}

/// The guards at an arrival: those of the function that it is in, and those that hold whenever that runs.
fn established(cx: Cx<'_>, f: FuncId, c: &Closed, run: &Run, routed: &Routed) -> Established {
    let mut m = routed.told(&c.info.guards).of_policy();
    m.and(&Roots::new(cx, f).about(&run.guards, &c.fact.places(&c.info), true));
    let cases = m.guards();
    let by_caller = !run.guards.lost(Lost::Elsewhere).is_empty();
    let at_call = |(caller, span): (FuncId, Span)| Step {
        span,
        what: format_smolstr!("`{}` is called", cx.program.func_local_name(f)),
        function: cx.program.func_path(caller),
    };
    let is_sure = |(g, _): &&(u32, bool)| *g < PERHAPS;
    let bare: Vec<BTreeSet<u32>> = cases.iter().map(|c| c.iter().map(|(g, _)| g & !PERHAPS).collect()).collect();
    let known: Vec<BTreeSet<u32>> = cases.iter().map(|c| c.iter().filter(is_sure).map(|(g, _)| *g).collect()).collect();
    Established {
        unsure: cases.iter().flatten().filter(is_sure).filter(|(_, sure)| !sure).map(|(g, _)| *g).collect(),
        perhaps: &in_each(&bare) - &in_each(&known),
        cases: known,
        elsewhere: m.lost(Lost::Elsewhere),
        of_another: m.lost(Lost::Other),
        caller: run.caller.filter(|_| by_caller).map(at_call),
    }
}

/// What of a value arrives, now that all is known that will be.
fn leaves(cx: Cx<'_>, f: FuncId, kind: &Arc<Kind>, data: &V, found: &mut BTreeMap<(Arc<Kind>, Fact), Info>) {
    let mut leaves = Vec::new();
    if kind.action == Action::Use {
        let entered = data.facts.iter().filter(|(f, _)| matches!(f.origin, Origin::Source(..)));
        leaves.extend(entered.cloned());
    } else {
        closed_leaves(cx, data, true, &|v, n| skipped(cx.program, kind.view, v, n), &mut leaves);
    }
    leaves.retain(|(f, _)| cx.seeds.wanted(&kind.target, Some(f)));
    let roots = Roots::new(cx, f);
    for (fact, mut info) in leaves {
        info.guards = roots.about(&info.guards, &fact.places(&info), true);
        match found.get_mut(&(kind.clone(), fact.clone())) {
            Some(have) => have.join(&fact, &info),
            None => {
                found.insert((kind.clone(), fact), info);
            }
        }
    }
}

pub(super) fn krate(p: &Program, f: FuncId) -> Name {
    p.crate_of(p.func_module(f)).map(|c| c.name.clone()).unwrap_or_default()
}

pub(super) fn entry(cx: Cx<'_>, seed: u32, span: Span) -> Entry {
    let e = cx.seeds.entries.get(seed as usize);
    Entry {
        labels: e.map_or(0, |e| e.labels),
        name: e.map(|e| e.name.clone()).unwrap_or_default(),
        span,
        labelled: e.map_or(span, |e| e.labelled),
    }
}

/// Where the data of a flow entered.
pub(super) fn entry_of(cx: Cx<'_>, c: &Closed) -> Entry {
    match &c.fact.origin {
        Origin::Source(s, span) | Origin::Declared(s, span, _) => entry(cx, *s, *span),
        _ => entry(cx, u32::MAX, c.kind.at.span),
    }
}

/// Through which transforms data came: those of the policy in order, then the kinds that models name.
pub(super) fn transforms_of(c: &Closed) -> Vec<Transform> {
    let bound = c.fact.transforms.iter().map(|t| Transform::Bound(*t));
    bound.chain(c.info.kinds.iter().cloned().map(Transform::Kind)).collect()
}

/// What is given to code of which nothing is known.
fn given_away(cx: Cx<'_>, c: &Closed, to: &Outsider) -> GivenAway {
    let (Outsider::Crate(krate) | Outsider::Unknown(krate)) = to;
    let (symbol, span) = given_at(c);
    GivenAway {
        krate: krate.clone(),
        outside: matches!(to, Outsider::Crate(_)),
        symbol: symbol.clone(),
        span: cx.program.shown_at(span),
        entry: entry_of(cx, c),
        transforms: transforms_of(c),
        confidence: c.info.confidence(),
    }
}
