//! Drops: what a type of the workspace does when a value goes.
//!
//! A value goes where the body ends that owns it, or where another is put in its place. The neutral form does not tell
//! `&x` from `x`, so a local owns what it was seen to be made of: a struct that is written out, what a constructor of the
//! workspace makes, or one of those moved on. What is borrowed from elsewhere is no one's to drop, and what is handed on
//! whole goes where it was handed. A method may take what it is called on: afterwards it is still here only perhaps.

use std::collections::{BTreeMap, BTreeSet};

use super::calls::Arg;
use super::doubt::Why;
use super::interp::{Cx, Interp};
use super::state::State;
use super::summary::doubted;
use super::value::V;
use crate::ir::body::{Aggregate, ClosureId, Func, Local, Operand, Place, RET, Rvalue, Sel, Stmt, each};
use crate::link::infer::{Target, Typed};
use crate::link::program::{FuncId, Program, TypeId};
use crate::link::ty::Ty;

/// Moves and calls through which it is seen what a local was made of.
const MAX_MOVES: usize = 8;
/// Calls that hand on what is in what they are called on.
const UNWRAPS: [&str; 3] = ["unwrap", "expect", "unwrap_or_default"];

/// The types of the workspace that do something when a value goes, and what.
#[must_use]
pub(super) fn dropping(p: &Program) -> BTreeMap<TypeId, FuncId> {
    let drop = |t: TypeId| Some((t, p.impl_method(*p.impls_for(t, "Drop").first()?, "drop")?));
    (0..p.types.len() as u32).map(TypeId).filter_map(drop).collect()
}

/// A local that owns a value of such a type.
#[derive(Clone, Copy, Debug)]
struct Owner {
    local: Local,
    /// What is done.
    drop: FuncId,
    /// The closure whose body it is of; none if it is of the function's.
    of: Option<ClosureId>,
    /// Something was called on it that may have taken it.
    perhaps: bool,
}

/// The locals of a function that own a value which does something when it goes.
#[derive(Debug, Default)]
pub(super) struct Drops(Vec<Owner>);

impl Drops {
    pub(super) fn of(cx: Cx<'_>, id: FuncId, f: &Func, typed: &Typed) -> Self {
        let drop = |ty: &Ty| if let Ty::Adt(t, _) = ty { cx.dropping.get(t).copied() } else { None };
        // What a type does when it goes is not what it does with itself.
        let own = cx.dropping.values().any(|d| *d == id);
        if cx.dropping.is_empty() || own || !typed.locals.iter().any(|ty| drop(ty).is_some()) {
            return Drops::default();
        }
        let uses = Uses::of(f, typed);
        let owners = (0..).map(Local).zip(&typed.locals).filter_map(|(local, ty)| {
            let drop = drop(ty).filter(|_| local != RET && !uses.moved.contains(&local))?;
            let of = uses.set.get(&local)?.first()?.of;
            let made = Made { cx, moves: MAX_MOVES };
            let perhaps = uses.called_on.contains(&local);
            made.place(&uses, typed, local, &[]).then_some(Owner { local, drop, of, perhaps })
        });
        Drops(owners.collect())
    }

    /// The locals: what they hold is read where no statement names them.
    pub(super) fn locals(&self) -> impl Iterator<Item = Local> + '_ {
        self.0.iter().map(|o| o.local)
    }
}

impl Interp<'_> {
    /// The values go that a body owns: the function's, or a closure's.
    pub(super) fn dropped(&mut self, of: Option<ClosureId>, st: &mut State) {
        for i in 0..self.drops.0.len() {
            if let Some(owner) = self.drops.0.get(i).copied().filter(|o| o.of == of) {
                self.drop_one(owner, st);
            }
        }
    }

    /// Another value is put in the place of one.
    pub(super) fn replaced(&mut self, dst: &Place, st: &mut State) {
        if dst.path.is_empty()
            && let Some(owner) = self.drops.0.iter().find(|o| o.local == dst.base).copied()
        {
            self.drop_one(owner, st);
        }
    }

    fn drop_one(&mut self, owner: Owner, st: &mut State) {
        let v: V = st.get(owner.local);
        if st.dead || !v.has_data() {
            return;
        }
        let at = self.f.locals.get(owner.local.0 as usize).map_or(self.f.span, |l| l.span);
        let v = if owner.perhaps { doubted(&v, &Why::Gone.at(at)) } else { v };
        self.func_call(owner.drop, &[Arg::of(&v, at)], at, None, st);
    }
}

/// What is put into a local as a whole, and in which body.
struct Set<'a> {
    src: &'a Rvalue,
    of: Option<ClosureId>,
}

