//! `bursar doctor`: each line says how things are, and what to do where they are wrong.

use serde_json::Value;

use crate::connection::{PASSWORD, SECURED};
use crate::inspect::standby::PAIR;
use crate::inspect::{OTHER, Plain};
use crate::support::pooler::Pooler;
use crate::support::terminal::{Terminal, USUAL, WIDE, has_colour, plain};
use crate::support::{Db, Patience, Ran, Template, bursar, connect, run, wait};

/// The lines of a run, each as its verdict, what was found, and what to do.
#[track_caller]
fn lines(ran: &Ran) -> Vec<(String, String)> {
    let report: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|e| panic!("{e}: {ran:?}"));
    assert_eq!((&report["schema_version"], &report["command"]), (&1.into(), &"doctor".into()));
    let of = |line: &Value, key: &str| line[key].as_str().unwrap_or_default().to_owned();
    let lines = report["lines"].as_array().unwrap().iter();
    lines.map(|l| (of(l, "what"), format!("{}: {} → {}", of(l, "verdict"), of(l, "found"), of(l, "fix")))).collect()
}

/// One line; each comes once.
#[track_caller]
fn line(ran: &Ran, what: &str) -> String {
    let found: Vec<String> = lines(ran).into_iter().filter(|(w, _)| w == what).map(|(_, text)| text).collect();
    assert_eq!(found.len(), 1, "{what}: {found:?} in {ran:?}");
    found[0].clone()
}

/// A line has to begin so, and to say this.
#[track_caller]
fn says(ran: &Ran, what: &str, verdict: &str, text: &str) {
    let line = line(ran, what);
    assert!(line.starts_with(verdict) && line.contains(text), "{what}: '{line}' is not {verdict}, {text}");
}

fn asked(db: &Db) -> Ran {
    db.bursar(&["doctor", "-o", "json"])
}

#[test]
fn a_database_that_is_set_up_is_well() {
    let db = Db::new(Template::Seeded("mimivibe"));
    let ran = asked(&db).ok();
    says(&ran, "database", "ok", "from DATABASE_URL");
    says(&ran, "server", "ok", "PostgreSQL");
    says(&ran, "writes", "ok", "primary");
    says(&ran, "role", "warn", "superuser");
    says(&ran, "tls", "ok", "on this machine");
    says(&ran, "pooler", "ok", "no");
    says(&ran, "clock", "ok", "within");
    says(&ran, "pack", "ok", "mimivibe, because the database has users.star_balance");
    says(&ran, "tables", "ok", "may read");
    says(&ran, "row security", "ok", "hides nothing");
    for what in ["bursar's schema", "migrations", "functions", "protection"] {
        says(&ran, what, "ok", "");
    }
    says(&ran, "gateways", "warn: none is configured", "STRIPE_SECRET_KEY");
    says(&ran, "terminal", "ok", "--yes");
    let named = db.bursar(&["doctor", "-o", "json", "--app", "mimivibe"]).ok();
    says(&named, "pack", "ok", "because --app names it");
    let table = db.bursar(&["doctor"]).ok().stdout;
    assert!(table.contains("! warn  role") && table.contains("→ connect as a role of bursar_support"), "{table}");
}

#[test]
fn what_cannot_be_reached_is_wrong_and_the_rest_is_still_looked_at() {
    let ran = run(bursar().args(["doctor", "-o", "json"])).exits(3);
    says(&ran, "database", "fail: no database was named", "--database-url");
    says(&ran, "gateways", "ok", "");
    let ran = run(bursar().args(["doctor", "-o", "json", "-d", "postgres://u:s3cr3t@127.0.0.1:1/x"])).exits(3);
    says(&ran, "database", "ok", "postgres://u@127.0.0.1:1/x, from the --database-url flag");
    says(&ran, "connection", "fail: cannot connect", "is the server running there?");
    says(&ran, "terminal", "ok", "");
    let ran = run(bursar().args(["doctor", "--env", "nowhere", "-o", "json"])).exits(3);
    says(&ran, "database", "fail", "nowhere");
    // One that takes the connection and says nothing has not answered.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgres://u@{}/x", silent.local_addr().unwrap());
    let ran = run(bursar().args(["doctor", "-o", "json", "--connect-timeout", "300ms", "-d", &url])).exits(5);
    says(&ran, "connection", "fail: cannot connect", "no answer within 300ms");
    says(&ran, "terminal", "ok", "");
}

