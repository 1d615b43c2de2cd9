//! What can be typed.

use std::path::PathBuf;

use clap::builder::PossibleValue;
use clap::{Parser, Subcommand, ValueEnum};

use crate::diag::suggest;
use crate::engine::probe::Position;
use crate::flow::Confidence;
use crate::policy::Date;
use crate::project::{Choice, Place, Request};
use crate::report::Format as Report;

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
    /// Say what is wrong or odd about policies, and which permissions the code does not use.
    Lint(Lint),
    /// Run the tests of policies.
    Test(Test),
    /// Explain a code (R07, guard-missing, G02, P04) or ask the policy about a flow.
    Explain(Explain),
    /// Show which flows a change of the policy newly permits and no longer permits.
    Diff(Diff),
    /// Show who may use, receive, see and keep data: `purlin who contact.email of customer`.
    Who(Table),
    /// Show what goes to a region: `purlin where us`.
    Where(Table),
    /// Show what a recipient, store or audience has, and for which purposes: `purlin why mailgate`.
    Why(Table),
    /// Write the policy in plain sentences, as the record of processing, or as a draft of the privacy notice.
    Docs(Docs),
    /// Print the annotations in code as `bind` lines.
    Bind(Bind),
    /// Turn descriptions in another format into a policy.
    Import(Import),
    /// Write the policy in another format.
    Export(Export),
    /// Show everything that reaches and leaves the value at a place.
    Trace(Trace),
    /// Show the tables with their labels, and the code that reads and writes each labelled column.
    Tables(Tables),
    /// Print what a stage of the analysis made of a file.
    Dump(Dump),
    /// Write a first policy for a repository that has none, out of what looks personal in its code.
    Init(Init),
    /// Keep old findings from blocking new work.
    Baseline {
        #[command(subcommand)]
        action: BaselineAction,
    },
    /// Write a dated exception for a finding into the policy, for review.
    Waive(Waive),
    /// Print the JSON Schema of an output.
    SchemaOf {
        /// Of which.
        #[arg(value_enum)]
        what: Schema,
    },
    /// Print the completions of a shell.
    Completions {
        /// Of which.
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },
    /// Write the pages of the manual.
    Man {
        /// The folder for them.
        folder: PathBuf,
    },
    /// Show the settings of `purlin.toml`.
    Config {
        #[command(subcommand)]
        action: ConfigAction,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Schema {
    /// `check --format json`, and the lines of `--format jsonl`.
    Json,
    /// `tables --format json`.
    Tables,
    /// `trace --format json`.
    Trace,
}

#[derive(Debug, Subcommand)]
pub(super) enum ConfigAction {
    /// Print every setting with the line that says it.
    Show {
        /// Files and folders for which the settings are sought; the current folder if none is given.
        paths: Vec<PathBuf>,
        #[command(flatten)]
        which: Which,
    },
}

/// Which `purlin.toml` counts.
#[derive(Clone, Debug, Default, clap::Args)]
pub(super) struct Which {
    /// Settings to use instead of the nearest `purlin.toml`.
    #[arg(long, value_name = "FILE", conflicts_with = "no_config")]
    pub config: Option<PathBuf>,
    /// Use no `purlin.toml`.
    #[arg(long)]
    pub no_config: bool,
}

impl Which {
    /// The same for the room that reads it.
    pub(super) fn choice(&self) -> Choice {
        match &self.config {
            _ if self.no_config => Choice::Off,
            Some(file) => Choice::File(file.clone()),
            None => Choice::Nearest,
        }
    }
}

/// The policies that a command is about.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct About {
    /// Files and folders; the current folder if none is given.
    pub paths: Vec<PathBuf>,
    #[command(flatten)]
    pub named: Named,
}

/// Policies by name.
#[derive(Clone, Debug, Default, clap::Args)]
pub(super) struct Named {
    /// Policy files or folders to use instead of those found there.
    #[arg(long, value_name = "FILE", num_args = 1)]
    pub policy: Vec<PathBuf>,
}

