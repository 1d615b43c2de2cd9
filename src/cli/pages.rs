//! The pages of `docs/rules`, by both of their keys.

use crate::policy::codes;

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
    "R12" "special-data",
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
    if let Some(info) =
        codes().iter().find(|c| is_policy(c.code) && (c.code.eq_ignore_ascii_case(key) || c.name == key))
    {
        return section(info.code);
    }
    PAGES
        .iter()
        .find(|(code, name, _)| code.eq_ignore_ascii_case(key) || *name == key)
        // The codes of waivers share a page.
        .or_else(|| PAGES.iter().find(|(code, ..)| code.len() == 1 && is_numbered(key, code)))
        .map(|(_, _, text)| *text)
}

/// The section of a code of policy files, without the marks of a heading.
fn section(code: &str) -> Option<&'static str> {
    let (.., page) = PAGES.iter().find(|(letter, ..)| *letter == "P")?;
    page.split("\n## ").find(|section| section.starts_with(code)).map(|section| section.trim_end_matches('\n'))
}

fn is_policy(code: &str) -> bool {
    code.starts_with('P')
}

/// Every key.
pub(super) fn keys() -> impl Iterator<Item = &'static str> {
    let policy = codes().iter().filter(|c| is_policy(c.code)).flat_map(|c| [c.code, c.name]);
    PAGES.iter().flat_map(|(code, name, _)| [*code, *name]).chain(policy)
}

fn is_numbered(key: &str, letter: &str) -> bool {
    let (head, number) = key.split_at_checked(1).unwrap_or((key, ""));
    head.eq_ignore_ascii_case(letter) && number.len() == 2 && number.bytes().all(|b| b.is_ascii_digit())
}
