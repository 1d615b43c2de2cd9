//! Definitions carried out, one after the other.

use super::{Column, Schema, Schemas, Table, alter, statements};
use crate::ir::sql::{
    AlterOp, ColumnDef, Define, Item, Kind, Query, QueryBody, Relation, Select, Statement, TableName, UserType, is_hole,
};
use crate::ir::{Gap, GapKind, Name, Target, Unit};
use crate::limits;
use crate::link::lineage::{self, shown_name};
use crate::link::sqlfn::{ColumnId, SqlSource};
use crate::source::Span;

/// Names that nothing explains, with their places.
type Unknown = Vec<(String, Span)>;

/// Replays those statements of a file that are `wanted`.
pub(super) fn file(
    schemas: &mut Schemas,
    index: usize,
    unit: &Unit,
    wanted: &dyn Fn(&Statement) -> bool,
    gaps: &mut Vec<Gap>,
) {
    if let Some(schema) = schemas.list.get_mut(index) {
        if !schema.files.contains(&unit.file) {
            schema.files.push(unit.file);
        }
        schema.path.clear();
    }
    for (i, statement) in statements(unit).iter().enumerate().filter(|(_, s)| wanted(s)) {
        let mut unknown = Vec::new();
        let about = apply(schemas, index, statement, &mut unknown);
        remember(schemas, index, unit, i as u32, statement, &mut unknown);
        if !unknown.is_empty()
            && let Some(schema) = schemas.list.get_mut(index)
        {
            schema.unknown.insert((unit.file, i as u32), unknown);
        }
        for annotation in &unit.annotations {
            let column = match &annotation.target {
                Target::Table(s) if *s as usize == i => None,
                Target::Column(s, name) if *s as usize == i => Some(name),
                _ => continue,
            };
            let text = (annotation.text.clone(), annotation.span);
            if let (Kind::Define(Define::Type { name, .. }), Some(field)) = (&statement.kind, column) {
                if let Some(schema) = schemas.list.get_mut(index) {
                    schema.fields.push((Name::new(name.name.to_lowercase()), field.clone(), text));
                }
                continue;
            }
            if !annotate(schemas, index, about, column, text) {
                let what = "the table or column that this `purlin:` comment speaks of is not known here".to_string();
                gaps.push(Gap { span: annotation.span, what, kind: GapKind::Annotation });
            }
        }
    }
}

/// Makes a model of a dbt project: a view of its query. Columns of sources that list none are those that are named.
pub(super) fn model(schemas: &mut Schemas, index: usize, name: &Name, unit: &Unit) -> Option<()> {
    let Some((statement, at, query)) = super::project::model_of(unit) else {
        // What could not be read is a table all the same, of which the columns are those that are named.
        let span = Span::new(unit.file, 0, 0);
        let schema = schemas.list.get_mut(index)?;
        schema.push(Table::new(&TableName { schema: None, name: name.clone(), span }));
        return None;
    };
    let table_name = TableName { schema: None, name: name.clone(), span: at.span };
    let (mut table, mut unknown) = (Table::new(&table_name), Vec::new());
    for _ in 0..limits::SQL_RECURSIVE_ROUNDS {
        unknown.clear();
        table = Table::new(&table_name);
        show(schemas, index, &mut table, &[], query, &mut unknown);
        let named = table.view.as_ref().map(|v| v.unlisted.clone()).unwrap_or_default();
        if named.is_empty() {
            break;
        }
        for (source, column, span) in named {
            schemas.ensure_column(index, source, &column, span);
        }
    }
    let schema = schemas.list.get_mut(index)?;
    schema.files.push(unit.file);
    if !unknown.is_empty() {
        schema.unknown.insert((unit.file, statement), unknown);
    }
    let table = schema.push(table);
    schema.models.push(super::Model { file: unit.file, statement, table });
    Some(())
}

