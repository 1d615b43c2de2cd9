//! Templates of Askama: which names of what they are given they show.
//!
//! What a template shows is told by names alone: those that stand in its code. That is more than it shows where a name
//! is that of several fields, and never less: where a value may be shown in another way, nothing is told.

mod blocks;
pub mod code;
pub mod ways;

use std::collections::{BTreeMap, BTreeSet};

use crate::ir::Name;
use crate::limits::TEMPLATE_NESTING;

/// What a template names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// All names in its code.
    pub words: BTreeSet<Name>,
    /// Those of which all is shown, as they show themselves.
    pub shown: BTreeSet<Name>,
    /// Those that are handed on as they are.
    pub whole: BTreeSet<Name>,
    /// Variables that it binds itself, and parameters of its macros, with what they are had of.
    pub bound: BTreeMap<Name, BTreeSet<Source>>,
    /// Methods that it calls, and not only to ask something of what they give.
    pub called: BTreeSet<Name>,
    /// Templates that it includes, extends or imports.
    pub others: Vec<String>,
    /// It has code that is not understood.
    pub opaque: bool,
}

/// What a variable is had of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// A variable or field, as it is.
    Name(Name),
    /// A variable or field, by way of a function.
    Through(Name),
    /// What a macro of this name is given.
    Macro(Name),
}

/// Where the template of a type is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// In a file below a folder of templates.
    File(String),
    /// In the attribute.
    Here(String),
}

/// What `#[template(..)]` says; nothing if it is of a syntax of its own.
#[must_use]
pub fn origin(attribute: &str) -> Option<Origin> {
    let mut out = None;
    let mut rest = attribute;
    while let Some((key, after)) = rest.split_once('=') {
        let key = key.trim_start_matches([',', ' ', '\n', '\t', '\r']).trim();
        let (text, after) = literal(after.trim_start())?;
        match key {
            "path" => out = Some(Origin::File(text)),
            "source" => out = Some(Origin::Here(text)),
            "syntax" | "config" => return None,
            _ => {}
        }
        rest = after;
    }
    out
}

/// A literal at the beginning of a text, and what follows it.
fn literal(text: &str) -> Option<(String, &str)> {
    if let Some(raw) = text.strip_prefix('r') {
        let hashes = raw.len() - raw.trim_start_matches('#').len();
        let end = format!("\"{}", "#".repeat(hashes));
        let (text, rest) = raw.get(hashes..)?.strip_prefix('"')?.split_once(&end)?;
        return Some((text.to_owned(), rest));
    }
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(',').unwrap_or(text.len());
        return Some((text.get(..end)?.to_owned(), text.get(end..)?));
    };
    let mut out = String::new();
    let mut chars = quoted.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((out, quoted.get(at + 1..)?)),
            '\\' => out.push(chars.next()?.1),
            c => out.push(c),
        }
    }
    None
}

/// Reads a template.
#[must_use]
pub fn read(text: &str) -> Named {
    let mut reader = Reader::default();
    for tag in (Tags { rest: text, quotes: Quotes::Char }) {
        reader.out.opaque |= !tag.ends;
        match tag.opening {
            "{{" => reader.printed(tag.code),
            "{%" => reader.tag(tag.code),
            _ => {}
        }
    }
    reader.out
}

/// What stands between single quotes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Quotes {
    /// A character, as in Rust: what has no second quote behind one is no literal.
    Char,
    /// A text.
    Text,
}

/// The tags of a template, in their order.
struct Tags<'t> {
    /// What stands behind the last one.
    rest: &'t str,
    /// How literals are written in them.
    quotes: Quotes,
}

/// A tag.
struct Tag<'t> {
    /// `{{`, `{%` or `{#`.
    opening: &'t str,
    /// What stands in it.
    code: &'t str,
    /// Whether it has an end; else all that follows stands in it.
    ends: bool,
}

impl<'t> Iterator for Tags<'t> {
    type Item = Tag<'t>;

