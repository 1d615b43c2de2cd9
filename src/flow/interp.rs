//! One function: from its body to its summary.
//!
//! Plain abstract interpretation of the structured body: branches on copies of the state, loops until nothing
//! changes, closures where they are called.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::path::{Path, What};
use super::seeds::{GuardSeed, Seeds};
use super::state::State;
use super::summary::{
    Arrival, At, Closed, GivenCall, Kind, Summary, Tgt, closed_leaves, fact_open, open_part, target_open, value_open,
};
use super::types::{Action, Confidence};
use super::value::{Callable, Fact, Info, Must, Origin, Text, TextPiece, V, Value, Way, Way1, When, join, write};
use crate::ir::Name;
use crate::ir::body::{
    Aggregate, BinOp, ClosureId, Cond, Func, LabelId, Lit, Local, Operand, Piece, Place, RET, Rvalue, Sel, Stmt, Test,
    View,
};
use crate::ir::items::{TypeKind, TypeRef};
use crate::link::infer::Typed;
use crate::link::program::{ConstId, Def, FuncId, Program, TypeId};
use crate::link::sqlfn::SqlFn;
use crate::link::ty::{Ty, content, field_ty, payload, peel};
use crate::model::ModelSet;
use crate::source::Span;

/// Rounds of a loop before what changes is given up.
const MAX_ROUNDS: usize = 12;
/// Elements of a list that are told apart.
const MAX_ITEMS: usize = 64;
/// Closures called inside closures.
const MAX_CLOSURES: usize = 24;
/// Kept per function; more are merged.
const MAX_TOUCHES: usize = 256;

/// A purpose and where it was written.
type PurposeAt = (u32, Span);

/// Statements inside Rust, lowered.
#[derive(Debug, Default)]
pub struct SqlIndex {
    /// The statements.
    pub fns: Vec<SqlFn>,
    /// By the literal that holds them.
    pub by_span: FxHashMap<Span, Vec<u32>>,
    /// By their text.
    pub by_text: FxHashMap<String, Vec<u32>>,
}

/// What every function's interpretation reads.
#[derive(Clone, Copy)]
pub struct Cx<'a> {
    /// The program.
    pub program: &'a Program,
    /// Library models.
    pub models: &'a ModelSet,
    /// What the bindings name.
    pub seeds: &'a Seeds,
    /// Types and calls, by function.
    pub typed: &'a [Typed],
    /// Statements.
    pub sql: &'a SqlIndex,
    /// Types in which some field, at any depth, is labelled.
    pub carrying: &'a BTreeSet<TypeId>,
    /// Texts of constants.
    pub consts: &'a BTreeMap<ConstId, V>,
    /// Summaries of the functions done so far.
    pub summaries: &'a [Option<Arc<Summary>>],
}

/// Interprets one function.
pub struct Interp<'a> {
    pub(super) cx: Cx<'a>,
    pub(super) id: FuncId,
    pub(super) f: &'a Func,
    pub(super) typed: &'a Typed,
    own: Option<(u32, Span)>,
    scopes: Vec<(u32, Span)>,
    arrivals: BTreeMap<Kind, V>,
    touches: BTreeMap<(Fact, Option<PurposeAt>), (Kind, Info)>,
    closed: BTreeMap<(Kind, Fact), Info>,
    given: Vec<GivenCall>,
    given_at: BTreeMap<(Span, u32), u32>,
    calls: super::summary::Calls,
    field_texts: BTreeSet<((TypeId, Name), Text)>,
    breaks: Vec<Option<State>>,
    continues: Vec<Option<State>>,
    returns: Vec<Option<State>>,
    active: Vec<ClosureId>,
    ret_span: Span,
    unit: u32,
    /// Work done on this function, in arrivals and statements; see [`crate::limits::FLOW_STEPS`].
    pub(super) steps: u64,
}

impl<'a> Interp<'a> {
    /// The summary of a function.
    #[must_use]
    pub fn run(cx: Cx<'a>, id: FuncId) -> Summary {
        let (Some(f), Some(typed)) = (cx.program.func(id), cx.typed.get(id.0 as usize)) else {
            return Summary::default();
        };
        let mut labels = 0;
        count_labels(f.body.as_deref().unwrap_or(&[]), &mut labels);
        for c in &f.closures {
            count_labels(&c.body, &mut labels);
        }
        let mut it = Interp {
            cx,
            id,
            f,
            typed,
            own: cx.seeds.purposes.get(&id).copied(),
            scopes: Vec::new(),
            arrivals: BTreeMap::new(),
            touches: BTreeMap::new(),
            closed: BTreeMap::new(),
            given: Vec::new(),
            given_at: BTreeMap::new(),
            calls: BTreeMap::new(),
            field_texts: BTreeSet::new(),
            breaks: vec![None; labels as usize],
            continues: vec![None; labels as usize],
            returns: vec![None],
            active: Vec::new(),
            ret_span: f.span,
            steps: 0,
            unit: cx.program.funcs.get(id.0 as usize).map_or(0, |(u, _)| *u),
        };
        it.function()
    }

    fn function(&mut self) -> Summary {
        let mut st = State::new(self.f.locals.len());
        for (i, p) in self.f.params.iter().enumerate() {
            let v = self.param(i as u32, p.local, p.span, &mut st);
            st.set(p.local, v);
        }
        self.instrumented(&mut st);
        let entry = st.clone();
        let Some(body) = self.f.body.as_deref() else { return Summary::default() };
        self.block(body, &mut st);
        self.show(&st);
        if let Some(Some(r)) = self.returns.pop() {
            st.join(&r);
        }
        let ret = self.load(&st, &st.get(RET));
        let mut outs = Vec::new();
        for (i, p) in self.f.params.iter().enumerate() {
            let (before, after) = (entry.get(p.local), st.get(p.local));
            let writable = matches!(p.ty, TypeRef::RefMut(_)) || self.shared(&self.local_ty(p.local));
            if writable && !Arc::ptr_eq(&before, &after) && !before.same(&after) {
                outs.push((i as u32, after.data()));
            }
        }
        let mut arrivals: Vec<Arrival> =
            std::mem::take(&mut self.arrivals).into_iter().map(|(kind, data)| Arrival { kind, data }).collect();
        for ((fact, _), (kind, info)) in std::mem::take(&mut self.touches) {
            arrivals.push(Arrival { kind, data: Value::of(fact, info) });
        }
        let mut ret_plain = (*ret).clone();
        ret_plain.refs.clear();
        Summary {
            ret: Arc::new(ret_plain),
            outs,
            arrivals,
            closed: std::mem::take(&mut self.closed)
                .into_iter()
                .map(|((kind, fact), info)| Closed { kind, fact, info })
                .collect(),
            given: std::mem::take(&mut self.given),
            must: if st.dead { Must::default() } else { st.guards.clone() },
            diverges: st.dead,
            failed: false,
            limited: self.steps > crate::limits::FLOW_STEPS,
            calls: std::mem::take(&mut self.calls),
            field_texts: std::mem::take(&mut self.field_texts),
        }
    }

