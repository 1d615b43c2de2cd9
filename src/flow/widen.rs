//! How the summaries of functions that call each other come to an end: what lies inside itself is not told apart
//! (each round), what grows with every round is forgotten, what was said stays said, and what does not settle so is made
//! coarse.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use super::bounds::{coarse, coarse_fact, folded, pooled, short_fact, shortened, trimmed, unnested, unnested_fact};
use super::bundles::{Bundle, Bundles};
use super::cells::{Cell, told_of_one};
use super::doubt::Why;
use super::far::{Far, all_nearer, near};
use super::summary::{Kind, Summary, Touch, joined_arrivals, joined_flows};
use super::text::{Text, TextPiece};
use super::value::{Base, Fact, Info, Origin, V, Value, join, many};
use crate::ir::body::View;
use crate::source::Span;

/// Facts about parameters that a value keeps apart in what functions say that call each other: fewer than
/// [`MAX_OPEN`](super::value::MAX_OPEN), since each round multiplies them.
const OPEN_TOGETHER: usize = 48;

impl Summary {
    /// Forgets what grows with every round (widening, Cousot and Cousot 1977): texts that were others in the round before
    /// may be any, and what is to be of what the caller gave is asked no longer where that was something else.
    pub(super) fn widen(&mut self, before: &Summary) {
        widen(&mut self.ret, &before.ret);
        let outs = self.outs.iter_mut().filter_map(|(i, v)| Some((v, &before.outs.iter().find(|(j, _)| i == j)?.1)));
        let writes = self.writes.iter_mut().filter_map(|(cell, v)| Some((v, before.writes.get(cell)?)));
        let cells =
            self.cells.iter_mut().filter_map(|(c, made)| Some((&mut made.content, &before.cells.get(c)?.content)));
        outs.chain(writes).chain(cells).for_each(|(v, old)| widen(v, old));
        for (now, old) in [(&mut self.arrivals, &before.arrivals), (&mut self.held, &before.held)] {
            for a in now {
                if let Ok(i) = old.binary_search_by(|b| b.kind.cmp(&a.kind))
                    && let Some(b) = old.get(i)
                {
                    widen(&mut a.data, &b.data);
                }
            }
        }
        for (id, closure) in &mut self.closures {
            if let Some(old) = before.closures.get(id) {
                Arc::make_mut(closure).widen(old);
            }
        }
        for (now, old) in [(&mut self.closed, &before.closed), (&mut self.waiting, &before.waiting)] {
            let old: BTreeMap<(&Kind, &Fact), &Info> = old.iter().map(|b| ((&*b.kind, &b.fact), &b.info)).collect();
            for flow in now {
                unasked(&mut flow.info, old.get(&(&*flow.kind, &flow.fact)).copied());
            }
        }
        let old: BTreeMap<(&Kind, &Fact), &Info> =
            before.touches.iter().map(|b| ((&*b.kind, &b.fact), &b.info)).collect();
        for touch in &mut self.touches {
            unasked(&mut touch.info, old.get(&(&*touch.kind, &touch.fact)).copied());
        }
    }

    /// Takes in what the round before said, so that what is said once stays said: parts that are folded and told apart
    /// in turn come to rest.
    pub(super) fn take_in(&mut self, before: &Summary) {
        self.ret = join(&before.ret, &self.ret);
        for (i, v) in &mut self.outs {
            if let Some((_, old)) = before.outs.iter().find(|(j, _)| i == j) {
                *v = join(old, v);
            }
        }
        for (cell, old) in &before.writes {
            self.writes.entry(cell.clone()).and_modify(|v| *v = join(old, v)).or_insert_with(|| old.clone());
        }
        for (id, closure) in &mut self.closures {
            if let Some(old) = before.closures.get(id) {
                Arc::make_mut(closure).take_in(old);
            }
        }
        for (now, old) in [(&mut self.arrivals, &before.arrivals), (&mut self.held, &before.held)] {
            *now = joined_arrivals(old.iter().cloned().chain(now.drain(..)).map(|a| (a.kind, a.data)));
        }
        self.bundles.extend(before.bundles.iter().map(Bundle::opened));
        self.each_bundle(&|fact, info| (fact, info));
        for (now, old) in [(&mut self.closed, &before.closed), (&mut self.waiting, &before.waiting)] {
            *now = joined_flows(old.iter().cloned().chain(now.drain(..)));
        }
        self.touches.extend(before.touches.iter().cloned());
        self.one_touch_each();
    }

    /// Tells nothing apart that lies inside itself, and no more than [`OPEN_TOGETHER`] parts of a parameter in one: what
    /// recursion adds to it round by round comes to an end.
    pub(super) fn unnest(&mut self) {
        self.each_value(&|v| {
            let v = unnested(v).unwrap_or_else(|| v.clone());
            v.cut_to(OPEN_TOGETHER).unwrap_or(v)
        });
        self.each_bundle(&unnested_fact);
        for t in &mut self.touches {
            (t.fact, t.info) = unnested_fact(t.fact.clone(), std::mem::take(&mut t.info));
        }
        self.one_touch_each();
    }

