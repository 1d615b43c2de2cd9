//! Random programs, run on every path by an interpreter that is plainly right, beside what the engine says.
//!
//! Texts also go through cells, channels, collections, callables and traits, on ways of which it is written down what
//! reaches their end.
//!
//! No flow of any path may be missed. Where nothing has to be guessed (no loop, recursion or collection), a flow
//! that is said to be certain must be one of some path.

mod concrete;
mod program;
mod random;
mod routes;
mod shrink;

use std::collections::BTreeMap;
use std::ops::Range;

use concrete::{Flows, follow};
use program::Program;
use purlin::engine::{Options, analyze};
use purlin::flow::Confidence;
use purlin::ir::GapKind;
use purlin::policy::Date;
use purlin::project::Inputs;
use random::{Fragment, SOURCES};

/// What all programs share.
const ROOT: &str = "
#[derive(Clone)]
pub enum Choice { One(String), Two { x: String, y: String }, Nothing }
pub fn out<T>(_: T) {}
pub fn ask() -> bool { std::process::id() > 1 }
pub fn keep<T>(x: T) -> T { x }
pub fn first<T, U>(x: T, _: U) -> T { x }
pub fn apply<T, U>(f: impl FnOnce(T) -> U, x: T) -> U { f(x) }
";

fn policy() -> String {
    let each = |f: &dyn Fn(usize) -> String, by: &str| (0..SOURCES).map(f).collect::<Vec<_>>().join(by);
    format!(
        "purlin 1
subject customer
region eea home
recipient partner {{ acts as controller located in eea }}
{}
purpose support \"Help\" {{ about customer basis contract notice \"n\" uses {} }}
bind rust {{
  crate as purpose support
  crate::out as recipient partner
  {}
}}
",
        each(&|i| format!("category c{i}"), "\n"),
        each(&|i| format!("c{i}"), ", "),
        each(&|i| format!("crate::s{i} as c{i} of customer"), "\n  "),
    )
}

/// The files of a project with a module for each program.
fn project(programs: &[Program]) -> Vec<(String, String)> {
    let mut root: String = ROOT.to_owned() + routes::ITEMS;
    root.extend((0..SOURCES).map(|i| format!("pub fn s{i}() -> String {{ String::new() }}\n")));
    root.extend((0..programs.len()).map(|i| format!("pub mod p{i};\n")));
    let mut files = vec![
        ("Cargo.toml".to_owned(), "[package]\nname = \"app\"\n".to_owned()),
        ("privacy.purlin".to_owned(), policy()),
        ("src/lib.rs".to_owned(), root),
    ];
    files.extend(programs.iter().enumerate().map(|(i, p)| (format!("src/p{i}.rs"), p.text())));
    files
}

/// A project of random programs without loops, recursion and lists.
pub fn plain_project(seeds: Range<u64>) -> Vec<(String, String)> {
    project(&seeds.map(|seed| random::program(Fragment::Plain, seed)).collect::<Vec<_>>())
}

/// What the engine says of each program: the flows, and how sure it is of each.
fn said(programs: &[Program]) -> Vec<BTreeMap<(usize, usize), Confidence>> {
    let files = project(programs);
    let inputs = Inputs::from_memory(files, purlin::cli::shipped);
    let options = Options { day: Date::parse("2026-11-22").expect("a day"), confidence: Confidence::Possible };
    let outcome = analyze(&inputs, &options);
    assert!(outcome.policy.is_some(), "{:?}", outcome.diagnostics);
    let unread: Vec<_> = outcome.gaps.iter().filter(|g| g.kind != GapKind::Limit).collect();
    assert!(unread.is_empty(), "{unread:?}");
    let mut out = vec![BTreeMap::new(); programs.len()];
    for finding in &outcome.judged.findings {
        let (file, line) = (finding.arrival.span.file, inputs.sources.start(finding.arrival.span).line as usize);
        let path = inputs.sources.path(file);
        let program = path.trim_start_matches("src/p").trim_end_matches(".rs").parse::<usize>();
        let text = &inputs.sources.get(file).expect("it was read").text;
        let out_id = text.lines().nth(line - 1).and_then(|l| {
            let (_, rest) = l.split_once("out(/*")?;
            rest.split_once("*/")?.0.parse::<usize>().ok()
        });
        let (Ok(program), Some(out_id)) = (program, out_id) else {
            panic!("a finding at {path}:{line}: {}", finding.message)
        };
        for datum in &finding.data {
            let source = datum.category.trim_start_matches('c').parse().expect("a category of ours");
            let sure = out[program].entry((out_id, source)).or_insert(datum.confidence);
            *sure = datum.confidence.max(*sure);
        }
    }
    out
}

