//! `CREATE FUNCTION`, `CREATE PROCEDURE`, `CREATE TRIGGER` and `DO`, read from their tokens: `sqlparser` knows few of
//! their forms and hands their bodies on as strings.

use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::body::{self, Body, Place, Style};
use super::dialect::Dialect;
use super::fallback::Reader;
use super::locate::Cx;
use super::parse;
use crate::front::text_map::TextMap;
use crate::ir::Name;
use crate::ir::sql::{Define, Does, Events, Kind, Routine, Statement, TableName, Trigger};

/// A routine that was read.
pub(super) struct Read {
    pub kind: Kind,
    /// Definitions that a block makes.
    pub defines: Vec<Statement>,
    /// Why its body is only partly understood.
    pub lost: Option<&'static str>,
}

/// Whether these first words begin a routine.
pub(super) fn begins(words: &[String]) -> bool {
    match words.first().map(String::as_str) {
        Some("do") => true,
        Some("create" | "drop") => words
            .iter()
            .skip(1)
            .take_while(|w| !matches!(w.as_str(), "table" | "view" | "index" | "on" | "as"))
            .any(|w| matches!(w.as_str(), "function" | "procedure" | "trigger" | "routine")),
        _ => false,
    }
}

/// Reads a routine; `None` for a form that is not known.
pub(super) fn read(cx: &Cx<'_>, base: u32, map: &TextMap, dialects: &[Dialect]) -> Option<Read> {
    let tokens: Vec<&TokenWithSpan> = cx.tokens.iter().filter(|t| !parse::blank(&t.token)).collect();
    let mut r = Reader { cx, tokens, at: 0 };
    let at = Where { base, map, dialects };
    match r.word()?.as_str() {
        "do" => block(&mut r, &at),
        "drop" => dropped(&mut r),
        "create" => created(&mut r, &at),
        _ => None,
    }
}

struct Where<'a> {
    base: u32,
    map: &'a TextMap,
    dialects: &'a [Dialect],
}

impl Where<'_> {
    fn body(&self, text: &str, lo: u32, style: Style) -> Body {
        let place = Place { map: self.map, dialects: self.dialects, base: self.base.saturating_add(lo) };
        body::read(text, &place, style)
    }

    fn expression(&self, text: &str, lo: u32) -> Body {
        let place = Place { map: self.map, dialects: self.dialects, base: self.base.saturating_add(lo) };
        body::expression(text, &place)
    }
}

fn read_of(define: Define, lost: Option<&'static str>) -> Read {
    Read { kind: Kind::Define(define), defines: Vec::new(), lost }
}

/// `DO $$ .. $$ LANGUAGE plpgsql`.
fn block(r: &mut Reader<'_, '_>, at: &Where<'_>) -> Option<Read> {
    if r.eat(&["language"]) {
        r.ident();
    }
    let (text, lo) = r.string()?;
    let body = at.body(text, lo, Style::Procedural);
    let name = TableName { schema: None, name: Name::default(), span: r.cx.span };
    let routine = Routine { name, params: Vec::new(), results: Vec::new(), body: body.steps };
    let kind = if routine.body.is_empty() { Kind::Inert } else { Kind::Define(Define::Routine(routine)) };
    Some(Read { kind, defines: body.defines, lost: body.lost })
}

fn dropped(r: &mut Reader<'_, '_>) -> Option<Read> {
    let what = r.word()?;
    r.eat(&["if", "exists"]);
    Some(match what.as_str() {
        "trigger" => read_of(Define::DropTrigger(r.table()?.name), None),
        "function" | "procedure" | "routine" => {
            let mut names = Vec::new();
            while let Some(name) = r.table() {
                names.push(name);
                r.skip();
                r.at += 1;
            }
            read_of(Define::DropRoutine(names), None)
        }
        _ => return None,
    })
}

fn created(r: &mut Reader<'_, '_>, at: &Where<'_>) -> Option<Read> {
    loop {
        match r.word() {
            Some(w) => match w.as_str() {
                "trigger" => {
                    r.eat(&["if", "not", "exists"]);
                    return trigger(r, at);
                }
                "function" | "procedure" => {
                    r.eat(&["if", "not", "exists"]);
                    return routine(r, at);
                }
                "or" | "replace" | "constraint" | "temp" | "temporary" | "aggregate" => {}
                // `DEFINER = user@host`
                "definer" => {
                    while r.at < r.tokens.len()
                        && !matches!(r.peek_word(0).as_deref(), Some("trigger" | "function" | "procedure" | "sql"))
                    {
                        r.at += 1;
                    }
                }
                "sql" | "security" | "invoker" => {}
                _ => return None,
            },
            None => return None,
        }
    }
}

