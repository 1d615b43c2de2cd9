//! The policy for people who do not read policies: in plain sentences, as the record of Art. 30, as a draft of the
//! privacy notice.

use super::activity::{Activity, Move, abroad, activities, article, particulars, people, places, recipient, role};
use super::page::Block;
use super::words::{and, human, upper};
use crate::policy::{
    Date, Ground, GuardId, Policy, Promise, PurposeId, RecipientId, Right, Role, SubjectId, Target, Targets,
    law_of_right,
};
use crate::source::Span;

/// The policy in plain sentences.
#[must_use]
pub fn plain(policy: &Policy, day: Date) -> Vec<Block> {
    let mut out = vec![Block::Heading(1, format!("What {} does with personal data", controller(policy)))];
    if let Some(dpo) = policy.controller.as_ref().and_then(|c| c.dpo.as_ref()) {
        out.push(Block::Text(format!("The data protection officer is reached at {dpo}. As of {day}.")));
    }
    out.push(Block::Heading(2, "Purposes".to_owned()));
    for activity in activities(policy) {
        out.push(Block::Heading(3, format!("{} ({})", activity.title, activity.name)));
        out.push(Block::Text(sentences(policy, &activity, day).join(" ")));
    }
    promises(policy, "What is never done", &mut out);
    recipients(policy, day, &mut out);
    rights(policy, &mut out);
    out
}

fn controller(policy: &Policy) -> String {
    policy.controller.as_ref().map_or_else(|| "the controller".to_owned(), |c| c.name.clone())
}

/// What a purpose comes to, sentence by sentence.
fn sentences(policy: &Policy, a: &Activity, day: Date) -> Vec<String> {
    let mut out = vec![format!("{}.", a.title.trim_end_matches('.'))];
    let start = match (&a.behalf, &a.basis) {
        (Some(controller), _) => format!("On behalf of {controller}"),
        (None, Some(basis)) => format!("On the basis of {basis}"),
        (None, None) => "Without a legal basis".to_owned(),
    };
    let checked = if a.guards.is_empty() { String::new() } else { format!(", checked each time ({})", and(&a.guards)) };
    let whose = if a.people.is_empty() { "everybody".to_owned() } else { and(&a.people) };
    let mut used = a.data.clone();
    used.extend(a.compatible.iter().cloned());
    if used.is_empty() {
        out.push(format!("{start}{checked} we use nothing yet."));
    } else {
        out.push(format!("{start}{checked} we use {} of {whose}.", and(&used)));
    }
    out.extend(a.condition.iter().map(|c| format!("Special data is used under {c}.")));
    for m in &a.shares {
        let who = match m.target {
            Some(Target::Recipient(r)) => format!("{} ({})", m.to, particulars(policy, r, day)),
            _ => m.to.clone(),
        };
        out.push(format!("We share {} with {who}{}.", said(m), tail(m)));
    }
    for m in &a.shows {
        out.push(format!("We show {} to {}{}.", said(m), m.to, tail(m)));
    }
    for m in &a.keeps {
        let limit = m.limit.as_ref().map_or(String::new(), |l| format!(" for {l}"));
        out.push(format!("We keep {} in {}{limit}{}.", said(m), m.to, tail(m)));
    }
    for parent in &a.also {
        out.push(format!("All that {parent} may do may be done here too, on its own basis."));
    }
    out.extend(a.notice.iter().map(|n| format!("People are told at {n}.")));
    out
}

fn said(m: &Move) -> String {
    let whose = m.people.as_ref().map_or(String::new(), |p| format!(" of {p}"));
    format!("{}{whose}", m.data)
}

fn tail(m: &Move) -> String {
    let given = m.given.as_ref().map_or(String::new(), |g| format!(", if checked first ({g})"));
    let text = m.text.as_ref().map_or(String::new(), |t| format!(" ({t})"));
    format!("{given}{text}")
}

