//! What a transform makes of a label.

use super::resolved::Policy;
use super::types::{Id, Label, TransformId, Transformed};

/// Through `t turns X into y` data of which all is in X becomes y (or is dropped, if it becomes anonymous); data of
/// which only a part is in X may be either; other data stays what it is.
#[must_use]
pub fn apply_transform(policy: &Policy, t: TransformId, label: Label) -> Transformed {
    let what = policy.categories.down(label.category);
    let steps = policy.transforms.info(t).map_or(&[][..], |t| &t.steps);
    let sets = policy.compiled.transforms.get(t.index()).map_or(&[][..], Vec::as_slice);
    let mut added = Vec::new();
    for (step, from) in steps.iter().zip(sets) {
        let made = step.into.map(|category| Label { category, subject: label.subject });
        if !what.is_empty() && what.within(from) {
            return made.map_or(Transformed::Dropped, Transformed::Replaced);
        }
        if what.meets(from) {
            added.extend(made);
        }
    }
    if added.is_empty() { Transformed::Unchanged } else { Transformed::Both(added) }
}
