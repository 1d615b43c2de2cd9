//! Cells: what is written through shared references and seen by all who share it. Locks, statics, channels.
//!
//! A value that gives access to a cell carries [`Origin::Cell`]; what it holds is a value of its own. As long as only
//! this function knows a cell, its content is part of the state and follows the order of the statements. Once others
//! can reach it, it *escaped*: writes are noted in the summary, reads give [`Origin::Held`], and both meet when all
//! functions are done (see [`super::settle`]).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::beside::{beside, is_key, without};
use super::callee::Callable;
use super::calls::{Arg, Called};
use super::far::{names, symbolic_places};
use super::interp::Interp;
use super::must::Must;
use super::sharing::message;
use super::state::State;
use super::summary::{HandedOut, Summary};
use super::text::{Shelf, Text};
use super::value::{Base, Fact, Info, MAX_NEST, Many, Origin, V, Value, Way, Way1, join, many, write};
use super::writers::listed_at;
use crate::ir::Name;
use crate::ir::items::TypeKind;
use crate::link::program::{ConstId, FuncId, Program, TypeId};
use crate::link::ty::{Ty, field_ty, payload};
use crate::model::{Effect, ModelSet};
use crate::source::Span;

/// Which cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cell {
    /// A static.
    Static(ConstId),
    /// Made by this call; the number tells the cells of one call apart.
    Made(Span, u32),
    /// What is returned by the callables that a cell holds, where they are called.
    Called(Span),
    /// An argument that the callables are given there.
    Given(Span, u32),
    /// An argument that is lent to a callable for one call.
    Lent(Span, u32),
    /// In a field, by its position, of every value of a struct: of shared state, or the end of a channel whose making
    /// is out of sight.
    Field(TypeId, u32),
    /// Any channel of messages of this type: where it is not known which.
    Messages(TypeId),
    /// What a function, or the first of functions that call each other, writes to so many places that they are not told
    /// apart: they all have what this one has.
    Pool(FuncId),
    /// Behind a parameter, of handlers that all get the same: the number of its type in [`super::sharing::Sharing`].
    Behind(u32),
    /// What others have put where it is found by its type: the number of that in [`super::sharing::Sharing`].
    Found(u32),
}

impl Cell {
    /// As it is named in a step of a path.
    pub(super) fn name(&self, p: &Program) -> Name {
        let of = |t: TypeId| p.type_def(t).map(|d| d.name.clone()).unwrap_or_default();
        match self {
            Cell::Static(c) => p.const_def(*c).map(|c| format!("`{}`", c.name)).unwrap_or_default().into(),
            Cell::Made(..) | Cell::Called(_) | Cell::Given(..) | Cell::Lent(..) | Cell::Pool(_) => {
                "what is shared".into()
            }
            Cell::Field(t, n) => format!("`{}.{}`", of(*t), field(p, *t, *n)).into(),
            Cell::Messages(t) => format!("a channel of `{}`", of(*t)).into(),
            Cell::Behind(_) | Cell::Found(_) => "shared state".into(),
        }
    }
}

impl Cell {
    /// A place in the code to show for it.
    pub(super) fn span(self, p: &Program) -> Span {
        let nowhere = Span::new(crate::source::FileId(0), 0, 0);
        match self {
            Cell::Made(at, _) | Cell::Given(at, _) | Cell::Lent(at, _) | Cell::Called(at) => at,
            Cell::Static(c) => p.const_def(c).map_or(nowhere, |c| c.span),
            Cell::Field(t, _) | Cell::Messages(t) => p.type_def(t).map_or(nowhere, |t| t.span),
            Cell::Pool(f) => p.func(f).map_or(nowhere, |f| f.span),
            Cell::Behind(_) | Cell::Found(_) => nowhere,
        }
    }
}

/// The name of a field of a struct.
fn field(p: &Program, t: TypeId, n: u32) -> &str {
    match p.type_def(t).map(|d| &d.kind) {
        Some(TypeKind::Struct(fields)) => fields.get(n as usize).map_or("", |f| f.name.as_str()),
        _ => "",
    }
}

/// What places hold that are borrowed, by how many borrows lead there.
type Lent = BTreeMap<(usize, Base, Way), V>;

