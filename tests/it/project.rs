//! What becomes of files in memory: the same as of those on disk.

use purlin::project::{Inputs, RootKind};

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
