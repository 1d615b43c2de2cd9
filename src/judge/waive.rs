//! Waivers: dated exceptions that take items of data out of findings and keep them in sight.

use std::collections::BTreeSet;

use super::Case;
use super::finding::{Datum, Finding, Waived};
use super::group::Found;
use super::law::{Law, Place, Waiver};
use crate::diag::Diagnostic;
use crate::policy::{Date, Rule, glob_matches};
use crate::source::SourceMap;

/// Days before the end of a waiver from which on every run says so.
const WARN_DAYS: i64 = 14;

/// Splits findings into what stands and what is waived, and says which waivers end soon or waive nothing.
pub(super) fn waive(case: &Case<'_>, found: Vec<Found<'_>>) -> (Vec<Finding>, Vec<Waived>, Vec<Diagnostic>) {
    let waivers = case.law.waivers();
    let mut used: BTreeSet<usize> = BTreeSet::new();
    let (mut standing, mut waived) = (Vec::new(), Vec::new());
    for found in found {
        let mut kept: Vec<usize> = Vec::new();
        let mut taken: Vec<(usize, Vec<usize>)> = Vec::new();
        for (n, datum) in found.finding.data.iter().enumerate() {
            match covering(case, &waivers, &found.finding, datum) {
                None => kept.push(n),
                Some(index) => match taken.iter_mut().find(|(i, _)| *i == index) {
                    Some((_, data)) => data.push(n),
                    None => taken.push((index, vec![n])),
                },
            }
        }
        for (index, data) in taken {
            used.insert(index);
            if let Some(waiver) = waivers.get(index) {
                waived.push(Waived {
                    finding: found.part(case, &data),
                    waiver: waiver.name.clone(),
                    owner: waiver.owner.clone(),
                    until: waiver.until,
                    days_left: case.day.days_until(waiver.until),
                    because: waiver.because.clone(),
                    span: waiver.span,
                });
            }
        }
        if !kept.is_empty() {
            standing.push(found.part(case, &kept));
        }
    }
    let notes = waivers.iter().enumerate().filter_map(|(i, w)| note(case.day, w, used.contains(&i))).collect();
    (standing, waived, notes)
}

/// Of the waivers that cover an item, the one that ends last.
fn covering(case: &Case<'_>, waivers: &[Waiver], finding: &Finding, datum: &Datum) -> Option<usize> {
    waivers
        .iter()
        .enumerate()
        .filter(|(_, w)| w.until >= case.day)
        .filter(|(_, w)| is_at(case.sources, w, finding, datum))
        .filter(|(i, _)| law_waives(case.law, *i, datum))
        .max_by_key(|(i, w)| (w.until, std::cmp::Reverse(*i)))
        .map(|(i, _)| i)
}

fn law_waives(law: &dyn Law, waiver: usize, datum: &Datum) -> bool {
    law.waives(waiver, &datum.claim)
}

/// Whether the arrival, or code on the path, lies at or below the waiver's place.
fn is_at(sources: &SourceMap, waiver: &Waiver, finding: &Finding, datum: &Datum) -> bool {
    match &waiver.at {
        // The policy's own check asks for a place wherever one is needed.
        None => matches!(finding.rule, Rule::R08 | Rule::R09 | Rule::R11 | Rule::R13),
        Some(Place::Rust(path)) => {
            let functions = datum.path.iter().map(|s| s.function.as_str());
            let krate = &finding.arrival.krate;
            functions.chain([finding.arrival.function.as_str()]).any(|f| is_below(f, path, krate))
        }
        Some(Place::Name(parts)) => {
            let symbol: Vec<&str> = finding.arrival.symbol.split('.').collect();
            let entry: Vec<&str> = datum.entry.split('.').collect();
            let named =
                [symbol, entry].iter().any(|s| s.len() >= parts.len() && s.iter().zip(parts).all(|(a, b)| a == b));
            named || parts.as_slice() == [finding.arrival.krate.as_str()]
        }
        Some(Place::Files(glob)) => glob_matches(glob, sources.path(finding.arrival.span.file)),
    }
}

/// Whether `crate::a::f` lies at or below `crate::a`; a crate's own name stands for `crate` in that crate.
fn is_below(function: &str, path: &[String], krate: &str) -> bool {
    let mut function = function.split("::");
    let mut path = path.iter();
    match (function.next(), path.next()) {
        (Some(root), Some(first)) if root == first || (root == "crate" && first == krate) => {}
        (Some(root), Some(first)) if first == "crate" && root == krate => {}
        _ => return false,
    }
    path.all(|segment| function.next() == Some(segment))
}

fn note(day: Date, waiver: &Waiver, used: bool) -> Option<Diagnostic> {
    let left = day.days_until(waiver.until);
    let until = waiver.until;
    let name = &waiver.name;
    if left < 0 {
        let message = format!("waiver `{name}` ended on {until}");
        return Some(
            Diagnostic::warning(WAIVER_OVER, message, waiver.span, "it waives nothing any more")
                .help(format!("remove it, or ask {} for a new date", waiver.owner)),
        );
    }
    if !used {
        let message = format!("waiver `{name}` waives nothing");
        return Some(
            Diagnostic::warning(WAIVER_UNUSED, message, waiver.span, "no finding lies within it")
                .help("remove it: what it excused is gone, or its place is misspelt".to_owned()),
        );
    }
    if left > WARN_DAYS {
        return None;
    }
    let days = if left == 1 { "1 day".to_owned() } else { format!("{left} days") };
    let message = format!("waiver `{name}` ends on {until}");
    Some(Diagnostic::warning(
        WAIVER_ENDS,
        message,
        waiver.span,
        format!("{days} left; {} answers for it", waiver.owner),
    ))
}

/// A waiver's date has passed.
const WAIVER_OVER: &str = "W01";
/// A waiver matches no finding.
const WAIVER_UNUSED: &str = "W02";
/// A waiver ends within [`WARN_DAYS`].
const WAIVER_ENDS: &str = "W03";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_matched_at_and_below() {
        let path = |p: &str| p.split("::").map(str::to_owned).collect::<Vec<_>>();
        assert!(is_below("crate::a::b::f", &path("crate::a"), "shop"));
        assert!(is_below("crate::a::b", &path("shop::a::b"), "shop"));
        assert!(!is_below("crate::ab", &path("crate::a"), "shop"));
        assert!(!is_below("crate::a", &path("crate::a::b"), "shop"));
        assert!(!is_below("crate::a::b", &path("mail::a"), "shop"));
    }
}