/// A part of a value.
pub(super) fn part(v: &V, way: &[Way1]) -> V {
    way.iter().fold(v.clone(), |v, w| match w {
        Way1::Field(n) => v.field(n),
        Way1::Element => v,
        Way1::Value(keys) if v.fields.iter().any(|(n, _)| is_key(n)) => without(&v, &[keys]),
        Way1::Value(_) => v,
    })
}

/// A value that is access to a cell.
#[must_use]
pub fn access(cell: Cell) -> V {
    Value::of(Fact::new(Origin::Cell(cell)), Info::default())
}

/// A value as a cell holds it: through a queue or a store, neither what was established of a value travels nor whose
/// it is.
#[must_use]
pub(super) fn stored(v: &V) -> V {
    v.map_info(&|i| {
        i.guards = Must::default();
        i.whose = None;
        i.read = None;
    })
}

/// The value with what it has of some cells told of one of them, which holds without parts what they all do.
#[must_use]
pub(super) fn told_of_one(v: &V, one: Cell, among: &dyn Fn(Cell) -> bool) -> V {
    let of_others = |f: &Fact| match &f.origin {
        Origin::Held(c, way) => (*c != one || !way.is_empty()) && among(*c) && !way.iter().any(|n| beside(n)),
        _ => false,
    };
    v.changed(&of_others, &|fact, info| (Fact { origin: Origin::Held(one, Arc::from([])), ..fact }, info))
}

/// What the initialiser of a static puts into it.
pub(super) fn initial(summary: &Summary) -> V {
    fn without(v: &V, made: &BTreeMap<Cell, HandedOut>) -> V {
        let mut out = (**v).clone();
        out.facts.retain(|(f, _)| !matches!(&f.origin, Origin::Cell(c) if made.contains_key(c)));
        for (_, part) in &mut out.fields {
            *part = without(part, made);
        }
        Arc::new(out)
    }
    // The cells that it makes are the static itself.
    stored(&without(&summary.ret, &summary.cells))
}

/// The texts that are in it.
pub(super) fn initial_texts(summary: &Summary) -> impl Iterator<Item = &Text> {
    let made = summary.cells.values().flat_map(|made| &made.content.texts);
    summary.ret.texts.iter().chain(made)
}

/// Access to cells, in values.
impl Value {
    /// Whether it gives access to a cell. (Such facts are the last ones.)
    #[must_use]
    pub fn is_cell(&self) -> bool {
        self.facts.last().is_some_and(|(f, _)| f.is_access())
    }

    /// The cells to which it gives access, its parts aside.
    pub fn cells(&self) -> impl Iterator<Item = Cell> {
        self.facts.iter().filter_map(|(f, _)| if let Origin::Cell(c) = f.origin { Some(c) } else { None })
    }

    /// The cells to which it or a part of it gives access, and those that its closures took along.
    pub fn all_cells(&self, out: &mut BTreeSet<Cell>) {
        out.extend(self.cells());
        for v in self.fields.iter().map(|(_, v)| v).chain(self.taken().flat_map(|t| &t.with)) {
            v.all_cells(out);
        }
    }

    /// Whether it or a part of it borrows a place, gives access to a cell or is a closure of the function at hand.
    #[must_use]
    pub fn reaches(&self) -> bool {
        let closure = |c: &Callable| matches!(c, Callable::Closure(_));
        !self.refs.is_empty()
            || self.is_cell()
            || self.callees.iter().any(closure)
            || self.fields.iter().any(|(_, v)| v.reaches())
    }

    /// Whether nothing in it would be worth keeping for others: no data, no cell, nothing to call.
    #[must_use]
    pub fn says_nothing(&self) -> bool {
        self.facts.iter().all(|(f, _)| f.origin == Origin::Bare)
            && self.callees.is_empty()
            && self.fields.iter().all(|(_, v)| v.says_nothing())
    }

    /// Of what is access to a cell nothing but that: what the cell holds is told by it.
    #[must_use]
    pub fn links(self: &Arc<Self>) -> V {
        if self.is_cell() {
            let facts = self.facts.iter().filter(|(f, _)| f.is_access()).cloned().collect();
            return Arc::new(Value { facts, ..Value::default() });
        }
        if !self.fields.iter().any(|(_, v)| v.reaches()) {
            return self.clone();
        }
        let mut out = (**self).clone();
        for (_, v) in &mut out.fields {
            *v = v.links();
        }
        Arc::new(out)
    }

