//! Cases of names: `user_id`, `UserId`, `userId`.

/// `UserPost` as `user_post`.
#[must_use]
pub fn snake(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.extend(c.to_lowercase());
    }
    out
}

/// `user_id` as `UserId`.
#[must_use]
pub fn pascal(name: &str) -> String {
    name.split('_').map(capital).collect()
}

/// `user_id` as `userId`.
fn camel(name: &str) -> String {
    let mut words = name.split('_').filter(|w| !w.is_empty());
    words.next().unwrap_or_default().to_owned() + &words.map(capital).collect::<String>()
}

fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map(|c| c.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// The name that a field has by a rule of `rename_all`; its own if there is no such rule.
#[must_use]
pub fn renamed(rule: &str, field: &str) -> String {
    match rule {
        "camelCase" => camel(field),
        "PascalCase" => pascal(field),
        "kebab-case" => field.split('_').filter(|w| !w.is_empty()).collect::<Vec<_>>().join("-"),
        "SCREAMING-KEBAB-CASE" => renamed("kebab-case", field).to_uppercase(),
        "SCREAMING_SNAKE_CASE" | "UPPERCASE" => field.to_uppercase(),
        "lowercase" => field.to_lowercase(),
        _ => field.to_owned(),
    }
}
/// The name that a variant has by a rule of `rename_all`.
#[must_use]
pub fn renamed_variant(rule: &str, variant: &str) -> String {
    match rule {
        "lowercase" => variant.to_lowercase(),
        "UPPERCASE" => variant.to_uppercase(),
        "PascalCase" => variant.to_owned(),
        _ => renamed(rule, &snake(variant)),
    }
}
