//! `bursar migrate lint`: what each rule hits and what it leaves alone, in every format, without a
//! database.

use std::path::Path;

use crate::support::{Ran, bursar, file, run};

/// Files of one set, and what the linter says of them.
struct Set(tempfile::TempDir);

impl Set {
    fn of(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("migrations")).unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join("migrations").join(name), text).unwrap();
        }
        Set(folder)
    }

    fn lint(&self, arguments: &[&str]) -> Ran {
        run(bursar().args(["migrate", "lint"]).args(arguments).current_dir(self.0.path()))
    }

    fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.lint(&["-o", "json"]).stdout).unwrap()
    }

    /// Each hit as `FILE:LINE:COLUMN RULE`.
    fn hits(&self) -> Vec<String> {
        let json = self.json();
        let hits = json["hits"].as_array().unwrap().iter().map(|hit| {
            let name = Path::new(hit["file"].as_str().unwrap()).file_name().unwrap().to_str().unwrap();
            format!("{name}:{}:{} {}", hit["line"], hit["column"], hit["rule"].as_str().unwrap())
        });
        hits.collect()
    }
}

fn hits(files: &[(&str, &str)]) -> Vec<String> {
    Set::of(files).hits()
}

fn one(sql: &str) -> Vec<String> {
    hits(&[("1_a.sql", sql)])
}

const TABLES: &str =
    "CREATE TABLE p (id bigint PRIMARY KEY);\nCREATE TABLE t (id bigint PRIMARY KEY, a text, p_id bigint);\n";

#[test]
fn row_level_security_needs_a_policy_somewhere_in_the_set() {
    let secured = "CREATE TABLE t (id bigint PRIMARY KEY);\nALTER TABLE public.t ENABLE ROW LEVEL SECURITY;";
    assert_eq!(one(secured), ["1_a.sql:2:22 rls-without-policy"]);
    let policy = "CREATE POLICY mine ON t USING (true);";
    assert_eq!(hits(&[("1_a.sql", secured), ("2_b.sql", policy)]), [""; 0]);
    assert_eq!(
        hits(&[("1_a.sql", secured), ("2_b.sql", policy), ("3_c.sql", "DROP POLICY mine ON t;")]),
        ["1_a.sql:2:22 rls-without-policy"]
    );
    assert_eq!(one(&format!("{secured} ALTER TABLE t DISABLE ROW LEVEL SECURITY;")), [""; 0]);
    // The parent's policies hold for what is read through it.
    let partition = "CREATE TABLE t (k int) PARTITION BY LIST (k);\nCREATE TABLE t_1 PARTITION OF t DEFAULT;\nALTER TABLE t_1 ENABLE ROW LEVEL SECURITY;";
    assert_eq!(one(partition), [""; 0]);
}

#[test]
fn a_function_with_its_owners_rights_sets_a_search_path() {
    let open = "CREATE FUNCTION f(a int) RETURNS int\n    LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';";
    assert_eq!(one(open), ["1_a.sql:1:1 function-without-search-path"]);
    for closed in [
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path TO pg_catalog, pg_temp AS 'SELECT 1';",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = 'pg_catalog', \"pg_temp\" AS 'SELECT 1';",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = pg_temp AS 'SELECT 1';",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql SET search_path = '' AS 'SELECT 1';",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';",
    ] {
        assert_eq!(one(closed), [""; 0], "{closed}");
    }
    let mended = "ALTER FUNCTION f(int) SET search_path = pg_catalog, pg_temp;";
    assert_eq!(hits(&[("1_a.sql", open), ("2_b.sql", mended)]), [""; 0]);
    // A later file may open what an earlier one closed.
    let closed = "CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS 'SELECT 1';";
    for (later, rule) in [
        ("ALTER FUNCTION f(int) SET search_path = '';", "function-search-path-without-pg-temp"),
        ("ALTER FUNCTION f(int) RESET search_path;", "function-without-search-path"),
        ("ALTER FUNCTION f(int) RESET ALL;", "function-without-search-path"),
    ] {
        assert_eq!(hits(&[("1_a.sql", closed), ("2_b.sql", later)]), [format!("2_b.sql:1:1 {rule}")], "{later}");
    }
    let invoker = "CREATE FUNCTION f() RETURNS int LANGUAGE sql SET search_path = pg_catalog, pg_temp AS 'SELECT 1';";
    assert_eq!(hits(&[("1_a.sql", invoker), ("2_b.sql", "ALTER FUNCTION f() SECURITY DEFINER;")]), [""; 0]);
    assert_eq!(
        one("CREATE PROCEDURE f() LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';"),
        ["1_a.sql:1:1 function-without-search-path"]
    );
}

