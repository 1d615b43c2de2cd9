//! Files and strings of SQL and their lowered form.

use super::*;
use crate::front::text_map::Piece;
use crate::ir::sql::{AlterOp, ColumnDef, Define, Relation, TestExpr};
use crate::ir::sql::{Into, OnDelete, Step};
use crate::ir::{Annotation, Target};

fn unit(text: &str) -> Unit {
    lower(FileId(0), text, None)
}

fn statements(unit: &Unit) -> &[Statement] {
    match &unit.content {
        Content::Sql(sql) => &sql.statements,
        Content::Rust(_) => &[],
    }
}

fn kinds(text: &str) -> Vec<&'static str> {
    statements(&unit(text))
        .iter()
        .map(|s| match &s.kind {
            Kind::Define(Define::Table { .. }) => "table",
            Kind::Define(Define::View { .. }) => "view",
            Kind::Define(Define::Alter { .. }) => "alter",
            Kind::Define(Define::Drop(_)) => "drop",
            Kind::Define(Define::Comment { .. }) => "comment",
            Kind::Define(Define::Type { .. }) => "type",
            Kind::Define(Define::Path(_)) => "path",
            Kind::Define(Define::Mask { .. }) => "mask",
            Kind::Define(Define::Routine(_) | Define::DropRoutine(_)) => "routine",
            Kind::Define(Define::Trigger(_) | Define::DropTrigger(_)) => "trigger",
            Kind::Define(Define::DropSchema(_) | Define::RenameSchema(..)) => "schema",
            Kind::Query(q) => match &q.body {
                QueryBody::Insert { .. } => "insert",
                QueryBody::Update { .. } => "update",
                QueryBody::Delete { .. } => "delete",
                _ => "query",
            },
            Kind::Inert => "inert",
            Kind::Unknown => "unknown",
        })
        .collect()
}

fn embedded(text: &str) -> Option<SqlUnit> {
    parse_embedded(text, &TextMap::identity(FileId(0)), None)
}

fn under(text: &str, span: crate::source::Span) -> &str {
    &text[span.lo as usize..span.hi as usize]
}

/// `target <- text` of every annotation, and the gaps.
fn notes(text: &str) -> Vec<String> {
    let unit = unit(text);
    let show = |a: &Annotation| {
        assert_eq!(under(text, a.span).replace("''", "'"), a.text);
        let target = match &a.target {
            Target::File => "file".to_string(),
            Target::Table(i) => format!("table {i}"),
            Target::Column(i, name) => format!("column {i} {name}"),
            Target::Sql(i) => format!("sql {i}"),
            other => format!("{other:?}"),
        };
        format!("{target}: {}", a.text)
    };
    let mut out: Vec<String> = unit.annotations.iter().map(show).collect();
    out.extend(unit.gaps.iter().filter(|g| g.kind == GapKind::Annotation).map(|g| format!("gap: {}", g.what)));
    out
}

fn columns(text: &str) -> Vec<String> {
    let unit = unit(text);
    let found = statements(&unit).iter().find_map(|s| match &s.kind {
        Kind::Define(Define::Table { columns, .. }) => Some(columns.clone()),
        _ => None,
    });
    found.unwrap_or_default().iter().map(|c: &ColumnDef| format!("{} {}", c.name, c.ty)).collect()
}

#[test]
fn one_bad_statement_loses_only_itself() {
    let text = "CREATE TABLE a (id int);\nTHIS IS NOT SQL;\nSELECT id FROM a;";
    assert_eq!(kinds(text), ["table", "unknown", "query"]);
    let unit = unit(text);
    assert_eq!(unit.gaps.len(), 1);
    assert_eq!(under(text, unit.gaps[0].span), "THIS IS NOT SQL");
    assert_eq!(unit.gaps[0].kind, GapKind::Statement);
}

#[test]
fn semicolons_in_strings_comments_and_bodies_do_not_split() {
    let text = "INSERT INTO t VALUES ('a;b'); -- x;y\n/* ; */ SELECT \"a;b\" FROM t; \
                CREATE FUNCTION f() RETURNS int AS $x$ SELECT 1; SELECT 2; $x$ LANGUAGE sql;\n\
                CREATE TRIGGER g AFTER INSERT ON t BEGIN UPDATE t SET a = CASE WHEN 1 THEN 2 END; DELETE FROM t; END;\n\
                SELECT 1;";
    assert_eq!(kinds(text), ["insert", "query", "routine", "trigger", "query"]);
}

