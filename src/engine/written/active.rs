//! Active models of SeaORM that are made of a row: an update writes what was set since, and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use super::render::{Token, Tokens};
use super::tables::ColumnRef;
use super::{Body, Call};
use crate::ir::Name;
use crate::ir::body::{Callee, Local, Operand, PathId, RET, Rvalue, Sel, Stmt, each};
use crate::link::infer::{Site, Target};
use crate::link::program::{Program, TypeId};
use crate::link::ty::Ty;

/// Derives of models of tables.
const MODELS: &[&str] = &["DeriveEntityModel", "DeriveModel"];
/// The derive of what is set of one.
const SET: &str = "DeriveActiveModel";

/// Whether any type is a model of a table, or what is set of one.
pub(super) fn are_derived(p: &Program) -> bool {
    let mut types = (0..p.types.len() as u32).filter_map(|t| p.type_def(TypeId(t)));
    types.any(|def| def.derives.iter().any(|d| d == SET || MODELS.contains(&d.as_str())))
}

/// Calls that leave an active model as it is.
const LEAVE: &[&str] = &["clone", "delete", "get", "insert", "is_changed", "is_not_set", "save", "update"];

/// Calls on a field of one that leave it as it is, or have nothing written of it.
const ASK: &[&str] = &[
    "as_deref",
    "as_ref",
    "clone",
    "cloned",
    "eq",
    "get",
    "into_value",
    "into_wrapped_value",
    "is_not_set",
    "is_set",
    "is_unchanged",
    "ne",
    "take",
    "to_owned",
    "try_as_ref",
    "unwrap",
];

/// What is known of the values of a function, in the order of its text.
#[derive(Clone, Debug, Default)]
pub(super) struct Active {
    /// Active models that were made of a row, with the fields that were set since, on whatever way.
    of_rows: BTreeMap<Local, BTreeSet<Name>>,
    /// Active models of which nothing is set.
    empty: BTreeSet<Local>,
    /// Values that are said to be those of the row.
    unchanged: BTreeSet<Local>,
    /// `None`, or an error: no active model at all.
    none: BTreeSet<Local>,
}

impl Active {
    /// What is known behind two branches: what holds by both.
    pub(super) fn join(&mut self, other: &Active) {
        self.of_rows.retain(|local, _| other.of_rows.contains_key(local) || other.none.contains(local));
        for (local, fields) in &other.of_rows {
            if self.none.contains(local) {
                self.of_rows.insert(*local, fields.clone());
            } else if let Some(own) = self.of_rows.get_mut(local) {
                own.extend(fields.iter().cloned());
            }
        }
        self.none.retain(|local| other.none.contains(local));
        self.empty.retain(|local| other.empty.contains(local));
        self.unchanged.retain(|local| other.unchanged.contains(local));
    }
}

/// What a function returns: an active model of a row, with the fields that may be set since, or nothing that is known to be
/// one.
pub(super) type Made = Option<BTreeSet<Name>>;

/// What a function returns on two ways.
fn on_either_way(one: Option<Made>, other: Made) -> Made {
    match (one, other) {
        (None, other) => other,
        (Some(one), other) => one.zip(other).map(|(one, other)| one.into_iter().chain(other).collect()),
    }
}

/// The field of a local that a statement sets, or that it may set by a method of the field.
fn field_set(s: &Stmt) -> Option<(Local, &Name)> {
    let Stmt::Assign { dst, src, .. } = s else { return None };
    let place = match (dst.path.as_slice(), src) {
        ([Sel::Field(_)], _) => dst,
        (_, Rvalue::Call { callee: Callee::Method { name, .. }, args, .. }) if !ASK.contains(&name.as_str()) => {
            match args.first()? {
                Operand::Place(receiver) => receiver,
                _ => return None,
            }
        }
        _ => return None,
    };
    match place.path.as_slice() {
        [Sel::Field(name)] => Some((place.base, name)),
        _ => None,
    }
}

