//! What statements do, as lines of text.

use super::*;
use crate::front::sql::{Macros, lower as lower_file, parse_embedded};
use crate::front::text_map::TextMap;
use crate::link::schema::{self, Schemas};
use crate::link::sqlfn::{Flowing, SqlSource};

const SHOP: &str = "
CREATE TABLE users (id int, email text, name text, opted_in bool, profile jsonb, org int);
CREATE TABLE orders (id int, user_id int, total int, note text);
CREATE TABLE mails (user_id int, address text, sent bool);
CREATE VIEW active AS SELECT id, email AS mail FROM users WHERE opted_in;
CREATE VIEW wide AS SELECT * FROM users;
CREATE TABLE copies AS SELECT id, lower(email) AS low FROM users;
";

fn schemas(text: &str) -> Schemas {
    let unit = lower_file(FileId(9), "a.sql", text, None, &Macros::default());
    let (schemas, gaps) = schema::build(&[("schema.sql", &unit)]);
    assert!(gaps.is_empty(), "{gaps:?}");
    schemas
}

fn run(text: &str) -> SqlFn {
    on(&schemas(SHOP), text)
}

fn on(schemas: &Schemas, text: &str) -> SqlFn {
    let unit = parse_embedded(text, &TextMap::identity(FileId(0)), None).unwrap();
    lower(&unit.statements[0], schemas, 0)
}

fn source(schemas: &Schemas, f: &Flowing) -> String {
    let name = match f.source {
        SqlSource::Column(id) => schemas.show(id),
        SqlSource::Param(n) => format!("${}", n + 1),
        SqlSource::Hole(_) => "{}".to_owned(),
    };
    let mut out = if f.derived { format!("~{name}") } else { name };
    for crate::link::sqlfn::Passed { name: function, .. } in &f.functions {
        out = format!("{function}({out})");
    }
    out
}

fn sources(schemas: &Schemas, from: &[Flowing]) -> String {
    from.iter().map(|f| source(schemas, f)).collect::<Vec<_>>().join(" + ")
}

/// Result columns: `name: sources`, with `*` behind those that came along.
fn outputs(text: &str) -> Vec<String> {
    let s = schemas(SHOP);
    let f = on(&s, text);
    assert!(f.unresolved.is_empty(), "{:?}", f.unresolved);
    f.outputs
        .iter()
        .map(|o| format!("{}: {}{}", o.name, sources(&s, &o.from), if o.by_star { " *" } else { "" }))
        .collect()
}

fn writes(text: &str) -> Vec<String> {
    let s = schemas(SHOP);
    let f = on(&s, text);
    assert!(f.unresolved.is_empty(), "{:?}", f.unresolved);
    f.writes.iter().map(|w| format!("{} = {}", s.show(w.column), sources(&s, &w.from))).collect()
}

/// Columns that are named, those of select lists in capitals.
fn uses(text: &str) -> Vec<String> {
    let s = schemas(SHOP);
    let f = on(&s, text);
    assert!(f.unresolved.is_empty(), "{:?}", f.unresolved);
    f.uses.iter().map(|u| if u.returned { s.show(u.column).to_uppercase() } else { s.show(u.column) }).collect()
}

fn guards(text: &str) -> Vec<String> {
    let s = schemas(SHOP);
    on(&s, text).row_guards.iter().map(|(c, t)| format!("{}{}", if *t { "" } else { "not " }, s.show(*c))).collect()
}

#[test]
fn plain_columns_and_parameters() {
    assert_eq!(
        outputs("SELECT email, u.name AS n FROM users u WHERE id = $1"),
        ["email: users.email", "n: users.name"]
    );
    let f = run("SELECT email FROM users WHERE id = $1 AND org = $2");
    assert_eq!(f.params, 2);
    assert_eq!(
        uses("SELECT email FROM users u WHERE u.id = $1 ORDER BY name"),
        ["USERS.EMAIL", "users.id", "users.name"]
    );
    assert_eq!(outputs("SELECT $1::text AS a, 'x' AS b FROM users"), ["a: $1", "b: "]);
}

