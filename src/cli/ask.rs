//! What the command asks of the policy language. All of it stands here until that room is furnished.

use crate::diag::Diagnostic;
use crate::policy::Date;
use crate::project::Inputs;
use crate::source::{FileId, SourceFile};

/// The text of a policy that ships in the binary.
#[must_use]
pub fn shipped(_name: &str) -> Option<&'static str> {
    None
}

/// A formatted policy text; the problems if it does not parse.
pub(super) fn format(_id: FileId, _file: &SourceFile) -> Result<String, Vec<Diagnostic>> {
    Err(Vec::new())
}

/// How the tests of a policy came out.
pub(super) struct Tested {
    /// Problems and remarks.
    pub diagnostics: Vec<Diagnostic>,
    /// Number of expectations.
    pub total: usize,
    /// One text for each expectation that failed.
    pub failed: Vec<String>,
}

/// Runs the tests of a policy.
pub(super) fn test(_inputs: &Inputs, _day: Date) -> Tested {
    Tested { diagnostics: Vec::new(), total: 0, failed: Vec::new() }
}

/// The policy's answer to a flow sentence.
pub(super) fn question(_inputs: &Inputs, _sentence: &str, _day: Date) -> Result<String, Vec<Diagnostic>> {
    Err(Vec::new())
}
