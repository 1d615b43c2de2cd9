//! Calls: summaries applied, model rows carried out, callables run.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::actual::Actual;
use super::beside::beside;
use super::callables::Times;
use super::callee::Callable;
use super::cells::Cell;
use super::conditions::people;
use super::doubt::{self, Doubt, Why, is_guessed};
use super::elements;
use super::fresh::spread;
use super::interp::{AsCall, Interp, MAX_TOUCHES};
use super::live::ALL;
use super::must::When;
use super::path::{Path, What};
use super::roots::{Place as Rooted, Services};
use super::shortest::is_shown;
use super::state::State;
use super::summary::{Summary, doubted};
use super::trace::from_outside;
use super::types::Transform;
use super::value::{Fact, INSIDE, Info, Origin, V, Value, join};
use super::waiting::value_open;
use crate::ir::Name;
use crate::ir::body::{Callee, Operand, Place, Sel, View};
use crate::limits::FLOW_STEPS;
use crate::link::infer::{Site, Target, Through};
use crate::link::names::is_primitive;
use crate::link::program::{Def, FuncId, Res, short};
use crate::link::ty::{Ty, is_foreign, peel};
use crate::source::Span;

/// One argument of a call.
#[derive(Clone)]
pub(super) struct Arg {
    /// Its value, borrows included.
    pub v: V,
    /// The place it was read from.
    pub place: Option<Place>,
    /// Where it stands.
    pub span: Span,
    /// Its type.
    pub ty: Ty,
}

impl Arg {
    /// A value that is passed by itself.
    pub fn of(v: &V, span: Span) -> Self {
        Arg { v: v.clone(), place: None, span, ty: Ty::Unknown }
    }

    /// Whether it is a literal, a number or a text: no value that something is put around.
    fn is_plain(&self) -> bool {
        self.place.is_none() || matches!(&self.ty, Ty::Ext(n, _) if is_primitive(n) || n == "String")
    }
}

/// Where a function is called from.
#[derive(Clone)]
pub(super) struct Called<'a> {
    /// The call.
    pub span: Span,
    /// Its arguments as written; none where only values are known.
    pub args: &'a [Arg],
    /// What the call leaves in doubt.
    pub doubt: Option<Doubt>,
}

