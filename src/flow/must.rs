//! Guards that must hold: what is established at a point, and what follows from the truth of a value.
//!
//! A [`Must`] is a list of cases: on every way to the point one of them holds, and in it all its facts. As a rule it
//! is one case; `own(x) || parent(x)` makes two. Where two ways join, a case that says more than another says
//! nothing beside it and is left out; so one way without any check leaves nothing.
//!
//! Nearly everywhere nothing is established: that is a null pointer, and costs nothing to copy.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::roots::{Place, Root};
use super::seeds::PERHAPS;
use super::types::in_each;
use crate::ir::Name;
use crate::limits::{GUARD_CASES, GUARD_FACTS, GUARDS_LOST};

/// What is established.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// A guard of the policy.
    Guard(u32),
    /// What a value that the caller gave is: what follows is known at the call.
    Given(Place, Answer),
    /// What the layers ask around this handler, once it is known where its router goes.
    Routed(Name),
}

/// What is known of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Answer {
    /// It is true (`true`, `Some`, `Ok`), or is not.
    Truth(bool),
    /// It is `Some` or `Ok`, or is not, whatever the truth is of what is in it.
    There(bool),
    /// It is `Some` or `Ok`, and what is in it is true, or is not: `Ok(Some(..))`, `Ok(None)`.
    Within(bool),
    /// The same where what is in it may hold an answer again: it is there, or is not.
    WithinThere(bool),
    /// It is this variant of its enum, or is not.
    Variant(u32, bool),
}

impl Answer {
    /// Whether no value is both.
    fn excludes(self, other: Answer) -> bool {
        match (self, other) {
            (Answer::Truth(a), Answer::Truth(b))
            | (Answer::There(a), Answer::There(b))
            | (Answer::Within(a), Answer::Within(b))
            | (Answer::WithinThere(a), Answer::WithinThere(b)) => a != b,
            (Answer::Variant(a, x), Answer::Variant(b, y)) => {
                if a == b {
                    x != y
                } else {
                    x && y
                }
            }
            _ => false,
        }
    }
}

/// Of whom it is established.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Of {
    /// Of everyone; where it is kept with data, of whoever's that is.
    Everyone,
    /// Of the person whom one of these places names.
    People(Arc<[Place]>),
}

/// One established fact.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Held {
    /// What.
    pub what: What,
    /// Of whom.
    pub of: Of,
    /// Whether it is known to be the same person; otherwise that could not be compared.
    pub sure: bool,
}

/// Why a guard that was established somewhere is not established here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lost {
    /// It is on another way.
    Elsewhere,
    /// It is of another person.
    Other,
}

/// What is established at a point.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Must(Option<Arc<Cases>>);

#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Cases {
    /// Each sorted, none within another; none at all: nothing gets here.
    cases: Vec<Vec<Held>>,
    /// What was established on the way and is not here.
    lost: Vec<(Held, Lost)>,
}

impl Cases {
    /// Whether it says in every case all that another says, and what that has lost.
    fn covers(&self, other: &Cases) -> bool {
        let [only] = other.cases.as_slice() else { return false };
        self.cases.iter().all(|case| only.iter().all(|h| case.binary_search(h).is_ok()))
            && other.lost.iter().all(|l| self.lost.binary_search(l).is_ok())
    }
}

/// What follows from a value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct When {
    /// If it is true (`true`, `Ok`, `Some`).
    pub yes: Must,
    /// If it is false.
    pub no: Must,
    /// If it is this variant of its enum. Nothing follows if none is listed.
    pub variants: Vec<(u32, Must)>,
    /// If it is `Ok` of an answer itself.
    pub within: Within,
}

/// What follows from the truth of an answer that is in another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Within {
    /// No more than from that of the whole.
    #[default]
    Untold,
    /// There is none: `Err(..)`.
    Nothing,
    /// If it is true, and if it is not.
    Told(Box<[Must; 2]>),
}

