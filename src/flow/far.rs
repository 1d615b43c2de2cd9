//! Places outside of a function: parts of what a parameter or a cell stands for, what they are at a caller, and what is
//! written there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::actual::Actual;
use super::beside::left_behind;
use super::bounds::bounded;
use super::calls::Arg;
use super::cells::{Cell, stored};
use super::doubt::Why;
use super::interp::Interp;
use super::keyed::is_at;
use super::path::{Path, What};
use super::state::State;
use super::summary::{Summary, doubted};
use super::text::Shelf;
use super::value::{Base, MAX_PATH, Origin, V, Value, Way, Way1, join};
use super::waiting::{closure_open, open_part, value_open};
use crate::ir::Name;
use crate::limits::{FAR_PLACES, SHARED_WRITES};
use crate::source::Span;

/// A place outside of the function: a part of what a parameter or a cell stands for.
pub type Far = (Base, Arc<[Name]>);

/// Ends the way to a place of which it is only known that it is somewhere below: which part of it is told no more.
pub(super) const ANYWHERE: &str = "$any";

/// The fields on a way; elements are not told apart, nor are keys.
pub(super) fn names(way: &[Way1]) -> Arc<[Name]> {
    let named = |w: &Way1| match w {
        Way1::Field(n) if !is_at(n) => Some(n.clone()),
        _ => None,
    };
    let mut out: Vec<Name> = way.iter().filter_map(named).collect();
    if out.len() > MAX_PATH {
        let below = out.pop().filter(|n| n == ANYWHERE);
        out.truncate(MAX_PATH - usize::from(below.is_some()));
        out.extend(below);
    }
    out.into()
}

/// The way to a place outside of the function, of which only so many steps are told; whatever is below them then.
pub(super) fn near(path: &Arc<[Name]>, steps: usize) -> Arc<[Name]> {
    let known = path.len() - usize::from(path.last().is_some_and(|n| n == ANYWHERE));
    match known <= steps {
        true => path.clone(),
        false => path.iter().take(steps).cloned().chain([ANYWHERE.into()]).collect(),
    }
}

fn fields(path: &[Name]) -> Way {
    path.iter().cloned().map(Way1::Field).collect()
}

/// The part of a parameter that a way leads to, and whether it leads to whatever is in that.
fn whereabouts(path: &[Name]) -> (&[Name], bool) {
    match path.split_last() {
        Some((last, before)) if last == ANYWHERE => (before, true),
        _ => (path, false),
    }
}

/// A part of a value on the way to a cell. What is left without its keys or its error is in the same cells, which are
/// known by then with what is left behind.
pub(super) fn part_of(node: &V, name: &str) -> V {
    let part = node.field(name);
    if left_behind(name).is_some() { part.without_cells() } else { part }
}

/// The cells that a part of what a caller gave is in, with the parts of them; those in it, too, where the way leads to
/// whatever is below.
pub(super) fn far_cells(param: &V, path: &[Name]) -> Vec<(Cell, Vec<Name>)> {
    let (path, below) = whereabouts(path);
    let mut node = param.clone();
    let mut out = Vec::new();
    for (k, n) in path.iter().map(Some).chain([None]).enumerate() {
        let rest = path.get(k..).unwrap_or(&[]);
        out.extend(node.cells().map(|c| (c, rest.to_vec())));
        if let Some(n) = n {
            node = part_of(&node, n);
        }
    }
    if below {
        let mut within = BTreeSet::new();
        node.fields.iter().for_each(|(_, part)| part.all_cells(&mut within));
        out.extend(within.into_iter().map(|c| (c, Vec::new())));
    }
    if out.is_empty() || below {
        let mut held = Vec::new();
        symbolic_places(&node, below, &mut held);
        out.extend(held.into_iter().filter_map(|(base, way)| match base {
            Base::Cell(c) => Some((c, names(&way).to_vec())),
            Base::Local(_) | Base::Param(_) => None,
        }));
    }
    out
}

/// Places of other functions that a value may be, going by its facts; `below`: that its parts may be, too, and whatever is
/// in what the caller gave.
pub(super) fn symbolic_places(v: &Value, below: bool, out: &mut Vec<(Base, Way)>) {
    let known = v.facts.iter().filter(|(f, _)| f.deep.is_none() && f.transforms.is_empty());
    out.extend(known.filter_map(|(f, _)| match &f.origin {
        Origin::Param(i, path) => {
            let below = below.then(|| Way1::Field(ANYWHERE.into()));
            Some((Base::Param(*i), fields(path).into_iter().chain(below).collect()))
        }
        Origin::Held(c, path) => Some((Base::Cell(*c), fields(path))),
        _ => None,
    }));
    if below {
        v.fields.iter().for_each(|(_, part)| symbolic_places(part, below, out));
    }
}

/// A place in what the caller gave of which so many steps are told, and what is written there: perhaps to another place
/// below.
fn nearer((base, way): Far, v: V, steps: usize) -> (Far, V) {
    let short = if matches!(base, Base::Param(_)) { near(&way, steps) } else { way.clone() };
    let v = if short == way { v } else { doubted(&v, &Why::Merged.anywhere()) };
    ((base, short), v)
}

