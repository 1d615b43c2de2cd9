//! From syntax trees to a policy: declares all names, then gives every clause its meaning.
//!
//! Order never matters: names are collected from all files before any is used. What is wrong is reported once,
//! in the order of the files, and one error is enough for there to be no policy at all.

use crate::diag::Severity;

use super::ast::{self, At, Item, Placed};
use super::compile;
use super::names::{Kind, Names, Need};
use super::resolve_clauses as clauses;
use super::resolve_flows as flows;
use super::resolved::*;
use super::set::Tree;
use super::types::*;
use crate::diag::Diagnostic;

/// Makes the policy of all files. The names know the files; `None` iff there is an error.
pub(crate) fn resolve(mut cx: Names<'_>, items: &[Placed]) -> (Option<Policy>, Vec<Diagnostic>) {
    declare(&mut cx, items);
    cx.link();
    also(&mut cx, items);
    cx.circles(Kind::Category);

    let mut policy = Policy::default();
    trees(&mut cx, &mut policy, items);
    flows::promises(&mut cx, &mut policy, items);
    flows::bindings(&mut cx, &mut policy, items);
    flows::tests(&mut cx, &mut policy, items);
    flows::waivers(&mut cx, &mut policy, items);

    if !cx.diagnostics.iter().any(|d| d.severity == Severity::Error) {
        policy.compiled = compile::compile(&policy);
        super::validity::check(&mut cx, &policy);
    }
    let mut found = std::mem::take(&mut cx.diagnostics);
    sort(&mut found);
    let fine = !found.iter().any(|d| d.severity == Severity::Error);
    (fine.then_some(policy), found)
}

/// By place; at one place in the order they were found.
pub(crate) fn sort(found: &mut [Diagnostic]) {
    found.sort_by_key(|d| d.labels.first().map(|l| (l.span.file, l.span.lo)));
}

/// What an item declares.
fn head(item: &Item) -> Option<(Kind, &ast::Name, Option<&ast::Text>)> {
    Some(match item {
        Item::Subject { name, text, .. } => (Kind::Subject, name, text.as_ref()),
        Item::Region { name, text, .. } => (Kind::Region, name, text.as_ref()),
        Item::Recipient { name, text, .. } | Item::ForbiddenRecipient { name, text } => {
            (Kind::Recipient, name, text.as_ref())
        }
        Item::Store { name, text, .. } => (Kind::Store, name, text.as_ref()),
        Item::Audience { name, text } => (Kind::Audience, name, text.as_ref()),
        Item::Guard { name, text, .. } => (Kind::Guard, name, text.as_ref()),
        Item::Transform { name, text, .. } => (Kind::Transform, name, text.as_ref()),
        Item::Purpose { name, text, .. } | Item::ForbiddenPurpose { name, text } => {
            (Kind::Purpose, name, text.as_ref())
        }
        Item::Header(_)
        | Item::Import(_)
        | Item::Controller(..)
        | Item::Category(_)
        | Item::Rule { .. }
        | Item::Bind(_)
        | Item::Test { .. }
        | Item::Waiver { .. } => return None,
    })
}

fn declare(cx: &mut Names<'_>, items: &[Placed]) {
    for placed in items {
        if let Item::Category(node) = &placed.item {
            declare_node(cx, node, "");
        } else if let Some((kind, name, text)) = head(&placed.item) {
            // A transform may be declared once for each thing that it turns.
            if kind == Kind::Transform && cx.get(kind, &name.text).is_some() {
                continue;
            }
            cx.declare(kind, name.text.clone(), text, name.at.0);
        }
    }
}

fn full(prefix: &str, name: &str) -> String {
    if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") }
}

fn declare_node(cx: &mut Names<'_>, node: &ast::Node, prefix: &str) {
    let name = full(prefix, &node.name.text);
    cx.declare(Kind::Category, name.clone(), node.text.as_ref(), node.name.at.0);
    for child in &node.children {
        declare_node(cx, child, &name);
    }
}

fn also(cx: &mut Names<'_>, items: &[Placed]) {
    for placed in items {
        if let Item::Category(node) = &placed.item {
            also_node(cx, node, "");
        }
    }
}

fn also_node(cx: &mut Names<'_>, node: &ast::Node, prefix: &str) {
    let name = full(prefix, &node.name.text);
    for parent in &node.also {
        let parent: Option<CategoryId> = cx.find(Kind::Category, parent, Need::of("also"));
        if let (Some(child), Some(parent)) = (cx.get(Kind::Category, &name), parent) {
            cx.also(Kind::Category, child, parent.0);
        }
    }
    for child in &node.children {
        also_node(cx, child, &name);
    }
}

/// One entry for each declared name of a kind, filled from the items.
fn table<T: Default + Clone>(cx: &mut Names<'_>, kind: Kind) -> (Vec<Node>, Vec<T>) {
    let nodes = cx.take(kind);
    let info = vec![T::default(); nodes.len()];
    (nodes, info)
}

