//! What becomes of files in memory: the same as of those on disk.

use purlin::project::{Inputs, RootKind};

use crate::run::{folder, run};

fn inputs(files: &[(&str, &str)]) -> Inputs {
    Inputs::from_memory(files.iter().map(|(p, t)| ((*p).to_owned(), (*t).to_owned())).collect(), purlin::cli::shipped)
}

#[test]
fn ids_follow_paths_and_every_file_has_its_kind() {
    let inputs = inputs(&[
        ("src/./main.rs", "mod x;"),
        ("privacy.purlin", "purlin 1\nimport \"purlin:eu\"\nimport \"law/more.purlin\""),
        ("law/more.purlin", "purlin 1"),
        ("Cargo.toml", "[package]\nname = 'my-app'\n[dependencies]\nmail = { package = 'mail-gate' }"),
        ("db/1.sql", ""),
        ("tests/a.rs", ""),
        ("tests/data.sql", ""),
    ]);
    let paths: Vec<&str> = inputs.sources.iter().map(|(_, f)| &*f.path).collect();
    assert_eq!(paths, ["Cargo.toml", "db/1.sql", "law/more.purlin", "privacy.purlin", "purlin:eu", "src/main.rs"]);
    assert_eq!((inputs.rust.len(), inputs.sql.len(), inputs.policy.len(), inputs.skipped_tests), (1, 1, 3, 2));
    let krate = &inputs.crates[0];
    assert_eq!((krate.name.as_str(), krate.package.as_str()), ("my_app", "my-app"));
    assert_eq!((krate.roots[0].kind, krate.roots[0].path.as_str()), (RootKind::Bin, "src/main.rs"));
    assert_eq!(krate.deps[0].package, "mail-gate");
}

const PLACES: &str = "purlin 1
controller \"Shop\"
subject person
category email
store db
store files
purpose work \"Work\" { about person basis contract notice \"n\" uses email keeps email in db for 1 year }
bind path { \"crates/a/**\" as purpose work }
bind sql in \"crates/a\" {
  people.email as email of person
  people as store files
}
bind sql in \"crates/b\" { others.email as email of person }
waiver \"PRIV-1\" {
  permits keep email in files for work
  at      \"crates/a/src/waived.rs\"
  owner   \"o\"
  until   2027-01-31
  because \"b\"
}
";

/// What is found and whether anything is stale, seen from some folder.
fn found(at: &std::path::Path, arguments: &[&str]) -> (Vec<String>, usize, usize) {
    let ran = run(at, &[&["check", "--today", "2026-11-22", "--format", "json"], arguments].concat());
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|e| panic!("{e}: {}", ran.stderr));
    let findings = report["findings"].as_array().expect("findings").iter();
    let rules = findings.map(|f| f["rule"].as_str().unwrap_or_else(|| panic!("{f}")).to_owned()).collect();
    let count = |key: &str| report[key].as_array().map_or(0, Vec::len);
    (rules, count("waived"), count("problems"))
}

