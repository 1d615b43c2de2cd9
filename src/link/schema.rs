//! Which tables and columns there are: definitions of migrations and dumps, replayed in order.
//!
//! One schema is one folder of migrations or one dump. Ids never move: what is dropped is marked and stays, what is
//! renamed keeps its id, so a label written beside a column's first definition follows it through later renames.

mod alter;
pub mod census;
mod find;
mod mentions;
mod project;
mod replay;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

pub use find::{Role, goes_back};
pub use mentions::Mentions;
pub use project::Model;

use crate::ir::sql::{Define, ForeignKey, Kind, Routine, SqlUnit, Statement, TableName, Trigger, UserType};
use crate::ir::{Content, Gap, Name, Unit};
use crate::link::sqlfn::{ColumnId, Output, SqlFn};
use crate::source::{FileId, Span};

/// All schemas of a run.
#[derive(Clone, Debug, Default)]
pub struct Schemas {
    /// In the order of their folders.
    pub list: Vec<Schema>,
}

/// The tables of one folder of migrations, one dump, or the definitions inside one package's code.
#[derive(Clone, Debug, Default)]
pub struct Schema {
    /// The folder it belongs to, relative, without a slash at the end; empty for the root. For `billing/migrations`
    /// it is `billing`.
    pub folder: String,
    /// Where its definitions stand: the folder of migrations or the file of the dump; empty for one that is implied.
    pub origin: String,
    /// Files that were replayed, in order.
    pub files: Vec<FileId>,
    /// Tables and views, with those that were dropped.
    pub tables: Vec<Table>,
    /// What its migrations did with rows (file, index of the statement), lowered against the tables of that moment:
    /// lineage, not use.
    pub history: Vec<(FileId, u32, SqlFn)>,
    /// Files that only add to what others define, and run by themselves.
    pub additions: Vec<FileId>,
    /// The models of a dbt project.
    pub models: Vec<Model>,
    /// Names that were unknown when a statement was replayed (file, index of the statement).
    pub unknown: BTreeMap<(FileId, u32), Vec<(String, Span)>>,
    /// Types that it defines, by their lower-case names.
    pub types: BTreeMap<Name, UserType>,
    /// What is written about the fields of its composite types: type, field, text after `purlin:` and its place.
    fields: Vec<(Name, Name, (String, Span))>,
    /// Functions and procedures, by their lower-case names; those of one name differ in their parameters.
    pub routines: BTreeMap<Name, Vec<Routine>>,
    /// Where names without a schema are looked for, while the replay runs.
    path: Vec<Name>,
    /// Tables by their lower-case names, in the order of definition.
    names: BTreeMap<Name, Vec<u32>>,
}

/// A table or view.
#[derive(Clone, Debug)]
pub struct Table {
    /// Its name today.
    pub name: Name,
    /// Its schema in the sense of SQL, if it was written.
    pub schema: Option<Name>,
    /// Its columns, with those that were dropped.
    pub columns: Vec<Column>,
    /// What it shows, for views and tables made by `AS SELECT`: outputs by position of `columns`.
    pub view: Option<Box<SqlFn>>,
    /// Whether it keeps rows of its own although it was made from a query (`CREATE TABLE .. AS SELECT`).
    pub stored: bool,
    /// Place of its name in its definition, or of the binding that implies it.
    pub span: Span,
    /// Whether it was dropped.
    pub dropped: bool,
    /// Whether it exists by a binding only.
    pub implied: bool,
    /// Whether it is a temporary table.
    pub temporary: bool,
    /// What is written about the table as a whole: text after `purlin:` and its place.
    pub annotations: Vec<(String, Span)>,
    /// Its foreign keys.
    pub foreign: Vec<ForeignKey>,
    /// What runs when its rows change.
    pub triggers: Vec<Trigger>,
    /// Tables that it inherits from, or of which it is a partition.
    pub parents: Vec<u32>,
}

/// A column.
#[derive(Clone, Debug)]
pub struct Column {
    /// Its name today.
    pub name: Name,
    /// Its type as written, lower case; empty where unknown.
    pub ty: String,
    /// Place of its name in its definition.
    pub span: Span,
    /// Whether it was dropped.
    pub dropped: bool,
    /// Whether it exists by a binding only.
    pub implied: bool,
    /// What is written about it: text after `purlin:` and its place.
    pub annotations: Vec<(String, Span)>,
    /// For a column of a view: whether it stands for itself rather than for what it shows, because something is
    /// written or bound to it.
    pub opaque: bool,
    /// The parts of which alone its labels speak, by the keys of a JSON value or the fields of a composite type.
    pub parts: Vec<Name>,
    /// Whether labels speak of all of it, whatever is said of parts.
    pub whole: bool,
    /// Where an anonymizer is told to hide it.
    pub masked: Option<Span>,
    /// The column of a table it inherits from, or of which it is a partition, that this is.
    pub inherited: Option<ColumnId>,
    /// What it shows of its row, where it is generated.
    pub generated: Option<Box<Output>>,
}