fn trees(cx: &mut Names<'_>, policy: &mut Policy, items: &[Placed]) {
    let (categories, mut category): (_, Vec<Category>) = table(cx, Kind::Category);
    let (subjects, mut subject): (_, Vec<Subject>) = table(cx, Kind::Subject);
    let (regions, mut region): (_, Vec<Region>) = table(cx, Kind::Region);
    let (recipients, mut recipient): (_, Vec<Recipient>) = table(cx, Kind::Recipient);
    let (stores, mut store): (_, Vec<Store>) = table(cx, Kind::Store);
    let (audiences, audience): (_, Vec<Audience>) = table(cx, Kind::Audience);
    let (guards, mut guard): (_, Vec<Guard>) = table(cx, Kind::Guard);
    let (transforms, mut transform): (_, Vec<Transform>) = table(cx, Kind::Transform);
    let (purposes, mut purpose): (_, Vec<Purpose>) = table(cx, Kind::Purpose);
    // The shape of the trees is known; transforms and purposes ask for it.
    let bare_subjects: Tree<SubjectId, ()> = Tree::build(subjects.clone(), vec![(); subjects.len()]);
    for Placed { item, at } in items {
        match item {
            Item::Controller(name, dpo) => controller(cx, policy, name, dpo.as_ref(), *at),
            Item::Category(node) => special(cx, node, "", &mut category),
            Item::Subject { name, rights, .. } => {
                let made = clauses::rights(cx, rights);
                fill(cx, Kind::Subject, name, &mut subject, |s| s.rights = made);
            }
            Item::Region { name, home, adequate, .. } => {
                let made = Region { home: *home, adequate: adequate.as_ref().map(|t| t.text.clone()) };
                fill(cx, Kind::Region, name, &mut region, |r| *r = made);
            }
            Item::Recipient { name, clauses, .. } => {
                let made = clauses::recipient(cx, clauses.as_deref().unwrap_or(&[]));
                fill(cx, Kind::Recipient, name, &mut recipient, |r| *r = made);
            }
            Item::ForbiddenRecipient { name, .. } => {
                fill(cx, Kind::Recipient, name, &mut recipient, |r| r.forbidden = Some(at.0));
            }
            Item::Store { name, clauses, .. } => {
                let made = clauses::recipient(cx, clauses.as_deref().unwrap_or(&[]));
                fill(cx, Kind::Store, name, &mut store, |s| {
                    s.located = made.located;
                    s.transfer = made.transfer;
                });
            }
            Item::Guard { name, narrows, .. } => {
                let made = narrows.as_ref().and_then(|n| clauses::narrows(cx, n, &bare_subjects));
                fill(cx, Kind::Guard, name, &mut guard, |g| g.narrows = made);
            }
            Item::Transform { name, from, into, .. } => {
                let step = clauses::step(cx, from, into.as_ref(), at.0);
                fill(cx, Kind::Transform, name, &mut transform, |t| t.steps.extend(step));
            }
            Item::ForbiddenPurpose { name, .. } => {
                fill(cx, Kind::Purpose, name, &mut purpose, |p| {
                    p.forbidden = Some(at.0);
                    p.declared = Some(at.0);
                });
            }
            Item::Purpose { name, clauses: list, .. } => {
                let mut made = clauses::purpose(cx, list);
                made.declared = Some(at.0);
                fill(cx, Kind::Purpose, name, &mut purpose, |p| *p = made);
            }
            Item::Header(_)
            | Item::Import(_)
            | Item::Audience { .. }
            | Item::Rule { .. }
            | Item::Bind(_)
            | Item::Test { .. }
            | Item::Waiver { .. } => {}
        }
    }
    policy.categories = Tree::build(categories, category);
    policy.subjects = Tree::build(subjects, subject);
    policy.regions = Tree::build(regions, region);
    policy.recipients = Tree::build(recipients, recipient);
    policy.stores = Tree::build(stores, store);
    policy.audiences = Tree::build(audiences, audience);
    policy.guards = Tree::build(guards, guard);
    policy.transforms = Tree::build(transforms, transform);
    policy.purposes = Tree::build(purposes, purpose);
}

fn fill<T>(cx: &Names<'_>, kind: Kind, name: &ast::Name, all: &mut [T], set: impl FnOnce(&mut T)) {
    if let Some(one) = cx.get(kind, &name.text).and_then(|i| all.get_mut(i as usize)) {
        set(one);
    }
}

fn special(cx: &Names<'_>, node: &ast::Node, prefix: &str, all: &mut [Category]) {
    let name = full(prefix, &node.name.text);
    if node.special
        && let Some(one) = cx.get(Kind::Category, &name).and_then(|i| all.get_mut(i as usize))
    {
        one.special = true;
    }
    for child in &node.children {
        special(cx, child, &name, all);
    }
}

fn controller(cx: &mut Names<'_>, policy: &mut Policy, name: &ast::Text, dpo: Option<&ast::Text>, at: At) {
    let made = Controller { name: name.text.clone(), dpo: dpo.map(|d| d.text.clone()), span: at.0 };
    match &policy.controller {
        None => policy.controller = Some(made),
        // A bindings file may repeat the line.
        Some(first) if first.name == made.name && first.dpo == made.dpo => {}
        Some(first) => {
            let place = cx.place(first.span);
            let problem = Diagnostic::error("P06", "there are two controllers", at.0, "a policy has one controller")
                .help(format!(
                    "the first is named in {place}; a joint controller is a recipient that acts as joint controller"
                ));
            cx.report(problem);
        }
    }
}
