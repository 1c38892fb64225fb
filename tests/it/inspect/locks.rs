//! `inspect locks` shows who holds up whom, `--kill-root` ends what holds others up and nothing else, `--watch` shows it live.

use std::time::{Duration, Instant};

use serde_json::Value;
use sqlx::PgConnection;

use super::{OTHER, Plain, about, empty, findings, session, sql, tell, until, verdict};
use crate::support::terminal::{Terminal, USUAL};
use crate::support::{Db, Template, bursar, connect, run, soak, wait};

/// Somebody who waits for a table, and the process.
fn waits(db: &Db, name: &str, statement: &'static str) -> (std::thread::JoinHandle<()>, String) {
    let (mut connection, pid) = session(db, name);
    let waits = std::thread::spawn(move || tell(&mut connection, statement));
    until(db, "locks.blocked", &pid, &["--long", "1h"], " waits for ");
    (waits, pid)
}

/// A session that has said nothing since it locked the table.
fn forgotten(db: &Db, table: &str) -> (PgConnection, String) {
    let (mut connection, pid) = session(db, "a report");
    tell(&mut connection, &format!("BEGIN; LOCK TABLE {table}"));
    (connection, pid[4..].to_owned())
}

#[test]
fn a_change_that_waits_behind_a_reader_is_shown_with_who_it_waits_for() {
    let db = empty();
    db.sql("CREATE TABLE items (id int); CREATE TABLE others (id int)");
    let (mut reader, reading) = session(&db, "a report");
    tell(&mut reader, "BEGIN; SELECT * FROM items");
    let (mut writer, waiting) = session(&db, "a migration");
    assert_eq!(about(&db, "locks.blocked", &waiting, &[]), "");
    let alter = std::thread::spawn(move || tell(&mut writer, "ALTER TABLE items ADD COLUMN name text"));
    let said = until(&db, "locks.blocked", &waiting, &["--long", "100ms"], "fail: ");
    assert!(said.contains("- a migration of postgres waits for AccessExclusiveLock on public.items since "), "{said}");
    assert!(said.contains(&format!("behind {reading} (a report, idle in transaction)")), "{said}");
    assert!(said.ends_with("; ALTER TABLE items ADD COLUMN name text"), "{said}");
    // Who holds it up comes first, with what ends it, and nobody who waits counts as working.
    let root = about(&db, "locks.blocked", &reading, &["--long", "100ms"]);
    assert!(
        root.starts_with("fail: a report of postgres, idle in transaction, holds up 1; its transaction is "),
        "{root}"
    );
    assert!(
        root.ends_with(&format!("; SELECT * FROM items; SELECT pg_terminate_backend({})", &reading[4..])),
        "{root}"
    );
    assert_eq!(about(&db, "connections.long_running", &waiting, &["--long", "10ms"]), "");
    // A minute is not over yet.
    assert!(about(&db, "locks.blocked", &waiting, &["--long", "1h"]).starts_with("warn: "));
    // Who waits is told once, under `locks`.
    assert_eq!(about(&db, "connections.long_running", &waiting, &["--long", "1ms"]), "");
    // Its size cannot be had meanwhile, and the rest does not wait for that.
    let started = Instant::now();
    let ran = db.bursar(&["inspect", "tables.size", "settings", "locks", "-o", "json"]).exits(6);
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
    let ran = ran.says("incomplete: tables.size could not be looked at");
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["complete"], false, "{report}");
    let checks = report["checks"].as_array().unwrap();
    let (sizes, why) = verdict(checks, "tables.size");
    assert!(sizes == "skipped" && why.contains("see `locks`"), "{sizes}: {why}");
    let found = checks.iter().find(|c| c["check"] == "tables.size").unwrap()["findings"].as_array().unwrap();
    let size = |table: &str| found.iter().find(|f| f["object"] == table).unwrap()["value"].clone();
    assert!(size("public.items").is_null() && size("public.others") == "0", "{found:?}");
    assert_eq!(verdict(checks, "settings.worth_a_look").1, "");
    // What is wrong is worse than what is not known, which is still said.
    let ran = db.bursar(&["inspect", "tables.size", "locks", "--fail-on", "warn", "-o", "json"]).exits(3);
    assert_eq!(serde_json::from_str::<Value>(&ran.stdout).unwrap()["complete"], false, "{ran:?}");
    tell(&mut reader, "ROLLBACK");
    alter.join().unwrap();
    assert_eq!(about(&db, "locks.blocked", &waiting, &[]), "");
    let ran = db.bursar(&["inspect", "tables.size", "-o", "json"]).ok();
    assert_eq!(serde_json::from_str::<Value>(&ran.stdout).unwrap()["complete"], true, "{ran:?}");
    assert!(!ran.stderr.contains("incomplete"), "{ran:?}");
    // Nothing is shown of what somebody looks for; who came over the network is told by the address.
    let (mut reader, _) = session(&db, "a report");
    tell(&mut reader, "BEGIN; LOCK TABLE items");
    for (text, cut) in [("name = 'SuperSecret'", "name = \u{2026}"), ("id = 4711", "id = ...")] {
        let (mut writer, waiting) = session(&db, "a change");
        let text = format!("UPDATE items SET name = name WHERE {text}");
        let writes = std::thread::spawn(move || tell(&mut writer, &text));
        let said = until(&db, "locks.blocked", &waiting, &[], " waits for ");
        db.sql(&format!("SELECT pg_cancel_backend({})", &waiting[4..]));
        assert!(writes.join().is_err());
        assert!(said.ends_with(&format!("; UPDATE items SET name = name WHERE {cut}")), "{said}");
    }
    tell(&mut reader, "ROLLBACK");
    let url = format!("postgres://postgres:x@127.0.0.1:{}/postgres", OTHER.port());
    sql(&OTHER.url("postgres"), "ALTER ROLE postgres PASSWORD 'x'");
    let mut far = wait(connect(&url));
    tell(&mut far, "SELECT pg_advisory_lock(9)");
    let mut next = wait(connect(&url));
    let waits = std::thread::spawn(move || tell(&mut next, "SELECT pg_advisory_lock(9)"));
    let asked = || findings(&OTHER.url("postgres"), &["locks"]);
    crate::support::until("the queue", || asked().contains(" of postgres from 127.0.0.1 waits for ExclusiveLock"));
    assert!(asked().contains(" of postgres from 127.0.0.1, idle, holds up 1"), "{}", asked());
    drop(far);
    waits.join().unwrap();
    // A session's own lock outlasts a statement that is cancelled.
    let (mut holder, holding) = session(&db, "a job");
    let held = std::thread::spawn(move || tell(&mut holder, "SELECT pg_advisory_lock(7); SELECT pg_sleep(60)"));
    let (mut next, waiting) = session(&db, "the next");
    let is_held = "SELECT count(*)::text FROM pg_locks WHERE locktype = 'advisory' AND objid = 7";
    crate::support::until("the lock", || db.value(is_held) == "1");
    let waits = std::thread::spawn(move || tell(&mut next, "SELECT pg_advisory_lock(7)"));
    let said = until(&db, "locks.blocked", &waiting, &["--long", "1h"], "warn: ");
    assert!(said.contains("waits for ExclusiveLock of an advisory since "), "{said}");
    let ends = format!("SELECT pg_terminate_backend({})", &holding[4..]);
    let said = about(&db, "locks.blocked", &holding, &["--long", "1h"]);
    assert!(said.ends_with(&format!("; {ends}")), "{said}");
    db.sql(&ends);
    assert!(held.join().is_err());
    waits.join().unwrap();
}

