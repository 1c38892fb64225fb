//! Folders and files that bursar does not read: no command of `bursar migrate` takes them for its own.

use std::path::Path;

use crate::support::{Db, Ran, Template, bursar, run, sample};

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
    let text = |up: &str, down: &str| {
        format!(
            "{up}\nCREATE TABLE IF NOT EXISTS orders (id bigint PRIMARY KEY);\n{down}\nDROP TABLE IF EXISTS orders;\n"
        )
    };
    for (tool, up, down) in [
        ("node-pg-migrate", "-- Up Migration", "-- Down Migration"),
        ("tern", "", "---- create above / drop below ----"),
    ] {
        let source = folder(&[("1_orders.sql", &text(up, down))]);
        refused(&db, source.path(), &["1_orders.sql:", tool, "VERSION_name.down.sql"]);
        let file = source.path().join("1_orders.sql");
        run(bursar().args(["migrate", "lint"]).arg(file)).exits(2).says(tool);
    }
    // Whatever the line between them says.
    let made = text("", "-- @UNDO").replace("IF NOT EXISTS orders", "gift").replace("IF EXISTS orders", "gift");
    let source = folder(&[("1_gift.sql", &made)]);
    for command in [&["up", "--yes"][..], &["plan"]] {
        let ran = run(bursar().arg("migrate").args(command).arg("--source").arg(source.path()).args(["-d", &db.url()]));
        ran.exits(2).says("1_gift.sql:4:1 drops table gift below a comment");
    }
    run(bursar().args(["migrate", "lint", "--source"]).arg(source.path())).exits(3).tells("drops-what-it-made");
    // A name that ends like the file of a pair is none.
    let setup = folder(&[("1_setup.sql", &made)]);
    run(bursar().args(["migrate", "lint", "--source"]).arg(setup.path())).exits(3).tells("drops-what-it-made");
    // Of a format that is read, beside files that are bursar's own.
    let goose = text("-- +goose Up", "-- +goose Down");
    let mixed = folder(&[("1_orders.sql", &goose), ("2_x.up.sql", "SELECT 1;")]);
    refused(&db, mixed.path(), &["1_orders.sql:1 is a line of goose", "2_x.up.sql is not of goose's format"]);
    // What is read runs its way up alone.
    let source = folder(&[("1_orders.sql", &goose)]);
    let up = |command: &[&str]| {
        run(bursar().arg("migrate").args(command).arg("--source").arg(source.path()).args(["-d", &db.url()]))
    };
    up(&["up", "--yes"]).ok();
    assert_eq!(db.value("SELECT count(*) FROM orders"), "1000");
}

