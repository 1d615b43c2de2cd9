//! The order of things: parse, link, bind, follow, judge.

mod alike;
mod bind;
mod by_trait;
mod callsites;
pub mod collect;
mod dialects;
mod duties;
mod fillings;
mod folders;
mod personal;
mod places;
pub mod probe;
mod show;
mod statements;
pub mod survey;
pub mod tables;
mod taps;
mod templates;
pub mod trace;
mod unseen;
mod written;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub use crate::front::sql::Dialect;
pub use crate::link::census::Census;

use rayon::prelude::*;

use crate::diag::Diagnostic;
use crate::flow::solve::{Summed, infer_all, passed_over};
use crate::flow::{Confidence, Job, Solved, SqlIndex, Stats};
use crate::front::rust::{Definitions, Package, RustFile};
use crate::ir::{self, Content, Unit};
use crate::judge::{self, Judged};
use crate::link::census::{method_calls, sample};
use crate::link::infer::{Typed, number_sites};
use crate::link::print::print_program;
use crate::link::program::{CrateInput, Program};
use crate::link::schema::{self, Schemas};
use crate::link::sqlfn::ColumnId;
use crate::model::{ModelSet, embedded};
use crate::policy::{self, Date, Policy, PolicyFile};
use crate::project::{CrateInfo, Inputs, RootKind};
use crate::source::{FileId, Span};
use crate::{front, judge::Case};
use dialects::Dialects;

/// What the command asks for.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The day for contracts and waivers.
    pub day: Date,
    /// Findings below this are counted and not shown.
    pub confidence: Confidence,
}

/// Told the name of each phase when it begins. Who wants to know how long they take brings a clock.
pub type Watch<'a> = &'a dyn Fn(&'static str);

/// What came out.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Problems with the policy (`P..`) and the bindings (`B..`).
    pub diagnostics: Vec<Diagnostic>,
    /// The policy, unless it is broken.
    pub policy: Option<Policy>,
    /// The judged flows.
    pub judged: Judged,
    /// What front ends and engine did not understand.
    pub gaps: Vec<ir::Gap>,
    /// Numbers for the coverage.
    pub stats: Stats,
    /// Method calls by how they were understood.
    pub methods: Census,
}

/// Reads the policy of a run, with what its paths are here.
fn read_policy(inputs: &Inputs) -> (Option<Policy>, Vec<Diagnostic>) {
    let files: Vec<PolicyFile<'_>> = inputs
        .policy
        .iter()
        .filter_map(|&id| {
            let file = inputs.sources.get(id)?;
            Some(PolicyFile { file: id, path: &file.path, text: &file.text })
        })
        .collect();
    let (mut policy, mut problems) = policy::load(&files);
    if let Some(policy) = &mut policy {
        problems.extend(folders::settle(policy, inputs));
    }
    (policy, problems)
}

/// In what a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Language {
    Rust,
    Sql,
    Sheet,
}

/// What the front ends made of the files, in the order of their paths.
fn lower(inputs: &Inputs, dialects: &Dialects<'_>) -> Vec<Unit> {
    let of = |files: &[FileId], language| files.iter().map(move |f| (*f, language)).collect::<Vec<_>>();
    let mut files = of(&inputs.rust, Language::Rust);
    files.extend(of(&inputs.sql, Language::Sql));
    files.extend(of(&inputs.sheets, Language::Sheet));
    files.sort();
    let macros = macros(inputs);
    let texts = inputs.sql.iter().filter_map(|id| inputs.sources.get(*id));
    let templates = front::sql::Macros::read(texts.map(|f| (&*f.path, &*f.text)));
    files
        .par_iter()
        .filter_map(|(id, language)| {
            let text = &inputs.sources.get(*id)?.text;
            let path = inputs.sources.path(*id);
            let mut unit = match language {
                Language::Rust => front::rust::lower(*id, text, &macros, dialects.of(*id, None)),
                Language::Sql => {
                    let dialect = dialects.of(*id, Some(text));
                    let unasked =
                        if schema::is_down(path) { front::sql::lower_unasked(*id, text, dialect) } else { None };
                    unasked.unwrap_or_else(|| front::sql::lower(*id, path, text, dialect, &templates))
                }
                Language::Sheet => {
                    let file = inputs.sources.path(*id).rsplit('/').next().unwrap_or_default();
                    match file.strip_suffix(".csv") {
                        Some(name) => front::sql::seed(*id, name, text),
                        None => front::sql::describe(*id, text),
                    }
                }
            };
            number_sites(&mut unit);
            Some(unit)
        })
        .collect()
}

