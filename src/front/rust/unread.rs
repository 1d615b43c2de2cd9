//! What of a file need not be parsed: doc comments, and the bodies of functions that are there for tests only. Such a
//! function is still known; what its body says counts nowhere.
//!
//! [`super::scan`] tells what it meets, bracket level by bracket level; nothing is left out that it is not sure of.
//! In the place of what is left out stand blanks, so that every other token stays where it is.

/// The items of one bracket level.
#[derive(Default)]
pub(super) struct Items {
    /// Whether they are given to a macro, which may ask for comments and bodies.
    verbatim: bool,
    /// Whether all of them are for tests.
    tests: bool,
    /// Whether an attribute says that the running one is.
    marked: bool,
    /// What the running one is; known of those that are for tests.
    kind: Option<Kind>,
    /// Where the text in the brackets begins, if they are a body that is left out.
    body: Option<usize>,
}

/// What an item is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Function,
    /// It holds other items.
    Holder,
}

impl Items {
    /// Whether nothing asks for doc comments here.
    pub(super) fn comments_mean_nothing(&self) -> bool {
        !self.verbatim
    }

    /// An attribute, whose text begins with its name.
    pub(super) fn attribute(&mut self, text: &[u8]) {
        let len = text.iter().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b':')).count();
        let (path, rest) = text.split_at(len);
        let last = path.rsplit(|b| *b == b':').next().unwrap_or(path);
        self.marked |= match path {
            b"cfg" => rest.starts_with(b"(test)]") || rest.starts_with(b"(all(test,"),
            _ => matches!(last, b"test" | b"rstest" | b"test_case" | b"bench") && matches!(rest, [b']' | b'(', ..]),
        };
    }

    /// A word, which may say what the running item is.
    pub(super) fn word(&mut self, word: &[u8]) {
        if self.kind.is_none() && (self.tests || self.marked) {
            self.kind = match word {
                b"fn" => Some(Kind::Function),
                b"mod" | b"impl" | b"trait" => Some(Kind::Holder),
                _ => None,
            };
        }
    }

    /// A `:` or `=`. What has one before its keyword is a field or a value.
    pub(super) fn sign(&mut self) {
        self.marked &= self.kind.is_some();
    }

    /// The running item ends.
    pub(super) fn end(&mut self) {
        (self.marked, self.kind) = (false, None);
    }

    /// The items in brackets that open; `before` is all that stands before.
    pub(super) fn inner(&self, before: &[u8], bracket: u8) -> Items {
        let item = self.kind.filter(|_| bracket == b'{' && !self.verbatim);
        Items {
            verbatim: self.verbatim || calls(before),
            tests: item == Some(Kind::Holder),
            body: (item == Some(Kind::Function)).then_some(before.len() + 1),
            ..Items::default()
        }
    }

    /// Where the text in these brackets begins, if it is left out; `before` is all that stands before they close.
    pub(super) fn left_out(&self, before: &[u8]) -> Option<usize> {
        self.body.filter(|&lo| before.get(lo..).is_some_and(|body| !is_asked_for(body)))
    }
}

/// Whether a body may hold what counts outside of it: a function, or a table that it creates.
fn is_asked_for(body: &[u8]) -> bool {
    let begins = |at: usize, with: &[u8]| body.get(at..at + with.len()).is_some_and(|b| b.eq_ignore_ascii_case(with));
    body.iter().enumerate().any(|(at, b)| match b {
        b'f' => begins(at, b"fn "),
        b'c' | b'C' => begins(at, b"create table"),
        _ => false,
    })
}

/// Whether what opens here is given to a macro: `name!` stands before, or `macro_rules! name`.
fn calls(before: &[u8]) -> bool {
    let before = before.trim_ascii_end();
    let name = before.iter().rev().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
    before.get(..before.len() - name).is_some_and(|b| b.trim_ascii_end().ends_with(b"!"))
}
