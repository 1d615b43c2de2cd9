//! Items of a file.

use super::{func, rust, unit};
use crate::ir::attr::Attr;
use crate::ir::items::{Owner, Storage, TypeKind};
use crate::ir::print::{print_path, print_type};
use crate::ir::{GapKind, Name};

fn uses(text: &str) -> Vec<(String, Option<String>, bool)> {
    rust(&unit(text)).uses.iter().map(|u| (u.path.join("::"), u.name.as_ref().map(Name::to_string), u.public)).collect()
}

#[test]
fn every_leaf_of_a_use() {
    let own = |path: &str, name: Option<&str>, public| (path.to_owned(), name.map(str::to_owned), public);
    assert_eq!(
        uses(
            "use a::{b, c::{self, d as e}, f::*}; pub(crate) use crate::x::self as y; pub use z as _; extern crate q as r; use ::s::r#type;"
        ),
        [
            own("a::b", Some("b"), false),
            own("a::c", Some("c"), false),
            own("a::c::d", Some("e"), false),
            own("a::f", None, false),
            own("crate::x", Some("y"), true),
            own("z", Some("_"), true),
            own("q", Some("r"), false),
            own("s::type", Some("type"), false),
        ]
    );
}

#[test]
fn modules_and_tests() {
    let unit = unit(
        "#[path = \"other.rs\"] mod a; mod b { pub mod c { fn x() {} } } #[cfg(all(test, unix))] mod t { fn y() {} }
         #[tokio::test] async fn z() {} #[cfg(any(test, feature = \"f\"))] fn w() {} #[cfg_attr(x, test)] fn v() {}",
    );
    let rust = rust(&unit);
    let names: Vec<_> = rust.modules.iter().map(|m| (m.name.as_str(), m.parent, m.external, m.test)).collect();
    assert_eq!(
        names,
        [
            ("", 0, false, false),
            ("a", 0, true, false),
            ("b", 0, false, false),
            ("c", 2, false, false),
            ("t", 0, false, true)
        ]
    );
    assert_eq!(rust.modules[1].path_attr.as_deref(), Some("other.rs"));
    let tests: Vec<_> = rust.funcs.iter().map(|f| (f.name.as_str(), f.module, f.test)).collect();
    assert_eq!(tests, [("x", 3, false), ("y", 4, true), ("z", 0, true), ("w", 0, false), ("v", 0, true)]);
}

#[test]
fn types_with_their_attributes() {
    let unit = unit(
        "#[derive(Debug, serde::Serialize)] #[cfg_attr(feature = \"db\", derive(sqlx::FromRow))]
         #[serde(rename_all = \"camelCase\")] #[diesel(table_name = users)]
         pub struct U<'a, T: Into<String> + 'a, const N: usize> where T: Clone, T::Item: Debug {
            #[serde(skip)] a: &'a mut T,
            #[serde(rename(serialize = \"bee\"), with = \"m::n\")] #[sqlx(rename = \"bb\")] b: [u8; N],
            #[serde(flatten)] c: Box<dyn Fn(u8) -> R + Send>,
            #[diesel(column_name = mail)] d: (A, Option<&str>),
         }
         pub struct W(pub String, u8);
         #[derive(thiserror::Error)] enum E { #[error(\"bad {0}\")] Bad(String), #[error(transparent)] Io { #[from] source: io::Error }, Unit }
         type R<T> = std::result::Result<T, E>;",
    );
    let rust = rust(&unit);
    let u = &rust.types[0];
    assert_eq!(u.derives, ["Debug", "Serialize", "FromRow"]);
    let said = |path, name| u.said(path, name).collect::<Vec<_>>();
    assert_eq!(
        (u.attrs.len(), said("serde", "rename_all"), said("diesel", "table_name")),
        (4, vec!["camelCase"], vec!["users"])
    );
    let by_path = u.attrs.iter().map(|a| a.path.as_str()).filter(|path| path.contains("::"));
    assert_eq!(by_path.collect::<Vec<_>>(), ["serde::Serialize", "sqlx::FromRow"]);
    assert!(u.public);
    let generics: Vec<String> = u
        .generics
        .iter()
        .map(|g| format!("{}: {}", g.name, g.bounds.iter().map(print_type).collect::<Vec<_>>().join(" + ")))
        .collect();
    assert_eq!(generics, ["T: Into<String> + Clone", "N: ", "T::Item: Debug"]);
    let TypeKind::Struct(fields) = &u.kind else { panic!("no struct") };
    let shown: Vec<String> = fields.iter().map(|f| format!("{}: {}", f.name, print_type(&f.ty))).collect();
    assert_eq!(shown, ["a: &mut T", "b: [u8]", "c: Box<dyn Fn(u8) -> R + Send>", "d: (A, Option<str>)"]);
    assert!(fields[0].attrs.serde_skip && fields[2].attrs.flatten);
    assert_eq!(fields[1].attrs.serde_rename.as_deref(), Some("bee"));
    assert_eq!(fields[1].attrs.serde_with.as_deref(), Some("m::n"));
    assert_eq!(fields[1].attrs.sql_rename.as_deref(), Some("bb"));
    assert_eq!(fields[3].attrs.sql_rename.as_deref(), Some("mail"));
    let TypeKind::Struct(fields) = &rust.types[1].kind else { panic!("no struct") };
    assert_eq!(fields.iter().map(|f| f.name.as_str()).collect::<Vec<_>>(), ["0", "1"]);
    let TypeKind::Enum(variants) = &rust.types[2].kind else { panic!("no enum") };
    assert_eq!(variants[0].display.as_deref(), Some("bad {0}"));
    assert_eq!(variants[1].fields[0].name, "source");
    let TypeKind::Alias(alias) = &rust.types[3].kind else { panic!("no alias") };
    assert_eq!(print_type(alias), "std::result::Result<T, E>");
}

