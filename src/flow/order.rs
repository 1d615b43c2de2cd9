//! The order of work: callees before callers.

use std::collections::BTreeSet;

use super::answers::makers;
use super::drops::Dropping;
use super::unnamed::{Unnamed, is_used_unnamed};
use crate::link::callgraph::components;
use crate::link::infer::Typed;
use crate::link::program::{Def, FuncId, Program, TypeId};
use crate::model::ModelSet;

/// Whom a function may call or name, for the order of work.
pub(super) fn callees(p: &Program, models: &ModelSet, typed: &Typed) -> Vec<u32> {
    let mut out: Vec<u32> = typed.reached().chain(makers(p, models, typed)).map(|f| f.0).collect();
    for res in &typed.paths {
        match (&res.def, res.rest.first()) {
            (Some(Def::Func(f)), _) => out.extend(p.alternatives_of(f).iter().map(|f| f.0)),
            (Some(Def::Const(c)), _) => {
                let init = p.initialiser(*c);
                out.extend(init.iter().flat_map(|f| p.alternatives_of(f)).map(|f| f.0));
            }
            (Some(Def::Type(t)), Some(n)) => {
                let init = p.assoc_consts(*t, n).iter().filter_map(|c| p.initialiser(*c));
                out.extend(init.chain(p.methods_of(*t, n)).map(|f| f.0));
            }
            _ => {}
        }
    }
    out.sort_unstable();
    out.dedup();
    out
}

/// What is done before what.
pub(super) struct Order {
    /// Components of functions that need each other, each after those that it needs.
    pub components: Vec<Vec<u32>>,
    /// Whom each function needs.
    needs: Vec<Vec<u32>>,
}

impl Order {
    /// `dropping` and `comparing` are what goes where, and which types are compared by code of their own.
    pub(super) fn of(
        p: &Program,
        models: &ModelSet,
        typed: &[Typed],
        dropping: &Dropping,
        comparing: &BTreeSet<TypeId>,
    ) -> Self {
        let mut unnamed = Unnamed::new(p, models, dropping, comparing);
        let of = |f: FuncId| typed.get(f.0 as usize).map(|t| unnamed.needs(t, f)).unwrap_or_default();
        let needs: Vec<Vec<u32>> = p.all_ids().map(of).collect();
        // What prints, derefs and reads rows is used without being called.
        let first: Vec<u32> = p.all_ids().filter(|f| is_used_unnamed(p, models, *f)).map(|f| f.0).collect();
        Order { components: components(&needs, &first), needs }
    }

    /// Whom a function needs.
    pub(super) fn needs(&self, f: u32) -> &[u32] {
        self.needs.get(f as usize).map(Vec::as_slice).unwrap_or_default()
    }

    /// Functions of one component in the order in which a search from the first of them leaves them: what one needs is
    /// as a rule done before it, so that few rounds are left to settle.
    pub(super) fn callees_first(&self, component: &[u32]) -> Vec<u32> {
        let (mut seen, mut out) = (BTreeSet::new(), Vec::with_capacity(component.len()));
        let within: BTreeSet<u32> = component.iter().copied().collect();
        for root in component {
            let mut work: Vec<(u32, usize)> = if seen.insert(*root) { vec![(*root, 0)] } else { Vec::new() };
            while let Some((f, i)) = work.pop() {
                let Some(callee) = self.needs(f).get(i) else {
                    out.push(f);
                    continue;
                };
                work.push((f, i + 1));
                if within.contains(callee) && seen.insert(*callee) {
                    work.push((*callee, 0));
                }
            }
        }
        out
    }

    /// Components by level: those of a level depend only on levels before. What is used without being called, and
    /// what that needs, comes before everything that might use it.
    pub(super) fn levels(&self, p: &Program, models: &ModelSet) -> Vec<Vec<&Vec<u32>>> {
        let unnamed = self.unnamed(p, models);
        let (mut level_of, mut out) = (vec![0usize; self.needs.len()], Vec::<Vec<&Vec<u32>>>::new());
        let mut component_of = vec![0usize; self.needs.len()];
        for (i, f) in self.components.iter().enumerate().flat_map(|(i, scc)| scc.iter().map(move |f| (i, *f))) {
            component_of.get_mut(f as usize).into_iter().for_each(|of| *of = i);
        }
        let together = |f: u32, c: u32| component_of.get(f as usize) == component_of.get(c as usize);
        for early in [true, false] {
            let first = out.len();
            for scc in self.components.iter().filter(|scc| scc.iter().any(|f| marked(&unnamed, *f)) == early) {
                let others = scc.iter().flat_map(|f| self.needs(*f).iter().filter(|c| !together(*f, **c)));
                let after = others.filter_map(|c| Some(level_of.get(*c as usize)? + 1));
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

    /// Functions that are used without being called, and those that they need.
    fn unnamed(&self, p: &Program, models: &ModelSet) -> Vec<bool> {
        let mut out = vec![false; self.needs.len()];
        for scc in self.components.iter().rev() {
            if scc.iter().any(|f| marked(&out, *f) || is_used_unnamed(p, models, FuncId(*f))) {
                for f in scc.iter().flat_map(|f| self.needs(*f).iter().chain([f])) {
                    if let Some(slot) = out.get_mut(*f as usize) {
                        *slot = true;
                    }
                }
            }
        }
        out
    }
}

fn marked(list: &[bool], f: u32) -> bool {
    list.get(f as usize).copied().unwrap_or(false)
}
