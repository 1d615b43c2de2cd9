//! `purlin check --diff-base`: only what a branch brings.
//!
//! The commit where the branch began is analysed like the work tree: by its own policy, bindings and settings, by the
//! same binary, on the same day. What it finds too is old.

use super::analysis::{Analysis, Reading, answers};
use super::answer::Answer;
use super::args::Ask;
use super::baseline_file;
use super::config::Said;
use super::out::Out;
use super::progress::Progress;
use super::scope::moved;
use crate::judge::{Baseline, Branch, Old, Relied, without};
use crate::project::{Place, Repository};
use crate::source::{SourceMap, Span};

/// Takes out of a run what was there at the base, and adds what the branch asks a reviewer to believe.
///
/// # Errors
/// One line that says why there is no base.
pub(super) fn compare(
    revision: &str,
    ask: &Ask,
    baseline: &Baseline,
    analysis: &mut Analysis<'_>,
    out: &Out,
) -> Result<(), String> {
    let repository = Repository::here().map_err(|e| e.to_string())?;
    let state = repository.base(revision).map_err(|e| e.to_string())?;
    let copy = repository.copy(&state).map_err(|e| e.to_string())?;
    for module in &copy.absent {
        out.note(&format!(
            "note: the submodule {module} is not here as it was at {revision}, so that all in it counts as new; in CI, \
             fetch submodules with their history"
        ));
    }
    let there = moved(ask, &copy);
    let place = Place { config: there.which.choice(), at: Some(copy.at()), ..Place::default() };
    let said = Said { confidence: ask.confidence, ..Said::default() };
    let reading = Reading { ask: &there, said, place, last: false };
    let (settings, inputs) = match reading.inputs() {
        Ok(read) => read,
        // Where nothing could be checked, nothing was found: everything is new.
        Err(problems) => {
            out.note(&format!("note: at {revision} nothing could be checked: {}", problems.join("; ")));
            return Ok(());
        }
    };
    let progress = Progress::new(out.watched());
    let base = answers(&inputs, &settings, &reading, &|phase| progress.phase(phase));
    drop(progress);
    if base.iter().any(Answer::policy_is_broken) {
        out.note(&format!("note: the policy at {revision} is broken, so that every finding counts as new"));
        return Ok(());
    }
    let known = Baseline::of(base.iter().flat_map(|a| a.judged.all_findings()));
    let mut run: Vec<_> = analysis.answers.iter_mut().map(|a| &mut a.judged).collect();
    known.sift(&mut run, &Old::Base);
    let problems: Vec<_> = base.iter().flat_map(|a| a.code_problems.iter().cloned()).collect();
    for answer in &mut analysis.answers {
        without(&mut answer.code_problems, &problems);
    }
    let file = settings.config.path(&settings.config.baseline.value);
    let before = baseline_file::read(&file, &settings.config.baseline.value)?.unwrap_or_default();
    let mut added: Vec<_> = baseline.beyond(&before).map(|(_, entry)| entry.clone()).collect();
    let mut lines: Vec<Line> = base.iter().flat_map(|a| lines(&a.judged.relied_on, &a.inputs.sources)).collect();
    for answer in &mut analysis.answers {
        let relied_on = new_lines(&answer.judged.relied_on, &answer.inputs.sources, &mut lines);
        answer.judged.branch =
            Some(Branch { base: revision.to_owned(), relied_on, baseline: std::mem::take(&mut added) });
    }
    Ok(())
}

/// A line of an engineer: its kind, its name and its text, wherever it stands and however it is laid out.
type Line = (&'static str, String, String);

fn line(relied: &Relied, sources: &SourceMap, span: Span) -> Line {
    (relied.kind, relied.name.clone(), sources.text(span).split_whitespace().collect())
}

fn lines(relied_on: &[Relied], sources: &SourceMap) -> Vec<Line> {
    relied_on.iter().flat_map(|r| r.places.iter().map(|s| line(r, sources, *s)).collect::<Vec<_>>()).collect()
}

/// The lines that are not among some others, each of which stands for one.
fn new_lines(relied_on: &[Relied], sources: &SourceMap, known: &mut Vec<Line>) -> Vec<Relied> {
    let mut new = Vec::new();
    for relied in relied_on {
        let places: Vec<_> = relied
            .places
            .iter()
            .copied()
            .filter(|span| {
                let line = line(relied, sources, *span);
                match known.iter().position(|l| *l == line) {
                    Some(at) => {
                        known.swap_remove(at);
                        false
                    }
                    None => true,
                }
            })
            .collect();
        if !places.is_empty() {
            new.push(Relied { places, ..relied.clone() });
        }
    }
    new
}
