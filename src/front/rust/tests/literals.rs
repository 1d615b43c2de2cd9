//! String literals: what they say, where they stand, and the SQL in them.

use super::{rust, under, unit};
use crate::front::rust::literal::{decode, looks_like_sql};
use crate::ir::body::{Callee, Lit, Operand, Rvalue, Stmt};
use crate::source::FileId;

fn decoded(src: &str) -> String {
    decode(FileId(0), src, 0).map(|(text, _)| text).unwrap_or_default()
}

#[test]
fn escapes() {
    assert_eq!(decoded(r#""a\n\"\u{1F600}\x41\\b""#), "a\n\"😀A\\b");
    assert_eq!(decoded("\"a \\\n     b\r\nc\""), "a b\nc");
    assert_eq!(decoded("r##\"a\"#\\n\"##"), "a\"#\\n");
    assert_eq!(decoded("b\"ab\\0\""), "ab\0");
    assert_eq!(decoded("'\\''"), "'");
    assert_eq!(decoded("\"\""), "");
}

#[test]
fn each_character_stands_where_it_came_from() {
    let src = "x = \"a\\n ä\\u{e9}b \\\n   end\";";
    let at = src.find('"').unwrap();
    let (text, map) = decode(FileId(0), &src[at..src.len() - 1], at as u32).unwrap();
    assert_eq!(text, "a\n äéb end");
    for word in ["a", "ä", "b", "end"] {
        let lo = text.find(word).unwrap();
        let span = map.span(lo as u32, (lo + word.len()) as u32);
        assert_eq!(&src[span.lo as usize..span.hi as usize], word);
    }
}

#[test]
fn what_looks_like_sql() {
    for yes in ["SELECT 1", "  select\n*", "-- c\nWITH x AS", "/* a */ (SELECT 1)", "INSERT INTO t", "copy t from"] {
        assert!(looks_like_sql(yes), "{yes}");
    }
    for no in ["selected", "update", "Updates are off", "", "with_context", "drop-off", "copy: it"] {
        assert!(!looks_like_sql(no), "{no}");
    }
}

#[test]
fn sql_is_found_wherever_it_stands() {
    let text = r##"
        const A: &str = "SELECT email FROM users";
        const B: &str = concat!("SELECT name, ", "phone FROM users");
        thread_local! { static C: &str = "DELETE FROM sessions"; }
        fn f(id: u8) {
            let q = "UPDATE users SET email = $1 \
                     WHERE id = $2";
            sqlx::query!(r#"INSERT INTO log (who) VALUES ($1)"#, id);
            sqlx::query!("SELECT a " + "FROM t", id);
            db.run(&format!("SELECT {cols} FROM users WHERE id = ${} AND x IN ({list})", n));
            odd! { => "SELECT z FROM odd" }
            db.run(&format!("UPDATE t SET {} WHERE {x}", sets));
            say("Select a colour");
        }"##;
    let unit = unit(text);
    let found: Vec<&str> = rust(&unit).embedded.iter().map(|e| under(text, e.span)).collect();
    assert_eq!(found.len(), 9, "{found:#?}");
    assert_eq!(found[0], "\"SELECT email FROM users\"");
    assert_eq!(found[1], "\"SELECT name, \", \"phone FROM users\"");
    assert_eq!(found[5], "\"SELECT a \" + \"FROM t\"");
    for embedded in &rust(&unit).embedded {
        for statement in &embedded.unit.statements {
            assert!(embedded.span.contains(statement.span));
        }
    }
}

#[test]
fn the_place_of_a_literal_leads_to_its_sql() {
    let text = "const Q: &str = \"SELECT a FROM b\"; fn f() { let q = \"SELECT c FROM d\"; run(&\"SELECT e FROM f\", x.y); sqlx::query!(\"SELECT g FROM h\"); }";
    let unit = unit(text);
    let rust = rust(&unit);
    let spans: Vec<_> = rust.embedded.iter().map(|e| e.span).collect();
    let init = rust.consts[0].init.as_ref().unwrap();
    let Some([Stmt::Assign { src: Rvalue::Use(Operand::Lit(Lit::Str(sql))), span, .. }]) = init.body.as_deref() else {
        panic!("{init:?}")
    };
    assert_eq!((sql.as_str(), *span), ("SELECT a FROM b", spans[0]));
    let body = rust.funcs[0].body.as_ref().unwrap();
    assert!(matches!(&body[0], Stmt::Assign { span, .. } if *span == spans[1]));
    assert!(matches!(&body[1], Stmt::Assign { src: Rvalue::Use(_), .. }));
    let Stmt::Assign { src: Rvalue::Call { spans: args, .. }, .. } = &body[2] else { panic!() };
    assert_eq!(args[0], spans[2]);
    assert_eq!(under(text, args[1]), "x.y");
    let Stmt::Assign { src: Rvalue::Call { callee: Callee::Macro(_), spans: args, .. }, .. } = &body[3] else {
        panic!()
    };
    assert_eq!(args[0], spans[3]);
}

#[test]
fn a_schema_written_in_rust() {
    let unit = unit(
        "diesel::table! { use diesel::sql_types::*; public.users (id) { id -> Int4, #[sql_name = \"e_mail\"] email -> Nullable<Text>, } }
         diesel::joinable!(a -> b (c));",
    );
    let rust = rust(&unit);
    let shown = format!("{:?}", rust.embedded[0].unit.statements[0].kind);
    assert!(shown.contains("\"e_mail\"") && shown.contains("\"text\"") && shown.contains("\"public\""), "{shown}");
    assert!(!rust.hidden_items);
    assert_eq!(unit.gaps, []);
}
