//! Active models of SeaORM that are made of a row: an update writes what was set since, and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use super::Body;
use super::render::{Token, Tokens};
use super::tables::ColumnRef;
use crate::ir::Name;
use crate::ir::body::{Callee, Local, Operand, Place, Rvalue, Sel};
use crate::link::infer::Target;
use crate::link::ty::Ty;

/// Calls that leave an active model as it is.
const LEAVE: &[&str] = &["clone", "delete", "get", "insert", "is_changed", "is_not_set", "save", "update"];

/// What is known of the values of a function, in the order of its text.
#[derive(Debug, Default)]
pub(super) struct Active {
    /// Active models that were made of a row, with the fields that were set since, on whatever way.
    of_rows: BTreeMap<Local, BTreeSet<Name>>,
    /// Values that are said to be those of the row.
    unchanged: BTreeSet<Local>,
}

impl Body<'_, '_> {
    /// An assignment, as far as it speaks of an active model.
    pub(super) fn activated(&mut self, dst: &Place, src: &Rvalue) {
        if let [Sel::Field(name)] = dst.path.as_slice() {
            let set = !matches!(src, Rvalue::Use(op) if self.is_unchanged(op));
            if let Some(fields) = self.active.of_rows.get_mut(&dst.base).filter(|_| set) {
                fields.insert(name.clone());
            }
            return;
        }
        if !dst.path.is_empty() {
            return;
        }
        self.active.unchanged.remove(&dst.base);
        let made = match src {
            Rvalue::Use(op) | Rvalue::Positive(_, op) => {
                if self.is_unchanged(op) {
                    self.active.unchanged.insert(dst.base);
                }
                op.whole().and_then(|l| self.active.of_rows.get(&l)).cloned()
            }
            Rvalue::Aggregate { fields, base, .. } => {
                let base = base.as_ref().and_then(Operand::whole).and_then(|l| self.active.of_rows.get(&l)).cloned();
                let said = fields.iter().any(|(_, op, _)| self.is_unchanged(op));
                let set =
                    fields.iter().filter(|(_, op, _)| !self.is_unchanged(op)).filter_map(|(name, ..)| name.clone());
                (base.is_some() || said).then(|| base.unwrap_or_default().into_iter().chain(set).collect())
            }
            Rvalue::RefMut(place) => {
                self.active.of_rows.remove(&place.base);
                None
            }
            Rvalue::Call { callee, args, site, .. } => self.activated_by(dst.base, callee, args, *site),
            _ => None,
        };
        match made {
            Some(fields) => self.active.of_rows.entry(dst.base).or_default().extend(fields),
            None => {
                self.active.of_rows.remove(&dst.base);
            }
        }
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
        if any(&["DeriveEntityModel", "DeriveModel"]) {
            Some(true)
        } else {
            any(&["DeriveActiveModel"]).then_some(false)
        }
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

    fn is_unchanged(&self, op: &Operand) -> bool {
        op.whole().is_some_and(|l| self.active.unchanged.contains(&l))
    }
}