#[test]
fn places_are_those_of_the_names() {
    let text = "SELECT u.email, u.* FROM users u";
    let f = run(text);
    let at = |s: Span| &text[s.lo as usize..s.hi as usize];
    assert_eq!(at(f.outputs[0].from[0].span), "u.email");
    assert_eq!(at(f.outputs[1].from[0].span), "u.*");
    assert_eq!(at(f.outputs[1].span), "u.*");
    assert_eq!(at(f.uses[0].span), "u.email");
}

#[test]
fn stars_come_along_and_name_nothing() {
    assert_eq!(
        outputs("SELECT * FROM orders"),
        ["id: orders.id *", "user_id: orders.user_id *", "total: orders.total *", "note: orders.note *"]
    );
    assert_eq!(uses("SELECT * FROM orders"), Vec::<String>::new());
    assert_eq!(outputs("SELECT o.*, u.email FROM orders o JOIN users u ON u.id = o.user_id").len(), 5);
    assert_eq!(outputs("SELECT * FROM mails m JOIN orders o USING (user_id)").len(), 6);
    assert_eq!(outputs("SELECT * FROM mails NATURAL JOIN orders").len(), 6);
}

#[test]
fn what_is_named_inside_is_named() {
    let inner = "SELECT * FROM (SELECT email FROM users) x";
    assert_eq!(outputs(inner), ["email: users.email"]);
    assert_eq!(uses(inner), ["USERS.EMAIL"]);
    let star = "WITH x AS (SELECT * FROM mails) SELECT address FROM x";
    assert_eq!(outputs(star), ["address: mails.address"]);
    assert_eq!(uses(star), ["MAILS.ADDRESS"]);
    assert_eq!(outputs("WITH x AS (SELECT * FROM mails) SELECT * FROM x")[1], "address: mails.address *");
}

#[test]
fn derived_values_and_functions() {
    assert_eq!(outputs("SELECT lower(trim(email)) FROM users"), ["lower: lower(trim(~users.email))"]);
    assert_eq!(outputs("SELECT name || ' ' || email AS x FROM users"), ["x: ~users.name + ~users.email"]);
    assert_eq!(outputs("SELECT profile->>'city' AS c FROM users"), ["c: ~users.profile"]);
    assert_eq!(outputs("SELECT coalesce(email, name, $1) FROM users"), ["coalesce: users.email + users.name + $1"]);
    assert_eq!(
        outputs("SELECT email::citext, CAST(name AS text) FROM users"),
        ["email: users.email", "name: users.name"]
    );
    assert_eq!(
        outputs("SELECT CASE WHEN opted_in THEN email ELSE name END FROM users"),
        ["case: users.email + users.name"]
    );
    assert_eq!(
        outputs("SELECT max(total), sum(total) AS s FROM orders"),
        ["max: max(~orders.total)", "s: sum(~orders.total)"]
    );
    assert_eq!(outputs("SELECT array_agg(email ORDER BY id) AS all FROM users"), ["all: users.email"]);
    assert_eq!(outputs("SELECT lag(email) OVER (PARTITION BY org ORDER BY id) AS p FROM users"), ["p: users.email"]);
}

#[test]
fn counts_and_tests_yield_nothing() {
    assert_eq!(
        outputs(
            "SELECT count(*), count(email) AS n, email = $1 AS same, email IS NULL AS e, length(name) AS l, \
             exists(SELECT 1 FROM orders) AS x, row_number() OVER (ORDER BY email) AS r FROM users"
        ),
        ["count: ", "n: ", "same: ", "e: ", "l: ", "x: ", "r: "]
    );
    assert_eq!(
        uses("SELECT count(email) FROM users GROUP BY org HAVING count(name) > 1"),
        ["users.email", "users.org", "users.name"]
    );
}

#[test]
fn subqueries_and_correlation() {
    assert_eq!(
        outputs("SELECT o.id, (SELECT u.email FROM users u WHERE u.id = o.user_id) AS mail FROM orders o"),
        ["id: orders.id", "mail: users.email"]
    );
    assert_eq!(
        uses("SELECT id FROM orders o WHERE EXISTS (SELECT name FROM users WHERE id = o.user_id)"),
        ["ORDERS.ID", "users.name", "users.id", "orders.user_id"]
    );
    assert_eq!(
        outputs("SELECT x.total FROM users u, LATERAL (SELECT total FROM orders WHERE user_id = u.id) x"),
        ["total: orders.total"]
    );
    assert_eq!(outputs("SELECT ARRAY(SELECT email FROM users) AS mails"), ["mails: users.email"]);
}

