//! What a check could pass by: the same fault in another spelling, by another grant, or where nothing tells of it.

use super::{empty, looked, said};

#[test]
fn a_fault_is_seen_in_each_of_its_forms() {
    let db = empty();
    db.sql(
        "DO $$ DECLARE r text; BEGIN
             FOREACH r IN ARRAY ARRAY['anon', 'authenticated', 'service_role'] LOOP
                 BEGIN EXECUTE 'CREATE ROLE ' || r || ' NOLOGIN NOINHERIT'; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END;
             END LOOP;
         END $$;
         CREATE TABLE deferred (id int PRIMARY KEY DEFERRABLE); CREATE TABLE filtered (id int PRIMARY KEY, \"50%s\" int, more int);
         CREATE TABLE by_key (id int PRIMARY KEY, v int); CREATE TABLE listed (id int PRIMARY KEY, v int);
         CREATE TABLE whole (id int PRIMARY KEY, v int); ALTER TABLE whole REPLICA IDENTITY FULL;
         CREATE TABLE whole_listed (id int PRIMARY KEY, v int); ALTER TABLE whole_listed REPLICA IDENTITY FULL;
         CREATE TABLE root (id int, v int) PARTITION BY LIST (id); CREATE TABLE root_1 PARTITION OF root FOR VALUES IN (1);
         CREATE TABLE root_2 PARTITION OF root FOR VALUES IN (2); ALTER TABLE root_2 ADD PRIMARY KEY (id);
         CREATE TABLE turned (v int, id int PRIMARY KEY) PARTITION BY LIST (id); CREATE TABLE turned_1 (id int NOT NULL, v int);
         ALTER TABLE turned ATTACH PARTITION turned_1 FOR VALUES IN (1);
         INSERT INTO deferred VALUES (1); INSERT INTO filtered VALUES (1, 1, 1); INSERT INTO by_key VALUES (1, 1); INSERT INTO listed VALUES (1, 1);
         INSERT INTO whole VALUES (1, 1); INSERT INTO whole_listed VALUES (1, 1); INSERT INTO root VALUES (1, 1), (2, 2); INSERT INTO turned VALUES (1, 1);
         CREATE PUBLICATION chosen FOR TABLE deferred, filtered WHERE (\"50%s\" > 0 AND id > 0), by_key WHERE (id > 0), listed (v), whole WHERE (v > 0), whole_listed (id, v);
         CREATE PUBLICATION roots FOR TABLE root, turned WHERE (v > 0) WITH (publish_via_partition_root = true);
         CREATE PUBLICATION added FOR TABLE by_key WHERE (v > 0) WITH (publish = 'insert');
         CREATE TABLE rows (id int, v text, owner text); ALTER TABLE rows ENABLE ROW LEVEL SECURITY;
         CREATE POLICY own ON rows USING (owner = current_user) WITH CHECK (owner = current_user);
         CREATE POLICY added ON rows FOR INSERT TO authenticated WITH CHECK (1 = 1);
         CREATE POLICY given ON rows FOR UPDATE TO authenticated USING (owner = 'x') WITH CHECK (true);
         CREATE POLICY written ON rows USING (owner = 'y') WITH CHECK (true);
         CREATE POLICY service ON rows FOR INSERT TO service_role WITH CHECK (true);
         CREATE VIEW by_column AS SELECT * FROM rows; GRANT SELECT (id, v) ON by_column TO anon;
         CREATE VIEW filled AS SELECT * FROM rows; GRANT INSERT ON filled TO authenticated;
         CREATE VIEW emptied AS SELECT * FROM rows; GRANT UPDATE (v), DELETE ON emptied TO anon;
         CREATE VIEW counted AS SELECT count(*) FROM rows; GRANT INSERT ON counted TO authenticated;
         CREATE VIEW callers WITH (security_invoker = oN) AS SELECT * FROM rows; CREATE VIEW owners WITH (security_invoker = F) AS SELECT * FROM rows;
         GRANT SELECT ON callers, owners TO PUBLIC;
         CREATE SCHEMA theirs; GRANT CREATE ON SCHEMA theirs TO authenticated;
         DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO PUBLIC', current_database()); END $$;
         CREATE FUNCTION for_users() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';
         REVOKE EXECUTE ON FUNCTION for_users() FROM PUBLIC; GRANT EXECUTE ON FUNCTION for_users() TO authenticated;
         CREATE TABLE off_1 (id int) WITH (autovacuum_enabled = f); CREATE TABLE off_2 (id int) WITH (autovacuum_enabled = OFF);
         CREATE TABLE off_3 (id int) WITH (autovacuum_enabled = N); CREATE TABLE still_on (id int) WITH (autovacuum_enabled = Ye);
         CREATE DOMAIN small AS smallint; CREATE DOMAIN amount AS int; CREATE DOMAIN positive AS amount CHECK (value > 0);
         CREATE TABLE mixed (id int, c text, PRIMARY KEY (id, c)); INSERT INTO mixed SELECT n, 'a' FROM generate_series(1, 200) n;
         INSERT INTO mixed SELECT 2000000000, n::text FROM generate_series(1, 5000) n;
         CREATE TABLE of_domain (id positive PRIMARY KEY, s small UNIQUE); INSERT INTO of_domain SELECT n * 10000, n FROM generate_series(1, 30000) n;
         CREATE SEQUENCE wide OWNED BY of_domain.id; SELECT setval('wide', 2000000000);
         CREATE TABLE alone (id int PRIMARY KEY); INSERT INTO alone VALUES (2147483000);
         CREATE TABLE parted (id int PRIMARY KEY) PARTITION BY RANGE (id); CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM (0) TO (2147483646);
         INSERT INTO parted VALUES (1), (2000000001);
         CREATE TABLE pairs (id bigint, k int, PRIMARY KEY (id, k)); CREATE TABLE of_pairs (a int, b int, FOREIGN KEY (a, b) REFERENCES pairs);
         CREATE TABLE unread (id int PRIMARY KEY, t text) WITH (autovacuum_enabled = off); ALTER TABLE unread ALTER t SET STORAGE PLAIN;
         INSERT INTO unread SELECT n, lpad(n::text, 1500, 'x') FROM generate_series(1, 7000) n;
         CREATE INDEX long ON unread (t); ANALYZE mixed, of_domain",
    );
    let database = format!("the database {}", db.name);
    let checks = looked(
        &db,
        &["replication.publications", "rls", "rights", "functions", "vacuum", "sequences", "indexes.bloat"],
    );
    for (check, object, says) in [
        (
            "replication.publications",
            "public.deferred",
            "fail: is in the publication chosen, which publishes changes, and has no replica identity: its primary key is DEFERRABLE",
        ),
        (
            "replication.publications",
            "public.filtered",
            "fail: is in the publication chosen, whose WHERE reads what is not in the replica identity: \"50%s\"",
        ),
        ("replication.publications", "public.by_key", ""),
        (
            "replication.publications",
            "public.listed",
            "fail: is in the publication chosen, whose column list lacks what is in the replica identity: id",
        ),
        ("replication.publications", "public.whole", ""),
        (
            "replication.publications",
            "public.whole_listed",
            "fail: is in the publication chosen, which has a column list, and the replica identity is every column",
        ),
        (
            "replication.publications",
            "public.root_1",
            "fail: is in the publication roots, which publishes changes, and has no replica identity",
        ),
        ("replication.publications", "public.root_2", ""),
        (
            "replication.publications",
            "public.turned_1",
            "fail: is in the publication roots, whose WHERE reads what is not in the replica identity: v",
        ),
        ("rls.always_true", "public.rows.own", ""),
        ("rls.always_true", "public.rows.added", "warn: lets authenticated insert every row"),
        (
            "rls.always_true",
            "public.rows.given",
            "warn: lets authenticated update, whatever the new row says: its WITH CHECK is always true",
        ),
        (
            "rls.always_true",
            "public.rows.written",
            "warn: lets everybody insert and update, whatever the new row says: its WITH CHECK is always true",
        ),
        ("rls.always_true", "public.rows.service", ""),
        ("rls.views", "public.by_column", "warn: anon may read it, and it reads public.rows, which has "),
        ("rls.views", "public.filled", "warn: authenticated may insert into it, and it reads public.rows, which has "),
        ("rls.views", "public.emptied", "warn: anon may delete from, update it, and it reads public.rows, which has "),
        ("rls.views", "public.counted", ""),
        ("rls.views", "public.callers", ""),
        ("rls.views", "public.owners", "warn: everybody may read it, and it reads public.rows, which has "),
        ("rights.create", "schema theirs", "warn: authenticated may create objects in it"),
        ("rights.create", &database, "warn: everybody may create schemas in it"),
        (
            "rights.temporary",
            &database,
            "warn: authenticated may create temporary objects, and SECURITY DEFINER functions that they may call look there first: 1",
        ),
        (
            "functions.search_path",
            "public.for_users()",
            "fail: is SECURITY DEFINER without a search_path, and authenticated may call it",
        ),
        ("vacuum.autovacuum_off", "public.off_1", "warn: autovacuum_enabled is off"),
        ("vacuum.autovacuum_off", "public.off_2", "warn: autovacuum_enabled is off"),
        ("vacuum.autovacuum_off", "public.off_3", "warn: autovacuum_enabled is off"),
        ("vacuum.autovacuum_off", "public.still_on", ""),
        ("sequences.narrow_columns", "public.mixed.id", "fail: ends at 2147483647; has reached 2000000000 (93 %)"),
        ("sequences.narrow_columns", "public.of_domain.id", "ok: ends at 2147483647; has reached 300000000 (14 %)"),
        ("sequences.narrow_columns", "public.of_domain.s", "fail: ends at 32767; has reached 30000 (92 %)"),
        ("sequences.near_end", "public.wide", "fail: 2000000000 of 2147483647 numbers are used (93 %), by "),
        ("sequences.narrow_columns", "public.alone.id", "fail: ends at 2147483647; has reached 2147483000 (100 %)"),
        ("sequences.narrow_columns", "public.parted.id", "fail: ends at 2147483647; has reached 2000000001 (93 %)"),
        (
            "sequences.narrow_columns",
            "public.of_pairs.a",
            "ok: ends at 2147483647; holds nothing yet; refers to public.pairs.id, a bigint",
        ),
        ("sequences.narrow_columns", "public.unread.id", "skipped: ends at 2147483647; how far it is, is not known"),
        ("vacuum.bloat", "public.unread", "skipped: the statistics of its columns are not all there"),
        ("indexes.bloat", "public.long", "skipped: on public.unread: the statistics of its columns are not all there"),
    ] {
        let told = said(&checks, check, object);
        assert!(
            if says.is_empty() { told.is_empty() } else { told.starts_with(says) },
            "{check} of {object}: '{told}'"
        );
    }
    // The server agrees about what is published.
    for (table, changes) in
        [("deferred", false), ("filtered", false), ("by_key", true), ("listed", false), ("whole", true)]
            .into_iter()
            .chain([("whole_listed", false), ("root_1", false), ("root_2", true), ("turned_1", false)])
    {
        let code = db.sqlstate(&format!("UPDATE {table} SET id = id"));
        assert_eq!(code == "00000", changes, "{table}: {code}");
    }
}
