//! Transforms: what becomes of data in a call that the policy or a model says turns it into something else.

use std::sync::Arc;

use super::actual::Actual;
use super::borrowers::lends;
use super::calls::Arg;
use super::interp::Interp;
use super::path::{Path, What};
use super::state::State;
use super::types::Transform;
use super::value::{Fact, Info, Origin, V, Value};
use crate::ir::Name;
use crate::ir::body::View;
use crate::link::program::FuncId;
use crate::source::Span;

impl Interp<'_> {
    /// Arguments after a transform.
    pub(super) fn transformed(&mut self, args: &[Arg], t: &Transform, by: &Name, span: Span, st: &mut State) -> V {
        let given = self.given_as_whole(args, st);
        self.after(t, given, by, span)
    }

    /// All that a call is given, as one.
    fn given_as_whole(&mut self, args: &[Arg], st: &mut State) -> Value {
        let mut flat = Value::default();
        for a in args {
            let whole = self.whole(st, &a.v);
            whole.flatten_into(View::Full, &mut flat);
            flat.unknown |= whole.unknown;
        }
        flat
    }

    /// Data after a transform.
    fn after(&self, t: &Transform, data: Value, by: &Name, span: Span) -> V {
        let mut out = Value { unknown: data.unknown, ..Value::default() };
        for (mut f, mut i) in data.facts {
            f.pass(&mut i, t);
            i.path = i.path.then(&Path::hop(self.id, span, What::Transformed(by.clone())));
            out.add(f, i);
        }
        Arc::new(out)
    }

    /// A call of a function of the workspace that is bound as a transform, if it is: its result is what its body takes
    /// out of what it was given, after the transform. So is what it was lent to write, of itself.
    pub(super) fn transform_call(&mut self, f: FuncId, args: &[Arg], span: Span, st: &mut State) -> Option<V> {
        let number = *self.cx.seeds.transforms.get(&f)?;
        let t = Transform::Bound(number);
        let by = self.cx.program.func_local_name(f);
        let given = self.given_as_whole(args, st);
        let taken = self.taken_out(f, number, &given, args, st).unwrap_or(given);
        let mut out = self.after(&t, taken, &by, span);
        // Whatever it becomes, one that never fails does not.
        if self.summary(f).is_some_and(|s| s.ret.there) {
            Arc::make_mut(&mut out).there = true;
        }
        let def = self.cx.program.func(f);
        for (a, p) in args.iter().zip(def.map_or(&[][..], |f| f.params.as_slice())) {
            if def.is_some_and(|f| lends(&f.generics, &p.ty)) {
                let v = self.transformed(std::slice::from_ref(a), &t, &by, span, st);
                self.write_arg(a, &[], &v, false, st);
            }
        }
        Some(out)
    }

    /// What the body of a transform takes out of what it was given, however it does that: of a row the one field that it
    /// reads. Nothing where it is not seen that what the transform turns comes out.
    fn taken_out(&mut self, f: FuncId, t: u32, given: &Value, args: &[Arg], st: &mut State) -> Option<Value> {
        let ret = self.summary(f)?.ret.flat(View::Full);
        if ret.facts.iter().any(|(fact, _)| matches!(fact.origin, Origin::Called(..))) {
            return None;
        }
        let mut named = Value::default();
        for (fact, _) in &ret.facts {
            if matches!(fact.origin, Origin::Param(..) | Origin::Declared(_, _, Some(_))) {
                named.add(Fact { deep: fact.deep, ..Fact::new(fact.origin.clone()) }, Info::default());
            }
        }
        let params: Vec<V> = args.iter().map(|a| self.whole(st, &a.v)).collect();
        let actual = Actual { params: &params, ..Actual::default() };
        let taken = Arc::unwrap_or_clone(actual.returned(&Arc::new(named), Path::default()).flat(View::Full));
        let seeds = self.cx.seeds;
        let known = |v: &Value| v.facts.iter().any(|(fact, _)| seeds.turns(t, &fact.origin));
        let open = |v: &Value| v.facts.iter().any(|(fact, _)| fact.origin.is_symbolic());
        let seen = known(&taken) || !known(given) && open(&taken);
        seen.then_some(taken)
    }
}
