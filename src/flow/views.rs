//! Views: what a value shows of itself when it is printed or serialised.

use std::iter::successors;
use std::sync::Arc;

use super::actual::Actual;
use super::doubt::Why;
use super::interp::Interp;
use super::path::{Path, What};
use super::places::field_name;
use super::seeds::Shown;
use super::state::State;
use super::summary::doubted;
use super::value::{V, Value, join, joined};
use crate::ir::Name;
use crate::ir::body::View;
use crate::ir::items::{FieldDef, TypeDef, TypeKind};
use crate::limits::{PRINTED_DEPTH, WRAPPERS};
use crate::link::program::{FuncId, Program, TypeId};
use crate::link::ty::{Ty, all_fields, field_ty, is_guess, payload, peel, veil};
use crate::model::{CAUSE, Effect, PortBase, Row, VEILED};
use crate::source::Span;

impl Interp<'_> {
    /// A value as its own code prints or serialises it.
    pub(super) fn view(&mut self, v: &V, ty: &Ty, view: View, span: Span, st: &mut State) -> V {
        self.view_depth(v, ty, view, span, st, 0)
    }

    pub(super) fn view_depth(&mut self, v: &V, ty: &Ty, view: View, span: Span, st: &mut State, depth: u32) -> V {
        if view == View::Sources {
            return self.sources(v, ty, span, st, depth);
        }
        let seen = self.seen(v, ty, view, span, st, depth);
        if !seen.has_data() {
            return seen;
        }
        let seen = match veil(self.cx.models, ty) {
            Some(veil) if view == View::Debug => doubted(&seen, &Why::Shown(veil.clone()).at(span)),
            _ => seen,
        };
        if !is_guess(self.cx.models, ty) {
            return seen;
        }
        // What is said of the whole holds of it, whatever the wrapper shows.
        let doubt = Why::Wrapper.at(span);
        let mut out = (*seen).clone();
        out.facts.iter_mut().filter(|(f, _)| f.origin.is_symbolic()).for_each(|(_, i)| i.doubt(&doubt));
        out.fields.iter_mut().for_each(|(_, part)| *part = doubted(part, &doubt));
        Arc::new(out)
    }

    fn seen(&mut self, v: &V, ty: &Ty, view: View, span: Span, st: &mut State, depth: u32) -> V {
        let peeled = peel(self.cx.models, ty).clone();
        if v.has_kinds() {
            let each = v.alternatives();
            let each = each.iter().map(|v| self.seen(v, ty, view, span, st, depth));
            return joined(&each.collect::<Vec<_>>());
        }
        // A library type that shows nothing of what it holds (`SecretString`), or only some parts.
        if view == View::Debug
            && let Some(row) = self.printed_by(ty).or_else(|| self.printed_by(&peeled))
        {
            let shown = row.effects.iter().filter_map(|e| match e {
                Effect::Flow { from, .. } if from.base == PortBase::Arg(0) => Some(v.part(&from.path)),
                _ => None,
            });
            return shown.reduce(|a, b| join(&a, &b)).unwrap_or_default();
        }
        let (t, args) = match (&peeled, v.adt) {
            (Ty::Adt(t, a), _) => (*t, a.clone()),
            (_, Some(t)) => (t, [].into()),
            _ if view == View::Serialize => return self.written_of(v, ty),
            // What checks itself by code of its own says what it refuses.
            _ if view == View::Refused && depth == 0 => return V::default(),
            _ => return v.clone(),
        };
        if depth > PRINTED_DEPTH {
            return v.clone();
        }
        if let Some(written) = self.by_own_code(t, v, view, span, st) {
            return written;
        }
        let Some(def) = self.cx.program.type_def(t) else { return v.clone() };
        // A template asks for the fields themselves.
        if view == View::Display && def.derives.iter().any(|d| d.starts_with("Template")) {
            return match self.cx.seeds.shown.get(&t) {
                Some(shown) => self.filled_in(v, &Ty::Adt(t, args), shown, span, st, depth),
                None => v.clone(),
            };
        }
        if view == View::Serialize
            && let Some(written) = self.serialised(t, &args, v, span, st, depth)
        {
            return written;
        }
        match fields_seen(def, view) {
            Some(fields) => {
                let of = Ty::Adt(t, args);
                let shown = self.by_fields(v, &of, fields, (view, depth), span, st);
                match view {
                    View::Refused => said_apart(&self.refused(shown, def, &of), depth),
                    _ => shown,
                }
            }
            None => v.clone(),
        }
    }

    /// The row that says what `{:?}` shows of a type of a library, or of one in a wrapper that has nothing beside it: of
    /// the end of a channel, and not of what is in the channel.
    fn printed_by(&self, ty: &Ty) -> Option<&Row> {
        let models = self.cx.models;
        let mut each = successors(Some(ty), |ty| payload(models, ty).filter(|_| ty.args().len() == 1)).take(WRAPPERS);
        each.find_map(|ty| match ty {
            Ty::Ext(n, _) => models.row(models.find(&format!("{n}::fmt"), 2)?),
            _ => None,
        })
    }

    /// What a check refuses: behind the error where that has a message to print in its place.
    fn refused(&self, refused: V, def: &TypeDef, owner: &Ty) -> V {
        let TypeKind::Struct(fields) = &def.kind else { return refused };
        if !fields.iter().any(|f| f.attrs.refused_silently) {
            return refused;
        }
        let keys: Vec<Name> = fields.iter().map(|f| field_name(self.cx.program, owner, None, &f.name)).collect();
        let mut out = (*refused).clone();
        for (_, key) in fields.iter().zip(&keys).filter(|(f, _)| f.attrs.refused_silently) {
            let mut behind = Value::default();
            behind.set_field(CAUSE, refused.field(key));
            out.set_field(key, Arc::new(behind));
        }
        Arc::new(by_parts(out, &refused, &keys))
    }

    /// What code of the type's own makes of a value.
    fn by_own_code(&mut self, t: TypeId, v: &V, view: View, span: Span, st: &mut State) -> Option<V> {
        let (trait_name, method) = view.method();
        let i = self.cx.program.impls_for(t, trait_name).first().copied()?;
        let f = self.cx.program.impl_method(i, method)?;
        let written = self.printed(f, v, span, st);
        // Under which names, or how it is put together, its code alone says.
        let several = view == View::Serialize && all_fields(self.cx.program, t).len() > 1;
        Some(if several { written.map_info(&|i| i.within = true) } else { written })
    }

    /// What a derive makes of a value: what it makes of the fields that are seen.
    fn by_fields(
        &mut self,
        v: &V,
        owner: &Ty,
        fields: Vec<(Option<u32>, Name, bool)>,
        (view, depth): (View, u32),
        span: Span,
        st: &mut State,
    ) -> V {
        let keys: Vec<Name> = fields.iter().map(|(v, n, _)| field_name(self.cx.program, owner, *v, n)).collect();
        // Parts that are looked into share the room.
        let within = |(variant, name, seen): &(Option<u32>, Name, bool), key: &Name| {
            let part = if *seen { v.field(key) } else { V::default() };
            let ty = field_ty(self.cx.program, self.cx.models, owner, *variant, name);
            let looked_into = part.has_data() && matches!(peel(self.cx.models, &ty), Ty::Adt(..) | Ty::Ext(..));
            looked_into.then_some((part, ty))
        };
        let within: Vec<_> = fields.iter().zip(&keys).map(|(field, key)| within(field, key)).collect();
        let Some(around) = self.narrow_room(within.iter().flatten().count()) else { return v.clone() };
        let mut out: Option<Value> = None;
        for (((.., seen), key), within) in fields.into_iter().zip(&keys).zip(within) {
            let shown = match within {
                _ if !seen => Some(V::default()),
                Some((part, ty)) => {
                    let seen = self.view_depth(&part, &ty, view, span, st, depth + 1);
                    if Arc::ptr_eq(&seen, &part) { None } else { Some(seen) }
                }
                None => None,
            };
            if let Some(s) = shown {
                out.get_or_insert_with(|| (**v).clone()).set_field(key, s);
            }
        }
        self.room = around;
        let shown = match out {
            Some(shown) => shown,
            // Something was written over: all of what the caller gave is more than what is there.
            None if is_apart(v, &keys) => (**v).clone(),
            None => return v.clone(),
        };
        Arc::new(by_parts(shown, v, &keys))
    }

    /// Room for each of the parts of a value that is looked at, and what there was around it: equal shares of that. None
    /// where there is too little: types that hold each other would be looked at along every way.
    pub(super) fn narrow_room(&mut self, parts: usize) -> Option<usize> {
        let share = self.room / parts.max(1);
        (share > 0).then(|| std::mem::replace(&mut self.room, share))
    }

    /// What a template shows of a value.
    fn filled_in(&mut self, v: &V, owner: &Ty, shown: &Shown, span: Span, st: &mut State, depth: u32) -> V {
        let (p, models) = (self.cx.program, self.cx.models);
        if depth > PRINTED_DEPTH {
            return v.clone();
        }
        let fields = match owner {
            Ty::Adt(t, _) => all_fields(p, *t),
            Ty::Tuple(ts) => (0..ts.len()).map(|i| (None, i.to_string().into())).collect(),
            _ => return v.clone(),
        };
        let mut out = (**v).clone();
        let mut keys = Vec::new();
        for (variant, name) in fields {
            let key = field_name(p, owner, variant, &name);
            let ty = field_ty(p, models, owner, variant, &name);
            // Patterns take by its place what has no name.
            let is_place = name.starts_with(|c: char| c.is_ascii_digit());
            let part = if !is_place && !shown.words.contains(&name) {
                V::default()
            } else if shown.whole.contains(&name) {
                v.field(&key)
            } else if shown.shown.contains(&name) {
                self.view_depth(&v.field(&key), &ty, View::Display, span, st, depth + 1)
            } else {
                self.filled_in(&v.field(&key), peel(models, &ty), shown, span, st, depth + 1)
            };
            out.set_field(&key, part);
            keys.push(key);
        }
        Arc::new(by_parts(out, v, &keys))
    }

    /// What a hand-written `fmt` or `serialize` writes: data that reaches its second parameter.
    pub(super) fn printed(&mut self, f: FuncId, v: &V, span: Span, st: &mut State) -> V {
        let args = [v.clone(), V::default()];
        let Some(summary) = self.summary(f) else { return V::default() };
        let mut actual =
            Actual { params: &args, hops: vec![Path::hop(self.id, span, What::Into(f))], ..Actual::default() };
        // What it calls of the value may write there as well.
        self.answer_all(&summary, &mut actual, span, st);
        let mut out = actual.value(&summary.ret);
        for (i, o) in &summary.outs {
            if *i == 1 {
                out = join(&out, &actual.value(o));
            }
        }
        out
    }
}