#[test]
fn a_search_path_of_a_function_with_its_owners_rights_ends_with_pg_temp() {
    for path in ["= ''", "TO public", "= pg_temp, public", "= 'pg_catalog, pg_temp'", "FROM CURRENT"] {
        let sql = format!(
            "CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path {path} AS 'SELECT 1';"
        );
        assert_eq!(one(&sql), ["1_a.sql:1:1 function-search-path-without-pg-temp"], "{sql}");
    }
    let open = "CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = '' AS 'SELECT 1';";
    let mended = "ALTER FUNCTION f() SET search_path = pg_catalog, pg_temp;";
    assert_eq!(hits(&[("1_a.sql", open), ("2_b.sql", mended)]), [""; 0]);
    assert_eq!(hits(&[("1_a.sql", open), ("2_b.sql", "ALTER FUNCTION f() SECURITY INVOKER;")]), [""; 0]);
    let dropped = "-- squawk-ignore ban-drop-function\nDROP FUNCTION f();";
    assert_eq!(hits(&[("1_a.sql", open), ("2_b.sql", dropped)]), [""; 0]);
}

#[test]
fn an_index_is_there_once() {
    let with = |sql: &str| {
        let (indexes, found) = (format!("{TABLES}CREATE INDEX x ON t (a);"), "2_b.sql:1:1 duplicate-index");
        let hits = hits(&[
            ("1_a.sql", &indexes),
            ("2_b.sql", &format!("-- squawk-ignore-file require-concurrent-index-creation\n{sql}")),
        ]);
        hits == [found.replace(":1:1", ":2:1")]
    };
    for twice in [
        "CREATE INDEX y ON public.t USING btree (\"a\");",
        "CREATE UNIQUE INDEX y ON t (a ASC NULLS LAST);",
        "CREATE INDEX ON t (id);",
    ] {
        assert!(with(twice), "{twice}");
    }
    for another in [
        "CREATE INDEX y ON t (a, id);",
        "CREATE INDEX y ON t (a DESC);",
        "CREATE INDEX y ON t (lower(a));",
        "CREATE INDEX y ON t (a) WHERE a <> 'A';",
        "CREATE INDEX y ON t USING hash (a);",
        "CREATE INDEX y ON t (a text_pattern_ops);",
        "CREATE INDEX y ON t (a) INCLUDE (p_id);",
        "DROP INDEX CONCURRENTLY x; CREATE INDEX y ON t (a);",
    ] {
        assert!(!with(another), "{another}");
    }
    let cased = "CREATE INDEX x ON t (a) WHERE a = 'A'; CREATE INDEX y ON t (a) WHERE a = 'a';";
    assert_eq!(one(&format!("{TABLES}{cased}")), [""; 0]);
    let told = Set::of(&[("1_a.sql", "CREATE TABLE t (a text UNIQUE);\nCREATE INDEX x ON t (a);")]).lint(&[]).exits(3);
    assert!(told.stdout.contains("the unique constraint t_a_key"), "{}", told.stdout);
}

#[test]
fn a_foreign_key_is_looked_up_in_an_index() {
    let inline = "CREATE TABLE p (id bigint PRIMARY KEY);\nCREATE TABLE c (id bigint PRIMARY KEY,\n  p_id bigint REFERENCES p);\n";
    let found = ["1_a.sql:3:15 foreign-key-without-index"];
    assert_eq!(one(inline), found);
    let with = |sql: &str| one(&format!("{inline}{sql}"));
    assert_eq!(with("CREATE INDEX ON c (p_id DESC, id);"), [""; 0]);
    assert_eq!(with("CREATE INDEX ON c (p_id) WHERE p_id IS NOT NULL;"), [""; 0]);
    assert_eq!(with("CREATE INDEX ON c USING hash (p_id);"), [""; 0]);
    assert_eq!(with("CREATE INDEX ON c (id, p_id);"), found);
    assert_eq!(with("CREATE INDEX ON c (p_id) WHERE id > 5;"), found);
    assert_eq!(with("CREATE INDEX ON c USING gin (p_id);"), found);
    // The index goes with its column.
    let anew = "CREATE INDEX x ON c (p_id); ALTER TABLE c DROP COLUMN p_id, ADD COLUMN p_id bigint REFERENCES p;";
    assert_eq!(with(anew).iter().filter(|hit| hit.ends_with("foreign-key-without-index")).count(), 1);
    let two = "CREATE TABLE p (a int, b int, PRIMARY KEY (a, b));\nCREATE TABLE c (x int, y int, UNIQUE (y, x), FOREIGN KEY (x, y) REFERENCES p);";
    assert_eq!(one(two), [""; 0]);
    assert_eq!(one(&two.replace("UNIQUE (y, x)", "UNIQUE (y)")), ["1_a.sql:2:43 foreign-key-without-index"]);
}

