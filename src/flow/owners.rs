//! Owners: which local owns what, on each way through a body, as far as it does something when it goes.
//!
//! The neutral form does not tell `&x` from `x`. But what was moved is not named again: a value is moved where the last
//! statement speaks of it, and borrowed where it is spoken of later. What is handed to a function of the workspace is
//! moved unless it declares a reference; what is handed to another is in what that gives, or in what it was called on,
//! where their types have such a part, and has left otherwise.

use std::collections::{BTreeMap, BTreeSet};

use super::closures::spoken_of;
use super::drops::Part;
use super::later::{Later, operands};
use crate::ir::Name;
use crate::ir::body::{Aggregate, ClosureId, Cond, Func, LabelId, Local, Operand, Place, RET, Rvalue, Sel, Stmt, Test};
use crate::limits::DROPPED_ROUNDS;
use crate::link::infer::{Site, Target, Typed};
use crate::link::program::{Def, FuncId, Program};
use crate::source::Span;

/// What lets go of a value at once, a little sooner than the end of the body; what makes it a pointer that nobody owns.
const GOES: &str = "drop";
const LEAVES: [&str; 2] = ["leak", "into_raw"];

/// A part of a type: its way, and what is done when it goes.
type Within = (Vec<Name>, FuncId);

/// Which parts of what a function returns are made by it, or were given to it.
pub(super) type Given = BTreeMap<FuncId, BTreeSet<Within>>;

/// The parts that are owned at a point, by number; of each whether something was called on it that may have taken it.
type Held = BTreeMap<usize, bool>;

/// What was found.
#[derive(Default)]
pub(super) struct Owners {
    /// What is owned where a body ends.
    pub at_end: BTreeMap<(Option<ClosureId>, usize), bool>,
    /// Parts in whose place another value is put.
    pub replaced: BTreeMap<(Local, Span), BTreeSet<usize>>,
    /// What is returned.
    returned: BTreeSet<usize>,
    /// Functions of which it was asked what they give.
    pub asked: BTreeSet<FuncId>,
}

impl Owners {
    pub(super) fn of(
        program: &Program,
        f: &Func,
        typed: &Typed,
        all: &BTreeMap<FuncId, Vec<Part>>,
        parts: &[Part],
        given: &Given,
    ) -> Self {
        let Some(body) = f.body.as_deref() else { return Owners::default() };
        let tracked: BTreeSet<Local> = parts.iter().map(|p| p.local).collect();
        let mut walk = Walk {
            program,
            f,
            typed,
            all,
            parts,
            given,
            later: Later::of(f, &tracked),
            tracked: &tracked,
            borrowed: borrowed(f, typed, given),
            elements: BTreeMap::new(),
            breaks: BTreeMap::new(),
            continues: BTreeMap::new(),
            returns: None,
            out: Owners::default(),
        };
        let owned = |l: Local| f.params.iter().any(|p| p.local == l && !p.lent);
        let start = parts.iter().enumerate().filter(|(_, p)| owned(p.local)).map(|(i, _)| (i, false)).collect();
        walk.body(body, None, RET, start);
        walk.out
    }

    /// The parts of what is returned.
    pub(super) fn given(&self, parts: &[Part]) -> BTreeSet<Within> {
        self.returned.iter().filter_map(|i| parts.get(*i)).map(|p| (names(p), p.drop)).collect()
    }
}

fn names(p: &Part) -> Vec<Name> {
    p.way.iter().map(|s| s.name.clone()).collect()
}

/// The fields by which a place goes into its local.
pub(super) fn fields(p: &Place) -> Vec<Name> {
    p.path.iter().filter_map(|s| if let Sel::Field(n) = s { Some(n.clone()) } else { None }).collect()
}

fn begins(p: &Part, way: &[Name]) -> bool {
    p.way.len() >= way.len() && p.way.iter().zip(way).all(|(s, n)| s.name == *n)
}

