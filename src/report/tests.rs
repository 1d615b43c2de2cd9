//! One finding over three files, as it is read on a screen, and the same as JSON.

use super::text::{Style, Text};
use super::{Format, Report, Wish, json};
use crate::diag::Diagnostic;
use crate::flow::{Confidence, Site, Stats, Step};
use crate::judge::{Also, Coverage, Datum, Finding, Gap, Judged, Relied, Waived};
use crate::policy::{CategoryId, Claim, Date, Label, PurposeId, Rule, Target, Verb};
use crate::source::{FileId, SourceMap, Span};

const POLICY: &str = "purlin 1\nmust not use anything of shopper for marketing\n  \"Privacy notice 4\"\n";
const BINDINGS: &str = "purlin 1\nbind rust {\n  crate::newsletter as purpose marketing.newsletter\n}\nbind sql {\n  orders.email as contact.email of shopper\n}\n";
const SEND: &str = "pub async fn run(db: &Db) -> Result<()> {\n    let rows = db::recent(db).await?;\n    for row in rows {\n        mail(&row.email).await?;\n    }\n    Ok(())\n}\n";
const DB: &str = "pub async fn recent(db: &Db) -> Result<Vec<Row>> {\n    sqlx::query_as!(Row, \"SELECT email FROM orders WHERE created_at > $1\", since)\n        .fetch_all(db)\n        .await\n}\n";

fn sources() -> SourceMap {
    let mut sources = SourceMap::default();
    for (path, text) in
        [("bindings.purlin", BINDINGS), ("privacy.purlin", POLICY), ("src/db.rs", DB), ("src/newsletter.rs", SEND)]
    {
        sources.add(path, text);
    }
    sources
}

/// The span of a piece of text.
fn find(sources: &SourceMap, path: &str, piece: &str) -> Span {
    let (id, file) = sources.iter().find(|(_, f)| &*f.path == path).unwrap();
    let lo = file.text.find(piece).unwrap() as u32;
    Span::new(id, lo, lo + piece.len() as u32)
}

fn finding(sources: &SourceMap) -> Finding {
    let step = |path: &str, piece: &str, what: &str, function: &str| Step {
        span: find(sources, path, piece),
        what: what.into(),
        function: function.into(),
    };
    let day = Date { year: 2026, month: 11, day: 22 };
    let claim = Claim {
        verb: Verb::Use,
        label: Label { category: CategoryId(0), subject: None },
        target: Target::None,
        purpose: Some(PurposeId(0)),
        guards: std::collections::BTreeSet::new(),
        origin: None,
        day,
    };
    Finding {
        rule: Rule::R10,
        severity: crate::diag::Severity::Error,
        confidence: Confidence::Certain,
        message: "this breaks a promise: `contact.email of shopper` (from `orders.email`) is used for \
                  `marketing.newsletter`"
            .to_owned(),
        verb: Verb::Use,
        purpose: Some(PurposeId(0)),
        purpose_name: Some("marketing.newsletter".to_owned()),
        purpose_at: Some(find(sources, "bindings.purlin", "crate::newsletter as purpose marketing.newsletter")),
        target: Target::None,
        target_name: None,
        fingerprint: "0123456789abcdef".to_owned(),
        clause: Some(find(
            sources,
            "privacy.purlin",
            "must not use anything of shopper for marketing\n  \"Privacy notice 4\"",
        )),
        law: vec!["GDPR Art. 5(1)(a)".to_owned(), "GDPR Art. 7".to_owned()],
        checked: None,
        help: vec!["read another column than `orders.email`, or ask privacy@lumopay.example".to_owned()],
        also: vec![Also {
            rule: Rule::R07,
            clause: None,
            note: Some("guard `news_opt_in` is not established".to_owned()),
        }],
        arrival: Site {
            span: find(sources, "src/newsletter.rs", "row.email"),
            written: None,
            function: "crate::newsletter::run".into(),
            krate: "lumo".into(),
            symbol: "orders.email".into(),
        },
        sites: 1,
        data: vec![Datum {
            category: "contact.email".to_owned(),
            subject: Some("shopper".to_owned()),
            entry: "orders.email".to_owned(),
            labelled: find(sources, "bindings.purlin", "orders.email as contact.email of shopper"),
            codes: vec![Rule::R10, Rule::R07],
            transforms: Vec::new(),
            derived: false,
            confidence: Confidence::Certain,
            reason: None,
            path: vec![
                step("src/db.rs", "email", "read from `orders.email`", "crate::db::recent"),
                step("src/newsletter.rs", "recent", "returned to `newsletter::run`", "crate::newsletter::run"),
                step("src/newsletter.rs", "row.email", "used here", "crate::newsletter::run"),
            ],
            paths_total: 2,
            claim,
        }],
    }
}

