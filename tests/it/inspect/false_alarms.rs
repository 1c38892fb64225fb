//! What looks like a fault and is none, and what a careless query of the catalogs would miss.

use serde_json::Value;

use super::{Plain, about, age, empty, findings, looked, session, tell, until};
use crate::support::{Db, wait};

#[test]
fn an_index_is_not_blamed_for_what_it_is_there_for() {
    let db = empty();
    db.sql(
        "CREATE TABLE parents (id int PRIMARY KEY); INSERT INTO parents VALUES (1);
         CREATE TABLE sparse (parent int REFERENCES parents, other int REFERENCES parents, third int REFERENCES parents);
         CREATE INDEX sparse_parent ON sparse (parent) WHERE parent IS NOT NULL;
         CREATE INDEX sparse_other ON sparse (other) WHERE other > 5;
         CREATE INDEX sparse_third ON sparse USING brin (third);
         INSERT INTO sparse SELECT 1, 1, 1 FROM generate_series(1, 12000);
         CREATE TABLE copied (id int NOT NULL, a int) WITH (autovacuum_enabled = off);
         CREATE UNIQUE INDEX copied_identity ON copied (id); CREATE UNIQUE INDEX copied_again ON copied (id);
         CREATE INDEX copied_a ON copied (a);
         ALTER TABLE copied REPLICA IDENTITY USING INDEX copied_identity;
         INSERT INTO copied SELECT n, n FROM generate_series(1, 20000) n;
         CREATE TABLE tiny (a int) WITH (autovacuum_enabled = off); CREATE INDEX tiny_a ON tiny (a);
         CREATE TABLE nulls (a int, b int);
         CREATE UNIQUE INDEX nulls_equal ON nulls (a) NULLS NOT DISTINCT; CREATE UNIQUE INDEX nulls_differ ON nulls (a);
         CREATE INDEX by_text ON nulls ((a::text)); CREATE INDEX by_sum ON nulls ((a + b)); CREATE INDEX by_difference ON nulls ((a - b));
         CREATE INDEX covering ON nulls (b) INCLUDE (a); CREATE INDEX whole ON nulls (b, a); ANALYZE",
    );
    db.sql(
        "DO $$ BEGIN FOR i IN 1..1100 LOOP PERFORM FROM copied LIMIT 1; PERFORM FROM tiny LIMIT 1; END LOOP; END $$;
         SELECT pg_stat_force_next_flush()",
    );
    age(&db);
    until(&db, "indexes.unused", "public.copied_a", &["--long", "1ms"], "warn: ");
    for (check, object) in [
        ("indexes.unused", "public.copied_identity"),
        ("indexes.unused", "public.tiny_a"),
        ("indexes.duplicate", "public.copied_identity"),
        ("indexes.duplicate", "public.nulls_equal"),
        ("indexes.duplicate", "public.nulls_differ"),
        ("indexes.duplicate", "public.by_text"),
        ("indexes.duplicate", "public.by_sum"),
        ("indexes.duplicate", "public.by_difference"),
        // It answers what the longer one cannot.
        ("indexes.redundant", "public.covering"),
    ] {
        assert_eq!(about(&db, check, object, &["--long", "1ms"]), "", "{check} of {object}");
    }
    let keys = looked(&db, &["indexes.foreign_keys"])[0]["findings"].to_string();
    assert!(!keys.contains("(parent)") && keys.contains("(other)") && keys.contains("(third)"), "{keys}");
}

