//! Two packs on one database: an application's wallet and its queue.

use std::path::{Path, PathBuf};

use bursar::packs;
use serde_json::Value;

use crate::support::{Db, Template};

const SCHEMA: &str = "
    CREATE TABLE users (id int PRIMARY KEY, coins numeric NOT NULL);
    CREATE TABLE entries (id int PRIMARY KEY, user_id int NOT NULL, amount numeric NOT NULL, at timestamptz NOT NULL DEFAULT now() - interval '1 day');
    INSERT INTO users VALUES (1, 5);
    INSERT INTO entries VALUES (1, 1, 5);
    CREATE SCHEMA work;
    CREATE TABLE work.users (id int PRIMARY KEY, name text);
    CREATE TABLE work.tasks (id int PRIMARY KEY, status text NOT NULL, at timestamptz NOT NULL DEFAULT now());
    INSERT INTO work.tasks VALUES (1, 'done'), (2, 'queued');";

fn write(folder: &Path, files: &[(&str, &str)]) -> PathBuf {
    for (name, text) in files {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder.to_owned()
}

fn wallet(folder: &Path, name: &str) -> PathBuf {
    let manifest = format!(
        "name = \"{name}\"\ntitle = \"{name}\"\nschema = \"public\"\ndetect = [\"users.coins\"]\ntables = [\"users\", \"entries\"]\n[ledger]\nrunning = false\n"
    );
    let entries = "-- reads: entries\nSELECT e.id AS entry_id, e.user_id AS account, 'COIN' AS unit, e.amount AS delta, NULL::numeric AS running, e.at,
        NULL::bigint AS seq, NULL::xid8 AS arrival, 'entry' AS kind, NULL::text AS ref FROM entries e";
    let balances = "-- reads: users\nSELECT u.id AS account, 'COIN' AS unit, u.coins AS balance, NULL::timestamptz AS opened_at FROM users u";
    let files = [("pack.toml", manifest.as_str()), ("ledger/entries.sql", entries), ("ledger/balances.sql", balances)];
    write(&folder.join(name), &files)
}

fn queue(folder: &Path) -> PathBuf {
    let manifest = "name = \"queue\"\ntitle = \"Queue\"\nschema = \"work\"\ndetect = [\"tasks.status\"]\ntables = [\"tasks\", \"users\"]
[jobs]\nlacks = [\"leases\", \"workers\", \"starts\", \"ends\", \"attempts\"]\n[jobs.states]\nqueued = [\"queued\"]\ndone = [\"done\"]\n";
    let jobs = "-- reads: tasks\nSELECT t.id AS job_id, 'task' AS kind, t.status, NULL::int AS attempts, NULL::int AS max_attempts, NULL::text AS worker,
        t.at AS created_at, t.at AS scheduled_at, NULL::timestamptz AS retry_at, NULL::timestamptz AS started_at, NULL::timestamptz AS lease_until,
        CASE WHEN t.status = 'done' THEN t.at END AS finished_at, NULL::timestamptz AS failed_at, NULL::text AS error, NULL::jsonb AS payload,
        NULL::jsonb AS result, NULL::text AS version FROM tasks t";
    let check = "-- title: Every task has a known status\n-- severity: error\n-- reads: tasks\n-- why: x\n-- cause: x\n-- remedy: x
SELECT 'tasks' AS table_name, t.id AS key, NULL::text AS account, NULL::text AS unit, 'known' AS expected, t.status AS actual,
       format('Task %s is %s.', t.id, t.status) AS message FROM tasks t WHERE t.status NOT IN ('queued', 'done')";
    write(&folder.join("queue"), &[("pack.toml", manifest), ("jobs.sql", jobs), ("checks/tasks.status.sql", check)])
}

#[test]
fn two_packs_are_audited_together_and_each_command_takes_the_one_that_it_needs() {
    let folder = tempfile::tempdir().unwrap();
    let (wallet, other) = (wallet(folder.path(), "wallet"), wallet(folder.path(), "other"));
    let queue = queue(folder.path());
    let db = Db::new(Template::Empty);
    db.sql(SCHEMA);
    let both = format!("{},{}", wallet.display(), queue.display());
    let bursar = |words: &[&str]| db.bursar(&[words, &["--trust-pack", "--app", &both]].concat());

    let clean = bursar(&["audit"]).ok();
    clean.tells("Audit of wallet,queue").tells("✓ clean").tells("wallet: ledger.balance").tells("queue: tasks.status");
    db.sql("UPDATE users SET coins = 6; UPDATE work.tasks SET status = 'lost' WHERE id = 2");
    for more in [&[][..], &["--parallel", "1"], &["--strict"]] {
        let report = bursar(&[&["audit", "-o", "json"], more].concat()).json();
        assert_eq!(report["app"], "wallet,queue");
        let found = report["findings"].as_array().unwrap();
        let told: Vec<(&Value, &Value)> = found.iter().map(|f| (&f["app"], &f["check"])).collect();
        assert_eq!(told, [(&"wallet".into(), &"ledger.balance".into()), (&"queue".into(), &"tasks.status".into())]);
        // What is about the whole database is looked at once.
        let ids: Vec<&str> = report["checks"].as_array().unwrap().iter().map(|c| c["id"].as_str().unwrap()).collect();
        let once: std::collections::BTreeSet<&str> = ids.iter().copied().collect();
        assert_eq!(once.len(), ids.len(), "{ids:?}");
        assert!(ids.contains(&"pack.unique") && ids.contains(&"pack.unique.queue"), "{ids:?}");
    }
    // One alone has the same fingerprints and no name of a pack.
    let fingerprint = |report: &Value, check: &str| {
        let of = report["findings"].as_array().unwrap().iter().find(|f| f["check"] == check).cloned().unwrap();
        of["fingerprint"].as_str().unwrap().to_owned()
    };
    let alone = db.with_pack(&queue, &["audit", "-o", "json"]).json();
    let report = bursar(&["audit", "-o", "json"]).json();
    assert_eq!(fingerprint(&alone, "tasks.status"), fingerprint(&report, "tasks.status"));
    assert!(alone["findings"][0].get("app").is_none(), "{alone}");
    let only = bursar(&["audit", "-o", "json", "--only", "tasks"]).exits(3).json();
    assert_eq!(only["findings"].as_array().unwrap().len(), 1, "{only}");
    bursar(&["audit", "--only", "nothing"]).exits(2).says("wallet, queue has no check 'nothing'");
    bursar(&["audit", "--account", "1"]).exits(3).tells("ledger.balance");
    bursar(&["audit", "--account", "2"]).exits(2).says("there is no account '2'");

    assert_eq!(bursar(&["wallet", "show", "1", "-o", "json"]).ok().json()["app"], "wallet");
    assert_eq!(bursar(&["jobs", "list", "-o", "json"]).ok().json()["app"], "queue");
    bursar(&["payments", "list"]).exits(2).says("keeps no payments");
    bursar(&["doctor"]).tells("wallet, because").tells("queue, because");
    bursar(&["audit", "--schema", "work"]).exits(2).says("--schema names the schema of one pack");

    let clash = format!("{},{}", wallet.display(), other.display());
    let clashing = db.bursar(&["audit", "--trust-pack", "--app", &clash]);
    let rest = format!("leave one of them out: --app {}, or --app {}", wallet.display(), other.display());
    clashing.exits(2).says("the packs wallet and other both have a ledger").says(&rest);
}

#[test]
fn detection_combines_packs_that_keep_different_things() {
    let db = Db::new(Template::Empty);
    let make = |name: &str| {
        let pack = packs::named(name).unwrap();
        db.sql(&format!("CREATE SCHEMA IF NOT EXISTS {}", pack.schema));
        for column in &pack.detect {
            let (table, column) = column.split_once('.').unwrap();
            db.sql(&format!(
                "CREATE TABLE IF NOT EXISTS {0}.{table} (); ALTER TABLE {0}.{table} ADD COLUMN IF NOT EXISTS {column} text",
                pack.schema
            ));
        }
    };
    make("laravel-wallet");
    make("stripe-sync");
    let list = db.bursar(&["audit", "list", "-o", "json"]).ok().json();
    assert_eq!(list["app"], "laravel-wallet,stripe-sync");
    let shown = db.bursar(&["audit", "list"]).ok();
    shown.tells("ledger.balance").tells("refunds.amounts").tells("pack.unique.stripe-sync");
    db.bursar(&["pack", "show"])
        .exits(2)
        .says("this command takes one pack at a time, and there are laravel-wallet, stripe-sync");
    make("double-entry");
    let several = db.bursar(&["audit"]).exits(2);
    several.says("fits several packs: double-entry, laravel-wallet, stripe-sync");
}

#[test]
fn a_queue_beside_something_else_is_found_read_and_changed() {
    const RIVER: &str = include_str!("queue_packs/river.sql");
    let make = |db: &Db, schema: &str| {
        db.sql(&format!("CREATE SCHEMA IF NOT EXISTS {schema}; SET search_path = {schema}; {RIVER}"))
    };
    // Beside a system without jobs.
    let db = Db::new(Template::Migrated("organic-os"));
    make(&db, "public");
    db.sql("SELECT add(1, 'dead')");
    assert_eq!(db.json(&["jobs", "list", "-o", "json"])["app"], "river");
    db.bursar(&["migrate", "up", "--yes"]).ok().tells("river/functions/jobs.sql installed");
    db.bursar(&["jobs", "retry", "1", "--yes"]).ok();
    assert_eq!(db.value("SELECT state FROM river_job"), "available");
    db.bursar(&["migrate", "up"]).ok().tells("nothing is pending");
    let three = db.bursar(&["jobs", "count", "--app", "laravel-wallet,river,oban"]).exits(2);
    three
        .says("the packs river and oban both have jobs")
        .says("leave one of them out: --app laravel-wallet,river, or --app laravel-wallet,oban");
    db.bursar(&["jobs", "count", "--by", "status,status"]).exits(2).says("--by names status twice");

    // libpq takes a user before no host.
    let behind_socket = db.url().replace("postgres:///", "postgres://postgres@/").replace("&user=postgres", "");
    db.bursar(&["-d", &behind_socket, "jobs", "count"]).ok();

    // In a schema of its own.
    let db = Db::new(Template::Empty);
    make(&db, "\"My-jobs\"");
    db.sql("SET search_path = \"My-jobs\"; SELECT add(1, 'dead')");
    let river = |words: &[&str]| db.bursar(&[words, &["--app", "river", "--schema", "My-jobs", "--yes"]].concat());
    river(&["migrate", "up", "--only", "bursar"]).ok().tells("river/functions/jobs.sql installed");
    river(&["jobs", "retry", "1"]).ok();
    assert_eq!(db.value("SELECT state FROM \"My-jobs\".river_job"), "available");
    // Functions that cannot be written for the schema are left out, and said to be.
    make(&db, "\"my.jobs\"");
    db.sql("SET search_path = \"my.jobs\"; SELECT add(1, 'dead')");
    let odd = |words: &[&str]| db.bursar(&[words, &["--app", "river", "--schema", "my.jobs", "--yes"]].concat());
    odd(&["migrate", "up", "--only", "bursar"])
        .ok()
        .says("the functions of river name the schema public, so they are left out");
    odd(&["jobs", "retry", "1"])
        .exits(2)
        .says("the functions of river name the schema public, so they cannot change jobs in my.jobs");
}
