//! Whose data it is: the roots of values, and when a check of one covers the data of another.
//!
//! A check of one person says nothing of another, so facts know their *root*: the record that they are of. A root is
//! - a parameter, until a caller says what it stands for;
//! - a *record*: what a call or statement yields that was nowhere before. Two places that load one are two records,
//!   and so are two calls of one function that loads one: a record is named by the place that made it and by those of
//!   the calls around it;
//! - an *element*: a record too, taken out of a list, another one at each place that takes one out. In the next
//!   round of a loop it is *an earlier one*, and no longer the one that is taken there now.
//!
//! A field has the root of the struct or row that it is in: a row and its fields are of one person. A struct with
//! two fields of one struct type (`from: Customer, to: Customer`) is of two people, and those are told apart. A
//! record remembers *from* what it was reached: the keys bound to its statement, the arguments of the call that
//! loaded it, the list that an element was in.
//!
//! A check covers data if it asked about the data's own record, or about what that was reached from (its key, the
//! list that it is in), or about a record that was reached by the same keys or by a key in the data's record. If
//! not, roots of one sort (one struct type, one table, one type of number as a key) are different people, and the
//! check does not count; roots of two sorts cannot be compared, and it counts, with less confidence.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::beside::by_position;
use super::interp::Cx;
use super::must::{Held, Must, Of, What};
use super::value::{Fact, MAX_PATH, Origin, V};
use crate::ir::Name;
use crate::limits::{ROOT_DEPTH, ROOT_PLACES, ROOT_SITES};
use crate::link::infer::signature;
use crate::link::names::is_primitive;
use crate::link::program::{FuncId, TypeId};
use crate::link::ty::{Ty, field_ty, peel};
use crate::source::Span;

/// What sort of thing a root is. Only roots of one sort are told apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sort {
    /// A value of a type of the workspace.
    Type(TypeId),
    /// A row of a table.
    Table(u32, u32),
    /// A number or identifier of this type.
    Key(Name),
}

/// Whom or what data is of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Root {
    /// What the caller gives for a parameter.
    Param(u32),
    /// What something that the caller gave returns: number of the call in the summary.
    Called(u32),
    /// A record that came to be here.
    Record(Arc<Record>),
    /// Somebody of these sorts whom only a caller knows.
    Outside(Arc<[Sort]>),
}

/// A record that came to be at a place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Record {
    /// The place, after those of the calls around it; nothing if it is of an earlier round of a loop.
    at: Vec<Span>,
    /// From what it was reached: keys, or the list that it is in.
    from: Vec<Place>,
    /// One of many.
    element: bool,
    sorts: Vec<Sort>,
    depth: u8,
}

/// A place that makes records, or takes out elements.
pub type Site = (Span, bool);

/// A root and the way into it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The root.
    pub root: Root,
    /// Fields from there.
    pub path: Arc<[Name]>,
}

/// Whether what was asked about one covers another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cover {
    /// They are two people.
    Other,
    /// Only the caller can say.
    Later,
    /// They cannot be compared.
    Unsure,
    /// It does.
    Yes,
}

impl From<Root> for Place {
    fn from(root: Root) -> Self {
        Place { root, path: Arc::from([]) }
    }
}

impl Place {
    /// What the caller gave, if it is of that.
    #[must_use]
    pub fn given(&self) -> Option<Origin> {
        match &self.root {
            Root::Param(i) => Some(Origin::Param(*i, self.path.clone())),
            Root::Called(n) => Some(Origin::Called(*n, self.path.clone())),
            Root::Record(_) | Root::Outside(_) => None,
        }
    }

    /// Where its root was made or taken out.
    #[must_use]
    pub fn site(&self) -> Option<Site> {
        match &self.root {
            Root::Record(r) => r.at.first().map(|at| (*at, r.element)),
            _ => None,
        }
    }

    /// The one at an index.
    #[must_use]
    pub fn at_index(&self, index: &str) -> Place {
        self.field(&format!("[{index}]"))
    }

