//! Calls that a model answers.

use super::calls::Args;
use super::unify::Instance;
use super::{How, Site, Target, Walk};
use crate::link::ty::{Ty, head};

impl Walk<'_> {
    /// A call of a modelled function: its signature binds variables and tells what closures get and what comes
    /// back. `own` is the type that the row was found for.
    pub(super) fn row_call(&mut self, row: u32, own: &Ty, args: Args<'_>, out: &mut Site) {
        out.targets.push(Target::Row(row));
        out.how = How::Modelled;
        let (Some(r), Some(sig)) = (self.models.row(row), self.p.row_signature(self.models, row)) else { return };
        let mut of = Instance::new();
        let own = self.head(own);
        if own != Ty::Unknown {
            of.push(("Self".into(), own.clone()));
        }
        if let Some(pattern) = &sig.self_ty {
            let any = matches!(pattern, Ty::Ext(n, _) if n == "_");
            let pattern = self.vars.instance(pattern, &mut of);
            if !any {
                // The receiver, or what it derefs to.
                let mut at = own;
                for _ in 0..6 {
                    if head(&at) == head(&pattern) {
                        break;
                    }
                    match self.deref(&at) {
                        Some(t) => at = self.head(&t),
                        None => break,
                    }
                }
                self.unify(&pattern, &at);
            }
        }
        let ret = self.vars.instance(&sig.ret, &mut of);
        if !r.has_self
            && let Some(last) = args.generics.last()
        {
            self.written_for(&ret, args.generics, last, &of);
        }
        let skip = usize::from(r.has_self);
        let wants: Vec<Ty> = sig.params.iter().map(|t| self.vars.instance(t, &mut of)).collect();
        // Closures come last: what they are called with is known by then.
        let is_closure: Vec<bool> = args.ops.iter().map(|op| self.closure_of(op).is_some()).collect();
        for closures in [false, true] {
            for (i, (op, ty)) in args.ops.iter().zip(args.tys).enumerate().skip(skip) {
                if is_closure.get(i) != Some(&closures) {
                    continue;
                }
                match wants.get(i) {
                    Some(want) => {
                        self.given(op, want, ty);
                        self.iterated(op, want, ty);
                    }
                    None => self.unseen(std::slice::from_ref(op)),
                }
            }
        }
        out.ret = ret;
    }

    /// `query_as::<_, T>`, `from_str::<T>`: the last argument is the type of interest, unless the arguments of the
    /// type itself were written, which its pattern has taken.
    fn written_for(&mut self, ret: &Ty, generics: &[Ty], last: &Ty, of: &Instance) {
        let open = |w: &Self, t: &Ty| matches!(w.head(t), Ty::Var(_));
        let vars: Vec<Ty> = of.iter().filter(|(n, _)| n != "Self").map(|(_, t)| t.clone()).collect();
        if generics.len() == 1 || vars.len() != generics.len() {
            let mut at = self.head(ret);
            for _ in 0..4 {
                match at.args().first() {
                    Some(t) => at = self.head(t),
                    None => break,
                }
            }
            let hole = if open(self, &at) { Some(at) } else { vars.into_iter().find(|t| open(self, t)) };
            if let Some(hole) = hole {
                self.unify(&hole, last);
            }
            return;
        }
        for (var, t) in vars.iter().zip(generics) {
            self.unify(var, t);
        }
    }
}
