//! Queries: `SELECT`, set operations, `WITH`, what stands in `FROM`.

use sqlparser::ast as sp;
use sqlparser::ast::Spanned;

use super::dml;
use super::expr::{argument, conjuncts, expr, name, parts, predicate, window_parts};
use super::locate::Cx;
use crate::ir::Name;
use crate::ir::sql::{But, Cte, Expr, Item, Query, QueryBody, Relation, Select, TableName, TestExpr};

/// `schema.table` of a name of any number of parts.
pub(super) fn table_name(cx: &Cx<'_>, object: &sp::ObjectName) -> TableName {
    let idents = parts(object);
    let schema = idents.len().checked_sub(2).and_then(|i| idents.get(i)).map(|i| name(i));
    let span = match (idents.first(), idents.last()) {
        (Some(first), Some(last)) => cx.at(first.span.union(&last.span)),
        _ => cx.span,
    };
    TableName { schema, name: idents.last().map(|i| name(i)).unwrap_or_default(), span }
}

/// A query that is only a body.
pub(super) fn plain(body: QueryBody) -> Query {
    Query { ctes: Vec::new(), body, order_by: Vec::new() }
}

/// A whole query.
pub(super) fn query(cx: &Cx<'_>, q: &sp::Query) -> Query {
    cx.deeper(|| inner(cx, q)).unwrap_or_else(|| plain(QueryBody::Values(Vec::new())))
}

fn inner(cx: &Cx<'_>, q: &sp::Query) -> Query {
    let ctes = q.with.as_ref().map(|w| with(cx, w)).unwrap_or_default();
    let mut body = set_expr(cx, &q.body);
    let mut order_by = Vec::new();
    if let Some(order) = &q.order_by
        && let sp::OrderByKind::Expressions(list) = &order.kind
    {
        order_by.extend(list.iter().map(|o| expr(cx, &o.expr)));
    }
    match &q.limit_clause {
        Some(sp::LimitClause::LimitOffset { limit, offset, limit_by }) => {
            order_by.extend(limit.iter().map(|l| expr(cx, l)));
            order_by.extend(offset.iter().map(|o| expr(cx, &o.value)));
            order_by.extend(limit_by.iter().map(|l| expr(cx, l)));
        }
        Some(sp::LimitClause::OffsetCommaLimit { offset, limit }) => {
            order_by.push(expr(cx, offset));
            order_by.push(expr(cx, limit));
        }
        None => {}
    }
    order_by.extend(q.fetch.iter().filter_map(|f| f.quantity.as_ref()).map(|e| expr(cx, e)));
    order_by.retain(|e| *e != Expr::Const);
    for pipe in &q.pipe_operators {
        pipe_operator(cx, pipe, &mut body);
    }
    Query { ctes, body, order_by }
}

fn with(cx: &Cx<'_>, with: &sp::With) -> Vec<Cte> {
    with.cte_tables
        .iter()
        .map(|cte| Cte {
            name: name(&cte.alias.name),
            columns: cte.alias.columns.iter().map(|c| name(&c.name)).collect(),
            query: query(cx, &cte.query),
            recursive: with.recursive,
        })
        .collect()
}

/// `|> WHERE ..` and the like: only what filters is understood, the rest keeps the rows.
fn pipe_operator(cx: &Cx<'_>, pipe: &sp::PipeOperator, body: &mut QueryBody) {
    if let (sp::PipeOperator::Where { expr: e }, QueryBody::Select(select)) = (pipe, body) {
        select.filters.extend(conjuncts(cx, e));
    }
}

fn set_expr(cx: &Cx<'_>, body: &sp::SetExpr) -> QueryBody {
    match body {
        sp::SetExpr::Select(s) => QueryBody::Select(Box::new(select(cx, s))),
        sp::SetExpr::Query(q) => QueryBody::Nested(Box::new(query(cx, q))),
        sp::SetExpr::Values(v) => QueryBody::Values(values(cx, v)),
        sp::SetExpr::Insert(s) | sp::SetExpr::Update(s) | sp::SetExpr::Delete(s) | sp::SetExpr::Merge(s) => {
            match dml::modifying(cx, s) {
                Some(q) if q.ctes.is_empty() && q.order_by.is_empty() => q.body,
                Some(q) => QueryBody::Nested(Box::new(q)),
                None => QueryBody::Values(Vec::new()),
            }
        }
        sp::SetExpr::Table(table) => {
            let relation = Relation::Table {
                name: TableName {
                    schema: table.schema_name.as_ref().map(|s| Name::new(s.to_lowercase())),
                    name: table.table_name.as_ref().map(|s| Name::new(s.to_lowercase())).unwrap_or_default(),
                    span: cx.span,
                },
                alias: None,
                columns: Vec::new(),
            };
            star_of(relation, cx, Vec::new())
        }
        sp::SetExpr::SetOperation { .. } => set_operation(cx, body),
    }
}

