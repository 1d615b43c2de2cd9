//! What a change of a policy permits that was not permitted, and no longer permits.
//!
//! Every flow over the names of both policies is asked of both: each verb, data, person, target and purpose, with
//! the guards under which it is permitted. So the answer is exact, and nothing is missing from it. A name that only
//! one of the two declares means, to the other, the nearest name above it: to name things more finely is no change.

use std::collections::{BTreeMap, BTreeSet};

use crate::policy::cells::{Cells, Spot};
use crate::policy::ways::{NEVER, Table, Way};
use crate::policy::{AudienceId, Date, Duration, Id, Policy, RecipientId, Set, StoreId, Target, Tree, Verb};

/// Flows that changed in the same way.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Change {
    /// What happens.
    pub verb: Verb,
    /// To which data; what lies below a listed name is not listed.
    pub data: Vec<String>,
    /// Of whom.
    pub people: Vec<String>,
    /// Where it goes; none for `use`.
    pub target: Option<String>,
    /// For which purposes.
    pub purposes: Vec<String>,
    /// The sets of guards under which it was permitted; none: never, an empty one: always.
    pub before: Vec<Vec<String>>,
    /// The sets of guards under which it is permitted now.
    pub after: Vec<Vec<String>>,
    /// How long it was and is kept, where that changed.
    pub limits: Option<(String, String)>,
    /// How many flows these are.
    pub flows: usize,
}

/// The difference between two policies.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
pub struct Diff {
    /// Permitted now, and not before.
    pub newly_permitted: Vec<Change>,
    /// Permitted before, and not now.
    pub no_longer_permitted: Vec<Change>,
    /// Permitted before and now, and kept longer now.
    pub kept_longer: Vec<Change>,
    /// Permitted before and now, and kept shorter now.
    pub kept_shorter: Vec<Change>,
    /// How many flows were compared.
    pub compared: usize,
    /// Some flow has more combinations of guards than are looked at; what is said of it may be too strict.
    pub cut: bool,
}

/// The findings in code that a change makes and those that it ends, each as a line.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Findings {
    /// Found under the new policy only.
    pub created: Vec<String>,
    /// Found under the old policy only.
    pub silenced: Vec<String>,
}

impl Findings {
    /// One for each line, with its sign.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let signed = |sign: char, list: &[String]| list.iter().map(|l| format!("{sign} {l}")).collect::<Vec<_>>();
        let lines = [signed('-', &self.silenced), signed('+', &self.created)].concat();
        if lines.is_empty() { vec!["none is created, none is silenced".to_owned()] } else { lines }
    }
}

impl Diff {
    /// Whether the change permits more: new flows, or longer storage.
    #[must_use]
    pub fn is_wider(&self) -> bool {
        !self.newly_permitted.is_empty() || !self.kept_longer.is_empty()
    }

    /// Whether nothing changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self.is_wider() && self.no_longer_permitted.is_empty() && self.kept_shorter.is_empty()
    }
}

/// Compares two policies on a day.
#[must_use]
pub fn diff(before: &Policy, after: &Policy, day: Date) -> Diff {
    let guards = union(&before.guards, &after.guards);
    let number = |name: &str| guards.iter().position(|g| g == name).map_or(u32::MAX, |i| i as u32);
    let mut run = Run {
        sides: [before, after],
        cells: [Cells::new(before, number, None, day), Cells::new(after, number, None, day)],
        categories: union(&before.categories, &after.categories),
        subjects: union(&before.subjects, &after.subjects),
        guards: &guards,
        table: Table::default(),
        found: BTreeMap::new(),
        compared: 0,
    };
    let targets = run.targets();
    let (what, whose) = (run.data(), run.people());
    for purpose in union(&before.purposes, &after.purposes) {
        run.purpose(&purpose, &targets, &what, &whose);
    }
    run.finish()
}

/// The names of two trees: those of the second in the order of declaration, then what only the first has.
fn union<I: Id, T>(a: &Tree<I, T>, b: &Tree<I, T>) -> Vec<String> {
    let only = a.iter().filter(|n| b.find(&n.name).is_none());
    b.iter().chain(only).map(|n| n.name.clone()).collect()
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    New,
    Gone,
    Longer,
    Shorter,
}

