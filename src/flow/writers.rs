//! Writers: what is put into a file, standard output or a connection arrives there, whoever puts it in (`write!`,
//! `io::copy`, `serde_json::to_writer`, a function that is lent the writer). A value knows that it is a writer, so that
//! this holds too of one that is in a struct or stands for any.

use std::sync::Arc;

use super::callee::Callable;
use super::calls::Arg;
use super::far::ANYWHERE;
use super::interp::{Cx, Interp};
use super::state::State;
use super::summary::{At, Kind, Summary, Tgt};
use super::text::{Text, TextPiece};
use super::types::Action;
use super::value::{Base, V, Value, Way1};
use crate::ir::Name;
use crate::ir::body::Param;
use crate::ir::items::{Generic, Path, TypeKind, TypeRef};
use crate::link::names::is_primitive;
use crate::link::program::{Def, FuncId};
use crate::link::ty::{Ty, peel};
use crate::model::{ArriveKind, ModelSet};
use crate::source::Span;

/// What a call of a library gives, as the writer that its type says it is.
pub(super) fn as_writer(models: &ModelSet, v: V, ty: &Ty) -> V {
    let Ty::Ext(name, _) = peel(models, ty) else { return v };
    if v.writers().next().is_some() || models.type_model(name).is_none_or(|m| m.writes.is_none()) {
        return as_text(models, v, ty);
    }
    let mut out = (*v).clone();
    out.callees.push(Callable::Writer(name.clone()));
    out.callees.sort();
    Arc::new(out)
}

/// What is read from a writer is none, where it is a text or a number.
pub(super) fn as_text(models: &ModelSet, v: V, ty: &Ty) -> V {
    let text = |n: &str| matches!(n, "str" | "String") || is_primitive(n);
    if v.writers().next().is_none() || !matches!(peel(models, ty), Ty::Ext(n, _) if text(n)) {
        return v;
    }
    let mut out = (*v).clone();
    out.callees.retain(|c| !matches!(c, Callable::Writer(_)));
    Arc::new(out)
}

/// Whether a written type stands for any writer: `dyn Write`, or a parameter that is one; `of` says of the path of a
/// bound of that name whether it is meant.
pub(super) fn is_writer(generics: &[Generic], ty: &TypeRef, of: &dyn Fn(&[Name]) -> bool) -> bool {
    let writes = |bound: &TypeRef| match bound {
        TypeRef::Path(path) => {
            path.segments.last().is_some_and(|s| matches!(s.as_str(), "Write" | "AsyncWrite")) && of(&path.segments)
        }
        _ => false,
    };
    match ty {
        TypeRef::Bounds { bounds, .. } => bounds.iter().any(writes),
        TypeRef::Path(Path { segments, args, .. }) if args.is_empty() => match segments.as_slice() {
            [one] => generics.iter().any(|g| g.name == *one && g.bounds.iter().any(writes)),
            _ => false,
        },
        _ => false,
    }
}

/// What a function that nobody here calls puts into writers that it was given, or that are in what it was given: which
/// they are nobody says.
pub(super) fn into_any(cx: Cx<'_>, f: FuncId, summary: &Summary) -> Vec<(Arc<Kind>, V)> {
    let p = cx.program;
    let (Some(def), Some(typed)) = (p.func(f), cx.typed.get(f.0 as usize)) else { return Vec::new() };
    let around = p.func_impl(f).and_then(|i| p.impl_def(i)).map_or(&[][..], |i| i.generics.as_slice());
    let generics: Vec<Generic> = def.generics.iter().chain(around).cloned().collect();
    // What is written as a text is not written out.
    let of = |path: &[Name]| match p.resolve(p.body_scope(f), path).def {
        Some(Def::Ext(found)) => !found.contains("fmt"),
        found => found.is_none(),
    };
    let any = |ty: &TypeRef| ty.holds(&|t| is_writer(&generics, t, &of));
    let field = |param: &Param, name: &Name| {
        let Ty::Adt(t, _) = peel(cx.models, typed.locals.get(param.local.0 as usize)?) else { return None };
        let Some(TypeKind::Struct(fields)) = p.type_def(*t).map(|d| &d.kind) else { return None };
        fields.iter().find(|f| (f.name == *name || name == ANYWHERE) && any(&f.ty))
    };
    let mut out: Vec<(&Param, V)> = Vec::new();
    for (i, left) in &summary.outs {
        let Some(param) = def.params.get(*i as usize) else { continue };
        match any(&param.ty) {
            true => out.push((param, left.clone())),
            false => out
                .extend(left.fields.iter().filter(|(n, _)| field(param, n).is_some()).map(|(_, v)| (param, v.clone()))),
        }
    }
    for ((base, path), v) in &summary.writes {
        let Base::Param(i) = base else { continue };
        let Some(param) = def.params.get(*i as usize) else { continue };
        let whole = path.first().is_none_or(|n| n == ANYWHERE) && any(&param.ty);
        if whole || path.first().is_some_and(|n| field(param, n).is_some()) {
            out.push((param, v.clone()));
        }
    }
    let symbol = Name::from("std::io::Write::write_all");
    // A method of a trait is bound by the name that the models have for it.
    let bound = ["Write::write_all", &symbol].iter().find_map(|name| cx.seeds.sink_of(name));
    let (action, target) = match bound {
        Some((action, target)) => (action, Tgt::Bound(target)),
        None => (Action::Keep, Tgt::Unbound(symbol.clone())),
    };
    let kind = |param: &Param| Kind {
        action,
        target: target.clone(),
        at: At { func: f, span: param.span, symbol: symbol.clone() },
        purpose: cx.seeds.purposes.get(&f).copied(),
        load: false,
        home: None,
        view: None,
    };
    out.into_iter().map(|(param, v)| (Arc::new(kind(param)), v.data())).collect()
}

