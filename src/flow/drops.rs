//! Drops: the `Drop` impls of the workspace, run where a value goes.
//!
//! A value goes where the body ends that owns it (see [`super::owners`]), or where another is put in its place: the
//! value itself, and then the parts of it that do something in turn.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use super::borrowers::borrows_field;
use super::calls::Arg;
use super::doubt::Why;
use super::holders::holding;
use super::interp::Interp;
use super::owners::{Given, Owners};
use super::places::field_name;
use super::state::State;
use super::summary::doubted;
use super::value::V;
use crate::ir::Name;
use crate::ir::body::{ClosureId, Local, Place};
use crate::limits::{DROPPED_DEPTH, DROPPED_PARTS};
use crate::link::infer::Typed;
use crate::link::program::{FuncId, Program, TypeId};
use crate::link::ty::{Ty, all_fields, field_ty, payload};
use crate::model::ModelSet;
use crate::source::Span;

/// One step of a way into a type.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Step {
    /// The variant, of an enum.
    pub variant: Option<u32>,
    /// The field.
    pub name: Name,
    /// What it is called in a value.
    key: Name,
}

/// A part of what a local holds that does something when it goes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Part {
    pub local: Local,
    pub way: Vec<Step>,
    /// What is done.
    pub drop: FuncId,
}

/// A part that is owned where a body ends.
#[derive(Clone, Debug)]
struct Owned {
    part: Part,
    /// The closure whose body it is; none if it is the function's.
    of: Option<ClosureId>,
    /// Something was called on it that may have taken it.
    perhaps: bool,
}

/// What goes in a function.
#[derive(Debug, Default)]
pub(super) struct Drops {
    at_end: Vec<Owned>,
    /// Where another value is put in the place of one.
    replaced: BTreeMap<(Local, Span), Vec<Part>>,
}

impl Drops {
    /// What runs where these go.
    pub(super) fn runs(&self) -> impl Iterator<Item = FuncId> + '_ {
        self.at_end.iter().map(|o| o.part.drop).chain(self.replaced.values().flatten().map(|part| part.drop))
    }

    /// The locals: what they hold is read where no statement names them.
    pub(super) fn locals(&self) -> impl Iterator<Item = Local> + '_ {
        self.at_end.iter().map(|o| o.part.local).chain(self.replaced.keys().map(|(l, _)| *l))
    }
}

/// What goes in all functions in which something does.
#[derive(Debug, Default)]
pub struct Dropping(BTreeMap<FuncId, Drops>);

impl Dropping {
    /// Finds what goes where.
    #[must_use]
    pub fn of(program: &Program, models: &ModelSet, typed: &[Typed]) -> Self {
        let drop = |t: TypeId| Some((t, program.impl_method(*program.impls_for(t, "Drop").first()?, "drop")?));
        let does: BTreeMap<TypeId, FuncId> = (0..program.types.len() as u32).map(TypeId).filter_map(drop).collect();
        if does.is_empty() {
            return Dropping::default();
        }
        let holding = holding(program, models, does.keys().copied().collect());
        let types = Types { program, models, holding, does, leading: RefCell::default() };
        let parts: BTreeMap<FuncId, Vec<Part>> =
            (0..).map(FuncId).zip(typed).filter_map(|(f, t)| types.locals(f, t)).collect();
        let mut given = Given::default();
        let mut callers: BTreeMap<FuncId, BTreeSet<FuncId>> = BTreeMap::new();
        let mut todo: BTreeSet<FuncId> = parts.keys().copied().collect();
        let mut out = BTreeMap::new();
        while let Some(id) = todo.pop_last() {
            let (Some(f), Some(t), Some(own)) = (program.func(id), typed.get(id.0 as usize), parts.get(&id)) else {
                continue;
            };
            let found = Owners::of(program, models, f, t, &parts, own, &given);
            for callee in &found.asked {
                callers.entry(*callee).or_default().insert(id);
            }
            // What is known to be given only grows, so this comes to an end.
            for part in found.given(own) {
                if given.entry(id).or_default().insert(part) {
                    todo.extend(callers.get(&id).into_iter().flatten());
                }
            }
            let part = |i: &usize| own.get(*i).cloned();
            let at_end = found
                .at_end
                .iter()
                .filter_map(|((of, i), perhaps)| Some(Owned { part: part(i)?, of: *of, perhaps: *perhaps }));
            let replaced = found.replaced.iter().map(|(at, is)| (*at, is.iter().filter_map(part).collect()));
            out.insert(id, Drops { at_end: at_end.collect(), replaced: replaced.collect() });
        }
        Dropping(out)
    }

    pub(super) fn get(&self, f: FuncId) -> Option<&Drops> {
        self.0.get(&f)
    }
}

