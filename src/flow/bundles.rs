//! Arrivals of one fact, together: what a helper that everybody calls does with its argument is lifted through each
//! caller once, and not once for each place where it arrives.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use super::actual::Actual;
use super::beside::{without, without_selector};
use super::circle::Way;
use super::doubt::Doubt;
use super::interp::Interp;
use super::must::Must;
use super::path::Path;
use super::shortest::is_shown;
use super::state::State;
use super::summary::{Arrival, Kind, Tgt, joined_arrivals};
use super::value::{Fact, Info, Many, Origin, V, Value};
use super::waiting::{fact_open, target_open};
use crate::ir::Name;
use crate::limits::{ENDS_EXACT, GUARD_CASES};
use crate::link::program::FuncId;

/// Where a fact arrives, and the steps from what a bundle says of it to there. Sorted by where.
pub type Ends = Arc<[(End, Path)]>;

/// Where a fact arrives.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum End {
    /// There.
    At(Arc<Kind>),
    /// Wherever functions have it arrive that call each other.
    Beyond(Way),
}

/// Arrivals of one fact that depends on the caller.
#[derive(Clone, Debug)]
pub struct Bundle {
    /// The fact.
    pub fact: Fact,
    /// What is known of it at each of them, with the steps that they share.
    pub info: Info,
    /// Where it arrives.
    pub ends: Ends,
}

impl Bundle {
    /// The fact as a value, with the steps that are shared.
    pub fn data(&self) -> V {
        Value::of(self.fact.clone(), self.info.clone())
    }

    /// The fact with all that is known of it.
    pub(super) fn key(&self) -> Key {
        key(self.fact.clone(), &self.info)
    }

    /// The bundle of a function as it was before that went into a circle.
    pub(super) fn opened(&self) -> Bundle {
        match &*self.ends {
            [(End::Beyond(way), rest)] if rest.is_empty() => Bundle { ends: way.ends(), ..self.clone() },
            _ => self.clone(),
        }
    }

    /// Whether another says the same, paths aside.
    pub fn same(&self, other: &Bundle) -> bool {
        let ends = || self.ends.iter().zip(&*other.ends).all(|((a, _), (b, _))| a == b);
        self.fact == other.fact
            && self.info.says(&other.info)
            && self.ends.len() == other.ends.len()
            && (Arc::ptr_eq(&self.ends, &other.ends) || ends())
    }
}

/// What came of the fact of a bundle, at each of its ends; nothing where no data did.
pub(super) fn at_ends(ends: &Ends, v: V) -> impl ExactSizeIterator<Item = (Arc<Kind>, V)> {
    let places = if v.has_data() { places(ends) } else { Vec::new() };
    places.into_iter().map(move |(kind, rest)| {
        let there = if rest.is_empty() { v.clone() } else { v.map_info(&|i| i.path = i.path.then(&rest)) };
        (kind, there)
    })
}

/// Where ends are.
fn places(ends: &Ends) -> Vec<(Arc<Kind>, Path)> {
    let (mut out, mut ways) = (Vec::with_capacity(ends.len()), false);
    for (end, path) in &**ends {
        match end {
            End::At(kind) => out.push((kind.clone(), path.clone())),
            End::Beyond(way) => {
                out.extend(way.places().iter().map(|(kind, rest)| (kind.clone(), path.then(rest))));
                ways = true;
            }
        }
    }
    if ways && ends.len() > 1 {
        nearest(&mut out);
    }
    out
}

/// Puts ends in their order, of several ways to one only the shortest.
pub(super) fn nearest<E: Ord>(ends: &mut Vec<(E, Path)>) {
    ends.sort_by(|(a, x), (b, y)| a.cmp(b).then_with(|| x.len().cmp(&y.len())));
    ends.dedup_by(|(later, _), (first, _)| later == first);
}

/// A fact with all that is known of it but the steps: whose it is the fact says.
pub(super) type Key = (Fact, Option<Doubt>, [bool; 4], Must, Many<Name>);

