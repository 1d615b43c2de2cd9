//! Tables, columns and entities as Rust names them.

use std::collections::BTreeMap;

use super::node::Node;
use super::render::{Token, Tokens, quoted};
use crate::ir::case::snake;
use crate::ir::sql::{ColumnDef, Define, Kind, TableName};
use crate::ir::{Content, Name};
use crate::link::program::{ConstId, Def, Program, TypeId};
use crate::source::Span;

/// A table that is named somewhere: index in [`Tables`], and the place.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct TableRef {
    pub index: usize,
    pub name: String,
    /// The name by which the statement calls it.
    pub alias: Option<String>,
    pub place: Span,
}

/// A column that is named somewhere.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ColumnRef {
    /// Its table, as SQL.
    pub table: String,
    pub name: String,
    pub place: Span,
}

impl TableRef {
    pub(super) fn at(&self, place: Span) -> TableRef {
        TableRef { place, ..self.clone() }
    }

    pub(super) fn tokens(&self) -> Tokens {
        let name = match &self.alias {
            Some(alias) => format!("{} AS {}", self.name, quoted(alias)),
            None => self.name.clone(),
        };
        vec![Token::Text(name, self.place)]
    }

    /// Its column of this name.
    pub(super) fn column(&self, name: &str, place: Span) -> ColumnRef {
        let table = self.alias.as_ref().map_or_else(|| self.name.clone(), |alias| quoted(alias));
        ColumnRef { table, name: name.to_owned(), place }
    }
}

impl ColumnRef {
    pub(super) fn at(&self, place: Span) -> ColumnRef {
        ColumnRef { place, ..self.clone() }
    }

    pub(super) fn tokens(&self) -> Tokens {
        vec![Token::Text(format!("{}.{}", self.table, quoted(&self.name)), self.place)]
    }
}

/// A table with its columns.
#[derive(Debug)]
pub(super) struct Table {
    /// As SQL.
    pub name: String,
    pub columns: Vec<Name>,
    /// Its primary key, where that is known.
    pub key: Vec<Name>,
    /// What Rust calls its columns.
    idents: Vec<Name>,
}

/// What a constant of Diesel's names.
#[derive(Clone, Copy, Debug)]
pub(super) enum Named<'t> {
    Table(usize, &'t Table),
    All(&'t Table),
    Column(&'t Table, &'t Name),
}

impl Named<'_> {
    pub(super) fn node(self, at: Span) -> Node {
        match self {
            Named::Table(index, t) => Node::Table(t.named(index, at)),
            Named::All(t) => Node::List(t.columns.iter().map(|c| Node::Column(t.column(c, at))).collect()),
            Named::Column(t, c) => Node::Column(t.column(c, at)),
        }
    }
}

impl Table {
    fn named(&self, index: usize, place: Span) -> TableRef {
        TableRef { index, name: self.name.clone(), alias: None, place }
    }

    pub(super) fn column(&self, name: &str, place: Span) -> ColumnRef {
        ColumnRef { table: self.name.clone(), name: name.to_owned(), place }
    }

    /// The column that Rust calls so.
    pub(super) fn called(&self, ident: &str, place: Span) -> Option<ColumnRef> {
        let at =
            self.idents.iter().position(|i| i == ident).or_else(|| self.columns.iter().position(|c| c == ident))?;
        Some(self.column(self.columns.get(at)?, place))
    }
}

/// The tables that the code names.
#[derive(Debug, Default)]
pub(super) struct Tables {
    pub list: Vec<Table>,
    /// Constants of Diesel's modules: the table, and the column.
    constants: BTreeMap<ConstId, (usize, Part)>,
    /// Variants of SeaORM's columns: the table, and the column's name.
    variants: BTreeMap<(TypeId, u32), (usize, Name)>,
    /// Entities and models of SeaORM.
    entities: BTreeMap<TypeId, usize>,
    /// The models among them.
    models: BTreeMap<TypeId, usize>,
}