/// All that is written, so.
pub(super) fn all_nearer(writes: &mut BTreeMap<Far, V>, steps: usize) {
    for (far, v) in std::mem::take(writes) {
        let (far, v) = nearer(far, v, steps);
        writes.entry(far).and_modify(|have| *have = join(have, &v)).or_insert(v);
    }
}

impl Interp<'_> {
    /// Notes a write to a place of another function, or that others see.
    pub(super) fn write_far(&mut self, far: Far, v: &V, span: Span, st: &mut State) {
        let v = bounded(&self.exported(v, st).links());
        if let (Base::Cell(Cell::Static(c)), []) = (&far.0, &*far.1) {
            v.texts.iter().for_each(|text| self.kept_text(&Shelf::Static(*c), text));
        }
        if v.says_nothing() {
            return;
        }
        if self.writes.len() >= SHARED_WRITES && !self.writes.contains_key(&far) {
            self.full = true;
            return;
        }
        let hop = match &far.0 {
            Base::Cell(c) if !matches!(c, Cell::Given(..)) => {
                Path::hop(self.id, span, What::Kept(c.name(self.cx.program)))
            }
            _ => Path::default(),
        };
        let v = stored(&v).map_info(&|i| i.path = i.path.then(&hop));
        let (far, v) = nearer(far, v, self.far_steps);
        match self.writes.get_mut(&far) {
            Some(have) => *have = join(have, &v),
            None => {
                self.writes.insert(far, v);
                self.tell_fewer_apart();
            }
        }
    }

    /// Of many places in what the caller gave fewer steps are told.
    fn tell_fewer_apart(&mut self) {
        while self.far_steps > 0
            && self.writes.keys().filter(|(base, _)| matches!(base, Base::Param(_))).count() > FAR_PLACES
        {
            self.far_steps -= 1;
            all_nearer(&mut self.writes, self.far_steps);
        }
    }

    /// What a callee writes to cells that others see, or that it was given.
    pub(super) fn far_writes(
        &mut self,
        summary: &Summary,
        actual: &Actual<'_>,
        args: &[Arg],
        span: Span,
        st: &mut State,
    ) {
        for ((base, path), v) in &summary.writes {
            match base {
                Base::Param(i) => {
                    let v = actual.value(v);
                    let places = self.param_places(*i, path, actual.params, args, st);
                    self.put_all(&places, &[], &v, true, span, st);
                }
                // What is known of it was noted there.
                Base::Cell(_) if value_open(v) || closure_open(v) => {
                    let v = actual.value(&if closure_open(v) { v.clone() } else { open_part(v) });
                    self.write_far((base.clone(), path.clone()), &v, span, st);
                }
                Base::Cell(_) | Base::Local(_) => {}
            }
        }
    }

    /// The places here of a part of a parameter of the callee.
    pub(super) fn param_places(
        &self,
        i: u32,
        path: &[Name],
        params: &[V],
        args: &[Arg],
        st: &State,
    ) -> Vec<(Base, Way)> {
        let Some(node) = params.get(i as usize) else { return Vec::new() };
        let mut out: Vec<(Base, Way)> =
            far_cells(node, path).into_iter().map(|(c, rest)| (Base::Cell(c), fields(&rest))).collect();
        let (path, below) = whereabouts(path);
        if !out.is_empty() && !below {
            return out;
        }
        if let Some(a) = args.get(i as usize) {
            let here = self.arg_ways(a, st).into_iter().map(|(b, mut way)| {
                way.extend(fields(path));
                (b, way)
            });
            out.extend(here);
        }
        let mut known = Vec::new();
        symbolic_places(&node.part(path), below, &mut known);
        out.extend(known.into_iter().filter(|place| !self.is_only_read(place)));
        if below {
            out.sort();
            out.dedup();
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::super::cells::access;
    use super::*;
    use crate::source::FileId;

    #[test]
    fn what_is_only_known_to_be_below_is_each_cell_there() {
        let cell = |n| Cell::Made(Span::new(FileId(0), n, n + 1), 0);
        let (mut inner, mut outer) = (Value::default(), Value::default());
        inner.set_field("deep", access(cell(1)));
        outer.set_field("a", Arc::new(inner));
        outer.set_field("b", access(cell(2)));
        let (param, way) = (Arc::new(outer), ["a", "x", "y"].map(Name::from));
        assert_eq!(*near(&Arc::from(way.clone()), 1), ["a", ANYWHERE].map(Name::from));
        assert_eq!(near(&near(&Arc::from(way.clone()), 1), 1).len(), 2);
        let below = |steps| far_cells(&param, &near(&Arc::from(way.clone()), steps));
        assert_eq!(below(1), [(cell(1), Vec::new())]);
        assert_eq!(below(0), [(cell(1), Vec::new()), (cell(2), Vec::new())]);
        assert!(below(3).is_empty());
    }
}