fn key(fact: Fact, info: &Info) -> Key {
    let Info { doubt, derived, folded, within, picked, kinds, guards, .. } = info;
    (fact, doubt.clone(), [*derived, *folded, *within, *picked], guards.clone(), kinds.clone())
}

/// Bundles that are put together: the steps before, and the ends.
#[derive(Default)]
pub(super) struct Bundles(BTreeMap<Key, (Path, Ends)>);

impl Bundles {
    /// Takes in arrivals of a fact.
    pub fn add(&mut self, fact: Fact, info: Info, ends: Ends) {
        match self.0.entry(key(fact, &info)) {
            Entry::Vacant(e) => {
                e.insert((info.path, ends));
            }
            Entry::Occupied(mut e) => {
                let (have, others) = e.get_mut();
                if Arc::ptr_eq(others, &ends) {
                    if info.path.len() < have.len() {
                        *have = info.path;
                    }
                } else if let Some(both) = both((have, others), (&info.path, &ends)) {
                    *e.get_mut() = (Path::default(), both);
                }
            }
        }
    }

    /// The bundles, in the order of their facts.
    pub fn into_list(self) -> Vec<Bundle> {
        let bundle = |((fact, doubt, told, guards, kinds), (path, ends)): (Key, (Path, Ends))| {
            let [derived, folded, within, picked] = told;
            let info = Info { path, doubt, derived, folded, within, picked, kinds, guards, ..Info::default() };
            Bundle { fact, info, ends }
        };
        self.0.into_iter().map(bundle).collect()
    }

    /// Whether there is room for one more case in which a fact arrives: of many it is told by each place for itself.
    fn has_room(&self, fact: &Fact, info: &Info) -> bool {
        let least = (fact.clone(), None, [false; 4], Must::default(), Many::new());
        let same = self.0.range(least..).take_while(|(k, _)| k.0 == *fact);
        let others = same.filter(|(k, _)| !k.3.is_nothing() && k.3 != info.guards);
        info.whose.is_none() && (info.guards.is_nothing() || others.count() < GUARD_CASES)
    }

    /// Takes in those arrivals of which each fact can go by itself, and gives the others. Where they are many, more can.
    pub fn sort_out(&mut self, arrivals: impl IntoIterator<Item = (Arc<Kind>, V)>) -> Vec<Arrival> {
        let (plain, mut others): (Vec<_>, Vec<_>) = arrivals
            .into_iter()
            .map(|(kind, data)| Arrival { kind, data: without_nothing(data) })
            .partition(|a| is_plain(&a.kind) && is_leaf(&a.data));
        let many = plain.len() > ENDS_EXACT;
        for Arrival { kind, mut data } in plain {
            let goes = |(f, i): &(Fact, Info)| fact_open(f) && (is_bare(i) || many && self.has_room(f, i));
            let (go, stay): (Vec<_>, Vec<_>) = data.facts.iter().filter(|(f, _)| f.is_data()).cloned().partition(goes);
            if !many && !stay.is_empty() {
                others.push(Arrival { kind, data });
                continue;
            }
            let ends: Ends = Arc::from([(End::At(kind.clone()), Path::default())]);
            go.into_iter().for_each(|(fact, info)| self.add(fact, together(info), ends.clone()));
            if !stay.is_empty() {
                Arc::make_mut(&mut data).facts = stay.into_iter().collect();
                others.push(Arrival { kind, data });
            }
        }
        others.sort_by(|a, b| a.kind.cmp(&b.kind));
        others
    }
}

