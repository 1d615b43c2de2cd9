//! `purlin.toml`: what a repository has settled for every run.
//!
//! The nearest one at or above what is asked for counts, up to the root of the repository; there is no merging. This
//! file knows the shape and the places of the values; what a code, a dialect or a confidence is, the rooms know that
//! own them.

use std::path::{Path, PathBuf};

use ignore::gitignore::{Gitignore, GitignoreBuilder};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::paths;
use super::read;
use crate::diag::suggest;
use crate::source::SourceFile;

/// The name of the file.
pub const CONFIG_FILE: &str = "purlin.toml";
/// The name of the baseline, unless the configuration gives another.
pub const BASELINE_FILE: &str = "purlin-baseline.toml";

/// A value and where it was said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Setting<T> {
    /// The value.
    pub value: T,
    /// Its bytes in the file; nothing if it is the default.
    pub at: Option<(u32, u32)>,
}

/// A value that belongs to a key of the user's: a glob and its dialect, a code and its severity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// What it is about.
    pub key: String,
    /// What is said of it.
    pub value: String,
    /// Bytes of both in the file.
    pub at: (u32, u32),
}

/// All that a run reads from `purlin.toml`; the defaults where there is none.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// The file, as it is shown; nothing if there is none.
    pub shown: Option<String>,
    /// The folder to which its paths are relative: that of the file, else the root of the repository, else the
    /// current one.
    pub folder: PathBuf,
    /// Its text.
    pub text: String,
    /// What is checked if no path is given.
    pub paths: Setting<Vec<String>>,
    /// Code that is not read, as patterns of `.gitignore`.
    pub exclude: Vec<Setting<String>>,
    /// Policy files and folders that decide instead of those found beside the code.
    pub policy: Setting<Vec<String>>,
    /// The file of old findings.
    pub baseline: Setting<String>,
    /// Whether tests, benches and examples are read.
    pub tests: Setting<bool>,
    /// Whether what is not understood fails a run.
    pub strict: Setting<bool>,
    /// From which severity on findings fail a run.
    pub fail_on: Setting<Option<String>>,
    /// The least confidence that is shown.
    pub confidence: Setting<Option<String>>,
    /// The meanings that comments in code may carry; all if it is not said.
    pub annotations: Setting<Option<Vec<String>>>,
    /// Globs and the dialect of the SQL there.
    pub dialects: Vec<Pair>,
    /// Codes and the severity to which they are raised.
    pub severity: Vec<Pair>,
}

/// A configuration that cannot be used: one line for each problem.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("\nerror: "))]
pub struct BadConfig(pub Vec<String>);

/// Which configuration a run uses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Choice {
    /// The nearest one.
    #[default]
    Nearest,
    /// This one.
    File(PathBuf),
    /// None.
    Off,
}

/// Keys of the file, with what they say.
pub const KEYS: [(&str, &str); 11] = [
    ("paths", "what is checked if no path is given"),
    ("exclude", "code that is not read, as patterns of .gitignore"),
    ("policy", "policy files and folders that decide instead of those beside the code"),
    ("baseline", "the file of old findings"),
    ("tests", "whether tests, benches and examples are read"),
    ("strict", "whether what is not understood fails a run"),
    ("fail-on", "the severity from which on findings fail a run: error, warning, never"),
    ("confidence", "the least confidence that is shown: possible, likely, certain"),
    ("annotations", "the meanings that comments in code may carry"),
    (
        "dialects",
        "dialects of SQL, in files of SQL and in strings of Rust, by patterns of .gitignore; the last that fits counts",
    ),
    ("severity", "codes that are raised to warning or error; none can be lowered"),
];

impl Config {
    /// The configuration of a run that begins in `current` and asks for these paths, all of them absolute.
    ///
    /// # Errors
    /// If the file cannot be read or says something that is not understood.
    pub(super) fn find(current: &Path, asked: &[PathBuf], choice: &Choice) -> Result<Config, BadConfig> {
        let start = common_folder(asked).unwrap_or_else(|| current.to_path_buf());
        let top = start.ancestors().find(|f| f.join(".git").exists());
        let file = match choice {
            Choice::Off => None,
            Choice::File(file) => {
                let file = paths::absolute(current, file);
                if !file.is_file() {
                    return Err(BadConfig(vec![format!("no such file: {}", paths::relative(current, &file))]));
                }
                Some(file)
            }
            Choice::Nearest => {
                let within = |f: &&Path| top.is_none_or(|top| f.starts_with(top));
                start.ancestors().take_while(within).map(|f| f.join(CONFIG_FILE)).find(|f| f.is_file())
            }
        };
        let Some(file) = file else {
            let folder = top.unwrap_or(current).to_path_buf();
            return Ok(Config { folder, baseline: default_baseline(), ..Config::default() });
        };
        let shown = paths::relative(current, &file);
        let folder = file.parent().unwrap_or(current).to_path_buf();
        match read::read(&file, shown.clone()).text {
            Ok(text) => Config::parse(&shown, folder, text),
            Err(what) => Err(BadConfig(vec![format!("{shown}: {what}")])),
        }
    }

