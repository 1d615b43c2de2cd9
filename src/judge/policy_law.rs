//! The policy as the law of findings.

use std::collections::BTreeSet;

use super::law::{Law, Place, Waiver};
use crate::policy::{
    self, BindTarget, Claim, GuardId, Id, Label, Meaning, Picks, Policy, PurposeId, SubjectId, Target, Targets,
    TransformId, Transformed, Tree, Verdict, WaiverAt,
};

impl Law for Policy {
    fn decide(&self, claim: &Claim) -> Verdict {
        policy::decide(self, claim)
    }

    fn transform(&self, transform: TransformId, label: Label) -> Vec<Label> {
        match policy::apply_transform(self, transform, label) {
            Transformed::Unchanged => vec![label],
            Transformed::Replaced(new) => vec![new],
            Transformed::Both(mut labels) => {
                labels.push(label);
                labels
            }
            Transformed::Dropped => Vec::new(),
        }
    }

    fn covers(&self, wide: Label, narrow: Label) -> bool {
        let subject = match (narrow.subject, wide.subject) {
            (Some(narrow), Some(wide)) => self.subjects.leq(narrow, wide),
            // Whose it is is not known on one side: it may be the same people.
            _ => true,
        };
        subject && self.categories.leq(narrow.category, wide.category)
    }

    fn plain_guards(&self) -> BTreeSet<GuardId> {
        self.guards.ids().filter(|g| self.guards.info(*g).is_some_and(|i| i.narrows.is_none())).collect()
    }

    fn label(&self, label: Label) -> (String, Option<String>) {
        let subject = label.subject.map(|s| self.subject_name(s).to_owned());
        (self.category_name(label.category).to_owned(), subject)
    }

    fn purpose(&self, purpose: PurposeId) -> String {
        self.purpose_name(purpose).to_owned()
    }

    fn is_narrower(&self, purpose: PurposeId, than: PurposeId) -> bool {
        self.purposes.leq(purpose, than)
    }

    fn target(&self, target: Target) -> Option<String> {
        self.target_name(target).map(str::to_owned)
    }

    fn guard(&self, guard: GuardId) -> String {
        self.guard_name(guard).to_owned()
    }

    fn guard_places(&self, guard: GuardId) -> Vec<String> {
        let bound = self.bindings.iter().filter(|b| matches!(b.meaning, Meaning::Guard(g, _) if g == guard));
        bound.map(|b| bind_text(&b.target)).collect()
    }

    fn transform_name(&self, transform: TransformId) -> String {
        Policy::transform_name(self, transform).to_owned()
    }

    fn subject(&self, subject: SubjectId) -> String {
        self.subject_name(subject).to_owned()
    }

    fn contact(&self) -> Option<String> {
        self.controller.as_ref().map(|c| c.dpo.clone().unwrap_or_else(|| c.name.clone()))
    }

    fn waivers(&self) -> Vec<Waiver> {
        let place = |at: &WaiverAt| match at {
            WaiverAt::Rust(BindTarget::Rust { segments, .. }) => Place::Rust(segments.clone()),
            WaiverAt::Rust(other) => Place::Name(vec![bind_text(other)]),
            WaiverAt::Name(name) => Place::Name(name.split('.').map(str::to_owned).collect()),
            WaiverAt::Path(glob) => Place::Files(glob.clone()),
        };
        self.waivers
            .iter()
            .map(|w| Waiver {
                name: w.text.clone(),
                owner: w.owner.clone(),
                until: w.until,
                because: w.because.clone(),
                at: w.at.as_ref().map(place),
                span: w.span,
            })
            .collect()
    }

    fn waives(&self, waiver: usize, claim: &Claim) -> bool {
        let Some(permits) = self.waivers.get(waiver).map(|w| &w.permits) else { return false };
        let whose = permits.whose.as_ref().is_none_or(|p| match claim.label.subject {
            Some(subject) => is_in(&self.subjects, p, subject),
            None => p.any && p.except.is_empty(),
        });
        let target = match (&permits.targets, claim.target) {
            (None, _) => true,
            (Some(Targets::Recipients(p)), Target::Recipient(r)) => is_in(&self.recipients, p, r),
            (Some(Targets::Audiences(p)), Target::Audience(a)) => is_in(&self.audiences, p, a),
            (Some(Targets::Stores(p)), Target::Store(s)) => is_in(&self.stores, p, s),
            (Some(targets), _) => match targets {
                Targets::Recipients(Picks { any, except, .. }) => *any && except.is_empty(),
                Targets::Audiences(_) | Targets::Stores(_) => false,
            },
        };
        let purpose = permits.purposes.as_ref().is_none_or(|p| match claim.purpose {
            Some(purpose) => is_in(&self.purposes, p, purpose),
            None => p.any && p.except.is_empty(),
        });
        permits.verb == claim.verb
            && is_in(&self.categories, &permits.what, claim.label.category)
            && whose
            && target
            && purpose
            && permits.given.iter().all(|g| claim.guards.contains(g))
    }
}

/// Whether a name is among those of a list.
fn is_in<I: Id, T>(tree: &Tree<I, T>, picks: &Picks<I>, id: I) -> bool {
    (picks.any || picks.names.iter().any(|n| tree.leq(id, *n))) && !picks.except.iter().any(|e| tree.leq(id, *e))
}

/// What is bound, as it is written.
fn bind_text(target: &BindTarget) -> String {
    match target {
        BindTarget::Rust { segments, qself, field, param, glob } => {
            let mut text = segments.join("::");
            if let Some((ty, of)) = qself {
                text = format!("<{} as {}>::{text}", ty.join("::"), of.join("::"));
            }
            if *glob {
                text.push_str("::*");
            }
            if let Some(field) = field {
                text.push('.');
                text.push_str(field);
            }
            if let Some(param) = param {
                text.push_str(&format!("({param})"));
            }
            text
        }
        BindTarget::Sql { parts, glob, json, .. } => {
            let mut text = parts.join(".");
            if *glob {
                text.push_str(if text.is_empty() { "*" } else { ".*" });
            }
            if let Some(key) = json {
                text.push_str(&format!("->{key}"));
            }
            text
        }
        BindTarget::Host(text) | BindTarget::Env(text) | BindTarget::Path(text) => text.clone(),
    }
}
