//! One statement: parsed, lowered, or told apart by its first words.

use std::panic::{AssertUnwindSafe, catch_unwind};

use sqlparser::ast as sp;

use super::dialect::Dialect;
use super::locate::{Cx, Lines};
use super::query::plain;
use super::{ddl, dml, expr, fallback, parse, path, reworded, routine};
use crate::front::text_map::TextMap;
use crate::ir::sql::{Define, Item, Kind, QueryBody, Select, Statement};
use crate::ir::{Gap, GapKind};
use crate::limits;

/// What became of a statement.
pub(super) struct Lowered {
    /// It, and what was found inside its body.
    pub statements: Vec<Statement>,
    /// Why it was not understood.
    pub gap: Option<Gap>,
}

/// Lowers one statement that begins at `base` of the text that `map` speaks of.
pub(super) fn lower(text: &str, base: u32, map: &TextMap, dialects: &[Dialect]) -> Lowered {
    if let Some(lowered) = on_this_stack(text, base, map, dialects, false) {
        return lowered;
    }
    // A long chain of operators is a deep tree. It is built, walked and dropped where there is room for it.
    let on_another = || on_this_stack(text, base, map, dialects, true);
    let lowered = std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(limits::SQL_STACK).spawn_scoped(scope, on_another);
        thread.ok().and_then(|t| t.join().ok()).flatten()
    });
    lowered.unwrap_or_else(|| {
        let span = map.span(base, base.saturating_add(text.len() as u32));
        let what = "this statement is nested too deeply to be parsed".to_string();
        Lowered {
            statements: vec![Statement { span, kind: Kind::Unknown, named: Vec::new() }],
            gap: Some(Gap { span, what, kind: GapKind::Limit }),
        }
    })
}

/// `None` where the statement needs more room than is known to be there.
fn on_this_stack(text: &str, base: u32, map: &TextMap, dialects: &[Dialect], roomy: bool) -> Option<Lowered> {
    let span = map.span(base, base.saturating_add(text.len() as u32));
    let one = |kind: Kind, named, gap: Option<(String, GapKind)>| Lowered {
        statements: vec![Statement { span, kind, named }],
        gap: gap.map(|(what, kind)| Gap { span, what, kind }),
    };
    let words = parse::words(text);
    if let Some((inner, at)) = reworded::prepared(text, &words) {
        return on_this_stack(inner, base.saturating_add(at as u32), map, dialects, roomy);
    }
    if let Some(plain) = reworded::by_name(text, &words) {
        let mut lowered = on_this_stack(&plain, base, map, dialects, roomy)?;
        if !reworded::named(&mut lowered.statements) {
            let what = "what each column of this query is called is not known".to_owned();
            return Some(one(Kind::Unknown, Vec::new(), Some((what, GapKind::Statement))));
        }
        return Some(lowered);
    }
    if let Some(kind) = path::path(text, &words) {
        return Some(one(kind, Vec::new(), None));
    }
    if is_of_index(&words) {
        return Some(one(Kind::Inert, Vec::new(), None));
    }
    if routine::begins(&words)
        && let Some(lowered) = routine_of(text, base, map, dialects)
    {
        return Some(lowered);
    }
    Some(match parse::statement(text, dialects, roomy) {
        Err(failed) if failed.deep => return None,
        Ok(parsed) => {
            let run = || {
                let lines = Lines::new(text);
                let cx = Cx::new(map, base, text, &lines, &parsed.tokens);
                let meaning = meaning(&cx, &parsed.statement, text);
                (meaning, cx.named.clone(), cx.cut.get())
            };
            match catch_unwind(AssertUnwindSafe(run)) {
                Ok((Ok(kind), named, cut)) => {
                    let what = "this statement is nested too deeply to be followed in all its parts".to_string();
                    one(kind, named, cut.then_some((what, GapKind::Limit)))
                }
                Ok((Err(what), named, _)) => one(Kind::Unknown, named, Some((what, GapKind::Statement))),
                Err(_) => {
                    let what = "this statement could not be lowered".to_string();
                    one(Kind::Unknown, Vec::new(), Some((what, GapKind::Panic)))
                }
            }
        }
        Err(failed) if failed.kind == GapKind::Statement => {
            let run = || {
                let lines = Lines::new(text);
                let cx = Cx::new(map, base, text, &lines, &failed.tokens);
                fallback::define(&cx)
            };
            match catch_unwind(AssertUnwindSafe(run)).unwrap_or(None) {
                Some(kind) => one(kind, Vec::new(), None),
                None if harmless(&words, text) => one(Kind::Inert, Vec::new(), None),
                None => one(Kind::Unknown, Vec::new(), Some((body_of(&words).unwrap_or(failed.what), failed.kind))),
            }
        }
        Err(failed) => one(Kind::Unknown, Vec::new(), Some((failed.what, failed.kind))),
    })
}

