//! String literals: their text, where each byte of it stands, and the SQL in them.

use std::borrow::Cow;

use proc_macro2::Span as TokenSpan;
use syn::{Expr, ExprLit, ExprMacro, Lit};

use super::Cx;
use crate::front::sql;
use crate::front::text_map::{Piece, TextMap};
use crate::ir::sql::{Embedded, SqlUnit, leads_to_rows};
use crate::ir::{GapKind, body};
use crate::source::{FileId, Span};

/// A text known from the file, with its map.
pub(super) struct Text {
    /// The text.
    pub text: String,
    /// Where it stands.
    pub map: TextMap,
    /// From the first to the last literal token.
    pub span: Span,
    /// The expansion that wrote it, 0 for none.
    pub by: u32,
}

/// Decodes the token of a string, byte string, C string or character, which stands at `at`.
pub(super) fn decode(file: FileId, src: &str, at: u32) -> Option<(String, TextMap)> {
    let bytes = src.as_bytes();
    let mut lo = 0;
    while lo < bytes.len() && matches!(bytes[lo], b'b' | b'c' | b'r') {
        lo += 1;
    }
    let raw = src.get(..lo)?.contains('r');
    let mut map = TextMap { file, pieces: Vec::new() };
    if raw {
        let hashes = bytes[lo..].iter().take_while(|&&b| b == b'#').count();
        let start = lo + hashes + 1;
        let end = src.rfind('"')?;
        let inner = src.get(start..end)?;
        map.pieces.push(Piece::new(0, at + start as u32));
        return Some((inner.to_owned(), map));
    }
    let quote = *bytes.get(lo)?;
    let start = lo + 1;
    let end = src.rfind(quote as char)?;
    let inner = src.get(start..end)?;
    if !inner.bytes().any(|b| b == b'\\' || b == b'\r') {
        map.pieces.push(Piece::new(0, at + start as u32));
        return Some((inner.to_owned(), map));
    }
    let mut text = String::with_capacity(inner.len());
    let mut rest = inner;
    while !rest.is_empty() {
        let here = at + (end - rest.len()) as u32;
        let plain = rest.find(['\\', '\r']).unwrap_or(rest.len());
        if plain > 0 {
            map.pieces.push(Piece::new(text.len() as u32, here));
            text.push_str(&rest[..plain]);
            rest = &rest[plain..];
            continue;
        }
        let (decoded, used) = escape(rest);
        if let Some(c) = decoded {
            map.pieces.push(Piece::new(text.len() as u32, here));
            text.push(c);
        }
        rest = rest.get(used..).unwrap_or("");
    }
    Some((text, map))
}

/// The character that `rest` begins with in escaped form, and how many bytes it takes.
fn escape(rest: &str) -> (Option<char>, usize) {
    let mut chars = rest.chars();
    if chars.next() == Some('\r') {
        return if chars.next() == Some('\n') { (Some('\n'), 2) } else { (Some('\r'), 1) };
    }
    match chars.next() {
        Some('n') => (Some('\n'), 2),
        Some('r') => (Some('\r'), 2),
        Some('t') => (Some('\t'), 2),
        Some('0') => (Some('\0'), 2),
        Some('x') => {
            let code = rest.get(2..4).and_then(|h| u8::from_str_radix(h, 16).ok());
            (Some(code.map_or('\u{fffd}', char::from)), rest.len().min(4))
        }
        Some('u') => {
            let end = rest.find('}').unwrap_or(rest.len() - 1);
            let digits: String = rest.get(3..end).unwrap_or("").chars().filter(|c| *c != '_').collect();
            let code = u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32);
            (Some(code.unwrap_or('\u{fffd}')), end + 1)
        }
        Some('\n' | '\r') => {
            let blank = rest[1..].len() - rest[1..].trim_start_matches([' ', '\t', '\n', '\r']).len();
            (None, 1 + blank)
        }
        Some(c) => (Some(c), 1 + c.len_utf8()),
        None => (None, 1),
    }
}

