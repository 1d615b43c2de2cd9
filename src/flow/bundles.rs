//! Arrivals of one fact, together: what a helper that everybody calls does with its argument is lifted through each
//! caller once, and not once for each place where it arrives.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use super::actual::Actual;
use super::doubt::Doubt;
use super::interp::Interp;
use super::path::Path;
use super::state::State;
use super::summary::{Arrival, Kind, Tgt, joined_arrivals};
use super::value::{Fact, Info, Origin, V, Value};
use super::waiting::{fact_open, target_open};

/// Where a fact arrives, and the steps from what a bundle says of it to there. Sorted by where.
pub type Ends = Arc<[(Arc<Kind>, Path)]>;

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
pub(super) fn at_ends(ends: &Ends, v: V) -> impl Iterator<Item = (Arc<Kind>, V)> {
    let any = if v.has_data() { &**ends } else { &[] };
    any.iter().map(move |(kind, rest)| {
        let there = if rest.is_empty() { v.clone() } else { v.map_info(&|i| i.path = i.path.then(rest)) };
        (kind.clone(), there)
    })
}

/// A fact with all that is known of it but the steps: nothing is asked of it, and whose it is the fact says.
type Key = (Fact, Option<Doubt>, [bool; 4]);

/// Bundles that are put together: the steps before, and the ends.
#[derive(Default)]
pub(super) struct Bundles(BTreeMap<Key, (Path, Ends)>);

impl Bundles {
    /// Takes in arrivals of a fact.
    pub fn add(&mut self, fact: Fact, info: Info, ends: Ends) {
        let Info { path, doubt, derived, folded, within, picked, .. } = info;
        match self.0.entry((fact, doubt, [derived, folded, within, picked])) {
            Entry::Vacant(e) => {
                e.insert((path, ends));
            }
            Entry::Occupied(mut e) => {
                let (have, others) = e.get_mut();
                if Arc::ptr_eq(others, &ends) {
                    if path.len() < have.len() {
                        *have = path;
                    }
                } else if let Some(both) = both((have, others), (&path, &ends)) {
                    *e.get_mut() = (Path::default(), both);
                }
            }
        }
    }

    /// The bundles, in the order of their facts.
    pub fn into_list(self) -> Vec<Bundle> {
        let bundle = |((fact, doubt, told), (path, ends)): (Key, (Path, Ends))| {
            let [derived, folded, within, picked] = told;
            Bundle { fact, info: Info { path, doubt, derived, folded, within, picked, ..Info::default() }, ends }
        };
        self.0.into_iter().map(bundle).collect()
    }

    /// Takes in those arrivals of which each fact can go by itself, and gives the others.
    pub fn sort_out(&mut self, arrivals: impl IntoIterator<Item = (Arc<Kind>, V)>) -> Vec<Arrival> {
        let mut others = Vec::new();
        for (kind, data) in arrivals {
            let by_itself = |(f, i): &(Fact, Info)| fact_open(f) && is_bare(i) || !f.is_data();
            if !is_plain(&kind) || !is_leaf(&data) || !data.facts.iter().all(by_itself) {
                others.push(Arrival { kind, data });
                continue;
            }
            let ends: Ends = Arc::from([(kind, Path::default())]);
            for (fact, info) in data.facts.iter().filter(|(f, _)| f.is_data()) {
                self.add(fact.clone(), info.clone(), ends.clone());
            }
        }
        others
    }
}

/// The ends behind either path, of two ways to one the shorter; nothing if those behind the first path are all that.
fn both((path, ends): (&Path, &Ends), (other, more): (&Path, &Ends)) -> Option<Ends> {
    let shorter = |(_, a): &(Arc<Kind>, Path), (_, b): &(Arc<Kind>, Path)| {
        other.len().saturating_add(b.len()) < path.len().saturating_add(a.len())
    };
    let mut all = ends.iter();
    let known = |b: &(Arc<Kind>, Path)| all.find(|a| a.0 >= b.0).is_some_and(|a| a.0 == b.0 && !shorter(a, b));
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
            (Some((kind, rest)), _) => Some((kind.clone(), path.then(rest))),
            (None, Some((kind, rest))) => Some((kind.clone(), other.then(rest))),
            (None, None) => None,
        });
    }
}

/// Whether what arrives there says nothing of where that is, and is looked at by nobody on the way.
fn is_plain(kind: &Kind) -> bool {
    !target_open(&kind.target) && !matches!(kind.target, Tgt::Opaque(_) | Tgt::Probe(_))
}

/// Whether a value has no parts, and no label that yields to what else is known of it.
fn is_leaf(v: &Value) -> bool {
    v.fields.is_empty() && !v.facts.iter().any(|(f, _)| matches!(f.origin, Origin::Declared(..)))
}

/// Whether what is known of a fact is the same of many: what is asked on each of several ways to one arrival, and what is
/// in doubt on each, is joined there.
fn is_bare(info: &Info) -> bool {
    info.guards.is_nothing() && info.whose.is_none() && info.doubt.as_ref().is_none_or(|d| d.at.is_none())
}

/// All arrivals, each by itself, in their order.
pub(super) fn each(arrivals: &[Arrival], bundles: &[Bundle]) -> Vec<Arrival> {
    let bundled = bundles.iter().flat_map(|b| at_ends(&b.ends, b.data()));
    joined_arrivals(arrivals.iter().map(|a| (a.kind.clone(), a.data.clone())).chain(bundled))
}

impl Interp<'_> {
    /// Arrivals of a callee, seen from here; `hidden` are those that are told otherwise.
    pub(super) fn lift_bundle(
        &mut self,
        bundle: &Bundle,
        hidden: &dyn Fn(&Kind) -> bool,
        actual: &Actual<'_>,
        st: &State,
    ) {
        let data = self.told_here(actual.value(&bundle.data()), st);
        if !data.has_data() {
            return;
        }
        let ends = self.ends_here(&bundle.ends, hidden);
        if !is_leaf(&data) {
            self.steps += ends.len() as u64;
            at_ends(&ends, data).for_each(|(kind, data)| self.arrive_told(kind, data, st));
            return;
        }
        for (fact, info) in &data.facts {
            if fact_open(fact) && is_bare(info) {
                self.bundles.add(fact.clone(), info.clone(), ends.clone());
            } else if fact.is_data() {
                self.steps += ends.len() as u64;
                let alone = Value::of(fact.clone(), info.clone());
                at_ends(&ends, alone).for_each(|(kind, data)| self.arrive_told(kind, data, st));
            }
        }
    }

    /// Ends in a callee, seen from here.
    fn ends_here(&self, ends: &Ends, hidden: &dyn Fn(&Kind) -> bool) -> Ends {
        let own = self.purpose().is_some();
        if ends.iter().all(|(kind, _)| !hidden(kind) && (!own || kind.purpose.is_some())) {
            return ends.clone();
        }
        let seen = ends.iter().filter(|(kind, _)| !hidden(kind));
        let mut out: Vec<(Arc<Kind>, Path)> = seen.map(|(kind, rest)| (self.for_purpose(kind), rest.clone())).collect();
        // Two ends may be one for the purpose here: the nearer one stays.
        out.sort_by(|(a, x), (b, y)| a.cmp(b).then_with(|| x.len().cmp(&y.len())));
        out.dedup_by(|(later, _), (first, _)| later == first);
        out.into()
    }
}