    /// `#[tracing::instrument]` logs every argument that it does not skip, and the fields it names.
    fn instrumented(&mut self, st: &mut State) {
        let f = self.f;
        let Some((_, args)) = f.attrs.iter().find(|(path, _)| path.rsplit("::").next() == Some("instrument")) else {
            return;
        };
        let parts = super::attribute::Instrument::parse(args);
        let mut data = V::default();
        for p in &f.params {
            let name = p.name.as_deref().unwrap_or("");
            if parts.skips(name) {
                continue;
            }
            let v = st.get(p.local);
            let ty = self.local_ty(p.local);
            data = join(&data, &self.view(&v, &ty, View::Debug, p.span, st));
        }
        for path in &parts.fields {
            let Some((first, rest)) = path.split_first() else { continue };
            let Some(p) = f.params.iter().find(|p| p.name.as_deref() == Some(first.as_str())) else { continue };
            let place = Place { base: p.local, path: rest.iter().map(|n| Sel::Field(n.as_str().into())).collect() };
            let v = self.read(&place, st);
            data = join(&data, &v);
        }
        let symbol: Name = "tracing::instrument".into();
        let (action, target) = match self.cx.seeds.sink_of(&symbol) {
            Some((a, t)) => (a, Tgt::Bound(t)),
            None => (Action::Keep, Tgt::Unbound(symbol.clone())),
        };
        let mut kind = self.kind(action, target, f.span, symbol, st);
        kind.view = Some(View::Debug);
        self.arrive(kind, data);
    }

    /// What a function bound to an audience returns is shown, with the guards of this return.
    fn show(&mut self, st: &State) {
        let Some(audience) = self.cx.seeds.audiences.get(&self.id).filter(|_| !st.dead) else { return };
        let ret = self.load(st, &st.get(RET));
        let kind = Kind {
            action: Action::Show,
            target: Tgt::Bound(*audience),
            at: At { func: self.id, span: self.ret_span, symbol: self.f.name.clone() },
            purpose: self.own,
            guards: st.guards.clone(),
            load: false,
            home: None,
            view: Some(View::Serialize),
        };
        self.arrive(kind, ret.data());
    }

    /// What is known of a parameter at the start.
    fn param(&mut self, i: u32, local: Local, span: Span, st: &mut State) -> V {
        let ty = self.local_ty(local);
        let empty: Arc<[Name]> = Arc::from([]);
        let mut v = Value {
            facts: vec![(Fact::new(Origin::Param(i, empty.clone())), Info::default())],
            texts: vec![Text { pieces: vec![TextPiece::Param(i, empty, None)], span: None }],
            ..Value::default()
        };
        if let Ty::Adt(t, _) = peel(self.cx.models, &ty) {
            v.adt = Some(*t);
        }
        if let Some(seed) = self.cx.seeds.params.get(&(self.id, i)) {
            self.add_entry(&mut v, *seed, span);
        }
        // Holding a value of this type is the guard; an `Option` of it is not.
        if let Ty::Adt(t, _) = &ty
            && let Some(g) = self.cx.seeds.guard_types.get(t)
        {
            st.guards.set.entry(*g).or_default();
        }
        Arc::new(v)
    }

    pub(super) fn add_entry(&self, v: &mut Value, seed: u32, span: Span) {
        let info = Info { path: Path::hop(self.id, span, What::Enters(seed)), ..Info::default() };
        v.add(Fact::new(Origin::Source(seed, span)), info);
    }

    pub(super) fn local_ty(&self, l: Local) -> Ty {
        self.typed.locals.get(l.0 as usize).cloned().unwrap_or_default()
    }

    /// Whether values of this type share their content when they are passed on.
    fn shared(&self, ty: &Ty) -> bool {
        match ty {
            Ty::Ext(n, _) => self.cx.models.type_model(n).is_some_and(|m| m.shared),
            _ => false,
        }
    }

    pub(super) fn purpose(&self) -> Option<(u32, Span)> {
        self.scopes.last().copied().or(self.own)
    }

    // ---- statements

    fn block(&mut self, stmts: &[Stmt], st: &mut State) {
        for s in stmts {
            if st.dead {
                return;
            }
            self.stmt(s, st);
        }
    }

    fn stmt(&mut self, stmt: &Stmt, st: &mut State) {
        match stmt {
            Stmt::Assign { dst, src, span } => {
                if dst.base == RET && self.active.is_empty() {
                    self.ret_span = *span;
                }
                let mut v = self.rvalue(src, dst, *span, st);
                if st.dead {
                    return;
                }
                if let (Rvalue::Use(Operand::Place(p)), false) = (src, is_temp(self.f, dst))
                    && !(p.is_whole() && dst.path.is_empty())
                {
                    self.touch(&v, *span, "", st);
                }
                if let Some(seed) = self.cx.seeds.locals.get(&(self.id, dst.base))
                    && dst.path.is_empty()
                {
                    let mut labelled = (*v).clone();
                    self.add_entry(&mut labelled, *seed, *span);
                    v = Arc::new(labelled);
                }
                self.assign(dst, &v, *span, st);
            }
            Stmt::If { cond, then, els, span } => {
                let mut other = st.clone();
                self.assume(cond, true, *span, st);
                self.assume(cond, false, *span, &mut other);
                self.block(then, st);
                self.block(els, &mut other);
                st.join(&other);
            }
            Stmt::Loop { label, body } => {
                let entry = st.clone();
                let mut head = st.clone();
                for _ in 0..MAX_ROUNDS {
                    self.slot(*label, None);
                    if let Some(c) = self.continues.get_mut(label.0 as usize) {
                        *c = None;
                    }
                    let mut round = head.clone();
                    self.block(body, &mut round);
                    let mut next = entry.clone();
                    next.join(&round);
                    if let Some(Some(c)) = self.continues.get(label.0 as usize) {
                        next.join(&c.clone());
                    }
                    next.join(&head);
                    if next.same(&head) {
                        break;
                    }
                    head = next;
                }
                *st = self.slot(*label, None).unwrap_or_else(|| State::unreached(self.f.locals.len()));
            }
            Stmt::Block { label, body } => {
                let outer = self.slot(*label, None);
                self.block(body, st);
                if let Some(b) = self.slot(*label, outer) {
                    st.join(&b);
                }
            }
            Stmt::Scope { annotation, body } => match self.cx.seeds.scopes.get(&(self.unit, *annotation)).copied() {
                Some(p) => {
                    self.scopes.push(p);
                    self.block(body, st);
                    self.scopes.pop();
                }
                None => self.block(body, st),
            },
            Stmt::Break(label) => {
                let joined = match self.slot(*label, None) {
                    Some(mut s) => {
                        s.join(st);
                        s
                    }
                    None => st.clone(),
                };
                self.slot(*label, Some(joined));
                *st = State::unreached(self.f.locals.len());
            }
            Stmt::Continue(label) => {
                if let Some(c) = self.continues.get_mut(label.0 as usize) {
                    match c {
                        Some(s) => s.join(st),
                        None => *c = Some(st.clone()),
                    }
                }
                *st = State::unreached(self.f.locals.len());
            }
            Stmt::Return => {
                if self.active.is_empty() {
                    self.show(st);
                }
                if let Some(r) = self.returns.last_mut() {
                    match r {
                        Some(s) => s.join(st),
                        None => *r = Some(st.clone()),
                    }
                }
                *st = State::unreached(self.f.locals.len());
            }
            Stmt::Unreachable => *st = State::unreached(self.f.locals.len()),
        }
    }

