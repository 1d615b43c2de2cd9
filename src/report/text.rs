//! The report for people. The only file beside the command that names `miette`.
//!
//! `miette` draws the snippets, one for each file of a path, because it cannot put labels of two files into one;
//! headline and the lines below the snippets are ours. It would scan a file from its beginning for every
//! snippet, so `Indexed` answers it from our index of lines.

use std::fmt::{self, Write};

use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents, SourceCode, SourceSpan,
    SpanContents, ThemeCharacters, ThemeStyles,
};

use super::common::common;
use super::rows::plainest;
use super::summary::{CLEAN, coverage_line, result};
use super::{Rendered, Report, Wish};
use crate::diag::{Diagnostic, Severity, count};
use crate::flow::{Confidence, Reason, Step};
use crate::judge::rules::headline;
use crate::judge::{Branch, Datum, Finding, GAPS, Gap, Gone, Judged, Waived};
use crate::policy::Rule;
use crate::source::{FileId, SourceFile, SourceMap, Span};

/// Width of the text, in columns; snippets of longer lines are as wide as the code.
const WIDTH: usize = 100;
/// Lines of code longer than this are named and not drawn: generated code would fill the screen.
const LONG_LINE: usize = 400;
/// Steps of one path that are drawn.
const STEPS: usize = 12;
/// Further data of a finding that is listed.
const MORE_DATA: usize = 8;
/// Entries of the baseline that are gone and listed unless all are asked for.
const GONE_SHOWN: usize = 10;
/// Gaps of each kind that are listed unless all are asked for.
const GAPS_SHOWN: usize = 3;

/// How to draw.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// With colours.
    pub color: bool,
    /// With box-drawing characters rather than plain ones.
    pub unicode: bool,
    /// List every gap.
    pub all_gaps: bool,
    /// Findings and the last lines only.
    pub quiet: bool,
}

/// A place in a snippet, and what is said of it.
pub(super) struct Label {
    pub span: Span,
    pub text: String,
    pub primary: bool,
}

/// One file and its labels.
type Snippet = (FileId, Vec<Label>);

/// Whether all that is said of two findings is the same but for the name of the purpose, and where that stands.
fn is_likewise(one: &Finding, other: &Finding) -> bool {
    let said = |f: &Finding| {
        let own = f.purpose_name.as_ref().map(|name| format!("`{name}`"));
        let without = |text: &String| own.as_ref().map_or_else(|| text.clone(), |own| text.replace(own, "``"));
        let notes = f.also.iter().map(|a| (a.rule, a.note.as_ref().map(without))).collect::<Vec<_>>();
        (without(&f.message), f.help.iter().map(without).collect::<Vec<_>>(), notes)
    };
    // A promise is no part of a purpose.
    let promise = |f: &Finding| f.clause.filter(|_| f.rule == Rule::R10);
    (one.rule, one.severity, one.verb, &one.target_name, &one.arrival, &one.checked, &one.law, promise(one))
        == (
            other.rule,
            other.severity,
            other.verb,
            &other.target_name,
            &other.arrival,
            &other.checked,
            &other.law,
            promise(other),
        )
        && one.purpose != other.purpose
        && said(one) == said(other)
        && one.data.len() == other.data.len()
        && one.data.iter().zip(&other.data).all(|(a, b)| is_same(a, b))
}

/// Whether two items of data differ in nothing but the question that was put to the policy.
fn is_same(a: &Datum, b: &Datum) -> bool {
    (&a.category, &a.subject, &a.entry, a.labelled, &a.codes)
        == (&b.category, &b.subject, &b.entry, b.labelled, &b.codes)
        && (&a.transforms, a.derived, a.confidence, &a.reason) == (&b.transforms, b.derived, b.confidence, &b.reason)
        && (&a.path, a.paths_total) == (&b.path, b.paths_total)
}

