//! Arrivals: where data is used, shared, shown and kept.

use std::cell::LazyCell;
use std::sync::Arc;

use super::actual::Actual;
use super::answers::is_extractor;
use super::attribute::{INSTRUMENT, INSTRUMENT_ERR, INSTRUMENT_RET, Instrument};
use super::beside::without;
use super::calls::Arg;
use super::doubt::Why;
use super::interp::{Interp, MAX_TOUCHES};
use super::must::{Held, Must, Of};
use super::rows::RowCall;
use super::state::State;
use super::summary::{At, Closed, Kind, Tgt, Touch, doubted};
use super::taken::{by_call, not_given, of_args};
use super::types::Action;
use super::value::{Fact, Info, Origin, V, Value, join};
use super::views::skipped;
use super::waiting::{
    closed_leaves, fact_held, fact_open, open_part, target_open, value_held, value_open, waiting_part,
};
use crate::ir::Name;
use crate::ir::body::{Callee, RET, View};
use crate::link::infer::{Site, Target, Through};
use crate::link::names::is_primitive;
use crate::link::program::FuncId;
use crate::link::ty::{Ty, peel};
use crate::model::{ArriveKind, Effect, ModelSet, Port};
use crate::source::Span;

/// What writes to the standard error: the error of a program goes where a line of it does.
const STANDARD_ERROR: &str = "eprintln!";

