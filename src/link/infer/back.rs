//! The look back: what a declared local says of the value that it takes.

use super::Walk;
use crate::ir::body::{Aggregate, Operand, Rvalue, Stmt};
use crate::link::ty::{Ty, head, merge, payload, peel};
use crate::model::ModelSet;

impl Walk<'_> {
    /// Looks back: what a declared local says of the value it takes.
    pub(super) fn back(&mut self, block: &[Stmt]) {
        for stmt in block.iter().rev() {
            match stmt {
                Stmt::Assign { dst, src, .. } => {
                    let want = self.place(dst);
                    if want == Ty::Unknown {
                        continue;
                    }
                    match src {
                        Rvalue::Use(Operand::Place(p)) | Rvalue::Positive(Operand::Place(p)) if p.path.is_empty() => {
                            let have = self.local(p.base);
                            if !have.is_known() {
                                let wanted = fit(self.models, &have, &want);
                                self.set(p.base, &wanted);
                            }
                        }
                        Rvalue::Call { site, .. } => {
                            if let Some(slot) = self.out.sites.get_mut(*site as usize)
                                && !slot.ret.is_known()
                            {
                                slot.ret = fit(self.models, &slot.ret, &want);
                            }
                        }
                        Rvalue::Aggregate { fields, kind: Aggregate::Adt(_), .. } => {
                            for (name, op, _) in fields {
                                if let (Some(name), Operand::Place(p)) = (name, op)
                                    && p.path.is_empty()
                                    && !self.local(p.base).is_known()
                                {
                                    let t = self.field(peel(self.models, &want), None, name);
                                    if t != Ty::Unknown {
                                        let wanted = fit(self.models, &self.local(p.base), &t);
                                        self.set(p.base, &wanted);
                                    }
                                }
                            }
                        }
                        _ => {}
                    }
                }
                Stmt::If { then, els, .. } => {
                    self.back(els);
                    self.back(then);
                }
                Stmt::Loop { body, .. } | Stmt::Block { body, .. } | Stmt::Scope { body, .. } => self.back(body),
                _ => {}
            }
        }
    }
}

/// The wanted type for a value whose own is partly known: its wrapper is kept and filled.
fn fit(models: &ModelSet, have: &Ty, want: &Ty) -> Ty {
    match have {
        Ty::Ext(n, args) if head(have) != head(want) && args.first() == Some(&Ty::Unknown) => {
            let inner = if payload(models, have).is_some() { want.clone() } else { return have.clone() };
            let mut list: Vec<Ty> = args.to_vec();
            if let Some(first) = list.first_mut() {
                *first = inner;
            }
            Ty::Ext(n.clone(), list.into())
        }
        _ => merge(have, want),
    }
}
