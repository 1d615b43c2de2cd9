//! Hostile, broken and huge input.

use super::unit;
use crate::ir::GapKind;

/// Runs on the stack that workers have.
fn on_worker(f: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().stack_size(16 << 20).spawn(f).unwrap().join().unwrap();
}

fn nested(open: &str, inner: &str, close: &str, n: usize) -> String {
    let mut text = String::from("fn f() { let x = ");
    text.push_str(&open.repeat(n));
    text.push_str(inner);
    text.push_str(&close.repeat(n));
    text.push_str("; }");
    text
}

/// Shapes that nest, by repetition: before, in the middle, after.
const SHAPES: &[(&str, &str, &str)] = &[
    ("(", "1", ")"),
    ("[", "1", "]"),
    ("{", "1", "}"),
    ("!", "x", ""),
    ("-", "x", ""),
    ("&", "x", ""),
    ("*", "x", ""),
    ("&mut ", "x", ""),
    ("|a| ", "a", ""),
    ("return ", "1", ""),
    ("1 + ", "1", ""),
    ("a && ", "b", ""),
    ("a || ", "b", ""),
    ("a == b && ", "b", ""),
    ("a = ", "b", ""),
    ("", "x", ".y"),
    ("", "x", ".y()"),
    ("", "x", "?"),
    ("", "x", ".await"),
    ("", "x", "()"),
    ("", "x", "[0]"),
    ("", "x", " as u8"),
    ("f(", "1", ")"),
    ("m!(", "1", ")"),
    ("format!(\"{}\", ", "1", ")"),
    ("json!({\"a\": ", "1", "})"),
    ("if a { 1 } else ", "{ 2 }", ""),
    ("if a { ", "1", " }"),
    ("match a { _ => ", "1", " }"),
    ("loop { ", "1", " }"),
    ("async { ", "1", " }.await"),
    ("Vec::<", "u8", ">::new()"),
    ("x as Vec<", "u8", ">"),
    ("x as (u8, A<", "u8", ">)"),
    ("S { a: ", "1", " }"),
    ("let Some(y) = ", "x", ""),
    ("Some(", "x", ")"),
    ("a::", "b", ""),
    ("..", "x", ""),
    ("unsafe { ", "1", " }"),
];

#[test]
fn a_hundred_thousand_of_everything() {
    on_worker(|| {
        for (open, inner, close) in SHAPES {
            let text = nested(open, inner, close, 100_000);
            let unit = unit(&text);
            assert_eq!(unit.gaps.len(), 1, "{open}{inner}{close}: {:?}", unit.gaps);
            assert_eq!(unit.gaps[0].kind, GapKind::File, "{open}{inner}{close}");
        }
    });
}

#[test]
fn the_highest_files_that_are_read() {
    on_worker(|| {
        for (open, inner, close) in SHAPES {
            // The greatest number of repetitions that is still read.
            let (mut low, mut high) = (1usize, 8_192usize);
            while low < high {
                let n = (low + high).div_ceil(2);
                let text = nested(open, inner, close, n);
                let seen = super::super::scan::scan(&text, crate::limits::RUST_HEIGHT, false);
                if seen.too_high_at.is_some() { high = n - 1 } else { low = n }
            }
            assert!(low >= 100, "{open}{inner}{close} is refused at {low}");
            let _ = unit(&nested(open, inner, close, low));
        }
    });
}

#[test]
fn types_patterns_and_items_that_nest() {
    on_worker(|| {
        let n = 100_000;
        for text in [
            format!("type T = {}u8{};", "Vec<".repeat(n), ">".repeat(n)),
            format!("type T = {}u8{};", "A<(), ".repeat(n), ">".repeat(n)),
            format!("type T = {}u8;", "&".repeat(n)),
            format!("type T = {}u8;", "*const ".repeat(n)),
            format!("type T = {}u8;", "fn() -> ".repeat(n)),
            format!("type T = {}u8;", "impl Fn() -> ".repeat(n)),
            format!("use {}a;", "a::".repeat(n)),
            format!("use {}a{};", "a::{".repeat(n), "}".repeat(n)),
            format!("{}{}", "mod a {".repeat(n), "}".repeat(n)),
            format!("{}{}", "fn a() {".repeat(n), "}".repeat(n)),
            format!("fn f() {{ let {}x = y; }}", "a @ ".repeat(n)),
            format!("fn f() {{ let {}x = y; }}", "&".repeat(n)),
            format!("fn f() {{ let {}x{} = y; }}", "Some(".repeat(n), ")".repeat(n)),
            format!("#[a({}b{})] fn f() {{}}", "x(".repeat(n), ")".repeat(n)),
            "(".repeat(n),
            ")".repeat(n),
            "/*".repeat(n),
            "r#".repeat(n),
            "'".repeat(n),
            "\"".repeat(n),
        ] {
            let unit = unit(&text);
            let start: String = text.chars().take(40).collect();
            assert!(unit.gaps.iter().any(|g| g.kind == GapKind::File), "{start} {:?}", unit.gaps);
        }
    });
}

#[test]
fn long_but_flat() {
    on_worker(|| {
        let list = format!("fn f() {{ g([{}]); }}", "x.y, ".repeat(100_000));
        let statements = format!("fn f() {{ {} }}", "if a < b { c(); } ".repeat(20_000));
        let arms = format!("fn f() {{ match x {{ {} _ => {{}} }} }}", "n if n < 1 => a.b.c(), ".repeat(20_000));
        let line = format!("fn f() {{ let x = \"{}\"; }}", "ä".repeat(1 << 20));
        let patterns = format!("fn f() {{ matches!(x, {} 'z') }}", "'a'..='b' | ".repeat(1_000));
        for text in [list, statements, arms, line, patterns] {
            let start = std::time::Instant::now();
            assert_eq!(unit(&text).gaps, []);
            assert!(start.elapsed().as_secs() < 20);
        }
    });
}

#[test]
fn broken_files_say_where() {
    let text = "fn f() {\n    let x = ;\n}";
    let gaps = unit(text).gaps;
    assert_eq!(gaps[0].kind, GapKind::File);
    assert_eq!(super::under(text, gaps[0].span), ";");
    assert!(gaps[0].what.starts_with("cannot parse this file: expected"), "{}", gaps[0].what);
    for text in ["fn f( {", "\"open", "fn f() { 'ab }", "\u{0}", "#", "}", "fn", "\\"] {
        let unit = unit(text);
        assert_eq!(unit.gaps.len(), 1, "{text:?}");
        assert_eq!(unit.gaps[0].kind, GapKind::File);
        assert_eq!(super::rust(&unit).modules.len(), 1);
    }
    for text in ["", "\u{feff}", "#!x", "// only", "#!/bin/sh"] {
        assert_eq!(unit(text).gaps, [], "{text:?}");
    }
}

#[test]
fn any_beginning_of_a_file_and_any_hole_in_it() {
    on_worker(|| {
        let text = include_str!("bodies.rs");
        let mut state = 12345u64;
        let mut random = |n: usize| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 33) as usize % n
        };
        for _ in 0..150 {
            let mut cut = random(text.len());
            while !text.is_char_boundary(cut) {
                cut -= 1;
            }
            let _ = unit(&text[..cut]);
            let mut end = (cut + random(40)).min(text.len());
            while !text.is_char_boundary(end) {
                end += 1;
            }
            let holed = format!("{}{}", &text[..cut], &text[end..]);
            let unit = unit(&holed);
            assert!(unit.gaps.iter().all(|g| g.kind != GapKind::Panic), "{:?}", unit.gaps);
        }
    });
}
