//! The abstract value: what is known of a place at a point.
//!
//! A tree: facts that hold of the value itself, and the parts of which more is known than follows from them. A
//! part that is listed is complete: it replaces what the facts above would say of it. So a field that was
//! overwritten stands alone.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub(super) use thin_vec::{ThinVec as Many, thin_vec as many};

use super::callee::{Callable, unite};
use super::cells::Cell;
use super::doubt::{self, Doubt, Why};
use super::must::{Held, Must, Of, What, When};
use super::path::Path;
use super::roots::{Place, Root, distinct};
use super::text::{MAX_TEXTS, Text, TextPiece};
use super::types::{Confidence, Transform};
use crate::ir::Name;
use crate::ir::body::{Local, View};
use crate::link::program::TypeId;
use crate::source::Span;

/// A shared value.
pub type V = Arc<Value>;

/// Access paths are kept up to this length; longer ones are cut, with confidence `possible`.
pub const MAX_PATH: usize = 5;
/// Transforms that a fact remembers.
pub const MAX_TRANSFORMS: usize = 3;
/// Facts about parameters that one value keeps apart; more are cut to the parameters, with confidence `possible`.
pub const MAX_OPEN: usize = 48;
/// The part of an object of another crate that holds what a method of it was given: somewhere inside, but in none of
/// the fields that have names.
pub(super) const INSIDE: &str = "$in";

/// Where a fact comes from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// A labelled place: its seed, and where it is read.
    Source(u32, Span),
    /// A labelled field that was given a value of unknown origin: it stands if nothing better is known.
    Declared(u32, Span),
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
            (Origin::Source(a, x), Origin::Source(b, y)) | (Origin::Declared(a, x), Origin::Declared(b, y)) => {
                (a, x).cmp(&(b, y))
            }
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
    /// Transforms, in order.
    pub transforms: Many<Transform>,
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
    /// Guards established of whomever it is of (rows of a query, elements that passed a filter).
    pub guards: Must,
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

    /// Whether nothing has happened on the way.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        let Info { path, doubt, derived, folded, guards, whose } = self;
        path.is_empty() && doubt.is_none() && !derived && !folded && guards.is_nothing() && whose.is_none()
    }

    /// Whether it says the same, paths aside.
    fn says(&self, other: &Info) -> bool {
        self.guards == other.guards && self.confidence() == other.confidence() && self.whose == other.whose
    }

    /// Takes in what is known of another way to the same fact. Of two the surer is kept, of equally sure ones the less
    /// guarded, then the shorter.
    pub fn join(&mut self, fact: &Fact, other: &Info) {
        let mut guards = self.guards.clone();
        guards.or(&other.guards);
        let agree = self.guards == other.guards;
        let rank = |i: &Info| (i.confidence(), agree || i.guards == guards, std::cmp::Reverse(i.path.len()));
        if rank(other) > rank(self) {
            self.doubt.clone_from(&other.doubt);
            self.path = other.path.clone();
        }
        self.derived &= other.derived;
        self.folded &= other.folded;
        self.guards = guards;
        if self.whose != other.whose {
            let (mine, theirs) = (fact.places(self), fact.places(other));
            let known = !mine.is_empty() && !theirs.is_empty();
            self.set_whose(if known { mine.into_iter().chain(theirs).collect() } else { Vec::new() });
        }
    }
}

/// Where a place begins.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Base {
    /// A local of the function at hand.
    Local(Local),
    /// What a parameter stands for at the caller.
    Param(u32),
    /// What a cell holds.
    Cell(Cell),
}

/// A step from a local into it, as the engine sees it.
pub type Way = Vec<Way1>;

/// One step.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way1 {
    /// A field; variants are part of its name (`Signup.email`).
    Field(Name),
    /// Some element.
    Element,
    /// Some value of a map: keys stay where they are.
    Value,
}

