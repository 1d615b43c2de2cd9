//! Identifiers exist, and what goes out and comes in says the same.

use std::collections::BTreeSet;

use super::*;
use crate::policy::{Meaning, Policy, PolicyFile, load, pack};
use crate::source::FileId;

const FIDES: &str = include_str!("../../tests/data/fideslang-3.1.4.txt");
const DPV: &str = include_str!("../../tests/data/dpv-2.2.txt");

fn policy(text: &str) -> Policy {
    let (policy, found) = load(&[PolicyFile { file: FileId(0), path: "p.purlin", text }]);
    policy.unwrap_or_else(|| panic!("{text}\n{found:#?}"))
}

fn terms(list: &str) -> BTreeSet<&str> {
    list.lines().filter(|l| !l.starts_with('#')).collect()
}

#[test]
fn every_name_of_the_packs_has_identifiers_that_exist() {
    let (fides, dpv) = (terms(FIDES), terms(DPV));
    for i in identifiers::all() {
        assert!(fides.contains(format!("{} {}", i.kind, i.fides).as_str()), "{i:?}");
        assert!(dpv.contains(i.dpv), "{i:?}");
    }
    let common = policy(pack("common").unwrap());
    let people = policy(pack("people").unwrap());
    let names = |kind: &str| identifiers::all().filter(|i| i.kind == kind).map(|i| i.name).collect::<BTreeSet<_>>();
    assert_eq!(common.categories.iter().map(|c| c.name.as_str()).collect::<BTreeSet<_>>(), names("category"));
    assert_eq!(people.subjects.iter().map(|s| s.name.as_str()).collect::<BTreeSet<_>>(), names("subject"));
    assert_eq!(identifiers::of("category", "contact.email.work").unwrap().fides, "user.contact.email");
    assert_eq!(identifiers::of("category", "shoe_size"), None);
    assert_eq!(identifiers::from_fides("category", "user.government_id"), Some("identity"));
}

const YAML: &str = "\
dataset:
  - fides_key: shop_db
    description: Where \"orders\" live
    collections:
      - name: customers
        fields:
          - name: id
          - name: email
            description: Login address
            data_categories: [user.contact.email]
          - name: created
            data_categories: [system.operations]
          - name: Address
            fields:
              - name: city
                data_categories: [user.contact.address.city, user.location.imprecise]
system:
  - fides_key: shop
    system_type: Service
    privacy_declarations:
      - name: Send news
        data_categories: [user.contact.email]
        data_use: marketing.communications.email
        data_subjects: [customer, shareholder]
        legal_basis_for_processing: Consent
        retention_period: 24 months
      - name: Send offers
        data_categories: [user.contact.email, user.behavior.purchase_history]
        data_use: marketing.communications.email
        data_subjects: [customer]
        legal_basis_for_processing: Legitimate interests
  - fides_key: clinic
    egress: [{fides_key: lab, type: system}]
    privacy_declarations:
      - name: Care
        data_categories: [user.health_and_medical]
        data_use: essential.service
        data_subjects: [patient]
        legal_basis_for_processing: Contract
        special_category_legal_basis: Preventive or occupational medicine
policy:
  - fides_key: rules
    rules:
      - name: No health data for news
        data_categories: {matches: ANY, values: [user.health_and_medical]}
        data_uses: {matches: ANY, values: [marketing]}
        data_subjects: {matches: ANY, values: [patient]}
      - name: None of these
        data_categories: {matches: NONE, values: [user.name]}
        data_uses: {matches: ANY, values: [marketing]}
        data_subjects: {matches: ANY, values: [customer]}
odd:
  - {a: 1}
";

