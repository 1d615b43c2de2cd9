//! A policy as JSON-LD in the Data Privacy Vocabulary: one process for each line of the record.

use serde_json::{Value, json};

use super::identifiers;
use crate::policy::{CategoryId, Ground, Policy, PurposeId, Role, SubjectId, Targets, Verb};

/// The document. Names of our own are `_:kind/name`, below the nearest term of the vocabulary.
///
/// # Errors
/// Only if serialising fails, which it cannot for these types.
pub fn export(policy: &Policy) -> Result<String, serde_json::Error> {
    let mut graph: Vec<Value> = Vec::new();
    for c in policy.categories.ids() {
        graph.push(category(policy, c));
    }
    for s in policy.subjects.ids() {
        let name = policy.subject_name(s);
        let term = identifiers::of("subject", name).map_or("dpv:HumanSubject", |i| i.dpv);
        graph.push(node(&format!("subject/{name}"), term, policy.subjects.node(s).and_then(|n| n.text.as_deref())));
    }
    for r in policy.recipients.ids() {
        let term = match policy.acts(r).map(|(role, _)| role) {
            Some(Role::Processor) => "dpv:DataProcessor",
            Some(Role::Controller | Role::JointController) => "dpv:DataController",
            None => "dpv:Recipient",
        };
        let text = policy.recipients.node(r).and_then(|n| n.text.as_deref());
        graph.push(node(&format!("recipient/{}", policy.recipient_name(r)), term, text));
    }
    for p in policy.purposes.ids().filter(|p| policy.forbidden_purpose(*p).is_none()) {
        graph.push(process(policy, p));
    }
    let document = json!({
        "@context": {
            "dpv": "https://w3id.org/dpv#",
            "pd": "https://w3id.org/dpv/pd#",
            "eu-gdpr": "https://w3id.org/dpv/legal/eu/gdpr#",
            "skos": "http://www.w3.org/2004/02/skos/core#",
            "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
        },
        "@graph": graph,
    });
    let mut text = serde_json::to_string_pretty(&document)?;
    text.push('\n');
    Ok(text)
}

fn id(name: &str) -> Value {
    json!({ "@id": format!("_:{name}") })
}

fn node(name: &str, term: &str, text: Option<&str>) -> Value {
    let mut made = json!({ "@id": format!("_:{name}"), "@type": term });
    if let (Some(text), Some(map)) = (text, made.as_object_mut()) {
        map.insert("rdfs:label".to_owned(), json!(text));
    }
    made
}

fn category(policy: &Policy, c: CategoryId) -> Value {
    let name = policy.category_name(c);
    let term = identifiers::of("category", name).map_or("dpv:PersonalData", |i| i.dpv);
    let mut made = node(&format!("category/{name}"), term, policy.category_text(c));
    let parents: Vec<Value> = policy
        .categories
        .node(c)
        .map_or(&[][..], |n| &n.parents)
        .iter()
        .map(|&p| id(&format!("category/{}", policy.category_name(CategoryId(p)))))
        .collect();
    if let Some(map) = made.as_object_mut() {
        if policy.is_special(c) {
            map.insert("@type".to_owned(), json!([term, "dpv:SpecialCategoryPersonalData"]));
        }
        if !parents.is_empty() {
            map.insert("skos:broader".to_owned(), json!(parents));
        }
    }
    made
}

fn process(policy: &Policy, p: PurposeId) -> Value {
    let name = policy.purpose_name(p);
    let mut made =
        node(&format!("purpose/{name}"), "dpv:Process", policy.purposes.node(p).and_then(|n| n.text.as_deref()));
    let mut data = Vec::new();
    let mut recipients = Vec::new();
    for q in policy.purposes.chain(p) {
        for grant in policy.purposes.info(q).map_or(&[][..], |i| &i.grants) {
            if grant.verb == Verb::Use {
                data.extend(policy.categories_in(&grant.what));
            }
            if let Some(Targets::Recipients(r)) = &grant.targets {
                recipients.extend(r.names.iter().copied());
            }
        }
    }
    data.sort();
    data.dedup();
    recipients.sort();
    recipients.dedup();
    let Some(map) = made.as_object_mut() else { return made };
    map.insert("dpv:hasPurpose".to_owned(), json!(name));
    let controller = policy.on_behalf_of(p).map(|r| id(&format!("recipient/{}", policy.recipient_name(r))));
    let own = policy.controller.as_ref().map(|c| json!(c.name));
    if let Some(who) = controller.or(own) {
        map.insert("dpv:hasDataController".to_owned(), who);
    }
    if let Some(dpo) = policy.controller.as_ref().and_then(|c| c.dpo.as_ref()) {
        map.insert("dpv:hasDataProtectionOfficer".to_owned(), json!(dpo));
    }
    if let Some(basis) = policy.basis(p) {
        map.insert("dpv:hasLegalBasis".to_owned(), json!({ "@id": term_of(basis.ground) }));
    }
    let list = |names: Vec<Value>| json!(names);
    map.insert(
        "dpv:hasPersonalData".to_owned(),
        list(data.iter().map(|c| id(&format!("category/{}", policy.category_name(*c)))).collect()),
    );
    let people: Vec<SubjectId> = policy.about(p);
    map.insert(
        "dpv:hasDataSubject".to_owned(),
        list(people.iter().map(|s| id(&format!("subject/{}", policy.subject_name(*s)))).collect()),
    );
    if !recipients.is_empty() {
        map.insert(
            "dpv:hasRecipient".to_owned(),
            list(recipients.iter().map(|r| id(&format!("recipient/{}", policy.recipient_name(*r)))).collect()),
        );
    }
    made
}

fn term_of(ground: Ground) -> &'static str {
    match ground {
        Ground::Consent => "eu-gdpr:A6-1-a",
        Ground::Contract => "eu-gdpr:A6-1-b",
        Ground::LegalObligation => "eu-gdpr:A6-1-c",
        Ground::VitalInterests => "eu-gdpr:A6-1-d",
        Ground::PublicTask => "eu-gdpr:A6-1-e",
        Ground::LegitimateInterests => "eu-gdpr:A6-1-f",
    }
}
