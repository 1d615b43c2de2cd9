//! Definitions carried out, one after the other.

use super::{Column, ForeignKey, Schemas, Table, statements};
use crate::ir::sql::{AlterOp, ColumnDef, Define, Kind, Query, Statement, TableName};
use crate::ir::{Gap, GapKind, Name, Target, Unit};
use crate::link::lineage;
use crate::link::sqlfn::SqlSource;
use crate::source::Span;

/// Replays one file.
pub(super) fn file(schemas: &mut Schemas, index: usize, unit: &Unit, gaps: &mut Vec<Gap>) {
    if let Some(schema) = schemas.list.get_mut(index) {
        schema.files.push(unit.file);
    }
    for (i, statement) in statements(unit).iter().enumerate() {
        let about = apply(schemas, index, statement);
        remember(schemas, index, unit, i as u32, statement);
        for annotation in &unit.annotations {
            let column = match &annotation.target {
                Target::Table(s) if *s as usize == i => None,
                Target::Column(s, name) if *s as usize == i => Some(name),
                _ => continue,
            };
            let text = (annotation.text.clone(), annotation.span);
            if !annotate(schemas, index, about, column, text) {
                let what = "the table or column that this `purlin:` comment speaks of is not known here".to_string();
                gaps.push(Gap { span: annotation.span, what, kind: GapKind::Annotation });
            }
        }
    }
}

/// Keeps what a statement did with rows.
fn remember(schemas: &mut Schemas, index: usize, unit: &Unit, i: u32, statement: &Statement) {
    if !matches!(statement.kind, Kind::Query(_) | Kind::Define(Define::Table { query: Some(_), .. })) {
        return;
    }
    let did = lineage::lower(statement, schemas, index);
    if did.writes.is_empty() && did.deletes.is_empty() && did.unresolved.is_empty() {
        return;
    }
    if let Some(schema) = schemas.list.get_mut(index) {
        schema.history.push((unit.file, i, did));
    }
}

fn annotate(
    schemas: &mut Schemas,
    index: usize,
    table: Option<u32>,
    column: Option<&Name>,
    text: (String, Span),
) -> bool {
    let table = table.and_then(|t| schemas.list.get_mut(index)?.tables.get_mut(t as usize));
    let Some(table) = table else { return false };
    match column {
        None => table.annotations.push(text),
        Some(name) => match table.column(name).and_then(|c| table.columns.get_mut(c as usize)) {
            Some(column) => {
                column.annotations.push(text);
                column.opaque = true;
            }
            None => return false,
        },
    }
    true
}

/// A definition made at run time: only of tables that are not known, or made in the same way (from `known` on).
pub(super) fn embedded(schemas: &mut Schemas, index: usize, statement: &Statement, known: usize) {
    let Kind::Define(define) = &statement.kind else { return };
    let name = match define {
        Define::Table { name, .. } | Define::View { name, .. } => {
            let exists = schemas.list.get(index).is_some_and(|s| s.table(name).is_some());
            if exists {
                return;
            }
            name
        }
        Define::Alter { name, .. } => name,
        // Programs drop what they made for a moment; its rows were there all the same.
        Define::Drop(_) | Define::Comment { .. } => return,
    };
    let old = schemas.list.get(index).and_then(|s| s.table(name)).is_some_and(|t| (t as usize) < known);
    if !old {
        apply(schemas, index, statement);
    }
}

/// Carries one statement out; the table that it speaks of.
fn apply(schemas: &mut Schemas, index: usize, statement: &Statement) -> Option<u32> {
    let Kind::Define(define) = &statement.kind else { return None };
    match define {
        Define::Table { name, columns, query, like, temporary, foreign } => {
            let there = schemas.list.get(index)?.exact(name);
            let mut table = Table::new(name);
            table.temporary = *temporary;
            for other in like {
                let from = schemas.list.get(index)?.table(other);
                let from = from.and_then(|t| schemas.list.get(index)?.tables.get(t as usize));
                for (_, column) in from.iter().flat_map(|t| t.live()) {
                    table.columns.push(column.clone());
                }
            }
            for def in columns {
                if table.column(&def.name).is_none() {
                    add(&mut table, def);
                }
            }
            table.foreign.extend(foreign.iter().map(|(columns, to, referred, cascade)| ForeignKey {
                columns: columns.clone(),
                table: to.clone(),
                referred: referred.clone(),
                cascade: *cascade,
            }));
            if let Some(query) = query {
                table.stored = true;
                show(schemas, index, &mut table, &[], query);
            }
            let schema = schemas.list.get_mut(index)?;
            // `CREATE TABLE IF NOT EXISTS` again: the first stands, new columns join it.
            if let Some(old) = there {
                let t = schema.tables.get_mut(old as usize)?;
                for column in table.columns {
                    if t.column(&column.name).is_none() {
                        t.columns.push(column);
                    }
                }
                return Some(old);
            }
            Some(schema.push(table))
        }
        Define::View { name, columns, query } => {
            let mut view = Table::new(name);
            show(schemas, index, &mut view, columns, query);
            let schema = schemas.list.get_mut(index)?;
            match schema.exact(name) {
                // `CREATE OR REPLACE VIEW` keeps what was written about its columns.
                Some(old) => {
                    let t = schema.tables.get_mut(old as usize)?;
                    for column in &mut view.columns {
                        if let Some(before) = t.column(&column.name).and_then(|c| t.columns.get(c as usize)) {
                            column.annotations.clone_from(&before.annotations);
                            column.opaque = before.opaque;
                        }
                    }
                    view.annotations.clone_from(&t.annotations);
                    *t = view;
                    Some(old)
                }
                None => Some(schema.push(view)),
            }
        }
        Define::Alter { name, ops } => {
            let table = schemas.list.get(index)?.table(name)?;
            for op in ops {
                alter(schemas, index, table, op);
            }
            Some(table)
        }
        Define::Drop(names) => {
            for name in names {
                let schema = schemas.list.get_mut(index)?;
                if let Some(t) = schema.table(name).and_then(|t| schema.tables.get_mut(t as usize)) {
                    t.dropped = true;
                }
            }
            None
        }
        Define::Comment { table, .. } => schemas.list.get(index)?.table(table),
    }
}

