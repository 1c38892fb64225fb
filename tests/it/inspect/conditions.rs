//! Each check where its condition is real, and where it is not.

use std::time::Duration;

use serde_json::Value;

use super::{OTHER, Plain, about, age, empty, findings, looked, said, session, sql, tell, until, verdict};
use crate::support::{bursar, connect, run, wait};

// What others do at this moment.

#[test]
fn a_forgotten_transaction_and_a_long_statement_are_shown() {
    let db = empty();
    let (mut idle, forgotten) = session(&db, "a forgotten shell");
    tell(&mut idle, "BEGIN; SELECT 1");
    let said =
        until(&db, "connections.idle_in_transaction", &forgotten, &["--long", "200ms"], "of postgres has done nothing");
    assert!(said.contains("a forgotten shell"), "{said}");
    until(&db, "connections.idle_in_transaction", &forgotten, &["--long", "10ms"], "fail: ");
    assert_eq!(about(&db, "connections.idle_in_transaction", &forgotten, &["--long", "1h"]), "");
    assert_eq!(about(&db, "connections.long_running", &forgotten, &["--long", "10ms"]), "");
    let (mut busy, sleeping) = session(&db, "a report");
    let asleep = std::thread::spawn(move || {
        // It is cancelled as soon as it was seen.
        wait(sqlx::raw_sql("SELECT pg_sleep(60)").execute(&mut busy)).unwrap_err();
    });
    let said = until(&db, "connections.long_running", &sleeping, &["--long", "200ms"], "at one statement");
    assert!(said.contains("a report"), "{said}");
    assert_eq!(about(&db, "connections.long_running", &sleeping, &["--long", "1h"]), "");
    assert_eq!(about(&db, "connections.idle_in_transaction", &sleeping, &["--long", "10ms"]), "");
    db.sql(&format!("SELECT pg_cancel_backend({})", sleeping.replace("pid ", "")));
    asleep.join().unwrap();
    // One that works a little now and then is neither at one statement nor idle for long.
    let (mut busy, working) = session(&db, "a batch");
    tell(&mut busy, "BEGIN; SELECT 1");
    let told = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let seen = told.clone();
    let works = std::thread::spawn(move || {
        while !seen.load(std::sync::atomic::Ordering::Relaxed) {
            tell(&mut busy, "SELECT 1");
            std::thread::sleep(Duration::from_millis(20));
        }
    });
    let said = until(&db, "connections.long_running", &working, &["--long", "700ms"], "a batch of postgres works on");
    told.store(true, std::sync::atomic::Ordering::Relaxed);
    works.join().unwrap();
    assert!(said.contains(" and off in a transaction that is open for "), "{said}");
    let limit = looked(&db, &["connections.limit"]);
    let all = &limit[0]["findings"].as_array().unwrap().iter().find(|f| f["object"].is_null()).unwrap()["message"];
    assert!(all.as_str().unwrap().contains(" connections are open"), "{limit:?}");
}

#[test]
fn a_replication_slot_that_nobody_reads_is_shown() {
    let url = OTHER.url("postgres");
    let slots = || findings(&url, &["replication.slots"]);
    assert_eq!(slots(), "");
    sql(&url, "SELECT pg_create_physical_replication_slot('nobodys', true)");
    let said = slots();
    sql(&url, "SELECT pg_drop_replication_slot('nobodys')");
    assert!(
        said.starts_with("nobodys warn: physical, not in use, keeps ") && said.contains(" of write-ahead log"),
        "{said}"
    );
    assert_eq!(slots(), "");
}

