//! Reads the model files and indexes their rows.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use rustc_hash::FxHashSet;
use serde::Deserialize;
use smol_str::SmolStr;

use super::sig::{parse_row, parse_ty};
use super::{ModelTy, Row, TypeModel, TypeModels};

/// The model files, as embedded in the binary.
const FILES: &[(&str, &str)] = &[
    ("std.yaml", include_str!("../../models/rust/std.yaml")),
    ("reqwest.yaml", include_str!("../../models/rust/reqwest.yaml")),
    ("sqlx.yaml", include_str!("../../models/rust/sqlx.yaml")),
    ("diesel.yaml", include_str!("../../models/rust/diesel.yaml")),
    ("web_more.yaml", include_str!("../../models/rust/web_more.yaml")),
    ("terminal.yaml", include_str!("../../models/rust/terminal.yaml")),
    ("databases_more.yaml", include_str!("../../models/rust/databases_more.yaml")),
    ("libraries.yaml", include_str!("../../models/rust/libraries.yaml")),
    ("sea.yaml", include_str!("../../models/rust/sea.yaml")),
    ("databases.yaml", include_str!("../../models/rust/databases.yaml")),
    ("web.yaml", include_str!("../../models/rust/web.yaml")),
    ("logging.yaml", include_str!("../../models/rust/logging.yaml")),
    ("common.yaml", include_str!("../../models/rust/common.yaml")),
];

/// One file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// Crates it speaks of; their other functions are libraries that keep nothing.
    #[serde(default)]
    crates: Vec<SmolStr>,
    /// Paths under which a crate shows items of another place: `sea_orm::sea_query` is `sea_query`.
    #[serde(default)]
    reexports: BTreeMap<SmolStr, SmolStr>,
    #[serde(default)]
    types: BTreeMap<String, TypeEntry>,
    #[serde(default)]
    rows: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TypeEntry {
    #[serde(default)]
    transparent: bool,
    #[serde(default)]
    shared: bool,
    deref: Option<String>,
    alias: Option<String>,
}

/// All models.
#[derive(Clone, Debug, Default)]
pub struct ModelSet {
    rows: Vec<Row>,
    by_path: BTreeMap<SmolStr, Vec<u32>>,
    types: TypeModels,
    crates: Vec<SmolStr>,
    reexports: BTreeMap<SmolStr, SmolStr>,
}

impl ModelSet {
    /// The paths of all types and functions.
    #[must_use]
    pub fn paths(&self) -> FxHashSet<SmolStr> {
        let functions = self.by_path.keys().filter(|p| p.contains("::") && !p.starts_with('_'));
        let parents = functions.clone().filter_map(|p| p.rsplit_once("::")).map(|(of, _)| SmolStr::from(of));
        self.types.keys().chain(functions).cloned().chain(parents).collect()
    }

    /// Paths under which a crate shows items of another place, and that place; longer ones first.
    #[must_use]
    pub fn reexports(&self) -> Vec<(SmolStr, SmolStr)> {
        let mut out: Vec<(SmolStr, SmolStr)> = self.reexports.iter().map(|(a, b)| (a.clone(), b.clone())).collect();
        out.sort_by_key(|(a, _)| std::cmp::Reverse(a.len()));
        out
    }

    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The row with this index.
    #[must_use]
    pub fn row(&self, id: u32) -> Option<&Row> {
        self.rows.get(id as usize)
    }

    /// The first row with this path that takes so many arguments, else the first with this path.
    #[must_use]
    pub fn find(&self, path: &str, args: usize) -> Option<u32> {
        let ids = self.by_path.get(path)?;
        ids.iter()
            .find(|id| self.rows.get(**id as usize).is_some_and(|r| r.takes(args)))
            .or_else(|| ids.first())
            .copied()
    }

    /// The first row with this path that takes so many arguments.
    #[must_use]
    pub fn find_exact(&self, path: &str, args: usize) -> Option<u32> {
        self.find(path, args).filter(|id| self.rows.get(*id as usize).is_some_and(|r| r.takes(args)))
    }

    /// What is known of a type.
    #[must_use]
    pub fn type_model(&self, path: &str) -> Option<&TypeModel> {
        self.types.get(path)
    }

    /// Whether a crate is known to be a library.
    #[must_use]
    pub fn knows_crate(&self, name: &str) -> bool {
        self.crates.iter().any(|c| c == name)
    }

    /// Adds the rows of one file; the error names the row.
    fn add(&mut self, name: &str, text: &str) -> Result<(), String> {
        let file: File = serde_yaml::from_str(text).map_err(|e| format!("{name}: {e}"))?;
        self.crates.extend(file.crates);
        self.reexports.extend(file.reexports);
        for (key, entry) in file.types {
            let parsed = parse_ty(&key).map_err(|e| format!("{name}: {key}: {e}"))?;
            let ModelTy::Path(path, args) = parsed else { return Err(format!("{name}: {key}: not a type")) };
            let vars = args
                .iter()
                .map(|a| {
                    if let ModelTy::Var(v) = a { Ok(v.clone()) } else { Err(format!("{name}: {key}: not a variable")) }
                })
                .collect::<Result<Vec<_>, _>>()?;
            let ty =
                |t: &Option<String>| t.as_deref().map(parse_ty).transpose().map_err(|e| format!("{name}: {key}: {e}"));
            let model = TypeModel {
                vars,
                transparent: entry.transparent,
                shared: entry.shared,
                deref: ty(&entry.deref)?,
                alias: ty(&entry.alias)?,
            };
            self.types.insert(path, model);
        }
        for (signature, effects) in file.rows {
            let row = parse_row(&signature, &effects).map_err(|e| format!("{name}: {signature}: {e}"))?;
            let id = self.rows.len() as u32;
            self.by_path.entry(row.path.clone()).or_default().push(id);
            self.rows.push(row);
        }
        Ok(())
    }
}

/// The models that ship with Purlin, read once; what could not be read stands beside them as text (a defect of ours).
#[must_use]
pub fn embedded() -> &'static (ModelSet, Vec<String>) {
    static MODELS: LazyLock<(ModelSet, Vec<String>)> = LazyLock::new(|| {
        let mut set = ModelSet::default();
        let problems = FILES.iter().filter_map(|(name, text)| set.add(name, text).err()).collect();
        (set, problems)
    });
    &MODELS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_understood() {
        let (set, problems) = embedded();
        assert_eq!(*problems, Vec::<String>::new());
        assert!(set.rows.len() > 100);
    }
}
