//! What a function has for itself: a value that nobody shares, an object of a library that only it fills.

use rustc_hash::{FxHashMap, FxHashSet};

use super::calls::Arg;
use super::interp::{Interp, is_temp};
use super::state::State;
use super::statements::known_text;
use crate::ir::Name;
use crate::ir::body::{Callee, Func, Lit, Local, Operand, Place, Rvalue, Sel, Stmt};
use crate::ir::items::TypeRef;
use crate::link::infer::{Site, Target};
use crate::link::program::TypeId;
use crate::link::ty::Ty;

impl Interp<'_> {
    /// Whether a local is a variable that owns what it holds and may change it: a parameter by value, `let mut`.
    fn owns(&self, local: Local, st: &State) -> bool {
        let Some(decl) = self.f.locals.get(local.0 as usize) else { return false };
        let lent = self.f.params.iter().any(|p| p.local == local && p.lent);
        let v = st.get(local);
        let borrows = lent || matches!(decl.ty.as_deref(), Some(TypeRef::RefMut(_))) || !v.refs.is_empty();
        decl.mutable && decl.name.is_some() && !borrows && !v.is_cell()
    }

    /// Whether a field that others share of values of its type is here one of a value of this function, which goes to
    /// nobody who might share it.
    pub(super) fn stays_own(&self, of: &Place, owner: &Ty, field: &Name, st: &State) -> bool {
        let Ty::Adt(t, _) = owner else { return false };
        self.cx.sharing.kept(self.cx.program, *t, field).is_some()
            && matches!(self.local_ty(of.base), Ty::Adt(..))
            && of.path.iter().all(|s| matches!(s, Sel::Field(_)))
            && self.owns(of.base, st)
            && !self.shares(of, *t)
    }

    /// Whether the body hands on what is at a place, or what that is in: all but what only looks at it.
    fn shares(&self, place: &Place, t: TypeId) -> bool {
        self.uses().handed.get(&place.base).into_iter().flatten().any(|(path, call)| {
            let looks = |(site, arg)| self.typed.sites.get(site as usize).is_some_and(|s| self.looks_at(s, arg, t));
            place.path.starts_with(path) && !call.is_some_and(looks)
        })
    }

    /// Whether a call is only lent an argument of a type: as it is declared, or a method whose result has no such type.
    fn looks_at(&self, info: &Site, arg: usize, t: TypeId) -> bool {
        let has = |ty: &Ty| ty.names(&|of| of == t);
        let lends = |target: &Target| match target {
            Target::Func(f) => self.cx.program.func(*f).and_then(|f| f.params.get(arg)).is_some_and(|param| param.lent),
            Target::Row(_) => arg == 0 && info.method && !has(&info.ret),
            Target::Ctor(..) => false,
        };
        match info.targets.is_empty() {
            true => arg == 0 && info.method && !has(&info.ret),
            false => info.targets.iter().all(lends),
        }
    }

    /// Whether a method of which nothing is known may keep in its object what else it is given: one of a library that this
    /// function owns and may change, where nobody asks for what the method gives. `note.set_text(text);` does nothing if
    /// not to the object.
    pub(super) fn may_keep(&self, object: &Arg, given: &[Arg], site: u32, st: &State) -> bool {
        let Some(place) = object.place.as_ref().filter(|_| self.is_elsewhere(&object.ty)) else { return false };
        self.is_elsewhere(self.local_ty(place.base))
            && self.owns(place.base, st)
            && given.iter().any(|a| self.load(st, &a.v).has_data())
            && self.uses().dropped.contains(&site)
    }

    /// The literal that an argument is, as whatever type: written there, or the value of a constant.
    pub(super) fn literal_of(&self, a: &Arg) -> Option<Name> {
        match &a.place {
            Some(place) if place.is_whole() => self.uses().literals.get(&place.base).cloned(),
            Some(_) => None,
            None => known_text(&a.v).filter(|_| a.v.refs.is_empty()),
        }
    }

    fn uses(&self) -> &Uses<'_> {
        self.uses.get_or_init(|| Uses::of(self.f))
    }
}

/// What a body does with its locals, found in one walk once that is asked.
pub(super) struct Uses<'a> {
    /// The parts of each local that are handed on.
    handed: FxHashMap<Local, Vec<Handed<'a>>>,
    /// Calls of whose results nobody asks for more than whether they failed.
    dropped: FxHashSet<u32>,
    /// Temporaries that are a literal text or number, as whatever type.
    literals: FxHashMap<Local, Name>,
}

