//! `purlin:` comments and what they are attached to.

use super::{rust, under, unit};
use crate::ir::body::Stmt;
use crate::ir::{GapKind, Target, Unit};

/// Annotations as `text -> target`.
fn found(text: &str) -> Vec<String> {
    let unit = unit(text);
    for annotation in &unit.annotations {
        assert_eq!(under(text, annotation.span), annotation.text);
    }
    let mut out: Vec<(u32, String)> =
        unit.annotations.iter().map(|a| (a.span.lo, format!("{} -> {}", a.text, target(&unit, &a.target)))).collect();
    for gap in &unit.gaps {
        assert_eq!(gap.kind, GapKind::Annotation);
        out.push((gap.span.lo, format!("{} -> nothing", under(text, gap.span))));
    }
    out.sort();
    out.into_iter().map(|(_, line)| line).collect()
}

fn target(unit: &Unit, target: &Target) -> String {
    let rust = rust(unit);
    match target {
        Target::File => "file".to_owned(),
        Target::Module(i) => format!("mod {}", rust.modules[*i as usize].name),
        Target::Type(i) => format!("type {}", rust.types[*i as usize].name),
        Target::Field(i, None, f) => format!("field {}.{f}", rust.types[*i as usize].name),
        Target::Field(i, Some(v), f) => format!("field {}::{v}.{f}", rust.types[*i as usize].name),
        Target::Variant(i, v) => format!("variant {}::{v}", rust.types[*i as usize].name),
        Target::Trait(i) => format!("trait {}", rust.traits[*i as usize].name),
        Target::Impl(i) => format!("impl {}", crate::ir::print::print_type(&rust.impls[*i as usize].self_ty)),
        Target::Func(i) => format!("fn {}", rust.funcs[*i as usize].name),
        Target::Param(i, p) => format!("param {p} of {}", rust.funcs[*i as usize].name),
        Target::Local(i, l) => {
            let f = &rust.funcs[*i as usize];
            format!("let {} of {}", f.locals[l.0 as usize].name.as_deref().unwrap_or("_"), f.name)
        }
        Target::Statement(i) => format!("statement of {}", rust.funcs[*i as usize].name),
        Target::Const(i) => format!("const {}", rust.consts[*i as usize].name),
        other => format!("{other:?}"),
    }
}

#[test]
fn comments_after_something() {
    let text = "
pub struct Customer {
    pub id: u64,
    pub email: String, // purlin: a
    /* purlin: b */
    pub phone: Option<String>, /* purlin: c */ // not this one
}
pub struct Email(pub String); // purlin: d
enum K {
    A { x: u8, // purlin: e
    },
    B(String), // purlin: f
}
pub fn register(
    email: &str, // purlin: g
    name: &str, /* purlin: h */ phone /* purlin: i */: &str,
) -> bool { // purlin: j
    let x = email; // purlin: k
    match x {
        1 => send(x), // purlin: l
        _ => {
            log(x) // purlin: m
        }
    }
    let y = x
        .first() // purlin: n
        .second();
    foo(a /* purlin: o */, b);
    true
} // purlin: p
const C: u8 = 1; // purlin: q
";
    assert_eq!(
        found(text),
        [
            "a -> field Customer.email",
            "b -> field Customer.phone",
            "c -> field Customer.phone",
            "d -> type Email",
            "e -> field K::A.x",
            "f -> variant K::B",
            "g -> param 0 of register",
            "h -> param 1 of register",
            "i -> param 2 of register",
            "j -> fn register",
            "k -> let x of register",
            "l -> statement of register",
            "m -> statement of register",
            "n -> let y of register",
            "o -> statement of register",
            "p -> fn register",
            "q -> const C",
        ]
    );
}

