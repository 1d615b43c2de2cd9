//! A report as a list: everything in it that has a severity, and what was taken out of it, in the order of places.
//!
//! The formats for programs other than ours know one kind of entry; this is it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::{Report, pages};
use crate::diag::{Diagnostic, Severity};
use crate::flow::Step;
use crate::judge::{Datum, Finding, GAPS, Gap, Known, Waived, fingerprint_of};
use crate::source::{LineCol, SourceMap, Span};

/// Why an entry does not count.
#[derive(Clone, Copy)]
pub(super) enum State<'a> {
    /// It counts.
    New,
    /// A waiver permits it for a while.
    Waived(&'a Waived),
    /// The baseline knows it.
    Known(&'a Known),
}

/// One entry.
#[derive(Clone)]
pub(super) struct Row<'a> {
    pub sources: &'a SourceMap,
    pub code: &'static str,
    pub name: &'static str,
    pub severity: Severity,
    pub message: Cow<'a, str>,
    pub at: Option<Span>,
    pub help: Vec<Cow<'a, str>>,
    /// Stable under edits; equal for entries that are alike.
    pub fingerprint: String,
    /// Which of the entries with this fingerprint it is, from 1.
    pub nth: usize,
    pub finding: Option<&'a Finding>,
    pub state: State<'a>,
}

impl<'a> Row<'a> {
    /// Path of its file; nothing if it has no place.
    pub(super) fn file(&self) -> Option<&'a str> {
        self.at.map(|at| self.sources.path(at.file))
    }

    /// Its first and the place after its last character, in lines and characters.
    pub(super) fn place(&self) -> Option<(LineCol, LineCol)> {
        self.at.map(|at| (self.sources.start(at), self.sources.end(at)))
    }

    /// The function in which it stands.
    pub(super) fn function(&self) -> &'a str {
        self.finding.map_or("", |f| &f.arrival.function)
    }

    /// `R02 outside-purpose`.
    pub(super) fn rule(&self) -> String {
        format!("{} {}", self.code, self.name)
    }

    /// A fingerprint that no other entry has.
    pub(super) fn unique(&self) -> String {
        if self.nth == 1 { self.fingerprint.clone() } else { format!("{}-{}", self.fingerprint, self.nth) }
    }

    /// The plainest of the paths on which data arrives.
    pub(super) fn path(&self) -> &'a [Step] {
        self.finding.and_then(plainest).map_or(&[], |d| &d.path)
    }

    /// `contact.email of customer`, each kind of data once.
    pub(super) fn data(&self) -> Vec<String> {
        let mut labels: Vec<String> = self.finding.iter().flat_map(|f| &f.data).map(Datum::label).collect();
        labels.sort();
        labels.dedup();
        labels
    }

    /// The text of the clause that decides, on one line, and its place.
    pub(super) fn clause(&self) -> Option<(String, Span)> {
        let span = self.finding?.clause?;
        let text = self.sources.text(span).split_whitespace().collect::<Vec<_>>().join(" ");
        // A whole declaration is named by its head.
        let text = text.split_once('{').map_or(text.as_str(), |(head, _)| head.trim_end());
        Some((text.to_owned(), span))
    }
}

/// Of several items of data the one that is shown first.
pub(super) fn plainest(finding: &Finding) -> Option<&Datum> {
    finding.data.iter().min_by_key(|d| (d.codes.first().map(|c| c.rank()), d.derived, d.path.len()))
}

/// All entries that count.
pub(super) fn rows<'a>(reports: &[Report<'a>]) -> Vec<Row<'a>> {
    let mut rows = Vec::new();
    for report in reports {
        let judged = report.judged;
        rows.extend(judged.findings.iter().map(|f| finding(report, f, State::New)));
        rows.extend(report.diagnostics.iter().chain(&judged.notes).map(|d| diagnostic(report, d)));
        let raised = |g: &'a Gap| Some(gap(report, g, judged.severities.of_gap(g.code)?));
        rows.extend(judged.gaps.iter().filter_map(raised));
    }
    number(&mut rows);
    rows
}

/// The files of which nothing was seen, as far as they do not count already.
pub(super) fn unread<'a>(reports: &[Report<'a>]) -> Vec<Row<'a>> {
    let mut rows = Vec::new();
    for report in reports {
        let gaps = report.judged.gaps.iter();
        let silent = gaps.filter(|g| g.unread && report.judged.severities.of_gap(g.code).is_none());
        rows.extend(silent.map(|g| gap(report, g, Severity::Warning)));
    }
    number(&mut rows);
    rows
}

/// All entries that do not count, because of a waiver or the baseline.
pub(super) fn suppressed<'a>(reports: &[Report<'a>]) -> Vec<Row<'a>> {
    let mut rows = Vec::new();
    for report in reports {
        rows.extend(report.judged.waived.iter().map(|w| finding(report, &w.finding, State::Waived(w))));
        rows.extend(report.judged.known.iter().map(|k| finding(report, &k.finding, State::Known(k))));
    }
    number(&mut rows);
    rows
}

/// Tells entries with the same fingerprint apart.
fn number(rows: &mut [Row<'_>]) {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for row in rows {
        let count = seen.entry(row.fingerprint.clone()).or_insert(0);
        *count += 1;
        row.nth = *count;
    }
}

fn finding<'a>(report: &Report<'a>, finding: &'a Finding, state: State<'a>) -> Row<'a> {
    let checked = finding.checked.as_ref().map(|checked| {
        let at = checked.at.map_or_else(String::new, |s| format!(" ({})", report.sources.show(s)));
        Cow::Owned(format!("checked {}{at}", checked.text))
    });
    Row {
        sources: report.sources,
        code: finding.rule.code(),
        name: finding.rule.name(),
        severity: finding.severity,
        message: Cow::Borrowed(&finding.message),
        at: Some(finding.arrival.span),
        help: finding.help.iter().map(|h| Cow::Borrowed(h.as_str())).chain(checked).collect(),
        fingerprint: finding.fingerprint.clone(),
        nth: 1,
        finding: Some(finding),
        state,
    }
}

fn gap<'a>(report: &Report<'a>, gap: &'a Gap, severity: Severity) -> Row<'a> {
    let path = gap.span.map_or("", |s| report.sources.path(s.file));
    Row {
        sources: report.sources,
        code: gap.code,
        name: GAPS.iter().find(|(code, ..)| *code == gap.code).map_or("", |(_, name, _)| name),
        severity,
        message: Cow::Borrowed(&gap.what),
        at: gap.span,
        help: Vec::new(),
        fingerprint: fingerprint_of(&[gap.code, &gap.what, path]),
        nth: 1,
        finding: None,
        state: State::New,
    }
}

fn diagnostic<'a>(report: &Report<'a>, diagnostic: &'a Diagnostic) -> Row<'a> {
    let at = diagnostic.labels.first().map(|l| l.span);
    let path = at.map_or("", |s| report.sources.path(s.file));
    Row {
        sources: report.sources,
        code: diagnostic.code,
        name: pages::name_of(diagnostic.code),
        severity: diagnostic.severity,
        message: Cow::Borrowed(&diagnostic.message),
        at,
        help: diagnostic.help.iter().map(|h| Cow::Borrowed(h.as_str())).collect(),
        fingerprint: fingerprint_of(&[diagnostic.code, &diagnostic.message, path]),
        nth: 1,
        finding: None,
        state: State::New,
    }
}
