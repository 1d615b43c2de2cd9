//! Relations in reach and the names of their columns.

use std::rc::Rc;
use std::sync::Arc;

use super::eval::Value;
use super::people::Guard;
use super::{Guards, Lower, add, json};
use crate::ir::Name;
use crate::ir::sql::TableName;
use crate::link::schema::Table;
use crate::link::sqlfn::{ColumnId, Flowing, Keys, Part, SqlSource};
use crate::source::Span;

/// A column of a relation or of a result.
#[derive(Clone, Debug)]
pub(super) struct Col {
    pub name: Name,
    pub from: Vec<Flowing>,
    /// Columns of tables that are named by naming this one; empty where they were named further in.
    pub touch: Vec<ColumnId>,
    /// Whether the places of `from` are those of the next naming.
    pub late: bool,
    /// Whether no one has named it yet on the way here.
    pub star: bool,
    /// The column of a table that this is, unchanged.
    pub id: Option<ColumnId>,
    /// What is known of its keys, where it is a JSON object or a record.
    pub keys: Option<Arc<Keys>>,
    pub span: Span,
}

impl Col {
    /// Its sources as they arrive when it is named (or comes along) at `span`.
    pub(super) fn at(&self, span: Span) -> Vec<Flowing> {
        let mut from = self.from.clone();
        if self.late {
            from.iter_mut().for_each(|f| f.span = span);
        }
        from
    }

    /// Its value as it comes along at `span`, not yet named.
    pub(super) fn value(&self, span: Span) -> Value {
        let keys = self.keys.as_ref().map(|k| if self.late { json::at(k, span) } else { Arc::clone(k) });
        Value { from: self.at(span), id: self.id, touch: self.touch.clone(), star: self.star, keys }
    }
}

/// A source of rows with its alias.
#[derive(Clone, Debug)]
pub(super) struct Rel {
    pub alias: Name,
    pub schema: Option<Name>,
    pub cols: Rc<Vec<Col>>,
    /// Sources of columns that are not listed, where the relation may have others.
    pub open: Option<Vec<Flowing>>,
    pub guards: Guards,
    /// Tables that list no columns of which the unlisted ones are.
    pub open_of: Vec<u32>,
    /// Names that a `USING` before it already gives.
    pub hidden: Vec<Name>,
}

impl Rel {
    pub(super) fn col(&self, name: &str) -> Option<&Col> {
        self.cols
            .iter()
            .find(|c| c.name == name)
            .or_else(|| self.cols.iter().find(|c| c.name.eq_ignore_ascii_case(name)))
    }
}

/// The relations of one query, inside those of the queries around it.
pub(super) struct Scope<'p> {
    pub rels: Vec<Rel>,
    /// Result columns that later clauses may name.
    pub aliases: Vec<Col>,
    pub parent: Option<&'p Scope<'p>>,
}

impl<'p> Scope<'p> {
    pub(super) fn new(parent: Option<&'p Scope<'p>>) -> Self {
        Self { rels: Vec::new(), aliases: Vec::new(), parent }
    }

    fn chain(&self) -> impl Iterator<Item = &Scope<'p>> {
        std::iter::successors(Some(self), |s| s.parent)
    }

    pub(super) fn rel(&self, qualifier: &[Name]) -> Option<&Rel> {
        let last = qualifier.last()?;
        let schema = qualifier.len().checked_sub(2).and_then(|i| qualifier.get(i));
        self.chain().find_map(|scope| {
            let of = |r: &&Rel| r.alias.eq_ignore_ascii_case(last);
            let exact = scope.rels.iter().filter(of).find(|r| schema.is_some() && r.schema.as_ref() == schema);
            exact.or_else(|| scope.rels.iter().find(of))
        })
    }
}

