//! Which schemas there are and what they hold after the replay.

use super::*;
use crate::front::sql::{Macros, lower, parse_embedded};
use crate::front::text_map::TextMap;
use crate::ir::sql::OnDelete;

fn built(files: &[(&str, &str)]) -> (Schemas, Vec<Gap>) {
    let units: Vec<Unit> = files
        .iter()
        .enumerate()
        .map(|(i, (_, t))| lower(FileId(i as u32), "a.sql", t, None, &Macros::default()))
        .collect();
    let refs: Vec<(&str, &Unit)> = files.iter().zip(&units).map(|((p, _), u)| (*p, u)).collect();
    build(&refs)
}

/// `table(columns)` of the live tables of a schema.
fn tables(schema: &Schema) -> Vec<String> {
    schema
        .tables
        .iter()
        .filter(|t| !t.dropped)
        .map(|t| {
            let columns: Vec<&str> = t.live().map(|(_, c)| c.name.as_str()).collect();
            format!("{}({})", t.name, columns.join(" "))
        })
        .collect()
}

fn notes(schemas: &Schemas, schema: usize, table: &str, column: &str) -> Vec<String> {
    let s = &schemas.list[schema];
    let t = &s.tables[s.table_named(table).unwrap() as usize];
    t.columns[t.column(column).unwrap() as usize].annotations.iter().map(|a| a.0.clone()).collect()
}

#[test]
fn migrations_run_in_their_order() {
    let (s, _) = built(&[
        ("db/migrations/10_c.sql", "ALTER TABLE a DROP COLUMN x;"),
        ("db/migrations/2_b.sql", "ALTER TABLE a ADD COLUMN y int, ALTER COLUMN x TYPE bigint;"),
        ("db/migrations/1_a.sql", "CREATE TABLE a (id int, x int);"),
    ]);
    assert_eq!(s.list.len(), 1);
    assert_eq!((s.list[0].folder.as_str(), s.list[0].origin.as_str()), ("", "db/migrations"));
    assert_eq!(tables(&s.list[0]), ["a(id y)"]);
    let (s, _) = built(&[
        ("m/V1.10__b.sql", "ALTER TABLE a ADD y int;"),
        ("m/V1.2__a.sql", "CREATE TABLE a (x int);"),
        ("m/V2__c.sql", "ALTER TABLE a RENAME y TO z;"),
        ("m/R__views.sql", "CREATE VIEW v AS SELECT z FROM a;"),
        ("m/U2__c.sql", "DROP TABLE a;"),
    ]);
    assert_eq!(tables(&s.list[0]), ["a(x z)", "v(z)"]);
    // Without a `V` of its version it is no way back, but a step whose version keeps no order.
    let (s, _) = built(&[
        ("m/V1__a.sql", "CREATE TABLE a (x int);"),
        ("m/U3__c.sql", "ALTER TABLE a ADD y int;"),
        ("m/U3__c.down.sql", "ALTER TABLE a DROP y;"),
        ("n/migrations/U1__c.sql", "CREATE TABLE b (x int);"),
    ]);
    assert_eq!(s.list.iter().map(tables).collect::<Vec<_>>(), [vec!["a(x y)"], vec!["b(x)"]]);
    let (s, _) = built(&[
        ("migrations/2017-10-08-193512_b/up.sql", "ALTER TABLE a ADD y int;"),
        ("migrations/20140924113530_dumped_migration_1/up.sql", "CREATE TABLE a (x int);"),
    ]);
    assert_eq!((s.list.len(), tables(&s.list[0])), (1, vec!["a(x y)".to_string()]));
}

#[test]
fn ways_back_are_never_replayed() {
    let (s, _) = built(&[
        ("migrations/2020-01-01-000000_a/up.sql", "CREATE TABLE a (x int);"),
        ("migrations/2020-01-01-000000_a/down.sql", "DROP TABLE a;"),
        ("migrations/2020-01-02-000000_b/up.sql", "CREATE TABLE b (x int);"),
        ("other/migrations/20200101_a.up.sql", "CREATE TABLE c (x int);"),
        ("other/migrations/20200101_a.down.sql", "DROP TABLE c;"),
        ("m3/migrations/1.sql", "-- migrate:up\nCREATE TABLE d (x int);\n-- migrate:down\nDROP TABLE d;"),
    ]);
    let all: Vec<_> = s.list.iter().map(tables).collect();
    assert_eq!(all, [vec!["a(x)", "b(x)"], vec!["d(x)"], vec!["c(x)"]]);
    assert_eq!(s.list[0].origin, "migrations");
    assert_eq!(s.list[2].folder, "other");
}

#[test]
fn twins_stay_apart_and_queries_are_no_schema() {
    let (s, _) = built(&[
        ("app/migrations/postgres/1.sql", "CREATE TABLE a (x int);"),
        ("app/migrations/sqlite/1.sql", "CREATE TABLE a (x int, y int);"),
        ("app/queries/a.sql", "SELECT x FROM a;"),
        ("app/schema.sql", "CREATE TABLE b (x int);"),
    ]);
    let origins: Vec<_> = s.list.iter().map(|s| (s.folder.as_str(), s.origin.as_str())).collect();
    assert_eq!(
        origins,
        [("app", "app/migrations/postgres"), ("app", "app/migrations/sqlite"), ("app", "app/schema.sql")]
    );
}

