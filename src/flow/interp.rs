//! One function: from its body to its summary.
//!
//! Plain abstract interpretation of the structured body: branches on copies of the state, loops until nothing
//! changes, closures where they are called.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::borrowers::{holds_lent, lends};
use super::borrows::{left_in, lent};
use super::bounds::{lightened, trimmed};
use super::bundles::Bundles;
use super::cells::Cell;
use super::closures::{Spoken, Written};
use super::doubt::Why;
use super::drops::{Dropping, Drops};
use super::faint::Room;
use super::far::Far;
use super::fresh::{as_told, enter};
use super::kept_as::KeptAs;
use super::live::Live;
use super::must::{Must, Of};
use super::own::Uses;
use super::ran::{Ran, Unread};
use super::roots::{Place as Rooted, Record, Root, Roots, Site, Sort};
use super::seeds::Seeds;
use super::sharing::Sharing;
use super::state::State;
use super::summary::{Arrival, Asked, Calls, Closed, GivenCall, Kind, Summary, Touch, WaitingCalls};
use super::text::{Shelf, Text, TextPiece};
use super::trace::Tracks;
use super::unordered::Unordered;
use super::value::{Fact, Info, MAX_PATH, Origin, V, Value, many};
use super::waiting::{fact_held, text_open, with_room};
use crate::ir::Name;
use crate::ir::body::{ClosureId, Cond, Func, LabelId, Local, Operand, Param, Place, RET, Rvalue, Stmt};
use crate::limits::PRINTED_PARTS;
use crate::link::infer::Typed;
use crate::link::program::{ConstId, FuncId, Program, TypeId};
use crate::link::sqlfn::SqlFn;
use crate::link::ty::{Ty, peel};
use crate::model::ModelSet;
use crate::source::Span;

/// Rounds of a loop before what changes is given up.
pub(super) const MAX_ROUNDS: usize = 12;
/// Rounds of a loop after which what grows with every round is forgotten.
const WIDENING_ROUNDS: usize = 3;
/// Elements of a list that are told apart.
pub(super) const MAX_ITEMS: usize = 64;
/// Kept per function; more are merged.
pub(super) const MAX_TOUCHES: usize = 256;

/// A purpose and where it was written.
pub(super) type PurposeAt = (u32, Span);

/// Statements inside Rust, lowered.
#[derive(Debug, Default)]
pub struct SqlIndex {
    /// The statements.
    pub fns: Vec<SqlFn>,
    /// The places of the statements themselves.
    pub places: Vec<Span>,
    /// The literals that hold them, or the calls that they are written as.
    pub at: Vec<Span>,
    /// Those that are written as calls, by the function as written and the number of the call that runs them or gives
    /// them.
    pub by_call: BTreeMap<(FuncId, u32), Vec<AsCall>>,
    /// By the literal that holds them.
    pub by_span: FxHashMap<Span, Vec<u32>>,
    /// Those that fields of structs hold, wherever such a struct comes from.
    pub by_field: FxHashMap<(TypeId, Name), Vec<u32>>,
    /// Calls that run a statement which is written as calls and is not understood.
    pub open: Vec<Span>,
    /// Literals that are parts of statements which are put together.
    pub parts: BTreeSet<Span>,
    /// Names of columns that are used in statements which are written as calls.
    pub names: BTreeSet<Span>,
    /// By their text, and the place where it is put together: the same text of another package speaks of other tables.
    pub by_text: FxHashMap<String, BTreeMap<Span, Vec<u32>>>,
    /// Literals that look like a statement and are none, which was said of them.
    pub said: FxHashSet<Span>,
    /// Calls that go on with a text in its place.
    pub grown: FxHashSet<Span>,
    /// Places where what statements write or give is put into their texts.
    pub holes: FxHashSet<Span>,
}

