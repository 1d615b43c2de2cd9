//! The harness of the cases, which nothing else would test.

use crate::harness::{Kind, compare, markers, parse};

const CASE: &str = r#"# A file

What stands here is part of every case.

```rust
fn b() {}
```

## One

Text.
Why.

```purlin
purlin 1
category name # $ P07
```
```rust
// path: src/news.rs
fn f() {
    a(); // $ promise=name>marketing MISSING: G03
    let sql = "
        SELECT x";
    // $^ outside-purpose=contact.email,name>delivery
    // $v SPURIOUS: not-kept=name>logs
    b();
    c(); // $ clean
}
```

## Nothing wrong: clean

<!-- today: 2027-01-31 -->

```sql
SELECT 1;
```
```text
ignored
```
"#;

#[test]
fn cases_are_read_with_their_markers() {
    let file = parse(CASE);
    assert_eq!(file.cases.len(), 2);
    let first = &file.cases[0];
    assert_eq!(first.heading, "One");
    let paths: Vec<&str> = first.files.iter().map(|(p, _)| p.as_str()).collect();
    assert_eq!(paths, ["privacy.purlin", "src/news.rs", "src/lib.rs"]);
    assert_eq!(first.text, ["Text.", "Why."]);
    let marks: Vec<String> = markers(first)
        .expect("markers can be read")
        .into_iter()
        .map(|(kind, (path, line, word))| format!("{kind:?} {path}:{line} {word}"))
        .collect();
    assert_eq!(
        marks,
        [
            "Found privacy.purlin:2 P07",
            "Found src/news.rs:3 promise=name>marketing",
            "Missing src/news.rs:3 G03",
            "Found src/news.rs:5 outside-purpose=contact.email,name>delivery",
            "Spurious src/news.rs:8 not-kept=name>logs",
            "Clean src/news.rs:9 clean",
        ]
    );
    assert_eq!(file.cases[1].day.to_string(), "2027-01-31");
    assert_eq!(file.cases[1].files[0].0, "migrations/0001_schema.sql");
    assert_eq!(file.cases[1].files[1], ("src/lib.rs".to_owned(), "fn b() {}\n".to_owned()));
}

#[test]
fn what_is_shared_follows_what_is_ones_own() {
    let file = parse("# A\n```rust\nfn b() {}\n```\n## C\n```rust\nfn c() {}\n```\n");
    assert_eq!(file.cases.len(), 1);
    assert_eq!(file.cases[0].files, [("src/lib.rs".to_owned(), "fn c() {}\nfn b() {}\n".to_owned())]);
}

#[test]
fn a_marker_says_something_and_clean_stands_alone() {
    let marked = |line: &str| markers(&parse(&format!("## C\n```rust\n{line}\n```\n")).cases[0].clone()).is_err();
    assert!(marked("f(); // $"));
    assert!(marked("f(); // $ MISSING:"));
    assert!(marked("f(); // $ clean promise=a>b"));
    assert!(!marked("f(); // $ clean"));
}

#[test]
fn what_differs_is_said() {
    let mark = |line, word: &str| ("a.rs".to_owned(), line, word.to_owned());
    let asked = [
        (Kind::Found, mark(1, "promise=a>b")),
        (Kind::Found, mark(2, "promise=a>b")),
        (Kind::Missing, mark(3, "G02")),
        (Kind::Missing, mark(4, "G03")),
        (Kind::Spurious, mark(5, "G04")),
        (Kind::Spurious, mark(6, "G05")),
    ];
    let found = vec![mark(1, "promise=a>b"), mark(1, "promise=a>b"), mark(4, "G03"), mark(6, "G05"), mark(9, "B01")];
    let mut diff = String::new();
    compare(&asked, found, &mut diff);
    let lines: Vec<&str> = diff.lines().collect();
    assert_eq!(
        lines,
        [
            "- a.rs:2: promise=a>b was expected and not found",
            "! a.rs:4: G03 is found now: remove `MISSING:`",
            "! a.rs:5: G04 is gone: remove the `SPURIOUS:` marker",
            "+ a.rs:1: promise=a>b was found and not expected",
            "+ a.rs:9: B01 was found and not expected",
        ]
    );
}