#[test]
fn a_later_file_brings_the_index_and_what_is_gone_is_not_reported() {
    let first = "CREATE TABLE p (id bigint PRIMARY KEY);\nCREATE TABLE c (p_id bigint REFERENCES p);";
    assert_eq!(hits(&[("1_a.sql", first), ("2_b.sql", "CREATE INDEX CONCURRENTLY ON c (p_id);")]), [""; 0]);
    let dropped = hits(&[("1_a.sql", first), ("2_b.sql", "DROP TABLE c;")]);
    assert_eq!(dropped, ["2_b.sql:1:1 ban-drop-table"]);
    let renamed = "-- squawk-ignore-file renaming-table, renaming-column\nALTER TABLE c RENAME TO d; ALTER TABLE d RENAME COLUMN p_id TO q_id;\n";
    let after =
        hits(&[("1_a.sql", first), ("2_b.sql", renamed), ("3_c.sql", "CREATE INDEX CONCURRENTLY ON d (q_id);")]);
    assert_eq!(after, [""; 0]);
}

#[test]
fn what_stops_everybody_or_changes_every_row_is_a_hit() {
    let rules = [
        ("UPDATE t SET a = 'x';", "write-without-where"),
        ("DELETE FROM public.t;", "write-without-where"),
        ("UPDATE t SET a = (SELECT b FROM u WHERE c);", "write-without-where"),
        ("WITH gone AS (DELETE FROM t RETURNING *) SELECT * FROM gone WHERE a = 'x';", "write-without-where"),
        ("WITH u AS (SELECT 1) UPDATE t SET a = 'x';", "write-without-where"),
        ("EXPLAIN (ANALYZE) DELETE FROM t;", "write-without-where"),
        ("EXPLAIN ANALYZE WITH gone AS (UPDATE t SET a = 'x' RETURNING *) SELECT 1;", "write-without-where"),
        ("TRUNCATE t;", "truncate"),
        ("VACUUM FULL t;", "vacuum-full"),
        ("VACUUM (FULL, ANALYZE) t;", "vacuum-full"),
        ("CLUSTER t USING t_pkey;", "vacuum-full"),
        ("LOCK TABLE t;", "lock-table"),
        ("ALTER TABLE t SET LOGGED;", "set-logged"),
        ("ALTER TABLE ONLY t SET UNLOGGED;", "set-logged"),
        ("ALTER TABLE t ADD COLUMN IF NOT EXISTS b pos, ADD c int;", "adding-column-of-bounded-domain"),
        ("ALTER TABLE t ADD COLUMN b int, ADD c public.above;", "adding-column-of-bounded-domain"),
        ("ALTER TABLE t DISABLE TRIGGER ALL;", "disable-trigger-all"),
        ("REFRESH MATERIALIZED VIEW v;", "refresh-without-concurrently"),
        ("GRANT ALL ON t TO PUBLIC;", "grant-all-to-public"),
        ("GRANT ALL PRIVILEGES ON ALL TABLES IN SCHEMA public TO public;", "grant-all-to-public"),
        ("GRANT ALL ON t TO app, PUBLIC;", "grant-all-to-public"),
        ("GRANT ALL ON t TO GROUP public WITH GRANT OPTION;", "grant-all-to-public"),
        ("GRANT ALL ON t TO \"public\" GRANTED BY app;", "grant-all-to-public"),
        ("ALTER DEFAULT PRIVILEGES IN SCHEMA s GRANT ALL ON TABLES TO app, PUBLIC;", "grant-all-to-public"),
        ("CREATE INDEX CONCURRENTLY i ON public.parted (k);", "concurrent-index-on-partitioned-table"),
    ];
    let made = "-- squawk-ignore-file\nCREATE TABLE parted (k bigint) PARTITION BY LIST (k);\nCREATE DOMAIN pos AS int;\nCREATE DOMAIN plain AS int;\n\
        ALTER DOMAIN pos ADD CONSTRAINT c CHECK (VALUE > 0) NOT VALID;\nCREATE DOMAIN above AS pos;\n";
    let text: String = rules.iter().map(|(sql, _)| format!("{sql}\n")).collect();
    let expected: Vec<_> = rules.iter().zip(1..).map(|((_, rule), line)| format!("2_b.sql:{line}:1 {rule}")).collect();
    assert_eq!(hits(&[("1_a.sql", made), ("2_b.sql", &text)]), expected);
    // What takes a migration back is left alone.
    assert_eq!(hits(&[("1_a.sql", made), ("2_b.down.sql", &text)]), [""; 0]);
    let harmless = "CREATE TABLE t (id bigint PRIMARY KEY, a text);\nUPDATE t SET a = 'x';\nDELETE FROM public.t;\n\
        TRUNCATE TABLE t;\nLOCK t;\nLOCK u IN SHARE MODE;\nALTER TABLE t SET UNLOGGED;\nALTER TABLE t DISABLE TRIGGER ALL;\n\
        CREATE MATERIALIZED VIEW v AS SELECT 1 AS one;\nREFRESH MATERIALIZED VIEW v;\n\
        REFRESH MATERIALIZED VIEW CONCURRENTLY w;\nREFRESH MATERIALIZED VIEW w WITH NO DATA;\n\
        UPDATE u SET a = 1 WHERE b;\nEXPLAIN DELETE FROM u;\n\
        WITH gone AS (DELETE FROM u WHERE b RETURNING *) SELECT * FROM gone;\n\
        WITH gone AS (DELETE FROM t RETURNING *) SELECT * FROM gone FOR UPDATE;\nGRANT SELECT ON u TO PUBLIC;\nGRANT ALL ON public.u TO app;\nREVOKE ALL ON u FROM PUBLIC;\nVACUUM u;";
    assert_eq!(one(harmless), [""; 0]);
    // A constraint that has the name of a domain is no column of it.
    let named = "-- squawk-ignore-file constraint-missing-not-valid\nALTER TABLE t ADD CONSTRAINT above CHECK (a > 0);";
    assert_eq!(hits(&[("1_a.sql", made), ("2_b.sql", named)]), [""; 0]);
}

