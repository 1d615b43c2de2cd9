//! Who may see what, what goes where, and why somebody receives it: tables of everything that is permitted.
//!
//! A row is a [`Change`] from a policy that permits nothing, so the tables say exactly what the decision says.

use std::fmt::Write as _;

use super::diff::{Change, diff};
use super::words::given;
use crate::policy::{Date, Id, Policy, Target, Tree, Verb};

/// Everything that a policy permits, on a day.
#[must_use]
pub fn permitted(policy: &Policy, day: Date) -> Vec<Change> {
    diff(&Policy::default(), policy, day).newly_permitted
}

/// Who may use, receive, see and keep data: `who contact.email of customer`.
///
/// # Errors
/// What is wrong with the question.
pub fn who(policy: &Policy, data: &str, people: Option<&str>, day: Date) -> Result<Vec<Change>, String> {
    let category = find(&policy.categories, "category", data)?;
    let subject = people.map(|p| find(&policy.subjects, "subject", p)).transpose()?;
    let mut rows = permitted(policy, day);
    for row in &mut rows {
        row.data = meeting(&policy.categories, &row.data, category);
        if let Some(subject) = subject {
            row.people = meeting(&policy.subjects, &row.people, subject);
        }
    }
    rows.retain(|r| !r.data.is_empty() && (subject.is_none() || !r.people.is_empty()));
    Ok(rows)
}

/// What goes to a place: everything shared with a recipient or kept in a store that is located there.
///
/// # Errors
/// What is wrong with the question.
pub fn there(policy: &Policy, place: &str, day: Date) -> Result<Vec<Change>, String> {
    let region = find(&policy.regions, "region", place)?;
    let is_there =
        |t: Target| policy.located(t).iter().any(|l| l.region.is_some_and(|r| policy.regions.leq(r, region)));
    let mut rows = permitted(policy, day);
    rows.retain(|r| target(policy, r).is_some_and(is_there));
    Ok(rows)
}

/// Why a recipient, store or audience has data: what reaches it, and for which purposes.
///
/// # Errors
/// What is wrong with the question.
pub fn why(policy: &Policy, name: &str, day: Date) -> Result<Vec<Change>, String> {
    let known = policy.recipient(name).is_some() || policy.store(name).is_some() || policy.audience(name).is_some();
    if !known {
        let trees = policy.recipients.iter().chain(policy.stores.iter()).chain(policy.audiences.iter());
        return Err(unknown("recipient, store or audience", name, trees.map(|n| n.name.as_str())));
    }
    let below = |t: &str| t == name || t.strip_prefix(name).is_some_and(|rest| rest.starts_with('.'));
    let mut rows = permitted(policy, day);
    rows.retain(|r| r.target.as_deref().is_some_and(below));
    Ok(rows)
}

fn target(policy: &Policy, row: &Change) -> Option<Target> {
    let name = row.target.as_deref()?;
    match row.verb {
        Verb::Use => None,
        Verb::Share => policy.recipient(name).map(Target::Recipient),
        Verb::Show => policy.audience(name).map(Target::Audience),
        Verb::Keep => policy.store(name).map(Target::Store),
    }
}

/// The names of a list that are a kind of `asked`; or `asked` itself, if one of them covers it.
fn meeting<I: Id, T>(tree: &Tree<I, T>, names: &[String], asked: I) -> Vec<String> {
    let ids = || names.iter().filter_map(|n| tree.find(n));
    if ids().any(|id| tree.leq(asked, id)) {
        return vec![tree.name(asked).to_owned()];
    }
    ids().filter(|&id| tree.leq(id, asked)).map(|id| tree.name(id).to_owned()).collect()
}

fn find<I: Id, T>(tree: &Tree<I, T>, kind: &str, name: &str) -> Result<I, String> {
    tree.find(name).ok_or_else(|| unknown(kind, name, tree.iter().map(|n| n.name.as_str())))
}

fn unknown<'a>(kind: &str, name: &str, known: impl Iterator<Item = &'a str> + Clone) -> String {
    let near = crate::diag::suggest(name, known.clone()).map(|n| format!("did you mean `{n}`?"));
    let all = known.take(12).collect::<Vec<_>>().join(", ");
    format!("there is no {kind} `{name}`; {}", near.unwrap_or_else(|| format!("there are: {all}")))
}

/// Rows as a table with aligned columns.
#[must_use]
pub fn text(rows: &[Change]) -> String {
    let head = ["Verb", "Data", "Of", "Where", "For", "Given"].map(str::to_owned);
    let mut table = vec![head];
    for r in rows {
        let place = match (r.verb.preposition(), &r.target) {
            (Some(preposition), Some(target)) => format!("{preposition} {target}"),
            _ => String::new(),
        };
        let given = given(&r.after);
        table.push([
            r.verb.word().to_owned(),
            r.data.join(", "),
            r.people.join(", "),
            place,
            r.purposes.join(", "),
            given.trim_start_matches("given ").to_owned(),
        ]);
    }
    let widths: Vec<usize> =
        (0..6).map(|i| table.iter().map(|row| row[i].chars().count()).max().unwrap_or(0)).collect();
    let mut out = String::new();
    for row in &table {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            let _ = write!(line, "{cell:width$}  ");
        }
        let _ = writeln!(out, "{}", line.trim_end());
    }
    out
}

/// Rows for programs.
///
/// # Errors
/// Only if serialising fails, which it cannot for these types.
pub fn json(rows: &[Change]) -> Result<String, serde_json::Error> {
    #[derive(serde::Serialize)]
    struct Row<'a> {
        verb: Verb,
        data: &'a [String],
        people: &'a [String],
        target: Option<&'a str>,
        purposes: &'a [String],
        given: &'a [Vec<String>],
    }
    let rows: Vec<Row<'_>> = rows
        .iter()
        .map(|r| Row {
            verb: r.verb,
            data: &r.data,
            people: &r.people,
            target: r.target.as_deref(),
            purposes: &r.purposes,
            given: &r.after,
        })
        .collect();
    let mut text = serde_json::to_string_pretty(&serde_json::json!({ "version": 1, "rows": rows }))?;
    text.push('\n');
    Ok(text)
}