#[test]
fn a_role_with_few_rights_is_told_what_it_may_not_and_is_not_wrong() {
    let db = Db::new(Template::Migrated("mimivibe"));
    let role = Plain::new(&db);
    let ran = role.bursar(&["doctor", "-o", "json"]).ok();
    says(&ran, "role", "ok", "has no rights of bursar's");
    says(&ran, "tables", "warn: role ", "may not read public.job_attempts, public.jobs, public.payments");
    says(&ran, "tables", "warn: role ", &format!("GRANT bursar_auditor TO {};", role.name));
    says(&ran, "bursar's schema", "skipped", "may not see what was applied");
    says(&ran, "migrations", "skipped", "may not see what was applied");
    says(&ran, "functions", "skipped", "");
    says(&ran, "protection", "ok", "");
    // It may read a table now, of which it sees no row.
    db.sql(&format!("GRANT SELECT ON users TO {}", role.name));
    says(
        &role.bursar(&["doctor", "-o", "json"]).ok(),
        "row security",
        "warn: may hide rows of users",
        "bursar_auditor",
    );
    // Whom doctor itself recommends for daily work.
    db.sql(&format!("REVOKE SELECT ON users FROM {0}; GRANT bursar_support TO {0}", role.name));
    let ran = role.bursar(&["doctor", "-o", "json"]).ok();
    says(&ran, "role", "ok", "may do what bursar_support may");
    says(&ran, "functions", "ok", "are installed");
    says(&ran, "migrations", "skipped", "");
}

#[test]
fn what_the_schema_lacks_is_told_with_the_command_that_brings_it() {
    let db = Db::new(Template::Empty);
    let ran = asked(&db).ok();
    says(&ran, "pack", "warn: this database fits no pack", "bursar migrate up --app");
    says(&ran, "protection", "ok", "");
    let ran = db.bursar(&["doctor", "-o", "json", "--app", "mimivibe"]).ok();
    says(&ran, "tables", "warn: 7 of the pack's 7 are not there", "bursar migrate up --app mimivibe");
    says(&ran, "bursar's schema", "warn: is not there", "bursar migrate up --only bursar");
    says(&ran, "migrations", "warn: is not there", "bursar migrate up --app mimivibe");

    let db = Db::new(Template::Migrated("mimivibe"));
    db.sql(
        "SET session_replication_role = replica;
         CREATE TEMP TABLE last AS SELECT * FROM bursar._migrations ORDER BY version DESC LIMIT 1;
         DELETE FROM bursar._migrations WHERE version = (SELECT version FROM last);",
    );
    says(&asked(&db).ok(), "bursar's schema", "warn: 1 of bursar is pending", "bursar migrate up --only bursar");
    let newer = Db::new(Template::Migrated("mimivibe"));
    newer.sql(
        "SET session_replication_role = replica;
         INSERT INTO bursar._migrations SELECT 99990101000000, description, installed_on, success, checksum, execution_time FROM bursar._migrations LIMIT 1",
    );
    says(
        &asked(&newer).ok(),
        "bursar's schema",
        "warn: applied by another version of bursar: 1 migration of bursar",
        "as new as",
    );
    let changed = Db::new(Template::Migrated("mimivibe"));
    changed.sql("SET session_replication_role = replica; UPDATE bursar._migrations SET checksum = '\\x00' WHERE version = (SELECT max(version) FROM bursar._migrations)");
    says(
        &asked(&changed).ok(),
        "bursar's schema",
        "warn: changed after it was applied: 1 migration of bursar",
        "bursar migrate status",
    );
    // What guards bursar's own tables is compared with what its migrations left.
    let weak = Db::new(Template::Migrated("mimivibe"));
    weak.sql(
        "ALTER TABLE bursar.operations DISABLE TRIGGER ALL; GRANT USAGE ON SCHEMA bursar TO PUBLIC;
         DO $$ BEGIN EXECUTE (SELECT format('GRANT EXECUTE ON FUNCTION %s TO PUBLIC', p.oid::regprocedure) FROM pg_proc p
                               WHERE p.pronamespace = 'bursar'::regnamespace ORDER BY p.proname LIMIT 1); END $$",
    );
    let ran = asked(&weak).exits(3);
    says(&ran, "schema", "fail: bursar's own schema is not as its migrations left it", "bursar audit --only schema");
    says(&ran, "schema", "fail", " of bursar.operations");
    says(&ran, "rights", "warn: everybody may use the schema bursar, bursar.", "FROM PUBLIC");
    let without = Db::new(Template::Migrated("mimivibe"));
    without.sql("DELETE FROM bursar.pack_functions");
    says(&asked(&without).ok(), "functions", "warn", "bursar migrate up");
    without.sql("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on', current_database()); END $$");
    says(&asked(&without).ok(), "writes", "warn: default_transaction_read_only", "RESET");
}

