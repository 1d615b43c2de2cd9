//! Names of the rules, the articles behind them, and small words: verbs and days.

use super::types::{Date, Rule, Verb};

impl Rule {
    /// All rules.
    pub const ALL: [Rule; 13] = [
        Rule::R01,
        Rule::R02,
        Rule::R03,
        Rule::R04,
        Rule::R05,
        Rule::R06,
        Rule::R07,
        Rule::R08,
        Rule::R09,
        Rule::R10,
        Rule::R11,
        Rule::R12,
        Rule::R13,
    ];

    /// `R02`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Rule::R01 => "R01",
            Rule::R02 => "R02",
            Rule::R03 => "R03",
            Rule::R04 => "R04",
            Rule::R05 => "R05",
            Rule::R06 => "R06",
            Rule::R07 => "R07",
            Rule::R08 => "R08",
            Rule::R09 => "R09",
            Rule::R10 => "R10",
            Rule::R11 => "R11",
            Rule::R12 => "R12",
            Rule::R13 => "R13",
        }
    }

    /// `outside-purpose`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Rule::R01 => "no-purpose",
            Rule::R02 => "outside-purpose",
            Rule::R03 => "undeclared-target",
            Rule::R04 => "not-shared",
            Rule::R05 => "not-shown",
            Rule::R06 => "not-kept",
            Rule::R07 => "guard-missing",
            Rule::R08 => "transfer",
            Rule::R09 => "contract",
            Rule::R10 => "promise",
            Rule::R11 => "right-missing",
            Rule::R12 => "special-data",
            Rule::R13 => "no-purge",
        }
    }

    /// The rule with this code or name.
    #[must_use]
    pub fn find(key: &str) -> Option<Rule> {
        Rule::ALL.into_iter().find(|r| r.code().eq_ignore_ascii_case(key) || r.name() == key)
    }

    /// Which of several violations of one flow is named first: smaller is earlier.
    #[must_use]
    pub fn rank(self) -> u8 {
        match self {
            Rule::R10 => 0,
            Rule::R12 => 1,
            Rule::R03 => 2,
            Rule::R01 => 3,
            Rule::R02 => 4,
            Rule::R04 | Rule::R05 | Rule::R06 => 5,
            Rule::R08 => 6,
            Rule::R09 => 7,
            Rule::R07 => 8,
            Rule::R11 => 9,
            Rule::R13 => 10,
        }
    }
}

/// The articles of the GDPR behind a rule, as they are cited.
#[must_use]
pub fn law(rule: Rule) -> &'static [&'static str] {
    match rule {
        Rule::R01 => &["GDPR Art. 5(1)(b)"],
        Rule::R02 => &["GDPR Art. 5(1)(b)", "GDPR Art. 5(1)(c)"],
        Rule::R03 => &["GDPR Art. 13(1)(e)", "GDPR Art. 28", "GDPR Art. 30"],
        Rule::R04 | Rule::R05 => &["GDPR Art. 5(1)(c)", "GDPR Art. 5(1)(f)"],
        Rule::R06 => &["GDPR Art. 5(1)(c)", "GDPR Art. 5(1)(e)"],
        Rule::R07 => &["GDPR Art. 6", "GDPR Art. 7", "GDPR Art. 21"],
        Rule::R08 => &["GDPR Art. 44", "GDPR Art. 45", "GDPR Art. 46", "GDPR Art. 49"],
        Rule::R09 => &["GDPR Art. 28(3)"],
        Rule::R10 => &["GDPR Art. 5(1)(a)"],
        Rule::R11 => &["GDPR Art. 15", "GDPR Art. 16", "GDPR Art. 17", "GDPR Art. 18", "GDPR Art. 20", "GDPR Art. 21"],
        Rule::R12 => &["GDPR Art. 9(2)"],
        Rule::R13 => &["GDPR Art. 5(1)(e)"],
    }
}

/// The articles of one right (`erasure`).
#[must_use]
pub fn law_of_right(right: &str) -> Option<&'static str> {
    Some(match right {
        "access" => "GDPR Art. 15",
        "rectification" => "GDPR Art. 16",
        "erasure" => "GDPR Art. 17",
        "restriction" => "GDPR Art. 18",
        "portability" => "GDPR Art. 20",
        "objection" => "GDPR Art. 21",
        _ => return None,
    })
}

impl Verb {
    /// As in `must not use`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Verb::Use => "use",
            Verb::Share => "share",
            Verb::Show => "show",
            Verb::Keep => "keep",
        }
    }

    /// As inside a purpose: `uses`.
    #[must_use]
    pub fn third(self) -> &'static str {
        match self {
            Verb::Use => "uses",
            Verb::Share => "shares",
            Verb::Show => "shows",
            Verb::Keep => "keeps",
        }
    }

    /// `with`, `to`, `in`.
    #[must_use]
    pub fn preposition(self) -> Option<&'static str> {
        match self {
            Verb::Use => None,
            Verb::Share => Some("with"),
            Verb::Show => Some("to"),
            Verb::Keep => Some("in"),
        }
    }
}

impl Date {
    /// A day as `2027-03-31`; `None` if the calendar has no such day.
    #[must_use]
    pub fn parse(text: &str) -> Option<Date> {
        let mut parts = text.split('-');
        let (y, m, d) = (parts.next()?, parts.next()?, parts.next()?);
        let digits = |s: &str, n: usize| s.len() == n && s.bytes().all(|b| b.is_ascii_digit());
        if parts.next().is_some() || !digits(y, 4) || !digits(m, 2) || !digits(d, 2) {
            return None;
        }
        Date::new(y.parse().ok()?, m.parse().ok()?, d.parse().ok()?)
    }

    /// A day of the calendar.
    #[must_use]
    pub fn new(year: u16, month: u8, day: u8) -> Option<Date> {
        let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let days = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 if leap => 29,
            2 => 28,
            _ => return None,
        };
        (year > 0 && (1..=days).contains(&day)).then_some(Date { year, month, day })
    }

    /// Days since 1970-01-01.
    #[must_use]
    pub fn days(self) -> i64 {
        // Howard Hinnant's count of days in the proleptic Gregorian calendar, with years that begin in March.
        let (m, d) = (i64::from(self.month), i64::from(self.day));
        let y = i64::from(self.year) - i64::from(m <= 2);
        let era = y.div_euclid(400);
        let of_era = y.rem_euclid(400);
        let of_year = (153 * (m + if m > 2 { -3 } else { 9 }) + 2) / 5 + d - 1;
        era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
    }

    /// How many days from this one to `other`; negative if that is over.
    #[must_use]
    pub fn days_until(self, other: Date) -> i64 {
        other.days() - self.days()
    }
}

impl std::fmt::Display for Date {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_across_leap_years() {
        let day = |s| Date::parse(s).unwrap();
        assert_eq!(day("1970-01-01").days(), 0);
        assert_eq!(day("2024-02-28").days_until(day("2024-03-01")), 2);
        assert_eq!(day("2026-12-31").days_until(day("2027-01-01")), 1);
        assert_eq!(Date::parse("2026-02-29"), None);
        assert_eq!(Date::parse("2026-2-9"), None);
    }

    #[test]
    fn every_rule_is_found_by_code_and_name() {
        for rule in Rule::ALL {
            assert_eq!(Rule::find(rule.code()), Some(rule));
            assert_eq!(Rule::find(rule.name()), Some(rule));
            assert!(!law(rule).is_empty());
        }
    }
}