/// What flows of one group have in common, but for data, people and purposes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Common {
    kind: Kind,
    verb: Verb,
    target: Option<String>,
    ways: (Way, Way),
    limits: Option<(String, String)>,
}

/// What a group of flows goes by, beside what it has in common: names, and how many flows.
type Gathered = (Vec<String>, usize);

/// A target as each of the two policies sees it.
struct Aim {
    verb: Verb,
    name: Option<String>,
    spots: [Spot<Target>; 2],
}

struct Run<'a> {
    sides: [&'a Policy; 2],
    cells: [Cells<'a>; 2],
    categories: Vec<String>,
    subjects: Vec<String>,
    guards: &'a [String],
    table: Table,
    /// By what is common, purpose and person: the data.
    found: BTreeMap<(Common, String, String), BTreeSet<usize>>,
    compared: usize,
}

impl Run<'_> {
    /// All data, as each of the two policies sees it.
    fn data(&self) -> Vec<[Set; 2]> {
        let see = |name: &String| [0, 1].map(|i| self.cells[i].data(Spot::of(&self.sides[i].categories, name)));
        self.categories.iter().map(see).collect()
    }

    /// All people, as each of the two policies sees them; where nobody is declared, one person without a name.
    fn people(&self) -> Vec<(String, [Set; 2])> {
        let nobody = [String::new()];
        let names = if self.subjects.is_empty() { &nobody[..] } else { &self.subjects };
        let see = |name: &String| [0, 1].map(|i| self.cells[i].people(Spot::of(&self.sides[i].subjects, name)));
        names.iter().map(|name| (name.clone(), see(name))).collect()
    }

    fn targets(&self) -> Vec<Aim> {
        fn aims<I: Id, T>(verb: Verb, trees: [&Tree<I, T>; 2], make: fn(I) -> Target) -> Vec<Aim> {
            let see = |tree, name: &str| match Spot::of(tree, name) {
                Spot::Named(id) => Spot::Named(make(id)),
                Spot::Below(id) => Spot::Below(make(id)),
                Spot::Apart => Spot::Apart,
            };
            let names = union(trees[0], trees[1]).into_iter();
            names.map(|n| Aim { verb, spots: [see(trees[0], &n), see(trees[1], &n)], name: Some(n) }).collect()
        }
        let [a, b] = self.sides;
        let mut out = vec![Aim { verb: Verb::Use, name: None, spots: [Spot::Named(Target::None); 2] }];
        out.extend(aims::<RecipientId, _>(Verb::Share, [&a.recipients, &b.recipients], Target::Recipient));
        out.extend(aims::<AudienceId, _>(Verb::Show, [&a.audiences, &b.audiences], Target::Audience));
        out.extend(aims::<StoreId, _>(Verb::Keep, [&a.stores, &b.stores], Target::Store));
        out
    }

    fn purpose(&mut self, purpose: &str, targets: &[Aim], what: &[[Set; 2]], whose: &[(String, [Set; 2])]) {
        let [a, b] = self.sides;
        let spots = [Spot::of(&a.purposes, purpose), Spot::of(&b.purposes, purpose)];
        let rows = [0, 1].map(|i| self.cells[i].row(&mut self.table, spots[i]));
        for aim in targets {
            let planes = [0, 1].map(|i| self.cells[i].plane(&mut self.table, &rows[i], aim.verb, aim.spots[i]));
            self.compared += what.len() * whose.len();
            if planes.iter().all(|p| p.is_closed()) {
                continue;
            }
            for (c, data) in what.iter().enumerate() {
                for (person, about) in whose {
                    let [old, new] =
                        [0, 1].map(|i| self.cells[i].ways(&mut self.table, &rows[i], &planes[i], &data[i], &about[i]));
                    let limit = |i: usize| self.cells[i].limit(&planes[i], &data[i], &about[i]);
                    let kept = (aim.verb == Verb::Keep && old != NEVER && new != NEVER)
                        .then(|| limit(0).zip(limit(1)))
                        .flatten()
                        .filter(|(a, b)| a.hours() != b.hours());
                    if old == new && kept.is_none() {
                        continue;
                    }
                    self.note(aim, (purpose, person, c), (old, new), kept);
                }
            }
        }
    }

    fn note(&mut self, aim: &Aim, at: (&str, &str, usize), ways: (Way, Way), kept: Option<(Duration, Duration)>) {
        let (old, new) = ways;
        let kinds = [
            (Kind::New, self.table.exceeds(new, old)),
            (Kind::Gone, self.table.exceeds(old, new)),
            (Kind::Longer, kept.is_some_and(|(a, b)| b.hours() > a.hours())),
            (Kind::Shorter, kept.is_some_and(|(a, b)| b.hours() < a.hours())),
        ];
        for (kind, _) in kinds.into_iter().filter(|(_, is)| *is) {
            let limits = kept
                .filter(|_| matches!(kind, Kind::Longer | Kind::Shorter))
                .map(|(a, b)| (a.to_string(), b.to_string()));
            let common = Common { kind, verb: aim.verb, target: aim.name.clone(), ways, limits };
            let (purpose, person, category) = at;
            self.found.entry((common, purpose.to_owned(), person.to_owned())).or_default().insert(category);
        }
    }

    /// Flows that differ in people or purposes alone are one change.
    fn finish(mut self) -> Diff {
        let mut by_people: BTreeMap<(Common, String, Vec<usize>), Gathered> = BTreeMap::new();
        for ((common, purpose, person), data) in std::mem::take(&mut self.found) {
            let flows = data.len();
            let slot = by_people.entry((common, purpose, self.topmost(&data))).or_default();
            slot.0.push(person);
            slot.1 += flows;
        }
        let mut by_purposes: BTreeMap<(Common, Vec<usize>, Vec<String>), Gathered> = BTreeMap::new();
        for ((common, purpose, data), (people, flows)) in by_people {
            let slot = by_purposes.entry((common, data, people)).or_default();
            slot.0.push(purpose);
            slot.1 += flows;
        }
        let mut out = Diff { compared: self.compared, cut: self.table.overflowed(), ..Diff::default() };
        for ((common, data, people), (purposes, flows)) in by_purposes {
            let list = match common.kind {
                Kind::New => &mut out.newly_permitted,
                Kind::Gone => &mut out.no_longer_permitted,
                Kind::Longer => &mut out.kept_longer,
                Kind::Shorter => &mut out.kept_shorter,
            };
            list.push(Change {
                verb: common.verb,
                data: data.iter().filter_map(|&i| self.categories.get(i).cloned()).collect(),
                people: people.into_iter().filter(|p| !p.is_empty()).collect(),
                target: common.target,
                purposes,
                before: self.sets(common.ways.0),
                after: self.sets(common.ways.1),
                limits: common.limits,
                flows,
            });
        }
        for list in
            [&mut out.newly_permitted, &mut out.no_longer_permitted, &mut out.kept_longer, &mut out.kept_shorter]
        {
            list.sort();
        }
        out
    }

    /// Of some data, what is not a kind of something else among it.
    fn topmost(&self, data: &BTreeSet<usize>) -> Vec<usize> {
        let name = |i: usize| self.categories.get(i).map_or("", String::as_str);
        let is_kind = |a: &str, b: &str| {
            self.sides.iter().any(|p| p.category(a).zip(p.category(b)).is_some_and(|(a, b)| p.categories.leq(a, b)))
        };
        data.iter().copied().filter(|&c| !data.iter().any(|&d| d != c && is_kind(name(c), name(d)))).collect()
    }

    fn sets(&self, way: Way) -> Vec<Vec<String>> {
        let names = |set: &BTreeSet<u32>| {
            set.iter().filter_map(|&g| self.guards.get(g as usize).cloned()).collect::<Vec<String>>()
        };
        self.table.sets(way).iter().map(names).collect()
    }
}
