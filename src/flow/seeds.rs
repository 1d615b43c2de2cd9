//! What the bindings name, as numbers and program ids.
//!
//! Built by `engine` from a policy; the engine of flows reads it and never sees the policy itself.

use std::collections::{BTreeMap, BTreeSet};

use super::around::Around;
use super::filled::Fillings;
use super::taken::Parts;
use super::trace::{Outside, Probe};
use super::types::Action;
use super::value::Origin;
use crate::ir::Name;
use crate::ir::body::Local;
use crate::link::program::{ConstId, FuncId, Program, TypeId};
use crate::link::sqlfn::ColumnId;
use crate::source::Span;

/// A labelled place.
#[derive(Clone, Debug, PartialEq)]
pub struct EntrySeed {
    /// Its labels, as the caller's number of a set of labels.
    pub labels: u32,
    /// Its name for people: `orders.email`.
    pub name: Name,
    /// The place itself.
    pub span: Span,
    /// Where it was labelled.
    pub labelled: Span,
}

/// A guard: its number and whether a negative result establishes it.
pub type GuardSeed = (u32, bool);

/// Begins the numbers of what may be the guards of the numbers before: a method of their name is asked, of a value of
/// which nobody knows the type.
pub(super) const PERHAPS: u32 = 1 << 31;

/// Where requests to a host, or uses of a value as an address, go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressSeed {
    /// To a bound recipient (`share`) or store (`keep`).
    Bound(Action, u32),
    /// To a service of ours.
    Ours,
}

/// A field of a type: type, variant, name.
pub type FieldKey = (TypeId, Option<u32>, Name);

/// What the template of a type shows of its values, by the names of fields.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shown {
    /// Those that stand in it.
    pub words: BTreeSet<Name>,
    /// Those that are shown as they show themselves.
    pub shown: BTreeSet<Name>,
    /// Those of which all may be shown.
    pub whole: BTreeSet<Name>,
}

/// A recipient or store to which log lines go besides.
#[derive(Clone, Debug)]
pub struct Tap {
    /// The rows of the models that log them.
    pub rows: Vec<Name>,
    /// Where they go.
    pub to: (Action, u32),
    /// Where that is set up.
    pub at: Span,
}

