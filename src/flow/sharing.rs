//! What functions share without handing it to each other, as far as types say: statics, the state that every handler
//! is given, and channels whose ends are kept in fields.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::answers::is_extractor;
use super::by_type::{found_by, is_one};
use super::cells::{Cell, access};
use super::extract;
use super::holders::holding;
use super::interp::Cx;
use super::places::{field_name, step_ty};
use super::value::{Fact, Info, Origin, V, Value, join};
use crate::ir::Name;
use crate::ir::body::{Aggregate, Callee, Operand, Place, Rvalue, Stmt};
use crate::ir::items::{FieldDef, Storage, TypeKind};
use crate::limits::{SHARED_DEPTH, SHARED_PARTS};
use crate::link::infer::{Site, Target, Typed, signature};
use crate::link::made::makes_nothing;
use crate::link::program::{ConstId, Def, FuncId, Program, TypeId};
use crate::link::ty::{Ty, TyCx, all_fields, any_within, field_ty, is_foreign, lower, payload};
use crate::model::{Effect, ModelSet, Port, PortBase};

/// What functions share.
#[derive(Debug, Default)]
pub struct Sharing {
    /// Statics that are written through.
    pub statics: BTreeSet<ConstId>,
    /// Types of which every handler is given the same value: all their fields are shared.
    state: BTreeSet<TypeId>,
    /// Types of what comes from outside: their cells are shared.
    outside: BTreeSet<TypeId>,
    /// Fields that are cells, by position.
    cells: BTreeSet<(TypeId, u32)>,
    /// Fields that are ends of channels, with the type of the messages where it is ours.
    channels: BTreeMap<(TypeId, u32), Option<TypeId>>,
    /// Types in which, at any depth, something of all this is.
    holding: BTreeSet<TypeId>,
    /// Types of cells that functions are given from outside as they are, sorted.
    behind: Vec<Ty>,
    /// Types by which functions find what others have put there, sorted.
    found: Vec<Ty>,
    /// Those that functions here put there: what is found is theirs.
    put: BTreeSet<u32>,
    /// Variants of such types that no function here makes.
    unmade: BTreeSet<(TypeId, u32)>,
}

impl Sharing {
    /// What the functions of a program share.
    #[must_use]
    pub fn of(p: &Program, models: &ModelSet, typed: &[Typed]) -> Self {
        let mut out = Sharing::default();
        for i in 0..p.types.len() as u32 {
            let t = TypeId(i);
            let Some(TypeKind::Struct(fields)) = p.type_def(t).map(|d| &d.kind) else { continue };
            for (n, f) in (0..).zip(fields) {
                let ty = field_ty(p, models, &Ty::Adt(t, [].into()), None, &f.name);
                let Some(cell) = cell_of(models, &ty) else { continue };
                let key = (t, n);
                if matches!(cell, Ty::Ext(n, _) if models.is_channel(n)) {
                    out.channels.insert(key, message(models, cell));
                }
                out.cells.insert(key);
            }
        }
        let mut called = vec![false; p.funcs.len()];
        for target in typed.iter().flat_map(|t| &t.sites).flat_map(|s| &s.targets) {
            if let Target::Func(f) = target
                && let Some(c) = called.get_mut(f.0 as usize)
            {
                *c = true;
            }
        }
        for f in p.all_ids().filter(|f| !called.get(f.0 as usize).copied().unwrap_or(true) && !p.is_test(*f)) {
            for (i, ty) in signature(p, models, f).0.iter().enumerate() {
                out.given(p, models, ty, is_same(p, models, f, i), 0);
                if let Some(found) = in_state(models, ty) {
                    out.finds(p, models, found);
                }
            }
        }
        let found_by_type = |s: &&Site| {
            let effects = s.targets.iter().filter_map(|t| if let Target::Row(r) = t { models.row(*r) } else { None });
            effects.flat_map(|row| &row.effects).any(|e| *e == Effect::State(None))
        };
        for site in typed.iter().flat_map(|t| &t.sites).filter(found_by_type) {
            out.given(p, models, &site.ret, true, 0);
            out.finds(p, models, found_by(models, &site.ret));
        }
        for i in 0..p.consts.len() as u32 {
            let id = ConstId(i);
            let (Some(def), Some((u, _))) = (p.const_def(id), p.consts.get(i as usize)) else { continue };
            let cx = TyCx { module: Some(p.module_at(*u, def.module)), ..TyCx::default() };
            let written = match def.storage {
                Storage::Const => false,
                Storage::Static => out.holds_cells(p, models, &lower(p, models, &cx, &def.ty)),
                Storage::Mut => true,
            };
            if written {
                out.statics.insert(id);
            }
        }
        out.puts(p, models, typed);
        out.holding = holding(p, models, out.cells.iter().map(|(t, _)| *t).chain(out.state.iter().copied()).collect());
        out
    }

