//! Names as prost writes them.

/// The words of a name: `devEUIList_2` is `dev`, `EUI`, `List`, `2`.
fn words(name: &str) -> Vec<String> {
    let mut out = Vec::new();
    for part in name.split(|c: char| !c.is_alphanumeric()) {
        let chars: Vec<char> = part.chars().collect();
        let (mut word, mut upper) = (String::new(), None);
        for (i, c) in chars.iter().enumerate() {
            let now = if c.is_lowercase() { Some(false) } else { upper };
            let now = if c.is_uppercase() { Some(true) } else { now };
            let next = chars.get(i + 1);
            if upper == Some(true) && c.is_uppercase() && next.is_some_and(|n| n.is_lowercase()) && !word.is_empty() {
                out.push(std::mem::take(&mut word));
            }
            word.push(*c);
            upper = now;
            if now == Some(false) && next.is_some_and(|n| n.is_uppercase()) {
                out.push(std::mem::take(&mut word));
                upper = None;
            }
        }
        if !word.is_empty() {
            out.push(word);
        }
    }
    out
}

/// Words that are no names of fields or modules in Rust.
const KEYWORDS: [&str; 47] = [
    "as", "break", "const", "continue", "else", "enum", "false", "fn", "for", "if", "impl", "in", "let", "loop",
    "match", "mod", "move", "mut", "pub", "ref", "return", "static", "struct", "trait", "true", "type", "unsafe",
    "use", "where", "while", "dyn", "abstract", "become", "box", "do", "final", "macro", "override", "priv", "typeof",
    "unsized", "virtual", "yield", "async", "await", "try", "gen",
];

/// The name of a field or a module.
pub(super) fn snake(name: &str) -> String {
    let name = words(name).iter().map(|w| w.to_lowercase()).collect::<Vec<_>>().join("_");
    match name.as_str() {
        "self" | "super" | "extern" | "crate" => name + "_",
        word if KEYWORDS.contains(&word) => format!("r#{name}"),
        _ => name,
    }
}

/// The name of a type or a variant.
pub(super) fn camel(name: &str) -> String {
    let capital = |word: &String| {
        let mut chars = word.chars();
        let first: String = chars.next().into_iter().flat_map(char::to_uppercase).collect();
        first + &chars.as_str().to_lowercase()
    };
    let name: String = words(name).iter().map(capital).collect();
    if name == "Self" { "Self_".to_owned() } else { name }
}

/// The name of a variant, without that of its enum before it.
pub(super) fn variant(of: &str, name: &str) -> String {
    let (of, name) = (camel(of), camel(name));
    match name.strip_prefix(&of) {
        Some(rest) if rest.starts_with(char::is_uppercase) => rest.to_owned(),
        _ => name,
    }
}
