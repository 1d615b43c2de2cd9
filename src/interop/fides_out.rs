//! A policy as fideslang YAML: the bound columns as a dataset, the purposes as a system, names of our own as an
//! extension of the taxonomy. What fideslang cannot say stands as comments at the end.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde::Serialize;

use super::identifiers;
use crate::policy::{BindTarget, CategoryId, Ground, Meaning, Policy, PurposeId, SubjectId, Targets, Verb};

#[derive(Serialize)]
struct Document {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    data_category: Vec<Term>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    data_subject: Vec<Term>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    data_use: Vec<Term>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    dataset: Vec<Dataset>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    system: Vec<System>,
}

#[derive(Serialize)]
struct Term {
    fides_key: String,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent_key: Option<String>,
}

#[derive(Serialize)]
struct Dataset {
    fides_key: String,
    collections: Vec<Collection>,
}

#[derive(Serialize)]
struct Collection {
    name: String,
    fields: Vec<Field>,
}

#[derive(Serialize)]
struct Field {
    name: String,
    data_categories: Vec<String>,
}

#[derive(Serialize)]
struct System {
    fides_key: String,
    name: String,
    system_type: String,
    privacy_declarations: Vec<Declaration>,
}

#[derive(Serialize)]
struct Declaration {
    name: String,
    data_categories: Vec<String>,
    data_use: String,
    data_subjects: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    legal_basis_for_processing: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    special_category_legal_basis: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retention_period: Option<String>,
    data_shared_with_third_parties: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    third_parties: Option<String>,
}

/// The document.
///
/// # Errors
/// Only if serialising fails, which it cannot for these types.
pub fn export(policy: &Policy) -> Result<String, String> {
    let mut made = Made { policy, categories: BTreeMap::new(), subjects: BTreeMap::new() };
    let collections = made.collections();
    let declarations: Vec<Declaration> =
        policy.purposes.ids().filter(|p| is_line(policy, *p)).map(|p| made.declaration(p)).collect();
    let key = policy.controller.as_ref().map_or_else(|| "policy".to_owned(), |c| slug(&c.name));
    let uses = uses(policy, &declarations);
    let dataset = (!collections.is_empty()).then(|| Dataset { fides_key: format!("{key}_db"), collections });
    let document = Document {
        data_category: made.categories.into_values().collect(),
        data_subject: made.subjects.into_values().collect(),
        data_use: uses,
        dataset: dataset.into_iter().collect(),
        system: vec![System {
            name: policy.controller.as_ref().map_or_else(|| "policy".to_owned(), |c| c.name.clone()),
            fides_key: key,
            system_type: "Service".to_owned(),
            privacy_declarations: declarations,
        }],
    };
    let mut text = serde_yaml::to_string(&document).map_err(|e| e.to_string())?;
    text.push_str(&left(policy));
    Ok(text)
}

fn is_line(policy: &Policy, p: PurposeId) -> bool {
    let own = policy.purposes.info(p).is_some_and(|i| !i.grants.is_empty() || !i.compatible.is_empty());
    policy.forbidden_purpose(p).is_none() && (own || policy.purposes.down(p).len() == 1)
}

fn slug(name: &str) -> String {
    let made: String = name.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    made.trim_matches('_').to_owned()
}

struct Made<'a> {
    policy: &'a Policy,
    categories: BTreeMap<String, Term>,
    subjects: BTreeMap<String, Term>,
}

