//! For whom code runs: purposes and guards, from callers to callees; and who starts it.

use std::collections::{BTreeMap, BTreeSet};

use super::interp::{Cx, PurposeAt};
use super::value::Must;
use crate::ir::body::{Operand, Rvalue, Stmt};
use crate::link::program::{Def, FuncId};
use crate::source::Span;

/// For whom a function runs: per purpose, the guards that hold whenever it is called.
#[derive(Clone, Debug, Default)]
pub(super) struct Context {
    pub(super) by_purpose: BTreeMap<Option<u32>, (Must, Option<Span>)>,
    pub(super) roots: BTreeSet<FuncId>,
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

/// For what a place runs: its own purpose, or those that the callers give it; each with the guards that then hold.
pub(super) fn runs(own: Option<PurposeAt>, context: Option<&Context>) -> Vec<(Option<u32>, Option<Span>, Must)> {
    let empty = BTreeMap::new();
    let by_purpose = context.map_or(&empty, |c| &c.by_purpose);
    match own {
        Some((p, at)) => {
            let mut m: Option<Must> = None;
            for (held, _) in by_purpose.values() {
                match &mut m {
                    Some(m) => m.or(held),
                    None => m = Some(held.clone()),
                }
            }
            vec![(Some(p), Some(at), m.unwrap_or_default())]
        }
        None if by_purpose.is_empty() => vec![(None, None, Must::default())],
        None => by_purpose.iter().map(|(p, (m, at))| (*p, *at, m.clone())).collect(),
    }
}

/// Guards without the data they speak of: it has other names in another function.
pub(super) fn bare(m: &Must) -> Must {
    Must { all: m.all, set: m.set.keys().map(|g| (*g, BTreeSet::new())).collect() }
}

pub(super) fn contexts(cx: Cx<'_>, order: &[Vec<u32>], roots: &[FuncId]) -> Vec<Context> {
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
pub(super) fn find_roots(cx: Cx<'_>, order: &[Vec<u32>]) -> Vec<FuncId> {
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
pub(super) fn entry_points(cx: Cx<'_>, roots: &[FuncId]) -> BTreeSet<FuncId> {
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
pub(super) fn called_paths(f: &crate::ir::body::Func) -> BTreeSet<u32> {
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
