//! Statements of SQL in a relational form, independent of dialect and parser.
//!
//! Nothing is resolved here: `link::schema` replays the definitions, `link::lineage` lowers a statement to the
//! edges between columns, bind parameters and result columns.

use std::ops::Range;

use serde::{Deserialize, Serialize};

mod words;

pub use words::{begins_with_rows, is_rowless, leads_to_rows};

use super::Name;
use crate::source::Span;

/// What the names begin with that stand for holes in a statement.
const HOLE: &str = "purlin_hole_";

/// The name that stands for a part of a statement which is only known at run time.
#[must_use]
pub fn hole(number: usize) -> String {
    format!("{HOLE}{number}")
}

/// Whether a name is, or has in it, what stands for such a part.
#[must_use]
pub fn has_hole(name: &str) -> bool {
    name.contains(HOLE)
}

/// Whether a name is just what stands for such a part: nothing of it is known.
#[must_use]
pub fn is_hole(name: &str) -> bool {
    holes(name).next() == Some(0..name.len())
}

/// Where in a text such names stand.
pub fn holes(text: &str) -> impl Iterator<Item = Range<usize>> {
    text.match_indices(HOLE).map(|(lo, _)| {
        let number = text.get(lo + HOLE.len()..).unwrap_or_default();
        let digits = number.bytes().take_while(u8::is_ascii_digit).count();
        lo..lo + HOLE.len() + digits
    })
}

/// A file of statements, or one text inside Rust.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SqlUnit {
    /// Its statements in order.
    pub statements: Vec<Statement>,
}

/// SQL in a string literal of a Rust file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Embedded {
    /// The literal token.
    pub span: Span,
    /// Its statements; their spans stand inside the literal.
    pub unit: SqlUnit,
}

/// One statement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Statement {
    /// From its first to its last token.
    pub span: Span,
    /// What it does.
    pub kind: Kind,
    /// Names of its named parameters (`:name`, `@name`, without the sign), by position; empty where parameters are
    /// numbered or plain `?`.
    #[serde(default)]
    pub named: Vec<Name>,
}

/// `schema.table`, as written; quoted names keep their case, others are lower-cased.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TableName {
    /// Schema, if written.
    pub schema: Option<Name>,
    /// Table.
    pub name: Name,
    /// Where.
    pub span: Span,
}

/// What a statement does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Kind {
    /// Defines tables, views, comments.
    Define(Define),
    /// Reads or writes rows.
    Query(Query),
    /// Understood and without flow (`SET`, `GRANT`, `CREATE INDEX`, `BEGIN` ..).
    Inert,
    /// Not understood; the reason is a [`super::Gap`] of the unit.
    Unknown,
}

/// Definitions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Define {
    /// `CREATE TABLE`.
    Table {
        /// Its name.
        name: TableName,
        /// Its columns.
        columns: Vec<ColumnDef>,
        /// `AS SELECT ..`.
        query: Option<Query>,
        /// `LIKE`, `OF type`: columns are copied.
        like: Vec<TableName>,
        /// `INHERITS`, `PARTITION OF`: columns are those of these tables, also later.
        parents: Vec<TableName>,
        /// Temporary tables live for a session only.
        temporary: bool,
        /// Foreign keys that are written as constraints of the table.
        foreign: Vec<ForeignKey>,
        /// Its primary key, where code writes the table.
        key: Vec<Name>,
    },
    /// `CREATE [MATERIALIZED] VIEW`.
    View {
        /// Its name.
        name: TableName,
        /// Its columns, where renamed.
        columns: Vec<Name>,
        /// What it shows.
        query: Query,
    },
    /// `ALTER TABLE`.
    Alter {
        /// The table.
        name: TableName,
        /// In order.
        ops: Vec<AlterOp>,
    },
    /// `DROP TABLE | VIEW`.
    Drop(Vec<TableName>),
    /// `SECURITY LABEL FOR anon ON COLUMN t.c IS 'MASKED ..'`: an anonymizer hides it.
    Mask {
        /// The table.
        table: TableName,
        /// The column.
        column: Name,
    },
    /// `CREATE TYPE`, `CREATE DOMAIN`.
    Type {
        /// Its name.
        name: TableName,
        /// What it is made of.
        made: UserType,
    },
    /// `CREATE FUNCTION`, `CREATE PROCEDURE`, `DO`.
    Routine(Routine),
    /// `DROP FUNCTION`, `DROP PROCEDURE`.
    DropRoutine(Vec<TableName>),
    /// `CREATE TRIGGER`.
    Trigger(Trigger),
    /// `DROP TRIGGER`.
    DropTrigger(Name),
    /// `SET search_path`, `USE`: where names without a schema are looked for.
    Path(Vec<Name>),
    /// `DROP SCHEMA`.
    DropSchema(Vec<Name>),
    /// `ALTER SCHEMA .. RENAME TO`.
    RenameSchema(Name, Name),
    /// `COMMENT ON TABLE | COLUMN`; a column's name is the last part.
    Comment {
        /// The table.
        table: TableName,
        /// The column, if it is about one.
        column: Option<Name>,
        /// The text and its place.
        text: String,
        /// Place of the text.
        span: Span,
    },
}

