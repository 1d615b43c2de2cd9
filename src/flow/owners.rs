//! Owners: which local owns what, on each path through a body, as far as it has a `Drop` of its own. A forward analysis of
//! moves.
//!
//! The neutral form does not tell `&x` from `x`. But what was moved is not named again: a value is moved where the last
//! statement speaks of it, and borrowed where it is spoken of later. What is handed to a function of the workspace is
//! moved unless it declares a reference; what is handed to another is in what that gives, or in what it was called on,
//! where their types have such a part, and has left otherwise.

use std::collections::{BTreeMap, BTreeSet};

use super::borrowers::{borrowed, borrows_argument};
use super::drops::Part;
use super::later::{At, Later, fields, operands};
use crate::ir::Name;
use crate::ir::body::{Aggregate, ClosureId, Cond, Func, LabelId, Local, Operand, Place, RET, Rvalue, Stmt, Test};
use crate::limits::DROPPED_ROUNDS;
use crate::link::infer::{Site, Target, Typed};
use crate::link::program::{Def, FuncId, Program};
use crate::model::ModelSet;
use crate::source::Span;

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
        models: &ModelSet,
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
            models,
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

fn begins(p: &Part, way: &[Name]) -> bool {
    p.way.len() >= way.len() && p.way.iter().zip(way).all(|(s, n)| s.name == *n)
}

/// What comes to the place of an assignment.
struct Coming<'p> {
    place: &'p Place,
    way: Vec<Name>,
    parts: Vec<(usize, bool)>,
}

/// What becomes of an argument.
enum Becomes {
    /// It stays where it is.
    Lent,
    /// Others own it, or nobody.
    Gone,
    /// It may have been taken.
    Doubtful,
    /// It is in what the call gives, or in a field of that, or in what that was called on, if their types have such a part.
    Part(Option<Name>),
}

