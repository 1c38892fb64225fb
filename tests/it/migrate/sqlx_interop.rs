//! sqlx's own runner and bursar take turns on one database, and each finds what the other did as its own.

use sqlx::migrate::Migrator;

use super::Project;
use crate::support::{Db, Template, file, wait};

const PAIRS: [(&str, &str); 7] = [
    ("20250101000000_users.up.sql", "CREATE TABLE users (id int);\n"),
    ("20250101000000_users.down.sql", "DROP TABLE users;\n"),
    ("20250102000000_gift_cards.up.sql", "CREATE TABLE gift_cards (id int);\n"),
    ("20250102000000_gift_cards.down.sql", "DROP TABLE gift_cards;\n"),
    ("20250103000000_index.up.sql", "-- no-transaction\nCREATE INDEX CONCURRENTLY gift_cards_id ON gift_cards (id);\n"),
    ("20250103000000_index.down.sql", "-- no-transaction\nDROP INDEX CONCURRENTLY gift_cards_id;\n"),
    ("20250104000000_no_way_back.up.sql", "CREATE TABLE more (id int);\r\n"),
];

const FIRST: i64 = 20_250_101_000_000;
const SECOND: i64 = 20_250_102_000_000;

/// Every row of the history, but for when and how long.
fn rows(db: &Db, history: &str) -> Vec<String> {
    let rows = db.value(&format!(
        "SELECT string_agg(concat_ws('|', version, description, success, encode(checksum, 'hex'), execution_time > 0, installed_on <= now()), E'\\n' ORDER BY version) FROM {history}"
    ));
    rows.lines().map(str::to_owned).collect()
}

fn columns(db: &Db) -> String {
    db.value("SELECT string_agg(concat_ws(' ', attname, format_type(atttypid, atttypmod), attnotnull, pg_get_expr(adbin, adrelid)), ', ' ORDER BY attnum) FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum WHERE attrelid = '_sqlx_migrations'::regclass AND attnum > 0")
}

fn run_to(project: &Project, target: i64) {
    let migrator = project.migrator();
    wait(async { migrator.run_to(target, &mut project.db.connect().await).await }).unwrap();
}

fn undo(project: &Project, target: i64) {
    let migrator = project.migrator();
    wait(async { migrator.undo(&mut project.db.connect().await, target).await }).unwrap();
}

#[test]
fn either_goes_on_where_the_other_stopped_and_the_rows_are_the_same() {
    let [sqlx, bursar, then_bursar, then_sqlx] = [(); 4].map(|()| Project::new(&PAIRS));
    sqlx.by_sqlx().unwrap();
    bursar.up(&[]).ok();
    run_to(&then_bursar, SECOND);
    let ran = then_bursar.up(&[]).ok();
    assert!(ran.stdout.ends_with("applied 2 migrations\n"), "{}", ran.stdout);
    then_sqlx.up(&["--to", &SECOND.to_string()]).ok();
    then_sqlx.by_sqlx().unwrap();

    let expected = rows(&sqlx.db, "_sqlx_migrations");
    assert_eq!(expected.len(), 4);
    assert_eq!(columns(&sqlx.db), columns(&bursar.db));
    for project in [&bursar, &then_bursar, &then_sqlx] {
        assert_eq!(rows(&project.db, "_sqlx_migrations"), expected);
        // Neither has anything left to do, nor anything to say against it.
        assert_eq!(project.up(&[]).ok().stdout, "nothing is pending\n");
        project.by_sqlx().unwrap();
        assert_eq!(rows(&project.db, "_sqlx_migrations"), expected);
    }
    // And the next one.
    let next = [("20250105000000_next.sql", "CREATE TABLE next (id int)")];
    bursar.write(&next);
    bursar.by_sqlx().unwrap();
    assert_eq!(bursar.db.value("SELECT to_regclass('next') IS NOT NULL"), "true");
    assert_eq!(bursar.up(&[]).ok().stdout, "nothing is pending\n");
    sqlx.write(&next);
    sqlx.up(&[]).ok();
    sqlx.by_sqlx().unwrap();
    assert_eq!(rows(&sqlx.db, "_sqlx_migrations"), rows(&bursar.db, "_sqlx_migrations"));
}

#[test]
fn either_takes_back_what_the_other_applied() {
    let pairs = &PAIRS[..6];
    let (by_sqlx, by_bursar) = (Project::new(pairs), Project::new(pairs));
    by_sqlx.by_sqlx().unwrap();
    let to = FIRST.to_string();
    crate::support::run(&mut by_sqlx.command("down", &["--to", &to, "--yes"])).ok();
    by_bursar.up(&[]).ok();
    undo(&by_bursar, FIRST);
    for project in [&by_sqlx, &by_bursar] {
        assert_eq!(project.history(), to);
        assert_eq!(project.db.value("SELECT to_regclass('gift_cards')"), "NULL");
        // There and back again, the other way round.
        project.up(&[]).ok();
        undo(project, SECOND);
        project.by_sqlx().unwrap();
        crate::support::run(&mut project.command("down", &["--steps", "3", "--yes"])).ok();
        assert_eq!(project.history(), "");
        project.by_sqlx().unwrap();
        assert_eq!(project.up(&[]).ok().stdout, "nothing is pending\n");
    }
}

#[test]
fn the_migrations_that_are_shipped_are_sqlxs_too() {
    let directory = file("migrations/mimivibe");
    let migrator = wait(Migrator::new(directory.as_path())).unwrap();
    let expected = Db::new(Template::Migrated("mimivibe"));
    let db = Db::new(Template::Bursar);
    wait(async { migrator.run(&mut db.connect().await).await }).unwrap();
    assert_eq!(rows(&db, "_sqlx_migrations"), rows(&expected, "_sqlx_migrations"));
    let ran = db.bursar(&["migrate", "up", "--source", &directory.display().to_string(), "--yes"]).ok();
    assert_eq!(ran.stdout, "nothing is pending\n");
    // The application's own set is the same; what it has besides are the functions.
    let ran = db.bursar(&["migrate", "up", "--app", "mimivibe", "--yes"]).ok();
    assert!(!ran.stdout.contains("✓ mimivibe 2"), "{}", ran.stdout);
    wait(async { migrator.run(&mut expected.connect().await).await }).unwrap();
    assert_eq!(rows(&db, "_sqlx_migrations"), rows(&expected, "_sqlx_migrations"));
}

#[test]
fn the_history_is_where_the_search_path_says() {
    for sqlx_first in [true, false] {
        let project = Project::new(&PAIRS);
        project.db.sql(&format!(
            "CREATE SCHEMA \"App\"; ALTER ROLE CURRENT_USER IN DATABASE {} SET search_path = \"App\", public",
            project.db.name
        ));
        if sqlx_first {
            run_to(&project, FIRST);
            project.up(&[]).ok();
        } else {
            project.up(&["--to", &FIRST.to_string()]).ok();
            project.by_sqlx().unwrap();
        }
        assert_eq!(rows(&project.db, "\"App\"._sqlx_migrations").len(), 4, "sqlx first: {sqlx_first}");
        assert_eq!(project.db.value("SELECT to_regclass('public._sqlx_migrations')"), "NULL");
        assert_eq!(project.db.value("SELECT to_regclass('\"App\".more') IS NOT NULL"), "true");
        assert_eq!(project.up(&[]).ok().stdout, "nothing is pending\n");
        project.by_sqlx().unwrap();
    }
}
