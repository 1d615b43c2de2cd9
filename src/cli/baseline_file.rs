//! The file of a baseline: TOML, one table for each fingerprint, sorted and without lines, so that people can read it
//! and two branches can both change it.

use std::fmt::Write as _;
use std::path::Path;

use serde::Deserialize;

use crate::judge::{Baseline, Entry, Mistake};
use crate::project::quoted;

const VERSION: u32 = 1;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    #[serde(default)]
    finding: Vec<FindingTable>,
    #[serde(default)]
    mistaken: Vec<MistakenTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FindingTable {
    fingerprint: String,
    rule: String,
    #[serde(rename = "in")]
    at: String,
    what: String,
    data: Vec<String>,
    #[serde(default = "one")]
    count: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MistakenTable {
    because: String,
    path: String,
    fingerprint: String,
    rule: String,
    #[serde(rename = "in")]
    at: String,
    what: String,
    data: Vec<String>,
}

fn one() -> usize {
    1
}

/// The baseline in a file; nothing if there is no such file.
///
/// # Errors
/// A line that says what is wrong with it.
pub(super) fn read(file: &Path, shown: &str) -> Result<Option<Baseline>, String> {
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(format!("{shown}: {error}")),
    };
    parse(&text).map(Some).map_err(|(line, what)| format!("{shown}:{line}: {what}"))
}

fn parse(text: &str) -> Result<Baseline, (usize, String)> {
    let file: File = toml::from_str(text).map_err(|error| {
        let at = error.span().map_or(0, |s| s.start);
        let line = text.get(..at).map_or(1, |before| before.matches('\n').count() + 1);
        (line, error.message().lines().next().unwrap_or("it cannot be read").to_owned())
    })?;
    if file.version != VERSION {
        return Err((1, format!("it has version {}, and this purlin reads version {VERSION}", file.version)));
    }
    let mut baseline = Baseline::default();
    for t in file.finding {
        // A merge may leave an entry twice: both sides are believed.
        let entry = baseline.known.entry(t.fingerprint).or_default();
        entry.count = entry.count.max(t.count);
        entry.data.extend(t.data);
        (entry.rule, entry.at, entry.what) = (t.rule, t.at, t.what);
    }
    for t in file.mistaken {
        if t.because.trim().is_empty() {
            return Err((1, format!("the mistake {} has no reason", t.fingerprint)));
        }
        let entry = Entry { count: 1, rule: t.rule, what: t.what, at: t.at, data: t.data.into_iter().collect() };
        baseline.mistaken.insert(t.fingerprint, Mistake { entry, because: t.because, trail: t.path });
    }
    Ok(baseline)
}

/// The text of a baseline.
#[must_use]
pub(super) fn render(baseline: &Baseline) -> String {
    let mut out = String::from(
        "# Findings that do not fail a run, written by `purlin baseline`. A finding is old while its fingerprint stands\n\
         # here, no more often than `count` says, with no other data. Lines are left out, so that the file merges.\n\
         version = 1\n",
    );
    for (fingerprint, entry) in &baseline.known {
        out.push_str("\n[[finding]]\n");
        table(&mut out, fingerprint, entry);
        if entry.count > 1 {
            let _ = writeln!(out, "count = {}", entry.count);
        }
    }
    for (fingerprint, mistake) in &baseline.mistaken {
        out.push_str("\n[[mistaken]]\n");
        let _ = writeln!(out, "because = {}", quoted(&mistake.because));
        table(&mut out, fingerprint, &mistake.entry);
        let _ = writeln!(out, "path = {}", quoted(&mistake.trail));
    }
    out
}

fn table(out: &mut String, fingerprint: &str, entry: &Entry) {
    let data: Vec<String> = entry.data.iter().map(|d| quoted(d)).collect();
    let _ = writeln!(out, "fingerprint = {}", quoted(fingerprint));
    let _ = writeln!(out, "rule = {}", quoted(&entry.rule));
    let _ = writeln!(out, "in = {}", quoted(&entry.at));
    let _ = writeln!(out, "what = {}", quoted(&entry.what));
    let _ = writeln!(out, "data = [{}]", data.join(", "));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(rule: &str, data: &[&str], count: usize) -> Entry {
        let data = data.iter().map(|d| (*d).to_owned()).collect();
        Entry { count, rule: rule.to_owned(), what: "`a \"b\"` \\ é".to_owned(), at: "crate::f".to_owned(), data }
    }

    #[test]
    fn what_is_written_is_read() {
        let mut baseline = Baseline::default();
        baseline.known.insert("b".to_owned(), entry("R02", &["email of customer", "name"], 3));
        baseline.known.insert("a".to_owned(), entry("R10", &["name"], 1));
        let mistake =
            Mistake { entry: entry("R04", &["name"], 1), because: "not \"this\"".to_owned(), trail: "0f".to_owned() };
        baseline.mistaken.insert("c".to_owned(), mistake);
        let text = render(&baseline);
        assert_eq!(parse(&text), Ok(baseline));
        assert!(text.find("\"a\"") < text.find("\"b\""), "entries are sorted");
        assert_eq!(parse(&render(&Baseline::default())), Ok(Baseline::default()));
    }

    #[test]
    fn what_a_merge_leaves_twice_is_believed_twice() {
        let table = |count: usize, data: &str| {
            format!("[[finding]]\nfingerprint='a'\nrule='R02'\nin='f'\nwhat='w'\ndata=['{data}']\ncount={count}\n")
        };
        let baseline = parse(&format!("version = 1\n{}{}", table(1, "x"), table(2, "y"))).unwrap();
        assert_eq!((baseline.known["a"].count, baseline.known["a"].data.len()), (2, 2));
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        assert_eq!(parse("version = 2\n").unwrap_err().1, "it has version 2, and this purlin reads version 1");
        let (line, what) = parse("version = 1\n\n[[finding]]\nfingerprnt = 'a'\n").unwrap_err();
        assert!(line == 4 && what.contains("fingerprnt"), "{line}: {what}");
        let mistaken =
            "version = 1\n[[mistaken]]\nbecause=' '\npath=''\nfingerprint='a'\nrule=''\nin=''\nwhat=''\ndata=[]\n";
        assert!(parse(mistaken).unwrap_err().1.contains("has no reason"));
    }
}
