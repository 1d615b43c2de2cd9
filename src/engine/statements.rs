//! Statements inside Rust and those of `.sql` files that run by themselves, lowered by the schema they speak of.

use super::bind::Bound;
use super::written::{Written, files, written};
use crate::flow::{AsCall, Job, SqlIndex};
use crate::front::sql::parse_embedded;
use crate::front::text_map::{Piece, TextMap};
use crate::ir::sql::{Define, Kind, Statement, TableName};
use crate::ir::{Content, Gap, GapKind};
use crate::link::infer::Typed;
use crate::link::lineage;
use crate::link::program::Program;
use crate::link::schema::census::is_hole;
use crate::link::schema::{Schemas, Table, goes_back};
use crate::link::sqlfn::SqlFn;
use crate::model::ModelSet;
use crate::source::{SourceMap, Span};

/// Statements inside string literals, and those that are written as calls.
#[must_use]
pub fn embedded(
    p: &Program,
    models: &ModelSet,
    typed: &[Typed],
    schemas: &Schemas,
    sources: &SourceMap,
) -> (SqlIndex, Vec<Gap>) {
    let mut out = SqlIndex::default();
    let (mut templates, mut unexplained) = (Vec::new(), Vec::new());
    for unit in &p.units {
        let Content::Rust(r) = &unit.content else { continue };
        templates.extend(r.embedded.iter().map(|e| e.span));
        for e in &r.embedded {
            for statement in &e.unit.statements {
                let first = out.fns.len();
                let ids = lowered(&mut out, statement, e.span, schemas, sources);
                if !ids.is_empty() {
                    out.by_span.entry(e.span).or_default().extend(ids);
                }
                let fns = out.fns.get(first..).unwrap_or_default();
                if fns.iter().any(|f| !f.unresolved.is_empty()) {
                    unexplained.extend(unknown(schemas, &schemas.pick(sources.path(unit.file), statement), fns));
                }
            }
        }
    }
    for (at, unit) in files::named(p, sources) {
        for statement in &unit.statements {
            let ids = lowered(&mut out, statement, at, schemas, sources);
            out.by_span.entry(at).or_default().extend(ids);
        }
    }
    let found = written(p, models, typed);
    for (field, literal) in found.fields {
        let ids = out.by_span.get(&literal).cloned().unwrap_or_default();
        out.by_field.entry(field).or_default().extend(ids);
    }
    let gaps = found.open.iter().map(|span| not_read(*span)).collect::<Vec<_>>();
    let gaps = calls(&mut out, found.written, gaps, schemas, sources);
    templates.sort_unstable();
    texts(&mut out, found.texts, &templates, schemas, sources);
    out.open = gaps.iter().map(|g| g.span).collect();
    unexplained.extend(gaps);
    (out, unexplained)
}

/// Lowers a statement by each schema that it may speak of.
fn lowered(out: &mut SqlIndex, statement: &Statement, at: Span, schemas: &Schemas, sources: &SourceMap) -> Vec<u32> {
    if !matches!(statement.kind, Kind::Query(_)) {
        return Vec::new();
    }
    let picked = schemas.pick(sources.path(at.file), statement);
    picked.into_iter().map(|s| added(out, lineage::lower(statement, schemas, s), statement.span, at)).collect()
}

/// As [`lowered`]; a table that code defines may be that of another package, so where names stay unknown the schema
/// that knows them all is taken.
fn lowered_call(
    out: &mut SqlIndex,
    statement: &Statement,
    at: Span,
    schemas: &Schemas,
    sources: &SourceMap,
) -> Vec<u32> {
    if !matches!(statement.kind, Kind::Query(_)) {
        return Vec::new();
    }
    let mut near: Vec<SqlFn> = schemas
        .pick(sources.path(at.file), statement)
        .into_iter()
        .map(|s| lineage::lower(statement, schemas, s))
        .collect();
    if near.iter().all(|f| !f.unresolved.is_empty()) {
        let mut all = (0..schemas.list.len()).map(|s| lineage::lower(statement, schemas, s));
        if let Some(whole) = all.find(|f| f.unresolved.is_empty()) {
            near = vec![whole];
        }
    }
    near.into_iter().map(|f| added(out, f, statement.span, at)).collect()
}

fn added(out: &mut SqlIndex, lowered: SqlFn, place: Span, at: Span) -> u32 {
    let id = out.fns.len() as u32;
    out.fns.push(lowered);
    out.places.push(place);
    out.at.push(at);
    id
}

/// Statements that are written as calls.
fn calls(
    out: &mut SqlIndex,
    written: Vec<Written>,
    mut gaps: Vec<Gap>,
    schemas: &Schemas,
    sources: &SourceMap,
) -> Vec<Gap> {
    for w in written {
        let Some(unit) = parse_embedded(&w.text, &w.map, None) else {
            gaps.push(not_read(w.call));
            continue;
        };
        if !w.runs {
            out.parts.extend(&w.parts);
        }
        for statement in &unit.statements {
            for id in lowered_call(out, statement, w.call, schemas, sources) {
                if w.along
                    && let Some(f) = out.fns.get_mut(id as usize)
                {
                    f.uses.retain(|u| !u.returned);
                    f.outputs.iter_mut().for_each(|o| o.by_star = true);
                }
                let call = AsCall { statement: id, binds: w.binds.clone(), runs: w.runs };
                out.by_call.entry(w.call).or_default().push(call);
            }
        }
    }
    gaps
}

fn not_read(span: Span) -> Gap {
    Gap { span, what: "what this statement reads and writes is not understood".into(), kind: GapKind::Code }
}

