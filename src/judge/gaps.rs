//! Gaps that show only when flows are judged, each said once with the number of its places.

use std::collections::{BTreeMap, BTreeSet};

use super::Case;
use super::finding::Gap;
use super::items::{labels_through, names};
use crate::diag::Diagnostic;
use crate::flow::{Action, Flow};
use crate::ir;
use crate::policy::Verb;
use crate::source::Span;

/// What a crate is given of which nothing is known: the data, and what is called where.
#[derive(Default)]
struct Entrusted<'a> {
    data: BTreeSet<String>,
    places: BTreeMap<Span, &'a str>,
}

/// Gaps by what they say, with the places they are about; and by place, with the data they are about.
#[derive(Default)]
pub(super) struct Gaps {
    said: BTreeMap<(&'static str, String), BTreeSet<Span>>,
    hosts: BTreeMap<(Span, String), BTreeSet<String>>,
    columns: BTreeMap<(Span, String), BTreeSet<String>>,
}

impl Gaps {
    pub(super) fn add(&mut self, code: &'static str, what: String, span: Span) {
        self.said.entry((code, what)).or_default().insert(span);
    }

    /// A flow to a host that is not known.
    pub(super) fn unknown_host(&mut self, flow: &Flow, data: Vec<String>) {
        self.hosts.entry((flow.site.span, flow.site.symbol.to_string())).or_default().extend(data);
    }

    /// A flow to a table, log or router that no binding names.
    pub(super) fn unbound(&mut self, flow: &Flow, name: &str) {
        let what = match flow.action {
            Action::Keep => format!("`{name}` holds personal data and is bound to no store"),
            Action::Show => format!("`{name}` shows personal data and is bound to no audience"),
            Action::Share | Action::Use => format!("`{name}` receives personal data and is bound to no recipient"),
        };
        self.add("G07", what, flow.site.span);
    }

    /// What is given to code of which nothing is known: once for each crate.
    pub(super) fn given_away(&mut self, case: &Case<'_>) {
        let mut found: BTreeMap<(bool, &str), Entrusted<'_>> = BTreeMap::new();
        for given in case.given_away.iter().filter(|g| g.confidence >= case.confidence) {
            let labels = labels_through(case.law, case.labels, &given.entry, &given.transforms);
            if labels.is_empty() {
                continue;
            }
            let entrusted = found.entry((given.outside, given.krate.as_str())).or_default();
            entrusted.data.extend(names(case, &labels));
            entrusted.places.insert(given.span, &given.symbol);
        }
        for ((outside, krate), Entrusted { data, places }) in found {
            let Some((first, symbol)) = places.first_key_value() else { continue };
            let by = if symbol.is_empty() { "a function that is a value".to_owned() } else { format!("`{symbol}`") };
            let more = match places.len() - 1 {
                0 => String::new(),
                1 => " and another".to_owned(),
                n => format!(" and {n} more"),
            };
            let data = list_of(data);
            let what = match outside {
                true => format!("what the crate `{krate}` does with {data} is not known: {by}{more}"),
                false => format!("what `{krate}` calls with {data} is not understood: {by}{more}"),
            };
            self.add("G03", what, *first);
        }
    }

    /// A flow into a column without a label: what is in it is followed no further.
    pub(super) fn unlabelled(&mut self, flow: &Flow, data: Vec<String>) {
        self.columns.entry((flow.site.span, flow.site.symbol.to_string())).or_default().extend(data);
    }

