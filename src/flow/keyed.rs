//! Maps by their literal keys: what is under `"a"` is not what is under `"b"`.
//!
//! The value of a map is that of its values, whichever key they are under. Beside it stands what is under each key that
//! the code writes out, and what is under any other. Whatever joins or writes the whole without such a key goes to each
//! of them; a map of which nothing is beside it may have all of it under each key. The names of these parts have the type
//! of the values, as a map may be in a map.

use std::iter::successors;
use std::sync::Arc;

use smol_str::format_smolstr;

use super::by_type::is_one;
use super::calls::Arg;
use super::interp::Interp;
use super::rows::RowCall;
use super::state::State;
use super::value::{Many, V, Value, Way1, join, write};
use crate::ir::Name;
use crate::limits::{KEYS, WRAPPERS};
use crate::link::names::is_primitive;
use crate::link::ty::{Ty, payload, peel};
use crate::model::{Act, Effect, KEY, Port, PortBase};

/// Begins the name of the part that is under a key. Such a part is beside the value.
const AT: &str = "#at:";
/// Comes behind all such names.
const BEHIND: &str = "#b";
/// Stands between the type of the values and the key.
const OF: char = '\u{1f}';

/// Whether a part is what is under a literal key, or under any other.
pub(super) fn is_at(name: &str) -> bool {
    name.starts_with(AT)
}

/// The part under any other key, beside the one under a key.
fn other(at: &str) -> &str {
    at.find(OF).map_or(at, |end| at.get(..=end).unwrap_or(at))
}

impl Value {
    /// What is under a literal key.
    pub(super) fn at_key(&self, at: &str) -> V {
        if let Some(v) = self.listed(at).or_else(|| self.listed(other(at))) {
            return v.clone();
        }
        let beside = |n: &Name| n == KEY || is_at(n) && other(n) == other(at);
        let mut out = Value { when: None, own: false, there: false, ..self.clone() };
        out.fields.retain(|(n, _)| !beside(n));
        out.facts = Many::new();
        for (fact, info) in &self.facts {
            let (fact, _) = fact.project(&[at.into()]);
            out.add(fact, info.clone());
        }
        Arc::new(out)
    }

    /// The value with another part under a literal key: the whole has it too. Of too many keys no more are told apart.
    pub(super) fn with_at(self: &Arc<Self>, at: &str, part: &V) -> V {
        let of = |n: &Name| is_at(n) && other(n) == other(at);
        let have = self.fields.iter().filter(|(n, _)| of(n));
        if self.listed(at).is_none() && have.clone().count() > KEYS {
            return join(self, part);
        }
        let mut apart: Many<(Name, V)> = have.cloned().collect();
        if self.listed(other(at)).is_none() {
            apart.push((other(at).into(), self.at_key(other(at))));
        }
        let mut whole = (**self).clone();
        whole.fields.retain(|(n, _)| !of(n));
        let mut out = Arc::unwrap_or_clone(join(&Arc::new(whole), &part.data()));
        for (name, v) in apart {
            out.set_field(&name, v);
        }
        out.set_field(at, part.clone());
        Arc::new(out)
    }

    /// Something is written into a part of whichever of its values: of those under literal keys as well.
    pub(super) fn each_at(&self, mut written: V, way: &[Way1], v: &V, depth: usize) -> V {
        if way.is_empty() {
            return written;
        }
        for (name, part) in self.fields.iter().take_while(|(n, _)| n.as_str() < BEHIND).filter(|(n, _)| is_at(n)) {
            Arc::make_mut(&mut written).set_field(name, write(part, way, v, true, depth));
        }
        written
    }
}

impl Interp<'_> {
    /// The part of a map of a type that is under a literal key: a text, or a number that is written in the one way in
    /// which all are. Keys of other types may be equal that are written in another way.
    pub(super) fn at_of(&self, map: &Ty, key: &str) -> Option<Name> {
        let models = self.cx.models;
        let mut around = successors(Some(map), |ty| payload(models, ty)).take(WRAPPERS);
        let (keys, values) = around.find_map(|ty| match ty {
            Ty::Ext(n, args) if models.is_keyed(n) => args.first().zip(args.get(1)),
            _ => None,
        })?;
        let plain = || key == "0" || !key.starts_with('0') && key.bytes().all(|b| b.is_ascii_digit());
        let told = match peel(models, keys) {
            Ty::Ext(n, _) if matches!(n.as_str(), "str" | "String") => true,
            Ty::Ext(n, _) => is_primitive(n) && plain(),
            _ => false,
        };
        (told && is_one(values)).then(|| format_smolstr!("{AT}{values:?}{OF}{key}"))
    }

    /// The part of a map that a call is about: the code writes out under which key.
    pub(super) fn key_of(&self, call: RowCall<'_>) -> Option<Name> {
        let by = call.row.acts.iter().find_map(|act| if let Act::By { key, .. } = act { Some(key) } else { None })?;
        let map = call.args.first()?;
        // A list of borrows is read and written where they lead. Of what is handed to a callable the text may be another.
        if map.v.borrows() || !call.info.method {
            return None;
        }
        let key = self.literal_of(call.arg(by)?)?;
        self.at_of(&map.ty, &key)
    }

    /// Carries out an effect on what is under a literal key; false if it is on something else.
    pub(super) fn by_key(
        &mut self,
        effect: &Effect,
        at: &Name,
        call: RowCall<'_>,
        ret: &mut V,
        st: &mut State,
    ) -> bool {
        let is_map = |port: &Port| port.base == PortBase::Arg(0) && port.path.is_empty() && !port.held;
        let Some(map) = call.args.first() else { return false };
        let mut args = call.args.to_vec();
        match effect {
            Effect::Flow { from, to, .. } if is_map(from) && to.base == PortBase::Ret => {
                let v = self.load(st, &map.v).at_key(at);
                if let Some(slot) = args.first_mut() {
                    slot.v = v;
                }
                self.effect(effect, RowCall { args: &args, ..call }, ret, st);
            }
            Effect::Flow { from, to, derived, .. } if is_map(to) => {
                let v = self.carried(from, to, *derived, call, ret, st);
                if !v.refs.is_empty() {
                    return false;
                }
                self.write_arg(map, std::slice::from_ref(at), &v.inside().data(), false, st);
            }
            Effect::Alias { of, part } if is_map(of) => {
                let mut refs = self.arg_ways(map, st);
                if refs.is_empty() {
                    return false;
                }
                refs.iter_mut().for_each(|(_, way)| way.push(Way1::Field(at.clone())));
                if let Some(slot) = args.first_mut() {
                    *slot = Arg { v: Arc::new(Value { refs, ..Value::default() }), place: None, ..map.clone() };
                }
                self.aliased(of, part, RowCall { args: &args, ..call }, ret, st);
            }
            _ => return false,
        }
        true
    }

    /// Nothing is left under a literal key that a call takes out.
    pub(super) fn taken_by_key(&mut self, at: &Name, call: RowCall<'_>, st: &mut State) {
        let takes = |act: &Act| matches!(act, Act::By { takes: true, .. });
        if let Some(map) = call.args.first().filter(|_| call.row.acts.iter().any(takes)) {
            self.write_arg(map, std::slice::from_ref(at), &V::default(), false, st);
        }
    }
}
