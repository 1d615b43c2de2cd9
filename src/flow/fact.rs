//! Facts: where data comes from, and what is known of its way.

use std::cmp::Ordering;
use std::sync::Arc;

use super::beside::{left_behind, no_keys};
use super::cells::Cell;
use super::doubt::{self, Doubt};
use super::must::Must;
use super::path::Path;
use super::roots::{Place, Root, distinct};
use super::types::{Confidence, Transform};
use super::value::{CALLED, MAX_PATH, MAX_TRANSFORMS, Many};
use crate::ir::Name;
use crate::ir::body::View;
use crate::source::Span;

/// Where a fact comes from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// A labelled place: its seed, and where it is read.
    Source(u32, Span),
    /// A labelled field that was given a value of unknown origin: it stands if nothing better is known. What the value
    /// was, if that is for the caller to say: of a literal there is no label. If nobody said it (`Bare`), what else the
    /// field may have been given is nothing better.
    Declared(u32, Span, Option<Arc<Origin>>),
    /// A part of a parameter.
    Param(u32, Arc<[Name]>),
    /// A part of the result of a callable parameter: number of the call in the summary.
    Called(u32, Arc<[Name]>),
    /// A part of what a cell holds that others can reach: known when all functions are.
    Held(Cell, Arc<[Name]>),
    /// Nobody labelled it: the fact only tells whose the value is.
    Bare,
    /// No data: the value gives access to this cell.
    Cell(Cell),
}

impl Origin {
    fn kind(&self) -> u8 {
        match self {
            Origin::Source(..) => 0,
            Origin::Declared(..) => 1,
            Origin::Param(..) => 2,
            Origin::Called(..) => 3,
            Origin::Held(..) => 4,
            Origin::Bare => 5,
            Origin::Cell(_) => 6,
        }
    }

    /// The part of what is known elsewhere.
    #[must_use]
    pub fn way(&self) -> &[Name] {
        match self {
            Origin::Param(_, path) | Origin::Called(_, path) | Origin::Held(_, path) => path,
            _ => &[],
        }
    }

    /// Of its way only so many steps are told.
    pub(super) fn cut(&mut self, steps: usize) {
        if let Origin::Param(_, path) | Origin::Called(_, path) | Origin::Held(_, path) = self
            && path.len() > steps
        {
            *path = path.iter().take(steps).cloned().collect();
        }
    }

    /// Whether both are parts of one parameter, result or cell, on one way for so many steps.
    pub(super) fn is_near(&self, other: &Origin, steps: usize) -> bool {
        let of_one = match (self, other) {
            (Origin::Param(a, _), Origin::Param(b, _)) | (Origin::Called(a, _), Origin::Called(b, _)) => a == b,
            (Origin::Held(a, _), Origin::Held(b, _)) => a == b,
            _ => false,
        };
        let near = |origin: &Origin| origin.way().len().min(steps);
        of_one && self.way().iter().take(near(self)).eq(other.way().iter().take(near(other)))
    }

    /// Whether it stands for a value that is known elsewhere: parts of it are told apart.
    #[must_use]
    pub fn is_symbolic(&self) -> bool {
        matches!(self, Origin::Param(..) | Origin::Called(..) | Origin::Held(..))
    }
}

/// By kind, in the order of the list, then by what they hold. Facts of one origin share its path as a rule, which
/// then needs no look.
impl Ord for Origin {
    fn cmp(&self, other: &Self) -> Ordering {
        let path = |a: &Arc<[Name]>, b: &Arc<[Name]>| if Arc::ptr_eq(a, b) { Ordering::Equal } else { a.cmp(b) };
        match (self, other) {
            (Origin::Source(a, x), Origin::Source(b, y)) => (a, x).cmp(&(b, y)),
            (Origin::Declared(a, x, of), Origin::Declared(b, y, other)) => (a, x, of).cmp(&(b, y, other)),
            (Origin::Param(a, x), Origin::Param(b, y)) | (Origin::Called(a, x), Origin::Called(b, y)) => {
                a.cmp(b).then_with(|| path(x, y))
            }
            (Origin::Held(a, x), Origin::Held(b, y)) => a.cmp(b).then_with(|| path(x, y)),
            (Origin::Cell(a), Origin::Cell(b)) => a.cmp(b),
            _ => self.kind().cmp(&other.kind()),
        }
    }
}