/// Whether a file is the way back of a migration, which is never replayed, whatever files there are beside it.
#[must_use]
pub fn is_down(path: &str) -> bool {
    find::role(path, false) == Role::Down
}

/// Replays the definitions among `files` (relative path and lowered unit, in any order).
#[must_use]
pub fn build(files: &[(&str, &Unit)]) -> (Schemas, Vec<Gap>) {
    let mut schemas = Schemas::default();
    let mut gaps = Vec::new();
    for group in find::groups(files) {
        let index = schemas.list.len();
        schemas.list.push(Schema { folder: group.folder, origin: group.origin, ..Schema::default() });
        let project = !group.models.is_empty();
        let comment = |s: &Statement| matches!(s.kind, Kind::Define(Define::Comment { .. }));
        for unit in &group.units {
            replay::file(&mut schemas, index, unit, &|s| !(project && comment(s)), &mut gaps);
        }
        for unit in group.additions {
            replay::file(&mut schemas, index, unit, &|_| true, &mut gaps);
            schemas.list.get_mut(index).into_iter().for_each(|s| s.additions.push(unit.file));
        }
        for (name, unit) in &group.models {
            replay::model(&mut schemas, index, name, unit);
        }
        // What sheets say of models.
        for unit in group.units.iter().filter(|_| project) {
            replay::file(&mut schemas, index, unit, &comment, &mut gaps);
        }
        replay::settle(&mut schemas, index);
    }
    (schemas, gaps)
}

/// The column of a table that only a binding shows which stands for all that no binding names.
pub const ANY_COLUMN: &str = "*";

impl Schemas {
    /// The schemas a statement in this file may speak of, the likeliest first: those of the nearest folder that has
    /// any, then those of folders further up, then all others.
    #[must_use]
    pub fn for_path(&self, path: &str) -> Vec<usize> {
        let mut out: Vec<(usize, usize)> =
            self.list.iter().enumerate().map(|(i, s)| (distance(&s.folder, path), i)).collect();
        out.sort_unstable();
        out.into_iter().map(|(_, i)| i).collect()
    }

    /// The schemas in which a statement of this file is read: of the nearest folder those that know most of its
    /// tables; where they do not know all, those of other folders that do. More than one where twins (one for
    /// PostgreSQL, one for SQLite) know it equally.
    #[must_use]
    pub fn pick(&self, path: &str, statement: &Statement) -> Vec<usize> {
        let named = Mentions::of(statement).tables;
        let mut tiers: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (i, schema) in self.list.iter().enumerate() {
            tiers.entry(distance(&schema.folder, path)).or_default().push(i);
        }
        let known = |i: &usize| self.list.get(*i).map_or(0, |s| named.iter().filter(|t| s.table(t).is_some()).count());
        let mut best: (usize, Vec<usize>) = (0, Vec::new());
        for tier in tiers.into_values() {
            let most = tier.iter().map(known).max().unwrap_or(0);
            if best.1.is_empty() || most > best.0 {
                let chosen = tier.into_iter().filter(|i| known(i) == most).collect();
                best = (most, chosen);
            }
            if best.0 == named.len() {
                break;
            }
        }
        best.1
    }

    /// The schema in which a file's definitions were replayed.
    #[must_use]
    pub fn of_file(&self, file: FileId) -> Option<usize> {
        self.list.iter().position(|s| s.files.contains(&file))
    }

    /// A schema for a folder that has none, for tables that exist by a binding.
    pub fn ensure_schema(&mut self, folder: &str) -> usize {
        if let Some(i) = self.list.iter().position(|s| s.folder == folder) {
            return i;
        }
        self.list.push(Schema { folder: folder.to_string(), ..Schema::default() });
        self.list.len() - 1
    }

    /// The table of this name, made if no definition shows it. `span` is the place of the binding.
    pub fn ensure_table(&mut self, schema: usize, name: &TableName) -> Option<u32> {
        let schema = self.list.get_mut(schema)?;
        if let Some(found) = schema.table(name) {
            return Some(found);
        }
        let mut table = Table::new(name);
        table.implied = true;
        let mut any = Column::new(Name::new(ANY_COLUMN), String::new(), name.span);
        any.implied = true;
        table.columns.push(any);
        Some(schema.push(table))
    }

    /// The table of this name in every schema, made where no definition shows it.
    pub fn ensure_everywhere(&mut self, name: &TableName) -> Vec<(u32, u32)> {
        (0..self.list.len()).filter_map(|s| Some((s as u32, self.ensure_table(s, name)?))).collect()
    }