impl Made<'_> {
    /// The key of a category; one that fideslang lacks is declared below the nearest one that it has.
    fn category(&mut self, id: CategoryId) -> String {
        let name = self.policy.category_name(id).to_owned();
        match identifiers::of("category", &name) {
            Some(i) if i.name == name && i.fides_exact => i.fides.to_owned(),
            found => {
                let above = name.rsplit_once('.').and_then(|(above, _)| self.policy.category(above));
                let parent = match (above, found) {
                    (Some(above), _) => self.category(above),
                    (None, Some(i)) => i.fides.to_owned(),
                    (None, None) => "user".to_owned(),
                };
                let last = name.rsplit('.').next().unwrap_or(&name);
                let key = format!("{parent}.{last}");
                let title = self.policy.category_text(id).unwrap_or(last).to_owned();
                let term = Term { fides_key: key.clone(), name: title, parent_key: Some(parent) };
                self.categories.insert(key.clone(), term);
                key
            }
        }
    }

    fn subject(&mut self, id: SubjectId) -> String {
        let name = self.policy.subject_name(id);
        match identifiers::of("subject", name).filter(|i| i.name == name && i.fides_exact) {
            Some(i) => i.fides.to_owned(),
            None => {
                let key = name.replace('.', "_");
                let text = self.policy.subjects.node(id).and_then(|n| n.text.clone());
                let term = Term { fides_key: key.clone(), name: text.unwrap_or_else(|| key.clone()), parent_key: None };
                self.subjects.insert(key.clone(), term);
                key
            }
        }
    }

    fn collections(&mut self) -> Vec<Collection> {
        let mut tables: BTreeMap<String, BTreeMap<String, BTreeSet<String>>> = BTreeMap::new();
        for binding in &self.policy.bindings {
            let (BindTarget::Sql { parts, json, .. }, Meaning::Data(labels)) = (&binding.target, &binding.meaning)
            else {
                continue;
            };
            let [.., table, column] = parts.as_slice() else { continue };
            let field = json.as_ref().map_or_else(|| column.clone(), |key| format!("{column}.{key}"));
            for label in labels {
                let key = self.category(label.category);
                tables.entry(table.clone()).or_default().entry(field.clone()).or_default().insert(key);
            }
        }
        let fields = |columns: BTreeMap<String, BTreeSet<String>>| {
            columns
                .into_iter()
                .map(|(name, keys)| Field { name, data_categories: keys.into_iter().collect() })
                .collect()
        };
        tables.into_iter().map(|(name, columns)| Collection { name, fields: fields(columns) }).collect()
    }

    fn declaration(&mut self, p: PurposeId) -> Declaration {
        let policy = self.policy;
        let mut categories = BTreeSet::new();
        let mut third = BTreeSet::new();
        let mut kept = BTreeSet::new();
        for q in policy.purposes.chain(p) {
            for grant in policy.purposes.info(q).map_or(&[][..], |i| &i.grants) {
                if grant.verb == Verb::Use {
                    for c in topmost(policy, &policy.categories_in(&grant.what)) {
                        categories.insert(self.category(c));
                    }
                }
                if let Some(Targets::Recipients(r)) = &grant.targets {
                    third.extend(r.names.iter().map(|r| policy.recipient_name(*r).to_owned()));
                }
                kept.extend(grant.limit.map(|l| l.to_string()));
            }
        }
        let about = policy.about(p);
        let top = about.iter().filter(|s| !about.iter().any(|t| t != *s && policy.subjects.leq(**s, *t)));
        let data_subjects = top.copied().collect::<Vec<_>>().into_iter().map(|s| self.subject(s)).collect();
        Declaration {
            name: policy
                .purposes
                .node(p)
                .and_then(|n| n.text.clone())
                .unwrap_or_else(|| policy.purpose_name(p).to_owned()),
            data_categories: categories.into_iter().collect(),
            data_use: policy.purpose_name(p).to_owned(),
            data_subjects,
            legal_basis_for_processing: policy.basis(p).map(|b| ground(b.ground)),
            special_category_legal_basis: policy.condition(p).map(|(t, _)| t.clone()),
            retention_period: joined(&kept),
            data_shared_with_third_parties: !third.is_empty(),
            third_parties: joined(&third),
        }
    }
}

fn joined(words: &BTreeSet<String>) -> Option<String> {
    (!words.is_empty()).then(|| words.iter().map(String::as_str).collect::<Vec<_>>().join("; "))
}

/// Of some categories, those of which no parent is among them.
fn topmost(policy: &Policy, all: &[CategoryId]) -> Vec<CategoryId> {
    let top = |c: &&CategoryId| !all.iter().any(|d| d != *c && policy.categories.leq(**c, *d));
    all.iter().filter(top).copied().collect()
}

/// The purposes as an extension of the taxonomy of uses, with the headings above them.
fn uses(policy: &Policy, declarations: &[Declaration]) -> Vec<Term> {
    let mut names: BTreeSet<&str> = BTreeSet::new();
    for declared in declarations {
        let mut name = declared.data_use.as_str();
        names.insert(name);
        while let Some((above, _)) = name.rsplit_once('.') {
            names.insert(above);
            name = above;
        }
    }
    let term = |name: &str| Term {
        fides_key: name.to_owned(),
        name: policy
            .purpose(name)
            .and_then(|p| policy.purposes.node(p))
            .and_then(|n| n.text.clone())
            .unwrap_or_else(|| name.to_owned()),
        parent_key: name.rsplit_once('.').map(|(above, _)| above.to_owned()),
    };
    names.into_iter().map(term).collect()
}

fn ground(ground: Ground) -> &'static str {
    match ground {
        Ground::Consent => "Consent",
        Ground::Contract => "Contract",
        Ground::LegalObligation => "Legal obligations",
        Ground::VitalInterests => "Vital interests",
        Ground::PublicTask => "Public interest",
        Ground::LegitimateInterests => "Legitimate interests",
    }
}

/// What fideslang has no place for.
fn left(policy: &Policy) -> String {
    let mut out = String::new();
    let mut say = |what: &str, n: usize| {
        if n > 0 {
            let _ = writeln!(out, "# not in fideslang: {n} {what}");
        }
    };
    say("promises (must not, should not)", policy.promises.len());
    say("guards", policy.guards.len());
    say("transforms", policy.transforms.len());
    say("audiences", policy.audiences.len());
    say("stores", policy.stores.len());
    say("regions", policy.regions.len());
    say("tests", policy.tests.len());
    say("waivers", policy.waivers.len());
    let sql = policy.bindings.iter().filter(|b| matches!(b.target, BindTarget::Sql { .. })).count();
    say("bindings of code, hosts and paths", policy.bindings.len() - sql);
    for id in policy.categories.ids().filter(|c| policy.categories.node(*c).is_some_and(|n| n.parents.len() > 1)) {
        let _ = writeln!(out, "# not in fideslang: the second parent of {}", policy.category_name(id));
    }
    out
}