#[test]
fn statements_are_listed_where_they_are_counted_and_slow_ones_told() {
    let url = OTHER.url("counted");
    sql(&OTHER.url("postgres"), "CREATE DATABASE counted");
    sql(&url, "CREATE SCHEMA \"the stats\"; CREATE EXTENSION pg_stat_statements SCHEMA \"the stats\"");
    for _ in 0..3 {
        sql(&url, "SELECT pg_sleep(1.01), 'slow'");
    }
    sql(&url, "SELECT 'quick', pg_sleep(0.05)");
    sql(&url, "SET ROLE pg_monitor; SELECT 'again', pg_sleep(0.05)");
    let slow = findings(&url, &["queries.slow"]);
    assert!(
        slow.contains(" warn: ") && slow.contains("3 calls: SELECT pg_sleep($1)") && !slow.contains("SELECT $1"),
        "{slow}"
    );
    let frequent = findings(&url, &["queries.frequent", "--limit", "0"]);
    // One statement is one, whoever ran it.
    let quick: Vec<&str> = frequent.lines().filter(|l| l.ends_with(": SELECT $1, pg_sleep($2)")).collect();
    assert!(quick.len() == 1 && quick[0].contains(" 2 calls, "), "{frequent}");
    assert!(
        frequent.lines().next().unwrap().contains("3 calls") && frequent.contains("CREATE EXTENSION"),
        "{frequent}"
    );
    // A schema that is closed to who looks is named, with what opens it.
    sql(&url, "CREATE ROLE peeker; GRANT pg_read_all_stats TO peeker");
    let ask = || {
        let mut command = bursar();
        command.args(["inspect", "queries.slow", "locks", "-o", "json", "-d", &url]).env("PGOPTIONS", "-c role=peeker");
        let report: Value = serde_json::from_str(&run(&mut command).ok().stdout).unwrap();
        verdict(report["checks"].as_array().unwrap(), "queries.slow")
    };
    let (closed, why) = ask();
    assert!(closed == "skipped" && why.ends_with(": GRANT USAGE ON SCHEMA \"the stats\" TO peeker"), "{closed}: {why}");
    sql(&url, "GRANT USAGE ON SCHEMA \"the stats\" TO peeker");
    assert_eq!(ask().0, "warn");
}

#[test]
fn transaction_numbers_that_nobody_frees_are_told() {
    sql(&OTHER.url("postgres"), "CREATE DATABASE aging");
    let url = OTHER.url("aging");
    assert_eq!(findings(&url, &["vacuum.wraparound"]), "");
    // Somebody who forgot a transaction keeps every table as old as that.
    let mut forgotten = wait(connect(&url));
    tell(&mut forgotten, "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT pg_current_xact_id()");
    sql(&url, "DO $$ BEGIN FOR i IN 1..112000 LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$");
    let said = findings(&url, &["vacuum.wraparound"]);
    assert!(said.contains("pg_catalog.pg_") && said.contains(" warn: its oldest transaction is 11"), "{said}");
    // Tables of one age are one line.
    assert!(said.contains(" more; autovacuum freezes at 100000") && said.matches("pg_catalog.").count() < 10, "{said}");
    let held = findings(&url, &["vacuum.horizon"]);
    assert!(
        held.contains(
            " fail: a session without a name of postgres, idle in a transaction, holds back what the last 112"
        ),
        "{held}"
    );
    // The numbers are the whole server's.
    assert!(said.contains("the database postgres warn: its oldest transaction is 11"), "{said}");
    assert!(!said.contains("multixact"), "{said}");
    // So are those of rows that several hold at once, which run out by themselves.
    sql(&url, "CREATE TABLE held (id int); INSERT INTO held VALUES (1)");
    let mut holder = wait(connect(&url));
    tell(&mut holder, "BEGIN; SELECT FROM held FOR KEY SHARE");
    sql(&url, "DO $$ BEGIN FOR i IN 1..12000 LOOP PERFORM FROM held FOR KEY SHARE; COMMIT; END LOOP; END $$");
    let said = findings(&url, &["vacuum.wraparound"]);
    assert!(said.contains(" (multixacts) warn: its oldest multixact is 1"), "{said}");
    assert!(said.contains("the database postgres (multixacts) warn: ") && said.contains("freezes at 10000,"), "{said}");
}

// Indexes and tables, from the catalogs.

