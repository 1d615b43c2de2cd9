//! What the templates of types show: of Askama, whose texts are files beside the code or stand in attributes.

use std::collections::{BTreeMap, BTreeSet};

use super::package_of;
use crate::flow::Shown;
use crate::front::template::{self, Named, Origin};
use crate::ir::Name;
use crate::link::program::{Program, TypeId};
use crate::project::Inputs;

/// The fields that the template of each type names, where that says all that it shows.
pub(super) fn shown(p: &Program, inputs: &Inputs) -> BTreeMap<TypeId, Shown> {
    let of = |t: TypeId| {
        let def = p.type_def(t)?;
        let attribute = &def.attrs.iter().find(|a| a.path == "template")?.args;
        let package = package_of(&inputs.crates, inputs.sources.path(def.span.file));
        let folder = package.and_then(|i| inputs.crates.get(i)).map_or("", |c| c.folder.as_str());
        let named = match template::origin(attribute)? {
            Origin::Here(text) => template::read(&text),
            Origin::File(path) => template::read(find(inputs, folder, &path)?),
        };
        Some((t, closed(p, gathered(inputs, folder, named)?)?))
    };
    (0..p.types.len() as u32).filter_map(|i| of(TypeId(i))).collect()
}

/// The text of a template of a package.
fn find<'a>(inputs: &'a Inputs, folder: &str, path: &str) -> Option<&'a str> {
    let end = format!("templates/{path}");
    let is_it = |found: &str| {
        let within = if folder.is_empty() { Some(found) } else { found.strip_prefix(folder) };
        within.is_some_and(|rest| {
            rest.strip_suffix(&end).is_some_and(|before| before.is_empty() || before.ends_with('/'))
        })
    };
    let file = inputs.templates.iter().find(|id| is_it(inputs.sources.path(**id)))?;
    inputs.sources.get(*file).map(|f| &*f.text)
}

/// A template with all those that it is made of; nothing if one of them is not there.
fn gathered(inputs: &Inputs, folder: &str, mut all: Named) -> Option<Named> {
    let mut seen = BTreeSet::new();
    while let Some(path) = all.others.pop() {
        if seen.insert(path.clone()) {
            let more = template::read(find(inputs, folder, &path)?);
            all.words.extend(more.words);
            all.whole.extend(more.whole);
            all.bound.extend(more.bound);
            all.called.extend(more.called);
            all.others.extend(more.others);
        }
    }
    Some(all)
}

/// What is shown, unless what a variable holds, or what a method of the workspace gives, is shown by itself.
fn closed(p: &Program, named: Named) -> Option<Shown> {
    let opens = named.bound.iter().any(|n| named.whole.contains(n));
    let calls = |n: &Name| !p.methods_named(n).is_empty();
    (!opens && !named.called.iter().any(calls)).then_some(Shown { words: named.words, whole: named.whole })
}
