//! Values that are of one of several types, behind a trait object: what is in each is told apart, so that a method of one
//! type does not find the fields of another, and each is printed as its own code says.

use std::sync::Arc;

use smol_str::format_smolstr;

use super::beside::beside;
use super::joins::{join, joined};
use super::value::{V, Value};
use crate::ir::Name;
use crate::limits::KINDS;
use crate::link::program::TypeId;

/// Begins the name of the part that is what a value is where it is of a type. Such parts come first.
const KIND: char = '!';

/// Whether a part is what the value is where it is of a type.
pub(super) fn is_kind(name: &str) -> bool {
    name.starts_with(KIND)
}

fn kind(t: TypeId) -> Name {
    format_smolstr!("{KIND}{}", t.0)
}

impl Value {
    /// Whether it is of one of several types.
    pub(super) fn has_kinds(&self) -> bool {
        self.fields.first().is_some_and(|(n, _)| is_kind(n))
    }

    /// What it is where it is of each of them.
    pub(super) fn kinds(&self) -> impl Iterator<Item = &V> {
        self.fields.iter().take_while(|(n, _)| is_kind(n)).map(|(_, v)| v)
    }

    /// What it is of whichever type.
    pub(super) fn without_kinds(&self) -> V {
        let mut out = self.clone();
        out.fields.retain(|(n, _)| !is_kind(n));
        Arc::new(out)
    }

    /// What it is where it is of each of them, and what it is of whichever.
    pub(super) fn alternatives(&self) -> Vec<V> {
        self.kinds().cloned().chain([self.without_kinds()]).collect()
    }

    /// What it is where it is of each type, with that type, and what it is of whichever, if anything.
    pub(super) fn by_types(self: &Arc<Self>) -> Vec<(Option<TypeId>, V)> {
        if !self.has_kinds() {
            return vec![(self.only_type(), self.clone())];
        }
        let of = |(name, v): &(Name, V)| {
            let t = TypeId(name.strip_prefix(KIND)?.parse().ok()?);
            Some((Some(t), V::new(Value { adt: Some(t), ..(**v).clone() })))
        };
        let whichever = self.without_kinds();
        let whichever = whichever.has_data().then_some((None, whichever));
        self.fields.iter().map_while(of).chain(whichever).collect()
    }

    /// What it is where it is of this type; all of it, if that is not one of them.
    pub(super) fn of_kind(self: &Arc<Self>, t: TypeId) -> V {
        match self.listed(&kind(t)) {
            Some(of) => join(of, &self.without_kinds()),
            None => self.clone(),
        }
    }

    /// What it is where it is of this type and no other, if that is one of them.
    pub(super) fn only_kind(&self, t: TypeId) -> Option<V> {
        self.listed(&kind(t)).cloned()
    }

    /// Its type, if all that is in it is of that type.
    fn only_type(&self) -> Option<TypeId> {
        self.adt.filter(|_| !self.mixed && !self.has_kinds())
    }

    /// The value as one of several: what is in it stands under its type, and not what is beside it.
    fn among_kinds(self: &Arc<Self>) -> V {
        let Some(t) = self.only_type() else { return self.clone() };
        let mut out = (**self).clone();
        let (around, fields) = std::mem::take(&mut out.fields).into_iter().partition(|(n, _)| beside(n));
        let facts = std::mem::take(&mut out.facts);
        out.fields = around;
        let of = Value { facts, fields, adt: out.adt.take(), ..Value::default() };
        out.set_field(&kind(t), Arc::new(of));
        Arc::new(out)
    }
}

/// Values that are to be joined, told apart by their types where these are several; nothing if they are not, or too many.
pub(super) fn by_kind(parts: &[&V]) -> Option<Vec<V>> {
    let first = parts.iter().find_map(|p| p.only_type())?;
    let other = |p: &&&V| p.has_kinds() || p.only_type().is_some_and(|t| t != first);
    parts.iter().find(other)?;
    Some(parts.iter().map(|p| p.among_kinds()).collect())
}

/// Of too many types they are not told apart.
pub(super) fn few_kinds(v: V) -> V {
    if v.kinds().nth(KINDS).is_none() {
        return v;
    }
    let untyped = |kind: &V| Arc::new(Value { adt: None, ..(**kind).clone() });
    let all: Vec<V> = v.kinds().map(untyped).chain([v.without_kinds()]).collect();
    Arc::new(Value { mixed: true, ..(*joined(&all)).clone() })
}