    /// The content alone, without access to the cell that it is in.
    #[must_use]
    pub fn without_cells(self: &Arc<Self>) -> V {
        if !self.is_cell() {
            return self.clone();
        }
        let mut out = (**self).clone();
        out.facts.retain(|(f, _)| !f.is_access());
        Arc::new(out)
    }
}

impl Interp<'_> {
    /// Whether the function starts something that goes on beside it: then nobody knows the order of what is written to
    /// its cells and read from them.
    pub(super) fn spawns(&self) -> bool {
        let spawn = |t: &crate::link::infer::Target| match t {
            crate::link::infer::Target::Row(r) => {
                self.cx.models.row(*r).is_some_and(|r| r.effects.contains(&Effect::Spawn))
            }
            _ => false,
        };
        self.typed.sites.iter().any(|s| s.targets.iter().any(spawn))
    }

    /// The value of a constant or static.
    pub(super) fn constant(&mut self, c: ConstId, span: Span, st: &mut State) -> V {
        // Which texts stand in it, unless it is better known which it is.
        let known = self.cx.consts.get(&c).cloned().unwrap_or_default();
        let init = self.cx.program.initialiser(c).and_then(|f| Some((f, self.summary(f)?)));
        let more = |v: &Value| v.tells_text() && (v.texts != known.texts || !v.fields.is_empty());
        let decides = |v: &Value| v.when.as_ref().is_some_and(|w| w.yes.is_everything() || w.no.is_everything());
        let init =
            init.filter(|(_, s)| !s.ret.says_nothing() || !s.calls.is_empty() || more(&s.ret) || decides(&s.ret));
        if let Some((f, _)) = &init {
            self.called(*f, &[], span, st);
        }
        if !self.cx.sharing.statics.contains(&c) {
            let Some((f, s)) = init else { return known };
            let made = self.apply_summary(&s, f, &[], Called { span, args: &[], doubt: None }, st);
            return match self.cx.seeds.address_consts.contains_key(&c) {
                true => join(&known, &made.untold()),
                false if made.tells_text() || decides(&made) => made,
                false => join(&known, &made),
            };
        }
        let mut out = (*join(&known, &access(Cell::Static(c)))).clone();
        out.refs.push((Base::Cell(Cell::Static(c)), Vec::new()));
        Arc::new(out)
    }

    // ---- reading

    /// The value, with what it borrows and what its cells hold read as well.
    pub(super) fn load(&self, st: &State, v: &V) -> V {
        if v.refs.is_empty() && !v.is_cell() {
            return v.clone();
        }
        let loaded = self.load_depth(st, v, 0, &mut Lent::new());
        // An `Option` of a borrow tells itself whether there is one.
        match v.when.is_some() || v.there {
            true => Arc::new(Value { when: v.when.clone(), there: v.there, ..(*loaded).clone() }),
            false => loaded,
        }
    }

    /// `lent`: what was loaded for it so far, since those that are borrowed borrow each other.
    fn load_depth(&self, st: &State, v: &V, depth: usize, lent: &mut Lent) -> V {
        if depth > 4 || v.refs.is_empty() && !v.is_cell() {
            return v.data();
        }
        let mut out = v.data();
        for (base, way) in v.refs.iter().take(8) {
            if let Some(content) = self.lent_at(st, base, way, depth, lent) {
                out = join(&out, &said_by(v, &content));
            }
        }
        for c in v.cells() {
            out = join(&out, &self.lent_at(st, &Base::Cell(c), &[], depth, lent).unwrap_or_default());
        }
        out
    }

    /// What is at a place that is borrowed; nothing of what only the caller knows.
    fn lent_at(&self, st: &State, base: &Base, way: &[Way1], depth: usize, lent: &mut Lent) -> Option<V> {
        let content = match base {
            Base::Local(l) => part(&st.get(*l), way),
            Base::Cell(c) => self.inside(st, *c, way),
            Base::Param(_) => return None,
        };
        if !content.refs.is_empty() || content.is_cell() {
            let at = (depth, base.clone(), way.to_vec());
            if let Some(known) = lent.get(&at) {
                return Some(known.clone());
            }
            let loaded = self.load_depth(st, &content, depth + 1, lent).data();
            lent.insert(at, loaded.clone());
            return Some(loaded);
        }
        Some(content.data())
    }

    /// What a cell holds, as it is known here.
    pub(super) fn inside(&self, st: &State, cell: Cell, way: &[Way1]) -> V {
        let known = st.cell(cell).map(|h| part(&h.content, way));
        match known {
            Some(v) if !self.escaped.contains(&cell) => v,
            known => {
                let out = Value::of(Fact::new(Origin::Held(cell, names(way))), Info::default());
                let out = match (cell, way) {
                    (Cell::Static(c), []) => {
                        let text = Text { pieces: Arc::from([Shelf::Static(c).piece()]), span: None };
                        Arc::new(Value { texts: many![text], ..Arc::unwrap_or_clone(out) })
                    }
                    _ => out,
                };
                known.map_or_else(|| out.clone(), |v| join(&out, &v))
            }
        }
    }

    /// The value with all parts of it loaded: as it is handed to another function.
    pub(super) fn whole(&mut self, st: &mut State, v: &V) -> V {
        self.whole_depth(st, v, 0)
    }

    fn whole_depth(&mut self, st: &mut State, v: &V, depth: usize) -> V {
        if depth > MAX_NEST || !v.reaches() {
            return v.clone();
        }
        let v = self.awaited(v, st);
        let mut out = (*self.load(st, &v)).clone();
        out.refs.clear();
        for (_, part) in &mut out.fields {
            *part = self.whole_depth(st, part, depth + 1);
        }
        Arc::new(out)
    }

    // ---- writing

    /// Writes to a place, of this function or another.
    pub(super) fn put_at(&mut self, base: &Base, way: &[Way1], v: &V, weak: bool, span: Span, st: &mut State) {
        // What is put beside other data keeps what is established of it.
        let kept = |it: &Self, weak: bool, st: &State| if weak { it.roots().kept(v, &st.guards) } else { v.clone() };
        match base {
            Base::Local(l) => {
                let before = st.get(*l);
                if let Some(there) = listed_at(&before, way)
                    && self.put_into_writer(there, v, span, st)
                {
                    return;
                }
                let new = write(&st.get(*l), way, &kept(self, weak, st), weak, 0);
                st.set(*l, new);
            }
            Base::Param(_) => self.write_far((base.clone(), names(way)), v, span, st),
            Base::Cell(c) => match st.cell(*c) {
                Some(h) if !self.escaped.contains(c) => {
                    let (before, weak) = (h.content.clone(), weak || h.many || self.unordered.has(*c));
                    if let Some(there) = listed_at(&before, way)
                        && self.put_into_writer(there, v, span, st)
                    {
                        return;
                    }
                    self.unordered.send(*c, way, &v.data());
                    let new = write(&before, way, &kept(self, weak, st).data(), weak, 0);
                    st.hold(*c, new);
                }
                _ => self.write_far((base.clone(), names(way)), v, span, st),
            },
        }
    }

    /// Writes to several places, each of which may be the one.
    pub(super) fn put_all(
        &mut self,
        places: &[(Base, Way)],
        more: &[Name],
        v: &V,
        weak: bool,
        span: Span,
        st: &mut State,
    ) {
        // A parameter's local and the parameter are one place.
        let several = places.iter().filter(|(b, _)| !matches!(b, Base::Param(_))).count() > 1;
        for (base, way) in places {
            let mut way = way.clone();
            way.extend(more.iter().cloned().map(Way1::Field));
            self.put_at(base, &way, v, weak || several, span, st);
        }
    }

    /// A value as others will see it: its cells are no longer only ours.
    pub(super) fn exported(&mut self, v: &V, st: &mut State) -> V {
        let v = self.sealed(v, st);
        let mut cells = BTreeSet::new();
        v.all_cells(&mut cells);
        for c in cells {
            self.escape(c, st);
        }
        v
    }

    fn escape(&mut self, cell: Cell, st: &mut State) {
        let Some(held) = st.cell(cell) else { return };
        let content = held.content.clone();
        if self.escaped.insert(cell) || !content.says_nothing() {
            let span = match cell {
                Cell::Made(span, _) => span,
                _ => self.f.span,
            };
            // A cell may lead back to itself.
            st.hold(cell, V::default());
            self.write_far((Base::Cell(cell), Arc::from([])), &content, span, st);
            st.hold(cell, content);
        }
    }

    // ---- making

    /// A cell that is made here, with what it holds.
    pub(super) fn make(&mut self, cell: Cell, content: V, st: &mut State) {
        st.make(cell, content);
        if self.concurrent {
            self.escape(cell, st);
        }
    }

    /// A value of a type as its constructor makes it: with new cells.
    pub(super) fn made(&mut self, ty: &Ty, span: Span, st: &mut State) -> V {
        let mut n = 0;
        self.made_depth(ty, span, &mut n, 0, st).unwrap_or_default()
    }

    /// The ends of a new channel.
    pub(super) fn channel(&mut self, ends: &Ty, span: Span, st: &mut State) -> V {
        let cell = Cell::Made(span, 0);
        let end = if let Ty::Tuple(ts) = ends { ts.first().unwrap_or(ends) } else { ends };
        self.make_channel(cell, message(self.cx.models, end), V::default(), st);
        access(cell)
    }

    /// A channel that is made here. It is only ours as long as no one else has an end; where closures may have one, what
    /// is sent may be received in whatever order the code is written.
    pub(super) fn make_channel(&mut self, cell: Cell, message: Option<TypeId>, content: V, st: &mut State) {
        self.channels.insert(cell, message);
        let unordered = self.concurrent || !self.f.closures.is_empty();
        match unordered.then(|| self.unordered.made(cell)) {
            Some(Some(sent)) => {
                self.unordered.send(cell, &[], &content);
                st.make(cell, join(&content, &sent));
            }
            Some(None) => {
                st.make(cell, content);
                self.escape(cell, st);
            }
            None => st.make(cell, content),
        }
        if let Some(m) = message {
            let far = (Base::Cell(Cell::Messages(m)), Arc::from([]));
            let ends = self.writes.entry(far).or_default();
            *ends = join(ends, &access(cell));
        }
    }

    /// A library may keep what it is given: others may have ends of channels that are in there.
    pub(super) fn keeps_end(&mut self, a: &Arg, st: &mut State) {
        if !self.unordered.is_empty() && (a.v.is_cell() || !a.v.refs.is_empty() || !a.v.fields.is_empty()) {
            let v = self.whole(st, &a.v);
            self.hand_over(&v, &a.ty, st);
        }
    }

    /// A value of a type: one that holds no end of a channel is no channel, but what was received.
    pub(super) fn received(&mut self, v: &V, ty: &Ty, st: &mut State) -> V {
        if self.unordered.is_empty() || self.cx.sharing.may_reach(self.cx.program, self.cx.models, ty) {
            return v.clone();
        }
        self.load(st, v).without_cells()
    }

    /// Ends of channels are handed to a function.
    pub(super) fn hand_over(&mut self, v: &V, ty: &Ty, st: &mut State) {
        if self.channels.is_empty() {
            return;
        }
        let may_be_end = self.cx.sharing.may_reach(self.cx.program, self.cx.models, ty);
        let mut cells = BTreeSet::new();
        v.all_cells(&mut cells);
        cells.retain(|c| self.channels.contains_key(c) && (may_be_end || !self.unordered.has(*c)));
        for c in cells {
            self.escape(c, st);
        }
    }

    fn made_depth(&mut self, ty: &Ty, span: Span, n: &mut u32, depth: usize, st: &mut State) -> Option<V> {
        let (p, models) = (self.cx.program, self.cx.models);
        match ty {
            Ty::Ext(name, _) if models.is_cell(name) => {
                let cell = Cell::Made(span, *n);
                *n += 1;
                self.make(cell, V::default(), st);
                if let Some(n) = self.cx.sharing.behind(ty) {
                    self.write_far((Base::Cell(Cell::Behind(n)), Arc::from([])), &access(cell), span, st);
                }
                Some(access(cell))
            }
            Ty::Ext(..) if is_pointer(models, ty) => {
                payload(models, ty).and_then(|inner| self.made_depth(inner, span, n, depth, st))
            }
            Ty::Adt(t, _) if depth < 3 => {
                let TypeKind::Struct(defs) = &p.type_def(*t)?.kind else { return None };
                let mut out = Value { adt: Some(*t), ..Value::default() };
                for d in defs {
                    let inner = field_ty(p, models, ty, None, &d.name);
                    if let Some(v) = self.made_depth(&inner, span, n, depth + 1, st) {
                        let v = self.put_in_field(&v, ty, None, &d.name, span, st);
                        out.set_field(&d.name, v);
                    }
                }
                (!out.fields.is_empty()).then(|| Arc::new(out))
            }
            _ => None,
        }
    }

    // ---- across calls

    /// The places where the cell is that a value stands for.
    pub(super) fn cell_places(&self, a: &Arg, st: &State) -> Many<(Base, Way)> {
        let v = self.load(st, &a.v);
        let cells: Many<(Base, Way)> = v.cells().map(|c| (Base::Cell(c), Vec::new())).collect();
        if !cells.is_empty() {
            return cells;
        }
        let mut out = self.arg_ways(a, st);
        // A part of a parameter, by its place.
        let by_place: Many<(Base, Way)> = out
            .iter()
            .filter_map(|(b, way)| {
                let Base::Local(l) = b else { return None };
                let i = self.f.params.iter().position(|p| p.local == *l)?;
                Some((Base::Param(i as u32), way.clone()))
            })
            .collect();
        if by_place.is_empty() {
            let mut places = Vec::new();
            symbolic_places(&v, false, &mut places);
            out.extend(places.into_iter().filter(|place| !self.is_only_read(place)));
        } else {
            out.extend(by_place);
        }
        out
    }

    /// The cells of this function that values give access to, with what they hold; those that others reach aside.
    pub(super) fn handed_out<'v>(
        &mut self,
        st: &mut State,
        values: impl Iterator<Item = &'v V>,
    ) -> BTreeMap<Cell, HandedOut> {
        let mut todo = BTreeSet::new();
        values.for_each(|v| v.all_cells(&mut todo));
        let mut out = BTreeMap::new();
        while let Some(c) = todo.pop_first() {
            if let Some(content) = st.cell(c).map(|h| h.content.clone())
                && !self.escaped.contains(&c)
                && !out.contains_key(&c)
            {
                let content = self.sealed(&content, st);
                content.all_cells(&mut todo);
                out.insert(c, HandedOut { content, channel: self.channels.get(&c).copied() });
            }
        }
        out
    }
}

