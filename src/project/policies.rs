//! The policies of a run: one for each policy root, with all that it imports.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::discover::{Fatal, Run};
use super::found::Found;
use super::paths;
use super::read::{self, Kind, Text};
use crate::limits::FOLDER_DEPTH;

/// One policy and the folder it governs.
pub(super) struct Root {
    pub folder: String,
    pub entries: BTreeSet<String>,
}

/// Policy files, read once.
pub(super) struct Policies<'a> {
    run: &'a Run,
    texts: BTreeMap<String, Text>,
}

impl<'a> Policies<'a> {
    pub fn of(run: &'a Run) -> Self {
        Policies { run, texts: BTreeMap::new() }
    }

    /// The policy that the command names, else that of the configuration, else those beside the code.
    pub fn wanted(&mut self, named: &[PathBuf], found: &Found) -> Result<Vec<Root>, Fatal> {
        let configured: Vec<PathBuf> = self.run.config.policy.value.iter().map(|p| self.run.config.path(p)).collect();
        match (named, configured.as_slice()) {
            ([], []) => self.roots(found),
            ([], configured) => Ok(vec![self.given(configured)?]),
            (named, _) => Ok(vec![self.given(named)?]),
        }
    }

    /// The policy roots of a run: the nearest at or above each named path, and those below.
    fn roots(&mut self, found: &Found) -> Result<Vec<Root>, Fatal> {
        let mut folders: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for path in found.files.iter().filter(|p| Kind::of(p) == Kind::Policy) {
            let folder = paths::folder(path).to_owned();
            let files = self.in_folder(&folder);
            folders.entry(folder).or_insert(files);
        }
        for named in &self.run.named {
            let is_folder = self.run.full(named).is_dir();
            let mut folder = if is_folder { named.clone() } else { paths::folder(named).to_owned() };
            while self.run.is_within(named, &folder) {
                let files = self.in_folder(&folder);
                if !files.is_empty() {
                    folders.insert(folder, files);
                    break;
                }
                folder = paths::above(&folder);
            }
        }
        if folders.is_empty() {
            let shown = self.run.named.iter().map(|n| if n.is_empty() { "." } else { n }).collect::<Vec<_>>();
            return Err(Fatal::NoPolicy(shown.join(", ")));
        }
        let mut roots: Vec<Root> = folders.into_iter().map(|(folder, entries)| Root { folder, entries }).collect();
        roots.sort_by_key(|r| (depth(&r.folder), r.folder.clone()));
        // A deeper folder whose files are all imported from above is part of that policy.
        let mut kept: Vec<Root> = Vec::new();
        let mut imported: BTreeSet<String> = BTreeSet::new();
        for root in roots {
            if !kept.is_empty() && root.entries.is_subset(&imported) {
                continue;
            }
            imported.extend(self.closure(&root).into_iter().map(|t| t.path));
            kept.push(root);
        }
        kept.sort_by(|a, b| a.folder.cmp(&b.folder));
        Ok(kept)
    }

    /// The policy that was named.
    fn given(&mut self, named: &[PathBuf]) -> Result<Root, Fatal> {
        let mut entries = BTreeSet::new();
        for path in named {
            let full = paths::absolute(&self.run.current, path);
            if !full.exists() {
                return Err(Fatal::Missing(path.display().to_string()));
            }
            if !full.is_dir() {
                entries.insert(paths::relative(&self.run.base, &full));
                continue;
            }
            let before = entries.len();
            let files = walkdir::WalkDir::new(&full).sort_by_file_name().max_depth(FOLDER_DEPTH);
            for entry in files.into_iter().flatten() {
                let path = paths::relative(&self.run.base, entry.path());
                if entry.file_type().is_file() && Kind::of(&path) == Kind::Policy {
                    entries.insert(path);
                }
            }
            if entries.len() == before {
                return Err(Fatal::EmptyPolicy(path.display().to_string()));
            }
        }
        Ok(Root { folder: String::new(), entries })
    }

    fn in_folder(&self, folder: &str) -> BTreeSet<String> {
        let on_disk = policies_in(&self.run.full(folder));
        let on_disk = on_disk.iter().map(|p| paths::relative(&self.run.base, p));
        let instead = self.run.instead.keys().cloned();
        on_disk.chain(instead.filter(|f| paths::folder(f) == folder && Kind::of(f) == Kind::Policy)).collect()
    }

    /// The files of a policy and everything that they import. A missing import is left to the policy's own
    /// check, which knows the place of the line.
    pub fn closure(&mut self, root: &Root) -> Vec<Text> {
        let mut wanted: Vec<String> = root.entries.iter().cloned().collect();
        let mut seen: BTreeSet<String> = root.entries.clone();
        let mut out = Vec::new();
        while let Some(path) = wanted.pop() {
            let text = match self.texts.get(&path) {
                Some(text) => text.clone(),
                None => {
                    let text = self.run.read_one(&path);
                    self.texts.insert(path.clone(), text.clone());
                    text
                }
            };
            if let Ok(content) = &text.text {
                for import in read::imports(content) {
                    let target = read::import_path(&path, &import);
                    let exists = !target.starts_with("purlin:") && self.run.full(&target).is_file();
                    if exists && seen.insert(target.clone()) {
                        wanted.push(target);
                    }
                }
            }
            out.push(text);
        }
        out
    }
}

/// The policy files directly in a folder.
pub(super) fn policies_in(folder: &Path) -> Vec<PathBuf> {
    let files = walkdir::WalkDir::new(folder).min_depth(1).max_depth(1).follow_links(true);
    let is_policy = |p: &PathBuf| {
        let name = p.file_name().unwrap_or_default().to_string_lossy();
        Kind::of(&name) == Kind::Policy && !paths::is_hidden(&name)
    };
    let files = files.into_iter().flatten().filter(|e| e.file_type().is_file());
    files.map(walkdir::DirEntry::into_path).filter(is_policy).collect()
}

/// How deep a folder lies; those above the root of the run are negative.
pub(super) fn depth(folder: &str) -> isize {
    folder.split('/').filter(|s| !s.is_empty()).map(|s| if s == ".." { -1 } else { 1 }).sum()
}
