//! What the templates of types show: of Askama, whose texts are files beside the code or stand in attributes.

use std::collections::{BTreeMap, BTreeSet};

use super::package_of;
use crate::flow::Shown;
use crate::front::template::{self, Named, Origin, Source};
use crate::ir::Name;
use crate::ir::items::TypeDef;
use crate::link::program::{Def, Program, TypeId};
use crate::link::ty::all_fields;
use crate::model::ModelSet;
use crate::project::Inputs;

/// What a configuration says that makes templates other than they are by themselves.
const CONFIGURES: [&str; 3] = ["syntax", "dirs", "escaper"];

/// The fields that the template of each type names, where that says all that it shows.
pub(super) fn shown(p: &Program, models: &ModelSet, inputs: &Inputs) -> BTreeMap<TypeId, Shown> {
    let of = |t: TypeId| {
        let def = p.type_def(t)?;
        let attribute = &def.attrs.iter().find(|a| a.path == "template")?.args;
        let package = package_of(&inputs.crates, inputs.sources.path(def.span.file));
        let folder = package.and_then(|i| inputs.crates.get(i)).map_or("", |c| c.folder.as_str());
        let files = Files { inputs, folder };
        if !is_known(p, models, t, def) || files.is_configured(models) {
            return None;
        }
        let (named, at) = match template::origin(attribute)? {
            Origin::Here(text) => (template::read(&text), String::new()),
            Origin::File(path) => {
                let (at, text) = files.find(&path, "")?;
                (template::read(text), at.to_owned())
            }
        };
        let named = files.gathered(named, at)?;
        // A text in which nothing is named is of a syntax that is not known.
        if named.words.is_empty() && !all_fields(p, t).is_empty() {
            return None;
        }
        Some((t, closed(p, named)?))
    };
    (0..p.types.len() as u32).filter_map(|i| of(TypeId(i))).collect()
}

/// Whether the derive of a template is that of a library that is known.
fn is_known(p: &Program, models: &ModelSet, t: TypeId, def: &TypeDef) -> bool {
    let module = p.type_module(t);
    let derive: Name = "Template".into();
    def.derives.contains(&derive)
        && match p.resolve(module, &[derive]).def {
            Some(Def::Ext(path)) => path.split("::").next().is_some_and(|krate| models.templates().any(|l| l == krate)),
            // It is written with its path, of which the last name is kept.
            _ => models.templates().any(|l| p.depends_on(module, l)),
        }
}

/// The templates of a package.
#[derive(Clone, Copy)]
struct Files<'a> {
    inputs: &'a Inputs,
    folder: &'a str,
}

impl<'a> Files<'a> {
    /// A file by its path.
    fn at(self, path: &str) -> Option<(&'a str, &'a str)> {
        let inputs = self.inputs;
        let file = inputs.templates.iter().filter_map(|id| inputs.sources.get(*id)).find(|f| *f.path == *path)?;
        Some((&*file.path, &*file.text))
    }

    fn below(self, path: &str) -> String {
        if self.folder.is_empty() { path.to_owned() } else { format!("{}/{path}", self.folder) }
    }

    /// A template, as it is named in the code or in another template: beside that, or in the folder of all.
    fn find(self, path: &str, from: &str) -> Option<(&'a str, &'a str)> {
        let beside = from.rsplit_once('/').and_then(|(folder, _)| self.at(&format!("{folder}/{path}")));
        beside.or_else(|| self.at(&self.below(&format!("templates/{path}"))))
    }

    /// Whether the package says that its templates lie elsewhere or are written otherwise.
    fn is_configured(self, models: &ModelSet) -> bool {
        models.templates().any(|l| {
            let file = self.at(&self.below(&format!("{l}.toml")));
            file.is_some_and(|(_, text)| CONFIGURES.iter().any(|word| text.contains(word)))
        })
    }

    /// A template with all those that it is made of; nothing if one of them is not there.
    fn gathered(self, mut all: Named, at: String) -> Option<Named> {
        let mut seen = BTreeSet::new();
        let mut todo: Vec<(String, String)> = all.others.drain(..).map(|path| (path, at.clone())).collect();
        while let Some((path, from)) = todo.pop() {
            let (at, text) = self.find(&path, &from)?;
            if seen.insert(at) {
                let more = template::read(text);
                all.words.extend(more.words);
                all.shown.extend(more.shown);
                all.whole.extend(more.whole);
                for (name, sources) in more.bound {
                    all.bound.entry(name).or_default().extend(sources);
                }
                all.called.extend(more.called);
                all.opaque |= more.opaque;
                todo.extend(more.others.into_iter().map(|path| (path, at.to_owned())));
            }
        }
        Some(all)
    }
}

/// What is shown, with what variables are had of that are shown; nothing if a method of the workspace, or a function
/// that is given all, shows something.
fn closed(p: &Program, named: Named) -> Option<Shown> {
    let (mut shown, mut whole) = (named.shown, named.whole);
    let mut todo: Vec<(Name, bool)> = shown.iter().map(|n| (n.clone(), false)).collect();
    todo.extend(whole.iter().map(|n| (n.clone(), true)));
    while let Some((name, all)) = todo.pop() {
        for source in named.bound.get(&name).into_iter().flatten() {
            let (of, all) = match source {
                Source::Name(n) => (n.clone(), all),
                Source::Through(n) => (n.clone(), true),
                Source::Macro(n) => (template::macro_name(n), all),
            };
            let known = if all { &mut whole } else { &mut shown };
            if known.insert(of.clone()) {
                todo.push((of, all));
            }
        }
    }
    let calls = |n: &Name| !p.methods_named(n).is_empty();
    let opens = named.opaque || ["self", "caller"].iter().any(|n| whole.contains(*n) || shown.contains(*n));
    (!opens && !named.called.iter().any(calls)).then_some(Shown { words: named.words, shown, whole })
}
