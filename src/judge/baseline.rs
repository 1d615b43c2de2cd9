//! Old findings: those that a baseline or another revision knows do not block new work.
//!
//! A finding is old if its fingerprint is known, no more often than it was, and with no data that it did not have: a new
//! category at an old place is new. Nothing here knows lines, so that a baseline survives edits.

use std::collections::{BTreeMap, BTreeSet};

use super::Judged;
use super::finding::{Finding, Known, Old};
use super::fingerprint::{fingerprint_of, short_function};
use crate::diag::Diagnostic;
use crate::policy::Verb;

/// What is remembered of findings that are alike.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// How many there are; a use counts once for each kind of data.
    pub count: usize,
    /// `R02`.
    pub rule: String,
    /// The message of the first, for people.
    pub what: String,
    /// The function of the first, for people.
    pub at: String,
    /// All data in them: `contact.email of customer`.
    pub data: BTreeSet<String>,
}

/// Someone says that the tool is wrong about a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// What is remembered of it.
    pub entry: Entry,
    /// Why it is wrong.
    pub because: String,
    /// The paths for which it was said, as [`trail`] has them.
    pub trail: String,
}

/// Old findings by fingerprint.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baseline {
    /// Those that stood when it was made.
    pub known: BTreeMap<String, Entry>,
    /// Those about which the tool is said to be mistaken.
    pub mistaken: BTreeMap<String, Mistake>,
}

/// An entry that matches nothing any more, or more than is left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gone {
    /// Its fingerprint.
    pub fingerprint: String,
    /// What is remembered.
    pub entry: Entry,
    /// How many of them are left.
    pub left: usize,
}

impl Baseline {
    /// Everything that stands in some findings.
    #[must_use]
    pub fn of<'a>(findings: impl IntoIterator<Item = &'a Finding>) -> Baseline {
        let mut known: BTreeMap<String, Entry> = BTreeMap::new();
        for finding in findings {
            known.entry(finding.fingerprint.clone()).or_default().add(finding);
        }
        Baseline { known, mistaken: BTreeMap::new() }
    }

    /// Whether nothing is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.known.is_empty() && self.mistaken.is_empty()
    }

    /// Takes what is known out of the findings of a run (all its policy roots together) and says why it is old.
    pub fn sift(&self, run: &mut [&mut Judged], why: &Old) {
        let now = Baseline::of(run.iter().flat_map(|j| &j.findings));
        for judged in run {
            let (old, new): (Vec<Finding>, Vec<Finding>) =
                std::mem::take(&mut judged.findings).into_iter().partition(|f| self.is_known(f, &now));
            judged.findings = new;
            judged.known.extend(old.into_iter().map(|finding| {
                let mistake = self.mistake(&finding).map(|m| Old::Mistaken(m.because.clone()));
                Known { why: mistake.unwrap_or_else(|| why.clone()), finding }
            }));
        }
    }

    /// Whether a finding is old, given all that are found now.
    fn is_known(&self, finding: &Finding, now: &Baseline) -> bool {
        if self.mistake(finding).is_some() {
            return true;
        }
        let (before, now) = (self.known.get(&finding.fingerprint), now.known.get(&finding.fingerprint));
        before.is_some_and(|before| {
            now.is_none_or(|now| now.count <= before.count) && labels(finding).is_subset(&before.data)
        })
    }

    /// The mistake that a finding is said to be, if its paths are still those.
    fn mistake(&self, finding: &Finding) -> Option<&Mistake> {
        self.mistaken.get(&finding.fingerprint).filter(|m| m.trail == trail(finding))
    }

    /// Entries that have become too large, given everything that is found (waived or not).
    #[must_use]
    pub fn gone<'a>(&self, found: impl IntoIterator<Item = &'a Finding>) -> Vec<Gone> {
        let now = Baseline::of(found);
        let left = |fingerprint: &str| now.known.get(fingerprint).map_or(0, |e| e.count);
        let known = self.known.iter().map(|(fingerprint, entry)| (fingerprint, entry, entry.count));
        let mistaken = self.mistaken.iter().map(|(fingerprint, mistake)| (fingerprint, &mistake.entry, 1));
        known
            .chain(mistaken)
            .filter(|(fingerprint, _, count)| left(fingerprint) < *count)
            .map(|(fingerprint, entry, _)| Gone {
                fingerprint: fingerprint.clone(),
                entry: entry.clone(),
                left: left(fingerprint),
            })
            .collect()
    }

    /// Takes out what is gone, and with `add` takes in what is new. Gives how many entries went, shrank and came.
    pub fn update<'a>(&mut self, found: impl IntoIterator<Item = &'a Finding>, add: bool) -> Updated {
        let now = Baseline::of(found);
        let mut updated = Updated::default();
        self.mistaken.retain(|fingerprint, _| {
            let stays = now.known.contains_key(fingerprint);
            updated.gone += usize::from(!stays);
            stays
        });
        self.known.retain(|fingerprint, entry| {
            let Some(found) = now.known.get(fingerprint) else {
                updated.gone += 1;
                return false;
            };
            let data: BTreeSet<String> = entry.data.intersection(&found.data).cloned().collect();
            let count = entry.count.min(found.count);
            updated.smaller += usize::from(data != entry.data || count != entry.count);
            *entry = Entry { count, data, ..found.clone() };
            true
        });
        if add {
            for (fingerprint, found) in now.known {
                if self.mistaken.contains_key(&fingerprint) || self.known.get(&fingerprint) == Some(&found) {
                    continue;
                }
                updated.new += 1;
                self.known.insert(fingerprint, found);
            }
        }
        updated
    }

    /// Entries that another baseline does not have: what a branch adds.
    pub fn beyond<'a>(&'a self, other: &'a Baseline) -> impl Iterator<Item = (&'a str, &'a Entry)> + 'a {
        let known = self.known.iter().filter(|(fingerprint, entry)| {
            other.known.get(*fingerprint).is_none_or(|o| entry.count > o.count || !entry.data.is_subset(&o.data))
        });
        let mistaken = self.mistaken.iter().filter(|(fingerprint, _)| !other.mistaken.contains_key(*fingerprint));
        known.map(|(f, e)| (f.as_str(), e)).chain(mistaken.map(|(f, m)| (f.as_str(), &m.entry)))
    }
}

