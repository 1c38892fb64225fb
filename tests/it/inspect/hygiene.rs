//! What no statement complains of: a schema, rights and settings that work until one day they do not.

use super::{OTHER, Plain, about, empty, findings, looked, said, session, sql, tell, until};
use crate::support::{connect, wait};

#[test]
fn what_works_until_it_does_not_is_seen_in_one_look() {
    let db = empty();
    let icu = db.value("SELECT count(*) FROM pg_collation WHERE collprovider = 'i'") != "0";
    db.sql(
        "CREATE TABLE keyed (id int PRIMARY KEY, n int) WITH (autovacuum_enabled = off);
         INSERT INTO keyed SELECT n * 100000, 1 FROM generate_series(1, 19000) n;
         CREATE TABLE sound (id int PRIMARY KEY CHECK (id > 0), k int, body text);
         ALTER TABLE sound ADD FOREIGN KEY (k) REFERENCES keyed NOT VALID;
         INSERT INTO sound SELECT generate_series(1, 100);
         CREATE TABLE keyless (a int); CREATE TABLE parted (a int PRIMARY KEY) PARTITION BY LIST (a);
         CREATE TABLE parted_1 PARTITION OF parted FOR VALUES IN (1);
         CREATE UNLOGGED TABLE fast (id bigint PRIMARY KEY); CREATE TABLE child (k int REFERENCES keyed, fast bigint);
         CREATE TABLE refers (id bigint PRIMARY KEY); CREATE TABLE narrow (of int REFERENCES refers);
         CREATE DOMAIN positive AS int; ALTER DOMAIN positive ADD CONSTRAINT more CHECK (value > 0) NOT VALID;
         CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
         CREATE TRIGGER off BEFORE INSERT ON sound FOR EACH ROW EXECUTE FUNCTION nothing();
         CREATE TRIGGER on_it BEFORE INSERT ON sound FOR EACH ROW EXECUTE FUNCTION nothing();
         ALTER TABLE sound DISABLE TRIGGER off; ALTER TABLE child DISABLE TRIGGER ALL;
         CREATE RULE unruly AS ON DELETE TO refers DO ALSO NOTHING; ALTER TABLE refers DISABLE RULE unruly;
         ALTER TABLE sound SET (toast.autovacuum_enabled = off);
         CREATE SCHEMA everybodys; GRANT CREATE ON SCHEMA everybodys TO PUBLIC;
         CREATE FUNCTION loose() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';
         CREATE EXTENSION pg_trgm VERSION '1.3'; CREATE EXTENSION pgcrypto;
         CREATE PUBLICATION changes FOR TABLE keyless, keyed, parted; CREATE PUBLICATION added FOR TABLE child WITH (publish = 'insert');
         CREATE TABLE thinned (id int, b int) WITH (autovacuum_enabled = off); INSERT INTO thinned SELECT n, 1 FROM generate_series(1, 220000) n;
         CREATE INDEX longer ON thinned (id, b);
         CREATE INDEX thin ON thinned (id); CREATE INDEX thin_again ON thinned (id); ANALYZE thinned, keyed, sound;
         DELETE FROM thinned WHERE id % 20 <> 0; SELECT pg_stat_force_next_flush()",
    );
    db.sql("VACUUM (ANALYZE) thinned");
    db.sql(
        "CREATE TABLE ones (b int PRIMARY KEY); INSERT INTO ones VALUES (1);
         ALTER TABLE thinned ADD CONSTRAINT one FOREIGN KEY (b) REFERENCES ones;
         CREATE TABLE twice (id bigint); CREATE INDEX broken ON twice (id);
         UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'broken'::regclass;
         CREATE TABLE open (id bigint PRIMARY KEY); GRANT SELECT ON open TO PUBLIC;
         CREATE TABLE mine (id bigint PRIMARY KEY); CREATE POLICY own ON mine USING (id > 0);
         CREATE TABLE sham (id bigint PRIMARY KEY); ALTER TABLE sham ENABLE ROW LEVEL SECURITY;
         CREATE POLICY everything ON sham USING (1 = 1);
         CREATE VIEW around AS SELECT * FROM sham; GRANT SELECT ON around TO PUBLIC;
         CREATE TABLE closed (id bigint PRIMARY KEY); ALTER TABLE closed ENABLE ROW LEVEL SECURITY;
         CREATE TABLE past (at timestamptz NOT NULL) PARTITION BY RANGE (at);
         CREATE TABLE past_1 PARTITION OF past FOR VALUES FROM ('2020-01-01') TO ('2020-02-01');
         CREATE TABLE past_rest PARTITION OF past DEFAULT; INSERT INTO past VALUES ('2021-01-01');
         CREATE MATERIALIZED VIEW unfilled AS SELECT 1 AS a WITH NO DATA;
         CREATE SEQUENCE nearly AS smallint START 32000; SELECT nextval('nearly')",
    );
    db.sql("REINDEX INDEX thin_again");
    db.sql(&format!("ALTER DATABASE {} SET work_mem = '2000000MB'", db.name));
    if icu {
        db.sql("CREATE COLLATION old (provider = icu, locale = 'en', version = '1.0'); CREATE COLLATION idle (provider = icu, locale = 'en', version = '1.0')");
        db.sql("CREATE TABLE sorted (t text COLLATE old PRIMARY KEY)");
    }
    db.sql("SET work_mem = '64kB'; SELECT count(*) FROM (SELECT id FROM thinned ORDER BY -id) sorted");
    // Two that wait for one another.
    let ((mut one, _), (mut two, _)) = (session(&db, "one"), session(&db, "two"));
    tell(&mut one, "SET deadlock_timeout = '10ms'; BEGIN; SELECT pg_advisory_xact_lock(1)");
    tell(&mut two, "BEGIN; SELECT pg_advisory_xact_lock(2)");
    wait(async {
        let (first, second) =
            (sqlx::raw_sql("SELECT pg_advisory_xact_lock(2)"), sqlx::raw_sql("SELECT pg_advisory_xact_lock(1)"));
        let (first, second) = tokio::join!(first.execute(&mut one), second.execute(&mut two));
        assert!(first.is_err() != second.is_err());
    });
    drop((one, two));
    until(&db, "database.counts", &format!("deadlocks in the database {}", db.name), &[], "ok: 1 since ");
    // One who forgot a transaction, one who waits for that, and one who takes long.
    let ((mut shell, _), (mut next, waiting), (mut report, slow)) =
        (session(&db, "a shell"), session(&db, "the next"), session(&db, "a report"));
    tell(&mut shell, "BEGIN; SELECT pg_advisory_xact_lock(3)");
    let waits = std::thread::spawn(move || tell(&mut next, "SELECT pg_advisory_lock(3)"));
    let sleeps =
        std::thread::spawn(move || wait(sqlx::raw_sql("SELECT pg_sleep(60)").execute(&mut report)).unwrap_err());
    for (check, of) in [("connections.long_running", &slow), ("locks.blocked", &waiting)] {
        until(&db, check, of, &["--long", "10ms"], "fail: ");
    }
    let checks = looked(&db, &["--long", "10ms"]);
    db.sql(&format!("SELECT pg_cancel_backend({})", &slow[4..]));
    sleeps.join().unwrap();
    tell(&mut shell, "ROLLBACK");
    waits.join().unwrap();
    let database = format!("the database {}", db.name);
    let (off, temporary) = ("warn: autovacuum_enabled is off", format!("temporary files in {database}"));
    for (check, object, says) in [
        ("tables.primary_key", "public.keyless", "ok: has no primary key"),
        ("tables.primary_key", "public.keyed", ""),
        ("tables.primary_key", "public.parted_1", ""),
        ("tables.unlogged", "public.fast", "ok: is UNLOGGED"),
        ("tables.unlogged", "public.keyed", ""),
        ("tables.not_valid", "public.sound.sound_k_fkey", "warn: is NOT VALID: FOREIGN KEY (k) REFERENCES "),
        ("tables.not_valid", "public.positive.more", "warn: is NOT VALID: CHECK "),
        ("tables.not_valid", "public.sound.sound_id_check", ""),
        ("tables.triggers", "public.sound.off", "warn: is a trigger that is disabled"),
        ("tables.triggers", "public.sound.on_it", ""),
        ("tables.triggers", "public.child.child_k_fkey", "fail: is a foreign key that is not checked"),
        ("tables.triggers", "public.sound.sound_k_fkey", ""),
        ("tables.triggers", "public.refers.unruly", "warn: is a rule that is disabled"),
        ("vacuum.autovacuum_off", "public.keyed", off),
        ("vacuum.autovacuum_off", "public.sound", "warn: toast.autovacuum_enabled is off"),
        ("vacuum.autovacuum_off", "public.child", ""),
        ("rights.create", "schema everybodys", "warn: everybody may create objects in it"),
        ("rights.create", "schema public", ""),
        ("rights.temporary", &database, "warn: everybody may create temporary objects, and SECURITY DEFINER functions"),
        ("database.counts", &temporary, "ok: "),
        ("database.extensions", "pg_trgm", "ok: is at 1.3, and 1."),
        ("database.extensions", "pgcrypto", ""),
        ("sequences.narrow_columns", "public.keyed.id", "warn: ends at 2147483647; has reached 1900000000 (88 %)"),
        ("sequences.narrow_columns", "public.sound.id", "ok: ends at 2147483647; has reached 100 (0 %)"),
        ("sequences.narrow_columns", "public.fast.id", ""),
        (
            "sequences.narrow_columns",
            "public.narrow.of",
            "ok: ends at 2147483647; holds nothing yet; refers to public.refers.id, a bigint",
        ),
        ("replication.publications", "public.keyless", "fail: is in the publication changes, which publishes changes,"),
        ("replication.publications", "public.keyed", ""),
        ("replication.publications", "public.parted_1", ""),
        ("replication.publications", "public.child", ""),
        ("indexes.bloat", "public.thin", "warn: on public.thinned: about 9"),
        ("indexes.bloat", "public.thin_again", ""),
        ("indexes.redundant", "public.thin", "warn: is the beginning of public.longer on public.thinned"),
    ] {
        let told = said(&checks, check, object);
        assert!(
            if says.is_empty() { told.is_empty() } else { told.starts_with(says) },
            "{check} of {object}: '{told}'"
        );
    }
    if icu {
        let told = said(&checks, "database.collation", "public.old");
        assert!(told.starts_with("fail: was made with version 1.0, and the system has "), "{told}");
        assert_eq!(said(&checks, "database.collation", "public.idle"), "");
    }
    if std::path::Path::new("/proc/meminfo").exists() {
        let memory = checks.iter().find(|c| c["check"] == "settings.memory").unwrap();
        assert_eq!(memory["verdict"], "warn", "{memory}");
    }
    // The page says what is found, and how it is judged.
    let mut problems = 0;
    for row in include_str!("../../../docs/inspect.md").split("## What is found").nth(1).unwrap().lines().skip(7) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let [_, problem, id, verdict, ..] = cells[..] else { break };
        let (id, verdict) = (id.trim_matches('`'), verdict.split(',').next().unwrap());
        let check = checks.iter().find(|c| c["check"] == id).unwrap_or_else(|| panic!("{id}"));
        let found = check["findings"].as_array().unwrap();
        assert!(found.iter().any(|f| f["verdict"] == verdict && !f["object"].is_null()), "{problem}: {check}");
        problems += 1;
    }
    assert_eq!(problems, 30);
    // What is no fault is told in the line of its check.
    let page = db.bursar(&["inspect", "tables.primary_key", "tables.unlogged"]).ok().stdout;
    assert!(page.contains("Tables without a primary key: ") && page.contains("UNLOGGED tables: 1"), "{page}");
    // What has changed since is not judged by old statistics, and is measured where that is possible.
    db.sql("DELETE FROM thinned WHERE id % 40 <> 0; SELECT pg_stat_force_next_flush()");
    until(&db, "indexes.bloat", "public.thin", &[], "skipped: on public.thinned: much of it has changed");
    if db.value("SELECT count(*) FROM pg_available_extensions WHERE name = 'pgstattuple'") == "1" {
        db.sql("CREATE SCHEMA \"the tools\"; CREATE EXTENSION pgstattuple SCHEMA \"the tools\"");
        let told = about(&db, "indexes.bloat", "public.thin", &[]);
        assert!(told.starts_with("warn: on public.thinned: 9") && told.ends_with(" are empty"), "{told}");
    }
    // Whoever may see less is told less, and nothing fails.
    let plain = Plain::new(&db);
    let ran = plain.bursar(&["inspect", "-o", "json"]).ok();
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let checks = report["checks"].as_array().unwrap();
    let told = said(checks, "indexes.bloat", "public.thin");
    assert!(told.starts_with("skipped: ") && told.contains("GRANT SELECT"), "{told}");
    let told = said(checks, "sequences.narrow_columns", "public.keyed.id");
    assert_eq!(told, "skipped: ends at 2147483647; how far it is, is not known");
    let (verdict, reason) = super::verdict(checks, "sequences.narrow_columns");
    assert!(verdict == "skipped" && reason.contains("ANALYZE their tables, or GRANT SELECT"), "{verdict}: {reason}");
    // Nothing of it is so in a database as it should be.
    let sound = empty();
    sound.sql(
        "CREATE TABLE people (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL);
         CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, person bigint NOT NULL REFERENCES people);
         CREATE INDEX ON orders (person); ALTER TABLE orders ENABLE ROW LEVEL SECURITY;
         CREATE POLICY own ON orders USING (person = 1); GRANT SELECT ON orders TO PUBLIC;
         CREATE VIEW recent WITH (security_invoker) AS SELECT * FROM orders; GRANT SELECT ON recent TO PUBLIC;
         CREATE MATERIALIZED VIEW names AS SELECT name FROM people;
         CREATE TABLE events (id bigint, at timestamptz, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
         CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2020-01-01') TO (MAXVALUE);
         CREATE FUNCTION tight() RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS 'SELECT 1';
         CREATE PUBLICATION changes FOR TABLE people, orders, events;
         INSERT INTO people (name) SELECT n FROM generate_series(1, 100) n; ANALYZE",
    );
    // What else of the page's table there is belongs to the server, where other tests work.
    let topics =
        ["tables", "indexes", "vacuum.autovacuum_off", "vacuum.bloat", "rights", "functions", "rls", "sequences"];
    let also =
        ["partitions", "views", "locks", "replication.publications", "database.collation", "database.extensions"];
    let clean = looked(&sound, &[&topics[..], &also[..]].concat());
    let wrong: Vec<_> = clean.iter().filter(|c| c["verdict"] != "ok" && c["verdict"] != "skipped").collect();
    assert!(clean.len() > 25 && wrong.is_empty(), "{wrong:?}");
}

