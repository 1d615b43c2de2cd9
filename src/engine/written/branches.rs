//! Branches: what a local is behind them, and what a call does with what it may be.

use std::collections::BTreeSet;

use super::env::Changed;
use super::node::{Node, Query};
use super::pieces::Builder;
use super::{Body, Call, Callee};
use crate::ir::body::{Local, Operand, Stmt};
use crate::limits;

impl<'a> Body<'_, 'a> {
    /// Walks both branches from the same state; whether what stands behind them is reached.
    pub(super) fn branches(&mut self, then: &'a [Stmt], els: &'a [Stmt]) -> bool {
        let (before, built, active) = (self.env.mark(), self.builders.clone(), self.active.clone());
        let then_ends = self.stmts(then);
        let mut first = self.env.back_to(before);
        let first_active = std::mem::replace(&mut self.active, active);
        // Builders are numbered: those of the first branch stay.
        let mut first_built = std::mem::take(&mut self.builders);
        self.builders = built.iter().cloned().chain(first_built.iter().skip(built.len()).cloned()).collect();
        let els_ends = self.stmts(els);
        match (then_ends, els_ends) {
            (true, false) => {
                self.active = first_active;
                first_built.extend(self.builders.iter().skip(first_built.len()).cloned());
                self.builders = first_built;
                self.env.back_to(before);
                first.into_iter().for_each(|(local, node)| self.env.set(local, node));
            }
            (true, true) => {
                self.active.join(&first_active);
                for (one, other) in first_built.into_iter().zip(&mut self.builders) {
                    other.join(one);
                }
                let mut second = self.env.back_to(before);
                let locals: BTreeSet<Local> = first.keys().chain(second.keys()).copied().collect();
                for local in locals {
                    let was = self.env.get(local);
                    // A local of one branch alone is not asked for behind it.
                    let own = was.is_none() && self.blank.get(local.0 as usize) != Some(&true);
                    let by = |branch: &mut Changed| branch.remove(&local).unwrap_or_else(|| was.cloned());
                    let joined = match (by(&mut first), by(&mut second)) {
                        (Some(one), None) if own => Some(one),
                        (None, Some(other)) if own => Some(other),
                        (one, other) => either(one, other),
                    };
                    self.env.set(local, joined);
                }
            }
            (false, true) => {}
            (false, false) => return false,
        }
        true
    }

    /// The first argument that is several things.
    pub(super) fn several(&self, call: Call<'_>) -> Option<(Local, Vec<Option<Node>>)> {
        call.args.iter().find_map(|op| match op {
            Operand::Place(p) if p.is_held() => match self.env.get(p.base) {
                Some(Node::Several(ways)) => Some((p.base, ways.clone())),
                _ => None,
            },
            _ => None,
        })
    }

    /// A call with each of the things that an argument may be.
    pub(super) fn each(
        &mut self,
        local: Local,
        ways: Vec<Option<Node>>,
        callee: &'a Callee,
        call: Call<'_>,
    ) -> Option<Node> {
        let before = self.builders.clone();
        let mut built: Option<Vec<Builder>> = None;
        let mut out: Option<Option<Node>> = None;
        for way in &ways {
            self.env.set(local, way.clone());
            self.builders.clone_from(&before);
            let one = self.call(callee, call);
            for (one, other) in built.into_iter().flatten().zip(&mut self.builders) {
                other.join(one);
            }
            built = Some(self.builders.clone());
            out = Some(match out {
                Some(first) => either(first, one),
                None => one,
            });
        }
        self.env.set(local, Some(Node::Several(ways)));
        out.flatten()
    }
}

/// What is one thing or the other, by the way through the code.
pub(super) fn either(one: Option<Node>, other: Option<Node>) -> Option<Node> {
    if one == other {
        return one;
    }
    if let (Some(Node::Query(a)), Some(Node::Query(b))) = (&one, &other)
        && let Some(both) = Query::either(a, b)
    {
        return Some(Node::Query(Box::new(both)));
    }
    let mut ways: Vec<Option<Node>> = Vec::new();
    for node in [one, other] {
        let more = if let Some(Node::Several(list)) = node { list } else { vec![node] };
        for node in more {
            if !ways.contains(&node) {
                ways.push(node);
            }
        }
    }
    if ways.len() > limits::SQL_WAYS {
        return None;
    }
    Some(Node::Several(ways))
}

impl Query {
    /// Of two that differ in their conditions alone: those that both have hold, the others are only asked.
    fn either(a: &Query, b: &Query) -> Option<Query> {
        let bare = |q: &Query| Query { filters: Vec::new(), order: Vec::new(), ..q.clone() };
        if bare(a) != bare(b) {
            return None;
        }
        let mut out = a.clone();
        let (both, asked) = a.filters.iter().cloned().partition(|f| b.filters.contains(f));
        out.filters = both;
        let others = b.filters.iter().filter(|f| !a.filters.contains(f)).chain(&b.order).cloned();
        for more in Vec::into_iter(asked).chain(others) {
            if !out.order.contains(&more) {
                out.order.push(more);
            }
        }
        Some(out)
    }
}

impl Builder {
    /// What it is by another branch as well.
    fn join(&mut self, other: Builder) {
        if let (Some((_, first)), Some((_, also))) = (&mut self.between, &other.between) {
            *first &= *also;
        }
        self.open |= other.open;
        // Where one only goes on with the other, the shortest and the longest say all: what is asked in any case, and
        // what is asked at all.
        let goes_on = |a: &[super::Tokens], b: &[super::Tokens]| a.iter().zip(b).all(|(a, b)| b.starts_with(a));
        let (mine, others) = (&self.ways, &other.ways);
        if mine.len() == others.len() && (goes_on(mine, others) || goes_on(others, mine)) {
            let (short, long) = if goes_on(mine, others) { (mine, others) } else { (others, mine) };
            let (short, long) = (short.first().cloned(), long.last().cloned());
            self.ways = short.into_iter().collect();
            self.ways.extend(long.filter(|l| self.ways.first() != Some(l)));
            return;
        }
        for way in other.ways {
            if !self.ways.contains(&way) {
                self.ways.push(way);
            }
        }
        self.open |= self.ways.len() > limits::SQL_WAYS;
        self.ways.truncate(limits::SQL_WAYS);
    }
}
