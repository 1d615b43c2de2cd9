//! Which files a run reads: policy roots, the code below them, imports.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use ignore::WalkBuilder;
use rayon::prelude::*;

use super::cargo::Packages;
use super::config::{BadConfig, Choice, Config, Setting, patterns};
use super::read::{self, Kind, Text};
use super::{Exclude, Inputs, Shipped, assemble, paths};
use crate::limits::FOLDER_DEPTH;
use crate::source::{FileId, Span};

/// What to read.
#[derive(Clone, Debug)]
pub struct Request {
    /// Files and folders to check; the current folder if empty.
    pub paths: Vec<PathBuf>,
    /// Policy files or folders that decide instead of those found beside the code.
    pub policy: Vec<PathBuf>,
    /// Whether only code is wanted: all of it is then one root, whatever policies stand beside it.
    pub code_only: bool,
    /// Policies that ship in the binary.
    pub shipped: Shipped,
}

/// From where and as what the files of a run are read: by default those of the current folder, as they are.
#[derive(Clone, Debug, Default)]
pub struct Place {
    /// Which `purlin.toml`.
    pub config: Choice,
    /// The folder that stands for the current one: a copy of it at another time.
    pub at: Option<PathBuf>,
    /// Files and the texts that stand for their contents; they need not exist.
    pub instead: Vec<(PathBuf, String)>,
    /// Whether a named file stands for the workspace in which it lies; what is found is then sorted by
    /// [`Inputs::asked`].
    pub whole: bool,
    /// Files that are asked about beside those that are named.
    pub asked: Option<Vec<PathBuf>>,
}

/// Why there is nothing that could be checked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fatal {
    /// `purlin.toml` says something that is not understood.
    #[error("{0}")]
    Config(BadConfig),
    /// A path that was named does not exist.
    #[error("no such file or folder: {0}")]
    Missing(String),
    /// No policy at or above any of the paths, nor below.
    #[error(
        "no policy found: there is no *.purlin file in {0}, in a folder above it within its repository, or below it"
    )]
    NoPolicy(String),
    /// A folder given as policy holds none.
    #[error("there is no *.purlin file in {0}")]
    EmptyPolicy(String),
    /// The system refused.
    #[error("{0}: {1}")]
    System(String, String),
}

/// One policy and the folder it governs.
struct Root {
    folder: String,
    entries: BTreeSet<String>,
}

/// Reads everything that the paths ask for, one [`Inputs`] for each policy root, in the order of their folders.
///
/// # Errors
/// If a named path is missing, or there is no policy.
pub fn discover(request: &Request) -> Result<Vec<Inputs>, Fatal> {
    discover_at(request, &Place::default())
}

