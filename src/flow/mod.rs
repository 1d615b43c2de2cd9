//! What happens: data flow, purpose context and established guards, without any idea of what is permitted.

pub mod types;

pub use types::*;

/// What the bindings name, as plain numbers.
#[derive(Clone, Debug, Default)]
pub struct Seeds {
    /// Sets of labels, each a list of the caller's label numbers.
    pub labels: Vec<Vec<u32>>,
}
