//! What a SQL statement does, as the flow engine sees it: edges between columns, bind parameters and result
//! columns. A statement has no control flow, so this is at once its lowered form and its summary.

use std::sync::Arc;

use crate::ir::Name;
use crate::source::Span;

/// A column of a schema, or a part of one of which labels speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ColumnId {
    /// Index of the schema in [`crate::link::schema::Schemas`].
    pub schema: u32,
    /// Index of the table in its schema.
    pub table: u32,
    /// Index of the column in its table.
    pub column: u32,
    /// All of it (0), or one of the parts that the column lists, counted from 1.
    pub part: u32,
}

impl ColumnId {
    /// The column as a whole.
    #[must_use]
    pub fn whole(self) -> Self {
        ColumnId { part: 0, ..self }
    }
}

/// A lowered statement.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SqlFn {
    /// Number of bind parameters.
    pub params: u32,
    /// Names of named parameters by position, without the sign; empty where parameters have no names.
    pub param_names: Vec<Name>,
    /// Result columns in order.
    pub outputs: Vec<Output>,
    /// Columns that the statement names anywhere.
    pub uses: Vec<ColumnUse>,
    /// Columns written.
    pub writes: Vec<Write>,
    /// Tables whose rows it deletes.
    pub deletes: Vec<(u32, u32, Span)>,
    /// Columns that every row of the result has established as true (`true`) or false or null (`false`).
    pub row_guards: Vec<(ColumnId, bool)>,
    /// Columns that are named of tables that list none (a source of which only the name is known).
    pub unlisted: Vec<(u32, Name, Span)>,
    /// Names that no schema explains.
    pub unresolved: Vec<(String, Span)>,
    /// Its rows have whatever columns there are: it selects or returns `*`.
    pub star: bool,
    /// It reads or writes a table, or gives or writes a column, of which the name is only known at run time.
    pub loose: bool,
}

impl SqlFn {
    /// The bind parameters, 0-based, whose values it writes or returns; a parameter may be named several times.
    pub fn used_params(&self) -> impl Iterator<Item = u32> {
        self.sources().filter_map(|f| match f.source {
            SqlSource::Param(n) => Some(n),
            SqlSource::Column(_) | SqlSource::Hole(_) => None,
        })
    }

    /// The places where what it writes or returns is put into its text; a place may be named several times.
    pub fn used_holes(&self) -> impl Iterator<Item = Span> {
        self.sources().filter_map(|f| match f.source {
            SqlSource::Hole(at) => Some(at),
            SqlSource::Column(_) | SqlSource::Param(_) => None,
        })
    }

    fn sources(&self) -> impl Iterator<Item = &Flowing> {
        let written = self.writes.iter().flat_map(|w| &w.from);
        written.chain(self.outputs.iter().flat_map(|o| &o.from))
    }
}

/// A result column.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    /// Its name in the row.
    pub name: Name,
    /// Where its value comes from.
    pub from: Vec<Flowing>,
    /// What is known of its keys, where it is a JSON object or a record.
    pub keys: Option<Arc<Keys>>,
    /// Whether it came by `*` and was not named.
    pub by_star: bool,
    /// Place of the select item.
    pub span: Span,
}

/// A source of a value inside a statement.
#[derive(Clone, Debug, PartialEq)]
pub struct Flowing {
    /// What.
    pub source: SqlSource,
    /// Whether only something derived from it arrives.
    pub derived: bool,
    /// SQL functions it passed that change it, innermost first.
    pub functions: Vec<Passed>,
    /// Place where the column or parameter is named (of the `*` where it came along).
    pub span: Span,
    /// The row that it is of, by the place where its table is named: of a table that is joined with itself there are two.
    pub row: Span,
    /// What the rows of the result have established of another row of its table, and not of this.
    pub lacks: Vec<(ColumnId, bool)>,
    /// What is established of it, and not of all rows of the result: by one branch of a union, by a routine.
    pub has: Vec<(ColumnId, bool)>,
}

impl Flowing {
    /// A value that arrives as it is.
    #[must_use]
    pub fn of(source: SqlSource, span: Span) -> Self {
        Flowing { source, derived: false, functions: Vec::new(), span, row: span, lacks: Vec::new(), has: Vec::new() }
    }

    /// Whether it is the same as another, wherever they are named and of whichever row they are.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        self.source == other.source
            && self.derived == other.derived
            && self.functions == other.functions
            && self.lacks == other.lacks
            && self.has == other.has
    }
}

/// A function that a value passed.
#[derive(Clone, Debug, PartialEq)]
pub struct Passed {
    /// Its name, with its schema where one is written.
    pub name: Name,
    /// The kind of transform it is, in the words in which findings tell it. A kind says what happened to the data;
    /// only a policy says what that is worth.
    pub kind: Option<Name>,
}

/// The keys of a JSON object or the columns of a record: those that it has, and no others.
pub type Keys = Vec<(Name, Part)>;

/// What stands under a key.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Part {
    /// Where its value comes from.
    pub from: Vec<Flowing>,
    /// Columns that are named by naming it, where nothing named them yet.
    pub touch: Vec<ColumnId>,
    /// Its own keys, where they are known.
    pub keys: Option<Arc<Keys>>,
}

/// Where a value of a statement comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SqlSource {
    /// A column of a table (views are seen through).
    Column(ColumnId),
    /// A bind parameter, 0-based.
    Param(u32),
    /// What is put into its text when it runs, at this place.
    Hole(Span),
}

impl SqlSource {
    /// The column as a whole, of a part of one.
    #[must_use]
    pub fn whole(self) -> Self {
        if let SqlSource::Column(c) = self { SqlSource::Column(c.whole()) } else { self }
    }
}

/// A column named by a statement.
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnUse {
    /// Which.
    pub column: ColumnId,
    /// Where.
    pub span: Span,
    /// Whether it is named in the select list (true) or filters, joins, orders, groups (false).
    pub returned: bool,
}

/// A column written.
#[derive(Clone, Debug, PartialEq)]
pub struct Write {
    /// Which.
    pub column: ColumnId,
    /// From what.
    pub from: Vec<Flowing>,
    /// Whether it stands in place of what rows had there, rather than in new rows.
    pub replaces: bool,
    /// Which column it is of its table is only known at run time.
    pub somewhere: bool,
    /// Place of the column's name, or of the value where columns are not listed.
    pub span: Span,
}
