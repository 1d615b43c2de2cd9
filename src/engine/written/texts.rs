//! Texts that are put together: by a template, by `+`, from a list, piece by piece.

use super::node::Node;
use super::render::{self, Token, Tokens};
use super::{Body, Call};
use crate::front::sql::{Part, may_begin};
use crate::ir::body::{Callee, Lit, Operand, Piece};
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
    /// Whether it goes on in its place.
    pub grows: bool,
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
                    parts.push(ways.unwrap_or_else(|| vec![vec![Token::Put(op.clone(), *at)]]));
                }
            }
        }
        if !filled {
            self.note(Together { at: span, parts: None, places: Vec::new(), grows: false });
            return Some(Node::Text(parts.into_iter().flatten().flatten().collect()));
        }
        self.together(parts, span, false)
    }

    /// One text behind another: `a + b`, `a += b`.
    pub(super) fn sum(&mut self, a: &Operand, b: &Operand, span: Span) -> Option<Node> {
        let first = self.known(a, span).and_then(ways)?;
        let second = self.ways_of(b, span);
        self.together(vec![first, second], span, false)
    }

    /// What a text may be, by each way through the code, or the value that it is.
    fn ways_of(&mut self, op: &Operand, at: Span) -> Vec<Tokens> {
        self.known(op, at).and_then(ways).unwrap_or_else(|| vec![vec![Token::Put(op.clone(), at)]])
    }

    /// The texts of a list, with another between them: `[a, b].join(c)`, `[a, b].concat()`.
    pub(super) fn list_of_texts(&mut self, name: &str, call: Call<'_>) -> Option<Node> {
        let list = match name {
            "join" | "concat" => self.arg(call, 0),
            _ => None,
        };
        let Some(Node::List(list)) = list else { return None };
        let between = call.args.get(1).map(|op| self.ways_of(op, call.at(1)));
        let mut parts = Vec::new();
        for (i, node) in list.into_iter().enumerate() {
            parts.extend(between.clone().filter(|_| i > 0));
            parts.push(ways(node.clone()).unwrap_or_else(|| vec![text_of(node, call.span)]));
        }
        self.together(parts, call.span, false)
    }

    /// A text with another in the place of a part of it: `text.replace("{table}", name)`.
    pub(super) fn replaced(&mut self, name: &str, call: Call<'_>) -> Option<Node> {
        let [of, part, by] = call.args else { return None };
        let (Some(Node::Text(of)), Some(Node::Text(part))) = (self.known(of, call.at(0)), self.known(part, call.at(1)))
        else {
            return None;
        };
        let ([Token::Text(part, _)], "replace" | "replacen") = (part.as_slice(), name) else { return None };
        if part.is_empty() {
            return None;
        }
        let by = self.ways_of(by, call.at(2));
        let mut parts = Vec::new();
        for token in of {
            let Token::Text(text, at) = token else {
                parts.push(vec![vec![token]]);
                continue;
            };
            for (i, piece) in text.split(part.as_str()).enumerate() {
                parts.extend((i > 0).then(|| by.clone()));
                parts.push(vec![vec![Token::text(piece, at)]]);
            }
        }
        self.together(parts, call.span, false)
    }

    /// An empty text, or one that is made of another.
    pub(super) fn begun(&mut self, path: &str, call: Call<'_>) -> Option<Node> {
        match path {
            "String::new" | "String::with_capacity" | "String::default" => Some(Node::Text(Tokens::new())),
            "String::from" => self.arg(call, 0).filter(|node| matches!(node, Node::Text(_) | Node::Several(_))),
            _ => None,
        }
    }

    /// A text that goes on: `text.push_str(..)`, `write!(text, ..)`. Whether the call is one that does that.
    pub(super) fn grows(&mut self, callee: &Callee, call: Call<'_>) -> bool {
        let name = match callee {
            Callee::Method { name, .. } => name.as_str(),
            Callee::Macro(id) => self.f.paths.get(id.0 as usize).and_then(|p| p.segments.last()).map_or("", |n| n),
            Callee::Path(_) | Callee::Value(_) => return false,
        };
        let more = match name {
            "push" | "push_str" | "write" | "write_char" | "write_fmt" | "write_str" | "writeln" => call.args.get(1),
            "clear" => None,
            _ => return false,
        };
        let Some(Operand::Place(text)) = call.args.first() else { return false };
        let Some(first) = self.known(&Operand::Place(text.clone()), call.at(0)).and_then(ways) else { return false };
        if !text.is_held() {
            return false;
        }
        let mut parts = match name {
            "clear" => vec![vec![Tokens::new()]],
            _ => vec![first],
        };
        parts.extend(more.map(|op| self.ways_of(op, call.at(1))));
        if name == "writeln" {
            parts.push(vec![vec![Token::text("\n", call.span)]]);
        }
        let node = self.together(parts, call.span, true).filter(|n| n.weight() <= limits::SQL_TOKENS);
        self.put(text.base, node);
        true
    }

    /// Parts one behind the other, by each way through the code; what has too many ways is not known. With `grows` they
    /// are where the first was.
    fn together(&mut self, parts: Vec<Vec<Tokens>>, at: Span, grows: bool) -> Option<Node> {
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
        for text in all.iter().filter(|text| begins(text)) {
            let places = text.iter().filter(|t| !t.as_text().is_empty()).map(Token::place).collect();
            self.note(Together { at, parts: Some(render::parts(text, at)), places, grows });
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

/// A value as a text: what is known of it, or that it is put in.
pub(super) fn text_of(node: Node, at: Span) -> Tokens {
    match node {
        Node::Text(tokens) => tokens,
        Node::Value(op, at) => vec![Token::Put(op, at)],
        _ => vec![Token::Hole(at)],
    }
}

/// Whether a text may be a statement by how it begins.
fn begins(text: &Tokens) -> bool {
    text.iter().find(|t| !t.as_text().trim().is_empty() || t.is_hole()).is_some_and(|t| match t {
        Token::Text(text, _) => may_begin(text),
        _ => true,
    })
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

/// What a method gives of a list that is known, if it is one that takes a part of it: nothing if it is not known which.
pub(super) fn part_of_list(name: &str, list: &[Node], by: Option<&Operand>) -> Option<Option<Node>> {
    let n = match by {
        Some(Operand::Lit(Lit::Num(n))) => n.parse::<usize>().ok(),
        _ => None,
    };
    let some = |part: &[Node]| Node::List(part.to_vec());
    Some(match name {
        "skip" => n.map(|n| some(list.get(n..).unwrap_or(&[]))),
        "take" => n.map(|n| some(list.get(..n).unwrap_or(list))),
        "rev" => Some(Node::List(list.iter().rev().cloned().collect())),
        "nth" | "get" => n.and_then(|n| list.get(n).cloned()),
        "first" => list.first().cloned(),
        "last" => list.last().cloned(),
        _ => return None,
    })
}