impl Within {
    /// What follows if there is something that is true, or is not.
    fn if_it_is(&self, truth: bool) -> Must {
        match self {
            Within::Untold => Must::default(),
            Within::Nothing => Must::everything(),
            Within::Told(told) => {
                let [yes, no] = &**told;
                if truth { yes.clone() } else { no.clone() }
            }
        }
    }

    fn or(&mut self, other: &Within) {
        match (&mut *self, other) {
            (Within::Untold, _) | (_, Within::Nothing) => {}
            (_, Within::Untold) | (Within::Nothing, _) => *self = other.clone(),
            (Within::Told(mine), Within::Told(theirs)) => {
                mine.iter_mut().zip(theirs.iter()).for_each(|(a, b)| a.or(b));
            }
        }
    }

    fn told(&self) -> &[Must] {
        if let Within::Told(told) = self { told.as_slice() } else { &[] }
    }

    fn map(&self, f: &dyn Fn(&Must) -> Must) -> Self {
        match self {
            Within::Told(told) => Within::Told(Box::new(told.each_ref().map(f))),
            other => other.clone(),
        }
    }
}

impl When {
    /// True in any case.
    #[must_use]
    pub fn always(truth: bool) -> Self {
        let (yes, no) = (Must::default(), Must::everything());
        match truth {
            true => When { yes, no, ..When::default() },
            false => When { yes: no, no: yes, within: Within::Nothing, ..When::default() },
        }
    }

    /// Not yet known: whatever it will be tells more.
    #[must_use]
    pub fn pending() -> Self {
        When { yes: Must::everything(), no: Must::everything(), within: Within::Nothing, ..When::default() }
    }

    /// What the truth of a value tells that the caller gave.
    #[must_use]
    pub fn given(place: Place) -> Self {
        let truth = |truth| Must::of(Held::given(place.clone(), Answer::Truth(truth)));
        When { yes: truth(true), no: truth(false), ..When::default() }
    }

    /// This variant of an enum.
    #[must_use]
    pub fn is_variant(variant: u32) -> Self {
        When { variants: vec![(variant, Must::default())], ..When::default() }
    }

    /// What follows if the value is what is asked.
    #[must_use]
    pub fn if_it_is(&self, answer: Answer) -> Must {
        match answer {
            Answer::Truth(true) => self.yes.clone(),
            Answer::Truth(false) => self.no.clone(),
            Answer::There(_) => Must::default(),
            Answer::Within(truth) => {
                let mut out = self.if_it_is(Answer::Truth(truth));
                out.and(&self.within.if_it_is(truth));
                out
            }
            Answer::WithinThere(truth) => self.within.if_it_is(truth),
            Answer::Variant(..) if self.variants.is_empty() => Must::default(),
            Answer::Variant(variant, holds) => {
                let mut out = Must::everything();
                for (_, m) in self.variants.iter().filter(|(v, _)| (*v == variant) == holds) {
                    out.or(m);
                }
                out
            }
        }
    }

    /// Either value.
    pub fn or(&mut self, other: &When) {
        self.yes.or(&other.yes);
        self.no.or(&other.no);
        self.within.or(&other.within);
        if self.variants.is_empty() || other.variants.is_empty() {
            self.variants.clear();
            return;
        }
        for (v, m) in &other.variants {
            match self.variants.binary_search_by_key(v, |(v, _)| *v) {
                Ok(i) => {
                    if let Some((_, have)) = self.variants.get_mut(i) {
                        have.or(m);
                    }
                }
                Err(i) => self.variants.insert(i, (*v, m.clone())),
            }
        }
    }

    /// Whether anything in it means something else at each call of the function that it is of.
    #[must_use]
    pub fn is_symbolic(&self) -> bool {
        let variants = self.variants.iter().map(|(_, m)| m);
        [&self.yes, &self.no].into_iter().chain(variants).chain(self.within.told()).any(Must::is_symbolic)
    }

    /// Everything in it changed.
    #[must_use]
    pub fn map(&self, f: &dyn Fn(&Must) -> Must) -> Self {
        When {
            yes: f(&self.yes),
            no: f(&self.no),
            variants: self.variants.iter().map(|(v, m)| (*v, f(m))).collect(),
            within: self.within.map(f),
        }
    }