/// bursar's own schema is there beside any application, and its guards do not depend on a pack.
#[test]
fn bursars_own_schema_is_looked_at_also_where_no_pack_fits() {
    let db = Db::new(Template::Empty);
    says(&asked(&db).ok(), "bursar's schema", "skipped: is not there", "");
    let files = tempfile::tempdir().unwrap();
    std::fs::write(files.path().join("1_shop.sql"), "CREATE TABLE shop (id int)").unwrap();
    db.bursar(&["migrate", "up", "--source", files.path().to_str().unwrap(), "--yes"]).ok();
    let ran = asked(&db).ok();
    says(&ran, "pack", "warn: this database fits no pack", "");
    says(&ran, "bursar's schema", "ok", "none is pending");
    says(&ran, "schema", "ok: bursar's own schema is as its migrations left it", "");

    db.sql(
        "GRANT UPDATE ON bursar.refunds TO bursar_auditor; ALTER TABLE bursar.operations DISABLE TRIGGER ALL;
         GRANT USAGE ON SCHEMA bursar TO PUBLIC",
    );
    let ran = asked(&db).exits(3);
    says(&ran, "schema", "fail: bursar's own schema is not as its migrations left it", "of bursar.operations");
    says(&ran, "schema", "fail", "grant bursar_auditor UPDATE of bursar.refunds");
    says(&ran, "rights", "warn: everybody may use the schema bursar", "FROM PUBLIC");
    // Without a pack no audit begins, so this remedy has to lead on.
    let remedy = "bursar migrate repair --record-schema --only bursar";
    says(&ran, "schema", "fail", remedy);
    let remedy: Vec<&str> = remedy.split(' ').skip(1).collect();
    db.bursar(&[&remedy[..], &["--yes"]].concat()).ok();
    says(&asked(&db).ok(), "schema", "ok", "");

    db.sql("DELETE FROM bursar.schema_objects WHERE set_name = 'bursar' AND kind = 'constraint'");
    says(
        &asked(&db).ok(),
        "schema",
        "warn: the record of the schema of bursar is not as it was taken",
        "--only bursar",
    );
}

#[test]
fn a_pooler_is_noticed() {
    let db = Db::new(Template::Migrated("mimivibe"));
    let pooler = Pooler::start("transaction", 3);
    let ran = run(bursar().args(["doctor", "-o", "json", "-d", &pooler.url(&db.name)])).ok();
    says(&ran, "pooler", "warn: a transaction pooler is in between", "--migration-url");
    says(&ran, "migrations", "ok", "");
}

#[test]
fn a_pooler_of_each_kind_is_told_with_what_to_do() {
    let db = Db::new(Template::Migrated("mimivibe"));
    let asked = |mode: &str| {
        let pooler = Pooler::start(mode, 3);
        run(bursar().args(["doctor", "-o", "json", "-d", &pooler.url(&db.name)]))
    };
    let ran = asked("session").ok();
    says(&ran, "pooler", "ok: no transaction pooler was found; a session pooler cannot be seen, and does no harm", "");
    let ran = asked("statement").exits(3);
    says(&ran, "connection", "fail: ", "→ the pooler has pool_mode = statement, where no transaction can be had");
}