#[test]
fn what_is_wrong_with_the_schema_is_seen_and_what_is_right_is_not() {
    let db = empty();
    db.sql(
        "CREATE TABLE items (a int, b int, c int, d int, UNIQUE (a));
         CREATE INDEX first ON items (b);
         CREATE INDEX second ON items (b);
         CREATE UNIQUE INDEX beside_constraint ON items (a);
         CREATE INDEX partial ON items (b) WHERE c > 0;
         CREATE INDEX short ON items (c);
         CREATE INDEX long ON items (c, d);
         CREATE INDEX falling ON items (d DESC);
         CREATE INDEX rising ON items (d, c);
         CREATE INDEX sound ON items (d);
         CREATE INDEX longer ON items (b, a);
         CREATE TABLE carried (a int, b int); CREATE INDEX bare ON carried (a); CREATE INDEX carries ON carried (a) INCLUDE (b);
         INSERT INTO items (a, d) VALUES (1, 1), (2, 1);
         CREATE TABLE parents (id int PRIMARY KEY);
         CREATE TABLE small (parent int REFERENCES parents);
         CREATE TABLE large (parent int REFERENCES parents, other int REFERENCES parents);
         CREATE INDEX ON large (other);
         INSERT INTO parents VALUES (1); INSERT INTO large SELECT 1, 1 FROM generate_series(1, 12000);
         CREATE TABLE parted (parent int REFERENCES parents) PARTITION BY LIST (parent);
         CREATE TABLE parted_1 PARTITION OF parted FOR VALUES IN (1);
         INSERT INTO parted SELECT 1 FROM generate_series(1, 12000);
         CREATE SEQUENCE nearly MAXVALUE 100; SELECT setval('nearly', 95);
         CREATE SEQUENCE down INCREMENT -1 MINVALUE -100; SELECT setval('down', -99);
         CREATE SEQUENCE deep INCREMENT -1; SELECT setval('deep', -99);
         CREATE SEQUENCE fresh; SELECT setval('fresh', 95);
         CREATE SEQUENCE round MAXVALUE 100 CYCLE; SELECT setval('round', 95);
         CREATE TABLE counted (id serial); ALTER SEQUENCE counted_id_seq AS bigint;
         SELECT setval('counted_id_seq', 1800000000);
         CREATE SEQUENCE shared; CREATE TABLE wide (id bigint DEFAULT nextval('shared'));
         CREATE TABLE narrow (id int DEFAULT nextval('shared')); SELECT setval('shared', 2000000000);
         CREATE SEQUENCE roomy; CREATE TABLE roomy_too (id bigint DEFAULT nextval('roomy')); SELECT setval('roomy', 2000000000);
         CREATE MATERIALIZED VIEW unfilled AS SELECT 1 WITH NO DATA;
         CREATE MATERIALIZED VIEW filled AS SELECT 1;
         CREATE FUNCTION loose() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';
         CREATE FUNCTION closed() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';
         REVOKE EXECUTE ON FUNCTION closed() FROM PUBLIC;
         CREATE FUNCTION fixed() RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS 'SELECT 1';
         CREATE FUNCTION quoted() RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = \"Odd, one\", pg_temp AS 'SELECT 1';
         CREATE FUNCTION only_temporary() RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = pg_temp AS 'SELECT 1';
         CREATE FUNCTION empty_path() RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = '' AS 'SELECT 1';
         CREATE FUNCTION one_name() RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = 'pg_catalog, pg_temp' AS 'SELECT 1';
         CREATE FUNCTION temporary_first() RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = pg_temp, public AS 'SELECT 1';
         REVOKE EXECUTE ON FUNCTION temporary_first() FROM PUBLIC;
         CREATE FUNCTION callers_empty() RETURNS int LANGUAGE sql SET search_path = '' AS 'SELECT 1';
         CREATE FUNCTION callers() RETURNS int LANGUAGE sql AS 'SELECT 1';
         CREATE TABLE open (id int); GRANT SELECT, DELETE ON open TO PUBLIC;
         CREATE TABLE mine (id int);
         CREATE TABLE guarded (id int); GRANT SELECT ON guarded TO PUBLIC; ALTER TABLE guarded ENABLE ROW LEVEL SECURITY;
         CREATE TABLE sham (id int); ALTER TABLE sham ENABLE ROW LEVEL SECURITY;
         CREATE POLICY everything ON sham USING (true);
         CREATE TABLE same (id int, owner text); ALTER TABLE same ENABLE ROW LEVEL SECURITY;
         CREATE POLICY equal ON same USING (1 = 1); CREATE POLICY itself ON same USING (id = id);
         CREATE POLICY either ON same USING (id = 1 OR true); CREATE POLICY within ON same USING (id = 1 AND (owner = 'x' OR true));
         CREATE POLICY own ON same USING (owner = current_user);
         CREATE VIEW above AS SELECT * FROM same; CREATE VIEW higher AS SELECT * FROM above;
         CREATE VIEW callers_own WITH (security_invoker = true) AS SELECT * FROM same; CREATE VIEW of_open AS SELECT * FROM open;
         CREATE MATERIALIZED VIEW kept AS SELECT * FROM same; GRANT SELECT ON higher, callers_own, of_open, kept TO PUBLIC;
         CREATE TABLE read (id int); ALTER TABLE read ENABLE ROW LEVEL SECURITY;
         CREATE POLICY anybody ON read FOR SELECT USING (true);
         CREATE TABLE strict (id int); ALTER TABLE strict ENABLE ROW LEVEL SECURITY;
         CREATE POLICY own ON strict USING (id = 1);
         CREATE POLICY narrow ON strict AS RESTRICTIVE USING (true); CREATE POLICY asleep ON mine USING (true);",
    );
    assert_eq!(db.sqlstate("CREATE UNIQUE INDEX CONCURRENTLY broken ON items (d)"), "23505");
    db.sql("ANALYZE");
    let expected = [
        ("indexes.duplicate", "public.first", "warn: is like public.second on public.items"),
        ("indexes.duplicate", "public.second", ""),
        ("indexes.duplicate", "public.beside_constraint", "warn: is like public.items_a_key on public.items"),
        ("indexes.duplicate", "public.items_a_key", ""),
        ("indexes.duplicate", "public.partial", ""),
        ("indexes.duplicate", "public.broken", ""),
        ("indexes.duplicate", "public.sound", ""),
        ("indexes.duplicate", "public.falling", "warn: is like public.sound on public.items"),
        ("indexes.redundant", "public.bare", "ok: is the beginning of public.carries on public.carried; it is small"),
        ("indexes.redundant", "public.carries", ""),
        ("indexes.redundant", "public.short", "ok: is the beginning of public.long on public.items; it is small"),
        ("indexes.redundant", "public.long", ""),
        ("indexes.redundant", "public.falling", ""),
        ("indexes.redundant", "public.partial", ""),
        (
            "indexes.invalid",
            "public.broken",
            "fail: on public.items is INVALID: its build did not end: DROP INDEX CONCURRENTLY public.broken",
        ),
        ("indexes.invalid", "public.first", ""),
        (
            "indexes.foreign_keys",
            "public.small.small_parent_fkey",
            "ok: (parent) refers to public.parents, and no index begins with it; the table is small",
        ),
        (
            "indexes.foreign_keys",
            "public.large.large_parent_fkey",
            "warn: (parent) refers to public.parents, and no index begins with it",
        ),
        (
            "indexes.foreign_keys",
            "public.parted.parted_parent_fkey",
            "warn: (parent) refers to public.parents, and no index begins with it; the table is partitioned",
        ),
        ("indexes.foreign_keys", "public.parted_1.parted_parent_fkey", ""),
        ("indexes.foreign_keys", "public.large.large_other_fkey", ""),
        ("sequences.near_end", "public.nearly", "fail: 95 of 100 numbers are used (95 %)"),
        ("sequences.near_end", "public.down", "fail: -99 on the way down to -100, 99 % are used"),
        ("sequences.near_end", "public.deep", ""),
        ("sequences.near_end", "public.fresh", ""),
        ("sequences.near_end", "public.round", ""),
        (
            "sequences.near_end",
            "public.counted_id_seq",
            "warn: 1800000000 of 2147483647 numbers are used (84 %), by public.counted.id",
        ),
        (
            "sequences.near_end",
            "public.shared",
            "fail: 2000000000 of 2147483647 numbers are used (93 %), by public.narrow.id",
        ),
        ("sequences.near_end", "public.roomy", ""),
        ("views.never_refreshed", "public.unfilled", "warn: was never refreshed"),
        ("views.never_refreshed", "public.filled", ""),
        (
            "functions.search_path",
            "public.loose()",
            "fail: is SECURITY DEFINER without a search_path, and everybody may call it",
        ),
        ("functions.search_path", "public.closed()", "warn: is SECURITY DEFINER without a search_path"),
        ("functions.search_path", "public.fixed()", ""),
        ("functions.search_path", "public.quoted()", ""),
        ("functions.search_path", "public.only_temporary()", ""),
        ("functions.search_path", "public.callers_empty()", ""),
        (
            "functions.search_path",
            "public.empty_path()",
            "warn: is SECURITY DEFINER with a search_path that does not end with pg_temp, and everybody may call it",
        ),
        (
            "functions.search_path",
            "public.one_name()",
            "warn: is SECURITY DEFINER with a search_path that does not end with pg_temp, and everybody may call it",
        ),
        (
            "functions.search_path",
            "public.temporary_first()",
            "warn: is SECURITY DEFINER with a search_path that does not end with pg_temp",
        ),
        ("functions.search_path", "public.callers()", ""),
        ("rls.disabled", "public.open", "warn: everybody may delete, select"),
        ("rls.disabled", "public.mine", ""),
        ("rls.disabled", "public.guarded", ""),
        (
            "rls.no_policy",
            "public.guarded",
            "ok: has no policy: it is closed to all but its owner and those who bypass it",
        ),
        ("rls.no_policy", "public.strict", ""),
        ("rls.always_true", "public.sham.everything", "warn: lets everybody read and change every row"),
        ("rls.always_true", "public.read.anybody", "ok: lets everybody read every row"),
        ("rls.always_true", "public.same.equal", "warn: lets everybody read and change every row"),
        ("rls.always_true", "public.same.itself", "warn: lets everybody read and change every row"),
        ("rls.always_true", "public.same.either", "warn: lets everybody read and change every row"),
        ("rls.always_true", "public.same.within", ""),
        ("rls.always_true", "public.same.own", ""),
        (
            "rls.views",
            "public.higher",
            "warn: everybody may read it, and it reads public.same, which has row level security, with the rights of its owner",
        ),
        (
            "rls.views",
            "public.kept",
            "warn: everybody may read it, and it reads public.same, which has row level security, as it was when it was refreshed",
        ),
        ("rls.views", "public.above", ""),
        ("rls.views", "public.callers_own", ""),
        ("rls.views", "public.of_open", ""),
        ("rls.not_in_force", "public.mine", "warn: has a policy, and its row level security is off"),
        ("rls.not_in_force", "public.strict", ""),
        ("rls.always_true", "public.strict.narrow", ""),
        ("rls.always_true", "public.mine.asleep", ""),
    ];
    let checks = looked(&db, &["indexes", "sequences", "views", "functions", "rls"]);
    for (check, object, says) in expected {
        assert_eq!(said(&checks, check, object), says, "{check} of {object}");
    }
}

