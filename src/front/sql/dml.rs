//! Statements that change rows.

use sqlparser::ast as sp;

use super::expr::{conjuncts, expr, name, parts, predicate};
use super::locate::Cx;
use super::query::{from, items, plain, query, table_name, values};
use crate::ir::Name;
use crate::ir::sql::{Assignment, Cte, Expr, Item, Query, QueryBody, Relation, Select, TableName, TestExpr};
use crate::source::Span;

/// The query form of `INSERT`, `UPDATE`, `DELETE`, `MERGE` and `TRUNCATE`.
pub(super) fn modifying(cx: &Cx<'_>, statement: &sp::Statement) -> Option<Query> {
    Some(match statement {
        sp::Statement::Insert(i) => insert(cx, i),
        sp::Statement::Update(u) => update(cx, u),
        sp::Statement::Delete(d) => delete(cx, d),
        sp::Statement::Merge(m) => merge(cx, m),
        sp::Statement::Truncate(t) => {
            several(t.table_names.iter().map(|n| delete_of(table_name(cx, &n.name), None)).collect())
        }
        sp::Statement::Query(q) => query(cx, q),
        _ => return None,
    })
}

fn delete_of(table: TableName, alias: Option<Name>) -> QueryBody {
    QueryBody::Delete { table, alias, from: Vec::new(), filters: Vec::new(), returning: Vec::new() }
}

/// One query that does several things: all but the last stand in `WITH` under no name.
fn several(mut bodies: Vec<QueryBody>) -> Query {
    let last = bodies.pop().unwrap_or(QueryBody::Values(Vec::new()));
    let ctes = bodies
        .into_iter()
        .map(|b| Cte { name: Name::default(), columns: Vec::new(), query: plain(b), recursive: false })
        .collect();
    Query { ctes, body: last, order_by: Vec::new() }
}

fn column(cx: &Cx<'_>, object: &sp::ObjectName) -> (Name, Span) {
    match parts(object).last() {
        Some(ident) => (name(ident), cx.at(ident.span)),
        None => (Name::default(), cx.span),
    }
}

/// Assignments, those of tuples position by position.
pub(super) fn assignments(cx: &Cx<'_>, list: &[sp::Assignment]) -> Vec<Assignment> {
    let mut out = Vec::with_capacity(list.len());
    for assignment in list {
        match &assignment.target {
            sp::AssignmentTarget::ColumnName(object) => {
                // `SET u.email = ..` in MySQL, `SET profile.city = ..` in PostgreSQL: the last part is the column in
                // the first and a field in the second, which is rarer.
                let (column, span) = column(cx, object);
                out.push(Assignment { column, value: expr(cx, &assignment.value), span });
            }
            sp::AssignmentTarget::Tuple(targets) => {
                for (i, object) in targets.iter().enumerate() {
                    let (column, span) = column(cx, object);
                    out.push(Assignment { column, value: nth(cx, &assignment.value, i), span });
                }
            }
        }
    }
    out
}

fn nth(cx: &Cx<'_>, value: &sp::Expr, i: usize) -> Expr {
    match value {
        sp::Expr::Tuple(list) => list.get(i).map_or(Expr::Const, |e| expr(cx, e)),
        sp::Expr::Nested(inner) => nth(cx, inner, i),
        sp::Expr::Subquery(q) => {
            let mut sub = query(cx, q);
            if let QueryBody::Select(select) = &mut sub.body {
                let plain_items = select.items.iter().all(|item| matches!(item, Item::Expr { .. }));
                if plain_items && i < select.items.len() {
                    select.items = vec![select.items.swap_remove(i)];
                }
            }
            Expr::Sub(Box::new(sub))
        }
        other => expr(cx, other),
    }
}

fn returning(cx: &Cx<'_>, list: &Option<Vec<sp::SelectItem>>, output: &Option<sp::OutputClause>) -> Vec<Item> {
    let mut out = list.as_ref().map(|l| items(cx, l)).unwrap_or_default();
    match output {
        Some(sp::OutputClause::Output { select_items, .. } | sp::OutputClause::Returning { select_items, .. }) => {
            out.extend(items(cx, select_items))
        }
        None => {}
    }
    out
}

