//! Calls through paths, and what a function of the workspace returns for given arguments.

use super::paths::written_for;
use super::unify::{Instance, is_text};
use super::{Brought, Conversion, Converts, How, Site, Target, Walk, Wanted, bound_of, func_cx, signature};
use crate::ir::Name;
use crate::ir::body::{Callee, Operand};
use crate::ir::items::{Generic, Path, TypeRef};
use crate::link::names::is_primitive;
use crate::link::program::{Def, FuncId, TraitId, TypeId};
use crate::link::ty::{self, Ty, TyCx, is_future, lower, lower_named, peel};

/// The arguments of a call, as written and as typed; the receiver first.
#[derive(Clone, Copy)]
pub(super) struct Args<'a> {
    pub ops: &'a [Operand],
    pub tys: &'a [Ty],
    /// Generic arguments, as written.
    pub generics: &'a [Ty],
}

impl Walk<'_> {
    pub(super) fn call(&mut self, callee: &Callee, ops: &[Operand], site: u32) -> Ty {
        let mut out = Site::default();
        let tys: Vec<Ty> = ops.iter().map(|a| self.operand(a)).collect();
        match callee {
            Callee::Path(id) => self.path_call(id.0, ops, &tys, site, &mut out),
            Callee::Macro(id) => {
                let path = self.f.paths.get(id.0 as usize).map(|p| p.segments.clone()).unwrap_or_default();
                self.macro_call(&path, Args { ops, tys: &tys, generics: &[] }, &mut out);
            }
            Callee::Value(op) => self.value_call(op, ops, &tys, &mut out),
            Callee::Method { name, generics } => {
                out.method = true;
                let generics = self.written(generics);
                self.method_call(name, Args { ops, tys: &tys, generics: &generics }, site, &mut out);
            }
        }
        if out.ret == Ty::Unknown {
            out.ret = self.fresh();
        }
        let ret = out.ret.clone();
        if let Some(slot) = self.out.sites.get_mut(site as usize) {
            *slot = out;
        }
        ret
    }

    /// Generic arguments as written, with variables for `_`.
    pub(super) fn written(&mut self, args: &[TypeRef]) -> Vec<Ty> {
        let mut out = Vec::new();
        for a in args.iter().filter(|a| !matches!(a, TypeRef::Assoc(..))) {
            let ty = lower(self.p, self.models, &self.cx, a);
            out.push(self.vars.filled(&ty));
        }
        out
    }

    fn value_call(&mut self, callee: &Operand, ops: &[Operand], tys: &[Ty], out: &mut Site) {
        out.how = How::Resolved;
        let mut at = self.operand(callee);
        for _ in 0..4 {
            at = self.through_bounds(&at);
            if let Ty::Fn(ins, ret) = &at {
                for ((want, op), ty) in ins.iter().zip(ops).zip(tys) {
                    self.given(op, want, ty);
                }
                out.ret = (**ret).clone();
                break;
            }
            match self.deref(&at) {
                Some(t) => at = t,
                None => break,
            }
        }
        if let Some(c) = self.closure_of(callee) {
            out.ret = self.closure(c);
        }
    }

    fn macro_call(&mut self, path: &[Name], args: Args<'_>, out: &mut Site) {
        let Some(module) = self.cx.module else { return };
        let count = args.ops.len();
        if matches!(path.last().map(Name::as_str), Some("write" | "writeln"))
            && let Some(f) = args.tys.first().and_then(|w| self.written_by(w, "write_fmt"))
        {
            return self.funcs(&[f], None, args, How::Resolved, out);
        }
        let joined = path.join("::");
        let mut name = match self.p.resolve(module, path).def {
            Some(Def::Ext(n)) => n,
            _ => Name::from(joined.as_str()),
        };
        // `use log::*`, `#[macro_use] extern crate log;`, or else by the crates that this one depends on.
        if path.len() == 1 && self.models.find(&format!("{name}!"), count).is_none() {
            let globbed = self.p.foreign_globs(module);
            let imported = globbed.iter().copied().chain(self.p.macro_crates(module)).map(Name::as_str);
            let depended = ["tracing", "log"].into_iter().filter(|dep| self.p.depends_on(module, dep));
            let mut full = imported.chain(depended).map(|krate| format!("{krate}::{name}"));
            if let Some(full) = full.find(|full| self.models.find(&format!("{full}!"), count).is_some()) {
                name = full.into();
            }
        }
        let key = format!("{name}!");
        out.symbol = key.as_str().into();
        match self.models.find(&key, count) {
            Some(row) => self.row_call(row, &Ty::Unknown, args, out),
            None => self.unseen(args.ops),
        }
    }

    /// Walks closures that are given to something unknown.
    pub(super) fn unseen(&mut self, ops: &[Operand]) {
        for op in ops {
            if let Some(c) = self.closure_of(op) {
                self.closure(c);
            }
        }
    }

    /// Calls through a path: functions, constructors, associated functions.
    fn path_call(&mut self, id: u32, ops: &[Operand], tys: &[Ty], site: u32, out: &mut Site) {
        let Some(res) = self.out.paths.get(id as usize).cloned() else { return };
        let Some(path) = self.f.paths.get(id as usize) else { return };
        let generics = self.written(&path.args);
        let args = Args { ops, tys, generics: &generics };
        if self.conversion_by_path(id, args, site, out) {
            return;
        }
        match (&res.def, res.rest.first()) {
            (Some(Def::Func(f)), _) => {
                let chosen = self.p.named_by(&path.segments, *f, self.p.as_written(self.id));
                self.funcs(chosen.as_deref().unwrap_or(&[*f]), None, args, How::Resolved, out);
            }
            (Some(Def::Type(t)), None) => {
                out.targets.push(Target::Ctor(*t, None));
                out.how = How::Resolved;
                out.ret = self.construct(*t, None, ops, tys);
            }
            (Some(Def::Variant(t, v)), _) => {
                out.targets.push(Target::Ctor(*t, Some(*v)));
                out.how = How::Resolved;
                out.ret = self.construct(*t, Some(*v), ops, tys);
            }
            (Some(Def::Type(t)), Some(name)) => self.type_function(id, *t, name, args, out),
            (Some(Def::Trait(t)), Some(name)) => self.trait_function(id, *t, name, args, site, out),
            (Some(Def::Ext(n)), rest) => {
                let full = rest.map_or_else(|| n.to_string(), |rest| format!("{n}::{rest}"));
                self.ext_function(id, &full, args, site, out);
            }
            _ => {
                if let Some(f) = tys.first().and_then(|from| self.conversion_to_unread(id, from)) {
                    return self.funcs(&[f], None, args, How::Resolved, out);
                }
                if let (Some(from), true) = (tys.first(), self.converts_to_tuple(id)) {
                    let found = self.conversion_to_tuple(id, from);
                    if !found.is_empty() {
                        return self.funcs(&found, None, args, How::Resolved, out);
                    }
                }
                out.symbol = path.segments.join("::").into();
                // Of a type that a macro makes: what every type of its kind has.
                match self.row_of_unread(path, ops.len()) {
                    Some(row) => {
                        let own = self.path_self(id).filter(|_| path.qself.is_some()).unwrap_or_default();
                        self.row_call(row, &own, args, out);
                    }
                    None => self.unseen(ops),
                }
            }
        }
    }

    /// A function of a type of the workspace.
    fn type_function(&mut self, id: u32, t: TypeId, name: &Name, args: Args<'_>, out: &mut Site) {
        let own = self.path_self(id).unwrap_or_default();
        let found = self.narrow(self.methods_by_path(id, t, name), args.tys);
        if !found.is_empty() {
            return self.funcs(&found, Some(&own), args, How::Resolved, out);
        }
        out.symbol = format!("{}::{name}", self.p.type_path(t)).into();
        match self.row_of_type(t, name, args.tys) {
            Some(row) => self.row_call(row, &own, args, out),
            None => {
                out.of = Some(t);
                self.unseen(args.ops);
                out.ret = self.written_by_macro(t, &own, name);
            }
        }
        // What derives and foreign traits give: `Self`, or the value parsed.
        match name.as_str() {
            "default" | "from" => {
                out.ret = own;
                out.how = How::Modelled;
            }
            "from_row" | "try_from" | "from_str" | "parse" | "deserialize" => out.ret = own,
            _ if is_decoder(name) => out.ret = Ty::Ext("Result".into(), [own, self.fresh()].into()),
            _ => {}
        }
    }

    /// A function of a trait of the workspace.
    fn trait_function(&mut self, id: u32, t: TraitId, name: &Name, args: Args<'_>, site: u32, out: &mut Site) {
        let own = self.path_self(id);
        if let Some(m) = self.p.trait_method(t, name) {
            if own.is_none() && self.p.func(m).is_some_and(|f| !f.has_self) {
                // `Decode::decode(x)?`: of whatever type is wanted.
                let of = self.fresh();
                self.funcs(&[m], Some(&of), args, How::Resolved, out);
                self.wanted(&of, Wanted::Of(site, m, args.tys.to_vec()));
                return;
            }
            let recv = own.clone().or_else(|| args.tys.first().cloned()).unwrap_or_default();
            let (at, found) = match self.through_pointers(&recv) {
                Ty::Adt(x, _) => (recv, self.narrow(self.methods_of_path_trait(id, x, m), args.tys)),
                _ => self.methods_of_their_type(&recv, (t, m)),
            };
            // Of a type that is not known to have it: whatever has it.
            let of = if found.is_empty() { own } else { own.or(Some(at)) };
            let found = if found.is_empty() { vec![m] } else { found };
            self.funcs(&found, of.as_ref(), args, How::Resolved, out);
        }
    }

    /// A function outside the workspace, by its whole path.
    pub(super) fn ext_function(&mut self, id: u32, full: &str, args: Args<'_>, site: u32, out: &mut Site) {
        let Some(path) = self.f.paths.get(id as usize) else { return };
        if let Some(f) = args.tys.first().and_then(|from| self.conversion_to_unread(id, from)) {
            return self.funcs(&[f], None, args, How::Resolved, out);
        }
        let own = self.path_self(id);
        let of = own.clone();
        let told = self.told_to_make(id);
        self.ext_call(full, own, args, out);
        if path.args_last && out.targets.is_empty() && matches!(self.head(&out.ret), Ty::Unknown | Ty::Var(_)) {
            self.turbofish(full.rsplit("::").next().unwrap_or(full), args, out);
        }
        // `<T as Message>::decode(x)`.
        if let Some(of) = &of
            && path.qself.is_some()
            && full.rsplit_once("::").is_some_and(|(_, name)| is_decoder(name))
        {
            out.ret = Ty::Ext("Result".into(), [of.clone(), self.fresh()].into());
        }
        // `Default::default()`, `From::from(x)`: of whatever type is wanted.
        if full == "Default::default" && path.qself.is_none() {
            out.ret = self.fresh();
            self.wanted(&out.ret.clone(), Wanted::Made(site, ("Default", "default")));
        }
        if let Some((trait_, _)) = full.split_once("::")
            && (told.is_some() || of.is_none_or(|of| matches!(&of, Ty::Ext(n, _) if n == trait_)))
            && matches!(trait_, "From" | "Into" | "TryFrom" | "TryInto")
        {
            let to = told.unwrap_or_else(|| self.fresh());
            let by = Conversion { at: Converts::At(site), may_fail: !matches!(trait_, "From" | "Into") };
            out.ret = match by.may_fail {
                false => to.clone(),
                true => Ty::Ext("Result".into(), [to.clone(), self.fresh()].into()),
            };
            self.wanted(&to, Wanted::Conversion(by, args.tys.first().cloned().unwrap_or_default()));
        }
    }

    /// The row for a function of a type that is not known: of those that every type has.
    pub(super) fn row_of_unread(&self, path: &Path, args: usize) -> Option<u32> {
        let name = path.segments.last().filter(|_| path.segments.len() > 1 || path.qself.is_some())?;
        let row = self.models.find_universal(name, args)?;
        self.models.row(row).is_some_and(|r| !r.has_self).then_some(row)
    }

    /// What a function of a type gives that a macro writes: as one of the workspace says it itself, or models of one of
    /// another crate.
    pub(super) fn written_by_macro(&mut self, t: TypeId, own: &Ty, name: &Name) -> Ty {
        let Some(said) = self.p.quoted_result(t, name) else {
            let ret = self.p.derived_result(self.models, t, name).unwrap_or_default();
            return self.vars.filled(&ret);
        };
        let cx = TyCx { module: Some(self.p.type_module(t)), self_ty: Some(own.clone()), ..TyCx::default() };
        let ret = lower(self.p, self.models, &cx, said);
        self.vars.filled(&ret)
    }

    /// The row for a function of a type that nobody wrote, called with these.
    pub(super) fn row_of_type(&self, t: TypeId, name: &str, tys: &[Ty]) -> Option<u32> {
        let of_all = || self.models.find_universal(name, tys.len());
        let row = self.foreign_method(t, name, tys.len());
        row.or_else(|| of_all().filter(|row| self.is_of_all(*row, t, name, tys)))
    }

    /// Whether a function of a type that nobody wrote is the one that every type has: a method of a value of the type,
    /// and of conversions that of a newtype. Of a struct with named fields it is known to a derive alone what is made,
    /// unless an attribute says of which other it is made.
    fn is_of_all(&self, row: u32, t: TypeId, name: &str, tys: &[Ty]) -> bool {
        let has_self = self.models.row(row).is_some_and(|r| r.has_self);
        let given = tys.first().map(|ty| self.head(ty));
        let of_another = match &given {
            Some(Ty::Adt(given, _)) => *given != t,
            Some(Ty::Ext(n, _)) => is_primitive(n),
            _ => false,
        };
        let by_derive = || match given.as_ref().map(|ty| peel(self.models, ty)) {
            Some(Ty::Adt(given, _)) => self.p.converts(*given, t),
            _ => false,
        };
        let of_fields = matches!(name, "from" | "try_from") && self.p.named_fields(t).is_some();
        !(has_self && of_another || of_fields && !by_derive())
    }

    /// The type whose associated item a path names: `Vec::<T>` of `Vec::<T>::new`.
    pub(super) fn path_self(&mut self, id: u32) -> Option<Ty> {
        let path = self.f.paths.get(id as usize)?;
        if let Some(q) = &path.qself {
            let ty = lower(self.p, self.models, &self.cx, q);
            return Some(self.vars.filled(&ty));
        }
        let (_, head) = path.segments.split_last()?;
        let arity = match &self.out.paths.get(id as usize)?.def {
            Some(Def::Type(t)) => self.p.type_def(*t)?.generics.len(),
            Some(Def::Ext(n)) => n
                .rsplit_once("::")
                .and_then(|(ty, _)| self.models.type_model(ty))
                .map_or(path.args.len(), |m| m.vars.len()),
            _ => 0,
        };
        let args = if path.args.len() == arity { path.args.as_slice() } else { &[] };
        match lower_named(self.p, self.models, &self.cx, (head, args), 0) {
            Ty::Unknown | Ty::Traits(_) => None,
            ty => Some(self.vars.filled(&ty)),
        }
    }

    /// The type behind pointers.
    pub(super) fn through_pointers(&mut self, ty: &Ty) -> Ty {
        let mut at = self.through_bounds(ty);
        while let (Ty::Ext(..), Some(t)) = (&at, self.deref(&at)) {
            at = self.through_bounds(&t);
        }
        at
    }

    /// The row for a function outside the workspace, of its type or what that derefs to.
    pub(super) fn ext_row(&self, full: &str, args: usize) -> Option<u32> {
        if let Some(row) = self.models.find(full, args) {
            return Some(row);
        }
        let (ty, name) = full.rsplit_once("::")?;
        let mut at = ty::ext(self.models, ty.into(), Vec::new(), 0);
        for _ in 0..4 {
            let Ty::Ext(n, _) = &at else { break };
            if let Some(r) = self.models.find_method(n, name, args) {
                return Some(r);
            }
            match self.deref(&at) {
                Some(t) => at = t,
                None => break,
            }
        }
        let is_type = ty.rsplit("::").next().is_some_and(|s| s.starts_with(|c: char| c.is_ascii_uppercase()));
        if is_type || crate::link::names::is_primitive(ty) { self.models.find_universal(name, args) } else { None }
    }

    /// A function outside the workspace, or one that a trait of ours gives to a type outside it.
    fn ext_call(&mut self, full: &str, own: Option<Ty>, args: Args<'_>, out: &mut Site) {
        out.symbol = full.into();
        let own = own.unwrap_or_default();
        if let Some((ty, name)) = full.rsplit_once("::") {
            let found = self.narrow(self.meant_of_ext(ty, name, &own, args.tys), args.tys);
            if !found.is_empty() {
                self.funcs(&found, Some(&own), args, How::Resolved, out);
                if !self.surely_takes(&found, args.tys) {
                    out.targets.to_mut().extend(self.ext_row(full, args.ops.len()).map(Target::Row));
                }
                return;
            }
        }
        match self.ext_row(full, args.ops.len()) {
            Some(row) => {
                // `Trait::method(x)`: of the type of `x`.
                let of = match args.tys.first() {
                    Some(t) if self.models.row(row).is_some_and(|r| r.has_self) => t.clone(),
                    _ => own.clone(),
                };
                self.row_call(row, &of, args, out);
            }
            None => self.unseen(args.ops),
        }
        if let Some((_, "default" | "new" | "from" | "with_capacity" | "parse_str")) = full.rsplit_once("::")
            && matches!(self.head(&out.ret), Ty::Unknown | Ty::Var(_))
            // The trait itself is no type.
            && !matches!(&own, Ty::Ext(n, _) if n == "Default")
        {
            out.ret = own;
        }
    }

    /// The functions that impls here give to a type outside the workspace and that a call may mean. A trait of another
    /// crate (`From`) has impls of others for the type, so that one from here is for what it names alone.
    pub(super) fn meant_of_ext(&self, ty: &str, name: &str, own: &Ty, tys: &[Ty]) -> Vec<FuncId> {
        let mut found = self.p.methods_of_ext(ty, name);
        found.retain(|f| {
            let is_for_own = || self.p.func_impl(*f).is_none_or(|i| self.is_for(i, own));
            !self.p.is_of_foreign_trait(*f) || is_for_own() && self.takes_all(*f, tys)
        });
        found
    }

    /// Whether a function may take arguments of these types.
    fn takes_all(&self, f: FuncId, tys: &[Ty]) -> bool {
        let (params, _) = signature(self.p, self.models, f);
        params.len() == tys.len() && params.iter().zip(tys).all(|(want, have)| self.may_fit(want, have))
    }

    /// Whether one of these functions takes arguments of these types whatever else is found out about them; otherwise
    /// one of another crate may be meant as well.
    pub(super) fn surely_takes(&self, found: &[FuncId], tys: &[Ty]) -> bool {
        let takes = |f: &FuncId| {
            let (params, _) = signature(self.p, self.models, *f);
            params.iter().zip(tys).all(|(want, have)| self.surely_fits(want, have))
        };
        found.iter().any(|f| !self.p.is_of_foreign_trait(*f) || takes(f))
    }

    /// Of several functions (impls of `From` for one type), those that take what is given: as it is, or else what it
    /// derefs to (`From<Box<str>>` and `From<String>`).
    pub(super) fn narrow(&self, found: Vec<FuncId>, tys: &[Ty]) -> Vec<FuncId> {
        if found.len() < 2 {
            return found;
        }
        let fitting: Vec<FuncId> = found.iter().copied().filter(|f| self.takes_all(*f, tys)).collect();
        if fitting.is_empty() {
            return found;
        }
        let as_it_is: Vec<FuncId> = fitting.iter().copied().filter(|f| self.takes_as_is(*f, tys)).collect();
        if as_it_is.is_empty() { fitting } else { as_it_is }
    }

    /// Whether a function that takes arguments of these types does so without looking behind any.
    fn takes_as_is(&self, f: FuncId, tys: &[Ty]) -> bool {
        let (params, _) = signature(self.p, self.models, f);
        params.iter().zip(tys).all(|(want, have)| match (self.head(want), self.head(have)) {
            (Ty::Ext(a, _), Ty::Ext(b, _)) => a == b || is_text(&a) && is_text(&b),
            (Ty::Adt(a, _), Ty::Adt(b, _)) => self.p.may_be_another(a, b),
            (Ty::Ext(..), Ty::Adt(..)) | (Ty::Adt(..), Ty::Ext(..)) => false,
            _ => true,
        })
    }

    /// A call that reaches functions of the workspace; `own` is the type that they were found for.
    pub(super) fn funcs(&mut self, found: &[FuncId], own: Option<&Ty>, args: Args<'_>, how: How, out: &mut Site) {
        out.how = how;
        let ret = self.fresh();
        // What is not known of a type of which several impls may be is not what the first of them is for.
        let of_several = own.filter(|_| found.len() > 1).map(|own| self.vars.filled(&self.known(own)));
        let own = of_several.as_ref().or(own);
        for f in found {
            // A default method found for a known type is that type's.
            let known = own.is_some_and(|t| matches!(self.head(t), Ty::Adt(..) | Ty::Ext(..)));
            let (one, of) = self.returned(*f, own, args);
            let all = if known { None } else { self.p.dispatched(*f) };
            if all.is_none_or(|all| **all == [Target::Func(*f)]) && self.p.is_generic(*f) {
                out.brought.push(Brought { to: *f, generics: of, args: args.tys.into() });
            }
            match all {
                Some(all) => out.targets.reach(all),
                None => out.targets.push(Target::Func(*f)),
            }
            self.unify(&ret, &one);
        }
        out.ret = ret;
        if let Some(f) = found.first() {
            out.symbol = self.p.func_path(*f);
        }
    }

    /// The type of a call's result, generics bound by the receiver, the arguments and what is written; and what they
    /// are bound to.
    fn returned(&mut self, f: FuncId, own: Option<&Ty>, args: Args<'_>) -> (Ty, Instance) {
        let (params, ret) = signature(self.p, self.models, f);
        let ret = self.p.hidden.get(&f).unwrap_or(ret);
        let Some(def) = self.p.func(f) else { return Default::default() };
        let mut of = written_for(def, args.generics);
        if let Some(own) = own {
            match self.p.func_impl(f).and_then(|i| self.p.impl_self.get(i.0 as usize)) {
                Some(pattern) => {
                    let pattern = self.vars.instance(pattern, &mut of);
                    self.unify(&pattern, own);
                }
                None => of.push(("Self".into(), own.clone())),
            }
        }
        let wants: Vec<Ty> = params.iter().map(|t| self.vars.instance(t, &mut of)).collect();
        let skip = usize::from(def.has_self && own.is_some());
        let closures: Vec<bool> = args.ops.iter().map(|op| self.closure_of(op).is_some()).collect();
        let is_closure = |i: usize| closures.get(i).copied().unwrap_or(false);
        // Closures come last: what they are called with is known by then.
        for (i, (want, ty)) in wants.iter().zip(args.tys).enumerate().skip(skip) {
            if !is_closure(i) {
                self.unify(want, ty);
            }
        }
        for (op, (want, ty)) in args.ops.iter().zip(params.iter().zip(args.tys)).skip(skip) {
            match want {
                Ty::Param(n) if matches!(self.head(ty), Ty::Adt(..)) => {
                    self.iterated(op, &bound_of(self.p, self.models, f, n), ty);
                }
                want => self.iterated(op, want, ty),
            }
        }
        let bounds = def
            .generics
            .iter()
            .chain(self.p.func_impl(f).and_then(|i| self.p.impl_def(i)).map_or(&[][..], |i| &i.generics));
        for g in bounds.filter(|g| !g.bounds.is_empty()) {
            // What is waited for is, as a type, what comes out of it. It may be what a closure gives that is walked later.
            let is_future = g.bounds.iter().any(is_future);
            if !is_future && !of.iter().any(|(n, _)| *n == g.name) {
                continue;
            }
            let ty = self.vars.instance(&Ty::Param(g.name.clone()), &mut of);
            let bound = bound_of(self.p, self.models, f, &g.name);
            if is_future || matches!(&bound, Ty::Fn(..)) || matches!(&bound, Ty::Ext(n, _) if n == "Iter") {
                let bound = self.vars.instance(&bound, &mut of);
                self.unify(&bound, &ty);
            }
            self.asks_traits(f, g, &ty, &mut of);
        }
        for (i, op) in args.ops.iter().enumerate() {
            if let (true, Some(ty)) = (is_closure(i), args.tys.get(i)) {
                let mut want = wants.get(i).cloned().unwrap_or_default();
                // `F: Fn(A) -> R`
                if let Some(Ty::Param(n)) = params.get(i) {
                    let bound = bound_of(self.p, self.models, f, n);
                    if matches!(bound, Ty::Fn(..)) {
                        want = self.vars.instance(&bound, &mut of);
                    }
                }
                self.given(op, &want, ty);
            }
        }
        (self.vars.instance(ret, &mut of), of)
    }

    /// What a function asks of a generic parameter, where its traits have arguments that are generic as well: the impl
    /// for the type that the parameter turns out to be says what they are.
    fn asks_traits(&mut self, f: FuncId, g: &Generic, ty: &Ty, of: &mut Instance) {
        let is_given = |args: &[TypeRef]| !args.is_empty() && !args.iter().any(|a| matches!(a, TypeRef::Assoc(..)));
        for bound in &g.bounds {
            let TypeRef::Path(path) = bound else { continue };
            if !is_given(&path.args) {
                continue;
            }
            let Some(Def::Trait(t)) = self.p.resolve(self.p.body_scope(f), &path.segments).def else { continue };
            let cx = func_cx(self.p, f);
            let args: Vec<Ty> = path.args.iter().map(|a| lower(self.p, self.models, &cx, a)).collect();
            if args.iter().all(Ty::is_closed) {
                continue;
            }
            let args = args.iter().map(|a| self.vars.instance(a, of)).collect();
            self.wanted(ty, Wanted::Implemented(t, args));
        }
    }
}

/// Associated functions of foreign traits that read a value of the type itself.
fn is_decoder(name: &str) -> bool {
    matches!(name, "decode" | "decode_length_delimited")
}
