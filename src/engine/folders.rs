//! Folders and files that a policy names, as the run names them.
//!
//! A policy does not know where it is checked from. What it writes counts from its own folder, from the folders that are
//! checked, or from where the command runs ([`Inputs::counted_from`]), whichever holds it.

use std::collections::{BTreeMap, BTreeSet};

use super::Dialect;
use crate::diag::{Diagnostic, suggest};
use crate::policy::{BindTarget, Policy, WaiverAt, glob_matches};
use crate::project::Inputs;
use crate::source::Span;

/// Rewrites the paths of a policy; a folder that holds nothing is said once, and its bindings are left out.
pub(super) fn settle(policy: &mut Policy, inputs: &Inputs) -> Vec<Diagnostic> {
    let files: Vec<&str> = inputs.sources.iter().map(|(_, f)| &*f.path).collect();
    let globbed = |glob: &str| inputs.counted(glob).find(|g| files.iter().any(|f| glob_matches(g, f)));
    let mut absent: BTreeMap<String, Diagnostic> = BTreeMap::new();
    policy.bindings.retain_mut(|binding| {
        match &mut binding.target {
            BindTarget::Path(glob) => {
                if let Some(found) = globbed(glob) {
                    *glob = found;
                }
            }
            BindTarget::Sql { within: Some(folder), .. } => {
                return settled(folder, binding.target_span, inputs, &files, &mut absent);
            }
            _ => {}
        }
        true
    });
    let mut problems = Vec::new();
    policy.dialects.retain_mut(|dialect| {
        if Dialect::from_name(&dialect.name).is_none() {
            problems.push(no_dialect(&dialect.name, dialect.span));
            return false;
        }
        dialect.within.as_mut().is_none_or(|folder| settled(folder, dialect.span, inputs, &files, &mut absent))
    });
    for waiver in &mut policy.waivers {
        if let Some(WaiverAt::Path(glob)) = &mut waiver.at
            && let Some(found) = globbed(glob)
        {
            *glob = found;
        }
    }
    problems.extend(absent.into_values());
    problems
}

/// Rewrites a folder, unless no file lies in it.
fn settled(
    folder: &mut String,
    span: Span,
    inputs: &Inputs,
    files: &[&str],
    absent: &mut BTreeMap<String, Diagnostic>,
) -> bool {
    let found = inputs.counted(folder).find(|folder| files.iter().any(|f| lies_in(f, folder)));
    match found {
        Some(found) => *folder = found,
        // Where only a part is checked, it may be in another.
        None if inputs.partial => {}
        None => {
            absent.entry(folder.clone()).or_insert_with(|| nothing_in(folder, span, files));
            return false;
        }
    }
    true
}

fn no_dialect(name: &str, span: Span) -> Diagnostic {
    let near = suggest(name, Dialect::names());
    let label = near.map(|near| format!("did you mean `{near}`?")).unwrap_or_default();
    let problem = Diagnostic::error("B01", format!("`{name}` is no dialect of SQL that is known"), span, label);
    problem.help(format!("known are: {}", Dialect::names().collect::<Vec<_>>().join(", ")))
}

fn nothing_in(folder: &str, span: Span, files: &[&str]) -> Diagnostic {
    let message = format!("no file that is read lies in `{folder}`, so its bindings match nothing");
    let problem = Diagnostic::error("B01", message, span, "this and all others in that folder");
    let folders: BTreeSet<&str> = files.iter().flat_map(|f| f.match_indices('/').map(|(i, _)| &f[..i])).collect();
    let elsewhere = folders.iter().find(|f| f.strip_suffix(folder).is_some_and(|head| head.ends_with('/')));
    match elsewhere.copied().or_else(|| suggest(folder, folders.iter().copied())) {
        Some(near) => problem.help(format!("did you mean `{near}`?")),
        None => problem.help("folders count from that of the policy, or from what is checked"),
    }
}

pub(super) fn lies_in(file: &str, folder: &str) -> bool {
    folder.is_empty() || file.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}