#[test]
fn a_folder_that_cannot_be_read_is_not_an_empty_one() {
    let db = Db::new(Template::Empty);
    let gift = "CREATE TABLE gift (id int);";
    let (v1, up) = (("V1__gift.sql", gift), "2026-01-01-000000_gift/up.sql");
    let all = [
        // As crates.io has it: a loose file beside the folders.
        ("1_loose.sql is no migration of diesel", &[(up, gift), ("1_loose.sql", "SELECT 1;")][..]),
        ("beside those of prisma", &[("20260101000000_a/migration.sql", gift), ("20260102000000_b/up.sql", gift)]),
        ("is for mysql", &[("1_gift/migration.sql", gift), ("migration_lock.toml", "provider = \"mysql\"")]),
        (
            "is for sqlite",
            &[("0000_gift.sql", gift), ("meta/_journal.json", "{\"dialect\": \"sqlite\", \"entries\": []}")],
        ),
        ("sqitch", &[("sqitch.plan", ""), ("deploy/gift.sql", gift), ("revert/gift.sql", "DROP TABLE gift;")]),
        // The folder of supabase's command line, with the migrations one below.
        (
            "but in ",
            &[("config.toml", "project_id = \"x\""), ("seed.sql", ""), ("migrations/20260101000000_gift.sql", gift)],
        ),
        ("R__views.sql is a repeatable migration of Flyway", &[v1, ("R__views.sql", gift)]),
        ("1_a.sql is no migration of Flyway", &[v1, ("1_a.sql", "SELECT 1;")]),
        ("a version of several parts", &[("V1.2__gift.sql", gift)]),
        ("V1__gift.sql:1:14 is a placeholder of Flyway", &[("V1__gift.sql", "CREATE TABLE ${schema}.gift (id int);")]),
        ("more holds migrations too", &[v1, ("more/V2__a.sql", gift)]),
        ("V2__code.java is numbered as a migration", &[v1, ("V2__code.java", "")]),
        ("R__views.java is numbered as a migration", &[v1, ("R__views.java", "")]),
        ("U2__gift.sql has no matching up script", &[v1, ("U2__gift.sql", gift)]),
        ("2_code.go is numbered as a migration", &[("1_a.sql", "-- +goose Up\nSELECT 1;"), ("2_code.go", "package x")]),
        ("1_a.sql:1 asks of goose", &[("1_a.sql", "-- +goose ENVSUB ON\n-- +goose Up\nSELECT 1;")]),
        ("1_a.sql:3 begins a way back", &[("1_a.sql", "-- migrate:up\nSELECT 1;\n-- migrate: down\nSELECT 2;")]),
        ("1_a.sql:3 begins a way back", &[("1_a.sql", "-- UP\r\nSELECT 1;\r\n-- DOWN\r\nSELECT 2;\r\n")]),
        ("a line of Liquibase", &[("1_a.sql", "--liquibase formatted sql\n--changeset me:1 dbms:oracle\nSELECT 1;")]),
        ("1_a.sql:2 begins a statement", &[("1_a.sql", "-- +goose Up\n-- +goose StatementBegin\nSELECT 1;")]),
        ("2_a.Down.sql ends in .Down.sql", &[("1_a.up.sql", gift), ("2_a.Down.sql", "SELECT 1;")]),
        ("2_b.rollback.sql ends in .rollback", &[("1_a.sql", gift), ("2_b.rollback.sql", "SELECT 1;")]),
        ("afterMigrate.sql is a callback of Flyway", &[v1, ("afterMigrate.sql", "SELECT 1;")]),
        ("V1__gift.sql.conf:1 asks of Flyway", &[v1, ("V1__gift.sql.conf", "shouldExecute=false")]),
        ("a holds migrations too", &[v1, ("a/b/V2__a.sql", gift)]),
        ("1_gift.SQL would be skipped", &[("1_gift.SQL", gift), ("2_a.sql", "SELECT 1;")]),
        ("2_b.py is numbered as a migration", &[("1_a.sql", gift), ("2_b.py", "")]),
        ("2_b.up.psql is numbered as a migration", &[("1_a.up.sql", gift), ("2_b.up.psql", "")]),
        ("V2__b.py is numbered as a migration", &[v1, ("V2__b.py", "")]),
        (
            "by their names as text",
            &[("10_a.sql", "-- migrate:up\nSELECT 1;"), ("2_b.sql", "-- migrate:up\nSELECT 1;")],
        ),
        ("by their names as text", &[("10_a/migration.sql", gift), ("2_b/migration.sql", gift)]),
        ("2.sql is not named VERSION_name.sql", &[("1_gift.sql", gift), ("2.sql", "SELECT 1;")]),
        ("have the same version", &[("1_a.sql", gift), ("1_b.sql", "SELECT 1;")]),
        ("there are no migrations in ", &[("src/main.rs", "")]),
        ("there are no migrations in ", &[]),
    ];
    for (says, files) in sample(all, 3) {
        // Every command reads a folder in the same way.
        let source = folder(files);
        let up = run(bursar().args(["migrate", "up", "--yes", "-d", &db.url(), "--source"]).arg(source.path()));
        up.exits(2).says(says).says("try: ");
        run(bursar().args(["migrate", "lint", "--source"]).arg(source.path())).exits(2).says(says);
    }
    // Of a file with a zero byte, lint says the place, as of any other that cannot be read as SQL.
    let zero = folder(&[("1_a.sql", "SELECT 1;\n\0DROP TABLE gift;")]);
    let up = run(bursar().args(["migrate", "up", "--yes", "-d", &db.url(), "--source"]).arg(zero.path()));
    up.exits(2).says("1_a.sql:2 holds a zero byte");
    run(bursar().args(["migrate", "lint", "--source"]).arg(zero.path())).exits(3).tells("1_a.sql:2:1 · syntax-error");
    refused(&db, folder(&[v1, ("R__views.sql", gift)]).path(), &["R__views.sql"]);
    refused(&db, folder(&[]).path(), &["there are no migrations in "]);
    assert_eq!(db.value("SELECT to_regnamespace('bursar')"), "NULL");
}

