//! Gaps that show only when flows are judged, each said once with the number of its places.

use std::collections::BTreeMap;

use super::finding::Gap;
use crate::diag::Diagnostic;
use crate::flow::{Action, Flow};
use crate::ir;
use crate::policy::Verb;
use crate::source::Span;

/// Gaps by what they say, with the places they are about.
#[derive(Default)]
pub(super) struct Gaps(BTreeMap<(&'static str, String), std::collections::BTreeSet<Span>>);

impl Gaps {
    pub(super) fn add(&mut self, code: &'static str, what: String, span: Span) {
        self.0.entry((code, what)).or_default().insert(span);
    }

    /// A flow to a host that is not known.
    pub(super) fn unknown_host(&mut self, flow: &Flow, data: &str) {
        let what = format!("{data} leaves by `{}` to a host that could not be determined", flow.site.symbol);
        self.add("G02", what, flow.site.span);
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

    /// A flow into a column without a label: what is in it is followed no further.
    pub(super) fn unlabelled(&mut self, flow: &Flow, data: &str) {
        self.add("G01", format!("`{}` is written with {data} and has no label", flow.site.symbol), flow.site.span);
    }

    pub(super) fn into_sorted(self) -> Vec<Gap> {
        let mut gaps: Vec<Gap> = self
            .0
            .into_iter()
            .map(|((code, what), places)| Gap {
                code,
                span: places.first().copied(),
                what,
                count: places.len(),
                ours: false,
            })
            .collect();
        gaps.sort();
        gaps
    }
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
    for gap in gaps {
        if gap.kind == ir::GapKind::Annotation {
            bad.push(Diagnostic::error("B02", gap.what.clone(), gap.span, ""));
            continue;
        }
        let ours = matches!(gap.kind, ir::GapKind::Limit | ir::GapKind::Panic);
        out.push(Gap { code: "G03", span: Some(gap.span), what: gap.what.clone(), count: 1, ours });
    }
    out.sort();
    out.dedup();
    bad.sort_by(|a, b| {
        (a.labels.first().map(|l| l.span), &a.message).cmp(&(b.labels.first().map(|l| l.span), &b.message))
    });
    (out, bad)
}
