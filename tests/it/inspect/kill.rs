//! `inspect locks --kill-root` ends what holds others up and nothing else; `--watch` shows it live.

use serde_json::Value;
use sqlx::PgConnection;

use super::{OTHER, Plain, about, session, sql, tell, until};
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
        let works =
            std::thread::spawn(move || wait(sqlx::raw_sql("SELECT pg_sleep(60)").execute(&mut two)).unwrap_err());
        let (reads, _) = waits(&db, "a reader", "SELECT * FROM others");
        let ran = kill(&["--yes", "-o", "json"]).ok().json();
        assert_eq!(ran["signals"].to_string(), r#"["cancel","terminate"]"#, "{ran}");
        reads.join().unwrap();
        works.join().unwrap();
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
    sql(&url, "ROLLBACK PREPARED 'promised'");
    reads.join().unwrap();
}

#[test]
fn the_queue_of_a_lock_is_seen_live() {
    let db = super::empty();
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