    /// Replaces the state collected for a label.
    fn slot(&mut self, label: LabelId, new: Option<State>) -> Option<State> {
        self.breaks.get_mut(label.0 as usize).and_then(|s| std::mem::replace(s, new))
    }

    /// The state where a condition holds, or does not.
    fn assume(&mut self, cond: &Cond, holds: bool, span: Span, st: &mut State) {
        match cond {
            Cond::True(op) => {
                let v = self.operand(op, st);
                if holds {
                    self.touch(&v, span, "", st);
                }
                if let Some(w) = &v.when {
                    let m = if holds { &w.yes } else { &w.no };
                    if m.all {
                        *st = State::unreached(self.f.locals.len());
                    } else {
                        st.guards.and(m);
                    }
                }
            }
            Cond::Is(place, test) => {
                let v = self.read(place, st);
                match test {
                    Test::Positive | Test::Negative => {
                        let positive = matches!(test, Test::Positive) == holds;
                        // What is `Ok` has no error in it, and the other way round.
                        if v.fields.iter().any(|(n, _)| n == "Err") && v.refs.is_empty() {
                            let narrowed = if positive {
                                let mut narrowed = (*v).clone();
                                narrowed.fields.retain(|(n, _)| n != "Err");
                                narrowed
                            } else {
                                let mut narrowed = Value { when: v.when.clone(), ..Value::default() };
                                narrowed.set_field("Err", v.field("Err"));
                                narrowed
                            };
                            self.write_ways(place, &Arc::new(narrowed), false, st);
                        }
                        // `Ok(false)` is positive: nothing follows for a guard inside.
                        let ty = self.place_ty(place);
                        let inner_bool = payload(self.cx.models, &ty).is_some_and(|t| *t == Ty::ext("bool"));
                        if let Some(w) = &v.when
                            && !inner_bool
                        {
                            let m = if positive { &w.yes } else { &w.no };
                            if m.all {
                                *st = State::unreached(self.f.locals.len());
                            } else {
                                st.guards.and(m);
                            }
                        }
                    }
                    Test::Path(p) => {
                        if let Some(Def::Variant(t, i)) = self.typed.paths.get(p.0 as usize).and_then(|r| r.def.clone())
                            && let Some((g, negated)) = self.cx.seeds.guard_variants.get(&(t, i))
                            && *negated != holds
                        {
                            let mut roots = BTreeSet::new();
                            v.roots(&mut roots);
                            st.guards.set.entry(*g).or_default().extend(roots);
                        }
                    }
                    Test::Literal => {}
                }
            }
            Cond::Unknown => {}
        }
    }

    // ---- places

    pub(super) fn place_ty(&self, place: &Place) -> Ty {
        let mut ty = self.local_ty(place.base);
        let mut variant = None;
        for sel in &place.path {
            (ty, variant) = self.step_ty(&ty, variant, sel);
        }
        ty
    }

    fn step_ty(&self, ty: &Ty, variant: Option<u32>, sel: &Sel) -> (Ty, Option<u32>) {
        let models = self.cx.models;
        match sel {
            Sel::Field(n) => {
                if self.is_wrapper_zero(ty, n) {
                    return (payload(models, ty).cloned().unwrap_or_default(), None);
                }
                (field_ty(self.cx.program, models, peel(models, ty), variant, n), None)
            }
            Sel::Index => (payload(models, ty).cloned().unwrap_or_default(), None),
            Sel::As(p) => match self.typed.paths.get(p.0 as usize).and_then(|r| r.def.as_ref()) {
                Some(Def::Variant(_, v)) => (peel(models, ty).clone(), Some(*v)),
                _ => (ty.clone(), None),
            },
            Sel::Err => (ty.args().get(1).cloned().unwrap_or_default(), None),
            Sel::Some => (content(ty).clone(), None),
            Sel::Deref => (ty.clone(), variant),
        }
    }

    /// `.0` of a transparent wrapper is the value itself.
    fn is_wrapper_zero(&self, ty: &Ty, name: &str) -> bool {
        name == "0" && crate::link::ty::is_tuple_wrapper(self.cx.models, ty)
    }

    /// The value, with what it borrows read as well.
    pub(super) fn load(&self, st: &State, v: &V) -> V {
        if v.refs.is_empty() {
            return v.clone();
        }
        let mut out = v.data();
        for (l, way) in v.refs.iter().take(8) {
            let mut part = st.get(*l);
            for w in way {
                if let Way1::Field(n) = w {
                    part = part.field(n);
                }
            }
            out = join(&out, &part.data());
        }
        out
    }

    /// The value of a place.
    pub(super) fn read(&mut self, place: &Place, st: &mut State) -> V {
        let mut v = st.get(place.base);
        let mut ty = self.local_ty(place.base);
        let mut variant: Option<u32> = None;
        for sel in &place.path {
            match sel {
                Sel::Field(n) if self.is_wrapper_zero(&ty, n) => v = self.load(st, &v),
                Sel::Field(n) => {
                    v = self.load(st, &v);
                    let mut owner = peel(self.cx.models, &ty).clone();
                    let known = field_ty(self.cx.program, self.cx.models, &owner, variant, n) != Ty::Unknown;
                    if !known && let Some((through, target)) = self.user_deref(&owner, &v, st) {
                        v = through;
                        owner = target;
                    }
                    v = self.field(&v, &owner, variant, n);
                    ty = field_ty(self.cx.program, self.cx.models, &owner, variant, n);
                    variant = None;
                    continue;
                }
                Sel::Err => v = self.load(st, &v).field("Err"),
                Sel::Deref | Sel::Index => v = self.load(st, &v),
                Sel::As(_) | Sel::Some => {}
            }
            (ty, variant) = self.step_ty(&ty, variant, sel);
        }
        v
    }

    /// `Deref` as the workspace writes it: the value and type behind it.
    fn user_deref(&mut self, ty: &Ty, v: &V, st: &mut State) -> Option<(V, Ty)> {
        let Ty::Adt(t, _) = ty else { return None };
        let i = *self.cx.program.impls_for(*t, "Deref").first()?;
        let f = self.cx.program.impl_method(i, "deref")?;
        let ret = self.cx.typed.get(f.0 as usize)?.ret.clone();
        let out = self.inline(f, std::slice::from_ref(v), self.f.span, st);
        Some((out, peel(self.cx.models, &ret).clone()))
    }

