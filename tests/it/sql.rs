//! SQL that no one here wrote: how much of it is lowered. `PURLIN_SQL` names a folder that holds a folder for each
//! project; without it there is nothing to count.

use std::path::PathBuf;

use crate::run::{folder, run};

/// The lines with which `dump --stage sql` ends, as numbers: class, lowered, all.
fn shares(printed: &str) -> Vec<(String, usize, usize)> {
    printed
        .lines()
        .filter_map(|line| {
            let (class, rest) = line.split_once(": ")?;
            let mut words = rest.strip_suffix(" %)")?.split(' ');
            let lowered = words.next()?.parse().ok()?;
            let all = words.nth(1)?.parse().ok()?;
            Some((class.to_owned(), lowered, all))
        })
        .collect()
}

#[test]
fn statements_are_counted_by_class_with_the_reason() {
    let at = folder(&[
        (
            "migrations/1.sql",
            "CREATE TABLE a (x int);\nALTER TABLE nowhere ADD y int;\nINSERT INTO a SELECT z FROM a;\nGRANT SELECT ON a TO b;\n",
        ),
        ("migrations/1.down.sql", "DROP TABLE nowhere;\n"),
        ("report.sql", "SELECT x FROM a;\nSELECT x x x FROM a;\n"),
    ]);
    let ran = run(at.path(), &["dump", "--stage", "sql", "."]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(
        lines,
        [
            "migrations/1.sql:2:1 definitions: nowhere | ALTER TABLE nowhere ADD y int",
            "migrations/1.sql:3:1 queries: z | INSERT INTO a SELECT z FROM a",
            "report.sql:2:1 queries: cannot parse this statement: expected: end of statement, found: x | SELECT x x x FROM a",
            "definitions: 1 of 2 lowered (50.0 %)",
            "queries: 1 of 3 lowered (33.3 %)",
            "apart: 1 of 1 lowered (100.0 %)",
            "ways back: 1 of 1 lowered (100.0 %)",
        ]
    );
}

#[test]
fn the_share_of_real_sql_that_is_lowered() {
    let Some(projects) = std::env::var_os("PURLIN_SQL") else { return };
    let mut projects: Vec<PathBuf> = std::fs::read_dir(projects)
        .expect("PURLIN_SQL names a folder")
        .map(|e| e.expect("a folder").path())
        .filter(|p| p.is_dir())
        .collect();
    projects.sort();
    for project in projects {
        let ran = run(&project, &["dump", "--stage", "sql", "."]);
        let shares: Vec<String> =
            shares(&ran.stdout).into_iter().map(|(class, lowered, all)| format!("{class} {lowered}/{all}")).collect();
        println!("{}: {}", project.display(), shares.join(", "));
        assert!(!shares.is_empty(), "{}", ran.stderr);
    }
}
