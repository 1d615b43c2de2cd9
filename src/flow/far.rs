//! Places outside of a function: parts of what a parameter or a cell stands for, and what they are at a caller.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::cells::Cell;
use super::value::{Base, MAX_PATH, Origin, V, Value, Way, Way1};
use crate::ir::Name;

/// A place outside of the function: a part of what a parameter or a cell stands for.
pub type Far = (Base, Arc<[Name]>);

/// Ends the way to a place of which it is only known that it is somewhere below: which part of it is told no more.
pub(super) const ANYWHERE: &str = "$any";

/// The fields on a way; elements are not told apart.
pub(super) fn names(way: &[Way1]) -> Arc<[Name]> {
    let mut out: Vec<Name> =
        way.iter().filter_map(|w| if let Way1::Field(n) = w { Some(n.clone()) } else { None }).collect();
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

pub(super) fn fields(path: &[Name]) -> Way {
    path.iter().cloned().map(Way1::Field).collect()
}

/// The part of a parameter that a way leads to, and whether it leads to whatever is in that.
pub(super) fn whereabouts(path: &[Name]) -> (&[Name], bool) {
    match path.split_last() {
        Some((last, before)) if last == ANYWHERE => (before, true),
        _ => (path, false),
    }
}

/// The cells that a place is which a caller gave, with the parts of them.
pub(super) fn far_cells(param: &V, path: &[Name]) -> Vec<(Cell, Vec<Name>)> {
    let (path, below) = whereabouts(path);
    param_cells(param, path, below)
}

/// The cells that a part of a parameter is in, with the parts of them; `below`: those in it, too.
pub(super) fn param_cells(param: &V, path: &[Name], below: bool) -> Vec<(Cell, Vec<Name>)> {
    let mut node = param.clone();
    let mut out = Vec::new();
    for (k, n) in path.iter().map(Some).chain([None]).enumerate() {
        let rest = path.get(k..).unwrap_or(&[]);
        out.extend(node.cells().map(|c| (c, rest.to_vec())));
        if let Some(n) = n {
            node = node.field(n);
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

#[cfg(test)]
mod tests {
    use super::super::cells::access;
    use super::*;
    use crate::source::{FileId, Span};

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