impl About {
    /// What is to be read.
    pub(super) fn request(&self) -> Request {
        Request { paths: self.paths.clone(), ..self.named.request() }
    }
}

impl Named {
    /// What is to be read: in the current folder.
    pub(super) fn request(&self) -> Request {
        Request { paths: Vec::new(), policy: self.policy.clone(), code_only: false, shipped: super::shipped }
    }
}

/// As of when.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(super) struct Day {
    /// The day for contracts and waivers, as 2026-11-22; today (UTC) if not given.
    #[arg(long, value_name = "DATE", value_parser = out_date)]
    today: Option<Date>,
}

impl Day {
    /// That day.
    pub(super) fn date(self) -> Date {
        self.today.unwrap_or_else(super::out::today)
    }
}

/// What is analysed, and as what.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Ask {
    /// Files and folders; what `purlin.toml` names, else the current folder, if none is given. For a file all of its
    /// workspace is read, and what touches the file is reported.
    pub paths: Vec<PathBuf>,
    #[command(flatten)]
    pub named: Named,
    /// Show findings that are at least this sure; `likely` if nothing else is said.
    #[arg(long, value_enum, value_name = "HOW")]
    pub confidence: Option<Sure>,
    #[command(flatten)]
    pub day: Day,
    /// Number of threads; all cores if not given. The output never depends on it.
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub jobs: Option<u16>,
    #[command(flatten)]
    pub which: Which,
}

impl Ask {
    /// What is to be read.
    pub(super) fn request(&self) -> Request {
        Request { paths: self.paths.clone(), ..self.named.request() }
    }

    /// The files of the current folder, as they are.
    pub(super) fn place(&self) -> Place {
        Place { config: self.which.choice(), ..Place::default() }
    }
}

