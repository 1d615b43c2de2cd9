//! From a program to its flows: types, summaries from callees to callers, then purposes and guards from callers
//! to callees.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rayon::prelude::*;
use smol_str::format_smolstr;

use super::address::{FieldTexts, arriving};
use super::interp::{Cx, Interp, SqlIndex, fresh, skipped};
use super::path::{Hop, Path, What};
use super::seeds::Seeds;
use super::summary::{Actual, Closed, Kind, Summary, closed_leaves};
use super::types::{Action, Arriving, Confidence, Entry, Flow, Purposeless, Site, Stats, Step, Transform};
use super::value::{Fact, Info, Must, Origin, Text, TextPiece, V, Value};
use crate::ir::body::{Lit, Operand, Rvalue, Stmt};
use crate::ir::items::TypeKind;
use crate::ir::{Gap, GapKind};
use crate::link::callgraph::components;
use crate::link::census::{Census, method_calls};
use crate::link::infer::{How, Target, Typed, infer, signature};
use crate::link::program::{ConstId, Def, FuncId, ModId, Program, TypeId};
use crate::link::sqlfn::{SqlFn, SqlSource};
use crate::link::ty::{Ty, field_ty};
use crate::model::ModelSet;
use crate::source::Span;

/// Rounds over a recursive component before it is left as it is.
const MAX_ROUNDS: usize = 10;
/// Steps shown of a path.
const MAX_STEPS: usize = 64;

/// A statement of a `.sql` file that runs by itself.
#[derive(Clone, Debug)]
pub struct Job {
    /// What it does.
    pub sql: SqlFn,
    /// Its purpose, by comment or binding.
    pub purpose: Option<(u32, Span)>,
    /// Its file.
    pub file: String,
    /// Its place.
    pub span: Span,
}

/// What the engine found.
#[derive(Clone, Debug, Default)]
pub struct Solved {
    /// Flows.
    pub flows: Vec<Flow>,
    /// Roots that handle labelled data without a purpose.
    pub purposeless: Vec<Purposeless>,
    /// Numbers.
    pub stats: Stats,
    /// Method calls by how they were understood.
    pub methods: Census,
    /// Functions that the engine failed on.
    pub gaps: Vec<Gap>,
}

/// Types of all functions.
#[must_use]
pub fn infer_all(p: &Program, models: &ModelSet) -> Vec<Typed> {
    let ids: Vec<FuncId> = p.func_ids().collect();
    let one = |id: &FuncId| {
        if p.is_test(*id) {
            return Typed::default();
        }
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| infer(p, models, *id))).unwrap_or_default()
    };
    ids.par_iter().map(one).collect()
}

/// Solves a program.
#[must_use]
pub fn solve(
    p: &Program,
    models: &ModelSet,
    seeds: &Seeds,
    audience_mods: &[(ModId, u32)],
    sql: &SqlIndex,
    jobs: &[Job],
) -> Solved {
    let typed = infer_all(p, models);
    let shown = shown_by_modules(p, &typed, seeds, audience_mods);
    let seeds = &shown;
    let consts = const_values(p, seeds);
    let carrying = carrying(p, models, seeds);
    let order = order(p, &typed);
    let mut summaries: Vec<Option<Arc<Summary>>> = vec![None; p.funcs.len()];
    for level in levels(&order, p, &typed) {
        let done: Vec<Vec<(u32, Arc<Summary>)>> = level
            .par_iter()
            .map(|scc| {
                let cx = Cx {
                    program: p,
                    models,
                    seeds,
                    typed: &typed,
                    sql,
                    carrying: &carrying,
                    consts: &consts,
                    summaries: &summaries,
                };
                component(cx, scc, &typed)
            })
            .collect();
        for (f, s) in done.into_iter().flatten() {
            if let Some(slot) = summaries.get_mut(f as usize) {
                *slot = Some(s);
            }
        }
    }
    let cx = Cx {
        program: p,
        models,
        seeds,
        typed: &typed,
        sql,
        carrying: &carrying,
        consts: &consts,
        summaries: &summaries,
    };
    let mut solved = finish(cx, &order);
    job_flows(cx, jobs, &mut solved);
    solved.methods = Census::of(&method_calls(p, &typed));
    solved.stats = stats(cx, &solved, sql);
    for (i, s) in cx.summaries.iter().enumerate() {
        if s.as_ref().is_some_and(|s| s.failed)
            && let Some(f) = p.func(FuncId(i as u32))
        {
            let what = format!("Purlin failed on `{}`: its flows are missing", f.name);
            solved.gaps.push(Gap { span: f.span, what, kind: GapKind::Panic });
        }
        if s.as_ref().is_some_and(|s| s.limited)
            && let Some(f) = p.func(FuncId(i as u32))
        {
            let what = format!("`{}` calls too much for one function: some of its flows are missing", f.name);
            solved.gaps.push(Gap { span: f.span, what, kind: GapKind::Limit });
            solved.stats.limits_hit += 1;
        }
    }
    solved
}

