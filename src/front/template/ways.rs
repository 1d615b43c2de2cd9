//! Templates that are filled in with a context (Jinja and its kin): which ways into it they show.

use std::collections::{BTreeMap, BTreeSet};

use super::{Quotes, Tags, assigned, blocks, closing, outside};
use crate::ir::Name;
use crate::limits::{TEMPLATE_NESTING, TEMPLATE_WAYS};

/// A way into a context: `user.email`. Elements of a list are what the list is.
pub type Way = Vec<Name>;

/// Names of a way that are told apart; what lies further in is shown with it.
pub(super) const LONG: usize = 5;

/// Words that are no names.
const WORDS: [&str; 12] =
    ["and", "or", "not", "in", "is", "true", "false", "none", "True", "False", "None", "recursive"];

/// What a template shows of what it is given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ways {
    /// Ways of which all is shown.
    pub shown: BTreeSet<Way>,
    /// Variables that it binds itself, with the ways that they are had of.
    pub bound: BTreeMap<Name, BTreeSet<Way>>,
    /// Those among them that stand for elements: whatever the context has under their names is not meant.
    pub elements: BTreeSet<Name>,
    /// Templates that it includes, extends or imports.
    pub others: Vec<String>,
    /// It shows what it does not name, or is not understood.
    pub opaque: bool,
}

impl Ways {
    /// Reads a template.
    #[must_use]
    pub fn read(text: &str) -> Ways {
        let mut out = Ways::default();
        let mut tags = Tags { rest: text, quotes: Quotes::Text };
        while let Some(tag) = tags.next() {
            out.opaque |= !tag.ends;
            match tag.opening {
                "{{" => out.show(tag.code),
                "{%" if tag.code == "raw" => tags.rest = tags.rest.split_once("endraw").map_or("", |(_, after)| after),
                "{%" => out.tag(tag.code),
                _ => {}
            }
        }
        out
    }

    /// Reads a template of the kind that opens blocks by `{{#`: Mustache, Handlebars.
    #[must_use]
    pub fn read_blocks(text: &str) -> Ways {
        blocks::read(text)
    }

    /// Takes in another template that has the same context.
    pub fn add(&mut self, other: Ways) {
        self.shown.extend(other.shown);
        for (name, ways) in other.bound {
            self.bound.entry(name).or_default().extend(ways);
        }
        self.elements.extend(other.elements);
        self.others.extend(other.others);
        self.opaque |= other.opaque;
    }

    /// The ways into the context that are shown; none if all may be.
    #[must_use]
    pub fn resolved(&self) -> Option<BTreeSet<Way>> {
        let mut seen = BTreeSet::new();
        let mut todo: Vec<Way> = self.shown.iter().cloned().collect();
        while let Some(way) = todo.pop() {
            if seen.contains(&way) {
                continue;
            }
            if seen.len() == TEMPLATE_WAYS {
                return None;
            }
            let (first, rest) = way.split_first()?;
            for of in self.bound.get(first).into_iter().flatten() {
                todo.push(of.iter().chain(rest).take(LONG).cloned().collect());
            }
            seen.insert(way);
        }
        seen.retain(|way| way.first().is_none_or(|first| !self.elements.contains(first)));
        (!self.opaque).then_some(seen)
    }

    /// An expression that is shown.
    fn show(&mut self, code: &str) {
        let ways = self.ways(code);
        self.shown.extend(ways);
    }

    fn tag(&mut self, code: &str) {
        let end = code.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(code.len());
        let (word, rest) = code.split_at(end);
        let rest = rest.trim();
        match word {
            "include" | "extends" | "import" | "from" => self.other(rest),
            "if" | "elif" | "else" | "block" => {}
            "for" => {
                let is_in = |c: &str| c.strip_prefix(" in").is_some_and(|r| r.starts_with([' ', '(', '[']));
                let at = outside(rest, Quotes::Text, is_in).unwrap_or(rest.len());
                let (names, over) = rest.split_at(at);
                let ways = self.ways(over.get(3..).unwrap_or_default());
                let is_element = |n: &&str| !ways.iter().any(|way| way.first().is_some_and(|first| first == *n));
                self.elements.extend(words(names).filter(is_element).map(Name::from));
                self.bind(names, ways);
            }
            "set" | "set_global" | "with" => parts(rest).into_iter().for_each(|part| {
                if let Some((name, value)) = assigned(part, Quotes::Text) {
                    let ways = self.ways(value);
                    self.bind(name, ways);
                }
            }),
            "macro" => {
                let params = rest.split_once('(').map_or("", |(_, params)| params);
                let params = parts(params.trim_end().trim_end_matches(')'));
                let defaults = params.into_iter().filter_map(|param| assigned(param, Quotes::Text));
                defaults.for_each(|(_, default)| self.show(default));
            }
            // What it calls is given something.
            _ if !word.starts_with("end") => self.show(rest),
            _ => {}
        }
    }

