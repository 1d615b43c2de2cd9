//! Conditions: what follows from a test, and the guards that it establishes.

use std::sync::Arc;

use super::calls::Arg;
use super::interp::Interp;
use super::must::{Answer, Held, Must, Of, When};
use super::roots::Place as Rooted;
use super::rvalues::{peel_outer, place_of};
use super::seeds::{GuardSeed, PERHAPS};
use super::state::State;
use super::trace::Ending;
use super::value::{V, Value};
use crate::ir::Name;
use crate::ir::body::{ArithTrait, Cond, Lit, Operand, Test};
use crate::link::infer::Site;
use crate::link::program::Def;
use crate::link::ty::{Ty, asked, content, peel};
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
                self.narrow_object(op, holds, span, st);
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
                            self.narrow(place, &v, (t, i), holds, span, st);
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
    fn learn(&self, m: &Must, st: &mut State) {
        if m.is_everything() {
            *st = State::unreached();
            return;
        }
        st.guards.and(m);
        if st.guards.is_everything() {
            *st = State::unreached();
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
        if inner == outer {
            return self.if_true(v, positive);
        }
        if v.there && !positive {
            return Must::everything();
        }
        if *inner == Ty::ext("bool") || content(inner) != inner {
            return Must::default();
        }
        let follows = self.if_true(v, positive);
        // The caller may give what is asked itself: what it gave is known as one value.
        if is_any(inner) { follows.of_there() } else { follows }
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
                Operand::Lit(Lit::Bool(truth)) => {
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
                Operand::Place(_) => {
                    let known = if std::ptr::eq(op, a) { x } else { y };
                    if let Some(when) = self.if_equal_to(known, op, other) {
                        return Some(when);
                    }
                }
                _ => {}
            }
        }
        None
    }

    /// What follows from a value being equal to one that is always true or always false: `Some(true)`, `None`.
    fn if_equal_to(&self, known: &V, op: &Operand, other: &V) -> Option<When> {
        let always = |w: &When| match (w.yes.is_everything(), w.no.is_everything()) {
            (false, true) if w.yes.is_nothing() => Some(true),
            (true, false) if w.no.is_nothing() => Some(false),
            _ => None,
        };
        let truth = always(known.when.as_deref()?)?;
        let ty = place_of(op).map(|p| self.place_ty(p))?;
        let outer = asked(self.cx.models, &ty).unwrap_or(&ty);
        let inner = content(outer);
        // What is not `Some(true)` is `None` or `Some(false)`, but what is not `Some(1)` may be `Some(2)`, and what is
        // not `Err(Late)` may be `Err(Lost)`.
        let is_truth = *inner == Ty::ext("bool");
        let is_option = matches!(outer, Ty::Ext(n, _) if n == "Option");
        let only_two = if truth { is_truth } else { inner == outer || is_option && !is_truth };
        (content(inner) == inner || inner == outer).then(|| When {
            yes: self.if_true(other, truth),
            no: if only_two { self.if_true(other, !truth) } else { Must::default() },
            ..When::default()
        })
    }

    /// Whether an operand is a truth.
    pub(super) fn is_truth(&self, op: &Operand) -> bool {
        match op {
            Operand::Place(p) => *self.place_ty(p) == Ty::ext("bool"),
            op => matches!(op, Operand::Lit(Lit::Bool(_))),
        }
    }

    /// Whether an operand is a truth, or may be `None` or `Err`.
    pub(super) fn is_answer(&self, op: &Operand) -> bool {
        let asked = |p| asked(self.cx.models, &self.place_ty(p)).is_some();
        self.is_truth(op) || place_of(op).is_some_and(asked)
    }

    /// Whether an operand is of a type that may be any, and so one that is asked.
    pub(super) fn is_any(&self, op: &Operand) -> bool {
        place_of(op).is_some_and(|p| {
            let ty = self.place_ty(p);
            is_any(&ty) || matches!(peel_outer(&ty), Ty::Unknown | Ty::Var(_))
        })
    }

    /// What follows from two truths by `&` or `|`.
    pub(super) fn if_both(&self, of: ArithTrait, a: &V, b: &V) -> Option<When> {
        let of_each = |truth: bool| (self.if_true(a, truth), self.if_true(b, truth));
        let both = |truth: bool| {
            let (mut both, other) = of_each(truth);
            both.and(&other);
            both
        };
        let either = |truth: bool| {
            let (mut either, other) = of_each(truth);
            either.or(&other);
            either
        };
        let (yes, no) = match of {
            ArithTrait::BitAnd => (both(true), either(false)),
            ArithTrait::BitOr => (either(true), both(false)),
            _ => return None,
        };
        Some(When { yes, no, ..When::default() })
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

    /// The guard outside the workspace that a call is, or may be: of what has no known type a method of its name.
    pub(super) fn outside_guard(&self, info: &Site, args: &[Arg]) -> Option<GuardSeed> {
        let guards = &self.cx.seeds.guard_ext;
        if guards.is_empty() {
            return None;
        }
        if let Some(guard) = guards.get(&info.symbol) {
            return Some(*guard);
        }
        let untyped = |a: &Arg| matches!(peel(self.cx.models, &a.ty), Ty::Unknown | Ty::Var(_));
        if !info.method || !info.targets.is_empty() || !args.first().is_some_and(untyped) {
            return None;
        }
        let method = info.symbol.rsplit("::").next()?;
        let named = |of: &Name| of.rsplit_once("::").is_some_and(|(_, name)| name == method);
        let (_, (guard, negated)) = guards.iter().find(|(of, _)| named(of))?;
        Some((guard | PERHAPS, *negated))
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

/// Whether a type may be any as far as this function knows, also `bool` or an `Option`.
fn is_any(ty: &Ty) -> bool {
    matches!(peel_outer(ty), Ty::Param(_) | Ty::Assoc(_) | Ty::Traits(_))
}

/// The people at some places; everyone where there are none.
pub(super) fn people(places: Vec<Rooted>) -> Of {
    if places.is_empty() { Of::Everyone } else { Of::People(places.into()) }
}
