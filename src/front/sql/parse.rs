//! Asks `sqlparser` for one statement, dialect after dialect, without letting it die.

use std::panic::{AssertUnwindSafe, catch_unwind};

use sqlparser::ast as sp;
use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer, TokenizerError, Whitespace};

use super::dialect::Dialect;
use crate::ir::GapKind;
use crate::limits;

/// A parsed statement.
pub(super) struct Parsed {
    /// The tree.
    pub statement: sp::Statement,
    /// The tokens as written.
    pub tokens: Vec<TokenWithSpan>,
}

/// Why not.
pub(super) struct Failed {
    /// In words, a fragment.
    pub what: String,
    /// Of which kind.
    pub kind: GapKind,
    /// The tokens as written, where the text could be cut into tokens at all.
    pub tokens: Vec<TokenWithSpan>,
    /// Whether it may only be parsed on a large stack.
    pub deep: bool,
}

/// Parses one statement in the first dialect that takes it.
pub(super) fn statement(text: &str, dialects: &[Dialect], roomy: bool) -> Result<Parsed, Failed> {
    if text.len() > limits::SQL_STATEMENT_BYTES {
        return Err(limit("this statement is too long to be parsed"));
    }
    let mut refused: Vec<(Dialect, Failed)> = Vec::new();
    for dialect in dialects {
        match attempt(text, *dialect, roomy) {
            Ok(parsed) => return Ok(parsed),
            Err(failed) if failed.kind == GapKind::Limit => return Err(failed),
            Err(failed) => refused.push((*dialect, failed)),
        }
    }
    // A second round with what no dialect takes put into words that they do.
    for (dialect, failed) in &mut refused {
        // Of an attempt that died nothing is left.
        let again = if failed.kind == GapKind::Panic { tokens(text, std::slice::from_ref(dialect)) } else { None };
        if let Some(statement) = mended(again.as_deref().unwrap_or(&failed.tokens), *dialect) {
            let tokens = again.unwrap_or_else(|| std::mem::take(&mut failed.tokens));
            return Ok(Parsed { statement, tokens });
        }
    }
    let told = |first: Failed, next: Failed| {
        if first.tokens.is_empty() && !next.tokens.is_empty() { next } else { first }
    };
    let failed = refused.into_iter().map(|(_, failed)| failed).reduce(told);
    Err(failed.unwrap_or_else(|| limit("no dialect was asked")))
}

/// The tokens of a text in the first dialect that can cut it.
pub(super) fn tokens(text: &str, dialects: &[Dialect]) -> Option<Vec<TokenWithSpan>> {
    if text.len() > limits::SQL_STATEMENT_BYTES {
        return None;
    }
    let cut_in = |d: &Dialect| catch_unwind(AssertUnwindSafe(|| cut(text, *d).ok())).ok().flatten();
    dialects.iter().find_map(cut_in)
}

/// Cuts a text into tokens.
fn cut(text: &str, dialect: Dialect) -> Result<Vec<TokenWithSpan>, TokenizerError> {
    let mut tokens = Vec::with_capacity(count(text));
    Tokenizer::new(dialect.parser(), text).tokenize_with_location_into_buf(&mut tokens)?;
    Ok(tokens)
}

/// How many tokens a text has, if it holds no strings and comments: every blank and every sign is one.
fn count(text: &str) -> usize {
    let name = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b >= 0x80;
    let mut inside = false;
    text.bytes().filter(|&b| !std::mem::replace(&mut inside, name(b)) || !name(b)).count()
}

fn limit(what: &str) -> Failed {
    Failed { what: what.to_string(), kind: GapKind::Limit, tokens: Vec::new(), deep: false }
}

fn attempt(text: &str, dialect: Dialect, roomy: bool) -> Result<Parsed, Failed> {
    let run = || {
        let tokens = match cut(text, dialect) {
            Ok(tokens) => tokens,
            Err(e) => {
                return Err(Failed {
                    what: reason(&e.to_string()),
                    kind: GapKind::Statement,
                    tokens: Vec::new(),
                    deep: false,
                });
            }
        };
        let depth = depth(&tokens);
        if depth > limits::SQL_CHAIN {
            return Err(limit("this statement is nested too deeply to be parsed"));
        }
        if depth > limits::SQL_CHAIN_INLINE && !roomy {
            return Err(Failed { deep: true, ..limit("this statement needs a larger stack") });
        }
        let (parsed, tokens) = whole(tokens, dialect);
        match parsed {
            Ok(statement) => Ok(Parsed { statement, tokens }),
            Err(e) => Err(Failed { what: reason(&e.to_string()), kind: GapKind::Statement, tokens, deep: false }),
        }
    };
    // Odd input has made `sqlparser` panic before; that is then a statement it does not take.
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| {
        Err(Failed {
            what: "the SQL parser failed on this statement".into(),
            kind: GapKind::Panic,
            tokens: Vec::new(),
            deep: false,
        })
    })
}

