//! Every row of the models has an example, and it shows what the row says.
//!
//! Most examples are written from the signature (`derived`), with what they must show worked out from the effects by a
//! second reader (`values`) that shares nothing with the engine. Others stand in the files, beside the rows
//! (`written`). All of them are one project that is analysed once, so that an example checks the whole way: the
//! signature is read, types are inferred, the receiver is found, this row is chosen and no other, and its effects
//! happen and no others.

mod acts;
mod derived;
mod functions;
mod project;
mod rows;
mod values;
mod written;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use derived::{Example, Seen};
use project::project;
use purlin::engine::{Stage, dump, link};
use purlin::flow::solve::infer_all;
use purlin::link::infer::Target;
use purlin::link::program::Def;
use purlin::model::embedded;
use purlin::policy::Policy;
use purlin::project::Inputs;
use rows::Row;

/// Examples that stand in one file of the project.
const IN_A_FILE: usize = 64;

/// What a run says of a line or of a function.
#[derive(Clone, Debug, Default)]
struct Said {
    /// Labels that `out` is given.
    out: BTreeSet<usize>,
    /// Whether the check of a layer was made before.
    guarded: bool,
    /// What arrives otherwise: labels, and where.
    arrives: Vec<(usize, String)>,
    /// Labels that went through a transform, and those that did not.
    transformed: BTreeSet<usize>,
    plain: BTreeSet<usize>,
    /// Signatures of the rows that are called, and paths of other crates that are named.
    means: BTreeSet<String>,
}

/// A run over all examples at once.
#[derive(Default)]
struct Run {
    /// By file and line.
    lines: BTreeMap<(String, usize), Said>,
    /// By the path of the function.
    functions: BTreeMap<String, Said>,
}

impl Run {
    fn of(files: Vec<(String, String)>) -> Run {
        let inputs = Inputs::from_memory(files, purlin::cli::shipped);
        let mut out = Run::default();
        out.read_flows(&dump(&inputs, Stage::Flow, None).expect("the policy is right"));
        out.read_calls(&inputs);
        out
    }

    /// `s0 (l0 of person) -> Share partner at src/m0.rs:3:5 in app::m0::r0 for no purpose, guards [], certain`.
    fn read_flows(&mut self, text: &str) {
        let mut lines = text.lines().peekable();
        while let Some(line) = lines.next() {
            let Some((entry, rest)) = line.split_once(" of person) -> ") else { continue };
            let (target, rest) = rest.split_once(" at ").expect("a place");
            let (place, rest) = rest.split_once(" in ").expect("a function");
            let label: usize = entry.rsplit_once("(l").expect("a label").1.parse().expect("a number");
            let mut transformed = false;
            while let Some(step) = lines.next_if(|l| l.starts_with(' ')) {
                transformed |= step.contains(" transformed by ");
            }
            let function = self.functions.entry(rest.split(' ').next().unwrap_or("").to_owned()).or_default();
            if target.starts_with("Use ") {
                continue;
            }
            let ways = if transformed { &mut function.transformed } else { &mut function.plain };
            ways.insert(label);
            if target == "Share partner" {
                let mut parts = place.split(':');
                let file = parts.next().unwrap_or("").to_owned();
                let number = parts.next().and_then(|n| n.parse().ok()).expect("a line");
                let said = self.lines.entry((file, number)).or_default();
                said.out.insert(label);
                said.guarded |= rest.contains("guards [passed]");
            } else {
                function.arrives.push((label, target.to_owned()));
            }
        }
    }

    fn read_calls(&mut self, inputs: &Inputs) {
        let mut linked = link(inputs, &Policy::default(), &|_| ());
        let (models, _) = embedded();
        let typed = infer_all(&mut linked.program, models);
        for (f, typed) in linked.program.func_ids().zip(&typed) {
            let said = self.functions.entry(linked.program.func_path(f).to_string()).or_default();
            let row = |t: &Target| if let Target::Row(r) = t { models.signature(*r).map(str::to_owned) } else { None };
            said.means.extend(typed.sites.iter().flat_map(|s| &s.targets).filter_map(row));
            let named = |d: &Option<Def>| if let Some(Def::Ext(n)) = d { Some(n.to_string()) } else { None };
            said.means.extend(typed.paths.iter().filter_map(|r| named(&r.def)));
        }
    }
}

/// An example of a row in the project.
struct Placed<'r> {
    row: &'r Row,
    example: Example,
    /// Its file, and the line that it begins in.
    file: String,
    first: usize,
    /// The path of its functions.
    path: String,
}

