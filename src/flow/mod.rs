//! What happens: data flow, purpose context and established guards, without any idea of what is permitted.
//!
//! Bottom up, every function gets a [`summary`]: what it returns, writes and where data arrives, in terms of its
//! parameters. Top down, every function learns for which purposes it runs. Where a labelled place meets an
//! arrival there is a [`Flow`].
//!
//! This is a taint analysis by abstract interpretation, with summaries of functions. Its words, and those of the field:
//!
//! | Here | Elsewhere |
//! |---|---|
//! | seed | a source, sink or check that the policy names |
//! | fact | a taint: its source, or a parameter with an access path, and what happened to it on the way |
//! | way, path | an access path (`a.b.0`); the steps of a trace |
//! | value | an abstract value: taints by access path, with texts, callees and borrows; the lattice of states |
//! | arrival | a sink that data reaches |
//! | transform | what a policy may accept as a sanitiser |
//! | cell | an abstract object on the heap: what aliases share |
//! | must, guard | a must-analysis: checks that hold on every path |
//! | root | whose data it is: which object a check dominates |
//! | told, waiting | conditional summaries: what only happens for some arguments |
//! | bounds, widen | k-limiting of access paths; widening of what recursive functions build |
//! | settle, solve | the fixed points: of what is shared, and of functions that call each other |
//! | doubt | why a result is an over-approximation |
//!
//! Where to read:
//!
//! - **The whole**: `solve` (order of work, `order`; functions that call each other, `together`), `interp` (one
//!   function: `places`, `rvalues`, `conditions`), `summary`, `finish` (from summaries to flows, which `telling` puts into
//!   words; `contexts` says for whom code runs), `types` (what comes out).
//! - **Values**: `value`, `chosen`, `joins`, `fact`, `path`, `text`, `state` with `locals` and `live`, `bounds`, `widen`, `doubt`,
//!   `faint` (what is only possible), `holders` (types that have others in them).
//! - **Calls**: `calls`, `actual` (a summary at a call), `callables` and `callee`, `closures`, `sent`, `rows` (of the models;
//!   `by_type`, `keyed`, `cast`, `converted`, `elements`, `truths`, `queries`, `kept`, `filled`), `transforms`, `lent`, `own` and
//!   `opaque` (code of which nothing is known).
//! - **What runs unnamed**: `unnamed` finds it; `implied`, `compared`, `derefs`, `views`, `drops`, `sources`,
//!   `answers`, `around`, `iterated`, `writers` run it;
//!   `served` is what others call, `elsewhere` what the answers of others tell of.
//! - **What is shared**: `cells`, `far`, `sharing`, `unordered`, `settle`, `runs`; borrows that values hold in `borrows`, by types
//!   in `borrowers`.
//! - **Moves**: `owners` and `later`, for `drops`; types through which no cell is reached in `plain`.
//! - **Checks**: `must`, `roots`, `told`, `waiting`, `variants`, `routes`, `extract`.
//! - **Sources and sinks**: `seeds`, `fresh`, `foreign`, `kept_as`, `arrivals` (`bundles`; `circle` and `shortest`), `address`,
//!   `attribute`, `taken`, `opaque`.
//! - **SQL**: `statements`, `ran`, `reached`, `fetched`, `records`, `jobs`; what serde writes in `serialised` and `tagged`.
//! - **Beside**: `beside`, `forward`, `print` (for dumps), `trace` (for `purlin trace`).

mod actual;
mod address;
mod answers;
mod around;
mod arrivals;
mod attribute;
mod beside;
mod borrowers;
mod borrows;
mod bounds;
mod bundles;
mod by_type;
mod callables;
mod callee;
mod calls;
mod cast;
mod cells;
mod chosen;
mod circle;
mod closures;
mod compared;
mod conditions;
mod contexts;
mod converted;
mod derefs;
mod doubt;
mod drops;
mod elements;
mod elsewhere;
mod extract;
mod fact;
mod faint;
mod far;
mod fetched;
mod filled;
mod finish;
mod foreign;
mod forward;
mod fresh;
mod holders;
mod implied;
mod interp;
mod iterated;
mod jobs;
mod joins;
mod kept;
mod kept_as;
mod keyed;
mod kinds;
mod later;
mod lent;
mod live;
mod locals;
pub mod must;
mod opaque;
mod order;
mod own;
mod owners;
pub mod path;
mod places;
mod plain;
pub mod print;
mod queries;
pub mod ran;
mod reached;
mod records;
pub mod roots;
mod routes;
mod rows;
mod runs;
mod rvalues;
mod seeds;
mod sent;
mod serialised;
mod served;
pub mod settle;
mod sharing;
mod shortest;
pub mod solve;
mod sources;
mod state;
mod statements;
pub mod summary;
mod tagged;
mod taken;
mod telling;
mod text;
mod together;
mod told;
mod trace;
mod transforms;
mod truths;
pub mod types;
mod unnamed;
mod unordered;
pub mod value;
mod variants;
mod views;
mod waiting;
mod widen;
mod writers;

pub use attribute::{INSTRUMENT, INSTRUMENT_ERR, INSTRUMENT_RET};
pub use filled::{Fillings, Templates, Ways};
pub use interp::{AsCall, SqlIndex};
pub use jobs::{Job, transforms};
pub use seeds::*;
pub use solve::Solved;
pub use trace::{End, Ending, Outside, Point, Probe, Run, Spot, Traced};
pub use types::*;
