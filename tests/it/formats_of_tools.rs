//! The same migrations in the format of each tool: every command reads them, and the schema is the same.

mod hasura;

use crate::support::{Db, Ran, Template, bursar, file, run, sample, turn, url};

/// Each folder, and whether its format has ways back, and lets a file commit by itself.
const FOLDERS: [(&str, bool, bool); 11] = [
    ("goose", true, true),
    ("sql-migrate", true, true),
    ("dbmate", true, true),
    ("golang-migrate", true, false),
    ("diesel", true, true),
    ("prisma", false, false),
    ("drizzle", false, false),
    ("drizzle-folders", false, false),
    ("supabase/migrations", false, false),
    ("numbered", false, false),
    ("flyway", true, true),
];

/// What the migrations have made.
pub const MADE: &str = "SELECT concat_ws(' ', to_regclass('gift_cards'), to_regproc('redeem'),
    (SELECT string_agg(indexrelid::regclass || CASE WHEN indisvalid THEN '' ELSE '?' END, ' ' ORDER BY 1)
       FROM (SELECT indexrelid::regclass::text AS name, * FROM pg_index WHERE indrelid = to_regclass('gift_cards') ORDER BY 1) i),
    (SELECT md5(string_agg(attname || ' ' || format_type(atttypid, atttypmod) || attnotnull, ',' ORDER BY attnum))
       FROM pg_attribute WHERE attrelid = to_regclass('gift_cards') AND attnum > 0))";

fn migrate(db: &Db, folder: &str, arguments: &[&str]) -> Ran {
    let source = file("tests/data/formats").join(folder);
    run(bursar().arg("migrate").args(arguments).arg("--source").arg(source).args(["-d", &db.url()]))
}

#[test]
fn every_format_makes_the_same_schema_and_goes_back() {
    let mut first: Option<String> = None;
    for (folder, goes_back, commits) in sample(FOLDERS, 3) {
        let db = Db::new(Template::Bursar);
        let lint = run(bursar()
            .args(["migrate", "lint", "-o", "json", "--source"])
            .arg(file("tests/data/formats").join(folder)));
        assert!(lint.code == 0 || lint.code == 3, "{folder}: {lint:?}");
        assert!(
            !lint.stdout.contains("\"syntax-error\"") && !lint.stdout.contains("\"ban-drop-table\""),
            "{folder}: {lint:?}"
        );
        migrate(&db, folder, &["up", "--yes"]).ok();
        let made = db.value(MADE);
        assert!(made.starts_with("gift_cards redeem "), "{folder}: {made}");
        assert_eq!(*first.get_or_insert_with(|| made.clone()), made, "{folder}");
        let rows = if commits { "3" } else { "0" };
        assert_eq!(db.value("SELECT count(*) FROM gift_cards"), rows, "{folder}");
        if goes_back {
            migrate(&db, folder, &["down", "--yes", "--to", "0"]).ok();
            assert_eq!(
                (db.value(MADE).trim(), db.value("SELECT count(*) FROM _sqlx_migrations").as_str()),
                ("", "0"),
                "{folder}"
            );
        } else {
            // What would take it back is named as the format names it.
            let back = match folder {
                "drizzle" => "the format of drizzle has none",
                "prisma" | "drizzle-folders" => "/down.sql",
                _ => ".down.sql",
            };
            migrate(&db, folder, &["down", "--yes"]).exits(4).says("has no way back").says(back);
        }
    }
}