    /// Its first steps.
    fn up_to(&self, steps: usize) -> Place {
        Place { root: self.root.clone(), path: self.path.iter().take(steps).cloned().collect() }
    }

    /// The same record, now that the type of its values is known.
    #[must_use]
    pub fn typed(&self, ty: &Ty) -> Place {
        match (&self.root, sort(ty)) {
            (Root::Record(r), Some(sort)) if r.sorts.is_empty() && self.path.is_empty() => {
                Place { root: Root::Record(Arc::new(Record { sorts: vec![sort], ..(**r).clone() })), ..self.clone() }
            }
            _ => self.clone(),
        }
    }

    /// A part of it.
    #[must_use]
    pub fn field(&self, name: &str) -> Place {
        if self.path.len() >= MAX_PATH {
            return self.clone();
        }
        let mut path = self.path.to_vec();
        path.push(name.into());
        Place { root: self.root.clone(), path: path.into() }
    }

    /// A part of a part, and so on.
    #[must_use]
    pub fn part(&self, way: &[Name]) -> Place {
        way.iter().fold(self.clone(), |place, name| place.field(name))
    }

    /// Whether a caller says what it stands for.
    fn is_open(&self) -> bool {
        match &self.root {
            Root::Param(_) | Root::Called(_) => true,
            Root::Record(r) => r.from.iter().any(Place::is_open),
            Root::Outside(_) => false,
        }
    }

    /// Whether one of two ways into one root goes on where the other ends.
    fn within(&self, other: &Place) -> bool {
        self.root.is(&other.root) && self.path.iter().zip(other.path.iter()).all(|(a, b)| a == b)
    }
}

impl Root {
    /// Whether two roots are one. What one place takes out of two lists in step (`zip`) is of one person.
    fn is(&self, other: &Root) -> bool {
        match (self, other) {
            (Root::Record(a), Root::Record(b)) if !a.at.is_empty() => a.at == b.at && a.element == b.element,
            _ => self == other,
        }
    }
}

/// Each place once and in order; of one record the one of which the sort is known. Too many are none.
#[must_use]
pub fn distinct(mut places: Vec<Place>) -> Vec<Place> {
    places.sort();
    let mut out: Vec<Place> = Vec::new();
    for p in places.into_iter().rev() {
        if !out.iter().any(|q| q.root.is(&p.root) && q.path == p.path) {
            out.push(p);
        }
    }
    out.reverse();
    if out.len() > ROOT_PLACES { Vec::new() } else { out }
}

impl Record {
    /// A record made here.
    #[must_use]
    pub fn made(at: Span, from: Vec<Place>, sorts: Vec<Sort>) -> Root {
        Self::build(vec![at], from, false, sorts)
    }

    /// An element taken out here.
    #[must_use]
    pub fn element(at: Span, list: Vec<Place>) -> Root {
        Self::build(vec![at], list, true, Vec::new())
    }

    fn build(at: Vec<Span>, from: Vec<Place>, element: bool, sorts: Vec<Sort>) -> Root {
        let depth = |p: &Place| if let Root::Record(r) = &p.root { r.depth } else { 0 };
        let from = distinct(from.into_iter().filter(|p| depth(p) < ROOT_DEPTH).collect());
        let depth = 1 + from.iter().map(depth).max().unwrap_or(0);
        Root::Record(Arc::new(Record { at, from, element, sorts, depth }))
    }

    /// The record as it is known behind the call at `site`: reached from what the function's parameters stand for,
    /// or else from the arguments.
    #[must_use]
    pub fn behind(&self, site: Span, from: Vec<Place>, asked: impl FnOnce() -> Vec<Place>) -> Root {
        let mut at = vec![site];
        at.extend(self.at.iter().take(ROOT_SITES - 1).copied());
        let from = if self.from.is_empty() && !self.element { asked() } else { from };
        Self::build(at, from, self.element, self.sorts.clone())
    }

    /// From what it was reached.
    #[must_use]
    pub fn from(&self) -> &[Place] {
        &self.from
    }