/// What stands at a place in a value, if that is listed.
pub(super) fn listed_at<'v>(v: &'v V, way: &[Way1]) -> Option<&'v V> {
    way.iter().try_fold(v, |v, step| match step {
        Way1::Field(name) => v.listed(name),
        Way1::Element | Way1::Value(_) => Some(v),
    })
}

/// The texts of an address: of one, or of a host that has its port beside it.
fn addresses(url: &V) -> Vec<Text> {
    let texts = |host: &V| host.texts.iter().filter(|t| t.is_literal()).map(with_port).collect();
    match url.listed("0") {
        Some(host) if url.texts.is_empty() => texts(host),
        _ => url.texts.to_vec(),
    }
}

/// A host as that of a connection, whatever the port is.
fn with_port(host: &Text) -> Text {
    let pieces = host.pieces.iter().cloned().chain([TextPiece::Lit(":0".into())]).collect();
    Text { pieces, span: host.span }
}

impl Value {
    /// Whether what is put into it, or a part of it, goes elsewhere: it borrows or writes.
    pub fn leads_out(&self) -> bool {
        !self.refs.is_empty() || self.writers().next().is_some() || self.fields.iter().any(|(_, v)| v.leads_out())
    }
}

impl Interp<'_> {
    /// Lets what is put into an argument arrive, if that is a writer; whether it is one, so that nothing stays in it.
    pub(super) fn written_out(&mut self, a: &Arg, v: &V, st: &mut State) -> bool {
        let models = self.cx.models;
        let Ty::Ext(name, _) = peel(models, &a.ty) else { return false };
        if models.type_model(name).is_none_or(|m| m.writes.is_none()) {
            return false;
        }
        let v = self.whole(st, v).data();
        if v.has_data() {
            let writer = self.load(st, &a.v);
            self.write_to(name, &writer, v.clone(), a.span, st);
        }
        v.has_data()
    }

    /// The same of what stands at a place.
    pub(super) fn put_into_writer(&mut self, there: &V, v: &V, span: Span, st: &mut State) -> bool {
        // A writer takes the place of another.
        if there.writers().next().is_none() || v.writers().next().is_some() {
            return false;
        }
        let v = self.whole(st, v).data();
        if v.has_data() {
            for name in there.writers() {
                self.write_to(name, there, v.clone(), span, st);
            }
        }
        true
    }

    /// As the method by which it is written is called.
    fn write_to(&mut self, ty: &Name, writer: &V, v: V, span: Span, st: &mut State) {
        let Some(kind) = self.cx.models.type_model(ty).and_then(|m| m.writes) else { return };
        let symbol: Name = format!("{ty}::write_all").into();
        let (action, target) = match (self.cx.seeds.sink_of(&symbol), kind) {
            (Some((action, target)), _) => (action, Tgt::Bound(target)),
            (None, ArriveKind::Http) => (Action::Share, Tgt::Http(addresses(&writer.field("url")))),
            (None, _) => (Action::Keep, Tgt::Unbound(symbol.clone())),
        };
        let kind = self.kind(action, target, span, symbol);
        self.arrive(Arc::new(kind), v, st);
    }

    /// A library puts something into a writer of the workspace, by what its impl says.
    pub(super) fn written_by_impl(&mut self, a: &Arg, v: &V, st: &mut State) -> bool {
        let unit = |c: &Callable| if let Callable::Ctor(t, None) = c { Some(*t) } else { None };
        let t = match peel(self.cx.models, &a.ty) {
            Ty::Adt(t, _) => Some(*t),
            Ty::Unknown => a.v.adt.or_else(|| a.v.callees.iter().find_map(unit)),
            _ => None,
        };
        let Some(t) = t else { return false };
        let p = self.cx.program;
        let of = |of: &str, name: &str| p.impls_for(t, of).iter().find_map(|i| p.impl_method(*i, name));
        let by = [
            ("Write", "write_all"),
            ("Write", "write"),
            ("Write", "write_str"),
            ("AsyncWrite", "poll_write"),
            ("Sink", "start_send"),
        ];
        let Some((f, name)) = by.into_iter().find_map(|(trait_, name)| Some((of(trait_, name)?, name))) else {
            return false;
        };
        // A task comes before what is written.
        let task = (name == "poll_write").then(|| Arg::of(&V::default(), a.span));
        let args: Vec<Arg> = [a.clone()].into_iter().chain(task).chain([Arg::of(v, a.span)]).collect();
        self.func_call(f, &args, a.span, None, st);
        true
    }
}