/// Whether a text looks like SQL: its first word after comments is that of a statement, or of one in capitals behind
/// which others stand.
pub(super) fn looks_like_sql(text: &str) -> bool {
    let mut rest = text.trim_start();
    loop {
        if let Some(line) = rest.strip_prefix("--") {
            rest = line.split_once('\n').map_or("", |(_, after)| after).trim_start();
        } else if let Some(block) = rest.strip_prefix("/*") {
            rest = block.split_once("*/").map_or("", |(_, after)| after).trim_start();
        } else if let Some(open) = rest.strip_prefix('(') {
            rest = open.trim_start();
        } else {
            break;
        }
    }
    let len = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
    let (word, after) = rest.split_at(len);
    if !(2..=9).contains(&len) || after.starts_with(['_', ':', '.', '-', '/', '=']) {
        return false;
    }
    let first = after.chars().next();
    let begins = [
        "SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "MERGE", "REPLACE", "VALUES", "CREATE", "ALTER", "DROP",
        "TRUNCATE", "COPY", "CALL",
    ];
    match first {
        Some(';') => is_capital(word) && leads_to_rows(rest),
        Some(c) if c.is_whitespace() || "(*\"`'".contains(c) => {
            begins.iter().any(|k| word.eq_ignore_ascii_case(k)) || is_capital(word) && leads_to_rows(rest)
        }
        _ => false,
    }
}

fn is_capital(word: &str) -> bool {
    word.bytes().all(|b| b.is_ascii_uppercase())
}