    /// Notes the type of a parameter that comes from outside.
    fn given(&mut self, p: &Program, models: &ModelSet, ty: &Ty, shared: bool, depth: usize) {
        match ty {
            Ty::Ext(n, _) if models.is_cell(n) => {
                if let Err(at) = self.behind.binary_search(ty) {
                    self.behind.insert(at, ty.clone());
                }
            }
            Ty::Ext(n, _) => {
                let shared = shared || models.type_model(n).is_some_and(|m| m.shared);
                if let Some(inner) = payload(models, ty) {
                    self.given(p, models, inner, shared, depth);
                }
            }
            Ty::Adt(t, _) if shared => {
                self.state.insert(*t);
            }
            Ty::Adt(t, _) if depth < SHARED_DEPTH && self.outside.insert(*t) => {
                for (variant, name) in all_fields(p, *t) {
                    let inner = field_ty(p, models, ty, variant, &name);
                    if cell_of(models, &inner).is_none() {
                        self.given(p, models, &inner, false, depth + 1);
                    }
                }
            }
            _ => {}
        }
    }

    /// Notes a type by which something is found.
    fn finds(&mut self, p: &Program, models: &ModelSet, ty: &Ty) {
        if is_one(ty)
            && !has_services(p, models, ty)
            && let Err(at) = self.found.binary_search(ty)
        {
            self.found.insert(at, ty.clone());
        }
    }

    /// Notes which of the types that something is found by functions here put there.
    fn puts(&mut self, p: &Program, models: &ModelSet, typed: &[Typed]) {
        let put = |site: &Site| {
            let rows = site.targets.iter().filter_map(|t| if let Target::Row(r) = t { models.row(*r) } else { None });
            let ports = rows.flat_map(|row| &row.effects).filter_map(|e| match e {
                Effect::State(Some(Port { base: PortBase::Arg(i), path, .. })) if path.is_empty() => Some(*i),
                _ => None,
            });
            ports.collect::<Vec<u32>>()
        };
        if self.found.is_empty() {
            return;
        }
        let mut all = BTreeSet::new();
        for f in p.all_ids().filter(|f| !p.is_test(*f)) {
            let Some(typed) = typed.get(f.0 as usize) else { continue };
            let (Some(def), false) = (p.func(f), typed.sites.iter().all(|s| put(s).is_empty())) else { continue };
            def.each_stmt(&mut |s| {
                let Stmt::Assign { src: Rvalue::Call { args, site, .. }, .. } = s else { return };
                for i in typed.sites.get(*site as usize).map(put).unwrap_or_default() {
                    if let Some(Operand::Place(place)) = args.get(i as usize) {
                        let ty = ty_of(p, models, typed, place);
                        all.extend(self.found(found_by(models, &ty)));
                    }
                }
            });
        }
        self.put = all;
        self.unmade = unmade(p, typed, self.put.iter().filter_map(|n| self.found.get(*n as usize)));
    }

    /// Whether functions here put a value where it is found by this type, and none makes this variant of it.
    pub(super) fn is_unmade(&self, ty: &Ty, variant: u32) -> bool {
        let put = self.found(ty).is_some_and(|n| self.put.contains(&n));
        put && matches!(ty, Ty::Adt(t, _) if self.unmade.contains(&(*t, variant)))
    }

