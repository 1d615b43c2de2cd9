//! fideslang YAML to a policy: datasets become `bind sql` lines, systems purposes, policies promises.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_yaml::Value;

use super::identifiers::from_fides;
use crate::policy;

/// What the files come to, as the text of a policy, formatted if it can be read.
///
/// # Errors
/// If a file is not YAML.
pub fn import(files: &[(String, String)]) -> Result<String, String> {
    let mut made = Made::default();
    for (path, text) in files {
        let value: Value = serde_yaml::from_str(text).map_err(|e| format!("{path}: {e}"))?;
        let Value::Mapping(map) = value else { return Err(format!("{path}: is not a mapping of resources")) };
        for (key, list) in &map {
            let kind = plain(key);
            for item in list.as_sequence().map_or(&[][..], Vec::as_slice) {
                match kind.as_str() {
                    "dataset" => made.dataset(item),
                    "system" => made.system(item),
                    "policy" => made.rules.push(item.clone()),
                    _ => made.left.push(format!("{path}: {kind}: {}", plain(item))),
                }
            }
        }
    }
    let text = made.text();
    Ok(policy::format(&text).unwrap_or(text))
}

/// A purpose, before it is known whether its name is taken.
struct Purpose {
    wanted: String,
    system: String,
    title: Option<String>,
    about: Vec<String>,
    basis: Option<String>,
    condition: Option<String>,
    uses: Vec<String>,
    left: Vec<String>,
}

#[derive(Default)]
struct Made {
    categories: BTreeSet<String>,
    subjects: BTreeSet<String>,
    purposes: Vec<Purpose>,
    rules: Vec<Value>,
    /// Lines of `bind sql`, comments among them.
    bound: Vec<String>,
    left: Vec<String>,
}

/// A value on one line.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.split_whitespace().collect::<Vec<_>>().join(" "),
        other => serde_json::to_string(other).unwrap_or_default(),
    }
}

fn text(value: &Value, key: &str) -> Option<String> {
    value.get(key).filter(|v| !v.is_null()).map(plain).filter(|t| !t.is_empty())
}

fn list(value: &Value, key: &str) -> Vec<String> {
    value.get(key).and_then(Value::as_sequence).map_or(&[][..], Vec::as_slice).iter().map(plain).collect()
}

/// What a mapping says beside the known keys.
fn rest(value: &Value, known: &[&str]) -> Vec<String> {
    let Value::Mapping(map) = value else { return Vec::new() };
    let empty = |v: &Value| v.is_null() || v.as_sequence().is_some_and(Vec::is_empty) || v.as_bool() == Some(false);
    map.iter()
        .map(|(k, v)| (plain(k), v))
        .filter(|(k, v)| !known.contains(&k.as_str()) && !empty(v))
        .map(|(k, v)| format!("{k}: {}", plain(v)))
        .collect()
}

/// A word as a segment of a name.
fn segment(word: &str) -> String {
    let made: String = word.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    if made.starts_with(|c: char| c.is_ascii_lowercase()) { made } else { format!("n{made}") }
}

fn dotted(key: &str) -> String {
    key.split('.').map(segment).collect::<Vec<_>>().join(".")
}

/// The name of a category, and the names that have to be declared for it.
fn category(key: &str, declare: &mut BTreeSet<String>) -> String {
    if let Some(name) = from_fides("category", key) {
        return name.to_owned();
    }
    let name = match key.rsplit_once('.') {
        Some(("user", last)) => segment(last),
        Some((above, last)) => format!("{}.{}", category(above, declare), segment(last)),
        None => segment(key),
    };
    declare.insert(name.clone());
    name
}

fn subject(key: &str, declare: &mut BTreeSet<String>) -> String {
    if let Some(name) = from_fides("subject", key) {
        return name.to_owned();
    }
    let name = dotted(key);
    declare.insert(name.clone());
    name
}

/// A text in quotation marks; those in it become apostrophes.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace(['"', '\u{201C}', '\u{201D}'], "'"))
}

fn column(part: &str) -> String {
    let simple = part.chars().all(|c| c == '_' || c.is_ascii_lowercase() || c.is_ascii_digit())
        && part.starts_with(|c: char| c == '_' || c.is_ascii_lowercase());
    if simple { part.to_owned() } else { format!("\"{}\"", part.replace('"', "")) }
}

