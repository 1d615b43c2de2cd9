//! One line for each finding, as compilers and editors read them: `path:line:column: error[R02]: message`.
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
            let _ = writeln!(out, "{place}{}[{}]: {}", severity(row.severity), row.code, row.message);
        }
        // Writing to a string cannot fail.
        let _ = Text::new(report.sources, wish.style).last_lines(&mut out, report);
    }
    Ok(out)
}
