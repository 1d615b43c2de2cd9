//! Cuts a file of SQL into statements and comments, without understanding either.
//!
//! One bad statement must not lose a file, and a file may hold what no parser takes: psql's own commands, rows after
//! `COPY .. FROM stdin`, other delimiters. So this reads bytes: strings, quoted names, dollar quotes, comments and
//! the `BEGIN .. END` of triggers are all it knows. It is linear and cannot fail.

use crate::front::text_map::TextMap;

/// A statement: its bytes from the first to the last token, without the semicolon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    /// First byte.
    pub lo: usize,
    /// After the last byte.
    pub hi: usize,
    /// Whether it belongs to the way back of a migration (`-- migrate:down`), which is never replayed.
    pub down: bool,
}

/// A comment that begins with `purlin:`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Comment {
    /// First byte of the comment.
    pub lo: usize,
    /// After its last byte.
    pub hi: usize,
    /// First byte of the text after `purlin:`.
    pub text_lo: usize,
    /// After its last byte.
    pub text_hi: usize,
}

impl Comment {
    /// The comment as it stands in the file, if it stands there byte by byte.
    pub(super) fn written(&self, map: &TextMap) -> Option<Comment> {
        let at = |offset: usize| map.at(offset as u32) as usize;
        let span = map.span(self.lo as u32, self.hi as u32);
        let (lo, hi) = (span.lo as usize, span.hi as usize);
        let text_hi = if self.text_hi > self.text_lo { at(self.text_hi - 1) + 1 } else { at(self.text_lo) };
        (hi - lo == self.hi - self.lo).then(|| Comment { lo, hi, text_lo: at(self.text_lo), text_hi })
    }
}

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Split {
    /// Statements in order.
    pub pieces: Vec<Piece>,
    /// Comments that speak to us, in order.
    pub comments: Vec<Comment>,
}

/// How strings and comments are read.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Lexis {
    /// MySQL: a backslash escapes in every string, `#` begins a comment.
    pub mysql: bool,
    /// A file rather than a text inside Rust: psql's commands and `COPY` data may occur.
    pub file: bool,
}

/// Whether a file is written for MySQL, by what only MySQL writes.
pub(super) fn looks_mysql(text: &str) -> bool {
    text.contains("ENGINE=") || text.contains("AUTO_INCREMENT") || text.contains("auto_increment")
}

/// Cuts `text`.
pub(super) fn split(text: &str, lexis: Lexis) -> Split {
    let mut s = Scanner {
        text: text.as_bytes(),
        at: 0,
        lexis,
        out: Split::default(),
        start: None,
        end: 0,
        words: Vec::new(),
        body: false,
        stdin: false,
        depth: 0,
        after_end: false,
        down: false,
        delimiter: b";".to_vec(),
    };
    s.run();
    s.out
}

struct Scanner<'a> {
    text: &'a [u8],
    at: usize,
    lexis: Lexis,
    out: Split,
    start: Option<usize>,
    end: usize,
    /// The first words of the statement, lower case.
    words: Vec<String>,
    /// Whether these say that it may have a body of statements.
    body: bool,
    stdin: bool,
    /// Open `BEGIN` and `CASE` in a body.
    depth: u32,
    after_end: bool,
    down: bool,
    delimiter: Vec<u8>,
}

fn is_word(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_' || b >= 0x80
}