/// What else serves a database is told by what only that has.
#[test]
fn each_service_is_told_with_what_it_changes() {
    crate::inspect::sql(&OTHER.url("postgres"), "CREATE DATABASE served");
    let url = OTHER.url("served");
    let asked = || run(bursar().args(["doctor", "-o", "json", "-d", &url])).ok();
    let is_hosted = || lines(&asked()).iter().any(|(what, _)| what == "service");
    assert!(!is_hosted());
    let role = |name: &str| [format!("CREATE ROLE {name}"), format!("DROP ROLE {name}")];
    let extension = |name: &str| {
        [
            format!(
                "INSERT INTO pg_extension SELECT 99999, '{name}', extowner, extnamespace, false, '1.0' FROM pg_extension WHERE extname = 'plpgsql'"
            ),
            format!("DELETE FROM pg_extension WHERE extname = '{name}'"),
        ]
    };
    let version = |name: &str| {
        ["sql AS 'SELECT ''PostgreSQL 15 NAME v1'''", "internal AS 'pgsql_version'"].map(|body| {
            format!("CREATE OR REPLACE FUNCTION pg_catalog.version() RETURNS text STABLE LANGUAGE {body}")
                .replace("NAME", name)
        })
    };
    let aurora = [
        "CREATE FUNCTION pg_catalog.aurora_version() RETURNS text LANGUAGE sql AS 'SELECT ''16'''",
        "DROP FUNCTION pg_catalog.aurora_version()",
    ];
    for ([makes, takes], found, changes) in [
        (role("supabase_admin"), "ok: Supabase, as the role supabase_admin tells: ", "port 6543"),
        (role("neon_superuser"), "ok: Neon, as the role neon_superuser tells: ", "-pooler"),
        (aurora.map(str::to_owned), "ok: Amazon Aurora, as the function aurora_version tells: ", "reader endpoint"),
        (role("rds_superuser"), "ok: Amazon RDS, as the role rds_superuser tells: ", "parameter group"),
        (role("alloydbsuperuser"), "ok: AlloyDB, as the role alloydbsuperuser tells: ", "flags of the instance"),
        (role("cloudsqlsuperuser"), "ok: Cloud SQL, as the role cloudsqlsuperuser tells: ", "flags of the instance"),
        (role("azure_pg_admin"), "ok: Azure Database for PostgreSQL, as the role ", "server parameters"),
        (version("CockroachDB"), "warn: CockroachDB, as the version CockroachDB tells: ", "is not PostgreSQL"),
        (version("-YB-"), "warn: YugabyteDB, as the version -YB- tells: ", "is not PostgreSQL"),
        (version("Greenplum"), "warn: Greenplum, as the version Greenplum tells: ", "is not PostgreSQL"),
        (extension("citus"), "ok: Citus, as the extension citus tells: ", "distributed tables"),
        (extension("timescaledb"), "ok: TimescaleDB, as the extension timescaledb tells: ", "hypertable"),
    ] {
        let change = |sql: &str| crate::inspect::sql(&url, &format!("SET allow_system_table_mods = on; {sql}"));
        change(&makes);
        let ran = asked();
        change(&takes);
        says(&ran, "service", found, changes);
    }
    assert!(!is_hosted());
}

/// The clock of this machine is an hour off for bursar alone.
#[cfg(target_os = "linux")]
#[test]
fn a_clock_that_is_off_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let library = folder.path().join("clock.so");
    let source = crate::support::file("scripts/shifted-clock.c");
    run(std::process::Command::new("cc").args(["-O2", "-shared", "-fPIC", "-o"]).arg(&library).arg(source)).ok();
    let db = Db::new(Template::Empty);
    for (seconds, way) in [("3600", "behind"), ("-3600", "ahead of")] {
        let mut command = bursar();
        command.args(["doctor", "-o", "json"]).env("DATABASE_URL", db.url());
        let ran = run(command.env("LD_PRELOAD", &library).env("SHIFTED_SECONDS", seconds));
        says(&ran, "clock", "warn: the server's is 3", &format!(" s {way} this machine's → let both follow NTP"));
    }
}

