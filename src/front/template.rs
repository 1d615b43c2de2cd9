//! Templates of Askama: which names of what they are given they show.
//!
//! What a template shows is told by names alone: those that stand in its code. That is more than it shows where a name
//! is that of several fields, and never less: where a value may be shown in another way, nothing is told.

use std::collections::BTreeSet;

use crate::ir::Name;

/// What a template names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// All names in its code.
    pub words: BTreeSet<Name>,
    /// Those that are shown, or handed on, as they are.
    pub whole: BTreeSet<Name>,
    /// Variables that it binds itself.
    pub bound: BTreeSet<Name>,
    /// Methods that it calls.
    pub called: BTreeSet<Name>,
    /// Templates that it includes, extends or imports.
    pub others: Vec<String>,
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
    let mut out = Named::default();
    let mut rest = text;
    while let Some(at) = rest.find("{{").into_iter().chain(rest.find("{%")).chain(rest.find("{#")).min() {
        let (kind, code) = rest.get(at..).and_then(|r| r.split_at_checked(2)).unwrap_or_default();
        let close = match kind {
            "{{" => "}}",
            "{%" => "%}",
            _ => "#}",
        };
        let (code, after) = code.split_once(close).unwrap_or((code, ""));
        let code = code.trim_matches(['-', '+', '~']).trim();
        match kind {
            "{{" => out.expression(code, true),
            "{%" => out.tag(code),
            _ => {}
        }
        rest = after;
    }
    out
}

impl Named {
    fn tag(&mut self, code: &str) {
        let (word, rest) = code.split_once(char::is_whitespace).unwrap_or((code, ""));
        match word {
            "include" | "extends" | "import" => {
                if let Some((path, _)) = literal(rest.trim()) {
                    self.others.push(path);
                }
            }
            "call" => self.expression(rest, true),
            "for" => {
                let (pattern, over) = rest.split_once(" in ").unwrap_or((rest, ""));
                self.bind(pattern);
                self.expression(over, false);
            }
            "let" | "set" | "if" | "elif" | "else" => {
                // Also `if let Some(x) = y`, `else if ..`.
                let (pattern, value) = match rest.split_once(" = ") {
                    Some(both) => both,
                    None => ("", rest),
                };
                self.bind(pattern);
                self.expression(value, false);
            }
            "when" | "macro" => self.bind(rest),
            _ => self.expression(rest, false),
        }
    }

    /// Names of a pattern or of parameters.
    fn bind(&mut self, pattern: &str) {
        let names = pattern.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|n| !n.is_empty());
        names.for_each(|n| {
            self.bound.insert(n.into());
            self.words.insert(n.into());
        });
    }

    /// Names of an expression; whether what it gives is shown.
    fn expression(&mut self, code: &str, shown: bool) {
        let mut last: Option<Name> = None;
        let mut dotted = false;
        let mut rest = code;
        while let Some(c) = rest.chars().next() {
            if c == '"'
                && let Some((_, after)) = literal(rest)
            {
                (last, rest) = (None, after);
                continue;
            }
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            if end == 0 {
                dotted = c == '.' && last.is_some();
                if !dotted && !c.is_whitespace() {
                    last = None;
                }
                rest = rest.get(c.len_utf8()..).unwrap_or_default();
                continue;
            }
            let (word, after) = rest.split_at(end);
            let name = Name::from(word);
            if dotted && after.starts_with('(') {
                self.called.insert(name);
                self.whole.extend(last.take());
            } else {
                if shown && !after.trim_start().starts_with('.') {
                    self.whole.insert(name.clone());
                }
                self.words.insert(name.clone());
                last = Some(name);
            }
            (dotted, rest) = (false, after);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Named, Origin, origin, read};
    use crate::ir::Name;

    fn sorted(names: &std::collections::BTreeSet<Name>) -> Vec<&str> {
        names.iter().map(Name::as_str).collect()
    }

    #[test]
    fn names_stand_in_code() {
        let Named { words, whole, bound, called, others } = read(
            "<p title=\"x\">{{ user.email|escape }} {# user.phone #}{%- for o in user.orders -%}{{ o.total }}{% endfor %}\
             {% include \"foot.html\" %}{% if user.is_new() %}{{ city }}{% endif %}",
        );
        assert_eq!(sorted(&words), ["city", "email", "escape", "o", "orders", "total", "user"]);
        assert_eq!(sorted(&whole), ["city", "email", "escape", "total", "user"]);
        assert_eq!(sorted(&bound), ["o"]);
        assert_eq!(sorted(&called), ["is_new"]);
        assert_eq!(others, ["foot.html"]);
    }

    #[test]
    fn attributes_say_where_it_is() {
        assert_eq!(origin("path = \"a/b.html\", escape = \"none\""), Some(Origin::File("a/b.html".into())));
        assert_eq!(origin("ext = \"txt\", source = r#\"{{ a }} \"b\"\"#"), Some(Origin::Here("{{ a }} \"b\"".into())));
        assert_eq!(origin("path = \"a.html\", syntax = \"own\""), None);
        assert_eq!(origin("in_doc = true"), None);
    }
}
