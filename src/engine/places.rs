//! The places that the left-hand side of a `bind` line names.

use super::bind::Place;
use crate::ir::Name;
use crate::ir::body::{Local, LocalDecl};
use crate::ir::items::TypeKind;
use crate::ir::sql::TableName;
use crate::link::program::{Def, FuncId, Program, Res};
use crate::link::schema::{Schemas, Table};
use crate::link::sqlfn::ColumnId;
use crate::source::Span;

/// All places that a Rust path names.
#[must_use]
pub fn find_rust(
    p: &Program,
    segments: &[String],
    qself: Option<&(Vec<String>, Vec<String>)>,
    field: Option<&str>,
    param: Option<&str>,
    _glob: bool,
) -> Vec<Place> {
    let mut defs: Vec<Def> = Vec::new();
    if let Some((ty, tr)) = qself {
        for d in items(p, ty) {
            let Def::Type(t) = d else { continue };
            let name = tr.last().map_or("", String::as_str);
            for i in p.impls_for(t, name) {
                defs.extend(segments.first().and_then(|m| p.impl_method(*i, m)).map(Def::Func));
            }
        }
    } else {
        defs = items(p, segments);
    }
    defs.sort();
    defs.dedup();
    let mut out = Vec::new();
    for d in defs {
        match (field, param) {
            (Some(f), _) => match d {
                Def::Type(t) => {
                    let has = match p.type_def(t).map(|d| &d.kind) {
                        Some(TypeKind::Struct(fs)) => fs.iter().any(|x| bare(&x.name) == bare(f)),
                        _ => false,
                    };
                    if has {
                        out.push(Place::Field((t, None, Name::from(f))));
                    }
                }
                Def::Variant(t, v) => out.push(Place::Field((t, Some(v), Name::from(f)))),
                Def::Ext(of) => out.push(Place::ForeignField(of, Name::from(f))),
                _ => {}
            },
            (None, Some(wanted)) => {
                if let Def::Func(f) = d {
                    match param_index(p, f, wanted) {
                        Some(i) => out.push(Place::Param(f, i)),
                        None => out.extend(taken_out(p, f, wanted).map(|l| Place::Variable(f, l))),
                    }
                }
            }
            (None, None) => out.push(Place::Def(d)),
        }
    }
    out
}

fn bare(name: &str) -> &str {
    name.strip_prefix("r#").unwrap_or(name)
}

/// A parameter by its name, or by its position, the receiver not counted.
fn param_index(p: &Program, f: FuncId, wanted: &str) -> Option<u32> {
    let def = p.func(f)?;
    if let Ok(n) = wanted.parse::<usize>() {
        let at = n + usize::from(def.has_self);
        return (at < def.params.len()).then_some(at as u32);
    }
    def.params.iter().position(|x| x.name.as_deref().is_some_and(|n| bare(n) == bare(wanted))).map(|i| i as u32)
}

/// A variable that the pattern of a parameter binds beside others: `Path((group, name))`.
fn taken_out(p: &Program, f: FuncId, wanted: &str) -> Option<Local> {
    let def = p.func(f)?;
    let in_pattern =
        |at: Span| def.params.iter().any(|x| x.span.file == at.file && x.span.lo <= at.lo && at.hi <= x.span.hi);
    let named = |l: &LocalDecl| l.name.as_deref().is_some_and(|n| bare(n) == bare(wanted)) && in_pattern(l.span);
    def.locals.iter().position(named).map(|i| Local(i as u32))
}

/// Items that a path names: in every crate for `crate::`, else in the crate of that name, else outside.
fn items(p: &Program, segments: &[String]) -> Vec<Def> {
    let names: Vec<Name> = segments.iter().map(|s| Name::from(s.as_str())).collect();
    let Some(first) = segments.first() else { return Vec::new() };
    let mut out = Vec::new();
    let is_here = |krate: &str| p.crates.iter().any(|c| c.name == krate);
    // Manifests may give a crate another name, also one of the workspace.
    let called =
        if first == "crate" || is_here(first) { [first.as_str().into()].into() } else { p.crates_called(first) };
    for c in &p.crates {
        if first != "crate" && !called.contains(&c.name) {
            continue;
        }
        if names.len() == 1 {
            out.push(Def::Mod(c.root));
            continue;
        }
        let mut path = names.clone();
        if let Some(f) = path.first_mut() {
            *f = "crate".into();
        }
        out.extend(whole(p, p.resolve(c.root, &path)));
    }
    let rest = segments.get(1..).unwrap_or_default();
    let named = |krate: Name| [&[krate.to_string()], rest].concat().join("::");
    let elsewhere = called.into_iter().filter(|krate| krate != "crate" && !is_here(krate));
    for path in elsewhere.map(|krate| p.foreign_path(&named(krate))) {
        out.extend(p.shown_crate(&path).map(|krate| Def::Ext(krate.into())));
        out.push(Def::Ext(path));
    }
    out.sort();
    out.dedup();
    out
}