    /// Whether it was made at one of these places, or reached from what was.
    fn stale(&self, made: &BTreeSet<Site>) -> bool {
        self.is_made(made) || self.from.iter().any(|p| p.stale(made))
    }

    fn is_made(&self, made: &BTreeSet<Site>) -> bool {
        self.at.first().is_none_or(|s| made.contains(&(*s, self.element)))
    }
}

impl Place {
    /// Whether it is one of the list that another place is in.
    #[must_use]
    pub fn is_of(&self, other: &Place) -> bool {
        matches!(&self.root, Root::Record(r) if r.from.iter().any(|p| p.root.is(&other.root)))
    }

    /// Whether its root was made at one of these places, or is of an earlier round already.
    pub fn stale(&self, made: &BTreeSet<Site>) -> bool {
        matches!(&self.root, Root::Record(r) if r.stale(made))
    }

    /// The place when the next round of a loop begins, in which what was made at these places is made anew.
    #[must_use]
    pub fn aged(&self, made: &BTreeSet<Site>) -> Place {
        match &self.root {
            Root::Record(r) if r.stale(made) => {
                let at = if r.is_made(made) { Vec::new() } else { r.at.clone() };
                let from = r.from.iter().map(|p| p.aged(made)).collect();
                Place { root: Record::build(at, from, r.element, r.sorts.clone()), path: self.path.clone() }
            }
            _ => self.clone(),
        }
    }

    /// The keys by which its record was reached.
    #[must_use]
    pub fn keys(&self) -> &[Place] {
        match &self.root {
            Root::Record(r) if !r.element => &r.from,
            _ => &[],
        }
    }

    /// The parameters that it is of or was reached from.
    pub fn params(&self, out: &mut BTreeSet<u32>) {
        match &self.root {
            Root::Param(i) => {
                out.insert(*i);
            }
            Root::Record(r) => r.from.iter().for_each(|p| p.params(out)),
            Root::Called(_) | Root::Outside(_) => {}
        }
    }

    /// What it was reached from: by a key in another record, that key and no more. What that record was reached by
    /// says nothing of this one, which may be the friend of a friend.
    fn reached_from<'p>(&'p self, out: &mut Vec<&'p Place>) {
        let Root::Record(r) = &self.root else { return };
        for p in &r.from {
            out.push(p);
            if r.element || p.path.is_empty() || matches!(&p.root, Root::Record(list) if list.element) {
                p.reached_from(out);
            }
        }
    }
}

/// Names and types by which roots are compared inside one function.
#[derive(Clone, Copy)]
pub struct Roots<'a> {
    cx: Cx<'a>,
    func: FuncId,
}

impl<'a> Roots<'a> {
    /// Those of a function.
    #[must_use]
    pub fn new(cx: Cx<'a>, func: FuncId) -> Self {
        Roots { cx, func }
    }

    /// Whether it matters whose data is.
    #[must_use]
    pub fn matter(&self) -> bool {
        self.cx.guarded
    }

    /// Whether what was asked about one of the places covers data that is of all of those people. `last` if no
    /// caller will know more.
    #[must_use]
    pub fn covers(&self, asked: &[Place], data: &[Place], last: bool) -> Cover {
        let one = |d: &Place| {
            if asked.iter().any(|a| self.same_person(a, d)) {
                return Cover::Yes;
            }
            if !last && d.is_open() && asked.iter().any(|a| a.is_open() && !is_element(a)) && !self.apart(asked, d) {
                return Cover::Later;
            }
            let sorts = self.sorts_of_data(d);
            let comparable = asked.iter().any(|a| self.sorts_asked(a).iter().any(|s| sorts.contains(s)));
            if comparable { Cover::Other } else { Cover::Unsure }
        };
        data.iter().map(one).min().unwrap_or(Cover::Unsure)
    }

