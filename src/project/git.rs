//! Another state of a repository, as a copy in a folder of its own: a commit, or what is staged.
//!
//! Asks the `git` program, which knows the environment of hooks and costs no build time. It only reads objects: neither
//! the work tree nor the index is touched. The copy holds what a run could read and nothing else, and is gone when it is
//! dropped.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::paths;
use super::read::Kind;

/// Why another state cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GitError {
    /// There is no `git` program.
    #[error("cannot run git: {0}")]
    Absent(String),
    /// The current folder is in no repository.
    #[error("this is no git repository: {0}")]
    NoRepository(String),
    /// There is no such revision here.
    #[error(
        "there is no revision `{0}` here; in CI the history may be cut off: fetch all of it (for actions/checkout \
         `fetch-depth: 0`, in GitLab `GIT_DEPTH: 0`)"
    )]
    NoRevision(String),
    /// The two have no common history here.
    #[error(
        "`{0}` and the current commit have no common commit here; in CI the history may be cut off: fetch all of it (for \
         actions/checkout `fetch-depth: 0`, in GitLab `GIT_DEPTH: 0`)"
    )]
    NoBase(String),
    /// Git says something else.
    #[error("git {0}: {1}")]
    Failed(String, String),
    /// The copy cannot be written.
    #[error("cannot copy {0}: {1}")]
    Copy(String, String),
}

/// A repository around the current folder.
#[derive(Clone, Debug)]
pub struct Repository {
    top: PathBuf,
    /// The current folder, seen from the top; empty or ends with `/`.
    prefix: String,
    /// Whether it is a part of another, of which the environment of a hook speaks.
    part: bool,
}

/// A state that can be copied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// A commit, by its full name.
    Commit(String),
    /// What is staged.
    Index,
}

/// A copy of a state.
#[derive(Debug)]
pub struct Copy {
    folder: tempfile::TempDir,
    top: PathBuf,
    prefix: String,
    /// Submodules that are missing in it, because the commit of theirs is not here.
    pub absent: Vec<String>,
}

impl Repository {
    /// The repository of the current folder.
    ///
    /// # Errors
    /// If there is none, or no `git`.
    pub fn here() -> Result<Repository, GitError> {
        let current = std::env::current_dir().map_err(|e| GitError::NoRepository(e.to_string()))?;
        let anywhere = Repository { top: current.clone(), prefix: String::new(), part: false };
        let said = anywhere.git(&["rev-parse", "--show-prefix"]).map_err(|e| match e {
            GitError::Failed(_, what) => GitError::NoRepository(what),
            other => other,
        })?;
        let prefix = String::from_utf8_lossy(&said).trim_end_matches('\n').to_owned();
        let depth = prefix.matches('/').count();
        let top = current.ancestors().nth(depth).unwrap_or(&current).to_path_buf();
        Ok(Repository { top, prefix, part: false })
    }

    /// The commit of a revision.
    ///
    /// # Errors
    /// If it is not here.
    pub fn commit(&self, revision: &str) -> Result<State, GitError> {
        self.named(revision).map(State::Commit)
    }

    fn named(&self, revision: &str) -> Result<String, GitError> {
        let name = format!("{revision}^{{commit}}");
        match self.git(&["rev-parse", "--verify", "--quiet", "--end-of-options", &name]) {
            Ok(out) => Ok(text(&out)),
            Err(GitError::Failed(..)) => Err(GitError::NoRevision(revision.to_owned())),
            Err(other) => Err(other),
        }
    }

    /// The commit at which the current one left a revision.
    ///
    /// # Errors
    /// If the revision or the history between is not here.
    pub fn base(&self, revision: &str) -> Result<State, GitError> {
        let named = self.named(revision)?;
        let head = self.named("HEAD")?;
        match self.git(&["merge-base", &named, &head]) {
            Ok(out) => Ok(State::Commit(text(&out).lines().next().unwrap_or_default().to_owned())),
            Err(GitError::Failed(..)) => Err(GitError::NoBase(revision.to_owned())),
            Err(other) => Err(other),
        }
    }

    /// Files that a run could read, and submodules, whose staged content differs from the last commit, seen from the top;
    /// deleted ones are not among them.
    ///
    /// # Errors
    /// If git fails.
    pub fn staged(&self) -> Result<Vec<String>, GitError> {
        let out = self.git(&["diff", "--cached", "--name-only", "--no-ext-diff", "--diff-filter=d", "-z"])?;
        Ok(fields(&out).filter(|path| is_read(path) || self.top.join(path).is_dir()).collect())
    }

