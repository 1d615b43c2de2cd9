//! What findings say: headline and advice. Every sentence names data, target and purpose as the policy does.

use super::Case;
use super::finding::{Checked, Datum, Finding};
use super::items::Item;
use super::law::Law;
use super::rules::headline;
use crate::flow::{Arriving, Flow, INSTRUMENT, INSTRUMENT_ERR, INSTRUMENT_RET, Purposeless, Reason, Transform};
use crate::policy::{GuardId, Label, PurposeId, Rule, Target, TransformId, Verb, Violation};

/// `` `contact.email of shopper` ``.
pub(super) fn label(law: &dyn Law, label: Label) -> String {
    match law.label(label) {
        (category, Some(subject)) => format!("`{category} of {subject}`"),
        (category, None) => format!("`{category}`"),
    }
}

/// The target as people call it.
pub(super) fn target_name(law: &dyn Law, flow: &Flow, target: Target) -> Option<String> {
    match &flow.target {
        Arriving::Host(host) => Some(host.clone()),
        Arriving::Vendor(krate) => Some(krate.clone()),
        _ => law.target(target),
    }
}

/// `shared with mailgate`.
pub(super) fn deed(verb: Verb, target: Option<&str>) -> String {
    let (done, preposition) = match verb {
        Verb::Use => ("used", ""),
        Verb::Share => ("shared", "with"),
        Verb::Show => ("shown", "to"),
        Verb::Keep => ("kept", "in"),
    };
    match target {
        Some(target) if verb != Verb::Use => format!("{done} {preposition} `{target}`"),
        _ => done.to_owned(),
    }
}

