//! What the templates of types show: of Askama and Sailfish, whose texts are files beside the code or stand in attributes.

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
        let crates = known(p, models, t, def)?;
        let mut files = Files { inputs, folder, mark: None };
        if files.is_configured(&crates) {
            return None;
        }
        if crates.iter().any(|l| models.code_templates().any(|c| c == *l)) {
            files.mark = Some(files.marked(&crates)?);
        }
        let (named, at) = match template::origin(attribute)? {
            Origin::Here(text) => (files.read(&text), String::new()),
            Origin::File(path) => {
                let (at, text) = files.find(&path, "")?;
                (files.read(text), at.to_owned())
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

/// The libraries that are known of which the derive of a template may be.
fn known<'m>(p: &Program, models: &'m ModelSet, t: TypeId, def: &TypeDef) -> Option<Vec<&'m str>> {
    let module = p.type_module(t);
    let derive = def.derives.iter().find(|d| d.starts_with("Template"))?;
    let all = models.templates().chain(models.code_templates());
    let found: Vec<&str> = match p.resolve(module, std::slice::from_ref(derive)).def {
        Some(Def::Ext(path)) => all.filter(|l| path.split("::").next() == Some(*l)).collect(),
        // It is written with its path, of which the last name is kept.
        _ => all.filter(|l| p.depends_on(module, l)).collect(),
    };
    (!found.is_empty()).then_some(found)
}

/// Whether a line says of the folder of templates that it is the usual one.
fn is_usual(line: &str) -> bool {
    line.split_once('=').is_some_and(|(_, said)| matches!(said.trim(), r#"["templates"]"# | r#"["./templates"]"#))
}

/// The templates of a package.
#[derive(Clone, Copy)]
struct Files<'a> {
    inputs: &'a Inputs,
    folder: &'a str,
    /// What marks code of Rust in them; in those of Askama none stands.
    mark: Option<char>,
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

    /// What a template names.
    fn read(self, text: &str) -> Named {
        match self.mark {
            Some(mark) => template::code::read(text, mark),
            None => template::read(text),
        }
    }

    /// The lines of the configurations that libraries have in the package.
    fn configured(self, crates: &[&str]) -> impl Iterator<Item = &'a str> {
        let of = crates.iter().filter_map(|l| self.at(&self.below(&format!("{l}.toml"))));
        of.map(|(_, text)| text).collect::<Vec<_>>().into_iter().flat_map(str::lines)
    }

    /// Whether the package says that its templates lie elsewhere or are written otherwise.
    fn is_configured(self, crates: &[&str]) -> bool {
        self.configured(crates).any(|line| CONFIGURES.iter().any(|word| line.contains(word)) && !is_usual(line))
    }

    /// What marks code in the templates of the package; nothing if that is more than a character.
    fn marked(self, crates: &[&str]) -> Option<char> {
        let said = self.configured(crates).find_map(|line| line.trim().strip_prefix("delimiter"));
        let Some(said) = said else { return Some('%') };
        let mut mark = said.trim_start_matches([' ', '=']).trim().trim_matches(['"', '\'']).chars();
        mark.next().filter(|_| mark.next().is_none())
    }

    /// A template with all those that it is made of; nothing if one of them is not there.
    fn gathered(self, mut all: Named, at: String) -> Option<Named> {
        let mut seen = BTreeSet::new();
        let mut todo: Vec<(String, String)> = all.others.drain(..).map(|path| (path, at.clone())).collect();
        while let Some((path, from)) = todo.pop() {
            let (at, text) = self.find(&path, &from)?;
            if seen.insert(at) {
                let more = self.read(text);
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