    /// Another template, by its name or the first that there is of several.
    fn other(&mut self, rest: &str) {
        let mut rest = rest.trim_start_matches('[').trim_start();
        self.opaque |= !rest.starts_with(['"', '\'']);
        while let Some(long) = rest.chars().next().filter(|c| "\"'".contains(*c)).and_then(|c| text(rest, c)) {
            let (name, after) = long;
            self.others.push(name.to_owned());
            rest = after.trim_start().trim_start_matches(',').trim_start();
        }
    }

    /// Names that stand for what an expression gives that is had of these ways.
    fn bind(&mut self, names: &str, ways: BTreeSet<Way>) {
        if names.contains('.') {
            // A part of a value that is kept elsewhere.
            self.shown.extend(ways);
            return;
        }
        for name in words(names) {
            self.bound.entry(name.into()).or_default().extend(ways.iter().cloned());
        }
    }

    /// The ways into the context that an expression is had of.
    fn ways(&mut self, code: &str) -> BTreeSet<Way> {
        let mut out = Found::default();
        self.expression(code, &mut out, 0);
        out.close();
        out.ways
    }

    fn expression(&mut self, code: &str, out: &mut Found, depth: usize) {
        if depth > TEMPLATE_NESTING {
            self.opaque = true;
            return;
        }
        let (mut rest, mut before) = (code, Before::Nothing);
        while let Some(c) = rest.chars().next() {
            if let Some((_, after)) = "\"'".contains(c).then(|| text(rest, c)).flatten() {
                out.close();
                (rest, before) = (after, Before::Nothing);
                continue;
            }
            if matches!(c, '(' | '[' | '{') {
                let end = closing(rest, Quotes::Text).unwrap_or(rest.len());
                let within = rest.get(1..end).unwrap_or_default();
                rest = rest.get(end + 1..).unwrap_or_default();
                let key = within.trim().strip_prefix(['"', '\'']).and_then(|k| k.strip_suffix(['"', '\'']));
                match (&mut out.open, key.filter(|k| c == '[' && !k.contains(['"', '\'']))) {
                    (Some(way), Some(key)) => way.push(key.into()),
                    (open, _) => {
                        let around = (open.take(), out.asked);
                        self.expression(within, out, depth + 1);
                        out.close();
                        (out.open, out.asked) = around;
                        if c != '[' {
                            out.close();
                        }
                    }
                }
                before = Before::Value;
                continue;
            }
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            if end == 0 {
                before = match c {
                    '.' => Before::Dot,
                    '|' => Before::Bar,
                    // Spaces may stand around a dot or a bar.
                    c if c.is_whitespace() => before,
                    _ => Before::Nothing,
                };
                if before == Before::Nothing || before == Before::Bar {
                    out.close();
                }
                rest = rest.get(c.len_utf8()..).unwrap_or_default();
                continue;
            }
            let (word, after) = rest.split_at(end);
            self.word(word, after.trim_start(), before, out);
            (rest, before) = (after, Before::Value);
        }
    }

    fn word(&mut self, word: &str, after: &str, before: Before, out: &mut Found) {
        let called = after.starts_with('(');
        match before {
            Before::Dot if called || word.starts_with(|c: char| c.is_ascii_digit()) => {}
            Before::Dot => out.open.iter_mut().for_each(|way| way.push(word.into())),
            Before::Bar => {}
            Before::Value | Before::Nothing => {
                out.close();
                match word {
                    "if" => out.asked = true,
                    "else" => out.asked = false,
                    // All of the context.
                    "debug" | "__tera_context" => self.opaque = true,
                    _ if called || WORDS.contains(&word) || word.starts_with(|c: char| c.is_ascii_digit()) => {}
                    // The name of an argument.
                    _ if after.starts_with('=') && !after.starts_with("==") => {}
                    _ => out.open = Some(vec![word.into()]),
                }
            }
        }
    }
}

