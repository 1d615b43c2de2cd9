//! What the command asks of the policy language: formatting, tests, single flows.

use std::fmt::Write as _;

use super::check::diagnostics;
use super::out::Out;
use crate::diag::{Diagnostic, Severity};
use crate::policy::{self, Claim, Date, GuardId, Nearest, Outcome, Policy, PolicyFile, PurposeId, TestResult, Verdict};
use crate::project::{self, Inputs, Request};
use crate::source::{FileId, SourceFile, Span};

/// The text of a policy that ships in the binary, by its name after `purlin:`.
#[must_use]
pub fn shipped(name: &str) -> Option<&'static str> {
    policy::pack(name)
}

/// The policies that a command is about, without any code.
///
/// # Errors
/// One line that says why there is none.
pub(super) fn policies(request: &Request) -> Result<Vec<Inputs>, String> {
    project::discover_policy(request).map_err(|fatal| fatal.to_string())
}

/// The one policy that a command is about.
///
/// # Errors
/// One line that says why there is none, or that there are several.
pub(super) fn one(request: &Request) -> Result<Inputs, String> {
    let mut roots = policies(request)?;
    match (roots.len(), roots.pop()) {
        (1, Some(root)) => Ok(root),
        (n, _) => Err(format!("there are {n} policies here; name the folder of one")),
    }
}

/// A policy that can be asked. What is wrong with it is said.
///
/// # Errors
/// That it is broken, and what follows from it.
pub(super) fn sound(inputs: &Inputs, so: &str, out: &Out) -> Result<Policy, String> {
    let (policy, problems) = load(inputs);
    policy.ok_or_else(|| {
        out.note(&diagnostics(inputs, &problems, Severity::Error, out.note_style()));
        format!("the policy is broken, so {so}")
    })
}

/// Reads the policy of some inputs.
pub(super) fn load(inputs: &Inputs) -> (Option<Policy>, Vec<Diagnostic>) {
    let files: Vec<PolicyFile<'_>> = inputs
        .policy
        .iter()
        .filter_map(|&id| inputs.sources.get(id).map(|f| PolicyFile { file: id, path: &f.path, text: &f.text }))
        .collect();
    policy::load(&files)
}

/// Whom to ask about a policy: the data protection officer, else the controller.
pub(super) fn contact(inputs: &Inputs) -> Option<String> {
    load(inputs).0?.controller.map(|c| c.dpo.unwrap_or(c.name))
}

/// A formatted policy text.
///
/// # Errors
/// The problems if it does not parse.
pub(super) fn format(id: FileId, file: &SourceFile) -> Result<String, Vec<Diagnostic>> {
    policy::format(&file.text).map_err(|mut problems| {
        for label in problems.iter_mut().flat_map(|p| &mut p.labels) {
            label.span = Span::new(id, label.span.lo, label.span.hi);
        }
        problems
    })
}

/// How the tests of a policy came out.
pub(super) struct Tested {
    /// Problems and remarks.
    pub diagnostics: Vec<Diagnostic>,
    /// Number of expectations.
    pub total: usize,
    /// One text for each expectation that failed.
    pub failed: Vec<String>,
    /// Number of clauses, and one text for each that no expectation depends on; if asked for.
    pub untested: Option<(usize, Vec<String>)>,
}

/// What is wrong or odd about a policy, in the order of its places.
pub(super) fn lint(inputs: &Inputs, day: Date) -> Vec<Diagnostic> {
    let (policy, mut found) = load(inputs);
    if let Some(policy) = policy {
        found.extend(policy::lint(&policy, day));
        found.extend(policy::weak(&policy::run_tests(&policy, day)));
        found.sort_by_key(|d| d.labels.first().map(|l| l.span));
    }
    found
}

