//! Active models of SeaORM that are made of a row: an update writes what was set since, and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use super::Body;
use super::render::{Token, Tokens};
use super::tables::ColumnRef;
use crate::ir::Name;
use crate::ir::body::{Callee, Local, Operand, Rvalue, Sel, Stmt, each};
use crate::link::infer::Target;
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
}

impl Active {
    /// What is known behind two branches: what holds by both.
    pub(super) fn join(&mut self, other: &Active) {
        self.of_rows.retain(|local, _| other.of_rows.contains_key(local));
        for (local, fields) in &mut self.of_rows {
            fields.extend(other.of_rows.get(local).into_iter().flatten().cloned());
        }
        self.empty.retain(|local| other.empty.contains(local));
        self.unchanged.retain(|local| other.unchanged.contains(local));
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
        let Stmt::Assign { dst, src, .. } = s else { return };
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
        let made = match src {
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
            Rvalue::Call { callee, args, site, .. } => self.activated_by(dst.base, callee, args, *site),
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
    fn activated_by(&mut self, dst: Local, callee: &Callee, args: &[Operand], site: u32) -> Option<BTreeSet<Name>> {
        let targets = self.typed.sites.get(site as usize).map_or(&[][..], |s| s.targets.as_slice());
        let row = |t: &Target| if let Target::Row(r) = t { self.walk.models.row(*r) } else { None };
        if targets
            .iter()
            .filter_map(row)
            .any(|r| r.path == "sea_orm::ActiveValue::Unchanged" || r.path == "sea_orm::Unchanged")
        {
            self.active.unchanged.insert(dst);
        }
        if let (Callee::Path(id), []) = (callee, args)
            && let Some("default") = self.f.paths.get(id.0 as usize).and_then(|p| p.segments.last()).map(Name::as_str)
        {
            self.active.empty.insert(dst);
        }
        let (Callee::Method { name, .. }, Some(first)) = (callee, args.first()) else {
            args.iter().filter_map(Operand::whole).for_each(|l| {
                self.active.of_rows.remove(&l);
            });
            return None;
        };
        if matches!(name.as_str(), "into" | "into_active_model") {
            let (from, to) = (self.ty(first), self.ty(&Operand::Place(dst.into())));
            let made = self.is_model(&from) == Some(true) && self.is_model(&to) == Some(false);
            return made.then(BTreeSet::new);
        }
        let held = first.whole().filter(|l| self.active.of_rows.contains_key(l))?;
        match name.as_str() {
            "clone" => self.active.of_rows.get(&held).cloned(),
            name => {
                if !LEAVE.contains(&name) {
                    self.active.of_rows.remove(&held);
                }
                None
            }
        }
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