impl Scanner<'_> {
    fn byte(&self, at: usize) -> u8 {
        self.text.get(at).copied().unwrap_or(0)
    }

    fn starts(&self, with: &[u8]) -> bool {
        self.text.get(self.at..).is_some_and(|t| t.starts_with(with))
    }

    fn line_end(&self, from: usize) -> usize {
        let rest = self.text.get(from..).unwrap_or_default();
        rest.iter().position(|&b| b == b'\n').map_or(self.text.len(), |n| from + n)
    }

    fn run(&mut self) {
        while self.at < self.text.len() {
            let b = self.byte(self.at);
            if self.delimiter.first() == Some(&b) && self.depth == 0 && self.starts(&self.delimiter) {
                self.at += self.delimiter.len();
                self.finish();
                continue;
            }
            match b {
                b' ' | b'\t' | b'\n' | b'\r' | 0x0c => self.at += 1,
                // A byte order mark is no token.
                0xEF if self.starts(b"\xEF\xBB\xBF") => self.at += 3,
                b'-' if self.byte(self.at + 1) == b'-' => self.line_comment(2),
                b'#' if self.lexis.mysql => self.line_comment(1),
                b'/' if self.byte(self.at + 1) == b'*' => self.block_comment(),
                b'\\' if self.lexis.file => {
                    // `\connect db`, `\gset`: a command of psql ends what stands before it.
                    self.finish();
                    self.at = self.line_end(self.at);
                }
                b';' if self.depth == 0 && self.delimiter == b";" => self.at += 1,
                b'\'' | b'"' | b'`' => self.quoted(b, false),
                b'$' => self.dollar(),
                _ if is_word(b) => self.word(),
                _ => self.token(1),
            }
        }
        self.finish();
    }

    fn token(&mut self, len: usize) {
        self.start.get_or_insert(self.at);
        self.at = (self.at + len).min(self.text.len());
        self.end = self.at;
    }

    fn quoted(&mut self, quote: u8, escapes: bool) {
        let escapes = escapes || (self.lexis.mysql && quote != b'`');
        let mut i = self.at + 1;
        while i < self.text.len() {
            let b = self.byte(i);
            if b == b'\\' && escapes {
                i += 2;
            } else if b == quote {
                i += 1;
                if self.byte(i) != quote {
                    break;
                }
                i += 1;
            } else {
                i += 1;
            }
        }
        self.token(i - self.at);
    }

    fn dollar(&mut self) {
        let mut i = self.at + 1;
        while is_word(self.byte(i)) {
            i += 1;
        }
        let tag = self.text.get(self.at..=i).unwrap_or_default();
        if self.byte(i) != b'$' || self.byte(self.at + 1).is_ascii_digit() {
            return self.token(1);
        }
        let body = i + 1;
        match find(self.text.get(body..).unwrap_or_default(), tag) {
            Some(n) => self.token(body + n + tag.len() - self.at),
            None => self.token(1),
        }
    }

    fn word(&mut self) {
        let mut i = self.at;
        while is_word(self.byte(i)) || (self.byte(i) == b'$' && i > self.at) {
            i += 1;
        }
        let raw = self.text.get(self.at..i).unwrap_or_default();
        if raw.eq_ignore_ascii_case(b"e") && self.byte(i) == b'\'' {
            self.token(1);
            return self.quoted(b'\'', true);
        }
        // Only short words are looked at; this keeps dumps of long texts cheap.
        if raw.len() <= 12 && (self.words.len() < 8 || self.body || raw.eq_ignore_ascii_case(b"stdin")) {
            let lower = String::from_utf8_lossy(raw).to_ascii_lowercase();
            if self.lexis.file && self.words.is_empty() && lower == "delimiter" && self.start.is_none() {
                let end = self.line_end(i);
                let new: Vec<u8> = self.text.get(i..end).unwrap_or_default().trim_ascii().to_vec();
                if !new.is_empty() && new.len() <= 4 {
                    self.delimiter = new;
                    self.at = end;
                    return;
                }
            }
            self.stdin |= lower == "stdin";
            self.block_word(&lower, i);
            if self.words.len() < 8 {
                let may_say_so = matches!(lower.as_str(), "trigger" | "procedure" | "function" | "event");
                self.body |= may_say_so && self.words.len() <= 5 && self.words.first().is_some_and(|w| w == "create");
                self.words.push(lower);
            }
        } else if self.words.len() < 8 {
            self.words.push(String::new());
        }
        self.token(i - self.at);
    }

    fn block_word(&mut self, word: &str, after: usize) {
        if !self.body {
            return;
        }
        match word {
            "begin" => self.depth += 1,
            // `END CASE` is one end, its second word opens nothing.
            "case" if self.depth > 0 && !self.after_end => self.depth += 1,
            "end" if self.depth > 0 => {
                let rest = self.text.get(after..(after + 24).min(self.text.len())).unwrap_or_default();
                let next: String = String::from_utf8_lossy(rest.trim_ascii_start())
                    .chars()
                    .take_while(char::is_ascii_alphabetic)
                    .collect();
                match next.to_ascii_lowercase().as_str() {
                    "if" | "loop" | "while" | "repeat" => {}
                    _ => self.depth -= 1,
                }
            }
            _ => {}
        }
        self.after_end = word == "end";
    }

    fn line_comment(&mut self, marker: usize) {
        let end = self.line_end(self.at);
        self.comment(self.at, self.at + marker, end, end);
        self.at = end;
    }

    fn block_comment(&mut self) {
        let lo = self.at;
        let mut depth = 1u32;
        let mut i = lo + 2;
        while i < self.text.len() && depth > 0 {
            match (self.byte(i), self.byte(i + 1)) {
                (b'*', b'/') => {
                    depth -= 1;
                    i += 2;
                }
                (b'/', b'*') if !self.lexis.mysql => {
                    depth += 1;
                    i += 2;
                }
                _ => i += 1,
            }
        }
        let hi = i.min(self.text.len());
        let inner = if depth == 0 { hi.saturating_sub(2) } else { hi };
        self.comment(lo, lo + 2, inner.max(lo + 2).min(hi), hi);
        self.at = hi;
    }

    fn comment(&mut self, lo: usize, body_lo: usize, body_hi: usize, hi: usize) {
        let body = self.text.get(body_lo..body_hi).unwrap_or_default();
        if let Some(down) = direction(body) {
            self.finish();
            self.down = down;
        }
        let trimmed = body.trim_ascii_start();
        if let Some(text) = trimmed.strip_prefix(b"purlin:") {
            let text_lo = body_hi - text.trim_ascii_start().len();
            let text_hi = text_lo + text.trim_ascii().len();
            self.out.comments.push(Comment { lo, hi, text_lo, text_hi });
        }
    }

    fn finish(&mut self) {
        if let Some(lo) = self.start.take() {
            self.out.pieces.push(Piece { lo, hi: self.end, down: self.down });
            let copy = self.lexis.file && self.stdin && self.words.first().is_some_and(|w| w == "copy");
            if copy {
                self.skip_rows();
            }
        }
        self.words.clear();
        self.body = false;
        self.stdin = false;
        self.depth = 0;
    }

    /// Skips the rows after `COPY .. FROM stdin;` up to `\.`, if that line exists.
    fn skip_rows(&mut self) {
        let mut line = self.line_end(self.at);
        while line < self.text.len() {
            let next = self.line_end(line + 1);
            if self.text.get(line + 1..next).unwrap_or_default().trim_ascii() == b"\\." {
                self.at = next;
                return;
            }
            line = next;
        }
    }
}

/// The way of what follows, where a comment is a marker of a migration tool: dbmate, goose, sql-migrate and others
/// keep both ways in one file.
fn direction(body: &[u8]) -> Option<bool> {
    let body = body.trim_ascii();
    if body.len() > 40 {
        return None;
    }
    let lower = body.to_ascii_lowercase();
    match lower.as_slice() {
        b"@undo" | b"//@undo" | b"down migration" => return Some(true),
        b"up migration" => return Some(false),
        _ => {}
    }
    for (prefix, down) in [
        (&b"migrate:down"[..], true),
        (b"migrate:up", false),
        (b"+goose down", true),
        (b"+goose up", false),
        (b"+migrate down", true),
        (b"+migrate up", false),
    ] {
        if lower.starts_with(prefix) {
            return Some(down);
        }
    }
    None
}

/// The first place of `needle`, found without going quadratic on texts of many dollars.
fn find(hay: &[u8], needle: &[u8]) -> Option<usize> {
    let first = *needle.first()?;
    let mut from = 0;
    while let Some(n) = hay.get(from..)?.iter().position(|&b| b == first) {
        let at = from + n;
        if hay.get(at..)?.starts_with(needle) {
            return Some(at);
        }
        from = at + 1;
    }
    None
}