/// A statement that is written as calls.
#[derive(Clone, Debug)]
pub struct AsCall {
    /// Which.
    pub statement: u32,
    /// What stands for its parameters, in order, as the function has it when the call is made.
    pub binds: Vec<Operand>,
    /// What is put into its text, by the places where that is done; as the function has it when the call is made.
    pub puts: Vec<(Span, Operand)>,
    /// Whether the call runs it; otherwise what it gives is the statement.
    pub runs: bool,
    /// The type of its rows, where that is not the one of the call.
    pub row: Option<Ty>,
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
    /// Whether anything is bound as a guard: otherwise it does not matter whose data is.
    pub guarded: bool,
    /// Types of which holding a value establishes guards.
    pub proofs: &'a BTreeMap<TypeId, BTreeSet<u32>>,
    /// Texts of constants.
    pub consts: &'a BTreeMap<ConstId, V>,
    /// What functions share.
    pub sharing: &'a Sharing,
    /// Summaries of the functions done so far.
    pub summaries: &'a [Option<Arc<Summary>>],
    /// What is done when values go.
    pub dropping: &'a Dropping,
    /// Types that are compared by an impl of their own, or of a type in them.
    pub comparing: &'a BTreeSet<TypeId>,
    /// Types for which a crate without models may write methods.
    pub written_by: &'a BTreeMap<TypeId, Name>,
    /// Functions whose summaries are being worked out together.
    pub together: &'a [u32],
    /// Those of the recursive component at hand, as far as they have come.
    pub recursive: &'a BTreeMap<u32, Arc<Summary>>,
    /// How much of what they do may be only possible.
    pub room: Room,
}

/// Interprets one function.
pub struct Interp<'a> {
    pub(super) cx: Cx<'a>,
    pub(super) id: FuncId,
    pub(super) f: &'a Func,
    pub(super) typed: &'a Typed,
    pub(super) own: Option<(u32, Span)>,
    pub(super) scopes: Vec<(u32, Span)>,
    pub(super) arrivals: BTreeMap<Arc<Kind>, V>,
    /// Those of one fact together, below here.
    pub(super) bundles: Bundles,
    pub(super) touches: FxHashMap<(Fact, Option<PurposeAt>), (Arc<Kind>, Info)>,
    pub(super) closed: BTreeMap<(Arc<Kind>, Fact), Info>,
    /// Names in statements that are written as calls, by the call that writes them, and what is known there of what the
    /// caller gave.
    pub(super) reached: BTreeMap<Span, (Span, Must)>,
    pub(super) given: Vec<GivenCall>,
    pub(super) given_at: BTreeMap<(Span, u32, Asked), u32>,
    pub(super) asked: BTreeMap<Span, GivenCall>,
    pub(super) calls: Calls,
    pub(super) waiting_calls: WaitingCalls,
    /// Channels that are made here, with the type of their messages where it is ours.
    pub(super) channels: BTreeMap<Cell, Option<TypeId>>,
    /// Those of them whose messages come in no certain order.
    pub(super) unordered: Unordered,
    /// Cells of this function that others can reach by now.
    pub(super) escaped: BTreeSet<Cell>,
    /// What is written to cells that others can reach.
    pub(super) writes: BTreeMap<Far, V>,
    /// Steps that are told of the ways to those of them that are in what the caller gave.
    pub(super) far_steps: usize,
    /// More was written than is noted.
    pub(super) full: bool,
    /// More depends on what callers give than is told apart.
    pub(super) crowded: bool,
    /// Something that is started here goes on beside the function.
    pub(super) concurrent: bool,
    /// Arrivals of what cells hold that others can reach.
    pub(super) held: BTreeMap<Arc<Kind>, V>,
    /// Routers that are served.
    pub(super) served: Vec<V>,
    /// Its parameters; of a closure by itself its own, and then what it captures.
    pub(super) params: Vec<Local>,
    /// Closures that a job took along, while it is called.
    pub(super) along: Vec<(FuncId, ClosureId)>,
    pub(super) kept_texts: BTreeSet<(Shelf, Text)>,
    pub(super) breaks: Vec<Option<State>>,
    pub(super) continues: Vec<Option<State>>,
    pub(super) returns: Vec<Option<State>>,
    pub(super) active: Vec<ClosureId>,
    /// Where records are made: in the loops around the statement at hand, the outermost first.
    pub(super) made: Vec<BTreeSet<Site>>,
    /// Where closures are written.
    pub(super) written: BTreeMap<ClosureId, Written>,
    /// What bodies here speak of, if that was asked.
    pub(super) spoken: Option<Spoken>,
    /// What closures capture, of those of which it was asked.
    pub(super) around: BTreeMap<ClosureId, Arc<[Local]>>,
    /// The statement that is run.
    pub(super) at: Span,
    pub(super) unit: u32,
    /// Closures that leave the function.
    pub(super) sealed: BTreeSet<ClosureId>,
    /// How many parts are still looked at of what is looked at.
    pub(super) room: usize,
    /// Probes in this function.
    pub(super) probes: Vec<(Span, u32)>,
    /// Assignments that bind a variable for the first time, if there are probes.
    pub(super) bindings: BTreeSet<(Local, Span)>,
    /// Whether the values of probes are followed, in this function or another.
    pub(super) probes_follow: bool,
    pub(super) tracks: Tracks,
    pub(super) ran: Ran,
    pub(super) unread: Unread,
    /// Which locals are still needed where.
    pub(super) live: Live,
    /// Locals that are used as a whole, once that was asked.
    pub(super) whole: Option<BTreeSet<Local>>,
    /// What locals are that are set once, once that was asked.
    pub(super) set_once: OnceCell<FxHashMap<Local, &'a Rvalue>>,
    /// What the body does with its locals, once that was asked.
    pub(super) uses: OnceCell<Uses<'a>>,
    /// What is done when values go.
    pub(super) drops: Option<&'a Drops>,
    /// Locals that were found to hold what is made for labelled columns.
    pub(super) kept_as: KeptAs,
    /// Those that were found before.
    pub(super) made_for: KeptAs,
    /// Work done on this function, in arrivals and statements; see [`crate::limits::FLOW_STEPS`].
    pub(super) steps: u64,
}

