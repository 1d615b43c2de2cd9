//! Attributes as written: a path, and a text that is read as names with what they are set to.

use serde::{Deserialize, Serialize};

/// An attribute: `#[diesel(table_name = users)]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attr {
    /// `diesel`, `tracing::instrument`.
    pub path: String,
    /// The text of its arguments, or of its value: `table_name = users`.
    pub args: String,
}

impl Attr {
    /// The last segment of its path.
    #[must_use]
    pub fn name(&self) -> &str {
        self.path.rsplit("::").next().unwrap_or(&self.path)
    }
}

/// One argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arg<'a> {
    /// What stands alone, or before a sign or a bracket.
    pub name: &'a str,
    /// `users` of `table_name = users` and of `table_name = "users"`, `a, b` of `skip(a, b)`; else empty.
    pub value: &'a str,
}

/// The arguments in the text of an attribute: what commas part that stand outside of brackets and texts.
pub fn args(text: &str) -> impl Iterator<Item = Arg<'_>> {
    let (mut depth, mut quoted, mut escaped) = (0i32, false, false);
    let parts = text.split(move |c| {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '(' | '[' | '{' if !quoted => depth += 1,
            ')' | ']' | '}' if !quoted => depth -= 1,
            _ => {}
        }
        c == ',' && depth == 0 && !quoted
    });
    parts.map(str::trim).filter(|part| !part.is_empty()).map(|part| match part.split_once(['=', '(']) {
        Some((name, value)) if part[name.len()..].starts_with('=') => {
            Arg { name: name.trim(), value: value.trim().trim_matches('"') }
        }
        Some((name, inner)) => Arg { name: name.trim(), value: inner.strip_suffix(')').unwrap_or(inner) },
        None => Arg { name: part, value: "" },
    })
}

#[cfg(test)]
mod tests {
    use super::{Arg, args};

    #[test]
    fn commas_part_only_arguments() {
        let read: Vec<(&str, &str)> =
            args(r#"into = "Short", bound(serialize = "T: A, B", x), name = "a\", b", untagged,"#)
                .map(|Arg { name, value }| (name, value))
                .collect();
        let bound = r#"serialize = "T: A, B", x"#;
        assert_eq!(read, [("into", "Short"), ("bound", bound), ("name", r#"a\", b"#), ("untagged", "")]);
    }
}