    /// The column of this name, made if no definition shows it.
    pub fn ensure_column(&mut self, schema: usize, table: u32, name: &str, span: Span) -> Option<ColumnId> {
        let t = self.list.get_mut(schema)?.tables.get_mut(table as usize)?;
        let column = match t.column(name) {
            Some(c) => c,
            None => {
                let mut column = Column::new(Name::new(name), String::new(), span);
                column.implied = true;
                t.columns.push(column);
                t.columns.len() as u32 - 1
            }
        };
        Some(ColumnId { schema: schema as u32, table, column, part: 0 })
    }

    /// Makes a column of a view stand for itself: a binding speaks of it.
    pub fn set_opaque(&mut self, id: ColumnId) {
        if let Some(c) = self.list.get_mut(id.schema as usize).and_then(|s| s.tables.get_mut(id.table as usize))
            && let Some(c) = c.columns.get_mut(id.column as usize)
        {
            c.opaque = true;
        }
    }

    /// Says of which part of a column a label speaks, and gives it; without one of all of it.
    pub fn note_label(&mut self, id: ColumnId, part: Option<&str>) -> ColumnId {
        let column = self.list.get_mut(id.schema as usize).and_then(|s| s.tables.get_mut(id.table as usize));
        let Some(column) = column.and_then(|t| t.columns.get_mut(id.column as usize)) else { return id };
        let Some(part) = part else {
            column.whole = true;
            return id;
        };
        let known = column.parts.iter().position(|p| p == part);
        let part = known.unwrap_or_else(|| {
            column.parts.push(Name::new(part));
            column.parts.len() - 1
        });
        ColumnId { part: part as u32 + 1, ..id }
    }

    /// What an annotation of a column speaks of: a part, where it is written at a field of the column's type.
    #[must_use]
    pub fn annotated(&self, id: ColumnId, at: Span) -> ColumnId {
        let fields = self.list.get(id.schema as usize).map_or(&[][..], |s| &s.fields);
        let part = fields.iter().find(|(.., (_, there))| *there == at).and_then(|(_, field, _)| {
            let parts = &self.column(id).filter(|c| !c.whole)?.parts;
            parts.iter().position(|p| p == field)
        });
        ColumnId { part: part.map_or(0, |i| i as u32 + 1), ..id }
    }

    /// Takes the definitions that a package's code makes at run time (`CREATE TABLE IF NOT EXISTS` in a string) into
    /// the schema of `folder`, where it does not know those tables.
    pub fn define_embedded(&mut self, folder: &str, units: &[&SqlUnit]) {
        let defines = units.iter().any(|u| u.statements.iter().any(|s| matches!(s.kind, Kind::Define(_))));
        if !defines {
            return;
        }
        let index = self.ensure_schema(folder);
        let before = self.list.get(index).map_or(0, |s| s.tables.len());
        for unit in units {
            for statement in &unit.statements {
                replay::embedded(self, index, statement, before);
            }
        }
        replay::settle(self, index);
    }

    /// The column with this id.
    #[must_use]
    pub fn column(&self, id: ColumnId) -> Option<&Column> {
        self.table(id)?.columns.get(id.column as usize)
    }

    /// The table of a column.
    #[must_use]
    pub fn table(&self, id: ColumnId) -> Option<&Table> {
        self.list.get(id.schema as usize)?.tables.get(id.table as usize)
    }

    /// `table.column` for texts; a part of it as a policy names one.
    #[must_use]
    pub fn show(&self, id: ColumnId) -> String {
        let (Some(t), Some(c)) = (self.table(id), self.column(id)) else { return "?".into() };
        match (id.part as usize).checked_sub(1).and_then(|i| c.parts.get(i)) {
            Some(part) => format!("{}.{}->'{part}'", t.name, c.name),
            None => format!("{}.{}", t.name, c.name),
        }
    }
}

impl Schema {
    /// The table that a name speaks of today. A written schema decides only between tables of one name: `public` and
    /// search paths are rarely written twice alike.
    #[must_use]
    pub fn table(&self, name: &TableName) -> Option<u32> {
        let candidates = self.names.get(&Name::new(name.name.to_lowercase()))?;
        let live =
            || candidates.iter().rev().copied().filter(|i| self.tables.get(*i as usize).is_some_and(|t| !t.dropped));
        let of = |i: &u32| self.tables.get(*i as usize);
        if name.schema.is_none() {
            let on_path =
                |schema: &Name| live().find(|i| of(i).is_some_and(|t| same_schema(&t.schema, &Some(schema.clone()))));
            if let Some(found) = self.path.iter().find_map(on_path) {
                return Some(found);
            }
        }
        let exact = live().find(|i| of(i).is_some_and(|t| t.name == name.name && same_schema(&t.schema, &name.schema)));
        exact
            .or_else(|| live().find(|i| of(i).is_some_and(|t| same_schema(&t.schema, &name.schema))))
            .or_else(|| live().find(|i| of(i).is_some_and(|t| t.name == name.name)))
            .or_else(|| live().next())
    }

