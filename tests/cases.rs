//! Runs `tests/cases/**/*.md`, one test for each heading. `PURLIN_BLESS=1` rewrites their report blocks.

#![allow(clippy::expect_used, reason = "a test harness: what is missing is a failure")]

mod harness;

use std::path::{Path, PathBuf};

use libtest_mimic::{Arguments, Trial};

fn main() {
    let arguments = Arguments::from_args();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut files: Vec<PathBuf> = walkdir::WalkDir::new(&folder)
        .into_iter()
        .map(|e| e.expect("the folder of cases can be read").into_path())
        .filter(|p| p.extension().is_some_and(|e| e == "md"))
        .collect();
    files.sort();
    let bless = std::env::var_os("PURLIN_BLESS").is_some_and(|v| v == "1");
    let mut trials = Vec::new();
    for path in files {
        let name = path.strip_prefix(&folder).expect("it was found there").to_string_lossy().replace('\\', "/");
        let mut text = std::fs::read_to_string(&path).expect("cases are UTF-8");
        if bless {
            let blessed = harness::bless(&text);
            if blessed != text {
                std::fs::write(&path, &blessed).expect("the cases can be written");
                text = blessed;
            }
        }
        for case in harness::parse(&text).cases {
            let title = format!("{name}: {}", case.heading);
            trials.push(Trial::test(title, move || on_large_stack(move || harness::check(&case)).map_err(Into::into)));
        }
    }
    libtest_mimic::run(&arguments, trials).exit();
}

/// Code nests as deep as a case wants it to, as it may for the command.
fn on_large_stack<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let thread = std::thread::Builder::new().stack_size(purlin::limits::STACK_BYTES).spawn(work);
    match thread.expect("a thread can be started").join() {
        Ok(value) => value,
        Err(panic) => std::panic::resume_unwind(panic),
    }
}
