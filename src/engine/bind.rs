//! From a policy's bindings and the annotations in code to [`Seeds`].
//!
//! Every line is looked up in the program and the schemas; a line that finds nothing is B01 (a binding) or B02 (an
//! annotation). Labels add up, the nearest purpose wins.

use std::collections::{BTreeMap, BTreeSet};

use super::places::{Found, find_rust, find_sql};
use crate::diag::Diagnostic;
use crate::flow::{Action, AddressSeed, EntrySeed, FieldKey, Seeds};
use crate::ir::body::Local;
use crate::ir::items::TypeKind;
use crate::ir::sql::{Define, Kind};
use crate::ir::{Annotation, Content, Name, Target};
use crate::judge::Line;
use crate::link::program::{Def, FuncId, ImplId, ModId, Program, TraitId, TypeId};
use crate::link::schema::{Mentions, Schemas};
use crate::link::sqlfn::ColumnId;
use crate::model::sql_functions;
use crate::policy::{BindTarget, Binding, Label, Meaning, Policy, StoreId, SubjectId, glob_matches, parse_meaning};
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
    /// Modules bound to an audience.
    pub audience_mods: Vec<(ModId, u32)>,
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
    Param(FuncId, u32),
    Result(FuncId),
    ExtResult(Name),
    Type(TypeId),
    Column(ColumnId),
    Local(FuncId, Local),
}

