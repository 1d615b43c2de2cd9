//! Joining values: what may hold of any of several.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::sync::Arc;

use super::bounds::{crowded, folded};
use super::callee::unite;
use super::kinds::{by_kind, few_kinds, is_kind};
use super::must::When;
use super::text::MAX_TEXTS;
use super::value::{Fact, Info, MAX_OPEN, Many, V, Value};
use crate::ir::Name;

impl Value {
    /// Whether joined with another it is what it is. Not every value of which that is so is seen to be.
    fn covers(&self, other: &Value) -> bool {
        fn all<T: PartialEq>(ours: &[T], theirs: &[T]) -> bool {
            theirs.len() <= ours.len() && theirs.iter().all(|x| ours.contains(x))
        }
        let truth = match (self.own, &self.when) {
            (true, Some(_)) => false,
            (false, None) => true,
            _ => self.own == other.own && self.when == other.when,
        };
        truth
            && self.items.is_empty()
            && (self.unknown || !other.unknown)
            && (!self.read || other.read || !other.unknown)
            && (!self.there || other.there)
            && (other.adt.is_none() || self.adt == other.adt)
            && (self.mixed || !other.mixed)
            && all(&self.refs, &other.refs)
            && all(&self.callees, &other.callees)
            && all(&self.texts, &other.texts)
            && self.covers_facts(&other.facts)
            && self.covers_parts(other)
    }

    fn covers_facts(&self, others: &[(Fact, Info)]) -> bool {
        let mut ours = self.facts.iter();
        others.len() <= self.facts.len()
            && others.iter().all(|(fact, info)| ours.any(|(f, have)| f == fact && have.covers(info)))
    }

    fn covers_parts(&self, other: &Value) -> bool {
        let mut theirs = other.fields.iter().peekable();
        // What another value says of parts that it does not list is not asked for.
        let silent = other.facts.is_empty() && other.texts.is_empty() && !other.own && !other.unknown;
        let covered = self.fields.iter().all(|(name, part)| match theirs.next_if(|(n, _)| n == name) {
            Some((_, of)) => Arc::ptr_eq(part, of) || part.covers(of),
            None => silent,
        });
        covered && theirs.next().is_none()
    }
}

/// Joins two values: what may hold of either.
#[must_use]
pub fn join(a: &V, b: &V) -> V {
    if Arc::ptr_eq(a, b) || b.is_empty() && a.when.is_none() && !a.own && !a.there && a.refs.is_empty() {
        return a.clone();
    }
    if a.is_empty() && b.when.is_none() && !b.own && !b.there && b.refs.is_empty() {
        return b.clone();
    }
    // What says nothing new is not put together anew: it stays shared.
    if a.covers(b) {
        return a.clone();
    }
    gathered(&[a, b], &[])
}

/// Joins any number of values: what they say is gathered once, and not anew with each of them.
#[must_use]
pub fn joined(parts: &[V]) -> V {
    match parts {
        [] => V::default(),
        [one] => one.clone(),
        [a, b] => join(a, b),
        several => joined_but(several, &[]),
    }
}

/// The same of values of which some parts, sorted by name, are told elsewhere.
#[must_use]
pub fn joined_but(parts: &[V], told: &[(Name, V)]) -> V {
    match parts {
        [] => V::default(),
        [one] => one.clone(),
        several => gathered(&several.iter().collect::<Vec<_>>(), told),
    }
}

fn gathered(parts: &[&V], told: &[(Name, V)]) -> V {
    if let Some(depth) = crowded(parts) {
        let parts: Vec<V> = parts.iter().map(|p| folded(p, depth)).collect();
        return put_together(&parts.iter().collect::<Vec<_>>(), told);
    }
    put_together(parts, told)
}

