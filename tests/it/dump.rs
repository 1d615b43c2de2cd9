//! `purlin dump`: what each stage made of a small service.

use crate::run::{folder, run};

const POLICY: &str = r#"purlin 1
controller "Shop" dpo "privacy@shop.example"
subject  customer
category contact { email }
category contact_hash
recipient mailgate "Sends our e-mail" {
  acts as processor
  located in eea
  contract "DPA-1" until 2099-01-01
}
region    eea home
store     logs "Server logs" {
  located in eea
}
guard     news_opt_in "Switched on news"
transform hashed "SHA-256" turns contact.email into contact_hash
purpose   newsletter "Send the newsletter" {
  about    customer
  basis    consent
  notice   "n"
  requires news_opt_in
  uses     contact.email
  shares   contact.email with mailgate
}
bind sql  { customers.email as contact.email of customer }
bind rust {
  crate::news             as purpose newsletter
  crate::news::wants_news as guard news_opt_in
  crate::hash             as transform hashed
  crate::Api::post        as recipient mailgate
  tracing                 as store logs
}
"#;
const SCHEMA: &str = "CREATE TABLE customers (id int, email text, wants_news bool);\n\
                      CREATE VIEW readers AS SELECT email FROM customers WHERE wants_news;\n";
const LIB: &str = r#"mod news;

/// A customer, or nobody.
pub enum Who {
    Nobody,
    Known { id: i64, email: String },
}

pub type Emails = Vec<String>;

pub struct Api {
    pub base: String,
    pub http: reqwest::Client,
}

impl Api {
    pub fn new() -> Api {
        Api { base: "https://api.mailgate.example".to_owned(), http: reqwest::Client::new() }
    }

    pub async fn post(&self, text: &str) {
        let _ = self.http.post(format!("{}/send", self.base)).body(text.to_owned()).send().await;
    }
}

pub fn hash(text: &str) -> String {
    format!("{:x}", md5::compute(text))
}

pub trait Letter {
    fn body(&self, to: &str) -> String;

    fn subject(&self) -> String {
        "News".to_owned()
    }
}

pub struct Plain;

impl Letter for Plain {
    fn body(&self, to: &str) -> String {
        to.trim().to_owned()
    }
}

pub struct Rich;

impl Letter for Rich {
    fn body(&self, to: &str) -> String {
        format!("<p>{to}</p>")
    }
}

pub fn each<T>(list: Vec<T>, f: impl Fn(T)) {
    for item in list {
        f(item);
    }
}
"#;
const NEWS: &str = r#"use crate::{Api, Letter, Who};

pub async fn run(pool: &sqlx::PgPool, api: &Api, letter: &dyn Letter) -> Result<(), sqlx::Error> {
    let emails: Vec<String> = sqlx::query_scalar("SELECT email FROM customers").fetch_all(pool).await?;
    for email in emails {
        if wants_news(&email) {
            api.post(&letter.body(&email)).await;
        }
        tracing::info!("{}", crate::hash(&email));
    }
    Ok(())
}

fn wants_news(email: &str) -> bool {
    email.ends_with(".example")
}

pub fn email_of(who: Who, fallback: &mut String) -> Option<String> {
    match who {
        Who::Nobody => None,
        Who::Known { email, .. } => {
            fallback.push_str(&email);
            Some(email)
        }
    }
}

pub fn stop(reason: &str) -> ! {
    panic!("{reason}")
}

pub fn checked(email: &str) -> Result<(), ()> {
    if !wants_news(email) {
        return Err(());
    }
    Ok(())
}
"#;

const FILES: [(&str, &str); 5] = [
    ("privacy.purlin", POLICY),
    ("migrations/0001_schema.sql", SCHEMA),
    ("src/lib.rs", LIB),
    ("src/news.rs", NEWS),
    ("Cargo.toml", "[package]\nname = \"shop\"\n"),
];

fn dump(arguments: &[&str]) -> String {
    let folder = folder(&FILES);
    let ran = run(folder.path(), &[&["dump"][..], arguments].concat());
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{arguments:?}");
    ran.stdout
}

#[test]
fn units() {
    insta::assert_snapshot!(dump(&["--stage", "unit", "src/news.rs"]));
}

#[test]
fn the_program() {
    insta::assert_snapshot!(dump(&["--stage", "program", "."]));
}

#[test]
fn summaries() {
    insta::assert_snapshot!(dump(&["--stage", "summary", "."]));
}

#[test]
fn flows() {
    insta::assert_snapshot!(dump(&["--stage", "flow", "."]));
}

#[test]
fn a_name_picks_what_is_printed() {
    let program = dump(&["--stage", "program", "--name", "Letter", "."]);
    assert_eq!(program.lines().filter(|l| !l.starts_with(' ')).count(), 5, "{program}");
    let summary = dump(&["--stage", "summary", "--name", "email_of", "."]);
    assert!(summary.starts_with("fn shop::news::email_of(who, fallback)"), "{summary}");
    assert_eq!(summary.lines().filter(|l| !l.starts_with(' ')).count(), 1, "{summary}");
}

/// Only flows need labels.
#[test]
fn without_a_policy_all_but_the_flows_are_printed() {
    let folder = folder(&FILES[1..]);
    std::fs::create_dir(folder.path().join(".git")).expect("a folder");
    for stage in ["unit", "program", "calls", "summary"] {
        let ran = run(folder.path(), &["dump", "--stage", stage, "."]);
        assert_eq!(ran.code, 0, "{stage}: {}", ran.stderr);
        assert!(!ran.stdout.is_empty(), "{stage}");
    }
    assert_eq!(run(folder.path(), &["dump", "--stage", "flow", "."]).code, 2);
    let help = run(folder.path(), &["--help"]).stdout;
    assert!(help.contains("  dump ") && help.contains("  trace "), "{help}");
}