/// What bodies do with their locals as a whole.
#[derive(Default)]
struct Uses<'a> {
    set: BTreeMap<Local, Vec<Set<'a>>>,
    moved: BTreeSet<Local>,
    called_on: BTreeSet<Local>,
}

impl<'a> Uses<'a> {
    fn of(f: &'a Func, typed: &Typed) -> Self {
        let mut out = Uses::default();
        out.block(f.body.as_deref().unwrap_or(&[]), None, typed);
        for (c, def) in (0..).map(ClosureId).zip(&f.closures) {
            out.block(&def.body, Some(c), typed);
        }
        out
    }

    fn block(&mut self, stmts: &'a [Stmt], of: Option<ClosureId>, typed: &Typed) {
        each(stmts, &mut |s| {
            if let Stmt::Assign { dst, src, .. } = s {
                if dst.path.is_empty() {
                    self.set.entry(dst.base).or_default().push(Set { src, of });
                }
                self.rvalue(src, typed);
            }
        });
    }

    fn rvalue(&mut self, src: &Rvalue, typed: &Typed) {
        match src {
            Rvalue::Call { args, site, .. } => {
                let site = typed.sites.get(*site as usize);
                // `drop(x)`: it goes, if a little sooner.
                let goes = site.is_some_and(|s| s.symbol == "drop" || s.symbol.ends_with("::drop"));
                for (i, op) in args.iter().enumerate().filter(|_| !goes) {
                    match op.whole() {
                        Some(l) if i == 0 && site.is_some_and(|s| s.method) => drop(self.called_on.insert(l)),
                        _ => self.moves(op),
                    }
                }
            }
            // They look at it.
            Rvalue::Not(_) | Rvalue::Neg(_) | Rvalue::Binary(..) | Rvalue::Format(_) => {}
            _ => src.operands(&mut |op| self.moves(op)),
        }
    }

    fn moves(&mut self, op: &Operand) {
        self.moved.extend(op.whole());
    }
}

/// Whether something was made here, and not borrowed.
#[derive(Clone, Copy)]
struct Made<'a> {
    cx: Cx<'a>,
    moves: usize,
}

impl Made<'_> {
    fn place(self, uses: &Uses<'_>, typed: &Typed, base: Local, path: &[Sel]) -> bool {
        let set = uses.set.get(&base).map_or(&[][..], Vec::as_slice);
        !set.is_empty() && set.iter().all(|s| self.rvalue(uses, typed, s.src, path))
    }

    fn operand(self, uses: &Uses<'_>, typed: &Typed, op: &Operand, path: &[Sel]) -> bool {
        let Operand::Place(p) = op else { return false };
        let way = p.path.iter().chain(path).filter(|s| **s != Sel::Some).cloned().collect::<Vec<_>>();
        self.moves > 0 && Made { moves: self.moves - 1, ..self }.place(uses, typed, p.base, &way)
    }

    fn rvalue(self, uses: &Uses<'_>, typed: &Typed, src: &Rvalue, path: &[Sel]) -> bool {
        match (src, path) {
            (Rvalue::Use(op) | Rvalue::Positive(_, op), _) => self.operand(uses, typed, op, path),
            (Rvalue::Aggregate { kind: Aggregate::Adt(_), .. }, []) => true,
            (Rvalue::Aggregate { fields, .. }, [Sel::Field(n), rest @ ..]) => {
                let field = fields.iter().find(|(name, ..)| name.as_ref() == Some(n));
                field.is_some_and(|(_, op, _)| self.operand(uses, typed, op, rest))
            }
            // Nothing is in it that could go.
            (Rvalue::Err(_) | Rvalue::Negative, _) => true,
            (Rvalue::Call { args, site, .. }, _) => {
                let Some(site) = typed.sites.get(*site as usize) else { return false };
                if UNWRAPS.iter().any(|u| site.symbol.ends_with(u)) {
                    return args.first().is_some_and(|op| self.operand(uses, typed, op, path));
                }
                path.is_empty()
                    && !site.targets.is_empty()
                    && site.targets.iter().all(|t| match t {
                        Target::Ctor(..) => true,
                        Target::Func(f) => self.returned(*f),
                        Target::Row(_) => false,
                    })
            }
            _ => false,
        }
    }

    /// Whether a function of the workspace returns what it made.
    fn returned(self, f: FuncId) -> bool {
        let (Some(def), Some(typed)) = (self.cx.program.func(f), self.cx.typed.get(f.0 as usize)) else { return false };
        self.moves > 0 && Made { moves: self.moves - 1, ..self }.place(&Uses::of(def, typed), typed, RET, &[])
    }
}
