//! The report for programs: JSON, version 1, described by `docs/json-v1.schema.json`.
//!
//! The order of keys is part of the format: version, findings, gaps, waived, what is
//! old, what is gone from the baseline, what was relied on, what a branch adds, coverage. Paths
//! are relative to the root of the run, with `/`; lines and columns are 1-based, columns count characters.

use serde::Serialize;

use super::{Rendered, Report, Wish, pages};
use crate::diag::{Diagnostic, Severity};
use crate::flow::{Confidence, Reason, Step};
use crate::judge::{Coverage, Entry, Finding, GAPS, Old, Relied};
use crate::policy::Verb;
use crate::source::{SourceMap, Span};

/// Version of the format; counts up when a reader of the old one would misread the new one.
const VERSION: u32 = 1;

/// The document, in the order of its keys.
#[derive(Serialize)]
pub(super) struct Document {
    version: u32,
    pub findings: Vec<FindingOut>,
    pub gaps: Vec<GapOut>,
    pub waived: Vec<WaivedOut>,
    pub known: Vec<KnownOut>,
    pub gone: Vec<GoneOut>,
    pub relied_on: Vec<ReliedOut>,
    pub branch: Option<BranchOut>,
    pub coverage: CoverageOut,
}

#[derive(Clone, Serialize)]
pub(super) struct FindingOut {
    rule: &'static str,
    name: &'static str,
    severity: Severity,
    confidence: Confidence,
    message: String,
    verb: Option<Verb>,
    purpose: Option<String>,
    target: Option<String>,
    fingerprint: String,
    clause: Option<ClauseOut>,
    law: Vec<String>,
    help: String,
    also: Vec<AlsoOut>,
    arrival: Option<ArrivalOut>,
    data: Vec<DatumOut>,
}

#[derive(Clone, Serialize)]
struct ClauseOut {
    file: String,
    line: u32,
    column: u32,
    text: String,
}

#[derive(Clone, Serialize)]
struct AlsoOut {
    rule: &'static str,
    clause: Option<ClauseOut>,
}

#[derive(Clone, Serialize)]
pub(super) struct PlaceOut {
    file: String,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
}

#[derive(Clone, Serialize)]
struct ArrivalOut {
    #[serde(flatten)]
    place: PlaceOut,
    function: String,
}

#[derive(Clone, Serialize)]
pub(super) struct StepOut {
    #[serde(flatten)]
    place: PlaceOut,
    what: String,
    function: String,
}

#[derive(Clone, Serialize)]
pub(super) struct ReasonOut {
    what: String,
    place: Option<PlaceOut>,
}

#[derive(Clone, Serialize)]
struct DatumOut {
    category: String,
    subject: Option<String>,
    codes: Vec<&'static str>,
    transforms: Vec<String>,
    confidence: Confidence,
    reason: Option<ReasonOut>,
    path: Vec<StepOut>,
    paths_total: u32,
}

#[derive(Serialize)]
pub(super) struct GapOut {
    code: &'static str,
    name: &'static str,
    what: String,
    count: usize,
    place: Option<PlaceOut>,
}

#[derive(Serialize)]
pub(super) struct WaivedOut {
    waiver: String,
    owner: String,
    until: String,
    days_left: i64,
    because: String,
    clause: ClauseOut,
    finding: FindingOut,
}

#[derive(Serialize)]
pub(super) struct KnownOut {
    why: &'static str,
    because: Option<String>,
    finding: FindingOut,
}

#[derive(Serialize)]
pub(super) struct GoneOut {
    fingerprint: String,
    left: usize,
    #[serde(flatten)]
    entry: EntryOut,
}

#[derive(Serialize)]
struct EntryOut {
    rule: String,
    #[serde(rename = "in")]
    at: String,
    what: String,
    data: Vec<String>,
    count: usize,
}

impl EntryOut {
    fn of(entry: &Entry) -> EntryOut {
        EntryOut {
            rule: entry.rule.clone(),
            at: entry.at.clone(),
            what: entry.what.clone(),
            data: entry.data.iter().cloned().collect(),
            count: entry.count,
        }
    }
}

#[derive(Serialize)]
pub(super) struct BranchOut {
    base: String,
    relied_on: Vec<ReliedOut>,
    baseline: Vec<EntryOut>,
}

#[derive(Serialize)]
pub(super) struct ReliedOut {
    kind: &'static str,
    name: String,
    count: usize,
    places: Vec<PlaceOut>,
}

#[derive(Serialize)]
pub(super) struct CoverageOut {
    policy_roots: Vec<String>,
    #[serde(flatten)]
    sum: Coverage,
    gaps: usize,
}