/// All that a check refuses as one value: an error names it by no names of its fields, and prints what is not behind it.
fn said_apart(refused: &V, depth: u32) -> V {
    if depth > 0 {
        return refused.clone();
    }
    let (mut out, mut all) = (Value::default(), Value::default());
    refused.flatten_into(View::Display, &mut out);
    refused.flatten_into(View::Full, &mut all);
    out.set_field(CAUSE, Arc::new(all));
    Arc::new(out)
}

/// Parts of what the caller gave that are told apart when one of them is another.
const PARTS: usize = 24;

/// Whether parts of what the caller gave are others, or all of them may be.
fn is_apart(v: &Value, keys: &[Name]) -> bool {
    let listed = keys.iter().any(|key| v.listed(key).is_some());
    v.facts.iter().any(|(f, _)| f.is_given()) && listed && keys.len() <= PARTS
}

/// A value of which a part shows less than all: what the caller gave would be all of it, so each part stands alone.
fn by_parts(mut shown: Value, whole: &V, keys: &[Name]) -> Value {
    if shown.facts.iter().any(|(f, _)| f.is_given()) {
        for key in keys {
            if shown.listed(key).is_none() {
                shown.set_field(key, whole.field(key));
            }
        }
        shown.facts.retain(|(f, _)| !f.is_given());
    }
    shown
}

