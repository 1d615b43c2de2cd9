//! Messages about a file as a whole, and about single words: nothing around them needs to be looked at.

use crate::diag::{Diagnostic, suggest};
use crate::source::Span;

/// No `purlin 1`.
pub(crate) fn no_header(span: Span) -> Diagnostic {
    Diagnostic::error("P09", "a policy begins with the version of its language", span, "write above this: purlin 1")
}

/// `purlin 1` twice.
pub(crate) fn second_header(span: Span) -> Diagnostic {
    Diagnostic::error("P09", "the version of the language is said twice", span, "remove this line")
}

/// `purlin 2`.
pub(crate) fn other_version(span: Span, version: &str) -> Diagnostic {
    Diagnostic::error(
        "P09",
        format!("this file is written in version {version} of the language"),
        span,
        "this program knows version 1",
    )
    .help("write: purlin 1, or use a newer Purlin")
}

/// A day that no calendar has.
pub(crate) fn no_such_day(span: Span, said: &str) -> Diagnostic {
    Diagnostic::error("P01", format!("there is no day {said}"), span, "dates are year-month-day: 2027-03-31")
}

/// A number that is too large.
pub(crate) fn too_long(span: Span, said: &str) -> Diagnostic {
    Diagnostic::error("P01", format!("{said} is longer than anybody can promise"), span, "at most 1000000 of a unit")
}

/// Braces in braces in braces.
pub(crate) fn too_deep(span: Span, most: u32) -> Diagnostic {
    Diagnostic::error("P14", "the braces of this declaration nest too deeply", span, format!("at most {most} levels"))
}

/// A file that nobody wrote.
pub(crate) fn too_large(span: Span, bytes: usize) -> Diagnostic {
    Diagnostic::error("P14", format!("this file has {bytes} bytes"), span, "a policy file may have 16 million")
}

/// The rest is not read.
pub(crate) fn too_many(span: Span) -> Diagnostic {
    Diagnostic::error("P14", "there are more errors than can be shown", span, "the file is not read from here on")
}

/// An annotation in code that cannot be read (B02).
pub(crate) fn no_meaning(span: Span, text: &str, first: Option<&str>) -> Diagnostic {
    let kinds = ["purpose", "guard", "transform", "recipient", "store", "audience", "subject", "erasure", "access"];
    let label = first.and_then(|w| suggest(w, kinds)).filter(|s| Some(*s) != first);
    let label = label.map_or(String::new(), |s| format!("did you mean `{s}`?"));
    let said: String = text.trim().chars().take(60).collect();
    Diagnostic::error("B02", format!("`{said}` says nothing about data or purpose"), span, label).help(
        "for example: contact.email of customer, purpose marketing, guard news_opt_in, erasure of customer, not personal",
    )
}

/// A question that is not a flow sentence.
pub(crate) fn no_question(span: Span) -> Diagnostic {
    Diagnostic::error("P01", "this is not a sentence about data", span, "")
        .help("for example: share contact.email of customer with mailgate for marketing")
}
