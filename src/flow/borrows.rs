//! Borrows that values hold: a struct with a `&mut` in a field writes to what that borrows, whoever writes through it.

use std::sync::Arc;

use super::calls::Arg;
use super::interp::Interp;
use super::state::State;
use super::value::{Base, Many, Origin, V, Value, Way};
use crate::ir::items::{TypeKind, TypeRef};
use crate::link::program::FuncId;
use crate::link::ty::{Ty, peel};
use crate::source::Span;

impl Interp<'_> {
    /// What a call left in a value that holds borrows is written to what they borrow.
    pub(super) fn through_borrows(&mut self, before: &V, after: V, span: Span, st: &mut State) -> V {
        if !before.fields.iter().any(|(_, part)| part.borrows()) {
            return after;
        }
        let mut out = (*after).clone();
        for (name, part) in before.fields.iter().filter(|(_, part)| part.borrows()) {
            let left = after.field(name);
            let left = match part.refs.is_empty() {
                true => self.through_borrows(part, left, span, st),
                false => {
                    if !left.same(&self.load(st, part)) {
                        self.put_all(&part.refs, &[], &left.data(), false, span, st);
                    }
                    part.clone()
                }
            };
            out.set_field(name, left);
        }
        Arc::new(out)
    }

    /// A result with the borrows in its fields that the function was given.
    pub(super) fn with_borrows(&self, f: FuncId, ret: V, args: &[Arg]) -> V {
        if args.iter().all(|a| a.v.refs.is_empty()) {
            return ret;
        }
        let (Some(summary), Some(typed)) = (self.summary(f), self.cx.typed.get(f.0 as usize)) else { return ret };
        let Ty::Adt(t, _) = peel(self.cx.models, &typed.ret) else { return ret };
        let Some(TypeKind::Struct(fields)) = self.cx.program.type_def(*t).map(|d| &d.kind) else { return ret };
        let mut out: Option<Value> = None;
        for field in fields.iter().filter(|f| matches!(f.ty, TypeRef::RefMut(_))) {
            let Some(part) = summary.ret.listed(&field.name) else { continue };
            let given = part.facts.iter().filter_map(|(fact, _)| match &fact.origin {
                Origin::Param(i, path) if path.is_empty() && fact.deep.is_none() => args.get(*i as usize),
                _ => None,
            });
            let refs: Many<(Base, Way)> = given.flat_map(|a| a.v.refs.iter().cloned()).collect();
            if !refs.is_empty() {
                let out = out.get_or_insert_with(|| (*ret).clone());
                let held = Value { refs, adt: out.field(&field.name).adt, ..Value::default() };
                out.set_field(&field.name, Arc::new(held));
            }
        }
        out.map_or(ret, Arc::new)
    }
}
