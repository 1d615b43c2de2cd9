//! Macros of the workspace: expansion, hygiene, places, and definitions of any form.

use super::{func, rust, under, unit};
use crate::ir::GapKind;
use crate::ir::body::{Rvalue, Stmt};
use crate::ir::print::print_func;

/// Runs on the stack that workers have.
fn on_worker(f: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().stack_size(16 << 20).spawn(f).unwrap().join().unwrap();
}

/// Asserts that `f` is lowered like `g`, which is written out. Temporaries may be numbered in another way.
#[track_caller]
fn same(text: &str) {
    let unit = unit(text);
    assert_eq!(unit.gaps, []);
    let body = |name: &str| {
        let printed = print_func(func(&unit, name));
        let mut seen: Vec<String> = Vec::new();
        let mut out = String::new();
        let mut rest = printed.split_once('\n').map_or("", |(_, body)| body);
        while let Some(at) = rest.find(['_', '#', '\'']) {
            let (before, after) = rest.split_at(at);
            out.push_str(before);
            let digits = after[1..].bytes().take_while(u8::is_ascii_digit).count();
            let token = &after[..=digits];
            match digits {
                0 => out.push_str(token),
                // Which of several variables of one name it is.
                _ if token.starts_with('#') => {}
                _ => {
                    let n = seen.iter().position(|s| s == token).unwrap_or_else(|| {
                        seen.push(token.to_owned());
                        seen.len() - 1
                    });
                    out.push_str(&format!("{}{n}", &token[..1]));
                }
            }
            rest = &after[token.len()..];
        }
        out + rest
    };
    assert_eq!(body("f"), body("g"), "in {text}");
}

/// The gaps of a text.
#[track_caller]
fn gaps(text: &str) -> Vec<(GapKind, String)> {
    unit(text).gaps.into_iter().map(|g| (g.kind, g.what)).collect()
}

#[test]
fn fragments_stay_what_they_are() {
    same(
        "macro_rules! m { ($a:expr, $b:expr) => { $a * $b } }
        fn f(x: X) { let y = m!(x.a + 1, x.b); }
        fn g(x: X) { let y = (x.a + 1) * x.b; }",
    );
    same(
        "macro_rules! m { ($t:ty) => { <$t>::new() as $t } }
        fn f() { let y = m!(Vec<u8>); }
        fn g() { let y = <Vec<u8>>::new() as Vec<u8>; }",
    );
    same(
        "macro_rules! m { ($p:path, $l:lifetime, $v:literal, $t:tt) => { $l: loop { if $p($v) { break $l; } h $t; } } }
        fn f() { m!(a::b, 'x, -1, (1, 2)) }
        fn g() { 'x: loop { if a::b(-1) { break 'x; } h(1, 2); } }",
    );
    same(
        "macro_rules! m { ($o:tt $a:tt $b:tt) => { $a $o $b } }
        fn f(a: u8, b: u8) { let x = m!(== a b); let y = m!(+= x b); }
        fn g(a: u8, b: u8) { let x = a == b; let y = x += b; }",
    );
    same(
        "macro_rules! m { ($($k:ident: $($v:expr),+);* $(;)?) => { ($(h($(k::$k($v)),+)),*) } }
        fn f() { m!(a: 1, 2; b: 3;) }
        fn g() { (h(k::a(1), k::a(2)), h(k::b(3))) }",
    );
    same(
        "macro_rules! m { ($a:expr $(=> $b:expr)? $(, $($c:ident)|+)*) => { (h($a $(, $b)?), [$([$($c),+]),*]) } }
        fn f(c: C, d: D) { m!(1 => 2, c | d, d); m!(3); }
        fn g(c: C, d: D) { (h(1, 2), [[c, d], [d]]); (h(3), []); }",
    );
    same(
        "macro_rules! inner { ($e:expr) => { $e.len() }; }
        macro_rules! m { ($e:expr) => { inner!($e) } }
        fn f(a: A) { m!(a.b + a.c) }
        fn g(a: A) { (a.b + a.c).len() }",
    );
    same(
        "macro_rules! kind { (true) => { 1 }; ($e:expr) => { 2 } }
        macro_rules! m { ($e:expr, $t:tt) => { (kind!($e), kind!($t)) } }
        fn f() { m!(true, true) }
        fn g() { ({ 2 }, { 1 }) }",
    );
}

