//! Which variants a value may be, once a pattern has asked: what only the others hold is not in it.

use std::collections::BTreeSet;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::interp::{Interp, is_temp};
use super::places::field_name;
use super::rvalues::place_of;
use super::state::State;
use super::value::{Base, V, Way, Way1};
use crate::ir::Name;
use crate::ir::body::{Cond, Local, Operand, Place, RET, Rvalue, Sel, Stmt, Test};
use crate::ir::items::TypeKind;
use crate::link::infer::Target;
use crate::link::program::{Def, FuncId, TypeId};
use crate::link::ty::Ty;
use crate::source::Span;

impl<'a> Interp<'a> {
    /// A place holds this variant, or does not: the parts of variants that it is not are cut out of what is written in a
    /// value, and of what the caller gave, where that is used as a whole.
    pub(super) fn narrow(&mut self, place: &Place, v: &V, of: (TypeId, u32), holds: bool, span: Span, st: &mut State) {
        let (t, variant) = of;
        let Some(TypeKind::Enum(variants)) = self.cx.program.type_def(t).map(|d| &d.kind) else { return };
        let owner = Ty::Adt(t, [].into());
        let given = v.facts.iter().any(|(f, _)| f.is_given());
        let open = given && is_whole(place) && self.used_whole(place.base);
        let gone: Vec<Name> = (0..)
            .zip(variants)
            .filter(|(n, _)| (*n == variant) != holds)
            .flat_map(|(n, d)| d.fields.iter().map(move |f| (n, &f.name)))
            .map(|(n, name)| field_name(self.cx.program, &owner, Some(n), name))
            .filter(|name| v.listed(name).map_or(open, |part| part.has_data()))
            .collect();
        if gone.is_empty() || !v.refs.is_empty() {
            return;
        }
        self.narrow_origin(place, v, of, holds, span, st);
        let (ways, several) = self.ways(place, st);
        let [(base @ Base::Local(_), way)] = ways.as_slice() else { return };
        if several {
            return;
        }
        for name in gone {
            let way: Way = way.iter().cloned().chain([Way1::Field(name)]).collect();
            self.put_at(base, &way, &V::default(), false, span, st);
        }
    }

    /// What a variable was bound to is what it is, as long as both hold the same value: the next arm asks that.
    fn narrow_origin(&mut self, place: &Place, v: &V, of: (TypeId, u32), holds: bool, span: Span, st: &mut State) {
        if !is_whole(place) {
            return;
        }
        let Some(Rvalue::Use(Operand::Place(origin))) = self.set_once().get(&place.base).copied() else { return };
        let there = self.read(origin, st);
        if origin.base != place.base && Arc::ptr_eq(&there, v) {
            self.narrow(origin, &there, of, holds, span, st);
        }
    }

    /// A truth that a method gave which asks its object for a variant, and nothing else: the object is narrowed.
    pub(super) fn narrow_object(&mut self, truth: &Operand, holds: bool, span: Span, st: &mut State) {
        // A truth that has a name may be asked for once the object has changed.
        let Some(truth) = place_of(truth).filter(|truth| is_temp(self.f, truth)) else { return };
        let Some(Rvalue::Call { args, site, .. }) = self.set_once().get(&truth.base).copied() else { return };
        let (Some(Operand::Place(object)), Some(site)) = (args.first(), self.typed.sites.get(*site as usize)) else {
            return;
        };
        let [Target::Func(f)] = site.targets.as_slice() else { return };
        if let Some(of) = self.asks_variant(*f) {
            let v = self.read(object, st);
            self.narrow(object, &v, of, holds, span, st);
        }
    }

    /// The variant for which a function asks its object, if it does nothing else: `matches!(self, Self::Taken(_))`.
    fn asks_variant(&self, f: FuncId) -> Option<(TypeId, u32)> {
        let func = self.cx.program.func(f)?;
        let [Stmt::Assign { dst, src: Rvalue::Test(test), .. }] = func.body.as_deref()? else { return None };
        let Cond::Is(object, Test::Path(path)) = &**test else { return None };
        let [param] = func.params.as_slice() else { return None };
        if dst.base != RET || !dst.path.is_empty() || object.base != param.local || !is_whole(object) {
            return None;
        }
        match self.cx.typed.get(f.0 as usize)?.paths.get(path.0 as usize)?.def {
            Some(Def::Variant(t, variant)) => Some((t, variant)),
            _ => None,
        }
    }

    /// What the locals are that are set once: a part of another, or what a call gave.
    fn set_once(&self) -> &FxHashMap<Local, &'a Rvalue> {
        self.set_once.get_or_init(|| {
            let (mut found, mut set) = (FxHashMap::default(), FxHashSet::default());
            self.f.each_stmt(&mut |s| {
                let Stmt::Assign { dst, src, .. } = s else { return };
                let once = set.insert(dst.base) && dst.path.is_empty();
                match src {
                    Rvalue::Use(Operand::Place(_)) | Rvalue::Call { .. } if once => drop(found.insert(dst.base, src)),
                    _ => drop(found.remove(&dst.base)),
                }
            });
            found
        })
    }

    /// Whether a statement of the function takes a local as a whole, and does not only ask what it is.
    fn used_whole(&mut self, local: Local) -> bool {
        if self.whole.is_none() {
            let mut found = BTreeSet::new();
            let mut add = |p: &Place| found.extend(is_whole(p).then_some(p.base));
            self.f.each(&mut |src, _| {
                src.operands(&mut |op| place_of(op).into_iter().for_each(&mut add));
                if let Rvalue::RefMut(p) = src {
                    add(p);
                }
            });
            self.whole = Some(found);
        }
        self.whole.as_ref().is_some_and(|found| found.contains(&local))
    }
}

/// Whether a place is all of a local, at most behind a pointer.
fn is_whole(place: &Place) -> bool {
    place.path.iter().all(|sel| matches!(sel, Sel::Deref | Sel::Slice(_)))
}
