//! The pages of `docs/rules`, by both of their keys: what `purlin explain` prints and what other formats call help.

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

/// A page.
#[derive(Clone, Copy, Debug)]
pub(super) struct Page {
    /// `R02`.
    pub code: &'static str,
    /// `outside-purpose`.
    pub name: &'static str,
    /// What its first line says after code and name.
    pub title: &'static str,
    /// All of it.
    pub text: &'static str,
}

impl Page {
    /// The text below a heading.
    pub(super) fn section(self, heading: &str) -> Option<&'static str> {
        let (_, rest) = self.text.split_once(&format!("\n## {heading}\n"))?;
        Some(rest.split("\n## ").next().unwrap_or(rest).trim())
    }
}

/// The codes of remarks on waivers, which share a page, and their names.
const WAIVERS: [(&str, &str); 3] = [("W01", "waiver-over"), ("W02", "waiver-unused"), ("W03", "waiver-ends")];

/// Every code that a report can hold, with its page.
pub(super) fn pages() -> impl Iterator<Item = Page> {
    let own = PAGES.iter().filter(|(code, ..)| code.len() > 1).map(|(code, name, text)| (*code, *name, *text));
    let waivers = PAGES.iter().find(|(code, ..)| *code == "W").map_or("", |(.., text)| text);
    let waivers = WAIVERS.iter().map(move |(code, name)| (*code, *name, waivers));
    own.chain(waivers).map(|(code, name, text)| {
        let title = text.lines().next().and_then(|l| l.split_once(": ")).map_or(name, |(_, title)| title);
        Page { code, name, title, text }
    })
}

/// The name of a code; `policy` for those of policy files.
#[must_use]
pub fn name_of(code: &str) -> &'static str {
    pages().find(|p| p.code == code).map_or("policy", |p| p.name)
}

/// The page of a code or name.
#[must_use]
pub fn find(key: &str) -> Option<&'static str> {
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

/// The code that a code or a name stands for: `R02` for `outside-purpose`.
#[must_use]
pub fn code_of(key: &str) -> Option<String> {
    let page = PAGES.iter().find(|(code, name, _)| code.len() > 1 && (code.eq_ignore_ascii_case(key) || *name == key));
    let numbered = || PAGES.iter().find(|(code, ..)| code.len() == 1 && is_numbered(key, code));
    page.map(|(code, ..)| (*code).to_owned()).or_else(|| numbered().map(|_| key.to_ascii_uppercase()))
}

/// Every key.
pub fn keys() -> impl Iterator<Item = &'static str> {
    let policy = codes().iter().filter(|c| is_policy(c.code)).flat_map(|c| [c.code, c.name]);
    PAGES.iter().flat_map(|(code, name, _)| [*code, *name]).chain(policy)
}

fn is_numbered(key: &str, letter: &str) -> bool {
    let (head, number) = key.split_at_checked(1).unwrap_or((key, ""));
    head.eq_ignore_ascii_case(letter) && number.len() == 2 && number.bytes().all(|b| b.is_ascii_digit())
}
