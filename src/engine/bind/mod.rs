//! From a policy's bindings and the annotations in code to [`Seeds`].
//!
//! Every line is looked up in the program and the schemas; a line that finds nothing is B01 (a binding) or B02 (an
//! annotation). Labels add up, the nearest purpose wins.

mod annotations;
mod apply;
mod models;
mod seeds;

use std::collections::{BTreeMap, BTreeSet};

pub(super) use self::apply::OF_ANOTHER_CRATE;
use super::places::{Found, find_rust, find_sql, table_name};
use crate::diag::{Diagnostic, Severity};
use crate::flow::{Action, AddressSeed, FieldKey, Seeds};
use crate::ir::body::Local;
use crate::ir::items::TypeKind;
use crate::ir::sql::{Statement, TableName};
use crate::ir::{Content, Name};
use crate::judge::Line;
use crate::link::program::{Def, FuncId, ImplId, ModId, Program, TraitId, TypeId};
use crate::link::schema::{Mentions, Schemas};
use crate::link::sqlfn::ColumnId;
use crate::model::sql_functions;
use crate::policy::{BindTarget, Binding, Label, Meaning, Policy, StoreId, SubjectId, glob_matches};
use crate::project::Inputs;
use crate::source::{FileId, SourceMap, Span};

/// What came of the bindings.
#[derive(Debug, Default)]
pub struct Bound {
    /// For the engine of flows.
    pub seeds: Seeds,
    /// Sets of labels, by the numbers that entries carry.
    pub labels: Vec<Vec<Label>>,
    /// B01 and B02.
    pub problems: Vec<Diagnostic>,
    /// Every line that was found, for *relied on*.
    pub lines: Vec<Line>,
    /// Crates in which some code is bound to a purpose.
    pub bound_crates: BTreeSet<String>,
    /// Purposes of files, by annotation or `bind path`.
    pub file_purposes: BTreeMap<FileId, (u32, Span)>,
    /// Purposes of statements of `.sql` files.
    pub sql_purposes: BTreeMap<(FileId, u32), (u32, Span)>,
    /// Where the rows of a `.sql` file's statements go.
    pub file_targets: BTreeMap<FileId, (Action, u32)>,
    /// Where the rows of one statement go.
    pub sql_targets: BTreeMap<(FileId, u32), (Action, u32)>,
    /// Rights and purges with what is bound as them.
    pub duties: Vec<(Duty, Start, Span)>,
    /// What is named of libraries, but crates as a whole: the path and the line.
    pub foreign: Vec<(Name, Span)>,
    /// Types outside the workspace of which a field is labelled, and the line.
    pub foreign_types: Vec<(Name, Span)>,
    /// Modules bound to an audience.
    pub audience_mods: Vec<(ModId, u32)>,
    /// What somebody looked at, and said that it is not personal data.
    pub not_personal: NotPersonal,
}

/// Places that are not personal data.
#[derive(Debug, Default)]
pub struct NotPersonal {
    /// Columns.
    pub columns: BTreeSet<ColumnId>,
    /// Tables with all their columns.
    pub tables: BTreeSet<(u32, u32)>,
    /// Fields.
    pub fields: BTreeSet<FieldKey>,
    /// Types with all their fields.
    pub types: BTreeSet<TypeId>,
}

/// What code can be bound to fulfil.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Duty {
    /// A right of a group of people: `erasure`.
    Right(String, SubjectId),
    /// Deleting what has been kept long enough in a store.
    Purge(StoreId),
}

/// What fulfils it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Start {
    /// A function, with all that it calls.
    Func(FuncId),
    /// All statements of a `.sql` file.
    File(FileId),
    /// One of them, by its place.
    Statement(FileId, Span),
}

/// A labelled place, before it is a seed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Spot {
    Field(FieldKey),
    ForeignField(Name, Name),
    Param(FuncId, u32),
    Result(FuncId),
    ExtResult(Name),
    Type(TypeId),
    Column(ColumnId),
    Local(FuncId, Local),
}

#[derive(Clone, Debug, Default)]
struct Labelled {
    labels: Vec<Label>,
    name: String,
    span: Option<Span>,
    labelled: Option<Span>,
}

