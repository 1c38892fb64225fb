//! The way of a role to its first audit: each remedy that is printed is run as it is printed, and is enough.

use std::path::Path;

use bursar::sandbox::{Binaries, Ephemeral, Options};
use sqlx::AssertSqlSafe;

use crate::support::{Db, Ran, Template, bursar, connect, run, sample, wait};

/// An application with a schema of its own.
const SHOP: &str = "CREATE SCHEMA shop;
    CREATE TABLE shop.wallets (id bigint PRIMARY KEY, balance bigint NOT NULL, created_at timestamptz NOT NULL DEFAULT now());
    CREATE TABLE shop.transactions (id bigint PRIMARY KEY, wallet_id bigint NOT NULL REFERENCES shop.wallets, amount bigint NOT NULL,
        kind text, created_at timestamptz NOT NULL DEFAULT now());
    INSERT INTO shop.wallets VALUES (1, 5); INSERT INTO shop.transactions VALUES (1, 1, 5, 'buy')";

/// A draft of a pack for it.
fn draft(url: &str, folder: &Path) -> String {
    let pack = folder.join("shop");
    run(bursar().args(["pack", "new", "--schema", "shop"]).arg(&pack).env("DATABASE_URL", url)).ok();
    pack.to_str().unwrap().to_owned()
}

/// The statements that were printed.
fn statements(ran: &Ran) -> String {
    let said = format!("{}{}", ran.stdout, ran.stderr);
    let from = said.find("GRANT ").unwrap_or_else(|| panic!("no statement: {ran:?}"));
    let line = said[from..].lines().next().unwrap();
    line[..=line.rfind(';').unwrap_or_else(|| panic!("no end: {ran:?}"))].to_owned()
}

/// A login of a test's own.
struct Login<'a> {
    db: &'a Db,
    name: String,
}

impl<'a> Login<'a> {
    fn new(db: &'a Db, options: &str) -> Self {
        let name = format!("{}_reader", db.name);
        db.sql(&format!("CREATE ROLE {name} LOGIN PASSWORD 'x' {options}"));
        Login { db, name }
    }

    fn bursar(&self, arguments: &[&str]) -> Ran {
        run(bursar().args(arguments).env("DATABASE_URL", self.db.url_as(&self.name)))
    }

    fn drop(self) {
        self.db.sql(&format!("REASSIGN OWNED BY {0} TO CURRENT_USER; DROP OWNED BY {0}; DROP ROLE {0}", self.name));
    }
}

#[test]
fn a_superuser_of_a_fresh_server_is_led_to_a_first_audit() {
    let var = |name: &str| std::env::var_os(name);
    let server = Ephemeral::start(&Binaries::find(&var).unwrap(), &Options::from_env(&var)).unwrap();
    let url = server.url("postgres");
    let psql = |sql: &str| {
        wait(async { sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut connect(&url).await).await }).unwrap();
    };
    let on = |arguments: &[&str]| run(bursar().args(arguments).env("DATABASE_URL", &url));
    psql(SHOP);
    let folder = tempfile::tempdir().unwrap();
    let app = draft(&url, folder.path());
    let refused =
        on(&["audit", "--app", &app]).exits(4).says("`bursar migrate up --only bursar`, then in psql CREATE ROLE");
    on(&["migrate", "up", "--app", &app, "--yes"]).exits(2).says("--only bursar`");
    on(&["migrate", "up", "--only", "bursar", "--app", &app, "--yes"])
        .ok()
        .says("GRANT USAGE ON SCHEMA shop TO bursar_auditor; GRANT SELECT ON shop.transactions, shop.wallets TO bursar_auditor;");
    // What was printed before anything was there.
    let from = refused.stderr.find("CREATE ROLE").unwrap();
    psql(&refused.stderr[from..=refused.stderr.rfind(';').unwrap()]);
    let as_reader = url.replace("user=postgres", "user=reader");
    run(bursar().args(["audit", "--app", &app]).env("DATABASE_URL", &as_reader)).ok().tells("clean");
    // Once the role is there, it is not made again; nor is a login of that name.
    let again = on(&["audit", "--app", &app]).exits(4).says("in psql CREATE ROLE bursar_reader LOGIN");
    assert!(!again.stderr.contains("migrate up") && !again.stderr.contains("GRANT"), "{again:?}");
}

