//! Facts about libraries: what their functions return, what flows through them, where data arrives.
//!
//! Knowledge is data: YAML under `models/`, one file a crate, embedded in the binary. A row is a signature and
//! what it does:
//!
//! ```yaml
//! "Option<T>::map(self, f: fn(T) -> U) -> Option<U>": "f(self) -> ret"
//! ```
//!
//! Capitals are variables, `E::Model` an associated type of what one stands for; a path without parentheses is a
//! constant; `_::clone(self)` is a method of any receiver.
//!
//! Effects, separated by `;`:
//! - `a -> b` the value itself, `a ~> b` only something derived from it; `b` may be `ret`, `self` or a parameter
//!   (then it is a write through `&mut`; `a => b` replaces what was there);
//! - `f(a, b) -> c` calls the parameter `f` (`=> c` replaces), `f(a).0 -> c` hands on a part of its result;
//!   `filter f(a) -> ret` passes what `f` accepts; `every f(a)` the result is true only if `f` accepts all of `a`;
//!   `place f(a)` the result is the index of one that `f` accepts;
//! - `if a: ..`, `unless a: ..` an effect that happens only where `a` is true (`true`, `Some`, `Ok`), or is not, and
//!   the result is true only then; `true a`, `false a` the result is true where `a` is, or where it is not;
//! - `alias a` the result is a mutable borrow of `a` (`alias a -> ret.1`: a part of it); `fresh` its origin is unknown,
//!   `read a -> ret` it is read out of the text or JSON `a`;
//! - `cast` of the result what is of the type that is asked for (`downcast_ref::<T>()`), which no text is;
//! - `address` the result is an address, whose host and path have no data in them where they are written out;
//! - `empty a` nothing is left in `a`; `cut a r` nothing is if the range or length `r` takes all of it (`..`, `0`);
//! - `extract` the result is what the extractor of its type makes of the arguments, of unknown origin if that is not here;
//! - `sql text`, `bind x`, `bind x i`, `binds list`, `rows`, `row`, `scalar`, `get self key`: statements and their rows;
//! - `at self path` the part at a literal path of keys (`/people/0/name`); `lose self key` nothing is left of the part by
//!   a literal key; `under key a -> b` `a` is put into `b` by a literal key;
//! - `template name text` there is a template of this name, `fill name n c` the result is what the template of this name
//!   shows of the context `c`, `fill text t c` what the template with this text does; `blocks template ..`, `blocks fill ..`
//!   the same of templates in which `{{#` opens a block;
//! - `taps crate rows` what these rows log goes to this crate besides, from anywhere;
//! - `kind sha256 a -> ret` a transform that policies may bind;
//! - `route h` the result is a router that has the handler `h`, `layer l` one behind the layer `l`, `serve a` the
//!   router `a` is served;
//! - `http url=self.url data=self`, `log data=rest`, `print ..`, `file ..`, `show ..`: arrivals; with
//!   `by=tracing::error!` what is called has that do it;
//! - `env name` text from the environment; `exit` does not return; `none` carries no data;
//! - `state` the result is what others have put there of its type (`extensions.get::<T>()`), `state x` they find `x` so;
//! - `new` makes the cells that the result's type says; `channel ret.0 ret.1` makes one channel with these ends;
//! - `same a` the result is `a`, what it borrows included; `spawn` what runs in the arguments goes on beside the caller;
//! - `asks eq a b`, `asks ord a b`, `asks hash a b` the impls of `PartialEq`, `Ord` or `Hash` run of what is in `a`, with
//!   `b` or among each other, `asks ret` those by which a container of its type keeps what is in it; `drop a` lets go of
//!   `a`, `leak a` sees to it that nothing ever does;
//! - `by k` what is said of `self`, a map, is said of what it has under the key `k`, `takes k` and nothing is left there.
//!
//! A port may be followed by a field (`self.url`) and by a view (`x as serialize`; `x as sources` is what the errors behind
//! an error say). `*self` is what the cell or
//! channel `self` holds, for all who share it: `"Sender<T>::send(self, x: T)": "x -> *self"`. A type with a row that
//! says `*self` is a cell. `.key` are the keys of a map, beside its values, `.Err` the error of a result, `.Ok` the
//! result without it, and `.cause` what an error does not
//! print with `{}` but with `{:#}` and `{:?}`, `.bare` an error without that, `.veiled` what is in `.0` of one that is never printed, `.typed` what a map by type has of the type of what is put in, or taken out. `f(&self)` lends what
//! is there to a closure, which may write it; `f(&ret)` the result.

