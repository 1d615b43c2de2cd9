//! Conversions by the traits of std: which impl one means, whether it is called or only named.

use std::sync::Arc;

use super::calls::Args;
use super::{Conversion, Converts, How, Site, Target, Targets, Walk, Wanted, func_cx, generic, signature};
use crate::ir::Name;
use crate::ir::body::{Callee, Func, Operand, Rvalue, Stmt};
use crate::ir::items::{Path, TypeRef};
use crate::link::program::{Def, FuncId, Program, Res, TypeId};
use crate::link::ty::{Ty, lower};
use crate::model::ModelSet;

impl Walk<'_> {
    /// A conversion into a type that is not of the workspace, as a value: by which impl, what it is called with says.
    pub(super) fn conversion_value(&mut self, path: u32) -> Ty {
        let (from, made) = (self.fresh(), self.fresh());
        self.wanted(&from, Wanted::Given(path, made.clone()));
        Ty::Fn([from].into(), Arc::new(made))
    }

    /// The trait of std by whose path a value is converted, and the type that it is told to make: `Into::<T>::into(x)`,
    /// `<S as Into<T>>::into(x)`.
    fn conversion_of(&self, path: u32) -> Option<(Name, Option<&TypeRef>)> {
        let path = self.f.paths.get(path as usize)?;
        let (name, of) = path.segments.split_last()?;
        if !matches!(name.as_str(), "into" | "try_into") {
            return None;
        }
        match self.p.resolve(self.cx.module?, of).def {
            Some(Def::Ext(n)) if matches!(n.as_str(), "Into" | "TryInto") => Some((n, path.args.first())),
            _ => None,
        }
    }

    /// The type that such a path is told to make.
    pub(super) fn told_to_make(&mut self, path: u32) -> Option<Ty> {
        let (_, to) = self.conversion_of(path)?;
        let to = lower(self.p, self.models, &self.cx, to?);
        Some(self.vars.filled(&to))
    }

    /// A conversion by such a path: the type's own, or that of std.
    pub(super) fn conversion_by_path(&mut self, path: u32, args: Args<'_>, site: u32, out: &mut Site) -> bool {
        let Some((of, _)) = self.conversion_of(path) else { return false };
        let Some(name) = self.f.paths.get(path as usize).and_then(|p| p.segments.last()) else { return false };
        let recv = args.tys.first().map(|ty| self.head(ty)).unwrap_or_default();
        let own = match &recv {
            Ty::Adt(t, _) => {
                let all = self.p.methods_of(*t, name);
                self.told_by_path(path, all.clone()).unwrap_or(all)
            }
            _ => Vec::new(),
        };
        match own.is_empty() {
            true => self.ext_function(path, &format!("{of}::{name}"), args, site, out),
            false => self.funcs(&own, Some(&recv), args, How::Resolved, out),
        }
        true
    }

    /// A path is a conversion into a type that is not of the workspace, of what is now known: if an impl here is for
    /// that, it is this.
    pub(super) fn named_for(&mut self, path: u32, from: &Ty, made: &Ty) {
        let given = [from.clone()];
        let own = self.path_self(path).unwrap_or_default();
        let mut found = match self.out.paths.get(path as usize).and_then(|res| res.def.clone()) {
            Some(Def::Ext(full)) => match full.rsplit_once("::") {
                Some((of, name)) => self.meant_of_ext(of, name, &own, &given),
                None => Vec::new(),
            },
            _ => self.conversion_to_tuple(path, from),
        };
        if found.is_empty() {
            found.extend(self.conversion_to_unread(path, from));
        }
        match found.as_slice() {
            [one] if self.surely_takes(&found, &given) => {
                let ret = signature(self.p, self.models, *one).1.clone();
                let ret = self.vars.filled(&ret);
                self.unify(made, &ret);
                if let Some(res) = self.out.paths.get_mut(path as usize) {
                    *res = Res { def: Some(Def::Func(*one)), rest: Vec::new() };
                }
            }
            // Of a conversion that may fail it is not known what else it gives.
            _ if self.f.paths.get(path as usize).and_then(|p| p.segments.last()).is_some_and(|n| n == "from") => {
                self.unify(made, &own);
            }
            _ => {}
        }
    }

    /// The conversion that a path names into a type that no text here has (one that is only included), of a type of the
    /// workspace: the one impl for both, by what it is written for.
    pub(super) fn conversion_to_unread(&self, path: u32, from: &Ty) -> Option<FuncId> {
        let path = self.f.paths.get(path as usize).filter(|p| p.qself.is_none())?;
        let [.., of, name] = path.segments.as_slice() else { return None };
        let Ty::Adt(t, _) = self.head(from) else { return None };
        let is_written_for = |f: &FuncId| {
            let def = self.p.func_impl(*f).and_then(|i| self.p.impl_def(i));
            def.is_some_and(|i| matches!(&i.self_ty, TypeRef::Path(own) if own.segments.last() == Some(of)))
        };
        let named = |f: &FuncId| self.p.func(*f).is_some_and(|def| def.name == *name);
        let all = self.p.conversions_from(t).iter().filter(|(to, _)| *to == Ty::Unknown).map(|(_, f)| *f);
        let found: Vec<FuncId> = all.filter(|f| named(f) && is_written_for(f)).collect();
        if let [one] = found.as_slice() { Some(*one) } else { None }
    }

    /// Whether a path is a conversion into a tuple: `<(u64, Name)>::from`.
    pub(super) fn converts_to_tuple(&self, path: u32) -> bool {
        let of_tuple = |q: &TypeRef| matches!(lower(self.p, self.models, &self.cx, q), Ty::Tuple(_));
        let path = self.f.paths.get(path as usize).filter(|path| is_conversion(path));
        path.and_then(|path| path.qself.as_deref()).is_some_and(of_tuple)
    }

    /// The impls that such a path may mean for what it is given.
    pub(super) fn conversion_to_tuple(&mut self, path: u32, from: &Ty) -> Vec<FuncId> {
        let Some(name) = self.f.paths.get(path as usize).and_then(|p| p.segments.last()) else { return Vec::new() };
        let (own, from) = (self.path_self(path), self.head(from));
        let Some(own @ Ty::Tuple(_)) = own else { return Vec::new() };
        let found = self.conversions_between(&from, &own, &[name]);
        self.meant(found, &from)
    }

    /// The impls of these functions that convert a type of the workspace, by what they make of it: into a tuple there may
    /// be one for each.
    fn conversions_between(&self, from: &Ty, to: &Ty, names: &[&str]) -> Vec<FuncId> {
        let Ty::Adt(t, _) = from else { return Vec::new() };
        let asked = |f: &FuncId| self.p.func(*f).is_some_and(|def| names.contains(&def.name.as_str()));
        let fits = |made: &Ty| !matches!(to, Ty::Tuple(_)) || matches!(made, Ty::Tuple(_)) && self.may_fit(made, to);
        let all = self.p.conversions_from(*t).iter().filter(|(made, _)| fits(made)).map(|(_, f)| *f);
        all.filter(asked).collect()
    }

    /// A function as the target of `into` where the result is now known, or will never be.
    pub(super) fn converted(&mut self, at: &Conversion, from: &Ty, to: &Ty) {
        let from_ty = self.head(from);
        let to = self.head(to);
        // A pointer is made of what it points to.
        if let (Ty::Ext(..), Ty::Adt(..), Some(content)) = (&to, &from_ty, self.deref(&to))
            && self.vars.is_open(&content)
        {
            self.unify(&content, &from_ty);
        }
        let names = if at.may_fail { &["from", "try_from"][..] } else { &["from"][..] };
        let named = |of: &dyn Fn(&str) -> Vec<FuncId>| -> Vec<FuncId> { names.iter().flat_map(|n| of(n)).collect() };
        let found = match &to {
            Ty::Adt(t, _) => {
                let mut found = named(&|n| self.p.methods_of(*t, n));
                found.retain(|f| to.args().is_empty() || self.p.func_impl(*f).is_none_or(|i| self.is_for(i, &to)));
                found
            }
            // Of what is not known, other crates may know how to make one.
            Ty::Ext(e, _) if !matches!(from_ty, Ty::Var(_) | Ty::Unknown) => {
                named(&|n| self.meant_of_ext(e, n, &to, std::slice::from_ref(&from_ty)))
            }
            _ => self.conversions_between(&from_ty, &to, names),
        };
        let fits = |f: &FuncId| {
            let (params, _) = signature(self.p, self.models, *f);
            params.first().is_some_and(|want| self.may_fit(want, &from_ty))
        };
        let found = self.narrow(found.into_iter().filter(fits).collect(), std::slice::from_ref(&from_ty));
        let found = self.converting(self.meant(found, &from_ty));
        let also_theirs = matches!(to, Ty::Ext(..)) && !self.surely_takes(&found, std::slice::from_ref(&from_ty));
        if let ([one], Ty::Var(_)) = (found.as_slice(), &to) {
            let ret = signature(self.p, self.models, *one).1.clone();
            let made = match self.p.func(*one) {
                Some(f) if f.name == "try_from" => self.payload_of(&ret, 0),
                _ => ret,
            };
            let made = self.vars.filled(&made);
            self.unify(&to, &made);
        }
        let site = match &at.at {
            Converts::At(site) => *site,
            Converts::By(path) => {
                if let (Some(res), [one], false) =
                    (self.out.paths.get_mut(*path as usize), found.as_slice(), also_theirs)
                {
                    *res = Res { def: Some(Def::Func(*one)), ..Res::default() };
                }
                return;
            }
        };
        // `enum_dispatch` writes `From` of what each variant holds.
        let made: Targets = match &to {
            Ty::Adt(t, _) if found.is_empty() => {
                let fits = |(_, held): &(u32, TypeId)| !matches!(&from_ty, Ty::Adt(x, _) if x != held);
                self.p.variants_of(*t).into_iter().filter(fits).map(|(v, _)| Target::Ctor(*t, Some(v))).collect()
            }
            _ => Targets::default(),
        };
        if let (Some(slot), false) = (self.out.sites.get_mut(site as usize), made.is_empty()) {
            slot.how = How::Resolved;
            slot.targets = made;
            return;
        }
        if let (Some(slot), Some(first)) = (self.out.sites.get_mut(site as usize), found.first()) {
            slot.symbol = self.p.func_path(*first);
            slot.how = How::Resolved;
            slot.targets.to_mut().retain(|t| also_theirs && matches!(t, Target::Row(_)));
            slot.targets.to_mut().extend(found.into_iter().map(Target::Func));
        }
    }

    /// Of several conversions those that convert, and do not only hand on to another of them.
    fn converting(&self, found: Vec<FuncId>) -> Vec<FuncId> {
        let converts = |f: &&FuncId| !self.p.func(**f).is_some_and(hands_on);
        let kept: Vec<FuncId> = found.iter().filter(converts).copied().collect();
        if kept.is_empty() { found } else { kept }
    }

    /// Of several conversions those that name the type which is converted: no two impls are for one type, so one for
    /// any type is not for this.
    fn meant(&self, found: Vec<FuncId>, from: &Ty) -> Vec<FuncId> {
        let named = |f: &FuncId| {
            let (params, _) = signature(self.p, self.models, *f);
            params.first().is_some_and(|want| !matches!(want, Ty::Param(_)))
        };
        if matches!(from, Ty::Adt(..)) && found.iter().any(named) {
            found.into_iter().filter(named).collect()
        } else {
            found
        }
    }
}

