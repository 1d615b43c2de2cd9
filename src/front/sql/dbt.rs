//! Sheets that describe tables: dbt's `schema.yml` and `sources`, and datasets of fideslang.
//!
//! A sheet is read as definitions: a source is a table with the columns that are listed, and what is written about a
//! model or a column (`meta`, `tags`, `purlin:` in a description) is an annotation as if it stood in SQL.

use serde_yaml::Value;

use crate::ir::sql::{ColumnDef, Define, Kind, SqlUnit, Statement, TableName};
use crate::ir::{Annotation, Content, Gap, GapKind, Name, Target, Unit};
use crate::source::{FileId, Span};

/// Reads a sheet. Never fails: a file that is no YAML is a gap, one that describes nothing is empty.
#[must_use]
pub fn describe(file: FileId, text: &str) -> Unit {
    let mut sheet = Sheet { file, text, at: 0, statements: Vec::new(), annotations: Vec::new() };
    let mut gaps = Vec::new();
    match serde_yaml::from_str::<Value>(text) {
        Ok(value) => sheet.whole(&value),
        Err(error) => {
            let what: String = format!("this sheet cannot be read: {error}").chars().take(160).collect();
            gaps.push(Gap { span: Span::new(file, 0, 0), what, kind: GapKind::File });
        }
    }
    let content = Content::Sql(SqlUnit { statements: sheet.statements });
    Unit { file, content, annotations: sheet.annotations, gaps }
}

/// Reads the first line of a seed, which names its columns.
#[must_use]
pub fn seed(file: FileId, name: &str, text: &str) -> Unit {
    let line = text.lines().next().unwrap_or_default();
    let span = Span::new(file, 0, line.len() as u32);
    let column = |c: &str| {
        let name = Name::new(c.trim().trim_matches(['"', '\u{feff}']).to_lowercase());
        ColumnDef { name, ty: String::new(), comment: None, references: None, generated: None, span }
    };
    let columns = line.split([',', ';']).map(column).collect();
    let table = TableName { schema: None, name: Name::new(name.to_lowercase()), span };
    let kind = Kind::Define(table_of(table, columns));
    let statements = vec![Statement { span, kind, named: Vec::new() }];
    Unit { file, content: Content::Sql(SqlUnit { statements }), annotations: Vec::new(), gaps: Vec::new() }
}

struct Sheet<'a> {
    file: FileId,
    text: &'a str,
    /// How far names have been found: YAML values have no places.
    at: usize,
    statements: Vec<Statement>,
    annotations: Vec<Annotation>,
}

fn list<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    value.get(key).and_then(Value::as_sequence).map_or(&[], Vec::as_slice)
}

fn text<'v>(value: &'v Value, key: &str) -> Option<&'v str> {
    value.get(key).and_then(Value::as_str)
}

