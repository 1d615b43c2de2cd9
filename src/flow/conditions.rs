//! Conditions: what follows from a test, and the guards that it establishes.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::interp::Interp;
use super::seeds::GuardSeed;
use super::state::State;
use super::trace::Ending;
use super::value::{Must, V, Value, When};
use crate::ir::body::{Cond, Test};
use crate::link::program::Def;
use crate::link::ty::{Ty, payload};
use crate::source::Span;

impl Interp<'_> {
    /// The state where a condition holds, or does not.
    pub(super) fn assume(&mut self, cond: &Cond, holds: bool, span: Span, st: &mut State) {
        match cond {
            Cond::True(op) => {
                let v = self.operand(op, st);
                if holds {
                    self.touch(&v, span, "", st);
                    let v = self.probed(v.clone(), span, None, st);
                    self.ends(&v, span, &Ending::Decides, st);
                }
                if let Some(w) = &v.when {
                    let m = if holds { &w.yes } else { &w.no };
                    if m.all {
                        *st = State::unreached(self.f.locals.len());
                    } else {
                        st.guards.and(m);
                    }
                }
            }
            Cond::Is(place, test) => {
                let v = self.read(place, st);
                match test {
                    Test::Positive | Test::Negative => {
                        let positive = matches!(test, Test::Positive) == holds;
                        // What is `Ok` has no error in it, and the other way round.
                        if v.fields.iter().any(|(n, _)| n == "Err") && v.refs.is_empty() {
                            let narrowed = if positive {
                                let mut narrowed = (*v).clone();
                                narrowed.fields.retain(|(n, _)| n != "Err");
                                narrowed
                            } else {
                                let mut narrowed = Value { when: v.when.clone(), ..Value::default() };
                                narrowed.set_field("Err", v.field("Err"));
                                narrowed
                            };
                            self.write_ways(place, &Arc::new(narrowed), false, st);
                        }
                        // `Ok(false)` is positive: nothing follows for a guard inside.
                        let ty = self.place_ty(place);
                        let inner_bool = payload(self.cx.models, &ty).is_some_and(|t| *t == Ty::ext("bool"));
                        if let Some(w) = &v.when
                            && !inner_bool
                        {
                            let m = if positive { &w.yes } else { &w.no };
                            if m.all {
                                *st = State::unreached(self.f.locals.len());
                            } else {
                                st.guards.and(m);
                            }
                        }
                    }
                    Test::Path(p) => {
                        if let Some(Def::Variant(t, i)) = self.typed.paths.get(p.0 as usize).and_then(|r| r.def.clone())
                            && let Some((g, negated)) = self.cx.seeds.guard_variants.get(&(t, i))
                            && *negated != holds
                        {
                            let mut roots = BTreeSet::new();
                            v.roots(&mut roots);
                            st.guards.set.entry(*g).or_default().extend(roots);
                        }
                    }
                    Test::Literal => {}
                }
            }
            Cond::Unknown => {}
        }
    }

    pub(super) fn test(&mut self, cond: &Cond, st: &mut State) -> V {
        let (mut yes, mut no) = (st.clone(), st.clone());
        self.assume(cond, true, self.f.span, &mut yes);
        self.assume(cond, false, self.f.span, &mut no);
        let when = When { yes: yes.guards, no: no.guards };
        Arc::new(Value { when: Some(Box::new(when)), ..Value::default() })
    }

    pub(super) fn guard_value(&self, seed: GuardSeed, args: &[V], st: &State) -> When {
        let mut roots = BTreeSet::new();
        for a in args {
            self.load(st, a).roots(&mut roots);
        }
        let mut m = Must::default();
        m.set.insert(seed.0, roots);
        if seed.1 { When { no: m, ..When::default() } } else { When { yes: m, ..When::default() } }
    }
}
