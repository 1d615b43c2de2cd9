//! The files at or below the paths of a run.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use ignore::WalkBuilder;

use super::discover::Run;
use super::paths;
use super::read::{self, Kind, Text};
use crate::limits::FOLDER_DEPTH;

/// What the walk met.
#[derive(Default)]
pub(super) struct Found {
    pub files: BTreeSet<String>,
    pub problems: Vec<Text>,
    links: bool,
}

impl Found {
    /// What lies at or below the paths that were named.
    pub fn of(run: &Run) -> Self {
        let mut found = Found::default();
        for path in &run.named {
            found.walk(run, path);
        }
        found
    }

    fn walk(&mut self, run: &Run, named: &str) {
        let start = run.full(named);
        // What is ignored must not depend on the settings of the person or machine, only on the repository.
        let walk = WalkBuilder::new(&start)
            .follow_links(true)
            .require_git(false)
            .git_global(false)
            .git_exclude(false)
            .max_depth(Some(FOLDER_DEPTH))
            .filter_entry(|e| !(e.file_type().is_some_and(|t| t.is_dir()) && e.path().join("CACHEDIR.TAG").exists()))
            .sort_by_file_path(Ord::cmp)
            .build();
        for entry in walk {
            match entry {
                Ok(entry) => {
                    self.links |= entry.path_is_symlink();
                    let path = paths::relative(&run.base, entry.path());
                    let is_folder = entry.file_type().is_some_and(|t| t.is_dir());
                    if is_folder && entry.depth() == FOLDER_DEPTH {
                        self.problem(path, format!("lies {FOLDER_DEPTH} folders deep; nothing below it was read"));
                    } else if !is_folder && (Kind::of(&path) != Kind::Other || path == named) {
                        self.files.insert(path);
                    }
                }
                Err(error) => {
                    let (path, what) = explain(&error, &start);
                    self.problem(paths::relative(&run.base, &path), what);
                }
            }
        }
        if self.links {
            self.drop_doubles(run);
        }
    }

    fn problem(&mut self, path: String, what: String) {
        self.problems.push(Text { path, text: Err(what), limit: false });
    }

    /// A file that is reached by a link and by its own name is read once, under the first of its paths.
    fn drop_doubles(&mut self, run: &Run) {
        let mut seen = BTreeMap::new();
        for path in &self.files {
            let full = run.full(path);
            if let Ok(real) = full.canonicalize() {
                // Its own name is preferred to that of a link.
                let is_link = real != full;
                let best = seen.entry(real).or_insert((is_link, path.clone()));
                if (is_link, path) < (best.0, &best.1) {
                    *best = (is_link, path.clone());
                }
            }
        }
        let keep: BTreeSet<String> = seen.into_values().map(|(_, path)| path).collect();
        self.files.retain(|p| keep.contains(p) || run.full(p).canonicalize().is_err());
    }

    /// Whether a file describes tables: a sheet or a seed of a project of dbt, a dataset.
    pub fn describing(&self) -> impl Fn(&str) -> bool {
        let projects: Vec<&str> = self.files.iter().filter_map(|p| p.strip_suffix("dbt_project.yml")).collect();
        move |p| {
            let name = p.rsplit('/').next().unwrap_or(p);
            let project = projects.iter().any(|f| p.starts_with(f));
            let seed = p.split('/').any(|f| f == "seeds" || f == "data");
            match name.rsplit_once('.') {
                Some((_, "csv")) => project && seed,
                _ => Kind::of(p) == Kind::Sheet && (project || name.contains("dataset")),
            }
        }
    }

    /// The manifests above a named path: its package and workspace.
    pub fn manifests_above(&mut self, run: &Run, named: &str) {
        let mut folder = paths::folder(named).to_owned();
        while run.is_within(named, &folder) {
            let manifest = paths::join(&folder, "Cargo.toml");
            if run.full(&manifest).is_file() {
                self.files.insert(manifest);
            }
            folder = paths::above(&folder);
        }
    }

    /// The templates of every package, also where only a part of its code is asked for.
    pub fn templates_beside(&mut self, run: &Run) {
        let manifests = self.files.iter().filter(|p| Kind::of(p) == Kind::Manifest);
        for folder in manifests.map(|p| paths::folder(p).to_owned()).collect::<Vec<_>>() {
            let configured = read::TEMPLATE_CONFIG.iter().map(|name| paths::join(&folder, name));
            self.files.extend(configured.filter(|p| run.full(p).is_file()));
            let templates = paths::join(&folder, "templates");
            let is_read = run.named.iter().any(|n| paths::is_below(&templates, n));
            if !is_read && run.full(&templates).is_dir() {
                let mut beside = Found::default();
                beside.walk(run, &templates);
                self.files.extend(beside.files.into_iter().filter(|p| Kind::of(p) == Kind::Template));
                self.problems.extend(beside.problems);
            }
        }
    }
}

/// What went wrong during a walk, and where, in words that are the same on every machine.
fn explain(error: &ignore::Error, start: &Path) -> (PathBuf, String) {
    match error {
        ignore::Error::WithPath { path, err } => (path.clone(), explain(err, start).1),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => explain(err, start),
        ignore::Error::Loop { child, .. } => {
            (child.clone(), "is a symbolic link to a folder above it; not followed again".to_owned())
        }
        ignore::Error::Io(io) => (start.to_path_buf(), format!("cannot be read: {}", read::plain(io))),
        ignore::Error::Partial(errors) => {
            errors.first().map_or_else(|| (start.to_path_buf(), "cannot be read".to_owned()), |e| explain(e, start))
        }
        other => (start.to_path_buf(), format!("cannot be read: {other}")),
    }
}