/// The promises, in the words they were given.
fn promises(policy: &Policy, title: &str, out: &mut Vec<Block>) {
    let said: Vec<String> = policy.promises.iter().filter(|p| p.must).map(|p| promise(policy, p)).collect();
    let mut forbidden: Vec<String> = Vec::new();
    for p in policy.purposes.ids().filter(|p| policy.purposes.info(*p).is_some_and(|i| i.forbidden.is_some())) {
        let text = policy.purposes.node(p).and_then(|n| n.text.clone());
        forbidden.push(sentence(text, || format!("Never: {}", human(policy.purpose_name(p)))));
    }
    for r in policy.recipients.ids().filter(|r| policy.recipients.info(*r).is_some_and(|i| i.forbidden.is_some())) {
        let text = policy.recipients.node(r).and_then(|n| n.text.clone());
        forbidden.push(sentence(text, || format!("Nothing is shared with {}", recipient(policy, r))));
    }
    if said.is_empty() && forbidden.is_empty() {
        return;
    }
    out.push(Block::Heading(2, title.to_owned()));
    out.push(Block::List(said.into_iter().chain(forbidden).collect()));
}

fn sentence(text: Option<String>, other: impl FnOnce() -> String) -> String {
    format!("{}.", text.unwrap_or_else(other).trim_end_matches('.'))
}

/// `We do not share …: "We never pass on where you are"`.
fn promise(policy: &Policy, p: &Promise) -> String {
    let what = super::activity::categories(policy, &p.what);
    let whose = p.whose.as_ref().map_or(String::new(), |w| format!(" of {}", people(policy, w)));
    let to = match &p.targets {
        Some(Targets::Recipients(t)) if !t.any => {
            format!(" with {}", and(&t.names.iter().map(|r| recipient(policy, *r)).collect::<Vec<_>>()))
        }
        Some(Targets::Audiences(t)) if !t.any => {
            format!(" to {}", and(&t.names.iter().map(|a| human(policy.audience_name(*a))).collect::<Vec<_>>()))
        }
        Some(Targets::Stores(t)) if !t.any => {
            format!(" in {}", and(&t.names.iter().map(|s| human(policy.store_name(*s))).collect::<Vec<_>>()))
        }
        Some(_) | None => String::new(),
    };
    let outside = p.outside.map_or(String::new(), |r| format!(" outside {}", policy.region_name(r)));
    let longer = p.longer.map_or(String::new(), |l| format!(" longer than {l}"));
    let purposes = p.purposes.as_ref().map_or(String::new(), |list| {
        let names = |ids: &[PurposeId]| and(&ids.iter().map(|q| human(policy.purpose_name(*q))).collect::<Vec<_>>());
        let all = if list.any { "anything".to_owned() } else { names(&list.names) };
        let but = if list.except.is_empty() { String::new() } else { format!(" but {}", names(&list.except)) };
        format!(" for {all}{but}")
    });
    let unless = if p.unless.is_empty() {
        String::new()
    } else {
        let names = |g: &Vec<GuardId>| g.iter().map(|g| human(policy.guard_name(*g))).collect::<Vec<_>>().join(" or ");
        format!(" unless {}", and(&p.unless.iter().map(names).collect::<Vec<_>>()))
    };
    let sentence = format!("We do not {} {what}{whose}{to}{outside}{longer}{purposes}{unless}", p.verb.word());
    match &p.text {
        Some(text) => format!("{}. ({sentence}.)", text.trim_end_matches('.')),
        None => format!("{sentence}."),
    }
}

/// Everybody who receives something, and where that is.
fn recipients(policy: &Policy, day: Date, out: &mut Vec<Block>) {
    let lines = activities(policy);
    let mut rows = Vec::new();
    for r in policy.recipients.ids().filter(|r| policy.forbidden_recipient(*r).is_none()) {
        let mut data: Vec<String> = Vec::new();
        let mut purposes: Vec<String> = Vec::new();
        for a in &lines {
            for m in a.shares.iter().filter(|m| m.target == Some(Target::Recipient(r))) {
                push(&mut data, m.data.clone());
                push(&mut purposes, a.name.clone());
            }
        }
        rows.push(recipient_row(policy, r, day, &data, &purposes));
    }
    if rows.is_empty() {
        return;
    }
    out.push(Block::Heading(2, "Recipients and transfers".to_owned()));
    let head = ["Recipient", "Description", "Role", "Where", "Contract", "Transfer", "Data", "Purposes"];
    out.push(Block::Table(head.map(str::to_owned).to_vec(), rows));
}

