//! Labels on fields of types of other crates: no declaration of such a type is here, so they enter where a value of unknown
//! origin comes to be in a place of that type, or where the field is read.

use std::sync::Arc;

use super::interp::Interp;
use super::path::{Path, What};
use super::places::{declare, given_by_caller, may_be_outside};
use super::value::{Fact, Info, Origin, V};
use crate::ir::Name;
use crate::link::ty::{Ty, peel};
use crate::source::Span;

impl Interp<'_> {
    /// A value as it comes to be in a place of a type, with the labelled fields that it has by that.
    pub(super) fn of_foreign_type(&self, v: V, ty: &Ty, span: Span) -> V {
        let labelled = &self.cx.seeds.foreign_fields;
        if labelled.is_empty() || !v.refs.is_empty() {
            return v;
        }
        let Ty::Ext(of, _) = peel(self.cx.models, ty) else { return v };
        let Some(fields) = labelled.get(of) else { return v };
        let mut out = v;
        for name in fields.keys().filter(|name| out.listed(name).is_none()).cloned().collect::<Vec<_>>() {
            let part = self.foreign_field(&out, of, &name, span);
            let mut whole = (*out).clone();
            whole.set_field(&name, part);
            out = Arc::new(whole);
        }
        out
    }

    /// A field of a value of a type of another crate, with its label if nothing here says what it is.
    pub(super) fn foreign_field(&self, v: &V, of: &Name, name: &Name, span: Span) -> V {
        let part = v.field(name);
        let seed = self.cx.seeds.foreign_fields.get(of).and_then(|fields| fields.get(name));
        let from = if v.unknown { v } else { &part };
        let Some(seed) = seed.filter(|_| v.listed(name).is_none() && may_be_outside(from)) else { return part };
        let info = Info { path: Path::hop(self.id, span, What::Enters(*seed)), ..Info::default() };
        let mut out = (*part).clone();
        for of in given_by_caller(from) {
            declare(&mut out, &Fact::new(Origin::Declared(*seed, span, of)), &info);
        }
        Arc::new(out)
    }
}
