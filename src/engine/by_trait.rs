//! Calls of methods that a line names by their trait: `argon2::PasswordHasher::hash_password` of an `argon2::Argon2`.
//!
//! The models know such a method by the type that has it, and code calls it on the type. It is the trait's where a trait
//! of that name is in scope, and no line names it by the type: one of the crate of the type, or of any crate where nothing
//! else is known of the method.

use std::collections::{BTreeMap, BTreeSet};

use crate::flow::Seeds;
use crate::ir::Name;
use crate::link::infer::{Target, Typed};
use crate::link::program::{FuncId, Program};
use crate::link::ty::Ty;

/// Names those calls as the lines do.
pub(super) fn name_by_trait(p: &Program, seeds: &Seeds, typed: &mut [Typed]) {
    let lines = seeds.guard_ext.keys().chain(seeds.transform_ext.keys()).chain(seeds.sink_ext.keys());
    let lines = lines.chain(seeds.ext_results.keys());
    let mut by_method: BTreeMap<&str, Vec<(Parts<'_>, &Name)>> = BTreeMap::new();
    for line in lines {
        if let Some(parts) = Parts::of(line.as_str()) {
            by_method.entry(parts.method).or_default().push((parts, line));
        }
    }
    if by_method.is_empty() {
        return;
    }
    let types = types(typed, by_method.values().flatten().map(|(line, _)| line.path).collect());
    let named = |symbol: &Name| {
        let exactly = seeds.guard_ext.contains_key(symbol)
            || seeds.transform_ext.contains_key(symbol)
            || seeds.ext_results.contains_key(symbol);
        exactly || seeds.sink_of(symbol).is_some()
    };
    for (f, typed) in (0..).map(FuncId).zip(typed) {
        let library = |t: &Target| matches!(t, Target::Row(_));
        for site in typed.sites.iter_mut().filter(|s| s.targets.iter().all(library)) {
            let unknown = site.method && site.targets.is_empty();
            let called = match Parts::of(&site.symbol) {
                Some(called) => called,
                None if unknown => Parts { krate: "", path: "", method: last(&site.symbol) },
                None => continue,
            };
            let of_trait = |(line, _): &&(Parts<'_>, &Name)| {
                let known = called.krate.is_empty() || line.krate == called.krate;
                (known || unknown && !types.contains(line.path)) && p.has_foreign_trait(p.func_module(f), line.path)
            };
            let found = by_method.get(called.method).and_then(|lines| lines.iter().find(of_trait));
            if let Some((_, path)) = found.filter(|_| !named(&site.symbol)) {
                site.symbol = (*path).clone();
            }
        }
    }
}

/// Which of these paths some value has as its type: a line that names one of them asks for that type.
fn types<'n>(typed: &[Typed], of: BTreeSet<&'n str>) -> BTreeSet<&'n str> {
    fn note<'n>(ty: &Ty, of: &BTreeSet<&'n str>, out: &mut BTreeSet<&'n str>) {
        if let Ty::Ext(name, _) = ty {
            out.extend(of.get(name.as_str()));
        }
        ty.args().iter().for_each(|ty| note(ty, of, out));
    }
    let mut out = BTreeSet::new();
    typed.iter().flat_map(|t| &t.locals).for_each(|ty| note(ty, &of, &mut out));
    out
}

/// The last name of a path.
fn last(path: &str) -> &str {
    path.rsplit_once("::").map_or(path, |(_, name)| name)
}

/// The path of a method: its crate, the path of the type or trait that it is of, and its name.
struct Parts<'a> {
    krate: &'a str,
    path: &'a str,
    method: &'a str,
}

impl<'a> Parts<'a> {
    fn of(path: &'a str) -> Option<Self> {
        let (path, method) = path.rsplit_once("::")?;
        let (within, of) = path.rsplit_once("::")?;
        let krate = within.split("::").next()?;
        of.starts_with(char::is_uppercase).then_some(Parts { krate, path, method })
    }
}
