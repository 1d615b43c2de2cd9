//! The yardstick: how many times as long as `syn::parse_file` over the same files the whole analysis takes.
//!
//! Both are measured in this binary, with the same allocator and threads, in turn; the best of several rounds
//! counts. Reading files is left out of both. Each input is measured under two policies that differ in their
//! labels only: none, and 200.
//!
//! `cargo bench` measures generated programs and how time grows with their size; `cargo bench -- chain cycle`
//! only those. What is measured and how often can be set:
//!
//! | variable | meaning | default |
//! |---|---|---|
//! | `PURLIN_BENCH` | folders to measure instead, separated as in `PATH` | |
//! | `PURLIN_BENCH_POLICY` | their policy | one is generated |
//! | `PURLIN_BENCH_SIZES` | functions of the generated programs | `1000,4000,16000,64000` |
//! | `PURLIN_BENCH_ROUNDS` | rounds | 5 |
//! | `PURLIN_BENCH_THREADS` | threads | as many as the machine has |
//! | `PURLIN_BENCH_CLOCK` | `cpu`: show the time of all processors, for a busy machine | `wall` |
//!
//! `drop` is in no total: the program ends instead of giving back piece by piece what it holds, which a process that
//! measures run after run has to. `total` is the best run and `first` the first one, which also fills what the process keeps (the models of
//! libraries). The last columns are the multiple by the clock, that by processor time, and the peak of resident memory.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a bench prints its table")]

mod generate;
mod measure;
mod policy;
mod table;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use generate::Shape;
use measure::{Moment, Run, Took, analysis, better, parse};
use policy::policies;
use purlin::limits::STACK_BYTES;
use purlin::project::{Inputs, Request, discover};
use table::{Row, Time, growth, head, line};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The same inputs in every run.
const SEED: u64 = 20_261_122;
/// What took longer than this is not measured again.
const LONG: Duration = Duration::from_secs(20);
/// A size is left out if it would take longer than this for all that is known of the smaller ones.
const TOO_LONG: Duration = Duration::from_secs(60);

