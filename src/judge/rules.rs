//! What each rule is called, how much it weighs against the others, and on which article it rests.

use crate::policy::Rule;

/// Facts about a rule that do not depend on a finding.
#[derive(Clone, Copy, Debug)]
pub struct RuleMeta {
    /// The rule.
    pub rule: Rule,
    /// Its code.
    pub code: &'static str,
    /// Its name: a stable key, and what a case says.
    pub name: &'static str,
    /// What is wrong, as the beginning of a headline.
    pub headline: &'static str,
    /// Articles of the GDPR.
    pub articles: &'static [&'static str],
}

macro_rules! rules {
    ($($rule:ident $name:literal $headline:literal [$($article:literal),*];)*) => {
        /// All rules, the weightiest first: the first of a finding's rules names it.
        pub const RULES: &[RuleMeta] = &[$(RuleMeta {
            rule: Rule::$rule,
            code: stringify!($rule),
            name: $name,
            headline: $headline,
            articles: &[$($article),*],
        }),*];

        fn rank_of(rule: Rule) -> usize {
            const ORDER: &[Rule] = &[$(Rule::$rule),*];
            ORDER.iter().position(|r| *r == rule).unwrap_or(ORDER.len())
        }
    };
}

rules! {
    R10 "promise" "this breaks a promise" ["5(1)(a)"];
    R12 "special-data" "special data without a condition" ["9(2)"];
    R03 "undeclared-target" "nobody has declared this recipient" ["13(1)(e)", "28", "30"];
    R01 "no-purpose" "personal data without a purpose" ["5(1)(b)"];
    R02 "outside-purpose" "this is outside the purpose" ["5(1)(b)", "5(1)(c)"];
    R04 "not-shared" "this purpose does not share it" ["5(1)(c)", "5(1)(f)"];
    R05 "not-shown" "this purpose does not show it" ["5(1)(c)", "5(1)(f)"];
    R06 "not-kept" "this purpose does not keep it" ["5(1)(c)", "5(1)(e)"];
    R08 "transfer" "a transfer without a safeguard" ["44", "46"];
    R09 "contract" "a processor without a valid contract" ["28(3)"];
    R07 "guard-missing" "a check is missing" ["6", "7", "21"];
    R11 "right-missing" "a right is not implemented" ["15", "17", "20", "21"];
    R13 "no-purge" "nothing deletes this in time" ["5(1)(e)"];
}

/// What is known of a rule.
#[must_use]
pub fn meta(rule: Rule) -> &'static RuleMeta {
    &RULES[rank_of(rule)]
}

/// The place of a rule in the order of weight; lower is weightier.
#[must_use]
pub fn rank(rule: Rule) -> usize {
    // Not shared, shown and kept never meet in one finding, so their order is no statement.
    rank_of(rule)
}

/// `GDPR Art. ..` of several rules, each once, in the order of the rules.
#[must_use]
pub fn articles(rules: impl IntoIterator<Item = Rule>) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for rule in rules {
        for article in meta(rule).articles {
            let text = format!("GDPR Art. {article}");
            if !out.contains(&text) {
                out.push(text);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_its_own_code_and_name() {
        for rule in RULES {
            assert_eq!(meta(rule.rule).code, rule.code);
            assert_eq!(RULES.iter().filter(|r| r.name == rule.name || r.code == rule.code).count(), 1);
        }
        assert!(rank(Rule::R10) < rank(Rule::R02) && rank(Rule::R09) < rank(Rule::R07));
    }
}
