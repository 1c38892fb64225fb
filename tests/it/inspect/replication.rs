//! Replication, archiving, backups and the cache: what needs servers of its own to become real.

use std::os::unix::net::UnixStream;
use std::sync::{Mutex, MutexGuard};

use serde_json::Value;

use super::standby::{PAIR, replicates};
use super::{findings, sql, tell};
use crate::support::{bursar, connect, lock, run, wait};

/// The two servers are shared, and one test at a time changes how they stand.
static TURN: Mutex<()> = Mutex::new(());

fn turn() -> MutexGuard<'static, ()> {
    lock(&TURN)
}

/// Waits until a check says this.
#[track_caller]
fn until(url: &str, arguments: &[&str], says: impl Fn(&str) -> bool) -> String {
    let mut said = String::new();
    crate::support::until(&format!("the answer of {arguments:?}"), || {
        said = findings(url, arguments);
        says(&said)
    });
    said
}

#[test]
fn a_replica_that_lags_is_seen_from_both_ends_and_one_that_does_not_is_well() {
    let _turn = turn();
    let (primary, replica) = (PAIR.primary("postgres"), PAIR.replica("postgres"));
    let lag = ["replication.lag"];
    until(&primary, &lag, |said| said.starts_with("mirror ok: streaming, "));
    until(&replica, &lag, |said| said == "this replica ok: has replayed what was committed until 0 ms ago");
    let mut there = wait(connect(&replica));
    tell(&mut there, "SELECT pg_wal_replay_pause()");
    sql(&primary, "CREATE TABLE late AS SELECT generate_series(1, 1000) AS n");
    let short = ["replication.lag", "--long", "400ms"];
    until(&primary, &short, |said| said.starts_with("mirror warn: streaming, ") && said.contains(" KiB behind; "));
    until(&primary, &["replication.lag", "--long", "50ms"], |said| said.starts_with("mirror fail: "));
    until(&replica, &["replication.lag", "--long", "50ms"], |said| said.starts_with("this replica fail: has replayed"));
    until(&replica, &["replication.lag", "--long", "10m"], |said| {
        said.starts_with("this replica warn: has replayed")
            && said.ends_with(" ago; its replay is paused: SELECT pg_wal_replay_resume()")
    });
    assert!(findings(&primary, &["replication.lag", "--long", "10m"]).starts_with("mirror ok: "));
    // One that has lost its primary has replayed all that it received, which is not all that there is.
    tell(&mut there, "SELECT pg_wal_replay_resume()");
    until(&replica, &lag, |said| {
        said.starts_with("this replica ok: has replayed what was committed until ") && said.ends_with(" ms ago")
    });
    // Its primary takes it no longer, so that the gap does not depend on how fast it comes back.
    let rules: String =
        wait(async { sqlx::query_scalar("SHOW hba_file").fetch_one(&mut connect(&primary).await).await }).unwrap();
    let before = std::fs::read_to_string(&rules).unwrap();
    std::fs::write(&rules, format!("local replication all reject\n{before}")).unwrap();
    sql(&primary, "SELECT pg_reload_conf()");
    until(&replica, &lag, |said| {
        sql(&primary, "SELECT pg_terminate_backend(pid) FROM pg_stat_replication");
        said.starts_with("this replica warn: receives nothing from its primary, and has replayed what was")
    });
    std::fs::write(&rules, before).unwrap();
    sql(&primary, "SELECT pg_reload_conf()");
    until(&replica, &lag, |said| said.starts_with("this replica ok: "));
}

/// What a replica tells of jobs is as old as its lag, and the line says so.
#[test]
fn the_verdict_on_a_queue_says_that_it_is_a_replicas_and_how_far_that_is_behind() {
    let _turn = turn();
    let (primary, replica) = (PAIR.primary("queue"), PAIR.replica("queue"));
    sql(&PAIR.primary("postgres"), "CREATE DATABASE queue");
    sql(&primary, include_str!("../queue_packs/river.sql"));
    let jobs = |url: &str| run(bursar().args(["jobs", "-d", url])).stdout;
    crate::support::until("the replica's copy", || jobs(&replica).starts_with("✓ idle · a replica, 0 ms behind\n"));
    assert!(!jobs(&primary).contains("a replica"));
    let mut there = wait(connect(&replica));
    tell(&mut there, "SELECT pg_wal_replay_pause()");
    sql(&primary, "SELECT add(1, 'queued', 'mail', '10 min')");
    crate::support::until("the lag", || {
        let said = jobs(&replica);
        said.starts_with("✓ idle · a replica, ") && !said.starts_with("✓ idle · a replica, 0 ms behind\n")
    });
    let told = run(bursar().args(["jobs", "-o", "json", "-d", &replica])).ok().stdout;
    let told: Value = serde_json::from_str(&told).unwrap();
    assert!(told["health"]["replica"] == true && told["health"]["replica_lag_ms"].as_i64() > Some(0), "{told}");
    tell(&mut there, "SELECT pg_wal_replay_resume()");
}