#[derive(Clone, Copy, Debug)]
enum Part {
    Table,
    All,
    Column(usize),
}

impl Tables {
    /// Every table that code defines.
    pub(super) fn of(p: &Program) -> Tables {
        let mut out = Tables::default();
        for (u, unit) in (0u32..).zip(&p.units) {
            let Content::Rust(rust) = &unit.content else { continue };
            let definitions = rust.embedded.iter().flat_map(|e| &e.unit.statements);
            for statement in definitions {
                let Kind::Define(Define::Table { name, columns, key, .. }) = &statement.kind else { continue };
                let modules = (0u32..).zip(&rust.modules);
                if let Some((m, _)) = modules.clone().find(|(_, m)| m.span == statement.span) {
                    let table = out.add(name, columns, key);
                    out.diesel(p, (u, m), table);
                } else if let Some(i) =
                    (0u32..).zip(&rust.types).find(|(_, t)| t.span == statement.span).map(|(i, _)| i)
                {
                    let table = out.add(name, columns, key);
                    out.sea(p, p.type_id(u, i), table, columns);
                }
            }
        }
        out
    }

    fn add(&mut self, name: &TableName, columns: &[ColumnDef], key: &[Name]) -> usize {
        let schema = name.schema.as_ref().map(|s| format!("{}.", quoted(s))).unwrap_or_default();
        let name = format!("{schema}{}", quoted(&name.name));
        let columns = columns.iter().map(|c| c.name.clone()).collect();
        self.list.push(Table { name, columns, key: key.to_vec(), idents: Vec::new() });
        self.list.len() - 1
    }

    /// A module of Diesel's, by its unit and index: its constants are the table and its columns.
    fn diesel(&mut self, p: &Program, (unit, module): (u32, u32), table: usize) {
        let Some(Content::Rust(rust)) = p.units.get(unit as usize).map(|u| &u.content) else { return };
        let mut column = 0;
        for (i, c) in (0u32..).zip(&rust.consts).filter(|(_, c)| c.module == module) {
            let part = match c.name.as_str() {
                "table" if column == 0 => Part::Table,
                "all_columns" | "star" if column == 0 => Part::All,
                _ => {
                    column += 1;
                    if let Some(t) = self.list.get_mut(table) {
                        t.idents.push(c.name.clone());
                    }
                    Part::Column(column - 1)
                }
            };
            self.constants.insert(p.const_id(unit, i), (table, part));
        }
    }

    /// A model of SeaORM: its entity and its columns stand beside it.
    fn sea(&mut self, p: &Program, model: TypeId, table: usize, columns: &[ColumnDef]) {
        self.entities.insert(model, table);
        self.models.insert(model, table);
        let fields = crate::link::ty::fields_of(p, model, None).unwrap_or_default();
        let fields: Vec<&Name> = fields.iter().filter(|f| !f.attrs.sql_skip).map(|f| &f.name).collect();
        if let Some(t) = self.list.get_mut(table) {
            t.idents = fields.iter().map(|f| (*f).clone()).collect();
        }
        let Some(module) = crate::link::ty::def_cx(p, model, &[]).module else { return };
        if let Some(Def::Type(t)) = p.lookup(module, "Entity", true) {
            self.entities.insert(t, table);
        }
        if let Some(Def::Type(t)) = p.lookup(module, "ActiveModel", true) {
            self.entities.insert(t, table);
        }
        let Some(Def::Type(of)) = p.lookup(module, "Column", true) else { return };
        let Some(crate::ir::items::TypeKind::Enum(variants)) = p.type_def(of).map(|d| &d.kind) else { return };
        let same = |a: &str, b: &str| a.replace('_', "").eq_ignore_ascii_case(&b.replace('_', ""));
        for (i, v) in (0u32..).zip(variants) {
            // Variants go by the names of the fields, in camel case.
            let field = fields.iter().position(|f| same(f, &v.name));
            if let Some(c) = field.and_then(|n| columns.get(n)) {
                self.variants.insert((of, i), (table, c.name.clone()));
            }
        }
    }