#[test]
fn common_tables() {
    assert_eq!(
        outputs(
            "WITH a AS (SELECT id, email FROM users), b (k, m) AS (SELECT id, upper(email) FROM a) SELECT m FROM b"
        ),
        ["m: upper(~users.email)"]
    );
    // Twice the same column: of the rows of one branch it is established that they have no `org`.
    assert_eq!(
        outputs(
            "WITH RECURSIVE tree AS (SELECT id, name, email FROM users WHERE org IS NULL UNION ALL \
             SELECT u.id, t.email, u.email FROM users u JOIN tree t ON t.id = u.org) SELECT name FROM tree"
        ),
        ["name: users.name + users.email + users.email"]
    );
    assert_eq!(
        outputs("WITH gone AS (DELETE FROM users WHERE id = $1 RETURNING email) SELECT email FROM gone"),
        ["email: users.email"]
    );
    // A name in reach hides the table.
    assert_eq!(
        outputs("WITH users AS (SELECT address FROM mails) SELECT address FROM users"),
        ["address: mails.address"]
    );
}

#[test]
fn set_operations_go_by_position() {
    assert_eq!(
        outputs("SELECT email FROM users UNION ALL SELECT address FROM mails ORDER BY email"),
        ["email: users.email + mails.address"]
    );
    assert_eq!(outputs("SELECT email FROM users EXCEPT SELECT address FROM mails"), ["email: users.email"]);
    assert_eq!(uses("SELECT email FROM users EXCEPT SELECT address FROM mails"), ["USERS.EMAIL", "mails.address"]);
}

#[test]
fn views_are_seen_through() {
    assert_eq!(outputs("SELECT mail FROM active"), ["mail: users.email"]);
    assert_eq!(uses("SELECT mail FROM active"), ["USERS.EMAIL"]);
    assert_eq!(guards("SELECT mail FROM active"), ["users.opted_in"]);
    assert_eq!(outputs("SELECT * FROM active")[1], "mail: users.email *");
    assert_eq!(outputs("SELECT name FROM wide"), ["name: users.name"]);
    assert_eq!(outputs("SELECT low FROM copies"), ["low: lower(~users.email)"]);
    assert_eq!(writes("UPDATE active SET mail = $1"), ["users.email = $1"]);
}

#[test]
fn views_that_are_written_about_stand_for_themselves() {
    let s = schemas(
        "CREATE TABLE users (id int, email text);\n\
         CREATE VIEW v AS SELECT id,\n email AS mail -- purlin: contact\nFROM users;",
    );
    let f = on(&s, "SELECT id, mail FROM v");
    assert_eq!(sources(&s, &f.outputs[1].from), "v.mail");
    assert_eq!(sources(&s, &f.outputs[0].from), "users.id");
}

#[test]
fn inserts_write_column_by_column() {
    assert_eq!(
        writes("INSERT INTO users (email, name) VALUES ($1, lower($2)), ($3, 'x')"),
        ["users.email = $1 + $3", "users.name = lower(~$2)"]
    );
    assert_eq!(writes("INSERT INTO orders VALUES ($1, $2)"), ["orders.id = $1", "orders.user_id = $2"]);
    assert_eq!(
        writes("INSERT INTO mails (user_id, address) SELECT id, email FROM users WHERE opted_in"),
        ["mails.user_id = users.id", "mails.address = users.email"]
    );
    assert_eq!(
        guards("INSERT INTO mails (user_id, address) SELECT id, email FROM users WHERE opted_in"),
        ["users.opted_in"]
    );
    assert_eq!(
        writes("INSERT INTO mails SELECT * FROM mails"),
        ["mails.user_id = mails.user_id", "mails.address = mails.address", "mails.sent = mails.sent"]
    );
    assert_eq!(
        writes("WITH x AS (SELECT $1::text AS a) INSERT INTO mails (address) SELECT a FROM x"),
        ["mails.address = $1"]
    );
    assert_eq!(
        writes("INSERT INTO users (email, name) SELECT * FROM unnest($1::text[], $2::text[])"),
        ["users.email = $1", "users.name = $2"]
    );
    assert_eq!(
        writes(
            "INSERT INTO users (email, name) SELECT e, n FROM unnest($1::text[], $2::text[]) AS t(e, n) ON CONFLICT DO NOTHING"
        ),
        ["users.email = $1", "users.name = $2"]
    );
}

