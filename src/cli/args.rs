//! What can be typed.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

use crate::engine::probe::Position;
use crate::flow::Confidence;
use crate::policy::Date;

/// Checks that Rust and SQL use personal data only as the record of processing allows.
///
/// A policy (*.purlin) says for which purposes which data of whom may be used, shared, shown and kept. `purlin
/// check` follows that data through the code and reports every place that the policy does not allow.
#[derive(Debug, Parser)]
#[command(name = "purlin", version, arg_required_else_help = true, disable_help_subcommand = true)]
#[command(
    after_help = "Exit codes: 0 clean, 1 violations, 2 wrong usage or a broken policy, 3 incomplete under --strict."
)]
pub(super) struct Args {
    #[command(subcommand)]
    pub command: Command,
    /// When to colour the output; NO_COLOR and CLICOLOR_FORCE are honoured.
    #[arg(long, value_enum, default_value_t = Color::Auto, global = true, value_name = "WHEN")]
    pub color: Color,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Check code against its policy.
    Check(Check),
    /// Format policy files.
    Fmt(Fmt),
    /// Run the tests of policies, and print what is odd about them.
    Test(Test),
    /// Explain a code (R07, guard-missing, G02, P04) or ask the policy about a flow.
    Explain(Explain),
    /// Show everything that reaches and leaves the value at a place.
    Trace(Trace),
    /// Show the tables with their labels, and the code that reads and writes each labelled column.
    Tables(Tables),
    /// Print what a stage of the analysis made of a file.
    Dump(Dump),
}