fn star_of(relation: Relation, cx: &Cx<'_>, uses: Vec<Expr>) -> QueryBody {
    QueryBody::Select(Box::new(Select {
        items: vec![Item::Star { qualifier: None, but: Vec::new(), span: cx.span }],
        from: vec![relation],
        filters: Vec::new(),
        uses,
    }))
}

/// A chain of set operations as a balanced tree: `a UNION b UNION c ..` may be long. What stands after `EXCEPT` only
/// decides which rows stay.
fn set_operation(cx: &Cx<'_>, body: &sp::SetExpr) -> QueryBody {
    let mut spine = body;
    let mut members = Vec::new();
    while let sp::SetExpr::SetOperation { left, op, right, .. } = spine {
        members.push((*op, right.as_ref()));
        spine = left;
    }
    let mut kept = vec![plain(set_expr(cx, spine))];
    let mut excepted = Vec::new();
    for (op, member) in members.into_iter().rev() {
        let member = plain(set_expr(cx, member));
        match op {
            sp::SetOperator::Union | sp::SetOperator::Intersect => kept.push(member),
            sp::SetOperator::Except | sp::SetOperator::Minus => {
                excepted.push(Expr::Exists(Box::new(member), Vec::new()));
            }
        }
    }
    let body = balanced(kept);
    if excepted.is_empty() {
        return body;
    }
    let relation = Relation::Sub { query: Box::new(plain(body)), alias: None, columns: Vec::new(), lateral: false };
    star_of(relation, cx, excepted)
}

fn balanced(mut members: Vec<Query>) -> QueryBody {
    if members.len() <= 1 {
        return members.pop().map_or(QueryBody::Values(Vec::new()), |q| q.body);
    }
    let right = members.split_off(members.len() / 2);
    QueryBody::Set(Box::new(plain(balanced(members))), Box::new(plain(balanced(right))))
}

/// `VALUES (..), (..)`.
pub(super) fn values(cx: &Cx<'_>, v: &sp::Values) -> Vec<Vec<Expr>> {
    v.rows.iter().map(|row| row.content.iter().map(|e| expr(cx, e)).collect()).collect()
}

fn select(cx: &Cx<'_>, s: &sp::Select) -> Select {
    let mut out = Select { items: items(cx, &s.projection), ..Select::default() };
    // Redshift's `EXCLUDE` behind the list speaks of all of it.
    for item in &mut out.items {
        if let Item::Star { but, .. } = item {
            but.extend(s.exclude.iter().flat_map(excluded));
        }
    }
    if s.flavor == sp::SelectFlavor::FromFirstNoSelect && out.items.is_empty() {
        out.items.push(Item::Star { qualifier: None, but: Vec::new(), span: cx.span });
    }
    from(cx, &s.from, &mut out.from, &mut out.filters, &mut out.uses);
    for view in &s.lateral_views {
        out.from.push(Relation::Function {
            args: vec![expr(cx, &view.lateral_view)],
            name: "explode".into(),
            alias: parts(&view.lateral_view_name).last().map(|i| name(i)),
            columns: view.lateral_col_alias.iter().map(name).collect(),
        });
    }
    for condition in s.selection.iter().chain(&s.prewhere) {
        out.filters.extend(conjuncts(cx, condition));
    }
    if let Some(sp::Distinct::On(list)) = &s.distinct {
        out.uses.extend(list.iter().map(|e| expr(cx, e)));
    }
    if let sp::GroupByExpr::Expressions(list, _) = &s.group_by {
        out.uses.extend(list.iter().map(|e| expr(cx, e)));
    }
    for e in s.having.iter().chain(&s.qualify) {
        out.uses.push(predicate(cx, e));
    }
    out.uses.extend(s.sort_by.iter().map(|o| expr(cx, &o.expr)));
    out.uses.extend(s.cluster_by.iter().chain(&s.distribute_by).map(|e| expr(cx, e)));
    for sp::NamedWindowDefinition(_, window) in &s.named_window {
        if let sp::NamedWindowExpr::WindowSpec(window) = window {
            out.uses.extend(window_parts(cx, window));
        }
    }
    if let Some(sp::Top { quantity: Some(sp::TopQuantity::Expr(e)), .. }) = &s.top {
        out.uses.push(expr(cx, e));
    }
    for by in &s.connect_by {
        match by {
            sp::ConnectByKind::ConnectBy { relationships, .. } => {
                out.uses.extend(relationships.iter().map(|e| expr(cx, e)));
            }
            sp::ConnectByKind::StartWith { condition, .. } => out.uses.push(expr(cx, condition)),
        }
    }
    out.uses.retain(|e| *e != Expr::Const);
    out
}