#[test]
fn a_missing_usage_is_named_and_the_printed_grants_end_it() {
    let db = Db::new(Template::Bursar);
    db.sql(SHOP);
    let folder = tempfile::tempdir().unwrap();
    let app = draft(&db.url(), folder.path());
    let reader = Login::new(&db, "IN ROLE bursar_auditor");
    let grants = "GRANT USAGE ON SCHEMA shop TO bursar_auditor; GRANT SELECT ON shop.transactions, shop.wallets TO bursar_auditor;";
    let cause = format!("role {} has no USAGE on schema shop", reader.name);
    for command in [&["audit", "--app", &app][..], &["pack", "check", &app], &["wallet", "show", "1", "--app", &app]] {
        let ran = reader.bursar(command).exits(4).says(grants);
        assert!(ran.stderr.contains("has no USAGE on schema shop"), "{ran:?}");
        assert!(!ran.stderr.contains("does not exist"), "{ran:?}");
    }
    let doctor = reader.bursar(&["doctor", "--app", &app]);
    assert!(doctor.stdout.contains(&cause) && doctor.stdout.contains(grants), "{doctor:?}");
    // The schema alone is not enough, and what is missing still is said.
    db.sql("GRANT USAGE ON SCHEMA shop TO bursar_auditor");
    let select = "GRANT SELECT ON shop.transactions, shop.wallets TO bursar_auditor;";
    assert_eq!(statements(&reader.bursar(&["audit", "--app", &app]).exits(6)), select);
    assert_eq!(statements(&reader.bursar(&["wallet", "show", "1", "--app", &app]).exits(4)), select);
    assert_eq!(statements(&reader.bursar(&["pack", "check", &app]).exits(6)), select);
    db.sql(select);
    reader.bursar(&["audit", "--app", &app]).ok();
    reader.bursar(&["wallet", "show", "1", "--app", &app]).ok();
    let ran = reader.bursar(&["pack", "check", &app]).ok();
    assert!(!ran.stderr.contains("GRANT"), "{ran:?}");
    reader.drop();
}

#[test]
fn rights_of_the_reader_itself_are_not_lost_and_policies_still_hide_nothing() {
    let db = Db::new(Template::Bursar);
    db.sql(SHOP);
    let folder = tempfile::tempdir().unwrap();
    let app = draft(&db.url(), folder.path());
    let reader = Login::new(&db, "IN ROLE bursar_auditor");
    db.sql(&format!(
        "GRANT USAGE ON SCHEMA shop TO {0}; GRANT SELECT ON ALL TABLES IN SCHEMA shop TO {0}",
        reader.name
    ));
    let ran = reader.bursar(&["audit", "--app", &app]).ok();
    assert!(ran.stdout.contains(&format!("as {}", reader.name)), "{ran:?}");
    // Rows that a policy hides are no clean answer, and the printed grants let the auditor read past it.
    db.sql("ALTER TABLE shop.transactions ENABLE ROW LEVEL SECURITY");
    let remedy = statements(&reader.bursar(&["audit", "--app", &app]).exits(6));
    db.sql(&remedy);
    let ran = reader.bursar(&["audit", "--app", &app]).ok();
    assert!(ran.stdout.contains("as bursar_auditor"), "{ran:?}");
    reader.drop();
    // A login that inherits nothing has to see past policies by itself. A draft and its check say that they may not see all.
    let alone = Login::new(&db, "NOINHERIT");
    db.sql(&format!("GRANT USAGE ON SCHEMA shop TO {0}; GRANT SELECT ON ALL TABLES IN SCHEMA shop TO {0}", alone.name));
    let other = folder.path().join("other");
    alone
        .bursar(&["pack", "new", other.to_str().unwrap(), "--schema", "shop"])
        .ok()
        .tells("! row level security may hide rows from this role, so the draft may be wrong: transactions.")
        .tells("? a ledger in transactions, with balances in wallets.balance: nothing could be tried");
    let remedy = format!("ALTER ROLE {} BYPASSRLS;", alone.name);
    alone.bursar(&["pack", "check", &app]).exits(6).says(&remedy);
    let ran = alone.bursar(&["audit", "--app", &app]).exits(6);
    assert!(format!("{}{}", ran.stdout, ran.stderr).contains(&remedy), "{ran:?}");
    db.sql(&remedy);
    alone.bursar(&["audit", "--app", &app, "--only", "ledger"]).ok();
    alone.drop();
}