#[test]
fn what_is_temporary_or_of_an_extension_or_past_is_no_fault() {
    let db = empty();
    db.sql(
        "CREATE TABLE history (at date NOT NULL) PARTITION BY RANGE (at);
         CREATE TABLE history_2020 PARTITION OF history FOR VALUES FROM ('2020-01-01') TO ('2021-01-01') PARTITION BY RANGE (at);
         CREATE TABLE history_2020_1 PARTITION OF history_2020 FOR VALUES FROM ('2020-01-01') TO ('2020-02-01');
         CREATE TABLE history_on PARTITION OF history FOR VALUES FROM ('2021-01-01') TO ('2999-01-01');
         CREATE TABLE tenants (tenant int, at date NOT NULL) PARTITION BY LIST (tenant);
         CREATE TABLE tenants_1 PARTITION OF tenants FOR VALUES IN (1) PARTITION BY RANGE (at);
         CREATE TABLE tenants_1_1 PARTITION OF tenants_1 FOR VALUES FROM ('2020-01-01') TO ('2020-02-01');
         CREATE TABLE secret (id int, email text); REVOKE ALL ON secret FROM PUBLIC; GRANT SELECT (email) ON secret TO PUBLIC;
         CREATE EXTENSION pgcrypto; CREATE TABLE of_extension (id int); GRANT SELECT ON of_extension TO PUBLIC;
         ALTER EXTENSION pgcrypto ADD TABLE of_extension;
         CREATE FUNCTION of_extension() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';
         ALTER EXTENSION pgcrypto ADD FUNCTION of_extension();
         CREATE SCHEMA closed; REVOKE ALL ON SCHEMA closed FROM PUBLIC;
         CREATE TABLE closed.unreachable (id int); GRANT SELECT ON closed.unreachable TO PUBLIC",
    );
    for (check, object, says) in [
        ("partitions.ahead", "public.history_2020", ""),
        ("partitions.ahead", "public.tenants_1", "fail: 1 partitions, the last one until 2020-02-01"),
        ("rls.disabled", "public.secret", "warn: everybody may select"),
        ("rls.disabled", "public.of_extension", ""),
        ("rls.disabled", "closed.unreachable", ""),
        ("functions.search_path", "public.of_extension()", ""),
    ] {
        assert_eq!(about(&db, check, object, &[]), says, "{check} of {object}");
    }
    assert!(about(&db, "partitions.ahead", "public.history", &[]).starts_with("ok: "));
    // Nobody else can vacuum what is somebody's temporary table.
    let (mut session, _) = session(&db, "a temporary worker");
    tell(
        &mut session,
        "CREATE TEMP TABLE scratch (id int); INSERT INTO scratch SELECT generate_series(1, 30000); DELETE FROM scratch;
         INSERT INTO scratch SELECT generate_series(1, 30000);
         DO $$ BEGIN FOR i IN 1..150 LOOP PERFORM count(*) FROM scratch; END LOOP; END $$",
    );
    tell(&mut session, "SELECT pg_stat_force_next_flush()");
    for check in ["vacuum.due", "vacuum.analyze_due", "tables.sequential_scans", "tables.size"] {
        let found = looked(&db, &[check])[0]["findings"].to_string();
        assert!(!found.contains("scratch"), "{check}: {found}");
    }
}

#[test]
fn a_default_partition_that_may_not_be_read_is_not_called_empty() {
    let db = empty();
    db.sql(
        "CREATE TABLE listed (n int) PARTITION BY LIST (n); CREATE TABLE \"the rest\" PARTITION OF listed DEFAULT;
         INSERT INTO listed VALUES (1); DELETE FROM listed",
    );
    // It has a page, and no row.
    assert_eq!(about(&db, "partitions.default_rows", "public.\"the rest\"", &[]), "");
    let plain = Plain::new(&db);
    let ask = |code: i32| -> Value {
        let ran = plain.bursar(&["inspect", "partitions.default_rows", "-o", "json"]).exits(code);
        serde_json::from_str(&ran.stdout).unwrap()
    };
    db.sql("CREATE TABLE other (n int) PARTITION BY LIST (n); CREATE TABLE nothing_yet PARTITION OF other DEFAULT");
    let check = &ask(6)["checks"][0];
    assert_eq!((&check["verdict"], check["findings"].as_array().unwrap().len()), (&"skipped".into(), 1), "{check}");
    assert!(check["reason"].as_str().unwrap().contains("GRANT SELECT"), "{check}");
    db.sql(&format!("GRANT SELECT ON \"the rest\" TO {}", plain.name));
    assert_eq!(ask(0)["checks"][0]["verdict"], "ok");
    db.sql("INSERT INTO listed VALUES (1)");
    assert_eq!(ask(0)["checks"][0]["verdict"], "warn");
}

