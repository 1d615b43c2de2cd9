//! How much of a value is told apart (access paths are k-limited): what is carried between functions has bounds, and
//! what functions build that call each other ends where it repeats itself.

use std::collections::BTreeMap;
use std::iter::successors;
use std::sync::Arc;

use super::beside::{by_position, left_behind};
use super::cells::Cell;
use super::doubt::Why;
use super::far::Far;
use super::keyed::is_at;
use super::value::{Base, Fact, Info, MAX_PATH, Many, Origin, V, Value, join};
use super::waiting::{closed_part, open_part, value_open};
use crate::ir::Name;
use crate::ir::body::View;
use crate::limits::{JOINED_FACTS, KEPT_FACTS, VALUE_FACTS, VALUE_PARTS};
use crate::link::program::TypeId;

/// The value within the bounds of what is carried between functions: at most [`MAX_PATH`] deep, and as deep as
/// [`VALUE_PARTS`] and [`VALUE_FACTS`] allow. Deeper parts are folded into what they are parts of. Without
/// it a recursive function that writes into its own parameter would nest its own effect in itself without end.
#[must_use]
pub fn bounded(v: &V) -> V {
    match room(v) {
        Some(depth) => folded(v, depth),
        None => v.clone(),
    }
}

/// The value within the bounds of its size alone: what a summary says of it. How deep it is counts where it is carried.
#[must_use]
pub fn trimmed(v: &V) -> V {
    match large(v) {
        Some(depth) => folded(v, depth),
        None => v.clone(),
    }
}

/// How deep a value may be, if it is more than that.
pub(super) fn room(v: &V) -> Option<usize> {
    large(v).map(|depth| depth.min(MAX_PATH)).or_else(|| deeper(v, MAX_PATH).then_some(MAX_PATH))
}

/// The parts of values level by level: of each as many as are asked for, and one more.
fn levels<'v>(of: Vec<&'v V>, most: usize) -> impl Iterator<Item = Vec<&'v V>> {
    let below = move |level: &Vec<&'v V>| {
        let next: Vec<&V> =
            level.iter().flat_map(|v| v.fields.iter().map(|(_, part)| part)).take(most.saturating_add(1)).collect();
        (!next.is_empty()).then_some(next)
    };
    successors(Some(of), below).skip(1)
}

/// How deep a value may be that has too many parts or facts: up to the first level that is too large.
fn large(v: &V) -> Option<usize> {
    let (mut parts, mut facts) = (0, v.facts.len());
    for (depth, level) in (1_usize..).zip(levels(vec![v], VALUE_PARTS)) {
        parts += level.len();
        facts += level.iter().map(|part| part.facts.len()).sum::<usize>();
        if parts > VALUE_PARTS || facts > VALUE_FACTS {
            // No struct has so many fields: these are those of many types, whichever it is.
            let any = depth == 1 && parts > VALUE_PARTS;
            return Some(if any { 0 } else { (depth - 1).max(1) });
        }
    }
    None
}

/// How deep the parts of values may be told apart that are joined, if that is less than they are: what one of them says
/// as a whole holds of each part of the others.
pub(super) fn crowded(parts: &[&V]) -> Option<usize> {
    let said: usize = parts.iter().map(|p| p.facts.len()).sum();
    let room = JOINED_FACTS / said.max(1);
    let mut all = 0;
    for (depth, level) in (0..MAX_PATH).zip(levels(parts.to_vec(), room)) {
        all += level.len();
        if all > room {
            return Some(depth.max(1));
        }
    }
    None
}

/// Facts of a value and of its parts.
pub(super) fn facts(v: &Value) -> usize {
    v.facts.len() + v.fields.iter().map(|(_, part)| facts(part)).sum::<usize>()
}

/// How deep a value is.
pub(super) fn deep(v: &Value) -> usize {
    v.fields.iter().map(|(_, part)| 1 + deep(part)).max().unwrap_or(0)
}

fn deeper(v: &Value, depth: usize) -> bool {
    v.fields.iter().any(|(_, part)| depth == 0 || deeper(part, depth - 1))
}

pub(super) fn folded(v: &V, depth: usize) -> V {
    if !deeper(v, depth) {
        return v.clone();
    }
    let mut out = (**v).clone();
    if depth > 0 {
        for (_, part) in &mut out.fields {
            *part = folded(part, depth - 1);
        }
        return Arc::new(out);
    }
    out.facts.clear();
    out.fields.clear();
    v.flatten_into(View::Full, &mut out);
    for (_, info) in &mut out.facts {
        info.folded = true;
    }
    Arc::new(out)
}

/// The value with nothing told apart that lies inside itself: where the name of a part, or a type, comes again below
/// it, what is there is folded. An expression in an expression ends so, at whatever depth a loop or recursion built it.
/// Nothing if that is what it is.
#[must_use]
pub fn unnested(v: &V) -> Option<V> {
    unnested_below(v, &mut Vec::new(), &mut Vec::new())
}

fn unnested_below<'v>(v: &'v V, above: &mut Vec<&'v Name>, types: &mut Vec<TypeId>) -> Option<V> {
    let mut out: Option<Value> = None;
    if v.facts.iter().any(|(f, _)| nested(f).is_some()) {
        let out = out.get_or_insert_with(|| (**v).clone());
        for (fact, info) in std::mem::take(&mut out.facts) {
            let (fact, info) = unnested_fact(fact, info);
            out.add(fact, info);
        }
    }
    for (i, (name, part)) in v.fields.iter().enumerate() {
        // What is under a key of a map is what the map is of, and no more in itself than that.
        let own = !is_at(name) && part.adt.is_some_and(|t| v.adt == Some(t) || types.contains(&t));
        let new = if own || again(name, above.iter().copied()) {
            if part.fields.is_empty() { None } else { Some(folded(part, 0)) }
        } else {
            above.push(name);
            types.extend(v.adt);
            let new = unnested_below(part, above, types);
            above.pop();
            types.truncate(types.len() - usize::from(v.adt.is_some()));
            new
        };
        if let Some(new) = new
            && let Some(slot) = out.get_or_insert_with(|| (**v).clone()).fields.get_mut(i)
        {
            slot.1 = new;
        }
    }
    out.map(Arc::new)
}

