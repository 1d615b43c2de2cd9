//! SARIF 2.1.0, as GitHub reads it: rules with help and tags, every step of every path, fingerprints, relative URIs.
//!
//! Columns are characters, and `columnKind` says so. What is waived or in the baseline is left out unless it is asked
//! for, because GitHub shows it like anything else. Gaps are notifications of the run, those of files that could not be
//! read at level `error`.

use serde_json::{Map, Value, json};

use super::pages::{Page, pages};
use super::rows::{Row, State, rows, suppressed};
use super::{Rendered, Report, Wish, severity};
use crate::flow::Confidence;
use crate::judge::{Coverage, GAPS, Old};
use crate::policy::{Rule, law};
use crate::source::{SourceMap, Span};

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
/// Longest short and full description that GitHub takes, in characters.
const DESCRIPTION: usize = 1_024;
/// Steps of one result that GitHub takes.
const STEPS: usize = 10_000;

/// The document for one or several policy roots.
///
/// # Errors
/// Only if serialising fails, which it cannot for these types.
pub fn render(reports: &[Report<'_>], wish: Wish) -> Rendered {
    let mut results: Vec<Value> = rows(reports).iter().map(result).collect();
    if wish.suppressed {
        results.extend(suppressed(reports).iter().map(result));
    }
    let mut coverage = Coverage::default();
    for report in reports {
        coverage.add(report.coverage);
    }
    let document = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "purlin",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": pages().map(rule).collect::<Vec<_>>(),
                "notifications": GAPS.map(|(code, name, what)| json!({
                    "id": code,
                    "name": pascal(name),
                    "shortDescription": { "text": sentence(what) },
                })),
            } },
            "automationDetails": { "id": "purlin/" },
            "columnKind": "unicodeCodePoints",
            "originalUriBaseIds": {
                "SRCROOT": { "description": { "text": "The folder in which purlin was run." } },
            },
            "invocations": [{
                "executionSuccessful": true,
                "toolExecutionNotifications": reports.iter().flat_map(notifications).collect::<Vec<_>>(),
            }],
            "results": results,
            "properties": { "coverage": coverage },
        }],
    });
    let mut text = serde_json::to_string_pretty(&document)?;
    text.push('\n');
    Ok(text)
}

fn rule(page: Page) -> Value {
    let short = clip(&sentence(page.title), DESCRIPTION);
    let full = page.section("What").map_or_else(|| short.clone(), |text| clip(&text.replace('\n', " "), DESCRIPTION));
    let articles = Rule::ALL.into_iter().find(|r| r.code() == page.code).map_or(&[][..], |r| law(r));
    let tags: Vec<String> = std::iter::once("privacy".to_owned()).chain(articles.iter().map(|a| tag(a))).collect();
    let level = if page.code.starts_with(['R', 'B']) { "error" } else { "warning" };
    json!({
        "id": page.code,
        "name": pascal(page.name),
        "shortDescription": { "text": short },
        "fullDescription": { "text": full },
        "help": { "text": page.text, "markdown": page.text },
        "defaultConfiguration": { "level": level },
        "properties": { "tags": tags, "precision": "high", "problem.severity": level },
    })
}

fn result(row: &Row<'_>) -> Value {
    let mut out = Map::new();
    let mut put = |key: &str, value: Value| {
        out.insert(key.to_owned(), value);
    };
    put("ruleId", json!(row.code));
    if let Some(index) = pages().position(|p| p.code == row.code) {
        put("ruleIndex", json!(index));
    }
    put("level", json!(severity(row.severity)));
    let clause = row.clause();
    let mut message = bracketed(&row.message);
    if let Some((_, span)) = &clause {
        message.push_str(&format!(" ([the clause that decides](1) is in {})", row.sources.path(span.file)));
    }
    message.push('.');
    put("message", json!({ "text": message }));
    if let Some(at) = row.at {
        let mut location = location(row.sources, at, None);
        if let (Value::Object(location), function) = (&mut location, row.function())
            && !function.is_empty()
        {
            location
                .insert("logicalLocations".to_owned(), json!([{ "fullyQualifiedName": function, "kind": "function" }]));
        }
        put("locations", json!([location]));
    }
    let mut related: Vec<Value> = Vec::new();
    if let Some((text, span)) = &clause {
        related.push(numbered(1, location(row.sources, *span, Some(&sentence(text)))));
    }
    if let Some(finding) = row.finding {
        if let Some(at) = finding.purpose_at {
            let name = finding.purpose_name.as_deref().unwrap_or_default();
            related.push(numbered(2, location(row.sources, at, Some(&format!("It runs for `{name}`.")))));
        }
        let flows = code_flows(row.sources, finding);
        if !flows.is_empty() {
            put("codeFlows", json!(flows));
        }
    }
    if !related.is_empty() {
        put("relatedLocations", json!(related));
    }
    put(
        "partialFingerprints",
        json!({
            "purlin/v1": row.fingerprint,
            "primaryLocationLineHash": format!("{}:{}", row.fingerprint, row.nth),
        }),
    );
    if let Some(finding) = row.finding {
        let rank = match finding.confidence {
            Confidence::Certain => 100,
            Confidence::Likely => 75,
            Confidence::Possible => 25,
        };
        put("rank", json!(rank));
        put(
            "properties",
            json!({
                "confidence": finding.confidence.name(),
                "verb": finding.verb.word(),
                "data": row.data(),
                "purpose": finding.purpose_name,
                "target": finding.target_name,
                "law": finding.law,
                "also": finding.also.iter().map(|a| a.rule.code()).collect::<Vec<_>>(),
                "help": row.help,
            }),
        );
    }
    if let Some(suppression) = suppression(row) {
        put("suppressions", json!([suppression]));
    }
    Value::Object(out)
}