/// The document for one or several policy roots.
///
/// # Errors
/// Only if serialising fails, which it cannot for these types.
pub fn render(reports: &[Report<'_>], _: Wish) -> Rendered {
    let mut text = serde_json::to_string_pretty(&Document::new(reports))?;
    text.push('\n');
    Ok(text)
}

impl Document {
    pub(super) fn new(reports: &[Report<'_>]) -> Document {
        let mut document = Document {
            version: VERSION,
            findings: Vec::new(),
            gaps: Vec::new(),
            waived: Vec::new(),
            known: Vec::new(),
            gone: Vec::new(),
            relied_on: Vec::new(),
            branch: None,
            coverage: CoverageOut { policy_roots: Vec::new(), sum: Coverage::default(), gaps: 0 },
        };
        for report in reports {
            let places = Places(report.sources);
            let judged = report.judged;
            document.findings.extend(judged.findings.iter().map(|f| places.finding(f)));
            document.findings.extend(report.diagnostics.iter().map(|d| places.diagnostic(d)));
            for gap in &judged.gaps {
                document.coverage.gaps += gap.count;
                document.gaps.push(GapOut {
                    code: gap.code,
                    name: GAPS.iter().find(|(code, ..)| *code == gap.code).map_or("", |(_, name, _)| name),
                    what: gap.what.clone(),
                    count: gap.count,
                    place: gap.span.map(|s| places.place(s)),
                });
            }
            for waived in &judged.waived {
                document.waived.push(WaivedOut {
                    waiver: waived.waiver.clone(),
                    owner: waived.owner.clone(),
                    until: waived.until.to_string(),
                    days_left: waived.days_left,
                    because: waived.because.clone(),
                    clause: places.clause(waived.span),
                    finding: places.finding(&waived.finding),
                });
            }
            document.known.extend(judged.known.iter().map(|known| KnownOut {
                why: known.why.word(),
                because: if let Old::Mistaken(because) = &known.why { Some(because.clone()) } else { None },
                finding: places.finding(&known.finding),
            }));
            document.gone.extend(judged.gone.iter().map(|gone| GoneOut {
                fingerprint: gone.fingerprint.clone(),
                left: gone.left,
                entry: EntryOut::of(&gone.entry),
            }));
            document.relied_on.extend(judged.relied_on.iter().map(|r| places.relied(r)));
            if let Some(branch) = &judged.branch {
                let out = document.branch.get_or_insert_with(|| BranchOut {
                    base: branch.base.clone(),
                    relied_on: Vec::new(),
                    baseline: Vec::new(),
                });
                out.relied_on.extend(branch.relied_on.iter().map(|r| places.relied(r)));
                out.baseline.extend(branch.baseline.iter().map(EntryOut::of));
            }
            document.coverage.policy_roots.push(if report.root.is_empty() { "." } else { report.root }.to_owned());
            document.coverage.sum.add(report.coverage);
        }
        document
    }
}

/// Places as programs read them.
pub(super) struct Places<'a>(pub &'a SourceMap);

impl Places<'_> {
    fn finding(&self, finding: &Finding) -> FindingOut {
        FindingOut {
            rule: finding.rule.code(),
            name: finding.rule.name(),
            severity: finding.severity,
            confidence: finding.confidence,
            message: finding.message.clone(),
            verb: Some(finding.verb),
            purpose: finding.purpose_name.clone(),
            target: finding.target_name.clone(),
            fingerprint: finding.fingerprint.clone(),
            clause: finding.clause.map(|s| self.clause(s)),
            law: finding.law.clone(),
            help: self.help(finding),
            also: finding
                .also
                .iter()
                .map(|a| AlsoOut { rule: a.rule.code(), clause: a.clause.map(|s| self.clause(s)) })
                .collect(),
            arrival: Some(ArrivalOut {
                place: self.place(finding.arrival.span),
                function: finding.arrival.function.to_string(),
            }),
            data: finding
                .data
                .iter()
                .map(|d| DatumOut {
                    category: d.category.clone(),
                    subject: d.subject.clone(),
                    codes: d.codes.iter().map(|c| c.code()).collect(),
                    transforms: d.transforms.clone(),
                    confidence: d.confidence,
                    reason: d.reason.as_ref().map(|r| self.reason(r)),
                    path: d.path.iter().map(|s| self.step(s)).collect(),
                    paths_total: d.paths_total,
                })
                .collect(),
        }
    }

    fn relied(&self, relied: &Relied) -> ReliedOut {
        ReliedOut {
            kind: relied.kind,
            name: relied.name.clone(),
            count: relied.places.len(),
            places: relied.places.iter().map(|s| self.place(*s)).collect(),
        }
    }

    fn help(&self, finding: &Finding) -> String {
        let mut lines = finding.help.clone();
        if let Some(checked) = &finding.checked {
            let at = checked.at.map_or_else(String::new, |s| format!(" ({})", self.0.show(s)));
            lines.push(format!("checked {}{at}", checked.text));
        }
        lines.join("\n")
    }

    /// A problem with an input, in the shape of a finding.
    fn diagnostic(&self, diagnostic: &Diagnostic) -> FindingOut {
        let at = diagnostic.labels.first().map(|l| l.span);
        FindingOut {
            rule: diagnostic.code,
            name: pages::name_of(diagnostic.code),
            severity: diagnostic.severity,
            confidence: Confidence::Certain,
            message: diagnostic.message.clone(),
            verb: None,
            purpose: None,
            target: None,
            fingerprint: crate::judge::fingerprint_of(&[
                diagnostic.code,
                &diagnostic.message,
                at.map_or("", |s| self.0.path(s.file)),
            ]),
            clause: at.map(|s| self.clause(s)),
            law: Vec::new(),
            help: diagnostic.help.join("\n"),
            also: Vec::new(),
            arrival: at.map(|s| ArrivalOut { place: self.place(s), function: String::new() }),
            data: Vec::new(),
        }
    }

    pub(super) fn reason(&self, reason: &Reason) -> ReasonOut {
        ReasonOut { what: reason.what.clone(), place: reason.at.map(|s| self.place(s)) }
    }

    pub(super) fn step(&self, step: &Step) -> StepOut {
        StepOut { place: self.place(step.span), what: step.what.to_string(), function: step.function.to_string() }
    }

    pub(super) fn place(&self, span: Span) -> PlaceOut {
        let (start, end) = (self.0.start(span), self.0.end(span));
        PlaceOut {
            file: self.0.path(span.file).to_owned(),
            line: start.line,
            column: start.column,
            end_line: end.line,
            end_column: end.column,
        }
    }

    fn clause(&self, span: Span) -> ClauseOut {
        let start = self.0.start(span);
        let text = self.0.text(span).split_whitespace().collect::<Vec<_>>().join(" ");
        ClauseOut { file: self.0.path(span.file).to_owned(), line: start.line, column: start.column, text }
    }
}
