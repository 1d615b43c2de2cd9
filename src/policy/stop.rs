//! Where the grammar stopped, and what stands around it: the words, the open brace, the declaration, the verb.

use crate::diag::Diagnostic;
use crate::source::{FileId, Span};

use super::lex::{Chunk, DECLARATIONS, Kind, Scan, Token};

/// Where the grammar stopped.
pub(crate) struct Stop<'a> {
    pub id: FileId,
    pub text: &'a str,
    pub scan: &'a Scan,
    pub chunk: Chunk,
    /// The token at which it stopped; may be the one after the chunk.
    pub at: usize,
    /// What it would have taken there.
    pub expected: Vec<&'static str>,
    /// A declaration inside the chunk that looks as if a brace before it were forgotten.
    pub forgotten: Option<usize>,
}

pub(super) const PURPOSE: &[&str] =
    &["about", "basis", "condition", "notice", "requires", "compatible", "uses", "shares", "shows", "keeps", "on"];
pub(super) const RECIPIENT: &[&str] = &["acts", "located", "contract", "transfer"];
pub(super) const STORE: &[&str] = &["located", "transfer"];
pub(super) const TEST: &[&str] = &["allow", "deny"];
pub(super) const WAIVER: &[&str] = &["permits", "at", "owner", "until", "because"];
pub(super) const SUBJECT: &[&str] = &["right"];
pub(super) const BINDS: &[&str] = &["rust", "sql", "host", "env", "path"];
pub(super) const GROUNDS: &[&str] =
    &["consent", "contract", "legal obligation", "vital interests", "public task", "legitimate interests"];
pub(super) const RIGHTS: &[&str] = &["access", "rectification", "erasure", "restriction", "portability", "objection"];
pub(super) const VERBS: &[(&str, &str)] = &[
    ("uses", ""),
    ("use", ""),
    ("shares", "with"),
    ("share", "with"),
    ("shows", "to"),
    ("show", "to"),
    ("keeps", "in"),
    ("keep", "in"),
];
/// Words inside a clause that go on with it.
pub(super) const INNER: &[&str] = &[
    "of", "with", "to", "in", "for", "except", "given", "without", "unless", "outside", "longer", "from", "after",
    "until", "or",
];

pub(super) fn list(words: &[&str]) -> String {
    words
        .iter()
        .map(|w| match *w {
            "compatible" => "compatible with",
            "on" => "on behalf of",
            other => other,
        })
        .collect::<Vec<_>>()
        .join(", ")
}

impl<'a> Stop<'a> {
    pub(super) fn token(&self, i: usize) -> Option<Token> {
        if i < self.chunk.to { self.scan.tokens.get(i).copied() } else { None }
    }

    pub(super) fn word(&self, i: usize) -> &'a str {
        if i < self.chunk.to { self.scan.text(self.text, i) } else { "" }
    }

    pub(super) fn kind(&self, i: usize) -> Option<Kind> {
        self.token(i).map(|t| t.kind)
    }

    /// The place of token `i`, or the end of the chunk.
    pub(super) fn span(&self, i: usize) -> Span {
        let last = self.chunk.to.saturating_sub(1);
        match self.scan.tokens.get(i.min(last)) {
            Some(t) => Span::new(self.id, t.lo, t.hi),
            None => Span::new(self.id, 0, 0),
        }
    }

    pub(super) fn range(&self, from: usize, to: usize) -> Span {
        self.span(from).to(self.span(to))
    }

    pub(super) fn slice(&self, span: Span) -> &'a str {
        self.text.get(span.lo as usize..span.hi as usize).unwrap_or("")
    }

    /// The brace that is open at token `i`.
    pub(super) fn open(&self, i: usize) -> Option<usize> {
        let mut closed = 0;
        for at in (self.chunk.from..i.min(self.chunk.to)).rev() {
            match self.kind(at) {
                Some(Kind::Close) => closed += 1,
                Some(Kind::Open) if closed == 0 => return Some(at),
                Some(Kind::Open) => closed -= 1,
                _ => {}
            }
        }
        None
    }

    /// Where the declaration around token `i` begins: chunks may hold several on a line.
    pub(super) fn declaration(&self, i: usize) -> usize {
        let mut depth = 0i64;
        let mut start = self.chunk.from;
        for at in self.chunk.from..i.min(self.chunk.to) {
            match self.kind(at) {
                Some(Kind::Open) => depth += 1,
                Some(Kind::Close) => depth -= 1,
                Some(Kind::Word)
                    if depth == 0
                        && DECLARATIONS.contains(&self.word(at))
                        && (at == self.chunk.from || self.complete(at - 1)) =>
                {
                    start = at;
                }
                _ => {}
            }
        }
        start
    }

    /// Whether a sentence could end with token `i`.
    pub(super) fn complete(&self, i: usize) -> bool {
        let word = self.word(i);
        match self.kind(i) {
            Some(Kind::Text | Kind::Unclosed | Kind::Close | Kind::Open) => true,
            Some(Kind::Word) => {
                !INNER.contains(&word)
                    && !PURPOSE.contains(&word)
                    && !DECLARATIONS.contains(&word)
                    && !VERBS.iter().any(|(v, _)| *v == word)
                    && !matches!(word, "as" | "not" | "turns" | "into" | "narrows" | "rights" | "right")
            }
            _ => false,
        }
    }

    /// The last verb before token `i` in its clause, with the preposition it takes.
    pub(super) fn verb(&self, i: usize) -> Option<(&'a str, &'static str)> {
        for at in (self.chunk.from..i.min(self.chunk.to)).rev() {
            if matches!(self.kind(at), Some(Kind::Open | Kind::Close | Kind::Text)) {
                return None;
            }
            let word = self.word(at);
            if let Some((_, preposition)) = VERBS.iter().find(|(v, _)| *v == word) {
                return Some((word, preposition));
            }
            if PURPOSE.contains(&word) {
                return None;
            }
        }
        None
    }

    pub(super) fn error(&self, i: usize, message: impl Into<String>, label: impl Into<String>) -> Diagnostic {
        Diagnostic::error("P01", message, self.span(i), label)
    }
}

/// The clauses of the block that a declaration word opens.
pub(super) fn clauses(declaration: &str) -> Option<&'static [&'static str]> {
    match declaration {
        "purpose" => Some(PURPOSE),
        "recipient" => Some(RECIPIENT),
        "store" => Some(STORE),
        "test" => Some(TEST),
        "waiver" => Some(WAIVER),
        "subject" => Some(SUBJECT),
        _ => None,
    }
}