/// Seeds with the functions that a module bound as audience shows: those that it does not only call itself.
fn shown_by_modules(p: &Program, typed: &[Typed], seeds: &Seeds, mods: &[(ModId, u32)]) -> Seeds {
    let mut out = seeds.clone();
    for (module, audience) in mods {
        let inside: BTreeSet<FuncId> =
            p.func_ids().filter(|f| !p.is_test(*f) && p.is_within(p.func_module(*f), *module)).collect();
        let mut called_inside: BTreeSet<FuncId> = BTreeSet::new();
        let mut called_outside: BTreeSet<FuncId> = BTreeSet::new();
        for f in p.func_ids() {
            let Some(t) = typed.get(f.0 as usize) else { continue };
            for site in &t.sites {
                for target in &site.targets {
                    if let Target::Func(callee) = target
                        && inside.contains(callee)
                    {
                        if inside.contains(&f) {
                            called_inside.insert(*callee)
                        } else {
                            called_outside.insert(*callee)
                        };
                    }
                }
            }
        }
        for f in inside {
            if called_outside.contains(&f) || !called_inside.contains(&f) {
                out.audiences.entry(f).or_insert(*audience);
            }
        }
    }
    out
}

/// Types that are labelled or have a field, at any depth, that is.
fn carrying(p: &Program, models: &ModelSet, seeds: &Seeds) -> BTreeSet<TypeId> {
    let mut out: BTreeSet<TypeId> = seeds.types.keys().copied().collect();
    out.extend(seeds.fields.keys().map(|(t, ..)| *t));
    let mut holders: BTreeMap<TypeId, BTreeSet<TypeId>> = BTreeMap::new();
    for i in 0..p.types.len() as u32 {
        let t = TypeId(i);
        let owner = Ty::Adt(t, Arc::from([]));
        let fields: Vec<(Option<u32>, crate::ir::Name)> = match p.type_def(t).map(|d| &d.kind) {
            Some(TypeKind::Struct(fs)) => fs.iter().map(|f| (None, f.name.clone())).collect(),
            Some(TypeKind::Enum(vs)) => vs
                .iter()
                .enumerate()
                .flat_map(|(v, d)| d.fields.iter().map(move |f| (Some(v as u32), f.name.clone())))
                .collect(),
            _ => Vec::new(),
        };
        for (variant, name) in fields {
            inner_types(&field_ty(p, models, &owner, variant, &name), &mut |x| {
                holders.entry(x).or_default().insert(t);
            });
        }
    }
    let mut todo: Vec<TypeId> = out.iter().copied().collect();
    while let Some(t) = todo.pop() {
        for h in holders.get(&t).into_iter().flatten() {
            if out.insert(*h) {
                todo.push(*h);
            }
        }
    }
    // A generic type may be given a labelled one.
    let generic = |t: &TypeId| p.type_def(*t).is_some_and(|d| d.generics.iter().any(|g| !g.name.starts_with('\'')));
    out.extend((0..p.types.len() as u32).map(TypeId).filter(generic));
    out
}

fn inner_types(ty: &Ty, found: &mut dyn FnMut(TypeId)) {
    if let Ty::Adt(t, _) = ty {
        found(*t);
    }
    for a in ty.args() {
        inner_types(a, found);
    }
}

