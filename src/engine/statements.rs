//! Statements inside Rust and those of `.sql` files that run by themselves, lowered by the schema they speak of.

use super::bind::Bound;
use crate::flow::{Job, SqlIndex};
use crate::ir::Content;
use crate::ir::sql::Kind;
use crate::link::lineage;
use crate::link::program::Program;
use crate::link::schema::Schemas;
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

/// Statements of `.sql` files that define no schema: reports, exports, jobs.
#[must_use]
pub fn jobs(p: &Program, schemas: &Schemas, sources: &SourceMap, bound: &Bound) -> Vec<Job> {
    let mut out = Vec::new();
    for unit in &p.units {
        let Content::Sql(sql) = &unit.content else { continue };
        if schemas.of_file(unit.file).is_some() {
            continue;
        }
        let path = sources.path(unit.file);
        for (i, statement) in sql.statements.iter().enumerate() {
            if !matches!(statement.kind, Kind::Query(_)) {
                continue;
            }
            let purpose =
                bound.sql_purposes.get(&(unit.file, i as u32)).or_else(|| bound.file_purposes.get(&unit.file)).copied();
            for schema in schemas.pick(path, statement) {
                out.push(Job {
                    sql: lineage::lower(statement, schemas, schema),
                    purpose,
                    file: path.to_owned(),
                    span: statement.span,
                });
            }
        }
    }
    out
}
