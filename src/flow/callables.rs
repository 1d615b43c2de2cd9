//! Callables: closures, functions as values, and what the caller gave.

use std::sync::Arc;

use super::calls::{Arg, Called};
use super::doubt::Why;
use super::interp::{Interp, MAX_CLOSURES};
use super::state::State;
use super::summary::{GivenCall, fact_open};
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
        // A callable that the caller gave.
        let open: Vec<(Fact, Info)> =
            callee.facts.iter().filter(|(f, _)| fact_open(f) && f.deep.is_none()).cloned().collect();
        if !open.is_empty() {
            known = true;
            let v = Arc::new(Value { facts: open, ..Value::default() });
            let args: Vec<V> = args.iter().map(|a| self.load(st, a)).collect();
            let n = self.given_call(v, args, span, st);
            let mut result = Value::default();
            result.add(Fact::new(Origin::Called(n, Arc::from([]))), Info::default());
            add(Arc::new(result));
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

    pub(super) fn given_call(&mut self, callee: V, args: Vec<V>, span: Span, st: &State) -> u32 {
        let key = (span, self.active.last().map_or(u32::MAX, |c| c.0));
        if let Some(n) = self.given_at.get(&key).copied() {
            if let Some(g) = self.given.get_mut(n as usize) {
                g.args = g.args.iter().zip(&args).map(|(a, b)| join(a, b)).collect();
                g.guards.or(&st.guards);
            }
            return n;
        }
        let n = self.given.len() as u32;
        self.given.push(GivenCall { callee, args, span, guards: st.guards.clone() });
        self.given_at.insert(key, n);
        n
    }

    /// Runs a closure here. With `maybe`, it may also not run at all.
    pub(super) fn closure(&mut self, id: ClosureId, args: &[V], maybe: bool, st: &mut State) -> V {
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
        self.active.push(id);
        self.returns.push(None);
        self.block(&def.body, st);
        if let Some(Some(r)) = self.returns.pop() {
            st.join(&r);
        }
        self.active.pop();
        let out = st.get(def.ret);
        if let Some(b) = before {
            st.join(&b);
        }
        out
    }

    /// A call of a function by its values alone.
    pub(super) fn inline(&mut self, f: FuncId, args: &[V], span: Span, st: &mut State) -> V {
        if let Some(t) = self.cx.seeds.transforms.get(&f) {
            let args: Vec<Arg> =
                args.iter().map(|v| Arg { v: v.clone(), place: None, span, ty: Ty::Unknown }).collect();
            return self.transformed(&args, &Transform::Bound(*t), span, st);
        }
        let params: Vec<V> = args.iter().map(|v| self.load(st, v)).collect();
        self.apply(f, &params, Called { span, args: &[], doubt: None }, st)
    }
}