    /// Joins touches of the same for the same purpose.
    fn one_touch_each(&mut self) {
        let mut touched: BTreeMap<(Fact, Option<(u32, Span)>), Touch> = BTreeMap::new();
        for Touch { kind, fact, info } in self.touches.drain(..) {
            match touched.entry((fact, kind.purpose)) {
                Entry::Occupied(mut e) => {
                    let Touch { fact, info: have, .. } = e.get_mut();
                    have.join(fact, &info);
                }
                Entry::Vacant(e) => {
                    let fact = e.key().0.clone();
                    e.insert(Touch { kind, fact, info });
                }
            }
        }
        self.touches = touched.into_values().collect();
    }

    /// What it has of what many cells hold is told of one, which holds what they do.
    fn pool_held(&mut self, pool: Cell) {
        let mut had = Value::default();
        let one: Far = (Base::Cell(pool), Arc::from([]));
        let outs = self.outs.iter_mut().map(|(_, v)| v);
        let arrivals = self.arrivals.iter_mut().chain(&mut self.held).map(|a| &mut a.data);
        let given = self.given.iter_mut().flat_map(|g| &mut g.args);
        let writes = self.writes.iter_mut().filter(|(place, _)| **place != one).map(|(_, v)| v);
        for v in outs.chain(arrivals).chain(given).chain(writes).chain([&mut self.ret]) {
            let of_others = v.facts.iter().filter(|(f, _)| matches!(f.origin, Origin::Held(c, _) if c != pool));
            of_others.for_each(|(f, info)| had.add(f.clone(), info.clone()));
            *v = told_of_one(v, pool, &|_| true);
        }
        if had.has_data() {
            let had = Arc::new(had);
            self.writes.entry(one).and_modify(|have| *have = join(have, &had)).or_insert(had);
        }
    }

    /// Changes what each bundle of arrivals is of.
    fn each_bundle(&mut self, change: &dyn Fn(Fact, Info) -> (Fact, Info)) {
        let mut out = Bundles::default();
        for b in self.bundles.drain(..) {
            let (fact, info) = change(b.fact, b.info);
            out.add(fact, info, b.ends);
        }
        self.bundles = out.into_list();
    }

    /// Changes the values that callers come to see: what it returns, leaves and writes, and what arrives or is called of
    /// what they give.
    pub(super) fn each_value(&mut self, change: &dyn Fn(&V) -> V) {
        let outs = self.outs.iter_mut().map(|(_, v)| v);
        let cells = self.cells.values_mut().map(|made| &mut made.content);
        let arrivals = self.arrivals.iter_mut().map(|a| &mut a.data);
        let given = self.given.iter_mut().flat_map(|g| &mut g.args);
        for v in outs.chain(self.writes.values_mut()).chain(cells).chain(arrivals).chain(given) {
            *v = change(v);
        }
        self.ret = change(&self.ret);
    }

    /// Tells places in what the caller gave apart by so many steps.
    pub(super) fn writes_near(&mut self, steps: usize) {
        let far = |((base, way), _): (&Far, &V)| matches!(base, Base::Param(_)) && near(way, steps) != *way;
        if !self.writes.iter().any(far) {
            return;
        }
        all_nearer(&mut self.writes, steps);
    }

    /// Tells of parameters only the nearest parts apart: recursion through parts of many kinds comes to an end, and what
    /// is deeper is `possible`.
    pub(super) fn shorten(&mut self, steps: usize) {
        self.each_value(&|v| shortened(v, steps));
        self.each_bundle(&|fact, info| short_fact(fact, info, steps));
        for t in &mut self.touches {
            (t.fact, t.info) = short_fact(t.fact.clone(), std::mem::take(&mut t.info), steps);
        }
        self.one_touch_each();
    }

    /// Whether it comes back only if a function does that it calls and that calls it.
    pub(super) fn only_recurs(&self) -> bool {
        !self.diverges && self.ret.when.as_ref().is_some_and(|w| w.yes.is_everything() && w.no.is_everything())
    }

    /// A function that only recurs was not understood, as nobody writes one: it may give anything that it is given.
    pub(super) fn returns_anything(&mut self, params: u32) {
        let doubt = Why::Recursion.anywhere();
        let mut ret = Value { unknown: true, ..Value::default() };
        for i in 0..params {
            let mut info = Info { derived: true, ..Info::default() };
            info.doubt(&doubt);
            ret.add(Fact { deep: Some(View::Full), ..Fact::new(Origin::Param(i, [].into())) }, info);
        }
        self.ret = Arc::new(ret);
    }

