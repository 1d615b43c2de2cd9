//! One line for each finding, as compilers and editors read them: `path:line:column: error[R02]: message`,
//! with the finding's fingerprint at the end.
//!
//! Columns count characters. The last lines are those of the full text.

use std::fmt::Write as _;

use super::rows::rows;
use super::text::Text;
use super::{Rendered, Report, Wish, severity};

/// The lines for one or several policy roots.
///
/// # Errors
/// Never.
pub fn render(reports: &[Report<'_>], wish: Wish) -> Rendered {
    let mut out = String::new();
    for report in reports {
        for row in rows(std::slice::from_ref(report)) {
            let place = row.at.map_or_else(String::new, |at| format!("{}: ", row.sources.show(at)));
            // What `purlin waive` and `purlin baseline mistaken` ask for.
            let print = row.finding.map_or_else(String::new, |f| format!(" [{}]", f.fingerprint));
            let _ = writeln!(out, "{place}{}[{}]: {}{print}", severity(row.severity), row.code, row.message);
        }
        for waived in &report.judged.waived {
            let (finding, place) = (&waived.finding, report.sources.show(waived.finding.arrival.span));
            let until = format!("{}, until {}", waived.owner, waived.until);
            let _ = writeln!(out, "{place}: waived[{}]: {} ({until})", finding.rule.code(), finding.message);
        }
        // Writing to a string cannot fail.
        let _ = Text::new(report.sources, wish.style).last_lines(&mut out, report);
    }
    Ok(out)
}
