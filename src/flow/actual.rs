//! What a summary means at a call: parameters become arguments, and what callables and cells gave is put in.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::beside::{beside, is_key, left_behind};
use super::bounds::bounded;
use super::callee::{Callable, Taken, unite};
use super::cells::Cell;
use super::doubt::{self, Doubt, Why};
use super::kinds::is_kind;
use super::must::{Answer, Held, Must, Of, What};
use super::path::Path;
use super::roots::{Place, Record, Root, Services};
use super::serialised::{Reading, reading};
use super::settle::Contents;
use super::summary::{Kind, Tgt, doubted};
use super::text::{MAX_TEXTS, Text, TextPiece, Together};
use super::value::{Fact, Info, MAX_PATH, Many, Origin, V, Value, join, joined_but, many};
use super::waiting::{fact_open, symbolic, text_open, value_held};
use crate::ir::Name;
use crate::ir::body::View;
use crate::source::Span;

/// Parts of what was given: whether a call gave it, the number of the parameter or call, and the address of the way.
type Parts = FxHashMap<(bool, u32, usize), (Arc<[Name]>, V)>;

/// What parameters and calls stand for at one call.
#[derive(Default)]
pub struct Actual<'a> {
    /// Arguments.
    pub params: &'a [V],
    /// Results of calls of given callables.
    pub called: BTreeMap<u32, V>,
    /// The step into the function, for each argument that holds data.
    pub hops: Vec<Path>,
    /// The step out of the function, for what it returns.
    pub out: Path,
    /// What the call leaves in doubt.
    pub doubt: Option<Doubt>,
    /// The place of the call, by which what the function makes is known. Nothing where roots are not told apart, or
    /// where nobody calls.
    pub site: Option<Span>,
    /// Which of the arguments are services.
    pub services: Services,
    /// What records of the function are here, by their addresses: many facts share one. Each is kept, so that no other
    /// takes its address.
    pub records: RefCell<FxHashMap<usize, (Arc<Record>, Root)>>,
    /// What arguments come to as a whole, by their origins: many facts ask for one.
    pub flat: RefCell<FxHashMap<(Origin, View), V>>,
    /// Parts of arguments, by the parameter or call and the address of the way: many facts ask for one. Each way is kept,
    /// so that no other takes its address.
    pub parts: RefCell<Parts>,
    /// What values with parts come to, by their addresses: arrivals and results share them. Each is kept, so that no other
    /// takes its address.
    pub known: RefCell<FxHashMap<usize, (V, V)>>,
    /// What is established in the function, as that is here, by addresses: what stands on one way shares it. Each is kept,
    /// so that no other takes its address.
    pub musts: RefCell<FxHashMap<usize, (Must, Must)>>,
    /// What the cells that it made are here.
    pub cells: BTreeMap<Cell, Cell>,
    /// What cells hold, when all functions are done.
    pub held: Option<&'a Contents>,
}

