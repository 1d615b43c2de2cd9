//! From items to findings: one for each (arrival site, purpose, target).
//!
//! Two exceptions. Rules about a recipient itself (R08 transfer, R09 contract) are caused by the policy, so they
//! are one finding for each (recipient, purpose) with its sites counted. Code without a purpose (R01) is one
//! finding for each root, and a single one for a crate in which nothing is bound to any purpose.

use std::collections::{BTreeMap, BTreeSet};

use super::Case;
use super::finding::{Also, Datum, Finding};
use super::fingerprint::fingerprint;
use super::items::Item;
use super::rules::articles;
use super::words;
use smol_str::format_smolstr;

use crate::diag::Severity;
use crate::flow::{Action, Arriving, Confidence, Handled, Purposeless, Site, Step};
use crate::policy::{Claim, Label, PurposeId, Rule, Target, Verb, Violation};
use crate::source::{FileId, Span};

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Site { place: Place, action: Action, purpose: Option<PurposeId>, target: Arriving, warning: bool },
    Party { purpose: Option<PurposeId>, target: Target, warning: bool },
}

/// Where data arrives. Columns of one table that a function names together arrive together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    /// The second place is where a macro has it that is called there.
    At(Span, Option<Span>),
    Line(FileId, usize),
    Table {
        file: FileId,
        function: String,
        table: String,
    },
}

fn place(case: &Case<'_>, item: &Item<'_>) -> Place {
    let (site, span) = (&item.flow.site, item.flow.site.span);
    let column = match item.flow.action {
        Action::Use if item.flow.load => item.flow.entry.name.as_str(),
        Action::Keep => site.symbol.as_str(),
        Action::Use | Action::Share | Action::Show => "",
    };
    match column.rsplit_once('.') {
        Some((table, _)) if !table.contains("::") => {
            Place::Table { file: span.file, function: site.function.to_string(), table: table.to_owned() }
        }
        _ if item.flow.action == Action::Use => {
            Place::Line(span.file, case.sources.get(span.file).map_or(0, |f| f.line_index(span.lo)))
        }
        _ => Place::At(span, site.written),
    }
}

/// A finding with what it was made of, so that a part of it can be told by itself.
pub(super) struct Found<'a> {
    pub finding: Finding,
    /// One item for each of its data; nothing where it was made of something else.
    items: Option<(Key, Vec<Item<'a>>)>,
}

impl Found<'_> {
    /// The finding of some of its data, by their places in it: it says no more than they do, and is the same finding.
    pub(super) fn part(&self, case: &Case<'_>, data: &[usize]) -> Finding {
        let whole = &self.finding;
        if data.len() == whole.data.len() {
            return whole.clone();
        }
        let told = self.items.as_ref().and_then(|(key, items)| {
            let items: Vec<Item<'_>> = data.iter().filter_map(|i| items.get(*i).cloned()).collect();
            tell(case, key, &items, whole.sites)
        });
        match told {
            Some(part) => Finding { fingerprint: whole.fingerprint.clone(), arrival: whole.arrival.clone(), ..part },
            None => {
                Finding { data: data.iter().filter_map(|i| whole.data.get(*i).cloned()).collect(), ..whole.clone() }
            }
        }
    }
}

/// The findings in the order of their places, and how many were hidden because nothing in them is sure enough.
pub(super) fn findings<'a>(case: &Case<'a>, items: Vec<Item<'a>>) -> (Vec<Found<'a>>, usize) {
    let mut groups: BTreeMap<Key, Vec<Item<'_>>> = BTreeMap::new();
    for item in items {
        for (key, item) in split(case, item) {
            groups.entry(key).or_default().push(item);
        }
    }
    let mut out = Vec::new();
    let mut hidden = 0;
    for (key, items) in groups {
        let (items, sites) = merged(case, items);
        match tell(case, &key, &items, sites) {
            Some(finding) => out.push(Found { finding, items: Some((key, items)) }),
            None => hidden += 1,
        }
    }
    let others = without_purpose(case, &mut hidden).into_iter().chain(super::duties::findings(case));
    out.extend(others.map(|finding| Found { finding, items: None }));
    for found in &mut out {
        found.finding.fingerprint = fingerprint(&found.finding);
    }
    out.sort_by(|a, b| order(&a.finding).cmp(&order(&b.finding)));
    (out, hidden)
}

