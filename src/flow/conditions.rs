//! Conditions: what follows from a test, and the guards that it establishes.

use std::sync::Arc;

use super::interp::Interp;
use super::must::{Answer, Held, Must, Of, When};
use super::roots::Place as Rooted;
use super::seeds::GuardSeed;
use super::state::State;
use super::trace::Ending;
use super::value::{V, Value};
use crate::ir::Name;
use crate::ir::body::{Cond, Operand, Test};
use crate::link::program::Def;
use crate::link::ty::{Ty, asked, content};
use crate::source::Span;

impl Interp<'_> {
    /// The state where a condition holds, or does not.
    pub(super) fn assume(&mut self, cond: &Cond, holds: bool, span: Span, st: &mut State) {
        match cond {
            Cond::True(op) => {
                let v = self.operand(op, st);
                if holds {
                    self.touch(&v, span, &Name::default(), st);
                    let v = self.probed(v.clone(), span, None, st);
                    self.ends(&v, span, &Ending::Decides, st);
                }
                self.learn(&self.if_true(&v, holds), st);
            }
            Cond::Is(place, test) => {
                let v = self.read(place, st);
                match test {
                    Test::Positive | Test::Negative => {
                        let positive = matches!(test, Test::Positive) == holds;
                        let ty = self.place_ty(place);
                        // What is `Ok` has no error in it, and the other way round; what is `Some` may hold either.
                        let some = matches!(asked(self.cx.models, &ty), Some(Ty::Ext(n, _)) if n != "Result");
                        if !some && v.fields.iter().any(|(n, _)| n == "Err") && v.refs.is_empty() {
                            let narrowed = if positive {
                                let mut narrowed = (*v).clone();
                                narrowed.fields.retain(|(n, _)| n != "Err");
                                narrowed
                            } else {
                                let mut narrowed = Value { when: v.when.clone(), ..Value::default() };
                                narrowed.set_field("Err", v.field("Err"));
                                narrowed
                            };
                            self.write_ways(place, &Arc::new(narrowed), false, span, st);
                        }
                        self.learn(&self.if_positive(&v, &ty, positive), st);
                    }
                    Test::Path(p) => {
                        if let Some(Def::Variant(t, i)) = self.typed.paths.get(p.0 as usize).and_then(|r| r.def.clone())
                        {
                            self.learn(&self.if_variant(&v, t, i, holds), st);
                        }
                    }
                    Test::Literal => {}
                }
            }
            Cond::Unknown => {}
        }
    }

    /// What follows is known from here on.
    pub(super) fn learn(&self, m: &Must, st: &mut State) {
        if m.is_everything() {
            *st = State::unreached(self.f.locals.len());
            return;
        }
        st.guards.and(m);
        if st.guards.is_everything() {
            *st = State::unreached(self.f.locals.len());
        }
    }

    /// What follows if a value is true, or is not.
    pub(super) fn if_true(&self, v: &Value, truth: bool) -> Must {
        v.if_it_is(Answer::Truth(truth))
    }

    /// What follows if a value is `Some` or `Ok`, or is not. `Ok(false)` is positive, and `Some(None)`: of a truth
    /// inside nothing does.
    pub(super) fn if_positive(&self, v: &Value, ty: &Ty, positive: bool) -> Must {
        let outer = asked(self.cx.models, ty).unwrap_or(ty);
        let inner = content(outer);
        let is_told = inner != outer && (*inner == Ty::ext("bool") || content(inner) != inner);
        if is_told { Must::default() } else { self.if_true(v, positive) }
    }

    /// What follows if a value is a variant, or is not. Nothing is impossible here: what else may have written to it
    /// is not always known.
    fn if_variant(&self, v: &Value, t: crate::link::program::TypeId, variant: u32, holds: bool) -> Must {
        let mut m = v.if_it_is(Answer::Variant(variant, holds));
        if m.is_everything() {
            m = Must::default();
        }
        if let Some((g, negated)) = self.cx.seeds.guard_variants.get(&(t, variant))
            && *negated != holds
        {
            m.and(&Must::of(Held::guard(*g, people(v.places()))));
        }
        m
    }

    /// What follows from two values being equal, where one is a truth or a variant.
    pub(super) fn if_equal(&self, a: &Operand, b: &Operand, x: &V, y: &V) -> Option<When> {
        for (op, other) in [(a, y), (b, x)] {
            match op {
                Operand::Lit(crate::ir::body::Lit::Bool(truth)) => {
                    return Some(When {
                        yes: self.if_true(other, *truth),
                        no: self.if_true(other, !*truth),
                        ..When::default()
                    });
                }
                Operand::Path(p) => {
                    if let Some(Def::Variant(t, i)) = self.typed.paths.get(p.0 as usize).and_then(|r| r.def.clone()) {
                        return Some(When {
                            yes: self.if_variant(other, t, i, true),
                            no: self.if_variant(other, t, i, false),
                            ..When::default()
                        });
                    }
                }
                _ => {}
            }
        }
        None
    }

    pub(super) fn test(&mut self, cond: &Cond, st: &mut State) -> V {
        let (mut yes, mut no) = (st.clone(), st.clone());
        self.assume(cond, true, self.f.span, &mut yes);
        self.assume(cond, false, self.f.span, &mut no);
        let when = When { yes: yes.guards, no: no.guards, ..When::default() };
        Arc::new(Value { when: Some(Box::new(when)), ..Value::default() })
    }

    /// What the answer of a guard tells: of the people that its arguments speak of.
    pub(super) fn guard_value(&self, seed: GuardSeed, asked: Vec<Rooted>) -> When {
        let m = Must::of(Held::guard(seed.0, people(asked)));
        if seed.1 { When { no: m, ..When::default() } } else { When { yes: m, ..When::default() } }
    }

    /// What holding a value of this type proves of some people, where it is bound as a guard; and whether that is only
    /// so if it is `Some` or `Ok`.
    pub(super) fn proof(&self, ty: &Ty, of: &Of) -> Option<(Must, bool)> {
        let mut perhaps = false;
        let mut ty = ty;
        while let Ty::Ext(n, args) = ty {
            match n.rsplit("::").next().unwrap_or(n) {
                "Option" | "Result" => perhaps = true,
                "Box" | "Arc" | "Rc" | "Extension" | "Json" | "Query" | "Form" | "State" | "Data" | "ReqData" => {}
                _ => return None,
            }
            ty = args.first()?;
        }
        let Ty::Adt(t, _) = ty else { return None };
        let mut out = Must::default();
        self.cx.proofs.get(t)?.iter().for_each(|g| out.and(&Must::of(Held::guard(*g, of.clone()))));
        Some((out, perhaps))
    }

    /// A value of this type is held: what it proves is established, or part of the value's truth.
    pub(super) fn hold(&self, ty: &Ty, of: &Of, v: &mut Value, st: &mut State) {
        match self.proof(ty, of) {
            Some((m, true)) => v.add_truth(&m),
            Some((m, false)) => st.guards.and(&m),
            None => {}
        }
    }
}

/// The people at some places; everyone where there are none.
pub(super) fn people(places: Vec<Rooted>) -> Of {
    if places.is_empty() { Of::Everyone } else { Of::People(places.into()) }
}