/// The macros that the workspace defines, and what it includes of messages.
fn macros(inputs: &Inputs) -> Definitions {
    let files = inputs.rust.par_iter().filter_map(|&id| {
        let file = inputs.sources.get(id)?;
        let package = package_of(&inputs.crates, &file.path)?;
        let macros = front::rust::definitions(id, &file.text);
        Some(RustFile { file: id, path: Arc::clone(&file.path), package, macros })
    });
    let packages = inputs.crates.iter().map(|c| Package {
        name: c.name.as_str().into(),
        lib: c.roots.iter().any(|r| r.kind == RootKind::Lib),
        deps: deps(inputs, c).into_iter().collect(),
    });
    let protos = inputs.protos.iter().filter_map(|id| inputs.sources.get(*id));
    let messages = front::proto::read(protos.map(|file| &*file.text));
    Definitions::new(packages.collect(), files.collect()).with_messages(messages)
}

/// The package that a file belongs to.
fn package_of(packages: &[CrateInfo], path: &str) -> Option<usize> {
    let owns = |c: &CrateInfo| match c.declared {
        true => c.folder.is_empty() || path.strip_prefix(&c.folder).is_some_and(|rest| rest.starts_with('/')),
        false => c.roots.iter().any(|r| r.path == path),
    };
    packages.iter().enumerate().filter(|(_, c)| owns(c)).max_by_key(|(_, c)| c.folder.len()).map(|(i, _)| i)
}

/// Dependencies of a package: the name that its code uses, the name of the package's library.
fn deps(inputs: &Inputs, c: &CrateInfo) -> Vec<(ir::Name, ir::Name)> {
    let own = (c.name.as_str().into(), c.name.as_str().into());
    c.deps
        .iter()
        .map(|d| {
            // A path dependency is known by the name of its library.
            let real = d.folder.as_ref().and_then(|f| inputs.crates.iter().find(|x| x.declared && x.folder == *f));
            let name = real.map_or_else(|| d.package.replace('-', "_"), |x| x.name.clone());
            (d.name.replace('-', "_").into(), name.into())
        })
        .chain([own])
        .collect()
}

fn crates(inputs: &Inputs) -> Vec<CrateInput> {
    let mut out = Vec::new();
    for c in &inputs.crates {
        let deps = deps(inputs, c);
        for r in &c.roots {
            if let Some(root) = inputs.file(&r.path) {
                out.push(CrateInput {
                    name: r.name.as_str().into(),
                    root,
                    lib: r.kind == RootKind::Lib,
                    deps: deps.clone(),
                });
            }
        }
    }
    out
}

/// Everything before the policy is asked.
#[derive(Debug)]
pub struct Linked {
    /// The code.
    pub program: Program,
    /// The tables.
    pub schemas: Schemas,
    models: &'static ModelSet,
    gaps: Vec<ir::Gap>,
    /// The dialects of the files of Rust that have one.
    dialects: BTreeMap<FileId, Dialect>,
}