/// The total order of findings in every output.
fn order(f: &Finding) -> (Span, Option<Span>, u8, &str, Verb, Option<PurposeId>, &Option<String>) {
    (f.arrival.span, f.arrival.written, f.rule.rank(), &f.fingerprint, f.verb, f.purpose, &f.target_name)
}

/// Takes the rules about the recipient itself out of an item whose other rules are not weightier.
fn split<'a>(case: &Case<'_>, item: Item<'a>) -> Vec<(Key, Item<'a>)> {
    let warning = item.warning;
    let site = Key::Site {
        place: place(case, &item),
        action: item.flow.action,
        purpose: item.claim.purpose,
        target: item.flow.target.clone(),
        warning,
    };
    let about_party = |v: &Violation| matches!(v.rule, Rule::R08 | Rule::R09);
    let leads = item.violations.iter().map(|v| v.rule.rank()).min().unwrap_or(u8::MAX) >= Rule::R08.rank();
    if !(leads && item.violations.iter().any(about_party)) {
        return vec![(site, item)];
    }
    let party = Key::Party { purpose: item.claim.purpose, target: item.claim.target, warning };
    let (about, rest): (Vec<Violation>, Vec<Violation>) = item.violations.iter().cloned().partition(about_party);
    let mut out = vec![(party, Item { violations: about, ..item.clone() })];
    if !rest.is_empty() {
        out.push((site, Item { violations: rest, ..item }));
    }
    out
}

/// What is sure enough of some items, one for each (category, subject, entry), and at how many places they are.
fn merged<'a>(case: &Case<'_>, items: Vec<Item<'a>>) -> (Vec<Item<'a>>, usize) {
    let mut items: Vec<Item<'a>> = items.into_iter().filter(|i| i.confidence() >= case.confidence).collect();
    items.sort_by(|a, b| a.order().cmp(&b.order()));
    let sites: BTreeSet<(Span, Option<Span>)> = items.iter().map(|i| (i.flow.site.span, i.flow.site.written)).collect();
    // The first is the most telling.
    let mut merged: Vec<Item<'a>> = Vec::new();
    let mut index: BTreeMap<(Label, Span, &str), usize> = BTreeMap::new();
    for item in items {
        let key = (item.claim.label, item.flow.entry.span, item.flow.entry.name.as_str());
        match index.get(&key).and_then(|&i| merged.get_mut(i)) {
            Some(known) => known.absorb(item),
            None => {
                index.insert(key, merged.len());
                merged.push(item);
            }
        }
    }
    let mut merged = yielding(merged);
    let doubtful = doubtful(&merged);
    merged.sort_by(|a, b| {
        let key = |i: &Item<'_>| (doubtful(i), lead(i), i.claim.label, i.flow.entry.span);
        (key(a), &a.flow.entry.name).cmp(&(key(b), &b.flow.entry.name))
    });
    (merged, sites.len())
}

