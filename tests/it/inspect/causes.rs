//! The cause that a finding names is the cause, and what it says to do works when it is pasted.

use std::thread::JoinHandle;

use serde_json::Value;

use super::{OTHER, Plain, about, empty, findings, looked, said, session, sql, tell, verdict};
use crate::support::{Db, Ran, bursar, connect, run, wait};

/// The roles of an API, which are the whole server's.
const API: &str = "DO $$ DECLARE r text; BEGIN
    FOREACH r IN ARRAY ARRAY['anon', 'authenticated', 'service_role'] LOOP
        BEGIN EXECUTE 'CREATE ROLE ' || r || ' NOLOGIN NOINHERIT'; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END;
    END LOOP; END $$;";

#[track_caller]
fn checks_of(ran: &Ran) -> Vec<Value> {
    serde_json::from_str::<Value>(&ran.stdout).unwrap()["checks"].as_array().unwrap().clone()
}

/// Each object has to be told so; "" is one of which nothing is said.
#[track_caller]
fn told(checks: &[Value], expected: &[(&str, &str, &str)]) {
    for (check, object, says) in expected {
        let told = said(checks, check, object);
        let fits = if says.is_empty() { told.is_empty() } else { told.starts_with(says) };
        assert!(fits, "{check} of {object}: '{told}'");
    }
}

/// The statement at the end of a finding.
fn remedy(finding: &str) -> &str {
    finding.rsplit(": ").next().unwrap()
}

/// A session that runs a statement which waits for others, until it is cancelled or they let it.
fn waits(db: &Db, name: &str, statement: &'static str) -> (JoinHandle<String>, String) {
    let (mut connection, pid) = session(db, name);
    let works = std::thread::spawn(move || {
        let ended = wait(sqlx::raw_sql(statement).execute(&mut connection));
        ended.map_or_else(|e| e.to_string(), |_| String::new())
    });
    let held = format!("SELECT count(*) FROM pg_locks WHERE pid = {} AND NOT granted", &pid[4..]);
    crate::support::until(statement, || db.value(&held) != "0");
    (works, pid[4..].to_owned())
}

#[test]
fn an_invalid_index_is_told_by_its_cause_and_with_what_mends_it() {
    let db = empty();
    db.sql(
        "CREATE TABLE items (a int, b int); INSERT INTO items VALUES (1, 1), (1, 2);
         CREATE INDEX dropped ON items (b);
         CREATE TABLE pp (id int) PARTITION BY RANGE (id); CREATE TABLE pp_1 PARTITION OF pp FOR VALUES FROM (1) TO (2);
         CREATE INDEX pp_only ON ONLY pp (id)",
    );
    let only = about(&db, "indexes.invalid", "public.pp_only", &[]);
    assert!(only.starts_with("warn: on public.pp is INVALID: partitions without it: 1"), "{only}");
    assert_eq!(db.sqlstate("CREATE UNIQUE INDEX CONCURRENTLY broken ON items (a)"), "23505");
    let broken = about(&db, "indexes.invalid", "public.broken", &[]);
    assert!(broken.starts_with("fail: on public.items is INVALID: its build did not end: DROP INDEX "), "{broken}");
    db.sql(remedy(&broken));
    // A build that waits for others is none that failed, whoever looks.
    let plain = Plain::new(&db);
    let asked = || checks_of(&plain.bursar(&["inspect", "indexes.invalid", "sequences", "-o", "json"]).ok());
    let (mut writer, _) = session(&db, "a writer");
    tell(&mut writer, "BEGIN; INSERT INTO items VALUES (2, 2)");
    let (build, _) = waits(&db, "a build", "CREATE INDEX CONCURRENTLY built ON items (b, a)");
    told(&asked(), &[("indexes.invalid", "public.built", "")]);
    told(&looked(&db, &["indexes.invalid"]), &[("indexes.invalid", "public.built", "")]);
    // Nor does a repair of migrations drop it.
    let left = wait(async {
        let mut theirs = bursar::db::Connection::new(connect(&db.url_as(&plain.name)).await);
        bursar::migrate::invalid_indexes(&mut theirs).await
    });
    assert!(left.as_ref().is_ok_and(Vec::is_empty), "{left:?}");
    tell(&mut writer, "COMMIT");
    assert_eq!(build.join().unwrap(), "");
    // One that is being dropped is no build.
    tell(&mut writer, "BEGIN; SELECT * FROM items");
    let (drops, pid) = waits(&db, "a drop", "DROP INDEX CONCURRENTLY dropped");
    let works = format!("skipped: on public.items is INVALID, and pid {pid} works at the table");
    told(&looked(&db, &["indexes.invalid"]), &[("indexes.invalid", "public.dropped", &works)]);
    told(&asked(), &[("indexes.invalid", "public.dropped", &works)]);
    db.sql(&format!("SELECT pg_cancel_backend({pid})"));
    assert!(drops.join().unwrap().contains("canceling statement"));
    let left = about(&db, "indexes.invalid", "public.dropped", &[]);
    assert!(left.contains("is INVALID: its build, or its DROP INDEX CONCURRENTLY, did not end: "), "{left}");
    tell(&mut writer, "ROLLBACK");
    db.sql(remedy(&left));
    assert_eq!(about(&db, "indexes.invalid", "public.dropped", &[]), "");
}