/// The ends behind either path, of two ways to one the shorter; nothing if those behind the first path are all that.
fn both((path, ends): (&Path, &Ends), (other, more): (&Path, &Ends)) -> Option<Ends> {
    let shorter = |(_, a): &(End, Path), (_, b): &(End, Path)| {
        other.len().saturating_add(b.len()) < path.len().saturating_add(a.len())
    };
    let mut all = ends.iter();
    let known = |b: &(End, Path)| all.find(|a| a.0 >= b.0).is_some_and(|a| a.0 == b.0 && !shorter(a, b));
    if more.len() <= ends.len() && more.iter().all(known) {
        return None;
    }
    let mut out = Vec::with_capacity(ends.len().max(more.len()) + 1);
    let (mut ours, mut theirs) = (ends.iter().peekable(), more.iter().peekable());
    loop {
        let order = match (ours.peek(), theirs.peek()) {
            (Some(a), Some(b)) => a.0.cmp(&b.0),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => return Some(out.into()),
        };
        let a = if order.is_le() { ours.next() } else { None };
        let b = if order.is_ge() { theirs.next() } else { None };
        out.extend(match (a, b) {
            (Some(a), Some(b)) if shorter(a, b) => Some((b.0.clone(), other.then(&b.1))),
            (Some((end, rest)), _) => Some((end.clone(), path.then(rest))),
            (None, Some((end, rest))) => Some((end.clone(), other.then(rest))),
            (None, None) => None,
        });
    }
}

/// Whether what arrives there says nothing of where that is, and is looked at by nobody on the way.
fn is_plain(kind: &Kind) -> bool {
    !target_open(&kind.target) && !matches!(kind.target, Tgt::Probe(_))
}

/// Whether what goes there is given away, for all that is known.
fn is_given_away((end, _): &(End, Path)) -> bool {
    match end {
        End::At(kind) => matches!(kind.target, Tgt::Opaque(_)),
        End::Beyond(_) => true,
    }
}

/// A value that has nothing beside it, as one of which nothing is told that may be beside it: that is left behind.
fn without_nothing(v: V) -> V {
    let nothing: Vec<&str> = v.fields.iter().filter(|(_, part)| part.is_empty()).map(|(n, _)| n.as_str()).collect();
    let all_beside = nothing.len() == v.fields.len() && nothing.iter().all(|n| without_selector(n).is_some());
    if all_beside { without(&v, &nothing) } else { v }
}

/// Whether a value has no parts, and no label that yields to what else is known of it.
fn is_leaf(v: &Value) -> bool {
    v.fields.is_empty() && !v.facts.iter().any(|(f, _)| matches!(f.origin, Origin::Declared(..)))
}

/// Whether what is known of a fact is the same of many: what is asked on each of several ways to one arrival, and what is
/// in doubt on each, is joined there.
fn is_bare(info: &Info) -> bool {
    info.guards.is_nothing() && is_of_many(info)
}

/// The same, whatever is asked on the way.
fn is_of_many(info: &Info) -> bool {
    info.whose.is_none() && info.doubt.as_ref().is_none_or(|d| d.at.is_none())
}

/// What is known of a fact that arrives at many places: of what is in doubt is not told where that is.
fn together(info: Info) -> Info {
    let doubt = info.doubt.map(|d| if d.at.is_some() { d.why.clone().anywhere() } else { d });
    Info { doubt, ..info }
}

/// All arrivals, each by itself, in their order.
pub(super) fn each(arrivals: &[Arrival], bundles: &[Bundle]) -> Vec<Arrival> {
    let bundled = bundles.iter().flat_map(|b| at_ends(&b.ends, b.data()));
    joined_arrivals(arrivals.iter().map(|a| (a.kind.clone(), a.data.clone())).chain(bundled))
}

