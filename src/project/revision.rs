//! Policies as they were at a revision, read from `git`.

use std::collections::BTreeMap;
use std::path::Path;

use super::discover::Fatal;
use super::git::Repository;
use super::{Inputs, Shipped, read};

/// The policy of a folder as it was at a revision: its `*.purlin` files and what they import. `folder` is relative
/// to `base`, with `/`; empty for `base` itself.
///
/// # Errors
/// If there is no such revision, or no policy in that folder then.
pub fn policy_at(base: &Path, folder: &str, revision: &str, shipped: Shipped) -> Result<Inputs, Fatal> {
    let failed = |why: String| Fatal::System(format!("the revision {revision}"), why);
    let repository = Repository::around(base);
    let commit = repository.commit(revision).map_err(|e| failed(e.to_string()))?;
    let known = repository.files(&commit).map_err(|e| failed(e.to_string()))?;
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    let own = |path: &str| path.rsplit_once('/').map_or("", |(f, _)| f) == folder;
    let mut todo: Vec<String> = known.iter().filter(|p| p.ends_with(".purlin") && own(p)).cloned().collect();
    while let Some(path) = todo.pop() {
        if files.contains_key(&path) || !known.contains(&path) {
            continue;
        }
        let held = repository.show(&commit, &path).map_err(|e| failed(e.to_string()))?;
        let text = String::from_utf8(held).map_err(|_| failed(format!("`{path}` is not UTF-8")))?;
        todo.extend(read::imports(&text).iter().map(|i| read::import_path(&path, i)));
        files.insert(path, text);
    }
    if files.is_empty() {
        let place = if folder.is_empty() { "this folder" } else { folder };
        return Err(Fatal::EmptyPolicy(format!("{place} at {revision}")));
    }
    Ok(Inputs::from_memory(files.into_iter().collect(), shipped))
}
