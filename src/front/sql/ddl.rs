//! Definitions: tables, views, their alterations.

use sqlparser::ast as sp;

use super::expr::{expr, name, parts};
use super::locate::Cx;
use super::query::{plain, query, table_name};
use crate::ir::sql::{AlterOp, ColumnDef, Define, ForeignKey, Kind, OnDelete, Query, QueryBody, TableName, UserType};

fn on_delete(action: Option<sp::ReferentialAction>) -> OnDelete {
    match action {
        Some(sp::ReferentialAction::Cascade) => OnDelete::Cascade,
        Some(sp::ReferentialAction::SetNull | sp::ReferentialAction::SetDefault) => OnDelete::Clear,
        Some(sp::ReferentialAction::Restrict | sp::ReferentialAction::NoAction) | None => OnDelete::Nothing,
    }
}

fn type_text(ty: &sp::DataType) -> String {
    match ty {
        sp::DataType::Unspecified => String::new(),
        ty => ty.to_string().to_lowercase(),
    }
}

/// A column with those of its options that matter to data.
pub(super) fn column(cx: &Cx<'_>, ident: &sp::Ident, ty: &sp::DataType, options: &[sp::ColumnOption]) -> ColumnDef {
    let span = cx.at(ident.span);
    let mut references = None;
    let mut comment = None;
    let mut generated = None;
    for option in options {
        match option {
            sp::ColumnOption::ForeignKey(key) => {
                references = Some(ForeignKey {
                    columns: vec![name(ident)],
                    table: table_name(cx, &key.foreign_table),
                    referred: key.referred_columns.iter().map(name).collect(),
                    on_delete: on_delete(key.on_delete),
                });
            }
            sp::ColumnOption::Generated { generation_expr: Some(of), .. } => generated = Some(expr(cx, of)),
            // Its place is found by `comments`, which looks through the tokens.
            sp::ColumnOption::Comment(text) => comment = Some((text.clone(), span)),
            sp::ColumnOption::Options(list) => {
                for option in list {
                    if let sp::SqlOption::KeyValue { key, value: sp::Expr::Value(value) } = option
                        && key.value.eq_ignore_ascii_case("description")
                    {
                        comment = value.value.clone().into_string().map(|text| (text, cx.at(value.span))).or(comment);
                    }
                }
            }
            sp::ColumnOption::Tags(tags) => {
                comment = tags.tags.first().map(|t| (t.value.clone(), span)).or(comment);
            }
            _ => {}
        }
    }
    ColumnDef { name: name(ident), ty: type_text(ty), comment, references, generated, span }
}

fn column_of(cx: &Cx<'_>, def: &sp::ColumnDef) -> ColumnDef {
    let options: Vec<sp::ColumnOption> = def.options.iter().map(|o| o.option.clone()).collect();
    column(cx, &def.name, &def.data_type, &options)
}

fn foreign(cx: &Cx<'_>, constraint: &sp::TableConstraint) -> Option<ForeignKey> {
    let sp::TableConstraint::ForeignKey(key) = constraint else { return None };
    Some(ForeignKey {
        columns: key.columns.iter().map(name).collect(),
        table: table_name(cx, &key.foreign_table),
        referred: key.referred_columns.iter().map(name).collect(),
        on_delete: on_delete(key.on_delete),
    })
}

/// `CREATE TABLE`.
pub(super) fn create_table(cx: &Cx<'_>, t: &sp::CreateTable) -> Kind {
    let mut like = Vec::new();
    match &t.like {
        Some(sp::CreateTableLikeKind::Parenthesized(l) | sp::CreateTableLikeKind::Plain(l)) => {
            like.push(table_name(cx, &l.name));
        }
        None => {}
    }
    like.extend(t.clone.iter().map(|n| table_name(cx, n)));
    let inherited = t.inherits.iter().flatten().chain(&t.partition_of);
    let parents = inherited.map(|n| table_name(cx, n)).collect();
    Kind::Define(Define::Table {
        name: table_name(cx, &t.name),
        columns: t.columns.iter().map(|c| column_of(cx, c)).collect(),
        query: t.query.as_ref().map(|q| query(cx, q)),
        like,
        parents,
        temporary: t.temporary,
        foreign: t.constraints.iter().filter_map(|c| foreign(cx, c)).collect(),
        key: Vec::new(),
    })
}