#[test]
fn every_command_reads_a_format_and_its_places_are_those_of_the_file() {
    let db = Db::new(Template::Bursar);
    let status = migrate(&db, "goose", &["status", "--check"]).exits(3);
    assert!(status.stdout.contains(": 3 pending: bursar migrate up --source "), "{status:?}");
    let plan = migrate(&db, "goose", &["plan"]).ok();
    assert!(plan.stdout.contains("    3 CREATE TABLE gift_cards (") && !plan.stdout.contains("DROP"), "{plan:?}");
    migrate(&db, "goose", &["up", "--yes", "--to", "1"]).ok();
    // A private server takes seconds to make; the tests of `migrate verify` start one.
    let scratch = url("postgres");
    let verified = migrate(&db, "goose", &["verify", "--scratch", &scratch]).ok();
    assert!(verified.stdout.contains("leaving out 2 pending"), "{verified:?}");
    migrate(&db, "goose", &["repair", "--mark-reverted", "1", "--yes"]).ok();
    migrate(&db, "goose", &["baseline", "--detect", "--yes", "--scratch", &scratch]).ok();
    assert_eq!(db.value("SELECT version || ' ' || description FROM _sqlx_migrations"), "1 gift cards");
    // The error of a way back has the line that it has in the file.
    let source = tempfile::tempdir().unwrap();
    let at = source.path().join("1_a.sql");
    let text = "-- migrate:up\nSELECT 1;\n\n-- migrate:down\n\n  SELECT 1 / 0;\n";
    std::fs::write(&at, text).unwrap();
    let other = Db::new(Template::Bursar);
    let migrate = |command: &[&str]| {
        run(bursar().arg("migrate").args(command).arg("--source").arg(source.path()).args(["-d", &other.url()]))
    };
    migrate(&["up", "--yes"]).ok();
    migrate(&["down", "--yes"]).exits(1).says("1_a.sql:6:3 failed and was rolled back");
    // Another way back is the same migration; another way up is not.
    std::fs::write(&at, text.replace("1 / 0", "2")).unwrap();
    migrate(&["status", "--check"]).ok();
    std::fs::write(&at, text.replace("SELECT 1;", "SELECT 2;")).unwrap();
    let changed = migrate(&["status", "--check"]).exits(3);
    assert!(changed.stdout.contains("was changed after it was applied"), "{changed:?}");
}

/// The history that a tool leaves behind after these migrations, as the tool writes it.
const HISTORIES: [(&str, &str, &str); 8] = [
    (
        "goose",
        "CREATE TABLE goose_db_version (id serial, version_id bigint NOT NULL, is_applied boolean NOT NULL, tstamp timestamp DEFAULT now());
         INSERT INTO goose_db_version (version_id, is_applied) VALUES (0, true), (1, true), (2, true), (3, true), (3, false)",
        "1 2",
    ),
    (
        "sql-migrate",
        "CREATE TABLE gorp_migrations (id text PRIMARY KEY, applied_at timestamptz);
         INSERT INTO gorp_migrations VALUES ('1_gift_cards.sql', now()), ('2_redeem.sql', now())",
        "1 2",
    ),
    (
        "golang-migrate",
        "CREATE TABLE schema_migrations (version bigint PRIMARY KEY, dirty boolean NOT NULL); INSERT INTO schema_migrations VALUES (2, false)",
        "1 2",
    ),
    (
        "diesel",
        "CREATE TABLE __diesel_schema_migrations (version varchar(50) PRIMARY KEY, run_on timestamp NOT NULL DEFAULT now());
         INSERT INTO __diesel_schema_migrations VALUES ('00000000000000'), ('20260101000000'), ('20260102000000')",
        "0 20260101000000 20260102000000",
    ),
    (
        "prisma",
        "CREATE TABLE _prisma_migrations (id varchar(36) PRIMARY KEY, checksum varchar(64) NOT NULL, finished_at timestamptz, migration_name varchar(255) NOT NULL,
             logs text, rolled_back_at timestamptz, started_at timestamptz NOT NULL DEFAULT now(), applied_steps_count int NOT NULL DEFAULT 0);
         INSERT INTO _prisma_migrations (id, checksum, finished_at, migration_name, rolled_back_at)
             VALUES ('a', '', now(), '0_init', NULL), ('b', '', NULL, '20260102000000_redeem', now()), ('c', '', now(), '20260102000000_redeem', NULL)",
        "0 20260102000000",
    ),
    (
        "drizzle",
        "CREATE SCHEMA drizzle; CREATE TABLE drizzle.__drizzle_migrations (id serial PRIMARY KEY, hash text NOT NULL, created_at bigint);
         INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ('HASH', 1767225600000)",
        "0",
    ),
    (
        "supabase/migrations",
        "CREATE SCHEMA supabase_migrations; CREATE TABLE supabase_migrations.schema_migrations (version text PRIMARY KEY, statements text[], name text);
         INSERT INTO supabase_migrations.schema_migrations (version) VALUES ('20260101000000'), ('20260102000000')",
        "20260101000000 20260102000000",
    ),
    (
        "flyway",
        "CREATE TABLE flyway_schema_history (installed_rank int PRIMARY KEY, version varchar(50), description varchar(200) NOT NULL, type varchar(20) NOT NULL,
             script varchar(1000) NOT NULL, checksum int, installed_by varchar(100) NOT NULL, installed_on timestamp DEFAULT now(), execution_time int NOT NULL, success boolean NOT NULL);
         INSERT INTO flyway_schema_history VALUES (1, '1', 'a', 'SQL', '', 0, '', now(), 1, true), (2, '2', 'a', 'SQL', '', 0, '', now(), 1, true),
             (3, '3', 'a', 'SQL', '', 0, '', now(), 1, true), (4, '3', 'a', 'UNDO_SQL', '', 0, '', now(), 1, true)",
        "1 2",
    ),
];

