//! The syntax tree of a policy file: what is written, before names mean anything.
//!
//! Two trees are equal if they say the same; where it stands does not count ([`At`]). The formatter relies on it.

use crate::source::Span;

use super::resolved::{Duration, Ground, Role};
use super::types::{BindTarget, Date, Verb};

/// A place that does not count when trees are compared.
#[derive(Clone, Copy, Debug)]
pub(crate) struct At(pub Span);

impl PartialEq for At {
    fn eq(&self, _: &At) -> bool {
        true
    }
}

/// A dotted name.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Name {
    pub text: String,
    pub at: At,
}

/// A text, without its quotes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Text {
    pub text: String,
    pub at: At,
}

/// A list of names.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Picks {
    /// `anything`, `anyone`, `anywhere`: the word.
    pub any: Option<String>,
    pub names: Vec<Name>,
    pub except: Vec<Name>,
    pub at: At,
}

/// Data of people.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Data {
    pub what: Picks,
    pub of: Option<Picks>,
    pub at: At,
}

/// A verb with its data and target.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Act {
    pub verb: Verb,
    pub data: Data,
    pub target: Option<Picks>,
    pub at: At,
}

/// Guards: all of the outer list, one of each inner list.
pub(crate) type Guards = Vec<Vec<Name>>;

/// A flow sentence.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Flow {
    pub act: Act,
    pub outside: Option<Name>,
    pub longer: Option<Duration>,
    pub purposes: Option<Picks>,
    pub given: Vec<Name>,
    pub without: Vec<Name>,
    pub from: Option<Name>,
    pub at: At,
}

/// A node of a category tree.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    pub name: Name,
    pub text: Option<Text>,
    pub special: bool,
    pub also: Vec<Name>,
    pub children: Vec<Node>,
    pub at: At,
}

/// A right with its exceptions.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Right {
    pub right: Name,
    pub except: Vec<(Name, Text)>,
    pub at: At,
}

/// A clause of a recipient or store.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum PartyClause {
    Acts(Role),
    Locally,
    LocatedIn(Vec<Name>),
    Contract(Text, Option<(Date, At)>),
    Transfer(Text),
}

/// A clause of a purpose.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "trees are built once and live briefly")]
pub(crate) enum Clause {
    About(Picks),
    Basis(Ground, Option<Text>, At),
    Behalf(Name),
    Condition(Text),
    Notice(Text),
    Requires(Guards),
    Compatible(Name, Text),
    Grant { act: Act, limit: Option<Duration>, after: Option<Text>, given: Guards, text: Option<Text> },
}

/// A clause of a waiver.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "trees are built once and live briefly")]
pub(crate) enum WaiverClause {
    Permits(Flow),
    AtPath(Text),
    AtRust(BindTarget, String),
    AtSql(String),
    Owner(Text),
    Until(Date),
    Because(Text),
}

/// What a `bind` block binds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BindKind {
    Rust,
    Sql,
    Host,
    Env,
    Path,
}

/// The kinds that a meaning may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MeaningKind {
    Purpose,
    Guard,
    Transform,
    Recipient,
    Store,
    Audience,
    Subject,
}

/// The right-hand side of a `bind` line.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Meaning {
    Labels(Data),
    /// With `true` where `if false` follows.
    Kind(MeaningKind, Name, bool),
    Right(Name, Name),
    Purge(Name),
    NotPersonal,
    Ours,
    Library,
}

/// A `bind` block.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Bind {
    pub kind: BindKind,
    /// `in "folder"`.
    pub within: Option<Text>,
    /// `dialect mysql`.
    pub dialect: Option<Name>,
    pub lines: Vec<BindLine>,
}

/// A `bind` line.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct BindLine {
    pub target: BindTarget,
    /// The left-hand side as written.
    pub written: Text,
    pub meaning: Meaning,
    pub meaning_at: At,
    pub at: At,
}

/// A declaration.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "trees are built once and live briefly")]
pub(crate) enum Item {
    Header(Text),
    Import(Text),
    Controller(Text, Option<Text>),
    Category(Node),
    Subject { name: Name, text: Option<Text>, rights: Vec<Right>, block: bool },
    Region { name: Name, text: Option<Text>, home: bool, adequate: Option<Text> },
    Recipient { name: Name, text: Option<Text>, clauses: Option<Vec<(PartyClause, At)>> },
    Store { name: Name, text: Option<Text>, clauses: Option<Vec<(PartyClause, At)>> },
    Audience { name: Name, text: Option<Text> },
    Guard { name: Name, text: Option<Text>, narrows: Option<(Name, Name)> },
    Transform { name: Name, text: Option<Text>, from: Picks, into: Option<Name> },
    ForbiddenPurpose { name: Name, text: Option<Text> },
    ForbiddenRecipient { name: Name, text: Option<Text> },
    Purpose { name: Name, text: Option<Text>, clauses: Vec<(Clause, At)> },
    Rule { must: bool, flow: Flow, unless: Guards, text: Option<Text> },
    Bind(Bind),
    Test { text: Text, expectations: Vec<(bool, Flow, At)> },
    Waiver { text: Text, clauses: Vec<(WaiverClause, At)> },
}

/// A declaration and its place.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Placed {
    pub item: Item,
    pub at: At,
}