#[test]
fn partitions_that_run_out_are_seen_and_everything_is_counted_with_its_partitions() {
    let db = empty();
    let made = |name: &str, upto: &str| {
        format!(
            "CREATE TABLE {name} (at timestamptz NOT NULL, n int) PARTITION BY RANGE (at);
             DO $$ BEGIN EXECUTE format('CREATE TABLE {name}_1 PARTITION OF {name} FOR VALUES FROM (%L) TO (%s)', '2020-01-01', {upto}); END $$;"
        )
    };
    for (name, upto) in [
        ("past", "quote_literal(now() - interval '1 day')"),
        ("soon", "quote_literal(now() + interval '5 days')"),
        ("ahead", "quote_literal(now() + interval '90 days')"),
        ("endless", "'MAXVALUE'"),
        ("infinite", "quote_literal('infinity')"),
    ] {
        db.sql(&made(name, upto));
    }
    db.sql(
        "CREATE TABLE soon_rest PARTITION OF soon DEFAULT; CREATE TABLE ahead_rest PARTITION OF ahead DEFAULT;
         INSERT INTO soon VALUES ('2000-01-01', 1); CREATE INDEX ahead_n ON ahead (n);
         INSERT INTO ahead SELECT '2020-01-02', n FROM generate_series(1, 5000) n;
         CREATE TABLE listed (n int) PARTITION BY LIST (n); CREATE TABLE listed_1 PARTITION OF listed FOR VALUES IN (1);
         CREATE TABLE bare (at date) PARTITION BY RANGE (at); CREATE TABLE rest (at date) PARTITION BY RANGE (at);
         CREATE TABLE rest_rest PARTITION OF rest DEFAULT;
         CREATE TABLE daily (at date) PARTITION BY RANGE (at); CREATE TABLE today (at date) PARTITION BY RANGE (at);
         DO $$ BEGIN
           EXECUTE format('CREATE TABLE daily_past PARTITION OF daily FOR VALUES FROM (%L) TO (%L)', '2000-01-01', current_date);
           FOR i IN 0..3 LOOP
             EXECUTE format('CREATE TABLE daily_%s PARTITION OF daily FOR VALUES FROM (%L) TO (%L)', i, current_date + i, current_date + i + 1);
           END LOOP;
           EXECUTE format('CREATE TABLE today_1 PARTITION OF today FOR VALUES FROM (%L) TO (%L)', current_date - 1, current_date + 1);
         END $$",
    );
    for (check, object, says) in [
        // Of one that lasts a day the next has to be there, and of one that lasts for years two weeks before.
        ("partitions.ahead", "public.daily", "ok: 5 partitions, the last one until "),
        ("partitions.ahead", "public.today", "warn: 1 partitions, the last one until "),
        ("partitions.ahead", "public.bare", "fail: has no partition, so that every row is refused"),
        ("partitions.ahead", "public.rest", "warn: has no partition but the default one"),
        ("partitions.ahead", "public.past", "fail: 1 partitions, the last one until "),
        ("partitions.ahead", "public.soon", "warn: 2 partitions, the last one until "),
        ("partitions.ahead", "public.ahead", "ok: 2 partitions, the last one until "),
        ("partitions.ahead", "public.endless", ""),
        ("partitions.ahead", "public.infinite", ""),
        ("partitions.ahead", "public.listed", ""),
        (
            "partitions.default_rows",
            "public.soon_rest",
            "warn: holds rows that no other partition of public.soon takes",
        ),
        ("partitions.default_rows", "public.ahead_rest", ""),
        ("tables.size", "public.ahead_1", ""),
        ("indexes.size", "public.ahead_1_n_idx", ""),
    ] {
        let said = about(&db, check, object, &[]);
        assert!(
            if says.is_empty() { said.is_empty() } else { said.starts_with(says) },
            "{check} of {object}: '{said}'"
        );
    }
    assert!(about(&db, "tables.size", "public.ahead", &[]).ends_with(", 2 partitions"));
    let bytes = |check: &str, object: &str| {
        let found = looked(&db, &[check])[0]["findings"].as_array().unwrap().clone();
        found.iter().find(|f| f["object"] == object).unwrap()["value"].as_str().unwrap().to_owned()
    };
    let of = |sql: &str| db.value(&format!("SELECT {sql}"));
    assert_eq!(
        bytes("tables.size", "public.ahead"),
        of("pg_total_relation_size('ahead_1') + pg_total_relation_size('ahead_rest')")
    );
    assert_eq!(
        bytes("indexes.size", "public.ahead_n"),
        of("pg_relation_size('ahead_1_n_idx') + pg_relation_size('ahead_rest_n_idx')")
    );
}

