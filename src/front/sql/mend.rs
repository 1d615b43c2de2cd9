//! Puts what `sqlparser` does not take, but real code writes, into words that it takes.
//!
//! Tokens keep their places, so what is lowered afterwards still points to what was written. Nothing is mended that
//! changes where data comes from or goes to.

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::parse::blank;

/// Where words must stand to be put otherwise.
enum Stand {
    Anywhere,
    /// At the beginning of the statement.
    First,
    /// At its end, outside of brackets.
    Last,
}

/// Words, where they stand, how many tokens are left out from their first on, and the keywords that stand for these.
const WORDS: &[(&[&str], Stand, usize, &[&str])] = &[
    // DuckDB's `ASOF JOIN b USING (c)`.
    (&["asof", "join"], Stand::Anywhere, 1, &[]),
    (&["for", "no", "key"], Stand::Anywhere, 3, &["FOR"]),
    (&["for", "key", "share"], Stand::Anywhere, 2, &["FOR"]),
    // `CREATE MATERIALIZED VIEW v AS .. WITH NO DATA`.
    (&["with", "data"], Stand::Last, 2, &[]),
    (&["with", "no", "data"], Stand::Last, 3, &[]),
    // `FROM t INDEXED BY i`.
    (&["indexed", "by"], Stand::Anywhere, 3, &[]),
    (&["not", "indexed"], Stand::Anywhere, 2, &[]),
    (&["replace", "into"], Stand::First, 1, &["INSERT"]),
];

/// The tokens in other words; `None` where there is nothing to mend.
pub(super) fn mend(tokens: &[TokenWithSpan]) -> Option<Vec<TokenWithSpan>> {
    let solid: Vec<TokenWithSpan> = tokens.iter().filter(|t| !blank(&t.token)).cloned().collect();
    let out = Vec::with_capacity(solid.len());
    let mut mender = Mender { tokens: &solid, at: 0, out, depth: 0, selects: false, filtered: false, sets: false };
    let mut changed = false;
    while let Some(token) = solid.get(mender.at) {
        mender.note(&token.token);
        if mender.step() {
            changed = true;
        } else {
            mender.out.push(token.clone());
            mender.at += 1;
        }
    }
    changed.then_some(mender.out)
}

/// The way through the tokens of a statement.
struct Mender<'t> {
    /// All of them, without blanks and comments.
    tokens: &'t [TokenWithSpan],
    /// The number of the one at hand.
    at: usize,
    out: Vec<TokenWithSpan>,
    /// Brackets that are open.
    depth: usize,
    /// Whether `SELECT` was read, outside of brackets.
    selects: bool,
    /// Whether something was read there that stands behind `FROM` and its joins.
    filtered: bool,
    /// Whether `SET` was read there.
    sets: bool,
}