#[test]
fn comments_on_their_own_line() {
    let text = "
// purlin: a
// purlin: b
/// Documented.
#[derive(Debug)]
pub struct Customer {
    // purlin: c
    #[serde(rename = \"tel\")]
    /// The phone.
    pub phone: Option<String>,
}

// purlin: d
// An ordinary comment.
impl Customer {
    // purlin: e
    pub fn wants_news(
        // purlin: f
        &self,
        // purlin: g
        Json(body): Json<B>,
    ) -> bool {
        // purlin: h
        let x = call(
            // purlin: i
            a,
            |y| {
                // purlin: j
                send(y)
            },
        );
        if x {
            // purlin: k
            go();
            // purlin: l
        }
        match x {
            // purlin: m
            1 => {}
            _ => {}
        }
    }
}
// purlin: n
mod inner {
    // purlin: o
    trait T {
        // purlin: p
        fn need(&self);
    }
    // purlin: q
}
// purlin: r
use a::b;
";
    assert_eq!(
        found(text),
        [
            "a -> type Customer",
            "b -> type Customer",
            "c -> field Customer.phone",
            "d -> impl Customer",
            "e -> fn wants_news",
            "f -> param 0 of wants_news",
            "g -> param 1 of wants_news",
            "h -> let x of wants_news",
            "i -> let x of wants_news",
            "j -> statement of wants_news",
            "k -> statement of wants_news",
            "l -> nothing",
            "m -> statement of wants_news",
            "n -> mod inner",
            "o -> trait T",
            "p -> fn need",
            "q -> nothing",
            "r -> nothing",
        ]
    );
}

#[test]
fn comments_about_what_is_around_them() {
    let text = "
// purlin!: a
mod m {
    // purlin!: b
    fn f() {
        // purlin!: c
        let x = || { /* purlin!: d */ 1 };
    }
    impl X {
        // purlin!: e
        fn g() {}
    }
}
";
    assert_eq!(found(text), ["a -> file", "b -> mod m", "c -> fn f", "d -> fn f", "e -> mod m"]);
}

#[test]
fn attributes() {
    let text = "
#![cfg_attr(any(), purlin(\"a\"))]
#[cfg_attr(any(), purlin(guard news_opt_in))]
fn f(#[cfg_attr(any(), purlin(\"contact.email of shopper\"))] email: &str) {
    #[cfg_attr(purlin, purlin(b of c))]
    let x = 1;
    #[cfg_attr(any(), purlin(d))]
    go();
}
struct S { #[cfg_attr(any(), purlin(\"e\"))] x: u8 }
#[cfg_attr(unix, purlin(\"no\"))]
struct T;
";
    assert_eq!(
        found(text),
        [
            "a -> file",
            "guard news_opt_in -> fn f",
            "contact.email of shopper -> param 0 of f",
            "b of c -> let x of f",
            "d -> statement of f",
            "e -> field S.x",
        ]
    );
}

#[test]
fn texts_that_only_look_like_comments() {
    let text = "
/// purlin: documentation
//! purlin: no
fn f() {
    let a = \"// purlin: no\"; let b = r#\"/* purlin: no */\"#;
    let c = '\"'; // say purlin without a colon
    let d = 'x'; /* about purlin: only in the middle */
    // see https://x.example // purlin: no
    let e: &'static str = \"\\\" // purlin: no\"; // purlin: yes
}
";
    let text = &text.replace("//! purlin: no\n", "");
    assert_eq!(found(text), ["yes -> let e of f"]);
}

#[test]
fn a_statement_s_scope_carries_its_annotation() {
    let unit = unit("fn f() {\n  // purlin: purpose a\n  // purlin: purpose b\n  if x { y() }\n}");
    let body = rust(&unit).funcs[0].body.as_ref().unwrap();
    let [Stmt::Scope { annotation: outer, body }] = body.as_slice() else { panic!("{body:?}") };
    let [Stmt::Scope { annotation: inner, body }] = body.as_slice() else { panic!("{body:?}") };
    assert!(matches!(body.as_slice(), [Stmt::Assign { .. }, Stmt::If { .. }] | [Stmt::If { .. }, ..]), "{body:?}");
    let mut texts = [*outer, *inner].map(|i| unit.annotations[i as usize].text.clone());
    texts.sort();
    assert_eq!(texts, ["purpose a", "purpose b"]);
}
