//! `purlin trace`: what reaches a value, what leaves it, where its trail ends.

use serde_json::Value;

use crate::run::{Ran, folder, purlin, ran, repository, run};

const POLICY: &str = r#"purlin 1
controller "Shop" dpo "privacy@shop.example"
subject  customer
category name
category contact { email }
recipient mailgate "Sends our e-mail" {
  acts as processor
  located in eea
  contract "DPA-1" until 2099-01-01
}
region   eea home
guard    news_opt_in "Switched on news"
purpose  newsletter "Send the newsletter" {
  about    customer
  basis    consent
  notice   "n"
  requires news_opt_in
  uses     contact.email
  shares   contact.email with mailgate
}
bind sql  { customers.email as contact.email of customer }
bind host { "api.mailgate.example" as recipient mailgate }
bind rust {
  crate::news              as purpose newsletter
  crate::news::wants_news  as guard news_opt_in
}
"#;
const SCHEMA: &str = "CREATE TABLE customers (id int, email text, note text);\nCREATE TABLE sent (address text);\n";
const NEWS: &str = r#"use crate::Customer;

pub async fn run(pool: &sqlx::PgPool, http: &reqwest::Client) -> Result<(), sqlx::Error> {
    let all = sqlx::query_as::<_, Customer>("SELECT id, email, note FROM customers").fetch_all(pool).await?;
    for customer in all {
        if wants_news(&customer) {
            send(pool, http, &customer.email).await?;
        }
    }
    Ok(())
}

fn wants_news(customer: &Customer) -> bool {
    customer.note == "news"
}

async fn send(pool: &sqlx::PgPool, http: &reqwest::Client, to: &str) -> Result<(), sqlx::Error> {
    let mut address = to.trim().to_owned();
    if address.len() > 100 || address == "none" {
        address = String::new();
    }
    outside::count(&address);
    tracing::info!("sending to {address}");
    sqlx::query("INSERT INTO sent (address) VALUES ($1)").bind(&address).execute(pool).await?;
    let body = format!("Hello, {address}");
    let _ = http.post("https://api.mailgate.example/send").body(body).send().await;
    Ok(())
}
"#;
const LIB: &str = r#"mod news;
mod web;

#[derive(sqlx::FromRow)]
pub struct Customer {
    pub id: i32,
    pub email: String,
    pub note: String,
}

#[cfg(test)]
mod tests {
    #[test]
    fn t() {
        let name = "x".to_owned();
        drop(name);
    }
}
"#;
const WEB: &str = r#"pub struct Form {
    pub mail: String,
}

pub async fn greet(form: axum::Json<Form>) -> String {
    let greeting = format!("Hello, {}", form.mail);
    greeting
}

pub fn titled(kind: u8, first: Form, second: Form) -> String {
    let title = match kind {
        1 => first.mail,
        2 => second.mail,
        _ => return String::new(),
    };
    let mut shown = title;
    shown = shown.to_uppercase();
    shown
}

pub fn never() -> usize {
    let open = "x".to_owned();
    return 1;
    open.len()
}
"#;

const FILES: [(&str, &str); 6] = [
    ("privacy.purlin", POLICY),
    ("migrations/0001_schema.sql", SCHEMA),
    ("src/lib.rs", LIB),
    ("src/news.rs", NEWS),
    ("src/web.rs", WEB),
    ("Cargo.toml", "[package]\nname = \"shop\"\n"),
];

fn trace(arguments: &[&str]) -> Ran {
    let folder = folder(&FILES);
    std::fs::create_dir(folder.path().join(".git")).expect("a folder");
    run(folder.path(), &[&["trace"][..], arguments].concat())
}