/// Reads the code and finds out what its names mean; a policy may name the dialects of SQL.
#[must_use]
pub fn link(inputs: &Inputs, policy: &Policy, watch: Watch<'_>) -> Linked {
    watch("front");
    let dialects = Dialects::new(inputs, policy);
    let units = lower(inputs, &dialects);
    watch("schema");
    // What the way back of a migration says is never asked, so it need not be understood.
    let is_asked =
        |g: &&ir::Gap| g.kind != ir::GapKind::Statement || !schema::is_down(inputs.sources.path(g.span.file));
    let mut gaps: Vec<ir::Gap> = units.iter().flat_map(|u| u.gaps.iter().filter(is_asked).cloned()).collect();
    let start = |f: FileId| Span::new(f, 0, 0);
    let paths: Vec<String> = units.iter().map(|u| inputs.sources.path(u.file).to_owned()).collect();
    let sql: Vec<(&str, &Unit)> = units
        .iter()
        .zip(&paths)
        .filter(|(u, _)| matches!(u.content, Content::Sql(_)))
        .map(|(u, p)| (p.as_str(), u))
        .collect();
    let (mut schemas, more) = schema::build(&sql);
    gaps.extend(more);
    for c in &inputs.crates {
        let inside = |p: &str| p.strip_prefix(c.folder.as_str()).is_some_and(|rest| rest.starts_with('/'));
        let embedded: Vec<&ir::sql::SqlUnit> = units
            .iter()
            .zip(&paths)
            .filter(|(_, p)| c.folder.is_empty() || inside(p))
            .filter_map(|(u, _)| if let Content::Rust(r) = &u.content { Some(&r.embedded) } else { None })
            .flatten()
            .map(|e| &e.unit)
            .collect();
        schemas.define_embedded(&c.folder, &embedded);
    }
    watch("models");
    let (models, problems) = embedded();
    watch("program");
    let program = Program::build(units, &paths, &crates(inputs), models);
    for p in problems {
        let first = inputs.policy.first().copied().unwrap_or(FileId(0));
        gaps.push(ir::Gap { span: start(first), what: p.clone(), kind: ir::GapKind::Panic });
    }
    let dialects = inputs.rust.iter().filter_map(|f| Some((*f, dialects.of(*f, None)?))).collect();
    Linked { program, schemas, models, gaps, dialects }
}

/// Checks one policy root.
#[must_use]
pub fn analyze(inputs: &Inputs, options: &Options) -> Outcome {
    analyze_watched(inputs, options, &|_| ())
}

/// [`analyze`], saying which phase begins.
#[must_use]
pub fn analyze_watched(inputs: &Inputs, options: &Options, watch: Watch<'_>) -> Outcome {
    run(inputs, options, watch, After::More)
}

/// [`analyze_watched`], just before the process ends.
#[must_use]
pub fn analyze_at_last(inputs: &Inputs, options: &Options, watch: Watch<'_>) -> Outcome {
    run(inputs, options, watch, After::Nothing)
}

/// What comes after a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum After {
    /// The end of the process: the system takes back at once what the run holds.
    Nothing,
    /// What the run holds has to be given back piece by piece.
    More,
}

