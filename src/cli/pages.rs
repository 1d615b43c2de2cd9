//! The pages of `docs/rules`, by both of their keys.

macro_rules! pages {
    ($($code:literal $name:literal),* $(,)?) => {
        /// The pages: code, name, text.
        const PAGES: &[(&str, &str, &str)] = &[$(
            ($code, $name, include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/rules/", $name, ".md")))
        ),*];
    };
}

pages! {
    "R01" "no-purpose",
    "R02" "outside-purpose",
    "R03" "undeclared-target",
    "R04" "not-shared",
    "R05" "not-shown",
    "R06" "not-kept",
    "R07" "guard-missing",
    "R08" "transfer",
    "R09" "contract",
    "R10" "promise",
    "R11" "right-missing",
    "R12" "special-data",
    "R13" "no-purge",
    "G01" "unlabelled",
    "G02" "unknown-host",
    "G03" "not-understood",
    "G04" "unbound",
    "G05" "unused-permission",
    "G06" "unknown-subject",
    "G07" "unbound-target",
    "B01" "stale-binding",
    "B02" "bad-annotation",
    "W" "waivers",
    "P" "policy",
}

/// The page of a code or name.
pub(super) fn find(key: &str) -> Option<&'static str> {
    let key = key.trim();
    PAGES
        .iter()
        .find(|(code, name, _)| code.eq_ignore_ascii_case(key) || *name == key)
        // Codes of policy files and of waivers share a page each.
        .or_else(|| PAGES.iter().find(|(code, ..)| code.len() == 1 && is_numbered(key, code)))
        .map(|(_, _, text)| *text)
}

/// Every key.
pub(super) fn keys() -> impl Iterator<Item = &'static str> {
    PAGES.iter().flat_map(|(code, name, _)| [*code, *name])
}

fn is_numbered(key: &str, letter: &str) -> bool {
    let (head, number) = key.split_at_checked(1).unwrap_or((key, ""));
    head.eq_ignore_ascii_case(letter) && number.len() == 2 && number.bytes().all(|b| b.is_ascii_digit())
}
