//! Expressions, as far as data flow tells them apart.

use sqlparser::ast as sp;
use sqlparser::ast::Spanned;
use sqlparser::tokenizer::Span as SqlSpan;

use super::locate::Cx;
use super::query;
use crate::ir::Name;
use crate::ir::sql::{Expr, Query, TestExpr, has_hole};
use crate::limits;
use crate::source::Span;

/// A name as the database knows it: quoted ones keep their case, others are lower-cased.
pub(super) fn name(ident: &sp::Ident) -> Name {
    if ident.quote_style.is_some() { Name::new(&ident.value) } else { Name::new(ident.value.to_lowercase()) }
}

/// The identifiers of a possibly qualified name.
pub(super) fn parts(object: &sp::ObjectName) -> Vec<&sp::Ident> {
    object
        .0
        .iter()
        .map(|part| match part {
            sp::ObjectNamePart::Identifier(ident) => ident,
            sp::ObjectNamePart::Function(function) => &function.name,
        })
        .collect()
}

fn all(cx: &Cx<'_>, list: &[sp::Expr]) -> Vec<Expr> {
    list.iter().map(|e| expr(cx, e)).collect()
}

fn test(parts: Vec<Expr>) -> Expr {
    Expr::Test(TestExpr::Other(parts))
}

/// The top-level conjuncts of a condition.
pub(super) fn conjuncts(cx: &Cx<'_>, condition: &sp::Expr) -> Vec<Expr> {
    let mut out = Vec::new();
    let mut todo = vec![condition];
    while let Some(e) = todo.pop() {
        match e {
            sp::Expr::BinaryOp { left, op: sp::BinaryOperator::And, right } => {
                todo.push(right);
                todo.push(left);
            }
            sp::Expr::Nested(inner) => todo.push(inner),
            other => out.push(predicate(cx, other)),
        }
    }
    out
}

/// The parts of a chain of one kind of operator, without a level of recursion for each.
fn chain(e: &sp::Expr, same: impl Fn(&sp::BinaryOperator) -> bool) -> Vec<&sp::Expr> {
    let mut out = Vec::new();
    let mut todo = vec![e];
    while let Some(e) = todo.pop() {
        match e {
            sp::Expr::BinaryOp { left, op, right } if same(op) => {
                todo.push(right);
                todo.push(left);
            }
            other => out.push(other),
        }
    }
    out
}

