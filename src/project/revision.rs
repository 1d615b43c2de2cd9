//! Policies as they were at a revision, read from `git`.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use super::discover::Fatal;
use super::{Inputs, Shipped, read};

/// The policy of a folder as it was at a revision: its `*.purlin` files and what they import. `folder` is relative
/// to `base`, with `/`; empty for `base` itself.
///
/// # Errors
/// If there is no such revision, or no policy in that folder then.
pub fn policy_at(base: &Path, folder: &str, revision: &str, shipped: Shipped) -> Result<Inputs, Fatal> {
    let commit = git(
        base,
        revision,
        &["rev-parse", "--verify", "--quiet", "--end-of-options"],
        &format!("{revision}^{{commit}}"),
    )?;
    let commit = commit.trim();
    let listed = git(base, revision, &["ls-tree", "-r", "-z", "--name-only"], commit)?;
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    let known: Vec<&str> = listed.split('\0').filter(|p| p.ends_with(".purlin")).collect();
    let own = |path: &str| path.rsplit_once('/').map_or("", |(f, _)| f) == folder;
    let mut todo: Vec<String> = known.iter().filter(|p| own(p)).map(|p| (*p).to_owned()).collect();
    while let Some(path) = todo.pop() {
        if files.contains_key(&path) || !known.contains(&path.as_str()) {
            continue;
        }
        let text = git(base, revision, &["show"], &format!("{commit}:./{path}"))?;
        todo.extend(read::imports(&text).iter().map(|i| read::import_path(&path, i)));
        files.insert(path, text);
    }
    if files.is_empty() {
        let place = if folder.is_empty() { "this folder" } else { folder };
        return Err(Fatal::EmptyPolicy(format!("{place} at {revision}")));
    }
    Ok(Inputs::from_memory(files.into_iter().collect(), shipped))
}

/// Runs `git`; the caller sees to it that `last` is not taken for an option.
fn git(base: &Path, revision: &str, arguments: &[&str], last: &str) -> Result<String, Fatal> {
    let failed = |why: String| Fatal::System(format!("the revision {revision}"), why);
    let ran = Command::new("git").current_dir(base).args(arguments).arg(last).output();
    let ran = ran.map_err(|error| failed(format!("cannot run git: {error}")))?;
    if !ran.status.success() {
        let said = String::from_utf8_lossy(&ran.stderr);
        let why = said.lines().next().map_or("is not known here", |l| l.trim_start_matches("fatal: "));
        return Err(failed(format!("{why}; in a shallow clone fetch it first (fetch-depth: 0)")));
    }
    String::from_utf8(ran.stdout).map_err(|_| failed("holds a policy that is not UTF-8".to_owned()))
}