fn judged(sources: &SourceMap) -> Judged {
    let at = find(sources, "src/newsletter.rs", "mail");
    let gap = |code, what: &str| Gap::at(code, at, what.to_owned());
    let unread = Gap { unread: true, ..gap("G03", "cannot be read: permission denied") };
    let finding = finding(sources);
    let waived = Waived {
        finding: finding.clone(),
        waiver: "PRIV-812".to_owned(),
        owner: "anna@lumopay.example".to_owned(),
        until: Date { year: 2026, month: 12, day: 31 },
        days_left: 39,
        because: "The old list is being purged".to_owned(),
        span: find(sources, "privacy.purlin", "purlin 1"),
    };
    Judged {
        findings: vec![finding],
        gaps: ["a", "b", "c", "d"]
            .map(|w| gap("G01", w))
            .into_iter()
            .chain([unread, gap("G03", "macro `html!`")])
            .collect(),
        waived: vec![waived],
        relied_on: vec![Relied { kind: "guard", name: "news_opt_in".to_owned(), places: vec![at, at] }],
        hidden: 2,
        notes: Vec::new(),
        ..Judged::default()
    }
}

fn coverage() -> Coverage {
    Coverage {
        today: "2026-11-22".to_owned(),
        policy_files: 2,
        rust_files: 2,
        engine: Stats { functions: 1234, calls_resolved: 9, ..Stats::default() },
        confidence: "likely".to_owned(),
        ..Coverage::default()
    }
}

fn style(color: bool, unicode: bool) -> Style {
    Style { color, unicode, all_gaps: false, quiet: false }
}

fn wish() -> Wish {
    Wish { style: style(false, true), suppressed: false }
}

fn text(style: Style) -> String {
    let sources = sources();
    let (judged, coverage) = (judged(&sources), coverage());
    let report = Report { root: "", sources: &sources, diagnostics: &[], judged: &judged, coverage: &coverage };
    let mut out = String::new();
    Text::new(&sources, style).report(&mut out, &report).unwrap();
    out
}

#[test]
fn a_finding_is_read_from_its_first_step_to_what_to_do() {
    let text = text(style(false, true));
    assert!(text.lines().all(|l| l.chars().count() <= 100), "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn without_unicode_and_with_colours_the_words_are_the_same() {
    let plain = text(style(false, false));
    assert!(plain.is_ascii(), "{plain}");
    let colored = text(style(true, false));
    let mut bare = String::new();
    let mut rest = colored.as_str();
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        bare.push_str(before);
        rest = after.split_once('m').unwrap().1;
    }
    bare.push_str(rest);
    assert_eq!(bare, plain);
}

#[test]
fn a_problem_of_a_policy_shows_every_place() {
    let sources = sources();
    let problem = Diagnostic::error(
        "P04",
        "there is no category `emial`",
        find(&sources, "bindings.purlin", "contact.email"),
        "did you mean `email`?",
    )
    .label(find(&sources, "privacy.purlin", "shopper"), "declared here")
    .help("names are lower-case");
    let mut out = String::new();
    Text::new(&sources, style(false, true)).diagnostic(&mut out, &problem).unwrap();
    insta::assert_snapshot!(out);
}

