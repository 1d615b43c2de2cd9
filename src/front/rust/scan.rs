//! One pass over the bytes of a Rust file before anything else reads it: how high its tree will be, where `purlin`
//! comments stand, and what need not be read ([`super::unread`]).
//!
//! The parser, the lowering and the dropping of trees recurse, so a file of 100,000 brackets, `!`s or `<`s would
//! end the process without a word. The height is estimated from tokens alone, in units of about one KiB of stack,
//! on the high side: per bracket level, the greatest sum over the segments between `,` and `;`.

use super::unread::Items;

/// Cost of one bracket level.
const BRACKET: u32 = 16;
/// Cost of one `<` that may open generic arguments.
const ANGLE: u32 = 16;
/// Cost of an operator in front of its operand.
const PREFIX: u32 = 12;
/// Cost of `else` and of keywords that nest to the right.
const WORD: u32 = 6;
/// Cost of an operator, `.`, `::`, call or index after an operand.
const LINK: u32 = 1;

/// Words that begin an item and, behind `}`, nothing else.
const ITEMS: [&[u8]; 14] = [
    b"pub", b"use", b"fn", b"struct", b"enum", b"impl", b"trait", b"mod", b"const", b"static", b"type", b"extern",
    b"async", b"unsafe",
];

/// What was seen.
#[derive(Debug, Default)]
pub(super) struct Scan {
    /// Height in units.
    pub height: u32,
    /// Byte where the height was first above the limit.
    pub too_high_at: Option<u32>,
    /// Comments that mention `purlin`: first byte, byte after the last.
    pub comments: Vec<(u32, u32)>,
    /// What need not be read, in order: first byte, byte after the last. Only where no comment mentions `purlin`.
    pub unread: Vec<(u32, u32)>,
    /// Height above the call of a macro, of that where it is greatest; only where it was asked for.
    pub reach: u32,
    /// Where the last word stands that may begin an import of the file itself.
    pub imports: u32,
    /// Bytes after an item of the file itself behind which another one begins for sure, in order.
    pub ends: Vec<u32>,
}

/// One bracket level.
#[derive(Default)]
struct Level {
    /// Cost of links in the running segment.
    links: u32,
    /// Height of the highest group in the running segment.
    child: u32,
    /// `<` not yet closed.
    angles: u32,
    /// Greatest segment so far.
    best: u32,
    /// The items in it.
    items: Items,
}

impl Level {
    fn height(&self) -> u32 {
        self.links.saturating_add(self.child).saturating_add(self.angles.saturating_mul(ANGLE))
    }

    /// Height of the running segment without the groups in it.
    fn above(&self) -> u32 {
        self.links.saturating_add(self.angles.saturating_mul(ANGLE))
    }

    fn end_segment(&mut self) {
        self.best = self.best.max(self.height());
        self.links = 0;
        self.child = 0;
    }

    fn end_statement(&mut self) {
        self.end_segment();
        self.angles = 0;
        self.items.end();
    }
}

/// What the last token was, as far as an operator's side depends on it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    /// The end of an operand: name, literal.
    Operand,
    /// `)`, `]` or `?`.
    Close,
    /// `}`: perhaps the end of a statement.
    Brace,
    /// Anything else.
    Other,
}

struct Scanner<'t> {
    bytes: &'t [u8],
    at: usize,
    limit: u32,
    levels: Vec<Level>,
    level: Level,
    before: Before,
    /// Whether the last word was `else`.
    after_else: bool,
    /// Whether the height above calls of macros is asked for.
    calls: bool,
    /// Whether comments that mention `purlin` are asked for.
    notes: bool,
    /// Where a `;` or `}` of the file itself ends, if it was the last token.
    ended: Option<u32>,
    out: Scan,
}

/// Scans `text`. Comments are looked for only where `notes` is set.
pub(super) fn scan(text: &str, limit: u32, notes: bool) -> Scan {
    run(text, limit, notes, false)
}

/// As [`scan`], for what a macro wrote: also how high it is above the calls in it, which are still to be expanded.
pub(super) fn scan_calls(text: &str, limit: u32) -> Scan {
    run(text, limit, false, true)
}