/// Keeps what a statement did with rows.
fn remember(schemas: &mut Schemas, index: usize, unit: &Unit, i: u32, statement: &Statement, unknown: &mut Unknown) {
    let does = match &statement.kind {
        Kind::Query(_) | Kind::Define(Define::Table { query: Some(_), .. }) => true,
        Kind::Define(Define::Routine(routine)) => routine.name.name.is_empty(),
        Kind::Define(_) | Kind::Inert | Kind::Unknown => false,
    };
    if !does {
        return;
    }
    let did = lineage::lower(statement, schemas, index);
    if !matches!(statement.kind, Kind::Define(Define::Table { .. })) {
        unknown.extend(did.unresolved.iter().cloned());
    }
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
        Define::Table { name, columns, .. } => {
            if let Some(at) = schemas.list.get(index).and_then(|s| s.table(name)) {
                let made = |t: &&mut Table| at as usize >= known && t.view.is_none();
                let table = schemas.list.get_mut(index).and_then(|s| s.tables.get_mut(at as usize)).filter(made);
                // Code that makes a table twice (as it was once, as it is) knows all of its columns.
                if let Some(table) = table {
                    let missing: Vec<_> = columns.iter().filter(|c| table.column(&c.name).is_none()).collect();
                    missing.into_iter().for_each(|c| add(table, c));
                }
                return;
            }
            name
        }
        Define::View { name, .. } => {
            let exists = schemas.list.get(index).is_some_and(|s| s.table(name).is_some());
            if exists {
                return;
            }
            name
        }
        Define::Alter { name, .. } => name,
        // Programs drop what they made for a moment; its rows were there all the same.
        Define::Drop(_)
        | Define::Comment { .. }
        | Define::Type { .. }
        | Define::Mask { .. }
        | Define::Path(_)
        | Define::DropSchema(_)
        | Define::RenameSchema(..)
        | Define::Routine(_)
        | Define::DropRoutine(_)
        | Define::Trigger(_)
        | Define::DropTrigger(_) => return,
    };
    let old = schemas.list.get(index).and_then(|s| s.table(name)).is_some_and(|t| (t as usize) < known);
    // A name of which nothing is known is not that of another statement.
    if !old && !is_hole(&name.name) {
        apply(schemas, index, statement, &mut Vec::new());
    }
}