#[test]
fn what_nobody_uses_yet_may_be_changed() {
    let changed = "ALTER TABLE t ADD COLUMN at timestamptz NOT NULL DEFAULT clock_timestamp();\n\
        ALTER TABLE t ALTER COLUMN a SET NOT NULL;\n\
        ALTER TABLE t ADD CONSTRAINT c CHECK (a <> '');\n\
        ALTER TABLE t ALTER COLUMN a TYPE varchar(10);\n\
        ALTER TABLE public.t RENAME COLUMN a TO b;\n\
        ALTER TABLE t DROP COLUMN b;\n";
    let made = "CREATE TABLE t (id bigint PRIMARY KEY, a text);\n";
    let found = one(changed);
    for line in [1, 2, 3, 4, 5, 6] {
        assert!(found.iter().any(|hit| hit.starts_with(&format!("1_a.sql:{line}:"))), "{line}: {found:?}");
    }
    assert_eq!(one(&format!("{made}{changed}")), [""; 0]);
    // One that may be there already is in use.
    let there = made.replace("TABLE t", "TABLE IF NOT EXISTS t");
    assert!(one(&format!("{there}{changed}")).len() >= 5);

    for harmless in [
        "DROP FUNCTION f(int);\nCREATE FUNCTION f(a text) RETURNS int LANGUAGE sql AS 'SELECT 1';",
        "DROP FUNCTION IF EXISTS public.f;\nCREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';",
        "ALTER TABLE t ADD COLUMN at timestamptz DEFAULT timezone('utc', now());",
        "ALTER TABLE t ADD COLUMN at timestamptz DEFAULT (now() AT TIME ZONE 'utc');",
        "ALTER INDEX i RENAME TO j;",
        "ALTER TABLE t RENAME CONSTRAINT c TO d;",
    ] {
        assert_eq!(one(harmless), [""; 0], "{harmless}");
    }
    for (hit, rule) in [
        ("DROP FUNCTION f(int);", "ban-drop-function"),
        (
            "DROP FUNCTION f(int), g(int);\nCREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';",
            "ban-drop-function",
        ),
        ("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';\nDROP FUNCTION f();", "ban-drop-function"),
        ("ALTER TABLE t ADD COLUMN at text DEFAULT timezone('utc', clock_timestamp());", "adding-field-with-default"),
    ] {
        assert!(one(hit).iter().any(|found| found.ends_with(rule)), "{hit}");
    }
}

#[test]
fn the_transaction_is_the_runners() {
    assert_eq!(
        one("BEGIN;\nSELECT 1;\nCOMMIT;\nROLLBACK;"),
        ["1_a.sql:1:1 transaction-control", "1_a.sql:3:1 transaction-control", "1_a.sql:4:1 transaction-control"]
    );
    assert_eq!(one("SAVEPOINT a; SELECT 1; ROLLBACK TO a; RELEASE a;"), [""; 0]);
    // A word of a function's body is no statement of the file.
    assert_eq!(one("DO $$ BEGIN PERFORM 1; END $$;"), [""; 0]);
}

#[test]
fn squawks_rules_are_asked_and_those_that_the_runner_makes_superfluous_are_not() {
    assert_eq!(one("ALTER TABLE t DROP COLUMN a;"), ["1_a.sql:1:15 ban-drop-column"]);
    assert_eq!(one("CREATE INDEX x ON t (a);"), ["1_a.sql:1:1 require-concurrent-index-creation"]);
    // No IF NOT EXISTS, no SET lock_timeout, no bigint, and an index that is made outside the transaction.
    assert_eq!(one("CREATE TABLE t (a int, b varchar(5));"), [""; 0]);
    assert_eq!(one("CREATE INDEX CONCURRENTLY x ON t (a);"), [""; 0]);
    assert_eq!(one("CREATE MATERIALIZED VIEW m AS SELECT 1 AS a; CREATE INDEX x ON m (a);"), [""; 0]);
    let set = Set::of(&[("1_a.sql", "CREATE TABLE t (a int);")]);
    set.lint(&["--include", "prefer-bigint-over-int"]).exits(3);
    set.lint(&["--include", "prefer-bigint-over-int", "--exclude", "prefer-bigint-over-int"]).ok();
    set.lint(&["--exclude", "no-such-rule"]).exits(2).says("there is no rule 'no-such-rule'");
}

