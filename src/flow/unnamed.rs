//! What a body uses without calling it: the code by which values are printed, serialised and dereferenced.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::answers::is_maker;
use super::compared::{COMPARES, asked_in, kept_in, key_of};
use super::drops::Dropping;
use super::extract::maker_in;
use super::order::callees;
use super::places::step_ty;
use crate::ir::Name;
use crate::ir::body::{Aggregate, BinOp, Func, Operand, Piece, Place, Rvalue, Sel, View};
use crate::ir::items::TypeRef;
use crate::limits::PRINTED_DEPTH;
use crate::link::callgraph::components;
use crate::link::infer::{Site, Target, Through, Typed};
use crate::link::program::{Def, FuncId, Program, TypeId};
use crate::link::ty::{Ty, all_fields, field_ty, inner, peel};
use crate::model::{Act, Effect, ModelSet, PortBase};

/// Whether a function runs without being called: a method of values that are printed, dereferenced, indexed, read from
/// rows or answered, or what a field is serialised with.
pub(super) fn is_used_unnamed(p: &Program, models: &ModelSet, f: FuncId) -> bool {
    let named = |name: &str| {
        matches!(name, "fmt" | "source" | "deref" | "serialize" | "from_row" | "index" | "index_mut")
            || matches!(name, "write" | "write_all" | "write_str" | "poll_write" | "start_send")
            || matches!(name, "eq" | "ne" | "partial_cmp" | "cmp" | "lt" | "le" | "gt" | "ge" | "hash")
            || is_maker(models, name)
    };
    let of_serde = |bound: &TypeRef| match bound {
        TypeRef::Path(path) => path.segments.last().is_some_and(|s| s == "Serializer"),
        _ => false,
    };
    // `#[serde(into = "Short")]`: the conversion.
    let written_as = |d: &Func| match d.params.first().map(|p| &p.ty) {
        Some(TypeRef::Path(path)) if d.name == "from" => match p.resolve(p.body_scope(f), &path.segments).def {
            Some(Def::Type(t)) => p.type_def(t).is_some_and(|d| d.said("serde", "into").next().is_some()),
            _ => false,
        },
        _ => false,
    };
    p.func(f).is_some_and(|d| match p.func_impl(f) {
        Some(_) => named(&d.name) || written_as(d),
        None => d.generics.iter().flat_map(|g| &g.bounds).any(of_serde),
    })
}

/// What values of types run without being named: asked of many functions, told once for each type.
pub(super) struct Unnamed<'a> {
    p: &'a Program,
    models: &'a ModelSet,
    /// What goes in which functions.
    dropping: &'a Dropping,
    /// Types that are compared by an impl of their own, or of a type in them.
    comparing: &'a BTreeSet<TypeId>,
    /// Methods of types by their traits, if they are written out.
    methods: FxHashMap<(TypeId, &'static str), Option<FuncId>>,
    /// By which impls a value of a type is printed.
    printed: FxHashMap<(Ty, View), Arc<[FuncId]>>,
    /// By which impls a value of a type is compared, once that was asked.
    compared: FxHashMap<TypeId, Arc<[FuncId]>>,
}

impl<'a> Unnamed<'a> {
    pub(super) fn new(
        p: &'a Program,
        models: &'a ModelSet,
        dropping: &'a Dropping,
        comparing: &'a BTreeSet<TypeId>,
    ) -> Self {
        Unnamed {
            p,
            models,
            dropping,
            comparing,
            methods: FxHashMap::default(),
            printed: FxHashMap::default(),
            compared: FxHashMap::default(),
        }
    }

    /// Whom a function needs to be known: those that it calls or names, and those that it uses without doing so.
    pub(super) fn needs(&mut self, typed: &Typed, f: FuncId) -> Vec<u32> {
        let mut out = callees(self.p, self.models, typed);
        let Some(func) = self.p.func(f) else { return out };
        let mut found: Vec<FuncId> = Vec::new();
        func.each(&mut |src, _| self.rvalue(typed, src, &mut found));
        for site in &typed.sites {
            for step in &site.through {
                if let Through::Deref(t) = step {
                    found.extend(self.method(*t, "Deref", "deref"));
                }
            }
        }
        for ty in &typed.locals {
            if let Ty::Adt(t, _) = peel(self.models, ty) {
                found.extend(self.method(*t, "Deref", "deref"));
            }
        }
        found.extend(self.dropping.get(f).into_iter().flat_map(|drops| drops.runs()));
        out.extend(found.iter().map(|g| g.0).filter(|g| *g != f.0));
        out.sort_unstable();
        out.dedup();
        out
    }