#[test]
fn a_replica_that_hangs_is_not_up_to_date() {
    let _turn = turn();
    let (primary, replica) = (PAIR.primary("postgres"), PAIR.replica("postgres"));
    until(&replica, &["replication.lag"], |said| said.starts_with("this replica ok: "));
    let receiver: i32 = wait(async {
        sqlx::query_scalar("SELECT pid FROM pg_stat_wal_receiver").fetch_one(&mut connect(&replica).await).await
    })
    .unwrap();
    let signal = |signal| nix::sys::signal::kill(nix::unistd::Pid::from_raw(receiver), signal).unwrap();
    signal(nix::sys::signal::SIGSTOP);
    sql(&primary, "CREATE TABLE unseen AS SELECT generate_series(1, 1000) AS n");
    // What it last said is that nothing is behind.
    let there = until(&primary, &["replication.lag", "--long", "2s"], |said| said.contains("; has not answered for "));
    let here = until(&replica, &["replication.lag"], |said| said.contains("has heard nothing from its primary for "));
    signal(nix::sys::signal::SIGCONT);
    assert!(there.starts_with("mirror warn: streaming, ") && there.contains(" KiB behind"), "{there}");
    assert!(here.starts_with("this replica warn: "), "{here}");
    until(&replica, &["replication.lag"], |said| said.starts_with("this replica ok: "));
}

#[test]
fn everything_can_be_looked_at_on_a_replica() {
    let _turn = turn();
    let ran = run(bursar().args(["inspect", "-o", "json", "-d", &PAIR.replica("postgres")])).ok();
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    let left: Vec<&Value> = report["checks"].as_array().unwrap().iter().filter(|c| c["incomplete"] == true).collect();
    assert!(left.is_empty(), "{left:#?}");
    // A replica has no counts of its own of what the primary changed.
    for check in ["vacuum.due", "vacuum.analyze_due"] {
        let (verdict, reason) = super::verdict(report["checks"].as_array().unwrap(), check);
        assert!(verdict == "skipped" && reason.contains("ask its primary"), "{check}: {verdict}, {reason}");
    }
}

#[test]
fn what_a_replica_waits_for_is_told_and_nobody_is_ended_there() {
    let _turn = turn();
    let (primary, replica) = (PAIR.primary("postgres"), PAIR.replica("postgres"));
    let set = |delay: &str| {
        sql(&replica, &format!("ALTER SYSTEM SET max_standby_streaming_delay = '{delay}'"));
        sql(&replica, "SELECT pg_reload_conf()");
    };
    set("-1");
    sql(&primary, "CREATE TABLE replayed AS SELECT generate_series(1, 1000) AS n");
    until(&replica, &["tables.size", "--limit", "0"], |said| said.contains("public.replayed "));
    // One who reads keeps the replica from what its primary did.
    let mut reader = wait(connect(&replica));
    tell(&mut reader, "SET application_name = 'a report'; BEGIN; SELECT * FROM replayed");
    let reading: i32 = wait(sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(&mut reader)).unwrap();
    sql(&primary, "ALTER TABLE replayed ADD COLUMN more int");
    let said = until(&replica, &["locks"], |said| !said.is_empty());
    let root = format!("pid {reading} warn: a report of postgres, idle in transaction, holds up 1;");
    assert!(said.starts_with(&root) && said.contains(&format!("; SELECT pg_terminate_backend({reading})\n")), "{said}");
    let waits = ": - the server's startup waits for AccessExclusiveLock on public.replayed since ";
    assert!(said.lines().nth(1).unwrap().replace("  - ", "- ").contains(waits), "{said}");
    let kill = || run(bursar().args(["inspect", "locks", "--kill-root", "--yes", "-d", &replica])).exits(4);
    kill().says("it is on a replica, which takes no writes").says(&format!("SELECT pg_terminate_backend({reading})"));
    // What it replays keeps others waiting in turn.
    let mut changes = wait(connect(&primary));
    tell(&mut changes, "BEGIN; LOCK TABLE replayed");
    tell(&mut reader, "ROLLBACK");
    // The log is sent when somebody commits.
    sql(&primary, "CREATE TABLE sent (n int)");
    until(&replica, &["tables.size", "--limit", "0"], |said| said.contains("public.sent "));
    let waits = std::thread::spawn(move || tell(&mut reader, "SELECT * FROM replayed"));
    let said = until(&replica, &["locks"], |said| said.contains("the server's startup, busy, holds up 1"));
    assert!(
        said.contains("; it holds what a transaction of the primary has locked") && !said.contains("pg_cancel"),
        "{said}"
    );
    kill().says("it is a startup, and only sessions of clients are ended");
    tell(&mut changes, "ROLLBACK");
    waits.join().unwrap();
    // Who reads for too long is ended by the replica itself, which counts that.
    let before = findings(&replica, &["database.counts"]);
    set("0");
    let mut reader = wait(connect(&replica));
    tell(&mut reader, "BEGIN; SELECT * FROM replayed");
    sql(&primary, "ALTER TABLE replayed ADD COLUMN again int");
    let counted = "conflicts with recovery in the database postgres ok: ";
    let said = until(&replica, &["database.counts"], |said| said.contains(counted) && *said != before);
    assert!(said.contains(" since "), "{said}");
    set("30s");
}