/// Whether a value that is written in some view has a part that this leaves out.
#[must_use]
pub fn skipped(p: &Program, view: Option<View>, v: &Value, field: &Name) -> bool {
    if view == Some(View::Display) && field == CAUSE || view.is_some() && field == VEILED {
        return true;
    }
    if view != Some(View::Serialize) {
        return false;
    }
    let Some(def) = v.adt.and_then(|t| p.type_def(t)) else { return false };
    match &def.kind {
        TypeKind::Struct(fs) => fs.iter().any(|f| f.name == *field && f.attrs.serde_skip),
        _ => false,
    }
}

/// The fields of a type, and whether they are seen.
fn fields_seen(def: &TypeDef, view: View) -> Option<Vec<(Option<u32>, Name, bool)>> {
    let seen = |f: &FieldDef, variant| match view {
        View::Serialize => !f.attrs.serde_skip,
        View::Debug => !f.attrs.debug_skip,
        View::Refused => f.attrs.validated,
        // `#[error("..")]`: what the message names, and nothing else.
        View::Display | View::Full => display_names(def, variant, &f.name),
        View::Sources => true,
    };
    Some(match &def.kind {
        TypeKind::Struct(fs) => fs.iter().map(|f| (None, f.name.clone(), seen(f, None))).collect(),
        TypeKind::Enum(vs) => (0..)
            .map(Some)
            .zip(vs)
            .flat_map(|(i, v)| v.fields.iter().map(move |f| (i, f)))
            .map(|(i, f)| (i, f.name.clone(), seen(f, i)))
            .collect(),
        TypeKind::Alias(_) => return None,
    })
}

/// Whether a type's `Display` message names a field; types without a message show everything.
fn display_names(def: &crate::ir::items::TypeDef, variant: Option<u32>, field: &str) -> bool {
    let message = match (&def.kind, variant) {
        (TypeKind::Enum(vs), Some(v)) => {
            // What is said of all variants holds of those that say nothing, unless it has what they show in it.
            let of_all = def.display.as_deref().filter(|text| !text.contains("_variant") && !text.contains("{}"));
            vs.get(v as usize).and_then(|v| v.display.as_deref()).or(of_all)
        }
        _ => def.display.as_deref(),
    };
    let Some(message) = message else { return true };
    let written = message.replace("{{", "");
    written.match_indices('{').any(|(i, _)| {
        let rest = written.get(i + 1..).unwrap_or("");
        let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        // A position may be written as a name (`{_0}`).
        let position = name.strip_prefix('_').filter(|n| n.bytes().all(|b| b.is_ascii_digit()));
        position.unwrap_or(&name) == field || name.is_empty()
    }) || message == "transparent"
}
