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
fn the_first_service_has_its_seven_mistakes_and_nothing_else() {
    let expected = [
        (
            "crates/api/src/routes/checkout.rs",
            "R06",
            "error",
            "contact.address,contact.email,contact.phone,name,order.amount,order.items,payment.card.last4",
            "logs",
        ),
        ("crates/api/src/routes/checkout.rs", "R10", "warning", "contact.address,contact.email,contact.phone", "logs"),
        ("crates/api/src/routes/support/cases.rs", "R10", "error", "payment.card.expiry,payment.card.number", "agents"),
        ("crates/jobs/src/newsletter/audience.rs", "R10", "error", "contact.email,name", "marketing.newsletter"),
        ("crates/jobs/src/offers.rs", "R07", "error", "contact.email", "marketing.offers"),
        ("crates/mail/src/mailgate.rs", "R07", "error", "contact.email", "mailgate"),
        ("crates/mail/src/mailgate.rs", "R10", "error", "contact.email,name", "mailgate"),
        ("crates/partners/src/courier.rs", "R09", "error", "contact.address,contact.phone,name", "courier"),
        ("crates/partners/src/risk_board.rs", "R10", "error", "location.precise", "collect.heatgrid.example"),
        ("crates/store/src/cobrowsing.rs", "R06", "error", "screen", "recordings"),
    ];
    let found = findings("lumo");
    let found: Vec<_> =
        found.iter().map(|(f, r, s, d, t)| (f.as_str(), r.as_str(), s.as_str(), d.as_str(), t.as_str())).collect();
    assert_eq!(found, expected, "{found:#?}");
}

#[test]
fn the_repaired_service_has_no_finding() {
    assert_eq!(findings("lumo-fixed"), Vec::<Row>::new());
}

/// Each policy without code passes its own tests, is formatted, has no remark, and can be written out in every form.
#[test]
fn policies_without_code_are_without_fault() {
    let folder = repository().join("examples/policies");
    for name in ["hospital", "school", "parking"] {
        let run = |arguments: &[&str]| {
            let ran = run(&folder, arguments);
            assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{name} {arguments:?}\n{}", ran.stdout);
            ran.stdout
        };
        let day = ["--today", "2026-06-01"];
        run(&["fmt", "--check", name]);
        run(&[&["lint", name, "--strict"][..], &day].concat());
        let tested = run(&[&["test", name, "--coverage"][..], &day].concat());
        assert!(tested.contains("expectations hold") && tested.contains("clauses are tested"), "{tested}");
        for form in [&["--ropa"][..], &["--notice"], &[]] {
            run(&[&["docs", name, "--format", "html"][..], form, &day].concat());
        }
        run(&["export", "fides", name]);
        run(&["export", "dpv", name]);
        run(&[&["diff", name, "--against", name][..], &day].concat());
    }
}
