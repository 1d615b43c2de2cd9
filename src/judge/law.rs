//! What `judge` asks of a policy: a decision on one claim, names for people, waivers.
//!
//! A trait and not the policy itself, so that grouping, waiving and wording are tested against laws of three
//! lines. The only law of the product is [`crate::policy::Policy`].

use std::collections::BTreeSet;

use crate::policy::{Claim, Date, GuardId, Label, PurposeId, Target, TransformId, Verdict};
use crate::source::Span;

/// A policy, as far as findings need it.
pub trait Law {
    /// Decides one claim.
    fn decide(&self, claim: &Claim) -> Verdict;
    /// What a label becomes through a transform: nothing, one label, or both where only a part is turned.
    fn transform(&self, transform: TransformId, label: Label) -> Vec<Label>;
    /// Guards that make nobody more precise: those that may be assumed where guards are not judged yet.
    fn plain_guards(&self) -> BTreeSet<GuardId>;
    /// `contact.email of shopper`; without `of` where it is not known whose.
    fn label(&self, label: Label) -> (String, Option<String>);
    /// Name of a purpose.
    fn purpose(&self, purpose: PurposeId) -> String;
    /// Whether the first purpose is the second or lies below it.
    fn is_narrower(&self, purpose: PurposeId, than: PurposeId) -> bool;
    /// Name of a target; nothing for none and for undeclared ones.
    fn target(&self, target: Target) -> Option<String>;
    /// Name of a guard.
    fn guard(&self, guard: GuardId) -> String;
    /// What is bound as this guard, as written in the bindings.
    fn guard_places(&self, guard: GuardId) -> Vec<String>;
    /// Name of a transform.
    fn transform_name(&self, transform: TransformId) -> String;
    /// Name of a subject.
    fn subject(&self, subject: crate::policy::SubjectId) -> String;
    /// Whom to ask: the data protection officer, else the controller.
    fn contact(&self) -> Option<String>;
    /// The waivers, in the order of their places.
    fn waivers(&self) -> Vec<Waiver>;
    /// Whether a waiver, by index, permits a claim (its place apart).
    fn waives(&self, waiver: usize, claim: &Claim) -> bool;
}

/// A dated exception.
#[derive(Clone, Debug, PartialEq)]
pub struct Waiver {
    /// Its name, often a ticket.
    pub name: String,
    /// Who answers for it.
    pub owner: String,
    /// Its last day.
    pub until: Date,
    /// Why.
    pub because: String,
    /// Where in the code it applies: a Rust path, a table, or a quoted glob of files.
    pub at: Option<Place>,
    /// The waiver in the policy.
    pub span: Span,
}

/// A place in the code, as a waiver names it.
#[derive(Clone, Debug, PartialEq)]
pub enum Place {
    /// `crate::newsletter::legacy`.
    Rust(Vec<String>),
    /// `orders`, `orders.email`.
    Sql(Vec<String>),
    /// `"reports/**"`.
    Files(String),
}

/// Days from one date to another, by the civil calendar.
#[must_use]
pub fn days_between(from: Date, to: Date) -> i64 {
    day_number(to) - day_number(from)
}

/// Days since 1970-01-01 (Hinnant's algorithm).
fn day_number(date: Date) -> i64 {
    let (year, month, day) = (i64::from(date.year), i64::from(date.month), i64::from(date.day));
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// The civil date that lies this many days after 1970-01-01.
#[must_use]
pub fn date_of_day(days: i64) -> Date {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    Date { year: year as u16, month: month as u8, day: (of_year - (153 * shifted + 2) / 5 + 1) as u8 }
}

/// `2027-03-31`.
#[must_use]
pub fn show_date(date: Date) -> String {
    format!("{:04}-{:02}-{:02}", date.year, date.month, date.day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_by_the_calendar() {
        let date = |year, month, day| Date { year, month, day };
        assert_eq!(day_number(date(1970, 1, 1)), 0);
        assert_eq!(days_between(date(2024, 2, 28), date(2024, 3, 1)), 2);
        assert_eq!(days_between(date(2026, 12, 31), date(2026, 12, 1)), -30);
        for day in [0, 59, 60, 365, 11_016, 19_782, 20_779] {
            assert_eq!(day_number(date_of_day(day)), day);
        }
        assert_eq!(show_date(date_of_day(19_782)), "2024-02-29");
    }
}