#[test]
fn commands_and_rows_of_psql_are_passed_over() {
    let text = "\\connect shop\n\\set ON_ERROR_STOP on\nCREATE TABLE a (id int);\n\
                COPY a (id) FROM stdin;\n1\t'; DROP\n2\n\\.\n\nSELECT id FROM a \\gset\nSELECT 2;";
    assert_eq!(kinds(text), ["table", "inert", "query", "query"]);
    assert!(unit(text).gaps.is_empty());
}

#[test]
fn another_delimiter() {
    let text = "DELIMITER //\nCREATE PROCEDURE p() BEGIN SELECT 1; END//\nDELIMITER ;\nSELECT 2;";
    assert_eq!(kinds(text), ["routine", "query"]);
}

#[test]
fn the_way_back_is_not_taken() {
    let text = "-- migrate:up\nCREATE TABLE a (id int);\n-- migrate:down\nDROP TABLE a;";
    assert_eq!(kinds(text), ["table", "inert"]);
    let goose = "-- +goose Up\nCREATE TABLE a (id int);\n-- +goose Down\nDROP TABLE a;\n-- +goose Up\nSELECT 1;";
    assert_eq!(kinds(goose), ["table", "inert", "query"]);
}

#[test]
fn harmless_statements_are_no_gaps() {
    let text = "BEGIN; SET x = 1; GRANT SELECT ON a TO b; REINDEX TABLE a; ALTER SEQUENCE s RESTART; VACUUM ANALYZE t;\
                CREATE EXTENSION IF NOT EXISTS citext SCHEMA x; PRAGMA journal_mode = WAL; CREATE INDEX i ON a (b);\
                CREATE TRIGGER t BEFORE UPDATE ON a FOR EACH ROW EXECUTE PROCEDURE f('x');\
                CREATE FUNCTION g() RETURNS trigger AS $$ BEGIN NEW.at = now(); RETURN NEW; END $$ LANGUAGE plpgsql;\
                DO $$ BEGIN CREATE TYPE e AS ENUM ('a'); EXCEPTION WHEN duplicate_object THEN null; END $$; COMMIT;";
    let unit = unit(text);
    assert!(unit.gaps.is_empty(), "{:?}", unit.gaps);
    let data = |s: &&Statement| {
        !matches!(
            s.kind,
            Kind::Inert | Kind::Define(Define::Type { .. } | Define::Path(_) | Define::Routine(_) | Define::Trigger(_))
        )
    };
    assert_eq!(statements(&unit).iter().find(data), None);
}

#[test]
fn bodies_that_are_put_together_at_run_time_are_gaps() {
    let text = "CREATE FUNCTION f() RETURNS void AS $$ INSERT INTO a SELECT * FROM b $$ LANGUAGE sql;\
                DO $$ BEGIN PERFORM g(); END $$;\
                CREATE FUNCTION h(t text) RETURNS void AS $$ BEGIN EXECUTE 'DELETE FROM ' || t; END $$ LANGUAGE plpgsql;\
                CREATE FUNCTION i() RETURNS text AS $$ return plpy.execute('select 1') $$ LANGUAGE plpython3u;\
                CREATE FUNCTION j(text) RETURNS text AS 'MODULE_PATHNAME', 'j' LANGUAGE c;";
    let gaps = unit(text).gaps;
    let what: Vec<&str> = gaps.iter().map(|g| g.what.as_str()).collect();
    assert_eq!(
        what,
        ["a statement in this body is put together at run time", "the body of this function is in another language"]
    );
}

/// The steps of a routine: the events under which each runs, and its text.
fn steps(text: &str) -> Vec<String> {
    let unit = unit(text);
    let Kind::Define(Define::Routine(routine)) = &statements(&unit)[0].kind else { panic!() };
    let one = |s: &Step| {
        let on: String = [(s.only.insert, 'i'), (s.only.update, 'u'), (s.only.delete, 'd')]
            .into_iter()
            .filter_map(|(on, c)| on.then_some(c))
            .collect();
        let what = match &s.query.body {
            QueryBody::Insert { table, .. } => format!("insert {}", table.name),
            QueryBody::Update { table, .. } => format!("update {}", table.name),
            QueryBody::Delete { table, .. } => format!("delete {}", table.name),
            _ => "query".into(),
        };
        let into = match &s.into {
            Into::Nothing => String::new(),
            Into::Result => " as result".into(),
            Into::Variables(names) => {
                format!(" into {}", names.iter().map(|n| n.join(".")).collect::<Vec<_>>().join(", "))
            }
        };
        format!("{on}: {what}{into}")
    };
    routine.body.iter().map(one).collect()
}

