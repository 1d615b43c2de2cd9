//! Steps of a flow, kept as a rope: putting two paths one after the other costs nothing, and what is shared is
//! stored once. They are read only for what is printed.

use std::sync::Arc;

use crate::ir::Name;
use crate::link::program::FuncId;
use crate::source::Span;

/// What happens at a step.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum What {
    /// Data enters: the seed.
    Enters(u32),
    /// A value of this type came from outside, in which the data is.
    Came(Name),
    /// Passed to a function.
    Into(FuncId),
    /// Returned by a function.
    From(FuncId),
    /// Put into a field of a type.
    Field(Name),
    /// Put where others find it: into a static, shared state, a channel.
    Kept(Name),
    /// Formatted into a text.
    Formatted,
    /// Passed through a call outside the workspace.
    Through(Name),
    /// Bound to a column of a statement.
    Column(Name),
    /// Passed to a closure or callable.
    Called,
    /// Transformed.
    Transformed(Name),
}

/// A step.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Hop {
    /// Where.
    pub span: Span,
    /// In which function.
    pub func: FuncId,
    /// What.
    pub what: What,
}

#[derive(Debug)]
enum Node {
    Hop(Hop),
    Cat(Path, Path),
}

/// A sequence of steps.
#[derive(Clone, Debug, Default)]
pub struct Path {
    node: Option<Arc<Node>>,
    len: u32,
}

impl Path {
    /// One step.
    #[must_use]
    pub fn hop(func: FuncId, span: Span, what: What) -> Self {
        Path { node: Some(Arc::new(Node::Hop(Hop { span, func, what }))), len: 1 }
    }

    /// Number of steps.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.len
    }

    /// Whether it has no step.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Its last step.
    #[must_use]
    pub fn last(&self) -> Option<&Hop> {
        let mut at = self;
        loop {
            match at.node.as_deref()? {
                Node::Hop(hop) => return Some(hop),
                Node::Cat(_, end) => at = end,
            }
        }
    }

    /// This path, then another.
    #[must_use]
    pub fn then(&self, next: &Path) -> Path {
        if self.len == 0 {
            return next.clone();
        }
        if next.len == 0 {
            return self.clone();
        }
        Path { node: Some(Arc::new(Node::Cat(self.clone(), next.clone()))), len: self.len.saturating_add(next.len) }
    }

    /// Its steps in order, at most so many.
    #[must_use]
    pub fn hops(&self, limit: usize) -> Vec<&Hop> {
        let mut out = Vec::new();
        let mut stack = vec![self];
        while let Some(p) = stack.pop() {
            if out.len() >= limit {
                break;
            }
            match p.node.as_deref() {
                None => {}
                Some(Node::Hop(h)) => out.push(h),
                Some(Node::Cat(a, b)) => {
                    stack.push(b);
                    stack.push(a);
                }
            }
        }
        out
    }
}