/// Adds a label to the snippet of its file; files keep the order in which they are met.
fn add_label(files: &mut Vec<Snippet>, label: Label) {
    match files.iter_mut().find(|(file, _)| *file == label.span.file) {
        Some((_, labels)) => labels.push(label),
        None => files.push((label.span.file, vec![label])),
    }
}

/// The text for one or several policy roots.
///
/// # Errors
/// Never.
pub fn render(reports: &[Report<'_>], wish: Wish) -> Rendered {
    let mut out = String::new();
    for report in reports {
        // Writing to a string cannot fail.
        let _ = Text::new(report.sources, wish.style).report(&mut out, report);
    }
    Ok(out)
}

/// Renders reports.
pub struct Text<'a> {
    sources: &'a SourceMap,
    style: Style,
    handler: GraphicalReportHandler,
}

impl<'a> Text<'a> {
    /// A renderer over these texts.
    #[must_use]
    pub fn new(sources: &'a SourceMap, style: Style) -> Self {
        let characters = if style.unicode { ThemeCharacters::unicode() } else { ThemeCharacters::ascii() };
        let styles = if style.color { ThemeStyles::ansi() } else { ThemeStyles::none() };
        let handler = GraphicalReportHandler::new_themed(GraphicalTheme { characters, styles })
            .with_width(WIDTH)
            .with_links(false)
            .with_context_lines(0)
            .without_syntax_highlighting();
        Self { sources, style, handler }
    }

    /// The whole report.
    ///
    /// # Errors
    /// Only if writing to `out` fails.
    pub fn report(&self, out: &mut String, report: &Report<'_>) -> fmt::Result {
        self.findings(out, &report.judged.findings)?;
        for diagnostic in report.diagnostics {
            self.diagnostic(out, diagnostic)?;
        }
        if !self.style.quiet {
            for waived in &report.judged.waived {
                self.waived(out, waived)?;
            }
            for note in &report.judged.notes {
                self.diagnostic(out, note)?;
            }
            self.gone(out, &report.judged.gone)?;
            self.gaps(out, report.judged)?;
            self.relied_on(out, report)?;
            if let Some(branch) = &report.judged.branch {
                self.branch(out, branch)?;
            }
        }
        self.in_common(out, &report.judged.findings)?;
        self.last_lines(out, report)
    }

    /// Findings, in the order of a report.
    ///
    /// # Errors
    /// Only if writing to `out` fails.
    pub fn findings(&self, out: &mut String, findings: &[Finding]) -> fmt::Result {
        findings.chunk_by(is_likewise).try_for_each(|alike| self.finding(out, alike))
    }

    /// A finding, and those that differ from it in nothing but the purpose.
    fn finding(&self, out: &mut String, alike: &[Finding]) -> fmt::Result {
        let [finding, likewise @ ..] = alike else { return Ok(()) };
        let purposes: Vec<String> =
            likewise.iter().filter_map(|f| Some(format!("`{}`", f.purpose_name.as_ref()?))).collect();
        let message = match purposes.as_slice() {
            [] => finding.message.clone(),
            more => format!("{}, and likewise for {}", finding.message, more.join(", ")),
        };
        self.headline(out, finding.severity, finding.rule.code(), &message)?;
        // Of several paths the plainest is drawn.
        let Some(first) = plainest(finding) else { return writeln!(out) };
        let others: Vec<&Datum> = finding.data.iter().filter(|d| !std::ptr::eq(*d, first)).collect();
        // What is read in the same place is shown there.
        let beside = others.iter().filter_map(|d| if d.path.len() == 1 { d.path.first() } else { None });
        self.path(out, &first.path, beside, finding.severity)?;
        if let Some(purpose) = &finding.purpose_name {
            self.row(out, "runs for", purpose, finding.purpose_at)?;
        }
        for other in likewise {
            self.row(out, "", other.purpose_name.as_deref().unwrap_or_default(), other.purpose_at)?;
        }
        self.datum(out, first, finding.rule, true)?;
        for datum in others.iter().take(MORE_DATA) {
            self.datum(out, datum, finding.rule, false)?;
        }
        if others.len() > MORE_DATA {
            self.row(out, "", &format!("and {} more", others.len() - MORE_DATA), None)?;
        }
        if let Some(clause) = finding.clause {
            let key = if finding.rule == Rule::R10 { "promise" } else { "clause" };
            self.clause(out, key, clause)?;
        }
        for also in &finding.also {
            let key = format!("also {}", also.rule.code());
            match (&also.note, also.clause) {
                (Some(note), at) => self.row(out, &key, note, at)?,
                (None, Some(clause)) => self.clause(out, &key, clause)?,
                (None, None) => self.row(out, &key, headline(also.rule), None)?,
            }
        }
        self.doubts(out, first, &others)?;
        if let Some(checked) = &finding.checked {
            self.row(out, "checked", &checked.text, checked.at)?;
        }
        self.row(out, "law", &laws(&finding.law), None)?;
        for help in &finding.help {
            self.row(out, "do", help, None)?;
        }
        writeln!(out)
    }

