//! Words, texts and comments of a policy file, and where its declarations begin.
//!
//! The grammar stops at the first mistake and forgets comments. This small scanner knows only what both need:
//! texts end on their line, `#` begins a comment, braces nest. With it a file is cut into declarations before the
//! grammar is asked, comments survive formatting, and an error can say what stands around it.

/// Whether a character counts as blank; lawyers paste from word processors.
pub(crate) fn blank(c: char) -> bool {
    matches!(
        c,
        ' ' | '\t'
            | '\r'
            | '\n'
            | '\u{A0}'
            | '\u{FEFF}'
            | '\u{2007}'
            | '\u{2009}'
            | '\u{200B}'
            | '\u{202F}'
            | '\u{3000}'
    )
}

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A word, a dotted name, a path, a number or a date.
    Word,
    /// A text in quotes.
    Text,
    /// A text that does not end on its line.
    Unclosed,
    /// `{`.
    Open,
    /// `}`.
    Close,
    /// `,`.
    Comma,
    /// Anything else.
    Other,
}

/// A token and its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub kind: Kind,
    pub lo: u32,
    pub hi: u32,
    /// Whether it is the first on its line.
    pub first: bool,
    /// Width of the blank space before it, if it is the first on its line.
    pub indent: u32,
}

/// A comment and its bytes, from `#` to the end of its line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Comment {
    pub lo: u32,
    pub hi: u32,
    /// Whether it stands alone on its line.
    pub first: bool,
}

/// A scanned file.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scan {
    pub tokens: Vec<Token>,
    pub comments: Vec<Comment>,
}

/// Words that begin a declaration.
pub(crate) const DECLARATIONS: &[&str] = &[
    "purlin",
    "import",
    "controller",
    "category",
    "subject",
    "region",
    "recipient",
    "store",
    "audience",
    "guard",
    "transform",
    "purpose",
    "forbidden",
    "must",
    "should",
    "bind",
    "test",
    "waiver",
];

/// Words after which a declaration goes on.
const GOES_ON: &[&str] = &[
    "of",
    "with",
    "to",
    "in",
    "for",
    "as",
    "except",
    "given",
    "without",
    "unless",
    "outside",
    "after",
    "until",
    "narrows",
    "turns",
    "into",
    "or",
    "also",
    "longer",
    "than",
    "from",
    "not",
    "use",
    "uses",
    "share",
    "shares",
    "keep",
    "keeps",
    "show",
    "shows",
    "forbidden",
    "rights",
    "right",
    "dpo",
    "adequate",
    "and",
];

/// Words with which a declaration goes on.
const CONTINUES: &[&str] = &[
    "of", "with", "to", "in", "for", "as", "except", "given", "without", "unless", "outside", "after", "until",
    "narrows", "turns", "into", "or", "also", "longer", "than", "from", "not", "rights", "dpo", "adequate", "home",
    "special", "and", "use", "share", "keep", "show",
];

/// Scans a whole text.
pub(crate) fn scan(text: &str) -> Scan {
    let mut out = Scan::default();
    let mut chars = text.char_indices().peekable();
    let mut first = true;
    let mut indent = 0;
    while let Some((lo, c)) = chars.next() {
        if c == '\n' || c == '\r' {
            first = true;
            indent = 0;
            continue;
        }
        if blank(c) {
            // A byte order mark and a zero-width space have no width.
            indent += u32::from(!matches!(c, '\u{FEFF}' | '\u{200B}'));
            continue;
        }
        let mut hi = lo + c.len_utf8();
        if c == '#' {
            while let Some(&(at, d)) = chars.peek() {
                if d == '\n' || d == '\r' {
                    break;
                }
                hi = at + d.len_utf8();
                chars.next();
            }
            out.comments.push(Comment { lo: lo as u32, hi: hi as u32, first });
            first = false;
            continue;
        }
        let kind = match c {
            '{' => Kind::Open,
            '}' => Kind::Close,
            ',' => Kind::Comma,
            '"' | '\u{201C}' | '\u{201D}' | '\u{201E}' => {
                let mut kind = Kind::Unclosed;
                while let Some(&(at, d)) = chars.peek() {
                    if d == '\n' || d == '\r' {
                        break;
                    }
                    hi = at + d.len_utf8();
                    chars.next();
                    if if c == '"' { d == '"' } else { matches!(d, '\u{201C}' | '\u{201D}') } {
                        kind = Kind::Text;
                        break;
                    }
                }
                kind
            }
            c if word(c) => {
                hi = rest_of_word(text, lo);
                while chars.next_if(|&(at, _)| at < hi).is_some() {}
                Kind::Word
            }
            _ => Kind::Other,
        };
        out.tokens.push(Token { kind, lo: lo as u32, hi: hi as u32, first, indent });
        first = false;
    }
    out
}