fn recipient_row(policy: &Policy, r: RecipientId, day: Date, data: &[String], purposes: &[String]) -> Vec<String> {
    let contract = policy.contract(r).map_or(String::new(), |c| match c.until {
        Some(until) if until < day => format!("{}, ended on {until}", c.text),
        Some(until) => format!("{}, until {until}", c.text),
        None => c.text.clone(),
    });
    let transfers: Vec<String> =
        abroad(policy, Target::Recipient(r)).into_iter().map(|(place, cover)| format!("{place}: {cover}")).collect();
    vec![
        policy.recipient_name(r).to_owned(),
        policy.recipients.node(r).and_then(|n| n.text.clone()).unwrap_or_default(),
        policy.acts(r).map_or(String::new(), |(is, _)| role(is).to_owned()),
        places(policy, Target::Recipient(r)).join("; "),
        contract,
        transfers.join("; "),
        data.join("; "),
        purposes.join("; "),
    ]
}

fn push(list: &mut Vec<String>, word: String) {
    if !list.contains(&word) {
        list.push(word);
    }
}

fn rights(policy: &Policy, out: &mut Vec<Block>) {
    let mut items = Vec::new();
    for s in policy.subjects.ids() {
        items.extend(rights_of(policy, s));
    }
    if !items.is_empty() {
        out.push(Block::Heading(2, "Rights".to_owned()));
        out.push(Block::List(items));
    }
}

fn rights_of(policy: &Policy, s: SubjectId) -> Option<String> {
    let rights = policy.rights(s);
    let one = |r: &&Right| {
        let law = law_of_right(&r.name).map_or(String::new(), |l| format!(" ({})", l.trim_start_matches("GDPR ")));
        let except: Vec<String> =
            r.except.iter().map(|(p, why)| format!("{} ({why})", human(policy.purpose_name(*p)))).collect();
        let but =
            if except.is_empty() { String::new() } else { format!(", but not what we keep for {}", and(&except)) };
        format!("{}{law}{but}", r.name)
    };
    let said: Vec<String> = rights.iter().map(one).collect();
    let name = upper(&human(policy.subject_name(s)));
    (!said.is_empty()).then(|| format!("{name}: {}.", said.join("; ")))
}

/// The record of processing activities: Art. 30(1), and 30(2) where it is done on behalf of somebody.
#[must_use]
pub fn record(policy: &Policy, day: Date, place: &dyn Fn(Span) -> String) -> Vec<Block> {
    let head = [
        "Role",
        "Controller",
        "Joint controllers",
        "Data protection officer",
        "On behalf of",
        "Purpose (reference)",
        "Purpose",
        "Legal basis",
        "Condition for special data",
        "Categories of data subjects",
        "Categories of personal data",
        "Special categories",
        "Categories of recipients",
        "Transfers to third countries",
        "Safeguards",
        "Time limits for erasure",
        "Technical and organisational measures",
        "Systems",
        "Notice",
        "Source",
    ];
    let rows = activities(policy).iter().map(|a| record_row(policy, a, day, place)).collect();
    vec![
        Block::Heading(1, format!("Record of processing activities: {}", controller(policy))),
        Block::Text(format!("GDPR Art. 30, from the policy as of {day}.")),
        Block::Table(head.map(str::to_owned).to_vec(), rows),
    ]
}