impl Body<'_, '_> {
    /// A statement, as far as it speaks of an active model.
    pub(super) fn activated(&mut self, s: &Stmt) {
        let Stmt::Assign { dst, src, span } = s else { return };
        if let Some((local, name)) = field_set(s) {
            let set = !matches!(src, Rvalue::Use(op) if self.is_unchanged(op));
            if let Some(fields) = self.active.of_rows.get_mut(&local).filter(|_| set) {
                fields.insert(name.clone());
            }
            if set {
                self.active.empty.remove(&local);
            }
        }
        if !dst.path.is_empty() {
            return;
        }
        self.active.unchanged.remove(&dst.base);
        self.active.empty.remove(&dst.base);
        self.active.none.remove(&dst.base);
        let made = match src {
            Rvalue::Negative | Rvalue::Err(_) => {
                self.active.none.insert(dst.base);
                None
            }
            Rvalue::Use(op) | Rvalue::Positive(_, op) | Rvalue::Await(op) => {
                if self.is_unchanged(op) {
                    self.active.unchanged.insert(dst.base);
                }
                if self.is_empty(op) {
                    self.active.empty.insert(dst.base);
                }
                op.whole().and_then(|l| self.active.of_rows.get(&l)).cloned()
            }
            Rvalue::Aggregate { fields, base, .. } => {
                let row = base.as_ref().and_then(Operand::whole).and_then(|l| self.active.of_rows.get(&l)).cloned();
                let said = fields.iter().any(|(_, op, _)| self.is_unchanged(op));
                let said = said && base.as_ref().is_none_or(|op| self.is_empty(op));
                let set =
                    fields.iter().filter(|(_, op, _)| !self.is_unchanged(op)).filter_map(|(name, ..)| name.clone());
                (row.is_some() || said).then(|| row.unwrap_or_default().into_iter().chain(set).collect())
            }
            Rvalue::RefMut(place) => {
                self.active.of_rows.remove(&place.base);
                self.active.empty.remove(&place.base);
                None
            }
            Rvalue::Call { callee, args, spans, site } => {
                let none = &Site::default();
                let info = self.typed.sites.get(*site as usize).unwrap_or(none);
                self.activated_by(dst.base, callee, Call { info, args, spans, span: *span })
            }
            _ => None,
        };
        match made {
            Some(fields) => {
                let elsewhere = self.set_elsewhere(dst.base);
                self.active.of_rows.entry(dst.base).or_default().extend(fields.into_iter().chain(elsewhere));
            }
            None => {
                self.active.of_rows.remove(&dst.base);
            }
        }
    }

    /// The fields of a local that are set in a loop or a closure: these may run before what stands above them.
    fn set_elsewhere(&self, local: Local) -> BTreeSet<Name> {
        let mut out = BTreeSet::new();
        let mut note = |s: &Stmt| {
            if let Some((of, name)) = field_set(s)
                && of == local
            {
                out.insert(name.clone());
            }
        };
        self.f.closures.iter().for_each(|c| each(&c.body, &mut note));
        each(self.f.body.as_deref().unwrap_or_default(), &mut |s| {
            if let Stmt::Loop { body, .. } = s {
                each(body, &mut note);
            }
        });
        out
    }

