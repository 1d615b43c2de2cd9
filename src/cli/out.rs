//! The terminal, the clock and the two output streams.

use std::io::{ErrorKind, IsTerminal as _, Write as _};
use std::time::{SystemTime, UNIX_EPOCH};

use super::Exit;
use super::args::Color;
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
                self.fail(&format!("cannot write the result: {error}"))
            }
            Ok(()) | Err(_) => exit,
        }
    }

    /// Writes a line to standard error; there is no one left to tell if that fails.
    pub(super) fn note(&self, text: &str) {
        let mut stderr = std::io::stderr().lock();
        let _ = writeln!(stderr, "{text}");
    }

    /// Writes a problem to standard error, and gives back how the run ends.
    pub(super) fn fail(&self, problem: &str) -> Exit {
        self.note(&format!("error: {problem}"));
        Exit::Usage
    }

    /// Writes each of some problems to standard error.
    pub(super) fn errors(&self, problems: &[String]) {
        for problem in problems {
            self.note(&format!("error: {problem}"));
        }
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

    /// Clears the screen, if there is one.
    pub(super) fn clear(&self) {
        if std::io::stdout().is_terminal() {
            self.print("\u{1b}[2J\u{1b}[H", Exit::Clean);
        }
    }

    /// Whether a person watches standard error.
    pub(super) fn watched(&self) -> bool {
        std::io::stderr().is_terminal()
    }
}

/// Whether this is a job of GitHub Actions.
pub(super) fn in_github_actions() -> bool {
    std::env::var_os("GITHUB_ACTIONS").is_some_and(|v| v == "true")
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
    date_of((seconds / 86_400) as i64)
}

/// The day that lies so many days after 1970-01-01.
fn date_of(days: i64) -> Date {
    // Hinnant's calendar, with years that begin in March; the other direction is `Date::days`.
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    Date { year: year as u16, month: month as u8, day: (of_year - (153 * shifted + 2) / 5 + 1) as u8 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_calendar() {
        for day in [0, 58, 59, 60, 365, 11_016, 19_782, 20_779, 47_540] {
            assert_eq!(date_of(day).days(), day);
        }
        assert_eq!(date_of(19_782).to_string(), "2024-02-29");
    }
}
