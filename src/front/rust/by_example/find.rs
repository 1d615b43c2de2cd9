//! Which definition a call means, by its path, its place and what is imported.
//!
//! Names of macros follow rules of their own: the order of the text first, then paths. Modules are not resolved
//! here, so the nearest definition is taken where there are several: in the same file, in a module around the
//! caller's, in the same package, in a package it depends on. What stays open is not guessed.

use syn::Macro;

use super::super::{Cx, types};
use super::definitions::Definition;
use crate::ir::Name;

/// What a call means.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// No macro of the workspace.
    Nothing,
    /// These definitions; several if a `cfg` chooses.
    These(Vec<usize>),
    /// Several definitions, and no telling which.
    Open,
}

impl Found {
    fn or(self, other: impl FnOnce() -> Found) -> Found {
        if self == Found::Nothing { other() } else { self }
    }
}

impl Cx<'_> {
    /// What a call means by the file's own scopes, its imports or its path.
    pub(super) fn macro_found(&self, mac: &Macro) -> Found {
        let table = self.macros.table;
        let Some(last) = mac.path.segments.last() else { return Found::Nothing };
        let name = types::name(&last.ident);
        if table.named(&name).is_empty() && !self.renames {
            return Found::Nothing;
        }
        let Some(own) = table.package_of(self.file) else { return Found::Nothing };
        let global = mac.path.leading_colon.is_some();
        if mac.path.segments.len() > 1 || global {
            let path: Vec<Name> = mac.path.segments.iter().map(|s| types::name(&s.ident)).collect();
            return self.of_path(&path, global, own);
        }
        let at = self.span(last.ident.span()).lo;
        let in_scope = self.latest(table.named(&name), |d| d.file == self.file && d.reaches(at));
        let imported = self.unit.uses.iter().rev().find(|u| u.name.as_ref() == Some(&name) && u.path.len() > 1);
        in_scope.or(|| match imported {
            Some(used) => self.of_path(&used.path, false, own),
            None => {
                let path = [name];
                self.of_package(&path, own, own).or(|| {
                    let writer = self.macros.package_of_writer(self.places.writer(last.ident.span()));
                    writer.map_or(Found::Nothing, |package| self.of_package(&path, package, own))
                })
            }
        })
    }

    fn of_path(&self, path: &[Name], global: bool, own: usize) -> Found {
        match self.leads(own, path, global) {
            Some(package) => self.of_package(path, package, own),
            None => Found::Nothing,
        }
    }

    /// What a call means that nothing nearer explains: a macro that a package exports on which this one depends.
    pub(super) fn macro_exported(&self, mac: &Macro) -> Found {
        let table = self.macros.table;
        let Some(ident) = mac.path.get_ident() else { return Found::Nothing };
        let name = types::name(ident);
        let Some(own) = table.package_of(self.file) else { return Found::Nothing };
        if table.named(&name).is_empty() || self.unit.uses.iter().any(|u| u.name.as_ref() == Some(&name)) {
            return Found::Nothing;
        }
        let deps = table.package(own).map(|p| &p.deps);
        let mut packages: Vec<usize> = deps
            .into_iter()
            .flat_map(|deps| deps.keys())
            .filter_map(|dep| table.dependency(own, dep))
            .filter(|package| *package != own)
            .collect();
        packages.sort_unstable();
        packages.dedup();
        let mut all = packages.into_iter().map(|p| self.of_package(&[name.clone()], p, own));
        let first = all.find(|found| *found != Found::Nothing).unwrap_or(Found::Nothing);
        if all.any(|found| found != Found::Nothing) { Found::Open } else { first }
    }

    /// The package of the workspace that a path leads into by its first segment.
    fn leads(&self, own: usize, path: &[Name], global: bool) -> Option<usize> {
        let first = path.first()?;
        let inside = |name: &str| matches!(name, "crate" | "self" | "super");
        if !global {
            if inside(first) || self.unit.modules.iter().skip(1).any(|m| m.name == *first) {
                return Some(own);
            }
            // `use crate::macros; macros::m!()`
            let bound = self.unit.uses.iter().find(|u| u.name.as_ref() == Some(first) && u.path.first() != Some(first));
            if let Some(bound) = bound {
                return bound.path.first().is_some_and(|f| inside(f)).then_some(own);
            }
        }
        self.macros.table.dependency(own, first)
    }

    /// A definition of a package by the last names of its path.
    fn of_package(&self, path: &[Name], package: usize, own: usize) -> Found {
        let table = self.macros.table;
        let Some(name) = path.last() else { return Found::Nothing };
        let all = table.named(name);
        let visible = |d: &Definition| table.package_of(d.file) == Some(package) && (package == own || d.exported);
        let here = self.latest(all, |d| d.file == self.file && visible(d));
        if here != Found::Nothing {
            return here;
        }
        // In which of its files: that which the path names, else the module nearest around the caller's.
        let mut files: Vec<_> =
            all.iter().filter_map(|i| table.get(*i)).filter(|d| visible(d)).map(|d| d.file).collect();
        files.dedup();
        let module = path.iter().rev().nth(1).filter(|m| !matches!(m.as_str(), "crate" | "self" | "super"));
        let named: Vec<_> = files
            .iter()
            .copied()
            .filter(|f| module.is_some_and(|m| folder_of_children(table.path(*f)).rsplit('/').next() == Some(m)))
            .collect();
        if !named.is_empty() {
            files = named;
        }
        let caller = table.path(self.file);
        let around = |path: &str| {
            let folder = folder_of_children(path);
            let rest = caller.strip_prefix(folder)?;
            (folder.is_empty() || rest.starts_with('/') || rest.starts_with(".rs")).then_some(folder.len())
        };
        let nearest = files.iter().filter_map(|f| around(table.path(*f))).max();
        if let Some(nearest) = nearest {
            files.retain(|f| around(table.path(*f)) == Some(nearest));
        }
        match files.as_slice() {
            [] => Found::Nothing,
            [file] => self.latest(all, |d| d.file == *file && visible(d)),
            _ => {
                let mut texts =
                    all.iter().filter_map(|i| table.get(*i)).filter(|d| files.contains(&d.file) && visible(d));
                let first = texts.next().map(Definition::rules);
                if texts.any(|d| Some(d.rules()) != first) {
                    return Found::Open;
                }
                self.latest(all, |d| files.contains(&d.file) && visible(d))
            }
        }
    }

    /// The last of the definitions that fit, with those before it that a `cfg` may put in its place. Those of tests
    /// only if there is no other.
    fn latest(&self, all: &[usize], fits: impl Fn(&Definition) -> bool) -> Found {
        let list: Vec<(usize, &Definition)> =
            all.iter().filter_map(|i| Some((*i, self.macros.table.get(*i)?))).filter(|(_, d)| fits(d)).collect();
        let mut chosen = Vec::new();
        for (i, definition) in list.iter().rev().filter(|(_, d)| !d.test) {
            chosen.push(*i);
            if !definition.conditional {
                break;
            }
        }
        if chosen.is_empty() {
            chosen.extend(list.last().map(|(i, _)| *i));
        }
        if chosen.is_empty() { Found::Nothing } else { Found::These(chosen) }
    }
}

/// The folder in which the modules of a file are sought.
fn folder_of_children(path: &str) -> &str {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    match name {
        "mod.rs" | "lib.rs" | "main.rs" => folder,
        _ => path.strip_suffix(".rs").unwrap_or(path),
    }
}
