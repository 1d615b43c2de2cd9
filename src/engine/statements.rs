//! Statements inside Rust and those of `.sql` files that run by themselves, lowered by the schema they speak of.

use std::collections::{BTreeMap, BTreeSet};

use super::bind::Bound;
use super::written::{Together, Written, files, written};
use crate::flow::{AsCall, Job, SqlIndex};
use crate::front::sql::{Dialect, Part, named, parse_parts};
use crate::ir::sql::{Define, Kind, SqlUnit, Statement, TableName};
use crate::ir::{Content, Gap, GapKind};
use crate::link::infer::Typed;
use crate::link::lineage;
use crate::link::program::Program;
use crate::link::schema::census::is_hole;
use crate::link::schema::{Schemas, Table, goes_back};
use crate::link::sqlfn::SqlFn;
use crate::model::ModelSet;
use crate::source::{FileId, SourceMap, Span};

/// What statements are read with.
#[derive(Clone, Copy)]
pub struct Reading<'a> {
    /// The tables.
    pub schemas: &'a Schemas,
    /// The files.
    pub sources: &'a SourceMap,
    /// The dialects of the files of Rust that have one.
    pub dialects: &'a BTreeMap<FileId, Dialect>,
}

/// Statements inside string literals, and those that are written as calls.
#[must_use]
pub fn embedded(p: &Program, models: &ModelSet, typed: &[Typed], reading: Reading<'_>) -> (SqlIndex, Vec<Gap>) {
    let mut lowering = Lowering { reading, out: SqlIndex::default(), gaps: Vec::new() };
    let mut templates = Vec::new();
    for unit in &p.units {
        let Content::Rust(r) = &unit.content else { continue };
        templates.extend(r.embedded.iter().map(|e| e.span));
        lowering.out.said.extend(unit.gaps.iter().filter(|g| g.kind == GapKind::Statement).map(|g| g.span));
        for e in &r.embedded {
            lowering.literal(&e.unit.statements, e.span);
        }
    }
    for (at, unit) in files::named(p, reading.sources) {
        lowering.literal(&unit.statements, at);
    }
    let found = written(p, models, typed);
    for (field, literal) in found.fields {
        let ids = lowering.out.by_span.get(&literal).cloned().unwrap_or_default();
        lowering.out.by_field.entry(field).or_default().extend(ids);
    }
    lowering.out.open = found.open;
    lowering.calls(found.written);
    templates.sort_unstable();
    lowering.texts(&found.texts, &templates);
    lowering.out.open.sort_unstable();
    lowering.out.holes = lowering.out.fns.iter().flat_map(SqlFn::used_holes).collect();
    let Lowering { out, mut gaps, .. } = lowering;
    gaps.extend(out.open.iter().map(|span| not_read(*span)));
    (out, gaps)
}

/// Statements on their way to what they do.
struct Lowering<'a> {
    reading: Reading<'a>,
    out: SqlIndex,
    gaps: Vec<Gap>,
}

