//! Builders of texts: the pieces that are pushed are the text, the values that are pushed its parameters.

use super::node::Node;
use super::render::{Token, Tokens};
use super::texts::text_of;
use super::{Body, Call};

/// A text that is put together, by each way through the code.
#[derive(Clone, Debug)]
pub(super) struct Builder {
    pub(super) ways: Vec<Tokens>,
    /// How many tokens it begins with.
    begin: usize,
    /// Whether there are more ways than are known.
    pub(super) open: bool,
    /// What stands between what is pushed next; with `true` nothing was pushed since it began.
    pub(super) between: Option<(String, bool)>,
    /// The builder whose text it is, where it only separates what is pushed.
    of: Option<usize>,
}

impl Body<'_, '_> {
    /// A call of sqlx's `QueryBuilder`.
    pub(super) fn piece(&mut self, name: &str, call: Call<'_>) -> Option<Node> {
        if !call.info.method {
            let tokens = match self.arg(call, 0) {
                Some(node) => text_of(node, call.at(0)),
                None => Tokens::new(),
            };
            let begin = tokens.len();
            return Some(self.builder(Builder { ways: vec![tokens], begin, open: false, between: None, of: None }));
        }
        let Some(Node::Builder(b)) = self.arg(call, 0) else { return None };
        match name {
            "push" | "push_unseparated" => {
                let piece = self.arg(call, 1).map(|node| text_of(node, call.at(1)))?;
                self.push(b, piece, name == "push", call);
            }
            "push_bind" | "push_bind_unseparated" => {
                let value = call.args.get(1)?.clone();
                self.push(b, vec![Token::Value(value, call.at(1))], name == "push_bind", call);
            }
            "separated" => {
                let Some(Node::Text(between)) = self.arg(call, 1) else { return Some(Node::Builder(b)) };
                let between = between.iter().map(Token::as_text).collect();
                return Some(self.builder(Builder {
                    ways: Vec::new(),
                    begin: 0,
                    open: false,
                    between: Some((between, true)),
                    of: Some(b),
                }));
            }
            "push_values" | "push_tuples" => {
                let begin = if name == "push_values" { " VALUES (" } else { " (" };
                self.push(b, vec![Token::text(begin, call.span)], false, call);
                if let Some(Node::Closure(id)) = self.arg(call, 2)
                    && let Some(param) = self.f.closures.get(id.0 as usize).and_then(|c| c.params.first())
                {
                    let row = Builder {
                        ways: Vec::new(),
                        begin: 0,
                        open: false,
                        between: Some((", ".to_owned(), true)),
                        of: Some(b),
                    };
                    let row = self.builder(row);
                    self.env.set(*param, Some(row));
                    self.closure(id);
                }
                self.push(b, vec![Token::text(") ", call.span)], false, call);
            }
            "build" | "build_query_as" | "build_query_scalar" => {
                let built = self.builders.get(self.root(b))?.clone();
                if built.open {
                    self.open(call.span);
                }
                for tokens in &built.ways {
                    self.complete(tokens, call.span, false, false);
                }
                return None;
            }
            "reset" => {
                let root = self.root(b);
                if let Some(builder) = self.builders.get_mut(root) {
                    let begin = builder.begin;
                    builder.ways.iter_mut().for_each(|way| way.truncate(begin));
                }
            }
            _ => return None,
        }
        Some(Node::Builder(b))
    }

    fn builder(&mut self, builder: Builder) -> Node {
        self.builders.push(builder);
        Node::Builder(self.builders.len() - 1)
    }

    /// The builder that has the text.
    fn root(&self, b: usize) -> usize {
        self.builders.get(b).and_then(|x| x.of).map_or(b, |of| if of < b { self.root(of) } else { of })
    }

    fn push(&mut self, b: usize, piece: Tokens, separated: bool, call: Call<'_>) {
        let root = self.root(b);
        let mut before = None;
        if let Some((between, first)) = self.builders.get_mut(b).and_then(|x| x.between.as_mut())
            && separated
        {
            before = (!*first).then(|| Token::text(between, call.span));
            *first = false;
        }
        if let Some(builder) = self.builders.get_mut(root) {
            for way in &mut builder.ways {
                way.extend(before.clone());
                way.extend(piece.iter().cloned());
            }
        }
    }
}
