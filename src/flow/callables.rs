//! Callables: closures, functions as values, and what the caller gave.

use std::collections::BTreeSet;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use super::beside::left_behind;
use super::bounds::{nested, nested_in};
use super::callee::Callable;
use super::calls::{Arg, Called};
use super::cells::Cell;
use super::closures::Spoken;
use super::doubt::Why;
use super::fetched::Taken;
use super::interp::{Interp, MAX_ROUNDS};
use super::live::ALL;
use super::state::State;
use super::statements::Slot;
use super::summary::{Asked, GivenCall, Tgt, doubted};
use super::taken::of_args;
use super::trace::from_outside;
use super::value::{Base, CALLED, Fact, Info, Many, Origin, V, Value, Way, few_ways, join, many};
use super::waiting::{fact_held, fact_open, value_open};
use crate::ir::Name;
use crate::ir::body::{ClosureId, Local, View};
use crate::limits::{CALLABLES, CALLABLES_FOLLOWED, CALLABLES_GIVEN, CLOSURES_NESTED};
use crate::link::program::FuncId;
use crate::link::ty::{Ty, field_ty, peel};
use crate::source::Span;

/// How often something runs that is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Times {
    /// Just now.
    Once,
    /// Just now, or never.
    Perhaps,
    /// Any number of times, one after the other.
    Often,
}

/// Where the result of a call has what is left in an argument that was lent to it.
fn lent_part(i: usize) -> Name {
    format!("$lent{i}").into()
}

impl GivenCall {
    /// One more call of what was given, or is held, at the same place.
    fn join(&mut self, other: &GivenCall) {
        self.callee = join(&self.callee, &other.callee);
        self.args = self.args.iter().zip(&other.args).map(|(a, b)| join(a, b)).collect();
        self.guards.or(&other.guards);
        self.lent.extend(&other.lent);
        self.often |= other.often;
    }

    /// Tells parts of what the caller gave apart that are called here while they are few, and none that lies in itself:
    /// else it is whatever can be called in them, and perhaps.
    fn tell_few_apart(&mut self, ends: &[Option<usize>]) {
        if ends.iter().any(Option::is_some) {
            let mut callee = Value::default();
            for ((fact, info), end) in self.callee.facts.iter().zip(ends) {
                let mut fact = fact.clone();
                if let Some(end) = end {
                    fact.origin.cut(*end);
                    (fact, _) = fact.project(&[CALLED.into()]);
                }
                callee.add(fact, info.clone());
            }
            self.callee = Arc::new(callee);
        }
        if self.callee.facts.iter().any(|(f, _)| f.is_called_within()) {
            let doubt = Why::Merged.anywhere();
            self.args = self.args.iter().map(|a| doubted(a, &doubt)).collect();
        }
    }
}

