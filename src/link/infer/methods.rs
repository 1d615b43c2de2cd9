//! Method calls: whose method a name is, by the type of the receiver.

use std::sync::Arc;

use smol_str::format_smolstr;

use super::calls::Args;
use super::conversions::made_by_into;
use super::unify::Kind;
use super::{Conversion, Converts, How, Site, Target, Through, Walk, Wanted};
use crate::ir::Name;
use crate::ir::body::Operand;
use crate::ir::items::Generic;
use crate::limits::DEREFS;
use crate::link::program::{Def, FuncId, ImplId, TypeId};
use crate::link::ty::{Ty, is_foreign, payload, peel, project};

/// Derives that give methods of a foreign trait by which types are called.
const DERIVED: [(&str, &str); 8] = [
    ("Error", "Error"),
    ("Message", "prost::Message"),
    ("Object", "poem_openapi::types::ToJSON"),
    ("Template", "askama::Template"),
    ("TemplateMut", "sailfish::TemplateMut"),
    ("TemplateOnce", "sailfish::TemplateOnce"),
    ("TemplateSimple", "sailfish::TemplateSimple"),
    ("Validate", "validator::Validate"),
];

/// What a method call was found to mean.
enum Found {
    Funcs(Vec<FuncId>),
    /// A row for the type that it was found on.
    Row(u32),
    /// A row for any receiver.
    AnyRow(u32),
}

/// Methods of an iterator that begin at its end.
const FROM_BEHIND: [&str; 5] = ["nth_back", "rev", "rfind", "rfold", "try_rfold"];

