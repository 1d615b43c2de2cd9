//! Reads definitions that no dialect parses from their tokens: names, types and references of columns.
//!
//! `sqlparser` loses a whole `CREATE TABLE` for one clause it does not know (`CODEC(..)`, `CONSTRAINT x NOT NULL y`,
//! a constraint without a comma before it). A column that is not seen is a label that is not checked.

use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::locate::Cx;
use super::parse::blank;
use crate::ir::Name;
use crate::ir::sql::{AlterOp, ColumnDef, Define, ForeignKey, Kind, OnDelete, TableName};

/// Goes through the tokens of a statement.
pub(super) struct Reader<'a, 'c> {
    pub(super) cx: &'a Cx<'c>,
    /// Without white space and comments.
    pub(super) tokens: Vec<&'a TokenWithSpan>,
    pub(super) at: usize,
}

/// The definition, if this is one that can be read.
pub(super) fn define(cx: &Cx<'_>) -> Option<Kind> {
    let tokens: Vec<&TokenWithSpan> = cx.tokens.iter().filter(|t| !blank(&t.token)).collect();
    let mut r = Reader { cx, tokens, at: 0 };
    match r.word().as_deref() {
        Some("create") => r.create(),
        Some("alter") => r.alter(),
        Some("comment") => r.comment(),
        Some("security") => r.mask(),
        _ => None,
    }
}

impl Reader<'_, '_> {
    pub(super) fn peek(&self, ahead: usize) -> Option<&Token> {
        self.tokens.get(self.at + ahead).map(|t| &t.token)
    }

    pub(super) fn peek_word(&self, ahead: usize) -> Option<String> {
        match self.peek(ahead)? {
            Token::Word(w) if w.quote_style.is_none() => Some(w.value.to_ascii_lowercase()),
            _ => None,
        }
    }

    pub(super) fn word(&mut self) -> Option<String> {
        let word = self.peek_word(0)?;
        self.at += 1;
        Some(word)
    }

    pub(super) fn eat(&mut self, words: &[&str]) -> bool {
        let there = words.iter().enumerate().all(|(i, w)| self.peek_word(i).as_deref() == Some(*w));
        if there {
            self.at += words.len();
        }
        there
    }

    pub(super) fn ident(&mut self) -> Option<(Name, crate::source::Span)> {
        let token = self.tokens.get(self.at)?;
        let name = match &token.token {
            Token::Word(w) if w.quote_style.is_some() => Name::new(&w.value),
            Token::Word(w) => Name::new(w.value.to_lowercase()),
            Token::DoubleQuotedString(s) | Token::SingleQuotedString(s) => Name::new(s),
            _ => return None,
        };
        self.at += 1;
        Some((name, self.cx.at(token.span)))
    }

    pub(super) fn table(&mut self) -> Option<TableName> {
        let (mut name, mut span) = self.ident()?;
        let mut schema = None;
        while matches!(self.peek(0), Some(Token::Period)) {
            self.at += 1;
            let (next, at) = self.ident()?;
            schema = Some(name);
            name = next;
            span = span.to(at);
        }
        Some(TableName { schema, name, span })
    }

    /// The content of a string and the offset at which it begins in the statement.
    pub(super) fn string(&mut self) -> Option<(&str, u32)> {
        let token = self.tokens.get(self.at)?;
        let skip = match &token.token {
            Token::SingleQuotedString(_) => 1,
            Token::EscapedStringLiteral(_) => 2,
            Token::DollarQuotedString(s) => s.tag.as_ref().map_or(0, String::len) + 2,
            _ => return None,
        };
        let (lo, hi) = self.cx.token_bytes(token)?;
        let end = if matches!(token.token, Token::DollarQuotedString(_)) { skip } else { 1 };
        let (from, to) = (lo as usize + skip, (hi as usize).saturating_sub(end));
        self.at += 1;
        Some((self.cx.text.get(from..to)?, from as u32))
    }

