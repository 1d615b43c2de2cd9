//! The formatter: stable, and faithful to meaning and comments.

use super::*;

#[test]
fn the_example_is_stable() {
    for text in [PRIVACY, BINDINGS] {
        let once = format(text).unwrap_or_else(|e| panic!("{}", show(text, &e)));
        assert_eq!(format(&once).unwrap(), once);
    }
}
