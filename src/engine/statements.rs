//! Statements inside Rust and those of `.sql` files that run by themselves, lowered by the schema they speak of.

use super::bind::Bound;
use crate::flow::{Job, SqlIndex};
use crate::ir::sql::{Define, Kind, Statement, TableName};
use crate::ir::{Content, Gap, GapKind};
use crate::link::lineage;
use crate::link::program::Program;
use crate::link::schema::census::is_hole;
use crate::link::schema::{Schemas, Table};
use crate::link::sqlfn::SqlFn;
use crate::source::{SourceMap, Span};

/// Statements inside string literals.
#[must_use]
pub fn embedded(p: &Program, schemas: &Schemas, sources: &SourceMap, gaps: &mut Vec<Gap>) -> SqlIndex {
    let mut out = SqlIndex::default();
    for unit in &p.units {
        let Content::Rust(r) = &unit.content else { continue };
        for e in &r.embedded {
            for statement in &e.unit.statements {
                if !matches!(statement.kind, Kind::Query(_)) {
                    continue;
                }
                let first = out.fns.len();
                let picked = schemas.pick(sources.path(unit.file), statement);
                for &schema in &picked {
                    let id = out.fns.len() as u32;
                    out.fns.push(lineage::lower(statement, schemas, schema));
                    out.by_span.entry(e.span).or_default().push(id);
                }
                gaps.extend(unknown(schemas, &picked, out.fns.get(first..).unwrap_or_default()));
            }
        }
    }
    out
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

/// Lowered statements inside Rust with the places of their literals, in the order of the files.
pub fn inside<'a>(p: &'a Program, sql: &'a SqlIndex) -> impl Iterator<Item = (Span, &'a SqlFn)> {
    let embedded = p.units.iter().flat_map(|unit| match &unit.content {
        Content::Rust(r) => r.embedded.as_slice(),
        Content::Sql(_) => &[],
    });
    embedded.flat_map(move |e| {
        let ids = sql.by_span.get(&e.span).into_iter().flatten();
        ids.filter_map(move |id| Some((e.span, sql.fns.get(*id as usize)?)))
    })
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