/// A fact of a parameter whose path does not go through one part twice.
#[must_use]
pub fn unnested_fact(mut fact: Fact, mut info: Info) -> (Fact, Info) {
    if let Some(end) = nested(&fact) {
        fact.origin.cut(end);
        info.doubt(&Why::Recursion.anywhere());
    }
    (fact, info)
}

/// Where the path of a fact begins to go through what it went through.
pub(super) fn nested(fact: &Fact) -> Option<usize> {
    nested_in(fact, &[])
}

/// The same where it is known of what types the parts on it are parts: one of another type is another part.
pub(super) fn nested_in(fact: &Fact, owners: &[Option<TypeId>]) -> Option<usize> {
    let path = fact.origin.way();
    let owner = |i: usize| owners.get(i).copied().flatten();
    let is_one = |i: usize, j: usize| match (owner(i), owner(j)) {
        (Some(a), Some(b)) => a == b,
        _ => true,
    };
    let above = |i: usize| path.iter().enumerate().take(i).filter(move |(j, _)| is_one(i, *j)).map(|(_, n)| n);
    (1..path.len()).find(|&i| path.get(i).is_some_and(|n| again(n, above(i))))
}

/// Whether a part lies in one of its own name. A position says little: a third one does.
fn again<'n>(name: &Name, above: impl Iterator<Item = &'n Name>) -> bool {
    left_behind(name).is_none() && above.filter(|n| *n == name).count() > usize::from(by_position(name))
}

/// A fact of a parameter of whose path only so many steps are told.
pub(super) fn short_fact(mut fact: Fact, mut info: Info, steps: usize) -> (Fact, Info) {
    if fact.origin.way().len() > steps {
        fact.origin.cut(steps);
        fact.deep.get_or_insert(View::Full);
        info.doubt(&Why::Recursion.anywhere());
    }
    (fact, info)
}

/// The value with each of its facts as [`short_fact`] has it.
pub(super) fn shortened(v: &V, steps: usize) -> V {
    v.changed(&|f| f.origin.way().len() > steps, &|fact, info| short_fact(fact, info, steps))
}

/// A fact of a parameter, whichever part of it that is.
pub(super) fn coarse_fact(mut fact: Fact, mut info: Info, why: &Why) -> (Fact, Info) {
    if fact.origin.is_symbolic() {
        fact.origin.cut(0);
        fact.deep.get_or_insert(View::Full);
        info.doubt(&why.clone().anywhere());
    }
    (fact, info)
}

/// The value without parts, and of each of its facts no more than which parameter it is of.
pub(super) fn coarse(v: &V, why: &Why) -> V {
    let mut flat = Value::default();
    v.flatten_into(View::Full, &mut flat);
    let mut out = Value { fields: Many::new(), texts: Many::new(), facts: Many::new(), ..(**v).clone() };
    for (fact, info) in flat.facts {
        let (fact, mut info) = coarse_fact(fact, info, why);
        if !fact.origin.is_symbolic() {
            info.folded |= !v.fields.is_empty();
        }
        out.add(fact, info);
    }
    Arc::new(out)
}

/// What a function writes where others find it, within the bounds of all that is carried of that between functions
/// ([`KEPT_FACTS`]): beyond them what the caller gave is told of one cell.
pub(super) fn lightened(writes: BTreeMap<Far, V>, pool: Cell) -> BTreeMap<Far, V> {
    let writes: BTreeMap<Far, V> = writes.into_iter().map(|(place, v)| (place, trimmed(&v))).collect();
    match writes.values().map(|v| facts(v)).sum::<usize>() {
        ..=KEPT_FACTS => writes,
        _ => pooled(writes, pool, &Why::Merged),
    }
}

/// Writes of which what the caller gave is told of one cell, and no more of it than which parameter it is; the places
/// that it is written to have what that cell has. So callers hand it on once, and not for each of the places.
pub(super) fn pooled(writes: BTreeMap<Far, V>, pool: Cell, why: &Why) -> BTreeMap<Far, V> {
    let one: Far = (Base::Cell(pool), Arc::from([]));
    let mut info = Info::default();
    info.doubt(&why.clone().anywhere());
    let held = Value::of(Fact { deep: Some(View::Full), ..Fact::new(Origin::Held(pool, Arc::from([]))) }, info);
    let (mut out, mut all) = (BTreeMap::new(), V::default());
    for (place, v) in writes {
        if place == one {
            all = join(&all, &v);
        } else if value_open(&v) {
            all = join(&all, &labelled(&coarse(&open_part(&v), why), why));
            out.insert(place, join(&closed_part(&v), &held));
        } else {
            out.insert(place, v);
        }
    }
    if all.has_data() {
        out.insert(one, all);
    }
    out
}

/// What a value without parts says, with labels that wait for nobody: whatever their fields were given, they are possible.
fn labelled(v: &V, why: &Why) -> V {
    let mut out = Value::default();
    for (fact, info) in &v.facts {
        let (mut fact, mut info) = (fact.clone(), info.clone());
        if let Origin::Declared(seed, span, _) = fact.origin {
            fact.origin = Origin::Source(seed, span);
            info.doubt(&why.clone().anywhere());
        }
        out.add(fact, info);
    }
    Arc::new(out)
}
