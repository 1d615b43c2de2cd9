//! Templates with blocks (Mustache, Handlebars): `{{#each users}}{{name}}{{/each}}`, and which ways into their context
//! they show.
//!
//! A block has a context of its own, a part of that around it; a name in it is looked up there.

use std::collections::BTreeSet;

use super::ways::{LONG, Way, Ways};
use super::{Quotes, outside};
use crate::limits::TEMPLATE_NESTING;

/// Words that are values.
const VALUES: [&str; 4] = ["true", "false", "null", "undefined"];

/// Reads a template.
pub(super) fn read(text: &str) -> Ways {
    let mut reader = Reader { out: Ways::default(), around: vec![[Way::new()].into()], inline: BTreeSet::new() };
    let mut rest = text;
    while let Some((before, code)) = rest.split_once("{{") {
        let Some((code, after)) = tag(code) else {
            reader.out.opaque = true;
            break;
        };
        rest = after;
        if !before.ends_with('\\') || before.ends_with("\\\\") {
            reader.tag(code.trim_matches('~').trim());
        }
    }
    reader.out
}

/// The code of a tag of which two braces are read, and what follows it.
fn tag(code: &str) -> Option<(&str, &str)> {
    let plain = code.trim_start_matches('~');
    if let Some(block) = code.strip_prefix("{{") {
        // A raw block, of which nothing is filled in.
        let (_, after) = block.split_once("{{{{/")?;
        return Some(("", after.split_once("}}}}")?.1));
    }
    if plain.starts_with("!--") {
        let (_, after) = plain.split_once("--")?.1.split_once("--")?;
        return Some(("", after.split_once("}}")?.1));
    }
    if plain.starts_with('!') {
        return Some(("", code.split_once("}}")?.1));
    }
    let end = if code.starts_with('{') { "}}}" } else { "}}" };
    let at = outside(code, Quotes::Text, |c| c.starts_with(end))?;
    Some((code.get(usize::from(end.len() == 3)..at)?, code.get(at + end.len()..)?))
}

/// A template as far as it is read.
struct Reader {
    out: Ways,
    /// Of each block around what is read, the outermost first: what its context is had of.
    around: Vec<BTreeSet<Way>>,
    /// Partials that it has itself.
    inline: BTreeSet<String>,
}

impl Reader {
    fn tag(&mut self, code: &str) {
        let code = code.strip_prefix('&').unwrap_or(code);
        if let Some(block) = code.strip_prefix('#') {
            return self.open(block.trim_start());
        }
        if let Some(partial) = code.strip_prefix('>') {
            return self.partial(partial);
        }
        if code.starts_with('/') {
            if self.around.len() > 1 {
                self.around.pop();
            }
            return;
        }
        let parts = parts(code);
        let Some((first, args)) = parts.split_first() else { return };
        if *first == "else" || code == "^" {
            // What is said where there are no elements is said of what is around.
            if let [.., outer, here] = self.around.as_mut_slice() {
                here.extend(outer.iter().cloned());
            }
            return;
        }
        if code.starts_with('^') {
            return self.around.push(self.here());
        }
        // What a helper is given.
        let shown = if args.is_empty() { self.value(first, 0) } else { self.values(args, 0) };
        self.out.shown.extend(shown);
    }