/// Texts of constants.
fn const_values(p: &Program, seeds: &Seeds) -> BTreeMap<ConstId, V> {
    let mut out = BTreeMap::new();
    for i in 0..p.consts.len() as u32 {
        let id = ConstId(i);
        if seeds.address_consts.contains_key(&id) {
            let v = Value { texts: vec![Text { pieces: vec![TextPiece::Const(id)], span: None }], ..Value::default() };
            out.insert(id, Arc::new(v));
            continue;
        }
        let Some(body) = p.const_def(id).and_then(|c| c.init.as_ref()).and_then(|f| f.body.as_ref()) else { continue };
        let mut texts = Vec::new();
        literals(body, &mut texts);
        let v = match texts.as_slice() {
            [(s, span)] => Value::text(s, Some(*span)),
            _ => Value::default(),
        };
        out.insert(id, Arc::new(v));
    }
    out
}

fn literals(body: &[Stmt], out: &mut Vec<(String, Span)>) {
    for s in body {
        if let Stmt::Assign { src: Rvalue::Use(Operand::Lit(Lit::Str(text))), span, .. } = s {
            out.push((text.clone(), *span));
        }
    }
}

/// Whom a function may call or name, for the order of work.
fn callees(p: &Program, typed: &Typed) -> Vec<u32> {
    let mut out: Vec<u32> = typed
        .sites
        .iter()
        .flat_map(|s| &s.targets)
        .filter_map(|t| if let Target::Func(f) = t { Some(f.0) } else { None })
        .collect();
    for res in &typed.paths {
        match (&res.def, res.rest.first()) {
            (Some(Def::Func(f)), _) => out.push(f.0),
            (Some(Def::Type(t)), Some(n)) => out.extend(p.methods_of(*t, n).iter().map(|f| f.0)),
            _ => {}
        }
    }
    out.sort_unstable();
    out.dedup();
    out
}

fn order(p: &Program, typed: &[Typed]) -> Vec<Vec<u32>> {
    let edges: Vec<Vec<u32>> =
        p.func_ids().map(|f| typed.get(f.0 as usize).map(|t| callees(p, t)).unwrap_or_default()).collect();
    // What prints, derefs and reads rows is used without being called.
    let first: Vec<u32> = p
        .func_ids()
        .filter(|f| {
            p.func(*f).is_some_and(|d| matches!(d.name.as_str(), "fmt" | "deref" | "serialize" | "from_row"))
                && p.func_impl(*f).is_some()
        })
        .map(|f| f.0)
        .collect();
    components(&edges, &first)
}

/// Components by level: those of a level depend only on levels before.
fn levels<'a>(order: &'a [Vec<u32>], p: &Program, typed: &[Typed]) -> Vec<Vec<&'a Vec<u32>>> {
    let mut level_of = vec![0usize; p.funcs.len()];
    let mut out: Vec<Vec<&Vec<u32>>> = vec![Vec::new(), Vec::new()];
    for scc in order {
        let mut level = 1;
        for f in scc {
            let Some(t) = typed.get(*f as usize) else { continue };
            for c in callees(p, t) {
                if !scc.contains(&c) {
                    level = level.max(level_of.get(c as usize).copied().unwrap_or(0) + 1);
                }
            }
        }
        // What is used without being called comes before everything that might use it.
        let printer = scc.iter().all(|f| {
            p.func(FuncId(*f)).is_some_and(|d| matches!(d.name.as_str(), "fmt" | "deref" | "serialize" | "from_row"))
        });
        if printer && level == 1 {
            level = 0;
        }
        for f in scc {
            if let Some(l) = level_of.get_mut(*f as usize) {
                *l = level;
            }
        }
        while out.len() <= level {
            out.push(Vec::new());
        }
        if let Some(l) = out.get_mut(level) {
            l.push(scc);
        }
    }
    out
}

/// The summary of a function. A failure of ours costs this function only, and is said.
fn run(cx: Cx<'_>, f: FuncId) -> Summary {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| Interp::run(cx, f)))
        .unwrap_or_else(|_| Summary { failed: true, ..Summary::default() })
}