#[test]
fn only_equal_indexes_are_called_equal_and_what_is_said_can_be_done() {
    let db = empty();
    db.sql(
        "CREATE TABLE par (a int NOT NULL, b int NOT NULL, c int NOT NULL, d int, w text);
         CREATE UNIQUE INDEX par_a_u ON par (a);
         CREATE TABLE of_par (a int REFERENCES par (a)); CREATE INDEX ON of_par (a);
         ALTER TABLE par ADD UNIQUE (a);
         CREATE UNIQUE INDEX par_b_u ON par (b); ALTER TABLE par ADD UNIQUE (b) DEFERRABLE INITIALLY DEFERRED;
         CREATE INDEX par_c ON par (c); ALTER TABLE par ADD UNIQUE (c) DEFERRABLE;
         CREATE INDEX fine ON par USING brin (d) WITH (pages_per_range = 1); CREATE INDEX coarse ON par USING brin (d) WITH (pages_per_range = 128);
         CREATE INDEX full_1 ON par (d) WITH (fillfactor = 100); CREATE INDEX full_2 ON par (d) WITH (fillfactor = 50);
         CREATE INDEX long_words ON par USING gist (to_tsvector('simple', w) tsvector_ops (siglen = 300));
         CREATE INDEX short_words ON par USING gist (to_tsvector('simple', w) tsvector_ops (siglen = 20));
         CREATE TABLE referred (id int PRIMARY KEY);
         CREATE TABLE pp (k int, r int REFERENCES referred, u int) PARTITION BY RANGE (k);
         CREATE TABLE pp_1 PARTITION OF pp FOR VALUES FROM (0) TO (1000000);
         CREATE INDEX pp_k ON pp (k); CREATE INDEX pp_k_2 ON pp (k); CREATE INDEX pp_u ON pp (u); CREATE INDEX pp_u_k ON pp (u, k);
         INSERT INTO referred VALUES (1); INSERT INTO pp SELECT n, 1, n FROM generate_series(1, 60000) n; ANALYZE",
    );
    let checks = looked(&db, &["indexes"]);
    told(
        &checks,
        &[
            ("indexes.duplicate", "public.par_a_u", ""),
            ("indexes.duplicate", "public.par_a_key", ""),
            ("indexes.duplicate", "public.par_b_u", ""),
            ("indexes.duplicate", "public.par_c", "warn: is like public.par_c_key on public.par"),
            ("indexes.duplicate", "public.fine", ""),
            ("indexes.duplicate", "public.coarse", ""),
            ("indexes.duplicate", "public.full_1", "warn: is like public.full_2 on public.par"),
            ("indexes.duplicate", "public.long_words", ""),
            ("indexes.duplicate", "public.short_words", ""),
            ("indexes.duplicate", "public.pp_k", "warn: is like public.pp_k_2 on public.pp, which is partitioned"),
            (
                "indexes.redundant",
                "public.pp_u",
                "warn: is the beginning of public.pp_u_k on public.pp, which is partitioned",
            ),
            (
                "indexes.foreign_keys",
                "public.pp.pp_r_fkey",
                "warn: (r) refers to public.referred, and no index begins with it; the table is partitioned",
            ),
        ],
    );
    let found = checks.iter().find(|c| c["check"] == "indexes.duplicate").unwrap();
    let parted = found["findings"].as_array().unwrap().iter().find(|f| f["object"] == "public.pp_k").unwrap();
    let size: i64 = parted["value"].as_str().unwrap().parse().unwrap();
    assert!(size > 1_000_000, "{parted}");
    // What cannot be done there is not said without what can.
    for check in ["indexes.duplicate", "indexes.redundant", "indexes.unused"] {
        let found = checks.iter().find(|c| c["check"] == check).unwrap();
        assert!(found["remedy"].as_str().unwrap().contains("of a partitioned table DROP INDEX, "), "{found}");
    }
    let found = checks.iter().find(|c| c["check"] == "indexes.foreign_keys").unwrap();
    assert!(found["remedy"].as_str().unwrap().contains("ATTACH PARTITION"), "{found}");
}