/// `a, b or c`.
pub(super) fn any_of(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

/// A transform's name; kinds that a model names are said as what they do.
pub(super) fn transform(law: &dyn Law, transform: &Transform) -> String {
    match transform {
        Transform::Bound(number) => law.transform_name(TransformId(*number)),
        Transform::Kind(kind) => kind.to_string(),
    }
}

/// `guard news_opt_in is not established`.
pub(super) fn missing(law: &dyn Law, groups: &[Vec<GuardId>]) -> String {
    let said: Vec<String> = groups.iter().map(|g| guards(law, g)).collect();
    match said.len() {
        0 => "a guard is not established".to_owned(),
        1 => format!("guard {} is not established", said.concat()),
        _ => format!("guards {} are not established", said.join(" and ")),
    }
}

fn guards(law: &dyn Law, group: &[GuardId]) -> String {
    any_of(&group.iter().map(|g| format!("`{}`", law.guard(*g))).collect::<Vec<_>>())
}

/// The labels of some items, each once, the first three by name, with their verb.
fn data(items: &[&Datum]) -> String {
    let mut names: Vec<String> = Vec::new();
    for item in items {
        let entry = if items.len() <= 2 { format!(" (from `{}`)", item.entry) } else { String::new() };
        let name = format!("`{}`{entry}", item.label());
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let verb = if names.len() > 1 { "are" } else { "is" };
    let more = names.len().saturating_sub(3);
    names.truncate(3);
    let shown = names.join(", ");
    if more == 0 { format!("{shown} {verb}") } else { format!("{shown} and {more} more {verb}") }
}

/// Where a guard that is missing is established all the same.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Lack {
    Nowhere,
    OnThisPath,
    OfThisPerson,
}

/// What a missing guard lacks, by the first item that misses it.
pub(super) fn lack(main: &Violation, items: &[Item<'_>]) -> Lack {
    let Some(item) = at_fault(main, items).next() else { return Lack::Nowhere };
    let any = |of: &std::collections::BTreeSet<u32>| main.missing_guards.iter().flatten().any(|g| of.contains(&g.0));
    if any(&item.flow.guards.elsewhere) {
        Lack::OnThisPath
    } else if any(&item.flow.guards.of_another) {
        Lack::OfThisPerson
    } else {
        Lack::Nowhere
    }
}

/// The items that break a rule.
fn at_fault<'i, 'a>(main: &'i Violation, items: &'i [Item<'a>]) -> impl Iterator<Item = &'i Item<'a>> {
    items.iter().filter(|i| i.violations.iter().any(|v| v.rule == main.rule))
}

/// Why an item is not certain, as a fragment.
pub(super) fn reason(law: &dyn Law, item: &Item<'_>) -> Option<Reason> {
    if item.flow.reason.is_some() {
        return item.flow.reason.clone();
    }
    if !item.perhaps.is_empty() {
        let what =
            format!("what is asked on the way may be guard {}: the type is not known", guards(law, &item.perhaps));
        return Some(Reason { what, at: None });
    }
    if item.unsure.is_empty() {
        return None;
    }
    let what = format!("whether guard {} is of the same person could not be told", guards(law, &item.unsure));
    Some(Reason { what, at: None })
}

/// The headline of a finding.
pub(super) fn message(law: &dyn Law, finding: &Finding, main: &Violation, lack: Lack) -> String {
    let deed = deed(finding.verb, finding.target_name.as_deref());
    let purpose = finding.purpose_name.as_ref().map_or_else(String::new, |p| format!(" for `{p}`"));
    let end = match main.rule {
        Rule::R07 => {
            let groups: Vec<String> = main.missing_guards.iter().map(|g| guards(law, g)).collect();
            let missing = if groups.is_empty() { "a guard".to_owned() } else { groups.join(" and ") };
            let here = match lack {
                Lack::Nowhere => "",
                Lack::OnThisPath => " on this path",
                Lack::OfThisPerson => " of this person",
            };
            format!(" without {missing}{here}")
        }
        Rule::R08 | Rule::R09 if finding.sites > 1 => format!(" (at {} places)", finding.sites),
        _ => String::new(),
    };
    let head = match (main.rule, main.warning) {
        (Rule::R10, true) => "this goes against a preference",
        (rule, _) => headline(rule),
    };
    // What breaks a weaker rule is listed below: it is no reason for this headline.
    let told: Vec<&Datum> = finding.data.iter().filter(|d| d.codes.contains(&main.rule)).collect();
    format!("{head}: {} {deed}{purpose}{end}", data(&told))
}

/// The headline of R01.
pub(super) fn no_purpose(roots: &[&Purposeless], items: &[Datum], whole_crate: bool) -> String {
    let items: Vec<&Datum> = items.iter().collect();
    let (head, first) = (headline(Rule::R01), roots.first());
    let function = first.map_or("", |r| r.function.as_str());
    let krate = first.map_or("", |r| r.krate.as_str());
    if whole_crate {
        let count = roots.len();
        let roots = if count == 1 { format!("`{function}`") } else { format!("{count} functions") };
        return format!("{head}: {} handled by {roots} of `{krate}`, where no code has a purpose", data(&items));
    }
    format!("{head}: {} handled by `{function}`, which runs for no purpose", data(&items))
}

/// What to do about R01.
pub(super) fn no_purpose_help(roots: &[&Purposeless], whole_crate: bool) -> Vec<String> {
    let name = roots.first().map_or("", |r| r.function.as_str());
    let mut help = vec![format!(
        "say what it runs for: `// purlin: purpose NAME` above `{name}`, or `bind rust {{ {name} as purpose NAME }}`"
    )];
    if whole_crate && roots.len() > 1 {
        let names: Vec<String> =
            roots.iter().take(5).map(|r| format!("`{}` ({})", r.function, r.entries.len())).collect();
        help.push(format!("begin with the functions that handle most: {}", names.join(", ")));
    }
    help
}

/// What to do about a finding.
pub(super) fn help(case: &Case<'_>, main: &Violation, items: &[Item<'_>]) -> Vec<String> {
    let Some(item) = items.first() else { return Vec::new() };
    let law = case.law;
    let ask = law.contact().unwrap_or_else(|| "the privacy team".to_owned());
    let purpose = item.claim.purpose;
    let purpose_name = purpose.map_or_else(|| "NAME".to_owned(), |p| law.purpose(p));
    let target = target_name(law, item.flow, item.claim.target).unwrap_or_else(|| "NAME".to_owned());
    let at_fault = || at_fault(main, items);
    let categories = each(at_fault().map(|i| law.label(i.claim.label).0));
    let entries = each(at_fault().map(|i| format!("`{}`", i.flow.entry.name)));
    let leave_out = match item.claim.verb {
        // Here every argument is written that is not named.
        _ if item.flow.site.symbol == INSTRUMENT => {
            format!("`skip` the argument that holds {entries} in `#[instrument(..)]`")
        }
        _ if item.flow.site.symbol == INSTRUMENT_RET => {
            format!("take `ret` out of the function's `#[instrument(..)]`, or {entries} out of its result")
        }
        _ if item.flow.site.symbol == INSTRUMENT_ERR => {
            format!("take `err` out of the function's `#[instrument(..)]`, or {entries} out of its error")
        }
        Verb::Use => format!("do not use {entries} here"),
        Verb::Share | Verb::Show | Verb::Keep => format!("leave {entries} out"),
    };
    let grant = |words: String| format!("{leave_out}, or ask {ask} to add `{words}` to `{purpose_name}`");
    let mut help = Vec::new();
    if matches!(main.rule, Rule::R02 | Rule::R04 | Rule::R05 | Rule::R06) {
        help.extend(permitted(law, main.rule, purpose, &item.permitted_for));
    }
    match main.rule {
        Rule::R10 => {
            if !main.missing_guards.is_empty() {
                help.push(establish(law, &main.missing_guards));
            }
            help.push(match main.warning {
                true => format!("{leave_out}, if it can be helped: a preference forbids nothing"),
                false => format!("{leave_out}, or ask {ask}: no permission can lift a promise"),
            });
            if items.iter().flat_map(|i| &i.violations).any(|v| v.rule == Rule::R03) {
                help.push(declare(item, &target, &ask));
            }
        }
        Rule::R02 => help.push(grant(format!("uses {categories}"))),
        Rule::R04 => help.push(grant(format!("shares {categories} with {target}"))),
        Rule::R05 => help.push(grant(format!("shows {categories} to {target}"))),
        Rule::R06 => help.push(grant(format!("keeps {categories} in {target} for .."))),
        Rule::R03 => help.push(declare(item, &target, &ask)),
        Rule::R07 => help.push(establish(law, &main.missing_guards)),
        Rule::R08 => help.push(format!("ask {ask} for a `transfer \"..\"` or an adequate `located in` of `{target}`")),
        Rule::R09 => {
            help.push(format!("ask {ask} for a `contract \"..\" until ..` with `{target}` that has not ended"))
        }
        Rule::R12 => {
            help.push(format!("{leave_out}, or ask {ask} for a `condition \"Art. 9(2) ..\"` in `{purpose_name}`"));
        }
        Rule::R01 | Rule::R11 | Rule::R13 => {}
    }
    help
}

/// Texts, each once, the first four by name.
fn each(texts: impl Iterator<Item = String>) -> String {
    let mut once: Vec<String> = Vec::new();
    for text in texts {
        if !once.contains(&text) {
            once.push(text);
        }
    }
    let more = once.len() > 4;
    once.truncate(4);
    format!("{}{}", once.join(", "), if more { ", .." } else { "" })
}

fn declare(item: &Item<'_>, target: &str, ask: &str) -> String {
    match &item.flow.target {
        Arriving::Vendor(krate) => format!(
            "ask {ask} to declare a recipient, then `bind rust {{ {krate} as recipient NAME }}`; if it sends nothing, \
             `{krate} as library`"
        ),
        _ => format!(
            "ask {ask} to declare a recipient, then `bind host {{ \"{target}\" as recipient NAME }}`; if it is yours, \
             `\"{target}\" as ours`"
        ),
    }
}

fn establish(law: &dyn Law, groups: &[Vec<GuardId>]) -> String {
    let mut ways: Vec<String> = Vec::new();
    for group in groups {
        let said: Vec<String> = group
            .iter()
            .map(|guard| match law.guard_places(*guard).as_slice() {
                [] => format!("guard `{}` (nothing is bound to it yet)", law.guard(*guard)),
                places => {
                    let places: Vec<String> = places.iter().take(3).map(|p| format!("`{p}`")).collect();
                    format!("{} (guard `{}`)", any_of(&places), law.guard(*guard))
                }
            })
            .collect();
        ways.push(any_of(&said));
    }
    format!("first check {} for the same person, on every path to here", ways.join(", and "))
}

/// Where what is missing here is checked, or what is checked on every path.
pub(super) fn checked(case: &Case<'_>, main: &Violation, items: &[Item<'_>]) -> Option<Checked> {
    let item = at_fault(main, items).next()?;
    let say = |text: String, at| Some(Checked { text, at });
    if main.rule != Rule::R07 {
        let held: Vec<String> = item.claim.guards.iter().map(|g| format!("`{}`", case.law.guard(*g))).collect();
        return if held.is_empty() || item.flow.load {
            None
        } else {
            say(format!("{} on every path", held.join(", ")), None)
        };
    }
    match (lack(main, items), &item.flow.guards.caller) {
        (Lack::OnThisPath, Some(call)) => {
            say(format!("by other callers; {} without it by `{}`", call.what, call.function), Some(call.span))
        }
        (Lack::OnThisPath, None) => say("on another path to here, not on this one".to_owned(), None),
        (Lack::OfThisPerson, _) => say("of another person, not of the one whose data this is".to_owned(), None),
        (Lack::Nowhere, _) => None,
    }
}

fn permitted(law: &dyn Law, rule: Rule, purpose: Option<PurposeId>, permitted: &[PurposeId]) -> Option<String> {
    let narrower: Vec<String> = permitted
        .iter()
        .filter(|p| purpose.is_some_and(|own| **p != own && law.is_narrower(**p, own)))
        .map(|p| format!("`{}`", law.purpose(*p)))
        .collect();
    if !narrower.is_empty() {
        return Some(format!("name the narrower purpose: {} may do this", any_of(&narrower)));
    }
    // Where something is written or sent is the same line whatever it runs for: binding it anew would hide it.
    let names: Vec<String> = permitted.iter().take(4).map(|p| format!("`{}`", law.purpose(*p))).collect();
    if names.is_empty() || rule != Rule::R02 {
        return None;
    }
    Some(format!("it is permitted for {}: if that is what this code runs for, bind it so", any_of(&names)))
}
