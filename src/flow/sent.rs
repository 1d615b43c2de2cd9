//! Closures that are sent to whoever runs them: a job for a thread.
//!
//! Whoever receives it runs it, so it is run where it is sent: there it is known who asks, and what it leaves in the
//! variables and channels of that function goes to that caller alone. Where it is received only what it is given
//! counts, whoever finds out that it is called there (here, or [`super::runs`]); what comes back of that goes to the
//! channels of the sender by a cell in between.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::callee::{Callable, Taken};
use super::calls::Arg;
use super::cells::Cell;
use super::interp::Interp;
use super::kept::has_code;
use super::state::State;
use super::value::{Base, Fact, Info, MAX_NEST, Many, Origin, V, Value};
use super::waiting::value_open;
use crate::ir::body::Local;
use crate::link::ty::peel;
use crate::model::{Effect, ModelTy, Port, PortBase, Row};
use crate::source::Span;

impl Interp<'_> {
    /// The arguments of a modelled call, with those run that it sends.
    pub(super) fn sent<'a>(&mut self, row: &Row, args: Cow<'a, [Arg]>, at: Span, st: &mut State) -> Cow<'a, [Arg]> {
        let models = self.cx.models;
        if !row.has_self || !matches!(&row.self_ty, Some(ModelTy::Path(n, _)) if models.is_channel(n)) {
            return args;
        }
        let mut out = args;
        for effect in &row.effects {
            let Effect::Flow { from: Port { base: PortBase::Arg(i @ 1..), path, .. }, to, .. } = effect else {
                continue;
            };
            let Some(a) = out.get(*i as usize).filter(|_| path.is_empty() && to.base == PortBase::Arg(0)) else {
                continue;
            };
            let v = self.load(st, &a.v);
            let open = value_open(&v) && self.is_code(peel(models, &a.ty));
            if !open && !has_code(&v) {
                continue;
            }
            self.run_on_its_own(&v, open, at, st);
            self.run_parts(&v, at, st);
            let v = self.run_elsewhere(&v, at, st);
            if let Some(a) = out.to_mut().get_mut(*i as usize) {
                a.v = v;
            }
        }
        out
    }

    /// A closure as it is sent: in place of the channels that are made here it has others, and what comes there is in
    /// these.
    fn run_elsewhere(&mut self, v: &V, at: Span, st: &mut State) -> V {
        let v = self.sealed(v, st);
        let mut cells = BTreeSet::new();
        v.all_cells(&mut cells);
        cells.retain(|c| self.channels.contains_key(c) && st.cell(*c).is_some() && !self.escaped.contains(c));
        let between: BTreeMap<Cell, Cell> = (0..).zip(cells).map(|(n, c)| (c, Cell::Made(at, n))).collect();
        for (cell, other) in &between {
            let come = Value::of(Fact::new(Origin::Held(*other, Arc::from([]))), Info::default());
            self.put_all(&[(Base::Cell(*cell), Vec::new())], &[], &come, true, at, st);
        }
        run_here(&v, &between, 0)
    }

    /// What a job took along, for whoever receives it: no data, for what comes of that came where it was sent. What waits
    /// for the caller or a cell stays where it may be a callable or access to a cell, as its type says.
    pub(super) fn taken_by_job(&self, job: &Taken, captures: &[Local]) -> Vec<V> {
        let types = self.cx.typed.get(job.func.0 as usize).map_or(&[][..], |t| t.locals.as_slice());
        let mut out = job.with.clone();
        for (v, l) in out.iter_mut().zip(captures).filter(|(v, _)| v.has_data()) {
            let plain = types.get(l.0 as usize).is_some_and(|ty| self.is_plain(ty));
            *v = v.without_those(&|f, _| f.is_data() && (plain || !f.is_given()));
        }
        out
    }
}

/// A value with its closures marked as run, and other cells in place of these in what they took along.
fn run_here(v: &V, between: &BTreeMap<Cell, Cell>, depth: usize) -> V {
    if depth > MAX_NEST || !has_code(v) {
        return v.clone();
    }
    let mut out = (**v).clone();
    for c in &mut out.callees {
        if let Callable::Taken(t) = c {
            t.ran = true;
            t.with.iter_mut().for_each(|v| *v = moved(v, between, depth + 1));
        }
    }
    for (_, part) in &mut out.fields {
        *part = run_here(part, between, depth + 1);
    }
    Arc::new(out)
}

/// A value with access to other cells.
fn moved(v: &V, between: &BTreeMap<Cell, Cell>, depth: usize) -> V {
    let mut cells = BTreeSet::new();
    v.all_cells(&mut cells);
    if depth > MAX_NEST || !cells.iter().any(|c| between.contains_key(c)) {
        return v.clone();
    }
    let mut out = Value { facts: Many::new(), ..(**v).clone() };
    for (fact, info) in &v.facts {
        match fact.origin {
            Origin::Cell(c) => {
                let cell = *between.get(&c).unwrap_or(&c);
                out.add(Fact { origin: Origin::Cell(cell), ..fact.clone() }, info.clone());
            }
            _ => out.add(fact.clone(), info.clone()),
        }
    }
    for (_, part) in &mut out.fields {
        *part = moved(part, between, depth + 1);
    }
    for c in &mut out.callees {
        if let Callable::Taken(t) = c {
            t.with.iter_mut().for_each(|v| *v = moved(v, between, depth + 1));
        }
    }
    Arc::new(out)
}
