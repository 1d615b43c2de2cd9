//! Formatted texts: templates with holes, inline captures and their arguments.

use syn::Expr;

use super::body::{Body, Var};
use super::cond::bare;
use super::literal::{Text, looks_like_sql};
use super::{keys, types};
use crate::front::sql;
use crate::front::text_map::Piece as MapPiece;
use crate::ir::Name;
use crate::ir::body::{Operand, Piece, Rvalue, View};
use crate::ir::items::Path;
use crate::source::Span;

/// A part of a template.
enum Part {
    /// Fixed text.
    Text(String),
    /// A hole.
    Hole {
        /// What stands before the colon.
        arg: Which,
        /// What it shows of its argument; nothing if that is where it lies in memory (`{:p}`).
        view: Option<View>,
        /// Place of the hole's name in the decoded text.
        lo: usize,
        hi: usize,
    },
}

enum Which {
    /// `{}`: the next one.
    Next,
    /// `{0}`.
    At(usize),
    /// `{name}`.
    Name(Name),
    /// `.*`: a width or precision takes the next one; no data.
    Skip,
}

/// Takes a template apart. What is no well-formed hole is text.
fn parts(template: &str) -> Vec<Part> {
    let mut out = Vec::new();
    let mut text = String::new();
    let mut at = 0;
    while let Some(found) = template.get(at..).and_then(|rest| rest.find(['{', '}'])) {
        let here = at + found;
        text.push_str(template.get(at..here).unwrap_or(""));
        let rest = template.get(here..).unwrap_or("");
        if rest.starts_with("{{") || rest.starts_with("}}") {
            text.push_str(&rest[..1]);
            at = here + 2;
            continue;
        }
        let close = if rest.starts_with('{') { rest.find('}') } else { None };
        let Some(close) = close else {
            text.push_str(&rest[..1]);
            at = here + 1;
            continue;
        };
        let inner = &rest[1..close];
        let (name, spec) = inner.split_once(':').unwrap_or((inner, ""));
        let lo = here + 1 + (name.len() - name.trim_start().len());
        let name = name.trim();
        if !text.is_empty() {
            out.push(Part::Text(std::mem::take(&mut text)));
        }
        let spec = spec.trim_end();
        if spec.contains(".*") {
            out.push(Part::Hole { arg: Which::Skip, view: None, lo, hi: lo });
        }
        let view = match spec.chars().last() {
            Some('?') => Some(View::Debug),
            Some('#') => Some(View::Full),
            Some('p') => None,
            _ => Some(View::Display),
        };
        let arg = if name.is_empty() {
            Which::Next
        } else if let Ok(index) = name.parse() {
            Which::At(index)
        } else {
            Which::Name(name.strip_prefix("r#").unwrap_or(name).into())
        };
        let (lo, hi) = if name.is_empty() { (here, here + close + 1) } else { (lo, lo + name.len()) };
        out.push(Part::Hole { arg, view, lo, hi });
        at = here + close + 1;
    }
    text.push_str(template.get(at..).unwrap_or(""));
    if !text.is_empty() {
        out.push(Part::Text(text));
    }
    out
}

/// Names captured by a template, with their places in the decoded text.
pub(super) fn captures(template: &str) -> Vec<(Name, usize, usize)> {
    let mut out = Vec::new();
    for part in parts(template) {
        if let Part::Hole { arg: Which::Name(name), lo, hi, .. } = part {
            out.push((name, lo, hi));
        }
    }
    out
}

impl Body<'_, '_> {
    /// A formatted text as an operand, with its place: that of the template.
    pub(super) fn formatted(&mut self, args: &[Expr]) -> (Operand, Span) {
        let (pieces, span) = self.pieces(args);
        (self.value(Rvalue::Format(pieces), span), span)
    }