#[test]
fn thresholds_are_where_they_are_said_to_be() {
    let db = empty();
    // Dead rows: due at 50 and a fifth of the rows, and never below a thousand.
    let table = |name: &str, live: u32, dead: u32, options: &str| {
        db.sql(&format!(
            "CREATE TABLE {name} (a int) WITH (autovacuum_enabled = off{options}); INSERT INTO {name} SELECT generate_series(1, {live});
             SELECT pg_stat_force_next_flush()"
        ));
        // In a transaction of its own: what a transaction changed is counted at its end.
        db.sql(&format!("ANALYZE {name}"));
        db.sql(&format!("INSERT INTO {name} SELECT -generate_series(1, {dead}); DELETE FROM {name} WHERE a < 0; SELECT pg_stat_force_next_flush()"));
    };
    let due = [
        ("few", 10, 900, "", ""),
        ("many", 100, 1_100, "", "fail: 1,100 dead rows beside 100 live ones, due at 70;"),
        ("several", 4_000, 1_100, "", "warn: 1,100 dead rows beside 4,000 live ones, due at 850;"),
        ("not_yet", 6_000, 1_100, "", ""),
        ("steady", 12_000, 1_100, "", ""),
        ("little", 10, 400, "", ""),
        ("patient", 4_000, 1_100, ", autovacuum_vacuum_threshold = 2000", ""),
    ];
    for (name, live, dead, options, _) in due {
        table(name, live, dead, options);
    }
    // Changed rows: due at 50 and a tenth, worth a look at twice that.
    db.sql("SELECT pg_stat_force_next_flush()");
    until(&db, "vacuum.due", "public.several", &[], "1,100 dead rows");
    for (name, .., says) in due {
        let said = about(&db, "vacuum.due", &format!("public.{name}"), &[]);
        assert!(if says.is_empty() { said.is_empty() } else { said.starts_with(says) }, "{name}: '{said}'");
    }
    for (name, changed) in [("few", true), ("not_yet", true), ("many", true), ("steady", false), ("little", false)] {
        let said = about(&db, "vacuum.analyze_due", &format!("public.{name}"), &[]);
        assert_eq!(said.starts_with("warn: "), changed, "{name}: {said}");
    }
    // A table is large from 10,000 rows a time on, and read too often from end to end from 100 times on.
    db.sql(
        "CREATE TABLE large (a int) WITH (autovacuum_enabled = off); INSERT INTO large SELECT generate_series(1, 10000);
         CREATE TABLE seldom (a int) WITH (autovacuum_enabled = off); INSERT INTO seldom SELECT generate_series(1, 10000);
         CREATE TABLE indexed (a int PRIMARY KEY) WITH (autovacuum_enabled = off); INSERT INTO indexed SELECT generate_series(1, 10000);
         CREATE TABLE small (a int) WITH (autovacuum_enabled = off); INSERT INTO small SELECT generate_series(1, 9000)",
    );
    db.sql(
        "DO $$ BEGIN FOR i IN 1..100 LOOP PERFORM count(*) FROM large; PERFORM count(*) FROM small; PERFORM count(*) FROM indexed; END LOOP;
           FOR i IN 1..90 LOOP PERFORM count(*) FROM seldom; END LOOP; END $$;
         SET enable_seqscan = off; SET enable_bitmapscan = off;
         DO $$ BEGIN FOR i IN 1..1200 LOOP PERFORM FROM indexed WHERE a = i; END LOOP; END $$; SELECT pg_stat_force_next_flush()",
    );
    until(&db, "tables.sequential_scans", "public.large", &[], "warn: was read from end to end 100 times");
    for table in ["small", "seldom", "indexed"] {
        assert_eq!(about(&db, "tables.sequential_scans", &format!("public.{table}"), &[]), "", "{table}");
    }
    // A sequence: a look from three quarters on, wrong from nine tenths on.
    for (at, says) in [(74, ""), (75, "warn: 75 of 100"), (89, "warn: 89 of 100"), (90, "fail: 90 of 100")] {
        db.sql(&format!("CREATE SEQUENCE s{at} MAXVALUE 100; SELECT setval('s{at}', {at})"));
        let said = about(&db, "sequences.near_end", &format!("public.s{at}"), &[]);
        assert!(if says.is_empty() { said.is_empty() } else { said.starts_with(says) }, "{at}: '{said}'");
    }
}