fn add(table: &mut Table, def: &ColumnDef) {
    table.columns.push(Column::new(def.name.clone(), def.ty.clone(), def.span));
    if let Some((to, referred, cascade)) = &def.references {
        table.foreign.push(ForeignKey {
            columns: vec![def.name.clone()],
            table: to.clone(),
            referred: referred.iter().cloned().collect(),
            cascade: *cascade,
        });
    }
}

/// Fills in the columns of a view, or of a table made by `AS SELECT`.
fn show(schemas: &Schemas, index: usize, table: &mut Table, names: &[Name], query: &Query) {
    let mut shown = lineage::query(query, schemas, index);
    let defined = std::mem::take(&mut table.columns);
    for (i, output) in shown.outputs.iter_mut().enumerate() {
        let declared = defined.get(i);
        if let Some(name) = names.get(i).or(declared.map(|c| &c.name)) {
            output.name = name.clone();
        }
        let ty = declared.map(|c| c.ty.clone()).filter(|t| !t.is_empty()).or_else(|| type_of(schemas, &output.from));
        table.columns.push(Column::new(output.name.clone(), ty.unwrap_or_default(), output.span));
    }
    table.columns.extend(defined.into_iter().skip(shown.outputs.len()));
    table.view = Some(Box::new(shown));
}

fn type_of(schemas: &Schemas, from: &[crate::link::sqlfn::Flowing]) -> Option<String> {
    match from {
        [one] if !one.derived => match one.source {
            SqlSource::Column(id) => schemas.column(id).map(|c| c.ty.clone()),
            SqlSource::Param(_) => None,
        },
        _ => None,
    }
}

fn alter(schemas: &mut Schemas, index: usize, table: u32, op: &AlterOp) -> Option<()> {
    let schema = schemas.list.get_mut(index)?;
    let t = schema.tables.get_mut(table as usize)?;
    match op {
        AlterOp::Add(def) => {
            if t.column(&def.name).is_none() {
                add(t, def);
            }
        }
        AlterOp::Drop(name) => {
            let c = t.column(name)?;
            t.columns.get_mut(c as usize)?.dropped = true;
        }
        AlterOp::Rename(old, new) => {
            let c = t.column(old)?;
            t.columns.get_mut(c as usize)?.name = new.clone();
            for key in &mut t.foreign {
                key.columns.iter_mut().filter(|n| **n == *old).for_each(|n| *n = new.clone());
            }
        }
        AlterOp::RenameTable(to) => {
            inherit(schemas, index, table, to);
            schemas.list.get_mut(index)?.rename(table, to);
        }
        AlterOp::Retype(name, ty) => {
            let c = t.column(name)?;
            t.columns.get_mut(c as usize)?.ty = ty.clone();
        }
        AlterOp::SetSchema(name) => t.schema = Some(name.clone()),
        AlterOp::Foreign(columns, to, referred, cascade) => t.foreign.push(ForeignKey {
            columns: columns.clone(),
            table: to.clone(),
            referred: referred.clone(),
            cascade: *cascade,
        }),
    }
    Some(())
}

/// SQLite changes tables by writing them anew: `CREATE users_new`, copy, `DROP users`, rename. What was written beside
/// the old columns goes on for the new ones of the same name.
fn inherit(schemas: &mut Schemas, index: usize, table: u32, to: &TableName) -> Option<()> {
    let schema = schemas.list.get_mut(index)?;
    let lower = to.name.to_lowercase();
    let old = schema.tables.iter().rposition(|t| t.dropped && t.name.to_lowercase() == lower)?;
    let old = schema.tables.get(old)?.clone();
    let t = schema.tables.get_mut(table as usize)?;
    if t.annotations.is_empty() {
        t.annotations = old.annotations.clone();
    }
    for column in &mut t.columns {
        if !column.annotations.is_empty() {
            continue;
        }
        if let Some(before) = old.column(&column.name).and_then(|c| old.columns.get(c as usize)) {
            column.annotations.clone_from(&before.annotations);
            column.opaque |= before.opaque;
        }
    }
    Some(())
}

/// After the replay: what a view shows of tables that are gone is its own.
pub(super) fn settle(schemas: &mut Schemas, index: usize) {
    let Some(schema) = schemas.list.get_mut(index) else { return };
    let dropped: Vec<bool> = schema.tables.iter().map(|t| t.dropped).collect();
    for table in &mut schema.tables {
        let Some(view) = table.view.as_deref() else { continue };
        let gone: Vec<bool> = view.outputs.iter().map(|o| shows_gone(o, index, &dropped)).collect();
        for (column, gone) in table.columns.iter_mut().zip(gone) {
            column.opaque |= gone;
        }
    }
}

fn shows_gone(output: &crate::link::sqlfn::Output, index: usize, dropped: &[bool]) -> bool {
    output.from.iter().any(|f| match f.source {
        SqlSource::Column(id) => {
            id.schema as usize == index && dropped.get(id.table as usize).copied().unwrap_or(false)
        }
        SqlSource::Param(_) => false,
    })
}