#[test]
fn conflicts_write_too() {
    assert_eq!(
        writes(
            "INSERT INTO users (id, email) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET email = excluded.email, name = users.email"
        ),
        ["users.id = $1", "users.email = $2", "users.email = $2", "users.name = users.email"]
    );
    assert_eq!(
        writes("INSERT INTO users (id, email) VALUES (?, ?) ON DUPLICATE KEY UPDATE email = VALUES(email)"),
        ["users.id = $1", "users.email = $2", "users.email = $2"]
    );
}

#[test]
fn updates_and_deletes() {
    assert_eq!(
        writes("UPDATE users SET email = $1, name = upper(name) WHERE id = $2"),
        ["users.email = $1", "users.name = upper(~users.name)"]
    );
    assert_eq!(
        writes("UPDATE mails m SET address = u.email FROM users u WHERE u.id = m.user_id"),
        ["mails.address = users.email"]
    );
    assert_eq!(writes("UPDATE users SET (email, name) = ($1, $2)"), ["users.email = $1", "users.name = $2"]);
    assert_eq!(
        writes("UPDATE mails SET (user_id, address) = (SELECT id, email FROM users LIMIT 1)"),
        ["mails.user_id = users.id", "mails.address = users.email"]
    );
    assert_eq!(outputs("UPDATE users SET name = $1 RETURNING id, email"), ["id: users.id", "email: users.email"]);
    assert_eq!(outputs("INSERT INTO orders (note) VALUES ($1) RETURNING *")[3], "note: orders.note *");
    let f = run("DELETE FROM users WHERE opted_in = false RETURNING email");
    assert_eq!((f.deletes.len(), f.outputs.len()), (1, 1));
    assert_eq!(run("TRUNCATE users, orders").deletes.len(), 2);
    assert_eq!(guards("DELETE FROM users WHERE NOT opted_in"), ["not users.opted_in"]);
    assert_eq!(run("DELETE u FROM users u JOIN orders o ON o.user_id = u.id").deletes.len(), 1);
}

#[test]
fn merges() {
    assert_eq!(
        writes(
            "MERGE INTO mails m USING users u ON m.user_id = u.id WHEN MATCHED THEN UPDATE SET address = u.email \
             WHEN NOT MATCHED THEN INSERT (user_id, address) VALUES (u.id, u.email)"
        ),
        ["mails.address = users.email", "mails.user_id = users.id", "mails.address = users.email"]
    );
}