fn run(inputs: &Inputs, options: &Options, watch: Watch<'_>, after: After) -> Outcome {
    watch("policy");
    let (policy, mut diagnostics) = read_policy(inputs);
    let Some(policy) = policy else {
        return Outcome { diagnostics, ..Outcome::default() };
    };
    let linked = link(inputs, &policy, watch);
    let ready = ready(inputs, &policy, linked, watch);
    let (missed, unknown) = missed(&ready, &policy);
    let masks = masks(&ready);
    let (labels, alike) = (unseen::labels(&ready), alike::alike(&ready, &policy, inputs));
    let foreign = unseen::foreign(&ready);
    let unreached = unseen::unreached(&ready.program, inputs);
    let (bound, mut solved, mut gaps) = follow(ready, watch, after);
    gaps.extend(unknown);
    gaps.extend(unseen::gap(&unreached, inputs));
    // What is not a part of any package runs for nothing, whatever is bound.
    solved.purposeless.retain(|root| unreached.binary_search(&root.span.file).is_err());
    watch("judge");
    let mut judged = judge::judge(case(inputs, options, &policy, &bound, &solved, &missed));
    let mut stats = solved.stats;
    gaps.extend(solved.gaps.iter().cloned());
    let of_kind = |kind| gaps.iter().filter(|g| g.kind == kind).count();
    stats.macros_unknown = of_kind(ir::GapKind::Macro);
    stats.limits_hit = of_kind(ir::GapKind::Limit);
    gaps.extend(solved.unread.iter().map(|(span, column)| statements::unread(*span, column.as_deref())));
    judged.relied_on = judge::relied_on(&policy, &bound.lines, &solved.hand_overs);
    judged.gaps.extend(judge::unbound(&policy, &bound.lines));
    judged.gaps.extend(judge::masked(&masks));
    judged.gaps.extend(judge::unseen(labels));
    judged.gaps.extend(foreign.iter().map(|(path, meant, at)| judge::unmet(path, meant.as_deref(), *at)));
    judged.gaps.extend(judge::alike(alike));
    judged.gaps.sort();
    for problem in bound.problems {
        if problem.code == "G03" {
            if let Some(l) = problem.labels.first() {
                gaps.push(ir::Gap {
                    span: l.span,
                    what: format!("{}: {}", problem.message, l.text),
                    kind: ir::GapKind::Code,
                });
            }
        } else {
            diagnostics.push(problem);
        }
    }
    gaps.sort_by(|a, b| (a.span, a.kind, &a.what).cmp(&(b.span, b.kind, &b.what)));
    gaps.dedup();
    Outcome { diagnostics, judged, gaps, stats, methods: solved.methods, policy: Some(policy) }
}

/// What is wrong with the lines of a policy that speak of code (B01, B02), and the permissions that the code does not use
/// (G05); nothing of a policy that is broken.
#[must_use]
pub fn unused(inputs: &Inputs, options: &Options, watch: Watch<'_>) -> (Vec<Diagnostic>, Vec<judge::Gap>) {
    let Some(policy) = read_policy(inputs).0 else { return Default::default() };
    let (mut bound, solved, _) =
        follow(ready(inputs, &policy, link(inputs, &policy, watch), watch), watch, After::More);
    let mut problems = std::mem::take(&mut bound.problems);
    // What may be hidden is a gap of a check.
    problems.retain(|p| p.code != "G03");
    (problems, judge::unused(&policy, &case(inputs, options, &policy, &bound, &solved, &[]), &bound.lines))
}

/// What there is to judge.
fn case<'a>(
    inputs: &'a Inputs,
    options: &Options,
    policy: &'a Policy,
    bound: &'a bind::Bound,
    solved: &'a Solved,
    missed: &'a [judge::duties::Missed],
) -> Case<'a> {
    Case {
        law: policy,
        labels: &bound.labels,
        flows: &solved.flows,
        given_away: &solved.given_away,
        purposeless: &solved.purposeless,
        missed,
        bound_crates: &bound.bound_crates,
        sources: &inputs.sources,
        day: options.day,
        confidence: options.confidence,
    }
}

/// A linked program with its bindings: everything that the engine of flows asks for.
struct Ready {
    program: Program,
    schemas: Schemas,
    models: &'static ModelSet,
    bound: bind::Bound,
    sql: SqlIndex,
    jobs: Vec<Job>,
    gaps: Vec<ir::Gap>,
    typed: Vec<Typed>,
}