/// Summaries of one component.
fn component(cx: Cx<'_>, scc: &[u32], typed: &[Typed]) -> Vec<(u32, Arc<Summary>)> {
    let live: Vec<u32> = scc.iter().copied().filter(|f| !cx.program.is_test(FuncId(*f))).collect();
    let cyclic = live.len() > 1
        || live.iter().any(|f| typed.get(*f as usize).is_some_and(|t| callees(cx.program, t).contains(f)));
    if !cyclic {
        return live.iter().map(|f| (*f, Arc::new(run(cx, FuncId(*f))))).collect();
    }
    let mut local: Vec<Option<Arc<Summary>>> = cx.summaries.to_vec();
    for _ in 0..MAX_ROUNDS {
        let mut changed = false;
        for f in &live {
            let new = run(Cx { summaries: &local, ..cx }, FuncId(*f));
            let slot = local.get_mut(*f as usize);
            if let Some(slot) = slot {
                changed |= slot.as_ref().is_none_or(|old| !old.same(&new));
                *slot = Some(Arc::new(new));
            }
        }
        if !changed {
            break;
        }
    }
    live.iter().filter_map(|f| Some((*f, local.get(*f as usize)?.clone()?))).collect()
}

/// For whom a function runs: per purpose, the guards that hold whenever it is called.
#[derive(Clone, Debug, Default)]
struct Context {
    by_purpose: BTreeMap<Option<u32>, (Must, Option<Span>)>,
    roots: BTreeSet<FuncId>,
}

impl Context {
    fn add(&mut self, purpose: Option<u32>, at: Option<Span>, guards: &Must) -> bool {
        match self.by_purpose.get_mut(&purpose) {
            Some((m, _)) => {
                let before = m.clone();
                m.or(guards);
                *m != before
            }
            None => {
                self.by_purpose.insert(purpose, (guards.clone(), at));
                true
            }
        }
    }
}

/// Guards without the data they speak of: it has other names in another function.
fn bare(m: &Must) -> Must {
    Must { all: m.all, set: m.set.keys().map(|g| (*g, BTreeSet::new())).collect() }
}

fn contexts(cx: Cx<'_>, order: &[Vec<u32>], roots: &[FuncId]) -> Vec<Context> {
    let mut out = vec![Context::default(); cx.program.funcs.len()];
    for r in roots {
        if let Some(c) = out.get_mut(r.0 as usize) {
            let own = cx.seeds.purposes.get(r);
            c.add(own.map(|(p, _)| *p), own.map(|(_, s)| *s), &Must::default());
            c.roots.insert(*r);
        }
    }
    // Two passes: the second carries what a cycle hands back.
    for _ in 0..2 {
        for f in order.iter().rev().flatten() {
            let Some(summary) = cx.summaries.get(*f as usize).cloned().flatten() else { continue };
            let here = out.get(*f as usize).cloned().unwrap_or_default();
            for ((callee, scope), (guards, _)) in &summary.calls {
                let own = cx.seeds.purposes.get(callee).copied();
                let Some(c) = out.get_mut(callee.0 as usize) else { continue };
                if c.roots.len() < 8 {
                    c.roots.extend(here.roots.iter().copied());
                }
                for (p, (held, at)) in &here.by_purpose {
                    let mut m = bare(guards);
                    m.and(held);
                    let (p, at) = match (own, *scope) {
                        (Some((p, s)), _) | (None, Some((p, s))) => (Some(p), Some(s)),
                        (None, None) => (*p, *at),
                    };
                    c.add(p, at, &m);
                }
            }
        }
    }
    out
}

/// Functions that nothing here calls.
fn find_roots(cx: Cx<'_>, order: &[Vec<u32>]) -> Vec<FuncId> {
    let mut component_of = vec![0u32; cx.program.funcs.len()];
    for (i, scc) in order.iter().enumerate() {
        for f in scc {
            if let Some(c) = component_of.get_mut(*f as usize) {
                *c = i as u32;
            }
        }
    }
    let mut called = vec![false; cx.program.funcs.len()];
    for (i, s) in cx.summaries.iter().enumerate() {
        for (f, _) in s.iter().flat_map(|s| s.calls.keys()) {
            let same = component_of.get(f.0 as usize) == component_of.get(i);
            if let Some(c) = called.get_mut(f.0 as usize)
                && !same
            {
                *c = true;
            }
        }
    }
    cx.program
        .func_ids()
        .filter(|f| {
            let def = cx.program.func(*f);
            !called.get(f.0 as usize).copied().unwrap_or(true)
                && def.is_some_and(|d| d.body.is_some())
                && !cx.program.is_test(*f)
        })
        .collect()
}

