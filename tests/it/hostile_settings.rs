//! Settings of a role, a database or the environment change no answer, and break no write.

use crate::pooler::{answer, readings, world};
use crate::support::{Db, Ran, Template, bursar, file, run, sample};

/// Settings that a role or a database may have, each apart from its default and legal. Most of them change what SQL means
/// or how a value is written.
const HOSTILE: &[(&str, &str)] = &[
    ("standard_conforming_strings", "off"),
    ("backslash_quote", "on"),
    ("escape_string_warning", "on"),
    ("quote_all_identifiers", "on"),
    ("bytea_output", "escape"),
    ("DateStyle", "German, DMY"),
    ("IntervalStyle", "iso_8601"),
    ("TimeZone", "Asia/Kathmandu"),
    ("timezone_abbreviations", "India"),
    ("extra_float_digits", "-15"),
    ("xmloption", "document"),
    ("xmlbinary", "hex"),
    ("array_nulls", "off"),
    ("transform_null_equals", "on"),
    ("row_security", "off"),
    ("gin_fuzzy_search_limit", "1"),
    ("default_transaction_isolation", "serializable"),
    ("default_transaction_deferrable", "on"),
    ("synchronous_commit", "off"),
    ("check_function_bodies", "off"),
    ("plan_cache_mode", "force_generic_plan"),
    ("default_text_search_config", "pg_catalog.german"),
    ("client_min_messages", "debug1"),
    ("bursar.commit_path", "own"),
];

/// Sets all of them for a database, and a path that holds tables called as the catalog's.
fn set_for(db: &Db) {
    db.sql(
        "CREATE SCHEMA own;
         CREATE TABLE own.pg_class (x int); CREATE VIEW own.pg_namespace AS SELECT 1 AS x; CREATE TABLE own.pg_proc (x int);
         CREATE TABLE own.pg_stat_activity (x int); CREATE TABLE own.pg_roles (x int); CREATE TYPE own.text AS ENUM ('x');",
    );
    for (name, value) in HOSTILE {
        db.sql(&format!("ALTER DATABASE {} SET {name} = '{value}'", db.name));
    }
    db.sql(&format!("ALTER DATABASE {} SET search_path = own, pg_catalog", db.name));
}

/// The same as an environment has them.
fn pgoptions() -> String {
    let set = |(name, value): &(&str, &str)| format!("-c {name}={}", value.replace(' ', r"\ "));
    let mut options: Vec<String> = HOSTILE.iter().map(set).collect();
    options.push(r"-c search_path=own,\ pg_catalog".to_owned());
    options.join(" ")
}

fn asked(db: &Db, arguments: &[String], options: Option<&str>) -> Ran {
    let mut command = bursar();
    command.args(arguments).env("DATABASE_URL", db.url());
    if let Some(options) = options {
        command.env("PGOPTIONS", options);
    }
    // What takes no longer than a glance may is not told on a busy machine.
    (0..5).map(|_| run(&mut command)).find(|ran| !ran.stdout.contains("be read in time")).expect("an answer in time")
}

/// What each command answers, and its exit code.
fn answers(db: &Db, commands: &[Vec<String>], options: Option<&str>) -> Vec<(i32, String)> {
    commands.iter().map(|c| answer(&asked(db, c, options))).collect()
}

fn same(commands: &[Vec<String>], plain: &[(i32, String)], hostile: &[(i32, String)]) {
    for ((command, plain), hostile) in commands.iter().zip(plain).zip(hostile) {
        assert_eq!(plain, hostile, "{}", command.join(" "));
        assert!([0, 3].contains(&plain.0) || command[0] == "inspect", "{}: {plain:?}", command.join(" "));
    }
}

fn lines(commands: &[&str]) -> Vec<Vec<String>> {
    commands.iter().map(|line| line.split(' ').map(str::to_owned).collect()).collect()
}

/// What every application answers that has the capability.
const EVERYWHERE: &[&str] = &[
    "audit -o json --limit 0",
    "stats --from 2026-09-01 --to 2026-11-01 --by week -o json",
    "migrate status -o json",
    "migrate plan -o json",
    "inspect indexes.duplicate indexes.redundant indexes.foreign_keys rls functions views sequences partitions -o json",
    "doctor -o json",
    "operations list -o json",
    "operations verify -o json",
    "refund list -o json",
    "settings list -o json",
    "pack show -o json",
];

fn of_application(app: &'static str, more: &[&str]) {
    let db = Db::new(Template::Seeded(app));
    let mut commands = lines(EVERYWHERE);
    commands.extend(lines(more));
    let pack = file(&format!("packs/{app}")).display().to_string();
    commands.push(["pack", "check", &pack, "--trust-pack"].map(str::to_owned).to_vec());
    // The audit and the statistics always, and of the others a third.
    let others = commands.split_off(2);
    commands.extend(sample(others, 3));
    let plain = answers(&db, &commands, None);
    set_for(&db);
    same(&commands, &plain, &answers(&db, &commands, None));
}