#[test]
fn who_has_locked_a_table_is_named_where_nobody_waits() {
    let db = empty();
    db.sql("CREATE TABLE ten (id int PRIMARY KEY); INSERT INTO ten SELECT generate_series(1, 10)");
    let (mut holder, pid) = session(&db, "a shell");
    tell(&mut holder, "BEGIN; LOCK TABLE ten IN ACCESS EXCLUSIVE MODE");
    let holds = "ok: a shell of postgres, idle in transaction, holds AccessExclusiveLock on public.ten, and nobody waits for it; ";
    told(&looked(&db, &["locks"]), &[("locks.blocked", &pid, holds)]);
    let page = db.bursar(&["inspect", "locks"]).ok().stdout;
    assert!(page.contains(&pid) && page.contains("public.ten"), "{page}");
    let checks = looked(&db, &["sequences.narrow_columns", "tables.size"]);
    let (judged, why) = verdict(&checks, "sequences.narrow_columns");
    assert!(judged == "skipped" && why.contains("see `locks`") && !why.contains("ANALYZE"), "{judged}: {why}");
    assert!(checks.iter().all(|c| c["incomplete"] == true), "{checks:?}");
    told(&checks, &[("tables.size", "public.ten", "skipped: a session holds or awaits a lock on it: see `locks`")]);
    tell(&mut holder, "ROLLBACK");
    assert_eq!(about(&db, "locks.blocked", &pid, &[]), "");
    // A check that fails as a whole names who holds something.
    db.sql("CREATE PUBLICATION changes FOR TABLE ten");
    tell(&mut holder, "BEGIN; LOCK TABLE ten IN ACCESS EXCLUSIVE MODE");
    for check in looked(&db, &["all"]) {
        let reason = check["reason"].as_str().unwrap_or_default();
        if reason.contains("which blocks this check") {
            assert!(reason.contains(&format!("{pid} (a shell of postgres, idle in transaction)")), "{check}");
        }
    }
}

#[test]
fn a_sequence_is_judged_by_the_number_that_it_gives_next() {
    let db = empty();
    db.sql(
        "CREATE SEQUENCE last_two AS int; SELECT setval('last_two', 2147483646, false);
         CREATE SEQUENCE down AS int INCREMENT -1; SELECT setval('down', -2147483647, false);
         CREATE SEQUENCE fresh; CREATE SEQUENCE fresh_int AS int; CREATE SEQUENCE short AS int MAXVALUE 2;
         CREATE SEQUENCE round CYCLE; CREATE TABLE of_round (id int DEFAULT nextval('round')); SELECT setval('round', 2147483646);
         CREATE SEQUENCE wheel AS int CYCLE; CREATE TABLE of_wheel (id int DEFAULT nextval('wheel')); SELECT setval('wheel', 2147483646)",
    );
    let expected = [
        ("sequences.near_end", "public.last_two", "fail: 2147483645 of 2147483647 numbers are used (100 %)"),
        ("sequences.near_end", "public.down", "fail: -2147483646 on the way down to -2147483648, 100 % are used"),
        ("sequences.near_end", "public.fresh", ""),
        ("sequences.near_end", "public.fresh_int", ""),
        ("sequences.near_end", "public.short", ""),
        (
            "sequences.near_end",
            "public.round",
            "fail: 2147483646 of 2147483647 numbers are used (100 %), by public.of_round.id",
        ),
        ("sequences.near_end", "public.wheel", ""),
    ];
    told(&looked(&db, &["sequences"]), &expected);
    // Whoever may use a sequence and not read it does not see where it begins.
    let plain = Plain::new(&db);
    db.sql(&format!("GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {}", plain.name));
    let checks = checks_of(&plain.bursar(&["inspect", "sequences", "indexes.invalid", "-o", "json"]).ok());
    told(&checks, &[("sequences.near_end", "public.last_two", "")]);
    let left = said(&checks, "sequences.near_end", "public.round");
    assert!(left.starts_with("fail: "), "{left}");
    let found = checks.iter().find(|c| c["check"] == "sequences.near_end").unwrap()["findings"].to_string();
    assert!(found.contains("5 more may not be read by this role: GRANT SELECT"), "{found}");
}

