//! Calls that a model answers.

use super::{Site, Walk};
use crate::ir::Name;
use crate::ir::body::Operand;
use crate::link::ty::{Subst, Ty, from_model, head, merge, payload, peel, unify};

impl Walk<'_> {
    /// Applies a model's signature: binds its variables, walks closures, yields the result's type.
    pub(super) fn apply_row(&mut self, row: u32, args: &[Operand], tys: &[Ty], turbofish: &[Ty], out: &mut Site) {
        let Some(r) = self.models.row(row) else { return };
        let recv = tys.first().cloned().unwrap_or_default();
        let self_pattern = r.self_ty.as_ref().map(|t| from_model(self.models, t, &Ty::Unknown));
        let mut s = Subst::new();
        let mut self_ty = self_pattern.clone().unwrap_or_default();
        if r.has_self {
            if let Some(pattern) = &self_pattern
                && r.path.starts_with(|c: char| c != '_')
            {
                // The receiver, or what it derefs to.
                let mut at = recv.clone();
                for _ in 0..6 {
                    if head(&at) == head(pattern) {
                        break;
                    }
                    match self.deref_step(&at) {
                        Some(t) => at = t,
                        None => break,
                    }
                }
                unify(pattern, &at, &mut s);
                self_ty = at;
            } else {
                self_ty = recv.clone();
            }
        }
        for (g, t) in vars_of(&self_ty_vars(r)).into_iter().zip(turbofish.iter().rev().take(1)) {
            // `query_as::<_, T>`, `from_str::<T>`: the last argument is the type of interest.
            if !r.has_self && *t != Ty::Unknown {
                s.push((g, t.clone()));
            }
        }
        for (i, (_, pt)) in r.params.iter().enumerate() {
            if i == 0 && r.has_self {
                continue;
            }
            let pattern = from_model(self.models, pt, &self_ty);
            let given = tys.get(i).cloned().unwrap_or_default();
            match &pattern {
                Ty::Fn(ins, ret) => {
                    let ins: Vec<Ty> = ins.iter().map(|t| t.subst(&s).erase()).collect();
                    let got = match args.get(i).and_then(|a| self.closure_of(a)) {
                        Some(c) => self.closure(c, &ins),
                        None => match &given {
                            Ty::Fn(_, r) => (**r).clone(),
                            _ => Ty::Unknown,
                        },
                    };
                    unify(ret, &got, &mut s);
                    // `and_then(|x| Some(y))`: wrappers are transparent, so the result may come without.
                    if let Some(inner) = payload(self.models, ret) {
                        unify(inner, peel(self.models, &got), &mut s);
                    }
                }
                _ => {
                    unify(&pattern, &given, &mut s);
                    if let Some(c) = args.get(i).and_then(|a| self.closure_of(a)) {
                        self.closure(c, &[]);
                    }
                }
            }
        }
        // Closures beyond the declared parameters.
        for a in args.iter().skip(r.params.len()) {
            if let Some(c) = self.closure_of(a) {
                self.closure(c, &[]);
            }
        }
        // What is pushed into a container tells its elements' type.
        if r.has_self
            && !s.is_empty()
            && let Some(Operand::Place(place)) = args.first()
            && place.path.is_empty()
            && let Some(pattern) = &self_pattern
            && head(&recv) == head(pattern)
        {
            let filled = merge(&recv, &pattern.subst(&s).erase());
            self.set(place.base, &filled);
        }
        let ret = from_model(self.models, &r.ret, &self_ty).subst(&s).erase();
        out.ret = merge(&ret, &out.ret);
        let single_fn = !r.has_self && turbofish.len() == 1 && out.ret == Ty::Unknown;
        if single_fn {
            out.ret = turbofish.first().cloned().unwrap_or_default();
        }
    }

    pub(super) fn expected_from_turbofish(&self, name: &str, turbofish: &[Ty], out: &mut Site) {
        if matches!(name, "collect" | "parse" | "into" | "sum" | "get" | "try_get" | "json" | "deserialize" | "extract")
            && let Some(t) = turbofish.iter().find(|t| **t != Ty::Unknown)
        {
            out.ret = merge(t, &out.ret);
        }
    }
}

fn self_ty_vars(r: &crate::model::Row) -> Vec<crate::model::ModelTy> {
    let mut out = vec![r.ret.clone()];
    if let Some(t) = &r.self_ty {
        out.push(t.clone());
    }
    out
}

/// Variables in types, in order of appearance.
fn vars_of(tys: &[crate::model::ModelTy]) -> Vec<Name> {
    pub(super) fn go(t: &crate::model::ModelTy, out: &mut Vec<Name>) {
        use crate::model::ModelTy as M;
        match t {
            M::Var(n) if !out.contains(n) => out.push(n.clone()),
            M::Path(_, a) | M::Tuple(a) => a.iter().for_each(|t| go(t, out)),
            M::Fn(a, r) => {
                a.iter().for_each(|t| go(t, out));
                go(r, out);
            }
            _ => {}
        }
    }
    let mut out = Vec::new();
    tys.iter().for_each(|t| go(t, &mut out));
    out
}