impl Interp<'_> {
    /// A call as written.
    pub(super) fn call(
        &mut self,
        callee: &Callee,
        ops: &[Operand],
        spans: &[Span],
        site: u32,
        span: Span,
        st: &mut State,
    ) -> V {
        let typed = self.typed;
        let none = Site::default();
        let info = typed.sites.get(site as usize).unwrap_or(&none);
        let args = self.arguments(ops, spans, (info, site), span, st);
        let seeds = self.cx.seeds;
        let special = info.targets.iter().any(|t| match t {
            Target::Func(f) => seeds.guard_funcs.contains_key(f) || seeds.transforms.contains_key(f),
            _ => false,
        }) || seeds.guard_ext.contains_key(&info.symbol)
            || seeds.transform_ext.contains_key(&info.symbol);
        if !special {
            let unused = usize::from(self.asks_if_failed(info));
            for (i, a) in args.iter().enumerate().skip(unused) {
                match self.only_brings(info, i) {
                    true => self.hand_argument(&a.v, &a.ty, a.span, &info.symbol, st),
                    false => self.touch(&a.v, a.span, &info.symbol, st),
                }
            }
        }
        // What a constant holds is called.
        let constant = match callee {
            Callee::Path(id)
                if matches!(typed.paths.get(id.0 as usize), Some(Res { def: Some(Def::Const(_)), .. })) =>
            {
                Some(Operand::Path(*id))
            }
            _ => None,
        };
        self.reach(span, spans, st);
        let before = self.notes();
        if let (Callee::Value(op), None) | (_, Some(op)) = (callee, &constant) {
            let f = self.operand(op, st);
            // What was lent to this function is lent on.
            let lent = |it: &mut Self, a: &Arg| match &a.place {
                Some(place) if a.v.refs.is_empty() && it.is_borrow(place) => it.borrow(place, st),
                _ => a.v.clone(),
            };
            let values: Vec<V> = args.iter().map(|a| lent(self, a)).collect();
            return self.call_value(&f, &values, span, Times::Once, st);
        }
        self.bound_sink(callee, info, &args, span, st);
        self.goes_as_made((info, site), ops, &args, st);
        if let Some(mut v) = self.sql_as_call(info, site, span, st) {
            self.called_with(info, &args, &v, span, before, st);
            self.label_result(info, &mut v, &args, span, st);
            return v;
        }
        if info.targets.is_empty() {
            self.given_away(info, &args, span, st);
            let v = self.unknown_call(info, &args, site, span, st);
            let v = self.with_unread(info, v, span);
            self.called_with(info, &args, &v, span, before, st);
            let v = if matches!(callee, Callee::Macro(_)) { keep_items(v, &args) } else { v };
            return self.statement_given(info, &args, v, span, st);
        }
        let doubt = doubt::of_call(self.cx, info, span);
        let mut v = match info.targets.as_slice() {
            [one] => self.target(one, info, &args, &doubt, span, st),
            several => {
                let run = |it: &mut Self, t, st: &mut State| it.target(t, info, &args, &doubt, span, st);
                let Some(v) = self.any_of(several, st, run) else { return V::default() };
                v
            }
        };
        v = self.with_unread(info, v, span);
        self.called_with(info, &args, &v, span, before, st);
        self.label_result(info, &mut v, &args, span, st);
        self.statement_given(info, &args, v, span, st)
    }

    /// The arguments of a call, the receiver as whoever has the method.
    fn arguments(
        &mut self,
        ops: &[Operand],
        spans: &[Span],
        (info, site): (&Site, u32),
        span: Span,
        st: &mut State,
    ) -> Vec<Arg> {
        let mut args: Vec<Arg> = Vec::with_capacity(ops.len());
        for (i, op) in ops.iter().enumerate() {
            let at = spans.get(i).copied().unwrap_or(span);
            let v = self.operand(op, st);
            let mut v = super::rvalues::written_at(op, v, at);
            let place = if let Operand::Place(p) = op { Some(p.clone()) } else { None };
            let ty = self.operand_ty(op).into_owned();
            v = self.probed(v, at, place.as_ref(), st);
            if let Some(place) =
                place.as_ref().filter(|p| self.is_borrow(p) && elements::keeps(self.cx.models, info, i))
            {
                v = self.borrow(place, st);
            }
            if self.cx.sql.holes.contains(&at) {
                v = self.put_in(self.load(st, &v), at);
            }
            args.push(Arg { v, place, span: at, ty });
        }
        for step in &info.through {
            if let Some(receiver) = args.first_mut() {
                if let (Through::Call(_), Some(set)) = (step, self.bound_of(ops, site, span)) {
                    receiver.v = only(&self.load(st, &receiver.v), &set);
                    receiver.place = None;
                }
                self.go_through(receiver, *step, st);
            }
        }
        args
    }

    /// The fields of a receiver that a statement binds which is written as a call of it, if it is known which: what is
    /// left as it is (of a row) is not written, and a method that runs first has nothing to do with it.
    fn bound_of(&self, ops: &[Operand], site: u32, span: Span) -> Option<BTreeSet<Name>> {
        let list = self.cx.sql.by_call.get(&(self.cx.program.as_written(self.id), site))?;
        let writes = |c: &AsCall| self.cx.sql.fns.get(c.statement as usize).is_some_and(|f| !f.writes.is_empty());
        let known = self.cx.sql.open.binary_search(&span).is_err() && list.iter().all(writes);
        let receiver = ops.first().and_then(Operand::whole).filter(|_| known)?;
        let field = |op: &Operand| match op {
            Operand::Place(p) if p.base == receiver => match p.path.as_slice() {
                [Sel::Field(name)] => Some(name.clone()),
                _ => None,
            },
            _ => None,
        };
        let binds = list.iter().flat_map(|c| &c.binds);
        binds.map(field).collect()
    }

    /// A receiver that goes by itself, and that a method of its own has made something of first, goes as that: a statement
    /// that is written as calls looks at it where it stands.
    fn goes_as_made(&mut self, (info, site): (&Site, u32), ops: &[Operand], args: &[Arg], st: &mut State) {
        if let (Some(Through::Call(_)), Some(op), Some(made)) = (info.through.last(), ops.first(), args.first())
            && self.cx.sql.by_call.contains_key(&(self.cx.program.as_written(self.id), site))
            && let Some(local) = op.whole()
            && st.get(local).refs.is_empty()
        {
            st.set(local, made.v.clone());
        }
    }

    /// Whether a call only hands an argument on: to code that is here, which looks at it or does not, or into something.
    fn only_brings(&self, info: &Site, arg: usize) -> bool {
        let by = |t: &Target| match t {
            Target::Row(r) => self.cx.models.row(*r).is_some_and(|r| r.hands_on(arg as u32)),
            Target::Func(_) | Target::Ctor(..) => true,
        };
        !info.targets.is_empty() && info.targets.iter().all(by)
    }

    /// Whether a call only asks whether another failed, as a pattern that binds nothing does: what that gave is not used.
    fn asks_if_failed(&self, info: &Site) -> bool {
        let asks = |t: &Target| match t {
            Target::Row(r) => {
                let name = self.cx.models.row(*r).and_then(|r| r.path.rsplit("::").next());
                matches!(name, Some("is_ok" | "is_err"))
            }
            Target::Func(_) | Target::Ctor(..) => false,
        };
        !info.targets.is_empty() && info.targets.iter().all(asks)
    }

    /// What any of several calls gives, each made in a state of its own; afterwards any of them may have been made.
    /// Nothing if there is none.
    pub(super) fn any_of<T>(
        &mut self,
        calls: impl IntoIterator<Item = T>,
        st: &mut State,
        mut run: impl FnMut(&mut Self, T, &mut State) -> V,
    ) -> Option<V> {
        let mut out: Option<(V, State)> = None;
        for call in calls {
            let mut branch = st.clone();
            let v = run(self, call, &mut branch);
            match &mut out {
                None => out = Some((v, branch)),
                Some((have, state)) => {
                    *have = join(have, &v);
                    state.join(&branch, ALL, self.roots());
                }
            }
        }
        let (v, state) = out?;
        *st = state;
        Some(v)
    }

    /// One of those that a call may reach.
    fn target(
        &mut self,
        t: &Target,
        info: &Site,
        args: &[Arg],
        doubt: &Option<Doubt>,
        span: Span,
        st: &mut State,
    ) -> V {
        let v = match t {
            Target::Func(f) => {
                let held = self.handed_on(*f, info, args, st);
                let v = self.func_call(*f, held.as_deref().unwrap_or(args), span, doubt.clone(), st);
                if !is_guessed(doubt.as_ref()) && self.purpose().is_some() && !self.cx.seeds.purposes.contains_key(f) {
                    self.receive(&v, span, &info.symbol, st);
                }
                v
            }
            Target::Row(r) => {
                self.kept_by_unknown(*r, info, args, span, st);
                self.row_call(*r, info, args, span, st)
            }
            Target::Ctor(t, variant) => {
                let values = self.coerced_parts((*t, *variant), args, st);
                for a in args {
                    self.hand(&a.v, a.span, &Name::default(), st);
                }
                self.construct(*t, *variant, &values, span, st)
            }
        };
        match doubt {
            Some(d) => super::summary::doubted(&v, d),
            None => v,
        }
    }

    /// Labels, guards and transforms bound to something outside the workspace.
    fn label_result(&mut self, info: &Site, v: &mut V, args: &[Arg], span: Span, st: &mut State) {
        let seeds = self.cx.seeds;
        if !self.cx.proofs.is_empty() {
            let mut out = (**v).clone();
            let of = people(self.given_to_call(info, args, st));
            self.hold(&info.ret, &of, &mut out, st);
            *v = Arc::new(out);
        }
        if let Some(seed) = seeds.ext_results.get(&info.symbol) {
            let mut out = (**v).clone();
            let whose = self.yielded(span, self.given_to_call(info, args, st), &out);
            self.add_entry(&mut out, *seed, span, whose);
            *v = Arc::new(out);
        }
        if let Some(g) = self.outside_guard(info, args) {
            let mut out = (**v).clone();
            out.when = Some(Box::new(self.guard_value(g, self.given_to_call(info, args, st))));
            *v = Arc::new(out);
        }
        if let Some(t) = seeds.transform_ext.get(&info.symbol) {
            *v = self.transformed(args, &Transform::Bound(*t), &short(&info.symbol), span, st);
        }
    }

    /// Which arguments of a function of the workspace are services.
    fn services_of(&self, f: FuncId) -> Services {
        let (Some(def), Some(typed)) = (self.cx.program.func(f), self.cx.typed.get(f.0 as usize)) else {
            return Services::default();
        };
        let tys = def.params.iter().map(|p| typed.locals.get(p.local.0 as usize));
        Services::of(tys, def.has_self && def.params.len() > 1)
    }

    /// Whom the arguments of another call speak of.
    pub(super) fn given_to_call(&self, info: &Site, args: &[Arg], st: &State) -> Vec<Rooted> {
        if !self.cx.guarded {
            return Vec::new();
        }
        let values: Vec<V> = args.iter().map(|a| self.load(st, &a.v)).collect();
        Services::of(args.iter().map(|a| Some(&a.ty)), info.method && args.len() > 1).asked_about(&values)
    }

    /// Whose the result of a call is: that of what is in it, or a record reached from the arguments.
    fn yielded(&mut self, at: Span, args: Vec<Rooted>, ret: &Value) -> Vec<Rooted> {
        let known = ret.places();
        if !self.cx.guarded || !known.is_empty() {
            return known;
        }
        vec![self.record(at, args, Vec::new())]
    }

    /// A call of a function of the workspace.
    pub(super) fn func_call(&mut self, f: FuncId, args: &[Arg], span: Span, doubt: Option<Doubt>, st: &mut State) -> V {
        if let Some(out) = self.transform_call(f, args, span, st) {
            return out;
        }
        let coerced = self.coerced_args(f, args, st);
        let args = coerced.as_deref().unwrap_or(args);
        let mut params: Vec<V> = Vec::with_capacity(args.len());
        for (i, a) in args.iter().enumerate() {
            let v = self.iterated_by(f, i, a, span, st).unwrap_or_else(|| a.v.clone());
            let v = self.whole(st, &v);
            let own = if i == 0 && v.has_kinds() { self.cx.program.type_of(f) } else { None };
            params.push(own.map_or(v.clone(), |t| v.of_kind(t)));
        }
        let v = self.apply(f, &params, Called { span, args, doubt }, st);
        self.with_borrows(f, v, args, st)
    }

    /// Applies a summary.
    pub(super) fn apply(&mut self, f: FuncId, params: &[V], at: Called<'_>, st: &mut State) -> V {
        let span = at.span;
        // What is found by its name alone is not said to run for this code.
        if !is_guessed(at.doubt.as_ref()) {
            self.called(f, params, span, st);
        }
        for (i, p) in params.iter().enumerate() {
            self.hand_over(p, at.args.get(i).map_or(&Ty::Unknown, |a| &a.ty), st);
        }
        let services = if self.cx.guarded { self.services_of(f) } else { Services::default() };
        let seeds = self.cx.seeds;
        let ret = match self.summary(f) {
            Some(summary) => self.apply_summary(&summary, f, params, at, st),
            None => V::default(),
        };
        if st.dead {
            return V::default();
        }
        let mut out = Arc::unwrap_or_clone(ret);
        if self.cx.guarded && self.cx.together.contains(&f.0) && self.summary(f).is_none() {
            out.when = Some(Box::new(When::pending()));
        }
        if let Some(seed) = seeds.results.get(&f) {
            let whose = self.yielded(span, services.asked_about(params), &out);
            self.label_parts(&mut out, *seed, span, &whose);
            self.add_entry(&mut out, *seed, span, whose);
        }
        if let Some(g) = seeds.guard_funcs.get(&f) {
            let w = self.guard_value(*g, services.asked_about(params));
            let unit =
                self.cx.typed.get(f.0 as usize).is_some_and(|t| matches!(&t.ret, Ty::Tuple(ts) if ts.is_empty()));
            if unit {
                st.guards.and(&w.yes);
            }
            match &mut out.when {
                Some(have) => {
                    have.yes.and(&w.yes);
                    have.no.and(&w.no);
                }
                None => out.when = Some(Box::new(w)),
            }
        }
        if let Some(Ty::Adt(t, _)) = self.cx.typed.get(f.0 as usize).map(|t| peel(self.cx.models, &t.ret)) {
            out.adt = out.adt.or(Some(*t));
        }
        Arc::new(out)
    }

    /// What a function gives that is labelled is so in each of its parts of which nothing better is known.
    fn label_parts(&self, v: &mut Value, seed: u32, span: Span, whose: &[Rooted]) {
        let mut info = Info { path: Path::hop(self.id, span, What::Enters(seed)), ..Info::default() };
        info.set_whose(whose.to_vec());
        let label = Fact::new(Origin::Declared(seed, span, None));
        for (_, part) in v.fields.iter_mut().filter(|(n, _)| !beside(n)) {
            spread(Arc::make_mut(part), &label, &info);
        }
    }

    /// What a summary means here: of a function, or of a closure in it.
    pub(super) fn apply_summary(
        &mut self,
        summary: &Summary,
        f: FuncId,
        params: &[V],
        at: Called<'_>,
        st: &mut State,
    ) -> V {
        let Called { span, args, .. } = at;
        let into = |(i, p): (usize, &V)| {
            let at = args.get(i).map_or(span, |a| a.span);
            if p.has_data() { Path::hop(self.id, at, What::Into(f)) } else { Path::default() }
        };
        let mut actual = Actual {
            params,
            hops: params.iter().enumerate().map(into).collect(),
            doubt: at.doubt.clone(),
            site: self.cx.guarded.then_some(span),
            services: if self.cx.guarded { self.services_of(f) } else { Services::default() },
            cells: (0..).zip(summary.cells.keys()).map(|(n, c)| (*c, Cell::Made(span, n))).collect(),
            ..Actual::default()
        };
        self.made_at((span, false));
        self.made_at((span, true));
        self.answer_all(summary, &mut actual, span, st);
        self.lift_all(summary, f, &actual, span, st);
        if !is_guessed(actual.doubt.as_ref()) {
            self.calls_below(f, summary, &actual, params, span, st);
        }
        self.reach_below(summary, &actual, span, st);
        self.leave_all((f, summary), &actual, &at, st);
        let must = actual.must(&summary.must);
        if !must.is_everything() {
            st.guards.and(&must);
        }
        // A future that never ends may run beside this.
        if summary.diverges && !self.cx.program.func(f).is_some_and(|d| d.is_async) {
            *st = State::unreached();
            return V::default();
        }
        let served = summary.served.iter().filter(|v| value_open(v)).map(|v| actual.value(v));
        self.served.extend(served);
        for (shelf, text) in &summary.asked_texts {
            if self.kept_texts.len() >= MAX_TOUCHES {
                break;
            }
            for t in actual.text(text) {
                self.kept_text(shelf, &t);
            }
        }
        let from = Path::hop(self.id, span, What::From(f));
        actual.returned(&summary.ret, if summary.ret.has_data() { from } else { Path::default() })
    }

    /// What the function asks of what it was given is answered here.
    pub(super) fn answer_all(&mut self, summary: &Summary, actual: &mut Actual<'_>, span: Span, st: &mut State) {
        for (n, call) in summary.given.iter().enumerate() {
            let callee = actual.value_with_callables(&call.callee);
            let values: Vec<V> = call.args.iter().map(|a| actual.value(a)).collect();
            let held = st.guards.clone();
            st.guards.and(&actual.must(&call.guards));
            let made = !st.guards.is_everything();
            let v = if made { self.answer(call, &callee, &values, span, st) } else { V::default() };
            st.guards = held;
            // What it gives is handed to the function, with what is in the cells that it made.
            actual.answered(n as u32, self.whole(st, &v));
        }
    }

    /// What arrives in the function, or is used by it, of what it was given.
    fn lift_all(&mut self, summary: &Summary, f: FuncId, actual: &Actual<'_>, span: Span, st: &State) {
        // What a caller of the same audience module is given is shown by it, if at all.
        let within =
            self.cx.seeds.within.contains(&(self.cx.program.as_written(self.id), self.cx.program.as_written(f)));
        let hidden = within.then_some(f);
        for a in summary.arrivals.iter().filter(|a| !hidden.is_some_and(|f| is_shown(&a.kind, f))) {
            if !self.has_room(1 + a.data.facts.len() + a.data.fields.len()) {
                break;
            }
            self.lift(&a.kind, actual.value(&a.data), actual, st);
        }
        for bundle in &summary.bundles {
            if !self.has_room(1) {
                break;
            }
            self.lift_bundle(bundle, hidden, actual, st);
        }
        for t in &summary.touches {
            if !self.has_room(1) {
                break;
            }
            self.lift_touch(f, t, actual, span, st);
        }
        // What is found by its name alone does not run for this code.
        if is_guessed(actual.doubt.as_ref()) {
            return;
        }
        for flow in &summary.waiting {
            if !self.has_room(1) {
                break;
            }
            self.lift_waiting(flow, actual, st);
        }
    }

    /// Counts so many steps of work, and says whether there is room for them.
    fn has_room(&mut self, steps: usize) -> bool {
        self.steps += steps as u64;
        self.steps <= FLOW_STEPS
    }

    /// What the function leaves in cells and in what it was lent.
    fn leave_all(&mut self, (f, summary): (FuncId, &Summary), actual: &Actual<'_>, at: &Called<'_>, st: &mut State) {
        let &Called { span, args, .. } = at;
        for (c, made) in &summary.cells {
            let Some(here) = actual.cells.get(c).copied() else { continue };
            let content = actual.value(&made.content);
            match made.channel {
                Some(message) => self.make_channel(here, message, content, st),
                None => self.make(here, content, st),
            }
        }
        self.far_writes(summary, actual, args, span, st);
        for (i, out) in &summary.outs {
            if let Some(a) = args.get(*i as usize) {
                let before = self.load(st, &a.v);
                let v = self.through_borrows(&before, actual.left(*i, out), span, st);
                let v = self.with_kept_borrows(f, *i, out, v, args, st);
                self.write_arg(a, &[], &v, false, st);
            }
        }
    }

    /// A call of which nothing is known: its arguments may be in its result.
    fn unknown_call(&mut self, info: &Site, args: &[Arg], site: u32, span: Span, st: &mut State) -> V {
        let nothing = matches!(&info.ret, Ty::Tuple(ts) if ts.is_empty()) || info.ret == Ty::ext("bool");
        let doubt = Why::Unknown(info.symbol.clone()).at(span);
        let hop = Path::hop(self.id, span, What::Through(short(&info.symbol)));
        let passed = |i: &mut Info| {
            i.derived = true;
            i.doubt(&doubt);
            i.path = i.path.then(&hop);
        };
        let made = !info.method && is_constructor(&info.symbol) && !args.iter().all(Arg::is_plain);
        let mut out = Value { unknown: !made, ..Value::default() };
        if !nothing {
            let mut inside = Value::default();
            for (i, a) in args.iter().enumerate() {
                let v = self.load(st, &a.v);
                let around = info.method && a.ty.args().len() == 1 && is_foreign(self.cx.models, &a.ty);
                if i == 0 && (around || made && args.len() == 1) {
                    // What it is around, perhaps: with its parts.
                    let held = v.data().map_info(&passed);
                    out = (*join(&Arc::new(out), &held)).clone();
                    if made {
                        out.set_field("0", held);
                    }
                } else if i == 0 && info.method {
                    self.may_give(&v, &a.ty, &mut out);
                    v.field(INSIDE).flatten_into(View::Full, &mut inside);
                } else if !self.counts(&a.ty, &info.ret) {
                    v.flatten_into(View::Full, if info.method { &mut inside } else { &mut out });
                }
            }
            out = Arc::unwrap_or_clone(Arc::new(out).map_info(&passed));
            inside.facts.iter_mut().for_each(|(_, i)| passed(i));
            if inside.has_data() {
                out.set_field(INSIDE, Arc::new(inside));
            }
        }
        let returned = self.run_given(args, &passed, span, st);
        self.left_by_unknown(info, args, site, out.has_data(), &passed, st);
        let from = self.given_to_call(info, args, st);
        // A function that a derive gives mostly makes a value of the type.
        let own = info.of.filter(|_| info.ret == Ty::Unknown).map(|t| Ty::Adt(t, [].into()));
        let mut fresh = self.fresh(own.as_ref().unwrap_or(&info.ret), from, span);
        if made {
            fresh = V::default();
        } else if info.told || own.is_some() {
            fresh = doubted(&fresh, &Why::Told(info.symbol.clone()).at(span));
        }
        let fresh = from_outside(self.cx, self.id, &fresh, |o| o.unknown, span);
        let mut v = join(&Arc::new(out), &fresh);
        if !nothing {
            v = join(&v, &returned);
        }
        v = self.cx.as_chosen(v, &info.ret);
        self.label_result(info, &mut v, args, span, st);
        v
    }

    /// Whether a type is not here, for all that is known.
    pub(super) fn is_elsewhere(&self, ty: &Ty) -> bool {
        *ty == Ty::Unknown || is_foreign(self.cx.models, ty)
    }

    /// Closures that are given to a call of which nothing is known may run: on what else it is given, and on values of
    /// the types that their parameters are said to have. What they return may be its result.
    fn run_given(&mut self, args: &[Arg], passed: &dyn Fn(&mut Info), span: Span, st: &mut State) -> V {
        let mut given = V::default();
        let mut closures = Vec::new();
        let mut out = V::default();
        for a in args {
            let v = self.load(st, &a.v);
            let within = self.run_within(&v, &a.ty, span, st);
            out = join(&out, &within.map_info(passed));
            closures.extend(v.callees.iter().filter_map(|c| match c {
                Callable::Closure(id) => Some(*id),
                _ => None,
            }));
            if v.callees.is_empty() {
                given = join(&given, &v.data());
            }
        }
        let given = given.map_info(passed);
        for id in closures {
            let params = self.f.closures.get(id.0 as usize).map_or(&[][..], |c| c.params.as_slice());
            let mut values = Vec::with_capacity(params.len());
            for l in params {
                let fresh = self.fresh(self.local_ty(*l), Vec::new(), span);
                values.push(join(&given, &fresh));
            }
            let v = self.closure(id, &values, Times::Perhaps, st);
            out = join(&out, &v.map_info(passed));
        }
        out
    }

    /// Whether a call that is not known makes a number of a text: counts it, finds its place, hashes it.
    fn counts(&self, from: &Ty, to: &Ty) -> bool {
        let primitive =
            |ty: &Ty, what: &dyn Fn(&str) -> bool| matches!(peel(self.cx.models, ty), Ty::Ext(n, _) if what(n));
        primitive(from, &|n| n == "str") && primitive(to, &|n| n != "str" && n != "char" && is_primitive(n))
    }
}

/// Whether a call makes a value of what it is given, as its name says: `Path(x)`, `Kind::Name(x)`.
fn is_constructor(symbol: &str) -> bool {
    symbol.rsplit("::").next().is_some_and(|name| name.starts_with(char::is_uppercase))
}

/// The arguments of a macro that only lists them (`params![a, b]`) as the items of its value.
pub(super) fn keep_items(v: V, args: &[Arg]) -> V {
    let mut out = (*v).clone();
    out.items = args.iter().map(|a| a.v.data()).collect();
    Arc::new(out)
}

/// A value with these of its fields alone.
fn only(v: &V, fields: &BTreeSet<Name>) -> V {
    let mut out = Value { adt: v.adt, ..Value::default() };
    for name in fields {
        out.set_field(name, v.field(name));
    }
    Arc::new(out)
}