    fn rvalue(&mut self, typed: &Typed, src: &Rvalue, found: &mut Vec<FuncId>) {
        if !self.comparing.is_empty() {
            src.operands(&mut |op| self.looked_up(typed, op, found));
        }
        match src {
            Rvalue::Format(pieces) => {
                for piece in pieces {
                    if let Piece::Arg(op, view, _) = piece {
                        self.viewed(typed, op, *view, found);
                    }
                }
            }
            Rvalue::Aggregate { kind: Aggregate::Map, fields, .. } => {
                fields.iter().for_each(|(_, op, _)| self.viewed(typed, op, View::Serialize, found));
            }
            Rvalue::Call { args, site, .. } => {
                if let Some(site) = typed.sites.get(*site as usize) {
                    self.rows(typed, site, args, found);
                }
            }
            Rvalue::Binary(BinOp::Compare(_), a, _) if !self.comparing.is_empty() => {
                if let Some(ty) = self.ty(typed, a) {
                    self.compared(&ty, found);
                }
            }
            _ => {}
        }
    }

    /// What rows look at as it is printed, and what they compare.
    fn rows(&mut self, typed: &Typed, site: &Site, args: &[Operand], found: &mut Vec<FuncId>) {
        for target in &site.targets {
            let Target::Row(row) = target else { continue };
            let Some(row) = self.models.row(*row) else { continue };
            if row.effects.contains(&Effect::Extract) {
                found.extend(maker_in(self.p, self.models, peel(self.models, &site.ret)));
            }
            for act in row.acts.iter().filter(|_| !self.comparing.is_empty()) {
                let Act::Asks { of, .. } = act else { continue };
                let asked: Vec<Cow<'_, Ty>> = match of.base {
                    PortBase::Arg(i) => args.get(i as usize).and_then(|op| self.ty(typed, op)).into_iter().collect(),
                    PortBase::Ret => kept_in(self.models, &site.ret).map(|(_, ty, _)| Cow::Borrowed(ty)).collect(),
                    PortBase::Rest(_) => Vec::new(),
                };
                for ty in asked.iter().filter_map(|ty| asked_in(ty)) {
                    self.compared(ty, found);
                }
            }
            for (base, view) in row.views() {
                let skipped = match base {
                    PortBase::Arg(i) => (i as usize, 1),
                    PortBase::Rest(i) => (i as usize, args.len()),
                    PortBase::Ret => continue,
                };
                for op in args.iter().skip(skipped.0).take(skipped.1) {
                    self.viewed(typed, op, view, found);
                }
            }
        }
    }

    /// What is looked up by an index on the way to a place.
    fn looked_up(&mut self, typed: &Typed, op: &Operand, found: &mut Vec<FuncId>) {
        let Operand::Place(place) = op else { return };
        for (n, sel) in place.path.iter().enumerate() {
            let before = || Place { base: place.base, path: place.path.iter().take(n).cloned().collect() };
            if matches!(sel, Sel::Index(_))
                && let Some(map) = self.ty(typed, &Operand::Place(before()))
                && let Some((key, _)) = key_of(self.models, &map)
            {
                self.compared(key, found);
            }
        }
    }

    /// The type of an operand that is a place.
    fn ty<'t>(&self, typed: &'t Typed, op: &Operand) -> Option<Cow<'t, Ty>> {
        let Operand::Place(place) = op else { return None };
        let mut ty = typed.locals.get(place.base.0 as usize).map(Cow::Borrowed)?;
        let mut variant = None;
        for sel in &place.path {
            let (part, of) = step_ty(self.p, self.models, typed, &ty, variant, sel);
            (ty, variant) = (Cow::Owned(part), of);
        }
        Some(ty)
    }

    /// The impls by which what is in a value of a type is compared, at any depth.
    fn compared(&mut self, ty: &Ty, found: &mut Vec<FuncId>) {
        if self.compared.is_empty() {
            self.compared_by();
        }
        ty.each(&mut |t| found.extend(self.compared.get(&t).into_iter().flat_map(|impls| impls.iter())));
    }

    /// Those of all types at once, each after the types in it; types that hold each other have the same.
    fn compared_by(&mut self) {
        let mut parts: Vec<Vec<u32>> = vec![Vec::new(); self.p.types.len()];
        for t in self.comparing {
            let Some(within) = parts.get_mut(t.0 as usize) else { continue };
            inner(self.p, self.models, *t, &mut |part| within.push(part.0));
            within.retain(|part| self.comparing.contains(&TypeId(*part)));
            within.sort_unstable();
            within.dedup();
        }
        let first: Vec<u32> = self.comparing.iter().map(|t| t.0).collect();
        for together in components(&parts, &first) {
            let of = |t: &u32| COMPARES.map(|(of, name)| self.method(TypeId(*t), of, name));
            let own: Vec<FuncId> = together.iter().flat_map(of).flatten().collect();
            let within = together.iter().filter_map(|t| parts.get(*t as usize)).flatten();
            let mut below: Vec<&Arc<[FuncId]>> = within.filter_map(|part| self.compared.get(&TypeId(*part))).collect();
            below.sort_unstable();
            below.dedup();
            let impls: Arc<[FuncId]> = match (own.as_slice(), below.as_slice()) {
                ([], [one]) => Arc::clone(one),
                _ => {
                    let all: BTreeSet<FuncId> =
                        below.iter().flat_map(|impls| impls.iter().copied()).chain(own).collect();
                    all.into_iter().collect()
                }
            };
            self.compared.extend(together.iter().map(|t| (TypeId(*t), impls.clone())));
        }
    }

    fn viewed(&mut self, typed: &Typed, op: &Operand, view: View, found: &mut Vec<FuncId>) {
        let Some(ty) = self.ty(typed, op) else { return };
        let shown = peel(self.models, &ty);
        // Only what the workspace defines is printed by impls of its own.
        if matches!(shown, Ty::Adt(..)) {
            let key = (shown.clone(), view);
            let impls = match self.printed.get(&key) {
                Some(known) => known.clone(),
                None => self.printed(key),
            };
            found.extend(impls.iter());
        }
    }

    /// The impls by which a value of a type is printed: its own, or those of its fields. Level by level: a type that
    /// was met is not looked at again.
    fn printed(&mut self, key: (Ty, View)) -> Arc<[FuncId]> {
        let view = key.1;
        let (of, method) = view.method();
        let mut found: Vec<FuncId> = Vec::new();
        let mut level = BTreeSet::from([key.0.clone()]);
        let mut met: BTreeSet<Ty> = BTreeSet::new();
        for _ in 0..=PRINTED_DEPTH {
            let mut next = BTreeSet::new();
            for owner in std::mem::take(&mut level) {
                let Ty::Adt(t, _) = &owner else { continue };
                let written = self.method(*t, of, method);
                found.extend(written);
                // An error behind an error is printed, and has errors behind it.
                let behind = view == View::Sources;
                if behind {
                    found.extend(self.method(*t, "Display", "fmt"));
                }
                if written.is_some() && !behind || met.contains(&owner) {
                    continue;
                }
                let fields = all_fields(self.p, *t).into_iter();
                let of_field = |(variant, name): (Option<u32>, Name)| {
                    peel(self.models, &field_ty(self.p, self.models, &owner, variant, &name)).clone()
                };
                next.extend(fields.map(of_field));
                met.insert(owner);
            }
            level = next;
        }
        let found: Arc<[FuncId]> = found.into();
        self.printed.insert(key, found.clone());
        found
    }

    /// A method of a type by its trait, if it is written out.
    fn method(&mut self, t: TypeId, of: &'static str, name: &str) -> Option<FuncId> {
        let p = self.p;
        let written = || p.impls_for(t, of).first().and_then(|i| p.impl_method(*i, name));
        *self.methods.entry((t, of)).or_insert_with(written)
    }
}