#[test]
fn bodies_are_taken_apart_into_steps() {
    let text = "CREATE OR REPLACE FUNCTION f(a int, OUT b text) RETURNS trigger LANGUAGE plpgsql AS $body$
        <<top>>
        DECLARE n int := 0; -- a comment; with a semicolon
          c CURSOR FOR SELECT x FROM t;
        BEGIN
          IF (TG_OP = 'INSERT') THEN
            INSERT INTO log SELECT NEW.x;
          ELSIF TG_OP IN ('UPDATE') AND NEW.x <> OLD.x THEN
            UPDATE log SET x = CASE WHEN NEW.x THEN 1 ELSE 2 END;
          ELSE
            DELETE FROM log WHERE x = OLD.x RETURNING x, y INTO n, b;
          END IF;
          SELECT count(*), max(x) INTO STRICT n, b FROM log;
          FETCH c INTO n;
          NEW.x := n + 1;
          WHILE n > 0 LOOP n = n - 1; PERFORM g(n); END LOOP;
          FOR i IN 1..3 LOOP NULL; END LOOP;
          FOREACH n IN ARRAY string_to_array(b, ',') LOOP RETURN NEXT n; END LOOP;
          RETURN NEW;
        EXCEPTION WHEN unique_violation THEN
          RAISE NOTICE 'x';
        END $body$;";
    assert_eq!(
        steps(text),
        [
            "iud: query into n",
            "iud: query into c",
            "iud: query",
            "i: insert log",
            "ud: query",
            "u: update log",
            "ud: delete log into n, b",
            "iud: query into n, b",
            "iud: query into n",
            "iud: query into new.x",
            "iud: query",
            "iud: query into n",
            "iud: query",
            "iud: query into n",
            "iud: query as result",
        ]
    );
    assert!(unit(text).gaps.is_empty(), "{:?}", unit(text).gaps);
}

#[test]
fn definitions_inside_blocks_count() {
    let text = "DO $$ BEGIN IF NOT EXISTS (SELECT 1 FROM x) THEN ALTER TABLE u ADD COLUMN email text; END IF; END $$;";
    assert_eq!(kinds(text), ["routine", "alter"]);
    let unit = unit(text);
    assert_eq!(under(text, statements(&unit)[1].span), "ALTER TABLE u ADD COLUMN email text");
    assert!(unit.gaps.is_empty());
}

#[test]
fn columns_with_places_types_and_references() {
    let text = "CREATE TABLE Users (\n  \"Id\" INT PRIMARY KEY,\n  Email VARCHAR(20) NOT NULL,\n\
                  org int REFERENCES orgs(id) ON DELETE CASCADE,\n  FOREIGN KEY (org) REFERENCES o2 (x) ON DELETE CASCADE\n);";
    let unit = unit(text);
    let Kind::Define(Define::Table { name, columns, foreign, .. }) = &statements(&unit)[0].kind else { panic!() };
    assert_eq!(name.name, "users");
    let shown: Vec<_> = columns.iter().map(|c| (c.name.as_str(), c.ty.as_str(), under(text, c.span))).collect();
    assert_eq!(shown, [("Id", "int", "\"Id\""), ("email", "varchar(20)", "Email"), ("org", "int", "org")]);
    let key = columns[2].references.clone().unwrap();
    assert_eq!((key.table.name.as_str(), key.referred[0].as_str(), key.on_delete), ("orgs", "id", OnDelete::Cascade));
    assert_eq!((foreign[0].table.name.as_str(), foreign[0].on_delete), ("o2", OnDelete::Cascade));
}

#[test]
fn places_count_bytes_of_lines_that_are_not_ascii() {
    let text = "-- Größe\r\nCREATE TABLE t (name text, -- Ä\r\n  \"größe\" int, email text);";
    let unit = unit(text);
    let Kind::Define(Define::Table { columns, .. }) = &statements(&unit)[0].kind else { panic!() };
    let shown: Vec<_> = columns.iter().map(|c| under(text, c.span)).collect();
    assert_eq!(shown, ["name", "\"größe\"", "email"]);
}

