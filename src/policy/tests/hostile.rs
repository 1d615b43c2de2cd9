//! No text makes the reader panic, hang or point outside of the text.

use super::*;

/// A small generator of numbers, so that a failure can be repeated.
pub(super) struct Dice(pub u64);

impl Dice {
    pub(super) fn roll(&mut self, sides: usize) -> usize {
        // The multiplier of Knuth's MMIX.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides.max(1)
    }
}

fn within(text: &str, found: &[Diagnostic]) {
    for d in found {
        assert!(!d.labels.is_empty() && !d.message.is_empty(), "{d:?}");
        for l in &d.labels {
            let range = l.span.lo as usize..l.span.hi as usize;
            assert!(text.get(range).is_some(), "{d:?} outside of a text of {} bytes:\n{text}", text.len());
        }
    }
}

/// Everything that reads a text.
fn read(text: &str) {
    let (policy, found) = try_load(text);
    within(text, &found);
    assert_eq!(policy.is_none(), found.iter().any(|d| d.severity == crate::diag::Severity::Error), "{text}");
    match format(text) {
        Ok(once) => {
            assert_eq!(format(&once).as_deref(), Ok(once.as_str()), "not stable:\n{text}\n--\n{once}");
            if let Some(policy) = &policy {
                let (again, more) = try_load(&once);
                let again = again.unwrap_or_else(|| panic!("{}", show(&once, &more)));
                assert_eq!(policy.bindings.len(), again.bindings.len());
            }
        }
        Err(found) => {
            within(text, &found);
            assert!(found.iter().all(|d| !d.message.contains("formatting would")), "{text}\n{found:?}");
        }
    }
    let _ = imports(text);
    if let Some(policy) = policy {
        within(text, &lint(&policy, today()));
        let _ = run_tests(&policy, today());
    }
}

#[test]
fn changed_bytes_never_panic() {
    let whole = std::format!("{PRIVACY}{}", BINDINGS.replace("purlin 1\nimport \"privacy.purlin\"\n", ""));
    let mut dice = Dice(7);
    let pieces = [
        "{",
        "}",
        "\"",
        ",",
        "#",
        "\u{201C}",
        "é",
        "\u{A0}",
        "and",
        "or",
        " of ",
        "except",
        "anything",
        "for ",
        "\n",
        "\r",
        "::",
        "(",
        "<",
        "r#",
        "*",
        "->",
        "1",
        "2027-13-01",
        "must not ",
        "purpose ",
        "category",
        "é{",
        "if false",
        "\u{0}",
        "not personal",
        "`",
        ".",
        "..",
        "month",
        "\"\"",
    ];
    for round in 0..160 {
        // A window of the file, so that a round is quick and mistakes do not hide each other.
        let mut text: String = if round % 20 == 0 {
            whole.clone()
        } else {
            let lines: Vec<&str> = whole.lines().collect();
            let from = dice.roll(lines.len());
            std::format!("purlin 1\n{}", lines[from..(from + 25).min(lines.len())].join("\n"))
        };
        for _ in 0..=dice.roll(3) {
            let at = (0..text.len()).cycle().skip(dice.roll(text.len())).find(|&i| text.is_char_boundary(i)).unwrap();
            match dice.roll(3) {
                0 => text.insert_str(at, pieces[dice.roll(pieces.len())]),
                1 => {
                    text.remove(at);
                }
                _ => {
                    let end = (at + dice.roll(40)).min(text.len());
                    let end = (end..=text.len()).find(|&i| text.is_char_boundary(i)).unwrap();
                    let part = text[at..end].to_owned();
                    text.insert_str(at, &part);
                }
            }
        }
        read(&text);
    }
}

#[test]
fn every_beginning_is_read() {
    for end in (0..PRIVACY.len()).filter(|&i| PRIVACY.is_char_boundary(i)).step_by(101) {
        let text = &PRIVACY[..end];
        let (_, found) = try_load(text);
        within(text, &found);
    }
}

#[test]
fn braces_may_not_nest_without_end() {
    for n in [60, 70, 10_000] {
        let deep = std::format!("purlin 1\ncategory a {}{}", "{ a ".repeat(n), "}".repeat(n));
        let (_, found) = try_load(&deep);
        within(&deep, &found);
        assert_eq!(found.iter().any(|d| d.code == "P14"), n > 64);
        let open = std::format!("purlin 1\n{}", "category a {\n".repeat(n));
        let (_, found) = try_load(&open);
        within(&open, &found);
        assert!(found.len() < 300);
    }
    // Long, flat, and not quadratic.
    let long = std::format!("purlin 1\ncategory a\nsubject s\n{}", "must not use a of s \"why\"\n".repeat(1_000));
    assert!(try_load(&long).0.is_some());
    let one = std::format!("purlin 1\ncategory a\nmust not use {} \"why\"\n", vec!["a"; 5_000].join(", "));
    assert!(try_load(&one).0.is_some());
    let bad = std::format!("purlin 1\n{}", "} ".repeat(10_000));
    assert!(try_load(&bad).1.len() < 300);
    let quotes = std::format!("purlin 1\n{}", "category \"\n".repeat(10_000));
    assert!(try_load(&quotes).1.len() < 300);
    let many: Vec<String> = (0..10_000).map(|i| std::format!("c{i}")).collect();
    let (_, found) = try_load(&std::format!("purlin 1\ncategory all {{ {} }}", many.join(", ")));
    assert_eq!(found.iter().map(|d| d.code).collect::<Vec<_>>(), ["P14"]);
}

#[test]
fn word_processors_are_forgiven() {
    let text = "\u{FEFF}purlin 1\r\ncategory\u{A0}name \u{201C}Names\u{201D}\r\ncategory mail \u{201D}Swedish\u{201D}\r\n\
                category post \u{201E}German\u{201C}\r\nsubject s\r\n\r\n\r\npurpose p \u{201C}A \"quoted\" word\u{201D} {\r\n\
                \u{A0}\u{A0}about s # who\r\n  basis contract\r\n  uses name\r\n}\r\n";
    let (policy, found) = try_load(text);
    let policy = policy.unwrap_or_else(|| panic!("{}", show(text, &found)));
    let texts: Vec<Option<&str>> = policy.categories.iter().map(|c| c.text.as_deref()).collect();
    assert_eq!(texts, [Some("Names"), Some("Swedish"), Some("German")]);
    assert_eq!(policy.purposes[0].text.as_deref(), Some("A \"quoted\" word"));
    assert_eq!(
        format(text).unwrap(),
        "purlin 1\ncategory name \"Names\"\ncategory mail \"Swedish\"\ncategory post \"German\"\nsubject s\n\n\
         purpose p \u{201C}A \"quoted\" word\u{201D} {\n  about    s  # who\n  basis    contract\n  uses     name\n}\n"
    );
}