struct Walk<'a> {
    program: &'a Program,
    models: &'a ModelSet,
    f: &'a Func,
    typed: &'a Typed,
    all: &'a BTreeMap<FuncId, Vec<Part>>,
    parts: &'a [Part],
    given: &'a Given,
    later: Later,
    tracked: &'a BTreeSet<Local>,
    /// Locals that hold what is another's: what is put there is not theirs.
    borrowed: BTreeSet<Local>,
    /// What the elements own of what loops run over, by the assignments that take them.
    elements: BTreeMap<At, Vec<(Within, bool)>>,
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
                self.assign(dst, src, *span, &mut held);
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
            if let Stmt::Assign { dst, src: Rvalue::Elem(Operand::Place(p)), span } = s
                && !self.later.is_lent((dst.base, *span), 0)
            {
                let moved = self.take(p, held);
                self.elements.entry((dst.base, *span)).or_default().extend(moved);
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

    fn assign(&mut self, dst: &'a Place, src: &'a Rvalue, span: Span, held: &mut Held) {
        let mut to = Coming { place: dst, way: fields(dst), parts: Vec::new() };
        self.comes((dst.base, span), src, &mut to, held);
        let gone =
            held.extract_if(.., |i, _| self.parts.get(*i).is_some_and(|p| p.local == dst.base && begins(p, &to.way)));
        let gone: BTreeSet<usize> = gone.map(|(i, _)| i).collect();
        if !gone.is_empty() {
            self.out.replaced.entry((dst.base, span)).or_default().extend(gone);
        }
        if !self.borrowed.contains(&dst.base) {
            held.extend(to.parts);
        }
    }

    /// What comes to the place of an assignment.
    fn comes(&mut self, at: At, src: &'a Rvalue, to: &mut Coming<'a>, held: &mut Held) {
        let ops = operands(src);
        match src {
            Rvalue::Use(_) | Rvalue::Cast(..) | Rvalue::Positive(..) | Rvalue::Await(_) => {
                if let Some(p) = self.moved(at, 0, &ops) {
                    let all = self.take(p, held);
                    self.put(to, None, all);
                }
            }
            Rvalue::Elem(_) => {
                let all = self.elements.get(&at).cloned().unwrap_or_default();
                self.put(to, None, all);
            }
            Rvalue::Aggregate { kind, fields, .. } => {
                for (n, name) in (0..ops.len()).zip(fields.iter().map(|(name, ..)| name.as_ref()).chain([None])) {
                    if let Some(p) = self.moved(at, n, &ops) {
                        let all = self.take(p, held);
                        self.put(to, name.filter(|_| matches!(kind, Aggregate::Adt(_) | Aggregate::Tuple)), all);
                    }
                }
                if matches!(kind, Aggregate::Adt(_)) {
                    to.parts.extend(self.made(to));
                }
            }
            Rvalue::Err(_) | Rvalue::Opaque(_) => {
                for p in (0..ops.len()).filter_map(|n| self.moved(at, n, &ops)) {
                    self.take(p, held);
                }
            }
            Rvalue::Closure(id) => self.closure(at, *id, held),
            Rvalue::Call { site, args, .. } => {
                if let Some(site) = self.typed.sites.get(*site as usize) {
                    let first = ops.len() - args.len();
                    let moved: Vec<Option<&Place>> = (first..ops.len()).map(|n| self.moved(at, n, &ops)).collect();
                    self.call(site, args, &moved, to, held);
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
    }

    /// The place of an operand that is moved.
    fn moved<'o>(&self, at: At, operand: usize, ops: &[&'o Operand]) -> Option<&'o Place> {
        match ops.get(operand) {
            Some(Operand::Place(p)) if self.tracked.contains(&p.base) && !self.later.is_lent(at, operand) => Some(p),
            _ => None,
        }
    }

    /// Parts come, or to a field.
    fn put(&self, to: &mut Coming<'_>, field: Option<&Name>, all: Vec<(Within, bool)>) {
        let way: Vec<Name> = to.way.iter().chain(field).cloned().collect();
        let part = |(w, perhaps): (Within, bool)| Some((self.part(to.place.base, &way, &w)?, perhaps));
        to.parts.extend(all.into_iter().filter_map(part));
    }

    /// A value of the type of a place was made.
    fn made(&self, to: &Coming<'_>) -> Option<(usize, bool)> {
        let at = |p: &Part| p.local == to.place.base && p.way.len() == to.way.len() && begins(p, &to.way);
        self.parts.iter().position(at).map(|i| (i, false))
    }

    /// A call; of its arguments the places of those that are moved.
    fn call(&mut self, site: &Site, args: &[Operand], moved: &[Option<&Place>], to: &mut Coming<'_>, held: &mut Held) {
        let receiver = match args.first() {
            Some(Operand::Place(p)) if site.method && !self.borrowed.contains(&p.base) => Some((p.base, fields(p))),
            _ => None,
        };
        for (i, place) in moved.iter().enumerate() {
            let Some(place) = place else { continue };
            let field = match self.becomes(site, i) {
                Becomes::Lent => continue,
                Becomes::Gone => {
                    self.take(place, held);
                    continue;
                }
                Becomes::Doubtful => {
                    self.doubt(place, held);
                    continue;
                }
                Becomes::Part(field) => field,
            };
            let way: Vec<Name> = to.way.iter().chain(field.as_ref()).cloned().collect();
            for (within, perhaps) in self.take(place, held) {
                if let Some(part) = self.part(to.place.base, &way, &within) {
                    to.parts.push((part, perhaps));
                } else if let Some(part) = receiver.as_ref().and_then(|(l, w)| self.part(*l, w, &within)) {
                    // What it was called on keeps what it is given, and what it is asked for only.
                    held.insert(part, perhaps);
                }
            }
        }
        for target in &site.targets {
            match target {
                Target::Ctor(..) => to.parts.extend(self.made(to)),
                Target::Func(f) => {
                    self.out.asked.insert(*f);
                    let gives = self.given.get(f).into_iter().flatten().map(|within| (within.clone(), false)).collect();
                    self.put(to, None, gives);
                }
                Target::Row(_) => {}
            }
        }
    }

    /// What becomes of an argument that is moved into a call.
    fn becomes(&self, site: &Site, arg: usize) -> Becomes {
        match site.targets.first() {
            Some(Target::Ctor(..)) => Becomes::Part(Some(arg.to_string().into())),
            Some(Target::Func(_)) if borrows_argument(self.program, site, arg) => Becomes::Lent,
            Some(Target::Func(f)) if self.owns(*f, arg) => Becomes::Gone,
            Some(Target::Func(_)) => Becomes::Part(None),
            Some(Target::Row(row)) => match self.models.row(*row) {
                // It goes a little sooner than at the end of the body.
                Some(row) if row.drops(arg) => Becomes::Lent,
                Some(row) if row.leaks(arg) => Becomes::Gone,
                _ => Becomes::Part(None),
            },
            None if arg == 0 && site.method => Becomes::Doubtful,
            None => Becomes::Part(None),
        }
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
    fn closure(&mut self, at: At, id: ClosureId, held: &mut Held) {
        let Some(def) = self.f.closures.get(id.0 as usize) else { return };
        let mut start = Held::new();
        for (n, local) in self.later.captured(id).into_iter().enumerate() {
            if !self.later.is_lent(at, n) {
                let own = |i: &usize| self.parts.get(*i).is_some_and(|p| p.local == local);
                start.extend(held.iter().filter(|(i, _)| own(i)));
                held.retain(|i, _| !own(i));
            }
        }
        self.body(&def.body, Some(id), def.ret, start);
    }
}