fn put_together(parts: &[&V], told: &[(Name, V)]) -> V {
    if let Some(apart) = by_kind(parts) {
        return few_kinds(put_together(&apart.iter().collect::<Vec<_>>(), told));
    }
    let asked = |n: &Name| is_kind(n) || told.binary_search_by(|(told, _)| told.cmp(n)).is_err();
    let mut out = Value { facts: merged(parts), ..Value::default() };
    if out.facts.len() > MAX_OPEN {
        out.cut();
    }
    for part in parts {
        out.refs = union(&out.refs, &part.refs);
        out.callees = unite(&out.callees, &part.callees);
        out.texts = union(&out.texts, &part.texts);
        out.adt = out.adt.or(part.adt);
        out.also_unknown(part);
        out.mixed |= part.mixed;
    }
    // Of what has no type it is not known which it has.
    out.mixed |=
        out.adt.is_some() && parts.iter().any(|p| p.adt != out.adt && (!p.facts.is_empty() || !p.fields.is_empty()));
    out.texts.truncate(MAX_TEXTS);
    out.fields = match parts {
        [a, b] => fields_of_both(a, b, &asked),
        _ => {
            let names = parts.iter().flat_map(|p| &p.fields).map(|(n, _)| n).filter(|n| asked(n));
            let names: BTreeSet<&Name> = names.collect();
            let part = |n: &Name| joined(&parts.iter().map(|p| other_part(p, n)).collect::<Vec<_>>());
            names.into_iter().map(|n| (n.clone(), part(n))).collect()
        }
    };
    out.there = parts.iter().all(|p| p.there);
    out.own = parts.iter().all(|p| p.own && p.when.is_none());
    if !out.own && parts.iter().all(|p| p.own || p.when.is_some()) {
        let told: Option<Vec<When>> = parts.iter().map(|p| p.told()).collect();
        let either = told.and_then(|each| {
            each.into_iter().reduce(|mut a, b| {
                a.or(&b);
                a
            })
        });
        out.when = either.map(Box::new);
    }
    Arc::new(out)
}

/// What a value is joined with as a part: only what is known to be of a type is so.
fn other_part(v: &Value, name: &Name) -> V {
    if is_kind(name) { v.listed(name).cloned().unwrap_or_default() } else { v.field(name) }
}

/// The parts of either value, joined; both have them in the order of their names.
fn fields_of_both(a: &V, b: &V, asked: &dyn Fn(&Name) -> bool) -> Many<(Name, V)> {
    let mut out = Many::with_capacity(a.fields.len().max(b.fields.len()));
    let mut mine = a.fields.iter().filter(|(n, _)| asked(n)).peekable();
    let mut theirs = b.fields.iter().filter(|(n, _)| asked(n)).peekable();
    loop {
        let order = match (mine.peek(), theirs.peek()) {
            (Some((n, _)), Some((m, _))) => n.cmp(m),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => return out,
        };
        let mine = if order.is_le() { mine.next() } else { None };
        let theirs = if order.is_ge() { theirs.next() } else { None };
        out.extend(match (mine, theirs) {
            (Some((n, x)), Some((_, y))) => Some((n.clone(), join(x, y))),
            (Some((n, x)), None) => Some((n.clone(), join(x, &other_part(b, n)))),
            (None, Some((n, y))) => Some((n.clone(), join(&other_part(a, n), y))),
            (None, None) => None,
        });
    }
}

/// The facts of all parts, each in the order of facts.
fn merged(parts: &[&V]) -> Many<(Fact, Info)> {
    let mut said = parts.iter().map(|p| &p.facts).filter(|facts| !facts.is_empty());
    match (said.next(), said.next(), said.next()) {
        (None, ..) => Many::new(),
        (Some(one), None, _) => one.clone(),
        (Some(a), Some(b), None) => merged_facts(a.clone(), b),
        _ => sorted(parts.iter().flat_map(|p| p.facts.iter().cloned()).collect()),
    }
}

/// Facts in their order, each once.
pub(super) fn sorted(mut all: Vec<(Fact, Info)>) -> Many<(Fact, Info)> {
    all.sort_by(|(a, _), (b, _)| a.cmp(b));
    all.dedup_by(|(same, more), (fact, have)| {
        let equal = same == fact;
        if equal {
            have.join(fact, more);
        }
        equal
    });
    all.into()
}

pub(super) fn merged_facts(ours: Many<(Fact, Info)>, theirs: &[(Fact, Info)]) -> Many<(Fact, Info)> {
    let mut out = Many::with_capacity(ours.len() + theirs.len());
    let mut theirs = theirs.iter().peekable();
    for (fact, mut info) in ours {
        while let Some((order, other)) = theirs.peek().map(|(f, i)| (f.cmp(&fact), i)) {
            match order {
                Ordering::Less => out.extend(theirs.next().cloned()),
                Ordering::Equal => {
                    info.join(&fact, other);
                    theirs.next();
                    break;
                }
                Ordering::Greater => break,
            }
        }
        out.push((fact, info));
    }
    out.extend(theirs.cloned());
    out
}

fn union<T: Clone + Ord>(a: &[T], b: &[T]) -> Many<T> {
    if a.is_empty() {
        return b.into();
    }
    if b.is_empty() || a == b {
        return a.into();
    }
    let mut out = Many::from(a);
    out.extend(b.iter().filter(|x| !a.contains(x)).cloned());
    if out.len() > a.len() {
        out.sort();
    }
    out
}
