//! What engineers' lines decide: a report that does not list it would hide who said that all is well.
//!
//! So are hand-overs: where code of one purpose calls code that is bound to another, what it passes is judged by the
//! other purpose from there on.

use std::collections::BTreeMap;

use super::finding::Relied;
use super::law::Law;
use crate::flow::HandOver;
use crate::policy::{Meaning, PurposeId};
use crate::source::Span;

/// One line that gives a meaning to code: a `bind` line or an annotation.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// What it says.
    pub meaning: Meaning,
    /// Where.
    pub span: Span,
    /// Whether it stands in code rather than in a policy file.
    pub in_code: bool,
}

/// The lines that a verdict rests on, by kind and name, and the calls between unrelated purposes.
#[must_use]
pub fn relied_on(law: &dyn Law, lines: &[Line], hand_overs: &[HandOver]) -> Vec<Relied> {
    let mut found: BTreeMap<(&'static str, String), Vec<Span>> = BTreeMap::new();
    for line in lines {
        let key = match &line.meaning {
            Meaning::Transform(t) => ("transform", law.transform_name(*t)),
            Meaning::Guard(g, _) => ("guard", law.guard(*g)),
            Meaning::Purpose(p) if line.in_code => ("purpose in code", law.purpose(*p)),
            Meaning::NotPersonal => ("not personal", String::new()),
            Meaning::Library => ("library", String::new()),
            Meaning::Ours => ("ours", String::new()),
            Meaning::Purpose(_)
            | Meaning::Data(_)
            | Meaning::Recipient(_)
            | Meaning::Store(_)
            | Meaning::Audience(_)
            | Meaning::Subject(_)
            | Meaning::Right(..)
            | Meaning::Purge(_) => continue,
        };
        found.entry(key).or_default().push(line.span);
    }
    for call in hand_overs {
        let (from, to) = (PurposeId(call.from), PurposeId(call.to));
        if !law.is_narrower(from, to) && !law.is_narrower(to, from) {
            let name = format!("{} to {}", law.purpose(from), law.purpose(to));
            found.entry(("hand-over", name)).or_default().push(call.at);
        }
    }
    found
        .into_iter()
        .map(|((kind, name), mut places)| {
            places.sort();
            Relied { kind, name, places }
        })
        .collect()
}
