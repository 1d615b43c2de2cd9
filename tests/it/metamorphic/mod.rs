//! What does not change a program must not change what is found in it: the same fingerprints, data and targets,
//! at the places where the old ones stand now.

mod edit;
mod rewrites;

use std::collections::BTreeMap;

pub use edit::File;
use edit::{Editor, Piece, Rewritten, origin, text};
use purlin::engine::{Options, analyze};
use purlin::flow::Confidence;
use purlin::policy::Date;
use purlin::project::Inputs;
use purlin::source::Span;

use crate::generate::{Shape, program};
use crate::run::repository;

/// A finding as it is compared: all but its place, and the place in the old files.
type Row = (String, String, usize);

/// What is found in new files, at the places in the old ones.
fn found(new: &[Rewritten], old: &[File]) -> Vec<Row> {
    let files = new.iter().map(|(path, pieces)| (path.clone(), text(pieces, old))).collect();
    let inputs = Inputs::from_memory(files, purlin::cli::shipped);
    let options = Options { day: Date::parse("2026-11-22").expect("a day"), confidence: Confidence::Possible };
    let outcome = analyze(&inputs, &options);
    assert!(outcome.policy.is_some(), "{:?}", outcome.diagnostics);
    let pieces: BTreeMap<&str, &[Piece]> = new.iter().map(|(path, pieces)| (path.as_str(), &**pieces)).collect();
    let place = |span: Span| match pieces.get(inputs.sources.path(span.file)) {
        Some(pieces) => {
            let (file, at) = origin(pieces, span.lo as usize);
            (old[file].0.clone(), at)
        }
        None => (inputs.sources.path(span.file).to_owned(), span.lo as usize),
    };
    let mut rows: Vec<Row> = outcome
        .judged
        .findings
        .iter()
        .map(|f| {
            let (path, at) = place(f.arrival.span);
            let mut data: Vec<String> = f
                .data
                .iter()
                .map(|d| {
                    let steps: Vec<&str> = d.path.iter().map(|s| s.what.as_str()).collect();
                    let enters = d.path.first().map(|s| place(s.span));
                    format!("{} at {enters:?} {:?} {:?}, {steps:?}", d.label(), d.codes, d.confidence)
                })
                .collect();
            data.sort();
            let what = format!(
                "{} {} {:?} {:?} {:?} for {:?}: {}",
                f.fingerprint,
                f.rule.name(),
                f.severity,
                f.verb,
                f.target_name,
                f.purpose_name,
                data.join("; ")
            );
            (what, path, at)
        })
        .collect();
    rows.sort();
    rows
}

/// Every rewrite of these files must leave what is found as it is.
fn check(old: &[File], at_least: usize) {
    let as_it_is: Vec<Rewritten> =
        old.iter().enumerate().map(|(file, (path, text))| (path.clone(), Editor::new(file, text).done())).collect();
    let before = found(&as_it_is, old);
    assert!(before.len() >= at_least, "{} findings prove little", before.len());
    let (mut wrong, mut applied) = (String::new(), 0);
    for (name, rewrite) in rewrites::ALL {
        let new = rewrite(old);
        let texts: Vec<String> = new.iter().map(|(_, pieces)| text(pieces, old)).collect();
        if texts.iter().eq(old.iter().map(|(_, text)| text)) {
            continue;
        }
        applied += 1;
        for ((path, _), text) in new.iter().zip(&texts).filter(|((path, _), _)| path.ends_with(".rs")) {
            assert!(syn::parse_file(text).is_ok(), "{name}: {path} is broken:\n{text}");
        }
        let after = found(&new, old);
        let lost = before.iter().filter(|row| !after.contains(row)).map(|row| format!("- {row:?}\n"));
        let gained = after.iter().filter(|row| !before.contains(row)).map(|row| format!("+ {row:?}\n"));
        let difference: String = lost.chain(gained).collect();
        if !difference.is_empty() || before.len() != after.len() {
            wrong.push_str(&format!("{name}: {} findings, then {}\n{difference}", before.len(), after.len()));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(applied + 1 >= rewrites::ALL.len(), "only {applied} rewrites changed anything");
}

/// A file with other names for what `let` binds.
pub fn other_locals(old: File) -> File {
    rewritten(old, rewrites::other_locals)
}

/// A file with its items in the other order.
pub fn other_order(old: File) -> File {
    rewritten(old, rewrites::other_order)
}

fn rewritten(old: File, rewrite: rewrites::Rewrite) -> File {
    let old = [old];
    match rewrite(&old).as_slice() {
        [(path, pieces)] => (path.clone(), text(pieces, &old)),
        _ => old.into_iter().next().unwrap_or_default(),
    }
}

/// All files of a folder, by their paths in it.
pub fn files_of(folder: &std::path::Path) -> Vec<File> {
    read(folder, &|_| true)
}

/// The code of a repository: Rust, SQL and manifests, as far as they are text.
pub fn code_of(folder: &std::path::Path) -> Vec<File> {
    read(folder, &|path| path.ends_with(".rs") || path.ends_with(".sql") || path.ends_with("Cargo.toml"))
}

fn read(folder: &std::path::Path, wanted: &dyn Fn(&str) -> bool) -> Vec<File> {
    let mut out = Vec::new();
    let below = |e: &walkdir::DirEntry| !matches!(e.file_name().to_str(), Some("target" | ".git" | "node_modules"));
    for entry in walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().filter_entry(below) {
        let entry = entry.expect("the folder can be read");
        let path = entry.path().strip_prefix(folder).expect("it lies below").to_string_lossy().replace('\\', "/");
        if entry.file_type().is_file() && wanted(&path) {
            out.extend(std::fs::read_to_string(entry.path()).ok().map(|text| (path, text)));
        }
    }
    out
}

#[test]
fn the_example_may_be_written_in_other_ways() {
    check(&files_of(&repository().join("examples/lumo")), 8);
}

#[test]
fn services_may_be_written_in_other_ways() {
    let mut files = program(Shape::Service, 48, 7);
    files.push(("privacy.purlin".to_owned(), SERVICES.to_owned()));
    check(&files, 10);
}

#[test]
fn random_programs_may_be_written_in_other_ways() {
    check(&crate::oracle::plain_project(0..40), 100);
}

const SERVICES: &str = "purlin 1
subject customer
category contact { email, phone }
category name
region eea home
recipient partner { acts as controller located in eea }
purpose support \"Help\" { about customer basis contract notice \"n\" uses name }
bind rust {
  crate as purpose support
  crate::m0::New0.email as contact.email of customer
  crate::m0::New1.name as name of customer
  crate::partner::send_0 as recipient partner
  crate::partner::send_1 as recipient partner
  crate::partner::send_2 as recipient partner
  crate::partner::send_3 as recipient partner
}
bind sql {
  things0.email as contact.email of customer
  things1.email as contact.email of customer
  things2.phone as contact.phone of customer
  things3.name as name of customer
  things4.phone as contact.phone of customer
  things5.phone as contact.phone of customer
}
";