impl Interp<'_> {
    /// `#[tracing::instrument]` logs every argument that it does not skip. The fields that it names are statements of
    /// the body.
    pub(super) fn instrumented(&mut self, st: &mut State) {
        let f = self.f;
        let Some(parts) = Instrument::of(f) else { return };
        let mut data = V::default();
        for p in &f.params {
            let name = p.name.as_deref().unwrap_or("");
            if parts.skips(name) {
                continue;
            }
            let v = st.get(p.local);
            let ty = self.local_ty(p.local);
            data = join(&data, &self.view(&v, ty, View::Debug, p.span, st));
        }
        self.span_has(data, INSTRUMENT, View::Debug, f.span, st);
    }

    /// Data is written to the span of the function, or to an event of it; `by` is the attribute with what it asks for.
    fn span_has(&mut self, data: V, by: &str, view: View, at: Span, st: &State) {
        let (action, target) = self.written_by(INSTRUMENT);
        let kind = Kind { view: Some(view), ..self.kind(action, target, at, by.into()) };
        self.arrive(Arc::new(kind), data, st);
    }

    /// Where goes what is written by this without a call of it.
    fn written_by(&self, path: &str) -> (Action, Tgt) {
        match self.cx.seeds.sink_of(path) {
            Some((action, target)) => (action, Tgt::Bound(target)),
            None => (Action::Keep, Tgt::Unbound(path.trim_end_matches('!').into())),
        }
    }

    /// `#[tracing::instrument(ret, err)]` logs what is returned here.
    fn logged_result(&mut self, span: Span, st: &mut State) {
        let Some(parts) = Instrument::of(self.f).filter(|_| !st.dead) else { return };
        let ret = self.whole(st, &st.get(RET)).data();
        let ty = self.local_ty(RET);
        if let Some(view) = parts.ret {
            let shown = self.view(&without(&ret, &["Err"]), ty, view, span, st);
            self.span_has(shown, INSTRUMENT_RET, view, span, st);
        }
        if let Some(view) = parts.err {
            let of = ty.args().get(1).cloned().unwrap_or_default();
            let shown = self.view(&ret.field("Err"), &of, view, span, st);
            self.span_has(shown, INSTRUMENT_ERR, view, span, st);
        }
    }

    /// What `main` returns as an error is printed by `{:?}`, to the standard error.
    fn printed_at_exit(&mut self, span: Span, st: &mut State) {
        if st.dead || !self.cx.program.is_main(self.id) {
            return;
        }
        let Some(of) = self.typed.ret.args().get(1).cloned() else { return };
        let error = self.whole(st, &st.get(RET)).field("Err").data();
        let shown = self.view(&error, &of, View::Debug, span, st);
        let (action, target) = self.written_by(STANDARD_ERROR);
        let kind = Kind { view: Some(View::Debug), ..self.kind(action, target, span, STANDARD_ERROR.into()) };
        self.arrive(Arc::new(kind), shown, st);
    }

    /// What a function returns here, at the tail of a branch or by `return`, is logged if it is instrumented so, printed
    /// if it ends the program, and shown if it is bound to an audience.
    pub(super) fn show(&mut self, span: Span, st: &mut State) {
        self.logged_result(span, st);
        self.printed_at_exit(span, st);
        let audience = self.cx.seeds.audiences.get(&self.id);
        // A trace says of what nothing here takes that it is returned.
        let routed = self.cx.seeds.routed.get(&self.id).filter(|_| self.cx.seeds.probes.is_empty());
        let elsewhere = || self.cx.seeds.elsewhere.get(&self.id).map(|a| Tgt::Elsewhere(*a));
        let unbound = || routed.map(|by| Tgt::Unbound(by.clone()));
        let to = audience.map(|a| Tgt::Bound(*a)).or_else(unbound).or_else(elsewhere);
        if st.dead || to.is_none() && !self.cx.seeds.answering.contains(&self.id) {
            return;
        }
        let ret = self.whole(st, &st.get(RET));
        let ret = self.answer_made(&ret, span, st);
        let Some(target) = to else { return };
        let ret = if is_extractor(self.cx.program, self.cx.models, self.id) { ret.field("Err") } else { ret };
        let ret = match target {
            Tgt::Bound(_) | Tgt::Elsewhere(_) => self.unshared(&ret, peel(self.cx.models, &self.typed.ret), 0, st),
            _ => ret,
        };
        let perhaps = self.cx.seeds.perhaps_served.get(&self.id).map(|by| Why::Attribute(by.clone()).at(self.f.span));
        let ret = if let Some(doubt) = perhaps { doubted(&ret, &doubt) } else { ret };
        let kind = Kind {
            action: Action::Show,
            target,
            at: At { func: self.id, span, symbol: self.f.name.clone() },
            purpose: self.own,
            load: false,
            home: None,
            view: Some(View::Serialize),
        };
        self.arrive(Arc::new(kind), ret.data(), st);
    }

    /// Code touches a value: its own data is used here.
    pub(super) fn touch(&mut self, v: &V, span: Span, symbol: &Name, st: &State) {
        self.touch_as((Tgt::Code, false), v, span, symbol, st, &|_| true);
    }

    /// Code is given a value by a call: it uses the value itself, not what is in something around it. Checks may still be
    /// made before it is touched.
    pub(super) fn receive(&mut self, v: &V, span: Span, symbol: &Name, st: &State) {
        self.touch_as((Tgt::Code, true), v, span, symbol, st, &|_| true);
    }

    /// Code hands a value on as it is, or puts it into something. Where it has no purpose of its own, that only brings
    /// the data along: it is used where somebody looks at it, or has it by itself.
    pub(super) fn hand(&mut self, v: &V, span: Span, symbol: &Name, st: &State) {
        if self.purpose().is_some() {
            return self.touch(v, span, symbol, st);
        }
        self.touch_as((Tgt::Loaded, false), v, span, symbol, st, &|f| !f.origin.is_symbolic());
    }

    /// The same of an argument of a call. Of what the caller gave only texts and numbers are brought along: all else is
    /// no data by itself, and known here to be touched it need not be looked for in what is called.
    pub(super) fn hand_argument(&mut self, v: &V, ty: &Ty, span: Span, symbol: &Name, st: &State) {
        let plain = matches!(peel(self.cx.models, ty), Ty::Ext(n, _) if is_primitive(n) || n == "String");
        self.hand(v, span, symbol, st);
        if !plain && self.purpose().is_none() {
            self.touch_as((Tgt::Code, false), v, span, symbol, st, &|f| f.origin.is_symbolic());
        }
    }

    /// A use by code of those facts of a value that count.
    fn touch_as(
        &mut self,
        (target, load): (Tgt, bool),
        v: &V,
        span: Span,
        symbol: &Name,
        st: &State,
        counts: &dyn Fn(&Fact) -> bool,
    ) {
        if v.facts.is_empty() && v.refs.is_empty() {
            return;
        }
        let v = self.load(st, v);
        if !v.facts.iter().any(|(f, _)| counts(f)) {
            return;
        }
        let kind = Arc::new(Kind {
            action: Action::Use,
            target,
            at: At { func: self.id, span, symbol: symbol.clone() },
            purpose: self.purpose(),
            load,
            home: None,
            view: None,
        });
        for (fact, info) in v.facts.iter().filter(|(f, _)| counts(f)) {
            self.used(&kind, fact, info, st);
        }
    }

    /// A use: a flow if the entry is known, part of the summary if it depends on the caller.
    fn used(&mut self, kind: &Arc<Kind>, fact: &Fact, info: &Info, st: &State) {
        let open = fact.origin.is_symbolic();
        if fact.deep.is_some() && open || matches!(fact.origin, Origin::Declared(..) | Origin::Bare | Origin::Cell(_)) {
            return;
        }
        if open {
            let info = self.guarded(fact, info, st);
            if !info.guards.is_everything() {
                self.open_touch(fact, kind.clone(), info);
            }
        } else {
            self.close(kind.clone(), fact.clone(), info, st);
        }
    }

    /// A use that depends on the caller; guards must hold at all of its places, and of those the first that has the
    /// fewest is kept.
    fn open_touch(&mut self, fact: &Fact, kind: Arc<Kind>, info: Info) {
        if !self.cx.seeds.wanted(&kind.target, None) {
            return;
        }
        let key = (fact.clone(), kind.purpose);
        if let Some((at, have)) = self.touches.get_mut(&key) {
            let before = have.guards.clone();
            have.guards.or(&info.guards);
            if !have.guards.says(&before) && have.guards.says(&info.guards) {
                *at = kind;
                have.path = info.path;
            }
        } else if self.touches.len() < MAX_TOUCHES {
            self.touches.insert(key, (kind, info));
        }
    }

    /// Notes a flow whose entry is known.
    pub(super) fn close(&mut self, kind: Arc<Kind>, fact: Fact, info: &Info, st: &State) {
        if !self.cx.seeds.wanted(&kind.target, Some(&fact)) {
            return;
        }
        self.noted(&fact);
        let info = self.guarded(&fact, info, st);
        if info.guards.is_everything() {
            return;
        }
        match self.closed.entry((kind, fact)) {
            std::collections::btree_map::Entry::Vacant(e) => {
                e.insert(info);
            }
            std::collections::btree_map::Entry::Occupied(mut e) => {
                let fact = e.key().1.clone();
                e.get_mut().join(&fact, &info);
            }
        }
    }

    /// What is known of a fact where it arrives: what is established there of the people whose it is, too.
    fn guarded(&self, fact: &Fact, info: &Info, st: &State) -> Info {
        let mut info = info.clone();
        if info.guards.is_nothing() && st.guards.is_nothing() {
            return info;
        }
        info.guards.and(&st.guards);
        let last = !fact_open(fact) && !matches!(fact.origin, Origin::Declared(..));
        let given = if last { info.guards.of_given() } else { Must::default() };
        info.guards = self.roots().about(&info.guards, &fact.places(&info), last);
        info.guards.and(&given);
        info
    }

    /// What the function uses to decide on a guard is not asked for that guard; whoever it hands data to is.
    pub(super) fn excused(&self, kind: &Kind, info: &mut Info) {
        if kind.action == Action::Use
            && let Some((guard, _)) = self.cx.seeds.guard_funcs.get(&self.id)
            && !self.cx.seeds.narrowing.contains(guard)
        {
            info.guards.and(&Must::of(Held::guard(*guard, Of::Everyone)));
        }
    }

    /// Data arrives: what is known becomes a flow, what depends on the caller goes into the summary.
    pub(super) fn arrive(&mut self, kind: Arc<Kind>, data: V, st: &State) {
        let data = self.told_here(data, st);
        self.arrive_told(kind, data, st);
    }

    /// What arrives, with what is established here of the people whose it is.
    pub(super) fn told_here(&self, data: V, st: &State) -> V {
        if !data.has_data() {
            return V::default();
        }
        let told = self.cx.guarded || !st.guards.is_nothing();
        let data = if told { data.map_facts(&|f, i| *i = self.guarded(f, i, st)) } else { data };
        data.possible()
    }

    /// [`Self::arrive`] of data of which that is told.
    pub(super) fn arrive_told(&mut self, kind: Arc<Kind>, data: V, st: &State) {
        if !data.has_data() {
            return;
        }
        if matches!(kind.target, Tgt::Opaque(_)) {
            self.given_below(kind, &data);
            return;
        }
        if target_open(&kind.target) {
            self.keep_open(kind, data);
            return;
        }
        let mut leaves = Vec::new();
        closed_leaves(self.cx, &data, false, &|v, n| skipped(self.cx.program, kind.view, v, n), &mut leaves);
        for (fact, info) in leaves {
            self.close(kind.clone(), fact, &info, st);
        }
        if value_held(&data) {
            self.keep_held(kind.clone(), waiting_part(&data, fact_held));
        }
        if value_open(&data) {
            self.keep_open(kind, open_part(&data));
        }
    }

    /// What waits for what cells hold.
    pub(super) fn keep_held(&mut self, kind: Arc<Kind>, waiting: V) {
        match self.held.get_mut(&kind) {
            Some(have) => *have = join(have, &waiting),
            None => {
                self.held.insert(kind, waiting);
            }
        }
    }

    pub(super) fn keep_open(&mut self, kind: Arc<Kind>, data: V) {
        if !self.cx.seeds.wanted(&kind.target, None) {
            return;
        }
        // Of what arrives only the data counts; where it goes to has its texts in the kind.
        let data = data.untold();
        match self.arrivals.get_mut(&kind) {
            Some(have) => *have = join(have, &data),
            None => {
                self.arrivals.insert(kind, data);
            }
        }
    }

    /// Arguments of a call of something bound as recipient or store arrive there.
    pub(super) fn bound_sink(&mut self, callee: &Callee, info: &Site, args: &[Arg], span: Span, st: &mut State) {
        let seeds = self.cx.seeds;
        let by_func = info.targets.iter().find_map(|t| match t {
            Target::Func(f) => seeds.sinks.get(f),
            _ => None,
        });
        let by_type = match (info.method, peel(self.cx.models, &info.recv)) {
            (true, Ty::Adt(t, _)) => seeds.sink_types.get(t),
            _ => None,
        };
        let external = !info.targets.iter().any(|t| matches!(t, Target::Func(_)));
        let sends = external && (info.method || !makes_value(self.cx.models, &info.symbol));
        let by_path = if sends { seeds.sink_of(&info.symbol) } else { None };
        let is_macro = matches!(callee, Callee::Macro(_));
        // Known macros and functions arrive by their rows, which know which arguments matter.
        let by_row = info.targets.iter().any(|t| match t {
            Target::Row(r) => {
                self.cx.models.row(*r).is_some_and(|r| r.effects.iter().any(|e| matches!(e, Effect::Arrive { .. })))
            }
            _ => false,
        });
        let Some((action, target)) = by_func.copied().or(by_type.copied()).or(by_path) else { return };
        if (by_row || self.only_carried(info)) && by_func.is_none() && by_type.is_none() {
            return;
        }
        let taken = by_call(&seeds.taken, &info.targets);
        let mut given: Vec<V> = args.iter().map(|a| self.whole(st, &a.v).data()).collect();
        let handed_on = matches!(info.through.last(), Some(Through::Variants(_)));
        if info.method && (by_func.is_none() || handed_on) && !is_macro {
            given.iter_mut().take(1).for_each(|client| *client = V::default());
        }
        let mut data = of_args(&given, taken.as_deref());
        if self.is_bound_to((action, target)) {
            data = not_given(&data);
        }
        let kind = self.kind(action, Tgt::Bound(target), span, info.symbol.clone());
        self.arrive(Arc::new(kind), data, st);
    }

    /// Whether a call by its row only puts its arguments into a value that is yet to be handed over: a message that is
    /// being written.
    fn only_carried(&self, info: &Site) -> bool {
        let models = self.cx.models;
        let carries = |ty: &Ty| matches!(ty, Ty::Ext(n, _) if models.type_model(n).is_some_and(|m| m.carries));
        let into = carries(peel(models, &info.ret)) || info.method && carries(peel(models, &info.recv));
        info.targets.iter().any(|t| matches!(t, Target::Row(_))) && into
    }

    /// Whether what this function is given was told where it was called, as arriving there.
    fn is_bound_to(&self, sink: (Action, u32)) -> bool {
        let seeds = self.cx.seeds;
        let of_type = || {
            let own = self.cx.program.func_impl(self.id).and_then(|i| self.cx.program.impl_self.get(i.0 as usize));
            matches!(own, Some(Ty::Adt(t, _)) if seeds.sink_types.get(t) == Some(&sink))
        };
        seeds.sinks.get(&self.id) == Some(&sink) || self.f.has_self && of_type()
    }

    pub(super) fn kind(&self, action: Action, target: Tgt, span: Span, symbol: Name) -> Kind {
        Kind {
            action,
            target,
            at: At { func: self.id, span, symbol },
            purpose: self.purpose(),
            load: false,
            home: None,
            view: Some(View::Serialize),
        }
    }

    /// Data arrives as a row of the models says.
    pub(super) fn row_arrival(
        &mut self,
        (kind, by): (ArriveKind, Option<&Name>),
        url: Option<&Port>,
        data: V,
        call: RowCall<'_>,
        st: &mut State,
    ) {
        let RowCall { row, info, args, span } = call;
        let path = by.unwrap_or(&row.path);
        let symbol = if info.symbol.is_empty() || by.is_some() { path.clone() } else { info.symbol.clone() };
        let bound = self.cx.seeds.sink_of(&symbol).or_else(|| self.cx.seeds.sink_of(path));
        // What a crate that sends writes to a file it does not send.
        let bound = match bound {
            Some((Action::Share, _)) if kind == ArriveKind::File => self.cx.seeds.sink_within(&symbol),
            bound => bound,
        };
        let (action, target) = match (kind, bound) {
            (_, Some((action, target))) => (action, Tgt::Bound(target)),
            (ArriveKind::Http, None) => {
                let texts = match url {
                    Some(p) => self.port(p, args, &V::default(), st).texts.to_vec(),
                    None => Vec::new(),
                };
                (Action::Share, Tgt::Http(texts))
            }
            (ArriveKind::Show, None) => {
                let seeds = self.cx.seeds;
                let audience = seeds.audiences.get(&self.id).or_else(|| seeds.around.get(&self.id));
                (Action::Show, audience.map_or_else(|| Tgt::Unbound(symbol.clone()), |a| Tgt::Bound(*a)))
            }
            (ArriveKind::Log | ArriveKind::Print | ArriveKind::File, None) => {
                (Action::Keep, Tgt::Unbound(symbol.trim_end_matches('!').into()))
            }
        };
        // Whose arguments are passed through a variable: the arguments' own places are better than the macro's.
        let at = match kind {
            ArriveKind::Log | ArriveKind::Print => {
                args.iter().find(|a| self.load(st, &a.v).has_data()).map_or(span, |a| a.span)
            }
            _ => span,
        };
        // Unless they are the macro's own: its calls are told apart.
        let at = match self.cx.program.call_written(span) {
            Some(w) if w.call.lo == at.lo => span,
            _ => at,
        };
        if kind == ArriveKind::Log {
            self.tapped(path, at, &symbol, &data, st);
        }
        let kind = self.kind(action, target, at, symbol);
        self.arrive(Arc::new(kind), data, st);
    }

    /// A log line goes elsewhere besides.
    fn tapped(&mut self, row: &Name, at: Span, symbol: &Name, data: &V, st: &mut State) {
        let seeds = self.cx.seeds;
        for tap in seeds.taps.iter().filter(|tap| tap.rows.contains(row)) {
            let kind = self.kind(tap.to.0, Tgt::Bound(tap.to.1), at, symbol.clone());
            self.arrive(Arc::new(kind), doubted(data, &Why::Tapped.at(tap.at)), st);
        }
    }

    /// What is done in a callee that has no purpose of its own is done for the one here.
    pub(super) fn for_purpose(&self, kind: &Arc<Kind>) -> Arc<Kind> {
        kind.for_purpose(self.purpose())
    }

    /// An arrival of a callee, seen from here.
    pub(super) fn lift(&mut self, kind: &Arc<Kind>, data: V, actual: &Actual<'_>, st: &State) {
        self.arrive(self.for_purpose(&actual.kind(kind)), data, st);
    }

    /// A flow within a callee that happens only if what it was given is something, seen from here.
    pub(super) fn lift_waiting(&mut self, flow: &Closed, actual: &Actual<'_>, st: &State) {
        let info = actual.info(&flow.info);
        if !info.guards.is_everything() {
            self.close(self.for_purpose(&flow.kind), flow.fact.clone(), &info, st);
        }
    }

    /// A use by a callee, seen from here.
    pub(super) fn lift_touch(&mut self, f: FuncId, touch: &Touch, actual: &Actual<'_>, span: Span, st: &State) {
        let mut found: Vec<(Fact, Info)> = Vec::new();
        let own = if touch.kind.purpose.is_none() { self.purpose() } else { None };
        let purpose = touch.kind.purpose.or(own);
        let info = LazyCell::new(|| actual.entering(&touch.fact, &touch.info));
        actual.each_fact(&touch.fact, |fact, have, why| {
            // The place that is known already stays, unless there are fewer guards here.
            let key = (fact, purpose);
            if key.0.origin.is_symbolic() && self.touches.get(&key).is_some_and(|(_, i)| i.guards.says_nothing()) {
                return;
            }
            let (fact, _) = key;
            let mut info = actual.composed(have, &info);
            if let Some(why) = why {
                info.doubt(&why.anywhere());
            }
            found.push((fact, info));
        });
        if found.is_empty() {
            return;
        }
        let mut kind = touch.kind.clone();
        if own.is_some() {
            // The last step inside code bound to the purpose itself.
            let at = At { func: self.id, span, symbol: self.cx.program.func_path(f) };
            kind = Arc::new(Kind { purpose, at, ..(*kind).clone() });
        }
        for (fact, info) in found {
            self.used(&kind, &fact, &info, st);
        }
    }
}

/// Whether a path is a function by which a trait makes a value of a type: that sends nothing.
fn makes_value(models: &ModelSet, symbol: &str) -> bool {
    let mut path = symbol.rsplit("::");
    path.next().is_some_and(|function| models.makes(function))
        && path.next().is_some_and(|of| of.starts_with(char::is_uppercase))
}

impl Value {
    /// The value without what cannot get there.
    #[must_use]
    pub fn possible(self: &Arc<Self>) -> V {
        self.without_those(&|_, info| info.guards.is_everything())
    }
}
