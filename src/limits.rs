//! Every numeric bound of the house, with its reason. A bound that is hit is never silent: it becomes a gap.

/// Files above this size are not read: generated tables and dumps, which no one reviews and which would hold
/// up a run. In bytes.
pub const MAX_FILE_BYTES: u64 = 8 * 1024 * 1024;

/// How deep folders may nest; deeper ones are a loop or an attack. In folders.
pub const MAX_FOLDER_DEPTH: usize = 128;

/// Stack of the threads that parse and interpret code, which both recurse. In bytes; only touched pages cost.
pub const STACK_BYTES: usize = 256 * 1024 * 1024;
