//! Codes that a repository takes more seriously than we do.

use std::collections::BTreeMap;

use super::Judged;
use crate::diag::{Diagnostic, Severity};

/// Codes and the severities to which they are raised. Nothing is ever lowered: what fails a run is for the policy to
/// say, not for the repository that it judges.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Severities(BTreeMap<String, Severity>);

impl Severities {
    /// Raises a code.
    pub fn raise(&mut self, code: &str, to: Severity) {
        let own = self.0.entry(code.to_owned()).or_insert(to);
        *own = to.min(*own);
    }

    /// The severity of a code that has this one by itself.
    #[must_use]
    pub fn of(&self, code: &str, own: Severity) -> Severity {
        self.0.get(code).map_or(own, |raised| own.min(*raised))
    }

    /// The severity of a gap: none unless it was raised.
    #[must_use]
    pub fn of_gap(&self, code: &str) -> Option<Severity> {
        self.0.get(code).copied()
    }

    /// Raises what was found.
    pub(super) fn apply(&self, judged: &mut Judged) {
        for finding in &mut judged.findings {
            finding.severity = self.of(finding.rule.code(), finding.severity);
        }
        for note in &mut judged.notes {
            self.apply_to(note);
        }
    }

    /// Raises a problem.
    pub fn apply_to(&self, diagnostic: &mut Diagnostic) {
        diagnostic.severity = self.of(diagnostic.code, diagnostic.severity);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_severity_is_raised_and_never_lowered() {
        let mut severities = Severities::default();
        severities.raise("W01", Severity::Error);
        severities.raise("R02", Severity::Warning);
        severities.raise("G02", Severity::Warning);
        assert_eq!(severities.of("W01", Severity::Warning), Severity::Error);
        assert_eq!(severities.of("R02", Severity::Error), Severity::Error);
        assert_eq!(severities.of("R03", Severity::Warning), Severity::Warning);
        assert_eq!((severities.of_gap("G02"), severities.of_gap("G03")), (Some(Severity::Warning), None));
    }
}