    /// The text from a token to the end of the statement.
    pub(super) fn rest_from(&self, at: usize) -> Option<(&str, u32)> {
        let (lo, _) = self.cx.token_bytes(self.tokens.get(at)?)?;
        Some((self.cx.text.get(lo as usize..)?, lo))
    }

    /// Goes over a bracket and what it holds.
    pub(super) fn group(&mut self) {
        let mut depth = 0i32;
        while let Some(token) = self.peek(0) {
            match token {
                Token::LParen => depth += 1,
                Token::RParen => depth -= 1,
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                return;
            }
        }
    }

    fn names(&mut self) -> Vec<Name> {
        let mut out = Vec::new();
        if !matches!(self.peek(0), Some(Token::LParen)) {
            return out;
        }
        self.at += 1;
        while let Some((name, _)) = self.ident() {
            out.push(name);
            if matches!(self.peek(0), Some(Token::Comma)) {
                self.at += 1;
            }
        }
        if matches!(self.peek(0), Some(Token::RParen)) {
            self.at += 1;
        }
        out
    }

    fn create(&mut self) -> Option<Kind> {
        let mut temporary = false;
        loop {
            match self.word()?.as_str() {
                "table" => break,
                "temp" | "temporary" => temporary = true,
                "or" | "replace" | "global" | "local" | "unlogged" | "external" | "foreign" => {}
                _ => return None,
            }
        }
        self.eat(&["if", "not", "exists"]);
        let name = self.table()?;
        if self.eat(&["on", "cluster"]) {
            self.ident();
        }
        let (mut columns, mut foreign, mut like) = (Vec::new(), Vec::new(), Vec::new());
        let mut parents = Vec::new();
        if self.eat(&["partition", "of"]) {
            parents.push(self.table()?);
        } else if self.eat(&["of"]) {
            like.push(self.table()?);
        } else {
            if !matches!(self.peek(0), Some(Token::LParen)) {
                return None;
            }
            self.at += 1;
            while self.at < self.tokens.len() && !matches!(self.peek(0), Some(Token::RParen)) {
                self.entry(&mut columns, &mut foreign, &mut like);
                if matches!(self.peek(0), Some(Token::Comma)) {
                    self.at += 1;
                }
            }
        }
        if columns.is_empty() && like.is_empty() && parents.is_empty() {
            return None;
        }
        Some(Kind::Define(Define::Table {
            name,
            columns,
            query: None,
            like,
            parents,
            temporary,
            foreign,
            key: Vec::new(),
        }))
    }

    /// One entry between the commas of a `CREATE TABLE`.
    fn entry(&mut self, columns: &mut Vec<ColumnDef>, foreign: &mut Vec<ForeignKey>, like: &mut Vec<TableName>) {
        if self.eat(&["like"]) {
            like.extend(self.table());
            self.skip();
            return;
        }
        if self.eat(&["constraint"]) {
            self.ident();
        }
        let constraint = match self.peek_word(0).as_deref() {
            Some("primary" | "foreign" | "exclude") => true,
            Some("unique" | "check") => {
                !matches!(self.peek(1), Some(Token::Word(w)) if w.keyword == sqlparser::keywords::Keyword::NoKeyword)
            }
            Some("index" | "key" | "fulltext" | "spatial" | "projection" | "period") => {
                matches!(self.peek(2), Some(Token::LParen)) || matches!(self.peek(1), Some(Token::LParen))
            }
            Some("not") => true,
            _ => false,
        };
        if constraint {
            if self.eat(&["foreign", "key"]) {
                let local = self.names();
                if self.eat(&["references"])
                    && let Some(table) = self.table()
                {
                    let referred = self.names();
                    let on_delete = self.skip();
                    foreign.push(ForeignKey { columns: local, table, referred, on_delete });
                    return;
                }
            }
            self.skip();
            return;
        }
        match self.column() {
            Some((column, more)) => {
                columns.push(column);
                foreign.extend(more);
            }
            None => {
                // Never stand still on what is no entry.
                self.at += usize::from(!matches!(self.peek(0), Some(Token::Comma | Token::RParen)));
                self.skip();
            }
        }
    }