fn insert(cx: &Cx<'_>, i: &sp::Insert) -> Query {
    let table = match &i.table {
        sp::TableObject::TableName(object) => table_name(cx, object),
        sp::TableObject::TableFunction(f) => table_name(cx, &f.name),
        sp::TableObject::TableQuery(_) => TableName { schema: None, name: Name::default(), span: cx.span },
    };
    let mut columns: Vec<(Name, Span)> = i.columns.iter().map(|c| column(cx, c)).collect();
    let mut source = i.source.as_ref().map(|q| Box::new(query(cx, q)));
    if source.is_none() && !i.assignments.is_empty() {
        // MySQL: `INSERT INTO t SET a = 1`.
        let set = assignments(cx, &i.assignments);
        columns = set.iter().map(|a| (a.column.clone(), a.span)).collect();
        source = Some(Box::new(plain(QueryBody::Values(vec![set.into_iter().map(|a| a.value).collect()]))));
    }
    let mut on_conflict = match &i.on {
        Some(sp::OnInsert::DuplicateKeyUpdate(list)) => assignments(cx, list),
        Some(sp::OnInsert::OnConflict(c)) => match &c.action {
            sp::OnConflictAction::DoNothing => Vec::new(),
            sp::OnConflictAction::DoUpdate(update) => {
                let mut set = assignments(cx, &update.assignments);
                if let (Some(condition), Some(first)) = (&update.selection, set.first_mut()) {
                    // `DO UPDATE SET .. WHERE ..` only names columns.
                    let value = std::mem::replace(&mut first.value, Expr::Const);
                    first.value = Expr::Same(vec![value, Expr::Test(TestExpr::Other(vec![predicate(cx, condition)]))]);
                }
                set
            }
        },
        Some(_) | None => Vec::new(),
    };
    if let Some(aliases) = &i.insert_alias {
        // MySQL: `VALUES (..) AS new ON DUPLICATE KEY UPDATE a = new.a`.
        if let Some(row) = parts(&aliases.row_alias).last().map(|r| name(r)) {
            on_conflict.iter_mut().for_each(|a| excluded(&mut a.value, &row));
        }
    }
    let alias = i.table_alias.as_ref().map(|a| name(&a.alias));
    let returning = returning(cx, &i.returning, &i.output);
    plain(QueryBody::Insert { table, alias, columns, source, on_conflict, returning })
}

fn excluded(e: &mut Expr, row: &Name) {
    match e {
        Expr::Column { qualifier, .. } if qualifier.last() == Some(row) => *qualifier = vec!["excluded".into()],
        Expr::Same(list) | Expr::Derived(list) | Expr::Call { args: list, .. } => {
            list.iter_mut().for_each(|e| excluded(e, row));
        }
        _ => {}
    }
}

fn update(cx: &Cx<'_>, u: &sp::Update) -> Query {
    let (mut tables, mut filters, mut uses) = (Vec::new(), Vec::new(), Vec::new());
    from(cx, std::slice::from_ref(&u.table), &mut tables, &mut filters, &mut uses);
    if let Some(sp::UpdateTableFromKind::BeforeSet(list) | sp::UpdateTableFromKind::AfterSet(list)) = &u.from {
        from(cx, list, &mut tables, &mut filters, &mut uses);
    }
    let (table, alias) = take_target(cx, &mut tables);
    filters.extend(u.selection.iter().flat_map(|s| conjuncts(cx, s)));
    filters.extend(uses.into_iter().map(|e| Expr::Test(TestExpr::Other(vec![e]))));
    let set = assignments(cx, &u.assignments);
    let returning = returning(cx, &u.returning, &u.output);
    plain(QueryBody::Update { table, alias, set, from: tables, filters, returning })
}

/// The first table, which a statement changes; the rest only takes part.
fn take_target(cx: &Cx<'_>, tables: &mut Vec<Relation>) -> (TableName, Option<Name>) {
    let at = tables.iter().position(|r| matches!(r, Relation::Table { .. }) || matches!(r, Relation::Optional(_)));
    let none = TableName { schema: None, name: Name::default(), span: cx.span };
    let Some(at) = at else { return (none, None) };
    let mut relation = tables.remove(at);
    while let Relation::Optional(inner) = relation {
        relation = *inner;
    }
    match relation {
        Relation::Table { name, alias, .. } => (name, alias),
        other => {
            tables.insert(at.min(tables.len()), other);
            (none, None)
        }
    }
}

