//! Fingerprints survive what people do to code that changes nothing: a property of random edits.
//!
//! One edit is drawn for every place of a project: other white space and comments between the tokens of a function, new
//! lines at the head of a file, other names for locals, `x.rs` that becomes `x/mod.rs`, items in another order. What is
//! found must have the same fingerprints, each as often. The same is asked of real services where clones of them are at
//! hand.

use std::collections::BTreeMap;
use std::path::PathBuf;

use proc_macro2::{TokenStream, TokenTree};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use purlin::engine::{Options, analyze};
use purlin::flow::Confidence;
use purlin::policy::Date;
use purlin::project::Inputs;

use crate::corpus::services;
use crate::metamorphic::{File, code_of, files_of, other_locals, other_order};
use crate::run::repository;

/// A sequence of numbers from a seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

/// How often each fingerprint is found, and what it stands for.
type Found = BTreeMap<String, (usize, String)>;

fn fingerprints(files: &[File]) -> Found {
    let inputs = Inputs::from_memory(files.to_vec(), purlin::cli::shipped);
    let options = Options { day: Date::parse("2026-11-22").expect("a day"), confidence: Confidence::Possible };
    let mut out = Found::new();
    for finding in analyze(&inputs, &options).judged.all_findings() {
        let what =
            format!("{} {} at {}", finding.rule.code(), finding.message, inputs.sources.show(finding.arrival.span));
        out.entry(finding.fingerprint.clone()).or_insert((0, what)).0 += 1;
    }
    out
}

/// The project with some edits. Files that cannot be parsed stay as they are.
fn edited(files: &[File], dice: &mut Dice) -> Vec<File> {
    let (rename, reorder) = (dice.roll(2) == 0, dice.roll(2) == 0);
    let edit = |file: &File| {
        let (path, text) = file;
        if !path.ends_with(".rs") || syn::parse_file(text).is_err() {
            return file.clone();
        }
        let mut file = file.clone();
        // Macros are known from where they stand on.
        if reorder && !text.contains("macro_use") {
            file = other_order(file);
        }
        if rename {
            file = other_locals(file);
        }
        let text = reformatted(&file.1, dice);
        let head: String = (0..dice.roll(4)).map(|i| if i % 2 == 0 { "\n" } else { "// é𐐀 new\n" }).collect();
        // An attribute of the file stands before everything but comments.
        (moved(path, &text, files, dice), head + &text)
    };
    files.iter().map(edit).collect()
}

/// `x.rs` as `x/mod.rs`, now and then, where that is the same module.
fn moved(path: &str, text: &str, files: &[File], dice: &mut Dice) -> String {
    let Some(stem) = path.strip_suffix(".rs") else { return path.to_owned() };
    let name = stem.rsplit('/').next().unwrap_or(stem);
    let has_folder = files.iter().any(|(p, _)| p.starts_with(&format!("{stem}/")));
    let is_root = matches!(name, "lib" | "main" | "mod" | "build") || stem.contains("/bin/") || !path.contains("src/");
    // Someone says where it is, or it says where something else is.
    let named =
        |(p, text): &File| (p.ends_with(".toml") || text.contains("#[path")) && text.contains(&format!("{name}.rs"));
    let tied = text.contains("include") || text.contains("#[path") || files.iter().any(named);
    if is_root || has_folder || tied || dice.roll(3) > 0 { path.to_owned() } else { format!("{stem}/mod.rs") }
}

/// Other white space between the tokens of function bodies, where no comment says anything.
fn reformatted(text: &str, dice: &mut Dice) -> String {
    let mut gaps = Vec::new();
    bodies(text.parse().expect("the code can be read"), text, &mut gaps);
    gaps.sort_unstable();
    let mut out = String::new();
    let mut at = 0;
    for (lo, hi) in gaps {
        out.push_str(&text[at..lo]);
        match dice.roll(8) {
            0 => out.push_str("\n\n"),
            1 => out.push_str(" /* é𐐀 */ "),
            2 => out.push_str("\r\n\t"),
            _ => out.push_str(&text[lo..hi]),
        }
        at = hi;
    }
    out.push_str(&text[at..]);
    out
}