/// What `into` makes of a generic parameter in scope of a function, where its bounds say one type.
pub(super) fn made_by_into(p: &Program, models: &ModelSet, id: FuncId, name: &str) -> Option<Ty> {
    let into = |bound: &TypeRef| match bound {
        TypeRef::Path(path) if path.segments.last().is_some_and(|s| s == "Into") => path.args.first().cloned(),
        _ => None,
    };
    let mut all = generic(p, id, name)?.bounds.iter().filter_map(into);
    let (one, None) = (all.next()?, all.next()) else { return None };
    Some(lower(p, models, &func_cx(p, id), &one))
}

/// Whether a path ends in the name of a conversion.
pub(super) fn is_conversion(path: &Path) -> bool {
    matches!(path.segments.last().map(Name::as_str), Some("from" | "try_from"))
}

/// Whether a conversion only hands what it is given to another: `TryFrom<Row>` by `(&row).try_into()`.
fn hands_on(f: &Func) -> bool {
    let ([param], Some(body)) = (f.params.as_slice(), f.body.as_deref()) else { return false };
    let mut held = vec![param.local];
    let mut converted = false;
    for s in body {
        let Stmt::Assign { dst, src, .. } = s else { return false };
        let (name, given) = match src {
            Rvalue::Use(of) => ("clone", std::slice::from_ref(of)),
            Rvalue::Call { callee: Callee::Method { name, .. }, args, .. } => (name.as_str(), args.as_slice()),
            Rvalue::Call { callee: Callee::Path(path), args, .. } => {
                let last = f.paths.get(path.0 as usize).and_then(|p| p.segments.last());
                (last.map_or("", |n| n.as_str()), args.as_slice())
            }
            _ => return false,
        };
        let whole = matches!(given, [Operand::Place(p)] if p.is_whole() && held.contains(&p.base));
        if !whole || !dst.is_whole() {
            return false;
        }
        match name {
            "clone" | "to_owned" => {}
            "into" | "try_into" | "from" | "try_from" => converted = true,
            _ => return false,
        }
        held.push(dst.base);
    }
    converted
}
