//! Small words that several answers share.

/// `a, b and c`.
pub(super) fn and(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [init @ .., last] => format!("{} and {last}", init.join(", ")),
    }
}

/// A dotted name as words: `contact.email` is `contact email`.
pub(super) fn human(name: &str) -> String {
    name.replace(['.', '_'], " ")
}

/// With a capital letter at its beginning.
pub(super) fn upper(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |c| c.to_uppercase().chain(chars).collect())
}

/// `1 flow`, `5 flows`.
pub(super) fn count(n: usize, what: &str) -> String {
    let s = if n == 1 { "" } else { "s" };
    format!("{} {what}{s}", thousands(n))
}

/// `3,234,000`.
pub(super) fn thousands(n: usize) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// The sets of guards under which something is permitted: `given a, b or given c`; empty where always.
pub(super) fn given(sets: &[Vec<String>]) -> String {
    match sets {
        [] => "never".to_owned(),
        [always] if always.is_empty() => String::new(),
        sets => sets.iter().map(|s| format!("given {}", s.join(", "))).collect::<Vec<_>>().join(" or "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_lists_read_well() {
        assert_eq!([thousands(0), thousands(999), thousands(3_234_000)], ["0", "999", "3,234,000"]);
        assert_eq!(count(1, "flow"), "1 flow");
        let words = |s: &str| s.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert_eq!([and(&[]), and(&words("a")), and(&words("a b c"))], ["", "a", "a, b and c"]);
        assert_eq!(given(&[words("a b"), words("c")]), "given a, b or given c");
        assert_eq!(given(&[Vec::new()]), "");
    }
}