/// All that the bindings name, and what of the files beside the code the flows depend on.
#[derive(Clone, Debug, Default)]
pub struct Seeds {
    /// Labelled places; the maps below hold indices into it.
    pub entries: Vec<EntrySeed>,
    /// Labelled fields.
    pub fields: BTreeMap<FieldKey, u32>,
    /// The same of types outside the workspace, by the path of the type and the name.
    pub foreign_fields: BTreeMap<Name, BTreeMap<Name, u32>>,
    /// Labelled parameters.
    pub params: BTreeMap<(FuncId, u32), u32>,
    /// Functions whose results are labelled.
    pub results: BTreeMap<FuncId, u32>,
    /// The same, outside the workspace.
    pub ext_results: BTreeMap<Name, u32>,
    /// Types whose every value is labelled.
    pub types: BTreeMap<TypeId, u32>,
    /// Labelled columns, and parts of columns.
    pub columns: BTreeMap<ColumnId, u32>,
    /// Labelled locals.
    pub locals: BTreeMap<(FuncId, Local), u32>,
    /// The nearest purpose written at a function or around it.
    pub purposes: BTreeMap<FuncId, (u32, Span)>,
    /// Purposes of statements: unit and annotation.
    pub scopes: BTreeMap<(u32, u32), (u32, Span)>,
    /// Functions that establish a guard.
    pub guard_funcs: BTreeMap<FuncId, GuardSeed>,
    /// The same, outside the workspace.
    pub guard_ext: BTreeMap<Name, GuardSeed>,
    /// Fields that are guards.
    pub guard_fields: BTreeMap<FieldKey, GuardSeed>,
    /// Columns that are guards.
    pub guard_columns: BTreeMap<ColumnId, GuardSeed>,
    /// Variants that are guards.
    pub guard_variants: BTreeMap<(TypeId, u32), GuardSeed>,
    /// Types of which holding a value is the guard.
    pub guard_types: BTreeMap<TypeId, u32>,
    /// Guards that say of somebody to which group of people they belong, so that other rules hold of them.
    pub narrowing: BTreeSet<u32>,
    /// Functions that are transforms.
    pub transforms: BTreeMap<FuncId, u32>,
    /// The same, outside the workspace; also modelled kinds by name.
    pub transform_ext: BTreeMap<Name, u32>,
    /// Functions of SQL that are transforms.
    pub transform_sql: BTreeMap<Name, u32>,
    /// Which labels transforms turn: by the caller's numbers of the transform and of the set of labels.
    pub turned: BTreeSet<(u32, u32)>,
    /// Functions whose arguments arrive at a recipient, store or audience.
    pub sinks: BTreeMap<FuncId, (Action, u32)>,
    /// What they take out of their arguments, where a body says so.
    pub taken: BTreeMap<FuncId, Vec<Parts>>,
    /// Client types: arguments of calls on them arrive.
    pub sink_types: BTreeMap<TypeId, (Action, u32)>,
    /// Paths outside the workspace (crates, types, macros), with everything below.
    pub sink_ext: BTreeMap<Name, (Action, u32)>,
    /// Where log lines go besides.
    pub taps: Vec<Tap>,
    /// Crates and paths that keep nothing and send nothing.
    pub libraries: Vec<Name>,
    /// Functions whose results are shown.
    pub audiences: BTreeMap<FuncId, u32>,
    /// Functions of whose results the answers of code of other audiences tell: with the audience of their own module.
    pub elsewhere: BTreeMap<FuncId, u32>,
    /// Whoever is shown what the closures answer that a function gives to routers: by its module.
    pub around: BTreeMap<FuncId, u32>,
    /// Calls inside a module bound to an audience, of a function whose result is shown to others: by whom, and of whom.
    pub within: BTreeSet<(FuncId, FuncId)>,
    /// Handlers, with the function that makes the router or the module that they stand in.
    pub routed: BTreeMap<FuncId, Name>,
    /// Functions that a macro or a trait of another crate has called from outside, whoever calls them here.
    pub served: BTreeSet<FuncId>,
    /// Functions whose results are shown if an attribute has them called from outside of which nothing is known.
    pub perhaps_served: BTreeMap<FuncId, Name>,
    /// Functions that nobody here calls and of whose results impls here make answers.
    pub answering: BTreeSet<FuncId>,
    /// What a macro of the workspace may put around the errors of functions that give answers.
    pub wrapped: BTreeMap<FuncId, Vec<Around>>,
    /// Hosts: a name, or `*.` and a suffix.
    pub hosts: Vec<(String, AddressSeed)>,
    /// Environment variables that hold addresses.
    pub envs: BTreeMap<String, AddressSeed>,
    /// Fields that hold addresses.
    pub address_fields: BTreeMap<(TypeId, Name), AddressSeed>,
    /// Constants that hold addresses.
    pub address_consts: BTreeMap<ConstId, AddressSeed>,
    /// Tables bound to a store.
    pub tables: BTreeMap<(u32, u32), u32>,
    /// Tables by name for messages.
    pub table_names: BTreeMap<(u32, u32), String>,
    /// Types that have a template which is known.
    pub shown: BTreeMap<TypeId, Shown>,
    /// Templates that are filled in with a context.
    pub templates: Fillings,
    /// Places whose values are traced.
    pub probes: Vec<Probe>,
    /// Entries of values from outside, if they are asked for.
    pub outside: Option<Outside>,
}

impl Seeds {
    /// The sink that covers a path outside the workspace: the longest bound prefix.
    #[must_use]
    pub fn sink_of(&self, symbol: &str) -> Option<(Action, u32)> {
        let krate = symbol.trim_end_matches('!').split("::").next().unwrap_or_default();
        self.sink_within(symbol).or_else(|| self.sink_ext.get(krate).copied())
    }