// What is counted while the server works.

#[test]
fn what_is_counted_is_seen() {
    let db = empty();
    db.sql(
        "CREATE TABLE busy (used int, unused int, key int PRIMARY KEY) WITH (autovacuum_enabled = off);
         CREATE INDEX used ON busy (used); CREATE INDEX unused ON busy (unused);
         INSERT INTO busy SELECT n, n, n FROM generate_series(1, 20000) n; ANALYZE busy;
         CREATE TABLE seldom (a int) WITH (autovacuum_enabled = off); INSERT INTO seldom SELECT generate_series(1, 20000);
         CREATE INDEX seldom_a ON seldom (a);
         CREATE TABLE quiet (a int) WITH (autovacuum_enabled = off); CREATE INDEX quiet_a ON quiet (a);
         CREATE TABLE dirty (a int) WITH (autovacuum_enabled = off); INSERT INTO dirty SELECT generate_series(1, 5000); ANALYZE dirty;
         CREATE TABLE clean (a int) WITH (autovacuum_enabled = off); INSERT INTO clean SELECT generate_series(1, 5000);",
    );
    db.sql("DELETE FROM dirty");
    db.sql("VACUUM (ANALYZE) clean");
    // Through the index 1000 times, and from end to end 120 times.
    db.sql(
        "SET enable_seqscan = off; SET enable_bitmapscan = off;
         DO $$ BEGIN FOR i IN 1..1000 LOOP PERFORM used FROM busy WHERE used = i; END LOOP; END $$;
         SET enable_seqscan = on; SET enable_indexscan = off; SET enable_indexonlyscan = off;
         DO $$ BEGIN FOR i IN 1..120 LOOP PERFORM count(*) FROM busy; END LOOP; END $$;
         SELECT pg_stat_force_next_flush()",
    );
    // A new database and a new index have not been asked yet for what they are there for.
    until(&db, "tables.sequential_scans", "public.busy", &[], "warn: was read from end to end 12");
    let (young, reason) = verdict(&looked(&db, &["indexes.unused", "--long", "1ms"]), "indexes.unused");
    assert!(young == "skipped" && reason.contains("too young to tell of 2 indexes"), "{young}: {reason}");
    age(&db);
    let said = until(&db, "indexes.unused", "public.unused", &["--long", "1ms"], "was never used");
    assert!(
        said.starts_with("warn: ") && said.contains(" while public.busy was read 11") && said.contains("counted since"),
        "{said}"
    );
    assert_eq!(about(&db, "indexes.unused", "public.unused", &[]), "");
    for index in ["public.used", "public.busy_pkey", "public.quiet_a", "public.seldom_a"] {
        assert_eq!(about(&db, "indexes.unused", index, &["--long", "1ms"]), "", "{index}");
    }
    assert_eq!(about(&db, "tables.sequential_scans", "public.quiet", &[]), "");
    until(&db, "vacuum.due", "public.dirty", &[], "; autovacuum_enabled is off for this table");
    until(&db, "vacuum.analyze_due", "public.dirty", &[], "rows have changed since the last analyze");
    for check in ["vacuum.due", "vacuum.analyze_due"] {
        assert_eq!(about(&db, check, "public.clean", &[]), "", "{check}");
    }
    db.sql("VACUUM (ANALYZE) dirty");
    crate::support::until("the vacuum to be noticed", || about(&db, "vacuum.due", "public.dirty", &[]).is_empty());
}

