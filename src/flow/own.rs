//! What a function has for itself: a value that nobody shares, an object of a library that only it fills.

use super::calls::Arg;
use super::interp::Interp;
use super::state::State;
use crate::ir::Name;
use crate::ir::body::{Local, Operand, Place, Rvalue, Sel, Stmt};
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

    /// Whether a body hands on what is at a place, or what that is in: all but what only looks at it.
    fn shares(&self, place: &Place, t: TypeId) -> bool {
        let it =
            |op: &Operand| matches!(op, Operand::Place(p) if p.base == place.base && place.path.starts_with(&p.path));
        let mut found = false;
        self.f.each(&mut |src, _| match src {
            Rvalue::Call { args, site, .. } => {
                let info = self.typed.sites.get(*site as usize);
                found |= (0..).zip(args).any(|(i, op)| it(op) && !info.is_some_and(|info| self.looks_at(info, i, t)));
            }
            Rvalue::Format(_) | Rvalue::Binary(..) => {}
            src => src.operands(&mut |op| found |= it(op)),
        });
        found
    }

    /// Whether a call is only lent an argument of a type: as it is declared, or a method whose result has no such type.
    fn looks_at(&self, info: &Site, arg: usize, t: TypeId) -> bool {
        let has = |ty: &Ty| {
            let mut todo = vec![ty];
            while let Some(ty) = todo.pop() {
                if matches!(ty, Ty::Adt(of, _) if *of == t) {
                    return true;
                }
                todo.extend(ty.args());
            }
            false
        };
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
            && self.is_dropped(site)
    }

    /// Whether nobody asks for what a call gives, but for whether it failed.
    fn is_dropped(&self, site: u32) -> bool {
        let (mut to, mut read) = (None, false);
        self.f.each_stmt(&mut |s| {
            if let Stmt::Assign { dst, src, .. } = s {
                if matches!(src, Rvalue::Call { site: n, .. } if *n == site) && dst.path.is_empty() {
                    to = Some(dst.base);
                }
                let asks = |op: &Operand| matches!(op, Operand::Place(p) if Some(p.base) == to && p.path.first() != Some(&Sel::Err));
                src.operands(&mut |op| read |= asks(op));
            }
        });
        let temp = |l: Local| super::interp::is_temp(self.f, &l.into());
        to.is_some_and(temp) && !read
    }
}