#[test]
fn statements_and_their_value() {
    same(
        "macro_rules! m { ($n:ident) => { let $n = 1; $n } }
        fn f() -> u8 { m! { x } }
        fn g() -> u8 { let x = 1; x }",
    );
    same(
        "macro_rules! m { ($e:expr) => { h($e); } }
        fn f() { m!(1); let x = m!(2); }
        fn g() { h(1); let x = h(2); }",
    );
    same(
        "macro_rules! m { ($($s:stmt;)*) => { $($s;)* } }
        fn f() { m! { let a = 1; h(a); let b: u8 = a; } h(b); }
        fn g() { let a = 1; h(a); let b: u8 = a; h(b); }",
    );
    same(
        "macro_rules! m { () => {} }
        fn f() { m!(); m! {} h(); }
        fn g() { h(); }",
    );
}

#[test]
fn variables_and_labels_of_an_expansion_are_its_own() {
    let text = "macro_rules! m { ($e:expr) => {{ let x = 1; h(x, $e, format!(\"{x}\")) }} }
        fn f(x: X) { m!(x) }";
    let unit = unit(text);
    let printed = print_func(func(&unit, "f"));
    assert!(printed.contains("x#2 = 1\n"), "{printed}");
    assert!(printed.contains("format {x#2}\n"), "{printed}");
    assert!(printed.contains("ret = h(x#2, x#1, _3)\n"), "{printed}");
    same(
        "macro_rules! m { ($b:block) => { 'a: loop { loop $b } } }
        fn f() { 'a: loop { m!({ break 'a; }) } }
        fn g() { 'b: loop { 'a: loop { loop { break 'b; } } } }",
    );
    // What it does not bind is no variable of the caller: here a function.
    let unit = super::unit("macro_rules! m { () => { x(Y) } } fn f(z: X) { let x = z; x(Y); m!() }");
    let printed = print_func(func(&unit, "f"));
    assert!(printed.ends_with("_3 = call x(Y)\n  ret = x(Y)\n"), "{printed}");
}

#[test]
fn what_a_rule_wrote_stands_at_the_call() {
    let text = "macro_rules! send {
            ($x:expr) => { out($x.mail, \"text\", 7) };
        }
        fn f(user: U) {
            send!(user.home);
        }";
    super::spans::check(text);
    let unit = unit(text);
    let Some([Stmt::Assign { src: Rvalue::Call { spans, .. }, span, .. }]) = func(&unit, "f").body.as_deref() else {
        panic!("one call is expected");
    };
    let [written] = rust(&unit).written.as_slice() else { panic!("one call is written") };
    assert_eq!((written.place, written.by.as_str()), (*span, "send"));
    assert_eq!((under(text, written.call), under(text, written.at)), ("send", "out"));
    let args: Vec<&str> = spans.iter().map(|s| under(text, *s)).collect();
    assert_eq!(args, ["user.home", "send", "send"]);
    let body = print_func(func(&unit, "f"));
    assert!(body.contains("out(user.home.mail, \"text\", 7)"), "{body}");
}

#[test]
fn literals_and_attributes_of_a_rule() {
    let text = "macro_rules! m { ($name:ident, $s:literal) => {
            #[derive(Serialize)]
            #[serde(rename_all = \"camelCase\")]
            pub struct $name { #[serde(rename = \"mail\", skip)] a: u8, #[serde(rename = $s)] b: u8 }
            pub const TEXT: &str = concat!(\"a\\n\", $s, 1, 'c', true);
            pub const NUMBER: i32 = -0x1F;
        } }
        m!(A, \"x\");";
    let unit = unit(text);
    assert_eq!(unit.gaps, []);
    let unit = rust(&unit);
    assert!(!unit.hidden_items);
    let ty = &unit.types[0];
    assert_eq!(
        (ty.name.as_str(), ty.derives.len(), ty.said("serde", "rename_all").collect::<Vec<_>>()),
        ("A", 1, vec!["camelCase"])
    );
    let crate::ir::items::TypeKind::Struct(fields) = &ty.kind else { panic!("a struct is expected") };
    assert_eq!(fields[0].attrs.serde_rename.as_deref(), Some("mail"));
    assert_eq!(fields[1].attrs.serde_rename.as_deref(), Some("x"));
    assert!(fields[0].attrs.serde_skip);
    let value = |i: usize| unit.consts[i].init.as_ref().map(|f| print_func(f)).unwrap_or_default();
    assert!(value(0).contains("\"a\\nx1ctrue\""), "{}", value(0));
    assert!(value(1).contains("-0x1F"), "{}", value(1));
}

#[test]
fn statements_of_sql_are_told_apart() {
    let text = "macro_rules! m { ($a:expr) => { q(\"SELECT a FROM t\"); q(\"SELECT b FROM t\"); q($a) } }
        fn f() { m!(\"SELECT c FROM t\"); m!(\"SELECT d FROM t\"); }";
    let unit = unit(text);
    let found: Vec<&str> = rust(&unit).embedded.iter().map(|e| under(text, e.span)).collect();
    assert_eq!(found, ["m", "m!", "\"SELECT c FROM t\"", "m", "m!", "\"SELECT d FROM t\""]);
}

#[test]
fn definitions_of_every_form() {
    for definition in [
        "macro_rules! m { ($x:expr) => { h($x) } }",
        "macro_rules! m { ($x:expr) => { h($x) }; }",
        "macro_rules! m ( [$x:expr] => ( h($x) ) );",
        "macro_rules! m [ {$x:expr} => [ h($x) ] ];",
        "macro_rules! m { () => {}; ($x:expr) => {{ h($x) }} }",
        "#[macro_export(local_inner_macros)] #[doc(hidden)] macro_rules! m { ($r#type:expr) => { h($r#type) } }",
        "cfg_if! { if #[cfg(a)] { macro_rules! m { ($x:expr) => { h($x) } } } }",
        "#[macro_use] mod a { #![allow(x)] macro_rules! m { ($x:expr) => { h($x) } } }",
        "mod a { macro_rules! m { ($x:expr) => { h($x) } } pub(crate) use m; } use a::m;",
        "macro_rules! n { ($x:expr) => { h($x) } } mod a { pub(crate) use n; } use self::a::n as m;",
        "macro_rules! d { ($d:tt) => { macro_rules! m { ($d x:expr) => { h($d x) } } } } d!($);",
    ] {
        same(&format!("{definition} fn f() {{ m!(1); }} fn g() {{ h(1); }}"));
    }
}

#[test]
fn broken_definitions_and_calls_are_gaps() {
    for (definition, call) in [
        ("macro_rules! m {}", "m!(1)"),
        ("macro_rules! m { () }", "m!(1)"),
        ("macro_rules! m { () => }", "m!(1)"),
        ("macro_rules! m { () => {} () => {} }", "m!(1)"),
        ("macro_rules! m { ($x) => { h($x) } }", "m!(1)"),
        ("macro_rules! m { ($x:) => { h($x) } }", "m!(1)"),
        ("macro_rules! m { ($x:strange) => { h($x) } }", "m!(1)"),
        ("macro_rules! m { ($x:expr, $x:expr) => { h($x) } }", "m!(1, 2)"),
        ("macro_rules! m { ($($x:expr) => { h($x) } }", "m!(1)"),
        ("macro_rules! m { ($($x:expr),) => { h($x) } }", "m!(1,)"),
        ("macro_rules! m { ($($x:expr),*) => { h($x) } }", "m!(1)"),
        ("macro_rules! m { ($x:expr) => { $(h($x))* } }", "m!(1)"),
        ("macro_rules! m { ($x:expr) => { ${count($x)} } }", "m!(1)"),
        ("macro_rules! m { ($crate:expr) => { h() } }", "m!(1)"),
        ("macro_rules! m { ($) => { h() } }", "m!(1)"),
        ("macro_rules! m { ($x:expr) => { h($x) } }", "m!(1 2)"),
        ("macro_rules! m { ($x:expr) => { h($x) } }", "m!(1 +)"),
        ("macro_rules! m { ($x:expr) => { let = $x } }", "m!(1)"),
        ("macro_rules! m { ($($a:ident)* $($b:ident)*) => { h() } }", "m!(a b)"),
    ] {
        let text = format!("{definition} fn f() {{ {call}; }}");
        let found = gaps(&text);
        if found.iter().any(|(kind, _)| *kind == GapKind::File) {
            continue;
        }
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        assert!(found[0].1.starts_with("macro `m!` was not expanded: "), "{found:?}");
    }
    // In an item position nothing is known of what it defines.
    let unit = unit("macro_rules! m { () => { 1 + } } m!();");
    assert!(rust(&unit).hidden_items);
    assert_eq!(unit.gaps.len(), 1);
}

#[test]
fn what_has_no_end_is_a_gap() {
    on_worker(|| {
        for (definition, call) in [
            ("macro_rules! m { ($($x:tt)*) => { m!($($x)* a) } }", "m!()"),
            ("macro_rules! m { ($($x:tt)*) => { m!($($x)* $($x)*) } }", "m!(a)"),
            ("macro_rules! m { () => {{ m!(); m!() }} }", "m!()"),
            ("macro_rules! m { ($($x:tt)*) => { [m!($($x)*), m!($($x)*), m!($($x)*)] } }", "m!(a)"),
            ("macro_rules! m { ($x:expr) => { m!(!!!!!!!!!!!!!!!!!!!!$x) } }", "m!(a)"),
            ("macro_rules! m { ($x:tt) => { (((((((((((((((((((((m!($x)))))))))))))))))))))) } }", "m!(a)"),
            ("macro_rules! m { ($x:tt) => { m!({{{{{{{{{{$x}}}}}}}}}}) } }", "m!(a)"),
            ("macro_rules! m { ($x:tt) => { vec![if a { loop { m!($x) } } else { m!($x) }] } }", "m!(a)"),
            ("macro_rules! m { ($x:tt) => { format!(\"{}\", m!($x)) } }", "m!(a)"),
            ("macro_rules! m { ($n:ident $b:tt $($t:tt)*) => { $n $b { $n $b $($t)* } } }", "m!(m ! m ! a)"),
            ("macro_rules! m { () => { n!() } } macro_rules! n { () => { m!() } }", "m!()"),
            ("macro_rules! m { () => { { fn a() { m!() } } } }", "m!()"),
            ("macro_rules! m { () => { { struct A; impl A { m!(@); } } }; (@) => { fn a() { m!() } } }", "m!()"),
            ("macro_rules! m { () => { Vec<m!()> } }", "h::<m!()>()"),
            ("macro_rules! m { () => { (m!(), 1) } }", "let m!() = a"),
            ("macro_rules! m { () => { macro_rules! m { () => { m!() } } m!() } }", "m!()"),
        ] {
            let start = std::time::Instant::now();
            let text = format!("{definition} fn f() {{ {call}; }}");
            let found = gaps(&text);
            assert!(found.iter().any(|(kind, _)| *kind == GapKind::Limit), "{text}: {found:?}");
            assert!(found.len() < 20, "{text}: {} gaps", found.len());
            assert!(start.elapsed().as_secs() < 20, "{text}: {:?}", start.elapsed());
        }
        let items = "macro_rules! m { ($n:ident) => { mod $n { m!(a); m!(b); } } } m!(c);";
        assert!(gaps(items).iter().any(|(kind, _)| *kind == GapKind::Limit));
    });
}

#[test]
fn what_is_long_is_no_gap() {
    on_worker(|| {
        let list = "macro_rules! m { ($($k:ident => $v:expr),* $(,)?) => { [$((stringify!($k), $v)),*] } }";
        let text = format!("{list} fn f() {{ m!({}); }}", "a => b.c + 1, ".repeat(5_000));
        assert_eq!(gaps(&text), []);
        let muncher = "macro_rules! m { () => {}; ($k:ident $v:expr; $($rest:tt)*) => { h($v); m!($($rest)*); } }";
        let text = format!("{muncher} fn f() {{ m!({}); }}", "a b.c + 1; ".repeat(100));
        assert_eq!(gaps(&text), []);
        let text = format!("macro_rules! m {{ ($e:expr) => {{ h($e) }} }} fn f() {{ {} }}", "m!(a.b); ".repeat(5_000));
        assert_eq!(gaps(&text), []);
    });
}

#[test]
fn any_hole_in_a_definition_or_call() {
    on_worker(|| {
        let text = "#[macro_export] macro_rules! m {
                ($(#[$m:meta])* $v:vis struct $n:ident { $($f:ident: $t:ty = $d:expr),* $(,)? }) => {
                    $(#[$m])* $v struct $n { $($f: $t),* }
                    impl $n { $(pub fn $f(&self) -> &$t { m!(@ self, $f) })* pub fn new() -> Self { $n { $($f: $d),* } } }
                };
                (@ $s:expr, $f:ident) => { { let it = &$s.$f; $crate::seen(\"{it}\", it) } };
                ($p:pat => $b:block, $l:lifetime, $s:stmt; $($x:tt)*) => { $l: loop { $s; if let $p = 1 $b m!($($x)*) } };
            }
            m! { #[derive(Debug)] pub struct A { a: Vec<u8> = vec![1], b: (u8, u8) = (1, 2), } }
            fn f() { m!(Some(x) | Ok(x) => { h(x) }, 'a, let y = 1; @ f, g); }";
        assert_eq!(gaps(text), []);
        for lo in 0..text.len() {
            for len in [1, 3, 17] {
                let mut holed = text.to_owned();
                if text.is_char_boundary(lo) && text.is_char_boundary((lo + len).min(text.len())) {
                    holed.replace_range(lo..(lo + len).min(text.len()), "");
                }
                assert!(gaps(&holed).iter().all(|(kind, _)| *kind != GapKind::Panic), "{holed}");
            }
        }
    });
}
