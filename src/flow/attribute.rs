//! The arguments of `#[tracing::instrument(..)]`, as far as they say which of a function's arguments are logged.

/// Which arguments the attribute logs.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Instrument {
    skip: Vec<String>,
    skip_all: bool,
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

#[cfg(test)]
mod tests {
    use super::Instrument;

    #[test]
    fn what_is_logged() {
        let i = Instrument::parse(
            r#"name = "Add, one", skip(form, pool), fields(email = %form.email, id = form.id.to_string(), x = tracing::field::Empty, ?user)"#,
        );
        assert!(i.skips("form") && i.skips("pool") && !i.skips("other"));
        assert!(Instrument::parse("skip_all").skips("x"));
    }
}
