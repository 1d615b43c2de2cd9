//! The tables of a run as they are told: columns with their labels, and the code that reads and writes them.

use crate::source::Span;

/// One schema.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schema {
    /// Where its definitions stand: a folder of migrations, a dump, a dbt project; empty if it is implied.
    pub origin: String,
    /// Its tables, by name.
    pub tables: Vec<Table>,
}

/// A table or view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Its name, with its schema if that was written.
    pub name: String,
    /// What it is.
    pub kind: TableKind,
    /// Where it is defined, or bound.
    pub span: Span,
    /// The store that it is bound to.
    pub store: Option<String>,
    /// Its columns in order.
    pub columns: Vec<Column>,
    /// Tables that its rows refer to.
    pub refers: Vec<Reference>,
}

/// What a table is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableKind {
    /// Has rows of its own.
    Table,
    /// Shows rows of others.
    View,
    /// Lives for a session.
    Temporary,
    /// No definition shows it: it exists by a binding or a name.
    Implied,
}

impl TableKind {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            TableKind::Table => "table",
            TableKind::View => "view",
            TableKind::Temporary => "temporary table",
            TableKind::Implied => "implied table",
        }
    }
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type as written; empty where unknown.
    pub ty: String,
    /// Its labels.
    pub labels: Vec<String>,
    /// Where it was labelled.
    pub labelled: Option<Span>,
    /// The guard that it is.
    pub guard: Option<String>,
    /// Of a view: the columns that it shows, `table.column`.
    pub shows: Vec<String>,
    /// Code that reads it or decides by it, if it has a label.
    pub readers: Vec<Access>,
    /// Code that writes it, if it has a label.
    pub writers: Vec<Access>,
}

/// A foreign key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference {
    /// Local columns.
    pub columns: Vec<String>,
    /// The other table.
    pub table: String,
    /// What happens to a row here when the one there is deleted.
    pub on_delete: &'static str,
}

/// A statement that reads or writes a column.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Access {
    /// Where.
    pub span: Span,
    /// The function, or the file of a statement that runs by itself.
    pub function: String,
}
