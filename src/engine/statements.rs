//! Statements inside Rust and those of `.sql` files that run by themselves, lowered by the schema they speak of.

use super::bind::Bound;
use crate::flow::{Job, SqlIndex};
use crate::ir::Content;
use crate::ir::sql::{Define, Kind, Statement, TableName};
use crate::link::lineage;
use crate::link::program::Program;
use crate::link::schema::{Schemas, Table};
use crate::source::SourceMap;

/// Statements inside string literals.
#[must_use]
pub fn embedded(p: &Program, schemas: &Schemas, sources: &SourceMap) -> SqlIndex {
    let mut out = SqlIndex::default();
    for unit in &p.units {
        let Content::Rust(r) = &unit.content else { continue };
        for e in &r.embedded {
            for statement in &e.unit.statements {
                if !matches!(statement.kind, Kind::Query(_)) {
                    continue;
                }
                for schema in schemas.pick(sources.path(unit.file), statement) {
                    let id = out.fns.len() as u32;
                    out.fns.push(lineage::lower(statement, schemas, schema));
                    out.by_span.entry(e.span).or_default().push(id);
                }
            }
        }
    }
    out
}

/// Statements of `.sql` files that run by themselves: reports, exports, jobs, models of dbt projects.
#[must_use]
pub fn jobs(p: &Program, schemas: &Schemas, sources: &SourceMap, bound: &Bound) -> Vec<Job> {
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
            for schema in schema.map_or_else(|| schemas.pick(path, statement), |i| vec![i]) {
                let mut sql = lineage::lower(model.as_ref().unwrap_or(statement), schemas, schema);
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
