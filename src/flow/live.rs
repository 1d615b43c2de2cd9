//! Which locals are still needed at a point: where two states meet, what no statement will read again is left alone.
//!
//! Rust assigns every variable before it is read, and gives those of a loop's body anew in each round. So a local
//! whose last statement is passed, and whose first one lies in the round at hand, is of no use to anyone: unless it
//! is lent, captured by a closure, a parameter, or the result.

use rustc_hash::FxHashMap;

use super::closures::spoken_of;
use super::interp::SqlIndex;
use crate::ir::body::{ClosureId, Func, LabelId, Local, Operand, RET, Rvalue, Stmt};
use crate::link::program::FuncId;

/// A point where states meet, by the numbers of statements.
#[derive(Clone, Copy, Debug)]
struct Point {
    /// The last statement before it.
    end: u32,
    /// The loop, closure or function around it begins here.
    begin: u32,
}

/// The first and the last statement that speaks of a local.
#[derive(Clone, Copy, Debug)]
struct Span {
    first: u32,
    last: u32,
}

/// What is needed where, in one function.
#[derive(Debug, Default)]
pub(super) struct Live {
    spans: Vec<Span>,
    lent: Vec<bool>,
    /// Branches, by the addresses of their statements.
    branches: FxHashMap<usize, Point>,
    labels: Vec<Option<Point>>,
    /// Where the round of a loop begins.
    rounds: Vec<Option<Point>>,
    closures: Vec<Option<Point>>,
    end: u32,
}

/// Says of a local whether it is needed.
pub(super) type Needed<'a> = &'a dyn Fn(Local) -> bool;

/// All are.
pub(super) const ALL: Needed<'static> = &|_| true;

impl Live {
    /// Numbers the statements of a function and of its closures; of none where states never meet.
    ///
    /// What a statement is bound to that is written as calls is read where it runs, far behind its last mention.
    pub(super) fn of(id: FuncId, f: &Func, sql: &SqlIndex) -> Self {
        let body = f.body.as_deref().unwrap_or(&[]);
        if f.closures.is_empty() && body.iter().all(is_straight) {
            return Live::default();
        }
        let mut walk = Walk {
            id,
            sql,
            live: Live {
                spans: vec![Span { first: u32::MAX, last: 0 }; f.locals.len()],
                lent: vec![false; f.locals.len()],
                closures: vec![None; f.closures.len()],
                ..Live::default()
            },
            at: 0,
            begin: 0,
            tree: vec![None; f.locals.len()],
            now: None,
        };
        walk.block(body);
        walk.live.end = walk.at;
        for (i, c) in f.closures.iter().enumerate() {
            walk.now = Some(ClosureId(i as u32));
            walk.at += 1;
            walk.begin = walk.at;
            walk.block(&c.body);
            let point = Point { end: walk.at, begin: walk.begin };
            if let Some(slot) = walk.live.closures.get_mut(i) {
                *slot = Some(point);
            }
            // What it is given and what it gives is read by whoever runs it.
            c.params.iter().chain([&c.ret]).for_each(|l| walk.live.keep(*l));
        }
        f.params.iter().map(|p| p.local).chain([RET]).for_each(|l| walk.live.keep(l));
        walk.live
    }

    /// How many labels there are to leave to.
    pub(super) fn labels(&self) -> usize {
        self.labels.len()
    }

    /// A local is lent: it may be read or written without being named.
    pub(super) fn lend(&mut self, l: Local) {
        if let Some(slot) = self.lent.get_mut(l.0 as usize) {
            *slot = true;
        }
    }

    /// A local is read where no statement names it.
    pub(super) fn keep(&mut self, l: Local) {
        if let Some(span) = self.spans.get_mut(l.0 as usize) {
            *span = Span { first: 0, last: u32::MAX };
        }
    }

    fn needed(&self, l: Local, point: Option<Point>) -> bool {
        let (Some(point), Some(span)) = (point, self.spans.get(l.0 as usize)) else { return true };
        let passed = span.first > point.begin && (span.last <= point.end || span.first > point.end);
        !passed || self.lent.get(l.0 as usize).copied().unwrap_or(true)
    }