struct Walk<'a> {
    program: &'a Program,
    f: &'a Func,
    typed: &'a Typed,
    all: &'a BTreeMap<FuncId, Vec<Part>>,
    parts: &'a [Part],
    given: &'a Given,
    later: Later,
    tracked: &'a BTreeSet<Local>,
    /// Locals that hold what is another's: what is put there is not theirs.
    borrowed: BTreeSet<Local>,
    /// What the elements own of what loops run over, by the addresses of the statements that take them.
    elements: BTreeMap<usize, Vec<(Within, bool)>>,
    breaks: BTreeMap<LabelId, Held>,
    continues: BTreeMap<LabelId, Held>,
    returns: Option<Held>,
    out: Owners,
}

/// Parts that are owned on one way or another: in doubt only if they are on all.
fn join(a: &mut Held, b: &Held) {
    for (part, perhaps) in b {
        a.entry(*part).and_modify(|had| *had &= perhaps).or_insert(*perhaps);
    }
}

fn joined(a: Option<Held>, b: Option<Held>) -> Option<Held> {
    match (a, b) {
        (Some(mut a), Some(b)) => {
            join(&mut a, &b);
            Some(a)
        }
        (a, b) => a.or(b),
    }
}

impl<'a> Walk<'a> {
    fn body(&mut self, body: &'a [Stmt], of: Option<ClosureId>, ret: Local, start: Held) {
        let outer = self.returns.take();
        let end = self.block(body, Some(start));
        let end = joined(end, std::mem::replace(&mut self.returns, outer)).unwrap_or_default();
        for (i, perhaps) in end {
            let is_ret = self.parts.get(i).is_some_and(|p| p.local == ret);
            if !is_ret {
                self.out.at_end.entry((of, i)).and_modify(|had| *had &= perhaps).or_insert(perhaps);
            } else if of.is_none() {
                self.out.returned.insert(i);
            }
        }
    }

    fn block(&mut self, stmts: &'a [Stmt], start: Option<Held>) -> Option<Held> {
        stmts.iter().try_fold(start?, |held, s| self.stmt(s, held))
    }

    fn stmt(&mut self, stmt: &'a Stmt, mut held: Held) -> Option<Held> {
        match stmt {
            Stmt::Assign { dst, src, span } => {
                self.assign(stmt, dst, src, *span, &mut held);
                Some(held)
            }
            Stmt::If { cond, then, els, .. } => {
                let mut other = held.clone();
                self.tested(cond, true, &mut held);
                self.tested(cond, false, &mut other);
                let then = self.block(then, Some(held));
                joined(then, self.block(els, Some(other)))
            }
            Stmt::Loop { label, body } => {
                self.taken_over(body, &mut held);
                for _ in 0..DROPPED_ROUNDS {
                    let before = held.clone();
                    let round = self.block(body, Some(held.clone()));
                    let round = joined(round, self.continues.remove(label));
                    join(&mut held, &round.unwrap_or_default());
                    if held == before {
                        break;
                    }
                }
                self.breaks.remove(label)
            }
            Stmt::Block { label, body } => {
                let end = self.block(body, Some(held));
                joined(end, self.breaks.remove(label))
            }
            Stmt::Scope { body, .. } => self.block(body, Some(held)),
            Stmt::Break(label) => {
                join(self.breaks.entry(*label).or_default(), &held);
                None
            }
            Stmt::Continue(label) => {
                join(self.continues.entry(*label).or_default(), &held);
                None
            }
            Stmt::Return => {
                self.returns = joined(self.returns.take(), Some(held));
                None
            }
            Stmt::Unreachable => None,
        }
    }

    /// What a loop runs over is moved into its elements before the first of them is taken.
    fn taken_over(&mut self, body: &'a [Stmt], held: &mut Held) {
        for s in body {
            if let Stmt::Assign { src: Rvalue::Elem(Operand::Place(p)), .. } = s
                && !self.later.is_lent(s, 0)
            {
                let moved = self.take(p, held);
                self.elements.entry(address(s)).or_default().extend(moved);
            }
        }
    }