/// The alias of a result column without sqlx's overrides: `"id!"`, `"id?"`, `"id: Uuid"`, `"id!: Uuid"`.
pub(super) fn alias(ident: &sp::Ident) -> Name {
    if ident.quote_style.is_none() {
        return name(ident);
    }
    let plain = ident.value.split(['!', '?', ':']).next().unwrap_or_default().trim_end();
    if plain.is_empty() { Name::new(&ident.value) } else { Name::new(plain) }
}

/// A select list.
pub(super) fn items(cx: &Cx<'_>, list: &[sp::SelectItem]) -> Vec<Item> {
    let mut out = Vec::with_capacity(list.len());
    for item in list {
        let span = cx.at(item.span());
        match item {
            sp::SelectItem::UnnamedExpr(e) => {
                out.push(Item::Expr { expr: expr(cx, e), alias: default_name(e), span });
            }
            sp::SelectItem::ExprWithAlias { expr: e, alias: a } => {
                out.push(Item::Expr { expr: expr(cx, e), alias: Some(alias(a)), span });
            }
            sp::SelectItem::ExprWithAliases { expr: e, aliases } => {
                out.extend(aliases.iter().map(|a| Item::Expr { expr: expr(cx, e), alias: Some(alias(a)), span }));
            }
            sp::SelectItem::QualifiedWildcard(kind, options) => {
                let qualifier = match kind {
                    sp::SelectItemQualifiedWildcardKind::ObjectName(object) => Some(table_name(cx, object)),
                    sp::SelectItemQualifiedWildcardKind::Expr(e) => match strip(e) {
                        sp::Expr::Identifier(i) => Some(TableName { schema: None, name: name(i), span: cx.at(i.span) }),
                        other => {
                            out.push(Item::Expr { expr: expr(cx, other), alias: None, span });
                            continue;
                        }
                    },
                };
                out.push(Item::Star { qualifier, but: but(cx, options), span });
            }
            sp::SelectItem::Wildcard(options) => {
                let span = if span.lo == span.hi { cx.at(options.wildcard_token.0.span) } else { span };
                out.push(Item::Star { qualifier: None, but: but(cx, options), span });
            }
        }
    }
    out
}

/// `* EXCEPT (a)`, `* EXCLUDE a`, `* REPLACE (e AS c)`, `* RENAME (a AS b)`.
fn but(cx: &Cx<'_>, options: &sp::WildcardAdditionalOptions) -> Vec<(Name, But)> {
    let mut out = Vec::new();
    if let Some(except) = &options.opt_except {
        let names = std::iter::once(&except.first_element).chain(&except.additional_elements);
        out.extend(names.map(|n| (name(n), But::Not)));
    }
    out.extend(options.opt_exclude.iter().flat_map(excluded));
    for element in options.opt_replace.iter().flat_map(|r| &r.items) {
        let at = cx.at(element.column_name.span);
        out.push((name(&element.column_name), But::Instead(expr(cx, &element.expr), at)));
    }
    let renamed = match &options.opt_rename {
        Some(sp::RenameSelectItem::Single(one)) => std::slice::from_ref(one),
        Some(sp::RenameSelectItem::Multiple(many)) => many.as_slice(),
        None => &[],
    };
    out.extend(renamed.iter().map(|r| (name(&r.ident), But::Called(name(&r.alias)))));
    out
}

fn excluded(exclude: &sp::ExcludeSelectItem) -> Vec<(Name, But)> {
    let names = match exclude {
        sp::ExcludeSelectItem::Single(one) => std::slice::from_ref(one),
        sp::ExcludeSelectItem::Multiple(many) => many.as_slice(),
    };
    names.iter().filter_map(|n| parts(n).last().map(|i| (name(i), But::Not))).collect()
}

fn strip(e: &sp::Expr) -> &sp::Expr {
    let mut e = e;
    while let sp::Expr::Nested(inner) = e {
        e = inner;
    }
    e
}