#[derive(Debug, clap::Args)]
pub(super) struct Check {
    /// Files and folders; the current folder if none is given.
    pub paths: Vec<PathBuf>,
    /// Policy files or folders to use instead of those found beside the code.
    #[arg(long, value_name = "FILE", num_args = 1)]
    pub policy: Vec<PathBuf>,
    /// How to print the report.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// Print findings and the last lines only.
    #[arg(short, long)]
    pub quiet: bool,
    /// Number of threads; all cores if not given. The output never depends on it.
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub jobs: Option<u16>,
    /// Fail with 3 if anything was not understood or a host could not be determined.
    #[arg(long)]
    pub strict: bool,
    /// List all gaps, not only the first of each kind.
    #[arg(long)]
    pub gaps: bool,
    /// Show findings that are at least this sure.
    #[arg(long, value_enum, default_value_t = Sure::Likely, value_name = "HOW")]
    pub confidence: Sure,
    /// The day for contracts and waivers, as 2026-11-22; today (UTC) if not given.
    #[arg(long, value_name = "DATE", value_parser = out_date)]
    pub today: Option<Date>,
    /// Print what was seen, number by number.
    #[arg(long)]
    pub stats: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct Fmt {
    /// Policy files, and folders that hold some; the current folder if none is given.
    pub paths: Vec<PathBuf>,
    /// Change nothing; fail with 1 if a file is not formatted.
    #[arg(long)]
    pub check: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct Test {
    /// Files and folders; the current folder if none is given.
    pub paths: Vec<PathBuf>,
    /// Policy files or folders to use instead of those found there.
    #[arg(long, value_name = "FILE", num_args = 1)]
    pub policy: Vec<PathBuf>,
    /// The day for contracts, as 2026-11-22; today (UTC) if not given.
    #[arg(long, value_name = "DATE", value_parser = out_date)]
    pub today: Option<Date>,
}

#[derive(Debug, clap::Args)]
pub(super) struct Explain {
    /// A code, its name, or a flow: `share contact.email of customer with mailgate for newsletter`.
    #[arg(required = true, num_args = 1..)]
    pub what: Vec<String>,
    /// Policy files or folders to ask; those of the current folder if not given.
    #[arg(long, value_name = "FILE", num_args = 1)]
    pub policy: Vec<PathBuf>,
    /// The day for contracts, as 2026-11-22; today (UTC) if not given.
    #[arg(long, value_name = "DATE", value_parser = out_date)]
    pub today: Option<Date>,
}

#[derive(Debug, clap::Args)]
pub(super) struct Trace {
    /// The place; without a column every value of the line that has a name.
    #[arg(value_name = "FILE:LINE[:COL]", value_parser = position)]
    pub at: Position,
    /// Policy files or folders to use instead of those found beside the code.
    #[arg(long, value_name = "FILE", num_args = 1)]
    pub policy: Vec<PathBuf>,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

#[derive(Debug, clap::Args)]
pub(super) struct Tables {
    /// Files and folders; the current folder if none is given.
    pub paths: Vec<PathBuf>,
    /// Policy files or folders to use instead of those found beside the code.
    #[arg(long, value_name = "FILE", num_args = 1)]
    pub policy: Vec<PathBuf>,
    /// How to print them.
    #[arg(long, value_enum, default_value_t = TablesFormat::Text)]
    pub format: TablesFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum TablesFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
    /// A diagram for documents.
    Mermaid,
}

#[derive(Debug, clap::Args)]
pub(super) struct Dump {
    /// Which stage.
    #[arg(long, value_enum)]
    pub stage: Stage,
    /// Draw so many of the understood calls, to look them up by hand (stage `calls`).
    #[arg(long, value_name = "N")]
    pub sample: Option<usize>,
    /// What the draw begins with.
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub seed: u64,
    /// Print only what has this in its path (stages `program` and `summary`).
    #[arg(long, value_name = "TEXT")]
    pub name: Option<String>,
    /// Policy files or folders to use instead of those found beside the code (stages `summary` and `flow`).
    #[arg(long, value_name = "FILE", num_args = 1)]
    pub policy: Vec<PathBuf>,
    /// The file or folder.
    pub file: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Stage {
    /// What the front end made of a file.
    Unit,
    /// What was linked: modules, types, traits and whom their calls reach, functions and their calls, tables.
    Program,
    /// Method calls with the types of their receivers.
    Calls,
    /// Statements of SQL that are not lowered, and how many are.
    Sql,
    /// What each function does, in terms of its parameters.
    Summary,
    /// The flows that were found.
    Flow,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    /// On terminals.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Sure {
    /// Also where a step was guessed.
    Possible,
    /// Also where several functions may be called.
    Likely,
    /// Only where every step is known.
    Certain,
}

impl Dump {
    /// The stage, as the engine has it.
    pub(super) fn stage(&self) -> crate::engine::Stage {
        match self.stage {
            Stage::Unit => crate::engine::Stage::Unit,
            Stage::Program => crate::engine::Stage::Program,
            Stage::Sql => crate::engine::Stage::Sql,
            Stage::Summary => crate::engine::Stage::Summary,
            Stage::Calls => crate::engine::Stage::Calls(self.sample.map(|n| (n, self.seed))),
            Stage::Flow => crate::engine::Stage::Flow,
        }
    }
}

impl From<Sure> for Confidence {
    fn from(sure: Sure) -> Confidence {
        match sure {
            Sure::Possible => Confidence::Possible,
            Sure::Likely => Confidence::Likely,
            Sure::Certain => Confidence::Certain,
        }
    }
}

/// `src/db.rs:12:8`; the numbers are sought from the end, because a path may hold colons.
fn position(text: &str) -> Result<Position, String> {
    let wrong = || "a place is FILE:LINE or FILE:LINE:COLUMN".to_owned();
    let number = |text: &str| text.parse::<u32>().ok().filter(|n| *n > 0);
    let (head, last) = text.rsplit_once(':').ok_or_else(wrong)?;
    let last = number(last).ok_or_else(wrong)?;
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let (file, line, column) = match head.rsplit_once(':') {
        Some((file, line)) if is_number(line) => (file, number(line).ok_or_else(wrong)?, Some(last)),
        _ => (head, last, None),
    };
    if file.is_empty() { Err(wrong()) } else { Ok(Position { file: file.to_owned(), line, column }) }
}

fn out_date(text: &str) -> Result<Date, String> {
    Date::parse(text).ok_or_else(|| "not a date of the form 2026-11-22".to_owned())
}
