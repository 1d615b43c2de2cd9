//! What a body calls without naming it: operators, loops and the question mark go through impls of the workspace.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::{Brought, Target, Walk, bound_of, signature};
use crate::ir::Name;
use crate::ir::body::{Arith, Local, Operand};
use crate::ir::items::{TypeKind, VariantDef};
use crate::link::program::{FuncId, TypeId};
use crate::link::ty::{Ty, field_ty, project};
use crate::source::Span;

/// Where a call is implied: the place in the text, and the local of the first operand. All that a macro expands to has
/// one place.
pub type ImpliedAt = (Span, Option<Local>);

/// Methods by their traits: of each group the first that a type has.
pub type Asks = &'static [&'static [(&'static str, &'static str)]];

/// What `==` and `!=` run.
pub const EQUAL: Asks = &[&[("PartialEq", "eq")], &[("PartialEq", "ne")]];
/// What `<`, `<=`, `>` and `>=` run.
pub const ORDERED: Asks = &[
    &[("PartialOrd", "partial_cmp"), ("Ord", "cmp")],
    &[("PartialOrd", "lt")],
    &[("PartialOrd", "le")],
    &[("PartialOrd", "gt")],
    &[("PartialOrd", "ge")],
];
/// What `!` runs.
pub(super) const NOT: Asks = &[&[("Not", "not")]];
/// What `-` before a value runs.
pub(super) const NEG: Asks = &[&[("Neg", "neg")]];

/// Something that may go through an impl, by the types that it is about.
pub(super) enum Implied {
    /// An operator between two values.
    Operator(Arith, Ty, Ty),
    /// A comparison of a value with another, or `!` or `-` of it.
    Asked(Ty, Option<Ty>, Asks),
    /// A loop over a value.
    Loop(Ty),
    /// A future that is waited for.
    Wait(Ty),
    /// A question mark: an error of one type that becomes part of a result of another, and what gave it.
    Error(Ty, Ty, Name),
}

/// Where an operand implies a call.
#[must_use]
pub fn implied_at(span: Span, by: &Operand) -> ImpliedAt {
    (span, if let Operand::Place(p) = by { Some(p.base) } else { None })
}

/// What a loop makes of what it goes over, and asks of that.
const ITERATED: [(&str, &str); 2] = [("IntoIterator", "into_iter"), ("Iterator", "next")];
/// The same of what is waited for.
const AWAITED: [(&str, &str); 2] = [("IntoFuture", "into_future"), ("Future", "poll")];