impl<'a> Interp<'a> {
    /// The summary of a function.
    #[must_use]
    pub fn run(cx: Cx<'a>, id: FuncId) -> Summary {
        let Some(mut it) = Interp::new(cx, id) else { return Summary::default() };
        let summary = it.in_any_order();
        if it.kept_as.is_empty() {
            return summary;
        }
        // What it makes for a labelled column is that from where it is made.
        let kept = std::mem::take(&mut it.kept_as);
        Interp::new(cx, id).map(|it| Interp { made_for: kept, ..it }.in_any_order()).unwrap_or_default()
    }

    /// The summary of a closure for those who call it elsewhere, and the closures in it that leave it in turn. After
    /// its own parameters come the locals that it captures.
    pub(super) fn run_closure(
        cx: Cx<'a>,
        id: FuncId,
        closure: ClosureId,
        guards: &Must,
        scope: Option<PurposeAt>,
    ) -> (Summary, BTreeSet<ClosureId>) {
        let Some(mut it) = Interp::new(cx, id) else { return Default::default() };
        it.scopes.extend(scope);
        it.unordered = Unordered::shared();
        let summary = it.closure_body(closure, guards);
        (summary, it.sealed)
    }

    pub(super) fn new(cx: Cx<'a>, id: FuncId) -> Option<Self> {
        let (f, typed) = (cx.program.func(id)?, cx.typed.get(id.0 as usize)?);
        let drops = cx.dropping.get(id);
        let mut live = Live::of(cx.program.as_written(id), f, cx.sql);
        drops.iter().flat_map(|d| d.locals()).for_each(|l| live.keep(l));
        let labels = live.labels();
        let mut it = Interp {
            cx,
            id,
            f,
            typed,
            own: cx.seeds.purposes.get(&id).copied(),
            scopes: Vec::new(),
            arrivals: BTreeMap::new(),
            bundles: Bundles::default(),
            touches: FxHashMap::default(),
            closed: BTreeMap::new(),
            reached: BTreeMap::new(),
            given: Vec::new(),
            given_at: BTreeMap::new(),
            asked: BTreeMap::new(),
            calls: BTreeMap::new(),
            waiting_calls: WaitingCalls::new(),
            channels: BTreeMap::new(),
            unordered: Unordered::default(),
            escaped: BTreeSet::new(),
            writes: BTreeMap::new(),
            far_steps: MAX_PATH,
            full: false,
            crowded: false,
            concurrent: false,
            held: BTreeMap::new(),
            served: Vec::new(),
            params: f.params.iter().map(|p| p.local).collect(),
            along: Vec::new(),
            kept_texts: BTreeSet::new(),
            breaks: vec![None; labels],
            continues: vec![None; labels],
            returns: vec![None],
            active: Vec::new(),
            made: Vec::new(),
            written: BTreeMap::new(),
            spoken: None,
            around: BTreeMap::new(),
            at: f.span,
            steps: 0,
            bindings: BTreeSet::new(),
            probes: cx.seeds.probes_within(cx.program.as_written(id)),
            probes_follow: cx.seeds.follows(),
            tracks: Tracks::default(),
            ran: Ran::new(),
            unread: Unread::new(),
            whole: None,
            set_once: OnceCell::new(),
            uses: OnceCell::new(),
            live,
            drops,
            unit: cx.program.funcs.get(id.0 as usize).map_or(0, |(u, _)| *u),
            sealed: BTreeSet::new(),
            room: PRINTED_PARTS,
            kept_as: KeptAs::new(),
            made_for: KeptAs::new(),
        };
        it.concurrent = it.spawns();
        Some(it)
    }