    pub(super) fn into_sorted(mut self) -> Vec<Gap> {
        for ((span, symbol), data) in std::mem::take(&mut self.hosts) {
            let leave = if data.len() == 1 { "leaves" } else { "leave" };
            self.add("G02", format!("{} {leave} by `{symbol}`", list_of(data)), span);
        }
        for ((span, symbol), data) in std::mem::take(&mut self.columns) {
            self.add("G01", format!("`{symbol}` is written with {} and has no label", list_of(data)), span);
        }
        let mut gaps: Vec<Gap> = self
            .said
            .into_iter()
            .map(|((code, what), places)| Gap {
                code,
                span: places.first().copied(),
                what,
                count: places.len(),
                ours: false,
                unread: false,
            })
            .collect();
        gaps.sort();
        gaps
    }
}

/// `a, b, c and 2 more`.
fn list_of(names: BTreeSet<String>) -> String {
    let more = names.len().saturating_sub(3);
    let shown = names.into_iter().take(3).collect::<Vec<_>>().join(", ");
    if more == 0 { shown } else { format!("{shown} and {more} more") }
}

/// The verb of an action.
pub(super) fn verb(action: Action) -> Verb {
    match action {
        Action::Use => Verb::Use,
        Action::Share => Verb::Share,
        Action::Show => Verb::Show,
        Action::Keep => Verb::Keep,
    }
}

/// Gaps of front ends and engine (G03), and bad annotations (B02), which are findings.
#[must_use]
pub fn of_analysis(gaps: &[ir::Gap]) -> (Vec<Gap>, Vec<Diagnostic>) {
    let (mut out, mut bad) = (Vec::new(), Vec::new());
    let mut macros: BTreeMap<&str, BTreeSet<Span>> = BTreeMap::new();
    for gap in gaps {
        if gap.kind == ir::GapKind::Annotation {
            bad.push(Diagnostic::error("B02", gap.what.clone(), gap.span, ""));
            continue;
        }
        // What is said of a macro is said of the macro, and not of each of its calls.
        if gap.kind == ir::GapKind::Macro {
            macros.entry(&gap.what).or_default().insert(gap.span);
            continue;
        }
        let ours = matches!(gap.kind, ir::GapKind::Limit | ir::GapKind::Panic);
        let unread = gap.kind == ir::GapKind::File;
        out.push(Gap { ours, unread, ..Gap::at("G03", gap.span, gap.what.clone()) });
    }
    out.extend(macros.into_iter().map(|(what, places)| Gap {
        code: "G03",
        span: places.first().copied(),
        what: what.to_owned(),
        count: places.len(),
        ours: false,
        unread: false,
    }));
    out.sort();
    out.dedup();
    bad.sort_by(|a, b| {
        (a.labels.first().map(|l| l.span), &a.message).cmp(&(b.labels.first().map(|l| l.span), &b.message))
    });
    (out, bad)
}

/// A table or type of which something is labelled, and of which no code was seen.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unseen {
    /// Its name.
    pub name: String,
    /// The names of what is labelled of it: columns, fields.
    pub labelled: BTreeSet<String>,
    /// Whether it is a table.
    pub table: bool,
    /// The first label.
    pub at: Span,
}

/// Labels of which nothing can be found, since no code was seen that has what they stand at (G04).
#[must_use]
pub fn unseen(list: Vec<Unseen>) -> Vec<Gap> {
    let gap = |u: Unseen| {
        let Unseen { name, labelled, table, at } = u;
        let parts = if labelled.is_empty() { String::new() } else { format!(" ({})", list_of(labelled)) };
        let what = match table {
            true => format!("`{name}` is labelled{parts}, and no statement was seen that reads or writes it"),
            false => format!("`{name}` is labelled{parts}, and no code was seen that has one"),
        };
        Gap::at("G04", at, what)
    };
    list.into_iter().map(gap).collect()
}

/// A line that names something of a library which no code uses (G04).
#[must_use]
pub fn unmet(path: &str, meant: Option<&str>, at: Span) -> Gap {
    let meant = meant.map(|path| format!("; did you mean `{path}`?")).unwrap_or_default();
    Gap::at("G04", at, format!("`{path}` is bound, and no code was seen that uses it{meant}"))
}

/// A table or type of which something looks like personal data.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Alike {
    /// Its name.
    pub name: String,
    /// The columns or fields with the categories that they look like.
    pub parts: Vec<(String, String)>,
    /// The first of them.
    pub at: Span,
}

/// What looks like personal data by its name and has no label (G01).
#[must_use]
pub fn alike(list: Vec<Alike>) -> Vec<Gap> {
    let gap = |a: Alike| {
        let (parts, looks): (BTreeSet<String>, BTreeSet<String>) = a.parts.into_iter().unzip();
        let (look, have) = if parts.len() == 1 { ("looks", "has") } else { ("look", "have") };
        let what = format!("{} of `{}` {look} like {} and {have} no label", list_of(parts), a.name, list_of(looks));
        Gap::at("G01", a.at, what)
    };
    list.into_iter().map(gap).collect()
}

/// Columns that someone hides, as if they held personal data, and that have no label (G01).
#[must_use]
pub fn masked(columns: &[(String, Span)]) -> Vec<Gap> {
    let gap = |(name, span): &(String, Span)| Gap::at("G01", *span, format!("`{name}` is masked and has no label"));
    columns.iter().map(gap).collect()
}