/// Formatted texts: those whose holes are known, by their texts; others are the statements with holes that stand in
/// their templates.
fn texts(
    out: &mut SqlIndex,
    texts: Vec<(Span, Option<String>)>,
    templates: &[Span],
    schemas: &Schemas,
    sources: &SourceMap,
) {
    for (at, text) in texts {
        let next = templates.get(templates.partition_point(|t| *t < at)).filter(|t| t.file == at.file && at.hi <= t.lo);
        if let Some(template) = next
            && let Some(ids) = out.by_span.get(template).cloned()
        {
            // `format!("..")`: nothing but the macro's bracket between.
            let between = sources.text(Span::new(at.file, at.hi, template.lo));
            if between.chars().all(|c| c.is_whitespace() || "!([{".contains(c)) {
                out.by_span.insert(at, ids);
            }
        }
        let Some(text) = text.filter(|t| !out.by_text.contains_key(t)) else { continue };
        let map = TextMap { file: at.file, pieces: vec![Piece::written(0, at)] };
        let Some(unit) = parse_embedded(&text, &map, None) else { continue };
        let mut ids = Vec::new();
        for statement in &unit.statements {
            ids.extend(lowered(out, statement, at, schemas, sources));
        }
        if !ids.is_empty() {
            out.by_text.insert(text, ids);
        }
    }
}

/// The first name of a statement that none of the schemas explains in which it may be read; schemas of which no
/// definition is known explain nothing.
fn unknown(schemas: &Schemas, picked: &[usize], lowered: &[SqlFn]) -> Option<Gap> {
    let defined = |i: &usize| schemas.list.get(*i).is_some_and(|s| !s.files.is_empty());
    let (first, others) = lowered.split_first()?;
    let everywhere = |name: &&(String, Span)| others.iter().all(|f| f.unresolved.contains(name));
    let (name, span) = first.unresolved.iter().filter(everywhere).find(|(name, _)| !is_hole(name))?;
    picked.iter().all(defined).then(|| unexplained(name, *span))
}

/// Names in definitions that nothing explains.
pub fn undefined(schemas: &Schemas) -> Vec<Gap> {
    let unknown = schemas.list.iter().flat_map(|s| s.unknown.values());
    unknown
        .filter_map(|names| names.iter().find(|(name, _)| !is_hole(name)))
        .map(|(name, span)| unexplained(name, *span))
        .collect()
}

fn unexplained(name: &str, span: Span) -> Gap {
    let what = if name.contains(' ') && !name.contains(':') {
        name.to_owned()
    } else {
        format!("no definition that was read explains `{name}`")
    };
    Gap { span, what, kind: GapKind::Statement }
}

/// Lowered statements inside Rust with the places of their literals or calls.
pub fn inside(sql: &SqlIndex) -> impl Iterator<Item = (Span, &SqlFn)> {
    sql.at.iter().copied().zip(&sql.fns)
}

/// Statements of `.sql` files that run by themselves: reports, exports, jobs, models of dbt projects.
#[must_use]
pub fn jobs(p: &Program, schemas: &Schemas, sources: &SourceMap, bound: &Bound, gaps: &mut Vec<Gap>) -> Vec<Job> {
    let mut out = Vec::new();
    for unit in &p.units {
        let Content::Sql(sql) = &unit.content else { continue };
        let path = sources.path(unit.file);
        let schema = schemas.of_file(unit.file);
        let own = schema.and_then(|i| schemas.list.get(i));
        if own.is_some_and(|s| !s.additions.contains(&unit.file) && s.models.iter().all(|m| m.file != unit.file)) {
            continue;
        }
        if schema.is_none() && goes_back(path) {
            continue;
        }
        for (i, statement) in (0u32..).zip(&sql.statements) {
            let model = own.and_then(|s| {
                let model = s.models.iter().find(|m| m.file == unit.file && m.statement == i)?;
                Some(made(s.tables.get(model.table as usize)?, statement))
            });
            let makes = matches!(statement.kind, Kind::Define(Define::Table { query: Some(_), .. })) || model.is_some();
            if !makes && !matches!(statement.kind, Kind::Query(_)) {
                continue;
            }
            let purpose =
                bound.sql_purposes.get(&(unit.file, i)).or_else(|| bound.file_purposes.get(&unit.file)).copied();
            let target = bound.sql_targets.get(&(unit.file, i)).or_else(|| bound.file_targets.get(&unit.file)).copied();
            let picked = schema.map_or_else(|| schemas.pick(path, statement), |i| vec![i]);
            let lowered: Vec<SqlFn> = picked
                .iter()
                .map(|schema| lineage::lower(model.as_ref().unwrap_or(statement), schemas, *schema))
                .collect();
            // What a schema replays says it of its own statements.
            if schema.is_none() {
                gaps.extend(unknown(schemas, &picked, &lowered));
            }
            for mut sql in lowered {
                if makes {
                    // Columns of a table that is made from a query stand for what they show.
                    sql.writes.retain(|w| bound.seeds.tables.contains_key(&(w.column.schema, w.column.table)));
                }
                out.push(Job { sql, purpose, target, file: path.to_owned(), span: statement.span });
            }
        }
    }
    out
}

/// A model as the statement that makes its table.
fn made(table: &Table, statement: &Statement) -> Statement {
    let Kind::Query(query) = &statement.kind else { return statement.clone() };
    let define = Define::Table {
        name: TableName { schema: None, name: table.name.clone(), span: statement.span },
        columns: Vec::new(),
        query: Some(query.clone()),
        like: Vec::new(),
        parents: Vec::new(),
        temporary: false,
        foreign: Vec::new(),
    };
    Statement { kind: Kind::Define(define), ..statement.clone() }
}
