//! Which variants a value may be, once a pattern has asked: what only the others hold is not in it.

use super::interp::Interp;
use super::places::field_name;
use super::state::State;
use super::value::{Base, V, Way, Way1};
use crate::ir::Name;
use crate::ir::body::Place;
use crate::ir::items::TypeKind;
use crate::link::program::TypeId;
use crate::link::ty::Ty;
use crate::source::Span;

impl Interp<'_> {
    /// A place holds this variant, or does not: of what is written in a value, the parts of variants that it is not are
    /// cut out.
    pub(super) fn narrow(&mut self, place: &Place, v: &V, of: (TypeId, u32), holds: bool, span: Span, st: &mut State) {
        let (t, variant) = of;
        let Some(TypeKind::Enum(variants)) = self.cx.program.type_def(t).map(|d| &d.kind) else { return };
        let owner = Ty::Adt(t, [].into());
        let gone: Vec<Name> = (0..)
            .zip(variants)
            .filter(|(n, _)| (*n == variant) != holds)
            .flat_map(|(n, d)| d.fields.iter().map(move |f| (n, &f.name)))
            .map(|(n, name)| field_name(self.cx.program, &owner, Some(n), name))
            .filter(|name| v.listed(name).is_some_and(|part| part.has_data()))
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
}