impl Interp<'_> {
    /// Arrivals of a callee, seen from here; what `hidden` shows itself is told otherwise.
    pub(super) fn lift_bundle(&mut self, bundle: &Bundle, hidden: Option<FuncId>, actual: &Actual<'_>, st: &State) {
        let data = self.told_here(actual.value(&bundle.data()), st);
        if !data.has_data() {
            return;
        }
        let ends = self.ends_here(&bundle.ends, hidden);
        if !is_leaf(&data) || !self.gives_away() && ends.iter().any(is_given_away) {
            self.arrive_each(&ends, data, st);
            return;
        }
        for (fact, info) in &data.facts {
            if fact_open(fact) && (is_bare(info) || self.goes_round(fact, info, &ends)) {
                self.bundles.add(fact.clone(), info.clone(), ends.clone());
            } else if fact_open(fact) && ends.len() > ENDS_EXACT && self.bundles.has_room(fact, info) {
                self.bundles.add(fact.clone(), together(info.clone()), ends.clone());
            } else if fact.is_data() {
                self.arrive_each(&ends, Value::of(fact.clone(), info.clone()), st);
            }
        }
    }

    /// Whether a fact that arrives if something is so does that wherever functions have it which call each other: these are
    /// many places.
    fn goes_round(&self, fact: &Fact, info: &Info, ends: &Ends) -> bool {
        let settled = |(end, _): &(End, Path)| matches!(end, End::Beyond(way) if way.is_settled());
        let once = self.cx.together.len() == 1;
        once && is_of_many(info) && ends.iter().any(settled) && self.bundles.has_room(fact, info)
    }

    fn arrive_each(&mut self, ends: &Ends, data: V, st: &State) {
        let there = at_ends(ends, data);
        self.steps += there.len() as u64;
        there.for_each(|(kind, data)| self.arrive_told(kind, data, st));
    }

    /// Ends in a callee, seen from here.
    fn ends_here(&self, ends: &Ends, hidden: Option<FuncId>) -> Ends {
        let own = self.purpose();
        let is_hidden = |kind: &Kind| hidden.is_some_and(|f| is_shown(kind, f));
        let same = |end: &End| match end {
            End::At(kind) => !is_hidden(kind) && (own.is_none() || !kind.is_for_caller()),
            End::Beyond(way) => way.seen(own, hidden) == *way,
        };
        if ends.iter().all(|(end, _)| same(end)) {
            return ends.clone();
        }
        let seen = |(end, rest): &(End, Path)| match end {
            End::At(kind) => (!is_hidden(kind)).then(|| (End::At(kind.for_purpose(own)), rest.clone())),
            End::Beyond(way) => Some((End::Beyond(way.seen(own, hidden)), rest.clone())),
        };
        // Two ends may be one for the purpose here: the nearer one stays.
        let mut out = ends.iter().filter_map(seen).collect();
        nearest(&mut out);
        out.into()
    }
}

#[cfg(test)]
mod tests {
    use super::super::doubt::Why;
    use super::super::summary::At;
    use super::super::types::Action;
    use super::*;
    use crate::source::{FileId, Span};

    /// A parameter arrives at so many places, after a call that is only guessed at.
    fn guessed(places: u32) -> (Vec<Bundle>, Vec<Arrival>) {
        let at = |lo| Span::new(FileId(0), lo, lo + 1);
        let arrival = |n| {
            let kind = Kind {
                action: Action::Keep,
                target: Tgt::Bound(0),
                at: At { func: FuncId(0), span: at(n), symbol: "log".into() },
                purpose: None,
                load: false,
                home: None,
                view: None,
            };
            let mut info = Info::default();
            info.doubt(&Why::Guessed("f".into()).at(at(1000)));
            (Arc::new(kind), Value::of(Fact::new(Origin::Param(0, Arc::from([]))), info))
        };
        let mut bundles = Bundles::default();
        let others = bundles.sort_out((0..places).map(arrival));
        (bundles.into_list(), others)
    }

    #[test]
    fn what_is_in_doubt_at_many_places_goes_together_and_keeps_its_doubt() {
        let most = ENDS_EXACT as u32;
        let (bundles, others) = guessed(most);
        assert!(bundles.is_empty());
        assert!(
            others.len() == ENDS_EXACT && others.iter().all(|a| a.data.facts.iter().all(|(_, i)| i.doubt.is_some()))
        );
        let (bundles, others) = guessed(most + 1);
        assert!(others.is_empty());
        let [bundle] = bundles.as_slice() else { panic!("{} bundles", bundles.len()) };
        assert_eq!(bundle.ends.len(), ENDS_EXACT + 1);
        assert_eq!(bundle.info.doubt, Some(Why::Guessed("f".into()).anywhere()));
    }
}