    /// Of what is established, what is of the people whose the data is. `last` if no caller will know more.
    #[must_use]
    pub fn about(&self, held: &Must, data: &[Place], last: bool) -> Must {
        if held.is_nothing() {
            return Must::default();
        }
        held.map(&mut |h| match (&h.what, &h.of) {
            (What::Given(..), _) => last.then(Must::default),
            (What::Guard(_), Of::Everyone) | (What::Routed(_), _) => None,
            (What::Guard(g), Of::People(asked)) => match self.covers(asked, data, last) {
                Cover::Yes => Some(Must::of(Held { of: Of::Everyone, ..h.clone() })),
                Cover::Unsure => Some(Must::of(Held { of: Of::Everyone, sure: false, ..h.clone() })),
                Cover::Later => None,
                Cover::Other => Some(Must::of_another(*g)),
            },
        })
    }

    /// A value with what is established of those whose data is in it.
    #[must_use]
    pub fn kept(&self, v: &V, held: &Must) -> V {
        if held.is_nothing() {
            return v.clone();
        }
        let matter = self.matter();
        v.map_facts(&|fact, info| match matter {
            // What was asked where a router is put together is not asked when a handler of it runs.
            _ if fact.is_route() => {}
            false => info.guards.and(held),
            true => info.guards.and(&self.about(held, &fact.places(info), false)),
        })
    }

    /// The same of what another value does not say as well.
    #[must_use]
    pub fn kept_but(&self, v: &V, held: &Must, other: &V) -> V {
        if held.is_nothing() || Arc::ptr_eq(v, other) || !v.has_facts() {
            return v.clone();
        }
        let mut out = (**v).clone();
        // Of a part that only one of them tells apart the whole says more in the other.
        let alike = v.fields.iter().map(|(n, _)| n).eq(other.fields.iter().map(|(n, _)| n));
        let theirs = |fact: &Fact| {
            let i = other.facts.binary_search_by(|(f, _)| f.cmp(fact)).ok().filter(|_| alike)?;
            other.facts.get(i).map(|(_, info)| info)
        };
        for (fact, info) in out.facts.iter_mut().filter(|(f, _)| !f.is_access()) {
            if theirs(fact).is_none_or(|i| i.guards != info.guards) {
                info.guards.and(&if self.matter() {
                    self.about(held, &fact.places(info), false)
                } else {
                    held.clone()
                });
            }
        }
        for (name, part) in &mut out.fields {
            *part = match other.listed(name) {
                Some(theirs) => self.kept_but(part, held, theirs),
                None => self.kept(part, held),
            };
        }
        Arc::new(out)
    }

    /// Whether all of what was asked about is in the data's own record, and of another person: no caller changes it.
    fn apart(&self, asked: &[Place], data: &Place) -> bool {
        asked.iter().all(|a| a.root.is(&data.root))
    }

    fn same_person(&self, asked: &Place, data: &Place) -> bool {
        if asked.root.is(&data.root) {
            let of_another = self.names_another(asked) && !data.path.starts_with(&asked.path);
            return !of_another && !self.neighbours(asked, data);
        }
        let mut above = Vec::new();
        data.reached_from(&mut above);
        let sorts = self.sorts(data);
        let one_sort = |p: &Place| self.sorts(p).iter().any(|s| sorts.contains(s));
        // By a key in the very record that was asked about; not by that of a friend.
        if above.iter().any(|p| p.within(asked) && (p.path.len() <= asked.path.len() || own(p) || !one_sort(asked))) {
            return true;
        }
        let Root::Record(a) = &asked.root else { return false };
        if a.element || a.from.is_empty() {
            return false;
        }
        let in_data = |k: &Place| k.root.is(&data.root) && (own(k) || !one_sort(asked));
        let by_same = a.from.iter().all(|k| in_data(k) || above.iter().any(|p| p.within(k)));
        let keys = match &data.root {
            Root::Record(d) if !d.element => d.from.as_slice(),
            _ => &[],
        };
        by_same || !keys.is_empty() && keys.iter().all(|k| a.from.iter().any(|p| p.within(k)))
    }

