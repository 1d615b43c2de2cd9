//! Functions that call each other: interpreted callees first until nothing changes, with less told apart the longer that
//! takes (how is in `widen`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::cells::Cell;
use super::circle::Circle;
use super::interp::{Cx, Interp};
use super::order::Order;
use super::summary::Summary;
use crate::link::program::FuncId;

/// Rounds over a recursive component after which what grows with every round is forgotten.
const WIDENING_ROUNDS: usize = 5;
/// Rounds after which what the one before said stays said.
const KEEPING_ROUNDS: usize = 8;
/// Rounds after which only so many steps into parameters are told apart: in a visitor of many kinds of parts each order of
/// them is a way of its own, and what is cut where these are too many is told apart again in the next round. Where these
/// ways alone are what is heavy, and not what is given back, one step is told apart at once.
const NEAR_ROUNDS: [(usize, usize); 2] = [(15, 1), (12, 2)];
/// Functions that call each other of which one step into parameters is told apart from the start: so many are impls of
/// traits that hold each other in any order.
const MANY_TOGETHER: usize = 128;
/// Rounds over a recursive component before it is left as it is, with a gap. Only what has changed is done again.
const MAX_ROUNDS: usize = 32;
/// Rounds after which its summaries are made coarse, so that it settles.
const EXACT_ROUNDS: usize = 22;
/// Rounds that are left from there on: what is coarse and does not settle says the same in other words.
const COARSE_ROUNDS: usize = 8;
/// Rounds after which they are made coarse if they have grown [`HEAVY`].
const LIGHT_ROUNDS: usize = 1;
/// Effects for each function of a component that is heavy: impls of a trait for tuples that call each other multiply
/// their paths with every round.
const HEAVY: usize = 88;
/// Facts for each function of a component that is heavy, those of all parts of what it returns, leaves and writes; where
/// the functions are many ([`MANY_TOGETHER`]) it is heavy with [`HEAVY`] of them.
const HEAVY_FACTS: usize = 1024;

/// The summary of a function. A failure of ours costs this function only, and is said.
fn run(cx: Cx<'_>, f: FuncId) -> Summary {
    let run = || {
        let mut summary = Interp::run(cx, f);
        summary.leave_out(cx.room);
        summary
    };
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(run))
        .unwrap_or_else(|_| Summary { failed: true, ..Summary::default() })
}

/// How much is told apart of what functions do that call each other: less and less, so that it settles.
struct Apart {
    /// Steps into parameters.
    near: usize,
    /// No more than which parameter it is.
    coarse: bool,
    /// They are more than [`MANY_TOGETHER`]: what they write to is told apart by no more steps, either, and where they are
    /// coarse nothing that they have of cells or ask of callers is.
    many: bool,
    /// The last round.
    last: usize,
    /// The cell of which it is told what they write to cells, where they are coarse.
    pool: Cell,
}

impl Apart {
    /// A round begins, with what is known of so many functions.
    fn begin(&mut self, round: usize, own: &mut BTreeMap<u32, Arc<Summary>>, functions: usize) {
        let sum = |of: fn(&Summary) -> usize| own.values().map(|s| of(s)).sum::<usize>();
        let (effects, facts) = (sum(Summary::effects), sum(Summary::facts));
        let most = if self.many { HEAVY } else { HEAVY_FACTS };
        let heavy = round >= LIGHT_ROUNDS && (effects > HEAVY * functions || facts > most * functions);
        let steps = NEAR_ROUNDS.iter().find(|(from, _)| round >= *from).map_or(usize::MAX, |(_, steps)| *steps);
        self.near = self.near.min(steps);
        if heavy && self.near > 1 && facts <= HEAVY * functions {
            self.near = 1;
            own.values_mut().for_each(|s| Arc::make_mut(s).shorten(1));
        } else if !self.coarse && (round >= EXACT_ROUNDS || heavy) {
            (self.coarse, self.last) = (true, round + COARSE_ROUNDS);
            own.values_mut().for_each(|s| Arc::make_mut(s).coarsen(self.pool, self.many));
        }
    }