mod facades;
mod load;
mod sig;
pub mod sql;

use std::collections::BTreeMap;

use indexmap::IndexMap;
pub use load::{ModelSet, embedded, sql_functions};
use rustc_hash::FxBuildHasher;
use serde::Deserialize;
use smol_str::SmolStr;

use crate::ir::body::View;

/// The selector of what rows call `.key`: no name that a field may have.
pub const KEY: &str = "#key";

/// The selector of what rows call `.Ok`: a result without its error.
pub const OK: &str = "#ok";

/// The selector of what rows call `.cause`: `{}` does not print it.
pub const CAUSE: &str = "$cause";

/// The selector of what rows call `.bare`: an error without what is behind it.
pub const BARE: &str = "#bare";

/// The selector of what rows call `.veiled`: no printing shows it.
pub const VEILED: &str = "$veiled";

/// The selector of what rows call `.typed`: what a map by type has of the type that is put in or asked for.
pub const TYPED: &str = "#typed";

/// A type in a signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModelTy {
    /// A named type; standard ones by their last segment (`Vec`), others in full (`reqwest::Client`).
    Path(SmolStr, Vec<ModelTy>),
    /// A variable: one or two capitals.
    Var(SmolStr),
    /// A tuple.
    Tuple(Vec<ModelTy>),
    /// `fn(A) -> R`.
    Fn(Vec<ModelTy>, Box<ModelTy>),
    /// An associated type of a variable: `E::Model`.
    Assoc(SmolStr, SmolStr),
    /// The receiver's type.
    SelfTy,
    /// `_`.
    Unknown,
}

/// What a port speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PortBase {
    /// An argument, by position (the receiver is 0).
    Arg(u32),
    /// All arguments from this position on.
    Rest(u32),
    /// The result.
    Ret,
}

/// A value that a row reads or writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// Which value.
    pub base: PortBase,
    /// Which part of it.
    pub path: Vec<SmolStr>,
    /// As what it is seen.
    pub view: Option<View>,
    /// What the cell or channel there holds, wherever it is; what is lent.
    pub held: bool,
}

impl Port {
    /// The result.
    #[must_use]
    pub fn ret() -> Port {
        Port { base: PortBase::Ret, path: Vec::new(), view: None, held: false }
    }

    /// Whether it is what a map by type has of a type.
    #[must_use]
    pub fn is_typed(&self) -> bool {
        self.path.last().is_some_and(|n| n == TYPED)
    }
}

/// Kinds of arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ArriveKind {
    /// An HTTP request: `share` with its host.
    Http,
    /// A log line.
    Log,
    /// Standard output or error.
    Print,
    /// A file.
    File,
    /// Whoever is answered, where code works for an audience.
    Show,
}

/// A parameter that is asked about something.
#[derive(Clone, Debug, PartialEq)]
pub struct Predicate {
    /// Which.
    pub f: Port,
    /// What it looks at; what it is asked about comes last, after its key.
    pub args: Vec<Port>,
}

