//! dbt projects: which files belong to one, and in which order its models are made.

use std::collections::BTreeMap;

use super::find::Group;
use super::mentions::Mentions;
use super::statements;
use crate::ir::sql::{Kind, Query, Statement, TableName};
use crate::ir::{Name, Unit};
use crate::source::FileId;

const FILE: &str = "dbt_project.yml";

/// Takes the files of dbt projects out of a sorted list.
pub(super) fn projects<'p, 'a>(files: Vec<(&'p str, &'a Unit)>) -> (Vec<Group<'a>>, Vec<(&'p str, &'a Unit)>) {
    let mut roots: Vec<&str> = files
        .iter()
        .filter_map(|(path, _)| path.strip_suffix(FILE))
        .filter(|r| r.is_empty() || r.ends_with('/'))
        .collect();
    // A project inside another uses it as a package: they are one.
    roots.sort_by_key(|r| r.len());
    let mut groups: BTreeMap<&str, Group<'a>> = BTreeMap::new();
    let mut rest = Vec::new();
    for (path, unit) in files {
        let sheet = is_sheet(path);
        let Some(root) = roots.iter().find(|r| path.starts_with(**r)) else {
            // A sheet outside of any project speaks of tables that are defined elsewhere: a dataset.
            rest.push((path, unit));
            continue;
        };
        let group = groups.entry(root).or_default();
        let folder = path.get(root.len()..).unwrap_or_default();
        let model = folder.split('/').any(|f| f == "models" || f == "snapshots");
        if sheet {
            group.units.push(unit);
        } else if model {
            group.models.push((stem(path), unit));
        } else {
            rest.push((path, unit));
        }
    }
    let groups = groups
        .into_iter()
        .map(|(root, mut group)| {
            let folder = root.trim_end_matches('/').to_owned();
            group.origin = if folder.is_empty() { FILE.to_owned() } else { folder.clone() };
            group.folder = folder;
            group.models = ordered(group.models);
            group
        })
        .collect();
    (groups, rest)
}

/// Whether a file describes tables rather than being SQL.
pub(super) fn is_sheet(path: &str) -> bool {
    [".yml", ".yaml", ".csv"].iter().any(|ext| path.ends_with(ext))
}

fn stem(path: &str) -> Name {
    let file = path.rsplit('/').next().unwrap_or(path);
    Name::new(file.strip_suffix(".sql").unwrap_or(file).to_lowercase())
}

/// The query that a model is: the last statement of its file.
pub(super) fn model_of(unit: &Unit) -> Option<(u32, &Statement, &Query)> {
    let (i, statement) = (0u32..).zip(statements(unit)).filter(|(_, s)| s.kind != Kind::Inert).last()?;
    match &statement.kind {
        Kind::Query(query) => Some((i, statement, query)),
        Kind::Define(_) | Kind::Inert | Kind::Unknown => None,
    }
}

/// Models after those that they name.
fn ordered(models: Vec<(Name, &Unit)>) -> Vec<(Name, &Unit)> {
    let by_name: BTreeMap<Name, usize> = models.iter().enumerate().map(|(i, (name, _))| (name.clone(), i)).collect();
    let needs: Vec<Vec<usize>> = models
        .iter()
        .map(|(_, unit)| {
            let mut named: Vec<TableName> = Vec::new();
            if let Some((_, _, query)) = model_of(unit) {
                named = Mentions::of_query(query).tables;
            }
            named.iter().filter_map(|t| by_name.get(&t.name).copied()).collect()
        })
        .collect();
    let mut done: Vec<bool> = vec![false; models.len()];
    let mut order: Vec<usize> = Vec::with_capacity(models.len());
    for start in 0..models.len() {
        // A stack instead of recursion: projects may be deep. The flag says that what it needs was pushed.
        let mut stack = vec![(start, false)];
        while let Some((at, ready)) = stack.pop() {
            if done.get(at).copied().unwrap_or(true) {
                continue;
            }
            let open =
                needs.get(at).into_iter().flatten().filter(|n| !done.get(**n).copied().unwrap_or(true) && !ready);
            let open: Vec<(usize, bool)> = open.map(|n| (*n, false)).collect();
            if open.is_empty() {
                if let Some(d) = done.get_mut(at) {
                    *d = true;
                }
                order.push(at);
            } else {
                stack.push((at, true));
                stack.extend(open);
                // What needs itself in a circle is made when it comes up again.
                if stack.len() > models.len() * 4 + 16 {
                    stack.truncate(1);
                }
            }
        }
    }
    order.into_iter().filter_map(|i| models.get(i).cloned()).collect()
}

/// A model of a run: where it stands and what it makes.
#[derive(Clone, Debug)]
pub struct Model {
    /// Its file.
    pub file: FileId,
    /// The number of its statement.
    pub statement: u32,
    /// Its table.
    pub table: u32,
}