    /// Whether two ways into one root part at two fields of one struct type.
    fn neighbours(&self, a: &Place, b: &Place) -> bool {
        let Some(n) = a.path.iter().zip(b.path.iter()).position(|(x, y)| x != y) else { return false };
        let index = |p: &Place| p.path.get(n).is_some_and(|s| s.starts_with('['));
        if index(a) && index(b) {
            return true;
        }
        match (self.ty(&a.up_to(n + 1)), self.ty(&b.up_to(n + 1))) {
            (Ty::Adt(x, _), Ty::Adt(y, _)) => x == y,
            _ => is_position(a, n) && is_position(b, n) && self.is_of_equal_lists(&a.root),
        }
    }

    /// Whether what was taken out of several lists in step is of several people: two of the lists are of one struct
    /// type.
    fn is_of_equal_lists(&self, root: &Root) -> bool {
        let Root::Record(r) = root else { return false };
        let tys = r.from.iter().filter_map(|p| if let Ty::Adt(t, _) = self.ty(p) { Some(t) } else { None });
        let (tys, kinds): (Vec<TypeId>, BTreeSet<TypeId>) = (tys.clone().collect(), tys.collect());
        r.element && kinds.len() < tys.len()
    }

    /// Whether a place is a key by which a person's record names another one: of the sort of its own, and not named
    /// after another type.
    fn names_another(&self, key: &Place) -> bool {
        let Some((name, owner)) = key.path.split_last() else { return false };
        let Ty::Adt(t, _) = self.ty(&key.up_to(owner.len())) else { return false };
        let Some(key_sort @ Sort::Key(_)) = sort(&self.ty(key)).filter(|_| !own(key)) else { return false };
        let record = Ty::Adt(t, [].into());
        let field = |name: &str| field_ty(self.cx.program, self.cx.models, &record, None, name);
        let of_its_own =
            || OWN.iter().any(|own| self::sort(peel(self.cx.models, &field(own))).as_ref() == Some(&key_sort));
        let stem = name.trim_end_matches("_id").trim_end_matches("_uuid").replace('_', "");
        let types = || (0..self.cx.program.types.len() as u32).filter_map(|i| self.cx.program.type_def(TypeId(i)));
        let named_after = || types().any(|ty| ty.name.eq_ignore_ascii_case(&stem));
        let is_person = || {
            self.cx.seeds.guard_funcs.keys().any(|f| {
                let (params, _) = signature(self.cx.program, self.cx.models, *f);
                params.iter().any(|p| matches!(peel(self.cx.models, p), Ty::Adt(p, _) if *p == t))
            })
        };
        is_person() && of_its_own() && !named_after()
    }

    /// The type of what is at a place, below its wrappers.
    fn ty(&self, place: &Place) -> Ty {
        let mut ty = match &place.root {
            Root::Param(i) => {
                let local = self.cx.program.func(self.func).and_then(|f| f.params.get(*i as usize)).map(|p| p.local);
                let typed = self.cx.typed.get(self.func.0 as usize);
                local.and_then(|l| typed?.locals.get(l.0 as usize)).cloned().unwrap_or_default()
            }
            Root::Record(r) => match r.sorts.first() {
                Some(Sort::Type(t)) => Ty::Adt(*t, [].into()),
                _ if r.element => r.from.first().map(|list| self.ty(list)).unwrap_or_default(),
                _ => Ty::Unknown,
            },
            Root::Called(_) | Root::Outside(_) => Ty::Unknown,
        };
        for name in place.path.iter().filter(|n| !n.starts_with('[')) {
            let (variant, field) = match name.split_once('.') {
                Some((variant, field)) => (Some(variant), field),
                None => (None, name.as_str()),
            };
            let owner = peel(self.cx.models, &ty);
            let variant = match (owner, variant) {
                (Ty::Adt(t, _), Some(v)) => self.cx.program.variant(*t, v),
                _ => None,
            };
            ty = field_ty(self.cx.program, self.cx.models, owner, variant, field);
        }
        peel(self.cx.models, &ty).clone()
    }

