//! The arguments of `#[tracing::instrument(..)]`, as far as they say what is logged.

/// What the attribute logs.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Instrument {
    skip: Vec<String>,
    skip_all: bool,
    /// Fields: paths that begin with a parameter.
    pub fields: Vec<Vec<String>>,
}

impl Instrument {
    /// Reads the text between the attribute's parentheses.
    #[must_use]
    pub fn parse(args: &str) -> Self {
        let mut out = Instrument::default();
        for part in split(args) {
            let (head, inner) = match part.split_once('(') {
                Some((h, rest)) => (h.trim(), rest.trim_end().strip_suffix(')').unwrap_or(rest)),
                None => (part.trim(), ""),
            };
            match head {
                "skip_all" => out.skip_all = true,
                "skip" => out.skip.extend(split(inner).iter().map(|s| s.trim().to_string())),
                "fields" => out.fields.extend(split(inner).iter().filter_map(|f| field(f))),
                _ => {}
            }
        }
        out
    }

    /// Whether an argument is not logged.
    #[must_use]
    pub fn skips(&self, name: &str) -> bool {
        self.skip_all || name.is_empty() || self.skip.iter().any(|s| s == name)
    }
}

/// Parts separated by commas outside of brackets and texts.
fn split(text: &str) -> Vec<String> {
    let mut out = vec![String::new()];
    let (mut depth, mut quoted) = (0i32, false);
    for c in text.chars() {
        match c {
            '"' => quoted = !quoted,
            '(' | '[' | '{' if !quoted => depth += 1,
            ')' | ']' | '}' if !quoted => depth -= 1,
            ',' if depth == 0 && !quoted => {
                out.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(last) = out.last_mut() {
            last.push(c);
        }
    }
    out.retain(|p| !p.trim().is_empty());
    out
}

/// The path of a field's value: `name = %form.email`, `?user`, `id = user.id.to_string()`.
fn field(text: &str) -> Option<Vec<String>> {
    let value = match text.split_once('=') {
        Some((_, v)) => v,
        None => text,
    };
    let value = value.trim().trim_start_matches(['%', '?', '&', '*']).trim();
    let end = value.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '.' | ' '))).unwrap_or(value.len());
    let mut path: Vec<String> =
        value.get(..end)?.split('.').map(|s| s.trim().to_string()).filter(|s| !s.is_empty()).collect();
    // A method's name is not a part of the value.
    if value.get(end..).is_some_and(|rest| rest.starts_with('(')) {
        path.pop();
    }
    if value.get(end..).is_some_and(|rest| rest.starts_with("::")) {
        return None;
    }
    (!path.is_empty()).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::Instrument;

    #[test]
    fn what_is_logged() {
        let i = Instrument::parse(
            r#"name = "Add, one", skip(form, pool), fields(email = %form.email, id = form.id.to_string(), x = tracing::field::Empty, ?user)"#,
        );
        assert!(i.skips("form") && i.skips("pool") && !i.skips("other"));
        let paths: Vec<String> = i.fields.iter().map(|p| p.join(".")).collect();
        assert_eq!(paths, ["form.email", "form.id", "user"]);
        assert!(Instrument::parse("skip_all").skips("x"));
    }
}