/// A function, a procedure, or a block: steps whose order is kept, whose branches are not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Routine {
    /// Its name; empty for a block.
    pub name: TableName,
    /// Its parameters in order; an empty name for one that has none.
    pub params: Vec<Name>,
    /// Columns of its result, where they are named (`RETURNS TABLE`, `OUT`).
    pub results: Vec<Name>,
    /// What it does.
    pub body: Vec<Step>,
}

/// A step of a routine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// What is evaluated.
    pub query: Query,
    /// What becomes of its rows.
    pub into: Into,
    /// In a trigger: what must have happened for it to run (`IF TG_OP = 'INSERT'`).
    pub only: Events,
    /// How often it runs.
    pub runs: Runs,
}

/// How often a step of a routine runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Runs {
    /// Once.
    Once,
    /// Once or not at all.
    Perhaps,
    /// In a loop.
    Again,
}

/// Kinds of change to the rows of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Events {
    /// Rows are inserted.
    pub insert: bool,
    /// Rows are updated.
    pub update: bool,
    /// Rows are deleted.
    pub delete: bool,
}

impl Events {
    /// Any change.
    pub const ALL: Events = Events { insert: true, update: true, delete: true };
    /// No change.
    pub const NONE: Events = Events { insert: false, update: false, delete: false };

    /// What both have.
    #[must_use]
    pub fn and(self, other: Events) -> Events {
        Events {
            insert: self.insert && other.insert,
            update: self.update && other.update,
            delete: self.delete && other.delete,
        }
    }

    /// What either has.
    #[must_use]
    pub fn or(self, other: Events) -> Events {
        Events {
            insert: self.insert || other.insert,
            update: self.update || other.update,
            delete: self.delete || other.delete,
        }
    }

    /// What it has not.
    #[must_use]
    pub fn others(self) -> Events {
        Events { insert: !self.insert, update: !self.update, delete: !self.delete }
    }
}

/// What becomes of the rows of a step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Into {
    /// Nothing: it changes rows or decides.
    Nothing,
    /// They are put into variables, position by position; `NEW.a` has two parts.
    Variables(Vec<Vec<Name>>),
    /// They are the result.
    Result,
}

/// A trigger.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trigger {
    /// Its name.
    pub name: Name,
    /// The table it stands at.
    pub table: TableName,
    /// When it runs.
    pub on: Events,
    /// Names under which it sees all changed rows (`REFERENCING NEW TABLE AS n`).
    pub tables: Vec<Name>,
    /// What it does.
    pub does: Does,
}

/// What a trigger does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Does {
    /// Runs a function.
    Call(TableName),
    /// Has a body of its own.
    Body(Vec<Step>),
}

/// A type that the database defines.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum UserType {
    /// `CREATE DOMAIN x AS base`.
    Domain(String),
    /// `CREATE TYPE x AS ENUM (..)`, and others without parts.
    Plain,
    /// `CREATE TYPE x AS (a int, ..)`.
    Composite(Vec<ColumnDef>),
}

/// A foreign key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ForeignKey {
    /// Local columns.
    pub columns: Vec<Name>,
    /// The table referred to.
    pub table: TableName,
    /// Its columns; empty for its primary key.
    pub referred: Vec<Name>,
    /// What happens to the row here when the row there is deleted.
    pub on_delete: OnDelete,
}

