//! What happens: data flow, purpose context and established guards, without any idea of what is permitted.
//!
//! Bottom up, every function gets a [`summary`]: what it returns, writes and where data arrives, in terms of its
//! parameters. Top down, every function learns for which purposes it runs. Where a labelled place meets an
//! arrival there is a [`Flow`].

mod address;
mod attribute;
mod calls;
mod interp;
pub mod path;
mod seeds;
pub mod solve;
mod state;
pub mod summary;
pub mod types;
pub mod value;

pub use interp::SqlIndex;
pub use seeds::*;
pub use solve::{Job, Solved, solve};
pub use types::*;
