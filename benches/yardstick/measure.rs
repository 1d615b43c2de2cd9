//! Clock and memory around one run.

use std::cell::RefCell;
use std::hint::black_box;
use std::time::{Duration, Instant};

use purlin::cli::Answer;
use purlin::engine::{Options, analyze_watched};
use purlin::flow::Confidence;
use purlin::policy::Date;
use purlin::project::Inputs;
use purlin::report::text::{Style, Text};
use rayon::prelude::*;

/// How long something took.
#[derive(Clone, Copy, Debug, Default)]
pub struct Took {
    /// By the clock.
    pub wall: Duration,
    /// Of all processors, the better measure on a busy machine; by the clock where the system does not tell.
    pub cpu: Duration,
}

impl Took {
    /// Both, one after the other.
    pub fn and(self, other: Took) -> Took {
        Took { wall: self.wall + other.wall, cpu: self.cpu + other.cpu }
    }

    /// The least of each.
    pub fn least(self, other: Took) -> Took {
        Took { wall: self.wall.min(other.wall), cpu: self.cpu.min(other.cpu) }
    }
}

/// A moment of the clock and of the processors.
#[derive(Clone, Copy, Debug)]
pub struct Moment(Instant, Option<Duration>);

impl Moment {
    /// This one.
    pub fn now() -> Moment {
        Moment(Instant::now(), cpu())
    }

    /// From an earlier one to this one.
    pub fn since(self, earlier: Moment) -> Took {
        let wall = self.0 - earlier.0;
        Took { wall, cpu: self.1.zip(earlier.1).map_or(wall, |(now, then)| now.saturating_sub(then)) }
    }
}

/// The phase in which a run gives back what it holds. The program does not: it ends, and the system takes all at once.
const DROP: &str = "drop";

/// One run of the whole analysis.
#[derive(Clone, Debug)]
pub struct Run {
    /// Its phases, in order.
    pub phases: Vec<(&'static str, Took)>,
    /// All of it but [`DROP`].
    pub took: Took,
    /// All of it the first time, when what is kept for the life of the process is made.
    pub first: Took,
    /// Most resident memory of the process, in bytes, where the system tells.
    pub peak: Option<u64>,
    /// Functions that were looked at.
    pub functions: usize,
    /// Labelled places that were found.
    pub labelled: usize,
    /// Findings.
    pub findings: usize,
}

/// `syn::parse_file` over all Rust files, with the trees dropped, as any analysis must do it.
pub fn parse(inputs: &Inputs) -> Took {
    let start = Moment::now();
    inputs.rust.par_iter().filter_map(|id| inputs.sources.get(*id)).for_each(|file| {
        drop(black_box(syn::parse_file(&file.text)));
        proc_macro2::extra::invalidate_current_thread_spans();
    });
    Moment::now().since(start)
}

/// Everything from texts in memory to the text of the report.
///
/// # Errors
/// What is wrong with the policy, if it is broken.
pub fn analysis(inputs: &Inputs) -> Result<Run, String> {
    let options = Options { day: Date::parse("2026-11-22").ok_or("a day")?, confidence: Confidence::Likely };
    let style = Style { color: false, unicode: true, all_gaps: false, quiet: false };
    let marks: RefCell<Vec<(&'static str, Moment)>> = RefCell::default();
    let mark = |phase| marks.borrow_mut().push((phase, Moment::now()));
    forget_peak();

    let outcome = analyze_watched(inputs, &options, &mark);
    mark("report");
    let (functions, labelled) = (outcome.stats.functions, outcome.stats.labelled_places);
    let answer = Answer::of(inputs, &options, outcome);
    let mut text = String::new();
    let written = Text::new(&inputs.sources, style).report(&mut text, &answer.report());
    mark("end");

    written.map_err(|e| e.to_string())?;
    if answer.policy_is_broken() {
        let first = answer.policy_problems.first();
        return Err(first.map_or_else(String::new, |d| format!("{}: {}", d.code, d.message)));
    }
    black_box(&text);
    let marks = marks.into_inner();
    let phases: Vec<(&'static str, Took)> = marks.windows(2).map(|w| (w[0].0, w[1].1.since(w[0].1))).collect();
    let took = phases.iter().filter(|p| p.0 != DROP).fold(Took::default(), |all, (_, took)| all.and(*took));
    Ok(Run { phases, took, first: took, peak: peak(), functions, labelled, findings: answer.judged.findings.len() })
}

/// Of two runs the faster one, and the lower peak: what was freed may still be resident.
pub fn better(best: Option<Run>, new: Run) -> Run {
    match best {
        None => new,
        Some(old) => {
            let (peak, took, first) = (old.peak.min(new.peak), old.took.least(new.took), old.first);
            Run { peak, took, first, ..if new.took.wall < old.took.wall { new } else { old } }
        }
    }
}

/// Lets the system count the most resident memory anew. Where it cannot, the peak is that of the process so far.
fn forget_peak() {
    drop(std::fs::write("/proc/self/clear_refs", "5"));
}

/// Time that the threads of this process have run. Those of the pool live as long as the process.
fn cpu() -> Option<Duration> {
    let mut nanoseconds = 0;
    for task in std::fs::read_dir("/proc/self/task").ok()? {
        let text = std::fs::read_to_string(task.ok()?.path().join("schedstat")).ok()?;
        nanoseconds += text.split_whitespace().next()?.parse::<u64>().ok()?;
    }
    Some(Duration::from_nanos(nanoseconds))
}

fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"))?;
    Some(line.trim().trim_end_matches("kB").trim().parse::<u64>().ok()? * 1024)
}