    /// Whether a value of a type has cells in it.
    fn holds_cells(&self, p: &Program, models: &ModelSet, ty: &Ty) -> bool {
        let is_cell = |ty: &Ty| cell_of(models, ty).is_some();
        is_cell(ty)
            || any_within(p, models, ty, SHARED_DEPTH, &|ty, t, def| {
                let TypeKind::Struct(fields) = &def.kind else { return None };
                let cell = |n: u32, f: &FieldDef| {
                    self.cells.contains(&(t, n)) || is_cell(&field_ty(p, models, ty, None, &f.name))
                };
                Some((0..).zip(fields).any(|(n, f)| cell(n, f)))
            })
    }

    /// Whether a value of a type may be access to cells, or hold it. What has the type of a parameter was made by whoever
    /// chose that.
    pub(super) fn may_reach(&self, p: &Program, models: &ModelSet, ty: &Ty) -> bool {
        match ty {
            Ty::Param(_) => false,
            Ty::Ext(n, args) if !models.is_cell(n) => args.iter().any(|t| self.may_reach(p, models, t)),
            Ty::Tuple(args) => args.iter().any(|t| self.may_reach(p, models, t)),
            Ty::Adt(_, args) => self.holds_cells(p, models, ty) || args.iter().any(|t| self.may_reach(p, models, t)),
            _ => true,
        }
    }

    /// Whether something of all this is in a value of a type, or in what a generic one is given.
    fn holds(&self, ty: &Ty) -> bool {
        ty.names(&|t| self.holding.contains(&t))
    }

    /// The cell of a field in which what is put there is found by functions that never saw the value around it.
    #[must_use]
    pub fn kept(&self, p: &Program, t: TypeId, field: &Name) -> Option<Cell> {
        let has_cells = self.cells.range((t, 0)..=(t, u32::MAX)).next().is_some();
        if !has_cells && !self.state.contains(&t) {
            return None;
        }
        let Some(TypeKind::Struct(fields)) = p.type_def(t).map(|d| &d.kind) else { return None };
        let n = fields.iter().position(|f| f.name == *field)? as u32;
        self.keeps(t, n).then_some(Cell::Field(t, n))
    }

    fn keeps(&self, t: TypeId, n: u32) -> bool {
        self.state.contains(&t)
            || self.channels.contains_key(&(t, n))
            || self.outside.contains(&t) && self.cells.contains(&(t, n))
    }

    /// The number of a type of cells that are behind parameters from outside.
    #[must_use]
    pub fn behind(&self, ty: &Ty) -> Option<u32> {
        self.behind.binary_search(ty).ok().map(|n| n as u32)
    }

    /// The number of a type, if something is found by it.
    #[must_use]
    pub fn found(&self, ty: &Ty) -> Option<u32> {
        self.found.binary_search(ty).ok().map(|n| n as u32)
    }

    /// The numbers of the types that a value may have of which no type is known: those of crates without models.
    pub fn found_foreign(&self, models: &ModelSet) -> Vec<u32> {
        (0..).zip(&self.found).filter(|(_, ty)| is_foreign(models, ty)).map(|(n, _)| n).collect()
    }

    /// Ends of channels in fields, each with any channel of such messages.
    pub fn messages(&self) -> impl Iterator<Item = (Cell, Cell)> {
        self.channels.iter().filter_map(|((t, n), m)| Some((Cell::Field(*t, *n), Cell::Messages((*m)?))))
    }
}

/// Whether a library gives a function the same value whenever it runs: what it calls it on, or the state that an
/// extractor reads.
fn is_same(p: &Program, models: &ModelSet, f: FuncId, param: usize) -> bool {
    match param {
        0 => is_service(p, f),
        1 => is_extractor(p, models, f),
        _ => false,
    }
}