#[test]
#[ignore = "one of the long enumerations: make soak"]
fn settings_change_no_answer_about_avolve() {
    let db = Db::new(Template::Seeded("avolve"));
    let account = db.value("SELECT min(id::text) FROM users");
    drop(db);
    of_application(
        "avolve",
        &[&format!("wallet show {account} -o json"), &format!("wallet history {account} --limit 0 -o json")],
    );
}

#[test]
#[ignore = "one of the long enumerations: make soak"]
fn settings_change_no_answer_about_organic_os() {
    of_application("organic-os", &[]);
}

#[test]
fn settings_change_no_answer_about_aethercrown() {
    of_application(
        "aethercrown",
        &["jobs list --limit 0 -o json", "jobs count -o json", "payments list --limit 0 -o json"],
    );
}

#[test]
fn settings_change_no_answer_about_mimivibe_whoever_sets_them() {
    let db = world();
    let mut commands = readings(&db);
    commands.extend(lines(&["doctor -o json", "migrate plan -o json", "audit list"]));
    // It looks at the clock by the minute.
    commands.retain(|c| !c.contains(&"throughput".to_owned()));
    let commands: Vec<_> = sample(commands, 5).collect();
    let plain = answers(&db, &commands, None);
    db.sql("CREATE SCHEMA own; CREATE TABLE own.pg_class (x int); CREATE VIEW own.pg_namespace AS SELECT 1 AS x");
    same(&commands, &plain, &answers(&db, &commands, Some(&pgoptions())));
    db.sql("DROP SCHEMA own CASCADE");
    set_for(&db);
    same(&commands, &plain, &answers(&db, &commands, None));
}

#[test]
fn a_draft_of_a_pack_is_the_same_under_any_settings() {
    let db = Db::new(Template::Seeded("aethercrown"));
    let folder = tempfile::tempdir().unwrap();
    let drafted = |name: &str| {
        let to = folder.path().join(name).join("mine");
        let ran = db.bursar(&["pack", "new", to.to_str().unwrap()]).ok();
        let read = |file: &str| std::fs::read_to_string(to.join(file)).unwrap();
        (ran.stdout.replace(&to.display().to_string(), ""), read("pack.toml"), read("payments.sql"), read("jobs.sql"))
    };
    let plain = drafted("a");
    set_for(&db);
    assert_eq!(drafted("b"), plain);
}

#[test]
fn every_write_is_done_under_any_settings() {
    let db = Db::new(Template::Empty);
    for (name, value) in HOSTILE {
        db.sql(&format!("ALTER DATABASE {} SET {name} = '{value}'", db.name));
    }
    // The schema that a legacy application has its own tables in.
    db.sql(&format!("CREATE SCHEMA app; ALTER DATABASE {} SET search_path = app", db.name));
    db.bursar(&["migrate", "up", "--app", "mimivibe", "--yes"]).ok();
    assert_eq!(db.bursar(&["migrate", "up", "--app", "mimivibe", "--yes"]).ok().stdout, "nothing is pending\n");
    db.bursar(&["migrate", "status", "--check"]).ok();
    let seeded = db.bursar(&["seed", "--users", "60", "--until", "2026-11-01", "--yes"]).ok();
    assert!(!seeded.stderr.contains("statistics"), "{seeded:?}");
    assert_ne!(db.value("SELECT sum(reltuples) FROM pg_class WHERE oid = 'public.users'::regclass"), "-1");
    db.bursar(&["audit"]).ok().tells("clean");
    let payment = db.value(
        "SELECT p.id FROM public.payments p JOIN public.users u ON u.id = p.user_id
          WHERE p.status = 'succeeded' AND u.star_balance > p.stars_total ORDER BY 1 LIMIT 1",
    );
    let refund = ["refund", "create", &payment, "--gateway", "record-only", "--gateway-ref", "re_1", "--yes"];
    db.bursar(&refund).ok();
    db.bursar(&["settings", "set", "refund_limit", "THB 5000.00", "--yes"]).ok();
    db.bursar(&["audit", "seal", "--yes"]).ok();
    db.bursar(&["jobs", "retry", "--status", "dead", "--yes"]).ok();
    db.bursar(&["audit"]).ok().tells("clean");
    db.bursar(&["operations", "verify"]).ok();
    // What is committed is on disk before anybody is told.
    assert_eq!(db.value("SELECT current_setting('synchronous_commit')"), "off");
}