/// `CREATE TABLE`.
fn create(schemas: &mut Schemas, index: usize, define: &Define, unknown: &mut Unknown) -> Option<u32> {
    let Define::Table { name, columns, query, like, parents, temporary, foreign, .. } = define else { return None };
    let name = &qualified(schemas, index, name);
    let mut table = Table::new(name);
    table.temporary = *temporary;
    table.foreign.extend(foreign.iter().cloned());
    copied(schemas, index, &mut table, like, unknown);
    derived(schemas, index, &mut table, parents, unknown);
    for def in columns {
        if table.column(&def.name).is_none() {
            add(&mut table, def);
        }
    }
    if let Some(query) = query {
        table.stored = true;
        show(schemas, index, &mut table, &[], query, unknown);
    }
    let schema = schemas.list.get_mut(index)?;
    // `CREATE TABLE IF NOT EXISTS` again: the first stands, new columns join it.
    if let Some(old) = schema.exact(name) {
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

/// A view, in the place of one of its name: `CREATE OR REPLACE` keeps what was written about its columns.
fn put_view(schema: &mut Schema, name: &TableName, mut view: Table) -> Option<u32> {
    let Some(old) = schema.exact(name) else { return Some(schema.push(view)) };
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

/// Carries one statement out; the table that it speaks of.
fn apply(schemas: &mut Schemas, index: usize, statement: &Statement, unknown: &mut Unknown) -> Option<u32> {
    let Kind::Define(define) = &statement.kind else { return None };
    match define {
        Define::Table { columns, .. } => {
            let table = create(schemas, index, define, unknown)?;
            columns.iter().for_each(|def| generate(schemas, index, table, def));
            Some(table)
        }
        Define::View { name, columns, query } => {
            let name = &qualified(schemas, index, name);
            let mut view = Table::new(name);
            show(schemas, index, &mut view, columns, query, unknown);
            put_view(schemas.list.get_mut(index)?, name, view)
        }
        Define::Alter { name, ops } => {
            let Some(table) = schemas.list.get(index)?.table(name) else {
                unknown.push((shown_name(name), name.span));
                return None;
            };
            for op in ops {
                if alter::alter(schemas, index, table, op, 0).is_none() {
                    unknown.push((format!("{}: {}", shown_name(name), op.column()), name.span));
                }
                if let AlterOp::Add(def) = op {
                    generate(schemas, index, table, def);
                }
            }
            Some(table)
        }
        Define::Drop(names) => {
            let schema = schemas.list.get_mut(index)?;
            for name in names {
                if let Some(t) = schema.table(name).and_then(|t| schema.tables.get_mut(t as usize)) {
                    t.dropped = true;
                }
            }
            None
        }
        Define::Mask { table, column } => {
            let schema = schemas.list.get_mut(index)?;
            let found = schema.table(table).and_then(|t| schema.tables.get_mut(t as usize));
            match found.and_then(|t| t.column(column).and_then(|c| t.columns.get_mut(c as usize))) {
                Some(column) => column.masked = Some(table.span),
                None => unknown.push((format!("{}.{column}", shown_name(table)), table.span)),
            }
            None
        }
        Define::Type { name, made } => {
            let schema = schemas.list.get_mut(index)?;
            schema.types.insert(Name::new(name.name.to_lowercase()), made.clone());
            None
        }
        // A block runs once; what it does is history.
        Define::Routine(routine) if routine.name.name.is_empty() => None,
        Define::Routine(routine) => {
            let key = Name::new(routine.name.name.to_lowercase());
            let same = schemas.list.get_mut(index)?.routines.entry(key).or_default();
            match same.iter_mut().find(|r| r.params.len() == routine.params.len()) {
                Some(old) => old.clone_from(routine),
                None => same.push(routine.clone()),
            }
            None
        }
        Define::DropRoutine(names) => {
            let schema = schemas.list.get_mut(index)?;
            for name in names {
                schema.routines.remove(name.name.to_lowercase().as_str());
            }
            None
        }
        Define::Trigger(trigger) => {
            let schema = schemas.list.get_mut(index)?;
            let Some(table) = schema.table(&trigger.table) else {
                unknown.push((shown_name(&trigger.table), trigger.table.span));
                return None;
            };
            let triggers = &mut schema.tables.get_mut(table as usize)?.triggers;
            triggers.retain(|t| t.name != trigger.name);
            triggers.push(trigger.clone());
            None
        }
        Define::DropTrigger(name) => {
            let schema = schemas.list.get_mut(index)?;
            schema.tables.iter_mut().for_each(|t| t.triggers.retain(|t| t.name != *name));
            None
        }
        Define::Path(path) => {
            schemas.list.get_mut(index)?.path.clone_from(path);
            None
        }
        Define::DropSchema(names) => {
            let schema = schemas.list.get_mut(index)?;
            let inside = |t: &&mut Table| t.schema.as_ref().is_some_and(|s| names.contains(s));
            schema.tables.iter_mut().filter(inside).for_each(|t| t.dropped = true);
            None
        }
        Define::RenameSchema(old, new) => {
            let schema = schemas.list.get_mut(index)?;
            let inside = |t: &&mut Table| t.schema.as_ref() == Some(old);
            schema.tables.iter_mut().filter(inside).for_each(|t| t.schema = Some(new.clone()));
            None
        }
        Define::Comment { table, column, .. } => {
            let schema = schemas.list.get(index)?;
            let found = schema.table(table);
            let of = found.and_then(|t| schema.tables.get(t as usize));
            if of.is_none_or(|t| column.as_ref().is_some_and(|c| t.column(c).is_none())) {
                unknown.push((shown_name(table), table.span));
            }
            found
        }
    }
}

pub(super) fn add(table: &mut Table, def: &ColumnDef) {
    table.columns.push(Column::new(def.name.clone(), def.ty.clone(), def.span));
    table.foreign.extend(def.references.clone());
}

/// A new table's name with the schema in which it is made.
fn qualified(schemas: &Schemas, index: usize, name: &TableName) -> TableName {
    let first = schemas.list.get(index).and_then(|s| s.path.first());
    TableName { schema: name.schema.clone().or_else(|| first.cloned()), ..name.clone() }
}

/// `LIKE`, `OF`: columns as those of another table or of a composite type, with what is written about them.
fn copied(schemas: &Schemas, index: usize, table: &mut Table, like: &[TableName], unknown: &mut Unknown) {
    let Some(schema) = schemas.list.get(index) else { return };
    for other in like {
        let from = schema.table(other).and_then(|t| schema.tables.get(t as usize));
        match (from, schema.types.get(&other.name)) {
            (Some(from), _) => table.columns.extend(from.live().map(|(_, c)| c.clone())),
            (None, Some(UserType::Composite(parts))) => parts.iter().for_each(|def| add(table, def)),
            (None, _) => unknown.push((shown_name(other), other.span)),
        }
    }
}

/// `INHERITS`, `PARTITION OF`: the columns *are* those of the other table.
fn derived(schemas: &Schemas, index: usize, table: &mut Table, parents: &[TableName], unknown: &mut Unknown) {
    let Some(schema) = schemas.list.get(index) else { return };
    for name in parents {
        let Some(parent) = schema.table(name) else {
            unknown.push((shown_name(name), name.span));
            continue;
        };
        table.parents.push(parent);
        for (i, column) in schema.tables.get(parent as usize).iter().flat_map(|t| t.live()) {
            if table.column(&column.name).is_none() {
                let of = ColumnId { schema: index as u32, table: parent, column: i, part: 0 };
                table.columns.push(Column {
                    inherited: column.inherited.or(Some(of)),
                    opaque: false,
                    ..column.clone()
                });
            }
        }
    }
}

/// Fills in the columns of a view, or of a table made by `AS SELECT`.
fn show(schemas: &Schemas, index: usize, table: &mut Table, names: &[Name], query: &Query, unknown: &mut Unknown) {
    let mut shown = lineage::query(query, schemas, index);
    unknown.extend(shown.unresolved.iter().cloned());
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

/// Says of a column that is generated what it shows of its row.
fn generate(schemas: &mut Schemas, index: usize, table: u32, def: &ColumnDef) {
    let Some(of) = &def.generated else { return };
    let Some(t) = schemas.list.get(index).and_then(|s| s.tables.get(table as usize)) else { return };
    let name = TableName { schema: t.schema.clone(), name: t.name.clone(), span: def.span };
    let item = Item::Expr { expr: of.clone(), alias: Some(def.name.clone()), span: def.span };
    let from = vec![Relation::Table { name, alias: None, columns: Vec::new() }];
    let select = Select { items: vec![item], from, filters: Vec::new(), uses: Vec::new() };
    let query = Query { ctes: Vec::new(), body: QueryBody::Select(Box::new(select)), order_by: Vec::new() };
    let shown = lineage::query(&query, schemas, index).outputs.into_iter().next();
    let t = schemas.list.get_mut(index).and_then(|s| s.tables.get_mut(table as usize));
    if let Some(column) = t.and_then(|t| t.column(&def.name).and_then(|c| t.columns.get_mut(c as usize))) {
        column.generated = shown.map(Box::new);
    }
}

fn type_of(schemas: &Schemas, from: &[crate::link::sqlfn::Flowing]) -> Option<String> {
    match from {
        [one] if !one.derived => match one.source {
            SqlSource::Column(id) => schemas.column(id).map(|c| c.ty.clone()),
            SqlSource::Param(_) | SqlSource::Hole(_) => None,
        },
        _ => None,
    }
}

/// After the replay: what a view shows of tables that are gone is its own.
pub(super) fn settle(schemas: &mut Schemas, index: usize) {
    let Some(schema) = schemas.list.get_mut(index) else { return };
    schema.path.clear();
    let dropped: Vec<bool> = schema.tables.iter().map(|t| t.dropped).collect();
    for (of, field, (text, at)) in &schema.fields {
        let typed = |c: &&mut Column| {
            let bare = c.ty.rsplit('.').next().unwrap_or_default().trim_end_matches("[]").trim_matches('"');
            bare == of.as_str()
        };
        for column in schema.tables.iter_mut().flat_map(|t| &mut t.columns).filter(typed) {
            if column.annotations.iter().any(|(_, there)| there == at) {
                continue;
            }
            // What is written about the column itself speaks of all of it.
            column.whole |= !column.annotations.is_empty() && column.parts.is_empty();
            column.annotations.push((text.clone(), *at));
            column.parts.push(field.clone());
        }
    }
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
        SqlSource::Param(_) | SqlSource::Hole(_) => false,
    })
}