/// The name a database gives to a column without alias, where the lowered expression no longer shows it.
fn default_name(e: &sp::Expr) -> Option<Name> {
    match strip(e) {
        sp::Expr::Function(f) => parts(&f.name).last().map(|i| Name::new(i.value.to_lowercase())),
        sp::Expr::Case { .. } => Some("case".into()),
        sp::Expr::Exists { .. } => Some("exists".into()),
        sp::Expr::Array(_) => Some("array".into()),
        sp::Expr::BinaryOp { .. } => Some("?column?".into()),
        // `(q.h).id`
        sp::Expr::CompoundFieldAccess { access_chain, .. } => match access_chain.last() {
            Some(sp::AccessExpr::Dot(sp::Expr::Identifier(field))) => Some(name(field)),
            _ => None,
        },
        sp::Expr::Cast { expr: inner, .. } | sp::Expr::Collate { expr: inner, .. } => default_name(inner),
        _ => None,
    }
}

/// Relations of a `FROM` with the conditions of their joins.
pub(super) fn from(
    cx: &Cx<'_>,
    list: &[sp::TableWithJoins],
    relations: &mut Vec<Relation>,
    filters: &mut Vec<Expr>,
    uses: &mut Vec<Expr>,
) {
    for table in list {
        joined(cx, table, relations, filters, uses);
    }
}

fn joined(
    cx: &Cx<'_>,
    table: &sp::TableWithJoins,
    relations: &mut Vec<Relation>,
    filters: &mut Vec<Expr>,
    uses: &mut Vec<Expr>,
) {
    let (mut mine, mut required) = (Vec::new(), Vec::new());
    factor(cx, &table.relation, &mut mine, &mut required, uses);
    for join in &table.joins {
        use sp::JoinOperator as J;
        let (mut right, mut right_required) = (Vec::new(), Vec::new());
        factor(cx, &join.relation, &mut right, &mut right_required, uses);
        let (constraint, left_optional, right_optional) = match &join.join_operator {
            J::Join(c)
            | J::Inner(c)
            | J::CrossJoin(c)
            | J::StraightJoin(c)
            | J::Semi(c)
            | J::LeftSemi(c)
            | J::RightSemi(c) => (Some(c), false, false),
            J::Left(c) | J::LeftOuter(c) | J::Anti(c) | J::LeftAnti(c) => (Some(c), false, true),
            J::Right(c) | J::RightOuter(c) | J::RightAnti(c) => (Some(c), true, false),
            J::FullOuter(c) => (Some(c), true, true),
            J::CrossApply | J::ArrayJoin | J::InnerArrayJoin => (None, false, false),
            J::OuterApply | J::LeftArrayJoin => (None, false, true),
            J::AsOf { match_condition, constraint } => {
                uses.push(expr(cx, match_condition));
                (Some(constraint), false, true)
            }
        };
        if matches!(join.join_operator, J::CrossApply | J::OuterApply) {
            right.iter_mut().for_each(beside);
        }
        if left_optional {
            mine = mine.into_iter().map(optional).collect();
            uses.append(&mut required);
        }
        if right_optional {
            right = right.into_iter().map(optional).collect();
            uses.append(&mut right_required);
        }
        mine.append(&mut right);
        required.append(&mut right_required);
        match constraint {
            Some(sp::JoinConstraint::On(condition)) if left_optional || right_optional => {
                uses.extend(conjuncts(cx, condition));
            }
            Some(sp::JoinConstraint::On(condition)) => required.extend(conjuncts(cx, condition)),
            Some(sp::JoinConstraint::Using(names)) => {
                mine.push(Relation::Using(names.iter().filter_map(|n| parts(n).last().map(|i| name(i))).collect()));
            }
            Some(sp::JoinConstraint::Natural) => mine.push(Relation::Using(Vec::new())),
            Some(sp::JoinConstraint::None) | None => {}
        }
    }
    relations.append(&mut mine);
    filters.append(&mut required);
}

/// What is applied to each row of what stands before it sees that row.
fn beside(relation: &mut Relation) {
    if let Relation::Sub { lateral, .. } = relation {
        *lateral = true;
    }
}

fn optional(relation: Relation) -> Relation {
    match relation {
        Relation::Using(_) | Relation::Optional(_) => relation,
        other => Relation::Optional(Box::new(other)),
    }
}

