//! A server that is near the end of what it may keep: slots, old rows, and the vacuum that freezes them.

use std::io::Write as _;
use std::sync::LazyLock;

use bursar::sandbox::{Binaries, Ephemeral, Options};

use super::standby::replicates;
use super::{findings, sql};
use crate::support::{bursar, connect, run, wait};

/// Many transactions ago somebody made slots and tables there.
struct Aged {
    server: Ephemeral,
    /// Replicas that have seen rows of then, and say nothing more: one with a slot, and one without.
    _replicas: [std::os::unix::net::UnixStream; 2],
}

impl Aged {
    fn start() -> Aged {
        let var = |name: &str| std::env::var_os(name);
        let mut options = Options::from_env(&var);
        for (name, value) in [
            ("wal_level", "logical"),
            ("max_wal_size", "32MB"),
            ("max_wal_senders", "4"),
            ("wal_sender_timeout", "0"),
            ("autovacuum_freeze_max_age", "200000"),
            ("autovacuum_naptime", "1s"),
        ] {
            options.settings.push((name.to_owned(), value.to_owned()));
        }
        let server = Ephemeral::start(&Binaries::find(&var).expect("server binaries"), &options).expect("a server");
        let url = server.url("postgres");
        // Its vacuum takes minutes, as that of a table of a terabyte does.
        sql(
            &url,
            "CREATE TABLE early (id int, pad text) WITH (autovacuum_enabled = off, autovacuum_freeze_max_age = 100000,
                 autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1);
             INSERT INTO early SELECT n, repeat('x', 400) FROM generate_series(1, 6000) n; CREATE TABLE usual (id int);
             SELECT pg_create_physical_replication_slot('left', true), pg_create_physical_replication_slot('read', true)",
        );
        sql(&url, "SELECT pg_create_logical_replication_slot('decoded', 'pgoutput')");
        let value = |sql: &'static str| -> String {
            wait(async { sqlx::query_scalar(sql).fetch_one(&mut connect(&url).await).await }).unwrap()
        };
        let (at, oldest) = (value("SELECT pg_current_wal_lsn()::text"), value("SELECT txid_current()::text"));
        let socket = server.socket_dir().join(format!(".s.PGSQL.{}", server.port()));
        let replicas = [("SLOT read ", "with a slot"), ("", "without one")].map(|(slot, name)| {
            let parameters = format!("replication\0true\0application_name\0{name}");
            let mut stream = replicates(&socket, &parameters, &format!("START_REPLICATION {slot}PHYSICAL {at}"));
            // The message in which a replica says with `hot_standby_feedback` which rows it still reads.
            let xmin = oldest.parse::<u32>().unwrap().to_be_bytes();
            stream.write_all(&[b"d\0\0\0\x1dh", &[0; 8][..], &xmin, &[0; 12]].concat()).unwrap();
            stream
        });
        let held = "SELECT (SELECT count(xmin) FROM pg_replication_slots) + (SELECT count(backend_xmin) FROM pg_stat_replication) || ''";
        crate::support::until("what the replicas say", || value(held) == "2");
        sql(&url, "DO $$ BEGIN FOR i IN 1..112000 LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$");
        Aged { server, _replicas: replicas }
    }
}

static AGED: LazyLock<Aged> = LazyLock::new(Aged::start);

#[test]
fn a_slot_is_judged_by_the_log_and_by_the_rows_that_it_keeps() {
    let url = AGED.server.url("postgres");
    let slots = || findings(&url, &["replication.slots"]);
    // Little log each, so that only what nobody reads is worth a look, and what keeps many old rows.
    let said = slots();
    for (slot, begins, ends) in [
        ("left", "left warn: physical, not in use, keeps ", " MiB of write-ahead log"),
        ("decoded", "decoded warn: logical, not in use, keeps ", " transactions deleted"),
        ("read", "read warn: physical, in use, keeps ", " transactions deleted"),
    ] {
        let line = said.lines().find(|line| line.starts_with(slot)).unwrap();
        assert!(line.starts_with(begins) && line.ends_with(ends), "{said}");
    }
    let horizon = findings(&url, &["vacuum.horizon"]);
    for held in [
        "slot decoded warn: a logical slot that is not in use holds back what the last 11",
        "slot read warn: a physical slot that is in use holds back what the last 11",
        " warn: without one, with hot_standby_feedback, holds back what the last 11",
    ] {
        assert!(horizon.contains(held), "{held}: {horizon}");
    }
    // More log than the server keeps for itself.
    for _ in 0..4 {
        sql(&url, "SELECT pg_logical_emit_message(false, 'x', 'y'); SELECT pg_switch_wal()");
    }
    let said = slots();
    for begins in [
        "left fail: physical, not in use, keeps ",
        "decoded fail: logical, not in use, keeps ",
        "read warn: physical, in use, keeps ",
    ] {
        assert!(said.lines().any(|line| line.starts_with(begins)), "{begins}: {said}");
    }
}

#[test]
fn a_table_that_is_to_be_frozen_earlier_is_told_and_its_vacuum_is_left_alone() {
    let url = AGED.server.url("postgres");
    let old = findings(&url, &["vacuum.wraparound"]);
    assert!(old.starts_with("public.early warn: its oldest transaction is 11") && old.lines().count() == 1, "{old}");
    assert!(old.contains("; autovacuum freezes at 100000, and "), "{old}");
    // The vacuum that the server begins by itself gives way to nobody.
    let at_work = || findings(&url, &["locks", "--long", "1h"]);
    let mut changes = wait(connect(&url));
    let vacuums = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%public.early (to prevent wraparound)'";
    crate::support::until("the vacuum", || {
        wait(async { sqlx::query_scalar::<_, i64>(vacuums).fetch_one(&mut connect(&url).await).await }).unwrap() > 0
    });
    let waits = std::thread::spawn(move || {
        wait(sqlx::raw_sql("ALTER TABLE early ADD COLUMN more int").execute(&mut changes)).unwrap_err();
    });
    crate::support::until("the queue", || !at_work().is_empty());
    let said = at_work();
    assert!(said.contains("the server's autovacuum worker, active, holds up 1"), "{said}");
    let kill = || run(bursar().args(["inspect", "locks", "--kill-root", "--yes", "-d", &url]));
    kill().exits(4).says("it freezes old rows before the transaction numbers run out, and would start again at once");
    sql(&url, "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE query LIKE 'ALTER TABLE early%'");
    waits.join().unwrap();
    // A connection that replicates may run statements too, and is no session of a client.
    let socket = AGED.server.socket_dir().join(format!(".s.PGSQL.{}", AGED.server.port()));
    let _holds = replicates(&socket, "replication\0database\0database\0postgres", "BEGIN; LOCK TABLE usual");
    let mut reader = wait(connect(&url));
    crate::support::until("the lock", || {
        let held = "SELECT count(*) FROM pg_locks WHERE relation = 'usual'::regclass AND granted";
        wait(async { sqlx::query_scalar::<_, i64>(held).fetch_one(&mut connect(&url).await).await }).unwrap() > 0
    });
    let reads = std::thread::spawn(move || {
        wait(sqlx::raw_sql("SELECT * FROM usual").execute(&mut reader)).unwrap_err();
    });
    crate::support::until("the queue", || !at_work().is_empty());
    kill().exits(4).says("it is a walsender, and only sessions of clients are ended");
    sql(&url, "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE query LIKE 'SELECT * FROM usual%'");
    reads.join().unwrap();
}
