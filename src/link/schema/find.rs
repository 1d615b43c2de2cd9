//! Which files define tables, how they belong together, and in which order they ran.

use std::collections::{BTreeMap, BTreeSet};

use super::{distance, project, statements};
use crate::ir::sql::{AlterOp, Define, Kind};
use crate::ir::{Name, Unit};

/// What a file of SQL is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// One step of a folder of migrations.
    Migration,
    /// The way back of one: never replayed.
    Down,
    /// The way back of one of the same version (`U1__x`, Flyway), or a step whose version keeps no order (refinery): the
    /// files beside it say which.
    Undo,
    /// A schema in one file.
    Dump,
    /// Queries.
    Query,
}

/// Files of one schema in order.
#[derive(Default)]
pub(super) struct Group<'a> {
    pub folder: String,
    pub origin: String,
    pub units: Vec<&'a Unit>,
    /// Files that only add to what the others define, and run by themselves.
    pub additions: Vec<&'a Unit>,
    /// Models of a dbt project in the order in which they are made, with their names.
    pub models: Vec<(Name, &'a Unit)>,
}

/// Folder names that hold migrations.
fn is_migrations(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    if lower.starts_with(|c: char| c.is_ascii_digit()) {
        // A step of its own: `2020-09-07-231141_add_migration_utils`.
        return false;
    }
    let parts = || lower.split(['-', '_', '.']);
    parts().any(|p| matches!(p, "migrations" | "migration" | "migrate" | "migs"))
        || lower == "sqitch"
        || lower == "changelog"
}

/// Folder names between a package and its migrations.
fn is_plumbing(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    is_migrations(name)
        || matches!(
            lower.as_str(),
            "db" | "sql"
                | "database"
                | "databases"
                | "schema"
                | "schemas"
                | "resources"
                | "postgres"
                | "postgresql"
                | "pg"
                | "sqlite"
                | "sqlite3"
                | "mysql"
                | "mariadb"
                | "hiqlite"
                | "up"
                | "src"
                | "dump"
                | "deploy"
                | "structure"
                | "init"
                | "docker"
                | "scripts"
                | "ddl"
                | "main"
        )
}

/// Whether a file undoes a migration: it is kept for a day on which things went wrong, and nothing of it is in force.
#[must_use]
pub fn goes_back(path: &str) -> bool {
    matches!(role(path, false), Role::Down | Role::Undo)
}

/// What this file is, by its path and whether it defines tables.
pub(super) fn role(path: &str, defines: bool) -> Role {
    let lower = path.to_ascii_lowercase();
    let file = lower.rsplit('/').next().unwrap_or(&lower);
    let stem = file.strip_suffix(".sql").unwrap_or(file);
    let folders: Vec<&str> = lower.rsplit_once('/').map_or(Vec::new(), |(dir, _)| dir.split('/').collect());
    let in_migrations = folders.iter().any(|f| is_migrations(f));
    let down = stem == "down"
        || stem.ends_with(".down")
        || stem.ends_with("_down")
        || stem.ends_with("-down")
        || stem.ends_with(".undo")
        || folders.last().is_some_and(|f| *f == "down" || *f == "revert")
        || (in_migrations && (stem == "revert" || stem == "rollback" || stem.ends_with(".rollback")));
    let versioned = version(stem).first().is_some_and(|v| *v > 0) || flyway(stem);
    if (in_migrations || versioned || stem == "down") && down {
        return Role::Down;
    }
    if lettered(stem, 'u') {
        return Role::Undo;
    }
    if in_migrations || flyway(stem) || (versioned && defines && stem.len() > 3) {
        return Role::Migration;
    }
    if defines { Role::Dump } else { Role::Query }
}

fn flyway(stem: &str) -> bool {
    lettered(stem, 'v') || stem.starts_with("r__")
}

/// Whether a name is a letter with a version and what the step is for: `V1__x`.
fn lettered(stem: &str, letter: char) -> bool {
    let version = stem.strip_prefix([letter, letter.to_ascii_uppercase()]);
    version.is_some_and(|v| v.starts_with(|c: char| c.is_ascii_digit()) && v.contains("__"))
}

/// The folder and the version of a step that Flyway or refinery reads, if its name begins with that letter.
fn step(path: &str, letter: char) -> Option<(&str, Vec<u64>)> {
    let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
    lettered(file, letter).then(|| (folder, version(file)))
}

/// The numbers at the head of a name: `V1.2__x` is 1, 2. A date is one number: diesel orders
/// `20140924113530_a` and `2017-10-08-193512_b` by their digits.
fn version(stem: &str) -> Vec<u64> {
    let head = stem.split('_').next().unwrap_or(stem);
    let digits = head.replace('-', "");
    if digits.len() >= 8 && head.contains('-') && digits.bytes().all(|b| b.is_ascii_digit()) {
        return digits.parse().into_iter().collect();
    }
    let letters: &[char] = if lettered(stem, 'u') { &['u', 'U'] } else { &['v', 'V'] };
    let digits = stem.strip_prefix(letters).filter(|r| r.starts_with(|c: char| c.is_ascii_digit())).unwrap_or(stem);
    let mut out = Vec::new();
    let mut rest = digits;
    loop {
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        if end == 0 {
            break;
        }
        out.push(rest.get(..end).and_then(|n| n.parse().ok()).unwrap_or(u64::MAX));
        rest = rest.get(end..).unwrap_or_default();
        let Some(more) = rest.strip_prefix(['.', '_', '-']) else { break };
        if !more.starts_with(|c: char| c.is_ascii_digit()) {
            break;
        }
        rest = more;
    }
    out
}

