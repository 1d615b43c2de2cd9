//! Calls of methods that a line names by their trait: `argon2::PasswordHasher::hash_password` of an `argon2::Argon2`.
//!
//! The models know such a method by the type that has it, and code calls it on the type. It is the trait's where a trait
//! of that name is in scope, and no line names it by the type: one of the crate of the type, or of any crate where nothing
//! else is known of the method.

use std::collections::BTreeMap;

use crate::flow::Seeds;
use crate::ir::Name;
use crate::link::infer::{Target, Typed};
use crate::link::program::{FuncId, Program};

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
                None if unknown => Parts { krate: "", of: "", method: last(&site.symbol) },
                None => continue,
            };
            let of_trait = |(line, _): &&(Parts<'_>, &Name)| {
                (unknown || line.krate == called.krate) && p.has_foreign_trait(p.func_module(f), line.krate, line.of)
            };
            let found = by_method.get(called.method).and_then(|lines| lines.iter().find(of_trait));
            if let Some((_, path)) = found.filter(|_| !named(&site.symbol)) {
                site.symbol = (*path).clone();
            }
        }
    }
}

/// The last name of a path.
fn last(path: &str) -> &str {
    path.rsplit_once("::").map_or(path, |(_, name)| name)
}

/// The path of a method: its crate, the type or trait that it is of, and its name.
struct Parts<'a> {
    krate: &'a str,
    of: &'a str,
    method: &'a str,
}

impl<'a> Parts<'a> {
    fn of(path: &'a str) -> Option<Self> {
        let (rest, method) = path.rsplit_once("::")?;
        let (within, of) = rest.rsplit_once("::")?;
        let krate = within.split("::").next()?;
        of.starts_with(char::is_uppercase).then_some(Parts { krate, of, method })
    }
}
