//! Fingerprints survive what people do to code that changes nothing: a property of random edits.
//!
//! One edit is drawn for every place of a project: other white space and comments between the tokens of a function, new
//! lines at the head of a file, other names for locals, `x.rs` that becomes `x/mod.rs`. What is found must have the same
//! fingerprints, each as often.

use std::collections::BTreeMap;

use proc_macro2::{TokenStream, TokenTree};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use purlin::engine::{Options, analyze};
use purlin::flow::Confidence;
use purlin::policy::Date;
use purlin::project::Inputs;

use crate::metamorphic::{File, files_of, other_locals};
use crate::run::repository;

/// A sequence of numbers from a seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

/// How often each fingerprint is found.
fn fingerprints(files: &[File]) -> BTreeMap<String, usize> {
    let inputs = Inputs::from_memory(files.to_vec(), purlin::cli::shipped);
    let options = Options { day: Date::parse("2026-11-22").expect("a day"), confidence: Confidence::Possible };
    let mut out = BTreeMap::new();
    for finding in analyze(&inputs, &options).judged.all_findings() {
        *out.entry(finding.fingerprint.clone()).or_default() += 1;
    }
    out
}

/// The project with some edits.
fn edited(files: &[File], dice: &mut Dice) -> Vec<File> {
    let renamed = if dice.roll(2) == 0 { other_locals(files) } else { files.to_vec() };
    renamed
        .into_iter()
        .map(|(path, text)| {
            if !path.ends_with(".rs") {
                return (path, text);
            }
            let text = reformatted(&text, dice);
            let head: String = (0..dice.roll(4)).map(|i| if i % 2 == 0 { "\n" } else { "// é𐐀 new\n" }).collect();
            (moved(&path, files, dice), head + &text)
        })
        .collect()
}

/// `x.rs` as `x/mod.rs`, now and then, where that is the same module.
fn moved(path: &str, files: &[File], dice: &mut Dice) -> String {
    let Some(stem) = path.strip_suffix(".rs") else { return path.to_owned() };
    let name = stem.rsplit('/').next().unwrap_or(stem);
    let has_folder = files.iter().any(|(p, _)| p.starts_with(&format!("{stem}/")));
    let is_root = matches!(name, "lib" | "main" | "mod" | "build") || stem.contains("/bin/");
    if is_root || has_folder || dice.roll(3) > 0 { path.to_owned() } else { format!("{stem}/mod.rs") }
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

fn survive(project: &str, at_least: usize) {
    let files = files_of(&repository().join(project));
    let before = fingerprints(&files);
    assert!(before.len() >= at_least, "{} findings prove little", before.len());
    let mut runner = TestRunner::new_with_rng(
        Config { cases: 12, failure_persistence: None, ..Config::default() },
        proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
    );
    let outcome = runner.run(&any::<u64>(), |seed| {
        let after = edited(&files, &mut Dice(seed));
        for (path, text) in after.iter().filter(|(p, _)| p.ends_with(".rs")) {
            prop_assert!(syn::parse_file(text).is_ok(), "{} is broken:\n{}", path, text);
        }
        prop_assert_eq!(&fingerprints(&after), &before);
        Ok(())
    });
    assert!(outcome.is_ok(), "{}", outcome.err().map(|e| e.to_string()).unwrap_or_default());
}

#[test]
fn fingerprints_of_the_example_survive_edits() {
    survive("examples/lumo", 8);
}