/// Roots that something outside starts: `main`, what is passed by value to a library, methods of foreign traits,
/// public functions of crates that no program here uses.
fn entry_points(cx: Cx<'_>, roots: &[FuncId]) -> BTreeSet<FuncId> {
    let p = cx.program;
    let mut passed: BTreeSet<FuncId> = BTreeSet::new();
    for (i, t) in cx.typed.iter().enumerate() {
        let Some(f) = p.func(FuncId(i as u32)) else { continue };
        let called: BTreeSet<u32> = called_paths(f);
        for (n, res) in t.paths.iter().enumerate() {
            if called.contains(&(n as u32)) {
                continue;
            }
            match (&res.def, res.rest.first()) {
                (Some(Def::Func(f)), _) => {
                    passed.insert(*f);
                }
                (Some(Def::Type(t)), Some(name)) => passed.extend(p.methods_of(*t, name)),
                _ => {}
            }
        }
    }
    let used = p.crates_of_programs();
    roots
        .iter()
        .copied()
        .filter(|f| {
            let Some(def) = p.func(*f) else { return false };
            if def.name == "main" || passed.contains(f) {
                return true;
            }
            let routed = def.attrs.iter().any(|(a, _)| {
                matches!(a.rsplit("::").next(), Some("get" | "post" | "put" | "patch" | "delete" | "head" | "options" | "route" | "handler" | "main"))
            });
            let foreign = p.func_impl(*f).and_then(|i| p.impl_trait.get(i.0 as usize)).is_some_and(|t| {
                matches!(t, Some(Def::Ext(n)) if n.contains("::") && !["serde", "sqlx", "diesel"].contains(&n.split("::").next().unwrap_or("")))
            });
            let module = p.func_module(*f);
            let library = def.public && p.func_impl(*f).is_none_or(|i| matches!(p.impl_trait.get(i.0 as usize), Some(None)))
                && p.module(module).is_some_and(|m| !used.contains(&m.krate));
            routed || foreign || library
        })
        .collect()
}

/// Paths of a function that are called, and not passed on.
fn called_paths(f: &crate::ir::body::Func) -> BTreeSet<u32> {
    use crate::ir::body::{Aggregate, Callee};
    fn go(stmts: &[Stmt], called: &mut BTreeSet<u32>, passed: &mut BTreeSet<u32>) {
        for s in stmts {
            match s {
                Stmt::Assign { src, .. } => match src {
                    Rvalue::Call { callee, args, .. } => {
                        if let Callee::Path(p) | Callee::Macro(p) = callee {
                            called.insert(p.0);
                        }
                        for a in args {
                            if let Operand::Path(p) = a {
                                passed.insert(p.0);
                            }
                        }
                    }
                    Rvalue::Use(Operand::Path(p)) => {
                        passed.insert(p.0);
                    }
                    Rvalue::Aggregate { kind, fields, .. } => {
                        if let Aggregate::Adt(p) = kind {
                            called.insert(p.0);
                        }
                        for (_, op, _) in fields {
                            if let Operand::Path(p) = op {
                                passed.insert(p.0);
                            }
                        }
                    }
                    _ => {}
                },
                Stmt::If { then, els, .. } => {
                    go(then, called, passed);
                    go(els, called, passed);
                }
                Stmt::Loop { body, .. } | Stmt::Block { body, .. } | Stmt::Scope { body, .. } => {
                    go(body, called, passed)
                }
                _ => {}
            }
        }
    }
    let (mut called, mut passed) = (BTreeSet::new(), BTreeSet::new());
    go(f.body.as_deref().unwrap_or(&[]), &mut called, &mut passed);
    for c in &f.closures {
        go(&c.body, &mut called, &mut passed);
    }
    called.retain(|p| !passed.contains(p));
    called
}

