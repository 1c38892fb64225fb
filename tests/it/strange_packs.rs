//! A pack that is not built in: what its queries try, as whom it may run, and what the server then refuses.

use std::path::{Path, PathBuf};

use crate::support::{Db, Ran, Template, bursar, run, turn};

/// A pack with one check, whose query selects this.
fn pack(folder: &Path, name: &str, expression: &str) -> PathBuf {
    let pack = folder.join(name);
    std::fs::create_dir_all(pack.join("checks")).unwrap();
    let manifest = format!(
        "name = \"{name}\"\ntitle = \"{name}\"\nschema = \"public\"\ndetect = [\"users.star_balance\"]\ntables = [\"users\"]\n[thresholds]\nfuture_tolerance_secs = 300\n"
    );
    std::fs::write(pack.join("pack.toml"), manifest).unwrap();
    let check = format!(
        "-- title: t\n-- severity: error\n-- reads: users\n-- why: w\n-- cause: c\n-- remedy: r\nSELECT 'users' AS table_name, ({expression})::text AS key, NULL::text AS account, NULL::text AS unit, NULL::text AS expected, NULL::text AS actual, 'm' AS message"
    );
    std::fs::write(pack.join("checks/a.b.sql"), check).unwrap();
    pack
}

/// What a stranger's query tries, and whether the server's refusal of it is to be seen.
const TRIES: &[(&str, &str)] = &[
    ("dblink", "public.dblink_exec('dbname=' || current_database(), 'UPDATE users SET star_balance = 999')"),
    ("export", "lo_export(1, '/tmp/bursar-planted')"),
    ("file", "left(pg_read_file('/etc/passwd'), 4)"),
    ("folder", "(SELECT count(*) FROM pg_ls_dir('/'))"),
    ("reload", "pg_reload_conf()"),
    (
        "terminate",
        "(SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND usename = 'PEER')",
    ),
    ("role", "set_config('role', 'SUPER', false)"),
    ("session", "set_config('session_authorization', 'SUPER', false)"),
    ("writable", "set_config('transaction_read_only', 'off', false)"),
    ("write", "(SELECT count(*) FROM query_to_xml('UPDATE users SET star_balance = 999', true, true, ''))"),
    ("object", "lo_from_bytea(4711, 'x')"),
    ("nextval", "(SELECT nextval('public.planted'))"),
    ("commit", "1) FROM users; COMMIT; UPDATE users SET star_balance = 999; SELECT (1"),
];

fn try_of(expression: &str, superuser: &str) -> String {
    expression.replace("SUPER", superuser).replace("PEER", superuser)
}

#[test]
fn a_superuser_runs_no_pack_of_a_folder_unless_it_is_trusted() {
    let db = Db::new(Template::Seeded("mimivibe"));
    let folder = tempfile::tempdir().unwrap();
    let mine = pack(folder.path(), "mine", "pg_advisory_lock(4711)");
    let app = mine.to_str().unwrap();
    for command in [&["audit"][..], &["audit", "--only", "a.b"]] {
        let mut arguments = command.to_vec();
        arguments.extend(["--app", app]);
        db.bursar(&arguments).exits(4).says("a pack is code").says("is a superuser").says("--trust-pack");
    }
    // It is read, and compared with the database, without being run.
    db.bursar(&["pack", "show", app]).ok();
    db.bursar(&["pack", "check", app]).exits(6);
    db.bursar(&["audit", "--app", app, "--trust-pack"]).exits(3);
    // The built-in ones are bursar's own.
    db.bursar(&["audit"]).ok();
    // Rights that are as good.
    for right in ["pg_execute_server_program", "pg_write_server_files", "pg_read_server_files", "pg_signal_backend"] {
        let role = format!("{}_r", db.name);
        db.sql(&format!("CREATE ROLE {role} LOGIN PASSWORD 'x' BYPASSRLS IN ROLE {right}, pg_read_all_data"));
        let ran = run(bursar().args(["audit", "--app", app]).env("DATABASE_URL", db.url_as(&role))).exits(4);
        db.sql(&format!("DROP ROLE {role}"));
        ran.says(&format!("may act as {right}"));
    }
}

#[test]
fn what_a_strangers_pack_tries_is_refused_or_harms_nothing() {
    let db = Db::new(Template::Seeded("mimivibe"));
    db.sql("CREATE EXTENSION dblink SCHEMA public; CREATE SEQUENCE public.planted; GRANT ALL ON SEQUENCE public.planted TO PUBLIC");
    let (auditor, owner) = (format!("{}_aud", db.name), format!("{}_own", db.name));
    db.sql(&format!(
        "CREATE ROLE {auditor} LOGIN PASSWORD 'x' IN ROLE bursar_auditor; CREATE ROLE {owner} LOGIN PASSWORD 'x';
         ALTER DATABASE {} OWNER TO {owner}; GRANT ALL ON ALL TABLES IN SCHEMA public TO {owner}",
        db.name
    ));
    let superuser = db.value("SELECT session_user");
    let folder = tempfile::tempdir().unwrap();
    let state = || {
        db.value("SELECT concat((SELECT sum(star_balance) FROM users), ' ', (SELECT last_value FROM planted), ' ', (SELECT count(*) FROM pg_largeobject_metadata), ' ', (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 4711 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())))")
    };
    let before = state();
    // Somebody else's session, which has to live on.
    let mut bystander = crate::support::wait(db.connect());
    for (who, login) in [&auditor, &owner].into_iter().enumerate() {
        for (n, (name, expression)) in TRIES.iter().enumerate() {
            // Each is tried as one of the two.
            if !turn(n + who, 2) {
                continue;
            }
            let mine = pack(folder.path(), name, &try_of(expression, &superuser));
            let ran: Ran = run(bursar()
                .args(["audit", "--only", "a.b", "-o", "json", "--app", mine.to_str().unwrap()])
                .env("DATABASE_URL", db.url_as(login)));
            assert!([2, 3, 6].contains(&ran.code), "{login}: {name}: {ran:?}");
            // A finding would say that the call was made; a file or a role would be in it.
            let harmless = ["terminate", "writable", "object"];
            assert!(ran.code != 3 || harmless.contains(name), "{login}: {name}: {ran:?}");
            assert!(!ran.stdout.contains("root"), "{login}: {name}: {ran:?}");
            assert_eq!(state(), before, "{login}: {name}");
        }
        let lock = pack(folder.path(), "lock", "pg_advisory_lock(4711)");
        run(bursar().args(["audit", "--app", lock.to_str().unwrap()]).env("DATABASE_URL", db.url_as(login)));
        assert_eq!(state(), before, "{login}: the lock goes with the connection");
    }
    crate::support::wait(sqlx::query("SELECT 1").execute(&mut bystander)).unwrap();
    drop(bystander);
    assert!(!Path::new("/tmp/bursar-planted").exists());
    db.sql(&format!("ALTER DATABASE {} OWNER TO CURRENT_USER; DROP OWNED BY {auditor}, {owner}; DROP ROLE {auditor}; DROP ROLE {owner}", db.name));
}
