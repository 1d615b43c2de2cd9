//! What is beside a value and no part of it: the error of a `Result`, the keys of a map.
//!
//! Wrappers are transparent: the value of a map is that of its values, and its keys stand beside it under a selector.
//! Where a row takes out what a wrapper holds, as its signature says, what is beside it stays behind.

use std::borrow::Cow;
use std::iter::successors;
use std::sync::Arc;

use super::calls::Arg;
use super::keyed::is_at;
use super::rows::RowCall;
use super::value::{V, Value, join};
use crate::ir::Name;
use crate::limits::WRAPPERS;
use crate::link::ty::{Ty, payload, peel};
use crate::model::{BARE, CAUSE, KEY, ModelSet, ModelTy, OK, Port, PortBase};

/// Whether a part has no name but its position.
pub(super) fn by_position(name: &str) -> bool {
    name.as_bytes().first().is_some_and(u8::is_ascii_digit)
}

/// An error, keys, a bound argument are beside the value and not a part of it.
pub(super) fn beside(name: &str) -> bool {
    name == "Err" || name.starts_with(['$', '#']) && left_behind(name).is_none() && !is_at(name)
}

/// The selector of a value without what it has beside it: the error of a result, the keys of a map.
pub(super) fn without_selector(beside: &str) -> Option<&'static str> {
    let (_, selector) = LEFT.iter().find(|(left, _)| *left == beside)?;
    Some(selector)
}

/// What a selector leaves behind; nothing if it is that of a part.
pub(super) fn left_behind(selector: &str) -> Option<&'static str> {
    if selector.as_bytes().first() != Some(&b'#') {
        return None;
    }
    if selector == BARE {
        return Some(CAUSE);
    }
    let (left, _) = LEFT.iter().find(|(_, s)| *s == selector)?;
    Some(left)
}

/// What may be beside a value, and the selector of the value without it. The keys of maps by how many maps are in
/// their values, the first those of a map of which that is not known.
const LEFT: [(&str, &str); 5] =
    [("Err", OK), (KEY, "#value"), ("#key0", "#value0"), ("#key1", "#value1"), ("#key2", "#value2")];
/// The keys of maps of which it is known how many are in their values.
const LEVELS: [&str; 3] = [LEFT[2].0, LEFT[3].0, LEFT[4].0];

/// Whether a part is the keys of a map.
pub(super) fn is_key(name: &str) -> bool {
    name.starts_with(KEY)
}

/// Whether nothing more is said of a value that was taken out of a map if it is asked for keys.
pub(super) fn no_keys(left: &str, asked: &str) -> bool {
    left == asked || asked == KEY && left == LEVELS[0]
}

/// The parts of a value that may be the keys that are asked for, but for those themselves.
pub(super) fn other_keys<'v>(v: &'v Value, asked: &str) -> impl Iterator<Item = &'v V> {
    let any = asked == KEY;
    let other = move |n: &str| n == KEY && !any || any && LEVELS.contains(&n);
    v.fields.iter().filter(move |(n, _)| other(n)).map(|(_, part)| part)
}

/// Whether a part of a map is left behind with its keys: what is under literal keys too. If it is not known how many
/// maps are in its values those of the outermost are.
pub(super) fn goes_with(map: &Value, left: &str, part: &str) -> bool {
    if !is_key(left) {
        return part == left;
    }
    let outermost = || LEVELS.iter().rev().find(|n| map.listed(n).is_some());
    match left {
        KEY => part == KEY || is_at(part) || outermost().is_some_and(|n| *n == part),
        _ if left == LEVELS[0] => is_key(part) || is_at(part),
        _ => part == left,
    }
}

/// Selectors of what a wrapper may have beside its content.
const BESIDE: [&str; 2] = ["Err", KEY];

/// Whether values of a wrapper, or of what it is another name of, have this beside them.
fn has(models: &ModelSet, wrapper: &str, beside: &str) -> bool {
    let named = match models.type_model(wrapper).and_then(|m| m.alias.as_ref()) {
        Some(ModelTy::Path(n, _)) => n,
        _ => wrapper,
    };
    match beside {
        "Err" => named == "Result",
        _ => models.is_keyed(named),
    }
}

/// Whether a declared type has room for it; nothing if the declaration does not say what is at its core.
pub(super) fn declared(models: &ModelSet, ty: &ModelTy, beside: &str) -> Option<bool> {
    match ty {
        ModelTy::Var(_) => Some(false),
        ModelTy::Path(n, _) if has(models, n, beside) => Some(true),
        ModelTy::Path(_, args) => declared(models, args.first()?, beside),
        _ => None,
    }
}

/// The declared type of a part: elements of tuples, inside whatever wrappers.
fn part<'t>(ty: &'t ModelTy, path: &[Name]) -> Option<&'t ModelTy> {
    let Some((name, rest)) = path.split_first() else { return Some(ty) };
    match ty {
        ModelTy::Tuple(parts) => part(parts.get(name.parse::<usize>().ok()?)?, rest),
        ModelTy::Path(_, args) => part(args.first()?, path),
        _ => None,
    }
}

