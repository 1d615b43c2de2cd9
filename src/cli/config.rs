//! `purlin config`, and what a run makes of `purlin.toml` and the command line together.

use std::fmt::Write as _;
use std::path::PathBuf;

use super::Exit;
use super::args::{ConfigAction, FailOn, Sure};
use super::out::Out;
use crate::diag::{Severity, suggest};
use crate::engine::Dialect;
use crate::flow::Confidence;
use crate::judge::Severities;
use crate::policy::Meaning;
use crate::project::{self, Config, Pair, Place, quoted};
use crate::report::pages;

/// What a run goes by.
pub(super) struct Settings {
    /// The file, or the defaults.
    pub config: Config,
    /// Whether what is not understood fails.
    pub strict: bool,
    /// From which severity on findings fail.
    pub fail_on: FailOn,
    /// The least confidence that is shown.
    pub confidence: Confidence,
    /// Codes that are raised.
    pub severities: Severities,
}

/// What the command line says about settings; it comes before the file.
#[derive(Default)]
pub(super) struct Said {
    pub strict: bool,
    pub fail_on: Option<FailOn>,
    pub confidence: Option<Sure>,
}

impl Settings {
    /// Reads the configuration of a run over these paths.
    ///
    /// # Errors
    /// One line for each problem of the file.
    pub(super) fn read(paths: &[PathBuf], place: &Place, said: &Said) -> Result<Settings, Vec<String>> {
        let config = project::config(paths, &place.config, place.at.as_deref()).map_err(|bad| bad.0)?;
        let mut problems = Vec::new();
        let mut word = |setting: &project::Setting<Option<String>>, words: &[&str]| -> Option<usize> {
            let (value, at) = (setting.value.as_deref()?, setting.at?);
            let found = words.iter().position(|w| *w == value);
            if found.is_none() {
                problems.push(unknown(&config, at, value, words.iter().copied()));
            }
            found
        };
        let fail_on = word(&config.fail_on, &["error", "warning", "never"])
            .and_then(|i| [FailOn::Error, FailOn::Warning, FailOn::Never].get(i).copied());
        let confidence = word(&config.confidence, &["possible", "likely", "certain"])
            .and_then(|i| [Confidence::Possible, Confidence::Likely, Confidence::Certain].get(i).copied());
        for pair in config.dialects.iter().filter(|p| Dialect::from_name(&p.value).is_none()) {
            problems.push(unknown(&config, pair.at, &pair.value, Dialect::names()));
        }
        for kind in config.annotations.value.iter().flatten().filter(|k| !Meaning::KINDS.contains(&k.as_str())) {
            problems.push(unknown(&config, config.annotations.at.unwrap_or_default(), kind, Meaning::KINDS));
        }
        let mut severities = Severities::default();
        for pair in &config.severity {
            match severity(&config, pair) {
                Ok((code, severity)) => severities.raise(&code, severity),
                Err(problem) => problems.push(problem),
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(Settings {
            strict: said.strict || config.strict.value,
            fail_on: said.fail_on.or(fail_on).unwrap_or(FailOn::Error),
            confidence: said.confidence.map(Confidence::from).or(confidence).unwrap_or(Confidence::Likely),
            severities,
            config,
        })
    }
}

/// A code and the severity to which it is raised.
fn severity(config: &Config, pair: &Pair) -> Result<(String, Severity), String> {
    let Some(code) = pages::code_of(&pair.key).filter(|code| !code.starts_with('P')) else {
        return Err(unknown(config, pair.at, &pair.key, pages::keys().filter(|k| k.len() > 1)));
    };
    let severity = match pair.value.as_str() {
        "error" => Severity::Error,
        "warning" if code.starts_with('G') => Severity::Warning,
        "warning" => {
            let place = config.place(pair.at);
            return Err(format!("{place}: `{}` is a warning or more already, and nothing can be lowered", pair.key));
        }
        other => return Err(unknown(config, pair.at, other, ["error", "warning"])),
    };
    Ok((code, severity))
}

fn unknown<'a>(config: &Config, at: (u32, u32), word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    let hint = match suggest(word, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.len() > 20 => "`purlin explain` knows the codes".to_owned(),
        None => format!("there are {}", known.iter().map(|k| format!("`{k}`")).collect::<Vec<_>>().join(", ")),
    };
    format!("{}: there is no `{word}`; {hint}", config.place(at))
}

pub(super) fn run(action: &ConfigAction, out: &Out) -> Exit {
    let ConfigAction::Show { paths, which } = action;
    let place = Place { config: which.choice(), ..Place::default() };
    match Settings::read(paths, &place, &Said::default()) {
        Ok(settings) => out.print(&show(&settings.config), Exit::Clean),
        Err(problems) => {
            out.errors(&problems);
            Exit::Usage
        }
    }
}

/// Every setting, as it would be written, and where it was said.
fn show(config: &Config) -> String {
    let from = |at: Option<(u32, u32)>| at.map_or_else(|| "default".to_owned(), |at| config.place(at));
    let list = |items: &[String]| format!("[{}]", items.iter().map(|i| quoted(i)).collect::<Vec<_>>().join(", "));
    let word = |value: &Option<String>, otherwise: &str| quoted(value.as_deref().unwrap_or(otherwise));
    let mut rows = vec![
        ("paths".to_owned(), list(&config.paths.value), from(config.paths.at)),
        ("policy".to_owned(), list(&config.policy.value), from(config.policy.at)),
        ("baseline".to_owned(), quoted(&config.baseline.value), from(config.baseline.at)),
        ("tests".to_owned(), config.tests.value.to_string(), from(config.tests.at)),
        ("strict".to_owned(), config.strict.value.to_string(), from(config.strict.at)),
        ("fail-on".to_owned(), word(&config.fail_on.value, "error"), from(config.fail_on.at)),
        ("confidence".to_owned(), word(&config.confidence.value, "likely"), from(config.confidence.at)),
    ];
    let kinds = config.annotations.value.clone().unwrap_or_else(|| Meaning::KINDS.map(str::to_owned).to_vec());
    rows.push(("annotations".to_owned(), list(&kinds), from(config.annotations.at)));
    let patterns: Vec<String> = config.exclude.iter().map(|e| e.value.clone()).collect();
    rows.push(("exclude".to_owned(), list(&patterns), from(config.exclude.first().and_then(|e| e.at))));
    for (table, pairs) in [("dialects", &config.dialects), ("severity", &config.severity)] {
        for pair in pairs {
            rows.push((format!("{table}.{}", quoted(&pair.key)), quoted(&pair.value), from(Some(pair.at))));
        }
    }
    let mut text = String::new();
    for (key, value, from) in rows {
        let _ = writeln!(text, "{key} = {value}  # {from}");
    }
    text
}