fn record_row(policy: &Policy, a: &Activity, day: Date, place: &dyn Fn(Span) -> String) -> Vec<String> {
    let mut joint = Vec::new();
    let mut recipients = Vec::new();
    let mut transfers = Vec::new();
    let mut safeguards = Vec::new();
    let mut systems = Vec::new();
    let mut limits = Vec::new();
    for m in &a.shares {
        if let Some(Target::Recipient(r)) = m.target {
            let text = particulars(policy, r, day);
            push(&mut recipients, if text.is_empty() { m.to.clone() } else { format!("{} ({text})", m.to) });
            if policy.acts(r).is_some_and(|(is, _)| is == Role::JointController) {
                push(&mut joint, m.to.clone());
            }
        } else {
            push(&mut recipients, m.to.clone());
        }
    }
    for m in &a.keeps {
        push(&mut systems, m.to.clone());
        let limit = m.limit.clone().unwrap_or_default();
        let law = m.text.as_ref().map_or(String::new(), |t| format!(" ({t})"));
        push(&mut limits, format!("{} in {}: {limit}{law}", said(m), m.to));
    }
    for target in a.shares.iter().chain(&a.keeps).filter_map(|m| m.target) {
        for (where_, cover) in abroad(policy, target) {
            push(&mut transfers, where_.clone());
            push(&mut safeguards, format!("{where_}: {cover}"));
        }
    }
    let mut measures: Vec<String> = a.guards.iter().map(|g| format!("checked before use: {g}")).collect();
    for m in &a.shows {
        push(&mut measures, format!("{} seen by {} only", said(m), m.to));
    }
    let basis = policy
        .basis(a.id)
        .map(|b| article(b.ground))
        .map_or(String::new(), |art| format!("{art} {}", a.basis.clone().unwrap_or_default()));
    let mut data = a.data.clone();
    data.extend(a.compatible.iter().cloned());
    data.extend(a.also.iter().map(|parent| format!("all of {parent}, on its own basis")));
    vec![
        if a.behalf.is_some() { "processor" } else { "controller" }.to_owned(),
        controller(policy),
        joint.join("; "),
        policy.controller.as_ref().and_then(|c| c.dpo.clone()).unwrap_or_default(),
        a.behalf.clone().unwrap_or_default(),
        a.name.clone(),
        a.title.clone(),
        basis,
        a.condition.clone().unwrap_or_default(),
        a.people.join("; "),
        data.join("; "),
        a.special.join("; "),
        recipients.join("; "),
        transfers.join("; "),
        safeguards.join("; "),
        limits.join("; "),
        measures.join("; "),
        systems.join("; "),
        a.notice.clone().unwrap_or_default(),
        policy.purpose_head(a.id).map_or(String::new(), place),
    ]
}

/// A draft of what people are told (Art. 13 and 14): a lawyer finishes it.
#[must_use]
pub fn notice(policy: &Policy, day: Date) -> Vec<Block> {
    let mut out = vec![
        Block::Heading(1, format!("How {} uses your data", controller(policy))),
        Block::Text(format!("Draft from the policy of {day}; not yet read by a lawyer.")),
    ];
    if let Some(c) = &policy.controller {
        let dpo = c.dpo.as_ref().map_or(String::new(), |d| format!(" Our data protection officer is reached at {d}."));
        out.push(Block::Text(format!("{} is responsible for your data.{dpo}", c.name)));
    }
    for a in activities(policy).iter().filter(|a| a.behalf.is_none()) {
        out.push(Block::Heading(2, a.title.clone()));
        out.push(Block::List(told(policy, a, day)));
    }
    promises(policy, "What we promise", &mut out);
    let mut rights: Vec<String> = Vec::new();
    for s in policy.subjects.ids() {
        rights.extend(rights_of(policy, s));
    }
    rights.push("You can complain to your supervisory authority (Art. 77).".to_owned());
    out.push(Block::Heading(2, "Your rights".to_owned()));
    out.push(Block::List(rights));
    out
}

/// What a notice tells of one purpose.
fn told(policy: &Policy, a: &Activity, day: Date) -> Vec<String> {
    let mut out = Vec::new();
    let mut data = a.data.clone();
    data.extend(a.compatible.iter().cloned());
    if !a.people.is_empty() {
        out.push(format!("Whom it concerns: {}.", and(&a.people)));
    }
    out.push(format!("What we use: {}.", if data.is_empty() { "nothing".to_owned() } else { and(&data) }));
    if let Some(basis) = policy.basis(a.id) {
        let text = basis.text.as_ref().map_or(String::new(), |t| format!(", {t}"));
        out.push(format!("Why we may: {} ({}{text}).", basis.ground.words(), article(basis.ground)));
        if basis.ground == Ground::Consent {
            out.push("You can withdraw your consent at any time (Art. 7(3)).".to_owned());
        }
    }
    out.extend(a.condition.iter().map(|c| format!("Special data: {c}.")));
    for m in &a.shares {
        let who = match m.target {
            Some(Target::Recipient(r)) => format!("{} ({})", m.to, particulars(policy, r, day)),
            _ => m.to.clone(),
        };
        out.push(format!("Who receives it: {who} receives {}.", said(m)));
    }
    for m in &a.keeps {
        let limit = m.limit.clone().unwrap_or_default();
        out.push(format!("How long: {} for {limit}{}.", said(m), tail(m)));
    }
    out
}