    pub(super) fn function(&mut self) -> Summary {
        let mut st = State::new(self.f.locals.len());
        let mut lends_parts = self.f.params.len() as u32;
        for (i, p) in self.f.params.iter().enumerate() {
            let v = self.param(i as u32, p.local, p.span, &mut st);
            let v = self.probed(v, p.span, Some(&p.local.into()), &st);
            // What is lent inside of something else goes where that goes.
            let v = match self.lent_parts(&v, p, &mut lends_parts, &mut st) {
                Some(v) => v,
                None if holds_lent(&p.ty) => lent(Cell::Lent(p.span, i as u32), v, &mut st),
                None => v,
            };
            st.set(p.local, v);
        }
        self.instrumented(&mut st);
        let entry = st.clone();
        let Some(body) = self.f.body.as_deref() else { return Summary::default() };
        if !self.probes.is_empty() {
            self.bindings = super::trace::bindings(self.f);
        }
        self.block(body, &mut st);
        if let Some(Some(r)) = self.returns.pop() {
            st.join(&r, &self.live.at_end(None), self.roots());
        }
        self.dropped(None, &mut st);
        let lent = |p: &Param| lends(&self.f.generics, &p.ty) || self.holds_borrow(self.local_ty(p.local));
        let params: Vec<(Local, bool)> = self.f.params.iter().map(|p| (p.local, lent(p))).collect();
        let mut out = self.finish(st, &entry, RET, &params);
        self.closure_summaries(&mut out);
        out
    }

    fn closure_body(&mut self, id: ClosureId, guards: &Must) -> Summary {
        let Some(def) = self.f.closures.get(id.0 as usize) else { return Summary::default() };
        let mut st = State::new(self.f.locals.len());
        st.guards = guards.clone();
        let taken = self.around(id);
        // What the closure is given may be lent to it.
        let params: Vec<(Local, bool)> =
            def.params.iter().map(|l| (*l, true)).chain(taken.iter().map(|l| (*l, false))).collect();
        self.params = params.iter().map(|(l, _)| *l).collect();
        for (i, (l, _)) in params.iter().enumerate() {
            st.set(*l, Arc::new(self.symbol(i as u32, *l)));
        }
        let entry = st.clone();
        self.active.push(id);
        self.block(&def.body, &mut st);
        if let Some(Some(r)) = self.returns.pop() {
            st.join(&r, &self.live.at_end(Some(id)), self.roots());
        }
        self.dropped(Some(id), &mut st);
        Summary { captures: taken, ..self.finish(st, &entry, def.ret, &params) }
    }