/// Whether values of a type may have it.
fn possible(models: &ModelSet, ty: &Ty, beside: &str) -> bool {
    match ty {
        Ty::Adt(..) | Ty::Tuple(_) => false,
        Ty::Ext(n, _) => has(models, n, beside) || payload(models, ty).is_some_and(|t| possible(models, t, beside)),
        _ => true,
    }
}

/// What is in the wrapper that has something beside it.
fn inside<'t>(models: &ModelSet, mut ty: &'t Ty, beside: &str) -> Option<&'t Ty> {
    loop {
        let inner = payload(models, ty)?;
        if matches!(ty, Ty::Ext(n, _) if has(models, n, beside)) {
            return Some(inner);
        }
        ty = inner;
    }
}

/// How many maps are in the values of a map; nothing if that is not known, or if they are more than are told apart.
fn maps_in(models: &ModelSet, map: &Ty) -> Option<usize> {
    let (mut ty, mut found) = (inside(models, map, KEY)?, 0);
    for _ in 0..WRAPPERS {
        match ty {
            Ty::Ext(n, _) => found += usize::from(has(models, n, KEY)),
            Ty::Adt(..) | Ty::Tuple(_) => return Some(found),
            _ => return None,
        }
        let Some(inner) = payload(models, ty) else { return Some(found) };
        ty = inner;
    }
    None
}

/// The part that is the keys of a map of a type.
pub(super) fn keys_of(models: &ModelSet, map: &Ty) -> &'static str {
    maps_in(models, map).map_or(KEY, |n| LEVELS.get(n).unwrap_or(&LEVELS[LEVELS.len() - 1]))
}

/// The way to a part of a value of a type: keys by their name.
pub(super) fn way_in<'p>(models: &ModelSet, path: &'p [Name], ty: &Ty) -> Cow<'p, [Name]> {
    match path.split_first() {
        Some((first, rest)) if first == KEY => {
            Cow::Owned([keys_of(models, ty).into()].into_iter().chain(rest.iter().cloned()).collect())
        }
        _ => Cow::Borrowed(path),
    }
}

