//! How long the policy language takes: reading, advice, tests, one decision, a difference.
//!
//! `cargo bench --bench policy`. First the example of the documentation, then a generated policy of some 630 lines:
//! 150 categories, 10 subjects, 40 purposes, 48 targets, 20 guards, and the same with one clause changed in each
//! tenth purpose. All on one thread; of several runs the quickest is told.

#![allow(clippy::print_stdout, clippy::expect_used, reason = "a benchmark prints, and has nobody to hand errors to")]

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::{Duration, Instant};

use purlin::ask::diff;
use purlin::policy::{Date, Policy, PolicyFile, claims, decide, lint, load, parse_flow, run_tests};
use purlin::source::{FileId, Span};

const EXAMPLE: &str = include_str!("../../src/policy/tests/privacy.purlin");

/// The quickest of some runs.
fn best<T>(runs: usize, mut work: impl FnMut() -> T) -> (Duration, T) {
    let mut least = Duration::MAX;
    let mut last = None;
    for _ in 0..runs.max(1) {
        let started = Instant::now();
        let made = black_box(work());
        least = least.min(started.elapsed());
        last = Some(made);
    }
    (least, last.expect("there was a run"))
}

fn told(what: &str, time: Duration, note: &str) {
    println!("{what:<44} {:>10.3} ms  {note}", time.as_secs_f64() * 1_000.0);
}

fn read(text: &str) -> Policy {
    let (policy, problems) = load(&[PolicyFile { file: FileId(0), path: "p.purlin", text }]);
    policy.unwrap_or_else(|| {
        println!("{problems:#?}");
        Policy::default()
    })
}

/// A policy of some 630 lines. `edited` adds a category to a clause of every tenth purpose.
fn generated(edited: bool) -> String {
    let mut out = String::from("purlin 1\ncontroller \"Bench\"\nregion home_region home\n");
    for i in 0..30 {
        let _ = writeln!(out, "category c{i} {{ a, b {{ x, y }} }}");
    }
    for i in 0..10 {
        let parent = if i % 3 == 1 { format!("s{}.", i - 1) } else { String::new() };
        let _ = writeln!(out, "subject {parent}s{i} rights access, erasure");
    }
    for i in 0..16 {
        let _ = writeln!(out, "recipient r{i} {{ acts as controller located in home_region }}");
        let _ = writeln!(out, "store d{i} {{ located in home_region }}");
        let _ = writeln!(out, "audience u{i}");
    }
    for i in 0..20 {
        let _ = writeln!(out, "guard g{i} \"Checked\"");
    }
    for p in 0..40 {
        let (a, b, c) = (p % 30, (p * 7 + 3) % 30, (p * 11 + 5) % 30);
        let more = if edited && p % 10 == 0 { format!(", c{}", (p + 13) % 30) } else { String::new() };
        let parent = if p % 4 == 1 { format!("p{}.", p - 1) } else { String::new() };
        let _ = writeln!(
            out,
            "purpose {parent}p{p} \"Generated\" {{\n  about    s{}, s{}\n  basis    legitimate interests\n  notice   \"n\"\n  \
             requires g{} or g{}\n  uses     c{a}, c{b}, c{c}{more}\n  uses     c{b}.b except c{b}.b.x given g{}\n  \
             shares   c{a}, c{b}.a with r{}, r{} given g{}\n  shows    c{a}.b, c{c} to u{}, u{}\n  \
             keeps    c{a}, c{c} in d{}, d{} for 12 months\n}}",
            (p / 4 * 4) % 3 * 3,
            (p / 4 * 4) % 3 * 3 + 2,
            p % 20,
            (p + 5) % 20,
            (p + 9) % 20,
            p % 16,
            (p + 3) % 16,
            (p + 2) % 20,
            p % 16,
            (p + 7) % 16,
            p % 16,
            (p + 1) % 16,
        );
    }
    for i in 0..40 {
        let unless = if i % 4 == 0 { format!(" unless g{}", i % 20) } else { String::new() };
        let _ = writeln!(out, "must not share c{}.b.y with r{}{unless} \"Promised\"", i % 30, i % 16);
        let _ = writeln!(out, "must not show c{}.a to u{} for p{} \"Promised\"", (i + 3) % 30, i % 16, i / 4 * 4 % 40);
    }
    out
}

fn main() {
    let day = Date::parse("2026-06-01").expect("a day");
    let (time, policy) = best(20, || read(EXAMPLE));
    told("the example: load", time, "");
    told("the example: lint", best(20, || lint(&policy, day)).0, "");
    told("the example: test", best(20, || run_tests(&policy, day)).0, "");
    let sentence = "share contact.email of customer with mailgate for marketing.newsletter";
    let flow = parse_flow(&policy, sentence, Span::new(FileId(9), 0, sentence.len() as u32)).expect("a sentence");
    let claim = claims(&policy, &flow, day).into_iter().next().expect("one flow");
    told(
        "the example: decide, a thousand times",
        best(20, || (0..1_000).filter(|_| decide(&policy, &claim).violations.is_empty()).count()).0,
        "",
    );
    let (time, found) = best(20, || diff(&policy, &policy, day));
    told("the example: diff", time, &format!("{} flows", found.compared));

    let (old, new) = (generated(false), generated(true));
    let lines = old.lines().count();
    let (time, before) = best(5, || read(&old));
    let note = format!(
        "{lines} lines: {} categories, {} subjects, {} purposes, {} targets, {} guards",
        before.categories.len(),
        before.subjects.len(),
        before.purposes.len(),
        before.recipients.len() + before.stores.len() + before.audiences.len(),
        before.guards.len()
    );
    told("generated: load", time, &note);
    told("generated: lint", best(5, || lint(&before, day)).0, "");
    let after = read(&new);
    let (time, found) = best(3, || diff(&before, &after, day));
    let changed: usize = found.newly_permitted.iter().map(|c| c.flows).sum();
    told("generated: diff", time, &format!("{} flows compared, {changed} newly permitted", found.compared));
}
