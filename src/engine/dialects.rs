//! The dialect of the SQL in each file.

use super::package_of;
use crate::front::sql::Dialect;
use crate::policy::{Policy, SqlDialect};
use crate::project::{CrateInfo, Dependency, Inputs};
use crate::source::FileId;

/// What is said of dialects, and what packages speak.
pub(super) struct Dialects<'a> {
    inputs: &'a Inputs,
    bound: &'a [SqlDialect],
    packages: Vec<Option<Dialect>>,
}

impl<'a> Dialects<'a> {
    pub(super) fn new(inputs: &'a Inputs, policy: &'a Policy) -> Self {
        Dialects {
            inputs,
            bound: &policy.dialects,
            packages: inputs.crates.iter().map(|c| of_package(inputs, c)).collect(),
        }
    }

    /// The first that is known: that of the configuration, of the policy, of a file of SQL itself, of its package.
    pub(super) fn of(&self, file: FileId, sql: Option<&str>) -> Option<Dialect> {
        let path = self.inputs.sources.path(file);
        let configured = || self.inputs.dialects.get(&file).and_then(|name| Dialect::from_name(name));
        let package = || package_of(&self.inputs.crates, path).and_then(|i| *self.packages.get(i)?);
        configured()
            .or_else(|| self.bound(path))
            .or_else(|| sql.and_then(|text| Dialect::of_file(path, text)))
            .or_else(package)
    }

    /// The one that is bound to the nearest folder; of several for one folder the last.
    fn bound(&self, path: &str) -> Option<Dialect> {
        let folder = |d: &SqlDialect| d.within.clone().unwrap_or_default();
        let here = self.bound.iter().filter(|d| super::folders::lies_in(path, &folder(d)));
        Dialect::from_name(&here.max_by_key(|d| folder(d).len())?.name)
    }
}

/// The dialect of the one database that a package speaks to: by its own libraries, or those of the packages beside it
/// that it uses.
fn of_package(inputs: &Inputs, c: &CrateInfo) -> Option<Dialect> {
    let beside = |d: &Dependency| inputs.crates.iter().find(|x| x.declared && d.folder.as_ref() == Some(&x.folder));
    let libraries = |c: &CrateInfo| c.deps.iter().map(|d| (d.package.clone(), d.features.clone())).collect::<Vec<_>>();
    let own = libraries(c);
    let others = || c.deps.iter().filter_map(beside).flat_map(libraries).collect::<Vec<_>>();
    let agreed = |l: &[(String, Vec<String>)]| Dialect::of_libraries(l.iter().map(|(p, f)| (p.as_str(), f.as_slice())));
    if own.iter().any(|(p, f)| !Dialect::of_library(p, f).is_empty()) { agreed(&own) } else { agreed(&others()) }
}