fn finish(cx: Cx<'_>, order: &[Vec<u32>]) -> Solved {
    let roots = find_roots(cx, order);
    let contexts = contexts(cx, order, &roots);
    let entry_points = entry_points(cx, &roots);
    let mut fields = FieldTexts::new();
    for s in cx.summaries.iter().flatten() {
        for (key, text) in &s.field_texts {
            let open = text.pieces.iter().any(|p| matches!(p, TextPiece::Param(..) | TextPiece::EnvOf(..)));
            let list = fields.entry(key.clone()).or_default();
            if !open && !list.contains(text) && list.len() < super::value::MAX_TEXTS {
                list.push(text.clone());
            }
        }
    }
    let mut out = Solved::default();
    let mut purposeless: BTreeMap<FuncId, BTreeSet<Entry>> = BTreeMap::new();
    let mut emit = |f: FuncId, closed: &Closed, out: &mut Solved| {
        let context = contexts.get(f.0 as usize);
        let empty = BTreeMap::new();
        let by_purpose = context.map_or(&empty, |c| &c.by_purpose);
        let mut runs: Vec<(Option<u32>, Option<Span>, Must)> = Vec::new();
        match closed.kind.purpose {
            Some((p, at)) => {
                let mut m: Option<Must> = None;
                for (held, _) in by_purpose.values() {
                    match &mut m {
                        Some(m) => m.or(held),
                        None => m = Some(held.clone()),
                    }
                }
                runs.push((Some(p), Some(at), m.unwrap_or_default()));
            }
            None if by_purpose.is_empty() => runs.push((None, None, Must::default())),
            None => runs.extend(by_purpose.iter().map(|(p, (m, at))| (*p, *at, m.clone()))),
        }
        for (purpose, purpose_at, held) in runs {
            for target in arriving(cx, &fields, &closed.kind.target, closed.kind.action) {
                let flow = to_flow(cx, closed, purpose, purpose_at, &held, target);
                if let (None, Some(c)) = (purpose, context) {
                    for r in c.roots.intersection(&entry_points) {
                        purposeless.entry(*r).or_default().insert(flow.entry.clone());
                    }
                }
                if flow.target == Arriving::Internal {
                    out.stats.internal_arrivals += 1;
                } else {
                    out.flows.push(flow);
                }
            }
        }
    };
    for (i, s) in cx.summaries.iter().enumerate() {
        let Some(s) = s else { continue };
        for c in &s.closed {
            emit(FuncId(i as u32), c, &mut out);
        }
    }
    // Nobody here calls a root: its parameters come from outside.
    for r in &roots {
        for c in root_flows(cx, *r) {
            emit(*r, &c, &mut out);
        }
    }
    out.purposeless = purposeless
        .into_iter()
        .map(|(f, entries)| Purposeless {
            function: cx.program.func_path(f).to_string(),
            krate: krate(cx.program, f),
            span: cx.program.func(f).map_or(Span::new(crate::source::FileId(0), 0, 0), |d| d.span),
            entries: entries.into_iter().collect(),
        })
        .collect();
    out
}

/// What a root's open arrivals are when its parameters come from outside.
fn root_flows(cx: Cx<'_>, r: FuncId) -> Vec<Closed> {
    let Some(summary) = cx.summaries.get(r.0 as usize).cloned().flatten() else { return Vec::new() };
    let Some(def) = cx.program.func(r) else { return Vec::new() };
    let (tys, _) = signature(cx.program, cx.models, r);
    let params: Vec<V> = def.params.iter().zip(tys).map(|(p, t)| fresh(cx, r, t, p.span, 0)).collect();
    let actual = Actual { params: &params, called: BTreeMap::new(), hop: Path::default() };
    let mut found: BTreeMap<(Kind, Fact), Info> = BTreeMap::new();
    for a in &summary.arrivals {
        let data = actual.value(&a.data);
        let mut kind = a.kind.clone();
        kind.target = actual.target(&kind.target);
        kind.guards = actual.must(&kind.guards);
        let mut leaves = Vec::new();
        if kind.action == Action::Use {
            for (f, i) in &data.facts {
                if matches!(f.origin, Origin::Source(..)) {
                    leaves.push((f.clone(), i.clone()));
                }
            }
        } else {
            closed_leaves(&data, true, &|v, n| skipped(cx.program, kind.view, v, n), &mut leaves);
        }
        for (f, i) in leaves {
            found.entry((kind.clone(), f)).or_insert(i);
        }
    }
    found.into_iter().map(|((kind, fact), info)| Closed { kind, fact, info }).collect()
}