/// What a row does.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// A value flows.
    Flow {
        /// From.
        from: Port,
        /// To.
        to: Port,
        /// Only something derived from it.
        derived: bool,
        /// Replaces what was there.
        replace: bool,
    },
    /// A parameter is called.
    Call {
        /// Which.
        f: Port,
        /// With what.
        args: Vec<Port>,
        /// Which part of its result is handed on.
        part: Vec<SmolStr>,
        /// Where its result goes.
        to: Option<Port>,
        /// Whether it replaces what was there.
        replace: bool,
    },
    /// What a predicate accepts flows on.
    Filter {
        /// The predicate; what it looks at last flows on.
        of: Predicate,
        /// Where that goes.
        to: Port,
    },
    /// The result is true only if a predicate accepts everything that it looks at.
    Every(Predicate),
    /// The result is the index of something that a predicate accepts.
    Place(Predicate),
    /// An effect that depends on the truth of a value.
    If {
        /// The value.
        of: Port,
        /// Whether it must be true, or must not.
        truth: bool,
        /// What happens then.
        then: Box<Effect>,
    },
    /// The result has the truth of a value, or its opposite.
    Truth {
        /// The value.
        of: Port,
        /// Whether it is its truth.
        same: bool,
    },
    /// The result, or a part of it, is a mutable borrow.
    Alias {
        /// Of what.
        of: Port,
        /// Which part of the result.
        part: Vec<SmolStr>,
    },
    /// Nothing is left of a value.
    Empty(Port),
    /// Of the result what is of its type is left.
    Cast,
    /// Nothing is left of a value if a range or length takes all of it.
    Cut {
        /// The value.
        of: Port,
        /// The range or length.
        by: Port,
    },
    /// Data arrives.
    Arrive {
        /// What kind.
        kind: ArriveKind,
        /// Which data.
        data: Vec<Port>,
        /// For HTTP: the URL.
        url: Option<Port>,
        /// What writes it, if that is not what is called: a macro of another crate.
        by: Option<SmolStr>,
    },
    /// The text of a statement and its bind arguments.
    Sql {
        /// The text.
        text: Port,
        /// Arguments bound at once.
        binds: Option<Port>,
    },
    /// A bind argument more, or several.
    Bind {
        /// The argument, or a list of them.
        of: Port,
        /// Whether it is a list, a tuple or a map of them.
        all: bool,
        /// Which one it is: its position, from one, or its name.
        at: Option<Port>,
    },
    /// The rows of the statement in `self`, as rows (or one row, or nothing).
    Rows(Port),
    /// The first column of the rows of the statement in `self`.
    Scalar(Port),
    /// Nothing is left of a part by literal key.
    Lose {
        /// Of what.
        of: Port,
        /// By which key.
        key: Port,
    },
    /// A part by a literal path of keys (`/people/0/name`).
    At {
        /// Of what.
        of: Port,
        /// By which path.
        path: Port,
    },
    /// A part by literal key.
    Get {
        /// Of what.
        of: Port,
        /// By which key.
        key: Port,
    },
    /// The result is a template that is filled in with a context: what it names of that.
    Fill {
        /// How it is written.
        syntax: Syntax,
        /// The name of the template, or its text.
        template: Port,
        /// Whether it is the name.
        named: bool,
        /// The context.
        with: Port,
    },
    /// A template has a name from here on.
    Template {
        /// How it is written.
        syntax: Syntax,
        /// The name.
        name: Port,
        /// The text.
        text: Port,
    },
    /// What these rows log goes to a crate besides.
    Taps {
        /// The crate.
        to: SmolStr,
        /// The paths of the rows.
        rows: Vec<SmolStr>,
    },
    /// A value is put under a literal key; beside what is there where the key is not known.
    Under {
        /// The key.
        key: Port,
        /// The value.
        from: Port,
        /// Into what.
        to: Port,
    },
    /// A transform that policies may bind.
    Kind {
        /// Its name.
        name: SmolStr,
        /// From.
        from: Port,
        /// To.
        to: Port,
        /// Replaces what was there.
        replace: bool,
    },
    /// The result is a router that has a handler more.
    Route(Port),
    /// The result is a router behind a layer.
    Layer(Port),
    /// A router is served.
    Serve(Port),
    /// A value of unknown origin: labelled fields of its type are entries.
    Fresh,
    /// What the extractor of its type makes of the arguments; of unknown origin where that is not of the workspace.
    Extract,
    /// The result, or a part of it, is read out of a text, by the keys that are in it.
    Read {
        /// The text.
        from: Port,
        /// The part.
        to: Port,
        /// What the text is as a whole (a token) is not what is in it, but may be.
        among: bool,
    },
    /// The result is found by its type where others have put it; or they find a value so.
    State(Option<Port>),
    /// The cells that the result's type says are new.
    New,
    /// These are the ends of a new channel.
    Channel(Vec<Port>),
    /// The result is this, what it borrows included.
    Same(Port),
    /// What runs in the arguments goes on beside the caller.
    Spawn,
    /// Text from an environment variable.
    Env(Port),
    /// Does not return.
    Exit,
}

impl Effect {
    /// The effect itself, where it depends on a truth.
    #[must_use]
    pub fn whatever_the_truth(&self) -> &Effect {
        let mut e = self;
        while let Effect::If { then, .. } = e {
            e = then;
        }
        e
    }

    /// The values that it hands on.
    fn reads(&self) -> Vec<&Port> {
        match self.whatever_the_truth() {
            Effect::Flow { from, .. } | Effect::Kind { from, .. } | Effect::Under { from, .. } => vec![from],
            Effect::Fill { with, .. } => vec![with],
            Effect::Arrive { data, url, .. } => data.iter().chain(url).collect(),
            Effect::Call { args, .. } => args.iter().collect(),
            Effect::Filter { of, .. } | Effect::Every(of) | Effect::Place(of) => of.args.iter().collect(),
            Effect::Sql { text, binds } => [text].into_iter().chain(binds).collect(),
            Effect::Bind { of, .. } => vec![of],
            _ => Vec::new(),
        }
    }
}

