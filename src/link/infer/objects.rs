//! What is behind `dyn Trait` and `impl Trait`, where the function itself says it.

use std::collections::{BTreeMap, BTreeSet};

use super::Walk;
use crate::ir::body::{Func, Local, Place, RET, Rvalue, Stmt};
use crate::ir::items::TypeRef;
use crate::link::instances::Known;
use crate::link::program::{Def, FuncId, TraitId, TypeId};
use crate::link::specialise::{bounds_in, traits_asked};
use crate::link::ty::{Ty, peel};

/// Locals that are declared as an object and set in one place only. What is lent as a whole may be set by whoever has it,
/// and callers set parameters.
pub(super) fn set_once(f: &Func) -> BTreeSet<Local> {
    let object = |l: &Local| f.locals.get(l.0 as usize).and_then(|l| l.ty.as_deref()).is_some_and(is_object);
    let given: BTreeSet<Local> =
        f.params.iter().map(|p| p.local).chain(f.closures.iter().flat_map(|c| c.params.iter().copied())).collect();
    let own = |l: &Local| *l != RET && !given.contains(l);
    let objects: Vec<Local> = (0..f.locals.len() as u32).map(Local).filter(|l| own(l) && object(l)).collect();
    if objects.is_empty() {
        return BTreeSet::new();
    }
    let mut sets: BTreeMap<Local, usize> = BTreeMap::new();
    let mut lent: BTreeSet<Local> = BTreeSet::new();
    f.each_stmt(&mut |s| {
        let Stmt::Assign { dst, src, .. } = s else { return };
        *sets.entry(dst.base).or_default() += 1;
        if let Rvalue::RefMut(place) = src
            && place.path.is_empty()
        {
            lent.insert(place.base);
        }
    });
    objects.into_iter().filter(|l| sets.get(l) == Some(&1) && !lent.contains(l)).collect()
}

/// Whether a written type is an object or a pointer to one.
fn is_object(ty: &TypeRef) -> bool {
    match ty {
        TypeRef::Bounds { .. } => true,
        TypeRef::RefMut(t) => is_object(t),
        TypeRef::Path(p) => {
            let pointer = matches!(p.segments.last().map(|s| s.as_str()), Some("Box" | "Rc" | "Arc"));
            pointer && matches!(p.args.as_slice(), [only] if is_object(only))
        }
        _ => false,
    }
}

impl Walk<'_> {
    /// The traits behind which a type is known: of what callers bring to an instance, and of objects that are set once.
    pub(super) fn traits_seen_through(&self) -> Vec<TraitId> {
        let brought = self.p.known(self.id).is_some_and(|k| *k != Known::default());
        let mut out = if brought { traits_asked(self.p, self.id) } else { Vec::new() };
        let Some(scope) = self.cx.module else { return out };
        let declared = |l: &Local| self.f.locals.get(l.0 as usize).and_then(|l| l.ty.as_deref());
        for path in self.objects.iter().filter_map(declared).flat_map(bounds_in) {
            if let Some(Def::Trait(t)) = self.p.resolve(scope, &path.segments).def {
                out.push(t);
            }
        }
        out.sort();
        out.dedup();
        out
    }

    /// The methods of a type by a name: what it makes of that of a trait which stands for the type here, else its own.
    pub(super) fn methods_asked(&self, t: TypeId, name: &str) -> Vec<FuncId> {
        let of = |asked: &TraitId| self.p.trait_method(*asked, name).map(|m| self.p.methods_of_trait(t, m));
        let asked = self.asked.iter().filter_map(of).find(|found| !found.is_empty());
        let of_default = || self.trait_of_default(t).as_ref().and_then(of).filter(|found| !found.is_empty());
        asked.or_else(of_default).unwrap_or_else(|| self.p.methods_of(t, name))
    }

    /// The trait that a default method stands in, if this is its own type: it is all that it knows of that.
    fn trait_of_default(&self, t: TypeId) -> Option<TraitId> {
        let is_own = matches!(&self.cx.self_ty, Some(Ty::Adt(own, _)) if *own == t);
        if is_own { self.p.func_trait(self.p.as_written(self.id)) } else { None }
    }

    /// Notes what is returned; and gives a local that is declared as an object the type of what it is set to, if that
    /// is known.
    pub(super) fn is_set(&mut self, dst: &Place, ty: &Ty) -> bool {
        if !dst.path.is_empty() {
            return false;
        }
        if dst.base == RET {
            self.given_back.push(ty.clone());
            return false;
        }
        if !self.objects.contains(&dst.base) || !matches!(peel(self.models, &self.sure(ty)), Ty::Adt(..)) {
            return false;
        }
        if let Some(slot) = self.out.locals.get_mut(dst.base.0 as usize) {
            slot.clone_from(ty);
        }
        true
    }

    /// What the function returns, where it declares by traits of the workspace alone what that is.
    pub(super) fn hidden(&self) -> Option<Ty> {
        if !is_by_traits(&self.out.ret) {
            return None;
        }
        let mut given = self.given_back.iter().map(|t| self.sure(t));
        let first = given.next().filter(|t| matches!(peel(self.models, t), Ty::Adt(..)))?;
        given.all(|t| t == first).then_some(first)
    }
}

/// Whether a type says of a part only which traits it has.
fn is_by_traits(ty: &Ty) -> bool {
    matches!(ty, Ty::Traits(_)) || ty.args().iter().any(is_by_traits)
}