/// Whether a statement makes, changes or drops an index. Nothing is asked of it, so it need not be parsed.
fn is_of_index(words: &[String]) -> bool {
    let mut words = words.iter().map(String::as_str);
    match (words.next(), words.next()) {
        (Some("create" | "alter" | "drop"), Some("index")) => true,
        (Some("create"), Some("unique")) => words.next() == Some("index"),
        _ => false,
    }
}

/// A function, procedure, trigger or block, with what a block defines.
fn routine_of(text: &str, base: u32, map: &TextMap, dialects: &[Dialect]) -> Option<Lowered> {
    let span = map.span(base, base.saturating_add(text.len() as u32));
    let tokens = parse::tokens(text, dialects)?;
    let run = || {
        let lines = Lines::new(text);
        let cx = Cx::new(map, base, text, &lines, &tokens);
        routine::read(&cx, base, map, dialects)
    };
    let read = catch_unwind(AssertUnwindSafe(run)).ok()??;
    let mut statements = vec![Statement { span, kind: read.kind, named: Vec::new() }];
    statements.extend(read.defines);
    let gap = read.lost.map(|what| Gap { span, what: what.to_owned(), kind: GapKind::Statement });
    Some(Lowered { statements, gap })
}

/// What a tree means, or why it is not understood.
fn meaning(cx: &Cx<'_>, statement: &sp::Statement, text: &str) -> Result<Kind, String> {
    use sp::Statement as S;
    let not = |what: &str| Err(what.to_string());
    Ok(match statement {
        S::Query(q) => match ddl::select_into(cx, q) {
            Some(kind) => kind,
            None => Kind::Query(super::query::query(cx, q)),
        },
        S::Insert(_) | S::Update(_) | S::Delete(_) | S::Merge(_) | S::Truncate(_) => {
            match dml::modifying(cx, statement) {
                Some(q) => Kind::Query(q),
                None => return not("this statement is not understood"),
            }
        }
        S::CreateTable(t) => ddl::create_table(cx, t),
        S::CreateView(v) => ddl::create_view(cx, v),
        S::AlterView { name, columns, query, .. } => Kind::Define(Define::View {
            name: super::query::table_name(cx, name),
            columns: columns.iter().map(expr::name).collect(),
            query: super::query::query(cx, query),
        }),
        S::AlterTable(a) => ddl::alter_table(cx, a),
        S::RenameTable(list) => ddl::rename_tables(cx, list),
        S::Drop {
            object_type: sp::ObjectType::Table | sp::ObjectType::View | sp::ObjectType::MaterializedView,
            names,
            ..
        } => Kind::Define(Define::Drop(names.iter().map(|n| super::query::table_name(cx, n)).collect())),
        S::CreateType { name, representation } => ddl::create_type(cx, name, representation.as_ref()),
        S::CreateDomain(d) => ddl::create_domain(cx, d),
        S::Drop { object_type: sp::ObjectType::Schema | sp::ObjectType::Database, names, .. } => {
            Kind::Define(Define::DropSchema(names.iter().map(|n| super::query::table_name(cx, n).name).collect()))
        }
        S::Comment { object_type, object_name, comment, .. } => {
            ddl::comment(cx, *object_type, object_name, comment.as_ref())
        }
        S::CreateVirtualTable { name, module_args, .. } => ddl::virtual_table(cx, name, module_args),
        S::Copy { source, to, .. } => ddl::copy(cx, source, *to),
        S::Declare { stmts } => ddl::cursor(cx, stmts).map_or(Kind::Inert, Kind::Query),
        // Without that a plan is made, and nothing is run.
        S::Explain { analyze: false, options: None, .. } => Kind::Inert,
        S::Explain { statement, .. } | S::Prepare { statement, .. } => return meaning(cx, statement, text),
        S::Call(function) => {
            let call = expr::expr(cx, &sp::Expr::Function(function.clone()));
            let items = vec![Item::Expr { expr: call, alias: None, span: cx.span }];
            Kind::Query(plain(QueryBody::Select(Box::new(Select { items, ..Select::default() }))))
        }
        S::Directory { source, .. } => Kind::Query(super::query::query(cx, source)),
        S::Unload { query: Some(q), .. } => Kind::Query(super::query::query(cx, q)),
        S::CreateFunction(_) | S::CreateMacro { .. } if moves_rows(text) => {
            return not("the body of this function is not analysed");
        }
        S::CreateProcedure { .. } if moves_rows(text) => return not("the body of this procedure is not analysed"),
        S::CreateTrigger(t) if t.exec_body.is_none() && moves_rows(text) => {
            return not("the body of this trigger is not analysed");
        }
        S::If(_) | S::While(_) | S::Case(_) if moves_rows(text) => return not("blocks of statements are not analysed"),
        S::StartTransaction { statements, .. } if !statements.is_empty() && moves_rows(text) => {
            return not("blocks of statements are not analysed");
        }
        S::Execute { .. } => return not("what this prepared statement does is not known here"),
        _ => Kind::Inert,
    })
}

