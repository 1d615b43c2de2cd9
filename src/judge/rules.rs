//! What findings of each rule say first, and the articles of several rules.

use crate::policy::{self, Rule};

/// What is wrong, as the beginning of a headline.
#[must_use]
pub fn headline(rule: Rule) -> &'static str {
    match rule {
        Rule::R01 => "personal data without a purpose",
        Rule::R02 => "this is outside the purpose",
        Rule::R03 => "nobody has declared this recipient",
        Rule::R04 => "this purpose does not share it",
        Rule::R05 => "this purpose does not show it",
        Rule::R06 => "this purpose does not keep it",
        Rule::R07 => "a check is missing",
        Rule::R08 => "a transfer without a safeguard",
        Rule::R09 => "a processor without a valid contract",
        Rule::R10 => "this breaks a promise",
        Rule::R11 => "a right is not implemented",
        Rule::R12 => "special data without a condition",
        Rule::R13 => "nothing deletes this in time",
    }
}

/// The articles of several rules, each once, in the order of the rules.
#[must_use]
pub fn articles(rules: impl IntoIterator<Item = Rule>) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for rule in rules {
        for article in policy::law(rule) {
            if !out.iter().any(|a| a == article) {
                out.push((*article).to_owned());
            }
        }
    }
    out
}
