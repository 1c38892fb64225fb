//! Folders and files of other tools: no command of `bursar migrate` takes them for its own.

use std::path::Path;

use crate::support::{Db, Ran, Template, bursar, run};

/// A folder with these files; a path that ends in a slash is an empty folder.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let at = folder.path().join(path);
        std::fs::create_dir_all(if path.ends_with('/') { &at } else { at.parent().unwrap() }).unwrap();
        if !path.ends_with('/') {
            std::fs::write(at, text).unwrap();
        }
    }
    folder
}

/// Every command that reads a source.
const COMMANDS: [&[&str]; 10] = [
    &["status"],
    &["status", "--check"],
    &["plan"],
    &["up", "--yes"],
    &["up", "--dry-run"],
    &["down", "--yes"],
    &["verify"],
    &["baseline", "1", "--yes"],
    &["baseline", "--detect", "--yes"],
    &["repair", "--restamp", "--yes"],
];

fn refused(db: &Db, source: &Path, says: &[&str]) {
    let refused = |ran: Ran, command: &[&str]| {
        assert_eq!(ran.code, 2, "{command:?}: {ran:?}");
        for text in says {
            assert!(ran.stderr.contains(text), "{command:?}: '{text}' is not in:\n{}", ran.stderr);
        }
        assert!(ran.stderr.contains("try: "), "{command:?}: {ran:?}");
    };
    for command in COMMANDS {
        let ran = run(bursar().arg("migrate").args(command).arg("--source").arg(source).args(["-d", &db.url()]));
        refused(ran, command);
    }
    refused(run(bursar().args(["migrate", "lint", "--source"]).arg(source)), &["lint"]);
    // Nothing was written, not even bursar's own schema.
    assert_eq!(db.value("SELECT to_regnamespace('bursar')"), "NULL");
    assert_eq!(db.value("SELECT to_regclass('_sqlx_migrations')"), "NULL");
}

#[test]
fn a_file_with_its_way_back_in_it_is_not_run() {
    let db = Db::new(Template::Empty);
    db.sql("CREATE TABLE orders (id bigint PRIMARY KEY); INSERT INTO orders SELECT generate_series(1, 1000)");
    for (tool, up, down) in [
        ("goose", "-- +goose Up", "-- +goose Down"),
        ("goose", "-- +goose NO TRANSACTION\n-- +goose Up", "-- +goose Down"),
        ("sql-migrate", "-- +migrate Up", "-- +migrate Down"),
        ("dbmate", "-- migrate:up", "-- migrate:down"),
        ("dbmate", "-- migrate:up transaction:false\r", "--migrate:down\r"),
        ("node-pg-migrate", "-- Up Migration", "-- Down Migration"),
        ("tern", "", "---- create above / drop below ----"),
    ] {
        let text = format!(
            "{up}\nCREATE TABLE IF NOT EXISTS orders (id bigint PRIMARY KEY);\n{down}\nDROP TABLE IF EXISTS orders;\n"
        );
        let source = folder(&[("1_orders.sql", &text)]);
        refused(&db, source.path(), &["1_orders.sql:", tool, "VERSION_name.down.sql"]);
        let file = source.path().join("1_orders.sql");
        run(bursar().args(["migrate", "lint"]).arg(file)).exits(2).says(tool);
        // Also beside files that are bursar's own.
        std::fs::write(source.path().join("2_x.up.sql"), "SELECT 1;").unwrap();
        refused(&db, source.path(), &["1_orders.sql:", tool]);
    }
    assert_eq!(db.value("SELECT count(*) FROM orders"), "1000");
}

#[test]
fn a_folder_of_another_tool_is_not_an_empty_one() {
    let db = Db::new(Template::Empty);
    let gift = "CREATE TABLE gift (id int);";
    for (says, files) in [
        (
            "diesel",
            &[("2026-01-01-000000_gift/up.sql", gift), ("2026-01-01-000000_gift/down.sql", "DROP TABLE gift;")][..],
        ),
        // As crates.io has it: a loose file beside the folders.
        ("diesel", &[("2026-01-01-000000_gift/up.sql", gift), ("1_loose.sql", "SELECT 1;")]),
        (
            "prisma",
            &[("20260101000000_gift/migration.sql", gift), ("migration_lock.toml", "provider = \"postgresql\"")],
        ),
        ("prisma", &[("20260101000000_gift/migration.sql", gift)]),
        ("drizzle", &[("0000_gift.sql", gift), ("meta/_journal.json", "{}")]),
        ("drizzle", &[("1_gift.sql", gift), ("meta/_journal.json", "{}")]),
        ("drizzle", &[("20260101000000_gift/migration.sql", gift), ("20260101000000_gift/snapshot.json", "{}")]),
        ("sqitch", &[("sqitch.plan", ""), ("deploy/gift.sql", gift), ("revert/gift.sql", "DROP TABLE gift;")]),
        // The folder of supabase's command line, with the migrations one below.
        (
            "but in ",
            &[("config.toml", "project_id = \"x\""), ("seed.sql", ""), ("migrations/20260101000000_gift.sql", gift)],
        ),
        ("Flyway", &[("V1__gift.sql", gift)]),
        ("Flyway", &[("1_a.sql", "SELECT 1;"), ("R__views.sql", gift)]),
        ("Flyway", &[("1_a.sql", "SELECT 1;"), ("U1__gift.sql", "DROP TABLE gift;")]),
        ("1_gift.SQL would be skipped", &[("1_gift.SQL", gift)]),
        ("1_gift.SQL would be skipped", &[("1_gift.SQL", gift), ("2_a.sql", "SELECT 1;")]),
        ("there are no migrations in ", &[("src/main.rs", "")]),
        ("there are no migrations in ", &[]),
    ] {
        refused(&db, folder(files).path(), &[says]);
    }
}

#[test]
fn the_pairs_of_golang_migrate_are_bursars_own_format() {
    let db = Db::new(Template::Empty);
    let files = folder(&[
        ("000001_gift.up.sql", "CREATE TABLE gift (id int);"),
        ("000001_gift.down.sql", "DROP TABLE gift;"),
        ("README.md", "-- +goose Down"),
        ("snapshots/up.sql", ""),
    ]);
    let source = files.path().to_str().unwrap();
    for command in [&["up", "--yes"][..], &["status", "--check"], &["down", "--yes"]] {
        run(bursar().arg("migrate").args(command).args(["--source", source, "-d", &db.url()])).ok();
    }
    assert_eq!(db.value("SELECT to_regclass('gift')"), "NULL");
}

#[test]
fn the_first_migration_of_a_folder_is_made_in_an_empty_one() {
    let files = folder(&[]);
    run(bursar().args(["migrate", "new", "gift", "--source"]).arg(files.path())).ok();
    let other = folder(&[("1_orders.sql", "-- migrate:up\n")]);
    run(bursar().args(["migrate", "new", "gift", "--source"]).arg(other.path())).exits(2).says("dbmate");
    assert_eq!(std::fs::read_dir(other.path()).unwrap().count(), 1);
}