/// The sort key of a migration inside its folder: numbered ones by number, repeatable ones (`R__`) last.
fn key(relative: &str) -> (bool, Vec<u64>, String) {
    let repeatable = relative.rsplit('/').next().is_some_and(|f| f.starts_with("R__") || f.starts_with("r__"));
    let mut numbers = Vec::new();
    for part in relative.split('/') {
        numbers.extend(version(part.strip_suffix(".sql").unwrap_or(part)));
    }
    (repeatable, numbers, relative.to_string())
}

/// The folder of migrations a file belongs to. Steps may have folders of their own (`2020-01-01_x/up.sql`), years too.
fn home(path: &str) -> String {
    let mut folder = path.rsplit_once('/').map_or("", |(dir, _)| dir);
    loop {
        let (up, last) = folder.rsplit_once('/').unwrap_or(("", folder));
        let step = !last.is_empty() && (last.starts_with(|c: char| c.is_ascii_digit()) || last == "up");
        if !step {
            return folder.to_string();
        }
        folder = up;
    }
}

/// The folder that a schema serves: above the folders that only lead to its files.
fn owner(folder: &str) -> String {
    let mut folder = folder;
    while let Some((up, last)) = folder.rsplit_once('/') {
        if !is_plumbing(last) {
            return folder.to_string();
        }
        folder = up;
    }
    if is_plumbing(folder) { String::new() } else { folder.to_string() }
}

/// The schemas among these files.
pub(super) fn groups<'a>(files: &[(&str, &'a Unit)]) -> Vec<Group<'a>> {
    let mut sorted: Vec<(&str, &'a Unit)> = files.to_vec();
    sorted.sort_by_key(|(path, unit)| (*path, unit.file));
    let (mut out, sorted) = project::projects(sorted);
    let mut migrations: BTreeMap<String, Vec<(&str, &'a Unit)>> = BTreeMap::new();
    let mut additions = Vec::new();
    let steps: BTreeSet<_> = sorted.iter().filter_map(|(path, _)| step(path, 'v')).collect();
    let undoes = |path| step(path, 'u').is_some_and(|of| steps.contains(&of));
    for (path, unit) in sorted {
        let defines = statements(unit)
            .iter()
            .any(|s| matches!(s.kind, Kind::Define(Define::Table { temporary: false, .. } | Define::View { .. })));
        match role(path, defines) {
            Role::Undo if undoes(path) => {}
            Role::Undo => migrations.entry(home(path)).or_default().push((path, unit)),
            Role::Migration => migrations.entry(home(path)).or_default().push((path, unit)),
            // A sheet speaks of tables that are defined elsewhere.
            _ if project::is_sheet(path) => additions.push((path, unit)),
            Role::Dump | Role::Query if adds(unit) => additions.push((path, unit)),
            Role::Dump => out.push(Group::dump(path, unit)),
            Role::Down | Role::Query => {}
        }
    }
    for (folder, mut files) in migrations {
        files.sort_by_cached_key(|(path, _)| key(path.strip_prefix(&folder).unwrap_or(path).trim_start_matches('/')));
        let units = files.into_iter().map(|(_, unit)| unit).collect();
        out.push(Group { folder: owner(&folder), origin: folder, units, ..Group::default() });
    }
    out.sort_by(|a, b| (&a.folder, &a.origin).cmp(&(&b.folder, &b.origin)));
    for (path, unit) in additions {
        match nearest(&mut out, path) {
            Some(group) => group.additions.push(unit),
            None if adds(unit) => out.push(Group::dump(path, unit)),
            None => {}
        }
    }
    out
}

impl<'a> Group<'a> {
    fn dump(path: &str, unit: &'a Unit) -> Group<'a> {
        let folder = path.rsplit_once('/').map_or("", |(dir, _)| dir);
        Group { folder: owner(folder), origin: path.to_string(), units: vec![unit], ..Group::default() }
    }
}

/// Whether a file only adds to a schema that stands elsewhere: views, tables made from others, routines, triggers,
/// foreign keys. What renames or drops may be run at any time, or never, and is left alone.
fn adds(unit: &Unit) -> bool {
    let mut any = false;
    for statement in statements(unit) {
        let Kind::Define(define) = &statement.kind else { continue };
        any |= match define {
            Define::Table { query: Some(_), .. } | Define::View { .. } | Define::Trigger(_) => true,
            Define::Routine(routine) => !routine.name.name.is_empty(),
            Define::Alter { ops, .. } if ops.iter().all(|op| matches!(op, AlterOp::Foreign(_))) => !ops.is_empty(),
            Define::Comment { .. } | Define::Mask { .. } | Define::Path(_) => false,
            Define::Table { temporary: true, .. } => false,
            Define::Drop(_) | Define::DropRoutine(_) | Define::DropTrigger(_) => false,
            Define::Table { .. }
            | Define::Alter { .. }
            | Define::Type { .. }
            | Define::DropSchema(_)
            | Define::RenameSchema(..) => return false,
        };
    }
    any
}

/// The schema that a file belongs to by its place: that of the same folder, else of the nearest one above.
fn nearest<'g, 'a>(groups: &'g mut [Group<'a>], path: &str) -> Option<&'g mut Group<'a>> {
    let folder = path.rsplit_once('/').map_or("", |(dir, _)| dir);
    let beside = |g: &Group<'_>| g.origin.rsplit_once('/').map_or("", |(dir, _)| dir) == folder;
    groups.iter_mut().min_by_key(|g| (!beside(g), distance(&g.folder, path)))
}