#[test]
fn a_file_that_takes_a_migration_back_may_drop() {
    let back = "ALTER TABLE t DROP COLUMN a; DROP TABLE u; ALTER TABLE b RENAME TO c;";
    assert_eq!(hits(&[("1_a.down.sql", back)]), [""; 0]);
    assert_eq!(hits(&[("1_a.down.sql", "COMMIT;")]), ["1_a.down.sql:1:1 transaction-control"]);
    assert_eq!(hits(&[("1_a.down.sql", "DROP INDEX x;")]), ["1_a.down.sql:1:1 require-concurrent-index-deletion"]);
    // What it drops is still there for the files that follow.
    let up = "CREATE TABLE p (id bigint PRIMARY KEY); CREATE TABLE c (p_id bigint REFERENCES p); CREATE INDEX x ON c (p_id);";
    assert_eq!(hits(&[("1_a.up.sql", up), ("1_a.down.sql", "DROP INDEX CONCURRENTLY x;")]), [""; 0]);
}

#[test]
fn a_comment_silences_squawks_rules_and_ours() {
    let secured = "ALTER TABLE t ENABLE ROW LEVEL SECURITY;";
    assert_eq!(one(&format!("-- squawk-ignore rls-without-policy -- only its owner may\n{secured}")), [""; 0]);
    assert_eq!(one(&format!("-- squawk-ignore-file rls-without-policy\n\n\n{secured}")), [""; 0]);
    assert_eq!(one(&format!("-- squawk-ignore duplicate-index\n{secured}")), ["1_a.sql:2:15 rls-without-policy"]);
    assert_eq!(one("-- squawk-ignore ban-drop-table\nDROP TABLE t;"), [""; 0]);
    assert_eq!(one("-- squawk-ignore no-such-rule\nSELECT 1;"), ["1_a.sql:1:18 unused-ignore"]);
    // What `up` cannot run is no matter of taste.
    assert_eq!(one("-- squawk-ignore-file\nDROP TABLE t;"), [""; 0]);
    // A server may know what the grammar of the linter does not.
    assert_eq!(one("-- squawk-ignore-file\nCREATE TABLE (;"), ["1_a.sql:2:14 syntax-error"]);
    assert_eq!(one("-- squawk-ignore-file syntax-error\nCREATE TABLE (;"), [""; 0]);
    for (refused, rule) in [("\\connect x", "not-sql"), ("SELECT 1;\nCOMMIT;\nSELECT 2;", "transaction-control")] {
        for ignores in ["-- squawk-ignore-file".to_owned(), format!("-- squawk-ignore-file {rule}")] {
            let hits = one(&format!("{ignores}\n{refused}"));
            assert!(hits.iter().any(|hit| hit.ends_with(rule)), "{ignores}: {hits:?}");
        }
        Set::of(&[("1_a.sql", refused)]).lint(&["--exclude", rule]).exits(2).says("cannot be excluded");
    }
}

#[test]
fn what_is_no_sql_is_a_hit_and_the_other_files_are_still_read() {
    let set = Set::of(&[("1_a.sql", "CREATE TABLE (;"), ("2_b.sql", "COMMIT;")]);
    std::fs::write(set.0.path().join("migrations/3_c.sql"), b"SELECT 1;\n\xff").unwrap();
    let hits = set.hits();
    assert!(hits[0].ends_with("syntax-error"), "{hits:?}");
    assert!(hits.contains(&"2_b.sql:1:1 transaction-control".to_owned()), "{hits:?}");
    assert_eq!(hits.last().unwrap(), "3_c.sql:2:1 not-utf-8");
    assert_eq!(one(""), [""; 0]);
}

