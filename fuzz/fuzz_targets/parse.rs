//! No text makes reading, advice, tests or a question panic, hang or point outside of the text.

#![no_main]

use libfuzzer_sys::fuzz_target;
use purlin::diag::Severity;
use purlin::policy::{Date, PolicyFile, lint, load, parse_flow, parse_meaning, run_tests};
use purlin::source::{FileId, Span};

fuzz_target!(|text: &str| {
    let (policy, found) = load(&[PolicyFile { file: FileId(0), path: "p.purlin", text }]);
    for label in found.iter().flat_map(|d| &d.labels) {
        assert!(text.get(label.span.lo as usize..label.span.hi as usize).is_some(), "{label:?}");
    }
    assert_eq!(policy.is_none(), found.iter().any(|d| d.severity == Severity::Error));
    if let (Some(policy), Some(day)) = (policy, Date::new(2026, 6, 1)) {
        let _ = lint(&policy, day);
        let _ = run_tests(&policy, day);
        let last = text.lines().last().unwrap_or("");
        let span = Span::new(FileId(1), 0, last.len() as u32);
        let _ = parse_flow(&policy, last, span);
        let _ = parse_meaning(&policy, last, span);
    }
});