/// What is said of a routine that does not parse: its body would not have been analysed either.
fn body_of(words: &[String]) -> Option<String> {
    if words.first().is_none_or(|w| w != "create") {
        return None;
    }
    let kind = words.iter().take(5).find(|w| matches!(w.as_str(), "function" | "procedure" | "trigger" | "event"))?;
    Some(format!("the body of this {kind} is not analysed"))
}

/// Whether the body of a function or block holds words of statements that read or write rows.
fn moves_rows(text: &str) -> bool {
    let lower = text.to_lowercase();
    let body = lower.find('$').or_else(|| lower.find("begin")).or_else(|| lower.find(" as ")).unwrap_or(0);
    let body = lower.get(body..).unwrap_or_default();
    body.split(|c: char| !(c.is_alphanumeric() || c == '_')).any(|w| {
        matches!(
            w,
            "select" | "insert" | "update" | "delete" | "merge" | "copy" | "execute" | "perform" | "truncate" | "call"
        )
    })
}

/// Beginnings of statements that carry no rows, whether or not they parse.
const HARMLESS: [&str; 52] = [
    "alter sequence",
    "create sequence",
    "drop sequence",
    "reindex",
    "create statistics",
    "drop statistics",
    "set",
    "reset",
    "alter trigger",
    "drop trigger",
    "drop index",
    "create index",
    "create unique",
    "alter index",
    "create extension",
    "alter extension",
    "drop extension",
    "vacuum",
    "analyze",
    "analyse",
    "refresh materialized",
    "pragma",
    "grant",
    "revoke",
    "alter default",
    "alter type",
    "drop type",
    "create type",
    "create role",
    "alter role",
    "drop role",
    "create user",
    "alter user",
    "create database",
    "alter database",
    "create schema",
    "alter schema",
    "drop schema",
    "security label",
    "lock",
    "unlock",
    "begin",
    "commit",
    "rollback",
    "savepoint",
    "release",
    "start transaction",
    "end",
    "use",
    "show",
    "cluster",
    "checkpoint",
];

/// The second words of `CREATE`, `ALTER` and `DROP` that define no rows.
const OBJECTS: [&str; 26] = [
    "domain",
    "cast",
    "aggregate",
    "operator",
    "collation",
    "conversion",
    "language",
    "publication",
    "subscription",
    "policy",
    "text",
    "access",
    "foreign",
    "server",
    "tablespace",
    "transform",
    "group",
    "owned",
    "large",
    "row",
    "keyspace",
    "dictionary",
    "quota",
    "settings",
    "function",
    "procedure",
];

fn harmless(words: &[String], text: &str) -> bool {
    // PostgreSQL's empty row, which some migrations are made of.
    if text.trim().eq_ignore_ascii_case("select") {
        return true;
    }
    let word = |i: usize| words.get(i).map_or("", String::as_str);
    let two = format!("{} {}", word(0), word(1));
    if HARMLESS.iter().any(|h| *h == word(0) || *h == two) {
        return true;
    }
    match word(0) {
        "listen" | "unlisten" | "notify" | "discard" | "abort" | "attach" | "detach" | "go" | "print" | "optimize"
        | "owner" | "kill" | "exit" | "quit" | "spool" | "prompt" | "flush" | "handler" | "install" | "load" => true,
        "create" | "alter" | "drop" => {
            let mut rest = words.iter().skip(1).map(String::as_str).filter(|w| {
                !matches!(*w, "or" | "replace" | "constraint" | "if" | "not" | "exists" | "event" | "temp" | "definer")
            });
            match rest.next() {
                Some("trigger") => text.to_lowercase().contains("execute") || !moves_rows(text),
                Some("function" | "procedure" | "routine") if word(0) == "create" => !moves_rows(text),
                Some("function" | "procedure" | "routine") => true,
                Some("view" | "materialized") => word(0) == "alter",
                Some(object) => OBJECTS.contains(&object),
                None => false,
            }
        }
        _ => false,
    }
}