/// The literal that an expression is, or is made of by a conversion alone.
fn literal_in(f: &Func, src: &Rvalue) -> Option<Name> {
    let (by, of) = match src {
        Rvalue::Use(of) => ("into", of),
        Rvalue::Call { callee: Callee::Method { name, .. }, args, .. } => match args.as_slice() {
            [of] => (name.as_str(), of),
            _ => return None,
        },
        Rvalue::Call { callee: Callee::Path(path), args, .. } => match args.as_slice() {
            [of] => (f.paths.get(path.0 as usize)?.segments.last()?.as_str(), of),
            _ => return None,
        },
        _ => return None,
    };
    matches!(by, "to_string" | "to_owned" | "into" | "from" | "clone").then(|| literal(of))?
}

/// The text of a literal.
fn literal(op: &Operand) -> Option<Name> {
    match op {
        Operand::Lit(Lit::Str(text) | Lit::Num(text)) => Some(text.as_str().into()),
        _ => None,
    }
}

/// A method that asks whether a call failed.
struct Failed {
    /// The result of that call.
    result: Local,
    /// Whether it gives what was in it.
    gives: bool,
}

/// Whether an expression asks of a result no more than whether it is one, and perhaps stops if it is not.
fn whether_failed(src: &Rvalue) -> Option<Failed> {
    let Rvalue::Call { callee: Callee::Method { name, .. }, args, .. } = src else { return None };
    let gives = match name.as_str() {
        "is_ok" | "is_err" | "is_some" | "is_none" => false,
        "unwrap" | "expect" | "ok" | "unwrap_or_default" | "unwrap_or_else" | "map_err" | "inspect_err" => true,
        _ => return None,
    };
    let result = args.first()?.whole()?;
    Some(Failed { result, gives })
}

/// A part of a local that is handed on: the way to it, and as which argument of which call, if it is one.
type Handed<'a> = (&'a [Sel], Option<(u32, usize)>);

impl<'a> Uses<'a> {
    fn of(f: &'a Func) -> Self {
        let mut handed: FxHashMap<_, Vec<_>> = FxHashMap::default();
        let mut hand = |op: &'a Operand, call| {
            if let Operand::Place(p) = op {
                handed.entry(p.base).or_default().push((p.path.as_slice(), call));
            }
        };
        let mut literals = FxHashMap::default();
        let mut assigned: FxHashSet<Local> = FxHashSet::default();
        let mut given: Vec<(u32, Local, usize)> = Vec::new();
        let mut asked: FxHashMap<Local, usize> = FxHashMap::default();
        let mut unwrapped: FxHashMap<Local, Vec<(Local, usize)>> = FxHashMap::default();
        let mut at = 0;
        f.each_stmt(&mut |s| {
            let Stmt::Assign { dst, src, .. } = s else { return };
            at += 1;
            // What is one on one way only is not told.
            let once = assigned.insert(dst.base);
            match literal_in(f, src).filter(|_| once && is_temp(f, dst)) {
                Some(text) => drop(literals.insert(dst.base, text)),
                None => drop(literals.remove(&dst.base)),
            }
            let failed = whether_failed(src).filter(|of| !of.gives || is_temp(f, dst));
            src.operands(&mut |op| match op {
                Operand::Place(p) if failed.as_ref().is_some_and(|of| of.result == p.base) => {}
                Operand::Place(p) if p.path.first() != Some(&Sel::Err) => drop(asked.insert(p.base, at)),
                _ => {}
            });
            if let Some(of) = failed.filter(|of| of.gives) {
                unwrapped.entry(of.result).or_default().push((dst.base, at));
            }
            match src {
                Rvalue::Call { args, site, .. } => {
                    args.iter().enumerate().for_each(|(i, op)| hand(op, Some((*site, i))));
                    given.extend(is_temp(f, dst).then_some((*site, dst.base, at)));
                }
                Rvalue::Format(_) | Rvalue::Binary(..) => {}
                src => src.operands(&mut |op| hand(op, None)),
            }
        });
        let dropped = |(site, to, at): (u32, Local, usize)| {
            // What was unwrapped is in another variable, and that may be once more.
            let mut all = vec![(to, at)];
            let mut n = 0;
            while let Some((to, at)) = all.get(n).copied() {
                if asked.get(&to).is_some_and(|last| *last >= at) {
                    return None;
                }
                all.extend(unwrapped.get(&to).into_iter().flatten().filter(|(_, later)| *later > at));
                n += 1;
            }
            Some(site)
        };
        let dropped = given.into_iter().filter_map(dropped).collect();
        Uses { handed, dropped, literals }
    }
}