    /// One item of data, and what it breaks where that is not what the headline says.
    fn datum(&self, out: &mut String, datum: &Datum, headline: Rule, first: bool) -> fmt::Result {
        let mut text = format!("{} from {}", datum.label(), datum.entry);
        if !datum.transforms.is_empty() {
            let _ = write!(text, ", through {}", datum.transforms.join(", "));
        }
        if datum.derived {
            text.push_str(", derived");
        }
        if let Some(code) = datum.codes.first().filter(|_| !datum.codes.contains(&headline)) {
            let _ = write!(text, ", {}", code.code());
        }
        if datum.paths_total > 1 {
            let _ = write!(text, ", on {} paths", datum.paths_total);
        }
        if !first && let [step, _, ..] = datum.path.as_slice() {
            let _ = write!(text, ", read at {}", self.place(step.span));
        }
        self.row(out, if first { "data" } else { "" }, &text, Some(datum.labelled))
    }

    /// How sure the shown data is, where it is not certain; what is in doubt for the same reason stands together.
    fn doubts(&self, out: &mut String, first: &Datum, others: &[&Datum]) -> fmt::Result {
        let shown: Vec<&Datum> = std::iter::once(first).chain(others.iter().take(MORE_DATA).copied()).collect();
        let mut groups: Vec<(Confidence, &Reason, Vec<&str>)> = Vec::new();
        for datum in &shown {
            let Some(reason) = &datum.reason else { continue };
            match groups.iter_mut().find(|(sure, why, _)| (*sure, *why) == (datum.confidence, reason)) {
                Some((.., entries)) => entries.push(&datum.entry),
                None => groups.push((datum.confidence, reason, vec![&datum.entry])),
            }
        }
        for (i, (sure, reason, entries)) in groups.iter().enumerate() {
            let whom =
                if entries.len() == shown.len() { String::new() } else { format!(" for {}", entries.join(", ")) };
            let key = if i == 0 { "confidence" } else { "" };
            self.row(out, key, &format!("{}{whom}: {}", sure.name(), reason.what), reason.at)?;
        }
        Ok(())
    }

