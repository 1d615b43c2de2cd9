//! Programs of a shape and a size, the same for the same seed.

use std::fmt::Write as _;

/// Relative path and text.
pub type File = (String, String);

/// Functions in one file.
const PER_FILE: usize = 40;
/// Functions in one cycle of calls.
const CYCLE: usize = 5_000;

/// How functions hang together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Each function calls the next one.
    Chain,
    /// Layers of two functions, each of which calls both of the next layer: paths double with every layer.
    Diamond,
    /// Hubs that call many, and a few helpers that all call.
    Fan,
    /// Cycles of thousands of functions, with chords.
    Cycle,
    /// Services over tables: rows, transfer objects, statements, handlers.
    Service,
    /// One trait with many impls, called by `dyn` and by generics.
    Traits,
}

impl Shape {
    /// All of them, with their names.
    pub const ALL: [(&'static str, Shape); 6] = [
        ("chain", Shape::Chain),
        ("diamond", Shape::Diamond),
        ("fan", Shape::Fan),
        ("cycle", Shape::Cycle),
        ("service", Shape::Service),
        ("traits", Shape::Traits),
    ];
}

/// Numbers without pattern: splitmix64.
#[derive(Clone, Debug)]
pub struct Random(pub u64);

impl Random {
    /// The next number.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n`, which is not 0.
    pub fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    /// Puts a list into another order.
    pub fn shuffle<T>(&mut self, list: &mut [T]) {
        for i in (1..list.len()).rev() {
            list.swap(i, self.below(i + 1));
        }
    }
}

/// A package of about `n` functions.
pub fn program(shape: Shape, n: usize, seed: u64) -> Vec<File> {
    let mut random = Random(seed);
    let random = &mut random;
    let mut files = vec![("Cargo.toml".to_owned(), MANIFEST.to_owned())];
    let modules = match shape {
        Shape::Chain => graph(n, random, |i, _| if i + 1 < n { vec![i + 1] } else { Vec::new() }),
        Shape::Diamond => graph(n, random, |i, _| {
            let layer = (i / 2 + 1) * 2;
            [layer, layer + 1].into_iter().filter(|c| *c < n).collect()
        }),
        Shape::Fan => graph(n, random, |i, random| fan(i, n, random)),
        Shape::Cycle => graph(n, random, |i, random| {
            let first = i / CYCLE * CYCLE;
            let size = CYCLE.min(n - first);
            vec![first + (i - first + 1) % size, first + random.below(size)]
        }),
        Shape::Service => services(n, random, &mut files),
        Shape::Traits => traits(n, random),
    };
    let mut root = String::from("//! A program without a meaning.\n\npub mod partner;\n");
    for (i, text) in modules.into_iter().enumerate() {
        let _ = writeln!(root, "pub mod m{i};");
        files.push((format!("src/m{i}.rs"), text));
    }
    files.push(("src/lib.rs".to_owned(), root));
    files.push(("src/partner.rs".to_owned(), partner()));
    files
}

const MANIFEST: &str = "[package]
name = \"generated\"
version = \"0.1.0\"
edition = \"2024\"

[dependencies]
axum = \"0.8\"
reqwest = \"0.12\"
serde = { version = \"1\", features = [\"derive\"] }
sqlx = { version = \"0.8\", features = [\"postgres\"] }
tracing = \"0.1\"
";

/// Where data may leave.
fn partner() -> String {
    let mut out = String::from(
        "use crate::m0::Error;\n\npub fn note(text: &str) {\n    tracing::info!(\"{}\", text.len());\n}\n",
    );
    for i in 0..20 {
        let _ = write!(
            out,
            "
pub fn send_{i}(text: &str) -> Result<String, Error> {{
    if text.is_empty() {{
        return Err(Error(\"nothing to send\".to_owned()));
    }}
    Ok(format!(\"receipt {{}}\", text.len()))
}}
"
        );
    }
    out
}

/// The head of a module: a record of its own.
fn head(module: usize) -> String {
    let error =
        if module == 0 { "#[derive(Debug)]\npub struct Error(pub String);\n" } else { "use crate::m0::Error;\n" };
    format!(
        "#![allow(unused)]
use crate::partner;
{error}
#[derive(Clone, Debug)]
pub struct Record{module} {{
    pub id: i64,
    pub email: String,
    pub name: String,
    pub phone: String,
    pub street: String,
    pub city: String,
    pub note: Option<String>,
    pub amount: i64,
    pub active: bool,
}}
"
    )
}

/// `n` functions with the callees that `callees` names, in files.
fn graph(n: usize, random: &mut Random, callees: impl Fn(usize, &mut Random) -> Vec<usize>) -> Vec<String> {
    let mut out = Vec::new();
    for first in (0..n).step_by(PER_FILE) {
        let module = first / PER_FILE;
        let mut text = head(module);
        for i in first..n.min(first + PER_FILE) {
            let _ = write!(
                text,
                "\npub fn f{i}(who: &str, items: &[String], depth: usize) -> Result<String, Error> {{
    if depth > 64 {{
        return Ok(String::new());
    }}
    let mut answer = String::from(who);
"
            );
            filler(&mut text, random);
            for callee in callees(i, random) {
                let path = format!("crate::m{}::f{callee}", callee / PER_FILE);
                let _ = writeln!(text, "    answer.push_str(&{path}(&answer, items, depth + 1)?);");
            }
            leaves(&mut text, random, n);
            text.push_str("    Ok(answer)\n}\n");
            if i % PER_FILE == 0 {
                entrance(&mut text, module, i);
            }
        }
        out.push(text);
    }
    out
}

/// A function that hands data of a record in.
fn entrance(text: &mut String, module: usize, callee: usize) {
    let _ = write!(
        text,
        "\npub fn enter{module}(record: &Record{module}, items: &[String]) -> Result<String, Error> {{
    let mut summary = format!(\"{{}} {{}}\", record.name, record.city);
    if record.active && record.amount > 100 {{
        summary.push_str(&f{callee}(&record.email, items, 0)?);
    }}
    match &record.note {{
        Some(note) => summary.push_str(note),
        None => summary.push_str(&record.phone),
    }}
    Ok(summary)
}}
"
    );
}

/// Sends what a function has, now and then.
fn leaves(text: &mut String, random: &mut Random, n: usize) {
    if random.below(n.min(50)) == 0 {
        let to = random.below(20);
        let _ = writeln!(text, "    partner::send_{to}(&answer)?;");
    }
}

/// A few statements as they stand in any code.
fn filler(text: &mut String, random: &mut Random) {
    const PIECES: &[&str] = &[
        "    let mut total = 0;
    for (index, item) in items.iter().enumerate() {
        if item.len() > 3 && index % 2 == 0 {
            total += item.len();
        }
    }
    partner::note(&format!(\"{total} of {}\", items.len()));
",
        "    let words: Vec<&str> = answer.split(' ').filter(|word| !word.is_empty()).collect();
    let first = words.first().copied().unwrap_or(\"none\");
    if first == \"stop\" {
        return Err(Error(\"stopped\".to_owned()));
    }
",
        "    let limit = match items.len() {
        0 => 1,
        1..=9 => items.len() * 2,
        _ => 20,
    };
    if depth >= limit {
        answer.truncate(limit);
    }
",
        "    let mut rest = depth;
    while rest > 0 {
        rest /= 2;
    }
    let even = rest % 2 == 0 || depth.is_multiple_of(3);
",
        "    if let Some(last) = items.last() {
        let short = last.trim().to_lowercase();
        partner::note(&short);
    }
",
        "    let pair = (depth, items.iter().map(String::len).max().unwrap_or(0));
    let (low, high) = if pair.0 < pair.1 { pair } else { (pair.1, pair.0) };
    let range = high - low;
",
    ];
    for _ in 0..=random.below(2) {
        text.push_str(PIECES[random.below(PIECES.len())]);
    }
}

/// A hub calls up to 200 functions and, as those do, some of the 20 helpers at the end.
fn fan(i: usize, n: usize, random: &mut Random) -> Vec<usize> {
    let helpers = n.saturating_sub(20);
    if i >= helpers {
        return Vec::new();
    }
    let mut out = vec![helpers + random.below(n - helpers)];
    if i.is_multiple_of(200) {
        out.extend(i + 1..helpers.min(i + 200));
    }
    out
}

/// One trait, a quarter of the functions its impls, and as many callers of each kind.
fn traits(n: usize, random: &mut Random) -> Vec<String> {
    let mut out = Vec::new();
    let each = n / 4;
    for first in (0..each).step_by(PER_FILE / 4) {
        let module = out.len();
        let mut text = head(module);
        if module == 0 {
            text.push_str(
                "
pub trait Handler {
    fn handle(&self, who: &str, items: &[String], depth: usize) -> Result<String, Error>;
    fn name(&self) -> &str {
        \"handler\"
    }
}
",
            );
        } else {
            text.push_str("use crate::m0::Handler;\n");
        }
        for i in first..each.min(first + PER_FILE / 4) {
            let _ = write!(
                text,
                "
pub struct H{i} {{
    pub prefix: String,
}}
impl Handler for H{i} {{
    fn handle(&self, who: &str, items: &[String], depth: usize) -> Result<String, Error> {{
        let mut answer = format!(\"{{}}{{who}}\", self.prefix);
"
            );
            filler(&mut text, random);
            leaves(&mut text, random, n);
            let _ = write!(
                text,
                "        Ok(answer)
    }}
}}
pub fn make{i}(prefix: &str) -> Box<dyn Handler> {{
    Box::new(H{i} {{ prefix: prefix.to_owned() }})
}}
pub fn dynamic{i}(handler: &dyn Handler, record: &Record{module}, items: &[String]) -> Result<String, Error> {{
    let answer = handler.handle(&record.email, items, 0)?;
    Ok(format!(\"{{}}: {{answer}}\", handler.name()))
}}
pub fn generic{i}<H: Handler>(handler: H, record: &Record{module}, items: &[String]) -> Result<String, Error> {{
    let mut answer = handler.handle(&record.phone, items, 1)?;
    answer.push_str(&record.city);
    Ok(answer)
}}
"
            );
        }
        out.push(text);
    }
    out
}

/// Services of eight functions and a table each; the migrations go to `files`.
fn services(n: usize, random: &mut Random, files: &mut Vec<File>) -> Vec<String> {
    let mut out = Vec::new();
    let mut migration = String::new();
    for i in 0..n.div_ceil(8) {
        let _ = write!(
            migration,
            "CREATE TABLE things{i} (
    id bigserial PRIMARY KEY,
    email text NOT NULL,
    name text NOT NULL,
    phone text,
    street text,
    city text,
    amount bigint NOT NULL DEFAULT 0,
    active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now()
);
"
        );
        if i % 50 == 49 {
            files.push((format!("migrations/{:04}_things.sql", i / 50), std::mem::take(&mut migration)));
        }
        if i % 4 == 0 {
            out.push(head(i / 4));
        }
        if let Some(text) = out.last_mut() {
            service(text, i, random);
        }
    }
    files.push(("migrations/9999_last.sql".to_owned(), migration));
    out
}

fn service(text: &mut String, i: usize, random: &mut Random) {
    let _ = write!(
        text,
        "
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Thing{i} {{
    pub id: i64,
    pub email: String,
    pub name: String,
    pub phone: Option<String>,
    pub street: Option<String>,
    pub city: Option<String>,
    pub amount: i64,
    pub active: bool,
}}
#[derive(Clone, Debug, serde::Serialize)]
pub struct View{i} {{
    pub id: i64,
    pub title: String,
    pub address: Address{i},
    pub contact: Option<String>,
}}
#[derive(Clone, Debug, Default, serde::Serialize)]
pub struct Address{i} {{
    pub street: String,
    pub city: String,
}}
#[derive(Clone, Debug, serde::Deserialize)]
pub struct New{i} {{
    pub email: String,
    pub name: String,
    pub street: Option<String>,
}}
pub async fn load{i}(db: &sqlx::PgPool, id: i64) -> Result<Thing{i}, sqlx::Error> {{
    sqlx::query_as::<_, Thing{i}>(
        \"SELECT id, email, name, phone, street, city, amount, active FROM things{i} WHERE id = $1\",
    )
    .bind(id)
    .fetch_one(db)
    .await
}}
pub async fn list{i}(db: &sqlx::PgPool, city: &str) -> Result<Vec<Thing{i}>, sqlx::Error> {{
    let rows: Vec<Thing{i}> = sqlx::query_as(\"SELECT * FROM things{i} WHERE city = $1 AND active ORDER BY name\")
        .bind(city)
        .fetch_all(db)
        .await?;
    Ok(rows.into_iter().filter(|row| row.amount > 0).collect())
}}
pub async fn insert{i}(db: &sqlx::PgPool, new: &New{i}) -> Result<i64, sqlx::Error> {{
    let row: (i64,) = sqlx::query_as(\"INSERT INTO things{i} (email, name, street) VALUES ($1, $2, $3) RETURNING id\")
        .bind(&new.email)
        .bind(&new.name)
        .bind(new.street.as_deref())
        .fetch_one(db)
        .await?;
    Ok(row.0)
}}
pub async fn rename{i}(db: &sqlx::PgPool, id: i64, name: &str) -> Result<(), sqlx::Error> {{
    sqlx::query(\"UPDATE things{i} SET name = $1 WHERE id = $2\").bind(name).bind(id).execute(db).await?;
    Ok(())
}}
pub fn view{i}(thing: Thing{i}) -> View{i} {{
    let address = Address{i} {{
        street: thing.street.unwrap_or_default(),
        city: thing.city.unwrap_or_else(|| \"unknown\".to_owned()),
    }};
    View{i} {{ id: thing.id, title: format!(\"{{}} <{{}}>\", thing.name, thing.email), address, contact: thing.phone }}
}}
pub async fn show{i}(
    axum::extract::State(db): axum::extract::State<sqlx::PgPool>,
    axum::extract::Path(id): axum::extract::Path<i64>,
) -> Result<axum::Json<View{i}>, Error> {{
    let thing = load{i}(&db, id).await.map_err(|e| Error(e.to_string()))?;
    tracing::debug!(id, \"shown\");
    Ok(axum::Json(view{i}(thing)))
}}
pub async fn create{i}(
    axum::extract::State(db): axum::extract::State<sqlx::PgPool>,
    axum::Json(new): axum::Json<New{i}>,
) -> Result<axum::Json<i64>, Error> {{
    if !new.email.contains('@') {{
        return Err(Error(\"not an address\".to_owned()));
    }}
    let id = insert{i}(&db, &new).await.map_err(|e| Error(e.to_string()))?;
    partner::send_{to}(&new.email)?;
    Ok(axum::Json(id))
}}
pub async fn report{i}(db: &sqlx::PgPool, city: &str) -> Result<usize, Error> {{
    let mut sent = 0;
    for thing in list{i}(db, city).await.map_err(|e| Error(e.to_string()))? {{
        let Some(phone) = &thing.phone else {{ continue }};
        let answer = partner::send_{also}(&format!(\"{{}}: {{phone}}\", thing.name))?;
        if answer.is_empty() {{
            break;
        }}
        sent += 1;
    }}
    Ok(sent)
}}
",
        to = random.below(20),
        also = random.below(20),
    );
}
