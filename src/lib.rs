//! Purlin: policy-as-code purpose limitation.
//!
//! A privacy team writes the record of processing in `*.purlin` files; Purlin reads it together with Rust and
//! SQL and reports every flow of personal data that the record does not allow.

pub mod ask;
pub mod cli;
pub mod diag;
pub mod engine;
pub mod flow;
pub mod front;
pub mod ir;
pub mod judge;
pub mod limits;
pub mod link;
pub mod model;
pub mod policy;
pub mod project;
pub mod report;
pub mod source;