/// The gaps between the tokens of every `fn .. { .. }` without an annotation.
fn bodies(tokens: TokenStream, text: &str, gaps: &mut Vec<(usize, usize)>) {
    let mut in_function = false;
    for token in tokens {
        match token {
            TokenTree::Ident(ident) if ident == "fn" => in_function = true,
            TokenTree::Punct(p) if p.as_char() == ';' => in_function = false,
            TokenTree::Group(group) if group.delimiter() == proc_macro2::Delimiter::Brace => {
                let range = group.span().byte_range();
                if !in_function {
                    bodies(group.stream(), text, gaps);
                } else if !text[range.clone()].contains("purlin:") {
                    between(group.stream(), text, gaps);
                }
                in_function = false;
            }
            _ => {}
        }
    }
}

fn between(tokens: TokenStream, text: &str, gaps: &mut Vec<(usize, usize)>) {
    let mut end = None;
    for token in tokens {
        let range = token.span().byte_range();
        if let Some(end) = end
            && end < range.start
            && text[end..range.start].chars().all(char::is_whitespace)
        {
            gaps.push((end, range.start));
        }
        end = Some(range.end);
        if let TokenTree::Group(group) = token {
            between(group.stream(), text, gaps);
        }
    }
}

/// So many edits of a project leave its fingerprints as they are.
fn survive(files: &[File], at_least: usize, edits: u32) -> Result<usize, String> {
    let before = fingerprints(files);
    assert!(before.len() >= at_least, "{} findings prove little", before.len());
    let mut runner = TestRunner::new_with_rng(
        Config { cases: edits, failure_persistence: None, max_shrink_iters: 0, ..Config::default() },
        proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
    );
    let outcome = runner.run(&any::<u64>(), |seed| {
        let after = edited(files, &mut Dice(seed));
        for ((path, new), (_, old)) in after.iter().zip(files).filter(|((p, _), _)| p.ends_with(".rs")) {
            let broken = syn::parse_file(old).is_ok() && syn::parse_file(new).is_err();
            prop_assert!(!broken, "{} is broken:\n{}", path, new);
        }
        let after = fingerprints(&after);
        let (lost, new) = (beyond(&before, &after), beyond(&after, &before));
        prop_assert!(lost.is_empty() && new.is_empty(), "lost {:#?}, new {:#?}", lost, new);
        Ok(())
    });
    outcome.map_err(|e| e.to_string())?;
    Ok(before.len())
}

/// What one project has more often than another.
fn beyond(one: &Found, other: &Found) -> Vec<String> {
    let more = one.iter().filter(|(f, (n, _))| other.get(*f).is_none_or(|(m, _)| m < n));
    more.map(|(f, (n, what))| format!("{f} {n} times: {what}")).collect()
}

#[test]
fn fingerprints_of_the_example_survive_edits() {
    survive(&files_of(&repository().join("examples/lumo")), 8, 12).expect("fingerprints stay");
}

#[test]
fn fingerprints_of_the_corpus_survive_edits() {
    let Some(clones) = std::env::var_os("PURLIN_CORPUS").map(PathBuf::from) else { return };
    let mut wrong = String::new();
    for service in services() {
        let name = service.file_name().expect("a name").to_string_lossy().into_owned();
        let clone = clones.join(&name);
        if !clone.is_dir() {
            continue;
        }
        let mut files = code_of(&clone);
        files.extend(files_of(&service).into_iter().filter(|(path, _)| path.ends_with(".purlin")));
        match survive(&files, 1, 2) {
            Ok(n) => println!("{name}: {n} fingerprints stay"),
            Err(what) => wrong.push_str(&format!("{name}: {what}\n")),
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