/// Says of an item of a finding whether it is only possible where others are more: it leads no finding.
fn doubtful(items: &[Item<'_>]) -> impl Fn(&Item<'_>) -> bool + use<> {
    let sure = |i: &Item<'_>| i.confidence() > Confidence::Possible;
    let any = items.iter().any(sure);
    move |i| any && !sure(i)
}

/// The finding that some items are; nothing if there is none.
fn tell(case: &Case<'_>, key: &Key, merged: &[Item<'_>], sites: usize) -> Option<Finding> {
    let first = merged.first()?;
    let arrival = match key {
        Key::Site { place: Place::At(..), .. } => first.flow.site.clone(),
        Key::Site { .. } => merged.iter().map(|i| &i.flow.site).min()?.clone(),
        // Of places all over the code the one that is the first by name stays so when code moves.
        Key::Party { .. } => merged.iter().map(|i| &i.flow.site).min_by_key(|s| (&s.function, s.span))?.clone(),
    };
    let doubtful = doubtful(merged);
    let mut broken: Vec<(bool, &Violation)> = Vec::new();
    for item in merged {
        broken.extend(item.violations.iter().map(|v| (doubtful(item), v)));
    }
    broken.sort_by_key(|(doubtful, v)| (*doubtful, v.rule.rank(), v.clause));
    let broken: Vec<&Violation> = broken.into_iter().map(|(_, v)| v).collect();
    let main = *broken.first()?;
    // It is as sure as what leads it.
    let leading = merged.iter().filter(|i| i.violations.iter().any(|v| v.rule == main.rule));
    let mut also: Vec<Also> = Vec::new();
    for violation in &broken {
        let note = (violation.rule == Rule::R07).then(|| words::missing(case.law, &violation.missing_guards));
        let next = Also { rule: violation.rule, clause: violation.clause, note };
        let is_main = violation.rule == main.rule && violation.clause == main.clause;
        // Of several clauses of a weaker rule the first stands for all: they ask for the same thing.
        let known = also.iter().any(|a| a.rule == next.rule && (a.rule != Rule::R10 || a.clause == next.clause));
        if !is_main && !known && (violation.rule != main.rule || main.rule == Rule::R10) {
            also.push(next);
        }
    }
    let rules: BTreeSet<(u8, Rule)> = broken.iter().map(|v| (v.rule.rank(), v.rule)).collect();
    let target_name = words::target_name(case.law, first.flow, first.claim.target);
    let mut found = Finding {
        rule: main.rule,
        severity: if main.warning { Severity::Warning } else { Severity::Error },
        confidence: leading.map(Item::confidence).max().unwrap_or(Confidence::Possible),
        message: String::new(),
        verb: first.claim.verb,
        purpose: first.claim.purpose,
        purpose_name: first.claim.purpose.map(|p| case.law.purpose(p)),
        purpose_at: first.flow.purpose_at,
        target: first.claim.target,
        target_name,
        fingerprint: String::new(),
        clause: main.clause.or(first.nearest),
        law: articles(rules.into_iter().map(|(_, r)| r)),
        checked: words::checked(case, main, merged),
        help: words::help(case, main, merged),
        also,
        arrival,
        sites: if matches!(key, Key::Party { .. }) { sites } else { 1 },
        data: merged.iter().map(|i| datum(case, i)).collect(),
    };
    found.message = words::message(case.law, &found, main, words::lack(main, merged));
    Some(found)
}

/// The items without those that are a part of another: where a column fills a labelled field, the field is a step of the
/// column's path and no entry of its own.
fn yielding<'a>(items: Vec<Item<'a>>) -> Vec<Item<'a>> {
    let is_part_of = |part: &Item<'_>, whole: &Item<'_>| {
        let (rest, way) = (part.flow.path.get(1..).unwrap_or_default(), &whole.flow.path);
        part.claim.label == whole.claim.label
            && part.confidence() <= whole.confidence()
            && !rest.is_empty()
            && way.len() > rest.len() + 1
            && way.ends_with(rest)
    };
    let (parts, mut kept): (Vec<Item<'_>>, Vec<Item<'_>>) =
        items.iter().cloned().partition(|item| items.iter().any(|other| is_part_of(item, other)));
    for part in parts {
        if let Some(whole) = kept.iter_mut().find(|whole| is_part_of(&part, whole)) {
            whole.absorb(part);
        }
    }
    kept
}

fn lead(item: &Item<'_>) -> u8 {
    item.violations.iter().map(|v| v.rule.rank()).min().unwrap_or(u8::MAX)
}