impl Mender<'_> {
    /// The token so many behind the one at hand.
    fn token(&self, n: usize) -> Option<&Token> {
        self.tokens.get(self.at + n).map(|t| &t.token)
    }

    fn is(&self, n: usize, word: &str) -> bool {
        self.token(n).is_some_and(|t| is_word(t, word))
    }

    fn is_any(&self, n: usize, words: &[&str]) -> bool {
        words.iter().any(|w| self.is(n, w))
    }

    /// Whether these words come next.
    fn are(&self, words: &[&str]) -> bool {
        words.iter().enumerate().all(|(n, w)| self.is(n, w))
    }

    fn ends(&self, n: usize) -> bool {
        matches!(self.token(n), None | Some(Token::EOF | Token::SemiColon))
    }

    /// Learns from the token at hand.
    fn note(&mut self, token: &Token) {
        match token {
            Token::LParen => self.depth += 1,
            Token::RParen => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        if self.depth == 0 {
            self.filtered |= self.is_any(0, &["where", "group", "having", "limit"]);
            self.selects |= self.is(0, "select");
            self.sets |= self.is(0, "set");
        }
    }

    /// Leaves tokens out and writes these instead, at the place of the first.
    fn instead(&mut self, taken: usize, given: impl IntoIterator<Item = Token>) -> bool {
        if let Some(first) = self.tokens.get(self.at) {
            self.out.extend(given.into_iter().map(|t| TokenWithSpan::new(t, first.span)));
        }
        self.at += taken;
        true
    }

    /// Mends what begins at the token at hand; whether there was anything.
    fn step(&mut self) -> bool {
        let top = self.depth == 0;
        for (words, stand, taken, given) in WORDS {
            let stands = match stand {
                Stand::Anywhere => true,
                Stand::First => self.at == 0,
                Stand::Last => top && self.ends(words.len()),
            };
            if stands && self.are(words) {
                return self.instead(*taken, keywords(given));
            }
        }
        // `INSERT .. SELECT .. FROM unnest($1) ON CONFLICT`: the parser reads a join's `ON`.
        if top && self.are(&["on", "conflict"]) && self.selects && !self.filtered {
            self.filtered = true;
            return self.instead(0, keywords(&["WHERE", "TRUE"]));
        }
        // PostgreSQL's `TABLE t`.
        if self.at == 0 && self.is(0, "table") && self.token(1).is_some_and(is_unquoted) {
            return self.instead(1, [Token::make_keyword("SELECT"), Token::Mul, Token::make_keyword("FROM")]);
        }
        // MySQL's `UPDATE a, b SET ..`.
        let updates = self.tokens.first().is_some_and(|t| is_word(&t.token, "update"));
        if top && updates && !self.sets && self.token(0) == Some(&Token::Comma) {
            return self.instead(1, keywords(&["CROSS", "JOIN"]));
        }
        // MySQL's `SELECT .. INTO OUTFILE 'x' FIELDS .. FROM t`: where the rows go is said by a binding.
        if top && self.is(0, "into") && self.is_any(1, &["outfile", "dumpfile"]) {
            let taken = (0..).take_while(|n| !self.ends(*n) && !self.is(*n, "from")).count();
            return self.instead(taken, []);
        }
        // `(f(x)).*`: the parts of a value are the value.
        let behind_bracket = self.out.last().is_some_and(|t| t.token == Token::RParen);
        if behind_bracket && self.token(0) == Some(&Token::Period) && self.token(1) == Some(&Token::Mul) {
            return self.instead(2, []);
        }
        // `a GLOB b` as a comparison.
        if self.is(0, "glob") && self.token(1) != Some(&Token::LParen) {
            return self.instead(1, keywords(&["LIKE"]));
        }
        (self.is(0, "is") && self.equality()) || (self.is(0, "in") && self.table_as_list())
    }

    /// `IS 1`, `IS ?`, `IS NOT 1` (SQLite).
    fn equality(&mut self) -> bool {
        let negated = self.is(1, "not");
        let taken = 1 + usize::from(negated);
        let value = self.token(taken).is_some_and(|t| match t {
            Token::Number(..) | Token::Placeholder(_) | Token::SingleQuotedString(_) | Token::Colon => true,
            Token::Word(w) => w.keyword == Keyword::NoKeyword,
            _ => false,
        });
        value && self.instead(taken, [if negated { Token::Neq } else { Token::Eq }])
    }

    /// `x IN rarray(?)`, `x IN temp.t`: a table in place of a list.
    fn table_as_list(&mut self) -> bool {
        if !matches!(self.token(1), Some(Token::Word(_))) || self.is(1, "unnest") {
            return false;
        }
        let mut end = 2;
        while self.token(end) == Some(&Token::Period) {
            end += 2;
        }
        if self.token(end) == Some(&Token::LParen) {
            let mut open = 0i32;
            while let Some(t) = self.token(end) {
                match t {
                    Token::LParen => open += 1,
                    Token::RParen => open -= 1,
                    _ => {}
                }
                end += 1;
                if open == 0 {
                    break;
                }
            }
        }
        let one = Token::Number("1".into(), false);
        let select = [Token::LParen, Token::make_keyword("SELECT"), one, Token::make_keyword("FROM")];
        self.out.extend(self.tokens.get(self.at).cloned());
        self.instead(0, select);
        self.out.extend(self.tokens.iter().skip(self.at + 1).take(end - 1).cloned());
        self.instead(end, [Token::RParen])
    }
}

fn keywords(words: &[&str]) -> impl Iterator<Item = Token> {
    words.iter().map(|w| Token::make_keyword(w))
}

fn is_unquoted(token: &Token) -> bool {
    matches!(token, Token::Word(w) if w.quote_style.is_none())
}

fn is_word(token: &Token, word: &str) -> bool {
    matches!(token, Token::Word(w) if w.quote_style.is_none() && w.value.eq_ignore_ascii_case(word))
}
