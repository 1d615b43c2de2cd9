//! The order of work: callees before callers.

use super::answers::{is_maker, makers};
use crate::ir::body::Func;
use crate::ir::items::TypeRef;
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
    let first: Vec<u32> = p.all_ids().filter(|f| is_unnamed(p, *f)).map(|f| f.0).collect();
    components(&edges, &first)
}

/// Components by level: those of a level depend only on levels before. What is used without being called, and what
/// that calls, comes before everything that might use it.
pub(super) fn levels<'a>(order: &'a [Vec<u32>], p: &Program, typed: &[Typed]) -> Vec<Vec<&'a Vec<u32>>> {
    let unnamed = unnamed(order, p, typed);
    let (mut level_of, mut out) = (vec![0usize; p.funcs.len()], Vec::<Vec<&Vec<u32>>>::new());
    for early in [true, false] {
        let first = out.len();
        for scc in order.iter().filter(|scc| scc.iter().any(|f| marked(&unnamed, *f)) == early) {
            let others = scc.iter().filter_map(|f| typed.get(*f as usize)).flat_map(|t| callees(p, t));
            let after = others.filter(|c| !scc.contains(c)).filter_map(|c| Some(level_of.get(c as usize)? + 1));
            let level = after.max().unwrap_or(0).max(first);
            for f in scc {
                if let Some(l) = level_of.get_mut(*f as usize) {
                    *l = level;
                }
            }
            out.resize(out.len().max(level + 1), Vec::new());
            if let Some(l) = out.get_mut(level) {
                l.push(scc);
            }
        }
    }
    out
}

/// Functions that are used without being called, and those that they call.
fn unnamed(order: &[Vec<u32>], p: &Program, typed: &[Typed]) -> Vec<bool> {
    let mut out = vec![false; p.funcs.len()];
    for scc in order.iter().rev() {
        let used = |f: &u32| is_unnamed(p, FuncId(*f));
        if scc.iter().any(|f| marked(&out, *f) || used(f)) {
            for f in scc {
                if let Some(slot) = out.get_mut(*f as usize) {
                    *slot = true;
                }
                for c in typed.get(*f as usize).map(|t| callees(p, t)).unwrap_or_default() {
                    if let Some(slot) = out.get_mut(c as usize) {
                        *slot = true;
                    }
                }
            }
        }
    }
    out
}

fn marked(list: &[bool], f: u32) -> bool {
    list.get(f as usize).copied().unwrap_or(false)
}

/// Whether a function runs without being called: a method of a name that says so, or what a field is serialised with.
fn is_unnamed(p: &Program, f: FuncId) -> bool {
    let of_serde = |bound: &TypeRef| match bound {
        TypeRef::Path(path) => path.segments.last().is_some_and(|s| s == "Serializer"),
        _ => false,
    };
    // `#[serde(into = "Short")]`: the conversion.
    let written_as = |d: &Func| match d.params.first().map(|p| &p.ty) {
        Some(TypeRef::Path(path)) if d.name == "from" => match p.resolve(p.body_scope(f), &path.segments).def {
            Some(Def::Type(t)) => p.type_def(t).is_some_and(|d| d.serde_attrs.iter().any(|a| a.contains("into"))),
            _ => false,
        },
        _ => false,
    };
    p.func(f).is_some_and(|d| match p.func_impl(f) {
        Some(_) => is_used_unnamed(&d.name) || written_as(d),
        None => d.generics.iter().flat_map(|g| &g.bounds).any(of_serde),
    })
}

/// Methods that run without being called: of values that are printed, dereferenced, indexed, read from rows or answered.
fn is_used_unnamed(name: &str) -> bool {
    matches!(name, "fmt" | "deref" | "serialize" | "from_row" | "index" | "index_mut") || is_maker(name)
}