    /// A block begins.
    fn open(&mut self, code: &str) {
        let here = self.here();
        if let Some(partial) = code.strip_prefix('>') {
            self.partial(partial);
            return self.around.push(here);
        }
        let parts = parts(code);
        let Some((name, args)) = parts.split_first() else { return self.around.push(here) };
        if let Some(decorator) = name.strip_prefix('*') {
            let names = args.iter().map(|name| name.trim_matches(['"', '\'']).to_owned());
            self.inline.extend(names.filter(|_| decorator == "inline"));
            return self.around.push(here);
        }
        let (args, names) = match args.iter().position(|arg| *arg == "as") {
            Some(at) => (args.get(..at).unwrap_or_default(), args.get(at + 1..).unwrap_or_default()),
            None => (args, &[][..]),
        };
        let ways = match (*name, args) {
            ("if" | "unless", _) => here,
            ("each" | "with", [of, ..]) => {
                let ways = self.value(of, 0);
                for (i, name) in names.iter().flat_map(|n| n.split(['|', ' '])).filter(|n| !n.is_empty()).enumerate() {
                    // The second is a number or a key.
                    let of = if i == 0 { ways.clone() } else { BTreeSet::new() };
                    self.out.bound.entry(name.into()).or_default().extend(of);
                    self.out.elements.insert(name.into());
                }
                ways
            }
            // Of a part of the context, or of what is around it.
            (_, []) => self.value(name, 0).into_iter().chain(here).collect(),
            (_, args) => {
                let given = self.values(args, 0);
                self.out.shown.extend(given.iter().cloned());
                given.into_iter().chain(here).collect()
            }
        };
        self.around.push(ways);
    }

    /// Another template, which has the same context, unless it is given one.
    fn partial(&mut self, code: &str) {
        let parts = parts(code);
        let Some((name, args)) = parts.split_first() else { return };
        let name = name.trim_matches(['"', '\'']);
        self.out.opaque |= name.starts_with('(');
        for arg in args {
            match named(arg) {
                Some((key, value)) => {
                    let ways = self.value(value, 0);
                    self.out.bound.entry(key.into()).or_default().extend(ways);
                }
                None => self.out.opaque = true,
            }
        }
        if !name.starts_with(['@', '(']) && !self.inline.contains(name) {
            self.out.opaque |= self.here() != [Way::new()].into();
            self.out.others.push(name.to_owned());
        }
    }

    fn here(&self) -> BTreeSet<Way> {
        self.around.last().cloned().unwrap_or_default()
    }

    fn values(&mut self, args: &[&str], depth: usize) -> BTreeSet<Way> {
        args.iter().flat_map(|arg| self.value(named(arg).map_or(*arg, |(_, value)| value), depth)).collect()
    }

    /// The ways that a value is had of.
    fn value(&mut self, code: &str, depth: usize) -> BTreeSet<Way> {
        if depth > TEMPLATE_NESTING {
            self.out.opaque = true;
            return BTreeSet::new();
        }
        if let Some(call) = code.strip_prefix('(') {
            let parts = parts(call.strip_suffix(')').unwrap_or(call));
            return self.values(parts.get(1..).unwrap_or_default(), depth + 1);
        }
        if code.starts_with(|c: char| c.is_ascii_digit() || "\"'-".contains(c)) || VALUES.contains(&code) {
            return BTreeSet::new();
        }
        self.path(code)
    }

    fn path(&mut self, path: &str) -> BTreeSet<Way> {
        let mut steps = steps(path);
        let mut from = self.here();
        match steps.first().copied() {
            Some("@root") => {
                from = [Way::new()].into();
                steps.remove(0);
            }
            Some(at) if at.starts_with('@') => {
                // The name of a part, which may be anything; else a number or a truth.
                self.out.opaque |= steps.last().is_some_and(|s| s.ends_with("key"));
                return BTreeSet::new();
            }
            Some("..") => {
                let outer = self.around.len().saturating_sub(1).max(1);
                from = self.around.iter().take(outer).flatten().cloned().collect();
            }
            Some(first) if self.out.bound.contains_key(first) && self.out.elements.contains(first) => {
                from = [Way::new()].into();
            }
            _ => {}
        }
        let is_part =
            |step: &&&str| !matches!(**step, "this" | "." | "..") && !step.bytes().all(|b| b.is_ascii_digit());
        let parts: Way = steps.iter().filter(is_part).map(|step| (*step).into()).collect();
        from.into_iter().map(|way| way.into_iter().chain(parts.iter().cloned()).take(LONG).collect()).collect()
    }
}

