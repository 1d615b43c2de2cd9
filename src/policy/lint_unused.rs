//! Names that no sentence of the policy needs, and purposes that permit nothing.
//!
//! A name is needed if a sentence names it, something above it or something below it. Names of the packs that ship
//! with the program are offers and never reported; neither are transforms, which only code applies.

use crate::diag::Diagnostic;

use super::packs;
use super::resolved::*;
use super::set::{Set, Tree};
use super::types::*;

/// The names of each kind that some sentence names.
#[derive(Default)]
struct Named {
    categories: Set,
    subjects: Set,
    regions: Set,
    recipients: Set,
    stores: Set,
    audiences: Set,
    guards: Set,
}

/// Finds unused names.
pub(super) fn unused(policy: &Policy, out: &mut Vec<Diagnostic>) {
    if policy.purposes.is_empty() {
        // A file of names alone, for others to import.
        return;
    }
    let named = Named::of(policy);
    let everybody = policy.purposes.ids().any(|p| policy.about(p).len() == policy.subjects.len());
    let (tell, no_clause) = (&mut Vec::new(), "no sentence speaks of it");
    report(policy, &policy.categories, &named.categories, "category", no_clause, tell);
    if !everybody {
        report(policy, &policy.subjects, &named.subjects, "subject", "no purpose is about these people", tell);
    }
    report(policy, &policy.regions, &named.regions, "region", "nothing is located there", tell);
    report(policy, &policy.recipients, &named.recipients, "recipient", "nothing is shared with it", tell);
    report(policy, &policy.stores, &named.stores, "store", "nothing is kept there", tell);
    report(policy, &policy.audiences, &named.audiences, "audience", "nothing is shown to it", tell);
    report(policy, &policy.guards, &named.guards, "guard", "nothing requires it", tell);
    out.append(tell);
    empty(policy, out);
}

/// Purposes that are no heading and permit nothing.
fn empty(policy: &Policy, out: &mut Vec<Diagnostic>) {
    for p in policy.purposes.ids() {
        let permits = policy.compiled.purposes.get(p.index()).is_some_and(|c| !c.grants.is_empty());
        let leaf = policy.purposes.down(p).len() == 1;
        let Some(node) = policy.purposes.node(p) else { continue };
        if leaf && !permits && policy.forbidden_purpose(p).is_none() {
            let message = format!("purpose `{}` permits nothing", node.name);
            let problem = Diagnostic::warning("P40", message, node.span, "add: uses <data>");
            out.push(problem.help("if it must never be, write: forbidden purpose …"));
        }
    }
}

fn report<I: Id, T>(policy: &Policy, tree: &Tree<I, T>, named: &Set, kind: &str, why: &str, out: &mut Vec<Diagnostic>) {
    let needed = |id: I| tree.down(id).meets(named) || tree.up(id).meets(named);
    for id in tree.ids().filter(|&id| !needed(id)) {
        let Some(node) = tree.node(id) else { continue };
        // One message for a tree of names: the topmost stands for those below it.
        let below = node.parents.iter().any(|&p| !needed(I::new(p)));
        if below || packs::is_pack(policy.path(node.span)) {
            continue;
        }
        let message = format!("{kind} `{}` is not needed: {why}", node.name);
        out.push(Diagnostic::warning("P39", message, node.span, "use it, or remove it"));
    }
}

impl Named {
    fn of(policy: &Policy) -> Named {
        let mut named = Named::default();
        named.places(policy);
        named.purposes(policy);
        for p in &policy.promises {
            add(&mut named.categories, &p.what);
            named.whose(p.whose.as_ref());
            named.targets(p.targets.as_ref());
            named.regions.extend(p.outside);
            named.guards(&p.unless);
        }
        let expected = policy.tests.iter().flat_map(|t| &t.expectations).map(|e| &e.flow);
        for flow in expected.chain(policy.waivers.iter().map(|w| &w.permits)) {
            named.flow(flow);
        }
        for binding in &policy.bindings {
            named.meaning(&binding.meaning);
        }
        named
    }