#[test]
fn the_owner_of_the_tables_is_told_what_bursars_schema_takes() {
    let db = Db::new(Template::Bursar);
    db.sql(SHOP);
    let folder = tempfile::tempdir().unwrap();
    let app = draft(&db.url(), folder.path());
    let owner = Login::new(&db, "");
    db.sql(&format!(
        "ALTER SCHEMA shop OWNER TO {0}; ALTER TABLE shop.wallets OWNER TO {0}; ALTER TABLE shop.transactions OWNER TO {0}",
        owner.name
    ));
    let grant = format!("GRANT bursar_auditor TO {};", owner.name);
    assert_eq!(statements(&owner.bursar(&["audit", "--app", &app]).exits(6)), grant);
    for command in [&["operations", "list"][..], &["settings", "list"], &["refund", "list"]] {
        assert_eq!(statements(&owner.bursar(command).exits(4)), grant);
    }
    db.sql(&grant);
    owner.bursar(&["audit", "--app", &app]).ok();
    owner.bursar(&["operations", "list"]).ok();
    owner.drop();
}

#[test]
fn each_command_that_reads_says_which_rights_are_missing() {
    let db = Db::new(Template::Seeded("mimivibe"));
    let reader = Login::new(&db, "IN ROLE bursar_auditor");
    db.sql("REVOKE USAGE ON SCHEMA public FROM PUBLIC, bursar_auditor");
    let window = ["stats", "payments", "--from", "2026-10-01", "--to", "2026-11-01"];
    let commands = [&["audit"][..], &["payments", "list"], &["jobs"], &["jobs", "list"], &window];
    for command in sample(commands, 2) {
        reader.bursar(command).exits(4).says("GRANT USAGE ON SCHEMA public TO bursar_auditor;");
    }
    db.sql("GRANT USAGE ON SCHEMA public TO bursar_auditor; REVOKE SELECT ON payments, jobs FROM bursar_auditor");
    let select = "GRANT SELECT ON public.jobs, public.payments TO bursar_auditor;";
    for (command, code) in [
        (&["audit", "--only", "ledger,payments"][..], 6),
        (&["payments", "list"], 4),
        (&["jobs"], 4),
        (&["jobs", "list"], 4),
        (&window, 4),
    ] {
        assert_eq!(statements(&reader.bursar(command).exits(code)), select, "{command:?}");
    }
    db.sql(select);
    for command in commands {
        reader.bursar(command).ok();
    }
    reader.drop();
}