    /// What was found, as a summary.
    fn finish(&mut self, mut st: State, entry: &State, ret: Local, params: &[(Local, bool)]) -> Summary {
        let diverges = st.dead;
        let ret = self.received(&st.get(ret), self.local_ty(ret), &mut st);
        let ret = trimmed(&self.sealed(&ret, &mut st));
        let mut outs = Vec::new();
        for (i, (local, writable)) in params.iter().enumerate() {
            let (before, after) = (left_in(*local, entry, entry), left_in(*local, entry, &st));
            if *writable && !Arc::ptr_eq(&before, &after) && !before.same(&after) {
                outs.push((i as u32, trimmed(&self.sealed(&after, &mut st))));
            }
        }
        let cells = self.handed_out(&mut st, outs.iter().map(|(_, v)| v).chain([&ret]));
        let arrival = |(kind, data): (Arc<Kind>, V)| Arrival { kind, data: trimmed(&data) };
        let mut held: Vec<Arrival> = std::mem::take(&mut self.held).into_iter().map(arrival).collect();
        let mut touched: Vec<_> = std::mem::take(&mut self.touches).into_iter().collect();
        touched.sort_by(|(a, _), (b, _)| a.cmp(b));
        let mut touches = Vec::new();
        for ((fact, _), (kind, mut info)) in touched {
            self.excused(&kind, &mut info);
            if fact_held(&fact) {
                held.push(Arrival { kind, data: Value::of(fact, info) });
            } else {
                touches.push(Touch { kind, fact, info });
            }
        }
        touches.shrink_to_fit();
        let (asked_texts, kept_texts): (BTreeSet<_>, BTreeSet<_>) =
            std::mem::take(&mut self.kept_texts).into_iter().partition(|(_, t)| text_open(t));
        let closed = std::mem::take(&mut self.closed).into_iter();
        let closed = closed.map(|((kind, fact), mut info)| {
            self.excused(&kind, &mut info);
            Closed { kind, fact, info }
        });
        let (waiting, mut closed): (Vec<Closed>, Vec<Closed>) = closed.partition(|c| c.info.guards.asks_caller());
        let (waiting, further) = with_room(waiting);
        self.crowded |= !further.is_empty();
        closed.extend(further.into_iter().map(|mut c| {
            c.info.doubt(&Why::Merged.anywhere());
            c
        }));
        let mut bundles = std::mem::take(&mut self.bundles);
        let arrivals = std::mem::take(&mut self.arrivals).into_iter().map(|(kind, data)| (kind, trimmed(&data)));
        let arrivals = bundles.sort_out(arrivals);
        Summary {
            ret,
            outs,
            cells,
            writes: lightened(std::mem::take(&mut self.writes), Cell::Pool(self.id)),
            arrivals,
            bundles: bundles.into_list(),
            touches,
            held,
            closed,
            waiting,
            reached: std::mem::take(&mut self.reached).into_iter().map(|(name, (_, given))| (name, given)).collect(),
            given: std::mem::take(&mut self.given),
            asked: std::mem::take(&mut self.asked).into_values().collect(),
            must: if diverges { Must::default() } else { st.guards.clone() },
            diverges,
            failed: false,
            coarse: 0,
            crowded: self.crowded,
            left_out: 0,
            limited: self.full || self.steps > crate::limits::FLOW_STEPS,
            calls: std::mem::take(&mut self.calls),
            waiting_calls: std::mem::take(&mut self.waiting_calls),
            served: std::mem::take(&mut self.served),
            kept_texts,
            asked_texts: asked_texts.into_iter().collect(),
            tracks: std::mem::take(&mut self.tracks),
            ran: std::mem::take(&mut self.ran),
            unread: std::mem::take(&mut self.unread),
            ..Summary::default()
        }
    }