impl PartialOrd for Origin {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A fact: an origin, and what happened since.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fact {
    /// Where from.
    pub origin: Origin,
    /// The value is made of everything below the origin (a text, a hash), seen this way.
    pub deep: Option<View>,
    /// Transforms of the policy, by the caller's numbers, in order.
    pub transforms: Many<u32>,
}

/// How a fact got here.
#[derive(Clone, Debug, Default)]
pub struct Info {
    /// Steps so far.
    pub path: Path,
    /// Why it is not certain, if it is not.
    pub doubt: Option<Doubt>,
    /// Only something derived from it.
    pub derived: bool,
    /// It holds of some part, and which one is no longer known: the whole carries it for certain, a part perhaps.
    pub folded: bool,
    /// It was put into a text that has other things in it.
    pub within: bool,
    /// It is a part that was read out of a text: where the data is only within that, it may be another part.
    pub picked: bool,
    /// It enters with what is read out of a text of the caller, as this part of that: where it was written there, its
    /// origin is known, and it does not enter.
    pub read: Option<Arc<Origin>>,
    /// Guards established of whomever it is of (rows of a query, elements that passed a filter).
    pub guards: Must,
    /// Kinds of transforms that a model names and no policy binds, in the order of their names: those that it passed on
    /// every way. They are told, and change nothing.
    pub kinds: Many<Name>,
    /// Whose it is: all the people it may be of. Nothing if that is not known, or where the origin says it.
    pub whose: Option<Arc<[Place]>>,
}

impl Info {
    /// How sure it is.
    #[must_use]
    pub fn confidence(&self) -> Confidence {
        doubt::confidence(self.doubt.as_ref())
    }

    /// Puts it in doubt, unless it is already in a graver one.
    pub fn doubt(&mut self, more: &Doubt) {
        doubt::add(&mut self.doubt, Some(more));
    }

    /// Sets whose it is; not known if there is no one, or are too many.
    pub fn set_whose(&mut self, places: Vec<Place>) {
        let places = distinct(places);
        self.whose = (!places.is_empty()).then(|| places.into());
    }

    /// It passed transforms of these kinds, too.
    pub(super) fn also_of(&mut self, kinds: &[Name]) {
        for kind in kinds {
            if let Err(at) = self.kinds.binary_search(kind) {
                self.kinds.insert(at, kind.clone());
            }
        }
    }

    /// Whether nothing has happened on the way.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        let Info { path, doubt, derived, folded, within, picked, read, guards, kinds, whose } = self;
        let told = *derived || *folded || *within || *picked || read.is_some();
        path.is_empty() && doubt.is_none() && !told && guards.is_nothing() && kinds.is_empty() && whose.is_none()
    }

    /// Whether it says the same, paths aside.
    pub(super) fn says(&self, other: &Info) -> bool {
        self.guards == other.guards
            && self.confidence() == other.confidence()
            && self.whose == other.whose
            && self.read == other.read
            && self.kinds == other.kinds
    }

    /// Whether what is known of another way to the same fact adds nothing.
    pub(super) fn covers(&self, other: &Info) -> bool {
        let rank = |i: &Info| (i.confidence(), std::cmp::Reverse(i.path.len()));
        self.guards == other.guards
            && self.whose == other.whose
            && (other.derived || !self.derived)
            && (other.folded || !self.folded)
            && (other.within || !self.within)
            && (other.picked || !self.picked)
            && (self.read.is_none() || self.read == other.read)
            && self.kinds.iter().all(|k| other.kinds.contains(k))
            && rank(other) <= rank(self)
    }