    /// The same of an answer that is in another.
    #[must_use]
    pub fn inside(&self) -> Self {
        let within = |truth| self.if_it_is(Answer::Within(truth));
        When { yes: within(true), no: within(false), variants: self.variants.clone(), ..When::default() }
    }

    /// The same of an answer with this in it.
    #[must_use]
    pub fn around(self) -> Self {
        let within = Within::Told(Box::new([self.yes.clone(), self.no.clone()]));
        When { within, ..self }
    }
}

impl Held {
    /// A guard.
    #[must_use]
    pub fn guard(guard: u32, of: Of) -> Self {
        Held { what: What::Guard(guard), of, sure: true }
    }

    /// The guard, if it is one.
    fn of_guard(&self) -> Option<u32> {
        if let What::Guard(g) = self.what { Some(g) } else { None }
    }

    /// What a value that the caller gave is.
    #[must_use]
    pub fn given(place: Place, answer: Answer) -> Self {
        Held { what: What::Given(place, answer), of: Of::Everyone, sure: true }
    }

    /// What is asked around a handler.
    #[must_use]
    pub fn routed(route: Name) -> Self {
        Held { what: What::Routed(route), of: Of::Everyone, sure: true }
    }

    /// The places that name the person, if it is of one.
    #[must_use]
    pub fn places(&self) -> &[Place] {
        match &self.of {
            Of::People(people) => people,
            Of::Everyone => &[],
        }
    }
}

impl Must {
    /// What holds where nothing can be.
    #[must_use]
    pub fn everything() -> Self {
        Must(Some(Arc::new(Cases::default())))
    }

    /// One fact.
    #[must_use]
    pub fn of(held: Held) -> Self {
        Must(Some(Arc::new(Cases { cases: vec![vec![held]], lost: Vec::new() })))
    }