#[test]
fn what_up_refuses_is_told_once() {
    for (text, place) in [
        ("SELECT 1;\n\\connect other\nSELECT 2;", "2:1"),
        ("COPY t FROM stdin;\n1\ta\n2\tb;\n\\.\n", "1:1"),
        ("COPY t TO STDOUT;", "1:1"),
        ("CREATE TABLE {{ .Namespace }}.t (id int);\nSELECT {{ .More }};", "1:1"),
        ("CREATE SCHEMA IF NOT EXISTS \"{{ .Namespace }}\";", "1:1"),
        ("DO $$ BEGIN PERFORM 1 FROM {{ .Namespace }}.t; END $$;", "1:1"),
        ("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT {{ index .Options \"n\" }} $$;", "1:1"),
    ] {
        let hits = one(text);
        let told: Vec<&String> =
            hits.iter().filter(|hit| hit.ends_with("not-sql") || hit.ends_with("syntax-error")).collect();
        assert_eq!(told, [&format!("1_a.sql:{place} not-sql")], "{text}: {hits:?}");
    }
    // What is inserted, or written by a body in another language of templates, is data.
    for data in [
        "INSERT INTO t VALUES ('Dear {{ .Name }}', $$ {{ .Name }} $$, '{\"a\": {\"b\": {{ x }}}}');",
        "UPDATE t SET a = $$ {{ index .Options 1 }} $$ WHERE id = 1;",
        "DO $$ BEGIN PERFORM '{{ user.name }} {\"a\": {}}'; END $$;",
        "CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $$ SELECT '{\"a\":{\"b\":1}}' $$;",
    ] {
        assert_eq!(one(data), [""; 0], "{data}");
    }
    // Of a slip, one error a statement; a byte order mark is none.
    assert_eq!(
        one("CREATE TABEL y (id int);\nSELECT 1 FRM x WHERE;").iter().filter(|h| h.ends_with("syntax-error")).count(),
        2
    );
    assert_eq!(one("\u{feff}SELECT 1;"), [""; 0]);
    for (files, says) in [
        (&[("1_a.sql", "SELECT 1;"), ("1_b.sql", "SELECT 2;")][..], "have the same version"),
        (&[("x_a.sql", "SELECT 1;")], "does not start with a version"),
    ] {
        Set::of(files).lint(&[]).exits(2).says(says);
    }
}

#[test]
fn lines_may_end_in_carriage_returns() {
    let sql = "CREATE TABLE p (id bigint PRIMARY KEY);\nCREATE TABLE c (\n  p_id bigint REFERENCES p\n);\nCOMMIT;\n";
    let crlf = sql.replace('\n', "\r\n");
    assert_eq!(one(&crlf), one(sql));
    let shown = Set::of(&[("1_a.sql", &crlf)]).lint(&[]).exits(3).stdout;
    assert!(!shown.contains('\r') && !shown.contains("\\u{d}"), "{shown}");
}

#[test]
fn a_large_file_is_read_in_a_moment() {
    let row = "INSERT INTO t (a, b) VALUES (1, 'some text that takes its place');\n";
    let sql = format!("{}COMMIT;", row.repeat((1 << 19) / row.len()));
    let began = std::time::Instant::now();
    assert!(one(&sql)[0].ends_with(":1 transaction-control"));
    assert!(began.elapsed() < std::time::Duration::from_secs(30), "{:?}", began.elapsed());
}

#[test]
fn what_a_name_holds_drives_no_terminal_and_no_workflow() {
    let sql = "ALTER TABLE \"\x1b[2J%0A::error::x\u{202e}\" ENABLE ROW LEVEL SECURITY;";
    let set = Set::of(&[("1_a\x1b[2J,x.sql", sql)]);
    for format in ["table", "github"] {
        let shown = set.lint(&["-o", format]).exits(3).stdout;
        assert!(!shown.contains('\x1b') && !shown.contains('\u{202e}'), "{shown:?}");
        assert!(
            shown.lines().filter(|l| l.starts_with("::")).count() == if format == "github" { 3 } else { 0 },
            "{shown}"
        );
    }
    assert!(set.lint(&["-o", "sarif"]).stdout.contains("migrations/1_a%1B%5B2J%2Cx.sql"));
}

#[test]
fn a_hit_is_shown_with_its_line_and_a_caret() {
    let set = Set::of(&[(
        "20260101000000_keys.sql",
        "CREATE TABLE p (id bigint PRIMARY KEY);\nCREATE TABLE c (p_id bigint REFERENCES p);\n",
    )]);
    insta::assert_snapshot!(set.lint(&[]).exits(3).stdout);
    let set = Set::of(&[("1_a.sql", &format!("SELECT '{}'; COMMIT; SELECT '{}';", "ก".repeat(200), "x".repeat(200)))]);
    let shown = set.lint(&[]).exits(3).stdout;
    let (line, caret) = (shown.lines().nth(2).unwrap(), shown.lines().nth(3).unwrap());
    let at = console::measure_text_width(&line[..line.find("COMMIT").unwrap()]);
    assert_eq!(console::measure_text_width(&caret[..caret.find('^').unwrap()]), at, "{shown}");
}

