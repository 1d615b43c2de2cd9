//! `ALTER TABLE`, carried out.

use super::replay::add;
use super::{Schemas, Table};
use crate::ir::sql::{AlterOp, TableName};
use crate::limits;
use crate::link::sqlfn::ColumnId;

/// Carries one step out; `None` where it speaks of a column that is not there. What happens to the columns of a table
/// happens to those of its partitions and of tables that inherit from it.
pub(super) fn alter(schemas: &mut Schemas, index: usize, table: u32, op: &AlterOp, depth: u32) -> Option<()> {
    if depth > limits::SQL_DEPTH {
        return None;
    }
    let schema = schemas.list.get_mut(index)?;
    let t = schema.tables.get_mut(table as usize)?;
    match op {
        AlterOp::Add(def) => {
            if t.column(&def.name).is_none() {
                add(t, def);
                let parents = if depth > 0 { t.parents.clone() } else { Vec::new() };
                for parent in parents {
                    inherit_column(schemas, index, table, parent, &def.name);
                }
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
            return Some(());
        }
        AlterOp::Retype(name, ty) => {
            let c = t.column(name)?;
            t.columns.get_mut(c as usize)?.ty = ty.clone();
        }
        AlterOp::SetSchema(name) => {
            t.schema = Some(name.clone());
            return Some(());
        }
        AlterOp::Foreign(key) => {
            t.foreign.push(key.clone());
            return Some(());
        }
        AlterOp::Inherit(parent) => {
            let parent = schema.table(parent)?;
            return adopt(schemas, index, parent, table);
        }
        AlterOp::Attach(child) => {
            let child = schema.table(child)?;
            return adopt(schemas, index, table, child);
        }
    }
    let children: Vec<u32> = children(&schemas.list.get(index)?.tables, table);
    for child in children {
        alter(schemas, index, child, op, depth + 1);
    }
    Some(())
}

fn children(tables: &[Table], parent: u32) -> Vec<u32> {
    (0u32..).zip(tables).filter(|(_, t)| !t.dropped && t.parents.contains(&parent)).map(|(i, _)| i).collect()
}

/// A column that a parent was given is one of the child's too.
fn inherit_column(schemas: &mut Schemas, index: usize, child: u32, parent: u32, name: &str) -> Option<()> {
    let tables = &mut schemas.list.get_mut(index)?.tables;
    let from = tables.get(parent as usize)?;
    let column = from.column(name)?;
    let of = ColumnId { schema: index as u32, table: parent, column, part: 0 };
    let of = from.columns.get(column as usize)?.inherited.unwrap_or(of);
    let t = tables.get_mut(child as usize)?;
    let c = t.column(name)?;
    t.columns.get_mut(c as usize)?.inherited = Some(of);
    Some(())
}

/// A table becomes a part of another: its columns are those of the same names there.
fn adopt(schemas: &mut Schemas, index: usize, parent: u32, child: u32) -> Option<()> {
    let tables = &mut schemas.list.get_mut(index)?.tables;
    let names: Vec<_> = tables.get(parent as usize)?.live().map(|(_, c)| c.name.clone()).collect();
    let t = tables.get_mut(child as usize)?;
    if parent != child && !t.parents.contains(&parent) {
        t.parents.push(parent);
    }
    for name in names {
        inherit_column(schemas, index, child, parent, &name);
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