/// [`discover`], from some place.
///
/// # Errors
/// If a named path is missing, there is no policy, or the configuration is not understood.
pub fn discover_at(request: &Request, place: &Place) -> Result<Vec<Inputs>, Fatal> {
    let run = Run::new(&request.paths, place)?;
    let mut found = Found::default();
    for path in &run.named {
        found.walk(&run, path);
    }
    let is_asked = |file: &String| Kind::of(file) != Kind::Other && run.named.iter().any(|n| paths::is_below(file, n));
    found.files.extend(run.instead.keys().filter(|file| is_asked(file)).cloned());
    let mut policies = Policies { run: &run, texts: BTreeMap::new() };
    let one_root = request.code_only || !request.policy.is_empty() || !run.config.policy.value.is_empty();
    let roots = if request.code_only {
        vec![Root { folder: String::new(), entries: BTreeSet::new() }]
    } else {
        policies.wanted(&request.policy, &found)?
    };

    for path in &run.named {
        found.manifests_above(&run, path);
    }
    found.templates_beside(&run);
    let mut manifests = run.read(found.files.iter().filter(|p| Kind::of(p) == Kind::Manifest));
    let packages = Packages::read(&manifests);

    let mut code: BTreeMap<usize, Vec<&String>> = BTreeMap::new();
    let mut skipped: BTreeMap<usize, usize> = BTreeMap::new();
    let projects: Vec<&str> = found.files.iter().filter_map(|p| p.strip_suffix("dbt_project.yml")).collect();
    let described = |p: &String| {
        let name = p.rsplit('/').next().unwrap_or(p);
        let project = projects.iter().any(|f| p.starts_with(f));
        let seed = p.split('/').any(|f| f == "seeds" || f == "data");
        match name.rsplit_once('.') {
            Some((_, "csv")) => project && seed,
            _ => Kind::of(p) == Kind::Sheet && (project || name.contains("dataset")),
        }
    };
    let excluded = run.config.excluded();
    let mut left_out: BTreeMap<String, usize> = BTreeMap::new();
    for path in found.files.iter().filter(|p| Kind::of(p).is_code() || Kind::of(p) == Kind::Template || described(p)) {
        let owner = (0..roots.len())
            .filter(|&r| one_root || paths::is_below(path, &roots[r].folder))
            .max_by_key(|&r| depth(&roots[r].folder));
        let Some(owner) = owner else { continue };
        if let ignore::Match::Ignore(glob) = excluded.matched_path_or_any_parents(run.configured(path), false) {
            *left_out.entry(glob.original().to_owned()).or_default() += 1;
            continue;
        }
        match packages.target_folder(path).filter(|_| !run.config.tests.value) {
            Some(target) if !run.asks_for(path, &target) => *skipped.entry(owner).or_default() += 1,
            _ => code.entry(owner).or_default().push(path),
        }
    }

    manifests.retain(|t| t.text.is_ok());
    let mut all = Vec::new();
    for (index, root) in roots.iter().enumerate() {
        let mut texts = policies.closure(root);
        read::add_shipped(&mut texts, request.shipped);
        texts.extend(run.read(code.remove(&index).unwrap_or_default().into_iter()));
        texts.extend(manifests.iter().filter(|t| roots.len() == 1 || governs(&root.folder, &t.path)).cloned());
        if index == 0 {
            texts.extend(found.problems.iter().cloned());
        }
        let config = run.config_text();
        texts.extend(config.clone());
        let mut inputs = assemble(texts, &root.entries, &packages);
        if let Some(config) = config.and_then(|text| inputs.file(&text.path)) {
            inputs.excludes = if index == 0 { run.excludes(config, &left_out) } else { Vec::new() };
        }
        run.settle_dialects(&mut inputs);
        inputs.annotations.clone_from(&run.config.annotations.value);
        inputs.asked = run.asked.as_ref().map(|asked| {
            let is_asked = |path: &str| asked.iter().any(|a| paths::is_below(path, a));
            inputs.sources.iter().filter(|(_, f)| is_asked(&f.path)).map(|(id, _)| id).collect()
        });
        inputs.root.clone_from(&root.folder);
        inputs.base.clone_from(&run.base);
        inputs.counted_from = run.counted_from(root);
        inputs.skipped_tests = skipped.get(&index).copied().unwrap_or(0);
        inputs.partial = run.is_partial(request, root);
        all.push(inputs);
    }
    Ok(all)
}

/// The configuration of a run over these paths, seen from a folder (the current one if none is given).
///
/// # Errors
/// If the file cannot be read or says something that is not understood.
pub fn config(named: &[PathBuf], choice: &Choice, at: Option<&Path>) -> Result<Config, BadConfig> {
    let current = match at {
        Some(folder) => folder.to_path_buf(),
        None => {
            std::env::current_dir().map_err(|e| BadConfig(vec![format!("the current folder: {}", read::plain(&e))]))?
        }
    };
    let current = paths::absolute(&current, Path::new(""));
    let whole: Vec<PathBuf> = named.iter().map(|p| paths::absolute(&current, p)).collect();
    Config::find(&current, &whole, choice)
}

/// The policies of the paths without any code, one [`Inputs`] for each policy root.
///
/// # Errors
/// If a named path is missing, or there is no policy.
pub fn discover_policy(request: &Request) -> Result<Vec<Inputs>, Fatal> {
    let run = Run::new(&request.paths, &Place::default())?;
    let mut found = Found::default();
    for path in &run.named {
        found.walk(&run, path);
    }
    let mut policies = Policies { run: &run, texts: BTreeMap::new() };
    let roots = policies.wanted(&request.policy, &found)?;
    let mut all = Vec::new();
    for root in &roots {
        let mut texts = policies.closure(root);
        read::add_shipped(&mut texts, request.shipped);
        let mut inputs = assemble(texts, &root.entries, &Packages::default());
        inputs.root.clone_from(&root.folder);
        all.push(inputs);
    }
    Ok(all)
}

