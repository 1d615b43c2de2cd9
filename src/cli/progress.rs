//! A line on the terminal for whoever waits longer than half a second. Nothing is ever drawn anywhere else.

use std::io::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long nothing is said.
const PATIENCE: Duration = Duration::from_millis(500);
/// How often the line is drawn anew.
const TICK: Duration = Duration::from_millis(100);

/// Draws what a run does until it is dropped.
pub(super) struct Progress {
    phase: Arc<Mutex<&'static str>>,
    over: Arc<AtomicBool>,
    drawer: Option<JoinHandle<()>>,
}

impl Progress {
    /// Begins, if a person watches.
    pub(super) fn new(watched: bool) -> Progress {
        let phase = Arc::new(Mutex::new("reading"));
        let over = Arc::new(AtomicBool::new(false));
        let drawer = watched.then(|| {
            let (phase, over) = (Arc::clone(&phase), Arc::clone(&over));
            std::thread::spawn(move || draw(&phase, &over))
        });
        Progress { phase, over, drawer }
    }

    /// The next phase begins.
    pub(super) fn phase(&self, name: &'static str) {
        *self.phase.lock().unwrap_or_else(PoisonError::into_inner) = words(name);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        if let Some(drawer) = self.drawer.take() {
            drawer.thread().unpark();
            // It says nothing on its way out.
            let _ = drawer.join();
        }
    }
}

fn draw(phase: &Mutex<&'static str>, over: &AtomicBool) {
    let started = Instant::now();
    let mut drawn = false;
    while !over.load(Ordering::Relaxed) {
        if started.elapsed() >= PATIENCE {
            let now = *phase.lock().unwrap_or_else(PoisonError::into_inner);
            to_terminal(&line(now, started.elapsed()));
            drawn = true;
        }
        std::thread::park_timeout(TICK);
    }
    if drawn {
        to_terminal("\r\u{1b}[K");
    }
}

fn to_terminal(text: &str) {
    let mut stderr = std::io::stderr().lock();
    // There is no one left to tell if this fails.
    let _ = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
}

/// The line that stands for the one before.
fn line(phase: &str, since: Duration) -> String {
    format!("\r\u{1b}[Kpurlin: {phase}, {:.1} s", since.as_secs_f64())
}

/// A phase of the engine, as people call it.
fn words(phase: &str) -> &'static str {
    match phase {
        "policy" => "reading the policy",
        "front" => "reading code",
        "schema" | "sql" => "reading tables and statements",
        "models" | "program" => "linking names and calls",
        "bind" => "looking up the bindings",
        "judge" => "judging",
        "drop" => "tidying up",
        _ => "following data",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_replaces_the_one_before() {
        assert_eq!(line("judging", Duration::from_millis(1_234)), "\r\u{1b}[Kpurlin: judging, 1.2 s");
    }

    #[test]
    fn every_phase_of_a_run_has_its_words() {
        let seen = std::sync::Mutex::new(Vec::new());
        let inputs = crate::project::Inputs::from_memory(vec![("p.purlin".into(), "purlin 1\n".into())], |_| None);
        let day = crate::policy::Date { year: 2026, month: 11, day: 22 };
        let options = crate::engine::Options { day, confidence: crate::flow::Confidence::Likely };
        let outcome = crate::engine::analyze_watched(&inputs, &options, &|phase| seen.lock().unwrap().push(phase));
        assert!(outcome.policy.is_some());
        let seen = seen.into_inner().unwrap();
        assert!(seen.len() > 5, "{seen:?}");
        let following: Vec<&&str> = seen.iter().filter(|p| words(p) == "following data").collect();
        assert!(
            following.iter().all(|p| matches!(**p, "infer" | "summaries" | "flow" | "flows" | "down")),
            "{following:?}"
        );
    }
}