fn main() -> ExitCode {
    let asked: Vec<String> = std::env::args().skip(1).collect();
    // `cargo test --benches` runs this without the argument: then it only has to work.
    let bench = asked.iter().any(|a| a == "--bench");
    let names: Vec<String> = asked.into_iter().filter(|a| !a.starts_with('-')).collect();
    let mut pool = rayon::ThreadPoolBuilder::new().stack_size(STACK_BYTES);
    if let Some(threads) = number("PURLIN_BENCH_THREADS") {
        pool = pool.num_threads(threads);
    }
    let done = pool.build().map_err(|e| e.to_string()).and_then(|pool| {
        println!("{} threads, times in ms", pool.current_num_threads());
        pool.install(|| match std::env::var_os("PURLIN_BENCH") {
            Some(folders) if bench => std::env::split_paths(&folders).try_for_each(|f| folder(&f)),
            _ => generated(&names, bench),
        })
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn number(variable: &str) -> Option<usize> {
    std::env::var(variable).ok()?.parse().ok()
}

/// The time that is shown.
fn time() -> Time {
    match std::env::var("PURLIN_BENCH_CLOCK") {
        Ok(clock) if clock == "cpu" => |took| took.cpu,
        _ => |took| took.wall,
    }
}

fn rounds() -> usize {
    number("PURLIN_BENCH_ROUNDS").unwrap_or(5)
}

/// Generated programs of all shapes, each at all sizes.
fn generated(names: &[String], bench: bool) -> Result<(), String> {
    let sizes: Vec<usize> = if bench {
        let list = std::env::var("PURLIN_BENCH_SIZES").unwrap_or_else(|_| "1000,4000,16000,64000".to_owned());
        list.split(',').filter_map(|n| n.trim().parse().ok()).collect()
    } else {
        vec![100]
    };
    for (name, shape) in Shape::ALL {
        if !names.is_empty() && !names.iter().any(|n| n == name) {
            continue;
        }
        let mut rows: Vec<Row> = Vec::new();
        for size in &sizes {
            let files = generate::program(shape, *size, SEED);
            let made = policies(&in_memory(&files, "purlin 1\n"), SEED);
            let both = [("plain", in_memory(&files, &made.plain)), ("labelled", in_memory(&files, &made.labelled))];
            let measured = measure(name, &both, if bench { rounds() } else { 1 })?;
            if rows.is_empty()
                && let Some(row) = measured.first()
            {
                println!("\n{}", head(&row.run));
            }
            measured.iter().for_each(|row| println!("{}", line(row, time())));
            rows.extend(measured);
            if next_takes(&rows) > TOO_LONG && Some(size) != sizes.last() {
                println!("{name}: greater sizes would take too long and were left out");
                break;
            }
        }
        for policy in ["plain", "labelled"] {
            let of_policy: Vec<&Row> = rows.iter().filter(|r| r.policy == policy).collect();
            growth(&of_policy, time()).iter().for_each(|line| println!("{line}"));
        }
    }
    Ok(())
}

/// How long the next size takes if it grows by the last factor once more.
fn next_takes(rows: &[Row]) -> Duration {
    let took = |back: usize| rows.len().checked_sub(back).and_then(|i| rows.get(i)).map(|r| r.run.took.wall);
    match (took(1), took(3)) {
        (Some(last), Some(before)) => last.mul_f64(last.as_secs_f64() / before.as_secs_f64()),
        (last, _) => last.unwrap_or_default(),
    }
}

fn in_memory(files: &[(String, String)], policy: &str) -> Inputs {
    let mut files = files.to_vec();
    files.push(("bench.purlin".to_owned(), policy.to_owned()));
    Inputs::from_memory(files, purlin::cli::shipped)
}

/// A folder of real code.
fn folder(folder: &Path) -> Result<(), String> {
    let name = folder.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
    let empty = tempfile::Builder::new().suffix(".purlin").tempfile().map_err(|e| e.to_string())?;
    std::fs::write(empty.path(), "purlin 1\n").map_err(|e| e.to_string())?;
    let given = std::env::var_os("PURLIN_BENCH_POLICY").map(PathBuf::from);
    let read = |policy: &Path| {
        let request = Request {
            paths: vec![folder.to_owned()],
            policy: vec![policy.to_owned()],
            shipped: purlin::cli::shipped,
            code_only: false,
        };
        let start = Moment::now();
        let roots = discover(&request).map_err(|e| e.to_string())?;
        let took = Moment::now().since(start);
        Ok::<_, String>((roots.into_iter().next().ok_or("nothing was read")?, took))
    };
    let (bare, mut reading) = read(empty.path())?;
    for _ in 1..rounds() {
        reading = reading.least(read(empty.path())?.1);
    }
    let both = match given {
        Some(policy) => vec![("none", bare), ("given", read(&policy)?.0)],
        None => {
            let made = policies(&bare, SEED);
            let code = bare.sources.iter().map(|(_, f)| f).filter(|f| !f.path.ends_with(".purlin"));
            let files: Vec<_> = code.map(|f| (f.path.to_string(), f.text.to_string())).collect();
            vec![("plain", in_memory(&files, &made.plain)), ("labelled", in_memory(&files, &made.labelled))]
        }
    };
    if let Some((_, inputs)) = both.first() {
        let texts = || inputs.rust.iter().filter_map(|id| inputs.sources.get(*id));
        let (bytes, lines) = texts().fold((0, 0), |(b, l), f| (b + f.text.len(), l + f.line_count()));
        println!(
            "\n{name}: {} Rust files with {lines} lines and {bytes} bytes, {} SQL files, read in {:.1} ms",
            inputs.rust.len(),
            inputs.sql.len(),
            reading.wall.as_secs_f64() * 1e3
        );
    }
    let rows = measure(&name, &both, rounds())?;
    for (i, row) in rows.iter().enumerate() {
        if i == 0 {
            println!("{}", head(&row.run));
        }
        println!("{}", line(row, time()));
    }
    rows.iter().for_each(|r| println!("{}: {} labelled places", r.policy, r.run.labelled));
    Ok(())
}

/// The best of several rounds, parser and policies in turn.
fn measure(name: &str, policies: &[(&'static str, Inputs)], rounds: usize) -> Result<Vec<Row>, String> {
    let mut syn: Option<Took> = None;
    let mut best: Vec<Option<Run>> = vec![None; policies.len()];
    for _ in 0..rounds {
        let start = Instant::now();
        if let Some((_, inputs)) = policies.first() {
            let took = parse(inputs);
            syn = Some(syn.map_or(took, |s| s.least(took)));
        }
        for ((policy, inputs), best) in policies.iter().zip(&mut best) {
            let run = analysis(inputs).map_err(|e| format!("{name}, {policy}: the policy is broken: {e}"))?;
            *best = Some(better(best.take(), run));
        }
        if start.elapsed() > LONG {
            break;
        }
    }
    let rows = policies.iter().zip(best);
    Ok(rows
        .filter_map(|((policy, _), run)| Some(Row { name: name.to_owned(), policy, syn: syn?, run: run? }))
        .collect())
}
