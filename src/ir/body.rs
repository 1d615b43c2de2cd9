//! Bodies of functions: structured, three-address, with a span on every statement.
//!
//! How Rust maps to it:
//! - each `let` makes a fresh local, so shadowing needs no care;
//! - `a.await`, `&a`, `(a)`, `a as T` of the same kind of data: plain uses;
//! - `?`: `If(Is(place, Positive)) {} else { ret = Err part; Return }`;
//! - `match` and `if let`: a labelled [`Stmt::Block`] of `If`s, one after the other, each ending in `Break` of
//!   the block; what follows the last arm of a `match` is [`Stmt::Unreachable`];
//! - `a && b` in a condition: nested `If`s with a labelled block for the `else`;
//! - `for`: [`Rvalue::Elem`] inside a [`Stmt::Loop`];
//! - closures: bodies inside the function, sharing its locals.
//!
//! `Some(x)`, `Ok(x)` and the containers are transparent: the value of `Some(x)` is that of `x`, the elements
//! of a collection are the collection. `Err(e)` lives under the selector `Err`.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::Name;
use super::attr::Attr;
use super::items::{Generic, Owner, Path, TypeRef};
use crate::source::Span;

/// A local variable or temporary; 0 is the returned value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Local(pub u32);

/// Local 0: what the function returns.
pub const RET: Local = Local(0);

/// An entry of [`Func::paths`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PathId(pub u32);

/// An entry of [`Func::closures`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ClosureId(pub u32);

/// A label of a loop or block, unique in its function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct LabelId(pub u32);

/// An index that is written as such: the element is another one where the index is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Index {
    /// A number; in a pattern the position.
    Number(Name),
    /// A variable.
    Local(Local),
}

/// One step of a place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Sel {
    /// A named field, a tuple position, a literal key of a map or JSON object.
    Field(Name),
    /// An element of a collection (transparent; a write through it is weak), at this index if it is a simple one.
    Index(Option<Index>),
    /// The payload of an enum's variant, as named by a pattern; dropped by `link` where the path names a struct.
    As(PathId),
    /// The payload of `Some` or `Ok` (transparent: the value is the same).
    Some,
    /// The payload of `Err`.
    Err,
    /// `*p`.
    Deref,
    /// A part of a list or text by a range (transparent): where it begins, and ends if it does, as far as both are
    /// written.
    Slice(Option<(u32, Option<u32>)>),
}

/// A local and the way into it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    /// Where it begins.
    pub base: Local,
    /// The way.
    pub path: Vec<Sel>,
}

impl Place {
    /// A part of it. Places are many and their ways short, so they get no more memory than they need.
    #[must_use]
    pub fn part(mut self, sel: Sel) -> Place {
        self.path.reserve_exact(1);
        self.path.push(sel);
        self
    }

    /// Whether it is what a local holds, at most behind a pointer, in `Some` or `Ok`, or a part of the same kind.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.path.iter().all(|s| matches!(s, Sel::Some | Sel::Deref | Sel::Slice(_)))
    }

    /// Whether it is a whole local, at most taken out of `Some` or `Ok`.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.path.iter().all(|s| *s == Sel::Some)
    }
}

impl From<Local> for Place {
    fn from(base: Local) -> Self {
        Place { base, path: Vec::new() }
    }
}

/// A literal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Lit {
    /// Text (also byte strings and chars, as text).
    Str(String),
    /// A number, as written.
    Num(String),
    /// A truth value.
    Bool(bool),
    /// `()`.
    Unit,
}

/// Something to read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Operand {
    /// The value of a place.
    Place(Place),
    /// A literal.
    Lit(Lit),
    /// A path that is not a local: a constant, static, function, unit struct or unit variant.
    Path(PathId),
}

impl Operand {
    /// The local that it is all of, at most taken out of `Some` or `Ok`.
    #[must_use]
    pub fn whole(&self) -> Option<Local> {
        match self {
            Operand::Place(p) if p.is_whole() => Some(p.base),
            _ => None,
        }
    }
}

/// How a value is turned into text or output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum View {
    /// `{}`.
    Display,
    /// `{:#}`, or everything in it, however it is shown.
    Full,
    /// `{:?}`.
    Debug,
    /// `serde::Serialize`.
    Serialize,
    /// `{}` of the errors behind an error, and of those behind them.
    Sources,
    /// What a check of its fields may refuse: `Validate::validate`.
    Refused,
}

