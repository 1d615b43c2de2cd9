//! What is left out is not missed: tests keep their functions without bodies, and everything else keeps its place.

use super::{func, rust, under, unit};

fn is_empty(text: &str, name: &str) -> bool {
    func(&unit(text), name).body.as_deref() == Some(&[])
}

#[test]
fn bodies_of_tests() {
    for text in [
        "#[cfg(test)] mod tests { fn f() { g(1); } }",
        "#[cfg(test)] impl A { pub async fn f<const N: usize>(&self) -> [u8; 2] where A: B { g(1); } }",
        "#[cfg(all(test, unix))] fn f() { g(1); }",
        "#[test] fn f() { g(1); }",
        "fn a() {} #[should_panic] #[tokio::test(flavor = \"multi_thread\")] async fn f() { g(1); }",
        "#[cfg(test)] mod tests { use a::{b, c}; struct S { a: u8 } const C: u8 = 1; mod m { fn f() { g(1); } } }",
    ] {
        assert!(is_empty(text, "f"), "{text}");
    }
}

#[test]
fn bodies_of_others() {
    for text in [
        "fn f() { g(1); }",
        "#[cfg(not(test))] fn f() { g(1); }",
        "#[cfg(any(test, unix))] fn f() { g(1); }",
        "#[cfg(test)] use a::b; fn f() { g(1); }",
        "#[cfg(test)] mod tests; fn f() { g(1); }",
        "#[cfg(test)] mod tests { fn a() {} } fn f() { g(1); }",
        "#[test] fn a() {} fn f() { g(1); }",
        "struct S { #[cfg(test)] hook: fn() } fn f() { g(1); }",
        "#[test] fn f() { fn inner() {} inner(); }",
        "#[test] fn f() { g(\"create table t (a int)\"); }",
        "// purlin: purpose a\n#[test] fn f() { g(1); }",
    ] {
        assert!(!is_empty(text, "f"), "{text}");
    }
    // What a field holds is not only for tests.
    let text = "fn f() { S { #[cfg(test)] a: g as fn(), b: { h(1); 2 } }; }";
    assert!(func(&unit(text), "f").calls().len() == 1, "{text}");
}

#[test]
fn comments_that_a_macro_asks_for() {
    let text = "
        macro_rules! documented {
            (#[doc = $text:literal] $name:ident) => { fn $name() { show($text); } };
        }
        documented! {
            /// Says something.
            f
        }";
    assert_eq!(func(&unit(text), "f").calls().len(), 1);
}

#[test]
fn the_rest_stays_where_it_is() {
    let text = "
        //! Ünïcode.
        /// Ünïcode, too.
        fn a() { /* ü */ one(); }
        #[cfg(test)] mod tests { /// Ü.
            #[test] fn b() { two(\"ü { } }\"); /* ü } */ } fn c() {} }
        fn d() { three() }";
    let unit = unit(text);
    let names: Vec<&str> = rust(&unit).funcs.iter().map(|f| under(text, f.span)).collect();
    assert_eq!(names, ["a", "b", "c", "d"]);
    assert_eq!(under(text, func(&unit, "b").extent), "fn b() { two(\"ü { } }\"); /* ü } */ }");
    assert_eq!(under(text, func(&unit, "d").calls()[0].2), "three");
    assert!(func(&unit, "b").test && func(&unit, "c").test && !func(&unit, "d").test);
}
