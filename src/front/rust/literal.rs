//! String literals: their text, where each byte of it stands, and the SQL in them.

use syn::{Expr, ExprLit, ExprMacro, Lit};

use super::Cx;
use crate::front::{sql, text_map::TextMap};
use crate::ir::{GapKind, body, sql::Embedded};
use crate::source::{FileId, Span};

/// A text known from the file, with its map.
pub(super) struct Text {
    /// The text.
    pub text: String,
    /// Where it stands.
    pub map: TextMap,
    /// From the first to the last literal token.
    pub span: Span,
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
        map.pieces.push((0, at + start as u32));
        return Some((inner.to_owned(), map));
    }
    let quote = *bytes.get(lo)?;
    let start = lo + 1;
    let end = src.rfind(quote as char)?;
    let inner = src.get(start..end)?;
    if !inner.bytes().any(|b| b == b'\\' || b == b'\r') {
        map.pieces.push((0, at + start as u32));
        return Some((inner.to_owned(), map));
    }
    let mut text = String::with_capacity(inner.len());
    let mut rest = inner;
    while !rest.is_empty() {
        let here = at + (end - rest.len()) as u32;
        let plain = rest.find(['\\', '\r']).unwrap_or(rest.len());
        if plain > 0 {
            map.pieces.push((text.len() as u32, here));
            text.push_str(&rest[..plain]);
            rest = &rest[plain..];
            continue;
        }
        let (decoded, used) = escape(rest);
        if let Some(c) = decoded {
            map.pieces.push((text.len() as u32, here));
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

/// Whether a text looks like SQL: its first word after comments is a statement's.
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
    if !(4..=8).contains(&len) || after.starts_with(['_', ':', '.', '-', '/', '=']) {
        return false;
    }
    let first = after.chars().next();
    (first.is_some_and(|c| c.is_whitespace() || "(*\"`'".contains(c)))
        && [
            "SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "MERGE", "REPLACE", "VALUES", "CREATE", "ALTER", "DROP",
            "TRUNCATE", "COPY",
        ]
        .iter()
        .any(|k| word.eq_ignore_ascii_case(k))
}

impl Cx<'_> {
    /// Text and map of a literal token at `span`.
    pub(super) fn token_text(&self, span: Span) -> Option<Text> {
        let src = self.slice(span);
        let (text, map) = decode(self.file, src, span.lo)?;
        Some(Text { text, map, span })
    }

    /// The text of a literal, of `concat!` of literals, or of a sum of literals, with its place.
    pub(super) fn text_of(&self, e: &Expr) -> Option<Text> {
        match e {
            Expr::Lit(ExprLit { lit: Lit::Str(s), .. }) => self.token_text(self.span(s.span())),
            Expr::Paren(e) => self.text_of(&e.expr),
            Expr::Group(e) => self.text_of(&e.expr),
            Expr::Reference(e) => self.text_of(&e.expr),
            Expr::Binary(e) if matches!(e.op, syn::BinOp::Add(_)) => {
                let mut left = self.text_of(&e.left)?;
                left.add(self.text_of(&e.right)?);
                Some(left)
            }
            Expr::Macro(ExprMacro { mac, .. }) if super::macros::name_is(mac, "concat") => self.concat(mac),
            _ => None,
        }
    }

    fn concat(&self, mac: &syn::Macro) -> Option<Text> {
        let args = super::macros::exprs(mac)?;
        let mut all: Option<Text> = None;
        for arg in &args {
            let next = match arg {
                Expr::Lit(ExprLit { lit, .. }) if !matches!(lit, Lit::Str(_)) => {
                    let span = self.span(lit.span());
                    let src = self.slice(span);
                    let text = match lit {
                        Lit::Char(c) => c.value().to_string(),
                        _ => src.to_owned(),
                    };
                    let map = TextMap { file: self.file, pieces: vec![(0, span.lo)] };
                    Text { text, map, span }
                }
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
        if looks_like_sql(&text.text) {
            self.embed_first(&[(text.text.clone(), text.map.clone())], text.span);
        }
    }

    /// As [`Cx::embed`], of the first form that parses.
    pub(super) fn embed_first(&mut self, forms: &[(String, TextMap)], span: Span) {
        let Some((first, _)) = forms.first() else { return };
        if !looks_like_sql(first) || self.unit.embedded.iter().rev().take(16).any(|e| e.span == span) {
            return;
        }
        match forms.iter().find_map(|(text, map)| sql::parse_embedded(text, map)) {
            Some(unit) => self.unit.embedded.push(Embedded { span, unit }),
            None if sql::looks_like_sql(first) => {
                self.gap(span, GapKind::Statement, "this string looks like SQL and does not parse");
            }
            None => {}
        }
    }

    /// A literal as an operand; SQL in it is remembered.
    pub(super) fn literal(&mut self, lit: &Lit) -> body::Lit {
        match lit {
            Lit::Bool(b) => body::Lit::Bool(b.value),
            Lit::Int(_) | Lit::Float(_) => body::Lit::Num(self.slice(self.span(lit.span())).to_owned()),
            _ => match self.token_text(self.span(lit.span())) {
                Some(text) => {
                    self.embed(&text);
                    body::Lit::Str(text.text)
                }
                None => body::Lit::Str(String::new()),
            },
        }
    }
}

impl Text {
    fn add(&mut self, next: Text) {
        let before = self.text.len() as u32;
        self.map.pieces.extend(next.map.pieces.iter().map(|&(at, file)| (at + before, file)));
        self.text.push_str(&next.text);
        self.span = self.span.to(next.span);
    }
}
