//! A definition, read: its rules, each a matcher and a transcriber.
//!
//! A matcher becomes a flat program for the automaton of `matching`; a transcriber stays a tree.

use proc_macro2::{Delimiter, Ident, Spacing, TokenStream, TokenTree};
use syn::buffer::Cursor;

use super::super::literal::looks_like_sql;

/// All rules of a definition, in order.
#[derive(Debug)]
pub(super) struct Rules(pub Vec<Rule>);

/// One rule.
#[derive(Debug)]
pub(super) struct Rule {
    /// What a call has to look like.
    pub matcher: Vec<Step>,
    /// Names of the matcher's variables.
    pub variables: Vec<String>,
    /// What is written for it.
    pub transcriber: Vec<Part>,
}

/// A step of a matcher.
#[derive(Debug)]
pub(super) enum Step {
    /// This token.
    Token(Glyph),
    /// An opening bracket.
    Open(Delimiter),
    /// The end of the bracket that is open, or of the call.
    Close,
    /// A fragment, kept under this variable.
    Fragment(usize, Kind),
    /// Begins a repetition; goes on at `skip` instead, if it may have no round.
    Enter {
        /// Where it goes on without a round.
        skip: Option<usize>,
    },
    /// A round is over: another one begins at `again`, or the repetition ends.
    Round {
        /// Where the next round begins, at its separator; `None` if there is just one (`?`).
        again: Option<usize>,
        /// After the repetition.
        end: usize,
    },
    /// Goes on elsewhere.
    Jump(usize),
}

/// Kinds of fragments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Block,
    Expr,
    Ident,
    Item,
    Lifetime,
    Literal,
    Meta,
    Pat,
    PatParam,
    Path,
    Stmt,
    Tt,
    Ty,
    Vis,
}

impl Kind {
    fn of(name: &str) -> Option<Kind> {
        Some(match name {
            "block" => Kind::Block,
            "expr" | "expr_2021" => Kind::Expr,
            "ident" => Kind::Ident,
            "item" => Kind::Item,
            "lifetime" => Kind::Lifetime,
            "literal" => Kind::Literal,
            "meta" => Kind::Meta,
            "pat" => Kind::Pat,
            "pat_param" => Kind::PatParam,
            "path" => Kind::Path,
            "stmt" => Kind::Stmt,
            "tt" => Kind::Tt,
            "ty" => Kind::Ty,
            "vis" => Kind::Vis,
            _ => return None,
        })
    }
}

/// A token of the language that is no bracket. Operators of several characters, and lifetimes, are one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Glyph {
    /// A name or keyword.
    Word(String),
    /// `'a`.
    Lifetime(String),
    /// A literal, as written.
    Literal(String),
    /// An operator or another sign.
    Sign(String),
}

/// Operators of more than one character, longest first.
const SIGNS: &[&str] = &[
    "<<=", ">>=", "...", "..=", "&&", "||", "==", "!=", "<=", ">=", "+=", "-=", "*=", "/=", "%=", "^=", "&=", "|=",
    "->", "<-", "=>", "::", "..", "<<", ">>",
];

/// The token at a cursor and what follows it; `None` at a bracket and at the end.
pub(super) fn glyph(at: Cursor<'_>) -> Option<(Glyph, Cursor<'_>)> {
    let (first, rest) = at.token_tree()?;
    match first {
        TokenTree::Group(_) => None,
        TokenTree::Ident(ident) => Some((Glyph::Word(ident.to_string()), rest)),
        TokenTree::Literal(literal) => Some((Glyph::Literal(literal.to_string()), rest)),
        TokenTree::Punct(p) if p.as_char() == '\'' => match rest.token_tree()? {
            (TokenTree::Ident(ident), rest) => Some((Glyph::Lifetime(ident.to_string()), rest)),
            _ => Some((Glyph::Sign("'".to_owned()), rest)),
        },
        TokenTree::Punct(p) => {
            let mut text = String::from(p.as_char());
            let mut ends = vec![rest];
            let mut joint = p.spacing() == Spacing::Joint;
            let mut next = rest;
            while joint
                && text.len() < 3
                && let Some((TokenTree::Punct(p), rest)) = next.token_tree()
            {
                text.push(p.as_char());
                ends.push(rest);
                joint = p.spacing() == Spacing::Joint;
                next = rest;
            }
            let len = SIGNS.iter().find(|sign| text.starts_with(**sign)).map_or(1, |sign| sign.len());
            text.truncate(len);
            Some((Glyph::Sign(text), ends.get(len - 1).copied().unwrap_or(rest)))
        }
    }
}