    fn next(&mut self) -> Option<Tag<'t>> {
        let at = tag_in(self.rest)?;
        let (opening, code) = self.rest.get(at..).and_then(|r| r.split_at_checked(2)).unwrap_or_default();
        let end = match opening {
            "{{" => outside(code, self.quotes, |c| c.starts_with("}}")),
            "{%" => outside(code, self.quotes, |c| c.starts_with("%}")),
            _ => code.find("#}"),
        };
        let (code, after) = end.and_then(|end| code.split_at_checked(end)).unwrap_or((code, ""));
        self.rest = after.get(2..).unwrap_or_default();
        Some(Tag { opening, code: code.trim_matches(['-', '+', '~']).trim(), ends: end.is_some() })
    }
}

/// Where the next tag begins.
fn tag_in(text: &str) -> Option<usize> {
    let mut braces = text.match_indices('{').map(|(at, _)| at);
    braces.find(|at| matches!(text.as_bytes().get(at + 1), Some(b'{' | b'%' | b'#')))
}

/// Where something is found in code, outside of its literals.
fn outside(code: &str, quotes: Quotes, is_it: impl Fn(&str) -> bool) -> Option<usize> {
    let mut at = 0;
    while let Some(rest) = code.get(at..).filter(|r| !r.is_empty()) {
        if is_it(rest) {
            return Some(at);
        }
        at += quoted(rest, quotes).unwrap_or_else(|| rest.chars().next().map_or(1, char::len_utf8));
    }
    None
}

/// How long the literal is that a text begins with: a string or a character.
fn quoted(text: &str, quotes: Quotes) -> Option<usize> {
    if text.starts_with('"') {
        return Some(text.len() - literal(text)?.1.len());
    }
    let mut chars = text.strip_prefix('\'')?.char_indices();
    if quotes == Quotes::Text {
        while let Some((at, c)) = chars.next() {
            match c {
                '\'' => return Some(at + 2),
                '\\' => drop(chars.next()),
                _ => {}
            }
        }
        return None;
    }
    let (_, first) = chars.next()?;
    if first == '\\' {
        chars.next();
    }
    let (at, close) = chars.next()?;
    (close == '\'').then_some(at + 2)
}

/// What stands between these characters in code, outside of its texts and of brackets of these kinds.
fn parts<'c>(code: &'c str, between: impl Fn(char) -> bool, brackets: &str) -> Vec<&'c str> {
    let (mut out, mut from, mut at) = (Vec::new(), 0, 0);
    while let Some(c) = code.get(at..).and_then(|rest| rest.chars().next()) {
        let rest = code.get(at..).unwrap_or_default();
        if between(c) {
            out.extend(code.get(from..at));
            from = at + c.len_utf8();
        }
        at += match brackets.contains(c) {
            true => closing(rest, Quotes::Text).map_or(rest.len(), |end| end + 1),
            false => quoted(rest, Quotes::Text).unwrap_or(c.len_utf8()),
        };
    }
    out.extend(code.get(from..));
    out
}

/// Where a bracket closes that a text begins with.
fn closing(text: &str, quotes: Quotes) -> Option<usize> {
    let depth = std::cell::Cell::new(0_usize);
    outside(text, quotes, |rest| {
        match rest.chars().next() {
            Some('(' | '[' | '{') => depth.set(depth.get() + 1),
            Some(')' | ']' | '}') => depth.set(depth.get().saturating_sub(1)),
            _ => return false,
        }
        depth.get() == 0
    })
}

/// What is done with what an expression gives.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    /// It is looked at.
    Asked,
    /// It is handed on, as it is or by way of a function.
    Whole,
}

/// A template as far as it is read.
#[derive(Default)]
struct Reader {
    out: Named,
    /// What the `match`es around are about.
    matched: Vec<BTreeSet<Source>>,
    /// How many brackets are around what is read.
    nested: usize,
}

impl Reader {
    /// An expression whose value is shown.
    fn printed(&mut self, code: &str) {
        let sources = self.sources(unfiltered(code));
        self.hand_on(sources);
    }