#[derive(Debug, clap::Args)]
pub(super) struct Check {
    #[command(flatten)]
    pub ask: Ask,
    /// How to print the report; `text` if nothing else is said, with annotations beside it in GitHub Actions.
    #[arg(long, value_enum, alias = "output-format")]
    pub format: Option<Report>,
    /// Write the report to a file as well; can be given several times.
    #[arg(long, value_name = "FORMAT=FILE", value_parser = output)]
    pub output: Vec<(Report, PathBuf)>,
    /// Let SARIF hold what is waived or in the baseline.
    #[arg(long)]
    pub report_suppressed: bool,
    /// Print findings and the last lines only.
    #[arg(short, long)]
    pub quiet: bool,
    /// Fail with 3 if anything was not understood or a host could not be determined.
    #[arg(long)]
    pub strict: bool,
    /// List all gaps, not only the first of each kind.
    #[arg(long)]
    pub gaps: bool,
    /// Fail with 1 from this severity on; `error` if nothing else is said. The format never changes it.
    #[arg(long, value_enum, value_name = "SEVERITY")]
    pub fail_on: Option<FailOn>,
    /// The file of old findings, instead of that of `purlin.toml`.
    #[arg(long, value_name = "FILE", conflicts_with = "no_baseline")]
    pub baseline: Option<PathBuf>,
    /// Report old findings like any other.
    #[arg(long)]
    pub no_baseline: bool,
    /// Report only what was not there where this branch left REV.
    #[arg(long, value_name = "REV")]
    pub diff_base: Option<String>,
    /// Check what is staged, not the work tree, and report what touches the staged files.
    #[arg(long, conflicts_with_all = ["stdin_filename", "watch"])]
    pub staged: bool,
    /// Read standard input as the content of this file, and report what touches it.
    #[arg(long, value_name = "FILE", conflicts_with = "watch")]
    pub stdin_filename: Option<PathBuf>,
    /// Check again whenever a file changes, until it is interrupted.
    #[arg(long)]
    pub watch: bool,
    /// Print what was seen, number by number.
    #[arg(long)]
    pub stats: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct BaselineArgs {
    #[command(flatten)]
    pub ask: Ask,
    /// The file, instead of that of `purlin.toml`.
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(super) enum BaselineAction {
    /// Write down all findings as they are.
    Create {
        #[command(flatten)]
        args: BaselineArgs,
        /// Begin anew where there is a file already; what is said to be mistaken stays.
        #[arg(long)]
        force: bool,
    },
    /// Take out what is gone.
    Update {
        #[command(flatten)]
        args: BaselineArgs,
        /// Take in what is new as well.
        #[arg(long)]
        add: bool,
    },
    /// Print every entry, and whether it is still found.
    Show {
        #[command(flatten)]
        args: BaselineArgs,
    },
    /// Say that the tool is wrong about a finding. It is not for what is allowed: that stands in the policy.
    Mistaken {
        /// Its fingerprint, as `--format concise` prints it.
        fingerprint: String,
        /// Why it is wrong.
        #[arg(long, value_name = "TEXT", value_parser = said)]
        because: String,
        #[command(flatten)]
        args: BaselineArgs,
    },
}

#[derive(Debug, clap::Args)]
pub(super) struct Init {
    /// The folder of the repository; the current one if none is given. Nothing that is there is overwritten.
    pub folder: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub(super) struct Waive {
    /// The finding's fingerprint, as `--format concise` prints it.
    pub fingerprint: String,
    /// Who answers for it.
    #[arg(long, value_name = "WHO", value_parser = said)]
    pub owner: String,
    /// Its last day.
    #[arg(long, value_name = "DATE", value_parser = out_date)]
    pub until: Date,
    /// Why it is needed.
    #[arg(long, value_name = "TEXT", value_parser = said)]
    pub because: String,
    /// Its name, often a ticket.
    #[arg(long, value_name = "TEXT", value_parser = said)]
    pub name: Option<String>,
    #[command(flatten)]
    pub ask: Ask,
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
pub(super) struct Lint {
    #[command(flatten)]
    pub about: About,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    #[command(flatten)]
    pub day: Day,
    /// Fail with 1 if there are warnings.
    #[arg(long)]
    pub strict: bool,
    /// Do not read the code: say nothing of permissions that it does not use.
    #[arg(long)]
    pub no_code: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct Test {
    #[command(flatten)]
    pub about: About,
    #[command(flatten)]
    pub day: Day,
    /// Also say which clauses no test depends on.
    #[arg(long)]
    pub coverage: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct Explain {
    /// A code, its name, or a flow: `share contact.email of customer with mailgate for newsletter`.
    #[arg(required = true, num_args = 1..)]
    pub what: Vec<String>,
    #[command(flatten)]
    pub named: Named,
    #[command(flatten)]
    pub day: Day,
}

#[derive(Debug, clap::Args)]
pub(super) struct Diff {
    /// The policy as it was: a revision of git (`main`, `HEAD~3`), or a policy file or folder.
    #[arg(long, value_name = "REV|FILE", required = true)]
    pub against: String,
    /// Folder of the policy as it is; the current folder if not given.
    pub path: Option<PathBuf>,
    /// Policy file or folder to take as it is, instead of the one found there.
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = DiffFormat::Text)]
    pub format: DiffFormat,
    /// Fail with 1 if anything is newly permitted, or kept longer.
    #[arg(long)]
    pub fail_on_widening: bool,
    /// Also list the findings in this code that the change would create or silence.
    #[arg(long, value_name = "PATH")]
    pub code: Option<PathBuf>,
    #[command(flatten)]
    pub day: Day,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum DiffFormat {
    /// For people.
    Text,
    /// For a merge request.
    Markdown,
    /// For programs.
    Json,
}

#[derive(Debug, clap::Args)]
pub(super) struct Table {
    /// A name of the policy; after data `of` and people may follow.
    #[arg(required = true, num_args = 1..)]
    pub what: Vec<String>,
    #[command(flatten)]
    pub named: Named,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    #[command(flatten)]
    pub day: Day,
}

#[derive(Debug, clap::Args)]
pub(super) struct Docs {
    #[command(flatten)]
    pub about: About,
    /// The record of processing activities (GDPR Art. 30), as a table.
    #[arg(long, conflicts_with = "notice")]
    pub ropa: bool,
    /// A draft of the privacy notice (GDPR Art. 13, 14).
    #[arg(long)]
    pub notice: bool,
    /// How to write it.
    #[arg(long, value_enum, default_value_t = DocsFormat::Markdown)]
    pub format: DocsFormat,
    #[command(flatten)]
    pub day: Day,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum DocsFormat {
    /// Markdown.
    Markdown,
    /// One HTML file.
    Html,
    /// A table for spreadsheets (with `--ropa`).
    Csv,
}

#[derive(Debug, clap::Args)]
pub(super) struct Bind {
    /// Files and folders; the current folder if none is given.
    pub paths: Vec<PathBuf>,
    /// Collect the `purlin:` comments of Rust and SQL.
    #[arg(long)]
    pub collect: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct Import {
    /// Which format.
    #[arg(value_enum)]
    pub format: ImportFormat,
    /// Files of that format.
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ImportFormat {
    /// YAML of fideslang: datasets, systems, policies.
    Fides,
}

#[derive(Debug, clap::Args)]
pub(super) struct Export {
    /// Which format.
    #[arg(value_enum)]
    pub format: ExportFormat,
    #[command(flatten)]
    pub about: About,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ExportFormat {
    /// YAML of fideslang.
    Fides,
    /// JSON-LD in the Data Privacy Vocabulary.
    Dpv,
}

#[derive(Debug, clap::Args)]
pub(super) struct Trace {
    /// The place; without a column every value of the line that has a name.
    #[arg(value_name = "FILE:LINE[:COL]", value_parser = position)]
    pub at: Position,
    #[command(flatten)]
    pub named: Named,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

#[derive(Debug, clap::Args)]
pub(super) struct Tables {
    #[command(flatten)]
    pub about: About,
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
    /// Draw so many of what is understood, to look them up by hand (stages `calls` and `sql`).
    #[arg(long, value_name = "N")]
    pub sample: Option<usize>,
    /// What the draw begins with.
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub seed: u64,
    /// Print only what has this in its path (stages `program` and `summary`).
    #[arg(long, value_name = "TEXT")]
    pub name: Option<String>,
    #[command(flatten)]
    pub named: Named,
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
    /// Statements of SQL that are not lowered, those in Rust whose call is not understood, and how many are.
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

/// From which severity on a run fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum FailOn {
    /// Violations.
    Error,
    /// Warnings too.
    Warning,
    /// Nothing that is found.
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
            Stage::Sql => crate::engine::Stage::Sql(self.sample.map(|n| (n, self.seed))),
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

impl ValueEnum for Report {
    fn value_variants<'a>() -> &'a [Report] {
        Report::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.name()).help(self.about()))
    }
}

/// A text that says something.
fn said(text: &str) -> Result<String, String> {
    if text.trim().is_empty() { Err("a reason is needed".to_owned()) } else { Ok(text.trim().to_owned()) }
}

/// `sarif=purlin.sarif`.
fn output(text: &str) -> Result<(Report, PathBuf), String> {
    let names = || Report::ALL.iter().map(|f| f.name()).collect::<Vec<_>>();
    let (name, file) = text
        .split_once('=')
        .filter(|(_, file)| !file.is_empty())
        .ok_or("it is written FORMAT=FILE, as in sarif=purlin.sarif")?;
    let format = Report::ALL.iter().copied().find(|f| f.name() == name).ok_or_else(|| {
        let near = suggest(name, names())
            .map_or_else(|| format!("there are {}", names().join(", ")), |n| format!("did you mean `{n}`?"));
        format!("there is no format `{name}`; {near}")
    })?;
    Ok((format, PathBuf::from(file)))
}

fn out_date(text: &str) -> Result<Date, String> {
    Date::parse(text).ok_or_else(|| "not a date of the form 2026-11-22".to_owned())
}