#[test]
fn what_is_written_follows_renames() {
    let (s, gaps) = built(&[
        ("migrations/1.sql", "CREATE TABLE customers (\n  id int,\n  email text -- purlin: contact.email\n);"),
        ("migrations/2.sql", "ALTER TABLE customers RENAME COLUMN email TO address;"),
        ("migrations/3.sql", "ALTER TABLE customers RENAME TO users;"),
        ("migrations/4.sql", "COMMENT ON COLUMN users.address IS 'purlin: of customer';"),
        ("migrations/5.sql", "ALTER TABLE users ADD COLUMN name text; -- purlin: name\nCREATE INDEX i ON users (id);"),
    ]);
    assert!(gaps.is_empty(), "{gaps:?}");
    assert_eq!(tables(&s.list[0]), ["users(id address name)"]);
    assert_eq!(notes(&s, 0, "users", "address"), ["contact.email", "of customer"]);
    assert_eq!(notes(&s, 0, "users", "name"), ["name"]);
    assert!(s.list[0].table_named("customers").is_none());
}

#[test]
fn what_is_written_follows_tables_written_anew() {
    let (s, gaps) = built(&[
        ("migrations/1.sql", "CREATE TABLE users (id int, email text /* purlin: contact */);"),
        (
            "migrations/2.sql",
            "CREATE TABLE users_new (id int, email text, age int); INSERT INTO users_new SELECT id, email, 0 FROM users;\
             DROP TABLE users; ALTER TABLE users_new RENAME TO users;",
        ),
    ]);
    assert!(gaps.is_empty());
    assert_eq!(tables(&s.list[0]), ["users(id email age)"]);
    assert_eq!(notes(&s, 0, "users", "email"), ["contact"]);
    // What the migration moved is known as it was then.
    assert_eq!(s.list[0].history.len(), 1);
    let moved = &s.list[0].history[0].2;
    assert!(moved.unresolved.is_empty());
    assert_eq!(moved.writes.len(), 3);
}

#[test]
fn a_dangling_annotation_is_a_gap() {
    let (_, gaps) = built(&[("migrations/1.sql", "COMMENT ON COLUMN nowhere.x IS 'purlin: contact';")]);
    assert_eq!(gaps.len(), 1);
}

#[test]
fn names_fold_and_schemas_decide_between_equals() {
    let (s, _) = built(&[(
        "schema.sql",
        "CREATE TABLE \"Users\" (a int); CREATE TABLE auth.users (b int); CREATE TABLE public.users (c int);",
    )]);
    let schema = &s.list[0];
    let find = |schema_: Option<&str>, name: &str| {
        let name = TableName { schema: schema_.map(Name::new), name: name.into(), span: Span::new(FileId(0), 0, 0) };
        schema.table(&name).map(|t| schema.tables[t as usize].columns[0].name.to_string())
    };
    assert_eq!(find(Some("auth"), "users").as_deref(), Some("b"));
    assert_eq!(find(None, "users").as_deref(), Some("c"));
    assert_eq!(find(Some("public"), "users").as_deref(), Some("c"));
    assert_eq!(find(None, "Users").as_deref(), Some("a"));
    assert_eq!(find(None, "none"), None);
}

#[test]
fn inherited_columns_and_foreign_keys() {
    let (s, _) = built(&[(
        "schema.sql",
        "CREATE TABLE base (id int, email text /* purlin: contact */); CREATE TABLE child (LIKE base); \
         CREATE TABLE part PARTITION OF base FOR VALUES IN (1);\
         CREATE TABLE o (u int REFERENCES base (id) ON DELETE CASCADE); \
         ALTER TABLE child ADD CONSTRAINT f FOREIGN KEY (id) REFERENCES base (id) ON DELETE CASCADE;",
    )]);
    assert_eq!(tables(&s.list[0]), ["base(id email)", "child(id email)", "part(id email)", "o(u)"]);
    assert_eq!(notes(&s, 0, "child", "email"), ["contact"]);
    assert_eq!(s.list[0].tables[3].foreign[0].on_delete, OnDelete::Cascade);
    assert_eq!(s.list[0].tables[1].foreign[0].on_delete, OnDelete::Cascade);
}

#[test]
fn the_nearest_schema_is_picked() {
    let (s, _) = built(&[
        ("billing/migrations/1.sql", "CREATE TABLE users (id int);"),
        ("shop/migrations/postgres/1.sql", "CREATE TABLE users (id int); CREATE TABLE a (x int);"),
        ("shop/migrations/sqlite/1.sql", "CREATE TABLE users (id int); CREATE TABLE a (x int);"),
    ]);
    let pick = |path: &str, text: &str| {
        let unit = parse_embedded(text, &TextMap::identity(FileId(0)), None).unwrap();
        s.pick(path, &unit.statements[0])
    };
    assert_eq!(pick("billing/src/main.rs", "SELECT id FROM users"), [0]);
    assert_eq!(pick("shop/src/main.rs", "SELECT id FROM users"), [1, 2]);
    // A table of another package.
    assert_eq!(pick("billing/src/main.rs", "SELECT x FROM a"), [1, 2]);
    assert_eq!(s.for_path("billing/src/main.rs")[0], 0);
    assert_eq!(s.of_file(FileId(0)), Some(0));
}

