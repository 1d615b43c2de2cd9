//! What other crates make without knowing of the types here: which of those may be in it.
//!
//! A function of another crate gives types of its own, or those that it is given. So of a value of which nothing is
//! known, but that such functions made of values of which it is known, few types here can be the type.

use std::collections::BTreeSet;

use super::{Target, Walk};
use crate::ir::Name;
use crate::ir::body::{Callee, Operand, Place, Rvalue, Sel};
use crate::ir::items::TypeRef;
use crate::link::program::{Def, FuncId, TraitId, TypeId};
use crate::link::ty::{Ty, fields_of, peel};

impl Walk<'_> {
    /// Whether an impl of the workspace may say that a type has a trait, as far as impls were read at all.
    pub(super) fn may_have(&self, ty: &Ty, t: TraitId) -> bool {
        let impls = self.p.impls_of(t);
        impls.is_empty() || impls.iter().any(|i| self.is_for(*i, ty))
    }

    /// Of several methods those whose impls are for this type whatever else is found out about it.
    pub(super) fn prefer_sure(&self, found: &mut Vec<FuncId>, recv: &Ty) {
        let sure = |f: &FuncId| self.is_surely_of(*f, recv);
        if found.len() > 1 && found.iter().any(sure) {
            found.retain(sure);
        }
    }

    fn is_surely_of(&self, f: FuncId, recv: &Ty) -> bool {
        let of = self.p.func_impl(f).and_then(|i| self.p.impl_self.get(i.0 as usize));
        of.is_some_and(|of| self.surely_fits(of, recv))
    }

    /// Adds the methods of what a type derefs to, as long as none is surely of the type itself: a list of which the
    /// elements are not known may be an array.
    pub(super) fn or_behind(&self, found: &mut Vec<FuncId>, recv: &Ty, name: &Name) {
        if found.iter().any(|f| self.is_surely_of(*f, recv)) {
            return;
        }
        let Some(below) = self.deref(recv).map(|t| self.head(&t)) else { return };
        let Ty::Ext(n, _) = &below else { return };
        let mut behind = self.p.methods_of_ext(n, name);
        behind.retain(|f| !found.contains(f) && self.p.func_impl(*f).is_none_or(|i| self.is_for(i, &below)));
        found.extend(behind);
    }

    /// The types of the workspace that may be in a value which other crates made, if it is one.
    pub(super) fn theirs(&mut self, op: Option<&Operand>) -> Option<BTreeSet<TypeId>> {
        match op? {
            Operand::Lit(_) => Some(BTreeSet::new()),
            Operand::Path(_) => None,
            Operand::Place(p) => match self.theirs.get(&p.base).cloned() {
                Some(theirs) => Some(theirs),
                // What is declared says all that it holds; what is only found out may have lost what stands in brackets.
                None if self.is_declared(p) => self.in_place(p),
                None => None,
            },
        }
    }

    /// Whether the type of a place is written, as no object: of a parameter, or of a field of a type of the workspace.
    fn is_declared(&mut self, place: &Place) -> bool {
        let plain = |ty: &TypeRef| !ty.holds(&|t| matches!(t, TypeRef::Bounds { .. }));
        let base = self.local(place.base);
        let mut ty = self.head(&base);
        let param = self.f.params.iter().find(|p| p.local == place.base).map(|p| &p.ty);
        let of_closure = || {
            let is = self.f.closures.iter().any(|c| c.params.contains(&place.base));
            self.f.locals.get(place.base.0 as usize).filter(|_| is)?.ty.as_deref()
        };
        if !param.or_else(of_closure).map_or(matches!(ty, Ty::Adt(..)), plain) {
            return false;
        }
        for (i, sel) in place.path.iter().enumerate() {
            if let (Sel::Field(name), Ty::Adt(t, _)) = (sel, peel(self.models, &ty)) {
                let fields = fields_of(self.p, *t, None).unwrap_or_default();
                if !fields.iter().any(|f| f.name == *name && plain(&f.ty)) {
                    return false;
                }
            }
            let next = self.place(&Place { base: place.base, path: place.path.iter().take(i + 1).cloned().collect() });
            ty = self.head(&next);
        }
        true
    }

    /// The types of the workspace that may be in a place, by its type, or by that of what of another crate it is a part.
    fn in_place(&mut self, place: &Place) -> Option<BTreeSet<TypeId>> {
        let ty = self.place(place);
        if let Some(theirs) = self.in_type(&ty) {
            return Some(theirs);
        }
        let (Sel::Field(_), before) = place.path.split_last()? else { return None };
        let whole = self.place(&Place { base: place.base, path: before.to_vec() });
        let whole = self.head(&whole);
        let foreign = matches!(&whole, Ty::Ext(n, _) if n.contains("::"));
        if foreign { self.in_type(&whole) } else { None }
    }

    /// The types of the workspace that a type names, and what their impls of traits of other crates say besides. Of an
    /// object it may be any.
    fn in_type(&self, ty: &Ty) -> Option<BTreeSet<TypeId>> {
        let mut out = BTreeSet::new();
        match self.head(ty) {
            // What implements the trait here. If nothing does, it is not known who may.
            Ty::Param(n) => match self.bound(&Ty::Param(n)) {
                Ty::Ext(of, _) if of.contains("::") => {
                    let types = self.p.implementors(&of);
                    if types.is_empty() {
                        return None;
                    }
                    for t in types {
                        out.extend(self.in_type(&Ty::Adt(*t, [].into()))?);
                    }
                }
                _ => return None,
            },
            Ty::Adt(t, args) => {
                out.insert(t);
                for of in self.p.foreign_traits(t) {
                    let last = of.rsplit("::").next().unwrap_or(of);
                    let impls = self.p.impls_for(t, last).iter().filter_map(|i| Some((*i, self.p.impl_def(*i)?)));
                    for (name, i) in impls.flat_map(|(i, def)| def.assoc.iter().map(move |(name, _)| (name, i))) {
                        let said = self.p.impl_assoc(self.models, i, name, &args).filter(Ty::is_closed)?;
                        said.each(&mut |t| out.extend([t]));
                    }
                }
                for arg in args.iter() {
                    out.extend(self.in_type(arg)?);
                }
            }
            Ty::Ext(_, args) | Ty::Tuple(args) => {
                for arg in args.iter() {
                    out.extend(self.in_type(arg)?);
                }
            }
            _ => return None,
        }
        Some(out)
    }

    /// Notes what a local is set to, if other crates made it.
    pub(super) fn note_theirs(&mut self, dst: &Place, src: &Rvalue) {
        let theirs = match src {
            Rvalue::Call { callee, args, site, .. } => self.made_by_others(callee, args, *site),
            Rvalue::Use(op) | Rvalue::Await(op) | Rvalue::Elem(op) => self.theirs(Some(op)),
            // Whoever gets it may put anything into it.
            Rvalue::RefMut(p) => {
                self.theirs.remove(&p.base);
                None
            }
            _ => None,
        };
        match theirs.filter(|_| dst.path.is_empty()) {
            Some(theirs) => self.theirs.insert(dst.base, theirs),
            None => self.theirs.remove(&dst.base),
        };
    }

    /// What a call gives that other crates answer: of what it is given. What it was called on may have that from then on,
    /// too, and of what a function here was lent nothing is known any more.
    fn made_by_others(&mut self, callee: &Callee, args: &[Operand], site: u32) -> Option<BTreeSet<TypeId>> {
        let mut given = Some(BTreeSet::new()).filter(|_| self.is_answered_elsewhere(callee, site));
        let method = matches!(callee, Callee::Method { .. });
        for (i, op) in args.iter().enumerate() {
            let Some(theirs) = &mut given else { break };
            let more = match self.theirs(Some(op)) {
                None if i > 0 || !method => {
                    let ty = self.operand(op);
                    self.in_type(&ty)
                }
                theirs => theirs,
            };
            match more {
                Some(more) => theirs.extend(more),
                None => given = None,
            }
        }
        for op in args {
            let Operand::Place(p) = op else { continue };
            match &given {
                Some(theirs) => {
                    if let Some(had) = self.theirs.get_mut(&p.base) {
                        had.clone_from(theirs);
                    }
                }
                None => {
                    self.theirs.remove(&p.base);
                }
            }
        }
        given
    }

    /// Whether a function of another crate answers a call which nobody tells a type.
    fn is_answered_elsewhere(&self, callee: &Callee, site: u32) -> bool {
        let of_theirs = match callee {
            Callee::Path(id) => self.is_foreign_function(id.0),
            Callee::Method { generics, .. } => generics.is_empty(),
            _ => false,
        };
        // What is written for a type of ours may be about any.
        of_theirs
            && self.out.sites.get(site as usize).is_some_and(|by| {
                let of_ours = || by.method && matches!(self.behind_pointers(&by.recv), Ty::Adt(..));
                by.of.is_none() && by.targets.iter().all(|t| matches!(t, Target::Row(_))) && !of_ours()
            })
    }

    /// Whether a path is a function of a crate that this one depends on, which nobody tells a type.
    fn is_foreign_function(&self, id: u32) -> bool {
        let (Some(path), Some(module)) = (self.f.paths.get(id as usize), self.cx.module) else { return false };
        let krate = match self.out.paths.get(id as usize).and_then(|r| r.def.as_ref()) {
            Some(Def::Ext(full)) => full.split_once("::").map(|(krate, _)| Name::from(krate)),
            _ => None,
        };
        path.args.is_empty() && path.qself.is_none() && krate.is_some_and(|krate| self.p.depends_on(module, &krate))
    }
}