#[test]
fn fideslang_becomes_a_policy_and_nothing_is_lost() {
    let text = fides_in::import(&[("shop.yml".to_owned(), YAML.to_owned())]).unwrap();
    insta::assert_snapshot!("imported", text);
    let p = policy(&text);
    assert_eq!(p.purposes.len(), 7);
    assert_eq!(p.bindings.len(), 3);
    // Every scalar of the files is somewhere in the policy, as a name of ours, a text or a comment.
    let renamed = ["user.contact.email", "user.location.imprecise", "user.health_and_medical", "Contract", "Consent"];
    for word in YAML.split(['\n', '[', ']', '{', '}', ',', '"']).filter_map(|l| l.split(": ").last()) {
        let word = word.trim().trim_start_matches("- ").trim_end_matches(':');
        let known = ["dataset", "system", "policy", "collections", "fields", "privacy_declarations", "rules", "odd"];
        let word = word.rsplit(' ').next().unwrap_or("");
        if word.is_empty() || known.contains(&word) || renamed.contains(&word) || word.ends_with("ANY") {
            continue;
        }
        let ours = word.rsplit('.').next().unwrap_or(word);
        assert!(text.to_lowercase().contains(&ours.to_lowercase()), "{word} is lost\n{text}");
    }
    assert!(fides_in::import(&[("x.yml".to_owned(), ": [".to_owned())]).is_err());
    // Without a basis the file waits for a lawyer.
    let open = YAML.replace("legal_basis_for_processing: Contract", "legal_basis_for_processing: Habit");
    let text = fides_in::import(&[("shop.yml".to_owned(), open)]).unwrap();
    assert!(text.contains("# fides names no legal basis") && text.contains("legal_basis_for_processing: Habit"));
    let (broken, found) = load(&[PolicyFile { file: FileId(0), path: "p.purlin", text: &text }]);
    assert!(broken.is_none());
    assert_eq!(found[0].code, "P13");
}

#[test]
fn a_policy_goes_out_and_comes_back() {
    let text = fides_in::import(&[("shop.yml".to_owned(), YAML.to_owned())]).unwrap();
    let first = policy(&text);
    let out = fides_out::export(&first).unwrap();
    insta::assert_snapshot!("exported", out);
    let again = policy(&fides_in::import(&[("out.yml".to_owned(), out)]).unwrap());
    let labels = |p: &Policy| {
        let mut all: Vec<String> = Vec::new();
        for b in &p.bindings {
            if let Meaning::Data(labels) = &b.meaning {
                all.extend(labels.iter().map(|l| p.label_text(*l)));
            }
        }
        all.sort();
        all
    };
    assert_eq!(labels(&first), labels(&again));
    assert_eq!(first.purposes.len(), again.purposes.len());
    let example = policy(include_str!("../policy/tests/privacy.purlin"));
    let out = fides_out::export(&example).unwrap();
    assert!(
        out.contains("# not in fideslang: 7 promises") && out.contains("fides_key: user.payment.card.last4"),
        "{out}"
    );
}

#[test]
fn the_data_privacy_vocabulary() {
    let example = policy(include_str!("../policy/tests/privacy.purlin"));
    let out = dpv::export(&example).unwrap();
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    let known = terms(DPV);
    let mut named = BTreeSet::new();
    collect(&json["@graph"], &mut named);
    for term in named.iter().filter(|t| ["dpv:", "pd:", "eu-gdpr:"].iter().any(|p| t.starts_with(p))) {
        assert!(known.contains(term.as_str()), "{term}");
    }
    let news =
        json["@graph"].as_array().unwrap().iter().find(|n| n["@id"] == "_:purpose/marketing.newsletter").unwrap();
    assert_eq!(news["dpv:hasLegalBasis"]["@id"], "eu-gdpr:A6-1-a");
    assert_eq!(news["dpv:hasRecipient"][0]["@id"], "_:recipient/mailgate");
    assert_eq!(news["dpv:hasPersonalData"].as_array().unwrap().len(), 2);
}

/// Every key and every text of a document.
fn collect(value: &serde_json::Value, out: &mut BTreeSet<String>) {
    match value {
        serde_json::Value::String(text) => {
            out.insert(text.clone());
        }
        serde_json::Value::Array(list) => list.iter().for_each(|v| collect(v, out)),
        serde_json::Value::Object(map) => {
            for (key, v) in map {
                out.insert(key.clone());
                collect(v, out);
            }
        }
        _ => {}
    }
}
