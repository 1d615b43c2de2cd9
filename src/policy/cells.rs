//! All flows of a policy at once: for each verb, data, person, target and purpose the guards that permit it.
//!
//! [`super::decide`] answers for one flow; here the same clauses are laid over all data and people of one verb,
//! target and purpose (a [`Plane`]), so that two policies can be compared flow by flow. What no guard changes is
//! decided by sets; only the rest is worked out one by one.

use super::compile::{CompiledGrant, CompiledPurpose, all_targets};
use super::resolved::*;
use super::set::{Set, Tree};
use super::types::*;
use super::ways::{ALWAYS, GuardSet, NEVER, Table, Way};

/// A name, seen from a policy that may not declare it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spot<I> {
    /// Declared.
    Named(I),
    /// Not declared, but a kind of this.
    Below(I),
    /// Not declared, and neither is anything above it.
    Apart,
}

impl<I: Id> Spot<I> {
    /// How a policy sees a dotted name.
    #[must_use]
    pub fn of<T>(tree: &Tree<I, T>, name: &str) -> Spot<I> {
        if let Some(id) = tree.find(name) {
            return Spot::Named(id);
        }
        let mut above = name;
        while let Some((head, _)) = above.rsplit_once('.') {
            if let Some(id) = tree.find(head) {
                return Spot::Below(id);
            }
            above = head;
        }
        Spot::Apart
    }

    /// The declared name, or the nearest one above.
    fn id(self) -> Option<I> {
        match self {
            Spot::Named(id) | Spot::Below(id) => Some(id),
            Spot::Apart => None,
        }
    }

    /// What the name stands for: itself and everything below it.
    fn members<T>(self, tree: &Tree<I, T>) -> Set {
        match self {
            Spot::Named(id) => tree.down(id).clone(),
            Spot::Below(id) => Set::from_iter([id.index()]),
            Spot::Apart => Set::from_iter([tree.top()]),
        }
    }
}

/// All clauses that count for one purpose, as rows: for each category the people.
#[derive(Debug)]
pub struct Row<'p> {
    purpose: Option<&'p CompiledPurpose>,
    members: Set,
    uses: Layer<'p>,
    requires: Way,
}

/// Permissions laid over data and people.
#[derive(Debug, Default)]
struct Layer<'p> {
    /// Permitted whatever is established.
    always: Vec<Set>,
    /// Permitted if something is established.
    maybe: Vec<Set>,
    /// The permissions, with their conditions.
    grants: Vec<(&'p CompiledGrant, Way)>,
}

/// One verb, target and purpose over all data and people.
#[derive(Debug)]
pub struct Plane<'p> {
    gives: Option<Layer<'p>>,
    /// Forbidden unless something is established: data, people, condition.
    forbids: Vec<(&'p Set, &'p Set, Way)>,
    /// By category: the people for whom some promise speaks.
    spoken: Vec<Set>,
    /// Something beside data and people forbids it all.
    closed: bool,
}

impl Plane<'_> {
    /// Whether nothing is permitted here, whoever and whatever it is about.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.closed
    }
}

/// The flows of one policy.
#[derive(Debug)]
pub struct Cells<'p> {
    policy: &'p Policy,
    /// The number of each guard in the table.
    numbers: Vec<u32>,
    /// Guards that exclude people: number, and whom.
    narrowing: Vec<(u32, Set)>,
    origin: Option<RegionId>,
    day: Date,
}

