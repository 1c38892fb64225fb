//! What a directory of one's own asks of the database: a history, and no more where the role may make no more.

use super::Files;
use crate::support::{Db, Template, bursar, run, url};

#[test]
fn a_role_that_owns_one_schema_migrates_it() {
    let db = Db::new(Template::Empty);
    let role = format!("{}_plain", db.name);
    db.sql(&format!(
        "CREATE ROLE {role} LOGIN PASSWORD 'x'; CREATE SCHEMA app AUTHORIZATION {role};
         ALTER ROLE {role} IN DATABASE {} SET search_path = public, app; REVOKE CREATE ON SCHEMA public FROM PUBLIC",
        db.name
    ));
    let url = db.url_as(&role);
    let files = Files::of(&[
        ("1_a", "CREATE TABLE app.a (id int)"),
        ("2_index", "CREATE INDEX CONCURRENTLY a_id ON app.a (id)"),
        ("3_fill", "-- no-transaction\nINSERT INTO app.a VALUES (1), (1);\n"),
    ]);
    files.bursar_at(&url, &["up", "--yes"]).ok().says("bursar's own schema is left out");
    let recorded = || {
        db.value("SELECT string_agg(version || CASE WHEN success THEN '' ELSE '?' END, ' ' ORDER BY version) FROM app._sqlx_migrations")
    };
    assert_eq!((recorded().as_str(), db.value("SELECT to_regnamespace('bursar')").as_str()), ("1 2 3", "NULL"));
    files.bursar_at(&url, &["status", "--check"]).ok();
    files.bursar_at(&url, &["verify"]).ok();
    // A single statement goes on from the history alone.
    files.write("4_unique", "CREATE UNIQUE INDEX CONCURRENTLY a_unique ON app.a (id)");
    files.bursar_at(&url, &["up", "--yes"]).exits(1).says("23505").says("the INVALID index that it left was dropped");
    assert_eq!(recorded(), "1 2 3 4?");
    files.bursar_at(&url, &["status", "--check"]).exits(3);
    db.sql("DELETE FROM app.a");
    files.bursar_at(&url, &["up", "--yes"]).ok();
    assert_eq!(recorded(), "1 2 3 4");
    // Of several, nobody would know how far they came.
    files.write("5_two", "CREATE TABLE app.b (id int);\nCREATE INDEX CONCURRENTLY b_id ON app.b (id);");
    files
        .bursar_at(&url, &["up", "--yes"])
        .exits(4)
        .says("5_two.sql runs its statements one by one")
        .says("nothing was run");
    assert_eq!((recorded().as_str(), db.value("SELECT to_regclass('app.b')").as_str()), ("1 2 3 4", "NULL"));
    files.remove("5_two");
    files.write("5_b.down", "DROP TABLE app.b;");
    files.write("5_b.up", "CREATE TABLE app.b (id int);");
    files.bursar_at(&url, &["up", "--yes"]).ok();
    files.bursar_at(&url, &["down", "--yes"]).ok();
    assert_eq!(recorded(), "1 2 3 4");
    files.remove("5_b.down");
    files.remove("5_b.up");
    db.sql(&format!("DROP OWNED BY {role} CASCADE; DROP ROLE {role}"));

    // Who may make it all can leave it out.
    let other = Db::new(Template::Empty);
    let files = Files::of(&[("1_a", "CREATE TABLE a (id int)")]);
    files.bursar(&other, &["up", "--yes", "--only", "source"]).ok();
    assert_eq!(other.value("SELECT to_regnamespace('bursar')"), "NULL");
    files.bursar(&other, &["status", "--check", "--only", "source"]).ok();
    files.bursar(&other, &["up", "--yes", "--only", "bursar"]).exits(2).says("give --only source");
    files.bursar(&other, &["up", "--yes"]).ok();
    assert_eq!(Files::recorded(&other), "1");
}

