//! The abstract value: what is known of a place at a point.
//!
//! A tree: facts that hold of the value itself, and the parts of which more is known than follows from them. A
//! part that is listed is complete: it replaces what the facts above would say of it. So a field that was
//! overwritten stands alone.

use std::ops::Range;
use std::sync::Arc;

use smol_str::format_smolstr;
pub(super) use thin_vec::{ThinVec as Many, thin_vec as many};

use super::beside::{beside, by_position, goes_with, is_key, left_behind, other_keys};
use super::callee::Callable;
use super::cells::Cell;
use super::doubt::Why;
pub use super::fact::{Fact, Info, Origin};
pub use super::joins::{join, joined, joined_but};
use super::joins::{merged_facts, sorted};
use super::keyed::is_at;
use super::kinds::is_kind;
use super::must::{Must, When};
use super::roots::{Place, Root, distinct};
use super::summary::doubted;
use super::text::Text;
use crate::ir::Name;
use crate::ir::body::{Local, View};
use crate::link::program::TypeId;
use crate::model::{CAUSE, VEILED};

/// A shared value.
pub type V = Arc<Value>;

/// Access paths are kept up to this length; longer ones are cut, with confidence `possible`. Answers of GraphQL have
/// labels seven parts deep (`nodes` in a connection in `nodes`).
pub const MAX_PATH: usize = 8;
/// Parts in parts in which borrows, cells and closures are looked for: cells may hold each other.
pub const MAX_NEST: usize = 5;
/// Transforms that a fact remembers.
pub const MAX_TRANSFORMS: usize = 3;
/// Facts about parameters that one value keeps apart; of more the ways are cut, with confidence `possible`.
pub const MAX_OPEN: usize = 64;

/// The part of an object of another crate that holds what a method of it was given: somewhere inside, but in none of
/// the fields that have names.
pub(super) const INSIDE: &str = "$in";
/// The selector of what holds of a value as a whole: no part has this name.
pub(super) const WHOLE: &str = "";
/// Begins the selector of a part that is only what stands under its name, and nothing of what holds of the whole.
pub(super) const ONLY: &str = "$=";
/// Begins the selector of a field of a value that still has its type, which other names are written of.
pub(super) const TYPED: &str = "$.";
/// The selector of whatever can be called in a value, at any depth.
pub(super) const CALLED: &str = "$()";
/// Begins the name of a part of which only the end is known: a column that is asked for by a text with a hole.
const ENDING: char = '*';

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
    /// Some value of a map: these keys stay where they are.
    Value(&'static str),
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
    /// It is as a whole what one of its facts says that the caller gave, and so is its truth, if nothing better is
    /// known of that.
    pub own: bool,
    /// It is `Some` or `Ok`, whatever is in that: an answer itself, perhaps, whose truth the value's is.
    pub there: bool,
    /// What text it may be.
    pub texts: Many<Text>,
    /// Its type, where that matters for how it is printed.
    pub adt: Option<TypeId>,
    /// Not all that is in it is known to be of that type.
    pub mixed: bool,
    /// It came from something that was not understood.
    pub unknown: bool,
    /// What is unknown of it was read by serde, so that fields are empty that it does not read.
    pub read: bool,
    /// The elements of a list, one by one, as long as nothing else is known of it (arguments of a statement).
    pub items: Many<V>,
}

impl Value {
    /// A value with one fact.
    #[must_use]
    pub fn of(fact: Fact, info: Info) -> V {
        Arc::new(Value { facts: many![(fact, info)], ..Value::default() })
    }

    /// What the caller gave, as it is.
    #[must_use]
    pub fn given(origin: Origin) -> Self {
        Value { facts: many![(Fact::new(origin), Info::default())], own: true, ..Value::default() }
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
            && !self.there
            && self.items.is_empty()
    }

