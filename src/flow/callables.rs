//! Callables: closures, functions as values, and what the caller gave.

use std::sync::Arc;

use super::calls::{Arg, Called};
use super::doubt::Why;
use super::interp::{Interp, MAX_CLOSURES};
use super::state::State;
use super::summary::{Asked, GivenCall, fact_open};
use super::trace::from_outside;
use super::types::Transform;
use super::value::{Callable, Fact, Info, Origin, V, Value, join};
use crate::ir::body::{ClosureId, View};
use crate::link::program::FuncId;
use crate::link::ty::Ty;
use crate::source::Span;

impl Interp<'_> {
    /// Calls whatever a value may call.
    pub(super) fn call_value(&mut self, callee: &V, args: &[V], span: Span, maybe: bool, st: &mut State) -> V {
        let callee = self.load(st, callee);
        // Not joined with an empty value: what its truth tells would be lost.
        let mut out: Option<V> = None;
        let mut add = |v: V| {
            out = Some(match out.take() {
                Some(have) => join(&have, &v),
                None => v,
            });
        };
        let mut known = false;
        for c in callee.callees.iter().take(8) {
            known = true;
            let v = match c {
                Callable::Closure(id) => self.closure(*id, args, maybe, st),
                Callable::Func(f) => self.inline(*f, args, span, st),
                Callable::Ctor(t, i) => self.construct(*t, *i, args, span),
                Callable::Row(row) => self.row_value(*row, args, span, st),
                Callable::Sql(..) => V::default(),
            };
            add(v);
        }
        let args_read: Vec<V> = args.iter().map(|a| self.load(st, a)).collect();
        if let Some(v) = self.given(Asked::Call, &callee, args_read, span, st) {
            known = true;
            add(v);
        }
        if !known {
            let doubt = Why::Callable.at(span);
            let mut flat = Value { unknown: true, ..Value::default() };
            for a in args {
                self.load(st, a).flatten_into(View::Display, &mut flat);
            }
            for (_, i) in &mut flat.facts {
                i.derived = true;
                i.doubt(&doubt);
            }
            add(from_outside(self.cx, self.id, &Arc::new(flat), |o| o.unknown, span));
        }
        out.unwrap_or_default()
    }

    /// Asks something of what the caller gave, if the value is of that kind: what comes of it is known at the call.
    pub(super) fn given(&mut self, what: Asked, callee: &V, args: Vec<V>, span: Span, st: &State) -> Option<V> {
        let open: Vec<(Fact, Info)> =
            callee.facts.iter().filter(|(f, _)| fact_open(f) && f.deep.is_none()).cloned().collect();
        if open.is_empty() {
            return None;
        }
        let callee = Arc::new(Value { facts: open, ..Value::default() });
        let key = (span, self.active.last().map_or(u32::MAX, |c| c.0), what);
        let n = match self.given_at.get(&key).copied() {
            Some(n) => {
                if let Some(g) = self.given.get_mut(n as usize) {
                    g.args = g.args.iter().zip(&args).map(|(a, b)| join(a, b)).collect();
                    g.guards.or(&st.guards);
                }
                n
            }
            None => {
                let n = self.given.len() as u32;
                self.given.push(GivenCall { what, callee, args, span, guards: st.guards.clone() });
                self.given_at.insert(key, n);
                n
            }
        };
        Some(Value::of(Fact::new(Origin::Called(n, Arc::from([]))), Info::default()))
    }

    /// What a callee asked of something that this function gave it.
    pub(super) fn answer(&mut self, what: Asked, callee: &V, args: &[V], span: Span, st: &mut State) -> V {
        match what {
            Asked::Call => self.call_value(callee, args, span, true, st),
            Asked::Bind => {
                let bound = args.first().cloned().unwrap_or_default();
                self.sql_bind(callee, &bound, span, st)
            }
            Asked::Rows { scalar } => self.sql_rows(callee, &Ty::Unknown, scalar, span, st),
        }
    }

    /// Runs a closure here. With `maybe`, it may also not run at all.
    pub(super) fn closure(&mut self, id: ClosureId, args: &[V], maybe: bool, st: &mut State) -> V {
        let roots = self.roots();
        let Some(def) = self.f.closures.get(id.0 as usize) else { return V::default() };
        if self.active.len() >= MAX_CLOSURES || self.active.contains(&id) {
            return V::default();
        }
        let before = if maybe { Some(st.clone()) } else { None };
        for (i, l) in def.params.iter().enumerate() {
            let mut v = args.get(i).cloned().unwrap_or_default();
            if let Some(decl) = self.f.locals.get(l.0 as usize) {
                v = self.probed(v, decl.span, Some(&(*l).into()), st);
            }
            st.set(*l, v);
        }
        if let Some(m) = self.written_under.get(&id) {
            st.guards.and(m);
        }
        self.active.push(id);
        self.returns.push(None);
        self.block(&def.body, st);
        if let Some(Some(r)) = self.returns.pop() {
            st.join(&r, roots);
        }
        self.active.pop();
        let out = st.get(def.ret);
        if let Some(b) = before {
            st.join(&b, roots);
        }
        out
    }

    /// A call of a function by its values alone.
    pub(super) fn inline(&mut self, f: FuncId, args: &[V], span: Span, st: &mut State) -> V {
        if let Some(t) = self.cx.seeds.transforms.get(&f) {
            let args: Vec<Arg> =
                args.iter().map(|v| Arg { v: v.clone(), place: None, span, ty: Ty::Unknown }).collect();
            return self.transformed(&args, &Transform::Bound(*t), &self.cx.program.func_local_name(f), span, st);
        }
        let params: Vec<V> = args.iter().map(|v| self.load(st, v)).collect();
        self.apply(f, &params, Called { span, args: &[], doubt: None }, st)
    }
}