#[test]
fn what_somebody_has_locked_is_left_out_and_no_check_is_lost() {
    let db = empty();
    db.sql(
        "CREATE TABLE plain (id int PRIMARY KEY, k int); CREATE INDEX again ON plain (id); CREATE INDEX longer ON plain (id, k);
         CREATE TABLE parted (id int PRIMARY KEY, k int REFERENCES plain) PARTITION BY RANGE (id); CREATE INDEX ON parted (k);
         CREATE TABLE part PARTITION OF parted FOR VALUES FROM (0) TO (10); CREATE TABLE rest PARTITION OF parted DEFAULT;
         INSERT INTO plain SELECT n, n FROM generate_series(1, 30) n; INSERT INTO parted VALUES (1, 1), (11, 1);
         CREATE SEQUENCE moved MAXVALUE 100; CREATE SEQUENCE other MAXVALUE 100; SELECT setval('moved', 95), setval('other', 95);
         CREATE TABLE free (id int PRIMARY KEY); CREATE MATERIALIZED VIEW kept AS SELECT * FROM plain;
         ALTER TABLE plain ENABLE ROW LEVEL SECURITY; CREATE POLICY sham ON plain USING (k = 1 OR true);
         CREATE INDEX few ON plain (k) WHERE k > 0; CREATE INDEX few_again ON plain (k) WHERE k > 0; CREATE INDEX others ON plain (k) WHERE k < 0;
         CREATE VIEW around AS SELECT * FROM plain; GRANT UPDATE ON around TO PUBLIC;
         ALTER TABLE plain ADD FOREIGN KEY (k) REFERENCES free NOT VALID",
    );
    let mut holder = wait(db.connect());
    tell(
        &mut holder,
        "BEGIN; LOCK TABLE plain, part, rest; ALTER SEQUENCE moved MAXVALUE 99; REFRESH MATERIALIZED VIEW kept",
    );
    let ran = db.bursar(&["inspect", "-o", "json", "--limit", "0"]).exits(6);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    let checks = report["checks"].as_array().unwrap();
    let lost: Vec<&Value> =
        checks.iter().filter(|c| c["incomplete"] == true && c["findings"].as_array().unwrap().is_empty()).collect();
    assert!(lost.is_empty(), "{lost:#?}");
    for (check, object, says) in [
        ("tables.size", "public.plain", "skipped: a session holds or awaits a lock on it"),
        ("tables.size", "public.parted", "skipped: a session holds or awaits a lock on it"),
        ("tables.size", "public.free", "ok: "),
        ("indexes.size", "public.free_pkey", "ok: "),
        ("indexes.redundant", "public.again", "ok: is the beginning of public.longer"),
        ("partitions.default_rows", "public.rest", "skipped: a session holds or awaits a lock on it"),
        ("rls.always_true", "public.plain.sham", "skipped: a session holds or awaits a lock on its table"),
        ("rls.views", "public.around", "skipped: a session holds or awaits a lock on what it reads"),
        ("indexes.duplicate", "public.few", "warn: is like public.few_again on public.plain"),
        ("indexes.duplicate", "public.others", ""),
        (
            "indexes.foreign_keys",
            "public.plain.plain_k_fkey",
            "ok: (k) refers to public.free, and no index begins with it",
        ),
        ("sequences.near_end", "public.moved", "skipped: a session changes it"),
        ("sequences.near_end", "public.other", "fail: 95 of 100 numbers are used"),
    ] {
        let told = super::said(checks, check, object);
        assert!(
            if says.is_empty() { told.is_empty() } else { told.starts_with(says) },
            "{check} of {object}: '{told}'"
        );
    }
}

