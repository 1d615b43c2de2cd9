//! The macros that the projects of a run define, and the parts of expressions.

use std::collections::BTreeMap;

/// A macro: its parameters with what they are if nothing is given, and its body.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Macro {
    pub params: Vec<(String, Option<String>)>,
    pub body: String,
}

/// Macros by name, each with the file that defines it.
#[derive(Clone, Debug, Default)]
pub struct Macros {
    by_name: BTreeMap<String, Vec<(String, Macro)>>,
}

impl Macros {
    /// The macros that these files (path and text) define.
    #[must_use]
    pub fn read<'a>(files: impl Iterator<Item = (&'a str, &'a str)>) -> Macros {
        let mut out = Macros::default();
        for (path, text) in files.filter(|(_, text)| text.contains("endmacro")) {
            let mut rest = text;
            while let Some((head, body, after)) = block(rest, "macro", "endmacro") {
                if let Some((name, params)) = head.split_once('(') {
                    let params = params.rsplit_once(')').map_or(params, |(p, _)| p);
                    let params = split(params, ',').into_iter().filter(|p| !p.is_empty()).map(|p| {
                        match split(p, '=').as_slice() {
                            [name, default] => ((*name).to_owned(), Some((*default).to_owned())),
                            _ => (p.to_owned(), None),
                        }
                    });
                    let made = Macro { params: params.collect(), body: body.to_owned() };
                    out.by_name.entry(name.trim().to_owned()).or_default().push((path.to_owned(), made));
                }
                rest = after;
            }
        }
        out
    }

    /// The macro of this name that is defined nearest to a file; that for any database, where it differs by database.
    pub(super) fn find(&self, name: &str, path: &str) -> Option<&Macro> {
        let near = |other: &str| path.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count();
        let found = self.by_name.get(name)?;
        found.iter().rev().max_by_key(|(file, _)| near(file)).map(|(_, m)| m)
    }
}

/// The first block of a kind: what stands in its tag, its body, and what follows it.
pub(super) fn block<'t>(text: &'t str, open: &str, close: &str) -> Option<(&'t str, &'t str, &'t str)> {
    let mut at = 0;
    let mut begun: Option<(&str, usize)> = None;
    let mut depth = 0usize;
    while let Some(found) = text.get(at..)?.find("{%") {
        let lo = at + found;
        let len = super::end_of(text.get(lo..)?, "%}")?;
        let inner = inside(text.get(lo..lo + len)?);
        let word = inner.split(|c: char| c.is_whitespace() || c == '(').next().unwrap_or_default();
        at = lo + len;
        if word == open && (open != "set" || !inner.contains('=')) {
            if begun.is_none() {
                begun = Some((inner.get(open.len()..)?.trim(), at));
            }
            depth += 1;
        } else if word == close && depth > 0 {
            depth -= 1;
            if let (Some((head, from)), 0) = (begun, depth) {
                return Some((head, text.get(from..lo)?, text.get(at..)?));
            }
        }
    }
    None
}

/// What stands between the brackets of a template.
pub(super) fn inside(template: &str) -> &str {
    let inner = template.get(2..template.len().saturating_sub(2)).unwrap_or_default();
    inner.trim_matches(['-', '+', ' ', '\n', '\t', '\r'])
}

/// The parts of an expression between a separator that stands outside of brackets and strings.
pub(super) fn split(text: &str, separator: char) -> Vec<&str> {
    let (mut out, mut from, mut depth, mut quote) = (Vec::new(), 0, 0usize, None);
    for (i, c) in text.char_indices() {
        match (quote, c) {
            (Some(q), c) if q == c => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') => depth = depth.saturating_sub(1),
            (None, c) if c == separator && depth == 0 => {
                out.push(text.get(from..i).unwrap_or_default().trim());
                from = i + c.len_utf8();
            }
            _ => {}
        }
    }
    out.push(text.get(from..).unwrap_or_default().trim());
    out
}
