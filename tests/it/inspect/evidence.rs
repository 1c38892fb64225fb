//! What a check has to go by: counts that were lost, limits and roles that are few among many, and what it must not repeat.

use std::time::Duration;

use super::{OTHER, Plain, about, empty, findings, looked, sql, until, verdict};
use crate::support::{Patience, bursar, connect, run, wait};

#[test]
fn what_a_statement_has_in_quotes_is_shown_nowhere() {
    let url = OTHER.url("secrets");
    sql(&OTHER.url("postgres"), "CREATE DATABASE secrets");
    sql(&url, "CREATE EXTENSION pg_stat_statements");
    sql(
        &url,
        "/* it's 'SuperSecret1' */ -- too\n CREATE ROLE keeper LOGIN PASSWORD 'SuperSecret2' VALID UNTIL 'infinity'",
    );
    sql(&url, "CREATE ROLE other PASSWORD E'SuperSecret3\\'SuperSecret4'");
    // The beginning of a literal may be the last that there is room for.
    sql(&url, &format!("COMMENT /* {} */ ON DATABASE secrets IS 'SuperSecret5'", "x".repeat(155)));
    for _ in 0..3 {
        sql(&url, "DO $words$ BEGIN PERFORM pg_sleep(1.01), $$SuperSecret6$$; END $words$");
    }
    let slow = findings(&url, &["queries.slow"]);
    assert!(slow.contains("3 calls: DO …"), "{slow}");
    let frequent = findings(&url, &["queries.frequent"]);
    assert!(frequent.contains(": CREATE ROLE keeper LOGIN PASSWORD …"), "{frequent}");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("snapshot.json");
    let ran = run(bursar().args(["inspect", "queries", "-d", &url, "--snapshot"]).arg(&path)).ok();
    let written = std::fs::read_to_string(&path).unwrap();
    for text in [&slow, &frequent, &ran.stdout, &written] {
        assert!(!text.contains("SuperSecret"), "{text}");
    }
}

#[test]
fn a_database_in_any_encoding_is_looked_at() {
    for (name, table, shown) in [("latin", "s\\351l", "s\u{e9}l"), ("ascii", "s\\351l", "s\u{fffd}l")] {
        let encoding = if name == "latin" { "LATIN1" } else { "SQL_ASCII" };
        sql(
            &OTHER.url("postgres"),
            &format!("CREATE DATABASE {name} ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"),
        );
        let url = OTHER.url(name);
        // The name has a byte that is no character by itself.
        sql(
            &url,
            &format!(
                "CREATE EXTENSION pg_stat_statements;
                 DO $$ BEGIN EXECUTE format('CREATE TABLE %I (a int)', convert_from(decode('{table}', 'escape'), '{encoding}')); END $$"
            ),
        );
        let ran = run(bursar().args(["inspect", "-o", "json", "-d", &url])).ok();
        assert!(!ran.stderr.contains("incomplete"), "{ran:?}");
        let sizes = findings(&url, &["tables.size"]);
        assert!(sizes.contains(&format!("public.\"{shown}\" ok: ")), "{sizes}");
        // Only the twenty that took most are listed, and the look itself has counted.
        sql(
            &url,
            "SELECT pg_stat_statements_reset(0, oid, 0) FROM pg_database WHERE datname = current_database();
             COMMENT ON TABLE pg_catalog.pg_class IS 'secret'",
        );
        let frequent = findings(&url, &["queries.frequent"]);
        assert!(frequent.contains("COMMENT ON TABLE pg_catalog.pg_class IS \u{2026}"), "{frequent}");
    }
}

#[test]
fn a_policy_for_a_service_excuses_nobody_who_is_named_beside_it() {
    let db = empty();
    let (service, guest) = (format!("bursar_{}", db.name), Plain::new(&db));
    db.sql(&format!(
        "CREATE ROLE {service}; CREATE TABLE items (id int); ALTER TABLE items ENABLE ROW LEVEL SECURITY;
         CREATE POLICY service ON items TO {service} USING (true);
         CREATE POLICY mixed ON items TO {service}, {} USING (true)",
        guest.name
    ));
    let said = [
        about(&db, "rls.always_true", "public.items.service", &[]),
        about(&db, "rls.always_true", "public.items.mixed", &[]),
    ];
    db.sql(&format!("DROP OWNED BY {service}; DROP ROLE {service}"));
    assert_eq!(said[0], "");
    assert!(said[1].starts_with("warn: lets ") && said[1].ends_with(" read and change every row"), "{said:?}");
}

