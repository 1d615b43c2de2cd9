//! Functions that code of others calls, whoever calls them here: a macro or a trait of another crate registers them.

use crate::ir::Name;
use crate::ir::attr::Attr;
use crate::link::program::{Def, FuncId, ModId, Program};
use crate::model::ModelSet;

/// How it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Served {
    /// An attribute says so of which models speak, or a trait of which nothing is known: for all that is known it runs
    /// behind none of the checks that are made here.
    Registered,
    /// A trait of another crate does.
    OfLibrary,
    /// An attribute may, of which nothing is known.
    Perhaps(Name),
}

/// Whether code of others calls a function.
pub(super) fn served(p: &Program, models: &ModelSet, f: FuncId) -> Option<Served> {
    let def = p.func(f)?;
    if has_served(p, models, f) {
        return Some(Served::Registered);
    }
    let its_impl = p.func_impl(f);
    let of = match its_impl.and_then(|i| p.impl_trait.get(i.0 as usize)?.as_ref()) {
        Some(Def::Ext(path)) if is_called(models, path) => {
            let known = |krate: &str| models.knows_crate(krate);
            let unread = path.split_once("::").map_or_else(|| !resolves(p, f), |(krate, _)| !known(krate));
            return Some(if unread { Served::Registered } else { Served::OfLibrary });
        }
        // What it has besides is written by a macro.
        Some(Def::Trait(of)) if !p.declares(*of, &def.name) => return Some(Served::Registered),
        Some(Def::Trait(of)) => p.trait_def(*of),
        _ => None,
    };
    if of.is_some_and(|of| of.attrs.iter().any(|a| models.serves(a.name()))) {
        return Some(Served::Registered);
    }
    let mut all = attrs(p, f).chain(of.map(|of| &of.attrs).into_iter().flatten());
    let scope = p.func_module(f);
    let unknown = all.find(|a| is_unknown(p, models, scope, a));
    unknown.map(|a| Served::Perhaps(a.path.as_str().into()))
}

/// Whether an attribute of a function or of its impl is one by which it is called from outside.
pub(super) fn has_served(p: &Program, models: &ModelSet, f: FuncId) -> bool {
    attrs(p, f).any(|a| models.serves(a.name()))
}

/// Attributes of a function, and then of its impl.
fn attrs(p: &Program, f: FuncId) -> impl Iterator<Item = &Attr> {
    let around = p.func_impl(f).and_then(|i| p.impl_def(i)).map(|i| &i.attrs);
    p.func(f).map(|def| &def.attrs).into_iter().chain(around).flatten()
}

/// Whether methods of a trait of another crate are called by others than those who have the value; of those of which
/// models say by whom, that is known.
fn is_called(models: &ModelSet, of: &str) -> bool {
    let last = of.rsplit("::").next().unwrap_or(of);
    !models.is_passive(of) && !models.is_local(last) && models.trait_model(last).is_none() && !models.is_plain(of)
}

/// Whether anything is found under the path of the trait that a method is of: where a build script writes it, nothing is.
fn resolves(p: &Program, f: FuncId) -> bool {
    let of = p.func_impl(f).and_then(|i| p.impl_def(i)).and_then(|i| i.trait_.as_ref());
    of.is_some_and(|of| p.resolve(p.func_module(f), &of.segments).def.is_some())
}

/// Whether nothing is known of an attribute: it is a macro of another crate, of which no models speak, or one of the
/// workspace.
fn is_unknown(p: &Program, models: &ModelSet, scope: ModId, attr: &Attr) -> bool {
    let path: Vec<Name> = attr.path.split("::").map(Name::from).collect();
    let passive = |name: &Name| models.is_passive(name);
    if models.is_passive(&attr.path) || path.first().is_some_and(passive) || path.last().is_some_and(passive) {
        return false;
    }
    match p.resolve(scope, &path).def {
        Some(Def::Ext(path)) => path.split_once("::").is_none_or(|(krate, _)| !models.knows_crate(krate)),
        _ => true,
    }
}