    /// What a test that holds, or does not, says is not there.
    fn tested(&self, cond: &Cond, holds: bool, held: &mut Held) {
        let Cond::Is(place, test) = cond else { return };
        let way = fields(place);
        let of_it = |p: &Part| p.local == place.base && begins(p, &way);
        match test {
            Test::Positive if !holds => self.keep(held, |p| !of_it(p)),
            Test::Negative if holds => self.keep(held, |p| !of_it(p)),
            Test::Path(path) => {
                let def = self.typed.paths.get(path.0 as usize).and_then(|r| r.def.as_ref());
                let Some(Def::Variant(_, variant)) = def else { return };
                let gone = |p: &Part| {
                    let of = p.way.get(way.len()).and_then(|s| s.variant);
                    of_it(p) && of.is_some_and(|v| (v == *variant) != holds)
                };
                self.keep(held, |p| !gone(p));
            }
            Test::Positive | Test::Negative | Test::Literal => {}
        }
    }

    fn keep(&self, held: &mut Held, is_kept: impl Fn(&Part) -> bool) {
        held.retain(|i, _| self.parts.get(*i).is_none_or(&is_kept));
    }

    /// Takes the parts of a place away.
    fn take(&self, place: &Place, held: &mut Held) -> Vec<(Within, bool)> {
        let way = fields(place);
        let mut out = Vec::new();
        held.retain(|i, perhaps| match self.parts.get(*i) {
            Some(p) if p.local == place.base && begins(p, &way) => {
                out.push(((names(p).split_off(way.len()), p.drop), *perhaps));
                false
            }
            _ => true,
        });
        out
    }

    /// The part of a place that is there, where its type has it.
    fn part(&self, local: Local, way: &[Name], within: &Within) -> Option<usize> {
        let whole: Vec<&Name> = way.iter().chain(&within.0).collect();
        self.parts.iter().position(|p| {
            p.local == local
                && p.drop == within.1
                && p.way.len() == whole.len()
                && p.way.iter().zip(&whole).all(|(s, n)| s.name == **n)
        })
    }