    /// The configuration that a text gives.
    ///
    /// # Errors
    /// One line for each thing that is not understood.
    pub fn parse(shown: &str, folder: PathBuf, text: String) -> Result<Config, BadConfig> {
        let mut reader = Reader { source: SourceFile::new(shown, text.as_str()), problems: Vec::new() };
        let mut config =
            Config { shown: Some(shown.to_owned()), folder, baseline: default_baseline(), ..Config::default() };
        match DeTable::parse(&text) {
            Ok(table) => {
                let mut entries: Vec<_> = table.get_ref().iter().collect();
                entries.sort_by_key(|(key, _)| key.span().start);
                for (key, value) in entries {
                    reader.entry(&mut config, key.get_ref(), (key.span().start, key.span().end), value);
                }
            }
            Err(error) => {
                let span = error.span().unwrap_or(0..0);
                let message = error.message().lines().next().unwrap_or("it is not valid TOML").to_owned();
                reader.problem((span.start, span.end), message);
            }
        }
        // `--staged` and `--diff-base` copy what ends in `.toml`, before they know what it says.
        if let (Some((lo, hi)), false) = (config.baseline.at, config.baseline.value.ends_with(".toml")) {
            reader.problem((lo as usize, hi as usize), "the baseline is a file that ends in `.toml`".to_owned());
        }
        config.text = text;
        for pattern in &config.exclude {
            if let Err(error) = patterns(std::slice::from_ref(&pattern.value)) {
                let (lo, hi) = pattern.at.unwrap_or_default();
                reader.problem((lo as usize, hi as usize), format!("this is no pattern of .gitignore: {error}"));
            }
        }
        if reader.problems.is_empty() { Ok(config) } else { Err(BadConfig(reader.problems)) }
    }

    /// Line of some bytes of the file.
    #[must_use]
    pub fn line(&self, at: (u32, u32)) -> u32 {
        self.text.get(..at.0 as usize).map_or(1, |before| before.matches('\n').count() as u32 + 1)
    }

    /// Where something stands, for a message about it.
    #[must_use]
    pub fn place(&self, at: (u32, u32)) -> String {
        format!("{}:{}", self.shown.as_deref().unwrap_or(CONFIG_FILE), self.line(at))
    }

    /// A path of the configuration, absolute.
    #[must_use]
    pub fn path(&self, path: &str) -> PathBuf {
        paths::absolute(&self.folder, Path::new(path))
    }

    /// What decides whether a file is left out.
    pub(super) fn excluded(&self) -> Gitignore {
        let all: Vec<String> = self.exclude.iter().map(|p| p.value.clone()).collect();
        patterns(&all).unwrap_or_else(|_| Gitignore::empty())
    }
}

fn default_baseline() -> Setting<String> {
    Setting { value: BASELINE_FILE.to_owned(), at: None }
}

/// A matcher for patterns of `.gitignore`.
pub(super) fn patterns(lines: &[String]) -> Result<Gitignore, String> {
    let mut builder = GitignoreBuilder::new("");
    for line in lines {
        builder.add_line(None, line).map_err(|e| e.to_string())?;
    }
    builder.build().map_err(|e| e.to_string())
}

/// The folder at or above all paths.
fn common_folder(asked: &[PathBuf]) -> Option<PathBuf> {
    let folder = |p: &PathBuf| if p.is_dir() { Some(p.clone()) } else { p.parent().map(Path::to_path_buf) };
    let mut all = asked.iter().map(folder);
    let first = all.next()??;
    all.try_fold(first, |common, next| {
        let next = next?;
        common.ancestors().find(|f| next.starts_with(f)).map(Path::to_path_buf)
    })
}