#[test]
fn traits_and_impls() {
    let unit = unit(
        "pub trait T: A + B<u8> { type Item: Debug; const C: u8; const D: u8 = 1; fn need(&self, n: u8) -> Self::Item; fn have(&mut self) { self.go() } }
         impl<X: T> T for Wrap<X> where X: Clone { type Item = X; const C: u8 = 2; fn need(self: Box<Self>, (a, b): (u8, u8)) -> X { a } }
         impl !Send for Wrap<u8> {}
         extern \"C\" { fn outside(x: *mut u8); }",
    );
    let rust = rust(&unit);
    assert_eq!(rust.traits[0].supers.iter().map(print_type).collect::<Vec<_>>(), ["A", "B<u8>"]);
    assert_eq!(rust.traits[0].assoc[0].name, "Item");
    assert_eq!(rust.impls.len(), 1);
    assert_eq!(rust.impls[0].trait_.as_ref().map(print_path).as_deref(), Some("T"));
    assert_eq!(print_type(&rust.impls[0].self_ty), "Wrap<X>");
    assert_eq!(rust.impls[0].assoc[0].0, "Item");
    let funcs: Vec<_> = rust.funcs.iter().map(|f| (f.name.as_str(), f.owner, f.body.is_some(), f.has_self)).collect();
    assert_eq!(
        funcs,
        [
            ("need", Owner::Trait(0), false, true),
            ("have", Owner::Trait(0), true, true),
            ("need", Owner::Impl(0), true, true),
            ("outside", Owner::Module, false, false)
        ]
    );
    assert_eq!(rust.funcs[1].params[0].local.0, 1);
    assert_eq!(print_type(&rust.funcs[1].params[0].ty), "&mut _");
    assert_eq!(rust.funcs[2].params[1].name, None);
    assert_eq!(
        rust.consts.iter().map(|c| (c.name.as_str(), c.init.is_some())).collect::<Vec<_>>(),
        [("C", false), ("D", true), ("C", true)]
    );
}

#[test]
fn functions_with_their_heads() {
    let text = "#[tracing::instrument(skip(password), err)] pub(crate) async fn login<T>(Json(body): Json<Login>, password: &str, f: impl Fn(&T) -> bool) -> Result<(), E> where T: Send {}";
    let unit = unit(text);
    let f = func(&unit, "login");
    assert!(f.is_async && f.public && !f.has_self);
    assert_eq!(f.attrs, [Attr { path: "tracing::instrument".to_owned(), args: "skip(password), err".to_owned() }]);
    let params: Vec<_> =
        f.params.iter().map(|p| format!("{}: {}", p.name.as_deref().unwrap_or("_"), print_type(&p.ty))).collect();
    assert_eq!(params, ["body: Json<Login>", "password: str", "f: impl Fn(T) -> bool"]);
    assert_eq!(print_type(&f.ret), "Result<(), E>");
    assert_eq!(super::under(text, f.extent), &text[text.find("pub").unwrap()..]);
}

#[test]
fn macros_that_make_items() {
    let unit = unit(
        "macro_rules! m { () => {} } thread_local! { static A: Cell<u8> = const { Cell::new(1) }; pub static B: u8 = 2; }
         lazy_static::lazy_static! { static ref RE: Regex = Regex::new(\"a\").unwrap(); }
         pin_project! { pub struct P { x: u8 } }
         cfg_if::cfg_if! { if #[cfg(unix)] { fn u() {} } else { fn w() {} } }
         make_things!(A => B);",
    );
    let rust = rust(&unit);
    assert_eq!(
        rust.consts.iter().map(|c| (c.name.as_str(), c.storage)).collect::<Vec<_>>(),
        [("A", Storage::Static), ("B", Storage::Static), ("RE", Storage::Static)]
    );
    assert_eq!(rust.types[0].name, "P");
    assert_eq!(rust.funcs.iter().map(|f| f.name.as_str()).collect::<Vec<_>>(), ["project", "project_ref", "u", "w"]);
    assert!(rust.hidden_items);
    assert_eq!(unit.gaps.iter().map(|g| g.kind).collect::<Vec<_>>(), [GapKind::Macro]);
}