    /// Whether nothing gets here.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        matches!(&self.0, Some(c) if c.cases.is_empty())
    }

    /// Whether nothing is known.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.0.is_none()
    }

    /// Where it is kept: what has one address is one. Nothing if nothing is known.
    #[must_use]
    pub fn address(&self) -> Option<usize> {
        self.0.as_ref().map(|cases| Arc::as_ptr(cases) as usize)
    }

    /// Whether the same is established, whatever was lost on the way.
    #[must_use]
    pub fn says(&self, other: &Must) -> bool {
        fn cases(m: &Must) -> &[Vec<Held>] {
            m.0.as_ref().map_or(&[], |c| c.cases.as_slice())
        }
        let nothing = |m: &Must| m.0.is_none() || matches!(cases(m), [only] if only.is_empty());
        self == other
            || nothing(self) && nothing(other)
            || cases(self) == cases(other) && self.0.is_some() == other.0.is_some()
    }

    /// Whether no guard is established, whatever was lost on the way.
    #[must_use]
    pub fn says_nothing(&self) -> bool {
        self.says(&Must::default())
    }

    /// Whether anything in it means something else at each call of the function that it is of.
    #[must_use]
    pub fn is_symbolic(&self) -> bool {
        self.speaks_of(&|_| true) || self.facts().any(|h| matches!(h.what, What::Given(..)))
    }

    /// Whether anything in it, also what was lost, is of people at such a place.
    #[must_use]
    pub fn speaks_of(&self, place: &dyn Fn(&Place) -> bool) -> bool {
        let lost = self.0.iter().flat_map(|c| c.lost.iter().map(|(h, _)| h));
        self.facts().chain(lost).any(|h| h.places().iter().any(place))
    }

    /// Facts, in all cases.
    pub fn facts(&self) -> impl Iterator<Item = &Held> {
        self.0.iter().flat_map(|c| c.cases.iter().flatten())
    }

    /// The guards of each case, and whether it is known that they are of the same person.
    #[must_use]
    pub fn guards(&self) -> Vec<BTreeSet<(u32, bool)>> {
        let guard = |h: &Held| Some((h.of_guard()?, h.sure));
        match &self.0 {
            None => vec![BTreeSet::new()],
            Some(c) => c.cases.iter().map(|case| case.iter().filter_map(guard).collect()).collect(),
        }
    }

    /// Whether the caller may know that nothing gets here: in every case something that it gave is to be something.
    #[must_use]
    pub fn asks_caller(&self) -> bool {
        let of_caller = |root: &Root| matches!(root, Root::Param(_) | Root::Called(_));
        let given = |h: &Held| matches!(&h.what, What::Given(place, _) if of_caller(&place.root));
        matches!(&self.0, Some(c) if !c.cases.is_empty() && c.cases.iter().all(|case| case.iter().any(given)))
    }

    /// What is said of values that the caller gave, without guards of the policy.
    #[must_use]
    pub fn of_given(&self) -> Self {
        self.map(&mut |h| (!matches!(h.what, What::Given(..))).then(Must::default))
    }

    /// The same where what the caller gave may hold an answer, and only whether it is there is known of itself.
    #[must_use]
    pub fn of_there(&self) -> Self {
        self.map(&mut |h| match &h.what {
            What::Given(place, Answer::Truth(truth)) => {
                Some(Must::of(Held::given(place.clone(), Answer::There(*truth))))
            }
            What::Given(place, Answer::Within(truth)) => {
                Some(Must::of(Held::given(place.clone(), Answer::WithinThere(*truth))))
            }
            What::Given(..) => Some(Must::default()),
            _ => None,
        })
    }

    /// Whether it says anything of values that the caller gave.
    #[must_use]
    pub fn asks(&self) -> bool {
        self.facts().any(|h| !matches!(h.what, What::Guard(_)))
    }

    /// Guards of the policy, without what is said of values that the caller gave.
    #[must_use]
    pub fn of_policy(&self) -> Self {
        self.map(&mut |h| (!matches!(h.what, What::Guard(_))).then(Must::default))
    }

    /// Guards that are not established here for this reason.
    #[must_use]
    pub fn lost(&self, why: Lost) -> BTreeSet<u32> {
        self.0
            .iter()
            .flat_map(|c| &c.lost)
            .filter(|(_, w)| *w == why)
            .filter_map(|(h, _)| h.of_guard())
            .filter(|g| *g < PERHAPS)
            .collect()
    }

    /// Guards that are established in every case, of whomever.
    #[must_use]
    pub fn always(&self) -> BTreeSet<u32> {
        let bare = |case: BTreeSet<(u32, bool)>| case.into_iter().map(|(g, _)| g).filter(|g| *g < PERHAPS).collect();
        in_each(&self.guards().into_iter().map(bare).collect::<Vec<_>>())
    }

    /// Both hold.
    pub fn and(&mut self, other: &Must) {
        let Some(more) = &other.0 else { return };
        let Some(have) = &self.0 else {
            *self = other.clone();
            return;
        };
        if Arc::ptr_eq(have, more) || have.covers(more) {
            return;
        }
        if more.covers(have) {
            *self = other.clone();
            return;
        }
        let mut cases = Vec::new();
        for a in &have.cases {
            for b in &more.cases {
                let mut both: Vec<Held> = a.iter().chain(b).cloned().collect();
                both.sort();
                both.dedup();
                if !is_impossible(&both) {
                    both.truncate(GUARD_FACTS);
                    cases.push(both);
                }
            }
        }
        *self = Self::build(cases, have.lost.iter().chain(&more.lost).cloned().collect());
    }

    /// Either holds.
    pub fn or(&mut self, other: &Must) {
        if self == other || other.is_everything() {
            return;
        }
        if self.is_everything() {
            *self = other.clone();
            return;
        }
        let only_given =
            |m: &Must| m.0.as_ref().is_none_or(|c| c.lost.is_empty()) && m.facts().all(|h| h.of_guard().is_none());
        if (self.is_nothing() || other.is_nothing()) && only_given(self) && only_given(other) {
            *self = Must::default();
            return;
        }
        let nothing = [Vec::new()];
        let cases = |m: &Must| m.0.as_ref().map_or_else(|| nothing.to_vec(), |c| c.cases.clone());
        let (mine, theirs) = (cases(self), cases(other));
        // What a truth that the caller knows tells on one way only is given up: cases would double at every branch.
        let truths = |cases: &[Vec<Held>], h: &Held| cases.iter().all(|c| c.contains(h));
        let kept = |h: &Held| !matches!(h.what, What::Given(..)) || truths(&mine, h) && truths(&theirs, h);
        let all: Vec<Vec<Held>> =
            mine.iter().chain(&theirs).map(|c| c.iter().filter(|h| kept(h)).cloned().collect()).collect();
        let lost = [&*self, other].into_iter().filter_map(|m| m.0.as_ref()).flat_map(|c| c.lost.iter().cloned());
        let mut lost: Vec<(Held, Lost)> = lost.collect();
        let guards = mine.iter().chain(&theirs).flatten().filter(|h| h.of_guard().is_some());
        lost.extend(guards.map(|h| (h.clone(), Lost::Elsewhere)));
        *self = Self::build(all, lost);
    }

    /// Every fact replaced by what follows from it: itself, where nothing else does.
    #[must_use]
    pub fn map(&self, f: &mut dyn FnMut(&Held) -> Option<Must>) -> Self {
        let Some(have) = &self.0 else { return Must::default() };
        let lost = have.lost.iter().map(|(h, _)| h);
        let follows: Vec<Option<Must>> = have.cases.iter().flatten().chain(lost).map(f).collect();
        if follows.iter().all(Option::is_none) {
            return self.clone();
        }
        let mut follows = follows.into_iter();
        let mut next = |h: &Held| follows.next().flatten().unwrap_or_else(|| Must::of(h.clone()));
        let mut out = Must::everything();
        for case in &have.cases {
            let mut m = Must::default();
            for h in case {
                m.and(&next(h));
            }
            out.or(&m);
        }
        if have.lost.is_empty() {
            return out;
        }
        let (cases, mut lost) = match out.0.as_deref() {
            None => (vec![Vec::new()], Vec::new()),
            Some(c) => (c.cases.clone(), c.lost.clone()),
        };
        for (h, why) in &have.lost {
            let m = next(h);
            lost.extend(m.facts().map(|h| (h.clone(), *why)));
            lost.extend(m.0.iter().flat_map(|c| c.lost.iter().cloned()));
        }
        Self::build(cases, lost)
    }

    /// What is kept with data that is given for a parameter, as what is established of that parameter.
    #[must_use]
    pub fn of_param(&self, i: u32) -> Self {
        self.map(&mut |h| match (&h.what, &h.of) {
            (What::Guard(_), Of::Everyone) => {
                Some(Must::of(Held { of: Of::People(Arc::from([Root::Param(i).into()])), ..h.clone() }))
            }
            _ => Some(Must::default()),
        })
    }

    /// What is established of a list, as what is established of the one of it that is at a place.
    #[must_use]
    pub fn rooted(&self, place: &Place) -> Self {
        if !self.speaks_of(&|p| place.is_of(p)) {
            return self.clone();
        }
        self.map(&mut |h| {
            let of_it = h.places().iter().any(|p| place.is_of(p));
            of_it.then(|| Must::of(Held { of: Of::People(Arc::from([place.clone()])), ..h.clone() }))
        })
    }

    /// Nothing, but that a guard is established of another person.
    #[must_use]
    pub fn of_another(guard: u32) -> Self {
        Self::build(vec![Vec::new()], vec![(Held::guard(guard, Of::Everyone), Lost::Other)])
    }

    fn build(mut cases: Vec<Vec<Held>>, mut lost: Vec<(Held, Lost)>) -> Self {
        cases.sort();
        cases.dedup();
        let within = |a: &[Held], b: &[Held]| a.len() < b.len() && a.iter().all(|h| b.binary_search(h).is_ok());
        let mut least: Vec<Vec<Held>> = cases.iter().filter(|c| !cases.iter().any(|d| within(d, c))).cloned().collect();
        if least.len() > GUARD_CASES {
            let mut common = least.pop().unwrap_or_default();
            common.retain(|h| least.iter().all(|c| c.binary_search(h).is_ok()));
            least = vec![common];
        }
        // Established in every case: not lost.
        lost.retain(|(h, _)| !least.iter().all(|c| c.iter().any(|o| o.what == h.what && o.of == h.of)));
        lost.sort();
        lost.dedup();
        lost.truncate(GUARDS_LOST);
        if lost.is_empty() && matches!(least.as_slice(), [only] if only.is_empty()) {
            return Must::default();
        }
        Must(Some(Arc::new(Cases { cases: least, lost })))
    }
}

