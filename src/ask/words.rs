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
    fn lists_read_well() {
        let words = |s: &str| s.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert_eq!([and(&[]), and(&words("a")), and(&words("a b c"))], ["", "a", "a, b and c"]);
        assert_eq!(given(&[words("a b"), words("c")]), "given a, b or given c");
        assert_eq!(given(&[Vec::new()]), "");
    }
}