    /// Copies what a run could read of a state. A submodule is copied as it was then, if it is here.
    ///
    /// # Errors
    /// If git fails or the copy cannot be written.
    pub fn copy(&self, state: &State) -> Result<Copy, GitError> {
        let folder = tempfile::Builder::new()
            .prefix("purlin-")
            .tempdir()
            .map_err(|e| GitError::Copy("to a temporary folder".to_owned(), e.to_string()))?;
        let mut copy = Copy { folder, top: self.top.clone(), prefix: self.prefix.clone(), absent: Vec::new() };
        std::fs::create_dir_all(copy.at()).map_err(|e| GitError::Copy(self.prefix.clone(), e.to_string()))?;
        copy.absent = self.fill(state, copy.root())?;
        Ok(copy)
    }

    /// Writes a state into a folder. Gives the submodules that are not here.
    fn fill(&self, state: &State, root: &Path) -> Result<Vec<String>, GitError> {
        let listing = match state {
            State::Commit(commit) => self.git(&["ls-tree", "-r", "-z", "--full-tree", "--end-of-options", commit])?,
            State::Index => self.git(&["ls-files", "--stage", "-z", "--full-name", "--", "."])?,
        };
        let mut seen = BTreeSet::new();
        let is_wanted = |e: &Entry| e.kind == EntryKind::Module || is_read(&e.path);
        let entries: Vec<Entry> = fields(&listing)
            .filter_map(|line| Entry::read(&line))
            .filter(|e| is_wanted(e) && seen.insert(e.path.clone()))
            .collect();
        let failed = |path: &str, e: std::io::Error| GitError::Copy(path.to_owned(), e.to_string());
        // The search for policies and settings ends here as it does there.
        std::fs::create_dir_all(root.join(".git")).map_err(|e| failed(".git", e))?;
        let (modules, files): (Vec<Entry>, Vec<Entry>) = entries.into_iter().partition(|e| e.kind == EntryKind::Module);
        self.contents(&files, |entry, content| {
            let file = root.join(&entry.path);
            if let Some(folder) = file.parent() {
                std::fs::create_dir_all(folder).map_err(|e| failed(&entry.path, e))?;
            }
            if entry.kind == EntryKind::Link {
                link(root, entry, content, &file)
            } else {
                std::fs::write(&file, content)
            }
            .map_err(|e| failed(&entry.path, e))
        })?;
        let mut absent = Vec::new();
        for module in modules {
            let there = Repository { top: self.top.join(&module.path), prefix: String::new(), part: true };
            // Where it is not checked out, git would speak of the repository around it.
            let is_here = there.top.join(".git").exists() && there.named(&module.object).is_ok();
            if is_here {
                let inner = there.fill(&State::Commit(module.object), &root.join(&module.path))?;
                absent.extend(inner.into_iter().map(|path| format!("{}/{path}", module.path)));
            } else {
                absent.push(module.path);
            }
        }
        Ok(absent)
    }

    /// Hands over the content of each file, in order.
    fn contents(
        &self,
        files: &[Entry],
        mut take: impl FnMut(&Entry, &[u8]) -> Result<(), GitError>,
    ) -> Result<(), GitError> {
        let wrong = |what: &str| GitError::Failed("cat-file".to_owned(), what.to_owned());
        let io = |e: std::io::Error| wrong(&e.to_string());
        let mut child = self
            .command(&["cat-file", "--batch"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|e| GitError::Absent(e.to_string()))?;
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
        let (Some(mut stdin), Some(stdout)) = (stdin, stdout) else { return Err(wrong("it has no pipes")) };
        let names: String = files.iter().map(|f| format!("{}\n", f.object)).collect();
        // Both pipes may fill, so that one thread asks and the other listens.
        let asks = std::thread::spawn(move || stdin.write_all(names.as_bytes()));
        let mut answers = BufReader::new(stdout);
        let mut content = Vec::new();
        for file in files {
            let mut head = String::new();
            answers.read_line(&mut head).map_err(io)?;
            let size: usize = head
                .trim_end()
                .rsplit(' ')
                .next()
                .and_then(|n| n.parse().ok())
                .ok_or_else(|| wrong(&format!("no object for {}", file.path)))?;
            content.resize(size, 0);
            answers.read_exact(&mut content).map_err(io)?;
            answers.read_exact(&mut [0]).map_err(io)?;
            take(file, &content)?;
        }
        drop(answers);
        if !matches!(asks.join(), Ok(Ok(()))) {
            return Err(wrong("it does not listen"));
        }
        child.wait().map(|_| ()).map_err(io)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("git");
        command.arg("-C").arg(&self.top).args(["-c", "core.quotePath=false"]).args(arguments);
        if self.part {
            for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR"] {
                command.env_remove(name);
            }
        }
        // Reading must not refresh the index: that would be a write.
        command.env("GIT_OPTIONAL_LOCKS", "0").env("LC_ALL", "C").stdin(Stdio::null());
        command
    }