/// Whether no value that the caller gives is all that is said of it.
fn is_impossible(case: &[Held]) -> bool {
    case.windows(2).any(|two| match two {
        [Held { what: What::Given(p, a), .. }, Held { what: What::Given(q, b), .. }] => p == q && a.excludes(*b),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard(g: u32) -> Must {
        Must::of(Held::guard(g, Of::Everyone))
    }

    fn and(a: &Must, b: &Must) -> Must {
        let mut out = a.clone();
        out.and(b);
        out
    }

    fn or(a: &Must, b: &Must) -> Must {
        let mut out = a.clone();
        out.or(b);
        out
    }

    fn cases(m: &Must) -> Vec<Vec<u32>> {
        m.guards().into_iter().map(|case| case.into_iter().map(|(g, _)| g).collect()).collect()
    }

    #[test]
    fn a_way_without_any_check_leaves_nothing_but_the_memory_of_it() {
        let m = or(&guard(1), &Must::default());
        assert!(m.says_nothing() && !m.is_nothing());
        assert_eq!(m.lost(Lost::Elsewhere), [1].into());
        assert_eq!(m.always(), [].into());
    }

    #[test]
    fn cases_that_differ_are_kept_apart_and_those_that_say_more_left_out() {
        let either = or(&guard(1), &guard(2));
        assert_eq!(cases(&either), [vec![1], vec![2]]);
        assert_eq!(cases(&and(&either, &guard(3))), [vec![1, 3], vec![2, 3]]);
        assert_eq!(cases(&or(&guard(1), &and(&guard(1), &guard(2)))), [vec![1]]);
        assert_eq!(cases(&and(&either, &guard(1))), [vec![1]]);
        assert_eq!(and(&either, &guard(3)).always(), [3].into());
    }

    #[test]
    fn what_is_never_reached_adds_nothing() {
        let never = Must::everything();
        assert_eq!(or(&never, &guard(1)), guard(1));
        assert_eq!(or(&guard(1), &never), guard(1));
        assert!(and(&guard(1), &never).is_everything());
    }

    #[test]
    fn of_too_many_cases_what_all_have_in_common_is_left() {
        let many = (1..=5).map(|g| and(&guard(0), &guard(g))).reduce(|a, b| or(&a, &b));
        assert_eq!(cases(&many.unwrap_or_default()), [vec![0]]);
    }

    #[test]
    fn either_way_the_same_is_established() {
        let sets = [Must::default(), guard(1), and(&guard(1), &guard(2)), or(&guard(2), &guard(3)), Must::everything()];
        for a in &sets {
            assert_eq!(&or(a, a), a);
            assert_eq!(&and(a, a), a);
            for b in &sets {
                assert_eq!(or(a, b), or(b, a));
                assert_eq!(and(a, b), and(b, a));
            }
        }
    }

    #[test]
    fn of_a_variant_only_what_it_tells_follows() {
        let mut w = When::is_variant(0);
        w.or(&When { variants: vec![(1, guard(7))], ..When::default() });
        assert!(w.if_it_is(Answer::Variant(1, true)).always().contains(&7));
        assert!(w.if_it_is(Answer::Variant(0, true)).says_nothing());
        assert!(w.if_it_is(Answer::Variant(0, false)).always().contains(&7));
        w.or(&When::default());
        assert!(w.if_it_is(Answer::Variant(1, true)).is_nothing());
    }
}