#[test]
fn the_history_of_another_tool_is_taken_over_and_up_goes_on() {
    const TABLE: &str =
        "CREATE TABLE gift_cards (id bigint PRIMARY KEY, code text NOT NULL, cents bigint NOT NULL DEFAULT 0)";
    for (folder, history, recorded) in sample(HISTORIES, 3) {
        let db = Db::new(Template::Bursar);
        let first = std::fs::read(file("tests/data/formats/drizzle/0000_gift_cards.sql")).unwrap();
        let hash = hex::encode(<sha2::Sha256 as sha2::Digest>::digest(first));
        db.sql(&history.replace("HASH", &hash));
        db.sql(TABLE);
        if folder != "drizzle" {
            db.sql("CREATE FUNCTION redeem(card text) RETURNS void LANGUAGE sql AS ''");
        }
        migrate(&db, folder, &["up", "--yes"])
            .exits(4)
            .says("is pending here; nothing was applied")
            .says("bursar migrate import --source ");
        if folder == "goose" {
            migrate(&db, folder, &["import", "--history", "--dry-run"]).ok().says(" applied");
            assert_eq!(db.value("SELECT to_regclass('_sqlx_migrations')"), "NULL", "{folder}");
        }
        migrate(&db, folder, &["import", "--history", "--yes"]).ok();
        assert_eq!(db.value(RECORDED), recorded, "{folder}");
        if folder == "goose" {
            migrate(&db, folder, &["import", "--history", "--yes"]).ok().says("all of them are recorded already");
        }
        migrate(&db, folder, &["up", "--yes"]).ok();
        migrate(&db, folder, &["status", "--check"]).ok();
    }
    // What is half done, what no file has, and what is not there.
    let db = Db::new(Template::Bursar);
    migrate(&db, "goose", &["import", "--history", "--yes"]).exits(2).says("no history of another tool");
    db.sql("CREATE TABLE schema_migrations (version bigint PRIMARY KEY, dirty boolean NOT NULL); INSERT INTO schema_migrations VALUES (7, false)");
    migrate(&db, "golang-migrate", &["import", "--history", "--yes"])
        .exits(4)
        .says("has version 7, and there is no such migration");
    db.sql("UPDATE schema_migrations SET version = 2, dirty = true");
    migrate(&db, "golang-migrate", &["import", "--history", "--yes"]).exits(4).says("has not finished 2");
    assert_eq!(db.value("SELECT to_regclass('_sqlx_migrations')"), "NULL");
}

/// Writes files below a directory.
fn written(files: &[(&str, &str)]) -> tempfile::TempDir {
    let source = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let at = source.path().join(name);
        std::fs::create_dir_all(at.parent().unwrap()).unwrap();
        std::fs::write(at, text).unwrap();
    }
    source
}

/// The command about this directory.
fn about(db: &Db, source: &tempfile::TempDir, arguments: &[&str]) -> Ran {
    run(bursar().arg("migrate").args(arguments).arg("--source").arg(source.path()).args(["-d", &db.url()]))
}

const RECORDED: &str = "SELECT string_agg(version::text, ' ' ORDER BY version) FROM _sqlx_migrations";