impl Actual<'_> {
    fn at(&self, origin: &Origin) -> Option<V> {
        if let (Origin::Held(c, path), Some(held)) = (origin, self.held) {
            return Some(held.read(*c, path));
        }
        let (given, n, path) = match origin {
            Origin::Param(i, path) => (self.params.get(*i as usize)?, *i, path),
            Origin::Called(n, path) => (self.called.get(n)?, *n, path),
            _ => return None,
        };
        if path.is_empty() {
            return Some(given.clone());
        }
        let key = (matches!(origin, Origin::Called(..)), n, path.as_ptr() as usize);
        if let Some((_, part)) = self.parts.borrow().get(&key) {
            return Some(part.clone());
        }
        let part = given.part(path);
        self.parts.borrow_mut().insert(key, (path.clone(), part.clone()));
        Some(part)
    }

    /// The step of an origin into the function; what a callable returned goes with the first.
    fn hop(&self, origin: &Origin) -> Option<&Path> {
        match origin {
            Origin::Param(i, _) => self.hops.get(*i as usize),
            _ => self.hops.iter().find(|h| !h.is_empty()),
        }
    }

    /// Facts of the caller that a fact of the callee stands for, with how they got to the call and what is in doubt
    /// of the part. Nothing is built for the parts in between: there are more touches than all other effects together.
    pub fn each_fact(&self, fact: &Fact, mut found: impl FnMut(Fact, &Info, Option<Why>)) {
        let (start, path) = match &fact.origin {
            Origin::Param(i, path) => (self.params.get(*i as usize), path),
            Origin::Called(n, path) => (self.called.get(n), path),
            _ => return,
        };
        let (Some(mut v), mut rest) = (start, &path[..]) else { return };
        while let Some((name, tail)) = rest.split_first() {
            match v.listed(name) {
                Some(part) => (v, rest) = (part, tail),
                None if left_behind(name).is_some() => rest = tail,
                None if is_key(name) && v.fields.iter().any(|(n, _)| is_key(n)) => {
                    v.part(rest).facts.iter().for_each(|(have, info)| found(have.clone(), info, None));
                    return;
                }
                None => break,
            }
        }
        for (have, info) in &v.facts {
            let symbolic = have.is_given();
            if symbolic || !rest.iter().any(|n| beside(n)) {
                let (have, cut) = have.project(rest);
                let merged = info.folded && !rest.is_empty();
                found(have, info, if cut { Some(Why::Cut(MAX_PATH)) } else { merged.then_some(Why::Merged) });
            }
        }
    }

    /// How a fact of the caller got to where a fact of the callee is; of that, in terms of the caller.
    #[must_use]
    pub fn composed(&self, have: &Info, info: &Info) -> Info {
        let mut out = have.clone();
        self.compose(&mut out, info);
        out
    }

    fn compose(&self, have: &mut Info, info: &Info) {
        have.path = have.path.then(&info.path);
        doubt::add(&mut have.doubt, self.doubt.as_ref());
        doubt::add(&mut have.doubt, info.doubt.as_ref());
        if info.picked && have.within {
            have.doubt(&Why::Key.anywhere());
        }
        have.derived |= info.derived;
        have.folded |= info.folded;
        have.within |= info.within;
        have.picked |= info.picked;
        have.guards.and(&info.guards);
        have.also_of(&info.kinds);
        if info.whose.is_some() {
            have.whose.clone_from(&info.whose);
        }
    }

    /// What is known of a fact of the callee, in terms of the caller.
    #[must_use]
    pub fn info(&self, info: &Info) -> Info {
        let mut out = info.clone();
        out.path = out.path.then(&self.out);
        out.guards = self.must(&out.guards);
        if let Some(whose) = out.whose.take() {
            out.set_whose(self.places(&whose));
            let of_keys = whose.iter().map(|p| self.of_keys(p)).reduce(|mut a, b| {
                a.or(&b);
                a
            });
            out.guards.and(&of_keys.unwrap_or_default());
        }
        out
    }

    /// The same, with the step into the function before it.
    #[must_use]
    pub fn entering(&self, fact: &Fact, info: &Info) -> Info {
        let mut out = self.info(info);
        if let Some(hop) = self.hop(&fact.origin) {
            out.path = hop.then(&out.path);
        }
        out
    }

    /// What is established of the keys that the caller gave, and so of the record that was reached by them.
    fn of_keys(&self, place: &Place) -> Must {
        let mut out = Must::default();
        for key in place.keys() {
            let Some(origin) = key.given() else { continue };
            let guards = self.at(&origin).and_then(|v| {
                v.facts.iter().map(|(_, i)| i.guards.clone()).reduce(|mut a, b| {
                    a.or(&b);
                    a
                })
            });
            out.and(&guards.unwrap_or_default());
        }
        out
    }

    /// A callable was called: what it gave is known from here on.
    pub fn answered(&mut self, n: u32, gave: V) {
        self.called.insert(n, gave);
        self.known.get_mut().clear();
        self.musts.get_mut().clear();
    }

    /// A value of the callee as a value of the caller.
    #[must_use]
    pub fn value(&self, v: &V) -> V {
        match self.unchanged(v) {
            Some(same) => same,
            None => bounded(&self.substituted(v)),
        }
    }

    /// What the callee returned, the step out of it behind all steps; the last that is asked of a call.
    #[must_use]
    pub fn returned(mut self, v: &V, out: Path) -> V {
        self.known.get_mut().clear();
        self.out = out;
        self.value(v)
    }

    /// What the callee left in a parameter. What it did not write stays as it was: it never went there.
    #[must_use]
    pub fn left(&self, param: u32, v: &V) -> V {
        match self.unchanged(v) {
            Some(same) => same,
            None => bounded(&self.worked_out(v, Some((param, &[])))),
        }
    }

    /// The value itself, doubts of the call aside, if it means the same at each call.
    fn unchanged(&self, v: &V) -> Option<V> {
        let told = !self.cells.is_empty() && v.reaches() || self.held.is_some() && value_held(v);
        if told || symbolic(v) {
            return None;
        }
        let v = self.doubt.as_ref().map_or_else(|| v.clone(), |d| doubted(v, d));
        Some(if self.out.is_empty() { v } else { v.map_info(&|i| i.path = i.path.then(&self.out)) })
    }

    /// What a value comes to that depends on the call.
    fn substituted(&self, v: &V) -> V {
        if v.fields.is_empty() && v.taken().next().is_none() {
            return self.worked_out(v, None);
        }
        let address = Arc::as_ptr(v) as usize;
        if let Some((_, known)) = self.known.borrow().get(&address) {
            return known.clone();
        }
        let out = self.worked_out(v, None);
        self.known.borrow_mut().insert(address, (v.clone(), out.clone()));
        out
    }

    /// `at`: of which part of a parameter it is what was left there.
    fn worked_out(&self, v: &V, at: Option<(u32, &[Name])>) -> V {
        if let Some((param, way)) = at
            && v.is_part(param, way)
            && let Some(actual) = self.params.get(param as usize).map(|p| p.part(way))
            && (v.adt.is_none() || v.adt == actual.adt)
        {
            return actual;
        }
        let parts: Vec<V> = v.facts.iter().filter_map(|(fact, info)| self.brought(fact, info, at)).collect();
        let mut whole = joined_but(&parts, &v.fields);
        drop(parts);
        if at.is_some_and(|(param, way)| is_unsaid(v, param, way)) {
            whole = whole.unsaid();
        }
        let mut tree = Arc::unwrap_or_clone(whole);
        tree.also_unknown(v);
        let mut kinds = Value::default();
        for (n, part) in &v.fields {
            let own = self.unchanged(part);
            if is_kind(n) {
                kinds.set_field(n, own.unwrap_or_else(|| self.substituted(part)));
                continue;
            }
            let part = own.unwrap_or_else(|| match at {
                Some((i, way)) => self.worked_out(part, Some((i, &[way, std::slice::from_ref(n)].concat()))),
                None => self.substituted(part),
            });
            tree.set_field(n, part);
        }
        if !v.items.is_empty() {
            let item = |item: &V| self.unchanged(item).unwrap_or_else(|| self.substituted(item));
            tree.items = v.items.iter().map(item).collect();
        }
        tree.adt = v.adt.or(tree.adt);
        let mut texts: Many<Text> = Many::new();
        // Nothing was there before: there is no text that stays.
        let nothing = |t: &Text| {
            at.is_some_and(|(param, way)| {
                let before = self.params.get(param as usize).map(|p| p.part(way));
                t.is_part(param, way) && before.is_some_and(|v| v.is_empty())
            })
        };
        for t in v.texts.iter().filter(|t| !nothing(t)) {
            for alternative in self.text(t) {
                if texts.len() < MAX_TEXTS && !texts.contains(&alternative) {
                    texts.push(alternative);
                }
            }
        }
        tree.texts = texts;
        tree.there = v.there || v.own && tree.there;
        if !v.own || v.when.is_some() {
            tree.when = v.when.as_ref().map(|w| Box::new(w.map(&|m| self.must(m))));
            tree.own = false;
        }
        for c in &v.callees {
            let here = match c {
                // A closure lives in the function that wrote it.
                Callable::Closure(_) => continue,
                Callable::Taken(t) => {
                    let with =
                        t.with.iter().map(|v| self.unchanged(v).unwrap_or_else(|| self.substituted(v))).collect();
                    Callable::Taken(Taken { func: t.func, id: t.id, with, ran: t.ran }.bounded())
                }
                other => other.clone(),
            };
            tree.callees = unite(&tree.callees, &[here]);
        }
        if kinds.has_kinds() { join(&Arc::new(tree), &Arc::new(kinds)) } else { Arc::new(tree) }
    }

    /// What a fact of the callee brings here; nothing of what nobody gave.
    fn brought(&self, fact: &Fact, info: &Info, at: Option<(u32, &[Name])>) -> Option<V> {
        Some(match &fact.origin {
            Origin::Cell(c) => {
                let cell = *self.cells.get(c).unwrap_or(c);
                Value::of(Fact::new(Origin::Cell(cell)), info.clone())
            }
            Origin::Held(..) if self.held.is_some() => self.carry(&self.at(&fact.origin)?, fact, self.info(info)),
            Origin::Declared(seed, span, Some(of)) => {
                let mut info = self.info(info);
                doubt::add(&mut info.doubt, self.doubt.as_ref());
                let mut out = Value::default();
                for of in self.asked_of_caller(of) {
                    let origin = Origin::Declared(*seed, *span, of);
                    out.add(Fact { origin, ..fact.clone() }, info.clone());
                }
                Arc::new(out)
            }
            Origin::Source(..) | Origin::Declared(..) | Origin::Bare | Origin::Held(..) => {
                let mut info = self.info(info);
                if let Some(of) = info.read.take() {
                    info.read = self.read_out_of(&of)?;
                }
                doubt::add(&mut info.doubt, self.doubt.as_ref());
                Value::of(fact.clone(), info)
            }
            origin => {
                let actual = self.at(origin)?;
                let itself = at.is_some_and(|(i, way)| fact.is_part(i, way)) && info.is_nothing();
                if itself { actual } else { self.carry(&actual, fact, self.entering(fact, info)) }
            }
        })
    }

    /// A callable of the callee: what the caller gave, closures included.
    #[must_use]
    pub fn value_with_callables(&self, v: &V) -> V {
        let mut out = V::default();
        for (fact, _) in &v.facts {
            if let Some(actual) = self.at(&fact.origin) {
                out = join(&out, &actual);
            }
        }
        out
    }

    /// What a label of the callee depends on here: on nothing more if what was given may come from anywhere, on what the
    /// caller was given itself, and there is none of what is written out. Where nobody says what was given, it stands.
    fn asked_of_caller(&self, of: &Origin) -> Vec<Option<Arc<Origin>>> {
        match self.at(of) {
            None if *of == Origin::Bare => vec![Some(Arc::new(Origin::Bare))],
            Some(given) if is_written(&given) => Vec::new(),
            Some(given) if given.unknown && !given.facts.iter().any(|(f, _)| f.is_data()) => {
                vec![Some(Arc::new(Origin::Bare))]
            }
            Some(given)
                if !given.unknown && !given.facts.is_empty() && given.facts.iter().all(|(f, _)| fact_open(f)) =>
            {
                given.facts.iter().map(|(f, _)| Some(Arc::new(f.origin.clone()))).collect()
            }
            _ => vec![None],
        }
    }

    /// Of which text of the caller it is that a part was read, if it is of one; nothing if it was written here.
    fn read_out_of(&self, of: &Origin) -> Option<Option<Arc<Origin>>> {
        let given = match of {
            Origin::Param(i, _) => self.params.get(*i as usize),
            Origin::Called(n, _) => self.called.get(n),
            _ => None,
        };
        match given.map_or(Reading::Unknown, |v| reading(v, of.way())) {
            Reading::Written => None,
            Reading::Given(of) => Some(Some(Arc::new(of))),
            Reading::Unknown => Some(None),
        }
    }

    /// What an argument brings where the callee has a fact about the parameter.
    fn carry(&self, actual: &V, fact: &Fact, mut own: Info) -> V {
        let whose = own.whose.take();
        let actual = match whose.as_deref() {
            Some([place]) => &actual.rooted(place),
            Some(_) => &actual.map_info(&|i| i.whose.clone_from(&whose)),
            None => actual,
        };
        let compose = |have: &mut Info| self.compose(have, &own);
        let Some(view) = fact.deep else {
            let tree = actual.map_info(&compose);
            if tree.refs.is_empty() {
                return tree;
            }
            let mut plain = (*tree).clone();
            plain.refs.clear();
            return Arc::new(plain);
        };
        let mut out = Value { unknown: actual.unknown, read: actual.read, ..Value::default() };
        if whose.is_some() {
            actual.flatten_into(view, &mut out);
        } else {
            let made = || self.held.map_or_else(|| actual.flat(view), |held| held.flat(actual, view));
            let key = (fact.origin.clone(), view);
            out.facts.clone_from(&self.flat.borrow_mut().entry(key).or_insert_with(made).facts);
        }
        out.facts.iter_mut().for_each(|(_, i)| compose(i));
        if !fact.transforms.is_empty() {
            for (mut f, i) in std::mem::take(&mut out.facts) {
                fact.transforms.iter().for_each(|t| f.turn(*t));
                out.add(f, i);
            }
        }
        Arc::new(out)
    }

    fn places(&self, places: &[Place]) -> Vec<Place> {
        let mut out = Vec::new();
        for p in places {
            match (p.given(), &p.root) {
                (Some(origin), _) => out.extend(self.at(&origin).map(|v| v.places()).unwrap_or_default()),
                (None, Root::Record(r)) => out.push(Place { root: self.record(r), path: p.path.clone() }),
                (None, _) => out.push(p.clone()),
            }
        }
        out
    }

    fn record(&self, r: &Arc<Record>) -> Root {
        let Some(site) = self.site else { return Root::Record(r.clone()) };
        let key = Arc::as_ptr(r) as usize;
        if let Some((_, known)) = self.records.borrow().get(&key) {
            return known.clone();
        }
        let root = r.behind(site, self.places(r.from()), || self.services.asked_about(self.params));
        self.records.borrow_mut().insert(key, (r.clone(), root.clone()));
        root
    }

    /// Guards of the callee as guards of the caller.
    #[must_use]
    pub fn must(&self, m: &Must) -> Must {
        let Some(address) = m.address() else { return Must::default() };
        if let Some((_, known)) = self.musts.borrow().get(&address) {
            return known.clone();
        }
        let out = self.must_here(m);
        self.musts.borrow_mut().insert(address, (m.clone(), out.clone()));
        out
    }

    fn must_here(&self, m: &Must) -> Must {
        m.map(&mut |held| match (&held.what, &held.of) {
            (What::Given(place, answer), _) => Some(self.given(place, *answer)),
            (What::Guard(_), Of::Everyone) | (What::Routed(_), _) => None,
            (What::Guard(_), Of::People(people)) => {
                let people = self.places(people);
                let of = if people.is_empty() { Of::Everyone } else { Of::People(people.into()) };
                Some(Must::of(Held { of, ..held.clone() }))
            }
        })
    }

    /// What follows if something that the caller gave is what was asked.
    fn given(&self, place: &Place, answer: Answer) -> Must {
        place.given().and_then(|origin| self.at(&origin)).map_or_else(Must::default, |v| v.if_it_is(answer))
    }

    /// What the text of a part of an argument may be.
    fn texts_at(&self, param: u32, path: &[Name]) -> Many<Text> {
        let Some(mut v) = self.params.get(param as usize) else { return Many::new() };
        for (i, name) in path.iter().enumerate() {
            match v.listed(name) {
                Some(part) => v = part,
                None => return v.texts_of(path.get(i..).unwrap_or_default()),
            }
        }
        v.texts.clone()
    }

    /// A text of the callee: what it may be here.
    #[must_use]
    pub fn text(&self, t: &Text) -> Many<Text> {
        if !text_open(t) {
            return many![t.clone()];
        }
        let mut out = Together::new();
        for piece in t.pieces.iter() {
            match piece {
                TextPiece::Param(i, path, field) => {
                    let mut texts = self.texts_at(*i, path);
                    if let Some(field) = field {
                        texts.iter_mut().for_each(|t| t.stands_in(field, false));
                    }
                    match (field, t.pieces.len()) {
                        (Some((t, n)), _) if texts.is_empty() => out.add(&[[TextPiece::Field(*t, n.clone())]]),
                        (_, 1) if !texts.is_empty() => return texts,
                        _ => out.add(&texts.iter().map(|t| &*t.pieces).collect::<Vec<_>>()),
                    }
                }
                TextPiece::EnvOf(i, path) => {
                    let known = |t: &Text| match &*t.pieces {
                        [TextPiece::Lit(s)] => [TextPiece::Env(s.clone())],
                        [TextPiece::Param(i, path, _)] => [TextPiece::EnvOf(*i, path.clone())],
                        _ => [TextPiece::Hole],
                    };
                    out.add(&self.texts_at(*i, path).iter().map(known).collect::<Vec<_>>());
                }
                p => out.add(&[std::slice::from_ref(p)]),
            }
        }
        // It stands where it was put together, whoever gave what is in it.
        let mut out = out.texts();
        out.iter_mut().for_each(|known| known.span = t.span);
        out
    }

    /// What an arrival of the callee is at the caller.
    #[must_use]
    pub fn kind(&self, kind: &Arc<Kind>) -> Arc<Kind> {
        let Tgt::Http(texts) = &kind.target else { return kind.clone() };
        let mut out: Vec<Text> = texts.iter().flat_map(|t| self.text(t)).collect();
        out.sort();
        out.dedup();
        out.truncate(MAX_TEXTS);
        if out == *texts {
            return kind.clone();
        }
        Arc::new(Kind { target: Tgt::Http(out), ..(**kind).clone() })
    }
}