    fn hand_on(&mut self, sources: BTreeSet<Source>) {
        for source in sources {
            match source {
                Source::Name(n) => self.out.shown.insert(n),
                Source::Through(n) | Source::Macro(n) => self.out.whole.insert(n),
            };
        }
    }

    fn tag(&mut self, code: &str) {
        let end = code.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(code.len());
        let (word, rest) = code.split_at(end);
        let rest = rest.trim();
        match word {
            "include" | "extends" | "import" => match literal(rest) {
                Some((path, _)) => self.out.others.push(path),
                None => self.out.opaque = true,
            },
            "call" => self.call(rest),
            "for" => {
                let is_in = |c: &str| c.strip_prefix(" in").is_some_and(|r| r.starts_with([' ', '(', '[', '&']));
                let at = outside(rest, Quotes::Char, is_in).unwrap_or(rest.len());
                let (pattern, over) = rest.split_at(at);
                self.bind(pattern, over.get(3..).unwrap_or_default());
            }
            "let" | "set" | "if" | "elif" | "else" => match assigned(rest, Quotes::Char) {
                // Also `if let Some(x) = y`, `else if ..`.
                Some((pattern, value)) => self.bind(pattern, value),
                None if matches!(word, "let" | "set") => self.out.opaque |= !rest.is_empty(),
                None => drop(self.expression(rest, Use::Asked)),
            },
            "match" => {
                let sources = self.sources(rest);
                self.matched.push(sources);
            }
            "endmatch" => drop(self.matched.pop()),
            "when" => {
                let sources = self.matched.last().cloned().unwrap_or_default();
                self.bound(rest, &sources);
            }
            "macro" => {
                let (name, params) = rest.split_once('(').unwrap_or((rest, ""));
                self.bound(params, &[Source::Macro(name.trim().into())].into());
                self.sources(params);
            }
            "filter" => self.out.opaque |= rest.contains('('),
            _ => drop(self.expression(rest, Use::Asked)),
        }
    }

    /// A call of a macro.
    fn call(&mut self, rest: &str) {
        let (path, args) = rest.split_once('(').unwrap_or((rest, ""));
        let name = path.rsplit("::").next().unwrap_or(path).trim();
        // `call(x) list(..)`: what stands inside of it is given something back.
        self.out.opaque |= name.is_empty();
        let sources = self.sources(args.trim_end().trim_end_matches(')'));
        self.out.bound.entry(macro_name(name)).or_default().extend(sources);
    }

    fn bind(&mut self, pattern: &str, value: &str) {
        let sources = self.sources(value);
        self.bound(pattern, &sources);
    }

