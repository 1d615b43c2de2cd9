//! Whether what a call gives may be a future: one that is taken apart without being waited for is none.

use rustc_hash::FxHashMap;

use super::Walk;
use crate::ir::body::{Callee, ClosureId, Cond, Func, Local, Operand, Piece, Place, Rvalue, Stmt};
use crate::limits::DEREFS;
use crate::model::ModelSet;

/// Traits that give futures methods of their own end so: without one in scope they have none.
const OF_THEM: &str = "FutureExt";

/// Methods of futures that give another future, and that options or results have as well.
const OF_FUTURES: [&str; 11] = [
    "map",
    "then",
    "and_then",
    "or_else",
    "map_err",
    "map_or_else",
    "inspect",
    "inspect_err",
    "flatten",
    "unwrap_or_else",
    "into",
];

/// What becomes of a local.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// It is taken apart as no future can be.
    Taken,
    /// It, or a future that is made of it, goes to another.
    Goes(Local),
    /// It is waited for, or goes where nobody can tell.
    Open,
}

/// What becomes of what the calls of a function give.
pub(super) struct Futures {
    /// Where each call puts its result.
    made: FxHashMap<u32, Local>,
    fates: FxHashMap<Local, Fate>,
    /// The methods of futures that are there.
    methods: &'static [&'static str],
}

impl Walk<'_> {
    /// Whether what a call gives is surely no future.
    pub(super) fn is_no_future(&mut self, site: u32) -> bool {
        let (f, p, models, id) = (self.f, self.p, self.models, self.id);
        let futures = self.futures.get_or_insert_with(|| {
            let methods = if p.may_see_trait(p.body_scope(id), OF_THEM) { &OF_FUTURES[..] } else { &["into"] };
            Futures::of(f, models, methods)
        });
        let Some(mut at) = futures.made.get(&site).copied() else { return false };
        for _ in 0..DEREFS {
            match futures.fates.get(&at) {
                Some(Fate::Taken) => return true,
                Some(Fate::Goes(to)) => at = *to,
                Some(Fate::Open) | None => return false,
            }
        }
        false
    }
}

impl Futures {
    fn of(f: &Func, models: &ModelSet, methods: &'static [&'static str]) -> Self {
        let mut out = Futures { made: FxHashMap::default(), fates: FxHashMap::default(), methods };
        let mut closures: FxHashMap<Local, ClosureId> = FxHashMap::default();
        f.each_stmt(&mut |s| match s {
            Stmt::If { cond, .. } => out.tested(cond),
            Stmt::Assign { dst, src, .. } => {
                if let (Rvalue::Closure(id), true) = (src, dst.path.is_empty()) {
                    closures.insert(dst.base, *id);
                }
                out.assigned(dst, src, models);
                if let Rvalue::Call { callee: Callee::Method { name, .. }, args, .. } = src {
                    let given = args.iter().skip(1).filter_map(Operand::whole).filter_map(|l| closures.get(&l));
                    for c in given.filter_map(|id| f.closures.get(id.0 as usize)).filter(|c| !c.is_async) {
                        let handed_on = OF_FUTURES.contains(&name.as_str()) && dst.path.is_empty();
                        out.becomes(c.ret, if handed_on { Fate::Goes(dst.base) } else { Fate::Open });
                    }
                }
            }
            _ => {}
        });
        out
    }

    /// One who waits for it knows that it is a future, and of two others the first tells.
    fn becomes(&mut self, l: Local, fate: Fate) {
        let known = self.fates.entry(l).or_insert(fate);
        if fate == Fate::Open {
            *known = fate;
        }
    }

    fn taken(&mut self, place: &Place) {
        self.becomes(place.base, Fate::Taken);
    }

    fn tested(&mut self, cond: &Cond) {
        match cond {
            Cond::True(Operand::Place(p)) | Cond::Is(p, _) => self.taken(p),
            Cond::True(_) | Cond::Unknown => {}
        }
    }

    fn assigned(&mut self, dst: &Place, src: &Rvalue, models: &ModelSet) {
        match src {
            Rvalue::Test(cond) => self.tested(cond),
            Rvalue::Format(pieces) => {
                for piece in pieces {
                    if let Piece::Arg(Operand::Place(p), ..) = piece {
                        self.taken(p);
                    }
                }
            }
            Rvalue::Binary(_, a, b) => {
                for op in [a, b] {
                    if let Operand::Place(p) = op {
                        self.taken(p);
                    }
                }
            }
            Rvalue::Use(Operand::Place(p)) if p.path.is_empty() => {
                let fate = if dst.path.is_empty() { Fate::Goes(dst.base) } else { Fate::Open };
                self.becomes(p.base, fate);
            }
            Rvalue::Call { callee, args, site, .. } => {
                if dst.path.is_empty() {
                    self.made.insert(*site, dst.base);
                }
                for (i, op) in args.iter().enumerate() {
                    let Operand::Place(p) = op else { continue };
                    let fate = match callee {
                        _ if !p.path.is_empty() => Fate::Taken,
                        Callee::Method { name, .. } if i == 0 => match self.methods.contains(&name.as_str()) {
                            true if dst.path.is_empty() => Fate::Goes(dst.base),
                            false if is_of_value(models, name, args.len()) => Fate::Taken,
                            _ => Fate::Open,
                        },
                        _ => Fate::Open,
                    };
                    self.becomes(p.base, fate);
                }
            }
            other => other.operands(&mut |op| {
                if let Operand::Place(p) = op {
                    self.becomes(p.base, if p.path.is_empty() { Fate::Open } else { Fate::Taken });
                }
            }),
        }
    }
}

/// Whether a method is one of options, results, lists or texts.
fn is_of_value(models: &ModelSet, name: &str, args: usize) -> bool {
    ["Option", "Result", "Vec", "String", "str"].iter().any(|of| models.find_method(of, name, args).is_some())
}