/// `SELECT .. INTO t`.
pub(super) fn select_into(cx: &Cx<'_>, q: &sp::Query) -> Option<Kind> {
    let sp::SetExpr::Select(select) = q.body.as_ref() else { return None };
    let into = select.into.as_ref()?;
    let span = |i: &sp::Ident| cx.at(i.span);
    let target = match into.targets.first()? {
        sp::Expr::Identifier(i) => TableName { schema: None, name: name(i), span: span(i) },
        sp::Expr::CompoundIdentifier(list) => {
            let last = list.last()?;
            let schema = list.len().checked_sub(2).and_then(|n| list.get(n)).map(name);
            TableName { schema, name: name(last), span: span(last) }
        }
        _ => return None,
    };
    Some(Kind::Define(Define::Table {
        name: target,
        columns: Vec::new(),
        query: Some(query(cx, q)),
        like: Vec::new(),
        parents: Vec::new(),
        temporary: into.temporary,
        foreign: Vec::new(),
        key: Vec::new(),
    }))
}

/// `CREATE VIEW`; ClickHouse's `CREATE MATERIALIZED VIEW v TO t` is an insert.
pub(super) fn create_view(cx: &Cx<'_>, v: &sp::CreateView) -> Kind {
    if let Some(to) = &v.to {
        return Kind::Query(plain(QueryBody::Insert {
            table: table_name(cx, to),
            alias: None,
            columns: v.columns.iter().map(|c| (name(&c.name), cx.at(c.name.span))).collect(),
            source: Some(Box::new(query(cx, &v.query))),
            on_conflict: Vec::new(),
            returning: Vec::new(),
        }));
    }
    Kind::Define(Define::View {
        name: table_name(cx, &v.name),
        columns: v.columns.iter().map(|c| name(&c.name)).collect(),
        query: query(cx, &v.query),
    })
}

/// `ALTER TABLE`.
pub(super) fn alter_table(cx: &Cx<'_>, a: &sp::AlterTable) -> Kind {
    use sp::AlterTableOperation as Op;
    let mut ops = Vec::new();
    for op in &a.operations {
        match op {
            Op::AddColumn { column_def, .. } => ops.push(AlterOp::Add(column_of(cx, column_def))),
            Op::DropColumn { column_names, .. } => ops.extend(column_names.iter().map(|c| AlterOp::Drop(name(c)))),
            Op::RenameColumn { old_column_name, new_column_name } => {
                ops.push(AlterOp::Rename(name(old_column_name), name(new_column_name)));
            }
            Op::RenameTable { table_name: to } => {
                let (sp::RenameTableNameKind::As(to) | sp::RenameTableNameKind::To(to)) = to;
                ops.push(AlterOp::RenameTable(table_name(cx, to)));
            }
            Op::ChangeColumn { old_name, new_name, data_type, .. } => {
                if old_name.value != new_name.value {
                    ops.push(AlterOp::Rename(name(old_name), name(new_name)));
                }
                ops.push(AlterOp::Retype(name(new_name), type_text(data_type)));
            }
            Op::ModifyColumn { col_name, data_type, .. } => {
                ops.push(AlterOp::Retype(name(col_name), type_text(data_type)));
            }
            Op::AlterColumn { column_name, op: sp::AlterColumnOperation::SetDataType { data_type, .. } } => {
                ops.push(AlterOp::Retype(name(column_name), type_text(data_type)));
            }
            Op::AddConstraint { constraint, .. } => {
                ops.extend(foreign(cx, constraint).map(AlterOp::Foreign));
            }
            _ => {}
        }
    }
    Kind::Define(Define::Alter { name: table_name(cx, &a.name), ops })
}

/// `CREATE TYPE`.
pub(super) fn create_type(
    cx: &Cx<'_>,
    object: &sp::ObjectName,
    of: Option<&sp::UserDefinedTypeRepresentation>,
) -> Kind {
    let made = match of {
        Some(sp::UserDefinedTypeRepresentation::Composite { attributes }) => {
            UserType::Composite(attributes.iter().map(|a| column(cx, &a.name, &a.data_type, &[])).collect())
        }
        Some(_) | None => UserType::Plain,
    };
    Kind::Define(Define::Type { name: table_name(cx, object), made })
}

