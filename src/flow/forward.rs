//! Impls that only hand a call on, as `impl<R: Repo + ?Sized> Repo for Box<R>` does with each of its methods.
//!
//! A call of a trait's method goes to all of its impls. One that does nothing but call the same method of something
//! inside adds nothing to them, since what it calls is among them: the call goes to the others, and the path does not
//! show a step that says nothing. Such a method stays what it is where a call can only mean it.

use std::collections::BTreeSet;

use super::seeds::Seeds;
use crate::ir::body::{Callee, Func, Operand, Place, RET, Rvalue, Stmt};
use crate::link::infer::{Site, Target, Typed};
use crate::link::program::{FuncId, Program, TraitId};

/// Takes methods that only hand on out of calls that go to others too. Those that were taken out of the call of anyone
/// else are marked: they are called, though no call names them any more.
pub(super) fn pass_over(p: &Program, typed: &mut [Typed], seeds: &Seeds) {
    let forward: BTreeSet<FuncId> = p.all_ids().filter(|f| hands_on(p, typed, *f) && !is_named(seeds, *f)).collect();
    if forward.is_empty() {
        return;
    }
    let mut called = BTreeSet::new();
    let over = |t: &Target| matches!(t, Target::Func(f) if forward.contains(f));
    for (f, t) in (0..).map(FuncId).zip(typed.iter_mut()) {
        for site in &mut t.sites {
            if !site.targets.iter().any(over) || site.targets.iter().all(over) {
                continue;
            }
            for target in std::mem::take(site.targets.to_mut()) {
                match target {
                    Target::Func(g) if forward.contains(&g) => {
                        if !forward.contains(&f) {
                            called.insert(g);
                        }
                    }
                    other => site.targets.push(other),
                }
            }
        }
    }
    for f in called {
        if let Some(t) = typed.get_mut(f.0 as usize) {
            t.passed_over = true;
        }
    }
}

/// Whether a binding names it: then it is more than what it calls.
fn is_named(seeds: &Seeds, f: FuncId) -> bool {
    seeds.results.contains_key(&f)
        || seeds.purposes.contains_key(&f)
        || seeds.guard_funcs.contains_key(&f)
        || seeds.transforms.contains_key(&f)
        || seeds.sinks.contains_key(&f)
        || seeds.audiences.contains_key(&f)
        || seeds.elsewhere.contains_key(&f)
        || seeds.params.range((f, 0)..=(f, u32::MAX)).next().is_some()
        || !seeds.probes_within(f).is_empty()
}

/// Whether a method of an impl calls the same method of a part of itself with the arguments that it was given, and
/// returns what comes of it; what it does beside that knows neither.
fn hands_on(p: &Program, typed: &[Typed], id: FuncId) -> bool {
    let (Some(f), Some(t), Some(of)) = (p.func(id), typed.get(id.0 as usize), p.trait_of_method(id)) else {
        return false;
    };
    let Some(body) = f.body.as_deref() else { return false };
    if !f.has_self || !f.closures.is_empty() || !f.attrs.is_empty() || p.is_test(id) {
        return false;
    }
    let mut inner = None;
    for s in body {
        let Stmt::Assign { dst, src, .. } = s else { return false };
        if !dst.path.is_empty() {
            return false;
        }
        match src {
            Rvalue::Call { callee: Callee::Method { .. }, args, site, .. }
                if inner.is_none() && is_inner(p, t.sites.get(*site as usize), f, of, args) =>
            {
                inner = Some(dst.base);
            }
            // What it does with the answer is the models' to say.
            Rvalue::Call { args, site, .. } => {
                let known = t.sites.get(*site as usize).is_some_and(modelled);
                if !known || !args.iter().all(|a| !is_given(f, a)) {
                    return false;
                }
            }
            Rvalue::Use(a) | Rvalue::Positive(_, a) | Rvalue::Await(a) if !is_given(f, a) => {}
            Rvalue::RefMut(place) if !is_param(f, place) => {}
            _ => return false,
        }
    }
    inner.is_some() && f.params.iter().all(|p| p.local != RET)
}

fn modelled(site: &Site) -> bool {
    !site.targets.is_empty() && site.targets.iter().all(|t| matches!(t, Target::Row(_)))
}

/// Whether it is a call of the same method of the same trait, of a part of `self`, with the parameters in order.
fn is_inner(p: &Program, site: Option<&Site>, f: &Func, of: TraitId, args: &[Operand]) -> bool {
    let same = |t: &Target| match t {
        Target::Func(g) => p.func(*g).is_some_and(|d| d.name == f.name) && p.trait_of_method(*g) == Some(of),
        _ => false,
    };
    let Some(site) = site else { return false };
    let part = |a: &Operand, local| matches!(a, Operand::Place(p) if p.base == local && !p.path.is_empty());
    let whole = |a: &Operand, local| matches!(a, Operand::Place(p) if p.base == local && p.path.is_empty());
    let mut handed = args.iter().zip(&f.params).enumerate();
    let several = |t: &Target| matches!(t, Target::Func(g) if p.is_dispatcher(*g));
    (site.targets.len() > 1 || site.targets.iter().any(several))
        && site.targets.iter().all(same)
        && args.len() == f.params.len()
        && handed.all(|(i, (a, p))| if i == 0 { part(a, p.local) } else { whole(a, p.local) })
}

/// Whether it is something that the caller gave beside `self`.
fn is_given(f: &Func, a: &Operand) -> bool {
    matches!(a, Operand::Place(place) if is_param(f, place))
}

fn is_param(f: &Func, place: &Place) -> bool {
    f.params.iter().skip(1).any(|p| p.local == place.base)
}