impl<'p> Cells<'p> {
    /// The flows of a policy on a day, of data that comes from `origin` (`None` is home). `number` gives each guard
    /// its number in the table; two policies that share a table number their guards alike.
    #[must_use]
    pub fn new(policy: &'p Policy, number: impl Fn(&str) -> u32, origin: Option<RegionId>, day: Date) -> Cells<'p> {
        let numbers: Vec<u32> = policy.guards.iter().map(|g| number(&g.name)).collect();
        let mut narrowing = Vec::new();
        for (g, n) in policy.guards.ids().zip(&numbers) {
            if let Some((from, to)) = policy.guards.info(g).and_then(|i| i.narrows) {
                let mut out = policy.subjects.down(from).clone();
                out.minus(policy.subjects.down(to));
                narrowing.push((*n, out));
            }
        }
        Cells { policy, numbers, narrowing, origin, day }
    }

    fn way(&self, table: &mut Table, groups: &Guards) -> Way {
        let mut way = ALWAYS;
        for group in groups {
            let numbers: Vec<u32> = group.iter().filter_map(|g| self.numbers.get(g.index()).copied()).collect();
            let one = table.of(numbers.into_iter().map(|n| GuardSet::from([n])));
            way = table.and(way, one);
        }
        way
    }

    /// The clauses of a purpose.
    pub fn row(&self, table: &mut Table, purpose: Spot<PurposeId>) -> Row<'p> {
        let compiled = purpose.id().and_then(|p| self.policy.compiled.purposes.get(p.index()));
        let requires = compiled.map_or(&[][..], |c| &c.requires);
        let mut needed = ALWAYS;
        for (groups, _) in requires {
            let one = self.way(table, groups);
            needed = table.and(needed, one);
        }
        let uses = self.layer(table, compiled, |g| g.verb == Verb::Use);
        Row { purpose: compiled, members: purpose.members(&self.policy.purposes), uses, requires: needed }
    }