#[test]
fn the_root_of_a_queue_is_ended_and_nothing_else() {
    let db = Db::new(Template::Bursar);
    db.sql("CREATE TABLE items (id int); CREATE TABLE others (id int)");
    let kill = |flags: &[&str]| db.bursar(&[&["inspect", "locks", "--kill-root"], flags].concat());
    let alive = |pid: &str| db.value(&format!("SELECT count(*) FROM pg_stat_activity WHERE pid = {pid}")) == "1";
    kill(&["--yes"]).ok().tells("nobody is held up; nothing was done");
    db.bursar(&["inspect", "--kill-root", "--yes"]).exits(2).says("bursar inspect locks --kill-root");
    db.bursar(&["inspect", "locks", "indexes", "--kill-root"]).exits(2).says("of the topic locks alone");

    // One who idles is ended, and nothing before somebody agreed.
    let (_report, pid) = forgotten(&db, "items");
    let (reads, reading) = waits(&db, "a reader", "SELECT * FROM items");
    let plan = kill(&["--dry-run", "-o", "json"]).ok().json();
    assert_eq!((&plan["outcome"], plan["root"]["pid"].to_string()), (&"would".into(), pid.clone()), "{plan}");
    assert_eq!(
        (plan["signals"].to_string(), format!("pid {}", plan["waiting"][0])),
        (r#"["terminate"]"#.into(), reading)
    );
    kill(&["-o", "csv"]).exits(2).says("cannot be written as csv");
    kill(&[]).exits(4).says("its session is ended").says("add --yes");
    db.bursar(&["inspect", "locks", "--kill-root=1", "--yes"]).ok().tells("pid 1 holds up nobody; nothing was done");
    // Whoever may not see it, or not signal it, is told which right is missing.
    let plain = Plain::new(&db);
    let role = &plain.name;
    let as_plain = || plain.bursar(&["inspect", "locks", "--kill-root", "--dry-run"]).exits(4);
    as_plain().says(&format!("GRANT pg_read_all_stats TO \"{role}\""));
    let seen = plain.bursar(&["inspect", "locks", "-o", "json"]).stdout;
    for said in [format!("of which {role} does not see what it does"), format!("GRANT pg_read_all_stats TO {role}")] {
        assert!(seen.contains(&said) && !seen.contains("busy") && !seen.contains("pg_cancel"), "{said}: {seen}");
    }
    // Its own session it may end, but not without the log.
    let mut own = wait(connect(&db.url_as(role)));
    let its: i32 = wait(sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(&mut own)).unwrap();
    tell(&mut own, "SELECT pg_advisory_lock(5)");
    let (behind, _) = waits(&db, "one behind", "SELECT pg_advisory_lock(5)");
    plain
        .bursar(&["inspect", "locks", &format!("--kill-root={its}"), "--dry-run"])
        .exits(4)
        .says("may not write the operator log");
    tell(&mut own, "SELECT pg_advisory_unlock_all()");
    behind.join().unwrap();
    drop(own);
    db.sql(&format!("GRANT pg_read_all_stats TO {role}"));
    as_plain().says(&format!("{role} may not signal it")).says(&format!("GRANT pg_signal_backend TO \"{role}\""));
    // That right does not reach a superuser's session.
    db.sql(&format!("GRANT pg_signal_backend TO {role}"));
    as_plain().says("by a superuser only");
    assert!(alive(&pid));
    // A protected database asks for its name.
    db.bursar(&["settings", "set", "protected", "true", "--yes"]).ok();
    kill(&["--yes"]).exits(4).says(&format!("--confirm {}", db.name));
    let ran = kill(&["--confirm", &db.name]).ok().tells("was told to end").tells("1 of 1 that waited no longer wait");
    assert!(!ran.stderr.contains("no operator log"), "{ran:?}");
    reads.join().unwrap();
    assert!(!alive(&pid));
    kill(&["--confirm", &db.name]).ok().tells("nobody is held up; nothing was done");
    let log = db.json(&["operations", "list", "--command", "inspect", "-o", "json"])["operations"].clone();
    assert_eq!(log.as_array().unwrap().len(), 1, "{log}");
    assert_eq!((log[0]["outcome"].as_str(), log[0]["parameters"]["kill_root"].to_string()), (Some("terminated"), pid));
    db.bursar(&["settings", "set", "protected", "false", "--confirm", &db.name]).ok();

    // One at work is cancelled, and goes on. Who waited behind another waits on, and is told so.
    let (mut batch, working) = session(&db, "a batch");
    let works = std::thread::spawn(move || {
        wait(sqlx::raw_sql("BEGIN; LOCK TABLE items; SELECT pg_sleep(60)").execute(&mut batch)).unwrap_err();
        batch
    });
    let held = "SELECT count(*) FROM pg_locks WHERE relation = 'items'::regclass AND mode = 'AccessExclusiveLock'";
    crate::support::until("the lock", || db.value(held) == "1");
    let (writes, first) = waits(&db, "a migration", "BEGIN; LOCK TABLE items; SELECT pg_sleep(3); COMMIT");
    let (reads, _) = waits(&db, "a reader", "SELECT * FROM items");
    db.bursar(&["inspect", "locks", &format!("--kill-root={}", &first[4..]), "--yes"])
        .exits(4)
        .says("holds others up and waits itself, behind pid")
        .says(&format!("--kill-root={} --dry-run", &working[4..]));
    let ran = kill(&["--yes", "-o", "json"]).ok().json();
    assert_eq!((&ran["outcome"], ran["signals"].to_string()), (&"done".into(), r#"["cancel"]"#.into()), "{ran}");
    assert_eq!(format!("pid {}", ran["behind"][0]), first, "{ran}");
    tell(&mut works.join().unwrap(), "ROLLBACK");
    assert_eq!(about(&db, "locks.blocked", &working, &[]), "");
    reads.join().unwrap();
    writes.join().unwrap();

    // Of several roots, one is named.
    let (_one, items) = forgotten(&db, "items");
    let (mut two, others) = forgotten(&db, "others");
    let (reads, _) = waits(&db, "a reader", "SELECT * FROM items");
    let (_reads, _) = waits(&db, "another", "SELECT * FROM others");
    let ran = kill(&["--yes"]).exits(4).says("several hold others up").says(&format!("--kill-root={items} --dry-run"));
    assert!(ran.stderr.contains(&format!("pid {others} (a report")), "{ran:?}");
    db.bursar(&["inspect", "locks", &format!("--kill-root={items}"), "--yes"]).ok();
    reads.join().unwrap();
    assert!(alive(&others));

    // A session that is in another transaction by the time somebody agrees is left alone.
    let mut terminal = Terminal::start(USUAL, &["inspect", "locks", "--kill-root", "-d", &db.url()], &[]);
    terminal.until_seen(&format!("End pid {others}"));
    tell(&mut two, "ROLLBACK; BEGIN; LOCK TABLE others");
    let (again, _) = waits(&db, "one more", "SELECT * FROM others");
    terminal.types("y\r");
    let shown = terminal.ends().exits(7);
    assert!(shown.raw.contains("in another transaction"), "{}", shown.raw);
    tell(&mut two, "ROLLBACK");
    again.join().unwrap();

    // Those that wait for each other have no root.
    let crossed = [("items", "LOCK TABLE others"), ("others", "LOCK TABLE items")].map(|(table, next)| {
        let (mut session, pid) = forgotten(&db, table);
        tell(&mut session, "SET deadlock_timeout = '1h'");
        (session, pid, next)
    });
    let crossed = crossed.map(|(mut session, pid, next)| {
        (std::thread::spawn(move || drop(wait(sqlx::raw_sql(next).execute(&mut session)))), pid)
    });
    crate::support::until("the circle", || {
        db.value("SELECT count(*) FROM pg_locks WHERE NOT granted AND relation::regclass::text IN ('items', 'others')")
            == "2"
    });
    kill(&["--yes"]).exits(4).says("wait for each other").says("deadlock_timeout");
    db.sql(&format!("SELECT pg_terminate_backend({})", crossed[0].1));
    crossed.into_iter().for_each(|(waits, _)| waits.join().unwrap());

    if soak() {
        // A cancelled savepoint keeps the locks of the transaction.
        tell(&mut two, "BEGIN; LOCK TABLE others; SAVEPOINT s");
        let works = std::thread::spawn(move || {
            wait(sqlx::raw_sql("SELECT pg_sleep(60)").execute(&mut two)).unwrap_err();
            // A session that ended would let go of them.
            two
        });
        let (reads, _) = waits(&db, "a reader", "SELECT * FROM others");
        let ran = kill(&["--yes", "-o", "json"]).ok().json();
        assert_eq!(ran["signals"].to_string(), r#"["cancel","terminate"]"#, "{ran}");
        reads.join().unwrap();
        drop(works.join().unwrap());
    }
}

#[test]
fn a_prepared_transaction_is_left_to_who_prepared_it() {
    sql(&OTHER.url("postgres"), "CREATE DATABASE promised");
    let url = OTHER.url("promised");
    sql(&url, "CREATE TABLE items (id int)");
    sql(&url, "BEGIN; LOCK TABLE items; PREPARE TRANSACTION 'promised'");
    let mut reader = wait(connect(&url));
    let reads = std::thread::spawn(move || tell(&mut reader, "SELECT * FROM items"));
    let kill = || run(bursar().args(["inspect", "locks", "--kill-root", "--yes", "-d", &url]));
    crate::support::until("the queue", || !kill().stdout.contains("nobody is held up"));
    kill().exits(4).says("a prepared transaction holds up 1").says("bursar inspect locks");
    let said = findings(&url, &["locks"]);
    assert!(said.starts_with("prepared 'promised' warn: a prepared transaction of postgres, "), "{said}");
    let first = said.lines().next().unwrap();
    assert!(first.ends_with(" old, holds up 1; in its database, as its owner: ROLLBACK PREPARED 'promised'"), "{said}");
    sql(&url, "ROLLBACK PREPARED 'promised'");
    reads.join().unwrap();
}

#[test]
fn the_queue_of_a_lock_is_seen_live() {
    let db = empty();
    db.sql("CREATE TABLE items (id int)");
    let watch = ["inspect", "locks", "--watch"];
    db.bursar(&watch).exits(2).says("the live screen needs a terminal").says("-o ndjson");
    db.bursar(&[&watch[..], &["-o", "csv"]].concat()).exits(2);
    let row = db.bursar(&[&watch[..], &["-o", "ndjson", "--count", "1"]].concat()).ok().stdout;
    let row: Value = serde_json::from_str(&row).unwrap();
    assert_eq!((row["type"].as_str(), row["verdict"].as_str()), (Some("locks"), Some("ok")), "{row}");
    let mut terminal = Terminal::start(USUAL, &[&watch[..], &["--interval", "500ms", "-d", &db.url()]].concat(), &[]);
    terminal.until_seen("✓ No session waits for a lock");
    let (mut report, pid) = forgotten(&db, "items");
    let (writes, waiting) = waits(&db, "a migration", "ALTER TABLE items ADD COLUMN name text");
    terminal.until_seen("1 session waits, the longest for ");
    let seen = terminal.sees();
    for text in [
        format!("pid {pid}").as_str(),
        waiting.as_str(),
        "pg_terminate_backend(",
        "└  a migration of postgres waits",
        "q quit",
    ] {
        assert!(seen.contains(text), "{text}: {seen}");
    }
    assert!(seen.lines().all(|line| console::measure_text_width(line) <= 80), "{seen}");
    tell(&mut report, "ROLLBACK");
    writes.join().unwrap();
    terminal.until_seen("✓ No session waits for a lock");
    terminal.types("q");
    terminal.ends().exits(0).shows_the_cursor();
}

/// The planner takes catalogs for large, and compiling what it plans takes many seconds.
#[test]
fn no_look_at_who_waits_is_compiled() {
    let db = empty();
    let url = db.url();
    let (flag, config) = (Some(url.as_str()), bursar::config::Config::default());
    let request = bursar::db::Request { flag, env_name: None, config: &config, var: &|_| None };
    let limits = bursar::db::Limits { connect: Duration::from_secs(10), statement: None };
    let database = bursar::db::Database::new(bursar::db::resolve(&request).unwrap(), "test", limits);
    let jit = "SELECT current_setting('jit')";
    wait(async {
        let mut tx = database.read().await.unwrap();
        sqlx::query("SET LOCAL jit = on").execute(&mut *tx).await.unwrap();
        bursar::inspect::locks::roots(&mut tx).await.unwrap();
        let roots: String = sqlx::query_scalar(jit).fetch_one(&mut *tx).await.unwrap();
        sqlx::query("SET LOCAL jit = on").execute(&mut *tx).await.unwrap();
        bursar::inspect::locks::waits(&mut tx).await.unwrap();
        let waits: String = sqlx::query_scalar(jit).fetch_one(&mut *tx).await.unwrap();
        assert_eq!((roots.as_str(), waits.as_str()), ("off", "off"));
        tx.rollback().await.unwrap();
    });
}