#[test]
fn a_table_that_was_emptied_is_bloated() {
    let db = empty();
    db.sql(
        "CREATE TABLE emptied (id int, text text) WITH (autovacuum_enabled = off);
         CREATE TABLE full_up (id int, text text) WITH (autovacuum_enabled = off);
         INSERT INTO emptied SELECT n, repeat('x', 500) FROM generate_series(1, 24000) n;
         CREATE TABLE small (id int, text text) WITH (autovacuum_enabled = off);
         CREATE TABLE uncounted (id int, text text) WITH (autovacuum_enabled = off);
         CREATE TABLE widened (id int) WITH (autovacuum_enabled = off);
         CREATE TABLE rewritten (id int, text text) WITH (autovacuum_enabled = off);
         CREATE TABLE long (id int, body text) WITH (autovacuum_enabled = off, toast.autovacuum_enabled = off);
         ALTER TABLE long ALTER body SET STORAGE EXTERNAL; INSERT INTO long SELECT n, repeat('x', 7000) FROM generate_series(1, 1600) n;
         ALTER TABLE uncounted ALTER text SET STATISTICS 0; INSERT INTO uncounted SELECT * FROM emptied;
         INSERT INTO widened SELECT id FROM emptied; INSERT INTO rewritten SELECT id, '' FROM emptied;
         INSERT INTO full_up SELECT * FROM emptied; INSERT INTO small SELECT * FROM emptied LIMIT 12000;
         ANALYZE full_up, uncounted, widened, rewritten, long;
         ALTER TABLE widened ADD text text; UPDATE widened SET text = repeat('x', 500); UPDATE rewritten SET text = repeat('x', 500);
         DELETE FROM emptied WHERE id % 1000 <> 0; DELETE FROM small WHERE id % 1000 <> 0; DELETE FROM long WHERE id % 100 <> 0;
         SELECT pg_stat_force_next_flush()",
    );
    // The server's own tables are bloated by what is made and dropped all the time.
    db.sql(
        "SELECT lo_from_bytea(0, (SELECT string_agg(sha256((n || '/' || k)::text::bytea), '') FROM generate_series(1, 62) k)) FROM generate_series(1, 8000) n",
    );
    db.sql("SELECT lo_unlink(oid) FROM pg_largeobject_metadata ORDER BY oid LIMIT 7900");
    db.sql("VACUUM (ANALYZE) emptied, small, pg_largeobject");
    db.sql("VACUUM long");
    db.sql("VACUUM FULL widened, rewritten");
    let checks = looked(&db, &["vacuum.bloat"]);
    let told = said(&checks, "vacuum.bloat", "public.emptied");
    assert!(told.starts_with("warn: about ") && told.ends_with(" MiB are empty"), "{told}");
    let told = said(&checks, "vacuum.bloat", "public.long");
    assert!(told.starts_with("warn: about 9") && told.ends_with(" MiB of its long values are empty"), "{told}");
    assert_eq!(said(&checks, "vacuum.bloat", "public.full_up"), "");
    // A few megabytes are not worth it.
    assert_eq!(said(&checks, "vacuum.bloat", "public.small"), "");
    let told = said(&checks, "vacuum.bloat", "pg_catalog.pg_largeobject");
    assert!(told.starts_with("warn: about 9") && told.ends_with(" MiB are empty"), "{told}");
    // A column whose width is not known, or no longer so, is no empty space.
    for (table, why) in
        [("uncounted", "not all there"), ("widened", "not all there"), ("rewritten", "has changed since")]
    {
        let told = said(&checks, "vacuum.bloat", &format!("public.{table}"));
        assert!(told.starts_with("skipped: ") && told.contains(why), "{table}: {told}");
    }
    // Whoever may not see the statistics is not told that all is well.
    let plain = Plain::new(&db);
    let asked = || -> Vec<Value> {
        let ran = plain.bursar(&["inspect", "vacuum.bloat", "-o", "json"]).ok();
        serde_json::from_str::<Value>(&ran.stdout).unwrap()["checks"].as_array().unwrap().clone()
    };
    let told = said(&asked(), "vacuum.bloat", "public.full_up");
    assert!(told.starts_with("skipped: ") && told.contains("GRANT SELECT"), "{told}");
    // One that sees a column of several does not see how wide a row is.
    db.sql(&format!("GRANT SELECT (id) ON full_up TO {}", plain.name));
    assert!(said(&asked(), "vacuum.bloat", "public.full_up").starts_with("skipped: "));
}