/// The tokens from one cursor to another.
pub(super) fn between(from: Cursor<'_>, to: Cursor<'_>) -> Vec<TokenTree> {
    let mut out = Vec::new();
    let mut at = from;
    while at != to
        && let Some((token, rest)) = at.token_tree()
    {
        out.push(token);
        at = rest;
    }
    out
}

/// A part of a transcriber.
#[derive(Debug)]
pub(super) enum Part {
    /// A token as it is.
    Token(TokenTree),
    /// The name of what is called.
    Called(Ident),
    /// A string literal that may be a statement of SQL.
    Statement(proc_macro2::Literal),
    /// A bracket.
    Group(Delimiter, Vec<Part>),
    /// The fragment of a variable.
    Variable(usize),
    /// `$crate`.
    Crate,
    /// A repetition.
    Repeat {
        /// What is repeated.
        body: Vec<Part>,
        /// What stands between two rounds.
        separator: Vec<TokenTree>,
        /// Variables in it.
        variables: Vec<usize>,
    },
}

/// Reads the rules of a definition; `None` if they have another form.
pub(super) fn read(definition: TokenStream) -> Option<Rules> {
    let buffer = syn::buffer::TokenBuffer::new2(definition);
    let mut at = buffer.begin();
    let mut rules = Vec::new();
    while !at.eof() {
        let (matcher, _, _, rest) = at.any_group()?;
        let (arrow, rest) = glyph(rest)?;
        let (transcriber, _, _, rest) = rest.any_group()?;
        if arrow != Glyph::Sign("=>".to_owned()) {
            return None;
        }
        rules.push(rule(matcher, transcriber)?);
        at = match glyph(rest) {
            Some((Glyph::Sign(sign), rest)) if sign == ";" => rest,
            None if rest.eof() => rest,
            _ => return None,
        };
    }
    Some(Rules(rules))
}

fn rule(matcher: Cursor<'_>, transcriber: Cursor<'_>) -> Option<Rule> {
    let mut reader = Reader { steps: Vec::new(), variables: Vec::new() };
    reader.matcher(matcher)?;
    reader.steps.push(Step::Close);
    let transcriber = reader.transcriber(transcriber)?;
    Some(Rule { matcher: reader.steps, variables: reader.variables, transcriber })
}

struct Reader {
    steps: Vec<Step>,
    variables: Vec<String>,
}

/// `$( .. ) sep op`: what is repeated, its separator, the operator, and what follows.
struct Repetition<'a> {
    body: Cursor<'a>,
    separator: Option<(Glyph, Vec<TokenTree>)>,
    operator: char,
    rest: Cursor<'a>,
}

fn operator(at: Cursor<'_>) -> Option<(char, Cursor<'_>)> {
    match at.token_tree()? {
        (TokenTree::Punct(p), rest) if matches!(p.as_char(), '*' | '+' | '?') => Some((p.as_char(), rest)),
        _ => None,
    }
}

fn repetition<'a>(body: Cursor<'a>, after: Cursor<'a>) -> Option<Repetition<'a>> {
    if let Some((operator, rest)) = operator(after) {
        return Some(Repetition { body, separator: None, operator, rest });
    }
    let (separator, next) = glyph(after)?;
    let (operator, rest) = operator(next)?;
    Some(Repetition { body, separator: Some((separator, between(after, next))), operator, rest })
}

impl Reader {
    fn matcher(&mut self, mut at: Cursor<'_>) -> Option<()> {
        while !at.eof() {
            if let Some((inner, delimiter, _, rest)) = at.any_group() {
                if delimiter == Delimiter::None {
                    self.matcher(inner)?;
                } else {
                    self.steps.push(Step::Open(delimiter));
                    self.matcher(inner)?;
                    self.steps.push(Step::Close);
                }
                at = rest;
                continue;
            }
            let (token, rest) = glyph(at)?;
            if token != Glyph::Sign("$".to_owned()) {
                self.steps.push(Step::Token(token));
                at = rest;
                continue;
            }
            at = match rest.any_group() {
                Some((body, Delimiter::Parenthesis, _, after)) => self.repeated(repetition(body, after)?)?,
                _ => self.variable(rest)?,
            };
        }
        Some(())
    }