    /// Names of a pattern or of parameters.
    fn bound(&mut self, pattern: &str, sources: &BTreeSet<Source>) {
        let names = pattern.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|n| !n.is_empty());
        let taken_apart = pattern.contains(['(', '[', '{', ',']);
        for name in names {
            self.out.words.insert(name.into());
            let of = self.out.bound.entry(name.into()).or_default();
            of.extend(sources.iter().cloned().map(|s| match s {
                Source::Name(n) if taken_apart => Source::Through(n),
                s => s,
            }));
        }
    }

    /// What the value of an expression is had of.
    fn sources(&mut self, code: &str) -> BTreeSet<Source> {
        let code = code.trim();
        let plain = code.trim_start_matches('&');
        let is_plain = !plain.is_empty() && plain.chars().all(|c| c.is_alphanumeric() || "_.".contains(c));
        let names = self.expression(code, Use::Whole).into_iter();
        names.map(|n| if is_plain { Source::Name(n) } else { Source::Through(n) }).collect()
    }

    /// Notes the names of an expression; those that it gives as they are.
    fn expression(&mut self, code: &str, to: Use) -> BTreeSet<Name> {
        let mut out = BTreeSet::new();
        // The last name of the chain at hand, and whether a value stands before.
        let (mut last, mut value): (Option<Name>, bool) = (None, false);
        let mut dotted = false;
        let mut rest = code;
        while let Some(c) = rest.chars().next() {
            if let Some(long) = quoted(rest, Quotes::Char) {
                (last, value, dotted) = (None, true, false);
                rest = rest.get(long..).unwrap_or_default();
                continue;
            }
            if matches!(c, '(' | '[') {
                if self.nested == TEMPLATE_NESTING {
                    self.out.opaque = true;
                    return out;
                }
                let end = closing(rest, Quotes::Char).unwrap_or(rest.len());
                let within = rest.get(1..end).unwrap_or_default();
                self.nested += 1;
                out.extend(self.expression(within, to));
                self.nested -= 1;
                rest = rest.get(end + 1..).unwrap_or_default();
                (value, dotted) = (true, false);
                continue;
            }
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            if end == 0 {
                dotted = c == '.' && value && !rest.starts_with("..");
                if !dotted && !c.is_whitespace() && c != '?' {
                    (last, value) = (None, false);
                }
                rest = rest.get(c.len_utf8()..).unwrap_or_default();
                continue;
            }
            let (word, after) = rest.split_at(end);
            let name = Name::from(word);
            if dotted && after.starts_with('(') {
                if to == Use::Whole {
                    self.out.called.insert(name);
                }
                out.extend(last.take().filter(|_| to == Use::Whole));
            } else if dotted || !word.starts_with(|c: char| c.is_ascii_digit()) {
                if to == Use::Whole && !goes_on(after) {
                    out.insert(name.clone());
                }
                self.out.words.insert(name.clone());
                last = Some(name);
            }
            (value, dotted, rest) = (true, false, after);
        }
        out
    }
}

/// Filters that make of the text that a value shows another one.
const OF_TEXT: [&str; 14] = [
    "safe",
    "escape",
    "e",
    "trim",
    "upper",
    "uppercase",
    "lower",
    "lowercase",
    "capitalize",
    "title",
    "linebreaks",
    "linebreaksbr",
    "paragraphbreaks",
    "urlencode",
];

/// What is shown as it shows itself: an expression without the filters behind it that are given no more than its text.
fn unfiltered(code: &str) -> &str {
    let mut code = code.trim();
    while let Some((of, filter)) = code.rsplit_once('|')
        && OF_TEXT.contains(&filter.trim())
        && !of.ends_with('|')
    {
        code = of.trim_end();
    }
    code
}

/// What a macro is given is bound to a name that no variable has.
#[must_use]
pub fn macro_name(name: &str) -> Name {
    format!("{name}()").into()
}

/// Whether only a part of a value is meant: a field follows, at once or behind an index.
fn goes_on(after: &str) -> bool {
    let mut rest = after.trim_start();
    while rest.starts_with(['[', '?']) {
        let end = if rest.starts_with('[') { closing(rest, Quotes::Char).unwrap_or(rest.len()) } else { 0 };
        rest = rest.get(end + 1..).unwrap_or_default().trim_start();
    }
    rest.starts_with('.') && !rest.starts_with("..")
}

/// A pattern and the value that it is bound to.
fn assigned(code: &str, quotes: Quotes) -> Option<(&str, &str)> {
    let mut before = ' ';
    let mut from = 0;
    loop {
        let at = from + outside(code.get(from..)?, quotes, |c| c.starts_with('='))?;
        if let Some(c) = code.get(..at).and_then(|c| c.chars().next_back()) {
            before = c;
        }
        let after = code.get(at + 1..)?;
        if !"=!<>".contains(before) && !after.starts_with(['=', '>']) {
            return Some((code.get(..at)?, after));
        }
        from = at + 1 + usize::from(after.starts_with('='));
    }
}

#[cfg(test)]
mod tests {
    use super::{Origin, Source, macro_name, origin, read};
    use crate::ir::Name;
    use crate::limits::TEMPLATE_NESTING;