    /// Forgets which part of a parameter a fact speaks of, so that recursion comes to an end: parameters reach whatever
    /// parts of them did, as `possible`. What of them is written to cells is told of one (`pool`). Of `many` functions what
    /// they have of cells is told of that one, too, and nothing is asked of the caller.
    pub(super) fn coarsen(&mut self, pool: Cell, many: bool) {
        self.each_value(&|v| coarse(v, &Why::Recursion));
        let unasked = |info: &mut Info| info.guards = info.guards.of_policy();
        if many {
            self.each_value(&|v| v.map_info(&unasked));
            self.held.iter_mut().for_each(|a| a.data = coarse(&a.data, &Why::Recursion));
            self.pool_held(pool);
        }
        self.writes = pooled(std::mem::take(&mut self.writes), pool, &Why::Recursion);
        // Without parts each fact goes by itself.
        let mut bundles = Bundles::default();
        let arrivals = std::mem::take(&mut self.arrivals).into_iter().map(|a| (a.kind, a.data));
        self.arrivals = bundles.sort_out(arrivals);
        for b in self.bundles.drain(..) {
            let (fact, mut info) = coarse_fact(b.fact, b.info, &Why::Recursion);
            if many {
                unasked(&mut info);
            }
            bundles.add(fact, info, b.ends);
        }
        self.bundles = bundles.into_list();
        let near = |f: &Fact| !matches!(&f.origin, Origin::Param(_, p) | Origin::Called(_, p) if p.len() > 1);
        self.touches.retain(|t| near(&t.fact));
    }
}

/// Forgets of a value what grows with every round.
fn widen(v: &mut V, before: &Value) {
    let asks = |(_, info): &(Fact, Info)| info.guards.asks();
    if v.texts != before.texts || v.facts.iter().any(asks) {
        let node = Arc::make_mut(v);
        if node.texts != before.texts {
            node.texts = many![Text { pieces: Arc::from([TextPiece::Hole]), span: None }];
        }
        for (fact, info) in &mut node.facts {
            let old = before.facts.binary_search_by(|(f, _)| f.cmp(fact)).ok().and_then(|i| before.facts.get(i));
            unasked(info, old.map(|(_, info)| info));
        }
    }
    for i in 0..v.fields.len() {
        if let Some((name, part)) = v.fields.get(i)
            && let Some(old) = before.listed(name)
            && !Arc::ptr_eq(part, old)
            && let Some((_, part)) = Arc::make_mut(v).fields.get_mut(i)
        {
            widen(part, old);
        }
    }
}

/// A value without what grows with every round of a loop, if it has any of that: its texts and what is asked of the
/// caller as [`widen`] has them, no more parts than are carried between functions, and none where there were none in the
/// round before, since what is folded and told apart in turn would never come to rest.
pub(super) fn widened(v: &V, before: &V) -> Option<V> {
    if v.same(before) {
        return None;
    }
    let mut out = trimmed(&kept_whole(v, before));
    widen(&mut out, before);
    Some(out)
}

/// A value with parts only where it had some before, or nothing.
fn kept_whole(v: &V, before: &Value) -> V {
    if before.fields.is_empty() {
        return if before.facts.is_empty() { v.clone() } else { folded(v, 0) };
    }
    let mut out: Option<Value> = None;
    for (i, (name, part)) in v.fields.iter().enumerate() {
        if let Some((_, old)) = before.fields.iter().find(|(n, _)| n == name)
            && !Arc::ptr_eq(part, old)
        {
            let part = kept_whole(part, old);
            if let Some(slot) = out.get_or_insert_with(|| (**v).clone()).fields.get_mut(i) {
                slot.1 = part;
            }
        }
    }
    out.map_or_else(|| v.clone(), Arc::new)
}

/// Leaves what is known whatever the caller gave, unless just that was asked of it in the round before: what is asked no
/// longer is possible.
fn unasked(info: &mut Info, before: Option<&Info>) {
    if info.guards.asks() && !before.is_some_and(|b| b.guards.says(&info.guards)) {
        info.guards = info.guards.of_policy();
        info.doubt(&Why::Recursion.anywhere());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::program::FuncId;
    use crate::source::FileId;

    #[test]
    fn what_many_functions_have_of_cells_is_told_of_one_that_holds_it() {
        let cell = |n| Cell::Made(Span::new(FileId(0), n, n + 1), 0);
        let pool = Cell::Pool(FuncId(0));
        let of = |c| Fact::new(Origin::Held(c, Arc::from([])));
        let both = join(&Value::of(of(cell(1)), Info::default()), &Value::of(of(cell(2)), Info::default()));
        let mut summary = Summary { ret: both.clone(), ..Summary::default() };
        summary.coarsen(pool, false);
        assert_eq!(summary.ret.facts.len(), 2);
        summary.coarsen(pool, true);
        assert!(matches!(summary.ret.facts.as_slice(), [(f, i)] if f.origin == of(pool).origin && i.doubt.is_some()));
        let [((Base::Cell(at), _), had)] = summary.writes.iter().collect::<Vec<_>>()[..] else { panic!() };
        assert!(*at == pool && had.facts.iter().map(|(f, _)| &f.origin).eq(both.facts.iter().map(|(f, _)| &f.origin)));
        // What the pool holds stays there, however often it is told.
        summary.coarsen(pool, true);
        assert_eq!(summary.writes.values().map(|v| v.facts.len()).sum::<usize>(), 2);
    }
}