/// `up` and `lint` refuse this folder in these words, and nothing is written.
fn is_refused(db: &Db, source: &Path, says: &str) {
    let up = run(bursar().args(["migrate", "up", "--yes", "-d", &db.url(), "--source"]).arg(source));
    up.exits(2).says(says).says("try: ");
    run(bursar().args(["migrate", "lint", "--source"]).arg(source)).exits(2).says(says);
    assert_eq!(db.value("SELECT to_regnamespace('bursar')"), "NULL");
}

#[test]
fn folders_of_atlas_and_liquibase_are_left_to_them() {
    let db = Db::new(Template::Empty);
    let gift = "CREATE TABLE gift (id int);";
    let wipe = "DELETE FROM gift;";
    let master = "databaseChangeLog:\n  - changeSet: {id: 1, author: me, context: test, changes: [{sqlFile: {path: changes/2_wipe.sql}}]}\n";
    for (says, files) in [
        ("is a folder of Atlas", &[("20260101000000_a.sql", gift), ("atlas.sum", "h1:x=\n")][..]),
        ("is a folder of Atlas", &[("atlas.sum", "h1:x=\n"), ("1-a.sql", gift)]),
        ("2_b.sql:1 is a line of Atlas", &[("1_a.sql", gift), ("2_b.sql", "-- atlas:checkpoint\n\nDELETE FROM gift;")]),
        ("1_a.sql:1 is a line of Atlas", &[("1_a.sql", "-- atlas:txmode none\n\nVACUUM;")]),
        ("1_a.sql:1 is a line of Atlas", &[("1_a.sql", "-- atlas:delimiter \\n\\n\nSELECT 1;")]),
        ("is a folder of Liquibase", &[("1_a.sql", gift), ("2_wipe.sql", wipe), ("db.changelog-master.yaml", master)]),
        ("is a folder of Liquibase", &[("1_a.sql", gift), ("changes.json", "{\"databaseChangeLog\": []}")]),
        (
            "is a folder of Liquibase",
            &[("1_a.sql", gift), ("db.changelog-master.xml", "<?xml?>\n<databaseChangeLog/>")],
        ),
        ("is a folder of Liquibase", &[("1_a.sql", gift), ("db.changelog-master.sql", "--liquibase formatted sql\n")]),
    ] {
        let source = folder(files);
        is_refused(&db, source.path(), says);
    }
    // The list of the changes is one above them.
    let source =
        folder(&[("changes/1_a.sql", gift), ("changes/2_wipe.sql", wipe), ("db.changelog-master.yaml", master)]);
    is_refused(&db, &source.path().join("changes"), "is a folder of Liquibase");
    // Atlas keeps its sums beside the files of other tools too, and whoever lints with it runs them elsewhere.
    for files in [
        &[("1_a.up.sql", gift), ("1_a.down.sql", "DROP TABLE gift;"), ("atlas.sum", "h1:x=\n")][..],
        &[("1_b.sql", "-- +goose Up\nSELECT 1;"), ("atlas.sum", "h1:x=\n")],
        &[("1_c.sql", "-- atlas:nolint\nSELECT 1;"), ("package.json", "{}"), ("k.yaml", "a: 1\n")],
    ] {
        let db = Db::new(Template::Bursar);
        let source = folder(files);
        run(bursar().args(["migrate", "up", "--yes", "-d", &db.url(), "--source"]).arg(source.path())).ok();
    }
}

