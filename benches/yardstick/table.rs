//! Numbers in columns, and how they grow.

use std::time::Duration;

use crate::measure::{Run, Took};

/// Which of two times is shown.
pub type Time = fn(Took) -> Duration;

/// One input under one policy.
#[derive(Clone, Debug)]
pub struct Row {
    /// What was measured.
    pub name: String,
    /// Under which policy.
    pub policy: &'static str,
    /// `syn::parse_file` over the same files.
    pub syn: Took,
    /// The best run.
    pub run: Run,
}

/// The names of the columns. Phases are those of the run.
pub fn head(run: &Run) -> String {
    let mut out = format!("{:<12}{:>9}{:>10}{:>9}{:>9}", "", "functions", "policy", "findings", "syn");
    for (phase, _) in &run.phases {
        out.push_str(&format!("{phase:>10}"));
    }
    out.push_str(&format!("{:>10}{:>8}{:>8}{:>8}{:>9}", "total", "first", "x syn", "x cpu", "peak MB"));
    out
}

/// A row, times in milliseconds by the clock or of the processors.
pub fn line(row: &Row, time: Time) -> String {
    let run = &row.run;
    let mut out =
        format!("{:<12}{:>9}{:>10}{:>9}{:>9}", row.name, run.functions, row.policy, run.findings, ms(time(row.syn)));
    for (_, took) in &run.phases {
        out.push_str(&format!("{:>10}", ms(time(*took))));
    }
    let peak = run.peak.map_or_else(String::new, |p| (p >> 20).to_string());
    let times = |time: Duration, of: Duration| time.as_secs_f64() / of.as_secs_f64();
    let (wall, cpu) = (times(run.took.wall, row.syn.wall), times(run.took.cpu, row.syn.cpu));
    let (total, first) = (ms(time(run.took)), ms(time(run.first)));
    out.push_str(&format!("{total:>10}{first:>8}{wall:>8.2}{cpu:>8.2}{peak:>9}"));
    out
}

/// How times grow with the number of functions over these rows of one policy: the exponent for each column.
pub fn growth(rows: &[&Row], time: Time) -> Option<String> {
    let last = rows.last().filter(|_| rows.len() > 1)?;
    let fit = |took: &dyn Fn(&Row) -> Took| {
        // What takes no time at the greatest size is noise.
        if time(took(last)) < Duration::from_millis(5) {
            return "-".to_owned();
        }
        let point = |r: &&Row| ((r.run.functions as f64).ln(), time(took(r)).as_secs_f64().max(1e-6).ln());
        format!("{:.2}", slope(&rows.iter().map(point).collect::<Vec<_>>()))
    };
    let mut out = format!("{:<12}{:>9}{:>10}{:>9}{:>9}", "  exponent", "", last.policy, "", fit(&|r| r.syn));
    for (i, _) in last.run.phases.iter().enumerate() {
        let phase = |r: &Row| r.run.phases.get(i).map_or(Took::default(), |(_, took)| *took);
        out.push_str(&format!("{:>10}", fit(&phase)));
    }
    out.push_str(&format!("{:>10}", fit(&|r| r.run.took)));
    Some(out)
}

/// The slope of the line of least squares.
fn slope(points: &[(f64, f64)]) -> f64 {
    let n = points.len() as f64;
    let mean = |of: &dyn Fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / n;
    let (x, y) = (mean(&|p| p.0), mean(&|p| p.1));
    let up: f64 = points.iter().map(|p| (p.0 - x) * (p.1 - y)).sum();
    let across: f64 = points.iter().map(|p| (p.0 - x).powi(2)).sum();
    up / across
}

/// Milliseconds, with a decimal where there are few.
fn ms(time: Duration) -> String {
    let ms = time.as_secs_f64() * 1e3;
    if ms < 100.0 { format!("{ms:.1}") } else { format!("{ms:.0}") }
}
