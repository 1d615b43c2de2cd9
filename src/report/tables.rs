//! Tables with their labels: for people as text, for programs as JSON, for documents as a diagram in Mermaid.

use std::fmt::Write as _;

use serde::Serialize;

use crate::judge::tables::{Access, Schema, Table};
use crate::source::{SourceMap, Span};

/// Accesses of each kind that are named for a column.
const NAMED: usize = 12;

/// As text.
#[must_use]
pub fn text(sources: &SourceMap, schemas: &[Schema]) -> String {
    let mut out = String::new();
    for schema in schemas {
        let origin = if schema.origin.is_empty() { "tables that no schema shows" } else { &schema.origin };
        let _ = writeln!(out, "# {origin}");
        for table in &schema.tables {
            table_text(&mut out, sources, table);
        }
        out.push('\n');
    }
    out
}

fn table_text(out: &mut String, sources: &SourceMap, table: &Table) {
    let store = table.store.as_ref().map_or_else(String::new, |s| format!(", in store {s}"));
    let _ = writeln!(out, "\n{} {}{store}  ({})", table.kind.name(), table.name, sources.show(table.span));
    let width = table.columns.iter().map(|c| c.name.chars().count()).max().unwrap_or(0);
    for column in &table.columns {
        let mut line = format!("  {:<width$}  {}", column.name, column.ty);
        if !column.shows.is_empty() {
            let _ = write!(line, "  shows {}", column.shows.join(", "));
        }
        if let Some(guard) = &column.guard {
            let _ = write!(line, "  guard {guard}");
        }
        if !column.labels.is_empty() {
            let _ = write!(line, "  [{}]", column.labels.join(", "));
        }
        if let Some(at) = column.labelled {
            let _ = write!(line, "  labelled at {}", sources.show(at));
        }
        let _ = writeln!(out, "{}", line.trim_end());
        accesses(out, sources, "read by", &column.readers);
        accesses(out, sources, "written by", &column.writers);
    }
    for r in &table.refers {
        let _ = writeln!(out, "  ({}) refers to {}, on delete {}", r.columns.join(", "), r.table, r.on_delete);
    }
}

fn accesses(out: &mut String, sources: &SourceMap, what: &str, list: &[Access]) {
    for access in list.iter().take(NAMED) {
        let _ = writeln!(out, "      {what} {} ({})", access.function, sources.show(access.span));
    }
    if let Some(more) = list.len().checked_sub(NAMED).filter(|n| *n > 0) {
        let _ = writeln!(out, "      {what} {more} more");
    }
}

/// As a diagram of entities: labelled columns with their labels, the others as they are.
#[must_use]
pub fn mermaid(schemas: &[Schema]) -> String {
    let mut out = String::from("erDiagram\n");
    for table in schemas.iter().flat_map(|s| &s.tables) {
        let _ = writeln!(out, "  {} {{", word(&table.name));
        for column in &table.columns {
            let ty = if column.ty.is_empty() { "unknown" } else { &column.ty };
            let label = match column.labels.as_slice() {
                [] => String::new(),
                labels => format!(" \"{}\"", labels.join(", ")),
            };
            let _ = writeln!(out, "    {} {}{label}", word(ty), word(&column.name));
        }
        out.push_str("  }\n");
    }
    for table in schemas.iter().flat_map(|s| &s.tables) {
        for r in &table.refers {
            let label = if r.on_delete == "cascade" { "deleted with" } else { "refers to" };
            let _ = writeln!(out, "  {} }}o--|| {} : \"{label}\"", word(&table.name), word(&r.table));
        }
    }
    out
}

/// A name as Mermaid takes it.
fn word(text: &str) -> String {
    text.chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect()
}

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    schemas: Vec<SchemaOut<'a>>,
}

#[derive(Serialize)]
struct SchemaOut<'a> {
    origin: &'a str,
    tables: Vec<TableOut<'a>>,
}

#[derive(Serialize)]
struct TableOut<'a> {
    name: &'a str,
    kind: &'static str,
    defined: PlaceOut,
    store: Option<&'a str>,
    columns: Vec<ColumnOut<'a>>,
    refers: Vec<ReferenceOut<'a>>,
}

#[derive(Serialize)]
struct ReferenceOut<'a> {
    columns: &'a [String],
    table: &'a str,
    on_delete: &'static str,
}

#[derive(Serialize)]
struct ColumnOut<'a> {
    name: &'a str,
    r#type: &'a str,
    labels: &'a [String],
    labelled: Option<PlaceOut>,
    guard: Option<&'a str>,
    shows: &'a [String],
    readers: Vec<AccessOut<'a>>,
    writers: Vec<AccessOut<'a>>,
}

#[derive(Serialize)]
struct AccessOut<'a> {
    function: &'a str,
    #[serde(flatten)]
    at: PlaceOut,
}

#[derive(Serialize)]
struct PlaceOut {
    file: String,
    line: u32,
    column: u32,
}

/// As JSON, version 1.
///
/// # Errors
/// If it cannot be written as JSON, which no input causes.
pub fn json(sources: &SourceMap, schemas: &[Schema]) -> serde_json::Result<String> {
    let place = |span: Span| {
        let at = sources.start(span);
        PlaceOut { file: sources.path(span.file).to_owned(), line: at.line, column: at.column }
    };
    let document = Document {
        version: 1,
        schemas: schemas
            .iter()
            .map(|s| SchemaOut { origin: &s.origin, tables: s.tables.iter().map(|t| table_out(&place, t)).collect() })
            .collect(),
    };
    Ok(serde_json::to_string_pretty(&document)? + "\n")
}

fn table_out<'a>(place: &dyn Fn(Span) -> PlaceOut, t: &'a Table) -> TableOut<'a> {
    let accesses = |list: &'a [Access]| -> Vec<AccessOut<'a>> {
        list.iter().map(|a| AccessOut { function: &a.function, at: place(a.span) }).collect()
    };
    let columns = t
        .columns
        .iter()
        .map(|c| ColumnOut {
            name: &c.name,
            r#type: &c.ty,
            labels: &c.labels,
            labelled: c.labelled.map(place),
            guard: c.guard.as_deref(),
            shows: &c.shows,
            readers: accesses(&c.readers),
            writers: accesses(&c.writers),
        })
        .collect();
    let refers = t.refers.iter().map(|r| ReferenceOut { columns: &r.columns, table: &r.table, on_delete: r.on_delete });
    TableOut {
        name: &t.name,
        kind: t.kind.name(),
        defined: place(t.span),
        store: t.store.as_deref(),
        columns,
        refers: refers.collect(),
    }
}
