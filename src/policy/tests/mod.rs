//! Tests of the language as a whole, on the example of a payment company that is printed in its documentation.

mod advice;
mod decide;
mod edits;
mod errors;
mod example;
mod format;
mod hostile;
mod laws;
mod pages;

use crate::diag::Diagnostic;
use crate::source::{FileId, SourceMap};

use super::*;

/// The policy a privacy team writes.
pub(super) const PRIVACY: &str = include_str!("privacy.purlin");
/// The bindings engineers write.
pub(super) const BINDINGS: &str = include_str!("bindings.purlin");

/// Loads one file.
pub(super) fn try_load(text: &str) -> (Option<Policy>, Vec<Diagnostic>) {
    load(&[PolicyFile { file: FileId(0), path: "privacy.purlin", text }])
}

/// Loads one file that must be without error; the header is added.
pub(super) fn policy(text: &str) -> Policy {
    let text = format!("purlin 1\n{text}");
    let (policy, found) = try_load(&text);
    policy.unwrap_or_else(|| panic!("{}", show(&text, &found)))
}

/// The example of the documentation.
pub(super) fn example() -> Policy {
    let files = [
        PolicyFile { file: FileId(0), path: "bindings.purlin", text: BINDINGS },
        PolicyFile { file: FileId(1), path: "privacy.purlin", text: PRIVACY },
    ];
    let (policy, found) = load(&files);
    policy.unwrap_or_else(|| panic!("{found:#?}"))
}

/// Diagnostics as one block of text: place, message, labels, help.
pub(super) fn show(text: &str, found: &[Diagnostic]) -> String {
    let mut map = SourceMap::default();
    map.add("privacy.purlin", text);
    let mut out = String::new();
    for d in found {
        let kind = match d.severity {
            crate::diag::Severity::Error => "error",
            crate::diag::Severity::Warning => "warning",
        };
        out.push_str(&format!("{kind}[{}]: {}\n", d.code, d.message));
        for l in &d.labels {
            let at = map.start(l.span);
            out.push_str(&format!("  {}:{} `{}` {}\n", at.line, at.column, map.text(l.span), l.text));
        }
        for h in &d.help {
            out.push_str(&format!("  = {h}\n"));
        }
    }
    out
}

/// A day long before the contracts of the example end.
pub(super) fn today() -> Date {
    Date::parse("2026-06-01").unwrap()
}