    /// A field of a value of a known type.
    pub(super) fn field(&self, v: &V, owner: &Ty, variant: Option<u32>, name: &Name) -> V {
        let key = field_name(self.cx.program, owner, variant, name);
        let part = v.field(&key);
        let Ty::Adt(t, _) = owner else { return part };
        let seed_key = (*t, variant, name.clone());
        let seeds = self.cx.seeds;
        let guard = seeds.guard_fields.get(&seed_key);
        let label = seeds.fields.get(&seed_key).filter(|_| v.unknown && !part.has_data());
        let mut out = (*part).clone();
        if let Some((g, negated)) = guard {
            let mut roots = BTreeSet::new();
            v.roots(&mut roots);
            let mut m = Must::default();
            m.set.insert(*g, roots);
            let when = if *negated { When { no: m, ..When::default() } } else { When { yes: m, ..When::default() } };
            out.when = Some(Box::new(when));
        }
        if let Some(seed) = label
            && let Some(entry) = seeds.entries.get(*seed as usize)
        {
            self.add_entry(&mut out, *seed, entry.span);
        }
        for text in &mut out.texts {
            if let [TextPiece::Param(_, _, field)] = text.pieces.as_mut_slice() {
                *field = Some((*t, name.clone()));
            }
        }
        if out.texts.is_empty() {
            out.texts.push(Text { pieces: vec![TextPiece::Field(*t, name.clone())], span: None });
        }
        if let Ty::Adt(inner, _) =
            peel(self.cx.models, &field_ty(self.cx.program, self.cx.models, owner, variant, name))
        {
            out.adt = Some(*inner);
        }
        Arc::new(out)
    }

    /// The places that a place may stand for, borrows followed, and whether a write there is weak.
    fn ways(&self, place: &Place, st: &State) -> (Vec<(Local, Way)>, bool) {
        let mut at: Vec<(Local, Way)> = vec![(place.base, Vec::new())];
        let mut weak = false;
        let mut ty = self.local_ty(place.base);
        let mut variant = None;
        for sel in &place.path {
            let mut next = Vec::new();
            for (l, way) in &at {
                let mut v = st.get(*l);
                for w in way {
                    if let Way1::Field(n) = w {
                        v = v.field(n);
                    }
                }
                if v.refs.is_empty() { next.push((*l, way.clone())) } else { next.extend(v.refs.iter().cloned()) }
            }
            weak |= next.len() > 1;
            at = next;
            let step = match sel {
                Sel::Field(n) if self.is_wrapper_zero(&ty, n) => None,
                Sel::Field(n) => Some(Way1::Field(field_name(self.cx.program, peel(self.cx.models, &ty), variant, n))),
                Sel::Index => Some(Way1::Element),
                Sel::Err => Some(Way1::Field("Err".into())),
                Sel::As(_) | Sel::Some | Sel::Deref => None,
            };
            if let Some(s) = step {
                for (_, way) in &mut at {
                    way.push(s.clone());
                }
            }
            (ty, variant) = self.step_ty(&ty, variant, sel);
        }
        (at, weak)
    }

    fn assign(&mut self, dst: &Place, v: &V, span: Span, st: &mut State) {
        if dst.path.is_empty() {
            st.set(dst.base, v.clone());
            return;
        }
        let mut v = v.clone();
        if let Some(Sel::Field(n)) = dst.path.last() {
            let owner_place = Place { base: dst.base, path: dst.path[..dst.path.len() - 1].to_vec() };
            let owner = peel(self.cx.models, &self.place_ty(&owner_place)).clone();
            v = self.put_in_field(&v, &owner, None, n, span);
        }
        self.write_ways(dst, &v, false, st);
    }

    /// Writes to a place, weakly where it may stand for several.
    pub(super) fn write_ways(&mut self, dst: &Place, v: &V, weak: bool, st: &mut State) {
        let (ways, several) = self.ways(dst, st);
        for (l, way) in ways {
            let have = st.get(l);
            // A write through a variable that borrows goes to what it borrows.
            if way.is_empty() && !have.refs.is_empty() {
                for (rl, rway) in have.refs.clone() {
                    let new = write(&st.get(rl), &rway, &v.data(), weak || have.refs.len() > 1, 0);
                    st.set(rl, new);
                }
                continue;
            }
            let new = write(&have, &way, v, weak || several, 0);
            st.set(l, new);
        }
    }

    /// A value as it is put into a field: a step of the path, and the field's own label where nothing better is
    /// known.
    fn put_in_field(&mut self, v: &V, owner: &Ty, variant: Option<u32>, name: &Name, span: Span) -> V {
        let Ty::Adt(t, _) = owner else { return v.clone() };
        for text in &v.texts {
            self.field_text(&(*t, name.clone()), text);
        }
        let label = self.cx.seeds.fields.get(&(*t, variant, name.clone()));
        if !v.has_data() && label.is_none() {
            return v.clone();
        }
        let hop = || {
            let ty = self.cx.program.type_def(*t).map(|d| d.name.clone()).unwrap_or_default();
            Path::hop(self.id, span, What::Field(format!("{ty}.{name}").into()))
        };
        let mut out = (*v.map_info(&|i| i.path = i.path.then(&hop()))).clone();
        let open = v.facts.iter().any(|(f, _)| fact_open(f));
        if let Some(seed) = label
            && (v.unknown || open)
        {
            let info = Info { path: Path::hop(self.id, span, What::Enters(*seed)), ..Info::default() };
            out.add(Fact::new(Origin::Declared(*seed, span)), info);
        }
        Arc::new(out)
    }

    /// Notes a text that a field is given: addresses travel in the fields of clients and states.
    pub(super) fn field_text(&mut self, key: &(TypeId, Name), text: &Text) {
        let own = |p: &TextPiece| matches!(p, TextPiece::Field(t, n) if *t == key.0 && *n == key.1);
        let useful = text.pieces.first().is_some_and(|p| match p {
            TextPiece::Lit(s) => s.contains("://"),
            TextPiece::Hole => false,
            _ => true,
        });
        if useful && !text.pieces.iter().any(own) && self.field_texts.len() < MAX_TOUCHES {
            self.field_texts.insert((key.clone(), text.clone()));
        }
    }

    // ---- values

