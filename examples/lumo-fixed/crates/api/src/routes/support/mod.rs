//! What customer service agents see.

pub mod cases;
pub mod live;
