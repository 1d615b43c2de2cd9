//! The example service: every finding listed one by one, and the repaired one without any.

use crate::run::{repository, run};

/// File of the arrival, rule, severity, data (sorted), target or purpose.
type Row = (String, String, String, String, String);

fn findings(example: &str) -> Vec<Row> {
    let folder = repository().join("examples").join(example);
    let ran = run(&folder, &["check", "--format", "json", "--today", "2026-11-22"]);
    assert!(ran.code <= 1, "{}", ran.stderr);
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).expect("the report is JSON");
    let text = |v: &serde_json::Value| v.as_str().unwrap_or("").to_owned();
    let mut rows: Vec<Row> = report["findings"]
        .as_array()
        .expect("a list of findings")
        .iter()
        .map(|f| {
            let mut data: Vec<String> =
                f["data"].as_array().into_iter().flatten().map(|d| text(&d["category"])).collect();
            data.sort();
            data.dedup();
            let to = if f["target"].is_null() { text(&f["purpose"]) } else { text(&f["target"]) };
            (text(&f["arrival"]["file"]), text(&f["rule"]), text(&f["severity"]), data.join(","), to)
        })
        .collect();
    rows.sort();
    rows
}

#[test]
fn the_repaired_service_has_no_finding() {
    assert_eq!(findings("lumo-fixed"), Vec::<Row>::new());
}
