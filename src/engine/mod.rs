//! The order of things: parse, link, follow, judge.

use crate::diag::Diagnostic;
use crate::flow::{Confidence, Stats};
use crate::ir;
use crate::judge::Judged;
use crate::policy::Date;
use crate::project::Inputs;

/// What the command asks for.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The day for contracts and waivers.
    pub day: Date,
    /// Findings below this are counted and not shown.
    pub confidence: Confidence,
}

/// What came out.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Problems with the policy (`P..`) and the bindings (`B..`).
    pub diagnostics: Vec<Diagnostic>,
    /// The policy, unless it is broken.
    pub policy: Option<crate::policy::Policy>,
    /// The judged flows.
    pub judged: Judged,
    /// What front ends and engine did not understand.
    pub gaps: Vec<ir::Gap>,
    /// Numbers for the coverage.
    pub stats: Stats,
}

/// Checks one policy root.
#[must_use]
pub fn analyze(inputs: &Inputs, _options: &Options) -> Outcome {
    let files: Vec<crate::policy::PolicyFile<'_>> = inputs
        .policy
        .iter()
        .filter_map(|&id| {
            let file = inputs.sources.get(id)?;
            Some(crate::policy::PolicyFile { file: id, path: &file.path, text: &file.text })
        })
        .collect();
    let (policy, diagnostics) = crate::policy::load(&files);
    Outcome { diagnostics, policy, ..Outcome::default() }
}

/// Stages that can be printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// What the front ends made of the files.
    Unit,
    /// The flows that were found.
    Flow,
}

/// What a stage made of the inputs, as text.
#[must_use]
pub fn dump(_inputs: &Inputs, _stage: Stage) -> Option<String> {
    None
}