/// A text as TOML writes it.
#[must_use]
pub fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => out.push_str(&format!("\\u{:04X}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Reads values and remembers what is wrong with them.
struct Reader {
    source: SourceFile,
    problems: Vec<String>,
}

type At = (usize, usize);

impl Reader {
    fn problem(&mut self, at: At, what: String) {
        let place = self.source.line_col(at.0 as u32);
        self.problems.push(format!("{}:{}:{}: {what}", self.source.path, place.line, place.column));
    }

    fn entry(&mut self, config: &mut Config, key: &str, key_at: At, value: &Spanned<DeValue<'_>>) {
        let at = Some((key_at.0 as u32, value.span().end as u32));
        match key {
            "paths" => config.paths = Setting { value: self.texts(value), at },
            "exclude" => config.exclude = self.patterns(value),
            "policy" => config.policy = Setting { value: self.texts(value), at },
            "baseline" => config.baseline = Setting { value: self.text(value), at },
            "tests" => config.tests = Setting { value: self.flag(value), at },
            "strict" => config.strict = Setting { value: self.flag(value), at },
            "fail-on" => config.fail_on = Setting { value: Some(self.text(value)), at },
            "confidence" => config.confidence = Setting { value: Some(self.text(value)), at },
            "annotations" => config.annotations = Setting { value: Some(self.texts(value)), at },
            "dialects" => config.dialects = self.pairs(value),
            "severity" => config.severity = self.pairs(value),
            _ => {
                let near = suggest(key, KEYS.iter().map(|(k, _)| *k));
                let hint = near.map_or_else(
                    || format!("; there are {}", KEYS.map(|(k, _)| format!("`{k}`")).join(", ")),
                    |n| format!("; did you mean `{n}`?"),
                );
                self.problem(key_at, format!("there is no key `{key}`{hint}"));
            }
        }
    }

    fn wrong<T: Default>(&mut self, value: &Spanned<DeValue<'_>>, wanted: &str) -> T {
        self.problem((value.span().start, value.span().end), format!("this must be {wanted}"));
        T::default()
    }

    fn text(&mut self, value: &Spanned<DeValue<'_>>) -> String {
        match value.get_ref() {
            DeValue::String(text) => text.to_string(),
            _ => self.wrong(value, "a text, as in \"..\""),
        }
    }

    fn flag(&mut self, value: &Spanned<DeValue<'_>>) -> bool {
        match value.get_ref() {
            DeValue::Boolean(flag) => *flag,
            _ => self.wrong(value, "true or false"),
        }
    }

    fn texts(&mut self, value: &Spanned<DeValue<'_>>) -> Vec<String> {
        match value.get_ref() {
            DeValue::Array(list) => list.iter().map(|v| self.text(v)).collect(),
            _ => self.wrong(value, "a list of texts, as in [\"..\"]"),
        }
    }

    fn patterns(&mut self, value: &Spanned<DeValue<'_>>) -> Vec<Setting<String>> {
        match value.get_ref() {
            DeValue::Array(list) => list
                .iter()
                .map(|v| Setting { value: self.text(v), at: Some((v.span().start as u32, v.span().end as u32)) })
                .collect(),
            _ => self.wrong(value, "a list of patterns, as in [\"generated/\"]"),
        }
    }

    fn pairs(&mut self, value: &Spanned<DeValue<'_>>) -> Vec<Pair> {
        let DeValue::Table(table) = value.get_ref() else { return self.wrong(value, "a table") };
        let mut pairs: Vec<Pair> = table
            .iter()
            .map(|(key, value)| Pair {
                key: key.get_ref().to_string(),
                value: self.text(value),
                at: (key.span().start as u32, value.span().end as u32),
            })
            .collect();
        pairs.sort_by_key(|p| p.at);
        pairs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Config, BadConfig> {
        Config::parse("purlin.toml", PathBuf::from("/repo"), text.to_owned())
    }

    #[test]
    fn values_know_their_lines() {
        let config = parse(
            "paths = [\"crates\"]\n\nexclude = [\n  \"generated/\",\n  \"*.pb.rs\",\n]\nstrict = true\n\n\
             [dialects]\n\"**\" = \"postgres\"\n\"warehouse/**\" = \"bigquery\"\n\n[severity]\nW01 = \"error\"\n",
        )
        .unwrap();
        assert_eq!(config.paths.value, ["crates"]);
        assert_eq!(config.exclude.iter().map(|p| config.line(p.at.unwrap())).collect::<Vec<_>>(), [4, 5]);
        assert!(config.strict.value && !config.tests.value);
        assert_eq!(config.strict.at.map(|at| config.line(at)), Some(7));
        let dialects: Vec<(&str, &str)> = config.dialects.iter().map(|p| (&*p.key, &*p.value)).collect();
        assert_eq!(dialects, [("**", "postgres"), ("warehouse/**", "bigquery")]);
        assert_eq!((config.severity[0].key.as_str(), config.line(config.severity[0].at)), ("W01", 14));
    }

    #[test]
    fn what_is_not_understood_is_said_with_its_place() {
        let wrong = |text: &str| parse(text).unwrap_err().0;
        assert_eq!(wrong("pahts = []\n"), ["purlin.toml:1:1: there is no key `pahts`; did you mean `paths`?"]);
        assert!(wrong("x = 1").first().unwrap().contains("there are `paths`, `exclude`"));
        assert_eq!(
            wrong("tests = 1\npaths = \"a\"\n"),
            [
                "purlin.toml:1:9: this must be true or false",
                "purlin.toml:2:9: this must be a list of texts, as in [\"..\"]"
            ]
        );
        assert_eq!(wrong("baseline = \"old\""), ["purlin.toml:1:1: the baseline is a file that ends in `.toml`"]);
        assert!(wrong("paths = [").first().unwrap().starts_with("purlin.toml:1:"));
        assert!(wrong("exclude = [\"a{b\"]").first().unwrap().contains("no pattern of .gitignore"));
    }

    #[test]
    fn texts_are_written_as_they_are_read() {
        let text = "a \"b\" \\ c\n\u{1}é𐐀.toml";
        let config = parse(&format!("baseline = {}", quoted(text))).unwrap();
        assert_eq!(config.baseline.value, text);
    }
}