/// The abstract value.
#[derive(Clone, Debug, Default)]
pub struct Value {
    /// Facts of the value itself, sorted by fact.
    pub facts: Many<(Fact, Info)>,
    /// Parts, sorted by name.
    pub fields: Many<(Name, V)>,
    /// Places that it may borrow mutably.
    pub refs: Many<(Base, Way)>,
    /// What it may call.
    pub callees: Many<Callable>,
    /// What follows from its truth.
    pub when: Option<Box<When>>,
    /// What text it may be.
    pub texts: Many<Text>,
    /// Its type, where that matters for how it is printed.
    pub adt: Option<TypeId>,
    /// It came from something that was not understood.
    pub unknown: bool,
    /// The elements of a list, one by one, as long as nothing else is known of it (arguments of a statement).
    pub items: Many<V>,
}

impl Value {
    /// A value with one fact.
    #[must_use]
    pub fn of(fact: Fact, info: Info) -> V {
        Arc::new(Value { facts: many![(fact, info)], ..Value::default() })
    }

    /// Whether it says nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.facts.is_empty()
            && self.fields.is_empty()
            && self.refs.is_empty()
            && self.callees.is_empty()
            && self.when.is_none()
            && self.texts.is_empty()
            && self.adt.is_none()
            && !self.unknown
            && self.items.is_empty()
    }

    /// Whether data is in it.
    #[must_use]
    pub fn has_data(&self) -> bool {
        self.facts.iter().any(|(f, _)| f.is_data()) || self.fields.iter().any(|(_, v)| v.has_data())
    }

    /// Whether anything is known of where it or a part of it comes from.
    #[must_use]
    pub fn has_facts(&self) -> bool {
        !self.facts.is_empty() || self.fields.iter().any(|(_, v)| v.has_facts())
    }

    /// Adds whose it is, and what is established of them.
    pub fn add_bare(&mut self, whose: Place, guards: &Must) {
        let info = Info { guards: guards.clone(), whose: Some(Arc::from([whose])), ..Info::default() };
        self.add(Fact::new(Origin::Bare), info);
    }

    /// Adds a fact.
    pub fn add(&mut self, fact: Fact, info: Info) {
        match self.facts.binary_search_by(|(f, _)| f.cmp(&fact)) {
            Ok(i) => {
                if let Some((_, have)) = self.facts.get_mut(i) {
                    have.join(&fact, &info);
                }
            }
            Err(i) => {
                self.facts.insert(i, (fact, info));
                if self.facts.len() > MAX_OPEN {
                    self.cut();
                }
            }
        }
    }

    /// Cuts facts about parts of parameters to the parameters where there are too many.
    fn cut(&mut self) {
        let open = |f: &Fact| f.origin.is_symbolic();
        if self.facts.iter().filter(|(f, _)| open(f)).count() <= MAX_OPEN {
            return;
        }
        let (cut, mut kept): (Many<_>, Many<_>) =
            std::mem::take(&mut self.facts).into_iter().partition(|(f, _)| open(f));
        let mut whole: BTreeMap<Fact, Info> = BTreeMap::new();
        for (f, mut info) in cut {
            let origin = match f.origin {
                Origin::Param(i, _) => Origin::Param(i, Arc::from([])),
                Origin::Called(i, _) => Origin::Called(i, Arc::from([])),
                Origin::Held(c, _) => Origin::Held(c, Arc::from([])),
                other => other,
            };
            info.doubt(&Why::Merged.anywhere());
            let whole_of = Fact { origin, deep: Some(f.deep.unwrap_or(View::Display)), transforms: Many::new() };
            match whole.get_mut(&whole_of) {
                Some(have) => have.join(&whole_of, &info),
                None => {
                    whole.insert(whole_of, info);
                }
            }
        }
        kept.extend(whole);
        kept.sort_by(|a, b| a.0.cmp(&b.0));
        self.facts = kept;
    }

    /// A part.
    #[must_use]
    pub fn field(&self, name: &str) -> V {
        match self.listed(name) {
            Some(v) => v.clone(),
            None => self.unlisted(std::slice::from_ref(&name.into())),
        }
    }

    /// A part of a part, and so on.
    #[must_use]
    pub fn part(self: &Arc<Self>, way: &[Name]) -> V {
        let (mut v, mut rest) = (self, way);
        while let Some((name, tail)) = rest.split_first()
            && let Some(part) = v.listed(name)
        {
            (v, rest) = (part, tail);
        }
        match rest {
            [] => v.clone(),
            [name, rest @ ..] if v.listed(INSIDE).is_some() => v.field(name).part(rest),
            _ => v.unlisted(rest),
        }
    }

    /// What the facts say of a part that is not listed.
    fn unlisted(&self, way: &[Name]) -> V {
        let mut out = match (self.listed(INSIDE), way) {
            (Some(inside), [name]) if by_position(name) => (**inside).clone(),
            _ => Value::default(),
        };
        out.unknown = self.unknown;
        let beside = way.iter().any(|n| beside(n));
        for (fact, info) in &self.facts {
            let symbolic = fact.origin.is_symbolic() && fact.deep.is_none();
            if beside && !symbolic || fact.is_access() {
                continue;
            }
            let (fact, cut) = fact.project(way);
            let mut info = info.clone();
            if fact.deep.is_none()
                && !matches!(fact.origin, Origin::Source(..) | Origin::Declared(..))
                && let Some(whose) = &info.whose
            {
                info.whose = Some(whose.iter().map(|p| way.iter().fold(p.clone(), |p, n| p.field(n))).collect());
            }
            if cut {
                info.doubt(&Why::Cut(MAX_PATH).anywhere());
            } else if info.folded {
                info.doubt(&Why::Merged.anywhere());
            }
            out.add(fact, info);
        }
        out.texts = self.texts_of(way);
        Arc::new(out)
    }

    /// A part of which more is known than follows from the facts above it.
    #[must_use]
    pub fn listed(&self, name: &str) -> Option<&V> {
        let i = self.fields.binary_search_by(|(n, _)| n.as_str().cmp(name)).ok()?;
        self.fields.get(i).map(|(_, v)| v)
    }

    /// Replaces a part.
    pub fn set_field(&mut self, name: &str, v: V) {
        match self.fields.binary_search_by(|(n, _)| n.as_str().cmp(name)) {
            Ok(i) => {
                if let Some(slot) = self.fields.get_mut(i) {
                    slot.1 = v;
                }
            }
            Err(i) => self.fields.insert(i, (name.into(), v)),
        }
    }

    /// All facts in it, those of its parts too, as facts of one value (a text made of it).
    pub fn flatten_into(&self, view: View, out: &mut Value) {
        fn gather(v: &Value, view: View, all: &mut Vec<(Fact, Info)>) {
            for (fact, info) in v.facts.iter().filter(|(f, _)| !f.is_access()) {
                let mut fact = fact.clone();
                if fact.origin.is_symbolic() && fact.deep.is_none() {
                    fact.deep = Some(view);
                }
                all.push((fact, info.clone()));
            }
            v.fields.iter().for_each(|(_, part)| gather(part, view, all));
        }
        let mut all = Vec::new();
        gather(self, view, &mut all);
        let all = sorted(all);
        out.facts = if out.facts.is_empty() { all } else { merged_facts(std::mem::take(&mut out.facts), &all) };
        if out.facts.len() > MAX_OPEN {
            out.cut();
        }
    }

    /// Whose it is: of each of its parts, the first few.
    #[must_use]
    pub fn places(&self) -> Vec<Place> {
        fn gather(v: &Value, out: &mut Vec<Place>) {
            for (fact, info) in &v.facts {
                for p in fact.places(info) {
                    if out.len() < 16 && !out.contains(&p) {
                        out.push(p);
                    }
                }
            }
            for (_, part) in &v.fields {
                gather(part, out);
            }
        }
        let mut out = Vec::new();
        gather(self, &mut out);
        // A record stands for its parts.
        let whole: Vec<Root> = out.iter().filter(|p| p.path.is_empty()).map(|p| p.root.clone()).collect();
        out.retain(|p| p.path.is_empty() || !whole.contains(&p.root));
        distinct(out)
    }

    /// What the caller will know if it is true, or if it is not: of a value that is just what the caller gave.
    #[must_use]
    pub fn asked(&self, truth: bool) -> Must {
        match self.facts.as_slice() {
            // Of one of many too: what the caller gave says of all of them what it says of one.
            [(fact, _)] if fact.deep.is_none() => match fact.places(&Info::default()).as_slice() {
                [place] => Must::of(Held { what: What::Truth(place.clone(), truth), of: Of::Everyone, sure: true }),
                _ => Must::default(),
            },
            _ => Must::default(),
        }
    }

    /// Whether it is just this part of a parameter, and nothing else is known of it.
    #[must_use]
    pub fn is_part(&self, param: u32, way: &[Name]) -> bool {
        let [(fact, info)] = self.facts.as_slice() else { return false };
        let text = |t: &Text| matches!(&*t.pieces, [TextPiece::Param(i, path, None)] if *i == param && **path == *way);
        fact.is_part(param, way)
            && info.is_nothing()
            && self.texts.iter().all(text)
            && self.fields.is_empty()
            && self.refs.is_empty()
            && self.callees.is_empty()
            && self.when.is_none()
            && !self.unknown
            && self.items.is_empty()
    }

    /// Whether it is what something that the caller gave has returned.
    #[must_use]
    pub fn is_answer(&self) -> bool {
        matches!(self.facts.as_slice(), [(f, _)] if matches!(f.origin, Origin::Called(..)))
    }

    /// Changes every fact in it.
    #[must_use]
    pub fn map_info(self: &Arc<Self>, f: &dyn Fn(&mut Info)) -> V {
        self.map_facts(&|_, info| f(info))
    }

    /// Changes what is known of every fact in it.
    #[must_use]
    pub fn map_facts(self: &Arc<Self>, f: &dyn Fn(&Fact, &mut Info)) -> V {
        if !self.has_facts() {
            return self.clone();
        }
        let mut out = (**self).clone();
        for (fact, info) in out.facts.iter_mut().filter(|(f, _)| !f.is_access()) {
            f(fact, info);
        }
        for (_, v) in &mut out.fields {
            *v = v.map_facts(f);
        }
        Arc::new(out)
    }

    /// All of it as data of one record: each part by the way to it.
    #[must_use]
    pub fn rooted(self: &Arc<Self>, place: &Place) -> V {
        if !self.has_facts() && self.when.is_none() {
            return self.clone();
        }
        let mut out = (**self).clone();
        for (_, info) in out.facts.iter_mut().filter(|(f, _)| !f.is_access()) {
            info.whose = Some(Arc::from([place.clone()]));
        }
        out.when = out.when.map(|w| Box::new(w.map(&|m| m.rooted(place))));
        for (name, v) in &mut out.fields {
            *v = v.rooted(&place.field(name));
        }
        Arc::new(out)
    }

    /// What can be put elsewhere: no borrows, no truth.
    #[must_use]
    pub fn data(self: &Arc<Self>) -> V {
        if self.refs.is_empty() && self.when.is_none() {
            return self.clone();
        }
        let mut out = (**self).clone();
        out.refs.clear();
        out.when = None;
        Arc::new(out)
    }

    /// Whether two values say the same, paths aside.
    #[must_use]
    pub fn same(&self, other: &Value) -> bool {
        self.facts.len() == other.facts.len()
            && self.fields.len() == other.fields.len()
            && self.facts.iter().zip(&other.facts).all(|((a, x), (b, y))| a == b && x.says(y))
            && self.callees == other.callees
            && self.taken().zip(other.taken()).all(|(a, b)| a.with.iter().zip(&b.with).all(|(a, b)| a.same(b)))
            && self.refs == other.refs
            && self.when == other.when
            && self.texts == other.texts
            && self.unknown == other.unknown
            && self.fields.iter().zip(&other.fields).all(|((n, a), (m, b))| n == m && (Arc::ptr_eq(a, b) || a.same(b)))
    }
}