    fn assign(&mut self, stmt: &'a Stmt, dst: &Place, src: &'a Rvalue, span: Span, held: &mut Held) {
        let to = fields(dst);
        let mut come: Vec<(usize, bool)> = Vec::new();
        let ops = operands(src);
        let moved = |at: usize| match ops.get(at) {
            Some(Operand::Place(p)) if self.tracked.contains(&p.base) && !self.later.is_lent(stmt, at) => Some(p),
            _ => None,
        };
        let onto = |it: &Self, way: &[Name], all: Vec<(Within, bool)>, come: &mut Vec<(usize, bool)>| {
            let found = all.into_iter().filter_map(|(w, perhaps)| Some((it.part(dst.base, way, &w)?, perhaps)));
            come.extend(found);
        };
        match src {
            Rvalue::Use(_) | Rvalue::Cast(..) | Rvalue::Positive(..) | Rvalue::Await(_) => {
                if let Some(p) = moved(0) {
                    let all = self.take(p, held);
                    onto(self, &to, all, &mut come);
                }
            }
            Rvalue::Elem(_) => {
                let all = self.elements.get(&address(stmt)).cloned().unwrap_or_default();
                onto(self, &to, all, &mut come);
            }
            Rvalue::Aggregate { kind, fields, .. } => {
                for (at, name) in (0..ops.len()).zip(fields.iter().map(|(name, ..)| name.as_ref()).chain([None])) {
                    if let Some(p) = moved(at) {
                        let all = self.take(p, held);
                        let named = name.filter(|_| matches!(kind, Aggregate::Adt(_) | Aggregate::Tuple));
                        let way: Vec<Name> = to.iter().chain(named).cloned().collect();
                        onto(self, &way, all, &mut come);
                    }
                }
                if matches!(kind, Aggregate::Adt(_)) {
                    come.extend(self.made(dst.base, &to));
                }
            }
            Rvalue::Err(_) | Rvalue::Opaque(_) => {
                for at in 0..ops.len() {
                    if let Some(p) = moved(at) {
                        self.take(p, held);
                    }
                }
            }
            Rvalue::Closure(id) => self.closure(stmt, *id, held),
            Rvalue::Call { site, args, .. } => {
                if let Some(site) = self.typed.sites.get(*site as usize) {
                    let first = ops.len() - args.len();
                    let places: Vec<Option<&Place>> = (0..args.len()).map(|i| moved(first + i)).collect();
                    self.call(site, args, &places, dst, &to, held, &mut come);
                }
            }
            // They look at it, lend it, or hold nothing.
            Rvalue::Not(_)
            | Rvalue::Neg(_)
            | Rvalue::Binary(..)
            | Rvalue::Format(_)
            | Rvalue::RefMut(_)
            | Rvalue::Test(_)
            | Rvalue::Negative => {}
        }
        let gone: BTreeSet<usize> = held
            .keys()
            .copied()
            .filter(|i| self.parts.get(*i).is_some_and(|p| p.local == dst.base && begins(p, &to)))
            .collect();
        if !gone.is_empty() {
            held.retain(|i, _| !gone.contains(i));
            self.out.replaced.entry((dst.base, span)).or_default().extend(gone);
        }
        if !self.borrowed.contains(&dst.base) {
            held.extend(come);
        }
    }

    /// A value of the type of a place was made.
    fn made(&self, local: Local, way: &[Name]) -> Option<(usize, bool)> {
        let at = |p: &Part| p.local == local && p.way.len() == way.len() && begins(p, way);
        self.parts.iter().position(at).map(|i| (i, false))
    }

    #[allow(clippy::too_many_arguments, reason = "a statement in its parts")]
    fn call(
        &mut self,
        site: &Site,
        args: &[Operand],
        places: &[Option<&Place>],
        dst: &Place,
        to: &[Name],
        held: &mut Held,
        come: &mut Vec<(usize, bool)>,
    ) {
        let called = site.symbol.rsplit("::").next().unwrap_or(&site.symbol);
        for (i, place) in places.iter().enumerate() {
            let Some(place) = place else { continue };
            let mut way = to.to_vec();
            match site.targets.first() {
                Some(Target::Ctor(..)) => way.push(i.to_string().into()),
                Some(Target::Func(_)) if self.is_lent(site, i) => continue,
                Some(Target::Func(f)) if self.owns(*f, i) => {
                    self.take(place, held);
                    continue;
                }
                _ if called == GOES => continue,
                None if i == 0 && site.method => {
                    self.doubt(place, held);
                    continue;
                }
                _ => {}
            }
            let receiver = args.first().filter(|_| site.method).and_then(|op| match op {
                Operand::Place(p) if !self.borrowed.contains(&p.base) => Some((p.base, fields(p))),
                _ => None,
            });
            let leaves = LEAVES.contains(&called);
            for (within, perhaps) in self.take(place, held) {
                if leaves {
                    continue;
                }
                if let Some(part) = self.part(dst.base, &way, &within) {
                    come.push((part, perhaps));
                } else if let Some(part) = receiver.as_ref().and_then(|(l, w)| self.part(*l, w, &within)) {
                    // What it was called on keeps what it is given, and what it is asked for only.
                    held.insert(part, perhaps);
                }
            }
        }
        for target in &site.targets {
            match target {
                Target::Ctor(..) => come.extend(self.made(dst.base, to)),
                Target::Func(f) => {
                    self.out.asked.insert(*f);
                    let gives = self.given.get(f).into_iter().flatten();
                    come.extend(gives.filter_map(|w| Some((self.part(dst.base, to, w)?, false))));
                }
                Target::Row(_) => {}
            }
        }
    }

