//! What happens: data flow, purpose context and established guards, without any idea of what is permitted.
//!
//! Bottom up, every function gets a [`summary`]: what it returns, writes and where data arrives, in terms of its
//! parameters. Top down, every function learns for which purposes it runs. Where a labelled place meets an
//! arrival there is a [`Flow`].

mod actual;
mod address;
mod answers;
mod arrivals;
mod attribute;
mod beside;
mod borrows;
mod bounds;
mod callables;
mod callee;
mod calls;
mod cells;
mod closures;
mod conditions;
mod contexts;
mod derefs;
mod doubt;
mod elements;
mod extract;
mod fact;
mod fetched;
mod finish;
mod forward;
mod fresh;
mod implied;
mod interp;
mod iterated;
mod jobs;
mod kept;
mod live;
mod locals;
pub mod must;
mod opaque;
mod order;
pub mod path;
mod places;
pub mod print;
pub mod ran;
mod records;
pub mod roots;
mod routes;
mod rows;
mod rvalues;
mod seeds;
mod serialised;
pub mod settle;
mod sharing;
pub mod solve;
mod sources;
mod state;
mod statements;
pub mod summary;
mod taken;
mod text;
mod told;
mod trace;
mod truths;
pub mod types;
mod unnamed;
pub mod value;
mod variants;
mod views;
mod waiting;
mod writers;

pub use attribute::{INSTRUMENT, INSTRUMENT_ERR, INSTRUMENT_RET};
pub use interp::{AsCall, SqlIndex};
pub use jobs::{Job, transforms};
pub use seeds::*;
pub use solve::Solved;
pub use trace::{End, Ending, Outside, Point, Probe, Run, Spot, Traced};
pub use types::*;
