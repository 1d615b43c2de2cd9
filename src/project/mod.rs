//! Finding and reading files: code, `Cargo.toml`, policies.
//!
//! The only room beside `cli` that touches the file system. It decides *which* files belong together
//! ([`discover`]: one [`Inputs`] for each policy root) and reads them; it understands nothing but `purlin.toml`
//! ([`Config`]), `Cargo.toml` and the `import` lines of policies. Nothing here fails for a single bad file: it becomes a
//! [`Problem`] and the rest goes on. Tests build the same [`Inputs`] from texts in memory.

mod cargo;
mod config;
mod discover;
mod found;
mod git;
mod paths;
mod policies;
mod read;
mod stamp;
mod write;

pub use cargo::{CrateInfo, CrateRoot, Dependency, RootKind};
pub use config::{BASELINE_FILE, BadConfig, Choice, Config, KEYS, Pair, Setting, quoted};
pub use discover::{Fatal, Place, Request, config, discover, discover_at, discover_policy, policy_files};
pub use git::{Copy, GitError, Repository, State, is_read};
pub use stamp::Stamp;
pub use write::{replace, write};

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::source::{FileId, SourceMap, Span};

/// Gives the text of a policy that ships in the binary (`purlin:eu`), by its name after `purlin:`.
pub type Shipped = fn(&str) -> Option<&'static str>;

/// A file that could not be read, or only in part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where; the beginning of the file if it could not be read at all.
    pub span: Span,
    /// What, as a fragment: `cannot be read: permission denied`.
    pub what: String,
    /// Whether a limit of ours was hit, rather than something being wrong with the file.
    pub limit: bool,
}

/// Everything that one run over one policy root reads.
#[derive(Clone, Debug, Default)]
pub struct Inputs {
    /// Folder of the policy, relative to the root of the run: empty for that root itself.
    pub root: String,
    /// The folders from which the paths in a policy may count, relative to the root of the run, the likeliest first;
    /// that root itself if there are none.
    pub counted_from: Vec<String>,
    /// The root of the run: what paths are relative to. Empty for texts in memory; never printed.
    pub base: PathBuf,
    /// All texts, in the order of their paths. Files that could not be read are there with an empty text.
    pub sources: SourceMap,
    /// Rust files.
    pub rust: Vec<FileId>,
    /// SQL files.
    pub sql: Vec<FileId>,
    /// Sheets that describe tables: YAML of dbt projects, datasets.
    pub sheets: Vec<FileId>,
    /// Texts that code fills in: templates of pages and letters.
    pub templates: Vec<FileId>,
    /// Messages of protocol buffers.
    pub protos: Vec<FileId>,
    /// The policy: the files of its folder (or those named), and what they import.
    pub policy: Vec<FileId>,
    /// Those of [`Inputs::policy`] that are not merely imported.
    pub policy_entries: Vec<FileId>,
    /// `Cargo.toml` files.
    pub manifests: Vec<FileId>,
    /// Cargo packages with at least one file of [`Inputs::rust`], and single files outside of any.
    pub crates: Vec<CrateInfo>,
    /// What could not be read.
    pub problems: Vec<Problem>,
    /// Rust and SQL files left out because they belong to test, bench or example targets.
    pub skipped_tests: usize,
    /// Whether only a part of the policy's folder was asked for: what is missing may stand elsewhere.
    pub partial: bool,
    /// What the configuration leaves out.
    pub excludes: Vec<Exclude>,
    /// Files whose dialect of SQL the configuration names, Rust included.
    pub dialects: BTreeMap<FileId, String>,
    /// The meanings that comments in code may carry; all if the configuration does not say.
    pub annotations: Option<Vec<String>>,
    /// The files that were named, where these stand for their workspace.
    pub asked: Option<BTreeSet<FileId>>,
}

/// Code that the configuration leaves out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exclude {
    /// The pattern.
    pub pattern: String,
    /// Its place in `purlin.toml`.
    pub span: Span,
    /// How many files it left out, over all policy roots of the run.
    pub files: usize,
}