#[test]
fn what_holds_vacuum_back_is_told_with_its_owner() {
    sql(&OTHER.url("postgres"), "CREATE DATABASE held");
    let url = OTHER.url("held");
    let asked = |checks: &[&str]| findings(&url, checks);
    assert_eq!(asked(&["connections.prepared"]), "");
    sql(&url, "CREATE TABLE items (id int)");
    sql(&url, "BEGIN; INSERT INTO items VALUES (1); PREPARE TRANSACTION 'it''s left'");
    let mut forgotten = wait(connect(&url));
    tell(&mut forgotten, "SET application_name = 'a report'; BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1");
    sql(&url, "DO $$ BEGIN FOR i IN 1..1200 LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$");
    let prepared = asked(&["connections.prepared", "--long", "1ms"]);
    assert!(
        prepared.contains("prepared transaction 'it''s left' fail: postgres prepared it in the database held at "),
        "{prepared}"
    );
    assert!(prepared.lines().any(|line| line.ends_with(": ROLLBACK PREPARED 'it''s left'")), "{prepared}");
    assert_eq!(asked(&["connections.prepared"]), "");
    // A hundredth of what is frozen at is a thousand here.
    let held = asked(&["vacuum.horizon"]);
    assert!(
        held.contains(
            "prepared transaction 'it''s left' warn: postgres, in the database held, holds back what the last 1,2"
        ),
        "{held}"
    );
    assert!(
        held.contains(" warn: a report of postgres, idle in a transaction, holds back what the last 1,2"),
        "{held}"
    );
    // A VACUUM holds no other one back.
    sql(&url, "CREATE TABLE slow AS SELECT generate_series(1, 20000) AS id; DELETE FROM slow");
    let mut busy = wait(connect(&url));
    tell(&mut busy, "SET application_name = 'a vacuum'; SET vacuum_cost_delay = 100; SET vacuum_cost_limit = 1");
    let works = std::thread::spawn(move || {
        // It is cancelled as soon as it was seen.
        wait(sqlx::raw_sql("VACUUM (ANALYZE) slow").execute(&mut busy)).unwrap_err();
    });
    let value = |sql: &'static str| -> i64 {
        wait(async { sqlx::query_scalar(sql).fetch_one(&mut connect(&url).await).await }).unwrap()
    };
    crate::support::until("a vacuum at work", || value("SELECT count(*) FROM pg_stat_progress_vacuum") > 0);
    sql(&url, "DO $$ BEGIN FOR i IN 1..5 LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$");
    let old = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'a vacuum' AND age(backend_xmin) > 0";
    assert_eq!(value(old), 1);
    let held = asked(&["vacuum.horizon"]);
    sql(&url, "SELECT pg_cancel_backend(pid) FROM pg_stat_progress_vacuum");
    works.join().unwrap();
    assert!(held.contains("a report") && !held.contains("a vacuum"), "{held}");
    drop(forgotten);
    sql(&url, "ROLLBACK PREPARED 'it''s left'");
    crate::support::until("nothing that holds vacuum back", || !asked(&["vacuum.horizon"]).contains(" warn: "));
}

