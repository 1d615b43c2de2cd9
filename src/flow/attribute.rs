//! The arguments of `#[tracing::instrument(..)]`, as far as they say which of a function's arguments are logged.

use crate::ir::body::{Func, View};

/// What writes the arguments of a function into a span.
pub const INSTRUMENT: &str = "tracing::instrument";
/// What logs the result of a function.
pub const INSTRUMENT_RET: &str = "tracing::instrument(ret)";
/// What logs the error of a function.
pub const INSTRUMENT_ERR: &str = "tracing::instrument(err)";

/// Which arguments the attribute logs, and whether the result.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Instrument {
    skip: Vec<String>,
    skip_all: bool,
    /// As what the result is logged, if it is (`ret`).
    pub ret: Option<View>,
    /// As what an error is logged, if it is (`err`).
    pub err: Option<View>,
}

impl Instrument {
    /// The attribute of a function, if it has one.
    #[must_use]
    pub fn of(f: &Func) -> Option<Self> {
        let is = |path: &str| path.rsplit("::").next() == Some("instrument");
        f.attrs.iter().find(|(path, _)| is(path)).map(|(_, args)| Instrument::parse(args))
    }

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
                "ret" => out.ret = Some(shown(inner, View::Debug)),
                "err" => out.err = Some(shown(inner, View::Display)),
                "skip" => out.skip.extend(split(inner).iter().map(|s| s.trim().to_string())),
                // A field of the name of an argument stands in its place.
                "fields" => out.skip.extend(split(inner).iter().map(|s| field_name(s).to_string())),
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

/// The name of a field of the span: `email = %form.email`, `?user`, `mail`.
fn field_name(field: &str) -> &str {
    let name = field.split_once('=').map_or(field, |(name, _)| name);
    name.trim().trim_start_matches(['%', '?']).trim()
}

/// As what a result is written: as the attribute says (`ret(Display)`, `err(Debug, level = "warn")`), or as usual.
fn shown(inner: &str, usual: View) -> View {
    let says = |word: &str| split(inner).iter().any(|part| part.trim() == word);
    if says("Display") {
        View::Display
    } else if says("Debug") {
        View::Debug
    } else {
        usual
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
    use super::{Instrument, View};

    #[test]
    fn what_is_logged() {
        let i = Instrument::parse(
            r#"name = "Add, one", skip(form, pool), fields(email = %form.email, id = form.id.to_string(), x = tracing::field::Empty, ?user)"#,
        );
        assert!(i.skips("form") && i.skips("pool") && !i.skips("other"));
        assert!(i.skips("user") && i.skips("email") && i.skips("id"));
        assert!(Instrument::parse("skip_all").skips("x"));
        let i = Instrument::parse(r#"ret, err(Debug, level = "warn")"#);
        assert_eq!((i.ret, i.err), (Some(View::Debug), Some(View::Debug)));
        assert_eq!(Instrument::parse("err").err, Some(View::Display));
    }
}