    /// What parties, guards, transforms and subjects say.
    fn places(&mut self, policy: &Policy) {
        for r in policy.regions.ids() {
            if policy.regions.info(r).is_some_and(|i| i.home) {
                self.regions.extend(Some(r));
            }
        }
        for r in policy.recipients.ids() {
            let Some(info) = policy.recipients.info(r) else { continue };
            self.regions.extend(info.located.iter().filter_map(|l| l.region));
            if info.forbidden.is_some() {
                self.recipients.extend(Some(r));
            }
        }
        for s in policy.stores.ids() {
            let located = policy.stores.info(s).map_or(&[][..], |i| &i.located);
            self.regions.extend(located.iter().filter_map(|l| l.region));
        }
        for g in policy.guards.ids() {
            if let Some((from, to)) = policy.guards.info(g).and_then(|i| i.narrows) {
                self.guards.extend(Some(g));
                self.subjects.extend([from, to]);
            }
        }
        for t in policy.transforms.ids() {
            for step in policy.transforms.info(t).map_or(&[][..], |i| &i.steps) {
                add(&mut self.categories, &step.from);
                self.categories.extend(step.into);
            }
        }
    }

    fn purposes(&mut self, policy: &Policy) {
        for p in policy.purposes.ids() {
            let Some(info) = policy.purposes.info(p) else { continue };
            self.whose(info.about.as_ref());
            self.recipients.extend(info.on_behalf_of.map(|(r, _)| r));
            for requires in &info.requires {
                self.guards(&requires.guards);
            }
            for grant in &info.grants {
                add(&mut self.categories, &grant.what);
                self.whose(grant.whose.as_ref());
                self.targets(grant.targets.as_ref());
                self.guards(&grant.given);
            }
        }
    }

    fn flow(&mut self, flow: &FlowQuestion) {
        add(&mut self.categories, &flow.what);
        self.whose(flow.whose.as_ref());
        self.targets(flow.targets.as_ref());
        self.guards.extend(flow.given.iter().chain(&flow.without).copied());
        self.regions.extend(flow.outside.iter().chain(&flow.from).copied());
    }

    fn meaning(&mut self, meaning: &Meaning) {
        match meaning {
            Meaning::Data(labels) => {
                self.categories.extend(labels.iter().map(|l| l.category));
                self.subjects.extend(labels.iter().filter_map(|l| l.subject));
            }
            Meaning::Guard(g, _) => self.guards.extend(Some(*g)),
            Meaning::Recipient(r) => self.recipients.extend(Some(*r)),
            Meaning::Store(s) | Meaning::Purge(s) => self.stores.extend(Some(*s)),
            Meaning::Audience(a) => self.audiences.extend(Some(*a)),
            Meaning::Subject(s) | Meaning::Right(_, s) => self.subjects.extend(Some(*s)),
            Meaning::Purpose(_) | Meaning::Transform(_) | Meaning::NotPersonal | Meaning::Ours | Meaning::Library => {}
        }
    }

    fn whose(&mut self, picks: Option<&Picks<SubjectId>>) {
        if let Some(picks) = picks {
            add(&mut self.subjects, picks);
        }
    }

    fn targets(&mut self, targets: Option<&Targets>) {
        match targets {
            Some(Targets::Recipients(p)) => add(&mut self.recipients, p),
            Some(Targets::Audiences(p)) => add(&mut self.audiences, p),
            Some(Targets::Stores(p)) => add(&mut self.stores, p),
            None => {}
        }
    }

    fn guards(&mut self, guards: &Guards) {
        self.guards.extend(guards.iter().flatten().copied());
    }
}

/// What follows `except` is named too.
fn add<I: Id>(set: &mut Set, picks: &Picks<I>) {
    set.extend(picks.names.iter().chain(&picks.except).copied());
}
