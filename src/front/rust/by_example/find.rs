//! Which definition a call means, by its path, its place and what is imported.
//!
//! Names of macros follow rules of their own: the order of the text first, then paths. Modules are not resolved
//! here, so the nearest definition is taken where there are several: in the same file, in a module around the
//! caller's, in the same package, in a package it depends on. What stays open is not guessed.

use syn::Macro;

use super::super::{Cx, types};
use super::definitions::{Definition, folder_of_children};
use crate::ir::Name;
use crate::source::FileId;

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
    /// What a call means by what is in scope, by an import or by its path.
    pub(super) fn macro_near(&self, mac: &Macro) -> Found {
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
            return self.by_path(&path, global, own);
        }
        let at = self.span(last.ident.span()).lo;
        let before = self.latest(&name, |d| d.file == self.file && d.reaches(at));
        let imported = self.unit.uses.iter().rev().find(|u| u.name.as_ref() == Some(&name) && u.path.len() > 1);
        // An import may name a function alone, which has the name besides.
        let by_import = || imported.map_or(Found::Nothing, |used| self.by_path(&used.path, false, own));
        before.or(by_import).or(|| self.around(&name, own)).or(|| {
            let writer = self.macros.package_of_writer(self.places.writer(last.ident.span()));
            let writer = writer.filter(|_| imported.is_none());
            writer.map_or(Found::Nothing, |package| self.of_package(std::slice::from_ref(&name), package, own))
        })
    }

    /// What a call means that nothing nearer explains, by a glob import or `#[macro_use] extern crate`: a macro of
    /// the package that is not in scope by the order of the text, or one that a dependency exports.
    pub(super) fn macro_far(&self, mac: &Macro) -> Found {
        let table = self.macros.table;
        let Some(ident) = mac.path.get_ident() else { return Found::Nothing };
        let name = types::name(ident);
        if table.named(&name).is_empty() || self.unit.uses.iter().any(|u| u.name.as_ref() == Some(&name)) {
            return Found::Nothing;
        }
        let Some(own) = table.package_of(self.file) else { return Found::Nothing };
        let path = [name];
        self.of_package(&path, own, own).or(|| {
            let deps = table.package(own).into_iter().flat_map(|p| p.deps.keys());
            let mut packages: Vec<usize> = deps.filter_map(|dep| table.dependency(own, dep)).collect();
            packages.sort_unstable();
            packages.dedup();
            let mut all = packages.into_iter().filter(|p| *p != own).map(|p| self.of_package(&path, p, own));
            let first = all.find(|found| *found != Found::Nothing).unwrap_or(Found::Nothing);
            if all.any(|found| found != Found::Nothing) { Found::Open } else { first }
        })
    }

    fn by_path(&self, path: &[Name], global: bool, own: usize) -> Found {
        match self.leads(path, global, own) {
            Some(package) => self.of_package(path, package, own),
            None => Found::Nothing,
        }
    }

    /// The package of the workspace that a path leads into. What stands between it and the name are modules of it, or
    /// it leads out of it again: `$crate::tokio::join!` is a macro of `tokio`.
    fn leads(&self, path: &[Name], global: bool, own: usize) -> Option<usize> {
        let package = self.begins_in(path, global, own)?;
        let between = path.get(1..path.len().saturating_sub(1)).unwrap_or(&[]);
        let here = |name: &Name| package == own && self.unit.modules.iter().any(|m| m.name == *name);
        let is_module = |name: &&Name| {
            matches!(name.as_str(), "self" | "super") || here(name) || self.macros.table.has_module(package, name)
        };
        match between.iter().find(|name| !is_module(name)) {
            Some(out) => self.macros.table.dependency(package, out),
            None => Some(package),
        }
    }

    /// The package of the workspace that a path leads into by its first segment.
    fn begins_in(&self, path: &[Name], global: bool, own: usize) -> Option<usize> {
        let first = path.first()?;
        let inside = |name: &str| matches!(name, "crate" | "self" | "super");
        if global {
            return self.macros.table.dependency(own, first);
        }
        if inside(first) || self.unit.modules.iter().skip(1).any(|m| m.name == *first) {
            return Some(own);
        }
        // `use crate::macros; macros::m!()`
        let bound = self.unit.uses.iter().find(|u| u.name.as_ref() == Some(first) && u.path.first() != Some(first));
        match bound.and_then(|u| u.path.first()) {
            Some(start) if inside(start) => Some(own),
            start => self.macros.table.dependency(own, start.unwrap_or(first)),
        }
    }

    /// A definition of another file of the package that is in scope by the order of the text.
    fn around(&self, name: &Name, own: usize) -> Found {
        let table = self.macros.table;
        let files = self.files(name, |d| table.package_of(d.file) == Some(own) && d.file != self.file);
        let nearest = files.iter().filter_map(|f| self.distance(*f)).max();
        self.of_files(name, &files, |f| nearest.is_some() && self.distance(f) == nearest, |_| true)
    }

    /// A definition of a package by the last names of its path: in the same file, in that which the path names, in
    /// one around the caller's, or in any.
    fn of_package(&self, path: &[Name], package: usize, own: usize) -> Found {
        let table = self.macros.table;
        let Some(name) = path.last() else { return Found::Nothing };
        let visible = |d: &Definition| table.package_of(d.file) == Some(package) && (package == own || d.exported);
        let files = self.files(name, visible);
        let module = path.iter().rev().nth(1).map(Name::as_str);
        let is_named = |f: FileId| folder_of_children(table.path(f)).rsplit('/').next() == module;
        let nearest = files.iter().filter_map(|f| self.distance(*f)).max();
        self.of_files(name, &files, |f| f == self.file, visible)
            .or(|| self.of_files(name, &files, is_named, visible))
            .or(|| self.of_files(name, &files, |f| nearest.is_some() && self.distance(f) == nearest, visible))
            .or(|| self.of_files(name, &files, |_| true, visible))
    }

    /// Files with a definition of this name.
    fn files(&self, name: &Name, fits: impl Fn(&Definition) -> bool) -> Vec<FileId> {
        let table = self.macros.table;
        let mut files: Vec<FileId> =
            table.named(name).iter().filter_map(|i| table.get(*i)).filter(|d| fits(d)).map(|d| d.file).collect();
        files.dedup();
        files
    }

    /// How near the modules are to the caller's in which the macros of a file are in scope; `None` if it is in none.
    fn distance(&self, file: FileId) -> Option<usize> {
        let scope = self.macros.table.scope(file);
        let rest = self.macros.table.path(self.file).strip_prefix(scope)?;
        (scope.is_empty() || rest.starts_with('/')).then_some(scope.len())
    }

    /// The definition in the one of these files that is meant; of several only if they say the same, as programs of
    /// one package may.
    fn of_files(
        &self,
        name: &Name,
        files: &[FileId],
        meant: impl Fn(FileId) -> bool,
        visible: impl Fn(&Definition) -> bool,
    ) -> Found {
        let table = self.macros.table;
        let mut files = files.iter().copied().filter(|f| meant(*f));
        let Some(first) = files.next() else { return Found::Nothing };
        let rules = |file: FileId| {
            let all = table.named(name).iter().filter_map(|i| table.get(*i));
            all.filter(|d| d.file == file && visible(d)).map(|d| d.rules()).collect::<Vec<_>>()
        };
        if files.any(|f| rules(f) != rules(first)) {
            return Found::Open;
        }
        self.latest(name, |d| d.file == first && visible(d))
    }

    /// The last of the definitions that fit, with those before it that a `cfg` may put in its place. Those of tests
    /// only if there is no other.
    fn latest(&self, name: &Name, fits: impl Fn(&Definition) -> bool) -> Found {
        let table = self.macros.table;
        let all = table.named(name).iter().filter_map(|i| Some((*i, table.get(*i)?)));
        let list: Vec<(usize, &Definition)> = all.filter(|(_, d)| fits(d)).collect();
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
