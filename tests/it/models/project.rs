//! What all examples share: a policy with many labels, places that carry them, and places where they are seen.

/// How many labels there are.
pub const LABELS: usize = 24;
/// The label of a field of a value that comes from outside.
pub const OUTSIDE: usize = LABELS - 1;
/// The label of a column.
pub const COLUMN: usize = LABELS - 2;
/// The label of what is written through a borrow, sent into a channel, or comes after a call.
pub const LATER: usize = LABELS - 3;

const POLICY: &str = "purlin 1
subject person
region eea home
guard passed
recipient partner { acts as controller located in eea }
recipient mailgate { acts as controller located in eea }
bind sql { people.secret as l22 of person }
bind env { MAIL_URL as recipient mailgate }
bind rust {
  crate::out as recipient partner
  crate::passed as guard passed
  crate::Outside.secret as l23 of person
";

const CODE: &str = r#"
pub fn out<T>(_: T) {}
pub fn ask() -> bool { std::process::id() > 1 }
pub fn order() -> std::cmp::Ordering { std::cmp::Ordering::Less }
pub struct Outside { pub secret: String }
pub fn reading<T>() -> T { sqlx::query("SELECT secret FROM people") }
pub fn writing<T>() -> T { sqlx::query("INSERT INTO sent (body) VALUES ($1)") }
pub fn rows_of<T>(query: sqlx::Query) -> T { query.fetch_all(0) }
pub fn passed() -> bool { std::process::id() > 1 }
pub async fn gate(req: axum::extract::Request, next: axum::middleware::Next) -> axum::response::Response {
    if !passed() { return ().into_response(); }
    next.run(req).await
}
"#;

const SCHEMA: &str = "CREATE TABLE people (id INT, secret TEXT);\nCREATE TABLE sent (id INT, body TEXT);\n";

/// The files of a project with these modules of examples: `s3()` carries label 3.
pub fn project(modules: Vec<String>) -> Vec<(String, String)> {
    let (mut policy, mut code) = (POLICY.to_owned(), CODE.to_owned());
    for i in 0..COLUMN {
        policy.push_str(&format!("  crate::s{i} as l{i} of person\n"));
        code.push_str(&format!("pub fn s{i}<T>() -> T {{ String::new() }}\n"));
    }
    policy.push_str("}\n");
    (0..LABELS).for_each(|i| policy.push_str(&format!("category l{i}\n")));
    (0..modules.len()).for_each(|m| code.push_str(&format!("pub mod m{m};\n")));
    let mut files: Vec<(String, String)> = vec![
        ("Cargo.toml".into(), "[package]\nname = \"app\"\n".into()),
        ("privacy.purlin".into(), policy),
        ("src/lib.rs".into(), code),
        ("migrations/0001_schema.sql".into(), SCHEMA.into()),
    ];
    files.extend(modules.into_iter().enumerate().map(|(m, text)| (format!("src/m{m}.rs"), text)));
    files
}