fn ready(inputs: &Inputs, policy: &Policy, linked: Linked, watch: Watch<'_>) -> Ready {
    let Linked { mut program, mut schemas, models, mut gaps, dialects } = linked;
    watch("bind");
    let mut bound = bind::bind(policy, &program, &mut schemas, inputs);
    bound.seeds.transform_ext.extend(kinds(policy));
    bound.seeds.turned = turned(policy, &bound.labels);
    bound.seeds.shown = templates::shown(&program, models, inputs);
    program.name_foreign(bound.foreign.iter().chain(&bound.foreign_types).map(|(path, _)| path));
    watch("infer");
    let mut typed = infer_all(&mut program, models);
    bound.seeds.taps = taps::taps(&program, models, &typed, &bound.seeds);
    bound.seeds.templates = fillings::templates(&program, models, &typed, inputs);
    watch("sql");
    gaps.extend(statements::undefined(&schemas));
    let reading = statements::Reading { schemas: &schemas, sources: &inputs.sources, dialects: &dialects };
    let (sql, open) = statements::embedded(&program, models, &typed, reading);
    gaps.extend(open);
    // A part of a statement is no statement.
    gaps.retain(|g| g.kind != ir::GapKind::Statement || !sql.parts.contains(&g.span));
    by_trait::name_by_trait(&program, &bound.seeds, &mut typed);
    let jobs = statements::jobs(&program, &schemas, &inputs.sources, &bound, &mut gaps);
    let mut ready = Ready { program, schemas, models, bound, sql, jobs, gaps, typed };
    if !inputs.partial {
        let unnamed = unseen::unnamed(&ready);
        ready.bound.problems.extend(unnamed);
    }
    ready
}

/// What the bound duties leave behind; types are only worked out if there are any.
fn missed(ready: &Ready, policy: &Policy) -> (Vec<judge::duties::Missed>, Vec<ir::Gap>) {
    if ready.bound.duties.is_empty() {
        return (Vec::new(), Vec::new());
    }
    duties::missed(ready, policy, &ready.typed)
}

/// Columns that an anonymizer hides and no one has labelled.
fn masks(ready: &Ready) -> Vec<(String, Span)> {
    let mut out = Vec::new();
    for (s, schema) in (0u32..).zip(&ready.schemas.list) {
        for (t, table) in (0u32..).zip(&schema.tables).filter(|(_, t)| !t.dropped) {
            for (c, column) in table.live() {
                let id = ColumnId { schema: s, table: t, column: c, part: 0 };
                let open = !ready.bound.seeds.labels_column(id);
                out.extend(column.masked.filter(|_| open).map(|at| (ready.schemas.show(id), at)));
            }
        }
    }
    out
}

/// Follows the data that the policy names.
fn follow(ready: Ready, watch: Watch<'_>, after: After) -> (bind::Bound, Solved, Vec<ir::Gap>) {
    let Ready { program, models, bound, sql, jobs, gaps, typed, schemas } = ready;
    let typed = passed_over(&program, typed, &bound.seeds);
    watch("summaries");
    let summed = || Summed::new(&program, models, &typed, &bound.seeds, &bound.audience_mods, &sql).interpreted();
    let summed = (!bound.seeds.entries.is_empty()).then(summed);
    watch("flows");
    let solved = match &summed {
        Some(summed) => summed.flows(&jobs),
        None => Summed::nothing(&program, &typed, &sql),
    };
    // Taking all of it down is work too.
    watch("drop");
    if after == After::Nothing {
        std::mem::forget((summed, jobs));
        std::mem::forget((program, sql, typed, schemas));
    }
    (bound, solved, gaps)
}

/// Modelled kinds of transform (`sha256`, `mask`) that the policy has a transform of the same name for.
fn kinds(policy: &Policy) -> Vec<(ir::Name, u32)> {
    policy
        .transforms
        .ids()
        .filter(|t| !policy.bindings.iter().any(|b| b.meaning == policy::Meaning::Transform(*t)))
        .map(|t| (ir::Name::from(policy.transforms.name(t)), t.0))
        .collect()
}

/// Which of the sets of labels each transform turns, or some of them.
fn turned(policy: &Policy, sets: &[Vec<policy::Label>]) -> BTreeSet<(u32, u32)> {
    let turns = |t, l: &policy::Label| policy::apply_transform(policy, t, *l) != policy::Transformed::Unchanged;
    let of = |t| (0..).zip(sets).filter(move |(_, set)| set.iter().any(|l| turns(t, l))).map(move |(n, _)| (t.0, n));
    policy.transforms.ids().flat_map(of).collect()
}