fn krate(p: &Program, f: FuncId) -> String {
    p.crate_of(p.func_module(f)).map(|c| c.name.to_string()).unwrap_or_default()
}

fn entry(cx: Cx<'_>, seed: u32, span: Span) -> Entry {
    let e = cx.seeds.entries.get(seed as usize);
    Entry {
        labels: e.map_or(0, |e| e.labels),
        name: e.map(|e| e.name.clone()).unwrap_or_default(),
        span,
        labelled: e.map_or(span, |e| e.labelled),
    }
}

fn to_flow(
    cx: Cx<'_>,
    c: &Closed,
    purpose: Option<u32>,
    purpose_at: Option<Span>,
    held: &Must,
    target: Arriving,
) -> Flow {
    let (seed, span) = match &c.fact.origin {
        Origin::Source(s, span) | Origin::Declared(s, span) => (*s, *span),
        _ => (u32::MAX, c.kind.at.span),
    };
    let mut guards: BTreeSet<u32> = c.info.guards.clone();
    guards.extend(c.kind.guards.set.keys());
    guards.extend(held.set.keys());
    let mut path: Vec<Step> = c.info.path.hops(MAX_STEPS).iter().map(|h| step(cx, h)).collect();
    path.dedup_by(|a, b| a.span == b.span && a.function == b.function && a.what == b.what);
    let function = cx.program.func_path(c.kind.at.func).to_string();
    if path.last().is_none_or(|s| s.span != c.kind.at.span) || c.kind.action != Action::Use {
        path.push(Step { span: c.kind.at.span, what: arrival_text(cx, c, &target), function: function.clone() });
    }
    let labels_of_home =
        c.kind.home.and_then(|h| cx.seeds.columns.get(&h)).and_then(|s| cx.seeds.entries.get(*s as usize));
    Flow {
        action: c.kind.action,
        entry: entry(cx, seed, span),
        transforms: c.fact.transforms.clone(),
        derived: c.info.derived,
        target,
        site: Site {
            span: c.kind.at.span,
            function,
            krate: krate(cx.program, c.kind.at.func),
            symbol: c.kind.at.symbol.to_string(),
        },
        purpose,
        purpose_at,
        guards,
        path,
        paths_total: 1,
        confidence: c.info.confidence,
        reason: if c.info.confidence == Confidence::Possible {
            "a call on the way was not understood".to_string()
        } else {
            String::new()
        },
        load: c.kind.load,
        home: c.kind.home.map(|_| labels_of_home.map(|e| e.labels)),
    }
}

fn arrival_text(cx: Cx<'_>, c: &Closed, target: &Arriving) -> String {
    let symbol = &c.kind.at.symbol;
    match c.kind.action {
        Action::Use => "used here".to_string(),
        Action::Share => match target {
            Arriving::Host(h) => format!("sent to {h}"),
            _ => format!("sent by `{}`", crate::link::program::short(symbol)),
        },
        Action::Show => format!("returned by `{symbol}`"),
        Action::Keep => {
            let _ = cx;
            if symbol.ends_with('!') { format!("written by `{symbol}`") } else { format!("written to `{symbol}`") }
        }
    }
}

fn step(cx: Cx<'_>, h: &Hop) -> Step {
    let name = |f: FuncId| cx.program.func_local_name(f);
    let what = match &h.what {
        What::Enters(seed) => {
            let e = cx.seeds.entries.get(*seed as usize).map_or("data", |e| e.name.as_str());
            format_smolstr!("`{e}` enters here")
        }
        What::Into(f) => format_smolstr!("passed to `{}`", name(*f)),
        What::From(f) => format_smolstr!("returned by `{}`", name(*f)),
        What::Field(n) => format_smolstr!("put into `{n}`"),
        What::Formatted => "formatted into a text".into(),
        What::Through(n) => format_smolstr!("passed through `{n}`"),
        What::Column(n) => format_smolstr!("bound to `{n}`"),
        What::Called => "passed to a closure".into(),
        What::Transformed(n) => format_smolstr!("transformed by `{n}`"),
    };
    Step { span: h.span, what: what.to_string(), function: cx.program.func_path(h.func).to_string() }
}

