//! `purlin tables`: in its three forms, on a small service.

use crate::run::{Ran, folder, run};

const POLICY: &str = r#"purlin 1
subject  customer
category contact { email }
region   eea home
store    crm "Accounts" { located in eea }
guard    opted_in "Wants it"
purpose  support "Help" {
  about customer
  basis contract
  notice "n"
  uses contact.email
  keeps contact.email in crm for 1 year
}
bind sql {
  customers.email as contact.email of customer
  customers.wants as guard opted_in
  customers       as store crm
}
bind rust { crate as purpose support }
"#;

const SCHEMA: &str = "\
CREATE TABLE customers (id int PRIMARY KEY, email text, wants bool);
CREATE TABLE orders (customer int REFERENCES customers ON DELETE CASCADE, total int);
CREATE VIEW people AS SELECT id, lower(email) AS mail FROM customers;
CREATE TABLE gone (x int);
DROP TABLE gone;
";

const CODE: &str = r#"
pub async fn load(db: &sqlx::PgPool) {
    sqlx::query("SELECT mail FROM people WHERE id = 3").fetch_one(db).await;
}
pub async fn save(db: &sqlx::PgPool, email: String) {
    sqlx::query("INSERT INTO customers (id, email) VALUES (1, $1)").bind(email).execute(db).await;
}
"#;

fn tables(format: &str) -> Ran {
    let at = folder(&[
        ("Cargo.toml", "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2024\"\n"),
        ("privacy.purlin", POLICY),
        ("migrations/1.sql", SCHEMA),
        ("src/lib.rs", CODE),
    ]);
    let ran = run(at.path(), &["tables", "--format", format]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    ran
}

#[test]
fn tables_are_told_with_labels_and_the_code_that_touches_them() {
    assert_eq!(
        tables("text").stdout,
        "\
# migrations

table customers, in store crm  (migrations/1.sql:1:14)
  id     int
  email  text  [contact.email of customer]  labelled at privacy.purlin:15:3
      read by app::load (src/lib.rs:3:25)
      written by app::save (src/lib.rs:6:45)
  wants  bool  guard opted_in

table orders  (migrations/1.sql:2:14)
  customer  int
  total     int
  (customer) refers to customers, on delete cascade

view people  (migrations/1.sql:3:13)
  id    int  shows customers.id
  mail    shows customers.email

"
    );
}

#[test]
fn tables_as_a_diagram() {
    let printed = tables("mermaid").stdout;
    assert!(
        printed.starts_with("erDiagram\n  customers {\n    int id\n    text email \"contact.email of customer\"\n")
    );
    assert!(printed.ends_with("  orders }o--|| customers : \"deleted with\"\n"), "{printed}");
}

#[test]
fn tables_for_programs() {
    let document: serde_json::Value = serde_json::from_str(&tables("json").stdout).expect("it is JSON");
    assert_eq!(document["version"], 1);
    let customers = &document["schemas"][0]["tables"][0];
    assert_eq!(customers["store"], "crm");
    let email = &customers["columns"][1];
    assert_eq!(email["labels"][0], "contact.email of customer");
    assert_eq!(email["writers"][0]["function"], "app::save");
    assert_eq!(email["writers"][0]["line"], 6);
}