#[test]
fn settings_and_connections_are_judged() {
    let db = empty();
    let set = |name: &str, value: &str| db.sql(&format!("ALTER DATABASE {} SET {name} = '{value}'", db.name));
    for (name, value, says) in [
        ("synchronous_commit", "off", "warn: is off: a crash loses the last commits"),
        ("zero_damaged_pages", "on", "fail: is on: damaged data is silently replaced by nothing"),
        ("session_replication_role", "replica", "fail: is replica: triggers"),
        ("password_encryption", "md5", "warn: is md5: "),
        ("idle_in_transaction_session_timeout", "0", "ok: is 0"),
        ("lock_timeout", "0", "ok: is 0: whoever waits"),
    ] {
        set(name, value);
        let said = about(&db, "settings.worth_a_look", name, &[]);
        assert!(said.starts_with(says), "{name}: {said}");
    }
    for (name, value) in [
        ("synchronous_commit", "on"),
        ("zero_damaged_pages", "off"),
        ("session_replication_role", "origin"),
        ("password_encryption", "scram-sha-256"),
        ("idle_in_transaction_session_timeout", "10min"),
        ("lock_timeout", "1min"),
    ] {
        set(name, value);
        assert_eq!(about(&db, "settings.worth_a_look", name, &[]), "", "{name}");
    }
    // Nobody else may need a connection of a server that is filled up.
    let server = super::own(&[("max_connections", "20")]);
    let url = server.url("postgres");
    let limit = |url: &str| findings(url, &["connections.limit"]).lines().next().unwrap().to_owned();
    assert!(limit(&url).starts_with(" ok: "), "{}", limit(&url));
    let most: i64 = wait(async {
        let mut connection = crate::support::connect(&url).await;
        sqlx::query_scalar("SELECT current_setting('max_connections')::int8 - current_setting('superuser_reserved_connections')::int8 - count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'")
            .fetch_one(&mut connection).await.unwrap()
    });
    let mut held = Vec::new();
    let mut open = |n: i64| held.extend((0..n).map(|_| wait(crate::support::connect(&url))));
    open(most * 85 / 100);
    assert!(limit(&url).starts_with(" warn: "), "{}", limit(&url));
    open(most - most * 85 / 100);
    assert!(limit(&url).starts_with(" fail: "), "{}", limit(&url));
}

#[test]
fn odd_names_are_quoted_in_every_check() {
    let db = Db::new(crate::support::Template::Empty);
    db.sql(
        "CREATE SCHEMA \"Odd one\"; SET search_path = \"Odd one\";
         CREATE TABLE \"select\" (\"the key\" int, \"user\" text);
         CREATE INDEX \"An index\" ON \"select\" (\"the key\"); CREATE INDEX \"An index too\" ON \"select\" (\"the key\");
         CREATE TABLE \"a\"\"b\" (at date) PARTITION BY RANGE (at); CREATE TABLE \"a'b\" PARTITION OF \"a\"\"b\" DEFAULT;
         INSERT INTO \"a\"\"b\" VALUES ('2020-01-01');
         CREATE MATERIALIZED VIEW \"A view\" AS SELECT 1 WITH NO DATA; CREATE SEQUENCE \"A seq\" MAXVALUE 10; SELECT setval('\"A seq\"', 10)",
    );
    for (check, object, says) in [
        (
            "indexes.duplicate",
            "\"Odd one\".\"An index\"",
            "warn: is like \"Odd one\".\"An index too\" on \"Odd one\".\"select\"",
        ),
        (
            "partitions.default_rows",
            "\"Odd one\".\"a'b\"",
            "warn: holds rows that no other partition of \"Odd one\".\"a\"\"b\" takes",
        ),
        ("views.never_refreshed", "\"Odd one\".\"A view\"", "warn: was never refreshed"),
        ("sequences.near_end", "\"Odd one\".\"A seq\"", "fail: 10 of 10 numbers are used (100 %)"),
    ] {
        assert_eq!(about(&db, check, object, &[]), says, "{check}");
    }
}

#[test]
fn a_foreign_key_of_postgresql_18_is_served_by_its_own_index_or_needs_none() {
    let db = empty();
    if db.value("SELECT current_setting('server_version_num')::int < 180000") == "true" {
        return;
    }
    db.sql(
        "CREATE TABLE rooms (id int4range, at daterange, PRIMARY KEY (id, at WITHOUT OVERLAPS)); CREATE TABLE keyed (id int PRIMARY KEY);
         CREATE TABLE stays (room int4range, at daterange, CONSTRAINT served FOREIGN KEY (room, PERIOD at) REFERENCES rooms (id, PERIOD at));
         CREATE INDEX ON stays USING gist (room, at);
         CREATE TABLE plans (room int4range, at daterange, CONSTRAINT bare FOREIGN KEY (room, PERIOD at) REFERENCES rooms (id, PERIOD at));
         CREATE TABLE promises (k int, CONSTRAINT loose FOREIGN KEY (k) REFERENCES keyed NOT ENFORCED)",
    );
    for (key, says) in [
        ("public.stays.served", ""),
        ("public.plans.bare", "ok: (room, at) refers to public.rooms, and no index begins with it; the table is small"),
        ("public.promises.loose", ""),
    ] {
        assert_eq!(about(&db, "indexes.foreign_keys", key, &[]), says, "{key}");
    }
    assert_eq!(about(&db, "tables.not_valid", "public.promises.loose", &[]), "");
}