impl View {
    /// The trait by which a type says how it looks, and its method.
    #[must_use]
    pub fn method(self) -> (&'static str, &'static str) {
        match self {
            View::Display | View::Full => ("Display", "fmt"),
            View::Debug => ("Debug", "fmt"),
            View::Serialize => ("Serialize", "serialize"),
            View::Sources => ("Error", "source"),
            View::Refused => ("Validate", "validate"),
        }
    }
}

/// A piece of a formatted text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Piece {
    /// Fixed text, unescaped.
    Text(String),
    /// An argument, with its place.
    Arg(Operand, View, Span),
}

/// Which of the library's positive variants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Positive {
    /// `Some`.
    Some,
    /// `Ok`.
    Ok,
}

/// What an operator of arithmetic is called as a method of its trait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arith {
    /// `Add`, `Shl`: the trait.
    pub of: ArithTrait,
    /// Whether it writes to its left side (`+=`).
    pub assigns: bool,
}

/// Traits of operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "as the library calls them")]
pub enum ArithTrait {
    Add,
    Sub,
    Mul,
    Div,
    Rem,
    BitXor,
    BitAnd,
    BitOr,
    Shl,
    Shr,
}

/// Operators, as far as the analysis tells them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum BinOp {
    /// `+ - * / % ^ & | << >>`: derived data, if no type of the workspace says otherwise.
    Arith(Arith),
    /// `== != < <= > >=`: no data. `true` for `==`.
    Compare(bool),
}

/// Whom a call calls.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Callee {
    /// `a::b::f(..)`, a tuple struct's or variant's constructor.
    Path(PathId),
    /// `recv.name::<T>(..)`; the receiver is the first argument.
    Method {
        /// The method's name.
        name: Name,
        /// Its turbofish.
        generics: Vec<TypeRef>,
    },
    /// A call of a local: `f(x)`, `(self.f)(x)`.
    Value(Operand),
    /// A macro that a model may know (`sqlx::query!`), its comma-separated arguments as arguments.
    Macro(PathId),
}

/// What an aggregate makes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Aggregate {
    /// A tuple.
    Tuple,
    /// An array or `vec![..]`: elements join.
    List,
    /// `a..b`: what it runs over joins its ends.
    Range,
    /// A struct or a variant with named fields.
    Adt(PathId),
    /// A map with literal keys (`json!({..})`).
    Map,
}

/// The right-hand side of an assignment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Rvalue {
    /// The value itself.
    Use(Operand),
    /// `&mut place`: an alias. (`&place` is a plain use.)
    RefMut(Place),
    /// `!a`.
    Not(Operand),
    /// `-a`.
    Neg(Operand),
    /// A binary operator, except `&&` and `||`.
    Binary(BinOp, Operand, Operand),
    /// `a as T`.
    Cast(Operand, TypeRef),
    /// A tuple, list, struct, variant or map. Fields by name; positional ones are `0`, `1` ..
    Aggregate {
        /// What it makes.
        kind: Aggregate,
        /// Its fields; list elements and computed keys have [`None`].
        fields: Vec<(Option<Name>, Operand, Span)>,
        /// `..base`.
        base: Option<Operand>,
    },
    /// `Err(x)`.
    Err(Operand),
    /// `Some(x)`, `Ok(x)`: the value, known to be positive.
    Positive(Positive, Operand),
    /// `None`.
    Negative,
    /// An element of an iterable (`for`).
    Elem(Operand),
    /// What a future comes to that may be, or have in it, a block of code that is written elsewhere. (Any other is what
    /// it comes to.)
    Await(Operand),
    /// A closure.
    Closure(ClosureId),
    /// A call.
    Call {
        /// Whom.
        callee: Callee,
        /// Arguments, the receiver first.
        args: Vec<Operand>,
        /// Their places.
        spans: Vec<Span>,
        /// Number of the call in its function; front ends leave 0, `link` counts.
        site: u32,
    },
    /// A formatted text (`format!`, and the texts inside `write!`, `info!`, `panic!` ..).
    Format(Vec<Piece>),
    /// The value of a place under a test known to hold or not: truth of [`Cond`] as a boolean.
    Test(Box<Cond>),
    /// Something not understood that read these operands.
    Opaque(Vec<Operand>),
}