    pub(super) fn sorted<'a>(names: impl IntoIterator<Item = &'a Name>) -> Vec<&'a str> {
        names.into_iter().map(Name::as_str).collect()
    }

    #[test]
    fn names_stand_in_code() {
        let named = read(
            "<p title=\"x\">{{ user.email|escape }} {# user.phone #}{%- for o in user.orders -%}{{ o.total }}{% endfor %}\
             {% include \"foot.html\" %}{% if user.is_new() %}{{ city }}{% endif %}",
        );
        assert_eq!(sorted(&named.words), ["city", "email", "o", "orders", "total", "user"]);
        assert_eq!(sorted(&named.shown), ["city", "email", "total"]);
        assert_eq!(sorted(&named.whole), [] as [&str; 0]);
        assert_eq!(sorted(named.bound.keys()), ["o"]);
        // What is only asked is not shown.
        assert_eq!(sorted(&named.called), [] as [&str; 0]);
        assert_eq!(named.others, ["foot.html"]);
        assert!(!named.opaque);
    }

    #[test]
    fn a_part_behind_an_index_is_not_the_whole() {
        let named = read("{{ users[0].id }}{{ pairs[n].1.id }}{{ all[\"]\"] }}{{ first?.name }}");
        assert_eq!(sorted(&named.whole), ["all", "id", "n", "name"]);
        assert_eq!(sorted(&named.shown), [] as [&str; 0]);
        assert_eq!(sorted(&read("{{ users[0].mail() }}").called), ["mail"]);
    }

    #[test]
    fn variables_are_had_of_something() {
        let named = read(
            "{% let u=user %}{% if a == \"x=y\" %}{% match kind %}{% when K::A(x) %}{% endmatch %}\
             {%let(p,q)=pair%}{% call m(user) %}{% macro m(v) %}{{ v.id }}{% endmacro %}",
        );
        let of = |name: &str| named.bound.get(name).into_iter().flatten().cloned().collect::<Vec<_>>();
        assert_eq!(of("u"), [Source::Name("user".into())]);
        assert_eq!(of("x"), [Source::Through("kind".into())]);
        assert_eq!(of("q"), [Source::Through("pair".into())]);
        assert_eq!(of("v"), [Source::Macro("m".into())]);
        assert_eq!(of(&macro_name("m")), [Source::Name("user".into())]);
        assert_eq!(sorted(&named.whole), [] as [&str; 0]);
    }

    #[test]
    fn literals_hold_no_ends() {
        let named = read("{{ \"}}\" ~ user.email }}{% if c == '\"' %}{{ x }}{% endif %}");
        assert_eq!(sorted(&named.words), ["c", "email", "user", "x"]);
        assert!(read("{{ open").opaque);
        // A lifetime is no literal.
        assert_eq!(sorted(&read("{{ x::<'a>(y) }}{{ z }}").words), ["a", "x", "y", "z"]);
    }

    #[test]
    fn brackets_within_brackets_are_read_up_to_a_limit() {
        let nested = |n: usize| read(&format!("{{{{ {}user.email{} }}}}", "(".repeat(n), ")".repeat(n)));
        assert!(!nested(TEMPLATE_NESTING).opaque);
        assert_eq!(sorted(&nested(TEMPLATE_NESTING).words), ["email", "user"]);
        assert!(nested(TEMPLATE_NESTING + 1).opaque);
        assert!(nested(10_000).opaque);
    }

    #[test]
    fn a_long_template_is_read_once() {
        let named = read(&"{{ user.email }} { ".repeat(20_000));
        assert_eq!(sorted(&named.words), ["email", "user"]);
    }

    #[test]
    fn attributes_say_where_it_is() {
        assert_eq!(origin("path = \"a/b.html\", escape = \"none\""), Some(Origin::File("a/b.html".into())));
        assert_eq!(origin("ext = \"txt\", source = r#\"{{ a }} \"b\"\"#"), Some(Origin::Here("{{ a }} \"b\"".into())));
        assert_eq!(origin("path = \"a.html\", syntax = \"own\""), None);
        assert_eq!(origin("in_doc = true"), None);
    }
}