    pub(super) fn constant(&self, c: ConstId) -> Option<Named<'_>> {
        let (index, part) = self.constants.get(&c)?;
        let table = self.list.get(*index)?;
        Some(match part {
            Part::Table => Named::Table(*index, table),
            Part::All => Named::All(table),
            Part::Column(n) => Named::Column(table, table.columns.get(*n)?),
        })
    }

    pub(super) fn variant(&self, t: TypeId, variant: u32, at: Span) -> Option<ColumnRef> {
        let (table, name) = self.variants.get(&(t, variant))?;
        Some(self.list.get(*table)?.column(name, at))
    }

    /// A table, as it is named somewhere.
    pub(super) fn named(&self, index: usize, at: Span) -> Option<TableRef> {
        Some(self.list.get(index)?.named(index, at))
    }

    pub(super) fn entity(&self, t: TypeId, at: Span) -> Option<TableRef> {
        self.named(*self.entities.get(&t)?, at)
    }

    /// The model of a table of SeaORM.
    pub(super) fn model(&self, index: usize) -> Option<TypeId> {
        self.models.iter().find(|(_, i)| **i == index).map(|(t, _)| *t)
    }

    /// The table that a struct says it is of: `#[diesel(table_name = users)]`, before Diesel 2 `#[table_name = "users"]`;
    /// of SeaORM the one it is the model of, or a part of.
    pub(super) fn of_type(&self, p: &Program, t: TypeId) -> Option<usize> {
        if let Some(index) = self.entities.get(&t) {
            return Some(*index);
        }
        let def = p.type_def(t)?;
        if let Some(path) = def.said("sea_orm", "entity").next() {
            let module = crate::link::ty::def_cx(p, t, &[]).module?;
            return match p.resolve(module, &segments(path)).def? {
                Def::Type(entity) => self.entities.get(&entity).copied(),
                _ => None,
            };
        }
        let before = def.attrs.iter().find(|attr| attr.path == "table_name").map(|attr| attr.args.as_str());
        match def.said("diesel", "table_name").next().or(before) {
            Some(path) => self.module(p, t, path),
            None => match def.said("diesel", "base_query").flat_map(bases).next() {
                Some(base) => self.module(p, t, base),
                None => self.module(p, t, &format!("{}s", snake(&def.name))),
            },
        }
    }

    /// The tables that a struct says it is queried from, those that are joined after the first.
    pub(super) fn joined(&self, p: &Program, t: TypeId) -> Vec<usize> {
        let Some(def) = p.type_def(t) else { return Vec::new() };
        def.said("diesel", "base_query").flat_map(bases).skip(1).filter_map(|base| self.module(p, t, base)).collect()
    }

    /// The table of a module of Diesel's, as a type names it.
    fn module(&self, p: &Program, t: TypeId, path: &str) -> Option<usize> {
        let module = crate::link::ty::def_cx(p, t, &[]).module?;
        // A function may have the name of the module.
        let table = segments(path).into_iter().chain(["table".into()]);
        match p.resolve(module, &table.collect::<Vec<_>>()).def? {
            Def::Const(c) => self.constants.get(&c).map(|(index, _)| *index),
            _ => None,
        }
    }
}

fn segments(path: &str) -> Vec<Name> {
    path.split("::").map(|s| Name::from(s.trim())).collect()
}

/// The tables that `users::table.inner_join(posts::table)` names.
fn bases(query: &str) -> Vec<&str> {
    let mut out: Vec<&str> = Vec::new();
    for (at, _) in query.match_indices("::table") {
        let before = &query[..at];
        let from = before.rfind(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | ':'))).map_or(0, |i| i + 1);
        let path = &before[from..];
        if !path.is_empty() && !out.contains(&path) {
            out.push(path);
        }
    }
    out
}