    pub(super) fn operand(&mut self, op: &Operand, st: &mut State) -> V {
        match op {
            Operand::Place(p) => self.read(p, st),
            Operand::Lit(Lit::Str(s)) => Arc::new(Value::text(s, None)),
            Operand::Lit(Lit::Num(n)) => Arc::new(Value::text(n, None)),
            Operand::Lit(Lit::Bool(b)) => {
                let (yes, no) =
                    if *b { (Must::default(), Must::everything()) } else { (Must::everything(), Must::default()) };
                Arc::new(Value { when: Some(Box::new(When { yes, no })), ..Value::default() })
            }
            Operand::Lit(Lit::Unit) => V::default(),
            Operand::Path(id) => {
                let Some(res) = self.typed.paths.get(id.0 as usize) else { return V::default() };
                let mut v = Value::default();
                match (&res.def, res.rest.first()) {
                    (Some(Def::Const(c)), _) => return self.cx.consts.get(c).cloned().unwrap_or_default(),
                    (Some(Def::Func(f)), _) => v.callees.push(Callable::Func(*f)),
                    (Some(Def::Variant(t, i)), None) => {
                        v.callees.push(Callable::Ctor(*t, Some(*i)));
                        v.adt = Some(*t);
                    }
                    (Some(Def::Type(t)), None) => v.callees.push(Callable::Ctor(*t, None)),
                    (Some(Def::Type(t)), Some(n)) => {
                        v.callees.extend(self.cx.program.methods_of(*t, n).into_iter().map(Callable::Func));
                    }
                    (Some(Def::Ext(n)), _) => {
                        // `.map(Into::into)`, `.map(String::from)`.
                        let row = self.cx.models.find(n, 1).or_else(|| {
                            n.rsplit_once("::").and_then(|(_, m)| self.cx.models.find(&format!("_::{m}"), 1))
                        });
                        v.callees.extend(row.map(Callable::Row));
                    }
                    _ => {}
                }
                Arc::new(v)
            }
        }
    }

    fn rvalue(&mut self, src: &Rvalue, dst: &Place, span: Span, st: &mut State) -> V {
        match src {
            Rvalue::Use(op) => {
                let v = self.operand(op, st);
                if let (Operand::Lit(Lit::Str(_)), [text]) = (op, v.texts.as_slice()) {
                    let mut v = (*v).clone();
                    v.texts = vec![Text { pieces: text.pieces.clone(), span: Some(span) }];
                    return Arc::new(v);
                }
                v
            }
            Rvalue::RefMut(place) => {
                let (ways, _) = self.ways(place, st);
                let mut refs = ways;
                // Borrowing what already borrows.
                if let [(l, way)] = refs.as_slice()
                    && way.is_empty()
                    && !st.get(*l).refs.is_empty()
                {
                    refs = st.get(*l).refs.clone();
                }
                refs.sort();
                Arc::new(Value { refs, ..Value::default() })
            }
            Rvalue::Not(op) => {
                let v = self.operand(op, st);
                match &v.when {
                    Some(w) => Arc::new(Value {
                        when: Some(Box::new(When { yes: w.no.clone(), no: w.yes.clone() })),
                        ..Value::default()
                    }),
                    None => V::default(),
                }
            }
            Rvalue::Neg(op) => self.derived(&[op], span, st),
            Rvalue::Cast(op, _) => {
                let v = self.operand(op, st);
                self.load(st, &v)
            }
            Rvalue::Binary(BinOp::Compare(_), a, b) => {
                for op in [a, b] {
                    let v = self.operand(op, st);
                    self.touch(&v, span, "", st);
                }
                V::default()
            }
            Rvalue::Binary(BinOp::Arith, a, b) => {
                let (x, y) = (self.operand(a, st), self.operand(b, st));
                let mut v = (*self.derived(&[a, b], span, st)).clone();
                v.texts = concat(&[x.texts.clone(), y.texts.clone()]);
                Arc::new(v)
            }
            Rvalue::Aggregate { kind, fields, base } => self.aggregate(kind, fields, base.as_ref(), dst, span, st),
            Rvalue::Err(op) => {
                let v = self.operand(op, st);
                let v = self.load(st, &v).data();
                let mut out = Value {
                    when: Some(Box::new(When { yes: Must::everything(), no: Must::default() })),
                    ..Value::default()
                };
                if v.has_data() {
                    out.set_field("Err", v);
                }
                Arc::new(out)
            }
            Rvalue::Positive(_, op) => {
                let v = self.operand(op, st);
                if v.when.is_some() {
                    return v;
                }
                let mut v = (*v).clone();
                v.when = Some(Box::new(When { yes: Must::default(), no: Must::everything() }));
                Arc::new(v)
            }
            Rvalue::Negative => Arc::new(Value {
                when: Some(Box::new(When { yes: Must::everything(), no: Must::default() })),
                ..Value::default()
            }),
            Rvalue::Elem(op) => {
                let v = self.operand(op, st);
                let ty = match op {
                    Operand::Place(p) => self.place_ty(p),
                    _ => Ty::Unknown,
                };
                let map = match peel_outer(&ty) {
                    Ty::Ext(n, _) => crate::link::ty::is_map(n),
                    Ty::Unknown => true,
                    _ => false,
                };
                if map && v.fields.iter().any(|(n, _)| n == "key") {
                    let v = self.load(st, &v);
                    let mut value = (*v).clone();
                    value.fields.retain(|(n, _)| n != "key");
                    let mut pair = Value::default();
                    pair.set_field("0", v.field("key"));
                    pair.set_field("1", Arc::new(value));
                    return Arc::new(pair);
                }
                v
            }
            Rvalue::Closure(c) => Arc::new(Value { callees: vec![Callable::Closure(*c)], ..Value::default() }),
            Rvalue::Call { callee, args, spans, site } => self.call(callee, args, spans, *site, span, st),
            Rvalue::Format(pieces) => self.format(pieces, span, st),
            Rvalue::Test(cond) => self.test(cond, st),
            Rvalue::Opaque(ops) => {
                let refs: Vec<&Operand> = ops.iter().collect();
                let v = self.derived(&refs, span, st);
                super::summary::doubt(&v, Confidence::Possible)
            }
        }
    }

    fn test(&mut self, cond: &Cond, st: &mut State) -> V {
        let (mut yes, mut no) = (st.clone(), st.clone());
        self.assume(cond, true, self.f.span, &mut yes);
        self.assume(cond, false, self.f.span, &mut no);
        let when = When { yes: yes.guards, no: no.guards };
        Arc::new(Value { when: Some(Box::new(when)), ..Value::default() })
    }

    /// Something computed from these.
    fn derived(&mut self, ops: &[&Operand], span: Span, st: &mut State) -> V {
        let mut out = Value::default();
        for op in ops {
            let v = self.operand(op, st);
            let v = self.load(st, &v);
            self.touch(&v, span, "", st);
            v.flatten_into(View::Display, &mut out);
            out.unknown |= v.unknown;
        }
        for (_, i) in &mut out.facts {
            i.derived = true;
        }
        Arc::new(out)
    }

