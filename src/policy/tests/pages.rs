//! The page of the P codes: every code has a section, its example gives the code, and its fix does not.

use super::*;

const PAGE: &str = include_str!("../../../docs/rules/policy.md");

/// The codes that a text gives below the declarations of the page.
fn given(base: &str, text: &str) -> Vec<&'static str> {
    let whole = if text.starts_with("purlin") { text.to_owned() } else { std::format!("{base}\n{text}") };
    let (policy, mut found) = try_load(&whole);
    if let Some(policy) = policy {
        found.extend(lint(&policy, today()));
        found.extend(weak(&run_tests(&policy, today())));
    }
    found.iter().map(|d| d.code).collect()
}

fn blocks(section: &str) -> Vec<&str> {
    section.split("```purlin\n").skip(1).filter_map(|b| b.split("\n```").next()).collect()
}

#[test]
fn every_code_has_an_example_that_gives_it_and_a_fix_that_does_not() {
    let mut sections = PAGE.split("\n## ");
    let base = blocks(sections.next().unwrap())[0];
    let mut told = Vec::new();
    for section in sections {
        let (key, _) = section.split_once(':').unwrap();
        let (code, name) = key.split_once(' ').unwrap();
        let info = codes().iter().find(|c| c.code == code).unwrap_or_else(|| panic!("{code} is no code"));
        assert_eq!(info.name, name);
        for part in ["**What.**", "**Why.**", "**Example.**", "**Fix.**"] {
            assert!(section.contains(part), "{code} has no {part}");
        }
        let [wrong, right] = blocks(section)[..] else { panic!("{code} needs two blocks") };
        let (before, again) = (given(base, wrong), given(base, right));
        let count = |found: &[&str]| found.iter().filter(|c| **c == code).count();
        assert!(count(&before) > 0, "{code} is not given by\n{wrong}\nbut {before:?}");
        // The examples do not need all that the base declares.
        let rest = if code == "P39" { count(&before) - 1 } else { 0 };
        assert_eq!(count(&again), rest, "{code} is still given by\n{right}");
        let error = |c: &&&str| codes().iter().any(|i| i.code == **c && i.error);
        assert_eq!(again.iter().find(error), None, "the fix of {code} is broken");
        told.push(code);
    }
    let all: Vec<&str> = codes().iter().map(|c| c.code).filter(|c| c.starts_with('P')).collect();
    assert_eq!(told, all);
}
