//! What a bound duty leaves behind: R11, a right that is implemented in part, and R13, a purge that misses columns.

use std::collections::BTreeSet;

use super::Case;
use super::finding::{Datum, Finding};
use super::rules::articles;
use crate::diag::Severity;
use crate::flow::{Confidence, Site, Step};
use crate::policy::{Claim, Label, Rule, Target, Verb};
use crate::source::Span;

/// A function or statement that is bound to a duty and does not fulfil it.
#[derive(Clone, Debug, PartialEq)]
pub struct Missed {
    /// R11 or R13.
    pub rule: Rule,
    /// `erasure of customer`, `purge of crm`.
    pub duty: String,
    /// The right or the clause in the policy.
    pub clause: Option<Span>,
    /// The article of the right; that of the rule where it is none.
    pub law: Option<String>,
    /// The store that is to be purged.
    pub target: Target,
    /// Its name.
    pub target_name: Option<String>,
    /// The bound function or statement.
    pub site: Site,
    /// The columns that it leaves, in the order of the schema.
    pub left: Vec<Left>,
    /// The path that was looked at: what is deleted or cleared below it.
    pub seen: Vec<Step>,
}

/// A column that is left behind.
#[derive(Clone, Debug, PartialEq)]
pub struct Left {
    /// `table.column`.
    pub name: String,
    /// Its table.
    pub table: String,
    /// Its label.
    pub label: Label,
    /// Where it is defined.
    pub span: Span,
    /// Where it was labelled.
    pub labelled: Span,
}

/// Most steps of what was looked at that a finding names.
const SEEN: usize = 4;

pub(super) fn findings(case: &Case<'_>) -> Vec<Finding> {
    case.missed.iter().map(|missed| finding(case, missed)).collect()
}

fn finding(case: &Case<'_>, missed: &Missed) -> Finding {
    let mut tables: Vec<&str> = missed.left.iter().map(|l| l.table.as_str()).collect();
    tables.dedup();
    let named = |table: &str| {
        let columns = missed.left.iter().filter(|l| l.table == table);
        let mut names: Vec<&str> = columns.map(|l| l.name.rsplit('.').next().unwrap_or(&l.name)).collect();
        names.dedup();
        format!("`{table}` ({})", names.join(", "))
    };
    let list: Vec<String> = tables.iter().map(|t| named(t)).collect();
    let looked: Vec<String> = missed.seen.iter().take(SEEN).map(|s| s.what.to_string()).collect();
    let more = if missed.seen.len() > SEEN { ", and more" } else { "" };
    let looked = match looked.as_slice() {
        [] => "nothing below it deletes or clears a row".to_owned(),
        some => format!("it {}{more}", some.join(", ")),
    };
    let add = match missed.rule {
        Rule::R11 => {
            "delete these too, let a foreign key cascade, or name the purpose that must keep them after `except`"
        }
        _ => "delete these too, or ask for the clause that limits them to be changed",
    };
    Finding {
        rule: missed.rule,
        severity: Severity::Error,
        confidence: Confidence::Likely,
        message: format!("`{}` leaves data behind: {}", missed.duty, list.join(", ")),
        verb: Verb::Keep,
        purpose: None,
        purpose_name: None,
        purpose_at: None,
        target: missed.target,
        target_name: missed.target_name.clone(),
        fingerprint: String::new(),
        clause: missed.clause,
        law: missed.law.clone().map_or_else(|| articles([missed.rule]), |article| vec![article]),
        checked: None,
        help: vec![looked, add.to_owned()],
        also: Vec::new(),
        arrival: missed.site.clone(),
        sites: 1,
        data: missed.left.iter().map(|left| datum(case, missed, left)).collect(),
    }
}

fn datum(case: &Case<'_>, missed: &Missed, left: &Left) -> Datum {
    let (category, subject) = case.law.label(left.label);
    let step = |span, what: String| Step { span, what: what.into(), function: missed.site.function.clone() };
    let mut path = vec![step(left.span, format!("`{}` is kept here", left.name))];
    path.extend(missed.seen.iter().take(SEEN).cloned());
    path.push(step(missed.site.span, format!("bound as `{}`", missed.duty)));
    Datum {
        category,
        subject,
        entry: left.name.clone(),
        labelled: left.labelled,
        codes: vec![missed.rule],
        transforms: Vec::new(),
        derived: false,
        confidence: Confidence::Likely,
        reason: None,
        path,
        paths_total: 1,
        claim: Claim {
            verb: Verb::Keep,
            label: left.label,
            target: missed.target,
            purpose: None,
            guards: BTreeSet::new(),
            origin: None,
            day: case.day,
        },
    }
}