/// What types do.
struct Types<'a> {
    program: &'a Program,
    models: &'a ModelSet,
    does: BTreeMap<TypeId, FuncId>,
    holding: BTreeSet<TypeId>,
    /// Types of which it is known whether something within so many fields does something.
    leading: RefCell<FxHashMap<(Ty, usize), bool>>,
}

impl Types<'_> {
    /// The parts of the locals of a function; none if there are none, or if it is what is done itself.
    fn locals(&self, f: FuncId, typed: &Typed) -> Option<(FuncId, Vec<Part>)> {
        let mut out = Vec::new();
        for (local, ty) in (0..).map(Local).zip(&typed.locals) {
            if self.may_hold(ty) {
                let most = out.len() + DROPPED_PARTS;
                self.parts(local, ty, &mut Vec::new(), most, &mut out);
            }
        }
        (!out.is_empty() && !self.does.values().any(|d| *d == f)).then_some((f, out))
    }

    fn may_hold(&self, ty: &Ty) -> bool {
        ty.names(&|t| self.holding.contains(&t))
    }

    fn parts(&self, local: Local, ty: &Ty, way: &mut Vec<Step>, most: usize, out: &mut Vec<Part>) {
        // Only ways are followed that lead to one: types may hold each other in many.
        if out.len() >= most || !self.leads(ty, DROPPED_DEPTH - way.len()) {
            return;
        }
        let Some(ty) = self.owned_in(ty) else { return };
        if let Ty::Adt(t, _) = ty
            && let Some(drop) = self.does.get(t)
        {
            out.push(Part { local, way: way.clone(), drop: *drop });
        }
        if way.len() >= DROPPED_DEPTH {
            return;
        }
        for (variant, name) in self.fields(ty) {
            let part = field_ty(self.program, self.models, ty, variant, &name);
            if !self.is_lent(ty, variant, &name) {
                way.push(Step { variant, key: field_name(self.program, ty, variant, &name), name });
                self.parts(local, &part, way, most, out);
                way.pop();
            }
        }
    }

    /// Whether something within so many fields does something.
    fn leads(&self, ty: &Ty, depth: usize) -> bool {
        if !self.may_hold(ty) {
            return false;
        }
        let key = (ty.clone(), depth);
        if let Some(known) = self.leading.borrow().get(&key) {
            return *known;
        }
        let leads = self.owned_in(ty).is_some_and(|ty| {
            matches!(ty, Ty::Adt(t, _) if self.does.contains_key(t))
                || depth > 0
                    && self.fields(ty).iter().any(|(variant, name)| {
                        let part = field_ty(self.program, self.models, ty, *variant, name);
                        !self.is_lent(ty, *variant, name) && self.leads(&part, depth - 1)
                    })
        });
        self.leading.borrow_mut().insert(key, leads);
        leads
    }

    /// What wrappers own; nothing where one of them shares it.
    fn owned_in<'t>(&self, ty: &'t Ty) -> Option<&'t Ty> {
        let mut ty = ty;
        while let Some(within) = payload(self.models, ty) {
            let Ty::Ext(name, _) = ty else { return None };
            if self.models.type_model(name).is_some_and(|m| m.outlived) {
                return None;
            }
            ty = within;
        }
        Some(ty)
    }

    fn fields(&self, ty: &Ty) -> Vec<(Option<u32>, Name)> {
        match ty {
            Ty::Adt(t, _) => all_fields(self.program, *t),
            Ty::Tuple(ts) => (0..ts.len()).map(|i| (None, i.to_string().into())).collect(),
            _ => Vec::new(),
        }
    }

    fn is_lent(&self, owner: &Ty, variant: Option<u32>, name: &Name) -> bool {
        matches!(owner, Ty::Adt(t, _) if borrows_field(self.program, *t, variant, name))
    }
}

impl Interp<'_> {
    /// The values go that a body owns: the function's, or a closure's.
    pub(super) fn dropped(&mut self, of: Option<ClosureId>, st: &mut State) {
        let Some(drops) = self.drops else { return };
        for owned in drops.at_end.iter().filter(|o| o.of == of) {
            self.drop_one(&owned.part, owned.perhaps, st);
        }
    }

    /// Another value is put in the place of one.
    pub(super) fn replaced(&mut self, dst: &Place, span: Span, st: &mut State) {
        let Some(parts) = self.drops.and_then(|d| d.replaced.get(&(dst.base, span))) else { return };
        parts.iter().for_each(|part| self.drop_one(part, false, st));
    }

    fn drop_one(&mut self, part: &Part, perhaps: bool, st: &mut State) {
        let v: V = part.way.iter().fold(st.get(part.local), |v, step| v.field(&step.key));
        if st.dead || !v.has_data() {
            return;
        }
        let at = self.f.locals.get(part.local.0 as usize).map_or(self.f.span, |l| l.span);
        let v = if perhaps { doubted(&v, &Why::Gone.at(at)) } else { v };
        self.func_call(part.drop, &[Arg::of(&v, at)], at, None, st);
    }
}
