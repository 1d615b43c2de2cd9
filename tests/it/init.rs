//! A first policy: it loads, it names what looks personal with the reason, and nothing that is there is overwritten.

use crate::run::{copy, folder, repository, run};

const CODE: &str = "use axum::{Json, extract::State};\n\
    pub struct SubscriberEmail(String);\n\
    #[derive(Deserialize)]\npub struct SignUp { pub email: String, pub nick: Option<PhoneNumber>, pub plan: String }\n\
    pub async fn sign_up(State(db): State<Db>, Json(body): Json<SignUp>) -> StatusCode {\n    \
    let email = body.email;\n    \
    reqwest::Client::new().post(\"https://api.mailgate.example/v1\").json(&email).send().await;\n    \
    tracing::info!(%email, \"signed up\");\n    StatusCode::OK\n}\n\
    pub fn router() -> axum::Router { axum::Router::new().route(\"/sign-up\", axum::routing::post(sign_up)) }\n";
const SQL: &str = "CREATE TABLE users (id int, name text, email text, has_phone bool, email_verified_at timestamp, \"homeCity\" text);\n\
    CREATE TABLE products (id int, name text);\n";

#[test]
fn a_first_policy_names_what_looks_personal_and_loads() {
    let at = folder(&[
        (
            "Cargo.toml",
            "[package]\nname = \"shop\"\n[dependencies]\naxum = \"0.8\"\nreqwest = \"0.12\"\ntracing = \"0.1\"\n",
        ),
        ("src/lib.rs", CODE),
        ("migrations/1.sql", SQL),
    ]);
    let at = at.path();
    std::fs::create_dir(at.join(".git")).expect("a folder");
    let ran = run(at, &["init"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{}", ran.stdout);
    let read = |name: &str| std::fs::read_to_string(at.join(name)).expect("it was written");
    let (policy, bindings) = (read("privacy.purlin"), read("bindings.purlin"));
    for (line, why) in [
        ("users.email as contact.email of person", "its name says `email`, migrations/1.sql:1"),
        ("users.name as name of person", "its name says `name`"),
        (
            "shop::SignUp.email as contact.email of person",
            "a request holds it, and its name says `email`, src/lib.rs:4",
        ),
        ("shop::SignUp.nick as contact.phone of person", "its type is `PhoneNumber`"),
        ("shop::SubscriberEmail as contact.email of person", "a type whose name says `email`"),
    ] {
        let plain: String = bindings.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(plain.contains(line), "{line}\n{bindings}");
        assert!(plain.contains(why), "{why}\n{bindings}");
    }
    for not in ["products", "has_phone", "verified", "plan"] {
        assert!(!bindings.contains(not), "{not}\n{bindings}");
    }
    assert!(bindings.contains("#   shop::sign_up as purpose ..  # "), "{bindings}");
    assert!(bindings.contains("#   \"api.mailgate.example\" as recipient ..  # "), "{bindings}");
    assert!(policy.contains("# recipient api_mailgate_example \"decide: "), "{policy}");
    assert!(bindings.contains("tracing"), "{bindings}");
    // Both load, are formatted, and say what to do next: name the purposes.
    assert_eq!(run(at, &["fmt", "--check"]).code, 0);
    let checked = run(at, &["check"]);
    assert_eq!(checked.code, 1, "{}{}", checked.stdout, checked.stderr);
    assert!(checked.stdout.contains("error[R01]"), "{}", checked.stdout);
    assert!(!checked.stdout.contains("[B01]"), "{}", checked.stdout);
    // What is there stays as it is.
    let again = run(at, &["init"]);
    assert_eq!((again.code, again.stdout.as_str()), (2, ""));
    assert!(again.stderr.contains("there is a policy already"), "{}", again.stderr);
    assert_eq!(read("privacy.purlin"), policy);
}

#[test]
fn the_example_without_its_policy_gets_one_that_loads() {
    let there = tempfile::tempdir().expect("a temporary folder");
    let at = there.path().join("lumo");
    copy(&repository().join("examples/lumo"), &at, false);
    std::fs::create_dir(at.join(".git")).expect("a folder");
    for name in ["privacy.purlin", "bindings.purlin"] {
        std::fs::remove_file(at.join(name)).expect("it is there");
    }
    let ran = run(there.path(), &["init", "lumo"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{}", ran.stdout);
    let bindings = std::fs::read_to_string(at.join("bindings.purlin")).expect("it was written");
    assert!(bindings.contains("its name says `email`, migrations/0002_customers.sql:5"), "{bindings}");
    assert!(!bindings.contains("orders.phone"), "a comment in the migration says it already\n{bindings}");
    let checked = run(&at, &["check", "--gaps"]);
    assert!(checked.code <= 1, "{}", checked.stderr);
    assert!(!checked.stdout.contains("[B01]"), "{}", checked.stdout);
}

#[test]
fn without_anything_personal_the_policy_still_loads() {
    let at = folder(&[("src/lib.rs", "pub fn f() {}\n")]);
    std::fs::create_dir(at.path().join(".git")).expect("a folder");
    let ran = run(at.path(), &["init"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("0 columns, 0 fields and types"), "{}", ran.stdout);
    assert_eq!(run(at.path(), &["check"]).code, 0);
    let missing = run(at.path(), &["init", "nowhere"]);
    assert!(missing.code == 2 && missing.stderr.contains("no such file or folder"), "{}", missing.stderr);
}