impl Sheet<'_> {
    fn whole(&mut self, value: &Value) {
        for source in list(value, "sources") {
            let schema = text(source, "name").map(|s| Name::new(s.to_lowercase()));
            for table in list(source, "tables") {
                self.table(table, schema.clone(), true);
            }
        }
        for key in ["models", "snapshots"] {
            for model in list(value, key) {
                self.table(model, None, false);
            }
        }
        for seed in list(value, "seeds") {
            self.table(seed, None, true);
        }
        for dataset in list(value, "dataset") {
            for collection in list(dataset, "collections") {
                self.collection(collection);
            }
        }
    }

    /// A source or seed, which the sheet defines, or a model, which it only speaks of.
    fn table(&mut self, value: &Value, schema: Option<Name>, defines: bool) {
        let Some(name) = text(value, "name") else { return };
        let span = self.place(name);
        let table = TableName { schema, name: Name::new(name.to_lowercase()), span };
        let columns: Vec<(ColumnDef, &Value)> = list(value, "columns")
            .iter()
            .filter_map(|c| {
                let name = text(c, "name")?;
                let ty = text(c, "data_type").unwrap_or_default().to_lowercase();
                let at = self.place(name);
                Some((
                    ColumnDef {
                        name: Name::new(name.to_lowercase()),
                        ty,
                        comment: None,
                        references: None,
                        generated: None,
                        span: at,
                    },
                    c,
                ))
            })
            .collect();
        if defines {
            let columns = columns.iter().map(|(c, _)| c.clone()).collect();
            self.statement(span, table_of(table.clone(), columns));
        }
        self.notes(&table, None, value, span);
        for (column, value) in &columns {
            self.notes(&table, Some(&column.name), value, column.span);
        }
    }

    /// A collection of a fideslang dataset: it speaks of a table that is defined elsewhere.
    fn collection(&mut self, value: &Value) {
        let Some(name) = text(value, "name") else { return };
        let span = self.place(name);
        let table = TableName { schema: None, name: Name::new(name.to_lowercase()), span };
        for field in list(value, "fields") {
            let Some(name) = text(field, "name") else { continue };
            let at = self.place(name);
            for category in list(field, "data_categories").iter().filter_map(Value::as_str) {
                if let Some(label) = category.strip_prefix("user.") {
                    let at = self.found(category).unwrap_or(at);
                    let column = Name::new(name.to_lowercase());
                    self.note(&table, Some(&column), label, at);
                }
            }
        }
    }

    /// What is written about a table or column: `meta: {purlin: ..}`, `tags: ["purlin:.."]`, `purlin:` in its
    /// description.
    fn notes(&mut self, table: &TableName, column: Option<&Name>, value: &Value, near: Span) {
        let config = value.get("config");
        let mut said: Vec<String> = Vec::new();
        for meta in [value.get("meta"), config.and_then(|c| c.get("meta"))].into_iter().flatten() {
            match meta.get("purlin") {
                Some(Value::String(one)) => said.push(one.clone()),
                Some(Value::Sequence(many)) => said.extend(many.iter().filter_map(Value::as_str).map(str::to_owned)),
                _ => {}
            }
        }
        for tags in [value.get("tags"), config.and_then(|c| c.get("tags"))].into_iter().flatten() {
            let all: Vec<&str> = match tags {
                Value::String(one) => vec![one],
                Value::Sequence(many) => many.iter().filter_map(Value::as_str).collect(),
                _ => Vec::new(),
            };
            said.extend(all.into_iter().filter_map(|t| t.strip_prefix("purlin:")).map(|t| t.trim().to_owned()));
        }
        if let Some((_, label)) = text(value, "description").and_then(|d| d.split_once("purlin:")) {
            let label = label.lines().next().unwrap_or_default().trim();
            said.push(label.trim_end_matches('.').to_owned());
        }
        for label in said.iter().filter(|l| !l.is_empty()) {
            let from = self.text.get(near.lo as usize..).unwrap_or_default();
            let at = from.find(label.as_str()).map(|n| near.lo + n as u32);
            let span = at.map_or(near, |lo| Span::new(self.file, lo, lo + label.len() as u32));
            self.note(table, column, label, span);
        }
    }

    fn note(&mut self, table: &TableName, column: Option<&Name>, label: &str, span: Span) {
        let define = Define::Comment { table: table.clone(), column: column.cloned(), text: label.to_owned(), span };
        let at = self.statements.len() as u32;
        self.statement(span, define);
        let target = match column {
            Some(column) => Target::Column(at, column.clone()),
            None => Target::Table(at),
        };
        self.annotations.push(Annotation { text: label.to_owned(), span, target });
    }

    fn statement(&mut self, span: Span, define: Define) {
        self.statements.push(Statement { span, kind: Kind::Define(define), named: Vec::new() });
    }

    /// Where a name stands: the next place where it is the value of `name`.
    fn place(&mut self, name: &str) -> Span {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let found = rest.match_indices(name).find(|(i, _)| {
            let before = rest.get(..*i).unwrap_or_default().trim_end_matches(['"', '\'', ' ']);
            before.ends_with("name:")
        });
        let lo = match found {
            Some((i, _)) => {
                self.at += i + name.len();
                self.at - name.len()
            }
            None => self.at.min(self.text.len()),
        };
        let hi = if found.is_some() { lo + name.len() } else { lo };
        Span::new(self.file, lo as u32, hi as u32)
    }

    fn found(&mut self, text: &str) -> Option<Span> {
        let lo = self.at + self.text.get(self.at..)?.find(text)?;
        Some(Span::new(self.file, lo as u32, (lo + text.len()) as u32))
    }
}

fn table_of(name: TableName, columns: Vec<ColumnDef>) -> Define {
    Define::Table {
        name,
        columns,
        query: None,
        like: Vec::new(),
        parents: Vec::new(),
        temporary: false,
        foreign: Vec::new(),
        key: Vec::new(),
    }
}