fn json(at: &str) -> Value {
    let ran = trace(&[at, "--format", "json"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    serde_json::from_str(&ran.stdout).expect("JSON")
}

/// The texts under a key of each of some objects.
fn texts(list: &Value, key: &str) -> Vec<String> {
    list.as_array().expect("a list").iter().map(|v| v[key].as_str().unwrap_or("").to_owned()).collect()
}

/// 1-based line and column of a text in a file of the example.
fn at(file: &str, needle: &str) -> String {
    let text = FILES.iter().find(|(path, _)| *path == file).expect("a file").1;
    let (line, column) =
        text.lines().enumerate().find_map(|(i, l)| Some((i + 1, l.find(needle)? + 1))).expect("it is there");
    format!("{file}:{line}:{column}")
}

#[test]
fn a_value_is_followed_in_both_directions() {
    let ran = trace(&[&at("src/news.rs", "address = to.trim")]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    insta::assert_snapshot!(ran.stdout);
}

#[test]
fn guards_and_purposes_are_those_of_every_path() {
    let value = &json(&at("src/news.rs", "customer.email).await"))["values"][0];
    assert_eq!(value["name"], "customer.email");
    assert_eq!(value["type"], "String");
    assert_eq!(value["function"], "shop::news::run");
    assert_eq!(texts(&value["runs"], "purpose"), ["newsletter"]);
    assert_eq!(value["runs"][0]["guards"], serde_json::json!(["news_opt_in"]));
    assert_eq!(value["reaches"][0]["labels"], serde_json::json!(["contact.email of customer"]));
    assert_eq!(value["reaches"][0]["guards"], serde_json::json!(["news_opt_in"]));
}

#[test]
fn a_column_is_traced_at_its_definition_and_where_a_statement_names_it() {
    let defined = json(&at("migrations/0001_schema.sql", "email"));
    let named = json(&at("src/news.rs", "email, note"));
    for value in [&defined["values"][0], &named["values"][0]] {
        assert_eq!((&value["name"], &value["type"]), (&"customers.email".into(), &"text".into()));
        assert!(texts(&value["leaves"], "what").contains(&"shared with `mailgate`".to_owned()), "{value:#}");
    }
    let written = &json(&at("migrations/0001_schema.sql", "address"))["values"][0];
    assert_eq!(texts(&written["reaches"], "name"), ["customers.email"]);
}

#[test]
fn a_line_is_traced_by_the_values_that_have_a_name() {
    let values = &json("src/news.rs:7")["values"];
    assert_eq!(texts(values, "name"), ["pool", "http", "customer.email"]);
}

/// What a function returns that nothing here calls is not lost.
#[test]
fn sources_and_ends_without_a_binding_are_shown() {
    let value = &json(&at("src/web.rs", "greeting = "))["values"][0];
    assert_eq!(texts(&value["unlabelled"], "name"), ["form of shop::web::greet"]);
    assert_eq!(texts(&value["unlabelled"], "source"), ["parameter"]);
    assert_eq!(value["reaches"], serde_json::json!([]));
    assert_eq!(texts(&value["leaves"], "what"), ["returned by `shop::web::greet`, which nothing here calls"]);
    assert_eq!(value["leaves"][0]["bound"], false);
}

/// A variable is what it is bound to, by whichever arm; what is assigned to it later is another value.
#[test]
fn a_variable_is_what_it_is_bound_to() {
    let title = &json(&at("src/web.rs", "title = match"))["values"][0];
    let names: Vec<String> =
        ["first of shop::web::titled", "second of shop::web::titled"].iter().map(|s| (*s).to_owned()).collect();
    assert_eq!(texts(&title["unlabelled"], "name"), names);
    let shown = &json(&at("src/web.rs", "shown = title"))["values"][0];
    assert_eq!(texts(&shown["unlabelled"], "name"), names);
    assert_eq!(shown["unlabelled"][0]["path"].as_array().map(Vec::len), Some(2), "{shown:#}");
}

#[test]
fn code_that_nothing_comes_to_is_said_to_be_so() {
    let value = &json(&at("src/web.rs", "open.len"))["values"][0];
    assert_eq!((&value["unreached"], &value["runs"]), (&true.into(), &serde_json::json!([])));
}

#[test]
fn the_variable_under_the_cursor_is_found_where_it_is_bound() {
    // `address == "none"` has no place of its own for its left side.
    let value = &json(&at("src/news.rs", "address == "))["values"][0];
    assert_eq!(value["name"], "address");
}

#[test]
fn without_a_policy_sources_and_ends_are_shown_all_the_same() {
    let folder = folder(&FILES[1..]);
    std::fs::create_dir(folder.path().join(".git")).expect("a folder");
    let place = at("src/news.rs", "address = to.trim");
    let ran = run(folder.path(), &["trace", &place, "--format", "json"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("there is no policy"), "{}", ran.stderr);
    let json: Value = serde_json::from_str(&ran.stdout).expect("JSON");
    let value = &json["values"][0];
    assert_eq!(texts(&value["unlabelled"], "name"), ["customers.email"]);
    assert_eq!(
        texts(&value["leaves"], "what"),
        ["shared with `api.mailgate.example`", "kept in `tracing::info`", "written to `sent.address`"]
    );
}

#[test]
fn places_without_a_value_end_with_2_and_say_what_is_near() {
    let nested = at("src/lib.rs", "name = ");
    for (place, expected) in [
        ("src/nws.rs:1", "src/nws.rs is no Rust or SQL file of this run\n"),
        ("privacy.purlin:1", "privacy.purlin is no Rust or SQL file of this run\n"),
        ("other/news.rs:1", "other/news.rs is no Rust or SQL file of this run; did you mean src/news.rs\n"),
        ("src/news.rs:999", "src/news.rs has 28 lines\n"),
        ("src/news.rs:1", "there is no value to trace at src/news.rs:1; the nearest are `pool` at 3:18"),
        (
            "src/news.rs:7:99",
            "there is no value to trace at src/news.rs:7:99; the nearest are `await` at 7:47, `customer.email` at 7:31",
        ),
        (&nested, &format!("{nested} is test code, which is not followed\n")),
    ] {
        let ran = trace(&[place]);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{place}");
        assert!(ran.stderr.contains(expected), "{place}\n{}", ran.stderr);
    }
    for place in ["src/news.rs", "src/news.rs:0", "src/news.rs:x", ":1:2", "src/news.rs:4294967296:1"] {
        let ran = trace(&[place]);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{place}");
        assert!(ran.stderr.contains("FILE:LINE"), "{place}\n{}", ran.stderr);
    }
}

#[test]
fn a_broken_policy_ends_with_2() {
    let folder = folder(&[("privacy.purlin", "purlin 1\nsubjekt x\n"), ("src/lib.rs", "pub fn f(a: u8) {}\n")]);
    let ran = run(folder.path(), &["trace", "src/lib.rs:1:10"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
    assert!(ran.stderr.contains("the policy is broken, so nothing was traced"), "{}", ran.stderr);
}

/// A trace sees what a check sees: from the middle of the path of a finding both of its ends are in sight.
#[test]
fn every_finding_of_the_example_is_seen_from_the_middle_of_its_path() {
    let lumo = repository().join("examples/lumo");
    let report: Value =
        serde_json::from_str(&run(&lumo, &["check", "--today", "2026-11-22", "--format", "json"]).stdout)
            .expect("JSON");
    let mut seen = 0;
    for finding in report["findings"].as_array().expect("findings") {
        for datum in finding["data"].as_array().expect("data").iter().take(1) {
            let label = format!("{} of {}", text(&datum["category"]), text(&datum["subject"]));
            let middle =
                datum["path"].as_array().and_then(|p| p.iter().find(|s| text(&s["what"]).starts_with("passed to")));
            let Some(step) = middle else { continue };
            let place = format!("{}:{}:{}", text(&step["file"]), step["line"], step["column"]);
            let ran = run(&lumo, &["trace", &place, "--format", "json"]);
            assert_eq!(ran.code, 0, "{place}: {}", ran.stderr);
            let trace: Value = serde_json::from_str(&ran.stdout).expect("JSON");
            let values = trace["values"].as_array().expect("values");
            let reached = values.iter().flat_map(|v| v["reaches"].as_array().expect("a list"));
            let labels: Vec<&Value> = reached.flat_map(|r| r["labels"].as_array().expect("labels")).collect();
            assert!(labels.iter().any(|l| **l == label.as_str()), "{place}: {label} is not among {labels:?}");
            let leaves: Vec<(&str, &str, &str)> = values
                .iter()
                .flat_map(|v| v["leaves"].as_array().expect("a list"))
                .map(|l| (text(&l["verb"]), text(&l["target"]), text(&l["purpose"])))
                .collect();
            let wanted = (text(&finding["verb"]), text(&finding["target"]), text(&finding["purpose"]));
            assert!(leaves.contains(&wanted), "{place}: {wanted:?} is not among {leaves:?}");
            seen += 1;
        }
    }
    assert!(seen >= 5, "only {seen} findings have a middle");
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("")
}

#[test]
fn the_same_is_said_for_any_number_of_threads() {
    let folder = folder(&FILES);
    let place = at("src/news.rs", "address = to.trim");
    let with = |threads: &str| {
        let mut command = purlin(folder.path());
        command.args(["trace", &place]).env("RAYON_NUM_THREADS", threads);
        ran(command.output().expect("the command starts"))
    };
    let (one, four) = (with("1"), with("4"));
    assert_eq!((one.code, &one.stdout), (0, &four.stdout), "{}", one.stderr);
}