impl Interp<'_> {
    /// Calls whatever a value may call.
    pub(super) fn call_value(&mut self, callee: &V, args: &[V], span: Span, times: Times, st: &mut State) -> V {
        if times != Times::Often {
            return self.call_any(callee, args, span, times, st);
        }
        // What is made there is made anew each time.
        let given = args.iter().filter(|_| self.cx.guarded).flat_map(|v| v.places());
        self.made.push(given.filter_map(|p| p.site()).collect());
        let out = self.call_any(callee, args, span, times, st);
        let made = self.made.pop().unwrap_or_default();
        if let Some(around) = self.made.last_mut() {
            around.extend(made);
        }
        out
    }

    fn call_any(&mut self, callee: &V, args: &[V], span: Span, times: Times, st: &mut State) -> V {
        let callee = self.load(st, callee);
        // Not joined with an empty value: what its truth tells would be lost.
        let mut out: Option<V> = None;
        let mut add = |v: V| {
            out = Some(match out.take() {
                Some(have) => join(&have, &v),
                None => v,
            });
        };
        let candidates = self.callable(&callee, args.len());
        let perhaps: Vec<V>;
        let mut args = args;
        if candidates.len() > CALLABLES {
            let doubt = Why::Several(candidates.len()).at(span);
            perhaps = args.iter().map(|a| doubted(a, &doubt)).collect();
            args = &perhaps;
        }
        let mut known = !candidates.is_empty();
        let before = st.clone();
        for (i, c) in candidates.iter().enumerate() {
            let mut branch = before.clone();
            let v = match c {
                Callable::Closure(id) => self.closure(*id, args, times, &mut branch),
                Callable::Taken(t) => self.call_taken(t, args, span, times, &mut branch),
                Callable::Func(f) => self.inline(*f, args, span, &mut branch),
                Callable::Ctor(t, i) => self.construct(*t, *i, args, span, &mut branch),
                Callable::Row(row, ty) => self.row_value(*row, ty, args, span, &mut branch),
                Callable::Sql(..) | Callable::Writer(_) => V::default(),
            };
            if i == 0 {
                *st = branch;
            } else {
                st.join(&branch, ALL, self.roots());
            }
            add(v);
        }
        if let Some(v) = self.given((Asked::Call, &Ty::Unknown), &callee, args, span, st) {
            known = true;
            add(v);
        }
        if let Some(v) = self.asked(&callee, args, span, st) {
            known = true;
            add(v);
        }
        if !known {
            self.given_to_any(args, span, st);
            let doubt = Why::Callable.at(span);
            let mut flat = Value { unknown: true, ..Value::default() };
            for a in args {
                self.load(st, a).flatten_into(View::Full, &mut flat);
            }
            for (_, i) in &mut flat.facts {
                i.derived = true;
                i.doubt(&doubt);
            }
            add(from_outside(self.cx, self.id, &Arc::new(flat), |o| o.unknown, span));
        }
        out.unwrap_or_default()
    }

    /// What of a value can be called with so many arguments.
    fn callable(&mut self, callee: &V, args: usize) -> Vec<Callable> {
        let few = callee.callees.len() <= CALLABLES;
        let fits = |c: &&Callable| match c {
            Callable::Func(f) => few || self.cx.program.func(*f).is_some_and(|f| f.params.len() == args),
            Callable::Closure(id) => few || self.f.closures.get(id.0 as usize).is_some_and(|c| c.params.len() == args),
            _ => true,
        };
        let mut out: Vec<Callable> = callee.callees.iter().filter(fits).cloned().collect();
        self.full |= out.len() > CALLABLES_FOLLOWED;
        out.truncate(CALLABLES_FOLLOWED);
        out
    }

    /// Asks something of what the caller gave, if the value is of that kind: what comes of it is known at the call.
    pub(super) fn given(
        &mut self,
        (what, ty): (Asked, &Ty),
        callee: &V,
        args: &[V],
        span: Span,
        st: &mut State,
    ) -> Option<V> {
        let open: Many<(Fact, Info)> =
            callee.facts.iter().filter(|(f, _)| fact_open(f) && f.deep.is_none()).cloned().collect();
        if open.is_empty() {
            return None;
        }
        let callee = Arc::new(Value { facts: open, ..Value::default() });
        let borrows: Vec<Many<(Base, Way)>> = args.iter().map(|a| a.refs.clone()).collect();
        let lent: BTreeSet<usize> = (0..).zip(args).filter(|(_, a)| !a.refs.is_empty()).map(|(i, _)| i).collect();
        let args: Vec<V> = args.iter().map(|a| self.exported(a, st)).collect();
        // In a loop, or by something that itself is called again and again.
        let often = !self.made.is_empty();
        let key = (span, self.active.last().map_or(u32::MAX, |c| c.0), what);
        let (guards, ty) = (st.guards.clone(), ty.clone());
        let call = GivenCall { what, callee, args, lent: lent.clone(), often, span, guards, ty };
        let n = *self.given_at.entry(key).or_insert(self.given.len() as u32);
        match self.given.get_mut(n as usize) {
            Some(have) => have.join(&call),
            None => self.given.push(call),
        }
        let called = self.given.get(n as usize).filter(|g| matches!(g.what, Asked::Call | Asked::Run));
        let ends = called.map(|g| self.steps_told(g));
        if let (Some(g), Some(ends)) = (self.given.get_mut(n as usize), ends) {
            g.tell_few_apart(&ends);
        }
        let result = |path| Value::given(Origin::Called(n, path));
        for i in lent {
            let written = Arc::new(result(Arc::from([lent_part(i)])));
            let places = borrows.get(i).cloned().unwrap_or_default();
            self.put_all(&places, &[], &written, true, span, st);
        }
        Some(Arc::new(result(Arc::from([]))))
    }

    /// How many steps are told of the ways to what is called, where that is not all of them.
    fn steps_told(&self, call: &GivenCall) -> Vec<Option<usize>> {
        let few = few_ways(&call.callee.facts, CALLABLES_GIVEN);
        let long = |f: &Fact| few.filter(|steps| f.origin.way().len() > *steps);
        call.callee.facts.iter().map(|(f, _)| long(f).into_iter().chain(self.nested_part(f)).min()).collect()
    }

    /// Where the way of a fact begins to go through what it went through, as far as types say. A part of the same name in
    /// another type is another part: `server.state.state`.
    fn nested_part(&self, fact: &Fact) -> Option<usize> {
        let by_name = nested(fact)?;
        let Origin::Param(i, way) = &fact.origin else { return Some(by_name) };
        let (p, models) = (self.cx.program, self.cx.models);
        let mut ty = self.params.get(*i as usize).map(|l| self.local_ty(*l).clone()).unwrap_or_default();
        let mut owners = Vec::new();
        for name in way.iter() {
            if left_behind(name).is_some() {
                owners.push(None);
                continue;
            }
            let (variant, field) = match name.split_once('.') {
                Some((variant, field)) => (Some(variant), field),
                None => (None, name.as_str()),
            };
            let of = peel(models, &ty);
            let owner = if let Ty::Adt(t, _) = of { Some(*t) } else { None };
            let variant = owner.zip(variant).and_then(|(t, v)| p.variant(t, v));
            owners.push(owner);
            ty = field_ty(p, models, of, variant, field);
        }
        nested_in(fact, &owners)
    }

    /// Calls what a cell holds: what it is will be known when all functions are.
    fn asked(&mut self, callee: &V, args: &[V], span: Span, st: &mut State) -> Option<V> {
        let held: Many<(Fact, Info)> =
            callee.facts.iter().filter(|(f, _)| fact_held(f) && f.deep.is_none()).cloned().collect();
        if held.is_empty() {
            return None;
        }
        let callee = Arc::new(Value { facts: held, ..Value::default() });
        let args: Vec<V> = (0..).zip(args).map(|(i, a)| self.asked_with(Cell::Given(span, i), a, span, st)).collect();
        let guards = st.guards.clone();
        let (what, lent, often) = (Asked::Call, BTreeSet::new(), false);
        let call = GivenCall { what, callee, args, lent, often, span, guards, ty: Ty::Unknown };
        match self.asked.entry(span) {
            Entry::Occupied(mut have) => have.get_mut().join(&call),
            Entry::Vacant(place) => _ = place.insert(call),
        }
        Some(Value::of(Fact::new(Origin::Held(Cell::Called(span), Arc::from([]))), Info::default()))
    }

    /// An argument for what a cell holds; if it depends on the caller it will be known when all functions are.
    fn asked_with(&mut self, cell: Cell, v: &V, span: Span, st: &mut State) -> V {
        let v = self.exported(v, st);
        if !value_open(&v) {
            return v;
        }
        self.write_far((Base::Cell(cell), Arc::from([])), &v, span, st);
        Value::of(Fact::new(Origin::Held(cell, Arc::from([]))), Info::default())
    }

    /// What a callee asked of something that this function gave it.
    pub(super) fn answer(&mut self, asked: &GivenCall, callee: &V, args: &[V], span: Span, st: &mut State) -> V {
        let given = || args.first().cloned().unwrap_or_default();
        let times = if asked.often { Times::Often } else { Times::Perhaps };
        match asked.what {
            Asked::Call if asked.lent.is_empty() => self.call_value(callee, args, span, times, st),
            Asked::Run => self.run_on_its_own(callee, true, span, st),
            Asked::Call => self.call_with_loans(callee, args, &asked.lent, (span, times), st),
            Asked::Statement { open } => self.sql_start(callee, open, span, st),
            Asked::Bind { nth } => self.sql_bind(callee, &Slot::Next(nth), &given(), span, st),
            Asked::BindAt => {
                let by = args.get(1).cloned().unwrap_or_default();
                self.sql_bind_at(callee, &given(), &by, span, st)
            }
            Asked::BindAll => self.sql_bind_all(callee, &given(), span, st),
            Asked::Rows { scalar } => {
                let taken = if scalar { Taken::First } else { Taken::Rows };
                self.sql_rows(callee, &asked.ty, taken, span, st)
            }
        }
    }

    /// Calls with arguments that may be written; what is left in them is beside the result.
    fn call_with_loans(
        &mut self,
        callee: &V,
        args: &[V],
        lent: &BTreeSet<usize>,
        (span, times): (Span, Times),
        st: &mut State,
    ) -> V {
        let cell = |i: usize| Cell::Lent(span, i as u32);
        let args: Vec<V> = args
            .iter()
            .enumerate()
            .map(|(i, v)| {
                if !lent.contains(&i) {
                    return v.clone();
                }
                st.lend(cell(i), v.clone());
                Arc::new(Value { refs: many![(Base::Cell(cell(i)), Vec::new())], ..Value::default() })
            })
            .collect();
        let mut out = (*self.call_value(callee, &args, span, times, st)).clone();
        for i in lent {
            if let Some(left) = st.take_back(cell(*i)) {
                out.set_field(&lent_part(*i), left);
            }
        }
        Arc::new(out)
    }

    /// Runs a closure here: if often, until what it finds in the variables around it does not change any more.
    pub(super) fn closure(&mut self, id: ClosureId, args: &[V], times: Times, st: &mut State) -> V {
        if times != Times::Often {
            return self.closure_once(id, args, times == Times::Perhaps, st);
        }
        let around = self.around(id);
        let mut before = st.clone();
        let mut out = self.closure_once(id, args, true, st);
        for _ in 1..MAX_ROUNDS {
            if st.same_in(&before, &self.reached(&around, st)) {
                break;
            }
            if let Some(made) = self.made.last().filter(|_| self.cx.guarded) {
                st.age(&before, made, self.roots());
            }
            before = st.clone();
            let again = self.closure_once(id, args, true, st);
            out = join(&out, &again);
        }
        out
    }

    /// The variables that a closure has from around it.
    pub(super) fn around(&mut self, id: ClosureId) -> Arc<[Local]> {
        let (f, spoken) = (self.f, &mut self.spoken);
        let captures = || spoken.get_or_insert_with(|| Spoken::of(f)).captures(f, id).into();
        self.around.entry(id).or_insert_with(captures).clone()
    }

    /// What is reached from variables: what they borrow, and what closures in them have from around them.
    fn reached(&mut self, from: &[Local], st: &State) -> Vec<Local> {
        let mut out: BTreeSet<Local> = BTreeSet::new();
        let mut todo: Vec<Local> = from.to_vec();
        while let Some(l) = todo.pop() {
            if !out.insert(l) {
                continue;
            }
            let mut parts = vec![st.get(l)];
            while let Some(v) = parts.pop() {
                for (base, _) in &v.refs {
                    match base {
                        Base::Local(to) => todo.push(*to),
                        Base::Param(i) => todo.extend(self.f.params.get(*i as usize).map(|p| p.local)),
                        Base::Cell(_) => {}
                    }
                }
                for callable in &v.callees {
                    if let Callable::Closure(id) = callable {
                        todo.extend(self.around(*id).iter());
                    }
                }
                parts.extend(v.fields.iter().map(|(_, part)| part.clone()));
            }
        }
        out.into_iter().collect()
    }

    /// Runs a closure once. With `maybe`, it may also not run at all.
    fn closure_once(&mut self, id: ClosureId, args: &[V], maybe: bool, st: &mut State) -> V {
        let roots = self.roots();
        let Some(def) = self.f.closures.get(id.0 as usize) else { return V::default() };
        if self.active.contains(&id) {
            return V::default();
        }
        if self.active.len() >= CLOSURES_NESTED {
            self.full = true;
            return V::default();
        }
        let before = if maybe { Some(st.clone()) } else { None };
        for (i, l) in def.params.iter().enumerate() {
            let mut v = args.get(i).cloned().unwrap_or_default();
            let at = self.f.locals.get(l.0 as usize).map_or(self.at, |decl| decl.span);
            v = self.settled(v, self.local_ty(*l), at);
            if let Some(decl) = self.f.locals.get(l.0 as usize) {
                v = self.probed(v, decl.span, Some(&(*l).into()), st);
            }
            st.set(*l, v);
        }
        let scopes = self.scopes.len();
        if let Some(written) = self.written.get(&id) {
            st.guards.and(&written.guards);
            // It does what it does for the purpose that it was written under, wherever it is called.
            self.scopes.extend(written.scope);
        }
        self.active.push(id);
        self.returns.push(None);
        self.block(&def.body, st);
        self.scopes.truncate(scopes);
        if let Some(Some(r)) = self.returns.pop() {
            st.join(&r, &self.live.at_end(Some(id)), roots);
        }
        self.active.pop();
        let out = st.get(def.ret);
        self.dropped(Some(id), st);
        // Whoever gets a future from it waits for it.
        let out = self.awaited(&out, st);
        if let Some(b) = before {
            st.join(&b, &self.live.at_end(Some(id)), roots);
        }
        out
    }

    /// A call of a function by its values alone.
    pub(super) fn inline(&mut self, f: FuncId, args: &[V], span: Span, st: &mut State) -> V {
        let args: Vec<Arg> = args.iter().map(|v| Arg::of(v, span)).collect();
        if let Some((action, target)) = self.cx.seeds.sinks.get(&f).copied() {
            let given: Vec<V> = args.iter().map(|a| self.whole(st, &a.v).data()).collect();
            let data = of_args(&given, self.cx.seeds.taken.get(&f).map(Vec::as_slice));
            let kind = self.kind(action, Tgt::Bound(target), span, self.cx.program.func_path(f));
            self.arrive(Arc::new(kind), data, st);
        }
        if let Some(out) = self.transform_call(f, &args, span, st) {
            return out;
        }
        let params: Vec<V> = args.iter().map(|a| self.whole(st, &a.v)).collect();
        self.apply(f, &params, Called { span, args: &args, doubt: None }, st)
    }
}