#[test]
fn machines_get_the_same_hits() {
    let set = Set::of(&[("1_a.sql", "SELECT 1;\nCOMMIT; DROP TABLE t;")]);
    let json = set.json();
    assert_eq!(json["schema_version"], 1);
    assert_eq!(json["command"], "migrate lint");
    assert_eq!(json["verdict"], "violated");
    let hit = &json["hits"][0];
    assert_eq!((&hit["line"], &hit["column"], &hit["level"]), (&2.into(), &1.into(), &"error".into()), "{hit}");

    let sarif: serde_json::Value = serde_json::from_str(&set.lint(&["-o", "sarif"]).exits(3).stdout).unwrap();
    assert_eq!(sarif["version"], "2.1.0");
    let run = &sarif["runs"][0];
    assert_eq!(run["tool"]["driver"]["name"], "bursar");
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 2);
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
        assert!(["error", "warning"].contains(&result["level"].as_str().unwrap()));
        assert!(!result["message"]["text"].as_str().unwrap().is_empty());
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "migrations/1_a.sql");
        let region = &place["region"];
        let number = |name: &str| region[name].as_u64().unwrap();
        assert!((number("startLine"), number("startColumn")) < (number("endLine"), number("endColumn")), "{region}");
    }

    let github = set.lint(&["-o", "github"]).exits(3).stdout;
    assert!(github.starts_with("::error file=migrations/1_a.sql,line=2,col=1,title=transaction-control::"), "{github}");
    assert!(github.contains("::notice title=bursar migrate lint%3A violated::2 hits in 1 of 1 file"), "{github}");

    let clean = Set::of(&[("1_a.sql", "SELECT 1;")]);
    let sarif: serde_json::Value = serde_json::from_str(&clean.lint(&["-o", "sarif"]).ok().stdout).unwrap();
    assert_eq!(sarif["runs"][0]["results"], serde_json::json!([]));
    assert_eq!(clean.lint(&[]).ok().stdout, "✓ clean  1 file\n");
    assert_eq!(clean.json()["verdict"], "clean");
}

#[test]
fn what_is_to_be_linted_has_to_be_there() {
    let empty = tempfile::tempdir().unwrap();
    let lint = |arguments: &[&str]| run(bursar().args(["migrate", "lint"]).args(arguments).current_dir(empty.path()));
    lint(&[]).exits(2).says("there is no directory ./migrations").says("--source DIR");
    lint(&["--source", "nowhere"]).exits(2).says("cannot read nowhere");
    lint(&["--source", "."]).exits(2).says("there are no migrations in .");
    lint(&["nothing.sql"]).exits(2).says("cannot read nothing.sql");
    lint(&["a.sql", "--source", "."]).exits(2);
    lint(&["."]).exits(2).says("bursar migrate lint --source .");
    // `up` passes over a file without a version, and then there is none.
    std::fs::write(empty.path().join("seed.sql"), "SELECT 1;").unwrap();
    lint(&["--source", "."]).exits(2).says("there are no migrations in .");
    lint(&["seed.sql"]).ok();
}

#[test]
fn nothing_is_connected_to() {
    let set = Set::of(&[("1_a.sql", "SELECT 1;")]);
    // Nobody listens there; the command would fail with 5.
    let dead = "postgres://nobody@127.0.0.1:1/none";
    run(bursar().args(["migrate", "lint", "--source"]).arg(set.0.path().join("migrations")).env("DATABASE_URL", dead))
        .ok();
}

#[test]
fn the_migrations_that_are_shipped_are_clean() {
    for entry in std::fs::read_dir(file("migrations")).unwrap() {
        let directory = entry.unwrap().path();
        let ran = run(bursar().args(["migrate", "lint", "--source"]).arg(&directory));
        assert_eq!(ran.code, 0, "{}\n{}", directory.display(), ran.stdout);
    }
}

/// Runs git in a folder, as somebody whose configuration says nothing.
fn git(folder: &Path, arguments: &[&str]) {
    let mut git = std::process::Command::new("git");
    crate::support::hermetic(&mut git);
    git.args(["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main", "-C"]);
    let ran = run(git.arg(folder).args(arguments));
    assert_eq!(ran.code, 0, "{arguments:?}: {ran:?}");
}