    /// Of unknown origin where another is, and read only if all of that is.
    pub(super) fn also_unknown(&mut self, other: &Value) {
        let read = (self.read || !self.unknown) && (other.read || !other.unknown);
        self.unknown |= other.unknown;
        self.read = self.unknown && read;
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

    /// Cuts facts about parts of what is known elsewhere where there are too many: to the longest ways of which there are
    /// few, so that what is beside a large part is still told apart from it, and there is room for others.
    pub(super) fn cut(&mut self) {
        // Where they differ in what happened since as well, that is not enough.
        for ways in [MAX_OPEN / 2, 0] {
            let Some(open) = self.many_open(MAX_OPEN) else { return };
            let steps = few_ways(self.facts.get(open.clone()).unwrap_or_default(), ways).unwrap_or(0);
            self.cut_at(steps, open);
        }
    }

    /// The value with no more than so many of them in a part; nothing if that is what it is.
    pub(super) fn cut_to(&self, most: usize) -> Option<V> {
        self.rewritten(&|v| {
            let open = v.many_open(most)?;
            let mut out = v.clone();
            out.cut_at(0, open);
            Some(out)
        })
    }

    /// Where the facts stand that depend on what is known elsewhere, if there are too many: they stand together.
    fn many_open(&self, most: usize) -> Option<Range<usize>> {
        if self.facts.len() <= most {
            return None;
        }
        let open = |(f, _): &(Fact, Info)| f.origin.is_symbolic();
        let first = self.facts.iter().position(open)?;
        let many = self.facts.iter().skip(first).take_while(|f| open(f)).count();
        (many > most).then(|| first..first + many)
    }

    fn cut_at(&mut self, steps: usize, open: Range<usize>) {
        let merged = Why::Merged.anywhere();
        let mut all = std::mem::take(&mut self.facts).into_iter();
        self.facts.extend(all.by_ref().take(open.start));
        let mut whole: Vec<(Fact, Info)> = Vec::new();
        for (f, mut info) in all.by_ref().take(open.len()) {
            if steps > 0 && f.origin.way().len() <= steps {
                whole.push((f, info));
                continue;
            }
            info.doubt(&merged);
            let deep = Some(f.deep.unwrap_or(View::Full));
            let near = whole.iter_mut().rev().take_while(|(w, _)| w.origin.is_near(&f.origin, steps));
            let cut = |w: &Fact| w.deep == deep && w.transforms.is_empty() && w.origin.way().len() == steps;
            match near.into_iter().find(|(w, _)| cut(w)) {
                Some((w, have)) => have.join(w, &info),
                None => {
                    let mut origin = f.origin;
                    origin.cut(steps);
                    whole.push((Fact { origin, deep, transforms: Many::new() }, info));
                }
            }
        }
        self.facts.extend(sorted(whole));
        self.facts.extend(all);
    }

    /// A part.
    #[must_use]
    pub fn field(&self, name: &str) -> V {
        let own = match self.listed(name) {
            _ if name == CALLED => return self.called_within(),
            _ if is_key(name) => self.keys(name),
            Some(v) => v.clone(),
            None if is_at(name) => self.at_key(name),
            None => match left_behind(name) {
                Some(hidden) => self.without(name, hidden),
                None => self.unlisted(std::slice::from_ref(&name.into())),
            },
        };
        if !self.has_kinds() || left_behind(name).is_some() {
            return own;
        }
        self.kinds().fold(own, |all, kind| join(&all, &kind.field(name)))
    }

    /// The keys of a map: of one of which it is not known how many maps are in its values those that may be them.
    fn keys(&self, name: &str) -> V {
        let own = self.listed(name).cloned().unwrap_or_else(|| self.unlisted(std::slice::from_ref(&name.into())));
        other_keys(self, name).fold(own, |all, part| join(&all, part))
    }

    /// A part of whose name only the end is known: those that end so.
    #[must_use]
    pub fn field_ending(&self, end: &str) -> V {
        self.ending(&format_smolstr!("{ENDING}{end}"))
    }

    fn ending(&self, name: &Name) -> V {
        let end = name.trim_start_matches(ENDING);
        let parts: Vec<V> = self
            .fields
            .iter()
            .filter(|(n, _)| !beside(n) && !by_position(n) && !is_at(n) && n.ends_with(end))
            .map(|(_, v)| v.clone())
            .collect();
        let unlisted = self.unlisted(std::slice::from_ref(name));
        match parts.as_slice() {
            [] => unlisted,
            [one] => join(one, &unlisted),
            several => join(&doubted(&joined(several), &Why::Key.anywhere()), &unlisted),
        }
    }

    /// A part of a part, and so on.
    #[must_use]
    pub fn part(self: &Arc<Self>, way: &[Name]) -> V {
        let (mut v, mut rest) = (self, way);
        while let Some((name, tail)) = rest.split_first()
            && !v.has_kinds()
            && !is_key(name)
            && let Some(part) = v.listed(name)
        {
            (v, rest) = (part, tail);
        }
        match rest {
            [] => v.clone(),
            [name, rest @ ..] if name.starts_with(ENDING) => v.ending(name).part(rest),
            [name, rest @ ..]
                if v.listed(INSIDE).is_some()
                    || left_behind(name).is_some()
                    || v.has_kinds()
                    || is_at(name)
                    || is_key(name)
                    || name == CALLED =>
            {
                v.field(name).part(rest)
            }
            _ => v.unlisted(rest),
        }
    }

    /// Whatever can be called in it.
    fn called_within(&self) -> V {
        let mut own = Value { callees: self.callees.clone(), ..Value::default() };
        for (fact, info) in self.facts.iter().filter(|(f, _)| f.is_given()) {
            own.add(fact.project(&[CALLED.into()]).0, info.clone());
        }
        self.fields.iter().fold(Arc::new(own), |all, (_, part)| join(&all, &part.called_within()))
    }

    /// What the facts say of a part that is not listed.
    fn unlisted(&self, way: &[Name]) -> V {
        let mut out = match (self.listed(INSIDE), way) {
            (Some(inside), [name]) if by_position(name) => (**inside).clone(),
            _ => Value { own: self.own, ..Value::default() },
        };
        out.also_unknown(self);
        let beside = way.iter().any(|n| beside(n));
        let mut facts = std::mem::take(&mut out.facts);
        facts.reserve(self.facts.len());
        for (fact, info) in &self.facts {
            let symbolic = fact.is_given();
            if beside && !symbolic || fact.is_access() || way.first().is_some_and(|n| fact.has_left_behind(n)) {
                continue;
            }
            let (fact, cut) = fact.project(way);
            let mut info = info.clone();
            if fact.deep.is_none()
                && !matches!(fact.origin, Origin::Source(..) | Origin::Declared(..))
                && let Some(whose) = &info.whose
            {
                info.whose = Some(whose.iter().map(|p| p.part(way)).collect());
            }
            if cut {
                info.doubt(&Why::Cut(MAX_PATH).anywhere());
            } else if info.folded && way.iter().any(|n| n != WHOLE) {
                info.doubt(&Why::Merged.anywhere());
            }
            facts.push((fact, info));
        }
        let in_order = facts.is_sorted_by(|(a, _), (b, _)| a < b);
        out.facts = if in_order { facts } else { sorted(facts.into_iter().collect()) };
        out.cut();
        out.texts = self.texts_of(way);
        Arc::new(out)
    }

    /// The value without what is beside it: of what is known elsewhere, it is left behind there.
    fn without(&self, selector: &str, hidden: &str) -> V {
        let mut out = self.clone();
        out.fields.retain(|(n, _)| !goes_with(self, hidden, n));
        out.facts = Many::new();
        for (fact, info) in &self.facts {
            let (fact, _) = fact.project(std::slice::from_ref(&Name::from(selector)));
            out.add(fact, info.clone());
        }
        Arc::new(out)
    }

    /// A part of which more is known than follows from the facts above it.
    #[must_use]
    pub fn listed(&self, name: &str) -> Option<&V> {
        let name = match name.strip_prefix(TYPED) {
            Some(field) => self.adt.map(|_| field)?,
            None => name.strip_prefix(ONLY).unwrap_or(name),
        };
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
        fn gather(v: &Value, view: View, within: bool, all: &mut Vec<(Fact, Info)>) {
            for (fact, info) in v.facts.iter().filter(|(f, _)| !f.is_access()) {
                let mut fact = fact.clone();
                if fact.is_given() {
                    fact.deep = Some(view);
                }
                let mut info = info.clone();
                info.within |= within;
                all.push((fact, info));
            }
            let within = within || v.fields.iter().filter(|(n, _)| !beside(n) && !is_kind(n)).nth(1).is_some();
            let shown = v.fields.iter().filter(|(n, _)| n != VEILED && (view != View::Display || n != CAUSE));
            shown.for_each(|(_, part)| gather(part, view, within, all));
        }
        let mut all = Vec::new();
        gather(self, view, false, &mut all);
        let all = sorted(all);
        out.facts = if out.facts.is_empty() { all } else { merged_facts(std::mem::take(&mut out.facts), &all) };
        out.cut();
    }

    /// What `{}` prints of it, where that is the value itself: without what only others print.
    #[must_use]
    pub fn as_text(&self) -> V {
        let mut out = self.clone();
        out.facts.iter_mut().filter(|(f, _)| f.is_given()).for_each(|(f, _)| f.deep = Some(View::Display));
        out.fields.retain(|(n, _)| n != CAUSE && n != VEILED);
        out.fields.iter_mut().for_each(|(_, part)| *part = part.as_text());
        Arc::new(out)
    }

    /// All facts in it, as facts of one value.
    #[must_use]
    pub fn flat(&self, view: View) -> V {
        let mut out = Value::default();
        self.flatten_into(view, &mut out);
        Arc::new(out)
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

    /// Whether it is just this part of a parameter, and nothing else is known of it.
    #[must_use]
    pub fn is_part(&self, param: u32, way: &[Name]) -> bool {
        let [(fact, info)] = self.facts.as_slice() else { return false };
        fact.is_part(param, way)
            && info.is_nothing()
            && self.texts.iter().all(|t| t.is_part(param, way))
            && self.fields.is_empty()
            && self.refs.is_empty()
            && self.callees.is_empty()
            && self.when.is_none()
            && self.own
            && !self.there
            && !self.unknown
            && self.items.is_empty()
    }

    /// The value with each of its nodes changed for which there is another, parts aside; nothing if that is none.
    pub(super) fn rewritten(&self, node: &dyn Fn(&Value) -> Option<Value>) -> Option<V> {
        let mut out = node(self);
        for (i, (_, part)) in self.fields.iter().enumerate() {
            if let Some(new) = part.rewritten(node)
                && let Some(slot) = out.get_or_insert_with(|| self.clone()).fields.get_mut(i)
            {
                slot.1 = new;
            }
        }
        out.map(Arc::new)
    }

    /// The value with those facts changed that are asked for, parts of it too.
    pub(super) fn changed(
        self: &Arc<Self>,
        which: &dyn Fn(&Fact) -> bool,
        change: &dyn Fn(Fact, Info) -> (Fact, Info),
    ) -> V {
        let node = |v: &Value| {
            let mut out = v.facts.iter().any(|(f, _)| which(f)).then(|| v.clone())?;
            for (fact, info) in std::mem::take(&mut out.facts) {
                let (fact, info) = if which(&fact) { change(fact, info) } else { (fact, info) };
                out.add(fact, info);
            }
            Some(out)
        };
        self.rewritten(&node).unwrap_or_else(|| self.clone())
    }

    /// The value without some facts, parts of it too.
    pub(super) fn without_those(self: &Arc<Self>, out: &dyn Fn(&Fact, &Info) -> bool) -> V {
        let node = |v: &Value| {
            let mut left = v.facts.iter().any(|(f, i)| out(f, i)).then(|| v.clone())?;
            left.facts.retain(|(f, i)| !out(f, i));
            left.facts.shrink_to_fit();
            Some(left)
        };
        self.rewritten(&node).unwrap_or_else(|| self.clone())
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
            *v = if is_kind(name) { v.rooted(place) } else { v.rooted(&place.field(name)) };
        }
        Arc::new(out)
    }

    /// What can be put elsewhere: no borrows, no truth.
    #[must_use]
    pub fn data(self: &Arc<Self>) -> V {
        if self.refs.is_empty() && self.when.is_none() && !self.own && !self.there {
            return self.clone();
        }
        let mut out = (**self).clone();
        out.refs.clear();
        out.when = None;
        out.own = false;
        out.there = false;
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
            && self.own == other.own
            && self.texts == other.texts
            && self.unknown == other.unknown
            && self.read == other.read
            && self.mixed == other.mixed
            && self.there == other.there
            && self.fields.iter().zip(&other.fields).all(|((n, a), (m, b))| n == m && (Arc::ptr_eq(a, b) || a.same(b)))
    }
}

/// How many steps of ways are told so that there are few of them; nothing if all are few.
pub(super) fn few_ways(facts: &[(Fact, Info)], most: usize) -> Option<usize> {
    if facts.len() <= most {
        return None;
    }
    let few = |steps: usize| {
        let pairs = facts.iter().zip(facts.iter().skip(1));
        pairs.filter(|(a, b)| !a.0.origin.is_near(&b.0.origin, steps)).count() < most
    };
    Some((1..MAX_PATH).rev().find(|steps| few(*steps)).unwrap_or(0))
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
        Some((Way1::Element | Way1::Value(_), rest)) => {
            target.each_at(write(target, rest, v, true, depth), rest, v, depth)
        }
        Some((Way1::Field(n), rest)) if is_at(n) => {
            target.with_at(n, &write(&target.field(n), rest, v, weak, depth + 1))
        }
        // What is beside it stays where it is.
        Some((Way1::Field(n), rest)) if left_behind(n).is_some() => write(target, rest, v, true, depth),
        Some((Way1::Field(n), rest)) => {
            if depth >= MAX_PATH {
                return join(target, v);
            }
            let part = write(&target.field(n), rest, v, weak, depth + 1);
            let mut out = (**target).clone();
            out.set_field(n, part);
            match beside(n) {
                true => Arc::new(out),
                false => target.each_at(Arc::new(out), way, v, depth),
            }
        }
    }
}
