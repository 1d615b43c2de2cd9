//! What is spoken of later: which operands of a statement are named again behind it, and so are only lent to it.

use std::collections::{BTreeMap, BTreeSet};

use super::owners::{address, fields, spoken};
use crate::ir::Name;
use crate::ir::body::{ClosureId, Cond, Func, LabelId, Local, Operand, Place, RET, Rvalue, Stmt};
use crate::limits::DROPPED_ROUNDS;

/// Places that are named from some point on.
type Named = BTreeSet<(Local, Vec<Name>)>;

/// The operands that are only lent.
pub(super) struct Later {
    /// By the addresses of statements and the numbers of operands.
    lent: BTreeSet<(usize, usize)>,
    captured: BTreeMap<ClosureId, Vec<Local>>,
}

impl Later {
    /// Of a function and its closures, for some locals.
    pub(super) fn of(f: &Func, tracked: &BTreeSet<Local>) -> Self {
        let captured = (0..).map(ClosureId).zip(&f.closures).map(|(id, def)| {
            let mut all = BTreeSet::new();
            spoken(f, id, &mut all);
            (id, all.into_iter().filter(|l| tracked.contains(l) && !def.params.contains(l)).collect())
        });
        let out = Later { lent: BTreeSet::new(), captured: captured.collect() };
        let mut walk = Walk { tracked, out, after: BTreeMap::new(), rounds: BTreeMap::new(), end: Named::new() };
        let bodies = f.body.iter().map(|b| (b, RET)).chain(f.closures.iter().map(|c| (&c.body, c.ret)));
        for (body, ret) in bodies {
            walk.end = [(ret, Vec::new())].into();
            walk.block(body, walk.end.clone());
        }
        walk.out
    }

    /// Whether an operand is named again behind its statement.
    pub(super) fn is_lent(&self, s: &Stmt, operand: usize) -> bool {
        self.lent.contains(&(address(s), operand))
    }

    /// The locals that a closure speaks of.
    pub(super) fn captured(&self, id: ClosureId) -> Vec<Local> {
        self.captured.get(&id).cloned().unwrap_or_default()
    }
}

/// What a right-hand side reads, in the order of the text.
pub(super) fn operands(src: &Rvalue) -> Vec<&Operand> {
    let mut out = Vec::new();
    src.operands(&mut |op| out.push(op));
    out
}

struct Walk<'a> {
    tracked: &'a BTreeSet<Local>,
    out: Later,
    /// What is named behind blocks and loops.
    after: BTreeMap<LabelId, Named>,
    /// What is named in the next round of a loop, and behind it.
    rounds: BTreeMap<LabelId, Named>,
    /// What is named behind the body.
    end: Named,
}

impl Walk<'_> {
    fn block(&mut self, stmts: &[Stmt], end: Named) -> Named {
        stmts.iter().rev().fold(end, |named, s| self.stmt(s, named))
    }

    fn stmt(&mut self, stmt: &Stmt, mut named: Named) -> Named {
        match stmt {
            Stmt::Assign { dst, src, .. } => {
                if dst.path.is_empty() {
                    named.retain(|(l, _)| *l != dst.base);
                } else {
                    self.name(dst, &mut named);
                }
                self.read(stmt, src, &mut named);
                named
            }
            Stmt::If { cond, then, els, .. } => {
                let mut before = self.block(then, named.clone());
                before.extend(self.block(els, named));
                if let Cond::Is(p, _) | Cond::True(Operand::Place(p)) = cond {
                    self.name(p, &mut before);
                }
                before
            }
            Stmt::Loop { label, body } => {
                self.after.insert(*label, named);
                let mut head = Named::new();
                for _ in 0..DROPPED_ROUNDS {
                    self.rounds.insert(*label, head.clone());
                    let before = self.block(body, head.clone());
                    if before == head {
                        break;
                    }
                    head.extend(before);
                }
                // What it runs over is taken once, before the first round.
                for s in body {
                    if let Stmt::Assign { src: Rvalue::Elem(Operand::Place(p)), .. } = s {
                        self.name(p, &mut head);
                    }
                }
                head
            }
            Stmt::Block { label, body } => {
                self.after.insert(*label, named.clone());
                self.block(body, named)
            }
            Stmt::Scope { body, .. } => self.block(body, named),
            Stmt::Break(label) => self.after.get(label).cloned().unwrap_or_default(),
            Stmt::Continue(label) => self.rounds.get(label).cloned().unwrap_or_default(),
            Stmt::Return => self.end.clone(),
            Stmt::Unreachable => Named::new(),
        }
    }

    fn read(&mut self, stmt: &Stmt, src: &Rvalue, named: &mut Named) {
        match src {
            Rvalue::Closure(id) => {
                for (at, local) in self.out.captured(*id).into_iter().enumerate() {
                    self.operand(stmt, at, &local.into(), named);
                }
            }
            Rvalue::Elem(Operand::Place(p)) => {
                if overlaps(p, named) {
                    self.out.lent.insert((address(stmt), 0));
                }
            }
            Rvalue::RefMut(p) => self.name(p, named),
            Rvalue::Test(cond) => {
                if let Cond::Is(p, _) | Cond::True(Operand::Place(p)) = &**cond {
                    self.name(p, named);
                }
            }
            _ => {
                for (at, op) in operands(src).into_iter().enumerate().rev() {
                    if let Operand::Place(p) = op {
                        self.operand(stmt, at, p, named);
                    }
                }
            }
        }
    }

    fn operand(&mut self, stmt: &Stmt, at: usize, p: &Place, named: &mut Named) {
        if overlaps(p, named) {
            self.out.lent.insert((address(stmt), at));
        }
        self.name(p, named);
    }

    fn name(&self, p: &Place, named: &mut Named) {
        if self.tracked.contains(&p.base) {
            named.insert((p.base, fields(p)));
        }
    }
}

/// Whether a place, a part of it or what it is a part of is named.
fn overlaps(p: &Place, named: &Named) -> bool {
    let way = fields(p);
    named.iter().any(|(l, other)| *l == p.base && way.iter().zip(other).all(|(a, b)| a == b))
}