/// `Arc<T>`, `Box<T>` and the like: always one value behind them.
fn is_pointer(models: &ModelSet, ty: &Ty) -> bool {
    match ty {
        Ty::Ext(n, _) => {
            matches!(n.as_str(), "Box" | "Pin")
                || models.type_model(n).is_some_and(|m| m.shared && m.transparent) && !models.is_cell(n)
        }
        _ => false,
    }
}

/// Whether a borrow says of anything whose it is, or what is established of it.
fn tells(borrow: &Value) -> bool {
    borrow.facts.iter().any(|(_, info)| info.whose.is_some() || !info.guards.is_nothing())
        || borrow.fields.iter().any(|(_, part)| tells(part))
}

/// What is read through a borrow, with whose it is and what is established of it as the borrow says.
fn said_by(borrow: &V, content: &V) -> V {
    if !tells(borrow) || !content.has_facts() {
        return content.clone();
    }
    let mut out = (**content).clone();
    for (fact, info) in &mut out.facts {
        if let Ok(i) = borrow.facts.binary_search_by(|(f, _)| f.cmp(fact))
            && let Some((_, said)) = borrow.facts.get(i)
        {
            info.whose.clone_from(&said.whose);
            info.guards.and(&said.guards);
        }
    }
    let listed = borrow.fields.iter().filter(|(name, _)| content.listed(name).is_none()).map(|(name, _)| name);
    let names: Vec<Name> = content.fields.iter().map(|(name, _)| name).chain(listed).cloned().collect();
    for name in names {
        out.set_field(&name, said_by(&borrow.field(&name), &content.field(&name)));
    }
    Arc::new(out)
}
