//! Signals and limits end a command whatever it is busy with.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::support::{Db, Running, Starts as _, Template, bursar, connect, run, until, wait};

/// What a server does once it has let a client in.
#[derive(Clone, Copy)]
enum Then {
    /// It sends notices without an end.
    Notices,
    /// It says nothing any more.
    Silence,
}

/// A server that lets everybody in, and then does this; what it has sent, and its URL.
fn server(then: Then) -> (Arc<AtomicU64>, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgres://u@{}/x?sslmode=disable", listener.local_addr().unwrap());
    let sent = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&sent);
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let (client, sent) = (client.unwrap(), Arc::clone(&counter));
            // A client that is gone ends it.
            std::thread::spawn(move || serve(client, then, &sent));
        }
    });
    (sent, url)
}

fn serve(mut client: TcpStream, then: Then, sent: &AtomicU64) -> std::io::Result<()> {
    let mut length = [0; 4];
    client.read_exact(&mut length)?;
    let mut startup = vec![0; u32::from_be_bytes(length) as usize - 4];
    client.read_exact(&mut startup)?;
    // Let in, and ready.
    client.write_all(b"R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I")?;
    let body = b"SNOTICE\0VNOTICE\0C00000\0Mon and on\0\0";
    let mut notice = b"N".to_vec();
    notice.extend((body.len() as u32 + 4).to_be_bytes());
    notice.extend(body);
    let many = notice.repeat(1000);
    // It answers a question.
    let mut first = [0];
    client.read_exact(&mut first)?;
    match then {
        Then::Notices => loop {
            client.write_all(&many)?;
            sent.fetch_add(1, Ordering::Relaxed);
        },
        Then::Silence => std::io::copy(&mut client, &mut std::io::sink()).map(|_| ()),
    }
}

fn signal(child: &Running, signal: Signal) {
    kill(Pid::from_raw(child.id().cast_signed()), signal).unwrap();
}

fn spawn(command: &mut Command) -> Running {
    command.starts_quietly()
}

/// Waits for the end; its exit code and what it said.
#[track_caller]
fn ended(child: Running) -> (i32, String) {
    let ran = child.ended();
    (ran.code, ran.stderr)
}

#[test]
fn a_signal_and_the_time_limit_are_heard_while_a_server_never_stops_sending() {
    for (sent, code, word) in [
        (Signal::SIGTERM, 143, "terminated"),
        (Signal::SIGINT, 130, "interrupted"),
        (Signal::SIGHUP, 129, "the terminal hung up"),
    ] {
        let (notices, url) = server(Then::Notices);
        let child = spawn(bursar().args(["audit", "-d", &url]));
        until("notices", || notices.load(Ordering::Relaxed) > 100);
        signal(&child, sent);
        let (ended, said) = ended(child);
        assert_eq!(ended, code, "{said}");
        assert!(said.contains(word), "{said}");
    }
    let (_, url) = server(Then::Notices);
    let (code, said) = ended(spawn(bursar().args(["audit", "--timeout", "500ms", "-d", &url])));
    // Only the server could say that nothing was done.
    assert_eq!(code, 5, "{said}");
    assert!(said.contains("it took longer than --timeout 500ms"), "{said}");
}

/// A command that writes more than anybody reads, so that it is busy with nothing but that.
fn stuck(db: &Db) -> Running {
    let mut child = spawn(bursar().args(["payments", "list", "--limit", "0", "-o", "json", "-d", &db.url()]));
    // Its beginning is there, and the rest does not fit into a pipe.
    child.stdout.as_mut().unwrap().read_exact(&mut [0; 10]).unwrap();
    child
}

/// Waits for the end of a command that nobody reads from; its exit code, what it said, and how long that took.
#[track_caller]
fn unread(mut child: Running) -> (i32, String, Duration) {
    let (stdout, started) = (child.stdout.take(), Instant::now());
    let (code, said) = ended(child);
    let took = started.elapsed();
    drop(stdout);
    (code, said, took)
}