    fn format(&mut self, pieces: &[Piece], _span: Span, st: &mut State) -> V {
        let mut out = Value::default();
        let mut texts: Vec<Vec<Text>> = Vec::new();
        for piece in pieces {
            match piece {
                Piece::Text(s) => {
                    texts.push(vec![Text { pieces: vec![TextPiece::Lit(s.as_str().into())], span: None }])
                }
                Piece::Arg(op, view, at) => {
                    let v = self.operand(op, st);
                    let v = self.load(st, &v);
                    self.touch(&v, *at, "", st);
                    texts.push(v.texts.clone());
                    let ty = match op {
                        Operand::Place(p) => self.place_ty(p),
                        _ => Ty::Unknown,
                    };
                    let v = self.view(&v, &ty, *view, *at, st);
                    let mut flat = Value::default();
                    v.flatten_into(*view, &mut flat);
                    for (f, mut i) in flat.facts {
                        i.path = i.path.then(&Path::hop(self.id, *at, What::Formatted));
                        i.derived = true;
                        out.add(f, i);
                    }
                }
            }
        }
        out.texts = concat(&texts);
        Arc::new(out)
    }

    /// A value as its own code prints or serialises it.
    pub(super) fn view(&mut self, v: &V, ty: &Ty, view: View, span: Span, st: &mut State) -> V {
        self.view_depth(v, ty, view, span, st, 0)
    }

    fn view_depth(&mut self, v: &V, ty: &Ty, view: View, span: Span, st: &mut State, depth: u32) -> V {
        let peeled = peel(self.cx.models, ty).clone();
        // A library type that shows nothing of what it holds (`SecretString`).
        if view == View::Debug
            && let Ty::Ext(n, _) = &peeled
            && let Some(row) = self.cx.models.find(&format!("{n}::fmt"), 2).and_then(|r| self.cx.models.row(r))
            && row.effects.is_empty()
        {
            return V::default();
        }
        let (t, args) = match (&peeled, v.adt) {
            (Ty::Adt(t, a), _) => (*t, a.clone()),
            (_, Some(t)) => (t, Arc::from([])),
            _ => return v.clone(),
        };
        if depth > 4 {
            return v.clone();
        }
        let trait_name = match view {
            View::Display => "Display",
            View::Debug => "Debug",
            View::Serialize => "Serialize",
        };
        let method = if view == View::Serialize { "serialize" } else { "fmt" };
        if let Some(i) = self.cx.program.impls_for(t, trait_name).first().copied()
            && let Some(f) = self.cx.program.impl_method(i, method)
        {
            return self.printed(f, v, span, st);
        }
        let Some(def) = self.cx.program.type_def(t) else { return v.clone() };
        // `#[error("..")]`: what the message names, and nothing else.
        let fields: Vec<(Option<u32>, Name, bool)> = match &def.kind {
            TypeKind::Struct(fs) => fs.iter().map(|f| (None, f.name.clone(), f.attrs.serde_skip)).collect(),
            TypeKind::Enum(vs) => vs
                .iter()
                .enumerate()
                .flat_map(|(i, v)| v.fields.iter().map(move |f| (Some(i as u32), f.name.clone(), f.attrs.serde_skip)))
                .collect(),
            TypeKind::Alias(_) => return v.clone(),
        };
        let owner = Ty::Adt(t, args);
        let mut out: Option<Value> = None;
        for (variant, name, skip) in fields {
            let key = field_name(self.cx.program, &owner, variant, &name);
            let hidden =
                skip && view == View::Serialize || view == View::Display && !display_names(def, variant, &name);
            let shown = if hidden {
                Some(V::default())
            } else {
                let part = v.field(&key);
                let part_ty = field_ty(self.cx.program, self.cx.models, &owner, variant, &name);
                let part_adt = matches!(peel(self.cx.models, &part_ty), Ty::Adt(..) | Ty::Ext(..)) && part.has_data();
                if part_adt {
                    let seen = self.view_depth(&part, &part_ty, view, span, st, depth + 1);
                    if Arc::ptr_eq(&seen, &part) { None } else { Some(seen) }
                } else {
                    None
                }
            };
            if let Some(s) = shown {
                out.get_or_insert_with(|| (**v).clone()).set_field(&key, s);
            }
        }
        out.map_or_else(|| v.clone(), Arc::new)
    }

    /// What a hand-written `fmt` or `serialize` writes: data that reaches its second parameter.
    fn printed(&mut self, f: FuncId, v: &V, span: Span, st: &mut State) -> V {
        let args = [v.clone(), V::default()];
        let Some(summary) = self.summary(f) else { return V::default() };
        let actual = super::summary::Actual {
            params: &args,
            called: BTreeMap::new(),
            hop: Path::hop(self.id, span, What::Into(f)),
        };
        let mut out = actual.value(&summary.ret);
        for (i, o) in &summary.outs {
            if *i == 1 {
                out = join(&out, &actual.value(o));
            }
        }
        let _ = st;
        out
    }

    pub(super) fn summary(&self, f: FuncId) -> Option<Arc<Summary>> {
        self.cx.summaries.get(f.0 as usize).cloned().flatten()
    }

    fn aggregate(
        &mut self,
        kind: &Aggregate,
        fields: &[(Option<Name>, Operand, Span)],
        base: Option<&Operand>,
        dst: &Place,
        _span: Span,
        st: &mut State,
    ) -> V {
        let mut out = match base {
            Some(op) => {
                let v = self.operand(op, st);
                (*self.load(st, &v).data()).clone()
            }
            None => Value::default(),
        };
        let (owner, variant) = match kind {
            Aggregate::Adt(path) => match self.typed.paths.get(path.0 as usize).and_then(|r| r.def.clone()) {
                Some(Def::Type(t)) => (Ty::Adt(t, Arc::from([])), None),
                Some(Def::Variant(t, i)) => (Ty::Adt(t, Arc::from([])), Some(i)),
                _ => (Ty::Unknown, None),
            },
            _ => (Ty::Unknown, None),
        };
        for (name, op, at) in fields {
            let v = self.operand(op, st);
            self.touch(&v, *at, "", st);
            match (kind, name) {
                (Aggregate::List, _) | (_, None) => {
                    let v = self.load(st, &v);
                    let mut items = std::mem::take(&mut out.items);
                    items.push(v.clone());
                    out = (*join(&Arc::new(out), &v)).clone();
                    if *kind == Aggregate::List && fields.len() <= MAX_ITEMS {
                        out.items = items;
                    }
                }
                (_, Some(n)) => {
                    let v = if v.refs.is_empty() { v } else { v.clone() };
                    let v = self.put_in_field(&v, &owner, variant, n, *at);
                    out.set_field(&field_name(self.cx.program, &owner, variant, n), v);
                }
            }
        }
        if let Ty::Adt(t, _) = owner {
            out.adt = Some(t);
            self.type_label(&mut out, t, dst);
        }
        Arc::new(out)
    }

    /// A type bound to a category: every value of it carries the label.
    pub(super) fn type_label(&self, out: &mut Value, t: TypeId, _dst: &Place) {
        if let Some(seed) = self.cx.seeds.types.get(&t)
            && let Some(entry) = self.cx.seeds.entries.get(*seed as usize)
        {
            let info = Info { path: Path::hop(self.id, entry.span, What::Enters(*seed)), ..Info::default() };
            out.add(Fact::new(Origin::Declared(*seed, entry.span)), info);
        }
    }

