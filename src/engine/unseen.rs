//! What was not seen: labels at what no code has, and texts of Rust that no module reaches. Without a word of them a run
//! of which nothing was understood would look like a clean one.

use std::collections::{BTreeMap, BTreeSet};

use super::bind::OF_ANOTHER_CRATE;
use super::statements::inside;
use super::{Ready, package_of};
use crate::diag::{self, Diagnostic};
use crate::ir::{self, GapKind, Name};
use crate::judge::Unseen;
use crate::link::program::{Def, Program, TypeId};
use crate::link::sqlfn::{ColumnId, SqlFn, SqlSource};
use crate::link::ty::{Ty, all_fields, field_ty, inner};
use crate::project::{CrateInfo, Inputs};
use crate::source::{FileId, Span};

/// Tables and types with labels of which no code was seen.
pub(super) fn labels(ready: &Ready) -> Vec<Unseen> {
    let mut out = tables(ready);
    out.extend(types(ready));
    out.sort_by(|a, b| (a.at, a).cmp(&(b.at, b)));
    out
}

/// Labelled tables that no statement reads or writes. Several schemas may have a table of one name, for one database
/// each: that one of them is spoken of suffices.
fn tables(ready: &Ready) -> Vec<Unseen> {
    let seeds = &ready.bound.seeds;
    let name = |(schema, table): (u32, u32)| {
        let table = ready.schemas.list.get(schema as usize)?.tables.get(table as usize)?;
        Some(table.name.to_lowercase())
    };
    let statements = inside(&ready.sql).map(|(_, f)| f).chain(ready.jobs.iter().map(|j| &j.sql));
    let touched: BTreeSet<(u32, u32)> = statements.flat_map(tables_of).collect();
    let seen: BTreeSet<String> = touched.into_iter().filter_map(name).collect();
    let entry = |seed: &u32| seeds.entries.get(*seed as usize);
    // What a label says of a field it says of the field's column too.
    let of_fields: BTreeSet<Span> = seeds.fields.values().filter_map(entry).map(|e| e.labelled).collect();
    let mut out: BTreeMap<String, Unseen> = BTreeMap::new();
    for (id, seed) in &seeds.columns {
        let Some(table) = ready.schemas.list.get(id.schema as usize).and_then(|s| s.tables.get(id.table as usize))
        else {
            continue;
        };
        let Some(entry) = entry(seed).filter(|e| !of_fields.contains(&e.labelled)) else { continue };
        let key = table.name.to_lowercase();
        if seen.contains(&key) || table.view.is_some() {
            continue;
        }
        let column = table.columns.get(id.column as usize).map(|c| c.name.to_string());
        let unseen = out.entry(key).or_insert_with(|| nothing_of(table.name.to_string(), true, entry.labelled));
        add(unseen, entry.labelled, column.as_deref());
    }
    out.into_values().collect()
}

/// A table or type of which nothing that is labelled was named yet.
fn nothing_of(name: String, table: bool, at: Span) -> Unseen {
    Unseen { name, labelled: BTreeSet::new(), table, at }
}

/// One of its labels: where it stands, and the column or field.
fn add(unseen: &mut Unseen, at: Span, part: Option<&str>) {
    unseen.at = unseen.at.min(at);
    unseen.labelled.extend(part.map(|p| format!("`{p}`")));
}

/// The tables of which a statement names, gives, writes or deletes anything.
fn tables_of(f: &SqlFn) -> BTreeSet<(u32, u32)> {
    let read = f.outputs.iter().flat_map(|o| &o.from).chain(f.writes.iter().flat_map(|w| &w.from));
    let given = read.filter_map(|from| match from.source {
        SqlSource::Column(id) => Some(id),
        SqlSource::Param(_) | SqlSource::Hole(_) => None,
    });
    let named = f.uses.iter().map(|u| u.column).chain(f.writes.iter().map(|w| w.column)).chain(given);
    let deleted = f.deletes.iter().map(|(schema, table, _)| (*schema, *table));
    named.map(|id: ColumnId| (id.schema, id.table)).chain(deleted).collect()
}

/// Labelled types of which no function has a value.
fn types(ready: &Ready) -> Vec<Unseen> {
    let (p, seeds) = (&ready.program, &ready.bound.seeds);
    let fields = seeds.fields.iter().map(|((t, _, name), seed)| (*t, Some(name), *seed));
    let labelled: Vec<(TypeId, Option<&Name>, u32)> =
        fields.chain(seeds.types.iter().map(|(t, seed)| (*t, None, *seed))).collect();
    if labelled.is_empty() {
        return Vec::new();
    }
    let seen = had(ready);
    let mut out: BTreeMap<TypeId, Unseen> = BTreeMap::new();
    for (t, field, seed) in labelled.into_iter().filter(|(t, ..)| !seen.contains(t)) {
        let Some(entry) = seeds.entries.get(seed as usize) else { continue };
        let unseen = out.entry(t).or_insert_with(|| nothing_of(p.type_path(t).to_string(), false, entry.labelled));
        add(unseen, entry.labelled, field.map(Name::as_str));
    }
    out.into_values().collect()
}