#[test]
fn what_the_parser_does_not_take_is_read_from_its_tokens() {
    assert_eq!(columns("CREATE TABLE t (tags TEXT [] NOT NULL, email text)"), ["tags text[]", "email text"]);
    assert_eq!(
        columns("CREATE TABLE t (id int, CONSTRAINT x NOT NULL id, email text, PRIMARY KEY (id))"),
        ["id int", "email text"]
    );
    assert_eq!(columns("CREATE TABLE t (id, email FOREIGN KEY (id) REFERENCES u (id))"), ["id ", "email "]);
    assert_eq!(
        columns(
            "CREATE TABLE t (email String CODEC(ZSTD(1)), at DateTime64(3) TTL at + 1) ENGINE = MergeTree SETTINGS x = 1"
        ),
        ["email string", "at datetime64(3)"]
    );
    assert_eq!(kinds("ALTER TABLE t ALTER c TYPE text COLLATE \"C\"; ALTER TABLE t SET SCHEMA s"), ["alter", "alter"]);
    let moved = unit("ALTER TABLE t SET SCHEMA s");
    let Kind::Define(Define::Alter { ops, .. }) = &statements(&moved)[0].kind else { panic!() };
    assert_eq!(ops, &[AlterOp::SetSchema("s".into())]);
}

#[test]
fn what_the_parser_does_not_take_is_put_in_other_words() {
    for text in [
        "INSERT INTO t (a, b) SELECT * FROM unnest($1::text[], $2::text[]) ON CONFLICT (a) DO NOTHING",
        "INSERT INTO t (a) SELECT x FROM unnest($1::text[]) AS x ON CONFLICT (a) DO UPDATE SET a = excluded.a",
        "SELECT a FROM t WHERE b = $1 FOR NO KEY UPDATE SKIP LOCKED",
        "SELECT a FROM t INDEXED BY i WHERE b = ?",
        "SELECT a FROM t WHERE a GLOB ?",
        "SELECT a FROM t WHERE b IS 1",
        "SELECT a FROM t WHERE b IN rarray(?1)",
        "REPLACE INTO t (a) VALUES ($1)",
    ] {
        assert!(embedded(text).is_some(), "{text}");
    }
}

#[test]
fn annotations_of_columns() {
    assert_eq!(
        notes(
            "CREATE TABLE users ( -- purlin: subject customer\n  id int,\n  email text NOT NULL, -- purlin: contact.email\n\
             \n  -- purlin: name\n  -- the name\n  name text,\n  a int /* purlin: x */, b int /* purlin: y */\n); -- purlin: z"
        ),
        [
            "table 0: subject customer",
            "column 0 email: contact.email",
            "column 0 name: name",
            "column 0 a: x",
            "column 0 b: y",
            "table 0: z"
        ]
    );
}

#[test]
fn annotations_of_tables_and_queries_and_files() {
    assert_eq!(notes("-- purlin: subject customer\nCREATE TABLE t (id int);"), ["table 0: subject customer"]);
    assert_eq!(notes("-- purlin: purpose a.b\n\nSELECT 1;\nSELECT 2;"), ["file: purpose a.b"]);
    assert_eq!(notes("SELECT 1;\n-- purlin: purpose a.b\n-- more\nSELECT 2;"), ["sql 1: purpose a.b"]);
    assert_eq!(notes("SELECT a -- purlin: purpose a.b\nFROM t"), ["sql 0: purpose a.b"]);
    assert_eq!(notes("ALTER TABLE t ADD COLUMN email text; -- purlin: contact"), ["column 0 email: contact"]);
    assert_eq!(notes("-- purlin: contact\nALTER TABLE t ADD COLUMN email text;"), ["column 0 email: contact"]);
    assert_eq!(
        notes("CREATE VIEW v AS SELECT\n  id,\n  lower(email) AS mail -- purlin: contact\nFROM t"),
        ["column 0 mail: contact"]
    );
    assert_eq!(notes("-- purlin: purpose x"), ["file: purpose x"]);
}

