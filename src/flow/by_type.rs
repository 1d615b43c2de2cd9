//! What is found by its type: in a map by type, that of a request say, and in what handlers are given by extractors.
//!
//! A map by type has a part for each type that is put in. What is asked for by a type that is not known may be any of
//! them, and what is put in of such a type may be whatever is asked for.

use std::sync::Arc;

use smol_str::format_smolstr;

use super::cells::Cell;
use super::doubt::Why;
use super::elements::is_list;
use super::interp::Interp;
use super::rows::RowCall;
use super::state::State;
use super::summary::doubted;
use super::value::{Base, V};
use crate::ir::Name;
use crate::link::ty::{Ty, payload};
use crate::model::{Effect, ModelSet, Port};

/// The part of a type that was not known where it was put in.
const ANY_PUT: &str = "?$type";
/// All parts of types.
const ALL: &str = "*$type";

/// What something is found by: its type without what is wrapped around one value.
pub(super) fn found_by<'a>(models: &ModelSet, mut ty: &'a Ty) -> &'a Ty {
    while !matches!(ty, Ty::Ext(n, _) if is_list(n))
        && let Some(inner) = payload(models, ty)
    {
        ty = inner;
    }
    ty
}

/// The part of a map by type that is of a type.
fn part_of(models: &ModelSet, ty: &Ty) -> Option<Name> {
    let ty = found_by(models, ty);
    is_one(ty).then(|| format_smolstr!("{ty:?}$type"))
}

/// Whether a type is known so well that a value of another is not of it.
pub(super) fn is_one(ty: &Ty) -> bool {
    match ty {
        Ty::Adt(_, args) | Ty::Ext(_, args) | Ty::Tuple(args) => args.iter().all(is_one),
        Ty::Unknown | Ty::Fn(..) | Ty::Param(_) | Ty::Traits(_) | Ty::Assoc(_) | Ty::Var(_) => false,
    }
}

/// A port of a part, in the place of what a row calls `.typed`.
fn at(port: &Port, part: &str) -> Port {
    let mut port = port.clone();
    port.path.pop();
    port.path.push(part.into());
    port
}

impl Interp<'_> {
    /// Carries out an effect on a map by type, now that it is known which types are put in or asked for; false if it is
    /// on none.
    pub(super) fn by_type(&mut self, effect: &Effect, call: RowCall<'_>, ret: &mut V, st: &mut State) -> bool {
        let models = self.cx.models;
        let part = part_of(models, &call.info.ret);
        let asked = |of: &Port| match &part {
            Some(part) => vec![at(of, part), at(of, ANY_PUT)],
            None => vec![at(of, ALL)],
        };
        match effect {
            Effect::Flow { from, to, derived, .. } if from.is_typed() => {
                for from in asked(from) {
                    let v = self.carried(&from, to, *derived, call, ret, st);
                    self.put(to, v, false, call, ret, st);
                }
            }
            Effect::Flow { from, to, derived, .. } if to.is_typed() => {
                let v = self.carried(from, to, *derived, call, ret, st);
                match part_of(models, call.ty(from)) {
                    Some(part) => self.put(&at(to, &part), v, false, call, ret, st),
                    None => self.put(&at(to, ANY_PUT), doubted(&v, &Why::Key.anywhere()), false, call, ret, st),
                }
            }
            Effect::Call { f, args, to: Some(to), .. } if to.is_typed() => {
                let Some(v) = self.called_by_row(f, args, call, ret, st) else { return true };
                self.put(&at(to, part.as_deref().unwrap_or(ANY_PUT)), v, false, call, ret, st);
            }
            Effect::Alias { of, part: to } if of.is_typed() => {
                let (lent, besides) = part.as_deref().map_or((ANY_PUT, ALL), |part| (part, ANY_PUT));
                let v = self.port(&at(of, besides), call.args, ret, st);
                self.put(&Port { path: to.clone(), ..Port::ret() }, v, false, call, ret, st);
                self.aliased(&at(of, lent), to, call, ret, st);
            }
            _ => return false,
        }
        true
    }

    /// Others find an argument by its type; one of which no type is known they may find by that of a crate of which
    /// nothing is.
    pub(super) fn found_by_type(&mut self, of: &Port, call: RowCall<'_>, ret: &V, st: &mut State) {
        let (models, sharing) = (self.cx.models, self.cx.sharing);
        let ty = found_by(models, call.ty(of));
        let mut v = self.port(of, call.args, ret, st);
        let numbers = match is_one(ty) {
            true => sharing.found(ty).into_iter().collect(),
            false => {
                v = doubted(&v, &Why::Key.anywhere());
                sharing.found_foreign(models)
            }
        };
        for n in numbers {
            self.write_far((Base::Cell(Cell::Found(n)), Arc::from([])), &v, call.span, st);
        }
    }
}