impl Inputs {
    /// Inputs from texts in memory, by their relative paths. All `*.purlin` files are one policy.
    #[must_use]
    pub fn from_memory(files: Vec<(String, String)>, shipped: Shipped) -> Inputs {
        let mut texts: Vec<read::Text> = files
            .into_iter()
            .map(|(path, text)| read::Text { path: paths::normalise(&path), text: Ok(text), limit: false })
            .collect();
        let entries: BTreeSet<String> =
            texts.iter().filter(|t| t.path.ends_with(".purlin")).map(|t| t.path.clone()).collect();
        read::add_shipped(&mut texts, shipped);
        let packages = cargo::Packages::read(&texts);
        let mut skipped = 0;
        texts.retain(|t| {
            let out = read::Kind::of(&t.path).is_code() && packages.target_folder(&t.path).is_some();
            skipped += usize::from(out);
            !out
        });
        let mut inputs = assemble(texts, &entries, &packages);
        inputs.skipped_tests = skipped;
        inputs
    }

    /// The file with this path.
    #[must_use]
    pub fn file(&self, path: &str) -> Option<FileId> {
        // Ids follow the order of paths.
        let (mut lo, mut hi) = (0, self.sources.len() as u32);
        while lo < hi {
            let id = FileId(lo.midpoint(hi));
            match self.sources.path(id).cmp(path) {
                std::cmp::Ordering::Less => lo = id.0 + 1,
                std::cmp::Ordering::Equal => return Some(id),
                std::cmp::Ordering::Greater => hi = id.0,
            }
        }
        None
    }

    /// What a path of the policy may be, relative to the root of the run, the likeliest first.
    pub fn counted<'a>(&'a self, written: &'a str) -> impl Iterator<Item = String> + 'a {
        let from =
            |folder: &str| paths::relative(&self.base, &paths::absolute(&self.base.join(folder), Path::new(written)));
        self.counted_from.iter().map(move |f| from(f)).chain([from("")])
    }

    /// Whether there is no code to check.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rust.is_empty() && self.sql.is_empty()
    }
}

/// Gives out ids in the order of the paths and sorts the files by what they are.
fn assemble(mut texts: Vec<read::Text>, entries: &BTreeSet<String>, packages: &cargo::Packages) -> Inputs {
    texts.sort_by(|a, b| a.path.cmp(&b.path));
    texts.dedup_by(|a, b| a.path == b.path);
    let mut inputs = Inputs::default();
    for text in texts {
        let kind = read::Kind::of(&text.path);
        let is_entry = entries.contains(&text.path);
        match text.text {
            Ok(content) => {
                let id = inputs.sources.add(text.path, content);
                match kind {
                    read::Kind::Rust => inputs.rust.push(id),
                    read::Kind::Sql => inputs.sql.push(id),
                    read::Kind::Manifest => inputs.manifests.push(id),
                    read::Kind::Policy => {
                        inputs.policy.push(id);
                        if is_entry {
                            inputs.policy_entries.push(id);
                        }
                    }
                    read::Kind::Sheet => inputs.sheets.push(id),
                    read::Kind::Template => inputs.templates.push(id),
                    read::Kind::Proto => inputs.protos.push(id),
                    read::Kind::Other => {}
                }
            }
            // What is shown is then all that may be.
            Err(_) if kind == read::Kind::Template => {}
            Err(what) => {
                let id = inputs.sources.add(text.path, "");
                // An unreadable policy must not be mistaken for an absent one: it stays in the list, empty,
                // and fails there for want of its first line.
                if kind == read::Kind::Policy {
                    inputs.policy.push(id);
                    if is_entry {
                        inputs.policy_entries.push(id);
                    }
                }
                inputs.problems.push(Problem { span: Span::new(id, 0, 0), what, limit: text.limit });
            }
        }
    }
    for broken in packages.broken() {
        if let Some(id) = inputs.file(&broken.path) {
            inputs.problems.push(Problem {
                span: Span::new(id, broken.lo, broken.hi),
                what: broken.what.clone(),
                limit: false,
            });
        }
    }
    inputs.problems.sort_by(|a, b| (a.span, &a.what).cmp(&(b.span, &b.what)));
    let rust: BTreeSet<&str> = inputs.rust.iter().map(|&id| inputs.sources.path(id)).collect();
    inputs.crates = packages.crates(&rust);
    inputs
}