fn factor(
    cx: &Cx<'_>,
    factor_: &sp::TableFactor,
    relations: &mut Vec<Relation>,
    filters: &mut Vec<Expr>,
    uses: &mut Vec<Expr>,
) {
    use sp::TableFactor as F;
    let of = |alias: &Option<sp::TableAlias>| -> (Option<Name>, Vec<Name>) {
        match alias {
            Some(a) => (Some(name(&a.name)), a.columns.iter().map(|c| name(&c.name)).collect()),
            None => (None, Vec::new()),
        }
    };
    let function = |fname: &str, args: Vec<Expr>, alias: &Option<sp::TableAlias>, mut given: Vec<Name>| {
        let (alias, columns) = of(alias);
        if !columns.is_empty() {
            given = columns;
        }
        Relation::Function { args, name: Name::new(fname), alias, columns: given }
    };
    match factor_ {
        F::Table { name: object, alias, args: Some(args), .. } => {
            let fname = parts(object).last().map(|i| i.value.to_lowercase()).unwrap_or_default();
            relations.push(function(&fname, args.args.iter().map(|a| argument(cx, a)).collect(), alias, Vec::new()));
        }
        F::Table { name: object, alias, .. } => {
            let (alias, columns) = of(alias);
            relations.push(Relation::Table { name: table_name(cx, object), alias, columns });
        }
        F::Derived { lateral, subquery, alias, .. } => {
            let (alias, columns) = of(alias);
            relations.push(Relation::Sub { query: Box::new(query(cx, subquery)), alias, columns, lateral: *lateral });
        }
        F::TableFunction { expr: e, alias } => relations.push(function("table", vec![expr(cx, e)], alias, Vec::new())),
        F::Function { name: object, args, alias, .. } => {
            let fname = parts(object).last().map(|i| i.value.to_lowercase()).unwrap_or_default();
            relations.push(function(&fname, args.iter().map(|a| argument(cx, a)).collect(), alias, Vec::new()));
        }
        F::UNNEST { alias, array_exprs, .. } => {
            relations.push(function("unnest", array_exprs.iter().map(|e| expr(cx, e)).collect(), alias, Vec::new()));
        }
        F::JsonTable { json_expr, columns, alias, .. } => {
            let given = columns.iter().filter_map(json_column).collect();
            relations.push(function("json_table", vec![expr(cx, json_expr)], alias, given));
        }
        F::OpenJsonTable { json_expr, columns, alias, .. } => {
            let given = columns.iter().map(|c| name(&c.name)).collect();
            relations.push(function("openjson", vec![expr(cx, json_expr)], alias, given));
        }
        F::XmlTable { row_expression, passing, columns, alias, .. } => {
            let mut args = vec![expr(cx, row_expression)];
            args.extend(passing.arguments.iter().map(|a| expr(cx, &a.expr)));
            relations.push(function("xmltable", args, alias, columns.iter().map(|c| name(&c.name)).collect()));
        }
        F::NestedJoin { table_with_joins, alias: None } => joined(cx, table_with_joins, relations, filters, uses),
        F::NestedJoin { table_with_joins, alias } => {
            let mut inner = Select {
                items: vec![Item::Star { qualifier: None, but: Vec::new(), span: cx.span }],
                ..Select::default()
            };
            joined(cx, table_with_joins, &mut inner.from, &mut inner.filters, &mut inner.uses);
            let (alias, columns) = of(alias);
            let inner = plain(QueryBody::Select(Box::new(inner)));
            relations.push(Relation::Sub { query: Box::new(inner), alias, columns, lateral: false });
        }
        F::Pivot { table, aggregate_functions, value_column, .. } => {
            factor(cx, table, relations, filters, uses);
            uses.extend(aggregate_functions.iter().map(|a| expr(cx, &a.expr)));
            uses.extend(value_column.iter().map(|e| expr(cx, e)));
        }
        F::Unpivot { table, columns, .. } => {
            factor(cx, table, relations, filters, uses);
            uses.extend(columns.iter().map(|c| expr(cx, &c.expr)));
        }
        F::UnpivotExpr { expression, .. } => uses.push(Expr::Test(TestExpr::Other(vec![expr(cx, expression)]))),
        F::MatchRecognize { table, partition_by, measures, .. } => {
            factor(cx, table, relations, filters, uses);
            uses.extend(partition_by.iter().map(|e| expr(cx, e)));
            uses.extend(measures.iter().map(|m| expr(cx, &m.expr)));
        }
        F::SemanticView { name: object, dimensions, metrics, facts, alias, .. } => {
            let args = dimensions.iter().chain(metrics).chain(facts).map(|e| expr(cx, e)).collect();
            let fname = parts(object).last().map(|i| i.value.to_lowercase()).unwrap_or_default();
            relations.push(function(&fname, args, alias, Vec::new()));
        }
    }
}

fn json_column(column: &sp::JsonTableColumn) -> Option<Name> {
    match column {
        sp::JsonTableColumn::Named(c) => Some(name(&c.name)),
        sp::JsonTableColumn::ForOrdinality(i) => Some(name(i)),
        sp::JsonTableColumn::Nested(_) => None,
    }
}