#[test]
fn no_secret_is_shown_and_tls_is_not_missed_on_this_machine() {
    let admin = OTHER.url("postgres");
    wait(async {
        let mut connection = connect(&admin).await;
        sqlx::raw_sql("CREATE ROLE by_password LOGIN PASSWORD 's3cr3t'").execute(&mut connection).await.unwrap();
    });
    let url = format!("postgres://by_password:s3cr3t@127.0.0.1:{}/postgres", OTHER.port());
    for format in ["json", "table"] {
        let ran = run(bursar()
            .args(["doctor", "-o", format, "-v", "-d", &url])
            .envs([("STRIPE_SECRET_KEY", "sk_test_s3cr3t"), ("PGPASSWORD", "s3cr3t")]))
        .ok();
        assert!(!format!("{}{}", ran.stdout, ran.stderr).contains("s3cr3t"), "{ran:?}");
        if format == "json" {
            says(&ran, "database", "ok", "postgres://by_password@127.0.0.1");
            says(&ran, "tls", "ok: none, and none is needed", "");
            says(&ran, "gateways", "ok: stripe with a key that is test", "");
        }
        // A URL in the wrong place, and a password that somebody has written where the user belongs.
        let ran = run(bursar().args(["doctor", "-o", format, "--env", "postgres://u:s3cr3t@h/x"])).exits(3);
        assert!(ran.stdout.contains("u:***@h") && !ran.stdout.contains("s3cr3t"), "{ran:?}");
        for (url, code) in [
            ("postgres://127.0.0.1:1/db?user=u:s3cr3t".to_owned(), 3),
            (format!("postgres://127.0.0.1:{}/db?user=u:s3cr3t", OTHER.port()), 3),
        ] {
            let ran = run(bursar().args(["doctor", "-o", format, "-v", "-d", &url])).exits(code);
            assert!(!format!("{}{}", ran.stdout, ran.stderr).contains("s3cr3t"), "{ran:?}");
            assert!(ran.stdout.contains("u:***"), "{ran:?}");
        }
    }
}

#[test]
fn half_a_gateway_is_wrong() {
    let db = Db::new(Template::Empty);
    let with = |variables: &[(&str, &str)]| {
        run(bursar().args(["doctor", "-o", "json"]).env("DATABASE_URL", db.url()).envs(variables.iter().copied()))
    };
    says(&with(&[("PAYPAL_CLIENT_ID", "x")]).exits(3), "gateways", "fail: PAYPAL_CLIENT_SECRET is not set", "set both");
    says(&with(&[("STRIPE_SECRET_KEY", "sk_live_s3cr3t")]).ok(), "gateways", "ok", "stripe with a key that is live");
}

#[test]
fn the_file_that_named_the_database_is_told() {
    let db = Db::new(Template::Empty);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bursar.toml");
    std::fs::write(&file, format!("[env.production]\nurl = '{}'\n", db.url())).unwrap();
    let ran = run(bursar().args(["doctor", "--env", "production", "-o", "json"]).current_dir(folder.path())).ok();
    says(&ran, "database", "ok", "from [env.production] in ");
    says(&ran, "database", "ok", "bursar.toml");
}

#[test]
fn both_fit_a_usual_terminal() {
    let db = Db::new(Template::Seeded("mimivibe"));
    db.sql("CREATE INDEX once_more ON users (email, name); CREATE INDEX twice ON users (email, name)");
    for command in ["doctor", "inspect"] {
        let url = db.url();
        let shown =
            Terminal::start((80, 100), &[command, "--color", "never"], &[("DATABASE_URL", &url)]).ends().exits(0);
        let text = plain(&shown.raw);
        let wide: Vec<&str> = text.lines().filter(|l| l.chars().count() > 80).collect();
        assert!(wide.is_empty() && text.lines().count() > 10, "{command}: {wide:#?}\n{text}");
    }
}

#[test]
fn a_wrong_password_is_wrong_and_a_certificate_that_nobody_looked_at_is_told() {
    let with =
        |url: &str, password: &str| run(bursar().args(["doctor", "-o", "json", "-d", url]).env("PGPASSWORD", password));
    let url = SECURED.url("localhost", "sslmode=require");
    let ran = with(&url, "s3cr3t").exits(3);
    says(&ran, "connection", "fail: cannot connect", "password authentication failed");
    says(&ran, "connection", "fail", "→ check the user and the password");
    assert!(!ran.stdout.contains("s3cr3t"), "{ran:?}");
    let ran = with(&url, PASSWORD).ok();
    says(&ran, "tls", "warn: TLSv1", "sslmode=verify-full");
    let verified = format!("sslmode=verify-full&sslrootcert={}", SECURED.authority().display());
    says(&with(&SECURED.url("localhost", &verified), PASSWORD).ok(), "tls", "ok: TLSv1", "certificate was verified");
    let ran = with(&SECURED.url("127.0.0.1", &verified), PASSWORD).exits(3);
    says(&ran, "connection", "fail", "certificate");
}