    /// Takes in what is known of another way to the same fact. Of two the surer is kept, of equally sure ones the less
    /// guarded, then the shorter.
    pub fn join(&mut self, fact: &Fact, other: &Info) {
        // A way that nothing goes says nothing.
        match (self.guards.is_everything(), other.guards.is_everything()) {
            (true, false) => return self.clone_from(other),
            (false, true) => return,
            _ => {}
        }
        let agree = self.guards == other.guards;
        let mut guards = self.guards.clone();
        if !agree {
            guards.or(&other.guards);
        }
        let rank = |i: &Info| (i.confidence(), agree || i.guards == guards, std::cmp::Reverse(i.path.len()));
        if rank(other) > rank(self) {
            self.doubt.clone_from(&other.doubt);
            self.path = other.path.clone();
        }
        self.derived &= other.derived;
        self.folded &= other.folded;
        self.within &= other.within;
        self.picked &= other.picked;
        if self.read != other.read {
            self.read = None;
        }
        self.kinds.retain(|k| other.kinds.contains(k));
        self.guards = guards;
        if self.whose != other.whose {
            let (mine, theirs) = (fact.places(self), fact.places(other));
            let known = !mine.is_empty() && !theirs.is_empty();
            self.set_whose(if known { mine.into_iter().chain(theirs).collect() } else { Vec::new() });
        }
    }
}

impl Fact {
    /// A fact with this origin and nothing else.
    #[must_use]
    pub fn new(origin: Origin) -> Self {
        Fact { origin, deep: None, transforms: Many::new() }
    }

    /// Of a part of a router: what the layers ask around it. No data, and nobody's.
    #[must_use]
    pub fn route() -> Self {
        Fact { deep: Some(View::Full), ..Fact::new(Origin::Bare) }
    }

    /// Whether it is that of a part of a router.
    #[must_use]
    pub fn is_route(&self) -> bool {
        self.origin == Origin::Bare && self.deep.is_some()
    }

    /// Whether it stands for a value that is known elsewhere as that is there, with its parts.
    #[must_use]
    pub fn is_given(&self) -> bool {
        self.origin.is_symbolic() && self.deep.is_none()
    }

    /// Whether it says that data is there.
    #[must_use]
    pub fn is_data(&self) -> bool {
        !matches!(self.origin, Origin::Bare | Origin::Cell(_))
    }

    /// Whether it gives access to a cell.
    #[must_use]
    pub fn is_access(&self) -> bool {
        matches!(self.origin, Origin::Cell(_))
    }

    /// Whether it is just this part of a parameter.
    #[must_use]
    pub fn is_part(&self, param: u32, way: &[Name]) -> bool {
        let plain = self.deep.is_none() && self.transforms.is_empty();
        plain && matches!(&self.origin, Origin::Param(i, path) if *i == param && **path == *way)
    }

    /// Whether it is a part that was taken without this.
    pub(super) fn has_left_behind(&self, name: &str) -> bool {
        self.deep.is_none()
            && self.origin.way().last().and_then(|n| left_behind(n)).is_some_and(|left| no_keys(left, name))
    }

    /// Whether it is whatever can be called in a part.
    pub(super) fn is_called_within(&self) -> bool {
        self.origin.way().last().is_some_and(|n| n == CALLED)
    }