impl Cx<'_> {
    /// The text of a token; `written` gives it where the token does not stand in the file.
    pub(super) fn source(&self, token: TokenSpan, written: impl FnOnce() -> String) -> Cow<'_, str> {
        match self.places.writer(token) {
            0 => Cow::Borrowed(self.slice(self.span(token))),
            _ => Cow::Owned(written()),
        }
    }

    /// Text and map of a literal token; `written` gives it where the token does not stand in the file.
    pub(super) fn token_text(&self, token: TokenSpan, written: impl FnOnce() -> String) -> Option<Text> {
        let span = self.span(token);
        let by = self.places.writer(token);
        if by == 0 {
            let (text, map) = decode(self.file, self.slice(span), span.lo)?;
            return Some(Text { text, map, span, by });
        }
        let (text, _) = decode(self.file, &written(), span.lo)?;
        Some(Text { text, map: TextMap { file: self.file, pieces: vec![Piece::written(0, span)] }, span, by })
    }

    /// The text of a literal, of `concat!` of literals, or of a sum of literals, with its place.
    pub(super) fn text_of(&self, e: &Expr) -> Option<Text> {
        match e {
            Expr::Lit(ExprLit { lit: Lit::Str(s), .. }) => self.token_text(s.span(), || s.token().to_string()),
            Expr::Paren(e) => self.text_of(&e.expr),
            Expr::Group(e) => self.text_of(&e.expr),
            Expr::Reference(e) => self.text_of(&e.expr),
            Expr::Binary(e) if matches!(e.op, syn::BinOp::Add(_)) => {
                let mut left = self.text_of(&e.left)?;
                left.add(self.text_of(&e.right)?);
                Some(left)
            }
            Expr::Macro(ExprMacro { mac, .. }) if super::macros::name_is(mac, "concat") => self.concat(mac),
            Expr::Macro(ExprMacro { mac, .. }) if super::macros::name_is(mac, "stringify") => self.stringified(mac),
            _ => None,
        }
    }

    /// What `stringify!` makes a text of: words and signs as they are written.
    fn stringified(&self, mac: &syn::Macro) -> Option<Text> {
        let token = mac.tokens.clone().into_iter().next()?.span();
        let (span, by) = (self.span(token), self.places.writer(token));
        let piece = if by == 0 { Piece::new(0, span.lo) } else { Piece::written(0, span) };
        let map = TextMap { file: self.file, pieces: vec![piece] };
        Some(Text { text: mac.tokens.to_string(), map, span, by })
    }

    fn concat(&self, mac: &syn::Macro) -> Option<Text> {
        let args = super::macros::exprs(mac)?;
        let mut all: Option<Text> = None;
        for arg in &args {
            let next = match arg {
                Expr::Lit(ExprLit { lit, .. }) if !matches!(lit, Lit::Str(_)) => {
                    let span = self.span(lit.span());
                    let by = self.places.writer(lit.span());
                    let text = match lit {
                        Lit::Char(c) => c.value().to_string(),
                        _ => self.source(lit.span(), || written(lit)).into_owned(),
                    };
                    let piece = if by == 0 { Piece::new(0, span.lo) } else { Piece::written(0, span) };
                    Text { text, map: TextMap { file: self.file, pieces: vec![piece] }, span, by }
                }
                Expr::Macro(ExprMacro { mac, .. }) => self.text_of(arg).or_else(|| self.text_written(mac))?,
                _ => self.text_of(arg)?,
            };
            match &mut all {
                Some(all) => all.add(next),
                None => all = Some(next),
            }
        }
        all
    }

    /// Remembers the SQL of a text, if it looks like it and parses.
    pub(super) fn embed(&mut self, text: &Text) {
        if looks_like_sql(&text.text) && !self.is_embedded(text.span) {
            let unit = sql::parse_embedded(&text.text, &text.map, self.dialect);
            self.embedded(unit, &text.text, text.span);
        }
    }

    /// As [`Cx::embed`], of a text with holes.
    pub(super) fn embed_parts(&mut self, parts: &[sql::Part], span: Span) {
        let text = sql::named(parts);
        if looks_like_sql(&text) && !self.is_embedded(span) {
            let unit = sql::parse_parts(self.file, parts, self.dialect);
            self.embedded(unit, &text, span);
        }
    }

    fn is_embedded(&self, span: Span) -> bool {
        self.unit.embedded.iter().rev().take(16).any(|e| e.span == span)
    }

    fn embedded(&mut self, unit: Option<SqlUnit>, text: &str, span: Span) {
        match unit {
            Some(unit) => self.unit.embedded.push(Embedded { span, unit }),
            None if sql::looks_like_sql(text) => {
                self.gap(span, GapKind::Statement, "this string looks like SQL and does not parse");
            }
            None => {}
        }
    }

    /// A literal as an operand; SQL in it is remembered.
    pub(super) fn literal(&mut self, lit: &Lit) -> body::Lit {
        match lit {
            Lit::Bool(b) => body::Lit::Bool(b.value),
            Lit::Int(_) | Lit::Float(_) => body::Lit::Num(self.source(lit.span(), || written(lit)).into_owned()),
            _ => match self.token_text(lit.span(), || written(lit)) {
                Some(text) => {
                    self.embed(&text);
                    body::Lit::Str(text.text)
                }
                None => body::Lit::Str(String::new()),
            },
        }
    }
}

/// The token of a literal.
pub(super) fn written(lit: &Lit) -> String {
    match lit {
        Lit::Str(l) => l.token().to_string(),
        Lit::ByteStr(l) => l.token().to_string(),
        Lit::CStr(l) => l.token().to_string(),
        Lit::Byte(l) => l.token().to_string(),
        Lit::Char(l) => l.token().to_string(),
        Lit::Int(l) => l.token().to_string(),
        Lit::Float(l) => l.token().to_string(),
        Lit::Bool(l) => l.value.to_string(),
        Lit::Verbatim(l) => l.to_string(),
        _ => String::new(),
    }
}

impl Text {
    fn add(&mut self, next: Text) {
        let before = self.text.len() as u32;
        let pieces = next.map.pieces.iter().map(|&piece| Piece { offset: piece.offset + before, ..piece });
        self.map.pieces.extend(pieces);
        self.text.push_str(&next.text);
        self.span = self.span.to(next.span);
    }
}