#[test]
fn guards_of_rows() {
    assert_eq!(guards("SELECT email FROM users WHERE opted_in"), ["users.opted_in"]);
    assert_eq!(guards("SELECT email FROM users WHERE opted_in = true AND id = $1"), ["users.opted_in"]);
    assert_eq!(guards("SELECT email FROM users WHERE opted_in OR id = $1"), Vec::<String>::new());
    assert_eq!(guards("SELECT email FROM users WHERE NOT opted_in"), ["not users.opted_in"]);
    assert_eq!(guards("SELECT email FROM users WHERE id = $1 AND (name = $2 AND opted_in)"), ["users.opted_in"]);
    assert_eq!(guards("SELECT 1 FROM orders o JOIN users u ON u.id = o.user_id AND u.opted_in"), ["users.opted_in"]);
    assert_eq!(
        guards("SELECT 1 FROM orders o LEFT JOIN users u ON u.id = o.user_id AND u.opted_in"),
        Vec::<String>::new()
    );
    assert_eq!(
        guards("SELECT 1 FROM orders o LEFT JOIN users u ON u.id = o.user_id WHERE u.opted_in"),
        ["users.opted_in"]
    );
    assert_eq!(guards("SELECT 1 FROM (SELECT * FROM users WHERE opted_in) x"), ["users.opted_in"]);
    assert_eq!(guards("SELECT 1 FROM (SELECT * FROM users) x WHERE x.opted_in"), ["users.opted_in"]);
    assert_eq!(
        guards("SELECT 1 FROM orders LEFT JOIN (SELECT * FROM users WHERE opted_in) x ON true"),
        Vec::<String>::new()
    );
    assert_eq!(guards("WITH x AS (SELECT * FROM users WHERE opted_in) SELECT email FROM x"), ["users.opted_in"]);
    assert_eq!(guards("SELECT email FROM users WHERE opted_in UNION SELECT email FROM users"), Vec::<String>::new());
    assert_eq!(
        guards("SELECT email FROM users WHERE opted_in UNION SELECT name FROM users WHERE opted_in"),
        ["users.opted_in"]
    );
    assert_eq!(
        guards("SELECT 1 FROM orders o WHERE EXISTS (SELECT 1 FROM users u WHERE u.id = o.user_id AND opted_in)"),
        ["users.opted_in"]
    );
    assert_eq!(
        guards("SELECT 1 FROM orders o WHERE NOT EXISTS (SELECT 1 FROM users u WHERE opted_in)"),
        Vec::<String>::new()
    );
    assert_eq!(guards("SELECT (SELECT email FROM users WHERE opted_in) FROM orders"), Vec::<String>::new());
    assert_eq!(
        guards("SELECT 1 FROM orders WHERE user_id IN (SELECT id FROM users WHERE opted_in)"),
        ["users.opted_in"]
    );
}

#[test]
fn whole_rows_come_along() {
    let f = outputs("SELECT to_jsonb(m) AS j FROM mails m");
    assert_eq!(f, ["j: mails.user_id + mails.address + mails.sent *"]);
    assert_eq!(uses("SELECT row_to_json(m.*) FROM mails m"), Vec::<String>::new());
    assert_eq!(outputs("SELECT (u).email FROM users u"), ["email: users.email"]);
    let part = outputs("WITH q AS (SELECT m FROM mails m) SELECT (q.m).address FROM q");
    assert_eq!(part, ["address: mails.address"]);
}

#[test]
fn functions_as_relations() {
    assert_eq!(outputs("SELECT x FROM unnest($1::text[]) AS x"), ["x: $1"]);
    assert_eq!(outputs("SELECT t.a, t.b FROM unnest($1, $2) AS t(a, b)"), ["a: $1", "b: $2"]);
    assert_eq!(outputs("SELECT e.value FROM users u, json_each(u.profile) e"), ["value: json_each(~users.profile)"]);
    assert_eq!(outputs("SELECT n FROM generate_series(1, $1) AS n"), ["n: "]);
}

#[test]
fn what_no_schema_explains_is_listed() {
    let f = run("SELECT u.emial, x.a, zip FROM users u JOIN nowhere x ON x.id = u.id");
    let names: Vec<&str> = f.unresolved.iter().map(|u| u.0.as_str()).collect();
    assert_eq!(names, ["u.emial", "nowhere"]);
    let f = run("INSERT INTO users (emial) VALUES ($1)");
    assert_eq!(f.unresolved[0].0, "users.emial");
    assert!(run("SELECT version FROM information_schema.tables, pg_class, sqlite_master").unresolved.is_empty());
    assert!(run("SELECT email AS mail FROM users ORDER BY mail").unresolved.is_empty());
    assert!(run("SELECT rowid FROM users").unresolved.is_empty());
}

#[test]
fn tables_made_by_bindings() {
    let mut s = schemas(SHOP);
    let unit = parse_embedded("SELECT email, other FROM outside", &TextMap::identity(FileId(0)), None).unwrap();
    let name = crate::ir::sql::TableName { schema: None, name: "outside".into(), span: Span::new(FileId(0), 0, 0) };
    let table = s.ensure_table(0, &name).unwrap();
    let id = s.ensure_column(0, table, "email", Span::new(FileId(0), 0, 0)).unwrap();
    assert_eq!(s.ensure_column(0, table, "EMAIL", Span::new(FileId(0), 0, 0)), Some(id));
    let f = lower(&unit.statements[0], &s, 0);
    assert!(f.unresolved.is_empty());
    assert_eq!(f.outputs[0].from[0].source, SqlSource::Column(id));
    assert!(f.outputs[1].from.is_empty());
}

