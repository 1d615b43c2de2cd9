//! The example loads, means what it says, and passes its own tests.

use super::*;

#[test]
fn the_example_loads_and_passes_its_tests() {
    let policy = example();
    assert_eq!(policy.purposes.len(), 9);
    assert_eq!(policy.bindings.len(), 17);
    assert_eq!(policy.waivers.len(), 1);
    let results = run_tests(&policy, today());
    assert_eq!(results.len(), 10);
    for r in &results {
        assert!(r.passed, "{r:#?}");
        assert!(!r.weak, "{r:#?}");
    }
}
