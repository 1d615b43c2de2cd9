//! A file that is read in pieces becomes what it does as a whole.

use super::super::{Reader, pieces, scan};
use crate::front::rust::Definitions;
use crate::limits::RUST_HEIGHT;
use crate::source::FileId;

/// What a text becomes in pieces that are at least so long, and how many they are.
fn read(text: &str, least: usize) -> (String, usize) {
    let (file, macros) = (FileId(0), Definitions::default());
    let seen = scan::scan(text, RUST_HEIGHT, false);
    let reader = Reader { file, text, seen: &seen, macros: &macros, dialect: None, notes: false };
    let pieces = pieces::pieces(text.len(), &seen, least);
    (format!("{:?}", reader.read(&pieces)), pieces.len())
}

#[track_caller]
fn falls_into(text: &str, count: usize) {
    let (in_pieces, found) = read(text, 1);
    assert_eq!(in_pieces, read(text, usize::MAX).0, "{text}");
    assert!(in_pieces.starts_with("Ok"), "{in_pieces}");
    assert_eq!(found, count, "{text}");
}

#[test]
fn items() {
    falls_into("use a::b;\nmod c;\nfn f() { b(1); }\n#[inline]\nfn g() { f() }", 4);
    falls_into("//! About it.\n#![allow(dead_code)]\nfn f() {}\npub(crate) fn g() {}\n", 2);
    falls_into("fn f() {} fn g() { h(1) } pub struct S; use a::h;", 4);
}

#[test]
fn places_stay() {
    falls_into("/* ü */ fn f() { a(\"ü\"); } /* ß */ fn g() { ä::b(\"ö\"); }\r\n\r\n/** Ü\n*/ pub fn h() { c(); }", 3);
    falls_into("\u{feff}fn f() { a(1) } fn g() { b(1) }\nfn h() { c(1) }", 3);
    falls_into("fn f() { a(1) } // ü\n// ü }\nfn g() { b(\"create table t (ü int)\") } fn h() { c(1) }", 3);
}

#[test]
fn what_is_no_end() {
    for text in [
        "impl A<{ N }> for B<{ 1 }> where C<{ 2 }>: D {}",
        "const A: S = S { a: 1 };",
        "static A: u8 = if B { 1 } else { match C { _ => 2 } };",
        "const A: fn() = { fn f() {} f };",
        "fn f() -> [u8; { 3 }] { g(\"} fn g() {\", '}', b'}', r#\"} pub fn \"#) }",
        "fn f<'a>() { /* } fn g() { */ g::<'a'>('\\'') }",
        "a! { } b! { fn f() {} }",
        "macro_rules! a { ($a:ident) => { fn $a() {} }; }",
    ] {
        falls_into(text, 1);
        falls_into(&format!("{text} fn last() {{ h(1) }}"), 2);
    }
}

#[test]
fn imports_come_first() {
    falls_into("fn f() { error!(\"{a}\"); }\nstruct S;\npub use b::error;\nfn g() { error!(\"{b}\") }", 4);
}

#[test]
fn what_cannot_be_read_is_so_as_a_whole() {
    let before = "fn f() { g(1) }\n".repeat(4000);
    for text in ["fn f() {}\nfn g() { ) }\nfn h() {}", "const A: u8 = B {}\nfn g() {}"] {
        assert!(read(text, 1).0.starts_with("Err"), "{text}");
        let (alone, after) = (super::unit(text).gaps, super::unit(&(before.clone() + text)).gaps);
        let [(a, b)] = alone.iter().zip(&after).collect::<Vec<_>>()[..] else { panic!("{alone:?} {after:?}") };
        assert_eq!((&a.what, a.kind), (&b.what, b.kind), "{text}");
        assert_eq!(a.span.lo as usize + before.len(), b.span.lo as usize, "{text}");
    }
}

#[test]
fn what_is_not_asked_for_is_blank() {
    let text = "fn f() { \"ü\" } mod m { fn g() {} }\n#[a]\nfn h() {\n} mod n;\n";
    let seen = scan::scan(text, RUST_HEIGHT, false);
    let kept = pieces::some(text, &seen, |item| item.contains("mod "));
    let blank = " ".repeat("fn f() { 'ü' }".chars().count());
    assert_eq!(kept, blank + " mod m { fn g() {} }\n\n\n  mod n;\n");
}