#[test]
fn the_servers_settings_are_judged_and_not_those_of_the_session() {
    let url = OTHER.url("postgres");
    let asked = |url: &str, options: &str| {
        let mut command = bursar();
        command.args(["inspect", "settings", "-o", "json", "-d", url]).env("PGOPTIONS", options);
        checks_of(&run(&mut command).ok())
    };
    let loud = "-c zero_damaged_pages=on -c synchronous_commit=on -c work_mem=4GB";
    let checks = asked(&url, loud);
    told(&checks, &[("settings.worth_a_look", "zero_damaged_pages", "")]);
    // What the server was started with is in none of its files.
    let hidden = "skipped: is set for this session by its role or by PGOPTIONS, and ";
    told(&checks, &[("settings.worth_a_look", "synchronous_commit", hidden)]);
    told(&asked(&url, ""), &[("settings.worth_a_look", "synchronous_commit", "warn: is off: ")]);
    let memory = |checks: &[Value]| -> i64 {
        let found = checks.iter().find(|c| c["check"] == "settings.memory").unwrap();
        found["findings"][0]["value"].as_str().unwrap_or("-1").parse().unwrap()
    };
    assert!((0..100 << 30).contains(&memory(&checks)), "{checks:?}");
    // What the role has for itself is not the server's either, and who may not see that one is told so.
    sql(
        &url,
        "CREATE ROLE tuned LOGIN; ALTER ROLE tuned SET password_encryption = 'md5'; ALTER ROLE tuned SET work_mem = '4GB'",
    );
    let theirs = url.replace("postgres@", "tuned@").replace("user=postgres", "user=tuned");
    let checks = asked(&theirs, "");
    told(&checks, &[("settings.worth_a_look", "password_encryption", hidden)]);
    let (judged, why) = verdict(&checks, "settings.memory");
    assert!(judged == "skipped" && why.contains("work_mem is set for this session"), "{judged}: {why}");
    // The other way round.
    let set = |value: &str| {
        sql(&url, &format!("ALTER SYSTEM {value}"));
        sql(&url, "SELECT pg_reload_conf()");
    };
    set("SET password_encryption = 'md5'");
    crate::support::until("the server's own setting", || {
        let told =
            said(&asked(&url, "-c password_encryption=scram-sha-256"), "settings.worth_a_look", "password_encryption");
        told.starts_with("warn: is md5: passwords are kept in a form that is broken")
    });
    set("RESET password_encryption");
    crate::support::until("the server's own setting", || {
        said(&asked(&url, "-c password_encryption=md5"), "settings.worth_a_look", "password_encryption").is_empty()
    });
    sql(&url, "DROP ROLE tuned");
}

#[test]
fn a_wide_table_of_nulls_is_not_empty() {
    let db = empty();
    db.sql(
        "DO $$ BEGIN EXECUTE 'CREATE TABLE wide (id int' || (SELECT string_agg(format(', c%s int', n), '') FROM generate_series(1, 400) n) || ') WITH (autovacuum_enabled = off)'; END $$;
         INSERT INTO wide (id) SELECT generate_series(1, 130000)",
    );
    db.sql("VACUUM FULL wide");
    db.sql("ANALYZE wide");
    told(&looked(&db, &["vacuum.bloat"]), &[("vacuum.bloat", "public.wide", "")]);
}