/// How templates are written that code fills in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Syntax {
    /// `{% for u in users %}{{ u.name }}{% endfor %}`: Jinja and its kin.
    #[default]
    Statements,
    /// `{{#each users}}{{name}}{{/each}}`: Mustache and its kin.
    Blocks,
}

/// By which traits values are asked about each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Asked {
    /// `PartialEq`.
    Eq,
    /// `Ord` or `PartialOrd`.
    Ord,
    /// `Hash`, and `PartialEq` of what has the same.
    Hash,
}

/// What a row does that moves no data.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// Impls of what is in a container run.
    Asks {
        /// By which traits; none if the container's type says that.
        by: Option<Asked>,
        /// The container, or its keys, or the callable that gives what is asked.
        of: Port,
        /// What is looked up or put in; none if what is in it is asked among itself.
        with: Option<Port>,
    },
    /// An argument is let go of.
    Drop(Port),
    /// An argument is never let go of.
    Leak(Port),
    /// What the row says of `self` it says of what is in that map under a key alone.
    By {
        /// The key.
        key: Port,
        /// Nothing is left there.
        takes: bool,
    },
}

/// A modelled function, method or macro.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Its path: `Option::map`, `reqwest::Client::get`, `tracing::info!`.
    pub path: SmolStr,
    /// The receiver's or associated type, with its variables.
    pub self_ty: Option<ModelTy>,
    /// Whether the first argument is a receiver.
    pub has_self: bool,
    /// Parameters: name and type, the receiver included.
    pub params: Vec<(SmolStr, ModelTy)>,
    /// Whether it is a constant: its path stands without parentheses.
    pub constant: bool,
    /// Whether any number of further arguments may follow.
    pub rest: bool,
    /// The result.
    pub ret: ModelTy,
    /// What it does with data.
    pub effects: Vec<Effect>,
    /// What else it does.
    pub acts: Vec<Act>,
}

impl Row {
    /// Positions of the parameters that it calls.
    pub fn called(&self) -> impl Iterator<Item = u32> {
        let called = |e: &Effect| match e.whatever_the_truth() {
            Effect::Call { f, .. } => Some(f.base),
            Effect::Filter { of, .. } | Effect::Every(of) | Effect::Place(of) => Some(of.f.base),
            _ => None,
        };
        let argument = |base: PortBase| if let PortBase::Arg(i) = base { Some(i) } else { None };
        self.effects.iter().filter_map(move |e| called(e).and_then(argument))
    }

    /// Whether it lets go of an argument.
    #[must_use]
    pub fn drops(&self, arg: usize) -> bool {
        self.acts.iter().any(|act| matches!(act, Act::Drop(port) if port.base == PortBase::Arg(arg as u32)))
    }

    /// Whether it sees to it that an argument is never let go of.
    #[must_use]
    pub fn leaks(&self, arg: usize) -> bool {
        self.acts.iter().any(|act| matches!(act, Act::Leak(port) if port.base == PortBase::Arg(arg as u32)))
    }

    /// Whether it hands an argument on, and does nothing else with it.
    #[must_use]
    pub fn hands_on(&self, arg: u32) -> bool {
        let of = |port: &Port| match port.base {
            PortBase::Arg(i) => i == arg,
            PortBase::Rest(from) => from <= arg,
            PortBase::Ret => false,
        };
        let mut on = false;
        for e in &self.effects {
            match e.whatever_the_truth() {
                Effect::Flow { from, .. } | Effect::Read { from, .. } | Effect::Under { from, .. } => on |= of(from),
                Effect::Fill { with, .. } => on |= of(with),
                Effect::Call { f, args, .. } => on |= of(f) || args.iter().any(of),
                Effect::Alias { of: lent, .. } => on |= of(lent),
                Effect::Same(same) => on |= of(same),
                Effect::Kind { from, .. } if of(from) => return false,
                Effect::Arrive { data, url, .. } if data.iter().chain(url).any(of) => return false,
                _ => {}
            }
        }
        on
    }

