//! The order of work: callees before callers.

use super::answers::{is_maker, makers};
use crate::link::callgraph::components;
use crate::link::infer::Typed;
use crate::link::program::{Def, FuncId, Program};

/// Whom a function may call or name, for the order of work.
pub(super) fn callees(p: &Program, typed: &Typed) -> Vec<u32> {
    let mut out: Vec<u32> = typed.reached().chain(makers(p, typed)).map(|f| f.0).collect();
    for res in &typed.paths {
        match (&res.def, res.rest.first()) {
            (Some(Def::Func(f)), _) => out.push(f.0),
            (Some(Def::Const(c)), _) => out.extend(p.initialiser(*c).map(|f| f.0)),
            (Some(Def::Type(t)), Some(n)) => out.extend(p.methods_of(*t, n).iter().map(|f| f.0)),
            _ => {}
        }
    }
    out.sort_unstable();
    out.dedup();
    out
}

pub(super) fn order(p: &Program, typed: &[Typed]) -> Vec<Vec<u32>> {
    let edges: Vec<Vec<u32>> =
        p.all_ids().map(|f| typed.get(f.0 as usize).map(|t| callees(p, t)).unwrap_or_default()).collect();
    // What prints, derefs and reads rows is used without being called.
    let first: Vec<u32> = p
        .all_ids()
        .filter(|f| p.func(*f).is_some_and(|d| is_used_unnamed(&d.name)) && p.func_impl(*f).is_some())
        .map(|f| f.0)
        .collect();
    components(&edges, &first)
}

/// Components by level: those of a level depend only on levels before.
pub(super) fn levels<'a>(order: &'a [Vec<u32>], p: &Program, typed: &[Typed]) -> Vec<Vec<&'a Vec<u32>>> {
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
        let printer = scc.iter().all(|f| p.func(FuncId(*f)).is_some_and(|d| is_used_unnamed(&d.name)));
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

/// Methods that run without being called: of values that are printed, dereferenced, read from rows or answered.
fn is_used_unnamed(name: &str) -> bool {
    matches!(name, "fmt" | "deref" | "serialize" | "from_row") || is_maker(name)
}