/// What a foreign key does when the row it refers to is deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum OnDelete {
    /// The deletion fails.
    #[default]
    Nothing,
    /// The row is deleted too.
    Cascade,
    /// Its columns become null or their default.
    Clear,
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ColumnDef {
    /// Its name.
    pub name: Name,
    /// Its type as written, lower case.
    pub ty: String,
    /// A comment in the definition (`COMMENT '..'`, `OPTIONS(description = ..)`).
    pub comment: Option<(String, Span)>,
    /// `REFERENCES table(column)`.
    pub references: Option<ForeignKey>,
    /// What it is made of, in the same row: `GENERATED ALWAYS AS (..)`.
    pub generated: Option<Expr>,
    /// Place of the name.
    pub span: Span,
}

/// One step of `ALTER TABLE`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum AlterOp {
    /// `ADD COLUMN`.
    Add(ColumnDef),
    /// `DROP COLUMN`.
    Drop(Name),
    /// `RENAME COLUMN a TO b`.
    Rename(Name, Name),
    /// `RENAME TO`.
    RenameTable(TableName),
    /// `ALTER COLUMN .. TYPE`.
    Retype(Name, String),
    /// `SET SCHEMA`.
    SetSchema(Name),
    /// `ADD FOREIGN KEY`.
    Foreign(ForeignKey),
    /// `INHERIT`: the table that it inherits from.
    Inherit(TableName),
    /// `ATTACH PARTITION`: the table that becomes a part.
    Attach(TableName),
}

impl AlterOp {
    /// The column it speaks of; empty for one that is about the whole table.
    #[must_use]
    pub fn column(&self) -> &str {
        match self {
            AlterOp::Add(def) => &def.name,
            AlterOp::Drop(name) | AlterOp::Rename(name, _) | AlterOp::Retype(name, _) => name,
            AlterOp::RenameTable(_)
            | AlterOp::SetSchema(_)
            | AlterOp::Foreign(_)
            | AlterOp::Inherit(_)
            | AlterOp::Attach(_) => "",
        }
    }
}

/// A query or data-modifying statement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Query {
    /// `WITH`.
    pub ctes: Vec<Cte>,
    /// Its body.
    pub body: QueryBody,
    /// `ORDER BY`, `LIMIT` and other expressions evaluated on the result.
    pub order_by: Vec<Expr>,
}

/// A common table expression.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cte {
    /// Its name.
    pub name: Name,
    /// Column names, where given.
    pub columns: Vec<Name>,
    /// Its query.
    pub query: Query,
    /// Whether `WITH RECURSIVE`.
    pub recursive: bool,
}

/// What a query does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum QueryBody {
    /// `SELECT`.
    Select(Box<Select>),
    /// `VALUES (..), (..)`.
    Values(Vec<Vec<Expr>>),
    /// `UNION`, `INTERSECT`, `EXCEPT`.
    Set(Box<Query>, Box<Query>),
    /// A nested query with its own `WITH`.
    Nested(Box<Query>),
    /// `INSERT`.
    Insert {
        /// Where to.
        table: TableName,
        /// `AS alias`.
        alias: Option<Name>,
        /// Columns, where listed, with their places.
        columns: Vec<(Name, Span)>,
        /// What.
        source: Option<Box<Query>>,
        /// `ON CONFLICT DO UPDATE SET` and `ON DUPLICATE KEY UPDATE`; `excluded.x` is the inserted value.
        on_conflict: Vec<Assignment>,
        /// `RETURNING`.
        returning: Vec<Item>,
    },
    /// `UPDATE`.
    Update {
        /// The table.
        table: TableName,
        /// Its alias.
        alias: Option<Name>,
        /// `SET`.
        set: Vec<Assignment>,
        /// `FROM`.
        from: Vec<Relation>,
        /// `WHERE`, as conjuncts.
        filters: Vec<Expr>,
        /// `RETURNING`.
        returning: Vec<Item>,
    },
    /// `DELETE`, `TRUNCATE`.
    Delete {
        /// The table.
        table: TableName,
        /// Its alias.
        alias: Option<Name>,
        /// `USING`.
        from: Vec<Relation>,
        /// `WHERE`, as conjuncts.
        filters: Vec<Expr>,
        /// `RETURNING`.
        returning: Vec<Item>,
    },
}

/// `column = expr`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Assignment {
    /// The column.
    pub column: Name,
    /// The value.
    pub value: Expr,
    /// Place of the column.
    pub span: Span,
}