#[test]
fn a_replica_is_told_and_everything_else_is_looked_at_there_too() {
    let primary = PAIR.primary("doctored");
    crate::inspect::sql(&PAIR.primary("postgres"), "CREATE DATABASE doctored");
    run(bursar().args(["migrate", "up", "--app", "mimivibe", "--yes", "-d", &primary])).ok();
    let replica = PAIR.replica("doctored");
    let mut patience = Patience::new(std::time::Duration::from_millis(200));
    let ran = loop {
        let ran = run(bursar().args(["doctor", "-o", "json", "-d", &replica]));
        if ran.code == 0 && ran.stdout.contains("migrations of mimivibe applied, none is pending") {
            break ran;
        }
        patience.waits_or(|| 0, || format!("the replica has not all yet: {ran:?}"));
    };
    says(&ran, "writes", "warn: this is a replica", "name the primary");
    for what in
        ["server", "pooler", "clock", "pack", "tables", "row security", "migrations", "bursar's schema", "functions"]
    {
        says(&ran, what, "ok", "");
    }
}

#[test]
fn a_terminal_is_told_whether_it_has_colour() {
    let db = Db::new(Template::Migrated("avolve"));
    let url = db.url();
    let on = |variables: &[(&str, &str)], arguments: &[&str]| {
        let variables = [&[("DATABASE_URL", url.as_str())], variables].concat();
        Terminal::start(WIDE, &[&["doctor"], arguments].concat(), &variables).ends().exits(0)
    };
    let shown = on(&[], &[]).shows("questions can be asked; in colour");
    assert!(shown.has_colour() || !plain(&shown.raw).contains("terminal"), "{:?}", shown.raw);
    for (variables, arguments) in
        [(&[("NO_COLOR", "1")][..], &[][..]), (&[("TERM", "dumb")], &[]), (&[], &["--color", "never"])]
    {
        let shown = on(variables, arguments).shows("; without colour");
        assert!(!has_colour(&shown.raw), "{:?}", shown.raw);
    }
    on(&[], &["--no-input"]).shows("no questions: writes need --yes");
    // Nothing is missed where there is nothing to refund.
    on(&[], &[]).shows("none is configured; only refunds need one");
}

/// What changes from run to run, replaced: also where a line broke because of it.
fn golden(text: &str) -> String {
    let mut out = text.replace('\r', "");
    for (pattern, instead) in [
        (r"(?s)database\s+postgres://postgres@.*?DATABASE_URL", "database URL, from DATABASE_URL"),
        (r"(?s)pid \d+ .*a report of postgres waits.*?application_name = …", "WAITS"),
        (r"PostgreSQL \d[^\n\x1b]*", "PostgreSQL VERSION"),
        (r"\d+ migrations of", "N migrations of"),
        (r"within \d\.\d s", "within N s"),
        (r" +\n", "\n"),
    ] {
        out = regex::Regex::new(pattern).unwrap().replace_all(&out, instead).into_owned();
    }
    out
}

/// Each of these at either width, with colour and without, beside what it is to be.
#[track_caller]
fn reads(url: &str, name: &str, arguments: &[&str]) {
    for (width, size) in [("usual", USUAL), ("wide", WIDE)] {
        for colour in ["never", "always"] {
            let arguments = [arguments, &["--color", colour, "-q"]].concat();
            // The height is of no matter, and nothing may be lost above it.
            let shown = Terminal::start((size.0, 200), &arguments, &[("DATABASE_URL", url)]).ends();
            assert_eq!(has_colour(&shown.raw), colour == "always", "{:?}", shown.raw);
            insta::assert_snapshot!(format!("{name}_{width}_{colour}"), golden(&shown.raw));
        }
    }
}