impl Lowering<'_> {
    /// Statements that stand in a literal, or in the file that it names.
    fn literal(&mut self, statements: &[Statement], at: Span) {
        for statement in statements {
            let ids = self.lowered(statement, at);
            if !ids.is_empty() {
                self.out.by_span.entry(at).or_default().extend(ids);
            }
        }
    }

    /// Lowers a statement by each schema that it may speak of.
    fn lowered(&mut self, statement: &Statement, at: Span) -> Vec<u32> {
        if !matches!(statement.kind, Kind::Query(_)) {
            return Vec::new();
        }
        let schemas = self.reading.schemas;
        let picked = schemas.pick(self.reading.sources.path(at.file), statement);
        let fns: Vec<SqlFn> = picked.iter().map(|s| lineage::lower(statement, schemas, *s)).collect();
        self.add(fns, &picked, statement.span, at)
    }

    /// As [`Lowering::lowered`]; a table that code defines may be that of another package, so where names stay unknown
    /// the schema that knows them all is taken.
    fn lowered_call(&mut self, statement: &Statement, at: Span) -> Vec<u32> {
        if !matches!(statement.kind, Kind::Query(_)) {
            return Vec::new();
        }
        let schemas = self.reading.schemas;
        let mut picked = schemas.pick(self.reading.sources.path(at.file), statement);
        let mut near: Vec<SqlFn> = picked.iter().map(|s| lineage::lower(statement, schemas, *s)).collect();
        if near.iter().all(|f| !f.unresolved.is_empty()) {
            let mut all = (0..schemas.list.len()).map(|s| (s, lineage::lower(statement, schemas, s)));
            if let Some((s, whole)) = all.find(|(_, f)| f.unresolved.is_empty()) {
                (picked, near) = (vec![s], vec![whole]);
            }
        }
        self.add(near, &picked, statement.span, at)
    }

    /// Takes up what a statement is by the schemas in which it may be read; names that none of them explains are a gap.
    fn add(&mut self, fns: Vec<SqlFn>, picked: &[usize], place: Span, at: Span) -> Vec<u32> {
        if fns.iter().any(|f| !f.unresolved.is_empty()) {
            self.gaps.extend(unknown(self.reading.schemas, picked, &fns));
        }
        let first = self.out.fns.len() as u32;
        let ids: Vec<u32> = (first..).take(fns.len()).collect();
        self.out.places.extend(fns.iter().map(|_| place));
        self.out.at.extend(fns.iter().map(|_| at));
        self.out.fns.extend(fns);
        ids
    }

    fn parse(&self, parts: &[Part], file: FileId) -> Option<SqlUnit> {
        parse_parts(file, parts, self.reading.dialects.get(&file).copied())
    }

    /// Statements that are written as calls.
    fn calls(&mut self, written: Vec<Written>) {
        for w in written {
            let Some(unit) = self.parse(&w.text, w.call.file) else {
                self.out.open.push(w.call);
                continue;
            };
            if !w.runs {
                self.out.parts.extend(&w.parts);
            }
            for statement in &unit.statements {
                for id in self.lowered_call(statement, w.call) {
                    if w.along
                        && let Some(f) = self.out.fns.get_mut(id as usize)
                    {
                        f.uses.retain(|u| !u.returned);
                        f.outputs.iter_mut().for_each(|o| o.by_star = true);
                    }
                    if let Some(f) = self.out.fns.get(id as usize) {
                        self.out.names.extend(f.uses.iter().map(|u| u.span));
                    }
                    let call = AsCall {
                        statement: id,
                        binds: w.binds.clone(),
                        puts: w.puts.clone(),
                        runs: w.runs,
                        row: w.row.clone(),
                    };
                    self.out.by_call.entry(w.site).or_default().push(call);
                }
            }
        }
    }

    /// Texts that are put together: by their texts where all is known, and by their places. A template that is filled
    /// with nothing known is the statement with holes that stands in it.
    fn texts(&mut self, texts: &[Together], templates: &[Span]) {
        let mut seen: BTreeSet<(Span, String)> = BTreeSet::new();
        let mut placed: BTreeMap<Span, Vec<u32>> = BTreeMap::new();
        for text in texts {
            let at = text.at;
            let template = self.template(at, templates);
            let Some(parts) = &text.parts else {
                if let Some(ids) = template.and_then(|t| self.out.by_span.get(&t)).cloned() {
                    self.out.by_span.insert(at, ids);
                }
                continue;
            };
            // A place that is walked again, as what another function is given, says the same.
            if !seen.insert((at, named(parts))) {
                continue;
            }
            let Some(unit) = self.parse(parts, at.file) else { continue };
            let ids: Vec<u32> = unit.statements.iter().flat_map(|s| self.lowered(s, at)).collect();
            if ids.is_empty() {
                continue;
            }
            self.out.parts.extend(text.places.iter().copied().filter(|place| *place != at).chain(template));
            if let Some(known) = text.known() {
                self.out.by_text.entry(known).or_default().entry(at).or_default().extend(&ids);
            }
            if text.grows {
                self.out.grown.insert(at);
            }
            placed.entry(at).or_default().extend(ids);
        }
        self.out.by_span.extend(placed);
    }

    /// The template of the text that is formatted at a place: `format!("..")`, nothing but the macro's bracket between.
    fn template(&self, at: Span, templates: &[Span]) -> Option<Span> {
        let next = templates.get(templates.partition_point(|t| *t < at));
        let next = *next.filter(|t| t.file == at.file && at.hi <= t.lo)?;
        let between = self.reading.sources.text(Span::new(at.file, at.hi, next.lo));
        between.chars().all(|c| c.is_whitespace() || "!([{".contains(c)).then_some(next)
    }
}

/// What is said of a statement of which a column is not known, or nothing.
pub fn unread(span: Span, column: Option<&str>) -> Gap {
    match column {
        Some(name) => unexplained(name, span),
        None => not_read(span),
    }
}

fn not_read(span: Span) -> Gap {
    Gap { span, what: "what this statement reads and writes is not understood".into(), kind: GapKind::Code }
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
        key: Vec::new(),
    };
    Statement { kind: Kind::Define(define), ..statement.clone() }
}
