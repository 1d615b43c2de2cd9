//! Advice about a policy that is valid: it decides nothing.
use super::{Date, Policy};
use crate::diag::Diagnostic;
/// Advice, as of `day`.
#[must_use]
pub fn lint(_policy: &Policy, _day: Date) -> Vec<Diagnostic> {
    Vec::new()
}
/// Codes.
#[must_use]
pub fn codes() -> &'static [(&'static str, &'static str)] {
    &[]
}
