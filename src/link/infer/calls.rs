//! Calls through paths, and what a function of the workspace returns for given arguments.

use std::sync::Arc;

use super::{How, Site, Target, Walk, bound_of, signature};
use crate::ir::Name;
use crate::ir::body::{Callee, Operand};
use crate::ir::items::TypeRef;
use crate::link::program::{Def, FuncId};
use crate::link::ty::{self, Subst, Ty, from_model, head, lower, merge, peel, unify};

impl Walk<'_> {
    pub(super) fn call(&mut self, callee: &Callee, args: &[Operand], site: u32) -> Ty {
        let mut out = Site::default();
        let tys: Vec<Ty> = args.iter().map(|a| self.operand(a)).collect();
        match callee {
            Callee::Path(id) => self.path_call(id.0, args, &tys, &mut out),
            Callee::Macro(id) => {
                let path = self.f.paths.get(id.0 as usize).map(|p| p.segments.clone()).unwrap_or_default();
                self.macro_call(&path, args, &tys, &mut out);
            }
            Callee::Value(op) => {
                out.how = How::Resolved;
                if let Some(c) = self.closure_of(op) {
                    out.ret = self.closure(c, &tys);
                } else if let Ty::Fn(_, r) = self.through_param(&self.operand(op)) {
                    out.ret = (*r).clone();
                }
            }
            Callee::Method { name, generics } => {
                out.method = true;
                self.method_call(name, generics, args, &tys, &mut out);
            }
        }
        let i = site as usize;
        if self.out.sites.len() <= i {
            self.out.sites.resize(i + 1, Site::default());
        }
        if let Some(slot) = self.out.sites.get_mut(i) {
            // What later code says of the result is kept.
            out.ret = merge(&out.ret, &slot.ret);
            *slot = out.clone();
        }
        out.ret
    }

    pub(super) fn macro_call(&mut self, path: &[Name], args: &[Operand], tys: &[Ty], out: &mut Site) {
        let Some(module) = self.cx.module else { return };
        let joined = path.join("::");
        let mut name = match self.p.resolve(module, path).def {
            Some(Def::Ext(n)) => n,
            _ => Name::from(joined.as_str()),
        };
        // `#[macro_use] extern crate log;`: by the crates that this one depends on.
        if path.len() == 1 && self.models.find(&format!("{name}!"), args.len()).is_none() {
            for dep in ["tracing", "log"] {
                let full = format!("{dep}::{name}");
                if self.p.depends_on(module, dep) && self.models.find(&format!("{full}!"), args.len()).is_some() {
                    name = full.into();
                    break;
                }
            }
        }
        let key = format!("{name}!");
        out.symbol = key.as_str().into();
        if let Some(row) = self.models.find(&key, args.len()) {
            out.targets.push(Target::Row(row));
            out.how = How::Modelled;
            self.apply_row(row, args, tys, &[], out);
        }
    }

    /// Calls through a path: functions, constructors, associated functions.
    pub(super) fn path_call(&mut self, id: u32, args: &[Operand], tys: &[Ty], out: &mut Site) {
        let Some(res) = self.out.paths.get(id as usize).cloned() else { return };
        let path = self.f.paths.get(id as usize).cloned().unwrap_or_default();
        let turbofish: Vec<Ty> = path
            .args
            .iter()
            .filter(|a| !matches!(a, TypeRef::Assoc(..)))
            .map(|a| lower(self.p, self.models, &self.cx, a))
            .collect();
        match (&res.def, res.rest.first()) {
            (Some(Def::Func(f)), _) => self.func_targets(&[*f], args, tys, &turbofish, How::Resolved, out),
            (Some(Def::Type(t)), None) => {
                let list: Vec<(Name, Ty)> =
                    tys.iter().enumerate().map(|(i, t)| (i.to_string().into(), t.clone())).collect();
                out.targets.push(Target::Ctor(*t, None));
                out.how = How::Resolved;
                out.ret = self.adt(*t, None, &list);
            }
            (Some(Def::Variant(t, v)), _) => {
                let list: Vec<(Name, Ty)> =
                    tys.iter().enumerate().map(|(i, t)| (i.to_string().into(), t.clone())).collect();
                out.targets.push(Target::Ctor(*t, Some(*v)));
                out.how = How::Resolved;
                out.ret = self.adt(*t, Some(*v), &list);
            }
            (Some(Def::Type(t)), Some(name)) => {
                let self_ty = match self.out.path_tys.get(id as usize) {
                    Some(Ty::Adt(x, a)) if x == t => Ty::Adt(*x, a.clone()),
                    _ => Ty::Adt(*t, Arc::from([])),
                };
                let found = self.narrow(self.p.methods_of(*t, name), tys);
                if !found.is_empty() {
                    self.func_targets(&found, args, tys, &turbofish, How::Resolved, out);
                    if out.ret == Ty::Unknown && matches!(name.as_str(), "default" | "from" | "new") {
                        out.ret = self_ty;
                    }
                    return;
                }
                out.symbol = format!("{}::{name}", self.p.type_path(*t)).into();
                if let Some(row) = self.models.find(&format!("_::{name}"), args.len()) {
                    out.targets.push(Target::Row(row));
                    out.how = How::Modelled;
                    self.apply_row(row, args, tys, &turbofish, out);
                }
                if matches!(
                    name.as_str(),
                    "default" | "from" | "from_row" | "try_from" | "from_str" | "parse" | "deserialize"
                ) {
                    out.ret = self_ty;
                    if name == "default" {
                        out.how = How::Modelled;
                    }
                }
            }
            (Some(Def::Trait(t)), Some(name)) => {
                if let Some(m) = self.p.trait_method(*t, name) {
                    let recv = tys.first().map(|t| peel(self.models, t).clone()).unwrap_or_default();
                    let found = match &recv {
                        Ty::Adt(x, _) => self.p.methods_of(*x, name),
                        _ => Vec::new(),
                    };
                    let found = if found.is_empty() { self.p.dispatch(m) } else { found };
                    self.func_targets(&found, args, tys, &turbofish, How::Resolved, out);
                    if out.ret == Ty::Unknown {
                        out.ret = signature(self.p, self.models, m).1.erase();
                    }
                }
            }
            (Some(Def::Ext(n)), rest) => {
                let full = match rest {
                    Some(r) => format!("{n}::{r}"),
                    None => n.to_string(),
                };
                self.ext_call(&full, args, tys, &turbofish, out);
            }
            _ => out.symbol = path.segments.join("::").into(),
        }
    }

    /// A function outside the workspace, or one that a trait of ours gives to a type outside it.
    pub(super) fn ext_call(&mut self, full: &str, args: &[Operand], tys: &[Ty], turbofish: &[Ty], out: &mut Site) {
        out.symbol = full.into();
        if let Some((ty, name)) = full.rsplit_once("::") {
            let found = self.p.methods_of_ext(ty, name);
            if !found.is_empty() {
                self.func_targets(&found, args, tys, turbofish, How::Resolved, out);
                return;
            }
        }
        let row = self.models.find(full, args.len()).or_else(|| {
            let (ty, name) = full.rsplit_once("::")?;
            let mut at = ty::ext(self.models, ty.into(), Vec::new(), 0);
            for _ in 0..4 {
                if let Ty::Ext(n, _) = &at
                    && let Some(r) = self.models.find(&format!("{n}::{name}"), args.len())
                {
                    return Some(r);
                }
                let Ty::Ext(n, _) = &at else { break };
                let Some(deref) = self.models.type_model(n).and_then(|m| m.deref.clone()) else { break };
                at = from_model(self.models, &deref, &Ty::Unknown);
            }
            let is_type = ty.rsplit("::").next().is_some_and(|s| s.starts_with(|c: char| c.is_ascii_uppercase()));
            if is_type { self.models.find(&format!("_::{name}"), args.len()) } else { None }
        });
        if let Some(row) = row {
            out.targets.push(Target::Row(row));
            out.how = How::Modelled;
            self.apply_row(row, args, tys, turbofish, out);
        }
        if let Some((ty, "default" | "new" | "from" | "with_capacity" | "parse_str")) = full.rsplit_once("::")
            && out.ret == Ty::Unknown
        {
            out.ret = ty::ext(self.models, ty.into(), Vec::new(), 0);
        }
    }

    /// Of several functions (impls of `From` for one type), those that take what is given.
    pub(super) fn narrow(&self, found: Vec<FuncId>, tys: &[Ty]) -> Vec<FuncId> {
        if found.len() < 2 {
            return found;
        }
        let fits: Vec<FuncId> = found
            .iter()
            .copied()
            .filter(|f| {
                let (params, _) = signature(self.p, self.models, *f);
                params.len() == tys.len()
                    && params.iter().zip(tys).all(|(p, a)| compatible(peel(self.models, p), peel(self.models, a)))
            })
            .collect();
        if fits.is_empty() { found } else { fits }
    }

    pub(super) fn func_targets(
        &mut self,
        found: &[FuncId],
        args: &[Operand],
        tys: &[Ty],
        turbofish: &[Ty],
        how: How,
        out: &mut Site,
    ) {
        out.how = how;
        for f in found {
            let targets = match self.p.func_trait(*f) {
                Some(_) => self.p.dispatch(*f),
                None => vec![*f],
            };
            out.targets.extend(targets.into_iter().map(Target::Func));
            let ret = self.instantiate(*f, args, tys, turbofish);
            out.ret = merge(&out.ret, &ret);
        }
        if let Some(f) = found.first() {
            out.symbol = self.p.func_path(*f);
        }
    }

    /// The type of a call's result, generics bound by arguments and turbofish; walks closures given as arguments.
    pub(super) fn instantiate(&mut self, f: FuncId, args: &[Operand], tys: &[Ty], turbofish: &[Ty]) -> Ty {
        let (params, ret) = signature(self.p, self.models, f);
        let mut s = Subst::new();
        if let Some(def) = self.p.func(f) {
            for (g, t) in def.generics.iter().filter(|g| !g.name.starts_with('\'')).zip(turbofish) {
                if *t != Ty::Unknown {
                    s.push((g.name.clone(), t.clone()));
                }
            }
        }
        // Methods of a trait say `Self` as the trait.
        for (p, a) in params.iter().zip(tys) {
            unify(p, a, &mut s);
            unify(peel(self.models, p), peel(self.models, a), &mut s);
        }
        for (i, p) in params.iter().enumerate() {
            let shape = match p {
                Ty::Param(n) => bound_of(self.p, self.models, f, n),
                t => t.clone(),
            };
            let Ty::Fn(ins, r) = shape else { continue };
            let ins: Vec<Ty> = ins.iter().map(|t| t.subst(&s).erase()).collect();
            if let Some(c) = args.get(i).and_then(|a| self.closure_of(a)) {
                let got = self.closure(c, &ins);
                unify(&r, &got, &mut s);
            } else if let Some(Ty::Fn(_, got)) = tys.get(i) {
                unify(&r, got, &mut s);
            }
        }
        ret.subst(&s).erase()
    }
}

fn compatible(a: &Ty, b: &Ty) -> bool {
    match (head(a), head(b)) {
        (Some(x), Some(y)) => x == y || (is_text(&x) && is_text(&y)),
        _ => true,
    }
}

fn is_text(t: &Ty) -> bool {
    matches!(t, Ty::Ext(n, _) if matches!(n.as_str(), "str" | "String"))
}
