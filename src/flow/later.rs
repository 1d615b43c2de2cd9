//! Liveness, for moves: which operands of a statement are named again behind it, and so are borrowed there and not moved.

use std::collections::{BTreeMap, BTreeSet};

use super::closures::spoken_of;
use crate::ir::Name;
use crate::ir::body::{ClosureId, Cond, Func, LabelId, Local, Operand, Place, RET, Rvalue, Sel, Stmt};
use crate::limits::DROPPED_ROUNDS;
use crate::source::Span;

/// An assignment, by what it is to and where it stands.
pub(super) type At = (Local, Span);

/// Places that are named from some point on.
type Named = BTreeSet<(Local, Vec<Name>)>;

/// The operands that are only lent.
pub(super) struct Later {
    /// By assignments and the numbers of operands.
    lent: BTreeSet<(At, usize)>,
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
    pub(super) fn is_lent(&self, at: At, operand: usize) -> bool {
        self.lent.contains(&(at, operand))
    }

    /// The locals that a closure speaks of.
    pub(super) fn captured(&self, id: ClosureId) -> Vec<Local> {
        self.captured.get(&id).cloned().unwrap_or_default()
    }
}

/// The fields by which a place goes into its local.
pub(super) fn fields(p: &Place) -> Vec<Name> {
    p.path.iter().filter_map(|s| if let Sel::Field(n) = s { Some(n.clone()) } else { None }).collect()
}

/// The locals that a closure speaks of, with the closures in it.
fn spoken(f: &Func, id: ClosureId, found: &mut BTreeSet<Local>) {
    let Some(def) = f.closures.get(id.0 as usize) else { return };
    crate::ir::body::each(&def.body, &mut |s| {
        spoken_of(s, &mut |l| {
            found.insert(l);
        });
        if let Stmt::Assign { src: Rvalue::Closure(inner), .. } = s {
            spoken(f, *inner, found);
        }
    });
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
            Stmt::Assign { dst, src, span } => {
                if dst.path.is_empty() {
                    named.retain(|(l, _)| *l != dst.base);
                } else {
                    self.name(dst, &mut named);
                }
                self.read((dst.base, *span), src, &mut named);
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

    fn read(&mut self, at: At, src: &Rvalue, named: &mut Named) {
        match src {
            Rvalue::Closure(id) => {
                for (n, local) in self.out.captured(*id).into_iter().enumerate() {
                    self.operand(at, n, &local.into(), named);
                }
            }
            Rvalue::Elem(Operand::Place(p)) => {
                if overlaps(p, named) {
                    self.out.lent.insert((at, 0));
                }
            }
            Rvalue::RefMut(p) => self.name(p, named),
            Rvalue::Test(cond) => {
                if let Cond::Is(p, _) | Cond::True(Operand::Place(p)) = &**cond {
                    self.name(p, named);
                }
            }
            _ => {
                for (n, op) in operands(src).into_iter().enumerate().rev() {
                    if let Operand::Place(p) = op {
                        self.operand(at, n, p, named);
                    }
                }
            }
        }
    }

    fn operand(&mut self, at: At, n: usize, p: &Place, named: &mut Named) {
        if overlaps(p, named) {
            self.out.lent.insert((at, n));
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