    /// What stands here, if it is `ON DELETE ..`.
    fn on_delete(&self) -> Option<OnDelete> {
        if self.peek_word(0).as_deref() != Some("on") || self.peek_word(1).as_deref() != Some("delete") {
            return None;
        }
        Some(match self.peek_word(2).as_deref() {
            Some("cascade") => OnDelete::Cascade,
            Some("set") => OnDelete::Clear,
            _ => OnDelete::Nothing,
        })
    }

    /// Goes to the next comma or bracket of this level; the `ON DELETE` that was seen on the way.
    pub(super) fn skip(&mut self) -> OnDelete {
        let mut depth = 0i32;
        let mut seen = OnDelete::Nothing;
        while let Some(token) = self.peek(0) {
            match token {
                Token::LParen => depth += 1,
                Token::RParen if depth == 0 => break,
                Token::RParen => depth -= 1,
                Token::Comma if depth == 0 => break,
                _ if depth == 0 => seen = self.on_delete().unwrap_or(seen),
                _ => {}
            }
            self.at += 1;
        }
        seen
    }

    fn column(&mut self) -> Option<(ColumnDef, Option<ForeignKey>)> {
        let (name, span) = self.ident()?;
        let mut ty = String::new();
        let mut references = None;
        let mut foreign = None;
        let mut depth = 0i32;
        let mut in_type = true;
        while let Some(token) = self.peek(0) {
            match token {
                Token::Comma if depth == 0 => break,
                Token::RParen if depth == 0 => break,
                Token::LParen => depth += 1,
                Token::RParen => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                match self.peek_word(0).as_deref() {
                    Some("references") => {
                        self.at += 1;
                        in_type = false;
                        if let Some(table) = self.table() {
                            references = Some(ForeignKey {
                                columns: vec![name.clone()],
                                table,
                                referred: self.names(),
                                on_delete: OnDelete::Nothing,
                            });
                        }
                        continue;
                    }
                    // SQLite allows table constraints without a comma before them.
                    Some("foreign") if self.peek_word(1).as_deref() == Some("key") => {
                        self.at += 2;
                        let local = self.names();
                        if self.eat(&["references"])
                            && let Some(table) = self.table()
                        {
                            let referred = self.names();
                            foreign = Some(ForeignKey { columns: local, table, referred, on_delete: self.skip() });
                        }
                        break;
                    }
                    Some("on") if self.on_delete().is_some() => {
                        if let (Some(key), Some(action)) = (&mut references, self.on_delete()) {
                            key.on_delete = action;
                        }
                        in_type = false;
                    }
                    Some(
                        "not" | "null" | "primary" | "default" | "unique" | "check" | "constraint" | "collate"
                        | "generated" | "codec" | "comment" | "as" | "autoincrement" | "auto_increment" | "encode"
                        | "ttl" | "materialized" | "alias" | "storage" | "compression" | "identity" | "first" | "after"
                        | "on" | "using",
                    ) => in_type = false,
                    _ => {}
                }
            }
            if in_type && let Some(token) = self.peek(0) {
                let text = token.to_string().to_lowercase();
                if !ty.is_empty() && matches!(token, Token::Word(_)) && !ty.ends_with('(') {
                    ty.push(' ');
                }
                ty.push_str(&text);
            }
            self.at += 1;
        }
        Some((ColumnDef { name, ty, comment: None, references, generated: None, span }, foreign))
    }

    fn alter(&mut self) -> Option<Kind> {
        if !self.eat(&["table"]) {
            return None;
        }
        self.eat(&["if", "exists"]);
        self.eat(&["only"]);
        let name = self.table()?;
        let mut ops = Vec::new();
        let mut known = false;
        while self.at < self.tokens.len() {
            let before = ops.len();
            known |= self.operation(&mut ops) || ops.len() > before;
            self.skip();
            self.at += 1;
        }
        known.then_some(Kind::Define(Define::Alter { name, ops }))
    }