impl Rvalue {
    /// What it reads, in the order of the text; not the places that it lends or tests.
    pub fn operands<'a>(&'a self, found: &mut dyn FnMut(&'a Operand)) {
        match self {
            Rvalue::Use(op)
            | Rvalue::Not(op)
            | Rvalue::Neg(op)
            | Rvalue::Cast(op, _)
            | Rvalue::Err(op)
            | Rvalue::Positive(_, op)
            | Rvalue::Elem(op)
            | Rvalue::Await(op) => found(op),
            Rvalue::Binary(_, a, b) => [a, b].into_iter().for_each(found),
            Rvalue::Aggregate { fields, base, .. } => fields.iter().map(|(_, op, _)| op).chain(base).for_each(found),
            Rvalue::Call { callee, args, .. } => {
                let called = if let Callee::Value(op) = callee { Some(op) } else { None };
                called.into_iter().chain(args).for_each(found);
            }
            Rvalue::Format(pieces) => {
                let arg = |p: &'a Piece| if let Piece::Arg(op, ..) = p { Some(op) } else { None };
                pieces.iter().filter_map(arg).for_each(found);
            }
            Rvalue::Opaque(ops) => ops.iter().for_each(found),
            Rvalue::RefMut(_) | Rvalue::Test(_) | Rvalue::Closure(_) | Rvalue::Negative => {}
        }
    }
}

/// A condition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Cond {
    /// A boolean operand.
    True(Operand),
    /// A pattern test on a place.
    Is(Place, Test),
    /// Not known.
    Unknown,
}

/// A pattern test.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Test {
    /// `Some(_)`, `Ok(_)`, `true`.
    Positive,
    /// `None`, `Err(_)`, `false`.
    Negative,
    /// A variant, struct or constant named by a path.
    Path(PathId),
    /// A literal or range.
    Literal,
}

/// A statement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Stmt {
    /// `dst = src`.
    Assign {
        /// Where to.
        dst: Place,
        /// What.
        src: Rvalue,
        /// Place: the expression; for a method call its name.
        span: Span,
    },
    /// A branch.
    If {
        /// The condition.
        cond: Cond,
        /// If it holds.
        then: Vec<Stmt>,
        /// If not.
        els: Vec<Stmt>,
        /// Place of the condition.
        span: Span,
    },
    /// `loop`; left by `Break` only.
    Loop {
        /// Its label.
        label: LabelId,
        /// Its body.
        body: Vec<Stmt>,
    },
    /// A labelled block; left at its end or by `Break`.
    Block {
        /// Its label.
        label: LabelId,
        /// Its body.
        body: Vec<Stmt>,
    },
    /// A statement with a `purlin:` comment: index into the unit's annotations.
    Scope {
        /// Index into [`super::Unit::annotations`].
        annotation: u32,
        /// The statement.
        body: Vec<Stmt>,
    },
    /// Leaves a block or loop.
    Break(LabelId),
    /// Begins the next round of a loop.
    Continue(LabelId),
    /// Returns local 0 (of the function), or the closure's result (in a closure).
    Return,
    /// Panics, exits, or cannot be reached.
    Unreachable,
}

/// What is known of a local.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LocalDecl {
    /// The variable's name; temporaries have none.
    pub name: Option<Name>,
    /// Declared type; most have none.
    pub ty: Option<Box<TypeRef>>,
    /// Place of the declaration.
    pub span: Span,
    /// Whether what it holds may be changed by a method that is called on it: `mut`, `&mut`, what a closure or a loop is
    /// lent.
    pub mutable: bool,
}

impl LocalDecl {
    /// A local of this name and declared type, if it has them.
    #[must_use]
    pub fn new(name: Option<Name>, ty: Option<TypeRef>, span: Span) -> Self {
        let mutable = matches!(ty, Some(TypeRef::RefMut(_)));
        LocalDecl { name, ty: ty.map(Box::new), span, mutable }
    }
}

/// A closure, or an `async` block: a closure without parameters that is run by whoever waits for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Closure {
    /// Parameters, as locals of the function; patterns are taken apart at the start of the body.
    pub params: Vec<Local>,
    /// Where its result goes.
    pub ret: Local,
    /// Its body; `Return` leaves the closure.
    pub body: Vec<Stmt>,
    /// Whether it is an `async` block: a future, whose type is that of its output.
    pub is_async: bool,
    /// Place of the parameters.
    pub span: Span,
}