/// Whether a value is what a parameter was, of which neither text nor truth is known any more: nor is that of what was
/// given, and of each part of it.
fn is_unsaid(v: &Value, param: u32, way: &[Name]) -> bool {
    let silent = v.unknown && !v.own && v.when.is_none() && v.texts.is_empty();
    silent && v.facts.iter().any(|(fact, _)| fact.is_part(param, way))
}

/// Whether a value is a literal text or number, or nothing at all (`None`).
fn is_written(v: &Value) -> bool {
    let nothing = v.when.as_ref().is_some_and(|w| w.yes.is_everything() && !w.no.is_everything());
    let plain = !v.unknown && v.facts.is_empty() && v.fields.is_empty() && v.items.is_empty() && v.refs.is_empty();
    plain && v.callees.is_empty() && (nothing || !v.texts.is_empty() && v.texts.iter().all(Text::is_literal))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;

    /// A value whose part `a` is made of this.
    fn holder(of: Origin) -> V {
        let mut out = Value::default();
        out.set_field("a", Value::of(Fact::new(of), Info::default()));
        Arc::new(out)
    }

    fn source(n: u32) -> Origin {
        Origin::Source(n, Span::new(FileId(0), n, n + 1))
    }

    #[test]
    fn a_value_that_is_gone_is_not_mistaken_for_the_next() {
        let mut given = Value::default();
        for n in 0..8 {
            given.set_field(&n.to_string(), Value::of(Fact::new(source(n)), Info::default()));
        }
        let params = [Arc::new(given)];
        let actual = Actual { params: &params, ..Actual::default() };
        for n in 0..8 {
            // Each is dropped before the next is made, which is then likely to have its address.
            let here = actual.value(&holder(Origin::Param(0, Arc::from([Name::from(n.to_string())]))));
            let facts: Vec<Origin> = here.field("a").facts.iter().map(|(f, _)| f.origin.clone()).collect();
            assert_eq!(facts, [source(n)]);
        }
    }
}