/// Runs the tests of a policy.
pub(super) fn test(inputs: &Inputs, day: Date, coverage: bool) -> Tested {
    let (policy, mut diagnostics) = load(inputs);
    let Some(policy) = policy else { return Tested { diagnostics, total: 0, failed: Vec::new(), untested: None } };
    let results = policy::run_tests(&policy, day);
    diagnostics.extend(policy::weak(&results));
    let failed = results.iter().filter(|r| !r.passed).map(|r| failure(inputs, &policy, r)).collect();
    let untested = coverage.then(|| {
        let clauses = policy::coverage(&policy, day);
        let left = clauses.iter().filter(|c| !c.tested);
        (clauses.len(), left.map(|c| format!("{}: {}", inputs.sources.show(c.span), words(inputs, c.span))).collect())
    });
    Tested { diagnostics, total: results.len(), failed, untested }
}

fn failure(inputs: &Inputs, policy: &Policy, result: &TestResult) -> String {
    let mut out = format!("failed: {}\n", result.test);
    let sentence = words(inputs, result.span);
    let _ = writeln!(out, "  {}: {sentence}", inputs.sources.show(result.span));
    if let Some(claim) = &result.counterexample {
        let is = if result.allow { "is not permitted" } else { "is permitted" };
        let _ = writeln!(out, "  {}: {is}", policy.claim_text(claim));
    }
    if let Some(verdict) = &result.verdict {
        reasons(inputs, policy, verdict, &mut out);
        if let (None, Some(span)) = (&result.counterexample, verdict.nearest) {
            let _ = writeln!(out, "  permitted by: {}", clause(inputs, span));
        }
    }
    match &result.counterexample {
        Some(claim) if result.allow => {
            if let Some(nearest) = policy::nearest(policy, claim) {
                nearest_text(inputs, policy, claim, &nearest, &mut out);
            }
        }
        Some(claim) => {
            for span in policy::permitting(policy, claim) {
                let _ = writeln!(out, "  because {}", clause(inputs, span));
            }
        }
        None => {}
    }
    for note in &result.notes {
        let _ = writeln!(out, "  {note}");
    }
    out
}

/// The policy's answer to a flow sentence.
///
/// # Errors
/// The problems if the sentence or the policy cannot be read.
pub(super) fn question(inputs: &Inputs, sentence: &str, day: Date) -> Result<String, Problem> {
    let (policy, problems) = load(inputs);
    let errors = || problems.iter().filter(|d| d.severity == Severity::Error).cloned().collect();
    let Some(policy) = policy else { return Err(Problem::Policy(errors())) };
    // The sentence stands in no file, so its place is said in words.
    let nowhere = Span::new(FileId(u32::MAX), 0, sentence.len() as u32);
    let flow = policy::parse_flow(&policy, sentence, nowhere).map_err(|d| Problem::Sentence(Box::new(d)))?;
    let mut out = String::new();
    for claim in policy::claims(&policy, &flow, day) {
        answer(inputs, &policy, &claim, &mut out);
    }
    let given = if flow.given.is_empty() { "none" } else { "as given" };
    let _ = writeln!(out, "(on {day}; guards established: {given})");
    Ok(out)
}

/// The policy's answer to one flow, with everything that decides it.
fn answer(inputs: &Inputs, policy: &Policy, claim: &Claim, out: &mut String) {
    let verdict = policy::decide(policy, claim);
    let said = match verdict.outcome() {
        _ if verdict.cannot_happen => "cannot happen: the guards exclude it",
        _ if !verdict.contradiction.is_empty() => "cannot happen: the guards contradict each other",
        Outcome::Permitted => "permitted",
        Outcome::NotPermitted => "not permitted",
        Outcome::Forbidden => "forbidden",
    };
    let _ = writeln!(out, "{}: {said}", policy.claim_text(claim));
    if verdict.outcome() == Outcome::Permitted {
        for span in policy::permitting(policy, claim) {
            let _ = writeln!(out, "  because {}", clause(inputs, span));
        }
    }
    reasons(inputs, policy, &verdict, out);
    if verdict.outcome() != Outcome::Permitted
        && let Some(nearest) = policy::nearest(policy, claim)
    {
        nearest_text(inputs, policy, claim, &nearest, out);
    }
    permitted_for(policy, &verdict, out);
}