    fn layer(
        &self,
        table: &mut Table,
        purpose: Option<&'p CompiledPurpose>,
        counts: impl Fn(&CompiledGrant) -> bool,
    ) -> Layer<'p> {
        let rows = self.policy.categories.top() + 1;
        let mut layer = Layer { always: vec![Set::new(); rows], maybe: vec![Set::new(); rows], grants: Vec::new() };
        for grant in purpose.map_or(&[][..], |p| &p.grants).iter().filter(|g| counts(g)) {
            let way = self.way(table, &grant.given);
            for c in grant.what.iter() {
                if let Some(row) = layer.maybe.get_mut(c) {
                    row.add(&grant.whose);
                }
                if way == ALWAYS
                    && let Some(row) = layer.always.get_mut(c)
                {
                    row.add(&grant.whose);
                }
            }
            layer.grants.push((grant, way));
        }
        layer
    }

    /// A verb and target for a purpose.
    pub fn plane(&self, table: &mut Table, row: &Row<'p>, verb: Verb, target: Spot<Target>) -> Plane<'p> {
        let policy = self.policy;
        let at = match target {
            Spot::Named(t) | Spot::Below(t) => t,
            Spot::Apart => Target::Undeclared,
        };
        let members = self.target_members(verb, target);
        let reaches = |g: &CompiledGrant| g.verb == verb && members.within(&g.targets);
        let gives = (verb != Verb::Use).then(|| self.layer(table, row.purpose, reaches));
        let mut spoken = vec![Set::new(); policy.categories.top() + 1];
        let mut forbids = Vec::new();
        for compiled in &policy.compiled.promises {
            let Some(promise) = policy.promises.get(compiled.index).filter(|p| p.must) else { continue };
            let speaks = (promise.verb == Verb::Use || promise.verb == verb && compiled.targets.meets(&members))
                && compiled.purposes.meets(&row.members)
                && policy.is_outside(verb, at, promise.outside);
            if !speaks {
                continue;
            }
            let lifted = if promise.unless.is_empty() { NEVER } else { self.way(table, &promise.unless) };
            for c in compiled.what.iter() {
                if let Some(people) = spoken.get_mut(c) {
                    people.add(&compiled.whose);
                }
            }
            forbids.push((&compiled.what, &compiled.whose, lifted));
        }
        let forbidden = row.purpose.is_none_or(|p| p.forbidden.is_some())
            || matches!(at, Target::Recipient(r) if policy.forbidden_recipient(r).is_some());
        let closed = forbidden
            || row.uses.grants.is_empty()
            || gives.as_ref().is_some_and(|g| g.grants.is_empty())
            || !policy.transfer_missing(at, self.origin).is_empty()
            || policy.contract_missing(at, self.day).is_some();
        Plane { gives, forbids, spoken, closed }
    }

    fn target_members(&self, verb: Verb, target: Spot<Target>) -> Set {
        let (id, below) = match target {
            Spot::Named(t) => (t, true),
            Spot::Below(t) => (t, false),
            Spot::Apart => (Target::Undeclared, false),
        };
        let one = |i: usize, down: &Set| if below { down.clone() } else { Set::from_iter([i]) };
        match id {
            Target::None => Set::new(),
            Target::Recipient(r) => one(r.index(), self.policy.recipients.down(r)),
            Target::Store(s) => one(s.index(), self.policy.stores.down(s)),
            Target::Audience(a) => one(a.index(), self.policy.audiences.down(a)),
            Target::Undeclared => all_targets(self.policy, verb).len().checked_sub(1).into_iter().collect(),
        }
    }

    /// The guards that permit a flow of this data of these people.
    pub fn ways(
        &self,
        table: &mut Table,
        row: &Row<'p>,
        plane: &Plane<'p>,
        what: Spot<CategoryId>,
        whose: Spot<SubjectId>,
    ) -> Way {
        if plane.closed {
            return NEVER;
        }
        let (what, whose) = (what.members(&self.policy.categories), whose.members(&self.policy.subjects));
        let condition = row.purpose.is_some_and(|p| p.condition);
        if !condition && self.policy.compiled.special.meets(&what) {
            return NEVER;
        }
        let nothing = Set::new();
        let at = |rows: &[Set], c: usize| -> bool { whose.within(rows.get(c).unwrap_or(&nothing)) };
        let layers = || std::iter::once(&row.uses).chain(&plane.gives);
        let unspoken = |c: usize| plane.spoken.get(c).is_none_or(|s| !s.meets(&whose));
        if what.iter().all(|c| unspoken(c) && layers().all(|l| at(&l.always, c))) {
            return self.possible(table, row.requires, &whose);
        }
        if self.narrowing.is_empty() && what.iter().any(|c| layers().any(|l| !at(&l.maybe, c))) {
            return NEVER;
        }
        self.slowly(table, row, plane, &what, &whose)
    }

    /// For how long data may be kept, by the clause that allows most.
    #[must_use]
    pub fn limit(&self, plane: &Plane<'p>, what: Spot<CategoryId>, whose: Spot<SubjectId>) -> Option<Duration> {
        let (what, whose) = (what.members(&self.policy.categories), whose.members(&self.policy.subjects));
        let grants = plane.gives.as_ref().map_or(&[][..], |l| &l.grants);
        let speaking = grants.iter().filter(|(g, _)| g.what.meets(&what) && g.whose.meets(&whose));
        speaking.filter_map(|(g, _)| g.limit).max_by_key(|l| l.hours())
    }

    /// One by one.
    fn slowly(&self, table: &mut Table, row: &Row<'p>, plane: &Plane<'p>, what: &Set, whose: &Set) -> Way {
        let mut way = row.requires;
        for s in whose.iter() {
            let mut excluded = NEVER;
            for (guard, _) in self.narrowing.iter().filter(|(_, out)| out.contains(s)) {
                let one = table.of([GuardSet::from([*guard])]);
                excluded = table.or(excluded, one);
            }
            for c in what.iter() {
                let mut atom = ALWAYS;
                for layer in std::iter::once(&row.uses).chain(&plane.gives) {
                    let mut permitted = NEVER;
                    for (grant, given) in &layer.grants {
                        if grant.what.contains(c) && grant.whose.contains(s) {
                            permitted = table.or(permitted, *given);
                        }
                    }
                    atom = table.and(atom, permitted);
                }
                for (data, people, lifted) in &plane.forbids {
                    if data.contains(c) && people.contains(s) {
                        atom = table.and(atom, *lifted);
                    }
                }
                atom = table.or(atom, excluded);
                way = table.and(way, atom);
                if way == NEVER {
                    return NEVER;
                }
            }
        }
        self.possible(table, way, whose)
    }

    /// Without the sets of guards that exclude everybody: such a flow does not happen.
    fn possible(&self, table: &mut Table, way: Way, whose: &Set) -> Way {
        if self.narrowing.is_empty() {
            return way;
        }
        let left = |set: &GuardSet| {
            let mut left = whose.clone();
            for (_, out) in self.narrowing.iter().filter(|(g, _)| set.contains(g)) {
                left.minus(out);
            }
            !left.is_empty()
        };
        let sets: Vec<GuardSet> = table.sets(way).iter().filter(|s| left(s)).cloned().collect();
        if sets.len() == table.sets(way).len() { way } else { table.of(sets) }
    }
}