/// The types of which some function has a value, with those that are inside of them.
fn had(ready: &Ready) -> BTreeSet<TypeId> {
    let p = &ready.program;
    let (mut out, mut todo) = (BTreeSet::new(), Vec::new());
    for f in p.func_ids().filter(|f| !p.is_test(*f)) {
        let Some(typed) = ready.typed.get(f.0 as usize) else { continue };
        typed.locals.iter().for_each(|ty| ty.each(&mut |t| todo.push(t)));
        // What a function of a type gives that only a derive knows is mostly one.
        todo.extend(typed.sites.iter().filter_map(|s| s.of));
    }
    while let Some(t) = todo.pop() {
        if out.insert(t) {
            inner(p, ready.models, t, &mut |t| todo.push(t));
        }
    }
    out
}

/// Lines that name something of a library which no code uses that was seen, with what that may have meant.
pub(super) fn foreign(ready: &Ready) -> Vec<(Name, Option<Name>, Span)> {
    let lines = &ready.bound.foreign;
    if lines.is_empty() {
        return Vec::new();
    }
    let used = used(ready);
    let is_used = |line: &str| {
        let below = format!("{line}::");
        used.contains(line) || used.range(below.as_str()..).next().is_some_and(|path| path.starts_with(&below))
    };
    let nearest = |line: &str| {
        let krate = line.split("::").next().unwrap_or(line);
        let of_crate = used.iter().copied().filter(|path| path.split("::").next() == Some(krate));
        diag::suggest(line, of_crate).map(Name::from)
    };
    let unused = lines.iter().filter(|(line, _)| !is_used(line));
    unused.map(|(line, at)| (line.clone(), nearest(line), *at)).collect()
}

/// What the code uses of other crates.
fn used(ready: &Ready) -> BTreeSet<&str> {
    let p = &ready.program;
    let mut used: BTreeSet<&str> = BTreeSet::new();
    for f in p.all_ids().filter(|f| !p.is_test(*f)) {
        let Some(t) = ready.typed.get(f.0 as usize) else { continue };
        used.extend(t.sites.iter().map(|s| s.symbol.trim_end_matches('!')));
        let named =
            t.paths.iter().filter_map(|res| if let Some(Def::Ext(n)) = &res.def { Some(n.as_str()) } else { None });
        used.extend(named);
        t.locals.iter().for_each(|ty| names_in(ty, &mut used));
        used.extend(p.func(f).into_iter().flat_map(|def| &def.attrs).map(|a| a.path.as_str()));
    }
    used
}

/// Lines that label a field of a type of another crate which no code here names (B01): nothing tells which values are
/// of it.
pub(super) fn unnamed(ready: &Ready) -> Vec<Diagnostic> {
    let lines = &ready.bound.foreign_types;
    if lines.is_empty() {
        return Vec::new();
    }
    let p = &ready.program;
    let mut named: BTreeSet<Name> = used(ready).into_iter().map(Name::from).collect();
    for t in (0..p.types.len() as u32).map(TypeId) {
        for (variant, field) in all_fields(p, t) {
            let ty = field_ty(p, ready.models, &Ty::Adt(t, [].into()), variant, &field);
            let mut names = BTreeSet::new();
            names_in(&ty, &mut names);
            named.extend(names.into_iter().map(Name::from));
        }
    }
    let problem = |at| Diagnostic::error("B01", "this binding cannot mean that", at, OF_ANOTHER_CRATE);
    lines.iter().filter(|(of, _)| !named.contains(of)).map(|(_, at)| problem(*at)).collect()
}

/// The types of other crates that a type names.
fn names_in<'t>(ty: &'t Ty, out: &mut BTreeSet<&'t str>) {
    if let Ty::Ext(name, _) = ty {
        out.insert(name);
    }
    ty.args().iter().for_each(|ty| names_in(ty, out));
}

/// The texts of Rust in packages that no module reaches.
pub(super) fn unreached(p: &Program, inputs: &Inputs) -> Vec<FileId> {
    if inputs.partial {
        return Vec::new();
    }
    let mut files: Vec<FileId> = p.orphans.iter().copied().filter(|f| is_of_package(inputs, *f)).collect();
    files.sort_unstable();
    files
}

/// The texts that no module reaches, if there are any: said once.
pub(super) fn gap(files: &[FileId], inputs: &Inputs) -> Option<ir::Gap> {
    let first = *files.first()?;
    let mut names: Vec<String> = files.iter().map(|f| format!("`{}`", inputs.sources.path(*f))).collect();
    let more = names.len().saturating_sub(3);
    names.truncate(3);
    let others = if more == 0 { String::new() } else { format!(" and {more} more") };
    let read = if files.len() == 1 { "it is read by itself" } else { "each is read by itself" };
    let what = format!("no module of a package reaches {}{others}: {read}", names.join(", "));
    Some(ir::Gap { span: Span::new(first, 0, 0), what, kind: GapKind::Code })
}

/// Whether a file belongs to the library or the programs of a package, and not to what Cargo builds beside them.
fn is_of_package(inputs: &Inputs, file: FileId) -> bool {
    let path = inputs.sources.path(file);
    let of = package_of(&inputs.crates, path).and_then(|i| inputs.crates.get(i)).filter(|c| c.declared);
    let within = |c: &CrateInfo| {
        let rest = if c.folder.is_empty() { Some(path) } else { path.strip_prefix(&c.folder) };
        rest.map(|rest| rest.trim_start_matches('/').to_owned())
    };
    of.and_then(within).is_some_and(|rest| rest.starts_with("src/"))
}