/// What is wrong with an answer, and how much of it was looked at.
#[derive(Clone, Debug, Default, PartialEq)]
struct Verdict {
    missed: Flows,
    invented: Flows,
    real: usize,
    certain: usize,
}

impl Verdict {
    fn is_wrong(&self) -> bool {
        !self.missed.is_empty() || !self.invented.is_empty()
    }
}

fn judge(program: &Program, fragment: Fragment, said: &BTreeMap<(usize, usize), Confidence>) -> Verdict {
    let plain = fragment != Fragment::Rich;
    let paths = follow(program, plain);
    let mut out = Verdict { real: paths.real.len(), ..Verdict::default() };
    out.missed = paths.real.iter().filter(|f| !said.contains_key(f)).copied().collect();
    if plain && paths.complete {
        let certain = || said.iter().filter(|(_, sure)| **sure == Confidence::Certain).map(|(flow, _)| *flow);
        out.certain = certain().count();
        out.invented = certain().filter(|f| !paths.imagined.contains(f)).collect();
    }
    out
}

/// Programs in one run.
const PROGRAMS: u64 = 150;
/// Failures that are made small and shown.
const SHOWN: usize = 3;

/// The seeds of a run: the same ones every time, unless `PURLIN_ORACLE=1000..2000` asks for others.
fn seeds() -> Range<u64> {
    let asked = std::env::var("PURLIN_ORACLE").ok();
    let asked = asked.as_deref().and_then(|s| s.split_once(".."));
    asked.map_or(0..PROGRAMS, |(first, after)| first.parse().expect("a seed")..after.parse().expect("a seed"))
}

/// Judges random programs, all in one run of the engine, and gives how many flows there were: real ones, and
/// certain ones of which it is known whether they are real.
fn check(fragment: Fragment) -> (usize, usize) {
    let all = |programs: &[Program]| -> Vec<Verdict> {
        programs.iter().zip(said(programs)).map(|(p, said)| judge(p, fragment, &said)).collect()
    };
    let programs: Vec<Program> = seeds().map(|seed| random::program(fragment, seed)).collect();
    let verdicts = all(&programs);
    let wrong: Vec<usize> = (0..programs.len()).filter(|i| verdicts[*i].is_wrong()).collect();
    let mut shown = String::new();
    for i in wrong.iter().take(SHOWN) {
        let small = shrink::shrink(programs[*i].clone(), &|some| all(some).iter().position(Verdict::is_wrong));
        let verdict = &all(std::slice::from_ref(&small))[0];
        let seed = seeds().start + *i as u64;
        shown.push_str(&format!("seed {seed}: {:?} missed, {:?} invented\n", verdict.missed, verdict.invented));
        shown.push_str(&small.text());
    }
    assert!(wrong.is_empty(), "{} programs are judged wrong, as (place, data):\n{shown}", wrong.len());
    verdicts.iter().fold((0, 0), |(real, certain), v| (real + v.real, certain + v.certain))
}

#[test]
fn no_flow_is_missed_and_none_invented() {
    let (real, certain) = check(Fragment::Plain);
    assert!(real > 500 && certain > 300, "{real} real flows and {certain} certain ones prove little");
}

#[test]
fn no_flow_is_missed_on_the_ways_through_cells_callables_and_traits() {
    let (real, certain) = check(Fragment::Routes);
    assert!(real > 500 && certain > 200, "{real} real flows and {certain} certain ones prove little");
}

#[test]
fn no_flow_is_missed_with_loops_recursion_and_lists() {
    let (real, _) = check(Fragment::Rich);
    assert!(real > 400, "{real} real flows prove little");
}