/// What stands between `(` and `)`: parameters or columns, each as its tokens' words.
fn params(r: &mut Reader<'_, '_>) -> Option<(Vec<Name>, Vec<Name>)> {
    let (mut names, mut out) = (Vec::new(), Vec::new());
    if !matches!(r.peek(0), Some(Token::LParen)) {
        return None;
    }
    r.at += 1;
    while r.at < r.tokens.len() && !matches!(r.peek(0), Some(Token::RParen)) {
        let (mut input, mut output) = (true, false);
        while let Some(mode) = r.peek_word(0) {
            match mode.as_str() {
                "out" => (input, output) = (false, true),
                "inout" => output = true,
                "in" | "variadic" => {}
                _ => break,
            }
            r.at += 1;
        }
        // A name stands before a type; a type may stand alone.
        let named = match (r.peek(0), r.peek(1)) {
            (Some(Token::Word(_)), Some(Token::Word(w))) => {
                w.quote_style.is_some()
                    || !matches!(
                        w.value.to_ascii_lowercase().as_str(),
                        "precision" | "varying" | "default" | "with" | "without"
                    )
            }
            _ => false,
        };
        let name = if named { r.ident().map(|(n, _)| n).unwrap_or_default() } else { Name::default() };
        if input {
            names.push(name.clone());
        }
        if output {
            out.push(name);
        }
        r.skip();
        if matches!(r.peek(0), Some(Token::Comma)) {
            r.at += 1;
        }
    }
    r.at += 1;
    Some((names, out))
}

fn routine(r: &mut Reader<'_, '_>, at: &Where<'_>) -> Option<Read> {
    let name = r.table()?;
    let (params, mut results) = self::params(r)?;
    let mut procedural = None;
    let mut body: Option<(String, u32)> = None;
    let mut foreign = false;
    while r.at < r.tokens.len() {
        let here = r.at;
        match r.word().as_deref() {
            Some("returns") => {
                r.eat(&["setof"]);
                if r.eat(&["table"]) && matches!(r.peek(0), Some(Token::LParen)) {
                    results.extend(self::params(r)?.0);
                }
            }
            Some("language") => match r.ident().map(|(n, _)| n.to_lowercase()).as_deref() {
                Some("sql") => procedural = procedural.or(Some(false)),
                Some("plpgsql") => procedural = Some(true),
                _ => foreign = true,
            },
            Some("as") => {
                if let Some((text, lo)) = r.string() {
                    body = Some((text.to_owned(), lo));
                }
            }
            Some("begin") => {
                let plain = r.peek_word(0).as_deref() == Some("atomic");
                let (text, lo) = r.rest_from(here)?;
                let read = at.body(text, lo, if plain { Style::Plain } else { Style::Procedural });
                return Some(read_of(Define::Routine(Routine { name, params, results, body: read.steps }), read.lost));
            }
            Some("return") => {
                let (text, lo) = r.rest_from(r.at)?;
                let read = at.expression(text, lo);
                return Some(read_of(Define::Routine(Routine { name, params, results, body: read.steps }), read.lost));
            }
            Some(_) => {}
            None => r.at = here + 1,
        }
    }
    let (text, lo) = body?;
    if foreign {
        let what = "the body of this function is in another language";
        let harmless = text.trim().len() < 80 && !text.contains([' ', '\n']);
        return Some(read_of(
            Define::Routine(Routine { name, params, results, body: Vec::new() }),
            (!harmless).then_some(what),
        ));
    }
    let style = if procedural == Some(true) { Style::Procedural } else { Style::Plain };
    let read = at.body(&text, lo, style);
    Some(read_of(Define::Routine(Routine { name, params, results, body: read.steps }), read.lost))
}

fn trigger(r: &mut Reader<'_, '_>, at: &Where<'_>) -> Option<Read> {
    let name = r.table()?.name;
    let mut out = Trigger {
        name,
        table: TableName { schema: None, name: Name::default(), span: r.cx.span },
        on: Events::NONE,
        tables: Vec::new(),
        does: Does::Body(Vec::new()),
    };
    while r.at < r.tokens.len() {
        match r.word().as_deref() {
            Some("insert") => out.on.insert = true,
            Some("update") => out.on.update = true,
            Some("delete" | "truncate") => out.on.delete = true,
            Some("on") => {
                out.table = r.table()?;
                break;
            }
            Some(_) => {}
            None => r.at += 1,
        }
    }
    while r.at < r.tokens.len() {
        let here = r.at;
        match r.word().as_deref() {
            Some("execute") => {
                r.word();
                out.does = Does::Call(r.table()?);
                return Some(read_of(Define::Trigger(out), None));
            }
            Some("table") => {
                r.eat(&["as"]);
                out.tables.extend(r.ident().map(|(n, _)| n));
            }
            Some("when") => {
                if matches!(r.peek(0), Some(Token::LParen)) {
                    r.group();
                }
            }
            Some("begin" | "insert" | "update" | "delete" | "set" | "call" | "replace" | "if") => {
                let (text, lo) = r.rest_from(here)?;
                let read = at.body(text, lo, Style::Procedural);
                out.does = Does::Body(read.steps);
                return Some(read_of(Define::Trigger(out), read.lost));
            }
            Some(_) => {}
            None => r.at = here + 1,
        }
    }
    None
}