#[test]
fn a_limit_of_a_role_or_a_database_is_a_limit_too() {
    let db = empty();
    let guest = Plain::new(&db);
    db.sql(&format!("ALTER ROLE {} CONNECTION LIMIT 2", guest.name));
    let role = format!("the role {}", guest.name);
    let said = || about(&db, "connections.limit", &role, &[]);
    assert_eq!(said(), "ok: 0 of the 2 connections that it may have are open");
    let held = [(); 2].map(|()| wait(connect(&db.url_as(&guest.name))));
    assert_eq!(said(), "fail: 2 of the 2 connections that it may have are open");
    drop(held);
    // A session that ends is there for a moment longer.
    until(&db, "connections.limit", &role, &[], "ok: 0 of the 2");
    let database = format!("the database {}", db.name);
    assert_eq!(about(&db, "connections.limit", &database, &[]), "");
    db.sql(&format!("ALTER DATABASE {} CONNECTION LIMIT 1", db.name));
    assert!(about(&db, "connections.limit", &database, &[]).starts_with("fail: "));
    db.sql(&format!("ALTER DATABASE {} CONNECTION LIMIT 1000", db.name));
    assert!(about(&db, "connections.limit", &database, &[]).starts_with("ok: "));
}

#[test]
fn counts_that_were_lost_are_not_taken_for_none() {
    let db = empty();
    db.sql(
        "CREATE TABLE big (a int, b int) WITH (autovacuum_enabled = off); INSERT INTO big SELECT n, n FROM generate_series(1, 20000) n;
         CREATE INDEX big_a ON big (a); CREATE TABLE unknown (a int) WITH (autovacuum_enabled = off);
         INSERT INTO unknown SELECT generate_series(1, 5000); CREATE TABLE tiny (a int); INSERT INTO tiny VALUES (1);
         SELECT pg_stat_force_next_flush()",
    );
    db.sql("ANALYZE");
    let stands = |check: &str, is: &str, why: &str| {
        let mut patience = Patience::new(Duration::from_millis(200));
        loop {
            let (verdict, reason) = verdict(&looked(&db, &[check]), check);
            if verdict == is && reason.contains(why) {
                return;
            }
            patience.waits_or(|| 0, || format!("{check} never was {is}, {why}: {verdict}, {reason}"));
        }
    };
    let vacuum = ["vacuum.due", "vacuum.analyze_due"];
    vacuum.iter().for_each(|check| stands(check, "ok", ""));
    stands("indexes.unused", "skipped", "too young to tell of 1 indexes");
    stands("tables.sequential_scans", "skipped", "too young to tell of 1 large tables");
    // What was read often enough is known, however young the statistics are.
    db.sql(
        "SET enable_seqscan = off; DO $$ BEGIN FOR i IN 1..200 LOOP PERFORM FROM big WHERE a = i; END LOOP; END $$;
         SELECT pg_stat_force_next_flush()",
    );
    stands("indexes.unused", "ok", "");
    stands("tables.sequential_scans", "ok", "");

    db.sql("SELECT pg_stat_reset()");
    vacuum.iter().for_each(|check| stands(check, "skipped", "what changed in 2 tables is not known"));
    stands("indexes.unused", "skipped", "too young");
    stands("tables.sequential_scans", "skipped", "too young");
    // What is seen all the same is told.
    db.sql("DELETE FROM unknown; SELECT pg_stat_force_next_flush()");
    vacuum.iter().for_each(|check| stands(check, "warn", ""));
    db.sql("TRUNCATE unknown; SELECT pg_stat_force_next_flush()");
    db.sql("ANALYZE");
    vacuum.iter().for_each(|check| stands(check, "ok", ""));
    // A database that was restored by its files, and that nobody has analyzed.
    db.sql("CREATE TABLE restored (a int) WITH (autovacuum_enabled = off); INSERT INTO restored SELECT generate_series(1, 5000); SELECT pg_stat_force_next_flush()");
    stands("vacuum.analyze_due", "warn", "");
    db.sql("SELECT pg_stat_reset(); ANALYZE big");
    vacuum.iter().for_each(|check| stands(check, "skipped", "what changed in 1 tables is not known"));
}