/// `SELECT`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Select {
    /// The select list.
    pub items: Vec<Item>,
    /// `FROM` and joins.
    pub from: Vec<Relation>,
    /// Top-level conjuncts of `WHERE` and of inner joins' `ON`: they hold for every row.
    pub filters: Vec<Expr>,
    /// Other expressions evaluated: outer joins' `ON`, `GROUP BY`, `HAVING`, `DISTINCT ON`, windows.
    pub uses: Vec<Expr>,
}

/// An entry of a select list or `RETURNING`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Item {
    /// An expression, with its alias (without sqlx's `!` and `?` overrides).
    Expr {
        /// The expression.
        expr: Expr,
        /// The alias.
        alias: Option<Name>,
        /// Its place.
        span: Span,
    },
    /// `*` or `t.*`.
    Star {
        /// `t`.
        qualifier: Option<TableName>,
        /// Columns that come along changed, or not at all.
        but: Vec<(Name, But)>,
        /// Its place.
        span: Span,
    },
}

/// What becomes of a column that a `*` would show.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum But {
    /// `EXCEPT`, `EXCLUDE`: it is left out.
    Not,
    /// `REPLACE`: another value stands there.
    Instead(Expr, Span),
    /// `RENAME`: it has another name.
    Called(Name),
}

/// A source of rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Relation {
    /// A table, view or CTE.
    Table {
        /// Its name.
        name: TableName,
        /// Its alias.
        alias: Option<Name>,
        /// Renamed columns.
        columns: Vec<Name>,
    },
    /// A subquery.
    Sub {
        /// The query.
        query: Box<Query>,
        /// Its alias.
        alias: Option<Name>,
        /// Renamed columns.
        columns: Vec<Name>,
        /// Whether it may use earlier relations.
        lateral: bool,
    },
    /// A function in `FROM` (`unnest($1)`): every column is derived from its arguments.
    Function {
        /// Arguments.
        args: Vec<Expr>,
        /// Its name.
        name: Name,
        /// Its alias.
        alias: Option<Name>,
        /// Renamed columns.
        columns: Vec<Name>,
    },
    /// Names shared by a `USING` join with what stands before it; empty for `NATURAL`.
    Using(Vec<Name>),
    /// The side of an outer join that may be missing: what its rows establish does not hold for every result row.
    Optional(Box<Relation>),
}

/// An expression, as far as data flow tells apart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Expr {
    /// A column, perhaps qualified.
    Column {
        /// `schema.table` or `table` or alias; empty for a bare name.
        qualifier: Vec<Name>,
        /// The column.
        name: Name,
        /// Its place.
        span: Span,
    },
    /// A bind parameter: its 0-based position. Named ones (`:name`, `@name`) are counted in order of first
    /// appearance, their names stand in [`Statement::named`].
    Param(u32, Span),
    /// What is put into the text of the statement when it runs, with the place where that is done.
    Hole(Span),
    /// A literal or anything else that holds no data of a person.
    Const,
    /// The same data: casts, `coalesce`, parentheses, `CASE` results.
    Same(Vec<Expr>),
    /// Derived data: operators, concatenation.
    Derived(Vec<Expr>),
    /// A short text as an argument: it may be a key or a path.
    Text(Name),
    /// A function call; operators on JSON are those of the functions that do the same.
    Call {
        /// Its schema, lower case, where one is written.
        schema: Option<Name>,
        /// Its name, lower case.
        name: Name,
        /// Arguments.
        args: Vec<Expr>,
        /// Its place.
        span: Span,
    },
    /// Comparisons, `IN`, `IS NULL`, `LIKE`, `AND`, `OR`: touches its parts, yields no data.
    Test(TestExpr),
    /// A scalar subquery or `ARRAY(..)`.
    Sub(Box<Query>),
    /// `EXISTS (..)`, `x IN (SELECT ..)`: touches, yields no data.
    Exists(Box<Query>, Vec<Expr>),
    /// A whole row (`row_to_json(t)`, `t` as a value), by qualifier.
    Row(Name, Span),
}

/// A predicate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum TestExpr {
    /// `c`, `c = true`, `c IS TRUE`, `c IS NOT NULL`: the column is established true.
    IsTrue(Box<Expr>),
    /// `NOT c`, `c = false`, `c IS FALSE`, `c IS NULL`.
    IsFalse(Box<Expr>),
    /// `a = b`.
    Equal(Box<Expr>, Box<Expr>),
    /// Anything else.
    Other(Vec<Expr>),
}