fn suppression(row: &Row<'_>) -> Option<Value> {
    match row.state {
        State::New => None,
        State::Waived(waived) => Some(json!({
            "kind": "external",
            "status": "accepted",
            "justification": format!("{}: {} ({}, until {})", waived.waiver, waived.because, waived.owner, waived.until),
            "location": location(row.sources, waived.span, None),
        })),
        State::Known(known) => Some(json!({
            "kind": "external",
            "status": "accepted",
            "justification": match &known.why {
                Old::Baseline => "It stood when the baseline was made.".to_owned(),
                Old::Base => "It was there before this branch.".to_owned(),
                Old::Mistaken(because) => format!("The tool is mistaken: {because}"),
            },
        })),
    }
}

/// The path of each item of data.
fn code_flows(sources: &SourceMap, finding: &crate::judge::Finding) -> Vec<Value> {
    let mut left = STEPS;
    let mut flows = Vec::new();
    for datum in finding.data.iter().filter(|d| !d.path.is_empty()) {
        if datum.path.len() > left {
            break;
        }
        left -= datum.path.len();
        let last = datum.path.len() - 1;
        let steps: Vec<Value> = datum
            .path
            .iter()
            .enumerate()
            .map(|(i, step)| {
                json!({
                    "location": location(sources, step.span, Some(&sentence(&bracketed(&step.what)))),
                    "importance": if i == 0 || i == last { "essential" } else { "important" },
                    "executionOrder": i + 1,
                })
            })
            .collect();
        flows.push(json!({
            "message": { "text": sentence(&bracketed(&format!("{} from {}", datum.label(), datum.entry))) },
            "threadFlows": [{ "locations": steps }],
        }));
    }
    flows
}

fn notifications<'a>(report: &'a Report<'_>) -> impl Iterator<Item = Value> + 'a {
    report.judged.gaps.iter().map(|gap| {
        let mut out = json!({
            "descriptor": { "id": gap.code, "index": GAPS.iter().position(|(code, ..)| *code == gap.code) },
            "level": if gap.unread { "error" } else { "note" },
            "message": { "text": sentence(&bracketed(&gap.what)) },
        });
        if let (Value::Object(out), Some(span)) = (&mut out, gap.span) {
            out.insert("locations".to_owned(), json!([location(report.sources, span, None)]));
        }
        out
    })
}

fn location(sources: &SourceMap, span: Span, message: Option<&str>) -> Value {
    let (start, end) = (sources.start(span), sources.end(span));
    let path = sources.path(span.file);
    let artifact = if path.starts_with("purlin:") {
        json!({ "uri": path })
    } else {
        json!({ "uri": uri(path), "uriBaseId": "SRCROOT" })
    };
    let mut out = json!({
        "physicalLocation": {
            "artifactLocation": artifact,
            "region": {
                "startLine": start.line,
                "startColumn": start.column,
                "endLine": end.line,
                "endColumn": end.column,
            },
        },
    });
    if let (Value::Object(out), Some(message)) = (&mut out, message) {
        out.insert("message".to_owned(), json!({ "text": message }));
    }
    out
}

fn numbered(id: u32, mut location: Value) -> Value {
    if let Value::Object(location) = &mut location {
        location.insert("id".to_owned(), json!(id));
    }
    location
}

/// A path as a relative reference: everything that has a meaning in URIs is percent-encoded.
fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' | b'~' => out.push(byte as char),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// `GDPR Art. 5(1)(b)` as `gdpr-art-5-1-b`.
fn tag(article: &str) -> String {
    let mut out = String::new();
    for c in article.chars() {
        match c {
            c if c.is_alphanumeric() => out.extend(c.to_lowercase()),
            _ if !out.is_empty() && !out.ends_with('-') => out.push('-'),
            _ => {}
        }
    }
    out.trim_end_matches('-').to_owned()
}

/// `outside-purpose` as `OutsidePurpose`.
fn pascal(name: &str) -> String {
    let upper = |word: &str| {
        let mut chars = word.chars();
        chars.next().map_or_else(String::new, |c| c.to_uppercase().chain(chars).collect())
    };
    name.split('-').map(upper).collect()
}

/// A text with a period at its end.
fn sentence(text: &str) -> String {
    let text = text.trim_end();
    if text.ends_with(['.', '!', '?']) { text.to_owned() } else { format!("{text}.") }
}

/// A text in which brackets are no links.
fn bracketed(text: &str) -> String {
    text.replace('\\', "\\\\").replace('[', "\\[").replace(']', "\\]")
}

fn clip(text: &str, most: usize) -> String {
    if text.chars().count() <= most { text.to_owned() } else { text.chars().take(most - 1).chain(['…']).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_written_as_the_format_wants_them() {
        assert_eq!(uri("src/a b/é#%.rs"), "src/a%20b/%C3%A9%23%25.rs");
        assert_eq!(tag("GDPR Art. 5(1)(b)"), "gdpr-art-5-1-b");
        assert_eq!(pascal("outside-purpose"), "OutsidePurpose");
        assert_eq!((sentence("a"), sentence("b.")), ("a.".to_owned(), "b.".to_owned()));
        assert_eq!(bracketed("`[u8]`"), "`\\[u8\\]`");
        assert_eq!(clip("abcd", 3), "ab…");
    }
}