fn run(text: &str, limit: u32, notes: bool, calls: bool) -> Scan {
    let mut scanner = Scanner {
        bytes: text.as_bytes(),
        at: 0,
        limit,
        levels: Vec::new(),
        level: Level::default(),
        before: Before::Other,
        after_else: false,
        calls,
        notes,
        ended: None,
        out: Scan::default(),
    };
    scanner.run();
    while let Some(outer) = scanner.levels.pop() {
        scanner.close(outer);
    }
    scanner.level.end_statement();
    scanner.out.height = scanner.out.height.max(scanner.level.best);
    if scanner.out.height > limit && scanner.out.too_high_at.is_none() {
        scanner.out.too_high_at = Some(text.len() as u32);
    }
    scanner.out
}

impl Scanner<'_> {
    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    /// Goes on to the first byte that is not one of these.
    #[inline]
    fn skip(&mut self, these: impl Fn(u8) -> bool) {
        let rest = self.bytes.get(self.at..).unwrap_or(&[]);
        self.at += rest.iter().position(|&b| !these(b)).unwrap_or(rest.len());
    }

    fn run(&mut self) {
        while let Some(&b) = self.bytes.get(self.at) {
            match b {
                b' ' | b'\t' | b'\r' | b'\n' => self.skip(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n')),
                b'/' if matches!(self.peek(1), b'/' | b'*') => self.comment(),
                _ if self.ended.is_some() => self.follow(),
                b'"' => self.quoted(),
                b'\'' => self.tick(),
                b'(' | b'[' | b'{' => self.open(b),
                b')' | b']' | b'}' => self.shut(b),
                b'0'..=b'9' => self.number(),
                b if b == b'_' || b.is_ascii_alphabetic() || b >= 0x80 => self.word(),
                _ => self.punct(b),
            }
        }
    }

    /// The token behind the end of an item.
    fn follow(&mut self) {
        let rest = self.bytes.get(self.at..).unwrap_or(&[]);
        let word = rest.iter().position(|b| !is_name(*b)).map_or(rest, |len| &rest[..len]);
        let begins = rest.starts_with(b"#") || ITEMS.contains(&word);
        self.out.ends.extend(self.ended.take().filter(|_| begins));
    }

    fn comment(&mut self) {
        let lo = self.at;
        if self.peek(1) == b'/' {
            self.skip(|b| b != b'\n');
            let after = self.bytes.get(lo + 2..self.at).unwrap_or(&[]);
            let documents = after.starts_with(b"!") || after.starts_with(b"/") && !after.starts_with(b"//");
            if documents && self.level.items.comments_mean_nothing() {
                self.leave_out(lo, self.at);
            }
        } else {
            let mut depth = 0u32;
            while self.at < self.bytes.len() {
                match (self.bytes[self.at], self.peek(1)) {
                    (b'/', b'*') => {
                        depth += 1;
                        self.at += 2;
                    }
                    (b'*', b'/') => {
                        depth -= 1;
                        self.at += 2;
                        if depth == 0 {
                            break;
                        }
                    }
                    _ => self.at += 1,
                }
            }
            self.at = self.at.min(self.bytes.len());
        }
        if self.notes && self.bytes[lo..self.at].windows(6).any(|w| w == b"purlin") {
            self.out.comments.push((lo as u32, self.at as u32));
        }
    }

    /// Notes what need not be read, and forgets what lies in it.
    fn leave_out(&mut self, lo: usize, hi: usize) {
        if self.notes {
            return;
        }
        let unread = &mut self.out.unread;
        unread.truncate(unread.partition_point(|(before, _)| (*before as usize) < lo));
        unread.push((lo as u32, hi as u32));
    }

    /// A string that begins with `"` here.
    fn quoted(&mut self) {
        self.at += 1;
        loop {
            self.skip(|b| b != b'\\' && b != b'"');
            match self.peek(0) {
                b'\\' => self.at += 2,
                _ => break,
            }
        }
        self.at = (self.at + 1).min(self.bytes.len());
        self.operand();
    }

    /// A raw string: `#`s and `"` here.
    fn raw(&mut self) {
        let hashes = self.bytes[self.at..].iter().take_while(|&&b| b == b'#').count();
        self.at += hashes + 1;
        while let Some(&b) = self.bytes.get(self.at) {
            self.at += 1;
            if b == b'"' && self.bytes[self.at..].iter().take(hashes).filter(|&&b| b == b'#').count() == hashes {
                self.at += hashes;
                break;
            }
        }
        self.operand();
    }

    /// A character or a lifetime.
    fn tick(&mut self) {
        self.at += 1;
        if self.peek(0) == b'\\' {
            self.at += 2;
            while self.at < self.bytes.len() && self.bytes[self.at] != b'\'' {
                self.at += 1;
            }
            self.at += 1;
            return self.operand();
        }
        let lo = self.at;
        self.at += 1;
        while matches!(self.peek(0), 0x80..=0xbf) {
            self.at += 1;
        }
        if self.peek(0) == b'\'' {
            self.at += 1;
            return self.operand();
        }
        self.at = lo;
        self.skip(is_name);
        self.before = Before::Other;
    }

    fn number(&mut self) {
        while is_name(self.peek(0)) || (self.peek(0) == b'.' && self.peek(1).is_ascii_digit()) {
            self.at += 1;
        }
        self.operand();
    }

    fn word(&mut self) {
        let lo = self.at;
        self.skip(is_name);
        if self.at - lo > 6 {
            self.after_else = false;
            return self.operand();
        }
        match (&self.bytes[lo..self.at], self.peek(0), self.peek(1)) {
            (b"b" | b"c", b'"', _) => return self.quoted(),
            (b"b", b'\'', _) => return self.tick(),
            (b"r" | b"br" | b"cr", b'"', _) => return self.raw(),
            (b"br" | b"cr", b'#', _) | (b"r", b'#', b'"' | b'#') => return self.raw(),
            (b"r", b'#', _) => {
                self.at += 1;
                self.skip(is_name);
                return self.operand();
            }
            _ => {}
        }
        match &self.bytes[lo..self.at] {
            b"else" => {
                self.cost(WORD);
                self.before = Before::Other;
                self.after_else = true;
                return;
            }
            b"if" if self.after_else => self.before = Before::Other,
            b"return" | b"break" | b"yield" | b"let" | b"box" | b"become" | b"in" | b"move" | b"mut" | b"dyn"
            | b"impl" | b"if" | b"while" | b"match" | b"async" | b"unsafe" | b"loop" | b"for" | b"static" => {
                self.settle();
                self.cost(WORD);
                self.before = Before::Other;
            }
            b"as" => {
                self.cost(LINK);
                self.before = Before::Other;
            }
            _ => self.operand(),
        }
        if self.levels.is_empty() && matches!(&self.bytes[lo..self.at], b"use" | b"extern") {
            self.out.imports = lo as u32;
        }
        self.level.items.word(&self.bytes[lo..self.at]);
        self.after_else = false;
    }

    /// After `}`, a token that cannot continue the expression begins a new statement.
    fn settle(&mut self) {
        if self.before == Before::Brace {
            self.level.end_statement();
        }
    }

    fn operand(&mut self) {
        self.settle();
        self.before = Before::Operand;
    }

    fn cost(&mut self, units: u32) {
        self.level.links = self.level.links.saturating_add(units);
        if self.level.links > self.limit && self.out.too_high_at.is_none() {
            self.out.too_high_at = Some(self.at as u32);
        }
    }

    fn open(&mut self, b: u8) {
        let called = || self.bytes.get(..self.at).is_some_and(|before| before.trim_ascii_end().ends_with(b"!"));
        if self.calls && called() {
            let above: u32 = self.levels.iter().chain([&self.level]).map(|l| l.above().saturating_add(BRACKET)).sum();
            self.out.reach = self.out.reach.max(above);
        }
        match self.before {
            Before::Other => {}
            _ if b == b'{' => self.settle(),
            // `f()()`: calls of calls recurse, calls of names do not.
            Before::Close | Before::Brace if b == b'(' => self.cost(PREFIX),
            _ => self.cost(LINK),
        }
        let items = self.level.items.inner(&self.bytes[..self.at], b);
        self.at += 1;
        self.before = Before::Other;
        self.levels.push(std::mem::replace(&mut self.level, Level { items, ..Level::default() }));
        let floor = self.levels.len() as u32;
        if floor.saturating_mul(BRACKET) > self.limit && self.out.too_high_at.is_none() {
            self.out.too_high_at = Some(self.at as u32 - 1);
        }
    }

    fn shut(&mut self, b: u8) {
        if let Some(lo) = self.level.items.left_out(&self.bytes[..self.at]) {
            self.leave_out(lo, self.at);
        }
        self.at += 1;
        if let Some(outer) = self.levels.pop() {
            self.close(outer);
        }
        self.before = if b == b'}' { Before::Brace } else { Before::Close };
        self.ended = (b == b'}' && self.levels.is_empty()).then_some(self.at as u32);
    }

    fn close(&mut self, outer: Level) {
        self.level.end_statement();
        let height = self.level.best.saturating_add(BRACKET);
        self.level = outer;
        self.level.child = self.level.child.max(height);
        self.out.height = self.out.height.max(self.level.height());
        if self.out.height > self.limit && self.out.too_high_at.is_none() {
            self.out.too_high_at = Some(self.at.saturating_sub(1) as u32);
        }
    }

    fn punct(&mut self, b: u8) {
        let next = self.peek(1);
        self.at += 1;
        match b {
            b';' => {
                self.level.end_statement();
                self.ended = self.levels.is_empty().then_some(self.at as u32);
            }
            b',' => self.level.end_segment(),
            b'.' if next == b'.' => {
                self.at += 1 + usize::from(matches!(self.peek(1), b'.' | b'='));
                self.cost(LINK);
            }
            b'=' if next == b'>' => {
                self.at += 1;
                self.level.end_statement();
            }
            b'-' if next == b'>' => {
                self.at += 1;
                self.cost(PREFIX);
            }
            b'<' if !matches!(next, b'=' | b'<') => {
                self.level.angles = self.level.angles.saturating_add(1);
                if self.level.angles.saturating_mul(ANGLE) > self.limit && self.out.too_high_at.is_none() {
                    self.out.too_high_at = Some(self.at as u32 - 1);
                }
            }
            b'<' if next == b'<' => {
                self.level.angles = self.level.angles.saturating_add(1);
            }
            b'>' => self.level.angles = self.level.angles.saturating_sub(1),
            b'#' => {
                self.settle();
                if let Some(text) = self.bytes.get(self.at..).and_then(|rest| rest.strip_prefix(b"[")) {
                    self.level.items.attribute(text);
                }
            }
            b'.' | b'?' => self.cost(LINK),
            b':' => {
                self.level.items.sign();
                self.cost(LINK);
            }
            b'=' if next != b'=' => {
                self.level.items.sign();
                self.cost(WORD);
            }
            b'@' => self.cost(WORD),
            _ if matches!(self.before, Before::Operand | Before::Close) => {
                // `&&`, `||`, `==`, `+=`
                if next == b'=' || (next == b && matches!(b, b'&' | b'|')) {
                    self.at += 1;
                }
                self.cost(LINK);
            }
            _ => self.cost(PREFIX),
        }
        // `>` may close generic arguments.
        self.before = match b {
            b'?' => Before::Close,
            b'>' => Before::Operand,
            _ => Before::Other,
        };
    }
}

/// Bytes of names.
const NAME: [bool; 256] = {
    let mut table = [false; 256];
    let mut b = 0;
    while b < 256 {
        table[b] = b >= 0x80 || b == b'_' as usize || (b as u8).is_ascii_alphanumeric();
        b += 1;
    }
    table
};

pub(super) fn is_name(b: u8) -> bool {
    NAME[b as usize]
}