impl Made {
    fn dataset(&mut self, item: &Value) {
        let key = text(item, "fides_key").unwrap_or_default();
        self.bound.push(format!("# dataset {key}"));
        self.bound.extend(rest(item, &["fides_key", "collections"]).into_iter().map(|l| format!("# {l}")));
        for collection in item.get("collections").and_then(Value::as_sequence).into_iter().flatten() {
            let name = text(collection, "name").unwrap_or_default();
            self.bound.extend(rest(collection, &["name", "fields"]).into_iter().map(|l| format!("# {name}: {l}")));
            for field in collection.get("fields").and_then(Value::as_sequence).into_iter().flatten() {
                self.field(&name, &[], field);
            }
        }
    }

    fn field(&mut self, table: &str, above: &[String], field: &Value) {
        let name = text(field, "name").unwrap_or_default();
        let path: Vec<String> = above.iter().cloned().chain([name]).collect();
        let place = match path.as_slice() {
            [] => return,
            [one] => format!("{}.{}", column(table), column(one)),
            [first, inner @ ..] => {
                format!("{}.{}->'{}'", column(table), column(first), inner.join(".").replace('\'', ""))
            }
        };
        let keys = list(field, "data_categories");
        let (system, personal): (Vec<&String>, Vec<&String>) =
            keys.iter().partition(|k| *k == "system" || k.starts_with("system."));
        let remark = rest(field, &["name", "data_categories", "fields"]).join("; ");
        let remark = if remark.is_empty() { String::new() } else { format!("  # {remark}") };
        if !personal.is_empty() {
            let names: Vec<String> = personal.iter().map(|k| category(k, &mut self.categories)).collect();
            self.bound.push(format!("{place} as {}{remark}", names.join(", ")));
        } else if !system.is_empty() {
            let said = system.iter().map(|k| k.as_str()).collect::<Vec<_>>().join(", ");
            self.bound.push(format!("{place} as not personal  # {said}{}", remark.replacen("  # ", "; ", 1)));
        } else if field.get("fields").is_none() || !remark.is_empty() {
            self.bound.push(format!("# {place}: no data categories{}", remark.replacen("  # ", "; ", 1)));
        }
        for inner in field.get("fields").and_then(Value::as_sequence).into_iter().flatten() {
            self.field(table, &path, inner);
        }
    }

    fn system(&mut self, item: &Value) {
        let key = text(item, "fides_key").unwrap_or_default();
        for line in rest(item, &["fides_key", "privacy_declarations"]) {
            self.left.push(format!("system {key}: {line}"));
        }
        for declared in item.get("privacy_declarations").and_then(Value::as_sequence).into_iter().flatten() {
            let known = [
                "name",
                "data_categories",
                "data_use",
                "data_subjects",
                "legal_basis_for_processing",
                "special_category_legal_basis",
            ];
            let basis = text(declared, "legal_basis_for_processing");
            let ground = basis.as_deref().and_then(ground);
            let mut left = rest(declared, &known);
            if let (Some(basis), None) = (&basis, ground) {
                left.push(format!("legal_basis_for_processing: {basis}"));
            }
            self.purposes.push(Purpose {
                wanted: dotted(&text(declared, "data_use").unwrap_or_else(|| "unnamed".to_owned())),
                system: segment(&key),
                title: text(declared, "name"),
                about: list(declared, "data_subjects").iter().map(|s| subject(s, &mut self.subjects)).collect(),
                basis: ground.map(str::to_owned),
                condition: text(declared, "special_category_legal_basis"),
                uses: list(declared, "data_categories").iter().map(|c| category(c, &mut self.categories)).collect(),
                left,
            });
        }
    }

    /// The purposes under names of their own: where several declarations have one use, the system is added.
    fn named(&self) -> Vec<(String, &Purpose)> {
        let mut taken: BTreeMap<String, usize> = BTreeMap::new();
        let count = |wanted: &str| self.purposes.iter().filter(|p| p.wanted == wanted).count();
        let mut out = Vec::new();
        for purpose in &self.purposes {
            let mut name = purpose.wanted.clone();
            if count(&name) > 1 {
                name = format!("{name}.{}", purpose.system);
            }
            let n = taken.entry(name.clone()).or_default();
            *n += 1;
            out.push((if *n > 1 { format!("{name}_{n}") } else { name }, purpose));
        }
        out
    }

