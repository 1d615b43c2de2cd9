//! Every small slip in the example: each word deleted, swapped with the next, or misspelt, and what is said then.
//!
//! `edits.txt` lists what is said, one line for each shape of a message, with how often it is said and one place
//! where it is. `edits-bad.txt` lists slips of which the message points to another line: known and not yet better.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::*;
use crate::policy::lex::{self, Kind};

const SHAPES: &str = include_str!("edits.txt");
const BAD: &str = include_str!("edits-bad.txt");

/// One slip: where it is, what was done, and the text with it.
struct Slip {
    lo: u32,
    what: String,
    text: String,
}

fn slips(text: &str) -> Vec<Slip> {
    let scan = lex::scan(text);
    let mut out = Vec::new();
    let mut slip = |lo: u32, hi: u32, what: String, new: &str| {
        let (before, after) = (&text[..lo as usize], &text[hi as usize..]);
        out.push(Slip { lo, what, text: std::format!("{before}{new}{after}") });
    };
    for (i, token) in scan.tokens.iter().enumerate() {
        let word = scan.text(text, i);
        slip(token.lo, token.hi, std::format!("without {word}"), "");
        if let Some(next) = scan.tokens.get(i + 1) {
            let (other, between) = (scan.text(text, i + 1), &text[token.hi as usize..next.lo as usize]);
            if other != word {
                slip(token.lo, next.hi, std::format!("{other} before {word}"), &std::format!("{other}{between}{word}"));
            }
        }
        match token.kind {
            Kind::Word if word.len() > 2 => {
                let middle = word.len() / 2;
                let wrong = std::format!("{}{}", &word[..middle], &word[middle + 1..]);
                slip(token.lo, token.hi, std::format!("{wrong} for {word}"), &wrong);
            }
            Kind::Text => slip(token.lo, token.hi, "no closing quotation mark".to_owned(), &word[..word.len() - 1]),
            _ => {}
        }
    }
    out
}

/// A message with its names taken out.
fn shape(d: &Diagnostic) -> String {
    let blank = |text: &str| {
        let mut out = String::new();
        for (i, part) in text.split('`').enumerate() {
            out.push_str(if i % 2 == 0 { part } else { "`_`" });
        }
        out
    };
    let label = d.labels.first().map_or("", |l| l.text.as_str());
    // What is to be written instead repeats the file.
    let label = match label.split_once("write: ") {
        Some((before, _)) => std::format!("{before}write: _"),
        None => blank(label),
    };
    std::format!("{} {} | {label}", d.code, blank(&d.message))
}

fn line(text: &str, at: u32) -> usize {
    text[..at as usize].matches('\n').count() + 1
}

#[test]
fn every_slip_is_answered_in_words() {
    let mut shapes: BTreeMap<String, (usize, String)> = BTreeMap::new();
    let mut bad = String::new();
    let (mut valid, mut broken) = (0, 0);
    let slips = slips(PRIVACY);
    let loaded: Vec<(bool, Vec<Diagnostic>)> = slips
        .par_iter()
        .map(|slip| {
            let (policy, found) = try_load(&slip.text);
            (policy.is_some(), found)
        })
        .collect();
    for (slip, (is_policy, found)) in slips.iter().zip(loaded) {
        let at = line(PRIVACY, slip.lo);
        let place = std::format!("{at}: {}", slip.what);
        if is_policy {
            valid += 1;
            continue;
        }
        broken += 1;
        for d in &found {
            let said = std::iter::once(&d.message).chain(d.labels.iter().map(|l| &l.text)).chain(&d.help);
            for text in said {
                for raw in ["expected", "EOI", "`k_", "`verb_", "Rule", "pest", "WHITESPACE", "chunk"] {
                    assert!(!text.contains(raw), "{place}: {text}");
                }
            }
            if d.labels.iter().all(|l| l.text.is_empty()) && d.help.is_empty() {
                bad.push_str(&std::format!("{place}\n    without advice: {}\n", d.message));
            }
        }
        let near = |d: &Diagnostic| d.labels.iter().any(|l| line(&slip.text, l.span.lo).abs_diff(at) <= 1);
        let first = &found[0];
        shapes.entry(shape(first)).or_insert_with(|| (0, place.clone())).0 += 1;
        // A name that is gone is missed where it was used; every other slip is shown where it is.
        let gone = found.iter().all(|d| matches!(d.code, "P02" | "P11"));
        if !gone && !found.iter().any(near) {
            let there = first.labels.first().map_or(0, |l| line(&slip.text, l.span.lo));
            bad.push_str(&std::format!("{place}\n    said of line {there}: {}\n", first.message));
        }
    }
    let mut actual = std::format!("{broken} slips are errors, {valid} leave a policy that says something else.\n\n");
    for (shape, (count, place)) in &shapes {
        actual.push_str(&std::format!("{count:>4}  {shape}\n      line {place}\n"));
    }
    if std::env::var_os("PURLIN_BLESS").is_some() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/policy/tests/");
        std::fs::write(std::format!("{folder}edits.txt"), &actual).unwrap();
        std::fs::write(std::format!("{folder}edits-bad.txt"), &bad).unwrap();
        return;
    }
    assert!(actual == SHAPES, "what is said of slips has changed; look at it with PURLIN_BLESS=1");
    assert!(bad == BAD, "misplaced messages have changed; look at them with PURLIN_BLESS=1");
}
