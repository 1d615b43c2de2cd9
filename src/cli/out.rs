//! The terminal, the clock and the two output streams.

use std::io::{ErrorKind, IsTerminal as _, Write as _};
use std::time::{SystemTime, UNIX_EPOCH};

use super::Exit;
use super::args::Color;
use crate::judge::date_of_day;
use crate::policy::Date;
use crate::report::text::Style;

/// Where results and notes go.
pub(super) struct Out {
    color: Color,
}

impl Out {
    pub(super) fn new(color: Color) -> Out {
        Out { color }
    }

    /// Writes a result to standard output and gives back how the run ends: a reader that has seen enough
    /// (`| head`) changes nothing about that.
    pub(super) fn print(&self, text: &str, exit: Exit) -> Exit {
        let mut stdout = std::io::stdout().lock();
        match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => {
                self.note(&format!("error: cannot write the result: {error}"));
                Exit::Usage
            }
            Ok(()) | Err(_) => exit,
        }
    }

    /// Writes a line to standard error; there is no one left to tell if that fails.
    pub(super) fn note(&self, text: &str) {
        let mut stderr = std::io::stderr().lock();
        let _ = writeln!(stderr, "{text}");
    }

    /// The style for what is printed to standard output.
    pub(super) fn style(&self) -> Style {
        self.style_for(std::io::stdout().is_terminal())
    }

    /// The style for what is printed to standard error.
    pub(super) fn note_style(&self) -> Style {
        self.style_for(std::io::stderr().is_terminal())
    }

    fn style_for(&self, terminal: bool) -> Style {
        let color = match self.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto if is_set("NO_COLOR") => false,
            Color::Auto if is_set("CLICOLOR_FORCE") => true,
            Color::Auto => terminal && std::env::var_os("TERM").is_none_or(|t| t != "dumb"),
        };
        // Files and pipes always get the same bytes; a terminal may not be able to show them.
        Style { color, unicode: !terminal || shows_unicode(), all_gaps: false, quiet: false }
    }

    /// Whether a person watches standard error.
    pub(super) fn watched(&self) -> bool {
        std::io::stderr().is_terminal()
    }
}

fn is_set(name: &str) -> bool {
    std::env::var_os(name).is_some_and(|v| !v.is_empty() && v != "0")
}

fn shows_unicode() -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|n| std::env::var(n).ok().filter(|v| !v.is_empty()));
    locale.is_none_or(|l| l.to_ascii_lowercase().replace('-', "").contains("utf8"))
}

/// Today, UTC.
pub(super) fn today() -> Date {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
    date_of_day((seconds / 86_400) as i64)
}

/// `2026-11-22`, if there is such a day.
pub(super) fn parse_date(text: &str) -> Option<Date> {
    let mut parts = text.split('-');
    let mut next = |len: usize| {
        let part = parts.next().filter(|p| p.len() == len && p.bytes().all(|b| b.is_ascii_digit()))?;
        part.parse::<u16>().ok()
    };
    let (year, month, day) = (next(4)?, next(2)?, next(2)?);
    let date = Date { year, month: month as u8, day: day as u8 };
    let first = Date { year, month: 1, day: 1 };
    // A day that does not exist comes back from the calendar as another one.
    let real = (1..=12).contains(&month) && year >= 1970 && {
        let days = crate::judge::days_between(Date { year: 1970, month: 1, day: 1 }, date);
        days >= crate::judge::days_between(Date { year: 1970, month: 1, day: 1 }, first) && date_of_day(days) == date
    };
    (parts.next().is_none() && real).then_some(date)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_real_days_are_dates() {
        for good in ["2026-11-22", "2024-02-29", "1970-01-01", "2099-12-31"] {
            assert_eq!(crate::judge::show_date(parse_date(good).unwrap()), good);
        }
        for bad in ["2026-02-29", "2026-13-01", "2026-00-10", "2026-1-1", "26-01-01", "2026-01-32", "2026-01-01-1", "x"]
        {
            assert_eq!(parse_date(bad), None, "{bad}");
        }
    }
}