fn datum(case: &Case<'_>, item: &Item<'_>) -> Datum {
    let (category, subject) = case.law.label(item.claim.label);
    let mut codes: Vec<Rule> = item.violations.iter().map(|v| v.rule).collect();
    codes.dedup();
    Datum {
        category,
        subject,
        entry: item.flow.entry.name.to_string(),
        labelled: item.flow.entry.labelled,
        codes,
        transforms: item.flow.transforms.iter().map(|t| words::transform(case.law, t)).collect(),
        derived: item.flow.derived,
        confidence: item.confidence(),
        reason: words::reason(case.law, item),
        path: item.flow.path.iter().map(|step| (**step).clone()).collect(),
        paths_total: item.paths_total,
        claim: item.claim.clone(),
    }
}

/// R01: roots that handle personal data and run for no purpose; those of which that is not sure enough are counted.
fn without_purpose(case: &Case<'_>, hidden: &mut usize) -> Vec<Finding> {
    let mut crates: BTreeMap<&str, Vec<&Purposeless>> = BTreeMap::new();
    for root in case.purposeless {
        if root.entries.iter().any(|h| h.confidence >= case.confidence) {
            crates.entry(&root.krate).or_default().push(root);
        } else {
            *hidden += 1;
        }
    }
    let mut out = Vec::new();
    for (krate, mut roots) in crates {
        roots.sort_by(|a, b| {
            (std::cmp::Reverse(a.entries.len()), a.span, &a.function).cmp(&(
                std::cmp::Reverse(b.entries.len()),
                b.span,
                &b.function,
            ))
        });
        if case.bound_crates.contains(krate) {
            out.extend(roots.iter().filter_map(|r| purposeless(case, &[r], false)));
        } else {
            out.extend(purposeless(case, &roots, true));
        }
    }
    out
}

fn purposeless(case: &Case<'_>, roots: &[&Purposeless], whole_crate: bool) -> Option<Finding> {
    let first = roots.first()?;
    let mut data: BTreeMap<(Label, Span, &str), Datum> = BTreeMap::new();
    for root in roots {
        for Handled { entry, confidence, reason } in &root.entries {
            for label in case.labels.get(entry.labels as usize).into_iter().flatten() {
                let (category, subject) = case.law.label(*label);
                let claim = Claim {
                    verb: Verb::Use,
                    label: *label,
                    target: Target::None,
                    purpose: None,
                    guards: BTreeSet::new(),
                    origin: None,
                    day: case.day,
                };
                let mut path = vec![Step {
                    span: entry.span,
                    what: format_smolstr!("`{}` enters", entry.name),
                    function: root.function.clone(),
                }];
                if entry.span != root.span {
                    let what = format_smolstr!("below `{}`, which runs for no purpose", root.function);
                    path.push(Step { span: root.span, what, function: root.function.clone() });
                }
                let found = data.entry((*label, entry.span, entry.name.as_str())).or_insert_with(|| Datum {
                    category,
                    subject,
                    entry: entry.name.to_string(),
                    labelled: entry.labelled,
                    codes: vec![Rule::R01],
                    transforms: Vec::new(),
                    derived: false,
                    confidence: *confidence,
                    reason: reason.clone(),
                    path,
                    paths_total: 1,
                    claim,
                });
                if *confidence > found.confidence {
                    (found.confidence, found.reason) = (*confidence, reason.clone());
                }
            }
        }
    }
    let data: Vec<Datum> = data.into_values().filter(|d| d.confidence >= case.confidence).collect();
    let confidence = data.iter().map(|d| d.confidence).max()?;
    let symbol = if whole_crate { first.krate.clone() } else { first.function.clone() };
    Some(Finding {
        rule: Rule::R01,
        severity: Severity::Error,
        confidence,
        message: words::no_purpose(roots, &data, whole_crate),
        verb: Verb::Use,
        purpose: None,
        purpose_name: None,
        purpose_at: None,
        target: Target::None,
        target_name: None,
        fingerprint: String::new(),
        clause: None,
        law: articles([Rule::R01]),
        checked: None,
        help: words::no_purpose_help(roots, whole_crate),
        also: Vec::new(),
        arrival: Site {
            span: first.span,
            written: None,
            function: first.function.clone(),
            krate: first.krate.clone(),
            symbol,
        },
        sites: roots.len(),
        data,
    })
}