impl Placed<'_> {
    /// What it does not show.
    fn wrong(&self, run: &Run) -> Vec<String> {
        let of_it =
            |path: &str| path == self.path || path.strip_prefix(&self.path).is_some_and(|p| p.starts_with("::"));
        let mine: Vec<&Said> = run.functions.iter().filter(|(p, _)| of_it(p)).map(|(_, s)| s).collect();
        let means: BTreeSet<&str> = mine.iter().flat_map(|s| &s.means).map(String::as_str).collect();
        // What is no call has no signature.
        let value = self.row.constant || self.row.name().starts_with(|c: char| c.is_ascii_uppercase());
        let names = |what: &str| means.contains(what);
        if !(names(&self.row.signature) || value && names(&self.row.path)) {
            let others: Vec<&str> = means.into_iter().filter(|m| m.contains(['(', ' '])).collect();
            return vec![format!("the call means another: {others:?}")];
        }
        let mut out = Vec::new();
        for label in &self.example.transformed {
            if !mine.iter().any(|s| s.transformed.contains(label)) || mine.iter().any(|s| s.plain.contains(label)) {
                out.push(format!("{label} does not go through a transform, or not on every way"));
            }
        }
        let nothing = Said::default();
        for (line, seen) in &self.example.seen {
            let code = self.example.lines[*line].trim();
            let at = run.lines.get(&(self.file.clone(), self.first + line)).unwrap_or(&nothing);
            match seen {
                Seen::Out(labels) if at.out != *labels => {
                    out.push(format!("`{code}` is given {:?} and should be given {labels:?}", at.out));
                }
                Seen::Between(must, may) if !must.is_subset(&at.out) || !at.out.is_subset(may) => {
                    out.push(format!("`{code}` is given {:?}: not between {must:?} and {may:?}", at.out));
                }
                Seen::Arrives(labels, target) => {
                    let all = mine.iter().flat_map(|s| &s.arrives).filter(|(_, t)| t.contains(target));
                    let arrived: BTreeSet<usize> = all.map(|(label, _)| *label).collect();
                    if arrived != *labels {
                        out.push(format!("{arrived:?} arrives and should be {labels:?}"));
                    }
                }
                Seen::Guarded if !at.guarded => out.push("the handler runs without the layer's check".to_owned()),
                Seen::Out(_) | Seen::Between(..) | Seen::Guarded => {}
            }
        }
        out
    }
}

/// The examples of rows, in modules, and what is wrong with them at sight.
fn examples<'r>(rows: &'r [Row], by_hand: &[rows::Written]) -> (Vec<String>, Vec<Placed<'r>>, String) {
    let mut problems = String::new();
    let mut all: Vec<(&Row, String, Example)> = Vec::new();
    for (i, row) in rows.iter().enumerate() {
        let mut own = by_hand.iter().filter(|w| w.of == row.signature);
        if !own.any(|w| written::instead(&w.code)) {
            let name = format!("r{i}");
            all.push((row, name.clone(), derived::example(row, &name)));
        }
        let name = format!("a{i}");
        if let Some(example) = acts::example(row, &name) {
            all.push((row, name, example));
        }
    }
    for (i, w) in by_hand.iter().enumerate() {
        let name = format!("w{i}");
        let row = rows.iter().find(|r| r.signature == w.of);
        match (row, written::example(&w.code, &name)) {
            (Some(row), Ok(example)) => all.push((row, name, example)),
            (None, _) => problems += &format!("{}: no row has the signature of the example \"{}\"\n", w.file, w.of),
            (_, Err(e)) => problems += &format!("{}: the example of \"{}\": {e}\n", w.file, w.of),
        }
    }
    let mut modules = Vec::new();
    let mut placed = Vec::new();
    let mut next = all.into_iter().peekable();
    while next.peek().is_some() {
        let m = modules.len();
        let mut lines: Vec<String> = vec!["use crate::*;".to_owned()];
        for (row, name, example) in next.by_ref().take(IN_A_FILE) {
            let (file, first, path) = (format!("src/m{m}.rs"), lines.len() + 1, format!("app::m{m}::{name}"));
            lines.extend(example.lines.iter().cloned());
            placed.push(Placed { row, example, file, first, path });
        }
        modules.push(lines.join("\n"));
    }
    (modules, placed, problems)
}

/// `PURLIN_EXAMPLES=FOLDER` writes the project there, to look at.
#[test]
fn every_row_has_an_example_that_shows_what_it_says() {
    let (rows, by_hand) = rows::read();
    let (modules, placed, mut problems) = examples(&rows, &by_hand);
    let files = project(modules);
    if let Some(folder) = std::env::var_os("PURLIN_EXAMPLES") {
        for (path, text) in &files {
            let path = std::path::Path::new(&folder).join(path);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("it can be made");
            std::fs::write(path, text).expect("it can be written");
        }
    }
    let run = Run::of(files);
    for p in &placed {
        let wrong = p.wrong(&run);
        if !wrong.is_empty() {
            let (row, at) = (p.row, format!("{}:{}", p.file, p.first));
            let _ = writeln!(problems, "{}: \"{}\": \"{}\" ({at})", row.file, row.signature, row.effects.join("; "));
            wrong.iter().for_each(|w| problems += &format!("    {w}\n"));
        }
    }
    assert!(problems.is_empty(), "rows that are not as their examples say:\n{problems}");
}

#[test]
fn an_example_that_shows_something_else_is_found_out() {
    let (rows, _) = rows::read();
    let row = rows.iter().find(|r| r.signature.starts_with("Option<T>::or(")).expect("a row");
    let shows = |row: &Row| {
        let rows = [row.clone()];
        let (modules, placed, _) = examples(&rows, &[]);
        let run = Run::of(project(modules));
        placed.iter().flat_map(|p| p.wrong(&run)).collect::<Vec<_>>().join("; ")
    };
    assert_eq!(shows(row), "");
    // An effect that does not happen, one that is not said, a row that is not the one that is called.
    let said = |effects: &[&str]| Row { effects: effects.iter().map(|e| (*e).to_owned()).collect(), ..row.clone() };
    assert!(shows(&said(&["self -> ret", "x -> self"])).contains("should be given"));
    assert!(shows(&said(&["self -> ret"])).contains("is given {0, 1} and should be given {0}"));
    let other = Row { signature: row.signature.replace("(self", "(self, y"), ..row.clone() };
    assert!(shows(&other).contains("means another"));
}