/// Replaces a file by a text, so that an interrupted run leaves the old one or the new one.
///
/// # Errors
/// If the system refuses.
pub fn replace(file: &Path, text: &str) -> std::io::Result<()> {
    let file = file.canonicalize()?;
    let mut name = file.file_name().unwrap_or_default().to_os_string();
    name.push(".purlin-new");
    let beside = file.with_file_name(name);
    std::fs::write(&beside, text)?;
    std::fs::set_permissions(&beside, std::fs::metadata(&file)?.permissions())?;
    std::fs::rename(&beside, &file)
}

/// Writes a text to a file, which need not exist: an interrupted run leaves the old one or the new one. What is no
/// regular file (a pipe, a terminal) is written to as it is.
///
/// # Errors
/// If the system refuses.
pub fn write(file: &Path, text: &str) -> std::io::Result<()> {
    match std::fs::metadata(file) {
        Ok(meta) if meta.is_file() => replace(file, text),
        Ok(_) => std::fs::write(file, text),
        Err(_) => {
            if let Some(folder) = file.parent().filter(|f| !f.as_os_str().is_empty()) {
                std::fs::create_dir_all(folder)?;
            }
            std::fs::write(file, text)
        }
    }
}

/// The policy files at or below the paths, for `fmt`, and the folder to which their paths are relative; a named
/// file is taken whatever it is called.
///
/// # Errors
/// If a named path is missing.
pub fn policy_files(named: &[PathBuf]) -> Result<(PathBuf, Inputs), Fatal> {
    let run = Run::new(named, &Place { config: Choice::Off, ..Place::default() })?;
    let mut found = Found::default();
    for path in &run.named {
        found.walk(&run, path);
    }
    let mut entries: BTreeSet<String> = found.files.iter().filter(|p| Kind::of(p) == Kind::Policy).cloned().collect();
    entries.extend(found.files.iter().filter(|p| run.named.contains(p)).cloned());
    let mut texts = run.read(entries.iter());
    texts.extend(found.problems);
    let inputs = assemble(texts, &entries, &Packages::default());
    Ok((run.base, inputs))
}

/// Whether a manifest says something about the folder of a policy: it stands in, below or above it.
fn governs(root: &str, manifest: &str) -> bool {
    paths::is_below(manifest, root) || paths::is_below(root, paths::folder(manifest))
}

/// How deep a folder lies; those above the root of the run are negative.
fn depth(folder: &str) -> isize {
    folder.split('/').filter(|s| !s.is_empty()).map(|s| if s == ".." { -1 } else { 1 }).sum()
}

/// Where a run happens.
pub(super) struct Run {
    pub base: PathBuf,
    /// The folder in which the command was typed.
    pub current: PathBuf,
    pub config: Config,
    pub named: Vec<String>,
    /// The files that were named, if they stand for their workspace.
    asked: Option<BTreeSet<String>>,
    /// Files and the texts that stand for their contents.
    instead: BTreeMap<String, String>,
    /// The repository of each named path, as far as policies are searched upwards.
    tops: BTreeMap<String, Option<String>>,
}

