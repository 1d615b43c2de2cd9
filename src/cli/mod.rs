//! The command: arguments in, reports and exit codes out.
//!
//! The only room that knows `clap`, the terminal, the clock and the environment. Results go to standard output,
//! everything else to standard error. It decides nothing about data: it asks `engine` and `policy`.

mod analysis;
mod answer;
mod args;
mod ask;
mod baseline;
mod baseline_file;
mod bind;
mod check;
mod config;
mod diff;
mod diff_base;
mod docs;
mod dump;
mod explain;
mod fmt;
mod init;
mod interop;
mod lint;
mod out;
mod progress;
mod schema;
mod scope;
mod shell;
mod stats;
mod table;
mod tables;
mod test;
mod trace;
mod waive;

pub use answer::Answer;
pub use ask::shipped;

use std::ffi::OsString;
use std::process::ExitCode;

use args::{Args, Command};
use clap::Parser as _;
use out::Out;

use crate::limits::STACK_BYTES;

/// How a run ends; the same for every format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// Nothing to complain about.
    Clean = 0,
    /// There are violations, or tests of a policy fail, or a file is not formatted.
    Violations = 1,
    /// Wrong usage, a broken policy, a missing file.
    Usage = 2,
    /// Under `--strict`: something was not understood.
    Incomplete = 3,
}

/// Runs the command with these arguments, the program's name first.
#[must_use]
pub fn run(arguments: Vec<OsString>) -> ExitCode {
    // Parsing and interpreting recurse as deep as the code does, so all work happens on a thread of our own.
    let worker = std::thread::Builder::new().stack_size(STACK_BYTES).spawn(move || command(arguments));
    let exit = match worker.map(std::thread::JoinHandle::join) {
        Ok(Ok(exit)) => exit,
        // The panic has said what it had to say.
        Ok(Err(_)) => return ExitCode::from(101),
        Err(error) => Out::new(args::Color::Auto).fail(&format!("cannot start a thread: {error}")),
    };
    ExitCode::from(exit as u8)
}

fn command(arguments: Vec<OsString>) -> Exit {
    let args = match Args::try_parse_from(arguments) {
        Ok(args) => args,
        Err(error) => {
            let out = Out::new(args::Color::Auto);
            let text = error.render().to_string();
            if error.use_stderr() {
                out.note(text.trim_end());
                return Exit::Usage;
            }
            return out.print(&text, Exit::Clean);
        }
    };
    let out = Out::new(args.color);
    match &args.command {
        Command::Check(check) => check::run(check, &out),
        Command::Fmt(fmt) => fmt::run(fmt, &out),
        Command::Lint(lint) => lint::run(lint, &out),
        Command::Test(test) => test::run(test, &out),
        Command::Explain(explain) => explain::run(explain, &out),
        Command::Diff(diff) => diff::run(diff, &out),
        Command::Who(asked) => table::run(table::Question::Who, asked, &out),
        Command::Where(asked) => table::run(table::Question::Where, asked, &out),
        Command::Why(asked) => table::run(table::Question::Why, asked, &out),
        Command::Docs(docs) => docs::run(docs, &out),
        Command::Bind(bind) => bind::run(bind, &out),
        Command::Import(import) => interop::import(import, &out),
        Command::Export(export) => interop::export(export, &out),
        Command::Trace(trace) => trace::run(trace, &out),
        Command::Tables(tables) => tables::run(tables, &out),
        Command::Dump(dump) => dump::run(dump, &out),
        Command::Init(init) => init::run(init, &out),
        Command::Baseline { action } => baseline::run(action, &out),
        Command::Waive(waive) => waive::run(waive, &out),
        Command::SchemaOf { what } => schema::run(*what, &out),
        Command::Completions { shell } => shell::completions(*shell, &out),
        Command::Man { folder } => shell::man(folder, &out),
        Command::Config { action } => config::run(action, &out),
    }
}
