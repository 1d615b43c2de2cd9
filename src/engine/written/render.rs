//! Tokens of a statement, and the statement as parts of a text that know where each of them stands in Rust.

use crate::front::sql::{Part, in_order};
use crate::front::text_map::Piece;
use crate::ir::body::{Lit, Operand, Place};
use crate::source::Span;

/// A part of a statement.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// Text that stands for something at a place.
    Text(String, Span),
    /// A value of Rust.
    Value(Operand, Span),
    /// A text of Rust that is put in between: what it says is only known at run time.
    Put(Operand, Span),
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
            Token::Value(..) | Token::Put(..) | Token::Hole(_) | Token::Lost(_) => "",
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
        let (Token::Text(_, at) | Token::Value(_, at) | Token::Put(_, at) | Token::Hole(at) | Token::Lost(at)) = self;
        *at
    }

    /// It as a value that is given where the statement stands; one that stands in another file is given at this place.
    fn place_in(&self, at: Span) -> Span {
        if self.place().file == at.file { self.place() } else { at }
    }

    /// Whether what it says is only known at run time.
    pub(super) fn is_hole(&self) -> bool {
        matches!(self, Token::Put(..) | Token::Hole(_))
    }
}

/// The parts of a text that is put together at a place.
pub(super) fn parts(tokens: &Tokens, at: Span) -> Vec<Part> {
    in_order(tokens.iter().map(|token| {
        let place = token.place_in(at);
        match token {
            Token::Text(text, written) => text_at(text.clone(), *written),
            Token::Value(..) | Token::Put(..) | Token::Hole(_) | Token::Lost(_) => Part::Hole(place),
        }
    }))
}

fn text_at(text: String, place: Span) -> Part {
    Part::Text(text, vec![Piece::written(0, place)])
}

/// A statement, and what Rust gives to it.
pub(super) struct Rendered {
    /// Its text.
    pub(super) text: Vec<Part>,
    /// What stands for its parameters.
    pub(super) binds: Vec<Operand>,
    /// What is put into its text, by the places of its holes.
    pub(super) puts: Vec<(Span, Operand)>,
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

/// A statement as it is written. `at` is where it runs; its parts may be written in other files.
pub(super) fn render(tokens: &Tokens, at: Span) -> Rendered {
    let (mut binds, mut puts) = (Vec::new(), Vec::new());
    let text = in_order(tokens.iter().map(|token| {
        let place = token.place_in(at);
        match token {
            Token::Text(s, written) => text_at(s.clone(), *written),
            Token::Lost(_) => text_at("NULL".to_owned(), place),
            Token::Hole(_) => Part::Hole(place),
            Token::Put(op, _) => {
                puts.push((place, op.clone()));
                Part::Hole(place)
            }
            Token::Value(op, _) => text_at(
                literal(op).unwrap_or_else(|| {
                    binds.push(op.clone());
                    format!("${}", binds.len())
                }),
                place,
            ),
        }
    }));
    Rendered { text, binds, puts }
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