#[test]
fn one_missing_right_is_one_message_in_every_format() {
    let db = Db::new(Template::Bursar);
    db.sql(SHOP);
    db.sql("GRANT USAGE ON SCHEMA shop TO bursar_auditor");
    let folder = tempfile::tempdir().unwrap();
    let app = draft(&db.url(), folder.path());
    let reader = Login::new(&db, "IN ROLE bursar_auditor");
    let audit = |more: &[&str]| reader.bursar(&[&["audit", "--app", &app], more].concat()).exits(6);
    let annotated = audit(&["-o", "github"]);
    let errors: Vec<&str> = annotated.stdout.lines().filter(|l| l.starts_with("::error")).collect();
    assert_eq!(errors.len(), 1, "{annotated:?}");
    assert!(errors[0].contains("ledger.balance, ") && errors[0].contains("GRANT SELECT ON shop."), "{}", errors[0]);
    let report = audit(&["--limit", "1"]);
    assert_eq!(report.stdout.matches("may not read").count(), 1, "{report:?}");
    assert_eq!((report.stdout + &report.stderr).matches("GRANT ").count(), 1);
    assert_eq!(audit(&["-o", "markdown"]).stdout.matches("may not read").count(), 1);
    let whole: serde_json::Value = serde_json::from_str(&audit(&["-o", "json"]).stdout).unwrap();
    assert!(whole["remedy"].as_str().unwrap().contains("GRANT SELECT ON shop."), "{whole}");
    assert!(whole["checks"].as_array().unwrap().iter().any(|c| c["sqlstate"] == "42501"), "{whole}");
    // A role that has the auditor's rights is not told to get them.
    let doctor = reader.bursar(&["doctor", "--app", &app]);
    assert!(doctor.stdout.contains("GRANT SELECT") && !doctor.stdout.contains("GRANT bursar_auditor"), "{doctor:?}");
    db.sql(&statements(&annotated));
    reader.bursar(&["audit", "--app", &app]).ok();
    reader.drop();
    // So is one on bursar's own schema, which is no defect of the pack.
    let checks = folder.path().join("shop/checks");
    std::fs::create_dir_all(&checks).unwrap();
    let shared = "packs/shared/checks/refunds.unfinished.sql";
    std::fs::copy(crate::support::file(shared), checks.join("refunds.unfinished.sql")).unwrap();
    let stranger = Login::new(&db, "");
    let name = &stranger.name;
    db.sql(&format!("GRANT USAGE ON SCHEMA shop TO {name}; GRANT SELECT ON ALL TABLES IN SCHEMA shop TO {name}"));
    let said = stranger.bursar(&["audit", "--app", &app]).exits(6).stdout;
    assert!(said.contains("has no USAGE on schema bursar") && said.contains("GRANT bursar_auditor TO "), "{said}");
    stranger.drop();
}

#[test]
fn a_schema_that_is_not_there_is_said_so_with_those_that_hold_the_tables() {
    let db = Db::new(Template::Migrated("mimivibe"));
    let commands =
        [&["payments", "list"][..], &["stats"], &["jobs"], &["jobs", "list"], &["wallet", "show", "x"], &["audit"]];
    for command in commands {
        let mut words = command.to_vec();
        words.extend(["--app", "mimivibe", "--schema", "nosuch"]);
        db.bursar(&words).exits(2).says("there is no schema 'nosuch' in").says("--schema public");
        *words.last_mut().unwrap() = "bursar";
        db.bursar(&words).exits(2).says("schema 'bursar' of").says("holds no mimivibe tables").says("--schema public");
    }
    db.bursar(&["audit", "--schema", "nosuch"]).exits(2).says("there is no schema 'nosuch' in");
    let doctor = db.bursar(&["doctor", "--app", "mimivibe", "--schema", "nosuch"]).stdout;
    assert!(doctor.contains("there is no schema 'nosuch' in"), "{doctor}");
    // A pack is checked where it is audited.
    let pack = crate::support::file("packs/mimivibe");
    let pack = pack.to_str().unwrap();
    db.bursar(&["pack", "check", pack, "--schema", "nosuch"]).exits(2).says("there is no schema 'nosuch' in");
    db.sql("CREATE SCHEMA other; ALTER TABLE payments SET SCHEMA other");
    db.bursar(&["pack", "check", pack, "--schema", "other"]).exits(3);
    db.bursar(&["pack", "check", pack, "--schema", "other", "--trust-schema"]).exits(3);
}
