//! Tests of the whole: the house's own rules, the command, the examples, the documents.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "tests"
)]

#[path = "../harness/mod.rs"]
#[allow(dead_code, reason = "the cases run all of it")]
mod harness;

#[path = "../../benches/yardstick/generate.rs"]
#[allow(dead_code, reason = "the bench uses all of it")]
mod generate;

mod architecture;
mod ask;
mod baseline;
mod before_commit;
mod cli;
mod config;
mod corpus;
mod determinism;
mod docs;
mod dump;
mod examples;
mod fingerprints;
mod formats;
mod harness_itself;
mod init;
mod metamorphic;
mod models;
mod oracle;
mod packaging;
mod precision;
mod project;
mod run;
mod sql;
mod tables;
mod trace;
mod waiting;
mod waivers;
mod walkthroughs;
