//! Tokens of a statement, and the statement as a text that knows where each of them stands in Rust.

use crate::front::text_map::{Piece, TextMap};
use crate::ir::body::{Lit, Operand, Place};
use crate::ir::sql::hole;
use crate::source::Span;

/// A part of a statement.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// Text that stands for something at a place.
    Text(String, Span),
    /// A value of Rust.
    Value(Operand, Span),
    /// A part that is not known.
    Hole(Span),
    /// A value that is only known where it was made.
    Lost(Span),
}

/// Parts of a statement, in order.
pub(super) type Tokens = Vec<Token>;

impl Token {
    pub(super) fn text(s: &str, at: Span) -> Token {
        Token::Text(s.to_owned(), at)
    }

    /// Its text, if it is one.
    pub(super) fn as_text(&self) -> &str {
        match self {
            Token::Text(s, _) => s,
            Token::Value(..) | Token::Hole(_) | Token::Lost(_) => "",
        }
    }

    /// What is only known where it was made is the value at this place.
    pub(super) fn anchored(self, place: &Place) -> Token {
        match self {
            Token::Lost(at) => Token::Value(Operand::Place(place.clone()), at),
            other => other,
        }
    }

    /// Where it stands.
    pub(super) fn place(&self) -> Span {
        let (Token::Text(_, at) | Token::Value(_, at) | Token::Hole(at) | Token::Lost(at)) = self;
        *at
    }
}

/// A literal as SQL; nothing for what is a parameter.
fn literal(op: &Operand) -> Option<String> {
    match op {
        Operand::Lit(Lit::Bool(b)) => Some(b.to_string()),
        Operand::Lit(Lit::Num(n)) if n.bytes().all(|b| b.is_ascii_digit()) => Some(n.clone()),
        Operand::Lit(Lit::Str(s)) => Some(format!("'{}'", s.replace('\'', "''"))),
        Operand::Lit(_) => Some("NULL".to_owned()),
        Operand::Place(_) | Operand::Path(_) => None,
    }
}

/// The text, its map, and what stands for its parameters. `at` is the place of all that has none of its own.
pub(super) fn render(tokens: &Tokens, at: Span) -> (String, TextMap, Vec<Operand>) {
    let mut text = String::new();
    let mut map = TextMap { file: at.file, pieces: Vec::new() };
    let mut binds = Vec::new();
    let mut holes = 0;
    for token in tokens {
        let place = if token.place().file == at.file { token.place() } else { at };
        map.pieces.push(Piece::written(text.len() as u32, place));
        match token {
            Token::Text(s, _) => text.push_str(s),
            Token::Lost(_) => text.push_str("NULL"),
            Token::Hole(_) => {
                text.push_str(&hole(holes));
                holes += 1;
            }
            Token::Value(op, _) => match literal(op) {
                Some(s) => text.push_str(&s),
                None => {
                    binds.push(op.clone());
                    text.push_str(&format!("${}", binds.len()));
                }
            },
        }
    }
    (text, map, binds)
}

/// A name between quotes.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Lists of tokens with a text between them.
pub(super) fn joined<'t>(lists: impl IntoIterator<Item = &'t Tokens>, between: &str, at: Span) -> Tokens {
    let mut out = Tokens::new();
    for list in lists {
        if !out.is_empty() {
            out.push(Token::text(between, at));
        }
        out.extend(list.iter().cloned());
    }
    out
}

/// Tokens with a text before and after them.
pub(super) fn wrapped(before: &str, inside: Tokens, after: &str, at: Span) -> Tokens {
    let mut out = vec![Token::text(before, at)];
    out.extend(inside);
    out.push(Token::text(after, at));
    out
}