/// What an update of a baseline did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Updated {
    /// Entries that were taken out.
    pub gone: usize,
    /// Entries that stand for fewer findings or less data.
    pub smaller: usize,
    /// Entries that were taken in or grew.
    pub new: usize,
}

impl Entry {
    fn add(&mut self, finding: &Finding) {
        if self.count == 0 {
            finding.rule.code().clone_into(&mut self.rule);
            self.what.clone_from(&finding.message);
            self.at = finding.arrival.function.to_string();
        }
        let data = labels(finding);
        // What is used on one line is one finding, and two when the line is broken: neither is more than the other.
        self.count += if finding.verb == Verb::Use { data.len().max(1) } else { 1 };
        self.data.extend(data);
    }
}

/// Takes problems out that another run has too, each as often as it has it.
pub fn without(problems: &mut Vec<Diagnostic>, known: &[Diagnostic]) {
    let mut left: BTreeMap<(&str, String), usize> = BTreeMap::new();
    for problem in known {
        *left.entry((problem.code, problem.message.clone())).or_default() += 1;
    }
    problems.retain(|p| match left.get_mut(&(p.code, p.message.clone())) {
        Some(n) if *n > 0 => {
            *n -= 1;
            false
        }
        _ => true,
    });
}

/// The paths of a finding without lines and modules: who says that it is a mistake has looked at these.
#[must_use]
pub fn trail(finding: &Finding) -> String {
    let mut parts: Vec<String> = Vec::new();
    for datum in &finding.data {
        parts.push(datum.label());
        parts.push(datum.entry.clone());
        for step in &datum.path {
            parts.push(step.what.to_string());
            parts.push(short_function(&step.function));
        }
    }
    fingerprint_of(&parts.iter().map(String::as_str).collect::<Vec<_>>())
}

fn labels(finding: &Finding) -> BTreeSet<String> {
    finding.data.iter().map(super::Datum::label).collect()
}
