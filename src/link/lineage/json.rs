//! JSON values whose keys are known where they are made: paths, and what is left of a value when a part changes.

use std::sync::Arc;

use super::eval::Value;
use super::{Lower, add};
use crate::ir::Name;
use crate::ir::sql::Expr;
use crate::limits;
use crate::link::lineage::functions::Call;
use crate::link::lineage::scope::{Found, Scope, find};
use crate::link::sqlfn::{Keys, Part};
use crate::model::PortBase;
use crate::model::sql::Does;
use crate::source::Span;

/// The keys that a path leads through, where it is written; elements of arrays have none.
pub(super) fn path(args: &[Expr]) -> Option<Vec<Name>> {
    let mut out = Vec::new();
    for arg in args {
        match arg {
            Expr::Text(text) => out.extend(keys(text)?),
            Expr::Const => {}
            Expr::Same(list) => out.extend(path(list)?),
            _ => return None,
        }
    }
    Some(out)
}

/// The paths that an argument lists: one, or each of an array.
pub(super) fn paths(arg: &Expr) -> Option<Vec<Vec<Name>>> {
    match arg {
        Expr::Text(text) => Some(vec![keys(text)?]),
        Expr::Same(list) => list.iter().map(|e| path(std::slice::from_ref(e))).collect(),
        _ => None,
    }
}

/// `a`, `$.a.b[0]`, `lax $.a`, `{a,b}`.
fn keys(text: &str) -> Option<Vec<Name>> {
    let is_mode = |word: &str| word.eq_ignore_ascii_case("lax") || word.eq_ignore_ascii_case("strict");
    let text = match text.trim_start().split_once(char::is_whitespace) {
        Some((mode, path)) if is_mode(mode) && path.trim_start().starts_with('$') => path.trim(),
        _ => text,
    };
    let element = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let named = |parts: Vec<&str>| -> Vec<Name> {
        let bare = parts.into_iter().map(|p| p.trim().trim_matches('"')).filter(|p| !p.is_empty() && !element(p));
        bare.map(Name::new).collect()
    };
    if let Some(inner) = text.strip_prefix('{').and_then(|t| t.strip_suffix('}')) {
        let parts: Vec<&str> = inner.split(',').map(str::trim).collect();
        let whole = |p: &&str| p.starts_with('"') == p.ends_with('"') && !p.contains('\\');
        return parts.iter().all(whole).then(|| named(parts));
    }
    let Some(inner) = text.strip_prefix('$') else { return Some(named(vec![text])) };
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '[' | ']' | '"' | '\'' | '-' | '#' | '*');
    if !inner.chars().all(plain) || inner.contains("..") || inner.contains(".*") {
        return None;
    }
    let steps = inner.split(['.', '[', ']']).map(|s| s.trim_matches('\'')).filter(|s| !s.starts_with(['*', '#']));
    Some(named(steps.collect()))
}

/// Puts a part under a key, in place of what was there.
pub(super) fn insert(keys: &mut Keys, key: Name, part: Part) {
    match keys.iter_mut().find(|(k, _)| *k == key) {
        Some((_, old)) => *old = part,
        None => keys.push((key, part)),
    }
}

/// Keys that are remembered. Of very many none are: asking for one then gives all that the value holds.
pub(super) fn known(keys: Keys) -> Option<Arc<Keys>> {
    fn fit(keys: &Keys, left: &mut usize) -> bool {
        keys.iter().all(|(_, part)| {
            let room = left.checked_sub(1);
            *left = room.unwrap_or_default();
            room.is_some() && part.keys.as_ref().is_none_or(|inner| fit(inner, left))
        })
    }
    let mut left = limits::SQL_KEYS;
    fit(&keys, &mut left).then(|| Arc::new(keys))
}

/// What stands under a key: as it is written, else what differs from it in nothing but case, which not every
/// database tells apart.
pub(super) fn under(keys: &Keys, key: &Name) -> Option<Value> {
    if let Some((_, part)) = keys.iter().find(|(k, _)| k == key) {
        return Some(Value::of(part.clone()));
    }
    let alike = keys.iter().filter(|(k, _)| k.eq_ignore_ascii_case(key)).map(|(_, part)| Value::of(part.clone()));
    alike.reduce(|mut all, value| {
        all.join(value);
        all
    })
}

/// Whether a text can be nothing but a key; others may be paths of a form that is not known (`/a/b`, `a.b`).
fn is_plain(key: &str) -> bool {
    key.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | ' '))
}

/// An object that has these keys.
pub(super) fn object(keys: Keys) -> Value {
    let mut out = Value::default();
    for (_, part) in &keys {
        part.from.iter().for_each(|f| add(&mut out.from, f.clone()));
        for id in &part.touch {
            if !out.touch.contains(id) {
                out.touch.push(*id);
            }
        }
    }
    out.keys = known(keys);
    out
}

fn part_of(keys: Keys) -> Part {
    object(keys).into_part()
}