/// A parameter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Param {
    /// Its local; patterns are taken apart at the start of the body.
    pub local: Local,
    /// Its name, or that of the variable in a pattern of one variable (`Json(body)`); `self` for the receiver.
    pub name: Option<Name>,
    /// Its type; [`TypeRef::Infer`] for a plain receiver.
    pub ty: TypeRef,
    /// Whether what it is given is borrowed: `&self`, `&T`, `Option<&mut T>`.
    pub lent: bool,
    /// Its place.
    pub span: Span,
}

/// A function.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Func {
    /// Its name.
    pub name: Name,
    /// Where it is written.
    pub module: u32,
    /// What it belongs to.
    pub owner: Owner,
    /// The function it is written in, by index into `funcs`.
    pub parent: Option<u32>,
    /// Generic parameters.
    pub generics: Vec<Generic>,
    /// Parameters, the receiver first.
    pub params: Vec<Param>,
    /// Whether the first parameter is a receiver.
    pub has_self: bool,
    /// Declared type of the result (inside the future for `async fn`).
    pub ret: TypeRef,
    /// Whether it is `async`.
    pub is_async: bool,
    /// Whether it is `pub` in any form.
    pub public: bool,
    /// Whether it is `pub` for other crates, too.
    pub exported: bool,
    /// `#[test]`, `#[tokio::test]` or under `#[cfg(test)]`.
    pub test: bool,
    /// Its attributes.
    pub attrs: Vec<Attr>,
    /// Locals.
    pub locals: Vec<LocalDecl>,
    /// Paths that its body names.
    pub paths: Vec<Path>,
    /// Closures in its body.
    pub closures: Vec<Closure>,
    /// The body; absent for a trait's required method or an extern function.
    pub body: Option<Vec<Stmt>>,
    /// How many calls it and its closures make; front ends leave 0, `link` counts.
    pub sites: u32,
    /// Place of the name.
    pub span: Span,
    /// From the first token to the end of the body.
    pub extent: Span,
}

impl Func {
    /// The calls of its body, then those of its closures: number, whom, and the place.
    #[must_use]
    pub fn calls(&self) -> Vec<(u32, &Callee, Span)> {
        let mut out = Vec::new();
        self.each(&mut |src, span| {
            if let Rvalue::Call { callee, site, .. } = src {
                out.push((*site, callee, span));
            }
        });
        out
    }

    /// What its body assigns, then what its closures do, in the order of the text.
    pub fn each<'a>(&'a self, found: &mut dyn FnMut(&'a Rvalue, Span)) {
        self.each_stmt(&mut |s| {
            if let Stmt::Assign { src, span, .. } = s {
                found(src, *span);
            }
        });
    }

    /// The statements of its body, then those of its closures, in the order of the text.
    pub fn each_stmt<'a>(&'a self, found: &mut dyn FnMut(&'a Stmt)) {
        each(self.body.as_deref().unwrap_or(&[]), found);
        self.closures.iter().for_each(|c| each(&c.body, found));
    }

    /// Its paths that are called, and not passed on.
    #[must_use]
    pub fn called_paths(&self) -> BTreeSet<u32> {
        let (mut called, mut passed) = (BTreeSet::new(), BTreeSet::new());
        self.each(&mut |src, _| {
            if let Rvalue::Call { callee: Callee::Path(p) | Callee::Macro(p), .. }
            | Rvalue::Aggregate { kind: Aggregate::Adt(p), .. } = src
            {
                called.insert(p.0);
            }
            src.operands(&mut |op| {
                if let Operand::Path(p) = op {
                    passed.insert(p.0);
                }
            });
        });
        called.retain(|p| !passed.contains(p));
        called
    }
}

/// These statements and those inside of them, in the order of the text.
pub fn each<'a>(stmts: &'a [Stmt], found: &mut dyn FnMut(&'a Stmt)) {
    for s in stmts {
        found(s);
        match s {
            Stmt::If { then, els, .. } => {
                each(then, found);
                each(els, found);
            }
            Stmt::Loop { body, .. } | Stmt::Block { body, .. } | Stmt::Scope { body, .. } => each(body, found),
            Stmt::Assign { .. } | Stmt::Break(_) | Stmt::Continue(_) | Stmt::Return | Stmt::Unreachable => {}
        }
    }
}