/// The item behind a resolution: methods and associated functions by what was left of the path.
fn whole(p: &Program, res: Res) -> Vec<Def> {
    match (res.def, res.rest.as_slice()) {
        (Some(Def::Ext(_)) | None, _) => Vec::new(),
        (Some(d), []) => vec![d],
        (Some(Def::Type(t)), [name]) => p.methods_of(t, name).into_iter().map(Def::Func).collect(),
        (Some(Def::Trait(t)), [name]) => p.trait_method(t, name).map(Def::Func).into_iter().collect(),
        _ => Vec::new(),
    }
}

/// What a SQL name names.
#[derive(Clone, Debug, PartialEq)]
pub enum Found {
    /// Columns.
    Columns(Vec<ColumnId>),
    /// Tables.
    Tables(Vec<(u32, u32)>),
    /// Nothing; the nearest name there is.
    Nothing(Option<String>),
}

/// All columns or tables that a SQL name names, in every schema that has them.
pub fn find_sql(
    schemas: &mut Schemas,
    parts: &[String],
    glob: bool,
    within: Option<&str>,
    tables_only: bool,
    at: Span,
) -> Found {
    let inside: Vec<usize> = (0..schemas.list.len())
        .filter(|i| {
            let folder = schemas.list.get(*i).map_or("", |s| s.folder.as_str());
            within.is_none_or(|w| {
                let w = w.trim_end_matches('/');
                w.is_empty()
                    || folder == w
                    || folder.starts_with(&format!("{w}/"))
                    || w.starts_with(&format!("{folder}/"))
            })
        })
        .collect();
    if !tables_only && !glob {
        let Some((column, of)) = parts.split_last().filter(|(_, of)| !of.is_empty()) else {
            return Found::Nothing(None);
        };
        return find_column(schemas, &table_name(of, at), column, &inside, within.unwrap_or(""));
    }
    let name = (!parts.is_empty()).then(|| table_name(parts, at));
    let mut out = Vec::new();
    for i in &inside {
        let Some(s) = schemas.list.get(*i) else { continue };
        match &name {
            Some(name) => out.extend(s.table(name).map(|t| (*i as u32, t))),
            None => out.extend((0..s.tables.len() as u32).map(|t| (*i as u32, t))),
        }
    }
    if out.is_empty()
        && let Some(name) = &name
    {
        if knows_tables(schemas) {
            return Found::Nothing(nearest_table(schemas, &name.name));
        }
        let s = schemas.ensure_schema(within.unwrap_or(""));
        out.extend(schemas.ensure_table(s, name).map(|t| (s as u32, t)));
    }
    if tables_only {
        return Found::Tables(out);
    }
    let columns = out
        .iter()
        .filter_map(|(s, t)| Some((s, t, schemas.list.get(*s as usize)?.tables.get(*t as usize)?)))
        .flat_map(|(s, t, table)| {
            table.live().map(|(c, _)| ColumnId { schema: *s, table: *t, column: c, part: 0 }).collect::<Vec<_>>()
        })
        .collect();
    Found::Columns(columns)
}

/// A table as a binding writes it: its schema before it, if any.
pub fn table_name(parts: &[String], at: Span) -> TableName {
    let mut parts = parts.iter().rev().map(Name::from);
    TableName { name: parts.next().unwrap_or_default(), schema: parts.next(), span: at }
}

/// A column of a table in every schema that has it.
fn find_column(schemas: &mut Schemas, of: &TableName, column: &str, inside: &[usize], within: &str) -> Found {
    let mut out = Vec::new();
    let mut tables = Vec::new();
    for i in inside {
        let Some(s) = schemas.list.get(*i) else { continue };
        let Some(t) = s.table(of) else { continue };
        tables.push((*i, t));
        if let Some(c) = s.tables.get(t as usize).and_then(|x| x.column(column)) {
            out.push(ColumnId { schema: *i as u32, table: t, column: c, part: 0 });
        }
    }
    if !out.is_empty() {
        return Found::Columns(out);
    }
    let name = &of.name;
    if let Some((i, t)) = tables.first() {
        let table = schemas.list.get(*i).and_then(|s| s.tables.get(*t as usize));
        let known: Vec<&str> = table.into_iter().flat_map(Table::live).map(|(_, c)| c.name.as_str()).collect();
        return Found::Nothing(crate::diag::suggest(column, known).map(|hit| format!("{name}.{hit}")));
    }
    if let Some(near) = nearest_table(schemas, name) {
        return Found::Nothing(Some(format!("{near}.{column}")));
    }
    // No schema shows the table: it exists by its binding.
    let s = schemas.ensure_schema(within);
    let id = schemas.ensure_table(s, of).and_then(|t| schemas.ensure_column(s, t, column, of.span));
    Found::Columns(id.into_iter().collect())
}

fn knows_tables(schemas: &Schemas) -> bool {
    schemas.list.iter().any(|s| s.tables.iter().any(|t| !t.implied))
}

fn nearest_table(schemas: &Schemas, name: &str) -> Option<String> {
    let names: Vec<&str> =
        schemas.list.iter().flat_map(|s| &s.tables).filter(|t| !t.implied).map(|t| t.name.as_str()).collect();
    crate::diag::suggest(name, names).map(str::to_owned)
}