#[test]
fn a_placeholder_of_flyway_is_found_behind_what_is_none() {
    let db = Db::new(Template::Empty);
    let text = "-- a price such as ${ is no placeholder\nINSERT INTO t VALUES ($${apiUrl}$$);";
    is_refused(&db, folder(&[("V1__a.sql", text)]).path(), "V1__a.sql:2:24 is a placeholder of Flyway");
}

#[test]
fn the_two_ways_of_a_pair_that_is_named_otherwise_are_told() {
    let db = Db::new(Template::Empty);
    let (made, dropped) = ("CREATE TABLE gift (id int);", "DROP TABLE gift;");
    for (up, down) in [
        ("1_a_up.sql", "1_a_down.sql"),
        ("20260101000000-a-up.sql", "20260101000000-a-down.sql"),
        // As one who gives the later one a version of its own has it.
        ("1_a_up.sql", "2_a_down.sql"),
        ("1_a.sql", "1_a_down.sql"),
        ("1-a.sql", "1-a-rollback.sql"),
    ] {
        let source = folder(&[(up, made), (down, dropped)]);
        is_refused(&db, source.path(), &format!("{down} is named as the way back of "));
    }
    // Names that only end so are names.
    let db = Db::new(Template::Bursar);
    let source = folder(&[
        ("1_scale_up.sql", made),
        ("2_shut_down.sql", "SELECT 1;"),
        ("3_a_down.sql", dropped),
        ("4_a.sql", "SELECT 1;"),
    ]);
    run(bursar().args(["migrate", "up", "--yes", "-d", &db.url(), "--source"]).arg(source.path())).ok();
}

#[test]
fn a_file_that_golang_migrate_passes_over_is_told() {
    let db = Db::new(Template::Empty);
    let pair = [("000001_a.up.sql", "SELECT 1;"), ("000001_a.down.sql", "SELECT 1;")];
    let scratch = ("000002_scratch.sql", "SELECT 2;");
    for more in [("README.md", ""), ("20260101000000_b.up.sql", "SELECT 3;")] {
        let source = folder(&[pair[0], pair[1], scratch, more]);
        is_refused(&db, source.path(), "000002_scratch.sql is passed over by golang-migrate");
    }
}

#[test]
fn a_pair_goes_up_and_back_whatever_its_comments_say() {
    let db = Db::new(Template::Empty);
    let (made, dropped) = ("CREATE TABLE gift (id int);", "DROP TABLE gift;");
    let (up, down) = (format!("-- Up Migration\n{made}"), format!("-- Down Migration\n{dropped}"));
    let golang = [
        ("000001_gift.up.sql", up.as_str()),
        ("000001_gift.down.sql", &down),
        ("README.md", "-- +goose Down"),
        ("snapshots/up.sql", ""),
    ];
    let prisma = [("1_a/migration.sql", made), ("1_a/down.sql", dropped)];
    // Flyway takes a version without a description.
    let flyway = [("V1__a.sql", "SELECT 1;"), ("V2.sql", made), ("U2.sql", dropped)];
    for files in [&golang[..], &prisma, &flyway] {
        let files = folder(files);
        let source = files.path().to_str().unwrap();
        run(bursar().args(["migrate", "up", "--yes", "--source", source, "-d", &db.url()])).ok();
        run(bursar().args(["migrate", "status", "--check", "--source", source, "-d", &db.url()])).ok();
        assert_eq!(db.value("SELECT to_regclass('gift')"), "gift");
        run(bursar().args(["migrate", "down", "--yes", "--source", source, "-d", &db.url()])).ok();
        assert_eq!(db.value("SELECT to_regclass('gift')"), "NULL");
    }
}

#[test]
fn the_first_migration_of_a_folder_is_made_in_an_empty_one() {
    let files = folder(&[]);
    run(bursar().args(["migrate", "new", "gift", "--source"]).arg(files.path())).ok();
    let other = folder(&[("1_orders.sql", "-- migrate:up\nSELECT 1;\n")]);
    run(bursar().args(["migrate", "new", "gift", "--source"]).arg(other.path()))
        .exits(2)
        .says("another format (dbmate)");
    assert_eq!(std::fs::read_dir(other.path()).unwrap().count(), 1);
}