impl Walk<'_> {
    pub(super) fn method_call(&mut self, name: &Name, args: Args<'_>, site: u32, out: &mut Site) {
        let mut recv = args.tys.first().map(|t| self.head(t)).unwrap_or_default();
        if let Ty::Var(_) = recv
            && let Some(held) = self.released_for(name, args)
        {
            self.unify(&recv, &held);
            recv = held;
        }
        out.recv = recv.clone();
        let recv = match self.vars.kind(&recv) {
            Kind::Any => recv,
            Kind::Int => Ty::ext("i32"),
            Kind::Float => Ty::ext("f64"),
        };
        if let Some(f) = self.by_argument(name, &recv, args) {
            self.funcs(&[f], None, args, How::Resolved, out);
            let made = self.head(&out.ret);
            let (held, of) = (self.payload_of(&made, 0), self.payload_of(&recv, 0));
            return self.unify(&held, &of);
        }
        if matches!(recv, Ty::Var(_) | Ty::Unknown) {
            if let Some((path, row)) = self.method_of_constant(name, args) {
                out.symbol = path;
                return self.row_call(row, &Ty::Unknown, args, out);
            }
            self.missed = true;
            if self.by_name {
                self.named_method(name, args, site, out);
            } else {
                out.symbol = name.clone();
            }
            return;
        }
        if self.sent_to_actor(&recv, name, args, out) {
            return;
        }
        let found = self.method(&recv, name, args, &mut out.through);
        out.by_name = matches!(found, Some((_, Found::AnyRow(_)))) && !is_of_common_trait(name) && !is_of_std(&recv);
        match found {
            Some((at, Found::Funcs(found))) => self.funcs(&found, Some(&at), args, How::Resolved, out),
            Some((at, Found::Row(row) | Found::AnyRow(row))) => {
                if let Ty::Adt(t, _) = at {
                    out.through.extend(self.runs_first(t, name).map(Through::Call));
                }
                out.symbol = match (&at, &recv) {
                    (Ty::Ext(n, _), _) => self.named_as_row(row, n, name),
                    (_, Ty::Adt(t, _)) => format!("{}::{name}", self.p.type_path(*t)).into(),
                    _ => name.clone(),
                };
                // A number of no certain type stays one.
                let at = if out.recv == recv { at } else { out.recv.clone() };
                self.row_call(row, &at, args, out);
                self.asked_for(name, args, site, out);
            }
            None => {
                out.symbol = match &self.behind_pointers(&recv) {
                    Ty::Adt(t, _) => format!("{}::{name}", self.p.type_path(*t)).into(),
                    Ty::Ext(n, _) => format!("{n}::{name}").into(),
                    _ => name.clone(),
                };
                self.unseen(args.ops);
                if let Ty::Adt(t, _) = self.through_pointers(&recv) {
                    out.ret = self.written_by_macro(t, &recv, name);
                }
                self.turbofish(name, args, out);
                // What is held behind a wrapper of another crate may be what has the method.
                let recv = self.known(&recv);
                let held = match peel(self.models, &recv) {
                    Ty::Adt(t, _) if is_foreign(self.models, &recv) => self.p.methods_of(*t, name),
                    _ => Vec::new(),
                };
                if !held.is_empty() {
                    self.guessed(&held, out);
                }
            }
        }
    }

    /// A method of a type's own that runs first where one of a library is called.
    fn runs_first(&self, t: TypeId, name: &str) -> Option<FuncId> {
        self.models.first(name).find_map(|(of, first)| {
            let own = *self.p.impls_for(t, of).first()?;
            self.p.impl_method(own, first)
        })
    }

    /// The function that a method is by what it is given, a value of some type or a closure that makes one.
    fn by_argument(&mut self, name: &Name, recv: &Ty, args: Args<'_>) -> Option<FuncId> {
        let of = self.p.by_argument.get(name)?;
        let ([_, op], [_, ty]) = (args.ops, args.tys) else { return None };
        let closure = self.closure_of(op).and_then(|c| self.f.closures.get(c.0 as usize));
        let given = match closure {
            Some(closure) => {
                let made = self.fresh();
                let error = closure.params.first().map(|_| self.payload_of(recv, 1));
                self.given(op, &Ty::Fn(error.into_iter().collect(), Arc::new(made.clone())), ty);
                made
            }
            None => ty.clone(),
        };
        match self.head(&given) {
            Ty::Adt(t, _) => of.get(&t).copied(),
            _ => None,
        }
    }

    /// What a method of a foreign wrapper gave of which nothing is known is what the wrapper holds (a lock of a crate
    /// without models), if that is a type of a library which has the method that is called.
    fn released_for(&self, name: &str, args: Args<'_>) -> Option<Ty> {
        let of = args.ops.first().and_then(Operand::whole)?;
        let by = self.made_by.get(&of).and_then(|site| self.out.sites.get(*site as usize))?;
        // A row for any receiver says nothing of the type.
        let of_any =
            |t: &Target| matches!(t, Target::Row(r) if self.models.row(*r).is_some_and(|r| r.path.starts_with("_::")));
        if !by.method || !by.targets.iter().all(of_any) {
            return None;
        }
        let wrapper = self.known(&by.recv);
        let held = peel(self.models, &wrapper);
        let has = |n: &Name| n.contains("::") && self.models.find_method(n, name, args.ops.len()).is_some();
        let is_held = is_foreign(self.models, &wrapper) && matches!(held, Ty::Ext(n, _) if has(n));
        is_held.then(|| held.clone())
    }

    /// The type of another crate that pointers of std lead to (`Arc<lettre::SmtpTransport>`): a method that no row has is
    /// one of its own. The type itself if they lead to none.
    pub(super) fn behind_pointers(&self, recv: &Ty) -> Ty {
        let mut at = recv.clone();
        for _ in 0..DEREFS {
            match &at {
                Ty::Ext(n, _) if n.contains("::") => return at,
                _ => match self.deref(&at) {
                    Some(t) => at = self.head(&t),
                    None => break,
                },
            }
        }
        recv.clone()
    }

    /// The path of a method of a type of another crate; mostly that of its row.
    fn named_as_row(&self, row: u32, of: &str, name: &str) -> Name {
        match self.models.row(row) {
            Some(r) if r.path.strip_suffix(name).and_then(|p| p.strip_suffix("::")) == Some(of) => r.path.clone(),
            _ => format_smolstr!("{of}::{name}"),
        }
    }

    /// What a call that is not understood is told to give: `load::<Row>(..)`. Of another than these it is not known what
    /// is around a value of the type; wrappers are looked through.
    pub(super) fn turbofish(&mut self, name: &str, args: Args<'_>, out: &mut Site) {
        let ours = |t: &&Ty| self.sure(t).names(&|_| true);
        let mut told = args.generics.iter().filter(ours);
        let of = match (args.generics, told.next(), told.next()) {
            ([only], ..) => only,
            (_, Some(only), None) => only,
            _ => return,
        };
        let rows = match name {
            "load" | "get_results" => Ty::Ext("Vec".into(), [of.clone()].into()),
            "first" | "get_result" => of.clone(),
            _ => {
                if ours(&of) {
                    out.ret = of.clone();
                    out.told = true;
                }
                return;
            }
        };
        let error = self.fresh();
        out.ret = Ty::Ext("Result".into(), [rows, error].into());
    }

    /// The method that a name means on a receiver, and the type that it was found on; `through` is what leads there.
    fn method(&mut self, recv: &Ty, name: &Name, args: Args<'_>, through: &mut Vec<Through>) -> Option<(Ty, Found)> {
        let mut at = recv.clone();
        for step in 0..DEREFS {
            let bound = self.through_bounds(&at);
            let found = match &bound {
                Ty::Adt(t, _) => self.method_here(*t, &bound, name, args, through),
                Ty::Ext(n, _) => self.method_elsewhere(n, (&at, &bound), name, args, step == 0),
                Ty::Traits(ts) => ts.iter().find_map(|t| self.p.trait_method(*t, name)).map(|m| Found::Funcs(vec![m])),
                Ty::Tuple(_) => {
                    let mut found = self.p.methods_of_tuples(name).to_vec();
                    found.retain(|f| self.p.func_impl(*f).is_none_or(|i| self.is_for(i, &bound)));
                    self.prefer_sure(&mut found, &bound);
                    (!found.is_empty()).then_some(Found::Funcs(found))
                }
                _ => None,
            };
            if let Some(found) = found {
                // A trait's method on a generic parameter is that of the parameter.
                let own = if matches!(bound, Ty::Traits(_)) { at } else { bound };
                return Some((own, found));
            }
            at = match (self.deref(&bound), &bound) {
                (Some(t), Ty::Adt(of, _)) => {
                    through.push(Through::Deref(*of));
                    self.head(&t)
                }
                (Some(t), _) => self.head(&t),
                (None, _) => match self.as_iterator(&bound, name) {
                    Some((t, next)) => {
                        through.extend(next.map(Through::Call));
                        self.head(&t)
                    }
                    None => break,
                },
            };
        }
        through.clear();
        let blanket: Vec<FuncId> =
            self.p.blanket_methods(name).into_iter().filter(|f| self.blanket_fits(*f, recv)).collect();
        if !blanket.is_empty() {
            return Some((recv.clone(), Found::Funcs(blanket)));
        }
        self.universal(name, args).map(|row| (recv.clone(), Found::AnyRow(row)))
    }

    /// A method of a type of the workspace.
    fn method_here(
        &self,
        t: TypeId,
        of: &Ty,
        name: &Name,
        args: Args<'_>,
        through: &mut Vec<Through>,
    ) -> Option<Found> {
        let mut found = self.methods_asked(t, name);
        if found.len() > 1 {
            let mut tys = args.tys.to_vec();
            if let Some(first) = tys.first_mut() {
                first.clone_from(of);
            }
            found = self.narrow(found, &tys);
        }
        if let Some(held) = self.p.methods_of_variants(t, name) {
            through.push(Through::Variants(t));
            Some(Found::Funcs(held))
        } else if !found.is_empty() {
            Some(Found::Funcs(found))
        } else if let Some(f) = self.written_by(of, name) {
            Some(Found::Funcs(vec![f]))
        } else if self.has_trait_of(t, name) {
            self.universal(name, args).map(Found::AnyRow)
        } else {
            self.foreign_method(t, name, args.ops.len()).map(Found::Row)
        }
    }

    /// A method of a type outside the workspace: of what the receiver is, and of the bound that it is known by. `first`
    /// is whether that is the receiver itself, and nothing that it points to.
    fn method_elsewhere(
        &self,
        n: &Name,
        (at, bound): (&Ty, &Ty),
        name: &Name,
        args: Args<'_>,
        first: bool,
    ) -> Option<Found> {
        let mut found = self.p.methods_of_ext(n, name);
        found.retain(|f| self.p.func_impl(*f).is_none_or(|i| self.is_for(i, bound)));
        let declared = !found.is_empty();
        // `impl<R: Repo> Repo for Box<R> { fn f(&self) { (**self).f() } }`: what is inside, not itself.
        // References are dropped from types, so the receiver is still the box here. `impl Ext for Request { fn f(&self)
        // { self.f() } }`: the type's own comes first.
        let own = || args.ops.first().and_then(Operand::whole) == self.f.params.first().map(|p| p.local);
        found.retain(|f| *f != self.p.as_written(self.id) || payload(self.models, at).is_none() && !own());
        self.prefer_sure(&mut found, bound);
        if !declared {
            let defaults = self.p.defaults_of_ext(n, name);
            found = defaults.filter(|(_, i)| self.is_for(*i, bound)).map(|(f, _)| f).take(1).collect();
        } else if !found.is_empty() {
            self.or_behind(&mut found, bound, name);
        }
        if !found.is_empty() {
            Some(Found::Funcs(found))
        } else if first && is_of_itself(name) && !is_guard(n) {
            self.models.find_method(n, name, args.ops.len()).or_else(|| self.universal(name, args)).map(Found::Row)
        } else {
            let row = self.models.find_method(n, name, args.ops.len()).map(Found::Row);
            row.or_else(|| self.impls_of_foreign(n, name, args.ops.len()))
        }
    }

    /// What a method of a bound by a trait of another crate may be: what the impls here say, whoever has the trait.
    /// What is around what it calls (a layer around a service) would be called by itself.
    fn impls_of_foreign(&self, of: &str, name: &str, count: usize) -> Option<Found> {
        if of.ends_with("::Service") {
            return None;
        }
        let takes = |f: &FuncId| {
            *f != self.p.as_written(self.id) && self.p.func(*f).is_some_and(|f| f.has_self && f.params.len() == count)
        };
        let found: Vec<FuncId> = self.p.methods_of_foreign_trait(of, name).iter().copied().filter(takes).collect();
        (!found.is_empty()).then_some(Found::Funcs(found))
    }

    /// The row for a method of this name on any receiver, if what it calls can be called.
    pub(super) fn universal(&self, name: &str, args: Args<'_>) -> Option<u32> {
        let id = self.models.find_universal(name, args.ops.len())?;
        let row = self.models.row(id)?;
        let callable = |i: u32| {
            let head = args.tys.get(i as usize).map(|t| self.head(t));
            !matches!(head, Some(Ty::Ext(..) | Ty::Adt(..) | Ty::Tuple(_)))
        };
        let fits = row.called().all(callable);
        fits.then_some(id)
    }

    /// Whether an impl for a foreign type is for this very type: `impl T for Vec<A>` is not for `Vec<B>`, `impl T for
    /// Arc<dyn A>` not for `Arc<dyn B>`, and `impl<R: A> T for Box<R>` not for a box of something that is known not to be
    /// `A`.
    pub(super) fn is_for(&self, i: ImplId, recv: &Ty) -> bool {
        let (Some(of), Some(def)) = (self.p.impl_self.get(i.0 as usize), self.p.impl_def(i)) else { return true };
        let bounded = |(want, have): (&Ty, &Ty)| match want {
            Ty::Param(n) => def.generics.iter().find(|g| g.name == *n).is_none_or(|g| self.meets(i, g, have)),
            Ty::Traits(want) => match self.head(have) {
                Ty::Traits(have) => want.iter().all(|t| have.contains(t)) && have.iter().all(|t| want.contains(t)),
                // What an object is known to be.
                Ty::Adt(have, _) => want.iter().all(|t| self.p.implements(have, *t)),
                _ => true,
            },
            _ => true,
        };
        self.may_fit(of, recv) && of.args().iter().zip(recv.args()).all(bounded)
    }

    /// Whether a type may meet the bounds that an impl has for a parameter.
    fn meets(&self, i: ImplId, of: &Generic, ty: &Ty) -> bool {
        if of.bounds.is_empty() {
            return true;
        }
        let ty = self.head(ty);
        match self.p.impl_bound(self.models, i, of) {
            Ty::Traits(ts) => match self.bound(&ty) {
                Ty::Adt(t, _) => ts.iter().all(|b| self.p.implements(t, *b)),
                Ty::Traits(own) => ts.iter().all(|b| own.iter().any(|t| self.p.builds_on(*t, *b))),
                _ => true,
            },
            _ => true,
        }
    }

    /// Whether `impl<T: Bound> Trait for T` is for this type, as far as can be told.
    fn blanket_fits(&mut self, f: FuncId, recv: &Ty) -> bool {
        let Some(of) = self.p.func_impl(f).and_then(|i| self.p.impl_self.get(i.0 as usize)) else { return true };
        let Ty::Param(n) = of else { return true };
        match super::bound_of(self.p, self.models, f, n) {
            Ty::Traits(ts) => match recv {
                Ty::Adt(t, _) => ts.iter().any(|bound| self.p.implements(*t, *bound)),
                Ty::Traits(own) => ts.iter().any(|bound| own.iter().any(|t| self.p.builds_on(*t, *bound))),
                // Nobody else may say that a type of another crate has a trait of the workspace.
                Ty::Ext(..) => ts.iter().any(|bound| self.may_have(recv, *bound)),
                _ => true,
            },
            Ty::Ext(n, _) if n == "Iter" => self.item(recv).is_some(),
            Ty::Fn(..) => matches!(recv, Ty::Fn(..)),
            _ => true,
        }
    }

    /// Whether a type of the workspace has, by derive or impl, the standard trait that a method of every type is of.
    fn has_trait_of(&self, t: TypeId, name: &str) -> bool {
        let of = match name {
            "clone" | "clone_from" | "to_owned" | "cloned" => "Clone",
            "eq" | "ne" => "PartialEq",
            "cmp" | "max" | "min" | "clamp" => "Ord",
            "partial_cmp" | "lt" | "le" | "gt" | "ge" => "PartialOrd",
            "hash" => "Hash",
            "to_string" => "Display",
            _ => return false,
        };
        self.p.type_def(t).is_some_and(|d| d.derives.iter().any(|d| d == of)) || !self.p.impls_for(t, of).is_empty()
    }

    /// What a default method of `Write` comes down to where a type of the workspace is the writer: its own `write_str` or
    /// `write`.
    pub(super) fn written_by(&self, ty: &Ty, name: &str) -> Option<FuncId> {
        if !matches!(name, "write_fmt" | "write_all" | "write_str" | "write_char") {
            return None;
        }
        let Ty::Adt(t, _) = self.bound(&self.head(ty)) else { return None };
        let own = |name: &&str| self.p.impls_for(t, "Write").iter().find_map(|i| self.p.impl_method(*i, name));
        [name, "write_fmt", "write_all", "write_str", "write"].iter().find_map(own)
    }

    /// The row for a method of a foreign trait that a type of the workspace implements.
    pub(super) fn foreign_method(&self, t: TypeId, name: &str, args: usize) -> Option<u32> {
        let of = |n: &str| self.models.find_method(n, name, args);
        let def = self.p.type_def(t)?;
        let derives = |name: &str| def.derives.iter().any(|d| d == name);
        // Crates share names of derives: the one that is meant comes first, if that has a row.
        let meant = |name: &str| {
            let by_path = def.attrs.iter().find(|a| a.args.is_empty() && a.name() == name).map(|a| a.path.as_str());
            let path: Vec<Name> = by_path.unwrap_or(name).split("::").map(Name::from).collect();
            match self.p.resolve(self.p.type_module(t), &path).def {
                Some(Def::Ext(path)) => of(&path),
                _ => None,
            }
        };
        let written = self.p.foreign_traits(t).iter().find_map(|n| of(n));
        let derived = || {
            DERIVED.iter().filter(|(d, _)| derives(d)).find_map(|(d, n)| of(n).and_then(|row| meant(d).or(Some(row))))
        };
        written.or_else(derived)
    }

    /// A type of the workspace that is an iterator or a stream, as one, and what gives an element of it for a method.
    fn as_iterator(&self, ty: &Ty, method: &str) -> Option<(Ty, Option<FuncId>)> {
        let Ty::Adt(t, _) = ty else { return None };
        let of = |name: &str, next: &str| {
            let i = *self.p.impls_for(*t, name).first()?;
            Some(self.p.impl_method(i, next))
        };
        let back = || of("DoubleEndedIterator", "next_back").filter(|_| FROM_BEHIND.contains(&method));
        let next = back().or_else(|| of("Iterator", "next")).or_else(|| of("Stream", "poll_next"))?;
        Some((Ty::Ext("Iter".into(), [project(self.p, self.models, ty, "Item")?].into()), next))
    }

    /// What the caller says the result is, now or later: `collect::<Vec<_>>()`, `let x: T = y.into()`.
    pub(super) fn asked_for(&mut self, name: &Name, args: Args<'_>, site: u32, out: &mut Site) {
        self.written_result(name, args, out);
        match name.as_str() {
            "collect" | "try_collect" => {
                let item = args.tys.first().and_then(|t| self.item(t));
                if let Some(item) = item {
                    let ret = out.ret.clone();
                    let whole = if name == "collect" { ret } else { self.hole_or_payload(&ret) };
                    self.wanted(&whole, Wanted::Items(item));
                    self.wanted(&whole, Wanted::Made(site, ("FromIterator", "from_iter")));
                }
            }
            "partition" => {
                if let (Some(item), Ty::Tuple(parts)) = (args.tys.first().and_then(|t| self.item(t)), out.ret.clone()) {
                    parts.iter().for_each(|part| self.wanted(part, Wanted::Items(item.clone())));
                }
            }
            "sum" => self.wanted(&out.ret.clone(), Wanted::Made(site, ("Sum", "sum"))),
            "product" => self.wanted(&out.ret.clone(), Wanted::Made(site, ("Product", "product"))),
            "parse" => {
                let whole = self.hole_or_payload(&out.ret.clone());
                self.wanted(&whole, Wanted::Made(site, ("FromStr", "from_str")));
            }
            "unwrap_or_default" => self.wanted(&out.ret.clone(), Wanted::Made(site, ("Default", "default"))),
            "into" | "try_into" => {
                let from = args.tys.first().cloned().unwrap_or_default();
                let ret = out.ret.clone();
                if name == "into"
                    && let Ty::Param(n) = self.head(&from)
                    && let Some(made) = made_by_into(self.p, self.models, self.id, &n)
                {
                    self.unify(&ret, &made);
                    // Where a type of ours becomes that of a library, the function is read once more for that type.
                    if matches!(made, Ty::Ext(..)) {
                        return;
                    }
                }
                let to = if name == "into" { ret } else { self.hole_or_payload(&ret) };
                let by = Conversion { at: Converts::At(site), may_fail: name != "into" };
                self.wanted(&to, Wanted::Conversion(by, from));
            }
            _ => {}
        }
    }

    /// A turbofish says what the open part of the result is.
    pub(super) fn written_result(&mut self, name: &Name, args: Args<'_>, out: &Site) {
        let written = args.generics.iter().find(|t| !matches!(self.head(t), Ty::Var(_) | Ty::Unknown)).cloned();
        let written = written.or_else(|| args.generics.first().cloned());
        let Some(written) = written else { return };
        // One that is open is what is written, but of a statement, which is told other types as well.
        let open = |w: &Self| args.generics.len() == 1 && matches!(w.content_of(&out.ret), Ty::Var(_));
        if takes_result_type(name) || open(self) {
            let hole = self.hole(&out.ret);
            self.unify(&hole, &written);
        }
    }

    /// What options, results and lists are of.
    fn content_of(&self, ty: &Ty) -> Ty {
        let mut at = self.head(ty);
        while let Ty::Ext(n, args) = &at
            && matches!(n.as_str(), "Option" | "Result" | "Vec" | "Iter")
            && let Some(inner) = args.first()
        {
            at = self.head(inner);
        }
        at
    }

    /// The first part of a type, from outside in, that is not known.
    fn hole(&self, ty: &Ty) -> Ty {
        let mut at = self.head(ty);
        for _ in 0..4 {
            match &at {
                Ty::Ext(n, args) if matches!(n.as_str(), "Option" | "Result" | "Vec" | "Iter") => match args.first() {
                    Some(t) => at = self.head(t),
                    None => break,
                },
                // A statement of whose rows the type is not known.
                Ty::Ext(_, args) => match &**args {
                    [only] if matches!(self.head(only), Ty::Var(_)) => return self.head(only),
                    _ => break,
                },
                _ => break,
            }
        }
        at
    }

    fn hole_or_payload(&self, ty: &Ty) -> Ty {
        match self.head(ty) {
            Ty::Ext(n, args) if n == "Result" => args.first().cloned().unwrap_or_default(),
            t => t,
        }
    }
}