/// The words of some code.
fn words(code: &str) -> impl Iterator<Item = &str> {
    code.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|n| !n.is_empty())
}

/// What stands before a word.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    Nothing,
    Value,
    Dot,
    Bar,
}

/// Ways that are found in an expression.
#[derive(Default)]
struct Found {
    ways: BTreeSet<Way>,
    /// The one that is being read.
    open: Option<Way>,
    /// What is read is only asked about: between `if` and `else`.
    asked: bool,
}

impl Found {
    fn close(&mut self) {
        if let Some(mut way) = self.open.take().filter(|_| !self.asked) {
            way.truncate(LONG);
            self.ways.insert(way);
        }
    }
}

/// A text in quotes at the beginning, and what follows it.
fn text(code: &str, quote: char) -> Option<(&str, &str)> {
    let mut escaped = false;
    for (at, c) in code.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return Some((code.get(1..at)?, code.get(at + 1..)?)),
            _ => {}
        }
    }
    None
}

/// What stands between commas.
fn parts(code: &str) -> Vec<&str> {
    super::parts(code, |c| c == ',', "([{")
}

#[cfg(test)]
mod tests {
    use super::Ways;

    fn shown(text: &str) -> Vec<String> {
        let all = Ways::read(text).resolved().unwrap_or_default();
        all.iter().map(|way| way.join(".")).collect()
    }

    #[test]
    fn ways_stand_in_code() {
        let text = "Hi {{ user.name|title }} {# user.phone #}{{ user['mail'] ~ \"}}\" }}{% if user.admin %}{{ all[0].id }}{% endif %}";
        assert_eq!(shown(text), ["all.id", "user.mail", "user.name"]);
        assert_eq!(
            shown("{{ a if user.new else b.c }}{{ f(x, key=y.z) }}{{ user.mail.upper() }}"),
            ["a", "b.c", "user.mail", "x", "y.z"]
        );
        assert_eq!(shown("{% raw %}{{ x }}{% endraw %}{{ y }}"), ["y"]);
    }

    #[test]
    fn single_quotes_are_around_a_text() {
        assert_eq!(shown("{{ 'a}}b' ~ user.name }}{{ 'it\\'s }}' ~ x }}"), ["user.name", "x"]);
        assert_eq!(shown("{% set a = 'x, b = c', d = y.z %}{{ a }}{{ d }}"), ["a", "d", "y.z"]);
        assert_eq!(shown("{% for o in f(')', all) %}{{ o.id }}{% endfor %}{{ z['%}'] }}"), ["all.id", "z.%}"]);
        assert_eq!(shown("{% if a == '%}' %}{{ b }}{% endif %}"), ["b"]);
    }

    #[test]
    fn what_is_bound_is_had_of_something() {
        assert_eq!(shown("{% for o in user.orders %}{{ o.total }}{% endfor %}"), ["user.orders.total"]);
        assert_eq!(shown("{% set u = user %}{% set m = u.mail %}{{ m }}"), ["m", "u.mail", "user.mail"]);
        assert_eq!(shown("{% set m = m %}{{ m }}"), ["m"]);
        assert!(shown("{% for c in c.all %}{{ c.x }}{% endfor %}").contains(&"c.all.x".to_owned()));
        assert_eq!(shown("{% with a = x.y, b = z %}{{ a }}{% endwith %}"), ["a", "x.y"]);
        assert_eq!(shown("{% macro f(u) %}{{ u.id }}{% endmacro %}{{ f(user) }}"), ["u.id", "user"]);
    }

    #[test]
    fn others_have_the_same_context() {
        let read = Ways::read("{% extends 'base.html' %}{% include [\"a\", \"b\"] %}");
        assert_eq!(read.others, ["base.html", "a", "b"]);
        assert!(!read.opaque);
        assert!(Ways::read("{% include name %}").opaque);
        assert!(Ways::read("{{ debug() }}").opaque);
        assert!(Ways::read("{{ open").opaque);
    }
}