    /// What it says of a part, and whether the path was cut.
    pub(super) fn project(&self, way: &[Name]) -> (Fact, bool) {
        let mut out = self.clone();
        if self.deep.is_some() || !self.transforms.is_empty() || way.is_empty() || self.is_called_within() {
            return (out, false);
        }
        if let [steps @ .., last] = way
            && last == CALLED
        {
            out = self.project(steps).0;
            if let Origin::Param(_, path) | Origin::Called(_, path) | Origin::Held(_, path) = &mut out.origin {
                *path = path.iter().chain([last]).cloned().collect();
            }
            return (out, false);
        }
        if let Origin::Param(_, path) | Origin::Called(_, path) | Origin::Held(_, path) = &mut out.origin {
            let is_part = |n: &&Name| left_behind(n).is_none();
            // As a rule nothing is left behind, and there is room.
            if path.len() + way.len() <= MAX_PATH && path.iter().chain(way).all(|n| is_part(&n)) {
                *path = path.iter().chain(way).cloned().collect();
                return (out, false);
            }
            let room = MAX_PATH.saturating_sub(path.iter().filter(is_part).count());
            let mut longer = path.to_vec();
            for name in way {
                if is_part(&name) {
                    if longer.iter().filter(is_part).count() == MAX_PATH {
                        break;
                    }
                    // A part is the same whatever else was left behind.
                    while longer.last().and_then(|n| left_behind(n)).is_some_and(|left| left != name) {
                        longer.pop();
                    }
                    longer.push(name.clone());
                } else if longer.iter().rev().take_while(|n| !is_part(n)).all(|n| n != name) {
                    longer.push(name.clone());
                }
            }
            *path = longer.into();
            return (out, way.iter().filter(is_part).count() > room);
        }
        (out, false)
    }

    /// Whose what it speaks of is, if that is known.
    #[must_use]
    pub fn places(&self, info: &Info) -> Vec<Place> {
        match (&info.whose, &self.origin) {
            (Some(whose), _) => whose.to_vec(),
            (None, Origin::Param(i, path)) => vec![Place { root: Root::Param(*i), path: parts(path) }],
            (None, Origin::Called(i, path)) => vec![Place { root: Root::Called(*i), path: parts(path) }],
            (None, _) => Vec::new(),
        }
    }

    /// The fact after one more transform of the policy. What has no label has none that is turned.
    pub(super) fn turn(&mut self, t: u32) {
        if self.transforms.len() < MAX_TRANSFORMS && self.transforms.last() != Some(&t) && self.is_data() {
            self.transforms.push(t);
        }
    }

    /// The fact after one more transform, and how it got there.
    pub(super) fn pass(&mut self, info: &mut Info, t: &Transform) {
        match t {
            Transform::Bound(t) => self.turn(*t),
            Transform::Kind(kind) => info.also_of(std::slice::from_ref(kind)),
        }
        if self.is_given() {
            self.deep = Some(View::Full);
        }
    }
}

/// The parts on a way: what is left behind on it is none.
fn parts(path: &Arc<[Name]>) -> Arc<[Name]> {
    match path.iter().any(|n| left_behind(n).is_some()) {
        true => path.iter().filter(|n| left_behind(n).is_none()).cloned().collect(),
        false => path.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;

    fn through(kinds: &[&str]) -> (Fact, Info) {
        let mut fact = Fact::new(Origin::Source(0, Span::new(FileId(0), 0, 1)));
        let mut info = Info::default();
        kinds.iter().for_each(|k| fact.pass(&mut info, &Transform::Kind((*k).into())));
        (fact, info)
    }

    #[test]
    fn kinds_are_told_of_what_passed_them_on_every_way() {
        let (clear, in_clear) = through(&[]);
        let (both, through_both) = through(&["sha256", "mask", "sha256"]);
        let (masked, through_mask) = through(&["mask"]);
        assert!(clear == both && both == masked, "a kind makes no other fact");
        assert_eq!(through_both.kinds, ["mask", "sha256"]);
        let joined = |a: &Info, b: &Info| {
            let mut out = a.clone();
            out.join(&clear, b);
            out.kinds
        };
        assert_eq!(joined(&through_both, &through_mask), ["mask"]);
        assert_eq!(joined(&through_mask, &through_both), ["mask"]);
        assert!(joined(&through_both, &in_clear).is_empty() && joined(&in_clear, &through_both).is_empty());
        assert!(through_mask.covers(&through_both) && !through_both.covers(&through_mask));
    }

    #[test]
    fn what_has_no_label_has_none_that_is_turned() {
        let (mut data, mut info) = through(&[]);
        let mut bare = Fact::new(Origin::Bare);
        for fact in [&mut data, &mut bare] {
            fact.pass(&mut info, &Transform::Bound(7));
        }
        assert_eq!(data.transforms, [7]);
        assert!(bare.transforms.is_empty());
    }
}