/// The steps of a path: `user.[first name]`, `../name`.
fn steps(path: &str) -> Vec<&str> {
    let mut out = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        if let Some((step, after)) = rest.strip_prefix('[').and_then(|r| r.split_once(']')) {
            out.push(step);
            rest = after.trim_start_matches(['.', '/']);
            continue;
        }
        if let Some(after) = rest.strip_prefix("..") {
            out.push("..");
            rest = after.trim_start_matches('/');
            continue;
        }
        let (step, after) = rest.split_once(['.', '/']).unwrap_or((rest, ""));
        out.extend((!step.is_empty()).then_some(step));
        rest = after;
    }
    out
}

/// `key=value`.
fn named(arg: &str) -> Option<(&str, &str)> {
    let (key, value) = arg.split_once('=')?;
    key.chars().all(|c| c.is_alphanumeric() || "_-".contains(c)).then_some((key, value))
}

/// What stands between spaces.
fn parts(code: &str) -> Vec<&str> {
    let mut out = super::parts(code, char::is_whitespace, "([");
    out.retain(|part| !part.is_empty());
    out
}

#[cfg(test)]
mod tests {
    use super::super::ways::Ways;

    fn shown(text: &str) -> Vec<String> {
        let all = Ways::read_blocks(text).resolved().unwrap_or_default();
        all.iter().map(|way| way.join(".")).collect()
    }

    #[test]
    fn names_stand_in_tags() {
        let text = "Hi {{user.name}} {{! user.phone }}{{!-- {{user.id}} --}}{{{ user.mail }}}{{~& title ~}}{{#if user.admin}}{{all.[0].id}}{{/if}}";
        assert_eq!(shown(text), ["all.id", "title", "user.mail", "user.name"]);
        assert_eq!(shown("{{upper user.name}}{{f x key=y.z 'a}}b' (g u \"v\")}}"), ["u", "user.name", "x", "y.z"]);
        assert_eq!(shown("\\{{x}}{{{{raw}}}}{{y}}{{{{/raw}}}}{{z}}"), ["z"]);
        assert!(Ways::read_blocks("{{this}}").resolved().is_none());
        assert!(Ways::read_blocks("{{ open").opaque);
    }

    #[test]
    fn a_block_has_a_context_of_its_own() {
        assert_eq!(
            shown("{{#each users}}{{name}}{{this.id}}{{@index}}{{/each}}{{x}}"),
            ["users.id", "users.name", "x"]
        );
        assert_eq!(
            shown("{{#with a}}{{#with b}}{{c}}{{../d}}{{@root.e}}{{/with}}{{/with}}"),
            ["a.b.c", "a.d", "d", "e"]
        );
        assert_eq!(shown("{{#each users as |u i|}}{{u.name}}{{i}}{{/each}}"), ["users.name"]);
        assert_eq!(shown("{{#each users}}{{name}}{{else}}{{none}}{{/each}}"), ["none", "users.name", "users.none"]);
        assert_eq!(shown("{{#user}}{{name}}{{/user}}{{^user}}{{x}}{{/user}}"), ["name", "user.name", "x"]);
        assert_eq!(shown("{{#unless (eq a b)}}{{c}}{{else if d}}{{e}}{{/unless}}"), ["c", "e"]);
    }

    #[test]
    fn partials_have_the_same_context() {
        let read = Ways::read_blocks("{{> head title=user.name}}{{#> \"base\"}}{{x}}{{/base}}");
        assert_eq!(read.others, ["head", "base"]);
        assert!(!read.opaque);
        assert!(Ways::read_blocks("{{> (lookup . 'name')}}").opaque);
        assert!(Ways::read_blocks("{{> card user}}").opaque);
        assert!(Ways::read_blocks("{{#each all}}{{> card}}{{/each}}").opaque);
        assert!(Ways::read_blocks("{{#*inline 'x'}}{{y}}{{/inline}}{{> x}}").others.is_empty());
    }
}