/// Flows of statements that run by themselves.
fn job_flows(cx: Cx<'_>, jobs: &[Job], out: &mut Solved) {
    for job in jobs {
        let site = |span: Span, symbol: String| Site { span, function: job.file.clone(), krate: String::new(), symbol };
        let source =
            |c: crate::link::sqlfn::ColumnId, span: Span| cx.seeds.columns.get(&c).map(|s| entry(cx, *s, span));
        let guards: BTreeSet<u32> = job
            .sql
            .row_guards
            .iter()
            .filter_map(|(c, truth)| cx.seeds.guard_columns.get(c).and_then(|(g, neg)| (*truth != *neg).then_some(*g)))
            .collect();
        let mut flow =
            |action: Action, e: Entry, target: Arriving, site: Site, transforms, derived, load, home, what: &str| {
                let path = vec![
                    Step { span: e.span, what: format!("`{}` enters here", e.name), function: job.file.clone() },
                    Step { span: site.span, what: what.to_string(), function: job.file.clone() },
                ];
                out.flows.push(Flow {
                    action,
                    entry: e,
                    transforms,
                    derived,
                    target,
                    site,
                    purpose: job.purpose.map(|(p, _)| p),
                    purpose_at: job.purpose.map(|(_, s)| s),
                    guards: guards.clone(),
                    path,
                    paths_total: 1,
                    confidence: Confidence::Certain,
                    reason: String::new(),
                    load,
                    home,
                });
            };
        for u in &job.sql.uses {
            if let Some(e) = source(u.column, u.span) {
                let name = e.name.clone();
                flow(Action::Use, e, Arriving::Code, site(u.span, name), Vec::new(), false, false, None, "used here");
            }
        }
        for w in &job.sql.writes {
            let table = (w.column.schema, w.column.table);
            let name = cx.seeds.table_names.get(&table).cloned().unwrap_or_default();
            let target = match cx.seeds.tables.get(&table) {
                Some(s) => Arriving::Bound(*s),
                None => Arriving::Unbound(name.clone()),
            };
            let home =
                cx.seeds.columns.get(&w.column).and_then(|s| cx.seeds.entries.get(*s as usize)).map(|e| e.labels);
            for from in &w.from {
                let SqlSource::Column(c) = from.source else { continue };
                if let Some(e) = source(c, from.span) {
                    let transforms: Vec<Transform> = from
                        .functions
                        .iter()
                        .filter_map(|n| {
                            let kind = crate::link::lineage::is_transform_function(n)?;
                            Some(match cx.seeds.transform_ext.get(n) {
                                Some(t) => Transform::Bound(*t),
                                None => Transform::Kind(kind.to_string()),
                            })
                        })
                        .collect();
                    let what = format!("written to `{name}`");
                    flow(
                        Action::Keep,
                        e,
                        target.clone(),
                        site(w.span, name.clone()),
                        transforms,
                        from.derived,
                        false,
                        Some(home),
                        &what,
                    );
                }
            }
        }
    }
}

fn stats(cx: Cx<'_>, solved: &Solved, sql: &SqlIndex) -> Stats {
    let mut s = Stats { internal_arrivals: solved.stats.internal_arrivals, ..Stats::default() };
    for (i, t) in cx.typed.iter().enumerate() {
        if cx.program.is_test(FuncId(i as u32)) {
            continue;
        }
        s.functions += 1;
        for site in &t.sites {
            match site.how {
                How::Resolved => s.calls_resolved += 1,
                How::Modelled => s.calls_modelled += 1,
                How::Guessed => s.calls_guessed += 1,
                How::Unknown => s.calls_unknown += 1,
            }
        }
    }
    let methods = &solved.methods;
    s.methods_resolved = methods.resolved;
    s.methods_modelled = methods.modelled;
    s.methods_guessed = methods.guessed;
    s.methods_unknown = methods.unknown;
    s.sql_statements = sql.fns.len();
    s.sql_unresolved = sql.fns.iter().filter(|f| !f.unresolved.is_empty()).count();
    s.labelled_places = cx.seeds.entries.len();
    let sites: BTreeSet<(&Site, Option<u32>, &Arriving)> =
        solved.flows.iter().filter(|f| f.action != Action::Use).map(|f| (&f.site, f.purpose, &f.target)).collect();
    s.arrivals = sites.len();
    s
}
