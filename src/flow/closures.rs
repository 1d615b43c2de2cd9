//! Closures and futures that leave the function that wrote them.
//!
//! Inside its function a closure is run where it is called, on the state of that point. What leaves takes along what
//! it captured, and is called elsewhere by a summary of its own; a future that leaves is run at once, for whoever
//! gets it will wait for it.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::callables::Times;
use super::callee::{Callable, Taken};
use super::calls::{Arg, Called};
use super::interp::{Interp, PurposeAt};
use super::kept::has_code;
use super::must::Must;
use super::state::State;
use super::summary::Summary;
use super::value::{MAX_NEST, Many, V, Value, join, many};
use crate::ir::Name;
use crate::ir::body::{ClosureId, Cond, Func, Local, Operand, Rvalue, Stmt, each};
use crate::limits::{CLOSURES_TAKEN, CLOSURES_TOGETHER};

/// Where a closure is written.
#[derive(Clone, Debug, Default)]
pub(super) struct Written {
    /// Guards there.
    pub(super) guards: Must,
    /// The same in terms of the closure by itself: of its parameters, and then of what it captures.
    within: Must,
    /// The purpose of the statement around it.
    pub(super) scope: Option<PurposeAt>,
}

impl Interp<'_> {
    /// A closure is written here.
    pub(super) fn closure_value(&mut self, id: ClosureId, st: &State) -> V {
        let scope = self.scopes.last().copied();
        let within = if self.cx.guarded { self.within(id, st) } else { Must::default() };
        match self.written.get_mut(&id) {
            Some(have) => {
                have.guards.or(&st.guards);
                have.within.or(&within);
            }
            None => {
                self.written.insert(id, Written { guards: st.guards.clone(), within, scope });
            }
        }
        Arc::new(Value { callees: many![Callable::Closure(id)], ..Value::default() })
    }

    /// What is established here in terms of the closure by itself.
    fn within(&mut self, id: ClosureId, st: &State) -> Must {
        let own = self.f.closures.get(id.0 as usize).map_or(0, |c| c.params.len());
        let mut params = vec![V::default(); own];
        params.extend(self.around(id).iter().map(|l| self.load(st, &st.get(*l))));
        self.handed(&params, st).0
    }

    /// The value, with the futures run that it is.
    pub(super) fn awaited(&mut self, v: &V, st: &mut State) -> V {
        let is_future = |c: &Callable| match c {
            Callable::Closure(id) => self.f.closures.get(id.0 as usize).is_some_and(|c| c.is_async),
            _ => false,
        };
        let (futures, rest): (Many<Callable>, Many<Callable>) = v.callees.iter().cloned().partition(is_future);
        if futures.is_empty() {
            return v.clone();
        }
        let mut out = Arc::new(Value { callees: rest, ..(**v).clone() });
        for c in futures {
            if let Callable::Closure(id) = c {
                let result = self.closure(id, &[], Times::Perhaps, st);
                out = if out.is_empty() { result } else { join(&out, &result) };
            }
        }
        out
    }

    /// What a future comes to: the blocks are run that it is, or that are its parts (`join`).
    pub(super) fn come_to(&mut self, v: V, st: &mut State) -> V {
        self.come_to_depth(v, st, 0)
    }

    fn come_to_depth(&mut self, v: V, st: &mut State, depth: usize) -> V {
        let held = self.load(st, &v);
        if depth > MAX_NEST || !has_code(&held) {
            return v;
        }
        let mut out = self.awaited(&held, st);
        let parts: Many<(Name, V)> = out.fields.iter().filter(|(_, part)| has_code(part)).cloned().collect();
        for (name, part) in parts {
            let part = self.come_to_depth(part, st, depth + 1);
            Arc::make_mut(&mut out).set_field(&name, part);
        }
        out
    }

    /// A value as it leaves this function.
    pub(super) fn sealed(&mut self, v: &V, st: &mut State) -> V {
        self.sealed_depth(v, st, 0)
    }

    fn sealed_depth(&mut self, v: &V, st: &mut State, nesting: usize) -> V {
        let v = self.whole(st, v);
        self.seal(&v, st, nesting, 0)
    }

    fn seal(&mut self, v: &V, st: &mut State, nesting: usize, depth: usize) -> V {
        if depth > MAX_NEST || !has_closure(v) {
            return v.clone();
        }
        let mut out = (**v).clone();
        for (_, part) in &mut out.fields {
            *part = self.seal(part, st, nesting, depth + 1);
        }
        let callees = std::mem::take(&mut out.callees);
        for c in callees {
            let c = match c {
                Callable::Closure(id) => {
                    self.sealed.insert(id);
                    let with = self
                        .around(id)
                        .iter()
                        .map(|l| {
                            let v = st.get(*l);
                            if nesting < CLOSURES_TAKEN { self.sealed_depth(&v, st, nesting + 1) } else { v.data() }
                        })
                        .collect();
                    Callable::Taken(Taken { func: self.id, id, with, ran: false })
                }
                // One of another function, which took along one of this; where many functions call each other, each would
                // take along those of all.
                Callable::Taken(Taken { func, id, with, ran }) => {
                    let with = match nesting < CLOSURES_TAKEN && self.cx.together.len() <= CLOSURES_TOGETHER {
                        true => with.iter().map(|v| self.seal(v, st, nesting + 1, depth + 1)).collect(),
                        false => with,
                    };
                    Callable::Taken(Taken { func, id, with, ran })
                }
                c => c,
            };
            out.callees.push(c);
        }
        out.callees.sort();
        out.callees.dedup();
        Arc::new(out)
    }

    /// Summaries of the closures that left, and what they do that depends on no one.
    pub(super) fn closure_summaries(&mut self, out: &mut Summary) {
        let mut todo = std::mem::take(&mut self.sealed);
        while let Some(id) = todo.pop_first() {
            let Written { within, scope, .. } = self.written.get(&id).cloned().unwrap_or_default();
            let (summary, more) = Interp::run_closure(self.cx, self.id, id, &within, scope);
            todo.extend(more.into_iter().filter(|c| *c != id && !out.closures.contains_key(c)));
            out.absorb(&summary);
            out.closures.insert(id, Arc::new(summary));
        }
    }

    /// Calls a closure of another function.
    pub(super) fn call_taken(
        &mut self,
        t: &Taken,
        args: &[V],
        span: crate::source::Span,
        times: Times,
        st: &mut State,
    ) -> V {
        if t.func == self.id {
            return self.closure(t.id, args, if times == Times::Often { times } else { Times::Perhaps }, st);
        }
        let Some(summary) = self.summary(t.func).and_then(|s| s.closures.get(&t.id).cloned()) else {
            return V::default();
        };
        let own =
            self.cx.program.func(t.func).and_then(|f| f.closures.get(t.id.0 as usize)).map_or(0, |c| c.params.len());
        let given: Vec<Arg> = args.iter().map(|v| Arg::of(v, span)).collect();
        let mut params: Vec<V> = args.iter().map(|v| self.whole(st, v)).collect();
        params.resize(own, V::default());
        let along = self.along.len();
        if t.ran || self.along.contains(&t.key()) {
            params.extend(self.taken_by_job(t, &summary.captures));
            self.along.extend(t.with.iter().flat_map(|v| v.taken()).map(Taken::key));
        } else {
            params.extend(t.with.iter().cloned());
        }
        let out = self.apply_summary(&summary, t.func, &params, Called { span, args: &given, doubt: None }, st);
        self.along.truncate(along);
        out
    }
}