    /// The steps of a path, numbered, in snippets that are read from top to bottom: where the path goes up in a file, or to
    /// another one, the next begins.
    pub(super) fn path<'s>(
        &self,
        out: &mut String,
        path: &[Step],
        beside: impl Iterator<Item = &'s Step>,
        severity: Severity,
    ) -> fmt::Result {
        let mut steps: Vec<&Step> = Vec::new();
        for step in path {
            if steps.last().is_none_or(|last| last.span != step.span || last.what != step.what) {
                steps.push(step);
            }
        }
        let total = steps.len();
        let left_out = total.saturating_sub(STEPS);
        let (head, tail) = (STEPS / 2, STEPS - STEPS / 2);
        let mut files: Vec<Snippet> = Vec::new();
        for (i, step) in steps.iter().enumerate() {
            if left_out > 0 && i >= head && i < total - tail {
                continue;
            }
            let text = if total == 1 { step.what.to_string() } else { format!("{}. {}", i + 1, step.what) };
            let label = Label { span: step.span, text, primary: i + 1 == total };
            match files.last_mut().filter(|(file, labels)| self.goes_on(*file, labels, step.span)) {
                Some((_, labels)) => labels.push(label),
                None => files.push((step.span.file, vec![label])),
            }
        }
        for step in beside {
            if files.iter().any(|(file, _)| *file == step.span.file) {
                add_label(&mut files, Label { span: step.span, text: step.what.to_string(), primary: false });
            }
        }
        for (file, labels) in files {
            self.snippet(out, file, labels, severity)?;
        }
        if left_out > 0 {
            self.row(
                out,
                "path",
                &format!("{left_out} steps in the middle are left out; --format json has them"),
                None,
            )?;
        }
        Ok(())
    }

    /// Whether a step stands in a snippet's file, on the line of its last step or below.
    fn goes_on(&self, file: FileId, labels: &[Label], next: Span) -> bool {
        let line = |span: Span| self.sources.start(span).line;
        file == next.file && labels.last().is_none_or(|last| line(last.span) <= line(next))
    }

    /// A problem with an input.
    ///
    /// # Errors
    /// Only if writing to `out` fails.
    pub fn diagnostic(&self, out: &mut String, diagnostic: &Diagnostic) -> fmt::Result {
        self.headline(out, diagnostic.severity, diagnostic.code, &diagnostic.message)?;
        let mut files: Vec<Snippet> = Vec::new();
        for (i, label) in diagnostic.labels.iter().enumerate() {
            add_label(&mut files, Label { span: label.span, text: label.text.clone(), primary: i == 0 });
        }
        for (file, labels) in files {
            self.snippet(out, file, labels, diagnostic.severity)?;
        }
        for help in &diagnostic.help {
            self.row(out, "help", help, None)?;
        }
        writeln!(out)
    }

    fn waived(&self, out: &mut String, waived: &Waived) -> fmt::Result {
        let finding = &waived.finding;
        let kind = if finding.rule == Rule::R10 { "promise waived" } else { "waived" };
        let tag = format!("{kind}[{}]", finding.rule.code());
        let text = format!("{}: {}", self.paint("36;1", &tag), finding.message);
        self.wrapped(out, &text, 0)?;
        self.row(out, "at", &self.place(finding.arrival.span), None)?;
        let left = match waived.days_left {
            0 => "its last day".to_owned(),
            1 => "1 day left".to_owned(),
            days => format!("{days} days left"),
        };
        let text = format!("{}: {} ({}, until {}, {left})", waived.waiver, waived.because, waived.owner, waived.until);
        self.row(out, "waiver", &text, Some(waived.span))?;
        writeln!(out)
    }

    /// Entries of the baseline that are not needed any more.
    fn gone(&self, out: &mut String, gone: &[Gone]) -> fmt::Result {
        if gone.is_empty() {
            return Ok(());
        }
        let tag = self.paint("32", "gone");
        writeln!(out, "{tag} from the baseline ({}): `purlin baseline update` takes them out", gone.len())?;
        let shown = if self.style.all_gaps { usize::MAX } else { GONE_SHOWN };
        for gone in gone.iter().take(shown) {
            let left =
                if gone.left > 0 { format!(" ({} of {} left)", gone.left, gone.entry.count) } else { String::new() };
            let line = format!("  {} in `{}`: {}{left}", gone.entry.rule, gone.entry.at, gone.entry.what);
            self.wrapped(out, &line, 6)?;
        }
        if gone.len() > shown {
            writeln!(out, "  and {} more; --gaps lists them", gone.len() - shown)?;
        }
        writeln!(out)
    }

    /// What a branch asks a reviewer to believe.
    fn branch(&self, out: &mut String, branch: &Branch) -> fmt::Result {
        for relied in &branch.relied_on {
            let name = if relied.name.is_empty() { String::new() } else { format!(" {}", relied.name) };
            let places: Vec<String> = relied.places.iter().map(|s| self.place_of_line(*s)).collect();
            let line = format!("relied on, new since {}: {}{name} ({})", branch.base, relied.kind, places.join(", "));
            self.wrapped(out, &line, 2)?;
        }
        for entry in &branch.baseline {
            let line = format!(
                "added to the baseline since {}: {} in `{}`: {}",
                branch.base, entry.rule, entry.at, entry.what
            );
            self.wrapped(out, &line, 2)?;
        }
        Ok(())
    }

    fn gaps(&self, out: &mut String, judged: &Judged) -> fmt::Result {
        let mut any = false;
        for (code, name, what) in GAPS {
            let of_kind: Vec<&Gap> = judged.gaps.iter().filter(|g| g.code == code).collect();
            let places: usize = of_kind.iter().map(|g| g.count).sum();
            if places == 0 {
                continue;
            }
            any = true;
            let (word, color) = match judged.severities.of_gap(code) {
                Some(severity) => tag_of(severity),
                None => ("gap", "33"),
            };
            writeln!(out, "{} {name} ({places}): {what}", self.paint(color, &format!("{word}[{code}]")))?;
            let shown = if self.style.all_gaps { usize::MAX } else { GAPS_SHOWN };
            for gap in of_kind.iter().take(shown) {
                let at = gap.span.map_or_else(String::new, |s| format!("{}: ", self.place(s)));
                let count = if gap.count > 1 { format!(" (at {} places)", gap.count) } else { String::new() };
                let line = format!("{at}{}{count}", gap.what);
                self.wrapped(out, &format!("  {line}"), 6)?;
            }
            if of_kind.len() > shown {
                writeln!(out, "  and {} more; --gaps lists them", of_kind.len() - shown)?;
            }
        }
        if any { writeln!(out) } else { Ok(()) }
    }

    fn relied_on(&self, out: &mut String, report: &Report<'_>) -> fmt::Result {
        let mut kinds: Vec<(&str, usize, usize)> = Vec::new();
        for relied in &report.judged.relied_on {
            match kinds.iter_mut().find(|(kind, ..)| *kind == relied.kind) {
                Some((_, names, lines)) => {
                    *names += 1;
                    *lines += relied.places.len();
                }
                None => kinds.push((relied.kind, 1, relied.places.len())),
            }
        }
        if kinds.is_empty() {
            return Ok(());
        }
        let said: Vec<String> = kinds
            .iter()
            .map(|(kind, names, lines)| match *kind {
                "transform" | "guard" => format!("{kind} {names} (in {})", count(*lines, "line")),
                _ => format!("{kind} {lines}"),
            })
            .collect();
        let line = format!("relied on, as engineers' lines say: {}", said.join(", "));
        self.wrapped(out, &line, 2)
    }

    /// Where many findings come past one place.
    fn in_common(&self, out: &mut String, findings: &[Finding]) -> fmt::Result {
        for place in common(findings) {
            let (at, what) = (self.place(place.step.span), &place.step.what);
            let line = format!(
                "{} of these come past one place, where a change may end them all: {at}, {what}",
                place.findings
            );
            self.wrapped(out, &line, 2)?;
        }
        Ok(())
    }

    /// What it came to, and what was seen.
    pub(super) fn last_lines(&self, out: &mut String, report: &Report<'_>) -> fmt::Result {
        let root = if report.root.is_empty() { String::new() } else { format!("{}: ", report.root) };
        let (result, rest) = result(report);
        let color = if result == CLEAN { "32;1" } else { "31;1" };
        writeln!(out, "{root}{}{rest}", self.paint(color, &result))?;
        self.wrapped(out, &self.paint("2", &coverage_line(report)), 2)
    }

    fn headline(&self, out: &mut String, severity: Severity, code: &str, message: &str) -> fmt::Result {
        let (word, color) = tag_of(severity);
        let tag = format!("{word}[{code}]");
        let text = format!("{}: {}", self.paint(color, &tag), self.paint("1", message));
        self.wrapped(out, &text, 2)
    }

    /// `= key  text  (place)`, wrapped under its text.
    pub(super) fn row(&self, out: &mut String, key: &str, text: &str, at: Option<Span>) -> fmt::Result {
        let mut lines = wrap(text, WIDTH - ROW, WIDTH - ROW);
        if let Some(at) = at {
            let place = format!("({})", self.place_of_line(at));
            match lines.last_mut() {
                Some(last) if visible(last) + 2 + visible(&place) <= WIDTH - ROW => *last = format!("{last}  {place}"),
                _ => lines.push(place),
            }
        }
        let lead = if key.is_empty() { "  " } else { "= " };
        for (i, line) in lines.iter().enumerate() {
            if i == 0 {
                writeln!(out, "  {}{} {line}", self.paint("36", lead), self.paint("36", &format!("{key:<10}")))?;
            } else {
                writeln!(out, "{:ROW$}{line}", "")?;
            }
        }
        Ok(())
    }

    /// A clause of the policy: its text as written, and where.
    fn clause(&self, out: &mut String, key: &str, clause: Span) -> fmt::Result {
        let text = self.sources.text(clause).split_whitespace().collect::<Vec<_>>().join(" ");
        // A whole declaration is named by its head.
        let text = text.split_once('{').map_or(text.as_str(), |(head, _)| head.trim_end());
        self.row(out, key, text, Some(clause))
    }

    pub(super) fn snippet(
        &self,
        out: &mut String,
        file: FileId,
        labels: Vec<Label>,
        severity: Severity,
    ) -> fmt::Result {
        let Some(source) = self.sources.get(file) else { return Ok(()) };
        let too_long = |span: Span| {
            let (lo, hi) = source.line_range(source.line_index(span.lo));
            hi - lo > LONG_LINE
        };
        let (plain, drawn): (Vec<_>, Vec<_>) =
            labels.into_iter().partition(|l| source.text.is_empty() || too_long(l.span));
        if !drawn.is_empty() {
            let labels = drawn.into_iter().map(|Label { span, text, primary }| {
                // Only the first line of what is meant: a label over ten lines hides what it points at.
                let (_, end) = source.line_range(source.line_index(span.lo));
                let lo = (span.lo as usize).min(source.text.len());
                let len = (span.hi as usize).min(end).saturating_sub(lo).max(usize::from(lo < end));
                let text = (!text.is_empty()).then_some(text);
                let at = SourceSpan::new(lo.into(), len);
                if primary {
                    LabeledSpan::new_primary_with_span(text, at)
                } else {
                    LabeledSpan::new_with_span(text, at)
                }
            });
            let severity = match severity {
                Severity::Error => miette::Severity::Error,
                Severity::Warning => miette::Severity::Warning,
            };
            let drawing = Drawing { labels: labels.collect(), severity, source: Indexed(source) };
            let mut text = String::new();
            self.handler.render_report(&mut text, &drawing)?;
            // The first line is the handler's own headline, which is empty here.
            out.push_str(text.split_once('\n').map_or("", |(_, rest)| rest));
        }
        for Label { span, text, .. } in plain {
            writeln!(out, "  {} {}: {text}", if self.style.unicode { "→" } else { "->" }, self.place(span))?;
        }
        Ok(())
    }

    fn place(&self, span: Span) -> String {
        self.sources.show(span)
    }

    pub(super) fn place_of_line(&self, span: Span) -> String {
        format!("{}:{}", self.sources.path(span.file), self.sources.start(span).line)
    }

    pub(super) fn paint(&self, sgr: &str, text: &str) -> String {
        if self.style.color { format!("\u{1b}[{sgr}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    /// A text of ours, wrapped, with its further lines indented.
    pub(super) fn wrapped(&self, out: &mut String, text: &str, indent: usize) -> fmt::Result {
        for (i, line) in wrap(text, WIDTH, WIDTH - indent).into_iter().enumerate() {
            writeln!(out, "{:width$}{line}", "", width = if i == 0 { 0 } else { indent })?;
        }
        Ok(())
    }
}

/// Labels this many lines apart are drawn in one snippet, with the lines between them.
const NEAR: usize = 7;
/// Column at which the text of a row begins.
const ROW: usize = 15;

/// The word for a severity, and its colour.
fn tag_of(severity: Severity) -> (&'static str, &'static str) {
    let color = match severity {
        Severity::Error => "31;1",
        Severity::Warning => "33;1",
    };
    (super::severity(severity), color)
}

fn laws(law: &[String]) -> String {
    let short: Vec<&str> = law.iter().map(|l| l.strip_prefix("GDPR Art. ").unwrap_or(l)).collect();
    format!("GDPR Art. {}", short.join(", "))
}

/// Breaks a text at spaces into lines of at most so many columns; longer words stay whole, colours do not count.
fn wrap(text: &str, first: usize, rest: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    let mut width = first;
    for (i, word) in text.split(' ').enumerate() {
        let len = visible(word);
        if used > 0 && used + 1 + len > width {
            lines.push(String::new());
            used = 0;
            width = rest;
        } else if i > 0
            && let Some(line) = lines.last_mut()
        {
            line.push(' ');
            used += 1;
        }
        if let Some(line) = lines.last_mut() {
            line.push_str(word);
            used += len;
        }
    }
    lines
}

/// Number of characters that are seen: all but the escapes of colours.
fn visible(text: &str) -> usize {
    let mut escaped = false;
    text.chars()
        .filter(|c| {
            let seen = !escaped && *c != '\u{1b}';
            escaped = *c == '\u{1b}' || (escaped && *c != 'm');
            seen
        })
        .count()
}

/// Labels together with the text they point into.
#[derive(Debug)]
struct Drawing<'a> {
    labels: Vec<LabeledSpan>,
    severity: miette::Severity,
    source: Indexed<'a>,
}

impl fmt::Display for Drawing<'_> {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}

impl std::error::Error for Drawing<'_> {}

impl miette::Diagnostic for Drawing<'_> {
    fn severity(&self) -> Option<miette::Severity> {
        Some(self.severity)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }
}

