//! What waits until a type is known: collections, conversions, what an impl says.

use super::unify::Instance;
use super::{Brought, Goal, How, Target, Targets, Walk, Wanted};
use crate::link::program::{FuncId, ImplId, TraitId};
use crate::link::ty::{Ty, is_map, payload};

impl Walk<'_> {
    pub(super) fn wanted(&mut self, on: &Ty, what: Wanted) {
        self.goals.push(Goal { on: on.clone(), what });
    }

    /// Does what waited for types that are known by now; at the end also what still waits.
    pub(super) fn settle(&mut self, end: bool) {
        if !end && self.goals.iter().all(|goal| self.vars.is_open(&goal.on)) {
            return;
        }
        for goal in std::mem::take(&mut self.goals) {
            let on = self.head(&goal.on);
            if matches!(on, Ty::Var(_) | Ty::Unknown) && !end {
                self.goals.push(goal);
                continue;
            }
            match goal.what {
                Wanted::Items(item) => self.collected(&on, &item, 0),
                Wanted::Conversion(at, from) => self.converted(&at, &from, &on),
                Wanted::Implemented(t, args) => self.implemented(t, &args, &on),
                Wanted::Given(path, made) => self.named_for(path, &on, &made),
                Wanted::Of(site, method, args) => self.of_type(site, method, args, &on),
                Wanted::Made(site, by) => self.made(site, by, &on),
            }
        }
    }

    /// A collection made of items.
    fn collected(&mut self, whole: &Ty, item: &Ty, depth: u32) {
        match self.head(whole) {
            Ty::Ext(n, args) if is_map(&n) => {
                self.unify(&Ty::Tuple(args), item);
            }
            Ty::Ext(n, args) if matches!(n.as_str(), "Result" | "Option") && depth < 4 => {
                let item = self.head(item);
                let inner = self.payload_of(&item, 0);
                if let Some(whole) = args.first() {
                    self.collected(whole, &inner, depth + 1);
                }
                if let (Some(e), "Result") = (args.get(1), n.as_str()) {
                    let error = self.payload_of(&item, 1);
                    self.unify(e, &error);
                }
            }
            Ty::Ext(n, args) if n == "Box" => {
                if let Some(whole) = args.first() {
                    self.collected(whole, item, depth + 1);
                }
            }
            t => {
                if let Some(want) = payload(self.models, &t).cloned() {
                    self.unify(&want, item);
                }
            }
        }
    }

    /// A function of a trait is that of the type that was wanted of it.
    fn of_type(&mut self, site: u32, method: FuncId, args: Vec<Ty>, on: &Ty) {
        let own = |f: &FuncId| self.p.func_impl(*f).and_then(|i| self.p.impl_self.get(i.0 as usize));
        let fits = |f: &FuncId| match (own(f), on) {
            (Some(Ty::Adt(of, _)), Ty::Adt(t, _)) => of == t,
            (Some(Ty::Ext(of, _)), Ty::Ext(n, _)) => of == n,
            (Some(Ty::Adt(..) | Ty::Ext(..)), _) => false,
            _ => true,
        };
        let found: Vec<FuncId> = self.p.reached(method).into_iter().filter(fits).collect();
        let Some(slot) = self.out.sites.get_mut(site as usize).filter(|_| !found.is_empty()) else { return };
        slot.targets = found.iter().copied().map(Target::Func).collect();
        if let [one] = found.as_slice() {
            slot.symbol = self.p.func_path(*one);
            if let Some(pattern) = own(one).filter(|_| self.p.is_generic(*one)) {
                let mut generics = Instance::new();
                let pattern = self.vars.instance(pattern, &mut generics);
                self.unify(&pattern, on);
                if let Some(slot) = self.out.sites.get_mut(site as usize) {
                    slot.brought.push(Brought { to: *one, generics, args: args.into() });
                }
            }
        }
    }

    /// What the arguments of a trait are that a type implements: those of the one impl that may be meant.
    fn implemented(&mut self, t: TraitId, args: &[Ty], ty: &Ty) {
        let ty = self.through_pointers(ty);
        if !matches!(ty, Ty::Adt(..)) {
            return;
        }
        let fits = |i: &&ImplId| {
            let own = self.p.impl_self.get(i.0 as usize);
            let of = self.p.impl_trait_args.get(i.0 as usize).map_or(&[][..], Vec::as_slice);
            own.is_some_and(|own| matches!(own, Ty::Adt(..)) && self.may_fit(own, &ty))
                && of.len() == args.len()
                && of.iter().zip(args).all(|(of, asked)| self.may_fit(of, asked))
        };
        let found: Vec<ImplId> = self.p.impls_of(t).iter().filter(fits).copied().collect();
        let [one] = found.as_slice() else { return };
        let (own, given) = (self.p.impl_self.get(one.0 as usize), self.p.impl_trait_args.get(one.0 as usize));
        let mut of = Instance::new();
        if let Some(own) = own {
            let own = self.vars.instance(own, &mut of);
            self.unify(&own, &ty);
        }
        for (given, asked) in given.into_iter().flatten().zip(args) {
            let given = self.vars.instance(given, &mut of);
            self.unify(asked, &given);
        }
    }

    /// What the impl of a foreign trait for a type makes of what a call is given, where the type is of the workspace.
    fn made(&mut self, site: u32, (of, name): (&str, &str), to: &Ty) {
        let Ty::Adt(t, _) = self.head(to) else { return };
        let found: Vec<FuncId> = self.p.impls_for(t, of).iter().filter_map(|i| self.p.impl_method(*i, name)).collect();
        if let (Some(slot), [one]) = (self.out.sites.get_mut(site as usize), found.as_slice()) {
            // A default is made where there is nothing; what is there is handed on as before.
            if name != "default" {
                slot.symbol = self.p.func_path(*one);
                slot.how = How::Resolved;
                slot.targets = Targets::default();
            }
            slot.targets.push(Target::Func(*one));
        }
    }
}