    /// A value of unknown origin: the labelled fields of its type are entries.
    pub(super) fn fresh(&self, ty: &Ty, span: Span) -> V {
        fresh(self.cx, self.id, ty, span, 0)
    }

    // ---- callables

    /// Calls whatever a value may call.
    pub(super) fn call_value(&mut self, callee: &V, args: &[V], span: Span, maybe: bool, st: &mut State) -> V {
        let callee = self.load(st, callee);
        // Not joined with an empty value: what its truth tells would be lost.
        let mut out: Option<V> = None;
        let mut add = |v: V| {
            out = Some(match out.take() {
                Some(have) => join(&have, &v),
                None => v,
            });
        };
        let mut known = false;
        for c in callee.callees.iter().take(8) {
            known = true;
            let v = match c {
                Callable::Closure(id) => self.closure(*id, args, maybe, st),
                Callable::Func(f) => self.inline(*f, args, span, st),
                Callable::Ctor(t, i) => self.construct(*t, *i, args, span),
                Callable::Row(row) => self.row_value(*row, args, span, st),
                Callable::Sql(..) => V::default(),
            };
            add(v);
        }
        // A callable that the caller gave.
        let open: Vec<(Fact, Info)> =
            callee.facts.iter().filter(|(f, _)| fact_open(f) && f.deep.is_none()).cloned().collect();
        if !open.is_empty() {
            known = true;
            let v = Arc::new(Value { facts: open, ..Value::default() });
            let args: Vec<V> = args.iter().map(|a| self.load(st, a)).collect();
            let n = self.given_call(v, args, span, st);
            let mut result = Value::default();
            result.add(Fact::new(Origin::Called(n, Arc::from([]))), Info::default());
            add(Arc::new(result));
        }
        if !known {
            let mut flat = Value { unknown: true, ..Value::default() };
            for a in args {
                self.load(st, a).flatten_into(View::Display, &mut flat);
            }
            for (_, i) in &mut flat.facts {
                i.derived = true;
                i.confidence = Confidence::Possible;
            }
            add(Arc::new(flat));
        }
        out.unwrap_or_default()
    }

    fn given_call(&mut self, callee: V, args: Vec<V>, span: Span, st: &State) -> u32 {
        let key = (span, self.active.last().map_or(u32::MAX, |c| c.0));
        if let Some(n) = self.given_at.get(&key).copied() {
            if let Some(g) = self.given.get_mut(n as usize) {
                g.args = g.args.iter().zip(&args).map(|(a, b)| join(a, b)).collect();
                g.guards.or(&st.guards);
            }
            return n;
        }
        let n = self.given.len() as u32;
        self.given.push(GivenCall { callee, args, span, guards: st.guards.clone() });
        self.given_at.insert(key, n);
        n
    }

    /// Runs a closure here. With `maybe`, it may also not run at all.
    pub(super) fn closure(&mut self, id: ClosureId, args: &[V], maybe: bool, st: &mut State) -> V {
        let Some(def) = self.f.closures.get(id.0 as usize) else { return V::default() };
        if self.active.len() >= MAX_CLOSURES || self.active.contains(&id) {
            return V::default();
        }
        let before = if maybe { Some(st.clone()) } else { None };
        for (i, l) in def.params.iter().enumerate() {
            st.set(*l, args.get(i).cloned().unwrap_or_default());
        }
        self.active.push(id);
        self.returns.push(None);
        self.block(&def.body, st);
        if let Some(Some(r)) = self.returns.pop() {
            st.join(&r);
        }
        self.active.pop();
        let out = st.get(def.ret);
        if let Some(b) = before {
            st.join(&b);
        }
        out
    }

    /// A value of a type, from its constructor's arguments.
    pub(super) fn construct(&mut self, t: TypeId, variant: Option<u32>, args: &[V], span: Span) -> V {
        let owner = Ty::Adt(t, Arc::from([]));
        let mut out = Value { adt: Some(t), ..Value::default() };
        for (i, a) in args.iter().enumerate() {
            let name: Name = i.to_string().into();
            let v = self.put_in_field(a, &owner, variant, &name, span);
            out.set_field(&field_name(self.cx.program, &owner, variant, &name), v);
        }
        self.type_label(&mut out, t, &Place::from(RET));
        Arc::new(out)
    }

    // ---- arrivals

    /// Code touches a value: its own data is used here.
    pub(super) fn touch(&mut self, v: &V, span: Span, symbol: &str, st: &State) {
        if v.facts.is_empty() && v.refs.is_empty() {
            return;
        }
        let v = self.load(st, v);
        for (fact, info) in &v.facts {
            if fact.deep.is_some() && fact_open(fact) || matches!(fact.origin, Origin::Declared(..)) {
                continue;
            }
            let kind = Kind {
                action: Action::Use,
                target: Tgt::Code,
                at: At { func: self.id, span, symbol: symbol.into() },
                purpose: self.purpose(),
                guards: st.guards.clone(),
                load: false,
                home: None,
                view: None,
            };
            if fact_open(fact) {
                self.open_touch(fact, kind, info);
            } else {
                self.close(kind, fact.clone(), info.clone());
            }
        }
    }

    /// A use that depends on the caller; the first place is kept, guards must hold at all.
    pub(super) fn open_touch(&mut self, fact: &Fact, kind: Kind, info: &Info) {
        let key = (fact.clone(), kind.purpose);
        if let Some((have, _)) = self.touches.get_mut(&key) {
            have.guards.or(&kind.guards);
        } else if self.touches.len() < MAX_TOUCHES {
            self.touches.insert(key, (kind, info.clone()));
        }
    }

    /// Notes a flow whose entry is known.
    pub(super) fn close(&mut self, kind: Kind, fact: Fact, info: Info) {
        match self.closed.entry((kind, fact)) {
            std::collections::btree_map::Entry::Vacant(e) => {
                e.insert(info);
            }
            std::collections::btree_map::Entry::Occupied(mut e) => {
                let have = e.get_mut();
                if (info.confidence, std::cmp::Reverse(info.path.len()))
                    > (have.confidence, std::cmp::Reverse(have.path.len()))
                {
                    have.confidence = info.confidence;
                    have.path = info.path;
                }
                have.derived &= info.derived;
                have.guards = have.guards.intersection(&info.guards).copied().collect();
            }
        }
    }

    /// Data arrives: what is known becomes a flow, what depends on the caller goes into the summary.
    pub(super) fn arrive(&mut self, kind: Kind, data: V) {
        if !data.has_data() {
            return;
        }
        if target_open(&kind.target) {
            self.keep_open(kind, data);
            return;
        }
        let mut leaves = Vec::new();
        closed_leaves(&data, false, &|v, n| skipped(self.cx.program, kind.view, v, n), &mut leaves);
        for (fact, info) in leaves {
            self.close(kind.clone(), fact, info);
        }
        if value_open(&data) {
            self.keep_open(kind, open_part(&data));
        }
    }

