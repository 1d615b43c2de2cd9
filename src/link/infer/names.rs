//! What the paths of a body mean.

use super::conversions::is_conversion;
use super::{Walk, bound_of};
use crate::ir::Name;
use crate::ir::items::{Owner, TypeKind, TypeRef};
use crate::link::program::{Def, FuncId, Res};
use crate::link::ty::{Ty, lower, peel};

impl Walk<'_> {
    pub(super) fn resolve_path(&self, path: &crate::ir::items::Path) -> Res {
        let Some(module) = self.cx.module else { return Res::default() };
        if let Some(q) = &path.qself {
            let ty = lower(self.p, self.models, &self.cx, q);
            let rest = path.segments.last().cloned().into_iter().collect();
            return match peel(self.models, &ty) {
                Ty::Adt(t, _) => Res { def: Some(Def::Type(*t)), rest },
                Ty::Ext(n, _) => Res { def: Some(Def::Ext(n.clone())), rest },
                Ty::Tuple(_) if is_conversion(path) => Res::default(),
                _ => self.p.resolve(module, &path.segments),
            };
        }
        let first = path.segments.first();
        if first.is_some_and(|s| s == "Self") {
            let rest: Vec<Name> = path.segments.iter().skip(1).cloned().collect();
            if let Some(res) = self.of_associated(path) {
                return res;
            }
            return match &self.cx.self_ty {
                Some(Ty::Adt(t, _)) => match rest.first().and_then(|n| self.p.variant(*t, n)) {
                    Some(v) => Res { def: Some(Def::Variant(*t, v)), rest: rest.into_iter().skip(1).collect() },
                    None => Res { def: Some(Def::Type(*t)), rest },
                },
                Some(Ty::Ext(n, _)) => Res { def: Some(Def::Ext(n.clone())), rest },
                _ => Res { def: self.p.func_trait(self.id).map(Def::Trait), rest },
            };
        }
        if path.segments.len() == 1
            && let Some(name) = first
            && let Some(nested) = self.nested(name)
        {
            return Res { def: Some(Def::Func(nested)), rest: Vec::new() };
        }
        if path.segments.len() >= 2
            && let Some(name) = first
            && self.cx.generics.contains(name)
        {
            let rest = path.segments.iter().skip(1).cloned().collect();
            match self.cx.known.iter().find(|(n, _)| n == name) {
                Some((_, Ty::Adt(t, _))) => return Res { def: Some(Def::Type(*t)), rest },
                Some((_, Ty::Ext(n, _))) => return Res { def: Some(Def::Ext(n.clone())), rest },
                _ => {}
            }
            return match bound_of(self.p, self.models, self.id, name) {
                Ty::Traits(ts) => Res { def: ts.first().map(|t| Def::Trait(*t)), rest },
                _ => Res::default(),
            };
        }
        let mut res = self.p.resolve(module, &path.segments);
        // An alias of a type outside the workspace.
        if let Some(Def::Type(t)) = res.def
            && let Some(def) = self.p.type_def(t)
            && matches!(def.kind, TypeKind::Alias(_))
        {
            let alias = crate::ir::items::Path {
                segments: path.segments.iter().take(path.segments.len() - res.rest.len()).cloned().collect(),
                args: path.args.clone(),
                ..Default::default()
            };
            match lower(self.p, self.models, &self.cx, &TypeRef::Path(alias)) {
                Ty::Adt(x, _) => {
                    res.def = Some(Def::Type(x));
                    if let Some(v) = res.rest.first().and_then(|n| self.p.variant(x, n)) {
                        res.def = Some(Def::Variant(x, v));
                        res.rest.remove(0);
                    }
                }
                Ty::Ext(n, _) => res.def = Some(Def::Ext(n)),
                _ => {}
            }
        }
        res
    }

    /// `Self::Row::load`, `Self::Row { .. }`: of a type that the impl names.
    fn of_associated(&self, path: &crate::ir::items::Path) -> Option<Res> {
        let [first, name, rest @ ..] = path.segments.as_slice() else { return None };
        let is_variant = |t: &Ty| matches!(t, Ty::Adt(t, _) if self.p.variant(*t, name).is_some());
        if self.cx.self_ty.as_ref().is_some_and(is_variant) || rest.is_empty() && name.starts_with(char::is_lowercase) {
            return None;
        }
        let segments = vec![first.clone(), name.clone()];
        let of = TypeRef::Path(crate::ir::items::Path { segments, ..Default::default() });
        let def = match peel(self.models, &lower(self.p, self.models, &self.cx, &of)) {
            Ty::Adt(t, _) => Def::Type(*t),
            Ty::Ext(n, _) => Def::Ext(n.clone()),
            _ => return None,
        };
        Some(Res { def: Some(def), rest: rest.to_vec() })
    }

    /// A function written inside this one or one around it.
    pub(super) fn nested(&self, name: &str) -> Option<FuncId> {
        let (u, mut i) = *self.p.funcs.get(self.id.0 as usize)?;
        let crate::ir::Content::Rust(r) = &self.p.units.get(u as usize)?.content else { return None };
        for _ in 0..8 {
            let hit = r.funcs.iter().position(|f| f.parent == Some(i) && f.owner == Owner::Module && f.name == name);
            if let Some(h) = hit {
                return Some(self.p.func_id(u, h as u32));
            }
            i = r.funcs.get(i as usize)?.parent?;
        }
        None
    }
}