/// Purposes by what they are written at.
#[derive(Default)]
struct Purposes {
    funcs: BTreeMap<FuncId, (u32, Span)>,
    impls: BTreeMap<ImplId, (u32, Span)>,
    types: BTreeMap<TypeId, (u32, Span)>,
    traits: BTreeMap<TraitId, (u32, Span)>,
    mods: BTreeMap<ModId, (u32, Span)>,
}

/// Whom data is about, where a label does not say.
#[derive(Default)]
struct Subjects {
    types: BTreeMap<TypeId, SubjectId>,
    mods: BTreeMap<ModId, SubjectId>,
    tables: BTreeMap<(u32, u32), SubjectId>,
}

/// Resolves all lines.
#[must_use]
pub fn bind(policy: &Policy, p: &Program, schemas: &mut Schemas, inputs: &Inputs) -> Bound {
    let mut b = Binder {
        policy,
        p,
        sources: &inputs.sources,
        carried: inputs.annotations.as_deref(),
        partial: inputs.partial,
        out: Bound::default(),
        spots: BTreeMap::new(),
        purposes: Purposes::default(),
        subjects: Subjects::default(),
        not_personal: BTreeSet::new(),
    };
    for binding in &policy.bindings {
        b.binding(binding, schemas);
    }
    b.annotations();
    b.sql_annotations(schemas);
    b.label_columns(schemas);
    b.finish(schemas)
}

struct Binder<'a> {
    policy: &'a Policy,
    p: &'a Program,
    sources: &'a SourceMap,
    /// The meanings that annotations may carry; all if nothing limits them.
    carried: Option<&'a [String]>,
    /// Whether only a part of the code was read: what a binding names may stand in another.
    partial: bool,
    out: Bound,
    spots: BTreeMap<Spot, Labelled>,
    purposes: Purposes,
    subjects: Subjects,
    not_personal: BTreeSet<Spot>,
}

