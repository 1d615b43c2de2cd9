//! Calls that may reach more functions of a trait than are believed go to one function that calls them all: what they
//! do is put together once for the trait's method, and not anew at each call.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::infer::{How, Site, Target, Typed};
use super::program::{FuncId, Program};
use crate::ir::body::{Callee, Func, Operand, RET, Rvalue, Stmt};
use crate::limits::DISPATCH;

/// The functions that were made, by what they call; nothing for what is not one method of a trait.
type Made = BTreeMap<Vec<FuncId>, Option<FuncId>>;

/// Sends such calls to functions that are made for them.
pub fn gather(p: &mut Program, typed: &mut Vec<Typed>) {
    let mut made = Made::new();
    // Of lists that calls have in common, by where these are.
    let mut known: FxHashMap<usize, Option<FuncId>> = FxHashMap::default();
    for f in 0..typed.len() {
        let sites = typed.get(f).map_or(0, |t| t.sites.len());
        for s in 0..sites {
            let Some(site) = typed.get(f).and_then(|t| t.sites.get(s)) else { continue };
            if site.targets.len() <= DISPATCH || site.how != How::Resolved {
                continue;
            }
            let (targets, common) = (site.targets.clone(), site.targets.common());
            let to = match common.and_then(|at| known.get(&at)) {
                Some(to) => *to,
                None => one_for(p, typed, &targets, &mut made),
            };
            known.extend(common.map(|at| (at, to)));
            let site = typed.get_mut(f).and_then(|t| t.sites.get_mut(s));
            if let (Some(to), Some(site)) = (to, site) {
                site.targets = [Target::Func(to)].into_iter().collect();
            }
        }
    }
}

/// The function for these, which is made if there is none yet.
fn one_for(p: &mut Program, typed: &mut Vec<Typed>, targets: &[Target], made: &mut Made) -> Option<FuncId> {
    let func = |t: &Target| if let Target::Func(f) = t { Some(*f) } else { None };
    let funcs: Vec<FuncId> = targets.iter().map(func).collect::<Option<_>>()?;
    if let Some(to) = made.get(&funcs) {
        return *to;
    }
    let to = gathered(p, typed, &funcs);
    made.insert(funcs, to);
    to
}

/// The function that calls these, if they are one method of a trait.
fn gathered(p: &mut Program, typed: &mut Vec<Typed>, funcs: &[FuncId]) -> Option<FuncId> {
    let first = *funcs.first()?;
    let (of, name) = (p.trait_of_method(first)?, p.func(first)?.name.clone());
    let same = |f: &FuncId| p.trait_of_method(*f) == Some(of) && p.func(*f).is_some_and(|d| d.name == name);
    let declared = p.trait_methods.get(&(of, name.clone())).copied().filter(|_| funcs.iter().all(same))?;
    let (def, types) = (calling(p.func(declared)?), typed.get(declared.0 as usize)?);
    let site = Site {
        targets: funcs.iter().map(|f| Target::Func(*f)).collect(),
        how: How::Resolved,
        ret: types.ret.clone(),
        symbol: p.func_path(declared),
        method: def.has_self,
        ..Site::default()
    };
    let calls = Typed { locals: types.locals.clone(), sites: vec![site], ret: types.ret.clone(), ..Typed::default() };
    let id = p.add_dispatcher(declared, def)?;
    typed.push(calls);
    Some(id)
}

/// A function of the declaration of another that calls what has its name.
fn calling(declared: &Func) -> Func {
    let args = declared.params.iter().map(|p| Operand::Place(p.local.into())).collect();
    let call = Rvalue::Call {
        callee: Callee::Method { name: declared.name.clone(), generics: Vec::new() },
        args,
        spans: declared.params.iter().map(|_| declared.span).collect(),
        site: 0,
    };
    Func {
        attrs: Vec::new(),
        paths: Vec::new(),
        closures: Vec::new(),
        body: Some(vec![Stmt::Assign { dst: RET.into(), src: call, span: declared.span }]),
        sites: 1,
        ..declared.clone()
    }
}