/// Whether it or a part of it is a closure of the function at hand, or took one along.
fn has_closure(v: &Value) -> bool {
    let here = |c: &Callable| match c {
        Callable::Closure(_) => true,
        Callable::Taken(t) => t.with.iter().any(|v| has_closure(v)),
        _ => false,
    };
    v.callees.iter().any(here) || v.fields.iter().any(|(_, v)| has_closure(v))
}

/// What a body speaks of itself: not in the closures inside.
#[derive(Debug, Default)]
struct Scope {
    locals: BTreeSet<Local>,
    inner: Vec<ClosureId>,
}

impl Scope {
    fn of(stmts: &[Stmt]) -> Self {
        let mut out = Scope::default();
        each(stmts, &mut |s| {
            spoken_of(s, &mut |l| {
                out.locals.insert(l);
            });
            if let Stmt::Assign { src: Rvalue::Closure(c), .. } = s {
                out.inner.push(*c);
            }
        });
        out
    }
}

/// What the bodies of a function with closures speak of.
#[derive(Debug)]
pub(super) struct Spoken {
    body: Scope,
    closures: Vec<Scope>,
}

impl Spoken {
    pub(super) fn of(f: &Func) -> Self {
        Spoken {
            body: Scope::of(f.body.as_deref().unwrap_or(&[])),
            closures: f.closures.iter().map(|c| Scope::of(&c.body)).collect(),
        }
    }

    /// The locals that a closure captures: those that it, or a closure in it, and what is around it speak of.
    pub(super) fn captures(&self, f: &Func, id: ClosureId) -> Vec<Local> {
        let mut within = BTreeSet::new();
        let mut todo = vec![id];
        while let Some(c) = todo.pop() {
            if within.insert(c) {
                todo.extend(self.closures.get(c.0 as usize).into_iter().flat_map(|s| &s.inner));
            }
        }
        let inside: BTreeSet<Local> =
            within.iter().filter_map(|c| self.closures.get(c.0 as usize)).flat_map(|s| &s.locals).copied().collect();
        let others =
            (0..).map(ClosureId).zip(&f.closures).zip(&self.closures).filter(|((c, _), _)| !within.contains(c));
        let mut around: Vec<(&BTreeSet<Local>, &[Local])> = vec![(&self.body.locals, &[])];
        around.extend(others.map(|((_, def), scope)| (&scope.locals, def.params.as_slice())));
        let own: &[Local] = f.closures.get(id.0 as usize).map_or(&[], |c| &c.params);
        let is_around = |l: &Local| {
            f.params.iter().any(|p| p.local == *l)
                || around.iter().any(|(locals, params)| locals.contains(l) || params.contains(l))
        };
        inside.into_iter().filter(|l| !own.contains(l) && is_around(l)).collect()
    }
}

/// The locals that a statement speaks of itself: not in the statements and closures inside.
pub(super) fn spoken_of(s: &Stmt, found: &mut dyn FnMut(Local)) {
    match s {
        Stmt::Assign { dst, src, .. } => {
            found(dst.base);
            src.operands(&mut |op| {
                if let Operand::Place(p) = op {
                    found(p.base);
                }
            });
            match src {
                Rvalue::RefMut(p) => found(p.base),
                Rvalue::Test(c) => tested(c, found),
                _ => {}
            }
        }
        Stmt::If { cond, .. } => tested(cond, found),
        _ => {}
    }
}

fn tested(c: &Cond, found: &mut dyn FnMut(Local)) {
    if let Cond::True(Operand::Place(p)) | Cond::Is(p, _) = c {
        found(p.base);
    }
}
