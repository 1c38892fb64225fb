//! `bursar migrate dump` and `bursar migrate wait`.

use super::Files;
use crate::support::{Db, Template, bursar, run};

#[test]
fn a_dump_goes_on_where_the_database_stood() {
    let (db, copy) = (Db::new(Template::Bursar), Db::new(Template::Bursar));
    let files = Files::of(&[
        ("1_a", "CREATE TABLE a (id int PRIMARY KEY);\nCREATE TABLE gate (id int);\nREVOKE ALL ON a FROM PUBLIC;"),
        ("2_it's", "CREATE VIEW v AS SELECT id FROM a;"),
    ]);
    files.up(&db).ok();
    let first = files.bursar(&db, &["dump"]).ok().stdout;
    assert!(first.contains("CREATE TABLE public.a") && !first.contains("SCHEMA bursar"), "{first}");
    for line in ["-- Dumped", "\\restrict", "\\unrestrict", "OWNER TO"] {
        assert!(!first.contains(line), "{first}");
    }
    // A file is replaced in one step, and is the same while the schema is.
    let file = files.path().join("schema.dump");
    let path = file.to_str().unwrap();
    std::fs::write(&file, "before").unwrap();
    files.bursar(&db, &["dump", "--write", path]).ok().says("wrote the schema of");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), first);
    // Loaded elsewhere, nothing is pending, and the schema is that of the files.
    copy.sql(&first);
    files.bursar(&copy, &["status", "--check"]).ok();
    assert_eq!(copy.value("SELECT description FROM public._sqlx_migrations WHERE version = 2"), "it's");
    // Half a schema is not written, and the file stays.
    files.write("3_c", "-- no-transaction\nCREATE TABLE c (id int);\nSELECT 1 / (SELECT count(*) FROM gate);");
    files.up(&db).exits(1);
    files.bursar(&db, &["dump", "--write", path]).exits(4).says("migration 3 of source is begun and not finished");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), first);
    db.sql("INSERT INTO gate VALUES (1)");
    files.up(&db).ok();
    // Who may not read the tables is told so, and the password is no argument of a program.
    let (_, url) =
        super::reader(&db, "GRANT USAGE ON SCHEMA public TO ROLE; GRANT SELECT ON public._sqlx_migrations TO ROLE");
    let url = format!("{url}{}password=x", if url.contains('?') { '&' } else { '?' });
    let tools = tempfile::tempdir().unwrap();
    let fake = |body: &str| {
        use std::os::unix::fs::PermissionsExt as _;
        let path = tools.path().join("pg_dump");
        std::fs::write(&path, format!("#!/bin/sh\n[ \"$1\" = --version ] && echo 'pg_dump (PostgreSQL) {body}\n"))
            .unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    };
    let dump = || {
        let mut command = bursar();
        command.args(["migrate", "dump", "--source", files.name(), "-d", &url]).env("BURSAR_PG_BIN", tools.path());
        run(&mut command)
    };
    dump().exits(4).says("no pg_dump was found").says("postgresql-client");
    fake("9.6' && exit; exit 1");
    dump().exits(4).says("or newer is needed for this server, and the newest here is 9.6");
    fake("99.0' && exit; echo \"$@\"; echo \"$PGPASSWORD\" >&2; [ \"$PGPASSWORD\" = x ] || exit 1");
    let ran = dump().ok();
    assert!(ran.stdout.contains("--snapshot=") && !ran.stdout.contains("postgres://"), "{ran:?}");
    fake("99.0' && exit; echo 'pg_dump: error: permission denied for table a' >&2; exit 1");
    dump().exits(4).says("permission denied for table a").says("owner of the tables");
}

#[test]
fn wait_ends_when_the_server_answers_and_not_before() {
    let db = Db::new(Template::Empty);
    let wait = |url: &str, limit: &str| run(bursar().args(["migrate", "wait", "--wait", limit, "-d", url]));
    wait(&db.url(), "5s").ok().says("answers");
    // Nobody listens there.
    let nobody = format!("postgres://postgres@{}/x", "127.0.0.1:1");
    wait(&nobody, "600ms").exits(5).says("waited 600ms").says("--wait");
    // An answer is an answer, whatever it says.
    let begun = std::time::Instant::now();
    let missing = db.url().replace(&db.name, "not_there");
    wait(&missing, "60s").exits(5).says("3D000");
    assert!(begun.elapsed().as_secs() < 30);
}

#[test]
fn a_body_is_dumped_as_it_is() {
    let db = Db::new(Template::Bursar);
    let body = "a\n\n\n\n-- Dumped by pg_dump version 15\n\\restrict x\r\n\r\n\r\n-- Dumped from database version 1\n\\unrestrict x\nb";
    db.sql(&format!(
        "CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $f$SELECT '{body}'$f$; COMMENT ON FUNCTION f() IS '{body}'"
    ));
    let text = "SELECT md5(f() || obj_description('f'::regproc))";
    let (before, files) = (db.value(text), Files::of(&[("1_a", "CREATE TABLE a (id int)")]));
    files.up(&db).ok();
    let dump = files.bursar(&db, &["dump"]).ok().stdout;
    assert_eq!(dump.matches(body).count(), 2, "{dump}");
    let copy = Db::new(Template::Bursar);
    copy.sql(&dump);
    assert_eq!(copy.value(&text.replace("f()", "public.f()").replace("'f'", "'public.f'")), before);
}