#[test]
fn paths_of_a_policy_mean_the_same_from_wherever_it_is_checked() {
    let write = "pub fn save(db: &Db, email: &str) {\n    sqlx::query!(\"INSERT INTO people (id, email) \
                 SELECT id, email FROM people\").execute(db);\n}\n";
    let table = "CREATE TABLE people (id int, email text);\n";
    let at = folder(&[
        (".git/HEAD", ""),
        ("p.purlin", PLACES),
        ("clone/svc/crates/a/Cargo.toml", "[package]\nname = \"a\"\n"),
        ("clone/svc/crates/a/src/lib.rs", &format!("mod waived;\n{write}")),
        ("clone/svc/crates/a/src/waived.rs", write),
        ("clone/svc/crates/a/migrations/1.sql", table),
        ("clone/svc/crates/b/Cargo.toml", "[package]\nname = \"b\"\n"),
        ("clone/svc/crates/b/src/lib.rs", ""),
        ("clone/svc/crates/b/migrations/1.sql", "CREATE TABLE others (id int, email text);\n"),
    ]);
    let at = at.path();
    let all = (vec!["R06".to_owned()], 1, 0);
    assert_eq!(found(at, &["clone/svc", "--policy", "p.purlin"]), all);
    assert_eq!(found(&at.join("clone"), &["svc", "--policy", "../p.purlin"]), all);
    assert_eq!(found(&at.join("clone/svc"), &["--policy", "../../p.purlin"]), all);
    // Two levels too high: said once, with the folder that is meant.
    let ran = run(at, &["check", "--policy", "p.purlin", "--today", "2026-11-22", "clone"]);
    assert_eq!((ran.code, ran.stdout.matches("error[B01]").count()), (1, 3), "{}", ran.stdout);
    assert!(ran.stdout.contains("no file that is read lies in `crates/a`"), "{}", ran.stdout);
    assert!(ran.stdout.contains("did you mean `clone/svc/crates/a`?"), "{}", ran.stdout);
    std::fs::rename(at.join("p.purlin"), at.join("clone/svc/p.purlin")).expect("it can be moved");
    assert_eq!(found(at, &[]), all);
    assert_eq!(found(&at.join("clone/svc"), &[]), all);
    assert_eq!(found(&at.join("clone/svc/crates"), &[]), all);
    // A part of what the policy speaks of: the rest is neither there nor missing.
    assert_eq!(found(&at.join("clone/svc"), &["crates/a"]), all);
    assert_eq!(found(&at.join("clone/svc/crates/a"), &[]), all);
    assert_eq!(found(&at.join("clone/svc/crates/b"), &[]), (Vec::new(), 0, 0));
    // What a binding cannot mean it cannot mean in any part.
    let wrong = PLACES.replace("as purpose work }", "as email of person }");
    std::fs::write(at.join("clone/svc/p.purlin"), wrong).expect("it can be written");
    let ran = run(&at.join("clone/svc/crates/b"), &["check", "--today", "2026-11-22"]);
    assert!(ran.stdout.contains("this binding cannot mean that"), "{}{}", ran.stdout, ran.stderr);
}

/// A policy that lets nobody see the address.
const PAGES: &str = r#"purlin 1
subject  person
category email
store    logs
region   eea home
purpose  work "Work" { about person  basis contract  notice "n"  uses email }
bind rust {
  crate               as purpose work
  crate::Person.email as email of person
  tracing::*          as store logs
}
"#;

#[test]
fn templates_are_read_from_the_folder_of_their_package() {
    let code = "use askama::Template;\npub struct Person { pub id: u64, pub email: String }\n\
                #[derive(Template)]\n#[template(path = \"parts/page.html\")]\npub struct Page { person: Person }\n\
                pub fn told(person: Person) {\n    tracing::info!(\"{}\", Page { person }.render().unwrap());\n}\n";
    let at = folder(&[
        (".git/HEAD", ""),
        ("p.purlin", PAGES),
        ("Cargo.toml", "[package]\nname = \"pages\"\n[dependencies]\naskama = \"0.12\"\ntracing = \"0.1\"\n"),
        ("src/lib.rs", code),
        ("templates/parts/page.html", "{{ person.id }}"),
    ]);
    let at = at.path();
    let clean: (Vec<String>, usize, usize) = (Vec::new(), 0, 0);
    let shown = (vec!["R06".to_owned()], 0, 0);
    let named: [&[&str]; 3] = [&[], &["src"], &["src/lib.rs"]];
    for paths in named {
        assert_eq!(found(at, paths), clean, "{paths:?}");
    }
    std::fs::write(at.join("templates/parts/page.html"), "{{ person.email }}").expect("it can be written");
    for paths in named {
        assert_eq!(found(at, paths), shown, "{paths:?}");
    }
    std::fs::write(at.join("templates/parts/page.html"), "{{ person.id }}").expect("it can be written");
    std::fs::write(at.join("askama.toml"), "[general]\ndirs = [\"pages\"]\n").expect("it can be written");
    assert_eq!(found(at, &["src"]), shown);
}
