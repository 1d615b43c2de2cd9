//! The policy language: grammar, syntax tree, resolution, formatter, and the decision.

pub mod types;

pub use types::*;