impl Run {
    pub fn new(named: &[PathBuf], place: &Place) -> Result<Run, Fatal> {
        let current = match &place.at {
            Some(folder) => folder.clone(),
            None => {
                std::env::current_dir().map_err(|e| Fatal::System("the current folder".to_owned(), read::plain(&e)))?
            }
        };
        let current = paths::absolute(&current, Path::new(""));
        let here = [PathBuf::from(".")];
        let mut whole = Vec::new();
        for path in if named.is_empty() { &here[..] } else { named } {
            let full = paths::absolute(&current, path);
            let instead = place.instead.iter().any(|(file, _)| paths::absolute(&current, file) == full);
            // A dangling link exists as a name: it is reported as unreadable, not as missing.
            if std::fs::symlink_metadata(&full).is_err() && !instead {
                return Err(Fatal::Missing(path.display().to_string()));
            }
            whole.push(full);
        }
        let config = Config::find(&current, &whole, &place.config).map_err(Fatal::Config)?;
        let mut asked = place.asked.clone();
        if named.is_empty() && !config.paths.value.is_empty() {
            whole = configured_paths(&config)?;
        } else if place.whole && whole.iter().any(|p| !p.is_dir()) {
            asked.get_or_insert_default().extend(whole.iter().cloned());
            whole = workspaces(&config, whole)?;
        }
        let top = |path: &Path| path.ancestors().find(|f| f.join(".git").exists()).map(Path::to_path_buf);
        // Paths are shown relative to where the command was typed. Where that says nothing (a checkout
        // elsewhere), relative to the repository, so that no report holds a path of the machine.
        let base = if whole.iter().all(|p| p.starts_with(&current)) {
            current.clone()
        } else {
            let first = whole.first().cloned().unwrap_or_default();
            let folder =
                if first.is_dir() { first.clone() } else { first.parent().map(Path::to_path_buf).unwrap_or_default() };
            let top = top(&first).unwrap_or(folder);
            if whole.iter().all(|p| p.starts_with(&top)) { top } else { current.clone() }
        };
        let tops =
            whole.iter().map(|p| (paths::relative(&base, p), top(p).map(|t| paths::relative(&base, &t)))).collect();
        let mut named: Vec<String> = whole.iter().map(|p| paths::relative(&base, p)).collect();
        named.sort();
        named.dedup();
        let asked = asked.map(|files| files.iter().map(|p| paths::relative(&base, p)).collect());
        let instead =
            |(file, text): &(PathBuf, String)| (paths::relative(&base, &paths::absolute(&current, file)), text.clone());
        let instead = place.instead.iter().map(instead).collect();
        Ok(Run { base, current, config, named, asked, instead, tops })
    }

    /// Whether a policy speaks of more than is checked. One that is named on the command line is for what is checked.
    fn is_partial(&self, request: &Request, root: &Root) -> bool {
        let governed = match self.config.policy.value.is_empty() {
            true => root.folder.clone(),
            false => paths::relative(&self.base, &self.config.folder),
        };
        request.policy.is_empty() && !self.named.iter().any(|named| paths::is_below(&governed, named))
    }

    /// From where a policy may count paths: its folder, what is checked, the folders of its files, the repository.
    fn counted_from(&self, root: &Root) -> Vec<String> {
        let mut out = vec![root.folder.clone()];
        let files = root.entries.iter().map(|e| paths::folder(e).to_owned());
        for folder in self.named.iter().cloned().chain(files).chain(self.tops.values().flatten().cloned()) {
            if !out.contains(&folder) {
                out.push(folder);
            }
        }
        out
    }

    /// A path as the configuration writes it.
    fn configured(&self, path: &str) -> PathBuf {
        PathBuf::from(paths::relative(&self.config.folder, &self.full(path)))
    }

    /// The text of the configuration, if there is one.
    fn config_text(&self) -> Option<Text> {
        let shown = self.config.shown.as_deref()?;
        let path = paths::relative(&self.base, &paths::absolute(&self.current, Path::new(shown)));
        Some(Text { path, text: Ok(self.config.text.clone()), limit: false })
    }

    /// The patterns that leave out code, with how many files each left out.
    fn excludes(&self, config: FileId, left_out: &BTreeMap<String, usize>) -> Vec<Exclude> {
        let exclude = |e: &Setting<String>| {
            let (lo, hi) = e.at.unwrap_or_default();
            let files = left_out.get(&e.value).copied().unwrap_or(0);
            Exclude { pattern: e.value.clone(), span: Span::new(config, lo, hi), files }
        };
        self.config.exclude.iter().map(exclude).collect()
    }

    /// Gives the files the dialects that the configuration names: to SQL, and to what stands in the strings of Rust.
    fn settle_dialects(&self, inputs: &mut Inputs) {
        for pair in &self.config.dialects {
            let Ok(pattern) = patterns(std::slice::from_ref(&pair.key)) else { continue };
            for id in inputs.sql.iter().chain(&inputs.rust).copied().collect::<Vec<_>>() {
                let path = self.configured(inputs.sources.path(id));
                if pattern.matched_path_or_any_parents(path, false).is_ignore() {
                    inputs.dialects.insert(id, pair.value.clone());
                }
            }
        }
    }