/// Stages that can be printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// What the front ends made of the files.
    Unit,
    /// What was linked: modules, types, traits, functions with their calls, tables.
    Program,
    /// Method calls with the types of their receivers: all, or so many of the understood ones, drawn by a seed.
    Calls(Option<(usize, u64)>),
    /// Statements of SQL that are not lowered, those in Rust that are not understood, and how many are: all, or so many
    /// of those in Rust that are understood, drawn by a seed.
    Sql(Option<(usize, u64)>),
    /// What each function does, in terms of its parameters.
    Summary,
    /// The flows that were found.
    Flow,
}

/// What a stage made of the inputs, as text; of the program and its summaries only what has a name in its path, if one
/// is given.
///
/// # Errors
/// The problems of a policy that is broken, where the stage needs it.
pub fn dump(inputs: &Inputs, stage: Stage, name: Option<&str>) -> Result<String, Vec<Diagnostic>> {
    let sources = &inputs.sources;
    let policy = policy_or_none(inputs);
    let none = Policy::default();
    let spoken = policy.as_ref().unwrap_or(&none);
    if stage == Stage::Unit {
        return Ok(show::units(&lower(inputs, &Dialects::new(inputs, spoken)), sources));
    }
    let linked = link(inputs, spoken, &|_| ());
    if let Stage::Sql(draw) = stage {
        let lowered = show::census(&linked, sources);
        let ready = ready(inputs, &none, linked, &|_| ());
        let sites = call_sites_of(&ready);
        return Ok(match draw {
            Some((size, seed)) => show::understood(&ready, &callsites::sample(sites, size, seed), sources),
            None => lowered + &show::call_sites(&sites, sources),
        });
    }
    if let Stage::Calls(draw) = stage {
        let Linked { mut program, models, .. } = linked;
        let typed = infer_all(&mut program, models);
        let mut calls = method_calls(&program, &typed);
        if let Some((size, seed)) = draw {
            calls = sample(calls, size, seed);
        }
        return Ok(show::calls(&calls, &program, models, sources));
    }
    let policy = policy?;
    if stage == Stage::Flow {
        let (bound, solved, _) = follow(ready(inputs, &policy, linked, &|_| ()), &|_| (), After::More);
        return Ok(show::flows(&policy, &bound, &solved, sources));
    }
    let ready = ready(inputs, &policy, linked, &|_| ());
    let Ready { program, schemas, models, bound, sql, .. } = &ready;
    let typed = passed_over(program, ready.typed.clone(), &bound.seeds);
    if stage == Stage::Program {
        let program = print_program(program, models, &typed, schemas, sources, name);
        return Ok(program + &show::statements(&ready, sources, name));
    }
    let summed = Summed::new(program, models, &typed, &bound.seeds, &bound.audience_mods, sql).interpreted();
    Ok(show::summaries(&policy, &ready, &summed, sources, name))
}

/// The statements in Rust with what becomes of them.
fn call_sites_of(ready: &Ready) -> Vec<callsites::CallSite> {
    let Ready { program, models, bound, sql, .. } = ready;
    if sql.fns.is_empty() {
        return callsites::call_sites(ready, &BTreeMap::new());
    }
    let typed = passed_over(program, ready.typed.clone(), &bound.seeds);
    let summed = Summed::new(program, models, &typed, &bound.seeds, &bound.audience_mods, sql).interpreted();
    callsites::call_sites(ready, &summed.ran())
}

/// The policy of a run; an empty one where none was read.
fn policy_or_none(inputs: &Inputs) -> Result<Policy, Vec<Diagnostic>> {
    if inputs.policy.is_empty() {
        return Ok(Policy::default());
    }
    let (policy, problems) = read_policy(inputs);
    policy.ok_or(problems)
}