#[test]
fn two_projects_in_one_database_have_a_history_each() {
    let db = Db::new(Template::Bursar);
    let (first, second) =
        (Files::of(&[("1_a", "CREATE TABLE a (id int)")]), Files::of(&[("1_b", "CREATE TABLE b (id int)")]));
    first.up(&db).ok();
    let with = |command: &[&str]| second.bursar(&db, &[command, &["--history-table", "second_migrations"]].concat());
    // Without it, the second one is not told that it has been changed.
    second.up(&db).exits(4).says("--history-table");
    with(&["status", "--check"]).exits(3);
    with(&["up", "--yes"]).ok();
    with(&["status", "--check"]).ok();
    assert_eq!(db.value("SELECT description FROM second_migrations"), "b");
    assert_eq!(db.value("SELECT description FROM _sqlx_migrations"), "a");
    second.write("2_c", "SELECT 1;\nSELECT 1 / 0;");
    with(&["up", "--yes"]).exits(1).says("--history-table second_migrations");
    // sqlx's own configuration names it too, and the characters that its checksums leave out.
    let home = tempfile::tempdir().unwrap();
    let (third, toml) = (home.path().join("migrations"), home.path().join("sqlx.toml"));
    std::fs::create_dir(&third).unwrap();
    std::fs::write(third.join("1_t.sql"), "CREATE TABLE third (id int);\n").unwrap();
    let third = |command: &[&str]| {
        run(bursar().arg("migrate").args(command).arg("--source").arg(&third).args(["-d", &db.url()]))
    };
    std::fs::write(&toml, "[migrate]\ntable-name = 'Third'\n").unwrap();
    third(&["status"]).exits(2).says("'Third' in sqlx.toml is no name for a history");
    std::fs::write(&toml, "[migrate]\ntable-name = 'third_migrations'\ncreate-schemas = ['not_there']\n").unwrap();
    third(&["status"]).exits(2).says("CREATE SCHEMA \"not_there\"");
    let ignored = "[migrate]\ntable-name = 'third_migrations'\nignored-chars = [' ', \"\\n\"]\n";
    std::fs::write(&toml, ignored).unwrap();
    third(&["up", "--yes"]).ok();
    let bare =
        "SELECT encode(checksum, 'hex') = encode(sha384('CREATETABLEthird(idint);'), 'hex') FROM third_migrations";
    assert_eq!(db.value(bare), "true");
    std::fs::write(home.path().join("migrations/1_t.sql"), "CREATE  TABLE third\n (id int);").unwrap();
    third(&["status", "--check"]).ok();
    // A schema is no part of what a directory has.
    third(&["status", "--schema", "s"]).exits(2).says("--schema is about an application").says("search_path");
    for wrong in ["Second", "a.b.c", "bursar.x", "x;"] {
        second.bursar(&db, &["status", "--history-table", wrong]).exits(2).says("is no name for a history");
    }
}

#[test]
fn what_the_server_says_of_a_file_is_shown() {
    let db = Db::new(Template::Bursar);
    let files = Files::of(&[(
        "1_a",
        "DO $$ BEGIN RAISE WARNING 'careful, \x1b[31mred'; RAISE NOTICE 'by the way'; END $$;\nCREATE TABLE IF NOT EXISTS a (id int);",
    )]);
    let ran = files.up(&db).ok().says("1_a.sql: careful, \\u{1b}[31mred");
    assert!(!ran.stderr.contains("by the way"), "{ran:?}");
    files.write("2_b", "DO $$ BEGIN RAISE NOTICE 'by the way'; END $$;\n");
    files.bursar(&db, &["up", "--yes", "-v"]).ok().says("2_b.sql: by the way");
}

#[test]
fn a_scratch_server_has_what_the_files_find_in_the_database() {
    let db = Db::new(Template::Bursar);
    let role = format!("{}_reader", db.name);
    db.sql(&format!("CREATE ROLE {role}; CREATE SCHEMA app; ALTER DATABASE {} SET search_path = app", db.name));
    let files = Files::of(&[
        ("1_a", "CREATE TYPE nothing AS ENUM ();\nCREATE TABLE a (id int, n nothing);"),
        ("2_b", &format!("CREATE TABLE app.b (id int);\nGRANT SELECT ON app.b TO {role};")),
    ]);
    files.up(&db).ok();
    assert_eq!(db.value("SELECT to_regclass('app.a') IS NOT NULL"), "true");
    files.bursar(&db, &["verify"]).ok().says(&format!("schema app, role {role}"));
    db.sql("DELETE FROM app._sqlx_migrations");
    files.bursar(&db, &["baseline", "--detect", "--yes", "--scratch", &url("postgres")]).ok();
    assert_eq!(db.value("SELECT count(*) FROM app._sqlx_migrations"), "2");
    files.write("3_c", "SELECT * FROM what_is_not_there;");
    files.bursar(&db, &["verify"]).exits(1).says("--scratch URL");
    db.sql(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
}

#[test]
fn what_up_refuses_plan_refuses_and_a_byte_order_mark_is_skipped() {
    let db = Db::new(Template::Bursar);
    let files = Files::of(&[("1_a", "\u{feff}CREATE TABLE a (id int);"), ("3_c", "SELECT 3;")]);
    files.up(&db).ok();
    files.bursar(&db, &["status", "--check"]).ok();
    files.write("2_b", "SELECT 2;");
    let plan = files.bursar(&db, &["plan"]).exits(4).says("is pending, though a later one was applied");
    assert!(plan.stdout.contains("SELECT 2"), "{plan:?}");
    files.up(&db).exits(4);
    files.write("2_b", "COPY a TO STDOUT;");
    files.bursar(&db, &["up", "--yes", "--allow-out-of-order"]).exits(2).says("2_b.sql:1:1 sends rows to the client");
}