#[derive(Debug, Default)]
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
        let stale =
            |what: &str| Diagnostic::error("B01", "this binding matches nothing", binding.target_span, what.to_owned());
        let mut found_any = true;
        match &binding.target {
            BindTarget::Rust { segments, qself, field, param, glob } => {
                let found = find_rust(self.p, segments, qself.as_ref(), field.as_deref(), param.as_deref(), *glob);
                found_any = !found.is_empty();
                if found_any {
                    for f in found {
                        self.apply_rust(&f, &binding.meaning, binding.target_span);
                    }
                } else if self.may_be_hidden() {
                    // Item macros or unparsed files may hold it: a gap, not an accusation.
                    found_any = false;
                    let d = stale("not found here; some items are hidden in macros or unread files");
                    self.stale(Diagnostic { code: "G03", severity: crate::diag::Severity::Warning, ..d });
                } else {
                    let hint = self.suggest(segments, field.as_deref());
                    let mut d = stale(match (field, param) {
                        (Some(_), _) => "there is no such field",
                        (_, Some(_)) => "there is no such parameter",
                        _ => "there is no such path",
                    });
                    if let Some(h) = hint {
                        d = d.help(format!("did you mean `{h}`?"));
                    }
                    self.stale(d);
                }
            }
            BindTarget::Sql { parts, glob: false, .. } if matches!(binding.meaning, Meaning::Transform(_)) => {
                let name = Name::new(parts.join(".").to_lowercase());
                found_any = self.is_function(&name, schemas);
                match &binding.meaning {
                    Meaning::Transform(t) if found_any => {
                        self.out.seeds.transform_sql.insert(name, t.0);
                    }
                    _ => self.stale(stale("no statement calls a function of this name")),
                }
            }
            BindTarget::Sql { parts, glob, json, within } => {
                let tables_only =
                    !matches!(binding.meaning, Meaning::Data(_) | Meaning::Guard(..) | Meaning::NotPersonal);
                let found = find_sql(schemas, parts, *glob, within.as_deref(), tables_only, binding.target_span);
                match found {
                    Found::Columns(columns) => {
                        for c in columns {
                            if matches!(binding.meaning, Meaning::Data(_)) {
                                schemas.note_label(c, json.as_deref());
                            }
                            self.apply_column(c, &binding.meaning, binding.target_span, schemas);
                        }
                    }
                    Found::Tables(tables) => {
                        for t in tables {
                            self.apply_table(t, &binding.meaning);
                        }
                    }
                    Found::Nothing(hint) => {
                        found_any = false;
                        let mut d = stale("no schema shows it");
                        if let Some(h) = hint {
                            d = d.help(format!("did you mean `{h}`?"));
                        }
                        self.stale(d);
                    }
                }
            }
            BindTarget::Host(host) => match &binding.meaning {
                Meaning::Recipient(r) => {
                    self.out.seeds.hosts.push((host.to_lowercase(), AddressSeed::Bound(Action::Share, r.0)));
                }
                Meaning::Store(s) => {
                    self.out.seeds.hosts.push((host.to_lowercase(), AddressSeed::Bound(Action::Keep, s.0)));
                }
                Meaning::Ours => self.out.seeds.hosts.push((host.to_lowercase(), AddressSeed::Ours)),
                _ => {
                    found_any = false;
                    self.wrong(binding.target_span, "a host can be a recipient, a store or ours");
                }
            },
            BindTarget::Env(name) => match address(&binding.meaning) {
                Some(a) => {
                    self.out.seeds.envs.insert(name.clone(), a);
                }
                None => {
                    found_any = false;
                    self.wrong(binding.target_span, "an environment variable can be a recipient, a store or ours");
                }
            },
            BindTarget::Path(glob) => {
                let files: Vec<FileId> =
                    self.sources.iter().filter(|(_, f)| glob_matches(glob, &f.path)).map(|(id, _)| id).collect();
                found_any = !files.is_empty();
                if !found_any {
                    self.stale(stale("no file matches"));
                }
                match (&binding.meaning, rows_go_to(&binding.meaning)) {
                    (Meaning::Purpose(purpose), _) => {
                        for f in files {
                            self.file_purpose(f, purpose.0, binding.target_span);
                        }
                    }
                    (m @ (Meaning::Right(..) | Meaning::Purge(_)), _) => {
                        let starts = files.into_iter().map(Start::File);
                        let all = starts.filter_map(|s| Some((duty(m)?, s, binding.target_span)));
                        self.out.duties.extend(all);
                    }
                    (_, Some(target)) => self.out.file_targets.extend(files.into_iter().map(|f| (f, target))),
                    (_, None) => {
                        found_any = false;
                        self.wrong(
                            binding.target_span,
                            "a folder or file can be bound to a purpose, or to where its rows go",
                        );
                    }
                }
            }
        }
        if found_any || self.partial {
            self.out.lines.push(Line { meaning: binding.meaning.clone(), span: binding.span, in_code: false });
        }
    }

    /// Whether a name is that of a function of SQL: one that is modelled, defined or called.
    fn is_function(&self, name: &str, schemas: &Schemas) -> bool {
        let bare = name.rsplit('.').next().unwrap_or(name);
        let defined = || schemas.list.iter().any(|s| s.routine(bare, 0).is_some());
        let statements = || {
            self.p.units.iter().flat_map(|u| match &u.content {
                Content::Sql(sql) => sql.statements.iter().collect::<Vec<_>>(),
                Content::Rust(r) => r.embedded.iter().flat_map(|e| &e.unit.statements).collect(),
            })
        };
        let called = || statements().any(|s| Mentions::functions_of(s).iter().any(|f| f == name));
        sql_functions().knows(name) || sql_functions().knows(bare) || defined() || called()
    }

    /// A binding matches nothing in what was read; where that is a part of the code, the rest may hold it.
    fn stale(&mut self, problem: Diagnostic) {
        if !self.partial {
            self.out.problems.push(problem);
        }
    }

    fn wrong(&mut self, span: Span, what: &str) {
        self.out.problems.push(Diagnostic::error("B01", "this binding cannot mean that", span, what));
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

    fn apply_rust(&mut self, place: &Place, meaning: &Meaning, at: Span) {
        match (place, meaning) {
            (Place::Field(key), m) => self.field(key.clone(), m, at),
            (Place::Param(f, i), Meaning::Data(labels)) => {
                let name = self.param_name(*f, *i);
                let span = self.p.func(*f).and_then(|d| d.params.get(*i as usize)).map(|p| p.span);
                self.label(Spot::Param(*f, *i), labels, name, span, at);
            }
            (Place::Param(f, i), Meaning::NotPersonal) => {
                self.not_personal.insert(Spot::Param(*f, *i));
            }
            (Place::Param(..), _) => self.wrong(at, "a parameter can carry data"),
            (Place::Def(def), m) => self.def(def, m, at),
        }
    }

    fn field(&mut self, key: FieldKey, meaning: &Meaning, at: Span) {
        let (t, variant, name) = key.clone();
        match meaning {
            Meaning::Data(labels) => {
                let def = self.p.type_def(t);
                let span = def.and_then(|d| field_span(&d.kind, variant, &name));
                let shown = format!("{}.{name}", def.map_or("?", |d| d.name.as_str()));
                self.label(Spot::Field(key), labels, shown, span, at);
            }
            Meaning::Guard(g, negated) => {
                self.out.seeds.guard_fields.insert(key, (g.0, *negated));
            }
            Meaning::NotPersonal => {
                self.not_personal.insert(Spot::Field(key));
            }
            m => match address(m) {
                Some(a) => {
                    self.out.seeds.address_fields.insert((t, name), a);
                }
                None => self.wrong(at, "a field can carry data, be a guard, or hold the address of a recipient"),
            },
        }
    }

    fn def(&mut self, def: &Def, meaning: &Meaning, at: Span) {
        match meaning {
            Meaning::Data(labels) => match def {
                Def::Func(f) => {
                    for f in self.with_impls(*f) {
                        let name = self.p.func_local_name(f).to_string();
                        let span = self.p.func(f).map(|d| d.span);
                        self.label(Spot::Result(f), labels, name, span, at);
                    }
                }
                Def::Type(t) => {
                    let d = self.p.type_def(*t);
                    let (name, span) = (d.map(|d| d.name.to_string()).unwrap_or_default(), d.map(|d| d.span));
                    self.label(Spot::Type(*t), labels, name, span, at);
                }
                Def::Ext(n) => {
                    let shown = n.to_string();
                    self.label(Spot::ExtResult(n.clone()), labels, shown, None, at);
                }
                _ => self.wrong(at, "data is carried by fields, parameters, results, types and columns"),
            },
            Meaning::Purpose(purpose) => {
                let entry = (purpose.0, at);
                match def {
                    Def::Func(f) => {
                        for f in self.with_impls(*f) {
                            self.purposes.funcs.entry(f).or_insert(entry);
                        }
                    }
                    Def::Mod(m) => {
                        self.purposes.mods.entry(*m).or_insert(entry);
                    }
                    Def::Type(t) => {
                        self.purposes.types.entry(*t).or_insert(entry);
                    }
                    Def::Trait(t) => {
                        self.purposes.traits.entry(*t).or_insert(entry);
                    }
                    _ => self.wrong(at, "a purpose belongs to a function, a type, a module or a crate"),
                }
            }
            Meaning::Guard(g, negated) => match def {
                Def::Func(f) => {
                    for f in self.with_impls(*f) {
                        self.out.seeds.guard_funcs.insert(f, (g.0, *negated));
                    }
                }
                Def::Type(t) => {
                    self.out.seeds.guard_types.insert(*t, g.0);
                }
                Def::Variant(t, v) => {
                    self.out.seeds.guard_variants.insert((*t, *v), (g.0, *negated));
                }
                Def::Ext(n) => {
                    self.out.seeds.guard_ext.insert(n.clone(), (g.0, *negated));
                }
                _ => self.wrong(at, "a guard is a function, a field, a variant or a type"),
            },
            Meaning::Transform(t) => match def {
                Def::Func(f) => {
                    for f in self.with_impls(*f) {
                        self.out.seeds.transforms.insert(f, t.0);
                    }
                }
                Def::Ext(n) => {
                    self.out.seeds.transform_ext.insert(n.clone(), t.0);
                }
                _ => self.wrong(at, "a transform is a function"),
            },
            Meaning::Recipient(r) => self.sink(def, Action::Share, r.0, at),
            Meaning::Store(s) => self.sink(def, Action::Keep, s.0, at),
            Meaning::Audience(a) => match def {
                Def::Func(f) => {
                    for f in self.with_impls(*f) {
                        self.out.seeds.audiences.insert(f, a.0);
                    }
                }
                Def::Mod(m) => self.out.audience_mods.push((*m, a.0)),
                Def::Type(t) => {
                    for f in self.methods(*t) {
                        self.out.seeds.audiences.insert(f, a.0);
                    }
                }
                _ => self.wrong(at, "an audience sees what functions and modules return"),
            },
            Meaning::Subject(s) => match def {
                Def::Type(t) => {
                    self.subjects.types.insert(*t, *s);
                }
                Def::Mod(m) => {
                    self.subjects.mods.insert(*m, *s);
                }
                _ => self.wrong(at, "a subject belongs to a type, a module or a table"),
            },
            Meaning::Library => match def {
                Def::Ext(n) => self.out.seeds.libraries.push(n.clone()),
                _ => self.wrong(at, "a library is a crate or path outside the workspace"),
            },
            Meaning::Ours => {
                if let Def::Const(c) = def {
                    self.out.seeds.address_consts.insert(*c, AddressSeed::Ours);
                }
            }
            Meaning::Right(..) | Meaning::Purge(_) => match (def, duty(meaning)) {
                (Def::Func(f), Some(duty)) => {
                    for f in self.with_impls(*f) {
                        self.out.duties.push((duty.clone(), Start::Func(f), at));
                    }
                }
                (Def::Func(_), None) => {}
                _ => self.wrong(at, "a right or a purge is fulfilled by a function or a file of SQL"),
            },
            Meaning::NotPersonal => {}
        }
    }

    fn sink(&mut self, def: &Def, action: Action, target: u32, at: Span) {
        match def {
            Def::Func(f) => {
                for f in self.with_impls(*f) {
                    self.out.seeds.sinks.insert(f, (action, target));
                }
            }
            Def::Type(t) => {
                self.out.seeds.sink_types.insert(*t, (action, target));
            }
            Def::Trait(t) => {
                let methods: Vec<FuncId> = self.p.func_ids().filter(|f| self.p.func_trait(*f) == Some(*t)).collect();
                for m in methods {
                    for f in self.with_impls(m) {
                        self.out.seeds.sinks.insert(f, (action, target));
                    }
                }
            }
            Def::Mod(m) => {
                let funcs: Vec<FuncId> = self
                    .p
                    .func_ids()
                    .filter(|f| {
                        self.p.is_within(self.p.func_module(*f), *m) && self.p.func(*f).is_some_and(|d| d.public)
                    })
                    .collect();
                for f in funcs {
                    self.out.seeds.sinks.insert(f, (action, target));
                }
            }
            Def::Ext(n) => {
                self.out.seeds.sink_ext.insert(n.clone(), (action, target));
            }
            Def::Const(c) => {
                self.out.seeds.address_consts.insert(*c, AddressSeed::Bound(action, target));
            }
            Def::Variant(..) => self.wrong(at, "a variant receives nothing"),
        }
    }

    fn methods(&self, t: TypeId) -> Vec<FuncId> {
        self.p
            .func_ids()
            .filter(|f| {
                let self_ty = self.p.func_impl(*f).and_then(|i| self.p.impl_self.get(i.0 as usize));
                matches!(self_ty, Some(crate::link::ty::Ty::Adt(x, _)) if *x == t)
            })
            .collect()
    }

    /// A trait's method stands for every impl of it.
    fn with_impls(&self, f: FuncId) -> Vec<FuncId> {
        let mut out = vec![f];
        if self.p.func_trait(f).is_some() {
            out.extend(self.p.dispatch(f));
        }
        out.sort();
        out.dedup();
        out
    }

    fn param_name(&self, f: FuncId, i: u32) -> String {
        let name = self.p.func(f).and_then(|d| d.params.get(i as usize)).and_then(|p| p.name.clone());
        format!("{}({})", self.p.func_local_name(f), name.unwrap_or_else(|| i.to_string().into()))
    }

    fn apply_column(&mut self, c: ColumnId, meaning: &Meaning, at: Span, schemas: &mut Schemas) {
        match meaning {
            Meaning::Data(labels) => {
                // A label on a column of a view speaks of the view.
                schemas.set_opaque(c);
                let span = schemas.column(c).map(|x| x.span);
                self.label(Spot::Column(c), labels, schemas.show(c), span, at);
            }
            Meaning::Guard(g, negated) => {
                self.out.seeds.guard_columns.insert(c, (g.0, *negated));
            }
            Meaning::NotPersonal => {
                self.not_personal.insert(Spot::Column(c));
            }
            _ => self.wrong(at, "a column carries data or is a guard"),
        }
    }

    fn apply_table(&mut self, table: (u32, u32), meaning: &Meaning) {
        match meaning {
            Meaning::Store(s) => {
                self.out.seeds.tables.insert(table, s.0);
            }
            Meaning::Subject(s) => {
                self.subjects.tables.insert(table, *s);
            }
            _ => {}
        }
    }

    fn label(&mut self, spot: Spot, labels: &[Label], name: String, span: Option<Span>, at: Span) {
        let have = self.spots.entry(spot).or_default();
        for l in labels {
            if !have.labels.contains(l) {
                have.labels.push(*l);
            }
        }
        if have.name.is_empty() {
            have.name = name;
        }
        have.span = have.span.or(span);
        have.labelled = have.labelled.or(Some(at));
    }

    // ---- annotations

    /// What an annotation means, if the configuration lets comments say so (else B02).
    fn meaning(&self, text: &str, span: Span) -> Result<Meaning, Diagnostic> {
        let meaning = parse_meaning(self.policy, text, span).map_err(|d| Diagnostic { code: "B02", ..d })?;
        match self.carried {
            Some(carried) if !carried.iter().any(|c| c == meaning.kind()) => {
                let message = format!("comments may not say `{}` here", meaning.kind());
                Err(Diagnostic::error("B02", message, span, "purlin.toml limits what annotations may mean")
                    .help("say it in the bindings, or add it to `annotations` there"))
            }
            _ => Ok(meaning),
        }
    }

    fn annotations(&mut self) {
        for (u, unit) in self.p.units.iter().enumerate() {
            let Content::Rust(_) = &unit.content else { continue };
            for (i, a) in unit.annotations.iter().enumerate() {
                match self.meaning(&a.text, a.span) {
                    Err(d) => self.out.problems.push(d),
                    Ok(m) => {
                        self.annotation(u as u32, i as u32, a, &m);
                        self.out.lines.push(Line { meaning: m, span: a.span, in_code: true });
                    }
                }
            }
        }
    }

    fn annotation(&mut self, u: u32, index: u32, a: &Annotation, m: &Meaning) {
        let p = self.p;
        match &a.target {
            Target::File => {
                let module = p.module_at(u, 0);
                if let (Meaning::Purpose(purpose), Some(unit)) = (m, p.units.get(u as usize)) {
                    self.file_purpose(unit.file, purpose.0, a.span);
                } else {
                    self.def(&Def::Mod(module), m, a.span);
                }
            }
            Target::Module(i) => self.comment_def(&Def::Mod(p.module_at(u, *i)), m, a.span),
            Target::Type(i) => self.comment_def(&Def::Type(p.type_id(u, *i)), m, a.span),
            Target::Field(i, variant, name) => {
                let t = p.type_id(u, *i);
                let v = variant.as_ref().and_then(|v| p.variant(t, v));
                self.field((t, v, name.clone()), m, a.span);
            }
            Target::Variant(i, name) => {
                let t = p.type_id(u, *i);
                if let Some(v) = p.variant(t, name) {
                    self.def(&Def::Variant(t, v), m, a.span);
                }
            }
            Target::Trait(i) => self.comment_def(&Def::Trait(p.trait_id(u, *i)), m, a.span),
            Target::Impl(i) => {
                let id = p.impl_id(u, *i);
                if let Meaning::Purpose(purpose) = m {
                    self.purposes.impls.insert(id, (purpose.0, a.span));
                } else {
                    let funcs: Vec<FuncId> = p.func_ids().filter(|f| p.func_impl(*f) == Some(id)).collect();
                    for f in funcs {
                        self.def(&Def::Func(f), m, a.span);
                    }
                }
            }
            Target::Func(i) => self.comment_def(&Def::Func(p.func_id(u, *i)), m, a.span),
            Target::Param(f, i) => self.apply_rust(&Place::Param(p.func_id(u, *f), *i), m, a.span),
            Target::Local(f, l) => {
                let id = p.func_id(u, *f);
                if let Meaning::Data(labels) = m {
                    let decl = p.func(id).and_then(|d| d.locals.get(l.0 as usize));
                    let name = decl.and_then(|d| d.name.clone()).map(|n| n.to_string()).unwrap_or_default();
                    let span = decl.map(|d| d.span);
                    self.label(Spot::Local(id, *l), labels, name, span, a.span);
                }
            }
            Target::Statement(_) => {
                if let Meaning::Purpose(purpose) = m {
                    self.out.seeds.scopes.insert((u, index), (purpose.0, a.span));
                }
            }
            Target::Const(i) => self.comment_def(&Def::Const(p.const_id(u, *i)), m, a.span),
            Target::Table(_) | Target::Column(..) | Target::Sql(_) => {}
        }
    }

    /// A comment at an item comes before the bind line that names the same item.
    fn comment_def(&mut self, def: &Def, m: &Meaning, at: Span) {
        if let Meaning::Purpose(purpose) = m {
            let entry = (purpose.0, at);
            match def {
                Def::Func(f) => self.purposes.funcs.insert(*f, entry),
                Def::Mod(x) => self.purposes.mods.insert(*x, entry),
                Def::Type(t) => self.purposes.types.insert(*t, entry),
                Def::Trait(t) => self.purposes.traits.insert(*t, entry),
                _ => None,
            };
            return;
        }
        self.def(def, m, at);
    }

    fn file_purpose(&mut self, file: FileId, purpose: u32, at: Span) {
        self.out.file_purposes.insert(file, (purpose, at));
        if let Some(u) = self.p.units.iter().position(|x| x.file == file)
            && matches!(self.p.units.get(u).map(|x| &x.content), Some(Content::Rust(_)))
        {
            let module = self.p.module_at(u as u32, 0);
            self.purposes.mods.entry(module).or_insert((purpose, at));
        }
    }

    fn sql_annotations(&mut self, schemas: &mut Schemas) {
        let mut todo = Vec::new();
        for (s, schema) in schemas.list.iter().enumerate() {
            for (t, table) in schema.tables.iter().enumerate() {
                for (text, span) in &table.annotations {
                    todo.push((None, (s as u32, t as u32), text.clone(), *span));
                }
                for (c, column) in table.live() {
                    for (text, span) in &column.annotations {
                        let id = ColumnId { schema: s as u32, table: t as u32, column: c };
                        todo.push((Some(id), (s as u32, t as u32), text.clone(), *span));
                    }
                }
            }
        }
        for (column, table, text, span) in todo {
            match self.meaning(&text, span) {
                Err(d) => self.out.problems.push(d),
                Ok(m) => {
                    match (column, &m) {
                        (Some(c), _) => self.apply_column(c, &m, span, schemas),
                        (None, Meaning::Purpose(purpose)) => {
                            let models = schemas.list.get(table.0 as usize).map_or(&[][..], |s| &s.models);
                            let files = models.iter().filter(|model| model.table == table.1).map(|model| model.file);
                            self.out.file_purposes.extend(files.map(|f| (f, (purpose.0, span))));
                        }
                        (None, _) => self.apply_table(table, &m),
                    }
                    self.out.lines.push(Line { meaning: m, span, in_code: true });
                }
            }
        }
        for unit in &self.p.units {
            let Content::Sql(_) = &unit.content else { continue };
            for a in &unit.annotations {
                match (&a.target, self.meaning(&a.text, a.span)) {
                    (Target::Sql(_) | Target::File, Err(d)) => self.out.problems.push(d),
                    (Target::Sql(i), Ok(Meaning::Purpose(purpose))) => {
                        self.out.sql_purposes.insert((unit.file, *i), (purpose.0, a.span));
                    }
                    (Target::File, Ok(Meaning::Purpose(purpose))) => {
                        self.out.file_purposes.insert(unit.file, (purpose.0, a.span));
                    }
                    (Target::Sql(i), Ok(m @ (Meaning::Right(..) | Meaning::Purge(_)))) => {
                        let Content::Sql(sql) = &unit.content else { continue };
                        let start = sql.statements.get(*i as usize).map(|s| Start::Statement(unit.file, s.span));
                        self.out.duties.extend(start.and_then(|s| Some((duty(&m)?, s, a.span))));
                    }
                    (Target::File, Ok(m @ (Meaning::Right(..) | Meaning::Purge(_)))) => {
                        self.out.duties.extend(duty(&m).map(|d| (d, Start::File(unit.file), a.span)));
                    }
                    (Target::Sql(i), Ok(Meaning::Transform(t))) => {
                        let Content::Sql(sql) = &unit.content else { continue };
                        match sql.statements.get(*i as usize).map(|s| &s.kind) {
                            Some(Kind::Define(Define::Routine(routine))) => {
                                let name = Name::new(routine.name.name.to_lowercase());
                                self.out.seeds.transform_sql.insert(name, t.0);
                            }
                            _ => self.wrong(a.span, "a transform is a function"),
                        }
                    }
                    (Target::Sql(i), Ok(m)) => {
                        self.out.sql_targets.extend(rows_go_to(&m).map(|t| ((unit.file, *i), t)));
                    }
                    (Target::File, Ok(m)) => {
                        self.out.file_targets.extend(rows_go_to(&m).map(|t| (unit.file, t)));
                    }
                    _ => {}
                }
            }
        }
    }

    // ---- the end

    fn finish(mut self, schemas: &Schemas) -> Bound {
        let p = self.p;
        for (spot, labelled) in std::mem::take(&mut self.spots) {
            if self.not_personal.contains(&spot) {
                if let Some(at) = labelled.labelled {
                    self.wrong(at, "one line says that this is personal data and another that it is not");
                }
                continue;
            }
            let subject = self.subject_of(&spot);
            let labels: Vec<Label> = labelled
                .labels
                .iter()
                .map(|l| Label { category: l.category, subject: l.subject.or(subject) })
                .collect();
            let set = match self.out.labels.iter().position(|x| *x == labels) {
                Some(i) => i,
                None => {
                    self.out.labels.push(labels);
                    self.out.labels.len() - 1
                }
            };
            let at = labelled.labelled.unwrap_or(Span::new(FileId(0), 0, 0));
            let seed = self.out.seeds.entries.len() as u32;
            self.out.seeds.entries.push(EntrySeed {
                labels: set as u32,
                name: labelled.name,
                span: labelled.span.unwrap_or(at),
                labelled: at,
            });
            let seeds = &mut self.out.seeds;
            match spot {
                Spot::Field(k) => {
                    seeds.fields.insert(k, seed);
                }
                Spot::Param(f, i) => {
                    seeds.params.insert((f, i), seed);
                }
                Spot::Result(f) => {
                    seeds.results.insert(f, seed);
                }
                Spot::ExtResult(n) => {
                    seeds.ext_results.insert(n, seed);
                }
                Spot::Type(t) => {
                    seeds.types.insert(t, seed);
                }
                Spot::Column(c) => {
                    seeds.columns.insert(c, seed);
                }
                Spot::Local(f, l) => {
                    seeds.locals.insert((f, l), seed);
                }
            }
        }
        for f in p.func_ids() {
            if let Some(purpose) = self.purpose_of(f) {
                self.out.seeds.purposes.insert(f, purpose);
                if let Some(c) = p.crate_of(p.func_module(f)) {
                    self.out.bound_crates.insert(c.name.to_string());
                }
            }
        }
        for (s, schema) in schemas.list.iter().enumerate() {
            for (t, table) in schema.tables.iter().enumerate() {
                self.out.seeds.table_names.insert((s as u32, t as u32), table.name.to_string());
            }
        }
        self.out
    }

    fn subject_of(&self, spot: &Spot) -> Option<SubjectId> {
        let p = self.p;
        let of_module = |mut m: ModId| loop {
            if let Some(s) = self.subjects.mods.get(&m) {
                return Some(*s);
            }
            m = p.module(m)?.parent?;
        };
        let of_type = |t: TypeId| {
            self.subjects.types.get(&t).copied().or_else(|| {
                let (u, _) = *p.types.get(t.0 as usize)?;
                of_module(p.module_at(u, p.type_def(t)?.module))
            })
        };
        match spot {
            Spot::Field((t, ..)) | Spot::Type(t) => of_type(*t),
            Spot::Param(f, _) | Spot::Result(f) | Spot::Local(f, _) => {
                let own = p.func_impl(*f).and_then(|i| p.impl_self.get(i.0 as usize));
                match own {
                    Some(crate::link::ty::Ty::Adt(t, _)) => of_type(*t),
                    _ => of_module(p.func_module(*f)),
                }
            }
            Spot::Column(c) => self.subjects.tables.get(&(c.schema, c.table)).copied(),
            Spot::ExtResult(_) => None,
        }
    }

    /// The nearest purpose: at the function, around it, at its impl or type, at its modules from inside out.
    fn purpose_of(&self, f: FuncId) -> Option<(u32, Span)> {
        let p = self.p;
        let (u, _) = *p.funcs.get(f.0 as usize)?;
        let mut at = Some(f);
        for _ in 0..16 {
            let Some(here) = at else { break };
            if let Some(x) = self.purposes.funcs.get(&here) {
                return Some(*x);
            }
            at = p.func(here).and_then(|d| d.parent).map(|i| p.func_id(u, i));
        }
        if let Some(i) = p.func_impl(f) {
            if let Some(x) = self.purposes.impls.get(&i) {
                return Some(*x);
            }
            if let Some(crate::link::ty::Ty::Adt(t, _)) = p.impl_self.get(i.0 as usize)
                && let Some(x) = self.purposes.types.get(t)
            {
                return Some(*x);
            }
            if let Some(Some(Def::Trait(t))) = p.impl_trait.get(i.0 as usize)
                && let Some(x) = self.purposes.traits.get(t)
            {
                return Some(*x);
            }
        }
        if let Some(t) = p.func_trait(f)
            && let Some(x) = self.purposes.traits.get(&t)
        {
            return Some(*x);
        }
        let mut module = Some(p.func_module(f));
        while let Some(m) = module {
            if let Some(x) = self.purposes.mods.get(&m) {
                return Some(*x);
            }
            module = p.module(m).and_then(|m| m.parent);
        }
        None
    }
}

/// A place that a Rust binding names.
#[derive(Clone, Debug, PartialEq)]
pub enum Place {
    /// An item.
    Def(Def),
    /// A field.
    Field(FieldKey),
    /// A parameter.
    Param(FuncId, u32),
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

fn field_span(kind: &TypeKind, variant: Option<u32>, name: &str) -> Option<Span> {
    let fields = match (kind, variant) {
        (TypeKind::Struct(f), _) => f,
        (TypeKind::Enum(vs), Some(v)) => &vs.get(v as usize)?.fields,
        _ => return None,
    };
    fields.iter().find(|f| f.name == name).map(|f| f.span)
}