    /// Tells no more apart in a summary.
    fn keep_to(&self, summary: &mut Summary) {
        if self.many {
            summary.writes_near(usize::from(!self.coarse));
        }
        if self.near < usize::MAX {
            summary.shorten(self.near);
        }
        if self.coarse {
            summary.coarsen(self.pool, self.many);
        }
    }
}

/// Functions with their summaries.
pub(super) type Done = Vec<(u32, Arc<Summary>)>;

/// Summaries of one component.
pub(super) fn component(cx: Cx<'_>, scc: &[u32], order: &Order) -> Done {
    let runs = |f: FuncId| !cx.program.is_test(f) && !cx.program.is_template(f);
    let live: Vec<u32> = scc.iter().copied().filter(|f| runs(FuncId(*f))).collect();
    let cyclic = live.len() > 1 || live.iter().any(|f| order.needs(*f).contains(f));
    if !cyclic {
        return live.iter().map(|f| (*f, Arc::new(run(cx, FuncId(*f))))).collect();
    }
    let live = order.callees_first(&live);
    let mut callers: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for f in &live {
        for callee in order.needs(*f) {
            callers.entry(*callee).or_default().push(*f);
        }
    }
    let mut own: BTreeMap<u32, Arc<Summary>> = BTreeMap::new();
    // Those that never came back but by each other, as far as they are understood.
    let mut endless: BTreeSet<u32> = BTreeSet::new();
    let params = |f: u32| cx.program.func(FuncId(f)).map_or(0, |def| def.params.len() as u32);
    let first = live.first().copied().unwrap_or_default();
    let circle = Circle::new(first);
    let mut todo: BTreeSet<u32> = live.iter().copied().collect();
    let many = live.len() > MANY_TOGETHER;
    let near = if many { 1 } else { usize::MAX };
    let mut apart = Apart { near, coarse: false, many, last: MAX_ROUNDS, pool: Cell::Pool(FuncId(first)) };
    for round in 0..MAX_ROUNDS {
        apart.begin(round, &mut own, live.len());
        if round >= apart.last {
            break;
        }
        let mut next = BTreeSet::new();
        for f in &live {
            if !todo.remove(f) {
                continue;
            }
            circle.begin(FuncId(*f));
            let mut new = run(Cx { recursive: &own, ..cx }, FuncId(*f));
            if let Some(old) = own.get(f) {
                if round >= KEEPING_ROUNDS {
                    new.take_in(old);
                }
                if round >= WIDENING_ROUNDS {
                    new.widen(old);
                }
            }
            new.unnest();
            apart.keep_to(&mut new);
            if endless.contains(f) {
                new.returns_anything(params(*f));
            }
            circle.tie(FuncId(*f), &mut new);
            let changed = own.get(f).is_none_or(|old| !old.same(&new));
            own.insert(*f, Arc::new(new));
            if changed {
                next.extend(callers.get(f).into_iter().flatten().copied());
            }
        }
        todo = next;
        todo.extend(circle.outdated());
        if todo.is_empty() {
            let found: Vec<u32> =
                live.iter().copied().filter(|f| own.get(f).is_some_and(|s| s.only_recurs())).collect();
            for f in found.into_iter().filter(|f| endless.insert(*f)) {
                own.entry(f).and_modify(|s| Arc::make_mut(s).returns_anything(params(f)));
                todo.extend(callers.get(&f).into_iter().flatten().copied());
            }
        }
        if todo.is_empty() {
            break;
        }
    }
    circle.settle();
    // What was made coarse to settle is said, and so is what did not settle.
    if (apart.coarse || !todo.is_empty())
        && let Some(first) = own.values_mut().next()
    {
        let first = Arc::make_mut(first);
        first.coarse = if apart.coarse { live.len() as u32 } else { 0 };
        first.limited |= !todo.is_empty();
    }
    own.into_iter().collect()
}
