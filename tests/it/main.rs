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
mod cli;
mod corpus;
mod determinism;
mod docs;
mod dump;
mod examples;
mod harness_itself;
mod metamorphic;
mod oracle;
mod precision;
mod project;
mod run;
mod sql;
mod tables;
mod trace;