impl Walk<'_> {
    /// What the places that imply a call reach, now that all types are known.
    pub(super) fn reached_unnamed(&mut self) -> BTreeMap<ImpliedAt, Vec<Target>> {
        let mut out = BTreeMap::new();
        for (at, what) in std::mem::take(&mut self.implied) {
            let found = match what {
                Implied::Operator(op, left, right) => self.operator(op, &left, &right),
                Implied::Asked(of, with, methods) => self.asked(&of, with.as_ref(), methods),
                Implied::Loop(over) => self.made_and_asked(&over, ITERATED),
                Implied::Wait(of) => self.made_and_asked(&of, AWAITED),
                Implied::Error(from, to, by) => {
                    if let Some(found) = self.error(&from, &to, &by) {
                        self.raises(at, &found, (&from, &by));
                        out.insert(at, found);
                    }
                    continue;
                }
            };
            if !found.is_empty() {
                out.insert(at, found);
            }
        }
        out
    }

    /// Methods of this name in the impls of a trait for a type.
    fn methods_of_trait(&self, t: TypeId, of: &str, name: &str) -> Vec<FuncId> {
        self.p.impls_for(t, of).iter().filter_map(|i| self.p.impl_method(*i, name)).collect()
    }

    fn operator(&self, op: Arith, left: &Ty, right: &Ty) -> Vec<Target> {
        let Ty::Adt(t, _) = self.head(left) else { return Vec::new() };
        let right = self.head(right);
        let find = |assigns: bool| {
            let of = format!("{:?}", op.of);
            let name = of.to_lowercase();
            let mut found = if assigns {
                self.methods_of_trait(t, &format!("{of}Assign"), &format!("{name}_assign"))
            } else {
                self.methods_of_trait(t, &of, &name)
            };
            found.retain(|f| self.takes(*f, &right));
            found
        };
        let mut found = find(op.assigns);
        if found.is_empty() && op.assigns {
            found = find(false);
        }
        found.into_iter().map(Target::Func).collect()
    }

    /// Whether the right side of an operator may be this.
    fn takes(&self, f: FuncId, right: &Ty) -> bool {
        signature(self.p, self.models, f).0.get(1).is_some_and(|want| self.may_fit(want, right))
    }

    fn asked(&self, of: &Ty, with: Option<&Ty>, asks: Asks) -> Vec<Target> {
        let Ty::Adt(t, _) = self.head(of) else { return Vec::new() };
        let with = with.map(|ty| self.head(ty));
        let fits = |f: &FuncId| with.as_ref().is_none_or(|right| self.takes(*f, right));
        let methods = |(of, name): &(&str, &str)| {
            let mut found = self.methods_of_trait(t, of, name);
            found.retain(fits);
            found
        };
        let first = |group: &&[(&str, &str)]| group.iter().map(methods).find(|found| !found.is_empty());
        asks.iter().filter_map(first).flatten().map(Target::Func).collect()
    }

    /// A value goes where something iterable is asked for.
    pub(super) fn iterated(&mut self, op: &Operand, want: &Ty, ty: &Ty) {
        if matches!(want, Ty::Ext(n, _) if n == "Iter") && matches!(self.head(ty), Ty::Adt(..)) {
            self.implied.push((implied_at(self.at, op), Implied::Loop(ty.clone())));
        }
    }

    /// What a future comes to: one of a type of the workspace what its `poll` gives.
    pub(super) fn waited(&mut self, op: &Operand, ty: Ty) -> Ty {
        let at = self.head(&ty);
        let Ty::Adt(t, _) = at else { return ty };
        if self.p.impls_for(t, "Future").is_empty() && self.p.impls_for(t, "IntoFuture").is_empty() {
            return ty;
        }
        self.implied.push((implied_at(self.at, op), Implied::Wait(ty)));
        match project(self.p, self.models, &at, "Output") {
            Some(output) => output,
            None => self.fresh(),
        }
    }

    /// What makes one thing of a value, and then what is asked of that: each a trait and its method.
    fn made_and_asked(&self, of: &Ty, steps: [(&str, &str); 2]) -> Vec<Target> {
        let mut at = self.head(of);
        let mut out = Vec::new();
        let [(makes, make), (asked, ask)] = steps;
        if let Ty::Adt(t, _) = at
            && let Some(f) = self.methods_of_trait(t, makes, make).first()
        {
            out.push(Target::Func(*f));
            at = signature(self.p, self.models, *f).1.clone();
        }
        if let Ty::Adt(t, _) = at
            && let Some(f) = self.methods_of_trait(t, asked, ask).first()
        {
            out.push(Target::Func(*f));
        }
        out
    }

    /// What makes an error of another. None if nothing does: it stays as it is. None of those that could are found
    /// where its own type is not known.
    fn error(&self, from: &Ty, to: &Ty, by: &str) -> Option<Vec<Target>> {
        let Ty::Ext(n, args) = self.head(to) else { return None };
        let to = args.get(1).filter(|_| n == "Result").map(|e| self.head(e))?;
        let from = self.head(from);
        if self.is_same_error(&from, &to) {
            return None;
        }
        let all = match &to {
            Ty::Adt(t, _) => Cow::Borrowed(self.errors_into(*t)),
            Ty::Ext(of, _) => Cow::Owned(self.errors_into_ext(of, &to)),
            _ => return None,
        };
        let mut found: Vec<&(Ty, Target)> = all.iter().filter(|(_, by)| self.makes(by, &to)).collect();
        if found.is_empty() {
            return None;
        }
        if matches!(from, Ty::Unknown | Ty::Var(_)) {
            // Of another crate's type most impls are elsewhere.
            if matches!(to, Ty::Ext(..)) && !all.iter().any(|(_, by)| self.makes_object(by)) {
                return None;
            }
            // An error of the crate that was called, of which is not known which: its `Error`, if that is one of them.
            let krate = by.split_once("::").map_or("", |(krate, _)| krate);
            let of_crate = |n: &str| n.split_once("::").is_some_and(|(of, _)| of == krate);
            found.retain(|(ty, _)| matches!(ty, Ty::Ext(n, _) if of_crate(n)));
            if let Some(main) = main_error(by).filter(|main| found.iter().any(|(ty, _)| ty == main)) {
                found.retain(|(ty, _)| *ty == main);
            }
            if found.is_empty() {
                // One for any type is for this.
                found.extend(all.iter().filter(|(want, _)| matches!(want, Ty::Param(_))));
            }
        } else {
            found.retain(|(want, _)| self.may_fit(want, &from));
            let named = |want: &Ty| !matches!(want, Ty::Param(_));
            if matches!(from, Ty::Adt(..)) && found.iter().any(|(want, _)| named(want)) {
                // No two impls are for one type: one for any type is not for this.
                found.retain(|(want, _)| named(want));
            }
            if let Some(at) = found.iter().position(|(_, t)| matches!(t, Target::Ctor(..))) {
                // What is written by hand comes before a variant, of which there is one.
                found.truncate(at.max(1));
            }
            if found.is_empty() {
                return None;
            }
        }
        Some(found.into_iter().map(|(_, target)| target.clone()).collect())
    }

    /// Whether what makes an error may make one of this very type: an impl for `Failure<A>` makes no `Failure<B>`.
    fn makes(&self, by: &Target, to: &Ty) -> bool {
        let Target::Func(f) = by else { return true };
        to.args().is_empty() || self.p.func_impl(*f).is_none_or(|i| self.is_for(i, to))
    }

    /// Notes the type of an error for the functions that take any. One that is not known is that of the crate that was
    /// called, where it only tells what is made of it.
    fn raises(&mut self, at: ImpliedAt, found: &[Target], (from, by): (&Ty, &str)) {
        let known = self.sure(from);
        for target in found {
            let Target::Func(f) = target else { continue };
            let [Ty::Param(name)] = signature(self.p, self.models, *f).0.as_slice() else { continue };
            let from = match (&known, main_error(by)) {
                (Ty::Unknown, Some(main)) if !matches!(bound_of(self.p, self.models, *f, name), Ty::Traits(_)) => main,
                _ => known.clone(),
            };
            let generics = vec![(name.clone(), from.clone())];
            self.out.raised.push((at, Brought { to: *f, generics, args: [from].into() }));
        }
    }

    /// Whether a function is of an impl for an object of a trait of the workspace.
    fn makes_object(&self, by: &Target) -> bool {
        let Target::Func(f) = by else { return false };
        let own = self.p.func_impl(*f).and_then(|i| self.p.impl_self.get(i.0 as usize));
        own.is_some_and(|own| matches!(own.args(), [Ty::Traits(_)]))
    }

    /// Whether an error is already of the type that a question mark is to make: also of an object of which it is known
    /// what is in it.
    fn is_same_error(&self, from: &Ty, to: &Ty) -> bool {
        match (from, to) {
            (Ty::Adt(a, _), Ty::Adt(b, _)) => a == b,
            (Ty::Ext(a, of), Ty::Ext(b, have)) => {
                let same = |(of, have): (&Ty, &Ty)| match (self.head(of), self.head(have)) {
                    (Ty::Traits(ts), Ty::Adt(t, _)) | (Ty::Adt(t, _), Ty::Traits(ts)) => {
                        ts.iter().all(|of| self.p.implements(t, *of))
                    }
                    (of, have) => of == have,
                };
                a == b && of.len() == have.len() && of.iter().zip(have.iter()).all(same)
            }
            _ => false,
        }
    }

    /// The errors that become one of a type that is not of the workspace, by impls here: of an object of a trait that is
    /// (`Box<dyn Failure>`) there are no others. Of another type they are for what they name.
    fn errors_into_ext(&self, of: &str, to: &Ty) -> Vec<(Ty, Target)> {
        let taking = |f: FuncId| {
            let i = self.p.func_impl(f)?;
            let object = self.makes_object(&Target::Func(f));
            // What is in an object may be known.
            let may_be = !object || matches!(to.args(), [to] if matches!(self.head(to), Ty::Traits(_) | Ty::Adt(..)));
            let from = signature(self.p, self.models, f).0.first()?.clone();
            let is_for = may_be && self.is_for(i, to) && (object || matches!(from, Ty::Adt(..)));
            is_for.then_some((from, Target::Func(f)))
        };
        self.p.methods_of_ext(of, "from").into_iter().filter_map(taking).collect()
    }

    /// The errors that become one of this type, and by what.
    fn errors_into(&self, t: TypeId) -> &[(Ty, Target)] {
        let taking = |f: FuncId| Some((signature(self.p, self.models, f).0.first()?.clone(), Target::Func(f)));
        let all = || {
            let by_hand = self.methods_of_trait(t, "From", "from").into_iter().filter_map(taking);
            by_hand.chain(self.wrapped_errors(t)).collect()
        };
        self.p.errors.get(t.0 as usize).map_or(&[], |slot| slot.get_or_init(all))
    }

    /// `#[from]`: the variants that hold an error, with its type.
    fn wrapped_errors(&self, t: TypeId) -> Vec<(Ty, Target)> {
        let variants = match self.p.type_def(t).map(|d| &d.kind) {
            Some(TypeKind::Enum(vs)) => vs.as_slice(),
            _ => &[],
        };
        let held = |(v, def): (u32, &VariantDef)| {
            let error = def.fields.first().filter(|f| f.attrs.from)?;
            let ty = field_ty(self.p, self.models, &Ty::Adt(t, [].into()), Some(v), &error.name);
            Some((ty, Target::Ctor(t, Some(v))))
        };
        (0..).zip(variants).filter_map(held).collect()
    }
}

/// The error that most of what a crate calls gives: its `Error`.
fn main_error(called: &str) -> Option<Ty> {
    called.split_once("::").map(|(krate, _)| Ty::ext(&format!("{krate}::Error")))
}