    /// After a branch.
    pub(super) fn after_branch(&self, branch: &Stmt) -> impl Fn(Local) -> bool + '_ {
        let point = self.branches.get(&address(branch)).copied();
        move |l| self.needed(l, point)
    }

    /// After a block or loop.
    pub(super) fn after_label(&self, label: LabelId) -> impl Fn(Local) -> bool + '_ {
        let point = self.labels.get(label.0 as usize).copied().flatten();
        move |l| self.needed(l, point)
    }

    /// When the next round of a loop begins.
    pub(super) fn next_round(&self, label: LabelId) -> impl Fn(Local) -> bool + '_ {
        let point = self.rounds.get(label.0 as usize).copied().flatten();
        move |l| self.needed(l, point)
    }

    /// When a closure ends, or the function if it is none.
    pub(super) fn at_end(&self, closure: Option<ClosureId>) -> impl Fn(Local) -> bool + '_ {
        let point = match closure {
            None => Some(Point { end: self.end, begin: 0 }),
            Some(c) => self.closures.get(c.0 as usize).copied().flatten(),
        };
        move |l| self.needed(l, point)
    }
}

/// Whether control goes through a statement in one way only.
fn is_straight(s: &Stmt) -> bool {
    match s {
        Stmt::Assign { .. } | Stmt::Return | Stmt::Unreachable => true,
        Stmt::Scope { body, .. } => body.iter().all(is_straight),
        Stmt::If { .. } | Stmt::Loop { .. } | Stmt::Block { .. } | Stmt::Break(_) | Stmt::Continue(_) => false,
    }
}

fn address(s: &Stmt) -> usize {
    std::ptr::from_ref(s).addr()
}

/// Numbers statements in the order of the text.
struct Walk<'a> {
    /// The function, as written.
    id: FuncId,
    sql: &'a SqlIndex,
    live: Live,
    at: u32,
    /// Where the loop, closure or function at hand begins.
    begin: u32,
    /// By which closure a local is spoken of, or that it is by the function itself.
    tree: Vec<Option<Option<ClosureId>>>,
    now: Option<ClosureId>,
}

impl Walk<'_> {
    fn block(&mut self, stmts: &[Stmt]) {
        stmts.iter().for_each(|s| self.stmt(s));
    }

    fn stmt(&mut self, s: &Stmt) {
        self.at += 1;
        let here = self.at;
        spoken_of(s, &mut |l| self.speaks_of(l));
        match s {
            Stmt::If { then, els, .. } => {
                self.block(then);
                self.block(els);
                self.live.branches.insert(address(s), Point { end: self.at, begin: self.begin });
            }
            Stmt::Loop { label, body } => {
                let around = std::mem::replace(&mut self.begin, here);
                self.block(body);
                self.begin = around;
                put(&mut self.live.rounds, *label, Point { end: u32::MAX, begin: here });
                put(&mut self.live.labels, *label, Point { end: self.at, begin: around });
            }
            Stmt::Block { label, body } => {
                self.block(body);
                put(&mut self.live.labels, *label, Point { end: self.at, begin: self.begin });
            }
            Stmt::Scope { body, .. } => self.block(body),
            Stmt::Assign { src: Rvalue::Call { site, .. }, .. } => self.runs(*site),
            Stmt::Assign { .. } => {}
            Stmt::Break(_) | Stmt::Continue(_) | Stmt::Return | Stmt::Unreachable => {}
        }
    }

    /// What is bound to the statements that a call runs.
    fn runs(&mut self, site: u32) {
        let sql = self.sql;
        for call in sql.by_call.get(&(self.id, site)).into_iter().flatten() {
            for given in call.binds.iter().chain(call.puts.iter().map(|(_, op)| op)) {
                let Operand::Place(p) = given else { continue };
                self.live.keep(p.base);
            }
        }
    }

    fn speaks_of(&mut self, l: Local) {
        let i = l.0 as usize;
        let (Some(span), Some(tree)) = (self.live.spans.get_mut(i), self.tree.get_mut(i)) else { return };
        *span = Span { first: span.first.min(self.at), last: span.last.max(self.at) };
        // What a closure captures may be read whenever that runs.
        if *tree.get_or_insert(self.now) != self.now {
            self.live.keep(l);
        }
    }
}

fn put(list: &mut Vec<Option<Point>>, label: LabelId, point: Point) {
    let i = label.0 as usize;
    if list.len() <= i {
        list.resize(i + 1, None);
    }
    if let Some(slot) = list.get_mut(i) {
        *slot = Some(point);
    }
}