#[test]
fn definitions_that_read() {
    assert_eq!(
        writes("CREATE TABLE copies AS SELECT id, email FROM users"),
        ["copies.id = users.id", "copies.low = users.email"]
    );
    assert_eq!(outputs("CREATE VIEW v (a) AS SELECT email FROM users"), ["a: users.email"]);
    assert_eq!(outputs("COPY users (email) TO STDOUT"), ["email: users.email"]);
}

#[test]
fn recursion_and_size_are_bounded() {
    let s = schemas(
        "CREATE TABLE t (a text, b text); CREATE VIEW v AS SELECT * FROM v2; CREATE VIEW v2 AS SELECT * FROM v;",
    );
    let _ = on(&s, "SELECT * FROM v");
    let mut text = String::from("WITH x0 AS (SELECT a, b FROM t)");
    for i in 1..60 {
        text.push_str(&format!(", x{i} AS (SELECT l.a || r.b AS a, r.a || l.b AS b FROM x{p} l, x{p} r)", p = i - 1));
    }
    text.push_str(" SELECT * FROM x59");
    let f = on(&s, &text);
    assert_eq!(f.outputs.len(), 2);
    let mut wide = String::from("WITH x0 AS (SELECT * FROM t)");
    for i in 1..60 {
        wide.push_str(&format!(", x{i} AS (SELECT * FROM x{p} l, x{p} r)", p = i - 1));
    }
    wide.push_str(" SELECT * FROM x59");
    assert!(on(&s, &wide).unresolved.iter().any(|u| u.0.contains("too large")));
    let mut deep = String::from("SELECT a FROM t");
    for _ in 0..40 {
        deep = format!("WITH RECURSIVE r AS ({deep}) SELECT a FROM r");
    }
    if let Some(unit) = parse_embedded(&deep, &TextMap::identity(FileId(0)), None) {
        let _ = lower(&unit.statements[0], &s, 0);
    }
}

const ROUTINES: &str = "
CREATE TABLE users (id int, email text, name text);
CREATE TABLE log (who text, what text, at timestamp);
CREATE TABLE totals (n int);
CREATE FUNCTION mail_of(uid int) RETURNS text AS $$ SELECT email FROM users WHERE id = uid $$ LANGUAGE sql;
CREATE FUNCTION short(t text) RETURNS text RETURN left(t, 3);
CREATE FUNCTION people(pattern text) RETURNS TABLE (mail text, n text) LANGUAGE sql
  AS 'SELECT email, name FROM users WHERE name LIKE pattern';
CREATE FUNCTION noted() RETURNS trigger AS $$
DECLARE
  note text := 'x';
BEGIN
  IF TG_OP = 'DELETE' THEN
    DELETE FROM totals;
    RETURN OLD;
  END IF;
  SELECT NEW.email INTO note;
  INSERT INTO log (who, what) VALUES (note, TG_OP);
  NEW.name := upper(NEW.name);
  RETURN NEW;
END $$ LANGUAGE plpgsql;
CREATE TRIGGER t BEFORE INSERT OR UPDATE OR DELETE ON users FOR EACH ROW EXECUTE FUNCTION noted();
";

/// What a statement does where there are routines.
fn does(schema: &str, text: &str) -> Vec<String> {
    let s = schemas(schema);
    let f = on(&s, text);
    assert!(f.unresolved.is_empty(), "{:?}", f.unresolved);
    let mut out: Vec<String> = f.outputs.iter().map(|o| format!("{}: {}", o.name, sources(&s, &o.from))).collect();
    out.extend(f.writes.iter().map(|w| format!("{} <- {}", s.show(w.column), sources(&s, &w.from))));
    out.extend(f.deletes.iter().map(|(i, t, _)| format!("deletes {}", s.list[*i as usize].tables[*t as usize].name)));
    out
}

