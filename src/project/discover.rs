//! Where a run happens, and what it reads: for each policy root the policy and the code below it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::cargo::Packages;
use super::config::{BadConfig, Choice, Config, Setting, patterns};
use super::found::Found;
use super::policies::{Policies, Root, depth, policies_in};
use super::read::{self, Kind, Text};
use super::{Exclude, Inputs, Shipped, assemble, paths};
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
    let mut found = Found::of(&run);
    let is_asked = |file: &String| Kind::of(file) != Kind::Other && run.named.iter().any(|n| paths::is_below(file, n));
    found.files.extend(run.instead.keys().filter(|file| is_asked(file)).cloned());
    let mut policies = Policies::of(&run);
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
    let describes = found.describing();
    let excluded = run.config.excluded();
    let mut left_out: BTreeMap<String, usize> = BTreeMap::new();
    let is_read =
        |p: &&String| Kind::of(p).is_code() || matches!(Kind::of(p), Kind::Template | Kind::Proto) || describes(p);
    for path in found.files.iter().filter(is_read) {
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
    let found = Found::of(&run);
    let mut policies = Policies::of(&run);
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

/// The policy files at or below the paths, for `fmt`, and the folder to which their paths are relative; a named
/// file is taken whatever it is called.
///
/// # Errors
/// If a named path is missing.
pub fn policy_files(named: &[PathBuf]) -> Result<(PathBuf, Inputs), Fatal> {
    let run = Run::new(named, &Place { config: Choice::Off, ..Place::default() })?;
    let found = Found::of(&run);
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
    pub instead: BTreeMap<String, String>,
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
    pub fn is_within(&self, named: &str, folder: &str) -> bool {
        match self.tops.get(named) {
            Some(Some(top)) => paths::is_below(folder, top),
            _ => folder.split('/').filter(|s| *s == "..").count() < self.base.components().count(),
        }
    }

    fn read<'a>(&self, files: impl Iterator<Item = &'a String>) -> Vec<Text> {
        let files: Vec<&String> = files.collect();
        files.par_iter().map(|path| self.read_one(path)).collect()
    }

    pub fn read_one(&self, path: &str) -> Text {
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
