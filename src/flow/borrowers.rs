//! Borrowers: which types, fields, arguments and locals hold what is another's.

use std::collections::BTreeSet;

use super::interp::Interp;
use super::owners::Given;
use super::value::{Base, Way, Way1};
use super::writers::is_writer;
use crate::ir::Name;
use crate::ir::body::{Func, Local, Operand, Place, Rvalue, Stmt};
use crate::ir::items::{Generic, TypeRef};
use crate::limits::{BORROWS_DEPTH, DROPPED_ROUNDS};
use crate::link::infer::{Site, Target, Typed};
use crate::link::program::{Def, FuncId, Program, TypeId};
use crate::link::ty::{Ty, any_within, field_ty, fields_of, payload, peel};

/// Whether who has a value of a written type may write through it to what others see: there is a `&mut` in it, or a
/// writer of any type, which may be lent or stand for what is outside.
pub(super) fn lends(generics: &[Generic], ty: &TypeRef) -> bool {
    ty.holds(&|t| matches!(t, TypeRef::RefMut(_)) || is_writer(generics, t, &|_| true))
}

/// What a written type borrows that is one of a borrow which may be written through, pinned perhaps.
pub(super) fn pointee(ty: &TypeRef) -> Option<&TypeRef> {
    match ty {
        TypeRef::RefMut(of) => Some(of),
        TypeRef::Path(path) if path.segments.last().is_some_and(|s| s == "Pin") => pointee(path.args.first()?),
        _ => None,
    }
}

/// Whether a written type is none of a borrow, and has one in it that may be written through.
pub(super) fn holds_lent(ty: &TypeRef) -> bool {
    pointee(ty).is_none() && ty.holds(&|t| matches!(t, TypeRef::RefMut(_)))
}

impl Interp<'_> {
    /// Whether a place is a mutable borrow that is declared as one.
    pub(super) fn is_borrow(&self, place: &Place) -> bool {
        let declared = self.f.locals.get(place.base.0 as usize).and_then(|l| l.ty.as_deref());
        place.is_whole() && matches!(declared, Some(TypeRef::RefMut(_)))
    }

    /// Whether what is at a place is of a parameter or a field that is declared as something which holds borrows that
    /// may be written through: a list of them.
    pub(super) fn keeps_borrows(&self, (base, way): &(Base, Way)) -> bool {
        let Base::Local(l) = base else { return false };
        let holds = |ty: &TypeRef| holds_lent(pointee(ty).unwrap_or(ty));
        if self.f.params.iter().any(|p| p.local == *l && holds(&p.ty)) {
            return true;
        }
        let (p, models) = (self.cx.program, self.cx.models);
        let mut ty = self.local_ty(*l).clone();
        for step in way {
            ty = match step {
                Way1::Field(name) => {
                    let Ty::Adt(t, _) = peel(models, &ty) else { return false };
                    if fields_of(p, *t, None).unwrap_or_default().iter().any(|f| f.name == *name && holds(&f.ty)) {
                        return true;
                    }
                    field_ty(p, models, peel(models, &ty), None, name)
                }
                Way1::Element | Way1::Value(_) => payload(models, &ty).cloned().unwrap_or_default(),
            };
        }
        payload(models, &ty).is_some_and(|ty| self.holds_borrow(ty))
    }

    /// Whether values of a type hold a borrow that may be written through.
    pub(super) fn holds_borrow(&self, ty: &Ty) -> bool {
        if let Ty::Tuple(parts) = ty {
            return parts.iter().any(|part| self.holds_borrow(part));
        }
        any_within(self.cx.program, self.cx.models, ty, BORROWS_DEPTH as usize, &|_, _, def| {
            Some(def.fields().any(|(_, f)| lends(&[], &f.ty)))
        })
    }
}

/// Whether all that a call may reach declare that an argument is borrowed.
pub(super) fn borrows_argument(p: &Program, site: &Site, arg: usize) -> bool {
    let lent = |f: FuncId| p.func(f).and_then(|f| f.params.get(arg)).is_none_or(|p| p.lent);
    site.targets.iter().all(|t| matches!(t, Target::Func(f) if lent(*f)))
}

/// Whether a field is declared as a borrow.
pub(super) fn borrows_field(p: &Program, of: TypeId, variant: Option<u32>, name: &Name) -> bool {
    fields_of(p, of, variant).unwrap_or_default().iter().any(|f| f.name == *name && f.lent)
}

/// The locals that hold what is another's: what is lent to the function or inside of it, and what is had of that.
pub(super) fn borrowed(f: &Func, typed: &Typed, given: &Given) -> BTreeSet<Local> {
    let mut out: BTreeSet<Local> = f.params.iter().filter(|p| p.lent).map(|p| p.local).collect();
    let is_shared = |op: &Operand, out: &BTreeSet<Local>| match op {
        Operand::Place(p) => out.contains(&p.base),
        Operand::Path(p) => typed.paths.get(p.0 as usize).is_some_and(|r| matches!(r.def, Some(Def::Const(_)))),
        Operand::Lit(_) => false,
    };
    let makes = |site: u32| {
        let targets = typed.sites.get(site as usize).map_or(&[][..], |s| &s.targets);
        targets.iter().any(|t| match t {
            Target::Ctor(..) => true,
            Target::Func(f) => given.contains_key(f),
            Target::Row(_) => false,
        })
    };
    for _ in 0..DROPPED_ROUNDS {
        let before = out.len();
        f.each_stmt(&mut |s| {
            let Stmt::Assign { dst, src, .. } = s else { return };
            let is_borrow = match src {
                Rvalue::RefMut(_) => true,
                Rvalue::Use(op)
                | Rvalue::Cast(op, _)
                | Rvalue::Positive(_, op)
                | Rvalue::Elem(op)
                | Rvalue::Await(op) => is_shared(op, &out),
                Rvalue::Call { site, args, .. } => !makes(*site) && args.iter().any(|op| is_shared(op, &out)),
                _ => false,
            };
            if is_borrow && dst.path.is_empty() {
                out.insert(dst.base);
            }
        });
        if out.len() == before {
            break;
        }
    }
    out
}
