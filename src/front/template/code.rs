//! Templates in which code of Rust stands (`<%= user.name %>`), as those of Sailfish: which names of what they are given
//! they show.

use super::{Named, Quotes, Reader, literal, outside};

/// Reads one whose tags are marked by a character (`<%`, `%>`). What is no loop, condition or binding is not understood.
#[must_use]
pub fn read(text: &str, mark: char) -> Named {
    let mut reader = Reader::default();
    let (open, close) = (format!("<{mark}"), format!("{mark}>"));
    let mut rest = text;
    while let Some((_, tag)) = rest.split_once(&open) {
        // `<%%` is text.
        if let Some(text) = tag.strip_prefix(mark) {
            rest = text;
            continue;
        }
        let is_end = |c: &str| c.starts_with(&close);
        let end = if tag.starts_with('#') { tag.find(&close) } else { outside(tag, Quotes::Char, is_end) };
        let Some((code, after)) = end.and_then(|end| tag.split_at_checked(end)) else {
            reader.out.opaque |= !tag.starts_with('#');
            break;
        };
        rest = after.get(close.len()..).unwrap_or_default();
        match (code.chars().next(), code.get(1..)) {
            (Some('#'), _) => {}
            // A part of a page by itself.
            (Some('+'), _) => reader.out.opaque = true,
            (Some('=' | '-'), Some(shown)) => reader.shown_code(trimmed(shown)),
            _ => reader.statement(trimmed(code)),
        }
    }
    reader.out
}

/// Code without what says that space around it goes.
fn trimmed(code: &str) -> &str {
    code.trim_start_matches(['_', '-']).trim_end_matches(['_', '-']).trim()
}

impl Reader {
    fn shown_code(&mut self, code: &str) {
        if !self.included(code) && !self.is_macro(code) {
            self.printed(code);
        }
    }

    fn statement(&mut self, code: &str) {
        let code = code.trim_end_matches(';').trim();
        if self.included(code) || self.is_macro(code) {
            return;
        }
        let code = code.trim_start_matches('}').trim_end_matches('{').trim();
        match code.split(|c: char| !c.is_alphanumeric() && c != '_').next() {
            Some("") if code.is_empty() => {}
            Some("for" | "if" | "else" | "let") if !code.contains([';', '{', '}']) => self.tag(code),
            _ => self.out.opaque = true,
        }
    }

    /// `include!("foot.html")`
    fn included(&mut self, code: &str) -> bool {
        let path = code.strip_prefix("include!").map(|rest| rest.trim_start_matches(['(', ' ']));
        match path.and_then(literal) {
            Some((path, _)) => self.out.others.push(path),
            None => return false,
        }
        true
    }

    /// What a macro shows may stand in its text.
    fn is_macro(&mut self, code: &str) -> bool {
        let called = |(at, _): (usize, &str)| {
            let named = code.get(..at).is_some_and(|c| c.ends_with(|c: char| c.is_alphanumeric() || c == '_'));
            named && code.get(at + 1..).is_some_and(|c| c.starts_with(['(', '[', '{']))
        };
        let found = code.match_indices('!').any(called);
        self.out.opaque |= found;
        found
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::sorted;
    use super::read;

    #[test]
    fn names_stand_in_code() {
        let text = "<p title=\"x\"><%= user.email | upper %></p><%# user.phone %><%% no %><% for o in &user.orders { %>\
                    <%- o.total %><% } %><% include!(\"foot.html\"); %><% if !user.fine { %><%= city %><% } else { %><% } %>";
        let named = read(text, '%');
        assert_eq!(sorted(&named.words), ["city", "email", "fine", "o", "orders", "total", "user"]);
        assert_eq!(sorted(&named.shown), ["city", "email", "total"]);
        assert_eq!(sorted(named.bound.keys()), ["o"]);
        assert_eq!(named.others, ["foot.html"]);
        assert!(!named.opaque);
        assert_eq!(sorted(&read("<.= name .> <%= email %>", '.').words), ["name"]);
    }

    #[test]
    fn other_code_is_not_understood() {
        for text in
            ["<%= format!(\"{email}\") %>", "<% while let Some(x) = all.next() { %>", "<% f(x); g(y); %>", "<%= a"]
        {
            assert!(read(text, '%').opaque, "{text}");
        }
    }
}
