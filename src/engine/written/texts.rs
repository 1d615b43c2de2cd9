//! Texts that are put together: by a template, by `+`, from a list.

use super::node::Node;
use super::render::{Token, Tokens};
use super::{Body, Call};
use crate::front::sql::Part;
use crate::front::text_map::Piece as MapPiece;
use crate::ir::body::{Operand, Piece};
use crate::limits;
use crate::source::Span;

/// A text that is put together.
#[derive(Debug)]
pub struct Together {
    /// Where.
    pub at: Span,
    /// What it is made of; nothing where that is the template that stands there and nothing more.
    pub parts: Option<Vec<Part>>,
    /// The places of what is known of it.
    pub places: Vec<Span>,
}

impl Together {
    /// Its text, if all of it is known.
    #[must_use]
    pub fn known(&self) -> Option<String> {
        let mut out = String::new();
        for part in self.parts.as_ref()? {
            let Part::Text(text, _) = part else { return None };
            out.push_str(text);
        }
        Some(out)
    }
}

impl<'a> Body<'_, 'a> {
    /// A formatted text.
    pub(super) fn format(&mut self, pieces: &'a [Piece], span: Span) -> Option<Node> {
        let mut filled = false;
        let mut parts = Vec::with_capacity(pieces.len());
        for piece in pieces {
            match piece {
                Piece::Text(s) => parts.push(vec![vec![Token::text(s, span)]]),
                Piece::Arg(op, _, at) => {
                    let ways = self.known(op, *at).and_then(ways);
                    filled |= ways.is_some();
                    parts.push(ways.unwrap_or_else(|| vec![vec![Token::Hole(*at)]]));
                }
            }
        }
        if !filled {
            self.note(Together { at: span, parts: None, places: Vec::new() });
            return Some(Node::Text(parts.into_iter().flatten().flatten().collect()));
        }
        self.together(parts, span)
    }

    /// One text behind another: `a + b`, `a += b`.
    pub(super) fn sum(&mut self, a: &Operand, b: &Operand, span: Span) -> Option<Node> {
        let first = self.known(a, span).and_then(ways)?;
        let second = self.known(b, span).and_then(ways).unwrap_or_else(|| vec![vec![Token::Hole(span)]]);
        self.together(vec![first, second], span)
    }

    /// The texts of a list, with another between them: `[a, b].join(c)`, `[a, b].concat()`.
    pub(super) fn list_of_texts(&mut self, name: &str, call: Call<'_>) -> Option<Node> {
        let list = match name {
            "join" | "concat" => self.arg(call, 0),
            _ => None,
        };
        let Some(Node::List(list)) = list else { return None };
        let between = match call.args.len() {
            1 => None,
            _ => Some(self.arg(call, 1).and_then(ways).unwrap_or_else(|| vec![vec![Token::Hole(call.at(1))]])),
        };
        let mut parts = Vec::new();
        for (i, node) in list.into_iter().enumerate() {
            parts.extend(between.clone().filter(|_| i > 0));
            parts.push(ways(node).unwrap_or_else(|| vec![vec![Token::Hole(call.span)]]));
        }
        self.together(parts, call.span)
    }

    /// Parts one behind the other, by each way through the code; what has too many ways is not known.
    fn together(&mut self, parts: Vec<Vec<Tokens>>, at: Span) -> Option<Node> {
        let mut all = vec![Tokens::new()];
        for part in parts {
            let hole = vec![vec![Token::Hole(at)]];
            let ways = all.len() * part.len();
            let few = ways <= limits::SQL_WAYS || all.len() == 1 && ways <= limits::SQL_ELEMENTS;
            let part = if few { part } else { hole };
            all = all.iter().flat_map(|have| part.iter().map(|more| [have.as_slice(), more].concat())).collect();
        }
        let size = |text: &Tokens| text.iter().map(|t| t.as_text().len()).sum::<usize>();
        if all.iter().any(|text| text.len() > limits::SQL_TOKENS || size(text) > limits::SQL_STATEMENT_BYTES) {
            return None;
        }
        for text in &all {
            let places = text.iter().filter(|t| !t.as_text().is_empty()).map(Token::place).collect();
            self.note(Together { at, parts: Some(text.iter().map(|t| part(t, at)).collect()), places });
        }
        match <[Tokens; 1]>::try_from(all) {
            Ok([one]) => Some(Node::Text(one)),
            Err(several) => Some(Node::Several(several.into_iter().map(|t| Some(Node::Text(t))).collect())),
        }
    }

    fn note(&mut self, text: Together) {
        if !self.quiet {
            self.walk.found.texts.push(text);
        }
    }
}

/// Any of the texts of a list.
pub(super) fn element(node: Node) -> Option<Node> {
    let Node::List(list) = node else { return None };
    let texts = !list.is_empty() && list.iter().all(|n| matches!(n, Node::Text(_)));
    (texts && list.len() <= limits::SQL_ELEMENTS).then(|| Node::Several(list.into_iter().map(Some).collect()))
}

/// What a text may be, by each way through the code.
fn ways(node: Node) -> Option<Vec<Tokens>> {
    match node {
        Node::Text(text) => Some(vec![text]),
        Node::Several(ways) => {
            let text = |way| if let Some(Node::Text(text)) = way { Some(text) } else { None };
            ways.into_iter().map(text).collect()
        }
        _ => None,
    }
}

/// A token as part of the text that is put together at a place.
fn part(token: &Token, at: Span) -> Part {
    let place = if token.place().file == at.file { token.place() } else { at };
    match token {
        Token::Text(text, _) => Part::Text(text.clone(), vec![MapPiece::written(0, place)]),
        Token::Value(..) | Token::Hole(_) | Token::Lost(_) => Part::Hole(place),
    }
}