#[test]
fn who_may_reach_something_is_who_the_server_lets() {
    let db = empty();
    let reader = format!("{}_reader", db.name);
    db.sql(API);
    db.sql(&format!(
        "CREATE SCHEMA closed; CREATE FUNCTION closed.f() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';
         CREATE TABLE docs (id int, owner text); ALTER TABLE docs ENABLE ROW LEVEL SECURITY;
         CREATE POLICY anybody ON docs USING (true); CREATE POLICY own ON docs AS RESTRICTIVE USING (owner = current_user);
         CREATE TABLE partly (id int, owner text); ALTER TABLE partly ENABLE ROW LEVEL SECURITY;
         CREATE POLICY anybody ON partly USING (true); CREATE POLICY reads ON partly AS RESTRICTIVE FOR SELECT USING (owner = current_user);
         CREATE TABLE others (id int); ALTER TABLE others ENABLE ROW LEVEL SECURITY;
         CREATE POLICY anybody ON others FOR DELETE USING (true); CREATE POLICY sham ON others AS RESTRICTIVE USING (true);
         CREATE POLICY elsewhere ON others AS RESTRICTIVE FOR UPDATE USING (id = 1);
         CREATE ROLE {reader}; CREATE TABLE inherited (id int); GRANT SELECT ON inherited TO {reader};
         CREATE TABLE nobodys (id int); CREATE VIEW over AS SELECT * FROM docs; GRANT SELECT ON over TO {reader}",
    ));
    // A member without INHERIT has the rights only after SET ROLE, which an API does not do.
    told(&looked(&db, &["rls.disabled"]), &[("rls.disabled", "public.inherited", "")]);
    let temporary = format!("the database {}", db.name);
    let grant = match db.value("SELECT current_setting('server_version_num')::int >= 160000").as_str() {
        "true" => format!("GRANT {reader} TO anon WITH INHERIT TRUE"),
        _ => format!("ALTER ROLE anon INHERIT; GRANT {reader} TO anon"),
    };
    db.sql(&grant);
    let checks = looked(&db, &["functions", "rights", "rls"]);
    db.sql(&format!(
        "REVOKE {reader} FROM anon; ALTER ROLE anon NOINHERIT; DROP OWNED BY {reader}; DROP ROLE {reader}"
    ));
    told(
        &checks,
        &[
            ("functions.search_path", "closed.f()", "warn: is SECURITY DEFINER without a search_path"),
            ("rights.temporary", &temporary, ""),
            (
                "rls.always_true",
                "public.docs.anybody",
                "ok: lets everybody read and change every row that the RESTRICTIVE policies let through: own",
            ),
            (
                "rls.always_true",
                "public.partly.anybody",
                "warn: lets everybody read and change every row; RESTRICTIVE policies hold part of it back: reads",
            ),
            ("rls.always_true", "public.others.anybody", "warn: lets everybody delete every row"),
            ("rls.disabled", "public.inherited", "warn: anon may select"),
            ("rls.disabled", "public.nobodys", ""),
            ("rls.views", "public.over", "warn: anon may read it, and it reads public.docs, which has "),
        ],
    );
    let closed = said(&checks, "functions.search_path", "closed.f()");
    assert!(!closed.contains("may call it"), "{closed}");
    let others = said(&checks, "rls.always_true", "public.others.anybody");
    assert!(!others.contains("RESTRICTIVE"), "{others}");
    let lines = db.bursar(&["doctor", "-o", "json"]).stdout;
    assert!(lines.contains("closed.f()") && !lines.contains("everybody may create them"), "{lines}");
    db.sql("GRANT USAGE ON SCHEMA closed TO PUBLIC");
    let open = looked(&db, &["functions", "rights"]);
    told(
        &open,
        &[("functions.search_path", "closed.f()", "fail: "), ("rights.temporary", &temporary, "warn: everybody")],
    );
    assert!(db.bursar(&["doctor", "-o", "json"]).stdout.contains("everybody may create them"));
}