impl Binder<'_> {
    // ---- bind lines

    fn binding(&mut self, binding: &Binding, schemas: &mut Schemas) {
        let (meaning, at) = (&binding.meaning, binding.target_span);
        let found = match &binding.target {
            BindTarget::Rust { segments, qself, field, param, glob } => {
                let found = find_rust(self.p, segments, qself.as_ref(), field.as_deref(), param.as_deref(), *glob);
                found.iter().for_each(|f| self.apply_rust(f, meaning, at));
                if found.is_empty() {
                    self.not_in_rust(segments, field.as_deref(), param.is_some(), at);
                }
                !found.is_empty()
            }
            BindTarget::Sql { parts, glob, json, within } => match meaning {
                Meaning::Transform(t) if !glob => {
                    let name = Name::new(parts.join(".").to_lowercase());
                    let found = self.is_function(&name, schemas);
                    if found {
                        self.out.seeds.transform_sql.insert(name, t.0);
                    } else {
                        self.stale(at, "no statement calls a function of this name", None);
                    }
                    found
                }
                _ => {
                    let tables_only = !matches!(meaning, Meaning::Data(_) | Meaning::Guard(..) | Meaning::NotPersonal);
                    let found = match find_sql(schemas, parts, *glob, within.as_deref(), tables_only, at) {
                        Found::Nothing(_) if tables_only && self.is_written(parts) => {
                            Found::Tables(schemas.ensure_everywhere(&table_name(parts, at)))
                        }
                        found => found,
                    };
                    self.in_sql(found, meaning, json.as_deref(), at, schemas)
                }
            },
            BindTarget::Host(host) => {
                let seed = address(meaning);
                match seed {
                    Some(seed) => self.out.seeds.hosts.push((host.to_lowercase(), seed)),
                    None => self.wrong(at, "a host can be a recipient, a store or ours"),
                }
                seed.is_some()
            }
            BindTarget::Env(name) => {
                let seed = address(meaning);
                match seed {
                    Some(seed) => self.out.seeds.envs.extend([(name.clone(), seed)]),
                    None => self.wrong(at, "an environment variable can be a recipient, a store or ours"),
                }
                seed.is_some()
            }
            BindTarget::Path(glob) => self.files(glob, meaning, at),
        };
        if found || self.partial {
            self.out.lines.push(Line { meaning: meaning.clone(), span: binding.span, in_code: false });
        }
    }

    /// Nothing in Rust is what a line names.
    fn not_in_rust(&mut self, segments: &[String], field: Option<&str>, param: bool, at: Span) {
        if self.may_be_hidden() {
            // Item macros or unparsed files may hold it: a gap, not an accusation.
            let what = "not found here; some items are hidden in macros or unread files";
            self.problem(Diagnostic { code: "G03", severity: Severity::Warning, ..matches_nothing(at, what) });
            return;
        }
        let what = match field {
            Some(_) => "there is no such field",
            None if param => "there is no such parameter",
            None => "there is no such path",
        };
        let hint = self.suggest(segments, field);
        self.stale(at, what, hint);
    }

    /// What of the schemas a line names means this.
    fn in_sql(&mut self, found: Found, meaning: &Meaning, json: Option<&str>, at: Span, schemas: &mut Schemas) -> bool {
        match found {
            Found::Columns(columns) => {
                for c in columns {
                    let of = if matches!(meaning, Meaning::Data(_)) { schemas.note_label(c, json) } else { c };
                    self.apply_column(of, meaning, at, schemas);
                }
            }
            Found::Tables(tables) => tables.into_iter().for_each(|t| self.apply_table(t, meaning, at)),
            Found::Nothing(hint) => {
                self.stale(at, "no schema shows it", hint);
                return false;
            }
        }
        true
    }

    /// The files of a pattern mean this.
    fn files(&mut self, glob: &str, meaning: &Meaning, at: Span) -> bool {
        let files: Vec<FileId> =
            self.sources.iter().filter(|(_, f)| glob_matches(glob, &f.path)).map(|(id, _)| id).collect();
        let found = !files.is_empty();
        if !found {
            self.stale(at, "no file matches", None);
        }
        match (meaning, rows_go_to(meaning)) {
            (Meaning::Purpose(purpose), _) => files.into_iter().for_each(|f| self.file_purpose(f, purpose.0, at)),
            (m @ (Meaning::Right(..) | Meaning::Purge(_)), _) => {
                let all = files.into_iter().filter_map(|f| Some((duty(m)?, Start::File(f), at)));
                self.out.duties.extend(all);
            }
            (_, Some(target)) => self.out.file_targets.extend(files.into_iter().map(|f| (f, target))),
            (_, None) => {
                self.wrong(at, "a folder or file can be bound to a purpose, or to where its rows go");
                return false;
            }
        }
        found
    }

    /// Whether a name is that of a function of SQL: one that is modelled, defined or called.
    fn is_function(&self, name: &str, schemas: &Schemas) -> bool {
        let bare = name.rsplit('.').next().unwrap_or(name);
        let defined = || schemas.list.iter().any(|s| s.routine(bare, 0).is_some());
        let called = || self.statements().any(|s| Mentions::functions_of(s).iter().any(|f| f == name));
        sql_functions().knows(name) || sql_functions().knows(bare) || defined() || called()
    }

    /// All statements that were read.
    fn statements(&self) -> impl Iterator<Item = &Statement> {
        self.p.units.iter().flat_map(|u| match &u.content {
            Content::Sql(sql) => sql.statements.iter().collect::<Vec<_>>(),
            Content::Rust(r) => r.embedded.iter().flat_map(|e| &e.unit.statements).collect(),
        })
    }

    /// Whether a statement names a table. One that no schema shows exists by its binding then: the service itself may
    /// give one another name for a while.
    fn is_written(&self, parts: &[String]) -> bool {
        let Some(name) = parts.last() else { return false };
        let is = |t: &TableName| t.name.eq_ignore_ascii_case(name);
        self.statements().any(|s| Mentions::of(s).tables.iter().any(is))
    }

    /// A binding matches nothing.
    fn stale(&mut self, at: Span, what: &str, hint: Option<String>) {
        let d = matches_nothing(at, what);
        self.problem(match hint {
            Some(hint) => d.help(format!("did you mean `{hint}`?")),
            None => d,
        });
    }

    /// What is not found in what was read; where that is a part of the code, the rest may hold it.
    fn problem(&mut self, problem: Diagnostic) {
        if !self.partial {
            self.out.problems.push(problem);
        }
    }

    fn wrong(&mut self, span: Span, what: &str) {
        let problem = Diagnostic::error("B01", "this binding cannot mean that", span, what);
        // One line may name several places.
        if self.out.problems.last() != Some(&problem) {
            self.out.problems.push(problem);
        }
    }

    fn may_be_hidden(&self) -> bool {
        self.p.units.iter().any(|u| match &u.content {
            Content::Rust(r) => r.hidden_items || u.gaps.iter().any(|g| g.kind == crate::ir::GapKind::File),
            Content::Sql(_) => false,
        })
    }

    /// The nearest existing path.
    fn suggest(&self, segments: &[String], field: Option<&str>) -> Option<String> {
        let last = segments.last()?;
        let names: BTreeSet<String> = match field {
            Some(f) => {
                let found = find_rust(self.p, segments, None, None, None, false);
                let fields: BTreeSet<String> = found
                    .iter()
                    .filter_map(|x| if let Place::Def(Def::Type(t)) = x { self.p.type_def(*t) } else { None })
                    .flat_map(|d| match &d.kind {
                        TypeKind::Struct(fs) => fs.iter().map(|f| f.name.to_string()).collect::<Vec<_>>(),
                        _ => Vec::new(),
                    })
                    .collect();
                let hit = crate::diag::suggest(f, fields.iter().map(String::as_str))?;
                return Some(format!("{}.{hit}", segments.join("::")));
            }
            None => self
                .p
                .func_ids()
                .map(|f| self.p.func_path(f).to_string())
                .chain((0..self.p.types.len() as u32).map(|t| self.p.type_path(TypeId(t)).to_string()))
                .chain((0..self.p.mods.len() as u32).map(|m| self.p.mod_path(ModId(m)).to_string()))
                .collect(),
        };
        // The same last name elsewhere is the likeliest mistake.
        let elsewhere: Vec<&String> = names.iter().filter(|n| n.rsplit("::").next() == Some(last.as_str())).collect();
        if let [only] = elsewhere.as_slice() {
            return Some((*only).clone());
        }
        let path = segments.join("::");
        crate::diag::suggest(&path, names.iter().map(String::as_str)).map(str::to_owned)
    }
}