fn delete(cx: &Cx<'_>, d: &sp::Delete) -> Query {
    let (mut tables, mut filters, mut uses) = (Vec::new(), Vec::new(), Vec::new());
    let (sp::FromTable::WithFromKeyword(list) | sp::FromTable::WithoutKeyword(list)) = &d.from;
    from(cx, list, &mut tables, &mut filters, &mut uses);
    // `DELETE FROM a USING a JOIN b`, MySQL's `DELETE a, b FROM a JOIN b`.
    let mut named: Vec<(TableName, Option<Name>)> = Vec::new();
    for target in &d.tables {
        let wanted = table_name(cx, target);
        named.push(real(&tables, wanted));
    }
    if let Some(using) = &d.using {
        from(cx, using, &mut tables, &mut filters, &mut uses);
    }
    filters.extend(d.selection.iter().flat_map(|s| conjuncts(cx, s)));
    filters.extend(uses.into_iter().map(|e| Expr::Test(TestExpr::Other(vec![e]))));
    let returning = returning(cx, &d.returning, &d.output);
    if named.is_empty() {
        let (mut table, mut alias) = take_target(cx, &mut tables);
        // MySQL's `DELETE FROM a USING t AS a JOIN ..`.
        if alias.is_none() {
            (table, alias) = real(&tables, table);
            tables.retain(|r| alias.is_none() || !is_table(r, &table, &alias));
        }
        return plain(QueryBody::Delete { table, alias, from: tables, filters, returning });
    }
    let bodies = named
        .into_iter()
        .map(|(table, alias)| QueryBody::Delete {
            from: tables.iter().filter(|r| !is_table(r, &table, &alias)).cloned().collect(),
            table,
            alias,
            filters: filters.clone(),
            returning: returning.clone(),
        })
        .collect();
    several(bodies)
}

fn is_table(relation: &Relation, table: &TableName, alias: &Option<Name>) -> bool {
    match relation {
        Relation::Table { name, alias: a, .. } => name.name == table.name && a == alias,
        Relation::Optional(inner) => is_table(inner, table, alias),
        _ => false,
    }
}

/// The table behind an alias.
fn real(tables: &[Relation], wanted: TableName) -> (TableName, Option<Name>) {
    for relation in tables {
        let mut relation = relation;
        while let Relation::Optional(inner) = relation {
            relation = inner;
        }
        if let Relation::Table { name, alias: Some(alias), .. } = relation
            && *alias == wanted.name
        {
            return (TableName { span: wanted.span, ..name.clone() }, Some(alias.clone()));
        }
    }
    (wanted, None)
}

fn merge(cx: &Cx<'_>, m: &sp::Merge) -> Query {
    let (mut target, mut source, mut filters, mut uses) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let single = |factor: &sp::TableFactor| sp::TableWithJoins { relation: factor.clone(), joins: Vec::new() };
    from(cx, &[single(&m.table)], &mut target, &mut filters, &mut uses);
    from(cx, &[single(&m.source)], &mut source, &mut filters, &mut uses);
    let (table, alias) = take_target(cx, &mut target);
    filters.extend(conjuncts(cx, &m.on));
    let mut bodies = Vec::new();
    for clause in &m.clauses {
        let mut tests = filters.clone();
        tests.extend(clause.predicate.iter().map(|p| predicate(cx, p)));
        match &clause.action {
            sp::MergeAction::Insert(insert) => {
                let columns: Vec<(Name, Span)> = insert.columns.iter().map(|c| column(cx, c)).collect();
                let list = match &insert.kind {
                    sp::MergeInsertKind::Values(v) => values(cx, v)
                        .into_iter()
                        .flatten()
                        .map(|expr| Item::Expr { expr, alias: None, span: cx.span })
                        .collect(),
                    sp::MergeInsertKind::Row | sp::MergeInsertKind::Wildcard => {
                        vec![Item::Star { qualifier: None, but: Vec::new(), span: cx.span }]
                    }
                };
                let select = Select { items: list, from: source.clone(), filters: Vec::new(), uses: Vec::new() };
                bodies.push(QueryBody::Insert {
                    table: table.clone(),
                    alias: alias.clone(),
                    columns,
                    source: Some(Box::new(plain(QueryBody::Select(Box::new(select))))),
                    on_conflict: Vec::new(),
                    returning: Vec::new(),
                });
            }
            sp::MergeAction::Update(update) => {
                let set = match &update.kind {
                    sp::MergeUpdateKind::Set(list) => assignments(cx, list),
                    sp::MergeUpdateKind::Wildcard => Vec::new(),
                };
                bodies.push(QueryBody::Update {
                    table: table.clone(),
                    alias: alias.clone(),
                    set,
                    from: source.clone(),
                    filters: tests,
                    returning: Vec::new(),
                });
            }
            sp::MergeAction::Delete { .. } => bodies.push(QueryBody::Delete {
                table: table.clone(),
                alias: alias.clone(),
                from: source.clone(),
                filters: tests,
                returning: Vec::new(),
            }),
            sp::MergeAction::DoNothing { .. } => {}
        }
    }
    several(bodies)
}