    pub fn full(&self, path: &str) -> PathBuf {
        self.base.join(path)
    }

    /// Whether a folder above a named path still belongs to its repository, or to this machine without one.
    fn is_within(&self, named: &str, folder: &str) -> bool {
        match self.tops.get(named) {
            Some(Some(top)) => paths::is_below(folder, top),
            _ => folder.split('/').filter(|s| *s == "..").count() < self.base.components().count(),
        }
    }

    fn read<'a>(&self, files: impl Iterator<Item = &'a String>) -> Vec<Text> {
        let files: Vec<&String> = files.collect();
        files.par_iter().map(|path| self.read_one(path)).collect()
    }

    fn read_one(&self, path: &str) -> Text {
        match self.instead.get(path) {
            Some(text) => Text { path: path.to_owned(), text: Ok(text.clone()), limit: false },
            None => read::read(&self.full(path), path.to_owned()),
        }
    }

    /// Whether a path named by the user lies inside this target folder and covers the file.
    fn asks_for(&self, file: &str, target: &str) -> bool {
        self.named.iter().any(|n| paths::is_below(n, target) && paths::is_below(file, n))
    }
}

/// The paths that the configuration names.
fn configured_paths(config: &Config) -> Result<Vec<PathBuf>, Fatal> {
    let missing = |path: &String| {
        let place = config.paths.at.map_or_else(String::new, |at| format!(", named in {}", config.place(at)));
        Fatal::Missing(format!("{path}{place}"))
    };
    let path = |path: &String| Some(config.path(path)).filter(|p| p.exists()).ok_or_else(|| missing(path));
    config.paths.value.iter().map(path).collect()
}

/// The paths with every file replaced by the workspace in which it lies: what the configuration names, else its
/// folder, else the nearest folder with a policy, else the repository.
fn workspaces(config: &Config, asked: Vec<PathBuf>) -> Result<Vec<PathBuf>, Fatal> {
    let mut out = Vec::new();
    for path in asked {
        if path.is_dir() {
            out.push(path);
        } else if !config.paths.value.is_empty() {
            out.extend(configured_paths(config)?);
        } else if config.shown.is_some() && path.starts_with(&config.folder) {
            out.push(config.folder.clone());
        } else {
            let folders = || path.ancestors().skip(1);
            let top = folders().find(|f| f.join(".git").exists());
            let within = |f: &&Path| top.is_none_or(|top| f.starts_with(top));
            let root = folders().take_while(within).find(|f| !policies_in(f).is_empty());
            out.push(root.or(top).map_or_else(|| path.clone(), Path::to_path_buf));
        }
    }
    out.sort();
    out.dedup();
    Ok(out)
}

/// The policy files directly in a folder.
fn policies_in(folder: &Path) -> Vec<PathBuf> {
    let files = walkdir::WalkDir::new(folder).min_depth(1).max_depth(1).follow_links(true);
    let is_policy = |p: &PathBuf| {
        let name = p.file_name().unwrap_or_default().to_string_lossy();
        Kind::of(&name) == Kind::Policy && !paths::is_hidden(&name)
    };
    let files = files.into_iter().flatten().filter(|e| e.file_type().is_file());
    files.map(walkdir::DirEntry::into_path).filter(is_policy).collect()
}

/// What the walk met.
#[derive(Default)]
pub(super) struct Found {
    pub files: BTreeSet<String>,
    problems: Vec<Text>,
    links: bool,
}

impl Found {
    pub fn walk(&mut self, run: &Run, named: &str) {
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

    /// The manifests above a named path: its package and workspace.
    fn manifests_above(&mut self, run: &Run, named: &str) {
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
    fn templates_beside(&mut self, run: &Run) {
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

/// Policy files, read once.
struct Policies<'a> {
    run: &'a Run,
    texts: BTreeMap<String, Text>,
}

impl Policies<'_> {
    /// The policy that the command names, else that of the configuration, else those beside the code.
    fn wanted(&mut self, named: &[PathBuf], found: &Found) -> Result<Vec<Root>, Fatal> {
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
    fn closure(&mut self, root: &Root) -> Vec<Text> {
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
