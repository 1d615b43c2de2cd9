//! What patterns say of the types of what they take apart.

use super::Walk;
use crate::ir::body::{Cond, PathId, Sel, Test};
use crate::ir::items::TypeKind;
use crate::link::program::{Def, Program, Res};
use crate::link::ty::{Ty, ext};
use crate::model::{Effect, ModelSet, Port, PortBase};

/// What a pattern of a variant of another crate's type takes apart (`Value::Object(m)`): where the constructor only
/// hands on what it is given, a newtype of that.
#[must_use]
pub fn newtype_variant(p: &Program, models: &ModelSet, pattern: Option<&Res>) -> Option<Ty> {
    let Some(Res { def: Some(Def::Ext(path)), .. }) = pattern else { return None };
    let row = models.find_exact(path, 1).or_else(|| {
        let (of, variant) = path.rsplit_once("::")?;
        match ext(models, of.into(), Vec::new(), 0) {
            Ty::Ext(of, _) => models.find_exact(&format!("{of}::{variant}"), 1),
            _ => None,
        }
    })?;
    let given = Port { base: PortBase::Arg(0), ..Port::ret() };
    let hands_on =
        |e: &Effect| *e == Effect::Flow { from: given.clone(), to: Port::ret(), derived: false, replace: false };
    if !matches!(models.row(row)?.effects.as_slice(), [only] if hands_on(only)) {
        return None;
    }
    // What is generic says itself what it holds.
    let content = p.row_signature(models, row)?.params.first().filter(|t| t.is_closed())?.clone();
    Some(Ty::Ext(path.clone(), [content].into()))
}

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

    /// What is in `Some` or `Ok` of a value of which nothing is known, where the pattern goes on with a struct or a variant of the workspace.
    pub(super) fn wrapped(&mut self, ty: &Ty, next: Option<&Sel>) -> Option<Ty> {
        let (Ty::Var(_), Some(Sel::As(pattern))) = (ty, next) else { return None };
        let named = self.out.paths.get(pattern.0 as usize).and_then(|r| r.def.as_ref());
        if !matches!(named, Some(Def::Type(_) | Def::Variant(..))) {
            return None;
        }
        let inner = self.fresh();
        self.unify(ty, &Ty::Ext("Option".into(), [inner.clone()].into()));
        Some(inner)
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