    /// What is known of a parameter at the start.
    fn param(&mut self, i: u32, local: Local, span: Span, st: &mut State) -> V {
        let ty = self.local_ty(local);
        let mut v = self.symbol(i, local);
        if let Some(seed) = self.cx.seeds.params.get(&(self.id, i)) {
            self.add_entry(&mut v, *seed, span, vec![Root::Param(i).into()]);
        }
        self.hold(ty, &Of::Everyone, &mut v, st);
        self.of_foreign_type(Arc::new(v), ty, span)
    }

    /// What a parameter is before anything is known of it.
    fn symbol(&self, i: u32, local: Local) -> Value {
        let empty: Arc<[Name]> = Arc::from([]);
        let mut v = Value {
            texts: many![Text { pieces: Arc::from([TextPiece::Param(i, empty.clone(), None)]), span: None }],
            ..Value::given(Origin::Param(i, empty))
        };
        if let Ty::Adt(t, _) = peel(self.cx.models, self.local_ty(local)) {
            v.adt = Some(*t);
        }
        v
    }

    pub(super) fn add_entry(&self, v: &mut Value, seed: u32, span: Span, whose: Vec<Rooted>) {
        enter(v, self.id, seed, span, whose);
    }

    /// How roots are compared in this function.
    pub(super) fn roots(&self) -> Roots<'a> {
        Roots::new(self.cx, self.id)
    }

    /// A record that comes to be here.
    pub(super) fn record(&mut self, at: Span, from: Vec<Rooted>, sorts: Vec<Sort>) -> Rooted {
        self.made_at((at, false));
        Record::made(at, from, sorts).into()
    }

    /// Notes that records are made at a place.
    pub(super) fn made_at(&mut self, site: Site) {
        if let Some(made) = self.made.last_mut() {
            made.insert(site);
        }
    }

    pub(super) fn local_ty(&self, l: Local) -> &'a Ty {
        self.typed.locals.get(l.0 as usize).unwrap_or(&Ty::Unknown)
    }

    pub(super) fn purpose(&self) -> Option<(u32, Span)> {
        self.scopes.last().copied().or(self.own)
    }

    // ---- statements

    pub(super) fn block(&mut self, stmts: &[Stmt], st: &mut State) {
        for s in stmts {
            if st.dead {
                return;
            }
            self.stmt(s, st);
        }
    }

    pub(super) fn stmt(&mut self, stmt: &Stmt, st: &mut State) {
        match stmt {
            Stmt::Assign { dst, src, span } => {
                self.at = *span;
                let behind = self.written_behind(dst, src);
                let dst = behind.as_ref().unwrap_or(dst);
                let mut v = self.rvalue(src, dst, *span, st);
                if st.dead {
                    return;
                }
                v = self.coerced_to(v, src, dst, st);
                if let (Rvalue::Use(Operand::Place(p)), false) = (src, is_temp(self.f, dst))
                    && !(p.is_whole() && dst.path.is_empty())
                {
                    self.hand(&v, *span, &Name::default(), st);
                }
                if dst.path.is_empty() {
                    v = self.settled(v, self.local_ty(dst.base), *span);
                    let declared = self.f.locals.get(dst.base.0 as usize).is_some_and(|l| l.ty.is_some());
                    let ty = peel(self.cx.models, self.local_ty(dst.base));
                    if (dst.base == RET || declared) && matches!(ty, Ty::Adt(t, _) if v.adt == Some(*t)) {
                        v = as_told(v);
                    }
                }
                v = self.taken_apart(v, src, dst, st);
                let named = self.cx.seeds.locals.get(&(self.id, dst.base)).map(|seed| vec![*seed]);
                if let Some(entries) = named.or_else(|| self.made_for.get(&dst.base).cloned())
                    && dst.path.is_empty()
                {
                    let mut labelled = (*v).clone();
                    let whose = match v.places() {
                        none if none.is_empty() && self.cx.guarded => vec![self.record(*span, Vec::new(), Vec::new())],
                        known => known,
                    };
                    for seed in entries {
                        self.add_entry(&mut labelled, seed, *span, whose.clone());
                    }
                    v = Arc::new(labelled);
                }
                v = self.probed(v, *span, Some(dst), st);
                v = self.bound(v, *span, dst, st);
                self.replaced(dst, *span, st);
                self.overwritten(dst, &v, *span, st);
                self.assign(dst, &v, *span, st);
                if dst.base == RET && self.active.is_empty() {
                    self.show(*span, st);
                }
            }
            Stmt::If { cond, then, els, span } => {
                if let Cond::True(op) = cond {
                    self.asked_by(&[op], *span, st);
                }
                let mut other = st.clone();
                self.assume(cond, true, *span, st);
                self.assume(cond, false, *span, &mut other);
                self.block(then, st);
                self.block(els, &mut other);
                st.join(&other, &self.live.after_branch(stmt), self.roots());
            }
            Stmt::Loop { label, body } => {
                let roots = self.roots();
                let entry = st.clone();
                let mut head = st.clone();
                self.made.push(BTreeSet::new());
                for n in 0..MAX_ROUNDS {
                    self.slot(*label, None);
                    if let Some(c) = self.continues.get_mut(label.0 as usize) {
                        *c = None;
                    }
                    let mut round = head.clone();
                    self.block(body, &mut round);
                    if let Some(Some(c)) = self.continues.get(label.0 as usize) {
                        round.join(c, &self.live.next_round(*label), roots);
                    }
                    if let Some(made) = self.made.last().filter(|_| self.cx.guarded) {
                        round.age(&entry, made, roots);
                        for written in self.written.values_mut() {
                            written.guards = super::state::forgotten(&written.guards, made);
                        }
                    }
                    let mut next = entry.clone();
                    next.join(&round, &self.live.next_round(*label), roots);
                    next.join(&head, &self.live.next_round(*label), roots);
                    if n > 0 {
                        next.unnest(&entry);
                    }
                    if n >= WIDENING_ROUNDS {
                        next.widen(&head);
                    }
                    if next.same(&head) {
                        break;
                    }
                    head = next;
                }
                let made = self.made.pop().unwrap_or_default();
                if let Some(around) = self.made.last_mut() {
                    around.extend(made);
                }
                *st = self.slot(*label, None).unwrap_or_else(State::unreached);
            }
            Stmt::Block { label, body } => {
                let outer = self.slot(*label, None);
                self.block(body, st);
                if let Some(b) = self.slot(*label, outer) {
                    st.join(&b, &self.live.after_label(*label), self.roots());
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
                let here = st.leave();
                let joined = match self.slot(*label, None) {
                    Some(mut s) => {
                        s.join(&here, &self.live.after_label(*label), self.roots());
                        s
                    }
                    None => here,
                };
                self.slot(*label, Some(joined));
            }
            Stmt::Continue(label) => {
                let (roots, here) = (self.roots(), st.leave());
                if let Some(c) = self.continues.get_mut(label.0 as usize) {
                    match c {
                        Some(s) => s.join(&here, &self.live.next_round(*label), roots),
                        None => *c = Some(here),
                    }
                }
            }
            Stmt::Return => {
                let (roots, here) = (self.roots(), st.leave());
                if let Some(r) = self.returns.last_mut() {
                    match r {
                        Some(s) => s.join(&here, &self.live.at_end(self.active.last().copied()), roots),
                        None => *r = Some(here),
                    }
                }
            }
            Stmt::Unreachable => *st = State::unreached(),
        }
    }

    /// Replaces the state collected for a label.
    fn slot(&mut self, label: LabelId, new: Option<State>) -> Option<State> {
        self.breaks.get_mut(label.0 as usize).and_then(|s| std::mem::replace(s, new))
    }

    // ---- places

    // ---- values

    pub(super) fn summary(&self, f: FuncId) -> Option<Arc<Summary>> {
        self.cx.recursive.get(&f.0).or_else(|| self.cx.summaries.get(f.0 as usize)?.as_ref()).cloned()
    }

    // ---- callables

    // ---- arrivals
}

pub(super) fn is_temp(f: &Func, place: &Place) -> bool {
    place.path.is_empty() && place.base != RET && f.locals.get(place.base.0 as usize).is_some_and(|l| l.name.is_none())
}