    fn keep_open(&mut self, kind: Kind, data: V) {
        match self.arrivals.get_mut(&kind) {
            Some(have) => *have = join(have, &data),
            None => {
                self.arrivals.insert(kind, data);
            }
        }
    }

    pub(super) fn called(&mut self, f: FuncId, guards: &Must, span: Span) {
        self.calls
            .entry((f, self.scopes.last().copied()))
            .and_modify(|(m, _)| m.or(guards))
            .or_insert_with(|| (guards.clone(), span));
    }

    pub(super) fn guard_value(&self, seed: GuardSeed, args: &[V], st: &State) -> When {
        let mut roots = BTreeSet::new();
        for a in args {
            self.load(st, a).roots(&mut roots);
        }
        let mut m = Must::default();
        m.set.insert(seed.0, roots);
        if seed.1 { When { no: m, ..When::default() } } else { When { yes: m, ..When::default() } }
    }
}

/// The type behind references and locks, collections left as they are.
fn peel_outer(ty: &Ty) -> &Ty {
    let mut t = ty;
    while let Ty::Ext(n, args) = t
        && matches!(n.as_str(), "Arc" | "Rc" | "Box" | "Result" | "Option" | "Mutex" | "RwLock" | "MutexGuard")
        && let Some(inner) = args.first()
    {
        t = inner;
    }
    t
}

/// A value of unknown origin of a type: its labelled fields are entries.
#[must_use]
pub fn fresh(cx: Cx<'_>, func: FuncId, ty: &Ty, span: Span, depth: usize) -> V {
    let mut out = Value { unknown: depth == 0, ..Value::default() };
    let parts: Vec<(Name, V)> = match peel(cx.models, ty) {
        Ty::Adt(t, _) if !cx.carrying.contains(t) => {
            out.adt = Some(*t);
            Vec::new()
        }
        Ty::Adt(t, args) => {
            out.adt = Some(*t);
            if let Some(seed) = cx.seeds.types.get(t) {
                let info = Info { path: Path::hop(func, span, What::Enters(*seed)), ..Info::default() };
                out.add(Fact::new(Origin::Source(*seed, span)), info);
            }
            let owner = Ty::Adt(*t, args.clone());
            let fields: Vec<(Option<u32>, Name, Span)> = match cx.program.type_def(*t).map(|d| &d.kind) {
                Some(TypeKind::Struct(fs)) => fs.iter().map(|f| (None, f.name.clone(), f.span)).collect(),
                Some(TypeKind::Enum(vs)) => vs
                    .iter()
                    .enumerate()
                    .flat_map(|(i, v)| v.fields.iter().map(move |f| (Some(i as u32), f.name.clone(), f.span)))
                    .collect(),
                _ => Vec::new(),
            };
            fields
                .into_iter()
                .filter_map(|(variant, name, at)| {
                    let mut v = if depth < 3 {
                        let inner = field_ty(cx.program, cx.models, &owner, variant, &name);
                        (*fresh(cx, func, &inner, at, depth + 1)).clone()
                    } else {
                        Value::default()
                    };
                    if let Some(seed) = cx.seeds.fields.get(&(*t, variant, name.clone())) {
                        let info = Info { path: Path::hop(func, at, What::Enters(*seed)), ..Info::default() };
                        v.add(Fact::new(Origin::Source(*seed, at)), info);
                    }
                    v.has_data().then(|| (field_name(cx.program, &owner, variant, &name), Arc::new(v)))
                })
                .collect()
        }
        Ty::Tuple(ts) if depth < 3 => ts
            .iter()
            .enumerate()
            .map(|(i, t)| (Name::from(i.to_string()), fresh(cx, func, t, span, depth + 1)))
            .filter(|(_, v)| v.has_data())
            .collect(),
        _ => Vec::new(),
    };
    for (n, v) in parts {
        out.set_field(&n, v);
    }
    Arc::new(out)
}

/// The name of a field inside a value: variants are part of it.
#[must_use]
pub fn field_name(p: &Program, owner: &Ty, variant: Option<u32>, name: &Name) -> Name {
    match (owner, variant) {
        (Ty::Adt(t, _), Some(v)) => match p.type_def(*t).map(|d| &d.kind) {
            Some(TypeKind::Enum(vs)) => match vs.get(v as usize) {
                Some(v) => format!("{}.{name}", v.name).into(),
                None => name.clone(),
            },
            _ => name.clone(),
        },
        _ => name.clone(),
    }
}

/// Whether serialisation leaves a field of a value out.
#[must_use]
pub fn skipped(p: &Program, view: Option<View>, v: &Value, field: &Name) -> bool {
    if view != Some(View::Serialize) {
        return false;
    }
    let Some(def) = v.adt.and_then(|t| p.type_def(t)) else { return false };
    match &def.kind {
        TypeKind::Struct(fs) => fs.iter().any(|f| f.name == *field && f.attrs.serde_skip),
        _ => false,
    }
}

/// Whether a type's `Display` message names a field; types without a message show everything.
fn display_names(def: &crate::ir::items::TypeDef, variant: Option<u32>, field: &str) -> bool {
    let message = match (&def.kind, variant) {
        (TypeKind::Enum(vs), Some(v)) => vs.get(v as usize).and_then(|v| v.display.as_deref()),
        _ => def.display.as_deref(),
    };
    let Some(message) = message else { return true };
    let bytes = message.as_bytes();
    message.match_indices('{').any(|(i, _)| {
        let rest = message.get(i + 1..).unwrap_or("");
        let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        bytes.get(i + 1) != Some(&b'{') && (name == field || name.is_empty())
    }) || message == "transparent"
}

/// Texts one after the other.
#[must_use]
pub fn concat(parts: &[Vec<Text>]) -> Vec<Text> {
    let mut out = vec![Text { pieces: Vec::new(), span: None }];
    for part in parts {
        let mut next = Vec::new();
        for have in &out {
            if part.is_empty() {
                let mut pieces = have.pieces.clone();
                if pieces.last() != Some(&TextPiece::Hole) {
                    pieces.push(TextPiece::Hole);
                }
                next.push(Text { pieces, span: None });
            }
            for alternative in part {
                if next.len() < super::value::MAX_TEXTS {
                    let mut pieces = have.pieces.clone();
                    pieces.extend(alternative.pieces.iter().cloned());
                    next.push(Text { pieces, span: None });
                }
            }
        }
        out = next;
    }
    out
}

fn is_temp(f: &Func, place: &Place) -> bool {
    place.path.is_empty() && place.base != RET && f.locals.get(place.base.0 as usize).is_some_and(|l| l.name.is_none())
}

fn count_labels(stmts: &[Stmt], n: &mut u32) {
    for s in stmts {
        match s {
            Stmt::Loop { label, body } | Stmt::Block { label, body } => {
                *n = (*n).max(label.0 + 1);
                count_labels(body, n);
            }
            Stmt::If { then, els, .. } => {
                count_labels(then, n);
                count_labels(els, n);
            }
            Stmt::Scope { body, .. } => count_labels(body, n),
            _ => {}
        }
    }
}