    /// `$name:kind`, after the `$`.
    fn variable<'a>(&mut self, at: Cursor<'a>) -> Option<Cursor<'a>> {
        let (name, rest) = glyph(at)?;
        let (colon, rest) = glyph(rest)?;
        let (kind, rest) = glyph(rest)?;
        let (Glyph::Word(name), Glyph::Sign(colon), Glyph::Word(kind)) = (name, colon, kind) else { return None };
        if colon != ":" || name == "crate" || self.variables.contains(&name) {
            return None;
        }
        self.steps.push(Step::Fragment(self.variables.len(), Kind::of(&kind)?));
        self.variables.push(name);
        Some(rest)
    }

    fn repeated<'a>(&mut self, r: Repetition<'a>) -> Option<Cursor<'a>> {
        let enter = self.steps.len();
        self.steps.push(Step::Enter { skip: None });
        self.matcher(r.body)?;
        let round = self.steps.len();
        self.steps.push(Step::Round { again: None, end: 0 });
        let mut again = None;
        if r.operator != '?' {
            again = Some(enter + 1);
            if let Some((separator, _)) = r.separator {
                again = Some(self.steps.len());
                self.steps.push(Step::Token(separator));
                self.steps.push(Step::Jump(enter + 1));
            }
        }
        let end = self.steps.len();
        if let Some(step) = self.steps.get_mut(round) {
            *step = Step::Round { again, end };
        }
        if r.operator != '+'
            && let Some(step) = self.steps.get_mut(enter)
        {
            *step = Step::Enter { skip: Some(end) };
        }
        Some(r.rest)
    }

    fn transcriber(&self, mut at: Cursor<'_>) -> Option<Vec<Part>> {
        let mut out = Vec::new();
        while !at.eof() {
            if let Some((inner, delimiter, _, rest)) = at.any_group() {
                out.push(Part::Group(delimiter, self.transcriber(inner)?));
                at = rest;
                continue;
            }
            let (token, rest) = at.token_tree()?;
            at = match &token {
                TokenTree::Punct(p) if p.as_char() == '$' => self.after_dollar(token, rest, &mut out)?,
                TokenTree::Literal(literal) => {
                    let statement =
                        matches!(syn::Lit::new(literal.clone()), syn::Lit::Str(s) if looks_like_sql(&s.value()));
                    out.push(if statement { Part::Statement(literal.clone()) } else { Part::Token(token) });
                    rest
                }
                TokenTree::Ident(name) if is_called(out.last(), name, rest) => {
                    out.push(Part::Called(name.clone()));
                    rest
                }
                _ => {
                    out.push(Part::Token(token));
                    rest
                }
            };
        }
        Some(out)
    }

    /// A variable, `$crate` or a repetition; any other `$` is for a definition inside the transcriber.
    fn after_dollar<'a>(&self, dollar: TokenTree, at: Cursor<'a>, out: &mut Vec<Part>) -> Option<Cursor<'a>> {
        if let Some((body, delimiter, _, after)) = at.any_group() {
            // `${..}` and the like are not settled yet.
            if delimiter != Delimiter::Parenthesis {
                return None;
            }
            let r = repetition(body, after)?;
            let body = self.transcriber(r.body)?;
            let mut variables = Vec::new();
            used(&body, &mut variables);
            let separator = r.separator.map(|(_, tokens)| tokens).unwrap_or_default();
            out.push(Part::Repeat { body, separator, variables });
            return Some(r.rest);
        }
        if let Some((Glyph::Word(name), rest)) = glyph(at) {
            if name == "crate" {
                out.push(Part::Crate);
                return Some(rest);
            }
            if let Some(variable) = self.variables.iter().position(|v| *v == name) {
                out.push(Part::Variable(variable));
                return Some(rest);
            }
        }
        out.push(Part::Token(dollar));
        Some(at)
    }
}

/// Whether a name is that of a macro, a method or a function that is called, by what stands before and behind it.
fn is_called(before: Option<&Part>, name: &Ident, behind: Cursor<'_>) -> bool {
    match behind.token_tree() {
        Some((TokenTree::Punct(p), _)) => p.as_char() == '!' && p.spacing() == Spacing::Alone,
        Some((TokenTree::Group(group), _)) if group.delimiter() == Delimiter::Parenthesis => {
            let defined = matches!(before, Some(Part::Token(TokenTree::Ident(word))) if word == "fn");
            !defined && syn::parse_str::<Ident>(&name.to_string()).is_ok()
        }
        _ => false,
    }
}

/// Variables in parts of a transcriber.
fn used(parts: &[Part], out: &mut Vec<usize>) {
    for part in parts {
        match part {
            Part::Variable(v) => out.push(*v),
            Part::Group(_, body) => used(body, out),
            Part::Repeat { variables, .. } => out.extend(variables),
            Part::Token(_) | Part::Called(_) | Part::Statement(_) | Part::Crate => {}
        }
    }
}
