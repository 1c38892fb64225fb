//! `bursar migrate verify`.

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::{Files, everything, until};
use crate::support::{Db, Ran, Starts as _, Template, bursar, run, sample, url};

/// On the server of the tests, which is quicker than one of its own.
fn verify(db: &Db, arguments: &[&str]) -> Ran {
    run(bursar().args(["migrate", "verify", "--scratch", &url("postgres"), "-d", &db.url()]).args(arguments))
}

fn files(db: &Db) -> Files {
    let files = Files::of(&[
        (
            "1_gifts.up",
            "CREATE TYPE kind AS ENUM ('a', 'b'); CREATE TABLE gifts (id bigint PRIMARY KEY, name text, kind kind, CONSTRAINT positive CHECK (id > 0));
             CREATE INDEX gifts_name ON gifts (name); ALTER TABLE gifts ENABLE ROW LEVEL SECURITY; CREATE POLICY mine ON gifts USING (true);
             CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
             CREATE TRIGGER tr BEFORE UPDATE ON gifts FOR EACH ROW EXECUTE FUNCTION f(); CREATE VIEW v AS SELECT 1 AS a",
        ),
        ("1_gifts.down", "DROP VIEW v; DROP TABLE gifts; DROP FUNCTION f(); DROP TYPE kind"),
    ]);
    files.up(db).ok();
    files
}

#[test]
fn each_system_goes_up_back_and_up_and_nothing_is_written() {
    // Each starts a server of its own.
    for system in sample(["mimivibe", "avolve", "organic-os", "aethercrown"], 4) {
        let db = Db::new(Template::Migrated(system));
        let before = everything(&db);
        let ran = verify(&db, &["--app", system]).ok();
        assert!(ran.stdout.starts_with(&format!("{system}: up, back and up again (")), "{ran:?}");
        assert!(ran.stdout.ends_with(" has the schema that its migrations make\n"), "{ran:?}");
        assert_eq!(everything(&db), before);
    }
}

#[test]
fn a_private_server_will_do_and_without_one_another_can_be_named() {
    let db = Db::new(Template::Bursar);
    let files = files(&db);
    files.bursar(&db, &["verify"]).ok();
    let mut command = bursar();
    command.args(["migrate", "verify", "--source", files.name(), "-d", &db.url()]);
    run(command.env("PATH", "/nonexistent").env("BURSAR_PG_BIN", "/nonexistent")).exits(2).says("--scratch URL");
}

