//! `docs/precision.md`: what the cases ask of each topic, and the known errors with their reasons.

use std::fmt::Write as _;

use crate::harness::{Kind, markers, parse};
use crate::run::repository;

/// What one file of cases asks.
#[derive(Default)]
struct Topic {
    name: String,
    cases: usize,
    /// To be found, the missed included.
    found: usize,
    missed: usize,
    /// Places that are to stay silent, the false alarms included.
    clean: usize,
    alarms: usize,
    /// Cases with a known error.
    known: Vec<Known>,
}

struct Known {
    heading: String,
    reason: String,
    missed: usize,
    alarms: usize,
}

impl Topic {
    fn read(name: &str, markdown: &str) -> Topic {
        let mut topic = Topic { name: name.to_owned(), ..Topic::default() };
        for case in parse(markdown).cases {
            let marks = markers(&case).unwrap_or_else(|e| panic!("{name}: {}: {e}", case.heading));
            let count = |kind: Kind| marks.iter().filter(|(k, _)| *k == kind).count();
            let (missed, alarms) = (count(Kind::Missing), count(Kind::Spurious));
            topic.cases += 1;
            topic.found += count(Kind::Found) + missed;
            topic.missed += missed;
            // A case that says nothing but `clean` is one such place.
            topic.clean += if marks.is_empty() { 1 } else { count(Kind::Clean) + alarms };
            topic.alarms += alarms;
            if missed + alarms > 0 {
                let reason = case.text.last().cloned().unwrap_or_default();
                topic.known.push(Known { heading: case.heading, reason, missed, alarms });
            }
        }
        topic
    }
}

fn topics() -> Vec<Topic> {
    let folder = repository().join("tests/cases");
    let mut out: Vec<Topic> = walkdir::WalkDir::new(&folder)
        .into_iter()
        .map(|e| e.expect("the cases can be read").into_path())
        .filter(|p| p.extension().is_some_and(|e| e == "md"))
        .map(|path| {
            let name = path.strip_prefix(&folder).expect("it was found there").with_extension("");
            let text = std::fs::read_to_string(&path).expect("cases are UTF-8");
            Topic::read(&name.to_string_lossy().replace('\\', "/"), &text)
        })
        .collect();
    out.sort_by(|a, b| a.name.cmp(&b.name));
    out
}

const HEAD: &str = "# Precision on the cases

The cases in `tests/cases` say what must be found, and where nothing may be found.
Where the answer is known to be wrong they say that too, with `MISSING:` or `SPURIOUS:`, and fail when it is put right.
The known errors may only become fewer; `PURLIN_BLESS=1 cargo test` writes this page.

| Topic | Cases | To be found | Missed | To stay silent | False alarms |
|---|--:|--:|--:|--:|--:|
";

fn page(topics: &[Topic]) -> String {
    let mut out = HEAD.to_owned();
    let mut row = |name: &str, [cases, found, missed, clean, alarms]: [usize; 5]| {
        let _ = writeln!(out, "| {name} | {cases} | {found} | {missed} | {clean} | {alarms} |");
    };
    let mut all = [0; 5];
    for topic in topics {
        let numbers = [topic.cases, topic.found, topic.missed, topic.clean, topic.alarms];
        row(&topic.name, numbers);
        all = std::array::from_fn(|i| all[i] + numbers[i]);
    }
    row("**all**", all);
    let mut list = |title: &str, count: fn(&Known) -> usize| {
        let _ = writeln!(out, "\n## {title}");
        for topic in topics {
            let mut known = topic.known.iter().filter(|k| count(k) > 0).peekable();
            if known.peek().is_some() {
                let _ = writeln!(out, "\n### {}\n", topic.name);
            }
            for known in known {
                let times = if count(known) > 1 { format!(" ({})", count(known)) } else { String::new() };
                let _ = writeln!(out, "- *{}*{times}: {}", known.heading, known.reason);
            }
        }
    };
    list("Missed", |k| k.missed);
    list("False alarms", |k| k.alarms);
    out
}

/// Missed and false alarms, as a page says of all cases.
fn totals(page: &str) -> Option<(usize, usize)> {
    let row = page.lines().find(|l| l.starts_with("| **all** |"))?;
    let cells: Vec<usize> = row.split('|').filter_map(|c| c.trim().parse().ok()).collect();
    Some((*cells.get(2)?, *cells.get(4)?))
}

#[test]
fn known_errors_of_the_cases_only_become_fewer() {
    let path = repository().join("docs/precision.md");
    let said = std::fs::read_to_string(&path).unwrap_or_default();
    let is = page(&topics());
    if said == is {
        return;
    }
    if std::env::var_os("PURLIN_BLESS").is_some_and(|v| v == "1") {
        std::fs::write(path, is).expect("the page can be written");
        return;
    }
    let (was, now) = (totals(&said), totals(&is));
    if let (Some(was), Some(now)) = (was, now) {
        assert!(now.0 <= was.0, "{} are missed in the cases where docs/precision.md says {}", now.0, was.0);
        assert!(now.1 <= was.1, "{} false alarms in the cases where docs/precision.md says {}", now.1, was.1);
    }
    panic!("docs/precision.md is not what the cases say (PURLIN_BLESS=1 writes it)");
}

#[test]
fn the_page_counts_by_topic_and_says_why() {
    let topic = Topic::read(
        "flow/x",
        "# X\n```rust\nfn f() {}\n```\n## A\nAbout.\nBecause.\n```rust\na(); // $ p=a>b MISSING: p=c>d\nb(); // $ clean\n\
         c(); // $ SPURIOUS: p=a>b\n```\n## Nothing: clean\n```sql\nSELECT 1;\n```\n",
    );
    let page = page(&[topic]);
    assert!(page.contains("| flow/x | 2 | 2 | 1 | 3 | 1 |"), "{page}");
    assert_eq!(totals(&page), Some((1, 1)));
    let lists = page.split_once("## Missed").expect("the first list").1;
    assert_eq!(lists, "\n\n### flow/x\n\n- *A*: Because.\n\n## False alarms\n\n### flow/x\n\n- *A*: Because.\n");
}
