//! What a body calls without naming it: operators, loops and the question mark go through impls of the workspace.

use std::collections::BTreeMap;

use super::{Target, Walk, signature};
use crate::ir::Name;
use crate::ir::body::{Arith, Local, Operand};
use crate::link::program::{FuncId, TypeId};
use crate::link::ty::{Ty, fields_of};
use crate::source::Span;

/// Where a call is implied: the place in the text, and the local of the first operand. All that a macro expands to has
/// one place.
pub type ImpliedAt = (Span, Option<Local>);

/// Something that may go through an impl, by the types that it is about.
pub(super) enum Implied {
    /// An operator between two values.
    Operator(Arith, Ty, Ty),
    /// A loop over a value.
    Loop(Ty),
    /// A question mark: an error of one type that becomes part of a result of another, and what gave it.
    Error(Ty, Ty, Name),
}

/// Where an operand implies a call.
#[must_use]
pub fn implied_at(span: Span, by: &Operand) -> ImpliedAt {
    (span, if let Operand::Place(p) = by { Some(p.base) } else { None })
}

impl Walk<'_> {
    /// What the places that imply a call reach, now that all types are known.
    pub(super) fn reached_unnamed(&mut self) -> BTreeMap<ImpliedAt, Vec<Target>> {
        let mut out = BTreeMap::new();
        for (at, what) in std::mem::take(&mut self.implied) {
            let found = match what {
                Implied::Operator(op, left, right) => self.operator(op, &left, &right),
                Implied::Loop(over) => self.looped(&over),
                Implied::Error(from, to, by) => self.error(&from, &to, &by),
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
            let fits = |f: &FuncId| {
                let (params, _) = signature(self.p, self.models, *f);
                params.get(1).is_some_and(|want| self.may_fit(want, &right))
            };
            found.retain(fits);
            found
        };
        let mut found = find(op.assigns);
        if found.is_empty() && op.assigns {
            found = find(false);
        }
        found.into_iter().map(Target::Func).collect()
    }

    /// What makes an iterator of a value, and then what gives an element.
    fn looped(&self, over: &Ty) -> Vec<Target> {
        let mut at = self.head(over);
        let mut out = Vec::new();
        if let Ty::Adt(t, _) = at
            && let Some(f) = self.methods_of_trait(t, "IntoIterator", "into_iter").first()
        {
            out.push(Target::Func(*f));
            at = signature(self.p, self.models, *f).1.clone();
        }
        if let Ty::Adt(t, _) = at
            && let Some(f) = self.methods_of_trait(t, "Iterator", "next").first()
        {
            out.push(Target::Func(*f));
        }
        out
    }

    fn error(&self, from: &Ty, to: &Ty, by: &str) -> Vec<Target> {
        let Ty::Ext(n, args) = self.head(to) else { return Vec::new() };
        let Some(Ty::Adt(t, _)) = args.get(1).filter(|_| n == "Result").map(|e| self.head(e)) else {
            return Vec::new();
        };
        let from = self.head(from);
        if matches!(from, Ty::Adt(same, _) if same == t) {
            return Vec::new();
        }
        let mut found = self.methods_of_trait(t, "From", "from");
        if matches!(from, Ty::Unknown | Ty::Var(_)) {
            // An error of the crate that was called, of which is not known which.
            let krate = |path: &str| path.split_once("::").map(|(krate, _)| Name::from(krate));
            let by = krate(by);
            let foreign = |f: &FuncId| match signature(self.p, self.models, *f).0.first() {
                Some(Ty::Ext(n, _)) => by.is_some() && krate(n) == by,
                _ => false,
            };
            found.retain(foreign);
            return found.into_iter().map(Target::Func).collect();
        }
        found.retain(|f| signature(self.p, self.models, *f).0.first().is_some_and(|want| self.may_fit(want, &from)));
        if !found.is_empty() {
            return found.into_iter().map(Target::Func).collect();
        }
        // `#[from]`: the variant that holds such an error.
        let holds = |v: u32| {
            fields_of(self.p, t, Some(v)).is_some_and(|fs| {
                matches!(fs, [only] if only.attrs.from
                    && self.may_fit(&crate::link::ty::field_ty(self.p, self.models, &Ty::Adt(t, [].into()), Some(v), &only.name), &from))
            })
        };
        let variants = match self.p.type_def(t).map(|d| &d.kind) {
            Some(crate::ir::items::TypeKind::Enum(vs)) => vs.len() as u32,
            _ => 0,
        };
        (0..variants).find(|v| holds(*v)).map(|v| Target::Ctor(t, Some(v))).into_iter().collect()
    }
}