/// What a name means.
pub(super) enum Found<'s> {
    /// A column.
    Col(&'s Col),
    /// A column of a relation that may have any.
    Open(&'s Rel),
    /// A field of a column that holds a record or JSON.
    Part(&'s Col),
    /// A whole row.
    Row(&'s Rel),
    /// A name that stands for no data: `rowid`.
    Nothing,
    /// None that is known.
    Unknown,
}

/// Columns that tables have without defining them, and words that some dialects let stand alone.
const BUILT_IN: [&str; 14] = [
    "rowid",
    "oid",
    "_rowid_",
    "ctid",
    "xmin",
    "xmax",
    "tableoid",
    "cmin",
    "cmax",
    "rownum",
    "user",
    "level",
    "value",
    "_table_suffix",
];

/// Finds the column a name stands for.
pub(super) fn find<'s>(scope: &'s Scope<'_>, qualifier: &[Name], name: &str) -> Found<'s> {
    if !qualifier.is_empty() {
        if let Some(rel) = scope.rel(qualifier) {
            return match (rel.col(name), &rel.open) {
                (Some(col), _) => Found::Col(col),
                (None, Some(_)) => Found::Open(rel),
                (None, None) if BUILT_IN.contains(&name) => Found::Nothing,
                (None, None) => Found::Unknown,
            };
        }
        // `profile.city` where `profile` is a column.
        return match qualifier {
            [column] => match find(scope, &[], column) {
                Found::Col(col) => Found::Part(col),
                _ => Found::Unknown,
            },
            _ => Found::Unknown,
        };
    }
    let mut open = None;
    for level in scope.chain() {
        for rel in &level.rels {
            if let Some(col) = rel.col(name) {
                return Found::Col(col);
            }
            if open.is_none() {
                open = rel.open.is_some().then_some(rel);
            }
        }
        if let Some(col) = level.aliases.iter().find(|c| c.name.eq_ignore_ascii_case(name)) {
            return Found::Col(col);
        }
        if let Some(rel) = level.rels.iter().find(|r| r.alias.eq_ignore_ascii_case(name)) {
            return Found::Row(rel);
        }
    }
    match open {
        Some(open) => Found::Open(open),
        None if BUILT_IN.contains(&name) || is_setting(name) || DATE_PARTS.contains(&name) => Found::Nothing,
        // MySQL and SQLite also write texts in double quotes.
        None if name.contains(|c: char| c.is_whitespace() || c == '%' || c == '@') => Found::Nothing,
        None => Found::Unknown,
    }
}

/// Whether a name stands for a setting of a template: no one's data.
fn is_setting(name: &str) -> bool {
    name.strip_prefix("t_").is_some_and(|rest| rest.chars().all(|c| c == '_'))
}

/// Parts of dates, which some dialects let stand alone: `date_trunc(hour, at)`.
const DATE_PARTS: [&str; 12] = [
    "second",
    "minute",
    "hour",
    "day",
    "dayofweek",
    "week",
    "month",
    "quarter",
    "year",
    "milliseconds",
    "epoch",
    "isoweek",
];

/// Tables of the database itself.
fn is_catalogue(name: &TableName) -> bool {
    let schema = name.schema.as_ref().map(|s| s.to_lowercase());
    let table = name.name.to_lowercase();
    matches!(
        schema.as_deref(),
        Some("information_schema" | "pg_catalog" | "sys" | "system" | "mysql" | "performance_schema")
    ) || table.starts_with("pg_")
        || table.starts_with("sqlite_")
        || table.starts_with("pragma_")
        || table == "dual"
        || table.starts_with("_sqlx_")
}

impl Lower<'_> {
    /// The relation that a name in `FROM` stands for.
    pub(super) fn table(&mut self, name: &TableName, alias: Option<&Name>, renamed: &[Name]) -> Rel {
        let shown = alias.unwrap_or(&name.name).clone();
        if name.schema.is_none() {
            let cte = self.ctes.iter().rev().find(|(n, _)| n.eq_ignore_ascii_case(&name.name));
            if let Some((_, rel)) = cte {
                let mut rel = rel.clone();
                rel.alias = shown;
                rename(&mut rel, renamed);
                return rel;
            }
        }
        let mut rel = Rel {
            alias: shown,
            schema: name.schema.clone(),
            cols: Rc::new(Vec::new()),
            open: None,
            guards: Vec::new(),
            hidden: Vec::new(),
            open_of: Vec::new(),
        };
        let schema = self.schemas.list.get(self.schema);
        let found = schema.and_then(|s| s.table(name)).and_then(|i| Some((i, schema?.tables.get(i as usize)?)));
        match found {
            Some((index, table)) => {
                rel.cols = Rc::new(self.columns(index, table, name.span));
                if let Some(view) = &table.view {
                    rel.guards = view.row_guards.iter().map(|of| Guard { of: *of, row: name.span }).collect();
                }
                if table.implied || table.columns.is_empty() || table.columns.iter().all(|c| c.implied) {
                    rel.open = Some(Vec::new());
                    rel.open_of = vec![index];
                }
            }
            None => {
                rel.open = Some(Vec::new());
                self.loose(&name.name);
                if !is_catalogue(name) {
                    self.unresolved(&shown_name(name), name.span);
                }
            }
        }
        rename(&mut rel, renamed);
        rel
    }

    /// The columns of a table as they are read; views are seen through.
    pub(super) fn columns(&mut self, index: u32, table: &Table, span: Span) -> Vec<Col> {
        let mut out = Vec::with_capacity(table.columns.len());
        for (i, column) in table.live() {
            if !self.step() {
                break;
            }
            let own = ColumnId { schema: self.schema as u32, table: index, column: i, part: 0 };
            let own = column.inherited.filter(|_| !column.opaque).unwrap_or(own);
            let shown = table.view.as_ref().filter(|_| !column.opaque).and_then(|view| {
                let output = view.outputs.get(i as usize)?;
                (!output.from.is_empty() || view.unresolved.is_empty()).then_some(output)
            });
            let shown = shown.or_else(|| column.generated.as_deref().filter(|_| !column.opaque));
            let mut col = Col {
                name: column.name.clone(),
                from: Vec::new(),
                touch: Vec::new(),
                late: true,
                star: true,
                id: None,
                keys: None,
                span,
            };
            match shown {
                Some(output) => {
                    col.keys.clone_from(&output.keys);
                    for flow in &output.from {
                        if let SqlSource::Column(id) = flow.source {
                            add(&mut col.from, Flowing { row: span, ..flow.clone() });
                            if !col.touch.contains(&id) {
                                col.touch.push(id);
                            }
                        }
                    }
                    if let [Flowing { source: SqlSource::Column(id), derived: false, functions, .. }] =
                        output.from.as_slice()
                    {
                        col.id = functions.is_empty().then_some(*id);
                        col.keys = col.keys.take().or_else(|| self.labelled_parts(col.id?, span));
                    }
                }
                None => {
                    let source = SqlSource::Column(own);
                    col.from.push(Flowing::of(source, span));
                    col.touch.push(own);
                    col.id = Some(own);
                    col.keys = self.labelled_parts(own, span);
                }
            }
            out.push(col);
        }
        out
    }

    /// The parts of a column of which alone labels speak.
    fn labelled_parts(&self, of: ColumnId, span: Span) -> Option<Arc<Keys>> {
        let column = self.schemas.column(of).filter(|c| !c.whole && !c.parts.is_empty())?;
        let part = |part| {
            let id = ColumnId { part, ..of };
            let from = vec![Flowing::of(SqlSource::Column(id), span)];
            Part { from, touch: vec![of, id], keys: None }
        };
        Some(Arc::new((1..).zip(&column.parts).map(|(i, p)| (p.clone(), part(i))).collect()))
    }
}

/// `schema.table` for texts.
pub(crate) fn shown_name(name: &TableName) -> String {
    match &name.schema {
        Some(schema) => format!("{schema}.{}", name.name),
        None => name.name.to_string(),
    }
}

/// `AS t(a, b)`.
pub(super) fn rename(rel: &mut Rel, names: &[Name]) {
    if names.is_empty() {
        return;
    }
    let mut cols = rel.cols.as_ref().clone();
    for (col, name) in cols.iter_mut().zip(names) {
        col.name = name.clone();
    }
    rel.cols = Rc::new(cols);
}
