//! The formatter: stable, and faithful to meaning and comments.

use super::*;

#[test]
fn the_example_is_stable() {
    for text in [PRIVACY, BINDINGS] {
        let once = format(text).unwrap_or_else(|e| panic!("{}", show(text, &e)));
        assert_eq!(format(&once).unwrap(), once);
    }
}

/// A cell that is longer than any column may be still leaves room for the next.
#[test]
fn cells_of_any_length_stand_apart() {
    let path = format!("crate::{}::email", "a_long_module_name::".repeat(4).trim_end_matches("::"));
    let line = format!("{path} as contact.email of person");
    for count in 1..3 {
        let text = format!("purlin 1\nbind rust {{\n{}}}\n", format!("{line}\n").repeat(count));
        let formatted = super::super::format(&text).unwrap();
        assert_eq!(formatted.matches(&format!("  {line}\n")).count(), count, "{formatted}");
    }
}