#[test]
fn annotations_that_hang_in_the_air_are_gaps() {
    for text in [
        "SELECT 1;\n\n-- purlin: purpose x\n",
        "-- purlin: contact\nBEGIN;",
        "CREATE TABLE t (id int,\n  PRIMARY KEY (id) -- purlin: contact\n)",
        "CREATE TABLE t (\n id int\n -- purlin: contact\n)",
        "SELECT 1; -- purlin:",
    ] {
        let notes = notes(text);
        assert!(notes.len() == 1 && notes[0].starts_with("gap"), "{text}: {notes:?}");
    }
}

#[test]
fn annotations_in_strings_of_the_catalogue() {
    assert_eq!(
        notes("COMMENT ON COLUMN s.users.email IS 'The user''s address. purlin: contact.email of customer';"),
        ["column 0 email: contact.email of customer"]
    );
    assert_eq!(notes("COMMENT ON TABLE users IS 'purlin: subject customer';"), ["table 0: subject customer"]);
    assert_eq!(
        notes(
            "CREATE TABLE t (id int COMMENT 'no', email text COMMENT 'x purlin: contact') COMMENT = 'purlin: subject c'"
        ),
        ["column 0 email: contact", "table 0: subject c"]
    );
    assert_eq!(notes("SELECT 'purlin: no' FROM t"), Vec::<String>::new());
}

#[test]
fn parameters_are_numbered_in_the_order_of_the_text() {
    let params = |text: &str| {
        let unit = embedded(text).unwrap();
        let shown = format!("{:?}", unit.statements[0].kind);
        let mut out: Vec<u32> = shown
            .match_indices("Param(")
            .map(|(i, _)| shown[i + 6..].split(',').next().unwrap().parse().unwrap())
            .collect();
        out.sort_unstable();
        (out, unit.statements[0].named.iter().map(ToString::to_string).collect::<Vec<_>>())
    };
    assert_eq!(params("SELECT a FROM t WHERE b = ? AND c IN (?, ?) LIMIT ?"), (vec![0, 1, 2, 3], vec![]));
    assert_eq!(params("SELECT a FROM t WHERE b = $2 AND c = $1"), (vec![0, 1], vec![]));
    assert_eq!(params("SELECT a FROM t WHERE b = ?2 AND c = ?1"), (vec![0, 1], vec![]));
    let named = params("SELECT a FROM t WHERE b = :name AND c = :id OR d = :name");
    assert_eq!(named, (vec![0, 0, 1], vec!["name".to_string(), "id".to_string()]));
    assert_eq!(params("UPDATE t SET a = @p1 WHERE b = @id").1, ["p1", "id"]);
    assert_eq!(params("SELECT a::text, b[1:2] FROM t WHERE x = :y").0, [0]);
}

#[test]
fn places_inside_strings_of_programs() {
    // As if the text began at byte 100 and had an escape of two bytes before byte 12.
    let map = TextMap { file: FileId(3), pieces: vec![Piece::new(0, 100), Piece::new(12, 113)] };
    let unit = parse_embedded("SELECT a,\n  email FROM t", &map, None).unwrap();
    let Kind::Query(Query { body: QueryBody::Select(s), .. }) = &unit.statements[0].kind else { panic!() };
    let Item::Expr { expr: Expr::Column { span, .. }, .. } = &s.items[1] else { panic!() };
    assert_eq!((span.file, span.lo, span.hi), (FileId(3), 113, 118));
}