    /// What sort of record a place is in.
    #[must_use]
    pub fn sorts(&self, place: &Place) -> Vec<Sort> {
        let root = Place::from(place.root.clone());
        let mut out = match &place.root {
            Root::Record(r) => {
                let mut out = r.sorts.clone();
                if out.is_empty() && r.element {
                    out.extend(r.from.iter().flat_map(|list| self.sorts(list)));
                }
                out
            }
            Root::Outside(sorts) => sorts.to_vec(),
            Root::Param(_) | Root::Called(_) => Vec::new(),
        };
        if out.is_empty() {
            out.extend(sort(&self.ty(&root)));
        }
        out
    }

    fn sorts_of_data(&self, data: &Place) -> Vec<Sort> {
        let mut out = self.sorts(data);
        out.extend((1..=data.path.len()).filter_map(|n| sort(&self.ty(&data.up_to(n)))));
        // Data that is itself a number is not thereby a key.
        out.retain(|s| !matches!(s, Sort::Key(_)));
        let mut above = Vec::new();
        data.reached_from(&mut above);
        for p in above {
            out.extend(self.sorts(p));
            out.extend(sort(&self.ty(p)));
        }
        out
    }

    fn sorts_asked(&self, asked: &Place) -> Vec<Sort> {
        let mut out = self.sorts(asked);
        out.extend(sort(&self.ty(asked)));
        if let Root::Record(r) = &asked.root
            && !r.element
        {
            out.extend(r.from.iter().filter_map(|p| sort(&self.ty(p))));
        }
        out
    }
}

fn is_element(place: &Place) -> bool {
    matches!(&place.root, Root::Record(r) if r.element)
}

/// Names of keys that name the very record they are in.
const OWN: [&str; 4] = ["id", "uuid", "guid", "pk"];

/// A key that names the very record it is in.
fn own(key: &Place) -> bool {
    key.path.last().is_some_and(|n| OWN.contains(&n.as_str()))
}

/// Whether a step of a way is a position.
fn is_position(place: &Place, n: usize) -> bool {
    place.path.get(n).is_some_and(|s| by_position(s))
}

/// What sort of thing values of a type are. Texts are of none: two texts may name one person.
#[must_use]
pub fn sort(ty: &Ty) -> Option<Sort> {
    match ty {
        Ty::Adt(t, _) => Some(Sort::Type(*t)),
        Ty::Ext(n, _) => {
            let number = is_primitive(n) && !matches!(n.as_str(), "str" | "bool" | "char" | "f32" | "f64");
            let last = n.rsplit("::").next().unwrap_or(n);
            (number || matches!(last, "Uuid" | "Ulid")).then(|| Sort::Key(n.clone()))
        }
        _ => None,
    }
}

/// Arguments that are services, if there are others: the first 64, as bits. A receiver is one that is asked about its
/// arguments, and a pool or a client of a library is one.
#[derive(Clone, Copy, Debug, Default)]
pub struct Services(u64);

impl Services {
    /// Those of a call with arguments of these types.
    pub fn of<'t>(tys: impl Iterator<Item = Option<&'t Ty>>, method: bool) -> Self {
        let service = |(i, ty): (usize, Option<&Ty>)| {
            let library = matches!(ty, Some(Ty::Ext(n, _)) if !is_value(n));
            u64::from(i < 64 && (library || method && i == 0)) << (i % 64)
        };
        Services(tys.enumerate().map(service).sum())
    }

    /// Whom arguments speak of.
    #[must_use]
    pub fn asked_about(self, args: &[V]) -> Vec<Place> {
        let places = |services: bool| {
            let of = |i: usize| i < 64 && self.0 >> i & 1 == u64::from(services);
            distinct(args.iter().enumerate().filter(|(i, _)| of(*i)).flat_map(|(_, v)| v.places()).collect())
        };
        let people = places(false);
        if people.is_empty() { places(true) } else { people }
    }
}

/// Whether values of a library's type may name a person.
fn is_value(ty: &str) -> bool {
    let last = ty.rsplit("::").next().unwrap_or(ty);
    is_primitive(ty) || matches!(last, "String" | "Uuid" | "Ulid") || last.ends_with("Id")
}
