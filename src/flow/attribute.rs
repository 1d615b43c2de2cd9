//! The arguments of `#[tracing::instrument(..)]`, as far as they say which of a function's arguments are logged.

use crate::ir::attr::{Arg, args};
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
        f.attrs.iter().find(|a| a.name() == "instrument").map(|a| Instrument::parse(&a.args))
    }

    /// Reads the text between the attribute's parentheses.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut out = Instrument::default();
        for Arg { name, value } in args(text) {
            match name {
                "skip_all" => out.skip_all = true,
                "ret" => out.ret = Some(shown(value, View::Debug)),
                "err" => out.err = Some(shown(value, View::Display)),
                // A field of the name of an argument stands in its place: `email = %form.email`, `?user`, `mail`.
                "skip" | "fields" => {
                    out.skip.extend(args(value).map(|a| a.name.trim_start_matches(['%', '?']).trim().to_owned()));
                }
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

/// As what a result is written: as the attribute says (`ret(Display)`, `err(Debug, level = "warn")`), or as usual.
fn shown(inner: &str, usual: View) -> View {
    let says = |word: &str| args(inner).any(|a| a.name == word);
    if says("Display") {
        View::Display
    } else if says("Debug") {
        View::Debug
    } else {
        usual
    }
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