#[test]
fn drift_of_every_kind_is_found_and_named() {
    let db = Db::new(Template::Bursar);
    let files = files(&db);
    let drifts = [
        ("ALTER TABLE gifts ADD COLUMN x int", "+ column public.gifts.x"),
        ("ALTER TABLE gifts ALTER name SET NOT NULL", "! column public.gifts.name"),
        ("DROP INDEX gifts_name", "- index public.gifts.gifts_name"),
        ("ALTER TABLE gifts DROP CONSTRAINT positive", "- constraint public.gifts.positive"),
        ("ALTER TABLE gifts DISABLE TRIGGER tr", "! trigger public.gifts.tr"),
        (
            "CREATE OR REPLACE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END'",
            "! function public.f()",
        ),
        ("ALTER POLICY mine ON gifts USING (false)", "! policy public.gifts.mine"),
        ("GRANT SELECT ON gifts TO bursar_auditor", "+ grant table public.gifts to bursar_auditor"),
        ("ALTER TABLE gifts DISABLE ROW LEVEL SECURITY", "! rls public.gifts"),
        ("ALTER TYPE kind ADD VALUE 'c'", "! type public.kind"),
        ("CREATE OR REPLACE VIEW v AS SELECT 2 AS a", "! view public.v"),
    ];
    for (change, _) in drifts {
        db.sql(change);
    }
    // Somebody else's schema is somebody else's.
    db.sql("CREATE SCHEMA other; CREATE TABLE other.t (id int)");
    let ran = files.bursar(&db, &["verify", "--scratch", &url("postgres")]).exits(3);
    let lines: Vec<String> = ran.stdout.lines().map(|l| l.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    for (change, named) in drifts {
        let there =
            lines.iter().any(|l| l.starts_with(named) || l.starts_with(&named.replace(" table public", " public")));
        assert!(there, "{change}: {named}\n{}", ran.stdout);
    }
    assert!(ran.stdout.contains(": 11 differences\n") && !ran.stdout.contains("other."), "{}", ran.stdout);
    let report = files.json(&db, &["verify", "--scratch", &url("postgres")]);
    assert_eq!((&report["clean"], report["drift"].as_array().unwrap().len()), (&false.into(), 11));
}

#[test]
fn what_is_pending_is_left_out() {
    let db = Db::new(Template::Bursar);
    let files = files(&db);
    files.write("2_more", "ALTER TABLE gifts ADD COLUMN later int");
    let ran = files.bursar(&db, &["verify", "--scratch", &url("postgres")]).ok();
    assert!(ran.stdout.contains("up (2 migrations); the last one has no way back"), "{ran:?}");
    assert!(ran.stdout.ends_with(", leaving out 1 pending\n"), "{ran:?}");
    assert_eq!(files.json(&db, &["verify", "--scratch", &url("postgres")])["pending"], 1);
}

#[test]
fn a_way_back_that_does_not_undo_its_way_up_is_found() {
    let db = Db::new(Template::Bursar);
    let files = files(&db);
    files.write(
        "2_i.up",
        "CREATE TABLE IF NOT EXISTS t (id int); ALTER TABLE t ADD COLUMN IF NOT EXISTS a int DEFAULT 1",
    );
    files.write("2_i.down", "ALTER TABLE t ALTER a SET DEFAULT 2");
    files.up(&db).ok();
    let ran = files.bursar(&db, &["verify", "--scratch", &url("postgres")]).exits(3);
    assert!(
        ran.stdout.contains("✗ the schema differs after that:") && ran.stdout.contains("column public.t.a"),
        "{ran:?}"
    );
    assert!(ran.stdout.contains("\n✓ "), "{ran:?}");
    let report = files.json(&db, &["verify", "--scratch", &url("postgres")]);
    assert_eq!(report["round_trip"]["differences"].as_array().unwrap().len(), 1);
    // One that fails is a finding too, and the rest is compared.
    files.write("2_i.down", "SELECT 1;\nDROP TABLE nothing;");
    db.sql("CREATE TABLE drifted (id int)");
    let ran = files.bursar(&db, &["verify", "--scratch", &url("postgres")]).exits(3);
    for said in ["✗ the way back and up again failed: ", "2_i.down.sql:2:1", "42P01", "+ table public.drifted"] {
        assert!(ran.stdout.contains(said), "{said}: {ran:?}");
    }
}

#[test]
fn what_fails_on_the_scratch_database_says_where_and_leaves_no_database() {
    let db = Db::new(Template::Bursar);
    let files = files(&db);
    files.write("2_bad", "SELECT 1;\nSELECT nothing;\n");
    let ran = files.bursar(&db, &["verify", "--scratch", &url("postgres")]).exits(1);
    ran.says("on the scratch database: ").says("2_bad.sql:2:8 failed and was rolled back").says("42703");
    // Whose databases those are, their names tell: the process of the server that made them.
    let scratch = "SELECT count(*) = 0 FROM pg_database WHERE datname LIKE 'bursar_scratch%' AND EXISTS (SELECT FROM pg_stat_activity a WHERE a.datname = pg_database.datname AND query LIKE '%verify_ends_here%')";
    files.write("2_bad", "SELECT pg_sleep(600) AS verify_ends_here");
    let child = bursar()
        .args(["migrate", "verify", "--source", files.name(), "--scratch", &url("postgres"), "-d", &db.url()])
        .starts_quietly();
    until(&db, &format!("SELECT NOT ({scratch})"));
    let name = db.value(
        "SELECT datname FROM pg_stat_activity WHERE query LIKE '%verify_ends_here%' AND datname LIKE 'bursar_scratch%'",
    );
    kill(Pid::from_raw(child.id().cast_signed()), Signal::SIGINT).unwrap();
    child.ended().exits(130);
    assert_eq!(db.value(&format!("SELECT count(*) FROM pg_database WHERE datname = '{name}'")), "0", "{name} is left");
}

#[test]
fn a_foreign_key_that_is_switched_off_and_a_search_without_its_words_are_differences() {
    let db = Db::new(Template::Bursar);
    let files = Files::of(&[(
        "1_a",
        "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (id int CONSTRAINT of_p REFERENCES p);
         CREATE TABLE d (id int UNIQUE DEFERRABLE);
         CREATE TEXT SEARCH DICTIONARY stem (TEMPLATE = snowball, LANGUAGE = english);
         CREATE TEXT SEARCH CONFIGURATION words (COPY = english)",
    )]);
    files.up(&db).ok();
    let verify = || files.bursar(&db, &["verify", "--scratch", &url("postgres")]);
    for (change, back, said) in [
        ("ALTER TABLE c DISABLE TRIGGER ALL", "ALTER TABLE c ENABLE TRIGGER ALL", "constraint public.c.of_p"),
        ("ALTER TABLE p DISABLE TRIGGER ALL", "ALTER TABLE p ENABLE TRIGGER ALL", "constraint public.c.of_p"),
        ("ALTER TABLE d DISABLE TRIGGER ALL", "ALTER TABLE d ENABLE TRIGGER ALL", "constraint public.d.d_id_key"),
        (
            "ALTER TEXT SEARCH CONFIGURATION words DROP MAPPING FOR word",
            "ALTER TEXT SEARCH CONFIGURATION words ADD MAPPING FOR word WITH english_stem",
            "text search configuration public.words",
        ),
        (
            "ALTER TEXT SEARCH DICTIONARY stem (LANGUAGE = danish)",
            "ALTER TEXT SEARCH DICTIONARY stem (LANGUAGE = english)",
            "text search dictionary public.stem",
        ),
    ] {
        db.sql(change);
        let ran = verify().exits(3);
        assert!(ran.stdout.contains("1 difference") && ran.stdout.contains(said), "{change}: {ran:?}");
        db.sql(back);
    }
    verify().ok();
}

#[test]
fn partitions_are_compared_but_for_those_of_a_calendar() {
    let db = Db::new(Template::Bursar);
    let files = Files::of(&[(
        "1_a",
        "CREATE TABLE pp (k text, n int) PARTITION BY LIST (k);
         CREATE TABLE pp_eu PARTITION OF pp FOR VALUES IN ('eu'); CREATE TABLE pp_us PARTITION OF pp FOR VALUES IN ('us');
         CREATE TABLE ph (k int) PARTITION BY HASH (k);
         CREATE TABLE ph_0 PARTITION OF ph FOR VALUES WITH (MODULUS 2, REMAINDER 0);
         CREATE TABLE ph_1 PARTITION OF ph FOR VALUES WITH (MODULUS 2, REMAINDER 1);
         CREATE TABLE pr (k int) PARTITION BY RANGE (k); CREATE TABLE pr_1 PARTITION OF pr FOR VALUES FROM (1) TO (10);
         CREATE TABLE log (at timestamptz, k text) PARTITION BY RANGE (at);
         CREATE TABLE log_may PARTITION OF log FOR VALUES FROM ('2026-05-01') TO ('2026-06-01') PARTITION BY LIST (k);
         CREATE TABLE log_may_eu PARTITION OF log_may FOR VALUES IN ('eu');
         CREATE TABLE days (at timestamp) PARTITION BY RANGE (date_trunc('day', at));
         CREATE TABLE days_1 PARTITION OF days FOR VALUES FROM ('2026-05-01') TO ('2026-05-02')",
    )]);
    files.up(&db).ok();
    let verify = || files.bursar(&db, &["verify", "--scratch", &url("postgres")]);
    verify().ok();
    db.sql("DROP TABLE log_may, days_1; CREATE TABLE log_june PARTITION OF log FOR VALUES FROM ('2026-06-01') TO ('2026-07-01')");
    verify().ok();
    for (change, back, said) in [
        ("DROP TABLE pp_us", "CREATE TABLE pp_us PARTITION OF pp FOR VALUES IN ('us')", "- table public.pp_us"),
        (
            "DROP TABLE ph_1",
            "CREATE TABLE ph_1 PARTITION OF ph FOR VALUES WITH (MODULUS 2, REMAINDER 1)",
            "- table public.ph_1",
        ),
        (
            "ALTER TABLE pp DETACH PARTITION pp_eu; ALTER TABLE pp ATTACH PARTITION pp_eu FOR VALUES IN ('eu', 'ch')",
            "ALTER TABLE pp DETACH PARTITION pp_eu; ALTER TABLE pp ATTACH PARTITION pp_eu FOR VALUES IN ('eu')",
            "! table public.pp_eu",
        ),
        (
            "ALTER TABLE pr DETACH PARTITION pr_1; ALTER TABLE pr ATTACH PARTITION pr_1 FOR VALUES FROM (1) TO (9)",
            "ALTER TABLE pr DETACH PARTITION pr_1; ALTER TABLE pr ATTACH PARTITION pr_1 FOR VALUES FROM (1) TO (10)",
            "! table public.pr_1",
        ),
        ("CREATE TABLE pp_jp PARTITION OF pp FOR VALUES IN ('jp')", "DROP TABLE pp_jp", "+ table public.pp_jp"),
    ] {
        db.sql(change);
        let ran = verify().exits(3);
        assert!(ran.stdout.contains(said), "{change}: {ran:?}");
        db.sql(back);
    }
    verify().ok();
}

#[test]
fn the_history_of_another_tool_is_no_difference() {
    let db = Db::new(Template::Bursar);
    let files = Files::of(&[("1_a", "CREATE TABLE a (id int)")]);
    files.up(&db).ok();
    db.sql(
        "CREATE TABLE goose_db_version (id serial PRIMARY KEY, version_id bigint NOT NULL, is_applied boolean NOT NULL, tstamp timestamp DEFAULT now());
         CREATE TABLE gorp_migrations (id text PRIMARY KEY, applied_at timestamptz);
         CREATE TABLE schema_migrations (version varchar(128) PRIMARY KEY);
         CREATE TABLE __diesel_schema_migrations (version varchar(50) PRIMARY KEY, run_on timestamp NOT NULL DEFAULT now());
         CREATE TABLE flyway_schema_history (installed_rank int CONSTRAINT flyway_schema_history_pk PRIMARY KEY, success boolean NOT NULL);
         CREATE INDEX flyway_schema_history_s_idx ON flyway_schema_history (success);
         GRANT SELECT ON goose_db_version TO PUBLIC; GRANT USAGE ON goose_db_version_id_seq TO PUBLIC;
         COMMENT ON TABLE schema_migrations IS 'of dbmate'; COMMENT ON COLUMN schema_migrations.version IS 'a time'",
    );
    let verify = || files.bursar(&db, &["verify", "--scratch", &url("postgres")]);
    verify().ok();
    // Another table of such a name is no history, and neither is one of a longer name.
    db.sql("CREATE TABLE _prisma_migrations (id int); CREATE TABLE goose_db_version_2 (version_id int)");
    let ran = verify().exits(3);
    assert!(ran.stdout.contains("+ table public._prisma_migrations"), "{ran:?}");
    assert!(ran.stdout.contains("+ table public.goose_db_version_2"), "{ran:?}");
    assert!(!ran.stdout.contains("schema_migrations ") && !ran.stdout.contains("flyway"), "{ran:?}");
}