#[test]
fn functions_yield_what_their_bodies_yield() {
    assert_eq!(does(ROUTINES, "SELECT mail_of(3) AS m"), ["m: mail_of(users.email)"]);
    assert_eq!(
        does(ROUTINES, "SELECT short(name) AS s, short($1) AS t FROM users"),
        ["s: short(left(~users.name))", "t: short(left(~$1))"]
    );
    assert_eq!(does(ROUTINES, "SELECT n, mail FROM people('a%')"), ["n: users.name", "mail: users.email"]);
}

#[test]
fn triggers_are_part_of_the_statement() {
    assert_eq!(
        does(ROUTINES, "INSERT INTO users (id, email) VALUES ($1, $2)"),
        ["users.id <- $1", "users.email <- $2", "log.who <- $2", "log.what <- "]
    );
    assert_eq!(
        does(ROUTINES, "UPDATE users SET name = $1 WHERE id = 1"),
        ["users.name <- $1", "log.who <- users.email", "log.what <- ", "users.name <- upper(~$1)"]
    );
    assert_eq!(
        does(ROUTINES, "DELETE FROM users WHERE id = 1"),
        [
            "log.who <- users.email",
            "log.what <- ",
            "users.name <- upper(~users.name)",
            "deletes users",
            "deletes totals"
        ]
    );
}

#[test]
fn triggers_with_bodies_of_their_own() {
    let sqlite = "CREATE TABLE a (x text, y text); CREATE TABLE b (z text);\
                  CREATE TRIGGER t AFTER UPDATE OF x ON a WHEN new.x <> old.x BEGIN \
                    INSERT INTO b SELECT old.x; UPDATE b SET z = new.y WHERE z = old.x; END;";
    assert_eq!(does(sqlite, "UPDATE a SET x = ?"), ["a.x <- $1", "b.z <- a.x", "b.z <- a.y"]);
    assert_eq!(does(sqlite, "INSERT INTO a (x) VALUES (?)"), ["a.x <- $1"]);
    let mysql = "CREATE TABLE a (x text, y text) ENGINE=InnoDB; DELIMITER //\n\
                 CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW BEGIN DECLARE v text; SET v = NEW.x; SET NEW.y = md5(v); END//\nDELIMITER ;";
    assert_eq!(does(mysql, "INSERT INTO a (x) VALUES (?)"), ["a.x <- $1", "a.y <- md5(~$1)"]);
}

#[test]
fn loops_and_results_of_procedural_functions() {
    let schema = "CREATE TABLE users (id int, email text); CREATE TABLE out (a text, b int);\
        CREATE PROCEDURE copy_all(limit_ int) LANGUAGE plpgsql AS $$ DECLARE r record; n int; BEGIN \
          FOR r IN SELECT id, email FROM users LOOP INSERT INTO out VALUES (r.email, n); n := r.id; END LOOP;\
          UPDATE users SET email = 'x' RETURNING id INTO n; END $$;\
        CREATE FUNCTION best() RETURNS SETOF text LANGUAGE plpgsql AS $$ BEGIN RETURN QUERY SELECT email FROM users;\
          RETURN NEXT 'x'; END $$;";
    assert_eq!(
        does(schema, "CALL copy_all(3)"),
        ["copy_all: ", "out.a <- users.email", "out.b <- users.id", "users.email <- "]
    );
    assert_eq!(does(schema, "SELECT * FROM best()"), ["best: users.email"]);
}

#[test]
fn a_block_runs_once_and_a_loop_of_calls_ends() {
    let s = schemas(
        "CREATE TABLE a (x text); CREATE TABLE b (y text); DO $$ DECLARE v text; BEGIN SELECT x INTO v FROM a;\
         ALTER TABLE b ADD COLUMN z text; INSERT INTO b VALUES (v); END $$;\
         CREATE FUNCTION f(t text) RETURNS text LANGUAGE sql AS $$ SELECT g(t) $$;\
         CREATE FUNCTION g(t text) RETURNS text LANGUAGE sql AS $$ SELECT f(t) $$;",
    );
    let history: Vec<String> =
        s.list[0].history.iter().flat_map(|(_, _, f)| &f.writes).map(|w| s.show(w.column)).collect();
    assert_eq!(history, ["b.y"]);
    assert_eq!(s.list[0].tables[1].columns.len(), 2);
    assert_eq!(on(&s, "SELECT f('a') AS x").outputs[0].from, []);
}