/// A text that finds its lines by index.
#[derive(Debug)]
struct Indexed<'a>(&'a SourceFile);

impl SourceCode for Indexed<'_> {
    fn read_span<'s>(
        &'s self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'s> + 's>, MietteError> {
        let file = self.0;
        let (lo, hi) = (span.offset(), span.offset() + span.len());
        if hi > file.text.len() {
            return Err(MietteError::OutOfBounds);
        }
        let line = file.line_index(lo as u32);
        let last = file.line_index(hi.saturating_sub(usize::from(hi > lo)) as u32);
        let start_line = line.saturating_sub(before);
        let (start, _) = file.line_range(start_line);
        let (_, end) = file.line_range((last + after).min(file.line_count().saturating_sub(1)));
        // Without context the column is that of the span itself: it stands in the snippet's head.
        let (start, column) =
            if before == 0 && after == 0 && start < lo { (start, chars(file, start, lo)) } else { (start, 0) };
        let end = end.max(hi);
        let data = file.text.as_bytes().get(start..end).ok_or(MietteError::OutOfBounds)?;
        let at = SourceSpan::new(start.into(), end - start);
        // The number of lines decides only which labels share a snippet: those that stand close.
        let lines = last - start_line + NEAR;
        Ok(Box::new(MietteSpanContents::new_named(file.path.to_string(), data, at, start_line, column, lines)))
    }
}

fn chars(file: &SourceFile, lo: usize, hi: usize) -> usize {
    file.text.get(lo..hi).map_or(0, |s| s.chars().count())
}