    /// One operation of `ALTER TABLE`; whether it was understood.
    fn operation(&mut self, ops: &mut Vec<AlterOp>) -> bool {
        let Some(verb) = self.word() else { return false };
        match verb.as_str() {
            "add" => {
                if matches!(
                    self.peek_word(0).as_deref(),
                    Some("constraint" | "primary" | "foreign" | "unique" | "check" | "index" | "key" | "exclude")
                ) {
                    return true;
                }
                self.eat(&["column"]);
                self.eat(&["if", "not", "exists"]);
                ops.extend(self.column().map(|(c, _)| AlterOp::Add(c)));
            }
            "drop" => {
                if matches!(self.peek_word(0).as_deref(), Some("constraint" | "primary" | "foreign" | "index" | "key"))
                {
                    return true;
                }
                self.eat(&["column"]);
                self.eat(&["if", "exists"]);
                ops.extend(self.ident().map(|(n, _)| AlterOp::Drop(n)));
            }
            "rename" => {
                if self.eat(&["to"]) || self.eat(&["as"]) {
                    ops.extend(self.table().map(AlterOp::RenameTable));
                    return true;
                }
                if self.eat(&["constraint"]) || self.eat(&["index"]) {
                    return true;
                }
                self.eat(&["column"]);
                if let Some((old, _)) = self.ident()
                    && self.eat(&["to"])
                    && let Some((new, _)) = self.ident()
                {
                    ops.push(AlterOp::Rename(old, new));
                }
            }
            "alter" | "modify" => {
                if self.eat(&["constraint"]) {
                    return true;
                }
                self.eat(&["column"]);
                let Some((column, _)) = self.ident() else { return false };
                self.eat(&["set", "data"]);
                if self.eat(&["type"]) {
                    let from = self.at;
                    self.skip();
                    let ty: Vec<String> = self
                        .tokens
                        .get(from..self.at)
                        .unwrap_or_default()
                        .iter()
                        .map(|t| t.token.to_string())
                        .collect();
                    ops.push(AlterOp::Retype(column, ty.join(" ").to_lowercase()));
                }
                return true;
            }
            "set" => {
                if self.eat(&["schema"]) {
                    ops.extend(self.ident().map(|(n, _)| AlterOp::SetSchema(n)));
                }
                return true;
            }
            "inherit" => ops.extend(self.table().map(AlterOp::Inherit)),
            "attach" if self.eat(&["partition"]) => ops.extend(self.table().map(AlterOp::Attach)),
            "owner" | "enable" | "disable" | "validate" | "cluster" | "replica" | "reset" | "detach" | "force"
            | "comment" | "engine" | "auto_increment" | "convert" | "order" | "no" => {
                return true;
            }
            _ => return false,
        }
        true
    }

    /// `SECURITY LABEL FOR anon ON COLUMN t.c IS 'MASKED WITH ..'`.
    fn mask(&mut self) -> Option<Kind> {
        if !self.eat(&["label"]) {
            return None;
        }
        if self.eat(&["for"]) {
            self.ident();
        }
        if !self.eat(&["on", "column"]) {
            return Some(Kind::Inert);
        }
        let full = self.table()?;
        self.eat(&["is"]);
        let text = self.string().map(|(text, _)| text.to_lowercase()).unwrap_or_default();
        if !text.starts_with("masked") {
            return Some(Kind::Inert);
        }
        let table = TableName { schema: None, name: full.schema?, span: full.span };
        Some(Kind::Define(Define::Mask { table, column: full.name }))
    }

    fn comment(&mut self) -> Option<Kind> {
        if !self.eat(&["on"]) {
            return None;
        }
        let of = self.word()?;
        let full = self.table()?;
        let span = super::comments::last_string(self.cx)?;
        let text = String::new();
        match of.as_str() {
            "column" => {
                let table = full.schema.clone()?;
                let table = TableName { schema: None, name: table, span: full.span };
                Some(Kind::Define(Define::Comment { table, column: Some(full.name), text, span }))
            }
            "table" | "view" => Some(Kind::Define(Define::Comment { table: full, column: None, text, span })),
            _ => Some(Kind::Inert),
        }
    }
}