/// What is left without a part; all where that is not known.
pub(super) fn without(mut keys: Keys, path: &[Name]) -> Keys {
    match path {
        [] => {}
        [key] => keys.retain(|(k, _)| k != key),
        [key, rest @ ..] => {
            if let Some((_, part)) = keys.iter_mut().find(|(k, _)| k == key)
                && let Some(inner) = part.keys.take()
            {
                *part = part_of(without(inner.as_ref().clone(), rest));
            }
        }
    }
    keys
}

/// The keys with another part at a path.
pub(super) fn with(mut keys: Keys, path: &[Name], part: Part) -> Keys {
    match path {
        [] => {}
        [key] => insert(&mut keys, key.clone(), part),
        // Nothing is made on the way to a key that is not there.
        [key, rest @ ..] => {
            if let Some((_, there)) = keys.iter_mut().find(|(k, _)| k == key) {
                match there.keys.take() {
                    Some(inner) => *there = part_of(with(inner.as_ref().clone(), rest, part)),
                    None => {
                        part.from.into_iter().for_each(|f| add(&mut there.from, f));
                        there.touch.extend(part.touch);
                    }
                }
            }
        }
    }
    keys
}

/// The keys of a value that is either of two; none where those of one are not known.
pub(super) fn either(a: &Keys, b: &Keys) -> Keys {
    let mut out = a.clone();
    for (key, part) in b {
        match out.iter_mut().find(|(k, _)| k == key) {
            Some((_, there)) => {
                part.from.iter().for_each(|f| add(&mut there.from, f.clone()));
                there
                    .touch
                    .extend(part.touch.iter().filter(|id| !there.touch.contains(id)).copied().collect::<Vec<_>>());
                there.keys = match (&there.keys, &part.keys) {
                    (Some(a), Some(b)) => known(either(a, b)),
                    _ => None,
                };
            }
            None => out.push((key.clone(), part.clone())),
        }
    }
    out
}

/// The keys with their values named at a place.
pub(super) fn at(keys: &Arc<Keys>, span: Span) -> Arc<Keys> {
    let mut out = keys.as_ref().clone();
    for (_, part) in &mut out {
        part.from.iter_mut().for_each(|f| f.span = span);
        part.keys = part.keys.as_ref().map(|k| at(k, span));
    }
    Arc::new(out)
}

/// The keys with everything in them named.
pub(super) fn named(keys: &Arc<Keys>) -> Arc<Keys> {
    let mut out = keys.as_ref().clone();
    for (_, part) in &mut out {
        part.touch.clear();
        part.keys = part.keys.as_ref().map(named);
    }
    Arc::new(out)
}

impl Lower<'_> {
    /// A value of which a part is asked: a column whose keys are known is not yet named as a whole.
    pub(super) fn held(&mut self, e: &Expr, scope: &Scope<'_>, returned: bool) -> Value {
        match e {
            Expr::Column { qualifier, name, span } => match find(scope, qualifier, name) {
                Found::Col(col) if col.keys.is_some() => col.value(*span),
                _ => self.eval(e, scope, returned),
            },
            Expr::Call { schema, name, args, span } if !self.knows_routine(name) => {
                let call = Call { schema: schema.as_ref(), name, args, at: *span };
                let found = call.row().and_then(|row| match row.effects.as_slice() {
                    [Does::Get(of, path)] => Some((*of, *path)),
                    _ => None,
                });
                match found {
                    Some((of, path)) => self.part(call, of, path, scope, returned),
                    None => self.eval(e, scope, returned),
                }
            }
            _ => self.eval(e, scope, returned),
        }
    }

    /// The part of a JSON value that a call asks for, which is not yet named; all of it where the path or the keys are
    /// not known.
    pub(super) fn part(
        &mut self,
        call: Call<'_>,
        of: PortBase,
        keys: PortBase,
        scope: &Scope<'_>,
        returned: bool,
    ) -> Value {
        let Some(path) = path(call.port(keys)) else {
            self.all(call.port(keys), scope, false);
            let mut value = self.all(call.port(of), scope, returned);
            value.keys = None;
            return value.derived();
        };
        let mut value = self.held(call.first(of), scope, returned);
        for key in &path {
            let Some(keys) = value.keys.take() else { return value.derived() };
            value = match under(&keys, key) {
                Some(part) => part,
                None if is_plain(key) => Value::default(),
                None => return value.derived(),
            };
        }
        value
    }

    /// A value that is made of what an expression holds is named where that is a column.
    pub(super) fn settled(&mut self, value: Value, of: &Expr, returned: bool) -> Value {
        match of {
            Expr::Column { span, .. } => self.settled_at(value, *span, returned),
            _ => value,
        }
    }

    /// A value that is named at a place.
    pub(super) fn settled_at(&mut self, mut value: Value, span: Span, returned: bool) -> Value {
        self.used(&std::mem::take(&mut value.touch), span, returned);
        value.keys = value.keys.as_ref().map(named);
        value.star = false;
        value
    }
}
