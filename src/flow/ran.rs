//! What becomes of statements: which calls run them, with how many arguments, and as what their rows are taken.

use std::collections::{BTreeMap, BTreeSet};

use crate::ir::Name;
use crate::source::Span;

/// Statements by their index in [`super::SqlIndex`].
pub type Ran = BTreeMap<u32, Run>;

/// What is not known of statements that run: by the call all that one reads and writes, or by the statement a column
/// that it gives.
pub type Unread = BTreeSet<(Span, Option<Name>)>;

/// What is known of a statement that runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// The first call that was given its text.
    pub at: Span,
    /// No model says that the call runs statements.
    pub guessed: bool,
    /// Most arguments that were bound to it.
    pub bound: u32,
    /// Its rows were taken, as something whose type is known (`true`), or not.
    pub taken: Option<bool>,
    /// What its rows are is said where it begins: records of their own, or a type that a macro names.
    pub typed: bool,
}

impl Run {
    /// A statement whose text was given to a call.
    #[must_use]
    pub fn new(at: Span, guessed: bool) -> Self {
        Run { at, guessed, bound: 0, taken: None, typed: false }
    }

    /// Takes in what happens to it elsewhere: the surer counts.
    pub fn join(&mut self, other: &Run) {
        if (other.guessed, other.at) < (self.guessed, self.at) {
            self.at = other.at;
        }
        self.guessed &= other.guessed;
        self.bound = self.bound.max(other.bound);
        self.taken = self.taken.max(other.taken);
        self.typed |= other.typed;
    }
}

/// Takes in what happens to statements elsewhere.
pub fn join(to: &mut Ran, more: &Ran) {
    for (id, run) in more {
        to.entry(*id).and_modify(|have| have.join(run)).or_insert(*run);
    }
}