/// Methods whose turbofish is the type of what they give.
fn takes_result_type(name: &str) -> bool {
    matches!(
        name,
        "collect"
            | "try_collect"
            | "parse"
            | "into"
            | "try_into"
            | "sum"
            | "product"
            | "get"
            | "try_get"
            | "json"
            | "deserialize"
            | "extract"
            | "load"
            | "first"
            | "get_result"
            | "get_results"
            | "one"
            | "all"
            | "fetch_one"
            | "build_query_as"
            | "build_query_scalar"
            | "into_model"
            | "into_partial_model"
            | "into_tuple"
            | "downcast"
            | "downcast_ref"
            | "downcast_mut"
            | "get_one"
            | "get_many"
            | "data"
            | "data_opt"
            | "data_unchecked"
            | "app_data"
            | "remove"
            | "query"
    )
}

/// Whether a type is of the standard library: there a method of a name that means the same everywhere does.
fn is_of_std(ty: &Ty) -> bool {
    matches!(ty, Ty::Ext(n, _) if !n.contains("::")) || matches!(ty, Ty::Tuple(_) | Ty::Fn(..))
}

/// Methods of traits that any type may implement, so that the name says the trait.
fn is_of_common_trait(name: &str) -> bool {
    matches!(
        name,
        "clone"
            | "clone_from"
            | "to_owned"
            | "eq"
            | "ne"
            | "lt"
            | "le"
            | "gt"
            | "ge"
            | "cmp"
            | "partial_cmp"
            | "max"
            | "min"
            | "clamp"
            | "hash"
            | "to_string"
            | "fmt"
            | "into"
            | "try_into"
            | "as_ref"
            | "as_mut"
            | "borrow"
            | "borrow_mut"
            | "deref"
            | "deref_mut"
            | "type_id"
            | "into_iter"
            | "serialize"
            | "into_response"
            | "instrument"
            | "in_current_span"
            | "pipe"
            | "pipe_ref"
            | "tap"
            | "tap_dbg"
            | "tap_mut"
            | "boxed"
            | "validate"
            | "encode_to_vec"
            | "read"
            | "read_to_end"
            | "read_to_string"
            | "read_exact"
            | "write"
            | "write_all"
            | "write_str"
            | "write_fmt"
            | "flush"
            | "poll"
            | "next_u32"
            | "next_u64"
            | "fill_bytes"
            | "gen_range"
            | "random_range"
            | "gen_bool"
            | "into_sql"
            | "sample_string"
            | "into_condition"
            | "into_active_model"
            | "zeroize"
            | "ct_eq"
    )
}

/// Methods that a foreign type has itself before what it points to is asked.
fn is_of_itself(name: &str) -> bool {
    matches!(name, "clone" | "clone_from" | "into" | "try_into")
}

/// Foreign pointers that cannot be cloned: a clone is one of what they point to.
fn is_guard(name: &str) -> bool {
    let last = name.rsplit("::").next().unwrap_or(name);
    last.ends_with("Guard") || matches!(last, "Ref" | "RefMut" | "LazyLock" | "LazyCell" | "Lazy")
}