#[test]
fn definitions_in_programs() {
    let mut s = Schemas::default();
    let parse = |t: &str| parse_embedded(t, &TextMap::identity(FileId(0)), None).unwrap();
    let (a, b) = (
        parse("CREATE TABLE IF NOT EXISTS kv (k text, v text)"),
        parse("CREATE TEMP TABLE seen AS SELECT k FROM kv; DROP TABLE kv"),
    );
    s.define_embedded("store", &[&a, &b]);
    assert_eq!(tables(&s.list[0]), ["kv(k v)", "seen(k)"]);
    assert_eq!(s.list[0].folder, "store");
}

#[test]
fn a_view_of_a_dropped_table_stands_for_itself() {
    let (s, _) = built(&[(
        "schema.sql",
        "CREATE TABLE a (x text); CREATE TABLE b AS SELECT x FROM a; DROP TABLE a; ALTER TABLE b RENAME TO a;",
    )]);
    let unit = parse_embedded("SELECT x FROM a", &TextMap::identity(FileId(0)), None).unwrap();
    let f = crate::link::lineage::lower(&unit.statements[0], &s, 0);
    let crate::link::sqlfn::SqlSource::Column(id) = f.outputs[0].from[0].source else { panic!() };
    assert_eq!(id.table, 1);
    assert_eq!(s.show(id), "a.x");
}

#[test]
fn the_search_path_says_where_a_bare_name_is() {
    let (s, _) = built(&[(
        "structure.sql",
        "CREATE SCHEMA auth; SET search_path TO auth, public; CREATE TABLE users (a int);\
         ALTER TABLE users ADD COLUMN b int; SET search_path = public; CREATE TABLE users (c int);\
         ALTER TABLE users ADD d int; SELECT pg_catalog.set_config('search_path', '', false);\
         ALTER TABLE auth.users ADD e int; ALTER SCHEMA auth RENAME TO login; ALTER TABLE login.users DROP a;",
    )]);
    assert_eq!(tables(&s.list[0]), ["users(b e)", "users(c d)"]);
    assert!(s.list[0].unknown.is_empty(), "{:?}", s.list[0].unknown);
    let (s, _) = built(&[("schema.sql", "CREATE TABLE a.t (x int); CREATE TABLE b.t (x int); DROP SCHEMA a CASCADE;")]);
    assert_eq!(tables(&s.list[0]), ["t(x)"]);
    assert_eq!(s.list[0].tables[1].schema.as_deref(), Some("b"));
}

#[test]
fn partitions_and_heirs_have_the_columns_of_their_parents() {
    let (s, _) = built(&[(
        "schema.sql",
        "CREATE TABLE p (id int, email text) PARTITION BY LIST (id); CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);\
         CREATE TABLE p2 (id int, email text); ALTER TABLE p ATTACH PARTITION p2 FOR VALUES IN (2);\
         ALTER TABLE p ADD COLUMN name text; ALTER TABLE p RENAME COLUMN email TO mail; ALTER TABLE p DROP COLUMN id;\
         CREATE TABLE heir (more int) INHERITS (p);",
    )]);
    assert_eq!(tables(&s.list[0]), ["p(mail name)", "p1(mail name)", "p2(mail name)", "heir(mail name more)"]);
    let unit = parse_embedded("SELECT mail, name FROM p2", &TextMap::identity(FileId(0)), None).unwrap();
    let f = crate::link::lineage::lower(&unit.statements[0], &s, 0);
    for output in &f.outputs {
        let crate::link::sqlfn::SqlSource::Column(id) = output.from[0].source else { panic!() };
        assert_eq!(s.show(id), format!("p.{}", output.name));
    }
}

#[test]
fn types_and_what_foreign_keys_do() {
    let (s, _) = built(&[(
        "schema.sql",
        "CREATE DOMAIN mail AS text CHECK (VALUE LIKE '%@%'); CREATE DOMAIN work_mail AS mail;\
         CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TYPE address AS (street text, city text);\
         CREATE TABLE homes OF address; CREATE TABLE a (id int PRIMARY KEY, m work_mail, mood mood);\
         CREATE TABLE b (x int REFERENCES a ON DELETE SET NULL, y int REFERENCES a (id) ON DELETE CASCADE, z int REFERENCES a);",
    )]);
    let schema = &s.list[0];
    assert_eq!(schema.base_type("work_mail"), "text");
    assert_eq!(schema.base_type("mood"), "mood");
    assert_eq!(tables(schema), ["homes(street city)", "a(id m mood)", "b(x y z)"]);
    let actions: Vec<OnDelete> = schema.tables[2].foreign.iter().map(|k| k.on_delete).collect();
    assert_eq!(actions, [OnDelete::Clear, OnDelete::Cascade, OnDelete::Nothing]);
}