/// What is left behind by what is taken out of a wrapper of a type: nothing if the content has some as well that is not
/// told apart from it.
fn left_by(models: &ModelSet, ty: &Ty, beside: &'static str) -> Option<&'static str> {
    let held = inside(models, ty, beside)?;
    match beside {
        KEY if possible(models, held, KEY) => LEVELS.get(maps_in(models, ty)?).copied(),
        KEY => Some(keys_of(models, ty)),
        _ => (!possible(models, held, beside)).then_some(beside),
    }
}

/// How many wrappers are around the one that has something beside it.
fn level(models: &ModelSet, ty: &Ty, beside: &str) -> Option<usize> {
    let has = |ty: &&Ty| matches!(ty, Ty::Ext(n, _) if has(models, n, beside));
    successors(Some(ty), |ty| payload(models, ty)).take(WRAPPERS).position(|ty| has(&ty))
}

/// How many wrappers a declaration names, one in the other.
fn depth(ty: &ModelTy) -> usize {
    match ty {
        ModelTy::Path(_, args) => 1 + args.first().map_or(0, depth),
        _ => 0,
    }
}

/// The content of a wrapper that has something beside it, without that; unless the content itself is known to have
/// some, which cannot be told apart.
pub(super) fn content(models: &ModelSet, v: &V, ty: &Ty, beside: &'static str) -> V {
    match (left_by(models, ty, beside), inside(models, ty, beside)) {
        (Some(left), _) => without(v, &[left]),
        (None, Some(Ty::Ext(..))) => v.clone(),
        _ => without(v, &[beside]),
    }
}

/// A value without some of what is beside it, here or where it is known.
pub(super) fn without(v: &V, beside: &[&str]) -> V {
    let has = |b: &&&str| v.fields.iter().any(|(n, _)| goes_with(v, b, n)) || v.facts.iter().any(|(f, _)| f.is_given());
    beside.iter().filter(has).filter_map(|b| without_selector(b)).fold(v.clone(), |v, selector| v.field(selector))
}

/// What is put into `Ok`, of which nothing is an error: what the caller gave would be asked for one otherwise.
pub(super) fn without_error(models: &ModelSet, v: V, ty: &Ty) -> V {
    let given = v.facts.iter().any(|(f, _)| f.is_given()) && v.listed("Err").is_none();
    if !given || possible(models, ty, "Err") {
        return v;
    }
    let mut out = Arc::unwrap_or_clone(v);
    out.set_field("Err", V::default());
    Arc::new(out)
}

/// What is in a map: of an object of JSON that is told apart by its keys any of its parts that have parts, or what was put
/// in by keys that are not known.
pub(super) fn entries(v: &V, map: &Ty) -> V {
    if !matches!(map, Ty::Ext(n, _) if n == "serde_json::Map") {
        return v.clone();
    }
    let has_parts =
        |part: &V| part.fields.iter().any(|(n, _)| !beside(n)) || part.facts.iter().any(|(f, _)| f.is_given());
    let named = v.fields.iter().filter(|(n, part)| !beside(n) && !by_position(n) && has_parts(part));
    named.fold(v.clone(), |all, (_, part)| join(&all, part))
}

/// Whether values of a type have keys.
pub(super) fn has_keys(models: &ModelSet, ty: &Ty) -> bool {
    inside(models, ty, KEY).is_some()
}

/// Pairs as the map of a type that is made of them: their second parts, with the first beside them.
fn keyed(models: &ModelSet, v: &V, map: &Ty) -> V {
    let mut out = (*v.field("1")).clone();
    out.set_field(keys_of(models, map), v.field("0"));
    if let Some(error) = v.listed("Err") {
        out.set_field("Err", error.clone());
    }
    Arc::new(out)
}

/// What is behind a pointer: the entry of a map that it points to has a key, its value has not.
pub(super) fn behind(models: &ModelSet, pointer: &Ty, v: &V) -> V {
    match pointer {
        Ty::Ext(n, _) if models.is_keyed(n) && models.type_model(n).is_some_and(|m| m.deref.is_some()) => {
            without(v, &[left_by(models, pointer, KEY).unwrap_or(KEY)])
        }
        _ => v.clone(),
    }
}

impl RowCall<'_> {
    /// What a call gives, as what its caller asks for: a map of the pairs that it was given.
    pub(super) fn as_asked(&self, models: &ModelSet, ret: V) -> V {
        let pairs = |arg: &Arg| match peel(models, &arg.ty) {
            Ty::Tuple(parts) => parts.len() == 2 && !has_keys(models, &arg.ty),
            _ => {
                let keys = ret.fields.iter().any(|(n, _)| is_key(n));
                ret.listed("0").is_some() && ret.listed("1").is_some() && !keys
            }
        };
        if !ret.refs.is_empty() || !self.args.first().is_some_and(pairs) {
            return ret;
        }
        match (&self.row.ret, &self.info.ret) {
            // Several of them (`partition`).
            (ModelTy::Tuple(rows), Ty::Tuple(asked)) => {
                let mut out = (*ret).clone();
                for (i, (_, asked)) in
                    (0..).zip(rows.iter().zip(asked.iter())).filter(|(_, (row, _))| **row == ModelTy::Unknown)
                {
                    if matches!(asked, Ty::Ext(n, _) if models.is_keyed(n)) {
                        let name = format!("{i}");
                        out.set_field(&name, keyed(models, &ret.field(&name), asked));
                    }
                }
                Arc::new(out)
            }
            (row, asked) if declared(models, row, KEY).is_none() && has_keys(models, asked) => {
                keyed(models, &ret, asked)
            }
            _ => ret,
        }
    }

    /// A value from an argument on its way to a place of a declared type, without what only the argument has beside
    /// its content.
    pub(super) fn taken_out(&self, models: &ModelSet, v: V, from: &Port, to: Option<&ModelTy>) -> V {
        let left: Vec<&str> = BESIDE.into_iter().filter_map(|b| self.leaves(models, b, from, to)).collect();
        without(&v, &left)
    }

    /// What of what it has beside its content an argument keeps, when that goes to a place of a declared type.
    pub(super) fn leaves(
        &self,
        models: &ModelSet,
        beside: &'static str,
        from: &Port,
        to: Option<&ModelTy>,
    ) -> Option<&'static str> {
        let (PortBase::Arg(i), Some(to), []) = (from.base, to, from.path.as_slice()) else { return None };
        let (Some((_, of)), Some(arg)) = (self.row.params.get(i as usize), self.args.get(i as usize)) else {
            return None;
        };
        match declared(models, to, beside) {
            // `Option` to `Result`: the error is not one that the option had.
            Some(true) => (!possible(models, &arg.ty, beside)).then_some(beside),
            Some(false) => {
                let of_it = || {
                    let level = level(models, &arg.ty, beside);
                    level.is_some_and(|l| depth(to) <= l && l < depth(of))
                };
                match declared(models, of, beside) == Some(true) || of_it() {
                    true => left_by(models, &arg.ty, beside),
                    false => None,
                }
            }
            None => None,
        }
    }

    /// The declared type of the place that a port names.
    pub(super) fn declared(&self, to: &Port) -> Option<&ModelTy> {
        match to.base {
            PortBase::Ret => part(&self.row.ret, &to.path),
            PortBase::Arg(i) => part(&self.row.params.get(i as usize)?.1, &to.path),
            PortBase::Rest(_) => None,
        }
    }

    /// The declared type of what a parameter is called with.
    pub(super) fn declared_given(&self, f: &Port, at: usize) -> Option<&ModelTy> {
        let PortBase::Arg(i) = f.base else { return None };
        match self.row.params.get(i as usize) {
            Some((_, ModelTy::Fn(args, _))) => args.get(at),
            _ => None,
        }
    }
}