#[test]
fn a_signal_and_the_time_limit_are_heard_while_nobody_reads_what_is_written() {
    let db = Db::new(Template::Seeded("mimivibe"));
    for (sent, code, word) in [
        (Signal::SIGTERM, 143, "terminated"),
        (Signal::SIGINT, 130, "interrupted"),
        (Signal::SIGHUP, 129, "the terminal hung up"),
    ] {
        let child = stuck(&db);
        signal(&child, sent);
        let (ended, said, _) = unread(child);
        assert_eq!(ended, code, "{said}");
        assert!(said.contains(word) && said.contains("could not be interrupted in an orderly way"), "{said}");
    }
    let mut command = bursar();
    command.args(["payments", "list", "--limit", "0", "-o", "json", "--timeout", "1s", "-d", &db.url()]);
    let (code, said, _) = unread(spawn(&mut command));
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("it took longer than --timeout 1s"), "{said}");
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let db = Db::new(Template::Seeded("mimivibe"));
    let child = stuck(&db);
    signal(&child, Signal::SIGTERM);
    std::thread::sleep(Duration::from_millis(200));
    signal(&child, Signal::SIGINT);
    let (code, said, took) = unread(child);
    // The first one alone would have been waited for longer.
    assert!(took < Duration::from_secs(2), "{took:?}");
    assert_eq!(code, 130, "{said}");
    let error: serde_json::Value = serde_json::from_str(said.lines().last().unwrap()).unwrap();
    assert_eq!(error["error"]["exit_code"], 130, "{said}");
    assert_eq!(error["error"]["kind"], "interrupted", "{said}");
}

/// An audit that waits for a table, and whoever holds that.
fn held(db: &Db, command: &mut Command) -> (Running, sqlx::PgConnection) {
    let mut holder = wait(connect(&db.url()));
    wait(sqlx::raw_sql("BEGIN; LOCK TABLE users IN ACCESS EXCLUSIVE MODE").execute(&mut holder)).unwrap();
    let child = spawn(command.args(["-d", &db.url()]));
    until("a waiting audit", || {
        db.value("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'bursar audit' AND wait_event_type = 'Lock'") != "0"
    });
    (child, holder)
}

#[test]
fn a_terminal_that_hangs_up_is_told_to_the_server() {
    let db = Db::new(Template::Seeded("mimivibe"));
    let (child, _holder) = held(&db, bursar().arg("audit"));
    signal(&child, Signal::SIGHUP);
    let (code, said) = ended(child);
    assert_eq!(code, 129, "{said}");
    assert!(said.contains("the terminal hung up") && said.contains("the server confirmed it"), "{said}");
    let left = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'bursar audit'";
    until("its end at the server", || db.value(left) == "0");
}

#[test]
fn what_nohup_has_started_does_not_hear_that_the_terminal_hung_up() {
    let db = Db::new(Template::Seeded("mimivibe"));
    let mut shell = Command::new("sh");
    crate::support::hermetic(&mut shell);
    shell.args(["-c", r#"trap '' HUP; exec "$0" audit "$@""#, env!("CARGO_BIN_EXE_bursar")]);
    let (mut child, mut holder) = held(&db, &mut shell);
    signal(&child, Signal::SIGHUP);
    std::thread::sleep(Duration::from_millis(500));
    assert!(child.try_wait().unwrap().is_none(), "it ended");
    wait(sqlx::raw_sql("ROLLBACK").execute(&mut holder)).unwrap();
    let (code, said) = ended(child);
    assert_eq!(code, 0, "{said}");
}

#[test]
fn a_doctor_does_not_wait_for_a_server_that_says_nothing() {
    let (_, url) = server(Then::Silence);
    let started = Instant::now();
    let ran = run(bursar().args(["doctor", "--connect-timeout", "500ms", "-d", &url])).exits(5);
    ran.tells("did not answer everything within 1s 500ms").tells("allow more with --connect-timeout");
    assert!(started.elapsed() < Duration::from_secs(15), "{:?}", started.elapsed());
}

#[test]
fn a_private_server_goes_away_however_hard_the_end_is() {
    let folder = tempfile::tempdir().unwrap();
    let child = spawn(bursar().arg("demo").env("TMPDIR", folder.path()));
    let entries = || std::fs::read_dir(folder.path()).unwrap().count();
    until("a private server", || entries() > 0);
    signal(&child, Signal::SIGINT);
    signal(&child, Signal::SIGTERM);
    let (code, said) = ended(child);
    assert!([130, 143].contains(&code), "{code}: {said}");
    until("its end", || entries() == 0);
}
