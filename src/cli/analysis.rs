//! What `check`, `baseline` and `waive` do alike: settle what counts, read, analyse.

use std::path::PathBuf;

use super::Exit;
use super::answer::Answer;
use super::args::Ask;
use super::check::diagnostics;
use super::config::{Said, Settings};
use super::out::Out;
use super::progress::Progress;
use crate::diag::Severity;
use crate::engine::{Options, Watch};
use crate::project::{self, Fatal, Inputs, Place};

/// A run before it is reported.
pub(super) struct Analysis<'a> {
    /// What it goes by.
    pub settings: Settings,
    /// One for each policy root.
    pub answers: Vec<Answer<'a>>,
}

/// What a run reads: the paths with their place, and the command line's settings.
pub(super) struct Reading<'a> {
    pub ask: &'a Ask,
    pub said: Said,
    pub place: Place,
    /// Whether nothing is analysed after it.
    pub last: bool,
}

impl Reading<'_> {
    /// Settles and reads.
    ///
    /// # Errors
    /// Everything that keeps a run from reading, one line each.
    pub(super) fn inputs(&self) -> Result<(Settings, Vec<Inputs>), Vec<String>> {
        let settings = Settings::read(&self.ask.paths, &self.place, &self.said)?;
        let inputs = project::discover_at(&self.ask.request(), &self.place).map_err(|fatal| match fatal {
            Fatal::Config(bad) => bad.0,
            other => vec![other.to_string()],
        })?;
        Ok((settings, inputs))
    }
}

/// Analyses each policy root.
pub(super) fn answers<'a>(
    inputs: &'a [Inputs],
    settings: &Settings,
    reading: &Reading<'_>,
    watch: Watch<'_>,
) -> Vec<Answer<'a>> {
    let options = Options { day: reading.ask.day.date(), confidence: settings.confidence };
    let last = |i: usize| reading.last && i + 1 == inputs.len();
    let mut answers: Vec<Answer<'_>> =
        inputs.iter().enumerate().map(|(i, inputs)| Answer::watched(inputs, &options, watch, last(i))).collect();
    for answer in &mut answers {
        answer.raise(&settings.severities);
    }
    answers
}

/// Reads, analyses and hands the run over, unless something keeps it from that.
pub(super) fn with(reading: &Reading<'_>, out: &Out, then: impl FnOnce(Analysis<'_>) -> Exit) -> Exit {
    let progress = Progress::new(out.watched());
    let (settings, inputs) = match reading.inputs() {
        Ok(read) => read,
        Err(problems) => {
            out.errors(&problems);
            return Exit::Usage;
        }
    };
    if inputs.iter().all(Inputs::is_empty) {
        out.note("note: there is no Rust or SQL file to check; the policy alone was read");
    }
    let answers = answers(&inputs, &settings, reading, &|phase| progress.phase(phase));
    drop(progress);
    let broken: Vec<&Answer<'_>> = answers.iter().filter(|a| a.policy_is_broken()).collect();
    if !broken.is_empty() {
        for answer in broken {
            out.note(&diagnostics(answer.inputs, &answer.policy_problems, Severity::Error, out.note_style()));
        }
        out.note("error: the policy is broken, so nothing was checked");
        return Exit::Usage;
    }
    then(Analysis { settings, answers })
}

/// The file of the baseline of a run, and how it is called: the one that is named, else that of the settings.
pub(super) fn baseline_file(named: Option<&PathBuf>, settings: &Settings) -> (PathBuf, String) {
    match named {
        Some(file) => (file.clone(), file.display().to_string()),
        None => {
            let name = &settings.config.baseline.value;
            (settings.config.path(name), name.clone())
        }
    }
}
