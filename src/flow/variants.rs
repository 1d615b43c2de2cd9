//! Which variants a value may be, once a pattern has asked: what only the others hold is not in it.

use std::collections::BTreeSet;

use super::interp::Interp;
use super::places::field_name;
use super::rvalues::place_of;
use super::state::State;
use super::value::{Base, V, Way, Way1};
use crate::ir::Name;
use crate::ir::body::{Local, Place, Rvalue, Sel};
use crate::ir::items::TypeKind;
use crate::link::program::TypeId;
use crate::link::ty::Ty;
use crate::source::Span;

impl Interp<'_> {
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
    place.path.iter().all(|sel| *sel == Sel::Deref)
}