#[test]
fn overrides_of_sqlx_are_no_part_of_a_name() {
    let unit =
        embedded(r#"SELECT id AS "id!", a AS "b?", c AS "d: Uuid", e AS "f!: Vec<T>", g AS "H" FROM t"#).unwrap();
    let Kind::Query(Query { body: QueryBody::Select(s), .. }) = &unit.statements[0].kind else { panic!() };
    let names: Vec<_> = s
        .items
        .iter()
        .map(|i| match i {
            Item::Expr { alias, .. } => alias.clone().unwrap().to_string(),
            Item::Star { .. } => "*".into(),
        })
        .collect();
    assert_eq!(names, ["id", "b", "d", "f", "H"]);
}

#[test]
fn conditions_establish_what_they_require() {
    let filters = |text: &str| {
        let unit = embedded(text).unwrap();
        let Kind::Query(Query { body: QueryBody::Select(s), .. }) = &unit.statements[0].kind else { panic!() };
        s.filters
            .iter()
            .map(|f| match f {
                Expr::Test(TestExpr::IsTrue(_)) => 't',
                Expr::Test(TestExpr::IsFalse(_)) => 'f',
                Expr::Test(TestExpr::Equal(..)) => '=',
                Expr::Exists(..) => 'e',
                _ => '.',
            })
            .collect::<String>()
    };
    assert_eq!(filters("SELECT 1 FROM t WHERE a AND b = true AND c IS TRUE AND d IS NOT NULL AND true = e"), "ttttt");
    assert_eq!(
        filters("SELECT 1 FROM t WHERE NOT a AND b = false AND c IS FALSE AND d IS NULL AND NOT (e IS NOT NULL)"),
        "fffff"
    );
    assert_eq!(filters("SELECT 1 FROM t WHERE a OR b"), ".");
    assert_eq!(filters("SELECT 1 FROM t WHERE a = 1 AND (b = 0 AND c <> 0)"), "tft");
    assert_eq!(filters("SELECT 1 FROM t WHERE a = $1 AND b > 2"), "=.");
    assert_eq!(filters("SELECT 1 FROM t WHERE EXISTS (SELECT 1 FROM u) AND NOT EXISTS (SELECT 1 FROM u)"), "e.");
    assert_eq!(filters("SELECT 1 FROM t JOIN u ON u.a LEFT JOIN v ON v.b"), "t");
    assert_eq!(filters("SELECT 1 FROM t JOIN u ON u.a RIGHT JOIN v ON v.b"), "");
    assert_eq!(filters("SELECT 1 FROM t LEFT JOIN (u JOIN w ON w.ok) ON u.id = t.id"), "");
}

#[test]
fn outer_joins_are_marked() {
    let unit = embedded("SELECT 1 FROM a LEFT JOIN b ON b.x = a.x JOIN c USING (x)").unwrap();
    let Kind::Query(Query { body: QueryBody::Select(s), .. }) = &unit.statements[0].kind else { panic!() };
    let shape: Vec<_> = s
        .from
        .iter()
        .map(|r| match r {
            Relation::Optional(_) => "optional",
            Relation::Using(_) => "using",
            _ => "plain",
        })
        .collect();
    assert_eq!(shape, ["plain", "optional", "plain", "using"]);
}

#[test]
fn strings_of_programs_that_are_no_sql() {
    for text in [
        "",
        "hello",
        "select",
        "select a file",
        "Select-next",
        "delete user",
        "Update the settings",
        "with love",
        "insert coin",
        "commit",
        "Begin",
        "set up",
        "drop it",
        "SELECT",
        "create something new",
        "{} rows",
        "--",
        "/*",
    ] {
        assert!(embedded(text).is_none(), "{text}");
    }
    for text in
        ["SELECT 1", "COMMIT", "select email from users", "  -- by id\n SELECT a FROM t", "PRAGMA foreign_keys = ON"]
    {
        assert!(embedded(text).is_some(), "{text}");
    }
    assert!(looks_like_sql("SELECT {cols} FROM t WHERE"));
    assert!(!looks_like_sql("select a file"));
}

#[test]
fn every_dialect_is_asked() {
    for text in [
        "SELECT data->>'a' FROM t WHERE b @> $1::jsonb",
        "SELECT a FROM t WHERE b = ?",
        "INSERT OR REPLACE INTO t (a) VALUES (?1)",
        "INSERT INTO t (a) VALUES (?) ON DUPLICATE KEY UPDATE a = VALUES(a)",
        "SELECT `a` FROM `t` LIMIT 1, 2",
        "INSERT INTO t SET a = ?",
        "SELECT TOP 1 a FROM t",
    ] {
        assert!(embedded(text).is_some(), "{text}");
    }
}

#[test]
fn templates_of_dbt() {
    let text = "{{ config(materialized='table') }}\n{# note #}\nwith c as (select * from {{ ref('stg_customers') }})\n\
                {% if is_incremental() %}\n{% endif %}\nselect c.email from c join {{ source('raw', 'orders') }} o on o.id = c.id";
    let unit = unit(text);
    assert!(unit.gaps.is_empty(), "{:?}", unit.gaps);
    let shown = format!("{:?}", statements(&unit));
    assert!(shown.contains("\"stg_customers\"") && shown.contains("\"orders\""), "{shown}");
}

/// A template as it is rendered, without the spaces that keep it as long.
fn rendered(text: &str, branch: Branch) -> String {
    let out = jinja::render(text, branch).unwrap();
    assert_eq!(out.len(), text.len());
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn templates_are_rendered_as_long_as_they_are() {
    let r = |text| rendered(text, Branch::First);
    assert_eq!(r("select * from {{ source('a', 'b') }} join {{ ref(\"c\") }}"), "select * from a.b join c");
    assert_eq!(r("{% set x = ref('m') %}select * from {{ x }} {# ö #}"), "select * from m");
    assert_eq!(r("select {{ cents('price') }}, {{ k(['a', 't.b']) }}"), "select m(price) , m(a,t.b)");
    assert_eq!(r("{% macro f(a) %} select {{ a }} {% endmacro %}select 1"), "select 1");
    assert_eq!(r("select 1 where x > {{ var('a') }}"), "select 1 where x > t_____________");
    assert_eq!(r("select {{ dbt_utils.star(ref('a')) }} from a"), "select * from a");
    assert_eq!(r("{{ latest(ref('a'), source('b', 'c')) }}"), "select * from template__________________");
    assert_eq!(
        r("{{ dbt_utils.union_relations(relations=[ref('a'), source('b', 'c')]) }}"),
        "select * from a union all select * from b.c"
    );
    let either = "select 1 {% if target.type == 'x' %} a {% elif y %} b {% else %} c {% endif %} d";
    assert_eq!(r(either), "select 1 a d");
    assert_eq!(rendered(either, Branch::Last), "select 1 c d");
    assert_eq!(r("select 1 {% if is_incremental() %} where x {% endif %}"), "select 1");
    assert_eq!(r("{% for c in d %} {{ c }} x {% if not loop.last %},{% endif %} {% endfor %}"), "t______ x");
    assert_eq!(jinja::render("select {{ x", Branch::First), None);
}

#[test]
fn sheets_are_definitions_and_notes() {
    let text = "version: 2\nsources:\n  - name: Raw\n    tables:\n      - name: users\n        columns:\n          - name: mail\n            data_type: text\n            meta: {purlin: contact.email}\n          - name: plain\nmodels:\n  - name: m\n    description: \"x. purlin: of customer\"\n    columns:\n      - name: c\n        tags: ['purlin: contact']\n        config: {meta: {purlin: [name]}}\n";
    let unit = describe(FileId(0), text);
    assert!(unit.gaps.is_empty());
    let Kind::Define(Define::Table { name, columns, .. }) = &statements(&unit)[0].kind else { panic!() };
    assert_eq!((name.schema.as_deref(), name.name.as_str()), (Some("raw"), "users"));
    let columns: Vec<(&str, &str, &str)> =
        columns.iter().map(|c| (c.name.as_str(), c.ty.as_str(), under(text, c.span))).collect();
    assert_eq!(columns, [("mail", "text", "mail"), ("plain", "", "plain")]);
    let notes: Vec<String> =
        unit.annotations.iter().map(|a| format!("{:?} {} {}", a.target, a.text, under(text, a.span))).collect();
    assert_eq!(
        notes,
        [
            "Column(1, \"mail\") contact.email contact.email",
            "Table(2) of customer of customer",
            "Column(3, \"c\") name name",
            "Column(4, \"c\") contact contact",
        ]
    );
    assert_eq!(describe(FileId(0), "a: [").gaps.len(), 1);
    let dataset = "dataset:\n- collections:\n  - name: users\n    fields:\n    - name: mail\n      data_categories: [user.contact.email, system.x]\n";
    let notes: Vec<String> = describe(FileId(0), dataset).annotations.into_iter().map(|a| a.text).collect();
    assert_eq!(notes, ["contact.email"]);
    let seed = seed(FileId(0), "towns", "id,\"Name\"\n1,x\n");
    let Kind::Define(Define::Table { columns, .. }) = &statements(&seed)[0].kind else { panic!() };
    assert_eq!(columns.iter().map(|c| c.name.as_str()).collect::<Vec<_>>(), ["id", "name"]);
}

#[test]
fn chains_and_nests_beyond_reason_are_gaps() {
    let n = 100_000;
    let some = 5_000;
    for text in [
        format!("SELECT 1 FROM t WHERE a{}", " AND a".repeat(n)),
        format!("SELECT 1 FROM t WHERE a{}", " OR a = 1".repeat(n)),
        format!("SELECT 1{}", " UNION SELECT 1".repeat(n)),
        format!("SELECT 1{}", " + 1 - 1".repeat(some)),
        format!("SELECT a{}", "::text".repeat(some)),
        format!("SELECT a{} FROM t", " -> 'b'".repeat(some)),
        format!("SELECT a{} FROM t", " IS NULL".repeat(some)),
        format!("SELECT a{} FROM t", "[1]".repeat(some)),
        format!("SELECT {}1", "NOT ".repeat(some)),
        format!("SELECT {}1{}", "(".repeat(n), ")".repeat(n)),
        format!("SELECT {}", "(".repeat(n)),
        format!("SELECT {}1", "- ".repeat(some)),
        format!("SELECT * FROM t{}", " JOIN t ON a".repeat(some)),
        format!("{}SELECT 1", "EXPLAIN ".repeat(some)),
        format!("SELECT {} 1", "CASE WHEN ".repeat(some)),
        format!("SELECT a FROM t WHERE a IN (1{})", ", 1".repeat(some)),
        format!("SELECT 1 FROM t WHERE {}", "a BETWEEN 1 AND ".repeat(some)),
        format!("SELECT {}1", "INTERVAL ".repeat(some)),
        format!("CREATE TABLE t ({})", "a ".repeat(some)),
        format!("CREATE TABLE t (a {})", "ARRAY<".repeat(some)),
        format!("DO $$ {} $$", "BEGIN ".repeat(some)),
        format!("WITH {}a AS (SELECT 1) SELECT 1", "a AS (SELECT 1), ".repeat(some)),
        "$a$".repeat(n),
        "/*".repeat(n),
        format!("SELECT '{}'", "ä''".repeat(some)),
    ] {
        let _ = unit(&text);
    }
}

#[test]
fn chains_that_occur_are_followed() {
    let text = format!("SELECT a FROM t WHERE b = 1{}", " OR b = 1".repeat(500));
    assert!(embedded(&text).is_some());
    let text = format!("SELECT a FROM t{}", " UNION ALL SELECT a FROM t".repeat(500));
    assert!(embedded(&text).is_some());
    let text = format!("INSERT INTO t (a, b) VALUES (1, 'x'){}", ", (1, 'x')".repeat(20_000));
    assert_eq!(kinds(&text), ["insert"]);
}

#[test]
fn no_mutation_of_a_text_is_fatal() {
    let seeds = [
        "CREATE TABLE users (id int PRIMARY KEY, email text NOT NULL, -- purlin: contact.email\n FOREIGN KEY (id) REFERENCES o (x));",
        "WITH RECURSIVE a AS (SELECT 1 UNION ALL SELECT n+1 FROM a) INSERT INTO t (x) SELECT n FROM a ON CONFLICT DO UPDATE SET x = excluded.x RETURNING *;",
        "UPDATE t SET a = $1, (b, c) = (SELECT 1, 2) FROM u LEFT JOIN LATERAL (SELECT 1) z ON true WHERE u.id = ANY($2);",
        "COMMENT ON COLUMN a.b IS 'Größe purlin: x'; COPY a FROM stdin;\n1\n\\.\n\\d\nDO $x$ BEGIN NULL; END $x$;",
        "SELECT {{ ref('a') }} FROM `b` WHERE \"c\" = E'\\'' AND d ->> 'e' LIKE '%f';",
    ];
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut next = move |n: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % n.max(1) as u64) as usize
    };
    for round in 0..1_500 {
        let mut text: Vec<char> = seeds[round % seeds.len()].chars().collect();
        for _ in 0..=next(6) {
            let (at, other) = (next(text.len()), next(seeds.len()));
            match next(4) {
                0 => drop(text.remove(at)),
                1 => {
                    text.insert(at, ['\'', '"', '(', ')', ';', '$', '-', '*', '/', 'ä', '\\', '\n', '{', ':'][next(14)])
                }
                2 => text.truncate(at.max(1)),
                _ => {
                    let piece: Vec<char> = seeds[other].chars().skip(next(40)).take(next(20)).collect();
                    text.splice(at..at, piece);
                }
            }
            if text.is_empty() {
                text.push('x');
            }
        }
        let text: String = text.into_iter().collect();
        let unit = unit(&text);
        for s in statements(&unit) {
            assert!(s.span.hi as usize <= text.len());
        }
        let _ = embedded(&text);
    }
}