#[test]
fn only_what_is_new_is_reported_and_the_rest_is_still_read() {
    let set = Set::of(&[
        ("1_a.sql", "CREATE TABLE p (id bigint PRIMARY KEY);\nDROP TABLE IF EXISTS old;"),
        ("2_b.sql", "DROP TABLE older;\nCREATE POLICY mine ON late USING (true);"),
    ]);
    let json = |arguments: &[&str], code: i32| set.lint(&[arguments, &["-o", "json"]].concat()).exits(code).json();
    assert_eq!(json(&["--since", "1"], 3)["files"], 1);
    let ran = set.lint(&["--since", "2"]).ok().says("0 of 2 files reported, those after 2");
    assert!(ran.stdout.contains("✓ clean"), "{ran:?}");
    set.lint(&["--since", "2", "--changed"]).exits(2);
    set.lint(&["--since", "99"]).exits(2).says("the directory has no migration 99");
    assert_eq!(json(&["--since", "0"], 3)["files"], 2);
    set.lint(&["--since", "1", "migrations/1_a.sql"]).exits(2);
    // No work tree, and no shell that a name could reach.
    set.lint(&["--changed"]).exits(2).says("git cannot tell what changed in migrations").says("--since VERSION");
    let home = set.0.path();
    git(home, &["init", "-q"]);
    set.lint(&["--changed"]).exits(2).says("git does not say which branch is the default one");
    std::fs::write(home.join(".gitignore"), "*_ignored.sql\n").unwrap();
    git(home, &["add", "."]);
    git(home, &["commit", "-q", "-m", "a"]);
    let ran =
        set.lint(&["--changed"]).ok().says("no file is new").says("those that differ from ").says(", which is HEAD");
    assert!(!ran.stderr.contains("HEAD left HEAD"), "{ran:?}");
    assert!(json(&["--changed"], 0)["notes"][0].as_str().unwrap().starts_with("no file is new: 0 of 2 files reported"));
    git(home, &["checkout", "-q", "-b", "work"]);
    std::fs::write(home.join("migrations/3_c d.sql"), "DROP TABLE newer;").unwrap();
    git(home, &["add", "."]);
    git(home, &["commit", "-q", "-m", "c"]);
    std::fs::write(home.join("migrations/4_new.sql"), "ALTER TABLE late ENABLE ROW LEVEL SECURITY;").unwrap();
    std::fs::write(home.join("migrations/5_ignored.sql"), "DROP TABLE ignored;").unwrap();
    // The policy of the second file is known, though nothing of it is reported.
    let report = json(&["--changed"], 3);
    let hits: Vec<&str> = report["hits"].as_array().unwrap().iter().map(|hit| hit["file"].as_str().unwrap()).collect();
    assert_eq!((&report["files"], hits), (&2.into(), vec!["migrations/3_c d.sql"]), "{report}");
    // Another commit, with the directory named as it may be.
    let report = json(&["--changed=work", "--source", "./migrations/../migrations"], 0);
    assert_eq!(report["files"], 1, "{report}");
    for wrong in ["--changed=nothing", "--changed=--output=x", "--changed=$(touch x)"] {
        set.lint(&[wrong]).exits(2).says("git has no commit");
    }
    assert!(!home.join("x").exists());
    let without = run(bursar().args(["migrate", "lint", "--changed"]).current_dir(home).env("PATH", "/nowhere"));
    without.exits(2).says("git cannot be run");
}

#[test]
fn what_a_change_makes_a_fault_elsewhere_is_reported_there() {
    let set = Set::of(&[
        ("1_a.sql", "CREATE TABLE a (id bigint PRIMARY KEY);\nALTER TABLE a ENABLE ROW LEVEL SECURITY;"),
        ("2_b.sql", "CREATE POLICY p ON a USING (true);"),
        (
            "3_c.sql",
            "CREATE TABLE c (a_id bigint REFERENCES a);\nCREATE INDEX c_a ON c (a_id);\nCREATE TABLE d (a_id bigint REFERENCES a);",
        ),
    ]);
    let home = set.0.path();
    git(home, &["init", "-q"]);
    git(home, &["add", "."]);
    git(home, &["commit", "-q", "-m", "a"]);
    let hits = |arguments: &[&str], code: i32| {
        let report = set.lint(&[arguments, &["-o", "json"]].concat()).exits(code).json();
        let hits = report["hits"].as_array().unwrap().iter();
        hits.map(|hit| format!("{}:{} {}", hit["file"].as_str().unwrap(), hit["line"], hit["rule"].as_str().unwrap()))
            .collect::<Vec<_>>()
    };
    // What was a fault before stays unreported.
    assert_eq!(hits(&["--changed"], 0), [""; 0]);
    std::fs::write(home.join("migrations/4_d.sql"), "DROP POLICY p ON a;\nDROP INDEX CONCURRENTLY c_a;").unwrap();
    let new = ["migrations/1_a.sql:2 rls-without-policy", "migrations/3_c.sql:1 foreign-key-without-index"];
    for arguments in [&["--changed"][..], &["--changed=HEAD"], &["--since", "3"]] {
        assert_eq!(hits(arguments, 3), new, "{arguments:?}");
    }
    let shown = set.lint(&["--changed", "-o", "json"]).stdout;
    assert!(shown.contains("This file is old: a change of another file makes it a fault."), "{shown}");
    // A file that is gone is a change too.
    std::fs::remove_file(home.join("migrations/4_d.sql")).unwrap();
    git(home, &["rm", "-q", "migrations/2_b.sql"]);
    assert_eq!(hits(&["--changed"], 3), new[..1]);
    set.lint(&["--changed"]).exits(3).says("and what 1 deleted file brings in");
}