impl Fact {
    /// A fact with this origin and nothing else.
    #[must_use]
    pub fn new(origin: Origin) -> Self {
        Fact { origin, deep: None, transforms: Many::new() }
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

    /// What it says of a part, and whether the path was cut.
    pub(super) fn project(&self, way: &[Name]) -> (Fact, bool) {
        let mut out = self.clone();
        if self.deep.is_some() || !self.transforms.is_empty() || way.is_empty() {
            return (out, false);
        }
        if let Origin::Param(_, path) | Origin::Called(_, path) | Origin::Held(_, path) = &mut out.origin {
            let room = MAX_PATH.saturating_sub(path.len());
            if room > 0 {
                *path = path.iter().chain(way.iter().take(room)).cloned().collect();
            }
            return (out, way.len() > room);
        }
        (out, false)
    }

    /// Whose what it speaks of is, if that is known.
    #[must_use]
    pub fn places(&self, info: &Info) -> Vec<Place> {
        match (&info.whose, &self.origin) {
            (Some(whose), _) => whose.to_vec(),
            (None, Origin::Param(i, path)) => vec![Place { root: Root::Param(*i), path: path.clone() }],
            (None, Origin::Called(i, path)) => vec![Place { root: Root::Called(*i), path: path.clone() }],
            (None, _) => Vec::new(),
        }
    }

    /// The fact after one more transform.
    pub fn push_transform(&mut self, t: &Transform) {
        if self.transforms.len() < MAX_TRANSFORMS && self.transforms.last() != Some(t) {
            self.transforms.push(t.clone());
        }
        if self.origin.is_symbolic() && self.deep.is_none() {
            self.deep = Some(View::Display);
        }
    }
}

/// Joins two values: what may hold of either.
#[must_use]
pub fn join(a: &V, b: &V) -> V {
    if Arc::ptr_eq(a, b) || b.is_empty() && a.when.is_none() && a.refs.is_empty() {
        return a.clone();
    }
    if a.is_empty() && b.when.is_none() && b.refs.is_empty() {
        return b.clone();
    }
    gathered(&[a, b])
}

/// Joins any number of values: what they say is gathered once, and not anew with each of them.
#[must_use]
pub fn joined(parts: &[V]) -> V {
    match parts {
        [] => V::default(),
        [one] => one.clone(),
        [a, b] => join(a, b),
        several => gathered(&several.iter().collect::<Vec<_>>()),
    }
}

fn gathered(parts: &[&V]) -> V {
    let mut out = Value { facts: merged(parts), ..Value::default() };
    if out.facts.len() > MAX_OPEN {
        out.cut();
    }
    for part in parts {
        out.refs = union(&out.refs, &part.refs);
        out.callees = unite(&out.callees, &part.callees);
        out.texts = union(&out.texts, &part.texts);
        out.adt = out.adt.or(part.adt);
        out.unknown |= part.unknown;
    }
    out.texts.truncate(MAX_TEXTS);
    out.fields = match parts {
        [a, b] => fields_of_both(a, b),
        _ => {
            let names: BTreeSet<&Name> = parts.iter().flat_map(|p| &p.fields).map(|(n, _)| n).collect();
            let part = |n: &Name| joined(&parts.iter().map(|p| p.field(n)).collect::<Vec<_>>());
            names.into_iter().map(|n| (n.clone(), part(n))).collect()
        }
    };
    let when: Option<Vec<&When>> = parts.iter().map(|p| p.when.as_deref()).collect();
    out.when = when
        .and_then(|each| {
            each.into_iter().cloned().reduce(|mut a, b| {
                a.or(&b);
                a
            })
        })
        .map(Box::new);
    Arc::new(out)
}

/// The parts of either value, joined; both have them in the order of their names.
fn fields_of_both(a: &V, b: &V) -> Many<(Name, V)> {
    let mut out = Many::with_capacity(a.fields.len().max(b.fields.len()));
    let (mut mine, mut theirs) = (a.fields.iter().peekable(), b.fields.iter().peekable());
    loop {
        let order = match (mine.peek(), theirs.peek()) {
            (Some((n, _)), Some((m, _))) => n.cmp(m),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => return out,
        };
        let mine = if order.is_le() { mine.next() } else { None };
        let theirs = if order.is_ge() { theirs.next() } else { None };
        out.extend(match (mine, theirs) {
            (Some((n, x)), Some((_, y))) => Some((n.clone(), join(x, y))),
            (Some((n, x)), None) => Some((n.clone(), join(x, &b.field(n)))),
            (None, Some((n, y))) => Some((n.clone(), join(&a.field(n), y))),
            (None, None) => None,
        });
    }
}

/// The facts of all parts, each in the order of facts.
fn merged(parts: &[&V]) -> Many<(Fact, Info)> {
    let mut said = parts.iter().map(|p| &p.facts).filter(|facts| !facts.is_empty());
    match (said.next(), said.next(), said.next()) {
        (None, ..) => Many::new(),
        (Some(one), None, _) => one.clone(),
        (Some(a), Some(b), None) => merged_facts(a.clone(), b),
        _ => sorted(parts.iter().flat_map(|p| p.facts.iter().cloned()).collect()),
    }
}

/// Facts in their order, each once.
fn sorted(mut all: Vec<(Fact, Info)>) -> Many<(Fact, Info)> {
    all.sort_by(|(a, _), (b, _)| a.cmp(b));
    all.dedup_by(|(same, more), (fact, have)| {
        let equal = same == fact;
        if equal {
            have.join(fact, more);
        }
        equal
    });
    all.into()
}

fn merged_facts(ours: Many<(Fact, Info)>, theirs: &[(Fact, Info)]) -> Many<(Fact, Info)> {
    let mut out = Many::with_capacity(ours.len() + theirs.len());
    let mut theirs = theirs.iter().peekable();
    for (fact, mut info) in ours {
        while let Some((order, other)) = theirs.peek().map(|(f, i)| (f.cmp(&fact), i)) {
            match order {
                Ordering::Less => out.extend(theirs.next().cloned()),
                Ordering::Equal => {
                    info.join(&fact, other);
                    theirs.next();
                    break;
                }
                Ordering::Greater => break,
            }
        }
        out.push((fact, info));
    }
    out.extend(theirs.cloned());
    out
}

fn union<T: Clone + Ord>(a: &[T], b: &[T]) -> Many<T> {
    if a.is_empty() {
        return b.into();
    }
    if b.is_empty() || a == b {
        return a.into();
    }
    let mut out = Many::from(a);
    out.extend(b.iter().filter(|x| !a.contains(x)).cloned());
    if out.len() > a.len() {
        out.sort();
    }
    out
}

/// Whether a part has no name but its position.
pub(super) fn by_position(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_digit())
}

/// An error, keys, a bound argument are beside the value and not a part of it.
pub(super) fn beside(name: &str) -> bool {
    name == "Err" || name.starts_with(['$', '#'])
}

/// Writes a value into a part of another; `weak` joins with what was there.
#[must_use]
pub fn write(target: &V, way: &[Way1], v: &V, weak: bool, depth: usize) -> V {
    match way.split_first() {
        None => {
            if weak {
                join(target, v)
            } else {
                v.clone()
            }
        }
        Some((Way1::Element | Way1::Value, rest)) => write(target, rest, v, true, depth),
        Some((Way1::Field(n), rest)) => {
            if depth >= MAX_PATH {
                return join(target, v);
            }
            let part = write(&target.field(n), rest, v, weak, depth + 1);
            let mut out = (**target).clone();
            out.set_field(n, part);
            Arc::new(out)
        }
    }
}