    fn git(&self, arguments: &[&str]) -> Result<Vec<u8>, GitError> {
        let out = self.command(arguments).output().map_err(|e| GitError::Absent(e.to_string()))?;
        if out.status.success() {
            return Ok(out.stdout);
        }
        let said = text(&out.stderr);
        let name = arguments.first().copied().unwrap_or_default().to_owned();
        Err(GitError::Failed(name, said.lines().next().unwrap_or("it failed").to_owned()))
    }
}

impl Copy {
    /// What stands for the top of the repository.
    #[must_use]
    pub fn root(&self) -> &Path {
        self.folder.path()
    }

    /// What stands for the current folder.
    #[must_use]
    pub fn at(&self) -> PathBuf {
        self.root().join(&self.prefix)
    }

    /// What stands for a path: the same path in the copy, or the path itself if it is outside the repository.
    #[must_use]
    pub fn map(&self, path: &Path) -> PathBuf {
        let full = paths::absolute(&self.top.join(&self.prefix), path);
        full.strip_prefix(&self.top).map_or(full.clone(), |inside| self.root().join(inside))
    }
}

/// A file of a state, or what stands in its place.
struct Entry {
    object: String,
    path: String,
    kind: EntryKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum EntryKind {
    File,
    Link,
    /// A submodule: a commit of another repository.
    Module,
}

impl Entry {
    /// `100644 blob 1234\tpath` of a tree, `100644 1234 0\tpath` of an index.
    fn read(line: &str) -> Option<Entry> {
        let (head, path) = line.split_once('\t')?;
        let mut words = head.split(' ');
        let mode = words.next()?;
        let object = words.find(|w| w.len() >= 40)?.to_owned();
        let inside = path.split('/').all(|part| !matches!(part, "" | "." | ".." | ".git"));
        let kind = match mode {
            "100644" | "100755" | "100664" => EntryKind::File,
            "120000" => EntryKind::Link,
            "160000" => EntryKind::Module,
            _ => return None,
        };
        inside.then(|| Entry { object, path: path.to_owned(), kind })
    }
}

/// Whether a run could read a file of this name, or be steered by it.
#[must_use]
pub fn is_read(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    Kind::of(path) != Kind::Other
        || matches!(name, ".gitignore" | ".ignore" | "CACHEDIR.TAG")
        || name.ends_with(".toml")
}

/// A symbolic link, if it leads to a place within the copy.
fn link(root: &Path, entry: &Entry, target: &[u8], file: &Path) -> std::io::Result<()> {
    let target = String::from_utf8_lossy(target).into_owned();
    let folder = paths::folder(&entry.path);
    if target.starts_with('/') || paths::join(folder, &target).starts_with("..") || root.join(folder) == *file {
        return Ok(());
    }
    #[cfg(unix)]
    return std::os::unix::fs::symlink(target, file);
    #[cfg(not(unix))]
    Ok(())
}

/// What stands between zero bytes.
fn fields(bytes: &[u8]) -> impl Iterator<Item = String> {
    bytes.split(|b| *b == 0).filter(|f| !f.is_empty()).map(|f| String::from_utf8_lossy(f).into_owned())
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_of_trees_and_indexes_are_read() {
        let object = "0123456789012345678901234567890123456789";
        let read = |line: &str| Entry::read(&line.replace("OID", object)).map(|e| (e.object, e.path, e.kind));
        let file = |path: &str| Some((object.to_owned(), path.to_owned(), EntryKind::File));
        assert_eq!(read("100644 blob OID\tsrc/a b.rs"), file("src/a b.rs"));
        assert_eq!(read("100755 OID 0\tx.sql"), file("x.sql"));
        assert_eq!(read("120000 blob OID\tl").map(|e| e.2), Some(EntryKind::Link));
        assert_eq!(read("160000 commit OID\tsub").map(|e| e.2), Some(EntryKind::Module));
        assert_eq!(read("040000 tree OID\tsub"), None);
        assert_eq!(read("100644 blob OID\t../out.rs"), None);
        assert_eq!(read("100644 blob OID\ta/.git/config.toml"), None);
    }

    #[test]
    fn only_what_a_run_reads_is_copied() {
        for path in ["a.rs", "x/b.sql", "p.purlin", "Cargo.toml", "purlin.toml", "x/.gitignore", "t/CACHEDIR.TAG"] {
            assert!(is_read(path), "{path}");
        }
        for path in ["a.png", "README.md", "Cargo.lock"] {
            assert!(!is_read(path), "{path}");
        }
    }
}
