//! Method calls: whose method a name is, by the type of the receiver.

use super::{How, Site, Target, Walk, signature};
use crate::ir::Name;
use crate::ir::body::Operand;
use crate::ir::items::TypeRef;
use crate::link::program::{FuncId, TypeId};
use crate::link::ty::{Subst, Ty, from_model, head, lower, merge, payload, peel, unify};

impl Walk<'_> {
    /// One step of auto-deref.
    pub(super) fn deref_step(&self, ty: &Ty) -> Option<Ty> {
        match ty {
            Ty::Ext(n, args) => {
                let m = self.models.type_model(n)?;
                let d = m.deref.as_ref()?;
                let s: Subst = m.vars.iter().cloned().zip(args.iter().cloned()).collect();
                Some(from_model(self.models, d, ty).subst(&s))
            }
            Ty::Adt(..) => self.user_deref(ty),
            _ => None,
        }
    }

    pub(super) fn method_call(
        &mut self,
        name: &Name,
        generics: &[TypeRef],
        args: &[Operand],
        tys: &[Ty],
        out: &mut Site,
    ) {
        let recv = tys.first().cloned().unwrap_or_default();
        out.recv = recv.clone();
        let turbofish: Vec<Ty> = generics.iter().map(|g| lower(self.p, self.models, &self.cx, g)).collect();
        let mut at = self.through_param(&recv);
        let mut head_ext: Option<Name> = None;
        for _ in 0..8 {
            match &at {
                Ty::Adt(t, _) => {
                    let found = self.narrow(self.p.methods_of(*t, name), tys);
                    if !found.is_empty() {
                        self.func_targets(&found, args, tys, &turbofish, How::Resolved, out);
                        self.bind_receiver(&at, &found, args, tys, out);
                        return;
                    }
                    if matches!(name.as_str(), "into" | "try_into")
                        && let Some(f) = self.conversion(*t, out)
                    {
                        self.func_targets(&f, args, tys, &turbofish, How::Resolved, out);
                        return;
                    }
                    // A field that is called is not a method; a derived trait's method is modelled below.
                }
                Ty::Ext(n, _) => {
                    head_ext.get_or_insert_with(|| n.clone());
                    let found = self.p.methods_of_ext(n, name);
                    if !found.is_empty() {
                        self.func_targets(&found, args, tys, &turbofish, How::Resolved, out);
                        return;
                    }
                    if let Some(row) = self.models.find(&format!("{n}::{name}"), args.len()) {
                        out.symbol = format!("{n}::{name}").into();
                        out.targets.push(Target::Row(row));
                        out.how = How::Modelled;
                        self.apply_row(row, args, tys, &turbofish, out);
                        self.expected_from_turbofish(name, &turbofish, out);
                        return;
                    }
                }
                Ty::Traits(ts) => {
                    for t in ts.iter() {
                        if let Some(m) = self.p.trait_method(*t, name) {
                            self.func_targets(&[m], args, tys, &turbofish, How::Resolved, out);
                            return;
                        }
                    }
                }
                _ => {}
            }
            match self.deref_step(&at) {
                Some(t) => at = self.through_param(&t),
                None => break,
            }
        }
        // A wrapper whose content was not seen to be taken out.
        if let Some(inner) = head_ext
            .as_ref()
            .filter(|n| matches!(n.as_str(), "Option" | "Result"))
            .and_then(|_| payload(self.models, &recv))
            .cloned()
            && inner != Ty::Unknown
            && self.models.find(&format!("_::{name}"), args.len()).is_none()
        {
            let mut inner_tys = tys.to_vec();
            if let Some(first) = inner_tys.first_mut() {
                *first = inner;
            }
            self.method_call(name, generics, args, &inner_tys, out);
            return;
        }
        let blanket = self.p.blanket_methods(name);
        if !blanket.is_empty() {
            self.func_targets(&blanket, args, tys, &turbofish, How::Resolved, out);
            return;
        }
        if let Some(row) = self.models.find(&format!("_::{name}"), args.len()) {
            out.symbol = match &head_ext {
                Some(n) => format!("{n}::{name}").into(),
                None => name.clone(),
            };
            out.targets.push(Target::Row(row));
            out.how = How::Modelled;
            self.apply_row(row, args, tys, &turbofish, out);
            self.expected_from_turbofish(name, &turbofish, out);
            return;
        }
        out.symbol = match (&head_ext, peel(self.models, &recv)) {
            (Some(n), _) => format!("{n}::{name}").into(),
            (None, Ty::Adt(t, _)) => format!("{}::{name}", self.p.type_path(*t)).into(),
            _ => name.clone(),
        };
        if recv == Ty::Unknown || matches!(recv, Ty::Param(_)) {
            let named: Vec<FuncId> = self
                .p
                .methods_named(name)
                .iter()
                .copied()
                .filter(|f| self.p.func(*f).is_some_and(|f| f.has_self && f.params.len() == args.len()))
                .collect();
            if !named.is_empty() && named.len() <= 4 {
                self.func_targets(&named, args, tys, &turbofish, How::Guessed, out);
                return;
            }
        }
        for a in args.iter().skip(1) {
            if let Some(c) = self.closure_of(a) {
                self.closure(c, &[]);
            }
        }
    }

    /// `x.into()`: the impls of `From` that take it, by what is expected where that is known.
    pub(super) fn conversion(&self, t: TypeId, out: &Site) -> Option<Vec<FuncId>> {
        let all = self.p.conversions_from(t);
        let wanted = peel(self.models, &out.ret);
        let fits: Vec<FuncId> = all.iter().filter(|(ty, _)| head(ty) == head(wanted)).map(|(_, f)| *f).collect();
        if !fits.is_empty() {
            return Some(fits);
        }
        let list: Vec<FuncId> = all.into_iter().map(|(_, f)| f).collect();
        if list.is_empty() { None } else { Some(list) }
    }

    /// Arguments of a generic type flow into its methods' results: `Wrapper<T>::get(&self) -> T`.
    pub(super) fn bind_receiver(&self, recv: &Ty, found: &[FuncId], _args: &[Operand], _tys: &[Ty], out: &mut Site) {
        let Some(f) = found.first() else { return };
        let Some(self_ty) = self.p.func_impl(*f).and_then(|i| self.p.impl_self.get(i.0 as usize)) else { return };
        let mut s = Subst::new();
        unify(self_ty, recv, &mut s);
        if s.is_empty() {
            return;
        }
        let (_, ret) = signature(self.p, self.models, *f);
        out.ret = merge(&out.ret, &ret.subst(&s).erase());
    }
}