    fn text(&self) -> String {
        let mut out = String::from("purlin 1\nimport \"purlin:common\"\nimport \"purlin:people\"\n");
        for left in &self.left {
            let _ = writeln!(out, "# fides: {left}");
        }
        for c in &self.categories {
            let _ = writeln!(out, "category {c}");
        }
        for s in &self.subjects {
            let _ = writeln!(out, "subject {s}");
        }
        let named = self.named();
        let names: BTreeSet<&str> = named.iter().map(|(n, _)| n.as_str()).collect();
        let mut headings: BTreeSet<String> = BTreeSet::new();
        for name in &names {
            let parts: Vec<&str> = name.split('.').collect();
            headings.extend((1..parts.len()).map(|i| parts.get(..i).unwrap_or(&[]).join(".")));
        }
        for heading in headings.iter().filter(|h| !names.contains(h.as_str())) {
            let _ = writeln!(out, "purpose {heading} {{\n}}");
        }
        for (name, purpose) in &named {
            purpose_text(&mut out, name, purpose);
        }
        for rule in self.rules.iter() {
            promise(&mut out, rule, &names, &headings);
        }
        if !self.bound.is_empty() {
            let _ = writeln!(out, "\nbind sql {{\n  {}\n}}", self.bound.join("\n  "));
        }
        out
    }
}

fn purpose_text(out: &mut String, name: &str, p: &Purpose) {
    let title = p.title.as_ref().map_or(String::new(), |t| format!(" {}", quoted(t)));
    let _ = writeln!(out, "purpose {name}{title} {{");
    if !p.about.is_empty() {
        let _ = writeln!(out, "  about {}", p.about.join(", "));
    }
    match &p.basis {
        Some(basis) => {
            let _ = writeln!(out, "  basis {basis}");
        }
        None => out.push_str("  # fides names no legal basis of Art. 6(1) here: write one\n"),
    }
    if let Some(condition) = &p.condition {
        let _ = writeln!(out, "  condition {}", quoted(condition));
    }
    if !p.uses.is_empty() {
        let _ = writeln!(out, "  uses {}", p.uses.join(", "));
    }
    for left in &p.left {
        let _ = writeln!(out, "  # fides: {left}");
    }
    out.push_str("}\n");
}

fn ground(said: &str) -> Option<&'static str> {
    Some(match said.to_lowercase().as_str() {
        "consent" => "consent",
        "contract" => "contract",
        "legal obligations" | "legal obligation" => "legal obligation",
        "vital interests" => "vital interests",
        "public interest" => "public task",
        "legitimate interests" => "legitimate interests",
        _ => return None,
    })
}

/// The rules of a policy: what matches any of the lists is a promise; another match is kept as a comment.
fn promise(out: &mut String, item: &Value, names: &BTreeSet<&str>, headings: &BTreeSet<String>) {
    let key = text(item, "fides_key").unwrap_or_default();
    for line in rest(item, &["fides_key", "rules"]) {
        let _ = writeln!(out, "# fides: policy {key}: {line}");
    }
    for rule in item.get("rules").and_then(Value::as_sequence).into_iter().flatten() {
        let mut declare = BTreeSet::new();
        let any = |part: &str| {
            let of = rule.get(part)?;
            (text(of, "matches").as_deref() == Some("ANY")).then(|| list(of, "values"))
        };
        let known = |key: &String| {
            let name = dotted(key);
            (names.contains(name.as_str()) || headings.contains(&name)).then_some(name)
        };
        let uses = any("data_uses").map(|u| u.iter().map(known).collect::<Option<Vec<_>>>());
        let (Some(data), Some(Some(uses)), Some(people)) = (any("data_categories"), uses, any("data_subjects")) else {
            let _ = writeln!(out, "# fides: policy {key}: {}", plain(rule));
            continue;
        };
        let what: Vec<String> = data.iter().map(|c| category(c, &mut declare)).collect();
        let whose: Vec<String> = people.iter().map(|s| subject(s, &mut declare)).collect();
        let reason = text(rule, "name").unwrap_or_else(|| key.clone());
        let said = format!(
            "must not use {} of {} for {} {}",
            what.join(", "),
            whose.join(", "),
            uses.join(", "),
            quoted(&reason)
        );
        // A name that nothing else declares has no meaning here.
        let mark = if declare.is_empty() { "" } else { "# fides: " };
        let _ = writeln!(out, "{mark}{said}");
    }
}