#[test]
fn odd_texts_do_not_break_a_snippet() {
    let mut sources = SourceMap::default();
    let long = "x".repeat(1_000_000);
    for (path, text) in [("a", ""), ("b", long.as_str()), ("c", "é𐐀\tz\r\nq"), ("d", "\n\n")] {
        sources.add(path, text);
    }
    let renderer = Text::new(&sources, style(false, true));
    for (file, lo, hi) in [(0, 0, 0), (0, 5, 9), (1, 500, 501), (2, 0, 6), (2, 3, 4), (2, 7, 12), (3, 2, 2), (9, 0, 1)]
    {
        let mut out = String::new();
        let problem = Diagnostic::warning("W01", "odd", Span::new(FileId(file), lo, hi), "here");
        renderer.diagnostic(&mut out, &problem).unwrap();
        assert!(out.len() < 2_000, "{out}");
    }
}

#[test]
fn json_has_its_keys_in_the_order_of_the_format() {
    let sources = sources();
    let (judged, coverage) = (judged(&sources), coverage());
    let stale = [Diagnostic::error("B01", "nothing is called `x`", find(&sources, "bindings.purlin", "orders"), "")];
    let report = Report { root: "", sources: &sources, diagnostics: &stale, judged: &judged, coverage: &coverage };
    let text = json::render(&[report], wish()).unwrap();
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    let keys = |v: &serde_json::Value| v.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(
        keys(&value),
        ["version", "findings", "gaps", "waived", "known", "gone", "relied_on", "branch", "coverage"]
    );
    let finding = &value["findings"][0];
    let expected = [
        "rule",
        "name",
        "severity",
        "confidence",
        "message",
        "verb",
        "purpose",
        "target",
        "fingerprint",
        "clause",
        "law",
        "help",
        "also",
        "arrival",
        "data",
    ];
    assert_eq!(keys(finding), expected);
    assert_eq!(keys(&value["findings"][1]), expected);
    assert_eq!(keys(&finding["clause"]), ["file", "line", "column", "text"]);
    assert_eq!(keys(&finding["also"][0]), ["rule", "clause"]);
    assert_eq!(keys(&finding["arrival"]), ["file", "line", "column", "end_line", "end_column", "function"]);
    let datum = &finding["data"][0];
    assert_eq!(
        keys(datum),
        ["category", "subject", "codes", "transforms", "confidence", "reason", "path", "paths_total"]
    );
    let step = ["file", "line", "column", "end_line", "end_column", "what", "function"];
    assert_eq!(keys(&datum["path"][0]), step);
    assert_eq!(datum["path"][2]["line"], finding["arrival"]["line"]);
    assert_eq!(value["version"], 1);
    assert_eq!((finding["name"].as_str(), finding["severity"].as_str()), (Some("promise"), Some("error")));
    assert_eq!(value["coverage"]["policy_roots"][0], ".");
    assert!(!text.contains('\\') || text.contains("\\\""));
}

/// Every format of the same report, so that a change of any of them is seen.
#[test]
fn every_format_says_the_same() {
    let sources = sources();
    let (judged, coverage) = (judged(&sources), coverage());
    let stale = [Diagnostic::warning("B01", "nothing is called `x`", find(&sources, "bindings.purlin", "orders"), "")];
    let report = Report { root: "", sources: &sources, diagnostics: &stale, judged: &judged, coverage: &coverage };
    for &format in Format::ALL.iter().filter(|f| !matches!(f, Format::Text | Format::Json)) {
        let mut text = format.render(&[report], Wish { suppressed: true, ..wish() }).unwrap();
        assert!(text.ends_with('\n') && !text.contains('\u{1b}'), "{}", format.name());
        if format == Format::Sarif {
            // The pages of the rules are in docs/rules.
            let mut value: serde_json::Value = serde_json::from_str(&text).unwrap();
            value["runs"][0]["tool"]["driver"]["rules"] = serde_json::Value::Null;
            value["runs"][0]["tool"]["driver"]["semanticVersion"] = serde_json::Value::Null;
            text = serde_json::to_string_pretty(&value).unwrap();
        }
        insta::assert_snapshot!(format!("format_{}", format.name()), text);
    }
}