#[test]
fn what_the_server_waits_for_and_does_too_often_is_told() {
    let url = OTHER.url("postgres");
    let pending = || findings(&url, &["settings.pending_restart"]);
    assert_eq!(pending(), "");
    sql(&url, "ALTER SYSTEM SET max_worker_processes = 9");
    sql(&url, "SELECT pg_reload_conf()");
    crate::support::until("the setting that waits", || {
        pending().starts_with("max_worker_processes warn: is 8 until the server restarts; the new value is in ")
    });
    // Without it the server would wait for a restart still, though the value is the same.
    sql(&url, "ALTER SYSTEM SET max_worker_processes = 8");
    sql(&url, "SELECT pg_reload_conf()");
    crate::support::until("the setting that no longer waits", || pending().is_empty());
    assert!(findings(&url, &["checkpoints.requested"]).contains("skipped: statistics are too young"));
    let mut connection = wait(connect(&url));
    for _ in 0..21 {
        tell(&mut connection, "CREATE TABLE IF NOT EXISTS pointed (a int)");
        tell(&mut connection, "INSERT INTO pointed VALUES (1)");
        tell(&mut connection, "CHECKPOINT");
    }
    crate::support::until("checkpoints out of turn", || findings(&url, &["checkpoints.requested"]).contains(" warn: "));
    assert!(findings(&url, &["checkpoints.backends"]).starts_with(" ok: sessions have synced files "));
    sql(&url, "CREATE DATABASE subscribed");
    let there = OTHER.url("subscribed");
    sql(&there, "CREATE SUBSCRIPTION quiet CONNECTION 'dbname=nowhere' PUBLICATION p WITH (connect = false)");
    let said = findings(&there, &["replication.subscriptions"]);
    assert_eq!(said, "subscription quiet warn: is disabled");
    // Nobody answers there, so that its worker has no time to stay.
    sql(&there, "ALTER SUBSCRIPTION quiet ENABLE");
    crate::support::until("a subscription without a worker", || {
        findings(&there, &["replication.subscriptions"]).starts_with("subscription quiet fail: has no worker")
    });
    sql(&there, "ALTER SUBSCRIPTION quiet DISABLE");
    assert_eq!(findings(&url, &["replication.subscriptions"]), "");
}
