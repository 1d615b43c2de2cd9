//! What is known of a call.

use std::ops::Deref;
use std::sync::Arc;

use crate::ir::Name;
use crate::ir::body::{Rvalue, Stmt};
use crate::link::program::{FuncId, TypeId};
use crate::link::ty::{Subst, Ty, Tys};

/// How a call was understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum How {
    /// Nothing is known of it.
    #[default]
    Unknown,
    /// By name alone.
    Guessed,
    /// By a model.
    Modelled,
    /// By name and type.
    Resolved,
}

/// Whom a call reaches.
#[derive(Clone, Debug, PartialEq)]
pub enum Target {
    /// A function of the workspace.
    Func(FuncId),
    /// A row of the models.
    Row(u32),
    /// A constructor of a type, and the variant.
    Ctor(TypeId, Option<u32>),
}

/// Whom a call may reach: those that are listed for it alone, or the list that all calls of a trait's method have in common
/// (see [`crate::link::program::Program::dispatched`]).
#[derive(Clone, Debug)]
pub enum Targets {
    /// Of one call.
    Own(Vec<Target>),
    /// Of a trait's method.
    Common(Arc<[Target]>),
}

impl Targets {
    /// As a list.
    #[must_use]
    pub fn as_slice(&self) -> &[Target] {
        match self {
            Targets::Own(list) => list,
            Targets::Common(list) => list,
        }
    }

    /// Where the list is that they have in common with other calls, if they do.
    #[must_use]
    pub fn common(&self) -> Option<usize> {
        match self {
            Targets::Own(_) => None,
            Targets::Common(list) => Some(Arc::as_ptr(list).addr()),
        }
    }

    /// As a list of this call, which may be changed.
    pub fn to_mut(&mut self) -> &mut Vec<Target> {
        loop {
            match self {
                Targets::Own(list) => return list,
                Targets::Common(list) => *self = Targets::Own(list.to_vec()),
            }
        }
    }

    /// Adds one.
    pub fn push(&mut self, target: Target) {
        self.to_mut().push(target);
    }

    /// Adds all that a trait's method may reach.
    pub fn reach(&mut self, all: &Arc<[Target]>) {
        match self.is_empty() {
            true => *self = Targets::Common(all.clone()),
            false => self.to_mut().extend_from_slice(all),
        }
    }
}

impl Default for Targets {
    fn default() -> Self {
        Targets::Own(Vec::new())
    }
}

impl Deref for Targets {
    type Target = [Target];

    fn deref(&self) -> &[Target] {
        self.as_slice()
    }
}

impl PartialEq for Targets {
    fn eq(&self, other: &Self) -> bool {
        self.as_slice() == other.as_slice()
    }
}

impl FromIterator<Target> for Targets {
    fn from_iter<I: IntoIterator<Item = Target>>(list: I) -> Self {
        Targets::Own(list.into_iter().collect())
    }
}

impl<'a> IntoIterator for &'a Targets {
    type Item = &'a Target;
    type IntoIter = std::slice::Iter<'a, Target>;

    fn into_iter(self) -> Self::IntoIter {
        self.as_slice().iter()
    }
}

/// A step from a receiver to what has the method that is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Through {
    /// The `Deref` of a type of the workspace.
    Deref(TypeId),
    /// What a function gives: the elements of an iterator.
    Call(FuncId),
    /// To what the variants of an enum hold that hands calls on to them (`enum_dispatch`).
    Variants(TypeId),
}

/// The types that a call brings to a function that is generic.
#[derive(Clone, Debug, PartialEq)]
pub struct Brought {
    /// The function.
    pub to: FuncId,
    /// What its generic parameters stand for, as far as it is known.
    pub generics: Subst,
    /// The types of the arguments.
    pub args: Tys,
}

/// What is known of one call.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Site {
    /// Whom it reaches.
    pub targets: Targets,
    /// How that is known.
    pub how: How,
    /// The type of its result.
    pub ret: Ty,
    /// The path that it names, for calls outside the workspace: `reqwest::Client::post`.
    pub symbol: Name,
    /// The receiver's type, wrappers included.
    pub recv: Ty,
    /// What leads from the receiver to what has the method, in this order.
    pub through: Vec<Through>,
    /// The types that it brings to those it reaches that are generic; kept until these are found.
    pub brought: Vec<Brought>,
    /// Whether the type of its result is one that it is told, which may mean something else.
    pub told: bool,
    /// The type of the workspace whose function it is, where nobody wrote that: a derive gives it.
    pub of: Option<TypeId>,
    /// Whether it is a method call.
    pub method: bool,
    /// Whether the method's name alone, and not the receiver's type, says what is called.
    pub by_name: bool,
}

/// Numbers the calls of every function of a unit.
pub fn number_sites(unit: &mut crate::ir::Unit) {
    fn block(stmts: &mut [Stmt], next: &mut u32) {
        for s in stmts {
            match s {
                Stmt::Assign { src: Rvalue::Call { site, .. }, .. } => {
                    *site = *next;
                    *next += 1;
                }
                Stmt::If { then, els, .. } => {
                    block(then, next);
                    block(els, next);
                }
                Stmt::Loop { body, .. } | Stmt::Block { body, .. } | Stmt::Scope { body, .. } => block(body, next),
                _ => {}
            }
        }
    }
    let crate::ir::Content::Rust(r) = &mut unit.content else { return };
    let consts = r.consts.iter_mut().filter_map(|c| c.init.as_deref_mut());
    for f in r.funcs.iter_mut().chain(consts) {
        let mut next = 0;
        if let Some(body) = &mut f.body {
            block(body, &mut next);
        }
        for c in &mut f.closures {
            block(&mut c.body, &mut next);
        }
        f.sites = next;
    }
}