#[test]
fn a_history_is_found_where_its_tool_keeps_it_whatever_is_searched() {
    for (folder, history, recorded) in HISTORIES {
        if !["prisma", "drizzle", "supabase/migrations"].contains(&folder) {
            continue;
        }
        let db = Db::new(Template::Bursar);
        let first = std::fs::read(file("tests/data/formats/drizzle/0000_gift_cards.sql")).unwrap();
        let hash = hex::encode(<sha2::Sha256 as sha2::Digest>::digest(first));
        db.sql(&history.replace("HASH", &hash));
        db.sql(&format!("CREATE SCHEMA app; ALTER DATABASE {} SET search_path = app", db.name));
        migrate(&db, folder, &["up", "--yes"]).exits(4).says("is pending here; nothing was applied");
        migrate(&db, folder, &["import", "--history", "--yes"]).ok();
        assert_eq!(db.value(&RECORDED.replace("_sqlx", "app._sqlx")), recorded, "{folder}");
    }
    // Another tool goes by the search path: what is elsewhere is of another project.
    let db = Db::new(Template::Bursar);
    db.sql(HISTORIES[0].1);
    db.sql(&format!("CREATE SCHEMA app; ALTER DATABASE {} SET search_path = app", db.name));
    migrate(&db, "goose", &["up", "--yes", "--to", "1"]).ok();
}

/// drizzle itself goes no way back. A `down.sql` beside its file is the project's own.
#[test]
fn a_way_back_beside_the_file_of_drizzle_is_gone_and_kept() {
    let db = Db::new(Template::Bursar);
    let (forward, back) = ("CREATE TABLE gifts (id int PRIMARY KEY);\n", "DROP TABLE gifts;\n");
    let source = written(&[
        ("20260101000000_gifts/migration.sql", forward),
        ("20260101000000_gifts/snapshot.json", "{}"),
        ("20260101000000_gifts/down.sql", back),
    ]);
    let there = || db.value("SELECT to_regclass('gifts') IS NOT NULL");
    about(&db, &source, &["up", "--yes"]).ok();
    about(&db, &source, &["down", "--yes"]).ok();
    assert_eq!((there().as_str(), db.value("SELECT count(*) FROM _sqlx_migrations").as_str()), ("false", "0"));
    about(&db, &source, &["up", "--yes"]).ok();
    let home = tempfile::tempdir().unwrap();
    let into = home.path().join("own");
    run(bursar().args(["migrate", "import", "--from"]).arg(source.path()).arg("--source").arg(&into)).ok();
    let own = |name: &str| std::fs::read_to_string(into.join(format!("20260101000000_gifts.{name}.sql"))).unwrap();
    assert_eq!((own("up").as_str(), own("down").as_str()), (forward, back));
    let by_own = |command: &[&str]| {
        run(bursar().arg("migrate").args(command).arg("--source").arg(&into).args(["-d", &db.url()]))
    };
    by_own(&["status", "--check"]).ok();
    by_own(&["down", "--yes"]).ok();
    assert_eq!(there(), "false");
}

#[test]
fn drizzle_knows_equal_files_and_other_line_ends_and_a_hash_without_a_file_stops() {
    const TEXT: &str = "UPDATE counted\nSET n = n + 1;\n";
    let hash = |text: &str| hex::encode(<sha2::Sha256 as sha2::Digest>::digest(text));
    let db = Db::new(Template::Bursar);
    let journal = r#"{"dialect":"postgresql","entries":[{"idx":0,"tag":"0000_a"},{"idx":1,"tag":"0001_b"},{"idx":2,"tag":"0002_c"}]}"#;
    let source =
        written(&[("meta/_journal.json", journal), ("0000_a.sql", TEXT), ("0001_b.sql", TEXT), ("0002_c.sql", TEXT)]);
    db.sql(
        "CREATE TABLE counted (n int); INSERT INTO counted VALUES (2); CREATE SCHEMA drizzle;
            CREATE TABLE drizzle.__drizzle_migrations (id serial PRIMARY KEY, hash text NOT NULL, created_at bigint)",
    );
    let add = |hash: &str| db.sql(&format!("INSERT INTO drizzle.__drizzle_migrations (hash) VALUES ('{hash}')"));
    add("edited");
    about(&db, &source, &["import", "--history", "--yes"]).exits(4).says("no file has it; nothing was recorded");
    about(&db, &source, &["up", "--yes"]).exits(4).says("has the hash edited, and no file has it");
    about(&db, &source, &["status", "--check"]).exits(3).tells("up refuses");
    db.sql("TRUNCATE drizzle.__drizzle_migrations");
    add(&hash(TEXT));
    add(&hash(&TEXT.replace('\n', "\r\n")));
    about(&db, &source, &["up", "--yes"]).exits(4).says("is pending here");
    about(&db, &source, &["import", "--history", "--yes"]).ok();
    assert_eq!(db.value(RECORDED), "0 1");
    about(&db, &source, &["up", "--yes"]).ok();
    assert_eq!(db.value("SELECT n FROM counted"), "3");
}