    /// Whether all that a call may reach declare that an argument is borrowed.
    fn is_lent(&self, site: &Site, arg: usize) -> bool {
        let lent = |f: FuncId| self.program.func(f).and_then(|f| f.params.get(arg)).is_none_or(|p| p.lent);
        site.targets.iter().all(|t| matches!(t, Target::Func(f) if lent(*f)))
    }

    /// Whether a function knows what it is given by its type: it goes there.
    fn owns(&self, f: FuncId, arg: usize) -> bool {
        let param = self.program.func(f).and_then(|f| f.params.get(arg));
        let known = self.all.get(&f).into_iter().flatten();
        param.is_some_and(|param| known.into_iter().any(|p| p.local == param.local))
    }

    fn doubt(&self, place: &Place, held: &mut Held) {
        let way = fields(place);
        for (i, perhaps) in held.iter_mut() {
            *perhaps |= self.parts.get(*i).is_some_and(|p| p.local == place.base && begins(p, &way));
        }
    }

    /// A closure takes along what is not spoken of behind it.
    fn closure(&mut self, stmt: &'a Stmt, id: ClosureId, held: &mut Held) {
        let Some(def) = self.f.closures.get(id.0 as usize) else { return };
        let mut start = Held::new();
        for (at, local) in self.later.captured(id).into_iter().enumerate() {
            if !self.later.is_lent(stmt, at) {
                let own = |i: &usize| self.parts.get(*i).is_some_and(|p| p.local == local);
                start.extend(held.iter().filter(|(i, _)| own(i)));
                held.retain(|i, _| !own(i));
            }
        }
        self.body(&def.body, Some(id), def.ret, start);
    }
}

/// The locals that hold what is another's: what is lent to the function or inside of it, and what is had of that.
fn borrowed(f: &Func, typed: &Typed, given: &Given) -> BTreeSet<Local> {
    let mut out: BTreeSet<Local> = f.params.iter().filter(|p| p.lent).map(|p| p.local).collect();
    let is_shared = |op: &Operand, out: &BTreeSet<Local>| match op {
        Operand::Place(p) => out.contains(&p.base),
        Operand::Path(p) => typed.paths.get(p.0 as usize).is_some_and(|r| matches!(r.def, Some(Def::Const(_)))),
        Operand::Lit(_) => false,
    };
    let makes = |site: u32| {
        let targets = typed.sites.get(site as usize).map_or(&[][..], |s| &s.targets);
        targets.iter().any(|t| match t {
            Target::Ctor(..) => true,
            Target::Func(f) => given.contains_key(f),
            Target::Row(_) => false,
        })
    };
    for _ in 0..DROPPED_ROUNDS {
        let before = out.len();
        f.each_stmt(&mut |s| {
            let Stmt::Assign { dst, src, .. } = s else { return };
            let is_borrow = match src {
                Rvalue::RefMut(_) => true,
                Rvalue::Use(op)
                | Rvalue::Cast(op, _)
                | Rvalue::Positive(_, op)
                | Rvalue::Elem(op)
                | Rvalue::Await(op) => is_shared(op, &out),
                Rvalue::Call { site, args, .. } => !makes(*site) && args.iter().any(|op| is_shared(op, &out)),
                _ => false,
            };
            if is_borrow && dst.path.is_empty() {
                out.insert(dst.base);
            }
        });
        if out.len() == before {
            break;
        }
    }
    out
}

/// Statements are known by where they are.
pub(super) fn address(s: &Stmt) -> usize {
    std::ptr::from_ref(s) as usize
}

/// The locals that a closure speaks of, with the closures in it.
pub(super) fn spoken(f: &Func, id: ClosureId, found: &mut BTreeSet<Local>) {
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
