//! What text a value may be: pieces that are known, and what the others stand for.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::seeds::Seeds;
use super::value::{MAX_PATH, Many, V, Value, many};
use crate::ir::Name;
use crate::ir::body::{Lit, Operand, Rvalue, Stmt};
use crate::link::program::{ConstId, Program, TypeId};
use crate::source::Span;

/// Alternatives of a text.
pub const MAX_TEXTS: usize = 16;
/// Pieces of a text.
pub const MAX_PIECES: usize = 12;

/// A piece of a text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TextPiece {
    /// Fixed text.
    Lit(Arc<str>),
    /// Not known.
    Hole,
    /// The text of a part of a parameter, which may be a field known by its type.
    Param(u32, Arc<[Name]>, Option<(TypeId, Name)>),
    /// A field whose value is not known.
    Field(TypeId, Name),
    /// A constant whose value is not known.
    Const(ConstId),
    /// An environment variable.
    Env(Arc<str>),
    /// The environment variable that a part of a parameter names.
    EnvOf(u32, Arc<[Name]>),
}

/// A text: pieces, and the literal it stands in if it is one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Text {
    /// The pieces.
    pub pieces: Arc<[TextPiece]>,
    /// The literal token.
    pub span: Option<Span>,
}

/// A place that texts are put into anywhere in the program, by which addresses travel.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shelf {
    /// A field, whosever.
    Field(TypeId, Name),
    /// A static that is written to.
    Static(ConstId),
}

impl Shelf {
    /// What stands for the text that is there.
    pub(super) fn piece(&self) -> TextPiece {
        match self {
            Shelf::Field(t, name) => TextPiece::Field(*t, name.clone()),
            Shelf::Static(c) => TextPiece::Const(*c),
        }
    }
}

impl Text {
    /// Whether it is all written in the code.
    #[must_use]
    pub fn is_literal(&self) -> bool {
        self.pieces.iter().all(|p| matches!(p, TextPiece::Lit(_)))
    }

    /// Whether it is just that of this part of a parameter.
    #[must_use]
    pub fn is_part(&self, param: u32, way: &[Name]) -> bool {
        matches!(&*self.pieces, [TextPiece::Param(i, path, None)] if *i == param && **path == *way)
    }

    /// The field that it is the text of, as far as no more is known of it.
    #[must_use]
    pub fn field(&self) -> Option<(TypeId, Name)> {
        match &*self.pieces {
            [TextPiece::Field(t, name) | TextPiece::Param(_, _, Some((t, name)))] => Some((*t, name.clone())),
            _ => None,
        }
    }

    /// Notes the field that a text which only the caller knows stands in; `nearer` than one that is noted already.
    pub fn stands_in(&mut self, field: &(TypeId, Name), nearer: bool) {
        if let [TextPiece::Param(_, _, noted)] = &*self.pieces
            && (nearer || noted.is_none())
            && let [TextPiece::Param(_, _, noted)] = Arc::make_mut(&mut self.pieces)
        {
            *noted = Some(field.clone());
        }
    }
}

/// Texts that are put together from what stands one behind the other: at most [`MAX_TEXTS`].
pub(super) struct Together(Vec<Vec<TextPiece>>);

impl Together {
    /// Nothing yet.
    pub(super) fn new() -> Self {
        Together(vec![Vec::new()])
    }

    /// More of it behind, which may be any of these.
    pub(super) fn add<P: AsRef<[TextPiece]>>(&mut self, alternatives: &[P]) {
        match alternatives {
            [] => self.add(&[[TextPiece::Hole]]),
            [one] => self.0.iter_mut().for_each(|text| append(text, one.as_ref())),
            several => {
                let with = |have: &Vec<TextPiece>, more: &P| {
                    let mut text = have.clone();
                    append(&mut text, more.as_ref());
                    text
                };
                let all = self.0.iter().flat_map(|have| several.iter().map(move |more| with(have, more)));
                self.0 = all.take(MAX_TEXTS).collect();
            }
        }
    }

    /// The texts.
    pub(super) fn texts(self) -> Many<Text> {
        self.0.into_iter().map(|pieces| Text { pieces: pieces.into(), span: None }).collect()
    }
}

/// What is not known is one hole however long it is, and so is all that stands behind [`MAX_PIECES`]: a text that
/// grows in a loop comes to an end.
fn append(text: &mut Vec<TextPiece>, more: &[TextPiece]) {
    for piece in more {
        let piece = if text.len() < MAX_PIECES { piece } else { &TextPiece::Hole };
        if *piece != TextPiece::Hole || text.last() != Some(&TextPiece::Hole) {
            text.push(piece.clone());
        }
    }
}

/// Texts one after the other.
#[must_use]
pub fn concat(parts: &[Many<Text>]) -> Many<Text> {
    let mut out = Together::new();
    for part in parts {
        out.add(&part.iter().map(|t| &*t.pieces).collect::<Vec<_>>());
    }
    out.texts()
}

impl Value {
    /// A text that is known.
    #[must_use]
    pub fn text(s: &str, span: Option<Span>) -> Value {
        Value { texts: many![Text { pieces: Arc::from([TextPiece::Lit(s.into())]), span }], ..Value::default() }
    }

    /// What the text of a part may be that is not listed: known only of what the caller gave.
    #[must_use]
    pub fn texts_of(&self, way: &[Name]) -> Many<Text> {
        let of_param = |t: &Text| match &*t.pieces {
            [TextPiece::Param(i, path, _)] if path.len() + way.len() <= MAX_PATH => {
                let path = path.iter().chain(way).cloned().collect();
                Some(Text { pieces: Arc::from([TextPiece::Param(*i, path, None)]), span: None })
            }
            _ => None,
        };
        self.texts.iter().filter_map(of_param).collect()
    }

    /// Whether it is known what text it or a part of it may be.
    #[must_use]
    pub fn tells_text(&self) -> bool {
        !self.texts.is_empty() || self.fields.iter().any(|(_, v)| v.tells_text())
    }

    /// The value without what text it or a part of it may be.
    #[must_use]
    pub fn untold(self: &Arc<Self>) -> V {
        let node = |v: &Value| (!v.texts.is_empty()).then(|| Value { texts: Many::new(), ..v.clone() });
        self.rewritten(&node).unwrap_or_else(|| self.clone())
    }
}

/// Texts of constants.
pub(super) fn const_values(p: &Program, seeds: &Seeds) -> BTreeMap<ConstId, V> {
    let mut out = BTreeMap::new();
    for i in 0..p.consts.len() as u32 {
        let id = ConstId(i);
        if seeds.address_consts.contains_key(&id) {
            let v = Value {
                texts: many![Text { pieces: Arc::from([TextPiece::Const(id)]), span: None }],
                ..Value::default()
            };
            out.insert(id, Arc::new(v));
            continue;
        }
        let Some(body) = p.const_def(id).and_then(|c| c.init.as_ref()).and_then(|f| f.body.as_ref()) else { continue };
        let mut texts = Vec::new();
        literals(body, &mut texts);
        let v = match texts.as_slice() {
            [(s, span)] => Value::text(s, Some(*span)),
            _ => Value::default(),
        };
        out.insert(id, Arc::new(v));
    }
    out
}

fn literals(body: &[Stmt], out: &mut Vec<(String, Span)>) {
    for s in body {
        if let Stmt::Assign { src: Rvalue::Use(Operand::Lit(Lit::Str(text))), span, .. } = s {
            out.push((text.clone(), *span));
        }
    }
}