#[test]
fn a_baseline_of_flyway_stands_for_every_file_up_to_it() {
    let db = Db::new(Template::Bursar);
    let (_, history, _) = HISTORIES[7];
    db.sql(history.split_once(';').unwrap().0);
    db.sql("INSERT INTO flyway_schema_history VALUES (1, '2.5', 'a', 'BASELINE', '', NULL, '', now(), 0, true)");
    let failing = "SELECT 1 / 0;";
    let source = written(&[
        ("V1__a.sql", failing),
        ("V2__b.sql", failing),
        ("V3__c.sql", "CREATE TABLE third (id int PRIMARY KEY);"),
    ]);
    about(&db, &source, &["up", "--yes"]).exits(4).says("has applied 1, which is pending here; nothing was applied");
    about(&db, &source, &["import", "--history", "--yes"]).ok();
    assert_eq!(db.value(RECORDED), "1 2");
    about(&db, &source, &["up", "--yes"]).ok();
}

#[test]
fn numbers_of_another_history_refuse_while_ours_is_empty_and_other_formats_only_warn() {
    let db = Db::new(Template::Bursar);
    let own = written(&[
        ("000001_a.up.sql", "CREATE TABLE a (id int PRIMARY KEY);"),
        ("000002_b.up.sql", "CREATE TABLE b (id int PRIMARY KEY);"),
    ]);
    db.sql(HISTORIES[2].1);
    about(&db, &own, &["up", "--yes"])
        .exits(4)
        .says("has applied 1, which is pending here; nothing was applied")
        .says("bursar migrate import --source ")
        .says("bursar migrate baseline --source ")
        .says("--history-table own_migrations");
    about(&db, &own, &["plan"]).exits(4).says("is pending here");
    about(&db, &own, &["status", "--check"]).exits(3).tells("up refuses");
    about(&db, &own, &["up", "--yes", "--history-table", "own_migrations"]).ok().says("has applied 1");
    db.sql("DROP TABLE a, b, own_migrations, schema_migrations");
    // The files were goose's, and are of no tool's format now.
    db.sql(HISTORIES[0].1);
    about(&db, &own, &["up", "--yes"]).exits(4).says("goose says in ");
    db.sql("DROP TABLE goose_db_version");
    // Half done, and of another tool; not as that tool makes it; not to be read.
    let other = written(&[("V1__a.sql", "CREATE TABLE a (id int PRIMARY KEY);")]);
    db.sql("CREATE TABLE schema_migrations (version bigint, dirty boolean); INSERT INTO schema_migrations VALUES (1, true);
            CREATE TABLE goose_db_version (version_id bigint)");
    let role = format!("{}_reader", db.value("SELECT current_database()"));
    db.sql(&format!("CREATE ROLE {role} LOGIN PASSWORD 'x'; GRANT SELECT ON goose_db_version TO {role}"));
    let url = db.url_as(&role);
    let read = run(bursar().args(["migrate", "status", "--only", "source", "-d", &url, "--source"]).arg(other.path()));
    db.sql(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
    read.ok().says("cannot be read by this role, so nobody knows what golang-migrate");
    about(&db, &other, &["up", "--yes"])
        .ok()
        .says("has not finished 1")
        .says("cannot be read; the history may be of another project");
}

#[test]
fn a_folder_that_lacks_the_file_of_its_migration_is_named() {
    let db = Db::new(Template::Bursar);
    let whole = "CREATE TABLE a (id int PRIMARY KEY);";
    let prisma = written(&[("1_a/migration.sql", whole), ("2_b/Migration.sql", whole)]);
    let alone = written(&[("1_a/up.SQL", whole)]);
    let diesel = written(&[("1_a/up.sql", whole), ("2_b/README", "")]);
    for (source, said) in
        [(&prisma, "2_b/Migration.sql would be skipped"), (&alone, "1_a/up.SQL would"), (&diesel, "2_b has no up.sql")]
    {
        for command in [&["status"][..], &["up", "--yes"], &["import", "--history", "--yes"]] {
            about(&db, source, command).exits(2).says(said);
        }
        run(bursar().args(["migrate", "lint", "--source"]).arg(source.path())).exits(2).says(said);
    }
}

#[test]
fn the_files_of_another_tool_become_bursars_own_and_stay_the_same_migrations() {
    let home = tempfile::tempdir().unwrap();
    for folder in sample(["goose", "sql-migrate", "dbmate", "diesel", "prisma", "numbered", "flyway"], 3) {
        let db = Db::new(Template::Bursar);
        migrate(&db, folder, &["up", "--yes"]).ok();
        let made = db.value(MADE);
        let into = home.path().join(folder);
        let from = file("tests/data/formats").join(folder);
        let import = |flags: &[&str]| {
            run(bursar().args(["migrate", "import", "--from"]).arg(&from).arg("--source").arg(&into).args(flags))
        };
        if folder == "goose" {
            import(&["--dry-run"]).ok().says("nothing was written");
            assert!(!into.exists());
        }
        import(&[]).ok();
        if folder == "goose" {
            import(&[]).exits(2).says("is not empty; nothing was written");
        }
        // The database that the other format has migrated knows them, and another one gets the same schema.
        let own = |db: &Db, arguments: &[&str]| {
            run(bursar().arg("migrate").args(arguments).arg("--source").arg(&into).args(["-d", &db.url()]))
        };
        own(&db, &["status", "--check"]).ok();
        let other = Db::new(Template::Bursar);
        own(&other, &["up", "--yes"]).ok();
        assert_eq!(other.value(MADE), made, "{folder}");
    }
    let own = file("tests/data/formats/golang-migrate");
    run(bursar().args(["migrate", "import", "--from"]).arg(own)).exits(2).says("is of bursar's own format already");
    // What would not be the same migration in it is not written.
    let other = written(&[("1_a/up.sql", "-- up\nSELECT 1;\n-- down\nSELECT 2;\n")]);
    let into = home.path().join("other");
    run(bursar().args(["migrate", "import", "--from"]).arg(other.path()).arg("--source").arg(&into))
        .exits(2)
        .says("nothing was written");
    assert!(!into.exists());
}

#[test]
fn a_name_in_a_history_is_that_of_the_file_and_its_checksum_too() {
    let none = "SELECT to_regclass('_sqlx_migrations')";
    for (folder, history, other) in [
        (
            "sql-migrate",
            HISTORIES[1].1,
            ["UPDATE gorp_migrations SET id = '2_other.sql' WHERE id = '2_redeem.sql'", ""],
        ),
        (
            "prisma",
            HISTORIES[4].1,
            [
                "UPDATE _prisma_migrations SET migration_name = '20260102000000_other' WHERE id = 'c'",
                "UPDATE _prisma_migrations SET checksum = repeat('a', 64) WHERE id = 'a'",
            ],
        ),
    ] {
        let home = tempfile::tempdir().unwrap();
        let (from, into) = (file("tests/data/formats").join(folder), home.path().join("own"));
        run(bursar().args(["migrate", "import", "--from"]).arg(&from).arg("--source").arg(&into)).ok();
        for (change, said) in other.into_iter().zip(["and the file of that version is ", "is not the text that prisma"])
        {
            if change.is_empty() {
                continue;
            }
            let db = Db::new(Template::Bursar);
            db.sql(&format!("{history}; {change}"));
            // In the tool's own format, and where its files were imported.
            for source in [&from, &into] {
                let import = run(bursar()
                    .args(["migrate", "import", "--history", "--yes", "-d", &db.url(), "--source"])
                    .arg(source));
                import.exits(4).says(said);
                assert_eq!(db.value(none), "NULL", "{change}");
            }
        }
        // As they are, both are taken.
        let db = Db::new(Template::Bursar);
        db.sql(history);
        if folder == "prisma" {
            let text = std::fs::read_to_string(from.join("0_init/migration.sql")).unwrap().replace('\n', "\r\n");
            let sum = hex::encode(<sha2::Sha256 as sha2::Digest>::digest(text));
            db.sql(&format!("UPDATE _prisma_migrations SET checksum = '{sum}' WHERE id = 'a'"));
        }
        run(bursar().args(["migrate", "import", "--history", "--yes", "-d", &db.url(), "--source"]).arg(&into)).ok();
    }
}

#[test]
fn a_folder_that_is_one_too_high_says_where_the_migrations_are() {
    let db = Db::new(Template::Bursar);
    let hasura = written(&[("default/1700000000000_a/up.sql", "SELECT 1;"), ("default/1700000000000_a/down.sql", "")]);
    for command in [&["status"][..], &["up", "--yes"]] {
        about(&db, &hasura, command).exits(2).says(", but in ").says("/default");
    }
    run(bursar().args(["migrate", "lint", "--source"]).arg(hasura.path())).exits(2).says(", but in ");
}

#[test]
fn a_folder_of_a_migration_that_cannot_be_read_is_not_passed_over() {
    let db = Db::new(Template::Bursar);
    let source = written(&[("1_a/up.sql", "CREATE TABLE a (id int PRIMARY KEY);")]);
    std::os::unix::fs::symlink("nowhere", source.path().join("2_b")).unwrap();
    for command in [&["status", "--check"][..], &["up", "--yes"]] {
        about(&db, &source, command).exits(2).says("2_b is named as a migration, and it cannot be read");
    }
    run(bursar().args(["migrate", "lint", "--source"]).arg(source.path())).exits(2).says("cannot be read");
}

#[test]
fn the_order_of_names_as_text_is_kept_or_refused() {
    let db = Db::new(Template::Bursar);
    let diesel = written(&[
        ("2020-01-01-000000_init/up.sql", "SELECT 1;"),
        ("2026-07-30-140000-0000_mark_old_free/up.sql", "SELECT 1;"),
        ("2026-08-01-120000_all_pro/up.sql", "SELECT 1;"),
    ]);
    let drizzle = written(&[
        ("10_a/migration.sql", "SELECT 1;"),
        ("10_a/snapshot.json", "{}"),
        ("9_b/migration.sql", "SELECT 1;"),
        ("9_b/snapshot.json", "{}"),
    ]);
    let home = tempfile::tempdir().unwrap();
    for (source, said) in
        [(&diesel, "2026-07-30-140000-0000_mark_old_free/up.sql before "), (&drizzle, "10_a/migration.sql before ")]
    {
        for command in [&["up", "--yes"][..], &["status"], &["plan"]] {
            about(&db, source, command).exits(2).says(said).says("as text");
        }
        run(bursar().args(["migrate", "lint", "--source"]).arg(source.path())).exits(2).says("as text");
        let into = home.path().join("own");
        run(bursar().args(["migrate", "import", "--from"]).arg(source.path()).arg("--source").arg(&into)).exits(2);
        assert!(!into.exists());
    }
    // One order by both: the longer versions came later.
    let both = written(&[
        ("2026-07-30-140000_a/up.sql", "CREATE TABLE a (id int);"),
        ("2026-08-01-120000-0000_b/up.sql", "ALTER TABLE a ADD COLUMN b int;"),
    ]);
    about(&db, &both, &["up", "--yes"]).ok();
}

#[test]
fn the_lines_of_a_tool_part_statements_without_semicolons() {
    let goose = "-- +goose Up\n-- +goose StatementBegin\nCREATE SCHEMA app -- of the app\n-- +goose StatementEnd\n\
                 -- +goose StatementBegin\nCREATE TABLE users (id int)\n-- +goose StatementEnd\n\
                 -- +goose Down\n-- +goose StatementBegin\nDROP SCHEMA app\n-- +goose StatementEnd\nDROP TABLE users;\n";
    let migrate = goose.replace("+goose", "+migrate");
    let drizzle = "CREATE SCHEMA app\n--> statement-breakpoint\nCREATE TABLE users (id int) --> statement-breakpoint\n";
    let journal = r#"{"dialect":"pg","entries":[{"idx":0,"tag":"0000_a"}]}"#;
    let all = [
        &[("1_a.sql", goose)][..],
        &[("1_a.sql", migrate.as_str())],
        &[("0000_a.sql", drizzle), ("meta/_journal.json", journal)],
        &[("20260101000000_a/migration.sql", drizzle), ("20260101000000_a/snapshot.json", "{}")],
    ];
    for files in sample(all, 2) {
        let db = Db::new(Template::Bursar);
        let source = written(files);
        about(&db, &source, &["up", "--yes"]).ok();
        let there = || db.value("SELECT concat_ws(' ', to_regclass('public.users'), to_regclass('app.users'))");
        assert_eq!(there(), "users", "{files:?}");
        if files[0].0 == "1_a.sql" {
            about(&db, &source, &["down", "--yes"]).ok();
            assert_eq!(there(), "");
        }
    }
    // What had its semicolons is the same migration as before, and drizzle knows a file by its text.
    let db = Db::new(Template::Bursar);
    let source = written(&[("0000_a.sql", drizzle), ("meta/_journal.json", journal)]);
    let hash = hex::encode(<sha2::Sha256 as sha2::Digest>::digest(drizzle));
    db.sql(&format!(
        "CREATE SCHEMA drizzle; CREATE TABLE drizzle.__drizzle_migrations (id serial PRIMARY KEY, hash text NOT NULL, created_at bigint);
         INSERT INTO drizzle.__drizzle_migrations (hash) VALUES ('{hash}')"
    ));
    about(&db, &source, &["import", "--history", "--yes"]).ok();
    assert_eq!(db.value(RECORDED), "0");
    let home = tempfile::tempdir().unwrap();
    let into = home.path().join("own");
    run(bursar().args(["migrate", "import", "--from"]).arg(source.path()).arg("--source").arg(&into)).ok();
    run(bursar().args(["migrate", "status", "--check", "-d", &db.url(), "--source"]).arg(&into)).ok();
}

#[test]
fn the_way_out_of_a_transaction_is_that_of_the_format_and_works() {
    let alone = "DO $$ BEGIN COMMIT; END $$;\n";
    let pieces = "BEGIN;\nSELECT 1;\nCOMMIT;\nSELECT 2;\n";
    // Each: the file, its text, what the hint names, and the files as the hint has them.
    type Case<'a> = (&'a str, String, &'a str, &'a dyn Fn(&str) -> (String, String));
    let replaced =
        |from: &'static str, to: &'static str| move |text: &str| ("1_a.sql".to_owned(), text.replacen(from, to, 1));
    let (goose, migrate, dbmate, own) = (
        replaced("-- +goose Up", "-- +goose NO TRANSACTION\n-- +goose Up"),
        replaced("-- +migrate Up", "-- +migrate Up notransaction"),
        replaced("-- migrate:up", "-- migrate:up transaction:false"),
        |text: &str| ("1_a.sql".to_owned(), format!("-- no-transaction\n{text}")),
    );
    for (n, sql) in [alone, pieces].into_iter().enumerate() {
        let cases: [Case<'_>; 6] = [
            ("1_a.sql", format!("-- +goose Up\n{sql}"), "`-- +goose NO TRANSACTION`", &goose),
            ("1_a.sql", format!("-- +migrate Up\n{sql}"), "`-- +migrate Up notransaction`", &migrate),
            ("1_a.sql", format!("-- migrate:up\n{sql}"), "`-- migrate:up transaction:false`", &dbmate),
            ("1_a.sql", sql.to_owned(), "`-- no-transaction`", &own),
            ("1_a/up.sql", sql.to_owned(), "`run_in_transaction = false`", &|_| {
                ("1_a/metadata.toml".to_owned(), "run_in_transaction = false\n".to_owned())
            }),
            ("V1__a.sql", sql.to_owned(), "`executeInTransaction=false`", &|_| {
                ("V1__a.sql.conf".to_owned(), "executeInTransaction=false\n".to_owned())
            }),
        ];
        // Of each format one of the two, where the long enumeration takes both.
        for (at, (name, text, hint, followed)) in cases.into_iter().enumerate() {
            if !turn(n + at, 2) {
                continue;
            }
            let db = Db::new(Template::Bursar);
            let source = written(&[(name, &text)]);
            let code = if sql == alone { 1 } else { 2 };
            about(&db, &source, &["up", "--yes"]).exits(code).says(hint);
            let (name, text) = followed(&text);
            std::fs::write(source.path().join(name), text).unwrap();
            about(&db, &source, &["up", "--yes"]).ok();
        }
    }
    // Where it would not help, it is not said.
    let db = Db::new(Template::Bursar);
    let source = written(&[("1_a.sql", "SELECT 1;\nCOMMIT;\n")]);
    let ran = about(&db, &source, &["up", "--yes"]).exits(2).says("take it out");
    assert!(!ran.stderr.contains("no-transaction"), "{ran:?}");
}
