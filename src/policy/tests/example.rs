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

#[test]
fn clauses_that_no_test_depends_on_are_named() {
    let p = policy(
        "category a { x } category h special subject s audience w guard g region eea home region us\n\
         recipient r { acts as processor located in us contract \"c\" transfer \"t\" }\n\
         recipient q { acts as processor located in eea contract \"c\" }\n\
         purpose p { about s basis contract condition \"c\" requires g uses a, h shares a with r shows a to w }\n\
         must not show h \"why\" must not share a.x with q \"why\" should not use a \"why\"\n\
         test \"t\" {\n  allow share a of s with r for p given g\n  deny show h to anyone for p\n  deny use a for p without g\n}",
    );
    let found = coverage(&p, today());
    let index = |span: crate::source::Span| span.lo;
    assert!(found.windows(2).all(|w| index(w[0].span) <= index(w[1].span)));
    let tested: Vec<bool> = found.iter().map(|c| c.tested).collect();
    // r: contract, transfer; q: contract; p: condition, requires, uses, shares, shows; two promises.
    // Nothing shows `h`, so the promise about it is not what its test depends on.
    assert_eq!(tested, [true, true, false, false, true, true, true, false, false, false]);
    let all = coverage(&example(), today());
    assert_eq!((all.len(), all.iter().filter(|c| c.tested).count()), (28, 11));
}