/// `nearest permission: …`, and what is missing in it.
fn nearest_text(inputs: &Inputs, policy: &Policy, claim: &Claim, nearest: &Nearest, out: &mut String) {
    let of = nearest.purpose.map_or(String::new(), |p| format!(" of `{}`", policy.purpose_name(p)));
    let _ = writeln!(out, "  nearest permission{of}: {}", clause(inputs, nearest.span));
    let mut missing = Vec::new();
    if !nearest.data.is_empty() {
        let names: Vec<&str> = nearest.data.iter().map(|c| policy.category_name(*c)).collect();
        missing.push(format!("it does not name {}", names.join(", ")));
    }
    if !nearest.people.is_empty() {
        let names: Vec<&str> = nearest.people.iter().map(|s| policy.subject_name(*s)).collect();
        missing.push(format!("it is not about {}", names.join(", ")));
    }
    if let (true, Some(target)) = (nearest.target, policy.target_name(claim.target)) {
        let preposition = claim.verb.preposition().unwrap_or("for");
        missing.push(format!("it does not say `{preposition} {target}`"));
    }
    if !nearest.guards.is_empty() {
        missing.push(format!("it needs {}", groups(policy, &nearest.guards)));
    }
    if !missing.is_empty() {
        let _ = writeln!(out, "    {}", missing.join("; "));
    }
}

/// `g and h or i`.
fn groups(policy: &Policy, groups: &[Vec<GuardId>]) -> String {
    let one = |group: &Vec<GuardId>| group.iter().map(|g| policy.guard_name(*g)).collect::<Vec<_>>().join(" or ");
    groups.iter().map(one).collect::<Vec<_>>().join(" and ")
}

/// Why a question has no answer.
pub(super) enum Problem {
    /// The policy is broken.
    Policy(Vec<Diagnostic>),
    /// The sentence cannot be read.
    Sentence(Box<Diagnostic>),
}

/// What a verdict rests on: each rule with its clause and the law.
fn reasons(inputs: &Inputs, policy: &Policy, verdict: &Verdict, out: &mut String) {
    for violation in &verdict.violations {
        let kind = if violation.warning { "warning " } else { "" };
        let _ = write!(out, "  {kind}{} {}", violation.rule.code(), violation.rule.name());
        if !violation.missing_guards.is_empty() {
            let _ = write!(out, ", needs {}", groups(policy, &violation.missing_guards));
        }
        if let Some(span) = violation.clause {
            let _ = write!(out, ": {}", clause(inputs, span));
        }
        let _ = writeln!(out, "  [{}]", policy::law(violation.rule).join(", "));
    }
    for (rule, people) in &verdict.for_some_subjects {
        let names: Vec<&str> = people.iter().map(|s| policy.subject_name(*s)).collect();
        let _ = writeln!(out, "  {} {} if it is about {}", rule.code(), rule.name(), names.join(", "));
    }
}

fn permitted_for(policy: &Policy, verdict: &Verdict, out: &mut String) {
    if !verdict.violations.is_empty() && !verdict.permitted_for.is_empty() {
        let with = |p: &PurposeId| {
            let needed = policy.required_guards(*p);
            let given = if needed.is_empty() { String::new() } else { format!(" given {}", groups(policy, &needed)) };
            format!("{}{given}", policy.purpose_name(*p))
        };
        let names: Vec<String> = verdict.permitted_for.iter().map(with).collect();
        let _ = writeln!(out, "  permitted for: {}", names.join("; "));
    }
}

/// A clause with its place.
fn clause(inputs: &Inputs, span: Span) -> String {
    format!("{}  ({}:{})", words(inputs, span), inputs.sources.path(span.file), inputs.sources.start(span).line)
}

/// The text of a clause on one line; of a declaration only its head.
fn words(inputs: &Inputs, span: Span) -> String {
    let text = inputs.sources.text(span).split_whitespace().collect::<Vec<_>>().join(" ");
    text.split_once('{').map_or(text.as_str(), |(head, _)| head.trim_end()).to_owned()
}
