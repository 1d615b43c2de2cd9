//! What lowering one statement needs: where its tokens stand in the file, and the numbers of its parameters.

use std::cell::Cell;
use std::collections::BTreeMap;

use sqlparser::tokenizer::{Location, Span as SqlSpan, Token, TokenWithSpan};

use crate::front::text_map::TextMap;
use crate::ir::Name;
use crate::ir::sql::holes;
use crate::limits;
use crate::source::Span;

/// Byte offsets of `sqlparser`'s places, which count lines and characters from 1.
pub(super) struct Lines {
    /// For each line its first byte, or its first character where the text is not ASCII.
    starts: Vec<u32>,
    /// Byte offset of every character, where the text is not ASCII.
    chars: Option<Vec<u32>>,
    len: u32,
}

impl Lines {
    pub(super) fn new(text: &str) -> Self {
        let mut starts = vec![0];
        if text.is_ascii() {
            starts.extend(text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(i, _)| i as u32 + 1));
            return Self { starts, chars: None, len: text.len() as u32 };
        }
        let mut chars = Vec::new();
        for (n, (at, c)) in text.char_indices().enumerate() {
            chars.push(at as u32);
            if c == '\n' {
                starts.push(n as u32 + 1);
            }
        }
        Self { starts, chars: Some(chars), len: text.len() as u32 }
    }

    /// The byte offset of a place, if it is one.
    pub(super) fn offset(&self, at: Location) -> Option<u32> {
        let line = usize::try_from(at.line.checked_sub(1)?).ok()?;
        let column = u32::try_from(at.column.checked_sub(1)?).ok()?;
        let n = self.starts.get(line)?.checked_add(column)?;
        let byte = match &self.chars {
            None => n,
            Some(chars) => chars.get(n as usize).copied().unwrap_or(self.len),
        };
        Some(byte.min(self.len))
    }
}

/// Everything that is known about a statement while it is lowered.
pub(super) struct Cx<'a> {
    map: &'a TextMap,
    base: u32,
    lines: &'a Lines,
    /// The whole statement.
    pub(super) span: Span,
    /// Its text.
    pub(super) text: &'a str,
    /// Its tokens with white space and comments.
    pub(super) tokens: &'a [TokenWithSpan],
    params: BTreeMap<(u64, u64), u32>,
    /// Names of named parameters.
    pub(super) named: Vec<Name>,
    level: Cell<u32>,
    /// Whether a part was too deep to be lowered.
    pub(super) cut: Cell<bool>,
}

impl<'a> Cx<'a> {
    /// `base` is the offset of `text` in the text that `map` speaks of.
    pub(super) fn new(
        map: &'a TextMap,
        base: u32,
        text: &'a str,
        lines: &'a Lines,
        tokens: &'a [TokenWithSpan],
    ) -> Self {
        let span = map.span(base, base.saturating_add(text.len() as u32));
        let mut cx = Self {
            map,
            base,
            lines,
            span,
            text,
            tokens,
            params: BTreeMap::new(),
            named: Vec::new(),
            level: Cell::new(0),
            cut: Cell::new(false),
        };
        cx.number_params();
        cx
    }

    /// Goes one level down for `f`; `None` where that is too deep.
    pub(super) fn deeper<T>(&self, f: impl FnOnce() -> T) -> Option<T> {
        if self.level.get() >= limits::SQL_LEVELS {
            self.cut.set(true);
            return None;
        }
        self.level.set(self.level.get() + 1);
        let out = f();
        self.level.set(self.level.get() - 1);
        Some(out)
    }

    /// The place of a node; the statement's own where `sqlparser` knows none.
    pub(super) fn at(&self, span: SqlSpan) -> Span {
        match (self.lines.offset(span.start), self.lines.offset(span.end)) {
            (Some(lo), Some(hi)) => self.bytes(lo, hi.max(lo)),
            _ => self.span,
        }
    }

    /// The place of bytes of the statement.
    pub(super) fn bytes(&self, lo: u32, hi: u32) -> Span {
        self.map.span(self.base.saturating_add(lo), self.base.saturating_add(hi))
    }

    /// The bytes of a token inside the statement.
    pub(super) fn token_bytes(&self, token: &TokenWithSpan) -> Option<(u32, u32)> {
        Some((self.lines.offset(token.span.start)?, self.lines.offset(token.span.end)?))
    }

    /// The places of what is put into a token when the statement runs.
    pub(super) fn holes(&self, token: SqlSpan) -> Vec<Span> {
        let (lo, hi) = (self.lines.offset(token.start), self.lines.offset(token.end));
        let (Some(lo), Some(hi)) = (lo, hi) else { return Vec::new() };
        let text = self.text.get(lo as usize..hi as usize).unwrap_or_default();
        holes(text).map(|hole| self.bytes(lo + hole.start as u32, lo + hole.end as u32)).collect()
    }

    /// The number of the parameter that begins here.
    pub(super) fn param(&self, span: SqlSpan) -> Option<u32> {
        self.params.get(&(span.start.line, span.start.column)).copied()
    }

    /// Numbers parameters in the order of the text, which lowering does not keep.
    fn number_params(&mut self) {
        let mut next = 0u32;
        let mut named: Vec<Name> = Vec::new();
        let mut before: Option<&TokenWithSpan> = None;
        let mut tokens = self.tokens.iter().peekable();
        while let Some(token) = tokens.next() {
            let number = match &token.token {
                Token::Placeholder(text) => {
                    let name = text.trim_start_matches(['?', '$', ':', '@']);
                    if name.is_empty() {
                        Some(next)
                    } else if let Ok(n) = name.parse::<u32>() {
                        Some(n.saturating_sub(1).min(u32::from(u16::MAX)))
                    } else {
                        Some(by_name(&mut named, name))
                    }
                }
                Token::Colon | Token::AtSign => {
                    let glued = before.is_some_and(|b| {
                        b.span.end == token.span.start
                            && matches!(b.token, Token::Word(_) | Token::Number(..) | Token::RBracket | Token::RParen)
                    });
                    match tokens.peek() {
                        Some(n) if n.span.start == token.span.end && !glued => match &n.token {
                            Token::Word(w) => Some(by_name(&mut named, &w.value)),
                            Token::Number(n, _) => n.parse::<u32>().ok().map(|n| n.saturating_sub(1).min(65_535)),
                            _ => None,
                        },
                        _ => None,
                    }
                }
                Token::Word(w) if w.quote_style.is_none() && w.value.starts_with('@') && !w.value.starts_with("@@") => {
                    Some(by_name(&mut named, w.value.trim_start_matches('@')))
                }
                _ => None,
            };
            if let Some(n) = number {
                if n + 1 < limits::SQL_OPEN_PARAM {
                    next = next.max(n + 1);
                }
                self.params.insert((token.span.start.line, token.span.start.column), n);
            }
            before = Some(token);
        }
        self.named = named;
    }
}

fn by_name(named: &mut Vec<Name>, name: &str) -> u32 {
    let at = named.iter().position(|n| n == name).unwrap_or_else(|| {
        named.push(name.into());
        named.len() - 1
    });
    at as u32
}