    /// What a call makes: an active model of a row, or a value that is said to be the row's.
    fn activated_by(&mut self, dst: Local, callee: &Callee, call: Call<'_>) -> Made {
        let (targets, args) = (&call.info.targets, call.args);
        let row = |t: &Target| if let Target::Row(r) = t { self.walk.models.row(*r) } else { None };
        if targets
            .iter()
            .filter_map(row)
            .any(|r| r.path == "sea_orm::ActiveValue::Unchanged" || r.path == "sea_orm::Unchanged")
        {
            self.active.unchanged.insert(dst);
        }
        let made = targets.iter().map(|t| match t {
            Target::Func(f) => self.walk.active.get(&self.walk.p.as_written(*f)).cloned().flatten(),
            _ => None,
        });
        if let Some(fields) = made.fold(None, |all, one| Some(on_either_way(all, one))).flatten() {
            args.iter().filter_map(Operand::whole).for_each(|l| {
                self.active.of_rows.remove(&l);
            });
            return Some(fields);
        }
        let path = |id: &PathId| self.f.paths.get(id.0 as usize).and_then(|p| p.segments.last()).map(Name::as_str);
        let name = match callee {
            Callee::Method { name, .. } => Some(name.as_str()),
            Callee::Path(id) => path(id),
            Callee::Value(_) | Callee::Macro(_) => None,
        };
        if let (Callee::Path(_), Some("default"), []) = (callee, name, args) {
            self.active.empty.insert(dst);
        }
        if let (Some("into" | "into_active_model"), [from]) = (name, args) {
            let (from, to) = (self.ty(from), self.ty(&Operand::Place(dst.into())));
            let made = self.is_model(&from) == Some(true) && self.is_model(&to) == Some(false);
            return made.then(BTreeSet::new);
        }
        let (Callee::Method { name, .. }, Some(first)) = (callee, args.first()) else {
            args.iter().filter_map(Operand::whole).for_each(|l| {
                self.active.of_rows.remove(&l);
            });
            return None;
        };
        let held = first.whole().filter(|l| self.active.of_rows.contains_key(l))?;
        match name.as_str() {
            "clone" => self.active.of_rows.get(&held).cloned(),
            _ if self.unwraps(call) && !matches!(self.ty(first), Ty::Adt(..)) => {
                self.active.of_rows.get(&held).cloned()
            }
            name => {
                if !LEAVE.contains(&name) {
                    self.active.of_rows.remove(&held);
                }
                None
            }
        }
    }

    /// Whether a call gives what is in an option or a result.
    fn unwraps(&self, call: Call<'_>) -> bool {
        let says = |t: &Target| if let Target::Row(r) = t { self.walk.rows.get(*r) } else { None };
        call.info.targets.iter().any(|t| says(t).is_some_and(|r| r.unwraps))
    }

    /// What is returned here: an error says nothing of what is returned otherwise.
    pub(super) fn active_returned(&mut self) {
        if self.ret != RET || self.active.none.contains(&RET) {
            return;
        }
        let now = self.active.of_rows.get(&RET).cloned();
        self.made = Some(on_either_way(self.made.take(), now));
    }

    /// Whether a type is the model of a table, or what is set of it; of any other nothing.
    fn is_model(&self, ty: &Ty) -> Option<bool> {
        let Ty::Adt(t, _) = self.element(ty) else { return None };
        let derives = &self.walk.p.type_def(t)?.derives;
        let any = |names: &[&str]| derives.iter().any(|d| names.contains(&d.as_str()));
        if any(MODELS) { Some(true) } else { any(&[SET]).then_some(false) }
    }

    /// What an update with an operand writes: of one that was made of a row the fields that were set.
    pub(super) fn only_set(&self, op: &Operand, sets: &mut Vec<(ColumnRef, Tokens)>) {
        let Some(fields) = op.whole().and_then(|l| self.active.of_rows.get(&l)) else { return };
        sets.retain(|(_, value)| match value.as_slice() {
            [Token::Value(Operand::Place(p), _)] => {
                matches!(p.path.last(), Some(Sel::Field(name)) if fields.contains(name))
            }
            _ => true,
        });
    }

    fn is_empty(&self, op: &Operand) -> bool {
        op.whole().is_some_and(|l| self.active.empty.contains(&l) && self.set_elsewhere(l).is_empty())
    }

    fn is_unchanged(&self, op: &Operand) -> bool {
        op.whole().is_some_and(|l| self.active.unchanged.contains(&l))
    }
}