/// `CREATE DOMAIN`.
pub(super) fn create_domain(cx: &Cx<'_>, d: &sp::CreateDomain) -> Kind {
    Kind::Define(Define::Type { name: table_name(cx, &d.name), made: UserType::Domain(type_text(&d.data_type)) })
}

/// `RENAME TABLE a TO b` (MySQL); of several the first, which no migration here has had.
pub(super) fn rename_tables(cx: &Cx<'_>, list: &[sp::RenameTable]) -> Kind {
    match list.first() {
        Some(r) => Kind::Define(Define::Alter {
            name: table_name(cx, &r.old_name),
            ops: vec![AlterOp::RenameTable(table_name(cx, &r.new_name))],
        }),
        None => Kind::Inert,
    }
}

/// `COMMENT ON`; the text and its place come from the tokens, where they have one.
pub(super) fn comment(cx: &Cx<'_>, object: sp::CommentObject, target: &sp::ObjectName, text: Option<&String>) -> Kind {
    let idents = parts(target);
    let full = table_name(cx, target);
    let span = super::comments::last_string(cx).unwrap_or(cx.span);
    let text = text.cloned().unwrap_or_default();
    match object {
        sp::CommentObject::Column => {
            let column = Some(full.name.clone());
            let table = idents.len().checked_sub(2).and_then(|i| idents.get(i)).map(|i| name(i)).unwrap_or_default();
            let schema = idents.len().checked_sub(3).and_then(|i| idents.get(i)).map(|i| name(i));
            let table = TableName { schema, name: table, span: full.span };
            Kind::Define(Define::Comment { table, column, text, span })
        }
        sp::CommentObject::Table | sp::CommentObject::View | sp::CommentObject::MaterializedView => {
            Kind::Define(Define::Comment { table: full, column: None, text, span })
        }
        _ => Kind::Inert,
    }
}

/// `CREATE VIRTUAL TABLE t USING fts5(a, b, tokenize = ..)`: its arguments without `=` are columns.
pub(super) fn virtual_table(cx: &Cx<'_>, object: &sp::ObjectName, args: &[sp::Ident]) -> Kind {
    let columns = args
        .iter()
        .map(|a| ColumnDef {
            name: name(a),
            ty: String::new(),
            comment: None,
            references: None,
            generated: None,
            span: cx.at(a.span),
        })
        .collect();
    Kind::Define(Define::Table {
        name: table_name(cx, object),
        columns,
        query: None,
        like: Vec::new(),
        parents: Vec::new(),
        temporary: false,
        foreign: Vec::new(),
        key: Vec::new(),
    })
}

/// `COPY t (a, b) TO ..` and `COPY (SELECT ..) TO ..` read; `COPY .. FROM` brings rows from outside.
pub(super) fn copy(cx: &Cx<'_>, source: &sp::CopySource, to: bool) -> Kind {
    use crate::ir::sql::{Expr, Item, Relation, Select};
    match source {
        sp::CopySource::Query(q) => Kind::Query(query(cx, q)),
        sp::CopySource::Table { table_name: object, columns } if to => {
            let mut items: Vec<Item> = columns
                .iter()
                .map(|c| Item::Expr {
                    expr: Expr::Column { qualifier: Vec::new(), name: name(c), span: cx.at(c.span) },
                    alias: None,
                    span: cx.at(c.span),
                })
                .collect();
            if items.is_empty() {
                items.push(Item::Star { qualifier: None, but: Vec::new(), span: cx.span });
            }
            let from = vec![Relation::Table { name: table_name(cx, object), alias: None, columns: Vec::new() }];
            let select = Select { items, from, filters: Vec::new(), uses: Vec::new() };
            Kind::Query(plain(QueryBody::Select(Box::new(select))))
        }
        sp::CopySource::Table { .. } => Kind::Inert,
    }
}

/// The first query of `DECLARE c CURSOR FOR ..`.
pub(super) fn cursor(cx: &Cx<'_>, list: &[sp::Declare]) -> Option<Query> {
    list.iter().find_map(|d| d.for_query.as_ref()).map(|q| query(cx, q))
}
