//! What patterns say of the types of what they take apart.

use super::Walk;
use crate::ir::body::{Cond, PathId, Test};
use crate::ir::items::TypeKind;
use crate::link::program::Def;
use crate::link::ty::Ty;

impl Walk<'_> {
    /// The type of what a pattern takes apart: where nothing else says what it is, the pattern does.
    pub(super) fn named_by(&mut self, ty: &Ty, pattern: PathId) -> Ty {
        let Ty::Var(_) = ty else { return ty.clone() };
        let named = match self.out.paths.get(pattern.0 as usize).and_then(|r| r.def.as_ref()) {
            Some(Def::Type(t) | Def::Variant(t, _)) => *t,
            _ => return ty.clone(),
        };
        if self.p.type_def(named).is_some_and(|d| matches!(d.kind, TypeKind::Alias(_))) {
            return ty.clone();
        }
        let own = self.own_shape(named);
        self.unify(ty, &own);
        self.head(ty)
    }

    /// A test of a variant tells the type of what is tested.
    pub(super) fn tested(&mut self, cond: &Cond) {
        if let Cond::Is(place, Test::Path(pattern)) = cond {
            let ty = self.place(place);
            let ty = self.head(&ty);
            self.named_by(&ty, *pattern);
        }
    }
}