/// What these tokens are as one statement, and the tokens.
fn whole(tokens: Vec<TokenWithSpan>, dialect: Dialect) -> (Result<sp::Statement, ParserError>, Vec<TokenWithSpan>) {
    let mut parser =
        Parser::new(dialect.parser()).with_recursion_limit(limits::SQL_RECURSION).with_tokens_with_locations(tokens);
    let parsed = parser.parse_statement().and_then(|statement| {
        let next = parser.next_token();
        if next.token == Token::EOF { Ok(statement) } else { parser.expected("end of statement", next) }
    });
    (parsed, parser.into_tokens())
}

/// What tokens that a dialect does not take are in other words that it does.
fn mended(tokens: &[TokenWithSpan], dialect: Dialect) -> Option<sp::Statement> {
    let run = || whole(super::mend::mend(tokens)?, dialect).0.ok();
    catch_unwind(AssertUnwindSafe(run)).ok().flatten()
}

/// `sqlparser`'s message as a fragment without places of its own.
fn reason(message: &str) -> String {
    let text = message.strip_prefix("sql parser error: ").unwrap_or(message);
    let text = text.split(" at Line:").next().unwrap_or(text);
    let short: String = text.chars().take(120).map(|c| if c.is_control() { ' ' } else { c }).collect();
    let mut chars = short.chars();
    let first: String = chars.next().map(|c| c.to_lowercase().collect()).unwrap_or_default();
    format!("cannot parse this statement: {first}{}", chars.as_str())
}

/// How deep a tree of these tokens could be, to be built, walked and dropped: operators between the same brackets and
/// commas may each add a level.
fn depth(tokens: &[TokenWithSpan]) -> u32 {
    let mut open: Vec<u32> = vec![0];
    let (mut sum, mut most) = (0u32, 0u32);
    for token in tokens {
        match &token.token {
            Token::LParen | Token::LBracket | Token::LBrace => {
                // `a[1][1]` may be a level for each index.
                if token.token != Token::LParen
                    && let Some(top) = open.last_mut()
                {
                    *top += 1;
                    sum += 1;
                    most = most.max(sum);
                }
                open.push(0);
                if open.len() > limits::SQL_NESTING as usize {
                    return u32::MAX;
                }
            }
            Token::RParen | Token::RBracket | Token::RBrace if open.len() > 1 => {
                sum -= open.pop().unwrap_or(0);
            }
            Token::Comma | Token::SemiColon => {
                if let Some(top) = open.last_mut() {
                    sum -= *top;
                    *top = 0;
                }
            }
            other if nests(other) => {
                if let Some(top) = open.last_mut() {
                    *top += 1;
                    sum += 1;
                    most = most.max(sum);
                }
            }
            _ => {}
        }
    }
    most
}

fn nests(token: &Token) -> bool {
    match token {
        Token::Whitespace(_) | Token::Period | Token::EOF | Token::Placeholder(_) | Token::Number(..) => false,
        Token::Word(w) => matches!(
            w.keyword,
            Keyword::AND
                | Keyword::OR
                | Keyword::NOT
                | Keyword::IS
                | Keyword::IN
                | Keyword::LIKE
                | Keyword::ILIKE
                | Keyword::BETWEEN
                | Keyword::UNION
                | Keyword::EXCEPT
                | Keyword::INTERSECT
                | Keyword::CASE
                | Keyword::COLLATE
                | Keyword::AT
                | Keyword::XOR
                | Keyword::DIV
                | Keyword::PRIOR
                | Keyword::INTERVAL
                | Keyword::ARRAY
                | Keyword::EXPLAIN
                | Keyword::PREPARE
                | Keyword::FROM
                | Keyword::BEGIN
                | Keyword::IF
        ),
        Token::SingleQuotedString(_) | Token::DoubleQuotedString(_) | Token::EscapedStringLiteral(_) => false,
        _ => true,
    }
}

/// The first words of a statement, lower case, for telling what could not be parsed.
pub(super) fn words(text: &str) -> Vec<String> {
    let text = text.get(..floor(text, 400)).unwrap_or(text);
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("/*") {
        plain.push_str(&rest[..at]);
        rest = rest[at..].find("*/").map_or("", |n| &rest[at + n + 2..]);
    }
    plain.push_str(rest);
    plain
        .lines()
        .map(|l| l.split("--").next().unwrap_or(""))
        .flat_map(|l| l.split(|c: char| !(c.is_alphanumeric() || c == '_')))
        .filter(|w| !w.is_empty())
        .take(8)
        .map(str::to_lowercase)
        .collect()
}

/// The nearest boundary of a character at or before `at`.
pub(super) fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// Whether a token is white space or a comment.
pub(super) fn blank(token: &Token) -> bool {
    matches!(
        token,
        Token::Whitespace(
            Whitespace::Space
                | Whitespace::Newline
                | Whitespace::Tab
                | Whitespace::SingleLineComment { .. }
                | Whitespace::MultiLineComment(_)
        )
    )
}