#[test]
fn what_is_disabled_or_not_valid_is_told_with_the_statement_that_mends_it() {
    let db = empty();
    db.sql(
        "CREATE TABLE \"Defu\" (k int CONSTRAINT defu_k UNIQUE DEFERRABLE INITIALLY DEFERRED);
         ALTER TABLE \"Defu\" DISABLE TRIGGER ALL;
         CREATE TABLE parents (id int PRIMARY KEY); CREATE TABLE children (p int REFERENCES parents);
         CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
         CREATE TRIGGER \"The one\" AFTER INSERT ON children FOR EACH ROW EXECUTE FUNCTION nothing();
         ALTER TABLE children DISABLE TRIGGER ALL;
         CREATE RULE unruly AS ON DELETE TO parents DO INSTEAD NOTHING; ALTER TABLE parents DISABLE RULE unruly;
         CREATE DOMAIN small AS int; CREATE TABLE of_small (v small); ALTER DOMAIN small ADD CONSTRAINT short CHECK (value < 9) NOT VALID;
         ALTER TABLE children ADD CONSTRAINT positive CHECK (p > 0) NOT VALID",
    );
    let checks = looked(&db, &["tables"]);
    for (check, object, says) in [
        ("tables.triggers", "public.\"Defu\".defu_k", "fail: is a DEFERRABLE UNIQUE constraint that is not checked: "),
        ("tables.triggers", "public.children.children_p_fkey", "fail: is a foreign key that is not checked: "),
        ("tables.triggers", "public.children.\"The one\"", "warn: is a trigger that is disabled: "),
        ("tables.triggers", "public.parents.unruly", "warn: is a rule that is disabled: "),
        ("tables.not_valid", "public.small.short", "warn: is NOT VALID: CHECK ((VALUE < 9)): ALTER DOMAIN "),
        ("tables.not_valid", "public.children.positive", "warn: is NOT VALID: CHECK ((p > 0)): ALTER TABLE "),
    ] {
        let said = said(&checks, check, object);
        assert!(said.starts_with(says), "{check} of {object}: {said}");
        db.sql(remedy(&said));
    }
    for check in looked(&db, &["tables.triggers", "tables.not_valid"]) {
        assert_eq!(check["findings"].as_array().unwrap().len(), 0, "{check}");
    }
}

#[test]
fn days_below_a_range_of_something_else_are_looked_at() {
    let db = empty();
    db.sql(
        "CREATE TABLE rr (tenant int, day date) PARTITION BY RANGE (tenant);
         CREATE TABLE rr1 PARTITION OF rr FOR VALUES FROM (1) TO (100) PARTITION BY RANGE (day);
         CREATE TABLE rr1_1 PARTITION OF rr1 FOR VALUES FROM ('2025-01-01') TO ('2025-02-01');
         CREATE TABLE years (tenant int, day date) PARTITION BY RANGE (day);
         CREATE TABLE y25 PARTITION OF years FOR VALUES FROM ('2025-01-01') TO ('2026-01-01') PARTITION BY LIST (tenant);
         CREATE TABLE y25_1 PARTITION OF y25 FOR VALUES IN (1) PARTITION BY RANGE (day);
         CREATE TABLE y25_1_1 PARTITION OF y25_1 FOR VALUES FROM ('2025-01-01') TO ('2026-01-01')",
    );
    told(
        &looked(&db, &["partitions"]),
        &[
            ("partitions.ahead", "public.rr1", "fail: 1 partitions, the last one until 2025-02-01"),
            ("partitions.ahead", "public.years", "fail: 1 partitions, the last one until 2026-01-01"),
            ("partitions.ahead", "public.y25_1", ""),
        ],
    );
}

#[test]
fn an_archive_that_never_took_a_file_is_not_well() {
    let server = super::own(&[("archive_mode", "on"), ("archive_command", "sleep 300"), ("wal_level", "replica")]);
    let url = server.url("postgres");
    let archiving = |long: &str| findings(&url, &["replication.archiving", "--long", long]);
    let none = archiving("5m");
    assert!(none.starts_with(" ok: nothing was archived so far, and nothing waits for it"), "{none}");
    sql(&url, "CREATE TABLE written (n int); INSERT INTO written VALUES (1); SELECT pg_switch_wal()");
    crate::support::until("a file that waits", || archiving("1ms").starts_with(" fail: "));
    let said = archiving("5m");
    assert!(said.starts_with(" ok: nothing was archived so far; 1 file waits, the oldest for "), "{said}");
    assert!(archiving("1ms").contains(": look at what archive_command does"), "{}", archiving("1ms"));
    // Who does not see the files is not told that all is well.
    sql(&url, "CREATE ROLE looks LOGIN; GRANT pg_read_all_stats TO looks");
    let theirs = url.replace("postgres@", "looks@").replace("user=postgres", "user=looks");
    let said = findings(&theirs, &["replication.archiving"]);
    assert!(
        said.starts_with(" skipped: nothing was archived so far") && said.contains("GRANT pg_monitor TO "),
        "{said}"
    );
}