    /// Whether it hands an argument to whatever its receiver stands for: binds it to a statement, runs that on it, or
    /// writes it where that may fail. What a list takes in is only in the list.
    #[must_use]
    pub fn hands_over(&self) -> bool {
        let fails = matches!(&self.ret, ModelTy::Path(n, _) if n == "Result");
        let own = |port: &Port| matches!(port.base, PortBase::Arg(i) if i > 0);
        self.effects.iter().any(|e| match e.whatever_the_truth() {
            Effect::Bind { of, .. } | Effect::Rows(of) | Effect::Scalar(of) => own(of),
            Effect::Flow { from, to, .. } => fails && own(from) && to.base == PortBase::Arg(0),
            _ => false,
        })
    }

    /// What it looks at as it is printed or serialised.
    pub fn views(&self) -> impl Iterator<Item = (PortBase, View)> {
        self.effects.iter().flat_map(Effect::reads).filter_map(|port| Some((port.base, port.view?)))
    }

    /// Whether it takes so many arguments.
    #[must_use]
    pub fn takes(&self, args: usize) -> bool {
        if self.rest { self.params.len() <= args } else { self.params.len() == args }
    }
}

/// A derive that writes functions for a type: what they give, not what they do.
#[derive(Clone, Debug, Default)]
pub struct DeriveModel {
    /// Variables, and which argument of which attribute names the type that one stands for: `es_repo`, `entity`.
    pub of: BTreeMap<SmolStr, (SmolStr, SmolStr)>,
    /// Names of functions, the end of which may be left open (`find_by_*`), and their results.
    pub gives: BTreeMap<SmolStr, ModelTy>,
}

impl DeriveModel {
    /// What a function of this name gives: the longest name that fits says it.
    #[must_use]
    pub fn result(&self, name: &str) -> Option<&ModelTy> {
        let fits = |(n, _): &(&SmolStr, &ModelTy)| match n.strip_suffix('*') {
            Some(begin) => name.starts_with(begin),
            None => n.as_str() == name,
        };
        self.gives.iter().filter(fits).max_by_key(|(n, _)| n.len()).map(|(_, ty)| ty)
    }
}

/// What is known of a type.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TypeModel {
    /// Names of its variables.
    pub vars: Vec<SmolStr>,
    /// A wrapper: its parts are those of its first argument, `.0` is the value itself.
    pub transparent: bool,
    /// An address: a part that stands in its text as it is written out has no data.
    pub address: bool,
    /// A wrapper that is never put around itself: what is made of one is that one.
    pub once: bool,
    /// Methods are also looked up on this type.
    pub deref: Option<ModelTy>,
    /// Clones share their content.
    pub shared: bool,
    /// What it holds is what others have put there of its type.
    pub state: bool,
    /// Nothing of what a call is given stays in it: a connection.
    pub hollow: bool,
    /// What it holds may be there when it is gone: others own that too, have lent it, or nobody lets go of it.
    pub outlived: bool,
    /// Access to what a lock holds, as long as it is there: what is written to it is written there.
    pub lock: bool,
    /// A container that keeps what is in it, or its keys, by asking these.
    pub asks: Option<Asked>,
    /// What is put into it goes nowhere yet: it arrives where the value is handed over.
    pub carries: bool,
    /// A writer: what is put into it arrives there, and stays nowhere.
    pub writes: Option<ArriveKind>,
    /// Its `.0` is there to be taken out, and nothing that prints the value shows it.
    pub veiled: bool,
    /// The type it is another name of.
    pub alias: Option<ModelTy>,
    /// Types of its public fields.
    pub fields: BTreeMap<SmolStr, ModelTy>,
    /// Parts that stand under other names in a value than the fields have: those of a variant, which stand beside those of
    /// others.
    pub parts: BTreeMap<SmolStr, SmolStr>,
}

/// What frameworks do with values by a trait.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TraitModel {
    /// Its last segment.
    pub of: SmolStr,
    /// The methods that make an answer of a value.
    #[serde(default)]
    pub answers: Vec<SmolStr>,
    /// A value answers with what it prints, if none of them is written out.
    #[serde(default)]
    pub printed: bool,
    /// The methods that read a value out of a request: only their errors are answers.
    #[serde(default)]
    pub extracts: Vec<SmolStr>,
    /// Its methods that run first where a method of a library is called on a value, by the names of those: what one
    /// gives is the receiver.
    #[serde(default)]
    pub first: BTreeMap<SmolStr, SmolStr>,
}

/// Types by path.
pub type TypeModels = IndexMap<SmolStr, TypeModel, FxBuildHasher>;
