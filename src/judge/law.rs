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
    /// Whether data with the narrow label is data of the wide one; where a subject is not known it may be.
    fn covers(&self, wide: Label, narrow: Label) -> bool;
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
    /// One word or `table.column`: a crate, a table, a column.
    Name(Vec<String>),
    /// `"reports/**"`.
    Files(String),
}