/// Whether a library calls the function on a value that it was given once: an `async` method of a trait of its own, of
/// one that a macro makes, or of one that handles requests. (Other traits are of data.)
fn is_service(p: &Program, f: FuncId) -> bool {
    let Some(def) = p.func(f).filter(|d| d.has_self) else { return false };
    let Some(Some(Def::Ext(of))) = p.func_impl(f).and_then(|i| p.impl_trait.get(i.0 as usize)) else { return false };
    def.is_async || matches!(of.rsplit("::").next(), Some("Service" | "Handler"))
}

/// The cell that a type is, wrappers aside.
fn cell_of<'a>(models: &ModelSet, ty: &'a Ty) -> Option<&'a Ty> {
    let mut at = ty;
    for _ in 0..8 {
        if matches!(at, Ty::Ext(n, _) if models.is_cell(n)) {
            return Some(at);
        }
        at = payload(models, at)?;
    }
    None
}

/// The type that a parameter is found by, wrappers aside; nothing if it is not.
pub(super) fn in_state<'a>(models: &ModelSet, ty: &'a Ty) -> Option<&'a Ty> {
    let mut at = ty;
    loop {
        let found = matches!(at, Ty::Ext(n, _) if models.type_model(n).is_some_and(|m| m.state));
        at = payload(models, at)?;
        if found {
            return Some(found_by(models, at));
        }
    }
}

/// The variants of these types that no function outside tests makes; of types for which a macro may make one, none.
fn unmade<'a>(p: &Program, typed: &[Typed], types: impl Iterator<Item = &'a Ty>) -> BTreeSet<(TypeId, u32)> {
    let mut out = BTreeSet::new();
    for ty in types {
        let Ty::Adt(t, _) = ty else { continue };
        let Some(def) = p.type_def(*t).filter(|d| d.attrs.is_empty() && d.derives.iter().all(|d| makes_nothing(d)))
        else {
            continue;
        };
        if let TypeKind::Enum(variants) = &def.kind {
            out.extend((0..).zip(variants).map(|(n, _)| (*t, n)));
        }
    }
    if out.is_empty() {
        return out;
    }
    for f in p.all_ids().filter(|f| !p.is_test(*f)) {
        let (Some(def), Some(typed)) = (p.func(f), typed.get(f.0 as usize)) else { continue };
        def.each(&mut |src, _| {
            let mut named = Vec::new();
            match src {
                Rvalue::Aggregate { kind: Aggregate::Adt(path), .. }
                | Rvalue::Call { callee: Callee::Path(path), .. } => named.push(*path),
                _ => {}
            }
            src.operands(&mut |op| named.extend(if let Operand::Path(path) = op { Some(*path) } else { None }));
            for path in named {
                if let Some(Def::Variant(t, n)) = typed.paths.get(path.0 as usize).and_then(|res| res.def.as_ref()) {
                    out.remove(&(*t, *n));
                }
            }
        });
    }
    out
}

/// The type of a place.
fn ty_of(p: &Program, models: &ModelSet, typed: &Typed, place: &Place) -> Ty {
    let mut at = (typed.locals.get(place.base.0 as usize).cloned().unwrap_or_default(), None);
    for sel in &place.path {
        at = step_ty(p, models, typed, &at.0, at.1, sel);
    }
    at.0
}

/// Whether a type of the workspace has more in it than data: locks, connections, objects. What is put into one of its
/// fields is found there.
fn has_services(p: &Program, models: &ModelSet, ty: &Ty) -> bool {
    fn is_service(models: &ModelSet, ty: &Ty) -> bool {
        let own = match ty {
            Ty::Traits(_) | Ty::Fn(..) => true,
            Ty::Ext(n, _) => {
                models.is_cell(n) || models.type_model(n).is_some_and(|m| m.hollow || m.shared && !m.transparent)
            }
            _ => false,
        };
        own || ty.args().iter().any(|ty| is_service(models, ty))
    }
    any_within(p, models, ty, SHARED_DEPTH, &|ty, t, _| {
        Some(all_fields(p, t).iter().any(|(v, name)| is_service(models, &field_ty(p, models, ty, *v, name))))
    })
}

