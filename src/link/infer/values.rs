//! Paths as values: constants, and functions, constructors and rows that are named and not called.

use std::sync::Arc;

use super::paths::written_for;
use super::unify::Instance;
use super::{Brought, Conversion, Converts, Walk, Wanted, signature};
use crate::ir::Name;
use crate::ir::items::Owner;
use crate::link::program::{ConstId, Def, FuncId, Res, TypeId};
use crate::link::ty::{self, Ty, TyCx, lower};

impl Walk<'_> {
    /// The type of a path used as a value.
    pub(super) fn path_value(&mut self, id: u32) -> Ty {
        let Some(res) = self.out.paths.get(id as usize).cloned() else { return Ty::Unknown };
        match (&res.def, res.rest.first()) {
            (Some(Def::Const(c)), _) => self.const_ty(*c),
            (Some(Def::Func(f)), _) => self.func_value(*f, None, id),
            (Some(Def::Variant(t, v)), _) => self.ctor_value(*t, Some(*v)),
            (Some(Def::Type(t)), None) => self.ctor_value(*t, None),
            (Some(Def::Type(t)), Some(name)) => {
                if let Some(c) = self.p.assoc_consts(*t, name).first() {
                    return self.const_ty(*c);
                }
                let own = self.path_self(id);
                if let Some(f) = self.p.methods_of(*t, name).first() {
                    return self.func_value(*f, own.as_ref(), id);
                }
                match self.row_of_type(*t, name, &[Ty::Unknown]) {
                    Some(row) => self.row_of_path(id, row, own),
                    None => Ty::Unknown,
                }
            }
            (Some(Def::Trait(t)), Some(name)) => match self.p.trait_method(*t, name) {
                Some(f) => self.func_value(f, None, id),
                None => Ty::Unknown,
            },
            (Some(Def::Ext(n)), rest) => {
                let full = rest.map_or_else(|| n.to_string(), |r| format!("{n}::{r}"));
                self.ext_value(&full, id)
            }
            _ if self.converts_to_tuple(id) => self.conversion_value(id),
            _ => match self.f.paths.get(id as usize).and_then(|path| self.row_of_unread(path, 1)) {
                Some(row) => {
                    let own = self.path_self(id);
                    let ty = self.row_of_path(id, row, own);
                    // Of what it is called with there may be a conversion here.
                    if let Ty::Fn(ins, made) = &ty
                        && let [from] = &ins[..]
                    {
                        self.wanted(from, Wanted::Given(id, (**made).clone()));
                    }
                    ty
                }
                None => Ty::Unknown,
            },
        }
    }

    fn const_ty(&self, c: ConstId) -> Ty {
        let (Some(def), Some((u, _))) = (self.p.const_def(c), self.p.consts.get(c.0 as usize)) else {
            return Ty::Unknown;
        };
        let self_ty = match def.owner {
            Owner::Impl(i) => self.p.impl_self.get(self.p.impl_id(*u, i).0 as usize).cloned(),
            _ => None,
        };
        let cx = TyCx { module: Some(self.p.module_at(*u, def.module)), self_ty, ..TyCx::default() };
        lower(self.p, self.models, &cx, &def.ty)
    }

    /// The type of a function as a value, named by a path.
    fn func_value(&mut self, f: FuncId, own: Option<&Ty>, path: u32) -> Ty {
        let (params, ret) = signature(self.p, self.models, f);
        let mut of = self.written_generics(f, path);
        of.extend(own.map(|t| (Name::from("Self"), t.clone())));
        let params = params.iter().map(|t| self.vars.instance(t, &mut of)).collect();
        let ty = Ty::Fn(params, Arc::new(self.vars.instance(ret, &mut of)));
        if own.is_none() {
            self.values.push((path, f, of));
        }
        ty
    }

    /// A unit struct or variant, or the constructor of a tuple.
    fn ctor_value(&mut self, t: TypeId, variant: Option<u32>) -> Ty {
        let own = self.own_shape(t);
        let tuple = ty::fields_of(self.p, t, variant)
            .is_some_and(|fs| fs.first().is_some_and(|f| f.name == "0"))
            .then(|| ty::fields_of(self.p, t, variant).map_or(0, <[_]>::len));
        match tuple {
            None => own,
            Some(n) => {
                let params = (0..n).map(|i| self.field_of(&own, variant, &i.to_string())).collect();
                Ty::Fn(params, Arc::new(own))
            }
        }
    }

    /// A row as a value, as a path names it. What the function of a trait makes for a type is of that:
    /// `<User as Deserialize>::deserialize`.
    fn row_of_path(&mut self, path: u32, row: u32, own: Option<Ty>) -> Ty {
        let Some(named) = self.f.paths.get(path as usize) else { return Ty::Unknown };
        let generics = self.written(&named.args);
        let of_trait = named.qself.is_some() && named.segments.len() > 1;
        let own = own.unwrap_or_default();
        let ty = self.row_as_value(path, row, &own, &generics);
        if let Ty::Fn(_, ret) = &ty
            && (of_trait || matches!(own, Ty::Adt(..)))
            && own != Ty::Unknown
            && let made @ Ty::Var(var) = self.innermost(ret)
            && !self.vars.occurs(var, &own, 0)
        {
            self.unify(&made, &own);
        }
        ty
    }

    /// A path outside the workspace as a value: a function that a model knows.
    fn ext_value(&mut self, full: &str, path: u32) -> Ty {
        match full {
            "Some" | "Ok" => {
                let t = self.fresh();
                let args = if full == "Some" { vec![t.clone()] } else { vec![t.clone(), self.fresh()] };
                let name = if full == "Some" { "Option" } else { "Result" };
                return Ty::Fn([t].into(), Arc::new(Ty::Ext(name.into(), args.into())));
            }
            "Into::into" | "From::from" | "TryInto::try_into" | "TryFrom::try_from" => {
                let (from, to) = (self.fresh(), self.fresh());
                let may_fail = full.contains("try_");
                let by = Conversion { at: Converts::By(path), may_fail };
                self.wanted(&to, Wanted::Conversion(by, from.clone()));
                let ret = if may_fail {
                    let error = self.fresh();
                    Ty::Ext("Result".into(), [to, error].into())
                } else {
                    to
                };
                return Ty::Fn([from].into(), Arc::new(ret));
            }
            _ => {}
        }
        if let Some((of, name @ ("from" | "try_from"))) = full.rsplit_once("::")
            && (self.models.find(full, 1).is_none() || !self.p.methods_of_ext(of, name).is_empty())
        {
            return self.conversion_value(path);
        }
        let name = full.rsplit("::").next().unwrap_or(full);
        let constant = !name.contains(|c: char| c.is_ascii_lowercase());
        let row = self.ext_row(full, 1);
        match row.and_then(|r| self.p.row_signature(self.models, r)) {
            Some(sig) if row.and_then(|r| self.models.row(r)).is_some_and(|r| r.constant) => self.vars.filled(&sig.ret),
            Some(_) => {
                // `Into::into` is of the type that it gets.
                let of_type = |t: &Ty| matches!(t, Ty::Ext(n, _) if self.models.type_model(n).is_some());
                let named = self.f.paths.get(path as usize).is_some_and(|p| p.qself.is_some());
                let own = self.path_self(path).filter(|own| named || of_type(own));
                row.map_or(Ty::Unknown, |row| self.row_of_path(path, row, own))
            }
            None => {
                let is_type = |s: &str| s.starts_with(|c: char| c.is_ascii_uppercase());
                let of = full.rsplit_once("::").map(|(ty, _)| ty);
                let found = match of {
                    // A constant or unit variant of a foreign type: `Ordering::Less`, `Method::GET`.
                    Some(ty) if is_type(name) && ty.rsplit("::").next().is_some_and(is_type) => ty,
                    // A unit struct.
                    _ if is_type(name) && !constant => full,
                    _ => return Ty::Unknown,
                };
                let ty = ty::ext(self.models, found.into(), Vec::new(), 0);
                self.vars.filled(&ty)
            }
        }
    }

    /// What a path gives to the generic parameters of the function that it names.
    fn written_generics(&mut self, f: FuncId, path: u32) -> Instance {
        let (Some(def), Some(path)) = (self.p.func(f), self.f.paths.get(path as usize)) else { return Instance::new() };
        let written = self.written(&path.args);
        written_for(def, &written)
    }

    /// What the functions are that paths name as values, now that all types are known: a trait's method is that of the
    /// type that it is called with.
    pub(super) fn name_values(&mut self) {
        for (path, f, of) in std::mem::take(&mut self.values) {
            if self.p.func_trait(f).is_none() {
                if self.p.is_generic(f) {
                    let generics = of.iter().map(|(n, t)| (n.clone(), self.sure(t))).collect();
                    self.out.values.push((path, Brought { to: f, generics, args: [].into() }));
                }
                continue;
            }
            let own = of.iter().find(|(n, _)| n == "Self").map(|(_, t)| self.sure(t)).unwrap_or_default();
            let found = match (self.through_pointers(&own), self.p.func(f)) {
                (Ty::Adt(t, _), _) => self.p.methods_of_trait(t, f),
                (Ty::Ext(n, _), Some(def)) => {
                    let mut found = self.p.methods_of_ext(&n, &def.name);
                    found.retain(|f| self.p.func_impl(*f).is_none_or(|i| self.is_for(i, &own)));
                    found
                }
                _ => continue,
            };
            if let ([one], Some(res)) = (found.as_slice(), self.out.paths.get_mut(path as usize)) {
                *res = Res { def: Some(Def::Func(*one)), rest: Vec::new() };
            }
        }
    }
}