/// `é` is two bytes and one character, `𐐀` four bytes, one character and two units of UTF-16.
#[test]
fn columns_are_counted_as_each_format_says() {
    let mut sources = sources();
    let code = "let é = \"𐐀\"; mail(&é.email).await;\n";
    let file = sources.add("src/zz.rs", code);
    let lo = code.find("é.email").unwrap() as u32;
    let mut judged = judged(&sources);
    judged.gaps.clear();
    judged.waived.clear();
    judged.findings[0].arrival.span = Span::new(file, lo, lo + "é.email".len() as u32);
    let coverage = coverage();
    let report = Report { root: "", sources: &sources, diagnostics: &[], judged: &judged, coverage: &coverage };
    let said = |format: Format| format.render(&[report], wish()).unwrap();
    let json = |format: Format| serde_json::from_str::<serde_json::Value>(&said(format)).unwrap();
    // Characters.
    let region = json(Format::Sarif)["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"].clone();
    assert_eq!((&region["startColumn"], &region["endColumn"]), (&20.into(), &27.into()));
    assert_eq!(json(Format::Sarif)["runs"][0]["columnKind"], "unicodeCodePoints");
    let arrival = json(Format::Json)["findings"][0]["arrival"].clone();
    assert_eq!((&arrival["column"], &arrival["end_column"]), (&20.into(), &27.into()));
    assert!(said(Format::Concise).starts_with("src/zz.rs:1:20: error[R10]: "));
    assert!(said(Format::Csv).contains(",src/zz.rs,1,20,1,27,"));
    assert!(said(Format::Github).contains("file=src/zz.rs,line=1,endLine=1,col=20,endColumn=27::"));
    assert!(said(Format::Jsonl).contains("\"file\":\"src/zz.rs\",\"line\":1,\"column\":20,"));
    // Bytes.
    let range = json(Format::Rdjson)["diagnostics"][0]["location"]["range"].clone();
    assert_eq!((&range["start"]["column"], &range["end"]["column"]), (&24.into(), &32.into()));
    // Lines alone.
    assert_eq!(json(Format::Gitlab)[0]["location"]["lines"]["begin"], 1);
    assert!(said(Format::Junit).contains("file=\"src/zz.rs\" line=\"1\""));
    assert!(said(Format::Markdown).contains("`src/zz.rs:1`"));
}

#[test]
fn like_findings_are_told_apart_where_a_format_asks_for_it() {
    let sources = sources();
    let mut judged = judged(&sources);
    judged.findings = vec![judged.findings[0].clone(); 3];
    let coverage = coverage();
    let report = Report { root: "", sources: &sources, diagnostics: &[], judged: &judged, coverage: &coverage };
    let list: Vec<serde_json::Value> =
        serde_json::from_str(&Format::Gitlab.render(&[report], wish()).unwrap()).unwrap();
    let prints: Vec<&str> = list.iter().map(|e| e["fingerprint"].as_str().unwrap()).collect();
    let own = judged.findings[0].fingerprint.clone();
    assert_eq!(prints, [own.clone(), format!("{own}-2"), format!("{own}-3")]);
}

#[test]
fn annotations_beyond_those_that_are_shown_are_counted() {
    let sources = sources();
    let mut judged = judged(&sources);
    judged.findings = vec![judged.findings[0].clone(); 13];
    let coverage = coverage();
    let report = Report { root: "", sources: &sources, diagnostics: &[], judged: &judged, coverage: &coverage };
    let said = Format::Github.render(&[report], wish()).unwrap();
    assert_eq!(said.matches("::error ").count(), 10);
    assert!(said.ends_with("::notice title=purlin::3 more findings are in the log\n"), "{said}");
}

#[test]
fn without_a_finding_every_format_still_says_something() {
    let (sources, judged, coverage) = (sources(), Judged::default(), coverage());
    let report = Report { root: "", sources: &sources, diagnostics: &[], judged: &judged, coverage: &coverage };
    for &format in Format::ALL {
        let said = format.render(&[report], wish()).unwrap();
        assert_eq!(said.is_empty(), format == Format::Github, "{}: {said}", format.name());
    }
    assert!(Format::Junit.render(&[report], wish()).unwrap().contains("tests=\"1\" failures=\"0\""));
}