/// The type of the messages that a channel's end is of, if it is ours.
pub(super) fn message(models: &ModelSet, end: &Ty) -> Option<TypeId> {
    match payload(models, end)? {
        Ty::Adt(t, _) => Some(*t),
        _ => None,
    }
}

/// What the parameter of a function gives access to where it comes from outside.
pub(super) fn shared_with(cx: Cx<'_>, f: FuncId, param: usize, ty: &Ty) -> V {
    let v = given_within(cx, ty, is_same(cx.program, cx.models, f, param), SHARED_PARTS, 0);
    match in_state(cx.models, ty) {
        Some(ty) => join(&v, &found(cx, ty)),
        None => v,
    }
}

/// What is found by its type, and what it gives access to.
pub(super) fn given(cx: Cx<'_>, ty: &Ty) -> V {
    join(&given_within(cx, ty, true, SHARED_PARTS, 0), &found(cx, found_by(cx.models, ty)))
}

/// What others have put where it is found by its type.
fn found(cx: Cx<'_>, ty: &Ty) -> V {
    let held = |n| Value::of(Fact::new(Origin::Held(Cell::Found(n), Arc::from([]))), Info::default());
    cx.sharing.found(ty).map(held).unwrap_or_default()
}

/// The same of a part. Its own parts have equal shares of the room that it has: a tree of types that hold each other is
/// looked into less deep than it is wide.
fn given_within(cx: Cx<'_>, ty: &Ty, shared: bool, room: usize, depth: usize) -> V {
    let (p, models, sharing) = (cx.program, cx.models, cx.sharing);
    let one = |cell: Cell| {
        let content = Value::of(Fact::new(Origin::Held(cell, Arc::from([]))), Info::default());
        join(&access(cell), &content)
    };
    match ty {
        Ty::Ext(n, _) if models.is_cell(n) => match message(models, ty).filter(|_| models.is_channel(n)) {
            Some(m) => one(Cell::Messages(m)),
            None => sharing.behind(ty).map(Cell::Behind).map(one).unwrap_or_default(),
        },
        Ty::Ext(n, _) => match payload(models, ty) {
            Some(inner) => {
                let shared = shared || models.type_model(n).is_some_and(|m| m.shared);
                given_within(cx, inner, shared, room, depth)
            }
            None => V::default(),
        },
        Ty::Adt(t, _) if depth < SHARED_DEPTH && room > 0 && sharing.holds(ty) => {
            let mut out = Value::default();
            let fields = all_fields(p, *t);
            let types: Vec<Ty> = fields.iter().map(|(v, name)| field_ty(p, models, ty, *v, name)).collect();
            let room = room / types.iter().filter(|ty| sharing.holds(ty)).count().max(1);
            for (n, ((variant, name), inner)) in (0..).zip(fields.iter().zip(&types)) {
                // Cells are known by the fields of structs.
                let cell = variant.is_none().then_some(Cell::Field(*t, n));
                let part = match cell {
                    Some(cell) if cell_of(models, inner).is_some() && sharing.keeps(*t, n) => one(cell),
                    Some(cell) if shared => Value::of(Fact::new(Origin::Held(cell, Arc::from([]))), Info::default()),
                    _ => given_within(cx, inner, false, room, depth + 1),
                };
                if !part.is_empty() {
                    out.set_field(&field_name(p, ty, *variant, name), part);
                }
            }
            Arc::new(out)
        }
        _ => V::default(),
    }
}

/// What the parameters of a function are that nothing here calls.
pub(super) fn parameters(cx: Cx<'_>, f: FuncId) -> Vec<V> {
    let Some(def) = cx.program.func(f) else { return Vec::new() };
    let (tys, _) = signature(cx.program, cx.models, f);
    def.params
        .iter()
        .zip(tys)
        .enumerate()
        .map(|(i, (p, t))| {
            let v = extract::handed(cx, f, t, p.span);
            join(&v, &shared_with(cx, f, i, t))
        })
        .collect()
}