fn matches_nothing(at: Span, what: &str) -> Diagnostic {
    Diagnostic::error("B01", "this binding matches nothing", at, what)
}

/// A place that a Rust binding names.
#[derive(Clone, Debug, PartialEq)]
pub enum Place {
    /// An item.
    Def(Def),
    /// A field.
    Field(FieldKey),
    /// A field of a type outside the workspace, by the path of that.
    ForeignField(Name, Name),
    /// A parameter.
    Param(FuncId, u32),
    /// A variable of a pattern.
    Variable(FuncId, Local),
}

fn duty(m: &Meaning) -> Option<Duty> {
    match m {
        // What the other rights ask for is not a matter of deletion.
        Meaning::Right(right, subject) if right == "erasure" => Some(Duty::Right(right.clone(), *subject)),
        Meaning::Purge(store) => Some(Duty::Purge(*store)),
        _ => None,
    }
}

/// Where the rows of a statement arrive that is bound to this.
fn rows_go_to(m: &Meaning) -> Option<(Action, u32)> {
    match m {
        Meaning::Recipient(r) => Some((Action::Share, r.0)),
        Meaning::Store(s) => Some((Action::Keep, s.0)),
        Meaning::Audience(a) => Some((Action::Show, a.0)),
        _ => None,
    }
}

fn address(m: &Meaning) -> Option<AddressSeed> {
    match m {
        Meaning::Recipient(r) => Some(AddressSeed::Bound(Action::Share, r.0)),
        Meaning::Store(s) => Some(AddressSeed::Bound(Action::Keep, s.0)),
        Meaning::Ours => Some(AddressSeed::Ours),
        _ => None,
    }
}