    /// The same without the lines that name all of a crate.
    #[must_use]
    pub fn sink_within(&self, symbol: &str) -> Option<(Action, u32)> {
        let mut at = symbol.trim_end_matches('!');
        while at.contains("::") {
            if let Some(s) = self.sink_ext.get(at) {
                return Some(*s);
            }
            at = at.rsplit_once("::")?.0;
        }
        None
    }

    /// What enters with a column: as it, and as each part of it that has labels of its own; with a part that, and what
    /// is said of the column.
    pub fn of_column(&self, c: ColumnId) -> impl Iterator<Item = u32> {
        let last = if c.part == 0 { u32::MAX } else { c.part };
        let whole = self.columns.get(&c.whole()).filter(|_| c.part != 0);
        whole.into_iter().chain(self.columns.range(c..=ColumnId { part: last, ..c }).map(|(_, seed)| seed)).copied()
    }

    /// Whether a column, or a part of it, is labelled.
    #[must_use]
    pub fn labels_column(&self, c: ColumnId) -> bool {
        self.of_column(c).next().is_some()
    }

    /// The labels of a column, as numbers of sets of them.
    pub fn labels_of_column(&self, c: ColumnId) -> impl Iterator<Item = u32> {
        self.of_column(c).filter_map(|seed| self.entries.get(seed as usize)).map(|e| e.labels)
    }

    /// Whether a transform turns what enters as this.
    pub(super) fn turns(&self, transform: u32, origin: &Origin) -> bool {
        let (Origin::Source(seed, _) | Origin::Declared(seed, ..)) = origin else { return false };
        self.entries.get(*seed as usize).is_some_and(|e| self.turned.contains(&(transform, e.labels)))
    }

    /// What is bound of a default method is bound of it wherever an impl takes it.
    pub(super) fn extend_to_instances(&mut self, p: &Program) {
        fn copy<T: Clone>(map: &mut BTreeMap<FuncId, T>, (id, written): (FuncId, FuncId)) {
            if let Some(v) = map.get(&written).cloned() {
                map.entry(id).or_insert(v);
            }
        }
        for pair in p.instances() {
            copy(&mut self.results, pair);
            copy(&mut self.purposes, pair);
            copy(&mut self.guard_funcs, pair);
            copy(&mut self.transforms, pair);
            copy(&mut self.sinks, pair);
            copy(&mut self.audiences, pair);
            copy(&mut self.elsewhere, pair);
            copy(&mut self.around, pair);
            copy(&mut self.perhaps_served, pair);
            let (id, written) = pair;
            let params: Vec<_> =
                self.params.range((written, 0)..=(written, u32::MAX)).map(|((_, i), s)| (*i, *s)).collect();
            self.params.extend(params.into_iter().map(|(i, s)| ((id, i), s)));
            let all = (written, Local(0))..=(written, Local(u32::MAX));
            let locals: Vec<_> = self.locals.range(all).map(|((_, l), s)| (*l, *s)).collect();
            self.locals.extend(locals.into_iter().map(|(l, s)| ((id, l), s)));
        }
    }

    /// Whether anything is bound as a guard.
    #[must_use]
    pub fn has_guards(&self) -> bool {
        !(self.guard_funcs.is_empty()
            && self.guard_ext.is_empty()
            && self.guard_fields.is_empty()
            && self.guard_columns.is_empty()
            && self.guard_variants.is_empty()
            && self.guard_types.is_empty())
    }

    /// What a host is bound to: an exact name before the longest suffix.
    #[must_use]
    pub fn host(&self, host: &str) -> Option<AddressSeed> {
        let exact = self.hosts.iter().find(|(h, _)| h == host);
        let suffix = || {
            self.hosts
                .iter()
                .filter(|(h, _)| {
                    h.strip_prefix("*.")
                        .is_some_and(|s| host == s || host.strip_suffix(s).is_some_and(|rest| rest.ends_with('.')))
                })
                .max_by_key(|(h, _)| h.len())
        };
        exact.or_else(suffix).map(|(_, a)| *a)
    }
}