fn word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// End of the word that begins at `lo`: `contact.email`, `crate::geo::locate`, `r#type`, `2027-03-31`, `31/03/2027`.
fn rest_of_word(text: &str, lo: usize) -> usize {
    let rest = text.get(lo..).unwrap_or("");
    let number = rest.starts_with(|c: char| c.is_ascii_digit());
    let mut hi = lo;
    let mut chars = rest.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|&(_, c)| c);
        let joins = |c: Option<char>| c.is_some_and(word);
        let inside = word(c)
            || (c == '.' && joins(next))
            || (matches!(c, '-' | '/') && number && joins(next))
            || (c == '#' && rest.get(at.saturating_sub(1)..at) == Some("r") && joins(next) && raw_start(rest, at));
        if inside {
            hi = lo + at + c.len_utf8();
        } else if c == ':' && next == Some(':') {
            chars.next();
            hi = lo + at + 2;
        } else {
            break;
        }
    }
    hi
}

/// Whether the `r` before the `#` at `at` begins a segment.
fn raw_start(rest: &str, at: usize) -> bool {
    at == 1 || rest.get(..at - 1).is_some_and(|before| before.ends_with(':') || before.ends_with('.'))
}

/// A declaration, or several on one line: tokens `from..to` of a [`Scan`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Chunk {
    pub from: usize,
    pub to: usize,
}

impl Scan {
    /// The bytes of a token in `text`.
    pub(crate) fn text<'t>(&self, text: &'t str, i: usize) -> &'t str {
        self.tokens.get(i).and_then(|t| text.get(t.lo as usize..t.hi as usize)).unwrap_or("")
    }

    /// The chunk of declarations that begins at token `from`: up to the next declaration outside of braces.
    pub(crate) fn chunk(&self, text: &str, from: usize) -> Chunk {
        let mut depth = 0u32;
        for i in from..self.tokens.len() {
            let Some(token) = self.tokens.get(i) else { break };
            if i > from && depth == 0 && self.begins(text, i, from) {
                return Chunk { from, to: i };
            }
            match token.kind {
                Kind::Open => depth += 1,
                Kind::Close if depth == 0 => return Chunk { from, to: i.max(from + 1) },
                Kind::Close => depth -= 1,
                _ => {}
            }
        }
        Chunk { from, to: self.tokens.len() }
    }

    /// Whether a declaration begins at token `i`, as far as line starts tell. `from` is where the one before began.
    fn begins(&self, text: &str, i: usize, from: usize) -> bool {
        let Some(token) = self.tokens.get(i) else { return false };
        if !token.first || token.kind != Kind::Word || self.is_open_before(text, i) {
            return false;
        }
        let word = self.text(text, i);
        if DECLARATIONS.contains(&word) || matches!(word, "allow" | "deny") {
            return true;
        }
        let start = self.tokens.get(from).map_or(0, |t| t.indent);
        token.indent <= start && !CONTINUES.contains(&word)
    }

    /// Whether the token before `i` asks for more.
    fn is_open_before(&self, text: &str, i: usize) -> bool {
        let Some(before) = i.checked_sub(1).and_then(|b| self.tokens.get(b).map(|t| (b, t))) else { return false };
        match before.1.kind {
            Kind::Comma => true,
            Kind::Word => {
                let word = self.text(text, before.0);
                GOES_ON.contains(&word) || (before.1.first && DECLARATIONS.contains(&word))
            }
            Kind::Text | Kind::Unclosed | Kind::Open | Kind::Close | Kind::Other => false,
        }
    }

    /// Inside `chunk`, the first token that looks like a declaration whose braces were forgotten before it: a
    /// declaration word that begins a line no further in than the chunk itself.
    pub(crate) fn forgotten(&self, text: &str, chunk: Chunk) -> Option<usize> {
        let start = self.tokens.get(chunk.from).map_or(0, |t| t.indent);
        (chunk.from + 1..chunk.to).find(|&i| {
            self.tokens.get(i).is_some_and(|t| t.first && t.kind == Kind::Word && t.indent <= start)
                && DECLARATIONS.contains(&self.text(text, i))
                && !self.is_open_before(text, i)
        })
    }

    /// Deepest nesting of braces in a chunk.
    pub(crate) fn depth(&self, chunk: Chunk) -> u32 {
        let (mut depth, mut most) = (0u32, 0);
        for token in self.tokens.get(chunk.from..chunk.to).unwrap_or(&[]) {
            match token.kind {
                Kind::Open => depth += 1,
                Kind::Close => depth = depth.saturating_sub(1),
                _ => {}
            }
            most = most.max(depth);
        }
        most
    }

    /// End of the last token that ends at or before `hi`, and not before `lo`.
    pub(crate) fn trimmed(&self, lo: u32, hi: u32) -> u32 {
        let after = self.tokens.partition_point(|t| t.hi <= hi);
        after.checked_sub(1).and_then(|i| self.tokens.get(i)).map_or(hi, |t| if t.hi > lo { t.hi } else { hi })
    }

    /// The token that covers or follows byte `at`.
    pub(crate) fn at(&self, at: u32) -> usize {
        self.tokens.partition_point(|t| t.hi <= at)
    }
}