#[test]
fn both_read_well_at_either_width_with_colour_and_without() {
    reads(&Db::new(Template::Migrated("mimivibe")).url(), "doctor", &["doctor"]);
    reads("postgres://nobody@127.0.0.1:1/x", "doctor_of_nothing", &["doctor"]);
    let db = Db::new(Template::Empty);
    db.sql(
        "CREATE TABLE \"gift cards\" (id bigint PRIMARY KEY, code text, note text); GRANT SELECT ON \"gift cards\" TO PUBLIC;
         CREATE INDEX by_code ON \"gift cards\" (code); CREATE INDEX by_code_again ON \"gift cards\" (code);
         CREATE INDEX by_code_and_note_for_those_who_look_for_both ON \"gift cards\" (code, note);
         CREATE MATERIALIZED VIEW unfilled AS SELECT 1 WITH NO DATA;
         CREATE FUNCTION loose() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'; ANALYZE",
    );
    // What others do on the same server is in none of these.
    let topics = ["inspect", "indexes", "functions", "views", "rls", "partitions", "queries", "sequences"];
    reads(&db.url(), "inspect", &topics);
    let mut held = wait(db.connect());
    wait(sqlx::raw_sql("BEGIN; LOCK TABLE \"gift cards\" IN ACCESS EXCLUSIVE MODE").execute(&mut held)).unwrap();
    let mut waiting = wait(db.connect());
    let waits = crate::support::spawn(async move {
        let read = "SET application_name = 'a report'; SELECT FROM \"gift cards\"";
        sqlx::raw_sql(read).execute(&mut waiting).await.map(|_| ())
    });
    let stuck = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while db.value(stuck) != "1" {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    reads(&db.url(), "inspect_locks", &["inspect", "locks"]);
    wait(sqlx::raw_sql("ROLLBACK").execute(&mut held)).unwrap();
    wait(waits).unwrap().unwrap();
}

/// A function of somebody's own that finds temporary objects of its caller first, and who may make such objects.
#[test]
fn functions_that_take_temporary_objects_are_told_and_so_is_who_may_create_them() {
    let db = Db::new(Template::Migrated("mimivibe"));
    says(&asked(&db).ok(), "search paths", "ok", "ends its search path with pg_temp");
    assert!(!lines(&asked(&db).ok()).iter().any(|(what, _)| what == "temporary objects"));
    db.sql(
        "CREATE FUNCTION theirs() RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = '' AS 'SELECT 1';
         CREATE FUNCTION callers() RETURNS int LANGUAGE sql SET search_path = '' AS 'SELECT 1'",
    );
    let ran = asked(&db).ok();
    says(
        &ran,
        "search paths",
        "warn: public.theirs() may take temporary",
        "ALTER FUNCTION public.theirs() SET search_path",
    );
    let revoke = format!("REVOKE TEMP ON DATABASE {} FROM PUBLIC", db.name);
    says(&ran, "temporary objects", "warn: everybody may create them", &revoke);
    db.sql(&revoke);
    let ran = asked(&db).ok();
    says(&ran, "search paths", "warn", "ALTER FUNCTION");
    assert!(!lines(&ran).iter().any(|(what, _)| what == "temporary objects"));
    // A role that may create them and call one is as good as everybody.
    let plain = Plain::new(&db);
    db.sql(&format!("GRANT TEMP ON DATABASE {} TO {}", db.name, plain.name));
    let (may, revoke) = (format!("warn: {} may create them", plain.name), revoke.replace("PUBLIC", &plain.name));
    says(&asked(&db).ok(), "temporary objects", &may, &revoke);
    db.sql("REVOKE EXECUTE ON FUNCTION theirs() FROM PUBLIC");
    assert!(!lines(&asked(&db).ok()).iter().any(|(what, _)| what == "temporary objects"));
    db.sql("ALTER FUNCTION public.theirs() SET search_path = pg_catalog, pg_temp");
    says(&asked(&db).ok(), "search paths", "ok", "");
    // A pack's own function in bursar's schema.
    db.sql("CREATE FUNCTION bursar.own() RETURNS int LANGUAGE sql SET search_path = public AS 'SELECT 1'");
    says(&asked(&db).ok(), "search paths", "warn: bursar.own()", "in the pack's functions/*.sql");
}
