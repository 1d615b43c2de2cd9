//! The part of the language that says what messages look like.

/// How deep messages may stand in one another.
const DEPTH: usize = 32;

/// A file.
#[derive(Debug, Default)]
pub(super) struct File<'t> {
    pub package: &'t str,
    pub messages: Vec<Message<'t>>,
    pub enums: Vec<Enum<'t>>,
    pub serves: bool,
}

#[derive(Debug, Default)]
pub(super) struct Message<'t> {
    pub name: &'t str,
    pub fields: Vec<Field<'t>>,
    pub choices: Vec<(&'t str, Vec<Field<'t>>)>,
    pub messages: Vec<Message<'t>>,
    pub enums: Vec<Enum<'t>>,
}

#[derive(Debug)]
pub(super) struct Enum<'t> {
    pub name: &'t str,
    pub values: Vec<&'t str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Label {
    /// None is written: a number or a text is there, a message may be.
    Plain,
    Optional,
    Required,
    Repeated,
}

#[derive(Debug)]
pub(super) struct Field<'t> {
    pub name: &'t str,
    pub label: Label,
    /// Of a map that of its keys.
    pub key: Option<&'t str>,
    pub ty: &'t str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token<'t> {
    /// A name, with the points in it; a number.
    Word(&'t str),
    Text,
    Mark(char),
}

/// Parses a file; what package it is of, if it says so, where it cannot be read.
pub(super) fn file(text: &str) -> Result<File<'_>, Option<&str>> {
    let mut package = None;
    let tokens = tokens(text);
    let mut parser = Parser { tokens: &tokens };
    parser.file(&mut package).ok_or(package)
}

/// The tokens of a text, without comments.
fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let until = |end: &str| rest.find(end).map_or(rest.len(), |i| i + end.len());
        let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.');
        let length = match c {
            _ if rest.starts_with("//") => until("\n"),
            _ if rest.starts_with("/*") => until("*/"),
            '"' | '\'' => {
                out.push(Token::Text);
                closed(rest, c)
            }
            c if is_word(c) => {
                let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
                out.push(Token::Word(&rest[..end]));
                end
            }
            c if c.is_whitespace() || c == '\u{FEFF}' => c.len_utf8(),
            c => {
                out.push(Token::Mark(c));
                c.len_utf8()
            }
        };
        rest = &rest[length..];
    }
    out
}

/// How long a text in quotes is.
fn closed(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (i, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return i + c.len_utf8(),
            _ => {}
        }
    }
    text.len()
}

struct Parser<'a, 't> {
    tokens: &'a [Token<'t>],
}

impl<'t> Parser<'_, 't> {
    fn next(&mut self) -> Option<Token<'t>> {
        let (first, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        Some(*first)
    }

    fn takes(&mut self, mark: char) -> bool {
        let is = self.tokens.first() == Some(&Token::Mark(mark));
        if is {
            self.next();
        }
        is
    }

    fn mark(&mut self, mark: char) -> Option<()> {
        self.takes(mark).then_some(())
    }

    fn word(&mut self) -> Option<&'t str> {
        if let Token::Word(word) = self.next()? { Some(word) } else { None }
    }

    /// Whether a block of a name follows.
    fn is_block(&self) -> bool {
        matches!(self.tokens, [Token::Word(_), Token::Mark('{'), ..])
    }

    /// Passes a statement: to its end, or that of its block.
    fn pass(&mut self) -> Option<()> {
        let mut depth = 0_usize;
        loop {
            match self.next()? {
                Token::Mark('{') => depth += 1,
                Token::Mark('}') => {
                    depth = depth.checked_sub(1)?;
                    if depth == 0 {
                        return Some(());
                    }
                }
                Token::Mark(';') if depth == 0 => return Some(()),
                _ => {}
            }
        }
    }

    fn file(&mut self, package: &mut Option<&'t str>) -> Option<File<'t>> {
        let mut out = File::default();
        while let Some(token) = self.next() {
            match token {
                Token::Mark(';') => {}
                Token::Word("package") => {
                    out.package = self.word()?;
                    *package = Some(out.package);
                    self.mark(';')?;
                }
                Token::Word("message") => out.messages.push(self.message(0)?),
                Token::Word("enum") => out.enums.push(self.enum_()?),
                Token::Word("service") => {
                    out.serves = true;
                    self.pass()?;
                }
                Token::Word("syntax" | "edition" | "import" | "option" | "extend") => self.pass()?,
                _ => return None,
            }
        }
        Some(out)
    }

    fn message(&mut self, depth: usize) -> Option<Message<'t>> {
        let mut out = Message { name: self.word()?, ..Message::default() };
        self.mark('{')?;
        if depth > DEPTH {
            return None;
        }
        while !self.takes('}') {
            if self.takes(';') {
                continue;
            }
            match self.word()? {
                "message" if self.is_block() => out.messages.push(self.message(depth + 1)?),
                "enum" if self.is_block() => out.enums.push(self.enum_()?),
                "oneof" if self.is_block() => out.choices.push(self.choice()?),
                "option" | "reserved" | "extensions" | "extend" => self.pass()?,
                "map" if self.takes('<') => {
                    let key = self.word()?;
                    self.mark(',')?;
                    let ty = self.word()?;
                    self.mark('>')?;
                    out.fields.push(self.field(Label::Plain, Some(key), ty)?);
                }
                label @ ("optional" | "required" | "repeated") => {
                    let label = match label {
                        "optional" => Label::Optional,
                        "required" => Label::Required,
                        _ => Label::Repeated,
                    };
                    let ty = self.word().filter(|ty| *ty != "group")?;
                    out.fields.push(self.field(label, None, ty)?);
                }
                ty => out.fields.push(self.field(Label::Plain, None, ty)?),
            }
        }
        Some(out)
    }

    fn choice(&mut self) -> Option<(&'t str, Vec<Field<'t>>)> {
        let (name, mut fields) = (self.word()?, Vec::new());
        self.mark('{')?;
        while !self.takes('}') {
            if self.takes(';') {
                continue;
            }
            match self.word()? {
                "option" => self.pass()?,
                "group" => return None,
                ty => fields.push(self.field(Label::Required, None, ty)?),
            }
        }
        Some((name, fields))
    }

    /// A field behind its type: `name = 1 [..];`.
    fn field(&mut self, label: Label, key: Option<&'t str>, ty: &'t str) -> Option<Field<'t>> {
        let name = self.word()?;
        self.mark('=')?;
        self.word()?;
        self.options()?;
        Some(Field { name, label, key, ty })
    }

    /// What stands between a number and the end of the line.
    fn options(&mut self) -> Option<()> {
        if self.tokens.first() == Some(&Token::Mark('[')) {
            let mut depth = 0_usize;
            loop {
                match self.next()? {
                    Token::Mark('[' | '{') => depth += 1,
                    Token::Mark(']' | '}') => depth = depth.checked_sub(1)?,
                    _ => {}
                }
                if depth == 0 {
                    break;
                }
            }
        }
        self.mark(';')
    }

    fn enum_(&mut self) -> Option<Enum<'t>> {
        let mut out = Enum { name: self.word()?, values: Vec::new() };
        self.mark('{')?;
        while !self.takes('}') {
            if self.takes(';') {
                continue;
            }
            match self.word()? {
                "option" | "reserved" => self.pass()?,
                name => {
                    self.mark('=')?;
                    self.takes('-');
                    self.word()?;
                    self.options()?;
                    out.values.push(name);
                }
            }
        }
        Some(out)
    }
}