#[test]
fn a_replica_that_reads_old_rows_keeps_them_on_its_primary() {
    let _turn = turn();
    let (primary, replica) = (PAIR.primary("postgres"), PAIR.replica("postgres"));
    let feedback = |on: &str| {
        sql(&replica, &format!("ALTER SYSTEM SET hot_standby_feedback = {on}"));
        sql(&replica, "SELECT pg_reload_conf()");
    };
    feedback("on");
    let mut reader = wait(connect(&replica));
    tell(&mut reader, "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM pg_class");
    until(&primary, &["vacuum.horizon"], |said| {
        sql(&primary, "SELECT pg_current_xact_id()");
        said.contains(": mirror, with hot_standby_feedback, holds back what the last ")
    });
    tell(&mut reader, "ROLLBACK");
    feedback("off");
    until(&primary, &["vacuum.horizon"], |said| !said.contains("hot_standby_feedback"));
}

#[test]
fn an_archive_that_takes_nothing_is_wrong_and_one_that_does_is_well() {
    let _turn = turn();
    let url = PAIR.primary("postgres");
    let archiving = ["replication.archiving"];
    let set = |command: &str| {
        sql(&url, &format!("ALTER SYSTEM SET archive_command = '{command}'"));
        sql(&url, "SELECT pg_reload_conf()");
    };
    let said = findings(&url, &archiving);
    assert_eq!(
        said,
        " fail: archive_mode is on, and archive_command is empty: the log is kept, until the disk is full"
    );
    set("false");
    sql(&url, "CREATE TABLE written (n int); INSERT INTO written VALUES (1); SELECT pg_switch_wal()");
    until(&url, &archiving, |said| said.contains("fail: 0000000") && said.contains(" times in all"));
    let said = findings(&PAIR.replica("postgres"), &archiving);
    assert_eq!(said, " skipped: this is a replica, and archive_mode is on: only the primary archives");
    set("true");
    sql(&url, "INSERT INTO written VALUES (1); SELECT pg_switch_wal()");
    until(&url, &archiving, |said| said.starts_with(" ok: ") && said.contains(" files, the last one at 2"));
    set("");
    let off = findings(&super::OTHER.url("postgres"), &archiving);
    assert!(off.starts_with(" skipped: archive_mode is off"), "{off}");
}

/// Begins a base backup, and reads nothing of it.
fn backup() -> UnixStream {
    let command = "BASE_BACKUP (LABEL 'nightly', CHECKPOINT 'fast', MAX_RATE 32)";
    replicates(&PAIR.socket(), "replication\0true\0application_name\0nightly", command)
}

#[test]
fn a_base_backup_that_is_taken_is_shown_and_is_no_replica() {
    let _turn = turn();
    let url = PAIR.primary("postgres");
    assert_eq!(findings(&url, &["replication.backups"]), "");
    let taken = backup();
    let said = until(&url, &["replication.backups"], |said| said.contains(" ok: streaming database files, "));
    assert!(said.starts_with("pid ") && said.contains(" sent, since "), "{said}");
    until(&url, &["replication.backups", "--long", "1ms"], |said| said.contains(" warn: "));
    let lag = findings(&url, &["replication.lag"]);
    assert!(!lag.contains("backup") && !lag.contains("nightly"), "{lag}");
    drop(taken);
    until(&url, &["replication.backups"], str::is_empty);
}

#[test]
fn the_cache_is_judged_by_what_was_read_past_it() {
    let _turn = turn();
    sql(&PAIR.primary("postgres"), "CREATE DATABASE cold");
    sql(&PAIR.primary("postgres"), "CREATE DATABASE warm");
    // Many times what fits into memory, and a small part of it.
    let fill = |name: &str, rows: u32, times: u32| {
        let url = PAIR.primary(name);
        sql(
            &url,
            &format!(
                "CREATE TABLE filled (id int PRIMARY KEY, text text);
                 INSERT INTO filled SELECT n, repeat('x', 100) FROM generate_series(1, {rows}) n"
            ),
        );
        sql(&url, "VACUUM (ANALYZE) filled");
        sql(&url, "SELECT pg_stat_reset()");
        sql(
            &url,
            &format!(
                "DO $$ BEGIN FOR i IN 1..{times} LOOP PERFORM count(text) FROM filled; END LOOP; END $$;
                 SET enable_seqscan = off; SET enable_bitmapscan = off;
                 DO $$ BEGIN FOR i IN 1..110000 LOOP PERFORM id FROM filled WHERE id = (i * 7919) % {rows}; END LOOP; END $$"
            ),
        );
        url
    };
    let (cold, warm) = (fill("cold", 200_000, 40), fill("warm", 60, 110_000));
    for check in ["cache.tables", "cache.indexes"] {
        until(&warm, &[check], |said| said.starts_with(" ok: 99.") || said.starts_with(" ok: 100"));
    }
    until(&cold, &["cache.tables"], |said| said.starts_with(" fail: ") && said.contains(" % of "));
    until(&cold, &["cache.indexes"], |said| said.starts_with(" fail: ") && said.contains(" % of "));
}