    /// The type that stands behind a user's own: the base of a domain.
    #[must_use]
    pub fn base_type<'a>(&'a self, ty: &'a str) -> &'a str {
        let mut ty = ty;
        for _ in 0..8 {
            let bare = ty.rsplit('.').next().unwrap_or(ty).trim_matches('"');
            match self.types.get(bare) {
                Some(UserType::Domain(base)) => ty = base,
                Some(UserType::Plain | UserType::Composite(_)) | None => break,
            }
        }
        ty
    }

    /// The routine of this name that takes so many arguments, or else the first.
    #[must_use]
    pub fn routine(&self, name: &str, args: usize) -> Option<&Routine> {
        let same = self.routines.get(name.to_lowercase().as_str())?;
        same.iter().find(|r| r.params.len() == args).or_else(|| same.first())
    }

    /// The table of just this name and schema.
    fn exact(&self, name: &TableName) -> Option<u32> {
        let found = self.table(name)?;
        let table = self.tables.get(found as usize)?;
        let same = table.name == name.name && same_schema(&table.schema, &name.schema);
        same.then_some(found)
    }

    /// The table with this bare name.
    #[must_use]
    pub fn table_named(&self, name: &str) -> Option<u32> {
        let span = Span::new(FileId(0), 0, 0);
        self.table(&TableName { schema: None, name: Name::new(name), span })
    }

    fn push(&mut self, table: Table) -> u32 {
        let index = self.tables.len() as u32;
        self.names.entry(Name::new(table.name.to_lowercase())).or_default().push(index);
        self.tables.push(table);
        index
    }

    fn rename(&mut self, table: u32, to: &TableName) {
        if let Some(t) = self.tables.get_mut(table as usize) {
            t.name = to.name.clone();
            if to.schema.is_some() {
                t.schema.clone_from(&to.schema);
            }
            let list = self.names.entry(Name::new(to.name.to_lowercase())).or_default();
            list.retain(|i| *i != table);
            list.push(table);
        }
        let lower = Name::new(to.name.to_lowercase());
        for (name, list) in &mut self.names {
            if *name != lower {
                list.retain(|i| *i != table);
            }
        }
    }
}

fn same_schema(a: &Option<Name>, b: &Option<Name>) -> bool {
    let plain =
        |s: &Option<Name>| s.as_ref().map(|s| s.to_lowercase()).filter(|s| s != "public" && s != "main" && s != "dbo");
    plain(a) == plain(b)
}

impl Table {
    fn new(name: &TableName) -> Self {
        Self {
            name: name.name.clone(),
            schema: name.schema.clone(),
            columns: Vec::new(),
            view: None,
            stored: false,
            span: name.span,
            dropped: false,
            implied: false,
            temporary: false,
            annotations: Vec::new(),
            foreign: Vec::new(),
            parents: Vec::new(),
            triggers: Vec::new(),
        }
    }

    /// Index of the column of this name; of two that differ in case only the one written so.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<u32> {
        let live = || self.columns.iter().enumerate().filter(|(_, c)| !c.dropped);
        live()
            .find(|(_, c)| c.name == name)
            .or_else(|| live().find(|(_, c)| c.name.eq_ignore_ascii_case(name)))
            .map(|(i, _)| i as u32)
    }

    /// Columns of today with their indices, in order.
    pub fn live(&self) -> impl Iterator<Item = (u32, &Column)> {
        self.columns.iter().enumerate().filter(|(_, c)| !c.dropped).map(|(i, c)| (i as u32, c))
    }
}

impl Column {
    fn new(name: Name, ty: String, span: Span) -> Self {
        Self {
            name,
            ty,
            span,
            dropped: false,
            implied: false,
            annotations: Vec::new(),
            opaque: false,
            parts: Vec::new(),
            whole: false,
            masked: None,
            inherited: None,
            generated: None,
        }
    }
}

/// How far a schema's folder is from a file: fewer levels up are nearer, folders that do not hold it the farthest.
fn distance(folder: &str, path: &str) -> usize {
    let depth = |s: &str| if s.is_empty() { 0 } else { s.split('/').count() };
    let holds = folder.is_empty() || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
    if holds { depth(path) - depth(folder) } else { usize::MAX }
}

/// The statements of a unit, if it is one of SQL.
fn statements(unit: &Unit) -> &[Statement] {
    match &unit.content {
        Content::Sql(sql) => &sql.statements,
        Content::Rust(_) => &[],
    }
}