    /// Pieces of a formatted text. `args` are template and arguments.
    pub(super) fn pieces(&mut self, args: &[Expr]) -> (Vec<Piece>, Span) {
        let Some((first, rest)) = args.split_first() else {
            return (Vec::new(), Span::new(self.cx.file, 0, 0));
        };
        let mut positional = Vec::new();
        let mut named: Vec<(Name, Operand, Span)> = Vec::new();
        let template = self.cx.text_of(first);
        let head = match template {
            Some(_) => None,
            None => {
                let span = keys::expr(self.cx, first);
                Some((self.operand(first), span))
            }
        };
        for arg in rest {
            match bare(arg) {
                Expr::Assign(a) => {
                    let span = keys::expr(self.cx, &a.right);
                    let operand = self.operand(&a.right);
                    if let Expr::Path(p) = &*a.left
                        && let Some(ident) = p.path.get_ident()
                    {
                        named.push((types::name(ident), operand.clone(), span));
                    }
                    positional.push((operand, span));
                }
                arg => {
                    let span = keys::expr(self.cx, arg);
                    positional.push((self.operand(arg), span));
                }
            }
        }
        let Some(template) = template else {
            let (operand, span) =
                head.unwrap_or_else(|| (Operand::Lit(crate::ir::body::Lit::Unit), Span::new(self.cx.file, 0, 0)));
            let all = std::iter::once((operand, span)).chain(positional);
            return (all.map(|(operand, span)| Piece::Arg(operand, View::Display, span)).collect(), span);
        };
        let span = template.span;
        (self.filled(&template, &positional, &named), span)
    }

    fn filled(&mut self, template: &Text, args: &[(Operand, Span)], named: &[(Name, Operand, Span)]) -> Vec<Piece> {
        let mut out = Vec::new();
        let mut next = 0;
        let parts = parts(&template.text);
        // Where what fills each hole stands.
        let mut fills = Vec::new();
        for part in &parts {
            let (arg, view, lo, hi) = match part {
                Part::Text(text) => {
                    out.push(Piece::Text(text.clone()));
                    continue;
                }
                Part::Hole { arg, view, lo, hi } => (arg, *view, *lo, *hi),
            };
            let found = match arg {
                Which::Skip => {
                    next += 1;
                    continue;
                }
                Which::Next => {
                    next += 1;
                    args.get(next - 1).cloned()
                }
                Which::At(index) => args.get(*index).cloned(),
                Which::Name(name) => match named.iter().find(|(n, ..)| n == name) {
                    Some((_, operand, span)) => Some((operand.clone(), *span)),
                    None => {
                        let span = template.map.span(lo as u32, hi as u32);
                        Some((self.captured(name.clone(), template.by), span))
                    }
                },
            };
            fills.push(found.as_ref().map_or_else(|| template.map.span(lo as u32, hi as u32), |(_, span)| *span));
            if let (Some((operand, span)), Some(view)) = (found, view) {
                out.push(Piece::Arg(operand, view, span));
            }
        }
        if looks_like_sql(&template.text) {
            self.sql_template(template, &parts, &fills);
        }
        out
    }

    /// The variable or constant of a capture in a template that an expansion wrote, or none did (0).
    fn captured(&mut self, name: Name, by: u32) -> Operand {
        let var = Var { name, by };
        match self.lookup(&var) {
            Some(local) => Operand::Place(local.into()),
            None => {
                let path = Path { segments: vec![var.name], ..Path::default() };
                Operand::Path(self.path_id(path))
            }
        }
    }

    /// SQL with holes, and where what fills each of them stands.
    fn sql_template(&mut self, template: &Text, parts: &[Part], fills: &[Span]) {
        let mut out = Vec::new();
        let mut copied = 0;
        let mut fills = fills.iter();
        // The fixed parts are found again in the template, `{{` being rare in SQL.
        for part in parts {
            match part {
                Part::Text(part) => {
                    let rest = template.text.get(copied..).unwrap_or("");
                    let from = rest.find(part.as_str()).map_or(copied, |n| copied + n);
                    copied = from + part.len();
                    let inside =
                        template.map.pieces.iter().filter(|p| (from + 1..copied).contains(&(p.offset as usize)));
                    let inside = inside.map(|p| MapPiece { offset: p.offset - from as u32, ..*p });
                    let pieces = std::iter::once(template.map.moved(from as u32, 0)).chain(inside).collect();
                    out.push(sql::Part::Text(part.clone(), pieces));
                }
                Part::Hole { arg: Which::Skip, .. } => {}
                Part::Hole { hi, .. } => {
                    out.extend(fills.next().map(|place| sql::Part::Hole(*place)));
                    copied = *hi;
                }
            }
        }
        self.cx.embed_parts(&out, template.span);
    }
}