/// A constant truth value: `true`, `false`, 1, 0.
fn truth(e: &sp::Expr) -> Option<bool> {
    match e {
        sp::Expr::Value(v) => match &v.value {
            sp::Value::Boolean(b) => Some(*b),
            sp::Value::Number(n, _) if n == "1" => Some(true),
            sp::Value::Number(n, _) if n == "0" => Some(false),
            _ => None,
        },
        sp::Expr::Nested(inner) | sp::Expr::Cast { expr: inner, .. } => truth(inner),
        sp::Expr::Identifier(i) if i.quote_style.is_none() => match i.value.to_ascii_lowercase().as_str() {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// What stands in `COALESCE(x, false)` before the truth value, and that value.
fn or_else(e: &sp::Expr) -> Option<(&sp::Expr, bool)> {
    let function = match e {
        sp::Expr::Nested(inner) => return or_else(inner),
        sp::Expr::Function(function) => function,
        _ => return None,
    };
    let name = function.name.to_string().to_ascii_lowercase();
    if !matches!(name.as_str(), "coalesce" | "ifnull") {
        return None;
    }
    let sp::FunctionArguments::List(list) = &function.args else { return None };
    match list.args.as_slice() {
        [
            sp::FunctionArg::Unnamed(sp::FunctionArgExpr::Expr(x)),
            sp::FunctionArg::Unnamed(sp::FunctionArgExpr::Expr(value)),
        ] => Some((x, truth(value)?)),
        _ => None,
    }
}

/// An expression used as a condition.
pub(super) fn predicate(cx: &Cx<'_>, e: &sp::Expr) -> Expr {
    match e {
        sp::Expr::Nested(inner) => predicate(cx, inner),
        sp::Expr::Identifier(_) | sp::Expr::CompoundIdentifier(_) if truth(e).is_none() => {
            Expr::Test(TestExpr::IsTrue(Box::new(expr(cx, e))))
        }
        sp::Expr::Function(_) if matches!(or_else(e), Some((_, false))) => is_true(cx, e),
        _ => expr(cx, e),
    }
}

fn negate(e: Expr) -> Expr {
    match e {
        Expr::Test(TestExpr::IsTrue(e)) => Expr::Test(TestExpr::IsFalse(e)),
        Expr::Test(TestExpr::IsFalse(e)) => Expr::Test(TestExpr::IsTrue(e)),
        // No longer required of a row.
        other => test(vec![other]),
    }
}

fn is_true(cx: &Cx<'_>, e: &sp::Expr) -> Expr {
    let e = or_else(e).filter(|(_, otherwise)| !otherwise).map_or(e, |(x, _)| x);
    Expr::Test(TestExpr::IsTrue(Box::new(expr(cx, e))))
}

fn is_false(cx: &Cx<'_>, e: &sp::Expr) -> Expr {
    let e = or_else(e).map_or(e, |(x, _)| x);
    Expr::Test(TestExpr::IsFalse(Box::new(expr(cx, e))))
}

fn equality(cx: &Cx<'_>, left: &sp::Expr, right: &sp::Expr, equal: bool) -> Expr {
    let (side, value) = match (truth(left), truth(right)) {
        (None, Some(v)) => (left, v),
        (Some(v), None) => (right, v),
        _ if equal => return Expr::Test(TestExpr::Equal(Box::new(expr(cx, left)), Box::new(expr(cx, right)))),
        _ => return test(vec![expr(cx, left), expr(cx, right)]),
    };
    if value == equal { is_true(cx, side) } else { is_false(cx, side) }
}

/// Any expression; one that is too deep holds no data, which the statement's gap tells.
pub(super) fn expr(cx: &Cx<'_>, e: &sp::Expr) -> Expr {
    match e {
        // The frequent ones need no level of their own.
        sp::Expr::Identifier(ident) => identifier(cx, ident),
        sp::Expr::CompoundIdentifier(idents) => compound(cx, idents),
        _ => cx.deeper(|| inner(cx, e)).unwrap_or(Expr::Const),
    }
}

fn inner(cx: &Cx<'_>, e: &sp::Expr) -> Expr {
    use sp::Expr as E;
    match e {
        E::Identifier(ident) => identifier(cx, ident),
        E::CompoundIdentifier(idents) => compound(cx, idents),
        E::CompoundFieldAccess { root, access_chain } => access(cx, e, root, access_chain),
        E::JsonAccess { value, path } => {
            let mut args = vec![expr(cx, value)];
            args.extend(path.path.iter().map(|step| match step {
                sp::JsonPathElem::Dot { key, .. } => text(key),
                sp::JsonPathElem::Bracket { key } | sp::JsonPathElem::ColonBracket { key } => key_of(cx, key),
            }));
            call(cx, "jsonb_extract_path", args, e)
        }
        E::IsTrue(x) | E::IsNotNull(x) => match predicate(cx, x) {
            // `(a IS NULL) IS TRUE`
            Expr::Test(TestExpr::IsFalse(inner)) if matches!(e, E::IsTrue(_)) => Expr::Test(TestExpr::IsFalse(inner)),
            _ => is_true(cx, x),
        },
        E::IsFalse(x) | E::IsNull(x) | E::IsNotTrue(x) => is_false(cx, x),
        E::IsNotFalse(x) | E::IsUnknown(x) | E::IsNotUnknown(x) => test(vec![expr(cx, x)]),
        E::IsNotDistinctFrom(a, b) => equality(cx, a, b, true),
        E::IsDistinctFrom(a, b) => test(vec![expr(cx, a), expr(cx, b)]),
        E::IsJson { expr: x, .. } | E::IsNormalized { expr: x, .. } => test(vec![expr(cx, x)]),
        E::InList { expr: x, list, negated } if matches!(list.as_slice(), [one] if truth(one).is_some()) => {
            list.first().map_or(Expr::Const, |one| equality(cx, x, one, !negated))
        }
        E::InList { expr: x, list, .. } => {
            let mut parts = vec![expr(cx, x)];
            parts.extend(all(cx, list));
            test(parts)
        }
        E::InSubquery { expr: x, subquery, negated } => {
            let found = Expr::Exists(Box::new(query::query(cx, subquery)), vec![expr(cx, x)]);
            if *negated { test(vec![found]) } else { found }
        }
        E::InUnnest { expr: x, array_expr, .. } => test(vec![expr(cx, x), expr(cx, array_expr)]),
        E::Between { expr: x, low, high, .. } => test(vec![expr(cx, x), expr(cx, low), expr(cx, high)]),
        E::Like { expr: x, pattern, .. }
        | E::ILike { expr: x, pattern, .. }
        | E::SimilarTo { expr: x, pattern, .. }
        | E::RLike { expr: x, pattern, .. } => test(vec![expr(cx, x), expr(cx, pattern)]),
        E::AnyOp { left, right, .. } => match subquery_of(right) {
            Some(q) => Expr::Exists(Box::new(query::query(cx, q)), vec![expr(cx, left)]),
            None => test(vec![expr(cx, left), expr(cx, right)]),
        },
        E::AllOp { left, right, .. } => test(vec![expr(cx, left), expr(cx, right)]),
        E::BinaryOp { left, op, right } => binary(cx, e, left, op, right),
        E::UnaryOp { op, expr: x } => match op {
            sp::UnaryOperator::Not | sp::UnaryOperator::BangNot => negate(predicate(cx, x)),
            _ => Expr::Derived(vec![expr(cx, x)]),
        },
        E::Convert { expr: x, .. }
        | E::Cast { expr: x, .. }
        | E::Collate { expr: x, .. }
        | E::Named { expr: x, .. }
        | E::Nested(x)
        | E::OuterJoin(x)
        | E::Prior(x)
        | E::Prefixed { value: x, .. } => expr(cx, x),
        E::AtTimeZone { timestamp, time_zone } => {
            Expr::Derived(vec![expr(cx, timestamp), test(vec![expr(cx, time_zone)])])
        }
        E::Extract { expr: x, .. } => call(cx, "extract", vec![expr(cx, x)], e),
        E::Ceil { expr: x, .. } => call(cx, "ceil", vec![expr(cx, x)], e),
        E::Floor { expr: x, .. } => call(cx, "floor", vec![expr(cx, x)], e),
        E::Position { expr: x, r#in } => test(vec![expr(cx, x), expr(cx, r#in)]),
        E::Substring { expr: x, substring_from, substring_for, .. } => {
            let bounds = [substring_from, substring_for].into_iter().flatten().map(|b| expr(cx, b)).collect();
            call(cx, "substring", vec![expr(cx, x), test(bounds)], e)
        }
        E::Trim { expr: x, trim_what, .. } => {
            let what = trim_what.iter().map(|w| expr(cx, w)).collect();
            call(cx, "trim", vec![expr(cx, x), test(what)], e)
        }
        E::Overlay { expr: x, overlay_what, overlay_from, .. } => {
            let from = test(vec![expr(cx, overlay_from)]);
            call(cx, "overlay", vec![expr(cx, x), expr(cx, overlay_what), from], e)
        }
        E::Value(value) => match &value.value {
            sp::Value::Placeholder(_) => match cx.param(value.span) {
                Some(n) => Expr::Param(n, cx.at(value.span)),
                None => Expr::Const,
            },
            _ => put_in(cx, value.span),
        },
        E::TypedString(_) => put_in(cx, e.span()),
        E::Wildcard(_) => Expr::Const,
        E::Function(function) => function_call(cx, function),
        E::Case { operand, conditions, else_result, .. } => {
            let mut out: Vec<Expr> = conditions.iter().map(|c| expr(cx, &c.result)).collect();
            out.extend(else_result.iter().map(|r| expr(cx, r)));
            let mut tests: Vec<Expr> = operand.iter().map(|o| expr(cx, o)).collect();
            tests.extend(conditions.iter().map(|c| expr(cx, &c.condition)));
            out.push(test(tests));
            Expr::Same(out)
        }
        E::Exists { subquery, negated } => {
            let found = Expr::Exists(Box::new(query::query(cx, subquery)), Vec::new());
            if *negated { test(vec![found]) } else { found }
        }
        E::Subquery(subquery) => Expr::Sub(Box::new(query::query(cx, subquery))),
        E::GroupingSets(sets) | E::Cube(sets) | E::Rollup(sets) => {
            test(sets.iter().flatten().map(|x| expr(cx, x)).collect())
        }
        E::Tuple(list) => record(all(cx, list), cx.at(e.span())),
        E::Struct { values, .. } => {
            // `STRUCT(a AS x, b)`: a column without another name has its own.
            let named = |v: &sp::Expr| match v {
                sp::Expr::Named { expr: v, name: n } => Some([text(&name(n)), expr(cx, v)]),
                sp::Expr::Identifier(n) => Some([text(&name(n)), expr(cx, v)]),
                sp::Expr::CompoundIdentifier(idents) => Some([text(&name(idents.last()?)), expr(cx, v)]),
                _ => None,
            };
            match values.iter().map(named).collect::<Option<Vec<_>>>() {
                Some(pairs) => call(cx, "json_object", pairs.into_iter().flatten().collect(), e),
                None => Expr::Same(all(cx, values)),
            }
        }
        E::Dictionary(fields) => {
            let pairs = fields.iter().flat_map(|f| [text(&f.key.value), expr(cx, &f.value)]).collect();
            call(cx, "json_object", pairs, e)
        }
        E::Map(map) => Expr::Same(map.entries.iter().flat_map(|m| [expr(cx, &m.key), expr(cx, &m.value)]).collect()),
        E::Array(array) => Expr::Same(all(cx, &array.elem)),
        E::Interval(interval) => Expr::Derived(vec![expr(cx, &interval.value)]),
        E::MatchAgainst { columns, .. } => test(columns.iter().map(|c| column_name(cx, c)).collect()),
        E::QualifiedWildcard(object, _) => row(cx, object),
        E::Lambda(lambda) => Expr::Derived(vec![expr(cx, &lambda.body)]),
        E::MemberOf(member) => test(vec![expr(cx, &member.value), expr(cx, &member.array)]),
    }
}

fn subquery_of(e: &sp::Expr) -> Option<&sp::Query> {
    match e {
        sp::Expr::Subquery(q) => Some(q),
        sp::Expr::Nested(inner) => subquery_of(inner),
        _ => None,
    }
}

/// Words that are written like columns and are none.
const NO_COLUMNS: [&str; 16] = [
    "true",
    "false",
    "null",
    "current_timestamp",
    "current_date",
    "current_time",
    "current_user",
    "current_role",
    "current_schema",
    "current_catalog",
    "session_user",
    "localtime",
    "localtimestamp",
    "sysdate",
    "systimestamp",
    "default",
];

fn identifier(cx: &Cx<'_>, ident: &sp::Ident) -> Expr {
    let plain = ident.quote_style.is_none();
    if plain && ident.value.starts_with('@') {
        return cx.param(ident.span).map_or(Expr::Const, |n| Expr::Param(n, cx.at(ident.span)));
    }
    // MySQL and SQLite also write texts in double quotes; a space tells them from names.
    if !plain && ident.quote_style == Some('"') && ident.value.is_empty() {
        return Expr::Const;
    }
    let name = name(ident);
    if plain && NO_COLUMNS.contains(&name.as_str()) {
        return Expr::Const;
    }
    Expr::Column { qualifier: Vec::new(), name, span: cx.at(ident.span) }
}

fn compound(cx: &Cx<'_>, idents: &[sp::Ident]) -> Expr {
    match idents.split_last() {
        Some((last, [])) => identifier(cx, last),
        Some((last, before)) => {
            let first = before.first().unwrap_or(last);
            Expr::Column {
                qualifier: before.iter().map(name).collect(),
                name: name(last),
                span: cx.at(first.span.union(&last.span)),
            }
        }
        None => Expr::Const,
    }
}

fn column_name(cx: &Cx<'_>, object: &sp::ObjectName) -> Expr {
    let idents: Vec<sp::Ident> = parts(object).into_iter().cloned().collect();
    compound(cx, &idents)
}

/// `(u).email`, `tags[1]`, `profile.address.city`.
fn access(cx: &Cx<'_>, whole: &sp::Expr, root: &sp::Expr, chain: &[sp::AccessExpr]) -> Expr {
    let mut base = root;
    while let sp::Expr::Nested(inner) = base {
        base = inner;
    }
    let mut steps = Vec::new();
    for step in chain {
        steps.push(match step {
            sp::AccessExpr::Dot(sp::Expr::Identifier(field)) => text(&name(field)),
            sp::AccessExpr::Dot(other) => expr(cx, other),
            sp::AccessExpr::Subscript(sp::Subscript::Index { index }) => key_of(cx, index),
            sp::AccessExpr::Subscript(sp::Subscript::Slice { lower_bound, upper_bound, stride }) => {
                test([lower_bound, upper_bound, stride].into_iter().flatten().map(|b| expr(cx, b)).collect())
            }
        });
    }
    let base = match (base, chain.first()) {
        (sp::Expr::Identifier(table), Some(sp::AccessExpr::Dot(sp::Expr::Identifier(column)))) => {
            steps.remove(0);
            let span = cx.at(table.span.union(&column.span));
            Expr::Column { qualifier: vec![name(table)], name: name(column), span }
        }
        _ => expr(cx, base),
    };
    if steps.is_empty() {
        return base;
    }
    steps.insert(0, base);
    call(cx, "jsonb_extract_path", steps, whole)
}

fn row(cx: &Cx<'_>, object: &sp::ObjectName) -> Expr {
    match parts(object).last() {
        Some(ident) => Expr::Row(name(ident), cx.at(ident.span)),
        None => Expr::Const,
    }
}

fn call(cx: &Cx<'_>, name: &str, args: Vec<Expr>, at: &sp::Expr) -> Expr {
    Expr::Call { schema: None, name: name.into(), args, span: cx.at(at.span()) }
}

/// `(a, b)`, `ROW(a, b)`: a record, whose parts are called `f1`, `f2` where they need names.
fn record(parts: Vec<Expr>, span: Span) -> Expr {
    let named = (1..).zip(parts).flat_map(|(i, part)| [text(&format!("f{i}")), part]);
    Expr::Call { schema: None, name: "json_object".into(), args: named.collect(), span }
}

/// Operators whose result derives from both sides alike.
fn derives(op: &sp::BinaryOperator) -> bool {
    use sp::BinaryOperator as B;
    matches!(op, B::Plus | B::Minus | B::Multiply | B::Divide | B::Modulo)
}

fn binary(cx: &Cx<'_>, whole: &sp::Expr, left: &sp::Expr, op: &sp::BinaryOperator, right: &sp::Expr) -> Expr {
    use sp::BinaryOperator as B;
    match op {
        B::And | B::Or | B::Xor => {
            let parts = chain(whole, |o| matches!(o, B::And | B::Or | B::Xor));
            test(parts.into_iter().map(|p| predicate(cx, p)).collect())
        }
        B::Eq => equality(cx, left, right, true),
        B::NotEq => equality(cx, left, right, false),
        B::Gt
        | B::Lt
        | B::GtEq
        | B::LtEq
        | B::Spaceship
        | B::Match
        | B::Regexp
        | B::Glob
        | B::PGOverlap
        | B::PGRegexMatch
        | B::PGRegexIMatch
        | B::PGRegexNotMatch
        | B::PGRegexNotIMatch
        | B::PGLikeMatch
        | B::PGILikeMatch
        | B::PGNotLikeMatch
        | B::PGNotILikeMatch
        | B::PGStartsWith
        | B::AtAt
        | B::AtArrow
        | B::ArrowAt
        | B::AtQuestion
        | B::Question
        | B::QuestionAnd
        | B::QuestionPipe
        | B::Overlaps
        | B::AndLt
        | B::AndGt
        | B::LtLtPipe
        | B::PipeGtGt
        | B::AndLtPipe
        | B::PipeAndGt
        | B::LtCaret
        | B::GtCaret
        | B::QuestionHash
        | B::QuestionDash
        | B::QuestionDashPipe
        | B::QuestionDoublePipe
        | B::TildeEq => test(vec![expr(cx, left), expr(cx, right)]),
        // The key of a JSON value is named, not passed on.
        B::Arrow | B::LongArrow | B::HashArrow | B::HashLongArrow => {
            call(cx, "jsonb_extract_path", vec![expr(cx, left), key_of(cx, right)], whole)
        }
        B::HashMinus => call(cx, "jsonb_delete_path", vec![expr(cx, left), key_of(cx, right)], whole),
        B::Minus if is_key(right) => call(cx, "jsonb_delete", vec![expr(cx, left), key_of(cx, right)], whole),
        B::StringConcat => {
            let parts = chain(whole, |o| matches!(o, B::StringConcat));
            let parts = parts.into_iter().map(|p| expr(cx, p)).filter(|p| *p != Expr::Const).collect();
            call(cx, "jsonb_concat", parts, whole)
        }
        B::PGCustomBinaryOperator(_)
        | B::Custom(_)
        | B::Plus
        | B::Minus
        | B::Multiply
        | B::Divide
        | B::Modulo
        | B::BitwiseOr
        | B::BitwiseAnd
        | B::BitwiseXor
        | B::DuckIntegerDivide
        | B::MyIntegerDivide
        | B::PGBitwiseXor
        | B::PGBitwiseShiftLeft
        | B::PGBitwiseShiftRight
        | B::PGExp
        | B::DoubleHash
        | B::LtDashGt
        | B::At
        | B::Assignment => {
            let parts = if derives(op) { chain(whole, derives) } else { vec![left, right] };
            Expr::Derived(parts.into_iter().map(|p| expr(cx, p)).filter(|p| *p != Expr::Const).collect())
        }
    }
}

/// What is put into a literal when the statement runs; nothing if all of it is known.
fn put_in(cx: &Cx<'_>, literal: SqlSpan) -> Expr {
    let places = cx.holes(literal);
    if places.is_empty() { Expr::Const } else { Expr::Derived(places.into_iter().map(Expr::Hole).collect()) }
}

/// A short text, which may be a key or a path; a longer one is none.
fn text(value: &str) -> Expr {
    if value.len() <= limits::SQL_KEY_BYTES { Expr::Text(Name::new(value)) } else { Expr::Const }
}

fn literal(e: &sp::Expr) -> Option<&str> {
    match e {
        sp::Expr::Value(v) => match &v.value {
            sp::Value::SingleQuotedString(s)
            | sp::Value::DoubleQuotedString(s)
            | sp::Value::EscapedStringLiteral(s) => Some(s),
            _ => None,
        },
        sp::Expr::Nested(inner) | sp::Expr::Cast { expr: inner, .. } => literal(inner),
        _ => None,
    }
}

/// Whether an operand can only be a key of a JSON value: a number is no text.
fn is_key(e: &sp::Expr) -> bool {
    match e {
        sp::Expr::Array(array) => !array.elem.is_empty() && array.elem.iter().all(|e| literal(e).is_some()),
        sp::Expr::Cast { expr: inner, .. } | sp::Expr::Nested(inner) => is_key(inner),
        sp::Expr::Value(_) => literal(e).is_some(),
        _ => false,
    }
}

/// An expression that may be a key, a path, or a list of them.
fn key_of(cx: &Cx<'_>, e: &sp::Expr) -> Expr {
    match e {
        sp::Expr::Array(array) if is_key(e) => Expr::Same(array.elem.iter().map(|e| key_of(cx, e)).collect()),
        // `'{a,b}'::text[]`
        sp::Expr::Cast { expr: inner, data_type: sp::DataType::Array(_), .. } => {
            match literal(inner).and_then(|t| t.strip_prefix('{')?.strip_suffix('}')) {
                Some(list) => Expr::Same(list.split(',').map(|key| text(key.trim())).collect()),
                None => expr(cx, e),
            }
        }
        _ => literal(e).filter(|s| !has_hole(s)).map_or_else(|| expr(cx, e), text),
    }
}

fn function_call(cx: &Cx<'_>, function: &sp::Function) -> Expr {
    let idents = parts(&function.name);
    let Some(last) = idents.last() else { return Expr::Const };
    let lower: Name = Name::new(last.value.to_lowercase());
    let span = cx.at(last.span);
    let mut args = Vec::new();
    let mut touched = Vec::new();
    for list in [&function.parameters, &function.args] {
        match list {
            sp::FunctionArguments::None => {}
            sp::FunctionArguments::Subquery(q) => {
                let sub: Query = query::query(cx, q);
                // `ARRAY(SELECT ..)` is the rows themselves.
                if lower == "array" {
                    return Expr::Sub(Box::new(sub));
                }
                args.push(Expr::Sub(Box::new(sub)));
            }
            sp::FunctionArguments::List(list) => {
                args.extend(list.args.iter().flat_map(|a| named_argument(cx, a, lower == "struct_pack")));
                for clause in &list.clauses {
                    match clause {
                        sp::FunctionArgumentClause::OrderBy(order) => {
                            touched.extend(order.iter().map(|o| expr(cx, &o.expr)));
                        }
                        sp::FunctionArgumentClause::Where(e) | sp::FunctionArgumentClause::Limit(e) => {
                            touched.push(expr(cx, e));
                        }
                        sp::FunctionArgumentClause::Having(bound) => touched.push(expr(cx, &bound.1)),
                        _ => {}
                    }
                }
            }
        }
    }
    // `percentile_cont(0.5) WITHIN GROUP (ORDER BY income)` yields what it orders.
    args.extend(function.within_group.iter().map(|o| expr(cx, &o.expr)));
    touched.extend(function.filter.iter().map(|f| expr(cx, f)));
    if let Some(sp::WindowType::WindowSpec(window)) = &function.over {
        touched.extend(window_parts(cx, window));
    }
    if lower == "row" && idents.len() == 1 {
        return record(args, span);
    }
    touched.retain(|t| *t != Expr::Const);
    if !touched.is_empty() {
        args.push(test(touched));
    }
    let schema = idents.len().checked_sub(2).and_then(|i| idents.get(i)).map(|i| Name::new(i.value.to_lowercase()));
    Expr::Call { schema, name: lower, args, span }
}

/// An argument with its name where that is a key: `json_object('a': x)`, `struct_pack(a := x)`.
fn named_argument(cx: &Cx<'_>, arg: &sp::FunctionArg, keyed: bool) -> Vec<Expr> {
    let pair = |operator: &sp::FunctionArgOperator| {
        matches!(operator, sp::FunctionArgOperator::Colon | sp::FunctionArgOperator::Value)
    };
    let value = argument(cx, arg);
    match arg {
        sp::FunctionArg::Named { name: n, operator, .. } if keyed || pair(operator) => vec![text(&name(n)), value],
        sp::FunctionArg::ExprNamed { name: n, operator, .. } if pair(operator) => vec![key_of(cx, n), value],
        sp::FunctionArg::ExprNamed { name: sp::Expr::Identifier(n), .. } if keyed => vec![text(&name(n)), value],
        _ => vec![value],
    }
}

/// `PARTITION BY` and `ORDER BY` of a window.
pub(super) fn window_parts(cx: &Cx<'_>, window: &sp::WindowSpec) -> Vec<Expr> {
    let mut out = all(cx, &window.partition_by);
    out.extend(window.order_by.iter().map(|o| expr(cx, &o.expr)));
    out
}

/// One argument of a function.
pub(super) fn argument(cx: &Cx<'_>, arg: &sp::FunctionArg) -> Expr {
    let arg = match arg {
        sp::FunctionArg::Named { arg, .. } | sp::FunctionArg::ExprNamed { arg, .. } | sp::FunctionArg::Unnamed(arg) => {
            arg
        }
    };
    match arg {
        sp::FunctionArgExpr::Expr(e) => key_of(cx, e),
        sp::FunctionArgExpr::QualifiedWildcard(object) => row(cx, object),
        sp::FunctionArgExpr::Wildcard | sp::FunctionArgExpr::WildcardWithOptions(_) => Expr::Const,
    }
}
